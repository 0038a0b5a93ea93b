//! Resend from one end to the other, by script: mail comes in by polling and by webhook, is answered, and what becomes of the answer is seen.

use crate::support::{Home, Serve, until, write_private};
use frontdesk::sandbox::letter::{File, Letter};
use frontdesk::sandbox::resend::{Answer, Inbound, Outcome, Plan, Push, ResendOptions, ResendWorld, Told};
use serde_json::json;

const THEIRS: &str = "Dana <dana@example.net>";
const OURS: &str = "support@example.com";

/// The program with an account at the far end.
struct Desk {
    world: ResendWorld,
    home: Home,
    serve: Serve,
}

impl Desk {
    /// One that asks so often; told by webhooks where it never asks.
    async fn new(poll_seconds: u32) -> Desk {
        let world = ResendWorld::start(ResendOptions::default()).await.unwrap();
        let home = Home::empty();
        let (key, secret) = (home.path().join("key"), home.path().join("secret"));
        write_private(&key, world.api_key());
        write_private(&secret, &world.webhook_secret());
        home.configure(&format!(
            r#"undo_seconds = 0
[agent]
name = "Ana"
email = "ana@example.com"

[workspace.main.channel.mail]
provider = "resend"
from = "Example <{OURS}>"
signature = "Your Example team"
base_url = "{}"
poll_seconds = {poll_seconds}

[workspace.main.channel.mail.secrets]
api_key = {{ file = {:?} }}
webhook_secret = {{ file = {:?} }}
"#,
            world.base_url(),
            key.display().to_string(),
            secret.display().to_string(),
        ));
        let serve = home.serve(0);
        if poll_seconds == 0 {
            world.events_to(format!("{}/hooks/mail/events", serve.base));
        }
        Desk { world, home, serve }
    }
}

fn letter(id: &str, text: &str) -> Letter {
    Letter::new(&format!("{id}@mail.example.net"), THEIRS, OURS, "Where is my order?", text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_any_webhook_mail_comes_in_is_answered_and_found_again_by_its_other_name() {
    let desk = Desk::new(1).await;
    let file = File {
        name: "invoice.pdf".into(),
        mime: "application/pdf".into(),
        bytes: b"%PDF-1.4 invoice".to_vec(),
        content_id: None,
    };
    desk.world.inbound(Letter { files: vec![file], ..letter("1", "It is late.") }).await;
    let c = desk.home.conversation();
    let row = &desk.home.conversations()[0];
    assert_eq!(
        (&row["channel"], &row["account"], &row["unread"]),
        (&json!("email"), &json!("mail"), &json!(1))
    );
    desk.home.run(&["reply", &c, "On its **way**.", "--wait", "20"]).ok();
    desk.home.delivery(&c, "delivered");
    let sent = desk.world.sent().pop().unwrap();
    assert_eq!(sent.list("to"), ["dana@example.net"]);
    assert_eq!(sent.header("In-Reply-To"), Some("<1@mail.example.net>"));
    assert!(sent.body["text"].as_str().unwrap().contains("Your Example team"));
    // The program at their side names the only mail that it knows: by the id that Resend gave it.
    let answer = Letter {
        in_reply_to: Some(sent.message_id.clone()),
        from: "Dana <dana@phone.example>".into(),
        subject: "another matter".into(),
        ..letter("2", "Thank you.")
    };
    desk.world.inbound(answer).await;
    assert_eq!(desk.home.some(&c, 3)[2]["text"], "Thank you.");
    assert_eq!(desk.home.conversations().len(), 1);
    assert!(desk.serve.terminate().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_brings_mail_at_once_and_tells_every_end_of_an_answer() {
    let desk = Desk::new(0).await;
    for push in [Push::Unsigned, Push::BadSignature, Push::Stale] {
        let event = json!({"type": "email.received", "data": {}});
        assert_eq!(desk.world.tell(&event, push).await, [Some(401)], "{push:?}");
    }
    let (_, answers) =
        desk.world.inbound(Inbound { push: Some(Push::Twice), ..letter("1", "It is late.").into() }).await;
    assert_eq!(answers, [Some(200), Some(200)]);
    let c = desk.home.conversation();
    assert_eq!(desk.home.messages(&c).len(), 1);
    let new = |to: &str, plan: Plan| {
        desk.world.plan(plan);
        let sent =
            desk.home.run(&["new", "--channel", "mail", "--to", to, "--subject", "News", "hello", "--json"]);
        sent.ok().json()[0]["conversation"].as_str().unwrap().to_owned()
    };
    desk.home.delivery(&new("a@example.net", Answer::TooMany { seconds: 1 }.into()), "delivered");
    let refused =
        Answer::Refused { status: 422, name: "validation_error", message: "Invalid `subject` field." };
    let shown = desk.home.delivery(&new("b@example.net", refused.into()), "failed");
    assert!(shown["error"]["human"].as_str().unwrap().contains("Invalid `subject`"), "{shown}");
    // Taken, and returned later: the return counts, in whichever order it is told.
    for (to, told) in
        [("c@example.net", Told::InOrder), ("d@example.net", Told::Reversed), ("e@example.net", Told::Twice)]
    {
        let c = new(to, Plan { outcome: Outcome::Returned, told, ..Plan::default() });
        desk.world
            .until(|w| w.told().iter().filter(|(e, _)| e["data"]["to"] == json!([to])).count() >= 3)
            .await;
        let shown = desk.home.delivery(&c, "failed");
        assert_eq!(shown["error"]["code"], "5.1.1");
    }
    // Resend does not send there any more; here, nobody tries.
    let shown = desk.home.delivery(&new("e@example.net", Plan::default()), "failed");
    assert!(shown["error"]["human"].as_str().unwrap().contains("bounced before"), "{shown}");
    let again = desk.home.run(&["new", "--channel", "mail", "--to", "e@example.net", "--subject", "x", "y"]);
    assert_eq!(again.code(), 4, "{}", again.err);
    assert!(again.err.contains("opted out"), "{}", again.err);
    desk.home.delivery(&new("f@example.net", Outcome::Opened.into()), "read");
    desk.home.delivery(&new("g@example.net", Outcome::Delayed.into()), "delivered");
    // No answer: asked once more with the same key, and sent once.
    desk.home.delivery(&new("h@example.net", Answer::CutAfter.into()), "delivered");
    let to_h = || desk.world.sent().iter().filter(|s| s.list("to") == ["h@example.net"]).count();
    assert_eq!(to_h(), 1);
    // A complaint: delivered all the same, and not written to any more.
    let c = new("k@example.net", Outcome::Complained.into());
    desk.home.delivery(&c, "delivered");
    let refused = until("a refusal", || {
        let answer = desk.home.run(&["reply", &c, "again"]);
        (answer.code() != 0).then_some(answer)
    });
    assert!(refused.err.contains("opted out"), "{}", refused.err);
}
