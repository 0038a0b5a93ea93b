//! The trait that every provider implements. Adapters never import one another; `push`, `verify` and `ingest` are all the
//! engine knows of a vendor.

use crate::domain::account::Channel;
use crate::domain::capability::Capabilities;
use crate::domain::clock::Ms;
use crate::domain::event::{ConversationFact, ConversationKey, Event};
use crate::domain::failure::Failure;
use crate::domain::message::MediaRef;
use crate::domain::op::{Accepted, Op};
use crate::domain::secret::Secret;
use crate::domain::setting::{Logins, SettingSpec, WrongSetting};
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

pub mod imap;
pub mod mail;
pub mod resend;
pub mod sendgrid;
pub mod ses;
pub mod twilio;
pub mod webchat;

/// The largest webhook that is read where the provider knows of no larger ones, in bytes.
pub const HOOK_LIMIT: usize = 1024 * 1024;

/// A webhook as it arrived: bytes and headers, unread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawPush {
    /// The method, upper case.
    pub method: String,
    /// The full URL that the vendor called: the configured public base and the raw request target.
    pub url: String,
    /// Header names in lower case with their values, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// When it came, UTC milliseconds.
    pub received_at: Ms,
}

impl RawPush {
    /// The first value of a header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// Names what a push says, so that a replay is recognised before it is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DedupeKey(pub String);

/// A push that is not believed. No detail ever goes back to the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reject {
    /// The signature is missing or wrong.
    #[error("the signature does not match: {0}")]
    Signature(String),
    /// It is not something this hook takes.
    #[error("not a webhook of this provider: {0}")]
    Foreign(String),
    /// It cannot be judged yet: a certificate has to be fetched first. The vendor is asked to come again.
    #[error("it cannot be judged yet: {0}")]
    Later(String),
}

/// A push that is genuine but cannot be understood. It is quarantined, never dropped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

/// What a push says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ingest {
    /// The facts.
    pub events: Vec<Event>,
    /// Files that came with the push itself: kept before the facts are.
    pub files: Vec<Enclosed>,
    /// The push only hints at what a pull will tell: the account is pulled at once.
    pub pull: bool,
}

/// A file that came along, not as a place where it can be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enclosed {
    /// The external id of its message.
    pub message: String,
    /// Its own external id: that of the message's attachment.
    pub attachment: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What the listener answers to a good push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookAnswer {
    /// The status code.
    pub status: u16,
    /// The media type.
    pub content_type: &'static str,
    /// The body.
    pub body: &'static str,
}

/// Where a pull goes on. Opaque to the engine; saved in the transaction of the rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cursor(pub Option<String>);

/// What a pull is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// The newest, for a first sight.
    Recent,
    /// All since the cursor.
    Since,
    /// One message, by the provider's id: to settle a doubt.
    Object(String),
    /// A send whose fate is unknown, by what was sent: to settle a doubt where no id is known.
    Lookup(Box<Op>),
}

/// One page of a pull.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The facts.
    pub events: Vec<Event>,
    /// Where to go on.
    pub cursor: Cursor,
    /// Whether there is more right now.
    pub more: bool,
    /// Which conversations this pull covered completely since it began; accepted ops on these have been caught up with.
    pub covered: Vec<ConversationKey>,
    /// How far reading the history is, where it takes long.
    pub progress: Option<Progress>,
}

/// How far reading the history of an account is, in messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Read.
    pub done: u64,
    /// To be read.
    pub total: u64,
}

/// Who we are at the provider: the answer of a login check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The account's name or address, as the provider calls it.
    pub who: String,
}

/// A fetched file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// Its bytes, within the cap.
    pub bytes: Vec<u8>,
    /// Its media type, as the server says.
    pub mime: Option<String>,
    /// Its name, as the server says.
    pub name: Option<String>,
}

/// Circumstances of one push to the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushContext {
    /// Where the provider can call back, if it can reach us: the full URL of this account's hook.
    pub callback: Option<String>,
    /// Where the provider can fetch the files of the op, in their order; empty where it cannot reach us.
    pub files: Vec<String>,
    /// The workspace's directory, below which the files of the op are kept.
    pub dir: PathBuf,
    /// Now.
    pub now: Ms,
}

/// One vendor, for one account.
pub trait Provider: Send + Sync {
    /// What the account can do.
    fn capabilities(&self) -> Capabilities;

    /// Whether a push may be genuine, by its head alone: its body is empty here, and is read only where this says yes. For providers
    /// that send much, so that nobody else can have us hold it.
    ///
    /// # Errors
    /// [`Reject`] if it is not.
    fn admit(&self, head: &RawPush) -> Result<(), Reject> {
        let _ = head;
        Ok(())
    }

    /// Whether a push is genuine. Constant time in the secret, no side effect.
    ///
    /// # Errors
    /// [`Reject`] if it is not.
    fn verify(&self, push: &RawPush) -> Result<DedupeKey, Reject>;

    /// What a genuine push says. Pure, and independent of secrets: a quarantined push can be read again after an upgrade.
    ///
    /// # Errors
    /// [`Malformed`] if it cannot be understood.
    fn ingest(&self, push: &RawPush) -> Result<Ingest, Malformed>;

    /// What the listener answers once a push is safely stored.
    fn hook_answer(&self, push: &RawPush) -> HookAnswer {
        let _ = push;
        HookAnswer { status: 200, content_type: "text/plain", body: "" }
    }

    /// Asks for news.
    fn pull<'a>(&'a self, cursor: Cursor, scope: Scope, now: Ms) -> BoxFuture<'a, Result<Page, Failure>>;

    /// Does an op.
    fn push<'a>(&'a self, op: &'a Op, ctx: &'a PushContext) -> BoxFuture<'a, Result<Accepted, Failure>>;

    /// Checks the login.
    fn probe<'a>(&'a self) -> BoxFuture<'a, Result<Login, Failure>>;

    /// Fetches a file, at most `cap` bytes of it.
    fn fetch<'a>(&'a self, media: &'a MediaRef, cap: u64) -> BoxFuture<'a, Result<Media, Failure>> {
        let _ = (media, cap);
        Box::pin(async { Err(Failure::Unsupported) })
    }

    /// How often to pull, if polling is wanted.
    fn poll_every(&self) -> Option<std::time::Duration> {
        None
    }

    /// Waits until there is news, where the provider tells of it over a connection that we hold open; then it is pulled.
    /// None where there is no such connection. It is waited for across pulls. An error ends the wait: after a pull it is begun again, ever
    /// later where that happens again and again.
    fn watch<'a>(&'a self) -> Option<BoxFuture<'a, Result<(), Failure>>> {
        None
    }

    /// What whoever looks after the account should know although it works: something besides the messages themselves does not go as it
    /// should. Asked after everything that went well.
    fn notice(&self) -> Option<String> {
        None
    }

    /// The largest webhook that this provider sends, in bytes.
    fn hook_limit(&self) -> usize {
        HOOK_LIMIT
    }

    /// Sends per second that the account allows itself.
    fn rate_per_second(&self) -> Option<f64> {
        None
    }

    /// What a failed op teaches beyond its own fate (a recipient who has opted out). Pure.
    fn learn_from_failure(&self, op: &Op, failure: &Failure, now: Ms) -> Vec<Event> {
        let _ = (op, failure, now);
        Vec::new()
    }

    /// The conversation that a message to an address would belong to, for one that does not exist yet: with the same key that
    /// the customer's answer will carry. None where conversations cannot be started.
    fn conversation_with(&self, channel: Channel, to: &str) -> Option<ConversationFact> {
        let _ = (channel, to);
        None
    }
}

/// What is needed to build an account's provider.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// The account's name.
    pub name: String,
    /// Its settings.
    pub settings: BTreeMap<String, String>,
    /// Its secrets, already resolved. A secret that could not be had is absent.
    pub secrets: BTreeMap<String, Secret<String>>,
    /// Where they can be asked for anew: an access token lives for an hour.
    pub again: Again,
}

/// What resolves a secret of an account by its name.
type Ask = dyn Fn(&str) -> Result<Secret<String>, String> + Send + Sync;

/// Asks for a secret of an account anew. Blocks, as commands and keyrings do; by default there is nobody to ask.
#[derive(Clone, Default)]
pub struct Again(Option<Arc<Ask>>);

impl Again {
    /// Asks so.
    pub fn new(ask: impl Fn(&str) -> Result<Secret<String>, String> + Send + Sync + 'static) -> Again {
        Again(Some(Arc::new(ask)))
    }

    /// The secret of that name as it is now, or why it cannot be had; none where nobody can be asked.
    pub fn ask(&self, name: &str) -> Option<Result<Secret<String>, String>> {
        self.0.as_ref().map(|ask| ask(name))
    }
}

impl std::fmt::Debug for Again {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Again(…)" } else { "Again(nobody)" })
    }
}

/// Makes the provider of an account from its settings and secrets. No network, no file.
pub type Build = fn(&Setup, &crate::net::http::Http) -> Result<Box<dyn Provider>, Failure>;

/// Says, from settings, under which of our addresses a new conversation on each channel is kept.
pub type Addresses = fn(&BTreeMap<String, String>) -> Vec<(Channel, String)>;

/// One vendor as the registry knows it.
pub struct Vendor {
    /// The name used in `channel add`.
    pub name: &'static str,
    /// One line about it.
    pub summary: &'static str,
    /// The media its accounts carry.
    pub channels: &'static [Channel],
    /// What it can be told.
    pub settings: &'static [SettingSpec],
    /// Which of its secrets are enough to log in.
    pub logins: Logins,
    /// Checks settings alone (no secrets, no network) and says which is wrong, in words for a person.
    pub check: fn(&BTreeMap<String, String>) -> Result<(), WrongSetting>,
    /// What an account with these settings can do; needs no secret and no network.
    pub capabilities: fn(&BTreeMap<String, String>) -> Result<Capabilities, String>,
    /// Under which of our addresses a new conversation on each channel is kept: the first half of its key.
    pub addresses: Addresses,
    /// What to do so that messages come in.
    pub guide: Guide,
    /// Builds the provider of an account.
    pub build: Build,
}

/// What to do so that messages come in, step by step. `{hook}` and `{page}` stand for the account's addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guide {
    /// What stands below the account's hook where it is called at several addresses; empty = at the hook itself.
    pub below: &'static [&'static str],
    /// Where a public address is configured.
    pub public: &'static [&'static str],
    /// Where none is.
    pub private: &'static [&'static str],
    /// Before that, unless the setting `poll_seconds` keeps the provider from being asked.
    pub asked: &'static [&'static str],
}

/// Every vendor.
pub const REGISTRY: &[&Vendor] =
    &[&imap::VENDOR, &resend::VENDOR, &sendgrid::VENDOR, &ses::VENDOR, &twilio::VENDOR, &webchat::VENDOR];

/// The vendor of that name.
pub fn vendor(name: &str) -> Option<&'static Vendor> {
    REGISTRY.iter().copied().find(|v| v.name == name)
}
