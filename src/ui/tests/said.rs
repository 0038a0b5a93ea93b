//! Examples of what the screen says: names, hints, clocks, and what has to stay where room is dear.

use super::*;
use crate::domain::account::Channel;
use crate::domain::row::ViewCount;
use crate::domain::signal::Signal;

fn opted_out(n: i64) -> Context {
    let consent = ConsentRow { state: ConsentState::OptedOut, at: NOW, said: "STOP".into() };
    Context { consent: Some(consent), ..fixture::context(n) }
}

fn read_only(n: i64) -> Context {
    let mut context = fixture::context(n);
    let caps = context.account.capabilities.as_mut().unwrap();
    caps.channels[0].read_only = Some("imported history cannot be answered".into());
    context
}

#[test]
fn where_nothing_can_be_sent_no_key_promises_it() {
    for keys in ["", "<enter>"] {
        let mut desk = Desk::new();
        desk.keys(keys);
        assert!(
            desk.hints().contains(&"reply") && desk.hints().contains(&"quick reply"),
            "{:?}",
            desk.hints()
        );
        for context in [opted_out, read_only] {
            let mut desk = Desk::with(|d| d.context = Box::new(context));
            desk.keys(keys);
            let hints = desk.hints();
            assert!(!hints.contains(&"reply") && !hints.contains(&"quick reply"), "{hints:?}");
            assert!(hints.contains(&"note"), "{hints:?}");
        }
    }
    let mut desk = Desk::with(|d| d.context = Box::new(opted_out));
    desk.keys("rhello");
    assert!(!desk.hints().contains(&"send") && desk.hints().contains(&"keep draft"), "{:?}", desk.hints());
    let mut desk = Desk::with(|d| d.context = Box::new(read_only));
    desk.keys("r");
    assert!(desk.model.composer.is_none(), "not even begun");
}

#[test]
fn what_is_special_comes_before_since_when_somebody_waits() {
    let desk = || {
        Desk::with(|d| {
            d.context = Box::new(opted_out);
            d.rows[0].labels = vec!["refund".into(), "big-spender".into()];
            d.rows[0].waiting_since = Some(NOW - 9 * 60_000);
            d.rows[0].due_at = Some(NOW + 3_600_000);
        })
    };
    let text = desk().text(80, 24);
    assert!(text.contains("✗ opted out  #refund #big-spender"), "{text}");
    assert!(text.contains("due 1") && !text.contains("waiting 9 min"), "{text}");
    assert!(desk().text(120, 40).contains("waiting 9 min · due"));
}

#[test]
fn undo_is_hinted_as_long_as_it_takes_something_back() {
    let mut desk = Desk::new();
    desk.keys("rhello<enter>");
    desk.done(2, Ok(Performed { message: Some(MessageId(20)), ..Performed::default() }));
    desk.done(1, Ok(Performed { message: Some(MessageId(20)), ..Performed::default() }));
    assert!(desk.hints().contains(&"undo"), "{:?}", desk.hints());
    assert_eq!(wake_at(&desk.model), Some(NOW + 4_000), "the notice goes first");
    desk.send(Msg::Tick(NOW + 4_000));
    assert_eq!(wake_at(&desk.model), Some(NOW + 5_000), "then the hint");
    desk.send(Msg::Tick(NOW + 5_000));
    assert!(!desk.hints().contains(&"undo"), "it has left: {:?}", desk.hints());
}

#[test]
fn the_reason_above_the_composer_is_told_whole() {
    let mut desk = Desk::with(|d| d.context = Box::new(opted_out));
    let text = desk.text(80, 24);
    assert!(text.contains("✗ no reply: the customer has opted out"), "{text}");
    assert!(text.contains("until they write") && text.contains("START"), "to its end: {text}");
}

#[test]
fn who_reads_it_and_how_it_travels_is_always_said() {
    let mut desk = Desk::with(|d| {
        d.rows[0].contact_name = "Maximiliane Freifrau von und zu Hohenstein-Oettingen".into();
    });
    desk.keys("r");
    desk.send(Msg::Paste("word ".repeat(90)));
    for width in 24..=120 {
        let text = desk.text(width, 24);
        let heading = text.lines().find(|line| line.contains("PUBLIC")).unwrap_or_default().to_owned();
        assert!(heading.contains("by SMS"), "{width}: {heading}");
    }
    let text = desk.text(80, 24);
    assert!(text.contains("PUBLIC to Maximiliane Freifra… by SMS"), "{text}");
    assert!(text.contains("   3 SMS "), "the counter is shortened first: {text}");
}

#[test]
fn a_narrow_header_keeps_the_owner() {
    let mut desk = Desk::with(|d| {
        d.rows[0].contact_name = "Maximiliane Freifrau von und zu Hohenstein-Oettingen".into();
        d.rows[0].account_name = "customer-care-netherlands".into();
        d.rows[0].channel = Channel::Messenger;
        d.rows[0].assignee = Some(Assignee::Agent(AgentId(2)));
        d.rows[0].assignee_name = Some("Tom Baker".into());
    });
    desk.keys("<enter>");
    for width in 20..=120 {
        let text = desk.text(width, 24);
        let head = text.lines().nth(2).unwrap_or_default().to_owned();
        assert!(head.contains("@Tom"), "{width}: {head}");
        assert!(head.contains("Max"), "{width}: {head}");
    }
    assert!(desk.text(120, 24).contains("Messenger · open · @Tom"));
    assert!(desk.text(30, 24).contains("@Tom"), "{}", desk.text(30, 24));
}

#[test]
fn large_counts_are_shortened_before_names_are_cut() {
    let mut desk = Desk::new();
    for unread in [7, 999, 12_345, 999_999] {
        let count = ViewCount { total: 1_000_000, unread };
        desk.model.sidebar.counts.insert(View::Unassigned, count);
        for (width, height) in [(110, 24), (120, 40), (200, 50)] {
            let text = desk.text(width, height);
            assert!(text.contains("○ Unassigned "), "{unread}: {text}");
        }
    }
    assert!(desk.text(120, 40).contains("○ Unassigned ●999k"));
    desk.model.sidebar.counts.insert(View::Unassigned, ViewCount { total: 12_345, unread: 0 });
    assert!(desk.text(120, 40).contains("12345"), "in full where there is room");
}

#[test]
fn who_has_just_written_waits_now() {
    let mut desk = Desk::with(|d| d.rows[0].waiting_since = Some(NOW - 59_000));
    assert!(desk.text(120, 40).contains("waiting under a minute"));
    desk.send(Msg::Tick(NOW + 1_000));
    assert!(desk.text(120, 40).contains("waiting 1 min"));
}

#[test]
fn beside_an_empty_list_stands_nothing() {
    let mut desk = Desk::new();
    desk.model.sidebar.accounts = vec![fixture::account()];
    desk.rows.clear();
    desk.keys("gm");
    assert_eq!((desk.model.selected(), desk.model.shown()), (None, None));
    let text = desk.text(80, 24);
    assert!(text.contains("Nothing is yours") && !text.contains("answers to"), "{text}");
    assert_eq!(text.matches("Mine").count(), 1, "the title says it: {text}");
}

#[test]
fn a_colleague_who_types_is_shown_until_the_sign_is_old() {
    let signal =
        |agent: &str, on| Msg::Signal(Signal::AgentTyping { conversation: id(1), agent: agent.into(), on });
    let mut desk = Desk::new();
    desk.send(signal("Ana Sousa", true));
    assert!(!desk.text(120, 40).contains("is typing"), "that is oneself");
    desk.send(signal("Tom Baker", true));
    assert!(desk.text(120, 40).contains("Tom is typing…"));
    assert_eq!(wake_at(&desk.model), Some(NOW + 6_000));
    desk.keys("r");
    assert_eq!(desk.text(120, 40).matches("Tom is typing…").count(), 2, "in the header and at the composer");
    desk.send(signal("Yuki Mori", true));
    assert!(desk.text(120, 40).contains("Tom and Yuki are typing…"));
    desk.send(signal("Tom Baker", false));
    desk.send(Msg::Tick(NOW + 6_000));
    assert!(!desk.text(120, 40).contains("typing…"));
}

#[test]
fn nobody_is_called_customer_or_nothing() {
    let mut desk = Desk::with(|d| {
        d.rows[0].contact_name = "+31600000001".into();
        d.rows[0].theirs = "whatsapp:+31600000001".into();
        d.rows[1].contact_name = "\u{202e}\u{200b}".into();
        d.messages[0].author_name = None;
    });
    let text = desk.text(120, 40);
    // The list, the header, the head of the message, the line that leads to an answer.
    assert_eq!(text.matches("+31 600 000 001").count(), 4, "{text}");
    assert!(text.contains("+31 600 000 002"), "a name that cannot be seen is none: {text}");
    assert!(!text.contains("customer"), "{text}");
    desk.keys("e");
    desk.done(1, Ok(Performed::default()));
    assert!(desk.model.notice.as_ref().unwrap().text.starts_with("+31 600 000 001: resolved"));
    desk.model.quick_replies = vec![QuickReplyRow {
        id: QuickReplyId(5),
        reply: QuickReply {
            shortcut: "hi".into(),
            title: "Greeting".into(),
            body: "Hi {{contact.name|there}}!".into(),
            channel: None,
            language: None,
            slot: None,
            files: Vec::new(),
        },
        uses: 0,
    }];
    desk.keys(";hi<enter>");
    assert_eq!(desk.model.composer.as_ref().unwrap().text(), "Hi there!", "a number is no name");
}
