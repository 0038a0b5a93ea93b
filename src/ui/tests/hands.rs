//! Examples of what the hands do: keys that are looked up, typed ahead, ranked; and editing where text is typed.

use super::*;
use crate::domain::change::{Change, To};
use crate::ui::key::Key;

fn here(desk: &mut Desk, keys: &str) -> String {
    desk.keys(keys);
    desk.text(120, 40)
}

/// The line with some words, without the frame.
fn line(text: &str, words: &str) -> usize {
    text.lines().position(|line| line.contains(words)).unwrap_or_else(|| panic!("no {words:?} in {text}"))
}

#[test]
fn help_begins_with_where_one_is() {
    for (keys, place, first) in [
        ("?", "Here, in the list", "Lists the conversations that match a query."),
        ("<enter>?", "Here, in the thread", "Puts the words of a message into the reply"),
        ("h?", "Here, beside the list", "Lists the conversations that match a query."),
        ("rhello<f1>", "Here, where you write", "Alt-L"),
        ("/<f1>", "Here: Search", "Search as you type."),
        ("a<f1>", "Here: Assign to", "Narrow the choices."),
        ("p<f1>", "Here: Priority", "0 … 4"),
        ("f<f1>", "Here: Filter the list", "Done."),
        ("O?", "Here: Outbox", "Close."),
        ("!?", "Here: Engine and channels", "Close."),
        ("gc<f1>", "Here: Setup", "Add an account."),
    ] {
        let text = here(&mut Desk::new(), keys);
        assert!(line(&text, place) < line(&text, first), "{keys}: {text}");
        assert!(line(&text, place) < 5, "{keys}: {text}");
    }
    // It lies above: closed, all is as it was.
    let mut desk = Desk::new();
    desk.keys("rhello<f1><esc>!");
    assert_eq!(desk.model.composer.as_ref().unwrap().text(), "hello!");
    let mut desk = Desk::new();
    desk.keys("/refund<f1>q");
    assert!(desk.text(120, 40).contains("refund"));
    // Setup stays in sight below; its help tells of typing where there is a line to type in.
    let text = here(&mut Desk::new(), "gc<f1>");
    assert!(text.contains("› Setup") && !text.contains("Deletes the word before"), "{text}");
    // No letter of a question mark is lost where text is typed.
    let mut desk = Desk::new();
    desk.keys("f?");
    assert!(desk.text(120, 40).contains('?') && !desk.text(120, 40).contains("Here:"));
}

#[test]
fn help_is_searched() {
    let mut desk = Desk::new();
    let text = here(&mut desk, "?/snooz");
    for words in ["Puts the conversation to sleep", "Lists what is snoozed."] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("Puts the words of a message on the clipboard."), "{text}");
    assert!(here(&mut desk, "<c-u>qqqqq").contains("Nothing fits"));
    assert!(here(&mut desk, "<esc>").contains("Here, in the list"));
    assert!(!here(&mut desk, "<esc>").contains("Here, in the list"));
}

#[test]
fn own_keys_stand_with_those_of_where_one_is() {
    let raw = crate::ui::RawBinding {
        context: "list".into(),
        key: "<f9>".into(),
        command: "label +vip".into(),
        file: String::new(),
        line: 1,
        displaces: true,
    };
    let mut desk = Desk::with(|d| d.model.keymap = crate::ui::keymap::Keymap::new(&[raw]).0);
    let text = here(&mut desk, "?");
    assert!(line(&text, "F9") < line(&text, "Opens what is selected"), "{text}");
    assert!(text.contains("Runs: label +vip"), "{text}");
}

#[test]
fn the_composer_is_edited_as_a_shell() {
    for (keys, text) in [
        ("one two<left><left><c-u>", "wo"),
        ("one two<left><left><c-k>", "one t"),
        ("one two<c-w>x", "one x"),
        ("one two<c-a>x<c-e>y", "xone twoy"),
        ("one two<a-b>x", "one xtwo"),
        ("one two<home><a-d>x", "x two"),
        ("one two<home><c-d>", "ne two"),
        ("first<a-enter>second<c-u>x", "first\nx"),
        ("first<a-enter>second<c-a><c-k>x", "first\nx"),
        ("one two<c-u><a-u>", "one two"),
        ("one<c-k><a-u><a-u><a-u><a-u>", ""),
        ("ab<a-u><c-r>", "ab"),
        ("one<c-u><c-/>", "one"),
        ("one<c-u><c-7>", "one"),
    ] {
        let mut desk = Desk::new();
        desk.keys(&format!("r{keys}"));
        assert_eq!(desk.model.composer.as_ref().unwrap().text(), text, "{keys}");
    }
    // The palette has another key there.
    let mut desk = Desk::new();
    assert!(here(&mut desk, "rhello<a-x>").contains("Commands"));
    assert!(
        actions(desk.keys("resolve<enter>")).contains(&status(1, Status::Resolved)),
        "{}",
        desk.text(120, 40)
    );
    let mut desk = Desk::new();
    desk.keys("r<a-u>");
    assert!(desk.model.notice.as_ref().unwrap().text.contains("nothing that was typed"));
}

fn first_of_palette(desk: &mut Desk, typed: &str) -> String {
    desk.keys(&format!(":{typed}"));
    let first = match desk.model.overlays.last() {
        Some(crate::ui::overlay::Overlay::Picker(picker)) => {
            picker.shown.first().map(|(i, _)| picker.items[*i].label.clone()).unwrap_or_default()
        }
        _ => String::new(),
    };
    desk.keys("<esc>");
    first
}

#[test]
fn the_palette_puts_keys_and_beginnings_of_words_first_and_then_what_is_used() {
    let mut desk = Desk::with(|d| d.rows[1].unread = 2);
    desk.keys("e");
    desk.done(2, Ok(Performed::default()));
    desk.done(1, Ok(Performed::default()));
    for (typed, first) in [
        ("u", "Undo"),
        ("un", "Unassigned"),
        ("e", "Resolve or reopen"),
        ("snooze", "Snooze…"),
        ("sno", "Snoozed"),
        ("next", "Next unread"),
        ("unread", "Next unread"),
        ("gm", "Mine"),
        ("g m", "Mine"),
        ("rep", "Reply"),
        ("me", "Mentions"),
        ("lab", "Labels…"),
        ("out", "Outbox"),
    ] {
        assert_eq!(first_of_palette(&mut desk, typed), first, "{typed}");
    }
    // Of what begins alike, what is often used: by key or by name.
    assert_ne!(first_of_palette(&mut desk, "sp"), "x");
    let before = first_of_palette(&mut desk, "mar");
    desk.keys("  ");
    let after = first_of_palette(&mut desk, "mar");
    assert_eq!(after, "Mark", "before: {before}");
}

/// Presses a key and holds back what would be read.
fn press(desk: &mut Desk, text: &str) -> Vec<Effect> {
    let each = keys(text).unwrap().into_iter();
    each.flat_map(|key: Key| update(&mut desk.model, Msg::Key(key))).collect()
}

fn came(desk: &mut Desk, source: ListSource, rows: Vec<ConversationRow>) -> Vec<Effect> {
    let loaded = Loaded::List { source, anchor: None, rows: Ok(rows), above: false, below: false };
    update(&mut desk.model, Msg::Loaded(Box::new(loaded)))
}

#[test]
fn keys_for_a_list_that_has_not_come_are_for_its_rows() {
    let mut desk = Desk::new();
    let waiting = ListSource::View(View::Waiting);
    assert_eq!(actions(press(&mut desk, "gwje")), [], "nothing of the old list is touched");
    let rows = (5..=7).map(fixture::conversation).collect();
    assert_eq!(actions(came(&mut desk, waiting, rows)), [status(6, Status::Resolved)]);
    // The same list anew: it goes to its first row before the key acts.
    let mut desk = Desk::new();
    desk.keys("goj");
    let rows = desk.rows.clone();
    assert_eq!(actions(press(&mut desk, "goe")), []);
    assert_eq!(actions(came(&mut desk, ListSource::View(View::Open), rows)), [status(1, Status::Resolved)]);
    // Two lists, one after another: each key is for the one that it was typed for.
    let mut desk = Desk::new();
    assert_eq!(actions(press(&mut desk, "gwegue")), []);
    let fives = || (5..=7).map(fixture::conversation).collect();
    assert_eq!(
        actions(came(&mut desk, ListSource::View(View::Waiting), fives())),
        [status(5, Status::Resolved)]
    );
    let rows = (8..=9).map(fixture::conversation).collect();
    assert_eq!(
        actions(came(&mut desk, ListSource::View(View::Unassigned), rows)),
        [status(8, Status::Resolved)]
    );
    // What cannot be read takes what was typed for it along; what holds everywhere does not wait.
    let mut desk = Desk::new();
    assert!(press(&mut desk, "gwe<c-q>").contains(&Effect::Quit));
    update(&mut desk.model, Msg::LoadFailed("the disk is gone".into()));
    assert_eq!(actions(came(&mut desk, ListSource::View(View::Waiting), fives())), []);
}

#[test]
fn what_a_row_has_no_room_for_is_told_below_the_choices() {
    let why =
        "sending is paused for thirty seconds, then tried again, because the provider asks for patience";
    let mut way = crate::domain::reach::Way {
        account: crate::domain::ids::AccountId(1),
        account_name: "the-second-account-of-the-shop-in-utrecht".into(),
        channel: crate::domain::account::Channel::Sms,
        to: "+31600000001".into(),
        conversation: None,
        last_inbound_at: None,
        last_message_at: None,
        window_left: None,
        preferred: false,
        why_not: Some(why.into()),
    };
    let mut desk = Desk::new();
    let mut ways = |way: &crate::domain::reach::Way| {
        desk.keys("C");
        let ways = vec![way.clone(), crate::domain::reach::Way { account_name: "b".into(), ..way.clone() }];
        desk.send(Msg::Loaded(Box::new(Loaded::Ways { conversation: id(1), ways })));
        let text = desk.text(80, 24);
        desk.keys("<esc>");
        text
    };
    let text = ways(&way);
    for words in ["the-second-account-of-the-shop-in-utrecht", "because the provider asks", "Answer by"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    way.why_not = None;
    way.account_name = "short".into();
    let rules = |text: &str| text.lines().filter(|line| line.contains("├") || line.contains("── ")).count();
    assert!(rules(&ways(&way)) <= rules(&text), "nothing is added where there is room");
}

#[test]
fn a_colleagues_conversation_is_asked_about_once_and_again_when_it_changes_hands() {
    let tom = |d: &mut Desk, agent: i64, name: &str| {
        d.rows[0].assignee = Some(Assignee::Agent(AgentId(agent)));
        d.rows[0].assignee_name = Some(name.into());
    };
    let mut desk = Desk::with(|d| tom(d, 2, "Tom Baker"));
    let mut ticket = 0;
    let mut send = |desk: &mut Desk, text: &str| {
        let sent = actions(desk.keys(&format!("r{text}<enter>")));
        let asked = desk.text(120, 40).contains("is assigned to");
        let sent = if asked { actions(desk.keys("y")) } else { sent };
        ticket = desk.model.tickets;
        assert!(sent.contains(&reply(1, text)), "{sent:?}");
        desk.done(ticket, Ok(Performed { message: Some(MessageId(20)), ..Performed::default() }));
        asked
    };
    assert!(send(&mut desk, "one"));
    assert!(!send(&mut desk, "two"), "once is enough");
    tom(&mut desk, 3, "Eva Meyer");
    desk.send(Msg::Changed);
    assert!(send(&mut desk, "three"), "it is somebody else's now");
    tom(&mut desk, 2, "Tom Baker");
    desk.send(Msg::Changed);
    assert!(send(&mut desk, "four"), "and back");
    let mut desk = Desk::with(|d| tom(d, 2, "Tom Baker"));
    desk.keys("rhello<enter>");
    assert!(desk.text(120, 40).contains("The conversation is assigned to Tom Baker, not to you."));
    // Who says no is asked again.
    desk.keys("n<enter>");
    assert!(desk.text(120, 40).contains("assigned to Tom Baker"));
}

#[test]
fn a_note_with_an_order_is_taken_back_in_one_step() {
    let mut desk = Desk::new();
    let note = Action::Note { conversation: id(1), text: "done".into() };
    assert_eq!(actions(desk.keys("ndone<a-r>")), [note]);
    desk.done(1, Ok(Performed { message: Some(MessageId(20)), ..Performed::default() }));
    assert_eq!(actions(std::mem::take(&mut desk.out)), [status(1, Status::Resolved)]);
    desk.done(2, Ok(Performed::default()));
    let said = desk.model.notice.as_ref().unwrap().text.clone();
    assert_eq!(said, "Customer 1: resolved · noted: u takes both back");
    assert_eq!(actions(desk.keys("u")), [Action::Cancel { message: MessageId(20) }]);
    desk.done(3, Ok(Performed::default()));
    let out = actions(std::mem::take(&mut desk.out));
    assert!(out.contains(&status(1, Status::Open)), "{out:?}");
    assert!(desk.model.undo.is_empty());
}

#[test]
fn words_that_were_left_are_there_again() {
    // The reason of a disqualification.
    let mut desk = Desk::new();
    desk.keys("Qdisq<enter>");
    let text = desk.text(120, 40);
    assert!(text.contains("Disqualified because"), "{text}");
    desk.keys("no budget this year<esc>");
    assert!(desk.model.notice.as_ref().unwrap().text.contains("there again"));
    assert!(here(&mut desk, "Qdisq<enter>").contains("no budget this year"));
    // Typed over, it goes; of another conversation it is none.
    desk.keys("<esc>j");
    assert!(!here(&mut desk, "Qdisq<enter>").contains("no budget this year"));
    // A note in the palette.
    let mut desk = Desk::new();
    desk.keys(":note call them back<esc>");
    assert!(here(&mut desk, ":").contains("note call them back"));
    let notes = actions(desk.keys("<enter>"));
    assert_eq!(notes, [Action::Note { conversation: id(1), text: "call them back".into() }]);
    assert!(!here(&mut desk, ":").contains("note call them back"));
    // What was only looked for is soon typed again.
    let mut desk = Desk::new();
    desk.keys(":theme<esc>");
    assert!(desk.model.left.is_none());
}

#[test]
fn answers_to_a_quick_reply_go_on_where_they_were_left() {
    let (shortcut, title, body) = ("late".into(), String::new(), "{{?order}} of {{?day}}".into());
    let reply =
        QuickReply { shortcut, channel: None, language: None, slot: None, title, body, files: Vec::new() };
    let row = QuickReplyRow { id: QuickReplyId(1), reply, uses: 0 };
    let mut desk = Desk::new();
    desk.send(Msg::Loaded(Box::new(Loaded::QuickReplies(vec![row]))));
    desk.keys("r/late<tab>1234<enter>Mon<esc>");
    assert!(desk.model.overlays.is_empty());
    let text = here(&mut desk, "<tab>");
    assert!(text.contains("2 of 2") && text.contains("Mon"), "{text}");
    desk.keys("day<enter>");
    assert_eq!(desk.model.composer.as_ref().unwrap().text(), "1234 of Monday");
}

#[test]
fn what_comes_out_of_the_editor_belongs_to_whom_it_was_written_for() {
    let mut desk = Desk::new();
    desk.keys("rhello<a-e>");
    // Meanwhile another conversation is opened.
    desk.keys("<esc><esc>jr");
    assert_eq!(desk.model.composer.as_ref().unwrap().conversation, id(2));
    desk.out.clear();
    desk.send(Msg::Edited(Some("hello Anna\n".into())));
    assert_eq!(desk.model.composer.as_ref().unwrap().text(), "");
    let kept = actions(std::mem::take(&mut desk.out));
    let draft = Action::Draft { conversation: id(1), mode: ComposeMode::Reply, text: "hello Anna".into() };
    assert_eq!(kept, [draft]);
    assert_eq!(desk.model.drafts[&(id(1), ComposeMode::Reply)], "hello Anna".into());
}

#[test]
fn a_macro_without_a_name_is_asked_about_again() {
    let mut desk = Desk::new();
    desk.keys("@p4");
    desk.keys("@<esc>");
    assert!(desk.model.notice.as_ref().unwrap().text.contains("no name yet"));
    assert!(here(&mut desk, "@").contains("Name of the macro"));
    let out = desk.keys("hot<enter>");
    let is_hot =
        |change: &Change| change.key == "hot" && matches!(&change.to, To::List(lines) if lines.len() == 1);
    let kept = |e: &Effect| matches!(e, Effect::Configure { changes, .. } if changes.iter().any(is_hot));
    assert!(out.iter().any(kept), "{out:?}");
}
