//! What the tests of the store share: a workspace in a temporary directory, a clock that stands still, facts by example.

use frontdesk::domain::account::Channel;
use frontdesk::domain::capability::{
    AttachmentLimits, Capabilities, ChannelCapabilities, Formatting, Ownership, PushKind,
};
use frontdesk::domain::clock::{ManualClock, Ms};
use frontdesk::domain::command::{Action, Performed};
use frontdesk::domain::contact::{Identity, IdentityKind, Party};
use frontdesk::domain::delivery::{Delivery, DeliverySource};
use frontdesk::domain::event::{
    ConversationFact, ConversationKey, DeliveryReport, Event, MessageFact, MessageRef,
};
use frontdesk::domain::facet::Facet;
use frontdesk::domain::ids::{AccountId, ConversationId};
use frontdesk::domain::message::{Author, Direction, MessageKind};
use frontdesk::domain::rev::{Rev, Stamped};
use frontdesk::store::{AccountSpec, Actor, Applied, Class, Reader, Store, StoreError};
use std::sync::Arc;
use tempfile::TempDir;

/// Now, at the beginning of each test.
pub const NOW: Ms = 1_700_000_000_000;
/// Our number.
pub const OURS: &str = "+15550001";

/// A workspace with one account.
pub struct Kit {
    pub dir: TempDir,
    pub clock: Arc<ManualClock>,
    pub store: Store,
    pub account: AccountId,
}

/// What an SMS account can do, with all facets kept here or all at the provider.
pub fn capabilities(owner: Ownership) -> Capabilities {
    let channel = |channel| ChannelCapabilities {
        channel,
        read_only: None,
        own: Vec::new(),
        house: Vec::new(),
        max_text: Some(1600),
        segments: true,
        reply_window: None,
        start: true,
        originals: false,
        attachments: AttachmentLimits::default(),
        typing: false,
        read_receipts: false,
        formatting: Formatting::None,
    };
    Capabilities {
        channels: vec![channel(Channel::Sms), channel(Channel::Whatsapp)],
        status: owner,
        assignee: owner,
        labels: owner,
        priority: owner,
        notes: Ownership::Local,
        read_state: Ownership::Local,
        marks: Vec::new(),
        idempotent_send: false,
        push: PushKind::Webhook,
    }
}

/// An account's specification.
pub fn spec(name: &str, owner: Ownership) -> AccountSpec {
    AccountSpec {
        name: name.into(),
        provider: "twilio".into(),
        channels: vec![Channel::Sms, Channel::Whatsapp],
        enabled: true,
        capabilities: Some(capabilities(owner)),
        from: vec![(Channel::Sms, OURS.into())],
    }
}

impl Kit {
    pub fn new() -> Kit {
        Kit::owned(Ownership::Local)
    }

    pub fn owned(owner: Ownership) -> Kit {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(NOW));
        let store = Store::open(&dir.path().join("w"), clock.clone()).unwrap();
        let account = store
            .writer()
            .call(Class::Durable, move |t| {
                t.agents_sync(&[
                    ("Ana".into(), "ana@example.com".into()),
                    ("Tom".into(), "tom@example.com".into()),
                ])?;
                t.account_upsert(&spec("support", owner))
            })
            .unwrap();
        Kit { dir, clock, store, account }
    }

    pub fn reader(&self) -> Reader {
        self.store.reader().unwrap()
    }

    pub fn apply(&self, events: Vec<Event>) -> Applied {
        let account = self.account;
        self.store.writer().call(Class::Apply, move |t| t.apply(account, &events)).unwrap()
    }

    pub fn try_perform(&self, action: Action) -> Result<Performed, StoreError> {
        self.store.writer().call(Class::Durable, move |t| t.perform(&ana(), &action))
    }

    pub fn perform(&self, action: Action) -> Performed {
        self.try_perform(action).unwrap()
    }

    pub fn set(&self, conversation: ConversationId, facet: Facet) -> Performed {
        self.perform(Action::Set { conversation, facet })
    }

    /// Applies one inbound message and answers its conversation.
    pub fn inbound(&self, id: &str, from: &str, at: Ms, text: &str) -> ConversationId {
        self.apply(vec![message(id, from, Direction::Inbound, at, text)]).conversations[0]
    }

    pub fn reply(&self, conversation: ConversationId, text: &str) -> Performed {
        self.perform(Action::Reply { conversation, text: text.into(), undo_ms: 0, at: None })
    }

    /// Everything derived equals what is computed from nothing.
    pub fn check(&self) {
        let reader = self.reader();
        for id in reader.conversation_ids().unwrap() {
            let wrong = reader.verify(id).unwrap();
            assert!(wrong.is_empty(), "conversation {id}: {wrong:#?}");
        }
        let wrong = reader.verify_counts().unwrap();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

pub fn ana() -> Actor {
    Actor { name: "Ana".into(), email: "ana@example.com".into() }
}

pub fn phone(value: &str) -> Identity {
    Identity::new(IdentityKind::Phone, value)
}

pub fn conversation(from: &str) -> ConversationFact {
    ConversationFact {
        key: ConversationKey(format!("{OURS}|{from}")),
        channel: Channel::Sms,
        party: Party { identities: vec![phone(from)], name: None, claims: Vec::new(), said: None },
        ours: OURS.into(),
        theirs: from.into(),
        facets: Vec::new(),
    }
}

pub fn fact(id: &str, from: &str, direction: Direction, at: Ms, text: &str) -> MessageFact {
    MessageFact {
        conversation: conversation(from),
        external_id: id.into(),
        token: None,
        direction,
        kind: MessageKind::Text,
        author: if direction == Direction::Inbound { Author::contact(None) } else { Author::system() },
        text: text.into(),
        sent_at: at,
        attachments: Vec::new(),
        metadata: serde_json::Value::Null,
        mail: None,
        delivery: None,
        history: false,
        rev: Rev::at(at),
    }
}

pub fn message(id: &str, from: &str, direction: Direction, at: Ms, text: &str) -> Event {
    Event::Message(Box::new(fact(id, from, direction, at, text)))
}

pub fn facets(from: &str, at: Ms, facets: Vec<Facet>) -> Event {
    let mut fact = conversation(from);
    fact.facets = facets.into_iter().map(|value| Stamped { value, rev: Rev::at(at) }).collect();
    Event::Conversation(fact)
}

pub fn report(state: Delivery, said: &str, at: Ms) -> DeliveryReport {
    DeliveryReport {
        state,
        said: said.into(),
        reason: None,
        missed: Vec::new(),
        price: None,
        at,
        source: DeliverySource::Webhook,
    }
}

pub fn delivered(message: MessageRef, state: Delivery, said: &str, at: Ms) -> Event {
    Event::Delivery { message, report: report(state, said, at) }
}
