//! The head of a mail as what we keep of it: names, addresses, ids, the subject, the date.

use super::mime::fields::Fields;
use super::mime::{addresses, at_most, dates, ids, tidy, words};
use super::parsed::Parsed;
use crate::domain::clock::Ms;
use crate::domain::mail::{Mail, Mailbox};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Longest subject, in bytes.
const SUBJECT: usize = 2000;
/// Addresses of one kind that are kept.
const ADDRESSES: usize = 1000;
/// `Received` that are looked at.
const STATIONS: usize = 50;
/// Longest value of a header that is kept besides, in bytes.
const VALUE: usize = 500;

/// Headers that are kept besides those of [`Mail`]: they explain how a mail came, to whom, and what servers thought of it.
const KEPT: &[&str] = &[
    "authentication-results",
    "auto-submitted",
    "delivered-to",
    "disposition-notification-to",
    "envelope-to",
    "importance",
    "list-id",
    "list-post",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "organization",
    "precedence",
    "received-spf",
    "resent-from",
    "resent-to",
    "return-path",
    "user-agent",
    "x-auto-response-suppress",
    "x-autoreply",
    "x-autorespond",
    "x-envelope-to",
    "x-failed-recipients",
    "x-forwarded-for",
    "x-forwarded-to",
    "x-mailer",
    "x-original-to",
    "x-priority",
    "x-spam-flag",
    "x-spam-score",
    "x-spam-status",
];

/// Reads a head into what is kept of it. The whole mail is needed to name one that has no name.
pub(super) fn read(raw: &[u8], fields: &Fields, out: &mut Parsed) {
    let from = boxes(fields, "from").into_iter().next();
    let sender = boxes(fields, "sender").into_iter().next();
    let is_other = |sender: &Mailbox| {
        from.as_ref().is_none_or(|from| !from.address.eq_ignore_ascii_case(&sender.address))
    };
    out.sender = sender.filter(is_other);
    if from.is_none() {
        out.defects.push("it does not say who it is from".into());
    }
    out.date = date(fields, &mut out.defects);
    out.mail = Mail {
        message_id: message_id(raw, fields, &mut out.defects),
        in_reply_to: all_ids(fields, "in-reply-to"),
        references: all_ids(fields, "references"),
        subject: subject(fields),
        from,
        reply_to: boxes(fields, "reply-to"),
        to: boxes(fields, "to"),
        cc: boxes(fields, "cc"),
        bcc: boxes(fields, "bcc"),
        ..Mail::default()
    };
    for name in KEPT {
        for value in fields.all(name) {
            let value = tidy(&words::decode(at_most(value, VALUE)));
            out.headers.push(((*name).to_owned(), value));
        }
    }
}

/// The subject, decoded, on one line.
pub(super) fn subject(fields: &Fields) -> String {
    let subject = tidy(&words::decode(fields.get("subject").unwrap_or_default()));
    at_most(&subject, SUBJECT).trim_end().to_owned()
}

/// The id of a mail, without brackets. One that has none gets one that is the same each time.
fn message_id(raw: &[u8], fields: &Fields, defects: &mut Vec<String>) -> String {
    if let Some(id) = named_id(fields) {
        return id;
    }
    defects.push("it has no Message-ID: one was made up".into());
    let mut id = String::with_capacity(48);
    for byte in Sha256::digest(raw).iter().take(16) {
        // Writing to a String cannot fail.
        let _ = write!(id, "{byte:02x}");
    }
    id.push_str("@missing.invalid");
    id
}

/// The id that a head names.
pub(super) fn named_id(fields: &Fields) -> Option<String> {
    let value = fields.get("message-id")?;
    // Neither brackets nor an @: it names the mail all the same.
    let bare = || {
        Some(tidy(value))
            .filter(|word| !word.is_empty() && !word.contains([' ', '<', '>']) && word.len() < 250)
    };
    ids::read(value).into_iter().next().or_else(bare)
}

/// All ids of a header, each once, in order.
pub(super) fn all_ids(fields: &Fields, name: &str) -> Vec<String> {
    let mut values = fields.all(name);
    let mut out = values.next().map(ids::read).unwrap_or_default();
    for value in values {
        for id in ids::read(value) {
            if out.len() < 200 && !out.contains(&id) {
                out.push(id);
            }
        }
    }
    out
}

fn boxes(fields: &Fields, name: &str) -> Vec<Mailbox> {
    fields.all(name).flat_map(addresses::read).take(ADDRESSES).collect()
}

/// `Date`, else the newest date at which a server took it in.
fn date(fields: &Fields, defects: &mut Vec<String>) -> Option<Ms> {
    if let Some(date) = fields.all("date").find_map(dates::read) {
        return Some(date);
    }
    let is_there = fields.get("date").is_some();
    defects.push(if is_there { "its date cannot be read" } else { "it has no date" }.into());
    fields.all("received").take(STATIONS).filter_map(dates::of_received).max()
}

#[cfg(test)]
mod tests {
    use super::super::mime::fields;
    use super::*;

    fn parsed(raw: &str) -> Parsed {
        let mut out = Parsed::default();
        read(raw.as_bytes(), &fields::of_mail(raw.as_bytes()).fields, &mut out);
        out
    }

    #[test]
    fn a_mail_without_an_id_gets_the_same_each_time() {
        let one = parsed("From: a@b.org\n\nx").mail.message_id;
        assert_eq!(one, parsed("From: a@b.org\n\nx").mail.message_id);
        assert_ne!(one, parsed("From: a@b.org\n\ny").mail.message_id);
        assert!(one.ends_with("@missing.invalid") && one.len() == 32 + "@missing.invalid".len(), "{one}");
        assert_eq!(parsed("Message-ID: <>\n\nx").mail.message_id.len(), one.len());
        assert_eq!(parsed("Message-ID: 12345\n\nx").mail.message_id, "12345");
        assert_eq!(parsed("Message-ID:\nMessage-ID: <a@b>\n\nx").mail.message_id, "a@b");
    }

    #[test]
    fn the_date_is_that_of_a_server_where_there_is_none() {
        let raw = "Received: from a; Tue, 1 Dec 2026 10:00:00 +0000\nReceived: from b; Tue, 1 Dec 2026 09:00:00 +0000\n\
                   Date: soon\n\n";
        let read = parsed(raw);
        assert_eq!(read.date, Some(1_796_119_200_000));
        assert!(read.defects.iter().any(|d| d == "its date cannot be read"));
    }

    #[test]
    fn subject_and_sender() {
        let read =
            parsed("From: Ana <a@b.org>\nSender: bob@b.org\nSubject: =?utf-8?Q?a=0D=0ABcc:_x?=\n\ty\n\n");
        assert_eq!(read.mail.subject, "a Bcc: x y");
        assert_eq!(read.sender.map(|s| s.address).as_deref(), Some("bob@b.org"));
        assert_eq!(parsed("From: a@b.org\nSender: A@B.org\n\n").sender, None);
    }
}
