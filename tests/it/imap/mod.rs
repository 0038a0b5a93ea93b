//! The mailbox: logins, pulling, waiting, marks, sending; against a far end in process. Real servers are in `real`.

mod aliases;
mod discovery;
mod files;
mod large;
mod login;
mod marks;
mod pulling;
mod sending;
mod telling;
mod trouble;
mod unread;
mod waiting;

use frontdesk::domain::account::Channel;
use frontdesk::domain::clock::{ManualClock, Ms};
use frontdesk::domain::event::{ConversationKey, Event, MessageFact};
use frontdesk::domain::ids::{AccountId, ConversationId, OpId};
use frontdesk::domain::mail::{Mail, Mailbox, Manner, Outgoing, message_id};
use frontdesk::domain::op::{Op, OpBody};
use frontdesk::domain::secret::Secret;
use frontdesk::net::http::{Http, HttpOptions};
use frontdesk::provider::imap::Imap;
use frontdesk::provider::imap::connect::Patience;
use frontdesk::provider::{Cursor, Page, Provider, PushContext, Scope, Setup};
use frontdesk::sandbox::mailbox::{MailboxOptions, MailboxWorld};
use std::sync::Arc;
use std::time::Duration;

/// The moment at which the tests play: Fri, 20 Nov 2026 09:15:00 UTC.
pub const NOW: Ms = 1_795_166_100_000;
pub const DAY: Ms = 86_400_000;
pub const OURS: &str = "support@example.test";

/// Long enough for a machine that has much to do.
pub const PATIENT: Patience = Patience {
    connect: Duration::from_secs(20),
    answer: Duration::from_secs(20),
    verdict: Duration::from_secs(20),
    idle: Duration::from_secs(20),
    rest: Duration::from_secs(30),
};

/// Short, for servers that say nothing.
pub const HASTY: Patience = Patience { answer: Duration::from_millis(200), ..PATIENT };

pub fn options() -> MailboxOptions {
    MailboxOptions { clock: Arc::new(ManualClock::new(NOW)), ..MailboxOptions::default() }
}

pub async fn world() -> MailboxWorld {
    MailboxWorld::start(options()).await.unwrap()
}

/// Options of a server that can only what is named.
pub fn old_server(words: &[&'static str]) -> MailboxOptions {
    MailboxOptions { imap: words.to_vec(), ..options() }
}

/// Settings and secrets of that mailbox, in the clear unless told otherwise.
pub fn setup(world: &MailboxWorld, more: &[(&str, &str)]) -> Setup {
    let mut setup = Setup { name: "support".into(), ..Setup::default() };
    let (imap, smtp) = (world.imap().port().to_string(), world.smtp().port().to_string());
    let usual = [
        ("address", OURS),
        ("name", "Example"),
        ("imap_host", "127.0.0.1"),
        ("imap_port", imap.as_str()),
        ("imap_security", "plain"),
        ("smtp_host", "127.0.0.1"),
        ("smtp_port", smtp.as_str()),
        ("smtp_security", "plain"),
    ];
    for (key, value) in usual.iter().chain(more) {
        setup.settings.insert((*key).into(), (*value).into());
    }
    let password = MailboxOptions::default().password;
    setup.secrets.insert("password".into(), Secret::new(password));
    setup
}

pub fn http() -> Http {
    Http::new(HttpOptions::default()).unwrap()
}

pub fn provider(setup: &Setup, patience: Patience) -> Imap {
    Imap::new(setup, &http(), patience).unwrap()
}

/// The mailbox of a world.
pub fn imap(world: &MailboxWorld, more: &[(&str, &str)]) -> Imap {
    provider(&setup(world, more), PATIENT)
}

/// A mail of a customer.
pub fn mail(id: &str, more: &str) -> Vec<u8> {
    format!(
        "From: Dana <dana@example.net>\r\nTo: {OURS}\r\nSubject: Order {id}\r\nMessage-ID: <{id}@example.net>\r\n\
         Date: Fri, 20 Nov 2026 09:14:00 +0000\r\n{more}\r\nHello {id}\r\n"
    )
    .into_bytes()
}

/// A mail of ours, as it lies in the folder of what was sent.
pub fn sent_mail(id: &str, answers: &str) -> Vec<u8> {
    format!(
        "From: Example <{OURS}>\r\nTo: dana@example.net\r\nSubject: Re: Order\r\nMessage-ID: <{id}>\r\n\
         In-Reply-To: <{answers}@example.net>\r\nDate: Fri, 20 Nov 2026 09:14:30 +0000\r\n\r\nOn its way\r\n"
    )
    .into_bytes()
}

pub async fn pull(imap: &Imap, cursor: &Cursor) -> Page {
    imap.pull(cursor.clone(), Scope::Since, NOW).await.unwrap()
}

/// Pulls until there is no more.
pub async fn pull_all(imap: &Imap, cursor: &Cursor) -> (Vec<Event>, Cursor) {
    let (mut events, mut cursor) = (Vec::new(), cursor.clone());
    loop {
        let page = pull(imap, &cursor).await;
        events.extend(page.events);
        cursor = page.cursor;
        if !page.more {
            return (events, cursor);
        }
    }
}

pub fn facts(events: &[Event]) -> Vec<&MessageFact> {
    let mut facts = Vec::new();
    for event in events {
        if let Event::Message(fact) = event {
            facts.push(fact.as_ref());
        }
    }
    facts
}

pub fn ids(events: &[Event]) -> Vec<&str> {
    facts(events).iter().map(|fact| fact.external_id.as_str()).collect()
}

/// A mail to these, as an op.
pub fn op(to: &[&str], text: &str, answers: Option<&str>) -> Op {
    let id = OpId::fresh();
    let to: Vec<Mailbox> = to.iter().map(|to| Mailbox::bare(*to)).collect();
    let outgoing = Outgoing {
        mail: Mail {
            message_id: message_id(id, "example.test"),
            in_reply_to: answers.map(|a| format!("{a}@example.net")).into_iter().collect(),
            references: answers.map(|a| format!("{a}@example.net")).into_iter().collect(),
            subject: "Re: Order".into(),
            from: Some(Mailbox::bare(OURS)),
            to: to.clone(),
            ..Mail::default()
        },
        manner: if answers.is_some() { Manner::Reply } else { Manner::New },
        quoted: None,
        is_html: false,
    };
    Op {
        id,
        account: AccountId(1),
        conversation: ConversationId(1),
        message: None,
        body: OpBody::Send {
            conversation: ConversationKey("mail:x".into()),
            channel: Channel::Email,
            from: OURS.into(),
            to: to.first().map(|to| to.address.clone()).unwrap_or_default(),
            text: text.into(),
            attachments: Vec::new(),
            mail: Some(Box::new(outgoing)),
        },
        created_at: NOW,
        not_before: NOW,
    }
}

pub fn context() -> PushContext {
    PushContext { callback: None, files: Vec::new(), dir: Default::default(), now: NOW }
}
