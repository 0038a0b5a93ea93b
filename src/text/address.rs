//! Phone numbers and e-mail addresses: what a vendor sent, what a person typed, and the forms to keep and to match.

use idna::AsciiDenyList;
use std::borrow::Cow;

/// An e-mail address in the form to send to and the form to match by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// Local part as given, domain lower-cased and IDN-folded to ASCII.
    pub kept: String,
    /// The same with the local part lower-cased too.
    pub folded: String,
}

/// An E.164 number as a vendor sends it, judged by syntax alone: a plus sign and 7 to 15 digits, the first not 0.
/// Libraries call valid numbers invalid, so none is asked. Anything else (short codes, names) is opaque: `None`.
pub fn vendor_phone(text: &str) -> Option<String> {
    let digits = text.strip_prefix('+')?;
    let fits = (7..=15).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && !digits.starts_with('0');
    fits.then(|| text.to_owned())
}

/// ASCII digit of a decimal digit of the scripts that phones are typed in.
fn digit(c: char) -> Option<char> {
    let zero = match c {
        '0'..='9' => return Some(c),
        '\u{660}'..='\u{669}' => 0x660,
        '\u{6F0}'..='\u{6F9}' => 0x6F0,
        '\u{966}'..='\u{96F}' => 0x966,
        '\u{FF10}'..='\u{FF19}' => 0xFF10,
        _ => return None,
    };
    char::from_digit(c as u32 - zero, 10)
}

/// The E.164 form of a phone number that a person typed in any format. A number without country code needs
/// the region (ISO 3166, two letters) it was typed in. `None` where it is no number, or the region is missing.
///
/// The first call loads the number plans (some 50 ms): keep it off the start path.
pub fn typed_phone(text: &str, default_region: Option<&str>) -> Option<String> {
    let text = text.trim();
    // RFC 3966: the scheme in any case, parameters behind the number.
    let text = match text.get(..4) {
        Some(scheme) if scheme.eq_ignore_ascii_case("tel:") => {
            text[4..].split(';').next().unwrap_or_default()
        }
        _ => text,
    };
    let mut dialled = String::new();
    for c in text.chars() {
        if let Some(digit) = digit(c) {
            dialled.push(digit);
        } else if matches!(c, '+' | '＋') && dialled.is_empty() {
            dialled.push('+');
        } else if !is_phone_filler(c) {
            return None;
        }
    }
    // "+44 (0)20…": the zero in brackets is for callers at home, and the library takes it for a digit.
    if dialled.starts_with('+') && text.contains("(0)") {
        dialled = dialled_without_trunk_zero(text);
    }
    if let Some(rest) = dialled.strip_prefix("00") {
        dialled = format!("+{rest}");
    }
    if let Some(abroad) = dialled.strip_prefix('+') {
        if !(7..=16).contains(&abroad.len()) || abroad.starts_with('0') {
            return None;
        }
        // Never with the default region: its national prefix would be taken off a foreign number.
        return e164(None, &dialled).or_else(|| vendor_phone(&dialled));
    }
    if dialled.len() < 5 || dialled.len() > 17 {
        return None;
    }
    let region = default_region?.to_ascii_uppercase().parse().ok()?;
    e164(Some(region), &dialled)
}

fn is_phone_filler(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '-' | '.' | '(' | ')' | '/' | '‐'..='―' | '−' | '·')
        // Numbers copied out of other programs come wrapped in direction marks.
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}')
}

fn dialled_without_trunk_zero(text: &str) -> String {
    let digits: String = text.replacen("(0)", "", 1).chars().filter_map(digit).collect();
    format!("+{digits}")
}

fn e164(region: Option<phonenumber::country::Id>, dialled: &str) -> Option<String> {
    let number = phonenumber::parse(region, dialled).ok()?;
    let national = number.national().to_string();
    // A short code or an extension is opaque: it has no country.
    if national.len() < 7 && !number.is_valid() {
        return None;
    }
    vendor_phone(&format!("+{}{national}", number.code().value()))
}

/// The digits of a phone number typed in any format, for searching: a leading `+` or `00` is dropped,
/// and so is the `(0)` behind a country code.
pub fn digits(text: &str) -> String {
    let trimmed = text.trim_start();
    let abroad = trimmed.starts_with(['+', '＋']) || trimmed.starts_with("00");
    let shown = if abroad { trimmed.replacen("(0)", "", 1) } else { trimmed.to_owned() };
    let found: String = shown.chars().filter_map(digit).collect();
    match found.strip_prefix("00") {
        Some(rest) => rest.to_owned(),
        None => found,
    }
}

/// A telephone number in groups, as people read it: `+1 212 555 0142`. Anything else as it is.
pub fn grouped(text: &str) -> Cow<'_, str> {
    if vendor_phone(text).is_none() {
        return Cow::Borrowed(text);
    }
    let digits = &text[1..];
    let (country, mut rest) = digits.split_at(country_digits(digits));
    let mut out = format!("+{country}");
    while !rest.is_empty() {
        // No group of one digit: four stay together at the end.
        let (group, after) = rest.split_at(if rest.len() <= 4 { rest.len() } else { 3 });
        out.push(' ');
        out.push_str(group);
        rest = after;
    }
    Cow::Owned(out)
}

/// How many digits the country code takes. The plan has held since 1964: 1 and 7 alone, these pairs, all others three.
fn country_digits(digits: &str) -> usize {
    let pair = digits.get(..2).and_then(|p| p.parse::<u8>().ok());
    match pair {
        Some(10..=19 | 70..=79) => 1,
        Some(
            20 | 27 | 30..=34 | 36 | 39..=41 | 43..=49 | 51..=58 | 60..=66 | 81 | 82 | 84 | 86 | 90..=95 | 98,
        ) => 2,
        _ => 3,
    }
}

/// The digits of an address that is a telephone number in any format, also behind the name of a medium
/// (`whatsapp:+31 6 12345678`), as [`digits`] gives them. None where it is something else, or too short for one.
pub fn number_in(address: &str) -> Option<String> {
    let bare = address.rsplit_once(':').map_or(address, |(_, bare)| bare).trim();
    let dialled = |c: char| digit(c).is_some() || matches!(c, '+' | '＋') || is_phone_filler(c);
    bare.chars().all(dialled).then(|| digits(bare)).filter(|digits| digits.len() >= 7)
}

/// Reads one e-mail address, bare or as `Name <a@b>`. `None` where it is none.
pub fn email(text: &str) -> Option<Email> {
    let text = text.trim();
    if text.len() > 1000 {
        return None;
    }
    let bare = match (text.rfind('<'), text.ends_with('>')) {
        (Some(open), true) => text[open + 1..text.len() - 1].trim(),
        _ => text,
    };
    let bare = bare.strip_prefix("mailto:").unwrap_or(bare);
    let (local, domain) = bare.rsplit_once('@')?;
    if local.is_empty() || local.len() > 64 || !local.chars().all(is_local) {
        return None;
    }
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    let domain = idna::domain_to_ascii_cow(domain.as_bytes(), AsciiDenyList::URL).ok()?.to_ascii_lowercase();
    if domain.len() > 253 || !domain.split('.').all(is_label) {
        return None;
    }
    Some(Email { kept: format!("{local}@{domain}"), folded: format!("{}@{domain}", local.to_lowercase()) })
}

/// RFC 5321's atom characters, dots anywhere (some carriers gave out such addresses) and RFC 6531's non-ASCII ones.
fn is_local(c: char) -> bool {
    match c {
        '(' | ')' | '<' | '>' | '[' | ']' | ':' | ';' | '@' | '\\' | ',' | '"' => false,
        _ => !c.is_control() && !c.is_whitespace() && super::sanitize::is_clean(c.encode_utf8(&mut [0; 4])),
    }
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendors_number_is_taken_by_syntax() {
        for good in ["+15551234567", "+3161234567", "+1234567", "+123456789012345"] {
            assert_eq!(vendor_phone(good).as_deref(), Some(good));
        }
        for bad in [
            "",
            "+",
            "15551234567",
            "+05551234567",
            "+123456",
            "+1234567890123456",
            "+1555 1234567",
            "Acme",
            "whatsapp:+15551234567",
            "21610",
        ] {
            assert_eq!(vendor_phone(bad), None, "{bad}");
        }
    }

    #[test]
    fn typed_numbers() {
        for (typed, region, wanted) in [
            ("+31 6 12345678", None, Some("+31612345678")),
            ("0031 6 1234 5678", None, Some("+31612345678")),
            ("06-12345678", Some("nl"), Some("+31612345678")),
            ("06-12345678", None, None),
            ("(212) 555-0123", Some("US"), Some("+12125550123")),
            ("1 212 555 0123", Some("US"), Some("+12125550123")),
            ("+44 (0)20 7946 0958", Some("DE"), Some("+442079460958")),
            ("+39 06 698 12345", Some("DE"), Some("+390669812345")),
            ("030 901820", Some("DE"), Some("+4930901820")),
            ("\u{202A}+1 555 123 4567\u{202C}", None, Some("+15551234567")),
            ("tel:+1-555-123-4567", None, Some("+15551234567")),
            ("TEL:+1-555-123-4567;ext=5", None, Some("+15551234567")),
            ("٠٦١٢٣٤٥٦٧٨", Some("NL"), Some("+31612345678")),
            ("21610", Some("US"), None),
            ("order 12345678", Some("US"), None),
            ("06-12345678", Some("XX"), None),
            ("", Some("US"), None),
            ("+", None, None),
        ] {
            assert_eq!(typed_phone(typed, region).as_deref(), wanted, "{typed:?} {region:?}");
        }
    }

    #[test]
    fn numbers_are_shown_in_groups() {
        for (kept, shown) in [
            ("+12125550142", "+1 212 555 0142"),
            ("+31612345678", "+31 612 345 678"),
            ("+447700900123", "+44 770 090 0123"),
            ("+4930901820", "+49 309 018 20"),
            ("+35312345678", "+353 123 456 78"),
            ("+1234567", "+1 234 567"),
            ("21610", "21610"),
            ("Visitor d5b22da2", "Visitor d5b22da2"),
        ] {
            assert_eq!(grouped(kept), shown);
            assert_eq!(digits(shown), digits(kept), "it is the same number");
        }
    }

    #[test]
    fn digits_for_searching() {
        for (typed, wanted) in [
            ("+31 6 1234-5678", "31612345678"),
            ("0031 6 12345678", "31612345678"),
            ("06 12345678", "0612345678"),
            ("+44 (0)20 7946", "44207946"),
            ("abc", ""),
        ] {
            assert_eq!(digits(typed), wanted, "{typed}");
        }
    }

    #[test]
    fn numbers_in_addresses() {
        for (address, wanted) in [
            ("+31612345678", Some("31612345678")),
            ("webchat:+882747051715", Some("882747051715")),
            ("whatsapp:0031 6 1234-5678", Some("31612345678")),
            ("24273", None),
            ("NL.12345678", None),
            ("ana@example.com", None),
            ("", None),
        ] {
            assert_eq!(number_in(address).as_deref(), wanted, "{address}");
        }
    }

    #[test]
    fn addresses_are_kept_and_folded() {
        let both = |text: &str| email(text).map(|e| (e.kept, e.folded));
        let some = |kept: &str, folded: &str| Some((kept.to_owned(), folded.to_owned()));
        assert_eq!(both("Ana.B@Example.COM"), some("Ana.B@example.com", "ana.b@example.com"));
        assert_eq!(both("Ana B <ana@example.com>"), some("ana@example.com", "ana@example.com"));
        assert_eq!(
            both("\"B, A\" < a+x@Bücher.example >"),
            some("a+x@xn--bcher-kva.example", "a+x@xn--bcher-kva.example")
        );
        assert_eq!(both("mailto:a@b.example."), some("a@b.example", "a@b.example"));
        assert_eq!(both("root@localhost"), some("root@localhost", "root@localhost"));
        for bad in [
            "",
            "@",
            "a@",
            "@b.example",
            "a b@c.example",
            "a@b..example",
            "a@-b.example",
            "a@b c.example",
            "a\n@b.example",
            "a\u{202E}@b.example",
            "x@[127.0.0.1]",
            "a@b@c.example",
            "<a@b.example",
        ] {
            assert_eq!(both(bad), None, "{bad:?}");
        }
    }
}
