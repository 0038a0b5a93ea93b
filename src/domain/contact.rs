//! People and their addresses.

use crate::domain::conversation::words;
use crate::domain::rev::Rev;
use serde::{Deserialize, Serialize};

use crate::domain::account::UnknownWord;
use std::fmt;
use std::str::FromStr;

words!(
    /// What kind of address an identity is.
    IdentityKind, "identity kind", {
        /// A telephone number in E.164, whichever medium uses it.
        Phone = "phone",
        /// An e-mail address, folded for matching.
        Email = "email",
        /// A WhatsApp user id that is no number (BSUID).
        Whatsapp = "whatsapp",
        /// A visitor of a chat page, by the hash of the visitor's token.
        Visitor = "visitor",
        /// A user id or URN of some other provider, opaque.
        Handle = "handle",
        /// A short code or alphanumeric sender: opaque, never given a region.
        Sender = "sender",
    }
);

/// One address of a person, unique in a workspace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// What kind of address.
    pub kind: IdentityKind,
    /// The address in its matching form.
    pub value: String,
}

impl Identity {
    /// An identity of `kind`.
    pub fn new(kind: IdentityKind, value: impl Into<String>) -> Self {
        Identity { kind, value: value.into() }
    }
}

/// The customer of a conversation as a provider describes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Addresses that the channel has proved to be this person's; the first is the one to answer to. All lead to one contact.
    pub identities: Vec<Identity>,
    /// What they call themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Addresses they say are theirs. Shown, never used to recognise or to merge anyone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Identity>,
    /// When they said that, where no message of theirs does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Rev>,
}

words!(
    /// Whether we may write to an address.
    ConsentState, "consent", {
        /// They have opted out: nothing is sent.
        OptedOut = "opted-out",
        /// They have opted (back) in.
        OptedIn = "opted-in",
    }
);
