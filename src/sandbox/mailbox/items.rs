//! What is answered to FETCH.

use super::folder::Stored;
use super::mime;
use super::syntax::Word;

/// What is asked of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    Uid,
    Flags,
    InternalDate,
    Size,
    Modseq,
    Structure,
    Body { section: String, peek: bool, partial: Option<(usize, usize)> },
}

/// Reads what is asked; none for what this server does not know.
pub(super) fn items(words: &[Word]) -> Option<Vec<Item>> {
    words.iter().map(|word| item(&word.text())).collect()
}

/// Reads one of them.
pub(super) fn item(text: &str) -> Option<Item> {
    let upper = text.to_ascii_uppercase();
    Some(match upper.as_str() {
        "UID" => Item::Uid,
        "FLAGS" => Item::Flags,
        "INTERNALDATE" => Item::InternalDate,
        "RFC822.SIZE" => Item::Size,
        "MODSEQ" => Item::Modseq,
        "BODYSTRUCTURE" => Item::Structure,
        _ => {
            let (peek, rest) = match upper.strip_prefix("BODY.PEEK[") {
                Some(rest) => (true, rest),
                None => (false, upper.strip_prefix("BODY[")?),
            };
            let (section, after) = rest.split_once(']')?;
            let partial = match after.strip_prefix('<').and_then(|p| p.strip_suffix('>')) {
                Some(partial) => {
                    let (from, length) = partial.split_once('.')?;
                    Some((from.parse().ok()?, length.parse().ok()?))
                }
                None => None,
            };
            Item::Body { section: section.to_owned(), peek, partial }
        }
    })
}

/// The answer about one mail; `nil` where its bytes are not given.
pub(super) fn answer(seq: usize, mail: &Stored, items: &[Item], nil: bool) -> Vec<u8> {
    let mut out = format!("* {seq} FETCH (").into_bytes();
    for (n, item) in items.iter().enumerate() {
        if n > 0 {
            out.push(b' ');
        }
        match item {
            Item::Uid => out.extend_from_slice(format!("UID {}", mail.uid).as_bytes()),
            Item::Flags => {
                let flags: Vec<&str> = mail.flags.iter().map(String::as_str).collect();
                out.extend_from_slice(format!("FLAGS ({})", flags.join(" ")).as_bytes());
            }
            Item::InternalDate => {
                out.extend_from_slice(format!("INTERNALDATE \"{}\"", date(mail.at)).as_bytes());
            }
            Item::Size => out.extend_from_slice(format!("RFC822.SIZE {}", mail.bytes.len()).as_bytes()),
            Item::Modseq => out.extend_from_slice(format!("MODSEQ ({})", mail.modseq).as_bytes()),
            Item::Structure => {
                let told = mime::read(&mail.bytes, 0).structure();
                out.extend_from_slice(format!("BODYSTRUCTURE {told}").as_bytes());
            }
            Item::Body { section, .. } if nil => {
                out.extend_from_slice(format!("BODY[{section}] NIL").as_bytes());
            }
            Item::Body { section, partial, .. } => {
                let bytes = section_of(&mail.bytes, section);
                let (shown, bytes) = match partial {
                    Some((from, length)) => {
                        let end = from.saturating_add(*length).min(bytes.len());
                        (format!("<{from}>"), bytes.get(*from..end).unwrap_or_default().to_vec())
                    }
                    None => (String::new(), bytes),
                };
                out.extend_from_slice(format!("BODY[{section}]{shown} {{{}}}\r\n", bytes.len()).as_bytes());
                out.extend_from_slice(&bytes);
            }
        }
    }
    out.extend_from_slice(b")\r\n");
    out
}

fn section_of(bytes: &[u8], section: &str) -> Vec<u8> {
    if section.is_empty() {
        return bytes.to_vec();
    }
    let mail = mime::read(bytes, 0);
    if let Some(wanted) = section.strip_prefix("HEADER.FIELDS (").and_then(|w| w.strip_suffix(')')) {
        let wanted: Vec<&str> = wanted.split(' ').collect();
        let fits = |name: &str| wanted.iter().any(|w| w.eq_ignore_ascii_case(name));
        let lines = mime::fields(mail.head).into_iter().filter(|(name, _)| fits(name));
        let mut out: String = lines.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        out.push_str("\r\n");
        return out.into_bytes();
    }
    if section == "HEADER" {
        return mail.head.to_vec();
    }
    let (path, mime_head) = match section.strip_suffix(".MIME") {
        Some(path) => (path, true),
        None => (section, false),
    };
    let path: Vec<usize> = path.split('.').filter_map(|n| n.parse().ok()).collect();
    let part = mail.at(&path);
    part.map(|part| if mime_head { part.head.to_vec() } else { part.body.to_vec() }).unwrap_or_default()
}

/// `17-Jul-1996 02:44:25 +0000`.
fn date(at: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
    at.strftime("%d-%b-%Y %H:%M:%S +0000").to_string()
}
