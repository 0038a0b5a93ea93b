//! Reading ahead: a row's thread comes with the key, and is never an old one.

use super::{Desk, id};
use crate::domain::message::Direction;
use crate::domain::row::MessageRow;
use crate::ui::effect::Need;
use crate::ui::fixture;
use crate::ui::msg::{Loaded, Msg};

/// What was asked for ahead since the last look.
fn asked(desk: &mut Desk) -> Option<(u64, Vec<i64>)> {
    desk.loads.drain(..).rev().find_map(|need| match need {
        Need::Ahead { generation, conversations, .. } => {
            Some((generation, conversations.iter().map(|c| c.0).collect()))
        }
        _ => None,
    })
}

fn answer(desk: &mut Desk, generation: u64, n: i64, text: &str) {
    let message = MessageRow { conversation: id(n), ..fixture::message(70 + n, Direction::Inbound, text) };
    let context = fixture::context(n);
    let loaded = Loaded::Ahead { generation, messages: vec![message], older: false, context };
    desk.send(Msg::Loaded(Box::new(loaded)));
}

#[test]
fn the_next_thread_is_there_with_the_key_and_nothing_is_asked_for() {
    let mut desk = Desk::new();
    desk.send(Msg::Changed);
    let (generation, near) = asked(&mut desk).unwrap();
    assert_eq!(near, [2, 3], "a row down; a screen down stops at the last row");
    answer(&mut desk, generation, 2, "read ahead");
    desk.keys("j");
    assert_eq!(desk.model.shown(), Some(id(2)));
    assert_eq!(desk.model.thread.messages[0].text, "read ahead");
    assert!(desk.model.thread.context.is_some());
    assert!(!desk.loads.iter().any(|n| matches!(n, Need::Thread { .. } | Need::Context { .. })));
    // And on it goes from there.
    assert_eq!(asked(&mut desk).unwrap().1, [3, 1]);
}

#[test]
fn what_was_read_before_a_change_is_not_shown() {
    let mut desk = Desk::new();
    desk.send(Msg::Changed);
    let (generation, _) = asked(&mut desk).unwrap();
    answer(&mut desk, generation, 2, "old");
    desk.send(Msg::Changed);
    // An answer that was on its way when the store moved.
    answer(&mut desk, generation, 3, "old");
    desk.loads.clear();
    desk.keys("j");
    assert!(
        desk.loads.iter().any(|n| matches!(n, Need::Thread { conversation, .. } if *conversation == id(2)))
    );
    assert_eq!(desk.model.thread.messages[0].text, "hello");
    desk.keys("j");
    assert_eq!(desk.model.thread.messages[0].text, "hello");
}
