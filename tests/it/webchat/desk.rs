//! A store, a listener and an agent who works by hand: what the engine's loops do, the test does, when it wants to.

use axum::http::StatusCode;
use frontdesk::domain::account::Channel;
use frontdesk::domain::attachment::Enclosure;
use frontdesk::domain::clock::{Clock, ManualClock};
use frontdesk::domain::command::Action;
use frontdesk::domain::ids::{AccountId, ConversationId, OpId};
use frontdesk::domain::row::{ConversationRow, MessageRow};
use frontdesk::engine::accounts::{Accounts, Live};
use frontdesk::engine::bus::Bus;
use frontdesk::engine::inbox::Inbox;
use frontdesk::engine::webchat::{WebchatState, routes};
use frontdesk::provider::webchat::Webchat;
use frontdesk::provider::{Provider, PushContext, RawPush};
use frontdesk::store::{AccountSpec, Actor, Class, Store, Taken};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

pub const NOW: i64 = 1_790_000_000_000;
/// Only a failing test waits this long.
const PATIENCE: Duration = Duration::from_secs(30);

/// The desk.
pub struct Desk {
    _dir: tempfile::TempDir,
    pub store: Store,
    pub bus: Bus,
    inbox: Inbox,
    accounts: Accounts,
    clock: Arc<ManualClock>,
    provider: Arc<Webchat>,
    account: AccountId,
    /// Tells live streams that the engine ends.
    pub stop: tokio::sync::watch::Sender<bool>,
    pub base: String,
    pub http: reqwest::Client,
}

fn client() -> reqwest::Client {
    // Another test of this process may have chosen it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

impl Desk {
    pub async fn open(settings: &[(&str, &str)]) -> Desk {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(NOW));
        let store = Store::open(&dir.path().join("main"), clock.clone()).unwrap();
        let provider = Arc::new(Webchat::new("site"));
        let spec = AccountSpec {
            name: "site".into(),
            provider: "webchat".into(),
            channels: vec![Channel::Webchat],
            enabled: true,
            from: Vec::new(),
            capabilities: Some(provider.capabilities()),
        };
        let account = store
            .writer()
            .call(Class::Durable, move |tx| {
                tx.agents_sync(&[("Ana".into(), "ana@example.com".into())])?;
                tx.account_upsert(&spec)
            })
            .unwrap();
        let accounts = Accounts::default();
        let inbox = Inbox::new(store.clone());
        let mut desk = Desk {
            _dir: dir,
            bus: Bus::new(),
            inbox,
            accounts,
            clock,
            provider,
            account,
            stop: tokio::sync::watch::channel(false).0,
            base: String::new(),
            http: client(),
            store,
        };
        desk.configure(settings, true);
        desk.listen().await;
        desk
    }

    pub fn configure(&self, settings: &[(&str, &str)], enabled: bool) {
        let settings: BTreeMap<_, _> =
            settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        self.accounts.replace(vec![Arc::new(Live {
            id: self.account,
            name: "site".into(),
            vendor: "webchat",
            provider: Some(self.provider.clone()),
            trouble: None,
            settings,
            enabled,
            due: tokio::sync::Notify::new(),
        })]);
    }

    /// Begins to listen (again): with nothing in memory, as after a restart.
    pub async fn listen(&mut self) {
        let state = WebchatState::new(
            self.store.clone(),
            self.bus.clone(),
            self.inbox.clone(),
            self.accounts.clone(),
            "Support".into(),
            self.clock.clone(),
        );
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.base = format!("http://{}/chat/site", listener.local_addr().unwrap());
        let service =
            routes(state.until(self.stop.subscribe())).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
    }

    pub async fn visitor(&self, profile: Value) -> Visitor {
        let answer =
            self.http.post(format!("{}/api/visitor", self.base)).json(&profile).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        let answer: Value = answer.json().await.unwrap();
        Visitor {
            http: self.http.clone(),
            base: self.base.clone(),
            token: answer["token"].as_str().unwrap().to_owned(),
        }
    }

    /// What the engine's intake does: reads what is in the inbox.
    pub fn apply(&self) {
        let waiting = self.store.reader().unwrap().receipts_waiting(100).unwrap();
        for (id, account, new) in waiting {
            let push = RawPush {
                method: new.method,
                url: new.url,
                headers: new.headers,
                body: new.body,
                received_at: new.received_at,
            };
            let events = self.provider.ingest(&push).unwrap().events;
            self.store
                .writer()
                .call(Class::Apply, move |tx| {
                    tx.apply(account, &events)?;
                    tx.receipts_done(&[id])
                })
                .unwrap();
        }
        self.bus.bump();
    }

    pub fn act(&self, action: Action) -> Option<OpId> {
        let actor = Actor { name: "Ana".into(), email: "ana@example.com".into() };
        let done = self.store.writer().call(Class::Durable, move |tx| tx.perform(&actor, &action)).unwrap();
        self.bus.bump();
        done.op
    }

    /// What the engine's delivery does with an op.
    pub async fn deliver(&self, op: OpId) {
        let now = self.clock.now();
        let claimed = self.store.writer().call(Class::Durable, move |tx| tx.op_take(op, now)).unwrap();
        let Taken::Op(claimed) = claimed else { panic!("{claimed:?}") };
        self.bus.bump();
        let ctx = PushContext { callback: None, files: Vec::new(), dir: Default::default(), now };
        let accepted = self.provider.push(&claimed, &ctx).await.unwrap();
        self.store.writer().call(Class::Durable, move |tx| tx.op_accepted(op, &accepted, now)).unwrap();
        self.bus.bump();
    }

    pub async fn reply(&self, conversation: ConversationId, text: &str) {
        let op = self.act(Action::Reply { conversation, text: text.into(), undo_ms: 0, at: None }).unwrap();
        self.deliver(op).await;
    }

    /// A file of an agent's, kept.
    pub fn file(&self, name: &str, bytes: &[u8]) -> Enclosure {
        let path = self._dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        self.store.keep(&path).unwrap()
    }

    pub fn conversations(&self) -> Vec<ConversationRow> {
        self.store.reader().unwrap().list_all(100, None).unwrap()
    }

    pub fn conversation(&self) -> ConversationRow {
        let [row] = <[_; 1]>::try_from(self.conversations()).unwrap();
        row
    }

    pub fn thread(&self, conversation: ConversationId) -> Vec<MessageRow> {
        self.store.reader().unwrap().thread(conversation, None, 100).unwrap()
    }

    pub fn later(&self, ms: i64) {
        self.clock.set(self.clock.now() + ms);
    }
}

#[derive(Clone)]
pub struct Visitor {
    pub http: reqwest::Client,
    pub base: String,
    pub token: String,
}

impl Visitor {
    pub async fn post(&self, path: &str, body: Value) -> reqwest::Response {
        let url = format!("{}/api/{path}", self.base);
        self.http.post(url).bearer_auth(&self.token).json(&body).send().await.unwrap()
    }

    pub async fn say(&self, id: &str, text: &str) -> (u16, Value) {
        let answer = self.post("messages", json!({ "id": id, "text": text })).await;
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub async fn messages(&self, query: &str) -> Value {
        let url = format!("{}/api/messages{query}", self.base);
        let answer = self.http.get(url).bearer_auth(&self.token).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.unwrap()
    }

    pub async fn file(&self, id: &str) -> reqwest::Response {
        let url = format!("{}/api/files/{id}", self.base);
        self.http.get(url).bearer_auth(&self.token).send().await.unwrap()
    }

    pub async fn stream(&self, last: Option<&str>) -> Stream {
        let mut request = self.http.get(format!("{}/api/events", self.base)).bearer_auth(&self.token);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Stream { answer, rest: String::new(), last: last.map(str::to_owned) }
    }
}

pub struct Stream {
    answer: reqwest::Response,
    rest: String,
    pub last: Option<String>,
}

impl Stream {
    /// The next event: its name and its data. None = the stream has ended.
    pub async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            while let Some((block, rest)) = self.rest.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.rest = rest;
                let field = |name: &str| {
                    block.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned))
                };
                if let Some(data) = field("data") {
                    self.last = field("id");
                    return Some((field("event").unwrap(), serde_json::from_str(&data).unwrap()));
                }
            }
            let chunk = tokio::time::timeout(PATIENCE, self.answer.chunk()).await.expect("an event in time");
            match chunk {
                Ok(Some(bytes)) => self.rest.push_str(std::str::from_utf8(&bytes).unwrap()),
                _ => return None,
            }
        }
    }

    /// The next message: its text and state.
    pub async fn message(&mut self) -> (String, String) {
        let (name, data) = self.next().await.unwrap();
        assert_eq!(name, "message", "{data}");
        (data["text"].as_str().unwrap().to_owned(), data["state"].as_str().unwrap().to_owned())
    }
}

pub fn pair(text: &str, state: &str) -> (String, String) {
    (text.to_owned(), state.to_owned())
}

pub fn texts(page: &Value) -> Vec<&str> {
    page["messages"].as_array().unwrap().iter().map(|m| m["text"].as_str().unwrap()).collect()
}
