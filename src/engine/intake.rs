//! Reads what the inbox holds: receipts become events, events become rows. What cannot be read is quarantined, never dropped.

use crate::domain::event::Event;
use crate::domain::ids::{AccountId, ReceiptId};
use crate::engine::accounts::Accounts;
use crate::engine::inbox::Inbox;
use crate::engine::write::Writes;
use crate::provider::RawPush;
use crate::store::{Class, Reader, ReceiptNew, Store, StoreError};
use crate::text::sanitize::mask;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tracing::{debug, error, warn};

/// Receipts read at once: large enough to amortise a commit, small enough to hold the writer for a few milliseconds only.
const BATCH: usize = 48;

/// What one receipt turned out to say.
#[derive(Clone)]
enum Read {
    Events(ReceiptId, AccountId, Vec<Event>),
    Unreadable(ReceiptId, String),
}

/// The loop that empties the inbox.
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
    pub media: std::sync::Arc<tokio::sync::Notify>,
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
        while !*stop.borrow() {
            match self.drain(&reader).await {
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

    /// Takes one batch. Answers whether there was one.
    async fn drain(&self, reader: &Mutex<Reader>) -> Result<bool, StoreError> {
        let mut after = ReceiptId(0);
        let read = loop {
            let window =
                reader.lock().unwrap_or_else(PoisonError::into_inner).receipts_waiting_after(after, BATCH)?;
            let Some((last, ..)) = window.last() else { return Ok(false) };
            after = *last;
            let read: Vec<Read> =
                window.into_iter().filter_map(|(id, account, new)| self.read(id, account, new)).collect();
            // Receipts of accounts that are not connected now stay and wait, and hold nobody up.
            if !read.is_empty() {
                break read;
            }
        };
        debug!("intake: {} receipts", read.len());
        if let Err(e) = self.apply(&read).await {
            if !e.is_about_the_data() {
                return Err(e);
            }
            // One of them is poison: one by one, so that only that one is set aside.
            for one in read {
                let (id, single) = match one {
                    Read::Events(id, ..) => (id, vec![one]),
                    Read::Unreadable(id, _) => (id, vec![one]),
                };
                match self.apply(&single).await {
                    Ok(()) => {}
                    Err(e) if e.is_about_the_data() => {
                        let why = format!("it could not be applied: {e}");
                        error!("receipt {id} is quarantined: {why}");
                        self.writes.run(Class::Apply, move |t| t.receipt_quarantine(id, &why)).await?;
                    }
                    Err(e) => return Err(e),
                }
            }
        }
        Ok(true)
    }

    fn read(&self, id: ReceiptId, account: AccountId, new: ReceiptNew) -> Option<Read> {
        let live = self.accounts.by_id(account)?;
        let provider = live.provider.as_ref()?;
        let push = RawPush {
            method: new.method,
            url: new.url,
            headers: new.headers,
            body: new.body,
            received_at: new.received_at,
        };
        Some(match provider.ingest(&push) {
            Ok(ingest) => Read::Events(id, account, ingest.events),
            Err(malformed) => {
                warn!(
                    "receipt {id} for \u{201c}{}\u{201d} is quarantined: {}",
                    live.name,
                    mask(&malformed.to_string())
                );
                Read::Unreadable(id, malformed.to_string())
            }
        })
    }

    async fn apply(&self, batch: &[Read]) -> Result<(), StoreError> {
        let batch = batch.to_vec();
        let media_due = self
            .writes
            .run(Class::Apply, move |t| {
                let mut media_due = false;
                for read in batch {
                    match read {
                        Read::Events(id, account, events) => {
                            media_due |= t.apply(account, &events)?.media_due;
                            t.receipt_done(id)?;
                        }
                        Read::Unreadable(id, why) => t.receipt_quarantine(id, &why)?,
                    }
                }
                Ok(media_due)
            })
            .await?;
        if media_due {
            self.media.notify_one();
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
