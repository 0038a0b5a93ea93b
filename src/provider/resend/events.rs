//! What Resend tells by webhook (Resend, "Event types"): what became of a mail of ours, and that one has come in. Pure.

use crate::domain::account::Channel;
use crate::domain::clock::Ms;
use crate::domain::contact::ConsentState;
use crate::domain::delivery::{Delivery, DeliverySource, Reason};
use crate::domain::event::{DeliveryReport, Event, MessageRef};
use crate::domain::ids::OpId;
use crate::domain::rev::{Rev, Stamped};
use crate::provider::mail::bounce::{failed, short};
use crate::provider::mail::fact::identity;
use crate::provider::{Ingest, Malformed, RawPush};
use serde_json::Value;

/// The tag in which our token travels.
pub const TOKEN: &str = "fd_op";
/// The event that tells of a mail that came in.
const RECEIVED: &str = "email.received";

/// An event as it came.
///
/// # Errors
/// [`Malformed`] if it is none.
pub fn read(push: &RawPush) -> Result<Value, Malformed> {
    let event: Value = serde_json::from_slice(&push.body).map_err(|e| Malformed(format!("not JSON: {e}")))?;
    match event["type"].as_str() {
        Some(_) if event["data"].is_object() => Ok(event),
        _ => Err(Malformed("no event of Resend: type and data are missing".into())),
    }
}

/// Whether an event tells that a mail came in: it has no words, they are to be asked for.
pub fn is_received(event: &Value) -> bool {
    event["type"] == RECEIVED
}

/// What an event says. One of an unknown kind says nothing, and neither does one about a mail that is none of ours.
pub fn ingest(event: &Value, received_at: Ms) -> Ingest {
    let data = &event["data"];
    let at = time(&event["created_at"]).or_else(|| time(&data["created_at"])).unwrap_or(received_at);
    let mut events = Vec::new();
    if let (Some(op), Some((state, said, reason))) = (token(&data["tags"]), delivery(event)) {
        let report = DeliveryReport { state, said, reason, price: None, at, source: DeliverySource::Webhook };
        events.push(Event::Delivery { message: MessageRef::Token(op, None), report });
    }
    if let Some(said) = complaint(event) {
        events.extend(people(data).map(|email| Event::Consent {
            identity: identity(email),
            channel: Channel::Email,
            state: Stamped { value: ConsentState::OptedOut, rev: Rev::at(at) },
            said: said.to_owned(),
        }));
    }
    Ingest { events, files: Vec::new() }
}

/// A time as Resend writes it (ISO 8601, with `T` or a blank between date and time).
pub fn time(value: &Value) -> Option<Ms> {
    let text = value.as_str()?.trim();
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(at.as_millisecond())
}

/// Our token in the tags: an object, or a list of names and values.
fn token(tags: &Value) -> Option<OpId> {
    let listed = || tags.as_array()?.iter().find(|tag| tag["name"] == TOKEN)?["value"].as_str();
    tags[TOKEN].as_str().or_else(listed)?.parse().ok()
}

/// To whom the mail went.
fn people(data: &Value) -> impl Iterator<Item = &str> {
    let one = data["to"].as_str();
    let many = data["to"].as_array().into_iter().flatten().filter_map(Value::as_str);
    one.into_iter().chain(many)
}

fn delivery(event: &Value) -> Option<(Delivery, String, Option<Reason>)> {
    let data = &event["data"];
    let kind = event["type"].as_str()?.strip_prefix("email.")?;
    let to = people(data).map(short).collect::<Vec<_>>().join(", ");
    let text = |value: &Value| value.as_str().map(short).filter(|text| !text.is_empty());
    Some(match kind {
        "sent" | "scheduled" | "queued" => (Delivery::Accepted, kind.to_owned(), None),
        "delivery_delayed" => (Delivery::Accepted, "delayed".into(), None),
        "delivered" => (Delivery::Delivered, format!("delivered to {to}"), None),
        "opened" => (Delivery::Read, "opened (may be a machine)".into(), None),
        // It has arrived, else nobody could complain of it.
        "complained" => (Delivery::Accepted, "reported as spam".into(), None),
        "bounced" => {
            let bounce = &data["bounce"];
            let words = text(&bounce["message"]).or_else(|| text(&bounce["subType"]));
            let status = words.as_deref().and_then(status);
            let mut reason = failed(Some(&to), status.as_deref(), words.as_deref());
            if bounce["type"] == "Transient" {
                reason.human.push_str("; it may work later");
            }
            (Delivery::Failed, format!("returned by the server of {to}"), Some(reason))
        }
        "failed" => {
            let words = text(&data["failed"]["reason"]);
            (Delivery::Failed, format!("not sent to {to}"), Some(failed(Some(&to), None, words.as_deref())))
        }
        "suppressed" => {
            let human =
                format!("{to}: Resend does not send there, because a mail bounced or was reported before");
            (
                Delivery::Failed,
                format!("not sent to {to}"),
                Some(Reason { code: Some("suppressed".into()), human }),
            )
        }
        _ => return None,
    })
}

/// The status (RFC 3463) in a server's words: `5.1.1`.
fn status(words: &str) -> Option<String> {
    words
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .find(|word| {
            let parts: Vec<&str> = word.split('.').collect();
            parts.len() == 3
                && matches!(parts[0], "4" | "5")
                && parts.iter().all(|part| (1..=3).contains(&part.len()))
        })
        .map(str::to_owned)
}

/// Why nothing is to be sent there any more.
fn complaint(event: &Value) -> Option<&'static str> {
    match event["type"].as_str()? {
        "email.complained" => Some("spam report"),
        "email.suppressed" => Some("suppressed address"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const OP: &str = "01990000-0000-7000-8000-0000000000ab";

    fn told(kind: &str, more: Value) -> Vec<Event> {
        let mut data = json!({
            "email_id": "56761188-7520-42d8-8898-ff6fc54ce618", "to": ["dana@example.net"],
            "tags": {TOKEN: OP}, "created_at": "2026-11-20T09:14:00.000Z",
        });
        data.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        ingest(&json!({"type": kind, "created_at": "2026-11-20T09:15:00.000Z", "data": data}), 5).events
    }

    #[test]
    fn each_event_means_what_it_says() {
        use Delivery::{Accepted, Delivered, Failed, Read};
        for (kind, state, said) in [
            ("email.sent", Accepted, "sent"),
            ("email.delivery_delayed", Accepted, "delayed"),
            ("email.delivered", Delivered, "delivered to dana@example.net"),
            ("email.opened", Read, "opened (may be a machine)"),
            ("email.bounced", Failed, "returned by the server of dana@example.net"),
            ("email.failed", Failed, "not sent to dana@example.net"),
            ("email.suppressed", Failed, "not sent to dana@example.net"),
            ("email.complained", Accepted, "reported as spam"),
        ] {
            let events = told(kind, json!({}));
            let Some(Event::Delivery { message, report }) = events.first() else { panic!("{kind}") };
            assert_eq!(*message, MessageRef::Token(OP.parse().unwrap(), None));
            assert_eq!((report.state, report.said.as_str(), report.at), (state, said, 1_795_166_100_000));
            let consent = events.iter().any(|e| matches!(e, Event::Consent { .. }));
            assert_eq!(consent, matches!(kind, "email.complained" | "email.suppressed"), "{kind}");
        }
        for silent in ["email.clicked", "email.received", "contact.created", "email.of_a_later_year"] {
            assert!(told(silent, json!({})).is_empty(), "{silent}");
        }
        assert!(told("email.delivered", json!({"tags": {"other": "x"}})).is_empty(), "none of ours");
        assert_eq!(told("email.delivered", json!({"tags": [{"name": TOKEN, "value": OP}]})).len(), 1);
    }

    #[test]
    fn a_bounce_says_why() {
        let message = "smtp; 550 5.1.1 The email account that you tried to reach does not exist";
        let events = told("email.bounced", json!({"bounce": {"message": message, "type": "Permanent"}}));
        let Some(Event::Delivery { report, .. }) = events.first() else { panic!("{events:?}") };
        let reason = report.reason.as_ref().unwrap();
        assert_eq!(reason.code.as_deref(), Some("5.1.1"));
        assert!(reason.human.starts_with("dana@example.net: there is no such mailbox"), "{}", reason.human);
        assert_eq!(status("see https://192.168.0.1/5.1"), None);
    }

    #[test]
    fn what_is_no_event_is_malformed() {
        let push = |body: &[u8]| RawPush {
            method: "POST".into(),
            url: String::new(),
            headers: Vec::new(),
            body: body.to_vec(),
            received_at: 5,
        };
        for odd in [b"".as_slice(), b"[]", b"{}", b"{\"type\":\"email.sent\"}", b"\xff"] {
            assert!(read(&push(odd)).is_err());
        }
        assert!(is_received(&read(&push(b"{\"type\":\"email.received\",\"data\":{}}")).unwrap()));
    }
}
