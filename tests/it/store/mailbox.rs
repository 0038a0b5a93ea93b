//! What tests of mails share: an account of e-mail, and mails by example.

use crate::store::kit::*;
use frontdesk::domain::account::Channel;
use frontdesk::domain::capability::{Capabilities, ChannelCapabilities, Formatting, PushKind};
use frontdesk::domain::clock::Ms;
use frontdesk::domain::contact::{Identity, IdentityKind, Party};
use frontdesk::domain::event::{ConversationFact, ConversationKey, Event, MessageFact};
use frontdesk::domain::mail::{Mail, Mailbox};
use frontdesk::domain::message::{Author, Direction};
use frontdesk::domain::op::Mark;
use frontdesk::domain::rev::Rev;
use frontdesk::store::{AccountSpec, Class};

/// Our address.
pub const DESK: &str = "support@example.com";

/// A workspace with one account of e-mail.
pub fn mail_kit(marks: &[Mark]) -> Kit {
    mail_kit_with(marks, false)
}

/// The same, whose mails can be had as they came, or not.
pub fn mail_kit_with(marks: &[Mark], originals: bool) -> Kit {
    let mut kit = Kit::new();
    let channel = ChannelCapabilities {
        start: true,
        originals,
        own: vec![DESK.into(), "help@example.com".into()],
        formatting: Formatting::Markdown,
        ..ChannelCapabilities::text_only(Channel::Email)
    };
    let capabilities = Capabilities {
        marks: marks.to_vec(),
        ..Capabilities::messages_only(vec![channel], PushKind::Stream)
    };
    let spec = AccountSpec {
        name: "mailbox".into(),
        provider: "imap".into(),
        channels: vec![Channel::Email],
        enabled: true,
        capabilities: Some(capabilities),
        from: vec![(Channel::Email, DESK.into())],
    };
    kit.account = kit.store.writer().call(Class::Durable, move |t| t.account_upsert(&spec)).unwrap();
    kit
}

/// A mail of a customer to us.
pub fn mail(id: &str, from: &str, subject: &str) -> Mail {
    Mail {
        message_id: format!("{id}@x.example"),
        subject: subject.into(),
        from: Some(Mailbox::bare(from)),
        to: vec![Mailbox::bare(DESK)],
        ..Mail::default()
    }
}

/// The same, as one of a thread.
pub fn answer_to(names: &[&str], mail: Mail) -> Mail {
    let references: Vec<String> = names.iter().map(|id| format!("{id}@x.example")).collect();
    Mail { in_reply_to: references.last().cloned().into_iter().collect(), references, ..mail }
}

/// A mail as an adapter tells of it; from us, it is outbound.
pub fn mail_fact(mail: Mail, at: Ms, text: &str) -> MessageFact {
    let from = mail.from.clone().unwrap_or_default();
    let direction = if from.address == DESK { Direction::Outbound } else { Direction::Inbound };
    let theirs = match direction {
        Direction::Outbound => mail.to.first().cloned().unwrap_or_default(),
        _ => from.clone(),
    };
    MessageFact {
        conversation: ConversationFact {
            key: ConversationKey(format!("mail:{}", mail.root())),
            channel: Channel::Email,
            party: Party {
                identities: vec![Identity::new(IdentityKind::Email, theirs.address.to_lowercase())],
                name: theirs.name.clone(),
                claims: Vec::new(),
            },
            ours: DESK.into(),
            theirs: theirs.address.clone(),
            facets: Vec::new(),
        },
        external_id: mail.message_id.clone(),
        author: match direction {
            Direction::Outbound => Author::system(),
            _ => Author::contact(Some(from.shown().to_owned())),
        },
        direction,
        mail: Some(Box::new(mail)),
        rev: Rev::at(at),
        ..fact("", "+31600000001", Direction::Inbound, at, text)
    }
}

/// The same as an event.
pub fn mailed(mail: Mail, at: Ms, text: &str) -> Event {
    Event::Message(Box::new(mail_fact(mail, at, text)))
}
