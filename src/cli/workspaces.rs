//! `workspace list|create|remove`.

use crate::app::channel;
use crate::app::workspace;
use crate::cli::args::WorkspaceCommand;
use crate::cli::context::Context;
use crate::cli::error::{CliError, Exit};
use crate::cli::output::Table;
use crate::cli::shape::WorkspaceShape;
use crate::config::names::check_name;
use crate::config::{Config, edit};
use std::io::{BufRead, IsTerminal};

/// Runs a `workspace` command.
///
/// # Errors
/// A name that is none or taken, no such workspace, or one that an engine holds.
pub fn run(ctx: &mut Context, command: &WorkspaceCommand) -> Result<(), CliError> {
    match command {
        WorkspaceCommand::List => list(ctx),
        WorkspaceCommand::Create { name } => create(ctx, name),
        WorkspaceCommand::Remove { name, yes } => remove(ctx, name, *yes),
    }
}

/// All workspaces: those with a directory and those of the file.
fn names(config: &Config) -> Result<Vec<String>, CliError> {
    let mut names = config.paths.workspaces()?;
    names.extend(config.workspaces.keys().cloned());
    names.sort();
    names.dedup();
    Ok(names)
}

fn shape(config: &Config, name: &str) -> WorkspaceShape {
    WorkspaceShape {
        name: name.to_owned(),
        selected: config.workspace == name,
        directory: config.paths.workspace(name).to_string_lossy().into_owned(),
        channels: config.workspaces.get(name).map_or(0, Vec::len),
    }
}

fn list(ctx: &mut Context) -> Result<(), CliError> {
    let config = ctx.config()?;
    let mut table = Table::new(&["name", "", "channels", "directory"], 3);
    for name in names(&config)? {
        let shape = shape(&config, &name);
        if ctx.out.json {
            ctx.out.object(&shape)?;
            continue;
        }
        let mark = if shape.selected { "selected" } else { "" };
        table.row(vec![shape.name, mark.into(), shape.channels.to_string(), shape.directory]);
    }
    if ctx.out.json {
        Ok(())
    } else {
        Ok(ctx.out.table(&table, "no workspace yet: the first start makes one")?)
    }
}

fn create(ctx: &mut Context, name: &str) -> Result<(), CliError> {
    check_name(name).map_err(|why| CliError::usage(format!("{name} cannot name a workspace: {why}")))?;
    let mut config = ctx.config()?;
    if config.paths.workspace(name).exists() {
        return Err(CliError::refused(format!("the workspace {name} exists already")));
    }
    let shape = shape(&config, name);
    config.workspace = name.to_owned();
    workspace::open(config)?;
    if ctx.out.json {
        return Ok(ctx.out.object(&shape)?);
    }
    Ok(ctx.out.line(&format!(
        "{name}: made. Use it with --workspace {name}, FRONTDESK_WORKSPACE, or `default_workspace`"
    ))?)
}

fn remove(ctx: &mut Context, name: &str, yes: bool) -> Result<(), CliError> {
    check_name(name).map_err(|why| CliError::usage(format!("{name} cannot name a workspace: {why}")))?;
    let config = ctx.config()?;
    if !names(&config)?.iter().any(|n| n == name) {
        return Err(CliError::not_found(format!("there is no workspace {name}")));
    }
    if !yes && !confirmed(ctx, name)? {
        return Err(CliError::refused("nothing was removed: confirm with --yes"));
    }
    let dir = config.paths.workspace(name);
    // Held while the directory goes, so that no engine starts in it.
    let lock = if dir.exists() {
        let lock = crate::app::api::lock::try_acquire(&dir)?;
        if lock.is_none() {
            let message = format!("an engine runs workspace {name}: stop it first");
            return Err(CliError::new(Exit::Store, message));
        }
        lock
    } else {
        None
    };
    edit::remove_workspace(&config.paths, name)?;
    for entry in config.workspaces.get(name).into_iter().flatten() {
        for note in channel::forget(name, entry) {
            ctx.out.note(&note)?;
        }
    }
    if dir.exists() {
        std::fs::remove_dir_all(&dir)
            .map_err(|e| CliError::failure(format!("{} cannot be removed: {e}", dir.display())))?;
    }
    drop(lock);
    if ctx.out.json {
        return Ok(ctx.out.object(&serde_json::json!({ "name": name, "removed": true }))?);
    }
    Ok(ctx.out.line(&format!("{name}: removed"))?)
}

/// Asks for the name once more, where somebody is there to answer.
fn confirmed(ctx: &mut Context, name: &str) -> Result<bool, CliError> {
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    ctx.out.note(&format!(
        "This removes workspace {name} with all its messages, channels and secrets. Type its name to go on:"
    ))?;
    let mut typed = String::new();
    std::io::stdin().lock().read_line(&mut typed)?;
    Ok(typed.trim() == name)
}
