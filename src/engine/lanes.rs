//! The delivery planner: which op goes out when. Pure: time and results come in, actions go out; `deliver` performs them.
//!
//! One lane per conversation for everything that is said, in the order in which it was asked for; one per facet for what is set,
//! so that a `Say` never waits for a `Set`. What is scheduled has its place at its moment, so that what is said before does not wait
//! for it. A parked `Say` holds its own lane (what comes after it was written after it), an
//! `unknown` one does not: its request has left, so the order is kept whatever became of it. Each account has a breaker, a
//! rate and a limit of requests at once; trouble at one account never slows another.

use crate::domain::clock::Ms;
use crate::domain::ids::{AccountId, ConversationId, OpId};
use crate::domain::op::{OpClass, OpState};
use crate::net::backoff::Backoff;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

/// Transient failures in a row after which an account's breaker opens.
pub const BREAKER_AFTER: u32 = 3;
/// How long an account whose login is refused is left alone before it is tried again.
pub const LOGIN_PAUSE: Ms = 300_000;
/// When what was refused is tried again once the account is connected anew: its new time is on the disk by then.
const ANEW: Ms = 1_000;
/// After this long and [`GIVE_UP_ATTEMPTS`] requests in vain, an op is parked for the agent.
pub const GIVE_UP_AFTER: Ms = 24 * 3_600_000;
/// See [`GIVE_UP_AFTER`].
pub const GIVE_UP_ATTEMPTS: u32 = 8;

/// What the planner knows of an op: as the store has it.
pub use crate::store::PlannedOp as Job;

/// What an account allows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Policy {
    /// Whether it has an adapter and is switched on.
    pub ready: bool,
    /// Which of its connections this is: another number means that it was connected anew, perhaps with other credentials.
    pub connection: u64,
    /// Requests at once.
    pub at_once: usize,
    /// Requests a second, if limited.
    pub per_second: Option<f64>,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The provider said yes, or refused for good: the op is no longer the planner's business.
    Over,
    /// Nobody knows. The op leaves the planner; only an agent brings it back.
    Unknown,
    /// It did nothing, and the account is well: the op waits for the agent.
    Parked,
    /// It certainly did nothing; again later.
    Again {
        /// How long the provider asks us to wait.
        after: Option<Duration>,
    },
    /// It certainly did nothing, and the account is well: this op alone, later.
    Later {
        /// How long it is to wait at least.
        after: Duration,
    },
    /// The login is refused; it did nothing.
    Login,
    /// The store says that the op was not due any more (taken back, or done by another process).
    NotDue,
}

/// What happens to the planner.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// All active ops as the store has them. What is in flight here stays in flight.
    Loaded(Vec<Job>),
    /// Ops that are new.
    Added(Vec<Job>),
    /// What an account allows now.
    Account(AccountId, Policy),
    /// A request ended.
    Finished(OpId, Outcome),
    /// Time has passed.
    Tick,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Claim the op in the store and make its request.
    Start(OpId),
    /// Note in the store that the op is tried again at this moment.
    RetryAt(OpId, Ms),
    /// Note in the store that the op waits for the agent: it was tried long enough.
    GiveUp(OpId),
    /// The account's breaker opened until this moment.
    Paused(AccountId, Ms),
    /// The account's requests succeed again.
    Recovered(AccountId),
    /// The account's breaker was closed before its time: by the agent's hand, or because it was connected anew.
    Resumed(AccountId),
    /// Nothing to do before this moment, unless something happens.
    Wake(Ms),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum LaneKey {
    Say(ConversationId),
    Set(ConversationId, String),
    Hint(OpId),
}

#[derive(Debug)]
struct Account {
    policy: Policy,
    /// Heads of lanes that could go, by time and then by the order of asking.
    due: BTreeSet<(Ms, i64, OpId)>,
    in_flight: usize,
    failures: u32,
    paused_until: Ms,
    /// What the provider refused for want of a login, since it was last connected.
    refused: BTreeSet<OpId>,
    /// After a pause one request goes alone: it shows whether the account is back.
    probing: bool,
    tokens: f64,
    refilled_at: Ms,
}

impl Account {
    fn new(now: Ms) -> Self {
        Account {
            policy: Policy { ready: false, connection: 0, at_once: 1, per_second: None },
            due: BTreeSet::new(),
            in_flight: 0,
            failures: 0,
            paused_until: Ms::MIN,
            refused: BTreeSet::new(),
            probing: false,
            tokens: 1.0,
            refilled_at: now,
        }
    }

    fn refill(&mut self, now: Ms) {
        if let Some(rate) = self.policy.per_second {
            let passed = now.saturating_sub(self.refilled_at).max(0) as f64 / 1000.0;
            self.tokens = (self.tokens + passed * rate).min(rate.max(1.0));
        }
        self.refilled_at = now;
    }

    /// When the next request may go, given that something is due; nothing if only an event can change that.
    fn next_at(&self, now: Ms) -> Option<Ms> {
        let limit = if self.probing { 1 } else { self.policy.at_once };
        if !self.policy.ready || self.in_flight >= limit {
            return None;
        }
        let (due, ..) = self.due.first()?;
        let mut at = (*due).max(self.paused_until);
        if let Some(rate) = self.policy.per_second
            && self.tokens < 1.0
        {
            let wait = ((1.0 - self.tokens) / rate * 1000.0).ceil().clamp(1.0, 3_600_000.0) as Ms;
            at = at.max(now.saturating_add(wait));
        }
        Some(at)
    }
}

/// The planner's whole state. It is rebuilt from the store at every start.
#[derive(Debug)]
pub struct Lanes {
    jobs: HashMap<OpId, Job>,
    /// By the moment for which an op is meant, then by the order of asking.
    lanes: HashMap<LaneKey, BTreeMap<(Ms, i64), OpId>>,
    accounts: BTreeMap<AccountId, Account>,
    running: HashMap<OpId, AccountId>,
    backoff: Backoff,
    seed: u64,
    /// The ops were loaded once: before that, every account is as good as connected anew.
    has_begun: bool,
}

impl Lanes {
    /// A planner without ops. `seed` makes its jitter.
    pub fn new(backoff: Backoff, seed: u64) -> Lanes {
        Lanes {
            jobs: HashMap::new(),
            lanes: HashMap::new(),
            accounts: BTreeMap::new(),
            running: HashMap::new(),
            backoff,
            seed: seed | 1,
            has_begun: false,
        }
    }

    /// Requests that are out now.
    pub fn in_flight(&self) -> usize {
        self.running.len()
    }

    /// The account of an op that the planner knows.
    pub fn account_of(&self, op: OpId) -> Option<AccountId> {
        self.running.get(&op).copied().or_else(|| self.jobs.get(&op).map(|j| j.account))
    }

    fn account(&mut self, id: AccountId, now: Ms) -> &mut Account {
        self.accounts.entry(id).or_insert_with(|| Account::new(now))
    }

    fn jitter(&mut self) -> f64 {
        // xorshift64: good enough to keep clients from marching in step.
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        (self.seed >> 11) as f64 / (1u64 << 53) as f64
    }

    fn lane_of(job: &Job) -> LaneKey {
        match job.class {
            OpClass::Say => LaneKey::Say(job.conversation),
            OpClass::Set => LaneKey::Set(job.conversation, job.facet.clone().unwrap_or_default()),
            OpClass::Hint => LaneKey::Hint(job.id),
        }
    }

    /// Takes the head of a lane out of its account's list of candidates, or puts it there.
    fn list_head(&mut self, lane: &LaneKey, listed: bool) {
        let Some(head) = self.lanes.get(lane).and_then(|l| l.values().next()).copied() else { return };
        let Some(job) = self.jobs.get(&head) else { return };
        let key = (job.not_before, job.seq, job.id);
        let can_go =
            matches!(job.state, OpState::Queued | OpState::Retrying) && !self.running.contains_key(&job.id);
        let Some(account) = self.accounts.get_mut(&job.account) else { return };
        if listed && can_go {
            account.due.insert(key);
        } else {
            account.due.remove(&key);
        }
    }

    fn insert(&mut self, job: Job, now: Ms) {
        self.account(job.account, now);
        // What has left cannot be planned; it is back only as queued, by the agent's hand.
        if !matches!(job.state, OpState::Queued | OpState::Retrying | OpState::Parked | OpState::InFlight) {
            return;
        }
        let lane = Self::lane_of(&job);
        self.list_head(&lane, false);
        self.lanes.entry(lane.clone()).or_default().insert((job.meant_for(), job.seq), job.id);
        self.jobs.insert(job.id, job);
        self.list_head(&lane, true);
    }

    fn remove(&mut self, op: OpId) -> Option<Job> {
        let lane = Self::lane_of(self.jobs.get(&op)?);
        self.list_head(&lane, false);
        let job = self.jobs.remove(&op)?;
        if let Some(entries) = self.lanes.get_mut(&lane) {
            entries.remove(&(job.meant_for(), job.seq));
            if entries.is_empty() {
                self.lanes.remove(&lane);
            }
        }
        self.list_head(&lane, true);
        Some(job)
    }

    /// Takes an input in and says what is to be done now.
    pub fn step(&mut self, now: Ms, input: Input) -> Vec<Action> {
        let mut out = Vec::new();
        match input {
            Input::Tick => {}
            Input::Loaded(jobs) => {
                let known: Vec<OpId> =
                    self.jobs.keys().filter(|id| !self.running.contains_key(id)).copied().collect();
                let before: HashMap<OpId, Job> =
                    known.into_iter().filter_map(|id| Some((id, self.remove(id)?))).collect();
                let is_first = !std::mem::replace(&mut self.has_begun, true);
                for job in jobs {
                    let pressed = before.get(&job.id).is_some_and(|known| is_pressed(known, &job, now));
                    let account = job.account;
                    self.added(job, now);
                    if pressed {
                        self.resume(account, now, &mut out);
                    }
                }
                let ready = self.accounts.iter().filter(|(_, a)| is_first && a.policy.ready);
                for id in ready.map(|(id, _)| *id).collect::<Vec<_>>() {
                    self.release(id, now, &mut out);
                }
            }
            Input::Added(jobs) => {
                for job in jobs {
                    self.added(job, now);
                }
            }
            Input::Account(id, policy) => {
                let account = self.account(id, now);
                if policy.per_second != account.policy.per_second {
                    account.tokens = policy.per_second.unwrap_or(1.0).max(1.0);
                }
                let mut resumed = false;
                if policy.ready && (!account.policy.ready || policy.connection != account.policy.connection) {
                    // Switched on, or given new credentials: worth a try at once.
                    resumed = account.paused_until > now;
                    account.paused_until = Ms::MIN;
                    account.failures = 0;
                    account.probing = false;
                    account.policy = policy;
                    self.release(id, now, &mut out);
                } else {
                    account.policy = policy;
                }
                if resumed {
                    out.push(Action::Resumed(id));
                }
            }
            Input::Finished(op, outcome) => self.finished(op, outcome, now, &mut out),
        }
        self.pump(now, &mut out);
        out
    }

    fn added(&mut self, job: Job, now: Ms) {
        if self.running.contains_key(&job.id) {
            return;
        }
        self.remove(job.id);
        if job.refused {
            self.account(job.account, now).refused.insert(job.id);
        }
        self.insert(job, now);
    }

    /// What was refused for want of a login is tried again soon: there is one now.
    fn release(&mut self, id: AccountId, now: Ms, out: &mut Vec<Action>) {
        for op in std::mem::take(&mut self.account(id, now).refused) {
            let Some(mut job) = self.remove(op) else { continue };
            let soon = now.saturating_add(ANEW);
            if job.not_before > soon {
                job.not_before = soon;
                out.push(Action::RetryAt(op, soon));
            }
            self.insert(job, now);
        }
    }

    /// Ends a pause before its time: one request goes and shows whether the account is back.
    fn resume(&mut self, id: AccountId, now: Ms, out: &mut Vec<Action>) {
        let account = self.account(id, now);
        if account.paused_until > now {
            account.paused_until = Ms::MIN;
            account.probing = true;
            out.push(Action::Resumed(id));
        }
    }

    fn finished(&mut self, op: OpId, outcome: Outcome, now: Ms, out: &mut Vec<Action>) {
        let Some(account_id) = self.running.remove(&op) else { return };
        let jitter = self.jitter();
        let account = self.account(account_id, now);
        account.in_flight = account.in_flight.saturating_sub(1);
        let healthy = matches!(outcome, Outcome::Over | Outcome::Later { .. });
        if healthy {
            if account.failures > 0 || account.probing {
                out.push(Action::Recovered(account_id));
            }
            account.failures = 0;
            account.probing = false;
            account.refused.remove(&op);
            self.release(account_id, now, out);
        }
        match outcome {
            Outcome::Over | Outcome::NotDue | Outcome::Unknown => {
                if outcome == Outcome::Unknown {
                    self.stumble(account_id, None, now, jitter, out);
                }
                self.remove(op);
            }
            Outcome::Parked => {
                if let Some(mut job) = self.remove(op) {
                    job.state = OpState::Parked;
                    self.insert(job, now);
                }
            }
            Outcome::Again { after } => {
                self.stumble(account_id, after, now, jitter, out);
                self.again(op, after, now, jitter, out);
            }
            Outcome::Later { after } => self.again(op, Some(after), now, jitter, out),
            Outcome::Login => {
                let account = self.account(account_id, now);
                account.paused_until = now.saturating_add(LOGIN_PAUSE);
                account.refused.insert(op);
                account.probing = true;
                out.push(Action::Paused(account_id, account.paused_until));
                let Some(mut job) = self.remove(op) else { return };
                job.attempts += 1;
                job.state = OpState::Retrying;
                job.not_before = now.saturating_add(LOGIN_PAUSE);
                out.push(Action::RetryAt(op, job.not_before));
                self.insert(job, now);
            }
        }
    }

    /// Plans the next try of an op, or gives it to the agent.
    fn again(&mut self, op: OpId, after: Option<Duration>, now: Ms, jitter: f64, out: &mut Vec<Action>) {
        let Some(mut job) = self.remove(op) else { return };
        job.attempts += 1;
        if job.attempts >= GIVE_UP_ATTEMPTS && now.saturating_sub(job.meant_for()) >= GIVE_UP_AFTER {
            job.state = OpState::Parked;
            out.push(Action::GiveUp(op));
        } else {
            let own = millis(self.backoff.delay(job.attempts, jitter));
            let wait = after.map_or(own, |a| millis(a).max(own));
            job.state = OpState::Retrying;
            job.not_before = now.saturating_add(wait);
            out.push(Action::RetryAt(op, job.not_before));
        }
        self.insert(job, now);
    }

    /// Counts a failure against the account; opens its breaker when it asks for patience or has failed often.
    fn stumble(
        &mut self,
        id: AccountId,
        after: Option<Duration>,
        now: Ms,
        jitter: f64,
        out: &mut Vec<Action>,
    ) {
        let backoff = self.backoff;
        let account = self.account(id, now);
        account.failures = account.failures.saturating_add(1);
        let until = match after {
            Some(after) => now.saturating_add(millis(after)),
            None if account.failures >= BREAKER_AFTER => {
                now.saturating_add(millis(backoff.delay(account.failures - BREAKER_AFTER + 1, jitter)))
            }
            None => return,
        };
        if until > account.paused_until {
            account.paused_until = until;
            account.probing = true;
            out.push(Action::Paused(id, until));
        }
    }

    fn pump(&mut self, now: Ms, out: &mut Vec<Action>) {
        let mut wake: Option<Ms> = None;
        let ids: Vec<AccountId> = self.accounts.keys().copied().collect();
        for id in ids {
            while let Some(account) = self.accounts.get_mut(&id) {
                account.refill(now);
                match account.next_at(now) {
                    None => break,
                    Some(at) if at > now => {
                        wake = Some(wake.map_or(at, |w| w.min(at)));
                        break;
                    }
                    Some(_) => {}
                }
                let Some(key) = account.due.pop_first() else { break };
                if account.policy.per_second.is_some() {
                    account.tokens -= 1.0;
                }
                account.in_flight += 1;
                self.running.insert(key.2, id);
                out.push(Action::Start(key.2));
            }
        }
        out.extend(wake.map(Action::Wake));
    }
}

/// Whether an agent has asked for an op once more, and now: nobody else has one that waits begin to wait anew.
fn is_pressed(known: &Job, job: &Job, now: Ms) -> bool {
    let is_anew =
        job.not_before > known.not_before || job.attempts < known.attempts || known.state == OpState::Parked;
    job.state == OpState::Queued && is_anew && job.not_before <= now
}

fn millis(d: Duration) -> Ms {
    Ms::try_from(d.as_millis()).unwrap_or(Ms::MAX / 4)
}

#[cfg(test)]
#[path = "lanes_tests.rs"]
mod tests;
