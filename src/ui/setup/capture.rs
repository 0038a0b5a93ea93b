//! A key that is pressed to be bound, and where it is to hold.

use crate::ui::key::{Code, Key};
use crate::ui::keymap::{self, Scope};
use crate::ui::setup::section::{Act, Seen, captured, objection};

/// Keys of one chord at most.
const LONGEST: usize = 3;

/// What gets a key.
#[derive(Debug)]
pub(super) struct Capture {
    /// What it is called.
    pub(super) title: String,
    /// What the file says.
    pub(super) line: String,
    /// Where the key is to hold.
    pub(super) scope: Scope,
    /// The key in whose place it comes; none = besides.
    pub(super) old: Option<(Scope, Vec<Key>)>,
    /// What was pressed.
    pub(super) chord: Vec<Key>,
    /// It was said what it is taken from.
    pub(super) is_sure: bool,
    pub(super) wrong: Vec<String>,
}

/// What a key leads to.
#[derive(Debug)]
pub(super) enum Next {
    Stay,
    Leave,
    Act(Act),
}

impl Capture {
    /// Takes a key: Enter ends, Esc leaves, Tab goes to the next context, Backspace takes one back; all others are taken as they are.
    pub(super) fn key(&mut self, key: Key, seen: &Seen<'_>) -> Next {
        match (key.code, key.ctrl || key.alt) {
            (Code::Esc, _) => return Next::Leave,
            (Code::Enter, false) if self.chord.is_empty() => {}
            (Code::Enter, false) => match objection(seen, self) {
                Ok(taken) if taken.is_empty() || self.is_sure => return Next::Act(captured(seen, self)),
                Ok(_) => {
                    self.is_sure = true;
                    return Next::Stay;
                }
                Err(_) => return Next::Stay,
            },
            (Code::Tab, false) => {
                let at = Scope::ALL.iter().position(|s| *s == self.scope).unwrap_or(0);
                let step = if key.shift { Scope::ALL.len() - 1 } else { 1 };
                self.scope = Scope::ALL[(at + step) % Scope::ALL.len()];
            }
            (Code::Backspace, false) => drop(self.chord.pop()),
            _ if self.chord.len() < LONGEST => self.chord.push(key),
            _ => {}
        }
        self.is_sure = false;
        self.wrong.clear();
        Next::Stay
    }

    /// What was pressed, in words.
    pub(super) fn label(&self) -> String {
        keymap::label(&self.chord)
    }
}
