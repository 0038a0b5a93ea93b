//! A far end that behaves as Resend does: the handle, its options and what it did.
//!
//! It takes mails on a loopback port and knows which it has taken before, keeps those that come in to be asked for, and signs what it
//! posts.

mod rest;
pub mod sign;

use crate::domain::clock::{Clock, Ms, SystemClock};
use crate::sandbox::conn;
use crate::sandbox::letter::Letter;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How a world is set up.
#[derive(Clone)]
pub struct ResendOptions {
    /// `re_…`: the login.
    pub api_key: String,
    /// `whsec_…`: it signs webhooks.
    pub webhook_secret: String,
    /// The domain that mails may be from.
    pub domain: String,
    /// Its time.
    pub clock: Arc<dyn Clock>,
}

impl Default for ResendOptions {
    /// A made-up account, where nothing goes wrong and nothing takes time.
    fn default() -> Self {
        ResendOptions {
            api_key: "re_sandbox_key".into(),
            webhook_secret: "whsec_c2FuZGJveCBzZWNyZXQgb2YgcmVzZW5k".into(),
            domain: "example.com".into(),
            clock: Arc::new(SystemClock),
        }
    }
}

/// How one send is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Answer {
    /// As it should be.
    #[default]
    Normal,
    /// Not done: 429 with `Retry-After` in seconds.
    TooMany(u32),
    /// Not done: refused with this status and name.
    Refused(u16, &'static str),
    /// Done, yet answered with 500.
    ErrorAfter,
    /// Done, and the connection is closed without an answer.
    CutAfter,
}

/// How a mail fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Outcome {
    /// The recipient's server takes it.
    #[default]
    Delivered,
    /// And it is opened.
    Opened,
    /// It is taken, and returned later.
    Returned,
    /// It is taken, and reported as spam.
    Complained,
}

/// One mail that was accepted, once however often it was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// Its id.
    pub id: String,
    /// What was asked for.
    pub body: Value,
}

impl Sent {
    /// The addresses in a list, bare.
    pub fn list(&self, list: &str) -> Vec<String> {
        let all = self.body[list].as_array().into_iter().flatten().filter_map(Value::as_str);
        all.map(|one| crate::sandbox::letter::bare(one).to_owned()).collect()
    }

    /// A header that was asked for.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.body["headers"][name].as_str()
    }
}

/// A mail that came in.
struct Kept {
    id: String,
    letter: Letter,
    at: Ms,
}

struct State {
    plans: VecDeque<(Answer, Outcome)>,
    hook: Option<String>,
    sent: Vec<Sent>,
    keys: HashMap<String, (Value, String)>,
    /// Newest last.
    received: Vec<Kept>,
    told: Vec<(Value, Option<u16>)>,
    serial: u64,
}

struct Shared {
    options: ResendOptions,
    base: String,
    client: reqwest::Client,
    state: Mutex<State>,
    changed: watch::Sender<u64>,
    stop: watch::Sender<bool>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh(&self) -> String {
        let mut state = self.state();
        state.serial += 1;
        format!("49a3999c-0ce1-4ea6-ab68-{:012x}", state.serial)
    }

    fn stamp(&self, at: Ms) -> String {
        jiff::Timestamp::from_millisecond(at).map(|at| at.to_string()).unwrap_or_default()
    }

    /// Posts an event, signed.
    async fn tell(&self, kind: &str, data: Value) -> Option<u16> {
        let url = self.state().hook.clone()?;
        let event = json!({"type": kind, "created_at": self.stamp(self.options.clock.now()), "data": data});
        let body = event.to_string();
        let id = format!("msg_{}", self.fresh());
        let time = (self.options.clock.now() / 1000).to_string();
        let signature = sign::signature(&self.options.webhook_secret, &id, &time, &body);
        let request = self.client.post(&url).header("Content-Type", "application/json");
        let request = request
            .header("svix-id", id)
            .header("svix-timestamp", time)
            .header("svix-signature", signature)
            .body(body);
        let answer = request.send().await.ok().map(|answer| answer.status().as_u16());
        self.state().told.push((event, answer));
        self.changed.send_modify(|n| *n = n.wrapping_add(1));
        answer
    }

    /// Leads a mail to its end, and tells of it.
    async fn progress(&self, sent: Sent, outcome: Outcome) {
        let mut tags = serde_json::Map::new();
        for tag in sent.body["tags"].as_array().into_iter().flatten() {
            tags.insert(tag["name"].as_str().unwrap_or_default().to_owned(), tag["value"].clone());
        }
        let data = json!({
            "email_id": sent.id, "from": sent.body["from"], "to": sent.list("to"), "subject": sent.body["subject"],
            "created_at": self.stamp(self.options.clock.now()), "tags": tags,
        });
        self.tell("email.sent", data.clone()).await;
        self.tell("email.delivered", data.clone()).await;
        match outcome {
            Outcome::Delivered => {}
            Outcome::Opened => drop(self.tell("email.opened", data).await),
            Outcome::Complained => drop(self.tell("email.complained", data).await),
            Outcome::Returned => {
                let mut data = data;
                data["bounce"] = json!({
                    "message": "550 5.1.1 unknown user", "subType": "General", "type": "Permanent",
                });
                self.tell("email.bounced", data).await;
            }
        }
    }
}

/// A running far end. It stops when the handle is dropped.
pub struct ResendWorld {
    shared: Arc<Shared>,
}

impl ResendWorld {
    /// Starts the far end on 127.0.0.1. Needs a Tokio runtime, which it keeps using until it is dropped.
    ///
    /// # Errors
    /// When the port cannot be bound or the HTTP client cannot be built.
    pub async fn start(options: ResendOptions) -> io::Result<ResendWorld> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let base = format!("http://{}", listener.local_addr()?);
        let client = crate::sandbox::http::client(Some(Duration::from_secs(15))).map_err(io::Error::other)?;
        let shared = Arc::new(Shared {
            base,
            client,
            state: Mutex::new(State {
                plans: VecDeque::new(),
                hook: None,
                sent: Vec::new(),
                keys: HashMap::new(),
                received: Vec::new(),
                told: Vec::new(),
                serial: 0,
            }),
            changed: watch::Sender::new(0),
            stop: watch::Sender::new(false),
            options,
        });
        let service = rest::routes(shared.clone()).into_make_service_with_connect_info::<conn::Line>();
        let mut stop = shared.stop.subscribe();
        let server =
            axum::serve(conn::CuttableListener(listener), service).with_graceful_shutdown(async move {
                let _ = stop.wait_for(|stop| *stop).await;
            });
        tokio::spawn(async move {
            let _ = server.await;
        });
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

    /// What signs webhooks.
    pub fn webhook_secret(&self) -> &str {
        &self.shared.options.webhook_secret
    }

    /// From now on, events go there.
    pub fn events_to(&self, url: impl Into<String>) {
        self.shared.state().hook = Some(url.into());
    }

    /// Tells how the next unplanned send goes.
    pub fn plan(&self, answer: Answer, outcome: Outcome) {
        self.shared.state().plans.push_back((answer, outcome));
    }

    /// A customer's mail reaches the MX; it is told of, if somebody listens. The status of the answer.
    pub async fn inbound(&self, letter: Letter) -> Option<u16> {
        let id = self.shared.fresh();
        let at = self.shared.options.clock.now();
        let data = rest::described(&self.shared, &id, &letter, at, false);
        self.shared.state().received.push(Kept { id, letter, at });
        self.shared.tell("email.received", data).await
    }

    /// Every mail that was accepted, in order.
    pub fn sent(&self) -> Vec<Sent> {
        self.shared.state().sent.clone()
    }

    /// Every event that was told, with the status of the answer.
    pub fn told(&self) -> Vec<(Value, Option<u16>)> {
        self.shared.state().told.clone()
    }
}

impl Drop for ResendWorld {
    fn drop(&mut self) {
        self.shared.stop.send_replace(true);
    }
}

/// Whether a text is base64.
fn is_coded(text: &str) -> bool {
    !text.is_empty() && STANDARD.decode(text).is_ok()
}
