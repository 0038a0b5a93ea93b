//! Whether a text holds a term, as the index would see it: for texts at hand, where asking the index costs more.

use crate::store::filter::Unit;
use crate::text::index::{Term, highlight};

/// Whether every term is there.
pub(super) fn holds_all(text: &str, terms: &[Term]) -> bool {
    terms.iter().all(|term| holds(text, term))
}

/// Whether the words of a unit are there.
pub(super) fn holds_unit(text: &str, unit: &Unit) -> bool {
    holds_all(text, &unit.text)
}

/// Whether names hold a unit, or the telephone number that it may be.
pub(super) fn names_hold(names: &str, unit: &Unit) -> bool {
    holds_unit(names, unit) || unit.phone.as_ref().is_some_and(|phone| holds(names, phone))
}

fn holds(text: &str, term: &Term) -> bool {
    if text.is_ascii() && term.text().is_ascii() {
        ascii_holds(text.as_bytes(), term)
    } else {
        !highlight(text, std::slice::from_ref(term)).is_empty()
    }
}

/// The same for texts of ASCII alone: nothing to fold but the case.
fn ascii_holds(text: &[u8], term: &Term) -> bool {
    let wanted: Vec<&[u8]> =
        term.text().as_bytes().split(|b| !b.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let Some((last, first)) = wanted.split_last() else { return false };
    let goes_on = matches!(term, Term::Prefix(_));
    let mut at = 0;
    while let Some(start) = next_word(text, at) {
        let mut place = start;
        let begins = first.iter().all(|word| {
            let end = word_end(text, place);
            let same = text[place..end].eq_ignore_ascii_case(word);
            // The next word, or the end of the text, where the last one cannot be.
            place = next_word(text, end).unwrap_or(text.len());
            same
        });
        if begins {
            let word = &text[place..word_end(text, place)];
            let same = if goes_on {
                word.len() >= last.len() && word[..last.len()].eq_ignore_ascii_case(last)
            } else {
                word.eq_ignore_ascii_case(last)
            };
            if same {
                return true;
            }
        }
        at = word_end(text, start);
    }
    false
}

fn next_word(text: &[u8], from: usize) -> Option<usize> {
    text[from..].iter().position(u8::is_ascii_alphanumeric).map(|n| from + n)
}

fn word_end(text: &[u8], from: usize) -> usize {
    text[from..].iter().position(|b| !b.is_ascii_alphanumeric()).map_or(text.len(), |n| from + n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_is_matched_as_the_rest_is() {
        let texts = ["My Order, re-ordered: ORDER-12. orders", "", "order", "a b c a b d", "x order"];
        let terms = [
            Term::Word("order".into()),
            Term::Prefix("ord".into()),
            Term::Phrase("order 12".into()),
            Term::Word("re-ordered".into()),
            Term::Prefix("a b d".into()),
            Term::Prefix("b c a b".into()),
            Term::Word("orde".into()),
            Term::Phrase("orders x".into()),
            Term::Word("--".into()),
        ];
        for text in texts {
            for term in &terms {
                let slow = !highlight(text, std::slice::from_ref(term)).is_empty();
                assert_eq!(ascii_holds(text.as_bytes(), term), slow, "{term:?} in {text:?}");
            }
        }
    }
}
