//! `channel add` and `channel set`: everything is checked before anything is stored; the provider is not contacted.

use super::{Seen, changed, existing, known_vendor, row_of, secrets, shape};
use crate::app::api::{SettingKind, Vendor};
use crate::cli::args::{ChannelAdd, ChannelSet, SecretArgs};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::config::edit::{self, ChannelEdit, SettingValue};
use crate::config::names::{check_name, hint};
use crate::domain::account::Channel;
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
        settings: written(vendor, settings),
        secrets: stored.sources.clone(),
    };
    if let Err(e) = edit::channel(&config.paths, &config.workspace, &args.name, &edit) {
        stored.undo();
        return Err(e.into());
    }
    told(ctx, vendor, &args.name)
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
    let before = media(vendor, &channel.settings);
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
    let now = media(vendor, &settings);
    let stored = secrets::take(ctx, &config.workspace, &args.name, &args.secrets)?;
    let edit = ChannelEdit::Set { settings: written(vendor, changes), secrets: stored.sources.clone() };
    if let Err(e) = edit::channel(&config.paths, &config.workspace, &args.name, &edit) {
        stored.undo();
        return Err(e.into());
    }
    let lost: Vec<&str> = before.iter().filter(|m| !now.contains(m)).map(|m| m.title()).collect();
    if !lost.is_empty() {
        ctx.out.note(&format!(
            "with these settings {} no longer carries {}, only {}",
            args.name,
            lost.join(" and "),
            now.iter().map(|m| m.title()).collect::<Vec<_>>().join(" and ")
        ))?;
    }
    changed(ctx, &args.name, "changed")
}

/// The media that an account with these settings carries.
fn media(vendor: &Vendor, settings: &BTreeMap<String, String>) -> Vec<Channel> {
    let can = (vendor.capabilities)(settings);
    can.map(|can| can.channels.iter().map(|c| c.channel).collect()).unwrap_or_default()
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
        .filter(|s| if s.is_secret() { !secrets.contains(s.key) } else { !settings.contains_key(s.key) })
        .map(|s| if s.is_secret() { format!("--secret {}", s.key) } else { format!("--set {}=…", s.key) })
        .collect();
    // Which of its secrets a vendor needs may depend on the account; that it needs one does not.
    if secrets.is_empty()
        && let Some(first) = vendor.settings.iter().find(|s| s.is_secret())
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
fn told(ctx: &mut Context, vendor: &Vendor, name: &str) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let config = workspace.config.clone();
    let channel = existing(&config, name)?;
    let seen = Seen::of(&workspace)?;
    let shape = shape(&seen, channel, row_of(&workspace, name)?.as_ref());
    let local = config.public_url.is_none();
    let carries: Vec<&str> = media(vendor, &channel.settings).iter().map(|m| m.title()).collect();
    if ctx.out.json {
        ctx.out.object(&shape)?;
    } else {
        ctx.out.line(&format!(
            "{name}: added, carries {}. `frontdesk channel test {name}` asks the provider whether the login works",
            carries.join(" and ")
        ))?;
        if let Some(url) = &shape.webhook_url {
            ctx.out.line(&format!("webhook for the provider's console: {url}"))?;
        }
        if let Some(url) = &shape.page_url {
            ctx.out.line(&format!("page for visitors: {url}"))?;
        }
        if seen.base.is_none() {
            ctx.out.line(
                "its address is not known yet: `listen` has port 0, so the port is chosen when `frontdesk` or `frontdesk serve` starts, and `frontdesk channel list` tells it while that runs. Give `listen` a port, or set `public_url`, to have one that stays",
            )?;
        }
    }
    if local && shape.webhook_url.is_some() {
        ctx.out.note(
            "no public_url is configured: vendors cannot reach this address. Set `public_url`, or rely on polling",
        )?;
    }
    Ok(())
}
