//! Examples of triage and of messages that did not get through.

use super::*;

#[test]
fn triage_from_list_and_thread_alike() {
    for open in ["", "<enter>"] {
        let mut desk = Desk::new();
        desk.keys(open);
        let mine = Action::Set {
            conversation: id(1),
            facet: set::owner(Some(Owner::Agent("ana@acme.example".into()))),
        };
        assert_eq!(actions(desk.keys("m")), std::slice::from_ref(&mine));
        assert_eq!(actions(desk.keys("e")), [status(1, Status::Resolved)]);
        let urgent = Action::Set { conversation: id(1), facet: set::priority(Priority::Urgent) };
        assert_eq!(actions(desk.keys("p4")), std::slice::from_ref(&urgent));
        assert_eq!(actions(desk.keys("purg<enter>")), [urgent]);
        let vip = Action::Set { conversation: id(1), facet: set::label("vip", true) };
        assert_eq!(actions(desk.keys("Lvip<enter>")), [vip]);
        let judged =
            Qualification { state: QualificationState::Disqualified, reason: Some("a robot".into()) };
        let judged = Action::Set { conversation: id(1), facet: set::qualification(Some(judged)) };
        assert_eq!(actions(desk.keys("Qdis<enter>a robot<enter>")), [judged]);
        assert_eq!(actions(desk.keys("U")), [Action::Unread { conversation: id(1) }]);
        assert_eq!(actions(desk.keys("ame<enter>")), [mine]);
    }
}

#[test]
fn snooze_until_a_time_or_until_they_reply() {
    let mut desk = Desk::new();
    let asleep = |until| Action::Set { conversation: id(1), facet: set::snooze(until) };
    assert_eq!(actions(desk.keys("s<enter>")), [asleep(None)], "until they reply");
    let hour = 3_600_000;
    assert_eq!(actions(desk.keys("sthree<enter>")), [asleep(Some(desk.model.now + 3 * hour))]);
    assert_eq!(actions(desk.keys("s+7d<enter>")), [asleep(Some(desk.model.now + 7 * 24 * hour))]);
    assert_eq!(actions(desk.keys("sgibberish<enter>")), [], "no time: nothing is chosen");
    desk.keys("<esc>");
    // What holds is shown first, and undo wakes it.
    desk.rows[0].status = Status::Snoozed;
    desk.rows[0].snoozed_until = Some(desk.model.now + hour);
    desk.send(Msg::Changed);
    assert_eq!(actions(desk.keys("s<enter>")), [asleep(Some(desk.model.now + hour))]);
}

#[test]
fn resolve_and_go_on() {
    let mut desk = Desk::with(|d| d.rows[1].unread = 1);
    let done = desk.keys("<enter>E");
    assert_eq!(actions(done), [status(1, Status::Resolved), Action::Read { conversation: id(2) }]);
    assert_eq!((desk.model.shown(), desk.model.focus()), (Some(id(2)), Focus::Thread));
    desk.keys("<esc>G");
    assert_eq!(actions(desk.keys("E")), [status(3, Status::Resolved)]);
    assert_eq!(desk.model.selected(), Some(id(2)), "the last one gives way to the one before");
}

#[test]
fn undo_brings_back_what_was() {
    let mut desk = Desk::with(|d| {
        d.rows[0].priority = Priority::Low;
        d.rows[0].assignee = Some(Assignee::Agent(AgentId(1)));
    });
    desk.keys("p4");
    desk.done(1, Ok(Performed { changed: true, ..Performed::default() }));
    desk.keys("anone<enter>");
    desk.done(2, Ok(Performed { changed: true, ..Performed::default() }));
    let owner =
        Action::Set { conversation: id(1), facet: set::owner(Some(Owner::Agent("ana@acme.example".into()))) };
    assert_eq!(actions(desk.keys("u")), [owner]);
    let low = Action::Set { conversation: id(1), facet: set::priority(Priority::Low) };
    assert_eq!(actions(desk.keys("u")), [low]);
    assert_eq!(actions(desk.keys("u")), []);
    assert!(desk.model.notice.as_ref().unwrap().text.contains("nothing to undo"));
}

#[test]
fn nothing_is_done_to_a_message_that_nobody_points_at() {
    let mut desk = Desk::with(|d| {
        for (n, delivery) in [(11, Delivery::Unknown), (12, Delivery::Unknown), (13, Delivery::Failed)] {
            let mut message = fixture::message(n, Direction::Outbound, "there");
            message.delivery = Some(delivery);
            d.messages.push(message);
        }
    });
    for key in ["S", "T", "N"] {
        assert_eq!(actions(desk.keys(key)), [], "{key}: two are in doubt");
        assert!(desk.model.notice.as_ref().unwrap().text.contains("several"));
    }
    desk.keys("<enter>G");
    for key in ["S", "T", "N"] {
        assert_eq!(actions(desk.keys(key)), [], "{key}: the failed one is under the cursor");
        assert!(desk.model.notice.as_ref().unwrap().text.contains("another message"));
    }
    assert_eq!(actions(desk.keys("kS")), [Action::Retry { message: MessageId(12) }]);
    for key in ["R", "x"] {
        assert_eq!(actions(desk.keys(key)), [], "{key}: the failed one is below");
    }
    // Without the thread on screen nobody sees which message it would be.
    let mut desk = Desk::with(|d| {
        let mut message = fixture::message(11, Direction::Outbound, "there");
        message.delivery = Some(Delivery::Unknown);
        d.messages.push(message);
    });
    desk.model.layout.thread = None;
    let effects = update(&mut desk.model, Msg::Key(keys("S").unwrap()[0]));
    assert_eq!(actions(effects), []);
}

#[test]
fn failed_and_doubtful_messages_have_their_keys() {
    let state = |delivery| {
        Desk::with(|d| {
            let mut message = fixture::message(11, Direction::Outbound, "there");
            message.delivery = Some(delivery);
            d.messages.push(message);
        })
    };
    assert_eq!(actions(state(Delivery::Failed).keys("R")), [Action::Retry { message: MessageId(11) }]);
    let mut unknown = state(Delivery::Unknown);
    assert_eq!(actions(unknown.keys("R")), [], "not by the ordinary key");
    let said = &unknown.model.notice.as_ref().unwrap().text;
    assert!(said.contains("S sends it again") && said.contains("N that it was not"), "{said}");
    assert_eq!(actions(unknown.keys("S")), [Action::Retry { message: MessageId(11) }]);
    assert_eq!(actions(unknown.keys("T")), [Action::Settle { message: MessageId(11), sent: true }]);
    assert_eq!(actions(unknown.keys("N")), [Action::Settle { message: MessageId(11), sent: false }]);
    let mut unknown = state(Delivery::Unknown);
    unknown.keys("<enter>");
    assert!(unknown.hints().contains(&"not sent"), "{:?}", unknown.hints());
    assert!(unknown.text(80, 24).contains("S send again   T was sent   N not sent"));
    let mut failed = state(Delivery::Failed);
    assert_eq!(actions(failed.keys("x")), [Action::Discard { message: MessageId(11) }]);
    failed.done(1, Ok(Performed::default()));
    failed.keys("r");
    assert_eq!(failed.model.composer.as_ref().unwrap().text(), "there");
}

#[test]
fn opting_out_asks_first() {
    let mut desk = Desk::new();
    assert_eq!(actions(desk.keys("t<enter>n")), []);
    let out = Action::Consent { conversation: id(1), state: ConsentState::OptedOut };
    assert_eq!(actions(desk.keys("ty")), [out]);
}

#[test]
fn what_cannot_be_done_says_why() {
    let mut desk = Desk::with(|d| d.rows.clear());
    assert_eq!(desk.keys("e"), []);
    assert!(desk.model.notice.as_ref().unwrap().text.contains("no conversation is selected"));
}

#[test]
fn a_picker_stays_with_its_conversation() {
    let mut desk = Desk::new();
    desk.keys("p");
    desk.rows.remove(0);
    desk.send(Msg::Changed);
    let got = actions(desk.keys("4"));
    assert_eq!(got, [Action::Set { conversation: id(1), facet: set::priority(Priority::Urgent) }]);
}
