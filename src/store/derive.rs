//! Derived columns of a conversation: a function of its messages, facets and ops, brought up to date once per job.
//!
//! Counters move by what the job changed; the rest is asked for by queries that read a row or two. `verify` recomputes it all
//! from nothing and compares.

use crate::domain::account::Channel;
use crate::domain::clock::Ms;
use crate::domain::conversation::{Status, effective_archived, effective_status};
use crate::domain::delivery::Delivery;
use crate::domain::ids::ConversationId;
use crate::domain::message::{Direction, MessageKind};
use crate::domain::rev::Rev;
use crate::store::counts::{Place, Shown, place_columns};
use crate::store::error::StoreError;
use crate::store::mentions;
use crate::store::tx::Tx;
use crate::text::mail::fold;
use crate::text::sanitize;
use rusqlite::{ToSql, params};

/// Characters kept of the newest message for the list.
const PREVIEW: usize = 120;

/// Characters of a text that are looked at for its preview.
const HEAD: usize = 400;

/// The same for a mail, whose own words may stand below those that it answers.
const MAIL_HEAD: usize = 4_000;

/// The derived columns that stand in no index, as `store_derived` binds them.
macro_rules! rest_columns {
    () => {
        "labels = ?2, set_status = ?3, set_until = ?4, unread = ?5, troubled = ?6, last_inbound_at = ?7, answered_at = ?8,
         answered_id = ?9, last_message_id = ?10, preview = ?11, preview_direction = ?12, preview_delivery = ?13, addr_at = ?14,
         addr_rank = ?15, ours = ?16, theirs = ?17, identity_id = ?18"
    };
}

/// What a job changed about a conversation.
#[derive(Debug, Default)]
pub(super) struct Touch {
    /// Facets or ops changed: fold them again.
    pub fold: bool,
    /// The newest message may be another one, or look different: look again.
    pub newest: bool,
    /// The newest of the messages that were added, if nothing has happened to it since.
    pub added: Option<Added>,
    /// Unseen inbound messages, more or fewer.
    pub unread: i64,
    /// Messages that need the agent, more or fewer.
    pub troubled: i64,
    /// The last moment at which an inbound message that was added was written.
    pub inbound: Option<Ms>,
    /// The first of these moments.
    pub inbound_first: Option<Ms>,
    /// The time of an inbound message changed, or one vanished: look again.
    pub inbound_lost: bool,
    /// A public message of ours that counts as an answer.
    pub answered: Option<(Ms, i64)>,
    /// The newest answer may not count any more: look again.
    pub answered_lost: bool,
    /// What an event says about where an answer goes.
    pub route: Option<Route>,
    /// Agents who are called by a note (`true`), or have seen that they were.
    pub called: Vec<(i64, bool)>,
    /// Agents whom no note calls any more.
    pub uncalled: Vec<i64>,
    /// A draft was kept or forgotten.
    pub draft: bool,
}

/// A message just added, as far as the list would show it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Added {
    pub at: Ms,
    pub id: i64,
    pub direction: i64,
    pub preview: String,
}

impl Touch {
    /// A message was added: a candidate for the newest one.
    pub(super) fn add(&mut self, at: Ms, id: i64, direction: Direction, text: &str, channel: Channel) {
        if direction == Direction::Activity || self.added.as_ref().is_some_and(|a| (a.at, a.id) > (at, id)) {
            return;
        }
        let preview = preview(text, channel);
        // Without words it is named by its kind or its files.
        self.newest |= preview.is_empty();
        self.added = Some(Added { at, id, direction: direction.code(), preview });
    }
}

/// Where an answer goes, as an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    pub rev: Rev,
    pub ours: String,
    pub theirs: String,
    pub identity: Option<i64>,
}

impl Route {
    /// Whether this statement supersedes another. The identity follows from the address.
    pub(super) fn beats(&self, other: &Route) -> bool {
        (self.rev, &self.ours, &self.theirs) > (other.rev, &other.ours, &other.theirs)
    }
}

/// The columns that a derivation reads and writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Derived {
    pub place: Place,
    pub set_status: Status,
    pub set_until: Option<Ms>,
    pub snoozed_until: Option<Ms>,
    pub set_archived_at: Option<Ms>,
    pub archived_at: Option<Ms>,
    pub unread: i64,
    pub troubled: i64,
    pub last_inbound_at: Option<Ms>,
    pub answered: Option<(Ms, i64)>,
    pub newest: Newest,
    pub route: Route,
}

/// The newest message, as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Newest {
    pub id: Option<i64>,
    pub preview: String,
    pub direction: Option<i64>,
    pub delivery: Option<i64>,
}

/// A delivery after which the customer does not wait any more: everything that is not known to have stayed here. What is queued or
/// scheduled has not left yet.
pub(super) fn answers(delivery: Option<Delivery>) -> bool {
    use Delivery::{Cancelled, Failed, Parked, Queued, Retrying};
    !matches!(delivery, Some(Queued | Failed | Cancelled | Parked | Retrying))
}

impl Tx<'_> {
    /// Brings the shown and derived columns of one conversation up to date, and the counts of the views it is in.
    pub(super) fn derive(
        &mut self,
        conversation: ConversationId,
        mut touch: Touch,
    ) -> Result<(), StoreError> {
        let id = conversation.0;
        let Some(before) = self.derived(id)? else { return Ok(()) };
        let mut row = before.clone();
        if touch.fold {
            self.fold(conversation, &mut row)?;
        }
        if touch.newest {
            let (at, newest) = self.newest(id)?;
            row.place.last_message_at = at;
            row.newest = newest;
        } else if let Some(added) = touch.added.take()
            && (added.at, Some(added.id)) > (row.place.last_message_at, row.newest.id)
        {
            row.place.last_message_at = added.at;
            row.newest = Newest {
                id: Some(added.id),
                preview: added.preview,
                direction: Some(added.direction),
                delivery: None,
            };
        }
        row.unread = (row.unread + touch.unread).max(0);
        row.troubled = (row.troubled + touch.troubled).max(0);
        row.last_inbound_at =
            if touch.inbound_lost { self.last_inbound(id)? } else { row.last_inbound_at.max(touch.inbound) };
        row.answered =
            if touch.answered_lost { self.last_answer(id)? } else { row.answered.max(touch.answered) };
        // Only asked where it decides something.
        let may_return =
            matches!(row.set_status, Status::Resolved | Status::Snoozed) || row.set_archived_at.is_some();
        let unseen = may_return && !row.place.muted && self.unseen(id)?;
        row.place.status = effective_status(row.set_status, unseen);
        row.archived_at = effective_archived(row.set_archived_at, unseen);
        row.place.archived = row.archived_at.is_some();
        row.snoozed_until = if row.place.status == Status::Snoozed { row.set_until } else { None };
        for (agent, unseen) in &touch.called {
            row.place.mentions.retain(|(known, _)| known != agent);
            row.place.mentions.push((*agent, *unseen));
        }
        row.place.mentions.retain(|(known, _)| !touch.uncalled.contains(known));
        row.place.mentions.sort_unstable();
        row.place.waiting_since = match still_waits(&before, &row, &touch) {
            Some(since) => Some(since),
            None => self.waiting_since(id, &row)?,
        };
        if let Some(route) = touch.route.filter(|r| r.beats(&before.route)) {
            if route.theirs != before.route.theirs {
                self.index_names(id, true);
            }
            row.route = Route { identity: route.identity.or(before.route.identity), ..route };
            if row.route.identity != before.route.identity {
                row.place.blocked = self.is_blocked(row.route.identity)?;
            }
        }
        row.place.unread = row.unread > 0 && !row.place.muted && !row.place.blocked;
        self.store_derived(id, &before, &row)?;
        if touch.draft {
            self.exec(
                "UPDATE conversation SET draft = EXISTS (SELECT 1 FROM draft WHERE conversation_id IN (
                   SELECT ?1 UNION ALL SELECT gone FROM joined WHERE conversation_id = ?1)) WHERE id = ?1",
                [id],
            )?;
        }
        Ok(())
    }

    /// The columns as they stand.
    pub(super) fn derived(&self, id: i64) -> Result<Option<Derived>, StoreError> {
        self.one(
            concat!(
                "SELECT ",
                place_columns!(),
                ", set_status, set_until, snoozed_until, troubled, last_inbound_at, answered_at, answered_id, last_message_id,
                  preview, preview_direction, preview_delivery, addr_at, addr_rank, ours, theirs, identity_id, set_archived_at,
                  archived_at
                 FROM conversation WHERE id = ?1"
            ),
            [id],
            |r| {
                let answered: (Option<Ms>, Option<i64>) = (r.get(18)?, r.get(19)?);
                Ok(Derived {
                    place: Place::read(r)?,
                    unread: r.get(9)?,
                    set_status: Status::from_code(r.get(13)?).unwrap_or(Status::Open),
                    set_until: r.get(14)?,
                    snoozed_until: r.get(15)?,
                    set_archived_at: r.get(29)?,
                    archived_at: r.get(30)?,
                    troubled: r.get(16)?,
                    last_inbound_at: r.get(17)?,
                    answered: answered.0.zip(answered.1),
                    newest: Newest {
                        id: r.get(20)?,
                        preview: r.get(21)?,
                        direction: r.get(22)?,
                        delivery: r.get(23)?,
                    },
                    route: Route {
                        rev: Rev { at: r.get(24)?, rank: r.get(25)? },
                        ours: r.get(26)?,
                        theirs: r.get(27)?,
                        identity: r.get(28)?,
                    },
                })
            },
        )
    }

    fn store_derived(&mut self, id: i64, before: &Derived, row: &Derived) -> Result<(), StoreError> {
        if before == row {
            return Ok(());
        }
        let place = &row.place;
        let rest = params![
            id,
            join_labels(&place.labels),
            row.set_status.code(),
            row.set_until,
            row.unread,
            row.troubled,
            row.last_inbound_at,
            row.answered.map(|a| a.0),
            row.answered.map(|a| a.1),
            row.newest.id,
            row.newest.preview,
            row.newest.direction,
            row.newest.delivery,
            row.route.rev.at,
            row.route.rev.rank,
            row.route.ours,
            row.route.theirs,
            row.route.identity
        ];
        let (was, is) = (before.place.shown_in(), place.shown_in());
        // Columns of indexes are named only where one of them changes; mostly it is only that something was said.
        if was == is {
            self.exec(concat!("UPDATE conversation SET ", rest_columns!(), " WHERE id = ?1"), rest)?;
        } else if is == (Shown { last_message_at: is.last_message_at, ..was }) {
            let sql =
                concat!("UPDATE conversation SET ", rest_columns!(), ", last_message_at = ?19 WHERE id = ?1");
            let said: [&dyn ToSql; 1] = [&is.last_message_at];
            self.exec(sql, [rest, &said].concat().as_slice())?;
        } else {
            let shown: [&dyn ToSql; 5] =
                [&is.status.code(), &is.agent, &is.team, &is.waiting_since, &is.last_message_at];
            self.exec(
                concat!(
                    "UPDATE conversation SET ",
                    rest_columns!(),
                    ", status = ?19, agent_id = ?20, team_id = ?21, waiting_since = ?22, last_message_at = ?23 WHERE id = ?1"
                ),
                [rest, &shown].concat().as_slice(),
            )?;
        }
        if before.place.mentions != place.mentions {
            let sql = "UPDATE conversation SET mentions = ?2 WHERE id = ?1";
            self.exec(sql, params![id, mentions::join(&place.mentions)])?;
        }
        if (before.set_archived_at, before.archived_at, before.place.muted)
            != (row.set_archived_at, row.archived_at, place.muted)
        {
            self.exec(
                "UPDATE conversation SET set_archived_at = ?2, archived_at = ?3, muted = ?4 WHERE id = ?1",
                params![id, row.set_archived_at, row.archived_at, place.muted],
            )?;
        }
        if before.snoozed_until != row.snoozed_until {
            self.exec(
                "UPDATE conversation SET snoozed_until = ?2 WHERE id = ?1",
                params![id, row.snoozed_until],
            )?;
        }
        self.move_place(id, &before.place, place)
    }

    /// The newest message that is more than an activity and was not taken back, as the list shows it.
    pub(super) fn newest(&self, conversation: i64) -> Result<(Ms, Newest), StoreError> {
        let found = self.one(
            "SELECT m.id, m.sent_at, m.direction, m.kind, substr(m.text, 1, ?2), m.delivery, c.channel
             FROM message m JOIN conversation c ON c.id = m.conversation_id
             WHERE m.conversation_id = ?1 AND m.direction <> 3 AND m.delivery IS NOT 5
             ORDER BY m.sent_at DESC, m.id DESC LIMIT 1",
            params![conversation, i64::try_from(MAIL_HEAD).unwrap_or(i64::MAX)],
            |r| {
                let (id, at, direction, kind): (i64, Ms, i64, i64) =
                    (r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?);
                let preview = preview(&r.get::<_, String>(4)?, Channel::from_code(r.get(6)?));
                Ok((id, at, direction, kind, preview, r.get::<_, Option<i64>>(5)?))
            },
        )?;
        let Some((id, at, direction, kind, mut preview, delivery)) = found else {
            return Ok((0, Newest::default()));
        };
        if preview.is_empty() {
            preview = self.words_for(id, MessageKind::from_code(kind))?;
        }
        let delivery = delivery.filter(|_| direction == Direction::Outbound.code());
        Ok((at, Newest { id: Some(id), preview, direction: Some(direction), delivery }))
    }

    /// What stands for a message without words: never blank.
    fn words_for(&self, message: i64, kind: Option<MessageKind>) -> Result<String, StoreError> {
        let file: Option<(String, Option<String>)> = self.one(
            "SELECT name, caption FROM attachment WHERE message_id = ?1 ORDER BY place IS NULL, place, external_id LIMIT 1",
            [message],
            |r| Ok((r.get(0)?, r.get(1)?)),
        )?;
        Ok(match (file, kind) {
            (Some((name, caption)), _) => {
                let words = caption.as_deref().map(short).filter(|c| !c.is_empty());
                match words {
                    Some(caption) => format!("Attachment: {caption}"),
                    None if name.is_empty() => "Attachment".into(),
                    None => format!("Attachment: {}", short(&name)),
                }
            }
            (None, Some(MessageKind::Attachment)) => "Attachment".into(),
            (None, Some(MessageKind::Location)) => "Location".into(),
            (None, Some(MessageKind::Button)) => "Button".into(),
            (None, Some(MessageKind::ContactCard)) => "Contact card".into(),
            (None, Some(MessageKind::Template)) => "Template".into(),
            (None, Some(MessageKind::OptOut)) => "Opt-out request".into(),
            (None, Some(MessageKind::Activity)) => "Activity".into(),
            (None, Some(MessageKind::Unsupported) | None) => "Unsupported message".into(),
            (
                None,
                Some(MessageKind::Text | MessageKind::AutoReply | MessageKind::Bounce | MessageKind::Forward),
            ) => "Empty message".into(),
        })
    }

    pub(super) fn last_inbound(&self, conversation: i64) -> Result<Option<Ms>, StoreError> {
        self.one(
            "SELECT sent_at FROM message WHERE conversation_id = ?1 AND direction = 0 AND kind NOT IN (9, 10)
             ORDER BY sent_at DESC, id DESC LIMIT 1",
            [conversation],
            |r| r.get(0),
        )
    }

    pub(super) fn last_answer(&self, conversation: i64) -> Result<Option<(Ms, i64)>, StoreError> {
        self.one(
            "SELECT sent_at, id FROM message
             WHERE conversation_id = ?1 AND direction = 1 AND kind <> 11 AND (delivery IS NULL OR delivery NOT IN (0, 2, 3, 5, 7))
             ORDER BY sent_at DESC, id DESC LIMIT 1",
            [conversation],
            |r| Ok((r.get(0)?, r.get(1)?)),
        )
    }

    /// Whether an inbound message is there that no one has seen.
    pub(super) fn unseen(&self, conversation: i64) -> Result<bool, StoreError> {
        Ok(self
            .one(
                "SELECT 1 FROM message WHERE conversation_id = ?1 AND seen <> 1 AND seen = 0 LIMIT 1",
                [conversation],
                |_| Ok(()),
            )?
            .is_some())
    }

    /// Since when the customer waits: the first inbound message after our last answer, while somebody is to act.
    fn waiting_since(&self, conversation: i64, row: &Derived) -> Result<Option<Ms>, StoreError> {
        if !matches!(row.place.status, Status::Open | Status::Pending) {
            return Ok(None);
        }
        let (at, id) = row.answered.unwrap_or((Ms::MIN, i64::MIN));
        if row.last_inbound_at.is_none_or(|inbound| inbound < at) {
            return Ok(None);
        }
        self.one(
            "SELECT sent_at FROM message WHERE conversation_id = ?1 AND (sent_at, id) > (?2, ?3) AND direction = 0
               AND kind NOT IN (9, 10)
             ORDER BY sent_at, id LIMIT 1",
            params![conversation, at, id],
            |r| r.get(0),
        )
    }
}

/// Since when a customer waits who has waited before, if nothing has happened that could change it: what was said since comes after.
fn still_waits(before: &Derived, row: &Derived, touch: &Touch) -> Option<Ms> {
    let same = before.place.status == row.place.status
        && before.answered == row.answered
        && !touch.inbound_lost
        && !touch.answered_lost;
    before.place.waiting_since.filter(|since| same && touch.inbound_first.is_none_or(|first| first >= *since))
}

/// The first words of a message, on one line; of a mail the first of its own, where it has any.
fn preview(text: &str, channel: Channel) -> String {
    let head = |most: usize| first(text, most).unwrap_or(text);
    if channel == Channel::Email {
        let own = fold::own(head(MAIL_HEAD));
        let own = short(first(&own, HEAD).unwrap_or(&own));
        if !own.is_empty() {
            return own;
        }
    }
    short(head(HEAD))
}

/// The first words of a text, on one line.
fn short(text: &str) -> String {
    let line = sanitize::line(text);
    let line = line.trim();
    match first(line, PREVIEW) {
        Some(head) => format!("{}\u{2026}", head.trim_end()),
        None => line.to_owned(),
    }
}

/// So many characters from the beginning of a text that has more.
fn first(text: &str, most: usize) -> Option<&str> {
    // No text has more characters than bytes.
    let more = text.len() > most;
    more.then(|| text.char_indices().nth(most)).flatten().map(|(at, _)| &text[..at])
}

/// Labels as the conversation keeps them.
pub(super) fn join_labels(labels: &[String]) -> Option<String> {
    if labels.is_empty() { None } else { Some(labels.join("\n")) }
}

/// Labels as the conversation keeps them, taken apart.
pub(super) fn split_labels(joined: Option<String>) -> Vec<String> {
    joined.map(|l| l.split('\n').map(str::to_owned).collect()).unwrap_or_default()
}
