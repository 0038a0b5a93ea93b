//! The bus inside one process: "something changed" and signals. It carries no data, so nothing is lost with it.

use crate::domain::signal::Signal;
use tokio::sync::{broadcast, watch};

/// Tells listeners that the store moved, and passes signals on. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Bus {
    version: watch::Sender<u64>,
    signals: broadcast::Sender<Signal>,
}

impl Default for Bus {
    fn default() -> Self {
        Bus::new()
    }
}

impl Bus {
    /// A bus without listeners.
    pub fn new() -> Bus {
        Bus { version: watch::channel(0).0, signals: broadcast::channel(256).0 }
    }

    /// Says that the store has moved: readers look again at what they show.
    pub fn bump(&self) {
        self.version.send_modify(|v| *v = v.wrapping_add(1));
    }

    /// Hears of every move from now on; several moves may come as one.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// Passes a signal on to whoever listens now.
    pub fn signal(&self, signal: Signal) {
        // No listener is no error: a signal is true for a moment only.
        let _ = self.signals.send(signal);
    }

    /// Hears signals from now on. A slow listener misses some, which is what signals are for.
    pub fn signals(&self) -> broadcast::Receiver<Signal> {
        self.signals.subscribe()
    }
}
