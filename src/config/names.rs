//! Names that become directories, URL paths and keyring entries; and the nearest known word for a mistyped one.

/// Longest name of a workspace or channel, in bytes.
pub const NAME_MAX: usize = 48;

/// Whether `name` can name a workspace or a channel: `[a-z0-9][a-z0-9-_]*`, at most [`NAME_MAX`] bytes.
///
/// # Errors
/// What is wrong with it, for a person.
pub fn check_name(name: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let starts_well = name.chars().next().is_some_and(plain);
    if !starts_well || !name.chars().all(|c| plain(c) || c == '-' || c == '_') {
        return Err("use lower-case letters, digits, - and _, beginning with a letter or digit".into());
    }
    if name.len() > NAME_MAX {
        return Err(format!("use at most {NAME_MAX} characters"));
    }
    Ok(())
}

/// The known word that `word` was probably meant to be, if any is close.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|k| (distance(&word, k), k))
        .filter(|(d, k)| *d <= (k.chars().count().max(word.chars().count()) / 3).max(1))
        .min_by_key(|(d, _)| *d)
        .map(|(_, k)| k)
}

/// `did you mean …?`, or the list of all known words where none is close.
pub fn hint(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", known.join(", ")),
    }
}

/// Edits (insert, delete, replace, swap of neighbours) between two short words.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let swap = if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                rows[i - 2][j - 2] + 1
            } else {
                usize::MAX
            };
            let replace = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            rows[i][j] = replace.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(swap);
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        for good in ["main", "support-nl", "a", "2nd_line"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        let long = "x".repeat(NAME_MAX + 1);
        for bad in ["", "-a", "Main", "a b", "../x", "a.b", "ä", long.as_str()] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_nearest_word_is_close_or_none() {
        let known = ["listen", "public_url", "theme", "agent"];
        assert_eq!(nearest("lisen", known), Some("listen"));
        assert_eq!(nearest("tehme", known), Some("theme"));
        assert_eq!(nearest("public-url", known), Some("public_url"));
        assert_eq!(nearest("colour", known), None);
        assert!(hint("colour", &known).contains("known here: listen"));
    }
}
