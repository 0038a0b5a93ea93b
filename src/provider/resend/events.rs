//! What Resend tells of mails (Resend, "Event types"): each webhook is one event, which becomes statements. Pure.
//!
//! Events come in any order, and more than once. A mail that came in is only announced: its words are pulled.

use super::ask::{addresses, moment};
use crate::domain::account::Channel;
use crate::domain::contact::ConsentState;
use crate::domain::delivery::{Delivery, DeliverySource, Reason};
use crate::domain::event::{DeliveryReport, Event, MessageRef};
use crate::domain::ids::OpId;
use crate::domain::mail::{Mail, message_id};
use crate::domain::rev::{Rev, Stamped};
use crate::provider::mail::bounce::{failed, short};
use crate::provider::mail::fact::identity;
use crate::provider::mail::own::Own;
use crate::provider::{Ingest, Malformed, RawPush};
use serde_json::Value;

/// The tag in which our token travels.
pub const TOKEN: &str = "fd_op";
/// What the names of events of mails begin with.
const EMAIL: &str = "email.";
/// Addresses that are named in words.
const NAMED: usize = 3;

/// What a webhook says.
///
/// # Errors
/// [`Malformed`] if it is no event.
pub fn ingest(push: &RawPush, own: &Own) -> Result<Ingest, Malformed> {
    let told: Value = serde_json::from_slice(&push.body).map_err(|e| Malformed(format!("not JSON: {e}")))?;
    let Some(kind) = told["type"].as_str() else {
        return Err(Malformed("not an event: it has no type".into()));
    };
    if kind == "email.received" {
        return Ok(Ingest { pull: true, ..Ingest::default() });
    }
    let at = moment(&told["created_at"]).unwrap_or(push.received_at);
    let data = &told["data"];
    let mut events = Vec::new();
    // What others send by the same team, a newsletter say, is none of our business. Where its readers' wishes keep ours from being sent, that
    // is told of ours.
    if let (Some(kind), Some(op)) = (kind.strip_prefix(EMAIL), token(data)) {
        let name = message_id(op, own.domain());
        events.extend(named(&name, data));
        if let Some((state, said, reason)) = standing(kind, data) {
            let message = MessageRef::Token(op, Some(Mail { message_id: name, ..Mail::default() }.name()));
            let report = DeliveryReport {
                state,
                said,
                reason,
                missed: missed(kind, data),
                price: None,
                at,
                source: DeliverySource::Webhook,
            };
            events.push(Event::Delivery { message, report });
        }
        if let Some((address, said)) = opted_out(kind, data) {
            events.push(Event::Consent {
                identity: identity(&address),
                channel: Channel::Email,
                state: Stamped { value: ConsentState::OptedOut, rev: Rev::at(at) },
                said: said.to_owned(),
            });
        }
    }
    Ok(Ingest { events, ..Ingest::default() })
}

/// Our token, in the tags of a mail: as pairs, or as a list of names and values as they were sent.
pub fn token(data: &Value) -> Option<OpId> {
    let tags = &data["tags"];
    let in_list = || tags.as_array()?.iter().find(|tag| tag["name"] == TOKEN)?["value"].as_str();
    tags[TOKEN].as_str().or_else(in_list)?.trim().parse().ok()
}

/// The message id that Resend gave to a mail of ours: it keeps none that it is given.
pub fn named(ours: &str, data: &Value) -> Option<Event> {
    let theirs = data["message_id"].as_str()?.trim().trim_matches(['<', '>']);
    let is_id = theirs.len() <= 998 && theirs.contains('@') && theirs.bytes().all(|b| b.is_ascii_graphic());
    (is_id && theirs != ours).then(|| Event::MailNamed { mail: ours.to_owned(), also: theirs.to_owned() })
}

/// How far a mail is by an event, in Resend's word with what explains it, and why if it did not arrive. `kind` is the word without what
/// it is about (`delivered`); lists say it as `last_event`.
pub fn standing(kind: &str, data: &Value) -> Option<(Delivery, String, Option<Reason>)> {
    let to = |words: &str| {
        let who = recipients(data);
        if who.is_empty() { words.to_owned() } else { format!("{words} {who}") }
    };
    Some(match kind {
        "queued" | "scheduled" | "sent" => (Delivery::Accepted, kind.to_owned(), None),
        "delivery_delayed" => (Delivery::Accepted, "delayed".into(), None),
        "delivered" => (Delivery::Delivered, to("delivered to"), None),
        "opened" => (Delivery::Read, "opened (may be a machine)".into(), None),
        "bounced" => (Delivery::Failed, to("returned by the server of"), Some(bounced(data))),
        "suppressed" => (Delivery::Failed, to("not sent to"), Some(suppressed(data))),
        "failed" => (Delivery::Failed, "not sent".into(), Some(not_sent(data))),
        "canceled" => (
            Delivery::Failed,
            "cancelled".into(),
            Some(Reason { code: Some("canceled".into()), human: "it was cancelled at Resend".into() }),
        ),
        // It has arrived, else nobody could complain of it.
        "complained" => (Delivery::Accepted, "reported as spam".into(), None),
        _ => return None,
    })
}

/// Whom a mail did not reach by an event; nobody is named where it reached nobody.
pub fn missed(kind: &str, data: &Value) -> Vec<String> {
    if matches!(kind, "bounced" | "suppressed") { addresses(&data["to"]) } else { Vec::new() }
}

/// Whom an event is about, in words.
fn recipients(data: &Value) -> String {
    let all = addresses(&data["to"]);
    let mut named: Vec<String> = all.iter().take(NAMED).map(|one| short(one)).collect();
    if all.len() > NAMED {
        named.push("…".into());
    }
    named.join(", ")
}

/// Why a server took a mail back.
fn bounced(data: &Value) -> Reason {
    let bounce = &data["bounce"];
    let theirs = diagnostic(bounce).or_else(|| bounce["message"].as_str().map(str::to_owned));
    let status = theirs.as_deref().and_then(status).map(str::to_owned);
    let mut reason = failed(who(data).as_deref(), status.as_deref(), theirs.as_deref());
    if reason.code.is_none() {
        reason.code = bounce["subType"].as_str().map(short);
    }
    if bounce["type"] == "Transient" {
        reason.human.push_str("; it may work later");
    }
    reason
}

/// Why Resend did not even try.
fn suppressed(data: &Value) -> Reason {
    let words = match data["suppressed"]["reason"].as_str() {
        Some("previous_complaint") => "Resend does not send there: they have reported a mail as spam",
        Some("previous_bounce") | None => {
            "Resend does not send there, because a mail bounced before; remove the address from its suppressions once it works"
        }
        Some(_) => "Resend does not send there: the address is on its list of suppressions",
    };
    let who = who(data).map(|who| format!("{who}: ")).unwrap_or_default();
    Reason { code: Some("suppressed".into()), human: format!("{who}{words}") }
}

/// Why Resend could not send.
fn not_sent(data: &Value) -> Reason {
    let code = data["failed"]["reason"].as_str().map(short).filter(|code| !code.is_empty());
    let human = match code.as_deref() {
        Some("reached_daily_quota") => "the mails of the plan at Resend are used up for today".to_owned(),
        Some("reached_monthly_quota") => {
            "the mails of the plan at Resend are used up for this month".to_owned()
        }
        Some(code) => format!("Resend could not send it: {}", code.replace('_', " ")),
        None => "Resend could not send it, and gives no reason".to_owned(),
    };
    Reason { code: code.or(Some("failed".into())), human }
}

/// The one whom an event is about, where it is one.
fn who(data: &Value) -> Option<String> {
    match addresses(&data["to"]).as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

/// What the first server said: "smtp; 550 5.1.1 user unknown".
fn diagnostic(bounce: &Value) -> Option<String> {
    let first = match &bounce["diagnosticCode"] {
        Value::Array(all) => all.first()?.as_str()?,
        one => one.as_str()?,
    };
    Some(first.trim_start_matches("smtp;").trim().to_owned()).filter(|words| !words.is_empty())
}

/// The status in a server's words (RFC 3463): 5.1.1.
fn status(words: &str) -> Option<&str> {
    words.split([' ', ';', ',', '(', ')']).find(|word| {
        let mut parts = word.split('.');
        let class = parts.next().is_some_and(|class| matches!(class, "2" | "4" | "5"));
        let details: Vec<&str> = parts.collect();
        let is_detail =
            |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        class && details.len() == 2 && details.iter().all(is_detail)
    })
}

/// Whose mail is not to be written to any more by an event, and who says so. Where several had the mail, it cannot be said who.
fn opted_out(kind: &str, data: &Value) -> Option<(String, &'static str)> {
    match kind {
        "complained" => Some((who(data)?, "spam report")),
        // What Resend keeps from being sent does not get there, whatever we think of it.
        "suppressed" => Some((who(data)?, "suppressed address")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mail::Mailbox;
    use serde_json::json;

    const OP: &str = "01990000-0000-7000-8000-0000000000ab";
    const ID: &str = "fd.019900000000700080000000000000ab@example.com";

    fn told(kind: &str, more: Value) -> Vec<Event> {
        let mut data = json!({
            "email_id": "56761188-7520-42d8-8898-ff6fc54ce618", "created_at": "2026-11-20T09:14:59.000Z",
            "from": "Example <support@example.com>", "to": ["Dana@Example.net"], "subject": "Re: order", "tags": {TOKEN: OP},
        });
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let event = json!({"type": kind, "created_at": "2026-11-20T09:15:00.000Z", "data": data});
        let push = RawPush {
            method: "POST".into(),
            url: String::new(),
            headers: Vec::new(),
            body: event.to_string().into_bytes(),
            received_at: 5,
        };
        let own = Own { from: Mailbox::bare("support@example.com"), ..Own::default() };
        ingest(&push, &own).unwrap().events
    }

    fn report(kind: &str, more: Value) -> Option<DeliveryReport> {
        let op: OpId = OP.parse().unwrap();
        told(kind, more).into_iter().find_map(|event| match event {
            Event::Delivery { message, report } => {
                assert_eq!(message, MessageRef::Token(op, Some(ID.into())));
                Some(report)
            }
            _ => None,
        })
    }

    #[test]
    fn each_event_means_what_it_says() {
        use Delivery::{Accepted, Delivered, Failed, Read};
        for (kind, state, said) in [
            ("email.scheduled", Accepted, "scheduled"),
            ("email.sent", Accepted, "sent"),
            ("email.delivery_delayed", Accepted, "delayed"),
            ("email.delivered", Delivered, "delivered to Dana@Example.net"),
            ("email.opened", Read, "opened (may be a machine)"),
            ("email.bounced", Failed, "returned by the server of Dana@Example.net"),
            ("email.suppressed", Failed, "not sent to Dana@Example.net"),
            ("email.failed", Failed, "not sent"),
            ("email.complained", Accepted, "reported as spam"),
        ] {
            let report = report(kind, json!({})).unwrap();
            assert_eq!(
                (report.state, report.said.as_str(), report.at),
                (state, said, 1_795_166_100_000),
                "{kind}"
            );
            assert_eq!(report.reason.is_some(), state == Failed, "{kind}");
        }
        for silent in ["email.clicked", "contact.created", "domain.updated", "of a later year"] {
            assert!(told(silent, json!({})).is_empty(), "{silent}");
        }
        assert_eq!(told("email.delivered", json!({"tags": {"category": "x"}})), [], "none of ours");
        let listed = json!({"tags": [{"name": TOKEN, "value": OP}]});
        assert!(report("email.delivered", listed).is_some(), "as it was sent");
    }

    #[test]
    fn reasons_are_for_people() {
        let bounce = |more: Value| {
            let mut bounce =
                json!({"type": "Permanent", "subType": "General", "message": "The mail bounced."});
            bounce.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            report("email.bounced", json!({"bounce": bounce})).unwrap().reason.unwrap()
        };
        let hard = bounce(json!({"diagnosticCode": ["smtp; 550 5.1.1 no such user\u{1b}[31m"]}));
        assert_eq!(hard.code.as_deref(), Some("5.1.1"));
        assert!(
            hard.human
                .starts_with("Dana@Example.net: there is no such mailbox (\u{201c}550 5.1.1 no such user")
        );
        assert!(!hard.human.contains('\u{1b}'), "{}", hard.human);
        let soft = bounce(json!({"type": "Transient", "subType": "MailboxFull", "diagnosticCode": []}));
        assert_eq!(soft.code.as_deref(), Some("MailboxFull"));
        assert_eq!(soft.human, "Dana@Example.net: not delivered: The mail bounced.; it may work later");
        let quota = report("email.failed", json!({"failed": {"reason": "reached_daily_quota"}})).unwrap();
        assert!(quota.reason.unwrap().human.contains("for today"));
        let spam = json!({"suppressed": {"reason": "previous_complaint", "type": "Suppressed"}});
        assert!(report("email.suppressed", spam).unwrap().reason.unwrap().human.contains("as spam"));
        assert_eq!(status("smtp; 550-5.7.1 x"), None);
        assert_eq!(status("550 5.7.26 x"), Some("5.7.26"));
    }

    #[test]
    fn the_other_name_of_a_mail_is_learnt() {
        let named = |id: Value| {
            told("email.sent", json!({"message_id": id}))
                .into_iter()
                .find(|e| matches!(e, Event::MailNamed { .. }))
        };
        let also = "010f019a-1@eu-west-1.amazonses.com".to_owned();
        assert_eq!(
            named(json!("<010f019a-1@eu-west-1.amazonses.com>")),
            Some(Event::MailNamed { mail: ID.into(), also })
        );
        for odd in
            [json!(format!("<{ID}>")), json!("<>"), json!(null), json!("a b@c"), json!("x".repeat(2_000))]
        {
            assert_eq!(named(odd.clone()), None, "{odd}");
        }
    }

    #[test]
    fn who_complains_or_is_suppressed_is_not_written_to_any_more() {
        let said = |kind: &str, more: Value| {
            told(kind, more).into_iter().find_map(|event| match event {
                Event::Consent { identity, state, said, .. } => {
                    assert_eq!(
                        (identity.value.as_str(), state.value),
                        ("dana@example.net", ConsentState::OptedOut)
                    );
                    Some(said)
                }
                _ => None,
            })
        };
        assert_eq!(said("email.complained", json!({})).as_deref(), Some("spam report"));
        assert_eq!(said("email.suppressed", json!({})).as_deref(), Some("suppressed address"));
        assert_eq!(said("email.complained", json!({"tags": null})), None, "others send by the same team");
        assert_eq!(said("email.bounced", json!({})), None);
        assert_eq!(said("email.complained", json!({"to": ["dana@example.net", "boss@example.net"]})), None);
    }
}
