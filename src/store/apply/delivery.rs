//! How far messages are: the provider's statements, joined in any order, and the state of our own ops where it has said nothing.

use crate::domain::account::Channel;
use crate::domain::clock::Ms;
use crate::domain::delivery::{Delivery, DeliverySource, Reason};
use crate::domain::event::{ConversationKey, DeliveryReport, MessageRef};
use crate::domain::ids::{AccountId, ConversationId, OpId};
use crate::domain::message::{Direction, MessageKind};
use crate::domain::op::OpState;
use crate::store::derive::answers;
use crate::store::error::StoreError;
use crate::store::fold::uuid_blob;
use crate::store::tx::Tx;
use rusqlite::params;

/// The word kept in the history for "they have read everything up to here".
const UP_TO: &str = "read up to";

/// What is shown of a delivery: the provider's word, else the state of our op.
pub(in crate::store) fn shown_delivery(said: Option<Delivery>, op: Option<OpState>) -> Option<Delivery> {
    said.or_else(|| {
        op.map(|state| match state {
            OpState::Queued => Delivery::Queued,
            OpState::InFlight => Delivery::Sending,
            OpState::Retrying => Delivery::Retrying,
            OpState::Parked => Delivery::Parked,
            OpState::Unknown => Delivery::Unknown,
            OpState::Accepted | OpState::Settled => Delivery::Accepted,
            OpState::Failed => Delivery::Failed,
            OpState::Cancelled => Delivery::Cancelled,
        })
    })
}

impl Tx<'_> {
    /// A statement about some message of the account. Kept until the message is known.
    pub(super) fn delivery_fact(
        &mut self,
        account: AccountId,
        message: &MessageRef,
        report: &DeliveryReport,
    ) -> Result<Option<ConversationId>, StoreError> {
        let (token, external) = match message {
            MessageRef::External(external) => (None, Some(external)),
            MessageRef::Token(token, external) => (Some(*token), external.as_ref()),
        };
        let echo = match token {
            Some(token) => self.by_token(account, token)?,
            None => None,
        };
        // A second message of the same op is not the op's: see `message_fact`.
        let echo =
            echo.filter(|e| e.external.is_none() || external.is_none() || e.external.as_ref() == external);
        let row = match (echo, external) {
            (Some(echo), external) => {
                if let Some(external) = external {
                    self.learn_external(account, echo.id, echo.external.as_deref(), external)?;
                }
                Some(echo)
            }
            (None, Some(external)) => self.by_any_name(account, external)?,
            (None, None) => None,
        };
        match (row, external, token) {
            (Some(row), _, _) => {
                self.report(row.id, report)?;
                Ok(Some(ConversationId(row.conversation)))
            }
            (None, Some(external), _) => self.orphan(account, external, report).map(|()| None),
            (None, None, Some(token)) => self.orphan(account, &token.to_string(), report).map(|()| None),
            (None, None, None) => Ok(None),
        }
    }

    fn orphan(&mut self, account: AccountId, of: &str, report: &DeliveryReport) -> Result<(), StoreError> {
        self.orphaned();
        // The whole statement is its own key: what differs in anything is another one.
        let json = serde_json::to_string(report)?;
        self.exec(
            "INSERT OR IGNORE INTO orphan_delivery(account_id, ref, said, report, at) VALUES (?1, ?2, ?3, ?3, ?4)",
            params![account.0, of, json, report.at],
        )?;
        Ok(())
    }

    /// Joins what was told of a message before it was known.
    pub(super) fn orphans(
        &mut self,
        account: AccountId,
        message: i64,
        external: &str,
    ) -> Result<(), StoreError> {
        if !self.has_orphans()? {
            return Ok(());
        }
        self.orphans_of(account, message, external)?;
        for other in self.other_names(account, external)? {
            self.orphans_of(account, message, &other)?;
        }
        Ok(())
    }

    fn orphans_of(&mut self, account: AccountId, message: i64, external: &str) -> Result<(), StoreError> {
        let waiting: Vec<String> = self.all(
            "SELECT report FROM orphan_delivery WHERE account_id = ?1 AND ref = ?2",
            params![account.0, external],
            |r| r.get(0),
        )?;
        if waiting.is_empty() {
            return Ok(());
        }
        self.exec(
            "DELETE FROM orphan_delivery WHERE account_id = ?1 AND ref = ?2",
            params![account.0, external],
        )?;
        for json in waiting {
            let report: DeliveryReport = serde_json::from_str(&json)?;
            self.report(message, &report)?;
        }
        Ok(())
    }

    /// Takes in a statement of the provider (or of an agent who knows) about a message.
    pub(in crate::store) fn report(
        &mut self,
        message: i64,
        report: &DeliveryReport,
    ) -> Result<(), StoreError> {
        if !report.state.from_provider() {
            return Err(StoreError::Refused(format!(
                "\u{201c}{}\u{201d} is no statement of a provider about a delivery",
                report.state
            )));
        }
        let before: Option<(Option<i64>, i64)> =
            self.one("SELECT said, direction FROM message WHERE id = ?1", [message], |r| {
                Ok((r.get(0)?, r.get(1)?))
            })?;
        let Some((said, direction)) = before else { return Ok(()) };
        if direction != Direction::Outbound.code() {
            return Ok(());
        }
        self.step(message, report)?;
        let said = said.and_then(Delivery::from_code);
        let now = self.but_returned(message, said.map_or(report.state, |s| s.further(report.state)))?;
        self.exec("UPDATE message SET said = ?2 WHERE id = ?1", params![message, now.code()])?;
        if report.price.is_some() {
            self.exec(
                "UPDATE message SET revision = revision + 1, price = (SELECT price FROM delivery_step
                   WHERE message_id = ?1 AND price IS NOT NULL ORDER BY at DESC, price DESC LIMIT 1)
                 WHERE id = ?1",
                [message],
            )?;
        }
        self.provider_spoke(message)?;
        if now < Delivery::Read {
            self.read_late(message)?;
        }
        Ok(())
    }

    /// How far a message is that is said to be this far. Of a mail `delivered` says that the recipient's server took it: that server may
    /// return it all the same (RFC 5321, section 6.1), and of several recipients one may have it and another not. So a mail that is
    /// known to have come back is failed, whatever else was said of it, and in whichever order. An agent's word is no such knowledge.
    pub(super) fn but_returned(&self, message: i64, said: Delivery) -> Result<Delivery, StoreError> {
        if said <= Delivery::Failed {
            return Ok(said);
        }
        let returned = self.one(
            "SELECT 1 FROM message m JOIN conversation c ON c.id = m.conversation_id JOIN delivery_step s ON s.message_id = m.id
             WHERE m.id = ?1 AND c.channel = ?2 AND s.state = ?3 AND s.source IN (?4, ?5) LIMIT 1",
            params![
                message,
                Channel::Email.code(),
                Delivery::Failed.code(),
                DeliverySource::Webhook.code(),
                DeliverySource::Pull.code()
            ],
            |_| Ok(()),
        )?;
        Ok(returned.map_or(said, |()| Delivery::Failed))
    }

    /// Adds a step to a message's history; of equal ones the earliest moment counts.
    pub(in crate::store) fn step(&mut self, message: i64, report: &DeliveryReport) -> Result<(), StoreError> {
        self.exec(
            "INSERT INTO delivery_step(message_id, state, said, code, at, source, human, price)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (message_id, state, said, code) DO UPDATE SET
               source = CASE WHEN (excluded.at, excluded.source) < (at, source) THEN excluded.source ELSE source END,
               at = min(at, excluded.at),
               human = coalesce(max(human, excluded.human), human, excluded.human),
               price = coalesce(max(price, excluded.price), price, excluded.price)",
            params![
                message,
                report.state.code(),
                report.said,
                code_of(report),
                report.at,
                report.source.code(),
                report.reason.as_ref().map(|r| r.human.as_str()),
                report.price
            ],
        )?;
        for address in &report.missed {
            self.exec(
                "INSERT OR IGNORE INTO missed(message_id, address) VALUES (?1, ?2)",
                params![message, address],
            )?;
        }
        Ok(())
    }

    /// The provider has said how far a message is: its op is over, and what is shown follows.
    pub(super) fn provider_spoke(&mut self, message: i64) -> Result<(), StoreError> {
        let row = self.one(
            "SELECT m.said, o.id, o.state FROM message m LEFT JOIN op o ON o.id = m.op_id WHERE m.id = ?1",
            [message],
            |r| {
                Ok((
                    r.get::<_, Option<i64>>(0)?,
                    r.get::<_, Option<uuid_blob::Id>>(1)?.map(|id| id.0),
                    r.get::<_, Option<i64>>(2)?,
                ))
            },
        )?;
        if let Some((Some(said), Some(op), Some(state))) = row
            && let (Some(said), Some(state)) = (Delivery::from_code(said), OpState::from_code(state))
        {
            self.settle_say(op, state, said)?;
        }
        self.show(message)
    }

    fn settle_say(&mut self, op: OpId, state: OpState, said: Delivery) -> Result<(), StoreError> {
        let failed = said == Delivery::Failed;
        let over = match state {
            OpState::InFlight | OpState::Unknown | OpState::Accepted => true,
            OpState::Settled => failed,
            OpState::Failed => !failed,
            // It has arrived after all: it must not leave a second time.
            OpState::Queued | OpState::Retrying | OpState::Parked => !failed,
            OpState::Cancelled => false,
        };
        if over {
            self.set_op(op, if failed { OpState::Failed } else { OpState::Settled }, None)?;
        }
        Ok(())
    }

    /// Brings what is shown of a message's delivery in line with the provider's word and the state of its op.
    pub(in crate::store) fn show(&mut self, message: i64) -> Result<(), StoreError> {
        struct Row {
            conversation: i64,
            direction: i64,
            sent_at: Ms,
            said: Option<Delivery>,
            delivery: Option<Delivery>,
            given_up: bool,
            reason: (Option<String>, Option<String>),
            due_at: Option<Ms>,
            op: Option<OpState>,
            op_reason: (Option<String>, Option<String>),
            not_before: Option<Ms>,
            /// It went to somebody else than the customer.
            passed_on: bool,
        }
        let row = self.one(
            "SELECT m.conversation_id, m.direction, m.sent_at, m.said, m.delivery, m.given_up, m.code, m.human, m.due_at,
                    o.state, o.code, o.human, o.not_before, m.kind
             FROM message m LEFT JOIN op o ON o.id = m.op_id WHERE m.id = ?1",
            [message],
            |r| {
                Ok(Row {
                    conversation: r.get(0)?,
                    direction: r.get(1)?,
                    sent_at: r.get(2)?,
                    said: r.get::<_, Option<i64>>(3)?.and_then(Delivery::from_code),
                    delivery: r.get::<_, Option<i64>>(4)?.and_then(Delivery::from_code),
                    given_up: r.get(5)?,
                    reason: (r.get(6)?, r.get(7)?),
                    due_at: r.get(8)?,
                    op: r.get::<_, Option<i64>>(9)?.and_then(OpState::from_code),
                    op_reason: (r.get(10)?, r.get(11)?),
                    not_before: r.get(12)?,
                    passed_on: r.get::<_, i64>(13)? == MessageKind::Forward.code(),
                })
            },
        )?;
        let Some(row) = row.filter(|r| r.direction == Direction::Outbound.code()) else { return Ok(()) };
        let delivery = shown_delivery(row.said, row.op);
        let reason = match row.said {
            Some(Delivery::Failed) => self.failure(message)?,
            Some(_) => (None, None),
            None => row.op_reason.clone(),
        };
        let due_at = row
            .not_before
            .filter(|_| row.said.is_none() && matches!(row.op, Some(OpState::Queued | OpState::Retrying)));
        if (delivery, &reason, due_at) == (row.delivery, &row.reason, row.due_at) {
            return Ok(());
        }
        self.exec(
            "UPDATE message SET delivery = ?2, code = ?3, human = ?4, due_at = ?5, revision = revision + 1 WHERE id = ?1",
            params![message, delivery.map(Delivery::code), reason.0, reason.1, due_at],
        )?;
        let needs = |d: Option<Delivery>| i64::from(!row.given_up && d.is_some_and(Delivery::needs_agent));
        let touch = self.touch(row.conversation);
        touch.newest = true;
        touch.troubled += needs(delivery) - needs(row.delivery);
        if row.passed_on {
            // The customer goes on waiting.
        } else if answers(delivery) {
            touch.answered = touch.answered.max(Some((row.sent_at, message)));
        } else if answers(row.delivery) {
            touch.answered_lost = true;
        }
        let taken_back = |d: Option<Delivery>| d == Some(Delivery::Cancelled);
        if taken_back(delivery) != taken_back(row.delivery) {
            let text: Option<String> =
                self.one("SELECT text FROM message WHERE id = ?1", [message], |r| r.get(0))?;
            self.index_text(message, text.as_deref().unwrap_or_default())?;
        }
        Ok(())
    }

    /// Gives the text of a message that may be in the index already to it, or takes it out: what was taken back is not found.
    pub(in crate::store) fn index_text(&mut self, message: i64, text: &str) -> Result<(), StoreError> {
        let taken_back = self
            .one("SELECT 1 FROM message WHERE id = ?1 AND delivery = 5", [message], |_| Ok(()))?
            .is_some();
        self.index_message(message, Some(text).filter(|t| !t.is_empty() && !taken_back), true);
        Ok(())
    }

    /// Why the provider says that a message did not arrive.
    fn failure(&self, message: i64) -> Result<(Option<String>, Option<String>), StoreError> {
        let found = self.one(
            "SELECT nullif(code, ''), human FROM delivery_step
             WHERE message_id = ?1 AND state = 7 AND (code <> '' OR human IS NOT NULL) ORDER BY at, said, code LIMIT 1",
            [message],
            |r| Ok((r.get(0)?, r.get(1)?)),
        )?;
        Ok(found.unwrap_or((None, Some("the provider says that it did not arrive".into()))))
    }

    /// The customer has read all that we sent up to a moment.
    pub(super) fn read_up_to(
        &mut self,
        account: AccountId,
        key: &ConversationKey,
        at: Ms,
        source: DeliverySource,
    ) -> Result<Option<ConversationId>, StoreError> {
        let report = read_at(at, source);
        let found: Option<(i64, Option<Ms>)> = self.one(
            "SELECT id, their_read_at FROM conversation WHERE external_id = ?1 AND account_id = ?2",
            params![key.0, account.0],
            |r| Ok((r.get(0)?, r.get(1)?)),
        )?;
        let Some((id, before)) = found else {
            self.orphaned();
            self.exec(
                "INSERT INTO orphan_delivery(account_id, ref, said, report, at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (account_id, ref, said) DO UPDATE SET at = max(at, excluded.at)",
                params![account.0, of_conversation(key), UP_TO, serde_json::to_string(&report)?, at],
            )?;
            return Ok(None);
        };
        if before.is_some_and(|b| b >= at) {
            return Ok(None);
        }
        self.exec("UPDATE conversation SET their_read_at = ?2 WHERE id = ?1", [id, at])?;
        let read: Vec<i64> = self.all(
            "SELECT id FROM message WHERE conversation_id = ?1 AND sent_at > ?2 AND sent_at <= ?3 AND direction = 1
             AND external_id IS NOT NULL AND coalesce(said, 6) < 9",
            params![id, before.unwrap_or(Ms::MIN), at],
            |r| r.get(0),
        )?;
        for message in read {
            self.report(message, &report)?;
        }
        Ok(Some(ConversationId(id)))
    }

    /// What was told of reading before the conversation was known.
    pub(super) fn read_up_to_orphan(
        &mut self,
        account: AccountId,
        key: &ConversationKey,
        conversation: ConversationId,
    ) -> Result<(), StoreError> {
        if !self.has_orphans()? {
            return Ok(());
        }
        let of = of_conversation(key);
        let at: Option<Option<Ms>> = self.one(
            "SELECT max(at) FROM orphan_delivery WHERE account_id = ?1 AND ref = ?2",
            params![account.0, of],
            |r| r.get(0),
        )?;
        if let Some(Some(at)) = at {
            self.exec("UPDATE conversation SET their_read_at = ?2 WHERE id = ?1", [conversation.0, at])?;
            self.exec(
                "DELETE FROM orphan_delivery WHERE account_id = ?1 AND ref = ?2",
                params![account.0, of],
            )?;
        }
        Ok(())
    }

    /// A message of ours that comes in, or is accepted, after the customer was told to have read that far.
    pub(super) fn read_late(&mut self, message: i64) -> Result<(), StoreError> {
        let at: Option<Ms> = self.one(
            "SELECT c.their_read_at FROM message m JOIN conversation c ON c.id = m.conversation_id
             WHERE m.id = ?1 AND m.sent_at <= c.their_read_at AND m.external_id IS NOT NULL AND coalesce(m.said, 6) < 9",
            [message],
            |r| r.get(0),
        )?;
        let Some(at) = at else { return Ok(()) };
        self.report(message, &read_at(at, DeliverySource::Webhook))
    }
}

/// That a message was read with all that was sent before it.
fn read_at(at: Ms, source: DeliverySource) -> DeliveryReport {
    DeliveryReport {
        state: Delivery::Read,
        said: UP_TO.into(),
        reason: None,
        missed: Vec::new(),
        price: None,
        at,
        source,
    }
}

/// Under which name statements about a whole conversation wait for it. No message id of a provider looks like that.
fn of_conversation(key: &ConversationKey) -> String {
    format!("conversation {}", key.0)
}

fn code_of(report: &DeliveryReport) -> &str {
    report.reason.as_ref().and_then(|r| r.code.as_deref()).unwrap_or("")
}

/// A step of our own engine.
pub(in crate::store) fn own_step(state: Delivery, reason: &Reason, at: Ms) -> DeliveryReport {
    DeliveryReport {
        state,
        said: state.word().into(),
        reason: Some(reason.clone()),
        missed: Vec::new(),
        price: None,
        at,
        source: DeliverySource::Engine,
    }
}
