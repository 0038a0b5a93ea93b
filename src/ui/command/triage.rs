//! Commands that decide what becomes of a conversation, from list and thread alike. All can be undone.

use crate::domain::command::Action;
use crate::domain::contact::ConsentState;
use crate::domain::conversation::Status;
use crate::domain::order::{Order, To};
use crate::domain::row::ConversationRow;
use crate::ui::command::{Category, Command, on_conversation, undo};
use crate::ui::effect::{Need, Targets};
use crate::ui::keymap::Scope::Panes;
use crate::ui::model::{Focus, Model};
use crate::ui::msg::Level;
use crate::ui::overlay::{Confirm, Overlay, Picker};

const fn triage(
    id: &'static str,
    title: &'static str,
    help: &'static str,
    keys: &'static [(crate::ui::keymap::Scope, &'static str)],
    hint: Option<(&'static str, u8)>,
    run: fn(&mut Model),
) -> Command {
    Command { id, title, help, category: Category::Triage, keys, hint, available: on_conversation, run }
}

pub(super) static COMMANDS: &[Command] = &[
    triage(
        "assign.me",
        "Take it",
        "Assigns the conversation to me.",
        &[(Panes, "m"), (Panes, "A")],
        Some(("take", 31)),
        |m| m.order(Order::Assign(To::Me)),
    ),
    triage(
        "assign",
        "Assign…",
        "Assigns the conversation to an agent, a team or nobody.",
        &[(Panes, "a")],
        Some(("assign", 30)),
        |m| {
            m.load(Need::Agents);
            let picker = Picker::agents(m);
            m.overlays.push(Overlay::Picker(Box::new(picker)));
        },
    ),
    triage(
        "resolve",
        "Resolve or reopen",
        "Resolves the conversation; a resolved one is reopened.",
        &[(Panes, "e")],
        Some(("resolve", 20)),
        |m| {
            m.order(Order::Status(if all(m, |r| is_over(r.status)) {
                Status::Open
            } else {
                Status::Resolved
            }))
        },
    ),
    triage(
        "resolve.next",
        "Resolve and go on",
        "Resolves the conversation and goes to the next one.",
        &[(Panes, "E")],
        Some(("resolve+next", 21)),
        resolve_next,
    ),
    triage(
        "snooze",
        "Snooze…",
        "Puts the conversation to sleep until a time, or until the customer writes; what they write wakes it in any case.",
        &[(Panes, "s")],
        Some(("snooze", 23)),
        |m| {
            let picker = Picker::snoozes(m);
            m.overlays.push(Overlay::Picker(Box::new(picker)));
        },
    ),
    triage(
        "pending",
        "Make pending",
        "Sets the conversation aside until something else happens.",
        &[],
        None,
        |m| m.order(Order::Status(Status::Pending)),
    ),
    triage(
        "spam",
        "Spam or not",
        "Marks the conversation as spam: new messages do not bring it back. What is spam comes out of it.",
        &[(Panes, "X")],
        None,
        |m| {
            let is_spam = all(m, |r| r.status == Status::Spam);
            m.order(Order::Status(if is_spam { Status::Open } else { Status::Spam }));
        },
    ),
    triage(
        "archive",
        "Archive or take back",
        "Puts the conversation away until the customer writes again; what is put away comes back.",
        &[(Panes, "Z")],
        Some(("archive", 36)),
        |m| m.order(Order::Archive(!all(m, |r| r.archived_at.is_some()))),
    ),
    triage(
        "mute",
        "Mute or hear again",
        "Mutes the conversation: what the customer writes is kept, but calls nobody and brings nothing back.",
        &[(Panes, "M")],
        None,
        |m| m.order(Order::Mute(!all(m, |r| r.muted))),
    ),
    triage(
        "block",
        "Block or accept the sender",
        "Blocks the customer's address: what it writes anew is spam. A blocked one is accepted again.",
        &[(Panes, "B")],
        None,
        |m| m.order(Order::Block(!all(m, |r| r.blocked))),
    ),
    triage(
        "priority",
        "Priority…",
        "Sets the priority: none, low, medium, high, urgent.",
        &[(Panes, "p")],
        Some(("priority", 32)),
        |m| {
            let picker = Picker::priorities(m);
            m.overlays.push(Overlay::Picker(Box::new(picker)));
        },
    ),
    triage(
        "label",
        "Labels…",
        "Puts labels on and takes them off; a new word makes a new label.",
        &[(Panes, "L")],
        Some(("label", 33)),
        |m| {
            m.load(Need::Labels);
            let picker = Picker::labels(m);
            m.overlays.push(Overlay::Picker(Box::new(picker)));
        },
    ),
    triage(
        "qualify",
        "Qualify…",
        "Judges the conversation: lead, qualified, or disqualified with a reason.",
        &[(Panes, "Q")],
        Some(("qualify", 34)),
        |m| {
            let picker = Picker::qualifications(m);
            m.overlays.push(Overlay::Picker(Box::new(picker)));
        },
    ),
    triage(
        "read.toggle",
        "Mark read or unread",
        "Marks the conversation as unread, or as read if it is unread.",
        &[(Panes, "U")],
        None,
        |m| {
            let any_unread = !all(m, |r| !m.is_unseen(r));
            m.order(Order::Read(any_unread));
        },
    ),
    Command {
        available: can_consent,
        ..triage(
            "consent.toggle",
            "Opt out or in…",
            "Records that the customer does not want to be written to, or wants to again.",
            &[(Panes, "t")],
            None,
            |m| {
                let Some(context) = m.target().and_then(|id| m.context(id)) else { return };
                let conversation = context.row.id;
                let state = if context.opted_out() { ConsentState::OptedIn } else { ConsentState::OptedOut };
                let (question, said) = match state {
                    ConsentState::OptedOut => {
                        ("Opt the customer out? Nothing can be sent any more.", "opted out")
                    }
                    ConsentState::OptedIn => {
                        ("Opt the customer in again? Only if they have asked for it.", "opted in")
                    }
                };
                let action = Action::Consent { conversation, state };
                m.overlays.push(Overlay::Confirm(Confirm {
                    question: question.into(),
                    action,
                    said: said.into(),
                }));
            },
        )
    },
    Command {
        available: |m| if m.last_order.is_some() { Ok(()) } else { Err("nothing was ordered yet".into()) },
        ..triage(
            "repeat",
            "Once more",
            "Does again what was done last: the same label, the same owner, the same snooze.",
            &[(Panes, ".")],
            None,
            Model::repeat,
        )
    },
    Command {
        available: undo::can_undo,
        ..triage(
            "undo",
            "Undo",
            "Takes the last change back: a note, or a message that has not left yet, too.",
            &[(Panes, "u")],
            Some(("undo", 22)),
            undo::undo,
        )
    },
];

fn can_consent(model: &Model) -> Result<(), String> {
    on_conversation(model)?;
    match model.target().and_then(|id| model.context(id)) {
        Some(_) => Ok(()),
        None => Err("the conversation is still being read".into()),
    }
}

/// Whether something holds for all that an order would be for, as far as it is on the screen.
fn all(model: &Model, holds: impl Fn(&ConversationRow) -> bool) -> bool {
    let is_marked = matches!(model.focus, Focus::List | Focus::Sidebar) && !model.marks.is_empty();
    if !is_marked {
        return model.target_row().is_some_and(holds);
    }
    model.list.rows.iter().filter(|row| model.marks.has(row.id)).all(holds)
}

const fn is_over(status: Status) -> bool {
    !matches!(status, Status::Open | Status::Pending)
}

fn resolve_next(model: &mut Model) {
    if !matches!(model.targets(), Some(Targets::One(_))) {
        return model.order(Order::Status(Status::Resolved));
    }
    let Some((id, status)) = model.target_row().map(|row| (row.id, row.status)) else { return };
    let is_open = model.focus == Focus::Thread;
    model.list.step(1);
    if model.list.selected == Some(id) {
        model.list.step(-1);
    }
    if !is_over(status) {
        model.give(Order::Status(Status::Resolved), Targets::One(id), model.now);
    }
    model.follow();
    if is_open {
        model.focus_on(Focus::Thread);
        super::go::mark_read(model);
    }
}

/// Opens the next conversation of the list, once what was written in this one is stored.
pub(crate) fn go_on(model: &mut Model) {
    let before = model.list.selected;
    model.list.step(1);
    if model.list.selected == before {
        return model.say(Level::Good, "sent; that was the last of the list");
    }
    model.follow();
    model.focus_on(Focus::Thread);
    super::go::mark_read(model);
}
