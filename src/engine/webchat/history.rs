//! Reads a visitor's conversation from the store, and only theirs.

use super::cursor::{KEEP, Known, place};
use super::token::Visitor;
use super::view::{Names, Shown, is_coming, news, shown};
use crate::domain::event::ConversationKey;
use crate::domain::ids::{AccountId, ConversationId};
use crate::domain::row::MessageRow;
use crate::store::{Reader, StoreError};

/// How far back anything is looked for.
const FAR: usize = 2000;

/// A part of a conversation, oldest first.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// The messages.
    pub messages: Vec<Shown>,
    /// What the page knows once it has these.
    pub known: Known,
    /// Whether there is more in the direction that was asked for.
    pub more: bool,
}

/// The visitor's conversation, once there is one.
pub(super) fn conversation(
    reader: &mut Reader,
    account: AccountId,
    visitor: &Visitor,
) -> Result<Option<ConversationId>, StoreError> {
    reader.conversation_by_key(account, &ConversationKey(visitor.hash().to_owned()))
}

/// The rows among which news for a page can be, oldest first.
fn rows_since(
    reader: &mut Reader,
    conversation: ConversationId,
    known: &Known,
) -> Result<Vec<MessageRow>, StoreError> {
    let mut rows = reader.thread(conversation, None, KEEP)?;
    let mut page = rows.len();
    // A page that was away for long lacks more than one window: go back until what it has is reached.
    while page == KEEP && rows.len() < FAR {
        let lacks = |r: &&MessageRow| {
            let place = place(r.sent_at, r.id);
            place >= known.floor() && !known.has(place)
        };
        let Some(first) = rows.first().filter(lacks) else { break };
        let older = reader.thread(conversation, Some((first.sent_at, first.id)), KEEP)?;
        page = older.len();
        rows.splice(0..0, older);
    }
    Ok(rows)
}

/// What a page has to be told, at most `limit` messages.
pub(super) fn since(
    reader: &mut Reader,
    conversation: ConversationId,
    mut known: Known,
    names: &Names,
    limit: usize,
) -> Result<Part, StoreError> {
    let rows = rows_since(reader, conversation, &known)?;
    let mut messages = news(&rows, &known, names);
    let more = messages.len() > limit;
    messages.truncate(limit);
    for m in &messages {
        known.learn(m.place, m.tick);
    }
    Ok(Part { messages, known, more })
}

/// The newest messages, or those before the one called `before`, at most `limit`. None if there is no such message.
pub(super) fn newest(
    reader: &mut Reader,
    conversation: ConversationId,
    before: Option<&str>,
    names: &Names,
    limit: usize,
) -> Result<Option<Part>, StoreError> {
    let mut from = None;
    if let Some(id) = before {
        let Some((row, _)) = up_to(reader, conversation, id, names)?.pop() else { return Ok(None) };
        from = Some((row.sent_at, row.id));
    }
    let mut messages: Vec<Shown> = Vec::new();
    let mut coming = i64::MAX;
    let mut more = true;
    // Notes and the like take up places in a page of rows.
    while messages.len() < limit && more {
        let rows = reader.thread(conversation, from, KEEP)?;
        more = rows.len() == KEEP;
        from = rows.first().map(|r| (r.sent_at, r.id)).or(from);
        coming = rows.iter().filter(|r| is_coming(r)).map(|r| place(r.sent_at, r.id)).fold(coming, i64::min);
        messages.splice(0..0, rows.iter().filter_map(|r| shown(r, names)));
    }
    let older = messages.len().saturating_sub(limit);
    more |= older > 0;
    // One that is shown late may be older than all of these: it is news, too.
    let first = messages.get(older).map_or(0, |m| m.place);
    let mut known = Known::from_floor(if more { first.min(coming) } else { 0 });
    // What was not asked for is no news all the same.
    for m in &messages {
        known.learn(m.place, m.tick);
    }
    messages.drain(..older);
    Ok(Some(Part { messages, known, more }))
}

/// The messages up to and including the one called `id`, oldest first, back to a window in which all are `done`; empty if there is
/// none.
pub(super) fn all_up_to(
    reader: &mut Reader,
    conversation: ConversationId,
    id: &str,
    names: &Names,
    done: impl Fn(&(MessageRow, Shown)) -> bool,
) -> Result<Vec<(MessageRow, Shown)>, StoreError> {
    let mut all = up_to(reader, conversation, id, names)?;
    let mut from = all.first().map(|(row, _)| (row.sent_at, row.id));
    while let Some(place) = from.filter(|_| all.len() < FAR) {
        let rows = reader.thread(conversation, Some(place), KEEP)?;
        from = rows.first().map(|r| (r.sent_at, r.id));
        let older: Vec<_> = rows.into_iter().filter_map(|r| shown(&r, names).map(|s| (r, s))).collect();
        if older.iter().all(&done) && !older.is_empty() {
            break;
        }
        all.splice(0..0, older);
    }
    Ok(all)
}

/// The messages up to and including the one called `id`, of the window that holds it, oldest first; empty if there is none.
fn up_to(
    reader: &mut Reader,
    conversation: ConversationId,
    id: &str,
    names: &Names,
) -> Result<Vec<(MessageRow, Shown)>, StoreError> {
    let mut place = None;
    let mut seen = 0;
    loop {
        let rows = reader.thread(conversation, place, KEEP)?;
        let (count, first) = (rows.len(), rows.first().map(|r| (r.sent_at, r.id)));
        seen += count;
        let mut visible: Vec<_> = rows.into_iter().filter_map(|r| shown(&r, names).map(|s| (r, s))).collect();
        if let Some(at) = visible.iter().rposition(|(_, s)| s.id == id) {
            visible.truncate(at + 1);
            return Ok(visible);
        }
        if count < KEEP || seen >= FAR {
            return Ok(Vec::new());
        }
        place = first;
    }
}
