//! What the screen asks for besides windows: the next unread conversation, and a search while it is typed.

use super::kit::*;
use frontdesk::app::loader::{Reading, load};
use frontdesk::domain::command::{Action, set};
use frontdesk::domain::conversation::Status;
use frontdesk::domain::event::Event;
use frontdesk::domain::ids::{AgentId, ConversationId};
use frontdesk::domain::message::Direction;
use frontdesk::domain::row::View;
use frontdesk::store::key_in;
use frontdesk::ui::{Found, ListSource, Loaded, Need};
use jiff::tz::TimeZone;

fn ask(kit: &Kit, need: Need) -> Loaded {
    let reading =
        Reading { store: kit.store.clone(), me: AgentId(1), clock: kit.clock.clone(), tz: TimeZone::UTC };
    load(&reading, &kit.reader(), need).unwrap().unwrap()
}

/// Ten conversations, the newest first; all are read but the third and the eighth.
fn ten(kit: &Kit) -> Vec<ConversationId> {
    let mut all: Vec<ConversationId> = (0..10)
        .map(|n| kit.inbound(&format!("SM{n}"), &format!("+3160000000{n}"), NOW + n * 1_000, "hello"))
        .collect();
    all.reverse();
    for (at, conversation) in all.iter().enumerate() {
        if at != 2 && at != 7 {
            kit.perform(Action::Read { conversation: *conversation });
        }
    }
    all
}

#[test]
fn the_next_unread_conversation_is_found_anywhere_in_the_list_and_around_its_end() {
    let kit = Kit::new();
    let all = ten(&kit);
    let reader = kit.reader();
    let lists = [
        ListSource::View(View::Open),
        ListSource::View(View::Unassigned),
        ListSource::View(View::Account(kit.account)),
        ListSource::View(View::Waiting),
        ListSource::All,
    ];
    for source in lists {
        let view = match &source {
            ListSource::View(view) => view.clone(),
            _ => View::Open,
        };
        let from = |n: usize| key_in(&view, &reader.conversation(all[n]).unwrap().unwrap());
        let next = |from, forward| match ask(&kit, Need::Unread { source: source.clone(), from, forward }) {
            Loaded::Unread { found, .. } => found.map(|key| all.iter().position(|id| *id == key.id).unwrap()),
            other => panic!("{other:?}"),
        };
        // Waiting lists who has waited longest first.
        let down = source != ListSource::View(View::Waiting);
        assert_eq!(next(Some(from(0)), down), Some(2), "{source:?}");
        assert_eq!(next(Some(from(2)), down), Some(7), "itself left out: {source:?}");
        assert_eq!(next(Some(from(7)), down), Some(2), "around the end: {source:?}");
        assert_eq!(next(Some(from(5)), !down), Some(2), "back: {source:?}");
        assert_eq!(next(Some(from(1)), !down), Some(7), "back around the beginning: {source:?}");
        assert_eq!(next(None, down), Some(2), "{source:?}");
    }
}

#[test]
fn where_nothing_is_unread_none_is_found() {
    let kit = Kit::new();
    let all = ten(&kit);
    for n in [2, 7] {
        kit.set(all[n], set::status(Status::Spam));
    }
    for source in [ListSource::View(View::Open), ListSource::All, ListSource::Query("hello".into())] {
        let need = Need::Unread { source: source.clone(), from: None, forward: true };
        assert_eq!(ask(&kit, need), Loaded::Unread { source, found: None });
    }
}

#[test]
fn a_search_answers_what_can_be_read_and_says_what_cannot() {
    let kit = Kit::new();
    kit.inbound("SM1", "+31600000001", NOW, "the delivery is late");
    let search = |text: &str| match ask(&kit, Need::Search { ticket: 1, text: text.into(), limit: 10 }) {
        Loaded::Search { found, .. } => found,
        other => panic!("{other:?}"),
    };
    assert_eq!(search("deliv channel:sms").hits.len(), 1, "a beginning before a filter");
    for text in ["deliv has:att", "deliv chan:sms", "deliv after:1dSTOP"] {
        let found = search(text);
        assert_eq!(found.hits.len(), 1, "{text}");
        assert!(found.unclear.is_some(), "{text}");
    }
    let nothing = search("chan:sms");
    assert_eq!(nothing, Found { unclear: nothing.unclear.clone(), ..Found::default() }, "not everything");
    let list = |text: &str| {
        let source = ListSource::Query(text.into());
        match ask(&kit, Need::List { source, anchor: None, limit: 10 }) {
            Loaded::List { rows, .. } => rows.map(|rows| rows.len()),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(list("deliv channel:sms"), Ok(1));
    assert!(
        list("deliv status:op").unwrap_err().contains("use open"),
        "a filter that was entered has to be one"
    );
}

#[test]
fn arrivals_are_what_came_in_lately_and_nobody_has_seen() {
    let kit = Kit::new();
    let all = ten(&kit);
    let arrivals = |since, limit| match ask(&kit, Need::Arrivals { since, limit }) {
        Loaded::Arrivals(found) => found.into_iter().map(|a| a.conversation.id).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(arrivals(NOW, 10), [all[7], all[2]], "oldest first");
    assert_eq!(arrivals(NOW, 1), [all[2]], "the newest");
    assert_eq!(arrivals(NOW + 5_000, 10), [all[2]], "since a moment");
    // What was put back by hand is no news.
    kit.perform(Action::Read { conversation: all[2] });
    kit.perform(Action::Unread { conversation: all[2] });
    assert_eq!(arrivals(NOW, 10), [all[7]]);
    // A note that calls who asks, until they look.
    let note = |id: &str, at, text: &str| {
        let theirs = kit.reader().conversation(all[2]).unwrap().unwrap().theirs;
        Event::Message(Box::new(fact(id, &theirs, Direction::Note, at, text)))
    };
    kit.apply(vec![note("N1", NOW + 20_000, "ask @tom"), note("N2", NOW + 21_000, "nobody")]);
    assert_eq!(arrivals(NOW, 10), [all[7]]);
    kit.apply(vec![note("N3", NOW + 22_000, "@ana, look"), note("N4", NOW + 23_000, "nobody")]);
    assert_eq!(arrivals(NOW + 22_000, 10), [all[2]]);
    kit.perform(Action::Read { conversation: all[2] });
    assert_eq!(arrivals(NOW, 10), [all[7]]);
}
