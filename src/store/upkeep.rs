//! Work that must never lie on the path of a commit: merging the search index in small steps, and checkpoints.

use crate::store::open;
use rusqlite::Connection;
use rusqlite::hooks::Wal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
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
/// Pages in the write-ahead log that are worth a checkpoint: 64 MB. Each makes the disk busy, and with it who waits for a sync.
const WAL: i64 = 16 * 1024;
/// The same where nobody asks for anything.
const WAL_QUIET: i64 = WAL / 16;
/// Pages in the log at which it is not left to a quiet moment to begin it anew.
const WAL_MOST: i64 = 4 * WAL;

/// What is owed to the file.
pub(super) struct Upkeep {
    dir: PathBuf,
    log: Arc<Log>,
    debt: i64,
    /// Whether another merge step may find something to do.
    unmerged: bool,
    steps: u32,
    /// When a step was last done late.
    late: Option<Instant>,
    /// How many pieces of a level FTS5 merges at least.
    least: i64,
    /// Pages in the log when it was last copied in a quiet moment: whoever still reads from it may keep it from being copied whole.
    tried: i64,
    side: Option<Side>,
}

/// How much is in the write-ahead log, in pages.
#[derive(Debug, Default)]
struct Log {
    pages: AtomicI64,
    /// So many of them, from its beginning on, are copied back.
    copied: AtomicI64,
}

impl Log {
    /// A commit has left so many pages in it. Fewer than before: it has begun anew.
    fn committed(&self, pages: i64) {
        if self.pages.swap(pages, Ordering::Relaxed) > pages {
            self.copied.store(0, Ordering::Relaxed);
        }
    }

    fn pages(&self) -> i64 {
        self.pages.load(Ordering::Relaxed)
    }

    /// Pages that are to be copied.
    fn waiting(&self) -> i64 {
        self.pages() - self.copied.load(Ordering::Relaxed)
    }

    /// Copies what can be copied without waiting for anybody.
    fn checkpoint(&self, conn: &Connection) {
        let began = Instant::now();
        let done = conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |r| {
            Ok((r.get::<_, i64>(1)?, r.get::<_, i64>(2)?))
        });
        match done {
            Ok((pages, copied)) => {
                // Should the log begin anew meanwhile, this is forgotten at a commit, or too much: the next checkpoint tells.
                self.copied.store(copied.max(0), Ordering::Relaxed);
                debug!("checkpoint: {copied} of {pages} pages in {} \u{b5}s", began.elapsed().as_micros());
            }
            Err(e) => warn!("checkpoint: {e}"),
        }
    }
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
        Upkeep {
            dir: dir.to_owned(),
            log: Arc::default(),
            debt: 0,
            unmerged: false,
            steps: 0,
            late: None,
            least: 0,
            tried: 0,
            side: None,
        }
    }

    /// Is told of every commit of the writer's connection.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) fn follow(&self, conn: &mut Connection) -> rusqlite::Result<()> {
        let log = self.log.clone();
        conn.wal_hook(Some(move |_: &mut Wal, pages: i32| {
            log.committed(pages.into());
            Ok(())
        }))
    }

    /// So many pages were written into the search index.
    pub(super) fn indexed(&mut self, pages: i64) {
        if pages > 0 {
            self.debt += pages * LEVELS;
            self.unmerged = true;
        }
    }

    /// Whether something is worth doing although jobs may come.
    pub(super) fn wants_busy(&self) -> bool {
        self.debt >= DEBT || self.is_log_large()
    }

    /// Whether something is left to do while nobody asks for anything.
    pub(super) fn wants_idle(&self) -> bool {
        self.unmerged || (self.log.waiting() > WAL_QUIET && self.log.pages() != self.tried)
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
        if self.is_log_large() {
            self.checkpoint(conn);
        }
    }

    fn is_log_large(&self) -> bool {
        self.log.waiting() > WAL || self.side.as_ref().is_some_and(|side| side.running)
    }

    /// One step while nothing else is asked for.
    pub(super) fn idle(&mut self, conn: &Connection) {
        if self.unmerged {
            self.merge(conn, STEP, FEW);
        } else {
            self.tried = self.log.pages();
            self.log.checkpoint(conn);
        }
    }

    /// The last writer leaves: the log is copied back, so that the next start finds little.
    pub(super) fn close(&mut self, conn: &Connection) {
        self.side = None;
        if self.log.waiting() > 0 {
            self.log.checkpoint(conn);
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
            self.side = Side::start(&self.dir, self.log.clone());
        }
        let Some(side) = &mut self.side else { return self.log.checkpoint(conn) };
        if side.running {
            if side.back.try_recv().is_ok() {
                side.running = false;
                // Costs the writer some milliseconds, most of them for the disk: when nobody asks for anything, unless the log
                // has grown beyond measure.
                if self.log.pages() > WAL_MOST {
                    self.log.checkpoint(conn);
                }
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
    fn start(dir: &Path, log: Arc<Log>) -> Option<Side> {
        let conn = open::checkpointer(dir).ok()?;
        let (go, asked) = sync_channel::<()>(1);
        let (tell, back) = sync_channel::<()>(1);
        std::thread::Builder::new()
            .name("checkpoint".into())
            .spawn(move || {
                // Whoever waits for a message goes first. (Elsewhere this would slow the whole process down.)
                #[cfg(target_os = "linux")]
                let _ = rustix::process::nice(10);
                while asked.recv().is_ok() {
                    log.checkpoint(&conn);
                    if tell.send(()).is_err() {
                        return;
                    }
                }
            })
            .ok()?;
        Some(Side { go, back, running: false })
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
    fn only_what_is_not_copied_yet_counts_and_nothing_of_a_log_that_began_anew() {
        let log = super::Log::default();
        log.committed(20_000);
        assert_eq!(log.waiting(), 20_000);
        log.copied.store(20_000, std::sync::atomic::Ordering::Relaxed);
        assert_eq!((log.pages(), log.waiting()), (20_000, 0));
        log.committed(20_010);
        assert_eq!(log.waiting(), 10);
        log.committed(3);
        assert_eq!((log.pages(), log.waiting()), (3, 3));
    }

    #[test]
    fn commits_are_counted_and_a_quiet_moment_copies_them() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        let pages = |dir: &Path| {
            let db = rusqlite::Connection::open(dir.join("frontdesk.db")).unwrap();
            db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |r| {
                Ok((r.get::<_, i64>(1)?, r.get::<_, i64>(2)?))
            })
            .unwrap()
        };
        // More than a thousand pages in one commit.
        let job = |t: &mut crate::store::Tx<'_>| {
            t.exec("CREATE TABLE wide (x BLOB)", [])?;
            t.exec(
                "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
                 INSERT INTO wide SELECT zeroblob(4000) FROM n",
                [],
            )
        };
        store.writer().call(Class::Apply, job).unwrap();
        let file = dir.path().join("frontdesk.db");
        let copied = (0..1_000_000).any(|_| {
            std::thread::yield_now();
            std::fs::metadata(&file).unwrap().len() > 1_500 * 4_000
        });
        assert!(copied, "the log was not copied: {:?}", pages(dir.path()));
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
