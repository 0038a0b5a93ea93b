//! Keys in the sections that list something: the cursor, what is looked for, forms and questions.

use crate::ui::key::{Code, Key};
use crate::ui::msg::Level;
use crate::ui::setup::Ask;
use crate::ui::setup::capture::{self, Capture};
use crate::ui::setup::find::Find;
use crate::ui::setup::form::{self, Form};
use crate::ui::setup::section::{Act, Press, Row, Section, Seen};
use crate::ui::setup::state::{Asked, Do, Setup};

/// Rows that a page key moves.
const PAGE: isize = 10;

/// What is open above the rows of a section.
#[derive(Debug)]
pub(super) enum Open {
    Form(Box<Form>),
    Capture(Capture),
}

impl Setup {
    /// The rows of the section, those that are looked for.
    pub(super) fn listed(&self, seen: &Seen<'_>) -> Vec<Row> {
        let mut rows = (self.section().part().rows)(seen);
        rows.retain(|row| self.find.fits(&format!("{} {}", row.name, row.about)));
        rows
    }

    /// The place of the theme under the cursor, if themes are looked at.
    pub(super) fn theme(&self, seen: &Seen<'_>) -> Option<usize> {
        let looks = self.section() == Section::Theme && !self.on_sections && !self.in_wizard;
        let rows = looks.then(|| self.listed(seen))?;
        rows.get(self.at).map(|row| row.id)
    }

    /// Takes a key in a section other than that of channels.
    pub(super) fn list_key(&mut self, key: Key, is_back: bool, seen: &Seen<'_>) -> Do {
        match self.open.take() {
            Some(Open::Form(mut form)) => {
                let next = form.key(key, is_back, seen);
                if !matches!(next, form::Next::Leave) {
                    self.open = Some(Open::Form(form));
                }
                return match next {
                    form::Next::Stay | form::Next::Leave => Do::Nothing,
                    form::Next::Foreign => Do::Foreign,
                    form::Next::Act(act) => self.act(act),
                };
            }
            Some(Open::Capture(mut capture)) => {
                let next = capture.key(key, seen);
                if !matches!(next, capture::Next::Leave) {
                    self.open = Some(Open::Capture(capture));
                }
                return match next {
                    capture::Next::Stay | capture::Next::Leave => Do::Nothing,
                    capture::Next::Act(act) => self.act(act),
                };
            }
            None => {}
        }
        if self.find.is_open {
            return self.find_key(key, is_back);
        }
        let rows = self.listed(seen);
        let last = rows.len().saturating_sub(1);
        let step = |by: isize| self.at.min(last).saturating_add_signed(by).min(last);
        match (key.code, key.types()) {
            _ if is_back && self.find.is_used() => {
                (self.find, self.at) = (Find::default(), 0);
            }
            _ if is_back => return Do::Close,
            (_, Some('q')) => return Do::Close,
            (Code::Left | Code::Tab, _) | (_, Some('h')) => self.on_sections = true,
            (Code::Down, _) | (_, Some('j')) => self.at = step(1),
            (Code::Up, _) | (_, Some('k')) => self.at = step(-1),
            (Code::PageDown, _) => self.at = step(PAGE),
            (Code::PageUp, _) => self.at = step(-PAGE),
            (Code::Home, _) | (_, Some('g')) => self.at = 0,
            (Code::End, _) | (_, Some('G')) => self.at = last,
            (_, Some('/')) => {
                self.find.is_open = true;
                self.at = 0;
            }
            (code, letter) => {
                let press = match (code, letter) {
                    (Code::Enter, _) => Press::Enter,
                    (_, Some(letter)) => Press::Letter(letter),
                    (_, None) => return Do::Foreign,
                };
                let act = (self.section().part().press)(seen, rows.get(self.at.min(last)), press);
                return self.act(act);
            }
        }
        Do::Nothing
    }

    fn find_key(&mut self, key: Key, is_back: bool) -> Do {
        match self.find.key(key, is_back) {
            Some(true) => self.at = 0,
            Some(false) => {}
            None => return Do::Foreign,
        }
        Do::Nothing
    }

    /// What a key has led to.
    pub(super) fn act(&mut self, act: Act) -> Do {
        match act {
            Act::Foreign => return Do::Foreign,
            Act::Form(form) => {
                self.said = None;
                self.open = Some(Open::Form(form));
            }
            Act::Capture(capture) => {
                self.said = None;
                self.open = Some(Open::Capture(capture));
            }
            Act::Sure(sure) => (self.sure, self.said) = (Some(sure), None),
            Act::Say(level, words) => {
                self.open = None;
                self.said = Some((level, vec![words]));
            }
            Act::QuickReplies => return Do::QuickReplies,
            // One change at a time: it is being written.
            Act::Change { .. } | Act::RemoveChannel(_) if self.is_busy() => {}
            Act::Change { changes, said } => {
                return Do::Write(changes, Asked::Entry(said));
            }
            Act::RemoveChannel(name) => {
                let said = format!("{name}: removed; its conversations stay");
                self.page = None;
                return Do::Ask(Ask::Remove(name), Asked::Change(said));
            }
            Act::Order { order, targets, said } => {
                self.open = None;
                self.said = Some((Level::Info, vec![format!("{said}; u takes it back once Setup is left")]));
                return Do::Order { order, targets, said };
            }
        }
        Do::Nothing
    }

    /// Whether what is typed gives a name to what was recorded.
    pub(super) fn names_recorded(&self) -> bool {
        matches!(&self.open, Some(Open::Form(form)) if form.is_recorded)
    }

    /// Entries are written: what was typed for them is done with. Or not: it stays to be mended.
    pub(super) fn entry_written(&mut self, said: String, result: Result<Vec<String>, Vec<String>>) {
        match result {
            Ok(notes) => {
                self.open = None;
                let level = if notes.is_empty() { Level::Good } else { Level::Warn };
                self.said = Some((level, std::iter::once(said).chain(notes).collect()));
            }
            Err(words) => match &mut self.open {
                Some(Open::Form(form)) => form.wrong = words,
                Some(Open::Capture(capture)) => capture.wrong = words,
                None => self.said = Some((Level::Error, words)),
            },
        }
    }
}
