//! Files that go out, from the shell, over the wire and on the screen: what the far ends get, and what nobody else gets.

use crate::support::{Home, pty::Pty, until};
use frontdesk::sandbox::twilio::{Extra, TwilioOptions, TwilioWorld};
use frontdesk::sandbox::visitor::{Claims, Visitor, VisitorError};
use serde_json::Value;
use std::path::Path;

const CUSTOMER: &str = "+15558675310";
/// The smallest picture there is: one pixel.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

async fn world() -> TwilioWorld {
    TwilioWorld::start(TwilioOptions::default()).await.unwrap()
}

/// A file of the agent's, in the home.
fn file(home: &Home, name: &str, bytes: &[u8]) -> String {
    let path = home.path().join("mine").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The id of the conversation, once there is one.
fn conversation(home: &Home) -> String {
    let row = until("a conversation", || home.run(&["list", "--json"]).ok().json().into_iter().next());
    row["id"].as_str().unwrap().to_owned()
}

fn last(home: &Home, conversation: &str) -> Value {
    let shown = home.run(&["show", conversation, "--json"]).ok().json();
    shown[0]["messages"].as_array().unwrap().last().unwrap().clone()
}

fn client() -> reqwest::Client {
    // Another test of this process may have chosen it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_is_fetched_by_the_vendor_and_by_nobody_who_guesses() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let serve = home.serve(0);
    let hook = format!("{}/hooks/support", serve.base).into();
    world.inbound(&hook, CUSTOMER, &world.numbers()[0], "What does it look like?", Extra::default()).await;
    let c = conversation(&home);
    let picture = file(&home, "so it looks.png", PNG);
    let card = file(&home, "Ana.vcf", b"BEGIN:VCARD\nEND:VCARD\n");
    home.run(&["reply", &c, "Like this.", "--attach", &picture, "--attach", &card]).ok();
    // What happens to the original changes nothing.
    std::fs::write(&picture, b"something else").unwrap();
    until("it is delivered", || (last(&home, &c)["delivery"] == "delivered").then_some(()));
    let sent = world.sent();
    assert_eq!((sent.len(), sent[0].body.as_str(), sent[0].media_urls.len()), (1, "Like this.", 2));
    let got = world.files(&sent[0].sid);
    assert_eq!(got[0], ("image/png".to_owned(), PNG.to_vec()));
    assert_eq!(got[1].0, "text/vcard");

    let shown = last(&home, &c);
    assert_eq!(shown["kind"], "attachment");
    let files = shown["attachments"].as_array().unwrap();
    assert_eq!(files[0]["name"], "so it looks.png");
    assert_eq!((files[0]["mime"].as_str(), files[0]["size"].as_u64()), (Some("image/png"), Some(33)));
    assert!(files[0]["caption"].is_null());
    assert_eq!(std::fs::read(files[0]["path"].as_str().unwrap()).unwrap(), PNG);
    let saved = home.path().join("saved.png");
    let to = saved.to_str().unwrap();
    home.run(&["attachment", "save", files[0]["id"].as_str().unwrap(), to]).ok();
    assert_eq!(std::fs::read(&saved).unwrap(), PNG);

    // The address answers with what it is, and shows nothing but pictures.
    let http = client();
    let (good, vcard) = (&sent[0].media_urls[0], &sent[0].media_urls[1]);
    let answer = http.get(good).send().await.unwrap();
    let header = |answer: &reqwest::Response, name: &str| {
        answer.headers().get(name).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default()
    };
    assert_eq!(answer.status(), 200);
    assert_eq!(header(&answer, "content-type"), "image/png");
    assert_eq!(header(&answer, "content-length"), "33");
    assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
    assert!(header(&answer, "content-disposition").starts_with("inline; filename=\"so it looks.png\""));
    assert!(header(&answer, "cache-control").contains("no-store"));
    let head = http.head(good).send().await.unwrap();
    assert_eq!((head.status().as_u16(), header(&head, "content-length").as_str()), (200, "33"));
    let other = http.get(vcard).send().await.unwrap();
    assert!(header(&other, "content-disposition").starts_with("attachment;"));
    // Nothing else is there: no list, no other place, no changed token.
    let (base, token) = good.split_once("/media/").unwrap();
    let token = token.split('/').next().unwrap();
    let flipped = if token.starts_with('A') { "B" } else { "A" };
    for path in [
        "/media".to_owned(),
        "/media/".to_owned(),
        format!("/media/{token}"),
        format!("/media/{token}/"),
        format!("/media/{token}/..%2f..%2f..%2ffrontdesk.db/x"),
        format!("/media/{flipped}{}/a.png", &token[1..]),
        "/media/x/../../frontdesk.db".to_owned(),
        "/media/..%2F..%2Ffrontdesk.db/a".to_owned(),
        "/files/own".to_owned(),
    ] {
        let answer = http.get(format!("{base}{path}")).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
        assert_eq!(answer.text().await.unwrap(), "", "{path}");
    }
    assert_eq!(http.post(good).send().await.unwrap().status(), 405);
    // Who asks too often waits, as at every public address.
    let mut limited = None;
    for n in 0..400 {
        let ask = http.get(format!("{base}/media/{n}/x")).header("x-forwarded-for", "203.0.113.9");
        let status = ask.send().await.unwrap().status().as_u16();
        if status == 429 {
            limited = Some(n);
            break;
        }
    }
    assert!(limited.is_some_and(|n| n >= 100), "{limited:?}");
    assert!(serve.terminate().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_go_is_told_before_it_is_sent() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let picture = file(&home, "a.png", PNG);
    let serve = home.serve(0);
    let hook = format!("{}/hooks/support", serve.base).into();
    world.inbound(&hook, CUSTOMER, &world.numbers()[0], "hello", Extra::default()).await;
    let c = conversation(&home);
    let missing = home.run(&["reply", &c, "x", "--attach", "/no/such/file.png"]);
    assert_eq!(missing.code(), 3, "{}", missing.err);
    assert!(missing.err.contains("there is no file /no/such/file.png"), "{}", missing.err);
    let dir = home.run(&["reply", &c, "x", "--attach", home.path().to_str().unwrap()]);
    assert_eq!(dir.code(), 4, "{}", dir.err);
    let zip = file(&home, "a.zip", b"PK\x03\x04");
    let refused = home.run(&["reply", &c, "x", "--attach", &zip]);
    assert_eq!(refused.code(), 4);
    assert!(refused.err.contains("a.zip cannot be sent (ZIP); MMS takes"), "{}", refused.err);
    let number = ["new", "--channel", "support", "--to", "+31612345678", "--attach", &picture];
    let abroad = home.run(&number);
    assert_eq!(abroad.code(), 4);
    assert!(abroad.err.contains("numbers of the US and Canada only"), "{}", abroad.err);
    assert_eq!(home.run(&["reply", &c]).code(), 2, "neither words nor a file");
    // A note takes any file.
    home.run(&["note", &c, "--attach", &zip]).ok();
    let note = last(&home, &c);
    assert_eq!(
        (note["direction"].as_str(), note["attachments"][0]["name"].as_str()),
        (Some("note"), Some("a.zip"))
    );
    assert!(serve.terminate().success());

    // A vendor in the world cannot fetch from loopback: that is known before anything is sent.
    let text = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    let away: String =
        text.lines().filter(|l| !l.starts_with("base_url")).map(|l| format!("{l}\n")).collect();
    home.configure(&away);
    let refused = home.run(&["reply", &c, "x", "--attach", &picture]);
    assert_eq!(refused.code(), 4);
    assert!(
        refused.err.contains("Twilio cannot fetch files from this machine: set `public_url`"),
        "{}",
        refused.err
    );
    home.configure(&format!("public_url = \"https://desk.example.com\"\n{away}"));
    home.run(&["reply", &c, "x", "--attach", &picture]).ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quick_replies_take_their_files_along() {
    let world = world().await;
    let home = Home::with_accounts(&world);
    let terms = file(&home, "terms.pdf", b"%PDF-1.7 terms");
    home.run(&["quick-reply", "add", "terms", "Our terms", "--attach", &terms]).ok();
    let listed = home.run(&["quick-reply", "list", "--json"]).ok().json();
    assert_eq!(listed[0]["files"], serde_json::json!(["terms.pdf"]));
    for name in ["out/all.toml", "out/all.csv"] {
        let out = home.path().join(name);
        std::fs::create_dir_all(out.parent().unwrap()).unwrap();
        let out = out.to_str().unwrap();
        home.run(&["quick-reply", "export", out]).ok();
        let written = std::fs::read_to_string(out).unwrap();
        assert!(written.contains("all-files/") && !written.contains("/own/"), "{written}");
        // Elsewhere the file stands for itself.
        let moved = home.path().join("moved");
        let _ = std::fs::remove_dir_all(&moved);
        std::fs::rename(home.path().join("out"), &moved).unwrap();
        let there = moved.join(Path::new(name).file_name().unwrap());
        let again = home.run(&["quick-reply", "import", there.to_str().unwrap()]).ok();
        assert_eq!(again.out, "unchanged: terms\n");
        std::fs::rename(&moved, home.path().join("out")).unwrap();
    }
    let printed = home.run(&["quick-reply", "export"]).ok().out;
    let piped = home.run_with(&["quick-reply", "import", "-", "--format", "toml"], &printed).ok();
    assert_eq!(piped.out, "unchanged: terms\n");
    let bad = "[[quick_reply]]\nshortcut = \"x\"\nbody = \"y\"\nfiles = [\"none.pdf\"]\n";
    let bad = home.run_with(&["quick-reply", "import", "-", "--format", "toml"], bad);
    assert_eq!(bad.code(), 3, "{}", bad.err);
    let more = file(&home, "map.png", PNG);
    home.run(&["quick-reply", "edit", "terms", "--attach", &more]).ok();
    let listed = home.run(&["quick-reply", "list", "--json"]).ok().json();
    assert_eq!(listed[0]["files"], serde_json::json!(["terms.pdf", "map.png"]));
    home.run(&["quick-reply", "edit", "terms", "--no-files", "--attach", &more]).ok();

    // It is answered with, and its file goes out.
    let serve = home.serve(0);
    let hook = format!("{}/hooks/support", serve.base).into();
    world.inbound(&hook, CUSTOMER, &world.numbers()[0], "hello", Extra::default()).await;
    let c = conversation(&home);
    home.run(&["quick-reply", "use", "terms", &c, "--wait", "20"]).ok();
    until("the far end has it", || {
        let sent = world.sent();
        let sid = &sent.first()?.sid;
        world.files(sid).first().filter(|(_, bytes)| bytes == PNG).map(|_| ())
    });
}

/// A home whose screen listens on a port that was free a moment ago.
fn listening_home(world: &TwilioWorld) -> (Home, String) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let home = Home::with_accounts(world);
    let text = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    home.configure(&format!("listen = \"127.0.0.1:{port}\"\n{text}"));
    (home, format!("http://127.0.0.1:{port}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn files_are_attached_by_completion_one_is_taken_away_and_the_visitor_gets_the_other() {
    let world = world().await;
    let (home, base) = listening_home(&world);
    let mine = file(&home, "parcel.png", PNG);
    file(&home, "parcel-back.png", b"\x89PNG\r\n\x1a\nback");
    file(&home, ".hidden.png", PNG);
    let dir = format!("{}/", Path::new(&mine).parent().unwrap().display());
    let screen = Pty::start(&home, &[], 120, 40);
    screen.wait("frontdesk");
    let chat = format!("{base}/chat/shop");
    let mut visitor = None;
    for _ in 0..500 {
        match Visitor::arrive(&chat, &Claims::default()).await {
            Ok(v) => {
                visitor = Some(v);
                break;
            }
            Err(_) => std::thread::park_timeout(std::time::Duration::from_millis(10)),
        }
    }
    let visitor = visitor.expect("the chat page answers");
    visitor.say("Is it whole?").await.unwrap();
    screen.wait("Is it whole?");
    let mut screen = screen;
    screen.send("\rr");
    screen.wait("PUBLIC");
    // Alt-A, a path: Tab writes what fits.
    screen.send("\x1ba");
    screen.wait("Attach a file");
    screen.paste(&dir);
    let listed = screen.wait("parcel-back.png");
    assert!(!listed.contains(".hidden.png"), "{listed}");
    screen.send("par\t");
    screen.wait("/parcel");
    screen.send(".\t");
    screen.wait("/parcel.png");
    screen.send("\r");
    screen.wait("▣ parcel.png  PNG · 33 B");
    // The second begins where the first was found.
    screen.send("\x1ba");
    screen.wait("Attach a file");
    screen.wait("parcel-back.png");
    screen.send("parcel-\t\r");
    screen.wait("▣ parcel-back.png  PNG · 12 B");
    // One is taken away again: which one is asked, the last stands first.
    screen.send("\x1bk");
    screen.wait("Which file does not go along");
    screen.send("\r");
    screen.wait_gone("▣ parcel-back.png");
    screen.send("As it was packed.");
    screen.wait("As it was packed.");
    // What is typed outlives the program, files and all.
    until("the draft is kept", || {
        let clock = std::sync::Arc::new(frontdesk::domain::clock::SystemClock);
        let store = frontdesk::store::Store::open(&home.workspace(), clock).ok()?;
        let reader = store.reader().ok()?;
        let row = reader.list_all(1, None).ok()?.into_iter().next()?;
        let draft = reader.draft(row.id, frontdesk::domain::command::ComposeMode::Reply).ok()??;
        (draft.text == "As it was packed." && draft.files.len() == 1).then_some(())
    });
    screen.kill();
    std::fs::remove_file(&mine).unwrap();
    let mut screen = Pty::start(&home, &[], 80, 24);
    screen.wait("Is it whole?");
    screen.send("\rr");
    screen.wait("▣ parcel.png  PNG · 33 B");
    screen.send("\r");
    screen.wait_gone("PUBLIC");
    let message = {
        let mut found = None;
        for _ in 0..3_000 {
            let page = visitor.messages(None, 50).await;
            found = page.ok().and_then(|p| p.messages.into_iter().find(|m| m.direction == "outbound"));
            if found.is_some() {
                break;
            }
            std::thread::park_timeout(std::time::Duration::from_millis(10));
        }
        found.expect("the answer comes")
    };
    assert_eq!(message.text, "As it was packed.");
    let [only] = message.files.as_slice() else { panic!("{message:?}") };
    assert_eq!(
        (only.name.as_str(), only.mime.as_str(), only.size, only.image),
        ("parcel.png", "image/png", 33, true)
    );
    assert_eq!(visitor.file(&only.id).await.unwrap(), PNG);
    // In the thread it is a line like those of the customer's files.
    screen.wait("▣ parcel.png");
    // Another visitor has another key, and gets nothing.
    let other = Visitor::arrive(&chat, &Claims::default()).await.unwrap();
    other.say("And I?").await.unwrap();
    for id in [only.id.as_str(), "999999", "x", "..%2f..%2ffrontdesk.db"] {
        match other.file(id).await {
            Err(VisitorError::Refused { status: 404, .. }) => {}
            answer => panic!("{id}: {answer:?}"),
        }
    }
    let nobody = Visitor::resume(&chat, "", "").unwrap();
    assert!(matches!(nobody.file(&only.id).await, Err(VisitorError::Refused { status: 401, .. })));
    screen.send("\x11");
    assert_eq!(screen.ended(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_dropped_file_goes_along_in_the_place_of_its_path() {
    let world = world().await;
    let (home, base) = listening_home(&world);
    let photo = file(&home, "my photo.png", PNG);
    let mut screen = Pty::start(&home, &[], 120, 40);
    screen.wait("frontdesk");
    let hook = format!("{base}/hooks/support").into();
    for _ in 0..500 {
        let sent = world.inbound(&hook, CUSTOMER, &world.numbers()[0], "Show me", Extra::default()).await;
        if sent.answers.iter().any(|a| a.status == 200) {
            break;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(10));
    }
    screen.wait("Show me");
    screen.send("\rr");
    screen.wait("PUBLIC");
    // As a terminal writes it: with a backslash before the blank.
    screen.paste(&format!("{} ", photo.replace(' ', "\\ ")));
    screen.wait("▣ my photo.png  PNG · 33 B");
    screen.wait("MMS · 1 file");
    screen.send("\x1bu");
    screen.wait("my\\ photo.png");
    screen.send("\x1bu");
    screen.wait_gone("my\\ photo.png");
    screen.paste(url::Url::from_file_path(&photo).unwrap().as_ref());
    screen.wait("▣ my photo.png  PNG · 33 B");
    // No words are needed.
    screen.send("\r");
    screen.wait("delivered");
    let sent = world.sent();
    assert_eq!((sent.len(), sent[0].body.as_str()), (1, ""));
    assert_eq!(world.files(&sent[0].sid), [("image/png".to_owned(), PNG.to_vec())]);
    screen.send("\x11");
    assert_eq!(screen.ended(), 0);
}
