//! What the keys of filters take: reads one value, and says what would be one.

use super::{Bound, Compare, FieldIs, Has, Qualified, When, Who, Within, Writer};
use crate::domain::account::Channel;
use crate::domain::conversation::{Priority, QualificationState, Status};

/// The closed set of words that a key takes; empty for keys that take more.
fn words(key: &str) -> Vec<&'static str> {
    match key {
        "channel" => Channel::ALL.iter().map(|v| v.word()).collect(),
        "status" => Status::ALL.iter().map(|v| v.word()).collect(),
        "priority" => Priority::ALL.iter().map(|v| v.word()).collect(),
        "qualified" => {
            ["yes", "no"].into_iter().chain(QualificationState::ALL.iter().map(|v| v.word())).collect()
        }
        "unread" | "archived" | "overdue" => vec!["yes", "no"],
        "has" => vec!["attachment", "note", "failed"],
        _ => Vec::new(),
    }
}

/// What a key takes, in few words: of a closed set what begins as `begun`, if anything does.
pub(super) fn takes(key: &'static str, begun: &str) -> String {
    let begun = begun.to_lowercase();
    let fits: Vec<&str> = words(key).into_iter().filter(|w| w.starts_with(&begun)).collect();
    match key {
        _ if !fits.is_empty() => fits.join(", "),
        "before" | "after" => "a day (2026-11-20, today) or an age (3h, 7d)".to_owned(),
        _ => expected(key),
    }
}

/// What a key takes, in words.
pub(super) fn expected(key: &str) -> String {
    let closed = words(key);
    if !closed.is_empty() {
        return closed.join(", ");
    }
    match key {
        "account" => "the name of an account",
        "assignee" => "me, none, or the name or e-mail of an agent",
        "label" => "the name of a label",
        "from" => "contact, agent, me, part of a name, or an address",
        "contact" => "part of the name of a contact, its address, or its id",
        "score" => "a number from 0 to 100, alone or behind >, >=, < or <= (>50)",
        "due" => "a length of time behind < (by then, or overdue) or > (later): <1h, >2d",
        "field" => "the name of a field that is filled (budget), or with what it contains (budget=10k)",
        "identity" => "an e-mail address, a telephone number or a handle",
        _ => "a day (2026-11-20, 2026-11, today, yesterday), an age (3h, 7d, 2w, 1y) or an RFC 3339 time",
    }
    .to_owned()
}

pub(super) fn yes_or_no(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "yes" | "true" => Some(true),
        "no" | "false" => Some(false),
        _ => None,
    }
}

pub(super) fn qualified(text: &str) -> Option<Qualified> {
    match yes_or_no(text) {
        Some(true) => Some(Qualified::Yes),
        Some(false) => Some(Qualified::No),
        None => text.parse().ok().map(Qualified::As),
    }
}

pub(super) fn has(text: &str) -> Option<Has> {
    match text.to_lowercase().as_str() {
        "attachment" | "attachments" | "file" => Some(Has::Attachment),
        "note" | "notes" => Some(Has::Note),
        "failed" => Some(Has::Failed),
        _ => None,
    }
}

pub(super) fn bound(text: &str) -> Option<Bound> {
    let (by, number) = Compare::ALL
        .into_iter()
        .find_map(|by| text.strip_prefix(by.sign()).map(|rest| (by, rest)))
        .unwrap_or((Compare::Is, text));
    let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let to = number.parse().ok().filter(|n| digits && *n <= 100)?;
    Some(Bound { by, to })
}

pub(super) fn field(text: &str) -> Option<FieldIs> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name.trim(), Some(value.trim().to_owned()).filter(|v| !v.is_empty())),
        None => (text.trim(), None),
    };
    (!name.is_empty()).then(|| FieldIs { name: name.to_owned(), value })
}

pub(super) fn who(text: &str) -> Who {
    match text.to_lowercase().as_str() {
        "me" => Who::Me,
        "none" | "nobody" => Who::Nobody,
        _ => Who::Named(text.to_owned()),
    }
}

pub(super) fn writer(text: &str) -> Writer {
    match text.to_lowercase().as_str() {
        "contact" | "customer" => Writer::Contact,
        "agent" => Writer::Agent,
        "me" => Writer::Me,
        _ => Writer::Named(text.to_owned()),
    }
}

/// The moments that the language knows; the same as what gives them their meaning.
pub(super) fn when(text: &str) -> Option<When> {
    let lower = text.to_ascii_lowercase();
    let word = matches!(lower.as_str(), "now" | "today" | "yesterday" | "tomorrow");
    (word || is_age(&lower) || is_day(&lower) || text.parse::<jiff::Timestamp>().is_ok())
        .then(|| When(text.to_owned()))
}

pub(super) fn within(text: &str) -> Option<Within> {
    let (by, length) = match (text.strip_prefix('<'), text.strip_prefix('>')) {
        (Some(length), _) => (true, length),
        (_, Some(length)) => (false, length),
        _ => return None,
    };
    let length = length.trim().to_ascii_lowercase();
    // Years have no length.
    (is_age(&length) && !length.ends_with('y')).then_some(Within { by, length })
}

fn is_age(text: &str) -> bool {
    text.strip_suffix(['m', 'h', 'd', 'w', 'y'])
        .is_some_and(|count| (1..=6).contains(&count.len()) && count.bytes().all(|b| b.is_ascii_digit()))
}

fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |s: &str, len: std::ops::RangeInclusive<usize>| {
        len.contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit())
    };
    let shape = digits(parts[0], 4..=4) && parts.len() <= 3 && parts[1..].iter().all(|p| digits(p, 1..=2));
    let number = |n: usize| parts.get(n).map_or(Ok(1), |p| p.parse::<i8>());
    shape
        && match (parts[0].parse(), number(1), number(2)) {
            (Ok(year), Ok(month), Ok(day)) => jiff::civil::Date::new(year, month, day).is_ok(),
            _ => false,
        }
}
