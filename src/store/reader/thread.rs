//! Threads: messages of a conversation, one window at a time, with their files.

use crate::domain::clock::Ms;
use crate::domain::delivery::{Delivery, DeliverySource};
use crate::domain::ids::{AgentId, AttachmentId, ConversationId, MessageId};
use crate::domain::message::Direction;
use crate::domain::row::{ArrivalRow, AttachmentRow, ConversationRow, DeliveryStep, MessageRow};
use crate::store::error::StoreError;
use crate::store::reader::{Reader, limit, rows};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The newest messages before a place.
pub(super) const BEFORE: &str = "WHERE m.conversation_id = ?1 AND (m.sent_at, m.id) < (?2, ?3)
     ORDER BY m.sent_at DESC, m.id DESC LIMIT ?4";
/// The oldest messages after a place.
pub(super) const AFTER: &str = "WHERE m.conversation_id = ?1 AND (m.sent_at, m.id) > (?2, ?3)
     ORDER BY m.sent_at, m.id LIMIT ?4";
/// The newest messages from an id on: those of customers that were never seen, and notes with an @ where an agent is called.
pub(super) const ARRIVALS: &str = "SELECT id, conversation_id, text, direction FROM message
     WHERE id >= ?1 AND delivery IS NOT 5 AND (direction = 0 AND seen = 0 OR direction = 2 AND instr(text, '@') > 0 AND EXISTS (
       SELECT 1 FROM conversation c WHERE c.id = conversation_id AND instr(' ' || c.mentions || ' ', ' ' || ?3 || '! ') > 0))
     ORDER BY id DESC LIMIT ?2";
/// The history of a delivery. A handful of rows, sorted as they come.
pub(super) const STEPS: &str =
    "SELECT state, at, source, said, code, human, price FROM delivery_step WHERE message_id = ?1";

/// The files of a message.
pub(super) const FILES: &str = "WHERE message_id = ?1 ORDER BY external_id";

impl Reader {
    /// The last messages of a thread, before a place where one is given; in ascending order.
    ///
    /// # Errors
    /// Those of the database.
    pub fn thread(
        &self,
        conversation: ConversationId,
        before: Option<(Ms, MessageId)>,
        count: usize,
    ) -> Result<Vec<MessageRow>, StoreError> {
        let (at, id) = before.map_or((Ms::MAX, i64::MAX), |(at, id)| (at, id.0));
        let mut out = self.messages(BEFORE, conversation, at, id, count)?;
        out.reverse();
        Ok(out)
    }

    /// The messages of a thread that follow a place, in ascending order.
    ///
    /// # Errors
    /// Those of the database.
    pub fn thread_after(
        &self,
        conversation: ConversationId,
        after: (Ms, MessageId),
        count: usize,
    ) -> Result<Vec<MessageRow>, StoreError> {
        self.messages(AFTER, conversation, after.0, after.1.0, count)
    }

    fn messages(
        &self,
        window: &str,
        conversation: ConversationId,
        at: Ms,
        id: i64,
        count: usize,
    ) -> Result<Vec<MessageRow>, StoreError> {
        let conversation = self.stays(conversation)?;
        let mut out = self.all(
            &format!("{} {window}", rows::MESSAGE),
            rusqlite::params![conversation.0, at, id, limit(count)],
            rows::message,
        )?;
        for message in &mut out {
            message.attachments = self.attachments(message.id)?;
        }
        Ok(out)
    }

    /// One message.
    ///
    /// # Errors
    /// Those of the database.
    pub fn message(&self, id: MessageId) -> Result<Option<MessageRow>, StoreError> {
        let found = self.one(&format!("{} WHERE m.id = ?1", rows::MESSAGE), [id.0], rows::message)?;
        let Some(mut message) = found else { return Ok(None) };
        message.attachments = self.attachments(message.id)?;
        Ok(Some(message))
    }

    fn attachments(&self, message: MessageId) -> Result<Vec<AttachmentRow>, StoreError> {
        let sql = format!("{} {FILES}", rows::ATTACHMENT);
        let placed = |r: &rusqlite::Row<'_>| Ok((r.get::<_, Option<u16>>(9)?, rows::attachment(r)?));
        let mut files = self.all(&sql, [message.0], placed)?;
        // Those whose place nobody told come last.
        files.sort_by_key(|(place, _)| (place.is_none(), *place));
        Ok(files.into_iter().map(|(_, file)| file).collect())
    }

    /// Messages from customers since a moment (of their sending) that nobody has seen, and notes where `me` is called and has not
    /// looked, oldest first; at most the newest `count`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn arrivals(&self, me: AgentId, since: Ms, count: usize) -> Result<Vec<ArrivalRow>, StoreError> {
        let first = since.div_euclid(1000) << 8;
        let mut found: Vec<(i64, i64, String, bool)> =
            self.all(ARRIVALS, [first, limit(count), me.0], |r| {
                Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get::<_, i64>(3)? == Direction::Note.code()))
            })?;
        found.reverse();
        let mut rows: BTreeMap<i64, Option<ConversationRow>> = BTreeMap::new();
        let mut out = Vec::with_capacity(found.len());
        for (id, conversation, text, is_note) in found {
            if let Entry::Vacant(entry) = rows.entry(conversation) {
                entry.insert(self.conversation(ConversationId(conversation))?);
            }
            if let Some(Some(row)) = rows.get(&conversation) {
                out.push(ArrivalRow { message: MessageId(id), text, is_note, conversation: row.clone() });
            }
        }
        Ok(out)
    }

    /// The HTML of a mail, as it came.
    ///
    /// # Errors
    /// Those of the database.
    pub fn mail_html(&self, message: MessageId) -> Result<Option<String>, StoreError> {
        let sql = "SELECT html FROM mail WHERE message_id = ?1";
        Ok(self.one(sql, [message.0], |r| r.get(0))?.flatten())
    }

    /// One file.
    ///
    /// # Errors
    /// Those of the database.
    pub fn attachment(&self, id: AttachmentId) -> Result<Option<AttachmentRow>, StoreError> {
        self.one(&format!("{} WHERE id = ?1", rows::ATTACHMENT), [id.0], rows::attachment)
    }

    /// The message that a file belongs to.
    ///
    /// # Errors
    /// Those of the database.
    pub fn attachment_message(&self, id: AttachmentId) -> Result<Option<MessageRow>, StoreError> {
        let sql = "SELECT message_id FROM attachment WHERE id = ?1";
        match self.one(sql, [id.0], |r| Ok(MessageId(r.get(0)?)))? {
            Some(message) => self.message(message),
            None => Ok(None),
        }
    }

    /// The history of a delivery, oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn delivery_steps(&self, message: MessageId) -> Result<Vec<DeliveryStep>, StoreError> {
        let mut steps = self.all(STEPS, [message.0], |r| {
            let code: String = r.get(4)?;
            let code = Some(code).filter(|c| !c.is_empty());
            Ok(DeliveryStep {
                state: Delivery::from_code(r.get(0)?).unwrap_or(Delivery::Unknown),
                at: r.get(1)?,
                source: DeliverySource::from_code(r.get(2)?).unwrap_or(DeliverySource::Engine),
                said: r.get(3)?,
                reason: rows::reason(code, r.get(5)?),
                price: r.get(6)?,
            })
        })?;
        steps.sort_by_key(|s| (s.at, s.state));
        Ok(steps)
    }
}
