//! `channel …`: accounts of providers. The configuration file is the truth; these commands edit it.

mod add;
mod secrets;

use crate::app::channel::{self, ChannelError, Seen, existing};
use crate::app::probe;
use crate::app::workspace::Workspace;
use crate::cli::args::{ChannelCommand, OneChannel};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::output::Table;
use crate::cli::shape::ChannelShape;
use crate::domain::account::Health;
use crate::domain::row::AccountRow;
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
        let row = row_of(&workspace, &channel.name)?;
        let shown = seen.channel(channel, row.as_ref());
        let hooks = shown.hooks.join(" ");
        let shape = ChannelShape::new(channel, shown);
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
            Some(hooks).filter(|all| !all.is_empty()).or(shape.page_url).unwrap_or_else(|| nowhere.into()),
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
    let vendor = channel::known_vendor(&channel.provider)?;
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
    channel::enable(&ctx.config()?, &args.name, on)?;
    let said = if on { "enabled" } else { "disabled" };
    changed(ctx, &args.name, said)
}

fn remove(ctx: &mut Context, args: &OneChannel) -> Result<(), CliError> {
    for note in channel::remove(&ctx.config()?, &args.name)? {
        ctx.out.note(&note)?;
    }
    changed(ctx, &args.name, "removed; its conversations stay")
}

/// Makes the store know the changed file, and says what the channel is now.
fn changed(ctx: &mut Context, name: &str, said: &str) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let config = workspace.config.clone();
    if ctx.out.json
        && let Some(channel) = config.channel(name)
    {
        let row = row_of(&workspace, name)?;
        let shown = Seen::of(&workspace)?.channel(channel, row.as_ref());
        return Ok(ctx.out.object(&ChannelShape::new(channel, shown))?);
    }
    if ctx.out.json {
        return Ok(ctx.out.object(&serde_json::json!({ "name": name, "removed": true }))?);
    }
    Ok(ctx.out.line(&format!("{name}: {said}"))?)
}

impl From<ChannelError> for CliError {
    fn from(e: ChannelError) -> Self {
        match e {
            ChannelError::NoProvider { .. } | ChannelError::Name { .. } | ChannelError::Wrong(_) => {
                CliError::usage(e.to_string())
            }
            ChannelError::Missing { provider, settings, secrets } => {
                let settings = settings.iter().map(|key| format!("--set {key}=…"));
                let missing: Vec<String> =
                    settings.chain(secrets.iter().map(|key| format!("--secret {key}"))).collect();
                CliError::usage(format!("{provider} needs {} as well", missing.join(", ")))
            }
            ChannelError::NoLogin { key, .. } => CliError::usage(format!("{e}: give it with --secret {key}")),
            ChannelError::Taken { .. } | ChannelError::Source { .. } => CliError::refused(e.to_string()),
            ChannelError::NotFound { .. } => CliError::not_found(e.to_string()),
            ChannelError::Keyring { why, key } => secrets::no_keyring(&why, &key),
            ChannelError::Config(e) => e.into(),
        }
    }
}
