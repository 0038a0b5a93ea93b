//! When a conversation counts as read: by the policy, and only while somebody looks.

use crate::domain::clock::Ms;
use crate::domain::command::Action;
use crate::domain::ids::ConversationId;
use crate::domain::row::ConversationRow;
use crate::ui::model::{Focus, Model, Purpose};

/// What marks a conversation as read, besides the key for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ReadPolicy {
    /// Opening it, and what arrives while it is open.
    #[default]
    OnOpen,
    /// Answering it.
    OnReply,
    /// Nothing.
    Manual,
}

impl ReadPolicy {
    /// The policy of that word of the configuration.
    pub fn of(word: &str) -> Option<ReadPolicy> {
        match word {
            "on-open" => Some(ReadPolicy::OnOpen),
            "on-reply" => Some(ReadPolicy::OnReply),
            "manual" => Some(ReadPolicy::Manual),
            _ => None,
        }
    }
}

/// The conversation that was opened, rather than moved to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) conversation: ConversationId,
    /// What it was marked as read up to: the newest of the customer, and the newest where a note called. None if it is still to be
    /// marked.
    until: Option<(Ms, Ms)>,
}

impl Model {
    /// The target was opened.
    pub(crate) fn opened(&mut self) {
        if let Some(conversation) = self.target() {
            self.opened_from_afar(conversation);
        }
    }

    /// A conversation was opened of which nothing may be known yet.
    pub(crate) fn opened_from_afar(&mut self, conversation: ConversationId) {
        self.opened = Some(Opened { conversation, until: None });
        self.keep_read();
    }

    /// Whether this agent has not seen something there: a message of the customer, or a note that calls them.
    pub(crate) fn is_unseen(&self, row: &ConversationRow) -> bool {
        row.unread > 0 || row.called.contains(&self.me.id)
    }

    /// A reply was sent.
    pub(crate) fn replied(&mut self, conversation: ConversationId) {
        let unread = self.row(conversation).is_some_and(|row| self.is_unseen(row));
        if self.reads != ReadPolicy::Manual && self.attended && unread {
            self.perform(Action::Read { conversation }, Purpose::Quiet);
        }
    }

    /// Somebody wants it unread: it stays so although it is open.
    pub(crate) fn unread_by_hand(&mut self, conversation: ConversationId) {
        if self.opened.is_some_and(|o| o.conversation == conversation) {
            self.opened = None;
        }
    }

    /// Marks the open conversation as read where the policy says so. What arrives later counts as read once its end is on screen;
    /// nothing does while the terminal has no focus.
    pub(crate) fn keep_read(&mut self) {
        let Some(opened) = self.opened else {
            return;
        };
        if !matches!(self.focus, Focus::Thread | Focus::Composer)
            || self.target() != Some(opened.conversation)
        {
            self.opened = None;
            return;
        }
        if self.reads != ReadPolicy::OnOpen || !self.attended {
            return;
        }
        let Some(row) = self.row(opened.conversation) else {
            return;
        };
        let said = row.last_inbound_at.unwrap_or_default();
        let called =
            if row.called.contains(&self.me.id) { row.last_message_at.unwrap_or_default() } else { 0 };
        let until = opened.until.unwrap_or_default();
        let is_news = (said > until.0 || called > until.1) && self.thread.is_at_end();
        if opened.until.is_some() && !is_news {
            return;
        }
        let unread = self.is_unseen(row);
        self.opened = Some(Opened { until: Some((said.max(until.0), called.max(until.1))), ..opened });
        if unread {
            self.perform(Action::Read { conversation: opened.conversation }, Purpose::Quiet);
        }
    }
}
