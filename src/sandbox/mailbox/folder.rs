//! A folder with its mails: numbers, flags, changes.

use crate::domain::clock::Ms;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A mail that lies in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    pub uid: u32,
    pub flags: BTreeSet<String>,
    /// When it came there.
    pub at: Ms,
    pub bytes: Arc<[u8]>,
    /// Its last change.
    pub modseq: u64,
}

/// A folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    pub(super) validity: u32,
    pub(super) next: u32,
    pub(super) highest: u64,
    pub(super) special: String,
    mails: Vec<Stored>,
    /// Numbers of mails that are gone, with the change at which they went.
    gone: Vec<(u32, u64)>,
}

impl Folder {
    pub(super) fn new(validity: u32, special: &str) -> Folder {
        Folder {
            validity,
            next: 1,
            highest: 1,
            special: special.to_owned(),
            mails: Vec::new(),
            gone: Vec::new(),
        }
    }

    pub(super) fn mails(&self) -> &[Stored] {
        &self.mails
    }

    /// Puts a mail in. Answers its number.
    pub(super) fn add(&mut self, bytes: &[u8], flags: &[&str], at: Ms) -> u32 {
        let uid = self.next;
        self.next += 1;
        self.highest += 1;
        self.mails.push(Stored {
            uid,
            flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
            at,
            bytes: bytes.into(),
            modseq: self.highest,
        });
        uid
    }

    /// Sets flags, or takes them away.
    pub(super) fn flag(&mut self, uids: &[u32], flags: &[String], on: bool) {
        for mail in self.mails.iter_mut().filter(|mail| uids.contains(&mail.uid)) {
            let mut changed = false;
            for flag in flags {
                changed |= if on { mail.flags.insert(flag.clone()) } else { mail.flags.remove(flag) };
            }
            if changed {
                self.highest += 1;
                mail.modseq = self.highest;
            }
        }
    }

    /// Takes mails out.
    pub(super) fn take(&mut self, uids: &[u32]) -> Vec<Stored> {
        let (out, stay) =
            std::mem::take(&mut self.mails).into_iter().partition(|mail| uids.contains(&mail.uid));
        self.mails = stay;
        let out: Vec<Stored> = out;
        for mail in &out {
            self.highest += 1;
            self.gone.push((mail.uid, self.highest));
        }
        out
    }

    /// Which mails have gone since a change.
    pub(super) fn gone_since(&self, modseq: u64) -> Vec<u32> {
        self.gone.iter().filter(|(_, at)| *at > modseq).map(|(uid, _)| *uid).collect()
    }

    /// All mails get other numbers.
    pub(super) fn recount(&mut self) {
        self.validity += 1;
        self.next += 1_000;
        self.gone.clear();
        for mail in &mut self.mails {
            mail.uid = self.next;
            self.next += 1;
        }
    }
}
