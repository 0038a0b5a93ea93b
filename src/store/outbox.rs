//! Ops on their way: claimed before the request leaves, and moved by what became of it.

use crate::domain::clock::Ms;
use crate::domain::delivery::{Delivery, DeliverySource, Reason};
use crate::domain::event::DeliveryReport;
use crate::domain::ids::{AccountId, ConversationId, MessageId, OpId};
use crate::domain::op::{Accepted, OpBody, OpState};
use crate::store::apply::own_step;
use crate::store::error::StoreError;
use crate::store::fold::uuid_blob;
use crate::store::tx::Tx;
use rusqlite::params;

/// What moving an op needs to know of it.
struct Held {
    account: AccountId,
    conversation: ConversationId,
    message: Option<MessageId>,
    class: i64,
    state: OpState,
}

/// The longest an op waits after a clock was set back, milliseconds: what a provider can ask for at most.
const LONGEST_WAIT: Ms = 3_600_000;
/// The class number of a `Say` in the table.
const SAY: i64 = 0;

impl Tx<'_> {
    fn held(&self, op: OpId) -> Result<Held, StoreError> {
        self.one(
            "SELECT account_id, conversation_id, message_id, class, state FROM op WHERE id = ?1",
            [op.0.as_bytes().as_slice()],
            |r| {
                Ok(Held {
                    account: AccountId(r.get(0)?),
                    conversation: ConversationId(r.get(1)?),
                    message: r.get::<_, Option<i64>>(2)?.map(MessageId),
                    class: r.get(3)?,
                    state: OpState::from_code(r.get(4)?).unwrap_or(OpState::Parked),
                })
            },
        )?
        .ok_or(StoreError::NotFound("op"))
    }

    /// The body of an op that shows a mark at the provider.
    fn mark_of(&self, op: OpId) -> Result<Option<OpBody>, StoreError> {
        let sql = "SELECT body FROM op WHERE id = ?1 AND class = 1 AND facet IS NULL";
        let body: Option<String> = self.one(sql, [op.0.as_bytes().as_slice()], |r| r.get(0))?;
        Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
    }

    /// What is shown follows the op.
    fn follow(&mut self, held: &Held) -> Result<(), StoreError> {
        match held.message {
            Some(message) => self.show(message.0),
            None => {
                self.touch(held.conversation.0).fold = true;
                Ok(())
            }
        }
    }

    /// Takes an op for a request that leaves once this is committed. `false` = it is not due any more: taken back, replaced, or
    /// already on its way.
    ///
    /// # Errors
    /// `NotFound`; those of the database.
    pub fn op_claim(&mut self, op: OpId, now: Ms) -> Result<bool, StoreError> {
        let held = self.held(op)?;
        let claimed = self.exec(
            "UPDATE op SET state = ?2, attempts = attempts + 1, started_at = ?3, code = NULL, human = NULL
             WHERE id = ?1 AND state IN (0, 2) AND not_before <= ?3",
            params![op.0.as_bytes().as_slice(), OpState::InFlight.code(), now],
        )?;
        if claimed == 0 {
            return Ok(false);
        }
        self.follow(&held)?;
        Ok(true)
    }

    /// The provider said yes.
    ///
    /// # Errors
    /// `NotFound`; those of the database.
    pub fn op_accepted(&mut self, op: OpId, accepted: &Accepted, now: Ms) -> Result<(), StoreError> {
        let held = self.held(op)?;
        if let Accepted::State { events } = accepted {
            self.apply(held.account, events)?;
        }
        // A callback may have been faster than the answer, and may have said more.
        let state = self.held(op)?.state;
        if !state.in_fold() {
            return Ok(());
        }
        if held.class == SAY {
            if let Some(message) = held.message {
                self.report(message.0, &answer(now))?;
            }
            if self.held(op)?.state.in_fold() {
                self.set_op(op, OpState::Settled, None)?;
            }
            return self.follow(&held);
        }
        if let Some(body) = self.mark_of(op)? {
            self.seen_shown(held.account, &body)?;
        }
        let settled = matches!(accepted, Accepted::State { .. });
        // The events of a state are truth by now; what is kept is the kind of the yes.
        let kept = match accepted {
            Accepted::State { .. } => Accepted::State { events: Vec::new() },
            other => other.clone(),
        };
        self.exec(
            "UPDATE op SET state = ?2, accepted = ?3, accepted_at = ?4, code = NULL, human = NULL WHERE id = ?1",
            params![
                op.0.as_bytes().as_slice(),
                if settled { OpState::Settled.code() } else { OpState::Accepted.code() },
                serde_json::to_string(&kept)?,
                now
            ],
        )?;
        self.follow(&held)?;
        self.settle_in(held.conversation, now)?;
        Ok(())
    }

    /// The provider refused for good. It did nothing.
    ///
    /// # Errors
    /// `NotFound`; those of the database.
    pub fn op_failed(&mut self, op: OpId, reason: &Reason, now: Ms) -> Result<(), StoreError> {
        self.op_stopped(op, OpState::Failed, Delivery::Failed, reason, now)
    }

    /// The op waits for the agent. Nothing was sent.
    ///
    /// # Errors
    /// `NotFound`; those of the database.
    pub fn op_parked(&mut self, op: OpId, reason: &Reason, now: Ms) -> Result<(), StoreError> {
        self.op_stopped(op, OpState::Parked, Delivery::Parked, reason, now)
    }

    /// Nobody knows whether it was done.
    ///
    /// # Errors
    /// `NotFound`; those of the database.
    pub fn op_unknown(&mut self, op: OpId, reason: &Reason, now: Ms) -> Result<(), StoreError> {
        self.op_stopped(op, OpState::Unknown, Delivery::Unknown, reason, now)
    }

    /// It did nothing and is tried again by itself at a moment.
    ///
    /// # Errors
    /// `NotFound`; those of the database.
    pub fn op_retry_at(&mut self, op: OpId, at: Ms, reason: &Reason, now: Ms) -> Result<(), StoreError> {
        let held = self.held(op)?;
        if !held.state.in_outbox() {
            return Ok(());
        }
        self.exec("UPDATE op SET not_before = ?2 WHERE id = ?1", params![op.0.as_bytes().as_slice(), at])?;
        self.op_stopped(op, OpState::Retrying, Delivery::Retrying, reason, now)
    }

    fn op_stopped(
        &mut self,
        op: OpId,
        state: OpState,
        delivery: Delivery,
        reason: &Reason,
        now: Ms,
    ) -> Result<(), StoreError> {
        let held = self.held(op)?;
        // Settled meanwhile by a callback, or taken back by an agent: theirs is the later word.
        if !held.state.in_outbox() {
            return Ok(());
        }
        self.set_op(op, state, Some(reason))?;
        if let (Some(message), SAY) = (held.message, held.class) {
            self.step(message.0, &own_step(delivery, reason, now))?;
        }
        self.follow(&held)
    }

    /// A doubt is resolved: the message was found at the provider, under this id.
    ///
    /// # Errors
    /// `NotFound`; those of the database.
    pub fn op_resolved_sent(&mut self, op: OpId, external_id: &str, now: Ms) -> Result<(), StoreError> {
        let held = self.held(op)?;
        let Some(message) = held.message else {
            self.set_op(op, OpState::Settled, None)?;
            return self.follow(&held);
        };
        let known: Option<Option<String>> =
            self.one("SELECT external_id FROM message WHERE id = ?1", [message.0], |r| r.get(0))?;
        self.learn_external(held.account, message.0, known.flatten().as_deref(), external_id)?;
        let mut report = answer(now);
        report.source = DeliverySource::Pull;
        report.said = "found".into();
        self.report(message.0, &report)
    }

    /// After a crash: what was in flight is in doubt, unless the provider does a repeated send only once or nothing was said.
    /// What was asked for in the future, by a clock that was set back since, waits no longer than it was to wait then; what is
    /// scheduled keeps its moment.
    /// Answers which ops were in flight.
    ///
    /// # Errors
    /// Those of the database.
    pub fn ops_recover(&mut self, now: Ms) -> Result<Vec<OpId>, StoreError> {
        self.exec(
            "UPDATE op SET created_at = ?1,
                    not_before = CASE WHEN scheduled_at > ?1 THEN scheduled_at
                                      ELSE ?1 + min(max(not_before - created_at, 0), ?2) END
             WHERE state < 6 AND state IN (0, 2, 3) AND created_at > ?1",
            params![now, LONGEST_WAIT],
        )?;
        let flying: Vec<(OpId, i64, i64)> = self.all(
            "SELECT id, class, account_id FROM op WHERE state < 6 AND state = 1 ORDER BY seq",
            [],
            |r| Ok((r.get::<_, uuid_blob::Id>(0)?.0, r.get(1)?, r.get(2)?)),
        )?;
        let doubt = Reason::ours("Frontdesk stopped while it was being sent: it may have been sent");
        let mut out = Vec::with_capacity(flying.len());
        for (op, class, account) in flying {
            let idempotent =
                self.account_row(AccountId(account))?.capabilities.is_some_and(|c| c.idempotent_send);
            if class == SAY && !idempotent {
                self.op_unknown(op, &doubt, now)?;
            } else {
                let held = self.held(op)?;
                self.set_op(op, OpState::Queued, None)?;
                self.follow(&held)?;
            }
            out.push(op);
        }
        Ok(out)
    }
}

fn answer(now: Ms) -> DeliveryReport {
    DeliveryReport {
        state: Delivery::Accepted,
        said: "accepted".into(),
        reason: None,
        missed: Vec::new(),
        price: None,
        at: now,
        source: DeliverySource::Answer,
    }
}
