//! A visitor of the web chat who uses its public HTTP API, as the page in a browser does.

mod listen;
pub mod sse;

pub use listen::{Heard, Listening};

use serde::Deserialize;
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

/// Why a request of a visitor failed.
#[derive(Debug, thiserror::Error)]
pub enum VisitorError {
    /// The far end said no.
    #[error("the web chat answered {status}: {error}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Its words.
        error: String,
    },
    /// The address of the chat cannot be used.
    #[error("not an address of a web chat: {0}")]
    Address(#[from] url::ParseError),
    /// No answer, or not one that could be read.
    #[error("no usable answer from the web chat: {0}")]
    Http(#[from] reqwest::Error),
}

/// A message as the web chat shows it to a visitor.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ChatMessage {
    /// Its id for this visitor.
    pub id: String,
    /// `inbound` (from the visitor) or `outbound`.
    pub direction: String,
    /// The text.
    #[serde(default)]
    pub text: String,
    /// Who wrote it.
    #[serde(default)]
    pub author: Option<Author>,
    /// RFC 3339.
    pub sent_at: String,
    /// `sent`, `delivered` or `read`.
    #[serde(default)]
    pub state: String,
    /// Files that came along.
    #[serde(default)]
    pub files: Vec<ChatFile>,
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ChatFile {
    /// Its id for this visitor.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub mime: String,
    /// Its size in bytes.
    pub size: u64,
    /// Whether it may be shown as a picture.
    pub image: bool,
}

/// The writer of a message.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Author {
    /// The name to show.
    #[serde(default)]
    pub name: Option<String>,
}

/// A piece of the history.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Page {
    /// Oldest first.
    pub messages: Vec<ChatMessage>,
    /// Where to go on.
    pub cursor: Option<String>,
}

/// The receipt for something said: it is durable.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Said {
    /// The message's id.
    pub id: String,
    /// RFC 3339.
    pub sent_at: String,
    /// It was there already under the same client id.
    #[serde(skip)]
    pub repeated: bool,
}

/// What a visitor says about himself. Only claims.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// A name.
    pub name: Option<String>,
    /// An e-mail address.
    pub email: Option<String>,
}

impl Claims {
    fn json(&self) -> serde_json::Value {
        let mut body = serde_json::Map::new();
        if let Some(name) = &self.name {
            body.insert("name".into(), json!(name));
        }
        if let Some(email) = &self.email {
            body.insert("email".into(), json!(email));
        }
        body.into()
    }
}

/// The answer to a new visitor.
#[derive(Deserialize)]
struct Arrived {
    token: String,
    visitor: String,
}

/// The shape of a refusal.
#[derive(Deserialize)]
struct Refusal {
    error: String,
}

/// A visitor with a token. Clones are the same visitor in another tab.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// For requests with an answer that ends.
    client: reqwest::Client,
    /// For the stream, which has no time limit.
    stream: reqwest::Client,
    base: String,
    token: String,
    public_id: String,
}

impl Visitor {
    /// A new visitor at `base` (`…/chat/NAME`).
    ///
    /// # Errors
    /// See [`VisitorError`].
    pub async fn arrive(base: &str, claims: &Claims) -> Result<Visitor, VisitorError> {
        let mut visitor = Visitor::resume(base, "", "")?;
        let request = visitor.client.post(visitor.at("visitor")).json(&claims.json());
        let arrived: Arrived = checked(request.send().await?).await?.json().await?;
        visitor.token = arrived.token;
        visitor.public_id = arrived.visitor;
        Ok(visitor)
    }

    /// The visitor who holds this token already.
    ///
    /// # Errors
    /// When `base` is not a URL or the client cannot be built.
    pub fn resume(base: &str, token: &str, public_id: &str) -> Result<Visitor, VisitorError> {
        let parsed = url::Url::parse(base)?;
        Ok(Visitor {
            client: crate::sandbox::http::client(Some(Duration::from_secs(15)))?,
            stream: crate::sandbox::http::client(None)?,
            base: parsed.as_str().trim_end_matches('/').to_owned(),
            token: token.to_owned(),
            public_id: public_id.to_owned(),
        })
    }

    /// The secret that makes this visitor this visitor.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The short id that agents see.
    pub fn public_id(&self) -> &str {
        &self.public_id
    }

    fn at(&self, call: &str) -> String {
        format!("{}/api/{call}", self.base)
    }

    async fn post(&self, call: &str, body: &serde_json::Value) -> Result<reqwest::Response, VisitorError> {
        let request = self.client.post(self.at(call)).bearer_auth(&self.token).json(body);
        checked(request.send().await?).await
    }

    /// Says something under a new client id.
    ///
    /// # Errors
    /// See [`VisitorError`].
    pub async fn say(&self, text: &str) -> Result<Said, VisitorError> {
        self.say_as(Uuid::new_v4(), text).await
    }

    /// Says something under this client id: saying it again with the same one does not make a second message.
    ///
    /// # Errors
    /// See [`VisitorError`].
    pub async fn say_as(&self, id: Uuid, text: &str) -> Result<Said, VisitorError> {
        let answer = self.post("messages", &json!({"id": id.to_string(), "text": text})).await?;
        let repeated = answer.status() == reqwest::StatusCode::OK;
        let said: Said = answer.json().await?;
        Ok(Said { repeated, ..said })
    }

    /// Messages after `cursor`, oldest first.
    ///
    /// # Errors
    /// See [`VisitorError`].
    pub async fn messages(&self, after: Option<&str>, limit: usize) -> Result<Page, VisitorError> {
        let mut request = self.client.get(self.at("messages")).bearer_auth(&self.token);
        request = request.query(&[("limit", limit.to_string())]);
        if let Some(cursor) = after {
            request = request.query(&[("after", cursor)]);
        }
        Ok(checked(request.send().await?).await?.json().await?)
    }

    /// The content of a file.
    ///
    /// # Errors
    /// See [`VisitorError`].
    pub async fn file(&self, id: &str) -> Result<Vec<u8>, VisitorError> {
        let request = self.client.get(self.at(&format!("files/{id}"))).bearer_auth(&self.token);
        Ok(checked(request.send().await?).await?.bytes().await?.to_vec())
    }

    /// Shows or ends the sign that the visitor is typing.
    ///
    /// # Errors
    /// See [`VisitorError`].
    pub async fn typing(&self, on: bool) -> Result<(), VisitorError> {
        self.post("typing", &json!({"on": on})).await.map(drop)
    }

    /// Everything up to this message has arrived.
    ///
    /// # Errors
    /// See [`VisitorError`].
    pub async fn delivered(&self, id: &str) -> Result<(), VisitorError> {
        self.post("receipt", &json!({"delivered": id})).await.map(drop)
    }

    /// Everything up to this message was read.
    ///
    /// # Errors
    /// See [`VisitorError`].
    pub async fn read(&self, id: &str) -> Result<(), VisitorError> {
        self.post("receipt", &json!({"read": id})).await.map(drop)
    }

    /// Claims a name or an address later.
    ///
    /// # Errors
    /// See [`VisitorError`].
    pub async fn profile(&self, claims: &Claims) -> Result<(), VisitorError> {
        self.post("profile", &claims.json()).await.map(drop)
    }
}

/// The answer if it is a good one, else its words.
async fn checked(answer: reqwest::Response) -> Result<reqwest::Response, VisitorError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let text = answer.text().await.unwrap_or_default();
    let error = serde_json::from_str::<Refusal>(&text).map(|refusal| refusal.error).unwrap_or(text);
    Err(VisitorError::Refused { status: status.as_u16(), error })
}
