//! Mending sends: taking back, trying again, giving up, answering a doubt.

use crate::domain::attachment::Written;
use crate::domain::command::Performed;
use crate::domain::delivery::{Delivery, DeliverySource, Reason};
use crate::domain::event::DeliveryReport;
use crate::domain::ids::{ConversationId, MessageId, OpId};
use crate::domain::message::Direction;
use crate::domain::op::OpState;
use crate::store::actions::Actor;
use crate::store::actions::say::{Leaves, op_detail};
use crate::store::apply::own_step;
use crate::store::error::StoreError;
use crate::store::fold::uuid_blob;
use crate::store::tx::Tx;
use rusqlite::params;
use serde_json::json;

/// An outbound message with its op, as mending needs it.
struct Send {
    conversation: ConversationId,
    external: Option<String>,
    text: String,
    said: Option<Delivery>,
    delivery: Option<Delivery>,
    op: Option<(OpId, OpState)>,
}

impl Tx<'_> {
    fn send(&self, message: MessageId) -> Result<Send, StoreError> {
        self.one(
            "SELECT m.conversation_id, m.external_id,
                    coalesce((SELECT l.html FROM mail l WHERE l.message_id = m.id AND json_extract(l.head, '$.is_html')), m.text), m.said, m.delivery, o.id, o.state
             FROM message m LEFT JOIN op o ON o.id = m.op_id WHERE m.id = ?1 AND m.direction = 1",
            [message.0],
            |r| {
                let op = r.get::<_, Option<uuid_blob::Id>>(5)?.map(|id| id.0);
                let state = r.get::<_, Option<i64>>(6)?.and_then(OpState::from_code);
                Ok(Send {
                    conversation: ConversationId(r.get(0)?),
                    external: r.get(1)?,
                    text: r.get(2)?,
                    said: r.get::<_, Option<i64>>(3)?.and_then(Delivery::from_code),
                    delivery: r.get::<_, Option<i64>>(4)?.and_then(Delivery::from_code),
                    op: op.zip(state),
                })
            },
        )?
        .ok_or(StoreError::NotFound("outbound message"))
    }

    fn mended(
        &mut self,
        actor: &Actor,
        verb: &str,
        message: MessageId,
        send: &Send,
    ) -> Result<Performed, StoreError> {
        self.show(message.0)?;
        self.settle()?;
        let now = self.send(message)?;
        let op = now.op.map(|(id, _)| id);
        let mut detail = json!({ "before": send.delivery, "after": now.delivery });
        if let (Some(map), Some(op)) = (detail.as_object_mut(), op) {
            map.insert("op".into(), json!(op.to_string()));
        }
        self.audit(actor, verb, Some(send.conversation), Some(message), detail)?;
        Ok(Performed {
            op,
            message: Some(message),
            conversation: Some(send.conversation),
            delivery: now.delivery,
            changed: true,
        })
    }

    pub(super) fn cancel(&mut self, actor: &Actor, message: MessageId) -> Result<Performed, StoreError> {
        if let Some(done) = self.cancel_note(actor, message)? {
            return Ok(done);
        }
        let send = self.send(message)?;
        match send.op {
            Some((op, OpState::Queued | OpState::Retrying)) => {
                self.set_op(op, OpState::Cancelled, None)?;
                let why = Reason::ours(format!("taken back by {}", actor.name));
                self.step(message.0, &own_step(Delivery::Cancelled, &why, self.now))?;
                self.mended(actor, "cancel", message, &send)
            }
            Some((_, OpState::Cancelled)) => Ok(unchanged(message, &send)),
            Some((_, OpState::Parked)) => {
                Err(StoreError::Refused("it has not left: discard it instead".into()))
            }
            _ => Err(StoreError::Refused("it cannot be taken back: it has already left".into())),
        }
    }

    /// Takes a note back; nothing where the message is none. Nobody but agents has seen it, so there is no hurry: it stands in
    /// the thread as taken back, and is neither preview nor found any more.
    fn cancel_note(&mut self, actor: &Actor, message: MessageId) -> Result<Option<Performed>, StoreError> {
        let note: Option<(i64, String, bool, bool)> = self.one(
            "SELECT m.conversation_id, m.text, coalesce(a.email, '') = ?2, m.delivery IS 5
             FROM message m LEFT JOIN agent a ON a.id = m.agent_id WHERE m.id = ?1 AND m.direction = ?3",
            params![message.0, actor.email.to_lowercase(), Direction::Note.code()],
            |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)),
        )?;
        let Some((conversation, text, is_own, is_gone)) = note else { return Ok(None) };
        if !is_own {
            return Err(StoreError::Refused("only who wrote a note can take it back".into()));
        }
        if !is_gone {
            let why = Reason::ours(format!("taken back by {}", actor.name));
            self.step(message.0, &own_step(Delivery::Cancelled, &why, self.now))?;
            self.exec(
                "UPDATE message SET said = ?2, delivery = ?2, revision = revision + 1 WHERE id = ?1",
                params![message.0, Delivery::Cancelled.code()],
            )?;
            self.touch(conversation).newest = true;
            self.call_off(conversation, &text)?;
            self.index_text(message.0, &text)?;
            self.audit(
                actor,
                "cancel",
                Some(ConversationId(conversation)),
                Some(message),
                json!({ "note": true }),
            )?;
            self.settle()?;
        }
        Ok(Some(Performed {
            op: None,
            message: Some(message),
            conversation: Some(ConversationId(conversation)),
            delivery: Some(Delivery::Cancelled),
            changed: !is_gone,
        }))
    }

    pub(super) fn retry(&mut self, actor: &Actor, message: MessageId) -> Result<Performed, StoreError> {
        let send = self.send(message)?;
        let allowed =
            matches!(
                send.delivery,
                Some(Delivery::Failed | Delivery::Parked | Delivery::Retrying | Delivery::Unknown)
            ) || matches!((send.delivery, send.op), (Some(Delivery::Queued), Some((_, OpState::Queued))));
        if !allowed {
            let word = send.delivery.map_or("not ours", Delivery::word);
            return Err(StoreError::Refused(format!("there is nothing to try again: it is {word}")));
        }
        let row = self.conversation_row(send.conversation)?;
        let account = self.account_row(row.account)?;
        let written = Written {
            text: send.text.clone(),
            files: self.enclosed(message)?,
            mail: self.head_again(message)?,
        };
        let written = self.to_the_missed(message, written)?;
        self.allowed(&account, Some(&row), row.channel, None, &written)?;
        match send.op {
            // The provider never had it: the same message goes out again.
            Some((op, _)) if send.said.is_none() && send.external.is_none() => {
                self.op_opened();
                let key = op.0.as_bytes().as_slice();
                let sql = "SELECT scheduled_at IS NOT NULL AND attempts = 0 FROM op WHERE id = ?1";
                if self.one(sql, params![key], |r| r.get(0))?.unwrap_or(false) {
                    self.said_now(send.conversation, message, self.now)?;
                }
                self.exec(
                    "UPDATE op SET state = ?2, not_before = ?3, scheduled_at = NULL, attempts = 0, code = NULL, human = NULL WHERE id = ?1",
                    params![op.0.as_bytes().as_slice(), OpState::Queued.code(), self.now],
                )?;
                self.exec("UPDATE message SET given_up = 0 WHERE id = ?1", [message.0])?;
                let how = if send.delivery == Some(Delivery::Queued) { "now" } else { "again" };
                let again = DeliveryReport {
                    said: format!("{how}, by {}", actor.name),
                    reason: None,
                    ..own_step(Delivery::Queued, &Reason::ours(""), self.now)
                };
                self.step(message.0, &again)?;
                self.mended(actor, "retry", message, &send)
            }
            // The provider had it and failed: that stays history, and a new message goes out; once.
            _ if self.is_given_up(message)? => Err(StoreError::Refused(
                "it was sent again already, or given up: write it anew if that is what you want".into(),
            )),
            _ => {
                self.give_up(message, &send)?;
                let mut done = self.say(actor, &row, &written, Leaves::default())?;
                let mut detail = op_detail(done.op);
                if let Some(map) = detail.as_object_mut() {
                    map.insert("of".into(), json!(message.to_string()));
                }
                self.audit(actor, "retry", Some(send.conversation), done.message, detail)?;
                done.changed = true;
                Ok(done)
            }
        }
    }

    pub(super) fn discard(&mut self, actor: &Actor, message: MessageId) -> Result<Performed, StoreError> {
        if let Some(done) = self.cancel_note(actor, message)? {
            return Ok(done);
        }
        let send = self.send(message)?;
        match (send.delivery, send.op) {
            (Some(Delivery::Cancelled), _) => Ok(unchanged(message, &send)),
            (Some(Delivery::Failed), _) if self.is_given_up(message)? => Ok(unchanged(message, &send)),
            (Some(Delivery::Failed), op) => {
                if let (Some((op, OpState::Failed)), None) = (op, send.said) {
                    self.set_op(op, OpState::Cancelled, None)?;
                }
                self.give_up(message, &send)?;
                self.mended(actor, "discard", message, &send)
            }
            (_, Some((op, OpState::Queued | OpState::Retrying | OpState::Parked))) => {
                self.set_op(op, OpState::Cancelled, None)?;
                let why = Reason::ours(format!("given up by {}", actor.name));
                self.step(message.0, &own_step(Delivery::Cancelled, &why, self.now))?;
                self.mended(actor, "discard", message, &send)
            }
            (Some(Delivery::Unknown), _) => Err(StoreError::Refused(
                "it may have been sent: say first whether it was (settle it as sent or not sent)".into(),
            )),
            _ => Err(StoreError::Refused("it has been sent: there is nothing to discard".into())),
        }
    }

    pub(super) fn settle_doubt(
        &mut self,
        actor: &Actor,
        message: MessageId,
        sent: bool,
    ) -> Result<Performed, StoreError> {
        let send = self.send(message)?;
        let Some((op, OpState::Unknown)) = send.op else {
            let word = send.delivery.map_or("not ours", Delivery::word);
            return Err(StoreError::Refused(format!("there is no doubt about it: it is {word}")));
        };
        if sent {
            let report = DeliveryReport {
                state: Delivery::Accepted,
                said: format!("sent, says {}", actor.name),
                reason: None,
                missed: Vec::new(),
                price: None,
                at: self.now,
                source: DeliverySource::Agent,
            };
            self.report(message.0, &report)?;
        } else {
            let why = Reason::ours(format!("not sent, says {}: send it again or discard it", actor.name));
            self.set_op(op, OpState::Parked, Some(&why))?;
            self.step(message.0, &own_step(Delivery::Parked, &why, self.now))?;
        }
        self.mended(actor, "settle", message, &send)
    }

    /// Whether an agent has answered for it already.
    fn is_given_up(&self, message: MessageId) -> Result<bool, StoreError> {
        let sql = "SELECT given_up FROM message WHERE id = ?1";
        Ok(self.one(sql, [message.0], |r| r.get(0))?.unwrap_or(false))
    }

    /// The message asks for nothing any more.
    fn give_up(&mut self, message: MessageId, send: &Send) -> Result<(), StoreError> {
        if !self.is_given_up(message)? {
            self.exec("UPDATE message SET given_up = 1, revision = revision + 1 WHERE id = ?1", [message.0])?;
            let troubled = i64::from(send.delivery.is_some_and(Delivery::needs_agent));
            self.touch(send.conversation.0).troubled -= troubled;
        }
        Ok(())
    }
}

fn unchanged(message: MessageId, send: &Send) -> Performed {
    Performed {
        op: send.op.map(|(id, _)| id),
        message: Some(message),
        conversation: Some(send.conversation),
        delivery: send.delivery,
        changed: false,
    }
}
