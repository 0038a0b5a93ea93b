//! Links and addresses of e-mail that stand bare in a text: where they begin and where they end.

use crate::text::address;
use std::ops::Range;

/// The end of the web link that begins at this place, which does not go beyond `end`. What ends a sentence is not of it, nor are
/// marks around it (`*https://…*`), nor a bracket that was opened before it.
pub(crate) fn web(source: &str, at: usize, end: usize) -> Option<usize> {
    let rest = &source[at..end];
    let scheme = ["https://", "http://"]
        .into_iter()
        .find(|s| rest.get(..s.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(s)))?;
    let before = source[..at].chars().next_back();
    if source[..at].trim_end_matches('_').ends_with(char::is_alphanumeric) {
        return None;
    }
    let mut link = &rest[..rest.find(ends).unwrap_or(rest.len())];
    // Brackets that are closed and were not opened.
    let over =
        |open: char, close: char| link.matches(close).count().saturating_sub(link.matches(open).count());
    let (mut round, mut square) = (over('(', ')'), over('[', ']'));
    // In pairs they are of the link, as in names of pages.
    let mut lines = if before == Some('_') { link.len() } else { link.matches('_').count() % 2 };
    while let Some(last) = link.chars().next_back() {
        match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '*' | '~' | '`' => {}
            '_' if lines > 0 => lines -= 1,
            ')' if round > 0 => round -= 1,
            ']' if square > 0 => square -= 1,
            _ => break,
        }
        link = &link[..link.len() - last.len_utf8()];
    }
    (link.len() > scheme.len()).then_some(at + link.len())
}

/// Blanks, quotation marks, angle brackets, and what ends sentences in East Asian scripts.
fn ends(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '<' | '>' | '"' | '\'' | '\u{ab}' | '\u{bb}' | '\u{201c}'..='\u{201f}' | '\u{3000}'..='\u{3002}')
        || matches!(
            c,
            '\u{3008}'..='\u{3011}' | '\u{ff01}' | '\u{ff08}' | '\u{ff09}' | '\u{ff0c}' | '\u{ff1f}'
        )
}

/// Where web links and addresses stand, in order and apart.
pub(crate) fn all(source: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, c) in source.char_indices() {
        let last = found.last().map_or(0, |range| range.end);
        if at < last {
            continue;
        }
        match c {
            'h' | 'H' => found.extend(web(source, at, source.len()).map(|end| at..end)),
            '@' => found.extend(mail(source, at, last)),
            _ => {}
        }
    }
    found
}

/// The address around an `@`, which does not begin before `from`.
fn mail(source: &str, at: usize, from: usize) -> Option<Range<usize>> {
    let local = |b: &u8| b.is_ascii_alphanumeric() || b"._%+-".contains(b);
    let domain = |b: &u8| b.is_ascii_alphanumeric() || b".-".contains(b);
    let before = &source.as_bytes()[from..at];
    let long = before.iter().rev().take_while(|b| local(b)).count();
    let start = at - long;
    let start = start + before[start - from..].iter().take_while(|b| b"._%+-".contains(b)).count();
    let after = &source.as_bytes()[at + 1..];
    let mut end = at + 1 + after.iter().take_while(|b| domain(b)).count();
    end -= source[at + 1..end].bytes().rev().take_while(|b| b".-".contains(b)).count();
    let stands_alone = !source[..start].ends_with(|c: char| c.is_alphanumeric() || "@/\\".contains(c))
        && !source[end..].starts_with(|c: char| c.is_alphanumeric() || c == '@');
    let address = &source[start..end];
    let is_one = address.split_once('@').is_some_and(|(_, domain)| domain.contains('.'))
        && address::email(address).is_some();
    (stands_alone && is_one).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_addresses_are_found_in_sentences() {
        for (source, links) in [
            ("see https://a.example/b?c=d&e=f#g.", vec!["https://a.example/b?c=d&e=f#g"]),
            ("(https://a.example/x), http://b.example!", vec!["https://a.example/x", "http://b.example"]),
            ("https://a.example/Rust_(lang) (https://a.example/Rust_(lang))", {
                vec!["https://a.example/Rust_(lang)", "https://a.example/Rust_(lang)"]
            }),
            ("**https://a.example/_x_/**", vec!["https://a.example/_x_/"]),
            ("\u{201c}https://a.example\u{201d}, \u{300c}https://b.example\u{300d}", {
                vec!["https://a.example", "https://b.example"]
            }),
            ("_https://a.example_ _see https://a.example/b_ https://a.example/_x_ x_https://a.example", {
                vec!["https://a.example", "https://a.example/b", "https://a.example/_x_"]
            }),
            ("HTTPS://A.example", vec!["HTTPS://A.example"]),
            ("xhttps://a.example http:// ftp://b.example", vec![]),
            ("write to ana@b.example.", vec!["ana@b.example"]),
            ("_ana.b+c@d-e.example_, <f@g.example>", vec!["ana.b+c@d-e.example", "f@g.example"]),
            ("https://u@a.example/b@c.example", vec!["https://u@a.example/b@c.example"]),
            ("@ana ana@ a@b a@@b.example a@b.example@c éa@b.example", vec![]),
            ("E-Mail:ana@b.example mailto:c@d.example", vec!["ana@b.example", "c@d.example"]),
        ] {
            let found: Vec<&str> = all(source).into_iter().map(|range| &source[range]).collect();
            assert_eq!(found, links, "{source}");
        }
    }

    #[test]
    fn a_wall_of_them_takes_no_time() {
        for wall in ["a@", "https://", "@", "a.", "https://(", "https://a)"] {
            let _ = all(&wall.repeat(50_000));
        }
    }
}
