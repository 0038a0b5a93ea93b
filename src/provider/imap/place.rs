//! How far a mailbox has been read: what a pull's cursor says.

use crate::domain::clock::Ms;
use crate::provider::{Cursor, Progress};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far a mailbox has been read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Place {
    /// When the account was connected, UTC milliseconds: what is older is history.
    pub since: Ms,
    /// How far each folder has been read, by its name.
    pub folders: BTreeMap<String, Folder>,
}

/// How far a folder has been read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Folder {
    /// While this is the same, numbers mean the same mails.
    pub validity: u32,
    /// Mails from this number on are new.
    pub next: u32,
    /// Mails from this number up to `next` have been read; older ones are still to be.
    pub low: u32,
    /// The highest change that has been seen (RFC 7162).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modseq: Option<u64>,
    /// Whether all old mails have been read.
    pub done: bool,
    /// How many old mails there were when they began to be read.
    #[serde(default)]
    pub total: u32,
    /// How many of them are left.
    #[serde(default)]
    pub left: u32,
    /// Its mails may be known: the folder was read before under other numbers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}

impl Place {
    /// The place of a cursor; from now on where there is none, or it cannot be read.
    pub fn of(cursor: &Cursor, now: Ms) -> Place {
        let read = cursor.0.as_deref().and_then(|text| serde_json::from_str(text).ok());
        read.unwrap_or_else(|| Place { since: now, folders: BTreeMap::new() })
    }

    /// The cursor of this place.
    pub fn cursor(&self) -> Cursor {
        Cursor(serde_json::to_string(self).ok())
    }

    /// How far reading old mail is; none where it is over.
    pub fn progress(&self) -> Option<Progress> {
        if self.folders.values().all(|folder| folder.done) {
            return None;
        }
        let sum = |of: fn(&Folder) -> u32| self.folders.values().map(|f| u64::from(of(f))).sum::<u64>();
        let total = sum(|folder| folder.total);
        Some(Progress { done: total.saturating_sub(sum(|folder| folder.left)), total })
    }

    /// The folder of these whose old mail is to be read next: the one of which the largest part is left, so that all go back in time
    /// together; the first where they are equal.
    pub fn to_go_on<'a>(&self, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
        let mut best: Option<(&str, u64)> = None;
        for name in names {
            let Some(folder) = self.folders.get(name).filter(|folder| !folder.done) else { continue };
            let share = match folder.total {
                0 => 1_000_000,
                total => u64::from(folder.left) * 1_000_000 / u64::from(total),
            };
            if best.is_none_or(|(_, known)| share > known) {
                best = Some((name, share));
            }
        }
        best.map(|(name, _)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(left: u32, total: u32) -> Folder {
        Folder {
            validity: 1,
            next: 10,
            low: 10,
            left,
            total,
            done: total > 0 && left == 0,
            ..Folder::default()
        }
    }

    #[test]
    fn a_place_survives_its_cursor() {
        let mut place = Place::of(&Cursor(None), 7);
        place.folders.insert("INBOX".into(), Folder { modseq: Some(u64::MAX), ..folder(3, 9) });
        assert_eq!(Place::of(&place.cursor(), 8), place);
        assert_eq!(Place::of(&Cursor(Some("nonsense".into())), 8).since, 8);
    }

    #[test]
    fn folders_go_back_in_time_together() {
        let mut place = Place::default();
        let next = |place: &Place| place.to_go_on(["INBOX", "Sent"].into_iter()).map(str::to_owned);
        place.folders.insert("INBOX".into(), folder(0, 0));
        place.folders.insert("Sent".into(), folder(0, 0));
        assert_eq!(next(&place).as_deref(), Some("INBOX"), "nothing is known yet");
        place.folders.insert("INBOX".into(), folder(50, 100));
        assert_eq!(next(&place).as_deref(), Some("Sent"));
        place.folders.insert("Sent".into(), folder(10, 40));
        assert_eq!(next(&place).as_deref(), Some("INBOX"));
        assert_eq!(place.progress(), Some(Progress { done: 80, total: 140 }));
        place.folders.insert("INBOX".into(), folder(0, 100));
        place.folders.insert("Sent".into(), folder(0, 40));
        assert_eq!((next(&place), place.progress()), (None, None));
    }
}
