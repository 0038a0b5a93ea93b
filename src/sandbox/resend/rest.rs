//! The REST API: who may ask, what may be sent, what came in, and how each request is answered, well or badly.

use super::{Answer, Sent, Shared, is_coded};
use crate::domain::clock::Ms;
use crate::sandbox::conn::Line;
use crate::sandbox::letter::{Letter, bare};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;

/// The most recipients of one list.
const MOST_PEOPLE: usize = 50;

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
    let path: Vec<&str> = uri.path().trim_matches('/').split('/').collect();
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let ["raw", id] = path.as_slice() {
        // The address is signed: whoever has it needs no key, and whoever brings one has told it to a stranger.
        if bearer.is_some() {
            return error(400, "validation_error", "a key where none belongs");
        }
        let found = shared.state().received.iter().find(|kept| kept.id == *id).map(|kept| kept.letter.raw());
        return found.map_or_else(
            || StatusCode::NOT_FOUND.into_response(),
            |raw| ([(header::CONTENT_TYPE, "message/rfc822")], raw).into_response(),
        );
    }
    if bearer != Some(&format!("Bearer {}", shared.options.api_key)) {
        return error(401, "missing_api_key", "Missing API Key");
    }
    let answer = match (&method, path.as_slice()) {
        (&Method::POST, ["emails"]) => send(&shared, &line, &headers, &body),
        (&Method::GET, ["emails", "receiving"]) => list(&shared, uri.query().unwrap_or_default()),
        (&Method::GET, ["emails", "receiving", id]) => one(&shared, id),
        _ => error(404, "not_found", "The requested endpoint does not exist"),
    };
    shared.changed.send_modify(|n| *n = n.wrapping_add(1));
    answer
}

fn json_answer(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

fn error(status: u16, name: &str, message: &str) -> Response {
    json_answer(status, &json!({"statusCode": status, "name": name, "message": message}))
}

fn send(shared: &Arc<Shared>, line: &Line, headers: &HeaderMap, body: &[u8]) -> Response {
    let (answer, outcome) = shared.state().plans.pop_front().unwrap_or_default();
    match answer {
        Answer::TooMany(seconds) => {
            let mut refused = error(429, "rate_limit_exceeded", "Too many requests");
            refused.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            return refused;
        }
        Answer::Refused(status, name) => return error(status, name, "refused"),
        Answer::Normal | Answer::ErrorAfter | Answer::CutAfter => {}
    }
    let Ok(asked) = serde_json::from_slice::<Value>(body) else {
        return error(400, "validation_error", "The request is no JSON");
    };
    if let Err((status, message)) = check(shared, &asked) {
        return error(status, "validation_error", message);
    }
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
    let known = key.as_ref().and_then(|key| shared.state().keys.get(key).cloned());
    let id = match known {
        Some((before, _)) if before != asked => {
            return error(409, "invalid_idempotent_request", "The same key with another content");
        }
        Some((_, id)) => id,
        None => {
            let sent = Sent { id: shared.fresh(), body: asked.clone() };
            let mut state = shared.state();
            state.sent.push(sent.clone());
            if let Some(key) = key {
                state.keys.insert(key, (asked, sent.id.clone()));
            }
            drop(state);
            let (world, id) = (shared.clone(), sent.id.clone());
            tokio::spawn(async move { world.progress(sent, outcome).await });
            id
        }
    };
    match answer {
        Answer::ErrorAfter => error(500, "application_error", "An unexpected error occurred"),
        Answer::CutAfter => {
            line.cut();
            // Never leaves: the connection refuses to be written to.
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        _ => json_answer(200, &json!({"id": id})),
    }
}

/// What Resend finds wrong with a mail.
fn check(shared: &Shared, asked: &Value) -> Result<(), (u16, &'static str)> {
    let from = bare(asked["from"].as_str().unwrap_or_default());
    let Some((_, domain)) = from.rsplit_once('@') else { return Err((422, "Missing `from` field")) };
    if !domain.eq_ignore_ascii_case(&shared.options.domain) {
        return Err((403, "The domain is not verified"));
    }
    for list in ["to", "cc", "bcc", "reply_to"] {
        let all = asked[list].as_array().map(Vec::as_slice).unwrap_or_default();
        if (list == "to" && all.is_empty()) || all.len() > MOST_PEOPLE {
            return Err((422, "Invalid number of recipients"));
        }
        if all.iter().any(|one| !one.as_str().is_some_and(|one| bare(one).contains('@'))) {
            return Err((422, "Invalid address"));
        }
    }
    if !asked["subject"].is_string() || !(asked["text"].is_string() || asked["html"].is_string()) {
        return Err((422, "Missing `subject`, `html` or `text` field"));
    }
    for tag in asked["tags"].as_array().into_iter().flatten() {
        let plain = |value: &Value| {
            value.as_str().is_some_and(|text| {
                !text.is_empty()
                    && text.len() <= 256
                    && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
            })
        };
        if !plain(&tag["name"]) || !plain(&tag["value"]) {
            return Err((422, "Tags should only contain ASCII letters, numbers, underscores, or dashes"));
        }
    }
    for file in asked["attachments"].as_array().into_iter().flatten() {
        if !is_coded(file["content"].as_str().unwrap_or_default()) || !file["filename"].is_string() {
            return Err((422, "Attachment must have either a `content` or `path`"));
        }
    }
    Ok(())
}

fn list(shared: &Shared, query: &str) -> Response {
    let asked = |name: &str| {
        url::form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, v)| v.into_owned())
    };
    let limit = asked("limit").and_then(|n| n.parse().ok()).unwrap_or(20_usize);
    if !(1..=100).contains(&limit) {
        return error(422, "validation_error", "The limit must be from 1 to 100");
    }
    let state = shared.state();
    let newest_first: Vec<_> = state.received.iter().rev().collect();
    let begin = match asked("after") {
        None => 0,
        Some(after) => match newest_first.iter().position(|kept| kept.id == after) {
            Some(at) => at + 1,
            None => return error(422, "validation_error", "The cursor is unknown"),
        },
    };
    let page = newest_first.iter().skip(begin).take(limit);
    let data: Vec<Value> =
        page.map(|kept| described(shared, &kept.id, &kept.letter, kept.at, false)).collect();
    json_answer(
        200,
        &json!({"object": "list", "has_more": begin + data.len() < newest_first.len(), "data": data}),
    )
}

fn one(shared: &Shared, id: &str) -> Response {
    let state = shared.state();
    match state.received.iter().find(|kept| kept.id == id) {
        Some(kept) => json_answer(200, &described(shared, id, &kept.letter, kept.at, true)),
        None => error(404, "not_found", "Email not found"),
    }
}

/// A mail that came in: what a list and a webhook tell of it, and, where it is asked for, what it says.
pub(super) fn described(shared: &Shared, id: &str, letter: &Letter, at: Ms, whole: bool) -> Value {
    let files: Vec<Value> = letter
        .files
        .iter()
        .enumerate()
        .map(|(n, file)| {
            json!({
                "id": format!("{id}-{n}"), "filename": file.name, "content_type": file.mime,
                "content_id": file.content_id,
                "content_disposition": if file.content_id.is_some() { "inline" } else { "attachment" },
            })
        })
        .collect();
    let mut told = json!({
        "id": id, "email_id": id, "created_at": shared.stamp(at), "from": letter.from,
        "to": letter.envelope_to(), "cc": letter.cc.iter().collect::<Vec<_>>(), "bcc": [], "reply_to": [],
        "subject": letter.subject, "message_id": letter.message_id.as_ref().map(|id| format!("<{id}>")),
        "attachments": files,
    });
    if whole {
        told["object"] = json!("email");
        told["text"] = json!(letter.text);
        told["html"] = json!(letter.html);
        told["headers"] = json!({"return-path": letter.envelope_from()});
        told["raw"] =
            json!({"download_url": format!("{}/raw/{id}", shared.base), "expires_at": shared.stamp(at)});
    }
    told
}
