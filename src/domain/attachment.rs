//! Files that go out. Each is kept in the workspace from the moment it is added, so that nothing that happens to the original
//! changes or loses what is sent.

use crate::domain::mail::MailHead;
use crate::domain::message::AttachmentFact;
use crate::domain::row::AttachmentRow;
use serde::{Deserialize, Serialize};

/// Where files of ours are kept, below the workspace.
pub const OWN: &str = "files/own/";
/// Where files that came along with a message are kept, below the workspace.
pub const CAME: &str = "files/in/";
/// The largest file that is kept, in bytes.
pub const LARGEST: u64 = 64 * 1024 * 1024;
/// What the ids of a message's own files begin with.
pub const OWN_ID: &str = "own:";

/// A file of ours.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Enclosure {
    /// Its name, fit for a file system.
    pub name: String,
    /// Its media type, by its content and its name.
    pub mime: String,
    /// Its size in bytes.
    pub size: u64,
    /// Where it is kept, relative to the workspace: named by its content, which never changes.
    pub path: String,
}

impl Enclosure {
    /// The file as a message tells of it, at its place among the others.
    pub fn fact(&self, at: usize) -> AttachmentFact {
        AttachmentFact {
            external_id: format!("{OWN_ID}{at:02}"),
            place: u16::try_from(at).ok(),
            name: Some(self.name.clone()),
            mime: Some(self.mime.clone()),
            size: Some(self.size),
            caption: None,
            media: None,
            path: Some(self.path.clone()),
            on_demand: false,
        }
    }

    /// The file that an op carries.
    pub fn of_fact(fact: &AttachmentFact) -> Option<Enclosure> {
        Enclosure::kept(fact.name.clone()?, fact.mime.clone(), fact.size, fact.path.clone()?)
    }

    /// The file of a message, if it is one of ours.
    pub fn of_row(row: &AttachmentRow) -> Option<Enclosure> {
        Enclosure::kept(row.name.clone(), row.mime.clone(), row.size, row.path.clone()?)
    }

    fn kept(name: String, mime: Option<String>, size: Option<u64>, path: String) -> Option<Enclosure> {
        let mime = mime.unwrap_or_else(|| "application/octet-stream".into());
        is_own(&path).then(|| Enclosure { name, mime, size: size.unwrap_or(0), path })
    }
}

/// Whether a path is one under which files of ours are kept, and leads nowhere else.
pub fn is_own(path: &str) -> bool {
    is_below(OWN, path)
}

/// Whether a path is one under which files that came along are kept, and leads nowhere else.
pub fn is_came(path: &str) -> bool {
    is_below(CAME, path)
}

/// Whether a path is below a place of ours, in a folder that is named by a content.
fn is_below(place: &str, path: &str) -> bool {
    let mut parts = path.strip_prefix(place).unwrap_or_default().split('/');
    let hash = parts.next().unwrap_or_default();
    let name = parts.next().unwrap_or_default();
    hash.len() == 64
        && hash.bytes().all(|b| b.is_ascii_hexdigit())
        && !name.is_empty()
        && !matches!(name, "." | "..")
        && parts.next().is_none()
}

/// What is written: words, and files that go along.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Written {
    /// The words.
    pub text: String,
    /// The files, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Enclosure>,
    /// To whom and about what, where it is a mail and that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<Box<MailHead>>,
}

impl Written {
    /// Whether there is nothing to send. What is passed on needs no words of ours.
    pub fn is_blank(&self) -> bool {
        let passed_on = self.mail.as_ref().is_some_and(|head| head.manner.is_forward());
        self.text.trim().is_empty() && self.files.is_empty() && !passed_on
    }

    /// Whether nothing was said at all, to whom or about what neither.
    pub fn is_nothing(&self) -> bool {
        self.is_blank() && self.mail.as_ref().is_none_or(|head| !head.is_said())
    }

    /// Whether it passes on what somebody else has said: then no words are needed.
    pub fn passes_on(&self) -> bool {
        self.mail.as_ref().is_some_and(|head| head.manner.is_forward())
    }

    /// This before something else: the words on lines of their own, the files of both. A mail has one head: where both say one,
    /// what the other said stands before its words.
    pub fn before(self, mut after: Written) -> Written {
        let mail = match (self.mail, after.mail.take()) {
            (Some(head), Some(other)) if !head.is_meant() && other.is_meant() => Some(other),
            (Some(head), Some(other)) if head != other && other.is_said() => {
                after.text = format!("{}\n{}", other.as_words(), after.text);
                Some(head)
            }
            (head, other) => head.or(other),
        };
        let text = match (self.text.trim().is_empty(), after.text.trim().is_empty()) {
            (_, true) => self.text,
            (true, false) => after.text,
            (false, false) => format!("{}\n{}", self.text, after.text),
        };
        let mut files = self.files;
        files.extend(after.files);
        Written { text, files, mail }
    }

    /// The words in one line; where there are none, the names of the files, else the subject.
    pub fn in_short(&self) -> String {
        if !self.text.trim().is_empty() {
            return self.text.clone();
        }
        let subject = self.mail.as_ref().and_then(|head| head.subject.clone());
        if self.files.is_empty() { subject.unwrap_or_default() } else { named(&self.files) }
    }
}

/// What stands for files where there are no words.
pub fn named(files: &[Enclosure]) -> String {
    let names: Vec<&str> = files.iter().map(|f| f.name.as_str()).collect();
    if names.is_empty() { String::new() } else { format!("Attachment: {}", names.join(", ")) }
}

impl From<&str> for Written {
    fn from(text: &str) -> Written {
        text.to_owned().into()
    }
}

impl From<String> for Written {
    fn from(text: String) -> Written {
        Written { text, ..Written::default() }
    }
}

/// What a media type is called among people: `JPEG`, `PDF`, `Word`.
pub fn kind(mime: &str) -> String {
    let word =
        match mime {
            "application/octet-stream" => "file",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
            | "application/msword" => "Word",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            | "application/vnd.ms-excel" => "Excel",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation"
            | "application/vnd.ms-powerpoint" => "PowerPoint",
            "audio/mpeg" => "MP3",
            "audio/mp4" => "M4A",
            "video/quicktime" => "QuickTime",
            "video/3gpp" | "audio/3gpp" => "3GP",
            "text/plain" => "text",
            "text/vcard" => "vCard",
            "text/calendar" => "iCalendar",
            _ => "",
        };
    if !word.is_empty() {
        return word.to_owned();
    }
    let subtype = mime.split_once('/').map_or(mime, |(_, subtype)| subtype);
    let subtype = subtype.strip_prefix("x-").unwrap_or(subtype);
    if subtype.len() <= 5 { subtype.to_uppercase() } else { mime.to_owned() }
}

/// A number of bytes in decimal units: `999 B`, `1.2 kB`, `184 kB`, `3 MB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if count < 1000 {
        return format!("{count} B");
    }
    let count = u128::from(count);
    let mut size = 1000_u128;
    for (n, unit) in UNITS.iter().enumerate() {
        let tenths = (count * 10 + size / 2) / size;
        if tenths < 100 {
            return match tenths % 10 {
                0 => format!("{} {unit}", tenths / 10),
                tenth => format!("{}.{tenth} {unit}", tenths / 10),
            };
        }
        let whole = (count + size / 2) / size;
        if whole < 1000 || n + 1 == UNITS.len() {
            return format!("{whole} {unit}");
        }
        size *= 1000;
    }
    // Not reached: the last unit always answers.
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_by_its_content_is_ours() {
        let hash = "0123456789abcdef".repeat(4);
        assert!(is_own(&format!("files/own/{hash}/a.pdf")));
        for other in [
            format!("files/own/{hash}/../a.pdf"),
            format!("files/own/{hash}/.."),
            format!("files/own/{hash}/"),
            format!("files/own/{hash}"),
            "files/own/../../etc/passwd".into(),
            format!("/files/own/{hash}/a.pdf"),
            "files/7/1-a.pdf".into(),
            format!("files/in/{hash}/a.pdf"),
        ] {
            assert!(!is_own(&other), "{other}");
        }
    }

    #[test]
    fn what_is_written_first_stands_first() {
        let file = Enclosure { name: "a.png".into(), mime: "image/png".into(), size: 1, path: "x".into() };
        let one = Written { text: "one".into(), files: vec![file.clone()], mail: None };
        let both = one.clone().before("two".into());
        assert_eq!((both.text.as_str(), both.files.len()), ("one\ntwo", 1));
        assert_eq!(Written::default().before(one.clone()), one);
        assert_eq!(one.clone().before(Written::default()), one);
        assert_eq!(
            Written { text: " ".into(), files: vec![file], mail: None }.in_short(),
            "Attachment: a.png"
        );
    }
}
