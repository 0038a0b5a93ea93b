//! Truth and pending ops of a conversation, and what is shown of them. The rules are the domain's; here they meet the tables.

use crate::domain::clock::Ms;
use crate::domain::conversation::{Priority, Qualification, Status};
use crate::domain::delivery::Reason;
use crate::domain::facet::{Facet, FacetKey, Owner};
use crate::domain::ids::{ConversationId, OpId};
use crate::domain::op::{OpBody, OpState};
use crate::domain::rebase::{self, Facets, Verdict};
use crate::domain::rev::{Rev, Stamped};
use crate::store::derive::Derived;
use crate::store::error::StoreError;
use crate::store::tx::Tx;
use rusqlite::params;
use std::collections::BTreeMap;

/// Something that an agent should hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Where.
    pub conversation: ConversationId,
    /// Which op.
    pub op: OpId,
    /// What, for a person.
    pub human: String,
}

/// A `Set` op of the fold with its name.
pub(super) struct Folded {
    pub id: OpId,
    pub pending: rebase::Pending,
}

/// What a fold shows, in the terms of the columns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Shown {
    pub status: Option<(Status, Option<Ms>)>,
    pub priority: Option<Priority>,
    pub owner: Option<Owner>,
    pub labels: Vec<String>,
    pub qualification: Option<Qualification>,
    pub subject: Option<String>,
    pub archived: Option<Ms>,
    pub muted: bool,
    pub score: Option<u8>,
    pub fields: BTreeMap<String, String>,
}

impl Shown {
    /// Sorts the facets of a fold into columns.
    pub(super) fn of(facets: &BTreeMap<FacetKey, Facet>) -> Shown {
        let mut out = Shown::default();
        for facet in facets.values() {
            match facet {
                Facet::Status { status, until } => out.status = Some((*status, *until)),
                Facet::Priority { priority } => out.priority = Some(*priority),
                Facet::Assignee { owner } => out.owner = owner.clone(),
                Facet::Label { name, on } => {
                    if *on {
                        out.labels.push(name.clone());
                    }
                }
                Facet::Qualification { qualification } => out.qualification = qualification.clone(),
                Facet::Subject { subject } => out.subject = Some(subject.clone()),
                Facet::Archived { at } => out.archived = *at,
                Facet::Muted { on } => out.muted = *on,
                Facet::Score { score } => out.score = *score,
                Facet::Field { name, value } => {
                    if let Some(value) = value {
                        out.fields.insert(name.clone(), value.clone());
                    }
                }
            }
        }
        out.labels.sort();
        out
    }
}

impl Tx<'_> {
    /// The truth about a conversation.
    pub(super) fn truth(&self, conversation: ConversationId) -> Result<Facets, StoreError> {
        let rows = self.all(
            "SELECT value, at, rank FROM facet WHERE conversation_id = ?1",
            [conversation.0],
            |r| Ok((r.get::<_, String>(0)?, Rev { at: r.get(1)?, rank: r.get(2)? })),
        )?;
        let mut out = Facets::new();
        for (json, rev) in rows {
            let value: Facet = serde_json::from_str(&json)?;
            out.insert(value.key(), Stamped { value, rev });
        }
        Ok(out)
    }

    /// The `Set` ops that still shape what is shown, in the order in which they were asked for.
    pub(super) fn folded(&mut self, conversation: ConversationId) -> Result<Vec<Folded>, StoreError> {
        if !self.has_ops()? {
            return Ok(Vec::new());
        }
        let rows = self.all(
            "SELECT id, body, state, accepted, accepted_at FROM op
             WHERE conversation_id = ?1 AND state < 6 AND class = 1 ORDER BY seq",
            [conversation.0],
            |r| {
                Ok((
                    r.get::<_, uuid_blob::Id>(0)?.0,
                    r.get::<_, String>(1)?,
                    r.get::<_, i64>(2)?,
                    r.get::<_, Option<String>>(3)?,
                    r.get::<_, Option<Ms>>(4)?,
                ))
            },
        )?;
        let mut out = Vec::with_capacity(rows.len());
        for (id, body, state, accepted, accepted_at) in rows {
            let (OpBody::Set { facet, .. }, Some(state)) =
                (serde_json::from_str(&body)?, OpState::from_code(state))
            else {
                continue;
            };
            let accepted = accepted.map(|a| serde_json::from_str(&a)).transpose()?;
            out.push(Folded { id, pending: rebase::Pending { facet, state, accepted, accepted_at } });
        }
        Ok(out)
    }

    /// Merges facts into truth. Answers whether truth changed.
    pub(super) fn learn(
        &mut self,
        conversation: ConversationId,
        facts: &[Stamped<Facet>],
    ) -> Result<bool, StoreError> {
        if facts.is_empty() {
            return Ok(false);
        }
        let mut truth = self.truth(conversation)?;
        let mut changed = false;
        for fact in facts {
            if rebase::learn(&mut truth, fact.clone()) {
                self.exec(
                    "INSERT INTO facet(conversation_id, key, value, at, rank) VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT (conversation_id, key)
                     DO UPDATE SET value = excluded.value, at = excluded.at, rank = excluded.rank",
                    params![
                        conversation.0,
                        fact.value.key().text(),
                        serde_json::to_string(&fact.value)?,
                        fact.rev.at,
                        fact.rev.rank
                    ],
                )?;
                changed = true;
            }
        }
        if changed {
            self.touch(conversation.0).fold = true;
        }
        Ok(changed)
    }

    /// Writes what is shown into the columns that only the fold writes; those that views need go into `row`.
    pub(super) fn fold(&mut self, conversation: ConversationId, row: &mut Derived) -> Result<(), StoreError> {
        let truth = self.truth(conversation)?;
        let pending: Vec<_> = self.folded(conversation)?.into_iter().map(|f| f.pending).collect();
        let shown = Shown::of(&rebase::shown(&truth, &pending));
        (row.set_status, row.set_until) = shown.status.unwrap_or((Status::Open, None));
        row.set_archived_at = shown.archived;
        row.place.muted = shown.muted;
        (row.place.agent, row.place.team) = match &shown.owner {
            None => (None, None),
            Some(Owner::Agent(email)) => (Some(self.agent(email)?), None),
            Some(Owner::Team(name)) => (None, Some(self.team(name)?)),
        };
        row.place.labels = shown.labels;
        let subject: Option<Option<String>> =
            self.one("SELECT subject FROM conversation WHERE id = ?1", [conversation.0], |r| r.get(0))?;
        if subject.flatten() != shown.subject {
            self.index_names(conversation.0, true);
        }
        self.exec(
            "UPDATE conversation SET subject = ?2, priority = ?3, qualification = ?4, qualification_reason = ?5, score = ?6,
                    fields = ?7
             WHERE id = ?1",
            params![
                conversation.0,
                shown.subject,
                shown.priority.unwrap_or(Priority::None).code(),
                shown.qualification.as_ref().map(|q| q.state.code()),
                shown.qualification.as_ref().and_then(|q| q.reason.clone()),
                shown.score,
                join_fields(&shown.fields)?
            ],
        )?;
        Ok(())
    }

    /// Lets accepted ops go whose effect truth shows by now, everywhere. Deferred ones that missed their deadline come back as
    /// notices.
    ///
    /// # Errors
    /// Those of the database.
    pub fn settle_accepted(&mut self, now: Ms) -> Result<Vec<Notice>, StoreError> {
        let where_: Vec<i64> =
            self.all("SELECT DISTINCT conversation_id FROM op WHERE state < 6 AND state = 5", [], |r| {
                r.get(0)
            })?;
        let mut notices = Vec::new();
        for conversation in where_ {
            notices.extend(self.settle_in(ConversationId(conversation), now)?);
        }
        Ok(notices)
    }

    /// The same, for one conversation.
    pub(super) fn settle_in(
        &mut self,
        conversation: ConversationId,
        now: Ms,
    ) -> Result<Vec<Notice>, StoreError> {
        let folded = self.folded(conversation)?;
        if folded.iter().all(|f| f.pending.state != OpState::Accepted) {
            return Ok(Vec::new());
        }
        let truth = self.truth(conversation)?;
        let pulled: Option<Ms> = self
            .one("SELECT pulled_at FROM conversation WHERE id = ?1", [conversation.0], |r| r.get(0))?
            .flatten();
        let mut notices = Vec::new();
        for Folded { id, pending } in folded {
            match rebase::verdict(&pending, &truth, pulled, now) {
                Verdict::Stay => continue,
                Verdict::Leave => {}
                Verdict::LeaveWithNotice => notices.push(Notice {
                    conversation,
                    op: id,
                    human: format!(
                        "the provider said yes to \u{201c}{}\u{201d} but has not done it",
                        pending.facet.key().text()
                    ),
                }),
            }
            self.set_op(id, OpState::Settled, None)?;
            self.touch(conversation.0).fold = true;
        }
        Ok(notices)
    }

    /// Moves an op, with a reason or without one.
    pub(super) fn set_op(
        &mut self,
        op: OpId,
        state: OpState,
        reason: Option<&Reason>,
    ) -> Result<(), StoreError> {
        if state.in_fold() {
            self.op_opened();
        }
        self.exec(
            "UPDATE op SET state = ?2, code = ?3, human = ?4 WHERE id = ?1",
            params![
                op.0.as_bytes().as_slice(),
                state.code(),
                reason.and_then(|r| r.code.as_deref()),
                reason.map(|r| r.human.as_str())
            ],
        )?;
        Ok(())
    }
}

/// Free fields as the conversation keeps them.
pub(super) fn join_fields(fields: &BTreeMap<String, String>) -> Result<Option<String>, StoreError> {
    if fields.is_empty() { Ok(None) } else { Ok(Some(serde_json::to_string(fields)?)) }
}

/// Op ids as SQLite keeps them: sixteen bytes.
pub(super) mod uuid_blob {
    use crate::domain::ids::OpId;
    use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};

    /// An op id read from a column.
    pub struct Id(pub OpId);

    impl FromSql for Id {
        fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
            uuid::Uuid::from_slice(value.as_blob()?)
                .map(|id| Id(OpId(id)))
                .map_err(|e| FromSqlError::Other(Box::new(e)))
        }
    }
}
