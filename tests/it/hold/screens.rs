//! Hostile words: what a stranger writes never reaches a terminal as anything but letters, in no command and on no screen.

use super::{CUSTOMER, list, messages, webhook, world};
use crate::support::{Home, pty::Pty, until};
use frontdesk::domain::command::Action;
use frontdesk::domain::facet::Facet;
use frontdesk::domain::ids::ConversationId;
use frontdesk::sandbox::visitor::{Claims, Visitor};
use frontdesk::store::{Actor, Class, Store};
use std::str::FromStr;
use std::sync::Arc;

/// A title, a clipboard, a colour, a wide cursor jump, a device query, an 8-bit CSI, bidi overrides, a backspace, a bell, a NUL.
const HOSTILE: &str = "zebra \u{1b}]0;pwned\u{7}\u{1b}]52;c;cHduZWQ=\u{7}\u{1b}[31;5mred\u{1b}[777;777Hjump\u{1b}[>q\u{1b}P+q544e\u{1b}\\\u{9b}2J\u{9d}0;c1\u{9c}\u{202e}gnp.exe\u{202c}\u{2066}x\u{8}\u{8}\u{7f}\rover\u{0b}\u{0c}tail\u{e0041}\u{fff9}";

/// What must never be seen in bytes that go to a terminal.
const NEVER: [&str; 12] = [
    "\u{1b}]0;pwned",
    "\u{1b}]52;",
    "\u{1b}[31;5m",
    "\u{1b}[777;777H",
    "\u{1b}[>q",
    "\u{1b}P",
    "\u{9b}",
    "\u{9d}",
    "\u{202e}",
    "\u{2066}",
    "\u{e0041}",
    "\u{fff9}",
];

#[track_caller]
fn harmless(what: &str, bytes: &[u8]) {
    for never in NEVER {
        let never = never.as_bytes();
        assert!(
            !bytes.windows(never.len()).any(|w| w == never),
            "{what}: {:?} got through: {:?}",
            String::from_utf8_lossy(never),
            String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(4_000)..])
        );
    }
}

/// What a command prints: lines of visible characters.
#[track_caller]
fn plain(what: &str, text: &str) {
    harmless(what, text.as_bytes());
    let odd: Vec<char> = text.chars().filter(|c| c.is_control() && *c != '\n').collect();
    assert!(odd.is_empty(), "{what}: {odd:?} in {text:?}");
}

fn hostile_home(config: &str) -> Home {
    let home = Home::empty();
    home.configure(config);
    home
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn escape_sequences_reach_no_terminal() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    home.configure(&format!("listen = \"127.0.0.1:{port}\"\n{config}"));
    let mut screen = Pty::start(&home, &[], 160, 50);
    screen.wait("frontdesk");
    let base = format!("http://127.0.0.1:{port}");
    until("the listener is up", || std::net::TcpStream::connect(("127.0.0.1", port)).ok());
    let ours = "whatsapp:+15557122661";
    let from = format!("whatsapp:{CUSTOMER}");
    let media = format!("{}/nothing/{HOSTILE}", world.base_url());
    let params = [
        ("MessageSid", "SM1"),
        ("From", from.as_str()),
        ("To", ours),
        ("Body", HOSTILE),
        ("ProfileName", HOSTILE),
        ("NumMedia", "1"),
        ("MediaUrl0", media.as_str()),
        ("MediaContentType0", HOSTILE),
        ("MessageType", "text"),
    ];
    // The screen is up before its listener is; a listener that does not know its accounts yet never says 404.
    until("the hook is open", || match webhook(&world, &base, &params).status {
        200 => Some(()),
        status => {
            assert_eq!(status, 503);
            None
        }
    });
    let place = [
        ("MessageSid", "SM2"),
        ("From", from.as_str()),
        ("To", ours),
        ("Latitude", HOSTILE),
        ("Longitude", HOSTILE),
        ("Label", HOSTILE),
        ("Address", HOSTILE),
    ];
    assert_eq!(webhook(&world, &base, &place).status, 200);
    // An address that is none, too.
    let sender =
        [("MessageSid", "SM3"), ("From", HOSTILE), ("To", "+15557122661"), ("Body", "zebra from nowhere")];
    assert_eq!(webhook(&world, &base, &sender).status, 200);
    let claims = Claims { name: Some(HOSTILE.chars().take(70).collect()), email: None };
    let visitor = Visitor::arrive(&format!("{base}/chat/shop"), &claims).await.unwrap();
    visitor.say(HOSTILE).await.unwrap();
    until("all are read", || {
        let rows = list(&home);
        (rows.len() == 3 && rows.iter().map(|r| messages(&home, r).len()).sum::<usize>() >= 4).then_some(())
    });
    // What only an agent or another program can write: a subject, a label's neighbour, a note.
    let store = Store::open(&home.workspace(), Arc::new(frontdesk::domain::clock::SystemClock)).unwrap();
    let actor = Actor { name: "Ana".into(), email: "ana@example.com".into() };
    for row in list(&home) {
        let conversation = ConversationId::from_str(row["id"].as_str().unwrap()).unwrap();
        let subject = Facet::Subject { subject: HOSTILE.into() };
        let actor = actor.clone();
        store
            .writer()
            .call(Class::Durable, move |t| {
                t.perform(&actor, &Action::Set { conversation, facet: subject })?;
                t.perform(&actor, &Action::Note { conversation, text: HOSTILE.into() })
            })
            .unwrap();
    }
    drop(store);

    // The commands, for people and for programs.
    plain("list", &home.run(&["list"]).ok().out);
    plain("search", &home.run(&["search", "zebra"]).ok().out);
    plain("outbox", &home.run(&["outbox"]).ok().out);
    plain("webhooks list", &home.run(&["webhooks", "list"]).ok().out);
    for row in home.run(&["webhooks", "list", "--json"]).ok().json() {
        plain("webhooks show", &home.run(&["webhooks", "show", row["id"].as_str().unwrap()]).ok().out);
    }
    for args in [&["list", "--json"][..], &["search", "zebra", "--json"], &["webhooks", "list", "--json"]] {
        let answer = home.run(args).ok();
        plain("json", &answer.out);
        assert!(!answer.json().is_empty());
    }
    let mut seen = 0;
    for row in list(&home) {
        let id = row["id"].as_str().unwrap();
        plain("show", &home.run(&["show", id]).ok().out);
        let answer = home.run(&["show", id, "--json"]).ok();
        plain("show --json", &answer.out);
        // Nothing was taken away from who reads it as data.
        let all = &answer.json()[0]["messages"];
        seen += all
            .as_array()
            .unwrap()
            .iter()
            .filter(|m| m["text"].as_str().unwrap().contains('\u{202e}'))
            .count();
    }
    assert!(seen >= 3, "{seen} messages keep their characters in JSON");

    // The screen: the list, each thread, search, the panes.
    screen.wait("zebra");
    for _ in 0..3 {
        screen.send("\r");
        screen.wait("zebra");
        for key in ["j", "k", "\x1b"] {
            screen.send(key);
        }
        screen.send("j");
    }
    screen.send("/zebra");
    screen.wait("zebra");
    screen.send("\x1b");
    for (w, h) in [(80, 24), (40, 12), (120, 40)] {
        screen.resize(w, h);
        screen.wait("zebra");
    }
    screen.send("\x11");
    screen.send("\x11");
    let raw = screen.raw();
    harmless("the screen", &raw);
    let text = String::from_utf8_lossy(&raw);
    assert!(text.contains("tail"), "the words themselves are shown");
}

#[test]
fn a_hostile_configuration_and_hostile_arguments_are_told_in_plain_words() {
    let home = hostile_home("");
    for args in [
        &["show", "\u{1b}]0;pwned\u{7}"][..],
        &["list", "\u{1b}[31;5m:x"],
        &["workspace", "create", "\u{202e}x"],
        &["channel", "add", "twilio", "--name", "\u{1b}[31;5mx"],
        &["channel", "list", "--workspace", "../../etc"],
        &["reply", "../../x", "hi"],
    ] {
        let answer = home.run(args);
        plain("standard error", &answer.err);
    }
    let home = hostile_home("[workspace.\"../../x\".channel.a]\nprovider = \"\\u001b]0;pwned\\u0007\"\n");
    let answer = home.run(&["list"]);
    plain("standard error", &answer.err);
    assert!(!home.path().join("x").exists());
}
