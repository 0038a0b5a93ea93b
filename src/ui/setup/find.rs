//! What is looked for in a list of Setup: `/` opens the line, each letter narrows the list.

use crate::ui::input::Input;
use crate::ui::key::{Code, Key};
use crate::ui::paint::Pen;
use crate::ui::theme::Role;
use ratatui::layout::Rect;

/// What is looked for.
#[derive(Debug, Default)]
pub(super) struct Find {
    input: Input,
    /// It is being typed.
    pub(super) is_open: bool,
}

impl Find {
    /// Whether anything is looked for.
    pub(super) fn is_used(&self) -> bool {
        !self.input.text().trim().is_empty()
    }

    /// Whether a text has each of the words.
    pub(super) fn fits(&self, text: &str) -> bool {
        let (text, wanted) = (text.to_lowercase(), self.input.text().to_lowercase());
        wanted.split_whitespace().all(|word| text.contains(word))
    }

    /// Takes a key while it is typed. Whether something else is looked for now; none if the key means nothing here.
    pub(super) fn key(&mut self, key: Key, is_back: bool) -> Option<bool> {
        match key.code {
            _ if is_back => *self = Find::default(),
            Code::Enter | Code::Down => {
                self.is_open = false;
                return Some(false);
            }
            _ => return self.input.key(key),
        }
        Some(true)
    }

    /// Takes pasted text.
    pub(super) fn paste(&mut self, text: &str) {
        self.input.insert(text);
    }

    /// Paints the line in which it is typed, and returns what is left below it.
    pub(super) fn draw(&self, pen: &mut Pen<'_>, area: Rect) -> Rect {
        if !self.is_open && !self.is_used() {
            return area;
        }
        let x = pen.text(area.x + 1, area.y, 2, "/", Role::Key) + 1;
        let room = area.right().saturating_sub(x);
        if self.is_open {
            self.input.draw(pen, x, area.y, room);
        } else {
            pen.text(x, area.y, room, self.input.text(), Role::Accent);
        }
        Rect::new(area.x, area.y + 1, area.width, area.height.saturating_sub(1))
    }
}
