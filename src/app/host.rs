//! Hosts the engine in this process: the runtime, the listener, the accounts, and their reload when the configuration changes.

use crate::app::reload::{self, LOOK, Look, Watched};
use crate::app::workspace::{Workspace, mirror};
use crate::app::{AppError, accounts};
use crate::config::{ChannelConfig, Config, Overrides};
use crate::engine::accounts::Live;
use crate::engine::bus::Bus;
use crate::engine::lock::EngineLock;
use crate::engine::{Engine, EngineOptions};
use crate::net::http::{Http, HttpOptions};
use crate::store::Store;
use std::sync::Arc;
use tokio::net::TcpListener;
use tracing::{info, warn};

/// After so many looks, accounts that lack a secret are tried again: a keyring may be unlocked by then.
const RETRY: u32 = 120;

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
    engine.set_rules(config.desk.spam.clone());
    engine.set_accounts(connect(workspace.store.clone(), config.clone(), http.clone()).await?);
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
async fn watch_config(engine: Arc<Engine>, workspace: Workspace, http: Http, overrides: Overrides) {
    let mut watched = Watched::new(&workspace.config, false);
    let mut used = workspace.config.clone();
    let mut text = None;
    let mut rounds = 0u32;
    loop {
        tokio::time::sleep(LOOK).await;
        rounds = rounds.wrapping_add(1);
        let lacking = || engine.accounts.all().iter().any(|a| a.trouble.is_some());
        match watched.look() {
            // Without accounts hooks would answer 404.
            Look::Unsettled => continue,
            Look::Same => {
                if rounds.is_multiple_of(RETRY) && lacking() {
                    retry(&engine, &workspace.store, used.clone(), http.clone()).await;
                }
                continue;
            }
            Look::New => {}
        }
        let read = reload::read(&workspace, &overrides);
        let written = std::fs::read_to_string(&workspace.config.paths.config_file).ok();
        if !watched.is_whole() {
            continue;
        }
        let config = match read {
            Ok(config) => Arc::new(config),
            Err(e) => {
                warn!("the changed configuration is not used: {e}");
                continue;
            }
        };
        reload::later(&workspace.config, &config).iter().for_each(|line| warn!("{line}"));
        // Who only touches the file wants the accounts to be connected anew.
        let is_touched = text.is_some() && text == written;
        text = written;
        if !is_touched && is_same(&config, &used) {
            if lacking() {
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
                watched.again();
            }
        }
    }
}

/// Whether two configurations are the same to the engine. The places where things are written do not count.
fn is_same(a: &Config, b: &Config) -> bool {
    let channel = |c: &ChannelConfig| {
        (c.name.clone(), c.provider.clone(), c.enabled, c.settings.clone(), c.secrets.clone())
    };
    let channels = |c: &Config| c.channels().iter().map(channel).collect::<Vec<_>>();
    let agents = |c: &Config| {
        let others = c.agents.iter().map(|a| (a.name.clone(), a.email.clone()));
        others.chain([(c.agent.name.clone(), c.agent.email.clone())]).collect::<Vec<_>>()
    };
    channels(a) == channels(b) && agents(a) == agents(b) && a.desk.spam == b.desk.spam
}

fn plain(e: &std::io::Error) -> String {
    match e.kind() {
        std::io::ErrorKind::AddrInUse => "the port is in use".into(),
        std::io::ErrorKind::PermissionDenied => "it is not allowed (ports below 1024 need privileges)".into(),
        _ => e.to_string(),
    }
}
