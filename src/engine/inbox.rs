//! The durable inbox: a push is on the disk before anyone is told that it was received.

use crate::domain::ids::AccountId;
use crate::provider::{DedupeKey, RawPush};
use crate::store::{Class, ReceiptNew, ReceiptOutcome, Store, StoreError};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, oneshot};

/// Takes pushes in. Cheap to clone.
#[derive(Clone)]
pub struct Inbox {
    store: Store,
    arrived: Arc<Notify>,
    door: Arc<Door>,
    /// Why the last push could not be stored; none = it was.
    trouble: Arc<Mutex<Option<String>>>,
}

/// Who waits at the door.
#[derive(Default)]
struct Door {
    /// Pushes that are not answered yet.
    waiting: AtomicUsize,
    /// The most that waited at one time since somebody last asked.
    most: AtomicUsize,
}

/// One who waits; leaves when dropped, also where the caller has gone.
struct Waiting<'a>(&'a Door);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Door {
    fn enter(&self) -> Waiting<'_> {
        let now = self.waiting.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        Waiting(self)
    }

    fn most(&self) -> usize {
        let still = self.waiting.load(Ordering::Relaxed);
        self.most.swap(still, Ordering::Relaxed).max(still)
    }
}

impl Inbox {
    /// An inbox over a store.
    pub fn new(store: Store) -> Inbox {
        Inbox { store, arrived: Arc::new(Notify::new()), door: Arc::default(), trouble: Arc::default() }
    }

    /// Stores a verified push, and returns once it is durable. The applier is woken.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be stored: the caller answers 503, so that the vendor tries again.
    pub async fn accept(
        &self,
        account: AccountId,
        key: DedupeKey,
        push: RawPush,
    ) -> Result<ReceiptOutcome, StoreError> {
        let _waiting = self.door.enter();
        let (tx, rx) = oneshot::channel();
        let new = ReceiptNew {
            method: push.method,
            url: push.url,
            headers: push.headers,
            body: push.body,
            received_at: push.received_at,
        };
        self.store.writer().submit(
            Class::Receipt,
            move |t| t.receipt_append(account, &key.0, &new),
            move |result| {
                // The caller may be gone (a connection was cut): the receipt is kept all the same.
                let _ = tx.send(result);
            },
        );
        let outcome = rx.await.unwrap_or(Err(StoreError::Closed));
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) =
            outcome.as_ref().err().map(ToString::to_string);
        let outcome = outcome?;
        self.arrived.notify_one();
        Ok(outcome)
    }

    /// Why the last push could not be stored, if it could not.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Resolves when something may have arrived since the last call.
    pub async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// How many pushes waited for their answer at one time since the last call. Who still waits counts at the next one as well.
    pub fn most_at_the_door(&self) -> usize {
        self.door.most()
    }

    /// Makes the applier look again.
    pub fn wake(&self) {
        self.arrived.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_door_knows_how_many_waited_at_one_time() {
        let door = Door::default();
        let (first, second) = (door.enter(), door.enter());
        drop(first);
        drop(second);
        let third = door.enter();
        assert_eq!(door.most(), 2);
        assert_eq!(door.most(), 1, "who still waits");
        drop(third);
        assert_eq!(door.most(), 1, "who waited since");
        assert_eq!(door.most(), 0);
    }
}
