//! Journeys: the real program in a real terminal, with the far ends on loopback.

use crate::support::{Home, pty::Pty, write_private};
use frontdesk::sandbox::twilio::{Answer, Callbacks, Extra, Plan, TwilioOptions, TwilioWorld};
use frontdesk::sandbox::visitor::{Claims, Heard, Visitor};
use std::time::Duration;

const CUSTOMER: &str = "+15558675310";

/// A home whose screen listens on a port that was free a moment ago.
fn listening_home(world: &TwilioWorld) -> (Home, String) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let home = Home::with_accounts(world);
    let file = home.path().join("config.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    home.configure(&format!("listen = \"127.0.0.1:{port}\"\n{text}"));
    (home, format!("http://127.0.0.1:{port}"))
}

async fn text(world: &TwilioWorld, base: &str, words: &str) {
    let hook = format!("{base}/hooks/support").into();
    let number = world.numbers()[0].clone();
    // The screen is up before its listener is.
    for _ in 0..500 {
        let sent = world.inbound(&hook, CUSTOMER, &number, words, Extra::default()).await;
        if sent.answers.iter().any(|a| a.status == 200) {
            return;
        }
        tokio::task::yield_now().await;
        std::thread::park_timeout(Duration::from_millis(10));
    }
    panic!("the hook never answered 200");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_customer_writes_and_an_agent_answers() {
    let world = TwilioWorld::start(TwilioOptions::default()).await.unwrap();
    let (home, base) = listening_home(&world);
    let mut screen = Pty::start(&home, &[], 120, 40);
    screen.wait("frontdesk");
    text(&world, &base, "Where is my order 1234?").await;
    screen.wait("Where is my order 1234?");
    // Enter opens it and marks it read; r opens the composer, which says to whom and how.
    screen.send("\r");
    screen.send("r");
    screen.wait("PUBLIC");
    screen.send("It left the depot this morning.");
    screen.wait("It left the depot this morning.");
    screen.send("\r");
    screen.wait("delivered");
    assert_eq!(world.sent()[0].body, "It left the depot this morning.");
    // It is resolved with one key, taken back with another.
    // The composer has closed with the send: a letter is a command again.
    screen.wait_gone("PUBLIC");
    screen.send("e");
    screen.wait("resolved");
    screen.send("u");
    screen.wait("open");
    screen.send("\x11");
    assert_eq!(screen.ended(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_draft_survives_a_kill() {
    let world = TwilioWorld::start(TwilioOptions::default()).await.unwrap();
    let (home, base) = listening_home(&world);
    let mut screen = Pty::start(&home, &[], 100, 30);
    screen.wait("frontdesk");
    text(&world, &base, "hello there").await;
    screen.wait("hello there");
    screen.send("\rr");
    screen.wait("PUBLIC");
    screen.paste("half a thought,\nin two lines");
    screen.wait("in two lines");
    // Saved as it is typed: the command line of another process sees it before the kill.
    crate::support::until("the draft is kept", || {
        let store = frontdesk::store::Store::open(
            &home.workspace(),
            std::sync::Arc::new(frontdesk::domain::clock::SystemClock),
        )
        .ok()?;
        let reader = store.reader().ok()?;
        let row = reader.list_all(1, None).ok()?.into_iter().next()?;
        reader
            .draft(row.id, frontdesk::domain::command::ComposeMode::Reply)
            .ok()?
            .filter(|d| d.text.contains("in two lines"))
    });
    screen.kill();
    assert!(world.sent().is_empty(), "a pasted line end sends nothing");
    let mut again = Pty::start(&home, &[], 100, 30);
    again.wait("hello there");
    again.send("\rr");
    again.wait("in two lines");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_message_in_doubt_asks_the_agent() {
    let world = TwilioWorld::start(TwilioOptions::default()).await.unwrap();
    let (home, base) = listening_home(&world);
    let mut screen = Pty::start(&home, &[], 120, 40);
    screen.wait("frontdesk");
    text(&world, &base, "are you there?").await;
    screen.wait("are you there?");
    world.plan_send(Plan { answer: Answer::CutBefore, callbacks: Callbacks::Lost, ..Plan::default() });
    screen.send("\rr");
    screen.wait("PUBLIC");
    screen.send("we are\r");
    screen.wait("may have been sent");
    assert!(world.sent().is_empty());
    // The composer has closed with the send: a letter is a command again.
    screen.wait_gone("PUBLIC");
    screen.send("S");
    screen.wait("delivered");
    assert_eq!(world.sent().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_screen_beside_an_engine_says_where_that_listens() {
    let world = TwilioWorld::start(TwilioOptions::default()).await.unwrap();
    let home = Home::with_accounts(&world);
    let serve = home.serve(0);
    let mut screen = Pty::start(&home, &[], 120, 40);
    screen.wait("● live");
    screen.send("!");
    screen.wait("runs in another program");
    screen.wait(&format!("{}/chat/shop", serve.base));
    screen.send("\x11");
    assert_eq!(screen.ended(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_chat_page_that_is_gone_is_not_offered_any_more() {
    let world = TwilioWorld::start(TwilioOptions::default()).await.unwrap();
    let (home, _) = listening_home(&world);
    let mut screen = Pty::start(&home, &[], 120, 40);
    screen.wait("/chat/shop");
    let file = home.path().join("config.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    home.configure(
        &text.replace("[workspace.main.channel.shop]", "[workspace.main.channel.shop]\nenabled = false"),
    );
    screen.wait_gone("/chat/shop");
    screen.send("\x11");
    assert_eq!(screen.ended(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_visitor_and_an_agent_chat() {
    let world = TwilioWorld::start(TwilioOptions::default()).await.unwrap();
    let (home, base) = listening_home(&world);
    let mut screen = Pty::start(&home, &[], 120, 40);
    screen.wait("frontdesk");
    let chat = format!("{base}/chat/shop");
    let mut visitor = None;
    for _ in 0..500 {
        match Visitor::arrive(&chat, &Claims::default()).await {
            Ok(v) => {
                visitor = Some(v);
                break;
            }
            Err(_) => std::thread::park_timeout(Duration::from_millis(10)),
        }
    }
    let visitor = visitor.expect("the chat page answers");
    visitor.say("Do you ship to Norway?").await.unwrap();
    screen.wait("Do you ship to Norway?");
    let mut hearing = visitor.listen("", Duration::from_millis(50));
    screen.send("\rr");
    screen.wait("PUBLIC");
    screen.send("Yes, in three days.\r");
    loop {
        let next = tokio::time::timeout(Duration::from_secs(30), hearing.next());
        match next.await.expect("something within half a minute").expect("the stream goes on") {
            Heard::Message(m) if m.text == "Yes, in three days." => break,
            _ => {}
        }
    }
    screen.wait("Yes, in three days.");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn colleagues_see_each_other_type() {
    let world = TwilioWorld::start(TwilioOptions::default()).await.unwrap();
    let (home, base) = listening_home(&world);
    let first = Pty::start(&home, &[], 120, 40);
    first.wait("● live");
    text(&world, &base, "who takes this?").await;
    first.wait("who takes this?");
    let tom = [("FRONTDESK_AGENT_NAME", "Tom Baker"), ("FRONTDESK_AGENT_EMAIL", "tom@example.com")];
    let mut second = Pty::start_with(&home, &[], 120, 40, &tom);
    second.wait("● live");
    second.wait("who takes this?");
    second.send("\rr");
    second.wait("PUBLIC");
    second.send("I do");
    first.wait("Tom is typing…");
    // Leaving the composer ends it.
    second.send("\x1b");
    first.wait_gone("Tom is typing…");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_terminal_of_sixteen_colours_gets_only_those() {
    let world = TwilioWorld::start(TwilioOptions::default()).await.unwrap();
    let (home, base) = listening_home(&world);
    let mut screen = Pty::start_with(&home, &[], 120, 40, &[("TERM", "linux")]);
    screen.wait("frontdesk");
    text(&world, &base, "in colour, please").await;
    screen.wait("in colour, please");
    screen.send("\rr");
    screen.wait("PUBLIC");
    screen.send("\x1bx");
    screen.wait("Commands");
    let bytes = screen.raw();
    let written = String::from_utf8_lossy(&bytes);
    for never in ["38;5;", "48;5;", "38;2;", "48;2;", "\x1b[59m"] {
        assert!(!written.contains(never), "{never:?} was written");
    }
    assert!(written.contains("\x1b[94"), "colours were written at all");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn enter_with_shift_and_with_control_are_other_keys_where_the_terminal_tells() {
    let world = TwilioWorld::start(TwilioOptions::default()).await.unwrap();
    let (home, base) = listening_home(&world);
    let mut screen = Pty::start(&home, &[], 120, 40);
    screen.wait("frontdesk");
    text(&world, &base, "two lines, please").await;
    screen.wait("two lines, please");
    screen.send("\rr");
    screen.wait("PUBLIC");
    // As kitty's protocol has them: Shift-Enter, then Control-Enter.
    screen.send("one\x1b[13;2utwo");
    screen.wait("two");
    screen.send("\x1b[13;5u");
    screen.wait("delivered");
    assert_eq!(world.sent()[0].body, "one\ntwo");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_looks_elsewhere_is_called_once_for_a_message() {
    let world = TwilioWorld::start(TwilioOptions::default()).await.unwrap();
    let (home, base) = listening_home(&world);
    let mut screen = Pty::start(&home, &[], 120, 40);
    screen.wait("frontdesk");
    text(&world, &base, "while you look").await;
    screen.wait("while you look");
    screen.send("\x1b[O");
    text(&world, &base, "while \x1b]0;you\x07 don't").await;
    // The harmful sequence is gone from it. The first message may be counted: the focus went when it had hardly come.
    let call = ": while don't\x1b\\";
    let written = |screen: &Pty| String::from_utf8_lossy(&screen.raw()).into_owned();
    crate::support::until("the call", || written(&screen).contains(call).then_some(()));
    // Another change of the store calls for nothing again.
    home.run(&["note", "1", "seen to"]).ok();
    screen.wait("seen to");
    screen.send("\x11");
    let (_, raw) = screen.ended_with();
    let written = String::from_utf8_lossy(&raw).into_owned();
    assert_eq!(written.matches("\x1b]9;").count(), 1);
    assert!(!written.contains("\x1b]0;you"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_read_while_nobody_looks_and_the_title_tells() {
    let world = TwilioWorld::start(TwilioOptions::default()).await.unwrap();
    let (home, base) = listening_home(&world);
    let mut screen = Pty::start(&home, &[], 120, 40);
    screen.wait("frontdesk");
    text(&world, &base, "the first").await;
    screen.wait("the first");
    let unread = || home.run(&["list", "unread:yes", "--json"]).ok().json().len();
    let wait_unread =
        |want| crate::support::until("it is as it should be", || (unread() == want).then_some(()));
    let titled = |screen: &Pty, title: &str| {
        crate::support::until(title, || {
            let raw = screen.raw();
            let written = String::from_utf8_lossy(&raw);
            let last = written.rsplit("\x1b]0;").next()?.split('\x07').next()?.to_owned();
            (last == title).then_some(())
        });
    };
    titled(&screen, "(1) Frontdesk · main");
    screen.send("\r");
    wait_unread(0);
    titled(&screen, "Frontdesk · main");
    // The window loses the focus: what arrives in the open thread stays unread until it is back.
    screen.send("\x1b[O");
    text(&world, &base, "the second").await;
    screen.wait("the second");
    titled(&screen, "(1) Frontdesk · main");
    assert_eq!(unread(), 1);
    screen.send("\x1b[I");
    wait_unread(0);
    let raw = screen.raw();
    let written = String::from_utf8_lossy(&raw).into_owned();
    assert!(written.contains("\x1b[22;0t") && written.contains("\x1b[>1u"), "title and keyboard are kept");
    assert_eq!(written.matches("\x1b]0;(1) Frontdesk").count(), 2, "written only when it changes");
    screen.send("\x11");
    let (code, raw) = screen.ended_with();
    let written = String::from_utf8_lossy(&raw).into_owned();
    assert_eq!(code, 0);
    assert!(written.contains("\x1b[<1u") && written.contains("\x1b[23;0t"), "and given back");
}

#[test]
fn keyboard_and_title_are_given_back_while_suspended() {
    let home = Home::empty();
    home.configure("listen = \"127.0.0.1:0\"\n");
    let mut screen = Pty::start(&home, &[], 80, 24);
    screen.wait("Welcome to Frontdesk");
    // No shell waits here: the program is continued at once.
    screen.send("\x1a");
    let times = |screen: &Pty, what: &str| String::from_utf8_lossy(&screen.raw()).matches(what).count();
    crate::support::until("all is taken over anew", || {
        (times(&screen, "\x1b[>1u") == 2 && times(&screen, "\x1b]0;Frontdesk · main") == 2).then_some(())
    });
    assert_eq!((times(&screen, "\x1b[<1u"), times(&screen, "\x1b[23;0t")), (1, 1));
    screen.send("\x11");
    assert_eq!(screen.ended(), 0);
}

#[test]
fn the_tour_is_for_the_first_time() {
    let home = Home::empty();
    home.configure("listen = \"127.0.0.1:0\"\n");
    // What connects the first channel comes before it.
    let left_setup = |home: &Home| {
        let mut screen = Pty::start_new(home, &[], 80, 24, &[]);
        screen.wait("Welcome to Frontdesk");
        screen.send("\x1b");
        screen.wait_gone("Welcome to Frontdesk");
        screen
    };
    let mut screen = left_setup(&home);
    screen.wait("1 of 5");
    screen.send("\x1bOR");
    screen.wait("2 of 5");
    // Unseen until it is over: who quits now is shown it again.
    screen.send("\x11");
    assert_eq!(screen.ended(), 0);
    let mut screen = left_setup(&home);
    screen.wait("1 of 5");
    screen.send("\x1b");
    screen.wait_gone("1 of 5");
    screen.send("\x11");
    assert_eq!(screen.ended(), 0);
    let mut screen = left_setup(&home);
    screen.wait("No channel yet");
    assert!(!screen.wait("frontdesk").contains("1 of 5"));
    screen.send(":tour\r");
    screen.wait("1 of 5");
}

#[test]
fn a_theme_of_ones_own_is_used_and_a_wrong_one_is_told() {
    let home = Home::empty();
    let themes = home.path().join("themes");
    std::fs::create_dir(&themes).unwrap();
    std::fs::write(themes.join("mine.toml"), "base = \"linen\"\nground = \"#0102ff\"\n").unwrap();
    home.configure("listen = \"127.0.0.1:0\"\ntheme = \"mine\"\n");
    let colour = [("COLORTERM", "truecolor")];
    let mut screen = Pty::start_with(&home, &[], 80, 24, &colour);
    screen.wait("frontdesk");
    assert!(String::from_utf8_lossy(&screen.raw()).contains("48;2;1;2;255"));
    screen.send("\x11");
    assert_eq!(screen.ended(), 0);
    std::fs::write(themes.join("mine.toml"), "base = \"linen\"\n\nsky = \"#0102ff\"\n").unwrap();
    let screen = Pty::start_with(&home, &[], 200, 24, &colour);
    screen.wait("mine.toml:3: unknown colour `sky`");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_terminal_is_given_back_and_every_size_works() {
    let world = TwilioWorld::start(TwilioOptions::default()).await.unwrap();
    let (home, _base) = listening_home(&world);
    let mut screen = Pty::start(&home, &[], 80, 24);
    screen.wait("frontdesk");
    for (w, h) in [(40, 10), (200, 50), (20, 5), (120, 40)] {
        screen.resize(w, h);
    }
    screen.wait("frontdesk");
    screen.send("?");
    screen.wait("Keys");
    screen.send("q");
    screen.wait_gone("Keys");
    screen.send("\x11");
    assert_eq!(screen.ended(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_account_is_set_up_on_the_screen() {
    let world = TwilioWorld::start(TwilioOptions::default()).await.unwrap();
    let home = Home::empty();
    home.configure("# ours\nlisten = \"127.0.0.1:0\"\n");
    let token = home.path().join("token");
    write_private(&token, world.auth_token());
    let mut screen = Pty::start(&home, &[], 120, 40);
    // It opens by itself, for nothing is connected yet.
    screen.wait("Welcome to Frontdesk");
    screen.wait("● live");
    screen.send("a");
    screen.wait("any mailbox, by IMAP and SMTP");
    screen.send("/twilio\r");
    screen.wait("the account, AC and 32 hex digits");
    screen.send("\r");
    screen.wait("step 1 of 12");
    screen.send("support\rAC12\r");
    screen.wait("account_sid must be AC");
    screen.send("\x15");
    screen.send(world.account_sid());
    screen.send(&format!("\r{}\r\r\r", world.numbers()[0]));
    screen.wait("step 6 of 12");
    screen.send(&format!("{}\r0\r", world.base_url()));
    // No keyring answers here: it says why, and takes a file.
    screen.wait("no keyring can be used here");
    screen.wait("in an environment variable");
    screen.send("\t");
    screen.wait("in a file");
    screen.send(&format!("{}\x13", token.display()));
    screen.wait("look it over");
    screen.send("\r");
    screen.wait("✓ it works");
    screen.send("\r");
    let file = || std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    assert!(file().starts_with("# ours\n") && !file().contains(world.auth_token()), "{}", file());
    // The engine has noticed it, and hooks are taken.
    screen.wait("● support");
    let serving = screen.wait_for("an address", |text| text.contains("webhook http://127.0.0.1:"));
    let base = serving.split("webhook ").nth(1).unwrap().split("/hooks").next().unwrap().to_owned();
    text(&world, &base, "does it work?").await;
    screen.send("\x1b");
    screen.wait("does it work?");
    // What is wrong with the file is said with its line, wherever one is.
    let good = file();
    home.configure(&format!("{good}\nlable = 1\n"));
    screen.wait("1 problem");
    screen.send("gc");
    screen.wait("config.toml:");
    screen.wait("lable");
    home.configure(&good);
    screen.wait_gone("lable");
    screen.send("d");
    screen.wait("support: disabled");
    screen.send("xy");
    screen.wait("support: removed");
    assert_eq!(file(), "# ours\nlisten = \"127.0.0.1:0\"\n");
    screen.send("\x11");
    assert_eq!(screen.ended(), 0);
}
