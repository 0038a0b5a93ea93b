//! How a folder is read: what is new, which flags have changed, and the old mail backwards. How a mail is read is in
//! `mails`.
//!
//! What the server says of `\Seen` is told as of the moment when the pull began, with a rank above what was said here in the same moment.

use super::Imap;
use super::answer::Trouble;
use super::command::Command;
use super::fetched::Flags;
use super::folders::Role;
use super::growing::{Growing, Memory, PAGE_BYTES, Waiting};
use super::known::Spot;
use super::mails::fitting;
use super::place::{Folder, Place};
use super::session::{Open, Session, set};
use super::told::{self, Moment, Reading};
use crate::domain::clock::Ms;
use crate::domain::op::Mark;
use std::collections::BTreeMap;

/// Mails in one command.
const NUMBERS: usize = 200;
/// Of so many mails the flags are compared, where the server does not tell of changes.
const COMPARED: u32 = 500;
/// The lines of a head that name a mail.
pub(super) const NAMED: &str = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]";

/// One page.
pub struct Job<'a> {
    /// The mailbox.
    pub imap: &'a Imap,
    /// Through which it is read.
    pub session: &'a mut Session,
    /// What is remembered of earlier pages.
    pub memory: &'a mut Memory,
    /// How far it has been read; moves on.
    pub place: &'a mut Place,
    /// What was read; grows.
    pub growing: &'a mut Growing,
    /// When the pull began, UTC milliseconds.
    pub now: Ms,
}

impl Job<'_> {
    /// What is new in a folder since the last pull, and what has changed of what was read.
    ///
    /// # Errors
    /// [`Trouble`]; then nothing of this page counts.
    pub async fn news(&mut self, reading: &Reading, most: usize) -> Result<(), Trouble> {
        let name = reading.name.to_string();
        let known = self.place.folders.get(&name).cloned();
        // A page that was not kept leaves the folder open as it is now, and the place as it was before.
        let is_open = match (self.session.opened(), &known) {
            (Some(open), Some(known)) => open.name == name && open.validity == known.validity,
            _ => false,
        };
        let opened = if is_open {
            // What has come since is told only at the end of a command (RFC 3501, section 5.2).
            self.session.noop().await?;
            None
        } else {
            if let Some(known) = &known {
                let seen = self.session.look(&name).await?;
                if is_quiet(known, &seen, reading) {
                    return Ok(());
                }
            }
            Some(self.session.open(&name).await?)
        };
        if self.known_as(known, opened.as_ref(), &name).is_none() {
            return Ok(());
        }
        self.arrived(reading, opened.as_ref(), most).await?;
        // What was sent has no flags that matter.
        if reading.role != Some(Role::Sent) {
            self.changes(reading, opened.and_then(|open| open.modseq)).await?;
        }
        Ok(())
    }

    /// The folder as it was read before; none where it has not been, or its numbers mean other mails now.
    fn known_as(&mut self, known: Option<Folder>, opened: Option<&Open>, name: &str) -> Option<Folder> {
        let validity = opened.map(|open| open.validity).or(known.as_ref().map(|known| known.validity))?;
        if let Some(known) = known.clone().filter(|known| known.validity == validity) {
            return Some(known);
        }
        let open = opened?;
        if known.is_some() {
            tracing::info!(target: "imap", "a folder counts its mails anew: it is read again");
        }
        self.memory.forget(name);
        self.place.folders.insert(
            name.to_owned(),
            Folder {
                validity,
                next: open.next,
                low: open.next,
                modseq: open.modseq,
                done: open.exists == 0,
                again: known.is_some(),
                ..Folder::default()
            },
        );
        None
    }

    /// Mails that have come since.
    async fn arrived(
        &mut self,
        reading: &Reading,
        opened: Option<&Open>,
        most: usize,
    ) -> Result<(), Trouble> {
        let name = reading.name.to_string();
        let Some(folder) = self.place.folders.get(&name).cloned() else { return Ok(()) };
        let room = self.growing.room(most);
        let waiting = self.memory.arrivals.remove(&name);
        let waiting = waiting.filter(|w| w.validity == folder.validity && w.next == folder.next);
        let (mut heads, rest, asked) = match waiting {
            Some(mut waiting) => {
                let rest = waiting.uids.split_off(room.min(waiting.uids.len()));
                (self.heads_of(&waiting.uids).await?, rest, Some(waiting.uids))
            }
            None => {
                // `n:*` names the last mail even where its number is below n (RFC 3501, section 6.4.8).
                let mut heads = self.heads(&format!("{}:*", folder.next)).await?;
                heads.retain(|head| head.uid >= folder.next);
                (heads, Vec::new(), None)
            }
        };
        // In the order in which they came: what is left over is found by its number.
        let fits = fitting(heads.iter(), room, PAGE_BYTES.saturating_sub(self.growing.bytes));
        let mut uids: Vec<u32> = heads.split_off(fits).iter().map(|head| head.uid).collect();
        uids.extend(rest);
        let moment = Moment { now: self.now, connected: self.place.since, again: false };
        self.bodies(reading, folder.validity, &heads, moment).await?;
        let behind = |uid: Option<u32>| uid.map_or(folder.next, |uid| uid.saturating_add(1));
        let next = match (uids.first(), &asked) {
            (Some(first), _) => *first,
            // What has come since they were counted is asked for by the next page.
            (None, Some(asked)) => behind(asked.last().copied()),
            (None, None) => {
                let after = opened.map_or(folder.next, |open| open.next);
                behind(heads.last().map(|head| head.uid)).max(after)
            }
        };
        self.growing.more |= !uids.is_empty() || asked.is_some();
        if !uids.is_empty() {
            let waiting = Waiting { validity: folder.validity, next, uids };
            self.memory.arrivals.insert(name.clone(), waiting);
        }
        if let Some(folder) = self.place.folders.get_mut(&name) {
            folder.next = next;
        }
        Ok(())
    }

    /// Flags that have changed among what was read.
    async fn changes(&mut self, reading: &Reading, highest: Option<u64>) -> Result<(), Trouble> {
        let name = reading.name.to_string();
        let Some(folder) = self.place.folders.get(&name).cloned() else { return Ok(()) };
        let (low, next) = (folder.low, folder.next);
        if low >= next {
            return Ok(());
        }
        let (last, mut found, mut newest) = (next - 1, Vec::new(), folder.modseq.unwrap_or(0));
        if let Some(since) = folder.modseq.filter(|since| *since > 0) {
            let items = format!("(UID FLAGS {NAMED})");
            self.session
                .changed(&format!("{low}:{last}"), since, &items, &mut |fetched| {
                    newest = newest.max(fetched.modseq.unwrap_or(0));
                    if let (Some(uid), Some(flags)) = (fetched.uid, fetched.flags) {
                        found.push((uid, flags, fetched.head.map(<[u8]>::to_vec)));
                    }
                })
                .await?;
            // All changes up to what was the highest when the folder was opened are among them.
            newest = newest.max(highest.unwrap_or(0));
            if let Some(folder) = self.place.folders.get_mut(&name) {
                folder.modseq = Some(newest);
            }
        } else {
            if let (Some(folder), Some(highest)) = (self.place.folders.get_mut(&name), highest) {
                folder.modseq = Some(highest);
            }
            let from = low.max(next.saturating_sub(COMPARED));
            found = self.compared(&name, from, last).await?;
        }
        for (uid, flags, head) in found {
            let spot = Spot { folder: reading.name.clone(), validity: folder.validity, uid };
            let named = head.as_deref().and_then(told::name_of).or_else(|| self.imap.known.name(&spot));
            let Some(named) = named else { continue };
            self.imap.known.put(&named, spot);
            // Where reading is not written back there, that it was not read there means nothing. And where another flag has changed,
            // that it is unseen still is no news: somebody here may have read it meanwhile.
            let earlier = self.memory.flags.get(&name).and_then(|told| told.get(&uid)).copied();
            let before = self.growing.told.insert((name.clone(), uid), flags.seen).or(earlier);
            let counts = flags.seen || self.imap.settings.marks.contains(&Mark::Seen);
            let is_news = counts && before != Some(flags.seen);
            if is_news {
                self.growing.events.push(told::seen(&named, flags.seen, self.now));
            }
        }
        Ok(())
    }

    /// Flags that are not what they were, where the server does not count changes.
    async fn compared(
        &mut self,
        name: &str,
        from: u32,
        last: u32,
    ) -> Result<Vec<(u32, Flags, Option<Vec<u8>>)>, Trouble> {
        let mut now = BTreeMap::new();
        self.session
            .fetch(&format!("{from}:{last}"), "(UID FLAGS)", &mut |fetched| {
                if let (Some(uid), Some(flags)) = (fetched.uid, fetched.flags) {
                    now.insert(uid, flags);
                }
            })
            .await?;
        // Of what was never looked at, only that it was read is news: that it was not, is how it came.
        let before = self.memory.flags.get(name);
        let was = |uid: &u32| before.and_then(|before| before.get(uid)).copied().unwrap_or(false);
        let changed: Vec<u32> = now.iter().filter(|(uid, f)| was(uid) != f.seen).map(|(u, _)| *u).collect();
        let mut found = Vec::new();
        for some in changed.chunks(NUMBERS) {
            self.session
                .fetch(&set(some), &format!("(UID {NAMED})"), &mut |fetched| {
                    if let Some((uid, flags)) = fetched.uid.and_then(|uid| Some((uid, *now.get(&uid)?))) {
                        found.push((uid, flags, fetched.head.map(<[u8]>::to_vec)));
                    }
                })
                .await?;
        }
        Ok(found)
    }

    /// A piece of the old mail of a folder, the newest of it.
    ///
    /// # Errors
    /// [`Trouble`]; then nothing of this page counts.
    pub async fn old(&mut self, reading: &Reading, most: usize) -> Result<(), Trouble> {
        let room = self.growing.room(most);
        if room == 0 {
            self.growing.more = true;
            return Ok(());
        }
        let name = reading.name.to_string();
        let Some(folder) = self.place.folders.get(&name).cloned() else { return Ok(()) };
        if self.session.enter(&name).await?.validity != folder.validity {
            // It counts anew since a moment ago: the next page begins with that.
            self.growing.more = true;
            return Ok(());
        }
        let mut left = match self.memory.backlog.remove(&name) {
            Some((validity, left)) if validity == folder.validity => left,
            _ => self.backlog(folder.low).await?,
        };
        left.retain(|uid| *uid < folder.low);
        let begin = left.len().saturating_sub(room);
        let mut heads = self.heads_of(&left[begin..]).await?;
        let bytes = PAGE_BYTES.saturating_sub(self.growing.bytes);
        let fits = fitting(heads.iter().rev(), room, bytes);
        heads.drain(..heads.len() - fits);
        let moment = Moment { now: self.now, connected: self.place.since, again: folder.again };
        self.bodies(reading, folder.validity, &heads, moment).await?;
        // What was gone before it was read is behind us as well.
        let low = match heads.first() {
            Some(first) => first.uid,
            None => left.get(begin).copied().unwrap_or(1),
        };
        left.retain(|uid| *uid < low);
        let total = folder.total.max(count(left.len()) + count(heads.len()));
        let done = left.is_empty();
        if let Some(folder) = self.place.folders.get_mut(&name) {
            folder.low = if done { 1 } else { low };
            folder.total = total;
            folder.left = count(left.len());
            folder.done = done;
        }
        if !done {
            self.memory.backlog.insert(name, (folder.validity, left));
        }
        Ok(())
    }

    /// The numbers of the old mails of the open folder, ascending.
    async fn backlog(&mut self, low: u32) -> Result<Vec<u32>, Trouble> {
        if low <= 1 {
            return Ok(Vec::new());
        }
        let mut query = Command::new(format!("UID SEARCH UID 1:{}", low - 1));
        if let Some(days) = self.imap.settings.since_days {
            let since = self.now.saturating_sub(i64::from(days) * 86_400_000);
            if let Ok(since) = jiff::Timestamp::from_millisecond(since) {
                query = query.word(&since.strftime("SINCE %-d-%b-%Y").to_string());
            }
        }
        self.session.search(query).await
    }
}

/// Whether nothing has happened in a folder since it was read.
fn is_quiet(known: &Folder, seen: &Open, reading: &Reading) -> bool {
    let counts = seen.modseq.is_some() && seen.modseq == known.modseq;
    known.validity == seen.validity
        && seen.next != 0
        && known.next >= seen.next
        && (counts || reading.role == Some(Role::Sent))
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_in_which_nothing_happened_is_not_opened() {
        let known = Folder { validity: 1, next: 5, modseq: Some(7), ..Folder::default() };
        let seen = Open { validity: 1, next: 5, modseq: Some(7), ..Open::default() };
        let inbox = Reading { name: "INBOX".into(), role: None, shows_all: false };
        let sent = Reading { name: "Sent".into(), role: Some(Role::Sent), shows_all: false };
        assert!(is_quiet(&known, &seen, &inbox));
        assert!(!is_quiet(&known, &Open { next: 6, ..seen.clone() }, &sent));
        assert!(!is_quiet(&known, &Open { modseq: Some(8), ..seen.clone() }, &inbox));
        assert!(is_quiet(&known, &Open { modseq: Some(8), ..seen.clone() }, &sent));
        assert!(!is_quiet(&known, &Open { modseq: None, ..seen.clone() }, &inbox));
        assert!(!is_quiet(&known, &Open { validity: 2, ..seen }, &inbox));
    }
}
