//! Files of ours on their way out over HTTP. A provider that fetches what it sends gets an address that cannot be guessed, names one
//! file of one op, and dies after a day; how a file is answered is the same for web chat.

use crate::domain::attachment::{Enclosure, is_own};
use crate::domain::clock::{Clock, Ms};
use crate::domain::ids::OpId;
use crate::domain::op::OpBody;
use crate::engine::webchat::limits::{Ask, Limits, asker};
use crate::engine::webchat::token::{Key, seal};
use crate::store::{Store, StoreError, Tx};
use crate::text::{file_kind, sanitize};
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::stream;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use subtle::ConstantTimeEq;
use tokio::io::AsyncReadExt;
use tracing::{debug, error, warn};

/// How long an address holds, milliseconds: providers fetch within minutes, and try again within hours.
const HOLDS: Ms = 24 * 3_600_000;
/// Where the store keeps the key of all addresses.
const KEY: &str = "handout-key";
/// Said before what is sealed, so that the key can never be made to seal anything else.
const PURPOSE: &[u8] = b"frontdesk handout 1:";
/// Bytes of the op, the place of the file, and the end of it.
const NAMED: usize = 16 + 1 + 8;
/// Bytes that are read from a file at once.
const CHUNK: usize = 64 * 1024;
/// RFC 3986's unreserved characters stay as they are.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Makes addresses of files, and answers at them. Cheap to clone.
#[derive(Clone)]
pub struct Handouts {
    store: Store,
    clock: Arc<dyn Clock>,
    key: Key,
    limits: Arc<Mutex<Limits>>,
}

/// The key of a workspace's addresses: made once, then kept, so that an address outlives the engine.
pub(super) fn key(tx: &mut Tx<'_>) -> Result<Key, StoreError> {
    if let Some(key) = tx.meta_get(KEY)?.as_deref().and_then(Key::from_hex) {
        return Ok(key);
    }
    let fresh = Key::fresh();
    tx.meta_set(KEY, &fresh.hex())?;
    Ok(fresh)
}

impl Handouts {
    pub(super) fn new(store: Store, clock: Arc<dyn Clock>, key: Key) -> Handouts {
        Handouts { store, clock, key, limits: Arc::default() }
    }

    /// Where the files of an op can be fetched from now on, in their order.
    pub fn urls(&self, base: &str, op: OpId, body: &OpBody, now: Ms) -> Vec<String> {
        let OpBody::Send { attachments, .. } = body else { return Vec::new() };
        let files = attachments.iter().enumerate();
        files
            .map(|(at, file)| {
                let name = file.name.as_deref().unwrap_or("file");
                let token = self.token(op, u8::try_from(at).unwrap_or(u8::MAX), now.saturating_add(HOLDS));
                format!("{base}/media/{token}/{}", utf8_percent_encode(name, PLAIN))
            })
            .collect()
    }

    fn token(&self, op: OpId, at: u8, until: Ms) -> String {
        let mut bytes = op.0.as_bytes().to_vec();
        bytes.push(at);
        bytes.extend_from_slice(&until.to_be_bytes());
        let mac = seal(&self.key, PURPOSE, &bytes);
        bytes.extend_from_slice(&mac);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Which file a token names, if it is one of ours and still holds.
    fn named(&self, token: &str) -> Option<(OpId, usize)> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (named, claimed) = bytes.split_at_checked(NAMED)?;
        if !bool::from(seal(&self.key, PURPOSE, named).as_slice().ct_eq(claimed)) {
            return None;
        }
        let op = OpId(uuid::Uuid::from_slice(named.get(..16)?).ok()?);
        let until = Ms::from_be_bytes(named.get(17..)?.try_into().ok()?);
        (self.clock.now() < until).then_some((op, usize::from(*named.get(16)?)))
    }

    async fn file(&self, op: OpId, at: usize) -> Result<Option<Enclosure>, StoreError> {
        let store = self.store.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let found = store.reader()?.op(op)?;
            Ok(found.and_then(|(op, ..)| match op.body {
                OpBody::Send { attachments, .. } => attachments.get(at).and_then(Enclosure::of_fact),
                OpBody::Set { .. } | OpBody::Read { .. } | OpBody::Mark { .. } => None,
            }))
        });
        reading.await.unwrap_or(Err(StoreError::Closed))
    }
}

/// The route at which files are fetched, for the listener's router.
pub(super) fn routes(handouts: Handouts) -> Router {
    Router::new().route("/media/{token}/{name}", get(fetch)).with_state(handouts)
}

async fn fetch(
    State(handouts): State<Handouts>,
    Path((token, _)): Path<(String, String)>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    let forwarded = headers.get_all("x-forwarded-for").iter().map(|line| line.to_str().ok());
    let who = asker(Some(peer.ip()), forwarded);
    let now = handouts.clock.now();
    let limited = {
        let mut limits = handouts.limits.lock().unwrap_or_else(PoisonError::into_inner);
        limits.address(who, Ask::Call, now)
    };
    if let Err(wait) = limited {
        let mut response = StatusCode::TOO_MANY_REQUESTS.into_response();
        let seconds = HeaderValue::from((wait.saturating_add(999) / 1000).max(1));
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
        return response;
    }
    // A wrong address, an old one and that of a file which is gone look the same from outside.
    let Some((op, at)) = handouts.named(&token) else {
        debug!("a file is asked for under an address that does not hold");
        return StatusCode::NOT_FOUND.into_response();
    };
    match handouts.file(op, at).await {
        Ok(Some(file)) => answer(handouts.store.dir(), &file).await,
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(e) => {
            error!("a file of op {op} cannot be looked up: {e}");
            crate::engine::listener::retry_later()
        }
    }
}

/// Answers with a file. Browsers show nothing but pictures: everything else is saved, and runs nowhere.
pub(super) async fn answer(dir: &std::path::Path, file: &Enclosure) -> Response {
    let gone = || StatusCode::NOT_FOUND.into_response();
    if !is_own(&file.path) {
        return gone();
    }
    let open = match tokio::fs::File::open(dir.join(&file.path)).await {
        Ok(open) => open,
        Err(e) => {
            warn!("a file that was sent cannot be read: {e}");
            return gone();
        }
    };
    let Ok(about) = open.metadata().await else { return gone() };
    let chunks = stream::try_unfold(open, |mut open| async move {
        let mut chunk = vec![0; CHUNK];
        let read = open.read(&mut chunk).await?;
        chunk.truncate(read);
        Ok::<_, std::io::Error>((read > 0).then_some((chunk, open)))
    });
    let mut response = Response::new(Body::from_stream(chunks));
    let headers = response.headers_mut();
    let kind = HeaderValue::from_str(&file.mime);
    let kind = kind.unwrap_or(HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(about.len()));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'"),
    );
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert("x-robots-tag", HeaderValue::from_static("noindex"));
    if let Ok(value) = HeaderValue::from_str(&disposition(file)) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// What a client is to do with a file, and how it is called (RFC 6266): plain for the old ones, and as it is.
fn disposition(file: &Enclosure) -> String {
    let how = if file_kind::is_safe_picture(&file.mime) { "inline" } else { "attachment" };
    let name = sanitize::file_name(&file.name);
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-._ ()".contains(c) { c } else { '_' })
        .collect();
    format!("{how}; filename=\"{plain}\"; filename*=UTF-8''{}", utf8_percent_encode(&name, PLAIN))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::ManualClock;

    fn handouts(dir: &std::path::Path, clock: &Arc<ManualClock>) -> Handouts {
        let store = Store::open(dir, clock.clone()).unwrap();
        let key = store.writer().call(crate::store::Class::Durable, key).unwrap();
        Handouts::new(store, clock.clone(), key)
    }

    #[test]
    fn a_token_names_one_file_for_a_day_and_no_changed_one_does() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(1_000));
        let ours = handouts(dir.path(), &clock);
        let op = OpId(uuid::Uuid::from_u128(7));
        let token = ours.token(op, 2, 1_000 + HOLDS);
        assert_eq!(ours.named(&token), Some((op, 2)));
        let again = handouts(dir.path(), &clock);
        assert_eq!(again.named(&token), Some((op, 2)), "it outlives the engine");
        let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for i in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[i] ^= 1;
            assert_eq!(ours.named(&URL_SAFE_NO_PAD.encode(bad)), None, "byte {i}");
        }
        for bad in ["", "x", "../../etc/passwd", &token[1..], &URL_SAFE_NO_PAD.encode([0; 10])] {
            assert_eq!(ours.named(bad), None, "{bad}");
        }
        let other = tempfile::tempdir().unwrap();
        assert_eq!(handouts(other.path(), &clock).named(&token), None, "another workspace has another key");
        clock.set(1_000 + HOLDS);
        assert_eq!(ours.named(&token), None, "a day is over");
    }

    #[test]
    fn names_are_told_in_both_ways_and_only_pictures_are_shown() {
        let file = |name: &str, mime: &str| Enclosure {
            name: name.into(),
            mime: mime.into(),
            size: 1,
            path: String::new(),
        };
        assert_eq!(
            disposition(&file("a\"b\r\né.png", "image/png")),
            "inline; filename=\"a_b _.png\"; filename*=UTF-8''a_b%20%C3%A9.png"
        );
        for mime in ["image/svg+xml", "text/html", "application/pdf"] {
            assert!(disposition(&file("a", mime)).starts_with("attachment;"), "{mime}");
        }
    }
}
