//! One thing that is typed into Setup: a name, a setting, or a secret that never shows.

use crate::domain::secret::Secret;
use crate::domain::secret_source::{SecretGiven, SecretSource};
use crate::domain::setting::SettingSpec;
use crate::ui::input::Input;
use crate::ui::key::{Code, Key};
use crate::ui::setup::Spot;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// The channel's name.
    Name,
    /// A setting.
    Setting(&'static SettingSpec),
    /// A secret.
    Secret(&'static SettingSpec),
}

impl What {
    pub(super) fn of(spec: &'static SettingSpec) -> What {
        if spec.is_secret() { What::Secret(spec) } else { What::Setting(spec) }
    }

    /// Its name on the screen.
    pub(super) const fn key(self) -> &'static str {
        match self {
            What::Name => "name",
            What::Setting(spec) | What::Secret(spec) => spec.key,
        }
    }

    /// What it is for.
    pub(super) const fn help(self) -> &'static str {
        match self {
            What::Name => {
                "how the account is called here: lower-case letters, digits, - and _. Where a provider calls us, it is part of the address"
            }
            What::Setting(spec) | What::Secret(spec) => spec.help,
        }
    }

    pub(super) const fn is_required(self) -> bool {
        match self {
            What::Name => true,
            What::Setting(spec) | What::Secret(spec) => spec.required,
        }
    }

    pub(super) fn spot(self) -> Spot {
        match self {
            What::Name => Spot::Name,
            What::Setting(spec) | What::Secret(spec) => Spot::Setting(spec.key.to_owned()),
        }
    }
}

/// Where a secret is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    Keyring,
    Env,
    File,
    Command,
}

impl Kept {
    const ALL: [Kept; 4] = [Kept::Keyring, Kept::Env, Kept::File, Kept::Command];

    fn next(self, by: isize) -> Kept {
        let at = Kept::ALL.iter().position(|k| *k == self).unwrap_or(0);
        let next = at.wrapping_add_signed(by) % Kept::ALL.len();
        Kept::ALL[next]
    }

    /// Where, in words.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Kept::Keyring => "in the keyring",
            Kept::Env => "in an environment variable",
            Kept::File => "in a file",
            Kept::Command => "what a command prints",
        }
    }

    /// What is typed.
    pub(super) const fn asks(self) -> &'static str {
        match self {
            Kept::Keyring => "the secret itself; it is not shown, here or anywhere",
            Kept::Env => {
                "the name of the variable, such as SUPPORT_TOKEN: the engine reads it when it starts"
            }
            Kept::File => "the path of a file that only you can read (mode 0600)",
            Kept::Command => "a command that prints it, such as `pass show twilio`",
        }
    }
}

/// Letters that never show, not even to a debugger's print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hidden(Secret<String>);

impl Default for Hidden {
    fn default() -> Hidden {
        Hidden(Secret::new(String::new()))
    }
}

impl Hidden {
    /// How many letters there are.
    pub(super) fn len(&self) -> usize {
        self.0.expose().chars().count()
    }

    /// Takes text in at the end; control characters are no part of a secret.
    fn insert(&mut self, text: &str) {
        let mut whole = self.0.expose().clone();
        whole.extend(text.chars().filter(|c| !c.is_control()));
        *self = Hidden(Secret::new(whole));
    }

    /// Takes a key; none if it means nothing here.
    fn key(&mut self, key: Key) -> Option<bool> {
        if let Some(c) = key.types() {
            self.insert(c.encode_utf8(&mut [0; 4]));
            return Some(true);
        }
        match (key.code, key.ctrl || key.alt) {
            (Code::Backspace, false) => {
                let mut whole = self.0.expose().clone();
                whole.pop();
                *self = Hidden(Secret::new(whole));
                Some(true)
            }
            (Code::Backspace, true) | (Code::Char('u' | 'w'), true) => {
                *self = Hidden::default();
                Some(true)
            }
            _ => None,
        }
    }

    /// The secret without blanks around it; none if nothing was typed.
    fn secret(&self) -> Option<Secret<String>> {
        let trimmed = self.0.expose().trim();
        (!trimmed.is_empty()).then(|| Secret::new(trimmed.to_owned()))
    }
}

/// What is typed for one thing. It stays whatever becomes of the step.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) what: What,
    /// What is typed openly: the value, or where the secret is kept.
    pub(super) input: Input,
    /// The secret itself.
    pub(super) hidden: Hidden,
    pub(super) kept: Kept,
    /// Why it cannot be so.
    pub(super) wrong: Option<String>,
}

impl Entry {
    pub(super) fn new(what: What, text: &str) -> Entry {
        Entry { what, input: Input::new(text), hidden: Hidden::default(), kept: Kept::Keyring, wrong: None }
    }

    pub(super) fn is_secret(&self) -> bool {
        matches!(self.what, What::Secret(_))
    }

    /// Whether the letters that are typed do not show.
    pub(super) fn is_hidden(&self) -> bool {
        self.is_secret() && self.kept == Kept::Keyring
    }

    /// What is typed openly, without blanks around it.
    pub(super) fn text(&self) -> &str {
        self.input.text().trim()
    }

    /// Whether nothing is typed.
    pub(super) fn is_blank(&self) -> bool {
        if self.is_hidden() { self.hidden.secret().is_none() } else { self.text().is_empty() }
    }

    /// Takes a key; false if it means nothing here.
    pub(super) fn key(&mut self, key: Key) -> bool {
        if key.code == Code::Tab && self.is_secret() {
            self.kept = self.kept.next(if key.shift { -1 } else { 1 });
            self.wrong = None;
            return true;
        }
        let taken = if self.is_hidden() { self.hidden.key(key) } else { self.input.key(key) };
        if taken == Some(true) {
            self.wrong = None;
        }
        taken.is_some()
    }

    /// Takes pasted text.
    pub(super) fn paste(&mut self, text: &str) {
        self.wrong = None;
        if self.is_hidden() { self.hidden.insert(text) } else { self.input.insert(text) }
    }

    /// Why a secret cannot be kept there.
    pub(super) fn wrong_place(&self) -> Option<String> {
        let name = self.text();
        let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && !name.starts_with(|c: char| c.is_ascii_digit());
        let wrong = self.is_secret() && self.kept == Kept::Env && !is_name;
        wrong.then(|| {
            "a variable has a name of letters, digits and _; never type the secret itself here".into()
        })
    }

    /// The secret as it is given; none if nothing is typed, or it is no secret.
    pub(super) fn given(&self) -> Option<SecretGiven> {
        let text = self.text().to_owned();
        match self.what {
            What::Secret(_) if self.kept == Kept::Keyring => self.hidden.secret().map(SecretGiven::Itself),
            What::Secret(_) if !text.is_empty() => Some(SecretGiven::Elsewhere(match self.kept {
                Kept::Env => SecretSource::Env(text),
                Kept::File => SecretSource::File(text.into()),
                Kept::Command => SecretSource::Command(text),
                Kept::Keyring => SecretSource::Keyring,
            })),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::key::keys;

    static TOKEN: SettingSpec = SettingSpec::secret("auth_token", "the token");

    #[test]
    fn a_secret_is_typed_and_never_told() {
        let mut entry = Entry::new(What::of(&TOKEN), "");
        for key in keys("hunter3<backspace>2").unwrap() {
            assert!(entry.key(key));
        }
        entry.paste("-pasted\n");
        let given = entry.given().unwrap();
        assert_eq!(given, SecretGiven::Itself(Secret::new("hunter2-pasted".into())));
        for told in [format!("{entry:?}"), format!("{given:?}")] {
            assert!(!told.contains("hunter2") && !told.contains("pasted"), "{told}");
        }
        assert_eq!(entry.hidden.len(), "hunter2-pasted".len());
        entry.key(keys("<c-u>").unwrap()[0]);
        assert!(entry.is_blank() && entry.given().is_none());
    }

    #[test]
    fn a_secret_can_be_kept_elsewhere() {
        let mut entry = Entry::new(What::of(&TOKEN), "");
        for key in keys("<tab>TOKEN").unwrap() {
            entry.key(key);
        }
        assert_eq!(entry.given(), Some(SecretGiven::Elsewhere(SecretSource::Env("TOKEN".into()))));
        entry.key(keys("<s-tab>").unwrap()[0]);
        assert_eq!((entry.kept, entry.is_hidden()), (Kept::Keyring, true));
        assert!(entry.is_blank(), "the name of a variable is no secret");
    }
}
