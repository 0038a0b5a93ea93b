//! Reads orders.

use super::{Order, OrderError, To, VERBS};
use crate::domain::conversation::{Priority, Qualification, QualificationState, Status};
use crate::domain::facet;
use std::str::FromStr;

impl FromStr for Order {
    type Err = OrderError;

    fn from_str(text: &str) -> Result<Order, OrderError> {
        let text = text.trim();
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let rest = rest.trim();
        let Some(verb) = VERBS.iter().find(|v| v.word.eq_ignore_ascii_case(word)) else {
            return Err(OrderError::Verb { word: word.to_owned() });
        };
        let fail = |why: String| OrderError::Words { verb: verb.word, why };
        if verb.takes.is_empty() && !rest.is_empty() {
            return Err(fail(format!("takes nothing, not \u{201c}{rest}\u{201d}")));
        }
        let needs = |what: &str| if rest.is_empty() { Err(fail(format!("needs {what}"))) } else { Ok(rest) };
        Ok(match verb.word {
            "assign" => Order::Assign(to(needs(verb.takes)?)),
            "resolve" => Order::Status(Status::Resolved),
            "reopen" | "not-spam" => Order::Status(Status::Open),
            "pending" => Order::Status(Status::Pending),
            "spam" => Order::Status(Status::Spam),
            "snooze" => Order::Snooze((!rest.is_empty()).then(|| rest.to_owned())),
            "priority" => {
                let priority: Result<Priority, _> = needs(verb.takes)?.parse();
                Order::Priority(priority.map_err(|e| fail(e.to_string()))?)
            }
            "label" => Order::Label(labels(needs(verb.takes)?).map_err(fail)?),
            "qualify" => Order::Qualify(qualification(needs(verb.takes)?).map_err(fail)?),
            "score" => match needs(verb.takes)? {
                "none" => Order::Score(None),
                number => match number.parse::<u8>() {
                    Ok(score) if score <= 100 => Order::Score(Some(score)),
                    _ => return Err(fail("takes a number from 0 to 100, or none".into())),
                },
            },
            "field" => match needs(verb.takes)?.split_once('=') {
                Some((name, value)) if !name.trim().is_empty() => {
                    let value = value.trim();
                    Order::Field(name.trim().to_owned(), (!value.is_empty()).then(|| value.to_owned()))
                }
                _ => return Err(fail("write NAME=VALUE; without a value it is emptied".into())),
            },
            "read" => Order::Read(true),
            "unread" => Order::Read(false),
            "archive" => Order::Archive(true),
            "unarchive" => Order::Archive(false),
            "mute" => Order::Mute(true),
            "unmute" => Order::Mute(false),
            "block" => Order::Block(true),
            "unblock" => Order::Block(false),
            _ => Order::Note(needs("words")?.to_owned()),
        })
    }
}

/// Whom the words mean.
pub fn to(text: &str) -> To {
    match text.to_lowercase().as_str() {
        "me" => To::Me,
        "none" => To::Nobody,
        _ => To::Named(text.to_owned()),
    }
}

fn qualification(text: &str) -> Result<Option<Qualification>, String> {
    let (state, reason) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    if state.eq_ignore_ascii_case("none") {
        return Ok(None);
    }
    let state: QualificationState =
        state.parse().map_err(|e: crate::domain::account::UnknownWord| format!("{e}, or none"))?;
    let reason = Some(reason.trim().to_owned()).filter(|r| !r.is_empty());
    if state == QualificationState::Disqualified && reason.is_none() {
        return Err("say why: disqualified REASON".into());
    }
    Ok(Some(Qualification { state, reason }))
}

/// Labels with their signs, those with blanks in quotation marks.
fn labels(mut rest: &str) -> Result<Vec<(String, bool)>, String> {
    let mut out = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(out);
        }
        let (on, after) = match (rest.strip_prefix('+'), rest.strip_prefix('-')) {
            (Some(after), _) => (true, after),
            (_, Some(after)) => (false, after),
            _ => {
                let word = rest.split(char::is_whitespace).next().unwrap_or(rest);
                return Err(format!("write +{word} to add the label, -{word} to take it away"));
            }
        };
        let (name, after) = match after.strip_prefix('"').and_then(|quoted| quoted.split_once('"')) {
            Some(quoted) => quoted,
            None => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
        };
        out.push((facet::label(name, on)?.to_owned(), on));
        rest = after;
    }
}
