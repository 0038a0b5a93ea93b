//! A far end that behaves as Amazon SES does, with the topic of SNS and the bucket of S3 that belong to it: the handle, its options and
//! what it did.
//!
//! It checks the signature of every request, takes mails on a loopback port, signs what its topic posts, posts again what is not taken,
//! forgets nothing, and fails on demand.

pub mod bucket;
mod events;
pub mod faults;
pub mod inbound;
pub mod proof;
mod rest;
pub mod topic;

pub use bucket::Object;
pub use faults::{Answer, Outcome, Plan, Told};
pub use inbound::{Inbound, Way};
pub use topic::Push;

use crate::domain::clock::{Clock, Ms, SystemClock};
use crate::sandbox::far::{self, Far};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// How a world is set up.
#[derive(Clone)]
pub struct SesOptions {
    /// Who may ask.
    pub login: proof::Login,
    /// Who may stand in `From`, in lower case.
    pub verified: Vec<String>,
    /// The only configuration set.
    pub configuration_set: String,
    /// The ARN of the topic.
    pub topic: String,
    /// The name of the bucket.
    pub bucket: String,
    /// What names of mails in it begin with.
    pub prefix: String,
    /// Objects in one part of a list.
    pub page: usize,
    /// Whether the account is out of SES's own sandbox.
    pub is_production: bool,
    /// Whether it may send.
    pub is_sending: bool,
    /// Its time.
    pub clock: Arc<dyn Clock>,
}

impl Default for SesOptions {
    /// A made-up account with one verified address, where nothing goes wrong and nothing takes time.
    fn default() -> Self {
        SesOptions {
            login: proof::Login {
                id: "AKIASANDBOX".into(),
                secret: "sandbox/secret".into(),
                session: None,
                region: "eu-west-1".into(),
            },
            verified: vec!["support@example.com".into()],
            configuration_set: "frontdesk".into(),
            topic: "arn:aws:sns:eu-west-1:123456789012:mail".into(),
            bucket: "example-mail".into(),
            prefix: "support/".into(),
            page: 1_000,
            is_production: true,
            is_sending: true,
            clock: Arc::new(SystemClock),
        }
    }
}

/// One mail that was taken: the work was done, whatever the client got to see.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// `MessageId`.
    pub id: String,
    /// What was asked for.
    pub body: Value,
    /// The mail itself.
    pub raw: Vec<u8>,
    /// When (UTC milliseconds).
    pub at: Ms,
}

impl Sent {
    /// Everybody who gets it.
    pub fn recipients(&self) -> Vec<String> {
        let lists = ["ToAddresses", "CcAddresses", "BccAddresses"].iter();
        let people = lists.flat_map(|list| self.body["Destination"][*list].as_array().into_iter().flatten());
        people.filter_map(|one| one.as_str().map(str::to_owned)).collect()
    }

    /// The tags of the mail.
    pub fn tags(&self) -> Vec<(String, String)> {
        let text = |tag: &Value, half: &str| tag[half].as_str().unwrap_or_default().to_owned();
        let all = self.body["EmailTags"].as_array().into_iter().flatten();
        all.map(|tag| (text(tag, "Name"), text(tag, "Value"))).collect()
    }

    /// The `Message-ID` with which it leaves: never the one that it came with.
    pub fn message_id(&self) -> String {
        format!("{}@eu-west-1.amazonses.com", self.id)
    }
}

/// A moment as events tell it.
fn iso(at: Ms) -> String {
    let at = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// A running far end. It stops when the handle is dropped.
pub struct SesWorld {
    shared: Arc<Shared>,
}

struct State {
    plans: faults::Plans,
    /// Where the topic posts to, once that is confirmed.
    hook: Option<String>,
    /// Whom it has asked for that.
    asked: Option<String>,
    /// What confirms it.
    token: Option<String>,
    sent: Vec<Sent>,
    /// Every event that was told, with the status of the answer.
    told: Vec<(Value, Option<u16>)>,
    /// Addresses to which nothing is sent any more.
    suppressed: BTreeSet<String>,
    objects: BTreeMap<String, Object>,
    /// Names of objects, each time that one was read.
    read: Vec<String>,
    certificates: u64,
    serial: u64,
    requests: u64,
}

/// What the handle and the server share.
struct Shared {
    options: SesOptions,
    base: String,
    client: reqwest::Client,
    signer: topic::Signer,
    far: Far<State>,
}

impl Shared {
    /// An id that was not there before, and whose order says nothing.
    fn id(&self) -> String {
        let mut state = self.far.state();
        state.serial += 1;
        format!("{:08x}", state.serial.wrapping_mul(2_654_435_761) & 0xffff_ffff)
    }
}

impl SesWorld {
    /// Starts the far end on 127.0.0.1. Needs a Tokio runtime, which it keeps using until it is dropped.
    ///
    /// # Errors
    /// When the port cannot be bound or the HTTP client cannot be built.
    pub async fn start(options: SesOptions) -> io::Result<SesWorld> {
        let (listener, at) = far::bind(0).await?;
        let client = crate::sandbox::http::client(Some(Duration::from_secs(30))).map_err(io::Error::other)?;
        let signer = topic::Signer::new().ok_or_else(|| io::Error::other("the key of the topic is none"))?;
        let state = State {
            plans: faults::Plans::new(),
            hook: None,
            asked: None,
            token: None,
            sent: Vec::new(),
            told: Vec::new(),
            suppressed: BTreeSet::new(),
            objects: BTreeMap::new(),
            read: Vec::new(),
            certificates: 0,
            serial: 0,
            requests: 0,
        };
        let shared =
            Arc::new(Shared { base: format!("http://{at}"), client, signer, far: Far::new(state), options });
        shared.far.serve(listener, rest::routes(shared.clone()));
        Ok(SesWorld { shared })
    }

    /// `http://127.0.0.1:PORT`, in place of all of AWS.
    pub fn base_url(&self) -> &str {
        &self.shared.base
    }

    /// Has the topic post to `url`, once it is confirmed there. The status of the answer to the question.
    pub async fn subscribe(&self, url: &str) -> Option<u16> {
        let topic = &self.shared.options.topic;
        let id = self.shared.id();
        {
            let mut state = self.shared.far.state();
            state.asked = Some(url.to_owned());
            state.token = Some(format!("token-{id}"));
        }
        let words = format!(
            "You have chosen to subscribe to the topic {topic}.\nTo confirm the subscription, visit the SubscribeURL \
             included in this message."
        );
        let answers = self.shared.publish(url, (&id, "SubscriptionConfirmation"), &words, Push::Signed).await;
        answers.first().copied().flatten()
    }

    /// Whether the topic posts anywhere.
    pub fn is_subscribed(&self) -> bool {
        self.shared.far.state().hook.is_some()
    }

    /// Tells how the next unplanned send goes.
    pub fn plan(&self, plan: impl Into<Plan>) {
        self.shared.far.state().plans.push_back(plan.into());
    }

    /// Publishes a message as it is. The status of each answer.
    pub async fn publish(&self, message: &str, push: Push) -> Vec<Option<u16>> {
        let Some(hook) = self.shared.far.state().hook.clone() else { return Vec::new() };
        self.shared.publish(&hook, (&self.shared.id(), "Notification"), message, push).await
    }

    /// Puts an object into the bucket.
    pub fn put(&self, key: &str, object: Object) {
        self.shared.far.state().objects.insert(key.to_owned(), object);
    }

    /// Takes an object out of the bucket.
    pub fn remove(&self, key: &str) {
        self.shared.far.state().objects.remove(key);
    }

    /// Every mail that was taken, in order, whatever the client got to see of it.
    pub fn sent(&self) -> Vec<Sent> {
        self.shared.far.state().sent.clone()
    }

    /// Every event that was told, in order, with the status of the answer.
    pub fn told(&self) -> Vec<(Value, Option<u16>)> {
        self.shared.far.state().told.clone()
    }

    /// Names of objects, each time that one was read.
    pub fn read(&self) -> Vec<String> {
        self.shared.far.state().read.clone()
    }

    /// How often the certificate was fetched.
    pub fn certificates(&self) -> u64 {
        self.shared.far.state().certificates
    }

    /// How many requests came in.
    pub fn requests(&self) -> u64 {
        self.shared.far.state().requests
    }

    /// Waits until `ready` holds. It has no time limit of its own.
    pub async fn until(&self, mut ready: impl FnMut(&SesWorld) -> bool) {
        self.shared.far.until(|| ready(self)).await;
    }
}

impl Drop for SesWorld {
    fn drop(&mut self) {
        self.shared.far.end();
    }
}
