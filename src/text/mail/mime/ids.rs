//! Message ids (RFC 5322, section 3.6.4) as they come: with commas, with words around them, without brackets, encoded.

use super::words;

/// Ids of one header that are kept: the first and the newest of the rest.
const MOST: usize = 100;
/// Longest id, in bytes: longer than a line may be.
const LONGEST: usize = 998;

/// The ids of a value, each once and without brackets, in order. Where none stands in brackets, words with an `@` are ids.
pub fn read(value: &str) -> Vec<String> {
    // Some programs fold a long id as if it were words of a subject.
    let decoded = if value.contains("=?") { words::decode(value) } else { String::new() };
    let value = if decoded.is_empty() { value } else { decoded.as_str() };
    let mut ids: Vec<String> = Vec::new();
    let mut rest = value;
    while let Some((_, from)) = rest.split_once('<') {
        let end = from.find(['>', '<']).unwrap_or(from.len());
        ids.extend(id(&from[..end]));
        rest = from[end..].strip_prefix('>').unwrap_or(&from[end..]);
    }
    if ids.is_empty() {
        let words =
            value.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '(' | ')' | '<' | '>'));
        ids.extend(words.filter(|word| word.contains('@')).filter_map(id));
    }
    let mut seen = std::collections::HashSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    if ids.len() > MOST {
        ids.drain(1..=ids.len() - MOST);
    }
    ids
}

/// One id. A line may have been broken within it.
fn id(text: &str) -> Option<String> {
    let id: String = text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let id = id.trim_matches(['<', '>']);
    (!id.is_empty() && id.len() <= LONGEST).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_in_any_dress() {
        for (value, want) in [
            ("<a@x>", &["a@x"][..]),
            (" <a@x> <b@y>\t<c@z>", &["a@x", "b@y", "c@z"]),
            ("<a@x>,<b@y>, <a@x>", &["a@x", "b@y"]),
            ("a@x b@y", &["a@x", "b@y"]),
            ("a@x", &["a@x"]),
            ("Your message of \"Mon, 1 Jan\" from joe@x <a@x>", &["a@x"]),
            ("<a very\tlong@id>", &["averylong@id"]),
            ("<a@x <b@y>", &["a@x", "b@y"]),
            ("<no-at>", &["no-at"]),
            ("a@x>b= c@y", &["a@x", "c@y"]),
            ("<>", &[]),
            ("", &[]),
            ("words alone", &[]),
            ("=?utf-8?q?=3Ca=40x=3E?=", &["a@x"]),
        ] {
            assert_eq!(read(value), want, "{value}");
        }
    }

    #[test]
    fn of_very_many_the_first_and_the_newest_stay() {
        let value: String = (0..500).map(|n| format!("<{n}@x> ")).collect();
        let ids = read(&value);
        assert_eq!(ids.len(), MOST);
        assert_eq!((ids[0].as_str(), ids[1].as_str(), ids[99].as_str()), ("0@x", "401@x", "499@x"));
    }
}
