//! The visitor's open stream: it reconnects by itself and goes on where it was.

use super::sse::SseParser;
use super::{ChatMessage, Visitor};
use serde::Deserialize;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// What a visitor hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// The stream is open.
    Connected {
        /// The `Last-Event-ID` that was sent; empty for none.
        after: String,
    },
    /// A new message, or an old one whose state changed.
    Message(ChatMessage),
    /// The agent began or stopped typing.
    Typing {
        /// Began.
        on: bool,
        /// Who.
        name: String,
    },
    /// The stream ended; it is going to be opened again.
    Lost,
    /// The far end does not want this visitor (HTTP status); nothing more will come.
    Refused(u16),
}

/// An open ear. Dropping it ends the listening.
#[derive(Debug)]
pub struct Listening {
    heard: mpsc::Receiver<Heard>,
    task: JoinHandle<()>,
}

impl Listening {
    /// The next thing heard; `None` after a refusal.
    pub async fn next(&mut self) -> Option<Heard> {
        self.heard.recv().await
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The data of a `typing` event.
#[derive(Deserialize)]
struct Typing {
    on: bool,
    #[serde(default)]
    name: String,
}

impl Visitor {
    /// Listens from after the event `last_id` (empty: from now on). After a break it waits `pause`, or what the
    /// stream asked for if that is shorter, and goes on from the last event it had.
    pub fn listen(&self, last_id: &str, pause: Duration) -> Listening {
        let (tell, heard) = mpsc::channel(256);
        let task = tokio::spawn(run(self.clone(), last_id.to_owned(), pause, tell));
        Listening { heard, task }
    }
}

async fn run(visitor: Visitor, mut last_id: String, pause: Duration, tell: mpsc::Sender<Heard>) {
    loop {
        let mut wait = pause;
        match stream(&visitor, &mut last_id, &tell).await {
            Ended::Closed => return,
            Ended::Refused(status) => {
                let _ = tell.send(Heard::Refused(status)).await;
                return;
            }
            Ended::Lost(retry) => {
                if let Some(retry) = retry {
                    wait = wait.min(Duration::from_millis(retry));
                }
                if tell.send(Heard::Lost).await.is_err() {
                    return;
                }
            }
        }
        // Even a visitor in a hurry does not spin on a closed door.
        tokio::time::sleep(wait.max(Duration::from_millis(5))).await;
    }
}

/// Why one connection is over.
enum Ended {
    /// Nobody listens any more.
    Closed,
    /// A 4xx: trying again would not help.
    Refused(u16),
    /// Anything else, with the pause that the stream asked for in milliseconds.
    Lost(Option<u64>),
}

async fn stream(visitor: &Visitor, last_id: &mut String, tell: &mpsc::Sender<Heard>) -> Ended {
    let mut request = visitor.stream.get(visitor.at("events")).bearer_auth(&visitor.token);
    request = request.header("Accept", "text/event-stream");
    if !last_id.is_empty() {
        request = request.header("Last-Event-ID", last_id.as_str());
    }
    let mut answer = match request.send().await {
        Ok(answer) => answer,
        Err(_) => return Ended::Lost(None),
    };
    let status = answer.status();
    if status.is_client_error() && status.as_u16() != 429 {
        return Ended::Refused(status.as_u16());
    }
    if !status.is_success() {
        return Ended::Lost(None);
    }
    if tell.send(Heard::Connected { after: last_id.clone() }).await.is_err() {
        return Ended::Closed;
    }
    let mut parser = SseParser::resuming(last_id);
    while let Ok(Some(piece)) = answer.chunk().await {
        for event in parser.push(&piece) {
            let heard = match event.event.as_str() {
                "message" => serde_json::from_str(&event.data).ok().map(Heard::Message),
                "typing" => serde_json::from_str::<Typing>(&event.data)
                    .ok()
                    .map(|typing| Heard::Typing { on: typing.on, name: typing.name }),
                _ => None,
            };
            if let Some(heard) = heard
                && tell.send(heard).await.is_err()
            {
                return Ended::Closed;
            }
            *last_id = event.id;
        }
    }
    Ended::Lost(parser.retry())
}
