//! Messages: who wrote, in which direction, of what kind, with which files.

use crate::domain::account::UnknownWord;
use crate::domain::conversation::words;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

words!(
    /// Which way a message went.
    Direction, "direction", {
        /// From the customer.
        Inbound = "inbound",
        /// To the customer.
        Outbound = "outbound",
        /// Private: among agents only.
        Note = "note",
        /// Something that happened.
        Activity = "activity",
    }
);

words!(
    /// What a message is made of.
    MessageKind, "kind", {
        /// Words.
        Text = "text",
        /// Files, perhaps with words.
        Attachment = "attachment",
        /// A place on the map.
        Location = "location",
        /// A tapped button or a chosen list entry.
        Button = "button",
        /// A shared address book entry.
        ContactCard = "contact_card",
        /// An approved template.
        Template = "template",
        /// A request to stop, start or help.
        OptOut = "opt_out",
        /// A change of status, owner and so on.
        Activity = "activity",
        /// Something we have no words for: shown by name, kept whole.
        Unsupported = "unsupported",
        /// An answering machine's words (out of office): nobody waits for an answer to it, and it brings nothing back.
        AutoReply = "auto_reply",
        /// What a mail server says of a mail of ours that did not arrive.
        Bounce = "bounce",
        /// A mail that is passed on to somebody else: no answer to the customer.
        Forward = "forward",
    }
);

words!(
    /// What kind of author.
    AuthorKind, "author", {
        /// The customer.
        Contact = "contact",
        /// A person of ours.
        Agent = "agent",
        /// A program: the provider, or Frontdesk.
        System = "system",
    }
);

impl MessageKind {
    /// Whether nobody waits for an answer to it: it calls nobody and brings nothing back.
    pub const fn is_quiet(self) -> bool {
        matches!(self, MessageKind::AutoReply | MessageKind::Bounce)
    }
}

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// What kind of author.
    pub kind: AuthorKind,
    /// Their name, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// An agent's e-mail, by which agents are known across providers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

impl Author {
    /// The customer.
    pub fn contact(name: Option<String>) -> Self {
        Author { kind: AuthorKind::Contact, name, email: None }
    }

    /// A program.
    pub fn system() -> Self {
        Author { kind: AuthorKind::System, name: None, email: None }
    }

    /// A person of ours.
    pub fn agent(name: impl Into<String>, email: Option<String>) -> Self {
        Author { kind: AuthorKind::Agent, name: Some(name.into()), email }
    }
}

/// Where a file can be fetched, in the provider's terms. Never shown and never fetched outside of the provider's hosts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MediaRef(pub String);

/// A file of a message, as the provider describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentFact {
    /// The provider's id, by which a file is recognised when it is told twice.
    pub external_id: String,
    /// Which of the message's files it is, from 0, where the provider tells an order; the others stand behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<u16>,
    /// Its name, as sent; sanitised before use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its media type, as sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// Its size in bytes, if told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Words that belong to the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// Where it can be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<MediaRef>,
    /// Where a file of ours is kept, relative to the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// It can be had at any time, and is fetched when somebody wants it; else it is fetched soon, before its link dies.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_demand: bool,
}
