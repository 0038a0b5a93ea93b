//! The bridge from async code to the store's writer: submit a job, await its commit, tell the bus.

use crate::engine::bus::Bus;
use crate::store::{Class, Store, StoreError, Tx};
use tokio::sync::oneshot;

/// Writes for async callers. Cheap to clone.
#[derive(Clone)]
pub struct Writes {
    store: Store,
    bus: Bus,
}

impl Writes {
    /// Over a store; commits are told to `bus`.
    pub fn new(store: Store, bus: Bus) -> Writes {
        Writes { store, bus }
    }

    /// Runs a job in the writer and returns once it is committed.
    ///
    /// # Errors
    /// The job's own error, or that of the commit.
    pub async fn run<T: Send + 'static>(
        &self,
        class: Class,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.submit(class, job, Some(self.bus.clone())).await
    }

    /// As [`Writes::run`], without telling the bus: for jobs that mostly change nothing. The watch notices what they do change.
    ///
    /// # Errors
    /// The job's own error, or that of the commit.
    pub async fn run_quietly<T: Send + 'static>(
        &self,
        class: Class,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.submit(class, job, None).await
    }

    async fn submit<T: Send + 'static>(
        &self,
        class: Class,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
        bus: Option<Bus>,
    ) -> Result<T, StoreError> {
        let (tx, rx) = oneshot::channel();
        self.store.writer().submit(class, job, move |result| {
            if let (Some(bus), true) = (bus, result.is_ok()) {
                bus.bump();
            }
            // Nobody waits any more: the commit stands all the same.
            let _ = tx.send(result);
        });
        rx.await.unwrap_or(Err(StoreError::Closed))
    }
}
