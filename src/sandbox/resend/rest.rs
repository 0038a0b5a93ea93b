//! The REST API and the store of files: who may ask, what may be sent, and how each request is answered, well or badly.

use super::faults::Answer;
use super::{Sent, Shared};
use crate::sandbox::answer::json_answer;
use crate::sandbox::conn::Line;
use crate::sandbox::letter::bare;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::Arc;

/// The largest mail, files in base64 included.
const MOST_BYTES: usize = 40_000_000;
/// The most recipients of one mail.
const MOST_PEOPLE: usize = 50;
/// Longest name or value of a tag.
const TAG: usize = 256;

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
    shared.far.state().requests.push(format!("{method} {uri}"));
    let answer = match planned(&shared, &line, &method, &uri) {
        Some(answer) => answer,
        None => route(&shared, &line, &method, &uri, &headers, &body).await,
    };
    shared.far.bump();
    answer
}

/// What was planned for a question.
fn planned(shared: &Shared, line: &Line, method: &Method, uri: &Uri) -> Option<Response> {
    if method != Method::GET {
        return None;
    }
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let mut state = shared.far.state();
    let at = state.reads.iter().position(|(begin, _)| target.starts_with(begin.as_str()))?;
    let (_, answer) = state.reads.remove(at)?;
    Some(match answer {
        Answer::Normal => return None,
        Answer::TooMany { seconds } => too_many(seconds),
        Answer::Refused { status, name, message } => error(status, name, message),
        Answer::ErrorBefore | Answer::ErrorAfter => {
            error(500, "internal_server_error", "An unexpected error occurred.")
        }
        Answer::CutBefore | Answer::CutAfter => line.cut(),
    })
}

async fn route(
    shared: &Arc<Shared>,
    line: &Line,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    let path: Vec<&str> = uri.path().trim_matches('/').split('/').collect();
    // The address of a file is its own permission, and no key belongs there.
    if let (&Method::GET, ["cdn", id, what]) = (method, path.as_slice()) {
        if headers.contains_key(header::AUTHORIZATION) {
            return StatusCode::FORBIDDEN.into_response();
        }
        return match shared.stored(id, what) {
            Some(bytes) => ([(header::CONTENT_TYPE, "binary/octet-stream")], bytes).into_response(),
            None => StatusCode::FORBIDDEN.into_response(),
        };
    }
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let is_known = bearer == Some(&format!("Bearer {}", shared.options.api_key));
    if method == Method::POST && path == ["emails"] {
        if !is_known {
            return error(401, "validation_error", "API key is invalid");
        }
        let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
        return send(shared, line, key, body).await;
    }
    if !is_known {
        return error(400, "validation_error", "API key is invalid");
    }
    if shared.options.sends_only {
        return error(401, "restricted_api_key", "This API key is restricted to only send emails");
    }
    if method != Method::GET {
        return error(405, "method_not_allowed", "Method is not allowed for the requested path.");
    }
    let (limit, after) = paging(uri);
    let found = match path.as_slice() {
        ["emails"] => sent_list(shared, limit, after.as_deref()),
        ["emails", "receiving"] => shared.list(limit, after.as_deref()),
        ["emails", "receiving", id] => shared.retrieve(id),
        ["emails", "receiving", id, "attachments", file] => shared.attachment(id, file),
        ["emails", id] => shared
            .far
            .state()
            .sent
            .iter()
            .find(|sent| sent.id == *id)
            .map(|sent| sent_row(shared, sent, true)),
        _ => None,
    };
    match found {
        Some(found) => json_answer(200, &found),
        None => error(404, "not_found", "Email not found"),
    }
}

fn paging(uri: &Uri) -> (usize, Option<String>) {
    let query: Vec<(String, String)> =
        url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let limit = value("limit").and_then(|limit| limit.parse().ok()).unwrap_or(20);
    (limit, value("after"))
}

/// What was sent, the newest first: without tags, headers and words.
fn sent_list(shared: &Shared, limit: usize, after: Option<&str>) -> Option<Value> {
    let all: Vec<Sent> = shared.far.state().sent.iter().rev().cloned().collect();
    let from = match after {
        Some(after) => all.iter().position(|sent| sent.id == after)? + 1,
        None => 0,
    };
    let rows: Vec<Value> =
        all.iter().skip(from).take(limit).map(|sent| sent_row(shared, sent, false)).collect();
    Some(json!({"object": "list", "has_more": all.len() > from + rows.len(), "data": rows}))
}

fn sent_row(shared: &Shared, sent: &Sent, whole: bool) -> Value {
    let mut row = json!({
        "object": "email", "id": sent.id, "message_id": format!("<{}>", sent.message_id), "to": sent.body["to"],
        "from": sent.body["from"], "created_at": shared.written(sent.at), "subject": sent.body["subject"],
        "bcc": sent.body["bcc"], "cc": sent.body["cc"], "reply_to": sent.body["reply_to"], "last_event": sent.last_event,
    });
    if whole {
        row["text"] = sent.body["text"].clone();
        row["html"] = sent.body["html"].clone();
    }
    row
}

fn error(status: u16, name: &str, message: &str) -> Response {
    json_answer(status, &json!({"statusCode": status, "name": name, "message": message}))
}

fn too_many(seconds: u32) -> Response {
    let mut refused =
        error(429, "rate_limit_exceeded", "Too many requests. You can only make 2 requests per second.");
    for name in ["retry-after", "ratelimit-reset"] {
        refused.headers_mut().insert(name, HeaderValue::from(seconds));
    }
    refused.headers_mut().insert("ratelimit-remaining", HeaderValue::from(0));
    refused
}

async fn send(shared: &Arc<Shared>, line: &Line, key: Option<String>, body: &[u8]) -> Response {
    let plan = shared.far.state().plans.pop_front().unwrap_or_default();
    match plan.answer {
        Answer::TooMany { seconds } => return too_many(seconds),
        Answer::Refused { status, name, message } => return error(status, name, message),
        Answer::ErrorBefore => return error(500, "internal_server_error", "An unexpected error occurred."),
        Answer::CutBefore => return line.cut(),
        Answer::Normal | Answer::ErrorAfter | Answer::CutAfter => {}
    }
    if body.len() > MOST_BYTES {
        return error(413, "validation_error", "The request is too large.");
    }
    let Ok(asked) = serde_json::from_slice::<Value>(body) else {
        return error(400, "validation_error", "The body is not JSON.");
    };
    if let Err((status, name, message)) = check(shared, &asked) {
        return error(status, name, &message);
    }
    let known = key.as_ref().and_then(|key| shared.far.state().keys.get(key).cloned());
    let id = match known {
        Some((before, _)) if before != asked => {
            let words = "This idempotency key has been used on a request with a different payload.";
            return error(409, "invalid_idempotent_request", words);
        }
        // Done already: the same answer, and nothing is sent.
        Some((_, id)) => id,
        None => {
            let sent = {
                let mut state = shared.far.state();
                let id = state.next_id();
                let sent = Sent {
                    message_id: format!("010f{id}@eu-west-1.amazonses.com"),
                    id,
                    key: key.clone(),
                    body: asked.clone(),
                    at: shared.options.clock.now(),
                    last_event: "queued".into(),
                };
                state.sent.push(sent.clone());
                if let Some(key) = key {
                    state.keys.insert(key, (asked, sent.id.clone()));
                }
                sent
            };
            let id = sent.id.clone();
            let (world, outcome, told) = (shared.clone(), plan.outcome, plan.told);
            tokio::spawn(async move { world.progress(sent, outcome, told).await });
            id
        }
    };
    match plan.answer {
        Answer::ErrorAfter => error(500, "internal_server_error", "An unexpected error occurred."),
        Answer::CutAfter => line.cut(),
        _ => json_answer(200, &json!({"id": id})),
    }
}

type Refusal = (u16, &'static str, String);

/// What Resend refuses in a mail.
fn check(shared: &Shared, asked: &Value) -> Result<(), Refusal> {
    let wrong = |message: &str| Err((422, "validation_error", message.to_owned()));
    let from = bare(asked["from"].as_str().unwrap_or_default());
    if !is_address(from) {
        return wrong(
            "Invalid `from` field. The email address needs to follow the `email@example.com` format.",
        );
    }
    let domain = from.rsplit_once('@').map_or("", |(_, domain)| domain);
    if !shared.options.verified.iter().any(|own| own == domain) {
        return Err((403, "validation_error", format!("The {domain} domain is not verified.")));
    }
    let mut people = 0;
    for list in ["to", "cc", "bcc", "reply_to"] {
        let all = asked[list].as_array().map(Vec::as_slice).unwrap_or_default();
        if list != "reply_to" {
            people += all.len();
        }
        if !all.iter().all(|one| one.as_str().is_some_and(|one| is_address(bare(one)))) {
            return wrong(&format!("Invalid `{list}` field. The email address needs to follow the format."));
        }
    }
    if asked["to"].as_array().is_none_or(Vec::is_empty) || people > MOST_PEOPLE {
        return wrong("Invalid `to` field. It takes 1 to 50 addresses.");
    }
    if asked["subject"].as_str().is_none_or(str::is_empty) {
        return Err((422, "missing_required_field", "Missing `subject` field.".into()));
    }
    if asked["text"].as_str().is_none_or(str::is_empty) && asked["html"].as_str().is_none_or(str::is_empty) {
        return Err((422, "missing_required_field", "Missing `html` or `text` field.".into()));
    }
    for tag in asked["tags"].as_array().into_iter().flatten() {
        let is_good = |key: &str| {
            let text = tag[key].as_str().unwrap_or_default();
            let legal = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
            (1..=TAG).contains(&text.len()) && text.bytes().all(legal)
        };
        if !is_good("name") || !is_good("value") {
            return wrong("Tags should only contain ASCII letters, numbers, underscores, or dashes.");
        }
    }
    for file in asked["attachments"].as_array().into_iter().flatten() {
        let coded = file["content"].as_str().unwrap_or_default();
        if coded.is_empty()
            || STANDARD.decode(coded).is_err()
            || file["filename"].as_str().is_none_or(str::is_empty)
        {
            return Err((
                422,
                "invalid_attachment",
                "Attachment must have either a `content` or `path`.".into(),
            ));
        }
    }
    Ok(())
}

fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    !local.is_empty() && local.len() <= 64 && domain.contains('.') && !text.contains(char::is_whitespace)
}
