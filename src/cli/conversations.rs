//! `list`, `show`, `search`: reading.

use crate::app::api::Reader;
use crate::app::workspace::Workspace;
use crate::cli::args::{ListArgs, SearchArgs, ShowArgs};
use crate::cli::context::{self, Context};
use crate::cli::error::CliError;
use crate::cli::output::Table;
use crate::cli::shape::{ConversationShape, HitShape, MessageShape, ShowShape, ago};
use crate::domain::conversation::Priority;
use crate::domain::message::{AuthorKind, Direction};
use crate::domain::query::{self, Query};
use crate::domain::row::{ConversationRow, MessageRow, SearchHit};
use crate::text::index::Term;
use crate::text::{address, format, index};
use jiff::tz::TimeZone;

/// Messages that are read at once.
const WINDOW: usize = 500;
/// Words around a hit, in characters.
const SNIPPET: usize = 120;

/// `list [QUERY]`
///
/// # Errors
/// A query that cannot be understood, or the store.
pub fn list(ctx: &mut Context, args: &ListArgs) -> Result<(), CliError> {
    let query = understand(&args.query)?;
    let workspace = ctx.open()?;
    let reader = workspace.store.reader()?;
    let (me, now, tz) = (Some(workspace.me.id), workspace.clock.now(), TimeZone::system());
    let rows = match &query {
        None => reader.list_all(args.limit.limit, None)?,
        Some(query) => reader.list_query(query, None, args.limit.limit, me, now, &tz)?,
    };
    let people = context::people(&workspace)?;
    if ctx.out.json {
        for row in &rows {
            ctx.out.object(&ConversationShape::new(row, &people))?;
        }
        return Ok(());
    }
    let mut table = Table::new(&["id", "channel", "contact", "state", "owner", "new", "age", "preview"], 7);
    for row in &rows {
        table.row(vec![
            row.id.to_string(),
            row.channel.title().into(),
            row.contact_name.clone(),
            state(row),
            row.assignee_name.clone().unwrap_or_default(),
            if row.unread > 0 { row.unread.to_string() } else { String::new() },
            ago(row.last_message_at, now),
            preview(row),
        ]);
    }
    let nothing = match query {
        None => {
            "no conversations yet: `frontdesk channel add` connects a channel, `frontdesk demo` shows how it looks"
        }
        Some(_) => NOTHING,
    };
    Ok(ctx.out.table(&table, nothing)?)
}

/// Said where a query finds nothing.
const NOTHING: &str =
    "nothing found: words are taken whole, `ord*` finds beginnings (see `frontdesk search --help`)";

/// The shapes of messages, those of mails with their HTML.
fn shapes(workspace: &Workspace, messages: &[MessageRow]) -> Result<Vec<MessageShape>, CliError> {
    let reader = workspace.store.reader()?;
    let mut shapes = Vec::with_capacity(messages.len());
    for message in messages {
        let html = if message.mail.is_some() { reader.mail_html(message.id)? } else { None };
        shapes.push(MessageShape::new(message, html, workspace.store.dir()));
    }
    Ok(shapes)
}

/// `show CONVERSATION`
///
/// # Errors
/// No such conversation, or the store.
pub fn show(ctx: &mut Context, args: &ShowArgs) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let row = context::conversation(&workspace, &args.conversation)?;
    let messages = thread(&workspace, &row, args.limit.unwrap_or(usize::MAX))?;
    let people = context::people(&workspace)?;
    if ctx.out.json {
        return Ok(ctx.out.object(&ShowShape {
            conversation: ConversationShape::new(&row, &people),
            messages: shapes(&workspace, &messages)?,
        })?);
    }
    ctx.out.heading(&format!(
        "{} · {} · {} · {}{}",
        row.contact_name,
        row.channel.title(),
        row.account_name,
        state(&row),
        row.assignee_name.as_ref().map(|n| format!(" · {n}")).unwrap_or_default(),
    ))?;
    if row.known_name().is_some() {
        ctx.out.line(&row.theirs)?;
    }
    if let Some(subject) = &row.subject {
        ctx.out.line(subject)?;
    }
    if !row.labels.is_empty() {
        ctx.out.line(&format!("labels: {}", row.labels.join(", ")))?;
    }
    if let Some(q) = &row.qualification {
        let reason = q.reason.as_ref().map(|r| format!(": {r}")).unwrap_or_default();
        ctx.out.line(&format!("{}{reason}", q.state))?;
    }
    let apart = [(row.archived_at.is_some(), "archived"), (row.muted, "muted"), (row.blocked, "blocked")];
    let apart: Vec<&str> = apart.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
    if !apart.is_empty() {
        ctx.out.line(&apart.join(", "))?;
    }
    let (now, tz) = (workspace.clock.now(), TimeZone::system());
    if let Some(due) = row.due_at {
        let word = if due <= now { "overdue since" } else { "due" };
        ctx.out.line(&format!("{word} {}", format::moment_within(due, now, &tz)))?;
    }
    let mut day = String::new();
    for message in &messages {
        let today = format::day(message.sent_at, now, &tz);
        if today != day {
            ctx.out.line("")?;
            ctx.out.heading(&format!("── {today} ──"))?;
            day = today;
        }
        show_message(ctx, &row, message, &tz)?;
    }
    Ok(())
}

fn show_message(
    ctx: &mut Context,
    row: &ConversationRow,
    message: &MessageRow,
    tz: &TimeZone,
) -> Result<(), CliError> {
    let nameless = || match message.author {
        AuthorKind::Contact => row.contact_name.clone(),
        kind => kind.to_string(),
    };
    let who = message.author_name.clone().unwrap_or_else(nameless);
    let note = if message.direction == Direction::Note { " · note" } else { "" };
    let delivery = message.delivery.map(|d| format!(" · {d}")).unwrap_or_default();
    let reason = message.reason.as_ref().map(|r| format!(": {}", r.human)).unwrap_or_default();
    let id = message.id;
    ctx.out.line(&format!("{} {who}{note}{delivery}{reason} · {id}", format::clock(message.sent_at, tz)))?;
    ctx.out.block("      ", &message.text)?;
    for file in &message.attachments {
        let size = file.size.map(|s| format!(", {}", format::bytes(s))).unwrap_or_default();
        let error = file.error.as_ref().map(|e| format!(": {e}")).unwrap_or_default();
        ctx.out.block("      ", &format!("[{}] {}{size}{error}", file.id, file.name))?;
    }
    Ok(())
}

/// The newest messages of a conversation, oldest first, read window by window.
fn thread(workspace: &Workspace, row: &ConversationRow, most: usize) -> Result<Vec<MessageRow>, CliError> {
    let reader = workspace.store.reader()?;
    let mut windows: Vec<Vec<MessageRow>> = Vec::new();
    let mut left = most;
    let mut before = None;
    while left > 0 {
        let window = reader.thread(row.id, before, left.min(WINDOW))?;
        let Some(first) = window.first() else { break };
        before = Some((first.sent_at, first.id));
        left -= window.len();
        windows.push(window);
    }
    Ok(windows.into_iter().rev().flatten().collect())
}

/// `search QUERY`
///
/// # Errors
/// A query that cannot be understood, or the store.
pub fn search(ctx: &mut Context, args: &SearchArgs) -> Result<(), CliError> {
    let Some(query) = understand(&args.query)? else {
        return Err(CliError::usage(
            "what shall be searched for? Words, \"phrases\" or filters such as from:anna",
        ));
    };
    let workspace = ctx.open()?;
    let reader = workspace.store.reader()?;
    let (me, now, tz) = (Some(workspace.me.id), workspace.clock.now(), TimeZone::system());
    let hits = reader.search(&query, None, args.limit.limit, me, now, &tz)?;
    let terms = index::terms(&query);
    let mut table = Table::new(&["conversation", "message", "channel", "contact", "age", "text"], 5);
    for hit in &hits {
        let reason = reason(&reader, hit, &terms)?;
        let text = reason.map_or_else(|| hit.text.clone(), |reason| format!("{reason} · {}", hit.text));
        let (snippet, _) = index::snippet(&text, &terms, SNIPPET);
        if ctx.out.json {
            ctx.out.object(&HitShape::new(hit, snippet))?;
            continue;
        }
        table.row(vec![
            hit.conversation.to_string(),
            hit.message.to_string(),
            hit.channel.title().into(),
            hit.contact_name.clone(),
            ago(Some(hit.sent_at), now),
            snippet,
        ]);
    }
    if ctx.out.json { Ok(()) } else { Ok(ctx.out.table(&table, NOTHING)?) }
}

/// Why a message is found that holds none of the words: its conversation's subject, or a name or address of the customer.
fn reason(reader: &Reader, hit: &SearchHit, terms: &[Term]) -> Result<Option<String>, CliError> {
    if terms.is_empty() || !index::highlight(&hit.text, terms).is_empty() {
        return Ok(None);
    }
    // A telephone number may be typed with blanks, and as it is dialled at home.
    let parts: Vec<&str> =
        terms.iter().map(Term::text).filter(|t| !t.contains(char::is_alphabetic)).collect();
    let typed = address::digits(&parts.join(" "));
    let typed = typed.strip_prefix('0').unwrap_or(&typed);
    let holds = |value: &str| {
        !index::highlight(value, terms).is_empty()
            || (typed.len() >= 3 && address::number_in(value).is_some_and(|n| n.contains(typed)))
    };
    let Some(row) = reader.conversation(hit.conversation)? else { return Ok(None) };
    let mut known = vec![("subject", row.subject.clone().unwrap_or_default())];
    known.push(("name", row.known_name().unwrap_or_default().to_owned()));
    known.push(("address", row.theirs));
    if let Some(contact) = reader.contact(hit.contact)? {
        known.extend(contact.identities.into_iter().map(|(identity, _)| ("address", identity.value)));
    }
    Ok(known.into_iter().find(|(_, value)| holds(value)).map(|(label, value)| format!("{label}: {value}")))
}

/// The query of the words typed; none if there are none.
fn understand(words: &[String]) -> Result<Option<Query>, CliError> {
    let text = words.join(" ");
    if text.trim().is_empty() {
        return Ok(None);
    }
    query::parse(&text).map(Some).map_err(|e| CliError::usage(e.to_string()))
}

fn state(row: &ConversationRow) -> String {
    match row.priority {
        Priority::None => row.status.to_string(),
        priority => format!("{} {priority}", row.status),
    }
}

fn preview(row: &ConversationRow) -> String {
    let arrow = match row.preview_direction {
        Some(Direction::Outbound) => "→ ",
        Some(Direction::Note) => "note: ",
        _ => "",
    };
    let delivery = row
        .delivery
        .filter(|d| d.needs_agent() || d.pending())
        .map(|d| format!("[{d}] "))
        .unwrap_or_default();
    format!("{delivery}{arrow}{}", row.preview)
}
