//! A load generator: prepared HTTP requests over kept connections, each timed from its first byte to the answer's status.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One prepared request.
pub struct Shot(Vec<u8>);

impl Shot {
    /// A POST, as bytes.
    pub fn post(url: &str, content_type: &str, headers: &[(&str, &str)], body: &[u8]) -> Shot {
        let url = url::Url::parse(url).expect("a URL");
        let host = format!("{}:{}", url.host_str().unwrap_or_default(), url.port().unwrap_or(80));
        let mut head = format!(
            "POST {} HTTP/1.1\r\nhost: {host}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n",
            url.path(),
            body.len()
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body);
        Shot(bytes)
    }
}

/// Fires all of them over this many connections; answers how long each took. Every answer must have this status.
pub async fn fire(base: &str, shots: Vec<Shot>, connections: usize, status: u16) -> Vec<Duration> {
    let address = base.trim_start_matches("http://").to_owned();
    let shots = Arc::new(shots);
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let (address, shots, next) = (address.clone(), shots.clone(), next.clone());
        tasks.push(tokio::spawn(async move {
            let mut stream = TcpStream::connect(&address).await.expect("a connection");
            stream.set_nodelay(true).expect("no delay");
            let mut took = Vec::new();
            let mut buf = vec![0u8; 16 * 1024];
            loop {
                let n = next.fetch_add(1, Ordering::SeqCst);
                let Some(shot) = shots.get(n) else { return took };
                let begun = Instant::now();
                stream.write_all(&shot.0).await.expect("a request");
                let got = read_answer(&mut stream, &mut buf).await;
                took.push(begun.elapsed());
                assert_eq!(got, status, "request {n}");
            }
        }));
    }
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.expect("a client"));
    }
    all
}

/// Reads one answer whole; answers its status.
async fn read_answer(stream: &mut TcpStream, buf: &mut [u8]) -> u16 {
    let mut have = 0;
    loop {
        let n = stream.read(&mut buf[have..]).await.expect("an answer");
        assert!(n > 0, "the connection was closed");
        have += n;
        let Some(end) = buf[..have].windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&buf[..end]).to_lowercase();
        let length: usize = head
            .lines()
            .find_map(|l| l.strip_prefix("content-length:"))
            .map_or(0, |v| v.trim().parse().unwrap_or(0));
        while have < end + 4 + length {
            have += stream.read(&mut buf[have..]).await.expect("a body");
        }
        return head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
    }
}
