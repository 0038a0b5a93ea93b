//! Reads a visitor's conversation from the store, and only theirs.

use super::cursor::{KEEP, Known};
use super::token::Visitor;
use super::view::{Names, Shown, news, shown};
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
        let Some(first) = rows.first().filter(|r| r.id.0 >= known.floor() && !known.has(r.id.0)) else {
            break;
        };
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
        known.learn(m.message.0, m.tick);
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
    let mut place = None;
    if let Some(id) = before {
        let Some((row, _)) = up_to(reader, conversation, id, names)?.pop() else { return Ok(None) };
        place = Some((row.sent_at, row.id));
    }
    let mut messages: Vec<Shown> = Vec::new();
    let mut more = true;
    // Notes and the like take up places in a page of rows.
    while messages.len() < limit && more {
        let rows = reader.thread(conversation, place, KEEP)?;
        more = rows.len() == KEEP;
        place = rows.first().map(|r| (r.sent_at, r.id)).or(place);
        messages.splice(0..0, rows.iter().filter_map(|r| shown(r, names)));
    }
    if messages.len() > limit {
        messages.drain(..messages.len() - limit);
        more = true;
    }
    // Without older messages, one that is shown late may be older than all of these: it is news, too.
    let floor = if more { messages.iter().map(|m| m.message.0).min().unwrap_or(0) } else { 0 };
    let mut known = Known::from_floor(floor);
    for m in &messages {
        known.learn(m.message.0, m.tick);
    }
    Ok(Some(Part { messages, known, more }))
}

/// The messages up to and including the one called `id`, of the window that holds it, oldest first; empty if there is none.
pub(super) fn up_to(
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
