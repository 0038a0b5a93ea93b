//! A few store connections for all visitors together: reading blocks a thread, and each connection has a cache.

use crate::store::{Reader, Store, StoreError};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// How many readings run at once.
const AT_ONCE: usize = 4;

/// Lends connections. Cheap to clone.
#[derive(Clone)]
pub(super) struct Readers {
    store: Store,
    idle: Arc<Mutex<Vec<Reader>>>,
    turns: Arc<Semaphore>,
}

impl Readers {
    /// Connections to `store`, opened when they are first needed.
    pub(super) fn new(store: Store) -> Readers {
        Readers { store, idle: Arc::default(), turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Reads something on a thread that may block.
    ///
    /// # Errors
    /// What the store said; [`StoreError::Closed`] when the program is ending.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let Ok(turn) = self.turns.clone().acquire_owned().await else { return Err(StoreError::Closed) };
        let (store, idle) = (self.store.clone(), self.idle.clone());
        let reading = tokio::task::spawn_blocking(move || {
            let lent = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut reader = match lent {
                Some(reader) => reader,
                None => store.reader()?,
            };
            let result = job(&mut reader);
            // One that has failed is dropped: the next opens afresh.
            if result.is_ok() {
                idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
            }
            drop(turn);
            result
        });
        reading.await.unwrap_or(Err(StoreError::Closed))
    }
}
