//! What SES tells of mails that were sent (SES developer guide, "Contents of event data that Amazon SES publishes to Amazon SNS" and
//! "Contents of notifications"): one event becomes statements. Pure.
//!
//! Events come in any order, and more than once; which statement about a delivery counts is the store's affair. A mail to several people
//! has events for each of them. Our token travels as a tag of the mail. Notifications that are set up at an identity, not at a configuration
//! set, have no tags: of them the headers tell, if SES is told to send these along.

use super::settings::Settings;
use crate::domain::account::Channel;
use crate::domain::clock::Ms;
use crate::domain::contact::ConsentState;
use crate::domain::delivery::{Delivery, DeliverySource, Reason};
use crate::domain::event::{DeliveryReport, Event, MessageRef};
use crate::domain::ids::OpId;
use crate::domain::mail::{mail_name, message_id, op_of};
use crate::domain::rev::{Rev, Stamped};
use crate::provider::mail::bounce::{failed, short};
use crate::provider::mail::fact::identity;
use jiff::Timestamp;
use serde_json::Value;

/// The tag in which our token travels.
pub const TOKEN: &str = "fd_op";

/// What an event says. One of an unknown kind says nothing, and neither does one about a mail that is none of ours.
pub fn statements(event: &Value, settings: &Settings, received_at: Ms) -> Vec<Event> {
    let Some(kind) = kind(event) else { return Vec::new() };
    let told = &event[kind.place()];
    let at =
        moment(&told["timestamp"]).or_else(|| moment(&event["mail"]["timestamp"])).unwrap_or(received_at);
    let mut out = Vec::new();
    // What others send through the same SES, a newsletter say, is none of our business. Where its readers' wishes keep ours from being
    // sent, the return says so.
    let Some(op) = op(event) else { return out };
    let name = name(event).filter(|name| op_of(name) == Some(op));
    if let Some(theirs) = text(&event["mail"]["messageId"]) {
        let mail = name.clone().unwrap_or_else(|| mail_name(&message_id(op, settings.own.domain())));
        out.push(Event::MailNamed { mail, also: format!("{theirs}@{}", settings.carrier_domain()) });
    }
    if let Some((state, said, reason)) = delivery(kind, told) {
        let source = DeliverySource::Webhook;
        let missed = if state == Delivery::Failed { returned(kind, told) } else { Vec::new() };
        let report = DeliveryReport { state, said, reason, missed, price: None, at, source };
        out.push(Event::Delivery { message: MessageRef::Token(op, name), report });
    }
    let consent = consent(kind, event).into_iter().flat_map(|(people, state, said)| {
        people.into_iter().map(move |email| Event::Consent {
            identity: identity(&email),
            channel: Channel::Email,
            state: Stamped { value: state, rev: Rev::at(at) },
            said: said.to_owned(),
        })
    });
    out.extend(consent);
    out
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Send,
    Delivery,
    Delay,
    Bounce,
    Complaint,
    Reject,
    Open,
    RenderingFailure,
    Subscription,
}

impl Kind {
    /// Under which name its own part of the event stands.
    fn place(self) -> &'static str {
        match self {
            Kind::Send => "send",
            Kind::Delivery => "delivery",
            Kind::Delay => "deliveryDelay",
            Kind::Bounce => "bounce",
            Kind::Complaint => "complaint",
            Kind::Reject => "reject",
            Kind::Open => "open",
            Kind::RenderingFailure => "failure",
            Kind::Subscription => "subscription",
        }
    }
}

/// The kind of an event, in the word of a configuration set or in that of an identity. Clicks say nothing that opens do not.
fn kind(event: &Value) -> Option<Kind> {
    Some(match text(&event["eventType"]).or(text(&event["notificationType"]))? {
        "Send" => Kind::Send,
        "Delivery" => Kind::Delivery,
        "DeliveryDelay" => Kind::Delay,
        "Bounce" => Kind::Bounce,
        "Complaint" => Kind::Complaint,
        "Reject" => Kind::Reject,
        "Open" => Kind::Open,
        "Rendering Failure" | "RenderingFailure" => Kind::RenderingFailure,
        "Subscription" => Kind::Subscription,
        _ => return None,
    })
}

fn text(value: &Value) -> Option<&str> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// A moment of ISO 8601.
pub fn moment(value: &Value) -> Option<Ms> {
    text(value)?.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// Which op of ours an event is about.
fn op(event: &Value) -> Option<OpId> {
    let tag = &event["mail"]["tags"][TOKEN];
    let token = text(&tag[0]).or(text(tag)).and_then(|token| token.parse().ok());
    token.or_else(|| op_of(&name(event)?))
}

/// The name that we gave the mail, where its headers are told.
fn name(event: &Value) -> Option<String> {
    let mut headers = event["mail"]["headers"].as_array()?.iter();
    let header =
        headers.find(|one| one["name"].as_str().is_some_and(|n| n.eq_ignore_ascii_case("message-id")))?;
    let id = text(&header["value"])?.trim_matches(['<', '>']);
    Some(mail_name(id))
}

/// How far the mail is by this event, in SES's word with what explains it, and why if it did not arrive.
fn delivery(kind: Kind, told: &Value) -> Option<(Delivery, String, Option<Reason>)> {
    Some(match kind {
        Kind::Send => (Delivery::Accepted, "sent".into(), None),
        Kind::Delivery => {
            (Delivery::Delivered, to("delivered to", told["recipients"].as_array(), text), None)
        }
        Kind::Delay => {
            let of = told["delayedRecipients"].as_array();
            let mut said = to("delayed for", of, address);
            if let Some(why) = text(&told["delayType"]) {
                said.push_str(&format!(": {}", short(why)));
            }
            let theirs = of.and_then(|all| diagnostic(all.first()?));
            if let Some(theirs) = theirs {
                said.push_str(&format!(" ({})", short(theirs)));
            }
            (Delivery::Accepted, said, None)
        }
        Kind::Bounce => bounce(told),
        // It has arrived, else nobody could complain of it; unless SES did not even try.
        Kind::Complaint if suppressed(told, "complaintSubType").is_some() => {
            let of = told["complainedRecipients"].as_array();
            let said = to("not sent to", of, address);
            (Delivery::Failed, said, Some(not_tried(told, "complaintSubType", of)))
        }
        Kind::Complaint if is_praise(told) => return None,
        Kind::Complaint => (Delivery::Accepted, "reported as spam".into(), None),
        Kind::Reject => {
            let why = text(&told["reason"]).map_or_else(|| "no reason is given".into(), short);
            let human =
                format!("Amazon SES has not sent it, because it found a virus or the like in it: {why}");
            (Delivery::Failed, "rejected".into(), Some(Reason { code: Some("Reject".into()), human }))
        }
        Kind::Open => (Delivery::Read, "opened (may be a machine)".into(), None),
        Kind::RenderingFailure => {
            let why = text(&told["errorMessage"]).map_or_else(|| "no reason is given".into(), short);
            let human = format!("Amazon SES could not make the mail: {why}");
            (
                Delivery::Failed,
                "rendering failure".into(),
                Some(Reason { code: Some("RenderingFailure".into()), human }),
            )
        }
        Kind::Subscription => return None,
    })
}

/// Whom a mail did not reach; nobody is named where it reached nobody.
fn returned(kind: Kind, told: &Value) -> Vec<String> {
    let of = match kind {
        Kind::Bounce => &told["bouncedRecipients"],
        Kind::Complaint => &told["complainedRecipients"],
        _ => return Vec::new(),
    };
    of.as_array().into_iter().flatten().filter_map(address).map(str::to_owned).collect()
}

/// `delivered to a@b.example, c@d.example`.
fn to<'a>(words: &str, of: Option<&'a Vec<Value>>, address: impl Fn(&'a Value) -> Option<&'a str>) -> String {
    let people: Vec<String> = of.into_iter().flatten().filter_map(address).map(short).collect();
    if people.is_empty() { words.to_owned() } else { format!("{words} {}", people.join(", ")) }
}

/// What the server of a recipient said, without the kind of its words.
fn diagnostic(recipient: &Value) -> Option<&str> {
    let theirs = text(&recipient["diagnosticCode"])?;
    Some(
        theirs
            .split_once(';')
            .filter(|(kind, _)| kind.eq_ignore_ascii_case("smtp"))
            .map_or(theirs, |(_, words)| words.trim()),
    )
}

fn address(recipient: &Value) -> Option<&str> {
    text(&recipient["emailAddress"])
}

fn bounce(told: &Value) -> (Delivery, String, Option<Reason>) {
    let of = told["bouncedRecipients"].as_array();
    let first = of.and_then(|all| all.first()).unwrap_or(&Value::Null);
    let (kind, sub) =
        (text(&told["bounceType"]).unwrap_or_default(), text(&told["bounceSubType"]).unwrap_or_default());
    if suppressed(told, "bounceSubType").is_some() {
        return (
            Delivery::Failed,
            to("not sent to", of, address),
            Some(not_tried(told, "bounceSubType", of)),
        );
    }
    // Absence notes count as returns at SES; they come without a report of a server (RFC 3464).
    let has_report = ["action", "status", "diagnosticCode"].iter().any(|key| text(&first[*key]).is_some());
    if kind == "Transient" && sub == "General" && !has_report {
        return (Delivery::Accepted, to("answered by a machine of", of, address), None);
    }
    let mut reason = failed(address(first), text(&first["status"]), diagnostic(first));
    if reason.code.is_none() {
        reason.code = Some(short(&format!("{kind} {sub}")));
        if let Some(words) = words(sub) {
            let who = address(first).map(|email| format!("{}: ", short(email))).unwrap_or_default();
            reason.human = format!("{who}{words}");
        }
    }
    if kind != "Permanent" {
        reason.human.push_str("; it may work later");
    }
    (Delivery::Failed, to("returned by the server of", of, address), Some(reason))
}

/// What the finer kinds of a return mean, where no server says more.
fn words(sub: &str) -> Option<&'static str> {
    Some(match sub {
        "NoEmail" => "there is no such mailbox",
        "MailboxFull" => "the mailbox is full",
        "MessageTooLarge" => "the mail is too large for the recipient",
        "ContentRejected" => "the recipient's server does not take what the mail says",
        "AttachmentRejected" => "the recipient's server does not take one of the files",
        _ => return None,
    })
}

/// Why SES does not even try to send somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Suppression {
    /// A mail bounced before, for whomever it was sent.
    Everywhere,
    /// The address is on the list of the account.
    Account,
    /// They have unsubscribed from a list of contacts.
    Unsubscribed,
}

fn suppressed(told: &Value, key: &str) -> Option<Suppression> {
    match text(&told[key])? {
        "Suppressed" => Some(Suppression::Everywhere),
        "OnAccountSuppressionList" => Some(Suppression::Account),
        "UnsubscribedRecipient" => Some(Suppression::Unsubscribed),
        _ => None,
    }
}

fn not_tried(told: &Value, key: &str, of: Option<&Vec<Value>>) -> Reason {
    let words = match suppressed(told, key) {
        Some(Suppression::Unsubscribed) => "Amazon SES does not send there: they have unsubscribed",
        Some(Suppression::Account) => {
            "Amazon SES does not send there, because a mail bounced or was reported as spam before; remove the address from the \
             account's suppression list once it works"
        }
        Some(Suppression::Everywhere) | None => {
            "Amazon SES does not send there, because mails to it bounced lately; it may work in two weeks"
        }
    };
    let first = of.and_then(|all| address(all.first()?));
    let who = first.map(|email| format!("{}: ", short(email))).unwrap_or_default();
    Reason { code: text(&told[key]).map(short), human: format!("{who}{words}") }
}

/// Whether a report says that the mail is no spam.
fn is_praise(told: &Value) -> bool {
    text(&told["complaintFeedbackType"]) == Some("not-spam")
}

/// Whose consent changes by this event, to what, and who says so.
fn consent(kind: Kind, event: &Value) -> Option<(Vec<String>, ConsentState, &'static str)> {
    let told = &event[kind.place()];
    let people = |list: &str| {
        let all = told[list].as_array().into_iter().flatten();
        all.filter_map(|one| address(one).map(str::to_owned)).collect::<Vec<_>>()
    };
    Some(match kind {
        Kind::Complaint if is_praise(told) => return None,
        Kind::Complaint => (people("complainedRecipients"), ConsentState::OptedOut, "spam report"),
        // What SES keeps from being sent does not get there, whatever we think of it.
        Kind::Bounce => {
            let said = match suppressed(told, "bounceSubType")? {
                Suppression::Everywhere => "bounced address",
                Suppression::Account => "suppressed address",
                Suppression::Unsubscribed => "unsubscribed address",
            };
            (people("bouncedRecipients"), ConsentState::OptedOut, said)
        }
        Kind::Subscription => {
            let before = told["oldTopicPreferences"]["unsubscribeAll"].as_bool();
            let (state, said) = match (before, told["newTopicPreferences"]["unsubscribeAll"].as_bool()?) {
                (_, true) => (ConsentState::OptedOut, "unsubscribe"),
                (Some(true), false) => (ConsentState::OptedIn, "resubscribe"),
                _ => return None,
            };
            let to = event["mail"]["destination"].as_array().into_iter().flatten();
            (to.filter_map(|one| text(one).map(str::to_owned)).collect(), state, said)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
