//! The durable inbox: pushes as they came, until they are read.

use crate::domain::clock::Ms;
use crate::domain::ids::{AccountId, ReceiptId};
use crate::store::error::StoreError;
use crate::store::tx::Tx;
use rusqlite::params;

/// A push to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptNew {
    /// The method, upper case.
    pub method: String,
    /// The full URL that the vendor called.
    pub url: String,
    /// Header names in lower case with their values, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// When it came, UTC milliseconds.
    pub received_at: Ms,
}

/// What became of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptOutcome {
    /// It is kept.
    New(ReceiptId),
    /// The same was kept before.
    Duplicate(ReceiptId),
}

/// How far bodies have been dropped.
const DROPPED_TO: &str = "receipts-dropped-to";

impl Tx<'_> {
    /// Keeps a push, once per account and key.
    ///
    /// # Errors
    /// Those of the database.
    pub fn receipt_append(
        &mut self,
        account: AccountId,
        key: &str,
        push: &ReceiptNew,
    ) -> Result<ReceiptOutcome, StoreError> {
        let headers = serde_json::to_string(&push.headers)?;
        let added = self.exec(
            "INSERT INTO receipt(account_id, dedupe_key, received_at, method, url, headers, body, size)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (account_id, dedupe_key) DO NOTHING",
            params![
                account.0,
                key,
                push.received_at,
                push.method,
                push.url,
                headers,
                push.body,
                i64::try_from(push.body.len()).unwrap_or(i64::MAX)
            ],
        )?;
        if added > 0 {
            let id = self.conn.last_insert_rowid();
            self.exec("INSERT INTO receipt_waiting(receipt_id) VALUES (?1)", [id])?;
            return Ok(ReceiptOutcome::New(ReceiptId(id)));
        }
        let id = self.one(
            "SELECT id FROM receipt WHERE account_id = ?1 AND dedupe_key = ?2",
            params![account.0, key],
            |r| r.get(0),
        )?;
        id.map(|id| ReceiptOutcome::Duplicate(ReceiptId(id))).ok_or(StoreError::NotFound("receipt"))
    }

    /// Pushes were read and applied.
    ///
    /// # Errors
    /// Those of the database.
    pub fn receipts_done(&mut self, ids: &[ReceiptId]) -> Result<(), StoreError> {
        // They mostly follow one another.
        for run in ids.chunk_by(|a, b| b.0 == a.0 + 1) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            self.exec("DELETE FROM receipt_waiting WHERE receipt_id BETWEEN ?1 AND ?2", [first.0, last.0])?;
        }
        Ok(())
    }

    /// A push cannot be read, for this reason. It is kept whole, to be read again after an upgrade.
    ///
    /// # Errors
    /// Those of the database.
    pub fn receipt_quarantine(&mut self, id: ReceiptId, error: &str) -> Result<(), StoreError> {
        self.receipts_done(&[id])?;
        self.exec(
            "INSERT OR REPLACE INTO receipt_quarantine(receipt_id, error) VALUES (?1, ?2)",
            params![id.0, error],
        )?;
        Ok(())
    }

    /// A push is to be read again.
    ///
    /// # Errors
    /// `NotFound`; `Refused` if its body was dropped; those of the database.
    pub fn receipt_requeue(&mut self, id: ReceiptId) -> Result<(), StoreError> {
        let whole: Option<bool> =
            self.one("SELECT body IS NOT NULL FROM receipt WHERE id = ?1", [id.0], |r| r.get(0))?;
        match whole {
            None => Err(StoreError::NotFound("receipt")),
            Some(false) => Err(StoreError::Refused(
                "its body was dropped after it had been read: there is nothing left to read again".into(),
            )),
            Some(true) => {
                self.exec("DELETE FROM receipt_quarantine WHERE receipt_id = ?1", [id.0])?;
                self.exec("INSERT OR IGNORE INTO receipt_waiting(receipt_id) VALUES (?1)", [id.0])?;
                Ok(())
            }
        }
    }

    /// Drops the bodies of pushes that were read and came before a moment; their keys stay, so that a replay is still known. One
    /// that was not read by then loses its body once it is. Looks at some hundred at a time: call again while it answers more than
    /// zero.
    ///
    /// # Errors
    /// Those of the database.
    pub fn receipts_drop_bodies(&mut self, older_than: Ms) -> Result<usize, StoreError> {
        let late: Vec<i64> = self.all(
            "SELECT receipt_id FROM receipt_late WHERE receipt_id NOT IN (SELECT receipt_id FROM receipt_waiting)
             AND receipt_id NOT IN (SELECT receipt_id FROM receipt_quarantine) LIMIT 250",
            [],
            |r| r.get(0),
        )?;
        for id in &late {
            self.receipt_drop_body(*id)?;
            self.exec("DELETE FROM receipt_late WHERE receipt_id = ?1", [id])?;
        }
        let from: i64 = self.meta(DROPPED_TO)?.and_then(|v| v.parse().ok()).unwrap_or(0);
        let old: Vec<(i64, bool)> = self.all(
            "SELECT id, id IN (SELECT receipt_id FROM receipt_waiting) OR id IN (SELECT receipt_id FROM receipt_quarantine)
             FROM (SELECT id, received_at FROM receipt WHERE id > ?1 ORDER BY id LIMIT 250) WHERE received_at < ?2",
            [from, older_than],
            |r| Ok((r.get(0)?, r.get(1)?)),
        )?;
        let Some(to) = old.last().map(|o| o.0) else { return Ok(late.len()) };
        for (id, undone) in &old {
            if *undone {
                self.exec("INSERT OR IGNORE INTO receipt_late(receipt_id) VALUES (?1)", [id])?;
            } else {
                self.receipt_drop_body(*id)?;
            }
        }
        self.meta_set(DROPPED_TO, &to.to_string())?;
        Ok(late.len() + old.len())
    }

    fn receipt_drop_body(&mut self, id: i64) -> Result<(), StoreError> {
        let sql = "UPDATE receipt SET body = NULL, headers = '[]' WHERE id = ?1 AND body IS NOT NULL";
        self.exec(sql, [id]).map(|_| ())
    }

    /// Forgets statements about messages that never came, told before a moment.
    ///
    /// # Errors
    /// Those of the database.
    pub fn orphans_forget(&mut self, older_than: Ms) -> Result<usize, StoreError> {
        self.exec("DELETE FROM orphan_delivery WHERE at < ?1", [older_than])
    }
}
