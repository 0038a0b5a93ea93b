//! The files of a mail by its server's description (BODYSTRUCTURE, RFC 3501 section 7.4.2): for mails that are too large to be read whole.

use crate::text::mail::parse::parse;
use crate::text::mail::parsed::MailFile;
use async_imap::imap_proto::{BodyContentCommon, BodyContentSinglePart, BodyStructure, ContentEncoding};

/// Files of one mail at most.
const MOST: usize = 200;

/// A file that is described, not read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Part {
    /// What it is, without its bytes.
    pub file: MailFile,
    /// How many bytes it will have, as far as that can be told from how it travels.
    pub size: u64,
}

/// The files of a mail.
pub fn files(structure: &BodyStructure<'_>) -> Vec<Part> {
    let mut found = Vec::new();
    walk(structure, &mut Vec::new(), false, &mut found);
    found
}

/// Parts are counted from 1 within each multipart; a mail of one part is part 1.
fn walk(structure: &BodyStructure<'_>, path: &mut Vec<usize>, in_related: bool, found: &mut Vec<Part>) {
    if found.len() >= MOST {
        return;
    }
    match structure {
        BodyStructure::Multipart { common, bodies, .. } => {
            let related = common.ty.subtype.eq_ignore_ascii_case("related");
            for (n, body) in bodies.iter().enumerate() {
                path.push(n + 1);
                walk(body, path, related, found);
                path.pop();
            }
        }
        BodyStructure::Basic { common, other, .. } | BodyStructure::Message { common, other, .. } => {
            found.push(part(common, other, path, in_related));
        }
        BodyStructure::Text { common, other, .. } => {
            let subtype = common.ty.subtype.to_ascii_lowercase();
            let part = part(common, other, path, in_related);
            let is_words = matches!(subtype.as_str(), "plain" | "html") && part.file.name.is_none();
            if !is_words || is_disposed(common, "attachment") {
                found.push(part);
            }
        }
    }
}

fn is_disposed(common: &BodyContentCommon<'_>, how: &str) -> bool {
    common.disposition.as_ref().is_some_and(|disposition| disposition.ty.eq_ignore_ascii_case(how))
}

fn part(
    common: &BodyContentCommon<'_>,
    other: &BodyContentSinglePart<'_>,
    path: &[usize],
    in_related: bool,
) -> Part {
    let numbers: Vec<String> = path.iter().map(ToString::to_string).collect();
    let content_id = other.id.as_deref().map(|id| id.trim_matches(['<', '>', ' ']).to_owned());
    let content_id = content_id.filter(|id| !id.is_empty());
    let mime = format!("{}/{}", common.ty.ty, common.ty.subtype).to_ascii_lowercase();
    let octets = u64::from(other.octets);
    Part {
        file: MailFile {
            part: if numbers.is_empty() { "1".to_owned() } else { numbers.join(".") },
            name: name(common),
            mime: Some(mime),
            is_inline: content_id.is_some() && in_related && !is_disposed(common, "attachment"),
            content_id,
            bytes: Vec::new(),
        },
        size: match other.transfer_encoding {
            // Four letters carry three bytes, and two more end each line of 76.
            ContentEncoding::Base64 => octets * 57 / 78,
            _ => octets,
        },
    }
}

/// The name of a part. Its parameters are read as those of a mail are: encoded words, continuations and all.
fn name(common: &BodyContentCommon<'_>) -> Option<String> {
    let mut head = String::from("Content-Type: application/octet-stream");
    parameters(&mut head, common.ty.params.as_deref().unwrap_or_default(), "name");
    head.push_str("\r\nContent-Disposition: attachment");
    let given = common.disposition.as_ref().and_then(|disposition| disposition.params.as_deref());
    parameters(&mut head, given.unwrap_or_default(), "filename");
    head.push_str("\r\n\r\nx");
    parse(head.as_bytes()).files.into_iter().next()?.name
}

fn parameters<K: AsRef<str>, V: AsRef<str>>(head: &mut String, all: &[(K, V)], wanted: &str) {
    for (key, value) in all {
        let (key, value) = (key.as_ref().to_ascii_lowercase(), value.as_ref());
        let base = key.split('*').next().unwrap_or_default();
        let fits = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'*');
        if base != wanted || !fits || value.contains(['\r', '\n', '\0']) {
            continue;
        }
        head.push_str(";\r\n ");
        head.push_str(&key);
        head.push('=');
        if key.ends_with('*') && !value.contains([' ', ';', '"']) {
            head.push_str(value);
        } else {
            head.push_str(&format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_imap::imap_proto::{AttributeValue, Response};

    fn described(structure: &str) -> Vec<Part> {
        let line = format!("* 1 FETCH (UID 1 BODYSTRUCTURE {structure})\r\n");
        let (_, response) = Response::parse(line.as_bytes()).unwrap();
        let Response::Fetch(_, attributes) = &response else { panic!("{response:?}") };
        let structure = attributes.iter().find_map(|a| match a {
            AttributeValue::BodyStructure(structure) => Some(structure),
            _ => None,
        });
        files(structure.unwrap())
    }

    #[test]
    fn files_are_counted_as_the_server_counts() {
        let text = r#"("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 5 1)"#;
        let html = r#"("TEXT" "HTML" NIL NIL NIL "7BIT" 5 1)"#;
        let picture =
            r#"("IMAGE" "PNG" ("NAME" "logo.png") "<logo@x>" NIL "BASE64" 780 NIL ("INLINE" NIL) NIL)"#;
        let file = r#"("APPLICATION" "PDF" NIL NIL NIL "BASE64" 78000 NIL ("ATTACHMENT" ("FILENAME" "offer.pdf")) NIL)"#;
        let note = r#"("TEXT" "PLAIN" NIL NIL NIL "7BIT" 9 1 NIL ("ATTACHMENT" ("FILENAME" "a.txt")) NIL)"#;
        let all = format!(r#"((({text}{html} "ALTERNATIVE"){picture} "RELATED"){file}{note} "MIXED")"#);
        let parts = described(&all);
        let told: Vec<_> = parts.iter().map(|p| (p.file.part.as_str(), p.size, p.file.is_inline)).collect();
        assert_eq!(told, [("1.2", 570, true), ("2", 57_000, false), ("3", 9, false)]);
        assert_eq!(parts[0].file.content_id.as_deref(), Some("logo@x"));
        assert_eq!(parts[1].file.mime.as_deref(), Some("application/pdf"));
    }

    #[test]
    fn a_mail_of_one_part_is_part_one() {
        let parts = described(r#"("APPLICATION" "PDF" NIL NIL NIL "BASE64" 78 NIL NIL NIL)"#);
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].file.part, "1");
        assert!(described(r#"("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 1)"#).is_empty());
    }
}
