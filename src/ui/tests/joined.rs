//! Examples of conversations that turn out to be part of others while they are on the screen.

use super::*;
use crate::domain::attachment::Written;

fn kept(n: i64, text: &str) -> Action {
    Action::Draft { conversation: id(n), mode: ComposeMode::Reply, text: text.into() }
}

/// The first conversation is part of the second now, in which something is begun.
fn joined(own: Option<&str>, part: Option<&str>) -> Msg {
    let draft_joined =
        part.map(|text| (id(1), ComposeMode::Reply, Written::from(text))).into_iter().collect();
    let context = Context { draft_reply: own.map(Written::from), draft_joined, ..fixture::context(2) };
    Msg::Loaded(Box::new(Loaded::Joined { gone: id(1), context }))
}

#[test]
fn what_is_open_moves_along_and_no_draft_is_overwritten() {
    let mut d = Desk::new();
    d.keys("rfor Bob");
    d.send(Msg::Tick(NOW + 1_000));
    d.keys("<left>");
    d.rows.remove(0);
    d.context = Box::new(|n| Context { draft_reply: Some("for Anna".into()), ..fixture::context(n) });
    d.send(joined(Some("for Anna"), Some("for Bob")));
    // The second is kept with both before the first is emptied.
    assert_eq!(actions(std::mem::take(&mut d.out)), [kept(2, "for Anna\nfor Bob"), kept(1, "")]);
    assert_eq!((d.model.thread.conversation, d.model.list.selected), (Some(id(2)), Some(id(2))));
    let is_asked = |need: &Need| matches!(need, Need::Thread { conversation, .. } if *conversation == id(2));
    assert!(d.loads.iter().any(is_asked), "{:?}", d.loads);
    let screen = d.text(120, 40);
    assert!(screen.contains("part of another one now"), "{screen}");
    // The cursor has stayed on its letter, and what is typed goes to the one that is left.
    assert_eq!(actions(d.keys("!<enter>")), [reply(2, "for Anna\nfor Bo!b")]);
}

#[test]
fn what_was_begun_where_nothing_is_open_comes_into_the_draft_once() {
    let mut d = Desk::new();
    d.keys("jrfor Anna");
    d.send(Msg::Tick(NOW + 1_000));
    d.out.clear();
    let part = |n| Context {
        draft_reply: Some("for Anna".into()),
        draft_joined: vec![(id(1), ComposeMode::Reply, "for Bob".into())],
        ..fixture::context(n)
    };
    for _ in 0..2 {
        // Read before the store has emptied the other, the second time.
        d.send(Msg::Loaded(Box::new(Loaded::Context(part(2)))));
    }
    assert_eq!(actions(std::mem::take(&mut d.out)), [kept(2, "for Anna\nfor Bob"), kept(1, "")]);
    d.send(Msg::Loaded(Box::new(Loaded::Context(fixture::context(2)))));
    d.send(Msg::Loaded(Box::new(Loaded::Context(part(2)))));
    assert_eq!(
        actions(std::mem::take(&mut d.out)),
        [kept(2, "for Anna\nfor Bob\nfor Bob"), kept(1, "")],
        "another screen has written it anew"
    );
}

#[test]
fn what_is_being_sent_arrives_before_anything_moves() {
    let mut d = Desk::new();
    assert_eq!(actions(d.keys("rfor Bob<enter>")), [reply(1, "for Bob")]);
    d.send(joined(Some("for Anna"), None));
    assert_eq!(d.model.thread.conversation, Some(id(1)), "not yet");
    d.done(1, Ok(Performed { message: Some(MessageId(77)), ..Performed::default() }));
    assert_eq!(d.model.thread.conversation, Some(id(2)));
    assert!(d.model.composer.is_none(), "what was sent is no draft");
    // What was begun in the other is there when it is opened.
    d.context = Box::new(|n| Context { draft_reply: Some("for Anna".into()), ..fixture::context(n) });
    d.send(Msg::Changed);
    d.keys("r");
    assert_eq!(d.model.composer.as_ref().map(|c| c.text()), Some("for Anna".into()));
}
