//! Reads what the inbox holds: receipts become events, events become rows. What cannot be read is quarantined, never dropped.

use crate::domain::event::Event;
use crate::domain::ids::{AccountId, ReceiptId};
use crate::engine::accounts::Accounts;
use crate::engine::inbox::Inbox;
use crate::engine::pace::{Pace, Turn};
use crate::engine::write::Writes;
use crate::provider::{Enclosed, HOOK_LIMIT, RawPush};
use crate::store::{Class, Reader, ReceiptNew, Store, StoreError};
use crate::text::sanitize::mask;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::{debug, error, warn};

/// How long after a small batch the next one begins at the earliest, and how long others go first before it is asked again.
const PAUSE: Duration = Duration::from_millis(8);
/// Batches in one go. Then a stop is looked for, and what had to wait (its account was not connected) is looked at again.
const AT_ONCE: usize = 128;
/// Batches at the writer: while one is applied, others are read; where no receipt is in the way, several share a commit.
const IN_FLIGHT: usize = 6;

/// What one receipt turned out to say.
#[derive(Clone)]
enum Read {
    Events { receipt: ReceiptId, account: AccountId, events: Vec<Event>, pull: bool },
    Unreadable(ReceiptId, String),
}

impl Read {
    fn receipt(&self) -> ReceiptId {
        let (Read::Events { receipt, .. } | Read::Unreadable(receipt, _)) = self;
        *receipt
    }

    /// Whose facts it holds.
    fn account(&self) -> Option<AccountId> {
        match self {
            Read::Events { account, .. } => Some(*account),
            Read::Unreadable(..) => None,
        }
    }

    fn events(&self) -> &[Event] {
        match self {
            Read::Events { events, .. } => events,
            Read::Unreadable(..) => &[],
        }
    }
}

/// Receipts as they are read from the inbox.
type Window = Vec<(ReceiptId, AccountId, ReceiptNew)>;

/// Shared by who applies it and who sets poison aside.
type Batch = Arc<[Read]>;

/// The loop that empties the inbox.
#[derive(Clone)]
pub struct Intake {
    /// Where receipts are.
    pub store: Store,
    /// Where rows go.
    pub writes: Writes,
    /// Tells when something came.
    pub inbox: Inbox,
    /// Who can read it.
    pub accounts: Accounts,
    /// Told when files wait to be fetched.
    pub media: Arc<tokio::sync::Notify>,
}

impl Intake {
    /// Runs until `stop` says so.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let reader = loop {
            match self.store.reader() {
                // Behind a lock because a connection may move between threads but not be shared by them.
                Ok(reader) => break Mutex::new(reader),
                Err(e) => {
                    error!("the inbox cannot be read: {e}");
                    if pause(&mut stop, Duration::from_secs(2)).await {
                        return;
                    }
                }
            }
        };
        let mut pace = Pace::default();
        while !*stop.borrow() {
            match self.drain(&reader, &mut pace).await {
                Ok(true) => continue,
                Ok(false) => {
                    tokio::select! {
                        () = self.inbox.arrived() => {}
                        _ = stop.changed() => {}
                        // A safety net for receipts that another process put in (a replay).
                        () = tokio::time::sleep(Duration::from_secs(1)) => {}
                    }
                }
                Err(e) => {
                    // A full disk or a locked file: nothing is lost, it is all in the inbox. Try again.
                    warn!("intake waits: {e}");
                    if pause(&mut stop, Duration::from_secs(1)).await {
                        return;
                    }
                }
            }
        }
    }

    /// Takes what waits, as far as that is done in one go. Answers whether there was anything. While one batch is applied the next one is read.
    async fn drain(&self, reader: &Mutex<Reader>, pace: &mut Pace) -> Result<bool, StoreError> {
        let mut after = ReceiptId(0);
        let mut flying: VecDeque<(Batch, JoinHandle<Result<(), StoreError>>)> = VecDeque::new();
        let mut begun = 0;
        let mut failed = None;
        let mut earliest = Instant::now();
        loop {
            if failed.is_none() && begun < AT_ONCE && flying.len() < IN_FLIGHT {
                // Few came since the last batch, and it is only just gone: a moment later they are one commit instead of several,
                // and the writer is free for receipts meanwhile. Of a crowd all are let in first.
                tokio::time::sleep_until(earliest).await;
                let now = Instant::now();
                let Turn::Take(size) = pace.turn(self.inbox.most_at_the_door(), now.into_std()) else {
                    earliest = now + PAUSE;
                    continue;
                };
                match self.next(reader, &mut after, size).await {
                    Ok(Some(batch)) => {
                        debug!("intake: {} receipts", batch.len());
                        begun += 1;
                        if batch.len() < size {
                            earliest = Instant::now() + PAUSE;
                        }
                        flying.push_back((batch.clone(), tokio::spawn(self.clone().apply(batch))));
                        continue;
                    }
                    Ok(None) => pace.caught_up(),
                    Err(e) => failed = Some(e),
                }
            }
            // What is on its way is awaited even after a failure: nobody reads it a second time meanwhile.
            let Some((batch, job)) = flying.pop_front() else {
                return failed.map_or(Ok(begun > 0), Err);
            };
            let result = job.await.unwrap_or(Err(StoreError::Closed));
            if let Err(e) = self.landed(&batch, result).await {
                failed = Some(e);
            }
        }
    }

    /// The next receipts that can be read now. Those of accounts that are not connected stay and wait, and hold nobody up.
    async fn next(
        &self,
        reader: &Mutex<Reader>,
        after: &mut ReceiptId,
        size: usize,
    ) -> Result<Option<Batch>, StoreError> {
        loop {
            let window =
                reader.lock().unwrap_or_else(PoisonError::into_inner).receipts_waiting_after(*after, size)?;
            let Some((last, ..)) = window.last() else { return Ok(None) };
            *after = *last;
            let read = if window.iter().any(|(_, account, _)| self.is_heavy(*account)) {
                // Much to read, and files to keep: others are not to wait for it.
                let intake = self.clone();
                let reading = tokio::task::spawn_blocking(move || intake.read_all(window));
                reading.await.unwrap_or(Err(StoreError::Closed))?
            } else {
                self.read_all(window)?
            };
            if !read.is_empty() {
                return Ok(Some(read.into()));
            }
        }
    }

    /// Whether the pushes of an account can be large and have files with them.
    fn is_heavy(&self, account: AccountId) -> bool {
        let live = self.accounts.by_id(account);
        live.and_then(|live| live.provider.clone()).is_some_and(|p| p.hook_limit() > HOOK_LIMIT)
    }

    fn read_all(&self, window: Window) -> Result<Vec<Read>, StoreError> {
        let mut read = Vec::with_capacity(window.len());
        for (id, account, new) in window {
            read.extend(self.read(id, account, new)?);
        }
        Ok(read)
    }

    /// A batch was applied, or not.
    async fn landed(&self, batch: &Batch, result: Result<(), StoreError>) -> Result<(), StoreError> {
        match result {
            Ok(()) => return Ok(()),
            Err(e) if !e.is_about_the_data() => return Err(e),
            Err(_) => {}
        }
        // One of them is poison: one by one, so that only that one is set aside.
        for one in batch.iter() {
            let id = one.receipt();
            match self.clone().apply(std::slice::from_ref(one).into()).await {
                Ok(()) => {}
                Err(e) if e.is_about_the_data() => {
                    let why = format!("it could not be applied: {e}");
                    error!("receipt {id} is quarantined: {why}");
                    self.writes.run(Class::Apply, move |t| t.receipt_quarantine(id, &why)).await?;
                }
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// None = it cannot be read now: its account is not connected.
    fn read(&self, id: ReceiptId, account: AccountId, new: ReceiptNew) -> Result<Option<Read>, StoreError> {
        let Some(live) = self.accounts.by_id(account) else { return Ok(None) };
        let Some(provider) = live.provider.as_ref() else { return Ok(None) };
        let push = RawPush {
            method: new.method,
            url: new.url,
            headers: new.headers,
            body: new.body,
            received_at: new.received_at,
        };
        Ok(Some(match provider.ingest(&push) {
            Ok(mut ingest) => {
                self.keep(&mut ingest.events, ingest.files)?;
                Read::Events { receipt: id, account, events: ingest.events, pull: ingest.pull }
            }
            Err(malformed) => {
                warn!(
                    "receipt {id} for \u{201c}{}\u{201d} is quarantined: {}",
                    live.name,
                    mask(&malformed.to_string())
                );
                Read::Unreadable(id, malformed.to_string())
            }
        }))
    }

    /// Puts files that came along where they stay, and tells their messages. They are on the disk before the messages are.
    fn keep(&self, events: &mut [Event], files: Vec<Enclosed>) -> Result<(), StoreError> {
        for file in files {
            let whose = events.iter_mut().find_map(|event| match event {
                Event::Message(message) if message.external_id == file.message => Some(message),
                _ => None,
            });
            let Some(fact) =
                whose.and_then(|m| m.attachments.iter_mut().find(|a| a.external_id == file.attachment))
            else {
                warn!("a file came along that no message speaks of: it is not kept");
                continue;
            };
            let path = self.store.keep_came(fact.name.as_deref().unwrap_or_default(), &file.bytes)?;
            fact.size = Some(file.bytes.len() as u64);
            fact.path = Some(path);
        }
        Ok(())
    }

    async fn apply(self, batch: Batch) -> Result<(), StoreError> {
        let rules = self.accounts.rules();
        let hinted = batch.clone();
        let media_due = self
            .writes
            .run(Class::Apply, move |t| {
                let mut media_due = false;
                // Those of one account that follow one another are applied at once: they mostly speak of the same things.
                for of_one in batch.chunk_by(|a, b| a.account().is_some() && a.account() == b.account()) {
                    if let Some(account) = of_one.first().and_then(Read::account) {
                        let applied = t.apply_pushed(account, of_one.iter().flat_map(Read::events))?;
                        t.judge_new(&applied.begun, &rules)?;
                        media_due |= applied.media_due;
                    }
                    for read in of_one {
                        if let Read::Unreadable(id, why) = read {
                            t.receipt_quarantine(*id, why)?;
                        }
                    }
                }
                t.receipts_done(&batch.iter().map(Read::receipt).collect::<Vec<_>>())?;
                Ok(media_due)
            })
            .await?;
        if media_due {
            self.media.notify_one();
        }
        for read in hinted.iter() {
            if let Read::Events { account, pull: true, .. } = read
                && let Some(live) = self.accounts.by_id(*account)
            {
                live.due.notify_one();
            }
        }
        Ok(())
    }
}

/// Waits, but not beyond a stop. Answers whether it is time to stop.
pub(crate) async fn pause(stop: &mut watch::Receiver<bool>, time: Duration) -> bool {
    tokio::select! {
        () = tokio::time::sleep(time) => *stop.borrow(),
        changed = stop.changed() => changed.is_err() || *stop.borrow(),
    }
}
