//! The lines of one message at one width: made once per (message, revision, width), then only painted.

use std::ops::Range;

use crate::domain::capability::Formatting;
use crate::domain::message::{AuthorKind, Direction, MessageKind};
use crate::domain::row::MessageRow;
use crate::text::markup::{self, Formatted, Look};
use crate::text::{sanitize, wrap};
use crate::ui::thread::words;

/// What stands between a message and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Flags {
    /// It is the first of its day.
    pub(crate) day: bool,
    /// It is the first unseen one; how many there are.
    pub(crate) unread: Option<usize>,
    /// It follows one of the same author within minutes: no head of its own.
    pub(crate) grouped: bool,
    /// It is the first of the window.
    pub(crate) first: bool,
}

/// One line of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    /// Nothing.
    Blank,
    /// A hair line with the day.
    Day,
    /// A hair line with the number of new messages.
    Unread(usize),
    /// Who and when.
    Head,
    /// Words, as a range of [`Block::text`].
    Body(Range<usize>),
    /// A file, by its place.
    File(usize),
    /// Why the file above could not be fetched, as a range of [`Block::why`].
    FileWhy(Range<usize>),
    /// Why it is not further, as a range of [`Block::why`].
    Why(Range<usize>),
    /// What can be done about it.
    Answers,
    /// Something that happened, as a range of [`Block::text`].
    Activity(Range<usize>),
}

/// A message, laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    revision: u64,
    width: u16,
    flags: Flags,
    formatting: Formatting,
    pub(crate) lines: Vec<Line>,
    pub(crate) text: String,
    /// What of the text looks otherwise than plain.
    pub(crate) looks: Vec<(Range<usize>, Look)>,
    pub(crate) why: String,
}

/// Columns before the words of the other side.
pub(crate) const GUTTER: u16 = 3;
/// Longest line of words that is comfortable to read.
const LONGEST: u16 = 88;

/// Columns by which our side is set in.
pub(crate) const fn indent(direction: Direction, width: u16) -> u16 {
    match direction {
        Direction::Outbound if width >= 60 => 6,
        Direction::Outbound if width >= 36 => 2,
        _ => 0,
    }
}

impl Block {
    /// Whether it still fits.
    pub(crate) fn is_current(
        &self,
        message: &MessageRow,
        width: u16,
        flags: Flags,
        formatting: Formatting,
    ) -> bool {
        (self.revision, self.width, self.flags, self.formatting)
            == (message.revision, width, flags, formatting)
    }

    /// Lays a message out for a pane of this width.
    /// Its marks are those of the medium.
    pub(crate) fn new(message: &MessageRow, width: u16, flags: Flags, formatting: Formatting) -> Block {
        let marks = match message.direction {
            // What becomes HTML when we send it is plain text, or comes from HTML, when others do.
            Direction::Inbound if formatting == Formatting::Markdown => Formatting::Links,
            Direction::Inbound | Direction::Outbound => formatting,
            Direction::Note | Direction::Activity => Formatting::None,
        };
        let Formatted { text, looks, .. } = markup::format(marks, &body(message));
        let mut why = words::why(message).map(|w| sanitize::line(&w).into_owned()).unwrap_or_default();
        let mut lines = Vec::new();
        if flags.day {
            if !flags.first {
                lines.push(Line::Blank);
            }
            lines.push(Line::Day);
        }
        if let Some(count) = flags.unread {
            if !flags.first && !flags.day {
                lines.push(Line::Blank);
            }
            lines.push(Line::Unread(count));
        }
        if !flags.grouped && !flags.first && !flags.day && flags.unread.is_none() {
            lines.push(Line::Blank);
        }
        let room = width.saturating_sub(GUTTER + 1 + indent(message.direction, width)).clamp(1, LONGEST);
        let room = usize::from(room);
        if message.direction == Direction::Activity {
            lines.extend(wrap::wrap(&text, room).into_iter().map(Line::Activity));
        } else {
            if !flags.grouped {
                lines.push(Line::Head);
            }
            if !text.is_empty() {
                lines.extend(wrap::wrap(&text, room).into_iter().map(Line::Body));
            }
            let further = if why.is_empty() { Vec::new() } else { wrap::wrap(&why, room) };
            for (at, file) in message.attachments.iter().enumerate() {
                lines.push(Line::File(at));
                if let Some(error) = &file.error {
                    let from = why.len();
                    why.push_str("✗ ");
                    why.push_str(&sanitize::line(error));
                    let ranges = wrap::wrap(&why[from..], room).into_iter();
                    lines.extend(ranges.map(|r| Line::FileWhy(from + r.start..from + r.end)));
                }
            }
            lines.extend(further.into_iter().map(Line::Why));
            if words::shows_answers(message) {
                lines.push(Line::Answers);
            }
        }
        Block { revision: message.revision, width, flags, formatting, lines, text, looks, why }
    }
}

/// Who did what an activity tells, where somebody did it: it has no head of its own.
fn doer(message: &MessageRow) -> Option<String> {
    let nameless = match (message.direction, message.author) {
        (Direction::Activity, AuthorKind::Contact) => "The customer",
        (Direction::Activity, AuthorKind::Agent) => "An agent",
        _ => return None,
    };
    let name = message.author_name.as_deref().map(sanitize::line).unwrap_or_default();
    Some(if name.trim().is_empty() { nameless.to_owned() } else { name.trim().to_owned() })
}

/// The words of a message, harmless, and never nothing at all.
fn body(message: &MessageRow) -> String {
    let text = sanitize::clean(&message.text);
    let text = text.trim_end_matches(['\n', ' ']);
    if !text.trim().is_empty() {
        return match doer(message) {
            Some(who) => format!("{who} {text}"),
            None => text.to_owned(),
        };
    }
    if !message.attachments.is_empty() {
        return String::new();
    }
    match message.kind {
        MessageKind::Text => "(no words)".into(),
        kind => format!("[{}]", kind.word().replace('_', " ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture;

    fn plain(message: &MessageRow, width: u16) -> Block {
        Block::new(message, width, Flags::default(), Formatting::None)
    }

    #[test]
    fn marks_of_the_medium_become_looks_but_in_notes() {
        let text = "*now* or ~never~";
        let block = |direction, formatting| {
            let message = fixture::message(1, direction, text);
            let block = Block::new(&message, 40, Flags::default(), formatting);
            (block.text, block.looks.len())
        };
        for direction in [Direction::Inbound, Direction::Outbound] {
            assert_eq!(block(direction, Formatting::Whatsapp), ("now or never".to_owned(), 2));
            assert_eq!(block(direction, Formatting::Links), (text.to_owned(), 0));
        }
        assert_eq!(block(Direction::Note, Formatting::Whatsapp), (text.to_owned(), 0));
        // Markdown is what we write; what comes in has none.
        assert_eq!(block(Direction::Outbound, Formatting::Markdown), ("now or ~never~".to_owned(), 1));
        assert_eq!(block(Direction::Inbound, Formatting::Markdown), (text.to_owned(), 0));
        let message = fixture::message(1, Direction::Inbound, text);
        let before = plain(&message, 40);
        assert!(
            !before.is_current(&message, 40, Flags::default(), Formatting::Whatsapp),
            "the account is known now"
        );
    }

    #[test]
    fn never_blank_and_never_wild() {
        let mut message = fixture::message(1, Direction::Inbound, "  ");
        message.kind = MessageKind::Location;
        assert_eq!(plain(&message, 40).text, "[location]");
        message.text = "a\u{1b}[2J\u{202e}b".into();
        assert_eq!(plain(&message, 40).text, "ab");
    }

    #[test]
    fn an_activity_tells_who_did_it() {
        let mut message = fixture::message(1, Direction::Activity, "opted out of SMS by STOP");
        for (author, name, said) in [
            (AuthorKind::Contact, Some("Maria\u{1b}[2J"), "Maria opted out"),
            (AuthorKind::Contact, None, "The customer opted out"),
            (AuthorKind::Agent, Some("Ana"), "Ana opted out"),
            (AuthorKind::System, None, "opted out"),
        ] {
            (message.author, message.author_name) = (author, name.map(str::to_owned));
            let block = plain(&message, 60);
            assert!(block.text.starts_with(said), "{}", block.text);
        }
    }

    #[test]
    fn a_revision_or_a_width_makes_it_old() {
        let mut message = fixture::message(1, Direction::Inbound, "hello there");
        let block = plain(&message, 40);
        assert!(block.is_current(&message, 40, Flags::default(), Formatting::None));
        assert!(!block.is_current(&message, 41, Flags::default(), Formatting::None));
        message.revision += 1;
        assert!(!block.is_current(&message, 40, Flags::default(), Formatting::None));
    }
}
