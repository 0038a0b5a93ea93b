//! The one gate for foreign text: what a stranger wrote becomes harmless before it meets a terminal cell, a file or a log.

mod escape;
mod file_name;
mod mask;

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::text::wrap::{all_bytes, is_plain};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

pub use file_name::file_name;
pub use mask::mask;

/// Zero-width characters (combining marks, joiners, variation selectors) kept in a row; more is "zalgo".
const MAX_MARKS: usize = 8;
/// Characters kept in one grapheme. The longest real ones (a family with skin tones) have about a dozen.
const MAX_CLUSTER: usize = 32;

/// What becomes of one character of foreign text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Keep,
    Drop,
    /// A line end of any kind.
    Break,
    Tab,
    /// A tag character: kept only inside a well-formed flag emoji.
    Tag,
}

fn fate(c: char) -> Fate {
    match c {
        '\n' => Fate::Keep,
        '\t' => Fate::Tab,
        // VT, FF, CR, NEL, line and paragraph separator: mandatory breaks of UAX 14.
        '\u{0B}' | '\u{0C}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => Fate::Break,
        '\u{00}'..='\u{1F}' | '\u{7F}'..='\u{9F}' => Fate::Drop,
        _ if (c as u32) < 0xAD => Fate::Keep,
        // Soft hyphen, combining grapheme joiner, Arabic letter mark, Hangul and Khmer fillers (invisible letters).
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' => Fate::Drop,
        '\u{180E}' | '\u{3164}' | '\u{FFA0}' => Fate::Drop,
        // Zero-width space; direction marks, embeddings, overrides and isolates; word joiner and invisible operators.
        // U+200C and U+200D (ZWNJ, ZWJ) lie between and stay: Persian, Indic scripts and emoji need them.
        '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' => {
            Fate::Drop
        }
        // Noncharacters, byte order mark, reserved ignorables, interlinear annotation.
        '\u{FDD0}'..='\u{FDEF}' | '\u{FEFF}' | '\u{FFF0}'..='\u{FFFB}' => Fate::Drop,
        // Format controls of hieroglyphs, shorthand and musical notation.
        '\u{13430}'..='\u{1345F}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' => Fate::Drop,
        '\u{E0020}'..='\u{E007F}' => Fate::Tag,
        // Ideographic variation selectors stay; the rest of plane 14's head is invisible.
        '\u{E0100}'..='\u{E01EF}' => Fate::Keep,
        '\u{E0000}'..='\u{E0FFF}' => Fate::Drop,
        _ if (c as u32) & 0xFFFE == 0xFFFE => Fate::Drop,
        _ => Fate::Keep,
    }
}

/// Length in bytes of the tag sequence that turns the black flag before it into a regional flag (UTS 51), if well formed.
fn flag_tags(after_flag: &str) -> Option<usize> {
    let mut seen = 0;
    for (at, c) in after_flag.char_indices() {
        match c {
            '\u{E0030}'..='\u{E0039}' | '\u{E0061}'..='\u{E007A}' if seen < 6 => seen += 1,
            '\u{E007F}' if seen >= 3 => return Some(at + c.len_utf8()),
            _ => return None,
        }
    }
    None
}

/// Counts zero-width characters in a row; answers whether this one is still within the cap.
struct Marks(usize);

impl Marks {
    fn admits(&mut self, c: char) -> bool {
        if (c as u32) < 0x300 || c.width() != Some(0) {
            self.0 = 0;
            return true;
        }
        self.0 += 1;
        self.0 <= MAX_MARKS
    }
}

/// May this text hold a grapheme longer than the cap? Cheap and generous: looks for a long run without
/// a character that is known to end graphemes (anything below U+0300, kana, Han, Hangul syllables).
fn may_hold_long_cluster(text: &str) -> bool {
    if text.len() <= MAX_CLUSTER * 2 {
        return false;
    }
    let mut run = 0;
    for c in text.chars() {
        match c {
            '\u{00}'..='\u{2FF}'
            | '\u{3041}'..='\u{3096}'
            | '\u{30A1}'..='\u{9FFF}'
            | '\u{AC00}'..='\u{D7A3}' => {
                run = 0;
            }
            _ => {
                run += 1;
                if run >= MAX_CLUSTER {
                    return true;
                }
            }
        }
    }
    false
}

fn holds_long_cluster(text: &str) -> bool {
    may_hold_long_cluster(text) && text.graphemes(true).any(|g| g.chars().count() > MAX_CLUSTER)
}

/// Whether the text passes [`clean`] unchanged.
pub fn is_clean(text: &str) -> bool {
    if all_bytes(text, |b| matches!(b, b' '..=b'~' | b'\n')) {
        return true;
    }
    let mut marks = Marks(0);
    let mut tags_until = 0;
    for (at, c) in text.char_indices() {
        let fine = match fate(c) {
            Fate::Keep => true,
            Fate::Tag => at < tags_until,
            Fate::Drop | Fate::Break | Fate::Tab => false,
        };
        if !fine || !marks.admits(c) {
            return false;
        }
        if c == '\u{1F3F4}' {
            let next = at + c.len_utf8();
            tags_until = flag_tags(&text[next..]).map_or(0, |n| next + n);
        }
    }
    !holds_long_cluster(text)
}

/// Makes foreign text of several lines harmless: line ends become `\n`, tabs four blanks; whole escape sequences, control
/// characters, bidirectional controls, tags and other invisible format characters go, as do combining
/// marks beyond eight in a row. Joiners (ZWJ, ZWNJ) and variation selectors stay. Clean text is borrowed.
pub fn clean(text: &str) -> Cow<'_, str> {
    if is_clean(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut marks = Marks(0);
    let mut tags_until = 0;
    let mut sequence_until = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if at < sequence_until {
            continue;
        }
        match fate(c) {
            Fate::Keep => {
                if marks.admits(c) {
                    out.push(c);
                }
                if c == '\u{1F3F4}' {
                    let next = at + c.len_utf8();
                    tags_until = flag_tags(&text[next..]).map_or(0, |n| next + n);
                }
            }
            Fate::Tag => {
                if at < tags_until && marks.admits(c) {
                    out.push(c);
                }
            }
            Fate::Break => {
                if c == '\r' && chars.peek().is_some_and(|(_, next)| *next == '\n') {
                    continue;
                }
                marks.0 = 0;
                out.push('\n');
            }
            Fate::Tab => {
                marks.0 = 0;
                out.push_str("    ");
            }
            Fate::Drop => {
                if let Some(length) = escape::sequence(&text[at..]) {
                    sequence_until = at + length;
                }
            }
        }
    }
    if holds_long_cluster(&out) { Cow::Owned(split_long_clusters(&out)) } else { Cow::Owned(out) }
}

/// Puts a blank into graphemes beyond the cap: nothing is lost, and no single cell holds a megabyte.
fn split_long_clusters(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / MAX_CLUSTER);
    for grapheme in text.graphemes(true) {
        for (n, c) in grapheme.chars().enumerate() {
            // One less than the cap, as a mark after the blank joins it.
            if n > 0 && n % (MAX_CLUSTER - 1) == 0 {
                out.push(' ');
            }
            out.push(c);
        }
    }
    out
}

/// Makes foreign text harmless for one line: as [`clean`], and line ends and runs of blanks become one space; trimmed.
pub fn line(text: &str) -> Cow<'_, str> {
    let cleaned = clean(text);
    if is_one_line(&cleaned) {
        return cleaned;
    }
    let mut out = String::with_capacity(cleaned.len());
    for word in cleaned.split(char::is_whitespace).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    // A blank taken away can join marks to a longer run only across a blank that stays: nothing to do again.
    Cow::Owned(out)
}

fn is_one_line(text: &str) -> bool {
    if is_plain(text) {
        return !text.starts_with(' ') && !text.ends_with(' ') && !text.contains("  ");
    }
    let mut after_blank = true;
    for c in text.chars() {
        let blank = c.is_whitespace();
        if blank && (c != ' ' || after_blank) {
            return false;
        }
        after_blank = blank;
    }
    !after_blank || text.is_empty()
}

/// Escapes, in JSON that is already serialised, what [`clean`] would remove or replace: DEL, C1, bidirectional
/// and invisible characters become `\uXXXX` (two of them beyond the BMP). The value stays the same; a terminal that
/// shows the line stays unharmed. ASCII controls are escaped by the serialiser. Outside of strings JSON is
/// ASCII, so only string contents change.
pub fn escape_json(json: &str) -> Cow<'_, str> {
    let harmful = |c: char| c >= '\u{7F}' && fate(c) != Fate::Keep;
    if json.bytes().all(|b| b < 0x7F) || !json.chars().any(harmful) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if harmful(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::wrap;

    /// What is written from right to left stays in the order in which it was written, with its vowels and joiners: only controls go.
    #[test]
    fn right_to_left_text_keeps_its_letters_and_their_order() {
        for text in [
            "مرحبا، متى يصل طلبي؟",
            "السَّلَامُ عَلَيْكُمْ",
            "שָׁלוֹם, איפה ההזמנה שלי (#1234)?",
            "می\u{200c}خواهم سفارش ۱۲۳۴ را پس بدهم",
            "Order 12 של דנה — إلى 12:30",
        ] {
            assert_eq!(clean(text), text);
            assert_eq!(line(text), text);
            let marked = format!("\u{200f}{text}\u{200e}\u{61c}");
            assert_eq!(clean(&marked), text, "marks of direction go, letters stay");
            for width in [5, 12, 40] {
                let lines: Vec<&str> = wrap::wrap(text, width).into_iter().map(|r| &text[r]).collect();
                let again: String = lines.concat().split_whitespace().collect();
                assert_eq!(again, text.split_whitespace().collect::<String>(), "{lines:?}");
                assert!(lines.iter().all(|l| wrap::width(l) <= width), "{lines:?}");
            }
        }
    }

    #[test]
    fn clean_text_is_borrowed() {
        for text in [
            "",
            "hello\nworld",
            "Größe 中文 مرحبا 👩‍👩‍👧 🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}!",
        ] {
            assert!(matches!(clean(text), Cow::Borrowed(_)), "{text:?}");
        }
    }

    #[test]
    fn controls_go_and_line_ends_become_one() {
        assert_eq!(clean("a\r\nb\rc\u{0B}d\u{0C}e\u{2028}f\u{2029}g\u{85}h"), "a\nb\nc\nd\ne\nf\ng\nh");
        assert_eq!(clean("evil\x1b[31mred\x1b[0m\x07\u{9b}2J\x7f\0"), "evilred");
        assert_eq!(clean("\x1b]8;;https://a.example\x1b\\a link\x1b]8;;\x07!"), "a link!");
        assert_eq!(clean("\x1b]0;the message goes on\nand on"), "]0;the message goes on\nand on");
        assert_eq!(clean("\x1bhello \x1b[31"), "hello [31");
        assert_eq!(clean("a\tb"), "a    b");
    }

    #[test]
    fn direction_and_invisible_characters_go_but_joiners_stay() {
        assert_eq!(
            clean(
                "a\u{202E}b\u{2066}c\u{2069}\u{200E}\u{200F}\u{61C}\u{FEFF}\u{FFF9}\u{AD}\u{200B}\u{2060}d"
            ),
            "abcd"
        );
        assert_eq!(clean("می\u{200C}خواهم\u{202C}"), "می\u{200C}خواهم");
        assert_eq!(clean("❤\u{FE0F}\u{200B}"), "❤\u{FE0F}");
    }

    #[test]
    fn tags_live_only_in_flags() {
        assert_eq!(clean("hi\u{E0068}\u{E0069}\u{E007F}"), "hi");
        assert_eq!(clean("🏴\u{E0067}\u{E0062}"), "🏴");
        let england = "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}";
        assert_eq!(clean(&format!("{england}\u{7}")), england);
    }

    #[test]
    fn zalgo_is_capped() {
        let zalgo = format!("a{}b", "\u{0301}".repeat(500));
        assert_eq!(clean(&zalgo), format!("a{}b", "\u{0301}".repeat(8)));
    }

    #[test]
    fn endless_clusters_are_cut() {
        for hostile in ["👩\u{200D}".repeat(5000), "क\u{94D}".repeat(5000), format!("क{}", "ा".repeat(5000))]
        {
            let out = clean(&hostile);
            assert!(is_clean(&out));
            assert!(out.graphemes(true).all(|g| g.chars().count() <= MAX_CLUSTER));
        }
    }

    #[test]
    fn one_line() {
        assert_eq!(line("  a \n\n b\t c\u{A0}\u{3000}d  "), "a b c d");
        assert!(matches!(line("a b"), Cow::Borrowed(_)));
        assert_eq!(line(" \r\n "), "");
    }

    #[test]
    fn json_keeps_its_value_and_loses_its_sting() {
        let value = "a\u{202E}b\u{9b}c\u{7f}\u{2028}\u{E0041}ü\"\x1b";
        let json = serde_json::to_string(value).unwrap();
        let escaped = escape_json(&json);
        assert_eq!(escaped, "\"a\\u202eb\\u009bc\\u007f\\u2028\\udb40\\udc41ü\\\"\\u001b\"");
        assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), value);
        assert!(matches!(escape_json("{\"a\":\"ü\"}"), Cow::Borrowed(_)));
    }
}
