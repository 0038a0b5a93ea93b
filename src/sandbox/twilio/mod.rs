//! A far end that behaves as Twilio's messaging API does: the handle, its options and what it did.
//!
//! It serves the REST API on a loopback port, calls signed webhooks, forgets nothing, and fails on demand.

mod callbacks;
pub mod faults;
mod inbound;
mod list;
pub mod log;
mod media;
mod rest;
pub mod sign;
mod wire;

pub use faults::{Answer, Callbacks, Faults, Outcome, Plan, Rates};
pub use inbound::{Extra, Hook, HookAnswer, Inbound, Location, Medium, Push};
pub use log::{Direction, Pushed, Record, Requests, Sent, Status};

use crate::domain::clock::{Clock, SystemClock};
use crate::sandbox::far::{self, Far};
use log::State;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, watch};

/// How a world is set up.
#[derive(Clone)]
pub struct TwilioOptions {
    /// `AC…`.
    pub account_sid: String,
    /// The account's auth token: it signs webhooks, and with the account's sid it is a login.
    pub auth_token: String,
    /// API keys (`SK…`, secret) that are logins too.
    pub api_keys: Vec<(String, String)>,
    /// Our senders: `+1555…` for SMS, `whatsapp:+1555…` for WhatsApp.
    pub numbers: Vec<String>,
    /// Makes sids, chance and delays repeat.
    pub seed: u64,
    /// What goes wrong.
    pub faults: Faults,
    /// Multiplies every delay of its own: 1 is as slow as life, 0 is at once.
    pub pace: f64,
    /// No callbacks and no delays: every message counts as delivered when it is accepted. For load.
    pub bare: bool,
    /// The loopback port; 0 takes a free one.
    pub port: u16,
    /// Its time.
    pub clock: Arc<dyn Clock>,
}

impl Default for TwilioOptions {
    /// A made-up account with one number for SMS and WhatsApp, where nothing goes wrong and nothing takes time.
    fn default() -> Self {
        TwilioOptions {
            account_sid: "AC5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e".into(),
            auth_token: "2f1c7a9be4d84f0c9a63d1e5b7a80c46".into(),
            api_keys: Vec::new(),
            numbers: vec!["+15557122661".into(), "whatsapp:+15557122661".into()],
            seed: 1,
            faults: Faults::none(),
            pace: 0.0,
            bare: false,
            port: 0,
            clock: Arc::new(SystemClock),
        }
    }
}

/// A running far end. It stops when the handle is dropped.
pub struct TwilioWorld {
    pub(self) shared: Arc<Shared>,
}

/// What the handle, the server and the callbacks share.
struct Shared {
    options: TwilioOptions,
    base: String,
    client: reqwest::Client,
    far: Far<State>,
    released: watch::Sender<bool>,
    delivered: broadcast::Sender<Sent>,
}

impl Shared {
    fn now(&self) -> crate::domain::clock::Ms {
        self.options.clock.now()
    }

    /// Waits for `natural` times the pace. False when the world ended meanwhile.
    async fn wait(&self, natural: Duration) -> bool {
        let real = natural.mul_f64(self.options.pace.clamp(0.0, 1000.0));
        if real.is_zero() {
            return !self.far.is_over();
        }
        tokio::select! {
            () = tokio::time::sleep(real) => true,
            () = self.far.over() => false,
        }
    }
}

impl TwilioWorld {
    /// Starts the far end on 127.0.0.1. Needs a Tokio runtime, which it keeps using until it is dropped.
    ///
    /// # Errors
    /// When the port cannot be bound or the HTTP client cannot be built.
    pub async fn start(options: TwilioOptions) -> io::Result<TwilioWorld> {
        let (listener, at) = far::bind(options.port).await?;
        // Twilio gives a webhook 15 s in all.
        let client = crate::sandbox::http::client(Some(Duration::from_secs(15))).map_err(io::Error::other)?;
        let shared = Arc::new(Shared {
            base: format!("http://{at}"),
            client,
            far: Far::new(State::new(options.seed, options.faults.clone())),
            released: watch::Sender::new(false),
            delivered: broadcast::Sender::new(1024),
            options,
        });
        shared.far.serve(listener, rest::routes(shared.clone()));
        Ok(TwilioWorld { shared })
    }

    /// `http://127.0.0.1:PORT`, in place of `https://api.twilio.com` and `https://messaging.twilio.com`.
    pub fn base_url(&self) -> &str {
        &self.shared.base
    }

    /// The account's sid.
    pub fn account_sid(&self) -> &str {
        &self.shared.options.account_sid
    }

    /// The account's auth token.
    pub fn auth_token(&self) -> &str {
        &self.shared.options.auth_token
    }

    /// Our senders.
    pub fn numbers(&self) -> &[String] {
        &self.shared.options.numbers
    }

    /// Every message that was accepted from the REST API, in order, whatever the client got to see of it.
    pub fn sent(&self) -> Vec<Sent> {
        self.shared.far.state().sent.clone()
    }

    /// How many messages were accepted from the REST API.
    pub fn sent_count(&self) -> usize {
        self.shared.far.state().sent.len()
    }

    /// The whole message log, oldest first: what a list shows.
    pub fn messages(&self) -> Vec<Record> {
        self.shared.far.state().log.values().cloned().collect()
    }

    /// One line of the log.
    pub fn message(&self, sid: &str) -> Option<Record> {
        self.shared.far.state().record(sid).cloned()
    }

    /// The files of a message as the far end has them: media type and bytes. For a message of ours, what it fetched.
    pub fn files(&self, sid: &str) -> Vec<(String, Vec<u8>)> {
        let state = self.shared.far.state();
        let media = state.media.get(sid).into_iter().flatten();
        media.map(|medium| (medium.content_type.clone(), medium.bytes.clone())).collect()
    }

    /// Every webhook that was made, in order.
    pub fn pushed(&self) -> Vec<Pushed> {
        self.shared.far.state().pushed.clone()
    }

    /// How many requests came in.
    pub fn requests(&self) -> Requests {
        self.shared.far.state().requests
    }

    /// Tells how the next unplanned send goes.
    pub fn plan_send(&self, plan: impl Into<Plan>) {
        self.shared.far.state().faults.sends.push_back(plan.into());
    }

    /// Tells how the next unplanned request that reads goes.
    pub fn plan_read(&self, plan: impl Into<Plan>) {
        self.shared.far.state().faults.reads.push_back(plan.into());
    }

    /// From now on, chance has these rates.
    pub fn set_rates(&self, rates: Rates) {
        self.shared.far.state().faults.rates = rates;
    }

    /// Lets all [`Answer::Held`] answers go, now and later.
    pub fn release(&self) {
        self.shared.released.send_replace(true);
    }

    /// Blocks or unblocks a recipient for a sender, as STOP and START do.
    pub fn set_opted_out(&self, customer: &str, number: &str, out: bool) {
        let pair = (customer.to_owned(), number.to_owned());
        let mut state = self.shared.far.state();
        if out {
            state.opted_out.insert(pair);
        } else {
            state.opted_out.remove(&pair);
        }
    }

    /// Ticks whenever something was done.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.shared.far.changed()
    }

    /// Waits until `ready` holds. It has no time limit of its own.
    pub async fn until(&self, mut ready: impl FnMut(&TwilioWorld) -> bool) {
        self.shared.far.until(|| ready(self)).await;
    }

    /// Hears of every message that reached its recipient. Slow listeners lose the oldest beyond 1024.
    pub fn deliveries(&self) -> broadcast::Receiver<Sent> {
        self.shared.delivered.subscribe()
    }
}

impl Drop for TwilioWorld {
    fn drop(&mut self) {
        self.shared.far.end();
    }
}
