//! Takes secrets into the keyring, and back out; looks at where others are said to be kept.

use crate::app::channel::ChannelError;
use crate::config::ChannelConfig;
use crate::domain::secret::Secret;
use crate::domain::secret_source::{SecretGiven, SecretSource};
use crate::net::keyring;
use crate::net::secrets::check_file;

/// What was stored, so that it can be taken back.
#[derive(Default)]
pub(super) struct Stored {
    /// Where each secret is kept.
    pub(super) sources: Vec<(String, SecretSource)>,
    /// New keyring entries, with what they replaced.
    entries: Vec<(String, String, Option<Secret<String>>)>,
}

impl Stored {
    /// Brings the keyring back to what it was.
    pub(super) fn undo(&self) {
        for (service, user, before) in &self.entries {
            // The change fails anyway, with the cause of that; what cannot be taken back stays.
            let _ = match before {
                Some(secret) => keyring::set(service, user, secret),
                None => keyring::delete(service, user).map(|_| ()),
            };
        }
    }
}

/// Stores the secrets that belong into the keyring, and lists where all are.
///
/// # Errors
/// A keyring that does not answer; nothing is stored then.
pub(super) fn keep(
    workspace: &str,
    channel: &str,
    secrets: Vec<(String, SecretGiven)>,
) -> Result<Stored, ChannelError> {
    let mut stored = Stored::default();
    let service = keyring::service(workspace);
    for (key, given) in secrets {
        let value = match given {
            SecretGiven::Elsewhere(source) => {
                stored.sources.push((key, source));
                continue;
            }
            SecretGiven::Itself(value) => value,
        };
        let user = keyring::user(channel, &key);
        let kept = keyring::get(&service, &user)
            .and_then(|before| keyring::set(&service, &user, &value).map(|()| before));
        match kept {
            Ok(before) => stored.entries.push((service.clone(), user, before)),
            Err(why) => {
                stored.undo();
                return Err(ChannelError::Keyring { why, key });
            }
        }
        stored.sources.push((key, SecretSource::Keyring));
    }
    Ok(stored)
}

/// Looks at where secrets are said to be kept, and answers what the engine will miss there.
///
/// # Errors
/// A file that could not be used.
pub fn check_sources<'a>(
    sources: impl IntoIterator<Item = (&'a String, &'a SecretSource)>,
) -> Result<Vec<String>, ChannelError> {
    let mut notes = Vec::new();
    for (key, source) in sources {
        match source {
            SecretSource::Env(name) if std::env::var_os(name).is_none() => {
                notes.push(format!(
                    "the environment variable {name} is not set here; the engine will need it"
                ));
            }
            SecretSource::File(path) => {
                let there = check_file(path)
                    .map_err(|why| ChannelError::Source { why: why.to_string(), key: key.clone() })?;
                if !there {
                    let path = path.display();
                    notes.push(format!("the file {path} is not there yet; the engine will need it"));
                }
            }
            SecretSource::Env(_) | SecretSource::Command(_) | SecretSource::Keyring => {}
        }
    }
    Ok(notes)
}

/// Takes a channel's secrets out of the keyring; those that stay are named.
pub fn forget(workspace: &str, channel: &ChannelConfig) -> Vec<String> {
    let mut notes = Vec::new();
    for (key, _) in channel.secrets.iter().filter(|(_, source)| **source == SecretSource::Keyring) {
        let (service, user) = (keyring::service(workspace), keyring::user(&channel.name, key));
        if let Err(why) = keyring::delete(&service, &user) {
            notes.push(format!("the keyring entry {user} of {service} stays: {why}"));
        }
    }
    notes
}
