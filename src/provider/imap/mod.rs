//! Any mailbox, by IMAP and SMTP.
//!
//! Servers are found by the address ([`discover`]), opened step by step ([`connect`]) and spoken to through [`session`]. Mail is pulled,
//! the newest first and then backwards ([`pull`]); news come over a connection that waits for them ([`idle`]). What is sent goes by
//! SMTP ([`smtp`]) and is kept in the folder of what was sent ([`sent`]); what agents do with mail is shown to other programs ([`marks`]).
//!
//! At most three connections to the mailbox are open: one that pulls, one that waits, one for all that is asked in between.

use crate::domain::account::Channel;
use crate::domain::capability::{
    AttachmentLimits, Capabilities, ChannelCapabilities, Formatting, Ownership, PushKind,
};
use crate::domain::clock::Ms;
use crate::domain::event::ConversationFact;
use crate::domain::failure::Failure;
use crate::domain::message::MediaRef;
use crate::domain::op::{Accepted, Op, OpBody};
use crate::net::http::Http;
use crate::net::tls::Trust;
use crate::provider::{
    Cursor, DedupeKey, Guide, Ingest, Login, Malformed, Media, Page, Provider, PushContext, RawPush, Reject,
    Scope, Setup, Vendor,
};
use futures_util::future::BoxFuture;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64};
use std::time::Duration;
use tokio::sync::{Mutex, OnceCell, Semaphore};

pub mod answer;
pub mod autoconfig;
pub mod command;
pub mod connect;
pub mod discover;
pub mod errors;
pub mod fetch;
mod fetched;
pub mod find;
pub mod folders;
mod growing;
mod guard;
pub mod idle;
pub mod keys;
pub mod known;
pub mod lend;
mod mails;
pub mod marks;
pub mod original;
pub mod owed;
pub mod place;
pub mod pull;
pub mod push;
pub mod read;
pub mod sasl;
pub mod sent;
pub mod session;
pub mod settings;
pub mod smtp;
pub mod structure;
pub mod table;
pub mod told;
pub mod wire;

/// All files of one mail together: what most servers take once they are written as text.
const MAX_FILES: u64 = 25_000_000;
/// Files of one mail.
const MAX_COUNT: u32 = 50;
/// Mails that are handed over at once.
const SENDING: usize = 3;
/// How often is asked besides, where the server tells of news by itself.
const SAFETY: Duration = Duration::from_secs(300);

/// The mailbox in the registry.
pub const VENDOR: Vendor = Vendor {
    name: "imap",
    summary: "any mailbox, by IMAP and SMTP",
    channels: &[Channel::Email],
    settings: settings::SPECS,
    logins: &[&["password"], &["token"]],
    check: |settings| settings::parse(settings).map(|_| ()),
    capabilities: |settings| settings::parse(settings).map(|s| capabilities(&s)).map_err(|w| w.human),
    addresses: |settings| {
        let address = settings::parse(settings).map(|s| vec![(Channel::Email, s.address().to_owned())]);
        address.unwrap_or_default()
    },
    guide: Guide { below: &[], public: GUIDE, private: GUIDE, asked: &[] },
    build: |setup, http| Ok(Box::new(Imap::new(setup, http, connect::Patience::default())?)),
};

const GUIDE: &[&str] = &[
    "Nothing to paste: Frontdesk reads the mailbox itself, and is told of new mail at once where the server can",
    "Old mail comes in behind, the newest first; what was read elsewhere counts as read",
    "Large providers want a password made for this program, or a token: docs/email.md",
];

/// One mailbox.
pub struct Imap {
    pub(crate) settings: settings::Settings,
    pub(crate) http: Http,
    pub(crate) patience: connect::Patience,
    pub(crate) keys: keys::Keys,
    /// Where it is; forgotten when nobody answers there.
    pub(crate) found: Mutex<Option<discover::Found>>,
    pub(crate) trust: OnceCell<Trust>,
    /// The connection that pulls.
    pub(crate) pulling: lend::Slot,
    /// The connection that waits for news.
    pub(crate) waiting: lend::Slot,
    /// The connection for all else.
    pub(crate) aside: lend::Slot,
    pub(crate) sending: Semaphore,
    /// Copies of what was sent that are still to be kept.
    pub(crate) owed: owed::Owed,
    /// Which folder is for what; asked again after a new login.
    pub(crate) folders: Mutex<Option<folders::Folders>>,
    /// Where mails are.
    pub(crate) known: known::Known,
    /// What the pull remembers between its pages.
    pub(crate) memory: Mutex<growing::Memory>,
    /// The next number of the inbox when it was last pulled, and its validity: what is beyond is news.
    pub(crate) seen: AtomicU64,
    /// Whether the server tells of news by itself.
    pub(crate) tells: AtomicBool,
    /// What the last pull noticed besides mails.
    pub(crate) noticed: std::sync::Mutex<Option<String>>,
    /// When the account was connected, UTC milliseconds: what came before is history. Known from the first pull on.
    pub(crate) since: AtomicI64,
}

impl Imap {
    /// The provider of an account.
    ///
    /// # Errors
    /// [`Failure::Rejected`] if a setting is wrong, [`Failure::Auth`] if there is nothing to log in with.
    pub fn new(setup: &Setup, http: &Http, patience: connect::Patience) -> Result<Imap, Failure> {
        let settings = settings::parse(&setup.settings).map_err(|w| Failure::rejected(None, w.human))?;
        Ok(Imap {
            keys: keys::Keys::of(setup)?,
            settings,
            http: http.clone(),
            patience,
            found: Mutex::default(),
            trust: OnceCell::new(),
            pulling: Mutex::default(),
            waiting: Mutex::default(),
            aside: Mutex::default(),
            sending: Semaphore::new(SENDING),
            owed: owed::Owed::default(),
            folders: Mutex::default(),
            known: known::Known::default(),
            memory: Mutex::default(),
            seen: AtomicU64::new(0),
            tells: AtomicBool::new(false),
            noticed: std::sync::Mutex::default(),
            since: AtomicI64::new(Ms::MAX),
        })
    }
}

/// What an account with these settings can do.
fn capabilities(settings: &settings::Settings) -> Capabilities {
    let mail = ChannelCapabilities {
        own: settings.own.all(),
        start: true,
        originals: true,
        formatting: Formatting::Markdown,
        attachments: AttachmentLimits {
            bytes: MAX_FILES,
            count: MAX_COUNT,
            total: Some(MAX_FILES),
            ..AttachmentLimits::default()
        },
        ..ChannelCapabilities::text_only(Channel::Email)
    };
    Capabilities {
        marks: settings.marks.clone(),
        read_state: Ownership::Local,
        ..Capabilities::messages_only(vec![mail], PushKind::Stream)
    }
}

impl Provider for Imap {
    fn capabilities(&self) -> Capabilities {
        capabilities(&self.settings)
    }

    fn verify(&self, _push: &RawPush) -> Result<DedupeKey, Reject> {
        Err(Reject::Foreign("a mailbox has no webhooks".into()))
    }

    fn ingest(&self, _push: &RawPush) -> Result<Ingest, Malformed> {
        Err(Malformed("a mailbox has no webhooks".into()))
    }

    fn pull<'a>(&'a self, cursor: Cursor, scope: Scope, now: Ms) -> BoxFuture<'a, Result<Page, Failure>> {
        Box::pin(pull::pull(self, cursor, scope, now))
    }

    fn push<'a>(&'a self, op: &'a Op, ctx: &'a PushContext) -> BoxFuture<'a, Result<Accepted, Failure>> {
        Box::pin(async move {
            match &op.body {
                OpBody::Send { .. } => push::push(self, op, ctx).await,
                OpBody::Mark { messages, mark, on, .. } => marks::mark(self, messages, *mark, *on).await,
                OpBody::Set { .. } | OpBody::Read { .. } => Err(Failure::Unsupported),
            }
        })
    }

    fn probe<'a>(&'a self) -> BoxFuture<'a, Result<Login, Failure>> {
        Box::pin(pull::probe(self))
    }

    fn fetch<'a>(&'a self, media: &'a MediaRef, cap: u64) -> BoxFuture<'a, Result<Media, Failure>> {
        Box::pin(fetch::fetch(self, media, cap))
    }

    fn poll_every(&self) -> Option<Duration> {
        // Told is of the first folder alone.
        let tells = self.tells.load(std::sync::atomic::Ordering::Relaxed) && self.settings.folders.len() == 1;
        Some(if tells { self.settings.poll.max(SAFETY) } else { self.settings.poll })
    }

    fn watch<'a>(&'a self) -> Option<BoxFuture<'a, Result<(), Failure>>> {
        Some(Box::pin(idle::watch(self)))
    }

    fn notice(&self) -> Option<String> {
        let noticed = self.noticed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let all: Vec<String> = noticed.into_iter().chain(self.owed.notice()).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    fn conversation_with(&self, channel: Channel, to: &str) -> Option<ConversationFact> {
        told::conversation_with(self, channel, to)
    }
}
