//! Pulls from the bucket: what a hook has told of is read at once, and now and then the whole list is looked through for what nobody has
//! told of. Names of objects are random and the list is in their order; so it is always read whole, and time alone says what is new.

use super::s3::{self, Got, Object};
use super::settings::Bucket;
use super::{Ses, errands, inbound};
use crate::domain::clock::Ms;
use crate::domain::event::Event;
use crate::domain::failure::Failure;
use crate::domain::message::MediaRef;
use crate::provider::{Cursor, Media, Page, Progress, Scope};
use crate::text::format;
use crate::text::mail::parse::parse;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, VecDeque};
use tracing::debug;

/// Mails of one page.
const MAILS: usize = 20;
/// Bytes of one page, together: what is more waits for the next one.
const BYTES: usize = 32 * 1024 * 1024;
/// Parts of the list: a thousand objects each.
const PARTS: usize = 300;
/// How much later than it says an object may show in the list: it has the time at which its upload began.
const LATE: Ms = 10 * 60_000;
/// What was there so long before the first pull is history.
const FRESH: Ms = 24 * 3_600_000;
/// A look that comes a little early is no look too many.
const SLACK: Ms = 1_000;
/// Names that are remembered as read.
const REMEMBERED: usize = 20_000;
/// What SES puts into a bucket to see whether it may.
const SETUP: &str = "AMAZON_SES_SETUP_NOTIFICATION";

/// Where a pull goes on. Kept as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    /// The time of the newest object that was read, UTC milliseconds.
    #[serde(rename = "s")]
    since: Ms,
    /// What is older is history.
    #[serde(rename = "h")]
    history_before: Ms,
    /// Counts the pages that told of something: so it shows whether the last one was kept.
    #[serde(rename = "n")]
    page: u64,
}

impl Place {
    fn of(cursor: &Cursor, now: Ms) -> Place {
        let kept = cursor.0.as_deref().and_then(|kept| serde_json::from_str(kept).ok());
        kept.unwrap_or(Place { since: Ms::MIN, history_before: now.saturating_sub(FRESH), page: 0 })
    }

    fn cursor(self) -> Cursor {
        Cursor(serde_json::to_string(&self).ok())
    }
}

/// What is remembered between pulls; forgotten at a restart, and then found again.
#[derive(Debug, Default)]
pub struct Memory {
    /// What is new by the last look through the list, the oldest first.
    found: VecDeque<Object>,
    /// How many these were.
    total: usize,
    /// When that was.
    looked_at: Option<Ms>,
    read: BTreeSet<String>,
    order: VecDeque<String>,
    /// What a hook had told of and the last page has read.
    hinted: Vec<String>,
    /// Where the last page ended.
    last: Option<Cursor>,
}

impl Memory {
    fn remember(&mut self, key: String) {
        if self.read.insert(key.clone()) {
            self.order.push_back(key);
        }
        while self.order.len() > REMEMBERED {
            if let Some(oldest) = self.order.pop_front() {
                self.read.remove(&oldest);
            }
        }
    }
}

/// One page of news.
///
/// # Errors
/// Every class of [`Failure`] but a doubt, where nothing could be read.
pub async fn pull(ses: &Ses, cursor: Cursor, scope: Scope, now: Ms) -> Result<Page, Failure> {
    let nothing = Page { cursor: cursor.clone(), ..Page::default() };
    if matches!(scope, Scope::Object(_) | Scope::Lookup(_)) {
        // A send in doubt is settled by its first event: it waits for that.
        return Ok(nothing);
    }
    errands::run(ses).await;
    let Some(bucket) = &ses.settings.bucket else { return Ok(nothing) };
    // One after another: a hint and a look read the same mails.
    let mut memory = ses.memory.lock().await;
    if memory.last.as_ref().is_some_and(|last| *last != cursor) {
        // The last page was not kept: what it had read is to be read again.
        let before = std::mem::take(&mut *memory);
        before.hinted.into_iter().for_each(|key| ses.errands.read(key));
    }
    memory.hinted.clear();
    let mut place = Place::of(&cursor, now);
    let mut reading = Reading {
        ses,
        bucket,
        now,
        history_before: place.history_before,
        bytes: 0,
        mails: 0,
        events: Vec::new(),
    };
    let outcome = reading.all(&mut memory, &mut place).await;
    let events = reading.events;
    match outcome {
        Err(failure) if events.is_empty() => return Err(failure),
        // What was read is told; the next page fails at its begin, if it still does.
        Err(failure) => debug!("the bucket was read in part: {failure}"),
        Ok(()) => {}
    }
    place.page += u64::from(!events.is_empty());
    let more = !memory.found.is_empty() || ses.errands.has_keys();
    let done = memory.total.saturating_sub(memory.found.len());
    let is_first = cursor.0.is_none() || place.since < place.history_before;
    let progress = (is_first && more).then_some(Progress { done: done as u64, total: memory.total as u64 });
    memory.last = Some(place.cursor());
    Ok(Page { events, cursor: place.cursor(), more, covered: Vec::new(), progress })
}

/// A page while it is read.
struct Reading<'a> {
    ses: &'a Ses,
    bucket: &'a Bucket,
    now: Ms,
    history_before: Ms,
    bytes: usize,
    mails: usize,
    events: Vec<Event>,
}

impl Reading<'_> {
    fn is_full(&self) -> bool {
        self.mails >= MAILS || self.bytes >= BYTES
    }

    async fn all(&mut self, memory: &mut Memory, place: &mut Place) -> Result<(), Failure> {
        while !self.is_full() {
            let Some(key) = self.ses.errands.next_key() else { break };
            if memory.read.contains(&key) {
                continue;
            }
            let hinted = Object { key, at: self.now, size: 0 };
            if let Err(failure) = self.mail(memory, &hinted).await {
                self.ses.errands.give_back(hinted.key);
                return Err(failure);
            }
            memory.hinted.push(hinted.key);
        }
        let Some(poll) = self.bucket.poll else { return Ok(()) };
        let poll = Ms::try_from(poll.as_millis()).unwrap_or(Ms::MAX);
        let is_due =
            memory.looked_at.is_none_or(|at| !(at..at.saturating_add(poll - SLACK)).contains(&self.now));
        if memory.found.is_empty() && is_due {
            let new = self.look(memory, place.since.saturating_sub(LATE)).await?;
            memory.total = new.len();
            memory.found = new.into();
            memory.looked_at = Some(self.now);
        }
        while !self.is_full() {
            let Some(object) = memory.found.front().cloned() else { break };
            if !memory.read.contains(&object.key) {
                self.mail(memory, &object).await?;
            }
            memory.found.pop_front();
            place.since = place.since.max(object.at);
        }
        if memory.found.is_empty() && place.since == Ms::MIN {
            // An empty bucket was read as well.
            place.since = self.history_before;
        }
        Ok(())
    }

    /// All objects of the list that are new, the oldest first.
    async fn look(&self, memory: &Memory, since: Ms) -> Result<Vec<Object>, Failure> {
        let (mut new, mut from) = (Vec::new(), None);
        for _ in 0..PARTS {
            let listed =
                s3::list(self.ses, &self.bucket.name, &self.bucket.prefix, from.as_deref(), self.now).await?;
            let is_new = |object: &Object| {
                object.at >= since
                    && object.size > 0
                    && !object.key.ends_with(SETUP)
                    && !memory.read.contains(&object.key)
            };
            new.extend(listed.objects.into_iter().filter(is_new));
            from = listed.next;
            if from.is_none() {
                new.sort_by(|a, b| (a.at, &a.key).cmp(&(b.at, &b.key)));
                debug!("the bucket has {} new mails", new.len());
                return Ok(new);
            }
        }
        // What is new could stand behind that: better to say so than to miss it.
        Err(Failure::rejected(
            None,
            format!(
                "the bucket holds more than {} mails: let old ones expire, or name a prefix",
                PARTS * 1000
            ),
        ))
    }

    /// Reads one mail. What is none, is gone or may never be read is passed over; only what may pass is a failure.
    async fn mail(&mut self, memory: &mut Memory, object: &Object) -> Result<(), Failure> {
        let size = Some(object.size).filter(|size| *size > 0);
        if size.is_some_and(|size| size > s3::LARGEST as u64) {
            self.ses.passed.over("an object of the bucket is too large for a mail");
            memory.remember(object.key.clone());
            return Ok(());
        }
        let got = match s3::get(self.ses, &self.bucket.name, &object.key, size, self.now).await {
            Ok(got) => got,
            Err(failure @ Failure::Rejected { .. }) => {
                self.ses.passed.over(&format!("an object of the bucket: {failure}"));
                None
            }
            Err(failure) => return Err(failure),
        };
        self.mails += 1;
        memory.remember(object.key.clone());
        let Some(Got { bytes, at }) = got else { return Ok(()) };
        self.bytes += bytes.len();
        let at = at.unwrap_or(object.at).min(self.now);
        let is_history = at < self.history_before;
        match inbound::stored(&bytes, &object.key, &self.ses.settings, at, is_history) {
            Ok(events) => self.events.extend(events),
            Err(why) => self.ses.passed.over(&format!("an object of the bucket: {why}")),
        }
        Ok(())
    }
}

/// Fetches a file of a mail in the bucket.
///
/// # Errors
/// [`Failure::Rejected`] where it is gone or too large.
pub async fn fetch(ses: &Ses, media: &MediaRef, cap: u64, now: Ms) -> Result<Media, Failure> {
    let Some(bucket) = &ses.settings.bucket else { return Err(Failure::Unsupported) };
    let place: inbound::Place = serde_json::from_str(&media.0)
        .map_err(|_| Failure::rejected(None, "the place of the file cannot be read"))?;
    let gone = || Failure::rejected("gone".to_owned(), "the mail with the file is gone from the bucket");
    let got = s3::get(ses, &bucket.name, &place.key, None, now).await?.ok_or_else(gone)?;
    let file = parse(&got.bytes).files.into_iter().find(|file| file.part == place.part).ok_or_else(gone)?;
    if file.bytes.len() as u64 > cap {
        let human = format!("the file is larger than {}", format::bytes(cap));
        return Err(Failure::rejected("too-large".to_owned(), human));
    }
    Ok(Media { bytes: file.bytes, mime: file.mime, name: file.name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_kept_and_what_is_none_begins_anew() {
        let place = Place { since: 5, history_before: 3, page: 1 };
        assert_eq!(Place::of(&place.cursor(), 9), place);
        for odd in [None, Some("".to_owned()), Some("{}".to_owned()), Some("x".to_owned())] {
            let begin = Place { since: Ms::MIN, history_before: 100 * FRESH - FRESH, page: 0 };
            assert_eq!(Place::of(&Cursor(odd), 100 * FRESH), begin);
        }
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let mut memory = Memory::default();
        for n in 0..REMEMBERED + 5 {
            memory.remember(n.to_string());
        }
        memory.remember((REMEMBERED + 4).to_string());
        assert_eq!((memory.read.len(), memory.order.len()), (REMEMBERED, REMEMBERED));
        assert!(!memory.read.contains("4") && memory.read.contains("5"));
    }
}
