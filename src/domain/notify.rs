//! Which messages are worth calling the agent for, when, and how.

use crate::domain::account::Channel;
use crate::domain::conversation::{Assignee, Priority, Status};
use crate::domain::hours::minute;
use crate::domain::ids::AgentId;
use crate::domain::row::ConversationRow;
use std::str::FromStr;

/// How the agent is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum How {
    /// Not at all.
    #[default]
    Off,
    /// The terminal's bell.
    Bell,
    /// By the terminal, with OSC 9 (iTerm2, WezTerm, Ghostty, kitty, Windows Terminal).
    Osc9,
    /// By the terminal, with OSC 777 (foot, rxvt, VTE).
    Osc777,
    /// By the desktop.
    Desktop,
}

impl How {
    /// The words of configuration.
    pub const WORDS: &[&str] = &["off", "bell", "osc9", "osc777", "desktop"];

    /// The way of that word.
    pub fn of(word: &str) -> Option<How> {
        Some(match word {
            "off" => How::Off,
            "bell" => How::Bell,
            "osc9" => How::Osc9,
            "osc777" => How::Osc777,
            "desktop" => How::Desktop,
            _ => return None,
        })
    }
}

/// A kind of conversation that is worth it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// All but spam.
    All,
    /// Mine.
    Mine,
    /// Nobody's.
    Unassigned,
    /// Of a medium.
    Channel(Channel),
    /// Of an account.
    Account(String),
    /// With a label.
    Label(String),
    /// Of this priority or a higher one.
    Priority(Priority),
    /// Of a team.
    Team(String),
    /// Where a note calls the agent: the notes that do, not what customers write there.
    Mentions,
    /// Mine or nobody's, and due soon or overdue: that it is, not what customers write there.
    Due,
}

impl FromStr for Rule {
    type Err = String;
    fn from_str(word: &str) -> Result<Rule, String> {
        let name = |name: &str| {
            if name.is_empty() {
                Err(format!("\u{201c}{word}\u{201d} names nothing"))
            } else {
                Ok(name.to_owned())
            }
        };
        match word.split_once(':') {
            None if word == "all" => Ok(Rule::All),
            None if word == "mine" => Ok(Rule::Mine),
            None if word == "unassigned" => Ok(Rule::Unassigned),
            None if word == "mentions" => Ok(Rule::Mentions),
            None if word == "due" => Ok(Rule::Due),
            Some(("channel", medium)) => medium.parse().map(Rule::Channel).map_err(|_| {
                let known: Vec<_> = Channel::ALL.into_iter().map(Channel::word).collect();
                format!("there is no channel \u{201c}{medium}\u{201d}: use {}", known.join(", "))
            }),
            Some(("account", account)) => name(account).map(Rule::Account),
            Some(("label", label)) => name(label).map(Rule::Label),
            Some(("team", team)) => name(team).map(Rule::Team),
            Some(("priority", priority)) => priority.parse().map(Rule::Priority).map_err(|_| {
                let known: Vec<_> = Priority::ALL.iter().map(|p| p.word()).collect();
                format!("there is no priority \u{201c}{priority}\u{201d}: use {}", known.join(", "))
            }),
            _ => Err(format!(
                "\u{201c}{word}\u{201d} is none of all, mine, unassigned, mentions, due, channel:WORD, account:NAME, label:NAME, priority:WORD, team:NAME"
            )),
        }
    }
}

impl Rule {
    /// Reads a list: `mine, unassigned, label:vip`. Nothing is no rule.
    ///
    /// # Errors
    /// What is none.
    pub fn list(text: &str) -> Result<Vec<Rule>, String> {
        text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::parse).collect()
    }

    /// Whether what a customer writes in a conversation is of this kind.
    pub fn fits(&self, row: &ConversationRow, me: AgentId) -> bool {
        let by_name = |name: &str| row.assignee_name.as_deref().is_some_and(|n| n.eq_ignore_ascii_case(name));
        match self {
            Rule::All => true,
            Rule::Mine => row.assignee == Some(Assignee::Agent(me)),
            Rule::Unassigned => row.assignee.is_none(),
            Rule::Channel(channel) => row.channel == *channel,
            Rule::Account(name) => row.account_name == *name,
            Rule::Label(name) => row.labels.contains(name),
            Rule::Priority(least) => row.priority >= *least,
            Rule::Team(name) => matches!(row.assignee, Some(Assignee::Team(_))) && by_name(name),
            Rule::Mentions | Rule::Due => false,
        }
    }
}

/// Hours of the day, in minutes from midnight; they may go over midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hours {
    from: u16,
    to: u16,
}

impl FromStr for Hours {
    type Err = String;
    fn from_str(text: &str) -> Result<Hours, String> {
        let wrong = || "write two times of day, such as 22:00-07:00".to_owned();
        let (from, to) = text.split_once('-').ok_or_else(wrong)?;
        match (minute(from), minute(to)) {
            (Some(from), Some(to)) if from != to => Ok(Hours { from, to }),
            _ => Err(wrong()),
        }
    }
}

impl Hours {
    /// Whether a minute of the day lies within; the last one does not.
    pub const fn holds(self, minute: u16) -> bool {
        if self.from < self.to {
            self.from <= minute && minute < self.to
        } else {
            minute >= self.from || minute < self.to
        }
    }
}

/// What an agent wants to be called for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// How.
    pub how: How,
    /// For a conversation of any of these kinds.
    pub rules: Vec<Rule>,
    /// Not at these hours.
    pub quiet: Option<Hours>,
    /// Whether the words of the message are shown.
    pub preview: bool,
}

impl Wanted {
    /// Whether a message in this conversation is worth a call.
    pub fn fits(&self, row: &ConversationRow, me: AgentId) -> bool {
        self.is_heard(row) && self.rules.iter().any(|rule| rule.fits(row, me))
    }

    /// Whether a note in this conversation that calls the agent is worth a call.
    pub fn fits_note(&self, row: &ConversationRow) -> bool {
        self.is_heard(row) && self.rules.iter().any(|rule| matches!(rule, Rule::All | Rule::Mentions))
    }

    /// Whether the agent wants to know at all what is due.
    pub fn wants_due(&self) -> bool {
        self.how != How::Off && self.rules.contains(&Rule::Due)
    }

    /// Whether it is worth a call that a conversation is due.
    pub fn fits_due(&self, row: &ConversationRow, me: AgentId) -> bool {
        let is_near = row.assignee.is_none() || row.assignee == Some(Assignee::Agent(me));
        self.is_heard(row) && self.wants_due() && is_near
    }

    /// Spam, what is muted and what is blocked never calls.
    fn is_heard(&self, row: &ConversationRow) -> bool {
        self.how != How::Off && row.status != Status::Spam && !row.muted && !row.blocked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_go_over_midnight() {
        let night: Hours = "22:00-07:00".parse().unwrap();
        let noon: Hours = " 12:00 - 13:30".parse().unwrap();
        let at = |hours: Hours, h: u16, m: u16| hours.holds(h * 60 + m);
        assert!(
            at(night, 22, 0) && at(night, 0, 0) && at(night, 6, 59) && !at(night, 7, 0) && !at(night, 21, 59)
        );
        assert!(at(noon, 12, 0) && at(noon, 13, 29) && !at(noon, 13, 30) && !at(noon, 0, 0));
        for wrong in ["", "22:00", "24:00-07:00", "22:60-07:00", "7-8", "07:00-07:00"] {
            assert!(wrong.parse::<Hours>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn rules_are_read_and_mistakes_say_what_there_is() {
        let rules = Rule::list("mine, label:vip,channel:sms , priority:high").unwrap();
        let want = [
            Rule::Mine,
            Rule::Label("vip".into()),
            Rule::Channel(Channel::Sms),
            Rule::Priority(Priority::High),
        ];
        assert_eq!(rules, want);
        assert_eq!(Rule::list(""), Ok(Vec::new()));
        for (wrong, says) in
            [("ours", "unassigned"), ("channel:fax", "sms"), ("priority:x", "urgent"), ("label:", "nothing")]
        {
            assert!(Rule::list(wrong).unwrap_err().contains(says), "{wrong}");
        }
        for word in How::WORDS {
            assert!(How::of(word).is_some(), "{word}");
        }
    }
}
