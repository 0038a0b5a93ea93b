//! `import` from outside: what it recognises, what it says of mails, what it refuses.

use super::world::World;

const FROM: &str = "From x@y.example Thu Nov 16 10:00:00 2023\n";

fn mail(id: &str, from: &str, to: &str, body: &str) -> String {
    format!(
        "Message-ID: <{id}@x.example>\nDate: Thu, 16 Nov 2023 10:00:00 +0000\nFrom: {from}\nTo: {to}\nSubject: Lamp\n\n{body}\n"
    )
}

/// A file with three mails below the home of a world.
fn mbox(world: &World) -> String {
    let text = [
        mail("a", "Anna <anna@customer.example>", "support@acme.example", "It is broken."),
        mail("b", "bob@customer.example", "support@acme.example", "Mine too."),
        "no mail\n".to_owned(),
    ];
    let file = world.home().join("inbox.mbox");
    std::fs::write(&file, text.map(|mail| format!("{FROM}{mail}\n")).concat()).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn an_mbox_is_recognised_and_told_of() {
    let world = World::new();
    let file = mbox(&world);
    let run = world.run(&["import", &file]);
    assert_eq!(run.code, 1, "one of them is no mail: {run:?}");
    assert!(run.out.starts_with("2 messages imported in 2 conversations\n"), "{run:?}");
    assert!(run.out.contains("taken as yours: support@acme.example (guessed"), "{run:?}");
    assert!(run.err.contains(&format!("{file}, byte ")) && run.err.contains("1 of 3 mails"), "{run:?}");
    let run = world.run(&["--json", "import", &file, "--own", "support@acme.example", "--format", "mbox"]);
    let told = &run.objects()[0];
    assert_eq!((told["mails"].as_u64(), told["messages"].as_u64()), (Some(3), Some(0)));
    assert_eq!((told["duplicates"].as_u64(), told["bad_mails"].as_u64()), (Some(2), Some(1)));
    assert_eq!(
        (told["own"][0].as_str(), told["own_guessed"].as_bool()),
        (Some("support@acme.example"), Some(false))
    );
    let rows = world.json(&["list", "broken"]);
    assert_eq!(
        (rows[0]["account"].as_str(), rows[0]["status"].as_str()),
        (Some("import/email"), Some("resolved"))
    );
    let reply = world.run(&["reply", rows[0]["id"].as_str().unwrap(), "hi"]);
    assert_eq!(reply.code, 4, "{reply:?}");
}

#[test]
fn a_maildir_is_recognised_and_says_what_it_leaves_out() {
    let world = World::new();
    let root = world.home().join("Maildir");
    for part in ["cur", "new", ".Spam/cur", ".Sent/cur"] {
        std::fs::create_dir_all(root.join(part)).unwrap();
    }
    let put = |path: &str, text: String| std::fs::write(root.join(path), text).unwrap();
    put("new/1700000000.1.x", mail("a", "anna@customer.example", "support@acme.example", "It is broken."));
    put("cur/1700000000.2.x:2,T", mail("b", "anna@customer.example", "support@acme.example", "Never mind."));
    put(".Sent/cur/1700000000.3.x:2,S", mail("c", "support@acme.example", "anna@customer.example", "Sorry."));
    put(".Spam/cur/1700000000.4.x:2,S", mail("d", "win@spam.example", "support@acme.example", "Win"));
    put("cur/1700000001.\u{1b}[2J.x:2,S", String::new());
    let root = root.to_str().unwrap();
    let run = world.run(&["import", root]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(
        run.out.contains("folders left out: Spam\n1 drafts, spam and deleted mails left out\n"),
        "{run:?}"
    );
    assert!(run.err.contains("it is empty") && !run.err.contains('\u{1b}'), "{run:?}");
    let run = world.run(&["import", root, "--all", "--own", "support@acme.example"]);
    assert!(run.out.starts_with("2 messages imported"), "{run:?}");
    let messages = world.json(&["list", "--limit", "9"]).len();
    assert_eq!(messages, 4, "no mail names another");
}

#[test]
fn what_makes_no_sense_is_refused_in_words() {
    let world = World::new();
    let file = mbox(&world);
    let home = world.home().to_str().unwrap().to_owned();
    let odd = world.home().join("odd.txt");
    std::fs::write(&odd, "Dear diary").unwrap();
    let odd = odd.to_str().unwrap();
    for (args, code, words) in [
        (&["import", &file, "--own", "nobody"][..], 2, "no e-mail address"),
        (&["import", odd], 2, "--format"),
        (&["import", odd, "--format", "maildir"], 2, "is a directory"),
        (&["import", &home, "--format", "jsonl"], 2, "is a directory"),
        (&["import", odd, "--format", "jsonl", "--all"], 2, "--own, --all and --files"),
        (&["import", "-", "--format", "maildir"], 2, "a Maildir is a directory"),
    ] {
        let run = world.run(args);
        assert_eq!(run.code, code, "{args:?}: {run:?}");
        assert!(run.err.contains(words), "{args:?}: {run:?}");
    }
    let empty = world.home().join("empty");
    std::fs::create_dir_all(&empty).unwrap();
    let run = world.run(&["import", empty.to_str().unwrap()]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.err.contains("there are no mails"), "{run:?}");
    let text = std::fs::read_to_string(&file).unwrap();
    let stream = world.run_with(&["import", "-"], &[], &text);
    assert_eq!(stream.code, 2, "{stream:?}");
    assert!(stream.err.contains("--own"), "{stream:?}");
    let stream = world.run_with(&["import", "-", "--own", "support@acme.example"], &[], &text);
    assert!(stream.out.starts_with("2 messages imported"), "{stream:?}");
}
