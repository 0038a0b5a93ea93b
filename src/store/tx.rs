//! A transaction as jobs see it, and what waits for its end: derived columns, the search index, counts.

use crate::domain::clock::Ms;
use crate::domain::ids::{ConversationId, MessageId};
use crate::store::derive::Touch;
use crate::store::error::StoreError;
use rusqlite::{Connection, OptionalExtension};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A job's view of the running transaction. Its methods lie in the files of their subjects.
pub struct Tx<'a> {
    pub(super) conn: &'a Connection,
    pub(super) now: Ms,
    /// Conversations whose derived columns are due, with what is known of the change.
    pub(super) touched: BTreeMap<i64, Touch>,
    /// Agents looked up by this job, by e-mail.
    pub(super) agents: HashMap<String, i64>,
    /// Participants written down by the running application.
    pub(super) participants: HashSet<(i64, i64)>,
    /// Conversations that the running application has begun.
    pub(super) begun: Vec<crate::domain::ids::ConversationId>,
    /// Whether the job has made one conversation of two.
    pub(super) has_joined: bool,
    own: Gathered,
    pending: &'a mut Pending,
}

/// What goes into the file at the end of a transaction.
#[derive(Default)]
struct Gathered {
    /// Message texts for the index, by id: FTS5 writes a segment at every descending id. None = remove.
    bodies: BTreeMap<i64, Body>,
    /// Conversations whose names are to be indexed anew; `true` = they may be indexed already.
    names: BTreeMap<i64, bool>,
    /// Changes of view counts: total and unread.
    counts: BTreeMap<String, (i64, i64)>,
}

struct Body {
    text: Option<String>,
    /// An older text may be in the index.
    replace: bool,
}

/// What outlives a job: gathered by its neighbours in the transaction, and hints for the next ones.
#[derive(Default)]
pub(super) struct Pending {
    all: Gathered,
    /// Where the search for a free slot of a second goes on. Only a hint: other processes write too.
    slots: HashMap<i64, i64>,
    /// No message has a greater id: true while this transaction holds the write lock.
    top: Option<i64>,
    /// Whether statements wait for messages that are not known; none = not asked yet in this transaction.
    orphans: Option<bool>,
    /// Whether any op is not over; none = not asked yet in this transaction.
    ops: Option<bool>,
    /// The index may be in more pieces than it has to be.
    untidy: bool,
}

impl<'a> Tx<'a> {
    pub(super) fn new(conn: &'a Connection, now: Ms, pending: &'a mut Pending) -> Tx<'a> {
        Tx {
            conn,
            now,
            touched: BTreeMap::new(),
            agents: HashMap::new(),
            participants: HashSet::new(),
            begun: Vec::new(),
            has_joined: false,
            own: Gathered::default(),
            pending,
        }
    }

    /// What time it is for this job, UTC milliseconds.
    pub fn now(&self) -> Ms {
        self.now
    }

    /// Runs one statement from the cache.
    pub(super) fn exec(&self, sql: &str, params: impl rusqlite::Params) -> Result<usize, StoreError> {
        Ok(self.conn.prepare_cached(sql)?.execute(params)?)
    }

    /// Asks for one row from the cache.
    pub(super) fn one<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.conn.prepare_cached(sql)?.query_row(params, read).optional()?)
    }

    /// Asks for all rows from the cache.
    pub(super) fn all<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows = statement.query_map(params, read)?.collect::<rusqlite::Result<Vec<T>>>()?;
        Ok(rows)
    }

    /// What is to be derived anew for a conversation.
    pub(super) fn touch(&mut self, conversation: i64) -> &mut Touch {
        self.touched.entry(conversation).or_default()
    }

    /// The next free message id at or after the second of `sent_at`.
    pub(super) fn slot(&mut self, sent_at: Ms) -> Result<MessageId, StoreError> {
        let width = 1i64 << MessageId::SLOT_BITS;
        let base = MessageId::for_second(sent_at).0;
        let top = match self.pending.top {
            Some(top) => top,
            None => {
                let highest: Option<i64> =
                    self.conn.prepare_cached("SELECT max(id) FROM message")?.query_row([], |r| r.get(0))?;
                highest.unwrap_or(i64::MIN)
            }
        };
        self.pending.top = Some(top.max(base));
        if base > top {
            return Ok(MessageId(base));
        }
        if top + 1 < base + width {
            // Nothing is above it: what comes in now is mostly of the same second as what came before it.
            self.pending.top = Some(top + 1);
            return Ok(MessageId(top + 1));
        }
        let mut at = self.pending.slots.get(&base).copied().unwrap_or(base);
        let id = loop {
            let highest: Option<i64> = self
                .conn
                .prepare_cached("SELECT max(id) FROM message WHERE id >= ?1 AND id < ?2")?
                .query_row([at, at + width], |r| r.get(0))?;
            match highest {
                None => break at,
                Some(id) if id + 1 < at + width => break id + 1,
                Some(_) => at += width,
            }
        };
        if at != base {
            if self.pending.slots.len() > 512 {
                self.pending.slots.clear();
            }
            self.pending.slots.insert(base, at);
        }
        self.pending.top = Some(top.max(id));
        Ok(MessageId(id))
    }

    /// Whether any statement waits for a message that is not known.
    pub(super) fn has_orphans(&mut self) -> Result<bool, StoreError> {
        if let Some(known) = self.pending.orphans {
            return Ok(known);
        }
        let any = self
            .one("SELECT 1 FROM orphan_delivery UNION ALL SELECT 1 FROM orphan_seen LIMIT 1", [], |_| Ok(()))?
            .is_some();
        self.pending.orphans = Some(any);
        Ok(any)
    }

    /// A statement waits from now on.
    pub(super) fn orphaned(&mut self) {
        self.pending.orphans = Some(true);
    }

    /// Whether any op of the workspace is not over.
    pub(super) fn has_ops(&mut self) -> Result<bool, StoreError> {
        if let Some(known) = self.pending.ops {
            return Ok(known);
        }
        let any = self.one("SELECT 1 FROM op WHERE state < 6 LIMIT 1", [], |_| Ok(()))?.is_some();
        self.pending.ops = Some(any);
        Ok(any)
    }

    /// An op is not over from now on.
    pub(super) fn op_opened(&mut self) {
        self.pending.ops = Some(true);
    }

    /// Gives a message's text to the index at the end of the transaction; none = takes it out.
    pub(super) fn index_message(&mut self, message: i64, text: Option<&str>, replace: bool) {
        let form = text.map(|t| crate::text::index::index_form(t).into_owned());
        let replace = replace || self.own.bodies.contains_key(&message);
        self.own.bodies.insert(message, Body { text: form, replace });
    }

    /// Has the search index merged when nobody asks for anything: another process may have left it in many pieces (an import).
    pub fn index_tidy(&mut self) {
        self.pending.untidy = true;
    }

    /// Has the names of a conversation indexed anew at the end of the transaction.
    pub(super) fn index_names(&mut self, conversation: i64, replace: bool) {
        let slot = self.own.names.entry(conversation).or_default();
        *slot |= replace;
    }

    /// A conversation is no more: nothing of it is indexed.
    pub(super) fn forget_names(&mut self, conversation: i64) {
        self.own.names.remove(&conversation);
        self.pending.all.names.remove(&conversation);
    }

    /// Adds to the count of a view.
    pub(super) fn count(&mut self, key: String, total: i64, unread: i64) {
        let slot = self.own.counts.entry(key).or_default();
        slot.0 += total;
        slot.1 += unread;
    }

    /// Brings every touched conversation's shown and derived columns up to date. Runs at the end of each job.
    pub(super) fn settle(&mut self) -> Result<(), StoreError> {
        while let Some((conversation, touch)) = self.touched.pop_first() {
            self.derive(ConversationId(conversation), touch)?;
        }
        Ok(())
    }

    /// The job stands: what it gathered joins that of its neighbours.
    pub(super) fn keep(&mut self) {
        let own = std::mem::take(&mut self.own);
        let all = &mut self.pending.all;
        for (id, mut body) in own.bodies {
            body.replace |= all.bodies.contains_key(&id);
            all.bodies.insert(id, body);
        }
        for (id, replace) in own.names {
            *all.names.entry(id).or_default() |= replace;
        }
        for (key, (total, unread)) in own.counts {
            let slot = all.counts.entry(key).or_default();
            slot.0 += total;
            slot.1 += unread;
        }
    }
}

impl Pending {
    /// Texts that wait for the index.
    pub(super) fn bodies(&self) -> usize {
        self.all.bodies.len()
    }

    /// Forgets what was gathered: the transaction is over.
    pub(super) fn clear(&mut self) {
        self.all = Gathered::default();
        self.top = None;
        self.orphans = None;
        self.ops = None;
        self.untidy = false;
    }

    /// Writes what was gathered. Answers how many index pages that was, roughly.
    pub(super) fn write(&mut self, conn: &Connection) -> Result<i64, StoreError> {
        let mut bytes = 0usize;
        for (id, body) in &self.all.bodies {
            match &body.text {
                Some(text) => {
                    let sql = if body.replace {
                        "INSERT OR REPLACE INTO message_fts(rowid, body) VALUES (?1, ?2)"
                    } else {
                        "INSERT INTO message_fts(rowid, body) VALUES (?1, ?2)"
                    };
                    conn.prepare_cached(sql)?.execute(rusqlite::params![id, text])?;
                    bytes += text.len();
                }
                None => {
                    conn.prepare_cached("DELETE FROM message_fts WHERE rowid = ?1")?.execute([id])?;
                }
            }
        }
        for (id, replace) in &self.all.names {
            let text = crate::store::names::of(conn, *id)?;
            let sql = if *replace {
                "INSERT OR REPLACE INTO name_fts(rowid, body) VALUES (?1, ?2)"
            } else {
                "INSERT INTO name_fts(rowid, body) VALUES (?1, ?2)"
            };
            conn.prepare_cached(sql)?.execute(rusqlite::params![id, text])?;
        }
        for (key, (total, unread)) in &self.all.counts {
            if (*total, *unread) != (0, 0) {
                conn.prepare_cached(
                    "INSERT INTO view_count(key, total, unread) VALUES (?1, ?2, ?3)
                     ON CONFLICT (key) DO UPDATE SET total = total + excluded.total, unread = unread + excluded.unread",
                )?
                .execute(rusqlite::params![key, total, unread])?;
            }
        }
        // With three prefix lengths the index of a text takes about one and a half times its size.
        Ok(i64::try_from(bytes * 3 / 2 / 4050).unwrap_or(0)
            + i64::from(self.untidy || bytes > 0 || !self.all.names.is_empty()))
    }
}
