//! File names from strangers: one safe base name for Linux, macOS and Windows.

use unicode_segmentation::UnicodeSegmentation;

use super::line;

/// Longest name in bytes: leaves room below the usual 255 for what a file system or a caller adds.
const MAX_BYTES: usize = 120;
/// Longest extension in bytes that is taken for one.
const MAX_EXTENSION: usize = 16;

/// A safe base name out of what a stranger called the file: the part behind the last separator, without
/// control or reserved characters, leading dots, dashes or blanks, device names of Windows; at most 120 bytes with
/// the extension kept; `file` when nothing is left.
pub fn file_name(name: &str) -> String {
    let cleaned = line(name);
    let base = cleaned
        .trim_end_matches(|c: char| matches!(c, '/' | '\\') || c.is_whitespace())
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or_default();
    let replaced: String = base
        .chars()
        .map(|c| if matches!(c, ':' | '*' | '?' | '"' | '<' | '>' | '|') { '_' } else { c })
        .collect();
    // Split after trimming: a stem that ends in a dot or blank is fine where an extension follows.
    let (stem, extension) = split(trim(&replaced));
    let stem = if is_device(stem) { format!("_{stem}") } else { stem.to_owned() };
    let room = MAX_BYTES - if extension.is_empty() { 0 } else { extension.len() + 1 };
    let mut end = 0;
    for (at, grapheme) in stem.grapheme_indices(true) {
        if at + grapheme.len() > room {
            break;
        }
        end = at + grapheme.len();
    }
    let stem = &stem[..end];
    let name = if extension.is_empty() { trim(stem).to_owned() } else { format!("{stem}.{extension}") };
    if name.is_empty() || name.starts_with('.') { format!("file{name}") } else { name }
}

/// Windows drops trailing dots and blanks; a leading dot hides a file, a leading dash looks like an option.
fn trim(name: &str) -> &str {
    name.trim_start_matches(|c: char| matches!(c, '.' | '-') || c.is_whitespace())
        .trim_end_matches(|c: char| c == '.' || c.is_whitespace())
}

fn split(name: &str) -> (&str, &str) {
    match name.rsplit_once('.') {
        Some((stem, extension))
            if !extension.is_empty()
                && extension.len() <= MAX_EXTENSION
                && extension.chars().all(char::is_alphanumeric) =>
        {
            (stem, extension)
        }
        _ => (name, ""),
    }
}

/// Device names of Windows, which it finds in any folder and with any extension:
/// <https://learn.microsoft.com/windows/win32/fileio/naming-a-file>
fn is_device(stem: &str) -> bool {
    let first = stem.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    if matches!(first.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$") {
        return true;
    }
    let mut chars = first.chars();
    let port = matches!(
        (chars.next(), chars.next(), chars.next()),
        (Some('C'), Some('O'), Some('M')) | (Some('L'), Some('P'), Some('T'))
    );
    port && matches!((chars.next(), chars.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_name_is_safe() {
        let cases = [
            ("photo.jpg", "photo.jpg"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\x\\report.pdf", "report.pdf"),
            ("folder/", "folder"),
            (".bashrc", "bashrc"),
            ("  .. ..x", "x"),
            ("-rf", "rf"),
            ("", "file"),
            ("...", "file"),
            ("/", "file"),
            (".. .jpg", "jpg"),
            ("CON", "_CON"),
            ("nul.txt", "_nul.txt"),
            ("com1.tar.gz", "_com1.tar.gz"),
            ("lpt¹", "_lpt¹"),
            ("common.txt", "common.txt"),
            ("a:b*c?.txt", "a_b_c_.txt"),
            ("evil\u{202E}gpj.exe", "evilgpj.exe"),
            ("a\nb\x1b.txt", "a b.txt"),
            ("name . ", "name"),
            ("räksmörgås 中文.png", "räksmörgås 中文.png"),
        ];
        for (given, wanted) in cases {
            assert_eq!(file_name(given), wanted, "{given:?}");
        }
    }

    #[test]
    fn long_names_keep_their_extension() {
        let name = file_name(&format!("{}.jpeg", "é".repeat(300)));
        assert!(name.len() <= 120 && name.ends_with("é.jpeg"), "{name}");
        assert!(file_name(&"x".repeat(500)).len() == 120);
    }
}
