//! `channel …`: accounts of providers. The configuration file is the truth; these commands edit it.

mod add;
mod secrets;

use crate::app::api::{REGISTRY, Vendor, engine_away, keyring, seen_url, vendor};
use crate::app::probe;
use crate::app::workspace::Workspace;
use crate::cli::args::{ChannelCommand, OneChannel};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::output::Table;
use crate::cli::shape::ChannelShape;
use crate::config::edit::{self, ChannelEdit};
use crate::config::{ChannelConfig, Config};
use crate::domain::account::Health;
use crate::domain::capability::PushKind;
use crate::domain::clock::Ms;
use crate::domain::row::AccountRow;
use crate::domain::secret_source::SecretSource;
use crate::text::format::age;
use serde::Serialize;

/// Runs a `channel` command.
///
/// # Errors
/// Wrong settings, a keyring that does not answer, a provider that refuses, or no such channel.
pub fn run(ctx: &mut Context, command: &ChannelCommand) -> Result<(), CliError> {
    match command {
        ChannelCommand::Add(args) => add::add(ctx, args),
        ChannelCommand::Set(args) => add::set(ctx, args),
        ChannelCommand::List => list(ctx),
        ChannelCommand::Test(args) => test(ctx, args),
        ChannelCommand::Enable(args) => enable(ctx, args, true),
        ChannelCommand::Disable(args) => enable(ctx, args, false),
        ChannelCommand::Remove(args) => remove(ctx, args),
    }
}

/// The provider of that name.
fn known_vendor(name: &str) -> Result<&'static Vendor, CliError> {
    vendor(name).ok_or_else(|| {
        let known: Vec<&str> = REGISTRY.iter().map(|v| v.name).collect();
        CliError::usage(format!("there is no provider {name}: {}", crate::config::names::hint(name, &known)))
    })
}

/// The channel of that name in the selected workspace.
fn existing<'c>(config: &'c Config, name: &str) -> Result<&'c ChannelConfig, CliError> {
    config.channel(name).ok_or_else(|| {
        CliError::not_found(format!(
            "there is no channel {name} in workspace {}: `frontdesk channel list` shows them",
            config.workspace
        ))
    })
}

/// What is known of the engine that serves the channels.
struct Seen {
    /// What vendors and visitors see of its listener; none where the port is chosen at its start.
    base: Option<String>,
    /// Since when none runs; see [`engine_away`].
    away: Option<Option<Ms>>,
    now: Ms,
}

impl Seen {
    fn of(workspace: &Workspace) -> Result<Seen, CliError> {
        let (base, away) = (seen_url(workspace)?, engine_away(workspace)?);
        Ok(Seen { base, away, now: workspace.clock.now() })
    }

    /// What is true of an account's health: without an engine nobody knows whether it still is as it was.
    fn health(&self, last: Health, detail: Option<String>) -> (Health, Option<String>) {
        let Some(ended) = self.away else { return (last, detail) };
        let away = "no engine is running";
        let since = match ended.map(|at| age(at, self.now)) {
            None => String::new(),
            Some(age) if age == "now" => " a moment ago".to_owned(),
            Some(age) => format!(" {age} ago"),
        };
        match last {
            Health::Ok | Health::Limited => {
                (Health::Connecting, Some(format!("{away}; last seen {}{since}", last.word())))
            }
            Health::Connecting => (last, Some(away.to_owned())),
            Health::NeedsLogin | Health::Failing | Health::Disabled => {
                let detail = detail.map(|d| format!("{d}; ")).unwrap_or_default();
                (last, Some(format!("{detail}{away}")))
            }
        }
    }
}

/// What `channel list` says of a channel.
fn shape(seen: &Seen, channel: &ChannelConfig, row: Option<&AccountRow>) -> ChannelShape {
    let at = |path: &str| seen.base.as_ref().map(|base| format!("{base}/{path}/{}", channel.name));
    let vendor = vendor(&channel.provider);
    let capabilities = vendor.and_then(|v| (v.capabilities)(&channel.settings).ok());
    let push = capabilities.as_ref().map(|c| c.push);
    let trouble = match vendor {
        None => Some(format!("there is no provider {}", channel.provider)),
        Some(vendor) => (vendor.check)(&channel.settings).err(),
    };
    let (status, detail) = match (row, trouble) {
        _ if !channel.enabled => (Health::Disabled, None),
        (_, Some(trouble)) => (Health::Failing, Some(trouble)),
        (Some(row), None) => (row.health, Some(row.detail.clone()).filter(|d| !d.is_empty())),
        (None, None) => (Health::Connecting, None),
    };
    let (status, detail) = seen.health(status, detail);
    let channels = match (capabilities, vendor) {
        (Some(c), _) => c.channels.iter().map(|c| c.channel.word()).collect(),
        (None, Some(vendor)) => vendor.channels.iter().map(|c| c.word()).collect(),
        (None, None) => Vec::new(),
    };
    ChannelShape {
        name: channel.name.clone(),
        provider: channel.provider.clone(),
        channels,
        status: status.word(),
        detail,
        webhook_url: if push == Some(PushKind::Webhook) { at("hooks") } else { None },
        page_url: if channel.provider == "webchat" { at("chat") } else { None },
    }
}

fn row_of(workspace: &Workspace, name: &str) -> Result<Option<AccountRow>, CliError> {
    Ok(workspace.store.reader()?.account_by_name(name)?)
}

fn list(ctx: &mut Context) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let config = workspace.config.clone();
    let seen = Seen::of(&workspace)?;
    let nowhere = if seen.base.is_none() { "the port is chosen at start" } else { "" };
    let mut table = Table::new(&["name", "provider", "channels", "status", "detail", "webhook or page"], 4);
    for channel in config.channels() {
        let shape = shape(&seen, channel, row_of(&workspace, &channel.name)?.as_ref());
        if ctx.out.json {
            ctx.out.object(&shape)?;
            continue;
        }
        table.row(vec![
            shape.name,
            shape.provider,
            shape.channels.join(" "),
            shape.status.into(),
            shape.detail.unwrap_or_default(),
            shape.webhook_url.or(shape.page_url).unwrap_or_else(|| nowhere.into()),
        ]);
    }
    if ctx.out.json {
        return Ok(());
    }
    Ok(ctx.out.table(&table, "no channels yet: `frontdesk channel add --help` says how to connect one")?)
}

#[derive(Serialize)]
struct Tested {
    name: String,
    provider: String,
    status: &'static str,
    detail: String,
}

/// Asks the provider whether the login works. Needs neither store nor engine.
fn test(ctx: &mut Context, args: &OneChannel) -> Result<(), CliError> {
    let config = ctx.config()?;
    let channel = existing(&config, &args.name)?;
    let vendor = known_vendor(&channel.provider)?;
    let result = probe::run(vendor, channel, &config.workspace);
    let (status, detail) = match &result {
        Ok(who) => (Health::Ok, who.clone()),
        Err(trouble) => (trouble.health, trouble.human.clone()),
    };
    if ctx.out.json {
        let (name, provider) = (channel.name.clone(), channel.provider.clone());
        ctx.out.object(&Tested { name, provider, status: status.word(), detail: detail.clone() })?;
    } else if result.is_ok() {
        ctx.out.line(&format!("{}: ok, {detail}", channel.name))?;
    }
    match result {
        Ok(_) => Ok(()),
        Err(_) => Err(CliError::failure(format!("{}: {detail}", channel.name))),
    }
}

fn enable(ctx: &mut Context, args: &OneChannel, on: bool) -> Result<(), CliError> {
    let config = ctx.config()?;
    existing(&config, &args.name)?;
    edit::channel(&config.paths, &config.workspace, &args.name, &ChannelEdit::Enable(on))?;
    let said = if on { "enabled" } else { "disabled" };
    changed(ctx, &args.name, said)
}

fn remove(ctx: &mut Context, args: &OneChannel) -> Result<(), CliError> {
    let config = ctx.config()?;
    let channel = existing(&config, &args.name)?.clone();
    edit::channel(&config.paths, &config.workspace, &args.name, &ChannelEdit::Remove)?;
    forget(ctx, &config.workspace, &channel)?;
    changed(ctx, &args.name, "removed; its conversations stay")
}

/// Takes a channel's secrets out of the keyring; one that stays is named.
///
/// # Errors
/// When nobody takes the output.
pub fn forget(ctx: &mut Context, workspace: &str, channel: &ChannelConfig) -> Result<(), CliError> {
    for (key, _) in channel.secrets.iter().filter(|(_, source)| **source == SecretSource::Keyring) {
        let (service, user) = (keyring::service(workspace), keyring::user(&channel.name, key));
        if let Err(why) = keyring::delete(&service, &user) {
            ctx.out.note(&format!("the keyring entry {user} of {service} stays: {why}"))?;
        }
    }
    Ok(())
}

/// Makes the store know the changed file, and says what the channel is now.
fn changed(ctx: &mut Context, name: &str, said: &str) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let config = workspace.config.clone();
    if ctx.out.json
        && let Some(channel) = config.channel(name)
    {
        let row = row_of(&workspace, name)?;
        return Ok(ctx.out.object(&shape(&Seen::of(&workspace)?, channel, row.as_ref()))?);
    }
    if ctx.out.json {
        return Ok(ctx.out.object(&serde_json::json!({ "name": name, "removed": true }))?);
    }
    Ok(ctx.out.line(&format!("{name}: {said}"))?)
}
