//! Hosts the engine in this process: the runtime, the listener, the accounts, and their reload when the configuration changes.

use crate::app::workspace::{Workspace, mirror};
use crate::app::{AppError, accounts};
use crate::config::{Config, Env, Overrides};
use crate::engine::bus::Bus;
use crate::engine::lock::EngineLock;
use crate::engine::{Engine, EngineOptions};
use crate::net::http::{Http, HttpOptions};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::net::TcpListener;
use tracing::{info, warn};

/// How often the configuration is looked at for new accounts.
const LOOK: Duration = Duration::from_millis(500);

/// A hosted engine.
pub struct Host {
    /// The engine.
    pub engine: Arc<Engine>,
    /// Why nobody listens, if so.
    pub listen_error: Option<String>,
    reload: Option<tokio::task::JoinHandle<()>>,
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
    connect(&engine, workspace.clone(), config.clone(), http.clone()).await?;
    let reload = overrides.map(|o| tokio::spawn(watch_config(engine.clone(), workspace.clone(), http, o)));
    Ok(Host { engine, listen_error, reload })
}

impl Host {
    /// Ends the engine: requests that are out come to their end.
    pub async fn stop(self) {
        if let Some(reload) = self.reload {
            reload.abort();
        }
        self.engine.stop().await;
    }
}

async fn connect(
    engine: &Engine,
    workspace: Workspace,
    config: Arc<Config>,
    http: Http,
) -> Result<(), AppError> {
    let store = workspace.store.clone();
    // Keyrings and secret commands block.
    let live = tokio::task::spawn_blocking(move || accounts::connect(&config, &store, &http))
        .await
        .map_err(|e| AppError::Other(format!("the accounts could not be connected: {e}")))??;
    engine.set_accounts(live);
    Ok(())
}

/// Notices accounts that are added, changed or removed beside a running engine.
async fn watch_config(engine: Arc<Engine>, workspace: Workspace, http: Http, overrides: Overrides) {
    let file = workspace.config.paths.config_file.clone();
    let stamp = || -> Option<(SystemTime, u64)> {
        let meta = std::fs::metadata(&file).ok()?;
        Some((meta.modified().ok()?, meta.len()))
    };
    let mut last = stamp();
    let mut channels = workspace.config.channels().to_vec();
    loop {
        tokio::time::sleep(LOOK).await;
        let now = stamp();
        if now == last {
            continue;
        }
        last = now;
        let config = match Config::load(&overrides, &Env::of_process()) {
            Ok(config) => Arc::new(config),
            Err(e) => {
                warn!("the changed configuration is not used: {e}");
                continue;
            }
        };
        if config.channels() == channels {
            continue;
        }
        channels = config.channels().to_vec();
        let (store, mirrored) = (workspace.store.clone(), config.clone());
        let done = tokio::task::spawn_blocking(move || mirror(&store, &mirrored)).await;
        if let Ok(Err(e)) = done {
            warn!("the changed configuration could not be stored: {e}");
            continue;
        }
        match connect(&engine, workspace.clone(), config, http.clone()).await {
            Ok(()) => info!("the accounts of the changed configuration are connected"),
            Err(e) => warn!("the changed configuration is not used: {e}"),
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
