//! What agents do: each action is one transaction of echo, op and audit, and answers what became of it.

mod begin;
mod mail;
mod marks;
mod mend;
mod misc;
mod quick_replies;
mod say;

use say::Leaves;
pub(super) use say::from_key;
mod set;

use crate::domain::clock::Ms;
use crate::domain::command::{Action, ComposeMode, Performed};
use crate::domain::conversation::Assignee;
use crate::domain::facet::Owner;
use crate::domain::ids::{AccountId, ConversationId, MessageId, OpId};
use crate::domain::op::{OpBody, OpClass, OpState};
use crate::domain::row::ConversationRow;
use crate::store::error::StoreError;
use crate::store::reader::rows;
use crate::store::tx::Tx;
use rusqlite::params;
use serde_json::Value;

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Their name, as customers and colleagues see it.
    pub name: String,
    /// Their e-mail, by which agents are known everywhere.
    pub email: String,
}

impl Actor {
    /// Frontdesk itself, where a rule or a clock acts.
    pub fn system() -> Actor {
        Actor { name: "Frontdesk".into(), email: String::new() }
    }

    /// Whether nobody in person acts.
    pub fn is_system(&self) -> bool {
        self.email.is_empty()
    }
}

impl Tx<'_> {
    /// Performs an action.
    ///
    /// # Errors
    /// `Refused` with a reason for people, `NotFound`; those of the database. Nothing is written then.
    pub fn perform(&mut self, actor: &Actor, action: &Action) -> Result<Performed, StoreError> {
        // What this job has applied so far is part of what the agent acts upon.
        self.settle()?;
        let mut redirected = action.clone();
        // Where it was asked: there the draft is that has become a message.
        let mut typed_in = None;
        if let Some(conversation) = redirected.conversation_mut() {
            typed_in = Some(*conversation);
            // It may be part of another one by now.
            *conversation = self.stays(*conversation)?;
        }
        if let (Some(conversation), Action::Reply { .. } | Action::Note { .. }) = (typed_in, &redirected) {
            let is_note = matches!(redirected, Action::Note { .. });
            self.forget_draft(conversation, if is_note { ComposeMode::Note } else { ComposeMode::Reply })?;
        }
        match &redirected {
            Action::Reply { conversation, text, undo_ms, at } => {
                self.reply(actor, *conversation, text, Leaves { undo_ms: *undo_ms, at: *at })
            }
            Action::New { account, channel, to, text, undo_ms, at } => {
                let leaves = Leaves { undo_ms: *undo_ms, at: *at };
                self.begin(actor, *account, *channel, to, text, leaves)
            }
            Action::Begin { account, channel, to } => self.open_with(*account, *channel, to),
            Action::Abandon { conversation } => self.abandon(*conversation),
            Action::Note { conversation, text } => self.note(actor, *conversation, text),
            Action::Set { conversation, facet } => self.set(actor, *conversation, facet),
            Action::Read { conversation } => self.mark_read(actor, *conversation),
            Action::Unread { conversation } => self.mark_unread(actor, *conversation),
            Action::Uncover { conversation, count } => self.uncover(actor, *conversation, *count),
            Action::Cancel { message } => self.cancel(actor, *message),
            Action::Retry { message } => self.retry(actor, *message),
            Action::Discard { message } => self.discard(actor, *message),
            Action::Settle { message, sent } => self.settle_doubt(actor, *message, *sent),
            Action::Consent { conversation, state } => self.set_consent(actor, *conversation, *state),
            Action::Block { conversation, on } => self.block(actor, *conversation, *on),
            Action::Fetch { attachment } => self.attachment_again(*attachment),
            Action::Draft { conversation, mode, text } => {
                self.draft(typed_in.unwrap_or(*conversation), *mode, text)
            }
            Action::QuickReplyUsed { id } => self.quick_reply_used(*id),
            Action::QuickReplySave { id, reply } => self.quick_reply_save(actor, *id, reply),
            Action::QuickReplyRemove { id } => self.quick_reply_remove(actor, *id),
        }
    }

    /// Performs an action, and answers with what takes it back, if anything does. What the customer has written after `seen_to` nobody has
    /// seen: such a conversation is not put aside.
    ///
    /// # Errors
    /// As [`Tx::perform`].
    pub fn perform_undoable(
        &mut self,
        actor: &Actor,
        action: &Action,
        seen_to: Option<Ms>,
    ) -> Result<(Performed, Vec<Action>), StoreError> {
        let of = match action {
            Action::Set { conversation, .. }
            | Action::Read { conversation }
            | Action::Unread { conversation }
            | Action::Block { conversation, .. } => *conversation,
            _ => return Ok((self.perform(actor, action)?, Vec::new())),
        };
        self.settle()?;
        let before = self.conversation_row(of)?;
        let aside = matches!(action, Action::Set { facet, .. } if facet.puts_aside());
        if aside && seen_to.is_some_and(|to| before.last_inbound_at > Some(to)) {
            return Err(StoreError::Refused("the customer has written since".into()));
        }
        let owner = self.owner_of(&before)?;
        let done = self.perform(actor, action)?;
        Ok((done, action.inverse(&before, owner)))
    }

    /// Whose a conversation is, in terms that travel.
    fn owner_of(&self, row: &ConversationRow) -> Result<Option<Owner>, StoreError> {
        Ok(match row.assignee {
            None => None,
            Some(Assignee::Agent(id)) => {
                let sql = "SELECT email FROM agent WHERE id = ?1";
                self.one(sql, [id.0], |r| r.get(0))?.map(Owner::Agent)
            }
            Some(Assignee::Team(id)) => {
                self.one("SELECT name FROM team WHERE id = ?1", [id.0], |r| r.get(0))?.map(Owner::Team)
            }
        })
    }

    /// The conversation as it is shown, or `NotFound`.
    pub(in crate::store) fn conversation_row(
        &self,
        id: ConversationId,
    ) -> Result<ConversationRow, StoreError> {
        self.one(&format!("{} WHERE c.id = ?1", rows::CONVERSATION), [id.0], rows::conversation)?
            .ok_or(StoreError::NotFound("conversation"))
    }

    /// The account, or `NotFound`.
    pub(in crate::store) fn account_row(
        &self,
        id: AccountId,
    ) -> Result<crate::domain::row::AccountRow, StoreError> {
        self.one(&format!("{} WHERE id = ?1", rows::ACCOUNT), [id.0], rows::account)?
            .ok_or(StoreError::NotFound("account"))
    }

    /// Enqueues an op.
    pub(super) fn enqueue(
        &mut self,
        actor: &Actor,
        account: AccountId,
        conversation: ConversationId,
        message: Option<MessageId>,
        body: &OpBody,
        not_before: i64,
    ) -> Result<OpId, StoreError> {
        let id = OpId::fresh();
        self.enqueue_as(id, actor, account, conversation, message, body, not_before)
    }

    /// Enqueues an op under a name that is known already.
    #[expect(clippy::too_many_arguments, reason = "the columns of an op")]
    pub(super) fn enqueue_as(
        &mut self,
        id: OpId,
        actor: &Actor,
        account: AccountId,
        conversation: ConversationId,
        message: Option<MessageId>,
        body: &OpBody,
        not_before: i64,
    ) -> Result<OpId, StoreError> {
        self.op_opened();
        let class = match body.class() {
            OpClass::Say => 0,
            OpClass::Set => 1,
            OpClass::Hint => 2,
        };
        self.exec(
            "INSERT INTO op(id, account_id, conversation_id, message_id, class, facet, body, state, not_before, created_at, actor)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                id.0.as_bytes().as_slice(),
                account.0,
                conversation.0,
                message.map(|m| m.0),
                class,
                body.facet_key().map(|k| k.text()),
                serde_json::to_string(body)?,
                OpState::Queued.code(),
                not_before,
                self.now,
                actor.email
            ],
        )?;
        Ok(id)
    }

    /// Writes down who did what.
    pub(super) fn audit(
        &mut self,
        actor: &Actor,
        verb: &str,
        conversation: Option<ConversationId>,
        message: Option<MessageId>,
        detail: Value,
    ) -> Result<(), StoreError> {
        let detail = if detail.is_null() { None } else { Some(detail.to_string()) };
        self.exec(
            "INSERT INTO audit(at, actor, action, conversation_id, message_id, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                self.now,
                actor.email,
                verb,
                conversation.map(|c| c.0),
                message.map(|m| m.0),
                detail
            ],
        )?;
        Ok(())
    }
}
