//! Resend: e-mail over webhooks, a list, and one request.
//!
//! Webhooks tell what became of mails of ours ([`events`]), and that one has come in; what it says is then asked for ([`pull`]), and
//! asked for now and then without being told. What is sent goes by [`push`], which can be repeated.

use crate::domain::account::Channel;
use crate::domain::capability::{AttachmentLimits, Capabilities, ChannelCapabilities, Formatting, PushKind};
use crate::domain::clock::Ms;
use crate::domain::contact::Party;
use crate::domain::event::{ConversationFact, ConversationKey};
use crate::domain::failure::Failure;
use crate::domain::message::MediaRef;
use crate::domain::op::{Accepted, Op};
use crate::domain::secret::Secret;
use crate::net::http::Http;
use crate::provider::mail::fact::identity;
use crate::provider::mail::settings::below;
use crate::provider::{
    Cursor, DedupeKey, Guide, Ingest, Login, Malformed, Media, Page, Provider, PushContext, RawPush, Reject,
    Scope, Setup, Vendor,
};
use futures_util::future::BoxFuture;
use tokio::sync::Notify;
use url::Url;

pub mod errors;
pub mod events;
pub mod pull;
pub mod push;
pub mod settings;
pub mod sign;

/// How often the list is read where nothing but webhooks is to ask for it.
const SELDOM: std::time::Duration = std::time::Duration::from_secs(24 * 3_600);

/// Resend in the registry.
pub const VENDOR: Vendor = Vendor {
    name: "resend",
    summary: "Resend: e-mail by webhooks and its Receiving API",
    channels: &[Channel::Email],
    settings: settings::SPECS,
    logins: &[&["api_key"]],
    check: |settings| settings::parse(settings).map(|_| ()),
    capabilities: |settings| settings::parse(settings).map(|s| capabilities(&s)).map_err(|w| w.human),
    addresses: |settings| {
        settings::parse(settings).map(|s| vec![(Channel::Email, s.own.from.address)]).unwrap_or_default()
    },
    guide: Guide {
        public: &[
            "Mail in: Domains → your domain → Receiving, and set the MX record that it shows",
            "Webhooks → Add webhook: {hook}, with all email events; its signing secret is the secret webhook_secret",
        ],
        private: &[
            "Mail in: Domains → your domain → Receiving, and set the MX record that it shows",
            "Frontdesk asks Resend for new mails every `poll_seconds` seconds; what becomes of answers is told by webhook alone: docs/email.md",
        ],
    },
    build: |setup, http| Ok(Box::new(Resend::new(setup, http)?)),
};

/// One Resend account, seen through one address.
#[derive(Debug)]
pub struct Resend {
    name: String,
    pub(crate) http: Http,
    pub(crate) settings: settings::Settings,
    pub(crate) api_key: Secret<String>,
    webhook_key: Option<Secret<Vec<u8>>>,
    /// Told when a webhook says that a mail has come in.
    news: Notify,
}

impl Resend {
    /// The provider of an account.
    ///
    /// # Errors
    /// [`Failure::Rejected`] if a setting is wrong, [`Failure::Auth`] if there is nothing to log in with.
    pub fn new(setup: &Setup, http: &Http) -> Result<Resend, Failure> {
        let settings = settings::parse(&setup.settings).map_err(|w| Failure::rejected(None, w.human))?;
        let secret = |key: &str| {
            let value = setup.secrets.get(key).map(|secret| secret.expose().trim().to_owned());
            value.filter(|value| !value.is_empty()).map(Secret::new)
        };
        let api_key = secret("api_key")
            .ok_or_else(|| Failure::Auth { human: "no credentials: api_key is missing".into() })?;
        let webhook_key = match secret("webhook_secret") {
            None => None,
            Some(shown) => Some(sign::key(shown.expose()).map(Secret::new).ok_or_else(|| Failure::Auth {
                human: "webhook_secret is none of Resend's: it begins with whsec_".into(),
            })?),
        };
        Ok(Resend {
            name: setup.name.clone(),
            http: http.clone(),
            settings,
            api_key,
            webhook_key,
            news: Notify::new(),
        })
    }

    pub(crate) fn url(&self, path: &str) -> Result<Url, Failure> {
        below(&self.settings.base, path).ok_or_else(|| Failure::rejected(None, "base_url makes no address"))
    }

    fn is_hook(&self, push: &RawPush) -> bool {
        let path = push.url.split(['?', '#']).next().unwrap_or_default();
        push.method == "POST" && path.ends_with(&format!("/hooks/{}", self.name))
    }

    async fn login(&self) -> Result<Login, Failure> {
        let mut url = self.url("/emails/receiving")?;
        url.query_pairs_mut().append_pair("limit", "1");
        match pull::get(self, url, Ms::MAX).await {
            Ok(_) => Ok(Login { who: self.settings.own.from.address.clone() }),
            // There is nothing in this request that could be wrong but the key.
            Err(Failure::Rejected { reason, .. }) if reason.code.as_deref() == Some("validation_error") => {
                Err(Failure::Auth { human: reason.human })
            }
            Err(other) => Err(other),
        }
    }
}

/// What an account can do.
fn capabilities(settings: &settings::Settings) -> Capabilities {
    let most = push::MOST_BYTES / 4 * 3 - 256 * 1024;
    let email = ChannelCapabilities {
        own: settings.own.all(),
        start: true,
        formatting: Formatting::Markdown,
        read_receipts: true,
        attachments: AttachmentLimits {
            bytes: most,
            total: Some(most),
            count: 100,
            ..AttachmentLimits::default()
        },
        ..ChannelCapabilities::text_only(Channel::Email)
    };
    let capabilities = Capabilities::messages_only(vec![email], PushKind::Webhook);
    Capabilities { idempotent_send: true, ..capabilities }
}

impl Provider for Resend {
    fn capabilities(&self) -> Capabilities {
        let push = if self.webhook_key.is_some() { PushKind::Webhook } else { PushKind::Poll };
        Capabilities { push, ..capabilities(&self.settings) }
    }

    fn verify(&self, push: &RawPush) -> Result<DedupeKey, Reject> {
        if !self.is_hook(push) {
            return Err(Reject::Foreign("Resend's hook has no further path, and is posted to".into()));
        }
        let Some(key) = &self.webhook_key else {
            return Err(Reject::Signature("no webhook_secret is configured to check it with".into()));
        };
        sign::check(push, key.expose())
    }

    fn ingest(&self, push: &RawPush) -> Result<Ingest, Malformed> {
        let event = events::read(push)?;
        if events::is_received(&event) {
            // What is answered does not depend on it: it only makes the next pull come soon.
            self.news.notify_one();
        }
        Ok(events::ingest(&event, push.received_at))
    }

    fn pull<'a>(&'a self, cursor: Cursor, scope: Scope, now: Ms) -> BoxFuture<'a, Result<Page, Failure>> {
        Box::pin(pull::pull(self, cursor, scope, now))
    }

    fn push<'a>(&'a self, op: &'a Op, ctx: &'a PushContext) -> BoxFuture<'a, Result<Accepted, Failure>> {
        Box::pin(push::push(self, op, ctx))
    }

    fn probe<'a>(&'a self) -> BoxFuture<'a, Result<Login, Failure>> {
        Box::pin(self.login())
    }

    fn fetch<'a>(&'a self, media: &'a MediaRef, cap: u64) -> BoxFuture<'a, Result<Media, Failure>> {
        Box::pin(pull::fetch(self, media, cap))
    }

    fn poll_every(&self) -> Option<std::time::Duration> {
        // Without polling a webhook asks for it, and a day without one is looked through once.
        Some(self.settings.poll.unwrap_or(SELDOM))
    }

    fn watch<'a>(&'a self) -> Option<BoxFuture<'a, Result<(), Failure>>> {
        Some(Box::pin(async {
            self.news.notified().await;
            Ok(())
        }))
    }

    fn conversation_with(&self, _: Channel, to: &str) -> Option<ConversationFact> {
        let ours = self.settings.own.from.address.clone();
        Some(ConversationFact {
            key: ConversationKey(format!("{ours}|{to}")),
            channel: Channel::Email,
            party: Party { identities: vec![identity(to)], name: None, claims: Vec::new() },
            ours,
            theirs: to.to_owned(),
            facets: Vec::new(),
        })
    }
}
