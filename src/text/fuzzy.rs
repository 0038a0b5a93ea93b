//! Fuzzy matching for palettes and pickers: smart case, words in any order.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// How well a candidate matches, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Higher is better; comparable only between candidates of one pattern.
    pub score: u32,
    /// Indices of the matched characters (`char`s, not bytes), ascending.
    pub positions: Vec<u32>,
}

/// A pattern and the scratch space to match it with.
pub struct Fuzzy {
    matcher: Matcher,
    pattern: Pattern,
    chars: Vec<char>,
}

impl std::fmt::Debug for Fuzzy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fuzzy").field("pattern", &self.pattern).finish_non_exhaustive()
    }
}

/// The longest pattern that is looked at, in characters.
const LONGEST: usize = 200;

impl Fuzzy {
    /// Prepares a pattern. Its words match in any order, each as a subsequence; a capital letter makes its word
    /// case-sensitive. Nothing in it is syntax. An empty pattern matches all with score 0.
    pub fn new(pattern: &str) -> Self {
        // The matcher counts a word's score in 16 bits: a pattern that no person types must not overflow it.
        let end = pattern.char_indices().nth(LONGEST).map_or(pattern.len(), |(at, _)| at);
        let pattern =
            Pattern::new(&pattern[..end], CaseMatching::Smart, Normalization::Smart, AtomKind::Fuzzy);
        Self { matcher: Matcher::new(Config::DEFAULT), pattern, chars: Vec::new() }
    }

    /// Matches one candidate; `None` where a word of the pattern is not in it.
    pub fn score(&mut self, candidate: &str) -> Option<Match> {
        let mut positions = Vec::new();
        // Utf32Str::new would count graphemes; positions are promised in chars.
        let haystack = if candidate.is_ascii() {
            Utf32Str::Ascii(candidate.as_bytes())
        } else {
            self.chars.clear();
            self.chars.extend(candidate.chars());
            Utf32Str::Unicode(&self.chars)
        };
        let score = self.pattern.indices(haystack, &mut self.matcher, &mut positions)?;
        positions.sort_unstable();
        positions.dedup();
        Some(Match { score, positions })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions(pattern: &str, candidate: &str) -> Option<Vec<u32>> {
        Fuzzy::new(pattern).score(candidate).map(|m| m.positions)
    }

    #[test]
    fn empty_matches_all_with_zero() {
        for pattern in ["", "  "] {
            assert_eq!(Fuzzy::new(pattern).score("anything"), Some(Match { score: 0, positions: vec![] }));
        }
    }

    #[test]
    fn subsequences_and_words_in_any_order() {
        assert_eq!(positions("rsc", "resolve conversation"), Some(vec![0, 2, 8]));
        assert!(positions("conv res", "resolve conversation").is_some());
        assert_eq!(positions("xyz", "resolve"), None);
        assert!(positions("!^$", "resolve").is_none());
    }

    #[test]
    fn smart_case() {
        assert!(positions("ana", "Ana").is_some());
        assert!(positions("Ana", "ana").is_none());
    }

    #[test]
    fn positions_are_chars() {
        assert_eq!(positions("x", "e\u{301}中x"), Some(vec![3]));
        assert_eq!(positions("grosse", "größe"), None);
        assert_eq!(positions("u", "Größe über"), Some(vec![6]));
    }

    #[test]
    fn better_matches_score_higher() {
        let mut fuzzy = Fuzzy::new("res");
        let (whole, scattered) =
            (fuzzy.score("resolve").unwrap().score, fuzzy.score("reads a lot").map_or(0, |m| m.score));
        assert!(whole > scattered);
    }

    #[test]
    fn an_absurd_pattern_is_harmless() {
        let long = "a".repeat(50_000);
        assert!(Fuzzy::new(&long).score(&long).is_some());
        assert!(Fuzzy::new(&"é ".repeat(5_000)).score("é").is_some());
    }
}
