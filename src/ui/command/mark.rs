//! Commands that mark rows of the list, and those that record macros.

use crate::domain::change::{Change, To};
use crate::ui::command::{Category, Command, always};
use crate::ui::keymap::Scope::{List, Panes};
use crate::ui::model::Model;
use crate::ui::msg::Level;
use crate::ui::overlay::{Overlay, Picker, Prompt, PromptKind};
use crate::ui::startup::Macro;

const fn mark(
    id: &'static str,
    title: &'static str,
    help: &'static str,
    key: &'static [(crate::ui::keymap::Scope, &'static str)],
    run: fn(&mut Model),
) -> Command {
    Command { id, title, help, category: Category::Triage, keys: key, hint: None, available: selectable, run }
}

pub(super) static COMMANDS: &[Command] = &[
    Command {
        hint: Some(("mark", 40)),
        ..mark(
            "mark",
            "Mark",
            "Marks the row, or takes its mark, and goes on: the next command is for all that is marked.",
            &[(List, "<space>")],
            |m| {
                if let Some(id) = m.list.selected {
                    m.marks.toggle(id, &m.list);
                    m.list.step(1);
                    m.follow();
                }
            },
        )
    },
    mark(
        "mark.range",
        "Mark up to here",
        "Marks all rows from the one marked last to this one.",
        &[(List, "V")],
        |m| {
            let place = |id| m.list.position(id);
            let to = m.list.selected.and_then(place);
            let from = m.marks.last().and_then(place).or(to);
            let (Some(from), Some(to)) = (from, to) else { return };
            for at in from.min(to)..=from.max(to) {
                m.marks.add(m.list.rows[at].id);
            }
        },
    ),
    mark(
        "mark.all",
        "Mark all",
        "Marks all that the list holds, beyond the screen too, or nothing any more.",
        &[(List, "*")],
        |m| m.marks.toggle_all(),
    ),
    Command {
        available: |m| if m.marks.is_empty() { Err("nothing is marked".into()) } else { Ok(()) },
        ..mark("mark.none", "Unmark all", "Takes all marks.", &[], |m| m.marks.clear())
    },
    Command {
        available: always,
        category: Category::Program,
        ..mark(
            "macro.record",
            "Record a macro",
            "Writes down what is done with conversations from now on; once more ends that, and asks for a name.",
            &[(Panes, "@")],
            |m| match m.recording.take() {
                None if !m.recorded.is_empty() => m.ask_line(Prompt::new(PromptKind::NameMacro, "")),
                None => {
                    m.recording = Some(Vec::new());
                    let key = m.keymap.first_label("macro.record");
                    m.say(Level::Info, format!("recording: {key} ends it"));
                }
                Some(lines) if lines.is_empty() => m.say(Level::Info, "nothing was done: nothing is kept"),
                Some(lines) => {
                    m.recorded = lines;
                    m.ask_line(Prompt::new(PromptKind::NameMacro, ""));
                }
            },
        )
    },
];

/// What runs a macro; lines of the configuration stand under it.
pub(crate) static MACRO: Command = Command {
    available: |m| {
        if m.macros.is_empty() { Err("there is no macro yet: @ records one".into()) } else { Ok(()) }
    },
    category: Category::Program,
    ..mark("macro", "Run a macro…", "Picks a macro and runs it.", &[(Panes, ",")], |m| {
        let picker = Picker::macros(m);
        m.overlays.push(Overlay::Picker(Box::new(picker)));
    })
};

fn selectable(model: &Model) -> Result<(), String> {
    if model.list.selected.is_some() { Ok(()) } else { Err("no conversation is selected".into()) }
}

impl Model {
    /// Keeps what was recorded under a name, here and in the configuration.
    pub(crate) fn keep_macro(&mut self, name: String) {
        let lines = std::mem::take(&mut self.recorded);
        if name.is_empty() {
            return self.say(Level::Info, "thrown away");
        }
        if name.chars().any(|c| c.is_whitespace() || c.is_control()) {
            self.recorded = lines;
            self.overlays.push(Overlay::Prompt(Prompt::new(PromptKind::NameMacro, &name)));
            return self.say(Level::Warn, "one word is needed");
        }
        self.macros.retain(|m| m.name != name);
        self.macros.push(Macro { name: name.clone(), lines: lines.clone(), place: format!("macro {name}") });
        let said = format!("macro {name} is kept: , runs it");
        self.keep(vec![Change::new(&["macros"], name, To::List(lines))], said);
    }
}
