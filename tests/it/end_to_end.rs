//! The first journeys, by script: a text comes in, is answered, and its delivery is seen; and every way in which a send can end.

use crate::support::{Home, until};
use frontdesk::domain::account::Channel;
use frontdesk::domain::clock::SystemClock;
use frontdesk::sandbox::twilio::{Answer, Callbacks, Extra, Outcome, Plan, Push, TwilioOptions, TwilioWorld};
use frontdesk::store::{AccountSpec, Class, ReceiptNew, Store};
use serde_json::Value;
use std::sync::Arc;

const CUSTOMER: &str = "+15558675310";

async fn world() -> TwilioWorld {
    TwilioWorld::start(TwilioOptions::default()).await.unwrap()
}

/// The only conversation, once there is one.
fn conversation(home: &Home) -> Value {
    until("a conversation", || home.run(&["list", "--json"]).ok().json().into_iter().next())
}

fn id(row: &Value) -> String {
    row["id"].as_str().expect("ids are strings").to_owned()
}

fn messages(home: &Home, conversation: &str) -> Vec<Value> {
    let shown = home.run(&["show", conversation, "--json"]).ok().json();
    assert_eq!(shown.len(), 1, "one object");
    shown[0]["messages"].as_array().unwrap().clone()
}

/// Waits until the last message has this delivery state.
#[track_caller]
fn delivery(home: &Home, conversation: &str, wanted: &str) -> Value {
    until(&format!("delivery {wanted}"), || {
        messages(home, conversation).into_iter().next_back().filter(|m| m["delivery"] == wanted)
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_comes_in_is_answered_and_its_delivery_is_seen() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let serve = home.serve(0);
    let hook = format!("{}/hooks/support", serve.base).into();
    let number = world.numbers()[0].clone();
    let sent = world.inbound(&hook, CUSTOMER, &number, "Where is my order #1234?", Extra::default()).await;
    assert_eq!(sent.answers.len(), 1);
    assert_eq!(sent.answers[0].status, 200);
    assert!(sent.answers[0].content_type.starts_with("text/xml"), "{}", sent.answers[0].content_type);
    assert!(sent.answers[0].body.contains("<Response"), "{}", sent.answers[0].body);

    let row = conversation(&home);
    assert_eq!(row["channel"], "sms");
    assert_eq!(row["account"], "support");
    assert_eq!(row["status"], "open");
    assert_eq!(row["unread"], 1);
    assert_eq!(row["preview"], "Where is my order #1234?");
    assert!(row["assignee"].is_null());
    let c = id(&row);

    let reply = home.run(&["reply", &c, "On its way.", "--json", "--wait", "20"]).ok().json();
    assert_eq!(reply[0]["conversation"], c.as_str());
    assert!(reply[0]["op"].is_string() && reply[0]["message"].is_string());
    let shown = delivery(&home, &c, "delivered");
    assert_eq!(shown["direction"], "outbound");
    assert_eq!(shown["author"]["name"], "Ana");
    assert_eq!(shown["text"], "On its way.");
    let far = world.sent();
    assert_eq!(far.len(), 1);
    assert_eq!((far[0].to.as_str(), far[0].body.as_str()), (CUSTOMER, "On its way."));
    let patient =
        home.run(&["reply", &c, "However long it takes.", "--json", "--wait", &u64::MAX.to_string()]);
    assert_eq!(patient.ok().json()[0]["conversation"], c.as_str(), "no wait is too long to be counted");
    assert!(far[0].status_callback.as_deref().is_some_and(|u| u.contains("/hooks/support?op=")));
    assert!(serve.terminate().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_token_that_cannot_be_had_closes_no_channel() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    let second = "auth_token_secondary = { env = \"FRONTDESK_TEST_NOT_THERE\" }\nauth_token = ";
    let with = config.replacen("auth_token = ", second, 1);
    assert_ne!(with, config);
    home.configure(&with);
    let serve = home.serve(0);
    let hook = format!("{}/hooks/support", serve.base).into();
    let sent = world.inbound(&hook, CUSTOMER, &world.numbers()[0], "hello", Extra::default()).await;
    assert_eq!(sent.answers[0].status, 200);
    conversation(&home);
    let told = home.run(&["doctor"]);
    assert!(told.out.contains("auth_token_secondary"), "{}", told.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_message_twice_at_once_and_by_pull_is_one_message() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let serve = home.serve(0);
    let hook = format!("{}/hooks/support", serve.base).into();
    let number = world.numbers()[0].clone();
    for n in 0..5 {
        let extra = Extra { push: Push::Twice, ..Extra::default() };
        let sent = world.inbound(&hook, CUSTOMER, &number, &format!("message {n}"), extra).await;
        assert!(sent.answers.iter().all(|a| a.status == 200), "{:?}", sent.answers);
    }
    let c = id(&conversation(&home));
    until("all five", || (messages(&home, &c).len() >= 5).then_some(()));
    assert_eq!(messages(&home, &c).len(), 5);
    assert_eq!(home.run(&["list", "--json"]).ok().json().len(), 1, "one conversation");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_signature_is_refused_without_a_word_and_leaves_nothing() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let serve = home.serve(0);
    let hook = format!("{}/hooks/support", serve.base).into();
    let number = world.numbers()[0].clone();
    for push in [Push::BadSignature, Push::Unsigned] {
        let extra = Extra { push, ..Extra::default() };
        let sent = world.inbound(&hook, CUSTOMER, &number, "let me in", extra).await;
        assert_eq!(sent.answers[0].status, 401);
        assert_eq!(sent.answers[0].body, "");
    }
    let good = world.inbound(&hook, CUSTOMER, &number, "a good one", Extra::default()).await;
    assert_eq!(good.answers[0].status, 200);
    let c = id(&conversation(&home));
    assert_eq!(messages(&home, &c).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_way_in_which_a_send_can_end() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let serve = home.serve(0);
    let new = |text: &str, to: &str| {
        let sent = home.run(&["new", "--channel", "support", "--to", to, text, "--json"]).ok().json();
        sent[0]["conversation"].as_str().unwrap().to_owned()
    };

    // 429: not sent, tried again by itself.
    world.plan_send(Answer::TooMany { retry_after: Some(1) });
    let c = new("patience", "+15550000001");
    delivery(&home, &c, "delivered");

    // 4xx: not sent, with the human reason.
    world.plan_send(Answer::Refused { status: 400, code: 21610 });
    let c = new("refused", "+15550000002");
    let shown = delivery(&home, &c, "failed");
    assert_eq!(shown["error"]["code"], "21610");
    assert!(shown["error"]["human"].as_str().unwrap().to_lowercase().contains("opted out"), "{shown}");

    // The carrier says no, later.
    world.plan_send(Outcome::Undelivered(30003));
    let c = new("unreachable", "+15550000003");
    let shown = delivery(&home, &c, "failed");
    assert_eq!(shown["error"]["code"], "30003");
    // Sent again it is a message of its own; asked twice it is not sent twice.
    let failed = shown["id"].as_str().unwrap();
    home.run(&["retry", failed]).ok();
    delivery(&home, &c, "delivered");
    let twice = home.run(&["retry", failed]);
    assert_eq!(twice.code(), 4, "{}", twice.err);
    assert!(twice.err.contains("already"), "{}", twice.err);
    assert_eq!(world.sent().iter().filter(|s| s.body == "unreachable").count(), 2);

    // A cut after the work was done, the callback lost: nobody knows; then the pull finds it.
    world.plan_send(Plan { answer: Answer::CutAfter, callbacks: Callbacks::Lost, ..Plan::default() });
    let c = new("cut after", "+15550000004");
    until("found by pull", || {
        let last = messages(&home, &c).pop().unwrap();
        (last["delivery"] == "accepted" || last["delivery"] == "delivered").then_some(())
    });
    assert_eq!(world.sent().iter().filter(|s| s.body == "cut after").count(), 1, "never sent again");

    // A cut before anything was done: in doubt, and it stays so. Never sent on a guess; the agent decides.
    world.plan_send(Answer::CutBefore);
    let c = new("cut before", "+15550000005");
    let shown = delivery(&home, &c, "unknown");
    let m = shown["id"].as_str().unwrap();
    assert_eq!(world.sent().iter().filter(|s| s.body == "cut before").count(), 0);
    home.run(&["settle", m, "not-sent"]).ok();
    home.run(&["retry", m]).ok();
    delivery(&home, &c, "delivered");
    assert_eq!(world.sent().iter().filter(|s| s.body == "cut before").count(), 1);

    // All is settled: the outbox is empty.
    until("an empty outbox", || home.run(&["outbox", "--json"]).ok().json().is_empty().then_some(()));
    drop(serve);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_paused_account_holds_says_why_and_goes_when_the_agent_wants_it() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    home.configure(&config.replace("poll_seconds = 0", "poll_seconds = 1"));
    let _serve = home.serve(0);
    let new = |text: &str, to: &str| {
        let sent = home.run(&["new", "--channel", "support", "--to", to, text, "--json"]).ok().json();
        (
            sent[0]["conversation"].as_str().unwrap().to_owned(),
            sent[0]["message"].as_str().unwrap().to_owned(),
        )
    };
    let outbox = |message: &str| {
        let all = home.run(&["outbox", "--json"]).ok().json();
        all.into_iter().find(|row| row["message"] == message)
    };
    let channel = || home.run(&["channel", "list", "--json"]).ok().json().remove(0);

    // The login serves for reading, and is refused for sending.
    world.plan_send(Answer::Refused { status: 401, code: 20003 });
    let (first, refused) = new("refused", "+15550000001");
    delivery(&home, &first, "retrying");
    let (second, held) = new("held", "+15550000002");
    let sent = home.run(&["reply", &second, "behind it", "--json"]).ok().json();
    let behind = sent[0]["message"].as_str().unwrap().to_owned();
    let polls = world.requests().lists;
    until("two polls that work", || (world.requests().lists >= polls + 2).then_some(()));
    let now = channel();
    assert_eq!(now["status"], "needs-login", "{now}");
    assert!(now["detail"].as_str().unwrap().contains("sending is paused"), "{now}");
    for message in [&held, &behind] {
        let row = outbox(message).unwrap();
        assert_eq!((&row["state"], &row["attempts"]), (&"queued".into(), &0.into()), "{row}");
        assert!(row["reason"].as_str().unwrap().contains("sending is paused"), "{row}");
    }
    assert!(world.sent().is_empty());
    let waited = home.run(&["reply", &second, "a third", "--wait", "0"]);
    assert_eq!(waited.code(), 6, "{}", waited.err);
    assert!(waited.err.contains("sending is paused"), "{}", waited.err);
    assert!(home.run(&["doctor"]).out.contains("4 could not leave yet"));

    // The account is mended at the vendor; nobody waits for the end of the pause.
    home.run(&["retry", &held]).ok();
    for c in [&first, &second] {
        delivery(&home, c, "delivered");
    }
    until("an empty outbox", || outbox(&refused).or(outbox(&behind)).is_none().then_some(()));
    until("all have left", || (world.sent().len() >= 4).then_some(()));
    until("the channel is well", || (channel()["status"] == "ok").then_some(()));
    let texts: Vec<String> = world.sent().into_iter().map(|s| s.body).collect();
    assert_eq!(texts.len(), 4, "each once: {texts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_blocks_sending_and_start_lifts_it() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let serve = home.serve(0);
    let hook = format!("{}/hooks/support", serve.base).into();
    let number = world.numbers()[0].clone();
    world.inbound(&hook, CUSTOMER, &number, "STOP", Extra::default()).await;
    let c = id(&conversation(&home));
    let refused = until("a refusal", || {
        let answer = home.run(&["reply", &c, "please come back"]);
        (answer.code() != 0).then_some(answer)
    });
    assert_eq!(refused.code(), 4, "{}", refused.err);
    assert!(refused.err.contains("opted out"), "{}", refused.err);
    world.inbound(&hook, CUSTOMER, &number, "START", Extra::default()).await;
    until("consent", || (home.run(&["reply", &c, "welcome back"]).code() == 0).then_some(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_engine_a_reply_is_queued_and_says_so() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let queued = home.run(&["new", "--channel", "support", "--to", CUSTOMER, "hello", "--json"]).ok();
    assert!(queued.err.contains("queued"), "{}", queued.err);
    let row = &queued.json()[0];
    assert_eq!(row["delivery"], "queued");
    assert_eq!(home.run(&["outbox", "--json"]).ok().json().len(), 1);
    assert!(world.sent().is_empty());
    let _serve = home.serve(0);
    delivery(&home, row["conversation"].as_str().unwrap(), "delivered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_engine_a_workspace_and_a_taken_port_is_told() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let serve = home.serve(0);
    let second = home.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.code(), 5, "{}", second.err);
    assert!(second.err.contains("already runs"), "{}", second.err);
    let other = Home::with_accounts(&world);
    let taken = other.run(&["serve", "--listen", &format!("127.0.0.1:{}", serve.port())]);
    assert_ne!(taken.code(), 0);
    assert!(taken.err.contains("in use"), "{}", taken.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_of_an_account_that_is_not_connected_hold_nobody_up() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    home.run(&["list"]).ok();
    let store = Store::open(&home.workspace(), Arc::new(SystemClock)).unwrap();
    let gone = AccountSpec {
        name: "gone".into(),
        provider: "twilio".into(),
        channels: vec![Channel::Sms],
        enabled: true,
        capabilities: None,
        from: Vec::new(),
    };
    let push = ReceiptNew {
        method: "POST".into(),
        url: "http://127.0.0.1/hooks/gone".into(),
        headers: Vec::new(),
        body: b"MessageSid=SM1".to_vec(),
        received_at: 1,
    };
    store
        .writer()
        .call(Class::Durable, move |t| {
            let id = t.account_upsert(&gone)?;
            (0..200).try_for_each(|n| t.receipt_append(id, &format!("k{n}"), &push).map(|_| ()))
        })
        .unwrap();
    let serve = home.serve(0);
    let hook = format!("{}/hooks/support", serve.base).into();
    world.inbound(&hook, CUSTOMER, &world.numbers()[0].clone(), "am I heard?", Extra::default()).await;
    assert_eq!(conversation(&home)["preview"], "am I heard?");
    assert_eq!(store.reader().unwrap().receipts_waiting(1_000).unwrap().len(), 200, "and nothing is dropped");
}
