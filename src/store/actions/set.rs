//! Setting facets: at once where only we keep them, by an op where the provider does.

use crate::domain::capability::{Capabilities, Ownership};
use crate::domain::clock::Ms;
use crate::domain::command::Performed;
use crate::domain::conversation::{QualificationState, Status};
use crate::domain::event::ConversationKey;
use crate::domain::facet::{Facet, FacetKey, Owner, label};
use crate::domain::ids::{AccountId, ConversationId, OpId};
use crate::domain::op::{OpBody, OpState};
use crate::domain::rebase;
use crate::domain::rev::{Rev, Stamped};
use crate::store::actions::Actor;
use crate::store::actions::say::op_detail;
use crate::store::error::StoreError;
use crate::store::fold::uuid_blob;
use crate::store::tx::Tx;
use rusqlite::params;
use serde_json::json;

/// Who keeps a facet of this account. What the provider does not speak of is ours.
fn ownership(capabilities: Option<&Capabilities>, facet: &FacetKey) -> Ownership {
    let Some(caps) = capabilities else { return Ownership::Local };
    match facet {
        FacetKey::Status => caps.status,
        FacetKey::Priority => caps.priority,
        FacetKey::Assignee => caps.assignee,
        FacetKey::Label(_) => caps.labels,
        FacetKey::Qualification
        | FacetKey::Subject
        | FacetKey::Archived
        | FacetKey::Muted
        | FacetKey::Score
        | FacetKey::Field(_) => Ownership::Local,
    }
}

impl Tx<'_> {
    pub(super) fn set(
        &mut self,
        actor: &Actor,
        conversation: ConversationId,
        facet: &Facet,
    ) -> Result<Performed, StoreError> {
        let row = self.conversation_row(conversation)?;
        let facet = self.checked(facet)?;
        let capabilities = self.account_row(row.account)?.capabilities;
        let truth = self.truth(conversation)?;
        let pending: Vec<_> = self.folded(conversation)?.into_iter().map(|f| f.pending).collect();
        let key = facet.key();
        let before = rebase::shown(&truth, &pending).remove(&key);
        let covers = facet.puts_aside();
        // A resolved conversation that a new message has reopened is shown as open: setting it again does change something.
        let covered = if covers {
            self.keep_returned(conversation, row.account, &key)?;
            self.cover_shown(actor, &row)?
        } else {
            false
        };
        let reopened = match &before {
            Some(Facet::Status { status, .. }) => *status != row.status,
            Some(Facet::Archived { at }) => *at != row.archived_at,
            _ => false,
        };
        let mut done = Performed { conversation: Some(conversation), changed: true, ..Performed::default() };
        if same(before.as_ref(), &facet) && !reopened {
            done.changed = covered;
            self.settle()?;
            return Ok(done);
        }
        match ownership(capabilities.as_ref(), &key) {
            Ownership::Absent => {
                return Err(StoreError::Refused(format!(
                    "the account \u{201c}{}\u{201d} has no such thing as \u{201c}{}\u{201d}",
                    row.account_name,
                    key.text()
                )));
            }
            Ownership::Local => {
                let rev = Rev::next(self.now, truth.get(&key).map(|t| t.rev));
                self.learn(conversation, &[Stamped { value: facet.clone(), rev }])?;
                self.mark_facet(actor, &row, &facet)?;
            }
            Ownership::Remote => {
                self.supersede(conversation, &key)?;
                let body = OpBody::Set {
                    conversation: ConversationKey(row.external_id.clone()),
                    facet: facet.clone(),
                    expected: truth.get(&key).map(|t| t.value.clone()),
                };
                done.op = Some(self.enqueue(actor, row.account, conversation, None, &body, self.now)?);
                self.touch(conversation.0).fold = true;
            }
        }
        let mut detail = json!({ "before": before, "after": facet });
        if let (Some(map), op) = (detail.as_object_mut(), op_detail(done.op))
            && let Some(op) = op.get("op")
        {
            map.insert("op".into(), op.clone());
        }
        let verb = crate::domain::command::Action::Set { conversation, facet }.verb();
        self.audit(actor, verb, Some(conversation), None, detail)?;
        self.settle()?;
        Ok(done)
    }

    /// A facet as it may be set: agents and teams exist, labels have names, a disqualification has a reason.
    fn checked(&self, facet: &Facet) -> Result<Facet, StoreError> {
        match facet {
            Facet::Assignee { owner: Some(Owner::Agent(email)) } => {
                let email = email.trim().to_lowercase();
                let known: Option<String> =
                    self.one("SELECT email FROM agent WHERE email = ?1 AND active = 1", [&email], |r| {
                        r.get(0)
                    })?;
                match known {
                    Some(email) => Ok(Facet::Assignee { owner: Some(Owner::Agent(email)) }),
                    None => {
                        let sql = "SELECT email FROM agent WHERE active = 1 ORDER BY email";
                        Err(self.nobody("agent", &email, sql)?)
                    }
                }
            }
            Facet::Assignee { owner: Some(Owner::Team(name)) } => {
                let sql = "SELECT name FROM team WHERE name = ?1";
                match self.one(sql, [name], |r| r.get::<_, String>(0))? {
                    Some(_) => Ok(facet.clone()),
                    None => Err(self.nobody("team", name, "SELECT name FROM team ORDER BY name")?),
                }
            }
            Facet::Label { name, on } => {
                let name = label(name, *on).map_err(StoreError::Refused)?;
                Ok(Facet::Label { name: name.to_owned(), on: *on })
            }
            Facet::Qualification { qualification: Some(q) }
                if q.state == QualificationState::Disqualified
                    && q.reason.as_deref().is_none_or(|r| r.trim().is_empty()) =>
            {
                Err(StoreError::Refused("say why it is disqualified".into()))
            }
            Facet::Score { score: Some(score) } if *score > 100 => {
                Err(StoreError::Refused("a score goes from 0 to 100".into()))
            }
            Facet::Field { name, value } => {
                let name = name.trim();
                if name.is_empty() || name.chars().any(char::is_control) {
                    return Err(StoreError::Refused("a field needs a name on one line".into()));
                }
                let value = value.as_deref().map(str::trim).filter(|v| !v.is_empty()).map(str::to_owned);
                Ok(Facet::Field { name: name.to_owned(), value })
            }
            other => Ok(other.clone()),
        }
    }

    fn nobody(&self, what: &str, asked: &str, known: &str) -> Result<StoreError, StoreError> {
        let known: Vec<String> = self.all(known, [], |r| r.get(0))?;
        Ok(StoreError::Refused(if known.is_empty() {
            format!("there is no {what} \u{201c}{asked}\u{201d}, and none is known yet")
        } else {
            format!("there is no {what} \u{201c}{asked}\u{201d}: use one of {}", known.join(", "))
        }))
    }

    /// Ops on the same facet that have not left are replaced by the new one; never one in flight.
    fn supersede(&mut self, conversation: ConversationId, key: &FacetKey) -> Result<(), StoreError> {
        let waiting: Vec<OpId> = self.all(
            "SELECT id FROM op WHERE conversation_id = ?1 AND state < 6 AND class = 1 AND facet = ?2 AND state IN (0, 2, 3)",
            params![conversation.0, key.text()],
            |r| Ok(r.get::<_, uuid_blob::Id>(0)?.0),
        )?;
        for op in waiting {
            self.set_op(op, OpState::Cancelled, None)?;
        }
        Ok(())
    }

    /// What is there counts as seen: a later message reopens, these do not. Answers whether anything was unseen.
    pub(super) fn cover(&mut self, conversation: ConversationId) -> Result<bool, StoreError> {
        let seen = self.exec(
            "UPDATE message SET seen = 1, seen_at = max(seen_at + 1, ?2), seen_rank = 0, revision = revision + 1
             WHERE conversation_id = ?1 AND seen <> 1",
            [conversation.0, self.now],
        )?;
        self.touch(conversation.0).unread -= i64::try_from(seen).unwrap_or(i64::MAX);
        Ok(seen > 0)
    }

    /// Conversations whose snooze has ended come back. Answers how many. Where the provider keeps the status, it wakes them.
    ///
    /// # Errors
    /// Those of the database.
    pub fn snooze_wake(&mut self, now: Ms) -> Result<usize, StoreError> {
        let due: Vec<(i64, i64)> = self.all(
            "SELECT id, account_id FROM conversation WHERE status = 2 AND snoozed_until <= ?1 ORDER BY snoozed_until LIMIT 100",
            [now],
            |r| Ok((r.get(0)?, r.get(1)?)),
        )?;
        let mut woken = 0;
        for (id, account) in due {
            let capabilities = self.account_row(AccountId(account))?.capabilities;
            if ownership(capabilities.as_ref(), &FacetKey::Status) == Ownership::Remote {
                continue;
            }
            let id = ConversationId(id);
            let previous = self.truth(id)?.get(&FacetKey::Status).map(|t| t.rev);
            let value = Facet::Status { status: Status::Open, until: None };
            self.learn(id, &[Stamped { value, rev: Rev::next(now, previous) }])?;
            self.audit(&Actor::system(), "wake", Some(id), None, serde_json::Value::Null)?;
            woken += 1;
        }
        self.settle()?;
        Ok(woken)
    }

    /// A reopened conversation stays open although its message is seen now: the reopening becomes truth.
    pub(in crate::store) fn keep_open(
        &mut self,
        conversation: ConversationId,
        account: AccountId,
    ) -> Result<(), StoreError> {
        let previous = self.truth(conversation)?.get(&FacetKey::Status).map(|t| t.rev);
        let capabilities = self.account_row(account)?.capabilities;
        let rev = match (ownership(capabilities.as_ref(), &FacetKey::Status), previous) {
            // The provider reopens it as well and will say so: its word must win over ours.
            (Ownership::Remote, Some(rev)) => Rev { at: rev.at, rank: rev.rank.saturating_add(1) },
            _ => Rev::next(self.now, previous),
        };
        let value = Facet::Status { status: Status::Open, until: None };
        self.learn(conversation, &[Stamped { value, rev }])?;
        Ok(())
    }

    /// What counts as seen now must not fall back to where a message has brought the conversation from: only what is set now counts.
    pub(super) fn keep_returned(
        &mut self,
        conversation: ConversationId,
        account: AccountId,
        set: &FacetKey,
    ) -> Result<(), StoreError> {
        let Some(derived) = self.derived(conversation.0)? else { return Ok(()) };
        if *set != FacetKey::Status && derived.set_status != derived.place.status {
            self.keep_open(conversation, account)?;
        }
        if *set != FacetKey::Archived && derived.set_archived_at != derived.archived_at {
            self.keep_out(conversation)?;
        }
        Ok(())
    }

    /// What a message has brought back stays here although it is seen now.
    pub(in crate::store) fn keep_out(&mut self, conversation: ConversationId) -> Result<(), StoreError> {
        let previous = self.truth(conversation)?.get(&FacetKey::Archived).map(|t| t.rev);
        let value = Facet::Archived { at: None };
        self.learn(conversation, &[Stamped { value, rev: Rev::next(self.now, previous) }])?;
        Ok(())
    }
}

/// Whether a facet already has a value, where "never said" is the same as the neutral value.
fn same(before: Option<&Facet>, after: &Facet) -> bool {
    match before {
        Some(before) => before == after,
        None => match after {
            Facet::Status { status, .. } => *status == Status::Open,
            Facet::Priority { priority } => *priority == crate::domain::conversation::Priority::None,
            Facet::Assignee { owner } => owner.is_none(),
            Facet::Label { on, .. } => !on,
            Facet::Qualification { qualification } => qualification.is_none(),
            Facet::Subject { .. } => false,
            Facet::Archived { at } => at.is_none(),
            Facet::Muted { on } => !on,
            Facet::Score { score } => score.is_none(),
            Facet::Field { value, .. } => value.is_none(),
        },
    }
}
