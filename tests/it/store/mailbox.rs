//! What tests of mails share: an account of e-mail, and mails by example.

use crate::store::kit::*;
use frontdesk::domain::account::Channel;
use frontdesk::domain::attachment::Written;
use frontdesk::domain::capability::{Capabilities, ChannelCapabilities, Formatting, PushKind};
use frontdesk::domain::clock::Ms;
use frontdesk::domain::command::Action;
use frontdesk::domain::contact::{Identity, IdentityKind, Party};
use frontdesk::domain::event::{ConversationFact, ConversationKey, Event, MessageFact};
use frontdesk::domain::ids::{ConversationId, OpId};
use frontdesk::domain::mail::{Mail, MailHead, Mailbox, Outgoing};
use frontdesk::domain::message::{Author, Direction};
use frontdesk::domain::op::{Mark, OpBody};
use frontdesk::domain::rev::Rev;
use frontdesk::store::{AccountSpec, Class, StoreError};

/// A customer.
pub const ANNA: &str = "anna@customer.example";
/// Another one.
pub const BOB: &str = "bob@customer.example";
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
                said: None,
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

/// All conversations.
pub fn ids(kit: &Kit) -> Vec<ConversationId> {
    kit.reader().conversation_ids().unwrap()
}

/// The words of a thread.
pub fn texts(kit: &Kit, conversation: ConversationId) -> Vec<String> {
    let thread = kit.reader().thread(conversation, None, 100).unwrap();
    thread.into_iter().map(|m| m.text).collect()
}

/// The mail that an op sends.
pub fn sent(kit: &Kit, op: Option<OpId>) -> Outgoing {
    match kit.reader().op(op.unwrap()).unwrap().unwrap().0.body {
        OpBody::Send { mail: Some(mail), .. } => *mail,
        other => panic!("{other:?}"),
    }
}

/// Words with the head of a mail.
pub fn written(text: &str, head: MailHead) -> Written {
    Written { text: text.into(), mail: Some(Box::new(head)), ..Written::default() }
}

/// Answers, and tells the mail that goes out by it.
pub fn reply(kit: &Kit, conversation: ConversationId, head: MailHead) -> Result<Outgoing, StoreError> {
    let text = written("Hello", head);
    let done = kit.try_perform(Action::Reply { conversation, text, undo_ms: 0, at: None })?;
    Ok(sent(kit, done.op))
}

/// The bare addresses.
pub fn addresses(boxes: &[Mailbox]) -> Vec<&str> {
    boxes.iter().map(|b| b.address.as_str()).collect()
}
