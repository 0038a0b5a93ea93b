//! Web chat: our own channel. Truth is local: what an agent sends is with the visitor's page as soon as it is stored,
//! and what a visitor does comes from the engine's own chat routes. There is no vendor to ask.

use crate::domain::account::Channel;
use crate::domain::capability::{AttachmentLimits, Capabilities, ChannelCapabilities, Formatting, PushKind};
use crate::domain::clock::Ms;
use crate::domain::delivery::{Delivery, DeliverySource};
use crate::domain::event::{DeliveryReport, Event, MessageRef};
use crate::domain::failure::Failure;
use crate::domain::op::{Accepted, Op, OpBody};
use crate::domain::setting::{SettingSpec, WrongSetting};
use crate::provider::{
    Cursor, DedupeKey, Guide, Ingest, Login, Malformed, Page, Provider, PushContext, RawPush, Reject, Scope,
    Setup, Vendor,
};
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use url::Url;

mod map;
pub mod wire;

/// Longest message in characters, in both directions.
pub const MAX_TEXT: usize = 4000;
/// Bytes of one file of an answer.
pub const MAX_FILE: u64 = 20_000_000;
/// Files of one answer.
pub const MAX_FILES: u32 = 10;
/// Messages a minute that one visitor may write, unless the setting says otherwise.
pub const MESSAGES_PER_MINUTE: u32 = 30;

/// The vendor, as the registry knows it.
pub const VENDOR: Vendor = Vendor {
    name: "webchat",
    summary: "a chat page of your own, served by Frontdesk",
    channels: &[Channel::Webchat],
    logins: &[],
    settings: &[
        SettingSpec::text(
            "origins",
            "web sites that may embed the page or call its API, as https://host[:port], separated by commas; default none but the page itself",
        ),
        SettingSpec::text("title", "the heading of the page; default \"Chat with us\""),
        SettingSpec::text("greeting", "the first words a visitor sees; default \"Hello! How can we help?\""),
        SettingSpec::text("agent_name", "the name visitors see for every agent; default each agent's own"),
        SettingSpec::number(
            "messages_per_minute",
            "how many messages one visitor may write in a minute, 1 to 60000; default 30",
        ),
    ],
    check,
    capabilities: |_| Ok(capabilities()),
    addresses: |_| Vec::new(),
    guide: Guide {
        below: &[],
        public: &[
            "Open {page} and write something: it comes in here",
            "Link to it: <a href=\"{page}\">Chat with us</a>",
            "Or embed it: <iframe src=\"{page}\" title=\"Chat with us\"></iframe>, on a site that the setting `origins` names",
        ],
        private: &[
            "Open {page} on this machine and write something: it comes in here",
            "For visitors: put a proxy with TLS before it and set `public_url`: docs/webchat.md",
        ],
        asked: &[],
    },
    build,
};

fn check(settings: &BTreeMap<String, String>) -> Result<(), WrongSetting> {
    for entry in settings.get("origins").map_or("", String::as_str).split(',').map(str::trim) {
        if !entry.is_empty() {
            origin(entry).map_err(|human| WrongSetting::new("origins", human))?;
        }
    }
    messages_per_minute(settings).map_err(|human| WrongSetting::new("messages_per_minute", human))?;
    Ok(())
}

fn build(setup: &Setup, _http: &crate::net::http::Http) -> Result<Box<dyn Provider>, Failure> {
    check(&setup.settings).map_err(|w| Failure::rejected(None, w.human))?;
    Ok(Box::new(Webchat::new(&setup.name)))
}

/// The setting `messages_per_minute`, or its default.
///
/// # Errors
/// What is wrong with it, in words for a person.
pub fn messages_per_minute(settings: &BTreeMap<String, String>) -> Result<u32, String> {
    match settings.get("messages_per_minute") {
        None => Ok(MESSAGES_PER_MINUTE),
        Some(text) => text.trim().parse().ok().filter(|n| (1..=60_000).contains(n)).ok_or_else(|| {
            format!("messages_per_minute is a number from 1 to 60000, and \u{201c}{text}\u{201d} is none")
        }),
    }
}

/// The normal form of one entry of the setting `origins`: scheme, host and port as a browser writes them (RFC 6454).
///
/// # Errors
/// What is wrong with it, in words for a person.
pub fn origin(entry: &str) -> Result<String, String> {
    let wrong =
        |why: &str| format!("origins: \u{201c}{entry}\u{201d} {why}; write it as https://www.example.com");
    let url = Url::parse(entry).map_err(|_| wrong("is no address of a web site"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("is neither http nor https"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err(wrong("says more than scheme, host and port"));
    }
    Ok(url.origin().ascii_serialization())
}

/// One chat page.
#[derive(Debug, Clone)]
pub struct Webchat {
    name: String,
}

impl Webchat {
    /// The adapter of the account `name`.
    pub fn new(name: &str) -> Webchat {
        Webchat { name: name.to_owned() }
    }
}

/// What every chat page can do.
fn capabilities() -> Capabilities {
    let page = ChannelCapabilities {
        max_text: Some(MAX_TEXT),
        typing: true,
        read_receipts: true,
        // The page makes links of addresses, and nothing else of anything.
        formatting: Formatting::Links,
        attachments: AttachmentLimits { bytes: MAX_FILE, count: MAX_FILES, ..AttachmentLimits::default() },
        ..ChannelCapabilities::text_only(Channel::Webchat)
    };
    // Sending changes nothing but our own store, by the op's own id.
    Capabilities { idempotent_send: true, ..Capabilities::messages_only(vec![page], PushKind::Local) }
}

impl Provider for Webchat {
    fn capabilities(&self) -> Capabilities {
        capabilities()
    }

    fn verify(&self, push: &RawPush) -> Result<DedupeKey, Reject> {
        wire::dedupe_key(&self.name, push)
    }

    fn ingest(&self, push: &RawPush) -> Result<Ingest, Malformed> {
        map::ingest(&self.name, push)
    }

    fn pull<'a>(&'a self, _cursor: Cursor, _scope: Scope, _now: Ms) -> BoxFuture<'a, Result<Page, Failure>> {
        Box::pin(async { Err(Failure::Unsupported) })
    }

    fn push<'a>(&'a self, op: &'a Op, ctx: &'a PushContext) -> BoxFuture<'a, Result<Accepted, Failure>> {
        let answer = accept(op, ctx.now);
        Box::pin(async { answer })
    }

    fn probe<'a>(&'a self) -> BoxFuture<'a, Result<Login, Failure>> {
        Box::pin(async { Ok(Login { who: format!("the chat page /chat/{}", self.name) }) })
    }
}

/// What is said is stored, and so it is where the visitor's page reads it.
fn accept(op: &Op, now: Ms) -> Result<Accepted, Failure> {
    match &op.body {
        OpBody::Send { text, .. } => {
            if text.chars().count() > MAX_TEXT {
                return Err(Failure::rejected(None, format!("a message has at most {MAX_TEXT} characters")));
            }
            let report = DeliveryReport {
                state: Delivery::Accepted,
                said: "stored".into(),
                reason: None,
                missed: Vec::new(),
                price: None,
                at: now,
                source: DeliverySource::Engine,
            };
            let message = MessageRef::Token(op.id, Some(wire::outbound_id(op.id)));
            Ok(Accepted::State { events: vec![Event::Delivery { message, report }] })
        }
        // Both are ours alone; nobody has to be told.
        OpBody::Set { .. } | OpBody::Read { .. } | OpBody::Mark { .. } => {
            Ok(Accepted::State { events: Vec::new() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::capability::Ownership;
    use crate::domain::event::ConversationKey;
    use crate::domain::ids::{AccountId, ConversationId, OpId};

    fn settings(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    fn send(text: &str) -> Op {
        Op {
            id: OpId(uuid::Uuid::from_u128(7)),
            account: AccountId(1),
            conversation: ConversationId(1),
            message: None,
            body: OpBody::Send {
                conversation: ConversationKey("v".into()),
                channel: Channel::Webchat,
                from: String::new(),
                to: String::new(),
                text: text.into(),
                attachments: Vec::new(),
                mail: None,
            },
            created_at: 1,
            not_before: 1,
        }
    }

    #[test]
    fn settings_are_checked_in_words() {
        assert_eq!(check(&settings(&[])), Ok(()));
        assert_eq!(check(&settings(&[("origins", "https://a.example, http://localhost:3000,")])), Ok(()));
        for bad in ["example.com", "https://a.example/shop", "ftp://a.example", "https://u@a.example", "*"] {
            let said = check(&settings(&[("origins", bad)])).unwrap_err();
            assert!(said.human.contains(bad) && said.human.contains("https://www.example.com"), "{said}");
        }
        assert!(check(&settings(&[("messages_per_minute", "many")])).is_err());
        assert_eq!(messages_per_minute(&settings(&[("messages_per_minute", "100")])), Ok(100));
    }

    #[test]
    fn an_answer_is_accepted_at_once_and_learns_its_id() {
        let op = send("hello");
        let Accepted::State { events } = accept(&op, 5).unwrap() else { panic!() };
        let [Event::Delivery { message, report }] = events.as_slice() else { panic!() };
        assert_eq!(*message, MessageRef::Token(op.id, Some(format!("a:{}", op.id))));
        assert_eq!((report.state, report.at), (Delivery::Accepted, 5));
        assert!(matches!(accept(&send(&"x".repeat(4001)), 5), Err(Failure::Rejected { .. })));
        assert_eq!(accept(&op, 5), accept(&op, 5), "repeating it is harmless");
    }

    #[test]
    fn it_cannot_start_a_conversation_and_keeps_all_facets_here() {
        let caps = Webchat::new("site").capabilities();
        let channel = caps.on(Channel::Webchat).unwrap();
        assert!(!channel.start && channel.typing && channel.read_receipts);
        assert_eq!((channel.max_text, channel.attachments.count), (Some(4000), 10));
        assert_eq!(caps.status, Ownership::Local);
    }
}
