//! Setup: accounts are connected and changed here, and what else is configured is listed with its place. This file has the data that
//! goes in and out; the configuration itself is read and written by `app`.

mod entry;
mod keys;
pub(crate) mod state;
pub(crate) mod view;
mod wizard;
mod wizard_view;

pub(crate) use keys::hints;
pub(crate) use state::Setup;

use crate::domain::account::{Channel, Health};
use crate::domain::secret_source::SecretGiven;
use crate::domain::setting::{SettingSpec, WrongSetting};
use std::collections::BTreeMap;

/// Settings by their name.
pub type Settings = BTreeMap<String, String>;

/// What is known of providers: told once, at the start.
#[derive(Debug, Clone)]
pub struct Book {
    /// Each provider, in the order of the registry.
    pub providers: Vec<Card>,
    /// Whether a name can be a channel's.
    pub check_name: fn(&str) -> Result<(), String>,
    /// Which of a provider's settings is wrong.
    pub check: fn(&str, &Settings) -> Result<(), WrongSetting>,
    /// The media that an account of a provider carries with these settings.
    pub media: fn(&str, &Settings) -> Vec<Channel>,
    /// What to do so that messages come in: provider, name of the channel, settings.
    pub guide: fn(&str, &str, &Settings, &Site) -> Vec<String>,
}

impl Book {
    /// The card of a provider.
    pub(crate) fn card(&self, name: &str) -> Option<&Card> {
        self.providers.iter().find(|card| card.name == name)
    }
}

/// A provider that accounts can be had of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Card {
    /// Its name.
    pub name: &'static str,
    /// One line about it.
    pub summary: &'static str,
    /// The media its accounts carry.
    pub media: &'static [Channel],
    /// What it can be told: settings and secrets.
    pub settings: &'static [SettingSpec],
}

/// Where the listener can be reached.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Site {
    /// What vendors and visitors see of it; none where the port is chosen at start.
    pub base: Option<String>,
    /// Whether a public address is configured.
    pub public: bool,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Read what is configured, and how the accounts are.
    Look,
    /// Whether a keyring answers.
    Keyring,
    /// Add an account.
    Add(Draft),
    /// Change settings (an empty value removes one) and secrets.
    Set {
        /// Of which channel.
        channel: String,
        /// Settings.
        settings: Settings,
        /// Secrets.
        secrets: Vec<(String, SecretGiven)>,
    },
    /// Switch a channel on or off.
    Enable {
        /// Which.
        channel: String,
        /// On, or off.
        on: bool,
    },
    /// Remove a channel; its conversations stay.
    Remove(String),
    /// Ask the provider whether the login of a channel works.
    Test(String),
}

/// An account that is to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The provider.
    pub provider: String,
    /// The name.
    pub name: String,
    /// Its settings.
    pub settings: Settings,
    /// Its secrets.
    pub secrets: Vec<(String, SecretGiven)>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// What is configured, or why that cannot be read: a line each, with file and line.
    Look(Result<Box<Look>, Vec<String>>),
    /// A keyring answers, or why not.
    Keyring(Result<(), String>),
    /// It is written, with what else there is to say; or why not.
    Done(Result<Vec<String>, Fail>),
    /// What the provider says: who we are there, or how the account is and why.
    Tested(Result<String, (Health, String)>),
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fail {
    /// In words, a line each.
    pub words: Vec<String>,
    /// What is to be mended, if that is one thing.
    pub at: Option<Spot>,
}

/// One thing that is asked for when an account is added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spot {
    /// The name.
    Name,
    /// A setting or secret.
    Setting(String),
}

/// What is configured.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Look {
    /// The file it is written in.
    pub file: String,
    /// The channels, in the order of the file.
    pub channels: Vec<ChannelInfo>,
    /// Where the listener can be reached.
    pub site: Site,
    /// What else there is.
    pub lists: BTreeMap<Section, Vec<Listed>>,
}

/// A channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelInfo {
    /// Its name.
    pub name: String,
    /// Its provider.
    pub provider: String,
    /// Whether it is switched on.
    pub enabled: bool,
    /// The media it carries.
    pub media: Vec<Channel>,
    /// How it is.
    pub health: Health,
    /// What there is to say about that.
    pub detail: Option<String>,
    /// Its settings.
    pub settings: Settings,
    /// Its secrets, and in words where each is kept.
    pub secrets: BTreeMap<String, String>,
    /// What to give to the vendor.
    pub webhook_url: Option<String>,
    /// The page for visitors.
    pub page_url: Option<String>,
    /// What to do so that messages come in.
    pub guide: Vec<String>,
    /// Where it is written.
    pub place: String,
}

/// Something that is configured or in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// What there is to say about it.
    pub about: String,
    /// Where it is written; empty = nowhere.
    pub place: String,
}

/// A part of Setup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// Accounts of providers.
    Channels,
    /// Canned answers.
    QuickReplies,
    /// Labels.
    Labels,
    /// Who answers.
    Agents,
    /// How soon customers are to be answered, and business hours.
    Sla,
    /// Commands under a name.
    Macros,
    /// Queries under a name.
    Searches,
    /// Keys of one's own.
    Keys,
    /// The look.
    Theme,
}

impl Section {
    /// All, in the order of the screen.
    pub const ALL: [Section; 9] = [
        Section::Channels,
        Section::QuickReplies,
        Section::Labels,
        Section::Agents,
        Section::Sla,
        Section::Macros,
        Section::Searches,
        Section::Keys,
        Section::Theme,
    ];

    /// Its name on the screen.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Section::Channels => "Channels",
            Section::QuickReplies => "Quick replies",
            Section::Labels => "Labels",
            Section::Agents => "Agents",
            Section::Sla => "SLA",
            Section::Macros => "Macros",
            Section::Searches => "Searches",
            Section::Keys => "Keys",
            Section::Theme => "Theme",
        }
    }

    /// What stands where there is none.
    pub(crate) const fn empty(self) -> &'static str {
        match self {
            Section::Channels => "No channel is connected yet.",
            Section::QuickReplies => "No quick reply yet.",
            Section::Labels => "No label is in use yet.",
            Section::Agents => "You are the only one.",
            Section::Sla => "No time for answers is set yet: nobody is overdue.",
            Section::Macros => "No macro yet.",
            Section::Searches => "No search is saved yet.",
            Section::Keys => "All keys are as they come.",
            Section::Theme => "The theme is as it comes.",
        }
    }

    /// Whether it is written in the file.
    pub(crate) const fn is_in_file(self) -> bool {
        !matches!(self, Section::QuickReplies | Section::Labels)
    }

    /// How it is changed.
    pub(crate) const fn how(self) -> &'static [&'static str] {
        match self {
            Section::Channels => &[],
            Section::QuickReplies => &[
                "Enter makes, changes and removes them. In an answer, the key ; puts one in.",
                "They are kept with the conversations: `frontdesk quick-reply import` and `export` move them.",
            ],
            Section::Labels => &[
                "A label is there as soon as a conversation has it: L in the list or the thread, and type a new word.",
                "It goes with its last conversation.",
            ],
            Section::Agents => &[
                "You: `name` and `email` below [agent]. The others below [agents], a line each:",
                "\"tom@example.com\" = \"Tom\"",
            ],
            Section::Sla => &[
                "How soon who is to be answered; of several that fit, the first in the file counts:",
                "[sla.usual]",
                "first_reply = \"30m\"",
                "docs/sla.md tells the rest.",
            ],
            Section::Macros => &[
                "The key @ records one and keeps it, the key , runs one. By hand: below [macros], a line each:",
                "vip = [\"label +vip\", \"priority high\", \"assign me\"]",
                "What is written by hand counts from the next start on.",
            ],
            Section::Searches => &[
                "Below [searches], a line each; / and f try a query out:",
                "\"Refunds\" = { query = \"refund status:open\", key = \"g f\" }",
                "What is written by hand counts from the next start on.",
            ],
            Section::Keys => &[
                "Below [keys.CONTEXT], where CONTEXT is global, panes, sidebar, list, thread or composer:",
                "\"x\" = \"resolve\"",
                "? shows all keys and : all commands. What is written by hand counts from the next start on.",
            ],
            Section::Theme => &[
                "The command theme tries them on. To keep one, write at the top of the file:",
                "theme = \"linen\"",
            ],
        }
    }
}
