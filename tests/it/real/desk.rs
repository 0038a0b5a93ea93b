//! The whole program at real servers: what a customer sends is on the screen, answers and files arrive at the customer's mailbox.

use super::proxy::Proxy;
use super::server::maildir::Kept;
use super::server::{MailServer, address, password};
use crate::support::pty::Pty;
use crate::support::{Home, Serve, until, write_private};
use frontdesk::sandbox::letter::{File, Letter};
use mail_parser::{MessageParser, MimeHeaders};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A server, and the engine with an account there that asks once a day: what it knows sooner the server has told.
pub struct Desk {
    pub server: MailServer,
    pub home: Home,
    _serve: Serve,
}

/// The configuration of the account `desk`, read through that port.
fn configured(server: &MailServer, home: &Home, imap: u16, secret: &str) {
    home.configure(&format!(
        r#"undo_seconds = 0
[agent]
name = "Ana"
email = "ana@example.com"

[workspace.main.channel.desk]
provider = "imap"
address = "{}"
name = "Example"
imap_host = "127.0.0.1"
imap_port = {imap}
imap_security = "plain"
smtp_host = "127.0.0.1"
smtp_port = {}
smtp_security = "plain"
poll_seconds = 86400

[workspace.main.channel.desk.secrets]
{secret}
"#,
        address("support"),
        server.ports.submission,
    ));
}

fn by_password(home: &Home) -> String {
    let file = home.path().join("password");
    write_private(&file, &password("support"));
    format!("password = {{ file = {:?} }}", file.display().to_string())
}

impl Desk {
    fn new() -> Desk {
        let (server, home) = (MailServer::start(), Home::empty());
        let (port, secret) = (server.ports.imap, by_password(&home));
        Desk::with(server, home, port, &secret)
    }

    /// With an account that reads through that port and logs in so.
    pub fn with(server: MailServer, home: Home, imap: u16, secret: &str) -> Desk {
        configured(&server, &home, imap, secret);
        let serve = home.serve(0);
        Desk { server, home, _serve: serve }
    }

    /// A mail of the customer to us.
    pub fn mail(id: &str) -> Letter {
        let from = format!("Customer <{}>", address("customer"));
        Letter::new(
            &format!("{id}@example.net"),
            &from,
            &address("support"),
            &format!("Order {id}"),
            &format!("Where is {id}?"),
        )
    }

    /// The customer sends it, by SMTP.
    fn receive(&self, letter: &Letter) {
        send(&self.server, letter);
    }

    pub fn conversations(&self) -> Vec<Value> {
        self.home.run(&["list", "--json"]).ok().json()
    }

    /// How the account is.
    pub fn channel(&self) -> Value {
        self.home.run(&["channel", "list", "--json"]).ok().json().remove(0)
    }

    /// The only conversation, once it has so many messages; and these.
    #[track_caller]
    fn thread(&self, count: usize) -> (String, Vec<Value>) {
        until(&format!("{count} messages"), || {
            let row = self.conversations().into_iter().next()?;
            let id = row["id"].as_str()?.to_owned();
            let shown = self.home.run(&["show", &id, "--json"]).ok().json().remove(0);
            let messages = shown["messages"].as_array()?.clone();
            (messages.len() >= count).then_some((id, messages))
        })
    }
}

fn send(server: &MailServer, letter: &Letter) {
    let to = letter.envelope_to();
    let to: Vec<&str> = to.iter().map(String::as_str).collect();
    server.send(&letter.envelope_from(), &to, &letter.raw());
}

/// The files of a mail: names, types and bytes.
fn files(mail: &Kept) -> Vec<(String, String, Vec<u8>)> {
    let parsed = MessageParser::default().parse(&mail.raw).unwrap();
    let file = |part: &mail_parser::MessagePart<'_>| {
        let mime = part.content_type().unwrap();
        let mime = format!("{}/{}", mime.ctype(), mime.subtype().unwrap_or_default());
        (part.attachment_name().unwrap_or_default().to_owned(), mime, part.contents().to_vec())
    };
    parsed.attachments().map(file).collect()
}

/// Every byte there is, in an order that no line end or encoding leaves alone.
fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|n| u8::try_from((n * 167 + n / 251) % 256).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Dovecot and Exim: `tests/run` installs them"]
async fn a_customers_mail_is_on_the_screen_as_soon_as_the_server_tells_of_it() {
    let (server, home) = (MailServer::start(), Home::empty());
    let proxy = Proxy::to(server.ports.imap).await;
    let secret = by_password(&home);
    configured(&server, &home, proxy.port(), &secret);
    let pty = Pty::start(&home, &[], 120, 40);
    let mut took = Vec::new();
    for n in 0..6 {
        // It waits for news, and for nothing else: the next question would come in a day.
        until("it waits for news", || (proxy.said_times(" IDLE") > n).then_some(()));
        let subject = format!("order-{n}");
        let letter = Letter { subject: subject.clone(), ..Desk::mail(&subject) };
        let sent = Instant::now();
        send(&server, &letter);
        let taken = sent.elapsed();
        pty.wait(&subject);
        took.push((taken, sent.elapsed()));
    }
    let shown = |(taken, all): &(Duration, Duration)| {
        format!("{} + {}", taken.as_millis(), (*all - *taken).as_millis())
    };
    let times: Vec<String> = took.iter().map(shown).collect();
    println!("taken by the server + until it is on the screen, ms: {}", times.join(", "));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Dovecot and Exim: `tests/run` installs them"]
async fn files_arrive_on_both_sides_as_they_left() {
    let desk = Desk::new();
    let file = |name: &str, mime: &str, bytes: Vec<u8>| File {
        name: name.into(),
        mime: mime.into(),
        bytes,
        content_id: None,
    };
    // One mail is read whole, of the other only the beginning.
    for (n, size) in [3_001, 2_000_003].into_iter().enumerate() {
        let id = format!("f{n}");
        let theirs = [
            file("Rechnung März.pdf", "application/pdf", bytes(size)),
            file("notes.txt", "text/plain", b"one\r\ntwo\r\n".to_vec()),
        ];
        desk.receive(&Letter { files: theirs.to_vec(), ..Desk::mail(&id) });
        let row = until("the mail", || {
            desk.conversations().into_iter().find(|row| row["subject"] == format!("Order {id}"))
        });
        let conversation = row["id"].as_str().unwrap();
        let shown = desk.home.run(&["show", conversation, "--json"]).ok().json().remove(0);
        let kept = shown["messages"][0]["attachments"].as_array().unwrap();
        assert_eq!(kept.len(), 2, "{shown}");
        for (kept, sent) in kept.iter().zip(&theirs) {
            assert_eq!(
                (&kept["name"], &kept["path"]),
                (&json!(sent.name), &Value::Null),
                "fetched when wanted"
            );
            let to = desk.home.path().join(format!("{id}-{}", sent.name));
            let (number, path) = (kept["id"].as_str().unwrap(), to.to_str().unwrap());
            desk.home.run(&["attachment", "save", number, path, "--wait", "30"]).ok();
            assert!(std::fs::read(&to).unwrap() == sent.bytes, "{}: {size}", sent.name);
        }

        let ours = desk.home.path().join(format!("Angebot {n} für Sie.bin"));
        std::fs::write(&ours, bytes(size)).unwrap();
        let path = ours.to_str().unwrap();
        desk.home.run(&["reply", conversation, "Here it is.", "--attach", path, "--wait", "30"]).ok();
        let got = desk.server.wait("customer", "INBOX", |mails| mails.len() == n + 1).pop().unwrap();
        assert_eq!(got.header("in-reply-to"), Some(format!("<{id}@example.net>")));
        let arrived = files(&got);
        assert_eq!(arrived.len(), 1);
        assert_eq!(arrived[0].0, format!("Angebot {n} für Sie.bin"));
        assert!(arrived[0].2 == bytes(size), "{size}");
        let copy = desk.server.wait("support", "Sent", |mails| mails.len() == n + 1).pop().unwrap();
        assert_eq!(files(&copy), arrived, "the copy is the same mail");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Dovecot and Exim: `tests/run` installs them"]
async fn everybody_gets_an_answer_to_all_and_what_they_answer_comes_back() {
    let desk = Desk::new();
    let cc = format!("Second <{}>", address("agent2"));
    let envelope_to = vec![address("support"), address("agent2")];
    desk.receive(&Letter { cc: Some(cc), envelope_to, ..Desk::mail("1") });
    let (conversation, _) = desk.thread(1);
    desk.home.run(&["reply", &conversation, "To both of you.", "--all", "--wait", "30"]).ok();
    let mut answered = None;
    for user in ["customer", "agent2"] {
        let got =
            desk.server.wait(user, "INBOX", |mails| mails.len() == if user == "customer" { 1 } else { 2 });
        let got = got.into_iter().find(|mail| mail.has("To both of you.")).unwrap();
        let head = |name: &str| got.header(name).unwrap_or_default();
        assert!(head("to").contains(&address("customer")), "{}", head("to"));
        assert!(head("cc").contains(&address("agent2")), "{}", head("cc"));
        assert!(!head("to").contains(&address("support")) && !head("cc").contains(&address("support")));
        assert_eq!(head("subject"), "Re: Order 1");
        assert_eq!(head("references"), "<1@example.net>");
        answered = Some(head("message-id"));
    }
    let answered = answered.unwrap();
    assert_eq!(desk.server.mails("support", "INBOX").len(), 1, "we get none of it ourselves");
    assert_eq!(desk.server.wait("support", "Sent", |mails| mails.len() == 1).len(), 1);
    desk.server.wait("support", "INBOX", |mails| mails[0].flags == "R");
    // Both answer: one thread, and nothing of it twice.
    let id = answered.trim_matches(['<', '>']).to_owned();
    for (n, user) in ["customer", "agent2"].into_iter().enumerate() {
        let answer = Letter {
            in_reply_to: Some(id.clone()),
            references: vec!["1@example.net".into(), id.clone()],
            subject: "Re: Order 1".into(),
            from: address(user),
            ..Desk::mail(&format!("{}", n + 2))
        };
        desk.receive(&answer);
        desk.thread(n + 3);
    }
    let (_, messages) = desk.thread(4);
    // The server's clock shows seconds: within one of them their order is not told.
    let told = |direction: &str| messages.iter().filter(|m| m["direction"] == direction).count();
    assert_eq!((told("inbound"), told("outbound")), (3, 1));
    assert_eq!(desk.conversations().len(), 1);
    // A single one, although everybody was asked before and somebody else wrote last: the customer.
    desk.home.run(&["reply", &conversation, "Only to you.", "--wait", "30"]).ok();
    desk.server.wait_for("customer", "INBOX", "Only to you.");
    assert!(!desk.server.mails("agent2", "INBOX").iter().any(|mail| mail.has("Only to you.")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Dovecot and Exim: `tests/run` installs them"]
async fn the_program_finds_its_mail_again_after_the_servers_were_away() {
    let mut desk = Desk::new();
    desk.receive(&Desk::mail("1"));
    let (conversation, _) = desk.thread(1);
    desk.server.stop();
    desk.home.run(&["reply", &conversation, "While nobody was there."]).ok();
    until("it is known", || {
        let outbox = desk.home.run(&["outbox", "--json"]).ok().json();
        outbox.iter().any(|op| op["state"] == "retrying").then_some(())
    });
    desk.server.restart();
    desk.receive(&Desk::mail("2"));
    until("the second mail", || (desk.conversations().len() == 2).then_some(()));
    let got = desk.server.wait("customer", "INBOX", |mails| !mails.is_empty());
    assert!(got.len() == 1 && got[0].has("While nobody was there."));
    desk.server.wait("support", "Sent", |mails| mails.len() == 1);
}
