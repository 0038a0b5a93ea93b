//! A far end that behaves as SendGrid does: the handle, its options and what it did.
//!
//! It takes mails on a loopback port, signs what it posts (events, and mails that come in), forgets nothing, and fails on demand.

mod events;
pub mod faults;
pub mod inbound;
mod rest;
pub mod sign;

pub use faults::{Answer, Outcome, Plan, Told};
pub use inbound::Inbound;

use crate::domain::clock::{Clock, Ms, SystemClock};
use crate::sandbox::far::{self, Far};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// How a world is set up.
#[derive(Clone)]
pub struct SendGridOptions {
    /// `SG.…`: the login.
    pub api_key: String,
    /// What the key may do.
    pub scopes: Vec<String>,
    /// Who may stand in `from`.
    pub verified: Vec<String>,
    /// Makes keys repeat.
    pub seed: u64,
    /// Its time.
    pub clock: Arc<dyn Clock>,
}

impl Default for SendGridOptions {
    /// A made-up account with one verified address, where nothing goes wrong and nothing takes time.
    fn default() -> Self {
        SendGridOptions {
            api_key: "SG.sandbox.key".into(),
            scopes: vec!["mail.send".into(), "sender_verification_eligible".into()],
            verified: vec!["support@example.com".into()],
            seed: 1,
            clock: Arc::new(SystemClock),
        }
    }
}

/// What becomes of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Push {
    /// It is made once and signed right.
    #[default]
    Signed,
    /// It is made twice.
    Twice,
    /// It is signed with another key.
    BadSignature,
    /// It has no signature.
    Unsigned,
}

/// One mail that was accepted: the work was done, whatever the client got to see.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// `X-Message-Id`.
    pub id: String,
    /// What was asked for.
    pub body: Value,
    /// When (UTC milliseconds).
    pub at: Ms,
}

impl Sent {
    /// A header that was asked for.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.body["headers"][name].as_str()
    }

    /// The words in one of their forms: `text/plain`, `text/html`.
    pub fn content(&self, kind: &str) -> Option<&str> {
        let all = self.body["content"].as_array()?;
        all.iter().find(|one| one["type"] == kind)?["value"].as_str()
    }

    /// The addresses in `to`, `cc` or `bcc`.
    pub fn list(&self, list: &str) -> Vec<String> {
        let blocks = self.body["personalizations"].as_array().into_iter().flatten();
        let people = blocks.flat_map(|block| block[list].as_array().into_iter().flatten());
        people.filter_map(|one| one["email"].as_str().map(str::to_owned)).collect()
    }

    /// Everybody who gets it.
    pub fn recipients(&self) -> Vec<String> {
        ["to", "cc", "bcc"].iter().flat_map(|list| self.list(list)).collect()
    }

    /// The files: name, media type and content.
    pub fn files(&self) -> Vec<(String, String, Vec<u8>)> {
        let text = |file: &Value, key: &str| file[key].as_str().unwrap_or_default().to_owned();
        let files = self.body["attachments"].as_array().into_iter().flatten();
        files
            .map(|file| {
                let bytes = STANDARD.decode(text(file, "content")).unwrap_or_default();
                (text(file, "filename"), text(file, "type"), bytes)
            })
            .collect()
    }

    fn custom_args(&self) -> Map<String, Value> {
        let blocks = self.body["personalizations"].as_array().into_iter().flatten();
        blocks.filter_map(|block| block["custom_args"].as_object().cloned()).flatten().collect()
    }
}

/// A running far end. It stops when the handle is dropped.
pub struct SendGridWorld {
    shared: Arc<Shared>,
}

struct State {
    plans: faults::Plans,
    events_url: Option<String>,
    sent: Vec<Sent>,
    /// Every event that was told, with the status of the answer.
    told: Vec<(Value, Option<u16>)>,
    /// Addresses to which nothing is sent any more.
    suppressed: BTreeSet<String>,
    serial: u64,
    requests: u64,
}

/// What the handle and the server share.
struct Shared {
    options: SendGridOptions,
    base: String,
    client: reqwest::Client,
    events_key: sign::Key,
    parse_key: sign::Key,
    strange_key: sign::Key,
    far: Far<State>,
}

impl Shared {
    /// Posts a webhook; the status of the answer, or none without one.
    async fn post(&self, url: &str, kind: &str, body: Vec<u8>, key: &sign::Key, push: Push) -> Option<u16> {
        let time = (self.options.clock.now() / 1000).to_string();
        let signature = match push {
            Push::Unsigned => None,
            Push::BadSignature => Some(self.strange_key.sign(&time, &body)),
            Push::Signed | Push::Twice => Some(key.sign(&time, &body)),
        };
        let mut request = self
            .client
            .post(url)
            .header("Content-Type", kind)
            .header("User-Agent", "SendGrid Event API")
            .body(body);
        if let Some(signature) = signature {
            request = request
                .header("X-Twilio-Email-Event-Webhook-Signature", signature)
                .header("X-Twilio-Email-Event-Webhook-Timestamp", time);
        }
        request.send().await.ok().map(|answer| answer.status().as_u16())
    }
}

impl SendGridWorld {
    /// Starts the far end on 127.0.0.1. Needs a Tokio runtime, which it keeps using until it is dropped.
    ///
    /// # Errors
    /// When the port cannot be bound or the HTTP client cannot be built.
    pub async fn start(options: SendGridOptions) -> io::Result<SendGridWorld> {
        let (listener, at) = far::bind(0).await?;
        let client = crate::sandbox::http::client(Some(Duration::from_secs(30))).map_err(io::Error::other)?;
        let key = |purpose: &str| {
            sign::Key::of(options.seed, purpose).ok_or_else(|| io::Error::other("no key of this seed"))
        };
        let shared = Arc::new(Shared {
            base: format!("http://{at}"),
            client,
            events_key: key("events")?,
            parse_key: key("parse")?,
            strange_key: key("strange")?,
            far: Far::new(State {
                plans: faults::Plans::new(),
                events_url: None,
                sent: Vec::new(),
                told: Vec::new(),
                suppressed: BTreeSet::new(),
                serial: 0,
                requests: 0,
            }),
            options,
        });
        shared.far.serve(listener, rest::routes(shared.clone()));
        Ok(SendGridWorld { shared })
    }

    /// `http://127.0.0.1:PORT`, in place of `https://api.sendgrid.com`.
    pub fn base_url(&self) -> &str {
        &self.shared.base
    }

    /// The login.
    pub fn api_key(&self) -> &str {
        &self.shared.options.api_key
    }

    /// The public key of events, as the console shows it.
    pub fn events_key(&self) -> String {
        self.shared.events_key.public()
    }

    /// The public key of the security policy of Inbound Parse.
    pub fn parse_key(&self) -> String {
        self.shared.parse_key.public()
    }

    /// From now on, events go there.
    pub fn events_to(&self, url: impl Into<String>) {
        self.shared.far.state().events_url = Some(url.into());
    }

    /// Tells how the next unplanned send goes.
    pub fn plan(&self, plan: impl Into<Plan>) {
        self.shared.far.state().plans.push_back(plan.into());
    }

    /// Posts a batch of events as they are, signed. The status of the answer.
    pub async fn tell(&self, events: &[Value]) -> Option<u16> {
        self.shared.tell(events).await
    }

    /// Every mail that was accepted, in order, whatever the client got to see of it.
    pub fn sent(&self) -> Vec<Sent> {
        self.shared.far.state().sent.clone()
    }

    /// Every event that was told, in order, with the status of the answer.
    pub fn told(&self) -> Vec<(Value, Option<u16>)> {
        self.shared.far.state().told.clone()
    }

    /// How many requests came in.
    pub fn requests(&self) -> u64 {
        self.shared.far.state().requests
    }

    /// Waits until `ready` holds. It has no time limit of its own.
    pub async fn until(&self, mut ready: impl FnMut(&SendGridWorld) -> bool) {
        self.shared.far.until(|| ready(self)).await;
    }
}

impl Drop for SendGridWorld {
    fn drop(&mut self) {
        self.shared.far.end();
    }
}
