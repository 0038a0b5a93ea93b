//! What lies above the panes: pickers, prompts, search, help. A stack; the top one has the keys.

mod browse;
mod canned;
mod choose;
mod click;
mod found;
mod help;
mod items;
mod keys;
mod left;
mod lines;
pub(crate) mod outbox;
mod picker;
mod search;
mod typed;
pub(crate) mod view;

pub(crate) use browse::Browse;
pub(crate) use canned::Canned;
pub(crate) use help::Help;
pub(crate) use lines::{Row, Table, gap, title};
pub(crate) use picker::{Choice, Item, Picker, PickerKind};
pub(crate) use search::{Search, ask, ask_again, ask_more};

use crate::domain::clock::Ms;
use crate::domain::command::Action;
use crate::domain::ids::{AttachmentId, MessageId};
use crate::domain::row::{DeliveryStep, OutboxRow};
use crate::ui::composer::{Asking, Doubts};
use crate::ui::effect::Targets;
use crate::ui::guide::Page;
use crate::ui::input::Input;
use crate::ui::setup::Setup;

/// Something above the panes.
#[derive(Debug)]
pub(crate) enum Overlay {
    /// Choose one of several.
    Picker(Box<Picker>),
    /// Search all messages.
    Search(Box<Search>),
    /// Type a line.
    Prompt(Prompt),
    /// Type or choose the path of a file.
    Browse(Box<Browse>),
    /// Yes or no.
    Confirm(Confirm),
    /// The questions of a quick reply.
    Asking(Box<Asking>),
    /// Whether to send it all the same.
    Doubts(Doubts),
    /// Keys: those of where one is, and all.
    Help(Box<Help>),
    /// A help page.
    Page { page: &'static Page, top: usize },
    /// The quick replies, to be managed.
    Canned(Canned),
    /// Engine and channels.
    Status { top: usize },
    /// What is known of the customer.
    About { top: usize },
    /// Accounts, and what else is configured.
    Setup(Box<Setup>),
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
    /// When it was decided what an order from it is for.
    pub(crate) at: Ms,
}

/// What the line is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PromptKind {
    /// A query for the list.
    Filter,
    /// Where a file goes; empty = the download directory.
    SaveFile(AttachmentId),
    /// Why conversations are disqualified.
    Disqualify(Targets),
    /// What their customers are worth.
    Score(Targets),
    /// What a free field holds.
    Field(String, Targets),
    /// How the recorded macro is called.
    NameMacro,
}

impl Prompt {
    pub(crate) fn new(kind: PromptKind, text: &str) -> Prompt {
        Prompt { kind, input: Input::selected(text), at: Ms::MAX }
    }

    /// What is asked for, and how.
    pub(crate) fn question(&self) -> (&str, &'static str) {
        match &self.kind {
            PromptKind::Filter => (
                "Filter the list",
                "words, \u{201c}phrases\u{201d}, status: label: assignee: channel: unread: …; empty = all open",
            ),
            PromptKind::SaveFile(_) => ("Save the file as", "a path, or nothing for the download directory"),
            PromptKind::Disqualify(_) => {
                ("Disqualified because", "a few words; they are kept with the conversation")
            }
            PromptKind::Score(_) => ("Score", "0 to 100; nothing takes it away"),
            PromptKind::Field(name, _) => (name, "nothing empties it"),
            PromptKind::NameMacro => ("Name of the macro", "one word; nothing throws it away"),
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
