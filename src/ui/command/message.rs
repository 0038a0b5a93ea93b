//! Commands on one message: the one under the cursor, or in the list the newest that fits.

use crate::domain::attachment::Written;
use crate::domain::command::{Action, ComposeMode};
use crate::domain::delivery::Delivery;
use crate::domain::ids::{AttachmentId, ConversationId, MessageId};
use crate::domain::message::Direction;
use crate::domain::row::{AttachmentRow, Fetch, MessageRow};
use crate::text::sanitize;
use crate::ui::command::{Category, Command, on_conversation, undo, write};
use crate::ui::effect::{Effect, Need};
use crate::ui::keymap::Scope::{self, Panes, Thread};
use crate::ui::model::{Model, Purpose};
use crate::ui::msg::Level;
use crate::ui::overlay::{Overlay, Picker, Prompt, PromptKind};
use crate::ui::wanted::For;

const fn message(
    id: &'static str,
    title: &'static str,
    help: &'static str,
    keys: &'static [(Scope, &'static str)],
    available: fn(&Model) -> Result<(), String>,
    run: fn(&mut Model),
) -> Command {
    Command { id, title, help, category: Category::Message, keys, hint: None, available, run }
}

pub(super) static COMMANDS: &[Command] = &[
    Command {
        hint: Some(("send again", 3)),
        ..message(
            "message.retry",
            "Send again",
            "Sends a failed, parked or waiting message now.",
            &[(Panes, "R")],
            can_retry,
            |m| {
                act(m, is_stuck, "message.retry");
            },
        )
    },
    Command {
        hint: Some(("send again", 3)),
        ..message(
            "message.resend",
            "Send again, knowingly",
            "Sends a message again of which nobody knows whether it was sent.",
            &[(Panes, "S")],
            can_settle,
            |m| {
                act(m, is_unknown, "message.resend");
            },
        )
    },
    Command {
        hint: Some(("was sent", 4)),
        ..message(
            "message.was-sent",
            "It was sent",
            "Settles the doubt about a message: it was sent.",
            &[(Panes, "T")],
            can_settle,
            |m| {
                act(m, is_unknown, "message.was-sent");
            },
        )
    },
    Command {
        hint: Some(("not sent", 4)),
        ..message(
            "message.not-sent",
            "It was not sent",
            "Settles the doubt about a message: it was not sent. It can then be sent again or given up.",
            &[(Panes, "N")],
            can_settle,
            |m| {
                act(m, is_unknown, "message.not-sent");
            },
        )
    },
    message(
        "message.discard",
        "Give up",
        "Gives a message up that was not sent; its words become the draft.",
        &[(Panes, "x")],
        can_discard,
        |m| {
            let Ok(message) = m.pointed_at(is_unsent, "") else { return };
            let (id, conversation, text) = (message.id, message.conversation, m.thread.again(message));
            give_up(m, id, conversation, text);
        },
    ),
    message(
        "message.copy",
        "Copy the text",
        "Puts the words of a message on the clipboard.",
        &[(Panes, "y")],
        has_message,
        |m| {
            let Some(message) = m.target_message(|m| !m.text.is_empty()) else { return };
            let text = sanitize::clean(&message.text).into_owned();
            m.out.push(Effect::Copy(text));
            m.say(Level::Good, "copied");
        },
    ),
    message(
        "message.quote",
        "Quote",
        "Puts the words of a message into the reply as quoted lines; what is typed there stays.",
        &[(Thread, ">")],
        can_quote,
        quote,
    ),
    Command {
        hint: Some(("unfold", 12)),
        ..message(
            "message.unfold",
            "Show what is folded",
            "Shows what a mail quotes, its signature and all who got it; once more folds them again.",
            &[(Panes, "v")],
            has_folds,
            |m| {
                let Some(message) = folded(m) else { return };
                m.thread.toggle_fold(message);
            },
        )
    },
    message(
        "message.delivery",
        "Delivery",
        "Shows how a message has travelled: state, time, source, code, price.",
        &[(Panes, "d")],
        has_sent,
        |m| {
            let Some(message) = m.target_message(|m| m.delivery.is_some()).map(|m| m.id) else { return };
            m.overlays.push(Overlay::Delivery { message, steps: None });
            m.load(Need::Delivery { message });
        },
    ),
    Command {
        hint: Some(("open file", 40)),
        ..message(
            "attachment.open",
            "Open a file",
            "Opens a file of a message with the system's program.",
            &[(Panes, "o")],
            has_file,
            |m| {
                each_file(m, false);
            },
        )
    },
    Command {
        hint: Some(("save file", 41)),
        ..message(
            "attachment.save",
            "Save a file…",
            "Copies a file of a message to a place of your choice.",
            &[(Panes, "w")],
            has_file,
            |m| {
                each_file(m, true);
            },
        )
    },
];

/// Whether it can be sent now: it has failed, or waits for its time.
pub(crate) fn is_stuck(message: &MessageRow) -> bool {
    match message.delivery {
        Some(Delivery::Failed) => !message.given_up,
        Some(Delivery::Parked | Delivery::Retrying) => true,
        Some(Delivery::Queued) => message.due_at.is_some(),
        _ => false,
    }
}

fn is_unknown(message: &MessageRow) -> bool {
    message.delivery == Some(Delivery::Unknown)
}

fn is_unsent(message: &MessageRow) -> bool {
    is_stuck(message) || message.delivery == Some(Delivery::Queued)
}

fn found(model: &Model, fits: fn(&MessageRow) -> bool, none: &str) -> Result<(), String> {
    on_conversation(model)?;
    model.target_message(fits).map(|_| ()).ok_or_else(|| none.to_owned())
}

/// Whether there is a message that a change is for.
fn pointed(model: &Model, fits: fn(&MessageRow) -> bool, none: &str) -> Result<(), String> {
    on_conversation(model)?;
    model.pointed_at(fits, none).map(|_| ())
}

fn can_retry(model: &Model) -> Result<(), String> {
    pointed(model, is_stuck, "no message here has failed").map_err(|why| {
        if model.pointed_at(is_unknown, "").is_ok() {
            let [again, sent, not] = ["message.resend", "message.was-sent", "message.not-sent"]
                .map(|command| model.keymap.first_label(command));
            format!("it may have been sent: {again} sends it again, {sent} says that it was sent, {not} that it was not")
        } else {
            why
        }
    })
}

fn can_settle(model: &Model) -> Result<(), String> {
    pointed(model, is_unknown, "no message here is in doubt")
}

fn can_discard(model: &Model) -> Result<(), String> {
    pointed(model, is_unsent, "no message here waits or has failed")
}

fn has_message(model: &Model) -> Result<(), String> {
    found(model, |m| !m.text.is_empty(), "there is no message with words")
}

/// Whether the customer has read or written it: what agents say among themselves is not for their eyes.
fn is_quotable(message: &MessageRow) -> bool {
    matches!(message.direction, Direction::Inbound | Direction::Outbound) && !message.text.trim().is_empty()
}

fn can_quote(model: &Model) -> Result<(), String> {
    write::can_reply(model)?;
    pointed(model, is_quotable, "no message here can be quoted").map_err(|why| {
        let under = model.thread.cursor_message().map(|m| m.direction);
        if under == Some(Direction::Note) { "a note is for agents only".to_owned() } else { why }
    })
}

fn quote(model: &mut Model) {
    let Ok(message) = model.pointed_at(is_quotable, "") else { return };
    let text = sanitize::clean(&message.text).into_owned();
    let lines: Vec<String> =
        text.trim_end().lines().map(|line| format!("> {line}").trim_end().to_owned()).collect();
    model.compose(ComposeMode::Reply);
    let now = model.now;
    if let Some(composer) = &mut model.composer {
        // On lines of its own, at the cursor.
        let before = if composer.before_cursor().is_empty() { "" } else { "\n" };
        composer.insert(&format!("{before}{}\n", lines.join("\n")), now);
    }
}

/// The message of which something is folded away: the one under the cursor, else the newest.
fn folded(model: &Model) -> Option<MessageId> {
    model.target_message(|message| model.thread.has_folds(message.id)).map(|message| message.id)
}

fn has_folds(model: &Model) -> Result<(), String> {
    on_conversation(model)?;
    folded(model).map(|_| ()).ok_or_else(|| "nothing is folded here".to_owned())
}

fn has_sent(model: &Model) -> Result<(), String> {
    found(model, |m| m.delivery.is_some(), "no message was sent here")
}

fn has_file(model: &Model) -> Result<(), String> {
    found(model, |m| !m.attachments.is_empty(), "no message here has a file")?;
    found(model, |m| m.attachments.iter().any(can_be_had), "the file is not here and cannot be fetched")
}

/// Whether a file is here, or can be fetched.
fn can_be_had(file: &AttachmentRow) -> bool {
    file.path.is_some() || file.fetch != Fetch::No
}

/// What a command does about a message that is not delivered, and what is said then; none where there is nothing to it.
pub(crate) fn mending(id: &str, message: MessageId, delivery: Delivery) -> Option<(Action, &'static str)> {
    let is_unknown = delivery == Delivery::Unknown;
    Some(match (id, delivery) {
        ("message.retry", Delivery::Queued) => (Action::Retry { message }, "on its way"),
        ("message.retry", Delivery::Failed | Delivery::Parked | Delivery::Retrying) => {
            (Action::Retry { message }, "on its way again")
        }
        ("message.resend", _) if is_unknown => (Action::Retry { message }, "on its way again"),
        ("message.was-sent", _) if is_unknown => {
            (Action::Settle { message, sent: true }, "settled: it was sent")
        }
        ("message.not-sent", _) if is_unknown => {
            (Action::Settle { message, sent: false }, "settled: it was not sent")
        }
        _ => return None,
    })
}

/// Gives a message up that was not sent, and takes its words back into the draft.
pub(crate) fn give_up(model: &mut Model, message: MessageId, conversation: ConversationId, text: Written) {
    let along = undo::forget(model, message);
    model.perform(
        Action::Discard { message },
        Purpose::TakeBack { conversation, mode: ComposeMode::Reply, text, along },
    );
}

fn act(model: &mut Model, fits: fn(&MessageRow) -> bool, id: &str) {
    let Ok(message) = model.pointed_at(fits, "") else { return };
    let Some((action, said)) = message.delivery.and_then(|d| mending(id, message.id, d)) else { return };
    model.perform(action, Purpose::Change { inverse: Vec::new(), said: said.into() });
}

fn each_file(model: &mut Model, save: bool) {
    let Some(message) = model.target_message(|m| m.attachments.iter().any(can_be_had)) else {
        return;
    };
    let files: Vec<AttachmentRow> = message.attachments.iter().filter(|f| can_be_had(f)).cloned().collect();
    match files.as_slice() {
        [only] => file(model, only.id, save),
        _ => {
            let picker = Picker::files(&files, save);
            model.overlays.push(Overlay::Picker(Box::new(picker)));
        }
    }
}

/// Opens a file, or asks where it is to be saved. One that is not here is fetched first.
pub(crate) fn file(model: &mut Model, id: AttachmentId, save: bool) {
    if save {
        return model.ask_line(Prompt::new(PromptKind::SaveFile(id), ""));
    }
    match absent(model, id) {
        Some((conversation, row)) => model.want(&row, For::Open { conversation }),
        None => model.out.push(Effect::OpenAttachment(id)),
    }
}

/// Copies a file out of the workspace, once it is here.
pub(crate) fn save(model: &mut Model, id: AttachmentId, to: Option<String>) {
    match absent(model, id) {
        Some((_, row)) => model.want(&row, For::Save { to }),
        None => model.out.push(Effect::SaveAttachment { id, to }),
    }
}

/// A file of the thread that is not here yet.
fn absent(model: &Model, id: AttachmentId) -> Option<(ConversationId, AttachmentRow)> {
    let messages = model.thread.messages.iter();
    let mut all = messages.flat_map(|m| m.attachments.iter().map(move |file| (m.conversation, file)));
    let (conversation, file) = all.find(|(_, file)| file.id == id && file.path.is_none())?;
    Some((conversation, file.clone()))
}
