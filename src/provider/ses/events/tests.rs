//! Examples of events, one for each kind.

use super::super::settings;
use super::*;
use serde_json::json;

const OP: &str = "01990000-0000-7000-8000-0000000000ab";
const ID: &str = "fd.019900000000700080000000000000ab@example.com";

fn settings() -> Settings {
    let all = [("from", "Example <support@example.com>"), ("region", "eu-west-1")];
    settings::parse(&all.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect()).unwrap()
}

fn told(kind: &str, own: Value) -> Vec<Event> {
    let mut event = json!({
        "eventType": kind,
        "mail": {
            "timestamp": "2026-11-20T22:00:00.000Z", "source": "support@example.com", "messageId": "0102-ab-000000",
            "destination": ["Dana@Example.net"],
            "tags": {TOKEN: [OP], "ses:configuration-set": ["frontdesk"]},
        },
    });
    for (key, value) in own.as_object().unwrap() {
        event[key] = value.clone();
    }
    statements(&event, &settings(), 5)
}

fn report(kind: &str, own: Value) -> Option<DeliveryReport> {
    told(kind, own).into_iter().find_map(|e| match e {
        Event::Delivery { report, .. } => Some(report),
        _ => None,
    })
}

fn bounced(kind: &str, sub: &str, more: Value) -> Value {
    let mut one = json!({"emailAddress": "Dana@Example.net"});
    for (key, value) in more.as_object().unwrap() {
        one[key] = value.clone();
    }
    json!({"bounce": {
        "bounceType": kind, "bounceSubType": sub, "bouncedRecipients": [one], "timestamp": "2026-11-20T22:00:07.669Z",
    }})
}

#[test]
fn each_event_means_what_it_says() {
    use Delivery::{Accepted, Delivered, Failed, Read};
    let delay = json!({"deliveryDelay": {
        "delayType": "MailboxFull",
        "delayedRecipients": [{"emailAddress": "dana@example.net", "status": "4.2.2", "diagnosticCode": "smtp; 452\r\nfull"}],
    }});
    let report_of_server =
        json!({"action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"});
    for (kind, own, state, said) in [
        ("Send", json!({"send": {}}), Accepted, "sent"),
        (
            "Delivery",
            json!({"delivery": {"recipients": ["dana@example.net", "b@example.net"], "smtpResponse": "250 OK"}}),
            Delivered,
            "delivered to dana@example.net, b@example.net",
        ),
        ("DeliveryDelay", delay, Accepted, "delayed for dana@example.net: MailboxFull (452 full)"),
        (
            "Bounce",
            bounced("Permanent", "General", report_of_server),
            Failed,
            "returned by the server of Dana@Example.net",
        ),
        ("Bounce", bounced("Permanent", "Suppressed", json!({})), Failed, "not sent to Dana@Example.net"),
        (
            "Bounce",
            bounced("Transient", "MailboxFull", json!({})),
            Failed,
            "returned by the server of Dana@Example.net",
        ),
        (
            "Bounce",
            bounced("Transient", "General", json!({})),
            Accepted,
            "answered by a machine of Dana@Example.net",
        ),
        (
            "Bounce",
            bounced("Undetermined", "Undetermined", json!({})),
            Failed,
            "returned by the server of Dana@Example.net",
        ),
        ("Complaint", json!({"complaint": {"complaintFeedbackType": "abuse"}}), Accepted, "reported as spam"),
        ("Reject", json!({"reject": {"reason": "Bad content"}}), Failed, "rejected"),
        ("Open", json!({"open": {"userAgent": "Mozilla/5.0"}}), Read, "opened (may be a machine)"),
        (
            "Rendering Failure",
            json!({"failure": {"errorMessage": "x", "templateName": "y"}}),
            Failed,
            "rendering failure",
        ),
    ] {
        let report = report(kind, own.clone()).unwrap();
        assert_eq!((report.state, report.said.as_str()), (state, said), "{own}");
        assert_eq!(report.reason.is_some(), state == Failed, "{own}");
        let at = if kind == "Bounce" { 1_795_212_007_669 } else { 1_795_212_000_000 };
        assert_eq!(report.at, at, "{own}");
    }
    assert_eq!(report("Complaint", json!({"complaint": {"complaintFeedbackType": "not-spam"}})), None);
    for silent in ["Click", "Subscription", "Of a later year", ""] {
        assert_eq!(report(silent, json!({})), None, "{silent}");
    }
}

#[test]
fn reasons_are_for_people() {
    let reason = |own| report("Bounce", own).unwrap().reason.unwrap();
    let hard = reason(bounced(
        "Permanent",
        "General",
        json!({"status": "5.1.1", "diagnosticCode": "smtp; 550 no such user"}),
    ));
    assert_eq!(hard.code.as_deref(), Some("5.1.1"));
    assert_eq!(hard.human, "Dana@Example.net: there is no such mailbox (\u{201c}550 no such user\u{201d})");
    let full = reason(bounced("Transient", "MailboxFull", json!({})));
    assert_eq!(full.human, "Dana@Example.net: the mailbox is full; it may work later");
    assert_eq!(full.code.as_deref(), Some("Transient MailboxFull"));
    let listed = reason(bounced("Permanent", "OnAccountSuppressionList", json!({"status": "5.1.1"})));
    assert_eq!(listed.code.as_deref(), Some("OnAccountSuppressionList"));
    assert!(listed.human.contains("suppression list"), "{}", listed.human);
}

#[test]
fn the_older_notifications_say_the_same() {
    let event = json!({
        "notificationType": "Delivery",
        "mail": {"messageId": "0102-ab-000000", "headers": [{"name": "Message-ID", "value": format!("<{ID}>")}]},
        "delivery": {"timestamp": "2026-11-20T22:00:00Z", "recipients": ["dana@example.net"]},
    });
    let all = statements(&event, &settings(), 5);
    let [Event::MailNamed { mail, also }, Event::Delivery { message, report }] = all.as_slice() else {
        panic!("{all:?}")
    };
    assert_eq!((mail.as_str(), also.as_str()), (ID, "0102-ab-000000@eu-west-1.amazonses.com"));
    assert_eq!(*message, MessageRef::Token(OP.parse().unwrap(), Some(ID.into())));
    assert_eq!(report.state, Delivery::Delivered);
}

#[test]
fn the_mail_is_known_by_tag_or_by_header() {
    let with = |tags: Value, id: &str| {
        let event = json!({
            "eventType": "Send",
            "mail": {"tags": tags, "headers": [{"name": "message-id", "value": id}]},
        });
        statements(&event, &settings(), 5).into_iter().find_map(|e| match e {
            Event::Delivery { message, .. } => Some(message),
            _ => None,
        })
    };
    let op: OpId = OP.parse().unwrap();
    let angled = format!("<{ID}>");
    assert_eq!(with(json!({TOKEN: [OP]}), &angled), Some(MessageRef::Token(op, Some(ID.into()))));
    assert_eq!(
        with(json!({TOKEN: [OP]}), "<0102@eu-west-1.amazonses.com>"),
        Some(MessageRef::Token(op, None))
    );
    assert_eq!(with(json!(null), &angled), Some(MessageRef::Token(op, Some(ID.into()))));
    assert_eq!(with(json!({TOKEN: ["nonsense"]}), "<x@y.example>"), None);
    assert_eq!(with(json!([1]), ""), None);
}

#[test]
fn the_carriers_id_is_told_even_where_headers_are_not() {
    let all = told("Send", json!({"send": {}}));
    let named = all.iter().any(|e| {
        matches!(e, Event::MailNamed { mail, also } if mail == ID && also == "0102-ab-000000@eu-west-1.amazonses.com")
    });
    assert!(named, "{all:?}");
}

#[test]
fn who_complains_or_unsubscribes_is_not_written_to_any_more() {
    let said = |kind: &str, own: Value| {
        told(kind, own).into_iter().find_map(|e| match e {
            Event::Consent { identity, channel: Channel::Email, state, said } => {
                assert_eq!(identity.value, "dana@example.net");
                Some((state.value, said))
            }
            _ => None,
        })
    };
    let out = |said: &str| Some((ConsentState::OptedOut, said.to_owned()));
    let complaint = |feedback: &str| {
        let people = json!([{"emailAddress": "Dana@example.net"}]);
        json!({"complaint": {"complainedRecipients": people, "complaintFeedbackType": feedback}})
    };
    assert_eq!(said("Complaint", complaint("abuse")), out("spam report"));
    assert_eq!(said("Complaint", complaint("not-spam")), None);
    assert_eq!(said("Bounce", bounced("Permanent", "Suppressed", json!({}))), out("bounced address"));
    assert_eq!(
        said("Bounce", bounced("Permanent", "OnAccountSuppressionList", json!({}))),
        out("suppressed address")
    );
    assert_eq!(
        said("Bounce", bounced("Permanent", "UnsubscribedRecipient", json!({}))),
        out("unsubscribed address")
    );
    assert_eq!(said("Bounce", bounced("Permanent", "General", json!({}))), None);
    let preferences = |old: bool, new: bool| {
        json!({"subscription": {
            "contactList": "x", "newTopicPreferences": {"unsubscribeAll": new}, "oldTopicPreferences": {"unsubscribeAll": old},
        }})
    };
    assert_eq!(said("Subscription", preferences(false, true)), out("unsubscribe"));
    assert_eq!(
        said("Subscription", preferences(true, false)),
        Some((ConsentState::OptedIn, "resubscribe".into()))
    );
    assert_eq!(said("Subscription", preferences(false, false)), None);
}

#[test]
fn what_others_send_by_the_same_account_is_not_ours() {
    let complaint = json!({
        "eventType": "Complaint", "mail": {"messageId": "0102", "tags": {"campaign": ["spring"]}},
        "complaint": {"complainedRecipients": [{"emailAddress": "dana@example.net"}]},
    });
    assert!(statements(&complaint, &settings(), 5).is_empty());
}

#[test]
fn odd_events_say_nothing() {
    for odd in [
        json!(null),
        json!([]),
        json!({"eventType": 7}),
        json!({"eventType": "Bounce", "bounce": [], "mail": 1}),
    ] {
        assert!(statements(&odd, &settings(), 5).is_empty(), "{odd}");
    }
}
