//! Disks and files that fail: each has words that say what to do, and nothing is lost.

use super::{CUSTOMER, list, messages, webhook, world};
use crate::support::{Home, PROGRAM, Serve, until};
use frontdesk::sandbox::twilio::TwilioWorld;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// `serve` where no file may grow beyond some megabytes: what a full disk is, without a disk of its own.
fn serve_without_room(home: &Home) -> Serve {
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; ulimit -S -f 6000 && exec \"$0\" serve --listen 127.0.0.1:0", PROGRAM])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("FRONTDESK_HOME", home.path())
        .env("USER", "tester")
        .env("TZ", "UTC")
        .stderr(Stdio::inherit());
    Serve::start(command)
}

/// Makes room for a running engine where the system can, else starts it again.
#[cfg(target_os = "linux")]
fn make_room(_: &Home, serve: Serve) -> Serve {
    use rustix::process::{Resource, Rlimit, prlimit};
    let limit = Rlimit { current: None, maximum: None };
    prlimit(Some(serve.pid()), Resource::Fsize, limit).unwrap();
    serve
}

/// Makes room for a running engine where the system can, else starts it again.
#[cfg(not(target_os = "linux"))]
fn make_room(home: &Home, serve: Serve) -> Serve {
    let port = serve.port();
    serve.kill();
    home.serve(port)
}

fn large(world: &TwilioWorld, base: &str, n: usize) -> u16 {
    let sid = format!("SM{n:032x}");
    let body = format!("message {n}");
    let padding = "x".repeat(300_000);
    let params = [
        ("MessageSid", sid.as_str()),
        ("From", CUSTOMER),
        ("To", &world.numbers()[0]),
        ("Body", &body),
        ("Padding", &padding),
    ];
    let reply = webhook(world, base, &params);
    if reply.status == 503 {
        assert!(reply.head.contains("retry-after: "), "{reply:?}");
        assert_eq!(reply.body, "");
    }
    reply.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_full_disk_answers_503_loses_nothing_and_recovers() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let serve = serve_without_room(&home);
    let (mut taken, mut refused) = (BTreeSet::new(), BTreeSet::new());
    for n in 0..300 {
        match large(&world, &serve.base, n) {
            200 => taken.insert(n),
            503 => refused.insert(n),
            other => panic!("{other}"),
        };
        if refused.len() == 3 {
            break;
        }
    }
    assert!(refused.len() == 3 && taken.len() > 2, "{taken:?} {refused:?}");
    // It lives, and what is there can be read; what an agent asks for is kept by whoever still has room.
    let health =
        super::exchange(&serve.base, b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_eq!(health.status, 200);
    assert!(
        health.body.contains("\"failing\"") && health.body.contains("could not be stored"),
        "{}",
        health.body
    );
    let queued = home.run(&["new", "--channel", "support", "--to", "+15550000001", "hello", "--json"]).ok();
    let op = queued.json()[0]["op"].as_str().unwrap().to_owned();

    let serve = make_room(&home, serve);
    // The vendor comes again with what was not taken.
    for n in &refused {
        until("the vendor's next try is taken", || (large(&world, &serve.base, *n) == 200).then_some(()));
    }
    let all: BTreeSet<String> = taken.union(&refused).map(|n| format!("message {n}")).collect();
    until("all are read", || {
        let rows = list(&home);
        let row = rows.iter().find(|r| r["contact"]["name"] != "+15550000001" && r["unread"] != 0)?;
        (messages(&home, row).len() >= all.len()).then_some(())
    });
    let rows = list(&home);
    let row = rows.iter().find(|r| r["unread"] != 0).unwrap();
    let texts: Vec<String> =
        messages(&home, row).iter().map(|m| m["text"].as_str().unwrap().to_owned()).collect();
    assert_eq!(texts.len(), all.len(), "each once");
    assert_eq!(texts.into_iter().collect::<BTreeSet<_>>(), all);
    until("the answer leaves", || {
        home.run(&["outbox", "--json"]).ok().json().iter().all(|o| o["op"] != op.as_str()).then_some(())
    });
    assert_eq!(world.sent().iter().filter(|s| s.body == "hello").count(), 1);
    assert!(serve.terminate().success());
    let conn = rusqlite::Connection::open(home.workspace().join("frontdesk.db")).unwrap();
    let health: String = conn.query_row("PRAGMA integrity_check", [], |r| r.get(0)).unwrap();
    assert_eq!(health, "ok");
}

/// Every command that opens the store says this and ends with 5; nothing of the file changes.
#[track_caller]
fn refused_by_all(home: &Home, words: &[&str]) {
    for args in [&["list"][..], &["serve", "--listen", "127.0.0.1:0"], &["search", "x"], &["outbox"]] {
        let answer = home.run(args);
        assert_eq!(answer.code(), 5, "{args:?}: {} {}", answer.out, answer.err);
        for word in words {
            assert!(answer.err.contains(word), "{args:?}: {word}: {}", answer.err);
        }
        assert_eq!(answer.err.lines().count(), 1, "{args:?}: {}", answer.err);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_a_newer_program_a_damaged_one_and_no_file_at_all_are_told() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    home.run(&["list"]).ok();
    let file = home.workspace().join("frontdesk.db");

    let conn = rusqlite::Connection::open(&file).unwrap();
    let form: i64 = conn.query_row("PRAGMA user_version", [], |r| r.get(0)).unwrap();
    conn.pragma_update(None, "user_version", 999).unwrap();
    drop(conn);
    refused_by_all(&home, &["newer Frontdesk", "999", "install the newer version"]);
    let conn = rusqlite::Connection::open(&file).unwrap();
    conn.pragma_update(None, "user_version", form).unwrap();
    drop(conn);
    home.run(&["list"]).ok();

    // All pages but the first are overwritten.
    let good = std::fs::read(&file).unwrap();
    let mut bad = good.clone();
    bad[4096..].fill(0xff);
    std::fs::write(&file, &bad).unwrap();
    refused_by_all(&home, &["frontdesk.db", "keep the file", "restore a backup"]);
    // The first as well.
    std::fs::write(&file, vec![b'#'; 50_000]).unwrap();
    refused_by_all(&home, &["frontdesk.db", "restore a backup"]);
    assert_eq!(std::fs::read(&file).unwrap(), vec![b'#'; 50_000], "left alone");

    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    refused_by_all(&home, &["frontdesk.db"]);
    std::fs::remove_dir(&file).unwrap();
    std::fs::write(&file, &good).unwrap();
    home.run(&["list"]).ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_to_the_file_under_a_running_engine_is_no_panic() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let serve = home.serve(0);
    let file = home.workspace().join("frontdesk.db");
    assert_eq!(large(&world, &serve.base, 1), 200);
    until("it is read", || (!list(&home).is_empty()).then_some(()));
    // Another program holds the write lock for good: the vendor is asked to come again.
    let conn = rusqlite::Connection::open(&file).unwrap();
    conn.execute_batch("BEGIN IMMEDIATE").unwrap();
    let base = serve.base.clone();
    let status = std::thread::scope(|s| s.spawn(|| large(&world, &base, 2)).join().unwrap());
    assert_eq!(status, 503);
    conn.execute_batch("ROLLBACK").unwrap();
    assert_eq!(large(&world, &serve.base, 2), 200);
    until("both are read", || (messages(&home, &list(&home)[0]).len() == 2).then_some(()));
    assert!(serve.terminate().success());
}

/// Runs as somebody who may not write, also where the tests run as root. None = it cannot be tried here.
fn run_unprivileged(home: &Home, args: &[&str]) -> Option<(i32, String)> {
    let mut command = home.command(args);
    if rustix::process::geteuid().is_root() {
        use std::os::unix::process::CommandExt;
        command.uid(65_534).gid(65_534);
    }
    match command.stdin(Stdio::null()).output() {
        Ok(out) => Some((out.status.code().unwrap_or(-1), String::from_utf8_lossy(&out.stderr).into_owned())),
        Err(e) => {
            println!("not tried: the program cannot be run by another user here: {e}");
            None
        }
    }
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_file_and_directory_are_named() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    home.run(&["list"]).ok();
    let below = super::everything_below(home.path());
    for path in &below {
        mode(path, if path.is_dir() { 0o555 } else { 0o444 });
    }
    mode(home.path(), 0o555);
    for args in [
        &["list"][..],
        &["serve", "--listen", "127.0.0.1:0"],
        &["new", "--channel", "support", "--to", CUSTOMER, "x"],
    ] {
        let Some((code, err)) = run_unprivileged(&home, args) else { continue };
        assert_eq!(code, 5, "{args:?}: {err}");
        assert!(err.contains("frontdesk.db") && err.contains("permissions"), "{args:?}: {err}");
    }
    // The configuration cannot be written either.
    if let Some((code, err)) = run_unprivileged(&home, &["channel", "add", "webchat", "--name", "side"]) {
        assert_eq!(code, 1, "{err}");
        assert!(
            err.contains(".config.lock") && err.contains("permissions") && err.contains("--home DIR"),
            "{err}"
        );
    }
    // No workspace yet, and none can be made.
    std::fs::remove_dir_all(home.path().join("data")).unwrap();
    if let Some((code, err)) = run_unprivileged(&home, &["list"]) {
        assert_eq!(code, 5, "{err}");
        assert!(err.contains("permissions"), "{err}");
    }
    mode(home.path(), 0o700);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_cannot_be_written_is_told() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    std::fs::write(home.path().join("log"), "in the way").unwrap();
    let answer = home.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(answer.code(), 1, "{}", answer.err);
    assert!(answer.err.contains("log"), "{}", answer.err);
}
