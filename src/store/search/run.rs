//! Finds messages, newest first.
//!
//! 1. Messages that hold all the words: a walk of the index. It gives a floor: below its last hit nothing is wanted.
//! 2. Where the floor is near, what else lies above it is looked at one by one: words may be found among the names.
//! 3. Else the words are rare. Then the conversations whose names hold some of the words are few enough to be listed, and
//!    their messages are asked for the rest.
//!
//! A filter that leaves few conversations turns the search around: their messages are listed first.

use super::words::{Step, Words};
use super::{Found, Top, Watch, conversation_of, matcher, text_of};
use crate::domain::ids::MessageId;
use crate::domain::message::Direction;
use crate::store::filter::{Lowered, Part, Unit, weigh};
use crate::store::names;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use std::collections::{HashMap, HashSet};

/// A set of conversations is listed up to this size.
const FEW: usize = 4_000;
/// Filters that leave so few conversations are always listed first.
const VERY_FEW: usize = 64;
/// Hits of the index that may fail the filters before these are listed first after all.
const PATIENCE: usize = 500;
/// Messages that are looked at one by one.
const WINDOW: usize = 300;
/// With more words than this, not every division between text and names is tried.
const DIVIDED: usize = 4;

/// The newest `need` messages below `to` that match.
pub(super) fn run(
    conn: &Connection,
    q: &Lowered,
    to: i64,
    need: usize,
    watch: &Watch,
) -> rusqlite::Result<Found<MessageId>> {
    let mut run = Run {
        conn,
        q,
        from: q.from,
        to: to.min(q.to),
        watch,
        scope: None,
        check: Part::default(),
        top: Top::new(need),
        covers: HashMap::new(),
    };
    let done = if q.never || need == 0 { Ok(()) } else { run.all() };
    match done {
        Ok(()) => {}
        // What has come so far is told; the searcher knows that they, or the time, cut it short.
        Err(e) if interrupted(&e) => return Ok(Found { rows: run.top.into_ids(), complete: false }),
        Err(e) => return Err(e),
    }
    Ok(Found { complete: !watch.over.get(), rows: run.top.into_ids() })
}

pub(super) fn interrupted(e: &rusqlite::Error) -> bool {
    e.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted)
}

struct Run<'a> {
    conn: &'a Connection,
    q: &'a Lowered,
    from: i64,
    to: i64,
    watch: &'a Watch,
    /// The only messages that can match, where a filter leaves few: id and conversation, newest first.
    scope: Option<Scope>,
    /// What must hold of a message besides its words, as a condition on `m` and `c`.
    check: Part,
    top: Top,
    /// Which units the names of a conversation hold, and whether they hold an excluded one.
    covers: HashMap<i64, (u32, bool)>,
}

struct Scope {
    list: Vec<(i64, i64)>,
    ids: HashMap<i64, i64>,
}

impl Run<'_> {
    fn all(&mut self) -> rusqlite::Result<()> {
        self.check = self.conditions(true);
        let Some(source) = self.best_source()? else {
            return if self.q.units.is_empty() { self.browse() } else { self.words(None) };
        };
        let (rows, part) = source;
        if rows == 0 {
            return Ok(());
        }
        if rows <= VERY_FEW || (self.q.units.is_empty() && rows <= FEW) {
            self.narrow(&part)?;
            return if self.q.units.is_empty() { self.browse() } else { self.words(None) };
        }
        if self.q.units.is_empty() { self.browse() } else { self.words((rows <= FEW).then_some(part)) }
    }

    /// The source with the fewest rows.
    fn best_source(&self) -> rusqlite::Result<Option<(usize, Part)>> {
        let mut best: Option<(usize, Part)> = None;
        for source in &self.q.sources {
            let rows = weigh(self.conn, source, FEW)?;
            if best.as_ref().is_none_or(|(least, _)| rows < *least) {
                best = Some((rows, source.clone()));
            }
        }
        Ok(best)
    }

    /// What must hold of a message; of its conversation too, where that has not been seen to.
    fn conditions(&self, conversation: bool) -> Part {
        let mut sql = Vec::new();
        let mut values = Vec::new();
        let parts = [(&self.q.conversation, conversation), (&self.q.message, true)];
        for (part, wanted) in parts {
            if wanted && !part.is_empty() {
                sql.push(format!("({})", part.sql));
                values.extend(part.values.iter().cloned());
            }
        }
        if !self.q.not_message.is_empty() {
            sql.push(format!("NOT coalesce(({}), 0)", self.q.not_message.sql));
            values.extend(self.q.not_message.values.iter().cloned());
        }
        Part { sql: sql.join(" AND "), values }
    }

    /// Lists the messages of the conversations that the filters leave.
    fn narrow(&mut self, source: &Part) -> rusqlite::Result<()> {
        let mut sql = format!(
            "SELECT m.id, m.conversation_id FROM conversation c CROSS JOIN message m ON m.conversation_id = c.id
             WHERE c.id IN ({})",
            source.sql
        );
        let mut values = source.values.clone();
        if !self.q.conversation.is_empty() {
            sql.push_str(&format!(" AND ({})", self.q.conversation.sql));
            values.extend(self.q.conversation.values.iter().cloned());
        }
        sql.push_str(" AND m.id >= ? AND m.id < ?");
        values.extend([Value::Integer(self.from), Value::Integer(self.to)]);
        let mut statement = self.conn.prepare_cached(&sql)?;
        let mut list = statement
            .query_map(params_from_iter(&values), |r| Ok((r.get(0)?, r.get(1)?)))?
            .collect::<rusqlite::Result<Vec<(i64, i64)>>>()?;
        list.sort_unstable_by(|a, b| b.cmp(a));
        self.scope = Some(Scope { ids: list.iter().copied().collect(), list });
        self.check = self.conditions(false);
        Ok(())
    }

    /// No words are asked for: what the filters leave, newest first.
    fn browse(&mut self) -> rusqlite::Result<()> {
        if let Some(scope) = self.scope.take() {
            for (id, conversation) in &scope.list {
                if self.watch.over() || self.top.is_full() {
                    break;
                }
                self.name_hit(*id, *conversation, &[])?;
            }
            return Ok(());
        }
        // The condition is a column and not a WHERE, so that the clock is looked at on the way.
        let holds = if self.check.is_empty() { "1" } else { &self.check.sql };
        let sql = format!(
            "SELECT m.id, m.conversation_id, coalesce(({holds}), 0) FROM message m CROSS JOIN conversation c
             ON c.id = m.conversation_id WHERE m.id >= ? AND m.id < ? AND m.direction <> {} ORDER BY m.id DESC",
            Direction::Activity.code()
        );
        let mut values = self.check.values.clone();
        values.extend([Value::Integer(self.from), Value::Integer(self.to)]);
        let conn = self.conn;
        let mut statement = conn.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(&values))?;
        while let Some(row) = rows.next()? {
            if self.watch.over() || self.top.is_full() {
                break;
            }
            let (id, conversation) = (row.get(0)?, row.get(1)?);
            if row.get(2)? && !self.excluded(id, conversation)? {
                self.top.push(id);
            }
        }
        Ok(())
    }

    /// Words are asked for. `source` lists few conversations, if the filters turn out to be rare.
    fn words(&mut self, source: Option<Part>) -> rusqlite::Result<()> {
        let units: Vec<&Unit> = self.q.units.iter().collect();
        let patience = source.as_ref().map(|_| PATIENCE);
        if !self.texts(&units, patience, &|_| true)?
            && let Some(source) = source
        {
            self.narrow(&source)?;
            self.top = Top::new(self.top.need);
            self.texts(&units, None, &|_| true)?;
        }
        if self.watch.over.get() {
            return Ok(());
        }
        match self.window()? {
            Some(list) => self.one_by_one(&list),
            None => self.by_names(),
        }
    }

    /// Messages that hold the words of all `units`. False = `patience` was lost.
    fn texts(
        &mut self,
        units: &[&Unit],
        patience: Option<usize>,
        likely: &dyn Fn(i64) -> bool,
    ) -> rusqlite::Result<bool> {
        let Some(words) = Words::new(units, &self.q.without) else { return Ok(true) };
        let conn = self.conn;
        let scope = self.scope.take();
        let in_scope = |id: i64| likely(id) && scope.as_ref().is_none_or(|s| s.ids.contains_key(&id));
        let (mut seen, mut patient) = (0, true);
        let (from, to, watch) = (self.from.max(self.top.floor()), self.to, self.watch);
        let result = words.walk(conn, from, to, watch, &in_scope, &mut |id| {
            if id < self.top.floor() {
                return Ok(Step::Stop);
            }
            seen += 1;
            if self.passes(id)? && !self.names_exclude(id)? {
                self.top.push(id);
            }
            patient = patience.is_none_or(|most| seen <= most || self.top.is_full());
            Ok(if patient { Step::On } else { Step::Stop })
        });
        self.scope = scope;
        result.map(|_| patient)
    }

    /// Whether the conditions hold of a message.
    fn passes(&self, id: i64) -> rusqlite::Result<bool> {
        if self.check.is_empty() {
            return Ok(true);
        }
        let sql = format!(
            "SELECT 1 FROM message m CROSS JOIN conversation c ON c.id = m.conversation_id WHERE m.id = ? AND {}",
            self.check.sql
        );
        let values = std::iter::once(Value::Integer(id)).chain(self.check.values.iter().cloned());
        self.conn.prepare_cached(&sql)?.exists(params_from_iter(values))
    }

    /// Which units the names of a conversation hold (as bits), and whether they hold a word that must not be.
    fn cover(&mut self, conversation: i64) -> rusqlite::Result<(u32, bool)> {
        if let Some(known) = self.covers.get(&conversation) {
            return Ok(*known);
        }
        let words = names::words(self.conn, conversation).optional()?.unwrap_or_default();
        let mut bits = 0;
        for (n, unit) in self.q.units.iter().enumerate().take(32) {
            bits |= u32::from(matcher::names_hold(&words, unit)) << n;
        }
        let excluded = self.q.without.iter().any(|unit| matcher::names_hold(&words, unit));
        self.covers.insert(conversation, (bits, excluded));
        Ok((bits, excluded))
    }

    fn names_exclude(&mut self, id: i64) -> rusqlite::Result<bool> {
        if self.q.without.is_empty() {
            return Ok(false);
        }
        match conversation_of(self.conn, id)? {
            Some(conversation) => Ok(self.cover(conversation)?.1),
            None => Ok(true),
        }
    }

    /// Whether a word that must not be is in the message or among the names.
    fn excluded(&mut self, id: i64, conversation: i64) -> rusqlite::Result<bool> {
        if self.q.without.is_empty() {
            return Ok(false);
        }
        let q = self.q;
        Ok(self.cover(conversation)?.1
            || text_of(self.conn, id, |text| q.without.iter().any(|unit| matcher::holds_unit(text, unit)))?)
    }

    /// Takes a message whose conversation's names hold all units but `rest`, if the rest is in its text.
    fn name_hit(&mut self, id: i64, conversation: i64, rest: &[&Unit]) -> rusqlite::Result<()> {
        if id < self.top.floor() || self.top.ids.contains(&id) {
            return Ok(());
        }
        let there = rest.is_empty()
            || text_of(self.conn, id, |text| rest.iter().all(|unit| matcher::holds_unit(text, unit)))?;
        if there && self.passes(id)? && !self.excluded(id, conversation)? {
            self.top.push(id);
        }
        Ok(())
    }

    /// All messages above the floor with their conversations, where these are few.
    fn window(&self) -> rusqlite::Result<Option<Vec<(i64, i64)>>> {
        let floor = self.top.floor();
        if let Some(scope) = &self.scope {
            let above = scope.list.partition_point(|(id, _)| *id >= floor);
            return Ok((above <= WINDOW).then(|| scope.list[..above].to_vec()));
        }
        if !self.top.is_full() {
            return Ok(None);
        }
        let sql = format!(
            "SELECT id, conversation_id FROM message WHERE id >= ?1 AND id < ?2 AND direction <> {} ORDER BY id DESC LIMIT {}",
            Direction::Activity.code(),
            WINDOW + 1
        );
        let list = self
            .conn
            .prepare_cached(&sql)?
            .query_map(params![floor.max(self.from), self.to], |r| Ok((r.get(0)?, r.get(1)?)))?
            .collect::<rusqlite::Result<Vec<(i64, i64)>>>()?;
        Ok((list.len() <= WINDOW).then_some(list))
    }

    fn one_by_one(&mut self, list: &[(i64, i64)]) -> rusqlite::Result<()> {
        let q = self.q;
        for (id, conversation) in list {
            if self.watch.over() {
                return Ok(());
            }
            if self.top.ids.contains(id) {
                continue;
            }
            let (bits, excluded) = self.cover(*conversation)?;
            // Without a word among the names, the index would have told.
            if bits != 0 && !excluded {
                let rest: Vec<&Unit> = q
                    .units
                    .iter()
                    .enumerate()
                    .filter(|(n, _)| *n >= 32 || bits >> n & 1 == 0)
                    .map(|(_, u)| u)
                    .collect();
                self.name_hit(*id, *conversation, &rest)?;
            }
        }
        Ok(())
    }

    /// Lists the conversations whose names hold some of the words, and asks their messages for the rest.
    fn by_names(&mut self) -> rusqlite::Result<()> {
        let q = self.q;
        let sets = q.units.iter().map(|unit| self.named(unit)).collect::<rusqlite::Result<Vec<_>>>()?;
        let count = sets.len();
        let divisions: Vec<u32> = if count <= DIVIDED {
            (1..1u32 << count).rev().collect()
        } else {
            (0..count.min(32)).map(|n| 1 << n).chain([u32::MAX]).collect()
        };
        for division in divisions {
            if self.watch.over.get() {
                return Ok(());
            }
            let by_name = |n: usize| n >= 32 || division >> n & 1 == 1;
            let mut chosen: Vec<&HashSet<i64>> =
                sets.iter().enumerate().filter(|(n, _)| by_name(*n)).map(|(_, set)| set).collect();
            chosen.sort_by_key(|set| set.len());
            let Some((least, others)) = chosen.split_first() else { continue };
            let set: HashSet<i64> =
                least.iter().filter(|id| others.iter().all(|o| o.contains(id))).copied().collect();
            if set.is_empty() {
                continue;
            }
            let rest: Vec<&Unit> =
                q.units.iter().enumerate().filter(|(n, _)| !by_name(*n)).map(|(_, unit)| unit).collect();
            if rest.is_empty() { self.recent(&set)? } else { self.rest_of(&set, &rest)? }
        }
        Ok(())
    }

    /// The conversations whose names hold a unit.
    fn named(&self, unit: &Unit) -> rusqlite::Result<HashSet<i64>> {
        let mut set = HashSet::new();
        let Some(expression) = unit.names() else { return Ok(set) };
        let mut statement = self.conn.prepare_cached("SELECT rowid FROM name_fts WHERE name_fts MATCH ?1")?;
        let mut rows = statement.query(params![expression])?;
        while let Some(row) = rows.next()? {
            if self.watch.over() {
                break;
            }
            set.insert(row.get(0)?);
        }
        Ok(set)
    }

    /// The newest messages of conversations whose names hold everything.
    fn recent(&mut self, set: &HashSet<i64>) -> rusqlite::Result<()> {
        if let Some(scope) = self.scope.take() {
            for (id, conversation) in &scope.list {
                if self.watch.over() || *id < self.top.floor() {
                    break;
                }
                if set.contains(conversation) {
                    self.name_hit(*id, *conversation, &[])?;
                }
            }
            self.scope = Some(scope);
            return Ok(());
        }
        let conn = self.conn;
        // Few are looked up and sorted; of many the most recent are soon met on a walk.
        let few = set.len() <= 512;
        let mut statement = conn.prepare_cached(if few {
            "SELECT c.id, c.last_message_at FROM json_each(?1) j CROSS JOIN conversation c ON c.id = j.value
             ORDER BY c.last_message_at DESC, c.id DESC"
        } else {
            "SELECT id, last_message_at FROM conversation WHERE ?1 = ''
             ORDER BY last_message_at DESC, id DESC"
        })?;
        let mut rows = statement.query(params![if few { json(set.iter()) } else { String::new() }])?;
        while let Some(row) = rows.next()? {
            let (conversation, last): (i64, i64) = (row.get(0)?, row.get(1)?);
            // Ids overflow forward into the next seconds when one second is full.
            let newest = MessageId::for_second(last.saturating_add(600_000)).0;
            if self.watch.over() || newest < self.top.floor() {
                break;
            }
            if set.contains(&conversation) && !self.cover(conversation)?.1 {
                self.of_conversation(conversation)?;
            }
        }
        Ok(())
    }

    fn of_conversation(&mut self, conversation: i64) -> rusqlite::Result<()> {
        let sql = format!(
            "SELECT id FROM message WHERE conversation_id = ?1 AND direction <> {} ORDER BY sent_at DESC, id DESC",
            Direction::Activity.code()
        );
        let conn = self.conn;
        let mut statement = conn.prepare_cached(&sql)?;
        let mut rows = statement.query(params![conversation])?;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            if self.watch.over() || id < self.top.floor().max(self.from) {
                break;
            }
            if id < self.to {
                self.name_hit(id, conversation, &[])?;
            }
        }
        Ok(())
    }

    /// Messages of these conversations whose text holds the rest of the words.
    fn rest_of(&mut self, set: &HashSet<i64>, rest: &[&Unit]) -> rusqlite::Result<()> {
        let floor = self.top.floor().max(self.from);
        let mut list: Vec<(i64, i64)> = Vec::new();
        if let Some(scope) = &self.scope {
            list.extend(scope.list.iter().filter(|(id, c)| *id >= floor && set.contains(c)));
        } else if set.len() <= FEW {
            let mut statement = self.conn.prepare_cached(
                "SELECT m.id, m.conversation_id FROM json_each(?1) j CROSS JOIN message m INDEXED BY message_thread
                 ON m.conversation_id = j.value WHERE m.id >= ?2 AND m.id < ?3",
            )?;
            let mut rows = statement.query(params![json(set.iter()), floor, self.to])?;
            while let Some(row) = rows.next()? {
                if self.watch.over() {
                    return Ok(());
                }
                list.push((row.get(0)?, row.get(1)?));
            }
        } else {
            let conn = self.conn;
            // The index gives the words; each hit's conversation is looked up, and one in thirty or more will do.
            let found = |id: i64| {
                conversation_of(conn, id)
                    .ok()
                    .flatten()
                    .is_some_and(|conversation| set.contains(&conversation))
            };
            self.texts(rest, None, &found)?;
            return Ok(());
        }
        list.sort_unstable_by(|a, b| b.cmp(a));
        if list.len() <= WINDOW {
            for (id, conversation) in list {
                self.name_hit(id, conversation, rest)?;
            }
            return Ok(());
        }
        let ids: HashSet<i64> = list.into_iter().map(|(id, _)| id).collect();
        self.texts(rest, None, &|id| ids.contains(&id))?;
        Ok(())
    }
}

/// Ids for `json_each`.
pub(super) fn json<'a>(ids: impl Iterator<Item = &'a i64>) -> String {
    let list: Vec<String> = ids.map(i64::to_string).collect();
    format!("[{}]", list.join(","))
}
