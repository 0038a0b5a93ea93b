//! What a server answers at the end of a command: how it ended, what the server can do, and why it does not do it.

use crate::text::sanitize;
use async_imap::imap_proto::rfc4315::UidSetMember;
use async_imap::imap_proto::{Capability, Outcome, ResponseCode, Status};
use std::collections::BTreeSet;

/// Why a command did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The connection is of no use any more.
    Lost(String),
    /// The same, because an answer could not be read: the same question would have the same end.
    Unreadable(String),
    /// The server refuses it.
    No {
        /// Its code (RFC 5530), upper case.
        code: Option<String>,
        /// Its words.
        words: String,
    },
    /// The server does not understand it.
    Bad(String),
}

impl Trouble {
    /// Whether the connection can be used for something else.
    pub fn is_lost(&self) -> bool {
        matches!(self, Trouble::Lost(_) | Trouble::Unreadable(_))
    }

    /// What happened, in words.
    pub fn words(&self) -> &str {
        match self {
            Trouble::Lost(words) | Trouble::Unreadable(words) | Trouble::Bad(words) => words,
            Trouble::No { words, .. } => words,
        }
    }
}

/// What a server can do, upper case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caps(BTreeSet<String>);

impl Caps {
    /// What a list of its words says.
    pub(super) fn of(list: &[Capability<'_>]) -> Caps {
        let word = |capability: &Capability<'_>| match capability {
            Capability::Imap4rev1 => "IMAP4REV1".to_owned(),
            Capability::Auth(mechanism) => format!("AUTH={}", mechanism.to_ascii_uppercase()),
            Capability::Atom(atom) => atom.to_ascii_uppercase(),
        };
        Caps(list.iter().map(word).collect())
    }

    /// Whether it can that; in upper case.
    pub fn has(&self, word: &str) -> bool {
        self.0.contains(word)
    }

    /// Whether anything is known.
    pub fn is_known(&self) -> bool {
        !self.0.is_empty()
    }
}

/// How a command ended well.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Done {
    /// What the server can do, if it said so on the way.
    pub caps: Option<Caps>,
    /// Where what was appended is: validity and number (RFC 4315).
    pub appended: Option<(u32, u32)>,
    /// Whether the folder can only be read.
    pub read_only: bool,
}

/// What the server can do, if it says so with this answer.
pub(super) fn caps_of(outcome: &Outcome<'_>) -> Option<Caps> {
    match &outcome.code {
        Some(ResponseCode::Capabilities(list)) => Some(Caps::of(list)),
        _ => None,
    }
}

/// A server's words, on one line.
pub(super) fn said(outcome: &Outcome<'_>) -> String {
    let (_, words) = coded(outcome);
    if words.is_empty() { "the server gives no reason".to_owned() } else { words }
}

/// The code and the words of an answer. Codes that the reader does not know stand in its words.
fn coded(outcome: &Outcome<'_>) -> (Option<String>, String) {
    let words = outcome.information.as_deref().unwrap_or_default().trim();
    let (code, words) = match (&outcome.code, words.strip_prefix('[').and_then(|rest| rest.split_once(']'))) {
        (Some(ResponseCode::Alert), _) => (Some("ALERT".to_owned()), words),
        (Some(ResponseCode::TryCreate), _) => (Some("TRYCREATE".to_owned()), words),
        (Some(_), _) => (None, words),
        (None, Some((code, rest))) => {
            let code = code.split(' ').next().unwrap_or_default().to_ascii_uppercase();
            (Some(code), rest)
        }
        (None, None) => (None, words),
    };
    let words: String = words.chars().take(300).collect();
    (code, sanitize::line(words.trim()).into_owned())
}

/// How a command ended.
///
/// # Errors
/// Where it was refused.
pub(super) fn ended(status: &Status, outcome: &Outcome<'_>) -> Result<Done, Trouble> {
    match status {
        Status::Ok => Ok(Done {
            caps: caps_of(outcome),
            appended: match &outcome.code {
                Some(ResponseCode::AppendUid(validity, uids)) => uids.first().map(|uid| match uid {
                    UidSetMember::Uid(uid) => (*validity, *uid),
                    UidSetMember::UidRange(range) => (*validity, *range.start()),
                }),
                _ => None,
            },
            read_only: matches!(outcome.code, Some(ResponseCode::ReadOnly)),
        }),
        Status::No => {
            let (code, words) = coded(outcome);
            let words = if words.is_empty() { "the server gives no reason".to_owned() } else { words };
            Err(Trouble::No { code, words })
        }
        Status::Bad => Err(Trouble::Bad(said(outcome))),
        Status::PreAuth | Status::Bye => Err(Trouble::Lost(said(outcome))),
    }
}
