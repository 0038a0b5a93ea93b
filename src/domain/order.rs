//! Orders: what can be done with a conversation, as words. Key, palette, macro and command line write the same words, and here
//! they become actions.
//!
//! ```text
//! assign me · resolve · snooze mon 9:00 · priority urgent · label +vip -new · qualify lead · score 80 · archive · note call back
//! ```

mod read;

pub use read::to;

use crate::domain::clock::Ms;
use crate::domain::command::{Action, set};
use crate::domain::conversation::{Priority, Qualification, QualificationState, Status};
use crate::domain::facet::Owner;
use crate::domain::ids::ConversationId;
use crate::domain::row::{AgentRow, TeamRow};
use std::fmt;

/// Something to be done with a conversation, whichever it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Order {
    /// Give it to somebody.
    Assign(To),
    /// Set its status; snoozing has its own order.
    Status(Status),
    /// Put it to sleep until a time, as written; none = until they reply.
    Snooze(Option<String>),
    /// Set its priority.
    Priority(Priority),
    /// Put labels on (`true`) and take them off.
    Label(Vec<(String, bool)>),
    /// Judge it; none = not judged.
    Qualify(Option<Qualification>),
    /// Say what the customer is worth.
    Score(Option<u8>),
    /// Fill a free field, or empty it.
    Field(String, Option<String>),
    /// Mark it as read (`true`) or unread.
    Read(bool),
    /// Put it away, or take it back.
    Archive(bool),
    /// Mute it, or hear it again.
    Mute(bool),
    /// Block the customer's address, or accept it again.
    Block(bool),
    /// Leave a private note.
    Note(String),
}

/// Who is to have a conversation, as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum To {
    /// The agent who gives the order.
    Me,
    /// Nobody.
    Nobody,
    /// An agent by e-mail, name or id; or `team:NAME`.
    Named(String),
}

/// A verb with what follows it and what it does, in words: for help, palette and reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verb {
    /// The word.
    pub word: &'static str,
    /// What follows it; empty = nothing.
    pub takes: &'static str,
    /// What it does.
    pub help: &'static str,
}

/// Every verb.
pub const VERBS: &[Verb] = &[
    Verb { word: "assign", takes: "me|none|AGENT|team:NAME", help: "gives it to somebody" },
    Verb { word: "resolve", takes: "", help: "is done with it" },
    Verb { word: "reopen", takes: "", help: "opens it again" },
    Verb { word: "pending", takes: "", help: "sets it aside" },
    Verb { word: "snooze", takes: "[WHEN]", help: "puts it to sleep until then, or until they reply" },
    Verb { word: "spam", takes: "", help: "marks it as spam" },
    Verb { word: "not-spam", takes: "", help: "takes it out of the spam" },
    Verb { word: "priority", takes: "none|low|medium|high|urgent", help: "says how urgent it is" },
    Verb { word: "label", takes: "+NAME -NAME …", help: "puts labels on and takes them off" },
    Verb {
        word: "qualify",
        takes: "lead|qualified|disqualified|none [REASON]",
        help: "judges it as business",
    },
    Verb { word: "score", takes: "0-100|none", help: "says what the customer is worth" },
    Verb { word: "field", takes: "NAME=[VALUE]", help: "fills or empties a free field" },
    Verb { word: "read", takes: "", help: "marks it as read" },
    Verb { word: "unread", takes: "", help: "marks it as unread" },
    Verb { word: "archive", takes: "", help: "puts it away until the customer writes" },
    Verb { word: "unarchive", takes: "", help: "takes it back" },
    Verb { word: "mute", takes: "", help: "calls nobody and brings nothing back" },
    Verb { word: "unmute", takes: "", help: "hears it again" },
    Verb { word: "block", takes: "", help: "sends what this address writes to the spam" },
    Verb { word: "unblock", takes: "", help: "accepts the address again" },
    Verb { word: "note", takes: "TEXT", help: "leaves a private note" },
];

/// Why words are no order; says what would be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// A verb that is none.
    #[error("\u{201c}{word}\u{201d} is no order: use one of {}", verbs())]
    Verb {
        /// What stands in its place.
        word: String,
    },
    /// Nobody is called so.
    #[error("assign: {why}")]
    Nobody {
        /// Who is not there, and who is.
        why: String,
    },
    /// Something does not fit the verb.
    #[error("{verb}: {why}")]
    Words {
        /// The verb.
        verb: &'static str,
        /// What does not fit, and what would.
        why: String,
    },
}

fn verbs() -> String {
    VERBS.iter().map(|v| v.word).collect::<Vec<_>>().join(", ")
}

/// What an order needs to know to become actions.
pub struct Setting<'a> {
    /// The e-mail of the agent who gives it.
    pub me: &'a str,
    /// All agents.
    pub agents: &'a [AgentRow],
    /// All teams.
    pub teams: &'a [TeamRow],
    /// The present.
    pub now: Ms,
    /// Which moment ahead such words mean.
    pub when: &'a dyn Fn(&str) -> Option<Ms>,
}

impl Order {
    /// What is to be done to carry it out on a conversation.
    ///
    /// # Errors
    /// Nobody of that name, no such time.
    pub fn actions(
        &self,
        conversation: ConversationId,
        setting: &Setting<'_>,
    ) -> Result<Vec<Action>, OrderError> {
        let facet = match self {
            Order::Assign(to) => set::owner(owner(to, setting)?),
            Order::Status(status) => set::status(*status),
            Order::Snooze(None) => set::snooze(None),
            Order::Snooze(Some(text)) => {
                let until = (setting.when)(text).ok_or_else(|| OrderError::Words {
                    verb: "snooze",
                    why: format!("\u{201c}{text}\u{201d} is no time ahead"),
                })?;
                set::snooze(Some(until))
            }
            Order::Priority(priority) => set::priority(*priority),
            Order::Label(changes) => {
                let each = |(name, on): &(String, bool)| Action::Set {
                    conversation,
                    facet: set::label(name.clone(), *on),
                };
                return Ok(changes.iter().map(each).collect());
            }
            Order::Qualify(qualification) => set::qualification(qualification.clone()),
            Order::Score(score) => set::score(*score),
            Order::Field(name, value) => set::field(name.clone(), value.clone()),
            Order::Archive(on) => set::archived(on.then_some(setting.now)),
            Order::Mute(on) => set::muted(*on),
            Order::Read(true) => return Ok(vec![Action::Read { conversation }]),
            Order::Read(false) => return Ok(vec![Action::Unread { conversation }]),
            Order::Block(on) => return Ok(vec![Action::Block { conversation, on: *on }]),
            Order::Note(text) => return Ok(vec![Action::Note { conversation, text: text.as_str().into() }]),
        };
        Ok(vec![Action::Set { conversation, facet }])
    }

    /// What is said when it is done: "resolved", "given to Tom".
    pub fn said(&self) -> String {
        match self {
            Order::Assign(To::Me) => "yours".into(),
            Order::Assign(To::Nobody) => "nobody's".into(),
            Order::Assign(To::Named(name)) => match name.strip_prefix("team:") {
                Some(team) => format!("given to the team {team}"),
                None => format!("given to {name}"),
            },
            Order::Status(Status::Open) => "reopened".into(),
            Order::Status(status) => status.word().into(),
            Order::Snooze(None) => "snoozed until they reply".into(),
            Order::Snooze(Some(until)) => format!("snoozed until {until}"),
            Order::Priority(priority) => format!("priority {priority}"),
            Order::Label(changes) => changes
                .iter()
                .map(|(name, on)| format!("{} #{name}", if *on { "labelled" } else { "no longer" }))
                .collect::<Vec<_>>()
                .join(", "),
            Order::Qualify(None) => "not judged".into(),
            Order::Qualify(Some(q)) => q.state.word().into(),
            Order::Score(None) => "no score".into(),
            Order::Score(Some(score)) => format!("score {score}"),
            Order::Field(name, None) => format!("{name} emptied"),
            Order::Field(name, Some(value)) => format!("{name}: {value}"),
            Order::Read(true) => "marked as read".into(),
            Order::Read(false) => "marked as unread".into(),
            Order::Archive(true) => "archived".into(),
            Order::Archive(false) => "out of the archive".into(),
            Order::Mute(true) => "muted".into(),
            Order::Mute(false) => "heard again".into(),
            Order::Block(true) => "blocked: what they write is spam".into(),
            Order::Block(false) => "no longer blocked".into(),
            Order::Note(_) => "noted".into(),
        }
    }
}

/// Who is meant: an agent who is active, by e-mail, name or id, or a team.
///
/// # Errors
/// Nobody is, or several are.
pub fn owner(to: &To, setting: &Setting<'_>) -> Result<Option<Owner>, OrderError> {
    let nobody = |why: String| OrderError::Nobody { why };
    let typed = match to {
        To::Nobody => return Ok(None),
        To::Me => return Ok(Some(Owner::Agent(setting.me.to_owned()))),
        To::Named(name) => name,
    };
    let wanted = typed.trim().to_lowercase();
    if let Some(team) = wanted.strip_prefix("team:") {
        let found = setting.teams.iter().find(|t| t.name.to_lowercase() == team.trim());
        return match found {
            Some(team) => Ok(Some(Owner::Team(team.name.clone()))),
            None => Err(nobody(format!("there is no team {team}"))),
        };
    }
    let active = || setting.agents.iter().filter(|a| a.active);
    let named: Vec<_> = active().filter(|a| a.name.to_lowercase() == wanted).collect();
    let by_email = active().find(|a| a.email == wanted || a.id.to_string() == wanted);
    match (by_email, named.as_slice()) {
        (Some(agent), _) => Ok(Some(Owner::Agent(agent.email.clone()))),
        (None, [agent]) => Ok(Some(Owner::Agent(agent.email.clone()))),
        (None, []) => {
            let known: Vec<&str> = active().map(|a| a.email.as_str()).collect();
            Err(nobody(format!("there is no agent {typed}: known are {}", known.join(", "))))
        }
        (None, several) => {
            let emails: Vec<&str> = several.iter().map(|a| a.email.as_str()).collect();
            {
                let why = format!("several agents are called {typed}: use {}", emails.join(" or "));
                Err(OrderError::Words { verb: "assign", why })
            }
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Order::Assign(To::Me) => f.write_str("assign me"),
            Order::Assign(To::Nobody) => f.write_str("assign none"),
            Order::Assign(To::Named(name)) => write!(f, "assign {name}"),
            Order::Status(Status::Open) => f.write_str("reopen"),
            Order::Status(Status::Pending) => f.write_str("pending"),
            Order::Status(Status::Snoozed) | Order::Snooze(None) => f.write_str("snooze"),
            Order::Status(Status::Resolved) => f.write_str("resolve"),
            Order::Status(Status::Spam) => f.write_str("spam"),
            Order::Snooze(Some(until)) => write!(f, "snooze {until}"),
            Order::Priority(priority) => write!(f, "priority {priority}"),
            Order::Label(changes) => {
                f.write_str("label")?;
                for (name, on) in changes {
                    let sign = if *on { '+' } else { '-' };
                    if name.contains(char::is_whitespace) {
                        write!(f, " {sign}\"{name}\"")?;
                    } else {
                        write!(f, " {sign}{name}")?;
                    }
                }
                Ok(())
            }
            Order::Qualify(None) => f.write_str("qualify none"),
            Order::Qualify(Some(q)) => match &q.reason {
                Some(reason) => write!(f, "qualify {} {reason}", q.state.word()),
                None => write!(f, "qualify {}", q.state.word()),
            },
            Order::Score(None) => f.write_str("score none"),
            Order::Score(Some(score)) => write!(f, "score {score}"),
            Order::Field(name, value) => write!(f, "field {name}={}", value.as_deref().unwrap_or("")),
            Order::Read(on) => f.write_str(if *on { "read" } else { "unread" }),
            Order::Archive(on) => f.write_str(if *on { "archive" } else { "unarchive" }),
            Order::Mute(on) => f.write_str(if *on { "mute" } else { "unmute" }),
            Order::Block(on) => f.write_str(if *on { "block" } else { "unblock" }),
            Order::Note(text) => write!(f, "note {text}"),
        }
    }
}

/// A qualification as an order gives it.
pub fn qualification(state: QualificationState, reason: Option<String>) -> Order {
    Order::Qualify(Some(Qualification { state, reason }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{AgentId, TeamId};

    fn agent(id: i64, name: &str, email: &str) -> AgentRow {
        AgentRow { id: AgentId(id), name: name.into(), email: email.into(), active: true }
    }

    fn actions(text: &str) -> Result<Vec<Action>, String> {
        let agents = [agent(1, "Ana", "ana@x.y"), agent(2, "Tom", "tom@x.y"), agent(3, "Tom", "tom2@x.y")];
        let teams = [TeamRow { id: TeamId(1), name: "Returns".into() }];
        let when = |text: &str| (text == "mon 9:00").then_some(99);
        let setting = Setting { me: "ana@x.y", agents: &agents, teams: &teams, now: 7, when: &when };
        let order: Order = text.parse().map_err(|e: OrderError| e.to_string())?;
        order.actions(ConversationId(5), &setting).map_err(|e| e.to_string())
    }

    fn facet(facet: crate::domain::facet::Facet) -> Vec<Action> {
        vec![Action::Set { conversation: ConversationId(5), facet }]
    }

    #[test]
    fn words_become_actions() {
        let conversation = ConversationId(5);
        assert_eq!(actions("assign me").unwrap(), facet(set::owner(Some(Owner::Agent("ana@x.y".into())))));
        assert_eq!(actions("assign none").unwrap(), facet(set::owner(None)));
        assert_eq!(
            actions("assign tom2@x.y").unwrap(),
            facet(set::owner(Some(Owner::Agent("tom2@x.y".into()))))
        );
        assert_eq!(
            actions("assign team:returns").unwrap(),
            facet(set::owner(Some(Owner::Team("Returns".into()))))
        );
        assert_eq!(actions("snooze mon 9:00").unwrap(), facet(set::snooze(Some(99))));
        assert_eq!(actions("archive").unwrap(), facet(set::archived(Some(7))));
        assert_eq!(
            actions("label +vip -\"old one\"").unwrap(),
            [facet(set::label("vip", true)), facet(set::label("old one", false))].concat()
        );
        assert_eq!(actions("block").unwrap(), [Action::Block { conversation, on: true }]);
        assert_eq!(
            actions("note  call   back").unwrap(),
            [Action::Note { conversation, text: "call   back".into() }]
        );
    }

    #[test]
    fn what_cannot_be_done_says_what_could() {
        for (text, says) in [
            ("reslove", "use one of assign, resolve"),
            ("assign tom", "several agents are called tom: use tom@x.y or tom2@x.y"),
            ("assign nobody@x.y", "known are ana@x.y"),
            ("snooze yesterday", "no time ahead"),
            ("priority soon", "urgent"),
            ("label vip", "+vip"),
            ("label", "+NAME"),
            ("qualify disqualified", "say why"),
            ("score 101", "0 to 100"),
            ("field budget", "NAME=VALUE"),
            ("note ", "words"),
            ("resolve now", "takes nothing"),
        ] {
            let why = actions(text).unwrap_err();
            assert!(why.contains(says), "{text}: {why}");
        }
    }

    #[test]
    fn an_order_can_be_written_down_and_read_again() {
        for text in [
            "assign me",
            "assign none",
            "assign Tom Baker",
            "resolve",
            "reopen",
            "pending",
            "snooze",
            "snooze +7d",
            "spam",
            "priority urgent",
            "label +vip -\"old one\"",
            "qualify lead",
            "qualify disqualified a robot",
            "qualify none",
            "score 80",
            "score none",
            "field budget=10k euro",
            "field budget=",
            "read",
            "unread",
            "archive",
            "unarchive",
            "mute",
            "unmute",
            "block",
            "unblock",
            "note call back: \"soon\"",
        ] {
            let order: Order = text.parse().unwrap();
            assert_eq!(order.to_string(), text);
            assert!(!order.said().is_empty());
        }
        assert_eq!("not-spam".parse::<Order>().unwrap(), Order::Status(Status::Open));
        for verb in VERBS.iter().filter(|v| v.takes.is_empty()) {
            assert!(verb.word.parse::<Order>().is_ok(), "{}", verb.word);
        }
    }
}
