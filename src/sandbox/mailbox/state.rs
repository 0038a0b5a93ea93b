//! What the mailbox holds: folders, mails with their numbers and flags, and what has changed since when; what was heard and sent.

use super::faults::Plans;
use super::{Connections, MailboxOptions};
use crate::domain::clock::Ms;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// The one to read from.
    Imap,
    /// The one to send by.
    Smtp,
}

/// A mail in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its number in the folder.
    pub uid: u32,
    /// Its flags: `\Seen`.
    pub flags: Vec<String>,
    /// When it came into the folder, UTC milliseconds.
    pub at: Ms,
    /// The change that it was last touched by (RFC 7162).
    pub modseq: u64,
    /// The mail.
    pub raw: Arc<[u8]>,
}

impl Kept {
    /// Whether it has a flag.
    pub fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|own| own.eq_ignore_ascii_case(flag))
    }
}

/// A mail that was accepted from SMTP: the work was done, whatever the client got to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The sender of the envelope.
    pub from: String,
    /// What was said of the mail: `SIZE=…`, `BODY=8BITMIME`, `SMTPUTF8`.
    pub parameters: Vec<String>,
    /// The recipients of the envelope.
    pub to: Vec<String>,
    /// The mail, dots and all as it was before it travelled.
    pub raw: Arc<[u8]>,
    /// Who was logged in.
    pub login: Option<String>,
    /// When (UTC milliseconds).
    pub at: Ms,
}

/// A command that was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// Which server heard it.
    pub protocol: Protocol,
    /// On which connection, counted from 1.
    pub connection: u64,
    /// The command, without tag and secrets.
    pub line: String,
}

/// A folder.
#[derive(Debug)]
pub(super) struct Folder {
    /// What it is for.
    pub(super) special: Option<String>,
    pub(super) validity: u32,
    /// The number that the next mail gets.
    pub(super) next: u32,
    /// The last change.
    pub(super) modseq: u64,
    pub(super) mails: BTreeMap<u32, Kept>,
    /// What was taken out, with the change that did.
    pub(super) gone: Vec<(u64, u32)>,
    pub(super) subscribed: bool,
}

impl Folder {
    fn new(validity: u32, special: Option<String>) -> Folder {
        let (mails, gone) = (BTreeMap::new(), Vec::new());
        Folder { special, validity, next: 1, modseq: 1, mails, gone, subscribed: true }
    }

    fn touch(&mut self) -> u64 {
        self.modseq += 1;
        self.modseq
    }

    /// Puts a mail in; answers its number.
    pub(super) fn add(&mut self, raw: Arc<[u8]>, flags: Vec<String>, at: Ms) -> u32 {
        let (uid, modseq) = (self.next, self.touch());
        self.next = self.next.saturating_add(1);
        let mut kept = Kept { uid, flags: Vec::new(), at, modseq, raw };
        set(&mut kept.flags, &flags, true);
        self.mails.insert(uid, kept);
        uid
    }

    /// Sets or takes away flags; answers the change, or none where there is no such mail.
    pub(super) fn flag(&mut self, uid: u32, flags: &[String], on: bool) -> Option<u64> {
        let modseq = self.modseq + 1;
        let kept = self.mails.get_mut(&uid)?;
        if set(&mut kept.flags, flags, on) {
            kept.modseq = modseq;
            self.modseq = modseq;
        }
        Some(kept.modseq)
    }

    /// Gives a mail these flags and no other; answers as [`Folder::flag`].
    pub(super) fn replace(&mut self, uid: u32, flags: &[String]) -> Option<u64> {
        let old = self.mails.get(&uid)?.flags.clone();
        let lost: Vec<String> =
            old.into_iter().filter(|o| !flags.iter().any(|f| f.eq_ignore_ascii_case(o))).collect();
        self.flag(uid, &lost, false)?;
        self.flag(uid, flags, true)
    }

    /// Takes a mail out.
    pub(super) fn remove(&mut self, uid: u32) -> Option<Kept> {
        let kept = self.mails.remove(&uid)?;
        let modseq = self.touch();
        self.gone.push((modseq, uid));
        Some(kept)
    }

    /// Numbers all anew.
    pub(super) fn renumber(&mut self, validity: u32) {
        let fresh = Folder { subscribed: self.subscribed, ..Folder::new(validity, self.special.clone()) };
        let old = std::mem::replace(self, fresh);
        for kept in old.mails.into_values() {
            self.add(kept.raw, kept.flags, kept.at);
        }
    }
}

/// Sets or takes away flags; answers whether that changed anything. System flags are written as RFC 3501 does.
fn set(own: &mut Vec<String>, flags: &[String], on: bool) -> bool {
    let before = own.len();
    for flag in flags {
        let has = own.iter().position(|o| o.eq_ignore_ascii_case(flag));
        match (has, on) {
            (None, true) => {
                let known = ["\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"];
                let known = known.into_iter().find(|known| known.eq_ignore_ascii_case(flag));
                own.push(known.unwrap_or(flag).to_owned());
            }
            (Some(at), false) => {
                own.remove(at);
            }
            _ => {}
        }
    }
    own.len() != before
}

/// Everything behind the one lock of a world.
pub(super) struct State {
    pub(super) folders: BTreeMap<String, Folder>,
    pub(super) password: String,
    pub(super) token: String,
    pub(super) sent: Vec<Sent>,
    pub(super) heard: Vec<Heard>,
    pub(super) plans: Plans,
    pub(super) connections: HashMap<Protocol, Connections>,
    pub(super) held: usize,
    validity: u32,
}

impl State {
    pub(super) fn new(options: &MailboxOptions) -> State {
        let mut state = State {
            folders: BTreeMap::new(),
            password: options.password.clone(),
            token: options.token.clone(),
            sent: Vec::new(),
            heard: Vec::new(),
            plans: Plans::default(),
            connections: HashMap::new(),
            held: 0,
            validity: 1_700_000_000,
        };
        state.create("INBOX", None);
        for (name, special) in &options.folders {
            state.create(name, special.clone());
        }
        state
    }

    /// A UIDVALIDITY that no folder had.
    pub(super) fn new_validity(&mut self) -> u32 {
        self.validity += 1;
        self.validity
    }

    /// Makes a folder; false where it is there.
    pub(super) fn create(&mut self, name: &str, special: Option<String>) -> bool {
        let name = named(name).to_owned();
        let is_new = !self.folders.contains_key(&name);
        if is_new {
            let validity = self.new_validity();
            self.folders.insert(name, Folder::new(validity, special));
        }
        is_new
    }

    pub(super) fn folder(&self, name: &str) -> Option<&Folder> {
        self.folders.get(named(name))
    }

    pub(super) fn folder_mut(&mut self, name: &str) -> Option<&mut Folder> {
        self.folders.get_mut(named(name))
    }
}

/// INBOX is the one name that is the same however it is written (RFC 3501, section 5.1).
pub(super) fn named(name: &str) -> &str {
    if name.eq_ignore_ascii_case("INBOX") { "INBOX" } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_counted_only_where_something_changed() {
        let mut folder = Folder::new(7, None);
        let raw: Arc<[u8]> = b"x".as_slice().into();
        let (one, two) = (folder.add(raw.clone(), vec!["\\seen".into()], 1), folder.add(raw, vec![], 2));
        assert_eq!((one, two, folder.modseq), (1, 2, 3));
        assert_eq!(folder.mails[&1].flags, ["\\Seen"]);
        assert_eq!(folder.flag(1, &["\\SEEN".into()], true), Some(2), "it has it already");
        assert_eq!(folder.flag(1, &["\\Answered".into(), "vip".into()], true), Some(4));
        assert_eq!(folder.replace(1, &["VIP".into()]), Some(5));
        assert_eq!(folder.mails[&1].flags, ["vip"]);
        assert_eq!(folder.flag(9, &["vip".into()], true), None);
        assert!(folder.remove(1).is_some() && folder.remove(1).is_none());
        assert_eq!(folder.gone, [(6, 1)]);
        folder.renumber(8);
        assert_eq!((folder.validity, folder.next, folder.mails[&1].at), (8, 2, 2));
    }
}
