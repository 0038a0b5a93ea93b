//! Reading, consent, drafts and quick replies.

use crate::domain::attachment::Written;
use crate::domain::capability::Ownership;
use crate::domain::command::{ComposeMode, Performed, set};
use crate::domain::contact::ConsentState;
use crate::domain::conversation::Status;
use crate::domain::event::ConversationKey;
use crate::domain::facet::FacetKey;
use crate::domain::ids::ConversationId;
use crate::domain::message::Direction;
use crate::domain::op::OpBody;
use crate::domain::rev::{Rev, Stamped};
use crate::store::actions::Actor;
use crate::store::actions::say::op_detail;
use crate::store::error::StoreError;
use crate::store::media;
use crate::store::tx::Tx;
use rusqlite::params;
use serde_json::{Value, json};

impl Tx<'_> {
    pub(super) fn mark_read(
        &mut self,
        actor: &Actor,
        conversation: ConversationId,
    ) -> Result<Performed, StoreError> {
        let row = self.conversation_row(conversation)?;
        let mut done = Performed { conversation: Some(conversation), ..Performed::default() };
        let heard = match self.one("SELECT id FROM agent WHERE email = ?1", [&actor.email], |r| r.get(0))? {
            Some(me) => self.call_heard(conversation.0, me)?,
            None => false,
        };
        if row.unread == 0 {
            done.changed = heard;
            self.settle()?;
            return Ok(done);
        }
        // Reopened by what is seen now: it must not fall shut under the agent's eyes.
        // Nothing is set here: all that was brought back stays.
        self.keep_returned(conversation, row.account, &FacetKey::Subject)?;
        self.cover_shown(actor, &row)?;
        let remote =
            self.account_row(row.account)?.capabilities.is_some_and(|c| c.read_state == Ownership::Remote);
        if remote {
            let up_to: Option<String> = self.one(
                "SELECT external_id FROM message WHERE conversation_id = ?1 AND direction = 0 AND external_id IS NOT NULL
                 ORDER BY sent_at DESC, id DESC LIMIT 1",
                [conversation.0],
                |r| r.get(0),
            )?;
            if let Some(up_to) = up_to {
                let body = OpBody::Read { conversation: ConversationKey(row.external_id), up_to };
                done.op = Some(self.enqueue(actor, row.account, conversation, None, &body, self.now)?);
            }
        }
        done.changed = true;
        self.audit(actor, "read", Some(conversation), None, op_detail(done.op))?;
        self.settle()?;
        Ok(done)
    }

    pub(super) fn mark_unread(
        &mut self,
        actor: &Actor,
        conversation: ConversationId,
    ) -> Result<Performed, StoreError> {
        let row = self.conversation_row(conversation)?;
        let mut done = Performed { conversation: Some(conversation), ..Performed::default() };
        if row.unread > 0 {
            return Ok(done);
        }
        let newest: Option<i64> = self.one(
            "SELECT id FROM message WHERE conversation_id = ?1 AND direction = 0 ORDER BY sent_at DESC, id DESC LIMIT 1",
            [conversation.0],
            |r| r.get(0),
        )?;
        let Some(newest) = newest else {
            return Err(StoreError::Refused("the customer has not written yet".into()));
        };
        self.exec(
            "UPDATE message SET seen = 2, seen_at = max(seen_at + 1, ?2), seen_rank = 0, revision = revision + 1 WHERE id = ?1",
            [newest, self.now],
        )?;
        self.touch(conversation.0).unread += 1;
        self.uncover_shown(actor, &row)?;
        done.changed = true;
        self.audit(actor, "unread", Some(conversation), None, Value::Null)?;
        self.settle()?;
        Ok(done)
    }

    /// The newest messages of the customer are unseen again. Answers whether any was seen.
    pub(super) fn uncover(
        &mut self,
        actor: &Actor,
        conversation: ConversationId,
        count: u32,
    ) -> Result<Performed, StoreError> {
        let Some(derived) = self.derived(conversation.0)? else {
            return Err(StoreError::NotFound("conversation"));
        };
        // What is put aside had been marked by hand: a message never seen would bring it back.
        let aside = matches!(derived.set_status, Status::Resolved | Status::Snoozed)
            || derived.set_archived_at.is_some();
        let changed = self.exec(
            "UPDATE message SET seen = ?3, seen_at = max(seen_at + 1, ?4), seen_rank = 0, revision = revision + 1 WHERE seen = 1 AND id IN (
               SELECT id FROM message WHERE conversation_id = ?1 AND direction = 0 ORDER BY sent_at DESC, id DESC LIMIT ?2)",
            params![conversation.0, count, if aside { 2 } else { 0 }, self.now],
        )?;
        self.touch(conversation.0).unread += i64::try_from(changed).unwrap_or(i64::MAX);
        let row = self.conversation_row(conversation)?;
        self.uncover_shown(actor, &row)?;
        self.audit(actor, "unread", Some(conversation), None, Value::Null)?;
        self.settle()?;
        Ok(Performed { conversation: Some(conversation), changed: changed > 0, ..Performed::default() })
    }

    pub(super) fn set_consent(
        &mut self,
        actor: &Actor,
        conversation: ConversationId,
        state: ConsentState,
    ) -> Result<Performed, StoreError> {
        let row = self.conversation_row(conversation)?;
        let identity = self
            .one(
                "SELECT i.kind, i.value FROM conversation c JOIN identity i ON i.id = c.identity_id WHERE c.id = ?1",
                [conversation.0],
                |r| Ok((r.get::<_, i64>(0)?, r.get::<_, String>(1)?)),
            )?
            .and_then(|(kind, value)| {
                Some(crate::domain::contact::Identity::new(
                    crate::domain::contact::IdentityKind::from_code(kind)?,
                    value,
                ))
            })
            .ok_or_else(|| StoreError::Refused("the customer's address is not known".into()))?;
        let before = self.consent_of(conversation)?;
        let mut done = Performed { conversation: Some(conversation), ..Performed::default() };
        if before.as_ref().is_some_and(|b| b.state == state) {
            return Ok(done);
        }
        let rev = Rev::next(self.now, before.as_ref().map(|b| Rev { at: b.at, rank: u16::MAX }));
        let said = match state {
            ConsentState::OptedOut => format!("opted out by {}", actor.name),
            ConsentState::OptedIn => format!("opted in by {}", actor.name),
        };
        let stated = Stamped { value: state, rev };
        done.changed = self.consent_fact(row.account, &identity, row.channel, &stated, &said)?;
        let (name, medium) = (row.known_name().unwrap_or("the customer"), row.channel.title());
        let line = match state {
            ConsentState::OptedOut => format!("opted {name} out of {medium}"),
            ConsentState::OptedIn => format!("opted {name} in to {medium} again"),
        };
        self.own_message(actor, conversation, Direction::Activity, &line.into())?;
        let detail = json!({ "before": before.map(|b| b.state), "after": state });
        self.audit(actor, "consent", Some(conversation), None, detail)?;
        self.settle()?;
        Ok(done)
    }

    /// Blocks the address that a conversation is with, or accepts it again. The conversation goes to the spam, and comes back.
    pub(super) fn block(
        &mut self,
        actor: &Actor,
        conversation: ConversationId,
        on: bool,
    ) -> Result<Performed, StoreError> {
        let row = self.conversation_row(conversation)?;
        let sql = "SELECT identity_id FROM conversation WHERE id = ?1";
        let identity: Option<i64> = self.one(sql, [conversation.0], |r| r.get(0))?.flatten();
        let Some(identity) = identity else {
            return Err(StoreError::Refused("the customer's address is not known".into()));
        };
        let mut done = Performed { conversation: Some(conversation), ..Performed::default() };
        if row.blocked == on {
            return Ok(done);
        }
        // What stands in other threads with this address calls nobody from now on, or again.
        self.count_places_of(identity, -1)?;
        if on {
            let sql = "INSERT INTO block(identity_id, at, actor) VALUES (?1, ?2, ?3)";
            self.exec(sql, params![identity, self.now, actor.email])?;
        } else {
            self.exec("DELETE FROM block WHERE identity_id = ?1", [identity])?;
        }
        self.count_places_of(identity, 1)?;
        let line = if on { "blocked this address" } else { "accepts this address again" };
        self.own_message(actor, conversation, Direction::Activity, &line.into())?;
        self.audit(
            actor,
            if on { "block" } else { "unblock" },
            Some(conversation),
            None,
            json!({ "address": row.theirs }),
        )?;
        let status = if on { Status::Spam } else { Status::Open };
        if on != (row.status == Status::Spam) {
            done.op = self.set(actor, conversation, &set::status(status))?.op;
        }
        done.changed = true;
        self.settle()?;
        Ok(done)
    }

    /// Keeps what is typed under the conversation in which it is typed, though that may be part of another one by now.
    pub(super) fn draft(
        &mut self,
        conversation: ConversationId,
        mode: ComposeMode,
        written: &Written,
    ) -> Result<Performed, StoreError> {
        let stays = self.stays(conversation)?;
        self.conversation_row(stays)?;
        if *written == Written::default() {
            self.forget_draft(conversation, mode)?;
        } else {
            self.exec(
                "INSERT INTO draft(conversation_id, mode, text, files, mail, began_at, updated_at) VALUES (?1, ?2, ?3, ?5, ?6, ?4, ?4)
                 ON CONFLICT (conversation_id, mode) DO UPDATE SET text = excluded.text, files = excluded.files,
                   mail = excluded.mail, updated_at = excluded.updated_at",
                params![
                    conversation.0,
                    mode.code(),
                    written.text,
                    self.now,
                    media::column(&written.files)?,
                    written.mail.as_ref().map(serde_json::to_string).transpose()?
                ],
            )?;
            self.touch(stays.0).draft = true;
        }
        self.settle()?;
        Ok(Performed { conversation: Some(stays), changed: true, ..Performed::default() })
    }

    /// The words have become a message.
    pub(super) fn forget_draft(
        &mut self,
        conversation: ConversationId,
        mode: ComposeMode,
    ) -> Result<(), StoreError> {
        let gone = self.exec(
            "DELETE FROM draft WHERE conversation_id = ?1 AND mode = ?2",
            params![conversation.0, mode.code()],
        )?;
        if gone > 0 {
            let stays = self.stays(conversation)?;
            self.touch(stays.0).draft = true;
        }
        Ok(())
    }
}
