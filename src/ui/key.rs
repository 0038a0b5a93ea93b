//! Keys: how they are told apart, written and read. The same notation serves configuration, help and tests.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind};
use std::fmt;
use std::str::FromStr;

use crate::ui::msg::{Mouse, MouseKind, Msg};

/// A key with its modifiers. Shift is part of a character, and kept only for named keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Which.
    pub code: Code,
    /// With Control.
    pub ctrl: bool,
    /// With Alt.
    pub alt: bool,
    /// With Shift, for keys that are no character.
    pub shift: bool,
}

/// Which key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// A character, as it would be typed.
    Char(char),
    /// Return.
    Enter,
    /// Escape.
    Esc,
    /// Tabulator.
    Tab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// A function key.
    F(u8),
}

const NAMED: [(Code, &str, &str); 16] = [
    (Code::Enter, "enter", "Enter"),
    (Code::Esc, "esc", "Esc"),
    (Code::Tab, "tab", "Tab"),
    (Code::Backspace, "backspace", "Backspace"),
    (Code::Delete, "delete", "Delete"),
    (Code::Insert, "insert", "Insert"),
    (Code::Up, "up", "↑"),
    (Code::Down, "down", "↓"),
    (Code::Left, "left", "←"),
    (Code::Right, "right", "→"),
    (Code::Home, "home", "Home"),
    (Code::End, "end", "End"),
    (Code::PageUp, "pageup", "PgUp"),
    (Code::PageDown, "pagedown", "PgDn"),
    (Code::Char(' '), "space", "Space"),
    (Code::Char('<'), "lt", "<"),
];

impl Key {
    /// A key without modifiers.
    pub const fn plain(code: Code) -> Key {
        Key { code, ctrl: false, alt: false, shift: false }
    }

    /// A character.
    pub const fn char(c: char) -> Key {
        Key::plain(Code::Char(c))
    }

    /// Whether it types something where text is entered.
    pub fn types(self) -> Option<char> {
        match self.code {
            Code::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }

    /// The key as help and hints show it: `r`, `Ctrl-K`, `Enter`.
    pub fn label(self) -> String {
        let mut out = String::new();
        if self.ctrl {
            out.push_str("Ctrl-");
        }
        if self.alt {
            out.push_str("Alt-");
        }
        if self.shift {
            out.push_str("Shift-");
        }
        match self.code {
            Code::F(n) => out.push_str(&format!("F{n}")),
            Code::Char(c) if (self.ctrl || self.alt) && c.is_ascii_lowercase() => {
                out.push(c.to_ascii_uppercase());
            }
            Code::Char(c) if self.alt && c.is_ascii_uppercase() => out.push_str(&format!("Shift-{c}")),
            code => match NAMED.iter().find(|n| n.0 == code) {
                Some((_, _, label)) => out.push_str(label),
                None => {
                    if let Code::Char(c) = code {
                        out.push(c);
                    }
                }
            },
        }
        out
    }

    /// The key of a terminal event; none for releases and keys that we do not know.
    pub fn from_event(event: KeyEvent) -> Option<Key> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let code = match event.code {
            KeyCode::Char(c) => Code::Char(c),
            KeyCode::Enter => Code::Enter,
            KeyCode::Esc => Code::Esc,
            KeyCode::Tab | KeyCode::BackTab => Code::Tab,
            KeyCode::Backspace => Code::Backspace,
            KeyCode::Delete => Code::Delete,
            KeyCode::Insert => Code::Insert,
            KeyCode::Up => Code::Up,
            KeyCode::Down => Code::Down,
            KeyCode::Left => Code::Left,
            KeyCode::Right => Code::Right,
            KeyCode::Home => Code::Home,
            KeyCode::End => Code::End,
            KeyCode::PageUp => Code::PageUp,
            KeyCode::PageDown => Code::PageDown,
            KeyCode::F(n) => Code::F(n),
            _ => return None,
        };
        let shift = event.modifiers.contains(KeyModifiers::SHIFT) || event.code == KeyCode::BackTab;
        Some(
            Key {
                code,
                ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
                alt: event.modifiers.contains(KeyModifiers::ALT),
                shift,
            }
            .normal(),
        )
    }

    /// The one form of keys that terminals report in several.
    fn normal(mut self) -> Key {
        if let Code::Char(c) = self.code {
            if self.ctrl {
                self.code = Code::Char(c.to_ascii_lowercase());
            } else if self.shift && c.is_ascii_lowercase() {
                self.code = Code::Char(c.to_ascii_uppercase());
            }
            self.shift = false;
            // What Backspace with Control sends, and Control with a space.
            // And Control with a slash or an underline, which older terminals send as one, and crossterm reads as a seven.
            if self.ctrl && matches!(self.code, Code::Char('7' | '/')) {
                self.code = Code::Char('_');
            }
            if self.ctrl && self.code == Code::Char('h') {
                return Key { code: Code::Backspace, ctrl: false, ..self };
            }
        }
        self
    }
}

/// The notation of configuration: `r`, `<c-k>`, `<enter>`, `<a-enter>`, `<f2>`.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.code {
            Code::F(n) => Some(format!("f{n}")),
            code => NAMED.iter().find(|n| n.0 == code).map(|n| n.1.to_owned()),
        };
        if let (None, Code::Char(c), false, false) = (&name, self.code, self.ctrl, self.alt) {
            return write!(f, "{c}");
        }
        f.write_str("<")?;
        for (on, mark) in [(self.ctrl, "c-"), (self.alt, "a-"), (self.shift, "s-")] {
            if on {
                f.write_str(mark)?;
            }
        }
        match (name, self.code) {
            (Some(name), _) => f.write_str(&name)?,
            (None, Code::Char(c)) => write!(f, "{c}")?,
            (None, _) => {}
        }
        f.write_str(">")
    }
}

/// Why keys cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A `<` without its `>`.
    #[error("the \u{201c}<\u{201d} of a named key has no \u{201c}>\u{201d}; write the character as <lt>")]
    Open,
    /// A name that is none.
    #[error(
        "unknown key <{0}>: use names as <enter>, <esc>, <tab>, <space>, <up>, <pageup>, <f2>, with c-, a- or s- before"
    )]
    Unknown(String),
    /// Nothing at all.
    #[error("no key is named")]
    Empty,
    /// More than one where one was expected.
    #[error("one key was expected")]
    Several,
}

/// Reads a sequence: `gg`, `jj<enter>hello<c-s>`. Blanks are typed blanks.
///
/// # Errors
/// Names what is not a key.
pub fn keys(text: &str) -> Result<Vec<Key>, KeyError> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c == '<' {
            let end = rest.find('>').ok_or(KeyError::Open)?;
            out.push(named(&rest[1..end])?);
            rest = &rest[end + 1..];
        } else {
            out.push(if c == '\n' { Key::plain(Code::Enter) } else { Key::char(c) });
            rest = &rest[c.len_utf8()..];
        }
    }
    Ok(out)
}

/// Reads a sequence as configuration has it, where blanks only separate: `g m`, `<c-k>`.
///
/// # Errors
/// Names what is not a key; nothing is no sequence.
pub fn chord(text: &str) -> Result<Vec<Key>, KeyError> {
    let found = keys(&text.split_whitespace().collect::<String>())?;
    if found.is_empty() { Err(KeyError::Empty) } else { Ok(found) }
}

fn named(name: &str) -> Result<Key, KeyError> {
    let mut key = Key::char(' ');
    let mut rest = name;
    while let (Some(mark), Some(dash)) = (rest.chars().next(), rest.chars().nth(1)) {
        if dash != '-' || rest.chars().count() < 3 {
            break;
        }
        match mark.to_ascii_lowercase() {
            'c' => key.ctrl = true,
            'a' => key.alt = true,
            's' => key.shift = true,
            _ => return Err(KeyError::Unknown(name.to_owned())),
        }
        rest = &rest[mark.len_utf8() + 1..];
    }
    let lower = rest.to_lowercase();
    let mut chars = rest.chars();
    key.code = match (chars.next(), chars.next()) {
        (Some(c), None) => Code::Char(c),
        _ => match NAMED.iter().find(|n| n.1 == lower) {
            Some((code, _, _)) => *code,
            None => match lower.strip_prefix('f').and_then(|n| n.parse::<u8>().ok()) {
                Some(n @ 1..=24) => Code::F(n),
                _ => return Err(KeyError::Unknown(name.to_owned())),
            },
        },
    };
    Ok(key.normal())
}

impl FromStr for Key {
    type Err = KeyError;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match keys(s)?.as_slice() {
            [key] => Ok(*key),
            [] => Err(KeyError::Empty),
            _ => Err(KeyError::Several),
        }
    }
}

impl Msg {
    /// The message of a terminal's event; none for those that mean nothing here.
    pub fn from_terminal(event: Event) -> Option<Msg> {
        match event {
            Event::Key(key) => Key::from_event(key).map(Msg::Key),
            Event::Paste(text) => Some(Msg::Paste(text)),
            Event::Resize(width, height) => Some(Msg::Resize(width, height)),
            Event::FocusGained => Some(Msg::Focus(true)),
            Event::FocusLost => Some(Msg::Focus(false)),
            Event::Mouse(mouse) => {
                let kind = match mouse.kind {
                    MouseEventKind::Down(MouseButton::Left) => MouseKind::Click,
                    MouseEventKind::ScrollUp => MouseKind::ScrollUp,
                    MouseEventKind::ScrollDown => MouseKind::ScrollDown,
                    _ => return None,
                };
                Some(Msg::Mouse(Mouse { kind, x: mouse.column, y: mouse.row }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_and_written() {
        assert_eq!(
            keys("jj<enter>a <c-s>").unwrap(),
            [
                Key::char('j'),
                Key::char('j'),
                Key::plain(Code::Enter),
                Key::char('a'),
                Key::char(' '),
                Key { ctrl: true, ..Key::char('s') }
            ]
        );
        for text in [
            "a",
            "Z",
            ";",
            "<c-k>",
            "<a-enter>",
            "<s-tab>",
            "<f2>",
            "<space>",
            "<lt>",
            "é",
            "<c-a-up>",
            "<c-->",
        ] {
            let key: Key = text.parse().unwrap();
            assert_eq!(key.to_string(), text);
        }
        assert_eq!(chord("g m").unwrap().len(), 2);
        for (text, label) in
            [("<c-K>", "Ctrl-K"), ("<a-e>", "Alt-E"), ("<a-E>", "Alt-Shift-E"), ("<a-enter>", "Alt-Enter")]
        {
            assert_eq!(text.parse::<Key>().unwrap().label(), label);
        }
        assert!(keys("<nope>").unwrap_err().to_string().contains("<nope>"));
        assert_eq!(keys("<"), Err(KeyError::Open));
        assert_eq!(chord(" "), Err(KeyError::Empty));
    }

    #[test]
    fn terminals_report_one_key_in_several_ways() {
        let shifted = KeyEvent::new(KeyCode::Char('e'), KeyModifiers::SHIFT);
        assert_eq!(Key::from_event(shifted), Some(Key::char('E')));
        let back = KeyEvent::new(KeyCode::BackTab, KeyModifiers::NONE);
        assert_eq!(Key::from_event(back).unwrap().to_string(), "<s-tab>");
    }
}
