//! Finds messages, newest first.
//!
//! 1. Messages that hold all the words: a walk of the index. It gives a floor: below its last hit nothing is wanted.
//! 2. Conversations whose names hold some of the words: see `named`.
//!
//! A filter that leaves few conversations turns the search around: their messages are listed first.

use super::words::{Step, Words};
use super::{FINDABLE, Found, Top, Watch, conversation_of, matcher, text_of};
use crate::domain::ids::MessageId;
use crate::store::filter::{Lowered, Part, Unit, weigh};
use crate::store::names;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use std::collections::HashMap;

/// A set of conversations is listed up to this size.
const FEW: usize = 4_000;
/// Filters that leave so few conversations are always listed first.
const VERY_FEW: usize = 300;
/// Hits of the index that may fail the filters before these are listed first after all.
const PATIENCE: usize = 250;
/// Messages that are looked at one by one, before the index is asked.
const WINDOW: usize = 600;

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

/// A search under way.
pub(super) struct Run<'a> {
    pub(super) conn: &'a Connection,
    pub(super) q: &'a Lowered,
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) watch: &'a Watch,
    /// The only messages that can match, where a filter leaves few: id and conversation, newest first.
    pub(super) scope: Option<Scope>,
    /// What must hold of a message besides its words, as a condition on `m` and `c`.
    check: Part,
    pub(super) top: Top,
    /// Which units the names of a conversation hold, and whether they hold an excluded one.
    covers: HashMap<i64, (u32, bool)>,
}

/// Messages that filters leave.
pub(super) struct Scope {
    /// Id and conversation, newest first.
    pub list: Vec<(i64, i64)>,
    /// The same, to be asked.
    pub ids: HashMap<i64, i64>,
}

impl Run<'_> {
    fn all(&mut self) -> rusqlite::Result<()> {
        self.check = self.conditions(true);
        let any = "SELECT 1 FROM message WHERE id >= ?1 AND id < ?2";
        if !self.conn.prepare_cached(any)?.exists(params![self.from, self.to])? {
            return Ok(());
        }
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
             WHERE c.id IN ({}) AND {FINDABLE}",
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
             ON c.id = m.conversation_id WHERE m.id >= ? AND m.id < ? AND {FINDABLE} ORDER BY m.id DESC"
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
        if self.one_by_one()? {
            return Ok(());
        }
        let patience = source.as_ref().map(|_| PATIENCE);
        if !self.texts(&units, patience, &|_| true)?
            && let Some(source) = source
        {
            self.narrow(&source)?;
            self.top = Top::new(self.top.need);
            if self.one_by_one()? {
                return Ok(());
            }
            self.texts(&units, None, &|_| true)?;
        }
        if self.watch.over.get() || self.one_by_one()? { Ok(()) } else { self.by_names() }
    }

    /// Messages that hold the words of all `units`. False = `patience` was lost.
    pub(super) fn texts(
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
    pub(super) fn cover(&mut self, conversation: i64) -> rusqlite::Result<(u32, bool)> {
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
    pub(super) fn name_hit(&mut self, id: i64, conversation: i64, rest: &[&Unit]) -> rusqlite::Result<()> {
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

    /// Looks at each of the newest messages that the filters leave, where these are listed. Answers whether no other can
    /// matter.
    fn one_by_one(&mut self) -> rusqlite::Result<bool> {
        let Some(mut scope) = self.scope.take() else { return Ok(false) };
        let floor = self.top.floor();
        let window = scope.list.iter().take(WINDOW).take_while(|(id, _)| *id >= floor).copied();
        for (id, conversation) in window.collect::<Vec<_>>() {
            if self.watch.over() || id < self.top.floor() {
                break;
            }
            self.either_way(id, conversation)?;
        }
        let done =
            scope.list.get(WINDOW).is_none_or(|(id, _)| *id < self.top.floor()) || self.watch.over.get();
        if !done {
            for (id, _) in scope.list.drain(..WINDOW) {
                scope.ids.remove(&id);
            }
        }
        self.scope = Some(scope);
        Ok(done)
    }

    /// Takes a message if each unit is in its text or among the names of its conversation.
    pub(super) fn either_way(&mut self, id: i64, conversation: i64) -> rusqlite::Result<()> {
        if id < self.top.floor() || self.top.ids.contains(&id) {
            return Ok(());
        }
        let q = self.q;
        let (bits, excluded) = self.cover(conversation)?;
        if excluded {
            return Ok(());
        }
        let in_text = |n: usize| n >= 32 || bits >> n & 1 == 0;
        let rest: Vec<&Unit> =
            q.units.iter().enumerate().filter(|(n, _)| in_text(*n)).map(|(_, unit)| unit).collect();
        self.name_hit(id, conversation, &rest)
    }
}

/// Ids for `json_each`.
pub(super) fn json<'a>(ids: impl Iterator<Item = &'a i64>) -> String {
    let list: Vec<String> = ids.map(i64::to_string).collect();
    format!("[{}]", list.join(","))
}
