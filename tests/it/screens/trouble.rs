//! The desk on bad days: messages that do not get through, and no engine.

use super::world::{MIN, NOW, World, message};
use frontdesk::domain::account::Health;
use frontdesk::domain::delivery::{Delivery, DeliverySource, Reason};
use frontdesk::domain::ids::{ConversationId, MessageId, OpId};
use frontdesk::domain::message::Direction;
use frontdesk::domain::op::OpState;
use frontdesk::domain::row::{DeliveryStep, OutboxRow};
use frontdesk::ui::EngineState;

impl World {
    /// Messages that did not get through, and why.
    pub fn failing() -> World {
        let mut world = World::busy();
        let mut out = |id, ago, text: &str, delivery, reason: Option<(&str, &str)>, due: Option<i64>| {
            let mut row = message(2, id, Direction::Outbound, "Ana Sousa", ago, text);
            row.delivery = Some(delivery);
            row.reason = reason.map(|(code, human)| Reason {
                code: (!code.is_empty()).then(|| code.into()),
                human: human.into(),
            });
            row.due_at = due.map(|d| NOW + d);
            world.messages.push(row);
        };
        let opted =
            "the customer has opted out with STOP: they have to write START before anything can be sent";
        out(202, 25 * MIN, "Your refund is on its way.", Delivery::Failed, Some(("21610", opted)), None);
        let cut = "no answer came: it may have been sent, looking for it";
        out(203, 20 * MIN, "It was booked on Monday.", Delivery::Unknown, Some(("", cut)), None);
        let parked = "the 24 h reply window is closed";
        out(204, 15 * MIN, "Can I do anything else?", Delivery::Parked, Some(("", parked)), None);
        out(
            205,
            12 * MIN,
            "Please tell me.",
            Delivery::Retrying,
            Some(("429", "the provider asks for patience")),
            Some(8_000),
        );
        out(206, 0, "Bye!", Delivery::Queued, None, Some(4_000));
        let waiting = |n: u128, state, reason: &str, attempts, not_before| OutboxRow {
            op: OpId(uuid::Uuid::from_u128(n)),
            message: Some(MessageId(202)),
            conversation: ConversationId(2),
            contact_name: "Bob Chen".into(),
            theirs: String::new(),
            kind: "send",
            text: Some("Your refund is on its way.".into()),
            state,
            reason: (!reason.is_empty()).then(|| Reason::ours(reason)),
            held: None,
            attempts,
            created_at: NOW - 5 * MIN,
            not_before,
        };
        world.outbox = vec![
            waiting(1, OpState::Retrying, "the provider asks for patience", 2, NOW + 8_000),
            waiting(2, OpState::Unknown, cut, 1, NOW),
            waiting(3, OpState::Parked, parked, 0, NOW),
        ];
        let step = |state, at, source, said: &str, reason: Option<Reason>| DeliveryStep {
            state,
            at: NOW + at,
            source,
            said: said.into(),
            reason,
            price: None,
        };
        world.steps = vec![
            step(Delivery::Queued, -60_000, DeliverySource::Engine, "", None),
            step(Delivery::Accepted, -59_000, DeliverySource::Answer, "queued", None),
            step(
                Delivery::Failed,
                -30_000,
                DeliverySource::Webhook,
                "undelivered",
                Some(Reason { code: Some("30003".into()), human: "the phone is switched off".into() }),
            ),
        ];
        let bob = &mut world.rows[1];
        bob.troubled = 3;
        bob.delivery = Some(Delivery::Failed);
        world.accounts[1].health = Health::Failing;
        world.accounts[1].detail = "connection refused".into();
        world
    }

    /// No engine, no login.
    pub fn offline() -> World {
        let mut world = World::busy();
        world.accounts[0].health = Health::NeedsLogin;
        world.status.engine = EngineState::Offline;
        world.status.listening = None;
        world.status.warnings = vec!["port 8080 is in use by another program".into()];
        world
    }
}
