//! `quick-reply …`: canned answers.

use crate::app::workspace::Workspace;
use crate::cli::args::{QuickReplyCommand, QuickReplyEdit, QuickReplyText, QuickReplyUse};
use crate::cli::context::{self, Context};
use crate::cli::error::CliError;
use crate::cli::output::Table;
use crate::cli::shape::QuickReplyShape;
use crate::cli::{say, triage};
use crate::domain::command::Action;
use crate::domain::row::QuickReplyRow;
use crate::text::{template, variables};

/// Runs a `quick-reply` command.
///
/// # Errors
/// No such quick reply, or a text that cannot be finished.
pub fn run(ctx: &mut Context, command: &QuickReplyCommand) -> Result<(), CliError> {
    match command {
        QuickReplyCommand::List => list(ctx),
        QuickReplyCommand::Add(args) => add(ctx, args),
        QuickReplyCommand::Edit(args) => edit(ctx, args),
        QuickReplyCommand::Use(args) => use_one(ctx, args),
        QuickReplyCommand::Remove { shortcut } => remove(ctx, shortcut),
    }
}

fn find(workspace: &Workspace, shortcut: &str) -> Result<Option<QuickReplyRow>, CliError> {
    Ok(workspace.store.reader()?.quick_replies()?.into_iter().find(|q| q.shortcut == shortcut))
}

fn existing(workspace: &Workspace, shortcut: &str) -> Result<QuickReplyRow, CliError> {
    find(workspace, shortcut)?.ok_or_else(|| {
        CliError::not_found(format!(
            "there is no quick reply {shortcut}: `frontdesk quick-reply list` shows them"
        ))
    })
}

fn list(ctx: &mut Context) -> Result<(), CliError> {
    let all = ctx.open()?.store.reader()?.quick_replies()?;
    let mut table = Table::new(&["shortcut", "title", "used", "text"], 3);
    for row in &all {
        if ctx.out.json {
            ctx.out.object(&QuickReplyShape::new(row))?;
        }
        table.row(vec![row.shortcut.clone(), row.title.clone(), row.uses.to_string(), row.body.clone()]);
    }
    if ctx.out.json {
        return Ok(());
    }
    Ok(ctx.out.table(&table, "no quick replies yet: `frontdesk quick-reply add SHORTCUT TEXT` makes one")?)
}

fn checked(shortcut: &str, title: &str, body: &str) -> Result<Action, CliError> {
    let plain = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    if shortcut.is_empty() || !shortcut.chars().all(plain) {
        return Err(CliError::usage(format!("{shortcut} is no shortcut: use letters, digits, - and _")));
    }
    if body.trim().is_empty() {
        return Err(CliError::usage("the text is empty"));
    }
    Ok(Action::QuickReplySave { shortcut: shortcut.into(), title: title.trim().into(), body: body.into() })
}

fn add(ctx: &mut Context, args: &QuickReplyText) -> Result<(), CliError> {
    let body = context::text(&args.text)?;
    let action = checked(&args.shortcut, args.title.as_deref().unwrap_or(&args.shortcut), &body)?;
    let workspace = ctx.open()?;
    if find(&workspace, &args.shortcut)?.is_some() {
        return Err(CliError::refused(format!(
            "the quick reply {name} exists already: change it with `frontdesk quick-reply edit {name}`",
            name = args.shortcut
        )));
    }
    triage::simple(ctx, &workspace, action, &format!("added {}", args.shortcut))
}

fn edit(ctx: &mut Context, args: &QuickReplyEdit) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let old = existing(&workspace, &args.shortcut)?;
    let body = match &args.text {
        Some(text) => context::text(text)?,
        None => old.body,
    };
    let action = checked(&args.shortcut, args.title.as_deref().unwrap_or(&old.title), &body)?;
    triage::simple(ctx, &workspace, action, &format!("changed {}", args.shortcut))
}

fn remove(ctx: &mut Context, shortcut: &str) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    existing(&workspace, shortcut)?;
    let action = Action::QuickReplyRemove { shortcut: shortcut.to_owned() };
    triage::simple(ctx, &workspace, action, &format!("removed {shortcut}"))
}

fn use_one(ctx: &mut Context, args: &QuickReplyUse) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let reply = existing(&workspace, &args.shortcut)?;
    let row = context::conversation(&workspace, &args.conversation)?;
    let given = |name: &str| args.set.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    let agent = workspace.me.name.clone();
    let done = template::render(&reply.body, &|name| {
        // A question is asked for under the name `?question`, and answered with `--set question=…`.
        given(name.strip_prefix('?').unwrap_or(name)).or_else(|| variables::value(name, &row, &agent))
    });
    if !done.is_complete() {
        let open: Vec<String> =
            done.missing.iter().chain(&done.questions).map(|n| format!("--set \"{n}=…\"")).collect();
        return Err(CliError::refused(format!("the text is not finished: add {}", open.join(" "))));
    }
    if args.print {
        return Ok(ctx.out.block("", &done.text)?);
    }
    let action = Action::Reply { conversation: row.id, text: done.text, undo_ms: 0 };
    // What was refused was not used: the count comes after the send.
    let outcome = say::say(ctx, &workspace, action, &args.wait);
    if outcome.as_ref().is_err_and(|e| e.exit == crate::cli::error::Exit::Refused) {
        return outcome;
    }
    context::perform(&workspace, Action::QuickReplyUsed { id: reply.id })?;
    outcome
}
