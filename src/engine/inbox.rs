//! The durable inbox: a push is on the disk before anyone is told that it was received.

use crate::domain::ids::AccountId;
use crate::provider::{DedupeKey, RawPush};
use crate::store::{Class, ReceiptNew, ReceiptOutcome, Store, StoreError};
use std::sync::Arc;
use tokio::sync::{Notify, oneshot};

/// Takes pushes in. Cheap to clone.
#[derive(Clone)]
pub struct Inbox {
    store: Store,
    arrived: Arc<Notify>,
}

impl Inbox {
    /// An inbox over a store.
    pub fn new(store: Store) -> Inbox {
        Inbox { store, arrived: Arc::new(Notify::new()) }
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
        let outcome = rx.await.unwrap_or(Err(StoreError::Closed))?;
        self.arrived.notify_one();
        Ok(outcome)
    }

    /// Resolves when something may have arrived since the last call.
    pub async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Makes the applier look again.
    pub fn wake(&self) {
        self.arrived.notify_one();
    }
}
