//! The command table: everything that a person can invoke on the screen. Keymap, palette, hints, help and docs derive from it.

mod canned;
pub(crate) mod give;
pub(crate) mod go;
pub(crate) mod mark;
pub(crate) mod message;
mod program;
mod reference;
pub(crate) mod sheet;
pub(crate) mod triage;
pub(crate) mod undo;
mod write;

use crate::text::fuzzy::Fuzzy;
use crate::ui::keymap::Scope;
use crate::ui::model::Model;

pub use reference::command_reference;
pub use sheet::{Line as SheetLine, TYPING, cheat_sheet, sheet};

/// What kind of command it is: the chapters of help and docs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Moving about.
    Go,
    /// Deciding what becomes of a conversation.
    Triage,
    /// Writing.
    Write,
    /// One message.
    Message,
    /// The program itself.
    Program,
}

impl Category {
    /// All, in the order of help.
    pub const ALL: [Category; 5] =
        [Category::Go, Category::Triage, Category::Write, Category::Message, Category::Program];

    /// The chapter's title.
    pub const fn title(self) -> &'static str {
        match self {
            Category::Go => "Moving about",
            Category::Triage => "Conversations",
            Category::Write => "Writing",
            Category::Message => "Messages",
            Category::Program => "Program",
        }
    }
}

/// A command.
#[derive(Debug)]
pub struct Command {
    /// Its name in configuration and docs.
    pub id: &'static str,
    /// Its name on the screen.
    pub title: &'static str,
    /// What it does, in one sentence.
    pub help: &'static str,
    /// Its chapter.
    pub category: Category,
    /// Its default keys.
    pub keys: &'static [(Scope, &'static str)],
    /// The word in the hint bar and its rank there (smaller comes first); none = never hinted.
    pub hint: Option<(&'static str, u8)>,
    /// Why it cannot be done now.
    pub(crate) available: fn(&Model) -> Result<(), String>,
    /// Does it.
    pub(crate) run: fn(&mut Model),
}

/// All commands, by chapter.
pub fn all() -> impl Iterator<Item = &'static Command> {
    [
        go::COMMANDS,
        triage::COMMANDS,
        mark::COMMANDS,
        write::COMMANDS,
        canned::COMMANDS,
        message::COMMANDS,
        program::COMMANDS,
    ]
    .into_iter()
    .flatten()
    .chain(std::iter::once(&mark::MACRO))
}

/// A command by its id.
pub fn find(id: &str) -> Option<&'static Command> {
    all().find(|c| c.id == id)
}

/// The id that is most like a mistyped one.
pub(crate) fn nearest(id: &str) -> Option<&'static str> {
    let mut fuzzy = Fuzzy::new(id);
    let tail = id.rsplit('.').next().unwrap_or(id);
    let mut by_tail = Fuzzy::new(tail);
    all()
        .filter_map(|c| fuzzy.score(c.id).or_else(|| by_tail.score(c.id)).map(|m| (m.score, c.id)))
        .max_by_key(|(score, _)| *score)
        .map(|(_, id)| id)
}

impl Model {
    /// Runs a command, or says why not.
    pub(crate) fn run(&mut self, command: &'static Command) {
        match (command.available)(self) {
            Ok(()) => {
                self.tour_sees(command);
                *self.uses.entry(command.id).or_default() += 1;
                (command.run)(self);
            }
            Err(why) => self.say(crate::ui::msg::Level::Warn, format!("{}: {why}", command.title)),
        }
    }
}

/// Always possible.
fn always(_: &Model) -> Result<(), String> {
    Ok(())
}

/// Possible where a conversation is meant.
fn on_conversation(model: &Model) -> Result<(), String> {
    match model.target_row() {
        Some(_) => Ok(()),
        None if model.target().is_some() => Err("the conversation is still being read".into()),
        None => Err("no conversation is selected".into()),
    }
}
