//! Reads secrets from the terminal or standard input, and notes where the others are kept.

use crate::app::api::{KeyringError, keyring};
use crate::app::channel;
use crate::cli::args::SecretArgs;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::domain::secret::Secret;
use crate::domain::secret_source::{SecretGiven, SecretSource};
use std::io::{BufRead, IsTerminal};

/// All secrets of a command, as they are given.
///
/// # Errors
/// A keyring that does not answer, a file that cannot be used, or a secret that is not given.
pub fn take(
    ctx: &mut Context,
    name: &str,
    args: &SecretArgs,
) -> Result<Vec<(String, SecretGiven)>, CliError> {
    let mut sources: Vec<(String, SecretSource)> = Vec::new();
    for (key, variable) in &args.env {
        sources.push((key.clone(), SecretSource::Env(variable.clone())));
    }
    for (key, path) in &args.file {
        sources.push((key.clone(), SecretSource::File(std::path::absolute(path)?)));
    }
    for (key, command) in &args.command {
        sources.push((key.clone(), SecretSource::Command(command.clone())));
    }
    for note in channel::check_sources(sources.iter().map(|(key, source)| (key, source)))? {
        ctx.out.note(&note)?;
    }
    let mut given: Vec<(String, SecretGiven)> =
        sources.into_iter().map(|(key, source)| (key, SecretGiven::Elsewhere(source))).collect();
    if let Some(first) = args.keyring.first() {
        // Asked before anyone types a secret for nothing.
        keyring::probe().map_err(|why| no_keyring(&why, first))?;
        let values = read(ctx, name, &args.keyring)?;
        given.extend(args.keyring.iter().cloned().zip(values.into_iter().map(SecretGiven::Itself)));
    }
    Ok(given)
}

/// Says that nothing was stored, and the ways out.
pub fn no_keyring(why: &KeyringError, key: &str) -> CliError {
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
