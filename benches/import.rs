//! Import: our JSON Lines through the engine, against the same rows put into plain SQLite with the same index.
#![allow(clippy::print_stdout, reason = "a bench prints its result")]

mod corpus;
mod plain;

use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let n = corpus::size();
    let file = corpus::file(n)?;
    let dir = corpus::dir()?;
    let path = dir.join(format!("plain-{n}.db"));
    for end in ["", "-wal", "-shm"] {
        std::fs::remove_file(format!("{}{end}", path.display())).ok();
    }
    let began = Instant::now();
    let mut db = plain::open(&path)?;
    let filled = plain::fill(&mut db, include_str!("../src/store/migrations/0001.sql"), &file, 5000)?;
    let plain = began.elapsed();
    println!(
        "plain SQLite: {} messages, {:.0}/s, {} bytes/message",
        filled.messages,
        n as f64 / plain.as_secs_f64(),
        std::fs::metadata(&path)?.len() / n as u64
    );
    Ok(())
}
