//! Help pages: the text of `assets/help`, with the keys that hold here put in.

use crate::ui::command;
use crate::ui::keymap::Keymap;

/// A help page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Its name: `:help NAME`.
    pub name: &'static str,
    text: &'static str,
}

/// All pages, in the order of reading.
pub static PAGES: [Page; 10] = [
    Page { name: "getting-around", text: include_str!("../../assets/help/getting-around.md") },
    Page { name: "triage", text: include_str!("../../assets/help/triage.md") },
    Page { name: "writing", text: include_str!("../../assets/help/writing.md") },
    Page { name: "email", text: include_str!("../../assets/help/email.md") },
    Page { name: "searching", text: include_str!("../../assets/help/searching.md") },
    Page { name: "snooze", text: include_str!("../../assets/help/snooze.md") },
    Page { name: "due", text: include_str!("../../assets/help/due.md") },
    Page { name: "deliveries-and-doubt", text: include_str!("../../assets/help/deliveries-and-doubt.md") },
    Page { name: "channels", text: include_str!("../../assets/help/channels.md") },
    Page { name: "configuration", text: include_str!("../../assets/help/configuration.md") },
];

/// A piece of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A title.
    Title(String),
    /// Words.
    Words(String),
    /// Something and what it is.
    Entry(String, String),
    /// An empty line.
    Gap,
}

impl Page {
    /// The page of a topic: its name, the beginning of it, or a part of it; else the first page that speaks of it.
    pub fn find(topic: &str) -> Option<&'static Page> {
        let said = topic.trim().to_lowercase();
        let topic = said.replace([' ', '_'], "-");
        let by = |fits: fn(&str, &str) -> bool| PAGES.iter().find(|p| fits(p.name, &topic));
        if topic.is_empty() {
            return None;
        }
        by(|name, topic| name == topic)
            .or_else(|| by(|name, topic| name.starts_with(topic)))
            .or_else(|| by(|name, topic| name.contains(topic)))
            .or_else(|| PAGES.iter().find(|page| page.speaks_of(&said)))
    }

    /// Whether it has these words, of one or of several.
    fn speaks_of(&self, topic: &str) -> bool {
        let (text, one) = (self.text.to_lowercase(), topic.strip_suffix('s').unwrap_or(topic));
        text.match_indices(one).any(|(at, _)| {
            let rest = &text[at + one.len()..];
            let rest = rest.strip_prefix('s').unwrap_or(rest);
            !text[..at].ends_with(char::is_alphanumeric) && !rest.starts_with(char::is_alphanumeric)
        })
    }

    /// Its title.
    pub fn title(&self) -> &'static str {
        self.text.lines().next().map_or(self.name, |line| line.trim_start_matches("# "))
    }

    /// What stands on it below the title.
    pub fn pieces(&self, keymap: &Keymap) -> Vec<Piece> {
        self.text.lines().skip(2).map(|line| piece(line, keymap)).collect()
    }
}

fn piece(line: &str, keymap: &Keymap) -> Piece {
    if line.is_empty() {
        return Piece::Gap;
    }
    if let Some(title) = line.strip_prefix("## ") {
        return Piece::Title(title.to_owned());
    }
    let Some(entry) = line.strip_prefix("- ") else {
        return Piece::Words(with_keys(line, keymap));
    };
    if let Some((what, rest)) = entry.strip_prefix('`').and_then(|e| e.split_once("` ")) {
        return Piece::Entry(what.to_owned(), with_keys(rest, keymap));
    }
    // Keys first, then what they do.
    let (keys, rest) = entry.split_at(leading(entry));
    Piece::Entry(with_keys(keys.trim(), keymap), with_keys(rest.trim(), keymap))
}

/// How far the keys at the beginning go.
fn leading(entry: &str) -> usize {
    let mut at = 0;
    while let Some(rest) = entry.get(at..).filter(|rest| rest.starts_with("[key:")) {
        at += rest.find("] ").map_or(rest.len(), |end| end + 2);
    }
    at
}

/// Puts the keys in: `[key:undo]` becomes `u`, or the command's name where it has none.
pub(crate) fn with_keys(text: &str, keymap: &Keymap) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[key:") {
        let (id, tail) = after.split_once(']').unwrap_or((after, ""));
        out.push_str(before);
        let label = keymap.first_label(id);
        match command::find(id) {
            Some(command) if label.is_empty() => out.push_str(&format!(":{}", command.id)),
            _ => out.push_str(&label),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_found_by_what_people_type() {
        let name = |topic: &str| Page::find(topic).map_or("", |p| p.name);
        for (topic, page) in [
            ("search", "searching"),
            ("Snooze", "snooze"),
            ("doubt", "deliveries-and-doubt"),
            ("getting around", "getting-around"),
            ("config", "configuration"),
            ("triage", "triage"),
            ("sla", "due"),
            ("files", "writing"),
            ("mail", "email"),
            ("bcc", "email"),
            ("opted out", "writing"),
            ("macros", "triage"),
            ("zebra", ""),
            ("", ""),
        ] {
            assert_eq!(name(topic), page, "{topic}");
        }
    }

    #[test]
    fn every_page_is_whole_and_names_only_commands_that_there_are() {
        let (keymap, _) = Keymap::new(&[]);
        for page in &PAGES {
            assert!(page.text.starts_with(&format!("# {}\n\n", page.title())), "{}", page.name);
            for after in page.text.split("[key:").skip(1) {
                let id = after.split(']').next().unwrap();
                assert!(command::find(id).is_some(), "{}: {id}", page.name);
            }
            for piece in page.pieces(&keymap) {
                let shown = match &piece {
                    Piece::Title(words) | Piece::Words(words) => words.clone(),
                    Piece::Entry(what, about) => {
                        assert!(!what.is_empty() && !about.is_empty(), "{}: {piece:?}", page.name);
                        format!("{what} {about}")
                    }
                    Piece::Gap => continue,
                };
                assert!(!shown.contains("[key:") && !shown.contains('`'), "{}: {shown}", page.name);
            }
        }
    }

    #[test]
    fn pages_tell_the_keys_that_hold_here() {
        let raw = crate::ui::RawBinding {
            context: "panes".into(),
            key: "<f9>".into(),
            command: "search".into(),
            file: String::new(),
            line: 1,
            displaces: true,
        };
        let take = crate::ui::RawBinding { key: "/".into(), command: "none".into(), ..raw.clone() };
        let (keymap, errors) = Keymap::new(&[raw, take]);
        assert!(errors.is_empty());
        let pieces = Page::find("search").unwrap().pieces(&keymap);
        assert!(
            matches!(&pieces[0], Piece::Entry(key, words) if key == "F9" && words.starts_with("Searches")),
            "{pieces:?}"
        );
    }
}
