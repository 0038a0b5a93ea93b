//! The first sync of a mailbox: 10,000 mails from a real Dovecot into an empty workspace, threaded and indexed, against `mbsync`
//! fetching the same folder of the same server into files. Each runs on a server that has answered the same before.
//!
//! Dovecot and Exim are needed (`tests/run` installs them); where there is no `mbsync` (Debian: `apt install isync`), only ours is
//! measured.
#![allow(clippy::print_stdout, reason = "a bench prints its result")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "the server is that of the tests")]

mod corpus;
mod mailbox;
#[path = "../tests/it/real/server/mod.rs"]
#[allow(dead_code, missing_docs, reason = "the tests use the rest")]
mod server;

use frontdesk::app::host::{self, Listening};
use frontdesk::app::workspace;
use frontdesk::config::{Config, Env, Overrides};
use frontdesk::engine::bus::Bus;
use frontdesk::engine::lock;
use rusqlite::{Connection, OpenFlags};
use server::maildir::Laid;
use server::{MailServer, address, password};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

type Any = Box<dyn std::error::Error>;

/// Whose mailbox it is.
const USER: &str = "support";
/// What is measured of each, after one run that fills the server's caches.
const RUNS: usize = 3;
/// mbsync with its defaults: each mail is synced to the disk, as our pages are with their cursors. Without that it is told for comparison.
const AS_IT_COMES: &str = "as it comes";

fn main() -> Result<(), Any> {
    let n = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(10_000);
    let server = MailServer::start();
    let mails = mailbox::Mailbox::new(n).map(|made| Laid {
        at: made.at.unsigned_abs(),
        flags: "S".into(),
        raw: made.text.into_bytes(),
    });
    server.lay(USER, "INBOX", mails);
    let mut theirs = Vec::new();
    let mut ours = Vec::new();
    for run in 0..=RUNS {
        let fetched = mbsync(&server, n, "yes")?.zip(mbsync(&server, n, "no")?);
        let synced = frontdesk(&server, n)?;
        if run > 0 {
            ours.push(synced);
            theirs.extend(fetched);
        }
    }
    let ours = median(ours);
    println!("frontdesk: {n} mails in {ours:.2} s, {:.0}/s", n as f64 / ours);
    if theirs.is_empty() {
        println!("no baseline: mbsync is not installed (apt install isync)");
        return Ok(());
    }
    let (synced, unsynced): (Vec<_>, Vec<_>) = theirs.into_iter().unzip();
    for (what, theirs) in [(AS_IT_COMES, median(synced)), ("FSync no", median(unsynced))] {
        println!("mbsync, {what}: {n} mails in {theirs:.2} s, {:.0}/s", n as f64 / theirs);
        let must = if what == AS_IT_COMES { " (must reach 1.0)" } else { "" };
        println!("first sync of {n} mails: {:.2} of mbsync, {what}{must}", theirs / ours);
    }
    Ok(())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Seconds from the start of the engine until all mails are in the workspace, in their threads and in the index.
fn frontdesk(server: &MailServer, n: usize) -> Result<f64, Any> {
    let home = tempfile::tempdir()?;
    let secret = home.path().join("password");
    fs::write(&secret, password(USER))?;
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600))?;
    let (imap, smtp) = (server.ports.imap, server.ports.submission);
    let text = format!(
        "listen = \"127.0.0.1:0\"\n[workspace.main.channel.desk]\nprovider = \"imap\"\naddress = \"{}\"\n\
         imap_host = \"127.0.0.1\"\nimap_port = {imap}\nimap_security = \"plain\"\n\
         smtp_host = \"127.0.0.1\"\nsmtp_port = {smtp}\nsmtp_security = \"plain\"\n\
         [workspace.main.channel.desk.secrets]\npassword = {{ file = {:?} }}\n",
        address(USER),
        secret.display().to_string()
    );
    fs::write(home.path().join("config.toml"), text)?;
    let overrides = Overrides { home: Some(home.path().to_path_buf()), ..Overrides::default() };
    let workspace = workspace::open(Config::load(&overrides, &Env::of(&[]))?)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let lock = lock::try_acquire(workspace.store.dir())?.ok_or("the workspace is locked")?;
    let began = Instant::now();
    let engine = runtime
        .block_on(host::start(&workspace, lock, Bus::new(), Listening::Required, None))
        .map_err(|e| e.to_string())?;
    let file = workspace.store.dir().join("frontdesk.db");
    let db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut first = None;
    loop {
        let there = db.query_row("SELECT count(*) FROM message", [], |r| r.get::<_, i64>(0))?;
        let there = usize::try_from(there)?;
        if there > 0 {
            first.get_or_insert_with(|| began.elapsed());
        }
        if there >= n {
            break;
        }
        if began.elapsed() > Duration::from_secs(600) {
            return Err(format!("only {there} of {n} mails came").into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let taken = began.elapsed().as_secs_f64();
    if let Some(first) = first {
        println!(
            "  the first mails were there after {:.0} ms, all after {taken:.2} s",
            first.as_secs_f64() * 1e3
        );
    }
    runtime.block_on(engine.stop());
    Ok(taken)
}

/// Seconds for `mbsync` to fetch all of it into a new Maildir; none where there is no mbsync.
fn mbsync(server: &MailServer, n: usize, fsync: &str) -> Result<Option<f64>, Any> {
    let home = tempfile::tempdir()?;
    let near = home.path().join("mail");
    fs::create_dir(&near)?;
    let config = home.path().join("mbsyncrc");
    fs::write(
        &config,
        format!(
            "FSync {fsync}\nIMAPAccount desk\nHost 127.0.0.1\nPort {}\nUser {}\nPass {}\nSSLType None\nAuthMechs LOGIN\n\n\
             IMAPStore far\nAccount desk\n\nMaildirStore near\nPath {near}/\nInbox {near}/INBOX\n\n\
             Channel desk\nFar :far:\nNear :near:\nPatterns INBOX\nCreate Near\nSync Pull\nSyncState *\n",
            server.ports.imap,
            address(USER),
            password(USER),
            near = near.display()
        ),
    )?;
    let began = Instant::now();
    let done =
        Command::new("mbsync").arg("-q").arg("-c").arg(&config).arg("-a").stdin(Stdio::null()).output();
    let done = match done {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        done => done?,
    };
    let taken = began.elapsed().as_secs_f64();
    if !done.status.success() {
        return Err(format!("mbsync: {}", String::from_utf8_lossy(&done.stderr)).into());
    }
    assert_eq!(files(&near)?, n, "mbsync has all of them");
    Ok(Some(taken))
}

fn files(near: &Path) -> Result<usize, Any> {
    let mut all = 0;
    for part in ["cur", "new"] {
        all += fs::read_dir(near.join("INBOX").join(part))?.count();
    }
    Ok(all)
}
