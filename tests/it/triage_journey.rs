//! A morning of fifty conversations in a real terminal: marked, counted, repeated, recorded, undone, put away.

use crate::store::kit;
use crate::support::{Home, pty::Pty, until};
use frontdesk::domain::clock::{Clock, SystemClock};
use frontdesk::domain::ids::AccountId;
use frontdesk::domain::message::Direction;
use frontdesk::domain::row::{ConversationRow, View};
use frontdesk::sandbox::twilio::{TwilioOptions, TwilioWorld};
use frontdesk::store::{Class, Store};
use std::sync::Arc;

const COUNT: i64 = 50;

/// Fifty customers have written, each a moment after the one before.
fn full_desk(home: &Home) -> Store {
    home.run(&["list"]).ok();
    let store = Store::open(&home.workspace(), Arc::new(SystemClock)).unwrap();
    let account: AccountId = {
        let accounts = store.reader().unwrap().accounts().unwrap();
        accounts.iter().find(|a| a.name == "support").unwrap().id
    };
    let now = SystemClock.now();
    let events: Vec<_> = (0..COUNT)
        .map(|n| {
            let from = format!("+31600000{n:03}");
            let at = now + n;
            kit::message(&format!("SM{n}"), &from, Direction::Inbound, at, &format!("question {n:02}"))
        })
        .collect();
    store.writer().call(Class::Durable, move |t| t.apply(account, &events)).unwrap();
    store
}

fn rows(store: &Store, view: &View) -> Vec<ConversationRow> {
    store.reader().unwrap().list(view, None, 100).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_conversations_are_triaged_by_the_keyboard() {
    let world = TwilioWorld::start(TwilioOptions::default()).await.unwrap();
    let home = Home::with_accounts(&world);
    let store = full_desk(&home);
    let total = |view: &View| rows(&store, view).len();
    let mut screen = Pty::start(&home, &[], 120, 40);
    screen.wait("question 49");
    // All of them, with one step back.
    screen.send("*");
    screen.wait("all marked");
    screen.send("Lmorning\r");
    screen.wait("50 conversations: labelled #morning");
    assert_eq!(total(&View::Label("morning".into())), 50);
    screen.send("u");
    screen.wait("undone");
    until("the labels are gone", || (total(&View::Label("morning".into())) == 0).then_some(()));
    // A number before a key: ten rows from the selection on.
    screen.send("10e");
    screen.wait("10 conversations: resolved");
    screen.wait("40 open");
    screen.send("u");
    screen.wait("50 open");
    until("what was unread is unread again", || {
        let unread = rows(&store, &View::Open).iter().filter(|r| r.unread > 0).count();
        (unread == 50).then_some(())
    });
    // Marks one by one and as a range.
    screen.send("gg jj V");
    screen.wait("3 marked");
    screen.send("m");
    screen.wait("3 conversations: yours");
    until("three are mine", || rows(&store, &View::Unassigned).len().eq(&47).then_some(()));
    // Recorded once, run on another one, and once more by `.` on the next.
    screen.send("gg@");
    screen.wait("recording");
    screen.send("p4");
    screen.wait("priority urgent");
    screen.send("Lhot\r");
    screen.wait("labelled #hot");
    screen.send("@");
    screen.wait("Name of the macro");
    screen.send("hot\r");
    screen.wait("macro hot is kept");
    let kept = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    assert!(kept.contains("hot = [\"priority urgent\", \"label +hot\"]"), "{kept}");
    screen.send("j,hot\r");
    until("two are hot", || (total(&View::Label("hot".into())) == 2).then_some(()));
    screen.send("j.");
    until("the last order was the label", || (total(&View::Label("hot".into())) == 3).then_some(()));
    // Put away, and found where it was put.
    screen.send("Z");
    screen.wait("archived");
    screen.wait("49 open");
    screen.send("gz");
    screen.wait("\u{203a} Archived");
    screen.wait_gone("question 48");
    screen.wait("question 47");
    assert_eq!(total(&View::Archived), 1);
    screen.send("go");
    screen.wait("question 48");
    // The rest one after another: resolve and go on.
    for left in (0..49).rev() {
        screen.wait(&format!("{} open", left + 1));
        screen.send("E");
    }
    screen.wait("All done");
    assert_eq!((total(&View::Open), total(&View::Resolved)), (0, 49));
    for id in store.reader().unwrap().conversation_ids().unwrap() {
        assert!(store.reader().unwrap().verify(id).unwrap().is_empty());
    }
    assert!(store.reader().unwrap().verify_counts().unwrap().is_empty());
    screen.send("\x11");
    assert_eq!(screen.ended(), 0);
}
