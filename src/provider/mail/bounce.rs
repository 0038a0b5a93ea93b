//! What mail servers say of mails of ours that they could not deliver (RFC 3464), and receipts (RFC 8098), as statements about deliveries.

use crate::domain::clock::Ms;
use crate::domain::delivery::{Delivery, DeliverySource, Reason};
use crate::domain::event::{DeliveryReport, Event, MessageRef};
use crate::domain::mail::op_of;
use crate::text::mail::parsed::{BounceReport, Parsed};
use crate::text::sanitize;

/// Statements about the mails of ours that a report is about.
pub fn events(parsed: &Parsed, at: Ms, source: DeliverySource) -> Vec<Event> {
    parsed.bounces.iter().filter_map(|bounce| event(bounce, at, source)).collect()
}

fn event(bounce: &BounceReport, at: Ms, source: DeliverySource) -> Option<Event> {
    let message = about(bounce.message_id.as_deref()?)?;
    let (state, reason) = match bounce.action.as_str() {
        "failed" => (Delivery::Failed, Some(reason(bounce))),
        // It is on its way still (section 2.3.3): the state stays, the word is kept.
        "delayed" | "relayed" | "expanded" => (Delivery::Accepted, None),
        "delivered" => (Delivery::Delivered, None),
        // Who was asked for a receipt has given one (RFC 8098); programs do so by themselves where they may.
        "displayed" => (Delivery::Read, None),
        _ => return None,
    };
    let missed = bounce.recipient.iter().filter(|_| state == Delivery::Failed).cloned().collect();
    let said = match &bounce.diagnostic {
        Some(words) => format!("{}: {}", bounce.action, short(words)),
        None => bounce.action.clone(),
    };
    Some(Event::Delivery {
        message,
        report: DeliveryReport { state, said, reason, missed, price: None, at, source },
    })
}

/// The mail that a message id names, if it is one that we sent: what other programs send from our address is known by its id.
pub fn about(message_id: &str) -> Option<MessageRef> {
    if message_id.is_empty() {
        return None;
    }
    let name = crate::domain::mail::Mail { message_id: message_id.to_owned(), ..Default::default() }.name();
    Some(match op_of(&name) {
        Some(op) => MessageRef::Token(op, Some(name)),
        None => MessageRef::External(name),
    })
}

fn reason(bounce: &BounceReport) -> Reason {
    failed(bounce.recipient.as_deref(), bounce.status.as_deref(), bounce.diagnostic.as_deref())
}

/// Why a mail did not reach a recipient, in words, with what the server itself says behind.
pub fn failed(recipient: Option<&str>, status: Option<&str>, theirs: Option<&str>) -> Reason {
    let status = status.map(str::trim).filter(|s| !s.is_empty());
    let who = recipient.map(|r| format!("{}: ", sanitize::line(r.trim()))).unwrap_or_default();
    let theirs = theirs.map(short).filter(|t| !t.is_empty());
    let human = match (status.and_then(words), theirs) {
        (Some(words), Some(theirs)) => format!("{who}{words} (\u{201c}{theirs}\u{201d})"),
        (Some(words), None) => format!("{who}{words}"),
        (None, Some(theirs)) => format!("{who}not delivered: {theirs}"),
        (None, None) => format!("{who}not delivered, and the server gives no reason"),
    };
    Reason { code: status.map(|s| sanitize::line(s).into_owned()), human }
}

/// Longest words of a server that are repeated, in characters.
const LONGEST: usize = 200;

/// A server's words on one line, of a bearable length.
pub fn short(words: &str) -> String {
    let one: String = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let one = sanitize::line(&one);
    match one.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}\u{2026}", &one[..at]),
        None => one.into_owned(),
    }
}

/// What the detail of a status means (RFC 3463, section 3; RFC 7504; RFC 7505).
fn words(status: &str) -> Option<&'static str> {
    let (class, detail) = status.split_once('.')?;
    let found = match detail {
        "1.1" => "there is no such mailbox",
        "1.2" | "1.10" => "the domain takes no mail",
        "1.3" => "the address is not valid",
        "1.6" => "the mailbox has moved",
        "1.8" | "1.7" => "the server does not take our address as a sender",
        "2.1" => "the mailbox is switched off",
        "2.2" => "the mailbox is full",
        "2.3" | "3.4" => "the mail is too large for the recipient",
        "2.4" => "a mailing list could not be expanded",
        "4.1" => "the server does not answer",
        "4.3" | "4.4" => "no server takes mail for the domain",
        "4.6" => "the mail went round in circles",
        "4.7" => "tried for too long in vain",
        "7.1" => "the server does not take mail from us",
        "7.2" => "we may not write to this list",
        "7.20" | "7.21" | "7.22" => "the signature of our domain (DKIM) is missing or wrong",
        "7.23" | "7.24" | "7.25" | "7.26" => "our domain's records (SPF, DKIM, reverse DNS) do not fit",
        _ => {
            return Some(match (class, detail.split('.').next()?) {
                ("4", _) => "not delivered for now",
                (_, "1") => "the address does not work",
                (_, "2") => "the mailbox takes no mail",
                (_, "3") => "the recipient's mail system takes no mail",
                (_, "4") => "the way to the recipient's server is broken",
                (_, "5") => "the servers did not understand each other",
                (_, "6") => "the recipient's server cannot handle the content",
                (_, "7") => "refused by the recipient's policy or as spam",
                _ => return None,
            });
        }
    };
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::OpId;

    fn bounce(action: &str) -> BounceReport {
        BounceReport {
            message_id: Some("fd.019900000000700080000000000000ab@Example.com".into()),
            recipient: Some("x@example.org".into()),
            action: action.into(),
            status: Some("5.1.1".into()),
            diagnostic: Some("550 5.1.1\r\n  no such user\u{1b}[31m".into()),
        }
    }

    #[test]
    fn a_failure_names_the_recipient_the_reason_and_the_servers_words() {
        let parsed = Parsed { bounces: vec![bounce("failed")], ..Parsed::default() };
        let all = events(&parsed, 5, DeliverySource::Pull);
        let [Event::Delivery { message, report }] = all.as_slice() else { panic!("{all:?}") };
        let op = OpId(uuid::Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_00ab));
        let id = "fd.019900000000700080000000000000ab@example.com".to_owned();
        assert_eq!(*message, MessageRef::Token(op, Some(id)));
        assert_eq!((report.state, report.at, report.source), (Delivery::Failed, 5, DeliverySource::Pull));
        let reason = report.reason.as_ref().unwrap();
        assert_eq!(reason.code.as_deref(), Some("5.1.1"));
        assert!(
            reason.human.starts_with("x@example.org: there is no such mailbox (\u{201c}550 5.1.1 no such")
        );
        assert!(!reason.human.contains('\u{1b}'), "{}", reason.human);
    }

    #[test]
    fn a_delay_fails_nothing_and_what_names_no_mail_says_nothing() {
        let parsed = Parsed { bounces: vec![bounce("delayed")], ..Parsed::default() };
        let all = events(&parsed, 5, DeliverySource::Webhook);
        let [Event::Delivery { report, .. }] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((report.state, &report.reason), (Delivery::Accepted, &None));
        assert!(report.said.starts_with("delayed: "), "{}", report.said);
        let unnamed = BounceReport { message_id: None, ..bounce("failed") };
        let parsed = Parsed { bounces: vec![unnamed, bounce("odd")], ..Parsed::default() };
        assert!(events(&parsed, 5, DeliverySource::Webhook).is_empty());
        let foreign = about("CAF1x@Mail.Example.net");
        assert_eq!(foreign, Some(MessageRef::External("CAF1x@mail.example.net".into())));
    }

    #[test]
    fn a_receipt_says_that_it_was_read_unless_it_was_thrown_away() {
        let of = |action: &str| {
            let parsed = Parsed { bounces: vec![bounce(action)], ..Parsed::default() };
            let state = |event: &Event| match event {
                Event::Delivery { report, .. } => Some(report.state),
                _ => None,
            };
            events(&parsed, 5, DeliverySource::Pull).first().and_then(state)
        };
        assert_eq!(of("displayed"), Some(Delivery::Read));
        assert_eq!((of("deleted"), of("denied")), (None, None));
    }

    #[test]
    fn a_reason_always_says_something() {
        assert_eq!(failed(None, None, None).human, "not delivered, and the server gives no reason");
        assert_eq!(failed(None, Some("9.9.9"), Some("odd")).human, "not delivered: odd");
        assert_eq!(
            failed(Some("a@b.example"), Some("5.7.999"), None).human,
            "a@b.example: refused by the recipient's policy or as spam"
        );
        assert!(failed(None, None, Some(&"x".repeat(500))).human.chars().count() < 230);
    }
}
