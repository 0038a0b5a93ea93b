//! The doors of the far end: SES, S3 and SNS at one address, told apart by their paths.

use super::faults::Answer;
use super::{Sent, Shared, bucket, proof, topic};
use crate::sandbox::answer::json_answer;
use crate::sandbox::conn::Line;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use std::sync::Arc;

/// The largest mail, files in base64 included.
const MOST_BYTES: usize = 40 * 1024 * 1024;
/// The most recipients of one mail.
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
    shared.far.state().requests += 1;
    let query: Vec<(String, String)> =
        url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let prove = |service: &str| {
        let now = shared.options.clock.now();
        proof::check(&shared.options.login, service, now, (&method, &uri, &headers, &body))
    };
    let path = uri.path();
    let in_bucket = path.strip_prefix(&format!("/{}", shared.options.bucket));
    let answer = match (&method, path, in_bucket) {
        (&Method::GET, topic::PLACE, _) => {
            shared.far.state().certificates += 1;
            topic::CERTIFICATE.into_response()
        }
        (&Method::GET, "/", _) => confirm(&shared, &query),
        (_, _, Some(key)) => match prove("s3") {
            Err(kind) => bucket::error(403, kind.trim_end_matches("Exception"), "refused"),
            Ok(()) if method != Method::GET => bucket::error(405, "MethodNotAllowed", "only read"),
            Ok(()) if key.is_empty() => shared.list(&query),
            Ok(()) => {
                let key = percent_decode_str(key.trim_start_matches('/')).decode_utf8_lossy().into_owned();
                shared.get(&key)
            }
        },
        (_, path, None) if path.starts_with("/v2/email/") => match prove("ses") {
            Err(kind) => error(403, kind, "The request signature we calculated does not match."),
            Ok(()) => match (&method, path) {
                (&Method::POST, "/v2/email/outbound-emails") => send(&shared, &line, &body).await,
                (&Method::GET, "/v2/email/account") => account(&shared),
                _ => error(404, "UnknownOperationException", ""),
            },
        },
        _ => StatusCode::NOT_FOUND.into_response(),
    };
    shared.far.bump();
    answer
}

fn error(status: u16, kind: &str, message: &str) -> Response {
    let mut answer = json_answer(status, &json!({"message": message}));
    if let Ok(kind) = HeaderValue::from_str(kind) {
        answer.headers_mut().insert("x-amzn-errortype", kind);
    }
    answer
}

fn account(shared: &Shared) -> Response {
    let options = &shared.options;
    json_answer(
        200,
        &json!({
            "DedicatedIpAutoWarmupEnabled": false, "EnforcementStatus": "HEALTHY",
            "ProductionAccessEnabled": options.is_production, "SendingEnabled": options.is_sending,
            "SendQuota": {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": 1.0},
        }),
    )
}

/// Somebody visits what confirms the subscription.
fn confirm(shared: &Shared, query: &[(String, String)]) -> Response {
    let asked = |key: &str| query.iter().find(|(k, _)| k == key).map_or("", |(_, v)| v.as_str());
    let is_good = asked("Action") == "ConfirmSubscription" && asked("TopicArn") == shared.options.topic;
    let mut state = shared.far.state();
    if !is_good || state.token.as_deref() != Some(asked("Token")) {
        return StatusCode::BAD_REQUEST.into_response();
    }
    state.hook = state.asked.clone();
    "<ConfirmSubscriptionResponse/>".into_response()
}

async fn send(shared: &Arc<Shared>, line: &Line, body: &[u8]) -> Response {
    let plan = shared.far.state().plans.pop_front().unwrap_or_default();
    match plan.answer {
        Answer::Refused { status, kind, message } => return error(status, kind, message),
        Answer::ErrorBefore => return error(500, "InternalServiceErrorException", ""),
        Answer::CutBefore => return line.cut(),
        Answer::Normal | Answer::ErrorAfter | Answer::CutAfter => {}
    }
    let asked: Value = match serde_json::from_slice(body) {
        Ok(asked) => asked,
        Err(_) => return error(400, "SerializationException", ""),
    };
    let raw = match check(shared, &asked) {
        Ok(raw) => raw,
        Err((status, kind, message)) => return error(status, kind, &message),
    };
    let sent = {
        let id = shared.id();
        let sent = Sent { id: format!("0102{id}-000000"), body: asked, raw, at: shared.options.clock.now() };
        shared.far.state().sent.push(sent.clone());
        sent
    };
    let id = sent.id.clone();
    let (world, outcome, told) = (shared.clone(), plan.outcome, plan.told);
    // Without a configuration set nothing is told.
    if sent.body["ConfigurationSetName"].as_str() == Some(&shared.options.configuration_set) {
        tokio::spawn(async move { world.progress(sent, outcome, told).await });
    }
    match plan.answer {
        Answer::ErrorAfter => error(500, "InternalServiceErrorException", ""),
        Answer::CutAfter => line.cut(),
        _ => json_answer(200, &json!({"MessageId": id})),
    }
}

type Refusal = (u16, &'static str, String);

/// What SES finds wrong with a mail; else its bytes.
fn check(shared: &Shared, asked: &Value) -> Result<Vec<u8>, Refusal> {
    let wrong = |message: &str| Err((400, "BadRequestException", message.to_owned()));
    let Some(Ok(raw)) = asked["Content"]["Raw"]["Data"].as_str().map(|data| STANDARD.decode(data)) else {
        return wrong("Content must have one of Simple, Raw and Template");
    };
    if raw.len() > MOST_BYTES {
        return wrong("Message length is more than 41943040 bytes long");
    }
    let lists = ["ToAddresses", "CcAddresses", "BccAddresses"];
    let people: Vec<&str> = lists
        .iter()
        .flat_map(|list| asked["Destination"][*list].as_array().into_iter().flatten())
        .filter_map(Value::as_str)
        .collect();
    if people.is_empty() || people.len() > MOST_PEOPLE {
        return wrong("Recipient count must be between 1 and 50");
    }
    if let Some(odd) = people.iter().find(|one| !one.contains('@') || one.contains(char::is_whitespace)) {
        return wrong(&format!("Missing final '@domain': {odd}"));
    }
    let is_tag = |text: &str| {
        !text.is_empty()
            && text.len() < 256
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    for tag in asked["EmailTags"].as_array().into_iter().flatten() {
        if !["Name", "Value"].iter().all(|half| tag[*half].as_str().is_some_and(is_tag)) {
            return wrong("Tags may only have letters, digits, underscores and dashes");
        }
    }
    if asked["ConfigurationSetName"].as_str().is_some_and(|set| set != shared.options.configuration_set) {
        return Err((404, "NotFoundException", "Configuration set does not exist".into()));
    }
    let text = String::from_utf8_lossy(&raw).into_owned();
    let head = text.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
    let from = head.lines().find_map(|line| line.strip_prefix("From: ")).unwrap_or_default().to_lowercase();
    if !shared.options.verified.iter().any(|own| from.contains(own.as_str())) {
        let message = format!(
            "Email address is not verified. The following identities failed the check in region EU-WEST-1: {from}"
        );
        return Err((400, "MessageRejected", message));
    }
    Ok(raw)
}
