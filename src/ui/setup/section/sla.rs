//! Times for answers: policies that say how soon who is to be answered, and the business hours in which their clock runs.

use crate::domain::change::{Change, To};
use crate::domain::hours::BusinessHours;
use crate::domain::{query, sla};
use crate::text::when;
use crate::ui::setup::Listed;
use crate::ui::setup::form::{Blank, Form};
use crate::ui::setup::section::{Act, Part, Press, Row, Section, Seen};
use jiff::tz::TimeZone;

pub(super) static PART: Part = Part {
    title: "SLA",
    empty: "No time for answers is set yet: nobody is overdue.",
    how: &[
        "A policy says how soon who is to be answered; of several that fit, the first in the file counts, and one for everybody last. Rows, heads and the view Overdue tell who is due. :help sla tells the rest.",
    ],
    table: "[sla] and [hours]",
    width: 18,
    hints: |_| {
        vec![
            (Press::Letter('a'), "add"),
            (Press::Letter('b'), "add business hours"),
            (Press::Enter, "change"),
            (Press::Letter('x'), "remove"),
        ]
    },
    rows: |seen| seen.rows(Section::Sla),
    press,
    ..Part::BARE
};

/// Whether a line is one of business hours.
fn is_hours(item: &Listed) -> bool {
    item.more.first().is_some_and(|kind| kind == "hours")
}

/// A word of a line; empty = it has none.
fn word(item: &Listed, at: usize) -> &str {
    item.more.get(at).map_or("", String::as_str)
}

fn press(seen: &Seen<'_>, row: Option<&Row>, press: Press) -> Act {
    match press {
        Press::Letter('a') => return policy(None),
        Press::Letter('b') => return hours(None),
        Press::Enter | Press::Letter(_) => {}
    }
    let Some(item) = row.and_then(|row| seen.list(Section::Sla).get(row.id)) else { return Act::Foreign };
    match press {
        Press::Enter | Press::Letter('e') if is_hours(item) => hours(Some(item)),
        Press::Enter | Press::Letter('e') => policy(Some(item)),
        Press::Letter('x') => remove(seen, item),
        Press::Letter(_) => Act::Foreign,
    }
}

fn remove(seen: &Seen<'_>, item: &Listed) -> Act {
    if !is_hours(item) {
        let act = Act::Change {
            changes: vec![Change::new(&["sla"], &item.name, To::Gone)],
            said: format!("the policy {} is gone", item.name),
        };
        return Act::sure(format!("Remove the policy {}?", item.name), "remove", act);
    }
    let users: Vec<&str> = seen
        .list(Section::Sla)
        .iter()
        .filter(|p| !is_hours(p) && word(p, 4) == item.name)
        .map(|p| p.name.as_str())
        .collect();
    if !users.is_empty() {
        let why = format!("the policy {} runs in {}: change that first", users.join(", "), item.name);
        return Act::Say(crate::ui::msg::Level::Warn, why);
    }
    let act = Act::Change {
        changes: vec![Change::new(&["hours"], &item.name, To::Gone)],
        said: format!("the hours {} are gone", item.name),
    };
    Act::sure(format!("Remove the hours {}?", item.name), "remove", act)
}

fn policy(item: Option<&Listed>) -> Act {
    let word = |at| item.map_or("", |item| word(item, at));
    let name = item.map_or("", |item| item.name.as_str());
    Act::Form(Box::new(Form {
        title: if name.is_empty() { "A policy".into() } else { name.to_owned() },
        fields: vec![
            Blank::new("name", "one word", name),
            Blank::new("for", "such as: label:vip channel:whatsapp; empty = everybody", word(1)),
            Blank::new("first reply", "such as 30m or 2h; empty = no matter when", word(2)),
            Blank::new("next reply", "the same, for whom was answered before", word(3)),
            Blank::new("hours", "business hours by name; empty = day and night", word(4)),
        ],
        was: item.map(|item| item.name.clone()),
        check: check_policy,
        done: done_policy,
        ..Form::default()
    }))
}

/// What is wrong with a name among policies, or among hours.
fn wrong_name(form: &Form, seen: &Seen<'_>, of_hours: bool) -> Option<String> {
    let name = form.text(0);
    if name.is_empty() || name.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Some("one word is needed".into());
    }
    let is_taken = form.was.as_deref() != Some(name)
        && seen.list(Section::Sla).iter().any(|s| is_hours(s) == of_hours && s.name == name);
    is_taken.then(|| format!("there is {name} already"))
}

fn check_policy(form: &Form, at: usize, seen: &Seen<'_>) -> Option<String> {
    let text = form.text(at);
    let known = |name: &str| seen.list(Section::Sla).iter().any(|s| is_hours(s) && s.name == name);
    match at {
        0 => wrong_name(form, seen, false),
        1 => match query::parse(text) {
            Err(e) => Some(e.to_string()),
            Ok(query) => sla::judged(&query).err().map(|e| e.to_string()),
        },
        2 | 3 if !text.is_empty() && when::length(text).is_none() => {
            Some("write a length of time such as 30m, 2h or 1d".into())
        }
        3 if text.is_empty() && form.text(2).is_empty() => {
            Some("set the time of the first reply, of the next, or of both".into())
        }
        4 if !text.is_empty() && !known(text) => {
            Some(format!("there are no hours {text}: b in the list of policies adds some"))
        }
        _ => None,
    }
}

/// The changes that keep a table under a name, which may be another one than it was.
fn kept(table: &str, form: &Form, pairs: Vec<(String, String)>) -> Vec<Change> {
    let name = form.text(0).to_owned();
    let renamed = form.was.as_ref().filter(|was| **was != name);
    let renamed = renamed.map(|was| Change::new(&[table], was, To::Called(name.clone())));
    renamed.into_iter().chain([Change::new(&[table], &name, To::Table(pairs))]).collect()
}

fn done_policy(form: &Form, _: &Seen<'_>) -> Act {
    let keys = ["for", "first_reply", "next_reply", "hours"];
    let pairs = keys.iter().zip(1..).map(|(key, at)| ((*key).to_owned(), form.text(at).to_owned()));
    let pairs = pairs.filter(|(_, text)| !text.is_empty()).collect();
    Act::Change { changes: kept("sla", form, pairs), said: format!("the policy {} is kept", form.text(0)) }
}

fn hours(item: Option<&Listed>) -> Act {
    let name = item.map_or("", |item| item.name.as_str());
    let mut fields = vec![
        Blank::new("name", "one word", name),
        Blank::new(
            "time zone",
            "such as Europe/Amsterdam; empty = that of this machine",
            item.map_or("", |item| word(item, 1)),
        ),
    ];
    let line = |text: &str| {
        Blank::new("days", "such as: mon-fri 9:00-12:30, 13:00-17:30; an empty line ends them", text)
    };
    fields.extend(item.into_iter().flat_map(|item| item.more.iter().skip(2)).map(|text| line(text)));
    fields.push(line(""));
    Act::Form(Box::new(Form {
        title: if name.is_empty() { "Business hours".into() } else { format!("Business hours {name}") },
        fields,
        grows: true,
        was: item.map(|item| item.name.clone()),
        check: check_hours,
        done: done_hours,
        ..Form::default()
    }))
}

/// The lines of days that are filled, as days and times.
fn days(form: &Form) -> impl Iterator<Item = (&str, &str)> {
    let lines = (2..form.fields.len()).map(|at| form.text(at)).filter(|line| !line.is_empty());
    lines.map(|line| line.split_once(' ').unwrap_or((line, "")))
}

fn check_hours(form: &Form, at: usize, seen: &Seen<'_>) -> Option<String> {
    let text = form.text(at);
    match at {
        0 => wrong_name(form, seen, true),
        // Which zones there are is known where the file is written.
        1 => None,
        2 if text.is_empty() && form.fields.len() == 3 => Some("name the days and their times".into()),
        _ if text.is_empty() => None,
        _ => {
            let mut all = BusinessHours::new("", TimeZone::UTC);
            days(form).take(at - 1).filter_map(|(days, times)| all.add(days, times).err()).last()
        }
    }
}

fn done_hours(form: &Form, seen: &Seen<'_>) -> Act {
    let zone = Some(form.text(1)).filter(|zone| !zone.is_empty()).map(|zone| ("time_zone", zone));
    let pairs =
        zone.into_iter().chain(days(form)).map(|(key, text)| (key.to_owned(), text.trim().to_owned()));
    let mut changes = kept("hours", form, pairs.collect());
    // What runs in them runs in them under their new name.
    let name = form.text(0);
    if let Some(was) = form.was.as_ref().filter(|was| *was != name) {
        let users = seen.list(Section::Sla).iter().filter(|p| !is_hours(p) && word(p, 4) == *was);
        changes.extend(users.map(|p| Change::new(&["sla", &p.name], "hours", To::Text(name.to_owned()))));
    }
    Act::Change { changes, said: format!("the hours {name} are kept") }
}
