//! Opens connections: where the file is, who may read it, and how SQLite is set.

use crate::store::error::StoreError;
use crate::store::migrate::migrate;
use crate::text::place::trouble;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a connection waits for another process's write lock.
const BUSY: Duration = Duration::from_secs(5);

/// How often it tries meanwhile. SQLite's own pauses grow to a tenth of a second: longer than those in which an import lets others in.
const TRY: Duration = Duration::from_millis(4);

/// Waits for another process's write lock; `false` when it was too long. So often it has waited already.
fn wait(tries: i32) -> bool {
    let waits = TRY.saturating_mul(u32::try_from(tries).unwrap_or(0)) < BUSY;
    if waits {
        std::thread::sleep(TRY);
    }
    waits
}

/// The database file of a workspace directory.
pub(super) fn file(dir: &Path) -> PathBuf {
    dir.join("frontdesk.db")
}

/// The connection of the writer: makes and migrates the file where needed.
pub(super) fn writer(dir: &Path) -> Result<Connection, StoreError> {
    let file = file(dir);
    prepare(dir, &file)?;
    open_writer(&file).map_err(|e| e.about(&file))
}

fn open_writer(file: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(file, flags)?;
    stable_plans(&conn)?;
    conn.busy_handler(Some(wait))?;
    let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |r| r.get(0))?;
    if conn.is_readonly("main")? {
        return Err(StoreError::ReadOnly { path: file.to_owned() });
    }
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(StoreError::Io(format!(
            "this file system does not carry SQLite's WAL (journal is {mode})"
        )));
    }
    // Foreign keys are enforced by the code that writes; checking each row again costs an eighth of the throughput.
    conn.execute_batch(
        "PRAGMA mmap_size = 0; PRAGMA cache_size = -8000; PRAGMA foreign_keys = OFF; PRAGMA wal_autocheckpoint = 0;
         PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864; PRAGMA synchronous = FULL;",
    )?;
    migrate(&mut conn, file)?;
    conn.set_prepared_statement_cache_capacity(160);
    Ok(conn)
}

/// A connection that copies the write-ahead log back into the file, away from the writer.
pub(super) fn checkpointer(dir: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(file(dir), flags)?;
    conn.execute_batch(
        "PRAGMA mmap_size = 0; PRAGMA cache_size = -512; PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = NORMAL;",
    )?;
    Ok(conn)
}

/// A connection that can only ask.
pub(super) fn reader(dir: &Path) -> Result<Connection, StoreError> {
    let file = file(dir);
    let open = || -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(&file, flags)?;
        stable_plans(&conn)?;
        conn.busy_timeout(BUSY)?;
        conn.execute_batch("PRAGMA query_only = ON; PRAGMA mmap_size = 0; PRAGMA cache_size = -4000;")?;
        conn.set_prepared_statement_cache_capacity(64);
        Ok(conn)
    };
    open().map_err(|e| e.about(&file))
}

/// Plans do not depend on bound values. Else SQLite (built with STAT4) prepares statements anew whenever a value changes: a
/// seventh of the writer's time.
fn stable_plans(conn: &Connection) -> rusqlite::Result<()> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Makes the directory and the file, readable by their owner alone.
fn prepare(dir: &Path, file: &Path) -> Result<(), StoreError> {
    let io = |e: std::io::Error, what: &Path| match e.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreError::Full,
        _ => StoreError::Io(trouble(if what == dir { "make the directory" } else { "make" }, what, &e)),
    };
    if !dir.is_dir() {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(dir).map_err(|e| io(e, dir))?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(io(e, file)),
    }
}
