//! A clock that jumps backwards: nothing waits for the lost hours, and order and triage stay what people see.

use crate::support::Home;
use frontdesk::config::{Config, Env, Overrides};
use frontdesk::domain::account::Channel;
use frontdesk::domain::clock::{Clock, ManualClock, Ms, SystemClock};
use frontdesk::domain::command::Action;
use frontdesk::domain::contact::{Identity, IdentityKind, Party};
use frontdesk::domain::conversation::Status;
use frontdesk::domain::event::{ConversationFact, ConversationKey, Event, MessageFact};
use frontdesk::domain::facet::Facet;
use frontdesk::domain::ids::{AccountId, ConversationId, OpId};
use frontdesk::domain::message::{Author, Direction, MessageKind};
use frontdesk::domain::op::Accepted;
use frontdesk::domain::rev::Rev;
use frontdesk::domain::row::ConversationRow;
use frontdesk::engine::lanes::{Action as Step, Input, Job, Lanes, Policy};
use frontdesk::net::backoff::Backoff;
use frontdesk::store::{AccountSpec, Actor, Class, Store, Taken};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const NOON: Ms = 1_790_000_000_000;
const HOUR: Ms = 3_600_000;

struct Desk {
    store: Store,
    clock: Arc<dyn Clock>,
    account: AccountId,
}

/// A desk whose clock is what the test says.
fn desk(dir: &Path, clock: Arc<dyn Clock>) -> Desk {
    let store = Store::open(dir, clock.clone()).unwrap();
    let spec = AccountSpec {
        name: "shop".into(),
        provider: "webchat".into(),
        channels: vec![Channel::Webchat],
        enabled: true,
        from: Vec::new(),
        capabilities: Some(frontdesk::provider::Provider::capabilities(
            &frontdesk::provider::webchat::Webchat::new("shop"),
        )),
    };
    let account = store
        .writer()
        .call(Class::Durable, move |t| {
            t.agents_sync(&[("Ana".into(), "ana@example.com".into())])?;
            t.account_upsert(&spec)
        })
        .unwrap();
    Desk { store, clock, account }
}

impl Desk {
    fn hears(&self, text: &str) -> ConversationId {
        let now = self.clock.now();
        let fact = MessageFact {
            conversation: ConversationFact {
                key: ConversationKey("v".into()),
                channel: Channel::Webchat,
                party: Party {
                    identities: vec![Identity::new(IdentityKind::Visitor, "v".to_owned())],
                    name: None,
                    claims: Vec::new(),
                    said: None,
                },
                ours: "shop".into(),
                theirs: "v".into(),
                facets: Vec::new(),
            },
            external_id: text.into(),
            token: None,
            direction: Direction::Inbound,
            kind: MessageKind::Text,
            author: Author::contact(None),
            text: text.into(),
            sent_at: now,
            attachments: Vec::new(),
            metadata: serde_json::Value::Null,
            mail: None,
            delivery: None,
            history: false,
            rev: Rev::at(now),
        };
        let account = self.account;
        let events = [Event::Message(Box::new(fact))];
        self.store.writer().call(Class::Apply, move |t| t.apply(account, &events)).unwrap().conversations[0]
    }

    fn does(&self, action: Action) -> Option<OpId> {
        let actor = Actor { name: "Ana".into(), email: "ana@example.com".into() };
        self.store.writer().call(Class::Durable, move |t| t.perform(&actor, &action)).unwrap().op
    }

    fn sends(&self, op: OpId, now: Ms) {
        self.store
            .writer()
            .call(Class::Durable, move |t| {
                assert!(matches!(t.op_take(op, now)?, Taken::Op(_)), "due now, whatever the clock was");
                t.op_accepted(op, &Accepted::State { events: Vec::new() }, now)
            })
            .unwrap();
    }

    fn row(&self) -> ConversationRow {
        self.store.reader().unwrap().list_all(1, None).unwrap().remove(0)
    }

    fn texts(&self, c: ConversationId) -> Vec<String> {
        self.store.reader().unwrap().thread(c, None, 100).unwrap().into_iter().map(|m| m.text).collect()
    }
}

fn status(conversation: ConversationId, status: Status) -> Action {
    Action::Set { conversation, facet: Facet::Status { status, until: None } }
}

#[test]
fn a_run_whose_clock_was_set_back_goes_on_where_the_last_one_was() {
    let home = Home::empty();
    home.configure("[agent]\nname = \"Ana\"\nemail = \"ana@example.com\"\n[workspace.main.channel.shop]\nprovider = \"webchat\"\n");
    let ahead = Arc::new(ManualClock::new(SystemClock.now() + 5 * HOUR));
    let before = desk(&home.workspace(), ahead.clone());
    let c = before.hears("first question");
    let op = before
        .does(Action::Reply { conversation: c, text: "an answer".into(), undo_ms: 5_000, at: None })
        .unwrap();
    drop(before);

    // The machine's clock is right again, five hours earlier.
    let overrides = Overrides { home: Some(home.path().to_owned()), ..Overrides::default() };
    let config = Config::load(&overrides, &Env::default()).unwrap();
    let workspace = frontdesk::app::workspace::open(config).unwrap();
    let account = workspace.store.reader().unwrap().account_by_name("shop").unwrap().unwrap().id;
    let desk = Desk { store: workspace.store, clock: workspace.clock, account };
    assert!(desk.clock.now() >= ahead.now(), "time goes on");
    let planned = desk.store.reader().unwrap().ops_planned(0).unwrap();
    assert_eq!(planned.len(), 1);
    assert!(planned[0].not_before <= desk.clock.now() + 5_000, "it waits for its undo window, not for hours");
    let now = desk.clock.now() + 5_000;
    desk.sends(op, now);
    assert_eq!(desk.row().waiting_since, None, "answered is answered");
    desk.does(status(c, Status::Resolved));
    assert_eq!(desk.row().status, Status::Resolved);
    desk.hears("second question");
    let row = desk.row();
    assert_eq!(row.status, Status::Open, "a new message reopens");
    assert!(row.waiting_since.is_some(), "and waits");
    assert_eq!(desk.texts(c), ["first question", "an answer", "second question"]);
}

#[test]
fn a_local_change_counts_after_any_jump() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(NOON));
    let desk = desk(dir.path(), clock.clone());
    let c = desk.hears("question");
    for (back, wanted) in
        [(0, Status::Resolved), (1, Status::Open), (30 * 24, Status::Resolved), (9_999, Status::Open)]
    {
        clock.set(NOON - back * HOUR);
        desk.does(status(c, wanted));
        assert_eq!(desk.row().status, wanted, "{back} hours back");
    }
    assert!(desk.store.reader().unwrap().verify(c).unwrap().is_empty());
}

#[test]
fn after_a_jump_of_months_nothing_waits_for_the_lost_time() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(NOON));
    let desk = desk(dir.path(), clock.clone());
    let c = desk.hears("question");
    let op = desk
        .does(Action::Reply { conversation: c, text: "answer".into(), undo_ms: 5_000, at: None })
        .unwrap();
    let now = NOON - 90 * 24 * HOUR;
    clock.set(now);
    desk.store.writer().call(Class::Durable, move |t| t.ops_recover(now)).unwrap();
    let planned = desk.store.reader().unwrap().ops_planned(0).unwrap();
    assert_eq!(planned[0].not_before, now + 5_000);
    // The planner itself has no other opinion.
    let mut lanes = Lanes::new(Backoff { base: Duration::from_secs(1), max: Duration::from_secs(300) }, 7);
    let policy = Policy { ready: true, connection: 1, at_once: 4, per_second: None };
    lanes.step(now, Input::Account(desk.account, policy));
    let row = &planned[0];
    let job = Job {
        id: row.id,
        seq: row.seq,
        account: row.account,
        conversation: row.conversation,
        class: row.class,
        facet: None,
        state: row.state,
        not_before: row.not_before,
        created_at: row.created_at,
        scheduled_at: row.scheduled_at,
        attempts: 0,
        refused: false,
    };
    assert_eq!(lanes.step(now, Input::Loaded(vec![job])), [Step::Wake(now + 5_000)]);
    assert_eq!(lanes.step(now + 5_000, Input::Tick), [Step::Start(op)]);
    desk.sends(op, now + 5_000);
}
