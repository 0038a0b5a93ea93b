//! Sending: ten thousand messages to a far end without limits, none twice and none lost, against as many bare requests by the same
//! HTTP client; and how long it takes from Enter to the request at the far end.
//!
//! `cargo bench --bench outbound -- [MESSAGES] [FILL]` (default 2000 on an empty history).

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench reports on standard output and has nobody to hand errors to"
)]

mod support;

use frontdesk::domain::account::Channel;
use frontdesk::domain::command::Action;
use frontdesk::net::http::{Http, HttpOptions, Request};
use frontdesk::sandbox::twilio::{TwilioOptions, TwilioWorld};
use frontdesk::store::{Actor, Class};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::{args, engine, quantile};

fn main() {
    let (count, fill) = args(2_000, 0);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(count, fill));
}

async fn world() -> TwilioWorld {
    let options = TwilioOptions {
        bare: true,
        account_sid: engine::SID.into(),
        numbers: vec![engine::NUMBER.into()],
        ..TwilioOptions::default()
    };
    TwilioWorld::start(options).await.expect("a far end")
}

async fn run(count: usize, fill: usize) {
    let bare = bare(count).await;
    let world = world().await;
    let bench = engine::start(fill, world.auth_token(), world.base_url()).await;
    let account = bench
        .workspace
        .store
        .reader()
        .and_then(|r| r.account_by_name("support"))
        .expect("a row")
        .expect("an account")
        .id;
    let actor = Actor { name: "Ana".into(), email: "ana@example.com".into() };
    let send = move |n: usize| Action::New {
        account,
        channel: Channel::Sms,
        to: format!("+1555{n:07}"),
        text: format!("message {n}").into(),
        undo_ms: 0,
        at: None,
    };

    let begun = Instant::now();
    for n in 0..count {
        let (actor, action) = (actor.clone(), send(n));
        bench.workspace.store.writer().submit(
            Class::Durable,
            move |t| t.perform(&actor, &action),
            |done| assert!(done.is_ok(), "{done:?}"),
        );
    }
    let reader = bench.workspace.store.reader().expect("a reader");
    while world.sent_count() < count || !reader.outbox(1, 0).expect("the outbox").is_empty() {
        assert!(
            begun.elapsed() < Duration::from_secs(300),
            "{} of {count} after five minutes",
            world.sent_count()
        );
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let ours = count as f64 / begun.elapsed().as_secs_f64();
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for sent in world.sent() {
        *times.entry(sent.body).or_default() += 1;
    }
    let (lost, twice) = (count - times.len(), times.values().filter(|n| **n > 1).count());
    println!(
        "outbound, {count} messages: ours {ours:.0}/s, bare requests {bare:.0}/s, ratio {:.2}; lost {lost}, twice {twice}",
        ours / bare
    );

    let mut took = Vec::new();
    let mut changed = world.changed();
    for n in 0..200 {
        let want = world.sent_count() + 1;
        let (actor, action) = (actor.clone(), send(count + n));
        let begun = Instant::now();
        bench.workspace.store.writer().submit(Class::Durable, move |t| t.perform(&actor, &action), |_| {});
        bench.bus.bump();
        while world.sent_count() < want {
            changed.changed().await.expect("the far end");
        }
        took.push(begun.elapsed());
    }
    took.sort();
    println!(
        "Enter to the request at the far end: p50 {:?}, p99 {:?}",
        quantile(&took, 0.5),
        quantile(&took, 0.99)
    );
    bench.engine.stop().await;
}

/// As many requests by the same client, 64 at once.
async fn bare(count: usize) -> f64 {
    let world = Arc::new(world().await);
    let http = Http::new(HttpOptions::default()).expect("a client");
    let url =
        url::Url::parse(&format!("{}/2010-04-01/Accounts/{}/Messages.json", world.base_url(), engine::SID))
            .expect("a URL");
    let next = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let begun = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..64 {
        let (http, url, next, token) =
            (http.clone(), url.clone(), next.clone(), world.auth_token().to_owned());
        tasks.push(tokio::spawn(async move {
            loop {
                let n = next.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                if n >= count {
                    return;
                }
                let fields = vec![
                    ("To".to_owned(), format!("+1555{n:07}")),
                    ("From".to_owned(), engine::NUMBER.to_owned()),
                    ("Body".to_owned(), format!("message {n}")),
                ];
                let auth = frontdesk::net::http::Basic {
                    user: engine::SID.to_owned(),
                    password: frontdesk::domain::secret::Secret::new(token.clone()),
                };
                http.send(Request::form(url.clone(), fields).auth(auth)).await.expect("an answer");
            }
        }));
    }
    for task in tasks {
        task.await.expect("a client");
    }
    count as f64 / begun.elapsed().as_secs_f64()
}
