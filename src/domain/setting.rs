//! Settings of accounts: what a provider can be told, and what is wrong with what it was told.

/// What a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingKind {
    /// Words.
    Text,
    /// A whole number.
    Number,
    /// A secret: kept elsewhere, never in the file.
    Secret,
}

/// A setting or secret that a provider knows, for `channel add`, the references and the wizard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettingSpec {
    /// Its name.
    pub key: &'static str,
    /// What it is for, with its unit and default.
    pub help: &'static str,
    /// Whether the account cannot work without it.
    pub required: bool,
    /// What it takes.
    pub kind: SettingKind,
}

impl SettingSpec {
    /// A setting in words that can be left out.
    pub const fn text(key: &'static str, help: &'static str) -> SettingSpec {
        SettingSpec { key, help, required: false, kind: SettingKind::Text }
    }

    /// A whole number that can be left out.
    pub const fn number(key: &'static str, help: &'static str) -> SettingSpec {
        SettingSpec { kind: SettingKind::Number, ..SettingSpec::text(key, help) }
    }

    /// A secret that can be left out.
    pub const fn secret(key: &'static str, help: &'static str) -> SettingSpec {
        SettingSpec { kind: SettingKind::Secret, ..SettingSpec::text(key, help) }
    }

    /// The same, but the account cannot work without it.
    pub const fn required(self) -> SettingSpec {
        SettingSpec { required: true, ..self }
    }

    /// Whether it is a secret.
    pub const fn is_secret(&self) -> bool {
        matches!(self.kind, SettingKind::Secret)
    }
}

/// A setting that cannot be so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{human}")]
pub struct WrongSetting {
    /// Which: its name.
    pub key: String,
    /// What is wrong and what is right, in words for a person.
    pub human: String,
}

impl WrongSetting {
    /// What is wrong with the setting `key`.
    pub fn new(key: &str, human: impl Into<String>) -> WrongSetting {
        WrongSetting { key: key.to_owned(), human: human.into() }
    }
}
