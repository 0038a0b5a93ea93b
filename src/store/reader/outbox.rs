//! What is still to be done: ops that wait or are on their way, and files that wait to be fetched.

use crate::domain::account::Health;
use crate::domain::attachment::{Enclosure, Written};
use crate::domain::clock::Ms;
use crate::domain::delivery::Reason;
use crate::domain::ids::{AccountId, AttachmentId, ConversationId, MessageId, OpId};
use crate::domain::message::MediaRef;
use crate::domain::op::{Op, OpBody, OpState};
use crate::domain::row::OutboxRow;
use crate::store::error::StoreError;
use crate::store::reader::{Reader, limit, rows};
use rusqlite::params;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// An op with where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveOp {
    /// The op.
    pub op: Op,
    /// Where it is.
    pub state: OpState,
    /// Requests made so far.
    pub attempts: u32,
    /// Its place in the order in which agents asked.
    pub seq: i64,
    /// When its last request was begun, UTC milliseconds.
    pub started_at: Option<Ms>,
    /// Why it is not further.
    pub reason: Option<Reason>,
}

/// A file that waits to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentDue {
    /// Which.
    pub id: AttachmentId,
    /// Whose provider has it.
    pub account: AccountId,
    /// Where it is shown.
    pub conversation: ConversationId,
    /// The message it belongs to.
    pub message: MessageId,
    /// Where the provider keeps it.
    pub media: MediaRef,
    /// Its name, already fit for a file system.
    pub name: String,
    /// Tries so far.
    pub attempts: u32,
}

/// Ops of the outbox, in the order of asking.
pub(super) const OUTBOX: &str = "WHERE state < 6 AND state <> 5 ORDER BY seq LIMIT ?1";
/// Ops of an account that are not over.
pub(super) const ACTIVE: &str = "WHERE account_id = ?1 AND state < 6 ORDER BY seq";
/// The last message before another one of a conversation that has to leave first. What is scheduled holds nobody.
pub(super) const BEFORE: &str =
    "SELECT state FROM op INDEXED BY op_fold WHERE conversation_id = ?1 AND state < 6 AND state < 4 AND class = 0
     AND scheduled_at IS NULL AND seq < ?2 ORDER BY seq DESC LIMIT 1";
/// Files that are due.
pub(super) const DUE: &str =
    "SELECT a.id, m.account_id, m.conversation_id, m.id, a.media, a.name, a.mime, a.attempts
     FROM attachment a CROSS JOIN message m ON m.id = a.message_id
     WHERE a.due_at <= ?1 AND a.media IS NOT NULL ORDER BY a.due_at LIMIT ?2";

impl Reader {
    /// What still has to happen, or needs an agent, in the order of asking.
    ///
    /// # Errors
    /// Those of the database.
    pub fn outbox(&self, count: usize, now: Ms) -> Result<Vec<OutboxRow>, StoreError> {
        let ops = self.all(&format!("{} {OUTBOX}", rows::OP), [limit(count)], rows::op)?;
        let mut accounts = HashMap::new();
        ops.into_iter()
            .map(|a| {
                let id = a.op.account;
                if let Entry::Vacant(entry) = accounts.entry(id) {
                    entry.insert(self.holds(id, now)?);
                }
                self.outbox_row(a, accounts.get(&id).cloned().flatten())
            })
            .collect()
    }

    /// Why an account sends nothing now, and whether that is for good: then no earlier trouble matters.
    fn holds(&self, account: AccountId, now: Ms) -> Result<Option<(String, bool)>, StoreError> {
        let sql =
            "SELECT name, enabled, removed_at IS NOT NULL, health, detail, paused_until > ?2, paused_why
                   FROM account WHERE id = ?1";
        let told = self.one(sql, params![account.0, now], |r| {
            let (name, enabled, removed): (String, bool, bool) = (r.get(0)?, r.get(1)?, r.get(2)?);
            let (health, detail): (String, String) = (r.get(3)?, r.get(4)?);
            let paused = r.get::<_, Option<bool>>(5)?.unwrap_or(false);
            Ok(match health.parse() {
                _ if removed => Some((format!("the channel {name} was removed"), true)),
                _ if !enabled => Some((format!("the channel {name} is switched off"), true)),
                _ if paused => r.get::<_, Option<String>>(6)?.map(|why| (why, false)),
                Ok(Health::NeedsLogin) => {
                    Some((format!("the channel {name} needs its login: {detail}"), false))
                }
                _ => None,
            })
        })?;
        Ok(told.flatten())
    }

    fn outbox_row(&self, a: ActiveOp, account: Option<(String, bool)>) -> Result<OutboxRow, StoreError> {
        let is_off = account.as_ref().is_some_and(|(_, off)| *off);
        let held = match a.state {
            OpState::Queued if account.is_some() => account.map(|(why, _)| why),
            OpState::Retrying if is_off => account.map(|(why, _)| why),
            OpState::Queued if matches!(a.op.body, OpBody::Send { .. }) => {
                let before = self.one(BEFORE, params![a.op.conversation.0, a.seq], |r| r.get::<_, i64>(0))?;
                before.and_then(OpState::from_code).map(|state| {
                    let word = state.word();
                    format!("waits for the message before it, which is {word}")
                })
            }
            _ => None,
        };
        let sql = "SELECT k.name, c.theirs FROM conversation c JOIN contact k ON k.id = c.contact_id WHERE c.id = ?1";
        let who = self.one(sql, [a.op.conversation.0], |r| Ok((r.get(0)?, r.get(1)?)))?;
        let (contact_name, theirs) = who.unwrap_or_default();
        Ok(OutboxRow {
            op: a.op.id,
            message: a.op.message,
            conversation: a.op.conversation,
            contact_name,
            theirs,
            kind: match a.op.body {
                OpBody::Send { .. } => "send",
                OpBody::Set { .. } => "set",
                OpBody::Read { .. } => "read",
                OpBody::Mark { .. } => "mark",
            },
            text: match a.op.body {
                OpBody::Send { text, attachments, .. } => {
                    let files = attachments.iter().filter_map(Enclosure::of_fact).collect();
                    Some(Written { text, files, mail: None })
                }
                OpBody::Set { .. } | OpBody::Read { .. } | OpBody::Mark { .. } => None,
            },
            state: a.state,
            reason: a.reason.filter(|_| !(is_off && a.state == OpState::Retrying)),
            held,
            attempts: a.attempts,
            created_at: a.op.created_at,
            not_before: a.op.not_before,
        })
    }

    /// One op, however long it is over.
    ///
    /// # Errors
    /// Those of the database.
    pub fn op(&self, id: OpId) -> Result<Option<(Op, OpState, u32)>, StoreError> {
        let sql = format!("{} WHERE id = ?1", rows::OP);
        let found = self.one(&sql, [id.0.as_bytes().as_slice()], rows::op)?;
        Ok(found.map(|a| (a.op, a.state, a.attempts)))
    }

    /// All ops of an account that are not over, in the order of asking.
    ///
    /// # Errors
    /// Those of the database.
    pub fn ops_active(&self, account: AccountId) -> Result<Vec<ActiveOp>, StoreError> {
        self.all(&format!("{} {ACTIVE}", rows::OP), [account.0], rows::op)
    }

    /// Files that are to be fetched by now, the longest due first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn attachments_due(&self, now: Ms, count: usize) -> Result<Vec<AttachmentDue>, StoreError> {
        self.all(DUE, [now, limit(count)], |r| {
            let id: i64 = r.get(0)?;
            let mime: Option<String> = r.get(6)?;
            Ok(AttachmentDue {
                id: AttachmentId(id),
                account: AccountId(r.get(1)?),
                conversation: ConversationId(r.get(2)?),
                message: MessageId(r.get(3)?),
                media: MediaRef(r.get(4)?),
                name: rows::named(id, r.get(5)?, mime.as_deref()),
                attempts: u32::try_from(r.get::<_, i64>(7)?).unwrap_or(u32::MAX),
            })
        })
    }
}
