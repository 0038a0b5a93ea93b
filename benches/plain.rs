//! The baseline of the import: the same rows into plain SQLite, with the same tables and the same index.

use rusqlite::{Connection, params};
use serde_json::Value;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// What the baseline did.
pub struct Filled {
    /// Messages.
    pub messages: usize,
}

#[derive(Default)]
struct Thread {
    id: i64,
    last: i64,
    last_id: i64,
    preview: String,
}

/// Opens a database as the store does.
pub fn open(path: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open(path)?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8192; PRAGMA mmap_size = 0;",
    )?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(db)
}

/// Fills a fresh database with the corpus, in transactions of `chunk` messages.
pub fn fill(
    db: &mut Connection,
    schema: &str,
    corpus: &Path,
    chunk: usize,
) -> Result<Filled, Box<dyn std::error::Error>> {
    db.execute_batch(schema)?;
    // The index merges itself as it does by default.
    for table in ["message_fts", "name_fts"] {
        for (key, value) in [("automerge", 4), ("crisismerge", 16)] {
            db.execute(&format!("INSERT INTO {table}({table}, rank) VALUES (?1, ?2)"), params![key, value])?;
        }
    }
    db.execute_batch(
        "INSERT INTO account (id, name, provider, channels, since) VALUES (1, 'plain', 'import', '[]', 0);",
    )?;
    let mut contacts: HashMap<String, i64> = HashMap::new();
    let mut threads: HashMap<String, Thread> = HashMap::new();
    let mut lines = BufReader::with_capacity(1 << 20, File::open(corpus)?).lines();
    let (mut messages, mut last_id) = (0, 0);
    loop {
        let tx = db.transaction()?;
        let mut count = 0;
        for line in lines.by_ref().take(chunk) {
            let m: Value = serde_json::from_str(&line?)?;
            let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
            let (ts, body) = (m["ts"].as_i64().unwrap_or_default(), text(&m["text"]));
            let (name, mail, phone) =
                (text(&m["customer"]["name"]), text(&m["customer"]["email"]), text(&m["customer"]["phone"]));
            let next = contacts.len() as i64 + 1;
            let contact = *contacts.entry(mail.clone()).or_insert(next);
            if contact == next {
                tx.prepare_cached("INSERT INTO contact (id, name, created_at) VALUES (?, ?, ?)")?
                    .execute(params![contact, name, ts * 1000])?;
                let mut add = tx.prepare_cached(
                    "INSERT INTO identity (kind, value, contact_id, created_at) VALUES (?, ?, ?, ?)",
                )?;
                add.execute(params![1, mail, contact, ts * 1000])?;
                add.execute(params![0, phone, contact, ts * 1000]).ok();
            }
            let (key, next) = (text(&m["conversation"]), threads.len() as i64 + 1);
            let thread = threads.entry(key.clone()).or_default();
            if thread.id == 0 {
                thread.id = next;
                tx.prepare_cached(
                    "INSERT INTO conversation (id, account_id, external_id, channel, contact_id, ours, theirs, created_at, \
                     subject, status) VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, 3)",
                )?
                .execute(params![next, key, 0, contact, "support@example.com", mail, ts * 1000, text(&m["subject"])])?;
                tx.prepare_cached("INSERT INTO name_fts (rowid, body) VALUES (?, ?)")?
                    .execute(params![next, format!("{} {name} {mail} {phone}", text(&m["subject"]))])?;
            }
            let id = (ts << 8).max(last_id + 1);
            last_id = id;
            let inbound = m["direction"] == "in";
            tx.prepare_cached(
                "INSERT INTO message (id, conversation_id, account_id, external_id, direction, author_kind, author_name, text, \
                 sent_at, rev_at) VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                id,
                thread.id,
                text(&m["id"]),
                i64::from(!inbound),
                i64::from(!inbound),
                text(&m["from"]["name"]),
                body,
                ts * 1000,
                ts * 1000
            ])?;
            tx.prepare_cached("INSERT INTO message_fts (rowid, body) VALUES (?, ?)")?
                .execute(params![id, frontdesk::text::index::index_form(&body)])?;
            (thread.last, thread.last_id) = (ts * 1000, id);
            thread.preview = body.chars().take(120).collect();
            count += 1;
        }
        tx.commit()?;
        messages += count;
        if count < chunk {
            break;
        }
    }
    let tx = db.transaction()?;
    {
        let mut update = tx.prepare(
            "UPDATE conversation SET last_message_at = ?, last_message_id = ?, preview = ?, preview_direction = 0 WHERE id = ?",
        )?;
        for t in threads.values() {
            update.execute(params![t.last, t.last_id, t.preview, t.id])?;
        }
    }
    tx.commit()?;
    Ok(Filled { messages })
}
