//! Lists who is overdue, or will be soon, first due first.
//!
//! When somebody is due is not kept: it depends on the configuration. The walk goes along the index of who waits, which has nearly
//! that order, and ends where nothing can come any more that belongs before what it has.

use crate::domain::clock::Ms;
use crate::domain::ids::ConversationId;
use crate::domain::row::{ConversationRow, ListKey};
use crate::domain::sla::Sla;
use crate::store::error::StoreError;
use crate::store::filter::{Asking, due};
use crate::store::reader::Reader;
use jiff::tz::TimeZone;
use rusqlite::params_from_iter;
use rusqlite::types::Value;
use std::collections::BTreeSet;

/// Rows between two looks whether the walk is over.
const STRIDE: usize = 32;
/// Rows looked at together for something unread.
const WINDOW: usize = 200;

/// What is walked for.
struct Walk {
    /// In the order of the list, or against it.
    down: bool,
    /// Only what lies beyond this place.
    from: (Ms, i64),
    /// Only what is due by then.
    until: Ms,
    /// So many at most.
    need: usize,
}

impl Reader {
    /// Whether times for answers are set.
    pub fn has_due(&self) -> bool {
        !self.sla().is_empty()
    }

    /// Who is overdue, below `after` (none = from the top).
    pub(super) fn overdue(
        &self,
        after: Option<ListKey>,
        need: usize,
    ) -> Result<Vec<ConversationRow>, StoreError> {
        let from = after.map_or((Ms::MIN, i64::MIN), |key| (key.at, key.id.0));
        self.due_rows(&Walk { down: true, from, until: self.clock.now(), need })
    }

    /// Who is overdue right above `before`, nearest first.
    pub(super) fn overdue_before(
        &self,
        before: ListKey,
        need: usize,
    ) -> Result<Vec<ConversationRow>, StoreError> {
        let from = (before.at, before.id.0);
        self.due_rows(&Walk { down: false, from, until: self.clock.now(), need })
    }

    /// Who is due from one moment to another, first due first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn due_within(&self, since: Ms, until: Ms, need: usize) -> Result<Vec<ConversationRow>, StoreError> {
        self.due_rows(&Walk { down: true, from: (since, i64::MIN), until, need })
    }

    /// The place of the next one with something unread among who is overdue.
    pub(super) fn next_unread_overdue(
        &self,
        from: Option<ListKey>,
        forward: bool,
    ) -> Result<Option<ListKey>, StoreError> {
        let edge = if forward { (Ms::MIN, i64::MIN) } else { (Ms::MAX, i64::MAX) };
        let mut from = from.map_or(edge, |key| (key.at, key.id.0));
        loop {
            let walk = Walk { down: forward, from, until: self.clock.now(), need: WINDOW };
            let rows = self.due_rows(&walk)?;
            if let Some(row) = rows.iter().find(|row| row.calls()) {
                return Ok(Some(ListKey { at: row.due_at.unwrap_or(0), id: row.id }));
            }
            match rows.last() {
                Some(last) if rows.len() == WINDOW => from = (last.due_at.unwrap_or(0), last.id.0),
                _ => return Ok(None),
            }
        }
    }

    fn due_rows(&self, walk: &Walk) -> Result<Vec<ConversationRow>, StoreError> {
        // Policies do not ask for what depends on who asks, or when.
        let found = self.walk(&self.asking(None, 0, &TimeZone::UTC), walk)?;
        let rows = found.into_iter().map(|(_, id)| self.conversation(ConversationId(id)));
        rows.filter_map(Result::transpose).collect()
    }

    /// The places that are wanted: due times and ids.
    fn walk(&self, asking: &Asking, walk: &Walk) -> Result<Vec<(Ms, i64)>, StoreError> {
        let sla = &asking.sla;
        let until = if walk.down { walk.until } else { walk.until.min(walk.from.0) };
        let Some((_, newest)) = sla.since_between(until) else { return Ok(Vec::new()) };
        let oldest = match sla.since_between(walk.from.0.saturating_sub(1)) {
            Some((oldest, _)) if walk.down => oldest,
            _ => Ms::MIN,
        };
        let policy = due::policy(&self.conn, asking)?;
        let order = if walk.down { "ASC" } else { "DESC" };
        let sql = format!(
            "SELECT c.id, c.waiting_since, c.answered_at IS NOT NULL, {} FROM conversation c INDEXED BY conversation_waiting
             WHERE {} AND c.waiting_since >= ? AND c.waiting_since <= ? ORDER BY c.waiting_since {order}, c.id {order}",
            policy.sql,
            due::WAITS
        );
        let mut values = policy.values;
        values.extend([Value::Integer(oldest), Value::Integer(newest)]);
        let mut best: BTreeSet<(Ms, i64)> = BTreeSet::new();
        let mut statement = self.conn.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(&values))?;
        let mut seen = 0;
        while let Some(row) = rows.next()? {
            let (id, since, answered): (i64, Ms, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
            seen += 1;
            if seen % STRIDE == 0 && best.len() >= walk.need && is_over(sla, walk, &best, since) {
                break;
            }
            let policy = row.get::<_, Option<i64>>(3)?;
            let policy = policy.and_then(|place| sla.policies.get(usize::try_from(place).ok()?));
            let Some(due) = policy.and_then(|policy| policy.due(since, answered)) else { continue };
            let place = (due, id);
            let beyond = if walk.down { place > walk.from } else { place < walk.from };
            if due <= walk.until && beyond {
                best.insert(place);
                if best.len() > walk.need {
                    if walk.down {
                        best.pop_last()
                    } else {
                        best.pop_first()
                    };
                }
            }
        }
        Ok(if walk.down { best.into_iter().collect() } else { best.into_iter().rev().collect() })
    }
}

/// Whether nobody who waits since `since` or comes behind in the walk belongs among what is found.
fn is_over(sla: &Sla, walk: &Walk, best: &BTreeSet<(Ms, i64)>, since: Ms) -> bool {
    let Some((earliest, latest)) = sla.due_between(since) else { return true };
    if walk.down {
        best.last().is_some_and(|(due, _)| earliest > *due)
    } else {
        best.first().is_some_and(|(due, _)| latest < *due)
    }
}
