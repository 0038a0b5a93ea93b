//! Clean ends: quick, whole, and whatever the far ends do.

use super::{CUSTOMER, exchange, list, messages, webhook, world};
use crate::support::{Home, Serve, until};
use frontdesk::engine::lock;
use frontdesk::sandbox::twilio::{Answer, Extra, TwilioWorld};
use frontdesk::sandbox::visitor::{Claims, Visitor};
use rustix::process::Signal;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A home whose Twilio account is at this address.
fn home_at(world: &TwilioWorld, base: &str, poll: u32) -> Home {
    let home = Home::with_accounts(world);
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    home.configure(
        &config
            .replace(world.base_url(), base)
            .replace("poll_seconds = 0", &format!("poll_seconds = {poll}")),
    );
    home
}

/// Ends it, and answers how long that took.
#[track_caller]
fn ended(home: &Home, serve: Serve, signal: Signal) -> Duration {
    let begun = Instant::now();
    let status = serve.signal(signal);
    let took = begun.elapsed();
    assert_eq!(status.code(), Some(0), "{status:?}");
    assert!(!lock::is_held(&home.workspace()), "the lock is free");
    took
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn under_load_it_ends_quickly_and_nothing_is_in_the_air() {
    let world = Arc::new(world().await);
    let home = Home::with_accounts(&world);
    let mut port = 0;
    let answered = Arc::new(AtomicUsize::new(0));
    for (round, signal) in [Signal::TERM, Signal::INT, Signal::TERM].into_iter().enumerate() {
        let serve = home.serve(port);
        port = serve.port();
        let hook = format!("{}/hooks/support", serve.base);
        let over = Arc::new(AtomicBool::new(false));
        let mut load = Vec::new();
        for customer in 0..6 {
            let (world, hook, over, answered) = (world.clone(), hook.clone(), over.clone(), answered.clone());
            load.push(tokio::spawn(async move {
                let number = world.numbers()[0].clone();
                let hook = hook.as_str().into();
                while !over.load(Ordering::SeqCst) {
                    let from = format!("+1555100000{customer}");
                    let sent = world.inbound(&hook, &from, &number, "load", Extra::default()).await;
                    answered
                        .fetch_add(sent.answers.iter().filter(|a| a.status == 200).count(), Ordering::SeqCst);
                }
            }));
        }
        let before = answered.load(Ordering::SeqCst);
        until("load", || (answered.load(Ordering::SeqCst) > before + 50).then_some(()));
        for n in 0..20 {
            let to = format!("+155520{round}00{n:02}");
            home.run(&["new", "--channel", "support", "--to", &to, "out"]).ok();
        }
        // A page that stays open, a caller that never ends its sentence, one that never begins.
        let _page = Visitor::arrive(&format!("{}/chat/shop", serve.base), &Claims::default())
            .await
            .unwrap()
            .listen("", Duration::from_millis(50));
        let mut slow = TcpStream::connect(("127.0.0.1", port)).unwrap();
        slow.write_all(b"POST /hooks/support HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc").unwrap();
        let mut head = TcpStream::connect(("127.0.0.1", port)).unwrap();
        head.write_all(b"POST /hooks/support HTTP/1.1\r\nHo").unwrap();
        let _silent = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let took = ended(&home, serve, signal);
        assert!(took < Duration::from_secs(3), "{took:?}");
        over.store(true, Ordering::SeqCst);
        for task in load {
            task.await.unwrap();
        }
        let store =
            frontdesk::store::Store::open(&home.workspace(), Arc::new(frontdesk::domain::clock::SystemClock))
                .unwrap();
        let flying = store.reader().unwrap().outbox(1_000, 0).unwrap();
        assert!(flying.iter().all(|o| !["sending", "unknown"].contains(&o.state.word())), "{flying:?}");
    }
    let serve = home.serve(port);
    until("every message that was answered 200 is there", || {
        let rows = home.run(&["list", "--json", "--limit", "1000"]).ok().json();
        let unread: u64 = rows.iter().map(|r| r["unread"].as_u64().unwrap()).sum();
        (unread >= answered.load(Ordering::SeqCst) as u64).then_some(())
    });
    until("every answer is sent", || (world.sent_count() == 60).then_some(()));
    drop(serve);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_provider_that_does_not_answer_holds_nothing_but_its_own_message() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let serve = home.serve(0);
    world.plan_send(Answer::Held);
    let sent = home.run(&["new", "--channel", "support", "--to", CUSTOMER, "are you there?", "--json"]).ok();
    let message = sent.json()[0]["message"].as_str().unwrap().to_owned();
    until("the request is out", || (world.sent_count() == 1).then_some(()));
    // The end waits some seconds for the answer, and then says what is true: nobody knows.
    let took = ended(&home, serve, Signal::TERM);
    assert!(took < Duration::from_secs(13), "{took:?}");
    let outbox = home.run(&["outbox", "--json"]).ok().json();
    // A status callback may have come in while it ended: then it is known to be sent, and no longer here.
    assert!(outbox.iter().all(|o| o["state"] == "unknown"), "{outbox:?}");
    world.release();
    // After the next start it is found at the provider, and never sent again.
    let serve = home.serve(0);
    until("it is found", || home.run(&["outbox", "--json"]).ok().json().is_empty().then_some(()));
    assert_eq!(world.sent_count(), 1);
    let row = &list(&home)[0];
    let shown = messages(&home, row).into_iter().find(|m| m["id"] == message.as_str()).unwrap();
    assert!(["accepted", "delivered"].contains(&shown["delivery"].as_str().unwrap()), "{shown}");
    drop(serve);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_asks_twice_does_not_wait() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let serve = home.serve(0);
    world.plan_send(Answer::Held);
    home.run(&["new", "--channel", "support", "--to", CUSTOMER, "are you there?"]).ok();
    until("the request is out", || (world.sent_count() == 1).then_some(()));
    rustix::process::kill_process(serve.pid(), Signal::TERM).unwrap();
    // It has heard the first when it takes no more callers.
    let address = serve.base.strip_prefix("http://").unwrap().to_owned();
    until("it stops listening", || TcpStream::connect(&address).is_err().then_some(()));
    let took = ended(&home, serve, Signal::INT);
    assert!(took < Duration::from_secs(3), "{took:?}");
    let _serve = home.serve(0);
    world.release();
    until("it is found", || home.run(&["outbox", "--json"]).ok().json().is_empty().then_some(()));
    assert_eq!(world.sent_count(), 1);
}

/// An address that takes connections and never says a word.
fn silence() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept() {
            let mut bytes = [0; 64];
            let _ = stream.read(&mut bytes);
            kept.push(stream);
        }
    });
    base
}

/// An address where nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_provider_out_of_reach_neither_holds_the_start_nor_the_end() {
    let world = world().await;
    for (base, poll) in [(nobody(), 0), (nobody(), 1), (silence(), 0), (silence(), 1)] {
        let home = home_at(&world, &base, poll);
        let begun = Instant::now();
        let serve = home.serve(0);
        assert!(begun.elapsed() < Duration::from_secs(3), "{base}: {:?}", begun.elapsed());
        let params = [
            ("MessageSid", "SM1"),
            ("From", CUSTOMER),
            ("To", world.numbers()[0].as_str()),
            ("Body", "anyone?"),
        ];
        assert_eq!(webhook(&world, &serve.base, &params).status, 200);
        until("it is read", || (list(&home).len() == 1).then_some(()));
        // A pull or a probe that gets no answer is out now; a file of this message is asked for.
        let took = ended(&home, serve, Signal::TERM);
        assert!(took < Duration::from_secs(3), "{base} {poll}: {took:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_file_that_does_not_come_does_not_hold_the_end() {
    let world = world().await;
    let base = silence();
    let home = home_at(&world, &base, 0);
    let serve = home.serve(0);
    let url = format!("{base}/media");
    let params = [
        ("MessageSid", "SM1"),
        ("From", CUSTOMER),
        ("To", world.numbers()[0].as_str()),
        ("Body", "look"),
        ("NumMedia", "1"),
        ("MediaUrl0", url.as_str()),
    ];
    assert_eq!(webhook(&world, &serve.base, &params).status, 200);
    until("it is read", || (list(&home).len() == 1).then_some(()));
    let took = ended(&home, serve, Signal::INT);
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_second_engine_and_a_taken_port_are_told_and_change_nothing() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let serve = home.serve(0);
    let second = home.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.code(), 5, "{}", second.err);
    assert!(second.err.contains("already runs") && second.err.contains("main"), "{}", second.err);
    assert!(second.out.is_empty(), "never ready: {}", second.out);
    assert!(lock::is_held(&home.workspace()), "the first one keeps its lock");
    let other = Home::with_accounts(&world);
    let taken = other.run(&["serve", "--listen", &format!("127.0.0.1:{}", serve.port())]);
    assert_eq!(taken.code(), 1, "{}", taken.err);
    assert!(taken.err.contains("in use") && taken.err.contains("--listen"), "{}", taken.err);
    assert!(!lock::is_held(&other.workspace()));
    assert_eq!(
        exchange(&serve.base, b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").status,
        200
    );
    // With the engine dead, its lock and socket files are no obstacle.
    serve.kill();
    assert!(home.workspace().join("engine.lock").exists());
    assert!(home.serve(0).terminate().success());
}
