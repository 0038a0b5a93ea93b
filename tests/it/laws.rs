//! Laws of the store: facts commute and repeat without effect; shown and truth converge whatever happens to an op on its way.

use crate::store::kit::*;
use frontdesk::domain::account::Channel;
use frontdesk::domain::capability::Ownership;
use frontdesk::domain::command::{Action, set};
use frontdesk::domain::contact::{ConsentState, Identity, IdentityKind, Party};
use frontdesk::domain::conversation::{Priority, Status};
use frontdesk::domain::delivery::{Delivery, DeliverySource, Reason};
use frontdesk::domain::event::{ConversationFact, ConversationKey, Event, MessageRef};
use frontdesk::domain::facet::{Facet, Owner};
use frontdesk::domain::ids::OpId;
use frontdesk::domain::message::{AttachmentFact, Direction};
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

/// One of a few conversations; the two addresses of one customer are seen together only now and then.
fn place(n: u8, linked: bool, name: Option<u8>) -> ConversationFact {
    let (first, second) = match n % 3 {
        0 => (phone("+31600000001"), Some(Identity::new(IdentityKind::Whatsapp, "NL.1"))),
        1 => (Identity::new(IdentityKind::Whatsapp, "NL.1"), Some(phone("+31600000001"))),
        _ => (phone("+31600000002"), None),
    };
    let mut identities = vec![first.clone()];
    if linked {
        identities.extend(second);
    }
    ConversationFact {
        key: ConversationKey(format!("k{}", n % 3)),
        channel: Channel::Sms,
        party: Party { identities, name: name.map(|n| format!("Name {n}")), claims: Vec::new() },
        ours: OURS.into(),
        theirs: first.value,
        facets: Vec::new(),
    }
}

fn facet() -> impl Strategy<Value = Facet> {
    prop_oneof![
        (0..5usize).prop_map(|i| set::status(Status::ALL[i])),
        (0..5usize).prop_map(|i| set::priority(Priority::ALL[i])),
        any::<Option<bool>>().prop_map(|o| set::owner(o.map(|tom| {
            if tom { Owner::Agent("tom@example.com".into()) } else { Owner::Team("billing".into()) }
        }))),
        (0..3u8, any::<bool>()).prop_map(|(n, on)| set::label(format!("label-{n}"), on)),
        (0..3u8).prop_map(|n| Facet::Subject { subject: format!("subject {n}") }),
    ]
}

fn delivery() -> impl Strategy<Value = Delivery> {
    prop_oneof![
        Just(Delivery::Accepted),
        Just(Delivery::Failed),
        Just(Delivery::Delivered),
        Just(Delivery::Read)
    ]
}

/// What a message is, but for its words, follows from its number: providers do not change their minds about that.
fn event() -> impl Strategy<Value = Event> {
    let text = (0..8u8, 0..4i64, any::<bool>(), any::<bool>(), proptest::option::of(delivery()), 0..4u8)
        .prop_map(|(n, rev, linked, history, state, words)| {
            let direction = match n % 4 {
                0 | 1 => Direction::Inbound,
                2 => Direction::Outbound,
                _ => Direction::Note,
            };
            let at = NOW + i64::from(n) * 1000 - 2000;
            let mut fact = fact(&format!("M{n}"), "", direction, at, &format!("words {words}"));
            fact.conversation = place(n, linked, (words > 1).then_some(words));
            fact.rev = Rev::at(rev);
            fact.history = history && words == 3;
            if direction == Direction::Inbound {
                fact.sent_at += rev * 10;
            }
            fact.metadata = serde_json::json!({ format!("key-{}", words % 2): words, "rev": rev });
            if words == 2 {
                fact.text = String::new();
                fact.attachments = vec![AttachmentFact {
                    external_id: "A1".into(),
                    name: Some(format!("photo-{rev}.jpg")),
                    mime: None,
                    size: Some(u64::try_from(rev).unwrap()),
                    caption: None,
                    media: None,
                }];
            }
            fact.delivery = state.map(|s| report(s, s.word(), NOW + rev));
            Event::Message(Box::new(fact))
        });
    let conversation = (0..3u8, any::<bool>(), proptest::collection::vec((facet(), 0..5i64), 0..3)).prop_map(
        |(n, linked, facets)| {
            let mut fact = place(n, linked, None);
            fact.facets = facets.into_iter().map(|(value, at)| Stamped { value, rev: Rev::at(at) }).collect();
            Event::Conversation(fact)
        },
    );
    let told = (0..8u8, delivery(), 0..5i64).prop_map(|(n, state, at)| {
        let mut report = report(state, state.word(), NOW + at);
        if state == Delivery::Failed {
            report.reason = Some(Reason { code: Some(format!("{}", 30_000 + at)), human: "no".into() });
        }
        if state == Delivery::Delivered {
            report.price = Some(format!("0.00{at}"));
        }
        Event::Delivery { message: MessageRef::External(format!("M{n}")), report }
    });
    let consent = (0..2u8, any::<bool>(), 0..4i64).prop_map(|(n, out, at)| Event::Consent {
        identity: phone(&format!("+3160000000{}", n + 1)),
        channel: Channel::Sms,
        state: Stamped {
            value: if out { ConsentState::OptedOut } else { ConsentState::OptedIn },
            rev: Rev::at(at),
        },
        said: "STOP".into(),
    });
    let read = (0..3u8, 0..9i64).prop_map(|(n, at)| Event::ReadUpTo {
        conversation: ConversationKey(format!("k{n}")),
        at: NOW + at * 1000 - 1500,
        source: DeliverySource::Webhook,
    });
    prop_oneof![6 => text, 3 => conversation, 3 => told, 1 => consent, 1 => read]
}

/// The whole store, without local ids, without the times at which this process learnt of things, and without how it learnt that a
/// message was read when it was told so both of the message and of everything up to it.
fn dump(kit: &Kit) -> Vec<String> {
    let conn = rusqlite::Connection::open(kit.store.dir().join("frontdesk.db")).unwrap();
    let mut out = Vec::new();
    for sql in [
        "SELECT 'conversation', c.external_id, c.channel, k.name, c.ours, c.theirs, i.value, c.subject, c.status, c.set_status,
                c.snoozed_until, c.priority, g.email, t.name, c.labels, c.unread, c.waiting_since, c.last_message_at,
                c.last_inbound_at, c.preview, c.preview_direction, c.preview_delivery, c.troubled, c.their_read_at
         FROM conversation c JOIN contact k ON k.id = c.contact_id LEFT JOIN identity i ON i.id = c.identity_id
         LEFT JOIN agent g ON g.id = c.agent_id LEFT JOIN team t ON t.id = c.team_id",
        "SELECT 'person', (SELECT group_concat(v) FROM (SELECT value v FROM identity WHERE contact_id = i.contact_id ORDER BY v))
         FROM identity i",
        "SELECT 'message', c.external_id, m.external_id, m.direction, m.kind, m.author_name, m.text, m.sent_at, m.seen, m.said,
                m.delivery, m.code, m.human, m.price, m.metadata, m.metadata_revs, m.rev_at
         FROM message m JOIN conversation c ON c.id = m.conversation_id",
        "SELECT 'step', m.external_id, s.state, s.said, s.code, s.at, s.human, s.price
         FROM delivery_step s JOIN message m ON m.id = s.message_id WHERE s.said <> 'read up to'",
        "SELECT 'file', m.external_id, a.external_id, a.name, a.size FROM attachment a JOIN message m ON m.id = a.message_id",
        "SELECT 'consent', i.value, n.state, n.at, n.said FROM consent n JOIN identity i ON i.id = n.identity_id",
        "SELECT 'facet', c.external_id, f.key, f.value, f.at FROM facet f JOIN conversation c ON c.id = f.conversation_id",
        "SELECT 'orphan', ref, said, report FROM orphan_delivery WHERE ref NOT LIKE 'conversation%'",
        "SELECT 'label', l.name, cl.open, cl.last_message_at, c.external_id FROM conversation_label cl
         JOIN label l ON l.id = cl.label_id JOIN conversation c ON c.id = cl.conversation_id",
        "SELECT 'count', key, total, unread FROM view_count WHERE (total, unread) <> (0, 0)",
        "SELECT 'found', m.external_id FROM message m WHERE m.id IN (SELECT rowid FROM message_fts('words'))",
        "SELECT 'named', c.external_id FROM conversation c WHERE c.id IN (SELECT rowid FROM name_fts('subject OR name'))",
    ] {
        let mut statement = conn.prepare(sql).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let cells: Vec<String> = (0..columns)
                .map(|i| match row.get::<_, rusqlite::types::Value>(i).unwrap() {
                    rusqlite::types::Value::Text(text) => text,
                    other => format!("{other:?}"),
                })
                .collect();
            out.push(cells.join(" | "));
        }
    }
    out.sort();
    out
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn facts_commute_and_repeat_without_effect(
        events in proptest::collection::vec(event(), 1..30),
        order in proptest::collection::vec((any::<proptest::sample::Index>(), 1..5usize), 0..40),
        cut in any::<proptest::sample::Index>(),
    ) {
        let straight = Kit::new();
        straight.apply(events.clone());
        straight.check();
        let want = dump(&straight);

        // Pieces in any order, some of them twice; then a pull that covers everything.
        let shuffled = Kit::new();
        for (at, many) in &order {
            let from = at.index(events.len());
            let piece: Vec<Event> = events[from..].iter().take(*many).cloned().collect();
            shuffled.apply(piece);
        }
        shuffled.check();
        let mut rest = events.clone();
        rest.reverse();
        let (one, two) = rest.split_at(cut.index(rest.len()));
        shuffled.apply(two.to_vec());
        shuffled.apply(one.to_vec());
        shuffled.check();
        prop_assert_eq!(&want, &dump(&shuffled));

        shuffled.apply(events.clone());
        prop_assert_eq!(&want, &dump(&shuffled));
    }
}

/// What happens between an agent, the store and a provider.
#[derive(Debug, Clone)]
enum Step {
    /// The agent sets the priority.
    Set(usize),
    /// The agent answers.
    Say,
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
                None => prop_assert_eq!(rows[0].delivery, Some(Delivery::Failed), "lost"),
            }
        }
    }
}
