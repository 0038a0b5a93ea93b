//! Keys: every command with its keys and where they hold; another key is pressed, not spelled.

use crate::domain::change::{Change, To};
use crate::ui::command::{self, Command};
use crate::ui::key::{self, Key};
use crate::ui::keymap::{self, Binding, Scope};
use crate::ui::msg::Level;
use crate::ui::setup::Listed;
use crate::ui::setup::capture::Capture;
use crate::ui::setup::section::{Act, Part, Press, Row, Section, Seen};

pub(super) static PART: Part = Part {
    title: "Keys",
    empty: "",
    how: &[
        "/ finds a command. A key of yours takes the place of what comes by default; lines of the file may also be orders and macros: \"x\" = \"label +vip\".",
    ],
    table: "[keys.CONTEXT]",
    width: 14,
    hints: |_| {
        vec![
            (Press::Enter, "another key"),
            (Press::Letter('a'), "one more"),
            (Press::Letter('x'), "take away"),
            (Press::Letter('d'), "as it comes"),
        ]
    },
    rows: |seen| entries(seen).iter().enumerate().map(|(id, entry)| row(id, entry)).collect(),
    press,
    ..Part::BARE
};

/// A command, or a line of the file, with one of its keys.
struct Entry<'a> {
    command: &'static Command,
    binding: Option<&'a Binding>,
}

impl Entry<'_> {
    /// What stands in the file for it.
    fn line(&self) -> String {
        let line = self.binding.and_then(|b| b.line.clone());
        line.unwrap_or_else(|| self.command.id.to_owned())
    }
}

fn entries<'a>(seen: &Seen<'a>) -> Vec<Entry<'a>> {
    let bindings = seen.keymap.bindings();
    let mut out: Vec<Entry<'a>> = Vec::new();
    for command in command::all() {
        let own = bindings.iter().filter(|b| b.command.id == command.id && b.line.is_none());
        let before = out.len();
        out.extend(own.map(|binding| Entry { command, binding: Some(binding) }));
        if out.len() == before {
            out.push(Entry { command, binding: None });
        }
    }
    let lines = bindings.iter().filter(|b| b.line.is_some());
    out.extend(lines.map(|binding| Entry { command: binding.command, binding: Some(binding) }));
    out
}

fn row(id: usize, entry: &Entry<'_>) -> Row {
    let title = match entry.binding.and_then(|b| b.line.as_deref()) {
        Some(line) => line,
        None => entry.command.title,
    };
    let scope = entry.binding.map(|b| format!(" · {}", b.scope.word())).unwrap_or_default();
    Row {
        id,
        name: entry.binding.map_or_else(|| "–".to_owned(), |b| keymap::label(&b.chord)),
        about: format!("{title}{scope}"),
        place: entry.binding.and_then(|b| b.place.clone()).unwrap_or_default(),
        is_current: false,
    }
}

fn press(seen: &Seen<'_>, row: Option<&Row>, press: Press) -> Act {
    let entries = entries(seen);
    let Some(entry) = row.and_then(|row| entries.get(row.id)) else { return Act::Foreign };
    if let Some(name) = searched(seen, entry) {
        return Act::Say(Level::Info, format!("it is the key of the search {name}: change it there"));
    }
    match press {
        Press::Enter | Press::Letter('e') => capture(entry, entry.binding),
        Press::Letter('a') => capture(entry, None),
        Press::Letter('x') => match entry.binding {
            Some(binding) => Act::Change {
                changes: taken_away(seen, binding),
                said: format!("{} does nothing there now", keymap::label(&binding.chord)),
            },
            None => Act::Say(Level::Info, format!("{} has no key", entry.command.title)),
        },
        Press::Letter('d') => reset(seen, entry.command),
        Press::Letter(_) => Act::Foreign,
    }
}

/// The saved search whose key it is.
fn searched<'a>(seen: &Seen<'a>, entry: &Entry<'_>) -> Option<&'a str> {
    let query = entry.binding?.line.as_deref()?.strip_prefix("list ")?;
    let of = |search: &&Listed| search.about.trim() == query.trim() && !search.more.is_empty();
    seen.list(Section::Searches).iter().find(of).map(|search| search.name.as_str())
}

fn capture(entry: &Entry<'_>, old: Option<&Binding>) -> Act {
    let scope =
        entry.binding.map(|b| b.scope).or_else(|| entry.command.keys.first().map(|(scope, _)| *scope));
    Act::Capture(Capture {
        title: entry.binding.and_then(|b| b.line.clone()).unwrap_or_else(|| entry.command.title.to_owned()),
        line: entry.line(),
        scope: scope.unwrap_or(Scope::Panes),
        old: old.map(|b| (b.scope, b.chord.clone())),
        chord: Vec::new(),
        is_sure: false,
        wrong: Vec::new(),
    })
}

/// A chord as the file writes it.
fn written(chord: &[Key]) -> String {
    chord.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn table(scope: Scope) -> [&'static str; 2] {
    ["keys", scope.word()]
}

/// The entries of the file that bind this chord in a context.
fn in_file<'a>(seen: &Seen<'a>, scope: Scope, chord: &[Key]) -> Option<&'a Listed> {
    seen.list(Section::Keys).iter().find(|listed| {
        listed.more.first().is_some_and(|context| context == scope.word())
            && key::chord(&listed.name).is_ok_and(|written| written == chord)
    })
}

/// What takes a chord away: its entry goes, or one says that there is none.
fn taken_away(seen: &Seen<'_>, binding: &Binding) -> Vec<Change> {
    let change = match (in_file(seen, binding.scope, &binding.chord), &binding.place) {
        (Some(entry), Some(_)) => Change::new(&table(binding.scope), &entry.name, To::Gone),
        _ => Change::new(&table(binding.scope), written(&binding.chord), To::Text("none".into())),
    };
    vec![change]
}

/// Gives a command the keys that it comes with.
fn reset(seen: &Seen<'_>, command: &'static Command) -> Act {
    let is_default = |listed: &Listed| {
        listed.about == "none"
            && command.keys.iter().any(|(scope, keys)| {
                let chords = key::chord(keys).ok().zip(key::chord(&listed.name).ok());
                let context = Scope::ALL
                    .into_iter()
                    .find(|s| Some(s.word()) == listed.more.first().map(String::as_str));
                chords.is_some_and(|(a, b)| keymap::is_ambiguous(&a, &b))
                    && context.is_some_and(|c| c.overlaps(*scope))
            })
    };
    let keys = seen.list(Section::Keys).iter().filter(|k| k.about.trim() == command.id || is_default(k));
    let changes: Vec<Change> =
        keys.filter_map(|k| Some(Change::new(&["keys", k.more.first()?], &k.name, To::Gone))).collect();
    if changes.is_empty() {
        let lost = command.keys.iter().find_map(|(scope, keys)| {
            let chord = key::chord(keys).ok()?;
            let taken = seen.keymap.taken(*scope, &chord);
            let other = taken.into_iter().find(|b| b.command.id != command.id || b.line.is_some())?;
            Some(format!("{} is {}: change that first", keymap::label(&chord), other.told()))
        });
        return Act::Say(
            Level::Info,
            lost.unwrap_or_else(|| format!("{}: its keys are as they come", command.title)),
        );
    }
    Act::Change { changes, said: format!("{}: its keys are as they come", command.title) }
}

/// Why a chord cannot be had; what it would be taken from, which is a question.
pub(in crate::ui::setup) fn objection(seen: &Seen<'_>, capture: &Capture) -> Result<Vec<String>, String> {
    if let Some(why) = keymap::would_type(capture.scope, &capture.chord) {
        return Err(why);
    }
    let is_own = |b: &&&Binding| {
        capture.old.as_ref().is_some_and(|(scope, chord)| b.scope == *scope && b.chord == *chord)
    };
    let taken = seen.keymap.taken(capture.scope, &capture.chord);
    let others: Vec<&&Binding> = taken.iter().filter(|b| !is_own(b)).collect();
    match others.iter().find(|b| b.place.is_some()) {
        Some(other) => Err(format!("{} is {}", keymap::label(&other.chord), other.told())),
        None => {
            Ok(others.iter().map(|b| format!("{} is {}", keymap::label(&b.chord), b.command.title)).collect())
        }
    }
}

/// What gives the line its new key.
pub(in crate::ui::setup) fn captured(seen: &Seen<'_>, capture: &Capture) -> Act {
    let key = keymap::label(&capture.chord);
    if capture.old.as_ref().is_some_and(|(scope, old)| *old == capture.chord && *scope == capture.scope) {
        return Act::Say(Level::Info, format!("{key} is its key already"));
    }
    let mut changes = Vec::new();
    if let Some((scope, chord)) = &capture.old {
        let old = seen.keymap.bindings().iter().find(|b| b.scope == *scope && b.chord == *chord);
        changes.extend(old.into_iter().flat_map(|b| taken_away(seen, b)));
    }
    let name = in_file(seen, capture.scope, &capture.chord)
        .map_or_else(|| written(&capture.chord), |entry| entry.name.clone());
    changes.push(Change::new(&table(capture.scope), name, To::Text(capture.line.clone())));
    Act::Change { changes, said: format!("{key} is {} now", capture.title) }
}
