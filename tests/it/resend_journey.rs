//! Resend from one end to the other, by script: told of a mail, asked for it, answered, and what became of the answer.

use crate::support::{Home, until, write_private};
use frontdesk::sandbox::letter::{File, Letter};
use frontdesk::sandbox::resend::{Answer, Outcome, ResendOptions, ResendWorld};
use serde_json::Value;

fn home(world: &ResendWorld) -> Home {
    let home = Home::empty();
    let (key, secret) = (home.path().join("key"), home.path().join("secret"));
    write_private(&key, world.api_key());
    write_private(&secret, world.webhook_secret());
    home.configure(&format!(
        r#"undo_seconds = 0
[agent]
name = "Ana"
email = "ana@example.com"

[workspace.main.channel.mail]
provider = "resend"
from = "Example <support@example.com>"
reply_domain = "parse.example.com"
poll_seconds = 0
base_url = "{}"

[workspace.main.channel.mail.secrets]
api_key = {{ file = {:?} }}
webhook_secret = {{ file = {:?} }}
"#,
        world.base_url(),
        key.display().to_string(),
        secret.display().to_string(),
    ));
    home
}

fn messages(home: &Home, conversation: &str) -> Vec<Value> {
    home.run(&["show", conversation, "--json"]).ok().json()[0]["messages"].as_array().unwrap().clone()
}

#[track_caller]
fn delivery(home: &Home, conversation: &str, wanted: &str) -> Value {
    until(&format!("delivery {wanted}"), || {
        let mut all = messages(home, conversation).into_iter();
        all.rfind(|m| m["direction"] == "outbound").filter(|m| m["delivery"] == wanted)
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn told_asked_for_answered_and_returned() {
    let world = ResendWorld::start(ResendOptions::default()).await.unwrap();
    let home = home(&world);
    // One came before anybody listened: it is read at the start.
    let early =
        Letter::new("0@mail.example.net", "eve@example.net", "support@example.com", "early", "before");
    assert_eq!(world.inbound(early).await, None);
    let serve = home.serve(0);
    world.events_to(format!("{}/hooks/mail", serve.base));
    until("the early one", || home.run(&["list", "--json"]).ok().json().into_iter().next());
    let file = File {
        name: "a.pdf".into(),
        mime: "application/pdf".into(),
        bytes: b"%PDF".to_vec(),
        content_id: None,
    };
    let letter = Letter {
        files: vec![file],
        ..Letter::new("1@mail.example.net", "dana@example.net", "support@example.com", "order", "It is late.")
    };
    assert_eq!(world.inbound(letter).await, Some(200));
    let found = until("the mail", || {
        home.run(&["list", "--json"]).ok().json().into_iter().find(|c| c["subject"] == "order")
    });
    let c = found["id"].as_str().unwrap();
    let path =
        until("the file", || messages(&home, c)[0]["attachments"][0]["path"].as_str().map(str::to_owned));
    assert_eq!(std::fs::read(path).unwrap(), b"%PDF");

    // The answer is cut off after the work was done: asked for again, it is still sent once.
    world.plan(Answer::CutAfter, Outcome::Opened);
    home.run(&["reply", c, "On its way."]).ok();
    delivery(&home, c, "read");
    world.plan(Answer::TooMany(1), Outcome::Delivered);
    world.plan(Answer::ErrorAfter, Outcome::Returned);
    home.run(&["reply", c, "And again."]).ok();
    let shown = delivery(&home, c, "failed");
    assert_eq!(shown["error"]["code"], "5.1.1");
    assert_eq!(world.sent().len(), 2, "each once");
    let sent = world.sent().remove(0);
    assert_eq!(
        (sent.list("to"), sent.header("In-Reply-To")),
        (vec!["dana@example.net".to_owned()], Some("<1@mail.example.net>"))
    );

    // An answer that names no mail is known by its address.
    let reply_to = sent.list("reply_to").remove(0);
    world.inbound(Letter::new("9@phone.example", "dana@home.example", &reply_to, "", "I have it.")).await;
    until("the answer", || messages(&home, c).iter().any(|m| m["text"] == "I have it.").then_some(()));

    world.plan(Answer::Refused(403, "validation_error"), Outcome::Delivered);
    home.run(&["reply", c, "refused"]).ok();
    let shown = until("refused", || {
        messages(&home, c).into_iter().find(|m| m["text"] == "refused" && m["delivery"] == "failed")
    });
    assert!(shown["error"]["human"].as_str().unwrap().contains("verify its domain"), "{shown}");
    assert!(serve.terminate().success());
}
