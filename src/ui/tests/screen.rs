//! Examples of moving about, searching, scrolling and waking.

use super::*;
use crate::domain::change::{Change, To};
use crate::ui::setup::Answer;

#[test]
fn it_starts_with_what_is_on_screen() {
    let (_, effects) = start(fixture::startup());
    assert_eq!(
        effects,
        [
            Effect::Load(Need::Sidebar),
            Effect::Load(Need::List { source: ListSource::View(View::Open), anchor: None, limit: 200 }),
            Effect::Load(Need::Agents),
            // For the slots, which nobody opens first.
            Effect::LoadSoon(Need::QuickReplies),
        ]
    );
}

#[test]
fn moving_never_marks_read_and_opening_does() {
    let mut desk = Desk::with(|d| d.rows[1].unread = 2);
    assert_eq!(desk.keys("j"), []);
    assert_eq!((desk.model.selected(), desk.model.shown()), (Some(id(2)), Some(id(2))));
    assert_eq!(actions(desk.keys("<enter>")), [Action::Read { conversation: id(2) }]);
    assert_eq!(desk.model.focus(), Focus::Thread);
    assert_eq!(actions(desk.keys("<esc>j<enter>")), [], "nothing unread there");
}

#[test]
fn search_asks_with_every_letter_and_drops_old_answers() {
    let mut desk = Desk::new();
    desk.keys("/or");
    let asked: Vec<_> = desk.loads.drain(..).collect();
    let need = |ticket, text: &str| Need::Search { ticket, text: text.into(), limit: 100 };
    assert_eq!(asked, [need(1, "o"), need(2, "or")]);
    let hit = SearchHit {
        conversation: id(3),
        message: MessageId(10),
        channel: crate::domain::account::Channel::Sms,
        contact: crate::domain::ids::ContactId(3),
        contact_name: "Customer 3".into(),
        direction: Direction::Inbound,
        sent_at: NOW,
        text: "order".into(),
    };
    let answer = |ticket, hits| {
        let found = Found { hits, ..Found::default() };
        Msg::Loaded(Box::new(Loaded::Search { ticket, found }))
    };
    desk.send(answer(2, vec![hit]));
    desk.send(answer(1, Vec::new()));
    desk.keys("<enter>");
    assert_eq!((desk.model.shown(), desk.model.focus()), (Some(id(3)), Focus::Thread));
    let around = ThreadAt::Around { sent_at: NOW, id: MessageId(10) };
    assert!(desk.loads.iter().any(|n| matches!(n, Need::Thread { at, .. } if *at == around)));
}

#[test]
fn at_the_end_of_what_was_found_more_is_asked_for() {
    let mut desk = Desk::new();
    desk.keys("/o");
    desk.loads.clear();
    let hit = |n: i64| SearchHit {
        conversation: id(n),
        message: MessageId(n),
        channel: crate::domain::account::Channel::Sms,
        contact: crate::domain::ids::ContactId(n),
        contact_name: "Customer".into(),
        direction: Direction::Inbound,
        sent_at: NOW,
        text: "order".into(),
    };
    let answer = |ticket, hits, more| {
        let found = Found { hits, more, ..Found::default() };
        Msg::Loaded(Box::new(Loaded::Search { ticket, found }))
    };
    desk.send(answer(1, vec![hit(2), hit(1)], true));
    desk.keys("<down>");
    assert_eq!(desk.loads, [Need::Search { ticket: 2, text: "o".into(), limit: 200 }]);
    desk.loads.clear();
    desk.keys("<down>");
    assert_eq!(desk.loads, [], "it is on its way");
    desk.send(answer(2, vec![hit(4), hit(2), hit(1)], false));
    desk.keys("<down><down>");
    assert_eq!(desk.loads, [], "that is all");
    desk.keys("x");
    assert_eq!(desk.loads, [Need::Search { ticket: 3, text: "ox".into(), limit: 100 }]);
}

#[test]
fn the_row_of_a_number_is_the_one_that_stood_there_when_it_was_typed() {
    let mut desk = Desk::new();
    desk.keys("gg2");
    desk.rows.rotate_right(1);
    desk.send(Msg::Changed);
    desk.keys("<enter>");
    assert_eq!((desk.model.shown(), desk.model.focus()), (Some(id(2)), Focus::Thread));
}

#[test]
fn search_opens_with_the_old_words_selected() {
    let mut desk = Desk::new();
    let last = |desk: &Desk| match desk.loads.last() {
        Some(Need::Search { text, .. }) => text.clone(),
        _ => String::new(),
    };
    desk.keys("/order<esc>/");
    assert_eq!(last(&desk), "order", "what was found is there again");
    desk.keys("x");
    assert_eq!(last(&desk), "x", "the first letter takes the place of the old words");
    for keep in ["<end>", "<right>", "<down>", "<enter>"] {
        desk.keys(&format!("<esc>/{keep}y"));
        assert!(last(&desk).starts_with("x") && last(&desk).ends_with('y'), "{keep}: {}", last(&desk));
    }
}

#[test]
fn what_is_not_understood_yet_is_said_calmly_and_in_full_when_insisted_upon() {
    let mut desk = Desk::new();
    let answer = |desk: &mut Desk, text: &str, hits| {
        let ticket = match desk.loads.last() {
            Some(Need::Search { ticket, .. }) => *ticket,
            _ => 0,
        };
        let unclear = crate::domain::query::parse_so_far(text).unclear;
        let found = Found { hits, unclear, ..Found::default() };
        desk.send(Msg::Loaded(Box::new(Loaded::Search { ticket, found })));
    };
    let hit = SearchHit {
        conversation: id(3),
        message: MessageId(10),
        channel: crate::domain::account::Channel::Sms,
        contact: crate::domain::ids::ContactId(3),
        contact_name: "Customer 3".into(),
        direction: Direction::Inbound,
        sent_at: NOW,
        text: "my order".into(),
    };
    desk.keys("/order has:att");
    answer(&mut desk, "order has:att", vec![hit]);
    let text = desk.text(80, 24);
    assert!(text.contains("“has:att” is not understood yet: has: takes attachment"), "{text}");
    assert!(text.contains("my order"), "the rest is looked for: {text}");
    desk.keys("<c-u>chan:sms");
    answer(&mut desk, "chan:sms", Vec::new());
    let text = desk.text(80, 24);
    assert!(text.contains("did you mean channel:?") && !text.contains("Nothing found"), "{text}");
    desk.keys("<enter>");
    let text = desk.text(80, 24);
    assert!(text.contains("unknown filter") && text.contains("look for the words"), "to its end: {text}");
    desk.keys("x");
    assert!(!desk.text(80, 24).contains("unknown filter"), "typing calms");
}

#[test]
fn the_next_unread_conversation_may_be_beyond_the_window() {
    let mut desk = Desk::with(|d| {
        d.rows[0].unread = 1;
    });
    desk.model.sidebar.counts.insert(View::Open, crate::domain::row::ViewCount { total: 900, unread: 2 });
    desk.keys("<enter>");
    // The end of the window is not the end of the list.
    (desk.model.list.below, desk.model.list.asked) = (true, true);
    desk.loads.clear();
    desk.keys("]");
    let here = desk.model.list.key(&desk.rows[0]);
    let need = Need::Unread { source: ListSource::View(View::Open), from: Some(here), forward: true };
    assert_eq!(desk.loads, [need]);
    let far = crate::domain::row::ListKey { at: 5, id: id(7) };
    desk.rows = (6..=8).map(fixture::conversation).collect();
    desk.send(Msg::Loaded(Box::new(Loaded::Unread {
        source: ListSource::View(View::Open),
        found: Some(far),
    })));
    let asked = desk.loads.iter().any(|n| matches!(n, Need::List { anchor, .. } if *anchor == Some(far)));
    assert!(asked, "{:?}", desk.loads);
    assert_eq!((desk.model.selected(), desk.model.shown()), (Some(id(7)), Some(id(7))));
    assert_eq!(desk.model.focus(), Focus::Thread, "the keys stay where they were");
    desk.send(Msg::Loaded(Box::new(Loaded::Unread { source: ListSource::View(View::Open), found: None })));
    assert!(desk.model.notice.as_ref().unwrap().text.contains("no unread"));
}

#[test]
fn what_is_found_follows_what_comes() {
    let mut desk = Desk::new();
    desk.keys("/ord");
    let ticket = desk.model.tickets;
    desk.send(Msg::Changed);
    assert_eq!(desk.model.tickets, ticket, "an answer is on its way: it is as new");
    desk.send(Msg::Loaded(Box::new(Loaded::Search { ticket, found: Found::default() })));
    desk.loads.clear();
    desk.send(Msg::Changed);
    let again = Need::Search { ticket: ticket + 1, text: "ord".into(), limit: 100 };
    assert!(desk.loads.contains(&again), "{:?}", desk.loads);
}

#[test]
fn the_marker_counts_what_comes_while_nobody_looks() {
    let unseen = |n| MessageRow { seen: false, ..fixture::message(n, Direction::Inbound, "hello") };
    let mut desk = Desk::with(|d| d.messages = vec![unseen(1)]);
    assert_eq!(desk.model.thread.unread, Some((MessageId(1), 1)));
    desk.messages = (1..=3).map(unseen).collect();
    desk.send(Msg::Changed);
    assert_eq!(desk.model.thread.unread, Some((MessageId(1), 3)));
}

#[test]
fn views_have_their_chords() {
    let mut desk = Desk::new();
    desk.keys("gw");
    let waiting = Need::List { source: ListSource::View(View::Waiting), anchor: None, limit: 200 };
    assert_eq!(desk.loads[0], waiting);
    desk.keys("gq");
    assert!(desk.model.notice.as_ref().unwrap().text.contains("no such key"));
    desk.keys("3G");
    assert_eq!(desk.model.selected(), Some(id(3)));
}

#[test]
fn the_palette_runs_commands_by_name() {
    let mut desk = Desk::new();
    assert_eq!(desk.keys(":quit<enter>"), [Effect::Quit]);
    assert_eq!(actions(desk.keys("<c-k>resolve or<enter>")), [status(1, Status::Resolved)]);
}

#[test]
fn a_change_reads_again_what_is_on_screen_and_nothing_else() {
    let mut desk = Desk::new();
    desk.send(Msg::Changed);
    let kinds: Vec<_> = desk
        .loads
        .iter()
        .map(|n| match n {
            Need::Sidebar => "sidebar",
            Need::List { .. } => "list",
            Need::Thread { .. } => "thread",
            Need::Context { .. } => "context",
            Need::Ahead { .. } => "ahead",
            _ => "other",
        })
        .collect();
    assert_eq!(kinds, ["sidebar", "thread", "context", "list", "ahead"]);
    assert!(desk.model.is_idle());
}

#[test]
fn the_screen_wakes_for_countdowns() {
    let mut desk = Desk::with(|d| {
        let mut message = fixture::message(11, Direction::Outbound, "there");
        message.delivery = Some(Delivery::Queued);
        message.due_at = Some(NOW + 2_500);
        d.messages.push(message);
    });
    assert_eq!(wake_at(&desk.model), Some(NOW + 500));
    desk.send(Msg::Tick(NOW + 2_600));
    assert_eq!(wake_at(&desk.model), Some(NOW + 60_000));
}

#[test]
fn what_is_too_long_for_the_bar_is_told_to_its_end_above_it() {
    let mut desk = Desk::new();
    let why = "the channel support sends nothing at the moment: the provider refuses the login, which was changed there; \
               give it the new one with `frontdesk channel set support --secret auth_token`";
    desk.model.say(crate::ui::Level::Error, why);
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        let text = desk.text(width, height);
        let told: String =
            text.lines().map(|l| l.trim_matches([' ', '"', '✗'])).collect::<Vec<_>>().join(" ");
        assert!(told.contains(why), "{text}");
        assert!(text.lines().any(|l| l.contains("? keys")), "the keys stay: {text}");
    }
    // Where there is no room for that, it is cut.
    assert!(desk.text(80, 5).contains('…'));
    desk.keys("j");
    assert!(!desk.text(80, 24).contains("refuses the login"));
}

#[test]
fn nothing_moves_while_reading_further_up() {
    let many =
        |n| (1..=n).map(|i| fixture::message(i, Direction::Outbound, "line\nline\nline")).collect::<Vec<_>>();
    let mut desk = Desk::with(|d| d.messages = many(40));
    desk.keys("<enter><pageup><pageup>");
    let seen = |desk: &Desk| {
        let at = desk.model.thread.at_line(desk.model.thread.top).unwrap();
        (desk.model.thread.messages[at].id, desk.model.thread.top - desk.model.thread.starts[at])
    };
    let before = seen(&desk);
    desk.messages = many(43);
    desk.messages[39].text.push_str("\nand a line more");
    desk.messages[39].revision += 1;
    desk.send(Msg::Changed);
    assert_eq!(seen(&desk), before);
    assert_eq!(desk.model.thread.new_below(), 3);
    desk.keys("G");
    assert_eq!(desk.model.thread.new_below(), 0);
}

#[test]
fn windows_are_asked_for_near_their_ends() {
    let mut desk = Desk::with(|d| {
        d.messages = (1..=200).map(|i| fixture::message(i, Direction::Outbound, "x")).collect();
    });
    desk.model.thread.older = true;
    desk.loads.clear();
    desk.keys("<enter>");
    desk.keys(&"<pageup>".repeat(20));
    let older = desk.loads.iter().find_map(|n| match n {
        Need::Thread { at: ThreadAt::Around { id, .. }, .. } => Some(*id),
        _ => None,
    });
    assert!(older.is_some_and(|id| id.0 < 40), "{older:?}");
}

#[test]
fn the_first_look_takes_all_that_is_unread() {
    let mut desk = Desk::with(|d| d.rows[1].unread = 600);
    desk.keys("j");
    let asked = desk.loads.iter().find_map(|need| match need {
        Need::Thread { conversation, limit, .. } if *conversation == id(2) => Some(*limit),
        _ => None,
    });
    assert_eq!(asked, Some(601), "and one that is not, before the marker");
}

#[test]
fn what_lies_above_does_not_take_keys_that_hold_everywhere() {
    for opens in ["?", "!", "O", ":", "/", "p", "s", "t"] {
        let mut desk = Desk::new();
        desk.keys(opens);
        assert!(!desk.model.overlays.is_empty(), "{opens}");
        assert_eq!(desk.keys("<c-q>").last(), Some(&Effect::Quit), "Ctrl-Q in {opens}");
    }
    // A question is answered by the plain letter alone.
    let mut desk = Desk::new();
    desk.keys("t");
    assert_eq!(actions(desk.keys("<c-y>")), []);
    assert_eq!(actions(desk.keys("y")).len(), 1);
}

#[test]
fn a_theme_is_seen_before_it_is_chosen() {
    let mut desk = Desk::new();
    let first = desk.model.theme.clone();
    desk.keys(":theme…<enter>");
    assert_eq!(desk.model.theme, first, "the cursor is on the one that holds");
    desk.keys("<down>");
    let second = desk.model.theme.clone();
    assert_ne!(second, first);
    desk.keys("<up>");
    desk.send(Msg::Mouse(Mouse { kind: MouseKind::ScrollDown, x: 60, y: 20 }));
    assert_eq!(desk.model.theme, second, "the wheel shows it as well");
    desk.keys("linen");
    assert!(desk.model.theme != first && desk.model.theme != second, "typing narrows to it");
    desk.keys("<esc>");
    assert_eq!(desk.model.theme, first, "Esc leaves all as it was");
    desk.out = desk.keys(":theme…<enter><down><enter>");
    assert_eq!(desk.model.theme, second);
    let kept = vec![Change::new(&[], "theme", To::Text("harbor".into()))];
    let ticket = desk.model.tickets;
    assert_eq!(desk.out.last(), Some(&Effect::Configure { ticket, changes: kept }));
    desk.send(Msg::Setup { ticket, answer: Answer::Done(Ok(Vec::new())) });
    assert_eq!(desk.model.notice.as_ref().unwrap().text, "theme = \"harbor\" is kept");
    // F2 goes round, from every pane and while writing.
    let mut seen = Vec::new();
    desk.keys("r");
    for _ in 0..desk.model.themes.all().len() {
        assert!(matches!(&desk.keys("<f2>")[..], [Effect::Configure { .. }]), "it is kept");
        seen.push(desk.model.themes.chosen());
    }
    assert_eq!(seen, [2, 3, 4, 0, 1]);
    assert_eq!(desk.model.theme, second);
}

#[test]
fn what_is_wrong_with_themes_is_told() {
    let mut startup = fixture::startup();
    startup.themes = crate::ui::Themes::new("blue", "config.toml:4:1", crate::ui::theme::Ground::Dark, &[]);
    let (model, _) = start(startup);
    assert!(model.notice.unwrap().text.starts_with("config.toml:4:1: unknown theme"));
}

#[test]
fn nerd_fonts_have_icons_of_their_own() {
    let mut desk = Desk::new();
    assert!(desk.text(120, 40).contains("◉ Mine"));
    desk.model.icons = crate::ui::icons::Icons::Nerd;
    assert!(desk.text(120, 40).contains("\u{f007} Mine"));
}

#[test]
fn help_has_pages_by_topic() {
    let mut desk = Desk::new();
    for (typed, title) in [
        (":help search<enter>", "Searching"),
        (":help doubt<enter>", "Deliveries and doubt"),
        (":help triage<enter>", "Triage"),
        (":help config<enter>", "Configuration"),
        (":help sla<enter>", "Times for answers"),
        (":help files<enter>", "Writing"),
        (":help pages<enter>writ<enter>", "Writing"),
    ] {
        desk.keys(typed);
        let shown = desk.text(120, 40);
        assert!(shown.contains(&format!("╭─ {title} ─")), "{typed}: {shown}");
        desk.keys("jjq");
        assert!(desk.model.overlays.is_empty());
    }
    // The question mark still shows the keys, and where the pages are.
    desk.keys("?G");
    assert!(desk.text(120, 40).contains(": help snooze"));
}

#[test]
fn a_row_tells_when_its_answer_leaves() {
    let mut desk = Desk::with(|d| {
        d.rows[0].answer_at = Some(NOW + 60_000);
        d.rows[1].answer_at = Some(NOW + 24 * 3_600_000);
    });
    let text = desk.text(120, 40);
    for said in ["answer at ", "answer tomorrow "] {
        assert!(text.contains(said), "{said}: {text}");
    }
}
