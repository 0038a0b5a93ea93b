//! Examples of the sections of Setup: what is configured is changed there, checked before it is written, and asked for as data.

use super::orders::bulk;
use super::*;
use crate::domain::change::{Change, To};
use crate::domain::order::Order;
use crate::ui::effect::{Targets, Work};
use crate::ui::setup::{Answer, Ask, Fail, Listed, Look, Section};
use crate::ui::startup::{Macro, RawBinding, Startup};

fn listed(name: &str, about: &str, more: &[&str], line: usize) -> Listed {
    let place = if line > 0 { format!("config.toml:{line}:1") } else { String::new() };
    let more = more.iter().map(|word| (*word).to_owned()).collect();
    Listed { name: name.into(), about: about.into(), more, place }
}

fn look() -> Answer {
    let lists = [
        (
            Section::Labels,
            vec![listed("old", "3 conversations", &[], 0), listed("vip", "1 conversation", &[], 0)],
        ),
        (
            Section::Agents,
            vec![
                listed("Ana", "ana@acme.example, you", &["you", "ana@acme.example"], 2),
                listed("Tom", "tom@acme.example", &["agent", "tom@acme.example"], 6),
                listed("Billing", "a team", &["team"], 0),
            ],
        ),
        (
            Section::Sla,
            vec![
                listed("vip", "in words", &["policy", "label:vip", "15m", "1h", "office"], 24),
                listed("office", "in words", &["hours", "UTC", "mon-fri 9:00-17:30"], 28),
            ],
        ),
        (
            Section::Macros,
            vec![
                listed("vip", "", &["label +vip", "assign me"], 9),
                listed("both", "", &["macro vip", "resolve"], 10),
            ],
        ),
        (Section::Searches, vec![listed("Refunds", "refund", &["g f"], 13)]),
        (Section::Fields, vec![listed("budget", "what they can spend", &[], 16)]),
        (
            Section::Keys,
            vec![listed("g v", "macro vip", &["panes"], 19), listed("<C-e>", "resolve", &["list"], 22)],
        ),
        (Section::Theme, vec![listed("theme", "graphite", &[], 1)]),
    ];
    Answer::Look(Ok(Box::new(Look {
        file: "/etc/config.toml".into(),
        lists: lists.into(),
        ..Look::default()
    })))
}

fn configured() -> Startup {
    let binding = |context: &str, key: &str, command: &str, line, displaces| RawBinding {
        context: context.into(),
        key: key.into(),
        command: command.into(),
        file: "config.toml".into(),
        line,
        displaces,
    };
    let one = |name: &str, lines: &[&str]| Macro {
        name: name.into(),
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        place: "config.toml:9:1".into(),
    };
    Startup {
        keys: vec![
            binding("panes", "g v", "macro vip", 19, true),
            binding("list", "<c-e>", "resolve", 22, true),
            binding("panes", "g f", "list refund", 13, false),
        ],
        macros: vec![one("vip", &["label +vip", "assign me"]), one("both", &["macro vip", "resolve"])],
        searches: vec![("Refunds".into(), "refund".into())],
        ..fixture::startup()
    }
}

/// Setup with the keys in a section.
fn at(section: Section) -> Desk {
    let mut desk = Desk::new();
    desk.send(Msg::Configured(Box::new(configured())));
    desk.keys("gc");
    desk.out.clear();
    desk.send(Msg::Setup { ticket: desk.model.tickets, answer: look() });
    let down = Section::ALL.iter().position(|s| *s == section).unwrap();
    desk.keys(&format!("<tab>{}<enter>", "j".repeat(down)));
    desk
}

/// The changes that are asked for.
fn changes(effects: &[Effect]) -> Vec<Change> {
    let of = |e: &Effect| match e {
        Effect::Configure { changes, .. } => Some(changes.clone()),
        _ => None,
    };
    effects.iter().filter_map(of).flatten().collect()
}

fn text(text: &str) -> To {
    To::Text(text.into())
}

fn list(lines: &[&str]) -> To {
    To::List(lines.iter().map(|line| (*line).to_owned()).collect())
}

#[test]
fn every_section_says_where_it_stands_in_the_file() {
    for section in Section::ALL {
        if matches!(section, Section::Channels | Section::QuickReplies | Section::Labels) {
            continue;
        }
        let shown = at(section).text(80, 24);
        assert!(shown.contains("In the file: ") && shown.contains("/etc/config.toml"), "{shown}");
    }
    assert!(at(Section::Labels).text(80, 24).contains("not in"));
}

#[test]
fn labels_get_other_names_and_go() {
    let renamed = |old: &str, new: &str| {
        let orders = vec![Order::Label(vec![(new.into(), true), (old.into(), false)])];
        Work::Orders { orders, targets: Targets::Labelled(old.into()), at: NOW }
    };
    let mut desk = at(Section::Labels);
    assert_eq!(bulk(desk.keys("<enter>angry<enter>")), [renamed("old", "angry")]);
    let mut desk = at(Section::Labels);
    assert_eq!(desk.keys("<enter>a,b<enter>"), []);
    assert!(desk.text(80, 24).contains("no comma"), "{}", desk.text(80, 24));
    assert_eq!(desk.keys("<c-u>vip<enter>"), []);
    assert!(desk.text(80, 24).contains("vip is there already, on 1 conversation."), "{}", desk.text(80, 24));
    assert_eq!(bulk(desk.keys("y")), [renamed("old", "vip")]);
    let mut desk = at(Section::Labels);
    assert_eq!(desk.keys("jx"), []);
    assert!(desk.text(80, 24).contains("Take vip off 1 conversation?"));
    let gone = Work::Orders {
        orders: vec![Order::Label(vec![("vip".into(), false)])],
        targets: Targets::Labelled("vip".into()),
        at: NOW,
    };
    assert_eq!(bulk(desk.keys("y")), [gone]);
}

#[test]
fn agents_come_change_and_go_and_one_is_me() {
    let mut desk = at(Section::Agents);
    let added = changes(&desk.keys("aMei<enter>MEI@acme.example<enter>"));
    assert_eq!(added, [Change::new(&["agents"], "mei@acme.example", text("Mei"))]);
    let mut desk = at(Section::Agents);
    assert_eq!(desk.keys("aMei<enter>tom@acme.example<enter>"), []);
    assert!(desk.text(80, 24).contains("Tom has this address already"));
    let mut desk = at(Section::Agents);
    let moved = changes(&desk.keys("j<enter><enter><c-u>tom@x.example<enter>"));
    let want = [
        Change::new(&["agents"], "tom@acme.example", To::Called("tom@x.example".into())),
        Change::new(&["agents"], "tom@x.example", text("Tom")),
    ];
    assert_eq!(moved, want);
    let mut desk = at(Section::Agents);
    let me = changes(&desk.keys("<enter><c-u>Ana Sousa<enter><enter>"));
    assert_eq!(me[0], Change::new(&["agent"], "name", text("Ana Sousa")));
    let mut desk = at(Section::Agents);
    assert_eq!(desk.keys("jm"), []);
    let me = changes(&desk.keys("y"));
    assert_eq!(me[1], Change::new(&["agent"], "email", text("tom@acme.example")));
    assert_eq!(me[3], Change::new(&["agents"], "ana@acme.example", text("Ana")), "who sat here stays");
    let mut desk = at(Section::Agents);
    assert_eq!(changes(&desk.keys("jxy")), [Change::new(&["agents"], "tom@acme.example", To::Gone)]);
    let mut desk = at(Section::Agents);
    assert_eq!(desk.keys("jjx"), []);
    assert!(desk.text(80, 24).contains("its provider keeps it"));
}

#[test]
fn macros_are_typed_line_by_line_and_checked() {
    let mut desk = at(Section::Macros);
    desk.keys("arich<enter>e");
    assert!(desk.text(80, 24).contains("e is resolve already, by default"), "{}", desk.text(80, 24));
    desk.keys("<backspace>g q<enter>lable +vip<enter>");
    assert!(desk.text(80, 24).contains("unknown command"), "{}", desk.text(80, 24));
    let kept = changes(&desk.keys("<c-u>label +rich<enter>macro vip<enter><enter>"));
    let want = [
        Change::new(&["macros"], "rich", list(&["label +rich", "macro vip"])),
        Change::new(&["keys", "panes"], "g q", text("macro rich")),
    ];
    assert_eq!(kept, want);
    // What was typed stays until it is written.
    let fail = Fail { words: vec!["config.toml:3:1: unknown key `x`".into()], at: None };
    desk.send(Msg::Setup { ticket: desk.model.tickets, answer: Answer::Done(Err(fail)) });
    let shown = desk.text(80, 24);
    assert!(shown.contains("config.toml:3:1") && shown.contains("label +rich"), "{shown}");
    let again = desk.keys("<c-s>");
    assert_eq!(changes(&again), want);
    desk.out.clear();
    desk.send(Msg::Setup { ticket: desk.model.tickets, answer: Answer::Done(Ok(Vec::new())) });
    assert!(desk.out.iter().any(|e| matches!(e, Effect::Setup { ask: Ask::Look, .. })));
    assert!(desk.text(80, 24).contains("the macro rich is kept"));
}

#[test]
fn a_macro_that_gets_another_name_is_run_under_it() {
    let mut desk = at(Section::Macros);
    let kept = changes(&desk.keys("<enter><c-u>gold<c-s>"));
    let want = [
        Change::new(&["macros"], "vip", To::Called("gold".into())),
        Change::new(&["macros"], "both", list(&["macro gold", "resolve"])),
        Change::new(&["keys", "panes"], "g v", text("macro gold")),
        Change::new(&["macros"], "gold", list(&["label +vip", "assign me"])),
    ];
    assert_eq!(kept, want);
    let mut desk = at(Section::Macros);
    assert_eq!(desk.keys("x"), []);
    assert!(desk.text(80, 24).contains("vip is run by the macro both"));
    assert_eq!(changes(&desk.keys("jxy")), [Change::new(&["macros"], "both", To::Gone)]);
}

#[test]
fn what_was_recorded_gets_its_name_here_as_well() {
    let mut desk = at(Section::Macros);
    assert_eq!(desk.keys("r"), []);
    desk.model.recorded = vec!["archive".into()];
    let kept = changes(&desk.keys("raway<c-s>"));
    assert_eq!(kept, [Change::new(&["macros"], "away", list(&["archive"]))]);
    desk.send(Msg::Setup { ticket: desk.model.tickets, answer: Answer::Done(Ok(Vec::new())) });
    assert!(desk.model.recorded.is_empty() && desk.text(80, 24).contains("the macro away is kept"));
}

#[test]
fn searches_tell_what_is_wrong_while_they_are_typed() {
    let mut desk = at(Section::Searches);
    desk.keys("aLate<enter>status:opne");
    assert!(desk.text(80, 24).contains("✗ "), "{}", desk.text(80, 24));
    assert_eq!(desk.keys("<c-s>"), []);
    let kept = changes(&desk.keys("<c-u>status:open late<enter><enter>"));
    assert_eq!(kept, [Change::new(&["searches"], "Late", text("status:open late"))]);
    let mut desk = at(Section::Searches);
    // Its own key may stay.
    let kept = changes(&desk.keys("<enter><c-u>Money<enter><enter><enter>"));
    let table = To::Table(vec![("query".into(), "refund".into()), ("key".into(), "g f".into())]);
    let want = [
        Change::new(&["searches"], "Refunds", To::Called("Money".into())),
        Change::new(&["searches"], "Money", table),
    ];
    assert_eq!(kept, want);
    let mut desk = at(Section::Searches);
    desk.keys("<enter><enter><enter><c-u>g v<enter>");
    assert!(
        desk.text(80, 24).contains("g v is macro vip already, in config.toml:19"),
        "{}",
        desk.text(80, 24)
    );
}

#[test]
fn fields_are_added_changed_and_removed() {
    let mut desk = at(Section::Fields);
    assert_eq!(desk.keys("abudget<enter>"), []);
    assert!(desk.text(80, 24).contains("there is a field budget already"));
    let kept = changes(&desk.keys("<c-u>country<enter>where they live<enter>"));
    assert_eq!(kept, [Change::new(&["fields"], "country", text("where they live"))]);
    let mut desk = at(Section::Fields);
    assert_eq!(changes(&desk.keys("xy")), [Change::new(&["fields"], "budget", To::Gone)]);
}

#[test]
fn a_key_is_pressed_and_what_has_it_is_named() {
    let key = |context: &str, key: &str, to: To| Change::new(&["keys", context], key, to);
    let mut desk = at(Section::Keys);
    desk.keys("/snooze…<enter><enter>e");
    let shown = desk.text(80, 24);
    assert!(shown.contains("e is Resolve"), "{shown}");
    assert_eq!(desk.keys("<enter>"), [], "it is asked once more");
    let kept = changes(&desk.keys("<enter>"));
    let want = [key("panes", "s", text("none")), key("panes", "e", text("snooze"))];
    assert_eq!(kept, want);
    // A key of the file is not taken away behind its back.
    let mut desk = at(Section::Keys);
    desk.keys("/snooze…<enter><enter>gv");
    assert!(
        desk.text(80, 24).contains("g v is macro vip already, in config.toml:19"),
        "{}",
        desk.text(80, 24)
    );
    assert_eq!(desk.keys("<enter><enter>"), []);
    // Another context, and one more key.
    desk.keys("<esc>a<c-o>");
    let kept = changes(&desk.keys("<tab><tab><enter>"));
    assert_eq!(kept, [key("list", "<c-o>", text("snooze"))]);
    let mut desk = at(Section::Keys);
    desk.keys("/snooze…<enter>a<tab><tab><tab><tab>x");
    assert!(desk.text(80, 24).contains("would be typed"), "{}", desk.text(80, 24));
}

#[test]
fn keys_go_and_come_back() {
    let mut desk = at(Section::Keys);
    let gone = changes(&desk.keys("/resolve · list<enter>x"));
    assert_eq!(gone, [Change::new(&["keys", "list"], "<C-e>", To::Gone)], "as it is written");
    let mut desk = at(Section::Keys);
    assert_eq!(changes(&desk.keys("/resolve · list<enter>d")), gone);
    let mut desk = at(Section::Keys);
    assert_eq!(desk.keys("/list refund<enter>x"), []);
    assert!(desk.text(80, 24).contains("the key of the search Refunds"), "{}", desk.text(80, 24));
}

#[test]
fn a_theme_is_seen_under_the_cursor_and_kept_with_enter() {
    let mut desk = at(Section::Theme);
    let first = desk.model.theme.clone();
    desk.keys("j");
    let second = desk.model.theme.clone();
    assert_ne!(second, first);
    desk.keys("<tab>");
    assert_eq!(desk.model.theme, first, "nobody looks at it any more");
    assert_eq!(changes(&desk.keys("<enter>j<enter>")), [Change::new(&[], "theme", text("harbor"))]);
    assert_eq!(desk.model.theme, second);
    assert_eq!(changes(&at(Section::Theme).keys("r")), [Change::new(&[], "theme", To::Gone)]);
}

#[test]
fn what_is_typed_is_not_thrown_away_by_one_key() {
    let mut desk = at(Section::Fields);
    desk.keys("acountry<esc>");
    assert!(desk.text(80, 24).contains("Esc once more throws away"), "{}", desk.text(80, 24));
    desk.keys("!<esc>");
    assert!(desk.text(80, 24).contains("country!"), "it is asked anew after more was typed");
    desk.keys("<esc>");
    assert!(desk.text(80, 24).contains("what they can spend"));
}

#[test]
fn policies_and_business_hours_are_kept_with_what_names_them() {
    let mut desk = at(Section::Sla);
    let out = desk.keys("ausual<enter>from:anna<enter>");
    assert_eq!(changes(&out), []);
    assert!(desk.text(80, 24).contains("from:"), "{}", desk.text(80, 24));
    desk.keys("<c-u>channel:sms<enter>soon<enter>");
    assert!(desk.text(80, 24).contains("30m, 2h or 1d"), "{}", desk.text(80, 24));
    desk.keys("<c-u><enter><enter>");
    assert!(desk.text(80, 24).contains("set the time"), "{}", desk.text(80, 24));
    desk.keys("4h<enter>night<enter>");
    assert!(desk.text(80, 24).contains("there are no hours night"), "{}", desk.text(80, 24));
    let pair = |key: &str, text: &str| (key.to_owned(), text.to_owned());
    let kept = To::Table(vec![pair("for", "channel:sms"), pair("next_reply", "4h"), pair("hours", "office")]);
    assert_eq!(
        changes(&desk.keys("<c-u>office<enter>")),
        [Change::new(&["sla"], "usual", kept)],
        "{}",
        desk.text(80, 24)
    );

    // Hours that a policy runs in stay; under another name, it runs in that.
    let mut desk = at(Section::Sla);
    assert_eq!(desk.keys("jx"), []);
    assert!(desk.text(80, 24).contains("the policy vip runs in office"), "{}", desk.text(80, 24));
    desk.keys("<enter><c-u>desk<enter><enter><c-u>mon-fri 9-17<enter>");
    assert!(desk.text(80, 24).contains("no span of time"), "{}", desk.text(80, 24));
    let kept =
        To::Table(vec![pair("time_zone", "UTC"), pair("mon-fri", "9:00-17:00"), pair("sat", "10:00-14:00")]);
    assert_eq!(
        changes(&desk.keys("<c-u>mon-fri 9:00-17:00<enter>sat 10:00-14:00<enter><enter>")),
        [
            Change::new(&["hours"], "office", To::Called("desk".into())),
            Change::new(&["hours"], "desk", kept),
            Change::new(&["sla", "vip"], "hours", text("desk")),
        ],
        "{}",
        desk.text(80, 24)
    );

    let mut desk = at(Section::Sla);
    assert_eq!(changes(&desk.keys("xy")), [Change::new(&["sla"], "vip", To::Gone)]);

    // By a key, and not by one that goes elsewhere.
    let mut desk = at(Section::Sla);
    let kept = To::Table(vec![pair("mon-fri", "22:00-24:00")]);
    assert_eq!(
        changes(&desk.keys("bnight<enter><enter>mon-fri 22:00-24:00<enter><enter>")),
        [Change::new(&["hours"], "night", kept)],
        "{}",
        desk.text(80, 24)
    );
}
