//! SendGrid: e-mail over webhooks and one request.
//!
//! Mails come in by Inbound Parse ([`inbound`]), what became of ours by the Event Webhook ([`events`]); both are signed ([`sign`]) and
//! there is no other way to hear of them: nothing is ever pulled. What is sent goes by Mail Send ([`push`]).

use crate::domain::account::Channel;
use crate::domain::capability::{AttachmentLimits, Capabilities, ChannelCapabilities, Formatting, PushKind};
use crate::domain::clock::Ms;
use crate::domain::event::ConversationFact;
use crate::domain::failure::Failure;
use crate::domain::op::{Accepted, Op};
use crate::domain::secret::Secret;
use crate::net::http::{Http, Request};
use crate::provider::mail::fact;
use crate::provider::mail::settings::below;
use crate::provider::{
    Cursor, DedupeKey, Guide, Ingest, Login, Malformed, Page, Provider, PushContext, RawPush, Reject, Scope,
    Setup, Vendor,
};
use futures_util::future::BoxFuture;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

pub mod errors;
pub mod events;
pub mod form;
pub mod inbound;
pub mod push;
pub mod settings;
pub mod sign;

/// The largest push: a mail of 30 MB, and what is said around its parts.
const LARGEST_PUSH: usize = 34 * 1024 * 1024;
/// The permission that a key needs.
const SCOPE: &str = "mail.send";

/// SendGrid in the registry.
pub const VENDOR: Vendor = Vendor {
    name: "sendgrid",
    summary: "SendGrid: e-mail by Inbound Parse and Mail Send",
    channels: &[Channel::Email],
    settings: settings::SPECS,
    logins: &[&["api_key"]],
    check: |settings| settings::parse(settings).map(|_| ()),
    capabilities: |settings| settings::parse(settings).map(|s| capabilities(&s)).map_err(|w| w.human),
    addresses: |settings| {
        settings::parse(settings).map(|s| vec![(Channel::Email, s.own.from.address)]).unwrap_or_default()
    },
    guide: Guide {
        below: &["parse", "events"],
        public: &[
            "Mail in: Settings → Inbound Parse → Add Host & URL: your domain, {hook}/parse, and tick POST the raw, full MIME message",
            "Point that domain's MX record at mx.sendgrid.net",
            "Have it signed: attach a security policy with a signature to the Parse setting (docs/email.md); unsigned mail is refused",
            "What becomes of answers: Settings → Mail Settings → Event Webhooks: {hook}/events, all deliverability events, Signature Verification on",
        ],
        private: &[
            "SendGrid has no inbox that could be asked: it must reach this machine",
            "Let it (a tunnel, a proxy with TLS), set `public_url`, and follow docs/email.md; sending works without",
        ],
        asked: &[],
    },
    build: |setup, http| Ok(Box::new(SendGrid::new(setup, http)?)),
};

/// One SendGrid account, seen through one address.
#[derive(Debug)]
pub struct SendGrid {
    name: String,
    pub(crate) http: Http,
    pub(crate) settings: settings::Settings,
    pub(crate) api_key: Secret<String>,
}

/// The hooks of an account.
enum Hook {
    Parse,
    Events,
}

impl SendGrid {
    /// The provider of an account.
    ///
    /// # Errors
    /// [`Failure::Rejected`] if a setting is wrong, [`Failure::Auth`] if there is nothing to log in with.
    pub fn new(setup: &Setup, http: &Http) -> Result<SendGrid, Failure> {
        let settings = settings::parse(&setup.settings).map_err(|w| Failure::rejected(None, w.human))?;
        let api_key = setup.secrets.get("api_key").filter(|key| !key.expose().trim().is_empty());
        let api_key =
            api_key.ok_or_else(|| Failure::Auth { human: "no credentials: api_key is missing".into() })?;
        let api_key = Secret::new(api_key.expose().trim().to_owned());
        Ok(SendGrid { name: setup.name.clone(), http: http.clone(), settings, api_key })
    }

    pub(crate) fn url(&self, path: &str) -> Result<Url, Failure> {
        below(&self.settings.base, path).ok_or_else(|| Failure::rejected(None, "base_url makes no address"))
    }

    /// Which of our hooks was called.
    fn hook(&self, push: &RawPush) -> Result<Hook, Reject> {
        let path = push.url.split(['?', '#']).next().unwrap_or_default();
        let below = path.rsplit_once(&format!("/hooks/{}/", self.name)).map(|(_, below)| below);
        match (push.method.as_str(), below) {
            ("POST", Some("parse")) => Ok(Hook::Parse),
            ("POST", Some("events")) => Ok(Hook::Events),
            _ => Err(Reject::Foreign("SendGrid's hooks end in /parse and /events, and are posted to".into())),
        }
    }

    async fn login(&self) -> Result<Login, Failure> {
        let answer = self.http.send(Request::get(self.url("/v3/scopes")?).bearer(&self.api_key)).await?;
        if answer.status != 200 {
            // Only a moment to wait for would need the time.
            return Err(errors::failure(&answer, Ms::MAX, true));
        }
        let told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let may = told["scopes"].as_array().into_iter().flatten().any(|scope| scope == SCOPE);
        if !may {
            let human = "the API key may not send: give it the permission Mail Send (Settings → API Keys)";
            return Err(Failure::Auth { human: human.into() });
        }
        Ok(Login { who: self.settings.own.from.address.clone() })
    }
}

/// What an account can do.
fn capabilities(settings: &settings::Settings) -> Capabilities {
    let email = ChannelCapabilities {
        own: settings.own.all(),
        start: true,
        formatting: Formatting::Markdown,
        read_receipts: true,
        attachments: AttachmentLimits {
            // In base64 four bytes carry three; the words need some room as well.
            bytes: push::MOST_BYTES / 4 * 3 - 256 * 1024,
            total: Some(push::MOST_BYTES / 4 * 3 - 256 * 1024),
            count: 100,
            ..AttachmentLimits::default()
        },
        ..ChannelCapabilities::text_only(Channel::Email)
    };
    Capabilities::messages_only(vec![email], PushKind::Webhook)
}

impl Provider for SendGrid {
    fn capabilities(&self) -> Capabilities {
        capabilities(&self.settings)
    }

    fn admit(&self, head: &RawPush) -> Result<(), Reject> {
        self.hook(head)?;
        sign::look(head)
    }

    fn verify(&self, push: &RawPush) -> Result<DedupeKey, Reject> {
        let (kind, key) = match self.hook(push)? {
            Hook::Parse => ("parse", &self.settings.parse_key),
            Hook::Events => ("events", &self.settings.events_key),
        };
        sign::check(push, key)?;
        // What is repeated in another form is recognised by what it says: message ids, and states that are statements.
        let hex: String = Sha256::digest(&push.body).iter().map(|b| format!("{b:02x}")).collect();
        Ok(DedupeKey(format!("{kind}:{hex}")))
    }

    fn ingest(&self, push: &RawPush) -> Result<Ingest, Malformed> {
        match self.hook(push) {
            Ok(Hook::Parse) => inbound::ingest(push, &self.settings.own),
            Ok(Hook::Events) => events::ingest(push),
            Err(reject) => Err(Malformed(reject.to_string())),
        }
    }

    fn pull<'a>(&'a self, cursor: Cursor, _: Scope, _: Ms) -> BoxFuture<'a, Result<Page, Failure>> {
        // There is nothing to be asked. A send in doubt is settled by its first event, which is pushed for a day: it waits for that.
        Box::pin(async { Ok(Page { cursor, ..Page::default() }) })
    }

    fn push<'a>(&'a self, op: &'a Op, ctx: &'a PushContext) -> BoxFuture<'a, Result<Accepted, Failure>> {
        Box::pin(push::push(self, op, ctx))
    }

    fn probe<'a>(&'a self) -> BoxFuture<'a, Result<Login, Failure>> {
        Box::pin(self.login())
    }

    fn hook_limit(&self) -> usize {
        LARGEST_PUSH
    }

    fn conversation_with(&self, _: Channel, to: &str) -> Option<ConversationFact> {
        Some(fact::conversation_with(&self.settings.own, to))
    }
}
