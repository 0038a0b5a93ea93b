//! What the command line says of a mail besides its words: subject, addresses, what is passed on.

use crate::cli::args::{ForwardArgs, MailArgs, NewArgs, ReplyArgs};
use crate::cli::attachment;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::say;
use crate::domain::account::Channel;
use crate::domain::command::Action;
use crate::domain::ids::MessageId;
use crate::domain::mail::{Mail, MailHead, Mailbox, Manner};
use crate::domain::row::{AccountRow, ConversationRow};
use crate::text::mail::mailboxes;
use crate::text::sanitize;
use std::str::FromStr;
use std::time::Duration;

/// How long each file of a mail that is passed on is waited for.
const FILES: Duration = Duration::from_secs(60);

/// Addresses of an option that may be given several times.
fn addresses(option: &str, typed: &[String]) -> Result<Vec<Mailbox>, CliError> {
    let mut all = Vec::new();
    for one in typed {
        all.extend(mailboxes::read(one).map_err(|e| CliError::usage(format!("{option} {one}: {e}")))?);
    }
    Ok(mailboxes::once(all))
}

fn head(args: &MailArgs) -> Result<MailHead, CliError> {
    Ok(MailHead {
        subject: args.subject.clone(),
        more_cc: addresses("--cc", &args.cc)?,
        bcc: addresses("--bcc", &args.bcc)?,
        html: args.html,
        ..MailHead::default()
    })
}

fn only_mail(channel: Channel) -> CliError {
    CliError::usage(format!(
        "--subject, --to, --cc, --bcc, --all, --about and --html are for e-mail: this goes by {}",
        channel.title()
    ))
}

/// To whom a mail goes, all of them.
pub fn addressed(mail: &Mail) -> String {
    let all: Vec<&str> =
        [&mail.to, &mail.cc, &mail.bcc].into_iter().flatten().map(|one| one.address.as_str()).collect();
    sanitize::line(&all.join(", ")).into_owned()
}

/// What `reply` says of a mail; none where it says nothing.
///
/// # Errors
/// What is no address, or where the conversation is none of mails.
pub fn of_reply(row: &ConversationRow, args: &ReplyArgs) -> Result<Option<Box<MailHead>>, CliError> {
    if !args.mail.is_used() && !args.all && args.to.is_empty() && args.about.is_none() {
        return Ok(None);
    }
    if row.channel != Channel::Email {
        return Err(only_mail(row.channel));
    }
    let to = addresses("--to", &args.to)?;
    let manner = if args.all { Manner::ReplyAll } else { Manner::Reply };
    let to = (!to.is_empty()).then_some(to);
    let missing =
        |id: &String| CliError::not_found(format!("there is no mail {id}: `frontdesk show` shows ids"));
    let about = args.about.as_ref().map(|id| MessageId::from_str(id).map_err(|_| missing(id))).transpose()?;
    Ok(Some(Box::new(MailHead { manner, about, to, ..head(&args.mail)? })))
}

/// The first address of `new`, and what else it says of a mail.
///
/// # Errors
/// What is no address, or where the account carries no mail.
pub fn of_new(account: &AccountRow, args: &NewArgs) -> Result<(String, Option<Box<MailHead>>), CliError> {
    if !account.channels.contains(&Channel::Email) {
        return match account.channels.first() {
            Some(channel) if args.mail.is_used() => Err(only_mail(*channel)),
            _ => Ok((args.to.clone(), None)),
        };
    }
    let to = addresses("--to", std::slice::from_ref(&args.to))?;
    let first = to.first().map(|one| one.address.clone()).unwrap_or_default();
    Ok((first, Some(Box::new(MailHead { to: Some(to), ..head(&args.mail)? }))))
}

/// `forward MESSAGE --to ADDRESS [TEXT|-]`
///
/// # Errors
/// No such mail, files that are not here, or why it may not be sent.
pub fn forward(ctx: &mut Context, args: &ForwardArgs) -> Result<(), CliError> {
    let workspace = ctx.open()?;
    let missing =
        || CliError::not_found(format!("there is no mail {}: `frontdesk show` shows ids", args.message));
    let id = MessageId::from_str(&args.message).map_err(|_| missing())?;
    let message = workspace.store.reader()?.message(id)?.ok_or_else(missing)?;
    if message.mail.is_none() {
        return Err(CliError::refused("only a mail can be passed on"));
    }
    let to = addresses("--to", &args.to)?;
    let mut text = say::written(&workspace, args.text.as_deref(), &args.attach)?;
    if !args.without_files && !args.as_attachment {
        let mut files = Vec::with_capacity(message.attachments.len() + text.files.len());
        for file in &message.attachments {
            let path = attachment::here(&workspace, file, FILES).map_err(|e| {
                let said = format!("{}: {}; --without-files leaves the files out", file.name, e.message);
                CliError { message: said, ..e }
            })?;
            files.push(workspace.store.keep_as(&workspace.store.dir().join(path), &file.name)?);
        }
        files.append(&mut text.files);
        text.files = files;
    }
    let manner = if args.as_attachment { Manner::ForwardAttached } else { Manner::Forward };
    text.mail = Some(Box::new(MailHead { manner, about: Some(id), to: Some(to), ..head(&args.mail)? }));
    let at = say::moment(&workspace, &args.later)?;
    say::guarded(&workspace, &text.text, &args.guarded)?;
    let action = Action::Reply { conversation: message.conversation, text, undo_ms: 0, at };
    say::say(ctx, &workspace, action, &args.wait)
}
