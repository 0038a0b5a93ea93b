//! The lines of one message at one width: made once per (message, revision, width, unfolded), then only painted.

use std::ops::Range;

use crate::domain::capability::Formatting;
use crate::domain::mail::{Mail, op_of};
use crate::domain::message::{AuthorKind, Direction, MessageKind};
use crate::domain::row::MessageRow;
use crate::text::markup::{self, Formatted, Look};
use crate::text::{sanitize, wrap};
use crate::ui::thread::mail::{self, Part, Scene};
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

/// All that a layout depends on besides the message and the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Shape {
    pub(crate) width: u16,
    pub(crate) flags: Flags,
    /// What the medium makes of marks.
    pub(crate) formatting: Formatting,
    /// Nothing of it is folded away.
    pub(crate) is_whole: bool,
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
    /// What is told of a mail above its words, as a range of [`Block::about`].
    About(Range<usize>),
    /// Words, as a range of [`Block::text`].
    Body(Range<usize>),
    /// Words of somebody else, as a range of [`Block::text`].
    Quoted(Range<usize>),
    /// Stands for what is folded away, as a range of [`Block::about`].
    Folded(Range<usize>),
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
    shape: Shape,
    pub(crate) lines: Vec<Line>,
    pub(crate) text: String,
    /// What is told of a mail besides its words.
    pub(crate) about: String,
    /// The sender's address, where it is not the one that the conversation is with.
    pub(crate) from: String,
    /// What kind of thing it is, where that is worth words.
    pub(crate) kind: String,
    /// Something of it is folded away, or would be.
    pub(crate) has_folds: bool,
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
    pub(crate) fn is_current(&self, message: &MessageRow, shape: Shape) -> bool {
        (self.revision, self.shape) == (message.revision, shape)
    }

    /// Lays a message out.
    pub(crate) fn new(message: &MessageRow, shape: Shape, scene: &Scene) -> Block {
        let Shape { width, flags, is_whole, .. } = shape;
        let told = mail::told(message, scene, is_whole);
        let mut about = String::new();
        let mut note = |words: &str| {
            let from = about.len();
            about.push_str(words);
            from..about.len()
        };
        let Words { text, looks, parts, has_folds } = words_of(message, shape);
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
        let within = |range: &Range<usize>, of: &str| -> Vec<Range<usize>> {
            let lines = wrap::wrap(&of[range.clone()], room).into_iter();
            lines.map(|line| range.start + line.start..range.start + line.end).collect()
        };
        if message.direction == Direction::Activity {
            lines.extend(wrap::wrap(&text, room).into_iter().map(Line::Activity));
        } else {
            if !flags.grouped {
                lines.push(Line::Head);
            }
            for words in &told.lines {
                let range = note(words);
                let folded = wrap::wrap(words, room).into_iter();
                lines.extend(folded.map(|l| Line::About(range.start + l.start..range.start + l.end)));
            }
            for part in parts {
                match part {
                    Part::Own(range) if range.is_empty() => {}
                    Part::Gap => lines.push(Line::Body(0..0)),
                    Part::Own(range) => lines.extend(within(&range, &text).into_iter().map(Line::Body)),
                    Part::Quoted(range) => {
                        lines.extend(within(&range, &text).into_iter().map(Line::Quoted));
                    }
                    Part::Folded(count, kind) => {
                        lines.push(Line::Folded(note(&mail::folded_words(count, kind))));
                    }
                }
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
        Block {
            revision: message.revision,
            shape,
            lines,
            text,
            about,
            from: told.from,
            kind: told.kind,
            has_folds: has_folds || told.is_short,
            looks,
            why,
        }
    }
}

/// The words of a message, in the parts in which they are shown.
struct Words {
    text: String,
    looks: Vec<(Range<usize>, Look)>,
    parts: Vec<Part>,
    has_folds: bool,
}

/// The words as they look. The marks of a medium are those of everybody on it; of mails only we write them.
fn words_of(message: &MessageRow, shape: Shape) -> Words {
    let is_public = matches!(message.direction, Direction::Inbound | Direction::Outbound);
    let is_ours = |mail: &Mail| op_of(&mail.message_id).is_some();
    let marks = match (&message.mail, shape.formatting) {
        _ if !is_public => Formatting::None,
        (Some(mail), Formatting::Markdown) if !is_ours(mail) => Formatting::None,
        (None, Formatting::Markdown) if message.direction == Direction::Inbound => Formatting::None,
        (_, formatting) => formatting,
    };
    let words = body(message);
    let Some(_) = &message.mail else {
        let Formatted { text, looks, .. } = markup::format(marks, &words);
        let whole = 0..text.len();
        return Words { text, looks, parts: vec![Part::Own(whole)], has_folds: false };
    };
    let parts = mail::parts(&words, shape.is_whole);
    let is_folded = |part: &Part| matches!(part, Part::Folded(..));
    let folds = if shape.is_whole { mail::parts(&words, false) } else { parts.clone() };
    let mut out = Words {
        text: String::new(),
        looks: Vec::new(),
        parts: Vec::new(),
        has_folds: folds.iter().any(is_folded),
    };
    for part in parts {
        let (range, marks) = match &part {
            Part::Own(range) => (range.clone(), marks),
            Part::Quoted(range) => (range.clone(), Formatting::None),
            Part::Folded(..) | Part::Gap => {
                out.parts.push(part);
                continue;
            }
        };
        let piece = &words[range.clone()];
        // Paragraphs stay apart; what is folded away takes no room for that.
        let is_apart = piece.starts_with('\n') || words[..range.start].ends_with("\n\n");
        if is_apart && matches!(out.parts.last(), Some(Part::Own(_) | Part::Quoted(_))) {
            out.parts.push(Part::Gap);
        }
        let found = markup::format(marks, piece.trim_start_matches('\n').trim_end_matches(['\n', ' ']));
        let from = out.text.len();
        out.text.push_str(&found.text);
        let shifted = found.looks.into_iter().map(|(at, look)| (from + at.start..from + at.end, look));
        out.looks.extend(shifted);
        let range = from..out.text.len();
        out.parts.push(if matches!(part, Part::Own(_)) { Part::Own(range) } else { Part::Quoted(range) });
    }
    out
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

    fn shape(width: u16, formatting: Formatting) -> Shape {
        Shape { width, formatting, ..Shape::default() }
    }

    fn plain(message: &MessageRow, width: u16) -> Block {
        Block::new(message, shape(width, Formatting::None), &Scene::default())
    }

    #[test]
    fn marks_of_the_medium_become_looks_but_in_notes() {
        let text = "*now* or ~never~";
        let block = |direction, formatting| {
            let message = fixture::message(1, direction, text);
            let block = Block::new(&message, shape(40, formatting), &Scene::default());
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
        assert!(!before.is_current(&message, shape(40, Formatting::Whatsapp)), "the account is known now");
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
    fn a_mail_is_folded_and_only_our_marks_are_marks() {
        let text = "*Yes*\n\n> old\n> older\n";
        let mut message = fixture::message(1, Direction::Inbound, text);
        message.mail = Some(Box::new(Mail { message_id: "a@x.example".into(), ..Mail::default() }));
        let lay = |message: &MessageRow, is_whole| {
            let shape = Shape { is_whole, ..shape(40, Formatting::Whatsapp) };
            Block::new(message, shape, &Scene::default())
        };
        let block = lay(&message, false);
        assert_eq!((block.text.as_str(), block.about.as_str()), ("Yes", "⋯ 2 quoted lines"));
        assert_eq!(block.lines[1..], [Line::Head, Line::Body(0..3), Line::Folded(0..block.about.len())]);
        assert!(block.has_folds && lay(&message, true).has_folds);
        assert_eq!(lay(&message, true).text, "Yes> old\n> older");
        let gaps = |block: &Block| block.lines.iter().filter(|line| **line == Line::Body(0..0)).count();
        assert_eq!((gaps(&block), gaps(&lay(&message, true))), (0, 1));
        let marked = |message: &MessageRow| {
            let shape = shape(40, Formatting::Markdown);
            Block::new(message, shape, &Scene::default()).text
        };
        assert_eq!(marked(&message), "*Yes*", "a stranger's stars are stars");
        message.mail = None;
        assert!(!lay(&message, false).has_folds);
    }

    #[test]
    fn a_revision_or_a_width_makes_it_old() {
        let mut message = fixture::message(1, Direction::Inbound, "hello there");
        let block = plain(&message, 40);
        assert!(block.is_current(&message, shape(40, Formatting::None)));
        assert!(!block.is_current(&message, shape(41, Formatting::None)));
        assert!(!block.is_current(&message, Shape { is_whole: true, ..shape(40, Formatting::None) }));
        message.revision += 1;
        assert!(!block.is_current(&message, shape(40, Formatting::None)));
    }
}
