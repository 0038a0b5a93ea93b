//! A far end that behaves as Resend does: the handle, its options and what it did.
//!
//! It takes mails on a loopback port and keeps idempotency keys, gives each mail a message id of its own, lists what was sent and what came
//! in, signs its webhooks as Svix does, forgets nothing, and fails on demand.

mod events;
pub mod faults;
pub mod inbound;
mod rest;
pub mod sign;

pub use faults::{Answer, Outcome, Plan, Told};
pub use inbound::Inbound;

use crate::domain::clock::{Clock, Ms, SystemClock};
use crate::sandbox::far::{self, Far};
use crate::sandbox::letter::bare;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// How a world is set up.
#[derive(Clone)]
pub struct ResendOptions {
    /// `re_…`: the login.
    pub api_key: String,
    /// Whether the key may only send.
    pub sends_only: bool,
    /// Domains from which mail may be sent.
    pub verified: Vec<String>,
    /// Makes ids and secrets repeat.
    pub seed: u64,
    /// Its time.
    pub clock: Arc<dyn Clock>,
}

impl Default for ResendOptions {
    /// A made-up team with one verified domain, where nothing goes wrong and nothing takes time.
    fn default() -> Self {
        ResendOptions {
            api_key: "re_sandbox_key".into(),
            sends_only: false,
            verified: vec!["example.com".into()],
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
    /// It is signed with another secret.
    BadSignature,
    /// It has no signature.
    Unsigned,
    /// It is signed right, a quarter of an hour ago.
    Stale,
}

/// One mail that was accepted: the work was done, whatever the client got to see.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// Resend's id.
    pub id: String,
    /// The message id that Resend gave it, without brackets.
    pub message_id: String,
    /// The idempotency key.
    pub key: Option<String>,
    /// What was asked for.
    pub body: Value,
    /// When (UTC milliseconds).
    pub at: Ms,
    /// How far it is.
    pub last_event: String,
}

impl Sent {
    /// A header that was asked for.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.body["headers"][name].as_str()
    }

    /// The addresses in `to`, `cc` or `bcc`, without names.
    pub fn list(&self, list: &str) -> Vec<String> {
        let one = |one: &Value| one.as_str().map(|one| bare(one).to_owned());
        match &self.body[list] {
            Value::Array(all) => all.iter().filter_map(one).collect(),
            other => one(other).into_iter().collect(),
        }
    }

    /// The files: name, media type and content.
    pub fn files(&self) -> Vec<(String, String, Vec<u8>)> {
        let text = |file: &Value, key: &str| file[key].as_str().unwrap_or_default().to_owned();
        let files = self.body["attachments"].as_array().into_iter().flatten();
        files
            .map(|file| {
                let bytes = STANDARD.decode(text(file, "content")).unwrap_or_default();
                (text(file, "filename"), text(file, "content_type"), bytes)
            })
            .collect()
    }
}

/// A running far end. It stops when the handle is dropped.
pub struct ResendWorld {
    shared: Arc<Shared>,
}

struct State {
    plans: faults::Plans,
    reads: faults::Reads,
    hook: Option<String>,
    sent: Vec<Sent>,
    received: Vec<inbound::Kept>,
    /// What was asked for with each idempotency key, and the id of the mail.
    keys: BTreeMap<String, (Value, String)>,
    /// Every event that was told, with the status of the answer.
    told: Vec<(Value, Option<u16>)>,
    /// Addresses to which nothing is sent any more.
    suppressed: BTreeSet<String>,
    serial: u64,
    seed: u64,
    /// Method and target of every request.
    requests: Vec<String>,
}

impl State {
    fn next_id(&mut self) -> String {
        self.serial += 1;
        format!("{:08x}-0000-4000-8000-{:012x}", self.seed, self.serial)
    }
}

/// What the handle and the server share.
struct Shared {
    options: ResendOptions,
    base: String,
    client: reqwest::Client,
    key: sign::Key,
    strange_key: sign::Key,
    far: Far<State>,
}

impl Shared {
    /// A moment as Resend writes it.
    fn written(&self, at: Ms) -> String {
        jiff::Timestamp::from_millisecond(at).map(|at| format!("{at:.6}")).unwrap_or_default()
    }

    /// Posts an event. The status of each answer.
    async fn tell(&self, event: &Value, push: Push) -> Vec<Option<u16>> {
        let url = self.far.state().hook.clone();
        let Some(url) = url else { return Vec::new() };
        let id = format!("msg_{}", self.far.state().next_id());
        let times = if push == Push::Twice { 2 } else { 1 };
        let mut answers = Vec::new();
        for _ in 0..times {
            let answer = self.post(&url, &id, event.to_string().into_bytes(), push).await;
            self.far.state().told.push((event.clone(), answer));
            answers.push(answer);
        }
        self.far.bump();
        answers
    }

    async fn post(&self, url: &str, id: &str, body: Vec<u8>, push: Push) -> Option<u16> {
        let now = self.options.clock.now() / 1000;
        let time = if push == Push::Stale { now - 900 } else { now };
        let signature = match push {
            Push::Unsigned => None,
            Push::BadSignature => Some(self.strange_key.sign(id, time, &body)),
            Push::Signed | Push::Twice | Push::Stale => Some(self.key.sign(id, time, &body)),
        };
        let mut request = self
            .client
            .post(url)
            .header("Content-Type", "application/json")
            .header("User-Agent", "Svix-Webhooks/1.62.0")
            .header("svix-id", id)
            .header("svix-timestamp", time)
            .body(body);
        if let Some(signature) = signature {
            request = request.header("svix-signature", signature);
        }
        request.send().await.ok().map(|answer| answer.status().as_u16())
    }
}

impl ResendWorld {
    /// Starts the far end on 127.0.0.1. Needs a Tokio runtime, which it keeps using until it is dropped.
    ///
    /// # Errors
    /// When the port cannot be bound or the HTTP client cannot be built.
    pub async fn start(options: ResendOptions) -> io::Result<ResendWorld> {
        let (listener, at) = far::bind(0).await?;
        let client = crate::sandbox::http::client(Some(Duration::from_secs(30))).map_err(io::Error::other)?;
        let shared = Arc::new(Shared {
            base: format!("http://{at}"),
            client,
            key: sign::Key::of(options.seed, "events"),
            strange_key: sign::Key::of(options.seed, "strange"),
            far: Far::new(State {
                plans: faults::Plans::new(),
                reads: faults::Reads::new(),
                hook: None,
                sent: Vec::new(),
                received: Vec::new(),
                keys: BTreeMap::new(),
                told: Vec::new(),
                suppressed: BTreeSet::new(),
                serial: 0,
                seed: options.seed,
                requests: Vec::new(),
            }),
            options,
        });
        shared.far.serve(listener, rest::routes(shared.clone()));
        Ok(ResendWorld { shared })
    }

    /// `http://127.0.0.1:PORT`, in place of `https://api.resend.com`.
    pub fn base_url(&self) -> &str {
        &self.shared.base
    }

    /// The login.
    pub fn api_key(&self) -> &str {
        &self.shared.options.api_key
    }

    /// The secret of the webhook, as the dashboard shows it.
    pub fn webhook_secret(&self) -> String {
        self.shared.key.shown()
    }

    /// From now on, events go there.
    pub fn events_to(&self, url: impl Into<String>) {
        self.shared.far.state().hook = Some(url.into());
    }

    /// Tells how the next unplanned send goes.
    pub fn plan(&self, plan: impl Into<Plan>) {
        self.shared.far.state().plans.push_back(plan.into());
    }

    /// Tells how the next question is answered whose path and query begin so.
    pub fn plan_read(&self, path: &str, answer: Answer) {
        self.shared.far.state().reads.push_back((path.to_owned(), answer));
    }

    /// Posts an event as it is. The status of each answer.
    pub async fn tell(&self, event: &Value, push: Push) -> Vec<Option<u16>> {
        self.shared.tell(event, push).await
    }

    /// Every mail that was accepted, in order, whatever the client got to see of it.
    pub fn sent(&self) -> Vec<Sent> {
        self.shared.far.state().sent.clone()
    }

    /// Every event that was told, in order, with the status of the answer.
    pub fn told(&self) -> Vec<(Value, Option<u16>)> {
        self.shared.far.state().told.clone()
    }

    /// Method and target of every request since the last time.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.far.state().requests)
    }

    /// Waits until `ready` holds. It has no time limit of its own.
    pub async fn until(&self, mut ready: impl FnMut(&ResendWorld) -> bool) {
        self.shared.far.until(|| ready(self)).await;
    }
}

impl Drop for ResendWorld {
    fn drop(&mut self) {
        self.shared.far.end();
    }
}
