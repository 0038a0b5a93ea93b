//! Changes of the file by commands: comments and order stay, the result is checked before it replaces the old file.

mod entries;

pub use entries::entries;

use crate::config::error::ConfigError;
use crate::config::paths::private_dir;
use crate::config::{Config, Env, Overrides, Paths};
use crate::domain::secret_source::SecretSource;
use std::io::Write;
use std::path::{Path, PathBuf};
use toml_edit::{DocumentMut, InlineTable, Item, Table, Value};

/// The value of a setting, as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingValue {
    /// In quotes. Empty = the setting is removed.
    Text(String),
    /// A whole number.
    Number(i64),
}

impl From<&str> for SettingValue {
    fn from(text: &str) -> SettingValue {
        SettingValue::Text(text.to_owned())
    }
}

impl From<&SettingValue> for Value {
    fn from(value: &SettingValue) -> Value {
        match value {
            SettingValue::Text(text) => text.as_str().into(),
            SettingValue::Number(number) => (*number).into(),
        }
    }
}

/// A change of one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelEdit {
    /// Adds it.
    Add {
        /// The provider.
        provider: String,
        /// Its settings.
        settings: Vec<(String, SettingValue)>,
        /// Where its secrets are kept.
        secrets: Vec<(String, SecretSource)>,
    },
    /// Sets (or, with an empty value, removes) settings, and says where secrets are kept.
    Set {
        /// Settings.
        settings: Vec<(String, SettingValue)>,
        /// Secrets.
        secrets: Vec<(String, SecretSource)>,
    },
    /// Switches it on or off.
    Enable(bool),
    /// Removes it.
    Remove,
}

/// Changes a channel of `workspace` in the file, under a lock, atomically.
///
/// # Errors
/// [`ConfigError::Refused`] for a second channel of that name, [`ConfigError::NotFound`] where there is none to change,
/// and what is wrong with the file before or after the change; then the file is as it was.
pub fn channel(paths: &Paths, workspace: &str, name: &str, edit: &ChannelEdit) -> Result<(), ConfigError> {
    change(paths, |document| apply(document, workspace, name, edit), |_, _| Vec::new())
}

/// Removes everything that the file says about a workspace.
///
/// # Errors
/// As [`channel`].
pub fn remove_workspace(paths: &Paths, workspace: &str) -> Result<(), ConfigError> {
    change(
        paths,
        |document| {
            if let Some(all) = document.get_mut("workspace").and_then(Item::as_table_like_mut) {
                all.remove(workspace);
            }
            Ok(())
        },
        |_, _| Vec::new(),
    )
}

/// Changes the text of a file; pure.
fn apply(
    document: &mut DocumentMut,
    workspace: &str,
    name: &str,
    edit: &ChannelEdit,
) -> Result<(), ConfigError> {
    if let ChannelEdit::Add { provider, settings, secrets } = edit {
        let channels = below(below(below(document.as_table_mut(), "workspace")?, workspace)?, "channel")?;
        if channels.contains_key(name) {
            return Err(ConfigError::Refused(format!(
                "the channel \u{201c}{name}\u{201d} exists already: change it with `frontdesk channel set {name}`, or choose another name"
            )));
        }
        let mut table = Table::new();
        table.insert("provider", toml_edit::value(provider));
        for (key, value) in settings {
            table.insert(key, Item::Value(value.into()));
        }
        channels.insert(name, Item::Table(table));
        let table = below(channels, name)?;
        return put_secrets(table, secrets);
    }
    let missing = || {
        ConfigError::NotFound(format!(
            "there is no channel \u{201c}{name}\u{201d} in workspace \u{201c}{workspace}\u{201d}"
        ))
    };
    let channels = document
        .get_mut("workspace")
        .and_then(|i| i.get_mut(workspace))
        .and_then(|i| i.get_mut("channel"))
        .and_then(Item::as_table_like_mut)
        .ok_or_else(missing)?;
    if matches!(edit, ChannelEdit::Remove) {
        channels.remove(name).ok_or_else(missing)?;
        return Ok(());
    }
    let item = channels.get_mut(name).ok_or_else(missing)?;
    let Some(table) = item.as_table_mut() else {
        return Err(ConfigError::Refused(format!(
            "the channel \u{201c}{name}\u{201d} is written in one line: write it as [workspace.{workspace}.channel.{name}] to have it edited"
        )));
    };
    match edit {
        ChannelEdit::Set { settings, secrets } => {
            for (key, value) in settings {
                match value {
                    SettingValue::Text(text) if text.is_empty() => drop(table.remove(key)),
                    value => put(table, key, value.into()),
                }
            }
            put_secrets(table, secrets)
        }
        ChannelEdit::Enable(on) => {
            if *on {
                table.remove("enabled");
            } else {
                put(table, "enabled", Value::from(false));
            }
            Ok(())
        }
        ChannelEdit::Add { .. } | ChannelEdit::Remove => Ok(()),
    }
}

/// Sets a value and keeps what is written around the old one.
fn put(table: &mut Table, key: &str, mut value: Value) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        None => {
            table.insert(key, Item::Value(value));
        }
    }
}

fn put_secrets(table: &mut Table, secrets: &[(String, SecretSource)]) -> Result<(), ConfigError> {
    if secrets.is_empty() {
        return Ok(());
    }
    let table = below(table, "secrets")?;
    table.set_implicit(false);
    for (key, source) in secrets {
        let mut inline = InlineTable::new();
        match source {
            SecretSource::Env(name) => inline.insert("env", name.as_str().into()),
            SecretSource::File(path) => inline.insert("file", path.to_string_lossy().as_ref().into()),
            SecretSource::Command(command) => inline.insert("command", command.as_str().into()),
            SecretSource::Keyring => inline.insert("keyring", true.into()),
        };
        put(table, key, Value::InlineTable(inline));
    }
    Ok(())
}

/// The table of that name below another, made if it is not there.
fn below<'t>(table: &'t mut Table, key: &str) -> Result<&'t mut Table, ConfigError> {
    let item = table.entry(key).or_insert_with(|| {
        let mut new = Table::new();
        new.set_implicit(true);
        Item::Table(new)
    });
    item.as_table_mut().ok_or_else(|| {
        ConfigError::Refused(format!(
            "`{key}` is written in one line: write it as a [table] to have it edited"
        ))
    })
}

/// Changes the file. `check` hears what it says before and after, and may refuse.
fn change(
    paths: &Paths,
    edit: impl FnOnce(&mut DocumentMut) -> Result<(), ConfigError>,
    check: impl FnOnce(&Config, &Config) -> Vec<String>,
) -> Result<(), ConfigError> {
    // A link to a file elsewhere (dotfiles) stays a link.
    let file = std::fs::canonicalize(&paths.config_file).unwrap_or_else(|_| paths.config_file.clone());
    let dir = file.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    private_dir(&dir)?;
    let _lock = lock(&dir)?;
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(ConfigError::io("read", &file)(e)),
    };
    // Refuses a file that is wrong already, with places.
    let read = |text: &str| Config::from_text(paths.clone(), text, &Overrides::default(), &Env::default());
    let before = read(&text)?;
    let mut document: DocumentMut =
        text.parse().map_err(|e: toml_edit::TomlError| ConfigError::Refused(e.to_string()))?;
    edit(&mut document)?;
    let text = document.to_string();
    let wrong = check(&before, &read(&text)?);
    if !wrong.is_empty() {
        return Err(ConfigError::Refused(wrong.join("\n")));
    }
    write(&dir, &file, &text)
}

/// One editor at a time. The lock ends with the handle.
fn lock(dir: &Path) -> Result<std::fs::File, ConfigError> {
    let path = dir.join(".config.lock");
    let file = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(ConfigError::io("make", &path))?;
    rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive)
        .map_err(|e| ConfigError::io("lock", &path)(e.into()))?;
    Ok(file)
}

/// Replaces the file as a whole, readable by its owner only.
fn write(dir: &Path, file: &Path, text: &str) -> Result<(), ConfigError> {
    use std::os::unix::fs::OpenOptionsExt;
    let temporary = dir.join(".config.toml.new");
    let write = || -> std::io::Result<()> {
        let mut out = std::fs::OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&temporary)?;
        out.write_all(text.as_bytes())?;
        out.sync_all()?;
        std::fs::rename(&temporary, file)?;
        std::fs::File::open(dir)?.sync_all()
    };
    write().map_err(ConfigError::io("write", file))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# who we are\nlisten = \"127.0.0.1:0\" # any port\n\n[workspace.main.channel.support]\nprovider = \"twilio\" # the main number\n# it is the old one\nfrom = \"+15550100\"\n\n[workspace.main.channel.support.secrets]\nauth_token = { keyring = true } # rotated in May\n";

    fn after(name: &str, edit: &ChannelEdit) -> Result<String, ConfigError> {
        let mut document: DocumentMut = FILE.parse().unwrap();
        apply(&mut document, "main", name, edit)?;
        Ok(document.to_string())
    }

    #[test]
    fn adding_appends_and_keeps_every_comment() {
        let edit = ChannelEdit::Add {
            provider: "webchat".into(),
            settings: vec![("origins".into(), "https://a.example".into())],
            secrets: vec![("k".into(), SecretSource::Env("V".into()))],
        };
        let text = after("site", &edit).unwrap();
        assert_eq!(
            text,
            format!(
                "{FILE}\n[workspace.main.channel.site]\nprovider = \"webchat\"\norigins = \"https://a.example\"\n\n[workspace.main.channel.site.secrets]\nk = {{ env = \"V\" }}\n"
            )
        );
        assert!(matches!(after("support", &edit), Err(ConfigError::Refused(_))));
    }

    #[test]
    fn setting_changes_the_value_alone() {
        let edit = ChannelEdit::Set {
            settings: vec![
                ("from".into(), "+15550199".into()),
                ("poll_seconds".into(), SettingValue::Number(30)),
            ],
            secrets: vec![("auth_token".into(), SecretSource::Env("TOKEN".into()))],
        };
        let want = FILE
            .replace("\"+15550100\"\n", "\"+15550199\"\npoll_seconds = 30\n")
            .replace("{ keyring = true }", "{ env = \"TOKEN\" }");
        assert_eq!(after("support", &edit).unwrap(), want);
        assert!(matches!(after("nobody", &edit), Err(ConfigError::NotFound(_))));
    }

    #[test]
    fn switching_off_and_removing() {
        let off = after("support", &ChannelEdit::Enable(false)).unwrap();
        assert!(off.contains("from = \"+15550100\"\nenabled = false\n"), "{off}");
        let gone = after("support", &ChannelEdit::Remove).unwrap();
        assert!(gone.contains("# any port") && !gone.contains("twilio"), "{gone}");
    }
}
