//! The folder that a client has open, as far as the client has been told: what is new, changed or gone is told from here, also while
//! it idles (RFC 2177).

use super::super::state::{Folder, Kept, Protocol};
use super::words::{Set, Word, set_of};
use super::{Done, Refusal, Session, bad};
use std::io;
use std::sync::Arc;

/// A folder that is open.
pub(super) struct Open {
    pub(super) name: String,
    pub(super) validity: u32,
    pub(super) writable: bool,
    /// The mails that the client knows of, in order: their number, and the last change that it was told of.
    pub(super) mails: Vec<(u32, u64)>,
    /// The largest number that it was ever told of.
    pub(super) last: u32,
}

impl Open {
    /// As it is now.
    pub(super) fn new(name: &str, folder: &Folder, writable: bool) -> Open {
        let mails = folder.mails.values().map(|kept| (kept.uid, kept.modseq)).collect();
        Open { name: name.to_owned(), validity: folder.validity, writable, mails, last: folder.next - 1 }
    }

    /// Places of the mails in a set.
    pub(super) fn places(&self, set: &Word, by_uid: bool) -> Result<Vec<usize>, Refusal> {
        let largest = match by_uid {
            true => self.mails.last().map_or(1, |(uid, _)| *uid),
            false => u32::try_from(self.mails.len()).unwrap_or(u32::MAX).max(1),
        };
        let set = set.atom().and_then(|text| Set::parse(&text, largest));
        let Some(set) = set else { return bad("That is no set of numbers.") };
        let number = |place: usize| match by_uid {
            true => self.mails.get(place).map_or(0, |(uid, _)| *uid),
            false => u32::try_from(place + 1).unwrap_or(u32::MAX),
        };
        Ok((0..self.mails.len()).filter(|place| set.has(number(*place))).collect())
    }

    /// Numbers of the mails in a set.
    pub(super) fn uids(&self, set: &Word, by_uid: bool) -> Result<Vec<u32>, Refusal> {
        let places = self.places(set, by_uid)?;
        Ok(places.into_iter().filter_map(|place| self.mails.get(place)).map(|(uid, _)| *uid).collect())
    }

    pub(super) fn place(&self, uid: u32) -> Option<usize> {
        self.mails.binary_search_by_key(&uid, |(uid, _)| *uid).ok()
    }

    /// Notes that the client knows of a change.
    pub(super) fn knows(&mut self, uid: u32, modseq: u64) {
        if let Some(known) = self.place(uid).and_then(|place| self.mails.get_mut(place)) {
            known.1 = modseq;
        }
    }
}

/// Flags as they are told.
pub(super) fn flags(kept: &Kept) -> String {
    format!("FLAGS ({})", kept.flags.join(" "))
}

impl Session {
    /// Tells what has changed in the open folder; what is gone only if asked to. False where the connection is to be closed.
    pub(super) fn tell(&mut self, gone_too: bool) -> bool {
        let shared = self.conn.shared.clone();
        let state = shared.state();
        let Some(open) = &mut self.open else { return true };
        let folder = state.folder(&open.name).filter(|folder| folder.validity == open.validity);
        let Some(folder) = folder else {
            self.push("* BYE That folder is not what it was.");
            return false;
        };
        let mut lines = Vec::new();
        if gone_too {
            let mut gone = Vec::new();
            for place in (0..open.mails.len()).rev() {
                let uid = open.mails.get(place).map_or(0, |(uid, _)| *uid);
                if !folder.mails.contains_key(&uid) {
                    open.mails.remove(place);
                    gone.push(uid);
                    if !self.vanished {
                        // From the last one on, so that no place is another's before it is told.
                        lines.push(format!("* {} EXPUNGE", place + 1));
                    }
                }
            }
            if self.vanished && !gone.is_empty() {
                gone.reverse();
                lines.push(format!("* VANISHED {}", set_of(gone)));
            }
        }
        let before = open.mails.len();
        for kept in folder.mails.range(open.last.saturating_add(1)..).map(|(_, kept)| kept) {
            open.mails.push((kept.uid, kept.modseq));
        }
        open.last = open.last.max(folder.next - 1);
        if open.mails.len() > before {
            lines.push(format!("* {} EXISTS", open.mails.len()));
        }
        for (place, (uid, told)) in open.mails.iter_mut().enumerate() {
            let Some(kept) = folder.mails.get(uid).filter(|kept| kept.modseq > *told) else { continue };
            *told = kept.modseq;
            let uid = if self.vanished { format!("UID {uid} ") } else { String::new() };
            let modseq = if self.counts { format!(" MODSEQ ({})", kept.modseq) } else { String::new() };
            lines.push(format!("* {} FETCH ({uid}{}{modseq})", place + 1, flags(kept)));
        }
        lines.iter().for_each(|line| self.push(line));
        true
    }

    /// Tells news as they come, until the client has enough.
    pub(super) async fn idle(&mut self, args: &[Word]) -> io::Result<Done> {
        /// Counts one that idles, as long as it does.
        struct Idling(Arc<super::super::Shared>);
        impl Idling {
            fn new(shared: Arc<super::super::Shared>) -> Idling {
                shared.change(|state| state.connections.entry(Protocol::Imap).or_default().idling += 1);
                Idling(shared)
            }
        }
        impl Drop for Idling {
            fn drop(&mut self) {
                self.0.change(|state| state.connections.entry(Protocol::Imap).or_default().idling -= 1);
            }
        }
        if !args.is_empty() || !self.has("IDLE") || self.user.is_none() {
            return Ok(bad("That cannot be done now."));
        }
        let mut changed = self.conn.shared.changed.subscribe();
        self.push("+ idling");
        let is_open = self.tell(true);
        self.flush(None).await?;
        let _idling = Idling::new(self.conn.shared.clone());
        if !is_open {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        loop {
            tokio::select! {
                line = self.conn.line() => {
                    return match line? {
                        Some(line) if line.eq_ignore_ascii_case(b"DONE") => Ok(Ok("Idled.".into())),
                        Some(_) => Ok(bad("DONE was awaited.")),
                        None => Err(io::ErrorKind::UnexpectedEof.into()),
                    };
                }
                _ = changed.changed() => {
                    let is_open = self.tell(true);
                    self.flush(None).await?;
                    if !is_open {
                        return Err(io::ErrorKind::ConnectionAborted.into());
                    }
                }
            }
        }
    }
}
