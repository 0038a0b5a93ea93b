//! `assign`, `qualify`, `status`, `priority`, `label`, `read`, `unread`, `consent`: what happens to a conversation.

use crate::app::workspace::Workspace;
use crate::cli::args::{
    AssignArgs, ConsentArgs, ConsentWord, LabelArgs, OneConversation, PriorityArgs, QualifyArgs, StatusArgs,
};
use crate::cli::context::{self, Context};
use crate::cli::error::CliError;
use crate::cli::orders;
use crate::domain::account::UnknownWord;
use crate::domain::command::Action;
use crate::domain::contact::ConsentState;
use crate::domain::conversation::Status;
use crate::domain::facet;
use crate::domain::order::{self, Order};
use crate::text::{format, when};
use jiff::tz::TimeZone;

/// `assign C me|none|AGENT`
///
/// # Errors
/// No such conversation or agent.
pub fn assign(ctx: &mut Context, args: &AssignArgs) -> Result<(), CliError> {
    let order = Order::Assign(order::to(args.to.trim()));
    give(ctx, &args.conversation, &order, &order.said())
}

/// `qualify C STATE [--reason R]`
///
/// # Errors
/// No such conversation.
pub fn qualify(ctx: &mut Context, args: &QualifyArgs) -> Result<(), CliError> {
    let reason = args.reason.as_deref().map(str::trim).unwrap_or_default();
    let order = orders::read(&format!("qualify {} {reason}", args.state))?;
    give(ctx, &args.conversation, &order, &format!("qualification: {}", args.state))
}

/// `status C STATUS [--until WHEN]`
///
/// # Errors
/// No such conversation, or a time that is none.
pub fn status(ctx: &mut Context, args: &StatusArgs) -> Result<(), CliError> {
    let status: Status = args.status.parse().map_err(|e: UnknownWord| CliError::usage(e.to_string()))?;
    let (order, said) = match (&args.until, status) {
        (Some(_), other) if other != Status::Snoozed => {
            return Err(CliError::usage("--until goes with snoozed"));
        }
        (Some(text), _) => {
            let now = ctx.open()?.clock.now();
            let until = when::ahead(text, now, &TimeZone::system())
                .ok_or_else(|| CliError::usage(format!("{text} is no time ahead: write {}", when::FORMS)))?;
            let stamp = format::stamp(until);
            (Order::Snooze(Some(stamp.clone())), format!("snoozed until {stamp}"))
        }
        (None, Status::Snoozed) => (Order::Snooze(None), "status: snoozed".to_owned()),
        (None, status) => (Order::Status(status), format!("status: {status}")),
    };
    give(ctx, &args.conversation, &order, &said)
}

/// `priority C P`
///
/// # Errors
/// No such conversation.
pub fn priority(ctx: &mut Context, args: &PriorityArgs) -> Result<(), CliError> {
    let order = orders::read(&format!("priority {}", args.priority))?;
    give(ctx, &args.conversation, &order, &format!("priority: {}", args.priority))
}

/// `label C +a -b`
///
/// # Errors
/// No such conversation, or a word that is no label.
pub fn label(ctx: &mut Context, args: &LabelArgs) -> Result<(), CliError> {
    let changes = args.changes.iter().map(|c| change(c)).collect::<Result<_, _>>()?;
    let workspace = ctx.open()?;
    let conversation = context::conversation(&workspace, &args.conversation)?.id;
    let done = orders::carry_out(ctx, &workspace, conversation, &Order::Label(changes))?;
    let now = context::conversation(&workspace, &args.conversation)?.labels;
    let said = if now.is_empty() { "no labels".to_owned() } else { format!("labels: {}", now.join(", ")) };
    ctx.done(&done, &said)
}

fn give(ctx: &mut Context, conversation: &str, order: &Order, said: &str) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let conversation = context::conversation(&workspace, conversation)?.id;
    orders::give(ctx, &workspace, conversation, order, said)
}

/// A label and whether it goes on.
fn change(word: &str) -> Result<(String, bool), CliError> {
    let (name, on) = match (word.strip_prefix('+'), word.strip_prefix('-')) {
        (Some(name), _) => (name, true),
        (_, Some(name)) => (name, false),
        _ => {
            return Err(CliError::usage(format!(
                "{word}: write +{word} to add the label, -{word} to take it away"
            )));
        }
    };
    let name = facet::label(name, on).map_err(|why| CliError::usage(format!("{word}: {why}")))?;
    Ok((name.to_owned(), on))
}

/// `read C`
///
/// # Errors
/// No such conversation.
pub fn read(ctx: &mut Context, args: &OneConversation) -> Result<(), CliError> {
    give(ctx, &args.conversation, &Order::Read(true), "read")
}

/// `unread C`
///
/// # Errors
/// No such conversation.
pub fn unread(ctx: &mut Context, args: &OneConversation) -> Result<(), CliError> {
    give(ctx, &args.conversation, &Order::Read(false), "unread")
}

/// `consent C opt-out|opt-in`
///
/// # Errors
/// No such conversation.
pub fn consent(ctx: &mut Context, args: &ConsentArgs) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let conversation = context::conversation(&workspace, &args.conversation)?.id;
    let (state, said) = match args.state {
        ConsentWord::OptOut => (ConsentState::OptedOut, "opted out: nothing is sent to this customer here"),
        ConsentWord::OptIn => (ConsentState::OptedIn, "opted in"),
    };
    simple(ctx, &workspace, Action::Consent { conversation, state }, said)
}

/// Performs an action and says what it did.
///
/// # Errors
/// Why it was not done.
pub fn simple(ctx: &mut Context, workspace: &Workspace, action: Action, said: &str) -> Result<(), CliError> {
    let done = context::perform(workspace, action)?;
    ctx.say_if_nobody_performs(workspace, &done)?;
    ctx.done(&done, said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_plain_words_with_a_sign() {
        assert_eq!(change("+vip"), Ok(("vip".into(), true)));
        assert_eq!(change("-old one"), Ok(("old one".into(), false)));
        for bad in ["vip", "+", "-  ", "+a\nb", "+a\u{202e}b"] {
            assert!(change(bad).is_err(), "{bad:?}");
        }
    }
}
