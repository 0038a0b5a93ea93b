//! Setup: accounts are connected and changed here, and so is what else is configured. This file has the data that goes in and out; the
//! configuration itself is read and written by `app`.

mod capture;
mod entry;
mod find;
mod form;
mod keys;
mod listing;
mod listing_view;
mod section;
pub(crate) mod state;
pub(crate) mod view;
mod wizard;
mod wizard_view;

pub(crate) use keys::hints;
pub use section::Section;
pub(crate) use state::Setup;

use crate::domain::account::{Channel, Health};
use crate::domain::secret_source::SecretGiven;
use crate::domain::setting::{Logins, SettingSpec, WrongSetting};
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

/// Functions belong to the program and never change while it runs.
impl PartialEq for Book {
    fn eq(&self, other: &Book) -> bool {
        self.providers == other.providers
    }
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
    /// Which secrets are enough to log in.
    pub logins: Logins,
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
    pub hooks: Vec<String>,
    /// The page for visitors.
    pub page_url: Option<String>,
    /// Whether it has an address, which may not be known yet.
    pub has_address: bool,
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
    /// What else belongs to it: the lines of a macro; the key of a search; the context of a key; what somebody who answers is (`you`,
    /// `agent` or `team`) and their address.
    pub more: Vec<String>,
    /// Where it is written; empty = nowhere.
    pub place: String,
}
