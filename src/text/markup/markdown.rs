//! How Markdown of a mail looks: what its HTML will show, in a terminal.

use super::{Formatted, Look, Writer};
use crate::text::markdown::{self, Part, Piece};
use std::ops::Range;

/// The text as it looks. `spelled` says where links lead, for whom a click is not possible.
pub(super) fn format(source: &str, spelled: bool) -> Formatted {
    let out = Writer { source, out: Formatted::default() };
    let mut looks = Looks { out, at: 0, open: Vec::new(), quotes: 0, spelled };
    for (piece, range) in markdown::read(source) {
        looks.piece(piece, range);
    }
    looks.gap(source.len());
    looks.out.out
}

/// The words without marks, and where links lead behind their words.
pub(crate) fn spelled(source: &str) -> String {
    format(source, true).text
}

const SIGN: Look = Look { bold: false, italic: false, strike: false, mono: false, link: false, sign: true };

struct Looks<'a> {
    out: Writer<'a>,
    /// Up to where the source has been dealt with.
    at: usize,
    /// What is open, with the look around it and where its words began.
    open: Vec<(Part, Look, usize)>,
    quotes: usize,
    spelled: bool,
}

impl Looks<'_> {
    fn piece(&mut self, piece: Piece<'_>, range: Range<usize>) {
        match piece {
            Piece::Open(part) => self.begin(part, range),
            Piece::Close => self.end(range.end),
            Piece::Text(_) => {
                self.gap(range.start);
                self.plain_to(range.end, self.look());
            }
            Piece::Break => {
                self.gap(range.start);
                self.plain_to(range.end, Look::default());
            }
            Piece::Code(_) => {
                self.gap(range.start);
                let source = self.out.source;
                let ticks = source[range.clone()].bytes().take_while(|b| *b == b'`').count();
                self.mark_to(range.start + ticks);
                self.plain_to(range.end - ticks, Look { mono: true, ..self.look() });
                self.mark_to(range.end);
            }
            Piece::Rule => {
                self.gap(range.start);
                self.mark_to(range.start + self.out.source[range].trim_end().len());
                self.sign("\u{2500}\u{2500}\u{2500}");
            }
            Piece::Image { alt, .. } => self.image(alt, range),
        }
    }

    fn look(&self) -> Look {
        self.open.last().map_or_else(Look::default, |(_, look, _)| *look)
    }

    fn begin(&mut self, part: Part, range: Range<usize>) {
        self.gap(range.start);
        let source = self.out.source;
        let around = self.look();
        let look = match &part {
            Part::Heading(_) => {
                let hashes = source[range.clone()].trim_start_matches('#');
                self.mark_to(range.end - hashes.trim_start_matches([' ', '\t']).len());
                Look { bold: true, ..around }
            }
            Part::Quote => {
                self.quotes += 1;
                around
            }
            Part::Fenced => {
                let line = source[range.clone()].find('\n').map_or(range.end, |n| range.start + n + 1);
                self.mark_to(line);
                Look { mono: true, ..around }
            }
            Part::Item => {
                self.gap(range.end - source[range.clone()].trim_start_matches(' ').len());
                if source[self.at..].starts_with(['-', '*', '+']) {
                    self.mark_to(self.at + 1);
                    self.sign("\u{2022}");
                } else {
                    let number = source[self.at..range.end].find([' ', '\t', '\n']);
                    self.plain_to(number.map_or(range.end, |n| self.at + n), around);
                }
                around
            }
            Part::Bold => {
                self.mark_to(range.start + 2);
                Look { bold: true, ..around }
            }
            Part::Italic => {
                self.mark_to(range.start + 1);
                Look { italic: true, ..around }
            }
            Part::Strike => {
                self.mark_to(range.start + 2);
                Look { strike: true, ..around }
            }
            Part::Link(_) => {
                if source[range.clone()].starts_with(['[', '<']) {
                    self.mark_to(range.start + 1);
                }
                Look { link: true, ..around }
            }
            Part::Paragraph | Part::List(_) => around,
        };
        self.open.push((part, look, self.out.out.text.len()));
    }

    fn end(&mut self, end: usize) {
        let Some((part, _, from)) = self.open.pop() else { return };
        match part {
            Part::Bold | Part::Italic | Part::Strike => self.mark_to(end),
            Part::Link(to) => {
                self.mark_to(end);
                let shown = &self.out.out.text[from..];
                if self.spelled && to != shown && to.strip_prefix("mailto:") != Some(shown) {
                    self.sign(&format!(" ({to})"));
                }
            }
            Part::Fenced => {
                self.gap(end);
                // The line of the fence goes as a whole.
                if self.out.source[end..].starts_with('\n') && self.out.out.text.ends_with('\n') {
                    self.mark_to(end + 1);
                }
            }
            Part::Quote => {
                self.gap(end);
                self.quotes -= 1;
            }
            Part::Paragraph | Part::Heading(_) | Part::List(_) | Part::Item => self.gap(end),
        }
    }

    fn image(&mut self, alt: &str, range: Range<usize>) {
        self.gap(range.start);
        let source = self.out.source;
        let look = Look { link: true, ..self.look() };
        let words = range.start + "![".len();
        self.mark_to(words);
        self.sign("\u{25a3} ");
        if alt.trim().is_empty() {
            // Without words it is the name of the file that is shown.
            let open = source[words..range.end].find('(').map_or(range.end, |n| words + n + 1);
            let close = range.end - 1;
            self.mark_to(open.min(close));
            self.plain_to(close, look);
        } else {
            self.plain_to(words + alt.len(), look);
        }
        self.mark_to(range.end);
    }

    /// What stands between words: blanks stay, signs of quotations are shown, all else is a mark.
    fn gap(&mut self, to: usize) {
        let source = self.out.source;
        while self.at < to {
            let Some(c) = source[self.at..].chars().next() else { return };
            let end = self.at + c.len_utf8();
            if c.is_whitespace() {
                self.plain_to(end, Look::default());
            } else {
                self.mark_to(end);
                if c == '>' && self.quotes > 0 {
                    self.sign("\u{258e}");
                }
            }
        }
    }

    fn plain_to(&mut self, to: usize, look: Look) {
        if to > self.at {
            self.out.plain(self.at..to, look);
            self.at = to;
        }
    }

    fn mark_to(&mut self, to: usize) {
        if to > self.at {
            self.out.mark(self.at..to);
            self.at = to;
        }
    }

    fn sign(&mut self, sign: &str) {
        let from = self.out.out.text.len();
        self.out.out.text.push_str(sign);
        self.out.look(from, SIGN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::markup::tests::shown;
    use proptest::prelude::*;

    fn golden(source: &str) -> String {
        shown(&format(source, false))
    }

    #[test]
    fn marks_become_looks() {
        for (source, looks) in [
            ("plain words", "plain words"),
            ("**bold** *italic* _too_ ~~gone~~ `code`", "[b:bold] [i:italic] [i:too] [s:gone] [m:code]"),
            ("***both*** **a *b* c**", "[bi:both] [b:a ][bi:b][b: c]"),
            ("# Title\nwords\n### Lower ###\n", "[b:Title]\nwords\n[b:Lower] \n"),
            ("- one\n* two\n+ **three**\n1. four", "[!:•] one\n[!:•] two\n[!:•] [b:three]\n1. four"),
            ("- one\n  - two\nwords", "[!:•] one\n  [!:•] two\nwords"),
            ("> said\n> > before\nmine", "[!:▎] said\n[!:▎] [!:▎] before\nmine"),
            ("a\n```rust\nlet a = **b**;\n\n  done\n```\nc", "a\n[m:let a = **b**;\n\n  done\n]c"),
            ("```\nopen", "[m:open]"),
            ("a\n\n---\nb", "a\n\n[!:───]\nb"),
            // Links, and what leads nowhere.
            ("see https://a.example/_x_/y_z.", "see [l:https://a.example/_x_/y_z]."),
            ("**https://a.example** ana@b.example", "[bl:https://a.example] [l:ana@b.example]"),
            ("[our **page**](https://a.example \"t\"), <https://b.example>", {
                "[l:our ][bl:page], [l:https://b.example]"
            }),
            ("[x](javascript:y) [z](file)", "[x](javascript:y) [z](file)"),
            ("![a picture](a.png) ![](b.png)", "[!:▣ ][l:a picture] [!:▣ ][l:b.png]"),
            // What is no mark.
            ("2*3*4 = 24, snake_case_name, 10~20 and ~5~", "2*3*4 = 24, snake_case_name, 10~20 and ~5~"),
            ("5 * 3 * 2 and * x *", "5 * 3 * 2 and * x *"),
            ("C:\\.ssh \\\\server\\share \\*kept\\*", "C:\\.ssh \\\\server\\share *kept*"),
            ("words\\\nwords", "words\\\nwords"),
            ("Total\n===\nTom\n--\nAna", "Total\n===\nTom\n--\nAna"),
            ("[1]: https://a.example\n[1] see there", "[1]: [l:https://a.example]\n[1] see there"),
            ("<b>html</b> &amp; <div>\n\n<div>\n*x*</div>", "<b>html</b> &amp; <div>\n\n<div>\n*x*</div>"),
            ("    not code\n      but *set in*", "    not code\n      but *set in*"),
            ("#\n\n[](https://a.example)", "#\n\n[](https://a.example)"),
        ] {
            assert_eq!(golden(source), looks, "{source}");
        }
    }

    #[test]
    fn where_links_lead_can_be_spelled_out() {
        assert_eq!(
            spelled(
                "**See** [our page](https://a.example), https://b.example and [ana@b.example](mailto:ana@b.example)"
            ),
            "See our page (https://a.example), https://b.example and ana@b.example"
        );
    }

    #[test]
    fn a_wall_of_marks_neither_takes_for_ever_nor_nests_without_end() {
        let walls = [
            "*a ", "_*", "`a_ ~~b", "*a* ", "```a\n", "https://", "> ", "- ", "[", "![", "](", "<a ",
            "a@b.cc ", "]: ", "\\", "#\n",
        ];
        for wall in walls {
            assert!(!format(&wall.repeat(20_000), false).text.is_empty(), "{wall}");
        }
    }

    proptest! {
        #[test]
        fn no_word_is_lost(
            source in "([*_~`>#\\- \n]|\\\\|```|\n\n|    |a|b1|é|日|👍🏽|[()<!=:]|\\[|\\]|1\\. |https?://|x@y\\.zz|&lt;|<br>|\\]\\(https://q\\)|\t){0,40}",
        ) {
            let found = format(&source, false);
            let (mut kept, mut at) = (String::new(), 0);
            for mark in &found.marks {
                prop_assert!(mark.start >= at && mark.end > mark.start);
                kept.push_str(&source[at..mark.start]);
                at = mark.end;
            }
            kept.push_str(&source[at..]);
            let (mut shown, mut at) = (String::new(), 0);
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
            let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).count();
            let hidden: usize = found.marks.iter().map(|mark| letters(&source[mark.clone()])).sum();
            prop_assert!(hidden == 0 || source.contains("```") || source.contains("~~~") || source.contains("]("));
        }
    }
}
