//! Messages in, out, twice and in any order.

use super::kit::*;
use frontdesk::domain::command::Action;
use frontdesk::domain::conversation::Status;
use frontdesk::domain::delivery::{Delivery, Reason};
use frontdesk::domain::event::{Event, MessageRef};
use frontdesk::domain::message::Direction::{Inbound, Outbound};
use frontdesk::domain::op::{Accepted, OpState};
use frontdesk::domain::row::View;
use frontdesk::store::{Class, Taken};

#[test]
fn a_message_makes_a_contact_a_conversation_and_an_open_row_once() {
    let kit = Kit::new();
    let event = message("SM1", "+31600000001", Inbound, NOW, "where is my order?");
    let first = kit.apply(vec![event.clone()]);
    assert_eq!(first.new_messages, 1);
    assert_eq!(kit.apply(vec![event.clone(), event]).new_messages, 0);
    let reader = kit.reader();
    let rows = reader.list(&View::Open, None, 10).unwrap();
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!((row.unread, row.waiting_since, row.last_message_at), (1, Some(NOW), Some(NOW)));
    assert_eq!(row.preview, "where is my order?");
    assert_eq!(row.contact_name, "+31600000001");
    assert_eq!(reader.thread(row.id, None, 10).unwrap().len(), 1);
    let counts = reader.counts(&[View::Open, View::Waiting, View::Unassigned, View::Resolved]).unwrap();
    assert_eq!(
        counts.iter().map(|c| (c.total, c.unread)).collect::<Vec<_>>(),
        [(1, 1), (1, 1), (1, 1), (0, 0)]
    );
    kit.check();
}

#[test]
fn a_reply_goes_from_queued_to_read() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", "+31600000001", NOW, "hello");
    let done = kit.reply(c, "hi!");
    assert_eq!(done.delivery, Some(Delivery::Queued));
    let (op, message) = (done.op.unwrap(), done.message.unwrap());
    let w = kit.store.writer();
    assert!(w.call(Class::Durable, move |t| t.op_claim(op, NOW)).unwrap());
    assert!(!w.call(Class::Durable, move |t| t.op_claim(op, NOW)).unwrap(), "claimed once only");
    let state = |kit: &Kit| kit.reader().message(message).unwrap().unwrap().delivery.unwrap();
    assert_eq!(state(&kit), Delivery::Sending);
    kit.check();
    // The callback is faster than the answer, and knows only our token.
    kit.apply(vec![delivered(
        MessageRef::Token(op, Some("SM9".into())),
        Delivery::Accepted,
        "queued",
        NOW + 1,
    )]);
    w.call(Class::Durable, move |t| t.op_accepted(op, &Accepted::State { events: vec![] }, NOW + 2)).unwrap();
    assert_eq!(state(&kit), Delivery::Accepted);
    kit.apply(vec![delivered(MessageRef::External("SM9".into()), Delivery::Delivered, "delivered", NOW + 3)]);
    assert_eq!(state(&kit), Delivery::Delivered);
    // A pull lists it as well: no second row.
    assert_eq!(kit.apply(vec![message_out("SM9", "+31600000001", NOW + 900)]).new_messages, 0);
    let (_, op_state, attempts) = kit.reader().op(op).unwrap().unwrap();
    assert_eq!((op_state, attempts), (OpState::Settled, 1));
    let row = kit.reader().conversation(c).unwrap().unwrap();
    assert_eq!((row.waiting_since, row.delivery), (None, Some(Delivery::Delivered)));
    kit.check();
}

fn message_out(id: &str, to: &str, at: i64) -> Event {
    message(id, to, Outbound, at, "hi!")
}

#[test]
fn a_pull_that_comes_before_the_answer_ends_as_one_message() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", "+31600000001", NOW, "hello");
    let done = kit.reply(c, "hi!");
    let op = done.op.unwrap();
    kit.store.writer().call(Class::Durable, move |t| t.op_claim(op, NOW)).unwrap();
    kit.apply(vec![
        message_out("SM9", "+31600000001", NOW),
        delivered(MessageRef::External("SM9".into()), Delivery::Delivered, "delivered", NOW + 3),
    ]);
    assert_eq!(kit.reader().thread(c, None, 10).unwrap().len(), 3, "not known to be one yet");
    let mut answer = fact("SM9", "+31600000001", Outbound, NOW, "hi!");
    answer.token = Some(op);
    let yes = Accepted::State { events: vec![Event::Message(Box::new(answer))] };
    kit.store.writer().call(Class::Durable, move |t| t.op_accepted(op, &yes, NOW + 5)).unwrap();
    let thread = kit.reader().thread(c, None, 10).unwrap();
    assert_eq!(thread.len(), 2);
    assert_eq!(thread[1].id, done.message.unwrap());
    assert_eq!(thread[1].delivery, Some(Delivery::Delivered));
    assert_eq!(thread[1].external_id.as_deref(), Some("SM9"));
    assert!(kit.reader().delivery_steps(thread[1].id).unwrap().iter().any(|s| s.said == "delivered"));
    kit.check();
}

#[test]
fn what_is_told_of_a_message_before_it_came_is_kept() {
    let kit = Kit::new();
    kit.apply(vec![delivered(MessageRef::External("SM9".into()), Delivery::Delivered, "delivered", NOW + 3)]);
    let c = kit.apply(vec![message_out("SM9", "+31600000001", NOW)]).conversations[0];
    let thread = kit.reader().thread(c, None, 10).unwrap();
    assert_eq!(thread[0].delivery, Some(Delivery::Delivered));
    kit.check();
}

#[test]
fn a_new_message_reopens_what_was_resolved_and_reading_keeps_it_open() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", "+31600000001", NOW, "hello");
    kit.set(c, frontdesk::domain::command::set::status(Status::Resolved));
    let row = kit.reader().conversation(c).unwrap().unwrap();
    assert_eq!((row.status, row.unread, row.waiting_since), (Status::Resolved, 0, None));
    kit.check();
    kit.inbound("SM2", "+31600000001", NOW + 1000, "and another thing");
    let row = kit.reader().conversation(c).unwrap().unwrap();
    assert_eq!((row.status, row.unread), (Status::Open, 1));
    kit.check();
    kit.perform(Action::Read { conversation: c });
    let row = kit.reader().conversation(c).unwrap().unwrap();
    assert_eq!((row.status, row.unread), (Status::Open, 0));
    kit.check();
}

#[test]
fn a_crash_leaves_a_doubt_that_an_agent_or_a_callback_ends() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", "+31600000001", NOW, "hello");
    let done = kit.reply(c, "hi!");
    let (op, message) = (done.op.unwrap(), done.message.unwrap());
    let w = kit.store.writer();
    w.call(Class::Durable, move |t| t.op_claim(op, NOW)).unwrap();
    assert_eq!(w.call(Class::Durable, |t| t.ops_recover(NOW)).unwrap(), [op]);
    let row = kit.reader().conversation(c).unwrap().unwrap();
    assert_eq!((row.delivery, row.troubled), (Some(Delivery::Unknown), 1));
    kit.check();
    kit.perform(Action::Settle { message, sent: false });
    assert_eq!(kit.reader().message(message).unwrap().unwrap().delivery, Some(Delivery::Parked));
    kit.check();
    // It had been sent after all: it must not leave again.
    kit.perform(Action::Retry { message });
    kit.apply(vec![delivered(
        MessageRef::Token(op, Some("SM9".into())),
        Delivery::Delivered,
        "delivered",
        NOW + 3,
    )]);
    assert!(!w.call(Class::Durable, move |t| t.op_claim(op, NOW + 10)).unwrap());
    assert_eq!(kit.reader().conversation(c).unwrap().unwrap().troubled, 0);
    kit.check();
}

#[test]
fn a_refused_send_is_failed_with_its_reason_and_can_be_tried_again() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", "+31600000001", NOW, "hello");
    let done = kit.reply(c, "hi!");
    let (op, message) = (done.op.unwrap(), done.message.unwrap());
    let w = kit.store.writer();
    w.call(Class::Durable, move |t| t.op_claim(op, NOW)).unwrap();
    let why = Reason { code: Some("21610".into()), human: "opted out".into() };
    w.call(Class::Durable, move |t| t.op_failed(op, &why, NOW)).unwrap();
    let row = kit.reader().message(message).unwrap().unwrap();
    assert_eq!(row.delivery, Some(Delivery::Failed));
    assert_eq!(row.reason.unwrap().code.as_deref(), Some("21610"));
    let row = kit.reader().conversation(c).unwrap().unwrap();
    assert_eq!((row.waiting_since, row.troubled), (Some(NOW), 1), "a failed answer is no answer");
    kit.check();
    let again = kit.perform(Action::Retry { message });
    assert_eq!((again.message, again.op), (Some(message), Some(op)));
    assert!(w.call(Class::Durable, move |t| t.op_claim(op, NOW)).unwrap());
    kit.check();
}

#[test]
fn a_send_that_failed_at_the_provider_is_tried_again_as_a_new_message() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", "+31600000001", NOW, "hello");
    let done = kit.reply(c, "hi!");
    let (op, message) = (done.op.unwrap(), done.message.unwrap());
    kit.store.writer().call(Class::Durable, move |t| t.op_claim(op, NOW)).unwrap();
    let of = || MessageRef::Token(op, Some("SM9".into()));
    kit.apply(vec![
        delivered(of(), Delivery::Accepted, "sent", NOW + 1),
        delivered(of(), Delivery::Failed, "undelivered", NOW + 2),
    ]);
    assert_eq!(kit.reader().op(op).unwrap().unwrap().1, OpState::Failed);
    assert_eq!(kit.reader().conversation(c).unwrap().unwrap().troubled, 1);
    let again = kit.perform(Action::Retry { message });
    assert_ne!(again.message, Some(message));
    assert_ne!(again.op, Some(op));
    assert_eq!(kit.reader().conversation(c).unwrap().unwrap().troubled, 0);
    assert_eq!(kit.reader().outbox(10, NOW).unwrap().len(), 1);
    kit.check();
}

#[test]
fn undo_takes_a_queued_send_back_and_never_a_claimed_one() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", "+31600000001", NOW, "hello");
    let done = kit.perform(Action::Reply { conversation: c, text: "oops".into(), undo_ms: 5000, at: None });
    let (op, message) = (done.op.unwrap(), done.message.unwrap());
    let w = kit.store.writer();
    assert!(!w.call(Class::Durable, move |t| t.op_claim(op, NOW + 4999)).unwrap(), "not due");
    assert_eq!(kit.reader().message(message).unwrap().unwrap().due_at, Some(NOW + 5000));
    assert_eq!(kit.perform(Action::Cancel { message }).delivery, Some(Delivery::Cancelled));
    assert!(!w.call(Class::Durable, move |t| t.op_claim(op, NOW + 9000)).unwrap());
    assert_eq!(kit.reader().conversation(c).unwrap().unwrap().waiting_since, Some(NOW));
    kit.check();
    let done = kit.reply(c, "now");
    let (op, message) = (done.op.unwrap(), done.message.unwrap());
    w.call(Class::Durable, move |t| t.op_claim(op, NOW)).unwrap();
    assert!(kit.try_perform(Action::Cancel { message }).unwrap_err().to_string().contains("already left"));
}

#[test]
fn what_was_taken_back_is_in_the_thread_alone_until_it_turns_out_to_be_sent() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", "+31600000001", NOW, "hello");
    let row = || kit.reader().conversation(c).unwrap().unwrap();
    let found = || {
        let query = frontdesk::domain::query::parse("refund*").unwrap();
        let tz = jiff::tz::TimeZone::UTC;
        kit.reader().search(&query, None, 10, None, NOW, &tz).unwrap().len()
    };
    kit.clock.set(NOW + 60_000);
    let action =
        Action::Reply { conversation: c, text: "a refund is on its way".into(), undo_ms: 5000, at: None };
    let done = kit.perform(action);
    let (op, message) = (done.op.unwrap(), done.message.unwrap());
    assert_eq!(
        (row().preview.as_str(), row().last_message_at),
        ("a refund is on its way", Some(NOW + 60_000))
    );
    assert_eq!(found(), 1);
    kit.perform(Action::Cancel { message });
    let now = row();
    assert_eq!((now.preview.as_str(), now.last_message_at, now.delivery), ("hello", Some(NOW), None));
    assert_eq!(now.preview_direction, Some(Inbound));
    assert_eq!(found(), 0);
    for query in ["from:agent", "from:contact refund", "-hello -order", "identity:+31600000001 refund"] {
        let query = frontdesk::domain::query::parse(query).unwrap();
        let tz = jiff::tz::TimeZone::UTC;
        assert!(kit.reader().search(&query, None, 10, None, NOW, &tz).unwrap().is_empty(), "{query:?}");
    }
    assert_eq!(kit.reader().thread(c, None, 10).unwrap().len(), 2, "the thread keeps it");
    kit.check();
    // The provider says that it went out after all.
    let told =
        delivered(MessageRef::Token(op, Some("SM9".into())), Delivery::Delivered, "delivered", NOW + 3);
    kit.apply(vec![told]);
    let now = row();
    assert_eq!((now.preview.as_str(), now.last_message_at), ("a refund is on its way", Some(NOW + 60_000)));
    assert_eq!(now.delivery, Some(Delivery::Delivered));
    assert_eq!(found(), 1);
    kit.check();
}

#[test]
fn a_conversation_of_which_all_was_taken_back_has_said_nothing() {
    let kit = Kit::new();
    let to = "+31600000002".to_owned();
    let account = kit.account;
    let channel = frontdesk::domain::account::Channel::Sms;
    let done =
        kit.perform(Action::New { account, channel, to, text: "hello".into(), undo_ms: 5000, at: None });
    kit.perform(Action::Discard { message: done.message.unwrap() });
    let row = kit.reader().conversation(done.conversation.unwrap()).unwrap().unwrap();
    assert_eq!((row.preview.as_str(), row.last_message_at), ("", None));
    kit.check();
}

#[test]
fn reading_up_to_a_moment_counts_for_messages_that_are_told_later() {
    let kit = Kit::new();
    let upto = Event::ReadUpTo {
        conversation: conversation("+31600000001").key,
        at: NOW + 10,
        source: frontdesk::domain::delivery::DeliverySource::Webhook,
    };
    kit.apply(vec![upto]);
    let c = kit
        .apply(vec![message_out("SM9", "+31600000001", NOW), message_out("SM10", "+31600000001", NOW + 50)]);
    let thread = kit.reader().thread(c.conversations[0], None, 10).unwrap();
    assert_eq!(thread.iter().map(|m| m.delivery).collect::<Vec<_>>(), [Some(Delivery::Read), None]);
    kit.check();
}

#[test]
fn what_is_scheduled_waits_for_its_moment_and_stands_where_it_was_said() {
    let kit = Kit::new();
    let c = kit.apply(vec![message("SM1", "+31600000001", Inbound, NOW - 10, "hi")]).conversations[0];
    let morning = NOW + 3_600_000;
    let at = Some(morning);
    let done =
        kit.perform(Action::Reply { conversation: c, text: "good morning".into(), undo_ms: 5_000, at });
    let (op, id) = (done.op.unwrap(), done.message.unwrap());
    let row = || kit.reader().message(id).unwrap().unwrap();
    assert_eq!((row().due_at, row().scheduled, row().sent_at), (at, true, NOW));
    let outbox = kit.reader().outbox(10, NOW).unwrap();
    assert_eq!((outbox[0].not_before, outbox[0].state), (morning, OpState::Queued));
    let take = |now: i64| {
        kit.clock.set(now);
        kit.store.writer().call(Class::Durable, move |t| t.op_take(op, now)).unwrap()
    };
    assert_eq!(take(morning - 1), Taken::NotDue);
    // After a restart nothing is different, also where the clock was set back since.
    let now = NOW - 100;
    kit.store.writer().call(Class::Durable, move |t| t.ops_recover(now)).unwrap();
    assert_eq!(kit.reader().ops_planned(0).unwrap()[0].not_before, morning);
    // What is written between comes before it; late is late, and it stands where it is said.
    kit.apply(vec![message("SM2", "+31600000001", Inbound, NOW + 20, "hello?")]);
    assert!(matches!(take(morning + 7_000), Taken::Op(_)));
    assert_eq!((row().sent_at, row().due_at, row().scheduled), (morning + 7_000, None, false));
    let thread = kit.reader().thread(c, None, 10).unwrap();
    assert_eq!(thread.iter().map(|m| m.text.as_str()).collect::<Vec<_>>(), ["hi", "hello?", "good morning"]);
    assert_eq!(kit.reader().conversation(c).unwrap().unwrap().waiting_since, None);
    kit.check();
}

#[test]
fn what_is_scheduled_is_sent_now_taken_back_or_stopped_by_what_came_between() {
    let kit = Kit::new();
    let c = kit.apply(vec![message("SM1", "+31600000001", Inbound, NOW - 10, "hi")]).conversations[0];
    let say = |text: &str| {
        let at = Some(NOW + 3_600_000);
        kit.perform(Action::Reply { conversation: c, text: text.into(), undo_ms: 0, at })
    };
    let (one, two, three) = (say("one"), say("two"), say("three"));
    // The customer writes before it is sent: it stands behind that, and answers it.
    kit.apply(vec![message("SM2", "+31600000001", Inbound, NOW - 5, "hello?")]);
    kit.clock.set(NOW + 7);
    kit.perform(Action::Retry { message: one.message.unwrap() });
    let now = kit.reader().message(one.message.unwrap()).unwrap().unwrap();
    assert_eq!(now.sent_at, NOW + 7);
    kit.clock.set(NOW);
    let planned = kit.reader().ops_planned(0).unwrap();
    assert_eq!((planned[0].not_before, planned[0].scheduled_at), (NOW + 7, None));
    kit.perform(Action::Cancel { message: two.message.unwrap() });
    // They opt out in the night.
    let state = frontdesk::domain::contact::ConsentState::OptedOut;
    kit.perform(Action::Consent { conversation: c, state });
    let (op, now) = (three.op.unwrap(), NOW + 3_600_000);
    assert_eq!(kit.store.writer().call(Class::Durable, move |t| t.op_take(op, now)).unwrap(), Taken::Parked);
    let row = kit.reader().message(three.message.unwrap()).unwrap().unwrap();
    assert_eq!(row.delivery, Some(Delivery::Parked));
    assert!(row.reason.unwrap().human.contains("opted out"));
    kit.check();
}

#[test]
fn what_waits_for_its_turn_is_not_sent_to_who_has_said_stop_meanwhile() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", "+31600000001", NOW - 10, "hi");
    let say =
        |text: &str| kit.perform(Action::Reply { conversation: c, text: text.into(), undo_ms: 0, at: None });
    let (first, second) = (say("one"), say("two"));
    let take = |op, at| kit.store.writer().call(Class::Durable, move |t| t.op_take(op, at)).unwrap();
    assert!(matches!(take(first.op.unwrap(), NOW), Taken::Op(_)));
    let state = frontdesk::domain::contact::ConsentState::OptedOut;
    kit.perform(Action::Consent { conversation: c, state });
    assert_eq!(take(second.op.unwrap(), NOW), Taken::Parked);
    let row = kit.reader().message(second.message.unwrap()).unwrap().unwrap();
    assert_eq!(row.delivery, Some(Delivery::Parked));
    assert!(row.reason.unwrap().human.contains("opted out"));
    kit.check();
}

#[test]
fn a_customer_waits_until_what_is_scheduled_has_left() {
    let kit = Kit::new();
    let c = kit.inbound("SM1", "+31600000001", NOW - 10, "hi");
    let morning = NOW + 3_600_000;
    let row = || kit.reader().conversation(c).unwrap().unwrap();
    let say = |text: &str| {
        kit.perform(Action::Reply { conversation: c, text: text.into(), undo_ms: 0, at: Some(morning) })
    };
    let (first, second) = (say("good morning"), say("and more"));
    assert_eq!((row().waiting_since, row().answer_at), (Some(NOW - 10), Some(morning)));
    kit.check();
    let leave = |op, at| kit.store.writer().call(Class::Durable, move |t| t.op_take(op, at)).unwrap();
    // Taken back, nothing is to come; sent now, it is an answer like any other, once it leaves.
    kit.perform(Action::Cancel { message: first.message.unwrap() });
    assert_eq!((row().waiting_since, row().answer_at), (Some(NOW - 10), Some(morning)));
    kit.perform(Action::Retry { message: second.message.unwrap() });
    assert_eq!((row().waiting_since, row().answer_at), (Some(NOW - 10), None));
    assert!(matches!(leave(second.op.unwrap(), NOW), Taken::Op(_)));
    assert_eq!((row().waiting_since, row().answer_at), (None, None));
    kit.check();
    // An answer that has left before goes on counting when another one is scheduled behind it, and one that leaves answers.
    let third = say("one more");
    assert_eq!((row().waiting_since, row().answer_at), (None, Some(morning)));
    kit.check();
    kit.inbound("SM2", "+31600000001", NOW + 20, "hello?");
    let op = third.op.unwrap();
    kit.clock.set(morning);
    assert!(matches!(leave(op, morning), Taken::Op(_)));
    assert_eq!((row().waiting_since, row().answer_at), (None, None));
    kit.check();
}
