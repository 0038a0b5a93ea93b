//! Examples of sending in other ways than at once: later, and with an order behind it.

use super::*;
use crate::domain::order::Order;

fn notice(desk: &Desk) -> &str {
    desk.model.notice.as_ref().map_or("", |n| n.text.as_str())
}

fn later(n: i64, text: &str, at: i64) -> Action {
    Action::Reply { conversation: id(n), text: text.into(), undo_ms: 5_000, at: Some(at) }
}

fn stored(message: i64) -> Result<Performed, String> {
    Ok(Performed { message: Some(MessageId(message)), ..Performed::default() })
}

fn cancel(message: i64) -> Action {
    Action::Cancel { message: MessageId(message) }
}

/// Tomorrow at nine, seen from the desk's clock.
const MORNING: i64 = NOW + (18 * 60 + 28) * 60_000;

#[test]
fn what_is_typed_is_sent_at_a_time_of_choice() {
    let mut d = Desk::new();
    d.keys("rsee you<a-l>");
    let text = d.text(120, 40);
    assert!(text.contains("Send at") && text.contains("Tomorrow 09:00"), "{text}");
    assert_eq!(actions(d.keys("tomorrow<enter>")), [later(1, "see you", MORNING)]);
    d.done(1, stored(20));
    assert_eq!(notice(&d), "scheduled for tomorrow 09:00: u takes it back");
    assert_eq!(actions(d.keys("u")), [cancel(20)]);
    d.done(2, stored(20));
    d.keys("r");
    assert_eq!(d.model.composer.as_ref().unwrap().text(), "see you");
    // As it is typed; escaping sends nothing.
    let mut d = Desk::new();
    assert_eq!(actions(d.keys("rhi<a-l>wed 8:15<enter>")).len(), 1);
    let mut d = Desk::new();
    assert_eq!(actions(d.keys("rhi<a-l><esc>")), []);
    assert_eq!(d.model.composer.as_ref().unwrap().text(), "hi");
    // Neither nothing nor a note is scheduled.
    let mut d = Desk::new();
    d.keys("r<a-l>");
    assert!(notice(&d).contains("nothing is typed yet"), "{}", notice(&d));
    d.keys("<c-t>x<a-l>");
    assert!(notice(&d).contains("a note is for agents only"), "{}", notice(&d));
}

#[test]
fn guards_ask_before_something_is_scheduled_and_keep_its_time() {
    let mut d = Desk::new();
    assert_eq!(actions(d.keys("r4111 1111 1111 1111<a-l>tomorrow<enter>")), []);
    assert_eq!(actions(d.keys("y")), [later(1, "4111 1111 1111 1111", MORNING)]);
}

/// A desk whose thread ends with an answer that is scheduled.
fn scheduled() -> Desk {
    let mut message = fixture::message(11, Direction::Outbound, "see you");
    message.delivery = Some(Delivery::Queued);
    message.due_at = Some(MORNING);
    message.scheduled = true;
    Desk::with(|d| d.messages.push(message))
}

#[test]
fn what_is_scheduled_says_so_and_can_be_sent_or_taken_back() {
    let mut d = scheduled();
    d.keys("<enter>");
    let text = d.text(120, 40);
    assert!(text.contains("scheduled for tomorrow 09:00"), "{text}");
    assert!(text.contains("x take it back") && text.contains("R send now"), "{text}");
    assert_eq!(actions(d.keys("R")), [Action::Retry { message: MessageId(11) }]);
    assert_eq!(actions(d.keys("x")), [Action::Discard { message: MessageId(11) }]);
    assert_eq!(actions(scheduled().keys("<enter>u")), [cancel(11)]);
    // From the list nobody has pointed at it.
    assert_eq!(actions(scheduled().keys("u")), []);
}

#[test]
fn an_order_follows_what_was_sent_and_is_taken_back_with_it() {
    let mut d = Desk::new();
    assert_eq!(actions(d.keys("rdone<a-r>")), [reply(1, "done")]);
    d.done(1, stored(20));
    assert_eq!(actions(std::mem::take(&mut d.out)), [status(1, Status::Resolved)]);
    d.done(2, Ok(Performed::default()));
    assert_eq!(notice(&d), "Customer 1: resolved · sends in 5 s: u takes both back");
    assert_eq!(d.model.last_order, Some(Order::Status(Status::Resolved)));
    assert_eq!(actions(d.keys("u")), [cancel(20)], "the message first: it decides");
    d.done(3, stored(20));
    let out = actions(std::mem::take(&mut d.out));
    assert!(out.contains(&status(1, Status::Open)), "{out:?}");
    assert!(notice(&d).contains("“Customer 1: resolved” is undone"), "{}", notice(&d));
}

#[test]
fn what_was_not_taken_back_is_said() {
    // The window is over.
    let mut d = Desk::new();
    d.keys("rdone<a-r>");
    d.done(1, stored(20));
    d.done(2, Ok(Performed::default()));
    d.send(Msg::Tick(NOW + 5_000));
    assert_eq!(actions(d.keys("u")), [status(1, Status::Open)]);
    assert!(notice(&d).contains("has left already and stays"), "{}", notice(&d));
    // The engine was faster.
    let mut d = Desk::new();
    d.keys("rdone<a-r>");
    d.done(1, stored(20));
    d.done(2, Ok(Performed::default()));
    d.keys("u");
    d.done(3, Err("it has already left".into()));
    assert_eq!(notice(&d), "it has already left; “Customer 1: resolved” stays");
    assert_eq!(actions(d.keys("u")), [status(1, Status::Open)]);
    // Taken back before the order was done.
    let mut d = Desk::new();
    d.keys("rdone<a-r>");
    d.done(1, stored(20));
    assert_eq!(actions(d.keys("u")), [cancel(20)]);
    d.out.clear();
    d.done(2, Ok(Performed::default()));
    assert_eq!(actions(std::mem::take(&mut d.out)), [status(1, Status::Open)]);
}

#[test]
fn nothing_follows_what_is_not_sent() {
    // Asked, and the answer is no.
    let mut d = Desk::new();
    d.keys("r4111 1111 1111 1111<a-r>");
    assert_eq!(actions(d.keys("n")), []);
    assert_eq!(actions(d.keys("<enter>y")).len(), 1);
    d.done(1, stored(20));
    assert_eq!(actions(std::mem::take(&mut d.out)), [], "Enter is no order");
    // Asked, and the answer is yes.
    let mut d = Desk::new();
    d.keys("r4111 1111 1111 1111<a-r>y");
    d.done(1, stored(20));
    assert_eq!(actions(std::mem::take(&mut d.out)), [status(1, Status::Resolved)]);
    // Refused by the store, and before it.
    let mut d = Desk::new();
    d.keys("rdone<a-r>");
    d.done(1, Err("the disk is full".into()));
    assert_eq!(actions(std::mem::take(&mut d.out)), []);
    let mut d = Desk::new();
    d.keys("r<a-r>");
    assert!(notice(&d).contains("nothing is typed yet"), "{}", notice(&d));
}

#[test]
fn a_snooze_is_chosen_before_anything_is_sent() {
    let mut d = Desk::new();
    assert_eq!(actions(d.keys("rdone<a-s>")), []);
    assert!(d.text(120, 40).contains("Send, and snooze until"));
    assert_eq!(actions(d.keys("3h<enter>")), [reply(1, "done")]);
    d.done(1, stored(20));
    let snoozed = Action::Set { conversation: id(1), facet: set::snooze(Some(NOW + 3 * 3_600_000)) };
    assert_eq!(actions(std::mem::take(&mut d.out)), [snoozed]);
    assert_eq!(actions(Desk::new().keys("rdone<a-s><esc>")), []);
}

#[test]
fn going_on_opens_the_next_of_the_list() {
    let mut d = Desk::new();
    d.keys("<enter>rdone<a-n>");
    d.done(1, stored(20));
    assert_eq!((d.model.selected(), d.model.shown()), (Some(id(2)), Some(id(2))));
    assert_eq!(d.model.focus(), Focus::Thread);
    d.keys("rx<a-n>");
    let ticket = d.model.tickets;
    d.done(ticket, stored(21));
    assert_eq!(d.model.shown(), Some(id(3)));
    d.keys("rx<a-n>");
    let ticket = d.model.tickets;
    d.done(ticket, stored(22));
    assert_eq!((d.model.shown(), notice(&d)), (Some(id(3)), "sent; that was the last of the list"));
    // A note can go on as well, and an order may stand behind it.
    let mut d = Desk::new();
    d.keys("nseen<a-r>");
    d.done(1, stored(20));
    assert_eq!(actions(std::mem::take(&mut d.out)), [status(1, Status::Resolved)]);
}

pub(super) fn outbox_row(n: i64, state: crate::domain::op::OpState) -> crate::domain::row::OutboxRow {
    crate::domain::row::OutboxRow {
        op: crate::domain::ids::OpId::fresh(),
        message: (n != 9).then_some(MessageId(20 + n)),
        conversation: id(n),
        contact_name: format!("Customer {n}"),
        theirs: String::new(),
        kind: if n == 9 { "set" } else { "send" },
        text: Some(format!("words {n}").into()),
        state,
        reason: None,
        held: None,
        attempts: 1,
        created_at: NOW - 60_000,
        not_before: if n == 1 { MORNING } else { NOW - 60_000 },
    }
}

#[test]
fn keys_of_the_outbox_are_for_the_row_under_the_cursor() {
    use crate::domain::op::OpState::{InFlight, Parked, Queued, Unknown};
    let mut d = Desk::new();
    d.keys("O");
    let rows = [(1, Queued), (2, Parked), (3, Unknown), (4, InFlight), (9, Parked)];
    d.send(Msg::Loaded(Box::new(Loaded::Outbox(rows.map(|(n, s)| outbox_row(n, s)).to_vec()))));
    let text = d.text(120, 40);
    assert!(text.contains("tomorrow 09:00") && text.contains("since today 14:31"), "{text}");
    assert!(text.contains("x take it back") && text.contains("R send now"), "{text}");
    let message = |n: i64| MessageId(20 + n);
    assert_eq!(actions(d.keys("R")), [Action::Retry { message: message(1) }]);
    assert_eq!(actions(d.keys("x")), [Action::Discard { message: message(1) }]);
    let ticket = d.model.tickets;
    d.done(ticket, stored(21));
    assert!(actions(std::mem::take(&mut d.out)).iter().any(
        |a| matches!(a, Action::Draft { conversation, text, .. } if *conversation == id(1) && text.text == "words 1")
    ));
    assert_eq!(actions(d.keys("S")), []);
    assert_eq!(notice(&d), "it is queued: x take it back, R send now");
    assert_eq!(actions(d.keys("jR")), [Action::Retry { message: message(2) }]);
    d.keys("j");
    assert_eq!(d.hints()[..3], ["send again", "was sent", "not sent"]);
    assert_eq!(actions(d.keys("S")), [Action::Retry { message: message(3) }]);
    assert_eq!(actions(d.keys("T")), [Action::Settle { message: message(3), sent: true }]);
    assert_eq!(actions(d.keys("N")), [Action::Settle { message: message(3), sent: false }]);
    assert_eq!(actions(d.keys("R")), [], "nobody knows: not by this key");
    assert_eq!(actions(d.keys("jR")), []);
    assert_eq!(notice(&d), "it is being sent right now");
    assert_eq!(actions(d.keys("jx")), []);
    assert_eq!(notice(&d), "it is no message");
}
