//! Changes beside a running engine: accounts come and go without a restart, and nothing that is under way is disturbed.

use super::{CUSTOMER, exchange, list, post, webhook, world};
use crate::support::{Home, until};
use frontdesk::sandbox::twilio::Rates;
use frontdesk::sandbox::visitor::{Claims, Visitor};
use std::io::Write;

fn config(home: &Home) -> String {
    std::fs::read_to_string(home.path().join("config.toml")).unwrap()
}

fn log(home: &Home) -> String {
    super::everything_below(&home.path().join("log"))
        .iter()
        .map(|p| std::fs::read_to_string(p).unwrap())
        .collect()
}

fn page(base: &str, name: &str) -> u16 {
    let request = format!("GET /chat/{name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    exchange(base, request.as_bytes()).status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn channels_come_and_go_beside_a_running_engine() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let serve = home.serve(0);
    assert_eq!(page(&serve.base, "second"), 404);
    home.run(&["channel", "add", "webchat", "--name", "second"]).ok();
    until("the new page answers", || (page(&serve.base, "second") == 200).then_some(()));
    let visitor = Visitor::arrive(&format!("{}/chat/second", serve.base), &Claims::default()).await.unwrap();
    visitor.say("the paint is still wet").await.unwrap();
    until("it is read", || list(&home).into_iter().find(|r| r["account"] == "second"));
    // Another number, with its own secret.
    let token = home.path().join("token2");
    crate::support::write_private(&token, world.auth_token());
    let (sid, base) =
        (format!("account_sid={}", world.account_sid()), format!("base_url={}", world.base_url()));
    let secret = format!("auth_token={}", token.display());
    home.run(&[
        "channel",
        "add",
        "twilio",
        "--name",
        "sales",
        "--set",
        &sid,
        "--set",
        "from=+15557122662",
        "--set",
        &base,
        "--set",
        "poll_seconds=0",
        "--secret-file",
        &secret,
    ])
    .ok();
    let hook = format!("{}/hooks/sales", serve.base);
    until("the new hook asks for a signature", || {
        (post(&serve.base, "/hooks/sales", &[], b"x").status == 401).then_some(())
    });
    let sent = world.inbound(&hook.into(), CUSTOMER, "+15557122662", "to sales", Default::default()).await;
    assert_eq!(sent.answers[0].status, 200);
    until("it is read", || list(&home).into_iter().find(|r| r["account"] == "sales"));

    home.run(&["channel", "disable", "second"]).ok();
    until("the page is closed", || (page(&serve.base, "second") == 503).then_some(()));
    home.run(&["channel", "enable", "second"]).ok();
    until("the page is open", || (page(&serve.base, "second") == 200).then_some(()));
    home.run(&["channel", "remove", "second", "--yes"]);
    if !config(&home).contains("channel.second") {
        until("the page is gone", || (page(&serve.base, "second") == 404).then_some(()));
        assert!(list(&home).iter().any(|r| r["account"] == "second"), "its history stays");
    }
    assert!(serve.terminate().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_broken_edit_is_refused_and_the_old_configuration_stays() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let serve = home.serve(0);
    let good = config(&home);
    for broken in ["[[[", "[workspace.main.channel.support]\nprovider = 7\n", "nonsense = true\n"] {
        let before = log(&home).matches("is not used").count();
        home.configure(&format!("{broken}{good}"));
        until("it warns", || (log(&home).matches("is not used").count() > before).then_some(()));
        assert_eq!(page(&serve.base, "shop"), 200);
        let params = [
            ("MessageSid", broken),
            ("From", CUSTOMER),
            ("To", world.numbers()[0].as_str()),
            ("Body", "still?"),
        ];
        assert_eq!(webhook(&world, &serve.base, &params).status, 200);
    }
    // An editor that writes in pieces, and a file that is away for a moment.
    std::fs::remove_file(home.path().join("config.toml")).unwrap();
    let file = home.path().join("config.toml");
    home.configure(&format!("{good}\n[workspace.main.channel.third]\nprovider = \"webchat\"\n"));
    until("mended, it is used", || (page(&serve.base, "third") == 200).then_some(()));
    let mut open = std::fs::OpenOptions::new().append(true).open(&file).unwrap();
    open.write_all(b"\n# a remark\n").unwrap();
    assert_eq!(page(&serve.base, "third"), 200);
    assert!(serve.terminate().success());
}

/// What `channel list` says of a channel: the word and the detail.
fn status(home: &Home, name: &str) -> (String, String) {
    let all = home.run(&["channel", "list", "--json"]).ok().json();
    let row = all.into_iter().find(|r| r["name"] == name).unwrap();
    (row["status"].as_str().unwrap().to_owned(), row["detail"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_account_with_wrong_settings_or_no_secret_harms_no_other_and_is_healed() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let good = config(&home);
    let late = home.path().join("late");
    home.configure(&format!(
        "{good}\n[workspace.main.channel.late]\nprovider = \"twilio\"\naccount_sid = \"{}\"\nfrom = \"+15557122663\"\nbase_url = \"{}\"\npoll_seconds = 0\n\
         secrets = {{ auth_token = {{ file = {:?} }} }}\n",
        world.account_sid(), world.base_url(), late.display().to_string()
    ));
    let serve = home.serve(0);
    // Nothing can be believed without the secret: the vendor is asked to come again.
    let reply = post(&serve.base, "/hooks/late", &[], b"x");
    assert_eq!(reply.status, 503, "{reply:?}");
    let status = |name: &str| status(&home, name);
    until("it is told", || (status("late").0 == "needs-login").then_some(()));
    assert!(status("late").1.contains("late"), "{:?}", status("late"));
    until("the other one works", || (status("support").0 == "ok").then_some(()));
    // Without an engine nobody knows whether it still works.
    assert!(serve.terminate().success());
    let away = ("connecting".to_owned(), "no engine is running; last seen ok a moment ago".to_owned());
    assert_eq!(status("support"), away);
    let (word, detail) = status("late");
    assert!(word == "needs-login" && detail.ends_with("; no engine is running"), "{word}: {detail}");
    home.run(&["channel", "disable", "shop"]).ok();
    assert_eq!(status("shop"), ("disabled".to_owned(), "no engine is running".to_owned()));
    home.run(&["channel", "enable", "shop"]).ok();
    let serve = home.serve(0);
    until("it works again", || (status("support").0 == "ok").then_some(()));
    serve.kill();
    assert_eq!(status("support").1, "no engine is running; last seen ok", "nobody knows when it was killed");
    let serve = home.serve(0);
    crate::support::write_private(&late, world.auth_token());
    // Any touch of the configuration makes it look again.
    let text = config(&home);
    home.configure(&format!("{text}\n# the secret is there now\n"));
    until("it is healed", || (status("late").0 == "ok").then_some(()));
    assert_eq!(post(&serve.base, "/hooks/late", &[], b"x").status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reloads_under_load_lose_nothing_and_send_nothing_twice() {
    let world = world().await;
    world.set_rates(Rates { slow: 200, too_many: 100, ..Rates::default() });
    let home = Home::with_accounts(&world);
    let serve = home.serve(0);
    let good = config(&home);
    let count = 60;
    for n in 0..count {
        let to = format!("+1555300{:04}", n % 20);
        home.run(&["new", "--channel", "support", "--to", &to, &format!("out {n}")]).ok();
        let sid = format!("SM{n}");
        let params = [
            ("MessageSid", sid.as_str()),
            ("From", CUSTOMER),
            ("To", world.numbers()[0].as_str()),
            ("Body", "in"),
        ];
        assert_eq!(webhook(&world, &serve.base, &params).status, 200);
        if n % 6 == 0 {
            home.configure(&format!("{good}\n[workspace.main.channel.extra{n}]\nprovider = \"webchat\"\n"));
        }
    }
    world.set_rates(Rates::default());
    until("all are sent", || home.run(&["outbox", "--json"]).ok().json().is_empty().then_some(()));
    let mut bodies: Vec<String> = world.sent().into_iter().map(|s| s.body).collect();
    assert_eq!(bodies.len(), count, "each once");
    bodies.sort();
    bodies.dedup();
    assert_eq!(bodies.len(), count);
    until("all are read", || list(&home).iter().any(|r| r["unread"] == count).then_some(()));
    assert!(serve.terminate().success());
}

/// Editors and `>` write in place: for a moment the file is empty. A 404 would be the last that a vendor wants to hear.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_configuration_that_is_being_written_closes_no_hook() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let serve = home.serve(0);
    let good = config(&home);
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::SeqCst) {
                home.configure("");
                home.configure(&good);
            }
        });
        let answers = (0..2_000).map(|_| post(&serve.base, "/hooks/support", &[], b"x").status);
        // 401: the hook is there, and the push is not signed. Too many of those: 429.
        let gone = answers.filter(|status| !matches!(status, 401 | 429)).count();
        done.store(true, std::sync::atomic::Ordering::SeqCst);
        assert_eq!(gone, 0, "hooks that were not there");
    });
    assert!(serve.terminate().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_import_beside_a_running_engine_does_not_keep_customers_out() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let serve = home.serve(0);
    let file = home.path().join("history.jsonl");
    let mut out = std::io::BufWriter::new(std::fs::File::create(&file).unwrap());
    for n in 0..4_000u32 {
        let line = serde_json::json!({
            "id": format!("m{n}"), "conversation": format!("c{}", n % 200), "channel": "sms",
            "direction": "in", "from": { "name": format!("Person {}", n % 200), "address": format!("+1555400{:04}", n % 200) },
            "to": "+15557122661", "ts": 1_767_323_045 + n, "text": format!("old message {n}"),
        });
        writeln!(out, "{line}").unwrap();
    }
    drop(out);
    let import =
        home.command(&["import", file.to_str().unwrap()]).stderr(std::process::Stdio::null()).spawn();
    let mut import = import.unwrap();
    let mut taken = 0;
    while taken < 200 {
        let sid = format!("SM{taken}");
        let params = [
            ("MessageSid", sid.as_str()),
            ("From", CUSTOMER),
            ("To", world.numbers()[0].as_str()),
            ("Body", "live"),
        ];
        assert_eq!(webhook(&world, &serve.base, &params).status, 200);
        taken += 1;
    }
    assert!(import.wait().unwrap().success());
    until("all live messages are read", || list(&home).iter().any(|r| r["unread"] == 200).then_some(()));
    assert!(serve.terminate().success());
}
