//! Stored webhooks: what waits, and what `webhooks list` and `show` tell.

use crate::domain::ids::{AccountId, ReceiptId};
use crate::domain::row::ReceiptRow;
use crate::store::error::StoreError;
use crate::store::reader::{Reader, limit, rows};
use crate::store::receipts::ReceiptNew;
use rusqlite::Row;

/// Which receipts to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReceiptFilter {
    /// Only those that could not be read.
    pub quarantined: bool,
    /// Only those of an account.
    pub account: Option<AccountId>,
    /// Only those older than this one, for the next page.
    pub before: Option<ReceiptId>,
    /// How many.
    pub limit: usize,
}

/// Bytes of bodies after which no further one is read at once.
const AT_ONCE: usize = 8 << 20;

/// What waits to be read.
pub(super) const WAITING: &str = "SELECT id, account_id, method, url, headers, body, received_at
     FROM receipt_waiting JOIN receipt ON id = receipt_id WHERE receipt_id > ?2 ORDER BY receipt_id LIMIT ?1";

const LISTED: &str =
    "SELECT r.id, r.account_id, a.name, r.received_at,
            CASE WHEN q.receipt_id IS NOT NULL THEN 2 WHEN w.receipt_id IS NOT NULL THEN 0 ELSE 1 END,
            q.error, r.dedupe_key, CASE WHEN r.body IS NULL THEN 0 ELSE r.size END
     FROM receipt r LEFT JOIN account a ON a.id = r.account_id LEFT JOIN receipt_waiting w ON w.receipt_id = r.id
          LEFT JOIN receipt_quarantine q ON q.receipt_id = r.id";

fn listed(r: &Row<'_>) -> rusqlite::Result<ReceiptRow> {
    Ok(ReceiptRow {
        id: ReceiptId(r.get(0)?),
        account: AccountId(r.get(1)?),
        account_name: r.get::<_, Option<String>>(2)?.unwrap_or_default(),
        received_at: r.get(3)?,
        state: match r.get::<_, i64>(4)? {
            0 => "waiting",
            1 => "done",
            _ => "quarantined",
        },
        error: r.get(5)?,
        dedupe_key: r.get(6)?,
        size: r.get::<_, i64>(7)?.unsigned_abs(),
    })
}

fn whole(r: &Row<'_>) -> rusqlite::Result<(ReceiptId, AccountId, ReceiptNew)> {
    Ok((
        ReceiptId(r.get(0)?),
        AccountId(r.get(1)?),
        ReceiptNew {
            method: r.get(2)?,
            url: r.get(3)?,
            headers: rows::json(4, &r.get::<_, String>(4)?)?,
            body: r.get::<_, Option<Vec<u8>>>(5)?.unwrap_or_default(),
            received_at: r.get(6)?,
        },
    ))
}

impl Reader {
    /// What waits to be read, oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn receipts_waiting(
        &self,
        count: usize,
    ) -> Result<Vec<(ReceiptId, AccountId, ReceiptNew)>, StoreError> {
        self.receipts_waiting_after(ReceiptId(0), count)
    }

    /// What waits to be read after a receipt, oldest first: for passing by what cannot be read now. Fewer than asked for where they are
    /// large: all of them are in memory at once.
    ///
    /// # Errors
    /// Those of the database.
    pub fn receipts_waiting_after(
        &self,
        after: ReceiptId,
        count: usize,
    ) -> Result<Vec<(ReceiptId, AccountId, ReceiptNew)>, StoreError> {
        let mut bytes = 0;
        self.until(WAITING, [limit(count), after.0], whole, |(.., receipt)| {
            bytes += receipt.body.len();
            bytes >= AT_ONCE
        })
    }

    /// Stored webhooks, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn receipts(&self, filter: &ReceiptFilter) -> Result<Vec<ReceiptRow>, StoreError> {
        let state =
            if filter.quarantined { "AND r.id IN (SELECT receipt_id FROM receipt_quarantine)" } else { "" };
        let sql = format!(
            "{LISTED} WHERE r.id < ?1 AND (?2 IS NULL OR r.account_id = ?2) {state} ORDER BY r.id DESC LIMIT ?3"
        );
        let before = filter.before.map_or(i64::MAX, |b| b.0);
        self.all(&sql, rusqlite::params![before, filter.account.map(|a| a.0), limit(filter.limit)], listed)
    }

    /// One stored webhook with its content, as far as that is still kept.
    ///
    /// # Errors
    /// Those of the database.
    pub fn receipt(&self, id: ReceiptId) -> Result<Option<(ReceiptRow, ReceiptNew)>, StoreError> {
        let Some(row) = self.one(&format!("{LISTED} WHERE r.id = ?1"), [id.0], listed)? else {
            return Ok(None);
        };
        let sql = "SELECT id, account_id, method, url, headers, body, received_at FROM receipt WHERE id = ?1";
        Ok(self.one(sql, [id.0], whole)?.map(|(_, _, new)| (row, new)))
    }
}
