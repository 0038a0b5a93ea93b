//! Work that must never lie on the path of a commit: merging the search index in small steps, and checkpoints.

use crate::store::open;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};
use tracing::{debug, warn};

/// Pages merged in one step. A page is about 4 kB; a step stays near a millisecond.
const STEP: i64 = 16;
/// Levels through which a written index page is moved up under load, which keeps new segments few. The levels above, and what is
/// left of these, are merged when nobody asks for anything.
const LEVELS: i64 = 2;
/// Merging owed, in pages, before it is done between two transactions under load.
const DEBT: i64 = 64;
/// Merging owed, in pages, at which a step takes several milliseconds, whatever its size: it opens every piece. Such steps are
/// left to a quiet moment, but for one now and then.
const LATE: i64 = 320;
/// How often that is, under load. Who waits for the disk meanwhile waits for the step: they are to stay well below one in a hundred.
const LATE_PACE: Duration = Duration::from_millis(500);
/// Merging owed, in pages, at which every pause between transactions goes into it.
const DEEP_DEBT: i64 = 4096;
/// Pages merged in one step then: each step is a transaction, and larger ones cost less a page.
const DEEP_STEP: i64 = 128;
/// The part of the time of transactions (one in so many) that then goes into it.
const DEEP_SHARE: u32 = 2;
/// Pieces of one level that are worth merging in a quiet moment.
const FEW: i64 = 4;
/// The same under load (the most that FTS5 allows): such are small pieces. A step in large ones, whose words have entries of
/// many pages each, takes far longer than its number of pages says.
const MANY: i64 = 16;
/// One step in so many goes into the index of names first: under steady load that of messages is never done.
const NAMES_TURN: u32 = 8;
/// Size of the write-ahead log, in bytes, that is worth a checkpoint.
const WAL: u64 = 64 * 1024 * 1024;
/// Size of the log, in bytes, that is not left to a quiet moment.
const WAL_MOST: u64 = 4 * WAL;
/// How often the size is looked at, in commits.
const LOOK: u32 = 64;

/// What is owed to the file.
pub(super) struct Upkeep {
    dir: PathBuf,
    wal: PathBuf,
    debt: i64,
    /// Whether another merge step may find something to do.
    unmerged: bool,
    steps: u32,
    /// When a step was last done late.
    late: Option<Instant>,
    /// How many pieces of a level FTS5 merges at least.
    least: i64,
    commits: u32,
    wal_large: bool,
    /// Frames may wait in the log that idle time could copy back.
    unchecked: bool,
    side: Option<Side>,
}

/// The thread that checkpoints.
struct Side {
    go: SyncSender<()>,
    back: Receiver<()>,
    running: bool,
}

impl Upkeep {
    /// Nothing is owed yet.
    pub(super) fn new(dir: &Path) -> Upkeep {
        let mut wal = open::file(dir).into_os_string();
        wal.push("-wal");
        Upkeep {
            dir: dir.to_owned(),
            wal: wal.into(),
            debt: 0,
            unmerged: false,
            steps: 0,
            late: None,
            least: 0,
            commits: 0,
            wal_large: false,
            unchecked: false,
            side: None,
        }
    }

    /// So many pages were written into the search index.
    pub(super) fn indexed(&mut self, pages: i64) {
        if pages > 0 {
            self.debt += pages * LEVELS;
            self.unmerged = true;
        }
    }

    /// A transaction was committed.
    pub(super) fn after_commit(&mut self) {
        self.unchecked = true;
        self.commits += 1;
        if self.commits >= LOOK {
            self.commits = 0;
            self.wal_large = std::fs::metadata(&self.wal).is_ok_and(|m| m.len() > WAL);
        }
    }

    /// Whether something is worth doing although jobs may come.
    pub(super) fn wants_busy(&self) -> bool {
        self.debt >= DEBT || self.wal_large
    }

    /// Whether something is left to do while nobody asks for anything.
    pub(super) fn wants_idle(&self) -> bool {
        self.unmerged || (self.unchecked && self.wal_large)
    }

    /// A step between two transactions. Deep in debt it takes longer, by what the last ones took (an import's hold the writer
    /// far longer than others), unless something `urgent` comes.
    pub(super) fn busy(&mut self, conn: &Connection, worked: Duration, urgent: &dyn Fn() -> bool) {
        if self.debt >= DEEP_DEBT {
            let until = Instant::now() + (worked / DEEP_SHARE).max(Duration::from_micros(1_500));
            while self.debt >= DEEP_DEBT {
                self.merge(conn, DEEP_STEP, FEW);
                if Instant::now() >= until || urgent() {
                    break;
                }
            }
        } else if self.debt >= DEBT && !urgent() {
            if self.debt < LATE {
                self.merge(conn, STEP, MANY);
            } else if self.late.is_none_or(|last| last.elapsed() >= LATE_PACE) {
                self.merge(conn, DEEP_STEP, MANY);
                self.late = Some(Instant::now());
            }
        }
        if self.wal_large {
            self.checkpoint(conn);
        }
    }

    /// One step while nothing else is asked for.
    pub(super) fn idle(&mut self, conn: &Connection) {
        if self.unmerged {
            self.merge(conn, STEP, FEW);
            if !self.unmerged {
                self.wal_large = std::fs::metadata(&self.wal).is_ok_and(|m| m.len() > WAL / 16);
            }
        } else if self.wal_large {
            self.unchecked = false;
            passive(conn);
            self.wal_large = false;
        }
    }

    /// The last writer leaves: the log is copied back, so that the next start finds little.
    pub(super) fn close(&mut self, conn: &Connection) {
        self.side = None;
        if self.unchecked {
            passive(conn);
        }
    }

    /// One step in the index of messages; now and then, and where that has nothing left to do, in the much smaller one of names.
    fn merge(&mut self, conn: &Connection, pages: i64, least: i64) {
        self.debt = (self.debt - pages).max(0);
        self.steps = self.steps.wrapping_add(1);
        let mut tables = ["message_fts", "name_fts"];
        if self.steps.is_multiple_of(NAMES_TURN) {
            tables.reverse();
        }
        match self.step(conn, tables, pages, least) {
            Ok(true) => return,
            // What is too little for a busy moment is enough for a quiet one.
            Ok(false) => self.unmerged = least > FEW,
            Err(e) => {
                warn!("merging the search index: {e}");
                self.unmerged = false;
            }
        }
        self.debt = 0;
    }

    /// A step in the first of these that has pieces enough. Answers whether one had.
    fn step(
        &mut self,
        conn: &Connection,
        tables: [&str; 2],
        pages: i64,
        least: i64,
    ) -> rusqlite::Result<bool> {
        let tell = |table: &str, what: &str, value: i64| {
            conn.prepare_cached(&format!("INSERT INTO {table}({table}, rank) VALUES ('{what}', ?1)"))?
                .execute([value])
        };
        if self.least != least {
            for table in tables {
                tell(table, "usermerge", least)?;
            }
            self.least = least;
        }
        for table in tables {
            let before = conn.total_changes();
            tell(table, "merge", pages)?;
            // FTS5 documents that a step which found work changes more than one row.
            if conn.total_changes() - before >= 2 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The log is copied back on another thread. What came in meanwhile waits for a quiet moment, after which the log begins anew;
    /// only a log that has grown beyond measure is ended here.
    fn checkpoint(&mut self, conn: &Connection) {
        if self.side.is_none() {
            self.side = Side::start(&self.dir);
        }
        let Some(side) = &mut self.side else {
            passive(conn);
            self.wal_large = false;
            return;
        };
        if side.running {
            if side.back.try_recv().is_ok() {
                side.running = false;
                // Costs the writer some milliseconds, most of them for the disk: when nobody asks for anything, unless the log
                // has grown beyond measure.
                if std::fs::metadata(&self.wal).is_ok_and(|m| m.len() > WAL_MOST) {
                    passive(conn);
                }
                self.wal_large = false;
            }
        } else {
            match side.go.try_send(()) {
                Ok(()) => side.running = true,
                Err(TrySendError::Full(())) => {}
                Err(TrySendError::Disconnected(())) => self.side = None,
            }
        }
    }
}

impl Side {
    fn start(dir: &Path) -> Option<Side> {
        let conn = open::checkpointer(dir).ok()?;
        let (go, asked) = sync_channel::<()>(1);
        let (tell, back) = sync_channel::<()>(1);
        std::thread::Builder::new()
            .name("checkpoint".into())
            .spawn(move || {
                while asked.recv().is_ok() {
                    passive(&conn);
                    if tell.send(()).is_err() {
                        return;
                    }
                }
            })
            .ok()?;
        Some(Side { go, back, running: false })
    }
}

fn passive(conn: &Connection) {
    let began = Instant::now();
    let done = conn
        .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |r| Ok((r.get::<_, i64>(1)?, r.get::<_, i64>(2)?)));
    match done {
        Ok((frames, copied)) => {
            debug!("checkpoint: {copied} of {frames} pages in {} \u{b5}s", began.elapsed().as_micros());
        }
        Err(e) => warn!("checkpoint: {e}"),
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::clock::ManualClock;
    use crate::store::{Class, Store};
    use std::path::Path;
    use std::sync::Arc;

    fn open(dir: &Path) -> Store {
        Store::open(dir, Arc::new(ManualClock::new(1_700_000_000_000))).unwrap()
    }

    /// Pieces of the index of messages, and of that of names, of which more are.
    fn segments(dir: &Path) -> i64 {
        let db = rusqlite::Connection::open(dir.join("frontdesk.db")).unwrap();
        let sql = "SELECT max((SELECT count(DISTINCT segid) FROM message_fts_idx), (SELECT count(DISTINCT segid) FROM name_fts_idx))";
        db.query_row(sql, [], |r| r.get(0)).unwrap()
    }

    #[test]
    fn an_index_left_in_pieces_is_merged_by_whoever_tidies_it() {
        let dir = tempfile::tempdir().unwrap();
        // Gone before it has a quiet moment; on a slow machine it may have had one, and it is done again.
        let left = (0..50).map(|round| {
            let store = open(dir.path());
            for n in 0..40 {
                let job = move |t: &mut crate::store::Tx<'_>| {
                    t.exec("INSERT OR IGNORE INTO account (id, name, provider, channels, since) VALUES (1, 'a', 'import', '[]', 0)", [])?;
                    let id = round * 40 + n + 1;
                    t.index_message(id, Some("where is my parcel"), false);
                    t.exec("INSERT INTO contact (id, name, created_at) VALUES (?1, 'Anna de Vries', 0)", [id])?;
                    t.exec(
                        "INSERT INTO conversation (id, account_id, external_id, contact_id, channel, ours, theirs, created_at)
                         VALUES (?1, 1, ?1, ?1, 0, '', 'anna@x.example', 0)",
                        [id],
                    )?;
                    t.index_names(id, false);
                    Ok(())
                };
                store.writer().call(Class::Apply, job).unwrap();
            }
            drop(store);
            segments(dir.path())
        });
        assert!(left.into_iter().any(|pieces| pieces > 8), "it never was in pieces");
        let store = open(dir.path());
        store
            .writer()
            .call(Class::Apply, |t| {
                t.index_tidy();
                Ok(())
            })
            .unwrap();
        let found = (0..1_000_000).any(|_| {
            std::thread::yield_now();
            segments(dir.path()) < 8
        });
        assert!(found, "{} pieces", segments(dir.path()));
    }
}
