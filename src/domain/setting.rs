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

/// Sets of secrets of which each is enough to log in. None at all = nothing is needed.
pub type Logins = &'static [&'static [&'static str]];

/// What is missing to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    /// The first secret that is missing of the way that was begun, or of the first.
    pub key: &'static str,
    /// All ways, in words.
    pub words: String,
}

/// What is missing to log in with the secrets that are given; none if they are enough.
pub fn lacking_login(logins: Logins, given: impl Fn(&str) -> bool) -> Option<Lacking> {
    if logins.iter().any(|set| set.iter().all(|key| given(key))) {
        return None;
    }
    let begun = logins.iter().find(|set| set.iter().any(|key| given(key))).or(logins.first())?;
    let key = begun.iter().find(|key| !given(key))?;
    Some(Lacking { key, words: login_words(logins)? })
}

/// What is needed to log in, in words: `auth_token, or api_key and api_secret`; none if nothing is.
pub fn login_words(logins: Logins) -> Option<String> {
    let ways: Vec<String> = logins.iter().map(|set| set.join(" and ")).collect();
    (!ways.is_empty()).then(|| ways.join(", or "))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_way_to_log_in_is_enough_and_what_is_begun_is_gone_on_with() {
        const WAYS: Logins = &[&["token"], &["key", "secret"]];
        let lacking = |given: &[&str]| lacking_login(WAYS, |key| given.contains(&key)).map(|l| l.key);
        assert_eq!(lacking(&[]), Some("token"));
        assert_eq!(lacking(&["other"]), Some("token"));
        assert_eq!(lacking(&["secret"]), Some("key"));
        assert_eq!(lacking(&["token"]), None);
        assert_eq!(lacking(&["key", "secret"]), None);
        assert_eq!(lacking_login(&[], |_| false), None);
        assert_eq!(login_words(WAYS).as_deref(), Some("token, or key and secret"));
    }
}
