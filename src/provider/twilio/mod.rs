//! Twilio: SMS and WhatsApp over Programmable Messaging.
//!
//! What arrives comes by webhook (`push`: [`sign`], [`map`]) and by polling the list of messages ([`pull`]), which closes the
//! gaps; which of the two wins is documented in [`map`]. What is sent goes by REST ([`push`]); what became of it comes by
//! status callback, and by the list.

use crate::domain::account::Channel;
use crate::domain::capability::{Capabilities, ChannelCapabilities, Formatting, PushKind};
use crate::domain::clock::Ms;
use crate::domain::event::{ConversationFact, Event};
use crate::domain::failure::Failure;
use crate::domain::ids::OpId;
use crate::domain::message::{AttachmentFact, MediaRef};
use crate::domain::op::{Accepted, Op};
use crate::domain::secret::Secret;
use crate::net::http::{Basic, Http};
use crate::provider::{
    Cursor, DedupeKey, Guide, HookAnswer, Ingest, Login, Malformed, Media, Page, Provider, PushContext,
    RawPush, Reject, Scope, Setup, Vendor,
};
use crate::text::address::vendor_phone;
use futures_util::future::BoxFuture;
use sha2::{Digest, Sha256};
use url::Url;

pub mod address;
pub mod consent;
pub mod content;
pub mod errors;
pub mod files;
pub mod form;
pub mod map;
pub mod media;
pub mod memory;
pub mod pull;
pub mod push;
pub mod settings;
pub mod sign;
pub mod wire;

/// Characters of one text (the vendor's error 21617 above it).
const MAX_TEXT: usize = 1600;
/// How long after the customer's last message WhatsApp takes free text.
const WHATSAPP_WINDOW: Ms = 24 * 3_600_000;
/// An answer that says nothing to the customer.
const EMPTY_TWIML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response></Response>";

/// Twilio in the registry.
pub const VENDOR: Vendor = Vendor {
    name: "twilio",
    summary: "Twilio: SMS and WhatsApp",
    channels: &[Channel::Sms, Channel::Whatsapp],
    settings: settings::SPECS,
    logins: &[&["auth_token"], &["api_key", "api_secret"]],
    check: |settings| settings::parse(settings).map(|_| ()),
    capabilities: |settings| settings::parse(settings).map(|s| capabilities(&s)).map_err(|w| w.human),
    addresses: |settings| settings::parse(settings).map(|s| addresses(&s)).unwrap_or_default(),
    guide: Guide {
        below: &[],
        public: &[
            "SMS: at Twilio, Phone Numbers → your number → Messaging → A message comes in: Webhook, {hook}, HTTP POST",
            "With a messaging service: Messaging → Services → your service → Integration → Send a webhook, the same URL",
            "WhatsApp: Messaging → Senders → WhatsApp senders → your sender → Webhook URL for incoming messages, the same URL",
            "Status callbacks need no setting: each message that is sent names its own",
        ],
        private: &[
            "To have them at once, let Twilio reach this machine (a tunnel, a proxy with TLS), set `public_url`, and paste the webhook URL at Twilio: docs/twilio.md",
        ],
        asked: &["Nothing to paste: Frontdesk asks Twilio for its messages every `poll_seconds` seconds"],
    },
    build: |setup, http| Ok(Box::new(Twilio::new(setup, http)?)),
};

/// One Twilio account, seen through one number or messaging service.
#[derive(Debug)]
pub struct Twilio {
    pub(crate) http: Http,
    pub(crate) settings: settings::Settings,
    pub(crate) auth: Basic,
    tokens: Vec<Secret<String>>,
    shared_key: Option<Secret<String>>,
    /// Files of messages, as once listed.
    pub(crate) files: memory::Memory<Vec<AttachmentFact>>,
    /// Whose message it is: told by an answer, or found.
    pub(crate) sends: memory::Memory<OpId>,
}

impl Twilio {
    /// The provider of an account.
    ///
    /// # Errors
    /// [`Failure::Rejected`] if a setting is wrong, [`Failure::Auth`] if there is nothing to log in with.
    pub fn new(setup: &Setup, http: &Http) -> Result<Twilio, Failure> {
        let settings = settings::parse(&setup.settings).map_err(|w| Failure::rejected(None, w.human))?;
        let secret = |key: &str| setup.secrets.get(key).filter(|s| !s.expose().is_empty()).cloned();
        let token = secret("auth_token");
        let auth = match (secret("api_key"), secret("api_secret"), &token) {
            (Some(key), Some(password), _) => Basic { user: key.expose().clone(), password },
            (_, _, Some(token)) => Basic { user: settings.account_sid.clone(), password: token.clone() },
            _ => {
                let human = "no credentials: auth_token is missing (or api_key with api_secret)".to_owned();
                return Err(Failure::Auth { human });
            }
        };
        let tokens = token.into_iter().chain(secret("auth_token_secondary")).collect();
        let shared_key = secret("webhook_shared_key");
        Ok(Twilio {
            http: http.clone(),
            settings,
            auth,
            tokens,
            shared_key,
            files: memory::Memory::default(),
            sends: memory::Memory::default(),
        })
    }

    /// A resource of our account.
    pub(crate) fn url(&self, resource: &str) -> Result<Url, Failure> {
        self.follow(&format!("/2010-04-01/Accounts/{}/{resource}", self.settings.account_sid))
    }

    /// A path that the vendor gave us, taken verbatim; never to another host.
    pub(crate) fn follow(&self, path: &str) -> Result<Url, Failure> {
        let base = &self.settings.base;
        let url = if path.starts_with('/') {
            Url::parse(&format!("{}{path}", base.as_str().trim_end_matches('/')))
        } else {
            Url::parse(path)
        };
        match url {
            Ok(url) if url.origin() == base.origin() => Ok(url),
            _ => Err(Failure::rejected(None, "Twilio points to a page on another host: not followed")),
        }
    }

    async fn login(&self) -> Result<Login, Failure> {
        let now = Ms::MAX; // Only a Retry-After as a date would need it.
        let url = self.follow(&format!("/2010-04-01/Accounts/{}.json", self.settings.account_sid))?;
        match pull::get::<wire::AccountResource>(self, url, now).await {
            Ok(account) => match account.status.as_deref() {
                Some(status @ ("suspended" | "closed")) => {
                    Err(Failure::Auth { human: format!("the Twilio account is {status}") })
                }
                _ => Ok(Login {
                    who: account.friendly_name.unwrap_or_else(|| self.settings.account_sid.clone()),
                }),
            },
            // A standard API key may do everything but look at its account.
            Err(Failure::Auth { .. }) if self.auth.user != self.settings.account_sid => {
                let mut url = self.url("Messages.json")?;
                url.query_pairs_mut().append_pair("PageSize", "1");
                pull::get::<wire::MessagePage>(self, url, now).await?;
                Ok(Login { who: self.settings.account_sid.clone() })
            }
            Err(other) => Err(other),
        }
    }
}

/// What an account with these settings can do.
fn capabilities(settings: &settings::Settings) -> Capabilities {
    let sms = ChannelCapabilities {
        max_text: Some(MAX_TEXT),
        segments: true,
        start: true,
        attachments: files::mms(settings),
        ..ChannelCapabilities::text_only(Channel::Sms)
    };
    let whatsapp = ChannelCapabilities {
        channel: Channel::Whatsapp,
        segments: false,
        reply_window: Some(WHATSAPP_WINDOW),
        // A conversation begins with the customer, or with a template.
        start: false,
        read_receipts: true,
        formatting: Formatting::Whatsapp,
        attachments: files::whatsapp(),
        ..sms.clone()
    };
    let from = settings.own.from.as_deref();
    let mut channels = Vec::new();
    if !settings.whatsapp_only {
        channels.push(sms);
    }
    if from.is_none_or(|from| vendor_phone(from).is_some()) {
        channels.push(whatsapp);
    }
    Capabilities::messages_only(channels, PushKind::Webhook)
}

/// Under which of our addresses a conversation on each channel is kept.
fn addresses(settings: &settings::Settings) -> Vec<(Channel, String)> {
    capabilities(settings).channels.iter().map(|c| (c.channel, settings.own.side(c.channel, None))).collect()
}

impl Provider for Twilio {
    fn capabilities(&self) -> Capabilities {
        let webhooks = !self.tokens.is_empty() || self.shared_key.is_some();
        let push = if webhooks { PushKind::Webhook } else { PushKind::Poll };
        Capabilities { push, ..capabilities(&self.settings) }
    }

    fn verify(&self, push: &RawPush) -> Result<DedupeKey, Reject> {
        let tokens: Vec<&str> = self.tokens.iter().map(|t| t.expose().as_str()).collect();
        let shared = self.shared_key.as_ref().map(|k| k.expose().as_str());
        sign::check(push, &sign::Keys { tokens: &tokens, shared })?;
        let form = map::parameters(push);
        let key = match (map::sid(&form), map::callback_status(&form)) {
            (Some(sid), Some(word)) => {
                format!("status:{sid}:{word}:{}", form.get("ErrorCode").unwrap_or_default())
            }
            (Some(sid), None) => format!("message:{sid}"),
            (None, _) => {
                let whole = Sha256::new().chain_update(&push.url).chain_update([0]).chain_update(&push.body);
                let hex: String = whole.finalize().iter().map(|b| format!("{b:02x}")).collect();
                format!("other:{hex}")
            }
        };
        Ok(DedupeKey(key))
    }

    fn ingest(&self, push: &RawPush) -> Result<Ingest, Malformed> {
        map::webhook(push, &self.settings.own)
    }

    fn hook_answer(&self, push: &RawPush) -> HookAnswer {
        let form = map::parameters(push);
        if map::callback_status(&form).is_some() || map::token(&push.url).is_some() {
            HookAnswer { status: 204, content_type: "text/plain", body: "" }
        } else {
            HookAnswer { status: 200, content_type: "text/xml", body: EMPTY_TWIML }
        }
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
        Box::pin(media::fetch(self, media, cap))
    }

    fn poll_every(&self) -> Option<std::time::Duration> {
        self.settings.poll
    }

    fn learn_from_failure(&self, op: &Op, failure: &Failure, now: Ms) -> Vec<Event> {
        push::learn_from_failure(op, failure, now)
    }

    fn conversation_with(&self, channel: Channel, to: &str) -> Option<ConversationFact> {
        let ours = self.settings.own.side(channel, None);
        Some(address::conversation(ours, &address::on_channel(channel, to), None, None))
    }
}
