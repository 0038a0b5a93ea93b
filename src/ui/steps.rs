//! What is under way, and the steps that can be taken back.

use crate::domain::attachment::Written;
use crate::domain::clock::Ms;
use crate::domain::command::{Action, ComposeMode};
use crate::domain::ids::{AttachmentId, ConversationId, MessageId};
use crate::domain::mail::Mailbox;
use crate::ui::composer::{Carried, Sending};

/// What the answer to a ticket is for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Purpose {
    /// A message leaves the composer.
    Send { conversation: ConversationId, mode: ComposeMode, text: Written, how: Sending },
    /// A change with its way back, and the words for both.
    Change { inverse: Vec<Action>, said: String },
    /// A change is taken back: who it was about is selected again.
    Undone { conversation: Option<ConversationId>, said: String },
    /// What was said is taken back; its words return to the draft of their kind.
    TakeBack { conversation: ConversationId, mode: ComposeMode, text: Written, along: Vec<Back> },
    /// What was to be done once a message was stored; taken back with it.
    Along { message: MessageId, inverse: Vec<Action>, said: String },
    /// A conversation is opened to write in; what was begun elsewhere comes along. A mail may go to several.
    Begin { carried: Option<Carried>, to: Vec<Mailbox> },
    /// A file is fetched that is not here.
    Fetch { file: AttachmentId },
    /// Nothing is said when it works.
    Quiet,
}

/// A change of many conversations that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bulk {
    /// What is said of each: "resolved".
    pub(crate) said: String,
    /// It takes something back: that is no step of its own.
    pub(crate) is_undo: bool,
    /// It was ordered along with this message, and is taken back with it.
    pub(crate) along: Option<MessageId>,
    pub(crate) done: usize,
    /// None until it is known how many there are.
    pub(crate) total: Option<usize>,
}

/// What takes a change back, and what was said of the change.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Back {
    pub(crate) actions: Vec<Action>,
    pub(crate) said: String,
}

/// A step that `undo` takes back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Undo {
    /// Perform the opposite.
    Back(Back),
    /// Perform many opposites.
    Many { each: Vec<Vec<Action>>, said: String },
    /// Take a send back, while it has not left.
    Send { message: MessageId, conversation: ConversationId, text: Written, until: Ms, along: Vec<Back> },
    /// Bring back words that were thrown away.
    Words { conversation: ConversationId, mode: ComposeMode, text: Written },
    /// Take a note back.
    Note { message: MessageId, conversation: ConversationId, text: Written, along: Vec<Back> },
}

impl Undo {
    /// What was done along with a message that this step takes back, and until when it does; notes stay here, for good.
    pub(crate) fn along_with(&mut self, sent: MessageId) -> Option<(&mut Vec<Back>, Option<Ms>)> {
        match self {
            Undo::Send { message, along, until, .. } if *message == sent => Some((along, Some(*until))),
            Undo::Note { message, along, .. } if *message == sent => Some((along, None)),
            _ => None,
        }
    }
}
