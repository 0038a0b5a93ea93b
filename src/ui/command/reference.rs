//! The reference of all commands, as Markdown for the docs.

use crate::ui::command::{Category, Command, all};
use crate::ui::key;
use crate::ui::keymap;

/// The reference of all commands and their keys, as Markdown. Generated into `docs/`.
pub fn command_reference() -> String {
    let mut out = String::from(
        "# Commands and keys\n\n\
         Generated from the command table; do not edit. Every command can be found by name in the palette (`:`).\n\
         Where a key holds: `global` everywhere, `panes` in sidebar, list and thread, else in the pane that is named.\n",
    );
    for category in Category::ALL {
        out.push_str(&format!(
            "\n## {}\n\n| keys | command | what it does |\n|---|---|---|\n",
            category.title()
        ));
        for command in all().filter(|c| c.category == category) {
            out.push_str(&format!("| {} | `{}` | {} |\n", keys(command), command.id, command.help));
        }
    }
    out
}

fn keys(command: &Command) -> String {
    command
        .keys
        .iter()
        .filter_map(|(scope, keys)| key::chord(keys).ok().map(|chord| (scope, keymap::label(&chord))))
        .map(|(scope, label)| format!("`{}` ({})", label.replace('|', "\\|"), scope.word()))
        .collect::<Vec<_>>()
        .join(", ")
}
