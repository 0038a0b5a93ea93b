//! Markdown as agents write it in mails: one reading for the HTML that is sent and for the preview. Pure.
//!
//! It is CommonMark with the habits of mails: a line end is a line end; what is written below a quotation or a list without
//! an empty line between is not of it; links and addresses need no brackets; HTML, entities, definitions of references and
//! lines under headings are what they look like, text. Nothing that was typed is lost.

mod prepare;

use prepare::Prepared;
use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// What encloses words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// Lines with an empty one around them.
    Paragraph,
    /// `# words`, with its level.
    Heading(u8),
    /// `> words`.
    Quote,
    /// Lines between fences.
    Fenced,
    /// A list, with the number of its first item if it is numbered.
    List(Option<u64>),
    /// An item of a list.
    Item,
    /// `**words**`.
    Bold,
    /// `*words*`.
    Italic,
    /// `~~words~~`.
    Strike,
    /// `[words](address)`, or a bare address: where it leads.
    Link(String),
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// Something begins.
    Open(Part),
    /// What began last ends.
    Close,
    /// Words as typed. Only within fences they have line ends.
    Text(&'a str),
    /// `` `words` ``.
    Code(String),
    /// `![words](file)`.
    Image {
        /// What is shown where the picture cannot be.
        alt: &'a str,
        /// The file.
        file: String,
    },
    /// The end of a line within a paragraph.
    Break,
    /// `---`.
    Rule,
}

/// A piece and where it stands in what was typed. An [`Piece::Open`] has the place of the whole.
pub(crate) type Placed<'a> = (Piece<'a>, Range<usize>);

const OPTIONS: Options = Options::ENABLE_STRIKETHROUGH;

/// What a backslash takes its meaning from. Before anything else it is a backslash: paths and patterns keep theirs.
const ESCAPED: &str = "*_~`[]#>-+!<";

/// Takes a text apart.
pub(crate) fn read(source: &str) -> Vec<Placed<'_>> {
    let prepared = Prepared::new(source);
    let mut reader = Reader { source, out: Vec::new(), at: 0, state: State::Inline, ends: Vec::new() };
    for (event, range) in Parser::new_ext(prepared.text(), OPTIONS).into_offset_iter() {
        reader.event(event, prepared.place(range));
    }
    reader.out
}

/// Where a link may lead: nowhere but to a page, a mailbox or a telephone.
fn leads_somewhere(to: &str) -> bool {
    let scheme = to.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https" | "mailto" | "tel")) && !to.contains(char::is_control)
}

/// In what the reader is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Paragraphs and the like.
    Inline,
    /// Between fences.
    Fenced,
    /// What CommonMark takes for code or HTML, and is text here.
    Lines,
    /// Within the words of a picture, which began there.
    Image { from: usize, file: String, alt: Option<Range<usize>>, depth: usize },
}

/// What the end of an element does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Close,
    /// A link that leads nowhere is shown as it was typed.
    AsTyped,
}

struct Reader<'a> {
    source: &'a str,
    out: Vec<Placed<'a>>,
    /// Where the last event ended, or the last element began.
    at: usize,
    state: State,
    ends: Vec<End>,
}

impl<'a> Reader<'a> {
    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        if matches!(self.state, State::Image { .. }) {
            return self.in_image(&event, range);
        }
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::Text(_) => self.text(range),
            Event::Html(_) | Event::InlineHtml(_) => self.lines(range),
            Event::Code(code) => {
                self.at = range.end;
                self.out.push((Piece::Code(code.into_string()), range));
            }
            Event::SoftBreak | Event::HardBreak => self.line_end(range),
            Event::Rule => {
                self.at = range.end;
                self.out.push((Piece::Rule, range));
            }
            // Of extensions that are not on.
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => self.lines(range),
            Event::InlineMath(_) | Event::DisplayMath(_) => self.lines(range),
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: Range<usize>) {
        self.at = range.start;
        let part = match tag {
            Tag::Heading { level, .. } => Part::Heading(level as u8),
            Tag::BlockQuote(_) => Part::Quote,
            Tag::CodeBlock(CodeBlockKind::Fenced(_)) => {
                self.state = State::Fenced;
                Part::Fenced
            }
            Tag::CodeBlock(CodeBlockKind::Indented) | Tag::HtmlBlock => {
                self.state = State::Lines;
                Part::Paragraph
            }
            Tag::List(first) => Part::List(first),
            Tag::Item => Part::Item,
            Tag::Emphasis => Part::Italic,
            Tag::Strong => Part::Bold,
            Tag::Strikethrough => Part::Strike,
            Tag::Link { link_type, dest_url, .. } => {
                let to = if link_type == LinkType::Email {
                    format!("mailto:{dest_url}")
                } else {
                    dest_url.into_string()
                };
                if !leads_somewhere(&to) {
                    let open = range.start..range.start + 1;
                    self.at = open.end;
                    self.ends.push(End::AsTyped);
                    return self.push_text(open);
                }
                Part::Link(to)
            }
            Tag::Image { dest_url, .. } => {
                let file = dest_url.into_string();
                self.state = State::Image { from: range.start, file, alt: None, depth: 0 };
                return;
            }
            _ => Part::Paragraph,
        };
        self.ends.push(End::Close);
        self.out.push((Piece::Open(part), range));
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) {
        if matches!(tag, TagEnd::CodeBlock | TagEnd::HtmlBlock) {
            if self.state == State::Lines && matches!(self.out.last(), Some((Piece::Break, _))) {
                self.out.pop();
            }
            self.state = State::Inline;
        }
        if self.ends.pop() == Some(End::AsTyped) {
            self.push_text(self.at.min(range.end)..range.end);
        } else if let Some(open) = self.nothing_since() {
            // What encloses nothing would show nothing: it is what was typed.
            let is_inline = matches!(self.out.get(open), Some((Piece::Open(Part::Link(_)), _)));
            self.out.truncate(open);
            if is_inline {
                self.push_text(range.clone());
            } else {
                self.out.push((Piece::Open(Part::Paragraph), range.clone()));
                let length = self.source[range.clone()].trim_end().len();
                self.lines(range.start..range.start + length);
                self.out.push((Piece::Close, range.clone()));
            }
        } else {
            self.out.push((Piece::Close, range.clone()));
        }
        self.at = range.end;
    }

    /// Where the heading, the fences or the link began that ends here and has no words.
    fn nothing_since(&self) -> Option<usize> {
        let is_nothing =
            |piece: &Placed<'_>| matches!(piece, (Piece::Text(text), _) if text.trim().is_empty());
        let words = self.out.iter().rev().take_while(|piece| is_nothing(piece)).count();
        let open = self.out.len().checked_sub(words + 1)?;
        let (Piece::Open(part), _) = self.out.get(open)? else { return None };
        matches!(part, Part::Heading(_) | Part::Fenced | Part::Link(_)).then_some(open)
    }

    fn in_image(&mut self, event: &Event<'_>, range: Range<usize>) {
        let State::Image { from, file, alt, depth } = &mut self.state else { return };
        match event {
            Event::End(TagEnd::Image) if *depth == 0 => {
                let words = alt.clone().map(|alt| &self.source[alt]).unwrap_or_default();
                let piece = Piece::Image { alt: words, file: std::mem::take(file) };
                self.out.push((piece, *from..range.end));
                self.at = range.end;
                self.state = State::Inline;
            }
            _ => {
                match event {
                    Event::Start(_) => *depth += 1,
                    Event::End(_) => *depth -= 1,
                    _ => {}
                }
                *alt = Some(alt.as_ref().map_or(range.start, |a| a.start)..range.end);
            }
        }
    }

    /// Words. Entities are not decoded, so it is always the source that counts.
    fn text(&mut self, range: Range<usize>) {
        match self.state {
            State::Fenced => self.push_text(range.clone()),
            State::Lines => self.lines(self.indented(range.start)..range.end),
            _ => {
                let mut from = range.start;
                let is_kept = self.source[from..].chars().next().is_none_or(|c| !ESCAPED.contains(c));
                if is_kept && self.source.get(self.at..from) == Some("\\") {
                    from -= 1;
                }
                self.push_text(from..range.end);
            }
        }
        self.at = range.end;
    }

    /// Where the blanks before this place begin.
    fn indented(&self, at: usize) -> usize {
        let done = match self.out.last() {
            Some((Piece::Text(_), range)) => range.end,
            _ => 0,
        };
        self.source[..at].trim_end_matches([' ', '\t']).len().max(done)
    }

    /// Text that may have line ends.
    fn lines(&mut self, range: Range<usize>) {
        let mut from = range.start;
        while let Some(length) = self.source[from..range.end].find('\n') {
            self.push_text(from..from + length);
            self.out.push((Piece::Break, from + length..from + length + 1));
            from += length + 1;
        }
        self.push_text(from..range.end);
        self.at = range.end;
    }

    /// A backslash before a line end is one: line ends need none.
    fn line_end(&mut self, range: Range<usize>) {
        let from = range.start;
        if self.source[range.clone()].starts_with('\\') {
            self.push_text(from..from + 1);
        }
        self.at = range.end;
        self.out.push((Piece::Break, range));
    }

    fn push_text(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.out.push((Piece::Text(&self.source[range.clone()]), range));
        }
    }
}

#[cfg(test)]
mod tests;
