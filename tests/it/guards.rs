//! Journeys of what keeps an agent from a mistake: the guards before something is sent, and every kind of undo.

use crate::support::{Home, pty::Pty};
use frontdesk::sandbox::twilio::{Extra, TwilioOptions, TwilioWorld};
use std::time::Duration;

const ANNA: &str = "+15558675310";
const BEN: &str = "+15558675311";
const TOM: [(&str, &str); 2] =
    [("FRONTDESK_AGENT_NAME", "Tom"), ("FRONTDESK_AGENT_EMAIL", "tom@example.com")];

/// A home whose screen listens on a port that was free a moment ago; what is sent can be taken back for so long.
fn listening_home(world: &TwilioWorld, undo_seconds: u32) -> (Home, String) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let home = Home::with_accounts(world);
    let text = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    let text = text.replace("undo_seconds = 0", &format!("undo_seconds = {undo_seconds}"));
    home.configure(&format!("listen = \"127.0.0.1:{port}\"\n{text}"));
    (home, format!("http://127.0.0.1:{port}"))
}

/// A customer writes, as soon as somebody listens.
async fn writes(world: &TwilioWorld, base: &str, who: &str, words: &str) {
    let hook = format!("{base}/hooks/support").into();
    let number = world.numbers()[0].clone();
    for _ in 0..500 {
        let sent = world.inbound(&hook, who, &number, words, Extra::default()).await;
        if sent.answers.iter().any(|a| a.status == 200) {
            return;
        }
        tokio::task::yield_now().await;
        std::thread::park_timeout(Duration::from_millis(10));
    }
    panic!("the hook never answered 200");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reply_goes_to_whom_it_was_begun_for_although_the_list_moves() {
    let world = TwilioWorld::start(TwilioOptions::default()).await.unwrap();
    let (home, base) = listening_home(&world, 0);
    let mut screen = Pty::start(&home, &[], 120, 40);
    screen.wait("frontdesk");
    writes(&world, &base, ANNA, "I am Anna").await;
    screen.wait("I am Anna");
    screen.send("r");
    screen.wait("PUBLIC to +1 555 867 5310");
    screen.send("for Anna");
    screen.wait("for Anna");
    // Somebody else comes to the top of the list.
    writes(&world, &base, BEN, "I am Ben").await;
    screen.wait("I am Ben");
    screen.wait("PUBLIC to +1 555 867 5310");
    screen.send("\r");
    screen.wait("delivered");
    assert_eq!((world.sent()[0].to.as_str(), world.sent()[0].body.as_str()), (ANNA, "for Anna"));
    // A note says that it is one, in words.
    screen.wait_gone("PUBLIC");
    screen.send("n");
    screen.wait("NOTE");
    assert!(!screen.wait("NOTE").contains("PUBLIC"));
    screen.send("\x1b");
    screen.wait_gone("NOTE");
    screen.send("\x11");
    assert_eq!(screen.ended(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_colleague_does_meanwhile_is_told_before_something_is_sent() {
    let world = TwilioWorld::start(TwilioOptions::default()).await.unwrap();
    let (home, base) = listening_home(&world, 0);
    let mut ana = Pty::start(&home, &[], 120, 40);
    ana.wait("● live");
    writes(&world, &base, ANNA, "who takes this?").await;
    ana.wait("who takes this?");
    let mut tom = Pty::start_with(&home, &[], 120, 40, &TOM);
    tom.wait("● live");
    tom.wait("who takes this?");
    ana.send("r");
    ana.wait("PUBLIC");
    ana.send("I do, says Ana");
    ana.wait("I do, says Ana");
    // He types: sending now would make two answers.
    tom.send("r");
    tom.wait("PUBLIC");
    tom.send("I");
    ana.wait("Tom is typing");
    ana.send("\r");
    ana.wait("Send it all the same?");
    assert!(ana.wait("Tom is typing.").contains("Send it all the same?"));
    ana.send("n");
    ana.wait_gone("Send it all the same?");
    // He has answered.
    tom.send(" have it");
    tom.wait("I have it");
    tom.send("\r");
    tom.wait("Send it all the same?");
    tom.send("y");
    tom.wait("delivered");
    ana.wait("delivered");
    ana.send("\r");
    ana.wait("Tom has answered since you began");
    ana.send("n");
    ana.wait_gone("Send it all the same?");
    assert_eq!(world.sent().len(), 1);
    assert!(ana.wait("PUBLIC").contains("I do, says Ana"), "the words are kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_conversation_of_a_colleague_is_asked_about_once() {
    let world = TwilioWorld::start(TwilioOptions::default()).await.unwrap();
    let (home, base) = listening_home(&world, 0);
    let mut screen = Pty::start(&home, &[], 120, 40);
    screen.wait("frontdesk");
    writes(&world, &base, ANNA, "it is Tom's").await;
    screen.wait("it is Tom's");
    screen.send("aTom\r");
    screen.wait("open · @Tom");
    screen.send("r");
    screen.wait("PUBLIC");
    screen.send("one");
    screen.wait("one");
    screen.send("\r");
    screen.wait("The conversation is assigned to Tom, not to you.");
    assert!(world.sent().is_empty());
    screen.send("y");
    screen.wait("delivered");
    screen.wait_gone("PUBLIC");
    screen.send("r");
    screen.wait("PUBLIC");
    screen.send("two");
    screen.wait("two");
    screen.send("\r");
    screen.wait_gone("PUBLIC");
    crate::support::until("the second is sent unasked", || (world.sent().len() == 2).then_some(()));
    screen.send("\x11");
    assert_eq!(screen.ended(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_kind_of_step_is_taken_back() {
    let world = TwilioWorld::start(TwilioOptions::default()).await.unwrap();
    let (home, base) = listening_home(&world, 600);
    let mut screen = Pty::start(&home, &[], 120, 40);
    screen.wait("frontdesk");
    writes(&world, &base, ANNA, "please undo").await;
    screen.wait("please undo");
    // A change.
    screen.send("p4");
    screen.wait("priority urgent");
    screen.send("u");
    screen.wait("undone");
    screen.send("\r");
    // A note, by itself.
    screen.send("n");
    screen.wait("NOTE");
    screen.send("a remark\r");
    screen.wait("noted");
    screen.wait_gone("NOTE");
    screen.send("u");
    screen.wait("taken back: the words are in the draft");
    // A note with an order: one step takes both.
    screen.send("n");
    screen.wait("NOTE");
    screen.wait("a remark");
    screen.send("\x1br");
    screen.wait("noted: u takes both back");
    screen.wait_gone("NOTE");
    screen.send("u");
    screen.wait("is undone");
    screen.wait("1 open");
    // What was said, with an order as well, while it has not left.
    screen.send("r");
    screen.wait("PUBLIC");
    screen.send("too fast\x1br");
    screen.wait("takes both back");
    screen.wait_gone("PUBLIC");
    screen.send("u");
    screen.wait("is undone");
    screen.wait("1 open");
    assert!(world.sent().is_empty());
    // Words that were thrown away, and a change of what is typed.
    screen.send("r");
    screen.wait("PUBLIC");
    screen.wait("too fast");
    // (The thread shows them as well, as taken back: the counter tells what stands in the composer.)
    screen.wait_gone("160 left");
    screen.send("\x15");
    screen.wait("160 left");
    screen.send("\x1bu");
    screen.wait_gone("160 left");
    screen.send("\x1b[3;5~");
    screen.wait("160 left");
    screen.send("\x1b");
    screen.wait_gone("PUBLIC");
    screen.send("u");
    screen.wait("the words are back in the draft");
    screen.send("\x11");
    assert_eq!(screen.ended(), 0);
}
