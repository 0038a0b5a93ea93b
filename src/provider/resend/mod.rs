//! Resend: e-mail over one API.
//!
//! Mail that comes in is pulled ([`pull`], a mail by its own bytes: [`letter`]); a webhook tells that there is some. What became of ours is
//! told by webhooks ([`events`], signed: [`sign`]), and by the list of what was sent ([`sent`]). What is sent goes by one request ([`push`]).

use crate::domain::account::Channel;
use crate::domain::capability::{AttachmentLimits, Capabilities, ChannelCapabilities, Formatting, PushKind};
use crate::domain::clock::Ms;
use crate::domain::event::ConversationFact;
use crate::domain::failure::Failure;
use crate::domain::message::MediaRef;
use crate::domain::op::{Accepted, Op};
use crate::domain::secret::Secret;
use crate::net::http::Http;
use crate::provider::mail::fact;
use crate::provider::mail::passed::Passed;
use crate::provider::{
    Cursor, DedupeKey, Guide, Ingest, Login, Malformed, Media, Page, Provider, PushContext, RawPush, Reject,
    Scope, Setup, Vendor,
};
use futures_util::future::BoxFuture;
use std::time::Duration;

pub mod ask;
pub mod errors;
pub mod events;
pub mod fetch;
pub mod letter;
pub mod place;
pub mod pull;
pub mod push;
pub mod sent;
pub mod settings;
pub mod sign;

/// Sends a second: what a team may ask for unless it was promised more.
const RATE: f64 = 2.0;
/// What the message and the words besides take of a mail's size, bytes.
const ROOM: u64 = 256 * 1024;

/// Resend in the registry.
pub const VENDOR: Vendor = Vendor {
    name: "resend",
    summary: "Resend: e-mail by its API",
    channels: &[Channel::Email],
    settings: settings::SPECS,
    logins: &[&["api_key"]],
    check: |settings| settings::parse(settings).map(|_| ()),
    capabilities: |settings| settings::parse(settings).map(|s| capabilities(&s)).map_err(|w| w.human),
    addresses: |settings| {
        settings::parse(settings).map(|s| vec![(Channel::Email, s.own.from.address)]).unwrap_or_default()
    },
    guide: Guide {
        below: &["events"],
        public: &[
            "Mail in: Emails → Receiving, a domain of yours with the MX record that is shown there (docs/email.md)",
            "So that it is there at once: Webhooks → Add Webhook, {hook}/events, all events of emails",
            "The webhook's Signing Secret (whsec_…) is the secret webhook_secret: unsigned webhooks are refused",
        ],
        private: &[
            "Mail in: Emails → Receiving, a domain of yours with the MX record that is shown there (docs/email.md)",
        ],
        asked: &["Nothing has to reach this machine: mail, and what became of answers, is asked for"],
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
    pub(crate) pace: ask::Pace,
    pub(crate) sends: sent::Sends,
    pub(crate) tries: letter::Tries,
    pub(crate) passed: Passed,
}

impl Resend {
    /// The provider of an account.
    ///
    /// # Errors
    /// [`Failure::Rejected`] if a setting or the webhook's secret is wrong, [`Failure::Auth`] if there is nothing to log in with.
    pub fn new(setup: &Setup, http: &Http) -> Result<Resend, Failure> {
        let settings = settings::parse(&setup.settings).map_err(|w| Failure::rejected(None, w.human))?;
        let secret = |name: &str| {
            let given = setup.secrets.get(name).map(|secret| secret.expose().trim().to_owned());
            given.filter(|secret| !secret.is_empty())
        };
        let api_key = secret("api_key")
            .ok_or_else(|| Failure::Auth { human: "no credentials: api_key is missing".into() })?;
        let webhook_key = match secret("webhook_secret") {
            None => None,
            Some(text) => Some(sign::key(&text).ok_or_else(|| {
                let human = "webhook_secret must be the webhook's Signing Secret as Resend shows it: whsec_ and letters";
                Failure::rejected(None, human)
            })?),
        };
        Ok(Resend {
            name: setup.name.clone(),
            http: http.clone(),
            settings,
            api_key: Secret::new(api_key),
            webhook_key,
            pace: ask::Pace::default(),
            sends: sent::Sends::default(),
            tries: letter::Tries::default(),
            passed: Passed::default(),
        })
    }

    /// Whether a push is to our hook.
    fn is_hook(&self, push: &RawPush) -> Result<(), Reject> {
        let path = push.url.split(['?', '#']).next().unwrap_or_default();
        let below = path.rsplit_once(&format!("/hooks/{}/", self.name)).map(|(_, below)| below);
        match (push.method.as_str(), below) {
            ("POST", Some("events")) => Ok(()),
            _ => Err(Reject::Foreign("Resend's hook ends in /events, and is posted to".into())),
        }
    }

    async fn login(&self) -> Result<Login, Failure> {
        let answer = ask::raw(self, "/emails/receiving", &[("limit", "1")]).await?;
        let who = self.settings.own.from.address.clone();
        let sends_only = answer.status == 401 && errors::complaint(&answer.body).0 == errors::SENDING_ONLY;
        match answer.status {
            200 => Ok(Login { who }),
            // Where nothing is asked for, that is enough.
            _ if sends_only && self.settings.poll.is_none() => Ok(Login { who }),
            // Only a moment to wait for would need the time.
            _ => Err(errors::failure(&answer, Ms::MAX, true)),
        }
    }
}

/// What an account can do.
fn capabilities(settings: &settings::Settings) -> Capabilities {
    // In base64 four bytes carry three; the words need some room as well.
    let most = push::MOST_BYTES / 4 * 3 - ROOM;
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
    Capabilities::messages_only(vec![email], PushKind::Webhook)
}

impl Provider for Resend {
    fn capabilities(&self) -> Capabilities {
        capabilities(&self.settings)
    }

    fn admit(&self, head: &RawPush) -> Result<(), Reject> {
        self.is_hook(head)?;
        sign::look(head)
    }

    fn verify(&self, push: &RawPush) -> Result<DedupeKey, Reject> {
        self.is_hook(push)?;
        let key = self.webhook_key.as_ref().ok_or_else(|| {
            Reject::Signature(
                "it cannot be checked: the account has no webhook_secret (mail is polled all the same)"
                    .into(),
            )
        })?;
        sign::check(push, key).map(|id| DedupeKey(format!("svix:{id}")))
    }

    fn ingest(&self, push: &RawPush) -> Result<Ingest, Malformed> {
        events::ingest(push, &self.settings.own)
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
        Box::pin(fetch::fetch(self, media, cap))
    }

    fn poll_every(&self) -> Option<Duration> {
        self.settings.poll
    }

    fn notice(&self) -> Option<String> {
        self.passed.notice()
    }

    fn rate_per_second(&self) -> Option<f64> {
        Some(RATE)
    }

    fn conversation_with(&self, _: Channel, to: &str) -> Option<ConversationFact> {
        Some(fact::conversation_with(&self.settings.own, to))
    }
}
