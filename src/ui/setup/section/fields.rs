//! Free fields of the qualification: their names, and what they are for.

use crate::domain::change::{Change, To};
use crate::text::sanitize;
use crate::ui::setup::form::{Blank, Form};
use crate::ui::setup::section::{Act, Part, Press, Row, Section, Seen};

pub(super) static PART: Part = Part {
    title: "Fields",
    empty: "No field yet.",
    how: &[
        "Q in the list or the thread fills them; field:budget=10k finds what is filled. All of them hold text.",
        "What is filled already stays under the old name when a field gets another, or goes.",
    ],
    table: "[fields]",
    hints: |_| vec![(Press::Letter('a'), "add"), (Press::Enter, "change"), (Press::Letter('x'), "remove")],
    rows: |seen| seen.rows(Section::Fields),
    press,
    ..Part::BARE
};

fn form(title: &str, name: &str, about: &str, was: Option<String>) -> Act {
    Act::Form(Box::new(Form {
        title: title.to_owned(),
        fields: vec![
            Blank::new("name", "such as budget", name),
            Blank::new("what for", "shown while it is filled, such as: what they can spend", about),
        ],
        was,
        check,
        done,
        ..Form::default()
    }))
}

fn press(seen: &Seen<'_>, row: Option<&Row>, press: Press) -> Act {
    if press == Press::Letter('a') {
        return form("A field of the qualification", "", "", None);
    }
    let Some(item) = row.and_then(|row| seen.list(Section::Fields).get(row.id)) else { return Act::Foreign };
    match press {
        Press::Enter | Press::Letter('e') => {
            form(&item.name, &item.name, &item.about, Some(item.name.clone()))
        }
        Press::Letter('x') => {
            let act = Act::Change {
                changes: vec![Change::new(&["fields"], &item.name, To::Gone)],
                said: format!("the field {} is gone", item.name),
            };
            Act::sure(
                format!("Remove the field {}? What is filled stays and can be found.", item.name),
                "remove",
                act,
            )
        }
        Press::Letter(_) => Act::Foreign,
    }
}

fn check(form: &Form, at: usize, seen: &Seen<'_>) -> Option<String> {
    let text = form.text(at);
    if text.is_empty() || !sanitize::is_clean(text) {
        return Some(if at == 0 { "a name is needed" } else { "say what it is for" }.into());
    }
    if at == 0 && text.contains('=') {
        return Some("a name has no =, which stands before the value".into());
    }
    let is_taken = at == 0
        && form.was.as_deref() != Some(text)
        && seen.list(Section::Fields).iter().any(|f| f.name == text);
    is_taken.then(|| format!("there is a field {text} already"))
}

fn done(form: &Form, _: &Seen<'_>) -> Act {
    let (name, about) = (form.text(0).to_owned(), form.text(1).to_owned());
    let renamed = form.was.as_ref().filter(|was| **was != name);
    let mut changes: Vec<Change> =
        renamed.map(|was| Change::new(&["fields"], was, To::Called(name.clone()))).into_iter().collect();
    changes.push(Change::new(&["fields"], &name, To::Text(about)));
    Act::Change { changes, said: format!("the field {name} is kept") }
}
