//! Keys of what lies above the panes. They are the same everywhere: arrows, Enter, Esc.

use crate::ui::command::go;
use crate::ui::key::{Code, Key};
use crate::ui::keymap::{Lookup, Scope};
use crate::ui::model::{Focus, Model};
use crate::ui::overlay::{Overlay, PickerKind, ask, ask_more};

/// Rows that a page key moves.
const PAGE: isize = 10;

/// By how much a key moves a cursor, if it does.
pub(super) fn motion(key: Key, typing: bool) -> Option<isize> {
    // Where text is typed, the other keys of a shell edit it.
    match (key.code, key.ctrl) {
        (Code::Down, _) | (Code::Char('n'), true) => Some(1),
        (Code::Up, _) | (Code::Char('p'), true) => Some(-1),
        (Code::Tab, _) => Some(if key.shift { -1 } else { 1 }),
        (Code::PageDown, _) => Some(PAGE),
        (Code::Char('d'), true) if !typing => Some(PAGE),
        (Code::PageUp, _) => Some(-PAGE),
        (Code::Char('u'), true) if !typing => Some(-PAGE),
        (Code::Char('j'), false) if !typing => Some(1),
        (Code::Char('k'), false) if !typing => Some(-1),
        (Code::Char('g') | Code::Home, false) if !typing => Some(isize::MIN / 4),
        (Code::Char('G') | Code::End, false) if !typing => Some(isize::MAX / 4),
        _ => None,
    }
}

impl Model {
    /// Gives a key to the top overlay.
    pub(crate) fn overlay_key(&mut self, key: Key) {
        if matches!(self.overlays.last(), Some(Overlay::Setup(_))) {
            if !self.setup_key(key) {
                self.global_key(key);
            }
            return;
        }
        if let Some(Overlay::Help(help)) = self.overlays.last_mut()
            && help.search_key(key).is_some()
        {
            return;
        }
        let is_close = key.code == Code::Esc || (key.ctrl && matches!(key.code, Code::Char('c' | 'g')));
        if is_close {
            return self.leave_top();
        }
        let Some(top) = self.overlays.last_mut() else {
            return;
        };
        match top {
            Overlay::Picker(_) => self.picker_key(key),
            Overlay::Search(_) => self.search_key(key),
            Overlay::Browse(_) => self.browse_key(key),
            Overlay::Prompt(prompt) => {
                if key.code == Code::Enter {
                    if let Some(Overlay::Prompt(prompt)) = self.overlays.pop() {
                        self.answer(&prompt);
                    }
                } else if prompt.input.key(key).is_none() {
                    self.global_key(key);
                }
            }
            Overlay::Confirm(_) => match key.types() {
                Some('y' | 'Y') => {
                    if let Some(Overlay::Confirm(confirm)) = self.overlays.pop() {
                        self.confirmed(confirm);
                    }
                }
                Some('n' | 'N' | 'q') => {
                    self.overlays.pop();
                }
                _ => self.global_key(key),
            },
            Overlay::Asking(asking) => {
                if key.code == Code::Enter {
                    self.answered();
                } else if asking.input.key(key).is_none() {
                    self.global_key(key);
                }
            }
            Overlay::Doubts(_) => match key.types() {
                Some('y' | 'Y') => {
                    if let Some(Overlay::Doubts(doubts)) = self.overlays.pop() {
                        self.send_knowingly(doubts);
                    }
                }
                Some('n' | 'N' | 'q') => {
                    self.overlays.pop();
                }
                _ => self.global_key(key),
            },
            Overlay::Help(help) => match motion(key, false) {
                Some(by) => help.top = help.top.saturating_add_signed(by),
                None if matches!(key.types(), Some('q' | '?'))
                    || matches!(key.code, Code::Enter | Code::F(1)) =>
                {
                    self.overlays.pop();
                }
                None => self.global_key(key),
            },
            Overlay::Status { top } | Overlay::About { top } | Overlay::Page { top, .. } => {
                match motion(key, false) {
                    Some(by) => *top = top.saturating_add_signed(by),
                    None if matches!(key.types(), Some('q' | '!' | 'i')) || key.code == Code::Enter => {
                        self.overlays.pop();
                    }
                    None => self.global_key(key),
                }
            }
            Overlay::Canned(_) => self.canned_key(key, motion(key, false)),
            Overlay::Outbox { rows, at } => match (motion(key, false), key.code) {
                (Some(by), _) => {
                    let last = rows.as_ref().map_or(0, Vec::len).saturating_sub(1);
                    *at = at.saturating_add_signed(by).min(last);
                }
                (None, Code::Enter) => {
                    let at = *at;
                    self.go_to_outbox(at);
                }
                (None, _) if matches!(key.types(), Some('q' | 'O')) => {
                    self.overlays.pop();
                }
                (None, _) => self.outbox_key(key),
            },
            // It has had the key already.
            Overlay::Setup(_) => {}
            Overlay::Delivery { .. } => {
                if matches!(key.types(), Some('q' | 'd')) || key.code == Code::Enter {
                    self.overlays.pop();
                } else {
                    self.global_key(key);
                }
            }
        }
    }

    fn picker_key(&mut self, key: Key) {
        let Some(Overlay::Picker(picker)) = self.overlays.last_mut() else {
            return;
        };
        if let Some(by) = motion(key, true) {
            picker.step(by);
        } else if key.code == Code::Enter {
            let Some(item) = picker.chosen().cloned() else {
                return;
            };
            if let Some(Overlay::Picker(picker)) = self.overlays.pop() {
                self.choose(&picker, &item);
            }
        } else if let (PickerKind::Priority, Some(n @ '0'..='4')) = (picker.kind, key.types()) {
            // The numbers of the priorities choose at once: 0 none … 4 urgent.
            let at = usize::try_from('4' as u32 - n as u32).unwrap_or(0);
            picker.input = crate::ui::input::Input::default();
            picker.narrow();
            picker.at = at.min(picker.shown.len().saturating_sub(1));
            self.picker_key(Key::plain(Code::Enter));
        } else {
            match picker.input.key(key) {
                Some(true) => {
                    picker.at = 0;
                    picker.top = 0;
                    picker.narrow();
                    self.ask_recipients();
                }
                Some(false) => {}
                None => self.global_key(key),
            }
        }
    }

    fn search_key(&mut self, key: Key) {
        let Some(Overlay::Search(search)) = self.overlays.last_mut() else {
            return;
        };
        if let Some(by) = motion(key, true) {
            search.input.keep();
            if search.step(by) {
                ask_more(self);
            }
        } else if key.code == Code::Enter {
            let hit = search.found.hits.get(search.at).cloned();
            let terms = search.found.terms.clone();
            search.input.keep();
            search.insists = hit.is_none();
            if let Some(hit) = hit {
                self.overlays.pop();
                go::jump(self, &hit, terms);
            }
        } else {
            match search.input.key(key) {
                Some(true) => ask(self),
                Some(false) => {}
                None => self.global_key(key),
            }
        }
    }

    /// Keys that hold everywhere also hold here, except for the one that opens something else; and help with the keys of here has
    /// the key that it has in the panes, where no text is typed.
    pub(super) fn global_key(&mut self, key: Key) {
        if let Lookup::Command(command) = self.keymap.lookup(Focus::List, &[key])
            && command.id == "help"
        {
            return self.run(command);
        }
        if let Lookup::Command(command) = self.keymap.lookup(Focus::Composer, &[key])
            && command.keys.iter().any(|(scope, _)| *scope == Scope::Anywhere)
            && command.id != "palette"
        {
            self.run(command);
        }
    }

    /// Puts pasted text into the top overlay, if it takes text.
    pub(crate) fn overlay_paste(&mut self, text: &str) {
        match self.overlays.last_mut() {
            Some(Overlay::Picker(picker)) => {
                picker.input.insert(text);
                picker.narrow();
                self.ask_recipients();
            }
            Some(Overlay::Search(search)) => {
                search.input.insert(text);
                ask(self);
            }
            Some(Overlay::Prompt(prompt)) => prompt.input.insert(text),
            Some(Overlay::Browse(_)) => self.browse_paste(text),
            Some(Overlay::Setup(_)) => self.setup_paste(text),
            Some(Overlay::Asking(asking)) => asking.input.insert(text),
            _ => {}
        }
    }
}
