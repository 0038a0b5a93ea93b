//! The socket beside the database: carries signals and wake-ups between the processes of one workspace. Nothing durable.

use crate::domain::signal::Signal;
use crate::engine::bus::Bus;
use std::io;
use std::path::{Path, PathBuf};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{broadcast, mpsc, watch};
use tracing::debug;

/// The longest line that is read.
const LINE: usize = 4_096;

/// The socket of a workspace directory.
pub fn path(workspace: &Path) -> PathBuf {
    workspace.join("engine.sock")
}

/// Opens the engine's end. The caller holds the workspace's lock, so a socket that is there is a dead one's.
///
/// # Errors
/// When the socket cannot be made (a path over 108 bytes, for instance): signals then stay within their process.
pub fn bind(workspace: &Path) -> io::Result<UnixListener> {
    let path = path(workspace);
    match std::fs::remove_file(&path) {
        Ok(()) => {}
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(e),
    }
    let listener = UnixListener::bind(&path)?;
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Passes signals between the bus and every client until `stop` says so.
pub async fn serve(listener: UnixListener, bus: Bus, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = stop.changed() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    tokio::spawn(relay(stream, bus.clone(), None, stop.clone()));
                }
                Err(e) => debug!("a client of the socket was not taken: {e}"),
            },
        }
    }
}

/// The client's end: what comes from the engine goes to `bus`, what is sent to `out` goes to the engine.
///
/// # Errors
/// When no engine answers.
pub async fn connect(
    workspace: &Path,
    bus: Bus,
    out: mpsc::UnboundedReceiver<Signal>,
    stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let stream = UnixStream::connect(path(workspace)).await?;
    relay(stream, bus, Some(out), stop).await;
    Ok(())
}

/// Tells a running engine, from a process without a runtime, that there is something to do. Best effort.
pub fn wake(workspace: &Path) {
    use std::io::Write;
    if let Ok(mut stream) = std::os::unix::net::UnixStream::connect(path(workspace))
        && let Ok(line) = serde_json::to_string(&Signal::Wake)
    {
        let _ = writeln!(stream, "{line}");
    }
}

/// One connection. At the engine's end (`out` is none) every signal of the bus goes to the client, but its own.
async fn relay(
    stream: UnixStream,
    bus: Bus,
    mut out: Option<mpsc::UnboundedReceiver<Signal>>,
    mut stop: watch::Receiver<bool>,
) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut signals = bus.signals();
    let mut own: Option<Signal> = None;
    loop {
        let send = tokio::select! {
            _ = stop.changed() => return,
            line = lines.next_line() => match line {
                Ok(Some(line)) if line.len() <= LINE => {
                    match serde_json::from_str::<Signal>(&line) {
                        Ok(Signal::Wake) => bus.bump(),
                        Ok(signal) => {
                            if out.is_none() {
                                own = Some(signal.clone());
                            }
                            bus.signal(signal);
                        }
                        Err(e) => debug!("a line of the socket was not understood: {e}"),
                    }
                    None
                }
                _ => return,
            },
            signal = next(&mut out) => match signal {
                Some(signal) => Some(signal),
                None => return,
            },
            signal = signals.recv(), if out.is_none() => match signal {
                Ok(signal) if own.as_ref() == Some(&signal) => { own = None; None }
                Ok(signal) => Some(signal),
                Err(broadcast::error::RecvError::Lagged(_)) => None,
                Err(broadcast::error::RecvError::Closed) => return,
            },
        };
        if let Some(signal) = send {
            let Ok(mut line) = serde_json::to_string(&signal) else { continue };
            line.push('\n');
            if write.write_all(line.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

async fn next(out: &mut Option<mpsc::UnboundedReceiver<Signal>>) -> Option<Signal> {
    match out {
        Some(out) => out.recv().await,
        None => std::future::pending().await,
    }
}
