//! Import: our JSON Lines through the engine, against the same rows put into plain SQLite with the same tables and index.
#![allow(clippy::print_stdout, reason = "a bench prints its result")]

mod corpus;
mod plain;

use frontdesk::domain::clock::SystemClock;
use frontdesk::engine::import::{ImportOptions, import_jsonl};
use frontdesk::store::Store;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let n = corpus::size();
    let file = corpus::file(n)?;
    let dir = corpus::dir()?;
    let ours = if std::env::args().any(|a| a == "--plain-only") { None } else { Some(ours(&file, &dir, n)?) };
    if std::env::args().any(|a| a == "--ours-only") {
        return Ok(());
    }
    let plain = baseline(&file, &dir, n)?;
    if let Some(ours) = ours {
        println!("import, {n} messages: {:.2} of plain SQLite (must reach 0.7, aim 0.9)", ours / plain);
    }
    Ok(())
}

fn ours(file: &Path, dir: &Path, n: usize) -> Result<f64, Box<dyn std::error::Error>> {
    let home = dir.join(format!("workspace-{n}"));
    std::fs::remove_dir_all(&home).ok();
    let began = Instant::now();
    let store = Store::open(&home, Arc::new(SystemClock))?;
    let reader = BufReader::with_capacity(1 << 20, File::open(file)?);
    let report = import_jsonl(&store, reader, &ImportOptions::default(), &mut |_| {})?;
    // Closing copies the log back into the file: it belongs to the work.
    drop(store);
    let taken = began.elapsed().as_secs_f64();
    let bytes = std::fs::metadata(home.join("frontdesk.db"))?.len();
    println!(
        "frontdesk: {} messages in {} conversations, {:.0}/s, {} bytes a message, {} bad lines",
        report.messages,
        report.conversations,
        n as f64 / taken,
        bytes / n as u64,
        report.bad
    );
    println!("  segments and pages of the index: {:?}", segments(&home.join("frontdesk.db"))?);
    Ok(n as f64 / taken)
}

fn baseline(file: &Path, dir: &Path, n: usize) -> Result<f64, Box<dyn std::error::Error>> {
    let path = dir.join(format!("plain-{n}.db"));
    for end in ["", "-wal", "-shm"] {
        std::fs::remove_file(format!("{}{end}", path.display())).ok();
    }
    let began = Instant::now();
    let mut db = plain::open(&path)?;
    let filled = plain::fill(&mut db, include_str!("../src/store/migrations/0001.sql"), file, 5000)?;
    drop(db);
    let rate = n as f64 / began.elapsed().as_secs_f64();
    let bytes = std::fs::metadata(&path)?.len();
    println!("plain SQLite: {} messages, {rate:.0}/s, {} bytes a message", filled.messages, bytes / n as u64);
    println!("  segments and pages of the index: {:?}", segments(&path)?);
    Ok(rate)
}

/// How the index lies in the file: segments, and pages of them.
fn segments(path: &Path) -> Result<(i64, i64), Box<dyn std::error::Error>> {
    let db = plain::open(path)?;
    Ok(db.query_row("SELECT count(DISTINCT segid), count(*) FROM message_fts_idx", [], |r| {
        Ok((r.get(0)?, r.get(1)?))
    })?)
}
