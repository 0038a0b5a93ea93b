//! `demo`, `serve` and the screen: handed over to the composition root.

use crate::app::demo::{self, DemoOptions};
use crate::app::{AppError, serve, tui};
use crate::cli::args::{Demo, Serve};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use std::io::IsTerminal;

/// Runs the demo.
///
/// # Errors
/// When there is no terminal, or it cannot be prepared.
pub fn demo(ctx: &mut Context, args: &Demo) -> Result<(), CliError> {
    terminal()?;
    let options = DemoOptions {
        seed: args.seed,
        speed: args.speed,
        messages: usize::try_from(args.messages).unwrap_or(usize::MAX),
        keep: args.keep.clone(),
    };
    if ctx.overrides.home.is_some() || ctx.overrides.workspace.is_some() {
        return Err(CliError::usage(
            "the demo makes a workspace of its own: --keep DIR says where it stays, instead of --home and --workspace",
        ));
    }
    Ok(demo::run(&options, ctx.out.handle())?)
}

/// Runs the engine without a screen.
///
/// # Errors
/// When another engine runs, the port is taken, or the store cannot be used.
pub fn serve(ctx: &mut Context, args: &Serve) -> Result<(), CliError> {
    ctx.overrides.listen.clone_from(&args.listen);
    ctx.overrides.public_url.clone_from(&args.public_url);
    let workspace = ctx.begin()?;
    Ok(serve::run(&workspace, ctx.overrides.clone(), ctx.out.handle())?)
}

/// Opens the screen.
///
/// # Errors
/// When there is no terminal, or the store cannot be used.
pub fn screen(ctx: &mut Context) -> Result<(), CliError> {
    terminal()?;
    let workspace = ctx.begin()?;
    let left = tui::run(&workspace, ctx.overrides.clone(), tui::Extra::default())?;
    if left > 0 {
        let (waits, leaves) =
            if left == 1 { ("message waits", "it leaves") } else { ("messages wait", "they leave") };
        ctx.out.note(&format!("{left} {waits}: {leaves} when `frontdesk` or `frontdesk serve` runs"))?;
    }
    Ok(())
}

fn terminal() -> Result<(), CliError> {
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        return Ok(());
    }
    Err(AppError::NoTerminal.into())
}
