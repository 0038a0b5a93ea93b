//! What stays private: no body and no token in any log, addresses masked, every file its owner's alone.

use super::{CUSTOMER, list, messages, webhook, world};
use crate::support::{Home, Serve, until, write_private};
use frontdesk::sandbox::twilio::{Answer, Callbacks, Extra, Medium, Outcome, Plan};
use frontdesk::sandbox::visitor::{Claims, Visitor};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};

/// Words that only bodies hold.
const BODIES: [&str; 6] = ["quicksilver", "ambergris", "bergamot", "vermilion", "tourmaline", "obsidian"];

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_log_holds_a_body_or_a_token_and_addresses_are_masked() {
    for level in ["trace", "debug", "info"] {
        journey(level).await;
    }
}

async fn journey(level: &str) {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    // Polling as well, so that pulls are in the log.
    home.configure(&format!(
        "log_level = \"{level}\"\n{}",
        config.replace("poll_seconds = 0", "poll_seconds = 1")
    ));
    let errors = std::fs::File::create(home.path().join("stderr")).unwrap();
    let mut command = home.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.stderr(errors);
    let serve = Serve::start(command);
    let number = world.numbers()[0].clone();
    let hook = format!("{}/hooks/support", serve.base).into();
    let media = vec![Medium { content_type: "text/plain".into(), bytes: b"obsidian".to_vec() }];
    let extra = Extra { media, ..Extra::default() };
    world.inbound(&hook, CUSTOMER, &number, "quicksilver", extra).await;
    let params = [
        ("MessageSid", "SM9"),
        ("From", "+15551112222"),
        ("To", &number),
        ("Body", "quicksilver"),
        ("ProfileName", "tourmaline"),
    ];
    assert_eq!(webhook(&world, &serve.base, &params).status, 200);
    // What cannot be read, and what is not signed.
    assert_eq!(webhook(&world, &serve.base, &[("From", CUSTOMER), ("Body", "quicksilver")]).status, 200);
    let bad = b"MessageSid=SM1&From=%2B15558675310&Body=quicksilver";
    assert_eq!(super::signed(&serve.base, "d3Jvbmc=", bad).status, 401);
    until("two conversations", || (list(&home).len() == 2).then_some(()));
    // Every way in which a send can end; a last one that goes well, so that all before it were tried.
    let plans: [Plan; 7] = [
        Answer::Refused { status: 400, code: 21610 }.into(),
        Answer::Refused { status: 400, code: 21211 }.into(),
        Answer::Refused { status: 400, code: 21999 }.into(),
        Outcome::Undelivered(30003).into(),
        Plan { answer: Answer::CutBefore, callbacks: Callbacks::Lost, ..Plan::default() },
        Answer::TooMany { retry_after: Some(0) }.into(),
        Answer::Refused { status: 401, code: 20003 }.into(),
    ];
    for (n, plan) in plans.into_iter().enumerate() {
        world.plan_send(plan);
        let to = format!("+1555867540{n}");
        home.run(&["new", "--channel", "support", "--to", &to, "ambergris", "--wait", "1"]);
    }
    let chat = format!("{}/chat/shop", serve.base);
    let claims = Claims { name: Some("tourmaline".into()), email: Some("zoe.marker@example.org".into()) };
    let visitor = Visitor::arrive(&chat, &claims).await.unwrap();
    visitor.say("bergamot").await.unwrap();
    let row = until("the visitor is read", || list(&home).into_iter().find(|r| r["channel"] == "webchat"));
    let c = row["id"].as_str().unwrap();
    home.run(&["reply", c, "vermilion", "--wait", "10"]);
    let shown = until("the answer is there", || {
        let all = messages(&home, &row);
        all.into_iter().find(|m| m["text"] == "vermilion" && m["delivery"] != "queued")
    });
    visitor.read(shown["id"].as_str().unwrap()).await.ok();
    home.run(&["search", "quicksilver"]).ok();
    assert!(serve.terminate().success());

    let mut log = std::fs::read_to_string(home.path().join("stderr")).unwrap();
    for path in super::everything_below(&home.path().join("log")) {
        log.push_str(&std::fs::read_to_string(path).unwrap());
    }
    assert!(log.contains("the engine runs") && log.contains("in doubt"), "a log of this journey: {log}");
    if std::env::var_os("FRONTDESK_SHOW_LOG").is_some() {
        println!("{log}");
    }
    for word in BODIES.iter().copied().chain([world.auth_token(), visitor.token()]) {
        assert!(!log.contains(word), "{level}: {word}: {}", line_with(&log, word));
    }
    for line in log.lines().filter(|l| !l.contains(" DEBUG ") && !l.contains(" TRACE ")) {
        for address in ["5558675310", "5551112222", "555867540", "5557122661", "zoe.marker", "example.org"] {
            assert!(!line.contains(address), "{level}: {line}");
        }
    }
}

fn line_with<'a>(log: &'a str, word: &str) -> &'a str {
    log.lines().find(|l| l.contains(word)).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_file_is_its_owners_alone() {
    let world = world().await;
    let home = Home::empty();
    // Below a home that is not there yet, everything made by the program, with the usual permissive umask.
    let inner = home.path().join("new").join("home");
    let token = home.path().join("token");
    write_private(&token, world.auth_token());
    let run = |args: &[&str]| {
        let mut command = home.command(args);
        command.env("FRONTDESK_HOME", &inner);
        let out = command.output().unwrap();
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    };
    let sid = format!("account_sid={}", world.account_sid());
    let from = format!("from={}", world.numbers()[0]);
    let base = format!("base_url={}", world.base_url());
    let secret = format!("auth_token={}", token.display());
    run(&[
        "channel",
        "add",
        "twilio",
        "--name",
        "support",
        "--set",
        &sid,
        "--set",
        &from,
        "--set",
        &base,
        "--set",
        "poll_seconds=0",
        "--secret-file",
        &secret,
    ]);
    run(&["channel", "add", "webchat", "--name", "shop"]);
    let mut command = home.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("FRONTDESK_HOME", &inner);
    let serve = Serve::start(command);
    let hook = format!("{}/hooks/support", serve.base).into();
    let media = vec![Medium { content_type: "image/png".into(), bytes: vec![1; 100] }];
    world.inbound(&hook, CUSTOMER, &world.numbers()[0], "a file", Extra { media, ..Extra::default() }).await;
    let files = inner.join("data/main/files");
    until("the file is fetched", || {
        let there = if files.is_dir() { super::everything_below(&files) } else { Vec::new() };
        let is_whole = there.iter().all(|p| p.extension().is_none_or(|end| end != "part"));
        (is_whole && there.iter().any(|p| p.is_file())).then_some(())
    });
    let mut seen = Vec::new();
    for path in super::everything_below(&home.path().join("new")) {
        let meta = std::fs::metadata(&path).unwrap();
        let wanted = if meta.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(meta.permissions().mode() & 0o777, wanted, "{}", path.display());
        if meta.file_type().is_socket() {
            seen.push("a socket".to_owned());
        }
        seen.push(path.file_name().unwrap().to_string_lossy().into_owned());
    }
    for name in [
        "config.toml",
        "frontdesk.db",
        "frontdesk.db-wal",
        "frontdesk.db-shm",
        "engine.lock",
        "engine.sock",
        "a socket",
        "files",
        "log",
    ] {
        assert!(seen.iter().any(|s| s == name), "{name}: {seen:?}");
    }
    assert!(seen.iter().any(|s| s.ends_with(".log")), "{seen:?}");
}
