//! Webhooks: how many a second are verified, on the disk before their 200, and applied; and how long an acknowledgement takes.
//!
//! The baseline in the same run: a bare axum handler that checks an HMAC, reads JSON, commits a receipt in groups with
//! `synchronous=FULL`, and inserts the message with the same search index.
//!
//! `cargo bench --bench webhooks -- [MESSAGES] [FILL] [CONNECTIONS]` (default 6000 on an empty history, with 1, 16 and 64).

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench reports on standard output and has nobody to hand errors to"
)]

mod support;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use frontdesk::domain::clock::{Clock, SystemClock};
use frontdesk::sandbox::twilio::sign;
use hmac::{Hmac, KeyInit, Mac};
use rusqlite::{Connection, params};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use support::load::{self, Shot};
use support::{args, engine, quantile};

const TOKEN: &str = "bench-token";

fn main() {
    let (count, fill) = args(6_000, 0);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    println!("webhooks: {count} messages on a history of {fill}; ours / baseline");
    println!("{:>11}  {:>22}  {:>22}  {:>6}", "connections", "ours (/s, p50, p99 ms)", "baseline", "ratio");
    let only = support::number(2);
    for connections in [1, 16, 64].into_iter().filter(|c| only.is_none_or(|o| o == *c)) {
        let theirs = runtime.block_on(baseline(count, fill, connections));
        let ours = runtime.block_on(frontdesk_side(count, fill, connections));
        println!(
            "{connections:>11}  {:>8.0} {:>6.2} {:>6.2}  {:>8.0} {:>6.2} {:>6.2}  {:>6.2}",
            ours.rate,
            ours.p50,
            ours.p99,
            theirs.rate,
            theirs.p50,
            theirs.p99,
            ours.rate / theirs.rate
        );
    }
}

struct Figures {
    /// Messages applied a second, from the first request to the last row.
    rate: f64,
    p50: f64,
    p99: f64,
}

fn figures(count: usize, took: Duration, mut acks: Vec<Duration>) -> Figures {
    acks.sort();
    let ms = |q| quantile(&acks, q).as_secs_f64() * 1000.0;
    Figures { rate: count as f64 / took.as_secs_f64(), p50: ms(0.5), p99: ms(0.99) }
}

fn text(n: usize) -> String {
    const WORDS: &str = "order refund the where is my parcel it was said to arrive on friday please help number account charged twice thanks";
    let words: Vec<&str> = WORDS.split(' ').collect();
    (0..50).map(|i| words[(n * 7 + i * i) % words.len()]).collect::<Vec<_>>().join(" ")
}

async fn frontdesk_side(count: usize, fill: usize, connections: usize) -> Figures {
    let bench = engine::start(fill, TOKEN, "http://127.0.0.1:1").await;
    let url = format!("{}/hooks/support", bench.base);
    let shots: Vec<Shot> = (0..count)
        .map(|n| {
            let params: Vec<(String, String)> = [
                ("MessageSid", format!("SM{n:032x}")),
                ("AccountSid", engine::SID.to_owned()),
                ("From", format!("+1555{:07}", n % 1_000)),
                ("To", engine::NUMBER.to_owned()),
                ("Body", text(n)),
                ("NumMedia", "0".to_owned()),
                ("SmsStatus", "received".to_owned()),
            ]
            .map(|(k, v)| (k.to_owned(), v))
            .into();
            let signature = sign::signature(TOKEN, &url, &params);
            Shot::post(
                &url,
                "application/x-www-form-urlencoded",
                &[("x-twilio-signature", &signature)],
                sign::form(&params).as_bytes(),
            )
        })
        .collect();
    let begun = Instant::now();
    let acks = load::fire(&bench.base, shots, connections, 200).await;
    let reader = bench.workspace.store.reader().expect("a reader");
    while !reader.receipts_waiting(1).expect("receipts").is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let took = begun.elapsed();
    bench.engine.stop().await;
    figures(count, took, acks)
}

struct Plain {
    receipts: Sender<(Vec<u8>, tokio::sync::oneshot::Sender<bool>)>,
}

async fn baseline(count: usize, fill: usize, connections: usize) -> Figures {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("plain.db");
    support::plain::prepare(&file, fill);
    let applied = Arc::new(AtomicUsize::new(0));
    let (receipts, queue) = channel();
    let counter = applied.clone();
    let writer = std::thread::spawn(move || plain_writer(&file, &queue, &counter));
    let router = Router::new().route("/hook", post(plain_hook)).with_state(Arc::new(Plain { receipts }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let shots: Vec<Shot> = (0..count)
        .map(|n| {
            let body = serde_json::json!({"id": format!("SM{n:032x}"), "from": format!("+1555{:07}", n % 1_000), "text": text(n)})
                .to_string();
            let mut mac = Hmac::<sha2::Sha256>::new_from_slice(TOKEN.as_bytes()).expect("a key");
            mac.update(body.as_bytes());
            let hex: String = mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect();
            Shot::post(&format!("{base}/hook"), "application/json", &[("x-signature", &hex)], body.as_bytes())
        })
        .collect();
    let begun = Instant::now();
    let acks = load::fire(&base, shots, connections, 200).await;
    while applied.load(Ordering::SeqCst) < count {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let took = begun.elapsed();
    server.abort();
    let _ = server.await;
    writer.join().expect("the writer");
    figures(count, took, acks)
}

async fn plain_hook(State(plain): State<Arc<Plain>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(TOKEN.as_bytes()).expect("a key");
    mac.update(&body);
    let hex: String = mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect();
    if headers.get("x-signature").is_none_or(|h| h.as_bytes() != hex.as_bytes()) {
        return StatusCode::UNAUTHORIZED;
    }
    let (tx, rx) = tokio::sync::oneshot::channel();
    if plain.receipts.send((body.to_vec(), tx)).is_err() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    if rx.await == Ok(true) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

/// Receipts in groups with FULL, then their messages with NORMAL.
fn plain_writer(
    file: &Path,
    queue: &Receiver<(Vec<u8>, tokio::sync::oneshot::Sender<bool>)>,
    applied: &AtomicUsize,
) {
    let mut db = support::plain::open(file);
    let mut waiting: Vec<Vec<u8>> = Vec::new();
    let mut next = SystemClock.now() / 1000 * 256;
    loop {
        let mut group = Vec::new();
        if waiting.is_empty() {
            match queue.recv() {
                Ok(one) => group.push(one),
                Err(_) => return,
            }
        }
        while let Ok(one) = queue.try_recv() {
            group.push(one);
        }
        if !group.is_empty() {
            db.pragma_update(None, "synchronous", "FULL").expect("a pragma");
            let tx = db.transaction().expect("a transaction");
            for (body, _) in &group {
                tx.prepare_cached("INSERT INTO plain_receipt (body) VALUES (?)")
                    .and_then(|mut s| s.execute([body]))
                    .expect("a row");
            }
            tx.commit().expect("a commit");
            for (body, done) in group {
                let _ = done.send(true);
                waiting.push(body);
            }
        }
        db.pragma_update(None, "synchronous", "NORMAL").expect("a pragma");
        let rest = waiting.split_off(waiting.len().min(64));
        let batch = std::mem::replace(&mut waiting, rest);
        insert(&mut db, &batch, &mut next);
        applied.fetch_add(batch.len(), Ordering::SeqCst);
    }
}

fn insert(db: &mut Connection, batch: &[Vec<u8>], next: &mut i64) {
    let tx = db.transaction().expect("a transaction");
    for body in batch {
        let v: serde_json::Value = serde_json::from_slice(body).expect("JSON");
        let text = v["text"].as_str().unwrap_or_default();
        *next += 1;
        tx.prepare_cached(
            "INSERT INTO message (id, conversation_id, account_id, external_id, direction, author_kind, text, sent_at) \
             VALUES (?, 1, 1, ?, 0, 0, ?, ?)",
        )
        .and_then(|mut s| s.execute(params![*next, v["id"].as_str(), text, *next / 256 * 1000]))
        .expect("a row");
        tx.prepare_cached("INSERT INTO message_fts (rowid, body) VALUES (?, ?)")
            .and_then(|mut s| s.execute(params![*next, text]))
            .expect("an index row");
    }
    tx.commit().expect("a commit");
}
