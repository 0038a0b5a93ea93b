//! A far end that tests script: it answers over loopback HTTP what it was told to, and remembers what it was asked.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use frontdesk::net::http::{Http, HttpOptions};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// What the far end was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    pub fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }

    pub fn query(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(self.query.as_bytes()).into_owned().collect()
    }

    pub fn field(&self, key: &str) -> Option<String> {
        self.form().into_iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }
}

/// What it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(status: u16, body: serde_json::Value) -> Answer {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Answer { status, headers, body: body.to_string().into_bytes() }
    }

    pub fn with(mut self, name: &str, value: impl Into<String>) -> Answer {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

#[derive(Default)]
struct Script {
    answers: VecDeque<Answer>,
    asked: Vec<Asked>,
}

/// A scripted far end. Answers are given in order; when there are none left it says 500 with "unscripted".
#[derive(Clone)]
pub struct FarEnd {
    pub base: String,
    script: Arc<Mutex<Script>>,
}

impl FarEnd {
    pub async fn start() -> FarEnd {
        let script = Arc::new(Mutex::new(Script::default()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(take).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        FarEnd { base, script }
    }

    pub fn answer(&self, answer: Answer) -> &Self {
        self.script.lock().unwrap().answers.push_back(answer);
        self
    }

    /// What was asked since the last time, in order.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.script.lock().unwrap().asked)
    }
}

async fn take(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap().to_vec();
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts
            .headers
            .iter()
            .map(|(n, v)| (n.to_string(), String::from_utf8_lossy(v.as_bytes()).into_owned()))
            .collect(),
        body,
    };
    let mut script = script.lock().unwrap();
    script.asked.push(asked);
    let unscripted = Answer { status: 500, headers: Vec::new(), body: b"unscripted".to_vec() };
    let answer = script.answers.pop_front().unwrap_or(unscripted);
    let mut out = Response::builder().status(StatusCode::from_u16(answer.status).unwrap());
    for (name, value) in &answer.headers {
        out = out.header(name, value);
    }
    out.body(Body::from(answer.body)).unwrap()
}

/// How a far end breaks that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// Reads the whole request, then cuts the connection.
    AfterRequest,
    /// Answers the head and half of the body, then cuts.
    InAnswer,
    /// Reads the whole request and never answers.
    Silent,
}

/// A far end that breaks on every request. Answers its base URL.
pub async fn broken(how: Break) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut seen = Vec::new();
            let mut buffer = [0u8; 4096];
            while !whole(&seen) {
                match socket.read(&mut buffer).await {
                    Ok(0) | Err(_) => break,
                    Ok(n) => seen.extend_from_slice(&buffer[..n]),
                }
            }
            match how {
                Break::AfterRequest => drop(socket),
                Break::InAnswer => {
                    let head = b"HTTP/1.1 201 Created\r\ncontent-length: 1000\r\n\r\n{\"sid\":\"SM";
                    let _ = socket.write_all(head).await;
                }
                Break::Silent => kept.push(socket),
            }
        }
    });
    base
}

fn whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")).unwrap_or("0");
    body.len() >= length.trim().parse::<usize>().unwrap_or(0)
}

/// An address at which no one listens.
pub async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// A client that waits `patience` for a whole exchange.
pub fn client(patience: Duration) -> Http {
    Http::new(HttpOptions { total_timeout: patience, ..HttpOptions::default() }).unwrap()
}
