//! Hosts the engine in this process: the runtime, the listener, the accounts, and their reload when the configuration changes.

use crate::app::workspace::{Workspace, mirror};
use crate::app::{AppError, accounts};
use crate::config::{Config, Env, Overrides};
use crate::engine::accounts::Live;
use crate::engine::bus::Bus;
use crate::engine::lock::EngineLock;
use crate::engine::{Engine, EngineOptions};
use crate::net::http::{Http, HttpOptions};
use crate::store::Store;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::net::TcpListener;
use tracing::{info, warn};

/// How often the configuration is looked at for new accounts. It is read once it has not changed between two looks.
const LOOK: Duration = Duration::from_millis(250);
/// After so many looks, accounts that lack a secret are tried again: a keyring may be unlocked by then.
const RETRY: u32 = 120;

/// A hosted engine.
pub struct Host {
    /// The engine.
    pub engine: Arc<Engine>,
    /// Why nobody listens, if so.
    pub listen_error: Option<String>,
    reload: Option<tokio::task::JoinHandle<()>>,
    unused: Unused,
}

/// Why the changed configuration is not used, a line each; empty if it is.
type Unused = Arc<std::sync::Mutex<Vec<String>>>;

fn tell(unused: &Unused, why: Vec<String>) {
    // The list is replaced as a whole: a panic elsewhere leaves none half-written.
    *unused.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = why;
}

/// Whether a port that is taken ends the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listening {
    /// It does: nothing would come in.
    Required,
    /// It does not: the screen works without, and warns.
    Wanted,
}

/// Starts the engine of a workspace in this process.
///
/// # Errors
/// When the store cannot be used, or the port is taken and [`Listening::Required`].
pub async fn start(
    workspace: &Workspace,
    lock: EngineLock,
    bus: Bus,
    listening: Listening,
    overrides: Option<Overrides>,
) -> Result<Host, AppError> {
    let config = workspace.config.clone();
    let (listener, listen_error) = match TcpListener::bind(config.listen).await {
        Ok(listener) => (Some(listener), None),
        Err(e) => {
            let e = AppError::Listen { address: config.listen.to_string(), why: plain(&e) };
            if listening == Listening::Required {
                return Err(e);
            }
            warn!("{e}");
            (None, Some(e.to_string()))
        }
    };
    let engine = Engine::start(EngineOptions {
        store: workspace.store.clone(),
        lock,
        clock: workspace.clock.clone(),
        bus,
        listener,
        public_url: config.public_url.clone(),
        agent_name: config.agent.name.clone(),
    })
    .await?;
    let engine = Arc::new(engine);
    let http = Http::new(HttpOptions::default()).map_err(|e| AppError::Other(e.to_string()))?;
    engine.set_rules(config.desk.spam.clone());
    engine.set_accounts(connect(workspace.store.clone(), config.clone(), http.clone()).await?);
    let unused = Unused::default();
    let reload = overrides
        .map(|o| tokio::spawn(watch_config(engine.clone(), workspace.clone(), http, o, unused.clone())));
    Ok(Host { engine, listen_error, reload, unused })
}

impl Host {
    /// Why the changed configuration is not used, with file and line; empty if it is.
    pub fn config_errors(&self) -> Vec<String> {
        self.unused.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Ends the engine: requests that are out come to their end.
    pub async fn stop(self) {
        if let Some(reload) = self.reload {
            reload.abort();
        }
        self.engine.stop().await;
    }
}

async fn connect(store: Store, config: Arc<Config>, http: Http) -> Result<Vec<Arc<Live>>, AppError> {
    // Keyrings and secret commands block.
    tokio::task::spawn_blocking(move || accounts::connect(&config, &store, &http))
        .await
        .map_err(|e| AppError::Other(format!("the accounts could not be connected: {e}")))?
}

/// Stores and connects the accounts of a configuration.
async fn renew(engine: &Engine, store: &Store, config: Arc<Config>, http: Http) -> Result<(), AppError> {
    store.set_sla(config.desk.sla());
    let (mirrored, into) = (config.clone(), store.clone());
    tokio::task::spawn_blocking(move || mirror(&into, &mirrored))
        .await
        .map_err(|e| AppError::Other(format!("it could not be stored: {e}")))??;
    engine.set_rules(config.desk.spam.clone());
    engine.set_accounts(connect(store.clone(), config, http).await?);
    Ok(())
}

/// Tries the accounts again that lack something. The others are disturbed only when that changes anything.
async fn retry(engine: &Engine, store: &Store, config: Arc<Config>, http: Http) {
    let troubles =
        |all: &[Arc<Live>]| -> Vec<_> { all.iter().map(|a| (a.name.clone(), a.trouble.clone())).collect() };
    match connect(store.clone(), config, http).await {
        Ok(live) if troubles(&live) != troubles(&engine.accounts.all()) => {
            info!("an account that lacked something is connected");
            engine.set_accounts(live);
        }
        Ok(_) => {}
        Err(e) => warn!("an account that lacks something could not be tried again: {e}"),
    }
}

/// Notices accounts that are added, changed or removed beside a running engine, and secrets that can be had at last.
async fn watch_config(
    engine: Arc<Engine>,
    workspace: Workspace,
    http: Http,
    overrides: Overrides,
    unused: Unused,
) {
    let file = workspace.config.paths.config_file.clone();
    let stamp = || -> Option<(SystemTime, u64)> {
        let meta = std::fs::metadata(&file).ok()?;
        Some((meta.modified().ok()?, meta.len()))
    };
    let mut used = workspace.config.clone();
    // The first look reads it in any case: it may have changed since this process read it.
    let mut last = None;
    let mut seen = None;
    let mut rounds = 0u32;
    loop {
        tokio::time::sleep(LOOK).await;
        rounds = rounds.wrapping_add(1);
        let now = stamp();
        if now != seen {
            // Somebody is writing it, perhaps in place: half a file is no configuration, and without accounts hooks would answer 404.
            seen = now;
            continue;
        }
        let lacking = engine.accounts.all().iter().any(|a| a.trouble.is_some());
        if now == last {
            if lacking && rounds.is_multiple_of(RETRY) {
                retry(&engine, &workspace.store, used.clone(), http.clone()).await;
            }
            continue;
        }
        let first = last.is_none();
        last = now;
        let config = match Config::load(&overrides, &Env::of_process()) {
            Ok(config) => {
                tell(&unused, Vec::new());
                Arc::new(config)
            }
            Err(e) => {
                warn!("the changed configuration is not used: {e}");
                tell(&unused, e.to_string().lines().map(str::to_owned).collect());
                continue;
            }
        };
        if stamp() != now {
            // It was written while it was read.
            last = None;
            continue;
        }
        if first && config.channels() == used.channels() {
            if lacking {
                retry(&engine, &workspace.store, config, http.clone()).await;
            }
            continue;
        }
        match renew(&engine, &workspace.store, config.clone(), http.clone()).await {
            Ok(()) => {
                info!("the accounts of the changed configuration are connected");
                used = config;
            }
            Err(e) => {
                warn!("the changed configuration is not used yet: {e}");
                last = None;
            }
        }
    }
}
fn plain(e: &std::io::Error) -> String {
    match e.kind() {
        std::io::ErrorKind::AddrInUse => "the port is in use".into(),
        std::io::ErrorKind::PermissionDenied => "it is not allowed (ports below 1024 need privileges)".into(),
        _ => e.to_string(),
    }
}
