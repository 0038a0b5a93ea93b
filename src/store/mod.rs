//! SQLite: one writer thread with group commit, query-only readers, and everything that is kept.

mod accounts;
mod actions;
mod apply;
mod counts;
mod derive;
mod error;
#[cfg(test)]
mod faults;
mod filter;
mod flush;
mod fold;
mod keep;
mod media;
mod mentions;
mod migrate;
mod names;
mod open;
mod outbox;
mod planned;
mod reader;
mod receipts;
mod search;
mod tx;
mod upkeep;
mod verify;
mod writer;

pub use accounts::AccountSpec;
pub use actions::Actor;
pub use apply::Applied;
pub use error::StoreError;
pub use filter::Asking;
pub use fold::Notice;
pub use keep::KeepError;
pub use planned::{PlannedOp, Taken};
pub use reader::{ActiveOp, AttachmentDue, Reader, ReceiptFilter, key_in};
pub use receipts::{ReceiptNew, ReceiptOutcome};
pub use rusqlite::InterruptHandle;
pub use search::Found;
pub use tx::Tx;
pub use writer::{Class, Writer};

use crate::domain::clock::Clock;
use crate::domain::sla::Sla;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A workspace's database. Cheap to clone; the last clone closes it, after all that was submitted is written.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    dir: PathBuf,
    clock: Arc<dyn Clock>,
    sla: reader::Policies,
    thread: writer::Thread,
}

impl Store {
    /// Opens the database in a directory, and makes both where they are not there. Takes milliseconds, however much is kept.
    ///
    /// # Errors
    /// [`StoreError`], in words that say what to do.
    pub fn open(dir: &Path, clock: Arc<dyn Clock>) -> Result<Store, StoreError> {
        let conn = open::writer(dir)?;
        let thread = writer::Thread::start(conn, dir, clock.clone())?;
        Ok(Store(Arc::new(Inner { dir: dir.to_owned(), clock, sla: reader::Policies::default(), thread })))
    }

    /// A fresh connection that can only ask.
    ///
    /// # Errors
    /// [`StoreError`] if the file cannot be opened.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        Reader::open(&self.0.dir, self.0.clock.clone(), self.0.sla.clone())
    }

    /// Sets the policies by which customers are due, for all readers, those that are open among them.
    pub fn set_sla(&self, sla: Sla) {
        self.0.sla.set(sla);
    }

    /// The way to the writer.
    pub fn writer(&self) -> &Writer {
        self.0.thread.writer()
    }

    /// The workspace's directory.
    pub fn dir(&self) -> &Path {
        &self.0.dir
    }

    /// Where fetched files are kept.
    pub fn files_dir(&self) -> PathBuf {
        self.0.dir.join("files")
    }

    /// The time, as jobs see it.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }
}
