//! What a conversation can be: its status, priority, owner and qualification.

use crate::domain::account::UnknownWord;
use crate::domain::clock::Ms;
use crate::domain::ids::{AgentId, TeamId};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal, { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// All values, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word used in files, arguments, output and on the screen.
            pub const fn word(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }

            /// The small number under which the store keeps it. Never changes.
            pub const fn code(self) -> i64 {
                self as i64
            }

            /// The value of a stored number, or nothing for a number of a newer version.
            pub fn from_code(code: i64) -> Option<$name> {
                usize::try_from(code).ok().and_then(|i| Self::ALL.get(i).copied())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                let s = s.to_lowercase();
                Self::ALL.iter().copied().find(|v| v.word() == s)
                    .ok_or_else(|| UnknownWord::new($what, &s, Self::ALL.iter().map(|v| v.word())))
            }
        }
    };
}
pub(crate) use words;

words!(
    /// Where a conversation is in its life.
    Status, "status", {
        /// Somebody has to act.
        Open = "open",
        /// Waits for something else.
        Pending = "pending",
        /// Comes back by itself.
        Snoozed = "snoozed",
        /// Done, until the customer writes again.
        Resolved = "resolved",
        /// Not for us. A new message does not reopen it.
        Spam = "spam",
    }
);

words!(
    /// How urgent a conversation is.
    Priority, "priority", {
        /// Not said.
        None = "none",
        /// Can wait.
        Low = "low",
        /// As usual.
        Medium = "medium",
        /// Before the others.
        High = "high",
        /// Now.
        Urgent = "urgent",
    }
);

words!(
    /// What a conversation is worth as business.
    QualificationState, "qualification", {
        /// Somebody who may buy.
        Lead = "lead",
        /// Worth the effort.
        Qualified = "qualified",
        /// Not worth it, for a reason.
        Disqualified = "disqualified",
    }
);

/// A qualification with its reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Qualification {
    /// The judgement.
    pub state: QualificationState,
    /// Why; expected when disqualified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Who a conversation belongs to, by local id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Assignee {
    /// One agent.
    Agent(AgentId),
    /// A team, no one in person.
    Team(TeamId),
}

/// The status that counts: what was last set, unless the customer has written since.
///
/// `unseen` says whether an inbound message is there that no one has seen and that no later change has covered, and that is not
/// muted. A resolved or snoozed conversation is reopened by it, spam never is. A function of the facts, not of the order in which
/// they came.
pub fn effective_status(set: Status, unseen: bool) -> Status {
    match set {
        Status::Resolved | Status::Snoozed if unseen => Status::Open,
        other => other,
    }
}

/// Whether it is put away, as far as that counts: a message that no one has seen brings it back.
pub fn effective_archived(set: Option<Ms>, unseen: bool) -> Option<Ms> {
    set.filter(|_| !unseen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_codes_come_back() {
        for s in Status::ALL {
            assert_eq!(s.word().parse::<Status>().unwrap(), *s);
            assert_eq!(Status::from_code(s.code()), Some(*s));
        }
        assert_eq!("URGENT".parse::<Priority>().unwrap(), Priority::Urgent);
        let err = "closed".parse::<Status>().unwrap_err().to_string();
        assert!(err.contains("resolved"), "{err}");
    }

    #[test]
    fn a_new_message_reopens_what_was_done_but_never_spam() {
        assert_eq!(effective_status(Status::Resolved, true), Status::Open);
        assert_eq!(effective_status(Status::Snoozed, true), Status::Open);
        assert_eq!(effective_status(Status::Pending, true), Status::Pending);
        assert_eq!(effective_status(Status::Spam, true), Status::Spam);
        assert_eq!(effective_status(Status::Resolved, false), Status::Resolved);
    }
}
