//! `webhooks …`: what arrived, as it arrived, and reading it again.

use crate::app::api::{Class, ReceiptFilter, ReceiptNew};
use crate::app::workspace::Workspace;
use crate::cli::args::WebhooksCommand;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::output::Table;
use crate::cli::shape::{ReceiptShape, ago};
use crate::domain::ids::ReceiptId;
use crate::domain::row::ReceiptRow;
use crate::text::format;
use serde::Serialize;
use std::str::FromStr;

/// What stands for the value of a header that proves who sent it.
const HIDDEN: &str = "(hidden)";
/// Headers whose value is a credential.
const CREDENTIALS: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    receipt: ReceiptShape,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    /// The body as text; null once it is dropped.
    body: Option<String>,
}

#[derive(Serialize)]
struct Replayed {
    replayed: usize,
}

/// Runs a `webhooks` command.
///
/// # Errors
/// No such webhook, one whose body is gone, or the store.
pub fn run(ctx: &mut Context, command: &WebhooksCommand) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    match command {
        WebhooksCommand::List { quarantined, limit } => list(ctx, &workspace, *quarantined, limit.limit),
        WebhooksCommand::Show { webhook } => show(ctx, &workspace, webhook),
        WebhooksCommand::Replay { webhook: Some(webhook), .. } => {
            let (row, _) = find(&workspace, webhook)?;
            replay(ctx, &workspace, vec![row.id])
        }
        WebhooksCommand::Replay { webhook: None, .. } => {
            let all = ReceiptFilter { quarantined: true, limit: usize::MAX, ..ReceiptFilter::default() };
            let rows = workspace.store.reader()?.receipts(&all)?;
            replay(ctx, &workspace, rows.into_iter().map(|r| r.id).collect())
        }
    }
}

fn list(ctx: &mut Context, workspace: &Workspace, quarantined: bool, limit: usize) -> Result<(), CliError> {
    let rows = workspace.store.reader()?.receipts(&ReceiptFilter {
        quarantined,
        limit,
        ..ReceiptFilter::default()
    })?;
    let now = workspace.clock.now();
    let mut table = Table::new(&["id", "channel", "age", "state", "size", "error"], 5);
    for row in &rows {
        if ctx.out.json {
            ctx.out.object(&ReceiptShape::new(row))?;
            continue;
        }
        table.row(vec![
            row.id.to_string(),
            row.account_name.clone(),
            ago(Some(row.received_at), now),
            row.state.into(),
            format::bytes(row.size),
            row.error.clone().unwrap_or_default(),
        ]);
    }
    let nothing = if quarantined { "every webhook could be read" } else { "no webhook has come yet" };
    if ctx.out.json { Ok(()) } else { Ok(ctx.out.table(&table, nothing)?) }
}

fn find(workspace: &Workspace, typed: &str) -> Result<(ReceiptRow, ReceiptNew), CliError> {
    let missing =
        || CliError::not_found(format!("there is no webhook {typed}: `frontdesk webhooks list` shows ids"));
    let id = ReceiptId::from_str(typed).map_err(|_| missing())?;
    workspace.store.reader()?.receipt(id)?.ok_or_else(missing)
}

fn show(ctx: &mut Context, workspace: &Workspace, typed: &str) -> Result<(), CliError> {
    let (row, push) = find(workspace, typed)?;
    let headers: Vec<(String, String)> = push
        .headers
        .into_iter()
        .map(|(name, value)| {
            let hide = CREDENTIALS.contains(&name.to_lowercase().as_str());
            (name, if hide { HIDDEN.to_owned() } else { value })
        })
        .collect();
    let dropped = push.body.is_empty() && row.state == "done";
    let body = (!dropped).then(|| String::from_utf8_lossy(&push.body).into_owned());
    if ctx.out.json {
        let receipt = ReceiptShape::new(&row);
        return Ok(ctx.out.object(&Shown { receipt, method: push.method, url: push.url, headers, body })?);
    }
    ctx.out.heading(&format!("{} {}", push.method, push.url))?;
    ctx.out.line(&format!("{} · {} · {}", row.account_name, format::stamp(row.received_at), row.state))?;
    if let Some(error) = &row.error {
        ctx.out.line(error)?;
    }
    for (name, value) in &headers {
        ctx.out.line(&format!("{name}: {value}"))?;
    }
    ctx.out.line("")?;
    ctx.out.block("", body.as_deref().unwrap_or("(the body was dropped)"))?;
    Ok(())
}

/// Puts receipts back to be read; the engine does that.
fn replay(ctx: &mut Context, workspace: &Workspace, ids: Vec<ReceiptId>) -> Result<(), CliError> {
    let replayed = ids.len();
    workspace.store.writer().call(Class::Durable, move |t| {
        for id in &ids {
            t.receipt_requeue(*id)?;
        }
        Ok(())
    })?;
    if replayed > 0 && !crate::app::api::engine_runs(workspace.store.dir()) {
        ctx.out.note("no engine runs: they are read when `frontdesk` or `frontdesk serve` runs")?;
    }
    if ctx.out.json {
        return Ok(ctx.out.object(&Replayed { replayed })?);
    }
    Ok(ctx.out.line(&format!("{replayed} to be read again"))?)
}
