//! Saying something: the echo that is shown at once, and the op that sends it.

use crate::domain::account::Channel;
use crate::domain::attachment::Written;
use crate::domain::availability::{SendContext, may_say, may_send};
use crate::domain::clock::Ms;
use crate::domain::command::Performed;
use crate::domain::contact::{Identity, IdentityKind, Party};
use crate::domain::delivery::Delivery;
use crate::domain::event::ConversationKey;
use crate::domain::facet::Facet;
use crate::domain::ids::{AccountId, ConversationId, MessageId, OpId};
use crate::domain::mail::Mail;
use crate::domain::message::{Author, AuthorKind, Direction, MessageKind};
use crate::domain::op::OpBody;
use crate::domain::rev::{Rev, Stamped};
use crate::domain::row::{AccountRow, ConsentRow, ConversationRow, bare_address};
use crate::store::actions::Actor;
use crate::store::apply::Threaded;
use crate::store::error::StoreError;
use crate::store::reader::rows;
use crate::store::tx::Tx;
use crate::text::mail::{html, subject};
use crate::text::{address, variables};
use rusqlite::params;
use serde_json::{Value, json};

/// When something that is said leaves.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Leaves {
    /// How long it can be taken back, milliseconds.
    pub undo_ms: Ms,
    /// When it is to leave, if that is later.
    pub at: Option<Ms>,
}

impl Tx<'_> {
    pub(super) fn reply(
        &mut self,
        actor: &Actor,
        conversation: ConversationId,
        written: &Written,
        leaves: Leaves,
    ) -> Result<Performed, StoreError> {
        let row = self.conversation_row(conversation)?;
        let account = self.account_row(row.account)?;
        self.allowed(&account, Some(&row), row.channel, None, written)?;
        let done = self.say(actor, &row, written, leaves)?;
        self.audit(actor, "reply", Some(conversation), done.message, op_detail(done.op))?;
        Ok(done)
    }

    pub(super) fn note(
        &mut self,
        actor: &Actor,
        conversation: ConversationId,
        written: &Written,
    ) -> Result<Performed, StoreError> {
        if written.is_blank() {
            return Err(StoreError::Refused("the note is empty".into()));
        }
        self.conversation_row(conversation)?;
        let message = self.own_message(actor, conversation, Direction::Note, written)?;
        self.audit(actor, "note", Some(conversation), Some(message), Value::Null)?;
        self.settle()?;
        Ok(Performed {
            op: None,
            message: Some(message),
            conversation: Some(conversation),
            delivery: None,
            changed: true,
        })
    }

    /// The echo and its op. What may not be said was refused before.
    pub(super) fn say(
        &mut self,
        actor: &Actor,
        row: &ConversationRow,
        written: &Written,
        leaves: Leaves,
    ) -> Result<Performed, StoreError> {
        let op = OpId::fresh();
        let mail = self.outgoing(op, row, written)?;
        let message = match &mail {
            Some(out) => {
                let mut kept = out.mail.clone();
                let mut shown = written.clone();
                if out.is_html {
                    // What is read here is what its readers see.
                    let text = html::to_text(&written.text);
                    kept.html = Some(written.text.clone());
                    // A picture without words: its source says more than nothing.
                    if !text.trim().is_empty() {
                        shown.text = text;
                    }
                }
                let message = self.own_message(actor, row.id, Direction::Outbound, &shown)?;
                self.own_mail(row, message, &kept)?;
                self.mail_words(row.id, &kept, written.files.iter().map(|file| file.name.as_str()))?;
                message
            }
            None => self.own_message(actor, row.id, Direction::Outbound, written)?,
        };
        let body = OpBody::Send {
            conversation: ConversationKey(row.external_id.clone()),
            channel: row.channel,
            from: row.ours.clone(),
            to: row.theirs.clone(),
            text: written.text.clone(),
            attachments: written.files.iter().enumerate().map(|(at, file)| file.fact(at)).collect(),
            mail: mail.map(Box::new),
        };
        let soon = self.now.saturating_add(leaves.undo_ms.max(0));
        let scheduled = leaves.at.filter(|at| *at > soon);
        let due = scheduled.unwrap_or(soon);
        self.enqueue_as(op, actor, row.account, row.id, Some(message), &body, due)?;
        if let Some(at) = scheduled {
            let key = op.0.as_bytes().as_slice();
            self.exec("UPDATE op SET scheduled_at = ?2 WHERE id = ?1", params![key, at])?;
        }
        self.exec(
            "UPDATE message SET op_id = ?2 WHERE id = ?1",
            params![message.0, op.0.as_bytes().as_slice()],
        )?;
        self.show(message.0)?;
        self.settle()?;
        Ok(Performed {
            op: Some(op),
            message: Some(message),
            conversation: Some(row.id),
            delivery: Some(Delivery::Queued),
            changed: true,
        })
    }

    /// A mail of ours is one of its thread from the moment it is written: an answer may be faster than our copy of it.
    fn own_mail(&mut self, row: &ConversationRow, message: MessageId, mail: &Mail) -> Result<(), StoreError> {
        let identities = address::email(&row.theirs)
            .map(|email| Identity::new(IdentityKind::Email, email.folded))
            .into_iter()
            .collect();
        let party = Party { identities, name: None, claims: Vec::new(), said: None };
        self.mail_kept(message.0, mail, Rev::at(self.now))?;
        // Whoever answers in place of them does not take their place.
        self.party(row.id, row.contact, self.now, &mail.name())?;
        self.thread_in(row.account, row.id, &Threaded { mail, party: &party, sent_at: self.now })?;
        // The earliest mail names the matter.
        let subject = subject::base(&mail.subject);
        if !subject.is_empty() {
            let rev = Rev::at(self.now.saturating_neg());
            self.learn(row.id, &[Stamped { value: Facet::Subject { subject }, rev }])?;
        }
        Ok(())
    }

    /// A row of our own in a thread. An activity is neither found nor the newest word of a conversation.
    pub(in crate::store) fn own_message(
        &mut self,
        actor: &Actor,
        conversation: ConversationId,
        direction: Direction,
        written: &Written,
    ) -> Result<MessageId, StoreError> {
        let id = self.slot(self.now)?;
        let text = written.text.as_str();
        let is_activity = direction == Direction::Activity;
        let passed_on = written.mail.as_ref().is_some_and(|head| head.manner.is_forward());
        let kind = match (is_activity, written.files.is_empty()) {
            _ if passed_on => MessageKind::Forward,
            (true, _) => MessageKind::Activity,
            (false, true) => MessageKind::Text,
            (false, false) => MessageKind::Attachment,
        };
        let agent: Option<i64> =
            self.one("SELECT id FROM agent WHERE email = ?1", [actor.email.to_lowercase()], |r| r.get(0))?;
        self.exec(
            "INSERT INTO message(id, conversation_id, account_id, direction, kind, author_kind, author_name, agent_id, text,
                                 sent_at, seen)
             SELECT ?1, id, account_id, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1 FROM conversation WHERE id = ?2",
            params![
                id.0,
                conversation.0,
                direction.code(),
                kind.code(),
                if actor.is_system() { AuthorKind::System } else { AuthorKind::Agent }.code(),
                actor.name,
                agent,
                text,
                self.now
            ],
        )?;
        self.enclose(id, &written.files)?;
        if !is_activity && !text.is_empty() {
            self.index_message(id.0, Some(text), false);
        }
        if !actor.is_system() {
            let author = Author::agent(actor.name.clone(), Some(actor.email.clone()));
            self.participant(conversation.0, &author, None, self.now)?;
        }
        if direction == Direction::Note {
            self.call_agents(conversation.0, text, agent)?;
        }
        self.touch(conversation.0).newest |= !is_activity;
        Ok(id)
    }

    /// Whether this may be sent here and now.
    pub(in crate::store) fn allowed(
        &mut self,
        account: &AccountRow,
        conversation: Option<&ConversationRow>,
        channel: Channel,
        to: Option<&Identity>,
        written: &Written,
    ) -> Result<(), StoreError> {
        self.as_sender(account, conversation, channel, to, |ctx| may_say(ctx, written))?;
        variables::refusal(&written.text).map_or(Ok(()), |why| Err(StoreError::Refused(why)))
    }

    /// Whether a conversation may be begun with an address, whatever the words.
    pub(super) fn may_begin(
        &mut self,
        account: &AccountRow,
        channel: Channel,
        to: &Identity,
    ) -> Result<(), StoreError> {
        self.as_sender(account, None, channel, Some(to), may_send)
    }

    /// Asks something of all that decides whether a public message may be sent.
    fn as_sender(
        &mut self,
        account: &AccountRow,
        conversation: Option<&ConversationRow>,
        channel: Channel,
        to: Option<&Identity>,
        may: impl FnOnce(&SendContext<'_>) -> Result<(), String>,
    ) -> Result<(), StoreError> {
        if self.removed(account.id)? {
            return Err(StoreError::Refused(format!(
                "the account \u{201c}{}\u{201d} is no longer configured: its history stays, but nothing can be sent",
                account.name
            )));
        }
        let consent = match (conversation, to) {
            (Some(row), _) => self.consent_of(row.id)?,
            (None, Some(identity)) => self.one(
                rows::CONSENT_WITH,
                params![identity.value, identity.kind.code(), account.id.0, channel.code()],
                rows::consent,
            )?,
            (None, None) => None,
        };
        let ctx = SendContext {
            account,
            conversation,
            channel: account.capabilities.as_ref().and_then(|c| c.on(channel)),
            consent: consent.as_ref(),
            to: conversation
                .map(|row| bare_address(&row.theirs))
                .or(to.map(|i| i.value.as_str()))
                .unwrap_or_default(),
            now: self.now,
        };
        may(&ctx).map_err(StoreError::Refused)
    }

    fn removed(&self, account: AccountId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM account WHERE id = ?1 AND removed_at IS NOT NULL";
        Ok(self.one(sql, [account.0], |_| Ok(()))?.is_some())
    }

    /// What the customer of a conversation has said about being written to there.
    pub(super) fn consent_of(&self, conversation: ConversationId) -> Result<Option<ConsentRow>, StoreError> {
        self.one(rows::CONSENT_OF, [conversation.0], rows::consent)
    }
}

/// Under which meta key an account's sending address for a medium is kept.
pub(in crate::store) fn from_key(account: &str, channel: Channel) -> String {
    format!("from:{account}:{channel}")
}

pub(super) fn op_detail(op: Option<OpId>) -> Value {
    op.map_or(Value::Null, |op| json!({ "op": op.to_string() }))
}
