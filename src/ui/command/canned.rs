//! Commands on quick replies.

use crate::domain::quick_reply;
use crate::ui::command::{Category, Command, always, on_conversation};
use crate::ui::effect::Need;
use crate::ui::keymap::Scope::{self, Composer, Panes};
use crate::ui::model::Model;
use crate::ui::overlay::{Canned, Overlay, Picker};

const fn canned(
    id: &'static str,
    title: &'static str,
    help: &'static str,
    keys: &'static [(Scope, &'static str)],
    available: fn(&Model) -> Result<(), String>,
    run: fn(&mut Model),
) -> Command {
    Command { id, title, help, category: Category::Write, keys, hint: None, available, run }
}

/// The command of a slot.
macro_rules! slot {
    ($number:literal, $word:literal, $title:literal) => {
        canned(
            concat!("quick-reply.", $number),
            $title,
            concat!("Puts in the quick reply of the ", $word, " slot: the one fixed to it, else by use."),
            &[(Composer, concat!("<a-", $number, ">")), (Panes, concat!("<a-", $number, ">"))],
            |m| in_slot(m, $number).map(|_| ()),
            |m| insert(m, $number),
        )
    };
}

pub(super) static COMMANDS: &[Command] = &[
    Command {
        hint: Some(("quick reply", 12)),
        ..canned(
            "quick-reply",
            "Quick reply…",
            "Picks a quick reply and puts it in at the cursor, its variables filled in.",
            &[(Panes, ";"), (Composer, "<c-o>")],
            on_conversation,
            |m| {
                m.load(Need::QuickReplies);
                let picker = Picker::quick_replies(m, None);
                m.overlays.push(Overlay::Picker(Box::new(picker)));
            },
        )
    },
    canned(
        "quick-replies",
        "Manage quick replies",
        "Lists the quick replies, to be made and changed in $EDITOR and removed.",
        &[],
        always,
        |m| {
            m.load(Need::QuickReplies);
            m.overlays.push(Overlay::Canned(Canned::default()));
        },
    ),
    slot!(1, "first", "First quick reply"),
    slot!(2, "second", "Second quick reply"),
    slot!(3, "third", "Third quick reply"),
    slot!(4, "fourth", "Fourth quick reply"),
    slot!(5, "fifth", "Fifth quick reply"),
    slot!(6, "sixth", "Sixth quick reply"),
    slot!(7, "seventh", "Seventh quick reply"),
    slot!(8, "eighth", "Eighth quick reply"),
    slot!(9, "ninth", "Ninth quick reply"),
];

/// The shortcut that stands in a slot.
fn in_slot(model: &Model, number: usize) -> Result<String, String> {
    on_conversation(model)?;
    let slots = quick_reply::slots(&model.quick_replies);
    let found = slots.get(number - 1).copied().flatten();
    found.map(str::to_owned).ok_or_else(|| format!("no quick reply stands in slot {number}"))
}

fn insert(model: &mut Model, number: usize) {
    if let (Ok(shortcut), Some(conversation)) = (in_slot(model, number), model.target()) {
        model.insert_best(conversation, &shortcut, None);
    }
}
