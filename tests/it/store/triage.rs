//! Triage: facets kept here and at the provider, views and counts, people, drafts, the small tables.

use super::kit::*;
use frontdesk::domain::account::{Channel, Health};
use frontdesk::domain::capability::Ownership;
use frontdesk::domain::command::{Action, ComposeMode, set};
use frontdesk::domain::contact::{ConsentState, Identity, IdentityKind};
use frontdesk::domain::conversation::{Assignee, Priority, Qualification, QualificationState, Status};
use frontdesk::domain::delivery::Delivery;
use frontdesk::domain::event::Event;
use frontdesk::domain::facet::{Facet, Owner};
use frontdesk::domain::ids::ConversationId;
use frontdesk::domain::message::{Direction::Activity, Direction::Inbound, Direction::Outbound, MessageKind};
use frontdesk::domain::op::{OpBody, OpState};
use frontdesk::domain::quick_reply::QuickReply;
use frontdesk::domain::rev::{Rev, Stamped};
use frontdesk::domain::row::{ListKey, View};
use frontdesk::store::{Actor, Class, StoreError};

const ANNA: &str = "+31600000001";

fn owner(email: &str) -> Facet {
    set::owner(Some(Owner::Agent(email.into())))
}

#[test]
fn facets_that_only_we_keep_are_set_at_once_and_move_views_and_counts() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", ANNA, NOW, "hello");
    for facet in [
        owner("ANA@example.com"),
        set::priority(Priority::Urgent),
        set::label("vip", true),
        set::label("billing", true),
        set::qualification(Some(Qualification {
            state: QualificationState::Disqualified,
            reason: Some("a robot".into()),
        })),
    ] {
        let done = kit.set(c, facet.clone());
        assert!(done.changed && done.op.is_none());
        assert!(!kit.set(c, facet).changed, "twice is once");
        kit.check();
    }
    let reader = kit.reader();
    let row = reader.conversation(c).unwrap().unwrap();
    let ana = reader.agent_by_email("Ana@Example.com").unwrap().unwrap();
    assert_eq!(row.assignee, Some(Assignee::Agent(ana.id)));
    assert_eq!((row.assignee_name.as_deref(), row.priority), (Some("Ana"), Priority::Urgent));
    assert_eq!(row.labels, ["billing", "vip"]);
    assert_eq!(row.qualification.unwrap().reason.as_deref(), Some("a robot"));
    for view in [View::Mine(ana.id), View::Label("vip".into()), View::Channel(Channel::Sms)] {
        assert_eq!(reader.list(&view, None, 5).unwrap().len(), 1, "{view:?}");
        assert_eq!(reader.counts(&[view]).unwrap()[0].total, 1);
    }
    assert!(reader.list(&View::Unassigned, None, 5).unwrap().is_empty());
    kit.set(c, set::label("vip", false));
    kit.set(c, set::status(Status::Resolved));
    assert!(reader.list(&View::Label("billing".into()), None, 5).unwrap().is_empty());
    assert_eq!(reader.counts(&[View::Resolved, View::Mine(ana.id)]).unwrap()[0].total, 1);
    assert_eq!(reader.labels().unwrap(), ["billing"], "what nobody has is no label any more");
    kit.check();
}

#[test]
fn nobody_is_assigned_who_is_not_there_and_nothing_is_written() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", ANNA, NOW, "hello");
    let why = kit.try_perform(Action::Set { conversation: c, facet: owner("bob@example.com") }).unwrap_err();
    assert!(why.to_string().contains("ana@example.com, tom@example.com"), "{why}");
    let why = kit.try_perform(Action::Set {
        conversation: c,
        facet: set::qualification(Some(Qualification {
            state: QualificationState::Disqualified,
            reason: None,
        })),
    });
    assert!(matches!(why, Err(StoreError::Refused(_))));
    let gone = Action::Set { conversation: ConversationId(77), facet: set::status(Status::Open) };
    assert_eq!(kit.try_perform(gone).unwrap_err(), StoreError::NotFound("conversation"));
    kit.check();
}

#[test]
fn facets_of_the_provider_are_shown_at_once_and_travel_as_one_op() {
    let kit = Kit::owned(Ownership::Remote);
    let c = kit.inbound("SM1", ANNA, NOW, "hello");
    let first = kit.set(c, set::priority(Priority::Low)).op.unwrap();
    let second = kit.set(c, set::priority(Priority::High)).op.unwrap();
    let reader = kit.reader();
    assert_eq!(reader.op(first).unwrap().unwrap().1, OpState::Cancelled, "replaced before it left");
    let w = kit.store.writer();
    assert!(w.call(Class::Durable, move |t| t.op_claim(second, NOW)).unwrap());
    let third = kit.set(c, set::priority(Priority::Urgent)).op.unwrap();
    assert_eq!(reader.op(second).unwrap().unwrap().1, OpState::InFlight, "never one in flight");
    let OpBody::Set { expected, .. } = reader.op(third).unwrap().unwrap().0.body else { panic!() };
    assert_eq!(expected, None, "what truth says");
    assert_eq!(reader.conversation(c).unwrap().unwrap().priority, Priority::Urgent);
    kit.apply(vec![facets(ANNA, NOW + 1, vec![set::priority(Priority::Medium)])]);
    assert_eq!(reader.conversation(c).unwrap().unwrap().priority, Priority::Urgent, "no flicker");
    kit.check();
    let why = frontdesk::domain::delivery::Reason::ours("no such priority");
    for op in [second, third] {
        let why = why.clone();
        w.call(Class::Durable, move |t| t.op_failed(op, &why, NOW)).unwrap();
    }
    assert_eq!(reader.conversation(c).unwrap().unwrap().priority, Priority::Medium, "truth comes back");
    kit.check();
}

#[test]
fn an_accepted_change_that_never_shows_leaves_with_a_notice() {
    let kit = Kit::owned(Ownership::Remote);
    let c = kit.inbound("SM1", ANNA, NOW, "hello");
    let op = kit.set(c, set::priority(Priority::Low)).op.unwrap();
    let w = kit.store.writer();
    w.call(Class::Durable, move |t| t.op_claim(op, NOW)).unwrap();
    let later = frontdesk::domain::op::Accepted::Deferred { until: NOW + 1000 };
    w.call(Class::Durable, move |t| t.op_accepted(op, &later, NOW)).unwrap();
    assert!(w.call(Class::Apply, |t| t.settle_accepted(NOW + 999)).unwrap().is_empty());
    assert_eq!(kit.reader().conversation(c).unwrap().unwrap().priority, Priority::Low);
    let notices = w.call(Class::Apply, |t| t.settle_accepted(NOW + 1000)).unwrap();
    assert_eq!((notices[0].op, notices[0].conversation), (op, c));
    assert_eq!(kit.reader().conversation(c).unwrap().unwrap().priority, Priority::None);
    kit.check();
}

#[test]
fn a_change_wins_although_the_clock_was_set_back() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", ANNA, NOW, "hello");
    kit.set(c, set::priority(Priority::Low));
    kit.clock.set(NOW - 3_600_000);
    kit.set(c, set::priority(Priority::High));
    assert_eq!(kit.reader().conversation(c).unwrap().unwrap().priority, Priority::High);
    kit.perform(Action::Consent { conversation: c, state: ConsentState::OptedOut });
    kit.clock.set(NOW - 7_200_000);
    kit.perform(Action::Consent { conversation: c, state: ConsentState::OptedIn });
    assert_eq!(kit.reader().consent(c).unwrap().unwrap().state, ConsentState::OptedIn);
}

#[test]
fn who_opts_a_customer_out_or_in_stands_in_the_thread_and_changes_nothing_else() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", ANNA, NOW, "hello");
    let before = kit.reader().conversation(c).unwrap().unwrap();
    for (at, state, line) in [
        (1000, ConsentState::OptedOut, "opted the customer out of SMS"),
        (2000, ConsentState::OptedIn, "opted the customer in to SMS again"),
    ] {
        kit.clock.set(NOW + at);
        assert!(kit.perform(Action::Consent { conversation: c, state }).changed);
        assert!(!kit.perform(Action::Consent { conversation: c, state }).changed, "it is so already");
        let last = kit.reader().thread(c, None, 99).unwrap().pop().unwrap();
        assert_eq!((last.direction, last.text.as_str()), (Activity, line));
        assert_eq!(last.author_name.as_deref(), Some("Ana"));
    }
    assert_eq!(kit.reader().thread(c, None, 99).unwrap().len(), 3);
    assert_eq!(kit.reader().conversation(c).unwrap().unwrap(), before);
    kit.check();
}

#[test]
fn labels_are_counted_over_everything_and_found_by_their_exact_name() {
    let kit = Kit::new();
    let [a, b, c] = ["+31600000011", "+31600000012", "+31600000013"]
        .map(|from| kit.inbound(&format!("SM{from}"), from, NOW, "hello"));
    for (conversation, name) in [(a, "vip"), (b, "vip"), (b, "billing"), (c, "VIP")] {
        kit.set(conversation, set::label(name, true));
    }
    kit.set(a, set::status(Status::Spam));
    kit.set(b, Facet::Archived { at: Some(NOW) });
    let reader = kit.reader();
    let counts = [("VIP", 1), ("billing", 1), ("vip", 2)].map(|(name, n)| (name.to_owned(), n));
    assert_eq!(reader.label_counts().unwrap(), counts);
    let mut found = reader.labelled("vip").unwrap();
    found.sort();
    assert_eq!(found, [a, b], "spam and what is put away as well");
    assert_eq!(reader.labelled("nothing").unwrap(), []);
}

#[test]
fn no_label_is_put_on_that_could_not_be_told_apart() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", ANNA, NOW, "hello");
    for name in ["vip,billing", " ", "a\nb", &"x".repeat(65)] {
        let why =
            kit.try_perform(Action::Set { conversation: c, facet: set::label(name, true) }).unwrap_err();
        assert!(matches!(&why, StoreError::Refused(why) if why.starts_with("a label")), "{name:?}: {why}");
    }
    kit.check();
}

#[test]
fn a_snooze_ends_by_itself_or_by_a_message() {
    let kit = Kit::new();
    let a = kit.inbound("SM1", ANNA, NOW, "hello");
    let b = kit.inbound("SM2", "+31600000002", NOW, "hello");
    for c in [a, b] {
        kit.set(c, Facet::Status { status: Status::Snoozed, until: Some(NOW + 1000) });
    }
    let row = kit.reader().conversation(a).unwrap().unwrap();
    assert_eq!((row.status, row.snoozed_until, row.unread), (Status::Snoozed, Some(NOW + 1000), 0));
    kit.inbound("SM3", "+31600000002", NOW + 10, "again");
    assert_eq!(kit.reader().conversation(b).unwrap().unwrap().status, Status::Open);
    kit.check();
    let wake = |now| kit.store.writer().call(Class::Apply, move |t| t.snooze_wake(now)).unwrap();
    assert_eq!((wake(NOW + 999), wake(NOW + 1000), wake(NOW + 2000)), (0, 1, 0));
    assert_eq!(kit.reader().conversation(a).unwrap().unwrap().status, Status::Open);
    kit.check();
}

#[test]
fn spam_stays_spam() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", ANNA, NOW, "buy!");
    kit.set(c, set::status(Status::Spam));
    kit.inbound("SM2", ANNA, NOW + 10, "buy more!");
    assert_eq!(kit.reader().conversation(c).unwrap().unwrap().status, Status::Spam);
    assert!(kit.reader().list_all(10, None).unwrap().is_empty());
    assert_eq!(kit.reader().list(&View::Spam, None, 10).unwrap().len(), 1);
    kit.check();
}

#[test]
fn lists_are_paged_by_key_in_both_directions() {
    let kit = Kit::new();
    for n in 0..25i64 {
        // Several of the same moment: the id decides.
        kit.inbound(&format!("SM{n}"), &format!("+3160000{n:04}"), NOW + n / 3, "hello");
    }
    let reader = kit.reader();
    for view in [View::Open, View::Waiting, View::Account(kit.account)] {
        let mut seen = Vec::new();
        let mut after: Option<ListKey> = None;
        loop {
            let page = reader.list(&view, after, 7).unwrap();
            let Some(last) = page.last() else { break };
            after = Some(frontdesk::store::key_in(&view, last));
            seen.extend(page);
        }
        assert_eq!(seen.len(), 25);
        let keys: Vec<_> = seen.iter().map(|r| frontdesk::store::key_in(&view, r)).collect();
        assert!(if view == View::Waiting { keys.is_sorted() } else { keys.is_sorted_by(|a, b| a >= b) });
        let above = reader.list_before(&view, keys[10], 3).unwrap();
        assert_eq!(above.iter().map(|r| r.id).collect::<Vec<_>>(), [seen[9].id, seen[8].id, seen[7].id]);
    }
    kit.check();
}

#[test]
fn addresses_that_a_channel_proves_lead_to_one_contact_and_claims_never_do() {
    let kit = Kit::new();
    let whatsapp = Identity::new(IdentityKind::Whatsapp, "NL.1");
    let mut by_phone = fact("A", ANNA, Inbound, NOW, "one");
    by_phone.conversation.party.claims = vec![phone("+31600000009")];
    by_phone.conversation.party.name = Some("Anna".into());
    let mut by_id = fact("B", "x", Inbound, NOW, "two");
    by_id.conversation.party.identities = vec![whatsapp.clone()];
    let stranger = fact("C", "+31600000009", Inbound, NOW, "three");
    let event = |f: frontdesk::domain::event::MessageFact| Event::Message(Box::new(f));
    kit.apply(vec![event(by_phone), event(by_id), event(stranger)]);
    let contacts = |kit: &Kit| {
        let rows = kit.reader().list(&View::Open, None, 9).unwrap();
        let mut ids: Vec<_> = rows.iter().map(|r| r.contact).collect();
        ids.sort();
        ids.dedup();
        ids
    };
    assert_eq!(contacts(&kit).len(), 3, "a claim merges nobody");
    let mut both = fact("D", ANNA, Inbound, NOW + 5, "four");
    both.conversation.party.identities.push(whatsapp);
    kit.apply(vec![event(both)]);
    let left = contacts(&kit);
    assert_eq!(left.len(), 2);
    let anna = kit.reader().contact(left[0]).unwrap().unwrap();
    assert_eq!(anna.name, "Anna");
    assert_eq!(anna.identities.iter().filter(|i| i.1).count(), 2);
    assert_eq!(anna.identities.iter().filter(|i| !i.1).count(), 1);
    assert_eq!(anna.conversations.len(), 2);
    kit.check();
}

#[test]
fn new_finds_the_conversation_that_is_there_and_the_provider_finds_ours() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", ANNA, NOW, "hello");
    let new = |to: &str| Action::New {
        account: kit.account,
        channel: Channel::Sms,
        to: to.into(),
        text: "hi".into(),
        undo_ms: 0,
        at: None,
    };
    assert_eq!(kit.perform(new(ANNA)).conversation, Some(c));
    let done = kit.perform(new("+31600000077"));
    let fresh = done.conversation.unwrap();
    assert_ne!(fresh, c);
    assert_eq!(kit.perform(new("+31600000077")).conversation, Some(fresh));
    // They answer: the provider's key is the one we made.
    assert_eq!(kit.inbound("SM2", "+31600000077", NOW + 5, "who is this?"), fresh);
    assert_eq!(kit.reader().conversation(fresh).unwrap().unwrap().contact_name, "+31600000077");
    // On a medium whose sending address is not known the provider's word brings the key.
    let done = kit.perform(Action::New {
        account: kit.account,
        channel: Channel::Whatsapp,
        to: "whatsapp:+31600000078".into(),
        text: "hi".into(),
        undo_ms: 0,
        at: None,
    });
    let mut told = fact("SM3", "whatsapp:+31600000078", Outbound, NOW + 9, "hi");
    told.conversation.channel = Channel::Whatsapp;
    told.conversation.party.identities = vec![phone("+31600000078")];
    told.token = done.op;
    assert_eq!(kit.apply(vec![Event::Message(Box::new(told))]).conversations, [done.conversation.unwrap()]);
    kit.check();
}

#[test]
fn what_may_not_be_said_is_refused_with_the_reason_and_the_draft_stays() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", ANNA, NOW, "hello");
    kit.perform(Action::Draft { conversation: c, mode: ComposeMode::Reply, text: "dear".into() });
    assert!(kit.reader().conversation(c).unwrap().unwrap().draft);
    kit.apply(vec![Event::Consent {
        identity: phone(ANNA),
        channel: Channel::Sms,
        state: Stamped { value: ConsentState::OptedOut, rev: Rev::at(NOW) },
        said: "STOP".into(),
    }]);
    let reply = |text: &str| Action::Reply { conversation: c, text: text.into(), undo_ms: 0, at: None };
    let why = kit.try_perform(reply("hi")).unwrap_err().to_string();
    assert!(why.contains("opted out"), "{why}");
    assert_eq!(kit.reader().draft(c, ComposeMode::Reply).unwrap(), Some("dear".into()));
    assert!(kit.reader().outbox(9, NOW).unwrap().is_empty());
    kit.perform(Action::Consent { conversation: c, state: ConsentState::OptedIn });
    assert!(kit.try_perform(reply(" \n")).is_err());
    assert!(kit.try_perform(reply(&"x".repeat(1601))).is_err());
    kit.perform(reply("hi"));
    assert_eq!(kit.reader().draft(c, ComposeMode::Reply).unwrap(), None);
    assert!(!kit.reader().conversation(c).unwrap().unwrap().draft);
    // A note is private: it may be written in any case.
    let mut off = spec("support", Ownership::Local);
    off.enabled = false;
    kit.store.writer().call(Class::Durable, move |t| t.account_upsert(&off)).unwrap();
    assert_eq!(kit.reader().accounts().unwrap()[0].health, Health::Disabled);
    assert!(kit.try_perform(reply("hi")).unwrap_err().to_string().contains("disabled"));
    kit.perform(Action::Note { conversation: c, text: "call them".into() });
    kit.check();
}

#[test]
fn unread_is_counted_and_turned_by_hand() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", ANNA, NOW, "one");
    kit.inbound("SM2", ANNA, NOW + 1, "two");
    let unread = || kit.reader().conversation(c).unwrap().unwrap().unread;
    assert_eq!(unread(), 2);
    assert!(kit.perform(Action::Read { conversation: c }).changed);
    assert!(!kit.perform(Action::Read { conversation: c }).changed);
    assert_eq!(unread(), 0);
    kit.perform(Action::Unread { conversation: c });
    assert_eq!(unread(), 1);
    kit.set(c, set::status(Status::Resolved));
    kit.perform(Action::Unread { conversation: c });
    let row = kit.reader().conversation(c).unwrap().unwrap();
    assert_eq!((row.status, row.unread), (Status::Resolved, 1), "marked by hand reopens nothing");
    kit.check();
}

#[test]
fn what_was_sent_before_the_account_was_connected_is_history() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", ANNA, NOW - 1000, "long ago");
    assert_eq!(kit.reader().conversation(c).unwrap().unwrap().unread, 0);
    kit.inbound("SM2", ANNA, NOW - 1, "the second of the connection counts whole");
    let since_second = NOW - NOW.rem_euclid(1000);
    assert_eq!(u32::from(NOW > since_second), kit.reader().conversation(c).unwrap().unwrap().unread);
    kit.check();
}

#[test]
fn a_customer_without_a_name_is_called_by_the_address() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", "whatsapp:+31600000001", NOW, "hello");
    let reader = kit.reader();
    assert_eq!(reader.conversation(c).unwrap().unwrap().contact_name, "+31600000001");
    let asking = kit.reader().asking(None, NOW, &jiff::tz::TimeZone::UTC);
    let query = frontdesk::domain::query::parse("hello").unwrap();
    let hits = reader.search_within(&query, None, 5, &asking, std::time::Duration::from_secs(5)).unwrap();
    assert_eq!(hits.rows[0].contact_name, "+31600000001", "and in what is found");
}

#[test]
fn the_list_is_never_blank() {
    let kit = Kit::new();
    let mut place = fact("SM1", ANNA, Inbound, NOW, "");
    place.kind = MessageKind::Location;
    let c = kit.apply(vec![Event::Message(Box::new(place))]).conversations[0];
    assert_eq!(kit.reader().conversation(c).unwrap().unwrap().preview, "Location");
    kit.inbound("SM2", ANNA, NOW + 1, "\u{1b}[31mred\nline \u{202e}two");
    let preview = kit.reader().conversation(c).unwrap().unwrap().preview;
    assert!(!preview.chars().any(char::is_control) && preview.contains("red"), "{preview:?}");
    kit.inbound("SM3", ANNA, NOW + 2, &"long words ".repeat(50));
    assert!(kit.reader().conversation(c).unwrap().unwrap().preview.chars().count() <= 121);
}

#[test]
fn quick_replies_are_saved_used_and_removed() {
    let kit = Kit::new();
    let reply = |language: Option<&str>, slot, body: &str| QuickReply {
        shortcut: "hi".into(),
        channel: None,
        language: language.map(Into::into),
        slot,
        title: "Greeting".into(),
        body: body.into(),
        files: Vec::new(),
    };
    let save = |body: &str| Action::QuickReplySave { id: None, reply: reply(None, Some(1), body) };
    kit.perform(save("Hello {name}"));
    kit.perform(save("Hello {first_name}"));
    let all = kit.reader().quick_replies().unwrap();
    assert_eq!((all.len(), all[0].reply.body.as_str()), (1, "Hello {first_name}"));
    kit.perform(Action::QuickReplyUsed { id: all[0].id });
    assert_eq!(kit.reader().quick_replies().unwrap()[0].uses, 1);
    // A variant stands beside it, shares its slot, and does not take its place.
    kit.perform(Action::QuickReplySave { id: None, reply: reply(Some("NL"), Some(1), "Hoi") });
    let both = kit.reader().quick_replies().unwrap();
    let named: Vec<_> = both.iter().map(|q| (q.reply.name(), q.reply.slot)).collect();
    assert_eq!(named, [("hi".into(), Some(1)), ("hi (nl)".into(), Some(1))]);
    let onto = Action::QuickReplySave { id: Some(both[1].id), reply: reply(None, None, "Hoi") };
    assert!(kit.try_perform(onto).is_err());
    // A slot holds one.
    let bye = QuickReply { shortcut: "bye".into(), ..reply(None, Some(1), "Bye") };
    kit.perform(Action::QuickReplySave { id: None, reply: bye });
    let slots: Vec<_> = kit.reader().quick_replies().unwrap().iter().map(|q| q.reply.slot).collect();
    assert_eq!(slots, [Some(1), None, None]);
    kit.perform(Action::QuickReplyRemove { id: all[0].id });
    assert!(kit.try_perform(Action::QuickReplyRemove { id: all[0].id }).is_err());
    assert_eq!(kit.reader().quick_replies().unwrap().len(), 2);
}

#[test]
fn a_note_is_taken_back_by_who_wrote_it_and_not_found_any_more() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", ANNA, NOW, "hello");
    let note = kit.perform(Action::Note { conversation: c, text: "wrong desk".into() }).message.unwrap();
    let found = |words: &str| {
        let query = frontdesk::domain::query::parse(words).unwrap();
        kit.reader().search(&query, None, 10, None, NOW, &jiff::tz::TimeZone::UTC).unwrap().len()
    };
    assert_eq!(found("desk"), 1);
    let preview = || kit.reader().conversation(c).unwrap().unwrap().preview;
    assert_eq!(preview(), "wrong desk");
    let done = kit.perform(Action::Cancel { message: note });
    assert!(done.changed);
    assert!(!kit.perform(Action::Cancel { message: note }).changed, "twice is once");
    assert_eq!((found("desk"), preview().as_str()), (0, "hello"));
    let row = kit.reader().thread(c, None, 10).unwrap().pop().unwrap();
    assert_eq!(
        (row.text.as_str(), row.delivery),
        ("wrong desk", Some(Delivery::Cancelled)),
        "it stands in the thread"
    );
    kit.check();
    let other = kit.perform(Action::Note { conversation: c, text: "right desk".into() }).message.unwrap();
    assert!(kit.perform(Action::Discard { message: other }).changed, "by the word for scripts, too");
    let refused = kit.store.writer().call(Class::Durable, move |t| {
        let tom = Actor { name: "Tom".into(), email: "tom@example.com".into() };
        t.perform(&tom, &Action::Cancel { message: other })
    });
    assert!(matches!(refused, Err(StoreError::Refused(why)) if why.contains("only who wrote")));
}
