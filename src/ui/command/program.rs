//! Commands about the program itself.

use crate::ui::command::{Category, Command, always, on_conversation};
use crate::ui::effect::Effect;
use crate::ui::keymap::Scope::{self, Anywhere, Panes};
use crate::ui::model::Model;
use crate::ui::overlay::{Help, Overlay, Picker};

const fn program(
    id: &'static str,
    title: &'static str,
    help: &'static str,
    keys: &'static [(Scope, &'static str)],
    run: fn(&mut Model),
) -> Command {
    Command { id, title, help, category: Category::Program, keys, hint: None, available: always, run }
}

pub(super) static COMMANDS: &[Command] = &[
    Command {
        id: "about",
        title: "About the customer",
        help: "Shows or hides what is known of the customer: addresses, judgement, other conversations.",
        category: Category::Triage,
        keys: &[(Panes, "i")],
        hint: Some(("about", 45)),
        available: on_conversation,
        run: |m| {
            if m.size.width >= crate::ui::layout::FOUR {
                m.about_shown = !m.about_shown;
            } else {
                m.overlays.push(Overlay::About { top: 0 });
            }
        },
    },
    Command {
        id: "about.others",
        title: "Other conversations…",
        help: "Picks another conversation of the same customer, on whichever channel, and opens it.",
        category: Category::Triage,
        keys: &[(Panes, "I")],
        hint: None,
        available: |m| match m.target().and_then(|id| m.context(id)) {
            Some(context) if context.others.is_empty() => {
                Err("the customer has no other conversation".into())
            }
            Some(_) => Ok(()),
            None => Err("no conversation is selected".into()),
        },
        run: |m| {
            let picker = crate::ui::overlay::Picker::others(m);
            m.overlays.push(Overlay::Picker(Box::new(picker)));
        },
    },
    Command {
        hint: Some(("command", 70)),
        ..program(
            "palette",
            "Commands",
            "Finds and runs any command by name.",
            &[(Panes, ":"), (Panes, "<c-k>"), (Panes, "<c-p>"), (Anywhere, "<a-x>")],
            Model::open_palette,
        )
    },
    Command {
        hint: Some(("keys", 71)),
        ..program(
            "help",
            "Keys",
            "Shows the keys of where you are, and below them all others; a slash searches in them.",
            &[(Panes, "?"), (Anywhere, "<f1>")],
            |m| {
                let help = Help::new(m);
                m.overlays.push(Overlay::Help(Box::new(help)));
            },
        )
    },
    program("guide", "Help pages…", "Opens a help page; `:help TOPIC` opens one by its name.", &[], |m| {
        let picker = Picker::pages(m);
        m.overlays.push(Overlay::Picker(Box::new(picker)));
    }),
    program(
        "tour",
        "Tour",
        "Shows five short hints, one after another; they stop no key.",
        &[],
        Model::begin_tour,
    ),
    Command {
        available: touring,
        ..program(
            "tour.next",
            "Next hint",
            "Goes on to the next hint of the tour.",
            &[(Panes, "<f3>")],
            Model::tour_on,
        )
    },
    Command {
        available: touring,
        ..program(
            "tour.end",
            "End the tour",
            "Ends the tour; it does not begin by itself again.",
            &[],
            Model::end_tour,
        )
    },
    program(
        "status",
        "Engine and channels",
        "Shows the engine, the listener, the chat pages and what is wrong.",
        &[(Panes, "!")],
        |m| {
            m.overlays.push(Overlay::Status { top: 0 });
        },
    ),
    program(
        "setup",
        "Setup",
        "Connects and changes accounts, and all else that is configured: labels, agents, macros, searches, fields, keys, theme.",
        &[(Panes, "g c")],
        Model::open_setup,
    ),
    program("theme", "Theme…", "Picks a theme; the screen shows the one under the cursor.", &[], |m| {
        let picker = Picker::themes(m);
        m.overlays.push(Overlay::Picker(Box::new(picker)));
    }),
    program(
        "theme.toggle",
        "Next theme",
        "Goes on to the next theme, and keeps it.",
        &[(Anywhere, "<f2>")],
        |m| {
            m.themes.next();
            m.themed();
        },
    ),
    program(
        "redraw",
        "Paint anew",
        "Clears the terminal and paints everything anew.",
        &[(Anywhere, "<c-l>")],
        |m| {
            m.out.push(Effect::Redraw);
        },
    ),
    program(
        "suspend",
        "Suspend",
        "Gives the terminal back to the shell until `fg`.",
        &[(Anywhere, "<c-z>")],
        |m| {
            m.save_draft();
            m.out.push(Effect::Suspend);
        },
    ),
    program(
        "quit",
        "Quit",
        "Leaves; drafts are kept, and what waits is sent next time.",
        &[(Anywhere, "<c-q>")],
        |m| {
            m.save_draft();
            m.out.push(Effect::Quit);
        },
    ),
];

fn touring(model: &Model) -> Result<(), String> {
    if model.tour.is_some() { Ok(()) } else { Err("the tour is not on: the command tour begins it".into()) }
}
