//! The form in which text is given to the full-text index, and the queries that match it.
//!
//! SQLite's `unicode61` tokenizer takes a whole run of Chinese or Thai for one word. Such runs are rewritten here,
//! for the index and for queries alike, as overlapping pairs; the last character stands once more alone, so that
//! a query for one character finds it at any place by prefix.

mod highlight;

use crate::domain::account::Channel;
use crate::domain::query::{Query, What};
use std::borrow::Cow;

pub use highlight::{highlight, snippet};

/// One term of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// A whole word.
    Word(String),
    /// The beginning of a word.
    Prefix(String),
    /// Words that follow one another.
    Phrase(String),
}

impl Term {
    /// What was typed.
    pub fn text(&self) -> &str {
        match self {
            Term::Word(text) | Term::Prefix(text) | Term::Phrase(text) => text,
        }
    }
}

/// What a character is for the rewriting of runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    /// Written without blanks between words: goes into pairs.
    Unspaced,
    /// A mark within such a run. The tokenizer would split at it, so it is left out.
    Mark,
    Other,
}

fn script(c: char) -> Script {
    if (c as u32) < 0xE31 {
        return if matches!(c, '\u{E01}'..='\u{E30}') { Script::Unspaced } else { Script::Other };
    }
    match c {
        // Vowel and tone signs of Thai, Lao, Myanmar and Khmer; the voiced sound marks of kana.
        '\u{E31}' | '\u{E34}'..='\u{E3A}' | '\u{E47}'..='\u{E4E}' => Script::Mark,
        '\u{EB1}' | '\u{EB4}'..='\u{EBC}' | '\u{EC8}'..='\u{ECE}' => Script::Mark,
        '\u{102B}'..='\u{103E}' | '\u{1056}'..='\u{1059}' | '\u{105E}'..='\u{1060}' => Script::Mark,
        '\u{1062}'..='\u{1064}' | '\u{1067}'..='\u{106D}' | '\u{1071}'..='\u{1074}' => Script::Mark,
        '\u{1082}'..='\u{108D}' | '\u{108F}' | '\u{109A}'..='\u{109D}' => Script::Mark,
        '\u{17B4}'..='\u{17D3}' | '\u{17DD}' | '\u{3099}' | '\u{309A}' => Script::Mark,
        // Thai and Lao letters and digits.
        '\u{E32}'..='\u{E46}' | '\u{E50}'..='\u{E59}' | '\u{E81}'..='\u{EC6}' | '\u{ED0}'..='\u{EDF}' => {
            Script::Unspaced
        }
        // Myanmar and Khmer.
        '\u{1000}'..='\u{1049}'
        | '\u{1050}'..='\u{109D}'
        | '\u{1780}'..='\u{17B3}'
        | '\u{17D7}'
        | '\u{17DC}' => Script::Unspaced,
        '\u{17E0}'..='\u{17E9}' => Script::Unspaced,
        // Hangul: letters, syllables, halfwidth.
        '\u{1100}'..='\u{11FF}'
        | '\u{3131}'..='\u{318E}'
        | '\u{A960}'..='\u{A97C}'
        | '\u{AC00}'..='\u{D7FB}' => Script::Unspaced,
        // Kana with iteration and length marks, bopomofo, halfwidth forms.
        '\u{3005}'..='\u{3007}'
        | '\u{3021}'..='\u{3029}'
        | '\u{3031}'..='\u{3035}'
        | '\u{303B}'
        | '\u{303C}' => Script::Unspaced,
        '\u{3041}'..='\u{3096}'
        | '\u{309D}'..='\u{309F}'
        | '\u{30A1}'..='\u{30FA}'
        | '\u{30FC}'..='\u{312F}' => Script::Unspaced,
        '\u{31A0}'..='\u{31BF}'
        | '\u{31F0}'..='\u{31FF}'
        | '\u{FF66}'..='\u{FFDC}'
        | '\u{1B000}'..='\u{1B16F}' => Script::Unspaced,
        // Han with its extensions and compatibility forms.
        '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFD}' => Script::Unspaced,
        _ => Script::Other,
    }
}

fn has_unspaced(text: &str) -> bool {
    // The first such character is U+0E01, whose first byte in UTF-8 is 0xE0.
    text.bytes().any(|b| b >= 0xE0) && text.chars().any(|c| script(c) == Script::Unspaced)
}

/// The form of a text for the `unicode61 remove_diacritics 2` tokenizer: runs of scripts that are written without blanks
/// (Han, kana, Hangul, Thai, Lao, Khmer, Myanmar) become overlapping pairs with blanks between, and their last
/// character once more alone. Other text passes, borrowed.
pub fn index_form(text: &str) -> Cow<'_, str> {
    if has_unspaced(text) { Cow::Owned(rewrite(text, true)) } else { Cow::Borrowed(text) }
}

/// Rewrites the runs; `closed` says whether a run at the very end of the text ends there (in a query it may go on).
fn rewrite(text: &str, closed: bool) -> String {
    let mut out = String::with_capacity(text.len() * 3);
    let mut run: Vec<char> = Vec::new();
    for c in text.chars() {
        match script(c) {
            Script::Unspaced => run.push(c),
            Script::Mark if !run.is_empty() => {}
            Script::Mark | Script::Other => {
                if !run.is_empty() {
                    push_run(&mut run, true, &mut out);
                    if !c.is_whitespace() {
                        out.push(' ');
                    }
                }
                out.push(c);
            }
        }
    }
    push_run(&mut run, closed, &mut out);
    out
}

fn push_run(run: &mut Vec<char>, closed: bool, out: &mut String) {
    if !run.is_empty() && !out.is_empty() && !out.ends_with(char::is_whitespace) {
        out.push(' ');
    }
    for pair in run.windows(2) {
        out.extend(pair);
        out.push(' ');
    }
    match run.last() {
        Some(last) if closed || run.len() == 1 => out.push(*last),
        Some(_) => {
            out.pop();
        }
        None => {}
    }
    run.clear();
}

/// An FTS5 MATCH expression that asks for all the terms; `None` when they hold nothing that the index knows
/// (letters or digits). What was typed is always quoted: nothing in it is syntax.
pub fn match_expr(words: &[Term]) -> Option<String> {
    let terms: Vec<String> = words.iter().filter_map(term_expr).collect();
    if terms.is_empty() { None } else { Some(terms.join(" AND ")) }
}

fn term_expr(term: &Term) -> Option<String> {
    // A NUL would end the expression early for SQLite; other controls are no letters anyway.
    let typed: String = term.text().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let typed = typed.trim();
    if !typed.chars().any(char::is_alphanumeric) {
        return None;
    }
    let form = if has_unspaced(typed) { Cow::Owned(rewrite(typed, false)) } else { Cow::Borrowed(typed) };
    // A single character of an unspaced script begins every pair that it begins, and stands alone at a run's end.
    let mut tail = typed.chars().rev().filter(|c| script(*c) != Script::Mark).map(script);
    let ends_unspaced = tail.next() == Some(Script::Unspaced);
    let ends_single = ends_unspaced && tail.next() != Some(Script::Unspaced);
    let prefix = ends_single || (matches!(term, Term::Prefix(_)) && !ends_unspaced);
    let star = if prefix { "*" } else { "" };
    Some(format!("\"{}\"{star}", form.replace('"', "\"\"")))
}

/// The words of a query that what it finds may contain, for highlighting.
pub fn terms(query: &Query) -> Vec<Term> {
    query.clauses.iter().filter(|c| !c.negated).filter_map(|c| term(&c.what)).collect()
}

/// The term that words of a query ask for; nothing for a filter. The medium before an address is left away: it is not kept with each.
pub fn term(what: &What) -> Option<Term> {
    let bare = |text: &str| Channel::before_address(text).map_or(text, |(_, address)| address).to_owned();
    match what {
        What::Word(text) => Some(Term::Word(bare(text))),
        What::Prefix(text) => Some(Term::Prefix(bare(text))),
        What::Phrase(text) => Some(Term::Phrase(text.clone())),
        What::Filter(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn word(text: &str) -> Term {
        Term::Word(text.to_owned())
    }

    pub(super) fn prefix(text: &str) -> Term {
        Term::Prefix(text.to_owned())
    }

    #[test]
    fn plain_text_is_borrowed() {
        for text in ["", "Where is my order?", "Größe Ελλάδα Привет नमस्ते 😀"] {
            assert!(matches!(index_form(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn runs_become_pairs() {
        assert_eq!(index_form("我爱北京"), "我爱 爱北 北京 京");
        assert_eq!(index_form("iPhone手机壳, ok"), "iPhone 手机 机壳 壳 , ok");
        assert_eq!(index_form("字"), "字");
        assert_eq!(index_form("한국어를 배워요"), "한국 국어 어를 를 배워 워요 요");
        assert_eq!(index_form("กันน"), "กน นน น");
        assert_eq!(index_form("カタカナー"), "カタ タカ カナ ナー ー");
    }

    #[test]
    fn expressions() {
        let expr = |terms: &[Term]| match_expr(terms).unwrap_or_default();
        assert_eq!(expr(&[word("order"), prefix("ref")]), "\"order\" AND \"ref\"*");
        assert_eq!(expr(&[Term::Phrase("my \"big\" order".to_owned())]), "\"my \"\"big\"\" order\"");
        assert_eq!(expr(&[word("北京市")]), "\"北京 京市\"");
        assert_eq!(expr(&[prefix("北京")]), "\"北京\"");
        assert_eq!(expr(&[word("字")]), "\"字\"*");
        assert_eq!(expr(&[prefix("北京abc")]), "\"北京 京 abc\"*");
        assert_eq!(expr(&[word("a\0b")]), "\"a b\"");
        assert_eq!(match_expr(&[word("!!"), prefix("😀"), word("")]), None);
        assert_eq!(match_expr(&[]), None);
    }
}
