//! When a conversation counts as read: by the policy, and only while somebody looks.

use crate::domain::command::Action;
use crate::domain::ids::ConversationId;
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
    conversation: ConversationId,
    /// When the customer had last written when it was marked as read; none if it is still to be marked.
    until: Option<i64>,
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

    /// A conversation was answered.
    pub(crate) fn answered(&mut self, conversation: ConversationId) {
        let unread = self.row(conversation).is_some_and(|row| row.unread > 0);
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
        let newest = row.last_inbound_at.unwrap_or_default();
        let is_news = opened.until.is_none_or(|until| newest > until && self.thread.is_at_end());
        if !is_news {
            return;
        }
        let unread = row.unread > 0;
        self.opened = Some(Opened { until: Some(newest), ..opened });
        if unread {
            self.perform(Action::Read { conversation: opened.conversation }, Purpose::Quiet);
        }
    }
}
