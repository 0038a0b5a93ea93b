//! Where a search hit a text, found in the original text as the index would, and a one-line excerpt around it.

use std::ops::Range;

use nucleo_matcher::chars::{normalize, to_lower_case};
use unicode_segmentation::UnicodeSegmentation;

use super::{Script, Term, script};
use crate::text::sanitize;
use crate::text::wrap::{cells, truncate, width as cell_width};

/// Text beyond this many bytes is not looked at for an excerpt.
const EXCERPT_SCAN: usize = 256 * 1024;

/// A token of the text: a word, or one character of a script without blanks.
struct Token {
    /// Bytes in the original text.
    place: Range<usize>,
    /// Bytes in the folded text.
    folded: Range<usize>,
    /// Continues the run of the token before it, without a word boundary.
    glued: bool,
    /// Of a script without blanks.
    single: bool,
}

/// A text cut into tokens, each folded: lower case, without diacritics.
struct Tokens {
    folded: String,
    list: Vec<Token>,
}

fn fold(c: char) -> char {
    if c.is_ascii() { c.to_ascii_lowercase() } else { to_lower_case(normalize(c)) }
}

/// Combining diacritics: the index drops them within a word.
fn is_diacritic(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}')
}

impl Tokens {
    fn new(text: &str) -> Self {
        let mut folded = String::with_capacity(text.len());
        let mut list: Vec<Token> = Vec::new();
        let mut word_open = false;
        let mut run_open = false;
        for (at, c) in text.char_indices() {
            let end = at + c.len_utf8();
            let from = folded.len();
            match script(c) {
                Script::Unspaced => {
                    folded.push(c);
                    list.push(Token {
                        place: at..end,
                        folded: from..folded.len(),
                        glued: run_open,
                        single: true,
                    });
                    (word_open, run_open) = (false, true);
                }
                Script::Mark if run_open => {
                    if let Some(last) = list.last_mut() {
                        last.place.end = end;
                    }
                }
                _ if is_diacritic(c) && (word_open || run_open) => {
                    if let Some(last) = list.last_mut() {
                        last.place.end = end;
                    }
                }
                _ if c.is_alphanumeric() => {
                    folded.push(fold(c));
                    match list.last_mut() {
                        Some(last) if word_open => {
                            last.place.end = end;
                            last.folded.end = folded.len();
                        }
                        _ => list.push(Token {
                            place: at..end,
                            folded: from..folded.len(),
                            glued: false,
                            single: false,
                        }),
                    }
                    (word_open, run_open) = (true, false);
                }
                _ => (word_open, run_open) = (false, false),
            }
        }
        Self { folded, list }
    }

    fn text(&self, token: &Token) -> &str {
        &self.folded[token.folded.clone()]
    }
}

/// One term ready to be looked for.
struct Needle {
    tokens: Tokens,
    prefix: bool,
}

impl Needle {
    fn new(term: &Term) -> Option<Self> {
        let tokens = Tokens::new(term.text());
        (!tokens.list.is_empty()).then_some(Self { tokens, prefix: matches!(term, Term::Prefix(_)) })
    }

    /// Number of tokens from `at` on that the needle covers, if it is there.
    fn matches(&self, text: &Tokens, at: usize) -> Option<usize> {
        let wanted = &self.tokens.list;
        let found = text.list.get(at..at + wanted.len())?;
        let last = wanted.len() - 1;
        let same = wanted.iter().zip(found).enumerate().all(|(n, (want, have))| {
            let (want_text, have_text) = (self.tokens.text(want), text.text(have));
            let equal = if self.prefix && n == last && !want.single {
                have_text.starts_with(want_text)
            } else {
                have_text == want_text
            };
            equal && (n == 0 || want.glued == have.glued)
        });
        same.then_some(wanted.len())
    }
}

/// Byte ranges of the text that the terms hit: without regard to case and diacritics, sorted, not overlapping.
pub fn highlight(text: &str, terms: &[Term]) -> Vec<Range<usize>> {
    let needles: Vec<Needle> = terms.iter().filter_map(Needle::new).collect();
    if needles.is_empty() || text.is_empty() {
        return Vec::new();
    }
    let tokens = Tokens::new(text);
    let mut found: Vec<Range<usize>> = Vec::new();
    for at in 0..tokens.list.len() {
        let longest = needles.iter().filter_map(|needle| needle.matches(&tokens, at)).max();
        let Some(count) = longest else { continue };
        let place = tokens.list[at].place.start..tokens.list[at + count - 1].place.end;
        match found.last_mut() {
            Some(last) if place.start < last.end => last.end = last.end.max(place.end),
            _ => found.push(place),
        }
    }
    found
}

/// A one-line excerpt of at most `width` cells around the first hit, and the hits in it (byte ranges of the excerpt).
/// The text is made harmless for a line on the way. Without a hit it is the beginning of the text.
pub fn snippet(text: &str, terms: &[Term], width: usize) -> (String, Vec<Range<usize>>) {
    let mut scan = text.len().min(EXCERPT_SCAN);
    while !text.is_char_boundary(scan) {
        scan -= 1;
    }
    let line = sanitize::line(&text[..scan]);
    let hits = highlight(&line, terms);
    let start = match hits.first() {
        Some(first) if cell_width(&line) > width => excerpt_start(&line, first.start, width),
        _ => 0,
    };
    let mark = if start > 0 { "…" } else { "" };
    let tail = truncate(&line[start..], width.saturating_sub(cell_width(mark)));
    // Whole, or what stands before the ellipsis.
    let kept = if tail.len() == line.len() - start {
        tail.len()
    } else {
        tail.strip_suffix('…').map_or(tail.len(), str::len)
    };
    let places = hits
        .into_iter()
        .filter(|hit| hit.start >= start && hit.start < start + kept)
        .map(|hit| hit.start - start + mark.len()..hit.end.min(start + kept) - start + mark.len())
        .collect();
    (format!("{mark}{tail}"), places)
}

/// Where the excerpt begins: a third of the width before the hit, more where little follows, at a word if one is near.
fn excerpt_start(line: &str, hit: usize, width: usize) -> usize {
    let after = line[hit..].graphemes(true).scan(0, |sum, g| {
        *sum += cells(g);
        Some(*sum)
    });
    let after = after.take_while(|sum| *sum <= width).last().unwrap_or(0);
    let before = (width / 3).max(width.saturating_sub(after + 1));
    let (mut start, mut used) = (hit, 0);
    for (at, grapheme) in line[..hit].grapheme_indices(true).rev() {
        used += cells(grapheme);
        if used > before {
            break;
        }
        start = at;
    }
    if start == 0 {
        return 0;
    }
    match line[start..hit].find(' ') {
        Some(blank) => start + blank + 1,
        None => start,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::index::tests::{prefix, word};

    fn hits<'a>(text: &'a str, terms: &[Term]) -> Vec<&'a str> {
        highlight(text, terms).into_iter().map(|r| &text[r]).collect()
    }

    #[test]
    fn words_prefixes_and_phrases() {
        let text = "My Order, reordered: ORDER-12. Orders!";
        assert_eq!(hits(text, &[word("order")]), ["Order", "ORDER"]);
        assert_eq!(hits(text, &[prefix("order")]), ["Order", "ORDER", "Orders"]);
        assert_eq!(hits(text, &[Term::Phrase("order 12".to_owned())]), ["ORDER-12"]);
        assert_eq!(hits(text, &[word("my"), word("my order")]), ["My Order"]);
        assert!(hits(text, &[word("!")]).is_empty());
    }

    #[test]
    fn case_and_diacritics_do_not_matter() {
        assert_eq!(hits("Café CAFE\u{301} cafe", &[word("cafe")]), ["Café", "CAFE\u{301}", "cafe"]);
        assert_eq!(hits("Ärger ΑΒΓ", &[word("arger"), word("αβγ")]), ["Ärger", "ΑΒΓ"]);
    }

    #[test]
    fn unspaced_scripts_match_anywhere() {
        assert_eq!(hits("我爱北京天安门", &[word("北京")]), ["北京"]);
        assert_eq!(hits("我爱北京", &[prefix("京")]), ["京"]);
        assert!(hits("北 京", &[word("北京")]).is_empty());
        assert_eq!(hits("ไปกันนะ", &[word("กัน")]), ["กัน"]);
    }

    #[test]
    fn excerpts() {
        let text = "The first line\nand then a long story about an order that was lost somewhere on the way to the customer.";
        let (line, places) = snippet(text, &[word("order")], 40);
        assert!(cell_width(&line) <= 40 && line.starts_with('…') && line.ends_with('…'), "{line}");
        assert_eq!(places.iter().map(|r| &line[r.clone()]).collect::<Vec<_>>(), ["order"]);
        let (line, places) = snippet(text, &[word("customer")], 30);
        assert!(line.ends_with("customer."), "{line}");
        assert_eq!(&line[places[0].clone()], "customer");
        let (line, places) = snippet("short order", &[word("order")], 30);
        assert_eq!((line.as_str(), places.len(), places[0].clone()), ("short order", 1, 6..11));
        assert_eq!(snippet(text, &[word("absent")], 9), ("The firs…".to_owned(), vec![]));
        assert!(snippet(text, &[word("order")], 0).1.is_empty());
    }
}
