//! Examples of what marks a conversation as read, and of the terminal's title.

use super::*;
use crate::domain::row::ViewCount;
use crate::ui::reading::ReadPolicy;

/// A desk whose second conversation has two unread messages.
fn desk(reads: ReadPolicy) -> Desk {
    Desk::with(|d| {
        d.rows[1].unread = 2;
        d.model.reads = reads;
    })
}

fn read(n: i64) -> Action {
    Action::Read { conversation: id(n) }
}

/// The customer of a row writes once more.
fn writes(desk: &mut Desk, row: usize) {
    desk.rows[row].unread += 1;
    desk.rows[row].last_inbound_at = desk.rows[row].last_inbound_at.map(|at| at + 1_000);
    desk.send(Msg::Changed);
}

/// The store has done what was asked.
fn store_reads(desk: &mut Desk, row: usize) {
    desk.rows[row].unread = 0;
    desk.send(Msg::Changed);
    desk.out.clear();
}

#[test]
fn the_policy_decides_what_opening_and_answering_mean() {
    for (reads, on_open, on_reply) in [
        (ReadPolicy::OnOpen, vec![read(2)], vec![read(2)]),
        (ReadPolicy::OnReply, vec![], vec![read(2)]),
        (ReadPolicy::Manual, vec![], vec![]),
    ] {
        let mut desk = desk(reads);
        assert_eq!(actions(desk.keys("j<enter>")), on_open, "{reads:?}");
        // The answer to the first action does not come: it is still unread.
        let sent = actions(desk.keys("rhello<enter>"));
        assert_eq!(sent.last(), Some(&reply(2, "hello")), "{reads:?}");
        let ticket = desk.model.tickets;
        desk.out.clear();
        desk.done(ticket, Ok(Performed { message: Some(MessageId(20)), ..Performed::default() }));
        assert_eq!(actions(std::mem::take(&mut desk.out)), on_reply, "{reads:?}");
        assert_eq!(actions(desk.keys("<esc>jkU")), [read(2)], "the key works under every policy: {reads:?}");
    }
}

#[test]
fn what_arrives_in_an_open_thread_counts_as_read_while_somebody_looks() {
    let mut desk = desk(ReadPolicy::OnOpen);
    desk.keys("j<enter>");
    store_reads(&mut desk, 1);
    writes(&mut desk, 1);
    assert_eq!(actions(std::mem::take(&mut desk.out)), [read(2)], "once, however often the store moves");
    store_reads(&mut desk, 1);
    // Beside the list it was only moved over.
    desk.keys("<esc>");
    writes(&mut desk, 1);
    assert_eq!(actions(std::mem::take(&mut desk.out)), []);
    desk.keys("<tab>");
    assert_eq!(actions(std::mem::take(&mut desk.out)), [], "going there with Tab opens nothing");
}

#[test]
fn a_note_that_calls_is_seen_by_the_same_policy() {
    let called = |reads| {
        Desk::with(|d| {
            d.rows[1].called = vec![d.model.me.id];
            d.model.reads = reads;
        })
    };
    let mut desk = called(ReadPolicy::OnOpen);
    assert_eq!(actions(desk.keys("j<enter>")), [read(2)], "nothing else is unseen there");
    desk.rows[1].called.clear();
    desk.send(Msg::Changed);
    // A colleague calls once more, while it is open; and the customer has written before that.
    desk.rows[1].last_message_at = desk.rows[1].last_message_at.map(|at| at + 5_000);
    desk.rows[1].called = vec![desk.model.me.id];
    desk.send(Msg::Changed);
    assert_eq!(actions(std::mem::take(&mut desk.out)), [read(2)]);
    desk.rows[1].called.clear();
    writes(&mut desk, 1);
    assert_eq!(
        actions(std::mem::take(&mut desk.out)),
        [read(2)],
        "what the customer writes is looked at by itself"
    );
    let mut desk = called(ReadPolicy::Manual);
    assert_eq!(actions(desk.keys("j<enter>")), []);
    assert_eq!(actions(desk.keys("U")), [read(2)], "the key hears it");
}

#[test]
fn a_terminal_without_focus_never_marks_read() {
    let mut desk = desk(ReadPolicy::OnOpen);
    desk.keys("j<enter>");
    store_reads(&mut desk, 1);
    desk.send(Msg::Focus(false));
    writes(&mut desk, 1);
    assert_eq!(actions(std::mem::take(&mut desk.out)), []);
    desk.send(Msg::Focus(true));
    assert_eq!(actions(std::mem::take(&mut desk.out)), [read(2)], "now it is seen");
    // Nor does a key that reaches it all the same.
    let mut desk = self::desk(ReadPolicy::OnOpen);
    desk.send(Msg::Focus(false));
    assert_eq!(actions(desk.keys("j<enter>")), []);
    desk.send(Msg::Focus(true));
    assert_eq!(actions(std::mem::take(&mut desk.out)), [read(2)]);
    let mut desk = self::desk(ReadPolicy::OnReply);
    desk.keys("j<enter>");
    desk.send(Msg::Focus(false));
    desk.send(Msg::Focus(true));
    assert_eq!(actions(std::mem::take(&mut desk.out)), [], "focus is no reply");
}

#[test]
fn what_was_marked_unread_by_hand_stays_so_in_an_open_thread() {
    let mut desk = desk(ReadPolicy::OnOpen);
    desk.keys("j<enter>");
    store_reads(&mut desk, 1);
    assert_eq!(actions(desk.keys("U")), [Action::Unread { conversation: id(2) }]);
    writes(&mut desk, 1);
    assert_eq!(actions(std::mem::take(&mut desk.out)), []);
}

#[test]
fn what_arrives_below_the_screen_is_not_seen_yet() {
    let line = |i| fixture::message(i, Direction::Inbound, "line\nline\nline");
    let mut desk = Desk::with(|d| d.messages = (1..=40).map(line).collect());
    desk.keys("<enter>gg");
    desk.messages.push(line(41));
    writes(&mut desk, 0);
    assert_eq!(actions(std::mem::take(&mut desk.out)), []);
    assert_eq!(actions(desk.keys("G")), [read(1)]);
}

#[test]
fn the_title_tells_what_is_unread() {
    let mut desk = Desk::new();
    assert_eq!(desk.model.title(), None, "it is not ours");
    desk.model.titled = true;
    assert_eq!(desk.model.title().unwrap(), "Frontdesk · acme");
    let counts = vec![(View::Open, ViewCount { total: 9, unread: 3 })];
    let sidebar = Loaded::Sidebar { accounts: Vec::new(), labels: Vec::new(), counts };
    desk.send(Msg::Loaded(Box::new(sidebar)));
    desk.model.workspace = "ac\u{1b}]0;me\u{7}".into();
    let title = desk.model.title().unwrap();
    assert!(title.starts_with("(3) Frontdesk · ac") && !title.contains(char::is_control), "{title:?}");
}
