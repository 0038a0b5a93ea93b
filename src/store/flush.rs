//! Puts the write-ahead log on the disk beside the writer, so that the disk's time is nobody's but of who waits for it.
//!
//! A commit with `synchronous=FULL` is one with `NORMAL` and a sync of the log inside it, during which the writer can do nothing else.
//! Here the sync is a step of its own, on a thread of its own: what was committed before it began is as safe as after a `FULL` commit
//! (<https://www.sqlite.org/pragma.html#pragma_synchronous>), and what is handed over while it runs shares the next one. Before the
//! log begins anew, a checkpoint has synced both files, also with `NORMAL`.

use crate::store::error::StoreError;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// What waits for the disk: told when its commit is safe, or why that is in doubt.
pub(super) type Waiting = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// The writer's end. Dropped = the thread ends after what it has.
pub(super) struct Flush {
    queue: Sender<Waiting>,
}

impl Flush {
    /// Starts the thread that syncs the log of a database file.
    pub(super) fn start(file: &Path) -> Result<(Flush, JoinHandle<()>), StoreError> {
        let log = Log::of(file);
        Flush::with(move || log.sync())
    }

    /// The same with any way to sync.
    fn with(
        mut sync: impl FnMut() -> std::io::Result<()> + Send + 'static,
    ) -> Result<(Flush, JoinHandle<()>), StoreError> {
        let (queue, waiting) = channel();
        let handle = std::thread::Builder::new()
            .name("flush".into())
            .spawn(move || run(&waiting, &mut sync))
            .map_err(|e| StoreError::Io(e.to_string()))?;
        Ok((Flush { queue }, handle))
    }

    /// Calls `then` once everything that is committed by now is on the disk.
    pub(super) fn after(&self, then: Waiting) {
        if let Err(unsent) = self.queue.send(then) {
            (unsent.0)(Err(StoreError::Closed));
        }
    }
}

fn run(waiting: &Receiver<Waiting>, sync: &mut dyn FnMut() -> std::io::Result<()>) {
    while let Ok(first) = waiting.recv() {
        // All that is there by now was committed before the sync begins.
        let batch: Vec<Waiting> = std::iter::once(first).chain(waiting.try_iter()).collect();
        let outcome = sync().map_err(in_doubt);
        for then in batch {
            then(outcome.clone());
        }
    }
}

fn in_doubt(e: std::io::Error) -> StoreError {
    match e.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreError::Full,
        _ => StoreError::Io(format!("what was written may not be on the disk: {e}")),
    }
}

/// The write-ahead log of a database. It lives as long as the writer's connection does; should it be another file by then (somebody
/// replaced it), the new one is opened.
pub(super) struct Log {
    path: PathBuf,
    open: std::cell::RefCell<Option<File>>,
}

impl Log {
    /// That of a database file.
    pub(super) fn of(database: &Path) -> Log {
        let mut path = database.as_os_str().to_owned();
        path.push("-wal");
        Log { path: path.into(), open: std::cell::RefCell::new(None) }
    }

    /// Puts everything that is committed by now on the disk, while the caller waits.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        self.sync().map_err(in_doubt)
    }

    fn sync(&self) -> std::io::Result<()> {
        let mut open = self.open.borrow_mut();
        let file = match open.take() {
            Some(file) if same(&file, &self.path)? => file,
            _ => File::open(&self.path)?,
        };
        let synced = file.sync_data();
        *open = Some(file);
        synced
    }
}

#[cfg(unix)]
fn same(file: &File, path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let (held, there) = (file.metadata()?, std::fs::metadata(path)?);
    Ok((held.dev(), held.ino()) == (there.dev(), there.ino()))
}

#[cfg(not(unix))]
fn same(_: &File, _: &Path) -> std::io::Result<bool> {
    // An open file cannot be replaced there.
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// A way to sync that says when it begins, and ends when it is told how.
    fn by_hand() -> (Flush, Receiver<()>, Sender<std::io::Result<()>>, JoinHandle<()>) {
        let (begun, begins) = channel();
        let (end, ends) = channel();
        let (flush, handle) = Flush::with(move || {
            begun.send(()).unwrap();
            ends.recv().unwrap()
        })
        .unwrap();
        (flush, begins, end, handle)
    }

    fn note(flush: &Flush, name: &'static str, told: &Arc<Mutex<Vec<(&'static str, bool)>>>) {
        let told = told.clone();
        flush.after(Box::new(move |out| told.lock().unwrap().push((name, out.is_ok()))));
    }

    #[test]
    fn nobody_is_told_before_a_sync_that_began_after_the_commit_has_ended() {
        let (flush, begins, end, handle) = by_hand();
        let told = Arc::new(Mutex::new(Vec::new()));
        note(&flush, "first", &told);
        begins.recv().unwrap();
        // These come while the first sync runs: it does not count for them.
        note(&flush, "second", &told);
        note(&flush, "third", &told);
        assert!(told.lock().unwrap().is_empty());
        end.send(Ok(())).unwrap();
        begins.recv().unwrap();
        assert_eq!(*told.lock().unwrap(), [("first", true)]);
        end.send(Err(std::io::ErrorKind::Other.into())).unwrap();
        drop(flush);
        handle.join().unwrap();
        assert_eq!(*told.lock().unwrap(), [("first", true), ("second", false), ("third", false)]);
    }

    #[test]
    fn what_waits_is_told_before_the_thread_ends() {
        let (flush, begins, end, handle) = by_hand();
        let told = Arc::new(Mutex::new(Vec::new()));
        note(&flush, "last", &told);
        drop(flush);
        begins.recv().unwrap();
        end.send(Ok(())).unwrap();
        handle.join().unwrap();
        assert_eq!(*told.lock().unwrap(), [("last", true)]);
    }

    #[test]
    fn a_log_that_was_replaced_is_opened_anew_and_one_that_is_missing_is_no_success() {
        let dir = tempfile::tempdir().unwrap();
        let log = Log::of(&dir.path().join("frontdesk.db"));
        assert!(log.sync().is_err());
        let path = dir.path().join("frontdesk.db-wal");
        std::fs::write(&path, "one").unwrap();
        log.sync().unwrap();
        std::fs::write(dir.path().join("other"), "two").unwrap();
        std::fs::rename(dir.path().join("other"), &path).unwrap();
        log.sync().unwrap();
        assert!(same(log.open.borrow().as_ref().unwrap(), &path).unwrap());
    }
}
