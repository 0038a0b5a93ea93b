//! Ops: what an agent wants done, durable until it is settled. A public format: serde-tagged, only ever gains fields.

use crate::domain::account::Channel;
use crate::domain::clock::Ms;
use crate::domain::event::{ConversationKey, Event};
use crate::domain::facet::{Facet, FacetKey};
use crate::domain::ids::{AccountId, ConversationId, MessageId, OpId};
use crate::domain::mail::Outgoing;
use crate::domain::message::AttachmentFact;
use crate::domain::rev::Rev;
use serde::{Deserialize, Serialize};

/// How careful the engine has to be with an op.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpClass {
    /// The customer sees it: ordered within the conversation, never repeated on a guess.
    Say,
    /// Absolute value of a facet: coalesced, repeated until it is done.
    Set,
    /// May be dropped.
    Hint,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum OpBody {
    /// Say something to the customer.
    Send {
        /// Where.
        conversation: ConversationKey,
        /// The medium.
        channel: Channel,
        /// From which address of ours; empty = the account decides.
        from: String,
        /// To which address.
        to: String,
        /// The words.
        text: String,
        /// Files to send along.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attachments: Vec<AttachmentFact>,
        /// What it is besides, where it is a mail.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mail: Option<Box<Outgoing>>,
    },
    /// Set a facet at the provider.
    Set {
        /// Where.
        conversation: ConversationKey,
        /// To what.
        facet: Facet,
        /// What the agent saw, so that a hub can refuse a change made on an old picture.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expected: Option<Facet>,
    },
    /// Tell the provider that we have read up to a message.
    Read {
        /// Where.
        conversation: ConversationKey,
        /// The provider's id of the newest inbound message that was seen.
        up_to: String,
    },
    /// Show at the provider what became of messages here, where other programs look at the same messages.
    Mark {
        /// Where.
        conversation: ConversationKey,
        /// The provider's ids of the messages.
        messages: Vec<String>,
        /// What.
        mark: Mark,
        /// Whether it is so, or not any more.
        on: bool,
    },
}

/// What a provider can be shown of our work on a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// An agent has seen it.
    Seen,
    /// It was answered.
    Answered,
    /// It is put away.
    Archived,
    /// It is spam.
    Spam,
    /// It is thrown away.
    Deleted,
}

impl Mark {
    /// Every mark.
    pub const ALL: [Mark; 5] = [Mark::Seen, Mark::Answered, Mark::Archived, Mark::Spam, Mark::Deleted];

    /// The word used in settings and in the outbox.
    pub const fn word(self) -> &'static str {
        match self {
            Mark::Seen => "seen",
            Mark::Answered => "answered",
            Mark::Archived => "archived",
            Mark::Spam => "spam",
            Mark::Deleted => "deleted",
        }
    }
}

impl OpBody {
    /// How careful the engine has to be.
    pub fn class(&self) -> OpClass {
        match self {
            OpBody::Send { .. } => OpClass::Say,
            OpBody::Set { .. } | OpBody::Mark { .. } => OpClass::Set,
            OpBody::Read { .. } => OpClass::Hint,
        }
    }

    /// The facet a `Set` is about.
    pub fn facet_key(&self) -> Option<FacetKey> {
        match self {
            OpBody::Set { facet, .. } => Some(facet.key()),
            _ => None,
        }
    }
}

/// An op with its circumstances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Op {
    /// Its name for ever, the token at the provider.
    pub id: OpId,
    /// Whose job.
    pub account: AccountId,
    /// The conversation it is about.
    pub conversation: ConversationId,
    /// The message that shows it, for a `Say`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageId>,
    /// What is to be done.
    pub body: OpBody,
    /// When it was asked for, UTC milliseconds.
    pub created_at: Ms,
    /// Not before this moment: undo window, schedule and retry in one.
    pub not_before: Ms,
}

/// What a provider's "yes" means for the moment when the op may be forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "accepted", rename_all = "snake_case")]
pub enum Accepted {
    /// The answer carried the new state.
    State {
        /// The state, to be applied to truth.
        events: Vec<Event>,
    },
    /// Done; truth has it from this revision on.
    Revision {
        /// The revision.
        rev: Rev,
    },
    /// Said yes and works later: done when truth shows it, or, with a notice, when the deadline passes.
    Deferred {
        /// The deadline, UTC milliseconds.
        until: Ms,
    },
}

/// Where an op is. Kept in the outbox; `delivery` of its message follows from it until the provider has spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpState {
    /// Waits for its time or its turn.
    Queued,
    /// Claimed; its request may be out.
    InFlight,
    /// It did nothing and is tried again by itself at `not_before`.
    Retrying,
    /// Waits for the agent. Nothing was sent.
    Parked,
    /// It may have been done. Looked for by callback and pull.
    Unknown,
    /// The provider said yes; stays in the fold until truth has caught up.
    Accepted,
    /// Over: truth has it, or an agent or the provider ended it. No longer in the fold.
    Settled,
    /// Over: the provider refused it.
    Failed,
    /// Over: taken back before it left.
    Cancelled,
}

impl OpState {
    /// All states, in the order of their stored numbers.
    pub const ALL: [OpState; 9] = [
        OpState::Queued,
        OpState::InFlight,
        OpState::Retrying,
        OpState::Parked,
        OpState::Unknown,
        OpState::Accepted,
        OpState::Settled,
        OpState::Failed,
        OpState::Cancelled,
    ];

    /// The small number under which the store keeps it. Never changes.
    pub const fn code(self) -> i64 {
        self as i64
    }

    /// The state of a stored number.
    pub fn from_code(code: i64) -> Option<OpState> {
        usize::try_from(code).ok().and_then(|i| OpState::ALL.get(i).copied())
    }

    /// Whether the op still shapes what is shown.
    pub const fn in_fold(self) -> bool {
        matches!(
            self,
            OpState::Queued
                | OpState::InFlight
                | OpState::Retrying
                | OpState::Parked
                | OpState::Unknown
                | OpState::Accepted
        )
    }

    /// Whether the outbox lists it: something still has to happen, or an agent has to act.
    pub const fn in_outbox(self) -> bool {
        matches!(
            self,
            OpState::Queued | OpState::InFlight | OpState::Retrying | OpState::Parked | OpState::Unknown
        )
    }

    /// The word of `outbox`, the same as the delivery state it causes.
    pub const fn word(self) -> &'static str {
        match self {
            OpState::Queued => "queued",
            OpState::InFlight => "sending",
            OpState::Retrying => "retrying",
            OpState::Parked => "parked",
            OpState::Unknown => "unknown",
            OpState::Accepted => "accepted",
            OpState::Settled => "settled",
            OpState::Failed => "failed",
            OpState::Cancelled => "cancelled",
        }
    }
}
