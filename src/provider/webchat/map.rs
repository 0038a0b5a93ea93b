//! What a visitor's deeds mean in our vocabulary. Pure.

use super::wire::{Deed, Profile, Said, Seen, inbound_id};
use crate::domain::account::Channel;
use crate::domain::clock::Ms;
use crate::domain::contact::{Identity, IdentityKind, Party};
use crate::domain::delivery::{Delivery, DeliverySource};
use crate::domain::event::{
    ConversationFact, ConversationKey, DeliveryReport, Event, MessageFact, MessageRef,
};
use crate::domain::message::{Author, Direction, MessageKind};
use crate::domain::rev::Rev;
use crate::provider::{Ingest, Malformed, RawPush};

pub(super) fn ingest(name: &str, push: &RawPush) -> Result<Ingest, Malformed> {
    let (visitor, deed) = Deed::read(name, push).map_err(Malformed)?;
    let events = match deed {
        Deed::Said(said) => vec![message(name, &visitor, said, push.received_at)],
        Deed::Seen(seen) => deliveries(seen, push.received_at),
        Deed::Profile(profile) => {
            let mut fact = conversation(name, &visitor, &profile);
            fact.party.said = Some(Rev::at(push.received_at));
            vec![Event::Conversation(fact)]
        }
    };
    Ok(Ingest { events, ..Ingest::default() })
}

fn message(name: &str, visitor: &str, said: Said, at: Ms) -> Event {
    Event::Message(Box::new(MessageFact {
        conversation: conversation(name, visitor, &said.profile),
        external_id: inbound_id(visitor, &said.id),
        token: None,
        direction: Direction::Inbound,
        kind: MessageKind::Text,
        author: Author::contact(said.profile.name),
        text: said.text,
        sent_at: at,
        attachments: Vec::new(),
        metadata: serde_json::Value::Null,
        mail: None,
        delivery: None,
        history: false,
        rev: Rev::at(at),
    }))
}

/// One conversation per visitor. The visitor is proved by the token; name and e-mail are what they say.
fn conversation(name: &str, visitor: &str, profile: &Profile) -> ConversationFact {
    ConversationFact {
        key: ConversationKey(visitor.to_owned()),
        channel: Channel::Webchat,
        party: Party {
            identities: vec![Identity::new(IdentityKind::Visitor, visitor)],
            name: profile.name.clone(),
            claims: profile.email.iter().map(|e| Identity::new(IdentityKind::Email, e)).collect(),
            said: None,
        },
        ours: name.to_owned(),
        theirs: format!("Visitor {}", visitor.get(..8).unwrap_or(visitor)),
        facets: Vec::new(),
    }
}

fn deliveries(seen: Seen, at: Ms) -> Vec<Event> {
    let report = |state: Delivery| DeliveryReport {
        state,
        said: state.word().to_owned(),
        reason: None,
        missed: Vec::new(),
        price: None,
        at,
        source: DeliverySource::Webhook,
    };
    let event =
        |id: String, state| Event::Delivery { message: MessageRef::External(id), report: report(state) };
    let delivered = seen.delivered.into_iter().map(|id| event(id, Delivery::Delivered));
    let read = seen.read.into_iter().map(|id| event(id, Delivery::Read));
    delivered.chain(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::webchat::Webchat;
    use crate::provider::webchat::wire::VISITOR_HEADER;
    use crate::provider::{DedupeKey, Provider, Reject};

    fn visitor() -> String {
        "0123456789abcdef".repeat(4)
    }

    fn said(id: &str, text: &str, profile: Profile) -> RawPush {
        Deed::Said(Said { id: id.into(), text: text.into(), profile })
            .push("site", &visitor(), 5_000)
            .unwrap()
    }

    #[test]
    fn a_message_is_the_visitors_and_what_they_say_of_themselves_a_claim() {
        let profile = Profile { name: Some("Ana".into()), email: Some("ana@example.com".into()) };
        let push = said("c-1", "<b>hi</b>", profile);
        let chat = Webchat::new("site");
        assert_eq!(chat.verify(&push), Ok(DedupeKey("v:0123456789abcdef:c-1".into())));
        let Ingest { events, .. } = chat.ingest(&push).unwrap();
        let [Event::Message(fact)] = events.as_slice() else { panic!() };
        assert_eq!(fact.external_id, "v:0123456789abcdef:c-1");
        assert_eq!(
            (fact.direction, fact.sent_at, fact.text.as_str()),
            (Direction::Inbound, 5_000, "<b>hi</b>")
        );
        let c = &fact.conversation;
        assert_eq!(c.key.0, visitor());
        assert_eq!(c.party.identities, [Identity::new(IdentityKind::Visitor, visitor())]);
        assert_eq!(c.party.claims, [Identity::new(IdentityKind::Email, "ana@example.com")]);
        assert_eq!((c.party.name.as_deref(), c.theirs.as_str()), (Some("Ana"), "Visitor 01234567"));
    }

    #[test]
    fn receipts_and_profiles_become_facts() {
        let chat = Webchat::new("site");
        let seen = Seen { delivered: vec!["a:1".into()], read: vec!["a:2".into()] };
        let push = Deed::Seen(seen).push("site", &visitor(), 9).unwrap();
        let states: Vec<_> = chat
            .ingest(&push)
            .unwrap()
            .events
            .into_iter()
            .map(|e| match e {
                Event::Delivery { message: MessageRef::External(id), report } => {
                    (id, report.state, report.at)
                }
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(states, [("a:1".into(), Delivery::Delivered, 9), ("a:2".into(), Delivery::Read, 9)]);
        let push = Deed::Profile(Profile { name: Some("B".into()), email: None })
            .push("site", &visitor(), 9)
            .unwrap();
        assert!(matches!(chat.ingest(&push).unwrap().events.as_slice(), [Event::Conversation(_)]));
        let again = RawPush { received_at: 10, ..push.clone() };
        assert_ne!(chat.verify(&push), chat.verify(&again), "a name may go back to what it was");
    }

    #[test]
    fn what_comes_through_the_generic_hook_is_refused() {
        let chat = Webchat::new("site");
        let good = said("c", "x", Profile::default());
        let hook = RawPush { url: "https://desk.example/hooks/site".into(), ..good.clone() };
        let sly = RawPush { url: "https://desk.example/hooks/webchat:/site/messages".into(), ..good.clone() };
        let other = RawPush { url: "webchat:/site2/messages".into(), ..good.clone() };
        let nobody = RawPush { headers: Vec::new(), ..good.clone() };
        let bad = RawPush { headers: vec![(VISITOR_HEADER.into(), "ü".repeat(32))], ..good };
        for push in [hook, sly, other, nobody, bad] {
            assert!(matches!(chat.verify(&push), Err(Reject::Foreign(_))), "{push:?}");
            assert!(chat.ingest(&push).is_err());
        }
    }

    #[test]
    fn deep_or_broken_json_is_malformed_and_no_crash() {
        let chat = Webchat::new("site");
        for body in ["[".repeat(100_000), "{\"id\":".repeat(50_000), "\u{0}".into(), "{}".into()] {
            let push = RawPush { body: body.into_bytes(), ..said("c", "x", Profile::default()) };
            assert!(chat.verify(&push).is_err());
        }
    }
}
