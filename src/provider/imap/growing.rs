//! A page of the mailbox while it is read, and what is remembered from one page to the next.

use crate::domain::event::Event;
use crate::provider::Cursor;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Bytes of a page.
pub(super) const PAGE_BYTES: u64 = 8 << 20;
/// Of so many mails of a folder is remembered what was told of their flags.
pub(super) const TOLD: usize = 5_000;

/// What is remembered between pages, and lost without harm.
#[derive(Debug, Default)]
pub struct Memory {
    /// Numbers that are still to be read, ascending, by folder, with the validity in which they count.
    pub(super) backlog: HashMap<String, (u32, Vec<u32>)>,
    /// The cursor of the page that was answered last.
    cursor: Cursor,
    /// What was told last of whether mails were seen, by folder and number.
    pub(super) flags: HashMap<String, BTreeMap<u32, bool>>,
    /// One mail at a time: among many was one whose description cannot be read.
    pub(super) careful: bool,
    /// Mails that cannot be read at all.
    pub(super) unreadable: HashSet<(String, u32)>,
}

impl Memory {
    /// A page begins at this cursor. If it is not the one that was answered last, the page before was not kept: what it told was not
    /// heard.
    pub fn begin(&mut self, cursor: &Cursor) {
        if self.cursor != *cursor {
            self.flags.clear();
        }
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
    pub(super) fn room(&self, most: usize) -> usize {
        if self.bytes >= PAGE_BYTES { 0 } else { most.saturating_sub(self.mails) }
    }
}
