//! Commands that write.

use crate::domain::attachment::Written;
use crate::domain::command::ComposeMode;
use crate::domain::conversation::Status;
use crate::domain::mail::Manner;
use crate::domain::order::Order;
use crate::text::segments;
use crate::ui::command::{Category, Command, on_conversation};
use crate::ui::composer::{Composer as Composing, Sending, Then, attachable, refusal};
use crate::ui::effect::{Effect, Need};
use crate::ui::keymap::Scope::{self, Composer, Panes};
use crate::ui::model::{Focus, Model, Undo};
use crate::ui::msg::Level;
use crate::ui::overlay::{Overlay, Picker};

const fn write(
    id: &'static str,
    title: &'static str,
    help: &'static str,
    keys: &'static [(Scope, &'static str)],
    hint: Option<(&'static str, u8)>,
    available: fn(&Model) -> Result<(), String>,
    run: fn(&mut Model),
) -> Command {
    Command { id, title, help, category: Category::Write, keys, hint, available, run }
}

pub(super) static COMMANDS: &[Command] = &[
    write(
        "compose.reply",
        "Reply",
        "Writes to the customer. The first line says who will read it.",
        &[(Panes, "r")],
        Some(("reply", 10)),
        can_reply,
        |m| {
            m.write_as(Manner::Reply);
            super::go::mark_read(m);
        },
    ),
    write(
        "compose.reply-all",
        "Reply to all",
        "Answers a mail to everybody who got it: the one under the cursor, else the newest. All of them are shown before it is sent.",
        &[(Panes, "b")],
        None,
        can_reply_to_all,
        |m| {
            m.write_as(Manner::ReplyAll);
            super::go::mark_read(m);
        },
    ),
    write(
        "compose.forward",
        "Forward",
        "Passes a mail on, its words below yours and its files along: the one under the cursor, else the newest.",
        &[(Panes, "F")],
        None,
        can_forward,
        |m| m.write_as(Manner::Forward),
    ),
    write(
        "compose.note",
        "Note",
        "Writes a private note that only agents read.",
        &[(Panes, "n")],
        Some(("note", 11)),
        on_conversation,
        |m| {
            m.compose(ComposeMode::Note);
        },
    ),
    write(
        "compose.new",
        "New conversation…",
        "Writes to somebody first: asks on which account and to whom, by name or address.",
        &[(Panes, "c")],
        None,
        can_begin,
        |m| {
            let picker = Picker::accounts(m);
            m.overlays.push(Overlay::Picker(Box::new(picker)));
        },
    ),
    write(
        "compose.elsewhere",
        "Answer on another channel…",
        "Lists the other ways on which the customer can be reached, best first; what is typed goes along.",
        &[(Panes, "C"), (Composer, "<a-c>")],
        None,
        can_change_way,
        |m| {
            if let Some(conversation) = m.target() {
                m.asked_ways = Some(conversation);
                m.load(Need::Ways { conversation });
            }
        },
    ),
    write(
        "compose.send",
        "Send",
        "Sends what is typed.",
        &[(Composer, "<enter>"), (Composer, "<c-s>"), (Composer, "<c-enter>")],
        Some(("send", 0)),
        composing,
        |m| m.send(Sending::default()),
    ),
    write(
        "compose.later",
        "Send later…",
        "Sends what is typed at a time of your choice; until then it can be taken back.",
        &[(Composer, "<a-l>")],
        Some(("later", 14)),
        can_schedule,
        |m| {
            let picker = Picker::later(m);
            m.overlays.push(Overlay::Picker(Box::new(picker)));
        },
    ),
    write(
        "compose.send-resolve",
        "Send and resolve",
        "Sends what is typed and resolves the conversation; undo takes both back while the message has not left.",
        &[(Composer, "<a-r>")],
        Some(("send+resolve", 15)),
        has_words,
        |m| m.send(Sending::and(Then::Order(Order::Status(Status::Resolved)))),
    ),
    write(
        "compose.send-snooze",
        "Send and snooze…",
        "Sends what is typed and puts the conversation to sleep until a time of your choice, or until the customer writes.",
        &[(Composer, "<a-s>")],
        None,
        has_words,
        |m| {
            let picker = Picker::send_and_snooze(m);
            m.overlays.push(Overlay::Picker(Box::new(picker)));
        },
    ),
    write(
        "compose.send-next",
        "Send and go on",
        "Sends what is typed and opens the next conversation of the list.",
        &[(Composer, "<a-n>")],
        Some(("send+next", 16)),
        has_words,
        |m| m.send(Sending::and(Then::Next)),
    ),
    write(
        "compose.newline",
        "New line",
        "Begins a new line.",
        &[(Composer, "<a-enter>"), (Composer, "<c-j>"), (Composer, "<s-enter>")],
        Some(("new line", 1)),
        composing,
        |m| {
            let now = m.now;
            if let Some(composer) = &mut m.composer {
                composer.insert("\n", now);
            }
        },
    ),
    write(
        "compose.complete",
        "Complete",
        "Puts in what the word before the cursor stands for: a quick reply for /shortcut, an emoji for :name. Else indents.",
        &[(Composer, "<tab>")],
        Some(("put in", 3)),
        composing,
        Model::complete,
    ),
    write(
        "compose.head",
        "To the head of the mail",
        "Goes from the text of a mail to its head: to whom, and about what. Tab and Enter go on there, Tab completes a name.",
        &[(Composer, "<s-tab>")],
        Some(("head", 5)),
        in_mail,
        Model::back_to_head,
    ),
    write(
        "compose.copies",
        "Cc and Bcc",
        "Shows who gets a copy of the mail, openly or hidden, and goes there.",
        &[(Composer, "<a-h>")],
        None,
        in_mail,
        Model::show_copies,
    ),
    write(
        "compose.everybody",
        "To all or to the sender",
        "Switches between an answer to the sender and one to all; what is typed stays.",
        &[(Composer, "<a-t>")],
        Some(("to all", 4)),
        can_switch,
        Model::switch_all_or_one,
    ),
    write(
        "compose.whole",
        "Forward as a file",
        "Passes the mail on whole, as a file with all that came, instead of its words below yours; once more goes back.",
        &[(Composer, "<a-o>")],
        Some(("as a file", 4)),
        Model::may_switch_whole,
        Model::switch_whole,
    ),
    write(
        "attach",
        "Attach a file…",
        "Has a file go along: asks for its path, which Tab completes. A pasted path of a file does the same.",
        &[(Composer, "<a-a>")],
        Some(("attach", 17)),
        can_attach,
        Model::attach,
    ),
    write(
        "detach",
        "Take a file away…",
        "Takes a file away that was to go along; where there are several, asks which.",
        &[(Composer, "<a-k>")],
        Some(("take file away", 4)),
        has_files,
        Model::detach,
    ),
    write(
        "compose.leave",
        "Leave",
        "Leaves the composer; what is typed is kept as a draft.",
        &[(Composer, "<esc>")],
        Some(("keep draft", 2)),
        composing,
        |m| {
            let had_words = m.composer.as_ref().is_some_and(|c| !c.is_blank());
            let before = m.leave_bare();
            m.close_composer();
            m.focus = Focus::Thread;
            if let Some(before) = before {
                m.thread.clear();
                m.list.selected = before;
                m.focus_on(Focus::List);
                return m.say(Level::Info, "nothing was begun");
            }
            if had_words {
                m.say(Level::Info, "kept as a draft");
            }
        },
    ),
    write(
        "compose.switch",
        "Reply or note",
        "Switches between reply and note; each keeps its own words.",
        &[(Composer, "<c-t>")],
        Some(("reply/note", 5)),
        composing,
        |m| {
            let mode = m.composer.as_ref().map(|c| c.mode);
            m.compose(if mode == Some(ComposeMode::Reply) { ComposeMode::Note } else { ComposeMode::Reply });
        },
    ),
    write(
        "compose.editor",
        "Write in $EDITOR",
        "Opens what is typed in $EDITOR.",
        &[(Composer, "<a-e>"), (Composer, "<c-x>")],
        Some(("$EDITOR", 6)),
        can_edit,
        |m| {
            if let Some(composer) = &m.composer {
                m.edited = Some((composer.conversation, composer.mode));
                m.out.push(Effect::EditExternally(composer.text()));
            }
        },
    ),
    write(
        "compose.smarten",
        "Plain characters",
        "Replaces typographic characters by look-alikes that fit into cheap SMS.",
        &[(Composer, "<c-g>")],
        None,
        can_smarten,
        |m| {
            let now = m.now;
            if let Some(composer) = &mut m.composer {
                let text = composer.text();
                composer.set(&segments::look_alikes(&text), now);
            }
        },
    ),
    write(
        "compose.undo",
        "Undo typing",
        "Takes back the last change of what is typed.",
        &[(Composer, "<a-u>"), (Composer, "<c-_>")],
        None,
        composing,
        |m| m.retype(Composing::undo, "nothing that was typed is left to take back"),
    ),
    write(
        "compose.redo",
        "Redo typing",
        "Does again what was taken back of what is typed.",
        &[(Composer, "<c-r>")],
        None,
        composing,
        |m| m.retype(Composing::redo, "nothing was taken back of what is typed"),
    ),
    write(
        "compose.preview",
        "How it will look",
        "Shows above the text how it will look to the customer: formatting, or the parts of an SMS; once more hides it.",
        &[(Composer, "<a-p>")],
        None,
        can_preview,
        |m| m.previews = !m.previews,
    ),
    write(
        "compose.clear",
        "Discard the draft",
        "Empties the composer; undo brings the words back.",
        &[(Composer, "<c-delete>")],
        None,
        composing,
        |m| {
            let now = m.now;
            let Some(composer) = &mut m.composer else { return };
            let (conversation, mode, text) = (composer.conversation, composer.mode, composer.written());
            composer.rewrite(Written::default(), now);
            m.save_draft();
            if !text.is_blank() {
                let what = if text.files.is_empty() { "the words" } else { "it" };
                m.remember(Undo::Words { conversation, mode, text });
                let (leave, undo) = (m.keymap.first_label("compose.leave"), m.keymap.first_label("undo"));
                m.say(Level::Info, format!("emptied: {leave} and {undo} bring {what} back"));
            }
        },
    ),
];

/// A reply can be begun even where it cannot be sent: the composer says why. Not where it never can.
pub(super) fn can_reply(model: &Model) -> Result<(), String> {
    on_conversation(model)?;
    let context = model.target().and_then(|id| model.context(id));
    let never = context.filter(|c| {
        let caps = c.account.capabilities.as_ref().and_then(|caps| caps.on(c.row.channel));
        caps.is_none_or(|caps| caps.read_only.is_some())
    });
    match never.and_then(|c| refusal(c, ComposeMode::Reply, None, model.now)) {
        Some(why) => Err(why),
        None => Ok(()),
    }
}

/// Files go with replies where the medium carries them, and with notes everywhere.
fn can_attach(model: &Model) -> Result<(), String> {
    let mode = match &model.composer {
        Some(composer) => composer.mode,
        None => {
            can_reply(model)?;
            ComposeMode::Reply
        }
    };
    match model.target().and_then(|id| model.context(id)).filter(|_| mode == ComposeMode::Reply) {
        Some(context) => attachable(context, model.now),
        None => Ok(()),
    }
}

/// The conversation is one of mails, and there is one to be answered or passed on.
fn on_mail(model: &Model) -> Result<(), String> {
    on_conversation(model)?;
    match model.target() {
        Some(id) if !model.is_mail(id) => Err("this conversation is not by e-mail".into()),
        Some(id) if model.thread.conversation == Some(id) && model.thread.loaded => {
            model.meant_mail().map(|_| ()).ok_or_else(|| "there is no mail here yet".into())
        }
        // It is known once the thread is there.
        _ => Ok(()),
    }
}

fn can_reply_to_all(model: &Model) -> Result<(), String> {
    on_mail(model)?;
    can_reply(model)
}

fn can_forward(model: &Model) -> Result<(), String> {
    on_mail(model)?;
    can_reply(model)
}

fn in_mail(model: &Model) -> Result<(), String> {
    composing(model)?;
    model.head().map(|_| ()).ok_or_else(|| "what is written is no mail".into())
}

fn can_switch(model: &Model) -> Result<(), String> {
    in_mail(model)?;
    match model.head() {
        Some(head) if head.manner == Manner::ReplyAll => Ok(()),
        Some(head) if head.manner == Manner::Reply && head.has_others() => Ok(()),
        Some(head) if head.manner == Manner::Reply => Err("nobody else got the mail".into()),
        _ => Err("it is no answer".into()),
    }
}

fn has_files(model: &Model) -> Result<(), String> {
    composing(model)?;
    match &model.composer {
        Some(c) if !c.files.is_empty() || !model.awaited(c.conversation).is_empty() => Ok(()),
        _ => Err("no file goes along".into()),
    }
}

fn composing(model: &Model) -> Result<(), String> {
    if model.composer.is_some() { Ok(()) } else { Err("nothing is being written".into()) }
}

fn can_change_way(model: &Model) -> Result<(), String> {
    on_conversation(model)?;
    match &model.composer {
        Some(composer) if composer.sending.is_some() => Err("what is typed is just being sent".into()),
        _ => Ok(()),
    }
}

fn can_edit(model: &Model) -> Result<(), String> {
    composing(model)?;
    match &model.composer {
        Some(composer) if composer.sending.is_some() => Err("what is typed is just being sent".into()),
        _ => Ok(()),
    }
}

fn can_begin(model: &Model) -> Result<(), String> {
    if model.sidebar.accounts.is_empty() { Err("there is no account yet".into()) } else { Ok(()) }
}

fn has_words(model: &Model) -> Result<(), String> {
    composing(model)?;
    match &model.composer {
        Some(composer) if !composer.is_blank() => Ok(()),
        _ => Err("nothing is typed yet".into()),
    }
}

fn can_schedule(model: &Model) -> Result<(), String> {
    has_words(model)?;
    match &model.composer {
        Some(composer) if composer.mode == ComposeMode::Note => {
            Err("a note is for agents only: nothing is sent".into())
        }
        _ => Ok(()),
    }
}

fn can_preview(model: &Model) -> Result<(), String> {
    composing(model)?;
    match &model.composer {
        Some(composer) if composer.mode == ComposeMode::Note => {
            Err("a note is read by agents only, as it is typed".into())
        }
        _ => Ok(()),
    }
}

fn can_smarten(model: &Model) -> Result<(), String> {
    composing(model)?;
    match &model.composer {
        Some(composer) if segments::look_alikes(&composer.text()) != composer.text() => Ok(()),
        _ => Err("there is nothing to replace".into()),
    }
}
