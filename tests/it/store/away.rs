//! Putting away, muting, blocking, and what a customer is worth.

use super::kit::*;
use frontdesk::domain::command::{Action, set};
use frontdesk::domain::conversation::Status;
use frontdesk::domain::event::Event;
use frontdesk::domain::ids::ConversationId;
use frontdesk::domain::query::parse;
use frontdesk::domain::row::{ConversationRow, View};
use frontdesk::domain::spam::Rule;
use frontdesk::store::{Class, StoreError};

const ANNA: &str = "+31600000001";
const BOB: &str = "+31600000002";

fn row(kit: &Kit, id: ConversationId) -> ConversationRow {
    kit.reader().conversation(id).unwrap().unwrap()
}

fn found(kit: &Kit, query: &str) -> Vec<ConversationId> {
    let tz = jiff::tz::TimeZone::UTC;
    let rows = kit.reader().list_query(&parse(query).unwrap(), None, 50, None, NOW, &tz).unwrap();
    rows.into_iter().map(|r| r.id).collect()
}

#[test]
fn what_is_put_away_is_in_one_view_until_the_customer_writes_and_then_stays() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", ANNA, NOW, "hello");
    kit.set(c, set::archived(Some(NOW + 5)));
    let reader = kit.reader();
    let counts = |view: View| reader.counts(&[view]).unwrap()[0];
    assert_eq!(
        (counts(View::Archived).total, counts(View::Archived).unread, counts(View::Open).total),
        (1, 0, 0)
    );
    assert_eq!(reader.list(&View::Archived, None, 5).unwrap().len(), 1);
    assert!(reader.list(&View::Open, None, 5).unwrap().is_empty());
    assert!(reader.list_all(5, None).unwrap().is_empty());
    assert_eq!((found(&kit, "hello"), found(&kit, "hello archived:yes")), (vec![], vec![c]));
    kit.check();
    kit.inbound("SM2", ANNA, NOW + 10, "one more thing");
    assert_eq!((row(&kit, c).archived_at, row(&kit, c).status), (None, Status::Open));
    assert_eq!((counts(View::Archived).total, counts(View::Open).unread), (0, 1));
    kit.check();
    kit.perform(Action::Read { conversation: c });
    assert_eq!(row(&kit, c).archived_at, None, "read, it does not vanish again");
    kit.check();
    kit.set(c, set::archived(Some(NOW + 20)));
    kit.set(c, set::archived(None));
    assert_eq!(counts(View::Open).total, 1);
    kit.check();
}

#[test]
fn what_is_muted_calls_nobody_and_brings_nothing_back() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", ANNA, NOW, "hello");
    kit.set(c, set::status(Status::Resolved));
    kit.set(c, set::muted(true));
    kit.inbound("SM2", ANNA, NOW + 10, "and again");
    let now = row(&kit, c);
    assert_eq!((now.status, now.unread, now.muted), (Status::Resolved, 1, true));
    assert_eq!(kit.reader().counts(&[View::Resolved]).unwrap()[0].unread, 0, "it calls nobody");
    kit.check();
    kit.set(c, set::muted(false));
    assert_eq!(row(&kit, c).status, Status::Open, "heard again, it is there");
    assert_eq!(kit.reader().counts(&[View::Open]).unwrap()[0].unread, 1);
    kit.check();
}

#[test]
fn who_is_blocked_writes_into_the_spam_and_nothing_is_lost() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", ANNA, NOW, "buy now");
    let done = kit.perform(Action::Block { conversation: c, on: true });
    assert!(done.changed && row(&kit, c).blocked);
    assert!(!kit.perform(Action::Block { conversation: c, on: true }).changed, "twice is once");
    assert_eq!(row(&kit, c).status, Status::Spam);
    // The same address at another number of ours: a new conversation.
    let mut other = fact("SM2", ANNA, frontdesk::domain::message::Direction::Inbound, NOW + 5, "buy more");
    other.conversation.key = frontdesk::domain::event::ConversationKey("another".into());
    let applied = kit.apply(vec![Event::Message(Box::new(other))]);
    let new = row(&kit, applied.conversations[0]);
    assert_eq!((new.status, new.blocked, new.unread), (Status::Spam, true, 1));
    assert_eq!(row(&kit, kit.inbound("SM3", BOB, NOW + 6, "hello")).status, Status::Open);
    kit.check();
    kit.perform(Action::Block { conversation: c, on: false });
    assert_eq!((row(&kit, c).status, row(&kit, c).blocked), (Status::Open, false));
    kit.check();
}

#[test]
fn what_is_blocked_calls_nobody_in_any_thread() {
    let kit = Kit::new();
    let spam = kit.inbound("SM1", ANNA, NOW, "buy now");
    let message = |id: &str, key: &str, at| {
        let mut other = fact(id, ANNA, frontdesk::domain::message::Direction::Inbound, at, "buy more");
        other.conversation.key = frontdesk::domain::event::ConversationKey(key.into());
        Event::Message(Box::new(other))
    };
    let other = kit.apply(vec![message("SM2", "another", NOW + 1)]).conversations[0];
    let bob = kit.inbound("SM3", BOB, NOW + 2, "hello");
    let open = || kit.reader().counts(&[View::Open]).unwrap()[0];
    assert_eq!((open().total, open().unread), (3, 3));
    kit.perform(Action::Block { conversation: spam, on: true });
    assert_eq!((open().total, open().unread), (2, 1), "the other thread is there, and calls nobody");
    kit.check();
    kit.apply(vec![message("SM4", "another", NOW + 3)]);
    assert_eq!((row(&kit, other).unread, row(&kit, other).calls(), open().unread), (2, false, 1));
    let next = |up| kit.reader().next_unread(Some(&View::Open), None, up).unwrap().map(|r| r.id);
    assert_eq!((next(true), next(false)), (Some(bob), Some(bob)));
    kit.check();
    kit.perform(Action::Block { conversation: spam, on: false });
    assert_eq!((open().total, open().unread), (3, 3));
    kit.check();
}

#[test]
fn score_and_fields_are_kept_found_and_checked() {
    let kit = Kit::new();
    let (anna, bob) = (kit.inbound("SM1", ANNA, NOW, "hello"), kit.inbound("SM2", BOB, NOW, "hello"));
    kit.set(anna, set::score(Some(80)));
    kit.set(bob, set::score(Some(50)));
    kit.set(anna, set::field("budget", Some(" 10k euro ".into())));
    assert!(!kit.set(anna, set::score(Some(80))).changed);
    let now = row(&kit, anna);
    assert_eq!((now.score, now.fields), (Some(80), vec![("budget".into(), "10k euro".into())]));
    assert_eq!(found(&kit, "score:>50"), [anna]);
    assert_eq!(found(&kit, "-score:>50"), [bob]);
    assert_eq!(found(&kit, "score:50"), [bob]);
    assert_eq!(found(&kit, "score:>=50 hello").len(), 2);
    assert_eq!((found(&kit, "field:Budget"), found(&kit, "field:budget=10K")), (vec![anna], vec![anna]));
    assert_eq!((found(&kit, "field:budget=%"), found(&kit, "-field:budget")), (vec![], vec![bob]));
    kit.set(anna, set::field("budget", Some("  ".into())));
    assert!(row(&kit, anna).fields.is_empty(), "empty is none");
    for wrong in [set::score(Some(101)), set::field("  ", None), set::field("a\nb", Some("x".into()))] {
        let why = kit.try_perform(Action::Set { conversation: anna, facet: wrong });
        assert!(matches!(why, Err(StoreError::Refused(_))), "{why:?}");
    }
    kit.check();
}

#[test]
fn everything_of_this_can_be_undone() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", ANNA, NOW, "hello");
    kit.inbound("SM2", ANNA, NOW + 1, "anybody?");
    let before = row(&kit, c);
    for action in [
        Action::Set { conversation: c, facet: set::archived(Some(NOW)) },
        Action::Set { conversation: c, facet: set::status(Status::Resolved) },
        Action::Set { conversation: c, facet: set::snooze(None) },
        Action::Set { conversation: c, facet: set::muted(true) },
        Action::Set { conversation: c, facet: set::score(Some(3)) },
        Action::Set { conversation: c, facet: set::field("deadline", Some("soon".into())) },
        Action::Block { conversation: c, on: true },
        Action::Set { conversation: c, facet: set::status(Status::Pending) },
    ] {
        let now = row(&kit, c);
        let back = action.inverse(&now, None);
        kit.perform(action.clone());
        assert_ne!(row(&kit, c), now, "{action:?}");
        for action in back {
            kit.perform(action);
        }
        assert_eq!(row(&kit, c), before, "{action:?}");
    }
}

#[test]
fn a_rule_puts_the_first_message_of_a_stranger_into_the_spam_and_says_so() {
    let kit = Kit::new();
    let rules = [Rule { name: "coins".into(), words: vec!["bitcoin".into()], ..Rule::default() }];
    let arrives = |id: &str, from: &str, at, text: &str| {
        let event = message(id, from, frontdesk::domain::message::Direction::Inbound, at, text);
        let (account, rules) = (kit.account, rules.to_vec());
        let job = move |t: &mut frontdesk::store::Tx<'_>| {
            let applied = t.apply(account, &[event])?;
            t.judge_new(&applied.begun, &rules)?;
            Ok(applied.conversations[0])
        };
        kit.store.writer().call(Class::Apply, job).unwrap()
    };
    let spam = arrives("SM1", ANNA, NOW, "Bitcoin for you");
    let now = row(&kit, spam);
    assert_eq!(
        (now.status, now.unread, now.preview.as_str()),
        (Status::Spam, 1, "Bitcoin for you"),
        "kept, unread"
    );
    let told = kit.reader().thread(spam, None, 10).unwrap();
    assert_eq!(told[1].text, "took this for spam by the rule \u{201c}coins\u{201d}");
    kit.check();
    // Taken out by hand it stays out, whatever is written.
    kit.set(spam, set::status(Status::Open));
    arrives("SM2", ANNA, NOW + 5, "bitcoin again");
    assert_eq!(row(&kit, spam).status, Status::Open);
    // Somebody who was answered is no stranger.
    let bob = arrives("SM3", BOB, NOW + 6, "hello");
    assert_eq!(row(&kit, bob).status, Status::Open);
    kit.reply(bob, "hi");
    let mut other =
        fact("SM4", BOB, frontdesk::domain::message::Direction::Inbound, NOW + 9, "is bitcoin accepted?");
    other.conversation.key = frontdesk::domain::event::ConversationKey("another".into());
    let (account, rules) = (kit.account, rules.to_vec());
    let job = move |t: &mut frontdesk::store::Tx<'_>| {
        let applied = t.apply(account, &[Event::Message(Box::new(other))])?;
        t.judge_new(&applied.begun, &rules)
    };
    assert_eq!(kit.store.writer().call(Class::Apply, job).unwrap(), 0);
    kit.check();
}

#[test]
fn a_note_calls_an_agent_until_they_open_the_conversation() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", ANNA, NOW, "hello");
    let ids: Vec<_> = ["ana@example.com", "tom@example.com"]
        .iter()
        .map(|email| kit.reader().agent_by_email(email).unwrap().unwrap().id)
        .collect();
    kit.perform(Action::Note { conversation: c, text: "@tom and @ana: the courier lost it".into() });
    assert_eq!(row(&kit, c).called, [ids[1]], "who writes is not called by it");
    let view = View::Mentions(ids[1]);
    let counts = || kit.reader().counts(&[View::Mentions(ids[0]), View::Mentions(ids[1])]).unwrap();
    assert_eq!((counts()[0].total, counts()[1].total, counts()[1].unread), (0, 1, 1));
    assert_eq!(kit.reader().list(&view, None, 5).unwrap().len(), 1);
    assert!(kit.reader().next_unread(Some(&view), None, true).unwrap().is_some());
    kit.check();
    // Ana opens it: Tom has still not seen it. Then he opens it.
    kit.perform(Action::Read { conversation: c });
    assert_eq!(row(&kit, c).called, [ids[1]]);
    let tom = frontdesk::store::Actor { name: "Tom".into(), email: "tom@example.com".into() };
    let read = Action::Read { conversation: c };
    let done = kit.store.writer().call(Class::Durable, move |t| t.perform(&tom, &read)).unwrap();
    assert!(done.changed && row(&kit, c).called.is_empty());
    assert_eq!((counts()[1].total, counts()[1].unread), (1, 0), "it stays in the list");
    assert!(kit.reader().next_unread(Some(&view), None, true).unwrap().is_none());
    kit.check();
    // A colleague's note that a provider tells calls as well; history does not.
    let note = |id: &str, at, history| {
        let mut note = fact(id, ANNA, frontdesk::domain::message::Direction::Note, at, "ask @tom again");
        note.history = history;
        Event::Message(Box::new(note))
    };
    kit.apply(vec![note("N1", NOW + 5, true)]);
    assert!(row(&kit, c).called.is_empty());
    kit.apply(vec![note("N2", NOW + 6, false), note("N2", NOW + 6, false)]);
    assert_eq!(row(&kit, c).called, [ids[1]]);
    kit.set(c, set::archived(Some(NOW + 9)));
    assert_eq!(counts()[1].total, 0, "what is put away is in no other view");
    assert!(kit.reader().list(&view, None, 5).unwrap().is_empty());
    kit.check();
}

#[test]
fn what_a_message_brought_back_stays_when_it_is_put_aside_otherwise() {
    for aside in [set::snooze(Some(NOW + 60_000)), set::status(Status::Resolved)] {
        let kit = Kit::new();
        let c = kit.inbound("SM1", ANNA, NOW, "hello");
        kit.set(c, set::archived(Some(NOW + 5)));
        kit.inbound("SM2", ANNA, NOW + 10, "one more thing");
        let before = row(&kit, c);
        let action = Action::Set { conversation: c, facet: aside };
        let back = action.inverse(&before, None);
        kit.perform(action);
        assert_eq!(row(&kit, c).archived_at, None, "not in the archive again");
        kit.check();
        for action in back {
            kit.perform(action);
        }
        let now = row(&kit, c);
        assert_eq!((now.status, now.archived_at, now.unread), (Status::Open, None, before.unread));
        kit.check();
    }
    // The mirror: resolved, brought back, put away, taken back.
    let kit = Kit::new();
    let c = kit.inbound("SM1", ANNA, NOW, "hello");
    kit.set(c, set::status(Status::Resolved));
    kit.inbound("SM2", ANNA, NOW + 10, "one more thing");
    kit.set(c, set::archived(Some(NOW + 20)));
    kit.set(c, set::archived(None));
    assert_eq!(row(&kit, c).status, Status::Open);
    kit.check();
}

#[test]
fn undoing_a_block_brings_back_the_status_that_was() {
    let kit = Kit::new();
    for (n, status) in [Status::Resolved, Status::Pending, Status::Spam].into_iter().enumerate() {
        let from = format!("+3160000010{n}");
        let c = kit.inbound(&format!("SM{n}"), &from, NOW, "hello");
        kit.set(c, set::status(status));
        let block = Action::Block { conversation: c, on: true };
        let back = block.inverse(&row(&kit, c), None);
        kit.perform(block);
        for action in back {
            kit.perform(action);
        }
        assert_eq!((row(&kit, c).status, row(&kit, c).blocked), (status, false));
    }
    kit.check();
}

#[test]
fn nobody_who_has_written_since_is_put_aside() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", ANNA, NOW, "hello");
    kit.inbound("SM2", ANNA, NOW + 10, "one more thing");
    let try_at = |seen_to, facet| {
        let action = Action::Set { conversation: c, facet };
        kit.store.writer().call(Class::Durable, move |t| t.perform_undoable(&ana(), &action, seen_to))
    };
    let why = try_at(Some(NOW + 5), set::status(Status::Resolved)).unwrap_err();
    assert_eq!(why, StoreError::Refused("the customer has written since".into()));
    assert!(try_at(Some(NOW + 5), set::label("vip", true)).unwrap().0.changed, "a label hides nothing");
    assert!(try_at(Some(NOW + 10), set::status(Status::Resolved)).unwrap().0.changed);
}

#[test]
fn a_note_that_is_taken_back_calls_nobody() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", ANNA, NOW, "hello");
    let note = |text: &str| kit.perform(Action::Note { conversation: c, text: text.into() }).message.unwrap();
    let (first, second) = (note("@tom look"), note("@tom please"));
    kit.perform(Action::Cancel { message: first });
    assert_eq!(row(&kit, c).called.len(), 1, "another note still calls");
    kit.perform(Action::Cancel { message: second });
    assert!(row(&kit, c).called.is_empty());
    kit.check();
}

#[test]
fn undoing_that_it_was_read_does_not_reopen_what_is_done() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", ANNA, NOW, "hello");
    kit.set(c, set::status(Status::Resolved));
    kit.perform(Action::Unread { conversation: c });
    let before = row(&kit, c);
    for action in
        [Action::Read { conversation: c }, Action::Set { conversation: c, facet: set::archived(Some(NOW)) }]
    {
        let back = action.inverse(&row(&kit, c), None);
        kit.perform(action);
        for action in back {
            kit.perform(action);
        }
        assert_eq!(row(&kit, c), before);
    }
    kit.check();
}

#[test]
fn calls_that_the_notes_do_not_say_are_found() {
    let kit = Kit::new();
    kit.clock.set(NOW + 60_000);
    let c = kit.inbound("SM1", ANNA, NOW + 1_000, "hello");
    kit.perform(Action::Note { conversation: c, text: "@tom: the courier lost it".into() });
    kit.check();
    let file = rusqlite::Connection::open(kit.store.dir().join("frontdesk.db")).unwrap();
    for spoilt in [
        "UPDATE conversation SET mentions = NULL",
        "UPDATE conversation SET mentions = '1 2!'",
        "UPDATE conversation_mention SET last_message_at = 7",
        "DELETE FROM conversation_mention",
    ] {
        file.execute_batch(&format!("SAVEPOINT x; {spoilt}; RELEASE x")).unwrap();
        let wrong = kit.reader().verify(c).unwrap();
        assert!(wrong.iter().any(|w| w.contains("mentions")), "{spoilt}: {wrong:?}");
        file.execute_batch(
            "UPDATE conversation SET mentions = '2!'; DELETE FROM conversation_mention;
             INSERT INTO conversation_mention SELECT 2, last_message_at, id FROM conversation",
        )
        .unwrap();
        kit.check();
    }
    // A colleague who was not there yet when a note was written is not missed.
    let more = ["Ana", "Tom", "Zoe"].map(|n| (n.to_owned(), format!("{}@example.com", n.to_lowercase())));
    kit.perform(Action::Note { conversation: c, text: "@zoe will know".into() });
    kit.clock.set(NOW + 90_000);
    kit.store.writer().call(Class::Durable, move |t| t.agents_sync(&more)).unwrap();
    kit.check();
}

#[test]
fn own_calls_do_not_hold_a_call_that_was_taken_back() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", ANNA, NOW, "hello");
    kit.perform(Action::Note { conversation: c, text: "@ana: I do it".into() });
    let tom = frontdesk::store::Actor { name: "Tom".into(), email: "tom@example.com".into() };
    let by_tom = |action: Action| {
        let tom = tom.clone();
        kit.store.writer().call(Class::Durable, move |t| t.perform(&tom, &action)).unwrap()
    };
    let note = by_tom(Action::Note { conversation: c, text: "@ana?".into() }).message.unwrap();
    assert_eq!(row(&kit, c).called.len(), 1);
    by_tom(Action::Cancel { message: note });
    assert!(row(&kit, c).called.is_empty());
    kit.check();
}
