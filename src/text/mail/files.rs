//! The files of a mail: their names, their types, their bytes.

use super::body::Body;
use super::mime::fields;
use super::mime::parts::{Part, Tree};
use super::mime::{at_most, tidy, transfer, words};
use super::parsed::MailFile;
use super::{head, html};
use std::collections::HashSet;

/// Longest name, in bytes.
const NAME: usize = 500;
/// Longest name that is made of a subject, in bytes.
const SUBJECT: usize = 120;

/// The files, in the order of the parts.
pub(super) fn read(tree: &Tree<'_>, body: &Body) -> Vec<MailFile> {
    let mut at: Vec<usize> = body.files.clone();
    at.sort_unstable();
    at.dedup();
    let parts: Vec<&Part<'_>> = at.iter().filter_map(|at| tree.list.get(*at)).collect();
    let has_ids = parts.iter().any(|part| part.fields.has("content-id"));
    let shown = body.html.as_deref().filter(|_| has_ids).map(html::shown_parts).unwrap_or_default();
    parts.into_iter().map(|part| file(part, &shown)).collect()
}

fn file(part: &Part<'_>, shown: &HashSet<String>) -> MailFile {
    let (bytes, _) = transfer::decode(part.fields.get("content-transfer-encoding"), part.body);
    let content_id =
        part.fields.get("content-id").map(|id| tidy(id).trim_matches(['<', '>', ' ']).to_owned());
    let content_id = content_id.filter(|id| !id.is_empty()).map(|id| at_most(&id, NAME).to_owned());
    MailFile {
        part: part.number.clone(),
        name: name(part, &bytes),
        mime: Some(mime(&part.kind.value)),
        is_inline: content_id.as_ref().is_some_and(|id| shown.contains(id)),
        content_id,
        bytes: bytes.into_owned(),
    }
}

/// The type, if it is one.
fn mime(value: &str) -> String {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    match value.split_once('/') {
        Some((kind, sub)) if is_part(kind) && is_part(sub) && value.len() <= 127 => value.to_owned(),
        _ => "application/octet-stream".to_owned(),
    }
}

/// The name that a part has, or that its kind gives it.
fn name(part: &Part<'_>, bytes: &[u8]) -> Option<String> {
    let disposition = part.disposition();
    let named = disposition.as_ref().and_then(|d| d.get("filename")).or_else(|| part.kind.get("name"));
    let named = named.map(|name| at_most(name, NAME).to_owned()).filter(|name| !name.trim().is_empty());
    if part.kind.value == "message/rfc822" || part.kind.value == "message/global" {
        let subject = head::subject(&fields::of_mail(bytes).fields);
        let subject = at_most(&subject, SUBJECT).trim().to_owned();
        let whole = Some(subject).filter(|subject| !subject.is_empty()).or(named).unwrap_or("message".into());
        let has_end = whole.to_ascii_lowercase().ends_with(".eml");
        return Some(if has_end { whole } else { format!("{whole}.eml") });
    }
    named.or_else(|| {
        let described = part.fields.get("content-description").map(|said| tidy(&words::decode(said)));
        let described =
            described.filter(|said| said.contains('.') && said.len() <= SUBJECT && !said.contains(' '));
        described.or_else(|| {
            let preset = match part.kind.value.as_str() {
                "text/calendar" | "application/ics" => "invite.ics",
                "text/plain" => "text.txt",
                "text/html" => "text.html",
                "text/vcard" | "text/x-vcard" => "contact.vcf",
                "application/pkcs7-mime" | "application/x-pkcs7-mime" => "smime.p7m",
                "application/ms-tnef" | "application/vnd.ms-tnef" => "winmail.dat",
                "application/pgp-keys" => "key.asc",
                _ => return None,
            };
            Some(preset.to_owned())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::{body, mime::parts};
    use super::*;

    fn files(raw: &str) -> Vec<MailFile> {
        let tree = parts::read(raw.as_bytes());
        read(&tree, &body::read(&tree))
    }

    #[test]
    fn an_enclosed_mail_is_named_after_its_subject() {
        let raw = "Content-Type: message/rfc822\n\nSubject: =?utf-8?Q?caf=C3=A9?=\n\nwords";
        let found = files(raw);
        assert_eq!(found[0].name.as_deref(), Some("caf\u{e9}.eml"));
        assert_eq!(found[0].bytes, b"Subject: =?utf-8?Q?caf=C3=A9?=\n\nwords");
        assert_eq!(files("Content-Type: message/rfc822\n\n\nx")[0].name.as_deref(), Some("message.eml"));
    }

    #[test]
    fn a_picture_is_inline_only_where_the_page_shows_it() {
        let raw = "Content-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n<img src=cid:a@x>\n--b\n\
                   Content-Type: image/png\nContent-ID: <a@x>\n\nA\n--b\nContent-Type: image/png\nContent-ID: <b@x>\n\
                   Content-Disposition: inline\n\nB\n--b--\n";
        let found = files(raw);
        let shape: Vec<_> =
            found.iter().map(|f| (f.part.as_str(), f.content_id.as_deref(), f.is_inline)).collect();
        assert_eq!(shape, [("2", Some("a@x"), true), ("3", Some("b@x"), false)]);
    }

    #[test]
    fn a_type_that_is_none_is_bytes() {
        assert_eq!(mime("image/png"), "image/png");
        for value in ["image", "a/b/c", "text/\u{e9}", "/", ""] {
            assert_eq!(mime(value), "application/octet-stream", "{value}");
        }
    }
}
