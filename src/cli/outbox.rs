//! `outbox`, `retry`, `discard`, `settle`: what is not done yet, and what an agent decides about it.

use crate::cli::args::{Limit, OneMessage, SettleArgs, SettleWord};
use crate::cli::context::{self, Context};
use crate::cli::error::CliError;
use crate::cli::output::Table;
use crate::cli::shape::OutboxShape;
use crate::cli::triage::simple;
use crate::domain::command::Action;
use crate::text::format;
use jiff::tz::TimeZone;

/// `outbox`
///
/// # Errors
/// The store.
pub fn outbox(ctx: &mut Context, limit: &Limit) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let rows = workspace.store.reader()?.outbox(limit.limit, workspace.clock.now())?;
    let mut table = Table::new(&["message", "conversation", "kind", "state", "tries", "due", "why"], 6);
    let (now, tz) = (workspace.clock.now(), TimeZone::system());
    for row in &rows {
        if ctx.out.json {
            ctx.out.object(&OutboxShape::new(row))?;
            continue;
        }
        table.row(vec![
            row.message.map(|m| m.to_string()).unwrap_or_default(),
            row.conversation.to_string(),
            row.kind.into(),
            row.state.word().into(),
            row.attempts.to_string(),
            format::moment(row.not_before, now, &tz),
            row.why().unwrap_or_default().to_owned(),
        ]);
    }
    if ctx.out.json { Ok(()) } else { Ok(ctx.out.table(&table, "nothing waits")?) }
}

/// `retry MESSAGE`
///
/// # Errors
/// No such message, or it is not one to be sent again.
pub fn retry(ctx: &mut Context, args: &OneMessage) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let message = context::message(&workspace, &args.message)?.id;
    simple(ctx, &workspace, Action::Retry { message }, "queued again")
}

/// `discard MESSAGE`
///
/// # Errors
/// No such message, or it has been sent.
pub fn discard(ctx: &mut Context, args: &OneMessage) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let message = context::message(&workspace, &args.message)?.id;
    simple(ctx, &workspace, Action::Discard { message }, "discarded")
}

/// `settle MESSAGE sent|not-sent`
///
/// # Errors
/// No such message, or it is not in doubt.
pub fn settle(ctx: &mut Context, args: &SettleArgs) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let message = context::message(&workspace, &args.message)?.id;
    let sent = args.what == SettleWord::Sent;
    let said = if sent { "settled: it was sent" } else { "settled: it was not sent" };
    simple(ctx, &workspace, Action::Settle { message, sent }, said)
}
