//! Notices commits of every process: a cheap look at the database's version, fifty times a second.

use crate::engine::bus::Bus;
use crate::store::{Store, StoreError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often to look. One look costs some two microseconds.
const EVERY: Duration = Duration::from_millis(20);

/// Watches until dropped.
#[derive(Debug)]
pub struct Watch {
    stop: Arc<AtomicBool>,
}

impl Watch {
    /// Starts to watch a store, bumping `bus` at every commit, whoever made it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn start(store: &Store, bus: Bus) -> Result<Watch, StoreError> {
        let reader = store.reader()?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let look = move || {
            let mut last = reader.version().unwrap_or_default();
            while !stopped.load(Ordering::Relaxed) {
                std::thread::sleep(EVERY);
                // A look that fails says nothing: the next one will.
                let Ok(version) = reader.version() else { continue };
                if version != last {
                    last = version;
                    bus.bump();
                }
            }
        };
        std::thread::Builder::new()
            .name("watch".into())
            .spawn(look)
            .map_err(|e| StoreError::Io(e.to_string()))?;
        Ok(Watch { stop })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
