//! `channel add` and `channel set`: everything is checked before anything is stored; the provider is not contacted.

use super::{changed, existing, known_vendor, row_of, secrets, shape};
use crate::app::api::{SettingSpec, Vendor, seen_url};
use crate::cli::args::{ChannelAdd, ChannelSet, SecretArgs};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::config::edit::{self, ChannelEdit};
use crate::config::names::{check_name, hint};
use std::collections::{BTreeMap, BTreeSet};

/// `channel add PROVIDER --name NAME …`
///
/// # Errors
/// What is wrong with name, settings or secrets; or a keyring that does not answer. Then nothing is stored.
pub fn add(ctx: &mut Context, args: &ChannelAdd) -> Result<(), CliError> {
    let vendor = known_vendor(&args.provider)?;
    check_name(&args.name)
        .map_err(|why| CliError::usage(format!("{} cannot name a channel: {why}", args.name)))?;
    let config = ctx.config()?;
    if config.channel(&args.name).is_some() {
        return Err(CliError::refused(format!(
            "the channel {name} exists already in workspace {}: change it with `frontdesk channel set {name}`, or choose another name",
            config.workspace,
            name = args.name
        )));
    }
    let settings = known_settings(vendor, &args.set)?;
    let keys = known_secrets(vendor, &args.secrets)?;
    complete(vendor, &settings, &keys)?;
    (vendor.check)(&settings).map_err(CliError::usage)?;
    let stored = secrets::take(ctx, &config.workspace, &args.name, &args.secrets)?;
    let edit = ChannelEdit::Add {
        provider: vendor.name.to_owned(),
        settings: settings.into_iter().collect(),
        secrets: stored.sources.clone(),
    };
    if let Err(e) = edit::channel(&config.paths, &config.workspace, &args.name, &edit) {
        stored.undo();
        return Err(e.into());
    }
    told(ctx, &args.name)
}

/// `channel set NAME …`
///
/// # Errors
/// As [`add`].
pub fn set(ctx: &mut Context, args: &ChannelSet) -> Result<(), CliError> {
    let config = ctx.config()?;
    let channel = existing(&config, &args.name)?;
    let vendor = known_vendor(&channel.provider)?;
    let changes = known_settings(vendor, &args.set)?;
    known_secrets(vendor, &args.secrets)?;
    let asked = changes.len() + secret_keys(&args.secrets).count();
    if asked == 0 {
        return Err(CliError::usage("nothing to change: use --set KEY=VALUE or --secret KEY"));
    }
    let mut settings = channel.settings.clone();
    for (key, value) in &changes {
        if value.is_empty() {
            settings.remove(key);
        } else {
            settings.insert(key.clone(), value.clone());
        }
    }
    let mut keys: BTreeSet<&str> = channel.secrets.keys().map(String::as_str).collect();
    keys.extend(secret_keys(&args.secrets));
    complete(vendor, &settings, &keys)?;
    (vendor.check)(&settings).map_err(CliError::usage)?;
    let stored = secrets::take(ctx, &config.workspace, &args.name, &args.secrets)?;
    let edit = ChannelEdit::Set { settings: changes.into_iter().collect(), secrets: stored.sources.clone() };
    if let Err(e) = edit::channel(&config.paths, &config.workspace, &args.name, &edit) {
        stored.undo();
        return Err(e.into());
    }
    changed(ctx, &args.name, "changed")
}

/// The settings given, if the provider knows them all. Later ones win.
fn known_settings(vendor: &Vendor, given: &[(String, String)]) -> Result<BTreeMap<String, String>, CliError> {
    let known: Vec<&str> = vendor.settings.iter().filter(|s| !s.secret).map(|s| s.key).collect();
    for (key, _) in given {
        let spec = vendor.settings.iter().find(|s| s.key == key);
        match spec {
            Some(SettingSpec { secret: false, .. }) => {}
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
    let known: Vec<&str> = vendor.settings.iter().filter(|s| s.secret).map(|s| s.key).collect();
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

/// Whether nothing is missing that the provider cannot work without.
fn complete(
    vendor: &Vendor,
    settings: &BTreeMap<String, String>,
    secrets: &BTreeSet<&str>,
) -> Result<(), CliError> {
    let mut missing: Vec<String> = vendor
        .settings
        .iter()
        .filter(|s| s.required)
        .filter(|s| if s.secret { !secrets.contains(s.key) } else { !settings.contains_key(s.key) })
        .map(|s| if s.secret { format!("--secret {}", s.key) } else { format!("--set {}=…", s.key) })
        .collect();
    // Which of its secrets a vendor needs may depend on the account; that it needs one does not.
    if secrets.is_empty()
        && let Some(first) = vendor.settings.iter().find(|s| s.secret)
    {
        missing.push(format!("--secret {}", first.key));
        missing.dedup();
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(CliError::usage(format!("{} needs {} as well", vendor.name, missing.join(", "))))
}

/// Says what to do with the new channel.
fn told(ctx: &mut Context, name: &str) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let config = workspace.config.clone();
    let channel = existing(&config, name)?;
    let shape = shape(&seen_url(&workspace)?, channel, row_of(&workspace, name)?.as_ref());
    let local = config.public_url.is_none();
    if ctx.out.json {
        ctx.out.object(&shape)?;
    } else {
        ctx.out.line(&format!(
            "{name}: added. `frontdesk channel test {name}` asks the provider whether the login works"
        ))?;
        if let Some(url) = &shape.webhook_url {
            ctx.out.line(&format!("webhook for the provider's console: {url}"))?;
        }
        if let Some(url) = &shape.page_url {
            ctx.out.line(&format!("page for visitors: {url}"))?;
        }
    }
    if local && shape.webhook_url.is_some() {
        ctx.out.note(
            "no public_url is configured: vendors cannot reach this address. Set `public_url`, or rely on polling",
        )?;
    }
    Ok(())
}
