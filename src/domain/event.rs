//! Events: facts about the world, from a provider, in our vocabulary. A public format: serde-tagged, only ever gains fields.
//!
//! An event carries state, never a delta: applying it twice, or in any order, leaves the same store.

use crate::domain::account::Channel;
use crate::domain::clock::Ms;
use crate::domain::contact::{ConsentState, Identity, Party};
use crate::domain::delivery::{Delivery, DeliverySource, Reason};
use crate::domain::facet::Facet;
use crate::domain::ids::OpId;
use crate::domain::mail::Mail;
use crate::domain::message::{AttachmentFact, Author, Direction, MessageKind};
use crate::domain::rev::{Rev, Stamped};
use serde::{Deserialize, Serialize};

/// Names a conversation at its account: the provider's id or, where there is none, a key the adapter builds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConversationKey(pub String);

/// What every event about a conversation says of it, so that whichever comes first can create it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationFact {
    /// Its key at the account.
    pub key: ConversationKey,
    /// The medium.
    pub channel: Channel,
    /// The customer.
    pub party: Party,
    /// Our address, as the provider writes it.
    pub ours: String,
    /// Their address, as the provider writes it: where an answer goes.
    pub theirs: String,
    /// What is known of its facets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facets: Vec<Stamped<Facet>>,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageFact {
    /// Where it belongs.
    pub conversation: ConversationFact,
    /// The provider's id. Unique per account: the dedupe key.
    pub external_id: String,
    /// Our token, if the provider echoed it: this is the message of that op.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<OpId>,
    /// Which way it went.
    pub direction: Direction,
    /// What it is made of.
    pub kind: MessageKind,
    /// Who wrote it.
    pub author: Author,
    /// The words, as sent. Sanitised on the way to any screen.
    pub text: String,
    /// When it was sent, UTC milliseconds.
    pub sent_at: Ms,
    /// Its files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentFact>,
    /// All the provider said that has no place of its own. A JSON object.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub metadata: serde_json::Value,
    /// What it is besides, where it is a mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<Box<Mail>>,
    /// How far it is, for outbound messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliveryReport>,
    /// It is history: it counts as seen (imports, and what was sent before the account was connected).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub history: bool,
    /// Orders statements about the same message: push and pull of one message differ in what they know, the higher wins.
    pub rev: Rev,
}

/// Which message a report is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageRef {
    /// By the provider's id.
    External(String),
    /// By our token. The external id, if told as well, is learnt.
    Token(OpId, #[serde(default)] Option<String>),
}

/// A statement about a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryReport {
    /// How far it is. One of `accepted failed delivered read`.
    pub state: Delivery,
    /// The provider's own word ("queued", "sent"), kept in the history.
    pub said: String,
    /// Why, if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Whom it did not reach, where it failed and a message can have several recipients: addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missed: Vec<String>,
    /// What it cost, as the provider writes it ("0.0075 USD").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<String>,
    /// When the source said so, or we heard it, UTC milliseconds.
    pub at: Ms,
    /// How we heard.
    pub source: DeliverySource,
}

/// A fact about the world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A conversation is as described.
    Conversation(ConversationFact),
    /// A message exists.
    Message(Box<MessageFact>),
    /// A message has come so far. May be told before the message itself.
    Delivery {
        /// Which message.
        message: MessageRef,
        /// How far.
        report: DeliveryReport,
    },
    /// We may, or may not, write to an address any more.
    Consent {
        /// Whose address.
        identity: Identity,
        /// On which medium.
        channel: Channel,
        /// May we, and since which revision.
        state: Stamped<ConsentState>,
        /// Who said so: the customer's word ("STOP"), the provider's code, an agent.
        said: String,
    },
    /// A message of the customer has been seen by us, or is marked as unseen again, as the provider says.
    Seen {
        /// Which message.
        message: MessageRef,
        /// Seen or not, and since which revision.
        state: Stamped<bool>,
    },
    /// A mail is known by another message id as well: what carried it gave it one of its own, and answers name that one.
    MailNamed {
        /// The id that we gave it, without brackets.
        mail: String,
        /// The other one, without brackets.
        also: String,
    },
    /// The customer has read what we sent, up to this moment.
    ReadUpTo {
        /// Where.
        conversation: ConversationKey,
        /// Outbound messages sent up to here, UTC milliseconds.
        at: Ms,
        /// How we heard.
        source: DeliverySource,
    },
}
