//! Encoded words in heads (RFC 2047), also those that break its rules: characters and base64 split over two words, blanks within,
//! words that touch other text or stand in quotation marks.

use super::charset;
use super::transfer::unescape;
use mail_parser::decoders::base64::base64_decode;

/// Longest name of a character set that is looked at, with its language (RFC 2231, section 5).
const CHARSET: usize = 80;

/// A run of encoded words that belong together: characters may be split between them.
#[derive(Default)]
struct Run {
    charset: String,
    bytes: Vec<u8>,
    /// Base64 that waits for the rest of its group of four, which the next word may hold.
    base64: String,
}

impl Run {
    fn push(&mut self, word: &Word<'_>) {
        if word.is_base64 {
            self.base64.extend(word.data.chars().filter(|c| !c.is_whitespace()));
            if self.base64.len().is_multiple_of(4) {
                self.close_base64();
            }
        } else {
            self.close_base64();
            let text = word.data.replace('_', " ");
            unescape(text.as_bytes(), b'=', &mut self.bytes);
        }
    }

    fn close_base64(&mut self) {
        let text = std::mem::take(&mut self.base64);
        match base64_decode(text.as_bytes()) {
            Some(bytes) => self.bytes.extend(bytes),
            None => {
                let kept: Vec<u8> =
                    text.bytes().filter(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')).collect();
                self.bytes.extend(base64_decode(&kept).unwrap_or_default());
            }
        }
    }

    fn write(&mut self, out: &mut String) {
        self.close_base64();
        if !self.bytes.is_empty() {
            out.push_str(&charset::decode(Some(&self.charset), &self.bytes));
        }
        *self = Run::default();
    }
}

struct Word<'a> {
    charset: &'a str,
    is_base64: bool,
    data: &'a str,
    /// What is behind it.
    rest: &'a str,
}

/// Decodes all encoded words of a value. What only looks like one stays as it is.
pub fn decode(value: &str) -> String {
    if !value.contains("=?") {
        return value.to_owned();
    }
    let mut out = String::with_capacity(value.len());
    let mut run = Run::default();
    let mut in_run = false;
    let mut rest = value;
    while let Some(at) = rest.find("=?") {
        let (before, from) = rest.split_at(at);
        let found = word(from);
        // Blanks between two encoded words are not shown (RFC 2047, section 6.2).
        let is_next = in_run && before.trim().is_empty() && matches!(found, Found::Word(_));
        if !is_next {
            run.write(&mut out);
            out.push_str(before);
        }
        in_run = false;
        match found {
            Found::Word(word) => {
                if !run.charset.eq_ignore_ascii_case(word.charset) {
                    run.write(&mut out);
                    word.charset.clone_into(&mut run.charset);
                }
                run.push(&word);
                in_run = true;
                rest = word.rest;
            }
            Found::Other => {
                out.push_str("=?");
                rest = &from[2..];
            }
            // None can follow: to look on would go over the rest again and again.
            Found::NoEnd => {
                rest = from;
                break;
            }
        }
    }
    run.write(&mut out);
    out.push_str(rest);
    out
}

/// The length of the encoded word at the beginning of a text, in bytes. None where there is none, or nothing closes it.
pub(crate) fn length(text: &str) -> Option<usize> {
    match word(text) {
        Found::Word(word) => Some(text.len() - word.rest.len()),
        Found::Other | Found::NoEnd => None,
    }
}

enum Found<'a> {
    Word(Word<'a>),
    /// No encoded word begins here.
    Other,
    /// It could be one, but nothing closes it.
    NoEnd,
}

/// The encoded word at the beginning of a text.
fn word(text: &str) -> Found<'_> {
    let inner = text.strip_prefix("=?").unwrap_or(text);
    let near = inner.bytes().take(CHARSET).position(|b| b == b'?');
    let Some((charset, rest)) = near.map(|at| (&inner[..at], &inner[at + 1..])) else { return Found::Other };
    // The language behind an asterisk (RFC 2231, section 5) tells nothing here.
    let charset = charset.split('*').next().unwrap_or_default();
    if charset.is_empty() || charset.contains(char::is_whitespace) {
        return Found::Other;
    }
    let is_base64 = match rest.as_bytes() {
        [b'b' | b'B', b'?', ..] => true,
        [b'q' | b'Q', b'?', ..] => false,
        _ => return Found::Other,
    };
    let data = &rest[2..];
    let Some(end) = data.find("?=") else { return Found::NoEnd };
    Found::Word(Word { charset, is_base64, data: &data[..end], rest: &data[end + 2..] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_rfc() {
        for (value, want) in [
            ("=?ISO-8859-1?Q?a?= b", "a b"),
            ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
            ("=?ISO-8859-1?Q?a?=  \t =?ISO-8859-2?q?b?=", "ab"),
            ("=?ISO-8859-1?Q?a_b?=", "a b"),
            ("=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore"),
            ("=?utf-8?B?SMOpbGxv?= world", "H\u{e9}llo world"),
            ("no words = ? here", "no words = ? here"),
        ] {
            assert_eq!(decode(value), want, "{value}");
        }
    }

    #[test]
    fn words_that_break_the_rules() {
        for (value, want) in [
            // Characters split over words.
            ("=?utf-8?Q?=C3?= =?UTF-8?Q?=A9?=", "\u{e9}"),
            ("=?utf-8?B?5Lg=?= =?utf-8?B?rQ==?=", "\u{4e2d}"),
            // Base64 split within a group.
            ("=?utf-8?B?SGVsbG?= =?utf-8?B?8h?=", "Hello!"),
            ("=?utf-8?Q?two words?=", "two words"),
            ("pre=?utf-8?Q?fix?=post", "prefixpost"),
            ("=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"),
            ("\"=?utf-8?Q?=C3=A9?=\" <a@b>", "\"\u{e9}\" <a@b>"),
            ("=?iso-8859-1?Q?=C3=A9?=", "\u{e9}"),
            ("=?x-unknown?Q?=E9?=", "\u{e9}"),
            ("=?utf-8?B?SGV*sbG8?=", "Hello"),
            ("=?utf-8?Q?=3D?=", "="),
            ("=?utf-8?Q??=", ""),
            ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
            ("=?utf-8?Q?never closed", "=?utf-8?Q?never closed"),
            ("=?=?utf-8?Q?a?=", "=?a"),
            ("=?utf-8?Q?a?= =?utf-8?Z?b?=", "a =?utf-8?Z?b?="),
            ("a =? b ?= c", "a =? b ?= c"),
        ] {
            assert_eq!(decode(value), want, "{value}");
        }
    }
}
