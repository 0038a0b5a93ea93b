//! What SendGrid tells of mails that were sent (SendGrid, "Event Webhook reference"): batches of events become statements. Pure.
//!
//! Events come in any order, and more than once. Which statement about a delivery counts is the store's affair; of a mail it is
//! that a return counts more than anything else, whenever it is told. A mail to several people has one event for each of them.

use crate::domain::account::Channel;
use crate::domain::clock::Ms;
use crate::domain::contact::ConsentState;
use crate::domain::delivery::{Delivery, DeliverySource, Reason};
use crate::domain::event::{DeliveryReport, Event, MessageRef};
use crate::domain::ids::OpId;
use crate::domain::mail::op_of;
use crate::domain::rev::{Rev, Stamped};
use crate::provider::mail::bounce::{failed, short};
use crate::provider::mail::fact::identity;
use crate::provider::{Ingest, Malformed, RawPush};
use serde_json::Value;

/// The custom argument in which our token travels.
pub const TOKEN: &str = "fd_op";

/// What a batch of events says.
///
/// # Errors
/// [`Malformed`] if it is no list.
pub fn ingest(push: &RawPush) -> Result<Ingest, Malformed> {
    let told: Value = serde_json::from_slice(&push.body).map_err(|e| Malformed(format!("not JSON: {e}")))?;
    let Value::Array(list) = told else {
        return Err(Malformed("not a list of events: this hook takes the Event Webhook".into()));
    };
    let events = list.iter().flat_map(|one| statements(one, push.received_at)).collect();
    Ok(Ingest { events, ..Ingest::default() })
}

/// What one event says. One of an unknown kind says nothing, and neither does one about a mail that is none of ours.
fn statements(event: &Value, received_at: Ms) -> Vec<Event> {
    let text = |key: &str| event[key].as_str().map(str::trim).filter(|text| !text.is_empty());
    let at = event["timestamp"].as_f64().map_or(received_at, |seconds| (seconds * 1000.0) as Ms);
    let mut out = Vec::new();
    // What others send through the same SendGrid, a newsletter say, is none of our business. Where its readers' wishes keep ours from
    // being sent, the drop says so.
    let Some(message) = message(event) else { return out };
    if let Some((state, said, reason)) = delivery(event) {
        let source = DeliverySource::Webhook;
        let missed =
            text("email").filter(|_| state == Delivery::Failed).map(str::to_owned).into_iter().collect();
        let report = DeliveryReport { state, said, reason, missed, price: None, at, source };
        out.push(Event::Delivery { message, report });
    }
    if let (Some(email), Some((state, said))) = (text("email"), consent(event)) {
        out.push(Event::Consent {
            identity: identity(email),
            channel: Channel::Email,
            state: Stamped { value: state, rev: Rev::at(at) },
            said: said.to_owned(),
        });
    }
    out
}

/// Which mail of ours an event is about: by our token, else by its message id.
fn message(event: &Value) -> Option<MessageRef> {
    let id = event["smtp-id"].as_str().map(|id| id.trim().trim_matches(['<', '>']));
    let by_id = id.and_then(|id| Some((op_of(id)?, id.to_owned())));
    let token: Option<OpId> = event[TOKEN].as_str().and_then(|token| token.trim().parse().ok());
    match (token, by_id) {
        (Some(op), Some((same, id))) if op == same => Some(MessageRef::Token(op, Some(named(id)))),
        (Some(op), _) => Some(MessageRef::Token(op, None)),
        (None, Some((op, id))) => Some(MessageRef::Token(op, Some(named(id)))),
        (None, None) => None,
    }
}

fn named(message_id: String) -> String {
    crate::domain::mail::Mail { message_id, ..Default::default() }.name()
}

/// How far the mail is by this event, in SendGrid's word with what explains it, and why if it did not arrive.
fn delivery(event: &Value) -> Option<(Delivery, String, Option<Reason>)> {
    let text = |key: &str| event[key].as_str().map(str::trim).filter(|text| !text.is_empty());
    let kind = text("event")?;
    let to = |words: &str| {
        text("email").map_or_else(|| words.to_owned(), |email| format!("{words} {}", short(email)))
    };
    Some(match kind {
        "processed" => (Delivery::Accepted, kind.to_owned(), None),
        "deferred" => {
            let attempt = match &event["attempt"] {
                Value::Number(n) => Some(n.to_string()),
                Value::String(s) => Some(short(s)),
                _ => None,
            };
            let mut said =
                attempt.map_or_else(|| "deferred".to_owned(), |n| format!("deferred, attempt {n}"));
            if let Some(why) = text("response").or(text("reason")) {
                said.push_str(&format!(": {}", short(why)));
            }
            (Delivery::Accepted, said, None)
        }
        "delivered" => (Delivery::Delivered, to("delivered to"), None),
        // Privacy proxies open everything: nobody has read that.
        "open" if event["sg_machine_open"].as_bool() == Some(true) => return None,
        "open" => (Delivery::Read, "opened (may be a machine)".into(), None),
        "bounce" | "blocked" | "dropped" => (Delivery::Failed, to(bounce_word(event)), Some(reason(event))),
        // It has arrived, else nobody could complain of it.
        "spamreport" => (Delivery::Accepted, "reported as spam".into(), None),
        _ => return None,
    })
}

/// A return for good and one by policy, which may pass, come as the same event.
fn bounce_word(event: &Value) -> &'static str {
    match (event["event"].as_str(), event["type"].as_str()) {
        (Some("dropped"), _) => "not sent to",
        (Some("blocked"), _) | (_, Some("blocked")) => "blocked by the server of",
        _ => "returned by the server of",
    }
}

/// Why a mail did not arrive.
fn reason(event: &Value) -> Reason {
    let text = |key: &str| event[key].as_str().map(str::trim).filter(|text| !text.is_empty());
    let theirs = text("reason");
    if text("event") == Some("dropped") {
        let words = match theirs.map(suppression) {
            Some(Some(Suppression::Bounced)) => {
                "SendGrid does not send there, because a mail bounced before; remove the address from its bounces once it works"
            }
            Some(Some(Suppression::Unsubscribed)) => "SendGrid does not send there: they have unsubscribed",
            Some(Some(Suppression::Spam)) => {
                "SendGrid does not send there: they have reported a mail as spam"
            }
            Some(Some(Suppression::Invalid)) => "SendGrid does not send there: the address is invalid",
            _ => {
                let human = failed(text("email"), text("status"), theirs).human;
                return Reason { code: Some("dropped".into()), human };
            }
        };
        let who = text("email").map(|email| format!("{}: ", short(email))).unwrap_or_default();
        return Reason { code: Some("dropped".into()), human: format!("{who}{words}") };
    }
    let mut reason = failed(text("email"), text("status"), theirs.or(text("response")));
    if bounce_word(event).starts_with("blocked") {
        reason.human.push_str("; it may work later");
    }
    reason
}

/// Why SendGrid does not even try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Suppression {
    Bounced,
    Unsubscribed,
    Spam,
    Invalid,
}

/// The list that keeps an address from being written to, by the reason of a drop ("Bounced Address").
fn suppression(reason: &str) -> Option<Suppression> {
    let reason = reason.to_ascii_lowercase();
    [
        ("bounced address", Suppression::Bounced),
        ("unsubscribed", Suppression::Unsubscribed),
        ("spam report", Suppression::Spam),
        ("spam reporting", Suppression::Spam),
        ("invalid", Suppression::Invalid),
    ]
    .iter()
    .find(|(begin, _)| reason.starts_with(begin))
    .map(|(_, which)| *which)
}

/// Whether we may still write there, by this event, and who says so.
fn consent(event: &Value) -> Option<(ConsentState, &'static str)> {
    Some(match event["event"].as_str()? {
        "spamreport" => (ConsentState::OptedOut, "spam report"),
        "unsubscribe" => (ConsentState::OptedOut, "unsubscribe"),
        "group_unsubscribe" => (ConsentState::OptedOut, "group unsubscribe"),
        "group_resubscribe" => (ConsentState::OptedIn, "group resubscribe"),
        // What SendGrid keeps from being sent does not get there, whatever we think of it.
        "dropped" => match suppression(event["reason"].as_str().unwrap_or_default())? {
            Suppression::Bounced => (ConsentState::OptedOut, "bounced address"),
            Suppression::Unsubscribed => (ConsentState::OptedOut, "unsubscribed address"),
            Suppression::Spam => (ConsentState::OptedOut, "spam reporting address"),
            Suppression::Invalid => return None,
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const OP: &str = "01990000-0000-7000-8000-0000000000ab";
    const ID: &str = "fd.019900000000700080000000000000ab@example.com";

    fn told(mut event: Value) -> Vec<Event> {
        let all = event.as_object_mut().unwrap();
        all.entry("email").or_insert(json!("Dana@Example.net"));
        all.entry("timestamp").or_insert(json!(1_795_212_000));
        all.entry(TOKEN).or_insert(json!(OP));
        statements(&event, 5)
    }

    fn report(event: Value) -> Option<DeliveryReport> {
        told(event).into_iter().find_map(|e| match e {
            Event::Delivery { report, .. } => Some(report),
            _ => None,
        })
    }

    #[test]
    fn each_event_means_what_it_says() {
        use Delivery::{Accepted, Delivered, Failed, Read};
        for (event, state, said) in [
            (json!({"event": "processed"}), Accepted, "processed"),
            (
                json!({"event": "deferred", "attempt": "3", "response": "451 try\r\nlater"}),
                Accepted,
                "deferred, attempt 3: 451 try later",
            ),
            (json!({"event": "deferred", "attempt": 1}), Accepted, "deferred, attempt 1"),
            (json!({"event": "delivered", "response": "250 OK"}), Delivered, "delivered to Dana@Example.net"),
            (json!({"event": "open"}), Read, "opened (may be a machine)"),
            (
                json!({"event": "bounce", "type": "bounce"}),
                Failed,
                "returned by the server of Dana@Example.net",
            ),
            (
                json!({"event": "bounce", "type": "blocked"}),
                Failed,
                "blocked by the server of Dana@Example.net",
            ),
            (json!({"event": "dropped"}), Failed, "not sent to Dana@Example.net"),
            (json!({"event": "spamreport"}), Accepted, "reported as spam"),
        ] {
            let report = report(event.clone()).unwrap();
            assert_eq!((report.state, report.said.as_str()), (state, said), "{event}");
            assert_eq!(report.at, 1_795_212_000_000);
            assert_eq!(report.reason.is_some(), state == Failed, "{event}");
        }
        for silent in [
            json!({"event": "open", "sg_machine_open": true}),
            json!({"event": "click", "url": "https://example.com"}),
            json!({"event": "account_status_change", "type": "compliance_suspend"}),
            json!({"event": "of a later year"}),
            json!({"no": "event"}),
        ] {
            assert!(told(silent.clone()).is_empty(), "{silent}");
        }
    }

    #[test]
    fn reasons_are_for_people() {
        let hard = json!({"event": "bounce", "status": "5.1.1", "reason": "550 5.1.1 no such user"});
        let reason = report(hard).unwrap().reason.unwrap();
        assert_eq!(reason.code.as_deref(), Some("5.1.1"));
        assert_eq!(
            reason.human,
            "Dana@Example.net: there is no such mailbox (\u{201c}550 5.1.1 no such user\u{201d})"
        );
        let dropped = json!({"event": "dropped", "reason": "Bounced Address", "status": "5.0.0"});
        let reason = report(dropped).unwrap().reason.unwrap();
        assert!(reason.human.contains("remove the address from its bounces"), "{}", reason.human);
        let full = json!({"event": "dropped", "reason": "Recipient List over Package Quota"});
        assert!(
            report(full)
                .unwrap()
                .reason
                .unwrap()
                .human
                .ends_with("not delivered: Recipient List over Package Quota")
        );
    }

    #[test]
    fn the_mail_is_known_by_token_or_by_message_id() {
        let op: OpId = OP.parse().unwrap();
        let angled = format!("<{ID}>");
        for (token, id, want) in [
            (json!(OP), json!(angled), Some(MessageRef::Token(op, Some(ID.into())))),
            (json!(OP), json!("<x@geopod>"), Some(MessageRef::Token(op, None))),
            (json!(null), json!(angled), Some(MessageRef::Token(op, Some(ID.into())))),
            (json!(null), json!("<CAF1x@mail.example.net>"), None),
            (json!("nonsense"), json!(null), None),
        ] {
            assert_eq!(message(&json!({TOKEN: token, "smtp-id": id})), want);
        }
    }

    #[test]
    fn who_complains_or_unsubscribes_is_not_written_to_any_more() {
        let said = |event: Value| {
            told(event).into_iter().find_map(|e| match e {
                Event::Consent { identity, channel: Channel::Email, state, said } => {
                    assert_eq!(identity.value, "dana@example.net");
                    Some((state.value, said))
                }
                _ => None,
            })
        };
        let out = |said: &str| Some((ConsentState::OptedOut, said.to_owned()));
        assert_eq!(said(json!({"event": "spamreport"})), out("spam report"));
        assert_eq!(said(json!({"event": "unsubscribe"})), out("unsubscribe"));
        let newsletter = json!({"event": "unsubscribe", TOKEN: null});
        assert_eq!(said(newsletter), None, "others send by the same SendGrid");
        assert_eq!(said(json!({"event": "group_unsubscribe"})), out("group unsubscribe"));
        assert_eq!(said(json!({"event": "dropped", "reason": "Bounced Address"})), out("bounced address"));
        assert_eq!(said(json!({"event": "dropped", "reason": "Invalid"})), None);
        assert_eq!(said(json!({"event": "bounce", "status": "5.1.1"})), None);
        let back = said(json!({"event": "group_resubscribe"}));
        assert_eq!(back, Some((ConsentState::OptedIn, "group resubscribe".into())));
    }

    #[test]
    fn a_batch_is_a_list() {
        let push = |body: &[u8]| RawPush {
            method: "POST".into(),
            url: String::new(),
            headers: Vec::new(),
            body: body.to_vec(),
            received_at: 5,
        };
        assert_eq!(ingest(&push(b"[]")).unwrap(), Ingest::default());
        assert_eq!(ingest(&push(b"[1, {}, null]\r\n")).unwrap(), Ingest::default());
        for odd in [b"{}".as_slice(), b"", b"\xff", b"[{]"] {
            assert!(ingest(&push(odd)).is_err());
        }
    }
}
