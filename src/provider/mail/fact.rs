//! From a mail that was read to facts: which way it went, in which conversation, with which files. Pure. Whose it is says `whose`.
//!
//! A mail never changes, so of several statements about one the first wins: its revision counts backwards from its arrival. Who sends
//! another mail under a message id that is known cannot put words into the mouth of the first one.

use crate::domain::account::Channel;
use crate::domain::clock::Ms;
use crate::domain::contact::{Identity, IdentityKind, Party};
use crate::domain::delivery::DeliverySource;
use crate::domain::event::{ConversationFact, ConversationKey, DeliveryReport, Event, MessageFact};
use crate::domain::facet::Facet;
use crate::domain::mail::{Automatic, DATE, Mail, Mailbox, op_of};
use crate::domain::message::{AttachmentFact, Author, AuthorKind, Direction, MediaRef, MessageKind};
use crate::domain::rev::{Rev, Stamped};
use crate::provider::mail::bounce;
use crate::provider::mail::own::{Own, folded, token_in_subject};
use crate::provider::mail::whose;
use crate::text::address;
use crate::text::mail::features::feature_line;
use crate::text::mail::parsed::{MailFile, Parsed};
use crate::text::mail::subject;
use serde_json::{Map, Value, json};

/// What stands for words where there are none.
const NO_WORDS: &str = "(no text)";

/// How a mail is to be taken.
pub struct Taken<'a> {
    /// Who we are.
    pub own: &'a Own,
    /// When it reached us, UTC milliseconds: its date cannot be later, and what has none is of then.
    pub arrived: Ms,
    /// It comes in just now: what a customer writes is of the moment in which it reached us. A mail can be under way for days, and the
    /// clocks of its writers are wrong: by its own date it would stand above answers that came before it, and count as answered.
    pub is_new: bool,
    /// To which addresses it was delivered, where that is told besides its head.
    pub envelope_to: &'a [String],
    /// From which address, likewise.
    pub envelope_from: Option<&'a str>,
    /// Whether it is from us where it says so: a check has proved it.
    pub is_proved: bool,
    /// It lay among what was sent: it is from us, also under an address that nobody has told us of.
    pub is_sent: bool,
    /// It counts as seen.
    pub history: bool,
    /// Orders two tellings that arrived in the same moment.
    pub rank: u16,
    /// How we heard.
    pub source: DeliverySource,
    /// How far it is, where it is one of ours.
    pub delivery: Option<DeliveryReport>,
    /// What else was told of it, for the metadata.
    pub more: Map<String, Value>,
    /// Where a file of it can be had; none where its bytes came along.
    pub media: &'a dyn Fn(&MailFile) -> Option<MediaRef>,
}

impl<'a> Taken<'a> {
    /// A mail that has just come in, with its files.
    pub fn now(own: &'a Own, arrived: Ms, source: DeliverySource) -> Taken<'a> {
        Taken {
            own,
            arrived,
            is_new: false,
            envelope_to: &[],
            envelope_from: None,
            is_proved: false,
            is_sent: false,
            history: false,
            rank: 0,
            source,
            delivery: None,
            more: Map::new(),
            media: &|_| None,
        }
    }
}

/// What a mail says: itself, and what it tells of mails of ours.
pub fn events(parsed: &Parsed, taken: Taken<'_>) -> Vec<Event> {
    let told = bounce::events(parsed, taken.arrived, taken.source);
    let mut events = vec![Event::Message(Box::new(message(parsed, taken)))];
    events.extend(told);
    events
}

/// The id under which a mail is known at its account, by its head: that of the fact that [`events`] makes of it.
pub fn external_id(mail: &Mail, inbound: bool) -> String {
    let name = mail.name();
    // Nobody else makes such ids: it is a copy of ours that somebody passes on, or a forgery. It must not change what we wrote.
    if inbound && op_of(&name).is_some() { format!("{name}#in") } else { name }
}

fn message(parsed: &Parsed, taken: Taken<'_>) -> MessageFact {
    let own = taken.own;
    let inbound = !whose::is_from_us(&parsed.mail, &taken);
    let direction = if inbound { Direction::Inbound } else { Direction::Outbound };
    let sent_at = if inbound && taken.is_new { taken.arrived } else { sent_at(parsed.date, taken.arrived) };
    let external_id = external_id(&parsed.mail, inbound);
    let mut mail = parsed.mail.clone();
    mail.token = token(parsed, &taken);
    // A report names the mail that it is about only inside.
    if mail.in_reply_to.is_empty() && mail.references.is_empty() {
        mail.in_reply_to.extend(parsed.bounces.iter().find_map(|b| b.message_id.clone()));
    }
    let customer = if inbound { whose::sender(parsed, &taken) } else { whose::recipient(&mail, &taken) };
    let attachments = files(&parsed.files, taken.media);
    let kind = parsed.kind.unwrap_or(if attachments.is_empty() {
        MessageKind::Text
    } else {
        MessageKind::Attachment
    });
    let base = subject::base(&mail.subject);
    let subject = Stamped { value: Facet::Subject { subject: base }, rev: Rev { at: -sent_at, rank: 0 } };
    let facets = match &subject.value {
        Facet::Subject { subject: words } if !words.is_empty() => vec![subject],
        _ => Vec::new(),
    };
    MessageFact {
        conversation: ConversationFact {
            key: ConversationKey(format!("mail:{}", mail.root())),
            channel: Channel::Email,
            party: party(&customer),
            ours: own.addressed(whose::recipients(&mail, &taken)),
            theirs: kept(&customer.address),
            facets,
        },
        token: if inbound { None } else { op_of(&external_id) },
        external_id,
        direction,
        kind,
        author: author(parsed, inbound),
        text: text(parsed),
        sent_at,
        attachments,
        metadata: metadata(parsed, taken.more),
        mail: Some(Box::new(mail)),
        delivery: taken.delivery.filter(|_| !inbound),
        history: taken.history,
        rev: Rev { at: -taken.arrived, rank: taken.rank },
    }
}

/// When a mail was sent: as it says, unless that cannot be.
pub fn sent_at(date: Option<Ms>, arrived: Ms) -> Ms {
    date.filter(|date| (1..=arrived).contains(date)).unwrap_or(arrived)
}

fn token(parsed: &Parsed, taken: &Taken<'_>) -> Option<String> {
    let by_server =
        parsed.headers.iter().filter(|(name, _)| is_delivered_to(name)).map(|(_, to)| to.as_str());
    let mut all = whose::recipients(&parsed.mail, taken).chain(by_server);
    all.find_map(|to| taken.own.token_in(to)).or_else(|| token_in_subject(&parsed.mail.subject))
}

/// Whether a header says to whom a server has delivered a mail (RFC 9228 and its forerunners).
fn is_delivered_to(name: &str) -> bool {
    matches!(name, "delivered-to" | "x-original-to" | "x-delivered-to" | "envelope-to")
}

fn party(customer: &Mailbox) -> Party {
    let name = customer.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    Party {
        identities: vec![identity(&customer.address)],
        // Some programs repeat the address as the name.
        name: name.filter(|name| !name.eq_ignore_ascii_case(&customer.address)).map(str::to_owned),
        claims: Vec::new(),
        said: None,
    }
}

/// The identity of an address, also of one that is not by the rules.
pub fn identity(address: &str) -> Identity {
    Identity::new(IdentityKind::Email, folded(address).unwrap_or_else(|| address.trim().to_lowercase()))
}

/// The conversation that a mail to an address begins.
pub fn conversation_with(own: &Own, to: &str) -> ConversationFact {
    let ours = own.from.address.clone();
    ConversationFact {
        key: ConversationKey(format!("{ours}|{to}")),
        channel: Channel::Email,
        party: Party { identities: vec![identity(to)], name: None, claims: Vec::new(), said: None },
        ours,
        theirs: to.to_owned(),
        facets: Vec::new(),
    }
}

/// The form of an address to send to.
fn kept(address: &str) -> String {
    address::email(address).map_or_else(|| address.trim().to_owned(), |email| email.kept)
}

fn author(parsed: &Parsed, inbound: bool) -> Author {
    let name = parsed.mail.from.as_ref().map(|from| from.shown().to_owned());
    let kind = match (parsed.mail.automatic, inbound) {
        (Some(Automatic::Bounce | Automatic::Receipt), _) => AuthorKind::System,
        (_, true) => AuthorKind::Contact,
        (Some(_), false) => AuthorKind::System,
        (None, false) => AuthorKind::Agent,
    };
    Author { kind, name, email: None }
}

/// The words; below them what the mail is besides.
fn text(parsed: &Parsed) -> String {
    let words = parsed.text.trim_matches(['\r', '\n']).trim_end();
    let mut text = if words.trim().is_empty() { String::new() } else { words.to_owned() };
    let about: Vec<String> = parsed.features.iter().map(feature_line).collect();
    if !about.is_empty() {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        text.push_str(&about.join("\n"));
    }
    if text.is_empty() { NO_WORDS.to_owned() } else { text }
}

/// The files, those that the HTML shows in their place behind the others.
fn files(files: &[MailFile], media: &dyn Fn(&MailFile) -> Option<MediaRef>) -> Vec<AttachmentFact> {
    let (inline, real): (Vec<_>, Vec<_>) = files.iter().partition(|file| file.is_inline);
    let fact = |(at, file): (usize, &MailFile)| {
        let media = media(file);
        AttachmentFact {
            external_id: file.part.clone(),
            place: u16::try_from(at).ok(),
            name: file.name.clone(),
            mime: file.mime.clone(),
            size: Some(file.bytes.len() as u64),
            caption: None,
            on_demand: media.is_some(),
            media,
            path: None,
        }
    };
    real.into_iter().chain(inline).enumerate().map(fact).collect()
}

/// What explains how it came, and what has no place of its own.
fn metadata(parsed: &Parsed, more: Map<String, Value>) -> Value {
    let mut all = more;
    for (name, value) in &parsed.headers {
        // Of a header that stands several times (Received) the first is the newest.
        all.entry(name.clone()).or_insert_with(|| json!(value));
    }
    if let Some(sender) = &parsed.sender {
        all.insert("sender".into(), json!(sender));
    }
    if let Some(date) = parsed.date {
        all.insert(DATE.into(), json!(date));
    }
    if !parsed.defects.is_empty() {
        all.insert("defects".into(), json!(parsed.defects));
    }
    Value::Object(all)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::ids::OpId;
    use crate::domain::mail::reply_token;
    use crate::text::mail::parsed::Feature;

    pub(in crate::provider::mail) const NOW: Ms = 1_795_166_100_000;

    pub(in crate::provider::mail) fn own() -> Own {
        Own {
            from: Mailbox::named("Example", "support@example.com"),
            also: vec!["hello@example.com".into()],
            reply: Some("support@parse.example.com".into()),
        }
    }

    pub(in crate::provider::mail) fn mail() -> Parsed {
        Parsed {
            mail: Mail {
                message_id: "CAF1x@Mail.Example.NET".into(),
                subject: "Re: AW: Where is my order?".into(),
                from: Some(Mailbox::named("Dana", "Dana@Example.net")),
                to: vec![Mailbox::bare("Hello+x@example.com")],
                ..Mail::default()
            },
            text: "\nHello\n\n".into(),
            date: Some(NOW - 60_000),
            ..Parsed::default()
        }
    }

    pub(in crate::provider::mail) fn told(
        parsed: &Parsed,
        change: impl FnOnce(&mut Taken<'_>),
    ) -> MessageFact {
        let own = own();
        let mut taken = Taken::now(&own, NOW, DeliverySource::Webhook);
        change(&mut taken);
        match events(parsed, taken).into_iter().next() {
            Some(Event::Message(fact)) => *fact,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_mail_of_a_customer() {
        let fact = told(&mail(), |_| ());
        assert_eq!(fact.direction, Direction::Inbound);
        assert_eq!(fact.external_id, "CAF1x@mail.example.net");
        assert_eq!(fact.conversation.key.0, "mail:CAF1x@mail.example.net");
        assert_eq!(fact.conversation.party.identities, [identity("dana@example.net")]);
        assert_eq!(fact.conversation.party.name.as_deref(), Some("Dana"));
        assert_eq!(fact.conversation.theirs, "Dana@example.net", "as it is written to");
        assert_eq!(fact.conversation.ours, "hello@example.com");
        assert_eq!(fact.text, "Hello");
        assert_eq!((fact.sent_at, fact.rev), (NOW - 60_000, Rev { at: -NOW, rank: 0 }));
        let [Stamped { value: Facet::Subject { subject }, rev }] = fact.conversation.facets.as_slice() else {
            panic!("{fact:?}")
        };
        assert_eq!((subject.as_str(), rev.at), ("Where is my order?", 60_000 - NOW));
    }

    #[test]
    fn the_thread_begins_with_the_first_mail_that_is_named() {
        let mut one = mail();
        one.mail.in_reply_to = vec!["b@X".into()];
        assert_eq!(told(&one, |_| ()).conversation.key.0, "mail:b@x");
        one.mail.references = vec!["a@X".into(), "b@X".into()];
        assert_eq!(told(&one, |_| ()).conversation.key.0, "mail:a@x");
    }

    #[test]
    fn dates_that_cannot_be_are_those_of_arrival() {
        assert_eq!(sent_at(Some(NOW + 1), NOW), NOW);
        assert_eq!(sent_at(None, NOW), NOW);
        assert_eq!(sent_at(Some(0), NOW), NOW);
        assert_eq!(sent_at(Some(5), NOW), 5);
    }

    #[test]
    fn what_comes_in_is_of_the_moment_in_which_it_came_and_what_we_sent_of_its_own() {
        let mut one = mail();
        assert_eq!(told(&one, |taken| taken.is_new = true).sent_at, NOW);
        assert_eq!(told(&one, |_| ()).sent_at, NOW - 60_000, "it was there before");
        one.mail.from = Some(Mailbox::bare("hello@example.com"));
        let sent = told(&one, |taken| (taken.is_new, taken.is_sent) = (true, true));
        assert_eq!((sent.direction, sent.sent_at), (Direction::Outbound, NOW - 60_000));
    }

    #[test]
    fn tokens_are_found_in_head_envelope_headers_and_subject() {
        let op = OpId(uuid::Uuid::from_u128(0x0199_0000_0000_7000_8000_1234_5678_9abc));
        let token = Some(reply_token(op));
        let to = own().reply_to(op).unwrap().address;
        let found = |fact: MessageFact| fact.mail.unwrap().token;
        assert_eq!(found(told(&mail(), |_| ())), None);
        let mut one = mail();
        one.mail.cc = vec![Mailbox::bare(to.clone())];
        assert_eq!(found(told(&one, |_| ())), token);
        let envelope = [to.clone()];
        let own = own();
        let taken = Taken { envelope_to: &envelope, ..Taken::now(&own, NOW, DeliverySource::Webhook) };
        let Event::Message(fact) = events(&mail(), taken).remove(0) else { panic!("no message") };
        assert_eq!(found(*fact), token);
        let mut one = mail();
        one.headers = vec![("delivered-to".into(), to)];
        assert_eq!(found(told(&one, |_| ())), token);
        let mut one = mail();
        one.mail.subject = format!("Re: order [#{}]", reply_token(op));
        assert_eq!(found(told(&one, |_| ())), token);
    }

    #[test]
    fn words_are_never_blank_and_features_stand_below_them() {
        let mut one = mail();
        one.features = vec![
            Feature::SmimeSigned,
            Feature::Calendar {
                method: "REQUEST".into(),
                summary: Some("Visit of Dana".into()),
                start: Some("Mon 23 Nov 2026".into()),
                end: None,
                place: Some("Room 1".into()),
            },
        ];
        assert_eq!(
            told(&one, |_| ()).text,
            "Hello\n\nSigned with S/MIME (not checked)\nInvitation: Visit of Dana, Mon 23 Nov 2026, Room 1"
        );
        one.features = vec![Feature::PgpEncrypted];
        one.text = " \n".into();
        assert_eq!(told(&one, |_| ()).text, "Encrypted with OpenPGP: it cannot be read here");
        one.features.clear();
        assert_eq!(told(&one, |_| ()).text, NO_WORDS);
    }

    #[test]
    fn files_come_before_pictures_of_the_html() {
        let mut one = mail();
        let file = |part: &str, is_inline| MailFile {
            part: part.into(),
            is_inline,
            bytes: b"12345".to_vec(),
            ..MailFile::default()
        };
        one.files = vec![file("1.2", true), file("2", false)];
        let fact = told(&one, |_| ());
        assert_eq!(fact.kind, MessageKind::Attachment);
        let parts: Vec<_> = fact.attachments.iter().map(|a| (a.external_id.as_str(), a.size)).collect();
        assert_eq!(parts, [("2", Some(5)), ("1.2", Some(5))]);
        assert!(fact.attachments.iter().all(|a| a.media.is_none() && !a.on_demand));
        let fact = told(&one, |t| t.media = &|file| Some(MediaRef(format!("INBOX/7/{}", file.part))));
        assert_eq!(fact.attachments[0].media, Some(MediaRef("INBOX/7/2".into())));
        assert!(fact.attachments[0].on_demand);
    }
}
