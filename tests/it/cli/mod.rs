//! The command line from outside: the real binary in a home of its own, its output and its exit codes.

mod answering;
mod channels;
mod conversations;
mod import;
mod mail;
mod orders;
pub mod world;

use world::World;

#[test]
fn usage_errors_end_with_two_and_help_with_zero() {
    let world = World::new();
    for args in [
        &["nonsense"][..],
        &["reply", "1"],
        &["reply", "1", "-x"],
        &["list", "--limit", "x"],
        &["list", "--limit", "0"],
        &["search", "order", "--limit", "0"],
        &["show", "1", "--limit", "0"],
        &["outbox", "--limit", "-3"],
        &["webhooks", "list", "--limit", "99999999999"],
        &["qualify", "1", "maybe"],
    ] {
        let run = world.run(args);
        assert_eq!(run.code, 2, "{args:?}: {run:?}");
        assert!(run.out.is_empty() && !run.err.is_empty(), "{run:?}");
    }
    let none = world.run(&["list", "--limit", "0"]);
    assert!(none.err.contains("a whole number from 1 to 4294967295 is needed"), "{none:?}");
    assert_eq!(world.run(&["--help"]).code, 0);
    assert!(world.run(&["--version"]).out.starts_with("frontdesk "));
    let screen = world.run(&[]);
    assert_eq!(screen.code, 2, "{screen:?}");
    assert!(screen.err.contains("needs a terminal"), "{screen:?}");
}

#[test]
fn a_wrong_configuration_is_told_with_its_line_by_every_command() {
    let world = World::new();
    world.config("listne = \"127.0.0.1:0\"\n");
    for args in [&["list"][..], &["channel", "list"], &["workspace", "list"], &["serve"]] {
        let run = world.run(args);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(
            run.err.contains("config.toml:1:1: unknown key `listne` (did you mean `listen`?)"),
            "{run:?}"
        );
    }
    let run = world.run(&["--workspace", "No Good", "list"]);
    assert_eq!(run.code, 1, "the file is wrong as well: {run:?}");
    world.config("");
    let run = world.run(&["--workspace", "No Good", "list"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.err.contains("--workspace"), "{run:?}");
}

#[test]
fn a_damaged_database_is_told_and_left_alone() {
    let world = World::new();
    assert_eq!(world.run(&["list"]).code, 0);
    let file = world.home().join("data/main/frontdesk.db");
    for entry in std::fs::read_dir(file.parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().contains("frontdesk.db") {
            std::fs::remove_file(path).unwrap();
        }
    }
    std::fs::write(&file, "this is no database, ".repeat(500)).unwrap();
    let run = world.run(&["list"]);
    assert_eq!(run.code, 5, "{run:?}");
    assert!(run.err.contains("frontdesk.db"), "{run:?}");
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("this is no database"));
}

#[test]
fn workspaces_share_nothing() {
    let world = World::new();
    assert_eq!(world.run(&["workspace", "create", "acme"]).code, 0);
    assert_eq!(world.run(&["workspace", "create", "acme"]).code, 4);
    assert_eq!(world.run(&["workspace", "create", "No"]).code, 2);
    assert_eq!(world.run(&["--workspace", "acme", "quick-reply", "add", "hi", "Hello"]).code, 0);
    assert_eq!(world.run(&["--workspace", "acme", "channel", "add", "webchat", "--name", "shop"]).code, 0);
    assert!(world.json(&["quick-reply", "list"]).is_empty());
    assert!(world.json(&["channel", "list"]).is_empty());
    let all = world.json(&["workspace", "list"]);
    let names: Vec<&str> = all.iter().map(|w| w["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["acme", "main"]);
    assert_eq!(all[0]["channels"], 1);
    assert_eq!(all[1]["selected"], true);
    assert_eq!(world.run(&["workspace", "remove", "acme"]).code, 4, "it asks first");
    assert_eq!(world.run(&["workspace", "remove", "acme", "--yes"]).code, 0);
    assert!(!world.home().join("data/acme").exists());
    assert!(!std::fs::read_to_string(world.home().join("config.toml")).unwrap().contains("acme"));
    assert_eq!(world.run(&["workspace", "remove", "acme", "--yes"]).code, 3);
}

#[test]
fn tables_for_people_have_their_headings_above_their_columns() {
    let world = World::new();
    let run = world.run(&["doctor"]);
    let lines: Vec<&str> = run.out.lines().collect();
    assert!(lines[0].starts_with("CHECK "), "{run:?}");
    let column = lines[0].find("STATUS").unwrap();
    for line in &lines[1..] {
        assert!(["ok", "note", "problem"].iter().any(|w| line[column..].starts_with(w)), "{line}");
    }
}

#[test]
fn history_is_imported_once_and_is_read_only() {
    let world = World::new();
    let line = |id: &str, text: &str| {
        serde_json::json!({
            "id": id, "conversation": "c1", "channel": "chat", "direction": "in", "ts": 1_700_000_000,
            "from": {"name": "Anna", "address": "not a number"},
            "customer": {"name": "Anna", "email": "anna@example.com", "phone": "not a number"}, "text": text
        })
    };
    let file = world.home().join("history.jsonl");
    std::fs::write(&file, format!("{}\n{}\n", line("m1", "Where is it?"), line("m2", "Still waiting")))
        .unwrap();
    let run = world.run(&["import", file.to_str().unwrap(), "--json"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(run.objects()[0]["messages"], 2);
    assert_eq!(world.json(&["import", file.to_str().unwrap()])[0]["duplicates"], 2);
    let row = &world.json(&["list"])[0];
    assert_eq!((row["account"].as_str(), row["channel"].as_str()), (Some("import/webchat"), Some("webchat")));
    assert_eq!((row["status"].as_str(), row["unread"].as_u64()), (Some("resolved"), Some(0)));
    let reply = world.run(&["reply", row["id"].as_str().unwrap(), "hi"]);
    assert_eq!(reply.code, 4, "{reply:?}");
    let bad = world.run_with(&["import", "-"], &[], "{\"nonsense\":1}\n");
    assert_eq!(bad.code, 1, "{bad:?}");
    assert!(bad.err.contains("line 1:"), "{bad:?}");
}

#[test]
fn a_home_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    world.run(&["list"]);
    let mode = |path: &str| std::fs::metadata(world.home().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("data/main"), 0o700);
    assert_eq!(mode("data/main/frontdesk.db"), 0o600);
}

#[test]
fn a_home_that_cannot_be_is_named_with_what_to_do() {
    let world = World::new();
    std::fs::write(world.home().join("file"), "in the way").unwrap();
    let below = world.home().join("file/home");
    for args in
        [&["channel", "add", "webchat", "--name", "shop"][..], &["list"], &["workspace", "create", "acme"]]
    {
        let run = world.run_with(args, &[("FRONTDESK_HOME", below.to_str().unwrap())], "");
        assert_eq!(run.code, 1, "{args:?}: {run:?}");
        assert!(run.err.contains("file/home") && run.err.contains("--home DIR"), "{args:?}: {run:?}");
    }
    // Only the data cannot be.
    std::fs::write(world.home().join("data"), "in the way").unwrap();
    let run = world.run(&["list"]);
    assert_eq!(run.code, 5, "{run:?}");
    assert!(run.err.contains("data/main") && run.err.contains("--home DIR"), "{run:?}");
}

#[test]
fn doctor_says_what_is_wrong_and_ends_with_one() {
    let world = World::new();
    let run = world.run(&["doctor", "--json"]);
    assert_eq!(run.code, 0, "{run:?}");
    world.config("[workspace.main.channel.x]\nprovider = \"webchat\"\ncolour = \"red\"\n");
    let run = world.run(&["doctor", "--json"]);
    assert_eq!(run.code, 1, "{run:?}");
    let check = run.objects().into_iter().find(|c| c["check"] == "channel x").unwrap();
    assert_eq!(check["status"], "problem");
    assert!(check["detail"].as_str().unwrap().contains("does not know `colour`"), "{check}");
}

#[test]
fn completions_and_pages_are_made() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish"] {
        assert!(world.run(&["completions", shell]).out.contains("quick-reply"), "{shell}");
    }
    assert!(world.run(&["man"]).out.contains(".TH frontdesk"));
    let dir = world.home().join("man");
    assert_eq!(world.run(&["man", "--dir", dir.to_str().unwrap()]).code, 0);
    assert!(dir.join("frontdesk-channel-add.1").exists());
}

#[test]
fn keys_and_pages_are_told_in_the_shell() {
    let world = World::new();
    let file = world.home().join("config.toml");
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    std::fs::write(&file, format!("{text}\n[keys.panes]\n\"<f9>\" = \"snooze\"\n\"s\" = \"none\"\n"))
        .unwrap();
    let keys = world.run(&["keys"]).out;
    assert!(keys.contains("F9                        Snooze…"), "{keys}");
    assert!(keys.lines().all(|line| line.chars().count() <= 80), "{keys}");
    assert!(world.run(&["keys", "--json"]).out.contains(r#"{"command":"snooze","keys":["F9"]"#));
    let pages = world.run(&["guide"]).out;
    assert!(pages.contains("deliveries-and-doubt"), "{pages}");
    let page = world.run(&["guide", "snooze"]).out;
    assert!(page.starts_with("Snooze\n\nF9 puts a conversation to sleep"), "{page}");
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
    assert_eq!(world.run(&["guide", "zebra"]).code, 3);
}

#[test]
fn the_references_are_the_committed_ones() {
    let cheat_sheet = frontdesk::ui::command::cheat_sheet();
    crate::architecture::same_as_committed("docs/reference/cheatsheet.md", &cheat_sheet);
    crate::architecture::same_as_committed("docs/reference/keys.md", &frontdesk::ui::command_reference());
    crate::architecture::same_as_committed(
        "docs/reference/queries.md",
        &frontdesk::domain::query::reference::page(),
    );
    crate::architecture::same_as_committed("docs/reference/commands.md", &frontdesk::cli::meta::markdown());
}
