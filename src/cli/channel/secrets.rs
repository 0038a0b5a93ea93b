//! Takes secrets from the terminal or standard input into the keyring, and notes where the others are kept.

use crate::app::api::secrets::check_file;
use crate::app::api::{KeyringError, Secret, keyring};
use crate::cli::args::SecretArgs;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::domain::secret_source::SecretSource;
use std::io::{BufRead, IsTerminal};

/// What was stored, so that it can be taken back.
#[derive(Default)]
pub struct Stored {
    /// Where each secret is kept.
    pub sources: Vec<(String, SecretSource)>,
    /// New keyring entries, with what they replaced.
    entries: Vec<(String, String, Option<Secret<String>>)>,
}

impl Stored {
    /// Brings the keyring back to what it was.
    pub fn undo(self) {
        for (service, user, before) in self.entries {
            // The command fails anyway, with the cause of that; what cannot be taken back stays.
            let _ = match before {
                Some(secret) => keyring::set(&service, &user, &secret),
                None => keyring::delete(&service, &user).map(|_| ()),
            };
        }
    }
}

/// Stores the secrets that belong into the keyring, and lists all.
///
/// # Errors
/// A keyring that does not answer (nothing is stored then), or a secret that is not given.
pub fn take(
    ctx: &mut Context,
    workspace: &str,
    channel: &str,
    args: &SecretArgs,
) -> Result<Stored, CliError> {
    let mut stored = Stored::default();
    for (key, name) in &args.env {
        if std::env::var_os(name).is_none() {
            ctx.out
                .note(&format!("the environment variable {name} is not set here; the engine will need it"))?;
        }
        stored.sources.push((key.clone(), SecretSource::Env(name.clone())));
    }
    for (key, path) in &args.file {
        let path = std::path::absolute(path)?;
        let there =
            check_file(&path).map_err(|why| CliError::refused(format!("{why}. Nothing was stored")))?;
        if !there {
            ctx.out
                .note(&format!("the file {} is not there yet; the engine will need it", path.display()))?;
        }
        stored.sources.push((key.clone(), SecretSource::File(path)));
    }
    for (key, command) in &args.command {
        stored.sources.push((key.clone(), SecretSource::Command(command.clone())));
    }
    if args.keyring.is_empty() {
        return Ok(stored);
    }
    // Asked before anyone types a secret for nothing.
    keyring::probe().map_err(|why| no_keyring(&why, &args.keyring))?;
    let values = read(ctx, channel, &args.keyring)?;
    let service = keyring::service(workspace);
    for (key, value) in args.keyring.iter().zip(values) {
        let user = keyring::user(channel, key);
        let kept = keyring::get(&service, &user)
            .and_then(|before| keyring::set(&service, &user, &value).map(|()| before));
        match kept {
            Ok(before) => stored.entries.push((service.clone(), user, before)),
            Err(why) => {
                stored.undo();
                return Err(no_keyring(&why, &args.keyring));
            }
        }
        stored.sources.push((key.clone(), SecretSource::Keyring));
    }
    Ok(stored)
}

fn no_keyring(why: &KeyringError, keys: &[String]) -> CliError {
    let key = keys.first().map_or("KEY", String::as_str);
    CliError::failure(format!(
        "{why}\nNothing was stored. Unlock or start a keyring, or say where the secret is kept instead:\n  \
         --secret-env {key}=VARIABLE      in an environment variable\n  \
         --secret-file {key}=PATH         in a file that only you can read (mode 0600)\n  \
         --secret-command {key}=COMMAND   it is what a command prints, such as `pass show …`"
    ))
}

/// Asks without echo on a terminal; elsewhere reads one line each, in order.
fn read(ctx: &mut Context, channel: &str, keys: &[String]) -> Result<Vec<Secret<String>>, CliError> {
    let mut values = Vec::new();
    if std::io::stdin().is_terminal() {
        ctx.out.flush()?;
        for key in keys {
            let value = rpassword::prompt_password(format!("{key} of {channel} (not shown): "))?;
            values.push(fit(key, &value)?);
        }
        return Ok(values);
    }
    let mut lines = std::io::stdin().lock().lines();
    for key in keys {
        let line = match lines.next() {
            Some(line) => line.map_err(|_| CliError::usage(format!("the secret {key} is no text")))?,
            None => {
                return Err(CliError::usage(format!(
                    "standard input ended before the secret {key}: give one line each, in the order of the --secret options"
                )));
            }
        };
        values.push(fit(key, &line)?);
    }
    Ok(values)
}

fn fit(key: &str, value: &str) -> Result<Secret<String>, CliError> {
    let value = value.trim();
    if value.is_empty() {
        return Err(CliError::usage(format!("the secret {key} is empty")));
    }
    Ok(Secret::new(value.to_owned()))
}
