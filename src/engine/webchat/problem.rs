//! How the chat API says no: a status and a few words, never a detail that helps an attacker.

use crate::store::StoreError;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Why a request is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The request makes no sense, with the words to say so.
    Bad(String),
    /// No token, or none of this account.
    Unauthorized,
    /// A page of a foreign origin asks.
    Forbidden,
    /// There is no such chat, file or path.
    NotFound,
    /// The path does not take this method.
    Method,
    /// The body is too large.
    TooLarge,
    /// The body did not come in time.
    TooSlow,
    /// Too often; seconds to wait.
    TooMany(i64),
    /// It cannot be done now.
    Unavailable(String),
}

impl Problem {
    /// What a page says of it to a visitor, in a line.
    pub fn title(&self) -> &'static str {
        match self {
            Problem::NotFound => "There is no chat here",
            _ => "This chat is closed at the moment",
        }
    }

    /// What the visitor can do.
    pub fn advice(&self) -> &'static str {
        match self {
            Problem::NotFound => "Please check the address.",
            _ => "Please try again later.",
        }
    }

    /// A limit is reached; the wait is in milliseconds.
    pub fn patience(wait_ms: i64) -> Problem {
        Problem::TooMany((wait_ms.saturating_add(999) / 1000).max(1))
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "web chat: the store did not answer");
        Problem::Unavailable("nothing can be stored at the moment; please try again".into())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, words, wait) = match self {
            Problem::Bad(words) => (StatusCode::BAD_REQUEST, words, None),
            Problem::Unauthorized => (StatusCode::UNAUTHORIZED, "no valid token".into(), None),
            Problem::Forbidden => (StatusCode::FORBIDDEN, "this origin may not use the chat".into(), None),
            Problem::NotFound => (StatusCode::NOT_FOUND, "there is no such chat, file or path".into(), None),
            Problem::Method => (StatusCode::METHOD_NOT_ALLOWED, "this cannot be done here".into(), None),
            Problem::TooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "the request is larger than 64 kB".into(), None)
            }
            Problem::TooSlow => (StatusCode::REQUEST_TIMEOUT, "the request came too slowly".into(), None),
            Problem::TooMany(wait) => {
                (StatusCode::TOO_MANY_REQUESTS, "too many requests; please wait".into(), Some(wait))
            }
            Problem::Unavailable(words) => (StatusCode::SERVICE_UNAVAILABLE, words, Some(2)),
        };
        let mut response = (status, Json(serde_json::json!({ "error": words }))).into_response();
        if let Some(wait) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
