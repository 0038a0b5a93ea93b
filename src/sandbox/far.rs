//! What every far end is made of: a state under a lock, a tick at every change, an end, and for most an HTTP server on loopback.

use super::conn::{CuttableListener, Line};
use axum::Router;
use futures_util::future::BoxFuture;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What the handle of a far end shares with its servers and with the tasks that it starts.
pub(super) struct Far<S> {
    state: Mutex<S>,
    changed: watch::Sender<u64>,
    over: watch::Sender<bool>,
}

impl<S> Far<S> {
    /// A far end that begins like this.
    pub(super) fn new(state: S) -> Far<S> {
        Far { state: Mutex::new(state), changed: watch::Sender::new(0), over: watch::Sender::new(false) }
    }

    /// What it knows, for itself alone as long as this is held.
    pub(super) fn state(&self) -> MutexGuard<'_, S> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whoever waits that something was done.
    pub(super) fn bump(&self) {
        self.changed.send_modify(|n| *n = n.wrapping_add(1));
    }

    /// Ticks whenever something was done.
    pub(super) fn changed(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Waits until `ready` holds. It has no time limit of its own.
    pub(super) async fn until(&self, mut ready: impl FnMut() -> bool) {
        let mut changed = self.changed();
        loop {
            changed.borrow_and_update();
            if ready() || changed.changed().await.is_err() {
                return;
            }
        }
    }

    /// Ends it: its servers take no more connections.
    pub(super) fn end(&self) {
        self.over.send_replace(true);
    }

    /// Whether it has ended.
    pub(super) fn is_over(&self) -> bool {
        *self.over.borrow()
    }

    /// Waits for its end.
    pub(super) fn over(&self) -> BoxFuture<'static, ()> {
        let mut over = self.over.subscribe();
        Box::pin(async move {
            // The sender is gone only when the far end is.
            let _ = over.wait_for(|over| *over).await;
        })
    }

    /// Answers what comes to this port until the far end ends. Each request can learn of its [`Line`], to cut it.
    pub(super) fn serve(&self, listener: TcpListener, routes: Router) {
        let service = routes.into_make_service_with_connect_info::<Line>();
        let server = axum::serve(CuttableListener(listener), service).with_graceful_shutdown(self.over());
        tokio::spawn(async move {
            let _ = server.await;
        });
    }
}

/// Takes a port of 127.0.0.1, any free one for 0.
///
/// # Errors
/// When the port cannot be bound.
pub(super) async fn bind(port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    let at = listener.local_addr()?;
    Ok((listener, at))
}
