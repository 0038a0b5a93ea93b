//! Answers queries: messages newest first, conversations newest first, and how many.
//!
//! A word counts where it stands in the message, or among the names of its conversation (subject, people, addresses), so
//! that `anna refund` finds what Anna wrote about refunds. Whatever is asked, the walk goes from the newest message back
//! and stops as soon as it has enough; what a page needs is a small part of a million messages.

mod list;
mod matcher;
mod named;
mod run;
mod words;

use crate::domain::account::Channel;
use crate::domain::clock::Ms;
use crate::domain::ids::{AgentId, ContactId, ConversationId, MessageId};
use crate::domain::message::Direction;
use crate::domain::query::{Filter, Query, What};
use crate::domain::row::{ConversationRow, ListKey, SearchHit, bare_address};
use crate::store::error::StoreError;
use crate::store::filter::{Asking, lower};
use crate::store::reader::Reader;
use jiff::tz::TimeZone;
use list::{Besides, Page};
use rusqlite::{Connection, OptionalExtension, params};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// What a search has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<T> {
    /// The rows, newest first.
    pub rows: Vec<T>,
    /// Whether that is all there is to this page; false = the time was up, or the search was interrupted.
    pub complete: bool,
}

impl Reader {
    /// Who asks this reader, when and where.
    pub fn asking(&self, me: Option<AgentId>, now: Ms, tz: &TimeZone) -> Asking {
        Asking { me, now, tz: tz.clone(), sla: self.sla() }
    }

    /// The newest messages below `after` that match, at most `limit`. `me`, `now` and `tz` give `me`, `7d` and days their
    /// meaning. Interrupted, it answers what it has found.
    ///
    /// # Errors
    /// `Refused` for a date outside of the calendar; those of the database.
    pub fn search(
        &self,
        query: &Query,
        after: Option<MessageId>,
        limit: usize,
        me: Option<AgentId>,
        now: Ms,
        tz: &TimeZone,
    ) -> Result<Vec<SearchHit>, StoreError> {
        let asking = self.asking(me, now, tz);
        Ok(messages(&self.conn, query, after, limit, &asking, None)?.rows)
    }

    /// The same, with what has been found within `time`.
    ///
    /// # Errors
    /// As [`Reader::search`].
    pub fn search_within(
        &self,
        query: &Query,
        after: Option<MessageId>,
        limit: usize,
        asking: &Asking,
        time: Duration,
    ) -> Result<Found<SearchHit>, StoreError> {
        messages(&self.conn, query, after, limit, asking, Some(Instant::now() + time))
    }

    /// The newest conversations below `after` that match, at most `limit`: spam only for those who speak of the status, archived
    /// ones only for those who speak of that. Interrupted, it answers what it has found.
    ///
    /// # Errors
    /// As [`Reader::search`].
    pub fn list_query(
        &self,
        query: &Query,
        after: Option<ListKey>,
        limit: usize,
        me: Option<AgentId>,
        now: Ms,
        tz: &TimeZone,
    ) -> Result<Vec<ConversationRow>, StoreError> {
        let asking = self.asking(me, now, tz);
        let found = conversations(&self.conn, query, after, limit, &asking, None)?;
        let rows = found.rows.into_iter().map(|id| self.conversation(id));
        rows.filter_map(Result::transpose).collect()
    }

    /// How many conversations match, as far as `cap` and as far as the time goes; `true` = there are more.
    ///
    /// # Errors
    /// As [`Reader::search`].
    pub fn count_within(
        &self,
        query: &Query,
        cap: usize,
        asking: &Asking,
        time: Duration,
    ) -> Result<(u64, bool), StoreError> {
        count(&self.conn, query, cap, asking, Some(Instant::now() + time))
    }

    /// How many conversations match, as far as `cap`; `true` = there are more.
    ///
    /// # Errors
    /// As [`Reader::search`].
    pub fn count_query(
        &self,
        query: &Query,
        cap: usize,
        me: Option<AgentId>,
        now: Ms,
        tz: &TimeZone,
    ) -> Result<(u64, bool), StoreError> {
        count(&self.conn, query, cap, &self.asking(me, now, tz), None)
    }
}

/// The newest messages below `after` that match, at most `limit`; what has come by `until`, where that is given.
fn messages(
    conn: &Connection,
    query: &Query,
    after: Option<MessageId>,
    limit: usize,
    asking: &Asking,
    until: Option<Instant>,
) -> Result<Found<SearchHit>, StoreError> {
    // A search reads here and there; other readers keep to their windows and need less.
    conn.execute_batch("PRAGMA cache_size = -8000")?;
    let lowered = lower(conn, query, asking)?;
    let to = after.map_or(i64::MAX, |id| id.0);
    let found = run::run(conn, &lowered, to, limit, &Watch::new(until))?;
    let mut rows = Vec::with_capacity(found.rows.len());
    for id in found.rows {
        rows.extend(hit(conn, id)?);
    }
    Ok(Found { rows, complete: found.complete })
}

/// The newest conversations after `after` that match, at most `limit`; what has come by `until`, where that is given.
fn conversations(
    conn: &Connection,
    query: &Query,
    after: Option<ListKey>,
    limit: usize,
    asking: &Asking,
    until: Option<Instant>,
) -> Result<Found<ConversationId>, StoreError> {
    let lowered = lower(conn, query, asking)?;
    let page = Page { after, need: limit, besides: besides(query) };
    let found = list::list(conn, &lowered, &page, &Watch::new(until))?;
    Ok(Found { rows: found.rows.into_iter().map(ConversationId).collect(), complete: found.complete })
}

/// How many conversations match, as far as `cap`; `true` = there are more, or the time was up.
fn count(
    conn: &Connection,
    query: &Query,
    cap: usize,
    asking: &Asking,
    until: Option<Instant>,
) -> Result<(u64, bool), StoreError> {
    let lowered = lower(conn, query, asking)?;
    Ok(list::count(conn, &lowered, besides(query), cap, &Watch::new(until))?)
}

/// Spam is listed only for those who speak of the status, what is put away for those who speak of that.
fn besides(query: &Query) -> Besides {
    let speaks = |of: fn(&Filter) -> bool| {
        query.clauses.iter().any(|c| matches!(&c.what, What::Filter(filter) if of(filter)))
    };
    Besides {
        spam: speaks(|f| matches!(f, Filter::Status(_))),
        archived: speaks(|f| matches!(f, Filter::Archived(_))),
    }
}

fn hit(conn: &Connection, id: MessageId) -> rusqlite::Result<Option<SearchHit>> {
    conn.prepare_cached(
        "SELECT m.conversation_id, c.channel, c.contact_id, coalesce(nullif(k.name, ''), c.theirs), m.direction, m.sent_at,
         m.text FROM message m CROSS JOIN conversation c ON c.id = m.conversation_id
         LEFT JOIN contact k ON k.id = c.contact_id WHERE m.id = ?1",
    )?
    .query_row(params![id.0], |r| {
        Ok(SearchHit {
            conversation: ConversationId(r.get(0)?),
            message: id,
            channel: Channel::from_code(r.get(1)?),
            contact: ContactId(r.get(2)?),
            contact_name: bare_address(r.get_ref(3)?.as_str()?).to_owned(),
            direction: Direction::from_code(r.get(4)?).unwrap_or(Direction::Activity),
            sent_at: r.get(5)?,
            text: r.get(6)?,
        })
    })
    .optional()
}

/// What can be found of a thread, as a condition on the message `m`: no activities, and nothing that was taken back. Where the
/// index of texts is asked this holds already.
const FINDABLE: &str = "m.direction <> 3 AND m.delivery IS NOT 5";

/// Says when the time is up.
struct Watch {
    until: Option<Instant>,
    steps: Cell<u32>,
    over: Cell<bool>,
}

impl Watch {
    /// Until `until`; none = as long as it takes.
    fn new(until: Option<Instant>) -> Watch {
        Watch { until, steps: Cell::new(0), over: Cell::new(false) }
    }

    /// Whether to stop; looks at the clock every 32 calls.
    fn over(&self) -> bool {
        self.steps.set(self.steps.get().wrapping_add(1));
        if !self.over.get() && self.steps.get().is_multiple_of(32) {
            self.over.set(self.until.is_some_and(|until| Instant::now() >= until));
        }
        self.over.get()
    }
}

/// The newest ids so far, at most as many as are needed.
struct Top {
    ids: BTreeSet<i64>,
    need: usize,
}

impl Top {
    fn new(need: usize) -> Top {
        Top { ids: BTreeSet::new(), need }
    }

    /// Takes an id in.
    fn push(&mut self, id: i64) {
        self.ids.insert(id);
        if self.ids.len() > self.need {
            self.ids.pop_first();
        }
    }

    fn is_full(&self) -> bool {
        self.ids.len() >= self.need
    }

    /// Below this id nothing is wanted any more.
    fn floor(&self) -> i64 {
        match self.ids.first() {
            Some(lowest) if self.is_full() => *lowest + 1,
            _ => i64::MIN,
        }
    }

    fn into_ids(self) -> Vec<MessageId> {
        self.ids.into_iter().rev().map(MessageId).collect()
    }
}

/// Looks at the text of a message. A message that is gone holds nothing.
fn text_of(conn: &Connection, id: i64, look: impl FnOnce(&str) -> bool) -> rusqlite::Result<bool> {
    let mut statement = conn.prepare_cached("SELECT text FROM message WHERE id = ?1")?;
    let found = statement.query_row(params![id], |r| Ok(look(r.get_ref(0)?.as_str().unwrap_or_default())));
    Ok(found.optional()?.unwrap_or(false))
}

/// The conversation of a message.
fn conversation_of(conn: &Connection, id: i64) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached("SELECT conversation_id FROM message WHERE id = ?1")?
        .query_row(params![id], |r| r.get(0))
        .optional()
}

#[cfg(test)]
mod tests;
