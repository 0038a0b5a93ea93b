//! Examples of orders: put away, marked, counted, repeated, recorded.

use super::*;
use crate::domain::change::{Change, To};
use crate::domain::order::Order;
use crate::ui::effect::{Targets, Work};
use crate::ui::msg::BulkProgress;
use crate::ui::startup::Macro;

fn set_on(n: i64, facet: crate::domain::facet::Facet) -> Action {
    Action::Set { conversation: id(n), facet }
}

pub(super) fn bulk(effects: Vec<Effect>) -> Vec<Work> {
    let works = effects.into_iter().filter_map(|e| match e {
        Effect::Bulk { work, .. } => Some(work),
        _ => None,
    });
    works.collect()
}

fn order(text: &str, targets: Targets) -> Work {
    Work::Orders { orders: vec![text.parse().unwrap()], targets, at: NOW }
}

fn these(ids: &[i64]) -> Targets {
    Targets::These(ids.iter().map(|n| id(*n)).collect())
}

#[test]
fn one_key_each_and_the_same_key_back() {
    let mut desk = Desk::new();
    let now = desk.model.now;
    assert_eq!(actions(desk.keys("Z")), [set_on(1, set::archived(Some(now)))]);
    assert_eq!(actions(desk.keys("M")), [set_on(1, set::muted(true))]);
    assert_eq!(actions(desk.keys("B")), [Action::Block { conversation: id(1), on: true }]);
    assert_eq!(actions(desk.keys("X")), [status(1, Status::Spam)]);
    let row = &mut desk.rows[0];
    (row.archived_at, row.muted, row.blocked, row.status) = (Some(NOW), true, true, Status::Spam);
    desk.send(Msg::Changed);
    assert_eq!(actions(desk.keys("Z")), [set_on(1, set::archived(None))]);
    assert_eq!(actions(desk.keys("M")), [set_on(1, set::muted(false))]);
    assert_eq!(actions(desk.keys("B")), [Action::Block { conversation: id(1), on: false }]);
    assert_eq!(actions(desk.keys("X")), [status(1, Status::Open)]);
}

#[test]
fn score_and_fields_are_asked_for_and_checked() {
    let mut desk = Desk::with(|d| {
        d.model.fields = vec![("budget".into(), "what they can spend".into())];
        d.rows[0].fields = vec![("deadline".into(), "May".into())];
    });
    assert_eq!(actions(desk.keys("Qscore<enter>80<enter>")), [set_on(1, set::score(Some(80)))]);
    assert_eq!(actions(desk.keys("Qscore<enter>101<enter>")), []);
    assert!(desk.model.notice.as_ref().unwrap().text.contains("0 to 100"));
    assert_eq!(
        actions(desk.keys("<end><backspace><backspace>1<enter>")),
        [set_on(1, set::score(Some(11)))],
        "the words stay to be mended"
    );
    assert_eq!(
        actions(desk.keys("Qbudget<enter>10k<enter>")),
        [set_on(1, set::field("budget", Some("10k".into())))]
    );
    let emptied = actions(desk.keys("Qdeadl<enter><backspace><enter>"));
    assert_eq!(emptied, [set_on(1, set::field("deadline", None))], "not configured, but filled");
}

#[test]
fn what_is_marked_is_what_an_order_is_for() {
    let mut desk = Desk::new();
    assert_eq!(actions(desk.keys("<space><space>")), [], "marking does nothing to anybody");
    assert!(desk.text(120, 40).contains("2 marked"));
    assert_eq!(bulk(desk.keys("e")), [order("resolve", these(&[1, 2]))]);
    assert!(desk.model.marks.is_empty(), "an order takes the marks");
    assert_eq!(bulk(desk.keys("gg<space>GVp4")), [order("priority urgent", these(&[1, 2, 3]))]);
    assert_eq!(
        bulk(desk.keys("*Lvip<enter>")),
        [order("label +vip", Targets::Matching(ListSource::View(View::Open)))]
    );
    assert_eq!(bulk(desk.keys("*Qdis<enter>a robot<enter>")).len(), 1);
    desk.keys("gg<space><esc>");
    assert!(desk.model.marks.is_empty(), "Esc unmarks");
    // In the thread what is open is meant, whatever is marked.
    desk.keys("gg<space>");
    assert_eq!(actions(desk.keys("<enter>p4")), [set_on(2, set::priority(Priority::Urgent))]);
    desk.keys("<esc>gm");
    assert!(desk.model.marks.is_empty(), "another list has other marks");
}

#[test]
fn many_are_one_step_back() {
    let mut desk = Desk::new();
    desk.keys("*e");
    let ticket = *desk.model.bulks.keys().next().unwrap();
    desk.send(Msg::Bulk { ticket, progress: BulkProgress::Going { done: 340, total: 1204 } });
    assert!(desk.text(120, 40).contains("resolved ██░░░░░░░░ 340 of 1204"));
    let undo = vec![vec![status(2, Status::Open)], vec![status(1, Status::Open)]];
    let over =
        BulkProgress::Over { changed: 2, same: 1, undo: undo.clone(), refused: Some((1, "no".into())) };
    desk.send(Msg::Bulk { ticket, progress: over });
    let said = desk.model.notice.as_ref().unwrap().text.clone();
    assert_eq!(said, "2 conversations: resolved, 1 so already, 1 not: no");
    assert_eq!(bulk(desk.keys("u")), [Work::Undo(undo)]);
    assert!(desk.model.undo.is_empty());
    // What took it back is no step of its own.
    let ticket = *desk.model.bulks.keys().next().unwrap();
    let undo = vec![vec![status(1, Status::Resolved)]];
    desk.send(Msg::Bulk {
        ticket,
        progress: BulkProgress::Over { changed: 2, same: 0, undo, refused: None },
    });
    assert!(desk.model.undo.is_empty());
}

#[test]
fn a_number_before_a_key() {
    let mut desk = Desk::new();
    desk.keys("2j");
    assert_eq!(desk.model.selected(), Some(id(3)));
    desk.keys("1G");
    assert_eq!(desk.model.selected(), Some(id(1)));
    assert_eq!(bulk(desk.keys("2e")), [order("resolve", these(&[1, 2]))]);
    assert_eq!(bulk(desk.keys("10m")), [order("assign me", these(&[1, 2, 3]))], "as many as there are");
    desk.keys("3<enter>");
    assert_eq!((desk.model.selected(), desk.model.focus()), (Some(id(3)), Focus::Thread));
    desk.keys("<esc>");
    desk.keys("9<enter>");
    assert!(desk.model.notice.as_ref().unwrap().text.contains("no row 9"));
    assert!(desk.keys("4<esc>").is_empty());
    assert_eq!(desk.model.count, None);
    assert_eq!(actions(desk.keys("e")), [status(3, Status::Resolved)], "the number is gone");
}

#[test]
fn once_more() {
    let mut desk = Desk::new();
    assert_eq!(actions(desk.keys(".")), []);
    assert!(desk.model.notice.as_ref().unwrap().text.contains("nothing was ordered yet"));
    desk.keys("Lvip<enter>");
    assert_eq!(actions(desk.keys("j.")), [set_on(2, set::label("vip", true))]);
    assert_eq!(bulk(desk.keys("*.")).len(), 1);
}

#[test]
fn macros_are_recorded_named_and_run() {
    let mut desk = Desk::new();
    desk.keys("@Lvip<enter>p3");
    assert!(desk.text(120, 40).contains("recording, 2 so far") || desk.model.notice.is_some());
    let kept = desk.keys("@rich<enter>");
    let lines = vec!["label +vip".to_owned(), "priority high".to_owned()];
    let changes = vec![Change::new(&["macros"], "rich", To::List(lines.clone()))];
    assert!(matches!(&kept[..], [Effect::Configure { changes: asked, .. }] if *asked == changes), "{kept:?}");
    let orders: Vec<Order> = lines.iter().map(|line| line.parse().unwrap()).collect();
    let want = [Work::Orders { orders, targets: Targets::One(id(2)), at: NOW }];
    assert_eq!(bulk(desk.keys("j,rich<enter>")), want, "one step back for both");
    assert_eq!(bulk(desk.keys(":macro rich<enter>")), want);
    let orders = lines.iter().map(|line| line.parse().unwrap()).collect();
    let all = Targets::Matching(ListSource::View(View::Open));
    let one = Work::Orders { orders, targets: all, at: NOW };
    assert_eq!(bulk(desk.keys("*,rich<enter>")), [one], "found out once, changed one after another");
    assert_eq!(actions(desk.keys(":snooze +7d<enter>")).len(), 1, "an order typed with its words");
}

#[test]
fn a_macro_that_calls_itself_ends_and_wrong_lines_are_named() {
    let mut desk = Desk::new();
    let lines = vec!["macro loop".to_owned()];
    desk.model.macros = vec![Macro { name: "loop".into(), lines, place: "config.toml:3:1".into() }];
    desk.keys(",loop<enter>");
    assert!(desk.model.notice.as_ref().unwrap().text.contains("does a macro call itself?"));
    let wrong = Macro {
        name: "x".into(),
        lines: vec!["reslove".into(), "macro y".into(), "priority soon".into(), "resolve".into()],
        place: "config.toml:3:1".into(),
    };
    let errors = crate::ui::command::give::macro_errors(&[wrong]);
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(errors[0].starts_with("config.toml:3:1: ") && errors[0].contains("unknown command"));
}

#[test]
fn keys_of_the_configuration_run_orders_and_macros() {
    let raw = |key: &str, command: &str| crate::ui::startup::RawBinding {
        context: "panes".into(),
        key: key.into(),
        command: command.into(),
        file: "config.toml".into(),
        line: 7,
        displaces: true,
    };
    let mut startup = fixture::startup();
    startup.keys = vec![raw("g v", "priority urgent"), raw("K", "macro rich"), raw("J", "priority soon")];
    let lines = vec!["label +vip".to_owned()];
    startup.macros = vec![Macro { name: "rich".into(), lines, place: "config.toml:1:1".into() }];
    let errors = crate::ui::key_errors(&startup.keys);
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].starts_with("config.toml:7: priority:"), "{errors:?}");
    let mut desk = Desk::with(|d| d.model = start(startup).0);
    desk.send(Msg::Changed);
    assert_eq!(actions(desk.keys("gv")), [set_on(1, set::priority(Priority::Urgent))]);
    assert_eq!(actions(desk.keys("K")), [set_on(1, set::label("vip", true))]);
}

#[test]
fn every_order_can_be_typed_in_the_palette() {
    for verb in crate::domain::order::VERBS.iter().filter(|v| v.takes.is_empty()) {
        let order: Order = verb.word.parse().unwrap();
        let mut desk = Desk::new();
        desk.model.run_line(verb.word);
        assert_eq!(desk.model.last_order, Some(order), "{}", verb.word);
    }
}

#[test]
fn saved_searches_are_listed_counted_and_have_keys() {
    let mut startup = fixture::startup();
    startup.searches = vec![("Refunds".into(), "refund status:open".into())];
    startup.keys = vec![crate::ui::startup::RawBinding {
        context: "panes".into(),
        key: "g f".into(),
        command: "list refund status:open".into(),
        file: "config.toml".into(),
        line: 9,
        displaces: true,
    }];
    let (model, first) = start(startup);
    let count = Effect::LoadSoon(Need::Searches { queries: vec!["refund status:open".into()] });
    assert!(first.contains(&count), "{first:?}");
    let mut desk = Desk::with(|d| d.model = model);
    desk.send(Msg::Changed);
    let found = Loaded::Searches(vec![("refund status:open".into(), 999, true)]);
    desk.send(Msg::Loaded(Box::new(found)));
    let screen = desk.text(120, 40);
    assert!(screen.contains("⌕ Refunds") && screen.contains("999+"), "{screen}");
    desk.keys("gf");
    let query = ListSource::Query("refund status:open".into());
    assert!(desk.loads.iter().any(|n| matches!(n, Need::List { source, .. } if *source == query)));
    assert!(desk.text(120, 40).contains("› Refunds"), "it is called by its name");
    // News has them counted again, but not at once and not at every news.
    desk.loads.clear();
    desk.send(Msg::Changed);
    desk.send(Msg::Tick(desk.model.now + 1_000));
    let counts = |desk: &Desk| desk.loads.iter().filter(|n| matches!(n, Need::Searches { .. })).count();
    assert_eq!(counts(&desk), 0);
    assert!(wake_at(&desk.model).unwrap() <= desk.model.now + 2_000);
    desk.send(Msg::Tick(desk.model.now + 2_000));
    desk.send(Msg::Tick(desk.model.now + 4_000));
    assert_eq!(counts(&desk), 1);
}

#[test]
fn who_is_called_sees_it_and_has_seen_it_by_opening() {
    let mut desk = Desk::with(|d| d.rows[0].called = vec![AgentId(1)]);
    assert!(desk.text(120, 40).contains("@ you"));
    assert_eq!(actions(desk.keys("j")), []);
    assert_eq!(actions(desk.keys("k<enter>")), [Action::Read { conversation: id(1) }]);
    let mut desk = Desk::with(|d| d.rows[0].called = vec![AgentId(2)]);
    assert_eq!(actions(desk.keys("<enter>")), [], "somebody else is called");
    desk.keys("<esc>g@");
    let mine = ListSource::View(View::Mentions(AgentId(1)));
    assert!(desk.loads.iter().any(|n| matches!(n, Need::List { source, .. } if *source == mine)));
}

#[test]
fn the_next_unread_conversation_may_be_in_another_view() {
    let mut desk = Desk::new();
    let counts = vec![(View::Open, crate::domain::row::ViewCount { total: 3, unread: 1 })];
    let sidebar = Loaded::Sidebar { accounts: vec![fixture::account()], labels: Vec::new(), counts };
    desk.send(Msg::Loaded(Box::new(sidebar)));
    desk.keys("gm");
    desk.loads.clear();
    desk.keys("]");
    let open = ListSource::View(View::Open);
    assert!(desk.loads.contains(&Need::Unread { source: open.clone(), from: None, forward: true }));
    assert_eq!(desk.model.list.source, open);
    desk.keys("]");
    assert!(desk.model.notice.as_ref().unwrap().text.contains("no unread conversation"));
}

#[test]
fn a_picker_says_for_how_many_it_is() {
    let mut desk = Desk::new();
    desk.keys("<space><space>p");
    assert!(desk.text(120, 40).contains("Priority · 2 conversations"));
    desk.keys("<esc>*Q");
    assert!(desk.text(120, 40).contains("Qualify as · all of this list"));
    // What the one under the cursor has says nothing of the one that is marked: its label goes on, not off.
    let mut desk = Desk::with(|d| d.rows[1].labels = vec!["vip".into()]);
    desk.model.labels = vec!["vip".into()];
    desk.keys("<space>L");
    assert!(desk.text(120, 40).contains("Labels · 1 marked conversation"));
    assert_eq!(bulk(desk.keys("vip<enter>")), [order("label +vip", these(&[1]))]);
}

#[test]
fn a_macro_that_goes_elsewhere_leaves_what_is_marked_alone() {
    let mut desk = Desk::new();
    let lines = ["label +junk", "list status:open", "archive"].map(str::to_owned).to_vec();
    desk.model.macros = vec![Macro { name: "tidy".into(), lines, place: "config.toml:3:1".into() }];
    assert_eq!(bulk(desk.keys("*,tidy<enter>")), []);
    assert!(desk.model.notice.as_ref().unwrap().text.contains("one conversation only"));
    assert!(!desk.model.marks.is_empty(), "nothing was done, the marks stay");
}

#[test]
fn what_was_decided_when_a_picker_opened_is_decided_then() {
    let mut desk = Desk::new();
    let opened = desk.model.now;
    desk.keys("*s");
    desk.send(Msg::Tick(opened + 5_000));
    let works = bulk(desk.keys("<enter>"));
    assert!(matches!(&works[..], [Work::Orders { at, .. }] if *at == opened), "{works:?}");
}

#[test]
fn words_that_were_thrown_away_come_back() {
    let mut desk = Desk::new();
    desk.keys("rprecious words<c-delete>");
    assert_eq!(desk.model.composer.as_ref().unwrap().text(), "");
    desk.keys("<esc>u");
    assert!(desk.model.notice.as_ref().unwrap().text.contains("back in the draft"));
    desk.keys("r");
    assert_eq!(desk.model.composer.as_ref().unwrap().text(), "precious words");
}

#[test]
fn undo_goes_back_to_whom_it_was_about() {
    let mut desk = Desk::new();
    desk.keys("e");
    let ticket = desk.model.tickets;
    desk.done(ticket, Ok(Performed { changed: true, ..Performed::default() }));
    let first = desk.rows.remove(0);
    desk.send(Msg::Changed);
    assert_eq!(desk.model.selected(), Some(id(2)));
    desk.keys("u");
    desk.rows.insert(0, first);
    let ticket = desk.model.tickets;
    desk.done(ticket, Ok(Performed { changed: true, ..Performed::default() }));
    assert_eq!((desk.model.selected(), desk.model.shown()), (Some(id(1)), Some(id(1))));
}

#[test]
fn one_key_of_the_configuration_has_one_meaning() {
    let raw = |key: &str, command: &str, line, displaces| crate::ui::startup::RawBinding {
        context: "panes".into(),
        key: key.into(),
        command: command.into(),
        file: "config.toml".into(),
        line,
        displaces,
    };
    let errors = crate::ui::key_errors(&[raw("K", "archive", 3, true), raw("K", "mute", 9, true)]);
    assert_eq!(errors, ["config.toml:9: K is archive already, in config.toml:3: use another key"]);
    let errors = crate::ui::key_errors(&[raw("g o", "list refund", 4, false)]);
    assert_eq!(errors, ["config.toml:4: g o is go.open already, by default: use another key"]);
    assert!(crate::ui::key_errors(&[raw("e", "archive", 4, true)]).is_empty(), "a default gives way");
}

#[test]
fn a_colleague_is_called_by_the_beginning_of_a_name() {
    let mut desk = Desk::new();
    let agent = |id, name: &str, email: &str| crate::domain::row::AgentRow {
        id: AgentId(id),
        name: name.into(),
        email: email.into(),
        active: true,
    };
    desk.model.agents = vec![agent(2, "Tom Baker", "tom@acme.example"), agent(3, "Mei", "mei@acme.example")];
    desk.keys("nask @To<tab>please");
    assert_eq!(desk.model.composer.as_ref().unwrap().text(), "ask @tom please");
    desk.keys(" @x<tab>");
    assert!(desk.model.notice.as_ref().unwrap().text.contains("no agent is called @x"));
}
