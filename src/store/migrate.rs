//! The form of the database file: an append-only list of steps, counted by `user_version`.

use crate::store::error::StoreError;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// Every step, oldest first. Appended to, never edited once released.
const STEPS: &[&str] = &[
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
    include_str!("migrations/0004.sql"),
    include_str!("migrations/0005.sql"),
    include_str!("migrations/0006.sql"),
    include_str!("migrations/0007.sql"),
    include_str!("migrations/0008.sql"),
    include_str!("migrations/0009.sql"),
    include_str!("migrations/0010.sql"),
    include_str!("migrations/0011.sql"),
    include_str!("migrations/0012.sql"),
];
/// Written into the header of our files ("FDsk").
const APPLICATION: i64 = 0x4644_736b;

/// Brings a file to the newest form. Costs one read of the header when it already is.
pub(super) fn migrate(conn: &mut Connection, file: &Path) -> Result<(), StoreError> {
    let known = STEPS.len() as i64;
    let found = version(conn)?;
    if found == known {
        return Ok(());
    }
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    // Another process may be migrating as well: look again once we hold the lock.
    let tx = conn.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    let found = version(&tx)?;
    if found == 0 && tx.query_row("SELECT count(*) FROM sqlite_master", [], |r| r.get::<_, i64>(0))? > 0 {
        return Err(StoreError::Corrupt {
            path: file.to_owned(),
            detail: "it is a database of another program".into(),
        });
    }
    for (at, step) in STEPS.iter().enumerate().skip(usize::try_from(found).unwrap_or(0)) {
        tx.execute_batch(step)?;
        tx.pragma_update(None, "user_version", at as i64 + 1)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION)?;
    tx.commit()?;
    Ok(())
}

fn version(conn: &Connection) -> Result<i64, StoreError> {
    Ok(conn.query_row("PRAGMA user_version", [], |r| r.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::ManualClock;
    use crate::store::{ReceiptFilter, Store};
    use std::sync::Arc;

    #[test]
    fn a_file_of_the_first_form_keeps_what_waits_and_what_could_not_be_read() {
        let dir = tempfile::tempdir().unwrap();
        let old = Connection::open(dir.path().join("frontdesk.db")).unwrap();
        old.execute_batch(STEPS[0]).unwrap();
        old.execute_batch(
            "INSERT INTO receipt(id, account_id, dedupe_key, received_at, method, url, headers, body, size, state, error) VALUES
               (1, 1, 'a', 10, 'POST', 'u', '[]', x'61', 1, 1, NULL),
               (2, 1, 'b', 11, 'POST', 'u', '[]', x'62', 1, 0, NULL),
               (3, 1, 'c', 12, 'POST', 'u', '[]', x'63', 1, 2, 'no such field');
             PRAGMA user_version = 1;",
        )
        .unwrap();
        drop(old);
        let store = Store::open(dir.path(), Arc::new(ManualClock::new(1_700_000_000_000))).unwrap();
        let reader = store.reader().unwrap();
        let waiting = reader.receipts_waiting(10).unwrap();
        assert_eq!(
            waiting.iter().map(|(id, _, new)| (id.0, new.body.clone())).collect::<Vec<_>>(),
            [(2, b"b".to_vec())]
        );
        let all = reader.receipts(&ReceiptFilter { limit: 10, ..ReceiptFilter::default() }).unwrap();
        let states: Vec<_> = all.iter().map(|r| (r.id.0, r.state, r.error.as_deref())).collect();
        assert_eq!(
            states,
            [(3, "quarantined", Some("no such field")), (2, "waiting", None), (1, "done", None)]
        );
        let filter = ReceiptFilter { quarantined: true, limit: 10, ..ReceiptFilter::default() };
        assert_eq!(reader.receipts(&filter).unwrap().len(), 1);
    }

    #[test]
    fn quick_replies_of_an_earlier_form_keep_their_use() {
        let dir = tempfile::tempdir().unwrap();
        let old = Connection::open(dir.path().join("frontdesk.db")).unwrap();
        STEPS[..3].iter().for_each(|step| old.execute_batch(step).unwrap());
        old.execute_batch(
            "INSERT INTO quick_reply(id, shortcut, title, body, uses) VALUES (7, 'hi', 'Greeting', 'Hello', 12);
             PRAGMA user_version = 3;",
        )
        .unwrap();
        drop(old);
        let store = Store::open(dir.path(), Arc::new(ManualClock::new(1_700_000_000_000))).unwrap();
        let all = store.reader().unwrap().quick_replies().unwrap();
        let [one] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((one.id.0, one.reply.name(), one.reply.slot, one.uses), (7, "hi".to_owned(), None, 12));
    }
}
