//! The REST API: who may ask, what may be sent, and how each request is answered, well or badly.

use super::faults::Answer;
use super::{Sent, Shared};
use crate::sandbox::answer::json_answer;
use crate::sandbox::conn::Line;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The largest mail, files in base64 included.
const MOST_BYTES: usize = 30 * 1024 * 1024;
/// The most recipients of one request.
const MOST_PEOPLE: usize = 1_000;
/// The most that custom arguments may say.
const MOST_ARGS: usize = 10_000;
/// Headers that cannot be set (SendGrid, "Mail Send": `headers`).
const RESERVED: [&str; 13] = [
    "x-sg-id",
    "x-sg-eid",
    "received",
    "dkim-signature",
    "content-type",
    "content-transfer-encoding",
    "to",
    "from",
    "subject",
    "reply-to",
    "cc",
    "bcc",
    "content-disposition",
];

pub(super) fn routes(shared: Arc<Shared>) -> Router {
    Router::new().fallback(handle).layer(DefaultBodyLimit::max(64 << 20)).with_state(shared)
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    shared.far.state().requests += 1;
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let answer = if bearer != Some(&format!("Bearer {}", shared.options.api_key)) {
        error(401, "The provided authorization grant is invalid, expired, or revoked", None)
    } else {
        match (&method, uri.path()) {
            (&Method::POST, "/v3/mail/send") => send(&shared, &line, &body).await,
            (&Method::GET, "/v3/scopes") => json_answer(200, &json!({"scopes": shared.options.scopes})),
            (_, "/v3/mail/send" | "/v3/scopes") => error(405, "method not allowed", None),
            _ => error(404, "not found", None),
        }
    };
    shared.far.bump();
    answer
}

fn error(status: u16, message: &str, field: Option<&str>) -> Response {
    json_answer(status, &json!({"errors": [{"message": message, "field": field, "help": null}]}))
}

async fn send(shared: &Arc<Shared>, line: &Line, body: &[u8]) -> Response {
    let plan = shared.far.state().plans.pop_front().unwrap_or_default();
    match plan.answer {
        Answer::TooMany { reset } => {
            let mut refused = error(429, "too many requests", None);
            let at = shared.options.clock.now() / 1000 + reset;
            for (name, value) in [("x-ratelimit-remaining", 0), ("x-ratelimit-reset", at)] {
                refused.headers_mut().insert(name, HeaderValue::from(value));
            }
            return refused;
        }
        Answer::Refused { status, message, field } => return error(status, message, field),
        Answer::ErrorBefore => return error(500, "internal server error", None),
        Answer::CutBefore => return line.cut(),
        Answer::Normal | Answer::ErrorAfter | Answer::CutAfter => {}
    }
    if !shared.options.scopes.iter().any(|scope| scope == "mail.send") {
        return error(403, "access forbidden", None);
    }
    if body.len() > MOST_BYTES {
        return error(413, "The JSON payload you have included in your request is too large.", None);
    }
    let asked: Value = match serde_json::from_slice(body) {
        Ok(asked) => asked,
        Err(_) => return error(400, "Bad Request", None),
    };
    if let Err((status, message, field)) = check(shared, &asked) {
        return error(status, &message, field.as_deref());
    }
    if asked["mail_settings"]["sandbox_mode"]["enable"] == true {
        return StatusCode::OK.into_response();
    }
    let sent = {
        let mut state = shared.far.state();
        state.serial += 1;
        let sent =
            Sent { id: format!("sgX{:019x}", state.serial), body: asked, at: shared.options.clock.now() };
        state.sent.push(sent.clone());
        sent
    };
    let id = sent.id.clone();
    let (world, outcome, told) = (shared.clone(), plan.outcome, plan.told);
    tokio::spawn(async move { world.progress(sent, outcome, told).await });
    match plan.answer {
        Answer::ErrorAfter => error(500, "internal server error", None),
        Answer::CutAfter => line.cut(),
        _ => {
            let mut done = StatusCode::ACCEPTED.into_response();
            if let Ok(id) = HeaderValue::from_str(&id) {
                done.headers_mut().insert("x-message-id", id);
            }
            done
        }
    }
}

type Refusal = (u16, String, Option<String>);

/// What SendGrid finds wrong with a mail.
fn check(shared: &Shared, asked: &Value) -> Result<(), Refusal> {
    let wrong = |message: &str, field: &str| Err((400, message.to_owned(), Some(field.to_owned())));
    let blocks = asked["personalizations"].as_array().map(Vec::as_slice).unwrap_or_default();
    if blocks.is_empty() || blocks.len() > MOST_PEOPLE {
        return wrong(
            "The personalizations field is required and must have at least one personalization.",
            "personalizations",
        );
    }
    let mut people = 0;
    for (n, block) in blocks.iter().enumerate() {
        let mut seen = BTreeSet::new();
        for list in ["to", "cc", "bcc"] {
            for (m, one) in block[list].as_array().into_iter().flatten().enumerate() {
                let field = format!("personalizations.{n}.{list}.{m}.email");
                let Some(email) = one["email"].as_str().filter(|email| is_address(email)) else {
                    return wrong("Does not contain a valid address.", &field);
                };
                if !seen.insert(email.to_lowercase()) {
                    let message = "Each email address in the personalization block should be unique between to, cc, and bcc.";
                    return wrong(message, &format!("personalizations.{n}"));
                }
                people += 1;
            }
        }
        if block["to"].as_array().is_none_or(Vec::is_empty) {
            return wrong(
                "The to array is required for all personalization objects.",
                &format!("personalizations.{n}.to"),
            );
        }
        let args = block["custom_args"].as_object();
        if args.is_some_and(|args| args.values().any(|value| !value.is_string()))
            || block["custom_args"].to_string().len() > MOST_ARGS
        {
            return wrong("Invalid custom args.", "custom_args");
        }
    }
    if people > MOST_PEOPLE {
        return wrong("There is a limit of 1000 total recipients per request.", "personalizations");
    }
    let from = asked["from"]["email"].as_str().filter(|email| is_address(email));
    let Some(from) = from else {
        return wrong("The from object must be provided for every email send.", "from");
    };
    if !shared.options.verified.iter().any(|own| own.eq_ignore_ascii_case(from)) {
        let message = "The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.";
        return Err((403, message.to_owned(), Some("from".into())));
    }
    if asked["subject"].as_str().is_none_or(str::is_empty) {
        return wrong("The subject is required.", "subject");
    }
    if asked.get("reply_to").is_some() && !asked["reply_to"]["email"].as_str().is_some_and(is_address) {
        return wrong("The reply_to email must be an address.", "reply_to.email");
    }
    let content = asked["content"].as_array().map(Vec::as_slice).unwrap_or_default();
    if content.is_empty() || content.iter().any(|one| one["value"].as_str().is_none_or(str::is_empty)) {
        return wrong("The content value must be a string at least one character in length.", "content");
    }
    let kinds: Vec<&str> = content.iter().map(|one| one["type"].as_str().unwrap_or_default()).collect();
    if kinds.iter().position(|kind| *kind == "text/plain").is_some_and(|at| at > 0) {
        return wrong(
            "If present, text/plain and text/html may only be provided once, text/plain first.",
            "content",
        );
    }
    for name in asked["headers"].as_object().into_iter().flatten().map(|(name, _)| name.to_lowercase()) {
        if RESERVED.contains(&name.as_str()) {
            return wrong("The header is a reserved header.", &format!("headers.{name}"));
        }
    }
    for file in asked["attachments"].as_array().into_iter().flatten() {
        let coded = file["content"].as_str().unwrap_or_default();
        if coded.is_empty() || STANDARD.decode(coded).is_err() {
            return wrong("The attachment content must be base64 encoded.", "attachments.0.content");
        }
        if file["filename"].as_str().is_none_or(str::is_empty) {
            return wrong("The attachment filename is required.", "attachments.0.filename");
        }
    }
    Ok(())
}

fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    !local.is_empty() && local.len() <= 64 && domain.contains('.') && !text.contains(char::is_whitespace)
}
