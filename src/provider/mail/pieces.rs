//! Puts a mail together again that a provider has taken apart: the header block as it was, and words and files as parts below it. So
//! one reader sees every mail, whichever way it came. Pure.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

/// What stands as it is in a parameter of RFC 5987's form.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// What is left of a mail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pieces<'a> {
    /// The header block, as it was.
    pub head: String,
    /// Headers that count where the block has none of their name: name and value, decoded.
    pub more: Vec<(&'static str, String)>,
    /// The words.
    pub text: Option<String>,
    /// The words as HTML.
    pub html: Option<String>,
    /// The files, in their order.
    pub files: Vec<Piece<'a>>,
}

/// A file of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Piece<'a> {
    /// Its name.
    pub name: Option<String>,
    /// Its media type.
    pub mime: Option<String>,
    /// By what the HTML shows it in its place.
    pub content_id: Option<String>,
    /// Its bytes.
    pub bytes: &'a [u8],
}

impl Pieces<'_> {
    /// The mail, as far as it can be known.
    pub fn together(&self) -> Vec<u8> {
        let kind = unfolded(&self.head, "content-type").unwrap_or_default().to_ascii_lowercase();
        let mut out = Vec::new();
        for line in kept_lines(&self.head) {
            out.extend_from_slice(line.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        for (name, value) in &self.more {
            if unfolded(&self.head, name).is_none() && !value.trim().is_empty() {
                // Not encoded: RFC 6532, which the reader knows.
                out.extend_from_slice(format!("{name}: {}\r\n", one_line(value)).as_bytes());
            }
        }
        out.extend_from_slice(b"MIME-Version: 1.0\r\n");
        let boundary = self.boundary();
        let words = self.words(&boundary);
        let (shown, files): (Vec<_>, Vec<_>) = self.files.iter().partition(|file| file.content_id.is_some());
        let parts = |files: Vec<&Piece<'_>>| files.into_iter().map(Piece::part).collect::<Vec<_>>();
        let body = if shown.is_empty() { words } else { many("related", &boundary, words, parts(shown)) };
        // A report is only known as one by its type (RFC 6522).
        let report = kind.starts_with("multipart/report") && kind.contains("delivery-status");
        let outer = if report { "report; report-type=delivery-status" } else { "mixed" };
        let body = if files.is_empty() { body } else { many(outer, &boundary, body, parts(files)) };
        out.extend_from_slice(&body);
        out
    }

    /// A line that does not stand in any part: it is made of all of them.
    fn boundary(&self) -> String {
        let mut sum = Sha256::new();
        for words in [&self.text, &self.html].into_iter().flatten() {
            sum.update(words);
        }
        for file in &self.files {
            sum.update(file.bytes);
        }
        sum.finalize().iter().take(16).map(|b| format!("{b:02x}")).collect()
    }

    /// The words: as text, as HTML, or as both.
    fn words(&self, boundary: &str) -> Vec<u8> {
        let part = |kind: &str, text: &str| {
            let head = format!(
                "Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: binary\r\n\r\n"
            );
            [head.as_bytes(), text.as_bytes()].concat()
        };
        match (&self.text, &self.html) {
            (Some(text), Some(html)) => {
                many("alternative", boundary, part("plain", text), vec![part("html", html)])
            }
            (None, Some(html)) => part("html", html),
            (text, None) => part("plain", text.as_deref().unwrap_or_default()),
        }
    }
}

impl Piece<'_> {
    fn part(&self) -> Vec<u8> {
        let mime = self.mime.as_deref().unwrap_or_default().to_ascii_lowercase();
        let token = |half: &str| {
            !half.is_empty() && half.bytes().all(|b| b.is_ascii_alphanumeric() || b"-+._".contains(&b))
        };
        let is_type = mime.split_once('/').is_some_and(|(kind, sub)| token(kind) && token(sub));
        // What is made of parts cannot be read as that: its boundary is gone.
        let is_whole = is_type && !mime.starts_with("multipart/");
        let mime = if is_whole { mime.as_str() } else { "application/octet-stream" };
        let mut head = format!("Content-Type: {mime}\r\nContent-Transfer-Encoding: binary\r\n");
        let place = if self.content_id.is_some() { "inline" } else { "attachment" };
        head.push_str(&format!("Content-Disposition: {place}"));
        if let Some(name) = &self.name {
            head.push_str(&format!("; filename*=utf-8''{}", utf8_percent_encode(name, PLAIN)));
        }
        head.push_str("\r\n");
        if let Some(id) = &self.content_id {
            let id: String = id.chars().filter(|c| !c.is_control() && !matches!(c, '<' | '>')).collect();
            head.push_str(&format!("Content-ID: <{id}>\r\n"));
        }
        head.push_str("\r\n");
        [head.as_bytes(), self.bytes].concat()
    }
}

/// The lines of a header block without what is said of the body: that has another form now.
fn kept_lines(head: &str) -> Vec<&str> {
    let mut kept = Vec::new();
    let mut keep = false;
    for line in head.lines().filter(|line| !line.trim().is_empty()) {
        if !line.starts_with([' ', '\t']) {
            let name = line.split(':').next().unwrap_or_default().trim().to_ascii_lowercase();
            keep = line.contains(':') && !name.starts_with("content-") && name != "mime-version";
        }
        if keep {
            kept.push(line);
        }
    }
    kept
}

/// The value of a header, on one line.
fn unfolded(head: &str, name: &str) -> Option<String> {
    let mut value: Option<String> = None;
    for line in head.lines() {
        match (&mut value, line.starts_with([' ', '\t'])) {
            (Some(value), true) => value.push_str(line),
            (Some(_), false) => break,
            (None, false) => {
                let (found, rest) = line.split_once(':').unwrap_or_default();
                value = found.trim().eq_ignore_ascii_case(name).then(|| rest.trim().to_owned());
            }
            (None, true) => {}
        }
    }
    value
}

fn one_line(text: &str) -> String {
    text.split(['\r', '\n']).map(str::trim).collect::<Vec<_>>().join(" ")
}

/// Several parts as one. The kind makes the boundaries of parts within parts differ.
fn many(kind: &str, boundary: &str, first: Vec<u8>, others: Vec<Vec<u8>>) -> Vec<u8> {
    let short: String = kind.chars().take_while(char::is_ascii_alphabetic).collect();
    let mut out = format!("Content-Type: multipart/{kind}; boundary=\"{short}-{boundary}\"\r\n").into_bytes();
    for part in std::iter::once(first).chain(others) {
        out.extend_from_slice(format!("\r\n--{short}-{boundary}\r\n").as_bytes());
        out.extend_from_slice(&part);
    }
    out.extend_from_slice(format!("\r\n--{short}-{boundary}--\r\n").as_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mail::Automatic;
    use crate::domain::message::MessageKind;
    use crate::text::mail::parse::parse;

    #[test]
    fn what_was_taken_apart_is_read_as_it_was() {
        let pieces = Pieces {
            head: "Received: by x\nSubject: a long\n one\nMessage-ID: <1@x.example>\nContent-Type: multipart/mixed;\n boundary=\"gone\"\nMIME-Version: 1.0\n".into(),
            more: vec![("Subject", "another".into()), ("From", "Dän\r\nBcc: <dana@example.net>".into())],
            text: Some("hello".into()),
            html: Some("<p>hello <img src=\"cid:i1\"></p>".into()),
            files: vec![
                Piece { name: Some("i.png".into()), mime: Some("image/png".into()), content_id: Some("<i1>\r\nX: y".into()), bytes: b"1" },
                Piece { name: Some("ü\"\r\n.pdf".into()), mime: Some("a/b\r\nX: y".into()), content_id: None, bytes: b"--mixed\r\n\x00" },
            ],
        };
        let parsed = parse(&pieces.together());
        assert_eq!((parsed.mail.subject.as_str(), parsed.text.as_str()), ("a long one", "hello"));
        assert_eq!(parsed.mail.message_id, "1@x.example");
        assert!(parsed.mail.bcc.is_empty(), "no header is smuggled in");
        let files: Vec<_> = parsed
            .files
            .iter()
            .map(|f| (f.mime.as_deref().unwrap_or_default(), f.bytes.as_slice()))
            .collect();
        assert_eq!(files.len(), 2);
        assert!(files.contains(&("application/octet-stream", b"--mixed\r\n\x00")), "{files:?}");
        assert_eq!(parsed, parse(&pieces.together()), "the same each time");
    }

    #[test]
    fn a_report_stays_one() {
        let status = b"Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; x@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n";
        let returned = b"Message-ID: <fd.019900000000700080000000000000ab@example.com>\r\nSubject: x\r\n\r\n";
        let piece =
            |mime: &str, bytes: &'static [u8]| Piece { mime: Some(mime.into()), bytes, ..Piece::default() };
        let pieces = Pieces {
            head: "From: mailer-daemon@mx.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=x\n".into(),
            text: Some("It did not work.".into()),
            files: vec![piece("message/delivery-status", status), piece("text/rfc822-headers", returned)],
            ..Pieces::default()
        };
        let parsed = parse(&pieces.together());
        assert_eq!(
            (parsed.kind, parsed.mail.automatic),
            (Some(MessageKind::Bounce), Some(Automatic::Bounce))
        );
        let id = parsed.bounces[0].message_id.as_deref();
        assert_eq!(id, Some("fd.019900000000700080000000000000ab@example.com"));
    }
}
