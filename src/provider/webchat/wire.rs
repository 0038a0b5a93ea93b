//! The form in which the chat routes hand a visitor's deeds to the durable inbox: a [`RawPush`] that only they can build.
//!
//! Its URL is `webchat:/NAME/…`, which no request from outside can have: a listener writes the URL of what it receives
//! itself, and it begins with `http`. The header `x-frontdesk-visitor` holds the visitor's hash, taken from a checked token.

use crate::domain::clock::Ms;
use crate::domain::ids::OpId;
use crate::provider::{DedupeKey, RawPush, Reject};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The header that names the visitor. The listener drops `x-frontdesk-…` from what comes from outside.
pub const VISITOR_HEADER: &str = "x-frontdesk-visitor";

/// What visitors say about themselves: claims.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// What they call themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// An e-mail address they say is theirs, in its matching form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// A message of a visitor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The id that the visitor's page made for it.
    pub id: String,
    /// The words.
    pub text: String,
    /// What was known of them then.
    #[serde(flatten)]
    pub profile: Profile,
}

/// How far a visitor's page has come with our messages, by external id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// On their screen, or ready for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delivered: Vec<String>,
    /// Looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read: Vec<String>,
}

/// What a visitor did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Wrote a message.
    Said(Said),
    /// Got or read our messages.
    Seen(Seen),
    /// Said something about themselves.
    Profile(Profile),
}

impl Deed {
    fn word(&self) -> &'static str {
        match self {
            Deed::Said(_) => "messages",
            Deed::Seen(_) => "receipts",
            Deed::Profile(_) => "profile",
        }
    }

    /// The push that carries this deed of `visitor` (64 hex digits) on the account `name`.
    ///
    /// # Errors
    /// [`serde_json::Error`] never in practice: there is nothing in a deed that JSON cannot say.
    pub fn push(&self, name: &str, visitor: &str, now: Ms) -> Result<RawPush, serde_json::Error> {
        let body = match self {
            Deed::Said(said) => serde_json::to_vec(said),
            Deed::Seen(seen) => serde_json::to_vec(seen),
            Deed::Profile(profile) => serde_json::to_vec(profile),
        }?;
        Ok(RawPush {
            method: "POST".into(),
            url: format!("webchat:/{name}/{}", self.word()),
            headers: vec![(VISITOR_HEADER.into(), visitor.to_owned())],
            body,
            received_at: now,
        })
    }

    /// Reads a push back.
    ///
    /// # Errors
    /// Why it is none of `name`'s.
    pub fn read(name: &str, push: &RawPush) -> Result<(String, Deed), String> {
        let what = push
            .url
            .strip_prefix("webchat:/")
            .and_then(|rest| rest.strip_prefix(name))
            .and_then(|rest| rest.strip_prefix('/'))
            .filter(|_| push.method == "POST")
            .ok_or("it does not come from this account's chat page")?;
        let visitor = push
            .header(VISITOR_HEADER)
            .filter(|v| v.len() == 64 && v.bytes().all(|b| b.is_ascii_hexdigit()))
            .ok_or("it names no visitor")?;
        let bad = |e: serde_json::Error| format!("unreadable body: {e}");
        let deed = match what {
            "messages" => Deed::Said(serde_json::from_slice(&push.body).map_err(bad)?),
            "receipts" => Deed::Seen(serde_json::from_slice(&push.body).map_err(bad)?),
            "profile" => Deed::Profile(serde_json::from_slice(&push.body).map_err(bad)?),
            other => return Err(format!("no such deed: {other}")),
        };
        Ok((visitor.to_owned(), deed))
    }
}

/// The external id of a visitor's message.
pub fn inbound_id(visitor: &str, client_id: &str) -> String {
    format!("v:{}:{client_id}", visitor.get(..16).unwrap_or(visitor))
}

/// The external id of an agent's message.
pub fn outbound_id(op: OpId) -> String {
    format!("a:{op}")
}

/// Names a push for the inbox.
pub(super) fn dedupe_key(name: &str, push: &RawPush) -> Result<DedupeKey, Reject> {
    let (visitor, deed) = Deed::read(name, push).map_err(Reject::Foreign)?;
    let short = visitor.get(..16).unwrap_or(&visitor);
    Ok(DedupeKey(match deed {
        Deed::Said(said) => inbound_id(&visitor, &said.id),
        // The same statement twice is one; a new one has another list of messages.
        Deed::Seen(_) => format!("r:{}:{}", short, digest(&push.body)),
        // Names can go back and forth, so each statement counts.
        Deed::Profile(_) => format!("p:{}:{}:{}", short, push.received_at, digest(&push.body)),
    }))
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(16).map(|b| format!("{b:02x}")).collect()
}
