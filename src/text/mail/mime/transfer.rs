//! Content-Transfer-Encoding (RFC 2045, section 6), as tolerant as the mails that come.

use mail_parser::decoders::base64::base64_decode;
use std::borrow::Cow;

/// Decodes a body. `false` where it was not encoded as it says it was.
pub fn decode<'a>(encoding: Option<&str>, body: &'a [u8]) -> (Cow<'a, [u8]>, bool) {
    let encoding = encoding.unwrap_or_default().trim().trim_matches('"').to_ascii_lowercase();
    // "base64", "base-64", "quoted-printable", "quotedprintable", "quoted_printable".
    if encoding.starts_with("base") {
        return base64(body);
    }
    if encoding.starts_with("quoted") {
        return (Cow::Owned(quoted_printable(body)), true);
    }
    (Cow::Borrowed(body), true)
}

/// Base64. Foreign characters are passed over; behind the end of the data, lines of another kind (the footer of a list) are
/// left out. What has blanks between its words is no base64 but text that only claims to be.
fn base64(body: &[u8]) -> (Cow<'_, [u8]>, bool) {
    if let Some(bytes) = base64_decode(body) {
        return (Cow::Owned(bytes), !looks_like_prose(body));
    }
    if looks_like_prose(body) {
        return (Cow::Borrowed(body), false);
    }
    let mut kept = Vec::with_capacity(body.len());
    let mut is_done = false;
    for line in body.split(|b| *b == b'\n') {
        let foreign = line.iter().filter(|b| !is_base64(**b) && !b.is_ascii_whitespace()).count();
        if is_done && foreign > 0 {
            break;
        }
        is_done |= line.trim_ascii_end().ends_with(b"=");
        kept.extend(line.iter().copied().filter(|b| is_base64(*b)));
    }
    match base64_decode(&kept) {
        Some(bytes) => (Cow::Owned(bytes), true),
        None => (Cow::Borrowed(body), false),
    }
}

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// Whether the first line has words with blanks between.
fn looks_like_prose(body: &[u8]) -> bool {
    let mut lines = body.split(|b| *b == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.find(|line| !line.is_empty()).unwrap_or_default();
    first.contains(&b' ')
}

/// Quoted-printable (RFC 2045, section 6.7). What is no escape stays as it stands.
pub fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut lines = body.split(|b| *b == b'\n').peekable();
    while let Some(line) = lines.next() {
        let bare = line.strip_suffix(b"\r").unwrap_or(line);
        // Blanks at the end of a line were added on the way.
        let bare = bare.trim_ascii_end();
        let (text, is_soft) = match bare.strip_suffix(b"=") {
            Some(text) => (text, true),
            None => (bare, false),
        };
        unescape(text, b'=', &mut out);
        if !is_soft && lines.peek().is_some() {
            out.push(b'\n');
        }
    }
    out
}

/// Two hexadecimal digits behind a mark are a byte.
pub(crate) fn unescape(text: &[u8], mark: u8, out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        if *first == mark
            && let [high, low, after @ ..] = after
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            out.push((high << 4) | low);
            rest = after;
        } else {
            out.push(*first);
            rest = after;
        }
    }
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(encoding: &str, body: &str) -> String {
        String::from_utf8(decode(Some(encoding), body.as_bytes()).0.into_owned()).unwrap()
    }

    #[test]
    fn base64_that_was_broken_on_the_way() {
        for body in [
            "SGVsbG8sIHdvcmxk",
            "SGVs\r\nbG8s\r\nIHdvcmxk\r\n",
            "  SGVsbG8s IHdvcmxk".trim_start(),
            "SGVsbG8=LCB3b3JsZA==",
            "SGVs*bG8sIHdvcmxk",
            "SGVsbG8sIHdvcmxk====",
        ] {
            assert_eq!(plain("BASE64", body), "Hello, world", "{body}");
        }
        assert_eq!(plain("base64", "SGVsbG8=\n\n____\nlist@example.com\n"), "Hello", "a footer");
        assert_eq!(plain("base64", "SGVsbG8sIHdvcm"), "Hello, wor", "cut off");
    }

    #[test]
    fn prose_that_claims_to_be_base64_stays() {
        let (bytes, fits) = decode(Some("base64"), b"Hello, this is text.\n");
        assert_eq!((&bytes[..], fits), (&b"Hello, this is text.\n"[..], false));
    }

    #[test]
    fn quoted_printable_as_it_comes() {
        assert_eq!(
            plain("quoted-printable", "caf=C3=A9 =\r\nau=20lait  \r\n1=2=zz=3d"),
            "caf\u{e9} au lait\n1=2=zz="
        );
        assert_eq!(plain("Quoted-Printable ", "a=\nb=\n"), "ab");
        assert_eq!(plain("quotedprintable", "="), "");
        assert_eq!(plain("7bit", "=41"), "=41");
    }
}
