//! Amazon SES: e-mail by SNS, S3 and one request.
//!
//! What becomes of mails ([`events`]) and mails that come in ([`inbound`]) are told by SNS: its messages are signed ([`sns`],
//! [`certificates`]), and some ask for something that no push can do ([`errands`]). Mail that SES puts into a bucket is pulled ([`pull`],
//! [`s3`]), so that it works without a public address and no gap stays open. Anybody else who has a whole mail can hand it over. What is
//! sent goes by SendEmail ([`push`]); every request is signed ([`sigv4`]).

use crate::domain::account::Channel;
use crate::domain::capability::{AttachmentLimits, Capabilities, ChannelCapabilities, Formatting, PushKind};
use crate::domain::clock::{Clock, Ms, SystemClock};
use crate::domain::event::ConversationFact;
use crate::domain::failure::Failure;
use crate::domain::message::MediaRef;
use crate::domain::op::{Accepted, Op};
use crate::domain::secret::Secret;
use crate::net::http::{Http, Request, Response};
use crate::provider::mail::fact;
use crate::provider::mail::passed::Passed;
use crate::provider::{
    Cursor, DedupeKey, Guide, Ingest, Login, Malformed, Media, Page, Provider, PushContext, RawPush, Reject,
    Scope, Setup, Vendor,
};
use futures_util::future::BoxFuture;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::time::Duration;
use subtle::ConstantTimeEq;
use tokio::sync::Mutex;
use url::Url;

pub mod certificates;
pub mod errands;
pub mod errors;
pub mod events;
pub mod inbound;
pub mod notices;
pub mod pull;
pub mod push;
pub mod s3;
pub mod settings;
pub mod sigv4;
pub mod sns;

/// The shortest token that opens the hook for whole mails, in bytes.
const SHORTEST_TOKEN: usize = 16;

/// Amazon SES in the registry.
pub const VENDOR: Vendor = Vendor {
    name: "ses",
    summary: "Amazon SES: e-mail by SNS, S3 and SendEmail",
    channels: &[Channel::Email],
    settings: settings::SPECS,
    logins: &[&["access_key_id", "secret_access_key"]],
    check: |settings| settings::parse(settings).map(|_| ()),
    capabilities: |settings| settings::parse(settings).map(|s| capabilities(&s)).map_err(|w| w.human),
    addresses: |settings| {
        settings::parse(settings).map(|s| vec![(Channel::Email, s.own.from.address)]).unwrap_or_default()
    },
    guide: Guide {
        below: &["sns"],
        public: &[
            "What becomes of answers: SES → Configuration sets → Event destinations → SNS: a topic, whose ARN is topic_arn",
            "Subscribe to the topic by HTTPS: {hook}/sns, raw message delivery off; Frontdesk confirms it by itself",
            "Mail in: SES → Email receiving: a rule that delivers to an S3 bucket (bucket, prefix) and tells the same topic",
            "Point the domain's MX record at inbound-smtp.REGION.amazonaws.com; rights and the rest: docs/email.md",
        ],
        private: &[
            "Mail in: SES → Email receiving: a rule that delivers to an S3 bucket; name it with bucket and prefix, and it is looked through",
            "Point the domain's MX record at inbound-smtp.REGION.amazonaws.com; rights and the rest: docs/email.md",
            "What becomes of answers is told by SNS alone, which must reach this machine: set `public_url`, and follow docs/email.md",
        ],
        asked: &[],
    },
    build: |setup, http| Ok(Box::new(Ses::new(setup, http)?)),
};

/// One SES account, seen through one address.
#[derive(Debug)]
pub struct Ses {
    name: String,
    pub(crate) http: Http,
    pub(crate) settings: settings::Settings,
    key: sigv4::AccessKey,
    forward_token: Option<Secret<String>>,
    /// What SNS signs with.
    pub certificates: certificates::Certificates,
    pub(crate) errands: errands::Errands,
    pub(crate) passed: Passed,
    /// What the pull remembers between its pages.
    pub(crate) memory: Mutex<pull::Memory>,
}

/// The hooks of an account.
enum Hook {
    Sns,
    Raw,
}

impl Ses {
    /// The provider of an account.
    ///
    /// # Errors
    /// [`Failure::Rejected`] if a setting is wrong, [`Failure::Auth`] if there is nothing to log in with.
    pub fn new(setup: &Setup, http: &Http) -> Result<Ses, Failure> {
        let settings = settings::parse(&setup.settings).map_err(|w| Failure::rejected(None, w.human))?;
        let secret = |name: &str| {
            let secret = setup.secrets.get(name).map(|secret| secret.expose().trim());
            secret.filter(|secret| !secret.is_empty()).map(|secret| Secret::new(secret.to_owned()))
        };
        let needed = |name: &str| {
            secret(name).ok_or_else(|| Failure::Auth { human: format!("no credentials: {name} is missing") })
        };
        let forward_token = secret("forward_token");
        if forward_token.as_ref().is_some_and(|token| token.expose().len() < SHORTEST_TOKEN) {
            let human =
                format!("forward_token must have at least {SHORTEST_TOKEN} letters, else it can be guessed");
            return Err(Failure::rejected(None, human));
        }
        Ok(Ses {
            name: setup.name.clone(),
            http: http.clone(),
            settings,
            key: sigv4::AccessKey {
                id: needed("access_key_id")?.expose().clone(),
                secret: needed("secret_access_key")?,
                session: secret("session_token"),
            },
            forward_token,
            certificates: certificates::Certificates::default(),
            errands: errands::Errands::default(),
            passed: Passed::default(),
            memory: Mutex::default(),
        })
    }

    /// Which of our hooks was called.
    fn hook(&self, push: &RawPush) -> Result<Hook, Reject> {
        let path = push.url.split(['?', '#']).next().unwrap_or_default();
        let below = path.rsplit_once(&format!("/hooks/{}/", self.name)).map(|(_, below)| below);
        match (push.method.as_str(), below) {
            ("POST", Some("sns")) => Ok(Hook::Sns),
            ("POST", Some("raw")) => Ok(Hook::Raw),
            _ => Err(Reject::Foreign("the hooks of SES end in /sns and /raw, and are posted to".into())),
        }
    }

    /// Whether who hands over a mail has the token.
    fn open(&self, push: &RawPush) -> Result<(), Reject> {
        let wrong = |why: &str| Reject::Signature(why.to_owned());
        let token = self
            .forward_token
            .as_ref()
            .ok_or_else(|| wrong("no mails are handed over: set forward_token"))?;
        let given = push.header("authorization").and_then(|value| value.split_once(' '));
        let given =
            given.filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
        let given = given.ok_or_else(|| wrong("it bears no token"))?;
        // Hashes are of one length, so that nothing can be learnt of that of the token.
        let same = Sha256::digest(given).ct_eq(&Sha256::digest(token.expose()));
        if bool::from(same) { Ok(()) } else { Err(wrong("it bears another token")) }
    }

    /// An address that could be made.
    pub(crate) fn at(&self, url: Option<Url>) -> Result<Url, Failure> {
        url.ok_or_else(|| Failure::rejected(None, "region, bucket and base_url make no address"))
    }

    /// Asks a service of AWS.
    pub(crate) async fn ask(&self, service: &str, request: Request) -> Result<Response, Failure> {
        let target = sigv4::Target { region: &self.settings.region, service };
        self.http.send(sigv4::signed(request, &self.key, target, SystemClock.now())).await
    }

    async fn login(&self) -> Result<Login, Failure> {
        // While nobody can log in, nothing is pulled or watched: what SNS waits for is done all the same.
        errands::run(self).await;
        let answer = self.ask("ses", Request::get(self.at(self.settings.ses("/v2/email/account"))?)).await?;
        if answer.status != 200 {
            // Only a moment to wait for would need the time.
            return Err(errors::failure(&answer, &self.settings, Ms::MAX, true));
        }
        let told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let mut who = self.settings.own.from.address.clone();
        if told["SendingEnabled"] == false {
            who.push_str(" (sending is switched off at Amazon SES)");
        } else if told["ProductionAccessEnabled"] == false {
            who.push_str(" (in SES's sandbox: it sends to verified addresses only, until AWS grants production access)");
        }
        if let Some(bucket) = &self.settings.bucket {
            s3::list(self, &bucket.name, &bucket.prefix, None, Ms::MAX).await?;
        }
        Ok(Login { who })
    }
}

/// What an account can do.
fn capabilities(settings: &settings::Settings) -> Capabilities {
    // In base64, in lines of 76, four bytes and a little carry three; the words need some room as well.
    let files = push::MOST_BYTES / 100 * 72 - 256 * 1024;
    let email = ChannelCapabilities {
        own: settings.own.all(),
        start: true,
        formatting: Formatting::Markdown,
        read_receipts: true,
        attachments: AttachmentLimits {
            bytes: files,
            total: Some(files),
            count: 100,
            ..AttachmentLimits::default()
        },
        ..ChannelCapabilities::text_only(Channel::Email)
    };
    Capabilities::messages_only(vec![email], PushKind::Webhook)
}

impl Provider for Ses {
    fn capabilities(&self) -> Capabilities {
        capabilities(&self.settings)
    }

    fn admit(&self, head: &RawPush) -> Result<(), Reject> {
        match self.hook(head)? {
            Hook::Sns => sns::look(head, &self.settings),
            Hook::Raw => self.open(head),
        }
    }

    fn verify(&self, push: &RawPush) -> Result<DedupeKey, Reject> {
        match self.hook(push)? {
            Hook::Sns => {
                let claim = sns::claim(push, &self.settings)?;
                if let Err(reject) = self.certificates.prove(&claim) {
                    if matches!(reject, Reject::Later(_)) {
                        self.errands.fetch(claim.certificate);
                    }
                    return Err(reject);
                }
                // The same each time that it is sent.
                Ok(DedupeKey(format!("sns:{}", claim.envelope.message_id)))
            }
            Hook::Raw => {
                self.open(push)?;
                Ok(DedupeKey(format!("raw:{}", sigv4::hex(&Sha256::digest(&push.body)))))
            }
        }
    }

    fn ingest(&self, push: &RawPush) -> Result<Ingest, Malformed> {
        match self.hook(push) {
            Ok(Hook::Sns) => notices::ingest(push, &self.settings, &self.errands),
            Ok(Hook::Raw) => inbound::forwarded(push, &self.settings.own),
            Err(reject) => Err(Malformed(reject.to_string())),
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
        Box::pin(pull::fetch(self, media, cap, SystemClock.now()))
    }

    fn poll_every(&self) -> Option<Duration> {
        self.settings.bucket.as_ref()?.poll
    }

    fn notice(&self) -> Option<String> {
        self.passed.notice()
    }

    fn watch<'a>(&'a self) -> Option<BoxFuture<'a, Result<(), Failure>>> {
        if self.settings.topics.is_empty() {
            return None;
        }
        Some(Box::pin(errands::watch(self)))
    }

    fn hook_limit(&self) -> usize {
        s3::LARGEST
    }

    fn conversation_with(&self, _: Channel, to: &str) -> Option<ConversationFact> {
        Some(fact::conversation_with(&self.settings.own, to))
    }
}
