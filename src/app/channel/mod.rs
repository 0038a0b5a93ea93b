//! Accounts of the configuration: what may be written there, and how it is changed. The command line and the screen share it.

mod secrets;
mod seen;

pub use secrets::{check_sources, forget};
pub use seen::{Seen, Shown, guide};

use crate::config::edit::{self, ChannelEdit, SettingValue};
use crate::config::names::{check_name, hint};
use crate::config::{ChannelConfig, Config, ConfigError};
use crate::domain::account::Channel;
use crate::domain::secret_source::SecretGiven;
use crate::domain::setting::{Lacking, SettingKind, WrongSetting, lacking_login};
use crate::net::keyring::KeyringError;
use crate::provider::{REGISTRY, Vendor, vendor};
use std::collections::{BTreeMap, BTreeSet};

/// Why an account is not changed. Then nothing is.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// There is no such provider.
    #[error("there is no provider {name}: {hint}")]
    NoProvider {
        /// As it was called.
        name: String,
        /// Which there are.
        hint: String,
    },
    /// No channel can be called so.
    #[error("{name} cannot name a channel: {why}")]
    Name {
        /// As it was to be called.
        name: String,
        /// Why not.
        why: String,
    },
    /// There is one of that name.
    #[error(
        "the channel {name} exists already in workspace {workspace}: change it with `frontdesk channel set {name}`, or choose another name"
    )]
    Taken {
        /// The name.
        name: String,
        /// Where.
        workspace: String,
    },
    /// There is none of that name.
    #[error("there is no channel {name} in workspace {workspace}: `frontdesk channel list` shows them")]
    NotFound {
        /// The name.
        name: String,
        /// Where.
        workspace: String,
    },
    /// A setting cannot be so.
    #[error("{0}")]
    Wrong(#[from] WrongSetting),
    /// Something is needed that is not given.
    #[error("{provider} needs {} as well", settings.iter().chain(secrets).copied().collect::<Vec<_>>().join(", "))]
    Missing {
        /// Who needs it.
        provider: &'static str,
        /// Settings.
        settings: Vec<&'static str>,
        /// Secrets.
        secrets: Vec<&'static str>,
    },
    /// The secrets are not enough to log in.
    #[error("{provider} needs {words} to log in")]
    NoLogin {
        /// Who needs it.
        provider: &'static str,
        /// What would be enough.
        words: String,
        /// The secret that is missing first.
        key: &'static str,
    },
    /// The keyring did not take a secret.
    #[error("{why}")]
    Keyring {
        /// Its true reason.
        why: KeyringError,
        /// Which secret.
        key: String,
    },
    /// A secret cannot be had from where it is said to be kept.
    #[error("{why}. Nothing was stored")]
    Source {
        /// Why not.
        why: String,
        /// Which secret.
        key: String,
    },
    /// The configuration cannot be changed.
    #[error("{0}")]
    Config(#[from] ConfigError),
}

/// The provider of that name.
///
/// # Errors
/// [`ChannelError::NoProvider`].
pub fn known_vendor(name: &str) -> Result<&'static Vendor, ChannelError> {
    vendor(name).ok_or_else(|| {
        let known: Vec<&str> = REGISTRY.iter().map(|v| v.name).collect();
        ChannelError::NoProvider { name: name.to_owned(), hint: hint(name, &known) }
    })
}

/// The channel of that name in the selected workspace.
///
/// # Errors
/// [`ChannelError::NotFound`].
pub fn existing<'c>(config: &'c Config, name: &str) -> Result<&'c ChannelConfig, ChannelError> {
    config
        .channel(name)
        .ok_or_else(|| ChannelError::NotFound { name: name.to_owned(), workspace: config.workspace.clone() })
}

/// The media that an account with these settings carries.
pub fn media(vendor: &Vendor, settings: &BTreeMap<String, String>) -> Vec<Channel> {
    let can = (vendor.capabilities)(settings);
    can.map(|can| can.channels.iter().map(|c| c.channel).collect()).unwrap_or_default()
}

/// Whether a channel can be added so. The provider is not contacted.
///
/// # Errors
/// The first thing that is wrong.
pub fn may_add(
    config: &Config,
    vendor: &'static Vendor,
    name: &str,
    settings: &BTreeMap<String, String>,
    secrets: &BTreeSet<&str>,
) -> Result<(), ChannelError> {
    check_name(name).map_err(|why| ChannelError::Name { name: name.to_owned(), why })?;
    if config.channel(name).is_some() {
        return Err(ChannelError::Taken { name: name.to_owned(), workspace: config.workspace.clone() });
    }
    whole(vendor, settings, secrets)
}

/// Adds a channel: secrets into the keyring, the rest into the file.
///
/// # Errors
/// Those of [`may_add`], a keyring that does not answer, a file that cannot be changed. Then nothing is stored.
pub fn add(
    config: &Config,
    vendor: &'static Vendor,
    name: &str,
    settings: BTreeMap<String, String>,
    secrets: Vec<(String, SecretGiven)>,
) -> Result<(), ChannelError> {
    let keys: BTreeSet<&str> = secrets.iter().map(|(key, _)| key.as_str()).collect();
    may_add(config, vendor, name, &settings, &keys)?;
    let stored = secrets::keep(&config.workspace, name, secrets)?;
    let edit = ChannelEdit::Add {
        provider: vendor.name.to_owned(),
        settings: written(vendor, settings),
        secrets: stored.sources.clone(),
    };
    write(config, name, &edit).inspect_err(|_| stored.undo())
}

/// What a change of settings makes of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its media before.
    pub before: Vec<Channel>,
    /// Its media after.
    pub after: Vec<Channel>,
}

impl Change {
    /// A warning where media are lost by it.
    pub fn lost(&self, name: &str) -> Option<String> {
        let titles = |media: Vec<&Channel>| media.iter().map(|m| m.title()).collect::<Vec<_>>().join(" and ");
        let lost: Vec<&Channel> = self.before.iter().filter(|m| !self.after.contains(m)).collect();
        (!lost.is_empty()).then(|| {
            format!(
                "with these settings {name} no longer carries {}, only {}",
                titles(lost),
                titles(self.after.iter().collect())
            )
        })
    }
}

/// Whether settings (an empty value removes one) and secrets of a channel can be changed so.
///
/// # Errors
/// The first thing that is wrong.
pub fn may_set(
    config: &Config,
    name: &str,
    changes: &BTreeMap<String, String>,
    secrets: &BTreeSet<&str>,
) -> Result<Change, ChannelError> {
    let channel = existing(config, name)?;
    let vendor = known_vendor(&channel.provider)?;
    let mut settings = channel.settings.clone();
    for (key, value) in changes {
        if value.is_empty() {
            settings.remove(key);
        } else {
            settings.insert(key.clone(), value.clone());
        }
    }
    let mut keys: BTreeSet<&str> = channel.secrets.keys().map(String::as_str).collect();
    keys.extend(secrets);
    whole(vendor, &settings, &keys)?;
    Ok(Change { before: media(vendor, &channel.settings), after: media(vendor, &settings) })
}

/// Changes a channel.
///
/// # Errors
/// Those of [`may_set`], a keyring that does not answer, a file that cannot be changed. Then nothing is stored.
pub fn set(
    config: &Config,
    name: &str,
    changes: BTreeMap<String, String>,
    secrets: Vec<(String, SecretGiven)>,
) -> Result<Change, ChannelError> {
    let keys: BTreeSet<&str> = secrets.iter().map(|(key, _)| key.as_str()).collect();
    let change = may_set(config, name, &changes, &keys)?;
    let vendor = known_vendor(&existing(config, name)?.provider)?;
    let stored = secrets::keep(&config.workspace, name, secrets)?;
    let edit = ChannelEdit::Set { settings: written(vendor, changes), secrets: stored.sources.clone() };
    write(config, name, &edit).inspect_err(|_| stored.undo())?;
    Ok(change)
}

/// Switches a channel on or off.
///
/// # Errors
/// Where there is none of that name, or the file cannot be changed.
pub fn enable(config: &Config, name: &str, on: bool) -> Result<(), ChannelError> {
    existing(config, name)?;
    write(config, name, &ChannelEdit::Enable(on))
}

/// Removes a channel and its entries in the keyring; those that stay are named. Its conversations stay.
///
/// # Errors
/// As [`enable`].
pub fn remove(config: &Config, name: &str) -> Result<Vec<String>, ChannelError> {
    let channel = existing(config, name)?;
    write(config, name, &ChannelEdit::Remove)?;
    Ok(forget(&config.workspace, channel))
}

fn write(config: &Config, name: &str, edit: &ChannelEdit) -> Result<(), ChannelError> {
    Ok(edit::channel(&config.paths, &config.workspace, name, edit)?)
}

/// Whether nothing is missing and nothing wrong.
fn whole(
    vendor: &'static Vendor,
    settings: &BTreeMap<String, String>,
    secrets: &BTreeSet<&str>,
) -> Result<(), ChannelError> {
    let required = || vendor.settings.iter().filter(|s| s.required);
    let lacking: Vec<&'static str> =
        required().filter(|s| !s.is_secret() && !settings.contains_key(s.key)).map(|s| s.key).collect();
    let mut hidden: Vec<&'static str> =
        required().filter(|s| s.is_secret() && !secrets.contains(s.key)).map(|s| s.key).collect();
    let login = lacking_login(vendor.logins, |key| secrets.contains(key));
    if !lacking.is_empty() || !hidden.is_empty() {
        hidden.extend(login.map(|login| login.key));
        return Err(ChannelError::Missing { provider: vendor.name, settings: lacking, secrets: hidden });
    }
    if let Some(Lacking { key, words }) = login {
        return Err(ChannelError::NoLogin { provider: vendor.name, words, key });
    }
    Ok((vendor.check)(settings)?)
}

/// Settings as they are written into the file: numbers as numbers.
fn written(vendor: &Vendor, settings: BTreeMap<String, String>) -> Vec<(String, SettingValue)> {
    let value = |key: &str, text: String| {
        let is_number = vendor.settings.iter().any(|s| s.key == key && s.kind == SettingKind::Number);
        match text.parse() {
            Ok(number) if is_number => SettingValue::Number(number),
            _ => SettingValue::Text(text),
        }
    };
    settings
        .into_iter()
        .map(|(key, text)| {
            let value = value(&key, text);
            (key, value)
        })
        .collect()
}
