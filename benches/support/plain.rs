//! The baseline's database: the tables and the search index of ours, filled as ours, and nothing else.

use frontdesk::domain::clock::{Clock, SystemClock};
use frontdesk::sandbox::history::History;
use rusqlite::{Connection, params};
use std::path::Path;

const SCHEMA: &str = include_str!("../../src/store/migrations/0001.sql");

/// Opens it as the store opens its own.
pub fn open(file: &Path) -> Connection {
    let db = Connection::open(file).expect("a database");
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA cache_size = -8192; PRAGMA mmap_size = 0; PRAGMA foreign_keys = OFF;")
        .expect("pragmas");
    db
}

/// Makes it, with this many messages of history.
pub fn prepare(file: &Path, fill: usize) {
    let mut db = open(file);
    db.execute_batch(SCHEMA).expect("the schema");
    // The index merges itself as it does by default.
    db.execute_batch(
        "CREATE TABLE plain_receipt (id INTEGER PRIMARY KEY, body BLOB);
         INSERT INTO message_fts(message_fts, rank) VALUES ('automerge', 4), ('crisismerge', 16);",
    )
    .expect("a table");
    db.pragma_update(None, "synchronous", "NORMAL").expect("a pragma");
    let mut history = History::new(fill as u64, 1, SystemClock.now() - 3_600_000);
    let mut last = 0i64;
    loop {
        let tx = db.transaction().expect("a transaction");
        let mut any = false;
        for line in history.by_ref().take(5_000) {
            any = true;
            let v: serde_json::Value = serde_json::from_str(&line).expect("JSON");
            last = (v["ts"].as_i64().unwrap_or_default() << 8).max(last + 1);
            let text = v["text"].as_str().unwrap_or_default();
            tx.prepare_cached(
                "INSERT INTO message (id, conversation_id, account_id, external_id, direction, author_kind, text, sent_at) \
                 VALUES (?, 1, 1, ?, 0, 0, ?, ?)",
            )
            .and_then(|mut s| s.execute(params![last, v["id"].as_str(), text, (last >> 8) * 1000]))
            .expect("a row");
            tx.prepare_cached("INSERT INTO message_fts (rowid, body) VALUES (?, ?)")
                .and_then(|mut s| s.execute(params![last, text]))
                .expect("an index row");
        }
        tx.commit().expect("a commit");
        if !any {
            return;
        }
    }
}
