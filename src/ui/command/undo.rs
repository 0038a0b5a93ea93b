//! Takes back what was done: changes, and what was said while it has not left.

use crate::domain::attachment::Written;
use crate::domain::command::{Action, ComposeMode};
use crate::domain::delivery::Delivery;
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::row::MessageRow;
use crate::ui::done::words_of;
use crate::ui::effect::Work;
use crate::ui::model::{Back, Focus, Model, Purpose, Undo};
use crate::ui::msg::Level;

/// Why there is nothing to undo.
pub(super) fn can_undo(model: &Model) -> Result<(), String> {
    if model.undo.is_empty() && revocable(model).is_none() {
        return Err("there is nothing to undo".into());
    }
    Ok(())
}

/// A message of the open thread that can still be taken back.
fn revocable(model: &Model) -> Option<(MessageId, ConversationId, Written)> {
    let fits =
        |m: &MessageRow| m.delivery == Some(Delivery::Queued) && m.due_at.is_some_and(|due| due > model.now);
    // What waits for its time may wait for days: it is taken back only where somebody points at it.
    let under = |m: &MessageRow| {
        model.focus == Focus::Thread && model.thread.cursor_message().is_some_and(|c| c.id == m.id)
    };
    let found = model.target_message(|m| fits(m) && (!m.scheduled || under(m)));
    found.map(|m| (m.id, m.conversation, model.thread.again(m)))
}

/// Whether undo takes something back now, rather than say that it is too late for that.
pub(crate) fn takes_back(model: &Model) -> bool {
    match model.undo.last() {
        Some(Undo::Back(_) | Undo::Many { .. } | Undo::Words { .. } | Undo::Note { .. }) => true,
        Some(Undo::Send { until, .. }) if *until > model.now => true,
        Some(Undo::Send { .. }) | None => revocable(model).is_some(),
    }
}

/// A message is taken back in another way than by its step: what was done along with it.
pub(super) fn forget(model: &mut Model, message: MessageId) -> Vec<Back> {
    let is_it = |u: &Undo| matches!(u, Undo::Send { message: id, .. } if *id == message);
    let at = model.undo.iter().position(is_it);
    match at.map(|at| model.undo.remove(at)) {
        Some(Undo::Send { along, .. }) => along,
        _ => Vec::new(),
    }
}

/// Takes the last step back.
pub(super) fn undo(model: &mut Model) {
    if matches!(model.undo.last(), None | Some(Undo::Send { .. }))
        && let Some((message, conversation, text)) = revocable(model)
    {
        let along = forget(model, message);
        let purpose = Purpose::TakeBack { conversation, mode: ComposeMode::Reply, text, along };
        model.perform(Action::Cancel { message }, purpose);
        return;
    }
    match model.undo.pop() {
        None => {}
        Some(Undo::Send { until, along, .. }) if until <= model.now => {
            // Said once; the next one takes back what came before it.
            if along.is_empty() {
                return model.say(
                    Level::Info,
                    "the message has left already: u again takes back what came before it",
                );
            }
            let said = said(&along);
            take_along(model, along);
            model.say(Level::Warn, format!("the message has left already and stays; {said} is undone"));
        }
        Some(Undo::Send { message, conversation, text, along, .. }) => {
            let purpose = Purpose::TakeBack { conversation, mode: ComposeMode::Reply, text, along };
            model.perform(Action::Cancel { message }, purpose);
        }
        Some(Undo::Note { message, conversation, text, along }) => {
            let purpose = Purpose::TakeBack { conversation, mode: ComposeMode::Note, text, along };
            model.perform(Action::Cancel { message }, purpose);
        }
        Some(Undo::Many { each, said }) => {
            model.bulk(Work::Undo(each), format!("undone: \u{201c}{said}\u{201d}"));
        }
        Some(Undo::Words { conversation, mode, text }) => {
            let what = words_of(&text);
            model.put_back(conversation, mode, text);
            model.say(Level::Good, format!("{what} back in the draft"));
        }
        Some(Undo::Back(Back { actions, said })) => {
            take_back_all(model, actions, format!("undone: \u{201c}{said}\u{201d}"));
        }
    }
}

/// Performs what takes a change back, and says it with the last of it.
pub(crate) fn take_back_all(model: &mut Model, mut actions: Vec<Action>, said: String) {
    let last = actions.pop();
    for action in actions {
        model.perform(action, Purpose::Quiet);
    }
    if let Some(last) = last {
        let conversation = last.conversation();
        model.perform(last, Purpose::Undone { conversation, said });
    }
}

/// What was done along with a send, in words.
pub(crate) fn said(along: &[Back]) -> String {
    let each: Vec<String> = along.iter().map(|back| format!("\u{201c}{}\u{201d}", back.said)).collect();
    each.join(" and ")
}

/// Takes back what was done along with a send, the last first.
pub(crate) fn take_along(model: &mut Model, along: Vec<Back>) {
    for back in along.into_iter().rev() {
        for action in back.actions {
            model.perform(action, Purpose::Quiet);
        }
    }
}
