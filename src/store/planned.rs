//! What the delivery planner asks of the store: ops without their bodies, claims that answer with the op, and times of next tries.

use crate::domain::attachment::{Enclosure, Written};
use crate::domain::clock::Ms;
use crate::domain::delivery::Reason;
use crate::domain::event::ConversationKey;
use crate::domain::ids::{AccountId, ConversationId, MessageId, OpId};
use crate::domain::op::{Op, OpBody, OpClass, OpState};
use crate::domain::row::MessageRow;
use crate::store::accounts::AccountSpec;
use crate::store::actions::from_key;
use crate::store::error::StoreError;
use crate::store::reader::{Reader, rows};
use crate::store::tx::Tx;
use rusqlite::params;

/// An op as the planner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedOp {
    /// Which.
    pub id: OpId,
    /// Its place in the order of asking.
    pub seq: i64,
    /// Whose job.
    pub account: AccountId,
    /// Where.
    pub conversation: ConversationId,
    /// How careful to be.
    pub class: OpClass,
    /// The facet of a `Set`.
    pub facet: Option<String>,
    /// Where it is.
    pub state: OpState,
    /// Not before this moment, UTC milliseconds.
    pub not_before: Ms,
    /// When it was asked for, UTC milliseconds.
    pub created_at: Ms,
    /// When an agent wants it said, if not as soon as it can be, UTC milliseconds.
    pub scheduled_at: Option<Ms>,
    /// Requests made so far.
    pub attempts: u32,
    /// It is tried again because the login was refused.
    pub refused: bool,
}

impl PlannedOp {
    /// The moment for which it is meant: its place among the others of a conversation.
    pub fn meant_for(&self) -> Ms {
        self.scheduled_at.unwrap_or(self.created_at)
    }
}

fn id(bytes: &[u8]) -> OpId {
    OpId(uuid::Uuid::from_slice(bytes).unwrap_or_default())
}

impl Reader {
    /// A conversation by its key at an account.
    ///
    /// # Errors
    /// Those of the database.
    pub fn conversation_by_key(
        &self,
        account: AccountId,
        key: &ConversationKey,
    ) -> Result<Option<ConversationId>, StoreError> {
        let sql = "SELECT id FROM conversation WHERE account_id = ?1 AND external_id = ?2";
        self.one(sql, params![account.0, key.0], |r| Ok(ConversationId(r.get(0)?)))
    }

    /// Ops after a place in the order of asking that can still be planned: queued, retrying, parked or in flight.
    ///
    /// # Errors
    /// Those of the database.
    pub fn ops_planned(&self, after: i64) -> Result<Vec<PlannedOp>, StoreError> {
        self.all(
            "SELECT id, seq, account_id, conversation_id, class, facet, state, not_before, created_at, attempts,
                    scheduled_at, state = 2 AND code IS 'login'
             FROM op WHERE state < 6 AND state < 4 AND seq > ?1 ORDER BY seq",
            [after],
            |r| {
                Ok(PlannedOp {
                    id: id(r.get_ref(0)?.as_blob()?),
                    seq: r.get(1)?,
                    account: AccountId(r.get(2)?),
                    conversation: ConversationId(r.get(3)?),
                    class: match r.get::<_, i64>(4)? {
                        0 => OpClass::Say,
                        1 => OpClass::Set,
                        _ => OpClass::Hint,
                    },
                    facet: r.get(5)?,
                    state: OpState::from_code(r.get(6)?).unwrap_or(OpState::Parked),
                    not_before: r.get(7)?,
                    created_at: r.get(8)?,
                    attempts: u32::try_from(r.get::<_, i64>(9)?).unwrap_or(u32::MAX),
                    scheduled_at: r.get(10)?,
                    refused: r.get(11)?,
                })
            },
        )
    }

    /// Sends whose fate nobody knows.
    ///
    /// # Errors
    /// Those of the database.
    pub fn ops_in_doubt(&self) -> Result<Vec<OpId>, StoreError> {
        self.all("SELECT id FROM op WHERE state < 6 AND state = 4 ORDER BY seq", [], |r| {
            Ok(id(r.get_ref(0)?.as_blob()?))
        })
    }

    /// Whether the store has these accounts, and no others that are in use, just so.
    ///
    /// # Errors
    /// Those of the database.
    pub fn accounts_mirror(&self, specs: &[AccountSpec]) -> Result<bool, StoreError> {
        let known = self.accounts()?;
        let used: Vec<_> = known.iter().filter(|a| !a.name.starts_with("import/")).collect();
        Ok(used.len() == specs.len()
            && specs.iter().all(|s| {
                used.iter().any(|a| {
                    a.name == s.name
                        && a.provider == s.provider
                        && a.channels == s.channels
                        && a.capabilities == s.capabilities
                        && s.enabled == (a.health != crate::domain::account::Health::Disabled)
                }) && s.from.iter().all(|(channel, from)| {
                    self.meta(&from_key(&s.name, *channel)).ok().flatten().as_ref() == Some(from)
                })
            }))
    }

    /// Messages of a thread from a place on, that one included, ascending.
    ///
    /// # Errors
    /// Those of the database.
    pub fn thread_from(
        &self,
        conversation: ConversationId,
        (at, id): (Ms, MessageId),
        count: usize,
    ) -> Result<Vec<MessageRow>, StoreError> {
        self.thread_after(conversation, (at, MessageId(id.0 - 1)), count)
    }
}

/// What became of an op that was to be taken.
#[derive(Debug, Clone, PartialEq)]
pub enum Taken {
    /// Its request leaves once this is committed.
    Op(Box<Op>),
    /// It is not allowed any more (the customer has opted out, a window has closed): it waits for the agent, and what was said after it
    /// waits behind it.
    Parked,
    /// It is not due any more.
    NotDue,
}

impl Tx<'_> {
    /// Takes an op for a request that leaves once this is committed, and answers with it.
    ///
    /// # Errors
    /// `NotFound`; those of the database.
    pub fn op_take(&mut self, op: OpId, now: Ms) -> Result<Taken, StoreError> {
        let sql = "SELECT message_id, attempts, scheduled_at IS NOT NULL FROM op
                   WHERE id = ?1 AND class = 0 AND state IN (0, 2) AND not_before <= ?2";
        let key = op.0.as_bytes().as_slice();
        let due: Option<(Option<i64>, i64, bool)> =
            self.one(sql, params![key, now], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
        // Between its writing and its turn lie a night, a pause of the account, or only the answer that says STOP.
        if due.is_some()
            && let Some(why) = self.no_longer_allowed(op)?
        {
            self.op_parked(op, &Reason::ours(why), now)?;
            return Ok(Taken::Parked);
        }
        if !self.op_claim(op, now)? {
            return Ok(Taken::NotDue);
        }
        let sql = format!("{} WHERE id = ?1", rows::OP);
        let taken = self.one(&sql, [op.0.as_bytes().as_slice()], rows::op)?.map(|a| a.op);
        if let (Some(op), Some((Some(message), 0, true))) = (&taken, due) {
            self.said_now(op.conversation, MessageId(message), now)?;
        }
        Ok(taken.map_or(Taken::NotDue, |op| Taken::Op(Box::new(op))))
    }

    /// What was scheduled stands in the thread where it is said, not where it was written.
    pub(super) fn said_now(
        &mut self,
        conversation: ConversationId,
        message: MessageId,
        now: Ms,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE message SET sent_at = ?2, revision = revision + 1 WHERE id = ?1";
        self.exec(sql, params![message.0, now])?;
        let touch = self.touch(conversation.0);
        touch.newest = true;
        touch.answered_lost = true;
        Ok(())
    }

    /// Why what was allowed when it was written is not allowed any more.
    fn no_longer_allowed(&mut self, op: OpId) -> Result<Option<String>, StoreError> {
        let sql = format!("{} WHERE id = ?1", rows::OP);
        let found = self.one(&sql, [op.0.as_bytes().as_slice()], rows::op)?.map(|a| a.op);
        let Some(Op { account, conversation, body: OpBody::Send { text, attachments, .. }, .. }) = found
        else {
            return Ok(None);
        };
        let (account, row) = (self.account_row(account)?, self.conversation_row(conversation)?);
        let files = attachments.iter().filter_map(Enclosure::of_fact).collect();
        match self.allowed(&account, Some(&row), row.channel, None, &Written { text, files, mail: None }) {
            Err(StoreError::Refused(why)) => Ok(Some(why)),
            other => other.map(|()| None),
        }
    }

    /// From when on an account's messages are news rather than history, UTC milliseconds.
    ///
    /// # Errors
    /// Those of the database.
    pub fn account_since(&mut self, account: AccountId, since: Ms) -> Result<(), StoreError> {
        self.exec("UPDATE account SET since = ?2 WHERE id = ?1", params![account.0, since])?;
        Ok(())
    }

    /// When a retrying op is tried again.
    ///
    /// # Errors
    /// Those of the database.
    pub fn op_due_at(&mut self, op: OpId, at: Ms) -> Result<(), StoreError> {
        let key = op.0.as_bytes().as_slice();
        if self.exec("UPDATE op SET not_before = ?2 WHERE id = ?1 AND state = 2", params![key, at])? == 0 {
            return Ok(());
        }
        self.exec(
            "UPDATE message SET due_at = ?2, revision = revision + 1 WHERE op_id = ?1",
            params![key, at],
        )?;
        Ok(())
    }

    /// Whether an account's message is already known as that of another op: what is found for a doubt must not be it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn is_of_another_op(
        &mut self,
        account: AccountId,
        external: &str,
        op: OpId,
    ) -> Result<bool, StoreError> {
        let found = self.one(
            "SELECT 1 FROM message WHERE external_id = ?1 AND account_id = ?2 AND op_id IS NOT NULL AND op_id <> ?3",
            params![external, account.0, op.0.as_bytes().as_slice()],
            |_| Ok(()),
        )?;
        Ok(found.is_some())
    }
}
