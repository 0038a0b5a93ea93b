//! The configuration from outside: layers and their order, mistakes with their places, edits of real files, the reference.

use frontdesk::config::edit::{self, ChannelEdit};
use frontdesk::config::{Config, ConfigError, Env, Overrides, Paths, Place, reference};
use frontdesk::domain::secret_source::SecretSource;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn load(text: &str, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::from_text(Paths::at_home(Path::new("h")), text, &Overrides::default(), &Env::of(env))
}

/// The problems of a text, as shown.
fn problems(text: &str) -> Vec<String> {
    match load(text, &[]) {
        Err(ConfigError::Wrong(all)) => all.iter().map(ToString::to_string).collect(),
        other => panic!("expected problems, got {other:?}"),
    }
}

#[test]
fn patterns_are_read_and_bad_ones_have_their_line() {
    let good = load("[confirm_patterns]\n\"an order\" = '#\\d{4}'\n", &[]).unwrap();
    assert_eq!(good.confirm_patterns, [("an order".to_owned(), r"#\d{4}".to_owned())]);
    let found = problems("[confirm_patterns]\na = '('\nb = 7\nc = 'x*'\n");
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].contains(":2:") && found[0].contains("unclosed group"), "{found:?}");
    assert!(found[1].contains(":3:") && found[1].contains("text in quotes"), "{found:?}");
    assert!(found[2].contains(":4:") && found[2].contains("fits every text"), "{found:?}");
    assert!(problems("confirm_patterns = 3")[0].contains("has to be a table"));
}

#[test]
fn times_for_answers_are_read_and_mistakes_have_their_line() {
    let text = "[sla.vip]\nfor = \"label:vip,gold channel:sms\"\nfirst_reply = \"15m\"\nhours = \"office\"\n\
                [sla.usual]\nfirst_reply = \"1h\"\nnext_reply = \"1 day\"\n\
                [hours.office]\ntime_zone = \"Europe/Amsterdam\"\nmon-thu = \"9:00-12:30, 13:00-17:30\"\nfri = \"9:00-16:00\"\n";
    let desk = load(text, &[]).unwrap().desk;
    let sla = desk.sla();
    let said: Vec<String> = sla.policies.iter().map(frontdesk::text::sla::words).collect();
    assert_eq!(
        said,
        [
            "label:vip,gold channel:sms: first reply within 15m, in the hours office",
            "all conversations: first reply within 1h, next reply within 1d",
        ]
    );
    // One for everybody counts where no other does, wherever it stands.
    let text = "[sla.usual]\nfirst_reply = \"1h\"\n[sla.b]\nfor = \"label:b\"\nfirst_reply = \"2m\"\n\
                [sla.a]\nfor = \"label:a\"\nfirst_reply = \"1m\"\n";
    let names: Vec<String> =
        load(text, &[]).unwrap().desk.sla().policies.into_iter().map(|p| p.name).collect();
    assert_eq!(names, ["b", "a", "usual"]);
    assert_eq!(
        desk.hours[0].0.words(),
        "Mon–Thu 9:00–12:30 and 13:00–17:30, Fri 9:00–16:00 (Europe/Amsterdam)"
    );
    for (text, place, says) in [
        ("[sla.a]\nfor = \"refund\"\nfirst_reply = \"1h\"\n", ":2:", "score:"),
        ("[sla.a]\nfor = \"label:\"\nfirst_reply = \"1h\"\n", ":2:", "needs a value"),
        ("[sla.a]\nfor = \"\"\nfirst_reply = \"1h\"\n", ":2:", "leave it away"),
        ("[sla.a]\n", ":1:", "sets no time"),
        ("[sla.a]\nfirst_reply = \"soon\"\n", ":2:", "30m"),
        ("[sla.a]\nfirst_reply = 30\n", ":2:", "in quotes"),
        ("[sla.a]\nfirst_reply = \"30m\"\nhours = \"office\"\n", ":3:", "[hours.NAME]"),
        ("[sla.a]\nfirst_replies = \"30m\"\nnext_reply = \"1h\"\n", ":2:", "first_reply"),
        ("[hours.a]\nmon = \"9:00-17:00\"\nday = \"9:00-17:00\"\n", ":3:", "no day"),
        ("[hours.a]\nmon = \"17:00-9:00\"\n", ":2:", "24:00"),
        ("[hours.a]\nmon = 9\n", ":2:", "in quotes"),
        ("[hours.a]\ntime_zone = \"Mars/Phobos\"\nmon = \"9:00-17:00\"\n", ":2:", "IANA"),
        ("[hours.a]\n", ":1:", "no day"),
        ("[hours.a]\nmon = \"9:00-9:05\"\n[sla.a]\nfirst_reply = \"1d\"\nhours = \"a\"\n", ":4:", "weeks"),
        ("sla = 3\n", ":1:", "[sla.NAME]"),
        ("hours = 3\n", ":1:", "[hours.NAME]"),
    ] {
        let found = problems(text);
        assert!(found.iter().any(|p| p.contains(place) && p.contains(says)), "{text}: {found:?}");
    }
}

#[test]
fn nothing_at_all_is_a_configuration() {
    let config = load("", &[("USER", "ana")]).unwrap();
    assert_eq!(config.workspace, "main");
    assert_eq!(config.listen.to_string(), "127.0.0.1:4747");
    assert_eq!(config.agent.name, "ana");
    assert_eq!(config.agent.email, "ana@localhost");
    assert!(!config.agent_configured);
    assert_eq!(config.undo_seconds, 5);
    assert_eq!(config.theme, "auto");
    assert_eq!((config.read_policy.as_str(), config.title), ("on-open", true));
    assert_eq!(config.public_url, None);
    assert!(config.channels().is_empty());
}

#[test]
fn later_layers_win() {
    let text = "listen = \"127.0.0.1:1\"\nundo_seconds = 9\ndefault_workspace = \"a\"\ntheme = \"dark\"\n";
    let env = Env::of(&[
        ("FRONTDESK_LISTEN", "127.0.0.1:2"),
        ("FRONTDESK_WORKSPACE", "b"),
        ("FRONTDESK_THEME", ""),
    ]);
    let overrides = Overrides { workspace: Some("c".into()), ..Overrides::default() };
    let config = Config::from_text(Paths::at_home(Path::new("h")), text, &overrides, &env).unwrap();
    assert_eq!(config.undo_seconds, 9);
    assert_eq!(config.listen.port(), 2);
    assert_eq!(config.workspace, "c");
    assert_eq!(config.theme, "dark", "an empty variable says nothing");
    assert_eq!(config.origin("default_workspace"), Place::Flag("--workspace"));
    assert_eq!(config.origin("listen"), Place::Env("FRONTDESK_LISTEN".into()));
    assert_eq!(config.origin("log_level"), Place::Default);
    assert!(matches!(config.origin("theme"), Place::File { line: 4, .. }));
}

#[test]
fn switches_stand_without_quotes() {
    let config = load("title = false\nread_policy = \"manual\"\n", &[]).unwrap();
    assert_eq!((config.read_policy.as_str(), config.title), ("manual", false));
    let config =
        load("title = false\n", &[("FRONTDESK_TITLE", "true"), ("FRONTDESK_READ_POLICY", "on-reply")]);
    assert!(config.is_ok_and(|c| c.title && c.read_policy == "on-reply"));
    let wrong = problems("\ntitle = \"no\"\nread_policy = \"never\"\n");
    assert!(wrong[0].contains("config.toml:2:") && wrong[0].contains("without quotes"), "{wrong:?}");
    assert!(
        wrong[1].contains("config.toml:3:") && wrong[1].contains("on-open | on-reply | manual"),
        "{wrong:?}"
    );
}

#[test]
fn calls_are_configured_as_a_list_or_as_words() {
    use frontdesk::domain::notify::{How, Rule};
    let config = load("", &[]).unwrap();
    assert_eq!((config.notify.how, config.notify.quiet), (How::Osc9, None));
    assert_eq!(config.notify.rules, [Rule::Mine, Rule::Unassigned, Rule::Mentions]);
    let text = "[notify]\nhow = \"desktop\"\nviews = [\"all\", \"label:vip\"]\nquiet = \"22:00-07:00\"\npreview = false\n";
    let config = load(text, &[("FRONTDESK_NOTIFY_HOW", "bell")]).unwrap();
    assert_eq!(config.notify.how, How::Bell);
    assert_eq!(config.notify.rules, [Rule::All, Rule::Label("vip".into())]);
    assert!(config.notify.quiet.is_some() && !config.notify.preview);
    let wrong = problems("[notify]\nviews = \"ours\"\nquiet = \"night\"\nsound = \"gong\"\n");
    for (at, says) in [(0, "label:NAME"), (1, "22:00-07:00"), (2, "unknown key `sound`")] {
        assert!(
            wrong[at].contains(&format!("config.toml:{}:", at + 2)) && wrong[at].contains(says),
            "{wrong:?}"
        );
    }
}

#[test]
fn a_whole_file_is_read() {
    let config = load(
        r#"
public_url = "https://desk.example.com/"
phone_region = "NL"
[agent]
name = "Ana"
email = "Ana@Example.com"
[agents]
"Ben@Example.com" = "Ben"
[keys.list]
"ctrl-x" = "resolve"
[workspace.main.channel.support]
provider = "twilio"
account_sid = "AC1"
poll_seconds = 0
flag = true
secrets.auth_token = { keyring = true }
secrets.api_secret = { file = "token" }
[workspace.other.channel.site]
provider = "webchat"
enabled = false
"#,
        &[],
    )
    .unwrap();
    assert_eq!(config.public_url.as_deref(), Some("https://desk.example.com"));
    assert_eq!(config.agent.email, "ana@example.com");
    assert!(config.agent_configured);
    let ben = &config.agents[0];
    assert_eq!((ben.email.as_str(), ben.name.as_str(), config.agents.len()), ("ben@example.com", "Ben", 1));
    assert_eq!(config.keys[0].chord, "ctrl-x");
    assert!(matches!(config.keys[0].place, Place::File { line: 10, column: 1, .. }));
    let support = config.channel("support").unwrap();
    assert_eq!(support.settings["poll_seconds"], "0");
    assert_eq!(support.settings["flag"], "true");
    assert_eq!(support.secrets["auth_token"], SecretSource::Keyring);
    assert_eq!(support.secrets["api_secret"], SecretSource::File("h/token".into()));
    assert!(config.channel("site").is_none(), "it belongs to another workspace");
    assert!(!config.workspaces["other"][0].enabled);
}

#[test]
fn mistakes_are_told_with_place_and_hint_all_at_once() {
    let told =
        problems("lisen = \"x\"\nundo_seconds = \"5\"\n[agent]\nmail = \"a\"\n[workspace.Main.chanel.x]\n");
    assert_eq!(told.len(), 5, "{told:#?}");
    assert!(told[0].starts_with("h/config.toml:1:1: unknown key `lisen`"), "{}", told[0]);
    assert!(told[0].contains("did you mean `listen`?"), "{}", told[0]);
    assert!(told[1].starts_with("h/config.toml:2:16: `undo_seconds` takes whole seconds"), "{}", told[1]);
    assert!(told[1].contains("without quotes"), "{}", told[1]);
    assert!(told[2].contains(":4:1: unknown key `mail` in [agent] (did you mean `email`?)"), "{}", told[2]);
    assert!(told[3].contains(":5:12: `Main` cannot name a workspace"), "{}", told[3]);
    assert!(
        told[4].contains("unknown key `chanel` in [workspace.Main] (did you mean `channel`?)"),
        "{}",
        told[4]
    );
}

#[test]
fn each_kind_of_mistake_is_recognised() {
    for (text, want) in [
        ("a b", "not valid TOML"),
        ("listen = \"localhost\"", "`listen` cannot be `localhost` (takes ADDRESS:PORT)"),
        ("public_url = \"desk.example.com\"", "takes a URL"),
        ("workspace = \"x\"", "did you mean `default_workspace`?"),
        ("[agents]\nben = \"Ben\"", "`ben` is not an e-mail address"),
        ("[workspace.main.channel.x]\n", "the channel `x` has no `provider`"),
        (
            "[workspace.main.channel.x]\nprovider=\"p\"\n[workspace.main.channel.x.secrets]\nk = \"hunter2\"",
            "never the secret itself",
        ),
        ("[workspace.main.channel.x]\nprovider=\"p\"\nlist = [1]", "the setting `list` cannot be array"),
        ("[workspace.main.channel.\"a b\"]\nprovider=\"p\"", "`a b` cannot name a channel"),
        ("icons = \"blue\"", "takes plain | nerd"),
        ("theme = \"Blue!\"", "cannot be"),
    ] {
        let told = problems(text).join("\n");
        assert!(told.contains(want), "{text}\n→ {told}");
        assert!(!told.contains("hunter2"), "a secret is told: {told}");
    }
    let Err(error) = load("", &[("FRONTDESK_LISTEN", "x")]) else { panic!("taken") };
    assert!(
        error.to_string().starts_with("environment variable FRONTDESK_LISTEN: `listen` cannot be `x`"),
        "{error}"
    );
}

#[test]
fn foreign_characters_never_reach_the_terminal() {
    let told = problems("\"a\\u001b[31m\\u202e\" = 1\nlog_level = \"\\u001b[2J\"\n").join("\n");
    assert!(!told.contains('\u{1b}') && !told.contains('\u{202e}'), "{told:?}");
}

#[test]
fn a_channel_is_added_to_a_file_that_did_not_exist_and_keeps_modes() {
    let home = tempfile::tempdir().unwrap();
    let paths = Paths::at_home(&home.path().join("deep/home"));
    let add = ChannelEdit::Add {
        provider: "twilio".into(),
        settings: vec![("from".into(), "+15550100".into())],
        secrets: vec![("auth_token".into(), SecretSource::Keyring)],
    };
    edit::channel(&paths, "main", "support", &add).unwrap();
    let mode = |p: &Path| std::fs::metadata(p).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&paths.config_file), 0o600);
    assert_eq!(mode(paths.config_file.parent().unwrap()), 0o700);
    let text = std::fs::read_to_string(&paths.config_file).unwrap();
    assert_eq!(
        text,
        "[workspace.main.channel.support]\nprovider = \"twilio\"\nfrom = \"+15550100\"\n\n[workspace.main.channel.support.secrets]\nauth_token = { keyring = true }\n"
    );
    assert!(matches!(edit::channel(&paths, "main", "support", &add), Err(ConfigError::Refused(_))));
    edit::channel(&paths, "other", "support", &add).unwrap();
    edit::remove_workspace(&paths, "other").unwrap();
    assert_eq!(std::fs::read_to_string(&paths.config_file).unwrap(), text);
    edit::channel(&paths, "main", "support", &ChannelEdit::Remove).unwrap();
    assert!(matches!(
        edit::channel(&paths, "main", "support", &ChannelEdit::Remove),
        Err(ConfigError::NotFound(_))
    ));
}

#[test]
fn a_wrong_file_is_not_edited() {
    let home = tempfile::tempdir().unwrap();
    let paths = Paths::at_home(home.path());
    std::fs::write(&paths.config_file, "nonsense = 1\n").unwrap();
    let add = ChannelEdit::Add { provider: "webchat".into(), settings: vec![], secrets: vec![] };
    assert!(matches!(edit::channel(&paths, "main", "site", &add), Err(ConfigError::Wrong(_))));
    assert_eq!(std::fs::read_to_string(&paths.config_file).unwrap(), "nonsense = 1\n");
}

#[test]
fn two_editors_at_once_lose_nothing() {
    let home = tempfile::tempdir().unwrap();
    let paths = Paths::at_home(home.path());
    std::thread::scope(|scope| {
        for i in 0..8 {
            let paths = &paths;
            scope.spawn(move || {
                let add = ChannelEdit::Add { provider: "webchat".into(), settings: vec![], secrets: vec![] };
                edit::channel(paths, "main", &format!("c{i}"), &add).unwrap();
            });
        }
    });
    let config =
        Config::load(&Overrides { home: Some(home.path().into()), ..Overrides::default() }, &Env::of(&[]))
            .unwrap();
    assert_eq!(config.channels().len(), 8);
}

#[test]
fn the_reference_is_the_committed_one() {
    crate::architecture::same_as_committed("docs/reference/configuration.md", &reference::markdown());
}
