//! Facts commute and repeat without effect: any order, any pieces, twice, cut short and pulled again, give the same store.

use super::config;
use crate::store::kit::*;
use frontdesk::domain::account::Channel;
use frontdesk::domain::command::set;
use frontdesk::domain::contact::{ConsentState, Identity, IdentityKind, Party};
use frontdesk::domain::conversation::{Priority, Status};
use frontdesk::domain::delivery::{Delivery, DeliverySource, Reason};
use frontdesk::domain::event::{ConversationFact, ConversationKey, Event, MessageRef};
use frontdesk::domain::facet::{Facet, Owner};
use frontdesk::domain::message::{AttachmentFact, Direction};
use frontdesk::domain::rev::{Rev, Stamped};
use proptest::prelude::*;

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
        party: Party { identities, name: name.map(|n| format!("Name {n}")), claims: Vec::new(), said: None },
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
        any::<bool>().prop_map(|on| set::archived(on.then_some(NOW))),
        any::<bool>().prop_map(set::muted),
        proptest::option::of(0..100u8).prop_map(set::score),
        (0..2u8, proptest::option::of(0..3u8))
            .prop_map(|(n, v)| set::field(format!("field-{n}"), v.map(|v| v.to_string()))),
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
                // Statements differ in which files they know, and in their order.
                let file = |name: &str, place: Option<u16>| AttachmentFact {
                    external_id: name.into(),
                    place,
                    name: Some(format!("photo-{rev}.jpg")),
                    mime: None,
                    size: Some(u64::try_from(rev).unwrap()),
                    caption: None,
                    media: None,
                    path: None,
                    on_demand: false,
                };
                fact.attachments = match rev {
                    0 => vec![file("A0", Some(0)), file("A1", Some(1))],
                    1 => vec![file("A2", None), file("A1", None)],
                    2 => vec![file("A2", Some(0)), file("A1", Some(1))],
                    _ => vec![file("A3", Some(0)), file("A2", Some(1)), file("A1", Some(2))],
                };
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
pub(super) fn dump(kit: &Kit) -> Vec<String> {
    dump_of(kit.store.dir())
}

/// The same of any workspace.
pub fn dump_of(workspace: &std::path::Path) -> Vec<String> {
    let conn = rusqlite::Connection::open(workspace.join("frontdesk.db")).unwrap();
    let mut out = Vec::new();
    for sql in [
        "SELECT 'conversation', c.external_id, c.channel, k.name, c.ours, c.theirs, i.value, c.subject, c.status, c.set_status,
                c.snoozed_until, c.priority, g.email, t.name, c.labels, c.unread, c.waiting_since, c.last_message_at,
                c.last_inbound_at, c.preview, c.preview_direction, c.preview_delivery, c.troubled, c.their_read_at,
                c.archived_at, c.set_archived_at, c.muted, c.score, c.fields
         FROM conversation c JOIN contact k ON k.id = c.contact_id LEFT JOIN identity i ON i.id = c.identity_id
         LEFT JOIN agent g ON g.id = c.agent_id LEFT JOIN team t ON t.id = c.team_id",
        "SELECT 'person', (SELECT group_concat(v) FROM (SELECT value v FROM identity WHERE contact_id = i.contact_id ORDER BY v))
         FROM identity i",
        "SELECT 'message', c.external_id, m.external_id, m.direction, m.kind, m.author_name, m.text, m.sent_at, m.seen, m.said,
                m.delivery, m.code, m.human, m.price, m.metadata, m.metadata_revs, m.rev_at
         FROM message m JOIN conversation c ON c.id = m.conversation_id",
        "SELECT 'step', m.external_id, s.state, s.said, s.code, s.at, s.human, s.price
         FROM delivery_step s JOIN message m ON m.id = s.message_id WHERE s.said <> 'read up to'",
        "SELECT 'file', m.external_id, a.external_id, a.name, a.size, a.place FROM attachment a JOIN message m ON m.id = a.message_id",
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
