//! The laws of the delivery planner.

use super::*;
use proptest::prelude::*;
use std::collections::HashSet;

const ACCOUNT: AccountId = AccountId(1);

fn op(n: u128) -> OpId {
    OpId(uuid::Uuid::from_u128(n))
}

fn job(n: u128, conversation: i64) -> Job {
    Job {
        id: op(n),
        seq: n as i64,
        account: ACCOUNT,
        conversation: ConversationId(conversation),
        class: OpClass::Say,
        facet: None,
        state: OpState::Queued,
        not_before: 0,
        created_at: 0,
        scheduled_at: None,
        attempts: 0,
        refused: false,
    }
}

fn lanes() -> Lanes {
    let mut lanes = Lanes::new(Backoff { base: Duration::from_secs(1), max: Duration::from_secs(60) }, 42);
    lanes.step(
        0,
        Input::Account(ACCOUNT, Policy { ready: true, connection: 1, at_once: 8, per_second: None }),
    );
    lanes
}

fn starts(actions: &[Action]) -> Vec<OpId> {
    actions.iter().filter_map(|a| if let Action::Start(id) = a { Some(*id) } else { None }).collect()
}

#[test]
fn a_conversation_says_one_thing_after_the_other() {
    let mut l = lanes();
    assert_eq!(starts(&l.step(0, Input::Added(vec![job(1, 7), job(2, 7), job(3, 8)]))), [op(1), op(3)]);
    assert_eq!(starts(&l.step(1, Input::Finished(op(1), Outcome::Over))), [op(2)]);
}

#[test]
fn the_undo_window_holds_an_op_and_the_planner_says_when_to_look_again() {
    let mut l = lanes();
    let held = Job { not_before: 5_000, ..job(1, 7) };
    assert_eq!(l.step(0, Input::Added(vec![held])), [Action::Wake(5_000)]);
    assert_eq!(starts(&l.step(5_000, Input::Tick)), [op(1)]);
}

#[test]
fn what_is_scheduled_holds_nothing_that_is_said_before_its_time() {
    let mut l = lanes();
    let tomorrow = Job { not_before: 90_000, scheduled_at: Some(90_000), ..job(1, 7) };
    assert_eq!(starts(&l.step(0, Input::Added(vec![tomorrow]))), []);
    let now = Job { created_at: 10, ..job(2, 7) };
    assert_eq!(starts(&l.step(10, Input::Added(vec![now]))), [op(2)]);
    // Still under way, then in vain: what is scheduled comes after it all the same.
    assert_eq!(starts(&l.step(90_000, Input::Tick)), []);
    assert_eq!(starts(&l.step(90_001, Input::Finished(op(2), Outcome::Over))), [op(1)]);
    // What is asked for after that moment comes after it.
    let later = Job { created_at: 90_002, ..job(3, 7) };
    assert_eq!(starts(&l.step(90_002, Input::Added(vec![later]))), []);
    assert_eq!(starts(&l.step(90_003, Input::Finished(op(1), Outcome::Over))), [op(3)]);
}

#[test]
fn a_parked_message_holds_its_own_lane_only() {
    let mut l = lanes();
    l.step(0, Input::Added(vec![job(1, 7), job(2, 7), job(3, 8)]));
    assert_eq!(starts(&l.step(1, Input::Finished(op(1), Outcome::Parked))), []);
    // The agent takes it away: the next one goes.
    assert_eq!(starts(&l.step(2, Input::Loaded(vec![job(2, 7)]))), [op(2)]);
}

#[test]
fn a_message_in_doubt_is_never_started_again_by_itself_and_holds_nobody() {
    let mut l = lanes();
    l.step(0, Input::Added(vec![job(1, 7), job(2, 7)]));
    assert_eq!(starts(&l.step(1, Input::Finished(op(1), Outcome::Unknown))), [op(2)]);
    let again = Job { state: OpState::Unknown, ..job(1, 7) };
    assert_eq!(starts(&l.step(2, Input::Added(vec![again]))), []);
    assert_eq!(starts(&l.step(999_999_999, Input::Tick)), []);
}

#[test]
fn a_say_never_waits_for_a_set() {
    let mut l = lanes();
    let set = Job { class: OpClass::Set, facet: Some("status".into()), ..job(1, 7) };
    assert_eq!(starts(&l.step(0, Input::Added(vec![set, job(2, 7)]))), [op(1), op(2)]);
}

#[test]
fn patience_asked_for_by_the_provider_pauses_the_account_and_one_request_probes_it() {
    let mut l = lanes();
    l.step(0, Input::Account(ACCOUNT, Policy { ready: true, connection: 1, at_once: 1, per_second: None }));
    l.step(0, Input::Added(vec![job(1, 7), job(2, 8), job(3, 9)]));
    let after = Outcome::Again { after: Some(Duration::from_secs(30)) };
    let actions = l.step(0, Input::Finished(op(1), after));
    assert!(actions.contains(&Action::RetryAt(op(1), 30_000)), "{actions:?}");
    assert!(actions.contains(&Action::Paused(ACCOUNT, 30_000)));
    assert_eq!(starts(&actions), []);
    l.step(0, Input::Account(ACCOUNT, Policy { ready: true, connection: 1, at_once: 8, per_second: None }));
    assert_eq!(starts(&l.step(30_000, Input::Tick)), [op(2)], "one probe alone");
    let actions = l.step(30_001, Input::Finished(op(2), Outcome::Over));
    assert!(actions.contains(&Action::Recovered(ACCOUNT)));
    assert_eq!(starts(&actions), [op(3), op(1)]);
}

#[test]
fn a_refusal_of_one_message_slows_no_other() {
    let mut l = lanes();
    l.step(0, Input::Added(vec![job(1, 7), job(2, 7), job(3, 8)]));
    for n in 0..5 {
        let now = n * 100_000;
        let actions = l.step(now, Input::Finished(op(1), Outcome::Later { after: Duration::from_secs(60) }));
        assert!(actions.contains(&Action::RetryAt(op(1), now + 60_000)), "{actions:?}");
        assert!(!actions.iter().any(|a| matches!(a, Action::Paused(..))), "{actions:?}");
        let other = 100 + n as u128;
        assert_eq!(starts(&l.step(now + 1, Input::Added(vec![job(other, 100 + n)]))), [op(other)]);
        assert_eq!(starts(&l.step(now + 100_000, Input::Tick)), [op(1)]);
    }
}

#[test]
fn a_rate_is_kept() {
    let mut l = lanes();
    l.step(
        0,
        Input::Account(ACCOUNT, Policy { ready: true, connection: 1, at_once: 100, per_second: Some(2.0) }),
    );
    let actions = l.step(0, Input::Added((1..=10).map(|n| job(n, n as i64)).collect()));
    assert_eq!(starts(&actions).len(), 2);
    assert_eq!(actions.last(), Some(&Action::Wake(500)));
    assert_eq!(starts(&l.step(500, Input::Tick)).len(), 1);
}

#[test]
fn a_refused_login_pauses_the_account_and_loses_nothing() {
    let mut l = lanes();
    l.step(0, Input::Added(vec![job(1, 7)]));
    let actions = l.step(10, Input::Finished(op(1), Outcome::Login));
    assert!(actions.contains(&Action::RetryAt(op(1), 10 + LOGIN_PAUSE)));
    assert_eq!(starts(&l.step(10 + LOGIN_PAUSE, Input::Tick)), [op(1)]);
}

#[test]
fn a_login_that_works_again_brings_back_what_was_refused_without_one() {
    let mut l = lanes();
    l.step(0, Input::Added(vec![job(1, 7), job(2, 8)]));
    l.step(10, Input::Finished(op(1), Outcome::Login));
    l.step(20, Input::Finished(op(2), Outcome::Login));
    let later = 10 + LOGIN_PAUSE;
    assert_eq!(starts(&l.step(later, Input::Tick)), [], "the second refusal counts");
    assert_eq!(starts(&l.step(later + 10, Input::Tick)), [op(1)]);
    let actions = l.step(later + 20, Input::Finished(op(1), Outcome::Over));
    assert!(actions.contains(&Action::Recovered(ACCOUNT)), "{actions:?}");
    assert_eq!(starts(&actions), [op(2)]);
}

#[test]
fn an_account_that_is_connected_anew_is_tried_at_once() {
    let mut l = lanes();
    l.step(0, Input::Added(vec![job(1, 7)]));
    l.step(10, Input::Finished(op(1), Outcome::Login));
    assert_eq!(starts(&l.step(20, Input::Added(vec![job(2, 8)]))), [], "the account is paused");
    let policy = Policy { ready: true, connection: 1, at_once: 8, per_second: None };
    assert_eq!(starts(&l.step(30, Input::Account(ACCOUNT, policy))), [], "nothing has changed");
    let actions = l.step(40, Input::Account(ACCOUNT, Policy { connection: 2, ..policy }));
    assert_eq!(starts(&actions), [op(2)]);
    assert!(actions.contains(&Action::RetryAt(op(1), 40 + ANEW)), "{actions:?}");
    assert_eq!(starts(&l.step(40 + ANEW, Input::Tick)), [op(1)]);
}

#[test]
fn after_a_restart_what_the_login_refused_is_tried_soon() {
    let mut l = lanes();
    let refused = |n| Job {
        state: OpState::Retrying,
        attempts: 1,
        not_before: LOGIN_PAUSE,
        refused: true,
        ..job(n, n as i64)
    };
    let actions = l.step(10, Input::Loaded(vec![refused(1)]));
    assert!(actions.contains(&Action::RetryAt(op(1), 10 + ANEW)), "{actions:?}");
    assert_eq!(starts(&l.step(10 + ANEW, Input::Tick)), [op(1)]);
    // Later on it waits, as it is said.
    assert_eq!(starts(&l.step(2_000, Input::Loaded(vec![refused(2)]))), []);
}

#[test]
fn what_an_agent_wants_tried_now_does_not_wait_for_the_pause() {
    let mut l = lanes();
    let policy = Policy { ready: true, connection: 1, at_once: 1, per_second: None };
    l.step(0, Input::Account(ACCOUNT, policy));
    l.step(0, Input::Loaded(vec![job(1, 7), job(2, 8), job(3, 9)]));
    l.step(10, Input::Finished(op(1), Outcome::Login));
    l.step(20, Input::Account(ACCOUNT, Policy { at_once: 8, ..policy }));
    let refused = Job { state: OpState::Retrying, attempts: 1, not_before: 10 + LOGIN_PAUSE, ..job(1, 7) };
    let as_it_was = vec![refused.clone(), job(2, 8), job(3, 9)];
    assert_eq!(
        l.step(30, Input::Loaded(as_it_was)),
        [Action::Wake(10 + LOGIN_PAUSE)],
        "the account is paused"
    );
    // One that was never tried: by the agent's hand its time begins anew.
    let pressed = vec![refused, Job { not_before: 40, ..job(2, 8) }, job(3, 9)];
    let actions = l.step(40, Input::Loaded(pressed.clone()));
    assert!(actions.contains(&Action::Resumed(ACCOUNT)), "{actions:?}");
    assert_eq!(starts(&actions), [op(3)], "one of those that wait shows whether it works");
    let actions = l.step(50, Input::Finished(op(3), Outcome::Login));
    assert!(actions.contains(&Action::Paused(ACCOUNT, 50 + LOGIN_PAUSE)), "it does not: {actions:?}");
    let mut as_kept = pressed;
    as_kept[2] = Job { state: OpState::Retrying, attempts: 1, not_before: 50 + LOGIN_PAUSE, ..job(3, 9) };
    assert_eq!(starts(&l.step(60, Input::Loaded(as_kept))), [], "once pressed is tried once");
}

#[test]
fn after_a_day_in_vain_the_agent_is_asked() {
    let mut l = lanes();
    l.step(0, Input::Added(vec![Job { attempts: GIVE_UP_ATTEMPTS - 1, ..job(1, 7) }]));
    let actions = l.step(GIVE_UP_AFTER, Input::Finished(op(1), Outcome::Again { after: None }));
    assert!(actions.contains(&Action::GiveUp(op(1))));
    assert_eq!(starts(&l.step(GIVE_UP_AFTER * 2, Input::Tick)), []);
}

#[derive(Debug, Clone)]
enum Step {
    Add(u8),
    End(usize, u8),
    Pass(u16),
    Crash,
    Press(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0u8..4).prop_map(Step::Add),
        6 => (any::<usize>(), 0u8..7).prop_map(|(i, o)| Step::End(i, o)),
        4 => (0u16..40_000).prop_map(Step::Pass),
        1 => Just(Step::Crash),
        2 => any::<usize>().prop_map(Step::Press),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Against any history of results, pauses and crashes: one request a conversation at a time, in order, never before its
    /// time, never again after it was over or in doubt; and once all goes well, everything that can go has gone.
    #[test]
    fn nothing_is_said_twice_out_of_turn_or_never(steps in proptest::collection::vec(step(), 1..120)) {
        let mut now: Ms = 0;
        let mut l = lanes();
        let mut next = 1u128;
        let mut store: BTreeMap<i64, Job> = BTreeMap::new();
        let mut flying: Vec<OpId> = Vec::new();
        let mut over: HashSet<OpId> = HashSet::new();
        let mut said: BTreeMap<i64, i64> = BTreeMap::new();
        let mut run = |actions: Vec<Action>, now: Ms, store: &mut BTreeMap<i64, Job>, flying: &mut Vec<OpId>, over: &HashSet<OpId>| {
            for action in actions {
                match action {
                    Action::Start(id) => {
                        prop_assert!(!over.contains(&id), "started again after its end");
                        prop_assert!(!flying.contains(&id), "started twice at once");
                        let job = store.values_mut().find(|j| j.id == id).expect("known");
                        prop_assert!(job.not_before <= now, "before its time");
                        prop_assert!(matches!(job.state, OpState::Queued | OpState::Retrying));
                        let conversation = job.conversation;
                        let seq = job.seq;
                        job.state = OpState::InFlight;
                        prop_assert!(!store.values().any(|j| j.conversation == conversation && j.id != id && j.state == OpState::InFlight));
                        let last = said.entry(conversation.0).or_insert(0);
                        prop_assert!(*last <= seq, "out of turn");
                        *last = seq;
                        flying.push(id);
                    }
                    Action::RetryAt(id, at) => {
                        let job = store.values_mut().find(|j| j.id == id).expect("known");
                        job.state = OpState::Retrying;
                        job.attempts += 1;
                        job.not_before = at;
                    }
                    Action::GiveUp(id) => store.values_mut().find(|j| j.id == id).expect("known").state = OpState::Parked,
                    Action::Paused(..) | Action::Recovered(..) | Action::Resumed(..) | Action::Wake(..) => {}
                }
            }
            Ok(())
        };
        for s in steps {
            let actions = match s {
                Step::Add(c) => {
                    let j = Job { not_before: now + 3_000, created_at: now, ..job(next, i64::from(c)) };
                    next += 1;
                    store.insert(j.seq, j.clone());
                    l.step(now, Input::Added(vec![j]))
                }
                Step::Pass(ms) => { now += Ms::from(ms); l.step(now, Input::Tick) }
                Step::Crash => {
                    // What was in flight is in doubt after a crash; the rest is as stored.
                    for id in flying.drain(..) {
                        store.retain(|_, j| j.id != id);
                        over.insert(id);
                    }
                    l = lanes();
                    l.step(now, Input::Loaded(store.values().cloned().collect()))
                }
                Step::Press(i) => {
                    // An agent wants one that waits tried now.
                    let waits = |j: &&mut Job| matches!(j.state, OpState::Queued | OpState::Retrying | OpState::Parked);
                    let count = store.values_mut().filter(waits).count();
                    if count == 0 { continue; }
                    if let Some(job) = store.values_mut().filter(waits).nth(i % count) {
                        (job.state, job.attempts, job.not_before) = (OpState::Queued, 0, now);
                    }
                    l.step(now, Input::Loaded(store.values().cloned().collect()))
                }
                Step::End(i, how) if !flying.is_empty() => {
                    let id = flying.remove(i % flying.len());
                    let outcome = match how {
                        0 => Outcome::Unknown,
                        1 => Outcome::Again { after: None },
                        2 => Outcome::Again { after: Some(Duration::from_secs(7)) },
                        3 => Outcome::Later { after: Duration::from_secs(7) },
                        4 => Outcome::Login,
                        _ => Outcome::Over,
                    };
                    if matches!(outcome, Outcome::Over | Outcome::Unknown) {
                        store.retain(|_, j| j.id != id);
                        over.insert(id);
                    }
                    l.step(now, Input::Finished(id, outcome))
                }
                Step::End(..) => continue,
            };
            run(actions, now, &mut store, &mut flying, &over)?;
        }
        // From here on all goes well.
        for _ in 0..10_000 {
            if store.is_empty() { break; }
            let actions = if let Some(id) = flying.pop() {
                store.retain(|_, j| j.id != id);
                over.insert(id);
                l.step(now, Input::Finished(id, Outcome::Over))
            } else {
                now += 400_000;
                l.step(now, Input::Tick)
            };
            run(actions, now, &mut store, &mut flying, &over)?;
        }
        prop_assert!(store.is_empty(), "left behind: {store:?}");
        prop_assert_eq!(l.in_flight(), 0);
    }
}
