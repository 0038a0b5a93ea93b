//! Examples of clicks: on rows, keys, questions, and on what lies above the panes.

use super::*;
use crate::domain::delivery::Reason;
use crate::domain::facet::Facet;
use crate::ui::overlay::Overlay;

#[test]
fn the_mouse_selects_opens_scrolls_and_presses_hints() {
    let mut desk = Desk::with(|d| d.rows[1].unread = 1);
    let area = desk.model.layout.list.unwrap();
    let click = |x, y| Msg::Mouse(Mouse { kind: MouseKind::Click, x, y });
    desk.send(click(area.x + 3, area.y + 2));
    assert_eq!(
        (desk.model.selected(), desk.out.len()),
        (Some(id(2)), 0),
        "a click selects and changes nothing"
    );
    desk.send(click(area.x + 3, area.y + 3));
    assert_eq!(actions(std::mem::take(&mut desk.out)), [Action::Read { conversation: id(2) }]);
    assert_eq!(desk.model.focus(), Focus::Thread);
    let hint = desk.model.hints.iter().find(|h| h.word == "resolve").unwrap().clone();
    desk.send(click(hint.x, 39));
    assert_eq!(actions(std::mem::take(&mut desk.out)), [status(2, Status::Resolved)]);
}

/// The place of words on the screen.
fn spot(desk: &mut Desk, words: &str) -> (u16, u16) {
    let text = desk.text(120, 40);
    let (y, line) = text.lines().enumerate().find(|(_, line)| line.contains(words)).expect(words);
    let before = &line[..line.rfind(words).unwrap()];
    (u16::try_from(crate::text::wrap::width(before)).unwrap(), u16::try_from(y).unwrap())
}

#[test]
fn the_mouse_chooses_in_what_lies_above_and_answers_questions() {
    let mut desk = Desk::new();
    let click = |desk: &mut Desk, words: &str| {
        let (x, y) = spot(desk, words);
        desk.send(Msg::Mouse(Mouse { kind: MouseKind::Click, x, y }));
        std::mem::take(&mut desk.out)
    };
    desk.keys("p");
    assert_eq!(click(&mut desk, "high"), [], "it is gone to");
    assert!(!desk.model.overlays.is_empty());
    let given = actions(click(&mut desk, "high"));
    assert_eq!(
        given,
        [Action::Set { conversation: id(1), facet: Facet::Priority { priority: Priority::High } }]
    );
    assert!(desk.model.overlays.is_empty(), "and chosen by a second click");
    // The second half of a double click is not for what lay below; a third one is a click.
    let (x, y) = (desk.model.layout.list.unwrap().x + 3, desk.model.layout.list.unwrap().y + 2);
    desk.model.layout.closed_at = Some(ratatui::layout::Position::new(x, y));
    desk.send(Msg::Mouse(Mouse { kind: MouseKind::Click, x, y }));
    assert_eq!(desk.model.selected(), Some(id(1)));
    desk.send(Msg::Mouse(Mouse { kind: MouseKind::Click, x, y }));
    assert_eq!(desk.model.selected(), Some(id(2)));
    desk.keys("k");
    // Beside it nothing happens.
    desk.keys("p");
    let (x, y) = (0, desk.model.layout.body.y);
    desk.send(Msg::Mouse(Mouse { kind: MouseKind::Click, x, y }));
    assert!(!desk.model.overlays.is_empty());
    desk.keys("<esc>");
    // A question.
    desk.keys("t");
    assert_eq!(click(&mut desk, "n no"), []);
    assert!(desk.model.overlays.is_empty());
    desk.keys("t");
    assert_eq!(actions(click(&mut desk, "y yes")).len(), 1);
    // The line in the place of the composer opens it.
    desk.keys("<enter>");
    let foot = desk.model.thread.foot;
    desk.send(Msg::Mouse(Mouse { kind: MouseKind::Click, x: foot.x + 3, y: foot.bottom() - 1 }));
    assert_eq!(desk.model.focus(), Focus::Composer);
}

#[test]
fn a_click_on_what_covers_the_panes_is_not_for_them() {
    let mut desk = Desk::new();
    desk.model.say(crate::ui::Level::Error, "trouble that is told at length, ".repeat(9));
    desk.text(80, 24);
    let strip = crate::ui::hints::strip(&desk.model).unwrap();
    assert!(strip.height > 2 && strip.bottom() == 23, "{strip}");
    desk.send(Msg::Mouse(Mouse { kind: MouseKind::Click, x: 10, y: strip.y }));
    assert_eq!((desk.model.selected(), desk.model.notice.is_none()), (Some(id(1)), true));
    // While something is written it stands where it covers no word of that.
    desk.keys("rhello");
    desk.model.say(crate::ui::Level::Error, "trouble that is told at length, ".repeat(9));
    desk.text(80, 24);
    let strip = crate::ui::hints::strip(&desk.model).unwrap();
    assert!(!strip.intersects(desk.model.thread.foot), "{strip} {}", desk.model.thread.foot);
}

#[test]
fn a_click_goes_to_the_row_that_stands_there() {
    use crate::domain::op::OpState;
    let mut desk = Desk::new();
    let click = |desk: &mut Desk, words: &str| {
        let (x, y) = spot(desk, words);
        desk.send(Msg::Mouse(Mouse { kind: MouseKind::Click, x, y }));
    };
    desk.keys("/ord");
    let hit = |n: i64| SearchHit {
        conversation: id(1),
        message: MessageId(100 + n),
        channel: crate::domain::account::Channel::Sms,
        contact: crate::domain::ids::ContactId(1),
        contact_name: format!("Customer {n}"),
        direction: Direction::Inbound,
        sent_at: NOW,
        text: format!("order number {n}"),
    };
    let ticket = desk.model.tickets;
    let found = Found { hits: (10..60).map(hit).collect(), ..Found::default() };
    desk.send(Msg::Loaded(Box::new(Loaded::Search { ticket, found })));
    for (words, at) in
        [("Customer 13", 3), ("order number 12", 2), ("order number 24", 14), ("order number 24", 14)]
    {
        let Some(Overlay::Search(search)) = desk.model.overlays.last() else { panic!("search") };
        let was = search.at;
        click(&mut desk, words);
        match desk.model.overlays.last() {
            Some(Overlay::Search(search)) => assert_eq!(search.at, at, "{words}"),
            _ => assert_eq!(was, at, "{words}: only what is under the cursor is opened"),
        }
    }
    assert!(desk.model.overlays.is_empty(), "the second click has opened it");

    desk.keys("<esc>O");
    let mut rows = [1, 2, 3].map(|n| super::sending::outbox_row(n, OpState::Parked)).to_vec();
    rows[0].reason = Some(Reason::ours("a long reason, ".repeat(12)));
    desk.send(Msg::Loaded(Box::new(Loaded::Outbox(rows))));
    for (words, wanted) in [("words 3", 2), ("words 2", 1), ("a long reason", 0), ("words 3", 2)] {
        click(&mut desk, words);
        let Some(Overlay::Outbox { at, .. }) = desk.model.overlays.last() else { panic!("outbox: {words}") };
        assert_eq!(*at, wanted, "{words}");
    }
}
