//! How mails are read: small ones many at once and whole, of large ones the words alone. One that cannot be read has its place in the
//! thread all the same, with what could be had of it, and words that say what to do.

use super::answer::Trouble;
use super::errors;
use super::fetched::Flags;
use super::growing::Bad;
use super::read::Job;
use super::session::set;
use super::structure::{self, Part, Pieces};
use super::told::{self, Large, Lying, Moment, Reading};
use crate::domain::clock::Ms;
use crate::domain::failure::Failure;
use std::collections::{BTreeMap, BTreeSet};

/// Mails in one command.
const NUMBERS: usize = 200;
/// Of a mail of more bytes only the words are read.
const WHOLE: u64 = 512 * 1024;
/// So many bytes are read of a mail that is not described.
const BEGINNING: u64 = 128 * 1024;
/// So many bytes a large mail counts in a page: most have few words.
const LARGE: u64 = 256 * 1024;
/// Parts in one command.
const ITEMS: usize = 100;

/// What is known of a mail before its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its number.
    pub uid: u32,
    flags: Flags,
    arrived: Ms,
    /// Its bytes, counted; none where the server does not say.
    size: Option<u64>,
}

impl Head {
    /// Whether it is read whole.
    fn is_small(&self) -> bool {
        self.size.is_some_and(|size| size <= WHOLE)
    }

    /// A mail as it lies in its folder.
    fn lying<'a>(&self, reading: &'a Reading, validity: u32, raw: &'a [u8]) -> Lying<'a> {
        let Head { uid, flags, arrived, .. } = *self;
        Lying { reading, validity, uid, flags, arrived, raw, large: None }
    }
}

/// How many of these mails, in their order, make a page: at least one.
pub(super) fn fitting<'a>(heads: impl Iterator<Item = &'a Head>, most: usize, bytes: u64) -> usize {
    let (mut count, mut sum) = (0, 0u64);
    for head in heads.take(most) {
        sum += head.size.filter(|size| *size <= WHOLE).unwrap_or(LARGE);
        if count > 0 && sum > bytes {
            break;
        }
        count += 1;
    }
    count
}

impl Job<'_> {
    /// What is known of the mails of a range before their bytes, ascending.
    ///
    /// # Errors
    /// [`Trouble`].
    pub(super) async fn heads(&mut self, range: &str) -> Result<Vec<Head>, Trouble> {
        let (mut heads, now) = (BTreeMap::new(), self.now);
        self.session
            .fetch(range, "(UID FLAGS INTERNALDATE RFC822.SIZE)", &mut |fetched| {
                let Some(uid) = fetched.uid else { return };
                // A server may tell of one mail in several answers, and leave out what it does not know.
                let empty = Head { uid, flags: Flags::default(), arrived: now, size: None };
                let head: &mut Head = heads.entry(uid).or_insert(empty);
                head.flags = fetched.flags.unwrap_or(head.flags);
                head.arrived = fetched.arrived.unwrap_or(head.arrived);
                head.size = fetched.size.or(head.size);
            })
            .await?;
        Ok(heads.into_values().collect())
    }

    /// The same of these mails.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn heads_of(&mut self, uids: &[u32]) -> Result<Vec<Head>, Trouble> {
        let mut heads = Vec::new();
        for some in uids.chunks(NUMBERS) {
            heads.extend(self.heads(&set(some)).await?);
        }
        heads.retain(|head| uids.binary_search(&head.uid).is_ok());
        Ok(heads)
    }

    /// Reads mails and takes down what they say.
    ///
    /// # Errors
    /// [`Trouble`]; then nothing of this page counts.
    pub async fn bodies(
        &mut self,
        reading: &Reading,
        validity: u32,
        heads: &[Head],
        moment: Moment,
    ) -> Result<(), Trouble> {
        let (mut small, mut others) = (Vec::new(), Vec::new());
        for head in heads {
            match self.memory.bad(&reading.name, (validity, head.uid)) {
                None if head.is_small() => small.push(*head),
                bad => others.push((*head, bad)),
            }
        }
        let each = if self.memory.careful { 1 } else { NUMBERS };
        let mut alone = Vec::new();
        for some in small.chunks(each) {
            alone.extend(self.whole(reading, validity, some, moment).await?);
        }
        for head in alone {
            // Refused with others, it may be given by itself. What is gone meanwhile is not given either.
            let left = self.whole(reading, validity, &[head], moment).await?;
            if !left.is_empty() && !self.session.there(&[head.uid]).await?.is_empty() {
                self.placeholder(reading, validity, head, moment, Bad::Mail).await?;
            }
        }
        self.memory.careful = false;
        for (head, bad) in others {
            match bad {
                None => self.large(reading, validity, head, moment).await?,
                Some(Bad::Described) => self.beginning(reading, validity, head, moment).await?,
                Some(bad) => self.placeholder(reading, validity, head, moment, bad).await?,
            }
        }
        let seen = heads.iter().map(|head| ((reading.name.to_string(), head.uid), head.flags.seen));
        self.growing.told.extend(seen);
        Ok(())
    }

    /// Takes down what a mail says.
    fn take_down(&mut self, lying: Lying<'_>, moment: Moment) {
        self.growing.mails += 1;
        self.growing.bytes += lying.raw.len() as u64;
        self.growing.events.extend(told::events(self.imap, lying, moment));
    }

    /// Remembers how a mail could not be read, if it is that which failed.
    fn noted<T>(
        &mut self,
        reading: &Reading,
        at: (u32, u32),
        bad: Bad,
        result: Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        if let Err(Trouble::Unreadable(words)) = &result {
            tracing::warn!(target: "imap", "a mail cannot be read ({bad:?}): {words}");
            self.memory.mark_bad(&reading.name, at, bad);
        }
        result
    }

    /// Reads small mails. Answers those that were not given.
    async fn whole(
        &mut self,
        reading: &Reading,
        validity: u32,
        heads: &[Head],
        moment: Moment,
    ) -> Result<Vec<Head>, Trouble> {
        let by_uid: BTreeMap<u32, &Head> = heads.iter().map(|head| (head.uid, head)).collect();
        let uids: Vec<u32> = by_uid.keys().copied().collect();
        let mut missing: BTreeSet<u32> = uids.iter().copied().collect();
        let (imap, growing) = (self.imap, &mut *self.growing);
        let read = self
            .session
            .fetch(&set(&uids), "(UID BODY.PEEK[])", &mut |fetched| {
                let head = fetched.uid.and_then(|uid| by_uid.get(&uid));
                let (Some(head), Some(raw)) = (head, fetched.whole) else { return };
                if missing.remove(&head.uid) {
                    growing.events.extend(told::events(imap, head.lying(reading, validity, raw), moment));
                    growing.mails += 1;
                    growing.bytes += raw.len() as u64;
                }
            })
            .await;
        // Among many, which one it is is found one by one.
        match uids.as_slice() {
            [uid] => self.noted(reading, (validity, *uid), Bad::Mail, given(read))?,
            _ => {
                self.memory.careful |= matches!(read, Err(Trouble::Unreadable(_)));
                given(read)?;
            }
        }
        Ok(missing.iter().filter_map(|uid| by_uid.get(uid)).map(|head| **head).collect())
    }

    /// Reads a large mail: its words, and which files it has.
    async fn large(
        &mut self,
        reading: &Reading,
        validity: u32,
        head: Head,
        moment: Moment,
    ) -> Result<(), Trouble> {
        let read = given(self.pieces(head.uid).await);
        let Some((part, pieces)) = self.noted(reading, (validity, head.uid), Bad::Described, read)? else {
            return self.beginning(reading, validity, head, moment).await;
        };
        let large = Large {
            sizes: part.leaves().into_iter().map(|leaf| (leaf.number.clone(), leaf.size)).collect(),
            cut: part.cut(&pieces).into_iter().map(|leaf| (leaf.number.clone(), leaf.mime.clone())).collect(),
        };
        let raw = part.mail(&pieces);
        self.take_down(Lying { large: Some(large), ..head.lying(reading, validity, &raw) }, moment);
        Ok(())
    }

    /// How a mail is built and what is wanted of its parts; none where the server does not say that.
    async fn pieces(&mut self, uid: u32) -> Result<Option<(Part, Pieces)>, Trouble> {
        let (mut part, mut pieces) = (None, Pieces::default());
        self.session
            .fetch(&uid.to_string(), "(UID BODYSTRUCTURE)", &mut |fetched| {
                if fetched.uid == Some(uid) {
                    part = part.take().or(fetched.structure.map(structure::described));
                }
            })
            .await?;
        let Some(part) = part.filter(Part::is_divided) else { return Ok(None) };
        for items in part.items().chunks(ITEMS) {
            self.session
                .fetch(&uid.to_string(), &format!("(UID {})", items.join(" ")), &mut |fetched| {
                    if fetched.uid != Some(uid) {
                        return;
                    }
                    if let Some(head) = fetched.head {
                        pieces.head = head.to_vec();
                    }
                    let kept = |(number, bytes): &(String, &[u8])| (number.clone(), bytes.to_vec());
                    pieces.heads.extend(fetched.part_heads.iter().map(kept));
                    pieces.bodies.extend(fetched.parts.iter().map(kept));
                })
                .await?;
        }
        // Without its head it is not known whose it is.
        Ok((!pieces.head.trim_ascii().is_empty()).then_some((part, pieces)))
    }

    /// Reads the beginning of a large mail that is not described.
    async fn beginning(
        &mut self,
        reading: &Reading,
        validity: u32,
        head: Head,
        moment: Moment,
    ) -> Result<(), Trouble> {
        let read = given(self.one(head.uid, &format!("BODY.PEEK[]<0.{BEGINNING}>")).await);
        let Some(raw) = self.noted(reading, (validity, head.uid), Bad::Mail, read)? else {
            if self.session.there(&[head.uid]).await?.is_empty() {
                return Ok(());
            }
            return self.placeholder(reading, validity, head, moment, Bad::Mail).await;
        };
        // What is no longer than that is there whole, whatever its size was said to be.
        let large = (raw.len() as u64 >= BEGINNING).then(Large::default);
        self.take_down(Lying { large, ..head.lying(reading, validity, &raw) }, moment);
        Ok(())
    }

    /// Puts what could be had of a mail that cannot be read in its place.
    async fn placeholder(
        &mut self,
        reading: &Reading,
        validity: u32,
        head: Head,
        moment: Moment,
        bad: Bad,
    ) -> Result<(), Trouble> {
        let mut raw = None;
        if bad < Bad::Head {
            let read = given(self.one(head.uid, &format!("BODY.PEEK[HEADER]<0.{BEGINNING}>")).await);
            raw = self.noted(reading, (validity, head.uid), Bad::Head, read)?;
        }
        self.memory.mark_bad(&reading.name, (validity, head.uid), bad);
        let raw = raw.unwrap_or_default();
        let lying = head.lying(reading, validity, &raw);
        self.growing.mails += 1;
        self.growing.events.extend(told::unread(self.imap, lying, moment));
        Ok(())
    }

    /// One item of one mail: its bytes, or its head.
    async fn one(&mut self, uid: u32, item: &str) -> Result<Option<Vec<u8>>, Trouble> {
        let mut got = None;
        self.session
            .fetch(&uid.to_string(), &format!("(UID {item})"), &mut |fetched| {
                if fetched.uid == Some(uid) {
                    got = got.take().or(fetched.whole.or(fetched.head).map(<[u8]>::to_vec));
                }
            })
            .await
            .map(|()| got)
    }
}

/// What was read of some mails, or nothing where the server refuses these alone: others may be had.
fn given<T: Default>(read: Result<T, Trouble>) -> Result<T, Trouble> {
    match read {
        Err(trouble) if matches!(errors::failure(trouble.clone()), Failure::Rejected { .. }) => {
            tracing::info!(target: "imap", "a mail is not given: {}", trouble.words());
            Ok(T::default())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(uid: u32, size: u64) -> Head {
        Head { uid, flags: Flags::default(), arrived: 0, size: Some(size) }
    }

    #[test]
    fn a_page_is_bounded_in_mails_and_bytes_and_never_empty() {
        let heads = [head(1, 10), head(2, 10), head(3, 10)];
        assert_eq!(fitting(heads.iter(), 2, 1_000), 2);
        assert_eq!(fitting(heads.iter(), 9, 20), 2);
        assert_eq!(fitting(heads.iter(), 9, 0), 1);
        assert_eq!(fitting(heads.iter(), 0, 1_000), 0);
        assert_eq!(fitting([head(1, 40 << 20), head(2, 10)].iter(), 9, LARGE + 10), 2);
        let unknown = Head { size: None, ..head(1, 0) };
        assert_eq!(fitting([unknown, head(2, 10)].iter(), 9, LARGE), 1);
    }
}
