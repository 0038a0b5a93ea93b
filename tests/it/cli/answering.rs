//! Quick replies and guards from the shell: variants, files, what is refused before it is sent.

use super::world::World;

#[test]
fn the_variant_that_fits_is_used() {
    let world = World::new();
    let id = world.visitor_writes("Bob Chen", "Hallo?");
    world.json(&["quick-reply", "add", "hi", "Hello {{contact.first_name}}", "--slot", "2"]);
    world.json(&["quick-reply", "add", "hi", "Hoi {{contact.first_name}}", "--language", "NL"]);
    world.json(&["quick-reply", "add", "hi", "Dear {{contact.first_name}}", "--channel", "email"]);
    assert_eq!(world.run(&["quick-reply", "add", "hi", "x", "--language", "nl"]).code, 4);
    let printed = |world: &World| world.run(&["quick-reply", "use", "hi", &id, "--print"]);
    assert_eq!(printed(&world).out, "Hello Bob\n");
    world.json(&["label", &id, "+lang:nl"]);
    let run = printed(&world);
    assert_eq!((run.out.as_str(), run.err.as_str()), ("Hoi Bob\n", "the variant hi (nl)\n"));
    // One is changed and removed by its name.
    world.json(&["quick-reply", "edit", "hi", "Beste {{contact.name}}", "--language", "nl"]);
    assert_eq!(printed(&world).out, "Beste Bob Chen\n");
    let gone = world.run(&["quick-reply", "remove", "hi", "--language", "fr"]);
    assert_eq!(gone.code, 3, "{gone:?}");
    assert!(
        gone.err.contains("hi, hi (nl), hi (E-mail): say which with --channel and --language"),
        "{gone:?}"
    );
    world.json(&["quick-reply", "remove", "hi", "--language", "nl"]);
    let all = world.json(&["quick-reply", "list"]);
    let seen: Vec<_> = all.iter().map(|q| (q["channel"].as_str(), q["slot"].as_u64())).collect();
    assert_eq!(seen, [(None, Some(2)), (Some("email"), None)]);
    world.json(&["quick-reply", "edit", "hi", "--slot", "0"]);
    assert!(world.json(&["quick-reply", "list"])[0]["slot"].is_null());
    world.json(&["quick-reply", "remove", "hi"]);
    let none = world.run(&["quick-reply", "use", "hi", &id]);
    assert_eq!(none.code, 4, "{none:?}");
    assert!(none.err.contains("hi has no variant for Web chat"), "{none:?}");
}

#[test]
fn files_go_in_and_out_and_nothing_is_overwritten_unsaid() {
    let world = World::new();
    let file = |name: &str| world.home().join(name).to_str().unwrap().to_owned();
    world.json(&["quick-reply", "add", "hi", "Hello, \"you\"\nand you", "--title", "Greeting"]);
    world.json(&[
        "quick-reply",
        "add",
        "late",
        "Sorry",
        "--channel",
        "sms",
        "--language",
        "pt-br",
        "--slot",
        "3",
    ]);
    let before = world.json(&["quick-reply", "list"]);
    for name in ["all.toml", "all.csv"] {
        let name = file(name);
        assert_eq!(world.run(&["quick-reply", "export", &name]).code, 0);
        assert_eq!(world.run(&["quick-reply", "export", &name]).code, 4, "it is there");
        assert_eq!(world.run(&["quick-reply", "export", &name, "--force"]).code, 0);
        let run = world.run(&["quick-reply", "import", &name]);
        assert_eq!(run.out, "unchanged: hi\nunchanged: late (SMS, pt-br)\n", "{run:?}");
        assert_eq!(world.json(&["quick-reply", "list"]), before);
    }
    let printed = world.run(&["quick-reply", "export"]).out;
    assert_eq!(printed, std::fs::read_to_string(file("all.toml")).unwrap());

    let csv = "shortcut,body\nhi,Good day\nnew,Brand new\n";
    let dry = world.run_with(&["quick-reply", "import", "-", "--format", "csv", "--dry-run"], &[], csv);
    assert_eq!(dry.out, "would be changed: hi\nwould be added: new\n", "{dry:?}");
    assert_eq!(world.json(&["quick-reply", "list"]), before);
    let done = world.run_with(&["--json", "quick-reply", "import", "-", "--format", "csv"], &[], csv);
    let outcomes: Vec<_> = done.objects().iter().map(|o| o["outcome"].as_str().unwrap().to_owned()).collect();
    assert_eq!(outcomes, ["changed", "added"]);
    assert_eq!(world.json(&["quick-reply", "list"])[0]["body"], "Good day");

    // One mistake, and nothing is imported.
    std::fs::write(file("bad.csv"), "shortcut,body\nfine,x\nnot fine,y\n").unwrap();
    let bad = world.run(&["quick-reply", "import", &file("bad.csv")]);
    assert_eq!(bad.code, 2, "{bad:?}");
    assert!(bad.err.contains("bad.csv:3: “not fine” is no shortcut"), "{bad:?}");
    assert_eq!(world.json(&["quick-reply", "list"]).len(), 3);
    assert_eq!(world.run(&["quick-reply", "import", &file("all.txt")]).code, 2);
    assert_eq!(world.run(&["quick-reply", "import", &file("none.csv")]).code, 1);
}

#[test]
fn what_looks_like_a_card_number_or_a_pattern_needs_a_word_more() {
    let world = World::new();
    let id = world.visitor_writes("Bob Chen", "Hello?");
    let run = world.run(&["reply", &id, "use 4111 1111 1111 1111"]);
    assert_eq!(run.code, 4, "{run:?}");
    assert!(run.err.contains("it looks like a card number: `--confirmed` sends it all the same"), "{run:?}");
    assert_eq!(world.run(&["reply", &id, "use 4111 1111 1111 1111", "--confirmed"]).code, 0);
    assert_eq!(world.run(&["note", &id, "use 4111 1111 1111 1111"]).code, 0);
    let channels = std::fs::read_to_string(world.home().join("config.toml")).unwrap();
    world.config(&format!("[confirm_patterns]\n\"an order\" = '#\\d{{4}}'\n{channels}"));
    assert_eq!(world.run(&["reply", &id, "it is #1234"]).code, 4);
    world.json(&["quick-reply", "add", "order", "it is {{?which}}"]);
    let used = ["quick-reply", "use", "order", &id, "--set", "which=#1234"];
    assert_eq!(world.run(&used).code, 4);
    assert_eq!(world.run(&[&used[..], &["--confirmed"]].concat()).code, 0);
    world.config(&format!("\n[confirm_patterns]\n\"an order\" = '#(\\d'\n{channels}"));
    let run = world.run(&["reply", &id, "hello"]);
    assert_ne!(run.code, 0);
    assert!(run.err.contains("config.toml:3:") && run.err.contains("unclosed group"), "{run:?}");
}

#[test]
fn no_customer_reads_a_variable() {
    let world = World::new();
    let id = world.visitor_writes("Bob Chen", "Hello?");
    let run = world.run(&["reply", &id, "Hi {{contact.first_name}}!"]);
    assert_eq!(run.code, 4, "{run:?}");
    assert!(run.err.contains("{{contact.first_name}} is not filled in"), "{run:?}");
    assert_eq!(world.run(&["reply", &id, "write {{ user.id }} there"]).code, 0);
}

#[test]
fn a_reply_is_scheduled_and_taken_back() {
    let world = World::new();
    let id = world.visitor_writes("Bob Chen", "Hello?");
    let run = world.run(&["reply", &id, "good morning", "--at", "2040-01-01 9:00"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains("scheduled for") && run.out.contains("09:00"), "{run:?}");
    let outbox = world.json(&["outbox"]);
    assert_eq!(outbox[0]["not_before"], "2040-01-01T09:00:00.000Z");
    assert_eq!(outbox[0]["state"], "queued");
    assert!(world.run(&["outbox"]).out.contains("2040"), "the day is told too");
    let message = outbox[0]["message"].as_str().unwrap().to_owned();
    assert_eq!(world.run(&["discard", &message]).code, 0);
    assert!(world.json(&["outbox"]).is_empty());
    for bad in ["yesterday", "soon"] {
        let run = world.run(&["reply", &id, "x", "--at", bad]);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.err.contains("is no time ahead: write 30m"), "{run:?}");
    }
    assert_eq!(world.run(&["reply", &id, "x", "--at", "2h", "--wait", "1"]).code, 2);
}
