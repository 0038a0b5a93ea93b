//! Performs what the planner says: claims ops, makes their requests, and keeps what came of them.

use crate::domain::account::Health;
use crate::domain::clock::{Clock, Ms};
use crate::domain::delivery::Reason;
use crate::domain::failure::Failure;
use crate::domain::ids::{AccountId, OpId};
use crate::domain::op::{Accepted, Op};
use crate::engine::accounts::{Accounts, Live};
use crate::engine::handout::Handouts;
use crate::engine::health::HealthBoard;
use crate::engine::lanes::{Action, Input, Lanes, Outcome, Policy};
use crate::engine::write::Writes;
use crate::net::backoff::Backoff;
use crate::provider::{Provider, PushContext};
use crate::store::{Class, Reader, Store, StoreError, Taken};
use crate::text::sanitize::mask;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tracing::{debug, error, info, warn};

/// Requests at once on one account.
const AT_ONCE: usize = 64;
const BACKOFF: Backoff = Backoff { base: Duration::from_secs(1), max: Duration::from_secs(300) };
/// The whole list of active ops is read again at most this often.
const RELOAD: Duration = Duration::from_millis(100);
/// The clock is looked at this often while something waits for its time.
const LOOK: Duration = Duration::from_secs(20);

/// Tells under which address of ours a vendor can reach us for an account, if it can.
pub type Callbacks = Arc<dyn Fn(&Live) -> Option<String> + Send + Sync>;

/// What the delivery needs.
#[derive(Clone)]
pub struct Delivery {
    /// Where ops are.
    pub store: Store,
    /// Where results go.
    pub writes: Writes,
    /// Who does them.
    pub accounts: Accounts,
    /// How accounts are.
    pub health: HealthBoard,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The base under which vendors can call us, if they can: see `Engine`.
    pub callbacks: Callbacks,
    /// Where they fetch what goes along.
    pub handouts: Handouts,
    /// Told of every op that has become doubtful.
    pub doubts: mpsc::UnboundedSender<OpId>,
}

impl Delivery {
    /// Runs until `stop` says so, then lets the requests that are out come to their end.
    pub async fn run(
        self,
        mut changed: watch::Receiver<u64>,
        mut accounts_changed: watch::Receiver<u64>,
        mut stop: watch::Receiver<bool>,
    ) {
        let (results, mut ended) = mpsc::unbounded_channel::<(OpId, Outcome)>();
        let mut lanes = Lanes::new(BACKOFF, self.clock.now().unsigned_abs());
        let reader = loop {
            match self.store.reader() {
                // Behind a lock because a connection may move between threads but not be shared by them.
                Ok(reader) => break Mutex::new(reader),
                Err(e) => {
                    error!("the outbox cannot be read: {e}");
                    if crate::engine::intake::pause(&mut stop, Duration::from_secs(2)).await {
                        return;
                    }
                }
            }
        };
        let connections = HashMap::new();
        let mut run =
            Run { d: &self, lanes: &mut lanes, results, reader: &reader, wake: None, newest: 0, connections };
        run.accounts();
        run.reload();
        let mut stale = false;
        let mut reloaded = tokio::time::Instant::now();
        loop {
            // A machine that sleeps does not count the hours: the clock is looked at now and then.
            let wake = run.wake.map(|at| Duration::from_millis(ms_until(at, self.clock.now())).min(LOOK));
            tokio::select! {
                biased;
                _ = stop.changed() => break,
                Some((op, outcome)) = ended.recv() => {
                    run.step(Input::Finished(op, outcome));
                    while let Ok((op, outcome)) = ended.try_recv() {
                        run.step(Input::Finished(op, outcome));
                    }
                }
                _ = accounts_changed.changed() => run.accounts(),
                _ = changed.changed() => {
                    run.load_new();
                    stale = true;
                }
                () = tokio::time::sleep_until(reloaded + RELOAD), if stale => {
                    run.reload();
                    stale = false;
                    reloaded = tokio::time::Instant::now();
                }
                () = tokio::time::sleep(wake.unwrap_or(Duration::from_secs(3600))), if wake.is_some() => {
                    run.step(Input::Tick);
                }
            }
        }
        // What is out must be heard of, or it would be in doubt after the next start.
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        while run.lanes.in_flight() > 0 {
            match tokio::time::timeout_at(deadline, ended.recv()).await {
                Ok(Some((op, outcome))) => run.note_only(op, outcome),
                _ => {
                    self.leave_in_doubt().await;
                    break;
                }
            }
        }
    }
}

struct Run<'a> {
    d: &'a Delivery,
    lanes: &'a mut Lanes,
    results: mpsc::UnboundedSender<(OpId, Outcome)>,
    reader: &'a Mutex<Reader>,
    wake: Option<Ms>,
    newest: i64,
    /// The adapters that accounts were connected with last, counted.
    connections: HashMap<AccountId, (u64, Arc<dyn Provider>)>,
}

impl Run<'_> {
    fn step(&mut self, input: Input) {
        let actions = self.lanes.step(self.d.clock.now(), input);
        self.wake = None;
        for action in actions {
            match action {
                Action::Start(op) => {
                    let (d, results) = (self.d.clone(), self.results.clone());
                    let account = self.lanes.account_of(op);
                    tokio::spawn(async move {
                        let outcome = d.perform(op, account).await;
                        // The loop may have ended; the store has the result already.
                        let _ = results.send((op, outcome));
                    });
                }
                Action::RetryAt(op, at) => self.d.keep_retry(op, at),
                Action::GiveUp(op) => self.d.keep_parked(op),
                Action::Paused(account, until) => self.d.health.paused(account, until),
                Action::Recovered(account) => self.d.well(account),
                Action::Resumed(account) => self.d.health.resumed(account),
                Action::Wake(at) => self.wake = Some(at),
            }
        }
    }

    /// At the end only: results are written, nothing new is begun.
    fn note_only(&mut self, op: OpId, outcome: Outcome) {
        self.d.accounts.all().iter().for_each(|a| {
            let off = Policy { ready: false, connection: 0, at_once: 0, per_second: None };
            self.lanes.step(self.d.clock.now(), Input::Account(a.id, off));
        });
        for action in self.lanes.step(self.d.clock.now(), Input::Finished(op, outcome)) {
            if let Action::RetryAt(op, at) = action {
                self.d.keep_retry(op, at);
            }
        }
    }

    fn accounts(&mut self) {
        for live in self.d.accounts.all().iter() {
            let provider = live.active();
            let per_second = provider.and_then(|p| p.rate_per_second());
            let known = self.connections.get(&live.id).cloned();
            let connection = match (known, provider) {
                (Some((n, one)), Some(other)) if Arc::ptr_eq(&one, other) => n,
                (known, Some(other)) => {
                    let n = known.map_or(0, |(n, _)| n) + 1;
                    self.connections.insert(live.id, (n, other.clone()));
                    n
                }
                (known, None) => known.map_or(0, |(n, _)| n),
            };
            self.step(Input::Account(
                live.id,
                Policy { ready: provider.is_some(), connection, at_once: AT_ONCE, per_second },
            ));
        }
    }

    fn ops(&self, after: i64) -> Result<Vec<crate::store::PlannedOp>, StoreError> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner).ops_planned(after)
    }

    fn load_new(&mut self) {
        match self.ops(self.newest) {
            Ok(jobs) if jobs.is_empty() => {}
            Ok(jobs) => {
                self.newest = jobs.iter().map(|j| j.seq).max().unwrap_or(self.newest).max(self.newest);
                self.step(Input::Added(jobs));
            }
            Err(e) => warn!("new ops wait: {e}"),
        }
    }

    fn reload(&mut self) {
        match self.ops(0) {
            Ok(jobs) => {
                self.newest = jobs.iter().map(|j| j.seq).max().unwrap_or(0).max(self.newest);
                self.step(Input::Loaded(jobs));
            }
            Err(e) => warn!("the outbox waits: {e}"),
        }
    }
}

fn ms_until(at: Ms, now: Ms) -> u64 {
    u64::try_from(at.saturating_sub(now)).unwrap_or(0)
}

impl Delivery {
    /// Claims an op, makes its request, keeps the result.
    async fn perform(&self, id: OpId, account: Option<AccountId>) -> Outcome {
        let live = account.and_then(|a| self.accounts.by_id(a));
        let Some((live, provider)) = live.and_then(|l| l.active().cloned().map(|p| (l, p))) else {
            return Outcome::Again { after: Some(Duration::from_secs(60)) };
        };
        let now = self.clock.now();
        // `sending` is on the disk before the request leaves: after a crash we know that it may have left.
        let op = match self.writes.run(Class::Durable, move |t| t.op_take(id, now)).await {
            Ok(Taken::Op(op)) => *op,
            Ok(Taken::Parked) => return Outcome::Parked,
            Ok(Taken::NotDue) => return Outcome::NotDue,
            Err(e) => {
                warn!("op {id} cannot be claimed: {e}");
                return Outcome::Again { after: Some(Duration::from_secs(2)) };
            }
        };
        let base = (self.callbacks)(&live);
        let files = base.as_ref().map(|base| self.handouts.urls(base, op.id, &op.body, now));
        let callback = base.map(|base| format!("{base}/hooks/{}", live.name));
        let ctx =
            PushContext { callback, files: files.unwrap_or_default(), dir: self.store.dir().to_owned(), now };
        let result = provider.push(&op, &ctx).await;
        let idempotent = provider.capabilities().idempotent_send;
        let learnt = match &result {
            Err(failure) => provider.learn_from_failure(&op, failure, self.clock.now()),
            Ok(_) => Vec::new(),
        };
        if !learnt.is_empty() {
            let account = op.account;
            if let Err(e) =
                self.writes.run(Class::Apply, move |t| t.apply(account, &learnt).map(|_| ())).await
            {
                error!("op {id}: what the refusal told could not be kept: {e}");
            }
        }
        self.keep(&op, result, idempotent).await
    }

    async fn keep(&self, op: &Op, result: Result<Accepted, Failure>, idempotent: bool) -> Outcome {
        let (id, now) = (op.id, self.clock.now());
        match result {
            Ok(accepted) => {
                debug!("op {id}: accepted");
                self.persist(id, move |t| t.op_accepted(id, &accepted, now)).await;
                self.well(op.account);
                Outcome::Over
            }
            Err(Failure::Rejected { reason, .. }) => {
                info!("op {id}: refused: {} {}", reason.code.as_deref().unwrap_or("-"), mask(&reason.human));
                self.persist(id, move |t| t.op_failed(id, &reason, now)).await;
                Outcome::Over
            }
            Err(Failure::Unsupported) => {
                let reason = Reason::ours("this account cannot do that");
                self.persist(id, move |t| t.op_failed(id, &reason, now)).await;
                Outcome::Over
            }
            Err(Failure::Unknown { human }) if idempotent => {
                self.health.stumbled(op.account, Health::Limited, &human);
                let reason = Reason::ours(human);
                self.persist(id, move |t| t.op_retry_at(id, now, &reason, now)).await;
                Outcome::Again { after: None }
            }
            Err(Failure::Unknown { human }) => {
                warn!("op {id}: in doubt: {}", mask(&human));
                let reason = Reason::ours(human);
                self.persist(id, move |t| t.op_unknown(id, &reason, now)).await;
                // The loop that settles doubts may have ended; it reads the store at the next start.
                let _ = self.doubts.send(id);
                Outcome::Unknown
            }
            Err(Failure::Transient { retry_after, human }) => {
                info!("op {id}: not sent: {}", mask(&human));
                self.health.stumbled(op.account, Health::Limited, &human);
                let reason = Reason::ours(human);
                self.persist(id, move |t| t.op_retry_at(id, now, &reason, now)).await;
                Outcome::Again { after: retry_after }
            }
            Err(Failure::Later { after, human }) => {
                info!("op {id}: not taken yet: {}", mask(&human));
                let reason = Reason::ours(human);
                self.persist(id, move |t| t.op_retry_at(id, now, &reason, now)).await;
                Outcome::Later { after }
            }
            Err(Failure::Auth { human }) => {
                warn!("op {id}: the login is refused: {}", mask(&human));
                self.health.stumbled(op.account, Health::NeedsLogin, &human);
                let reason = Reason { code: Some(Reason::LOGIN.into()), human };
                self.persist(id, move |t| t.op_retry_at(id, now, &reason, now)).await;
                Outcome::Login
            }
        }
    }

    /// The account sends, as far as its provider has nothing to add.
    fn well(&self, account: AccountId) {
        let live = self.accounts.by_id(account);
        let notice = live.and_then(|live| live.active().and_then(|provider| provider.notice()));
        self.health.sends(account, notice.as_deref());
    }

    /// Keeps a result, however long the disk takes: losing it would put a done op in doubt.
    async fn persist(
        &self,
        id: OpId,
        job: impl Fn(&mut crate::store::Tx<'_>) -> Result<(), StoreError> + Clone + Send + 'static,
    ) {
        let mut wait = Duration::from_millis(50);
        loop {
            let job = job.clone();
            match self.writes.run(Class::Apply, move |t| job(t)).await {
                Ok(()) => return,
                Err(StoreError::Closed) => return,
                Err(e) => {
                    error!("op {id}: its result waits to be kept: {e}");
                    if wait > Duration::from_secs(60) {
                        return;
                    }
                    tokio::time::sleep(wait).await;
                    wait *= 2;
                }
            }
        }
    }

    /// At the end, for requests that never heard an answer: what may have been said is in doubt, the rest is queued again.
    async fn leave_in_doubt(&self) {
        let now = self.clock.now();
        match self.writes.run(Class::Durable, move |t| t.ops_recover(now)).await {
            Ok(ops) => warn!("{} requests were not answered before the end", ops.len()),
            // The next start does the same.
            Err(e) => error!("requests without an answer are still marked as under way: {e}"),
        }
    }

    /// The moment of the next try, as the planner has chosen it. Display and restart only, so not worth a wait.
    fn keep_retry(&self, id: OpId, at: Ms) {
        let writes = self.writes.clone();
        tokio::spawn(async move {
            if let Err(e) = writes.run(Class::Apply, move |t| t.op_due_at(id, at)).await {
                warn!("op {id}: the time of its next try could not be kept: {e}");
            }
        });
    }

    fn keep_parked(&self, id: OpId) {
        let (writes, now) = (self.writes.clone(), self.clock.now());
        tokio::spawn(async move {
            let reason = Reason::ours("tried for a day in vain: send again, or discard it");
            if let Err(e) = writes.run(Class::Durable, move |t| t.op_parked(id, &reason, now)).await {
                error!("op {id} could not be parked: {e}");
            }
        });
    }
}
