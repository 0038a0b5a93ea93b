//! How words look on the other side: the marks of a medium (`*bold*`) become looks, and are left out themselves.
//!
//! One reading serves the preview of what is being written and the thread. The words as they were sent stay as they are.

mod markdown;

use crate::domain::capability::Formatting;
use crate::text::links;
use std::ops::Range;

pub(crate) use markdown::spelled;

/// How a piece of a text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    /// `*bold*`.
    pub bold: bool,
    /// `_italic_`.
    pub italic: bool,
    /// `~struck out~`.
    pub strike: bool,
    /// `` `typewriter` ``.
    pub mono: bool,
    /// A link that can be followed.
    pub link: bool,
    /// The sign of a list, a quotation, a picture or a line across, which stands for a mark; an address that no mark shows.
    pub sign: bool,
}

impl Look {
    /// Whether it has what the mark of this place in [`MARKS`] gives. Nothing is twice bold, so that nothing nests without end.
    const fn has(self, kind: usize) -> bool {
        match kind {
            0 => self.bold,
            1 => self.italic,
            2 => self.strike,
            _ => self.mono,
        }
    }
}

/// A text as it looks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Formatted {
    /// The words, without the marks.
    pub text: String,
    /// What looks otherwise than plain, in order and apart.
    pub looks: Vec<(Range<usize>, Look)>,
    /// What of the source was a mark, in order and apart.
    pub marks: Vec<Range<usize>>,
}

/// Reads a text by the marks of a medium.
pub fn format(formatting: Formatting, source: &str) -> Formatted {
    let mut out = Writer { source, out: Formatted::default() };
    match formatting {
        Formatting::None => out.plain(0..source.len(), Look::default()),
        Formatting::Markdown => return markdown::format(source, false),
        Formatting::Links => out.words(0..source.len(), Look::default()),
        Formatting::Whatsapp => out.blocks(),
    }
    out.out
}

/// What a medium makes of marks, in few words, and in fewer.
pub const fn words(formatting: Formatting) -> [&'static str; 2] {
    match formatting {
        Formatting::None => ["plain text, marks are sent as typed", "marks are sent as typed"],
        Formatting::Links => {
            ["plain text, marks are sent as typed, links can be followed", "marks are sent as typed"]
        }
        Formatting::Markdown => {
            ["**bold** *italic* `code`, - lists, > quotes, [links](https://…)", "**bold** *italic* `code`"]
        }
        Formatting::Whatsapp => {
            ["*bold* _italic_ ~strike~ `code`, - lists, > quotes", "*bold* _italic_ ~strike~ `code`"]
        }
    }
}

/// Three of these around words keep them as they are typed.
const FENCE: &str = "```";

struct Writer<'a> {
    source: &'a str,
    out: Formatted,
}

impl Writer<'_> {
    fn plain(&mut self, piece: Range<usize>, look: Look) {
        let text = &self.source[piece];
        if text.is_empty() {
            return;
        }
        let from = self.out.text.len();
        self.out.text.push_str(text);
        self.look(from, look);
    }

    /// What has been written since `from` looks so.
    fn look(&mut self, from: usize, look: Look) {
        let to = self.out.text.len();
        if look == Look::default() {
            return;
        }
        match self.out.looks.last_mut() {
            Some((range, before)) if range.end == from && *before == look => range.end = to,
            _ => self.out.looks.push((from..to, look)),
        }
    }

    fn mark(&mut self, piece: Range<usize>) {
        match self.out.marks.last_mut() {
            Some(before) if before.end == piece.start => before.end = piece.end,
            _ => self.out.marks.push(piece),
        }
    }

    /// What stands in fences, which may go over lines, and the lines between.
    fn blocks(&mut self) {
        let mut at = 0;
        while let Some((open, close)) = self.fenced(at) {
            self.lines(at..open);
            self.mark(open..open + FENCE.len());
            self.plain(open + FENCE.len()..close, Look { mono: true, ..Look::default() });
            self.mark(close..close + FENCE.len());
            at = close + FENCE.len();
        }
        self.lines(at..self.source.len());
    }

    /// The next pair of fences that has words between.
    fn fenced(&self, from: usize) -> Option<(usize, usize)> {
        let open = from + self.source[from..].find(FENCE)?;
        let inner = open + FENCE.len();
        let close = inner + self.source[inner..].find(FENCE)?;
        if self.source[inner..close].trim().is_empty() {
            return None;
        }
        Some((open, close))
    }

    fn lines(&mut self, piece: Range<usize>) {
        let mut at = piece.start;
        while at < piece.end {
            let end = self.source[at..piece.end].find('\n').map_or(piece.end, |n| at + n);
            let line = &self.source[at..end];
            // Behind a fence no line begins.
            let begins = at == 0 || self.source[..at].ends_with('\n');
            let sign = [("- ", "\u{2022}"), ("* ", "\u{2022}"), ("> ", "\u{258e}")];
            let sign = sign.into_iter().find(|(mark, _)| line.starts_with(mark));
            if let Some((mark, sign)) =
                sign.filter(|(mark, _)| begins && !line[mark.len()..].trim().is_empty())
            {
                self.mark(at..at + 1);
                let from = self.out.text.len();
                self.out.text.push_str(sign);
                self.look(from, Look { sign: true, ..Look::default() });
                self.plain(at + 1..at + mark.len(), Look::default());
                at += mark.len();
            }
            self.inline(at..end, Look::default());
            let next = (end + 1).min(piece.end);
            self.plain(end..next, Look::default());
            at = next;
        }
    }

    /// The words of a line, and the marks around them.
    fn inline(&mut self, piece: Range<usize>, look: Look) {
        // For which marks no end was found: none comes behind a later beginning either.
        let mut endless = [false; MARKS.len()];
        let (mut at, mut done) = (piece.start, piece.start);
        while let Some(c) = self.source[at..piece.end].chars().next() {
            if let Some(end) = links::web(self.source, at, piece.end) {
                at = end;
                continue;
            }
            let kind = MARKS.iter().position(|mark| *mark == c);
            let kind = kind.filter(|kind| !endless[*kind] && !look.has(*kind));
            let close = kind.filter(|_| self.opens(at, &piece)).map(|_| self.close(c, at, &piece));
            match (kind, close) {
                (Some(kind), Some(Some(close))) => {
                    self.words(done..at, look);
                    self.mark(at..at + 1);
                    let inner = at + 1..close;
                    match kind {
                        0 => self.inline(inner, Look { bold: true, ..look }),
                        1 => self.inline(inner, Look { italic: true, ..look }),
                        2 => self.inline(inner, Look { strike: true, ..look }),
                        _ => self.plain(inner, Look { mono: true, ..look }),
                    }
                    self.mark(close..close + 1);
                    at = close + 1;
                    done = at;
                }
                (Some(kind), Some(None)) => {
                    endless[kind] = true;
                    at += c.len_utf8();
                }
                _ => at += c.len_utf8(),
            }
        }
        self.words(done..piece.end, look);
    }

    /// Whether a mark may begin something: no word goes into it, and one comes out of it.
    fn opens(&self, at: usize, piece: &Range<usize>) -> bool {
        let before = self.source[piece.start..at].chars().next_back();
        let after = self.source[at + 1..piece.end].chars().next();
        !before.is_some_and(char::is_alphanumeric) && after.is_some_and(|c| !c.is_whitespace())
    }

    /// Where what a mark begins ends: at the next of its kind that closes a word.
    fn close(&self, mark: char, open: usize, piece: &Range<usize>) -> Option<usize> {
        let mut from = open + 1;
        loop {
            let at = from + self.source[from..piece.end].find(mark)?;
            let before = self.source[open + 1..at].chars().next_back();
            let after = self.source[at + 1..piece.end].chars().next();
            let closes = before.is_some_and(|c| !c.is_whitespace() && c != mark)
                && !after.is_some_and(|c| c.is_alphanumeric() || c == mark);
            if closes {
                return Some(at);
            }
            from = at + 1;
        }
    }

    /// Words in which nothing but links is left to find.
    fn words(&mut self, piece: Range<usize>, look: Look) {
        let (mut at, mut done) = (piece.start, piece.start);
        while let Some(c) = self.source[at..piece.end].chars().next() {
            match links::web(self.source, at, piece.end) {
                Some(end) => {
                    self.plain(done..at, look);
                    self.plain(at..end, Look { link: true, ..look });
                    (at, done) = (end, end);
                }
                None => at += c.len_utf8(),
            }
        }
        self.plain(done..piece.end, look);
    }
}

/// Bold, italic, struck out, typewriter.
const MARKS: [char; 4] = ['*', '_', '~', '`'];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Looks as letters in front of the words: `[b:bold]`.
    fn golden(formatting: Formatting, source: &str) -> String {
        shown(&format(formatting, source))
    }

    /// The same of what was read.
    pub(super) fn shown(found: &Formatted) -> String {
        let Formatted { text, looks, .. } = found;
        let (mut out, mut at) = (String::new(), 0);
        for (range, look) in looks {
            out.push_str(&text[at..range.start]);
            let letters = [
                (look.bold, 'b'),
                (look.italic, 'i'),
                (look.strike, 's'),
                (look.mono, 'm'),
                (look.link, 'l'),
                (look.sign, '!'),
            ];
            let letters: String =
                letters.into_iter().filter(|(is, _)| *is).map(|(_, letter)| letter).collect();
            out.push_str(&format!("[{letters}:{}]", &text[range.clone()]));
            at = range.end;
        }
        out.push_str(&text[at..]);
        out
    }

    #[test]
    fn marks_of_whatsapp_become_looks() {
        for (source, looks) in [
            ("plain words", "plain words"),
            ("*bold* _italic_ ~gone~ `code`", "[b:bold] [i:italic] [s:gone] [m:code]"),
            ("it is *very _very_ urgent*!", "it is [b:very ][bi:very][b: urgent]!"),
            ("_*~all~*_", "[bis:all]"),
            ("```let a = *b*;\n\n  done```", "[m:let a = *b*;\n\n  done]"),
            ("a ```b``` *c*", "a [m:b] [b:c]"),
            ("`*kept*`", "[m:*kept*]"),
            // No marks: inside of words, beside blanks, alone, across lines.
            ("2*3*4 snake_case_name a~b~c", "2*3*4 snake_case_name a~b~c"),
            ("5 * 3 * 2 and * x *", "5 * 3 * 2 and * x *"),
            ("*not\nbold*", "*not\nbold*"),
            ("** __ ~~ `` ``` ```", "** __ ~~ `` ``` ```"),
            ("**bold**", "**bold**"),
            ("*open _closed_", "*open [i:closed]"),
            ("(*in brackets*), \"_quoted_\"", "([b:in brackets]), \"[i:quoted]\""),
            ("*größer* _日本_", "[b:größer] [i:日本]"),
            // Lists and quotations.
            ("- one\n* two\n1. three", "[!:•] one\n[!:•] two\n1. three"),
            ("> said *so*", "[!:▎] said [b:so]"),
            ("- \n*bold* first", "- \n[b:bold] first"),
            // Links keep their marks.
            ("see https://a.example/_x_/y_z.", "see [l:https://a.example/_x_/y_z]."),
            ("*https://a.example*", "[bl:https://a.example]"),
        ] {
            assert_eq!(golden(Formatting::Whatsapp, source), looks, "{source}");
        }
    }

    #[test]
    fn plain_media_send_marks_as_they_are() {
        assert_eq!(golden(Formatting::None, "*a* https://b.example"), "*a* https://b.example");
        let source = "*a* (HTTPS://b.example/c?d=e). xhttps://f http:// - g";
        assert_eq!(
            golden(Formatting::Links, source),
            "*a* ([l:HTTPS://b.example/c?d=e]). xhttps://f http:// - g"
        );
    }

    #[test]
    fn a_wall_of_marks_neither_takes_for_ever_nor_nests_without_end() {
        let walls = ["*a ", "_*", "`a_ ~b", "*a* ", "```a", "https://"].map(|wall| wall.repeat(50_000));
        let nest = format!("{}{}", "_a *b ".repeat(50_000), "b* a_ ".repeat(50_000));
        for wall in walls.into_iter().chain([nest]) {
            assert!(!format(Formatting::Whatsapp, &wall).text.is_empty());
        }
    }

    proptest! {
        #[test]
        fn no_word_is_lost(
            source in "([*_~`>\\- \\n]|```|a|b1|é|日|👍🏽|https?://|[.)]){0,40}",
            formatting in prop_oneof![Just(Formatting::None), Just(Formatting::Links), Just(Formatting::Whatsapp)],
        ) {
            let found = format(formatting, &source);
            // The source without its marks is the text without the signs that stand for some.
            let mut kept = String::new();
            let mut at = 0;
            for mark in &found.marks {
                prop_assert!(mark.start >= at && mark.end > mark.start);
                prop_assert!(source[mark.clone()].chars().all(|c| "*_~`->".contains(c)));
                kept.push_str(&source[at..mark.start]);
                at = mark.end;
            }
            kept.push_str(&source[at..]);
            let mut shown = String::new();
            let mut at = 0;
            for (range, look) in &found.looks {
                prop_assert!(range.start >= at && range.end > range.start && *look != Look::default());
                shown.push_str(&found.text[at..range.start]);
                if !look.sign {
                    shown.push_str(&found.text[range.clone()]);
                }
                at = range.end;
            }
            shown.push_str(&found.text[at..]);
            prop_assert_eq!(kept, shown);
            prop_assert_eq!(source.trim().is_empty(), found.text.trim().is_empty());
        }
    }
}
