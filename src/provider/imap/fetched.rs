//! What a server says of one mail: its number, its flags, its bytes or parts of them.

use crate::domain::clock::Ms;
use async_imap::imap_proto::{AttributeValue, BodyStructure, MessageSection, Response, SectionPath};

/// Flags of a mail that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// `\Seen`.
    pub seen: bool,
    /// `\Answered`.
    pub answered: bool,
    /// `\Deleted`: it will be gone at the next tidying.
    pub deleted: bool,
    /// `\Draft`: it was not sent.
    pub draft: bool,
}

/// What a server says of one mail.
#[derive(Default)]
pub struct Fetched<'a> {
    /// Its number.
    pub uid: Option<u32>,
    /// Its flags.
    pub flags: Option<Flags>,
    /// When it came into the folder, UTC milliseconds.
    pub arrived: Option<Ms>,
    /// Its bytes, counted.
    pub size: Option<u64>,
    /// Its last change (RFC 7162).
    pub modseq: Option<u64>,
    /// The whole mail, or its beginning.
    pub whole: Option<&'a [u8]>,
    /// Lines of its head.
    pub head: Option<&'a [u8]>,
    /// Parts of it, by their numbers.
    pub parts: Vec<(String, &'a [u8])>,
    /// The heads of parts, likewise.
    pub part_heads: Vec<(String, &'a [u8])>,
    /// How it is built.
    pub structure: Option<&'a BodyStructure<'a>>,
}

/// What a server says of one mail, if that is what it says.
pub(super) fn fetched<'a>(response: &'a Response<'a>) -> Option<Fetched<'a>> {
    let Response::Fetch(_, attributes) = response else { return None };
    let mut fetched = Fetched::default();
    for attribute in attributes {
        match attribute {
            AttributeValue::Uid(uid) => fetched.uid = Some(*uid),
            AttributeValue::Rfc822Size(size) => fetched.size = Some(u64::from(*size)),
            AttributeValue::ModSeq(modseq) => fetched.modseq = Some(*modseq),
            AttributeValue::InternalDate(date) => fetched.arrived = date_time(date),
            AttributeValue::BodyStructure(structure) => fetched.structure = Some(structure),
            AttributeValue::Flags(words) => {
                let has = |flag: &str| words.iter().any(|word| word.eq_ignore_ascii_case(flag));
                fetched.flags = Some(Flags {
                    seen: has("\\Seen"),
                    answered: has("\\Answered"),
                    deleted: has("\\Deleted"),
                    draft: has("\\Draft"),
                });
            }
            AttributeValue::BodySection { section, data: Some(data), .. } => match section {
                None => fetched.whole = Some(data),
                Some(SectionPath::Full(_)) => fetched.head = Some(data),
                Some(SectionPath::Part(path, None)) => fetched.parts.push((number(path), &**data)),
                Some(SectionPath::Part(path, Some(MessageSection::Mime))) => {
                    fetched.part_heads.push((number(path), &**data));
                }
                Some(SectionPath::Part(..)) => {}
            },
            _ => {}
        }
    }
    Some(fetched)
}

/// The number of a part, as it is written.
fn number(path: &[u32]) -> String {
    path.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
}

/// `17-Jul-1996 02:44:25 -0700` (RFC 3501, section 9, date-time) as UTC milliseconds.
fn date_time(text: &str) -> Option<Ms> {
    let parsed = jiff::fmt::strtime::parse("%d-%b-%Y %H:%M:%S %z", text.trim()).ok()?;
    Some(parsed.to_timestamp().ok()?.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_zones() {
        assert_eq!(date_time("17-Jul-1996 02:44:25 -0700"), Some(837_596_665_000));
        assert_eq!(date_time(" 1-Jan-2026 00:00:00 +0000"), Some(1_767_225_600_000));
        assert_eq!(date_time("yesterday"), None);
    }
}
