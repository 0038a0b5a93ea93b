//! Whom queries find: addresses of every kind, however they are written and typed.

use super::kit::*;
use super::mailbox::*;
use frontdesk::domain::contact::{Identity, IdentityKind};
use frontdesk::domain::event::{ConversationKey, Event};
use frontdesk::domain::ids::ConversationId;
use frontdesk::domain::mail::Mailbox;
use frontdesk::domain::message::AttachmentFact;
use frontdesk::domain::message::Direction::Inbound;
use frontdesk::domain::query::parse;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

/// A conversation with somebody known by one identity, who says that some others are theirs.
fn written(kit: &Kit, id: &str, identity: Identity, claims: Vec<Identity>) -> ConversationId {
    let mut fact = fact(id, "", Inbound, NOW, "hello");
    fact.conversation.key = ConversationKey(format!("key of {id}"));
    fact.conversation.theirs = identity.value.clone();
    fact.conversation.party.identities = vec![identity];
    fact.conversation.party.claims = claims;
    kit.apply(vec![Event::Message(Box::new(fact))]).conversations[0]
}

/// The conversations of all messages that a query finds; `list` has to find the same.
fn found(kit: &Kit, query: &str) -> BTreeSet<ConversationId> {
    let (reader, query) = (kit.reader(), parse(query).unwrap());
    let hits = reader.search(&query, None, 100, None, NOW, &TimeZone::UTC).unwrap();
    let all: BTreeSet<_> = hits.into_iter().map(|hit| hit.conversation).collect();
    let listed = reader.list_query(&query, None, 100, None, NOW, &TimeZone::UTC).unwrap();
    assert_eq!(listed.into_iter().map(|row| row.id).collect::<BTreeSet<_>>(), all, "{query:?}");
    all
}

#[test]
fn a_number_typed_in_any_format_is_found_in_every_kind_of_identity() {
    let kit = Kit::new();
    let number = "+882747051715";
    let handle = |value: &str| Identity::new(IdentityKind::Handle, value);
    let all: BTreeSet<_> = [
        written(&kit, "A", phone(number), Vec::new()),
        written(&kit, "B", handle("webchat:+882747051715"), vec![phone(number)]),
        written(&kit, "C", handle("telegram:+882 74 705-1715"), Vec::new()),
        written(&kit, "D", Identity::new(IdentityKind::Visitor, "0123abcd"), vec![phone(number)]),
        written(&kit, "E", Identity::new(IdentityKind::Whatsapp, "882747051715"), Vec::new()),
    ]
    .into();
    assert_eq!(all.len(), 5);
    written(&kit, "X", phone("+882747051799"), Vec::new());
    for typed in [
        "+882747051715",
        "882747051715",
        "00882747051715",
        "+882 747 051 715",
        "882-747-051-715",
        "747051715",
        "0747051715",
    ] {
        assert_eq!(found(&kit, &format!("identity:\"{typed}\"")), all, "identity:{typed}");
        assert_eq!(found(&kit, typed), all, "{typed}");
    }
    assert_eq!(found(&kit, "identity:+8827470517").len(), 6, "as far as it is typed");
    assert!(found(&kit, "identity:+882747051716").is_empty());
}

#[test]
fn an_e_mail_address_is_found_where_it_is_proved_and_where_it_is_said() {
    let kit = Kit::new();
    let mail = |value: &str| Identity::new(IdentityKind::Email, value);
    let all: BTreeSet<_> = [
        written(&kit, "A", mail("anna@example.com"), Vec::new()),
        written(&kit, "B", Identity::new(IdentityKind::Visitor, "0123abcd"), vec![mail("anna@example.com")]),
    ]
    .into();
    written(&kit, "X", mail("joanna@example.com"), Vec::new());
    assert_eq!(found(&kit, "identity:Anna@Example.com"), all);
    assert_eq!(found(&kit, "identity:anna"), all, "by its beginning");
    assert_eq!(found(&kit, "identity:example.com").len(), 3);
}

#[test]
fn a_thread_is_found_by_all_who_take_part_by_every_subject_and_by_its_files() {
    let kit = mail_kit(&[]);
    let mut second = mail_fact(answer_to(&["a"], mail("b", ANNA, "Re: Broken clock")), NOW + 1000, "two");
    if let Some(mail) = &mut second.mail {
        mail.cc = vec![Mailbox::named("Willem Post", "boss@partner.example")];
    }
    second.attachments = vec![AttachmentFact {
        external_id: "1".into(),
        place: None,
        name: Some("Rechnung-4711.pdf".into()),
        mime: None,
        size: None,
        caption: None,
        media: None,
        path: None,
        on_demand: true,
    }];
    kit.apply(vec![
        mailed(mail("a", ANNA, "Lamp"), NOW, "one"),
        Event::Message(Box::new(second)),
        mailed(mail("z", BOB, "Invoice"), NOW + 2000, "another one"),
    ]);
    let id = ids(&kit)[0];
    for words in ["boss@partner.example", "willem", "clock", "Rechnung", "4711"] {
        assert_eq!(found(&kit, words), BTreeSet::from([id]), "{words}");
    }
    kit.check();
}
