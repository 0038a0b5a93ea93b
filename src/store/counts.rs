//! In which views a conversation is, and the counts of the views, kept by difference.

use crate::domain::account::Channel;
use crate::domain::clock::Ms;
use crate::domain::conversation::Status;
use crate::domain::ids::{AccountId, AgentId};
use crate::domain::row::View;
use crate::store::derive::split_labels;
use crate::store::error::StoreError;
use crate::store::mentions::{self, Mention};
use crate::store::tx::Tx;
use rusqlite::{Row, params};

/// All that decides in which views a conversation is, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub account: i64,
    pub channel: i64,
    pub status: Status,
    pub agent: Option<i64>,
    pub team: Option<i64>,
    pub waiting_since: Option<Ms>,
    pub last_message_at: Ms,
    pub archived: bool,
    pub muted: bool,
    /// The address that answers go to is blocked.
    pub blocked: bool,
    /// Sorted.
    pub labels: Vec<String>,
    /// Who is called by notes.
    pub mentions: Vec<Mention>,
    /// Something is unseen that calls for somebody: what is muted or blocked does not.
    pub unread: bool,
}

/// Columns of `conversation` that stand in indexes and change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    pub status: Status,
    pub agent: Option<i64>,
    pub team: Option<i64>,
    pub waiting_since: Option<Ms>,
    pub last_message_at: Ms,
}

/// The columns of `conversation` that [`Place::read`] takes; others may follow.
macro_rules! place_columns {
    () => {
        "account_id, channel, status, agent_id, team_id, waiting_since, last_message_at, archived_at IS NOT NULL, labels, unread, muted,
         mentions, EXISTS (SELECT 1 FROM block b WHERE b.identity_id = conversation.identity_id)"
    };
}
pub(super) use place_columns;

impl Place {
    /// Reads the first columns of a row.
    pub(super) fn read(r: &Row<'_>) -> rusqlite::Result<Place> {
        let (muted, blocked): (bool, bool) = (r.get(10)?, r.get(12)?);
        Ok(Place {
            account: r.get(0)?,
            channel: r.get(1)?,
            status: Status::from_code(r.get(2)?).unwrap_or(Status::Open),
            agent: r.get(3)?,
            team: r.get(4)?,
            waiting_since: r.get(5)?,
            last_message_at: r.get(6)?,
            archived: r.get(7)?,
            labels: split_labels(r.get(8)?),
            unread: r.get::<_, i64>(9)? > 0 && !muted && !blocked,
            muted,
            blocked,
            mentions: mentions::split(r.get(11)?),
        })
    }

    /// The columns that stand in indexes.
    pub(super) fn shown_in(&self) -> Shown {
        Shown {
            status: self.status,
            agent: self.agent,
            team: self.team,
            waiting_since: self.waiting_since,
            last_message_at: self.last_message_at,
        }
    }

    /// The views it is in.
    pub(super) fn views(&self) -> Vec<View> {
        if self.archived {
            return vec![View::Archived];
        }
        let mut views = self.views_of_status();
        views.extend(self.mentions.iter().map(|(agent, _)| View::Mentions(AgentId(*agent))));
        views
    }

    /// Whether something calls for somebody in a view.
    pub(super) fn calls_in(&self, view: &View) -> bool {
        match view {
            View::Mentions(agent) => self.mentions.contains(&(agent.0, true)),
            _ => self.unread,
        }
    }

    fn views_of_status(&self) -> Vec<View> {
        match self.status {
            Status::Pending => vec![View::Pending],
            Status::Snoozed => vec![View::Snoozed],
            Status::Resolved => vec![View::Resolved],
            Status::Spam => vec![View::Spam],
            Status::Open => {
                let mut views = vec![
                    View::Open,
                    View::Channel(Channel::from_code(self.channel)),
                    View::Account(AccountId(self.account)),
                ];
                if let Some(agent) = self.agent {
                    views.push(View::Mine(AgentId(agent)));
                } else if self.team.is_none() {
                    views.push(View::Unassigned);
                }
                if self.waiting_since.is_some() {
                    views.push(View::Waiting);
                }
                views.extend(self.labels.iter().cloned().map(View::Label));
                views
            }
        }
    }

    fn same_views(&self, other: &Place) -> bool {
        self.status == other.status
            && self.agent == other.agent
            && self.team == other.team
            && self.waiting_since.is_some() == other.waiting_since.is_some()
            && self.archived == other.archived
            && self.unread == other.unread
            && self.labels == other.labels
            && self.mentions == other.mentions
    }
}

impl Tx<'_> {
    /// A conversation has moved: counts follow by difference, and so do the entries of its labels.
    pub(super) fn move_place(&mut self, id: i64, before: &Place, after: &Place) -> Result<(), StoreError> {
        if !before.same_views(after) {
            self.count_place(before, -1);
            self.count_place(after, 1);
        }
        self.move_mentions(id, before, after)?;
        let open = |p: &Place| i64::from(p.status == Status::Open && !p.archived);
        let (was, is) = (open(before), open(after));
        if before.labels == after.labels && was == is && before.last_message_at == after.last_message_at {
            return Ok(());
        }
        for name in &before.labels {
            let label = self.label(name)?;
            self.exec(
                "DELETE FROM conversation_label
                 WHERE label_id = ?1 AND open = ?2 AND last_message_at = ?3 AND conversation_id = ?4",
                params![label, was, before.last_message_at, id],
            )?;
        }
        for name in &after.labels {
            let label = self.label(name)?;
            self.exec(
                "INSERT OR REPLACE INTO conversation_label(label_id, open, last_message_at, conversation_id)
                 VALUES (?1, ?2, ?3, ?4)",
                params![label, is, after.last_message_at, id],
            )?;
        }
        Ok(())
    }

    /// Adds a conversation to, or takes it from, the counts of its views.
    pub(super) fn count_place(&mut self, place: &Place, by: i64) {
        for view in place.views() {
            let unread = if place.calls_in(&view) { by } else { 0 };
            self.count(view.key(), by, unread);
        }
    }

    /// Adds all conversations with an address to, or takes them from, the counts of their views.
    pub(super) fn count_places_of(&mut self, identity: i64, by: i64) -> Result<(), StoreError> {
        let sql = concat!(
            "SELECT ",
            place_columns!(),
            " FROM conversation WHERE identity_id = ?1 AND contact_id = (SELECT contact_id FROM identity WHERE id = ?1)"
        );
        for place in self.all(sql, [identity], Place::read)? {
            self.count_place(&place, by);
        }
        Ok(())
    }

    /// Whether an address is blocked.
    pub(super) fn is_blocked(&self, identity: Option<i64>) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM block WHERE identity_id = ?1)";
        Ok(self.one(sql, [identity], |r| r.get(0))?.unwrap_or(false))
    }

    /// The id of a label, made where needed.
    pub(super) fn label(&mut self, name: &str) -> Result<i64, StoreError> {
        if let Some(id) = self.one("SELECT id FROM label WHERE name = ?1", [name], |r| r.get(0))? {
            return Ok(id);
        }
        self.exec("INSERT INTO label(name) VALUES (?1)", [name])?;
        Ok(self.conn.last_insert_rowid())
    }
}
