//! The format of mails, a file a layer (RFC 5322, RFC 2045 to 2047, RFC 2231): bytes in, plain values out. What a value means is
//! decided elsewhere.
//!
//! The transfer encodings and the character sets come from `mail-parser`. Heads and the tree of parts are read here: mails of
//! strangers nest as deep and repeat as often as they like, so every step is bounded in depth and number and goes over the bytes
//! once, and senders break the rules in ways that a tree built by the rules loses words over (a boundary used twice, a multipart
//! that is never closed, characters split over two encoded words).

pub mod addresses;
pub mod charset;
pub mod dates;
pub mod fields;
pub mod ids;
pub mod params;
pub mod parts;
pub mod transfer;
pub mod words;

/// The first line, without its end, and what is behind it.
pub(crate) fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match bytes.iter().position(|b| *b == b'\n') {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (bytes, &bytes[bytes.len()..]),
    };
    (line.strip_suffix(b"\r").unwrap_or(line), rest)
}

/// One line of words: control characters and line ends are blanks, runs of blanks one.
pub(crate) fn tidy(text: &str) -> String {
    let blank = |c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}';
    let mut out = String::with_capacity(text.len());
    for word in text.split(blank).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// At most so many bytes of a text, cut between two characters.
pub(crate) fn at_most(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_either_way() {
        assert_eq!(line(b"a\r\nb"), (&b"a"[..], &b"b"[..]));
        assert_eq!(line(b"a\nb"), (&b"a"[..], &b"b"[..]));
        assert_eq!(line(b"a\rb"), (&b"a\rb"[..], &b""[..]));
        assert_eq!(line(b"\n"), (&b""[..], &b""[..]));
    }

    #[test]
    fn tidy_text_is_one_line() {
        assert_eq!(tidy(" a\r\n\tb\u{0}c\u{85}d\u{2028}e "), "a b c d e");
        assert_eq!(at_most("\u{e9}\u{e9}", 3), "\u{e9}");
    }
}
