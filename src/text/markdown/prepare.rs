//! What is put between the letters of a text so that CommonMark reads it as mails are meant, and the way back to what was typed.

use super::OPTIONS;
use crate::text::links;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use std::borrow::Cow;
use std::ops::Range;

/// A text that is ready to be read.
pub(super) struct Prepared<'a> {
    text: Cow<'a, str>,
    put: Vec<Put>,
}

/// Where in the text something was put in, how much, and how much up to its end.
struct Put {
    at: usize,
    length: usize,
    total: usize,
}

impl<'a> Prepared<'a> {
    pub(super) fn new(source: &'a str) -> Prepared<'a> {
        let puts = Sketch::of(source).puts();
        if puts.is_empty() {
            return Prepared { text: Cow::Borrowed(source), put: Vec::new() };
        }
        let mut text = String::with_capacity(source.len() + 64);
        let (mut put, mut from, mut total) = (Vec::with_capacity(puts.len()), 0, 0);
        for (at, what) in puts {
            text.push_str(&source[from..at]);
            total += what.len();
            put.push(Put { at: text.len(), length: what.len(), total });
            text.push_str(&what);
            from = at;
        }
        text.push_str(&source[from..]);
        Prepared { text: Cow::Owned(text), put }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The place in what was typed.
    pub(super) fn place(&self, range: Range<usize>) -> Range<usize> {
        self.back(range.start)..self.back(range.end)
    }

    fn back(&self, at: usize) -> usize {
        let before = self.put.partition_point(|put| put.at < at);
        match before.checked_sub(1).and_then(|n| self.put.get(n)) {
            // A place within what was put in is the place where it was put.
            Some(put) => at - (put.total - put.length) - put.length.min(at - put.at),
            None => at,
        }
    }
}

/// What a first reading shows.
struct Sketch<'a> {
    source: &'a str,
    /// Code.
    code: Vec<Range<usize>>,
    /// Code, links, pictures and HTML: no links are looked for in them.
    taken: Vec<Range<usize>>,
    /// Items of lists that are in no other, with the column in which their words begin.
    items: Vec<(Range<usize>, usize)>,
    puts: Vec<(usize, Cow<'static, str>)>,
}

impl<'a> Sketch<'a> {
    fn of(source: &'a str) -> Sketch<'a> {
        let (mut code, mut taken, mut items) = (Vec::new(), Vec::new(), Vec::new());
        let mut depth = 0;
        for (event, range) in Parser::new_ext(source, OPTIONS).into_offset_iter() {
            match event {
                Event::Code(_) | Event::Start(Tag::CodeBlock(_)) => {
                    code.push(range.clone());
                    taken.push(range);
                }
                Event::Html(_) | Event::InlineHtml(_) => taken.push(range),
                Event::Start(Tag::Link { .. } | Tag::Image { .. }) => taken.push(range),
                Event::Start(Tag::Item) => {
                    if depth == 0 {
                        let column = words_of_item(source, range.start);
                        items.push((range, column));
                    }
                    depth += 1;
                }
                Event::End(TagEnd::Item) => depth -= 1,
                _ => {}
            }
        }
        Sketch { source, code: apart(code), taken: apart(taken), items, puts: Vec::new() }
    }

    fn puts(mut self) -> Vec<(usize, Cow<'static, str>)> {
        self.lines();
        let links = links::all(self.source);
        self.definitions(&links);
        self.lone_marks(&links);
        for link in links {
            let is_escaped = self.source[..link.start].ends_with('\\');
            if !is_escaped && !overlaps(&self.taken, &link) {
                self.puts.push((link.start, "<".into()));
                self.puts.push((link.end, ">".into()));
            }
        }
        // Stable: what was put before a line stays before what was put at its first letter.
        self.puts.sort_by_key(|(at, _)| *at);
        self.puts
    }

    /// Ends of quotations and lists, and lines that would make a heading of the one above.
    fn lines(&mut self) {
        let source = self.source;
        let mut before = Line::at(source, 0);
        let mut lazy_before = false;
        while let Some(next) = before.next(source) {
            let line = Line::at(source, next);
            let mut is_lazy = false;
            if !line.is_blank && !before.is_blank && !contains(&self.code, next) {
                is_lazy = self.is_lazy(&line);
                let mark = line.words.trim_end();
                let is_rule = mark.len() > 2 && mark.bytes().all(|b| b == b'-');
                if line.quotes < before.quotes || (is_lazy && !lazy_before) || is_rule {
                    self.puts.push((next, format!("{}\n", ">".repeat(line.quotes)).into()));
                }
                if !is_rule && (mark.bytes().all(|b| b == b'=') || mark.bytes().all(|b| b == b'-')) {
                    self.puts.push((next + line.prefix + line.indent, "\\".into()));
                }
            }
            (before, lazy_before) = (line, is_lazy);
        }
    }

    /// Whether a line is of an item only because nothing ended that.
    fn is_lazy(&self, line: &Line<'_>) -> bool {
        let n = self.items.partition_point(|(item, _)| item.start < line.start);
        let item = n.checked_sub(1).and_then(|n| self.items.get(n));
        item.is_some_and(|(item, column)| line.start < item.end && line.indent < *column)
    }

    /// `[1]: https://…` is a line like any other, and stays in sight.
    fn definitions(&mut self, links: &[Range<usize>]) {
        for (at, _) in self.source.match_indices("]:") {
            if !contains(&self.code, at) && !overlaps(links, &(at..at + 1)) {
                self.puts.push((at + 1, "\\".into()));
            }
        }
    }

    /// A star between letters or digits is one (`2*3*4`), and one tilde strikes nothing out (`10~20`).
    fn lone_marks(&mut self, links: &[Range<usize>]) {
        for (at, mark) in self.source.match_indices(['*', '~']) {
            let before = self.source[..at].chars().next_back();
            let after = self.source[at + 1..].chars().next();
            let is_lone = match mark {
                "*" => [before, after].iter().all(|c| c.is_some_and(char::is_alphanumeric)),
                _ => before != Some('~') && after != Some('~'),
            };
            let range = at..at + 1;
            if is_lone && before != Some('\\') && !overlaps(&self.taken, &range) && !overlaps(links, &range) {
                self.puts.push((at, "\\".into()));
            }
        }
    }
}

/// A line.
struct Line<'a> {
    start: usize,
    end: usize,
    /// How many quotations it says it is in, and how many bytes that takes.
    quotes: usize,
    prefix: usize,
    /// Blanks behind that.
    indent: usize,
    /// Words behind those.
    words: &'a str,
    /// Whether it ends paragraphs.
    is_blank: bool,
}

impl<'a> Line<'a> {
    fn at(source: &'a str, start: usize) -> Line<'a> {
        let end = source[start..].find('\n').map_or(source.len(), |n| start + n);
        let line = &source[start..end];
        let (mut quotes, mut prefix) = (0, 0);
        loop {
            let rest = &line[prefix..];
            let words = rest.trim_start_matches(' ');
            let Some(behind) = words.strip_prefix('>').filter(|_| rest.len() - words.len() <= 3) else {
                break;
            };
            quotes += 1;
            prefix = line.len() - behind.strip_prefix(' ').unwrap_or(behind).len();
        }
        let rest = &line[prefix..];
        let words = rest.trim_start_matches([' ', '\t']);
        let is_blank = words.trim().is_empty();
        Line { start, end, quotes, prefix, indent: rest.len() - words.len(), words, is_blank }
    }

    /// Where the next one begins.
    fn next(&self, source: &str) -> Option<usize> {
        (self.end < source.len()).then_some(self.end + 1)
    }
}

/// The column, behind the marks of quotations, in which the words of the item begin whose mark stands here.
fn words_of_item(source: &str, item: usize) -> usize {
    let start = source[..item].rfind('\n').map_or(0, |n| n + 1);
    let line = Line::at(source, start);
    let mark = line.words.find(' ').unwrap_or(line.words.len());
    let blanks = line.words[mark..].len() - line.words[mark..].trim_start_matches(' ').len();
    line.indent + mark + if (1..=4).contains(&blanks) { blanks } else { 1 }
}

/// Ranges in order, those that touch or overlap made one.
fn apart(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| range.start);
    let mut out: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match out.last_mut() {
            Some(before) if range.start <= before.end => before.end = before.end.max(range.end),
            _ => out.push(range),
        }
    }
    out
}

/// Whether a place is within one of some ranges that are apart, and not at its beginning.
fn contains(ranges: &[Range<usize>], at: usize) -> bool {
    let after = ranges.partition_point(|range| range.end <= at);
    ranges.get(after).is_some_and(|range| range.start < at)
}

fn overlaps(ranges: &[Range<usize>], one: &Range<usize>) -> bool {
    let after = ranges.partition_point(|range| range.end <= one.start);
    ranges.get(after).is_some_and(|range| range.start < one.end)
}
