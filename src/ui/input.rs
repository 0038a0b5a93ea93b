//! A text field of one line, for pickers, prompts and search.

use crate::text::{sanitize, wrap};
use crate::ui::key::{Code, Key};
use crate::ui::paint::Pen;
use crate::ui::theme::Role;
use unicode_segmentation::UnicodeSegmentation;

/// The text and the place of the cursor in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Input {
    text: String,
    /// Byte offset at a grapheme boundary.
    at: usize,
    /// The whole text is selected: what is typed takes its place.
    selected: bool,
}

impl Input {
    /// A field with a text in it, the cursor behind.
    pub(crate) fn new(text: impl Into<String>) -> Input {
        let text = sanitize::line(&text.into()).into_owned();
        Input { at: text.len(), text, selected: false }
    }

    /// A field with a text that goes with the first character typed, and stays with any other key.
    pub(crate) fn selected(text: impl Into<String>) -> Input {
        let field = Input::new(text);
        Input { selected: !field.text.is_empty(), ..field }
    }

    /// Keeps a selected text.
    pub(crate) fn keep(&mut self) {
        self.selected = false;
    }

    /// Whether something stands in it that was typed there.
    pub(crate) fn is_typed(&self) -> bool {
        !self.selected && !self.text.trim().is_empty()
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Where the cursor stands, in bytes.
    pub(crate) fn cursor(&self) -> usize {
        self.at
    }

    /// Puts the cursor behind the text.
    pub(crate) fn go_to_end(&mut self) {
        self.at = self.text.len();
    }

    /// Puts text in the place of a piece, the cursor behind it.
    pub(crate) fn replace(&mut self, piece: std::ops::Range<usize>, text: &str) {
        self.selected = false;
        self.text.replace_range(piece.clone(), "");
        self.at = piece.start;
        self.insert(text);
    }

    /// Takes text in at the cursor, line ends as blanks.
    pub(crate) fn insert(&mut self, text: &str) {
        // Blanks at the ends are typed ones and stay; `line` would trim them.
        let clean: String = sanitize::clean(text).chars().map(|c| if c == '\n' { ' ' } else { c }).collect();
        if !clean.is_empty() && std::mem::take(&mut self.selected) {
            self.text.clear();
            self.at = 0;
        }
        self.text.insert_str(self.at, &clean);
        self.at += clean.len();
        // What was typed may join the character before it.
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
    }

    fn before(&self) -> usize {
        self.text[..self.at].grapheme_indices(true).next_back().map_or(0, |(i, _)| i)
    }

    fn after(&self) -> usize {
        self.text[self.at..].graphemes(true).next().map_or(self.at, |g| self.at + g.len())
    }

    fn word_after(&self) -> usize {
        let tail = &self.text[self.at..];
        let blanks = tail.len() - tail.trim_start().len();
        let rest = &tail[blanks..];
        self.at + blanks + rest.find(char::is_whitespace).unwrap_or(rest.len())
    }

    fn word_before(&self) -> usize {
        let head = self.text[..self.at].trim_end();
        head.rfind(char::is_whitespace).map_or(0, |i| i + head[i..].chars().next().map_or(1, char::len_utf8))
    }

    /// Takes a key. Returns whether the text has changed, or none if the key means nothing here.
    pub(crate) fn key(&mut self, key: Key) -> Option<bool> {
        if let Some(c) = key.types() {
            let before = self.text.len();
            self.insert(c.encode_utf8(&mut [0; 4]));
            return Some(self.text.len() != before);
        }
        if std::mem::take(&mut self.selected) && takes_away(key) {
            self.text.clear();
            self.at = 0;
            return Some(true);
        }
        let cut = |field: &mut Input, from: usize, to: usize| {
            field.text.replace_range(from..to, "");
            field.at = from;
            Some(from != to)
        };
        let go = |field: &mut Input, to: usize| {
            field.at = to;
            Some(false)
        };
        // The keys of a shell, as the composer has them.
        match (key.code, key.ctrl, key.alt) {
            (Code::Backspace, false, false) => cut(self, self.before(), self.at),
            (Code::Backspace, ..) | (Code::Char('w'), true, _) => cut(self, self.word_before(), self.at),
            (Code::Delete, true, _) | (Code::Delete, _, true) | (Code::Char('d'), _, true) => {
                cut(self, self.at, self.word_after())
            }
            (Code::Delete, ..) | (Code::Char('d'), true, _) => cut(self, self.at, self.after()),
            (Code::Char('u'), true, _) => cut(self, 0, self.at),
            (Code::Char('k'), true, _) => cut(self, self.at, self.text.len()),
            (Code::Left, true, _) | (Code::Left, _, true) | (Code::Char('b'), _, true) => {
                go(self, self.word_before())
            }
            (Code::Right, true, _) | (Code::Right, _, true) | (Code::Char('f'), _, true) => {
                go(self, self.word_after())
            }
            (Code::Left, ..) | (Code::Char('b'), true, _) => go(self, self.before()),
            (Code::Right, ..) | (Code::Char('f'), true, _) => go(self, self.after()),
            (Code::Home, ..) | (Code::Char('a'), true, _) => go(self, 0),
            (Code::End, ..) | (Code::Char('e'), true, _) => go(self, self.text.len()),
            _ => None,
        }
    }

    /// Paints the field with its cursor, scrolled so that the cursor is seen.
    pub(crate) fn draw(&self, pen: &mut Pen<'_>, x: u16, y: u16, width: u16) {
        if width == 0 {
            return;
        }
        let mut from = 0;
        for grapheme in self.text[..self.at].graphemes(true) {
            if wrap::width(&self.text[from..self.at]) < usize::from(width) {
                break;
            }
            from += grapheme.len();
        }
        let role = if self.selected { Role::Cursor } else { Role::Text };
        let behind = pen.verbatim(x, y, width, &self.text[from..self.at], role);
        let room = (x + width).saturating_sub(behind);
        let to = self.after();
        let under = if to > self.at { &self.text[self.at..to] } else { " " };
        let next = pen.verbatim(behind, y, room, under, Role::Cursor);
        pen.verbatim(next, y, (x + width).saturating_sub(next), &self.text[to..], Role::Text);
    }
}

/// Whether a key takes text away.
fn takes_away(key: Key) -> bool {
    matches!((key.code, key.ctrl), (Code::Backspace | Code::Delete, _) | (Code::Char('w' | 'u'), true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::key::keys;

    fn typed(text: &str) -> Input {
        let mut input = Input::default();
        for key in keys(text).unwrap() {
            input.key(key);
        }
        input
    }

    #[test]
    fn editing() {
        assert_eq!(typed("hello<backspace>p").text(), "hellp");
        assert_eq!(typed("one two<c-w>x").text(), "one x");
        assert_eq!(typed("bc<home>a").text(), "abc");
        assert_eq!(typed("abc<left><left><delete>").text(), "ac");
        assert_eq!(typed("abc<c-u>").text(), "");
        for (keys, text) in [
            ("one two<left><left><c-u>", "wo"),
            ("one two<left><left><c-k>", "one t"),
            ("one two<c-a>x<c-e>y", "xone twoy"),
            ("one two<home><c-d>", "ne two"),
            ("one two<a-b>x", "one xtwo"),
            ("one two<home><a-f>x", "onex two"),
            ("one two<home><a-d>", " two"),
            ("one two<c-left><c-delete>", "one "),
        ] {
            assert_eq!(typed(keys).text(), text, "{keys}");
        }
    }

    #[test]
    fn a_selected_text_goes_with_the_first_character_and_stays_with_any_other_key() {
        let after = |text: &str| {
            let mut input = Input::selected("old words");
            for key in keys(text).unwrap() {
                input.key(key);
            }
            input.text().to_owned()
        };
        assert_eq!(after("new"), "new");
        assert_eq!(after("<right>s"), "old wordss");
        assert_eq!(after("<end>!"), "old words!");
        assert_eq!(after("<left><backspace>"), "old wors");
        assert_eq!(after("<backspace>x"), "x");
        assert_eq!(after("<c-w>"), "");
        let mut pasted = Input::selected("old");
        pasted.insert("\u{202e}");
        pasted.insert("new ");
        assert_eq!(pasted.text(), "new ");
    }

    #[test]
    fn foreign_text_is_harmless_and_graphemes_stay_whole() {
        let mut input = Input::new("a\u{202e}b\nc");
        assert_eq!(input.text(), "ab c");
        input.insert("👩‍👩‍👧\x1b[31mx");
        for key in keys("<left><backspace>").unwrap() {
            input.key(key);
        }
        assert_eq!(input.text(), "ab cx");
    }

    #[test]
    fn marks_join_what_is_before() {
        let mut input = Input::new("e");
        input.insert("\u{301}");
        input.key(Key::plain(Code::Backspace));
        assert_eq!(input.text(), "");
    }
}
