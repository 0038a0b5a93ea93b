//! `do`, `macro` and the orders that are commands of their own: what happens to one conversation or to many.

use crate::app::bulk::{ListSource, Step, StepsError, Targets, Work};
use crate::app::workspace::Workspace;
use crate::app::{bulk, macros};
use crate::cli::args::{DoArgs, MacroCommand, ManyArgs, OrderArgs};
use crate::cli::context::{self, Context};
use crate::cli::error::CliError;
use crate::domain::command::Performed;
use crate::domain::ids::ConversationId;
use crate::domain::order::{Order, OrderError};
use crate::text::format;
use serde::Serialize;

/// What became of one conversation: a line of `do --json`.
#[derive(Debug, Serialize)]
struct DoneShape {
    conversation: String,
    changed: bool,
    error: Option<String>,
}

/// What would be touched: a line of `do --dry-run --json`.
#[derive(Debug, Serialize)]
struct WouldShape {
    conversation: String,
    contact: String,
    status: &'static str,
    preview: String,
}

/// `resolve C`, `snooze C [WHEN]`, `score C N` and their like.
///
/// # Errors
/// No such conversation; words that do not fit.
pub fn one(ctx: &mut Context, verb: &str, args: &OrderArgs) -> Result<(), CliError> {
    let order = read(&format!("{verb} {}", args.words.join(" ")))?;
    let workspace = ctx.open()?;
    let conversation = context::conversation(&workspace, &args.conversation)?.id;
    give(ctx, &workspace, conversation, &order, &order.said())
}

/// Gives an order to one conversation and says what it did.
///
/// # Errors
/// Why it was not done.
pub fn give(
    ctx: &mut Context,
    workspace: &Workspace,
    conversation: ConversationId,
    order: &Order,
    said: &str,
) -> Result<(), CliError> {
    let done = carry_out(ctx, workspace, conversation, order)?;
    ctx.done(&done, said)
}

/// Gives an order to one conversation.
///
/// # Errors
/// Why it was not done.
pub fn carry_out(
    ctx: &mut Context,
    workspace: &Workspace,
    conversation: ConversationId,
    order: &Order,
) -> Result<Performed, CliError> {
    let at = workspace.clock.now();
    let work = Work::Orders { orders: vec![order.clone()], targets: Targets::One(conversation), at };
    let steps = bulk::steps(workspace, work).map_err(why)?;
    let actions = steps.into_iter().flat_map(|step| step.actions).collect();
    let all = context::perform_all(workspace, actions)?;
    // One answer for all: changed if anything was, and an op if anything has to travel.
    let done = Performed {
        op: all.iter().find_map(|d| d.op),
        message: all.iter().find_map(|d| d.message),
        conversation: Some(conversation),
        delivery: all.iter().find_map(|d| d.delivery),
        changed: all.iter().any(|d| d.changed),
    };
    ctx.say_if_nobody_performs(workspace, &done)?;
    Ok(done)
}

/// An order as typed.
///
/// # Errors
/// A usage error that says what would be one.
pub fn read(text: &str) -> Result<Order, CliError> {
    text.parse().map_err(|e: OrderError| CliError::usage(e.to_string()))
}

fn why(e: StepsError) -> CliError {
    match e {
        StepsError::Order(OrderError::Nobody { why }) => CliError::not_found(why),
        StepsError::Store(e) => e.into(),
        other => CliError::usage(other.to_string()),
    }
}

/// `do ORDER C… [--matching QUERY] [--dry-run]`
///
/// # Errors
/// Words that are no order, conversations that are not there, and what could not be changed.
pub fn many(ctx: &mut Context, args: &DoArgs) -> Result<(), CliError> {
    let order = read(&args.order)?;
    let workspace = ctx.open()?;
    run(ctx, &workspace, &[order], &args.on)
}

/// `macro list|run`
///
/// # Errors
/// No such macro, and those of [`many`].
pub fn command(ctx: &mut Context, command: &MacroCommand) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    match command {
        MacroCommand::List => {
            for found in &workspace.config.desk.macros {
                if ctx.out.json {
                    ctx.out.object(&serde_json::json!({ "name": found.name, "lines": found.lines }))?;
                } else {
                    ctx.out.line(&format!("{}: {}", found.name, found.lines.join(" · ")))?;
                }
            }
            Ok(())
        }
        MacroCommand::Run { name, on } => {
            let orders = macros::orders(&workspace.config, name).map_err(CliError::usage)?;
            run(ctx, &workspace, &orders, on)
        }
    }
}

fn run(ctx: &mut Context, workspace: &Workspace, orders: &[Order], on: &ManyArgs) -> Result<(), CliError> {
    let targets = match &on.matching {
        Some(query) => {
            crate::domain::query::parse(query).map_err(|e| CliError::usage(e.to_string()))?;
            Targets::Matching(ListSource::Query(query.clone()))
        }
        None => {
            let ids = on.conversations.iter().map(|c| Ok(context::conversation(workspace, c)?.id));
            Targets::These(ids.collect::<Result<_, CliError>>()?)
        }
    };
    let work = Work::Orders { orders: orders.to_vec(), targets, at: workspace.clock.now() };
    let steps = bulk::steps(workspace, work).map_err(why)?;
    if on.dry_run {
        return would(ctx, workspace, &steps);
    }
    let total = steps.len();
    let outcome = bulk::perform(workspace, steps, &|_, _| {});
    if ctx.out.json {
        let changed = outcome.changed.iter().map(|id| (Some(*id), None));
        let refused = outcome.refused.iter().map(|(id, why)| (*id, Some(why.clone())));
        for (id, error) in changed.chain(refused) {
            let conversation = id.map(|id| id.to_string()).unwrap_or_default();
            ctx.out.object(&DoneShape { conversation, changed: error.is_none(), error })?;
        }
    } else {
        let same = if outcome.same > 0 { format!(", {} so already", outcome.same) } else { String::new() };
        ctx.out.line(&format!("{} of {total} changed{same}", outcome.changed.len()))?;
        for (id, why) in &outcome.refused {
            let id = id.map(|id| id.to_string()).unwrap_or_default();
            ctx.out.note(&format!("{id}: {why}"))?;
        }
    }
    let op = Performed { op: outcome.op, ..Performed::default() };
    ctx.say_if_nobody_performs(workspace, &op)?;
    match outcome.refused.len() {
        0 => Ok(()),
        count => Err(CliError::refused(format!("{count} of {total} were not changed"))),
    }
}

/// Says which conversations would be touched, and touches none.
fn would(ctx: &mut Context, workspace: &Workspace, steps: &[Step]) -> Result<(), CliError> {
    let reader = workspace.store.reader()?;
    if !ctx.out.json {
        let plural = if steps.len() == 1 { "" } else { "s" };
        ctx.out.line(&format!("{} conversation{plural} would be touched", steps.len()))?;
    }
    for id in steps.iter().filter_map(|step| step.of) {
        let Some(row) = reader.conversation(id)? else { continue };
        if ctx.out.json {
            let (contact, status) = (row.contact_name, row.status.word());
            ctx.out.object(&WouldShape {
                conversation: id.to_string(),
                contact,
                status,
                preview: row.preview,
            })?;
        } else {
            let who = format::person(&row.contact_name, &row.theirs);
            ctx.out.line(&format!("{id} {who} ({})", row.status.word()))?;
        }
    }
    Ok(())
}
