//! Examples of a configuration that changes under a running screen: what is new holds, and nobody loses their place.

use super::*;
use crate::ui::icons::Icons;
use crate::ui::startup::{Macro, RawBinding, Startup};
use crate::ui::theme::{Ground, Themes};

fn raw(key: &str, command: &str, line: usize) -> RawBinding {
    RawBinding {
        context: "panes".into(),
        key: key.into(),
        command: command.into(),
        file: "/srv/ana/config.toml".into(),
        line,
        displaces: true,
    }
}

/// All of it is otherwise.
fn other() -> Startup {
    let lines = vec!["label +vip".to_owned()];
    let mut startup = fixture::startup();
    startup.me.name = "Bea".into();
    startup.themes = Themes::new("paper", "config.toml:1:1", Ground::Dark, &[]);
    startup.keys = vec![raw("x", "resolve", 4), raw("g v", "macro vip", 5)];
    startup.macros = vec![Macro { name: "vip".into(), lines, place: "config.toml:8:1".into() }];
    startup.searches = vec![("Refunds".into(), "refund".into())];
    startup.fields = vec![("budget".into(), "what they can spend".into())];
    startup.undo_ms = 0;
    startup.comfort.icons = Icons::Nerd;
    startup.confirm_patterns = vec![("a word".into(), "abracadabra".into())];
    startup
}

impl Desk {
    fn configured(&mut self, startup: Startup) {
        self.out.clear();
        self.send(Msg::Configured(Box::new(startup)));
    }

    fn notice(&self) -> &str {
        self.model.notice.as_ref().map_or("", |notice| notice.text.as_str())
    }
}

#[test]
fn what_is_new_holds_and_nothing_is_lost() {
    let mut desk = Desk::new();
    desk.keys("j<space>jrhalf a thought");
    let (selected, marks) = (desk.model.selected(), desk.model.marks.clone());
    desk.configured(other());
    assert_eq!(desk.model.selected(), selected);
    assert_eq!(format!("{:?}", desk.model.marks), format!("{marks:?}"));
    let text = desk.text(120, 40);
    for shown in ["half a thought", "Refunds", "Bea", "\u{f007} Mine"] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    assert_eq!(desk.model.themes.all()[desk.model.theme_shown].name, "paper");
    assert!(desk.loads.contains(&Need::Searches { queries: vec!["refund".into()] }), "{:?}", desk.loads);
    desk.keys("<esc>");
    assert_eq!(actions(desk.keys("gv")).len(), 1, "the macro runs");
    desk.configured(fixture::startup());
    assert!(!desk.text(120, 40).contains("Refunds"));
    desk.keys("gv");
    assert!(desk.notice().contains("no such key"), "{}", desk.notice());
}

#[test]
fn half_a_chord_goes_on_where_the_keys_are_the_same() {
    let mut desk = Desk::new();
    desk.configured(other());
    desk.keys("g");
    let mut moved = other();
    moved.undo_ms = 1;
    moved.keys.iter_mut().for_each(|key| key.line += 3);
    desk.configured(moved);
    assert_eq!(actions(desk.keys("v")).len(), 1, "the macro runs");
    desk.keys("g");
    desk.configured(fixture::startup());
    assert!(desk.keys("v").is_empty() && desk.model.chord.is_empty(), "these keys are others");
}

#[test]
fn a_mistake_keeps_the_last_good_configuration_until_it_is_mended() {
    let mut desk = Desk::new();
    desk.configured(other());
    let mut wrong = other();
    wrong.searches.clear();
    wrong.keys.push(raw("y", "reslove", 6));
    desk.configured(wrong);
    assert!(desk.notice().starts_with("not used: config.toml:6: unknown command"), "{}", desk.notice());
    let text = desk.text(120, 40);
    assert!(text.contains("Refunds") && desk.model.problems() == 1, "{text}");
    desk.keys("!");
    assert!(desk.text(120, 40).contains("/srv/ana/config.toml:6: unknown command"));
    desk.keys("<esc>");
    desk.send(Msg::Misconfigured(vec!["/srv/ana/config.toml:9:1: not valid TOML".into()]));
    assert_eq!(desk.notice(), "not used: config.toml:9:1: not valid TOML");
    assert!(desk.text(120, 40).contains("Refunds"));
    desk.configured(other());
    assert!(desk.model.mistakes.is_empty());
    assert!(desk.notice().contains("in order again"), "{}", desk.notice());
    assert_eq!(desk.model.problems(), 0);
}

#[test]
fn what_needs_a_restart_is_said_once_and_stays_to_be_read() {
    let mut desk = Desk::new();
    let later = Startup {
        later: vec!["/srv/ana/config.toml:2:1: a restart is needed for `listen`".into()],
        ..fixture::startup()
    };
    desk.configured(later.clone());
    assert_eq!(desk.notice(), "config.toml:2:1: a restart is needed for `listen`");
    desk.model.notice = None;
    desk.configured(Startup { undo_ms: 1, ..later });
    assert_eq!(desk.notice(), "");
    desk.keys("!");
    assert!(desk.text(120, 40).contains("a restart is needed for `listen`"));
    desk.configured(fixture::startup());
    assert!(!desk.text(120, 40).contains("a restart is needed"));
}

#[test]
fn half_a_chord_and_open_choices_are_no_trap() {
    let mut desk = Desk::new();
    desk.keys("g");
    desk.configured(other());
    assert!(desk.model.chord.is_empty());
    desk.keys(",");
    desk.configured(fixture::startup());
    assert_eq!(desk.keys("<enter>"), [], "the macro is gone");
    desk.keys("<esc>:theme…<enter><down>");
    let shown = desk.model.theme.clone();
    desk.configured(fixture::startup());
    assert_eq!(desk.model.theme, shown, "it is still looked at");
}
