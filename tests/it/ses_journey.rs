//! Amazon SES from one end to the other, by script: the topic is confirmed, a mail comes in, is answered, and what becomes of the answer
//! is seen.

use crate::support::{Home, Serve, until, write_private};
use frontdesk::sandbox::letter::{File, Letter};
use frontdesk::sandbox::ses::{Answer, Inbound, Outcome, Plan, Push, SesOptions, SesWorld, Told, Way};
use serde_json::{Value, json};

const THEIRS: &str = "Dana <dana@example.net>";
const OURS: &str = "support@example.com";
const FORWARD: &str = "a-token-of-some-length";

/// The program with an account at the far end, whose topic knows where to tell of mails.
struct Desk {
    world: SesWorld,
    home: Home,
    serve: Serve,
}

impl Desk {
    async fn new() -> Desk {
        let options = SesOptions::default();
        let (id, secret) = (options.login.id.clone(), options.login.secret.clone());
        let world = SesWorld::start(options).await.unwrap();
        let home = Home::empty();
        let file = |name: &str, text: &str| {
            let path = home.path().join(name);
            write_private(&path, text);
            format!("{{ file = {:?} }}", path.display().to_string())
        };
        home.configure(&format!(
            r#"undo_seconds = 0
[agent]
name = "Ana"
email = "ana@example.com"

[workspace.main.channel.mail]
provider = "ses"
from = "Example <{OURS}>"
region = "eu-west-1"
configuration_set = "frontdesk"
topic_arn = "arn:aws:sns:eu-west-1:123456789012:mail"
bucket = "example-mail"
prefix = "support/"
base_url = "{}"

[workspace.main.channel.mail.secrets]
access_key_id = {}
secret_access_key = {}
forward_token = {}
"#,
            world.base_url(),
            file("id", &id),
            file("secret", &secret),
            file("token", FORWARD),
        ));
        let serve = home.serve(0);
        assert_eq!(world.subscribe(&format!("{}/hooks/mail/sns", serve.base)).await, Some(200));
        world.until(SesWorld::is_subscribed).await;
        Desk { world, home, serve }
    }
}

fn letter(id: &str, text: &str) -> Letter {
    Letter::new(&format!("{id}@mail.example.net"), THEIRS, OURS, "Where is my order?", text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_comes_in_is_answered_and_its_delivery_is_seen() {
    let desk = Desk::new().await;
    assert_eq!(desk.world.certificates(), 1, "the first message had to wait for the certificate");
    let file = File {
        name: "invoice.pdf".into(),
        mime: "application/pdf".into(),
        bytes: b"%PDF-1.4 invoice".to_vec(),
        content_id: None,
    };
    let first = Letter { files: vec![file], ..letter("1", "It is late.") };
    assert_eq!(desk.world.inbound(&first.into()).await, [Some(200)]);
    let c = desk.home.conversation();
    let row = &desk.home.conversations()[0];
    assert_eq!(
        (&row["channel"], &row["account"], &row["status"]),
        (&json!("email"), &json!("mail"), &json!("open"))
    );
    let shown = desk.home.messages(&c).remove(0);
    assert_eq!((&shown["text"], &shown["subject"]), (&json!("It is late."), &json!("Where is my order?")));
    let path = shown["attachments"][0]["path"].as_str().unwrap();
    assert_eq!(std::fs::read(path).unwrap(), b"%PDF-1.4 invoice");

    desk.home.run(&["reply", &c, "On its **way**.", "--wait", "20"]).ok();
    let answer = desk.home.delivery(&c, "delivered");
    let sent = desk.world.sent().pop().unwrap();
    assert_eq!(sent.recipients(), ["dana@example.net"]);
    let raw = String::from_utf8_lossy(&sent.raw).into_owned();
    let id = answer["external_id"].as_str().unwrap();
    assert!(raw.contains(&format!("Message-ID: <{id}>")) && raw.contains("<1@mail.example.net>"), "{raw}");

    // The carrier has given it another id, and the customer's program knows only that one.
    let again = Letter {
        in_reply_to: Some(sent.message_id()),
        references: vec![sent.message_id()],
        subject: "another subject".into(),
        ..letter("2", "Thank you.")
    };
    desk.world.inbound(&Inbound { way: Way::Bucket, ..again.into() }).await;
    let all = desk.home.some(&c, 3);
    // The bucket tells whole seconds only: within one, it may stand before what it answers.
    assert!(all.iter().any(|m| m["text"] == "Thank you."), "{all:?}");
    assert_eq!(desk.home.conversations().len(), 1);
    assert!(desk.serve.terminate().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_way_in_which_an_answer_can_end() {
    let desk = Desk::new().await;
    let new = |to: &str, plan: Plan| {
        desk.world.plan(plan);
        let sent = desk
            .home
            .run(&["new", "--channel", "mail", "--to", to, "--subject", "News", "hello", "--json"])
            .ok()
            .json();
        sent[0]["conversation"].as_str().unwrap().to_owned()
    };
    let throttled = Answer::Refused {
        status: 429,
        kind: "TooManyRequestsException",
        message: "Maximum sending rate exceeded.",
    };
    desk.home.delivery(&new("a@example.net", throttled.into()), "delivered");
    let refused =
        Answer::Refused { status: 400, kind: "MessageRejected", message: "Email address is not verified." };
    let shown = desk.home.delivery(&new("b@example.net", refused.into()), "failed");
    assert!(shown["error"]["human"].as_str().unwrap().contains("is not verified."), "{shown}");

    // Taken, and returned later: the return counts, in whichever order it is told.
    for (to, told) in
        [("c@example.net", Told::InOrder), ("d@example.net", Told::Reversed), ("e@example.net", Told::Twice)]
    {
        let c = new(to, Plan { outcome: Outcome::Returned, told, ..Plan::default() });
        let is_of = |e: &Value| e["mail"]["destination"][0] == to;
        desk.world.until(|w| w.told().iter().filter(|(e, _)| is_of(e)).count() >= 3).await;
        let shown = desk.home.delivery(&c, "failed");
        assert_eq!(shown["error"]["code"], "5.1.1");
        assert!(
            shown["error"]["human"].as_str().unwrap().starts_with(&format!("{to}: there is no such mailbox"))
        );
    }
    // SES does not send there any more; here, nobody tries.
    let c = new("e@example.net", Plan::default());
    let shown = desk.home.delivery(&c, "failed");
    assert!(shown["error"]["human"].as_str().unwrap().contains("suppression list"), "{shown}");
    let again = desk.home.run(&["new", "--channel", "mail", "--to", "e@example.net", "--subject", "x", "y"]);
    assert_eq!(again.code(), 4, "{}", again.err);

    desk.home.delivery(&new("f@example.net", Outcome::Opened.into()), "read");
    desk.home.delivery(&new("g@example.net", Outcome::Delayed.into()), "delivered");
    desk.home.delivery(&new("h@example.net", Outcome::Full.into()), "failed");
    desk.home.delivery(&new("i@example.net", Outcome::Rejected.into()), "failed");
    let c = new("j@example.net", Outcome::Absent.into());
    desk.world
        .until(|w| {
            w.told().iter().any(|(e, _)| {
                e["bounce"]["bounceSubType"] == "General" && e["mail"]["destination"][0] == "j@example.net"
            })
        })
        .await;
    desk.home.delivery(&c, "delivered");

    // The answer was cut off after the work was done: the first event settles it, and nothing is sent twice.
    let c = new("k@example.net", Answer::CutAfter.into());
    desk.home.delivery(&c, "delivered");
    assert_eq!(desk.world.sent().iter().filter(|s| s.recipients() == ["k@example.net"]).count(), 1);
    // Cut off before: it stays in doubt, and the agent decides.
    let c = new("l@example.net", Answer::CutBefore.into());
    let shown = desk.home.delivery(&c, "unknown");
    let m = shown["id"].as_str().unwrap();
    desk.home.run(&["settle", m, "not-sent"]).ok();
    desk.home.run(&["retry", m]).ok();
    desk.home.delivery(&c, "delivered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_but_the_topic_and_who_has_the_token_gets_anything_in() {
    let desk = Desk::new().await;
    for push in [Push::BadSignature, Push::Unsigned, Push::OtherTopic, Push::OtherPlace, Push::Raw] {
        assert_eq!(
            desk.world.inbound(&Inbound { push, ..letter("1", "let me in").into() }).await,
            [Some(401)],
            "{push:?}"
        );
    }
    // Genuine, but nothing that anybody understands: kept for later, and in nobody's way.
    assert_eq!(desk.world.publish("\u{1b}[31mhello", Push::Signed).await, [Some(200)]);
    let twice = Inbound { push: Push::Twice, ..letter("2", "hello").into() };
    assert_eq!(desk.world.inbound(&twice).await, [Some(200), Some(200)]);
    let c = desk.home.conversation();
    // The same mail once more, handed over whole by a program of ours; and one that only it has.
    let hook = format!("{}/hooks/mail/raw", desk.serve.base);
    // Another test of this process may have chosen it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = async |letter: &Letter, token: &str| {
        let request = client.post(&hook).bearer_auth(token).body(letter.raw());
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(post(&letter("1", "let me in"), "another-token-of-length").await, 401);
    assert_eq!(post(&letter("2", "hello"), FORWARD).await, 200);
    let last = Letter { in_reply_to: Some("2@mail.example.net".into()), ..letter("3", "the last one") };
    assert_eq!(post(&last, FORWARD).await, 200);
    until("the last one", || (desk.home.conversations()[0]["preview"] == "the last one").then_some(()));
    let texts: Vec<_> =
        desk.home.messages(&c).iter().map(|m| m["text"].as_str().unwrap().to_owned()).collect();
    assert_eq!(texts, ["hello", "the last one"]);
}
