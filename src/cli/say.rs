//! `new`, `reply`, `note`: writing; and waiting for what becomes of it.

use crate::app::workspace::Workspace;
use crate::cli::args::{Guarded, Later, NewArgs, ReplyArgs, Wait, WordsArgs};
use crate::cli::context::{self, Context};
use crate::cli::error::{CliError, Exit};
use crate::cli::mail;
use crate::domain::attachment::Written;
use crate::domain::clock::Ms;
use crate::domain::command::{Action, Performed};
use crate::domain::delivery::Delivery;
use crate::domain::ids::MessageId;
use crate::domain::row::{MessageRow, OutboxRow};
use crate::text::guard::Guard;
use crate::text::recipient::{self, RecipientError};
use crate::text::{format, when};
use jiff::tz::TimeZone;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How often the database is looked at while waiting.
const LOOK: Duration = Duration::from_millis(20);

/// `reply CONVERSATION TEXT|-`
///
/// # Errors
/// No such conversation, a reason why one may not write there, or what `--wait` found.
pub fn reply(ctx: &mut Context, args: &ReplyArgs) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let row = context::conversation(&workspace, &args.words.conversation)?;
    let conversation = row.id;
    let mut text = written(&workspace, args.words.text.as_deref(), &args.words.attach)?;
    text.mail = mail::of_reply(&row, args)?;
    let at = moment(&workspace, &args.later)?;
    guarded(&workspace, &text.text, &args.guarded)?;
    say(ctx, &workspace, Action::Reply { conversation, text, undo_ms: 0, at }, &args.words.wait)
}

/// `note CONVERSATION TEXT|-`
///
/// # Errors
/// No such conversation, or the store.
pub fn note(ctx: &mut Context, args: &WordsArgs) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let conversation = context::conversation(&workspace, &args.conversation)?.id;
    let text = written(&workspace, args.text.as_deref(), &args.attach)?;
    if text.is_blank() {
        return Err(CliError::refused("the note is empty"));
    }
    say(ctx, &workspace, Action::Note { conversation, text }, &args.wait)
}

/// `new --channel NAME --to ADDRESS TEXT|-`
///
/// # Errors
/// No such channel, an address that is none, a reason why one may not write there, or what `--wait` found.
pub fn new(ctx: &mut Context, args: &NewArgs) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let account = workspace.store.reader()?.account_by_name(&args.channel)?;
    let Some(account) = account else {
        return Err(CliError::not_found(format!(
            "there is no channel {}: `frontdesk channel list` shows them",
            args.channel
        )));
    };
    let (name, carries) = (&account.name, &account.channels);
    let (first, head) = mail::of_new(&account, args)?;
    let (channel, to) = recipient::read(&first, name, carries, workspace.config.phone_region.as_deref())
        .map_err(|e| match e {
            RecipientError::Channel(why) => CliError::refused(why),
            RecipientError::Address(why) => CliError::usage(why),
        })?;
    let mut text = written(&workspace, args.text.as_deref(), &args.attach)?;
    text.mail = head;
    let at = moment(&workspace, &args.later)?;
    guarded(&workspace, &text.text, &args.guarded)?;
    say(ctx, &workspace, Action::New { account: account.id, channel, to, text, undo_ms: 0, at }, &args.wait)
}

/// What is to be said: the words, and copies of the files that go along.
pub(super) fn written(
    workspace: &Workspace,
    text: Option<&str>,
    attach: &[PathBuf],
) -> Result<Written, CliError> {
    // A file that is not there is told before standard input is waited for.
    let files = attach.iter().map(|file| Ok(workspace.store.keep(file)?)).collect::<Result<_, CliError>>()?;
    Ok(Written { text: text.map(context::text).transpose()?.unwrap_or_default(), files, mail: None })
}

/// The moment for which something is scheduled.
pub(super) fn moment(workspace: &Workspace, later: &Later) -> Result<Option<Ms>, CliError> {
    let Some(text) = &later.at else { return Ok(None) };
    let at = when::ahead(text, workspace.clock.now(), &TimeZone::system());
    let none = || CliError::usage(format!("--at {text} is no time ahead: write {}", when::FORMS));
    at.map(Some).ok_or_else(none)
}

/// Refuses what the screen would ask about, unless it is confirmed.
///
/// # Errors
/// What the text looks like.
pub fn guarded(workspace: &Workspace, text: &str, args: &Guarded) -> Result<(), CliError> {
    let hits = Guard::new(&workspace.config.confirm_patterns).hits(text);
    if hits.is_empty() || args.confirmed {
        return Ok(());
    }
    let hits = hits.join(" and ");
    Err(CliError::refused(format!("it looks like {hits}: `--confirmed` sends it all the same")))
}

/// Enqueues what is to be said, prints what was made, and waits if that is wanted.
///
/// # Errors
/// Why it was not enqueued, or what `--wait` found.
pub fn say(ctx: &mut Context, workspace: &Workspace, action: Action, wait: &Wait) -> Result<(), CliError> {
    let scheduled = match &action {
        Action::Reply { at, .. } | Action::New { at, .. } => *at,
        _ => None,
    };
    let mut done = context::perform(workspace, action)?;
    ctx.say_if_nobody_performs(workspace, &done)?;
    let outcome = match (wait.wait, done.op) {
        (Some(seconds), Some(_)) => wait_for(workspace, &mut done, Duration::from_secs(seconds))?,
        _ => Ok(()),
    };
    let to = match done.message {
        Some(id) => {
            workspace.store.reader()?.message(id)?.and_then(|row| Some(mail::addressed(row.mail.as_deref()?)))
        }
        None => None,
    };
    let to = to.map(|to| format!(", to {to}")).unwrap_or_default();
    let said = match (done.message, done.delivery) {
        (Some(message), Some(Delivery::Queued)) if scheduled.is_some() => {
            let at = scheduled.unwrap_or_default();
            let at = format::moment_within(at, workspace.clock.now(), &TimeZone::system());
            format!("message {message}: scheduled for {at}{to}")
        }
        (Some(message), Some(delivery)) => format!("message {message}: {delivery}{to}"),
        (Some(message), None) => format!("note {message}"),
        _ => "done".into(),
    };
    ctx.done(&done, &said)?;
    outcome
}

/// Waits until the engine knows what became of a message. The inner result is for the exit code.
fn wait_for(
    workspace: &Workspace,
    done: &mut Performed,
    patience: Duration,
) -> Result<Result<(), CliError>, CliError> {
    let Some(id) = done.message else { return Ok(Ok(())) };
    let reader = workspace.store.reader()?;
    // Longer than a clock can count is for ever.
    let until = Instant::now().checked_add(patience);
    loop {
        let row =
            reader.message(id)?.ok_or_else(|| CliError::not_found(format!("the message {id} is gone")))?;
        done.delivery = row.delivery;
        if let Some(outcome) = outcome(&row) {
            return Ok(outcome);
        }
        if until.is_some_and(|until| Instant::now() >= until) {
            let held = || reader.outbox(HELD, workspace.clock.now()).ok().and_then(|all| of_message(all, id));
            let why = row.reason.as_ref().map(|r| r.human.clone()).or_else(held);
            let why = why.map(|why| format!(": {why}")).unwrap_or_default();
            let state = row.delivery.map_or("queued", |d| d.word());
            let message = format!("after {} s the message is still {state}{why}", patience.as_secs());
            return Ok(Err(CliError::new(Exit::WaitRanOut, message)));
        }
        std::thread::sleep(LOOK);
    }
}

/// Rows of the outbox that are looked through for a reason.
const HELD: usize = 1_000;

/// What a message waits for, as the outbox tells it.
fn of_message(outbox: Vec<OutboxRow>, id: MessageId) -> Option<String> {
    outbox.into_iter().find(|row| row.message == Some(id))?.why().map(str::to_owned)
}

/// What became of a message; none while it is on its way.
fn outcome(row: &MessageRow) -> Option<Result<(), CliError>> {
    let why = || row.reason.as_ref().map(|r| format!(": {}", r.human)).unwrap_or_default();
    match row.delivery? {
        Delivery::Queued | Delivery::Sending | Delivery::Retrying => None,
        Delivery::Accepted | Delivery::Delivered | Delivery::Read => Some(Ok(())),
        Delivery::Failed => Some(Err(CliError::failure(format!("it was not delivered{}", why())))),
        Delivery::Parked => Some(Err(CliError::failure(format!(
            "it was not sent and waits for you{} (`frontdesk retry {}`)",
            why(),
            row.id
        )))),
        Delivery::Unknown => Some(Err(CliError::failure(format!(
            "it may or may not have been sent{}: look at the provider, then `frontdesk settle {} sent|not-sent`",
            why(),
            row.id
        )))),
        Delivery::Cancelled => Some(Err(CliError::failure("it was taken back before it left"))),
    }
}
