//! The engine's place beside the screen: runs it here when the workspace's lock is free, else is a client of the process that has it,
//! and takes over when that one goes.

use crate::app::AppError;
use crate::app::api;
use crate::app::host::{self, Host, Listening};
use crate::app::tui::{Extra, Ready};
use crate::app::workspace::Workspace;
use crate::config::{Config, Overrides};
use crate::domain::signal::Signal;
use crate::engine::bus::Bus;
use crate::engine::{lock, socket, watch};
use crate::ui::msg::{EngineState, EngineStatus, Level, Msg};
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{broadcast, mpsc, watch as watched};
use tracing::warn;

/// How often to look whether the lock is free.
const LOOK: Duration = Duration::from_millis(500);

/// The engine, or the connection to it, on threads of its own.
pub struct Station {
    stop: watched::Sender<bool>,
    signals: mpsc::UnboundedSender<Signal>,
    thread: std::thread::JoinHandle<()>,
}

impl Station {
    /// Starts in the background; the screen does not wait for it.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(
        workspace: Workspace,
        configs: watched::Receiver<Arc<Config>>,
        overrides: Overrides,
        extra: Extra,
        send: impl Fn(Msg) + Clone + Send + 'static,
        ended: impl Fn() + Send + 'static,
    ) -> Result<Station, AppError> {
        let (stop, stopped) = watched::channel(false);
        let (signals, heard) = mpsc::unbounded_channel();
        let body = move || {
            let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(e) => {
                    return send(Msg::Notice(Level::Error, format!("the engine cannot be started: {e}")));
                }
            };
            runtime.block_on(station(workspace, configs, overrides, extra, send, (ended, heard, stopped)));
            runtime.shutdown_timeout(Duration::from_secs(1));
        };
        let thread = std::thread::Builder::new()
            .name("station".into())
            .spawn(body)
            .map_err(AppError::io("the engine cannot be started"))?;
        Ok(Station { stop, signals, thread })
    }

    /// A way to pass signals to the engine.
    pub fn signals(&self) -> Arc<dyn Fn(Signal) + Send + Sync> {
        let signals = self.signals.clone();
        Arc::new(move |signal| {
            // The station has ended: signals are true for a moment only.
            let _ = signals.send(signal);
        })
    }

    /// Ends the engine and waits for it: requests that are out come to their end.
    pub fn stop(self) {
        let _ = self.stop.send(true);
        if self.thread.join().is_err() {
            warn!("the engine's thread ended with a panic");
        }
    }
}

async fn station(
    mut workspace: Workspace,
    configs: watched::Receiver<Arc<Config>>,
    overrides: Overrides,
    extra: Extra,
    send: impl Fn(Msg) + Clone + Send + 'static,
    (ended, mut heard, stop): (
        impl Fn() + Send + 'static,
        mpsc::UnboundedReceiver<Signal>,
        watched::Receiver<bool>,
    ),
) {
    let bus = Bus::new();
    // Watches before anything else, so that no commit between the first read and here is missed.
    let _watch = match watch::Watch::start(&workspace.store, bus.clone()) {
        Ok(watch) => Some(watch),
        Err(e) => {
            send(Msg::Notice(Level::Error, format!("news will not show by themselves: {e}")));
            None
        }
    };
    send(Msg::Changed);
    tokio::spawn(news(bus.clone(), send.clone()));
    tokio::spawn(end_signals(ended));
    let mut on_ready = extra.on_ready;
    let mut host: Option<Host> = None;
    let mut client: Option<Client> = None;
    let mut told = EngineStatus::default();
    let tell = |status: EngineStatus, told: &mut EngineStatus| {
        if status != *told {
            *told = status.clone();
            send(Msg::Status(status));
        }
    };
    let mut stopping = stop.clone();
    while !*stopping.borrow() {
        // What the configuration says of channels may have changed.
        workspace.config.clone_from(&configs.borrow());
        if let Some(host) = &host {
            // Channels come and go while the engine runs.
            tell(status(&workspace, host), &mut told);
        } else {
            match lock::try_acquire(workspace.store.dir()) {
                Ok(Some(lock)) => {
                    client = None;
                    let started = host::start(
                        &workspace,
                        lock,
                        bus.clone(),
                        Listening::Wanted,
                        Some(overrides.clone()),
                    )
                    .await;
                    match started {
                        Ok(started) => {
                            tell(status(&workspace, &started), &mut told);
                            if let (Some(ready), Some(address)) = (on_ready.take(), started.engine.address) {
                                ready(Ready { address });
                            }
                            host = Some(started);
                        }
                        Err(e) => {
                            warn!("the engine cannot be started: {e}");
                            let warnings = vec![e.to_string()];
                            let offline = EngineState::Offline;
                            tell(
                                EngineStatus { engine: offline, warnings, ..EngineStatus::default() },
                                &mut told,
                            );
                        }
                    }
                }
                Ok(None) => {
                    // Its address is in the store, which need not be asked twice a second.
                    if told.engine != EngineState::Elsewhere || told.listening.is_none() {
                        tell(elsewhere(&workspace), &mut told);
                    }
                    if client.as_ref().is_none_or(|c| c.task.is_finished()) {
                        client = Some(Client::start(&workspace, bus.clone(), stop.clone()));
                    }
                }
                Err(e) => warn!("the engine's lock: {e}"),
            }
        }
        tokio::select! {
            _ = stopping.changed() => {}
            signal = heard.recv() => match (signal, &client) {
                (None, _) => break,
                (Some(signal), Some(client)) if host.is_none() => client.tell(signal),
                (Some(Signal::Wake), _) => bus.bump(),
                (Some(signal), _) => bus.signal(signal),
            },
            () = tokio::time::sleep(LOOK) => {}
        }
    }
    if let Some(host) = host {
        host.stop().await;
    }
}

/// The connection to an engine in another process.
struct Client {
    out: mpsc::UnboundedSender<Signal>,
    task: tokio::task::JoinHandle<()>,
}

impl Client {
    fn start(workspace: &Workspace, bus: Bus, stop: watched::Receiver<bool>) -> Client {
        let (out, queue) = mpsc::unbounded_channel();
        let dir = workspace.store.dir().to_owned();
        let task = tokio::spawn(async move {
            if let Err(e) = socket::connect(&dir, bus, queue, stop).await {
                tracing::debug!("the engine's socket: {e}");
            }
        });
        Client { out, task }
    }

    fn tell(&self, signal: Signal) {
        // The engine is gone: it will notice what is in the store when it is back.
        let _ = self.out.send(signal);
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What the screen is told of an engine that runs here.
fn status(workspace: &Workspace, host: &Host) -> EngineStatus {
    let engine = &host.engine;
    let base = engine.public_url.clone().unwrap_or_default();
    let chat = engine
        .accounts
        .all()
        .iter()
        .filter(|a| a.vendor == "webchat" && a.enabled && engine.address.is_some())
        .map(|a| (a.name.clone(), format!("{base}/chat/{}", a.name)))
        .collect();
    let mut warnings: Vec<String> = host.listen_error.iter().cloned().collect();
    for problem in
        workspace.config.channels().iter().filter(|c| crate::provider::vendor(&c.provider).is_none())
    {
        warnings.push(format!(
            "the channel \u{201c}{}\u{201d} has an unknown provider \u{201c}{}\u{201d}",
            problem.name, problem.provider
        ));
    }
    EngineStatus {
        engine: EngineState::Here,
        listening: engine.address.map(|a| format!("http://{a}")),
        chat,
        warnings,
    }
}

/// What the screen is told of an engine that another program runs.
fn elsewhere(workspace: &Workspace) -> EngineStatus {
    let base = api::seen_url(workspace).ok().flatten();
    let pages = workspace.config.channels().iter().filter(|c| c.enabled && c.provider == "webchat");
    let chat = base
        .iter()
        .flat_map(|base| pages.clone().map(move |c| (c.name.clone(), format!("{base}/chat/{}", c.name))));
    EngineStatus {
        engine: EngineState::Elsewhere,
        chat: chat.collect(),
        listening: base.clone(),
        ..EngineStatus::default()
    }
}

/// Passes what the bus says to the screen.
async fn news(bus: Bus, send: impl Fn(Msg)) {
    let (mut changed, mut signals) = (bus.changed(), bus.signals());
    loop {
        tokio::select! {
            moved = changed.changed() => match moved {
                Ok(()) => send(Msg::Changed),
                Err(_) => return,
            },
            signal = signals.recv() => match signal {
                Ok(signal) => send(Msg::Signal(signal)),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return,
            },
        }
    }
}

/// SIGTERM and SIGHUP end the screen as the agent's own wish does.
async fn end_signals(ended: impl Fn()) {
    let (Ok(mut term), Ok(mut hup)) = (signal(SignalKind::terminate()), signal(SignalKind::hangup())) else {
        return;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = hup.recv() => {}
    }
    ended();
}
