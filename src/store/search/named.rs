//! Finds messages by the names of their conversations: subject, people, addresses.
//!
//! Each word may be in the text or among the names. Where some word is among no names, the messages with it in their text are
//! all that can match. Else the words are divided between text and names in every way; only conversations with a message above
//! the floor can matter, the most recent first.

use super::run::{Run, json};
use super::words::{Step, Words, is_long};
use super::{FINDABLE, conversation_of};
use crate::domain::ids::MessageId;
use crate::store::filter::Unit;
use rusqlite::params;

/// With more words than this among names, not every division between text and names is tried.
const DIVIDED: usize = 4;
/// Conversations with messages above the floor, up to which they are listed.
const NEAR: i64 = 20_000;
/// Conversations with matching names that are looked up one by one; more are met on a walk.
const FEW_NAMED: usize = 512;
/// Conversations whose texts are looked at before the index is asked for the rest of the words.
const VISITS: usize = 20;
/// The same where all of them may be needed.
const LOOKED_UP: usize = 2_000;
/// Conversations whose messages are listed at first, to be met on a walk of the index; then ever more.
const BLOCK: usize = 500;
/// Messages with the words that no name holds, which are looked at before names are asked for conversations.
const CANDIDATES: usize = 150;
/// The most recent conversations, which are looked at first.
const GLANCE: usize = 80;
/// Messages above the floor and below the page's top, whose conversations are listed.
const PAGE: i64 = 1_500;

/// Conversations from the most recent on: those of a set, looked up; or all, among which the set's are met.
fn recent_sql(looked_up: bool) -> &'static str {
    if looked_up {
        "SELECT c.id, c.last_message_at FROM json_each(?1) j CROSS JOIN conversation c ON c.id = j.value
         ORDER BY c.last_message_at DESC, c.id DESC"
    } else {
        "SELECT id, last_message_at FROM conversation WHERE ?1 = '' ORDER BY last_message_at DESC, id DESC"
    }
}

/// A set of ids, ascending: made of what an index gives in order, which costs far less than hashing.
struct Ids(Vec<i64>);

impl Ids {
    fn of(mut ids: Vec<i64>) -> Ids {
        ids.sort_unstable();
        ids.dedup();
        Ids(ids)
    }

    fn contains(&self, id: i64) -> bool {
        self.0.binary_search(&id).is_ok()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Run<'_> {
    /// Words that no name holds have to be in the text: goes through the messages that have them. Answers whether these were
    /// all that can matter.
    fn candidates(&mut self, words: &[&Unit], most: usize) -> rusqlite::Result<bool> {
        let Some(words) = Words::new(words, &self.q.without) else { return Ok(false) };
        let scope = self.scope.take();
        let likely = |id: i64| scope.as_ref().is_none_or(|s| s.ids.contains_key(&id));
        let (conn, watch, to) = (self.conn, self.watch, self.to);
        let (mut seen, mut all) = (0, true);
        let result = words.walk(conn, self.from.max(self.top.floor()), to, watch, &likely, &mut |id| {
            if id < self.top.floor() {
                return Ok(Step::Stop);
            }
            seen += 1;
            if seen > most {
                all = false;
                return Ok(Step::Stop);
            }
            if let Some(conversation) = conversation_of(conn, id)? {
                self.either_way(id, conversation)?;
            }
            Ok(Step::On)
        });
        self.scope = scope;
        result.map(|_| all)
    }

    /// Lists the conversations whose names hold some of the words, and asks their messages for the rest.
    pub(super) fn by_names(&mut self) -> rusqlite::Result<()> {
        let q = self.q;
        self.glance()?;
        let near = self.near()?;
        let mut nameless = Vec::new();
        let mut sets: Vec<Option<Ids>> = Vec::with_capacity(q.units.len());
        for unit in &q.units {
            // A long beginning costs the index as much to find one row as to find all.
            let set = if is_long(unit) { Some(self.named(unit, near.as_ref())?) } else { None };
            let named = match &set {
                Some(set) => !set.is_empty(),
                None => self.is_named(unit)?,
            };
            if !named {
                nameless.push(unit);
            }
            sets.push(if named { set } else { Some(Ids(Vec::new())) });
        }
        if nameless.len() == q.units.len()
            || (!nameless.is_empty() && self.candidates(&nameless, CANDIDATES)?)
        {
            return Ok(());
        }
        if nameless.is_empty() && q.units.len() > 1 {
            // All words among the names: the index crosses them far faster than sets could be, and it may give a floor.
            let all = q.units.iter().filter_map(Unit::names).map(|e| format!("({e})")).collect::<Vec<_>>();
            let set = self.matching(&all.join(" AND "), near.as_ref())?;
            self.recent(&set, &[])?;
        }
        let near = self.near()?;
        let sets = sets
            .into_iter()
            .zip(&q.units)
            .map(|(set, unit)| set.map_or_else(|| self.named(unit, near.as_ref()), Ok))
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let names: Vec<usize> = (0..sets.len()).filter(|n| !sets[*n].is_empty()).collect();
        let divisions: Vec<Vec<usize>> = if names.len() <= DIVIDED {
            let of = |bits: u32| {
                names.iter().enumerate().filter(|(n, _)| bits >> n & 1 == 1).map(|(_, u)| *u).collect()
            };
            (1..1u32 << names.len()).rev().map(of).collect()
        } else {
            std::iter::once(names.clone()).chain(names.iter().map(|n| vec![*n])).collect()
        };
        for division in divisions {
            if self.watch.over.get() {
                return Ok(());
            }
            let mut chosen: Vec<&Ids> = division.iter().map(|n| &sets[*n]).collect();
            chosen.sort_by_key(|set| set.0.len());
            let Some((least, others)) = chosen.split_first() else { continue };
            let set =
                Ids(least.0.iter().copied().filter(|id| others.iter().all(|o| o.contains(*id))).collect());
            if set.is_empty() {
                continue;
            }
            let rest: Vec<&Unit> = q
                .units
                .iter()
                .enumerate()
                .filter(|(n, _)| !division.contains(n))
                .map(|(_, unit)| unit)
                .collect();
            // Where the rest is rare, its few messages are soon looked at.
            let tried = rest.is_empty() || rest.len() == nameless.len();
            if !tried && self.candidates(&rest, CANDIDATES / 2)? {
                continue;
            }
            if !self.recent(&set, &rest)? {
                self.rest_of(&set, &rest)?;
            }
        }
        Ok(())
    }

    /// Looks at the most recent conversations: where words are common among names, that is enough for a page, and for a floor.
    fn glance(&mut self) -> rusqlite::Result<()> {
        if self.top.is_full() || self.scope.is_some() || self.to < i64::MAX {
            return Ok(());
        }
        let recent = self
            .conn
            .prepare_cached("SELECT id FROM conversation ORDER BY last_message_at DESC, id DESC LIMIT ?1")?
            .query_map(params![4 * GLANCE as i64], |r| r.get(0))?
            .collect::<rusqlite::Result<Vec<i64>>>()?;
        let all = self.q.units.len().min(32) as u32;
        for (n, conversation) in recent.into_iter().enumerate() {
            // Further only where that bears fruit.
            let fruitful = self.top.ids.len() * 8 >= self.top.need;
            if self.watch.over() || self.top.is_full() || (n >= GLANCE && !fruitful) {
                break;
            }
            let (bits, excluded) = self.cover(conversation)?;
            if bits.count_ones() == all && self.q.units.len() <= 32 && !excluded {
                self.of_conversation(conversation, &[])?;
            }
        }
        Ok(())
    }

    /// Whether any conversation's names hold a unit.
    fn is_named(&self, unit: &Unit) -> rusqlite::Result<bool> {
        let Some(expression) = unit.names() else { return Ok(false) };
        self.conn
            .prepare_cached("SELECT 1 FROM name_fts WHERE name_fts MATCH ?1 LIMIT 1")?
            .exists(params![expression])
    }

    /// The conversations that have a message above the floor, where these are not too many: the others cannot matter.
    fn near(&self) -> rusqlite::Result<Option<Ids>> {
        let floor = self.top.floor();
        if let Some(scope) = &self.scope {
            let above = scope.list.iter().take_while(|(id, _)| *id >= floor);
            return Ok(Some(Ids::of(above.map(|(_, conversation)| *conversation).collect())));
        }
        if !self.top.is_full() {
            return Ok(None);
        }
        if self.to < i64::MAX {
            let list = self
                .conn
                .prepare_cached("SELECT conversation_id FROM message WHERE id >= ?1 AND id < ?2 LIMIT ?3")?
                .query_map(params![floor.max(self.from), self.to, PAGE + 1], |r| r.get(0))?
                .collect::<rusqlite::Result<Vec<i64>>>()?;
            return Ok((list.len() as i64 <= PAGE).then(|| Ids::of(list)));
        }
        // Ids overflow forward into the next seconds when one second is full.
        let since = (floor >> MessageId::SLOT_BITS).saturating_mul(1000).saturating_sub(600_000);
        let mut statement = self.conn.prepare_cached(
            "SELECT id FROM conversation WHERE last_message_at >= ?1 ORDER BY last_message_at DESC, id DESC LIMIT ?2",
        )?;
        let near = statement
            .query_map(params![since, NEAR + 1], |r| r.get(0))?
            .collect::<rusqlite::Result<Vec<i64>>>()?;
        Ok((near.len() as i64 <= NEAR).then(|| Ids::of(near)))
    }

    /// The conversations whose names hold a unit; of `near` ones only, where they are given.
    fn named(&mut self, unit: &Unit, near: Option<&Ids>) -> rusqlite::Result<Ids> {
        match unit.names() {
            Some(expression) => self.matching(&expression, near),
            None => Ok(Ids(Vec::new())),
        }
    }

    /// The conversations whose names match an expression; of `near` ones only, where they are given.
    fn matching(&mut self, expression: &str, near: Option<&Ids>) -> rusqlite::Result<Ids> {
        let mut set = Vec::new();
        let (low, high) = match near {
            Some(near) => match (near.0.first(), near.0.last()) {
                (Some(low), Some(high)) => (*low, *high),
                _ => return Ok(Ids(set)),
            },
            None => (i64::MIN, i64::MAX),
        };
        let mut statement = self.conn.prepare_cached(
            // From the end: FTS5 finds the last entry at once, and what is near has high ids.
            "SELECT rowid FROM name_fts WHERE name_fts MATCH ?1 AND rowid >= ?2 AND rowid <= ?3 ORDER BY rowid DESC",
        )?;
        let mut rows = statement.query(params![expression, low, high])?;
        while let Some(row) = rows.next()? {
            if self.watch.over() {
                break;
            }
            let id = row.get(0)?;
            if near.is_none_or(|near| near.contains(id)) {
                set.push(id);
            }
        }
        Ok(Ids::of(set))
    }

    /// Looks through the messages of these conversations, the most recent first. Without a `rest` of words it goes through
    /// all that can matter; else it gives up (`false`) after some, for then the rest is rare and better asked for by index.
    fn recent(&mut self, set: &Ids, rest: &[&Unit]) -> rusqlite::Result<bool> {
        if let Some(scope) = self.scope.take() {
            // Their messages are at hand already.
            for (id, conversation) in scope.list.iter().filter(|_| rest.is_empty()) {
                if self.watch.over() || *id < self.top.floor() {
                    break;
                }
                if set.contains(*conversation) {
                    self.name_hit(*id, *conversation, &[])?;
                }
            }
            self.scope = Some(scope);
            return Ok(rest.is_empty());
        }
        let conn = self.conn;
        let mut visits = 0;
        if set.0.len() > FEW_NAMED && self.to < i64::MAX {
            return self.further_down(set, rest);
        }
        // Few are looked up and sorted; of many the most recent are soon met on a walk.
        let few = set.0.len() <= FEW_NAMED;
        let mut statement = conn.prepare_cached(recent_sql(few))?;
        let mut rows = statement.query(params![if few { json(set.0.iter()) } else { String::new() }])?;
        while let Some(row) = rows.next()? {
            let (conversation, last): (i64, i64) = (row.get(0)?, row.get(1)?);
            // Ids overflow forward into the next seconds when one second is full.
            let newest = MessageId::for_second(last.saturating_add(600_000)).0;
            if self.watch.over() || newest < self.top.floor() {
                break;
            }
            if !set.contains(conversation) {
                continue;
            }
            visits += 1;
            if !rest.is_empty() && visits > VISITS {
                return Ok(false);
            }
            if self.q.without.is_empty() || !self.cover(conversation)?.1 {
                self.of_conversation(conversation, rest)?;
            }
        }
        Ok(true)
    }

    /// The same for a page further down, where the most recent conversations are not the next ones: a walk of messages.
    fn further_down(&mut self, set: &Ids, rest: &[&Unit]) -> rusqlite::Result<bool> {
        if !rest.is_empty() {
            return Ok(false);
        }
        let sql = format!(
            "SELECT m.id, m.conversation_id FROM message m WHERE m.id >= ?1 AND m.id < ?2 AND {FINDABLE} ORDER BY m.id DESC"
        );
        let conn = self.conn;
        let mut statement = conn.prepare_cached(&sql)?;
        let mut rows = statement.query(params![self.from, self.to])?;
        while let Some(row) = rows.next()? {
            let (id, conversation): (i64, i64) = (row.get(0)?, row.get(1)?);
            if self.watch.over() || id < self.top.floor() {
                break;
            }
            if set.contains(conversation) {
                self.name_hit(id, conversation, &[])?;
            }
        }
        Ok(true)
    }

    fn of_conversation(&mut self, conversation: i64, rest: &[&Unit]) -> rusqlite::Result<()> {
        let sql = format!(
            "SELECT m.id FROM message m WHERE m.conversation_id = ?1 AND {FINDABLE} ORDER BY m.sent_at DESC, m.id DESC"
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
                self.name_hit(id, conversation, rest)?;
            }
        }
        Ok(())
    }

    /// Messages of these conversations whose text holds the rest of the words, by the index: the most recent conversations
    /// first, in blocks that grow.
    fn rest_of(&mut self, set: &Ids, rest: &[&Unit]) -> rusqlite::Result<()> {
        if let Some(scope) = &self.scope {
            let ids = scope.list.iter().filter(|(_, c)| set.contains(*c)).map(|(id, _)| *id).collect();
            return self.among(&Ids::of(ids), rest);
        }
        if self.is_large(set)? {
            return self.met(set, rest);
        }
        let conn = self.conn;
        let looked_up = set.0.len() <= LOOKED_UP;
        let mut recent = conn.prepare_cached(recent_sql(looked_up))?;
        let mut rows = recent.query(params![if looked_up { json(set.0.iter()) } else { String::new() }])?;
        let (mut size, mut left) = (BLOCK, set.0.len());
        let mut block: Vec<i64> = Vec::new();
        while left > 0 && !self.watch.over() {
            let Some(row) = rows.next()? else { break };
            let (conversation, last): (i64, i64) = (row.get(0)?, row.get(1)?);
            // Ids overflow forward into the next seconds when one second is full.
            if MessageId::for_second(last.saturating_add(600_000)).0 < self.top.floor() {
                break;
            }
            if set.contains(conversation) {
                block.push(conversation);
                left -= 1;
            }
            if block.len() >= size {
                self.block(&mut block, rest)?;
                size *= 2;
            }
        }
        self.block(&mut block, rest)
    }

    /// Whether a walk of messages meets a page of these conversations' ones sooner than they could be looked up.
    fn is_large(&self, set: &Ids) -> rusqlite::Result<bool> {
        let all: Option<i64> =
            self.conn.prepare_cached("SELECT max(id) FROM conversation")?.query_row([], |r| r.get(0))?;
        let all = usize::try_from(all.unwrap_or(0)).unwrap_or(usize::MAX);
        Ok(set.0.len().saturating_mul(set.0.len()) > all.saturating_mul(self.top.need))
    }

    /// Messages whose text holds the rest of the words, by the index, that are met to be of one of these conversations.
    fn met(&mut self, set: &Ids, rest: &[&Unit]) -> rusqlite::Result<()> {
        let Some(words) = Words::new(rest, &self.q.without) else { return Ok(()) };
        let (conn, watch, from, to) = (self.conn, self.watch, self.from.max(self.top.floor()), self.to);
        words
            .walk(conn, from, to, watch, &|_| true, &mut |id| {
                if id < self.top.floor() {
                    return Ok(Step::Stop);
                }
                if let Some(conversation) = conversation_of(conn, id)?.filter(|c| set.contains(*c)) {
                    self.name_hit(id, conversation, &[])?;
                }
                Ok(Step::On)
            })
            .map(|_| ())
    }

    fn block(&mut self, block: &mut Vec<i64>, rest: &[&Unit]) -> rusqlite::Result<()> {
        let floor = self.top.floor().max(self.from);
        let mut statement = self.conn.prepare_cached(
            "SELECT m.id FROM json_each(?1) j CROSS JOIN message m INDEXED BY message_thread
             ON m.conversation_id = j.value WHERE m.id >= ?2 AND m.id < ?3",
        )?;
        let ids = statement
            .query_map(params![json(block.iter()), floor, self.to], |r| r.get(0))?
            .collect::<rusqlite::Result<Vec<i64>>>()?;
        block.clear();
        self.among(&Ids::of(ids), rest)
    }

    /// Those of these messages whose text holds the words, by the index.
    fn among(&mut self, ids: &Ids, rest: &[&Unit]) -> rusqlite::Result<()> {
        let (Some(low), Some(high)) = (ids.0.first().copied(), ids.0.last().copied()) else {
            return Ok(());
        };
        let (from, to) = (self.from, self.to);
        (self.from, self.to) = (from.max(low), to.min(high.saturating_add(1)));
        let result = self.texts(rest, None, &|id| ids.contains(id));
        (self.from, self.to) = (from, to);
        result.map(|_| ())
    }
}
