//! Paths as people type, paste and drag them. Pure: nothing is looked up.

use percent_encoding::percent_decode_str;

/// The part of a typed path that names a directory (empty, or with its slash), and the beginning of the name behind it.
pub fn split(typed: &str) -> (&str, &str) {
    let at = typed.rfind('/').map_or(0, |at| at + 1);
    let (dir, name) = typed.split_at(at);
    // A tilde alone is the home directory about to be entered.
    if dir.is_empty() && name == "~" { ("~/", "") } else { (dir, name) }
}

/// The longest beginning that all names have in common, whatever the case of their letters; written as in the first.
pub fn common<'a>(mut names: impl Iterator<Item = &'a str>) -> String {
    let Some(first) = names.next() else { return String::new() };
    let mut end = first.len();
    for name in names {
        let same = first.char_indices().zip(name.chars());
        let differs = same.clone().find(|((_, a), b)| !a.to_lowercase().eq(b.to_lowercase()));
        let run = differs
            .map_or_else(|| same.last().map_or(0, |((at, c), _)| at + c.len_utf8()), |((at, _), _)| at);
        end = end.min(run);
    }
    first[..end].to_owned()
}

/// The paths that a pasted text consists of, if it is nothing else: absolute ones, as terminals write what is dropped on them: plain,
/// in quotes, with backslashes before what a shell would take, or as `file://`. Several stand apart by blanks or line ends.
pub fn pasted(text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    if text.is_empty() || text.len() > 32 * 1024 {
        return None;
    }
    // A path with blanks that nothing sets apart is one line of its own.
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let plain =
        |line: &str| !line.contains(['\\', '\'', '"']) && !line.contains(" /") && !line.contains(" file:");
    let words = if lines.iter().all(|line| plain(line)) {
        lines.into_iter().map(str::to_owned).collect()
    } else {
        shell_words(text)?
    };
    words.into_iter().map(absolute).collect()
}

/// One path as it is meant: absolute, or below the home directory.
fn absolute(word: String) -> Option<String> {
    if let Some(rest) = word.strip_prefix("file://") {
        let path = rest.strip_prefix("localhost").unwrap_or(rest);
        let decoded = percent_decode_str(path).decode_utf8().ok()?.into_owned();
        return decoded.starts_with('/').then_some(decoded);
    }
    let is_path = word.starts_with('/') || word.starts_with("~/");
    (is_path && word.len() > 1 && !word.starts_with("//")).then_some(word)
}

/// Words as a shell tells them apart: quotes and backslashes are taken away. None where a quote is not closed.
fn shell_words(text: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some('"'), '\\') => {
                let next = chars.next()?;
                let word = word.get_or_insert_default();
                if !matches!(next, '"' | '\\' | '$' | '`') {
                    word.push('\\');
                }
                word.push(next);
            }
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '\\') => word.get_or_insert_default().push(chars.next()?),
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    (quote.is_none() && !words.is_empty()).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_terminals_paste_for_a_dropped_file_is_a_path() {
        let one = |text: &str| pasted(text).map(|all| all.join("|"));
        for (text, want) in [
            ("/tmp/a.png", Some("/tmp/a.png")),
            (" /tmp/my photo.png \n", Some("/tmp/my photo.png")),
            ("'/tmp/my photo.png'", Some("/tmp/my photo.png")),
            ("\"/tmp/a \\\"b\\\".png\"", Some("/tmp/a \"b\".png")),
            ("/tmp/my\\ photo\\(1\\).png", Some("/tmp/my photo(1).png")),
            ("file:///tmp/my%20photo.png", Some("/tmp/my photo.png")),
            ("file://localhost/tmp/a.png", Some("/tmp/a.png")),
            ("/tmp/a.png\n/tmp/b.png", Some("/tmp/a.png|/tmp/b.png")),
            ("/tmp/a.png /tmp/b.png", Some("/tmp/a.png|/tmp/b.png")),
            ("'/tmp/it'\\''s.png' ", Some("/tmp/it's.png")),
            ("~/a.png", Some("~/a.png")),
            ("hello", None),
            ("see /tmp/a.png", None),
            ("/tmp/a.png is it", Some("/tmp/a.png is it")),
            ("file://elsewhere/a.png", None),
            ("https://example.com/a.png", None),
            ("// a comment", None),
            ("/", None),
            ("'/tmp/a.png", None),
            ("", None),
        ] {
            assert_eq!(one(text).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn typed_paths_are_completed_by_what_names_have_in_common() {
        assert_eq!(split("~/Pic"), ("~/", "Pic"));
        assert_eq!(split("~"), ("~/", ""));
        assert_eq!(split("a"), ("", "a"));
        assert_eq!(split("/tmp/"), ("/tmp/", ""));
        assert_eq!(common(["IMG_1.jpg", "img_2.jpg"].into_iter()), "IMG_");
        assert_eq!(common(["one"].into_iter()), "one");
        assert_eq!(common(["ab", "abc"].into_iter()), "ab");
        assert_eq!(common(["é1", "è1"].into_iter()), "");
        assert_eq!(common(std::iter::empty()), "");
    }
}
