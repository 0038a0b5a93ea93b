//! The sub-commands: every command that a key can do, a script can do. One file per group; all are thin.

pub mod args;
mod attachment;
mod channel;
mod context;
mod conversations;
mod doctor;
pub mod error;
mod import;
mod learn;
mod mail;
pub mod meta;
mod orders;
mod outbox;
pub mod output;
mod quick_replies;
mod run;
mod say;
pub mod shape;
mod triage;
mod webhooks;
mod workspaces;

use args::{AttachmentCommand, Cli, Command};
use clap::FromArgMatches;
use context::Context;
use error::CliError;
use std::process::ExitCode;

/// Parses the arguments of the process, does what they ask, and says how it went.
pub fn main() -> ExitCode {
    // Prints help, version and usage errors by itself, with exit code 2 for the latter.
    let matches = meta::definitions().get_matches_from(args::mark_hyphen_words(std::env::args_os()));
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli.unmark(),
        Err(e) => e.exit(),
    };
    if !matches!(
        cli.command,
        Some(Command::Man { .. } | Command::Completions { .. } | Command::Attachment(_))
    ) {
        // What customers write is nobody else's to read: each file that is made, the log of the next day too, is its owner's alone.
        rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    }
    let mut ctx = Context::new(&cli.globals);
    let result = command(&mut ctx, cli.command.as_ref()).and_then(|()| Ok(ctx.out.flush()?));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            if !e.quiet {
                // Standard error is gone as well: there is nobody left to tell.
                let _ = ctx.out.note(&format!("frontdesk: {}", e.message));
            }
            e.code()
        }
    }
}

fn command(ctx: &mut Context, command: Option<&Command>) -> Result<(), CliError> {
    let Some(command) = command else { return run::screen(ctx) };
    match command {
        Command::Demo(args) => run::demo(ctx, args),
        Command::Serve(args) => run::serve(ctx, args),
        Command::List(args) => conversations::list(ctx, args),
        Command::Show(args) => conversations::show(ctx, args),
        Command::Search(args) => conversations::search(ctx, args),
        Command::New(args) => say::new(ctx, args),
        Command::Reply(args) => say::reply(ctx, args),
        Command::Forward(args) => mail::forward(ctx, args),
        Command::Note(args) => say::note(ctx, args),
        Command::Assign(args) => triage::assign(ctx, args),
        Command::Qualify(args) => triage::qualify(ctx, args),
        Command::Status(args) => triage::status(ctx, args),
        Command::Priority(args) => triage::priority(ctx, args),
        Command::Label(args) => triage::label(ctx, args),
        Command::Read(args) => triage::read(ctx, args),
        Command::Unread(args) => triage::unread(ctx, args),
        Command::Resolve(args) => orders::one(ctx, "resolve", &args.plain()),
        Command::Reopen(args) => orders::one(ctx, "reopen", &args.plain()),
        Command::Pending(args) => orders::one(ctx, "pending", &args.plain()),
        Command::Spam(args) => orders::one(ctx, "spam", &args.plain()),
        Command::NotSpam(args) => orders::one(ctx, "not-spam", &args.plain()),
        Command::Archive(args) => orders::one(ctx, "archive", &args.plain()),
        Command::Unarchive(args) => orders::one(ctx, "unarchive", &args.plain()),
        Command::Mute(args) => orders::one(ctx, "mute", &args.plain()),
        Command::Unmute(args) => orders::one(ctx, "unmute", &args.plain()),
        Command::Block(args) => orders::one(ctx, "block", &args.plain()),
        Command::Unblock(args) => orders::one(ctx, "unblock", &args.plain()),
        Command::Snooze(args) => orders::one(ctx, "snooze", args),
        Command::Score(args) => orders::one(ctx, "score", args),
        Command::Field(args) => orders::one(ctx, "field", args),
        Command::Do(args) => orders::many(ctx, args),
        Command::Macro(command) => orders::command(ctx, command),
        Command::Consent(args) => triage::consent(ctx, args),
        Command::QuickReply(command) => quick_replies::run(ctx, command),
        Command::Outbox(limit) => outbox::outbox(ctx, limit),
        Command::Retry(args) => outbox::retry(ctx, args),
        Command::Discard(args) => outbox::discard(ctx, args),
        Command::Settle(args) => outbox::settle(ctx, args),
        Command::Attachment(AttachmentCommand::Save { attachment, path, force, wait }) => {
            let wait = std::time::Duration::from_secs(*wait);
            attachment::save(ctx, attachment, path.as_deref(), *force, wait)
        }
        Command::Import(args) => import::run(ctx, args),
        Command::Channel(command) => channel::run(ctx, command),
        Command::Webhooks(command) => webhooks::run(ctx, command),
        Command::Workspace(command) => workspaces::run(ctx, command),
        Command::Keys => learn::keys(ctx),
        Command::Guide { topic } => learn::guide(ctx, topic),
        Command::Doctor => doctor::run(ctx),
        Command::Completions { shell } => meta::completions(ctx, *shell),
        Command::Man { dir } => meta::man(ctx, dir.as_deref()),
    }
}
