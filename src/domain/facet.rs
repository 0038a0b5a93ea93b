//! Facets: the independently changing parts of a conversation, each merged by its own revision.

use crate::domain::clock::Ms;
use crate::domain::conversation::{Priority, Qualification, Status};
use serde::{Deserialize, Serialize};

/// Who a conversation is given to, in terms that every provider and every engine understands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// An agent, by e-mail (lower case).
    Agent(String),
    /// A team, by name.
    Team(String),
}

/// Longest label, in characters.
const LABEL_MAX: usize = 64;

/// The label that is meant, to be put on or taken off, without the blanks around it. One that a provider has put on may be taken
/// off whatever it is called.
///
/// # Errors
/// Why the word is no label, for who typed it.
pub fn label(typed: &str, on: bool) -> Result<&str, String> {
    let name = typed.trim();
    // What no one sees would make two labels look alike; a comma stands between labels wherever they are listed or asked for.
    let unseen = |c: char| {
        c.is_control()
            || matches!(c, '\u{AD}' | '\u{61C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{FEFF}')
            || matches!(c, '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{E0000}'..='\u{E007F}')
    };
    if name.is_empty() {
        Err("a label needs a name".into())
    } else if !on {
        Ok(name)
    } else if name.contains(',') {
        Err("a label holds no comma".into())
    } else if name.contains(unseen) {
        Err("a label is of visible characters, on one line".into())
    } else if name.chars().count() > LABEL_MAX {
        Err(format!("a label has {LABEL_MAX} characters at most"))
    } else {
        Ok(name)
    }
}

/// One facet of a conversation with its value. State, never a delta.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "facet", rename_all = "snake_case")]
pub enum Facet {
    /// The status; `until` is when a snooze ends (none = until they reply).
    Status {
        /// The new status.
        status: Status,
        /// When a snooze ends, UTC milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Ms>,
    },
    /// The priority.
    Priority {
        /// The new priority.
        priority: Priority,
    },
    /// The owner; none = nobody.
    Assignee {
        /// Who.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<Owner>,
    },
    /// One label: each is a facet of its own, so that two agents can add two labels at once.
    Label {
        /// Its name.
        name: String,
        /// Whether it is on.
        on: bool,
    },
    /// The qualification; none = not judged.
    Qualification {
        /// The judgement.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        qualification: Option<Qualification>,
    },
    /// The subject, on channels that have one.
    Subject {
        /// The words.
        subject: String,
    },
    /// Put away: in no view but the one of what is archived, until the customer writes again.
    Archived {
        /// Since when, UTC milliseconds; none = not archived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Ms>,
    },
    /// Muted: what the customer writes is kept and shown, but brings nothing back and calls nobody.
    Muted {
        /// Whether it is.
        on: bool,
    },
    /// What the customer is worth, by points.
    Score {
        /// From 0 to 100; none = not judged.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        score: Option<u8>,
    },
    /// One free field of the qualification: each is a facet of its own.
    Field {
        /// Its name, as the configuration knows it.
        name: String,
        /// Its value; none = empty.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<String>,
    },
}

/// Names a facet, without its value. The text form is what the store keeps.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FacetKey {
    /// See [`Facet::Status`].
    Status,
    /// See [`Facet::Priority`].
    Priority,
    /// See [`Facet::Assignee`].
    Assignee,
    /// See [`Facet::Label`].
    Label(String),
    /// See [`Facet::Qualification`].
    Qualification,
    /// See [`Facet::Subject`].
    Subject,
    /// See [`Facet::Archived`].
    Archived,
    /// See [`Facet::Muted`].
    Muted,
    /// See [`Facet::Score`].
    Score,
    /// See [`Facet::Field`].
    Field(String),
}

impl Facet {
    /// Which facet this is a value of.
    pub fn key(&self) -> FacetKey {
        match self {
            Facet::Status { .. } => FacetKey::Status,
            Facet::Priority { .. } => FacetKey::Priority,
            Facet::Assignee { .. } => FacetKey::Assignee,
            Facet::Label { name, .. } => FacetKey::Label(name.clone()),
            Facet::Qualification { .. } => FacetKey::Qualification,
            Facet::Subject { .. } => FacetKey::Subject,
            Facet::Archived { .. } => FacetKey::Archived,
            Facet::Muted { .. } => FacetKey::Muted,
            Facet::Score { .. } => FacetKey::Score,
            Facet::Field { name, .. } => FacetKey::Field(name.clone()),
        }
    }
}

impl FacetKey {
    /// The text under which the store keeps the facet.
    pub fn text(&self) -> String {
        match self {
            FacetKey::Status => "status".into(),
            FacetKey::Priority => "priority".into(),
            FacetKey::Assignee => "assignee".into(),
            FacetKey::Label(name) => format!("label:{name}"),
            FacetKey::Qualification => "qualification".into(),
            FacetKey::Subject => "subject".into(),
            FacetKey::Archived => "archived".into(),
            FacetKey::Muted => "muted".into(),
            FacetKey::Score => "score".into(),
            FacetKey::Field(name) => format!("field:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_one_word_or_several_that_can_be_seen() {
        assert_eq!(label(" vip delivery ", true), Ok("vip delivery"));
        assert_eq!(label("größe 👩\u{200d}🚀", true), Ok("größe 👩\u{200d}🚀"));
        assert_eq!(label(&"é".repeat(64), true).map(str::len), Ok(128));
        let long = "x".repeat(65);
        for (typed, why) in [
            ("", "needs a name"),
            (" \u{3000}\t", "needs a name"),
            ("vip,billing", "no comma"),
            ("vip\nbilling", "on one line"),
            ("vip\u{1b}[31m", "visible"),
            ("vip\u{200b}", "visible"),
            ("\u{202e}piv", "visible"),
            (&long, "64 characters"),
        ] {
            let said = label(typed, true).unwrap_err();
            assert!(said.contains(why), "{typed:?}: {said}");
        }
        assert_eq!(label("old,one", false), Ok("old,one"), "what a provider has put on can go");
        assert!(label(" ", false).is_err());
    }
}
