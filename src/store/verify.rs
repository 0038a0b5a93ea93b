//! Recomputes from nothing what the writer keeps by difference, and says where they differ. For `doctor` and for the laws.

use crate::domain::clock::Ms;
use crate::domain::conversation::{Status, effective_archived, effective_status};
use crate::domain::facet::{Facet, Owner};
use crate::domain::ids::ConversationId;
use crate::domain::message::MessageKind;
use crate::domain::op::{OpBody, OpState};
use crate::domain::rebase::{self, Facets, Pending};
use crate::domain::rev::{Rev, Stamped};
use crate::store::apply::shown_delivery;
use crate::store::counts::{Place, place_columns};
use crate::store::error::StoreError;
use crate::store::fold::{Shown, join_fields};
use crate::store::reader::Reader;
use std::collections::BTreeMap;

/// One message, as far as derived columns depend on it.
struct Said {
    id: i64,
    direction: i64,
    sent_at: Ms,
    seen: i64,
    delivery: Option<i64>,
    given_up: bool,
    expected: Option<i64>,
    worded: bool,
    indexed: bool,
    /// Nobody waits for an answer to it.
    quiet: bool,
    /// It went to somebody else.
    passed_on: bool,
}

impl Reader {
    /// Where the stored columns of a conversation differ from what its messages, facets and ops say. Empty = nowhere. Reads the
    /// whole thread.
    ///
    /// # Errors
    /// Those of the database; `NotFound`.
    pub fn verify(&self, conversation: ConversationId) -> Result<Vec<String>, StoreError> {
        let messages = self.said(conversation)?;
        let shown = self.fold_again(conversation)?;
        let unseen = !shown.muted && messages.iter().any(|m| m.direction == 0 && m.seen == 0);
        let (set, until) = shown.status.unwrap_or((Status::Open, None));
        let status = effective_status(set, unseen);
        let shown_last = messages.iter().filter(|m| m.direction != 3 && m.delivery != Some(5));
        let newest = shown_last.max_by_key(|m| (m.sent_at, m.id));
        let answer = messages
            .iter()
            .filter(|m| m.direction == 1 && !m.passed_on && !matches!(m.delivery, Some(0 | 2 | 3 | 5 | 7)))
            .map(|m| (m.sent_at, m.id))
            .max();
        let waiting = messages
            .iter()
            .filter(|m| m.direction == 0 && !m.quiet && answer.is_none_or(|a| (m.sent_at, m.id) > a))
            .map(|m| m.sent_at)
            .min()
            .filter(|_| matches!(status, Status::Open | Status::Pending));
        let owner = match &shown.owner {
            None => None,
            Some(Owner::Agent(email)) => Some(format!("agent {email}")),
            Some(Owner::Team(name)) => Some(format!("team {name}")),
        };
        let mut want: BTreeMap<&str, String> = BTreeMap::new();
        want.insert("status", status.code().to_string());
        want.insert("set_status", set.code().to_string());
        want.insert("snoozed_until", text(until.filter(|_| status == Status::Snoozed)));
        want.insert("priority", shown.priority.map_or(0, |p| p.code()).to_string());
        want.insert("owner", text(owner));
        want.insert("labels", shown.labels.join("\n"));
        want.insert("subject", text(shown.subject));
        want.insert("qualification", text(shown.qualification.as_ref().map(|q| q.state.code())));
        want.insert("archived_at", text(effective_archived(shown.archived, unseen)));
        want.insert("set_archived_at", text(shown.archived));
        want.insert("muted", i64::from(shown.muted).to_string());
        want.insert("score", text(shown.score));
        want.insert("fields", text(join_fields(&shown.fields)?));
        want.insert("reason", text(shown.qualification.and_then(|q| q.reason)));
        let unread = messages.iter().filter(|m| m.direction == 0 && m.seen != 1).count();
        want.insert("unread", unread.to_string());
        let troubled =
            messages.iter().filter(|m| !m.given_up && matches!(m.delivery, Some(3 | 4 | 7))).count();
        want.insert("troubled", troubled.to_string());
        want.insert("waiting_since", text(waiting));
        want.insert("last_message_at", newest.map_or(0, |m| m.sent_at).to_string());
        want.insert("last_message_id", text(newest.map(|m| m.id)));
        let inbound = messages.iter().filter(|m| m.direction == 0 && !m.quiet).map(|m| m.sent_at).max();
        want.insert("last_inbound_at", text(inbound));
        want.insert("preview_direction", text(newest.map(|m| m.direction)));
        want.insert("preview_delivery", text(newest.filter(|m| m.direction == 1).and_then(|m| m.delivery)));
        let have = self.stored(conversation)?;
        let mut out: Vec<String> = want
            .iter()
            .filter(|(k, v)| have.get(*k) != Some(*v))
            .map(|(k, v)| format!("{k}: stored {:?}, computed {v:?}", have.get(k).map_or("", String::as_str)))
            .collect();
        for m in messages.iter().filter(|m| m.direction == 1 && m.delivery != m.expected) {
            out.push(format!("message {}: delivery {:?}, computed {:?}", m.id, m.delivery, m.expected));
        }
        for m in &messages {
            let findable = m.worded && m.direction != 3 && m.delivery != Some(5);
            if m.indexed != findable {
                out.push(format!("message {}: in the index: {}, computed {findable}", m.id, m.indexed));
            }
        }
        out.extend(self.verify_mentions(conversation)?);
        Ok(out)
    }

    fn stored(&self, conversation: ConversationId) -> Result<BTreeMap<&'static str, String>, StoreError> {
        const COLUMNS: [&str; 22] = [
            "status",
            "set_status",
            "snoozed_until",
            "priority",
            "owner",
            "labels",
            "subject",
            "qualification",
            "reason",
            "unread",
            "troubled",
            "waiting_since",
            "last_message_at",
            "last_message_id",
            "last_inbound_at",
            "preview_direction",
            "preview_delivery",
            "archived_at",
            "set_archived_at",
            "muted",
            "score",
            "fields",
        ];
        self.one(
            "SELECT c.status, c.set_status, c.snoozed_until, c.priority,
                    coalesce('agent ' || g.email, 'team ' || t.name), coalesce(c.labels, ''), c.subject, c.qualification,
                    c.qualification_reason, c.unread, c.troubled, c.waiting_since, c.last_message_at, c.last_message_id,
                    c.last_inbound_at, c.preview_direction, c.preview_delivery, c.archived_at, c.set_archived_at, c.muted,
                    c.score, c.fields
             FROM conversation c LEFT JOIN agent g ON g.id = c.agent_id LEFT JOIN team t ON t.id = c.team_id WHERE c.id = ?1",
            [conversation.0],
            |r| {
                let mut out = BTreeMap::new();
                for (at, name) in COLUMNS.into_iter().enumerate() {
                    let value = match r.get_ref(at)? {
                        rusqlite::types::ValueRef::Integer(i) => i.to_string(),
                        rusqlite::types::ValueRef::Text(t) => String::from_utf8_lossy(t).into_owned(),
                        _ => String::new(),
                    };
                    out.insert(name, value);
                }
                Ok(out)
            },
        )?
        .ok_or(StoreError::NotFound("conversation"))
    }

    fn said(&self, conversation: ConversationId) -> Result<Vec<Said>, StoreError> {
        use crate::domain::delivery::Delivery;
        self.all(
            "SELECT m.id, m.direction, m.sent_at, m.seen, m.delivery, m.given_up, m.said, o.state, m.text <> '',
                    EXISTS (SELECT 1 FROM message_fts_docsize d WHERE d.id = m.id), m.kind
             FROM message m LEFT JOIN op o ON o.id = m.op_id WHERE m.conversation_id = ?1",
            [conversation.0],
            |r| {
                let said = r.get::<_, Option<i64>>(6)?.and_then(Delivery::from_code);
                let op = r.get::<_, Option<i64>>(7)?.and_then(OpState::from_code);
                Ok(Said {
                    id: r.get(0)?,
                    direction: r.get(1)?,
                    sent_at: r.get(2)?,
                    seen: r.get(3)?,
                    delivery: r.get(4)?,
                    given_up: r.get(5)?,
                    expected: shown_delivery(said, op).map(Delivery::code),
                    worded: r.get(8)?,
                    indexed: r.get(9)?,
                    quiet: MessageKind::from_code(r.get(10)?).is_some_and(MessageKind::is_quiet),
                    passed_on: MessageKind::from_code(r.get(10)?) == Some(MessageKind::Forward),
                })
            },
        )
    }

    fn fold_again(&self, conversation: ConversationId) -> Result<Shown, StoreError> {
        let facts = self.all(
            "SELECT value, at, rank FROM facet WHERE conversation_id = ?1",
            [conversation.0],
            |r| Ok((r.get::<_, String>(0)?, Rev { at: r.get(1)?, rank: r.get(2)? })),
        )?;
        let mut truth = Facets::new();
        for (json, rev) in facts {
            let value: Facet = serde_json::from_str(&json)?;
            rebase::learn(&mut truth, Stamped { value, rev });
        }
        let ops = self.all(
            "SELECT body, state FROM op WHERE conversation_id = ?1 AND state < 6 AND class = 1 ORDER BY seq",
            [conversation.0],
            |r| Ok((r.get::<_, String>(0)?, r.get::<_, i64>(1)?)),
        )?;
        let mut pending: Vec<Pending> = Vec::new();
        for (body, state) in ops {
            if let (OpBody::Set { facet, .. }, Some(state)) =
                (serde_json::from_str(&body)?, OpState::from_code(state))
            {
                pending.push(Pending { facet, state, accepted: None, accepted_at: None });
            }
        }
        Ok(Shown::of(&rebase::shown(&truth, &pending)))
    }

    /// Where the counts of views differ from counting. Reads all conversations.
    ///
    /// # Errors
    /// Those of the database.
    pub fn verify_counts(&self) -> Result<Vec<String>, StoreError> {
        let mut want: BTreeMap<String, (i64, i64)> = BTreeMap::new();
        let places = self.all(concat!("SELECT ", place_columns!(), " FROM conversation"), [], Place::read)?;
        for place in places {
            for view in place.views() {
                let slot = want.entry(view.key()).or_default();
                slot.0 += 1;
                slot.1 += i64::from(place.calls_in(&view));
            }
        }
        let have: BTreeMap<String, (i64, i64)> = self
            .all("SELECT key, total, unread FROM view_count", [], |r| {
                Ok((r.get::<_, String>(0)?, (r.get(1)?, r.get(2)?)))
            })?
            .into_iter()
            .filter(|(_, n)| *n != (0, 0))
            .collect();
        let mut out = Vec::new();
        for key in want.keys().chain(have.keys()).collect::<std::collections::BTreeSet<_>>() {
            let (w, h) = (want.get(key), have.get(key));
            if w != h {
                out.push(format!("count of {key}: stored {h:?}, computed {w:?}"));
            }
        }
        Ok(out)
    }

    /// The ids of all conversations, for checks that walk them.
    ///
    /// # Errors
    /// Those of the database.
    pub fn conversation_ids(&self) -> Result<Vec<ConversationId>, StoreError> {
        self.all("SELECT id FROM conversation", [], |r| Ok(ConversationId(r.get(0)?)))
    }
}

fn text<T: ToString>(value: Option<T>) -> String {
    value.map(|v| v.to_string()).unwrap_or_default()
}
