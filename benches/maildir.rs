//! Import of mails: a Maildir through the engine, against `notmuch new` on the same tree. Both read, thread and index every mail.
//!
//! The baseline is the program `notmuch` (Debian: `apt install notmuch`); where it is not there, only ours is measured.
#![allow(clippy::print_stdout, reason = "a bench prints its result")]

mod corpus;
mod mailbox;

use frontdesk::domain::clock::SystemClock;
use frontdesk::engine::import::{MailOptions, Mails, import_mails};
use frontdesk::store::Store;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

type Any = Box<dyn std::error::Error>;

fn main() -> Result<(), Any> {
    let n = corpus::size();
    let root = mailbox::maildir(n)?;
    println!("{n} mails, the middle one has {} bytes", mailbox::warm(&root)?);
    let theirs = if std::env::args().any(|a| a == "--ours-only") { None } else { notmuch(&root, n)? };
    let ours = ours(&root, n)?;
    match theirs {
        Some(theirs) => {
            println!("import of a Maildir, {n} mails: {:.2} of notmuch (must reach 1.0)", ours / theirs)
        }
        None => println!("no baseline: notmuch is not installed (apt install notmuch)"),
    }
    Ok(())
}

fn ours(root: &Path, n: usize) -> Result<f64, Any> {
    let home = corpus::dir()?.join(format!("workspace-mails-{n}"));
    fs::remove_dir_all(&home).ok();
    let began = Instant::now();
    let store = Store::open(&home, Arc::new(SystemClock))?;
    let report = import_mails(&store, Mails::Path(root), &MailOptions::default(), &mut |_| {})?;
    // Closing copies the log back into the file: it belongs to the work.
    drop(store);
    let taken = began.elapsed().as_secs_f64();
    assert_eq!((report.messages, report.bad), (n as u64, 0), "{:?}", report.bad_places);
    let bytes = fs::metadata(home.join("frontdesk.db"))?.len();
    println!(
        "frontdesk: {n} mails in {} conversations, {taken:.1} s, {:.0}/s, {} bytes a mail, {} MB of memory at most",
        report.conversations,
        n as f64 / taken,
        bytes / n as u64,
        most_memory()
    );
    Ok(n as f64 / taken)
}

/// The same tree by notmuch, into a database beside it; none where there is no notmuch.
fn notmuch(root: &Path, n: usize) -> Result<Option<f64>, Any> {
    let home = corpus::dir()?.join(format!("notmuch-{n}"));
    fs::remove_dir_all(&home).ok();
    fs::create_dir_all(&home)?;
    let config = home.join("config");
    let (database, mails) = (home.join("db"), fs::canonicalize(root)?);
    fs::create_dir_all(&database)?;
    fs::write(
        &config,
        format!(
            "[database]\npath={}\nmail_root={}\n[user]\nname=Example\nprimary_email={}\n[new]\ntags=inbox\nignore=\n",
            fs::canonicalize(database)?.display(),
            mails.display(),
            mailbox::DESK
        ),
    )?;
    let run = |args: &[&str]| {
        Command::new("notmuch").args(args).env("NOTMUCH_CONFIG", &config).stdin(Stdio::null()).output()
    };
    let began = Instant::now();
    let done = match run(&["new", "--quiet"]) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        done => done?,
    };
    let taken = began.elapsed().as_secs_f64();
    if !done.status.success() {
        return Err(format!("notmuch: {}", String::from_utf8_lossy(&done.stderr)).into());
    }
    let counted = String::from_utf8(run(&["count", "*"])?.stdout)?.trim().parse::<usize>()?;
    assert_eq!(counted, n, "notmuch has all of them");
    println!("notmuch: {n} mails, {taken:.1} s, {:.0}/s", n as f64 / taken);
    Ok(Some(n as f64 / taken))
}

/// The most memory that this process has had, in megabytes, where the system tells.
fn most_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1024
}
