//! Orders from the shell: to one conversation, to many, as macros.

use super::world::World;
use serde_json::{Value, json};

fn field(world: &World, id: &str, key: &str) -> Value {
    world.json(&["show", id, "--limit", "1"])[0][key].clone()
}

#[test]
fn one_conversation_by_the_words_of_the_keys() {
    let world = World::new();
    let id = world.visitor_writes("Zoë", "hello");
    for (args, key, want) in [
        (&["resolve"][..], "status", json!("resolved")),
        (&["reopen"], "status", json!("open")),
        (&["pending"], "status", json!("pending")),
        (&["snooze"], "status", json!("snoozed")),
        (&["spam"], "status", json!("spam")),
        (&["not-spam"], "status", json!("open")),
        (&["mute"], "muted", json!(true)),
        (&["unmute"], "muted", json!(false)),
        (&["block"], "blocked", json!(true)),
        (&["unblock"], "blocked", json!(false)),
        (&["score", "80"], "score", json!(80)),
        (&["score", "none"], "score", json!(null)),
        (&["field", "budget=10k", "euro"], "fields", json!({"budget": "10k euro"})),
        (&["field", "budget="], "fields", json!({})),
    ] {
        let mut line = vec![args[0], &id];
        line.extend(&args[1..]);
        let done = world.json(&line);
        assert_eq!(done[0]["changed"], true, "{line:?}: {done:?}");
        assert_eq!(field(&world, &id, key), want, "{line:?}");
    }
    world.json(&["snooze", &id, "+7d"]);
    assert!(field(&world, &id, "snoozed_until").is_string());
    assert_eq!(world.run(&["snooze", &id, "yesterday"]).code, 2);
    assert_eq!(world.run(&["score", &id, "101"]).code, 2);
    assert_eq!(world.run(&["assign", &id, "nobody"]).code, 3);
    assert_eq!(world.run(&["archive", "999"]).code, 3);
    world.json(&["archive", &id]);
    assert!(field(&world, &id, "archived_at").is_string());
    assert!(world.json(&["list"]).is_empty(), "what is put away is not listed");
    assert_eq!(world.json(&["list", "archived:yes"]).len(), 1);
    world.json(&["unarchive", &id]);
    assert_eq!(world.json(&["list"]).len(), 1);
}

#[test]
fn many_conversations_by_id_or_by_query() {
    let world = World::new();
    let ids: Vec<String> = ["one refund", "two refund", "three"]
        .iter()
        .enumerate()
        .map(|(n, text)| world.visitor_writes(&format!("V{n}"), text))
        .collect();
    let done = world.json(&["do", "label +vip -old", &ids[0], &ids[2]]);
    let changed: Vec<&str> = done.iter().map(|d| d["conversation"].as_str().unwrap()).collect();
    assert_eq!(changed, [&ids[0], &ids[2]]);
    let run = world.run(&["do", "resolve", "--matching", "refund status:open"]);
    assert_eq!((run.code, run.out.trim()), (0, "2 of 2 changed"));
    let run = world.run(&["do", "resolve", "--matching", "refund"]);
    assert_eq!((run.code, run.out.trim()), (0, "0 of 2 changed, 2 so already"));
    for (args, code) in [
        (&["do", "reslove", "1"][..], 2),
        (&["do", "resolve"], 2),
        (&["do", "resolve", "999"], 3),
        (&["do", "resolve", "--matching", "colour:red"], 2),
        (&["do", "assign nobody", ids[0].as_str()], 3),
    ] {
        let run = world.run(args);
        assert_eq!(run.code, code, "{run:?}");
    }
}

#[test]
fn macros_of_the_configuration_run_from_a_script() {
    let world = World::new();
    let id = world.visitor_writes("Zoë", "hello");
    world.config("[macros]\nrich = [\"label +vip\", \"priority high\", \"macro done\"]\ndone = [\"resolve\"]\nlook = [\"go.mine\"]\n");
    assert_eq!(world.json(&["macro", "list"])[0]["name"], "rich");
    assert_eq!(world.json(&["macro", "run", "rich", &id])[0]["changed"], true);
    let row = &world.json(&["show", &id])[0];
    assert_eq!(
        (&row["labels"], &row["priority"], &row["status"]),
        (&json!(["vip"]), &json!("high"), &json!("resolved"))
    );
    let run = world.run(&["macro", "run", "poor", &id]);
    assert!(run.code == 2 && run.err.contains("use one of rich, done, look"), "{run:?}");
    let run = world.run(&["macro", "run", "look", &id]);
    assert!(run.code == 2 && run.err.contains("config.toml:"), "{run:?}");
    world.config("[macros]\n\"two words\" = [\"resolve\"]\n[searches]\nx = \"colour:red\"\n[spam.all]\nchannels = [\"sms\"]\n");
    let run = world.run(&["list"]);
    assert!(run.code != 0, "{run:?}");
    for said in ["config.toml:2:1", "cannot name a macro", "colour:", "would take everything for spam"] {
        assert!(run.err.contains(said), "{said}: {run:?}");
    }
}

#[test]
fn a_dry_run_tells_what_would_be_touched_and_touches_nothing() {
    let world = World::new();
    let ids: Vec<String> = ["one refund", "two refund", "three"]
        .iter()
        .enumerate()
        .map(|(n, text)| world.visitor_writes(&format!("V{n}"), text))
        .collect();
    world.config("[macros]\ndone = [\"label +vip\", \"resolve\"]\n");
    let run = world.run(&["do", "resolve", "--matching", "refund", "--dry-run"]);
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!((run.code, lines[0], lines.len()), (0, "2 conversations would be touched", 3), "{run:?}");
    assert_eq!(lines[1], format!("{} V1 (open)", ids[1]));
    for args in [
        &["do", "resolve", "--matching", "refund", "--dry-run"][..],
        &["macro", "run", "done", "--matching", "refund", "--dry-run"],
        &["do", "note see above", &ids[0], &ids[1], "--dry-run"],
    ] {
        let would = world.json(args);
        let mut seen: Vec<&str> = would.iter().map(|w| w["conversation"].as_str().unwrap()).collect();
        seen.sort_unstable();
        assert_eq!(seen, [&ids[0], &ids[1]], "{would:?}");
        assert_eq!(would[0]["status"], "open");
    }
    assert_eq!(world.json(&["list", "status:open"]).len(), 3);
    assert!(world.json(&["list", "label:vip"]).is_empty());
    // What cannot be done is told without doing it, too.
    assert_eq!(world.run(&["do", "assign nobody-here", &ids[0], "--dry-run"]).code, 3);
}
