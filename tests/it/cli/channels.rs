//! `channel …` without a keyring and without a provider: what is checked, what is written, what is refused.

use super::world::World;

const ADD: [&str; 9] = [
    "channel",
    "add",
    "twilio",
    "--name",
    "support",
    "--set",
    "account_sid=AC00000000000000000000000000000001",
    "--set",
    "from=+15557122661",
];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    ADD.iter().copied().chain(more.iter().copied()).collect()
}

#[test]
fn without_a_keyring_nothing_is_stored_and_the_ways_out_are_named() {
    let world = World::new();
    let run = world.run_with(&with(&["--secret", "auth_token"]), &[], "hunter2\n");
    assert_eq!(run.code, 1, "{run:?}");
    for words in
        ["session bus", "Nothing was stored", "--secret-env auth_token=", "--secret-file", "--secret-command"]
    {
        assert!(run.err.contains(words), "{words}: {run:?}");
    }
    assert!(!run.err.contains("hunter2"));
    assert!(!world.home().join("config.toml").exists());
}

#[test]
fn a_channel_is_added_listed_changed_and_removed() {
    let world = World::new();
    world.config("# ours\npublic_url = \"https://desk.example.com\"\n");
    let run = world.run(&with(&["--secret-env", "auth_token=TW_TOKEN"]));
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains("https://desk.example.com/hooks/support"), "{run:?}");
    assert!(run.err.contains("TW_TOKEN is not set here"), "{run:?}");
    let text = std::fs::read_to_string(world.home().join("config.toml")).unwrap();
    assert!(text.starts_with("# ours\n") && text.contains("auth_token = { env = \"TW_TOKEN\" }"), "{text}");

    let list = world.json(&["channel", "list"]);
    assert_eq!(list[0]["name"], "support");
    assert_eq!(list[0]["provider"], "twilio");
    assert_eq!(list[0]["webhook_url"], "https://desk.example.com/hooks/support");
    assert!(list[0]["channels"].as_array().unwrap().iter().any(|c| c == "sms"), "{}", list[0]);
    assert_eq!(list[0]["status"], "connecting");

    assert_eq!(world.run(&with(&["--secret-env", "auth_token=X"])).code, 4, "the name is taken");
    world.json(&["channel", "disable", "support"]);
    assert_eq!(world.json(&["channel", "list"])[0]["status"], "disabled");
    world.json(&["channel", "enable", "support"]);
    world.json(&["channel", "set", "support", "--set", "poll_seconds=30"]);
    let text = std::fs::read_to_string(world.home().join("config.toml")).unwrap();
    assert!(text.contains("poll_seconds = 30\n"), "{text}");
    world.config(&text.replace("poll_seconds = 30", "poll_seconds = \"45\""));
    world.json(&["channel", "set", "support", "--set", "region=ie1"]);
    world.json(&["channel", "set", "support", "--set", "poll_seconds=60"]);
    let text = std::fs::read_to_string(world.home().join("config.toml")).unwrap();
    assert!(text.contains("poll_seconds = 60\n") && text.contains("region = \"ie1\"\n"), "{text}");
    assert_eq!(world.run(&["channel", "set", "support"]).code, 2);
    world.json(&["channel", "remove", "support"]);
    assert!(world.json(&["channel", "list"]).is_empty());
    assert_eq!(world.run(&["channel", "remove", "support"]).code, 3);
    assert_eq!(world.run(&["channel", "test", "support"]).code, 3);
}

#[test]
fn a_port_that_is_chosen_at_start_is_no_address_yet() {
    let world = World::new();
    world.config("listen = \"127.0.0.1:0\"\n");
    let run = world.run(&with(&["--secret-env", "auth_token=TW_TOKEN"]));
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains("the port is chosen when") && run.out.contains("public_url"), "{run:?}");
    let page = world.run(&["channel", "add", "webchat", "--name", "site"]);
    assert!(page.out.contains("the port is chosen when"), "{page:?}");
    for channel in world.json(&["channel", "list"]) {
        assert!(channel["webhook_url"].is_null() && channel["page_url"].is_null(), "{channel}");
    }
    let list = world.run(&["channel", "list"]);
    assert_eq!(list.out.matches("the port is chosen at start").count(), 2, "{list:?}");
    let doctor = world.run(&["doctor"]);
    for run in [run, page, list, doctor] {
        assert!(!run.out.contains("127.0.0.1:0") && !run.err.contains("127.0.0.1:0"), "{run:?}");
    }
    let json = world.json(&["channel", "set", "support", "--set", "poll_seconds=30"]);
    assert!(json[0]["webhook_url"].is_null(), "{}", json[0]);
}

#[test]
fn a_home_that_cannot_be_says_what_was_tried_and_what_to_do() {
    let world = World::new();
    let at = |name: &str| world.home().join(name).display().to_string();
    std::fs::write(world.home().join("file"), "").unwrap();
    std::os::unix::fs::symlink("nowhere/at/all", world.home().join("link")).unwrap();
    std::fs::create_dir_all(world.home().join("odd/config.toml")).unwrap();
    let long = "x".repeat(300);
    for (home, place) in [
        ("file", "file"),
        ("file/below", "file/below"),
        (long.as_str(), long.as_str()),
        ("link", "link"),
        ("odd", "odd/config.toml"),
    ] {
        for command in [&["list"][..], &["channel", "add", "webchat", "--name", "site"], &["serve"]] {
            let mut args = vec!["--home"];
            let home = at(home);
            args.push(&home);
            args.extend(command);
            let run = world.run(&args);
            assert!(matches!(run.code, 1 | 5), "{args:?}: {run:?}");
            let said = &run.err;
            assert!(said.contains("cannot ") && said.contains(&at(place)), "what was tried: {run:?}");
            assert!(said.contains("(os error "), "why: {run:?}");
            assert!(said.contains("another place with --home DIR"), "what to do: {run:?}");
        }
    }
}

#[test]
fn a_secrets_file_that_others_can_read_is_refused_before_it_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    let path = world.home().join("token");
    std::fs::write(&path, "hunter2\n").unwrap();
    let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    let file = format!("auth_token={}", path.display());
    mode(0o644);
    let run = world.run(&with(&["--secret-file", &file]));
    assert_eq!(run.code, 4, "{run:?}");
    assert!(run.err.contains("chmod 600") && run.err.contains("Nothing was stored"), "{run:?}");
    assert!(!world.home().join("config.toml").exists() && !run.err.contains("hunter2"));
    mode(0o600);
    assert_eq!(world.run(&with(&["--secret-file", &file])).code, 0);
    mode(0o640);
    let run = world.run(&["channel", "set", "support", "--secret-file", &file]);
    assert!(run.code == 4 && run.err.contains("chmod 600"), "{run:?}");
    let absent = format!("auth_token={}", world.home().join("later").display());
    let run = world.run(&["channel", "set", "support", "--secret-file", &absent]);
    assert!(run.code == 0 && run.err.contains("is not there yet"), "{run:?}");
}

#[test]
fn a_change_is_checked_as_a_whole_and_says_what_it_takes_away() {
    let world = World::new();
    assert_eq!(world.run(&with(&["--secret-env", "auth_token=TW_TOKEN"])).code, 0);
    let file = || std::fs::read_to_string(world.home().join("config.toml")).unwrap();
    let before = file();
    for (setting, words) in [
        ("from=0049 123", "from must be a number with country code"),
        ("from=whatsapp:abc", "from must be a number with country code behind whatsapp:"),
        ("from=", "either from or messaging_service_sid is needed"),
        ("account_sid=AC1", "account_sid must be AC and 32 hex digits"),
        ("poll_seconds=often", "poll_seconds must be 0 to 86400"),
        ("region=moon1", "unknown region"),
        ("form=+15557122661", "did you mean `from`?"),
    ] {
        let run = world.run(&["channel", "set", "support", "--set", setting]);
        assert_eq!(run.code, 2, "{setting}: {run:?}");
        assert!(run.err.contains(words), "{setting}: {run:?}");
        assert_eq!(file(), before, "{setting}");
    }
    // A name can be a sender, of SMS alone.
    let run = world.run(&["channel", "set", "support", "--set", "from=abc"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.err.contains("support no longer carries WhatsApp, only SMS"), "{run:?}");
    let run = world.run(&["channel", "set", "support", "--set", "from=+15557122661"]);
    assert!(run.code == 0 && run.err.is_empty(), "{run:?}");
}

#[test]
fn mistakes_are_told_before_anything_is_asked_or_written() {
    let world = World::new();
    for (args, words) in [
        (vec!["channel", "add", "twillio", "--name", "x"], "did you mean `twilio`?"),
        (vec!["channel", "add", "webchat", "--name", "No Good"], "cannot name a channel"),
        (with(&["--secret-env", "auth_token=X", "--set", "acount_sid=1"]), "did you mean `account_sid`?"),
        (with(&["--set", "auth_token=hunter2"]), "use --secret auth_token"),
        (with(&["--secret-env", "token=X"]), "no secret token"),
        (with(&["--secret-env", "auth_token=X", "--secret", "auth_token"]), "named twice"),
        (with(&[]), "--secret auth_token"),
    ] {
        let run = world.run(&args);
        assert_eq!(run.code, 2, "{args:?}: {run:?}");
        assert!(run.err.contains(words), "{args:?}: {run:?}");
        assert!(!run.err.contains("hunter2"), "{run:?}");
        assert!(!world.home().join("config.toml").exists(), "{args:?}");
    }
}

#[test]
fn a_test_asks_the_provider_and_tells_its_answer() {
    let world = World::new();
    // A port on which nobody listens.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let base = format!("base_url=http://127.0.0.1:{port}");
    assert_eq!(world.run(&with(&["--secret-env", "auth_token=TW_TOKEN", "--set", &base])).code, 0);
    let run = world.run(&["channel", "test", "support", "--json"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert_eq!(run.objects()[0]["status"], "needs-login", "{run:?}");
    let run = world.run_with(&["channel", "test", "support", "--json"], &[("TW_TOKEN", "hunter2")], "");
    assert_eq!(run.code, 1, "{run:?}");
    assert_eq!(run.objects()[0]["status"], "failing", "{run:?}");
    assert!(!run.err.contains("hunter2") && !run.out.contains("hunter2"));
}
