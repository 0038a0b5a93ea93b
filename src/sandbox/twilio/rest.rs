//! The REST API: who may ask, what may be sent, and how each request is answered, well or badly.

use super::faults::{Answer, Callbacks, Outcome};
use super::log::{Direction, Record, Sent, State as MessageLog, Status};
use super::wire::{self, API};
use super::{Shared, callbacks, list, media};
use crate::sandbox::conn::Line;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::Arc;

/// The longest body of one message, in characters (Twilio error 21617).
const MAX_BODY: usize = 1600;
/// The most media of one message.
const MAX_MEDIA: usize = 10;
/// How long a customer's WhatsApp message lets us answer freely, in milliseconds.
const WINDOW: i64 = 24 * 60 * 60 * 1000;

/// All routes: they are told apart here, because the paths end in `.json` behind a variable part.
pub(super) fn routes(shared: Arc<Shared>) -> Router {
    Router::new().fallback(handle).layer(DefaultBodyLimit::max(1 << 20)).with_state(shared)
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    shared.far.state().requests.total += 1;
    let path: Vec<&str> = uri.path().trim_matches('/').split('/').collect();
    if let ["cdn", ticket] = path.as_slice() {
        return media::content(&shared, &headers, ticket);
    }
    if !may(&shared, &headers) {
        shared.far.state().requests.unauthorized += 1;
        let mut refused = wire::error(401, 20003);
        let realm = HeaderValue::from_static("Basic realm=\"Twilio API\"");
        refused.headers_mut().insert(header::WWW_AUTHENTICATE, realm);
        return refused;
    }
    let answer = match (&method, path.as_slice()) {
        (&Method::POST, [API, "Accounts", account, "Messages.json"]) if shared.is(account) => {
            send(&shared, &line, &body).await
        }
        (&Method::POST, ["v2", "Indicators", "Typing.json"]) => {
            shared.far.state().requests.typing += 1;
            wire::json_answer(StatusCode::OK, &json!({"success": true}))
        }
        (&Method::GET, [API, "Accounts", rest @ ..]) => {
            read(&shared, &line, rest, uri.query().unwrap_or("")).await
        }
        _ => wire::error(404, 20404),
    };
    shared.far.bump();
    answer
}

impl Shared {
    fn is(&self, account: &str) -> bool {
        account == self.options.account_sid
    }
}

/// Basic authentication with the account's own token or with an API key.
fn may(shared: &Shared, headers: &HeaderMap) -> bool {
    let login = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Basic "))
        .and_then(|value| STANDARD.decode(value.trim()).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let Some((user, secret)) = login.as_deref().and_then(|login| login.split_once(':')) else {
        return false;
    };
    let options = &shared.options;
    (user == options.account_sid && secret == options.auth_token)
        || options.api_keys.iter().any(|(key, own)| key == user && own == secret)
}

/// The requests that change nothing.
async fn read(shared: &Arc<Shared>, line: &Line, path: &[&str], query: &str) -> Response {
    let answer = shared.far.state().faults.next_read().answer;
    if let Some(refused) = before(line, answer) {
        return refused;
    }
    let options = &shared.options;
    let response = match path {
        [account, "Messages.json"] if shared.is(account) => {
            shared.far.state().requests.lists += 1;
            list::page(shared, query)
        }
        [account, "Messages", sid, "Media.json"] if shared.is(account) => media::list(shared, sid),
        [account, "Messages", sid, "Media", medium] if shared.is(account) => media::one(shared, sid, medium),
        [account, "Messages", file] if shared.is(account) => {
            let sid = file.strip_suffix(".json").unwrap_or(file);
            match shared.far.state().record(sid) {
                Some(record) => {
                    wire::json_answer(StatusCode::OK, &wire::message(&options.account_sid, record))
                }
                None => wire::error(404, 20404),
            }
        }
        [account, "IncomingPhoneNumbers.json"] if shared.is(account) => {
            wire::json_answer(StatusCode::OK, &own_numbers(shared))
        }
        [file] if file.strip_suffix(".json").is_some_and(|account| shared.is(account)) => {
            wire::json_answer(StatusCode::OK, &account(shared))
        }
        _ => wire::error(404, 20404),
    };
    after(shared, line, answer, response).await
}

fn account(shared: &Shared) -> Value {
    let sid = &shared.options.account_sid;
    let created = wire::rfc2822(1_600_000_000_000);
    json!({
        "sid": sid,
        "owner_account_sid": sid,
        "friendly_name": "Frontdesk sandbox",
        "status": "active",
        "type": "Full",
        "date_created": created,
        "date_updated": created,
        "uri": format!("/{API}/Accounts/{sid}.json"),
        "subresource_uris": { "messages": format!("/{API}/Accounts/{sid}/Messages.json") },
    })
}

fn own_numbers(shared: &Shared) -> Value {
    let account = &shared.options.account_sid;
    let numbers: Vec<Value> = shared
        .options
        .numbers
        .iter()
        .filter(|number| number.starts_with('+'))
        .enumerate()
        .map(|(i, number)| {
            json!({
                "sid": format!("PN{i:032x}"),
                "account_sid": account,
                "friendly_name": number,
                "phone_number": number,
                "capabilities": { "voice": false, "sms": true, "mms": true, "fax": false },
                "sms_method": "POST",
                "sms_url": "",
                "status": "in-use",
            })
        })
        .collect();
    let uri = format!("/{API}/Accounts/{account}/IncomingPhoneNumbers.json?PageSize=50&Page=0");
    json!({
        "incoming_phone_numbers": numbers, "page": 0, "page_size": 50, "start": 0, "end": numbers.len().saturating_sub(1),
        "uri": uri, "first_page_uri": uri, "next_page_uri": null, "previous_page_uri": null,
    })
}

/// The faults that keep a request from being done.
fn before(line: &Line, answer: Answer) -> Option<Response> {
    match answer {
        Answer::TooMany { retry_after } => {
            let mut refused = wire::error(429, 20429);
            if let Some(seconds) = retry_after {
                refused.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            Some(refused)
        }
        Answer::Refused { status, code } => Some(wire::error(status, code)),
        Answer::ErrorBefore => Some(wire::error(500, 20500)),
        Answer::CutBefore => Some(line.cut()),
        Answer::Normal | Answer::ErrorAfter | Answer::CutAfter | Answer::Slow(_) | Answer::Held => None,
    }
}

/// The faults that keep a client from hearing of what was done.
async fn after(shared: &Shared, line: &Line, answer: Answer, response: Response) -> Response {
    match answer {
        Answer::ErrorAfter => wire::error(500, 20500),
        Answer::CutAfter => line.cut(),
        Answer::Slow(natural) => {
            // Not paced: who asks for a slow answer says how slow.
            tokio::select! {
                () = tokio::time::sleep(natural) => response,
                () = shared.far.over() => response,
            }
        }
        Answer::Held => {
            let mut released = shared.released.subscribe();
            let _ = released.wait_for(|released| *released).await;
            response
        }
        _ => response,
    }
}

/// `POST Messages.json`.
async fn send(shared: &Arc<Shared>, line: &Line, body: &[u8]) -> Response {
    let plan = {
        let mut state = shared.far.state();
        state.requests.sends += 1;
        let state = &mut *state;
        state.faults.next_send(&mut state.random)
    };
    if let Some(refused) = before(line, plan.answer) {
        return refused;
    }
    let draft = match Draft::read(shared, body) {
        Ok(draft) => draft,
        Err((status, code)) => return wire::error(status, code),
    };
    let callback = draft.status_callback.clone();
    let done = accept(shared, draft);
    if !shared.options.bare {
        let outcome = done.doomed.map_or(plan.outcome, Outcome::Failed);
        let life = callbacks::Life {
            sid: done.sid,
            serial: done.serial,
            callback,
            callbacks: plan.callbacks,
            outcome,
        };
        let progress = tokio::spawn(callbacks::progress(shared.clone(), life));
        if plan.callbacks == Callbacks::Early {
            let _ = progress.await;
        }
    }
    shared.far.bump();
    after(shared, line, plan.answer, done.response).await
}

/// A send that was asked for and may be accepted.
struct Draft {
    to: String,
    from: Option<String>,
    service: Option<String>,
    body: String,
    media_urls: Vec<String>,
    content: Option<(String, String)>,
    status_callback: Option<String>,
}

impl Draft {
    /// Reads and checks the form.
    ///
    /// # Errors
    /// The HTTP status and Twilio's code of the first thing that is wrong.
    fn read(shared: &Shared, form: &[u8]) -> Result<Draft, (u16, u32)> {
        let mut fields: Vec<(String, String)> = url::form_urlencoded::parse(form).into_owned().collect();
        let mut take = |name: &str| -> Option<String> {
            let at = fields.iter().position(|(field, value)| field == name && !value.is_empty())?;
            Some(fields.remove(at).1)
        };
        let to = take("To").ok_or((400, 21604))?;
        let from = take("From");
        let service = take("MessagingServiceSid");
        let text = take("Body");
        let content = take("ContentSid");
        let variables = take("ContentVariables").unwrap_or_default();
        let status_callback = take("StatusCallback");
        let mut media_urls = Vec::new();
        while let Some(url) = take("MediaUrl") {
            media_urls.push(url);
        }
        if from.is_none() && service.is_none() {
            return Err((400, 21603));
        }
        check_recipient(&to)?;
        if let Some(from) = &from {
            let whatsapp = from.starts_with("whatsapp:");
            if whatsapp != to.starts_with("whatsapp:") {
                return Err((400, 21910));
            }
            if !shared.options.numbers.contains(from) {
                return Err(if whatsapp { (400, 63007) } else { (400, 21606) });
            }
        }
        if text.is_none() && media_urls.is_empty() && content.is_none() {
            return Err((400, 21602));
        }
        let body = match (text, &content) {
            (Some(text), _) => text,
            (None, Some(template)) => format!("[template {template}]"),
            (None, None) => String::new(),
        };
        if body.chars().count() > MAX_BODY {
            return Err((400, 21617));
        }
        if media_urls.len() > MAX_MEDIA {
            return Err((400, 21623));
        }
        if status_callback.as_deref().is_some_and(|callback| url::Url::parse(callback).is_err()) {
            return Err((400, 21609));
        }
        let blocked = |from: &String| shared.far.state().opted_out.contains(&(to.clone(), from.clone()));
        if from.as_ref().is_some_and(blocked) {
            return Err((400, 21610));
        }
        let content = content.map(|template| (template, variables));
        Ok(Draft { to, from, service, body, media_urls, content, status_callback })
    }
}

/// The form of an address, and Twilio's magic recipients (its "Test credentials" page).
fn check_recipient(to: &str) -> Result<(), (u16, u32)> {
    let number = to.strip_prefix("whatsapp:").unwrap_or(to);
    if number.len() < to.len() && number.get(2..3) == Some(".") {
        return Ok(()); // a WhatsApp user without a visible number: "whatsapp:ES.2000…"
    }
    let digits = number.strip_prefix('+').ok_or((400, 21211))?;
    if !(7..=15).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err((400, 21211));
    }
    match number {
        "+15005550001" => Err((400, 21211)),
        "+15005550003" => Err((400, 21408)),
        "+15005550004" => Err((400, 21610)),
        "+15005550009" => Err((400, 21614)),
        _ => Ok(()),
    }
}

/// A message that was accepted.
struct Done {
    response: Response,
    sid: String,
    serial: u64,
    /// The code with which it will fail in any case.
    doomed: Option<u32>,
}

/// Does the work: from here on the message exists, whatever the client gets to see.
fn accept(shared: &Shared, draft: Draft) -> Done {
    let now = shared.now();
    let bare = shared.options.bare;
    let mut state = shared.far.state();
    let (sid, serial) = state.fresh(if draft.media_urls.is_empty() { "SM" } else { "MM" });
    let mut record = Record {
        sid: sid.clone(),
        segments: if draft.from.is_some() { wire::segments(&draft.body) } else { 0 },
        status: if draft.from.is_some() { Status::Queued } else { Status::Accepted },
        from: draft.from.clone(),
        to: draft.to.clone(),
        body: draft.body.clone(),
        direction: Direction::Api,
        error_code: None,
        created: now,
        updated: now,
        sent: None,
        num_media: draft.media_urls.len(),
        service: draft.service.clone(),
    };
    let answer = wire::message(&shared.options.account_sid, &record);
    if bare {
        record.status = Status::Delivered;
        record.sent = Some(now);
    }
    let doomed = window_closed(&state, &draft, now);
    state.insert(serial, record);
    state.sent.push(Sent {
        sid: sid.clone(),
        to: draft.to,
        from: draft.from.or(draft.service).unwrap_or_default(),
        body: draft.body,
        media_urls: draft.media_urls,
        content: draft.content,
        status_callback: draft.status_callback,
        at: now,
    });
    Done { response: wire::json_answer(StatusCode::CREATED, &answer), sid, serial, doomed }
}

/// 63016 when a free WhatsApp text goes to somebody who has not written for a day; Twilio only notices later.
fn window_closed(state: &MessageLog, draft: &Draft, now: i64) -> Option<u32> {
    if !draft.to.starts_with("whatsapp:") || draft.content.is_some() {
        return None;
    }
    let pair = (draft.to.clone(), draft.from.clone()?);
    let open = state.last_inbound.get(&pair).is_some_and(|at| now - at < WINDOW);
    (!open).then_some(63016)
}
