//! Measures, wraps, cuts and pads text in terminal cells, grapheme by grapheme, as the screen buffer does.

use std::borrow::Cow;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

const ELLIPSIS: &str = "…";

/// Cells that one grapheme takes. The rules are those of `Buffer::set_stringn` of ratatui 0.30: graphemes with a control
/// character are skipped, one byte is one cell, the rest is `unicode-width`, and the halfwidth voiced sound marks
/// (U+FF9E, U+FF9F) count one each.
pub(crate) fn cells(grapheme: &str) -> usize {
    if grapheme.contains(char::is_control) {
        return 0;
    }
    if grapheme.len() == 1 {
        return 1;
    }
    grapheme.width() + grapheme.chars().filter(|c| matches!(c, '\u{FF9E}' | '\u{FF9F}')).count()
}

/// Whether a text is printable ASCII alone: a letter a cell, nothing to fold or to measure.
pub fn is_plain(text: &str) -> bool {
    all_bytes(text, |b| matches!(b, b' '..=b'~'))
}

/// Whether all bytes are of a kind, looked at many at a time.
pub(crate) fn all_bytes(text: &str, is: impl Fn(u8) -> bool) -> bool {
    text.as_bytes().chunks(32).all(|some| some.iter().fold(true, |all, b| all & is(*b)))
}

/// Width of the text in terminal cells when drawn on one line.
pub fn width(text: &str) -> usize {
    if is_plain(text) { text.len() } else { text.graphemes(true).map(cells).sum() }
}

/// A blank at which a line may end; the no-break ones are not.
fn is_blank(grapheme: &str) -> bool {
    grapheme.chars().all(|c| c.is_whitespace() && !matches!(c, '\u{A0}' | '\u{2007}' | '\u{202F}'))
}

/// Characters that may not begin a line (closing punctuation, small kana and marks; after JIS X 4051).
fn never_first(grapheme: &str) -> bool {
    grapheme.starts_with(|c: char| {
        matches!(
            c,
            '!' | '%' | ')' | ',' | '.' | ':' | ';' | '?' | ']' | '}' | '"' | '\'' | '’' | '”' | '…' | '»'
        ) || matches!(
            c,
            '、' | '。'
                | '，'
                | '．'
                | '！'
                | '？'
                | '：'
                | '；'
                | '）'
                | '」'
                | '』'
                | '】'
                | '〉'
                | '》'
                | '］'
                | '｝'
                | '〕'
        ) || matches!(
            c,
            'ー' | '々'
                | 'ぁ'
                | 'ぃ'
                | 'ぅ'
                | 'ぇ'
                | 'ぉ'
                | 'っ'
                | 'ゃ'
                | 'ゅ'
                | 'ょ'
                | 'ァ'
                | 'ィ'
                | 'ゥ'
                | 'ェ'
                | 'ォ'
                | 'ッ'
                | 'ャ'
                | 'ュ'
                | 'ョ'
        )
    })
}

/// Characters that may not end a line (opening punctuation).
fn never_last(grapheme: &str) -> bool {
    grapheme.starts_with(|c: char| {
        matches!(
            c,
            '(' | '[' | '{' | '“' | '‘' | '«' | '（' | '「' | '『' | '【' | '〈' | '《' | '［' | '｛' | '〔'
        )
    })
}

/// Byte ranges of the visual lines of a text at this width in cells.
///
/// `\n` ends a line; a line too long breaks at blanks (which belong to no range then, nor do blanks at a line's end),
/// between wide characters, and else within the word at a grapheme. Only a grapheme that is itself wider than
/// the line stands over. An empty text is one empty line; a width of 0 is taken as 1.
pub fn wrap(text: &str, width: usize) -> Vec<Range<usize>> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut at = 0;
    for hard in text.split('\n') {
        wrap_hard(hard, at, width, &mut lines);
        at += hard.len() + 1;
    }
    lines
}

/// A place where the current line may end.
struct Break {
    /// End of what stays on the line, blanks left out.
    end: usize,
    /// Where the next line begins.
    resume: usize,
    /// Cells from the line's start up to `resume`.
    cells: usize,
}

fn wrap_hard(text: &str, base: usize, width: usize, lines: &mut Vec<Range<usize>>) {
    if !is_plain(text) {
        let measured = text.grapheme_indices(true).map(|(at, grapheme)| (at, grapheme, cells(grapheme)));
        return wrap_measured(measured, base, width, lines);
    }
    if text.len() <= width {
        lines.push(base..base + text.trim_end_matches(' ').len());
        return;
    }
    let letters = text.char_indices().map(|(at, _)| (at, &text[at..=at], 1));
    wrap_measured(letters, base, width, lines);
}

/// Wraps graphemes, of which each comes with its place and the cells that it takes.
fn wrap_measured<'a>(
    graphemes: impl Iterator<Item = (usize, &'a str, usize)>,
    base: usize,
    width: usize,
    lines: &mut Vec<Range<usize>>,
) {
    let (mut start, mut used, mut content_end) = (0, 0, 0);
    let mut opening: Option<Break> = None;
    let mut before: Option<(&str, usize)> = None;
    for (at, grapheme, wide) in graphemes {
        if is_blank(grapheme) {
            used += wide;
            before = Some((grapheme, wide));
            continue;
        }
        let may_break = before.is_some_and(|(last, last_wide)| {
            is_blank(last) || ((last_wide > 1 || wide > 1) && !never_last(last) && !never_first(grapheme))
        });
        if may_break && at > start {
            opening = Some(Break { end: content_end, resume: at, cells: used });
        }
        while used + wide > width && at > start {
            match opening.take() {
                Some(place) => {
                    // Nothing but blanks before it: they are dropped, not shown as an empty line.
                    if place.end > start {
                        lines.push(base + start..base + place.end);
                    }
                    start = place.resume;
                    used -= place.cells;
                }
                None => {
                    lines.push(base + start..base + at);
                    start = at;
                    used = 0;
                }
            }
        }
        used += wide;
        content_end = at + grapheme.len();
        before = Some((grapheme, wide));
    }
    lines.push(base + start..base + content_end.max(start));
}

/// The text if it fits into `width` cells, else its head with an ellipsis, together at most `width`. Never splits a grapheme.
pub fn truncate(text: &str, width: usize) -> Cow<'_, str> {
    if is_plain(text) {
        return match width {
            _ if text.len() <= width => Cow::Borrowed(text),
            0 => Cow::Borrowed(""),
            _ => Cow::Owned(format!("{}{ELLIPSIS}", text[..width - 1].trim_end())),
        };
    }
    let mut used = 0;
    // The longest head that leaves a cell for the ellipsis.
    let mut head = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used += cells(grapheme);
        if used > width {
            if width == 0 {
                return Cow::Borrowed("");
            }
            return Cow::Owned(format!("{}{ELLIPSIS}", text[..head].trim_end()));
        }
        if used < width {
            head = at + grapheme.len();
        }
    }
    Cow::Borrowed(text)
}

/// The text cut or filled with blanks to exactly `width` cells; where a wide grapheme is cut away, its place is filled too.
pub fn pad(text: &str, width: usize) -> String {
    let mut out = truncate(text, width).into_owned();
    let missing = width.saturating_sub(self::width(&out));
    out.extend(std::iter::repeat_n(' ', missing));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(text: &str, width: usize) -> Vec<&str> {
        wrap(text, width).into_iter().map(|r| &text[r]).collect()
    }

    #[test]
    fn widths() {
        for (text, wanted) in [
            ("", 0),
            ("abc", 3),
            ("e\u{301}", 1),
            ("中文", 4),
            ("👩‍👩‍👧‍👦", 2),
            ("❤️", 2),
            ("🇳🇱", 2),
            ("👍🏽", 2),
            ("a\u{200D}", 1),
            ("a\nb", 2),
        ] {
            assert_eq!(width(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn breaks_at_blanks() {
        assert_eq!(lines("the quick brown fox", 10), ["the quick", "brown fox"]);
        assert_eq!(lines("the quick", 9), ["the quick"]);
        assert_eq!(lines("a    b", 3), ["a", "b"]);
        assert_eq!(lines("abc   ", 3), ["abc"]);
        assert_eq!(lines("  indent stays", 9), ["  indent", "stays"]);
        assert_eq!(lines("          x", 3), ["x"]);
    }

    #[test]
    fn hard_lines_and_emptiness() {
        assert_eq!(lines("", 5), [""]);
        assert_eq!(lines("a\n\nb\n", 5), ["a", "", "b", ""]);
        assert_eq!(lines("   ", 2), [""]);
    }

    #[test]
    fn long_words_break_at_graphemes() {
        assert_eq!(lines("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(lines("hi abcdefgh", 4), ["hi", "abcd", "efgh"]);
        assert_eq!(lines("👩‍👩‍👧👍🏽x", 2), ["👩‍👩‍👧", "👍🏽", "x"]);
        assert_eq!(lines("e\u{301}e\u{301}e\u{301}", 2), ["e\u{301}e\u{301}", "e\u{301}"]);
    }

    #[test]
    fn cjk_breaks_anywhere_but_not_before_closing_marks() {
        assert_eq!(lines("我的订单在哪里", 6), ["我的订", "单在哪", "里"]);
        assert_eq!(lines("我的订。单", 6), ["我的", "订。单"]);
        assert_eq!(lines("中文abc", 5), ["中文", "abc"]);
    }

    #[test]
    fn narrow_never_loops() {
        assert_eq!(lines("ab 中", 0), ["a", "b", "中"]);
        assert_eq!(lines("ab 中", 1), ["a", "b", "中"]);
    }

    #[test]
    fn cutting_and_padding() {
        assert_eq!(truncate("hello", 5), "hello");
        assert_eq!(truncate("hello", 4), "hel…");
        assert_eq!(truncate("hello world", 7), "hello…");
        assert_eq!(truncate("中文字", 5), "中文…");
        assert_eq!(truncate("中文字", 4), "中…");
        assert_eq!(truncate("x", 0), "");
        assert_eq!(truncate("中", 1), "…");
        assert_eq!(pad("中文字", 4), "中… ");
        assert_eq!(pad("ab", 4), "ab  ");
        assert!(matches!(truncate("中文", 4), Cow::Borrowed(_)));
    }

    proptest! {
        /// Letters of one cell are wrapped without being measured, and as if they were.
        #[test]
        fn plain_text_is_wrapped_like_any_other(text in "[ -~]{0,60}", width in 1usize..20) {
            let mut measured = Vec::new();
            wrap_measured(text.grapheme_indices(true).map(|(at, g)| (at, g, cells(g))), 0, width, &mut measured);
            prop_assert_eq!(wrap(&text, width), measured);
        }

        /// The same for a text that is cut: another letter of one cell, which is not plain, changes nothing.
        #[test]
        fn plain_text_is_cut_like_any_other(text in "[ -~]{0,60}", width in 0usize..20) {
            let other = text.replace('a', "à");
            prop_assert_eq!(truncate(&text, width).replace('a', "à"), truncate(&other, width).into_owned());
        }
    }
}
