//! Masks addresses, phone numbers and tokens in what goes to a log.

/// Shortest run of token characters that is taken for a secret or a vendor id.
const TOKEN: usize = 20;
/// Fewest digits in a row, or in groups after a plus sign, that are taken for a phone number.
const PHONE: usize = 7;
/// Fewest digits of a phone number written in groups without a plus sign.
const GROUPED: usize = 9;

/// Masks what a log must not hold: `ana@example.com` becomes `a***@e***`, a phone number or a long run of digits
/// keeps its last two digits (`whatsapp:+***67`), ids and tokens of 20 characters or more their first four.
pub fn mask(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Up to where runs are known to be no address and no token: what a run is not, none of its tails is.
    // It keeps the scan linear.
    let (mut no_email, mut no_token) = (0, 0);
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        if at >= no_email {
            let local = run(rest, is_local);
            if let Some(taken) = email(rest, local, &mut out) {
                at += taken;
                continue;
            }
            no_email = at + local;
        }
        if at >= no_token {
            let length = run(rest, is_token);
            if let Some(taken) = token(rest, length, &mut out) {
                at += taken;
                continue;
            }
            no_token = at + length;
        }
        at += match phone(rest, &mut out) {
            Some(taken) => taken,
            None => plain(rest, first, &mut out),
        };
    }
    out
}

/// Passes on what is none of the three, up to where one of them may begin.
fn plain(rest: &str, first: char, out: &mut String) -> usize {
    let mut taken = first.len_utf8();
    if first.is_alphanumeric() && !first.is_ascii_digit() {
        // Within a word only digits may begin something new.
        taken = rest.find(|c: char| !c.is_alphanumeric() || c.is_ascii_digit()).unwrap_or(rest.len());
    }
    out.push_str(&rest[..taken]);
    taken
}

fn is_local(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(c, '.' | '_' | '%' | '+' | '-' | '\'' | '=' | '~' | '!' | '#' | '$' | '&' | '*')
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// Bytes at the head that are of this kind.
fn run(text: &str, member: impl Fn(char) -> bool) -> usize {
    text.find(|c| !member(c)).unwrap_or(text.len())
}

fn email(rest: &str, local: usize, out: &mut String) -> Option<usize> {
    let after = rest[local..].strip_prefix('@')?;
    let domain = &after[..run(after, |c| c.is_alphanumeric() || matches!(c, '.' | '-'))];
    let (a, b) = (rest[..local].chars().next()?, domain.chars().next()?);
    out.push(a);
    out.push_str("***@");
    out.push(b);
    out.push_str("***");
    // A dot that ends the sentence is not the domain's.
    Some(local + 1 + domain.trim_end_matches('.').len().max(b.len_utf8()))
}

fn token(rest: &str, length: usize, out: &mut String) -> Option<usize> {
    if length < TOKEN || !rest[..length].bytes().any(|b| b.is_ascii_alphabetic()) {
        return None;
    }
    out.push_str(&rest[..4]);
    out.push_str("***");
    Some(length)
}

fn phone(rest: &str, out: &mut String) -> Option<usize> {
    let plus = rest.starts_with('+');
    let body = &rest[usize::from(plus)..];
    if !body.starts_with(|c: char| c.is_ascii_digit() || c == '(') {
        return None;
    }
    if let Some(day) = date(body) {
        out.push_str(&rest[..usize::from(plus) + day]);
        return Some(usize::from(plus) + day);
    }
    let (mut digits, mut end, mut longest, mut row, mut gap) = (0, 0, 0, 0, 0);
    let mut last_two = [' '; 2];
    for (at, c) in body.char_indices() {
        if c.is_ascii_digit() {
            (digits, row, gap, end) = (digits + 1, row + 1, 0, at + 1);
            longest = longest.max(row);
            last_two = [last_two[1], c];
        } else if matches!(c, ' ' | '-' | '.' | '(' | ')' | '/') && gap < 2 {
            (row, gap) = (0, gap + 1);
        } else {
            break;
        }
    }
    let found = longest >= PHONE || digits >= if plus { PHONE } else { GROUPED };
    if !found || is_ipv4(&body[..end]) {
        // Digits that are none are passed on whole, so that no later digit of theirs begins a search again.
        let whole = body.find(|c: char| !c.is_ascii_digit()).unwrap_or(body.len());
        let taken = if is_ipv4(&body[..end]) { end } else { whole };
        let taken = usize::from(plus) + taken;
        if taken == 0 {
            return None;
        }
        out.push_str(&rest[..taken]);
        return Some(taken);
    }
    if plus {
        out.push('+');
    }
    out.push_str("***");
    out.extend(last_two);
    Some(usize::from(plus) + end)
}

/// Length of a calendar date at the head: logs are full of them, and they are nobody's number.
fn date(body: &str) -> Option<usize> {
    let head = body.get(..10)?;
    let bytes = head.as_bytes();
    let shaped = bytes
        .iter()
        .enumerate()
        .all(|(n, b)| if matches!(n, 4 | 7) { *b == b'-' } else { b.is_ascii_digit() });
    if !shaped {
        return None;
    }
    let likely = matches!(&head[..2], "19" | "20")
        && matches!(head[5..7].parse(), Ok(1..=12))
        && matches!(head[8..].parse(), Ok(1..=31));
    let ends = !body[10..].starts_with(|c: char| c.is_ascii_digit() || c == '-');
    (likely && ends).then_some(10)
}

fn is_ipv4(text: &str) -> bool {
    text.parse::<std::net::Ipv4Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_numbers_and_tokens_are_masked() {
        let cases = [
            ("from ana@example.com.", "from a***@e***."),
            ("<Ana.B+x@mail.example.org>", "<A***@m***>"),
            ("to +15551234567!", "to +***67!"),
            ("whatsapp:+31612345678", "whatsapp:+***78"),
            ("+31 6 1234-5678 called", "+***78 called"),
            ("06 12 34 56 78", "***78"),
            ("(212) 555-0123", "***23"),
            ("tel15551234567x", "tel***67x"),
            ("AC0123456789abcdef0123456789abcdef sent", "AC01*** sent"),
            ("SG.abcdefghijklmnopqrstuvwx", "SG.abcd***"),
            ("12345678901234567890123456", "***56"),
        ];
        for (given, wanted) in cases {
            assert_eq!(mask(given), wanted, "{given:?}");
        }
    }

    #[test]
    fn the_rest_stays_readable() {
        for text in [
            "status 200 in 1234 ms",
            "2026-11-20T22:07:05.972Z",
            "2026-11-20 22:07:05",
            "http://127.0.0.1:8080/hooks/support",
            "192.168.100.200:443",
            "page 3 of 12",
            "a@",
            "@ana",
            "+ 1",
            "中文 é",
        ] {
            assert_eq!(mask(text), text);
        }
    }
}
