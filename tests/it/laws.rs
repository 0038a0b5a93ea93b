//! Laws of the store: facts commute and repeat without effect; shown and truth converge whatever happens to an op on its way.

pub mod facts;
mod mails;

use crate::store::kit::*;
use frontdesk::domain::capability::Ownership;
use frontdesk::domain::command::{Action, set};
use frontdesk::domain::conversation::Priority;
use frontdesk::domain::delivery::{Delivery, Reason};
use frontdesk::domain::event::{Event, MessageRef};
use frontdesk::domain::facet::Facet;
use frontdesk::domain::ids::OpId;
use frontdesk::domain::message::Direction;
use frontdesk::domain::op::{Accepted, OpState};
use frontdesk::domain::rev::{Rev, Stamped};
use frontdesk::store::{Class, Reader};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// `FRONTDESK_LAW_CASES` asks for more histories than a normal run tries.
fn config(cases: u32) -> ProptestConfig {
    let cases = std::env::var("FRONTDESK_LAW_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(cases);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// What happens between an agent, the store and a provider.
#[derive(Debug, Clone)]
enum Step {
    /// The agent sets the priority.
    Set(usize),
    /// The agent answers.
    Say,
    /// The agent takes the newest answer back, if it has not left.
    TakeBack,
    /// A colleague sets the priority at the provider.
    Colleague(usize),
    /// A past event of the provider arrives (again).
    Event(proptest::sample::Index),
    /// The next op leaves, and this happens to it.
    Deliver(Fate),
    /// A pull that covers the conversation.
    Pull,
    /// Accepted ops are looked at.
    Settle,
}

#[derive(Debug, Clone, Copy)]
enum Fate {
    AcceptState,
    AcceptRevision,
    AcceptDeferred,
    /// The provider's event or callback overtakes its answer.
    EchoFirst,
    Reject,
    Transient,
    CrashBefore,
    CrashAfter,
    CutAfter,
}

fn step() -> impl Strategy<Value = Step> {
    let fate = prop_oneof![
        Just(Fate::AcceptState),
        Just(Fate::AcceptRevision),
        Just(Fate::AcceptDeferred),
        Just(Fate::EchoFirst),
        Just(Fate::Reject),
        Just(Fate::Transient),
        Just(Fate::CrashBefore),
        Just(Fate::CrashAfter),
        Just(Fate::CutAfter),
    ];
    prop_oneof![
        2 => (0..5usize).prop_map(Step::Set),
        2 => Just(Step::Say),
        1 => Just(Step::TakeBack),
        1 => (0..5usize).prop_map(Step::Colleague),
        3 => any::<proptest::sample::Index>().prop_map(Step::Event),
        5 => fate.prop_map(Step::Deliver),
        1 => Just(Step::Pull),
        1 => Just(Step::Settle),
    ]
}

const THEM: &str = "+31600000001";

/// A provider that keeps the priority and what was said to the customer.
struct Far {
    rev: i64,
    priority: Priority,
    said: Vec<(OpId, String, String)>,
    told: Vec<Event>,
}

impl Far {
    fn change(&mut self, priority: Priority) {
        self.rev += 1;
        self.priority = priority;
        self.told.push(self.now());
    }

    fn now(&self) -> Event {
        let mut fact = conversation(THEM);
        fact.facets = vec![Stamped { value: set::priority(self.priority), rev: Rev::at(self.rev) }];
        Event::Conversation(fact)
    }

    fn takes(&mut self, op: OpId, text: &str) -> String {
        let id = format!("SM{}", self.said.len());
        self.said.push((op, id.clone(), text.to_owned()));
        let told = MessageRef::Token(op, Some(id.clone()));
        self.told.push(delivered(told, Delivery::Accepted, "sent", NOW));
        let told = MessageRef::External(id.clone());
        self.told.push(delivered(told, Delivery::Delivered, "delivered", NOW + 1));
        id
    }

    /// Everything, as a list tells it: without our tokens.
    fn list(&self) -> Vec<Event> {
        let mut out: Vec<Event> =
            self.said.iter().map(|(_, id, text)| message(id, THEM, Direction::Outbound, NOW, text)).collect();
        out.push(self.now());
        out
    }
}

struct World {
    kit: Kit,
    reader: Reader,
    far: Far,
    now: i64,
    conversation: frontdesk::domain::ids::ConversationId,
    sends: BTreeMap<OpId, String>,
    sets: Vec<OpId>,
}

impl World {
    fn new() -> World {
        let kit = Kit::owned(Ownership::Remote);
        let conversation = kit.inbound("IN", THEM, NOW, "hello");
        let reader = kit.reader();
        let far = Far { rev: 0, priority: Priority::None, said: Vec::new(), told: Vec::new() };
        World { kit, reader, far, now: NOW, conversation, sends: BTreeMap::new(), sets: Vec::new() }
    }

    fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut frontdesk::store::Tx<'_>) -> Result<T, frontdesk::store::StoreError>
        + Send
        + 'static,
    ) -> T {
        self.kit.store.writer().call(Class::Durable, job).unwrap()
    }

    fn step(&mut self, step: &Step) {
        self.now += 10;
        self.kit.clock.set(self.now);
        match step {
            Step::Set(i) => {
                let done = self.kit.set(self.conversation, set::priority(Priority::ALL[*i]));
                self.sets.extend(done.op);
            }
            Step::Say => {
                let text = format!("answer {}", self.sends.len());
                let done = self.kit.reply(self.conversation, &text);
                self.sends.insert(done.op.unwrap(), text);
            }
            Step::TakeBack => {
                let waiting = self.reader.ops_active(self.kit.account).unwrap();
                let newest = waiting.iter().rev().find_map(|a| a.op.message);
                if let Some(message) = newest {
                    // What is on its way or in doubt is refused.
                    let _ = self.kit.try_perform(Action::Cancel { message });
                }
            }
            Step::Colleague(i) => self.far.change(Priority::ALL[*i]),
            Step::Event(at) => {
                if !self.far.told.is_empty() {
                    let event = self.far.told[at.index(self.far.told.len())].clone();
                    self.kit.apply(vec![event]);
                }
            }
            Step::Deliver(fate) => self.deliver(*fate),
            Step::Pull => self.pull(),
            Step::Settle => {
                let now = self.now;
                self.write(move |t| t.settle_accepted(now));
            }
        }
        let wrong = self.reader.verify(self.conversation).unwrap();
        assert!(wrong.is_empty(), "after {step:?}: {wrong:#?}");
    }

    fn pull(&mut self) {
        let (events, begun, account) = (self.far.list(), self.now, self.kit.account);
        self.write(move |t| {
            t.apply(account, &events)?;
            t.pull_covered(account, &[conversation(THEM).key], begun)
        });
    }

    fn deliver(&mut self, fate: Fate) {
        use frontdesk::domain::op::OpBody;
        let now = self.now;
        let waiting = self.reader.ops_active(self.kit.account).unwrap();
        let next = waiting.into_iter().find(|a| matches!(a.state, OpState::Queued | OpState::Retrying));
        let Some(op) = next.map(|a| a.op) else { return };
        let id = op.id;
        assert!(self.write(move |t| t.op_claim(id, now)));
        let why = Reason::ours("it did not work");
        // What the provider does with the request, if it gets it.
        let gone = !matches!(fate, Fate::Reject | Fate::Transient | Fate::CrashBefore);
        let mut answer = Vec::new();
        if gone {
            match &op.body {
                OpBody::Send { text, .. } => {
                    let external = self.far.takes(id, text);
                    let mut fact = fact(&external, THEM, Direction::Outbound, NOW, text);
                    fact.token = Some(id);
                    answer.push(Event::Message(Box::new(fact)));
                }
                OpBody::Set { facet: Facet::Priority { priority }, .. } => {
                    self.far.change(*priority);
                    answer.push(self.far.now());
                }
                other => panic!("{other:?}"),
            }
        }
        let say = matches!(op.body, OpBody::Send { .. });
        let rev = Rev::at(self.far.rev);
        match fate {
            Fate::AcceptState => {
                self.write(move |t| t.op_accepted(id, &Accepted::State { events: answer }, now))
            }
            Fate::EchoFirst => {
                let told = self.far.told.last().cloned().unwrap();
                self.kit.apply(vec![told]);
                self.write(move |t| t.op_accepted(id, &Accepted::State { events: answer }, now));
            }
            Fate::AcceptRevision | Fate::AcceptDeferred if say => {
                self.write(move |t| t.op_accepted(id, &Accepted::State { events: answer }, now));
            }
            Fate::AcceptRevision => {
                self.write(move |t| t.op_accepted(id, &Accepted::Revision { rev }, now));
            }
            Fate::AcceptDeferred => {
                self.write(move |t| t.op_accepted(id, &Accepted::Deferred { until: now + 1000 }, now));
            }
            Fate::Reject => self.write(move |t| t.op_failed(id, &why, now)),
            Fate::Transient => self.write(move |t| t.op_retry_at(id, now + 5, &why, now)),
            Fate::CrashBefore | Fate::CrashAfter => {
                assert_eq!(self.write(move |t| t.ops_recover(now)), [id]);
            }
            Fate::CutAfter if say => self.write(move |t| t.op_unknown(id, &why, now)),
            Fate::CutAfter => self.write(move |t| t.op_retry_at(id, now, &why, now)),
        }
    }

    /// The network heals, the agent answers every doubt, everything goes through.
    fn heal(&mut self) {
        for _ in 0..1000 {
            self.now += 10;
            self.kit.clock.set(self.now);
            let active = self.reader.ops_active(self.kit.account).unwrap();
            let doubts: Vec<_> = active.iter().filter(|a| a.state == OpState::Unknown).collect();
            for doubt in &doubts {
                let (op, now, message) = (doubt.op.id, self.now, doubt.op.message.unwrap());
                match self.far.said.iter().find(|s| s.0 == op) {
                    Some((_, external, _)) => {
                        let external = external.clone();
                        self.write(move |t| t.op_resolved_sent(op, &external, now));
                    }
                    None => {
                        self.kit.perform(Action::Settle { message, sent: false });
                        self.kit.perform(Action::Retry { message });
                    }
                }
            }
            let waits = active.iter().any(|a| matches!(a.state, OpState::Queued | OpState::Retrying));
            if waits {
                self.deliver(Fate::AcceptState);
            } else if doubts.is_empty() {
                break;
            }
        }
        self.now += 10_000;
        self.kit.clock.set(self.now);
        self.pull();
        let told = self.far.told.clone();
        self.kit.apply(told);
        let now = self.now;
        self.write(move |t| t.settle_accepted(now));
    }
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn shown_and_truth_converge_whatever_happens_on_the_way(steps in proptest::collection::vec(step(), 1..40)) {
        let mut world = World::new();
        for step in &steps {
            world.step(step);
        }
        world.heal();
        world.kit.check();
        prop_assert!(world.reader.ops_active(world.kit.account).unwrap().is_empty(), "an op was left behind");
        let row = world.reader.conversation(world.conversation).unwrap().unwrap();
        prop_assert_eq!(row.priority, world.far.priority, "shown is not truth");
        for op in world.sets.iter().chain(world.sends.keys()) {
            let (_, state, _) = world.reader.op(*op).unwrap().unwrap();
            prop_assert!(matches!(state, OpState::Settled | OpState::Failed | OpState::Cancelled), "{:?}", state);
        }
        // Each answer stands once in the thread; what the provider has went there once and is shown as sent.
        let thread = world.reader.thread(world.conversation, None, 1000).unwrap();
        let ours: Vec<_> = thread.iter().filter(|m| m.direction == Direction::Outbound).collect();
        prop_assert_eq!(ours.len(), world.sends.len());
        for (op, text) in &world.sends {
            let rows: Vec<_> = ours.iter().filter(|m| m.op == Some(*op)).collect();
            prop_assert_eq!(rows.len(), 1);
            prop_assert_eq!(&rows[0].text, text);
            let far: Vec<_> = world.far.said.iter().filter(|s| s.0 == *op).collect();
            prop_assert!(far.len() <= 1, "sent twice");
            match far.first() {
                Some((_, external, _)) => {
                    prop_assert_eq!(rows[0].external_id.as_deref(), Some(external.as_str()));
                    prop_assert_eq!(rows[0].delivery, Some(Delivery::Delivered));
                }
                None => {
                    let told = matches!(rows[0].delivery, Some(Delivery::Failed | Delivery::Cancelled));
                    prop_assert!(told, "lost: {:?}", rows[0].delivery);
                }
            }
        }
    }
}
