//! SMS segments: which encoding a text needs, how many parts it is sent and billed as, and what forces the dear one.

use std::borrow::Cow;
use std::ops::Range;

/// Encoding of a short message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Seven-bit alphabet of GSM 03.38 with its extension table; a unit is a septet.
    Gsm7,
    /// Two-byte alphabet; a unit is a UTF-16 code unit.
    Ucs2,
}

impl Encoding {
    /// Units of a message that fits into one part.
    pub fn single(self) -> usize {
        match self {
            Encoding::Gsm7 => 160,
            Encoding::Ucs2 => 70,
        }
    }

    /// Units of each part of a longer message, the header that joins them taken off.
    pub fn part(self) -> usize {
        match self {
            Encoding::Gsm7 => 153,
            Encoding::Ucs2 => 67,
        }
    }
}

/// How a text is sent as SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segments {
    /// The encoding that the whole message needs.
    pub encoding: Encoding,
    /// Units of the text: septets or UTF-16 code units.
    pub units: usize,
    /// Parts it is sent as; at least one, also when empty.
    pub segments: usize,
    /// Units left in the last segment.
    pub left: usize,
}

/// Septets of a character in GSM 03.38: 1 in the basic set, 2 in the extension table, none outside.
fn septets(c: char) -> Option<usize> {
    match c {
        'A'..='Z' | 'a'..='z' | '0'..='9' | ' ' | '\n' | '\r' => Some(1),
        '!' | '"' | '#' | '%' | '&' | '\'' | '(' | ')' | '*' | '+' | ',' | '-' | '.' | '/' => Some(1),
        ':' | ';' | '<' | '=' | '>' | '?' | '@' | '$' | '_' => Some(1),
        '£' | '¥' | 'è' | 'é' | 'ù' | 'ì' | 'ò' | 'Ç' | 'Ø' | 'ø' | 'Å' | 'å' => Some(1),
        'Δ' | 'Φ' | 'Γ' | 'Λ' | 'Ω' | 'Π' | 'Ψ' | 'Σ' | 'Θ' | 'Ξ' => Some(1),
        'Æ' | 'æ' | 'ß' | 'É' | '¤' | '¡' | 'Ä' | 'Ö' | 'Ñ' | 'Ü' | '§' | '¿' | 'ä' | 'ö' | 'ñ' | 'ü'
        | 'à' => Some(1),
        '^' | '{' | '}' | '\\' | '[' | '~' | ']' | '|' | '€' | '\u{0C}' => Some(2),
        _ => None,
    }
}

/// Encoding, units and parts of a text. An escape pair (GSM-7) or a surrogate pair (UCS-2) is never split
/// across parts, so a part may end one unit early.
pub fn segments(text: &str) -> Segments {
    let mut units = 0;
    for c in text.chars() {
        match septets(c) {
            Some(n) => units += n,
            None => return count(text, Encoding::Ucs2, text.encode_utf16().count(), char::len_utf16),
        }
    }
    count(text, Encoding::Gsm7, units, |c| septets(c).unwrap_or(1))
}

/// Where each part of a text begins and ends, in the order in which they are sent; always one at least.
pub fn parts(text: &str) -> Vec<Range<usize>> {
    let whole = segments(text);
    if whole.segments == 1 {
        return vec![Range { start: 0, end: text.len() }];
    }
    let cost = |c: char| match whole.encoding {
        Encoding::Gsm7 => septets(c).unwrap_or(1),
        Encoding::Ucs2 => c.len_utf16(),
    };
    let (mut parts, mut from, mut used) = (Vec::with_capacity(whole.segments), 0, 0);
    for (at, c) in text.char_indices() {
        if used + cost(c) > whole.encoding.part() {
            parts.push(from..at);
            (from, used) = (at, 0);
        }
        used += cost(c);
    }
    parts.push(from..text.len());
    parts
}

/// Whether a character forces UCS-2.
pub fn is_dear(c: char) -> bool {
    septets(c).is_none()
}

fn count(text: &str, encoding: Encoding, units: usize, cost: impl Fn(char) -> usize) -> Segments {
    if units <= encoding.single() {
        return Segments { encoding, units, segments: 1, left: encoding.single() - units };
    }
    let (mut segments, mut used) = (1, 0);
    for c in text.chars() {
        let n = cost(c);
        if used + n > encoding.part() {
            segments += 1;
            used = 0;
        }
        used += n;
    }
    Segments { encoding, units, segments, left: encoding.part() - used }
}

/// The GSM-7 look-alike of a typographic character, if it has one.
fn look_alike(c: char) -> Option<&'static str> {
    Some(match c {
        '‘' | '’' | '‚' | '‛' | '′' | '‵' | '`' | '´' | 'ʼ' | 'ʹ' | '＇' => "'",
        '“' | '”' | '„' | '‟' | '″' | '‶' | '«' | '»' | '〃' | '＂' => "\"",
        '‹' => "<",
        '›' => ">",
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '⁃' | '﹘' | '－' => "-",
        '…' => "...",
        '•' | '∙' | '·' | '‣' => "*",
        '⁄' | '∕' => "/",
        '\t' | '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => " ",
        '\u{2028}' | '\u{2029}' => "\n",
        // Invisible: they only cost.
        '\u{AD}' | '\u{200B}' | '\u{2060}' | '\u{FEFF}' => "",
        _ => return None,
    })
}

/// Typographic quotes, dashes, dots and blanks as their GSM-7 look-alikes; all else untouched. Only by the agent's choice.
pub fn look_alikes(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| look_alike(c).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match look_alike(c) {
            Some(plain) => out.push_str(plain),
            None => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// The distinct characters that force UCS-2, first seen first.
pub fn offenders(text: &str) -> Vec<char> {
    let mut found = Vec::new();
    for c in text.chars() {
        if is_dear(c) && !found.contains(&c) {
            found.push(c);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_vectors() {
        let file: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/vectors/sms-segment-vectors.json")).unwrap();
        let vectors = file["vectors"].as_array().unwrap();
        assert!(vectors.len() >= 12);
        for vector in vectors {
            let name = &vector["name"];
            let got = segments(vector["text"].as_str().unwrap());
            let encoding = match vector["encoding"].as_str().unwrap() {
                "GSM-7" => Encoding::Gsm7,
                _ => Encoding::Ucs2,
            };
            assert_eq!(got.encoding, encoding, "{name}");
            assert_eq!(Some(got.segments as u64), vector["segments"].as_u64(), "{name}");
            if encoding == Encoding::Ucs2 {
                assert_eq!(Some(got.units as u64), vector["code_units"].as_u64(), "{name}");
            }
        }
    }

    #[test]
    fn edges() {
        let parts = |text: &str| segments(text).segments;
        assert_eq!(parts(&"€".repeat(80)), 1);
        assert_eq!(parts(&"€".repeat(81)), 2);
        assert_eq!(parts(&format!("{}€{}", "a".repeat(152), "a".repeat(152))), 3);
        assert_eq!(parts(&format!("{}😀{}", "ж".repeat(66), "ж".repeat(66))), 3);
        assert_eq!(parts(&format!("ç{}", "a".repeat(69))), 1);
        assert_eq!(parts(&format!("ç{}", "a".repeat(70))), 2);
        assert_eq!(segments("").left, 160);
        assert_eq!(
            segments(&"a".repeat(161)),
            Segments { encoding: Encoding::Gsm7, units: 161, segments: 2, left: 145 }
        );
    }

    #[test]
    fn look_alikes_make_it_cheap() {
        let typed = "“Hi” – it’s fine…\u{A0}ok";
        assert_eq!(segments(typed).encoding, Encoding::Ucs2);
        assert_eq!(look_alikes(typed), "\"Hi\" - it's fine... ok");
        assert!(matches!(look_alikes("ça va €"), Cow::Borrowed(_)));
    }

    #[test]
    fn parts_are_those_that_are_counted() {
        for text in [
            String::new(),
            "a".repeat(160),
            "a".repeat(161),
            format!("{}€{}", "a".repeat(152), "a".repeat(152)),
            format!("{}😀{}", "ж".repeat(66), "ж".repeat(66)),
        ] {
            let parts = parts(&text);
            assert_eq!(parts.len(), segments(&text).segments);
            assert_eq!(parts.iter().map(|part| &text[part.clone()]).collect::<String>(), text);
        }
        assert_eq!(parts(&"a".repeat(161)), [0..153, 153..161]);
    }

    #[test]
    fn what_forces_ucs2() {
        assert_eq!(offenders("ça “va” ça 😀 é€"), ['ç', '“', '”', '😀']);
        assert!(offenders("plain {text} €").is_empty());
    }
}
