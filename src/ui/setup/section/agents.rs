//! Who answers: you, the others, and the teams of providers.

use crate::domain::change::{Change, To};
use crate::text::{address, sanitize};
use crate::ui::msg::Level;
use crate::ui::setup::Listed;
use crate::ui::setup::form::{Blank, Form};
use crate::ui::setup::section::{Act, Part, Press, Row, Section, Seen};

pub(super) static PART: Part = Part {
    title: "Agents",
    empty: "You are the only one.",
    how: &[
        "You are who sits here: another e-mail address for you counts from the next start on, all else at once. Teams come from providers.",
    ],
    table: "[agent] and [agents]",
    hints: |_| {
        vec![
            (Press::Letter('a'), "add"),
            (Press::Enter, "change"),
            (Press::Letter('m'), "this is me"),
            (Press::Letter('x'), "remove"),
        ]
    },
    rows: |seen| seen.rows(Section::Agents),
    press,
    ..Part::BARE
};

fn is_me(item: &Listed) -> bool {
    item.more.iter().any(|word| word == "you")
}

fn is_team(item: &Listed) -> bool {
    item.more.iter().any(|word| word == "team")
}

/// The address of a row: what stands before its explanation.
fn email(item: &Listed) -> &str {
    item.more.get(1).map_or("", String::as_str)
}

fn form(title: &str, name: &str, email: &str, was: Option<String>) -> Act {
    Act::Form(Box::new(Form {
        title: title.to_owned(),
        fields: vec![
            Blank::new("name", "as customers and colleagues see it", name),
            Blank::new("e-mail", "by which an agent is known across providers", email),
        ],
        was,
        check,
        done,
        ..Form::default()
    }))
}

fn press(seen: &Seen<'_>, row: Option<&Row>, press: Press) -> Act {
    if press == Press::Letter('a') {
        return form("Somebody else who answers", "", "", None);
    }
    let Some(item) = row.and_then(|row| seen.list(Section::Agents).get(row.id)) else { return Act::Foreign };
    if is_team(item) {
        return match press {
            Press::Enter | Press::Letter('e' | 'm' | 'x') => {
                Act::Say(Level::Warn, format!("{} is a team: its provider keeps it", item.name))
            }
            Press::Letter(_) => Act::Foreign,
        };
    }
    let was = email(item).to_owned();
    match press {
        Press::Enter | Press::Letter('e') if is_me(item) => form("You", &item.name, &was, Some(was.clone())),
        Press::Enter | Press::Letter('e') => form(&item.name, &item.name, &was, Some(was.clone())),
        Press::Letter('x' | 'm') if is_me(item) => Act::Say(Level::Warn, "this is you already".into()),
        Press::Letter('x') => {
            let act = Act::Change {
                changes: vec![Change::new(&["agents"], was, To::Gone)],
                said: format!("{} is no agent any more", item.name),
            };
            let question = format!("Remove {}? What they said stays theirs.", item.name);
            Act::sure(question, "remove", act)
        }
        Press::Letter('m') => {
            let mut changes = vec![
                Change::new(&["agent"], "name", To::Text(item.name.clone())),
                Change::new(&["agent"], "email", To::Text(was.clone())),
                Change::new(&["agents"], was, To::Gone),
            ];
            // Who sat here stays one of the agents, if that was written down at all.
            let me = seen.list(Section::Agents).iter().find(|other| is_me(other) && !other.place.is_empty());
            changes.extend(me.map(|me| Change::new(&["agents"], email(me), To::Text(me.name.clone()))));
            let act = Act::Change { changes, said: format!("you are {} from the next start on", item.name) };
            Act::sure(format!("Sit here as {} from the next start on?", item.name), "that is me", act)
        }
        Press::Letter(_) => Act::Foreign,
    }
}

fn check(form: &Form, at: usize, seen: &Seen<'_>) -> Option<String> {
    let text = form.text(at);
    if at == 0 {
        let wrong = text.is_empty() || !sanitize::is_clean(text);
        return wrong.then(|| "a name is needed".into());
    }
    let Some(address) = address::email(text) else {
        return Some("write an e-mail address, such as ana@example.com".into());
    };
    let taken =
        |other: &&Listed| email(other) == address.folded && form.was.as_deref() != Some(&address.folded);
    let other = seen.list(Section::Agents).iter().find(taken)?;
    Some(format!("{} has this address already", other.name))
}

fn done(form: &Form, seen: &Seen<'_>) -> Act {
    let name = form.text(0).to_owned();
    let address = address::email(form.text(1)).map_or_else(|| form.text(1).to_owned(), |e| e.folded);
    let me = seen.list(Section::Agents).iter().find(|item| is_me(item));
    if form.was.is_some() && me.is_some_and(|me| Some(email(me)) == form.was.as_deref()) {
        let changes = vec![
            Change::new(&["agent"], "name", To::Text(name.clone())),
            Change::new(&["agent"], "email", To::Text(address)),
        ];
        return Act::Change { changes, said: format!("you are {name}") };
    }
    let renamed = form.was.as_ref().filter(|was| **was != address);
    let mut changes: Vec<Change> =
        renamed.map(|was| Change::new(&["agents"], was, To::Called(address.clone()))).into_iter().collect();
    changes.push(Change::new(&["agents"], address, To::Text(name.clone())));
    Act::Change { changes, said: format!("{name} is one of the agents") }
}
