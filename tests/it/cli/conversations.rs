//! Reading, writing and triage by commands, on a store that a visitor wrote into. No engine runs.

use super::world::World;
use serde_json::Value;

const LIST: [&str; 17] = [
    "id",
    "channel",
    "account",
    "external_id",
    "contact",
    "subject",
    "status",
    "priority",
    "assignee",
    "labels",
    "qualification",
    "unread",
    "waiting_since",
    "due_at",
    "last_message_at",
    "preview",
    "draft",
];

#[test]
fn what_a_visitor_wrote_is_listed_shown_and_found() {
    let world = World::new();
    assert!(world.json(&["list"]).is_empty());
    let id = world.visitor_writes("Zoë Müller", "Where is my \u{1b}[31m order\u{202e} #1234?");
    let list = world.json(&["list"]);
    assert_eq!(list.len(), 1);
    for field in LIST {
        assert!(list[0].get(field).is_some(), "{field} is missing: {}", list[0]);
    }
    assert_eq!(list[0]["id"], Value::from(id.as_str()));
    assert_eq!(list[0]["channel"], "webchat");
    assert_eq!(list[0]["account"], "shop");
    assert_eq!(list[0]["contact"]["name"], "Zoë Müller");
    assert_eq!(list[0]["status"], "open");
    assert_eq!(list[0]["priority"], "none");
    assert_eq!(list[0]["assignee"], Value::Null);
    assert_eq!(list[0]["unread"], 1);
    let at = list[0]["last_message_at"].as_str().unwrap();
    assert!(at.len() == 24 && at.ends_with('Z') && at.as_bytes()[19] == b'.', "{at}");

    let shown = &world.json(&["show", &id])[0];
    let message = &shown["messages"][0];
    for field in [
        "id",
        "external_id",
        "kind",
        "direction",
        "author",
        "text",
        "sent_at",
        "delivery",
        "error",
        "metadata",
        "attachments",
    ] {
        assert!(message.get(field).is_some(), "{field} is missing: {message}");
    }
    assert_eq!(message["direction"], "inbound");
    assert_eq!(message["author"]["kind"], "contact");
    assert_eq!(message["text"], "Where is my \u{1b}[31m order\u{202e} #1234?", "the value is as it came");
    assert_eq!(message["delivery"], Value::Null);

    for args in [&["list"][..], &["show", &id], &["search", "order"]] {
        for json in [true, false] {
            let mut args = args.to_vec();
            if json {
                args.push("--json");
            }
            let run = world.run(&args);
            assert_eq!(run.code, 0, "{run:?}");
            assert!(!run.out.contains('\u{1b}') && !run.out.contains('\u{202e}'), "{args:?}: {:?}", run.out);
            assert!(run.out.contains("order"), "{args:?}: {:?}", run.out);
        }
    }

    let hits = world.json(&["search", "ord*"]);
    assert_eq!(hits[0]["conversation"], Value::from(id.as_str()));
    assert_eq!(hits[0]["message"], message["id"]);
    assert!(hits[0]["snippet"].as_str().unwrap().contains("order"));
    assert!(world.json(&["search", "nothing-like-this"]).is_empty());
    assert_eq!(world.json(&["list", "status:open", "-label:vip", "unread:yes"]).len(), 1);
    assert_eq!(world.json(&["list", "assignee:me"]).len(), 0);
    let alone = world.run(&["list", "-"]);
    assert!(alone.err.contains("-label:vip"), "what to do is said: {alone:?}");
    let wrong = world.run(&["list", "colour:red"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(wrong.err.contains("assignee"), "the known keys are listed: {wrong:?}");
}

#[test]
fn a_reply_is_durable_at_once_and_says_that_nobody_sends_it() {
    let world = World::new();
    let id = world.visitor_writes("Bob", "Hello?");
    let run = world.run_with(&["reply", &id, "-", "--json"], &[], "Hello Bob,\nhow can I help?\n");
    assert_eq!(run.code, 0, "{run:?}");
    let done = &run.objects()[0];
    for field in ["op", "message", "conversation", "delivery"] {
        assert!(done[field].is_string(), "{field}: {done}");
    }
    assert_eq!(done["delivery"], "queued");
    assert!(run.err.contains("no engine runs"), "{run:?}");

    let outbox = world.json(&["outbox"]);
    assert_eq!(outbox.len(), 1);
    for field in ["op", "message", "conversation", "kind", "state", "reason", "attempts", "not_before"] {
        assert!(outbox[0].get(field).is_some(), "{field} is missing: {}", outbox[0]);
    }
    assert_eq!(outbox[0]["op"], done["op"]);
    let shown = &world.json(&["show", &id])[0];
    assert_eq!(shown["messages"][1]["text"], "Hello Bob,\nhow can I help?");
    assert_eq!(shown["messages"][1]["author"]["name"], "Ana");
    assert_eq!(shown["messages"][1]["delivery"], "queued");

    let waited = world.run(&["reply", &id, "and more", "--wait", "0", "--json"]);
    assert_eq!(waited.code, 6, "{waited:?}");
    assert_eq!(waited.objects()[0]["delivery"], "queued");

    let message = done["message"].as_str().unwrap();
    assert_eq!(world.run(&["settle", message, "sent"]).code, 4, "it is not in doubt");
    assert_eq!(world.run(&["discard", message]).code, 0);
    assert_eq!(world.json(&["outbox"]).len(), 1);
}

#[test]
fn what_cannot_be_done_ends_with_its_code() {
    let world = World::new();
    let id = world.visitor_writes("Bob", "Hello?");
    for (args, code) in [
        (&["show", "999999"][..], 3),
        (&["show", "abc"], 3),
        (&["reply", "999999", "x"], 3),
        (&["reply", &id, "  "], 4),
        (&["note", &id, ""], 4),
        (&["assign", &id, "nobody@example.com"], 3),
        (&["retry", "123"], 3),
        (&["label", &id, "vip"], 2),
        (&["label", &id, "+vip,billing"], 2),
        (&["label", &id, "+ "], 2),
        (&["label", &id, "+a\u{1b}[2J"], 2),
        (&["list", "-"], 2),
        (&["list", "status:open", "-"], 2),
        (&["search", "-"], 2),
        (&["list", "-status:"], 2),
        (&["status", &id, "snoozed", "--until", "yesterday"], 2),
        (&["status", &id, "open", "--until", "2h"], 2),
        (&["qualify", &id, "disqualified", "--reason", " "], 2),
        (&["new", "--channel", "nope", "--to", "x", "hi"], 3),
        (&["new", "--channel", "shop", "--to", "someone", "hi"], 4),
        (&["quick-reply", "use", "nope", &id], 3),
        (&["attachment", "save", "7"], 3),
        (&["webhooks", "show", "7"], 3),
        (&["import", "no-such-file.jsonl"], 3),
    ] {
        let run = world.run(args);
        assert_eq!(run.code, code, "{args:?}: {run:?}");
        assert!(run.out.is_empty() && run.err.starts_with("frontdesk: "), "{args:?}: {run:?}");
    }
}

#[test]
fn triage_is_seen_at_once() {
    let world = World::new();
    world.config("[agents]\n\"tom@example.com\" = \"Tom\"\n");
    let id = world.visitor_writes("Bob", "Hello?");
    let head = || world.json(&["show", &id]).remove(0);
    assert_eq!(world.json(&["assign", &id, "me"])[0]["changed"], true);
    assert_eq!(world.json(&["assign", &id, "me"])[0]["changed"], false);
    assert_eq!(head()["assignee"], "ana@example.com");
    world.json(&["assign", &id, "tom"]);
    assert_eq!(head()["assignee"], "tom@example.com");
    world.json(&["assign", &id, "none"]);
    world.json(&["priority", &id, "urgent"]);
    world.json(&["label", &id, "+vip", "+returns"]);
    world.json(&["label", &id, "-returns"]);
    world.json(&["qualify", &id, "disqualified", "--reason", "only curious"]);
    let shown = head();
    assert_eq!(shown["assignee"], Value::Null);
    assert_eq!(shown["priority"], "urgent");
    assert_eq!(shown["labels"], serde_json::json!(["vip"]));
    assert_eq!(shown["qualification"], "disqualified");
    assert_eq!(shown["qualification_reason"], "only curious");
    assert_eq!(world.json(&["list", "label:vip", "priority:urgent", "qualified:disqualified"]).len(), 1);

    world.json(&["read", &id]);
    assert_eq!(head()["unread"], 0);
    world.json(&["unread", &id]);
    assert_eq!(head()["unread"], 1);
    world.json(&["status", &id, "resolved"]);
    assert_eq!(head()["status"], "resolved");
    world.json(&["status", &id, "snoozed", "--until", "2h"]);
    assert!(head()["snoozed_until"].is_string());
    world.json(&["status", &id, "spam"]);
    assert!(world.json(&["list"]).is_empty(), "spam is not listed");
    assert_eq!(world.json(&["list", "status:spam"]).len(), 1);

    let note = &world.json(&["note", &id, "a liar"])[0];
    assert!(note["message"].is_string());
    assert_eq!(note["delivery"], Value::Null);
    let shown = head();
    let last = shown["messages"].as_array().unwrap().last().unwrap();
    assert_eq!(last["direction"], "note");
}

#[test]
fn an_opted_out_customer_is_not_written_to() {
    let world = World::new();
    let id = world.visitor_writes("Bob", "Hello?");
    world.json(&["consent", &id, "opt-out"]);
    let run = world.run(&["reply", &id, "hi"]);
    assert_eq!(run.code, 4, "{run:?}");
    assert!(run.err.contains("opted out"), "{run:?}");
    assert!(run.err.contains(&format!("`consent {id} opt-in`")), "{run:?}");
    world.json(&["consent", &id, "opt-in"]);
    assert_eq!(world.run(&["reply", &id, "hi"]).code, 0);
}

#[test]
fn quick_replies_are_filled_in_and_counted() {
    let world = World::new();
    let id = world.visitor_writes("Bob Chen", "Hello?");
    let body = "Hello {{contact.first_name}}, order {{?order}}. {{agent.name}}";
    world.json(&["quick-reply", "add", "hello", body, "--title", "Greeting"]);
    assert_eq!(world.run(&["quick-reply", "add", "hello", "x"]).code, 4);
    let open = world.run(&["quick-reply", "use", "hello", &id]);
    assert_eq!(open.code, 4, "{open:?}");
    assert!(open.err.contains("--set \"order=…\""), "{open:?}");
    assert_eq!(world.json(&["quick-reply", "list"])[0]["uses"], 0);
    world.json(&["quick-reply", "use", "hello", &id, "--set", "order=#7"]);
    assert_eq!(world.json(&["quick-reply", "list"])[0]["uses"], 1);
    let shown = &world.json(&["show", &id])[0];
    assert_eq!(shown["messages"][1]["text"], "Hello Bob, order #7. Ana");
    let printed = world.run(&["quick-reply", "use", "hello", &id, "--set", "order=8", "--print"]);
    assert_eq!(printed.out, "Hello Bob, order 8. Ana\n");
    world.json(&["quick-reply", "edit", "hello", "--title", "Hi"]);
    let all = world.json(&["quick-reply", "list"]);
    assert_eq!((all[0]["title"].as_str(), all[0]["body"].as_str()), (Some("Hi"), Some(body)));
    world.json(&["quick-reply", "remove", "hello"]);
    assert_eq!(world.run(&["quick-reply", "remove", "hello"]).code, 3);
}

/// One message of history, by e-mail with a subject, and one by SMS without a name.
fn history(world: &World) {
    let mail = serde_json::json!({
        "id": "m1", "conversation": "c1", "channel": "email", "direction": "in", "ts": 1_700_000_000,
        "from": {"name": "Anna de Vries", "address": "anna@example.com"}, "to": "support@acme.example",
        "customer": {"name": "Anna de Vries", "email": "anna@example.com", "phone": "+31612345678"},
        "subject": "Invoice 2024-118", "text": "It is wrong again, please look at it."
    });
    let sms = serde_json::json!({
        "id": "m2", "conversation": "c2", "channel": "sms", "direction": "in", "ts": 1_700_000_060,
        "from": {"address": "+31687654321"}, "to": "+15557122661", "text": "Are you open today?"
    });
    let file = world.home().join("history.jsonl");
    std::fs::write(&file, format!("{mail}\n{sms}\n")).unwrap();
    assert_eq!(world.run(&["import", file.to_str().unwrap()]).code, 0);
}

#[test]
fn a_hit_says_why_it_is_one() {
    let world = World::new();
    history(&world);
    for (query, snippet) in [
        (&["wrong"][..], "It is wrong again, please look at it."),
        (&["invoice"], "subject: Invoice 2024-118 · It is wrong again, please look at it."),
        (&["vries"], "name: Anna de Vries · It is wrong again, please look at it."),
        (&["anna", "wrong"], "It is wrong again, please look at it."),
        (&["anna@example.com"], "address: anna@example.com · It is wrong again, please look at it."),
        (&["06", "1234", "5678"], "address: +31612345678 · It is wrong again, please look at it."),
        (&["0031 6 8765 4321"], "address: +31687654321 · Are you open today?"),
        (&["channel:sms"], "Are you open today?"),
    ] {
        let mut args = vec!["search"];
        args.extend(query);
        let hits = world.json(&args);
        assert_eq!(hits.len(), 1, "{query:?}");
        assert_eq!(hits[0]["snippet"], snippet, "{query:?}");
        assert!(world.run(&args).out.contains(snippet), "{query:?}");
    }
}

#[test]
fn who_has_no_name_is_called_by_the_address() {
    let world = World::new();
    history(&world);
    let list = world.run(&["list", "channel:sms"]);
    assert!(list.out.contains("+31687654321"), "{list:?}");
    let id = world.json(&["list", "channel:sms"])[0]["id"].as_str().unwrap().to_owned();
    let shown = world.run(&["show", &id]);
    let head = shown.out.lines().find(|l| l.starts_with("22:14")).unwrap_or_else(|| panic!("{shown:?}"));
    assert!(head.contains(" +31687654321 "), "{head}");
    assert_eq!(world.json(&["show", &id])[0]["messages"][0]["author"]["name"], Value::Null);
}

#[test]
fn who_is_due_is_told_and_found() {
    let world = World::new();
    let id = world.visitor_writes("Zoë", "hello");
    assert_eq!(world.json(&["list"])[0]["due_at"], Value::Null);
    let keep = std::fs::read_to_string(world.home().join("config.toml")).unwrap();
    world.config(&format!("{keep}\n[sla.usual]\nfirst_reply = \"2h\"\n"));
    let due = world.json(&["list", "due:<3h"]);
    assert_eq!(due.len(), 1);
    assert!(due[0]["due_at"].as_str().unwrap() > due[0]["waiting_since"].as_str().unwrap());
    assert_eq!(world.json(&["show", &id])[0]["due_at"], due[0]["due_at"]);
    assert!(world.run(&["show", &id]).out.contains("\ndue "));
    assert!(world.json(&["list", "overdue:yes"]).is_empty());
    assert_eq!(world.json(&["do", "label +soon", "--matching", "due:<3h"]).len(), 1);
    assert_eq!(world.json(&["list", "label:soon"]).len(), 1);
    let wrong = world.run(&["list", "due:soon"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(wrong.err.contains("<1h"), "{wrong:?}");
}
