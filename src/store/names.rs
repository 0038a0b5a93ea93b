//! What a conversation is found by besides its messages: subject, name, addresses.

use crate::store::error::StoreError;
use rusqlite::{Connection, params};

/// The words of a conversation's entry in the index of names.
pub(super) fn of(conn: &Connection, conversation: i64) -> Result<String, StoreError> {
    let (subject, theirs, name, contact): (Option<String>, String, String, i64) = conn
        .prepare_cached(
            "SELECT c.subject, c.theirs, k.name, k.id FROM conversation c JOIN contact k ON k.id = c.contact_id
             WHERE c.id = ?1",
        )?
        .query_row(params![conversation], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))?;
    let mut words = subject.unwrap_or_default();
    for part in [&name, &theirs] {
        words.push('\n');
        words.push_str(part);
    }
    let mut more = conn.prepare_cached(
        "SELECT value FROM identity WHERE contact_id = ?1 UNION SELECT value FROM claim WHERE contact_id = ?1",
    )?;
    let mut rows = more.query(params![contact])?;
    while let Some(row) = rows.next()? {
        let value: String = row.get(0)?;
        if value != theirs {
            words.push('\n');
            words.push_str(&value);
        }
    }
    Ok(crate::text::index::index_form(&words).into_owned())
}
