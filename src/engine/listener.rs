//! The webhook listener: keeps raw bytes, believes nothing unsigned, answers 200 only for what is on the disk.

use crate::domain::clock::{Clock, Ms};
use crate::engine::accounts::Accounts;
use crate::engine::body::{Bodies, Unread};
use crate::engine::inbox::Inbox;
use crate::provider::{RawPush, Reject};
use crate::store::ReceiptOutcome;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use tracing::{debug, error, warn};

/// Wrong signatures a minute from one address before it hears 429 instead of 401.
const WRONG_A_MINUTE: u32 = 60;
/// Headers by which our own parts speak to adapters; never believed from outside.
const INTERNAL: &str = "x-frontdesk-";

/// What the listener's handlers share.
#[derive(Clone)]
pub struct Hooks {
    /// Whose hooks.
    pub accounts: Accounts,
    /// Where pushes go.
    pub inbox: Inbox,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What vendors see and sign: scheme, host, optional port and path prefix, without a slash at the end.
    pub public_url: Arc<str>,
    wrong: Arc<Mutex<HashMap<IpAddr, (Ms, u32)>>>,
    bodies: Bodies,
}

impl Hooks {
    /// Handlers for the hooks of `accounts`.
    pub fn new(accounts: Accounts, inbox: Inbox, clock: Arc<dyn Clock>, public_url: &str) -> Hooks {
        let public_url = public_url.trim_end_matches('/').into();
        Hooks { accounts, inbox, clock, public_url, wrong: Arc::default(), bodies: Bodies::default() }
    }

    /// Counts a wrong signature. Answers whether there were too many.
    fn count_wrong(&self, peer: IpAddr) -> bool {
        let now = self.clock.now();
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if wrong.len() > 10_000 {
            wrong.retain(|_, (since, _)| now - *since < 60_000);
            if wrong.len() > 10_000 {
                wrong.clear();
            }
        }
        let entry = wrong.entry(peer).or_insert((now, 0));
        if now - entry.0 >= 60_000 {
            *entry = (now, 0);
        }
        entry.1 += 1;
        entry.1 > WRONG_A_MINUTE
    }

    /// What a caller hears whose push is not believed.
    fn refuse(&self, peer: IpAddr, name: &str, reject: &Reject) -> Response {
        // Counted as well: nothing shows yet that it is genuine.
        if self.count_wrong(peer) {
            // Not worth a line each: whoever floods the hook must not fill the disk with our log.
            debug!("a webhook for \u{201c}{name}\u{201d} is refused: too many wrong ones");
            return StatusCode::TOO_MANY_REQUESTS.into_response();
        }
        match reject {
            Reject::Signature(why) => warn!("a webhook for \u{201c}{name}\u{201d} is refused: {why}"),
            Reject::Foreign(why) => debug!("not a webhook for \u{201c}{name}\u{201d}: {why}"),
            Reject::Later(why) => {
                debug!("a webhook for \u{201c}{name}\u{201d} is to come again: {why}");
                return retry_later();
            }
        }
        StatusCode::UNAUTHORIZED.into_response()
    }
}

/// The headers of a push, without those that are nobody's business.
fn headers(all: &HeaderMap) -> Vec<(String, String)> {
    all.iter()
        .filter(|(n, _)| !n.as_str().starts_with(INTERNAL) && *n != header::COOKIE)
        .filter_map(|(n, v)| v.to_str().ok().map(|v| (n.as_str().to_owned(), v.to_owned())))
        .collect()
}

/// The routes of hooks and health, for the listener and for tests.
pub fn routes(hooks: Hooks) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/hooks/{name}", any(hook))
        // Some providers call several addresses: the adapter tells them apart by what follows its account's name.
        .route("/hooks/{name}/{*rest}", any(hook_below))
        .with_state(hooks)
}

async fn health(State(hooks): State<Hooks>) -> Response {
    let accounts = hooks.accounts.all().len();
    // It lives and is not to be started anew for it: whoever asks reads what is wrong.
    let trouble = hooks.inbox.trouble().map(|why| format!("the last push could not be stored: {why}"));
    let status = if trouble.is_some() { "failing" } else { "ok" };
    axum::Json(serde_json::json!({ "status": status, "accounts": accounts, "detail": trouble }))
        .into_response()
}

async fn hook_below(
    state: State<Hooks>,
    Path((name, _)): Path<(String, String)>,
    peer: ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    hook(state, Path(name), peer, request).await
}

async fn hook(
    State(hooks): State<Hooks>,
    Path(name): Path<String>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    if !hooks.accounts.are_known() {
        // A vendor who hears 404 does not come again.
        return retry_later();
    }
    // An unknown and a disabled account look the same from outside.
    let Some(live) = hooks.accounts.by_name(&name).filter(|l| l.enabled) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Some(provider) = live.provider.clone() else {
        // The secret that would check the signature is missing. Nothing can be believed, nothing is lost: vendors retry, pulls follow.
        warn!(
            "a webhook for \u{201c}{name}\u{201d} cannot be checked: {}",
            live.trouble.as_deref().unwrap_or("no login")
        );
        return retry_later();
    };
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or("/", |t| t.as_str());
    let mut push = RawPush {
        method: parts.method.as_str().to_owned(),
        url: format!("{}{target}", hooks.public_url),
        headers: headers(&parts.headers),
        body: Vec::new(),
        received_at: hooks.clock.now(),
    };
    // Before anything of its body is held.
    if let Err(reject) = provider.admit(&push) {
        return hooks.refuse(peer.ip(), &name, &reject);
    }
    let announced = parts.headers.get(header::CONTENT_LENGTH).and_then(|n| n.to_str().ok()?.parse().ok());
    let held = match hooks.bodies.read(body, announced, provider.hook_limit()).await {
        Ok(held) => held,
        Err(Unread::TooLarge) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(Unread::TooSlow) => return StatusCode::REQUEST_TIMEOUT.into_response(),
        Err(Unread::Later) => {
            warn!("a large webhook for \u{201c}{name}\u{201d} is to come again: others are being read");
            return retry_later();
        }
    };
    // Its room is given back once it is stored.
    let _room = held.room;
    push.body = held.bytes;
    let key = match provider.verify(&push) {
        Ok(key) => key,
        Err(reject) => return hooks.refuse(peer.ip(), &name, &reject),
    };
    let answer = provider.hook_answer(&push);
    // It has said what it was for, and is not kept.
    push.headers.retain(|(name, _)| name != header::AUTHORIZATION.as_str());
    match hooks.inbox.accept(live.id, key, push).await {
        Ok(ReceiptOutcome::New(_)) => {}
        Ok(ReceiptOutcome::Duplicate(id)) => debug!("a replay of receipt {id}"),
        Err(e) => {
            error!("a webhook for \u{201c}{name}\u{201d} could not be stored: {e}");
            return retry_later();
        }
    }
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    response
}

/// What a caller hears when its push cannot be taken now: the vendor is to try again.
pub fn retry_later() -> Response {
    let mut response = StatusCode::SERVICE_UNAVAILABLE.into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
    response
}
