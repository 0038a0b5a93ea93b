//! Reads a mail (RFC 5322, MIME): from its bytes to what it is, once and for all adapters.

use super::mime::{parts, tidy};
use super::parsed::Parsed;
use super::{body, files, head, kind};
use std::borrow::Cow;

/// Defects that are told of one mail.
const DEFECTS: usize = 20;

/// Reads a mail. Never fails, never hangs, and takes memory in proportion to the bytes: its text has at most 24 times their
/// number and never more than [`body::TEXT`], its files together no more than they.
pub fn parse(raw: &[u8]) -> Parsed {
    let raw = with_line_ends(raw);
    let tree = parts::read(&raw);
    let mut out = Parsed::default();
    let Some(root) = tree.list.first() else { return out };
    head::read(&raw, &root.fields, &mut out);
    out.defects.extend(tree.defects.iter().map(|defect| (*defect).to_owned()));
    let mut read = body::read(&tree);
    out.files = files::read(&tree, &read);
    out.defects.extend(read.defects.iter().map(|defect| (*defect).to_owned()));
    out.defects.truncate(DEFECTS);
    out.text = std::mem::take(&mut read.text);
    out.mail.html = read.html;
    out.features = read.features;
    kind::judge(&tree, &mut out);
    for (_, value) in &mut out.headers {
        *value = tidy(value);
    }
    out
}

/// A mail whose lines end in `\r` alone (it passed through a program of old) gets ends that are known.
fn with_line_ends(raw: &[u8]) -> Cow<'_, [u8]> {
    if raw.contains(&b'\n') || !raw.contains(&b'\r') {
        return Cow::Borrowed(raw);
    }
    Cow::Owned(raw.iter().map(|b| if *b == b'\r' { b'\n' } else { *b }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_is_read() {
        for raw in [
            &b""[..],
            b"\n",
            b"\r",
            b"\0",
            b"From:",
            b"\xff\xfe",
            b"--",
            b"Content-Type: multipart/mixed\n\n",
        ] {
            let read = parse(raw);
            assert!(read.mail.message_id.ends_with("@missing.invalid"), "{raw:?}");
            assert_eq!(read, parse(raw), "the same each time");
        }
    }

    #[test]
    fn a_mail_of_carriage_returns_is_read() {
        let read = parse(b"From: a@b.org\rSubject: x\r\rone\rtwo\r");
        assert_eq!((read.mail.subject.as_str(), read.text.as_str()), ("x", "one\ntwo"));
    }
}
