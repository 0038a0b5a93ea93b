//! The mailbox against Dovecot and Exim: what customers, agents and other programs do arrives, once, whatever breaks in between.

use super::proxy::{At, Proxy, Side};
use super::server::maildir::Laid;
use super::server::{MailServer, address, password};
use super::{fetch, imap as other_program, soon};
use crate::imap::{NOW, PATIENT, context, facts, http, ids, op, pull, pull_all};
use async_imap::types::Fetch;
use frontdesk::domain::delivery::Delivery;
use frontdesk::domain::event::{ConversationKey, Event};
use frontdesk::domain::failure::Failure;
use frontdesk::domain::op::{Accepted, Mark, Op, OpBody};
use frontdesk::domain::secret::Secret;
use frontdesk::provider::imap::Imap;
use frontdesk::provider::{Cursor, Progress, Provider, Scope, Setup};
use futures_util::TryStreamExt;
use std::collections::BTreeSet;

/// Settings for the user `support`, in clear, unless told otherwise.
fn setup(server: &MailServer, more: &[(&str, &str)]) -> Setup {
    let mut setup = Setup { name: "support".into(), ..Setup::default() };
    let (imap, smtp) = (server.ports.imap.to_string(), server.ports.submission.to_string());
    let ours = address("support");
    let usual = [
        ("address", ours.as_str()),
        ("name", "Example"),
        ("imap_host", "127.0.0.1"),
        ("imap_port", imap.as_str()),
        ("imap_security", "plain"),
        ("smtp_host", "127.0.0.1"),
        ("smtp_port", smtp.as_str()),
        ("smtp_security", "plain"),
    ];
    for (key, value) in usual.iter().chain(more) {
        setup.settings.insert((*key).into(), (*value).into());
    }
    setup.secrets.insert("password".into(), Secret::new(password("support")));
    setup
}

fn mailbox(server: &MailServer, more: &[(&str, &str)]) -> Imap {
    Imap::new(&setup(server, more), &http(), PATIENT).unwrap()
}

/// A mail of the customer.
fn mail(id: &str, more: &str) -> Vec<u8> {
    format!(
        "From: Customer <{}>\r\nTo: <{}>\r\nSubject: Order {id}\r\nMessage-ID: <{id}@example.net>\r\n\
         Date: Fri, 20 Nov 2026 09:14:00 +0000\r\n{more}\r\nHello {id}\r\n",
        address("customer"),
        address("support")
    )
    .into_bytes()
}

fn laid(id: &str, n: u64, flags: &str) -> Laid {
    Laid { at: 1_763_700_000 + n, flags: flags.to_owned(), raw: mail(id, "") }
}

async fn mark(imap: &Imap, id: &str, mark: Mark, on: bool) {
    let messages = vec![format!("{id}@example.net")];
    let body = OpBody::Mark { conversation: ConversationKey("mail:x".into()), messages, mark, on };
    let done = imap.push(&Op { body, ..op(&[], "", None) }, &context()).await;
    assert!(matches!(&done, Ok(Accepted::State { .. })), "{done:?}");
}

/// Pulls until that has been told: a file is in its folder a moment before the server knows of it.
async fn pull_until(imap: &Imap, cursor: &Cursor, fit: impl Fn(&[Event]) -> bool) -> (Vec<Event>, Cursor) {
    let (mut all, mut cursor) = (Vec::new(), cursor.clone());
    let pulls = async {
        while !fit(&all) {
            let (events, next) = pull_all(imap, &cursor).await;
            all.extend(events);
            cursor = next;
        }
    };
    soon(pulls).await;
    (all, cursor)
}

fn seen(events: &[Event]) -> Vec<bool> {
    let seen = |event: &Event| match event {
        Event::Seen { state, .. } => Some(state.value),
        _ => None,
    };
    events.iter().filter_map(seen).collect()
}

#[tokio::test]
#[ignore = "needs Dovecot and Exim: `tests/run` installs them"]
async fn an_account_opens_in_clear_by_starttls_and_by_tls() {
    let server = MailServer::start();
    let ca = server.ca_file();
    let (imaps, smtps) = (server.ports.imaps.to_string(), server.ports.smtps.to_string());
    let ca_file = ("ca_file", ca.to_str().unwrap());
    let starttls = [("imap_security", "starttls"), ("smtp_security", "starttls"), ca_file];
    let tls = [
        ("imap_security", "tls"),
        ("smtp_security", "tls"),
        ("imap_port", imaps.as_str()),
        ("smtp_port", smtps.as_str()),
        ca_file,
    ];
    for more in [&[][..], &starttls, &tls] {
        let probed = mailbox(&server, more).probe().await;
        assert_eq!(probed.map(|login| login.who), Ok(address("support")), "{more:?}");
    }
    let unknown = mailbox(&server, &starttls[..2]).probe().await.unwrap_err().to_string();
    assert!(unknown.contains("TLS") && unknown.contains("ca_file"), "{unknown}");
    let mut wrong = setup(&server, &[]);
    wrong.secrets.insert("password".into(), Secret::new("wrong".into()));
    let refused = Imap::new(&wrong, &http(), PATIENT).unwrap().probe().await;
    assert!(matches!(refused, Err(Failure::Auth { .. })), "{refused:?}");
}

#[tokio::test]
#[ignore = "needs Dovecot and Exim: `tests/run` installs them"]
async fn a_question_is_answered_and_the_answer_answered() {
    let server = MailServer::start();
    let (us, customer) = (address("support"), address("customer"));
    let imap = mailbox(&server, &[]);
    server.send(&customer, &[&us], &mail("1", ""));
    let (events, cursor) = pull_until(&imap, &Cursor::default(), |events| !events.is_empty()).await;
    assert_eq!(ids(&events), ["1@example.net"]);
    let answer = op(&[&customer, &address("agent2")], "On its way\r\n.\r\nGrüße", Some("1"));
    imap.push(&answer, &context()).await.unwrap();
    for user in ["customer", "agent2"] {
        let got = server.wait(user, "INBOX", |mails| mails.len() == 1).remove(0);
        assert_eq!(got.header("in-reply-to").as_deref(), Some("<1@example.net>"));
        assert_eq!(got.header("return-path"), Some(format!("<{us}>")));
    }
    assert_eq!(server.mails("support", "INBOX")[0].flags, "R", "the question is marked as answered");
    let kept = server.wait("support", "Sent", |mails| mails.len() == 1).remove(0);
    assert_eq!(kept.flags, "S");
    let id = kept.header("message-id").unwrap();
    server.send(&customer, &[&us], &mail("2", &format!("In-Reply-To: {id}\r\nReferences: {id}\r\n")));
    let (events, _) = pull_until(&imap, &cursor, |events| ids(events).contains(&"2@example.net")).await;
    let told: BTreeSet<&str> = ids(&events).into_iter().collect();
    assert_eq!(told, BTreeSet::from(["2@example.net", id.trim_matches(['<', '>'])]));
    assert_eq!(facts(&events).iter().filter(|fact| fact.token == Some(answer.id)).count(), 1);
}

#[tokio::test]
#[ignore = "needs Dovecot and Exim: `tests/run` installs them"]
async fn what_cannot_be_delivered_is_told() {
    let server = MailServer::start();
    let imap = mailbox(&server, &[]);
    let (_, cursor) = pull_all(&imap, &Cursor::default()).await;
    match imap.push(&op(&[&address("reject")], "x", None), &context()).await {
        Err(Failure::Rejected { reason, .. }) => assert_eq!(reason.code.as_deref(), Some("550 5.1.1")),
        other => panic!("{other:?}"),
    }
    let later = imap.push(&op(&[&address("tempfail")], "x", None), &context()).await;
    assert!(matches!(later, Err(Failure::Later { .. })), "{later:?}");
    let lost = op(&[&address("bounce")], "x", None);
    imap.push(&lost, &context()).await.unwrap();
    let failed = |events: &[Event]| {
        let failed = |event: &&Event| matches!(event, Event::Delivery { report, .. } if report.state == Delivery::Failed);
        events.iter().filter(failed).count()
    };
    let (events, _) = pull_until(&imap, &cursor, |events| failed(events) > 0).await;
    assert_eq!(failed(&events), 1, "{events:?}");
}

#[tokio::test]
#[ignore = "needs Dovecot and Exim: `tests/run` installs them"]
async fn news_end_the_wait_at_once() {
    let server = MailServer::start();
    let proxy = Proxy::to(server.ports.imap).await;
    let port = proxy.port().to_string();
    let imap = std::sync::Arc::new(mailbox(&server, &[("imap_port", &port)]));
    server.deliver("support", &mail("1", ""));
    let (_, mut cursor) = pull_all(&imap, &Cursor::default()).await;
    let mut other = other_program(&server, "support").await;
    other.select("INBOX").await.unwrap();
    for what in ["mail", "flag", "gone"] {
        let idles = proxy.hold(Side::Server, At::After(b"+ idling"));
        let watcher = imap.clone();
        let waits = tokio::spawn(async move { watcher.watch().unwrap().await });
        soon(idles.sprung()).await;
        idles.open();
        match what {
            "mail" => server.deliver("support", &mail("2", "")),
            "flag" => {
                let stored = other.uid_store("1", "+FLAGS (\\Seen)").await.unwrap();
                let _: Vec<Fetch> = stored.try_collect().await.unwrap();
            }
            _ => other.uid_mv("1", "Archive").await.unwrap(),
        }
        soon(waits).await.unwrap().unwrap_or_else(|e| panic!("{what}: {e}"));
        let (events, next) = pull_all(&imap, &cursor).await;
        cursor = next;
        match what {
            "mail" => assert_eq!(ids(&events), ["2@example.net"]),
            "flag" => assert_eq!(seen(&events), [true], "{events:?}"),
            _ => assert_eq!(ids(&events), Vec::<&str>::new()),
        }
    }
}

#[tokio::test]
#[ignore = "needs Dovecot and Exim: `tests/run` installs them"]
async fn marks_are_written_into_the_mailbox() {
    let server = MailServer::start();
    server.lay("support", "INBOX", ["1", "2", "3", "4"].iter().zip(0..).map(|(id, n)| laid(id, n, "")));
    let imap = mailbox(&server, &[("marks", "seen, answered, archived, spam, deleted")]);
    pull_all(&imap, &Cursor::default()).await;
    assert!(
        server.mails("support", "INBOX").iter().all(|mail| mail.flags.is_empty()),
        "reading marks nothing"
    );
    mark(&imap, "1", Mark::Seen, true).await;
    mark(&imap, "1", Mark::Answered, true).await;
    mark(&imap, "2", Mark::Archived, true).await;
    mark(&imap, "3", Mark::Spam, true).await;
    mark(&imap, "4", Mark::Deleted, true).await;
    let left = server.mails("support", "INBOX");
    assert_eq!(left.iter().map(|mail| mail.flags.as_str()).collect::<Vec<_>>(), ["RS"]);
    for (folder, subject) in [("Archive", "Order 2"), ("Junk", "Order 3"), ("Trash", "Order 4")] {
        assert_eq!(server.mails("support", folder)[0].header("subject").as_deref(), Some(subject));
    }
    mark(&imap, "1", Mark::Seen, false).await;
    mark(&imap, "2", Mark::Archived, false).await;
    assert_eq!(server.mails("support", "INBOX").len(), 2);
    assert_eq!(server.mails("support", "Archive"), []);
}

#[tokio::test]
#[ignore = "needs Dovecot and Exim: `tests/run` installs them"]
async fn a_restart_and_new_numbers_lose_nothing_and_double_nothing() {
    let mut server = MailServer::start();
    server.lay("support", "INBOX", (0..60).map(|n| laid(&n.to_string(), n, "S")));
    let imap = mailbox(&server, &[]);
    let (events, cursor) = pull_all(&imap, &Cursor::default()).await;
    assert_eq!(ids(&events).len(), 60);
    server.restart();
    server.deliver("support", &mail("60", ""));
    let (events, cursor) = pull_all(&imap, &cursor).await;
    assert_eq!(ids(&events), ["60@example.net"], "nothing is read twice");

    server.stop();
    let away = imap.pull(cursor.clone(), Scope::Since, NOW).await;
    assert!(matches!(away, Err(Failure::Transient { .. })), "{away:?}");
    server.renumber("support", "INBOX");
    server.restart();
    server.deliver("support", &mail("61", ""));
    let (events, cursor) = pull_all(&imap, &cursor).await;
    let told = ids(&events);
    let names: BTreeSet<&str> = told.iter().copied().collect();
    assert_eq!((told.len(), names.len()), (62, 62), "all again, under the same names");
    assert!(names.contains("61@example.net") && names.contains("0@example.net"));
    assert_eq!(pull_all(&imap, &cursor).await.0, []);
}

#[tokio::test]
#[ignore = "needs Dovecot and Exim: `tests/run` installs them"]
async fn a_folder_of_fifty_thousand_shows_its_newest_first_and_news_before_what_is_old() {
    let server = MailServer::start();
    server.lay("support", "INBOX", (0..50_000).map(|n| laid(&n.to_string(), n, "S")));
    let imap = mailbox(&server, &[]);
    let first = imap.pull(Cursor::default(), Scope::Recent, NOW).await.unwrap();
    let newest = ids(&first.events);
    assert_eq!(newest.last(), Some(&"49999@example.net"));
    assert_eq!(newest.len(), 50);
    assert_eq!(first.progress, Some(Progress { done: 50, total: 50_000 }));
    server.deliver("support", &mail("new", ""));
    let (mut cursor, mut all) = (first.cursor, newest.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>());
    for n in 0..5 {
        let page = pull(&imap, &cursor).await;
        assert!(page.more);
        if n == 0 {
            assert_eq!(ids(&page.events).first(), Some(&"new@example.net"));
        }
        all.extend(ids(&page.events).iter().map(|id| (*id).to_owned()));
        cursor = page.cursor;
    }
    let names: BTreeSet<&String> = all.iter().collect();
    assert_eq!(names.len(), all.len(), "nothing twice");
    // Backwards without a gap: with the new one, as many as were told.
    assert!(names.contains(&format!("{}@example.net", 50_000 - (all.len() - 1))), "{}", all.len());
}

#[tokio::test]
#[ignore = "needs Dovecot and Exim: `tests/run` installs them"]
async fn a_connection_cut_while_mails_are_read_loses_none() {
    let server = MailServer::start();
    server.lay("support", "INBOX", (0..40).map(|n| laid(&n.to_string(), n, "")));
    let proxy = Proxy::to(server.ports.imap).await;
    let port = proxy.port().to_string();
    for at in [
        At::Before(b"* OK [CAPABILITY"),
        At::Before(b"EXISTS"),
        At::After(b"FETCH (UID 20"),
        At::Behind(b"FETCH (UID 20", 500),
        At::Behind(b"FETCH (UID 40", 100),
        At::Behind(b"BODY[]", 3_000),
        At::Behind(b"BODY[]", 6_000),
    ] {
        let imap = mailbox(&server, &[("imap_port", &port)]);
        let trap = proxy.cut(Side::Server, at.clone());
        let (mut all, mut cursor, mut failed) = (Vec::new(), Cursor::default(), 0);
        loop {
            match imap.pull(cursor.clone(), Scope::Since, NOW).await {
                Ok(page) => {
                    all.extend(ids(&page.events).iter().map(|id| (*id).to_owned()));
                    cursor = page.cursor;
                    if !page.more {
                        break;
                    }
                }
                Err(Failure::Transient { .. }) => failed += 1,
                Err(other) => panic!("{at:?}: {other:?}"),
            }
            assert!(failed < 3, "{at:?}");
        }
        assert!(trap.is_sprung(), "{at:?}");
        let names: BTreeSet<&String> = all.iter().collect();
        assert_eq!((names.len(), all.len()), (40, 40), "{at:?}");
    }
    let mut session = other_program(&server, "support").await;
    session.select("INBOX").await.unwrap();
    let flags = fetch(&mut session, "1:*", "(UID FLAGS)").await;
    assert!(flags.iter().all(|mail| mail.flags().all(|flag| flag == async_imap::types::Flag::Recent)));
}

#[tokio::test]
#[ignore = "needs Dovecot and Exim: `tests/run` installs them"]
async fn a_connection_cut_while_a_mail_is_sent_sends_no_second_copy() {
    let server = MailServer::start();
    let proxy = Proxy::to(server.ports.submission).await;
    let port = proxy.port().to_string();
    let imap = mailbox(&server, &[("smtp_port", &port)]);
    let customer = address("customer");
    let long = "All of it is needed. ".repeat(20_000);
    let trap = proxy.cut(Side::Client, At::After(b"DATA\r\n"));
    let told = imap.push(&op(&[&customer], "x", None), &context()).await;
    assert!(trap.is_sprung() && matches!(told, Err(Failure::Transient { .. })), "{told:?}");
    // In the middle of the mail: the dot may have left our side by then, and so it is a doubt. Nothing was sent.
    for at in [At::Behind(b"DATA\r\n", 1_000), At::Behind(b"DATA\r\n", 200_000)] {
        let trap = proxy.cut(Side::Client, at.clone());
        let told = imap.push(&op(&[&customer], &long, None), &context()).await;
        let is_careful = matches!(told, Err(Failure::Transient { .. } | Failure::Unknown { .. }));
        assert!(trap.is_sprung() && is_careful, "{at:?}: {told:?}");
    }
    // Behind the dot, before the answer: it was sent, and nobody can know.
    let trap = proxy.cut(Side::Server, At::Before(b"250 OK id="));
    let doubtful = op(&[&customer], "Only once", None);
    let told = imap.push(&doubtful, &context()).await;
    assert!(trap.is_sprung() && matches!(told, Err(Failure::Unknown { .. })), "{told:?}");
    // What follows goes, and is the second mail that the customer gets.
    imap.push(&op(&[&customer], "The next", None), &context()).await.unwrap();
    let got = server.wait("customer", "INBOX", |mails| mails.iter().any(|mail| mail.has("The next")));
    let texts: Vec<bool> = got.iter().map(|mail| mail.has("Only once")).collect();
    assert_eq!(texts.iter().filter(|once| **once).count(), 1, "{}", server.logs());
    assert_eq!(got.len(), 2);
    let kept = server.mails("support", "Sent");
    assert_eq!(kept.len(), 1, "a copy of what is known to be sent");
}
