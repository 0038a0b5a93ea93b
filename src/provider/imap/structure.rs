//! How a mail is built by its server's description (BODYSTRUCTURE, RFC 3501 section 7.4.2), which parts of a large one are read, and the
//! mail that is put together of them: all its words and none of its files, to be read as any other.

use async_imap::imap_proto::{
    BodyContentCommon, BodyContentSinglePart, BodyStructure, ContentEncoding, ContentType,
};
use std::collections::HashMap;

/// Parts of one mail at most.
const MOST: usize = 200;
/// So many bytes of the words of one mail are read.
pub const WORDS: u64 = 1 << 20;
/// What else tells something of the mail (invitations, reports, what is signed) is read where it has no more bytes.
const BESIDES: u64 = 128 << 10;
/// So much of a mail that is enclosed: its name.
const ENCLOSED: u64 = 8 << 10;
/// The head of a mail that is read, in bytes.
const HEAD: u64 = 128 << 10;

/// A part as it is described.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Part {
    /// Its number; empty for a mail that has parts.
    pub number: String,
    /// Its media type, lower case.
    pub mime: String,
    /// How many bytes it has, as far as that can be told from how it travels.
    pub size: u64,
    /// So many bytes of it are asked for, as it travels.
    pub asked: u64,
    /// How many it has, as it travels: what the server says, which is not always exact.
    octets: u64,
    /// Whether it is for reading: not a file.
    is_words: bool,
    /// What divides its parts.
    boundary: String,
    parts: Vec<Part>,
}

/// What was read of the parts of a mail, by their numbers.
#[derive(Debug, Default)]
pub struct Pieces {
    /// The head of the mail.
    pub head: Vec<u8>,
    /// Heads of parts.
    pub heads: HashMap<String, Vec<u8>>,
    /// Beginnings of parts.
    pub bodies: HashMap<String, Vec<u8>>,
}

/// The parts of a mail, and how much of each is wanted.
pub fn described(structure: &BodyStructure<'_>) -> Part {
    let mut left = MOST;
    let mut root = walk(structure, String::new(), &mut left);
    if root.parts.is_empty() {
        // A mail of one part is part 1.
        root.number = "1".to_owned();
    }
    let mut words = WORDS;
    root.ask(true, &mut words);
    let mut besides = WORDS;
    root.ask(false, &mut besides);
    root
}

/// Parts are counted from 1 within each multipart.
fn walk(structure: &BodyStructure<'_>, number: String, left: &mut usize) -> Part {
    *left = left.saturating_sub(1);
    match structure {
        BodyStructure::Multipart { common, bodies, .. } => {
            let mut parts = Vec::new();
            for (n, body) in bodies.iter().enumerate() {
                if *left == 0 {
                    break;
                }
                let inner =
                    if number.is_empty() { format!("{}", n + 1) } else { format!("{number}.{}", n + 1) };
                parts.push(walk(body, inner, left));
            }
            let params = common.ty.params.as_deref().unwrap_or_default();
            let boundary = params.iter().find(|(key, _)| key.eq_ignore_ascii_case("boundary"));
            let boundary = boundary.map(|(_, value)| value.to_string()).unwrap_or_default();
            Part { number, mime: mime(&common.ty), boundary, parts, ..Part::default() }
        }
        BodyStructure::Basic { common, other, .. }
        | BodyStructure::Message { common, other, .. }
        | BodyStructure::Text { common, other, .. } => leaf(common, other, number),
    }
}

fn leaf(common: &BodyContentCommon<'_>, other: &BodyContentSinglePart<'_>, number: String) -> Part {
    let mime = mime(&common.ty);
    let octets = u64::from(other.octets);
    let disposition = common.disposition.as_ref();
    let is_attached = disposition.is_some_and(|how| how.ty.eq_ignore_ascii_case("attachment"));
    let given = disposition.and_then(|how| how.params.as_deref()).unwrap_or_default();
    let has_name = given
        .iter()
        .chain(common.ty.params.as_deref().unwrap_or_default())
        .any(|(key, _)| matches!(key.to_ascii_lowercase().split('*').next(), Some("name" | "filename")));
    let is_text = matches!(
        mime.as_str(),
        "text/plain" | "text/html" | "text/enriched" | "text/richtext" | "text/markdown"
    );
    Part {
        number,
        size: match other.transfer_encoding {
            // Four letters carry three bytes, and two more end each line of 76.
            ContentEncoding::Base64 => octets * 57 / 78,
            _ => octets,
        },
        octets,
        is_words: is_text && !is_attached && !has_name,
        mime,
        ..Part::default()
    }
}

fn mime(kind: &ContentType<'_>) -> String {
    format!("{}/{}", kind.ty, kind.subtype).to_ascii_lowercase()
}

impl Part {
    /// Says how much of each part is asked for: of words as much as is left, of what is besides all or nothing.
    fn ask(&mut self, words: bool, left: &mut u64) {
        for part in &mut self.parts {
            part.ask(words, left);
        }
        if !self.parts.is_empty() || self.is_words != words {
            return;
        }
        self.asked = if words {
            // Some servers guess at the number.
            (*left).min(self.octets * 2 + 4096)
        } else if self.mime == "message/rfc822" || self.mime == "message/global" {
            ENCLOSED.min(*left)
        } else if self.tells() && self.octets <= BESIDES {
            (*left).min(BESIDES)
        } else {
            0
        };
        *left = left.saturating_sub(self.octets.min(self.asked));
    }

    /// Whether a part that is no words says something of its mail, or may be its words all the same.
    fn tells(&self) -> bool {
        self.mime.starts_with("text/")
            || self.mime.starts_with("message/")
            || self.mime.ends_with("pkcs7-mime")
    }

    /// Whether it is known what divides its parts, and theirs.
    pub fn is_divided(&self) -> bool {
        self.parts.is_empty() || (!self.boundary.is_empty() && self.parts.iter().all(Part::is_divided))
    }

    /// All parts that have none, in order.
    pub fn leaves(&self) -> Vec<&Part> {
        if self.parts.is_empty() {
            return vec![self];
        }
        self.parts.iter().flat_map(Part::leaves).collect()
    }

    /// What is to be asked for, item by item.
    pub fn items(&self) -> Vec<String> {
        let mut items = vec![format!("BODY.PEEK[HEADER]<0.{HEAD}>")];
        self.add_items(&mut items, true);
        items
    }

    fn add_items(&self, items: &mut Vec<String>, is_root: bool) {
        if !is_root {
            items.push(format!("BODY.PEEK[{}.MIME]", self.number));
        }
        if self.parts.is_empty() && self.asked > 0 {
            items.push(format!("BODY.PEEK[{}]<0.{}>", self.number, self.asked));
        }
        for part in &self.parts {
            part.add_items(items, false);
        }
    }

    /// The words of which only the beginning was read.
    pub fn cut<'a>(&'a self, pieces: &Pieces) -> Vec<&'a Part> {
        let got = |part: &Part| pieces.bodies.get(&part.number).map_or(0, |body| body.len() as u64);
        let is_cut =
            |part: &&Part| part.is_words && part.octets > 0 && (got(part) == 0 || got(part) >= part.asked);
        self.leaves().into_iter().filter(is_cut).collect()
    }

    /// The mail that these pieces make.
    pub fn mail(&self, pieces: &Pieces) -> Vec<u8> {
        let mut out = Vec::new();
        add_head(&mut out, &pieces.head);
        self.add_body(&mut out, pieces);
        out
    }

    fn add_body(&self, out: &mut Vec<u8>, pieces: &Pieces) {
        if self.parts.is_empty() {
            out.extend_from_slice(pieces.bodies.get(&self.number).map(Vec::as_slice).unwrap_or_default());
            return;
        }
        for part in &self.parts {
            out.extend_from_slice(format!("\r\n--{}\r\n", self.boundary).as_bytes());
            match pieces.heads.get(&part.number) {
                Some(head) => add_head(out, head),
                None => add_head(out, format!("Content-Type: {}", part.mime).as_bytes()),
            }
            part.add_body(out, pieces);
        }
        out.extend_from_slice(format!("\r\n--{}--\r\n", self.boundary).as_bytes());
    }
}

/// A head and the empty line that ends it.
fn add_head(out: &mut Vec<u8>, head: &[u8]) {
    let head = head.trim_ascii_end();
    out.extend_from_slice(head);
    out.extend_from_slice(if head.is_empty() { b"\r\n" } else { b"\r\n\r\n" });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::mail::parse::parse;
    use async_imap::imap_proto::{AttributeValue, Response};

    fn of(structure: &str) -> Part {
        let line = format!("* 1 FETCH (UID 1 BODYSTRUCTURE {structure})\r\n");
        let (_, response) = Response::parse(line.as_bytes()).unwrap();
        let Response::Fetch(_, attributes) = &response else { panic!("{response:?}") };
        let structure = attributes.iter().find_map(|a| match a {
            AttributeValue::BodyStructure(structure) => Some(structure),
            _ => None,
        });
        described(structure.unwrap())
    }

    const TEXT: &str = r#"("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 5 1)"#;
    const HTML: &str = r#"("TEXT" "HTML" NIL NIL NIL "7BIT" 5 1)"#;
    const PICTURE: &str =
        r#"("IMAGE" "PNG" ("NAME" "logo.png") "<logo@x>" NIL "BASE64" 780 NIL ("INLINE" NIL) NIL)"#;
    const FILE: &str =
        r#"("APPLICATION" "PDF" NIL NIL NIL "BASE64" 78000 NIL ("ATTACHMENT" ("FILENAME" "offer.pdf")) NIL)"#;

    #[test]
    fn words_are_asked_for_and_files_are_not() {
        let note =
            r#"("TEXT" "PLAIN" NIL NIL NIL "7BIT" 900000 1 NIL ("ATTACHMENT" ("FILENAME" "a.txt")) NIL)"#;
        let all = of(&format!(
            r#"((({TEXT}{HTML} "ALTERNATIVE" ("BOUNDARY" "c")){PICTURE} "RELATED" ("BOUNDARY" "b")){FILE}{note} "MIXED" ("BOUNDARY" "a"))"#
        ));
        let told: Vec<_> = all.leaves().iter().map(|p| (p.number.as_str(), p.size, p.asked)).collect();
        assert_eq!(
            told,
            [("1.1.1", 5, 4106), ("1.1.2", 5, 4106), ("1.2", 570, 0), ("2", 57_000, 0), ("3", 900_000, 0)]
        );
        let items = all.items();
        assert!(items.contains(&"BODY.PEEK[1.MIME]".to_owned()), "{items:?}");
        assert!(items.contains(&"BODY.PEEK[1.1.2]<0.4106>".to_owned()), "{items:?}");
        assert!(!items.iter().any(|item| item.starts_with("BODY.PEEK[2]")), "{items:?}");
    }

    #[test]
    fn a_mail_is_put_together_as_it_was() {
        let all = of(&format!(r#"({TEXT}{FILE}{TEXT} "MIXED" ("BOUNDARY" "a b"))"#));
        let mut pieces = Pieces {
            head: b"Subject: x\r\nContent-Type: multipart/mixed; boundary=\"a b\"\r\n\r\n".to_vec(),
            ..Pieces::default()
        };
        pieces.heads.insert("2".into(), b"Content-Type: application/pdf; name=offer.pdf\r\n\r\n".to_vec());
        pieces.bodies.insert("1".into(), b"first".to_vec());
        pieces.bodies.insert("3".into(), b"last".to_vec());
        let read = parse(&all.mail(&pieces));
        assert_eq!((read.text.as_str(), read.mail.subject.as_str()), ("first\n\nlast", "x"));
        let files: Vec<_> = read.files.iter().map(|f| (f.part.as_str(), f.name.as_deref())).collect();
        assert_eq!(files, [("2", Some("offer.pdf"))]);
        assert!(!read.defects.iter().any(|defect| defect.contains("part")), "{:?}", read.defects);
        assert!(all.cut(&pieces).is_empty());
    }

    #[test]
    fn words_have_a_bound_and_what_is_cut_is_known() {
        let long = r#"("TEXT" "PLAIN" NIL NIL NIL "7BIT" 900000 1)"#;
        let all = of(&format!(r#"({long}{long}{TEXT} "MIXED" ("BOUNDARY" "a"))"#));
        let asked: Vec<_> = all.leaves().iter().map(|part| part.asked).collect();
        assert_eq!(asked, [WORDS, WORDS - 900_000, 0]);
        let mut pieces = Pieces::default();
        pieces.bodies.insert("1".into(), vec![b'x'; 900_000]);
        pieces.bodies.insert("2".into(), vec![b'x'; usize::try_from(WORDS).unwrap() - 900_000]);
        let cut: Vec<_> = all.cut(&pieces).iter().map(|part| part.number.as_str()).collect();
        assert_eq!(cut, ["2", "3"]);
    }

    #[test]
    fn a_mail_whose_dividers_are_not_told_cannot_be_put_together() {
        assert!(of(&format!(r#"({TEXT}{FILE} "MIXED" ("BOUNDARY" "a"))"#)).is_divided());
        assert!(!of(&format!(r#"({TEXT}{FILE} "MIXED" ("BOUNDARY*0" "a"))"#)).is_divided());
        assert!(
            !of(&format!(r#"({TEXT}({TEXT}{HTML} "ALTERNATIVE") "MIXED" ("BOUNDARY" "a"))"#)).is_divided()
        );
    }

    #[test]
    fn a_mail_of_one_part_is_part_one() {
        let file = of(r#"("APPLICATION" "PDF" NIL NIL NIL "BASE64" 78 NIL NIL NIL)"#);
        assert_eq!((file.number.as_str(), file.asked), ("1", 0));
        let text = of(TEXT);
        assert_eq!(text.items()[1..], ["BODY.PEEK[1]<0.4106>".to_owned()]);
    }
}
