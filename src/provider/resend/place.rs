//! How far the mail that came in has been read: what a pull's cursor says.

use crate::domain::clock::Ms;
use crate::provider::Cursor;
use serde::{Deserialize, Serialize};

/// How far back the first reading goes, milliseconds.
const FIRST: Ms = 30 * 86_400_000;
/// What came longer than this before the account was connected counts as seen, milliseconds.
const FRESH: Ms = 86_400_000;
/// Mails can turn up in the list behind others that came later: so far back is looked again, milliseconds.
const OVERLAP: Ms = 10 * 60_000;
/// Ids that are remembered of what was read there.
const REMEMBERED: usize = 200;

/// How far the mail that came in has been read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Older mail is never read, UTC milliseconds.
    pub since: Ms,
    /// Older mail counts as seen, UTC milliseconds.
    pub history_before: Ms,
    /// When the newest mail came that the list has shown, UTC milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<Ms>,
    /// What is still to be read, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
    /// The ids of what was read last, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read: Vec<String>,
}

/// A stretch of the list that is still to be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Where it begins: behind this mail; none = at the top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Where it ends: what came before this moment has been read, UTC milliseconds.
    pub until: Ms,
}

impl Place {
    /// The place of a cursor; at first, and where it cannot be read, the beginning.
    pub fn of(cursor: &Cursor, now: Ms) -> Place {
        let kept = cursor.0.as_deref().and_then(|kept| serde_json::from_str(kept).ok());
        kept.unwrap_or(Place {
            since: now - FIRST,
            history_before: now - FRESH,
            top: None,
            gaps: Vec::new(),
            read: Vec::new(),
        })
    }

    /// The cursor of this place.
    pub fn cursor(&self) -> Cursor {
        Cursor(serde_json::to_string(self).ok())
    }

    /// Down to where news can be.
    pub fn news_until(&self) -> Ms {
        self.top.map_or(self.since, |top| (top - OVERLAP).max(self.since))
    }

    /// The list has shown a mail that came at this moment.
    pub fn shown(&mut self, at: Ms) {
        self.top = Some(self.top.map_or(at, |top| top.max(at)));
    }

    /// A mail was read.
    pub fn has_read(&mut self, ids: Vec<String>) {
        self.read.splice(0..0, ids);
        self.read.truncate(REMEMBERED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Ms = 86_400_000;

    #[test]
    fn a_place_comes_back_from_its_cursor() {
        let mut place = Place::of(&Cursor::default(), 100 * DAY);
        assert_eq!((place.since, place.news_until(), place.history_before), (70 * DAY, 70 * DAY, 99 * DAY));
        place.shown(99 * DAY);
        place.shown(98 * DAY);
        place.gaps.push(Gap { after: Some("a".into()), until: 70 * DAY });
        place.has_read(vec!["c".into(), "b".into()]);
        assert_eq!((place.top, place.news_until()), (Some(99 * DAY), 99 * DAY - OVERLAP));
        assert_eq!(Place::of(&place.cursor(), 101 * DAY), place, "the beginning stays where it was");
        let odd = Cursor(Some("{}".into()));
        assert_eq!(Place::of(&odd, 100 * DAY).since, 70 * DAY);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut place = Place::of(&Cursor::default(), 0);
        for n in 0..=REMEMBERED {
            place.has_read(vec![n.to_string()]);
        }
        assert_eq!(place.read.len(), REMEMBERED);
        assert_eq!(place.read.first(), Some(&REMEMBERED.to_string()));
    }
}
