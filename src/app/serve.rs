//! `serve`: the engine without a screen, for a machine that stays up.

use crate::app::host::{self, Listening};
use crate::app::workspace::Workspace;
use crate::app::{AppError, logs};
use crate::config::Overrides;
use crate::engine::bus::Bus;
use crate::engine::lock;
use std::io::Write;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Runs the engine until SIGINT or SIGTERM. The first line on `out` is `ready http://ADDR:PORT`.
///
/// # Errors
/// When another process is the engine, the port is taken, or the store cannot be used.
pub fn run(workspace: &Workspace, overrides: Overrides, out: &mut dyn Write) -> Result<(), AppError> {
    let config = &workspace.config;
    let _log = logs::open(&config.paths.log, &config.log_level)?;
    let lock = lock::try_acquire(workspace.store.dir()).map_err(AppError::io("the engine's lock"))?;
    let Some(lock) = lock else { return Err(AppError::Held(config.workspace.clone())) };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(AppError::io("the runtime cannot be started"))?;
    let ended = runtime.block_on(async {
        let mut term = signal(SignalKind::terminate()).map_err(AppError::io("signals cannot be heard"))?;
        let mut int = signal(SignalKind::interrupt()).map_err(AppError::io("signals cannot be heard"))?;
        // A keyring may take its time: the wish to end is heard meanwhile. Nothing is under way yet.
        let host = tokio::select! {
            host = host::start(workspace, lock, Bus::new(), Listening::Required, Some(overrides)) => host?,
            _ = term.recv() => return Ok(()),
            _ = int.recv() => return Ok(()),
        };
        if let Some(address) = host.engine.address {
            writeln!(out, "ready http://{address}")
                .and_then(|()| out.flush())
                .map_err(AppError::io("standard output"))?;
        }
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
        tracing::info!("asked to stop");
        // Who asks twice does not want to wait for answers: what is out then is in doubt after the next start.
        tokio::select! {
            () = host.stop() => {}
            _ = term.recv() => tracing::warn!("asked to stop at once"),
            _ = int.recv() => tracing::warn!("asked to stop at once"),
        }
        Ok(())
    });
    // A keyring or a resolver that does not answer must not hold the process.
    runtime.shutdown_timeout(Duration::from_millis(500));
    ended
}
