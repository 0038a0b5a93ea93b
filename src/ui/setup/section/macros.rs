//! Macros: lines under a name, and a key that runs them.

use crate::domain::change::{Change, To};
use crate::ui::command::give::{Line, read_line};
use crate::ui::keymap::Scope;
use crate::ui::msg::Level;
use crate::ui::setup::Listed;
use crate::ui::setup::form::{Blank, Form};
use crate::ui::setup::section::{Act, Part, Press, Row, Section, Seen, wrong_chord};

pub(super) static PART: Part = Part {
    title: "Macros",
    empty: "No macro yet.",
    how: &[
        "The key @ records one, the key , runs one. A line is an order (label +vip, snooze mon 9:00), the id of a command, or macro NAME.",
    ],
    table: "[macros]",
    width: 18,
    hints: |seen| {
        let mut hints =
            vec![(Press::Letter('a'), "add"), (Press::Enter, "change"), (Press::Letter('x'), "remove")];
        if !seen.recorded.is_empty() {
            hints.push((Press::Letter('r'), "name what was recorded"));
        }
        hints
    },
    rows: |seen| {
        let mut rows = seen.rows(Section::Macros);
        for (row, item) in rows.iter_mut().zip(seen.list(Section::Macros)) {
            let key = key_of(seen, &item.name).map(|k| format!(" · key {}", k.name)).unwrap_or_default();
            row.about = format!("{}{key}", item.more.join(", "));
        }
        rows
    },
    press,
    ..Part::BARE
};

/// The key of the panes that runs a macro, as the file says it.
fn key_of<'a>(seen: &Seen<'a>, name: &str) -> Option<&'a Listed> {
    let line = format!("macro {name}");
    let panes = |key: &&Listed| key.more.first().is_some_and(|context| context == Scope::Panes.word());
    seen.list(Section::Keys).iter().find(|key| panes(key) && key.about.trim() == line)
}

fn form(title: &str, name: &str, key: &str, lines: &[String], was: Option<String>, is_recorded: bool) -> Act {
    let mut fields = vec![
        Blank::new("name", "one word", name),
        Blank::new("key", "of the panes, such as g v; can be left out", key),
    ];
    let line = |text: &str| Blank::new("line", "such as: label +vip; an empty line ends them", text);
    fields.extend(lines.iter().map(|text| line(text)));
    fields.push(line(""));
    Act::Form(Box::new(Form {
        title: title.to_owned(),
        fields,
        grows: true,
        is_recorded,
        was_line: was.as_ref().map(|name| format!("macro {name}")),
        was,
        check,
        done,
        ..Form::default()
    }))
}

fn press(seen: &Seen<'_>, row: Option<&Row>, press: Press) -> Act {
    match press {
        Press::Letter('a') => return form("A macro", "", "", &[], None, false),
        Press::Letter('r') if seen.recorded.is_empty() => {
            return Act::Say(Level::Info, "nothing was recorded: @ in the list begins, and ends it".into());
        }
        Press::Letter('r') => return form("What was recorded", "", "", seen.recorded, None, true),
        Press::Enter | Press::Letter(_) => {}
    }
    let Some(item) = row.and_then(|row| seen.list(Section::Macros).get(row.id)) else { return Act::Foreign };
    match press {
        Press::Enter | Press::Letter('e') => {
            let key = key_of(seen, &item.name).map_or("", |key| key.name.as_str());
            form(&item.name, &item.name, key, &item.more, Some(item.name.clone()), false)
        }
        Press::Letter('x') => {
            let line = format!("macro {}", item.name);
            let users: Vec<&str> = seen
                .list(Section::Macros)
                .iter()
                .filter(|m| m.more.iter().any(|l| l.trim() == line))
                .map(|m| m.name.as_str())
                .collect();
            if !users.is_empty() {
                let why =
                    format!("{} is run by the macro {}: change that first", item.name, users.join(", "));
                return Act::Say(Level::Warn, why);
            }
            let mut changes = vec![Change::new(&["macros"], &item.name, To::Gone)];
            changes.extend(keys_to(seen, &line, To::Gone));
            let act = Act::Change { changes, said: format!("the macro {} is gone", item.name) };
            Act::sure(format!("Remove the macro {} and its keys?", item.name), "remove", act)
        }
        Press::Letter(_) => Act::Foreign,
    }
}

/// Changes of all keys that run a line.
fn keys_to(seen: &Seen<'_>, line: &str, to: To) -> Vec<Change> {
    let keys = seen.list(Section::Keys).iter().filter(|key| key.about.trim() == line);
    keys.filter_map(|key| Some(Change::new(&["keys", key.more.first()?], &key.name, to.clone()))).collect()
}

fn check(form: &Form, at: usize, seen: &Seen<'_>) -> Option<String> {
    let text = form.text(at);
    match at {
        0 if text.is_empty() || text.chars().any(|c| c.is_whitespace() || c.is_control()) => {
            Some("one word is needed".into())
        }
        0 => {
            let is_taken = form.was.as_deref() != Some(text)
                && seen.list(Section::Macros).iter().any(|m| m.name == text);
            is_taken.then(|| format!("there is a macro {text} already"))
        }
        1 => {
            let own = form.was_line.as_deref();
            wrong_chord(seen, Scope::Panes, text, own.as_slice())
        }
        2 if text.is_empty() && form.fields.len() == 3 => Some("a macro has one line at least".into()),
        _ if text.is_empty() => None,
        _ => match read_line(text) {
            Ok(Line::Macro(name)) if name == form.text(0) => Some("a macro cannot run itself".into()),
            Ok(Line::Macro(name)) if !seen.macros.iter().any(|m| m.name == name) => {
                Some(format!("there is no macro \u{201c}{name}\u{201d}"))
            }
            Ok(_) => None,
            Err(why) => Some(why),
        },
    }
}

fn done(form: &Form, seen: &Seen<'_>) -> Act {
    let (name, key) = (form.text(0).to_owned(), form.text(1).to_owned());
    let lines: Vec<String> =
        (2..form.fields.len()).map(|at| form.text(at).to_owned()).filter(|line| !line.is_empty()).collect();
    let mut changes = Vec::new();
    let old_key = form.was.as_deref().and_then(|was| key_of(seen, was));
    if let Some(was) = form.was.as_ref().filter(|was| **was != name) {
        // What runs it runs it under its new name.
        let (old, new) = (format!("macro {was}"), format!("macro {name}"));
        changes.push(Change::new(&["macros"], was, To::Called(name.clone())));
        for other in seen.list(Section::Macros).iter().filter(|m| m.name != *was) {
            if other.more.iter().any(|line| line.trim() == old) {
                let each = |line: &String| if line.trim() == old { new.clone() } else { line.clone() };
                let lines = other.more.iter().map(each).collect();
                changes.push(Change::new(&["macros"], &other.name, To::List(lines)));
            }
        }
        changes.extend(keys_to(seen, &old, To::Text(new)));
    }
    changes.push(Change::new(&["macros"], &name, To::List(lines)));
    if old_key.map_or("", |old| old.name.as_str()) != key {
        changes.extend(old_key.map(|old| Change::new(&["keys", "panes"], &old.name, To::Gone)));
        if !key.is_empty() {
            changes.push(Change::new(&["keys", "panes"], &key, To::Text(format!("macro {name}"))));
        }
    }
    Act::Change { changes, said: format!("the macro {name} is kept: , runs it") }
}
