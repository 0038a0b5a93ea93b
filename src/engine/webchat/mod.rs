//! The visitor's side of web chat: routes, tokens, and a live stream that re-queries the store.
//!
//! What a visitor does becomes a push in the same durable inbox as any vendor's webhook. What they see is read from the
//! store; a page that was away asks from its cursor on and has missed nothing.

use crate::domain::clock::Clock;
use crate::engine::accounts::{Accounts, Live};
use crate::engine::body::Bodies;
use crate::engine::bus::Bus;
use crate::engine::inbox::Inbox;
use crate::provider::webchat::{MESSAGES_PER_MINUTE, VENDOR, messages_per_minute};
use crate::store::{Class, Store, StoreError};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post};
use limits::{Limits, Quota};
use readers::Readers;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use streams::Streams;
use token::Key;
use tokio::sync::watch;
use view::Names;

mod api;
mod cursor;
mod files;
mod frame;
mod gate;
mod history;
pub(in crate::engine) mod limits;
mod origin;
mod page;
mod problem;
mod readers;
mod stream;
mod streams;
pub(in crate::engine) mod token;
mod view;

use problem::Problem;

/// Longest request body in bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// What the chat pages need of the engine.
#[derive(Clone)]
pub struct WebchatState {
    /// The workspace's store.
    pub store: Store,
    /// Where "something changed" and typing are heard.
    pub bus: Bus,
    /// Where a visitor's deeds are kept.
    pub inbox: Inbox,
    /// Which chat pages there are.
    pub accounts: Accounts,
    /// The name of an agent of whom none is known.
    pub agent_name: String,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Says `true` when the engine ends: live streams hang up then, so that a clean shutdown need not wait for them.
    pub stop: Option<watch::Receiver<bool>>,
}

impl WebchatState {
    /// All that there must be; streams then live until they are cut.
    pub fn new(
        store: Store,
        bus: Bus,
        inbox: Inbox,
        accounts: Accounts,
        agent_name: String,
        clock: Arc<dyn Clock>,
    ) -> WebchatState {
        WebchatState { store, bus, inbox, accounts, agent_name, clock, stop: None }
    }

    /// Has live streams end when `stop` says `true`.
    pub fn until(self, stop: watch::Receiver<bool>) -> WebchatState {
        WebchatState { stop: Some(stop), ..self }
    }
}

/// The routes of all chat pages, each with its full path `/chat/…`: to be merged into the listener's router.
///
/// The listener should be served with `into_make_service_with_connect_info::<SocketAddr>()`, else no address is limited.
pub fn routes(state: WebchatState) -> Router {
    let shared = Arc::new(Shared {
        readers: Readers::new(state.store.clone()),
        limits: Mutex::new(Limits::default()),
        streams: Streams::default(),
        keys: RwLock::default(),
        bodies: Bodies::default(),
        engine: state,
    });
    Router::new()
        .route("/chat/{name}", get(page::page))
        .route("/chat/{name}/", get(page::without_slash))
        .route("/chat/{name}/app.js", get(page::script))
        .route("/chat/{name}/style.css", get(page::style))
        .route("/chat/{name}/api/visitor", post(api::visitor))
        .route("/chat/{name}/api/messages", get(api::messages).post(api::say))
        .route("/chat/{name}/api/events", get(stream::events))
        .route("/chat/{name}/api/files/{file}", get(files::file))
        .route("/chat/{name}/api/typing", post(api::typing))
        .route("/chat/{name}/api/receipt", post(api::receipt))
        .route("/chat/{name}/api/profile", post(api::profile))
        .route("/chat/{name}/{*rest}", any(|| async { Problem::NotFound }))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .route_layer(from_fn_with_state(shared.clone(), gate::gate))
        .with_state(shared)
}

/// What all requests share.
struct Shared {
    engine: WebchatState,
    readers: Readers,
    limits: Mutex<Limits>,
    streams: Streams,
    keys: RwLock<HashMap<String, Key>>,
    bodies: Bodies,
}

impl Shared {
    /// Counts something against a limit.
    fn limit(&self, take: impl FnOnce(&mut Limits, i64) -> Result<(), i64>) -> Result<(), Problem> {
        // A panic elsewhere leaves at worst one bucket uncounted.
        let mut limits = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
        take(&mut limits, self.engine.clock.now()).map_err(Problem::patience)
    }

    /// Does something in the store, durably.
    async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut crate::store::Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (tx, rx) = tokio::sync::oneshot::channel();
        self.engine.store.writer().submit(Class::Durable, job, move |result| {
            // The visitor may have gone: what is written stays.
            let _ = tx.send(result);
        });
        rx.await.unwrap_or(Err(StoreError::Closed))
    }

    /// The key under which an account's tokens are made: created once, then kept in the store.
    async fn key(&self, account: &str) -> Result<Key, Problem> {
        if let Some(key) = self.keys.read().unwrap_or_else(PoisonError::into_inner).get(account) {
            return Ok(*key);
        }
        let meta = format!("webchat-key:{account}");
        let kept = self
            .write(move |tx| {
                if let Some(kept) = tx.meta_get(&meta)? {
                    return Ok(kept);
                }
                let fresh = Key::fresh().hex();
                tx.meta_set(&meta, &fresh)?;
                Ok(fresh)
            })
            .await?;
        let key = Key::from_hex(&kept)
            .ok_or_else(|| Problem::Unavailable("the key of this chat page is damaged".into()))?;
        self.keys.write().unwrap_or_else(PoisonError::into_inner).insert(account.to_owned(), key);
        Ok(key)
    }
}

/// The chat page that a request is for.
#[derive(Clone)]
struct Chat {
    account: Arc<Live>,
}

impl Chat {
    /// The chat page of that name, if it is open.
    fn find(accounts: &Accounts, name: &str) -> Result<Chat, Problem> {
        let chat = Chat::named(accounts, name)?;
        chat.is_open().map(|()| chat)
    }

    /// The chat page of that name.
    fn named(accounts: &Accounts, name: &str) -> Result<Chat, Problem> {
        if !accounts.are_known() {
            return Err(Problem::Unavailable("this chat opens in a moment".into()));
        }
        let account = accounts.by_name(name).filter(|a| a.vendor == VENDOR.name).ok_or(Problem::NotFound)?;
        Ok(Chat { account })
    }

    /// Whether it is served.
    fn is_open(&self) -> Result<(), Problem> {
        match self.account.active() {
            Some(_) => Ok(()),
            None => Err(Problem::Unavailable("this chat is closed at the moment".into())),
        }
    }

    fn setting(&self, key: &str) -> Option<&str> {
        self.account.settings.get(key).map(|v| v.trim()).filter(|v| !v.is_empty())
    }

    fn names(&self, state: &WebchatState) -> Names {
        Names { all: self.setting("agent_name").map(str::to_owned), fallback: state.agent_name.clone() }
    }

    fn message_quota(&self) -> Quota {
        // A setting that cannot be read was refused when the account was built.
        Quota::per_minute(messages_per_minute(&self.account.settings).unwrap_or(MESSAGES_PER_MINUTE))
    }
}
