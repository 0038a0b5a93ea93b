//! SendGrid from one end to the other, by script: a mail comes in, is answered, and what becomes of the answer is seen.

use crate::support::{Home, Serve, until, write_private};
use frontdesk::sandbox::letter::{File, Letter};
use frontdesk::sandbox::sendgrid::{
    Answer, Inbound, Outcome, Plan, Push, SendGridOptions, SendGridWorld, Sent, Told,
};
use serde_json::json;

const THEIRS: &str = "Dana <dana@example.net>";
const OURS: &str = "support@example.com";

/// The program with an account at the far end, which knows where to tell of mails.
struct Desk {
    world: SendGridWorld,
    home: Home,
    serve: Serve,
}

impl Desk {
    async fn new() -> Desk {
        let world = SendGridWorld::start(SendGridOptions::default()).await.unwrap();
        let home = Home::empty();
        let key = home.path().join("key");
        write_private(&key, world.api_key());
        home.configure(&format!(
            r#"undo_seconds = 0
[agent]
name = "Ana"
email = "ana@example.com"

[workspace.main.channel.mail]
provider = "sendgrid"
from = "Example <{OURS}>"
verification_key = "{}"
parse_verification_key = "{}"
reply_domain = "parse.example.com"
signature = "Your Example team"
base_url = "{}"

[workspace.main.channel.mail.secrets]
api_key = {{ file = {:?} }}
"#,
            world.events_key(),
            world.parse_key(),
            world.base_url(),
            key.display().to_string(),
        ));
        let serve = home.serve(0);
        world.events_to(format!("{}/hooks/mail/events", serve.base));
        Desk { world, home, serve }
    }

    async fn receive(&self, inbound: impl Into<Inbound>) -> Vec<Option<u16>> {
        self.world.inbound(&format!("{}/hooks/mail/parse", self.serve.base), &inbound.into()).await
    }

    fn last_sent(&self) -> Sent {
        self.world.sent().pop().unwrap()
    }
}

fn letter(id: &str, text: &str) -> Letter {
    Letter::new(&format!("{id}@mail.example.net"), THEIRS, OURS, "Where is my order?", text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_comes_in_is_answered_and_its_delivery_is_seen() {
    let desk = Desk::new().await;
    let file = File {
        name: "invoice.pdf".into(),
        mime: "application/pdf".into(),
        bytes: b"%PDF-1.4 invoice".to_vec(),
        content_id: None,
    };
    let first = Letter {
        files: vec![file],
        date: Some("Fri, 01 May 2020 08:00:00 +0000".into()),
        ..letter("1", "It is late.")
    };
    assert_eq!(desk.receive(first).await, [Some(200)]);
    let c = desk.home.conversation();
    let row = &desk.home.conversations()[0];
    assert_eq!(
        (&row["channel"], &row["account"], &row["status"]),
        (&json!("email"), &json!("mail"), &json!("open"))
    );
    assert_eq!(row["unread"], 1, "what has just come is new, whatever its date says");
    assert_eq!(row["subject"], "Where is my order?");
    let shown = desk.home.messages(&c).remove(0);
    assert_eq!((&shown["text"], &shown["subject"]), (&json!("It is late."), &json!("Where is my order?")));
    assert_eq!(shown["to"], json!([OURS]));
    let path = shown["attachments"][0]["path"].as_str().unwrap();
    assert_eq!(std::fs::read(path).unwrap(), b"%PDF-1.4 invoice");

    desk.home.run(&["reply", &c, "On its **way**.", "--attach", path, "--wait", "20"]).ok();
    let answer = desk.home.delivery(&c, "delivered");
    let sent = desk.last_sent();
    assert_eq!(sent.list("to"), ["dana@example.net"]);
    assert_eq!(sent.body["subject"], "Re: Where is my order?");
    assert_eq!(sent.header("In-Reply-To"), Some("<1@mail.example.net>"));
    assert_eq!(sent.header("References"), Some("<1@mail.example.net>"));
    let id = answer["external_id"].as_str().unwrap();
    assert_eq!(sent.header("Message-ID"), Some(format!("<{id}>").as_str()));
    assert!(id.ends_with("@example.com"), "{id}");
    assert!(sent.content("text/plain").unwrap().contains("Your Example team"));
    assert_eq!(
        sent.files(),
        [("invoice.pdf".into(), "application/pdf".into(), b"%PDF-1.4 invoice".to_vec())]
    );

    // The customer answers, and the program at their side keeps the headers.
    let again = Letter {
        in_reply_to: Some(id.to_owned()),
        references: vec!["1@mail.example.net".into(), id.to_owned()],
        ..letter("2", "Thank you.")
    };
    desk.receive(again).await;
    let all = desk.home.some(&c, 3);
    assert_eq!(all[2]["text"], "Thank you.");
    assert_eq!(desk.home.conversations().len(), 1);
    assert!(desk.serve.terminate().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_lost_its_headers_is_known_by_its_address() {
    let desk = Desk::new().await;
    desk.receive(letter("1", "It is late.")).await;
    let c = desk.home.conversation();
    desk.home.run(&["reply", &c, "On its way.", "--wait", "20"]).ok();
    desk.home.delivery(&c, "delivered");
    let reply_to = desk.last_sent().body["reply_to"]["email"].as_str().unwrap().to_owned();
    assert!(reply_to.starts_with("support+") && reply_to.ends_with("@parse.example.com"), "{reply_to}");
    let mut lost =
        Letter::new("x9@phone.example", "dana@home.example", &reply_to, "no subject at all", "I have it.");
    lost.html = Some("<p>I have it.</p>".into());
    desk.receive(Inbound { is_raw: false, ..lost.into() }).await;
    assert_eq!(desk.home.some(&c, 3)[2]["text"], "I have it.");
    // Another matter of the same customer is another conversation.
    let other = Letter { subject: "Invoice".into(), ..letter("3", "And the invoice?") };
    desk.receive(other).await;
    until("two conversations", || (desk.home.conversations().len() == 2).then_some(()));
    assert_eq!(desk.home.messages(&c).len(), 3);
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
    // 429: not sent, tried again by itself.
    desk.home.delivery(&new("a@example.net", Answer::TooMany { reset: 1 }.into()), "delivered");

    // Refused, with words.
    let refused = Answer::Refused { status: 400, message: "Invalid replacement", field: Some("subject") };
    let shown = desk.home.delivery(&new("b@example.net", refused.into()), "failed");
    assert!(shown["error"]["human"].as_str().unwrap().contains("Invalid replacement"), "{shown}");

    // Taken, and returned later: the return counts, in whichever order it is told.
    for (to, told) in
        [("c@example.net", Told::InOrder), ("d@example.net", Told::Reversed), ("e@example.net", Told::Twice)]
    {
        let c = new(to, Plan { outcome: Outcome::Returned, told, ..Plan::default() });
        desk.world.until(|w| w.told().iter().filter(|(e, _)| e["email"] == to).count() >= 3).await;
        let shown = desk.home.delivery(&c, "failed");
        assert_eq!(shown["error"]["code"], "5.1.1");
        assert!(
            shown["error"]["human"].as_str().unwrap().starts_with(&format!("{to}: there is no such mailbox"))
        );
    }
    // SendGrid does not send there any more; here, nobody tries.
    let c = new("e@example.net", Plan::default());
    let shown = desk.home.delivery(&c, "failed");
    assert!(shown["error"]["human"].as_str().unwrap().contains("bounced before"), "{shown}");
    let again = desk.home.run(&["new", "--channel", "mail", "--to", "e@example.net", "--subject", "x", "y"]);
    assert_eq!(again.code(), 4, "{}", again.err);
    assert!(again.err.contains("opted out"), "{}", again.err);

    // Opened, by a person or by a machine.
    desk.home.delivery(&new("f@example.net", Outcome::Opened.into()), "read");
    let c = new("g@example.net", Outcome::OpenedByMachine.into());
    desk.world.until(|w| w.told().iter().any(|(e, _)| e["sg_machine_open"] == true)).await;
    desk.home.delivery(&c, "delivered");
    desk.home.delivery(&new("h@example.net", Outcome::Deferred.into()), "delivered");

    // The answer was cut off after the work was done: the first event settles it, and nothing is sent twice.
    let c = new("i@example.net", Answer::CutAfter.into());
    desk.home.delivery(&c, "delivered");
    let before = desk.world.sent().iter().filter(|s| s.recipients() == ["i@example.net"]).count();
    assert_eq!(before, 1);
    // Cut off before: it stays in doubt, and the agent decides.
    let c = new("j@example.net", Answer::CutBefore.into());
    let shown = desk.home.delivery(&c, "unknown");
    let m = shown["id"].as_str().unwrap();
    desk.home.run(&["settle", m, "not-sent"]).ok();
    desk.home.run(&["retry", m]).ok();
    desk.home.delivery(&c, "delivered");
    assert_eq!(desk.world.sent().iter().filter(|s| s.recipients() == ["j@example.net"]).count(), 1);

    // A complaint: delivered all the same, and not written to any more.
    let c = new("k@example.net", Outcome::SpamReport.into());
    desk.home.delivery(&c, "delivered");
    let refused = until("a refusal", || {
        let answer = desk.home.run(&["reply", &c, "again"]);
        (answer.code() != 0).then_some(answer)
    });
    assert!(refused.err.contains("opted out"), "{}", refused.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_has_signed_is_refused_and_what_comes_twice_is_one() {
    let desk = Desk::new().await;
    for push in [Push::Unsigned, Push::BadSignature] {
        assert_eq!(desk.receive(Inbound { push, ..letter("1", "let me in").into() }).await, [Some(401)]);
    }
    let twice = Inbound { push: Push::Twice, ..letter("2", "hello").into() };
    assert_eq!(desk.receive(twice).await, [Some(200), Some(200)]);
    let c = desk.home.conversation();
    // The same mail, posted in another form for another of our addresses.
    let other = Letter { envelope_to: vec!["billing@parse.example.com".into()], ..letter("2", "hello") };
    desk.receive(Inbound { is_raw: false, ..other.into() }).await;
    desk.receive(letter("3", "the last one")).await;
    until("the last one", || (desk.home.conversations()[0]["preview"] == "the last one").then_some(()));
    let texts: Vec<_> =
        desk.home.messages(&c).iter().map(|m| m["text"].as_str().unwrap().to_owned()).collect();
    assert!(texts.iter().all(|text| text != "let me in"), "{texts:?}");
    assert_eq!(texts.iter().filter(|text| *text == "hello").count(), 1, "{texts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_mails_come_in_whole_and_strangers_send_none() {
    let desk = Desk::new().await;
    let bytes: Vec<u8> = (0..20_000_000u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let file = File { name: "film.bin".into(), mime: "video/mp4".into(), bytes, content_id: None };
    let large = Letter { files: vec![file.clone()], ..letter("1", "a film") };
    let stranger = Inbound { push: Push::Unsigned, ..large.clone().into() };
    assert_ne!(desk.receive(stranger).await, [Some(200)]);
    assert_eq!(desk.receive(Inbound { is_raw: false, ..large.into() }).await, [Some(200)]);
    let c = desk.home.conversation();
    let path = desk.home.messages(&c)[0]["attachments"][0]["path"].as_str().unwrap().to_owned();
    assert!(std::fs::read(path).unwrap() == file.bytes, "whole");
    assert_eq!(desk.home.messages(&c)[0]["attachments"][0]["size"], 20_000_000);
}
