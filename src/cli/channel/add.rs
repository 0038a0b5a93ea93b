//! `channel add` and `channel set`: everything is checked before anything is stored; the provider is not contacted.

use super::{Seen, changed, existing, row_of, secrets};
use crate::app::api::Vendor;
use crate::app::channel;
use crate::cli::args::{ChannelAdd, ChannelSet, SecretArgs};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::shape::ChannelShape;
use crate::config::names::hint;
use std::collections::{BTreeMap, BTreeSet};

/// `channel add PROVIDER --name NAME …`
///
/// # Errors
/// What is wrong with name, settings or secrets; or a keyring that does not answer. Then nothing is stored.
pub fn add(ctx: &mut Context, args: &ChannelAdd) -> Result<(), CliError> {
    let vendor = channel::known_vendor(&args.provider)?;
    let config = ctx.config()?;
    let settings = known_settings(vendor, &args.set)?;
    let keys = known_secrets(vendor, &args.secrets)?;
    channel::may_add(&config, vendor, &args.name, &settings, &keys)?;
    let given = secrets::take(ctx, &args.name, &args.secrets)?;
    channel::add(&config, vendor, &args.name, settings, given)?;
    told(ctx, vendor, &args.name)
}

/// `channel set NAME …`
///
/// # Errors
/// As [`add`].
pub fn set(ctx: &mut Context, args: &ChannelSet) -> Result<(), CliError> {
    let config = ctx.config()?;
    let vendor = channel::known_vendor(&existing(&config, &args.name)?.provider)?;
    let changes = known_settings(vendor, &args.set)?;
    let keys = known_secrets(vendor, &args.secrets)?;
    if changes.is_empty() && keys.is_empty() {
        return Err(CliError::usage("nothing to change: use --set KEY=VALUE or --secret KEY"));
    }
    channel::may_set(&config, &args.name, &changes, &keys)?;
    let given = secrets::take(ctx, &args.name, &args.secrets)?;
    let change = channel::set(&config, &args.name, changes, given)?;
    if let Some(lost) = change.lost(&args.name) {
        ctx.out.note(&lost)?;
    }
    changed(ctx, &args.name, "changed")
}

/// The settings given, if the provider knows them all. Later ones win.
fn known_settings(vendor: &Vendor, given: &[(String, String)]) -> Result<BTreeMap<String, String>, CliError> {
    let known: Vec<&str> = vendor.settings.iter().filter(|s| !s.is_secret()).map(|s| s.key).collect();
    for (key, _) in given {
        let spec = vendor.settings.iter().find(|s| s.key == key);
        match spec {
            Some(spec) if !spec.is_secret() => {}
            Some(_) => {
                return Err(CliError::usage(format!(
                    "{key} is a secret and does not belong into the file: use --secret {key}"
                )));
            }
            None => {
                return Err(CliError::usage(format!(
                    "{} has no setting {key}: {}",
                    vendor.name,
                    hint(key, &known)
                )));
            }
        }
    }
    Ok(given.iter().map(|(k, v)| (k.clone(), v.trim().to_owned())).collect())
}

fn secret_keys(args: &SecretArgs) -> impl Iterator<Item = &str> {
    let pairs = args.env.iter().chain(&args.file).chain(&args.command).map(|(k, _)| k.as_str());
    args.keyring.iter().map(String::as_str).chain(pairs)
}

/// The secrets named, if the provider knows them all and each is named once.
fn known_secrets<'a>(vendor: &Vendor, args: &'a SecretArgs) -> Result<BTreeSet<&'a str>, CliError> {
    let known: Vec<&str> = vendor.settings.iter().filter(|s| s.is_secret()).map(|s| s.key).collect();
    let mut keys = BTreeSet::new();
    for key in secret_keys(args) {
        if !known.contains(&key) {
            return Err(CliError::usage(format!(
                "{} has no secret {key}: {}",
                vendor.name,
                hint(key, &known)
            )));
        }
        if !keys.insert(key) {
            return Err(CliError::usage(format!("the secret {key} is named twice")));
        }
    }
    Ok(keys)
}

/// Says what to do with the new channel.
fn told(ctx: &mut Context, vendor: &Vendor, name: &str) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let config = workspace.config.clone();
    let entry = existing(&config, name)?;
    let seen = Seen::of(&workspace)?;
    if ctx.out.json {
        let shown = seen.channel(entry, row_of(&workspace, name)?.as_ref());
        return Ok(ctx.out.object(&ChannelShape::new(entry, shown))?);
    }
    let carries: Vec<&str> =
        channel::media(vendor, &entry.settings).iter().map(|medium| medium.title()).collect();
    ctx.out.line(&format!(
        "{name}: added, carries {}. `frontdesk channel test {name}` asks the provider whether the login works",
        carries.join(" and ")
    ))?;
    for line in channel::guide(vendor, name, &entry.settings, seen.base.as_deref(), seen.public) {
        ctx.out.line(&line)?;
    }
    Ok(())
}
