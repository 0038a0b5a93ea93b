//! What is asked about before it is sent: patterns of one's own, and numbers of payment cards.

use regex::{Regex, RegexBuilder};

/// What the built-in pattern is called.
pub const CARD: &str = "a card number";
/// How much memory one pattern may take, bytes.
const SIZE: usize = 10 << 20;
/// Digits of a card's number.
const DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// Reads a pattern.
///
/// # Errors
/// What is wrong with it, in one line.
pub fn pattern(text: &str) -> Result<Regex, String> {
    if text.trim().is_empty() {
        return Err("the pattern is empty".into());
    }
    let read = RegexBuilder::new(text).size_limit(SIZE).build().map_err(|e| {
        let said = e.to_string();
        // The reason stands behind the drawing of the place.
        said.lines()
            .rfind(|l| !l.trim().is_empty())
            .unwrap_or_default()
            .trim_start_matches("error: ")
            .to_owned()
    })?;
    if read.is_match("") { Err("it fits every text, the empty one too".into()) } else { Ok(read) }
}

/// Patterns with their names.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    patterns: Vec<(String, Regex)>,
}

impl Guard {
    /// The guard of these patterns, by name. Those that cannot be read are left out: the configuration refuses them.
    pub fn new(patterns: &[(String, String)]) -> Guard {
        let read = |(name, text): &(String, String)| Some((name.clone(), pattern(text).ok()?));
        Guard { patterns: patterns.iter().filter_map(read).collect() }
    }

    /// The names of what a text looks like; each once.
    pub fn hits(&self, text: &str) -> Vec<String> {
        let own =
            self.patterns.iter().filter(|(_, pattern)| pattern.is_match(text)).map(|(name, _)| name.clone());
        has_card(text).then(|| CARD.to_owned()).into_iter().chain(own).collect()
    }
}

/// Whether a number of 13 to 19 digits (in groups or not) with the right check digit stands in a text.
fn has_card(text: &str) -> bool {
    let mut digits: Vec<u8> = Vec::new();
    // One blank or hyphen may stand between two digits.
    let mut gap = false;
    for c in text.chars().chain(['\n']) {
        match c.to_digit(10) {
            Some(digit) => {
                digits.push(u8::try_from(digit).unwrap_or(0));
                gap = false;
            }
            None if matches!(c, ' ' | '-' | '\u{a0}') && !gap && !digits.is_empty() => gap = true,
            None => {
                if is_card(&digits) {
                    return true;
                }
                digits.clear();
                gap = false;
            }
        }
    }
    false
}

fn is_card(digits: &[u8]) -> bool {
    // No card begins with 0, and a row of one digit is none.
    DIGITS.contains(&digits.len())
        && digits.first() != Some(&0)
        && digits.iter().any(|d| Some(d) != digits.first())
        && luhn(digits)
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match (at % 2, u32::from(*digit) * 2) {
            (0, _) => u32::from(*digit),
            (_, twice) if twice > 9 => twice - 9,
            (_, twice) => twice,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_told_from_other_numbers() {
        let guard = Guard::default();
        for card in
            ["4111111111111111", "Card: 4111 1111 1111 1111.", "5500-0000-0000-0004", "378282246310005"]
        {
            assert_eq!(guard.hits(card), [CARD], "{card}");
        }
        let others = [
            "4111111111111112",
            "+31 612 345 678",
            "0000000000000000",
            "1111111111111111",
            "41111111",
            "order 4111 1111, parcel 1111  1111",
            "12345678901234567890123",
        ];
        for other in others {
            assert!(guard.hits(other).is_empty(), "{other}");
        }
    }

    #[test]
    fn own_patterns_have_names_and_bad_ones_reasons() {
        let guard = Guard::new(&[("an IBAN".into(), r"\b[A-Z]{2}\d{2}(?: ?\w{4}){3,7}\b".into())]);
        assert_eq!(guard.hits("to NL91 ABNA 0417 1643 00"), ["an IBAN"]);
        assert!(guard.hits("hello").is_empty());
        assert!(pattern("(a").unwrap_err().contains("unclosed group"), "{:?}", pattern("(a"));
        assert!(pattern("a*").is_err() && pattern(" ").is_err());
        assert!(pattern(r"\w{1000}{1000}").is_err(), "too large");
    }
}
