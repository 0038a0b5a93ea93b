//! The one writer of a process: a thread that commits jobs in groups, urgent ones first.
//!
//! All waiting receipts share a transaction, which `flush` puts on the disk while the writer goes on with what else there is; what agents did shares a
//! `synchronous=FULL` one; what is applied from receipts goes into short `NORMAL` ones in between. Each job has its own savepoint, so
//! that one that fails does not hurt its neighbours; but for receipts, which fail only where the disk does, and then together.

use crate::domain::clock::Clock;
use crate::store::error::StoreError;
use crate::store::flush::{Flush, Log};
use crate::store::open;
use crate::store::tx::{Pending, Tx};
use crate::store::upkeep::Upkeep;
use rusqlite::Connection;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How urgent a job is, and how safe its commit has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// A webhook that waits for its 200: on the disk before it is answered, before everything else.
    Receipt,
    /// What an agent did: on the disk when `done` is called.
    Durable,
    /// What can be had again from a receipt or a provider: survives a crash of the program, may be lost with the power.
    Apply,
}

/// After this long an `Apply` transaction takes no further job.
const APPLY_HOLD: Duration = Duration::from_millis(3);
/// The same for what somebody waits for: long enough for hundreds of receipts, short enough for a person.
const URGENT_HOLD: Duration = Duration::from_millis(8);
/// Nobody has asked for anything for this long: time for upkeep. Shorter pauses lie between two requests of one client.
const QUIET: Duration = Duration::from_millis(10);
/// What one message costs when it goes into the search index at the end of its transaction.
const INDEX_COST: Duration = Duration::from_micros(35);

/// A job between its submission and its answer.
trait Job: Send {
    /// Runs it. `false` = its writes are to be undone.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Makes it a failure, whatever it was.
    fn fail(&mut self, why: StoreError);
    /// Why it failed, if it did.
    fn error(&self) -> Option<StoreError>;
    /// Answers it, once its fate is on the disk.
    fn finish(self: Box<Self>);
}

struct Typed<T, J, D> {
    job: Option<J>,
    out: Result<T, StoreError>,
    done: D,
}

impl<T, J, D> Job for Typed<T, J, D>
where
    T: Send,
    J: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send,
    D: FnOnce(Result<T, StoreError>) + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let Some(job) = self.job.take() else { return false };
        // A defect in one job must not take the writer, and with it every other job, down.
        self.out = match catch_unwind(AssertUnwindSafe(|| {
            let out = job(tx)?;
            tx.settle()?;
            Ok(out)
        })) {
            Ok(out) => out,
            Err(_) => {
                Err(StoreError::Defect("a job of the writer panicked; nothing of it was written".into()))
            }
        };
        self.out.is_ok()
    }

    fn fail(&mut self, why: StoreError) {
        self.out = Err(why);
    }

    fn error(&self) -> Option<StoreError> {
        self.out.as_ref().err().cloned()
    }

    fn finish(self: Box<Self>) {
        let Typed { out, done, .. } = *self;
        // A defect of a listener is not the writer's end either.
        let _ = catch_unwind(AssertUnwindSafe(|| done(out)));
    }
}

#[derive(Default)]
struct Queues {
    receipts: VecDeque<Box<dyn Job>>,
    durable: VecDeque<Box<dyn Job>>,
    apply: VecDeque<Box<dyn Job>>,
    closed: bool,
}

impl Queues {
    fn urgent(&self) -> bool {
        !self.receipts.is_empty() || !self.durable.is_empty()
    }

    fn is_empty(&self) -> bool {
        !self.urgent() && self.apply.is_empty()
    }

    /// The classes that something waits in, the most urgent first.
    fn waiting(&self) -> Vec<Class> {
        let all =
            [(Class::Receipt, &self.receipts), (Class::Durable, &self.durable), (Class::Apply, &self.apply)];
        all.into_iter().filter(|(_, queue)| !queue.is_empty()).map(|(class, _)| class).collect()
    }

    /// The first of a class.
    fn first(&mut self, class: Class) -> Option<Box<dyn Job>> {
        match class {
            Class::Receipt => self.receipts.pop_front(),
            Class::Durable => self.durable.pop_front(),
            Class::Apply => self.apply.pop_front(),
        }
    }

    /// The next for a transaction that is under way, unless somebody more urgent waits.
    fn next(&mut self, class: Class) -> Option<Box<dyn Job>> {
        let yields = match class {
            Class::Receipt => false,
            Class::Durable => !self.receipts.is_empty(),
            Class::Apply => self.urgent(),
        };
        if yields { None } else { self.first(class) }
    }
}

#[derive(Default)]
struct Shared {
    queues: Mutex<Queues>,
    work: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queues> {
        // The queues are whole at every moment: a panic elsewhere cannot have torn them.
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The way to the writer thread. Cheap to clone.
#[derive(Clone)]
pub struct Writer {
    shared: Arc<Shared>,
}

impl Writer {
    /// Hands a job over and returns at once. `done` runs on the writer's thread (that of a receipt mostly on the one that syncs) after
    /// the commit, so it has to be short.
    pub fn submit<T: Send + 'static>(
        &self,
        class: Class,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
        done: impl FnOnce(Result<T, StoreError>) + Send + 'static,
    ) {
        let mut job = Box::new(Typed { job: Some(job), out: Err(StoreError::Closed), done });
        let mut queues = self.shared.lock();
        if queues.closed {
            drop(queues);
            job.job = None;
            job.finish();
            return;
        }
        match class {
            Class::Receipt => queues.receipts.push_back(job),
            Class::Durable => queues.durable.push_back(job),
            Class::Apply => queues.apply.push_back(job),
        }
        drop(queues);
        self.shared.work.notify_one();
    }

    /// Runs a job and waits for its commit. Never to be called from a `done` callback, which runs on the writer itself.
    ///
    /// # Errors
    /// The job's own error, or that of the commit.
    pub fn call<T: Send + 'static>(
        &self,
        class: Class,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (tx, rx) = std::sync::mpsc::sync_channel(1);
        self.submit(class, job, move |out| {
            let _ = tx.send(out);
        });
        rx.recv().unwrap_or(Err(StoreError::Closed))
    }
}

/// Owns the thread: closes the queues and waits for it when the last store handle goes.
pub(super) struct Thread {
    writer: Writer,
    /// The writer, and then the thread that syncs for it, which ends with it.
    handles: Vec<JoinHandle<()>>,
}

impl Thread {
    /// Starts the writer over an open connection.
    pub(super) fn start(
        mut conn: Connection,
        dir: &Path,
        clock: Arc<dyn Clock>,
    ) -> Result<Thread, StoreError> {
        let shared = Arc::new(Shared::default());
        let writer = Writer { shared: shared.clone() };
        let (flush, flushing) = Flush::start(&open::file(dir))?;
        let upkeep = Upkeep::new(dir);
        upkeep.follow(&mut conn).map_err(StoreError::from)?;
        let mut work = Work {
            conn,
            flush,
            clock,
            shared,
            pending: Pending::default(),
            upkeep,
            log: Log::of(&open::file(dir)),
            full: true,
            file: open::file(dir),
        };
        let writing = std::thread::Builder::new()
            .name("store".into())
            .spawn(move || work.run())
            .map_err(|e| StoreError::Io(e.to_string()))?;
        Ok(Thread { writer, handles: vec![writing, flushing] })
    }

    /// The way to it.
    pub(super) fn writer(&self) -> &Writer {
        &self.writer
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.writer.shared.lock().closed = true;
        self.writer.shared.work.notify_all();
        for handle in self.handles.drain(..) {
            // The last handle may go inside a `done` callback, on one of these threads.
            if handle.thread().id() != std::thread::current().id() {
                let _ = handle.join();
            }
        }
    }
}

/// What the thread works with.
struct Work {
    conn: Connection,
    clock: Arc<dyn Clock>,
    shared: Arc<Shared>,
    pending: Pending,
    upkeep: Upkeep,
    flush: Flush,
    /// The same log as that of `flush`, for whom nobody else waits.
    log: Log,
    /// What `PRAGMA synchronous` stands at.
    full: bool,
    file: PathBuf,
}

impl Work {
    fn run(&mut self) {
        let mut last = Instant::now();
        loop {
            let waiting = {
                let mut queues = self.shared.lock();
                while queues.is_empty() {
                    if queues.closed {
                        drop(queues);
                        self.upkeep.close(&self.conn);
                        return;
                    }
                    if !self.upkeep.wants_idle() {
                        queues = self.shared.work.wait(queues).unwrap_or_else(PoisonError::into_inner);
                        continue;
                    }
                    let quiet = QUIET.saturating_sub(last.elapsed());
                    if quiet.is_zero() {
                        break;
                    }
                    (queues, _) =
                        self.shared.work.wait_timeout(queues, quiet).unwrap_or_else(PoisonError::into_inner);
                }
                queues.waiting()
            };
            let began = Instant::now();
            for class in &waiting {
                self.group(*class);
            }
            let worked = began.elapsed();
            if waiting.is_empty() {
                self.synchronous(false);
                self.upkeep.idle(&self.conn);
                continue;
            }
            last = Instant::now();
            if self.upkeep.wants_busy() {
                self.synchronous(false);
                let shared = self.shared.clone();
                self.upkeep.busy(&self.conn, worked, &|| shared.lock().urgent());
            }
        }
    }

    fn synchronous(&mut self, full: bool) {
        if self.full != full {
            let sql = if full { "PRAGMA synchronous = FULL" } else { "PRAGMA synchronous = NORMAL" };
            // Cannot fail outside of a transaction; if it did, the stricter setting would stay in doubt: ask for it again.
            self.full = match self.conn.execute_batch(sql) {
                Ok(()) => full,
                Err(_) => !full,
            };
        }
    }

    fn run_cached(&self, sql: &str) -> rusqlite::Result<()> {
        self.conn.prepare_cached(sql)?.execute([]).map(|_| ())
    }

    fn next(&self, class: Class) -> Option<Box<dyn Job>> {
        self.shared.lock().next(class)
    }

    /// One transaction of many jobs of a class.
    fn group(&mut self, class: Class) {
        self.synchronous(class == Class::Durable);
        let first = self.shared.lock().first(class);
        let Some(first) = first else { return };
        if let Err(e) = self.run_cached("BEGIN IMMEDIATE") {
            let why = StoreError::from(e).about(&self.file);
            // All that waits would wait for the same lock, or the same disk: answer those that are here.
            let mut next = Some(first);
            while let Some(mut job) = next {
                job.fail(why.clone());
                job.finish();
                next = self.next(class);
            }
            return;
        }
        let began = Instant::now();
        let hold = if class == Class::Apply { APPLY_HOLD } else { URGENT_HOLD };
        let mut jobs = Vec::new();
        let mut next = Some(first);
        let mut broken: Option<StoreError> = None;
        while let Some(mut job) = next {
            // A savepoint makes SQLite copy each page that is written to after it.
            let alone = class == Class::Receipt || jobs.is_empty();
            let good = self.one(job.as_mut(), alone);
            let why = job.error();
            jobs.push((job, good));
            if self.conn.is_autocommit() {
                // Everything was rolled back: by SQLite itself (disk full, I/O error), or because the job was not to stand.
                broken = why.or_else(|| Some(StoreError::Io("the transaction was rolled back".into())));
                break;
            }
            let index = INDEX_COST * u32::try_from(self.pending.bodies()).unwrap_or(u32::MAX);
            next = if began.elapsed() + index < hold { self.next(class) } else { None };
        }
        let lone = class == Class::Receipt && jobs.len() == 1 && self.shared.lock().is_empty();
        let outcome = match broken {
            Some(why) => Err(why),
            None => self.commit(),
        };
        self.pending.clear();
        let answer = move |outcome: Result<(), StoreError>| {
            for (mut job, good) in jobs {
                if let (true, Err(why)) = (good, &outcome) {
                    job.fail(why.clone());
                }
                job.finish();
            }
        };
        match outcome {
            // Nobody else wants the writer: who waits for the disk is answered sooner by it than by another thread.
            Ok(()) if lone => answer(self.log.flush()),
            Ok(()) if class == Class::Receipt => self.flush.after(Box::new(answer)),
            _ => answer(outcome),
        }
    }

    /// One job, in its savepoint. Answers whether it stands. With one that is `alone` the whole transaction stands or falls.
    fn one(&mut self, job: &mut dyn Job, alone: bool) -> bool {
        let (begin, keep, undo) = match alone {
            true => (None, None, "ROLLBACK"),
            false => (Some("SAVEPOINT job"), Some("RELEASE job"), "ROLLBACK TO job; RELEASE job"),
        };
        if let Some(Err(e)) = begin.map(|sql| self.run_cached(sql)) {
            job.fail(StoreError::from(e).about(&self.file));
            return false;
        }
        let mut tx = Tx::new(&self.conn, self.clock.now(), &mut self.pending);
        let good = job.run(&mut tx);
        if good {
            tx.keep();
        }
        drop(tx);
        if let Some(why) = job.error() {
            job.fail(why.about(&self.file));
        }
        if self.conn.is_autocommit() {
            return good;
        }
        let end = match (good, keep) {
            (false, _) => self.conn.execute_batch(undo),
            (true, Some(sql)) => self.run_cached(sql),
            (true, None) => Ok(()),
        };
        match end {
            Ok(()) => good,
            Err(e) => {
                job.fail(StoreError::from(e).about(&self.file));
                false
            }
        }
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        let written = self.pending.write(&self.conn);
        let result = written.and_then(|pages| {
            self.run_cached("COMMIT")?;
            Ok(pages)
        });
        match result {
            Ok(pages) => {
                self.upkeep.indexed(pages);
                Ok(())
            }
            Err(e) => {
                if !self.conn.is_autocommit() {
                    // Nothing can be done about a failing rollback: the next BEGIN tells.
                    let _ = self.conn.execute_batch("ROLLBACK");
                }
                Err(e.about(&self.file))
            }
        }
    }
}
