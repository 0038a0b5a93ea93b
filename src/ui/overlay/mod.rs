//! What lies above the panes: pickers, prompts, search, help. A stack; the top one has the keys.

mod choose;
mod found;
mod keys;
mod lines;
mod outbox;
mod picker;
mod search;
pub(crate) mod view;

pub(crate) use picker::{Choice, Item, Picker, PickerKind};
pub(crate) use search::{Search, ask};

use crate::domain::command::Action;
use crate::domain::ids::{AttachmentId, ConversationId, MessageId};
use crate::domain::row::{DeliveryStep, OutboxRow};
use crate::ui::guide::Page;
use crate::ui::input::Input;

/// Something above the panes.
#[derive(Debug)]
pub(crate) enum Overlay {
    /// Choose one of several.
    Picker(Box<Picker>),
    /// Search all messages.
    Search(Box<Search>),
    /// Type a line.
    Prompt(Prompt),
    /// Yes or no.
    Confirm(Confirm),
    /// All keys.
    Help { top: usize },
    /// A help page.
    Page { page: &'static Page, top: usize },
    /// Engine and channels.
    Status { top: usize },
    /// What waits to be done; none until it has come.
    Outbox { rows: Option<Vec<OutboxRow>>, at: usize },
    /// How a message has travelled; none until it has come.
    Delivery { message: MessageId, steps: Option<Vec<DeliveryStep>> },
}

/// A line to be typed.
#[derive(Debug)]
pub(crate) struct Prompt {
    pub(crate) kind: PromptKind,
    pub(crate) input: Input,
}

/// What the line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PromptKind {
    /// A query for the list.
    Filter,
    /// Where a file goes; empty = the download directory.
    SaveFile(AttachmentId),
    /// Why a conversation is disqualified.
    Disqualify(ConversationId),
}

impl Prompt {
    pub(crate) fn new(kind: PromptKind, text: &str) -> Prompt {
        Prompt { kind, input: Input::selected(text) }
    }

    /// What is asked for, and how.
    pub(crate) const fn question(&self) -> (&'static str, &'static str) {
        match self.kind {
            PromptKind::Filter => (
                "Filter the list",
                "words, \u{201c}phrases\u{201d}, status: label: assignee: channel: unread: …; empty = all open",
            ),
            PromptKind::SaveFile(_) => ("Save the file as", "a path, or nothing for the download directory"),
            PromptKind::Disqualify(_) => {
                ("Disqualified because", "a few words; they are kept with the conversation")
            }
        }
    }
}

/// A question before something that is not undone by a key.
#[derive(Debug)]
pub(crate) struct Confirm {
    pub(crate) question: String,
    pub(crate) action: Action,
    /// What is said when it is done.
    pub(crate) said: String,
}
