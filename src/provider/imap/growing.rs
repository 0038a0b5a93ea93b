//! A page of the mailbox while it is read, and what is remembered from one page to the next.

use crate::domain::event::Event;
use crate::provider::Cursor;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Bytes of a page.
pub(super) const PAGE_BYTES: u64 = 8 << 20;
/// Of so many mails of a folder is remembered what was told of their flags, and that they cannot be read.
pub(super) const TOLD: usize = 5_000;

/// How far a mail cannot be read, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bad {
    /// How it is built is not told, or its parts cannot be had one by one.
    Described,
    /// It cannot be had whole.
    Mail,
    /// Not even its head can be had.
    Head,
}

/// New mails of a folder that wait for the next page.
#[derive(Debug)]
pub(super) struct Waiting {
    /// What their numbers count in.
    pub validity: u32,
    /// Up to where the folder has been read.
    pub next: u32,
    /// Their numbers, ascending.
    pub uids: Vec<u32>,
}

/// What is remembered between pages, and lost without harm.
#[derive(Debug, Default)]
pub struct Memory {
    /// Numbers of old mails that are still to be read, ascending, by folder, with the validity in which they count.
    pub(super) backlog: HashMap<String, (u32, Vec<u32>)>,
    /// New mails that a page had no room for, by folder.
    pub(super) arrivals: HashMap<String, Waiting>,
    /// The cursor of the page that was answered last.
    cursor: Cursor,
    /// What was told last of whether mails were seen, by folder and number.
    pub(super) flags: HashMap<String, BTreeMap<u32, bool>>,
    /// One mail at a time: among many was one whose description cannot be read.
    pub(super) careful: bool,
    /// Mails that cannot be read as others are, by folder, validity and number.
    unreadable: HashMap<String, BTreeMap<(u32, u32), Bad>>,
    /// Folders of the settings that are not there.
    pub(super) missing: Vec<String>,
}

impl Memory {
    /// A page begins at this cursor. If it is not the one that was answered last, the page before was not kept: what it told was not
    /// heard, and is to be told again.
    pub fn begin(&mut self, cursor: &Cursor) {
        if self.cursor != *cursor {
            self.flags.clear();
            self.backlog.clear();
            self.arrivals.clear();
        }
    }

    /// A folder counts its mails anew: what was remembered of its numbers means nothing.
    pub(super) fn forget(&mut self, folder: &str) {
        self.backlog.remove(folder);
        self.arrivals.remove(folder);
        self.flags.remove(folder);
    }

    /// How far a mail cannot be read, as far as is known: by its folder, and by validity and number in it.
    pub(super) fn bad(&self, folder: &str, at: (u32, u32)) -> Option<Bad> {
        self.unreadable.get(folder)?.get(&at).copied()
    }

    /// A mail cannot be read so far.
    pub(super) fn mark_bad(&mut self, folder: &str, at: (u32, u32), bad: Bad) {
        let known = self.unreadable.entry(folder.to_owned()).or_default();
        let worst = known.get(&at).copied().unwrap_or(bad).max(bad);
        known.insert(at, worst);
        if known.len() > TOLD {
            known.pop_first();
        }
    }

    /// What is to be known of the mailbox although it works, in words for a person.
    pub fn notice(&self) -> Option<String> {
        let mut told = Vec::new();
        if let Some(name) = self.missing.first() {
            let more = if self.missing.len() > 1 { " and others" } else { "" };
            told.push(format!("the folder \u{201c}{name}\u{201d}{more} of its settings is not there"));
        }
        let unread = |bad: &&Bad| **bad >= Bad::Mail;
        let count =
            self.unreadable.values().map(|mails| mails.values().filter(unread).count()).sum::<usize>();
        match count {
            0 => {}
            1 => told.push("one mail could not be read: it says so in its conversation".to_owned()),
            n => told.push(format!("{n} mails could not be read: they say so in their conversations")),
        }
        (!told.is_empty()).then(|| told.join("; "))
    }

    /// A page is answered, with what it told of flags.
    pub fn end(&mut self, cursor: &Cursor, told: BTreeMap<(String, u32), bool>) {
        self.cursor = cursor.clone();
        for ((name, uid), seen) in told {
            let flags = self.flags.entry(name).or_default();
            flags.insert(uid, seen);
            if flags.len() > TOLD {
                flags.pop_first();
            }
        }
    }
}

/// A page while it grows.
#[derive(Debug, Default)]
pub struct Growing {
    /// What was read.
    pub events: Vec<Event>,
    pub(super) mails: usize,
    pub(super) bytes: u64,
    /// What it tells of whether mails were seen, by folder and number.
    pub told: BTreeMap<(String, u32), bool>,
    /// Whether there is more that is new.
    pub more: bool,
}

impl Growing {
    /// How many conversations what was read is of, as far as the mails themselves tell.
    pub(super) fn conversations(&self) -> usize {
        let key = |event: &Event| match event {
            Event::Message(fact) => Some(fact.conversation.key.clone()),
            _ => None,
        };
        self.events.iter().filter_map(key).collect::<HashSet<_>>().len()
    }

    pub(super) fn room(&self, most: usize) -> usize {
        if self.bytes >= PAGE_BYTES { 0 } else { most.saturating_sub(self.mails) }
    }
}
