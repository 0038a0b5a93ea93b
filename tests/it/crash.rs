//! kill -9 of the engine at any moment, under load: what was answered 200 is there, once; every op is there; nothing is sent twice.

use crate::support::{Home, until};
use frontdesk::domain::clock::SystemClock;
use frontdesk::domain::command::Action;
use frontdesk::domain::ids::ConversationId;
use frontdesk::sandbox::twilio::{Extra, Rates, TwilioOptions, TwilioWorld};
use frontdesk::store::{Actor, Class, Store};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// How often the engine is killed; `FRONTDESK_KILLS=100` for the long run.
fn kills() -> usize {
    std::env::var("FRONTDESK_KILLS").ok().and_then(|v| v.parse().ok()).unwrap_or(8)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_and_nothing_is_said_twice() {
    let world = TwilioWorld::start(TwilioOptions::default()).await.unwrap();
    world.set_rates(Rates {
        cut_after: 20,
        cut_before: 20,
        error_after: 20,
        callbacks_lost: 50,
        callbacks_twice: 50,
        ..Rates::default()
    });
    let world = Arc::new(world);
    let home = Arc::new(Home::with_accounts(&world));
    let first = home.serve(0);
    let port = first.port();
    let hook = format!("http://127.0.0.1:{port}/hooks/support");
    let number = world.numbers()[0].clone();

    // Customers write, all the time; what was answered 200 is noted.
    let answered: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let progress = Arc::new(AtomicUsize::new(0));
    let over = Arc::new(AtomicBool::new(false));
    let mut load = Vec::new();
    for customer in 0..6 {
        let (world, hook, number) = (world.clone(), hook.clone(), number.clone());
        let (answered, progress, over) = (answered.clone(), progress.clone(), over.clone());
        load.push(tokio::spawn(async move {
            let from = format!("+1555100000{customer}");
            let hook = hook.as_str().into();
            let mut n = 0;
            while !over.load(Ordering::SeqCst) {
                n += 1;
                let sent = world
                    .inbound(&hook, &from, &number, &format!("c{customer} m{n}"), Extra::default())
                    .await;
                if sent.answers.iter().any(|a| a.status == 200) {
                    answered.lock().unwrap().insert(sent.sid);
                    progress.fetch_add(1, Ordering::SeqCst);
                } else {
                    tokio::task::yield_now().await;
                }
            }
        }));
    }

    // An agent answers, all the time, from another process (this one).
    let store = Store::open(&home.workspace(), Arc::new(SystemClock)).unwrap();
    let asked: Arc<Mutex<BTreeMap<String, String>>> = Arc::default();
    let agent = {
        let (store, asked, over, progress) = (store.clone(), asked.clone(), over.clone(), progress.clone());
        std::thread::spawn(move || {
            let actor = Actor { name: "Ana".into(), email: "ana@example.com".into() };
            let mut n = 0;
            let mut seen = 0;
            while !over.load(Ordering::SeqCst) {
                // One answer for every few messages that came in.
                let now = progress.load(Ordering::SeqCst);
                if now < seen + 3 {
                    std::thread::yield_now();
                    continue;
                }
                seen = now;
                let rows = store.reader().unwrap().list_all(10, None).unwrap();
                let Some(row) = rows.get(n % rows.len().max(1)) else { continue };
                n += 1;
                let text = format!("answer {n}");
                let action = Action::Reply {
                    conversation: ConversationId(row.id.0),
                    text: text.clone().into(),
                    undo_ms: 0,
                    at: None,
                };
                let actor = actor.clone();
                if let Ok(done) = store.writer().call(Class::Durable, move |t| t.perform(&actor, &action)) {
                    asked.lock().unwrap().insert(done.op.unwrap().to_string(), text);
                }
            }
        })
    };

    // The engine is killed again and again, each time after some more progress.
    let mut serve = Some(first);
    let mut random = 0x9e37_79b9u64;
    for _ in 0..kills() {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let goal = progress.load(Ordering::SeqCst) + 5 + (random >> 33) as usize % 60;
        let progress = progress.clone();
        tokio::task::spawn_blocking(move || {
            until("progress under load", || (progress.load(Ordering::SeqCst) >= goal).then_some(()));
        })
        .await
        .unwrap();
        serve.take().unwrap().kill();
        let home = home.clone();
        serve = Some(tokio::task::spawn_blocking(move || home.serve(port)).await.unwrap());
    }
    over.store(true, Ordering::SeqCst);
    for task in load {
        task.await.unwrap();
    }
    agent.join().unwrap();
    world.set_rates(Rates::default());

    // All that can come to rest does.
    let reader = store.reader().unwrap();
    tokio::task::block_in_place(|| {
        until("the inbox is read", || reader.receipts_waiting(1).unwrap().is_empty().then_some(()));
        until("the outbox rests", || {
            let moving = reader.outbox(100_000, 0).unwrap();
            moving.iter().all(|o| o.state.word() == "unknown").then_some(())
        });
    });

    let answered = answered.lock().unwrap().clone();
    let asked = asked.lock().unwrap().clone();
    assert!(
        answered.len() >= kills() * 5 && asked.len() >= kills(),
        "{} in, {} out",
        answered.len(),
        asked.len()
    );
    let mut there: BTreeMap<String, usize> = BTreeMap::new();
    let mut shown: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in reader.list_all(1_000, None).unwrap() {
        for message in reader.thread(row.id, None, 1_000_000).unwrap() {
            if let Some(external) = &message.external_id {
                *there.entry(external.clone()).or_default() += 1;
            }
            let word = message.delivery.map(|d| d.word().to_owned()).unwrap_or_default();
            shown.entry(message.text).or_default().push(word);
        }
    }
    for sid in &answered {
        assert_eq!(there.get(sid), Some(&1), "answered 200 and not there exactly once: {sid}");
    }
    let mut far: BTreeMap<String, usize> = BTreeMap::new();
    for sent in world.sent() {
        *far.entry(sent.body).or_default() += 1;
    }
    for (op, text) in &asked {
        let deliveries = shown.get(text).unwrap_or_else(|| panic!("op {op} is lost: {text}"));
        assert_eq!(deliveries.len(), 1, "shown more than once: {text} {deliveries:?}");
        let times = far.get(text).copied().unwrap_or(0);
        assert!(times <= 1, "said {times} times: {text}");
        match deliveries[0].as_str() {
            "accepted" | "delivered" | "read" => assert_eq!(times, 1, "claimed and never sent: {text}"),
            "unknown" => {}
            other => panic!("{text} is {other}"),
        }
    }
}
