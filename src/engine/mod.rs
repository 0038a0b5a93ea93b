//! The engine: intake, delivery, sync, listener, health. One per workspace: whoever holds the workspace's lock.
//!
//! [`Engine::start`] wires the loops; each lives in a file of its own and ends when told to stop.

pub mod accounts;
pub mod body;
pub mod bus;
pub mod deliver;
pub mod handout;
pub mod health;
pub mod http;
pub mod import;
pub mod inbox;
pub mod intake;
pub mod lanes;
pub mod listener;
pub mod lock;
pub mod media;
mod news;
mod pace;
pub mod socket;
pub mod sync;
pub mod watch;
pub mod webchat;
pub mod write;

use crate::domain::clock::{Clock, Ms};
use crate::engine::accounts::{Accounts, Live};
use crate::engine::bus::Bus;
use crate::engine::health::HealthBoard;
use crate::engine::inbox::Inbox;
use crate::engine::write::Writes;
use crate::store::{Class, Store, StoreError, Tx};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc, watch as watched};
use tokio::task::JoinHandle;
use tracing::{error, info, warn};

/// Where the store keeps what vendors and visitors see of the running engine.
pub const URL_KEY: &str = "engine:url";
/// Where the store keeps when the last engine ended; empty while one runs, or after one that was killed.
pub const ENDED_KEY: &str = "engine:ended";

/// How long the end waits for what can be cut off at any moment: slow callers, pulls.
const SHORT_END: Duration = Duration::from_secs(1);
/// How long it waits for requests that are out: what is cut off there is in doubt.
const DELIVERY_END: Duration = Duration::from_secs(12);
/// A finished receipt keeps its body this long, milliseconds.
const KEEP_BODIES: i64 = 7 * 24 * 3_600_000;
/// What was told of a message that never came is kept this long, milliseconds: a first pull goes back as far.
const KEEP_ORPHANS: i64 = 30 * 24 * 3_600_000;
/// How often both are looked at, in rounds of a second.
const SWEEP: u64 = 600;

/// What an engine is started with.
pub struct EngineOptions {
    /// The workspace.
    pub store: Store,
    /// Proof that this process is the engine of the workspace.
    pub lock: lock::EngineLock,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The bus of this process.
    pub bus: Bus,
    /// The listener's socket, already bound; none = no listener.
    pub listener: Option<TcpListener>,
    /// What vendors see and sign, if configured.
    pub public_url: Option<String>,
    /// The name customers see on the chat page.
    pub agent_name: String,
}

/// A running engine.
pub struct Engine {
    /// The accounts it serves; replace them with [`Engine::set_accounts`].
    pub accounts: Accounts,
    /// Where it listens.
    pub address: Option<SocketAddr>,
    /// What vendors see and sign.
    pub public_url: Option<String>,
    sync: sync::Sync,
    bus: Bus,
    accounts_changed: watched::Sender<u64>,
    stop: watched::Sender<bool>,
    account_stop: Mutex<watched::Sender<bool>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    delivery: Mutex<Option<JoinHandle<()>>>,
    _watch: watch::Watch,
    _lock: lock::EngineLock,
}

impl Engine {
    /// Recovers what a crash left behind, then starts every loop.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn start(options: EngineOptions) -> Result<Engine, StoreError> {
        let EngineOptions { store, lock, clock, bus, listener, public_url, agent_name } = options;
        let writes = Writes::new(store.clone(), bus.clone());
        let now = clock.now();
        let doubtful = writes.run(Class::Durable, move |t| t.ops_recover(now)).await?;
        if !doubtful.is_empty() {
            warn!("{} sends were under way when the last engine ended: they are looked for", doubtful.len());
        }
        let address = listener.as_ref().and_then(|l| l.local_addr().ok());
        let seen = public_url.clone().or_else(|| address.map(|a| format!("http://{a}")));
        // For other processes that tell people where to point a vendor or a browser.
        let told = seen.clone().unwrap_or_default();
        let begun = move |t: &mut Tx<'_>| {
            t.meta_set(URL_KEY, &told)?;
            t.meta_set(ENDED_KEY, "")
        };
        writes.run_quietly(Class::Apply, begun).await?;
        let accounts = Accounts::default();
        let health = HealthBoard::new(store.clone(), bus.clone(), clock.clone());
        let inbox = Inbox::new(store.clone());
        let media = Arc::new(Notify::new());
        let (stop, stopped) = watched::channel(false);
        let (accounts_changed, accounts_seen) = watched::channel(0u64);
        let (doubts, told) = mpsc::unbounded_channel();
        let sync = sync::Sync {
            store: store.clone(),
            writes: writes.clone(),
            accounts: accounts.clone(),
            health: health.clone(),
            clock: clock.clone(),
            media: media.clone(),
        };
        let mut tasks = Vec::new();
        tasks.push(tokio::spawn(
            intake::Intake {
                store: store.clone(),
                writes: writes.clone(),
                inbox: inbox.clone(),
                accounts: accounts.clone(),
                media: media.clone(),
            }
            .run(stopped.clone()),
        ));
        tasks.push(tokio::spawn(
            media::MediaFetcher {
                store: store.clone(),
                writes: writes.clone(),
                accounts: accounts.clone(),
                wake: media.clone(),
                changed: bus.changed(),
                clock: clock.clone(),
            }
            .run(stopped.clone()),
        ));
        let callbacks = callbacks(seen.clone());
        let key = writes.run_quietly(Class::Durable, handout::key).await?;
        let handouts = handout::Handouts::new(store.clone(), clock.clone(), key);
        let delivery = deliver::Delivery {
            store: store.clone(),
            writes: writes.clone(),
            accounts: accounts.clone(),
            health: health.clone(),
            clock: clock.clone(),
            callbacks,
            handouts: handouts.clone(),
            doubts,
        };
        let delivery = tokio::spawn(delivery.run(bus.changed(), accounts_seen, stopped.clone()));
        tasks.push(tokio::spawn(sync.clone().doubts(told, stopped.clone())));
        tasks.push(tokio::spawn(housekeeping(writes.clone(), clock.clone(), stopped.clone())));
        if let (Some(listener), Some(seen)) = (listener, &seen) {
            let hooks = listener::Hooks::new(accounts.clone(), inbox.clone(), clock.clone(), seen);
            let chat = webchat::WebchatState::new(
                store.clone(),
                bus.clone(),
                inbox.clone(),
                accounts.clone(),
                agent_name,
                clock.clone(),
            );
            let chat = webchat::routes(chat.until(stopped.clone()));
            let router = listener::routes(hooks).merge(chat).merge(handout::routes(handouts));
            tasks.push(tokio::spawn(http::serve(listener, router, http::HEAD_TIME, stopped.clone())));
        }
        match socket::bind(store.dir()) {
            Ok(socket) => tasks.push(tokio::spawn(socket::serve(socket, bus.clone(), stopped.clone()))),
            Err(e) => warn!("signals stay within this process, the socket cannot be made: {e}"),
        }
        let watch = watch::Watch::start(&store, bus.clone())?;
        info!("the engine runs");
        Ok(Engine {
            accounts,
            address,
            public_url: seen,
            sync,
            bus,
            accounts_changed,
            stop,
            account_stop: Mutex::new(watched::channel(false).0),
            tasks: Mutex::new(tasks),
            delivery: Mutex::new(Some(delivery)),
            _watch: watch,
            _lock: lock,
        })
    }

    /// Judges new conversations by these rules from now on.
    pub fn set_rules(&self, rules: Vec<crate::domain::spam::Rule>) {
        self.accounts.replace_rules(rules);
    }

    /// Serves these accounts from now on.
    pub fn set_accounts(&self, all: Vec<Arc<Live>>) {
        let (stop, stopped) = watched::channel(false);
        let mut slot = self.account_stop.lock().unwrap_or_else(PoisonError::into_inner);
        // A receiver may be gone already: its account had nothing to do.
        let _ = slot.send(true);
        *slot = stop;
        drop(slot);
        self.sync.health.forget();
        for live in &all {
            if !live.enabled {
                self.sync.health.set(live.id, crate::domain::account::Health::Disabled, "");
            } else if let Some(why) = &live.trouble {
                self.sync.health.set(live.id, crate::domain::account::Health::NeedsLogin, why);
            }
        }
        self.accounts.replace(all.clone());
        for live in all {
            if live.active().is_some() {
                let task = tokio::spawn(self.sync.clone().account(live, stopped.clone()));
                self.tasks.lock().unwrap_or_else(PoisonError::into_inner).push(task);
            }
        }
        self.accounts_changed.send_modify(|v| *v += 1);
        self.bus.bump();
    }

    /// Ends every loop: requests that are out come to their end, nothing new is begun.
    pub async fn stop(&self) {
        // Nobody listens any more: then all has ended already.
        let _ = self.stop.send(true);
        let _ = self.account_stop.lock().unwrap_or_else(PoisonError::into_inner).send(true);
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        let begun = tokio::time::Instant::now();
        for task in tasks {
            end(task, begun + SHORT_END).await;
        }
        let delivery = self.delivery.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(delivery) = delivery {
            end(delivery, begun + DELIVERY_END).await;
        }
        let ended = self.sync.clock.now().to_string();
        if let Err(e) =
            self.sync.writes.run_quietly(Class::Apply, move |t| t.meta_set(ENDED_KEY, &ended)).await
        {
            warn!("that the engine ended could not be noted: {e}");
        }
        info!("the engine has stopped");
    }
}

/// Waits for the end of a task until then.
async fn end(task: JoinHandle<()>, deadline: tokio::time::Instant) {
    let abort = task.abort_handle();
    if tokio::time::timeout_at(deadline, task).await.is_err() {
        abort.abort();
    }
}

/// Under which address a vendor reaches us.
fn callbacks(public_url: Option<String>) -> deliver::Callbacks {
    Arc::new(move |live| {
        let base = public_url.as_ref().filter(|base| is_reached(base, &live.settings))?;
        Some(base.trim_end_matches('/').to_owned())
    })
}

/// Whether a vendor reaches an address of ours: not while it is loopback, unless the vendor is there too (a lab).
pub fn is_reached(base: &str, settings: &BTreeMap<String, String>) -> bool {
    !is_loopback(base) || settings.get("base_url").is_some_and(|url| is_loopback(url))
}

/// Whether a URL's host is this machine.
pub fn is_loopback(url: &str) -> bool {
    let Ok(url) = url::Url::parse(url) else { return false };
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(url::Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        None => false,
    }
}

/// What is done now and then: snoozes end, deferred ops are looked at, old bodies are dropped.
async fn housekeeping(writes: Writes, clock: Arc<dyn Clock>, mut stop: watched::Receiver<bool>) {
    let mut rounds = 0u64;
    while !intake::pause(&mut stop, Duration::from_secs(1)).await {
        let now = clock.now();
        if rounds.is_multiple_of(SWEEP)
            && let Err(e) = sweep(&writes, now).await
        {
            error!("old webhooks are cleared away later: {e}");
        }
        rounds += 1;
        let done = writes
            .run_quietly(Class::Apply, move |t| Ok((t.snooze_wake(now)?, t.settle_accepted(now)?)))
            .await;
        match done {
            Ok((woken, notices)) => {
                if woken > 0 || !notices.is_empty() {
                    info!("{woken} snoozes ended, {} late changes", notices.len());
                }
            }
            Err(e) => error!("housekeeping waits: {e}"),
        }
    }
}

/// Drops what nobody needs any more and has the search index tidied, in pieces that leave the writer to others.
async fn sweep(writes: &Writes, now: Ms) -> Result<(), StoreError> {
    while writes.run_quietly(Class::Apply, move |t| t.receipts_drop_bodies(now - KEEP_BODIES)).await? > 0 {}
    let rest = move |t: &mut Tx<'_>| {
        t.index_tidy();
        t.orphans_forget(now - KEEP_ORPHANS)
    };
    writes.run_quietly(Class::Apply, rest).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::ManualClock;
    use crate::domain::delivery::{Delivery, DeliverySource};
    use crate::domain::event::{DeliveryReport, Event, MessageRef};
    use crate::store::{AccountSpec, ReceiptFilter, ReceiptNew, ReceiptOutcome};

    #[tokio::test]
    async fn a_sweep_leaves_nothing_old_behind() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), Arc::new(ManualClock::new(1))).unwrap();
        let writes = Writes::new(store.clone(), Bus::new());
        let spec = AccountSpec {
            name: "support".into(),
            provider: "twilio".into(),
            channels: Vec::new(),
            enabled: true,
            capabilities: None,
            from: Vec::new(),
        };
        let told = Event::Delivery {
            message: MessageRef::External("SM1".into()),
            report: DeliveryReport {
                state: Delivery::Delivered,
                said: "delivered".into(),
                reason: None,
                missed: Vec::new(),
                price: None,
                at: 1,
                source: DeliverySource::Webhook,
            },
        };
        let push = ReceiptNew {
            method: "POST".into(),
            url: "https://desk.example.com/hooks/support".into(),
            headers: Vec::new(),
            body: b"Body=hello".to_vec(),
            received_at: 1,
        };
        store
            .writer()
            .call(Class::Durable, move |t| {
                let account = t.account_upsert(&spec)?;
                for n in 0..1_200 {
                    if let ReceiptOutcome::New(id) = t.receipt_append(account, &n.to_string(), &push)? {
                        t.receipts_done(&[id])?;
                    }
                }
                t.apply(account, &[told])
            })
            .unwrap();
        let reader = store.reader().unwrap();
        let whole = || {
            let all = ReceiptFilter { limit: 9_999, ..ReceiptFilter::default() };
            reader.receipts(&all).unwrap().iter().filter(|r| r.size > 0).count()
        };
        let orphans = || -> i64 {
            let file = rusqlite::Connection::open(dir.path().join("frontdesk.db")).unwrap();
            file.query_row("SELECT count(*) FROM orphan_delivery", [], |r| r.get(0)).unwrap()
        };
        sweep(&writes, KEEP_BODIES).await.unwrap();
        assert_eq!((whole(), orphans()), (1_200, 1), "not old enough");
        sweep(&writes, KEEP_BODIES + 2).await.unwrap();
        assert_eq!((whole(), orphans()), (0, 1));
        sweep(&writes, KEEP_ORPHANS + 2).await.unwrap();
        assert_eq!(orphans(), 0);
    }
}
