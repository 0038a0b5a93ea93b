//! Themes of one's own, out of files: a base, and the colours that differ from it. Mistakes are told by file and line.

use crate::text::sanitize;
use crate::ui::theme::palette::{NAMES, Palette};
use std::ops::Range;
use toml_edit::Document;

/// A theme's file, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThemeFile {
    /// The theme's name: that of the file without its end.
    pub name: String,
    /// The file, for messages.
    pub file: String,
    /// What stands in it, or why it cannot be read.
    pub text: Result<String, String>,
}

/// Reads a theme.
///
/// # Errors
/// All that is wrong with it, each with file and line.
pub(super) fn read(file: &ThemeFile) -> Result<Palette, Vec<String>> {
    let text = file.text.as_ref().map_err(|why| vec![format!("{}: {why}", file.file)])?;
    let at = |span: Option<Range<usize>>, what: String| {
        let before = span.and_then(|s| text.get(..s.start)).unwrap_or_default();
        format!("{}:{}: {what}", file.file, before.matches('\n').count() + 1)
    };
    let document = Document::parse(text.as_str())
        .map_err(|e| vec![at(e.span(), format!("not valid TOML: {}", e.message().trim()))])?;
    let table = document.as_table();
    let mut errors = Vec::new();
    let mut palettes = Palette::built_in();
    let mut palette = palettes.swap_remove(0);
    if let Some(item) = table.get("base") {
        let base = item.as_str().unwrap_or_default();
        match std::iter::once(palette.clone()).chain(palettes).find(|p| p.name == base) {
            Some(found) => palette = found,
            None => {
                let known: Vec<String> = Palette::built_in().into_iter().map(|p| p.name).collect();
                errors.push(at(item.span(), format!("`base` is one of {}", known.join(", "))));
            }
        }
    }
    palette.name.clone_from(&file.name);
    palette.about = format!("{}, your own", palette.kind.word());
    for (name, item) in table.iter().filter(|(name, _)| *name != "base") {
        let key = table.key(name).and_then(toml_edit::Key::span);
        match (palette.named(name), item.as_str().and_then(hex)) {
            (None, _) => {
                let what =
                    format!("unknown colour `{}`: there are {}", sanitize::line(name), NAMES.join(", "));
                errors.push(at(key, what));
            }
            (Some(_), None) => {
                errors.push(at(item.span().or(key), format!("`{name}` takes a colour such as \"#7da6f5\"")));
            }
            (Some(color), Some(hex)) => *color = hex,
        }
    }
    if errors.is_empty() { Ok(palette) } else { Err(errors) }
}

/// `#rrggbb`.
fn hex(text: &str) -> Option<u32> {
    let digits = text.strip_prefix('#')?;
    (digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
        .then(|| u32::from_str_radix(digits, 16).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::{Ground, Themes};

    fn file(text: &str) -> ThemeFile {
        ThemeFile { name: "mine".into(), file: "themes/mine.toml".into(), text: Ok(text.into()) }
    }

    #[test]
    fn a_theme_of_ones_own_changes_what_it_names() {
        let read = read(&file("# mine\nbase = \"paper\"\naccent = \"#a000A0\"\n")).unwrap();
        let mut want = Palette::built_in().into_iter().find(|p| p.name == "paper").unwrap();
        *want.named("accent").unwrap() = 0xa0_00_a0;
        want.name = "mine".into();
        want.about = "light, your own".into();
        assert_eq!(read, want);
        let themes = Themes::new("mine", "", Ground::Dark, &[file("")]);
        assert_eq!((themes.all()[themes.chosen()].name.as_str(), themes.errors.len()), ("mine", 0));
    }

    #[test]
    fn every_name_is_a_colour() {
        let mut palette = Palette::built_in().remove(0);
        assert!(NAMES.iter().all(|name| palette.named(name).is_some()));
    }

    #[test]
    fn mistakes_are_told_by_file_and_line_all_at_once() {
        let errors =
            read(&file("base = \"blue\"\n\nacent = \"#000000\"\nink = \"red\"\ndim = 7\n")).unwrap_err();
        for (error, (line, says)) in
            errors.iter().zip([(1, "graphite"), (3, "accent"), (4, "#7da6f5"), (5, "`dim` takes")])
        {
            assert!(
                error.starts_with(&format!("themes/mine.toml:{line}: ")) && error.contains(says),
                "{error}"
            );
        }
        assert_eq!(errors.len(), 4);
        assert!(read(&file("a =\n")).unwrap_err()[0].starts_with("themes/mine.toml:1: not valid TOML"));
        // A broken file that is wished for leaves the usual theme, and is told once.
        let themes = Themes::new("mine", "config.toml:1", Ground::Dark, &[file("a =\n")]);
        assert_eq!((themes.chosen(), themes.errors.len()), (0, 1));
    }
}
