//! Examples of calling the agent: for what, when, and how often.

use super::*;
use crate::domain::notify::{How, Rule, Wanted};
use crate::domain::row::ArrivalRow;

/// A desk that calls for what is mine or nobody's. Conversation 9 is not in its list.
fn desk() -> Desk {
    let mut desk = Desk::new();
    desk.model.calls.wanted =
        Wanted { how: How::Osc9, rules: vec![Rule::Mine, Rule::Unassigned], quiet: None, preview: true };
    arrive(&mut desk, &[]);
    desk
}

fn arrival(message: i64, conversation: i64, text: &str) -> ArrivalRow {
    let message = MessageId((NOW / 1000) << 8 | message);
    ArrivalRow {
        message,
        text: text.into(),
        is_note: false,
        conversation: fixture::conversation(conversation),
    }
}

fn arrive(desk: &mut Desk, arrivals: &[ArrivalRow]) {
    desk.send(Msg::Loaded(Box::new(Loaded::Arrivals(arrivals.to_vec()))));
}

/// Lets time pass, and returns the calls.
fn after(desk: &mut Desk, ms: i64) -> Vec<(String, String)> {
    let now = desk.model.now + ms;
    desk.send(Msg::Tick(now));
    let calls = std::mem::take(&mut desk.out).into_iter().filter_map(|effect| match effect {
        Effect::Notify { title, text, .. } => Some((title, text)),
        _ => None,
    });
    calls.collect()
}

#[test]
fn a_message_calls_once_while_nobody_looks() {
    let mut desk = desk();
    desk.send(Msg::Focus(false));
    let hello = arrival(1, 1, "hello\nthere");
    arrive(&mut desk, std::slice::from_ref(&hello));
    assert_eq!(after(&mut desk, 100), [], "what comes with it is waited for");
    assert_eq!(wake_at(&desk.model), Some(desk.model.now + 200), "and no longer than needed");
    assert_eq!(after(&mut desk, 200), [("Customer 1".to_owned(), "SMS: hello there".to_owned())]);
    arrive(&mut desk, std::slice::from_ref(&hello));
    assert_eq!(after(&mut desk, 60_000), [], "it was called for");
}

#[test]
fn who_looks_is_called_only_for_what_is_not_on_the_screen() {
    let mut desk = desk();
    arrive(&mut desk, &[arrival(1, 1, "hello")]);
    assert_eq!(after(&mut desk, 10_000), [], "it is in the list");
    arrive(&mut desk, &[arrival(2, 9, "hello")]);
    assert_eq!(after(&mut desk, 10_000).len(), 1);
    // Who comes back before the call sees it.
    desk.send(Msg::Focus(false));
    arrive(&mut desk, &[arrival(3, 1, "again")]);
    desk.send(Msg::Focus(true));
    assert_eq!(after(&mut desk, 10_000), []);
}

#[test]
fn what_comes_together_is_one_call() {
    let mut desk = desk();
    desk.send(Msg::Focus(false));
    arrive(&mut desk, &(1..=10).map(|n| arrival(n, n % 5 + 1, "x")).collect::<Vec<_>>());
    let many = "10 new messages from Customer 2, Customer 3, Customer 4 and 2 more";
    assert_eq!(after(&mut desk, 300), [("Frontdesk · acme".to_owned(), many.to_owned())]);
    // The next calls keep a distance.
    arrive(&mut desk, &[arrival(11, 3, "one")]);
    assert_eq!(after(&mut desk, 400), []);
    arrive(&mut desk, &[arrival(12, 3, "two")]);
    assert_eq!(after(&mut desk, 4_600), [("Customer 3".to_owned(), "2 new messages: two".to_owned())]);
}

#[test]
fn what_was_there_before_is_no_news() {
    let mut desk = Desk::new();
    desk.model.calls.wanted = Wanted { how: How::Bell, rules: vec![Rule::All], ..Wanted::default() };
    desk.send(Msg::Focus(false));
    arrive(&mut desk, &[arrival(1, 1, "old")]);
    assert_eq!(after(&mut desk, 10_000), []);
    // More than a look takes: what it left out is not new when the rest has been read.
    let many: Vec<_> = (100..150).map(|n| arrival(n, 1, "x")).collect();
    arrive(&mut desk, &many);
    assert_eq!(after(&mut desk, 10_000).len(), 1);
    arrive(&mut desk, &[arrival(50, 1, "left out"), arrival(149, 1, "x")]);
    assert_eq!(after(&mut desk, 10_000), []);
}

#[test]
fn rules_quiet_hours_and_privacy_hold() {
    let mut desk = desk();
    desk.send(Msg::Focus(false));
    let mut toms = arrival(1, 1, "for Tom");
    toms.conversation.assignee = Some(Assignee::Agent(AgentId(2)));
    let mut spam = arrival(2, 1, "win");
    spam.conversation.status = Status::Spam;
    let mut muted = arrival(5, 1, "again");
    muted.conversation.muted = true;
    let mut blocked = arrival(6, 9, "again");
    blocked.conversation.blocked = true;
    arrive(&mut desk, &[toms, spam, muted, blocked]);
    assert_eq!(after(&mut desk, 10_000), []);
    // It is 14:32.
    desk.model.calls.wanted.quiet = Some("14:00-15:00".parse().unwrap());
    arrive(&mut desk, &[arrival(3, 1, "quiet")]);
    assert_eq!(after(&mut desk, 10_000), []);
    desk.model.calls.wanted.quiet = Some("22:00-07:00".parse().unwrap());
    desk.model.calls.wanted.preview = false;
    arrive(&mut desk, &[arrival(4, 1, "my card is 4111")]);
    assert_eq!(after(&mut desk, 10_000), [("Customer 1".to_owned(), "SMS: wrote".to_owned())]);
}

#[test]
fn a_note_calls_whom_it_names() {
    let mut desk = desk();
    let agents = vec![desk.model.me.clone()];
    desk.send(Msg::Loaded(Box::new(Loaded::Agents { agents, teams: Vec::new() })));
    desk.send(Msg::Focus(false));
    let note = |message, text: &str| ArrivalRow { is_note: true, ..arrival(message, 1, text) };
    arrive(&mut desk, &[note(1, "@ana please call")]);
    assert_eq!(after(&mut desk, 10_000), [], "it is not wanted");
    desk.model.calls.wanted.rules = vec![Rule::Mentions];
    let mut muted = note(3, "@ana again");
    muted.conversation.muted = true;
    let text = "her mail is x@ana.example";
    arrive(&mut desk, &[note(2, text), muted, arrival(4, 1, "from the customer")]);
    assert_eq!(after(&mut desk, 10_000), []);
    arrive(&mut desk, &[note(5, "@ana please call")]);
    assert_eq!(after(&mut desk, 10_000), [("Customer 1".to_owned(), "note: @ana please call".to_owned())]);
    desk.model.calls.wanted.preview = false;
    arrive(&mut desk, &[note(6, "@ana the card is 4111")]);
    assert_eq!(after(&mut desk, 10_000), [("Customer 1".to_owned(), "a note calls you".to_owned())]);
}

#[test]
fn hostile_words_are_made_harmless() {
    let mut desk = desk();
    desk.send(Msg::Focus(false));
    let mut evil = arrival(1, 1, &format!("\u{1b}]0;owned\u{7}\u{202e}{}", "x".repeat(500)));
    evil.conversation.contact_name = "A\u{9d}\u{1b}[2Jnna".into();
    arrive(&mut desk, &[evil]);
    let calls = after(&mut desk, 10_000);
    let (title, text) = &calls[0];
    for said in [title, text] {
        assert!(crate::text::sanitize::is_clean(said) && said.chars().count() <= 160, "{said:?}");
    }
}

#[test]
fn nobody_asks_where_nobody_wants_to_know() {
    let mut desk = Desk::new();
    desk.send(Msg::Changed);
    assert!(!desk.loads.iter().any(|need| matches!(need, Need::Arrivals { .. })));
    desk.model.calls.wanted.how = How::Bell;
    desk.send(Msg::Changed);
    assert!(desk.loads.iter().any(|need| matches!(need, Need::Arrivals { .. })));
}

#[test]
fn who_is_due_is_called_for_before_and_after_it() {
    let mut desk = desk();
    desk.send(Msg::Focus(false));
    let due = |id: i64, minutes: i64| ConversationRow {
        due_at: Some(NOW + minutes * 60_000),
        ..fixture::conversation(id)
    };
    let come = |desk: &mut Desk, rows: &[ConversationRow]| {
        desk.send(Msg::Loaded(Box::new(Loaded::Due(rows.to_vec()))));
    };
    come(&mut desk, &[]);
    come(&mut desk, &[due(1, 8)]);
    assert_eq!(after(&mut desk, 10_000), [], "it is not wanted");
    desk.model.calls.wanted.rules = vec![Rule::Due];
    come(&mut desk, &[due(1, 8), due(2, 9)]);
    assert_eq!(after(&mut desk, 10_000), [("Customer 2".to_owned(), "SMS: due 8m, nobody's".to_owned())]);
    come(&mut desk, &[due(1, 8), due(2, 9)]);
    assert_eq!(after(&mut desk, 8 * 60_000), [], "they were called for");
    let mut toms = due(3, 8);
    toms.assignee = Some(Assignee::Agent(AgentId(2)));
    let mut muted = due(4, 8);
    muted.muted = true;
    come(&mut desk, &[due(1, 8), due(2, 9), due(5, 15), toms, muted]);
    assert_eq!(
        after(&mut desk, 10_000),
        [("Frontdesk · acme".to_owned(), "1 overdue, 1 due soon".to_owned())]
    );
    assert_eq!(after(&mut desk, 60_000), []);
}

#[test]
fn what_is_due_is_looked_after_once_a_minute_and_where_somebody_wants_to_know() {
    let mut desk = desk();
    let asks = |desk: &mut Desk, ms: i64| {
        let now = desk.model.now + ms;
        desk.loads.clear();
        desk.send(Msg::Tick(now));
        let of = |wanted: fn(&Need) -> bool| desk.loads.iter().any(wanted);
        (of(|n| matches!(n, Need::Searches { .. })), of(|n| matches!(n, Need::Due { .. })))
    };
    assert_eq!(asks(&mut desk, 60_000), (false, false), "no times for answers are set");
    desk.model.sidebar.has_due = true;
    assert_eq!(asks(&mut desk, 60_000), (true, false));
    assert_eq!(asks(&mut desk, 1_000), (false, false));
    desk.model.calls.wanted.rules = vec![Rule::Due];
    assert_eq!(asks(&mut desk, 60_000), (true, true));
    let soon = desk.model.now + 1_500;
    desk.model.list.rows[0].due_at = Some(soon);
    assert_eq!(wake_at(&desk.model), Some(soon), "the screen changes then");
    assert_eq!(asks(&mut desk, 1_500), (true, true));
    desk.loads.clear();
    desk.keys("gd");
    let over = ListSource::View(View::Overdue);
    assert!(desk.loads.iter().any(|n| matches!(n, Need::List { source, .. } if *source == over)));
    desk.loads.clear();
    let now = desk.model.now + 60_000;
    desk.send(Msg::Tick(now));
    assert!(desk.loads.iter().any(|n| matches!(n, Need::List { source, .. } if *source == over)));
}
