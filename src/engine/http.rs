//! Serves routes over HTTP/1.1. Who connects and does not ask is not waited for: sockets are few.

use axum::Router;
use axum::extract::ConnectInfo;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing::debug;

/// How long a caller may take for the head of a request; also how long a connection stays open between two requests.
pub const HEAD_TIME: Duration = Duration::from_secs(30);

/// Serves until `stop` says so; requests that are under way come to their end. A connection whose next request has not said
/// all of its head within `head_time` is closed.
pub async fn serve(
    mut listener: TcpListener,
    router: Router,
    head_time: Duration,
    mut stop: watch::Receiver<bool>,
) {
    let router = TowerToHyperService::new(router);
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(head_time);
    let connections = GracefulShutdown::new();
    loop {
        let (stream, peer) = tokio::select! {
            accepted = Listener::accept(&mut listener) => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let router = router.clone();
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            router.call(request)
        });
        let connection = connections.watch(builder.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(e) = connection.await {
                debug!("a connection ended: {e}");
            }
        });
    }
    drop(listener);
    connections.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use std::net::SocketAddr;
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::sync::Notify;

    const REQUEST: &str = "GET / HTTP/1.1\r\nHost: desk\r\n";

    /// All that comes over a connection until the other side closes it.
    async fn rest(stream: &mut TcpStream) -> String {
        let mut text = String::new();
        let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_string(&mut text)).await;
        // A reset is an end as well.
        let _ = read.expect("it stays open");
        text
    }

    #[tokio::test]
    async fn who_does_not_ask_is_not_waited_for_and_who_waits_for_an_answer_is() {
        let (asked, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (tell, wait) = (asked.clone(), answer.clone());
        let routes = Router::new().route(
            "/",
            get(move |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move {
                tell.notify_one();
                wait.notified().await;
                peer.ip().to_string()
            }),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let server = tokio::spawn(serve(listener, routes, Duration::from_millis(50), stopped));

        let mut patient = TcpStream::connect(address).await.unwrap();
        patient.write_all(format!("{REQUEST}\r\n").as_bytes()).await.unwrap();
        asked.notified().await;
        // Longer than the time for a head: half of one, and nothing at all.
        let mut half = TcpStream::connect(address).await.unwrap();
        half.write_all(REQUEST.as_bytes()).await.unwrap();
        assert!(!rest(&mut half).await.contains("200 OK"));
        let mut silent = TcpStream::connect(address).await.unwrap();
        assert_eq!(rest(&mut silent).await, "");

        answer.notify_one();
        let answered = rest(&mut patient).await;
        assert!(answered.contains("200 OK") && answered.ends_with("127.0.0.1"), "{answered}");
        stop.send(true).unwrap();
        server.await.unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }
}
