//! Several things that are typed one after another, checked as they are typed.

use crate::ui::input::Input;
use crate::ui::key::{Code, Key};
use crate::ui::setup::section::{Act, Seen};

/// One thing that is typed.
#[derive(Debug)]
pub(super) struct Blank {
    pub(super) label: &'static str,
    pub(super) help: &'static str,
    pub(super) input: Input,
}

impl Blank {
    pub(super) fn new(label: &'static str, help: &'static str, text: &str) -> Blank {
        Blank { label, help, input: Input::new(text) }
    }

    /// With a text that goes with the first letter.
    pub(super) fn selected(label: &'static str, help: &'static str, text: &str) -> Blank {
        Blank { label, help, input: Input::selected(text) }
    }
}

/// Why what stands in a field cannot be so.
type Check = fn(&Form, usize, &Seen<'_>) -> Option<String>;

/// What is typed, and what becomes of it.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) title: String,
    pub(super) fields: Vec<Blank>,
    /// The one that is typed.
    pub(super) at: usize,
    /// Behind the last one comes another, until one is empty.
    pub(super) grows: bool,
    /// The entry that is changed; none = a new one.
    pub(super) was: Option<String>,
    /// The line that a key of it runs now.
    pub(super) was_line: Option<String>,
    pub(super) check: Check,
    pub(super) done: fn(&Form, &Seen<'_>) -> Act,
    /// It gives a name to what was recorded.
    pub(super) is_recorded: bool,
    /// Something was typed.
    pub(super) is_changed: bool,
    /// It was said that leaving throws away what was typed.
    pub(super) is_warned: bool,
    /// Why it was not kept.
    pub(super) wrong: Vec<String>,
}

impl Default for Form {
    fn default() -> Form {
        Form {
            title: String::new(),
            fields: Vec::new(),
            at: 0,
            grows: false,
            was: None,
            was_line: None,
            check: |_, _, _| None,
            done: |_, _| Act::Foreign,
            is_recorded: false,
            is_changed: false,
            is_warned: false,
            wrong: Vec::new(),
        }
    }
}

/// What a key leads to.
#[derive(Debug)]
pub(super) enum Next {
    Stay,
    Foreign,
    Leave,
    Act(Act),
}

impl Form {
    /// What is typed in a field, without blanks around it.
    pub(super) fn text(&self, at: usize) -> &str {
        self.fields.get(at).map_or("", |blank| blank.input.text().trim())
    }

    /// What is wrong with a field.
    pub(super) fn wrong_at(&self, at: usize, seen: &Seen<'_>) -> Option<String> {
        (self.check)(self, at, seen)
    }

    /// Whether Enter keeps it all.
    pub(super) fn is_last(&self) -> bool {
        self.at + 1 >= self.fields.len() && (!self.grows || self.text(self.at).is_empty())
    }

    /// Takes a key.
    pub(super) fn key(&mut self, key: Key, is_back: bool, seen: &Seen<'_>) -> Next {
        if is_back {
            if !self.is_changed || self.is_warned {
                return Next::Leave;
            }
            self.is_warned = true;
            self.wrong = vec!["Esc once more throws away what was typed; Ctrl-S keeps it".into()];
            return Next::Stay;
        }
        let last = self.fields.len().saturating_sub(1);
        match (key.code, key.ctrl) {
            (Code::Char('s'), true) => return self.finish(seen),
            (Code::Up, _) => self.at = self.at.saturating_sub(1),
            (Code::Tab, _) if key.shift => self.at = self.at.saturating_sub(1),
            (Code::Down | Code::Tab, _) => self.at = (self.at + 1).min(last),
            (Code::Enter, _) => return self.next(seen),
            _ => {
                let Some(blank) = self.fields.get_mut(self.at) else { return Next::Foreign };
                match blank.input.key(key) {
                    Some(true) => self.typed(),
                    Some(false) => {}
                    None => return Next::Foreign,
                }
            }
        }
        Next::Stay
    }

    /// Takes pasted text.
    pub(super) fn paste(&mut self, text: &str) {
        if let Some(blank) = self.fields.get_mut(self.at) {
            blank.input.insert(text);
            self.typed();
        }
    }

    fn typed(&mut self) {
        (self.is_changed, self.is_warned) = (true, false);
        self.wrong.clear();
    }

    /// Goes on to the next field, if this one can be so.
    fn next(&mut self, seen: &Seen<'_>) -> Next {
        if self.wrong_at(self.at, seen).is_some() {
            return self.held(seen);
        }
        if let Some(blank) = self.fields.get_mut(self.at) {
            blank.input.keep();
        }
        if self.is_last() {
            return self.finish(seen);
        }
        if let Some(Blank { label, help, .. }) =
            self.fields.get(self.at).filter(|_| self.at + 1 >= self.fields.len())
        {
            let more = Blank::new(label, help, "");
            self.fields.push(more);
        }
        self.at += 1;
        Next::Stay
    }

    /// Stays with the field. What is wrong with what is typed stands there already; that something is missing is said now.
    fn held(&mut self, seen: &Seen<'_>) -> Next {
        if self.text(self.at).is_empty() {
            self.wrong = self.wrong_at(self.at, seen).into_iter().collect();
        }
        Next::Stay
    }

    /// What becomes of it, or to the first field that cannot be so.
    fn finish(&mut self, seen: &Seen<'_>) -> Next {
        match (0..self.fields.len()).find(|at| self.wrong_at(*at, seen).is_some()) {
            Some(at) => {
                self.at = at;
                self.held(seen)
            }
            None => Next::Act((self.done)(self, seen)),
        }
    }
}
