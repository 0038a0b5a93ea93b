//! Finds conversations, newest first, and counts them.
//!
//! A conversation matches where one of its messages does. What must not be there must be in none of them.

use super::run::{interrupted, json, run};
use super::{FINDABLE, Found, Watch, matcher};
use crate::domain::conversation::Status;
use crate::domain::row::ListKey;
use crate::store::filter::{Lowered, Part, Unit, weigh};
use crate::store::names;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

/// A source of conversations is preferred to a walk up to this size.
const FEW: usize = 4_000;
/// So many messages with rare words are collected before conversations are looked at one by one instead.
const HITS: usize = 2_000;

/// What is wanted of a list.
pub(super) struct Page {
    /// Only what comes after this place.
    pub after: Option<ListKey>,
    /// Rows.
    pub need: usize,
    /// What belongs to it besides.
    pub besides: Besides,
}

/// What a list holds only for those who speak of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Besides {
    /// Spam.
    pub spam: bool,
    /// What is put away.
    pub archived: bool,
}

/// The newest conversations that match, with the time by which they are sorted.
pub(super) fn list(
    conn: &Connection,
    q: &Lowered,
    page: &Page,
    watch: &Watch,
) -> rusqlite::Result<Found<i64>> {
    let mut rows = Vec::new();
    if q.never || page.need == 0 {
        return Ok(Found { rows, complete: true });
    }
    match fill(conn, q, page, watch, &mut rows) {
        Ok(()) => Ok(Found { rows, complete: !watch.over.get() }),
        Err(e) if interrupted(&e) => Ok(Found { rows, complete: false }),
        Err(e) => Err(e),
    }
}

/// How many conversations match, as far as `cap`; `true` = there are more, or the time was up.
pub(super) fn count(
    conn: &Connection,
    q: &Lowered,
    besides: Besides,
    cap: usize,
    watch: &Watch,
) -> rusqlite::Result<(u64, bool)> {
    let found = list(conn, q, &Page { after: None, need: cap + 1, besides }, watch)?;
    let more = found.rows.len() > cap || !found.complete;
    Ok((found.rows.len().min(cap) as u64, more))
}

fn fill(
    conn: &Connection,
    q: &Lowered,
    page: &Page,
    watch: &Watch,
    rows: &mut Vec<i64>,
) -> rusqlite::Result<()> {
    let condition = condition(q, page);
    if q.units.is_empty() {
        let source = few(conn, q)?;
        return walk(conn, q, page, &condition, source.as_ref(), watch, rows);
    }
    // Rare words: all their messages, and of these the conversations.
    let anywhere = Lowered { without: Vec::new(), not_message: Part::default(), ..q.clone() };
    let hits = run(conn, &anywhere, i64::MAX, HITS, watch)?;
    if hits.complete && hits.rows.len() < HITS {
        let source = Part {
            sql: "SELECT m.conversation_id FROM json_each(?) j CROSS JOIN message m ON m.id = j.value"
                .to_owned(),
            values: vec![Value::Text(json(hits.rows.iter().map(|m| &m.0)))],
        };
        let found = Lowered { units: Vec::new(), ..q.clone() };
        return walk(conn, &found, page, &condition, Some(&source), watch, rows);
    }
    let source = few(conn, q)?;
    walk(conn, q, page, &condition, source.as_ref(), watch, rows)
}

/// The smallest source, if it is small.
fn few(conn: &Connection, q: &Lowered) -> rusqlite::Result<Option<Part>> {
    let mut best: Option<(usize, &Part)> = None;
    for source in &q.sources {
        let size = weigh(conn, source, FEW)?;
        if size <= FEW && best.is_none_or(|(least, _)| size < least) {
            best = Some((size, source));
        }
    }
    Ok(best.map(|(_, source)| source.clone()))
}

/// What must hold of a conversation `c`, apart from words.
fn condition(q: &Lowered, page: &Page) -> Part {
    let mut sql = if page.besides.archived { "1" } else { "c.archived_at IS NULL" }.to_owned();
    let mut values = Vec::new();
    if !page.besides.spam {
        sql.push_str(&format!(" AND c.status <> {}", Status::Spam.code()));
    }
    if !q.conversation.is_empty() {
        sql.push_str(&format!(" AND ({})", q.conversation.sql));
        values.extend(q.conversation.values.iter().cloned());
    }
    let messages = [(&q.message, "EXISTS"), (&q.not_message, "NOT EXISTS")];
    for (part, word) in messages.into_iter().filter(|(part, _)| !part.is_empty()) {
        sql.push_str(&format!(
            " AND {word} (SELECT 1 FROM message m WHERE m.conversation_id = c.id AND {FINDABLE} AND ({}))",
            part.sql
        ));
        values.extend(part.values.iter().cloned());
    }
    Part { sql, values }
}

/// Goes through conversations from the most recent on; those of the source only, where there is one.
fn walk(
    conn: &Connection,
    q: &Lowered,
    page: &Page,
    condition: &Part,
    source: Option<&Part>,
    watch: &Watch,
    out: &mut Vec<i64>,
) -> rusqlite::Result<()> {
    // Without a source the condition is a column, not a WHERE, so that the clock is looked at on the way.
    let (column, filter) = match source {
        Some(source) => ("1".to_owned(), format!("c.id IN ({}) AND ({})", source.sql, condition.sql)),
        None => (format!("coalesce(({}), 0)", condition.sql), "1".to_owned()),
    };
    let mut values = Vec::new();
    if source.is_none() {
        values.extend(condition.values.iter().cloned());
    }
    if let Some(source) = source {
        values.extend(source.values.iter().cloned());
        values.extend(condition.values.iter().cloned());
    }
    let mut sql = format!("SELECT c.id, {column} FROM conversation c WHERE {filter}");
    if let Some(key) = page.after {
        sql.push_str(" AND (c.last_message_at, c.id) < (?, ?)");
        values.extend([Value::Integer(key.at), Value::Integer(key.id.0)]);
    }
    sql.push_str(" ORDER BY c.last_message_at DESC, c.id DESC");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(&values))?;
    while let Some(row) = rows.next()? {
        if watch.over() || out.len() >= page.need {
            break;
        }
        let id: i64 = row.get(0)?;
        if row.get(1)? && holds(conn, q, id)? {
            out.push(id);
        }
    }
    Ok(())
}

/// Whether the words of a query are in a conversation, and none that must not be.
fn holds(conn: &Connection, q: &Lowered, id: i64) -> rusqlite::Result<bool> {
    if q.units.is_empty() && q.without.is_empty() {
        return Ok(true);
    }
    let words = names::words(conn, id).optional()?.unwrap_or_default();
    if q.without.iter().any(|unit| matcher::names_hold(&words, unit)) {
        return Ok(false);
    }
    let rest: Vec<&Unit> = q.units.iter().filter(|unit| !matcher::names_hold(&words, unit)).collect();
    if rest.is_empty() && q.without.is_empty() {
        return Ok(true);
    }
    let fits = if q.message.is_empty() { "1" } else { &q.message.sql };
    let sql = format!(
        "SELECT m.text, coalesce(({fits}), 0) FROM message m CROSS JOIN conversation c ON c.id = m.conversation_id
         WHERE m.conversation_id = ? AND {FINDABLE} ORDER BY m.sent_at DESC"
    );
    let values = q.message.values.iter().cloned().chain([Value::Integer(id)]);
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = rest.is_empty();
    while let Some(row) = rows.next()? {
        let text = row.get_ref(0)?.as_str().unwrap_or_default();
        if q.without.iter().any(|unit| matcher::holds_unit(text, unit)) {
            return Ok(false);
        }
        found = found || (row.get(1)? && rest.iter().all(|unit| matcher::holds_unit(text, unit)));
        if found && q.without.is_empty() {
            return Ok(true);
        }
    }
    Ok(found)
}
