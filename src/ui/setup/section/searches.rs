//! Saved searches: a query under a name, and a key that lists what it finds.

use crate::domain::change::{Change, To};
use crate::domain::query;
use crate::text::sanitize;
use crate::ui::keymap::Scope;
use crate::ui::setup::form::{Blank, Form};
use crate::ui::setup::section::{Act, Part, Press, Row, Section, Seen, wrong_chord};

pub(super) static PART: Part = Part {
    title: "Searches",
    empty: "No search is saved yet.",
    how: &[
        "They stand in the sidebar with what they find. / and f try a query out; :help search tells what can be asked.",
    ],
    table: "[searches]",
    hints: |_| vec![(Press::Letter('a'), "add"), (Press::Enter, "change"), (Press::Letter('x'), "remove")],
    rows: |seen| {
        let mut rows = seen.rows(Section::Searches);
        for (row, item) in rows.iter_mut().zip(seen.list(Section::Searches)) {
            if let Some(key) = item.more.first() {
                row.about = format!("{} · key {key}", item.about);
            }
        }
        rows
    },
    press,
    ..Part::BARE
};

fn form(title: &str, name: &str, query: &str, key: &str, was: Option<String>) -> Act {
    Act::Form(Box::new(Form {
        title: title.to_owned(),
        fields: vec![
            Blank::new("name", "as it stands in the sidebar", name),
            Blank::new("query", "such as: refund status:open", query),
            Blank::new("key", "of the panes, such as g f; can be left out", key),
        ],
        was_line: was.as_ref().map(|_| format!("list {query}")),
        was,
        check,
        done,
        ..Form::default()
    }))
}

fn press(seen: &Seen<'_>, row: Option<&Row>, press: Press) -> Act {
    if press == Press::Letter('a') {
        return form("A search that is kept", "", "", "", None);
    }
    let Some(item) = row.and_then(|row| seen.list(Section::Searches).get(row.id)) else {
        return Act::Foreign;
    };
    match press {
        Press::Enter | Press::Letter('e') => {
            let key = item.more.first().map_or("", String::as_str);
            form(&item.name, &item.name, &item.about, key, Some(item.name.clone()))
        }
        Press::Letter('x') => {
            let act = Act::Change {
                changes: vec![Change::new(&["searches"], &item.name, To::Gone)],
                said: format!("the search {} is gone", item.name),
            };
            Act::sure(
                format!("Remove the search {}? Conversations stay as they are.", item.name),
                "remove",
                act,
            )
        }
        Press::Letter(_) => Act::Foreign,
    }
}

fn check(form: &Form, at: usize, seen: &Seen<'_>) -> Option<String> {
    let text = form.text(at);
    match at {
        0 if text.is_empty() || !sanitize::is_clean(text) => Some("a name is needed".into()),
        0 => {
            let is_taken = form.was.as_deref() != Some(text)
                && seen.list(Section::Searches).iter().any(|s| s.name == text);
            is_taken.then(|| format!("there is a search {text} already"))
        }
        1 if text.is_empty() => Some("say what is to be found".into()),
        1 => query::parse(text).err().map(|e| e.to_string()),
        _ => {
            let own = form.was_line.as_deref();
            wrong_chord(seen, Scope::Panes, text, own.as_slice())
        }
    }
}

fn done(form: &Form, _: &Seen<'_>) -> Act {
    let [name, query, key] = [0, 1, 2].map(|at| form.text(at).to_owned());
    let renamed = form.was.as_ref().filter(|was| **was != name);
    let mut changes: Vec<Change> =
        renamed.map(|was| Change::new(&["searches"], was, To::Called(name.clone()))).into_iter().collect();
    let to = if key.is_empty() {
        To::Text(query)
    } else {
        To::Table(vec![("query".into(), query), ("key".into(), key)])
    };
    changes.push(Change::new(&["searches"], &name, to));
    Act::Change { changes, said: format!("the search {name} is kept") }
}
