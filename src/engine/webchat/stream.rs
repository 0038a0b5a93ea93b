//! The live stream of a visitor's page: a reader of the store that looks again whenever something has changed.
//!
//! It is told *that*, never *what*: what to send is the difference between the store and what the page has. So nothing
//! is lost by a cut, a restart or a missed wake-up. Typing passes through and is not kept.

use super::api::caller;
use super::cursor::{KEEP, Known};
use super::problem::Problem;
use super::streams::Place;
use super::token::Visitor;
use super::view::Names;
use super::{Chat, Shared, frame, history};
use crate::domain::ids::{AccountId, ConversationId};
use crate::domain::signal::Signal;
use crate::store::StoreError;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, sleep_until};

/// A sign of life, so that proxies keep the connection and pages notice a dead one.
const PING: Duration = Duration::from_secs(15);
/// An agent who says no more about typing has stopped.
const TYPING: Duration = Duration::from_secs(6);
/// Shortest time between two looks at the store by one stream.
const BREATH: Duration = Duration::from_millis(20);

/// `GET …/events`.
pub(super) async fn events(
    State(shared): State<Arc<Shared>>,
    Extension(chat): Extension<Chat>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let visitor = caller(&shared, &chat, &headers).await?;
    let place = shared.streams.open(visitor.hash())?;
    let last = headers.get(HeaderName::from_static("last-event-id")).and_then(|v| v.to_str().ok());
    let (changed, signals) = (shared.engine.bus.changed(), shared.engine.bus.signals());
    let names = chat.names(&shared.engine);
    let now = Instant::now();
    let stream = Stream {
        account: chat.account.id,
        name: chat.account.name.clone(),
        names,
        visitor,
        known: last.and_then(Known::decode),
        conversation: None,
        changed,
        signals,
        stop: shared.engine.stop.clone(),
        queue: VecDeque::from([Bytes::from_static(frame::HELLO.as_bytes())]),
        look_at: Some(now),
        typing_until: None,
        ping_at: now + PING,
        shared,
        _place: place,
    };
    let body = Body::from_stream(futures_util::stream::unfold(stream, |mut stream| async move {
        let chunk = stream.next().await?;
        Some((Ok::<_, Infallible>(chunk), stream))
    }));
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // nginx would hold the events back.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

struct Stream {
    shared: Arc<Shared>,
    account: AccountId,
    name: String,
    names: Names,
    visitor: Visitor,
    /// None until the first look, for a page that has nothing.
    known: Option<Known>,
    conversation: Option<ConversationId>,
    changed: watch::Receiver<u64>,
    signals: broadcast::Receiver<Signal>,
    stop: Option<watch::Receiver<bool>>,
    queue: VecDeque<Bytes>,
    /// When to look at the store, if there is a reason to.
    look_at: Option<Instant>,
    typing_until: Option<Instant>,
    ping_at: Instant,
    _place: Place,
}

/// What a stream was woken by.
enum Woken {
    Changed,
    Signal(Signal),
    Look,
    TypingEnds,
    Ping,
    Over,
}

impl Stream {
    /// The next bytes; none when the stream is over and the page has to come back.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(chunk) = self.queue.pop_front() {
                self.ping_at = Instant::now() + PING;
                return Some(chunk);
            }
            match self.wait().await {
                Woken::Changed => {
                    self.look_at.get_or_insert_with(|| Instant::now() + BREATH);
                }
                Woken::Look => {
                    self.look_at = None;
                    if let Err(error) = self.look().await {
                        tracing::warn!(%error, "web chat: a live stream ends");
                        return None;
                    }
                    if !self.still_open() {
                        return None;
                    }
                }
                Woken::Signal(signal) => self.heard(&signal),
                Woken::TypingEnds => self.typing(false, None),
                Woken::Ping => self.queue.push_back(Bytes::from_static(frame::PING.as_bytes())),
                Woken::Over => return None,
            }
        }
    }

    async fn wait(&mut self) -> Woken {
        tokio::select! {
            biased;
            () = stopped(self.stop.as_mut()) => Woken::Over,
            () = until(self.look_at) => Woken::Look,
            changed = self.changed.changed() => match changed {
                Ok(()) => Woken::Changed,
                Err(_) => Woken::Over,
            },
            signal = self.signals.recv() => match signal {
                Ok(signal) => Woken::Signal(signal),
                // Some were missed; the next one will be as true.
                Err(broadcast::error::RecvError::Lagged(_)) => Woken::Signal(Signal::Wake),
                Err(broadcast::error::RecvError::Closed) => Woken::Over,
            },
            () = until(self.typing_until) => Woken::TypingEnds,
            () = sleep_until(self.ping_at) => Woken::Ping,
        }
    }

    /// Whether the chat is still served: a disabled account hangs up.
    fn still_open(&self) -> bool {
        Chat::find(&self.shared.engine.accounts, &self.name).is_ok()
    }

    /// Queues what the page does not have.
    async fn look(&mut self) -> Result<(), StoreError> {
        let (account, visitor, names) = (self.account, self.visitor.clone(), self.names.clone());
        let (known, conversation) = (self.known.clone(), self.conversation);
        let found = self
            .shared
            .readers
            .read(move |reader| {
                let conversation = match conversation {
                    Some(conversation) => conversation,
                    None => match history::conversation(reader, account, &visitor)? {
                        Some(conversation) => conversation,
                        None => return Ok(None),
                    },
                };
                let part = match known {
                    Some(known) => history::since(reader, conversation, known, &names, KEEP)?,
                    None => history::newest(reader, conversation, None, &names, KEEP)?.unwrap_or_default(),
                };
                Ok(Some((conversation, part)))
            })
            .await?;
        let Some((conversation, part)) = found else {
            self.known.get_or_insert_default();
            return Ok(());
        };
        self.conversation = Some(conversation);
        let fresh = self.known.is_none();
        // Each event's id is what the page has with it: so the cursor grows event by event, to the same end.
        let mut known = self.known.take().unwrap_or_else(|| Known::from_floor(part.known.floor()));
        for message in &part.messages {
            known.learn(message.place, message.tick);
            if message.direction == "outbound" && self.typing_until.is_some() {
                self.typing_until = None;
                self.push(&known, "typing", &json!({ "on": false, "name": message.author.name }));
            }
            self.push(&known, "message", &json!(message));
        }
        self.known = Some(known);
        if part.more && !fresh {
            self.look_at = Some(Instant::now());
        }
        Ok(())
    }

    fn push(&mut self, known: &Known, name: &str, data: &serde_json::Value) {
        self.queue.push_back(Bytes::from(frame::event(name, &known.encode(), &data.to_string())));
    }

    fn heard(&mut self, signal: &Signal) {
        if let Signal::AgentTyping { conversation, agent, on } = signal
            && Some(*conversation) == self.conversation
        {
            let name = self.names.agent(Some(agent.as_str())).to_owned();
            self.typing(*on, Some(name));
        }
    }

    fn typing(&mut self, on: bool, name: Option<String>) {
        self.typing_until = on.then(|| Instant::now() + TYPING);
        let known = self.known.clone().unwrap_or_default();
        self.push(&known, "typing", &json!({ "on": on, "name": name }));
    }
}

/// Resolves when the engine ends.
async fn stopped(stop: Option<&mut watch::Receiver<bool>>) {
    match stop {
        // A sender that is gone has ended, too.
        Some(stop) => drop(stop.wait_for(|over| *over).await),
        None => std::future::pending().await,
    }
}

/// Resolves at a moment, or never.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
