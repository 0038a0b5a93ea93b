//! What became of mails that were sent, without any webhook: by the list of what was sent (`GET /emails`), which has neither our token
//! nor our message id. While they are on their way, sends are remembered by Resend's id. A send in doubt is looked for by its answer
//! address, where it has one of its own, else by recipients, subject, time and words, one to one; two candidates mean that it stays in doubt.

use super::ask::{addresses, ask, is_id, moment};
use super::{Resend, events};
use crate::domain::clock::Ms;
use crate::domain::delivery::{Delivery, DeliverySource};
use crate::domain::event::{DeliveryReport, Event, MessageRef};
use crate::domain::failure::Failure;
use crate::domain::ids::OpId;
use crate::domain::mail::{Mail, Outgoing, message_id, reply_token};
use crate::domain::op::{Op, OpBody};
use crate::provider::mail::own::{folded, token_in_subject};
use crate::provider::mail::send;
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use tracing::debug;

/// Sends that are remembered; the oldest is forgotten first.
const REMEMBERED: usize = 500;
/// How long a send is followed, milliseconds.
const FOLLOWED: Ms = 2 * 86_400_000;
/// How far Resend's clock may be behind ours, milliseconds. Hardly at all: what was sent before is another mail, however like it is.
const SKEW: Ms = 5_000;
/// Candidates of a send in doubt that are looked at.
const CANDIDATES: usize = 5;
/// Pieces of the list that are looked at for it.
const PIECES: usize = 5;

/// The sends of this process. Nothing depends on them for being right after a restart.
#[derive(Debug, Default)]
pub struct Sends(Mutex<VecDeque<Sent>>);

#[derive(Debug, Clone)]
struct Sent {
    /// Resend's id.
    id: String,
    op: OpId,
    /// The name of the mail: its message id as we gave it.
    name: String,
    at: Ms,
    /// What was last heard of it.
    heard: String,
    is_open: bool,
}

impl Sends {
    /// Remembers a send.
    pub fn put(&self, id: &str, op: OpId, name: &str, at: Ms) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.iter().any(|sent| sent.id == id) {
            return;
        }
        let sent =
            Sent { id: id.to_owned(), op, name: name.to_owned(), at, heard: String::new(), is_open: true };
        all.push_back(sent);
        while all.len() > REMEMBERED {
            all.pop_front();
        }
    }

    /// Whether some are on their way.
    fn are_open(&self, now: Ms) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for sent in all.iter_mut().filter(|sent| now.saturating_sub(sent.at) > FOLLOWED) {
            sent.is_open = false;
        }
        all.iter().any(|sent| sent.is_open)
    }

    /// Whether a mail is known to be that of another op.
    fn is_of_another(&self, id: &str, op: OpId) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().any(|sent| sent.id == id && sent.op != op)
    }

    /// Takes in what the list says of a mail. Answers with what is new of it, if it is one of ours.
    fn hear(&self, row: &Value, now: Ms) -> Vec<Event> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = row["id"].as_str().unwrap_or_default();
        let Some(sent) = all.iter_mut().find(|sent| sent.id == id && sent.is_open) else { return Vec::new() };
        let word = row["last_event"].as_str().unwrap_or_default();
        if sent.heard == word {
            return Vec::new();
        }
        sent.heard = word.to_owned();
        sent.is_open = matches!(word, "" | "queued" | "scheduled" | "sent" | "delivery_delayed");
        told(sent.op, &sent.name, row, now)
    }
}

/// What the list says of a mail of ours.
fn told(op: OpId, name: &str, row: &Value, now: Ms) -> Vec<Event> {
    let word = row["last_event"].as_str().unwrap_or_default();
    // Clicked on: so it was opened.
    let word = if word == "clicked" { "opened" } else { word };
    // That it is in the list says that it was taken.
    let (state, said, reason) =
        events::standing(word, row).unwrap_or((Delivery::Accepted, "found in the list".into(), None));
    let report = DeliveryReport {
        state,
        said,
        reason,
        missed: events::missed(word, row),
        price: None,
        at: now,
        source: DeliverySource::Pull,
    };
    let message = MessageRef::Token(op, Some(name.to_owned()));
    let mut all: Vec<Event> = events::named(name, row).into_iter().collect();
    all.push(Event::Delivery { message, report });
    all
}

/// What is new of the sends that are on their way. That it cannot be heard now is no reason to stop anything.
pub async fn news(resend: &Resend, now: Ms) -> Vec<Event> {
    if !resend.sends.are_open(now) {
        return Vec::new();
    }
    match ask(resend, "/emails", &[("limit", "100")], now).await {
        Ok(list) => {
            let rows = list["data"].as_array().into_iter().flatten();
            rows.flat_map(|row| resend.sends.hear(row, now)).collect()
        }
        Err(failure) => {
            debug!("what became of mails cannot be heard now: {failure}");
            Vec::new()
        }
    }
}

/// Looks for a send whose fate is unknown.
///
/// # Errors
/// [`Failure`] without [`Failure::Unknown`]: nothing here does anything.
pub async fn lookup(resend: &Resend, op: &Op, now: Ms) -> Result<Vec<Event>, Failure> {
    let OpBody::Send { text, mail: Some(outgoing), .. } = &op.body else { return Ok(Vec::new()) };
    let style = &resend.settings.style;
    let subject = send::marked(&outgoing.mail.subject, op.id, style);
    let subject = send::subject(&Mail { subject, ..Mail::default() });
    let mut found: Vec<Value> = Vec::new();
    let mut looked_at = 0;
    let mut after: Option<String> = None;
    for _ in 0..PIECES {
        let mut query = vec![("limit", "100")];
        query.extend(after.as_deref().map(|after| ("after", after)));
        let list = ask(resend, "/emails", &query, now).await?;
        let rows: Vec<&Value> = list["data"].as_array().into_iter().flatten().collect();
        let mut is_over = list["has_more"].as_bool() != Some(true);
        for row in &rows {
            if moment(&row["created_at"]).is_some_and(|at| at < op.created_at - SKEW) {
                is_over = true;
                break;
            }
            let Some(id) = row["id"].as_str().filter(|id| is_id(id)) else { continue };
            if !is_like(row, &subject, outgoing) || resend.sends.is_of_another(id, op.id) {
                continue;
            }
            let is_it = match by_token(resend, op, row) {
                Some(is_it) => is_it,
                None if looked_at >= CANDIDATES => return Ok(Vec::new()),
                None => {
                    looked_at += 1;
                    let whole = ask(resend, &format!("/emails/{id}"), &[], now).await?;
                    let words =
                        || letters(whole["text"].as_str().unwrap_or_default()).contains(&letters(text));
                    by_token(resend, op, &whole).unwrap_or_else(words)
                }
            };
            match is_it {
                // By its token alone it is known among any number of others.
                true if by_token(resend, op, row) == Some(true) => {
                    return Ok(found_as(resend, op, outgoing, row, now));
                }
                true => found.push((*row).clone()),
                false => {}
            }
        }
        let last = rows.last().and_then(|row| row["id"].as_str()).map(str::to_owned);
        if is_over || last.is_none() || last == after {
            break;
        }
        after = last;
    }
    match found.as_slice() {
        [row] => Ok(found_as(resend, op, outgoing, row, now)),
        _ => Ok(Vec::new()),
    }
}

/// A send in doubt is this mail of the list: it is followed from now on.
fn found_as(resend: &Resend, op: &Op, outgoing: &Outgoing, row: &Value, now: Ms) -> Vec<Event> {
    let given = Some(outgoing.mail.message_id.clone()).filter(|id| !id.is_empty());
    let message_id = given.unwrap_or_else(|| message_id(op.id, resend.settings.own.domain()));
    let name = Mail { message_id, ..Mail::default() }.name();
    resend.sends.put(row["id"].as_str().unwrap_or_default(), op.id, &name, now);
    told(op.id, &name, row, now)
}

/// Whether a mail is that of an op, by a token of ours in it; none where it has none.
fn by_token(resend: &Resend, op: &Op, mail: &Value) -> Option<bool> {
    if let Some(tag) = events::token(mail) {
        return Some(tag == op.id);
    }
    let answers = addresses(&mail["reply_to"]);
    // Where no mail is marked, a mark in the subject is that of the mail which is answered.
    let is_marked = resend.settings.style.subject_token;
    let by_subject = || token_in_subject(mail["subject"].as_str().filter(|_| is_marked)?);
    let token = answers.iter().find_map(|to| resend.settings.own.token_in(to)).or_else(by_subject)?;
    Some(token == reply_token(op.id))
}

/// Whether a mail of the list went to the same people with the same subject.
fn is_like(row: &Value, subject: &str, outgoing: &Outgoing) -> bool {
    if row["subject"].as_str().map(str::trim) != Some(subject) {
        return false;
    }
    let sorted = |mut all: Vec<String>| {
        all.sort();
        all.dedup();
        all
    };
    let theirs = addresses(&row["to"]).into_iter().chain(addresses(&row["cc"])).chain(addresses(&row["bcc"]));
    let theirs = sorted(theirs.filter_map(|one| folded(&one)).collect());
    let ours = sorted(outgoing.recipients().iter().filter_map(|one| folded(&one.address)).collect());
    theirs == ours
}

/// What is left of words on every way through formats.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn op(n: u128) -> OpId {
        OpId(uuid::Uuid::from_u128(n))
    }

    #[test]
    fn a_send_is_followed_to_its_end_and_told_when_something_changes() {
        let sends = Sends::default();
        assert!(!sends.are_open(0));
        sends.put("a", op(1), "fd.1@example.com", 0);
        assert!(sends.is_of_another("a", op(2)) && !sends.is_of_another("a", op(1)));
        let row = |word: &str| json!({"id": "a", "last_event": word, "to": ["x@example.org"], "message_id": "<1@ses>"});
        let states = |events: Vec<Event>| -> Vec<Delivery> {
            let state = |event: Event| match event {
                Event::Delivery { report, .. } => Some(report.state),
                _ => None,
            };
            events.into_iter().filter_map(state).collect()
        };
        let first = sends.hear(&row("sent"), 5);
        assert!(matches!(&first[0], Event::MailNamed { also, .. } if also == "1@ses"), "{first:?}");
        assert_eq!(states(first), [Delivery::Accepted]);
        assert_eq!(states(sends.hear(&row("sent"), 5)), [], "nothing new");
        assert_eq!(states(sends.hear(&row("delivered"), 5)), [Delivery::Delivered]);
        assert_eq!(states(sends.hear(&row("opened"), 5)), [], "its end is known");
        assert!(!sends.are_open(5));
        sends.put("b", op(2), "fd.2@example.com", 0);
        assert!(sends.are_open(FOLLOWED) && !sends.are_open(FOLLOWED + 1));
    }

    #[test]
    fn the_memory_is_bounded() {
        let sends = Sends::default();
        for n in 0..=REMEMBERED {
            sends.put(&n.to_string(), op(1), "", 0);
        }
        assert!(!sends.is_of_another("0", op(2)) && sends.is_of_another("1", op(2)));
    }

    #[test]
    fn words_are_compared_by_their_letters() {
        assert!(
            letters("Hello Dana,\n\nit is on its *way*.\n--\nExample")
                .contains(&letters("It is on its **way**."))
        );
    }
}
