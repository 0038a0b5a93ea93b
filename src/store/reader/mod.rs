//! Query-only connections: what is on screen is asked for, one indexed window at a time.

mod due;
mod inbox;
pub(in crate::store) mod list;
mod misc;
mod outbox;
pub(in crate::store) mod rows;
mod thread;

pub use inbox::ReceiptFilter;
pub use list::key_in;
pub use outbox::{ActiveOp, AttachmentDue};

use crate::domain::clock::Clock;
use crate::domain::row::ConversationRow;
use crate::domain::sla::Sla;
use crate::store::error::StoreError;
use crate::store::open;
use rusqlite::{Connection, InterruptHandle, OptionalExtension};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// A connection that can only ask. Not shared between threads; opening another one is cheap.
pub struct Reader {
    pub(in crate::store) conn: Connection,
    file: PathBuf,
    clock: Arc<dyn Clock>,
    sla: Policies,
}

/// The policies by which customers are due, shared by a store and its readers; replaced as a whole.
#[derive(Clone, Default)]
pub(in crate::store) struct Policies(Arc<RwLock<Arc<Sla>>>);

impl Policies {
    pub(in crate::store) fn get(&self) -> Arc<Sla> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(in crate::store) fn set(&self, sla: Sla) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(sla);
    }
}

impl Reader {
    pub(super) fn open(dir: &Path, clock: Arc<dyn Clock>, sla: Policies) -> Result<Reader, StoreError> {
        Ok(Reader { conn: open::reader(dir)?, file: open::file(dir), clock, sla })
    }

    /// The policies by which customers are due.
    pub(in crate::store) fn sla(&self) -> Arc<Sla> {
        self.sla.get()
    }

    /// How a row becomes a conversation that knows when it is due.
    pub(in crate::store) fn conversation_of(
        &self,
    ) -> impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<ConversationRow> + use<> {
        let sla = self.sla();
        move |r| {
            let mut row = rows::conversation(r)?;
            row.due_at = sla.due(&row);
            Ok(row)
        }
    }

    /// Grows whenever another connection, in this process or another, has committed. To be asked outside of any read.
    ///
    /// # Errors
    /// Those of the database.
    pub fn version(&self) -> Result<i64, StoreError> {
        let version = self.conn.prepare_cached("PRAGMA data_version")?.query_row([], |r| r.get(0))?;
        Ok(version)
    }

    /// Stops a running query from another thread. It ends with an error, and the connection stays good.
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.conn.get_interrupt_handle()
    }

    /// One row, from a cached statement.
    pub(in crate::store) fn one<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        let ask = || self.conn.prepare_cached(sql)?.query_row(params, read).optional();
        ask().map_err(|e| StoreError::from(e).about(&self.file))
    }

    /// All rows, from a cached statement.
    pub(in crate::store) fn all<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let ask =
            || self.conn.prepare_cached(sql)?.query_map(params, read)?.collect::<rusqlite::Result<Vec<T>>>();
        ask().map_err(|e| StoreError::from(e).about(&self.file))
    }
}

impl Reader {
    /// Rows from a cached statement, up to the first that is enough.
    pub(in crate::store) fn until<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        mut read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
        mut is_enough: impl FnMut(&T) -> bool,
    ) -> Result<Vec<T>, StoreError> {
        let ask = || {
            let mut statement = self.conn.prepare_cached(sql)?;
            let mut rows = statement.query(params)?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                let one = read(row)?;
                let last = is_enough(&one);
                all.push(one);
                if last {
                    break;
                }
            }
            Ok(all)
        };
        ask().map_err(|e: rusqlite::Error| StoreError::from(e).about(&self.file))
    }
}

/// A window's size as SQLite takes it.
pub(in crate::store) fn limit(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod plans;
mod reach;
