//! Journeys of answering: the real program in a real terminal, its quick replies made and changed through a real editor, and
//! answers that leave later or first.

use crate::support::{Home, pty::Pty};
use frontdesk::sandbox::twilio::{Extra, TwilioOptions, TwilioWorld};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

/// A home whose screen listens on a port that was free a moment ago.
fn listening_home(world: &TwilioWorld) -> (Home, String) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let home = Home::with_accounts(world);
    let text = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    home.configure(&format!("listen = \"127.0.0.1:{port}\"\n{text}"));
    (home, format!("http://127.0.0.1:{port}"))
}

/// A customer asks where it is, as soon as somebody listens.
async fn asks(world: &TwilioWorld, base: &str) {
    let hook = format!("{base}/hooks/support").into();
    let number = world.numbers()[0].clone();
    for _ in 0..500 {
        let sent = world.inbound(&hook, "+15558675310", &number, "Where is it?", Extra::default()).await;
        if sent.answers.iter().any(|a| a.status == 200) {
            break;
        }
        tokio::task::yield_now().await;
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

/// An editor that puts a text in the place of what it is given.
fn editor(home: &Home, text: &str) -> String {
    let (script, words) = (home.path().join("editor.sh"), home.path().join("words.txt"));
    std::fs::write(&words, text).unwrap();
    std::fs::write(&script, format!("#!/bin/sh\ncp '{}' \"$1\"\n", words.display())).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).unwrap();
    script.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_quick_reply_is_made_asked_about_and_sent() {
    let world = TwilioWorld::start(TwilioOptions::default()).await.unwrap();
    let (home, base) = listening_home(&world);
    let made = "[[quick_reply]]\nshortcut = \"late\"\nslot = 4\nbody = \"Order {{?order number}} is late, sorry.\"\n";
    let editor = editor(&home, made);
    let mut screen = Pty::start_with(&home, &[], 120, 40, &[("EDITOR", &editor)]);
    screen.wait("frontdesk");
    asks(&world, &base).await;
    screen.wait("Where is it?");
    // It is made without leaving the screen.
    screen.send(":manage quick\r");
    screen.wait("No quick reply yet");
    screen.send("a");
    screen.wait("Alt-4");
    screen.send("\x1b");
    screen.wait_gone("used 0");
    // The shortcut in the composer; the question first; a look-alike of a card number is asked about.
    screen.send("\r");
    screen.send("r");
    screen.wait("PUBLIC");
    screen.send("Hello :wave: /late\t");
    screen.wait("order number");
    screen.send("4111 1111 1111 1111\r");
    screen.wait("Hello 👋 Order 4111 1111 1111 1111 is late, sorry.");
    screen.send("\r");
    screen.wait("It looks like a card number.");
    screen.send("n");
    screen.wait_gone("It looks like a card number.");
    assert!(world.sent().is_empty());
    screen.send("\r");
    screen.wait("It looks like a card number.");
    screen.send("y");
    screen.wait("delivered");
    assert_eq!(world.sent()[0].body, "Hello 👋 Order 4111 1111 1111 1111 is late, sorry.");
    // The slot works from the thread as well, and Escape leaves all out.
    screen.wait_gone("PUBLIC");
    screen.send("\x1b4");
    screen.wait("order number");
    screen.send("\x1b");
    screen.wait_gone("order number");
    screen.send("\x11");
    assert_eq!(screen.ended(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_answer_is_scheduled_and_survives_the_program_and_one_is_begun() {
    let world = TwilioWorld::start(TwilioOptions::default()).await.unwrap();
    let (home, base) = listening_home(&world);
    let mut screen = Pty::start_with(&home, &[], 120, 40, &[]);
    screen.wait("frontdesk");
    asks(&world, &base).await;
    screen.wait("Where is it?");
    // Scheduled; what is said after it does not wait for it, and resolves.
    screen.send("\r");
    screen.send("r");
    screen.wait("PUBLIC");
    screen.send("See you then.");
    screen.wait("See you then.");
    screen.send("\x1bl");
    screen.wait("Send at");
    screen.wait("in four weeks");
    screen.send("4w");
    // What is typed is the only choice then.
    screen.wait_gone("in four weeks");
    screen.send("\r");
    screen.wait("scheduled for");
    screen.wait_gone("PUBLIC");
    screen.send("r");
    screen.wait("PUBLIC");
    screen.send("I will look.");
    screen.wait("I will look.");
    screen.send("\x1br");
    screen.wait("resolved");
    screen.wait("delivered");
    assert_eq!(world.sent().len(), 1);
    screen.send("\x11");
    assert_eq!(screen.ended(), 0);

    // After a restart it waits as before; in the outbox one key sends it.
    let mut screen = Pty::start_with(&home, &[], 120, 40, &[]);
    screen.wait("frontdesk");
    screen.send("O");
    screen.wait("See you then.");
    screen.wait("R send now");
    screen.send("R");
    screen.wait("Nothing waits");
    screen.send("\x1b");
    screen.wait_gone("Nothing waits");
    assert_eq!(world.sent()[1].body, "See you then.");

    // Writing first: who, and what.
    screen.send("c");
    screen.wait("Write on");
    screen.send("\r");
    screen.wait("Write to");
    screen.send("+1 555 867 5399");
    screen.wait("Enter writes to it");
    screen.send("\r");
    screen.wait("PUBLIC");
    screen.wait("+1 555 867 5399");
    screen.send("Your order is here.\r");
    screen.wait("delivered");
    let begun = &world.sent()[2];
    assert_eq!((begun.to.as_str(), begun.body.as_str()), ("+15558675399", "Your order is here."));
    screen.send("\x11");
    assert_eq!(screen.ended(), 0);
}
