//! Journeys of the configuration: it changes under a running screen, from outside and from Setup.

use crate::support::{Home, pty::Pty, until};
use frontdesk::sandbox::twilio::{TwilioOptions, TwilioWorld};

async fn begin() -> (TwilioWorld, Home, String) {
    let world = TwilioWorld::start(TwilioOptions::default()).await.unwrap();
    let home = Home::with_accounts(&world);
    let text = format!("# our desk\nlisten = \"127.0.0.1:0\"\n{}", read(&home));
    home.configure(&text);
    (world, home, text)
}

fn read(home: &Home) -> String {
    std::fs::read_to_string(home.path().join("config.toml")).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_screen_takes_a_changed_file_in() {
    let (_world, home, good) = begin().await;
    let mut screen = Pty::start(&home, &[], 120, 40);
    screen.wait("live");
    home.configure(&format!("{good}\n[searches]\n\"Refunds\" = \"refund\"\n"));
    screen.wait("Refunds");
    // A mistake keeps what was good, and is told with its line.
    let lines = good.lines().count();
    home.configure(&format!("{good}\n[searchs]\n\"Late\" = \"late\"\n"));
    screen.wait(&format!("not used: config.toml:{}:2", lines + 2));
    screen.wait_for("what was good, and the problem", |text| {
        text.contains("Refunds") && text.contains("1 problem")
    });
    screen.send("!");
    screen.wait("did you mean `searches`?");
    screen.send("\x1b");
    // So does one that only the screen knows.
    home.configure(&format!("{good}\n[keys.list]\n\"x\" = \"reslove\"\n"));
    screen.wait(&format!("not used: config.toml:{}", lines + 3));
    home.configure(&format!("{good}\n[searches]\n\"Late\" = \"late\"\n"));
    screen.wait("in order again");
    screen.wait_for("what is new", |text| text.contains("Late") && !text.contains("Refunds"));
    screen.wait_gone("problem");
    // A theme of one's own that is asked for, and then mended.
    std::fs::create_dir(home.path().join("themes")).unwrap();
    std::fs::write(home.path().join("themes/mine.toml"), "base = \"blue\"\n").unwrap();
    screen.wait("not used: mine.toml:1: `base` is one of");
    std::fs::write(home.path().join("themes/mine.toml"), "base = \"paper\"\n").unwrap();
    screen.wait("in order again");
    // What cannot be changed while it runs says so.
    home.configure(&good.replace("listen = \"127.0.0.1:0\"", "listen = \"127.0.0.1:1\""));
    screen.wait("a restart is needed for `listen`");
    screen.send("\x11");
    assert_eq!(screen.ended(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn half_a_file_is_no_mistake() {
    let (_world, home, good) = begin().await;
    let screen = Pty::start(&home, &[], 120, 40);
    screen.wait("live");
    for _ in 0..20_000 {
        home.configure("[[[");
        home.configure(&good);
    }
    home.configure(&format!("{good}\n[searches]\n\"Late\" = \"late\"\n"));
    screen.wait("Late");
    let shown = String::from_utf8_lossy(&screen.raw()).into_owned();
    assert!(!shown.contains("not used") && !shown.contains("problem"), "a mistake was shown");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_set_up_on_the_screen_holds_at_once_and_stands_in_the_file() {
    let (_world, home, good) = begin().await;
    let mut screen = Pty::start(&home, &[], 120, 40);
    screen.wait("live");
    screen.send("gc");
    screen.wait("Channels");
    // Labels, agents, SLA, macros, searches.
    screen.send("\tjjjjjj\r");
    screen.wait("No search is saved yet.");
    screen.send("aRefunds\rstatus:opne");
    screen.wait("✗");
    screen.send("\x15refund\rg f\r");
    screen.wait("the search Refunds is kept");
    until("it is written", || {
        let text = read(&home);
        let want = "\n[searches]\nRefunds = { query = \"refund\", key = \"g f\" }\n";
        (text.starts_with("# our desk\n") && text == format!("{good}{want}")).then_some(())
    });
    screen.send("\x1b");
    screen.wait_gone("Channels");
    screen.wait("Refunds");
    screen.send("gf");
    screen.wait("frontdesk · main  › Refunds");
    // F2 keeps its choice.
    screen.send("\x1bOQ");
    screen.wait("is kept");
    until("the theme is written", || read(&home).contains("theme = \"harbor\"").then_some(()));
    screen.send("\x11");
    assert_eq!(screen.ended(), 0);
    let again = Pty::start(&home, &[], 120, 40);
    again.wait("Refunds");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_label_gets_another_name_on_all_conversations_and_back() {
    let (_world, home, _) = begin().await;
    for to in ["+15553000001", "+15553000002"] {
        home.run(&["new", "--channel", "support", "--to", to, "hello"]).ok();
    }
    let ids: Vec<String> = home
        .run(&["list", "--json"])
        .ok()
        .json()
        .iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 2);
    home.run(&["do", "label +old", &ids[0], &ids[1]]).ok();
    home.run(&["do", "spam", &ids[1]]).ok();
    let labels = |id: &str| home.run(&["show", id, "--json"]).ok().json()[0]["labels"].clone();
    let mut screen = Pty::start(&home, &[], 120, 40);
    screen.wait("# old");
    screen.send("gc\tjj\r");
    screen.wait("2 conversations");
    screen.send("\rnew\r");
    screen.wait("2 conversations: old is new now");
    assert_eq!([labels(&ids[0]), labels(&ids[1])], [serde_json::json!(["new"]), serde_json::json!(["new"])]);
    screen.send("\x1b");
    screen.wait_for("the sidebar has the new one alone", |text| {
        text.contains("# new") && !text.contains("# old")
    });
    screen.send("u");
    screen.wait("undone");
    until("each has its old label again", || (labels(&ids[1]) == serde_json::json!(["old"])).then_some(()));
}
