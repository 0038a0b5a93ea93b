//! Examples of Setup: an account is added step by step, changed, tested and removed; nothing typed is lost, and no secret is told.

use super::*;
use crate::domain::account::{Channel, Health};
use crate::domain::secret::Secret;
use crate::domain::secret_source::{SecretGiven, SecretSource};
use crate::domain::setting::{SettingSpec, WrongSetting};
use crate::ui::setup::{Answer, Ask, Card, ChannelInfo, Draft, Fail, Look, Settings, Site, Spot};

fn channel(name: &str) -> ChannelInfo {
    ChannelInfo {
        name: name.into(),
        provider: "far".into(),
        enabled: true,
        media: vec![Channel::Sms],
        health: Health::Ok,
        detail: Some("as +15557122661".into()),
        settings: Settings::from([("account_sid".into(), "AC1".into())]),
        secrets: [(
            "auth_token".to_owned(),
            "in the keyring (frontdesk/acme, support/auth_token)".to_owned(),
        )]
        .into(),
        hooks: vec![format!("https://desk.example.com/hooks/{name}")],
        page_url: None,
        has_address: true,
        guide: vec!["paste it at the provider".into()],
        place: "config.toml:3:1".into(),
    }
}

fn look(names: &[&str]) -> Answer {
    let base = Some("https://desk.example.com".into());
    Answer::Look(Ok(Box::new(Look {
        file: "/etc/config.toml".into(),
        channels: names.iter().map(|name| channel(name)).collect(),
        site: Site { base, public: true },
        ..Look::default()
    })))
}

/// What Setup asks for among effects, with its ticket.
fn asked(effects: &[Effect]) -> Vec<(u64, Ask)> {
    let of = |e: &Effect| match e {
        Effect::Setup { ticket, ask } => Some((*ticket, ask.clone())),
        _ => None,
    };
    effects.iter().filter_map(of).collect()
}

impl Desk {
    /// Answers the last thing that was asked of this kind, and returns what is asked next.
    fn answer(&mut self, (ticket, _): &(u64, Ask), answer: Answer) -> Vec<(u64, Ask)> {
        self.out.clear();
        self.send(Msg::Setup { ticket: *ticket, answer });
        asked(&std::mem::take(&mut self.out))
    }

    /// Types, and tells what is on the screen then.
    fn keys_and_text(&mut self, text: &str) -> String {
        self.keys(text);
        self.text(120, 40)
    }

    /// Opens Setup where these channels are configured.
    fn set_up(names: &[&str]) -> Desk {
        let mut desk = Desk::new();
        let first = asked(&desk.keys("gc"));
        assert_eq!(first[0].1, Ask::Look);
        desk.answer(&first[0], look(names));
        desk
    }

    /// Goes through all steps of an account up to the summary.
    fn fill(&mut self) {
        let first = asked(&self.keys("a"));
        assert_eq!(first[0].1, Ask::Keyring, "asked before anyone types a secret for nothing");
        self.answer(&first[0], Answer::Keyring(Ok(())));
        // Provider, name, what is required, what is not (left out), three secrets.
        assert_eq!(self.keys("<enter>sales<enter>AC7<enter><enter>30<enter>hunter2<enter><enter>"), []);
    }
}

fn draft(name: &str) -> Draft {
    Draft {
        provider: "far".into(),
        name: name.into(),
        settings: [("account_sid", "AC7"), ("poll_seconds", "30")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into(),
        secrets: vec![("auth_token".into(), SecretGiven::Itself(Secret::new("hunter2".into())))],
    }
}

#[test]
fn a_first_start_invites_and_is_no_wall() {
    let (model, effects) = start(crate::ui::Startup { first: true, ..fixture::startup() });
    let looks = asked(&effects);
    assert_eq!(looks.len(), 1);
    let mut desk = Desk::new();
    desk.model = model;
    desk.answer(&looks[0], look(&[]));
    let text = desk.text(80, 24);
    assert!(text.contains("Welcome to Frontdesk") && text.contains("look around first"), "{text}");
    desk.keys("<esc>");
    assert!(!desk.text(80, 24).contains("Welcome"), "Esc leaves it");
    assert_eq!(desk.keys("j"), [], "and the list has the keys");
}

#[test]
fn an_account_is_added_step_by_step() {
    let mut desk = Desk::set_up(&["support"]);
    desk.fill();
    assert!(desk.text(80, 24).contains("step 7 of 7"));
    desk.keys("<enter>");
    let text = desk.text(80, 24);
    for said in
        ["look it over", "carries", "AC7", "in the keyring", "paste https://desk.example.com/hooks/sales"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    let wrote = asked(&desk.keys("<enter>"));
    assert_eq!(wrote[0].1, Ask::Add(draft("sales")));
    assert_eq!(desk.keys("<enter><esc>j"), [], "it is being written");
    let next = desk.answer(&wrote[0], Answer::Done(Ok(vec!["the token may be old".into()])));
    let asks: Vec<&Ask> = next.iter().map(|(_, ask)| ask).collect();
    assert_eq!(asks, [&Ask::Look, &Ask::Test("sales".into())], "the provider is asked at once");
    desk.answer(&next[0], look(&["support", "sales"]));
    desk.answer(&next[1], Answer::Tested(Ok("as Acme Ltd".into())));
    let text = desk.text(80, 24);
    assert!(text.contains("it works: as Acme Ltd") && text.contains("the token may be old"), "{text}");
    desk.keys("<enter>");
    assert_eq!(asked(&desk.keys("t"))[0].1, Ask::Test("sales".into()), "the cursor is on the new one");
}

#[test]
fn each_step_says_what_is_wrong_and_stays() {
    let mut desk = Desk::set_up(&["support"]);
    desk.keys("a<enter>");
    for (typed, said) in [
        ("two words<enter>", "use letters"),
        ("<c-u>support<enter>", "already"),
        ("<c-u>sales<enter><enter>", "cannot do without it"),
        ("XX<enter>", "begins with AC"),
    ] {
        desk.keys(typed);
        assert!(desk.text(80, 24).contains(said), "{typed}: {}", desk.text(80, 24));
    }
    desk.keys("<c-u>AC7<c-s>");
    assert!(desk.text(80, 24).contains("far needs auth_token"), "{}", desk.text(80, 24));
    desk.keys("hunter2<c-s>");
    assert!(desk.text(80, 24).contains("look it over"));
}

#[test]
fn nothing_typed_is_lost_when_a_step_fails_and_esc_goes_one_step_back() {
    let mut desk = Desk::set_up(&[]);
    desk.fill();
    let wrote = asked(&desk.keys("<enter><enter>"));
    let fail =
        Fail { words: vec!["the keyring is locked".into()], at: Some(Spot::Setting("auth_token".into())) };
    desk.answer(&wrote[0], Answer::Done(Err(fail)));
    let text = desk.text(80, 24);
    assert!(
        text.contains("the keyring is locked") && text.contains("•••••••"),
        "where it can be mended: {text}"
    );
    let wrote = asked(&desk.keys("<c-s><enter>"));
    assert_eq!(wrote[0].1, Ask::Add(draft("sales")), "all is there still");
    let wrong = "config.toml:9:1: unknown key `x`".to_owned();
    desk.answer(&wrote[0], Answer::Done(Err(Fail { words: vec![wrong.clone()], at: None })));
    assert!(desk.text(80, 24).contains(&wrong), "{}", desk.text(80, 24));
    // All the way back, out of the wizard, and in again.
    desk.keys("<esc><esc><esc><esc><esc><esc><esc><esc><esc>");
    assert!(desk.text(80, 24).contains("Welcome"), "{}", desk.text(80, 24));
    let wrote = asked(&desk.keys("a<enter><c-s><enter>"));
    assert_eq!(wrote[0].1, Ask::Add(draft("sales")));
}

#[test]
fn without_a_keyring_the_true_reason_is_said_and_the_ways_out() {
    let mut desk = Desk::set_up(&[]);
    let first = asked(&desk.keys("a"));
    desk.keys("<enter>sales<enter>AC7<c-s>");
    desk.answer(&first[0], Answer::Keyring(Err("there is no session bus".into())));
    let text = desk.text(80, 24);
    assert!(text.contains("there is no session bus") && text.contains("environment variable"), "{text}");
    desk.keys("5ecret!<c-s>");
    assert!(desk.text(80, 24).contains("a variable has a name"), "{}", desk.text(80, 24));
    let wrote = asked(&desk.keys("<c-u><tab>/run/token<c-s><enter>"));
    let file = SecretGiven::Elsewhere(SecretSource::File("/run/token".into()));
    let Ask::Add(draft) = &wrote[0].1 else { panic!("{wrote:?}") };
    assert_eq!(draft.secrets, [("auth_token".to_owned(), file)]);
}

#[test]
fn no_secret_is_told_by_any_debug_print() {
    let mut desk = Desk::set_up(&["support"]);
    desk.fill();
    let told = format!("{:?}", desk.model);
    assert!(told.contains("sales") && !told.contains("hunter2"), "the model");
    let effects = desk.keys("<enter><enter>");
    assert!(!asked(&effects).is_empty());
    assert!(!format!("{effects:?}").contains("hunter2"), "the effects");
    let mut page = Desk::set_up(&["support"]);
    let keyring = asked(&page.keys("s<enter>"));
    page.answer(&keyring[0], Answer::Keyring(Ok(())));
    page.send(Msg::Paste("hunter2\n".into()));
    assert!(!format!("{:?}", page.model).contains("hunter2"));
    for (width, height) in [(80, 24), (120, 40), (40, 10)] {
        assert!(!page.text(width, height).contains("hunter2"), "the screen");
    }
    let effects = page.keys("<enter>");
    let secret = SecretGiven::Itself(Secret::new("hunter2".into()));
    let set = Ask::Set {
        channel: "support".into(),
        settings: Settings::new(),
        secrets: vec![("auth_token".into(), secret)],
    };
    assert_eq!(asked(&effects)[0].1, set);
    assert!(!format!("{effects:?}").contains("hunter2"), "the effects");
}

#[test]
fn a_channel_is_changed_switched_and_removed() {
    let mut desk = Desk::set_up(&["support", "sales"]);
    // The second setting of its provider is the account.
    desk.keys("j<enter>j<enter>");
    assert_eq!(desk.keys("<c-u>XX<enter>"), []);
    assert!(desk.text(80, 24).contains("begins with AC"), "{}", desk.text(80, 24));
    let set = asked(&desk.keys("<c-u>AC9<enter>"));
    let settings = Settings::from([("account_sid".into(), "AC9".into())]);
    assert_eq!(set[0].1, Ask::Set { channel: "sales".into(), settings, secrets: Vec::new() });
    let fail = Fail { words: vec!["config.toml:2:1: not valid TOML".into()], at: None };
    desk.answer(&set[0], Answer::Done(Err(fail)));
    let text = desk.text(80, 24);
    assert!(text.contains("config.toml:2:1") && text.contains("AC9"), "it is still being typed: {text}");
    let set = asked(&desk.keys("<enter>"));
    let next = desk.answer(&set[0], Answer::Done(Ok(Vec::new())));
    assert_eq!(next[0].1, Ask::Look);
    assert!(desk.text(80, 24).contains("account_sid is changed"), "{}", desk.text(80, 24));
    let off = asked(&desk.keys("<esc>d"));
    assert_eq!(off[0].1, Ask::Enable { channel: "sales".into(), on: false });
    desk.answer(&off[0], Answer::Done(Ok(Vec::new())));
    assert_eq!(desk.keys("xn"), [], "a question comes first");
    assert_eq!(asked(&desk.keys("xy"))[0].1, Ask::Remove("sales".into()));
}

#[test]
fn a_test_says_how_it_is_and_the_address_can_be_copied() {
    let mut desk = Desk::set_up(&["support"]);
    let test = asked(&desk.keys("t"));
    assert!(desk.text(80, 24).contains("asking the provider"));
    desk.answer(&test[0], Answer::Tested(Err((Health::NeedsLogin, "the token is refused".into()))));
    assert!(desk.text(80, 24).contains("support: needs login: the token is refused"));
    assert_eq!(desk.keys("y"), [Effect::Copy("https://desk.example.com/hooks/support".into())]);
}

#[test]
fn what_is_wrong_with_the_file_is_shown_with_its_line() {
    let mut desk = Desk::set_up(&["support"]);
    desk.out.clear();
    desk.send(Msg::Changed);
    let again = asked(&desk.out);
    assert_eq!(again[0].1, Ask::Look, "news are read again");
    desk.send(Msg::Changed);
    assert_eq!(asked(&desk.out).len(), 1, "once at a time");
    let again = desk.answer(&again[0], look(&["support"]));
    assert_eq!(again[0].1, Ask::Look, "and again, for it changed meanwhile");
    desk.answer(&again[0], Answer::Look(Err(vec!["/etc/config.toml:4:1: unknown key `lable`".into()])));
    let text = desk.text(80, 24);
    assert!(text.contains("/etc/config.toml:4:1: unknown key") && text.contains("support"), "{text}");
}

#[test]
fn sections_are_looked_at_and_left() {
    let mut desk = Desk::set_up(&["support"]);
    for title in ["Quick replies", "Labels", "Agents", "SLA", "Macros", "Searches", "Fields", "Keys", "Theme"]
    {
        desk.keys(if title == "Quick replies" { "<tab>j" } else { "j" });
        assert!(desk.text(80, 24).contains(title), "{title}");
    }
    assert!(desk.text(80, 24).contains("F2 goes on"));
    desk.keys("kkkkkkkk<enter><enter>");
    assert!(desk.text(80, 24).contains("No quick reply yet: "), "they have a place of their own");
    desk.keys("<esc><tab>jjjjjjj");
    desk.keys("<esc>");
    assert!(!desk.text(80, 24).contains("F2 goes on"));
    // An answer that comes too late is no harm; a change is told in the bar.
    desk.send(Msg::Setup { ticket: 99, answer: Answer::Done(Err(Fail::default())) });
}

#[test]
fn the_wizard_says_which_secrets_are_needed_and_ends_with_no_less() {
    let mut desk = Desk::set_up(&[]);
    let first = asked(&desk.keys("a"));
    assert!(desk.text(80, 24).contains("To log in it takes auth_token, or api_key and api_secret."));
    desk.answer(&first[0], Answer::Keyring(Ok(())));
    desk.keys("<enter>sales<enter>AC7<enter>");
    let text = desk.text(80, 24);
    assert!(text.contains("needed, or else api_key and"), "{text}");
    assert!(text.contains("needed, or else auth_token"), "{text}");
    desk.keys("<c-s>");
    assert!(desk.text(80, 24).contains("far needs auth_token, or api_key and api_secret to log in"));
    // One half of the other way.
    desk.keys("<down>hunter2<c-s>");
    let text = desk.text(80, 24);
    assert!(text.contains("far needs") && !text.contains("look it over"), "{text}");
    desk.keys("hunter3<c-s>");
    let text = desk.text(80, 24);
    assert!(text.contains("look it over"), "{text}");
}

#[test]
fn a_provider_is_looked_for_by_its_name_or_its_medium() {
    let mut desk = Desk::set_up(&["support"]);
    let text = desk.keys_and_text("a/web");
    assert!(text.contains("page") && !text.contains("a far end"), "{text}");
    assert!(desk.hints().contains(&"look at them"), "{:?}", desk.hints());
    // Letters are typed until Enter; then they are keys again.
    assert!(desk.keys_and_text("<enter><enter>").contains("step 1 of 1"));
    // Back in the list all of them are there, with the cursor where it was.
    let text = desk.keys_and_text("<esc>");
    assert!(text.contains("a far end"), "{text}");
    assert!(desk.keys_and_text("<enter>").contains("step 1 of 1"));
    // Where nothing is called so, nothing is chosen; Esc shows all again, and then leads back.
    let text = desk.keys_and_text("<esc>/telepathy<enter><enter>");
    assert!(text.contains("Nothing is called so.") && text.contains("which provider?"), "{text}");
    let text = desk.keys_and_text("<esc>");
    assert!(text.contains("a far end") && text.contains("a page"), "{text}");
    assert!(!desk.keys_and_text("<esc>").contains("which provider?"));
}

static MANY: [SettingSpec; 9] = [
    SettingSpec::text("one", "the first"),
    SettingSpec::text("two", "the second"),
    SettingSpec::text("three", "the third"),
    SettingSpec::text("host", "where it is").required(),
    SettingSpec::text("four", "the fourth"),
    SettingSpec::text("five", "the fifth"),
    SettingSpec::secret("token", "what logs in"),
    SettingSpec::text("six", "the sixth"),
    SettingSpec::text("seven", "the seventh"),
];

#[test]
fn many_settings_that_can_be_left_out_are_one_line_until_somebody_wants_them() {
    let desk = || {
        let mut desk = Desk::set_up(&["support"]);
        desk.model.book.providers.push(Card {
            name: "many",
            summary: "one that can be told much",
            media: &[Channel::Email],
            settings: &MANY,
            logins: &[&["token"]],
        });
        desk.model.book.check = |_, settings| match settings.get("host").map(String::as_str) {
            Some("odd.example") if !settings.contains_key("six") => {
                Err(WrongSetting::new("six", "odd hosts need six"))
            }
            _ => Ok(()),
        };
        let keyring = asked(&desk.keys("a"));
        desk.answer(&keyring[0], Answer::Keyring(Ok(())));
        desk
    };
    let begin = "/many<enter><enter>sales<enter>h.example<enter>hunter2<enter>";
    let draft = |settings: &[(&str, &str)]| Draft {
        provider: "many".into(),
        name: "sales".into(),
        settings: settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        secrets: vec![("token".into(), SecretGiven::Itself(Secret::new("hunter2".into())))],
    };
    // What is needed is asked for, the rest is told in one line.
    let mut d = desk();
    let text = d.keys_and_text(begin);
    assert!(text.contains("step 4 of 4") && text.contains("7 settings that can be left out"), "{text}");
    assert!(text.contains("one, two, three, four, five, six, seven"), "{text}");
    assert!(!text.contains("\u{203a} one "), "{text}");
    assert!(d.hints().contains(&"show them"), "{:?}", d.hints());
    let wrote = asked(&d.keys("<enter><enter>"));
    assert_eq!(wrote[0].1, Ask::Add(draft(&[("host", "h.example")])));
    // Whoever wants them goes through them, also after having looked it all over.
    let mut d = desk();
    d.keys(begin);
    d.keys("<enter>");
    let text = d.keys_and_text("<esc> ");
    assert!(text.contains("step 4 of 10") && !text.contains("can be left out, "), "{text}");
    let wrote = asked(&d.keys("1<enter><enter>3<c-s><enter>"));
    assert_eq!(wrote[0].1, Ask::Add(draft(&[("host", "h.example"), ("one", "1"), ("three", "3")])));
    // One of them that is wrong is shown, with all of them.
    let mut d = desk();
    let text = d.keys_and_text("/many<enter><enter>sales<enter>odd.example<enter>hunter2<enter><enter>");
    assert!(text.contains("odd hosts need six") && text.contains("step 9 of 10"), "{text}");
    let wrote = asked(&d.keys("6<c-s><enter>"));
    assert_eq!(wrote[0].1, Ask::Add(draft(&[("host", "odd.example"), ("six", "6")])));
}
