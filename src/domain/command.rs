//! What a person can ask for, the same for key, palette, command line and macro; lowered to facets, and turned back for undo.

use crate::domain::account::Channel;
use crate::domain::attachment::Written;
use crate::domain::clock::Ms;
use crate::domain::contact::ConsentState;
use crate::domain::conversation::{Priority, Qualification, Status};
use crate::domain::delivery::Delivery;
use crate::domain::facet::{Facet, Owner};
use crate::domain::ids::{AccountId, AttachmentId, ConversationId, MessageId, OpId, QuickReplyId};
use crate::domain::quick_reply::QuickReply;
use crate::domain::row::ConversationRow;
use serde::{Deserialize, Serialize};

/// What a composer writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComposeMode {
    /// To the customer.
    Reply,
    /// Among agents.
    Note,
}

impl ComposeMode {
    /// The small number under which the store keeps it.
    pub const fn code(self) -> i64 {
        self as i64
    }
}

/// A change an agent asks for. The store performs it in one transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Answer the customer.
    Reply {
        /// Where.
        conversation: ConversationId,
        /// The words, and what goes along.
        #[serde(flatten)]
        text: Written,
        /// How long the send can be taken back, milliseconds.
        undo_ms: Ms,
        /// When it is to leave, UTC milliseconds; none = once it cannot be taken back any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Ms>,
    },
    /// Write to an address, in the conversation that exists with it or a new one.
    New {
        /// On which account.
        account: AccountId,
        /// On which medium.
        channel: Channel,
        /// To which address, already normalised.
        to: String,
        /// The words, and what goes along.
        #[serde(flatten)]
        text: Written,
        /// How long the send can be taken back, milliseconds.
        undo_ms: Ms,
        /// When it is to leave, UTC milliseconds; none = once it cannot be taken back any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Ms>,
    },
    /// Open the conversation with an address, to write in it: the one that exists, or a new one in which nothing is said yet.
    Begin {
        /// On which account.
        account: AccountId,
        /// On which medium.
        channel: Channel,
        /// With which address, already normalised.
        to: String,
    },
    /// Forget a conversation in which nothing was said after all. Any other is left as it is.
    Abandon {
        /// Which.
        conversation: ConversationId,
    },
    /// Leave a private note.
    Note {
        /// Where.
        conversation: ConversationId,
        /// The words, and what goes along.
        #[serde(flatten)]
        text: Written,
    },
    /// Set a facet.
    Set {
        /// Where.
        conversation: ConversationId,
        /// To what.
        facet: Facet,
    },
    /// Mark all that is there as seen.
    Read {
        /// Where.
        conversation: ConversationId,
    },
    /// Mark the newest inbound message as unread.
    Unread {
        /// Where.
        conversation: ConversationId,
    },
    /// The newest so many messages of the customer are unseen again: what undoes that they were covered.
    Uncover {
        /// Where.
        conversation: ConversationId,
        /// How many.
        count: u32,
    },
    /// Take a send back while it has not left.
    Cancel {
        /// Which.
        message: MessageId,
    },
    /// Send now what is failed, parked, retrying or (knowingly) unknown.
    Retry {
        /// Which.
        message: MessageId,
    },
    /// Give a message up that is not sent.
    Discard {
        /// Which.
        message: MessageId,
    },
    /// Answer a doubt: it was sent, or it was not.
    Settle {
        /// Which.
        message: MessageId,
        /// The agent's word.
        sent: bool,
    },
    /// Opt the customer of a conversation out or in, on its account and medium.
    Consent {
        /// Whose.
        conversation: ConversationId,
        /// To what.
        state: ConsentState,
    },
    /// Refuse the address that a conversation is with, or accept it again: what it writes anew is spam.
    Block {
        /// Whose address.
        conversation: ConversationId,
        /// Blocked, or not any more.
        on: bool,
    },
    /// Have a file of a message fetched that is not here: one that is fetched on demand, or was given up.
    Fetch {
        /// Which.
        attachment: AttachmentId,
    },
    /// Keep what is written. Where that is nothing, the draft is forgotten.
    Draft {
        /// Where.
        conversation: ConversationId,
        /// Reply or note.
        mode: ComposeMode,
        /// The words, and what goes along.
        #[serde(flatten)]
        text: Written,
    },
    /// Count the use of a quick reply.
    QuickReplyUsed {
        /// Which.
        id: QuickReplyId,
    },
    /// Make a quick reply, or change one.
    QuickReplySave {
        /// Which is changed; none = the one with the same shortcut, medium and language, or a new one.
        id: Option<QuickReplyId>,
        /// What it is to be.
        reply: QuickReply,
    },
    /// Remove a quick reply.
    QuickReplyRemove {
        /// Which.
        id: QuickReplyId,
    },
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Performed {
    /// The op that was enqueued, if the change has to travel.
    pub op: Option<OpId>,
    /// The message that was made or changed.
    pub message: Option<MessageId>,
    /// Where.
    pub conversation: Option<ConversationId>,
    /// The message's delivery state.
    pub delivery: Option<Delivery>,
    /// Whether anything changed at all.
    pub changed: bool,
}

impl Action {
    /// What brings back what `before` showed, in this order; empty if nothing does.
    pub fn inverse(&self, before: &ConversationRow, owner_before: Option<Owner>) -> Vec<Action> {
        let back = match self {
            Action::Set { conversation, facet } => previous(facet, before, owner_before)
                .map(|facet| Action::Set { conversation: *conversation, facet }),
            Action::Read { conversation } if before.unread > 0 => {
                Some(Action::Uncover { conversation: *conversation, count: before.unread })
            }
            Action::Block { conversation, on } if *on != before.blocked => {
                Some(Action::Block { conversation: *conversation, on: !on })
            }
            Action::Unread { conversation } if before.unread == 0 => {
                Some(Action::Read { conversation: *conversation })
            }
            _ => None,
        };
        // What was put aside counts as seen; brought back, it calls again. Blocking moves to the spam, and its opposite out of it.
        let unread = match self {
            Action::Block { conversation, on } if *on != before.blocked => Some(Action::Set {
                conversation: *conversation,
                facet: Facet::Status { status: before.status, until: before.snoozed_until },
            }),
            Action::Set { conversation, facet } if facet.puts_aside() && before.unread > 0 => {
                Some(Action::Uncover { conversation: *conversation, count: before.unread })
            }
            _ => None,
        };
        back.into_iter().chain(unread).collect()
    }

    /// The conversation that it changes, for what can be taken back.
    pub fn conversation(&self) -> Option<ConversationId> {
        match self {
            Action::Set { conversation, .. }
            | Action::Read { conversation }
            | Action::Unread { conversation }
            | Action::Uncover { conversation, .. }
            | Action::Block { conversation, .. } => Some(*conversation),
            _ => None,
        }
    }

    /// Where it acts, to be changed where that conversation has become part of another one.
    pub fn conversation_mut(&mut self) -> Option<&mut ConversationId> {
        match self {
            Action::Reply { conversation, .. }
            | Action::Abandon { conversation }
            | Action::Note { conversation, .. }
            | Action::Set { conversation, .. }
            | Action::Read { conversation }
            | Action::Unread { conversation }
            | Action::Uncover { conversation, .. }
            | Action::Consent { conversation, .. }
            | Action::Block { conversation, .. }
            | Action::Draft { conversation, .. } => Some(conversation),
            Action::New { .. }
            | Action::Begin { .. }
            | Action::Cancel { .. }
            | Action::Retry { .. }
            | Action::Discard { .. }
            | Action::Settle { .. }
            | Action::Fetch { .. }
            | Action::QuickReplyUsed { .. }
            | Action::QuickReplySave { .. }
            | Action::QuickReplyRemove { .. } => None,
        }
    }

    /// The verb kept in the audit trail.
    pub fn verb(&self) -> &'static str {
        match self {
            Action::Reply { .. } => "reply",
            Action::New { .. } => "new",
            Action::Begin { .. } => "begin",
            Action::Abandon { .. } => "abandon",
            Action::Note { .. } => "note",
            Action::Set { facet, .. } => match facet {
                Facet::Status { .. } => "status",
                Facet::Priority { .. } => "priority",
                Facet::Assignee { .. } => "assign",
                Facet::Label { .. } => "label",
                Facet::Qualification { .. } => "qualify",
                Facet::Subject { .. } => "subject",
                Facet::Archived { .. } => "archive",
                Facet::Muted { .. } => "mute",
                Facet::Score { .. } => "score",
                Facet::Field { .. } => "field",
            },
            Action::Read { .. } => "read",
            Action::Unread { .. } | Action::Uncover { .. } => "unread",
            Action::Cancel { .. } => "cancel",
            Action::Retry { .. } => "retry",
            Action::Discard { .. } => "discard",
            Action::Settle { .. } => "settle",
            Action::Consent { .. } => "consent",
            Action::Block { on: true, .. } => "block",
            Action::Block { on: false, .. } => "unblock",
            Action::Fetch { .. } => "fetch",
            Action::Draft { .. } => "draft",
            Action::QuickReplyUsed { .. } => "quick-reply use",
            Action::QuickReplySave { .. } => "quick-reply save",
            Action::QuickReplyRemove { .. } => "quick-reply remove",
        }
    }
}

fn previous(facet: &Facet, row: &ConversationRow, owner: Option<Owner>) -> Option<Facet> {
    Some(match facet {
        Facet::Status { .. } => Facet::Status { status: row.status, until: row.snoozed_until },
        Facet::Priority { .. } => Facet::Priority { priority: row.priority },
        Facet::Assignee { .. } => Facet::Assignee { owner },
        Facet::Label { name, .. } => Facet::Label { name: name.clone(), on: row.labels.contains(name) },
        Facet::Qualification { .. } => Facet::Qualification { qualification: row.qualification.clone() },
        Facet::Subject { .. } => Facet::Subject { subject: row.subject.clone()? },
        Facet::Archived { .. } => Facet::Archived { at: row.archived_at },
        Facet::Muted { .. } => Facet::Muted { on: row.muted },
        Facet::Score { .. } => Facet::Score { score: row.score },
        Facet::Field { name, .. } => {
            let value = row.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
            Facet::Field { name: name.clone(), value }
        }
    })
}

/// Shorthands for the facets that commands set.
pub mod set {
    use super::{Facet, Ms, Owner, Priority, Qualification, Status};

    /// A status without a time.
    pub fn status(status: Status) -> Facet {
        Facet::Status { status, until: None }
    }

    /// Asleep until then, or until the customer writes.
    pub fn snooze(until: Option<Ms>) -> Facet {
        Facet::Status { status: Status::Snoozed, until }
    }

    /// A priority.
    pub fn priority(priority: Priority) -> Facet {
        Facet::Priority { priority }
    }

    /// An owner.
    pub fn owner(owner: Option<Owner>) -> Facet {
        Facet::Assignee { owner }
    }

    /// A label, on or off.
    pub fn label(name: impl Into<String>, on: bool) -> Facet {
        Facet::Label { name: name.into(), on }
    }

    /// Put away since then, or not.
    pub fn archived(at: Option<Ms>) -> Facet {
        Facet::Archived { at }
    }

    /// Muted, or not.
    pub fn muted(on: bool) -> Facet {
        Facet::Muted { on }
    }

    /// A score, or none.
    pub fn score(score: Option<u8>) -> Facet {
        Facet::Score { score }
    }

    /// A free field, or its end.
    pub fn field(name: impl Into<String>, value: Option<String>) -> Facet {
        Facet::Field { name: name.into(), value }
    }

    /// A qualification, or none.
    pub fn qualification(qualification: Option<Qualification>) -> Facet {
        Facet::Qualification { qualification }
    }
}
