//! The cheat sheet: every command with its keys, from the table and the keymap.

use crate::ui::command::{Category, Command, all};
use crate::ui::keymap::{self, Keymap};
use crate::ui::model::Focus;

/// A line of the sheet.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its chapter.
    pub category: Category,
    /// Its keys, those of the panes before those of the composer; none for what is only found by name.
    pub keys: Vec<String>,
    /// The command. Of the nine slots of quick replies, the first stands for all.
    pub command: &'static Command,
}

/// Whether a command is one of the nine that put in the quick reply of a slot.
pub(crate) fn is_slot(command: &Command) -> bool {
    command.id.rsplit_once('.').is_some_and(|(_, n)| n.parse::<u8>().is_ok())
}

/// What edits text wherever it is typed: the keys of a shell. They are those of text fields, not commands.
pub const TYPING: [(&str, &str); 7] = [
    ("Ctrl-A, Ctrl-E", "Go to the beginning and to the end of the line."),
    ("Alt-B, Alt-F", "Go a word back and on."),
    ("Ctrl-U", "Deletes to the beginning of the line."),
    ("Ctrl-K", "Deletes to the end of the line."),
    ("Ctrl-W", "Deletes the word before the cursor."),
    ("Alt-D", "Deletes the word behind the cursor."),
    ("Ctrl-D", "Deletes the character under the cursor."),
];

const FIRST_SLOT: &str = "quick-reply.1";
const LAST_SLOT: &str = "quick-reply.9";

/// All commands by chapter, with the keys that hold.
pub fn sheet(keymap: &Keymap) -> Vec<Line> {
    let of = |category| all().filter(move |c| c.category == category);
    let shown = |command: &&'static Command| command.id == FIRST_SLOT || !is_slot(command);
    Category::ALL
        .into_iter()
        .flat_map(|category| of(category).filter(shown).map(move |command| (category, command)))
        .map(|(category, command)| Line { category, keys: labels(keymap, command), command })
        .collect()
}

fn labels(keymap: &Keymap, command: &Command) -> Vec<String> {
    if command.id == FIRST_SLOT {
        let (first, last) = (keymap.first_label(FIRST_SLOT), keymap.first_label(LAST_SLOT));
        return if first.is_empty() || last.is_empty() {
            Vec::new()
        } else {
            vec![format!("{first} … {last}")]
        };
    }
    let mut labels: Vec<String> = Vec::new();
    for focus in [Focus::List, Focus::Thread, Focus::Sidebar, Focus::Composer] {
        for chord in keymap.chords(command.id, focus) {
            let label = keymap::label(chord);
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
    }
    labels
}

impl Line {
    /// What it is called.
    pub fn title(&self) -> &'static str {
        if is_slot(self.command) { "Quick reply of that slot" } else { self.command.title }
    }

    /// What it does.
    pub fn help(&self) -> &'static str {
        if is_slot(self.command) {
            "Puts in the quick reply of that slot: the one fixed to it, else by use."
        } else {
            self.command.help
        }
    }
}

/// The sheet of the default keys as Markdown. Generated into `docs/`.
pub fn cheat_sheet() -> String {
    let mut out = String::from(
        "# Cheat sheet\n\n\
         Generated from the command table; do not edit. `frontdesk keys` prints it with your own keys, `?` shows it on the screen.\n",
    );
    let lines = sheet(&Keymap::new(&[]).0);
    for category in Category::ALL {
        out.push_str(&format!("\n## {}\n\n| key | |\n|---|---|\n", category.title()));
        for line in lines.iter().filter(|line| line.category == category) {
            let keys: Vec<String> =
                line.keys.iter().map(|key| format!("`{}`", key.replace('|', "\\|"))).collect();
            let keys = if keys.is_empty() { format!("`:` {}", line.command.id) } else { keys.join(" ") };
            out.push_str(&format!("| {keys} | {} |\n", line.title()));
        }
    }
    out.push_str("\n## Wherever text is typed\n\n| key | |\n|---|---|\n");
    for (keys, about) in TYPING {
        let keys: Vec<String> = keys.split(", ").map(|key| format!("`{key}`")).collect();
        out.push_str(&format!("| {} | {about} |\n", keys.join(" ")));
    }
    out
}
