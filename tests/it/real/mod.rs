//! Against servers that others wrote: Dovecot and Exim, which `tests/run` installs. Here they are tried by clients that others wrote.

mod desk;
mod mailbox;
pub mod proxy;
pub mod server;
mod tokens;

use async_imap::types::{Fetch, Flag};
use async_imap::{Client, Session};
use futures_util::TryStreamExt;
use mail_send::SmtpClientBuilder;
use mail_send::smtp::message::Message;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use server::maildir::Laid;
use server::{MAIL_HOST, MailServer, PATIENCE, Ports, address, password};
use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Fails a test that waits for what never comes.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it came in time")
}

fn mail(from: &str, to: &str, subject: &str, text: &str) -> Vec<u8> {
    format!("From: <{from}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nMessage-ID: <{subject}@example.net>\r\n\r\n{text}\r\n")
        .into_bytes()
}

/// Trust in the authority of that server, and in no other.
fn connector(server: &MailServer) -> TlsConnector {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(server.ca_file()).unwrap()).unwrap();
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(ring).with_safe_default_protocol_versions();
    TlsConnector::from(Arc::new(config.unwrap().with_root_certificates(roots).with_no_client_auth()))
}

async fn shaken(server: &MailServer, name: &'static str, stream: TcpStream) -> TlsStream<TcpStream> {
    let name = ServerName::try_from(name).unwrap();
    connector(server).connect(name, stream).await.unwrap()
}

async fn imap(server: &MailServer, user: &str) -> Session<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", server.ports.imap)).await.unwrap();
    let mut client = Client::new(stream);
    client.read_response().await.unwrap().expect("a greeting");
    client.login(address(user), password(user)).await.map_err(|(e, _)| e).unwrap()
}

async fn fetch(session: &mut Session<TcpStream>, set: &str, items: &str) -> Vec<Fetch> {
    session.uid_fetch(set, items).await.unwrap().try_collect().await.unwrap()
}

#[tokio::test]
#[ignore = "needs Dovecot and Exim: `tests/run` installs them"]
async fn dovecot_greets_in_clear_and_by_tls_and_knows_its_users() {
    let server = MailServer::start();
    let mut session = imap(&server, "support").await;
    let capabilities = session.capabilities().await.unwrap();
    for capability in ["IDLE", "UIDPLUS", "MOVE", "CONDSTORE", "QRESYNC", "SPECIAL-USE", "LITERAL+"] {
        assert!(capabilities.has_str(capability), "{capability}");
    }
    let names: Vec<_> = session.list(Some(""), Some("*")).await.unwrap().try_collect().await.unwrap();
    let names: BTreeSet<&str> = names.iter().map(|name| name.name()).collect();
    assert_eq!(names, BTreeSet::from(["Archive", "Drafts", "INBOX", "Junk", "Sent", "Trash"]));

    // TLS from the first byte, under each of its names, and by STARTTLS.
    for name in ["localhost", "127.0.0.1", MAIL_HOST] {
        let stream = TcpStream::connect(("127.0.0.1", server.ports.imaps)).await.unwrap();
        let mut client = Client::new(shaken(&server, name, stream).await);
        client.read_response().await.unwrap().expect("a greeting");
        client.login(address("customer"), password("customer")).await.map_err(|(e, _)| e).unwrap();
    }
    let mut client = Client::new(TcpStream::connect(("127.0.0.1", server.ports.imap)).await.unwrap());
    client.read_response().await.unwrap().expect("a greeting");
    client.run_command_and_check_ok("STARTTLS", None).await.unwrap();
    let client = Client::new(shaken(&server, "localhost", client.into_inner()).await);
    let (refused, client) = client.login(address("agent2"), "wrong").await.err().unwrap();
    assert!(refused.to_string().contains("AUTHENTICATIONFAILED"), "{refused}");
    client.login(address("agent2"), password("agent2")).await.map_err(|(e, _)| e).unwrap();
}

#[tokio::test]
#[ignore = "needs Dovecot and Exim: `tests/run` installs them"]
async fn what_is_delivered_is_in_the_maildir_and_tells_who_idles() {
    let server = MailServer::start();
    let mut session = imap(&server, "support").await;
    let inbox = session.select("INBOX").await.unwrap();
    assert_eq!(inbox.exists, 0);
    let mut idle = session.idle();
    idle.init().await.unwrap();
    let (news, _stop) = idle.wait();
    server.deliver("support", &mail("dana@example.net", "support@example.test", "first", ".a dot"));
    let kept = server.wait("support", "INBOX", |mails| mails.len() == 1).remove(0);
    assert_eq!(kept.header("subject").as_deref(), Some("first"));
    assert!(kept.has("\r\n\r\n.a dot\r\n") || kept.has("\n\n.a dot\n"), "{kept:?}");
    assert_eq!(kept.flags, "");
    soon(news).await.unwrap();
    let mut session = idle.done().await.unwrap();
    let fetched = fetch(&mut session, "1:*", "(UID FLAGS BODY.PEEK[])").await;
    assert!(fetched[0].body().unwrap().ends_with(b"\r\n\r\n.a dot\r\n"));

    let uid = fetched[0].uid.unwrap();
    let stored = session.uid_store(uid.to_string(), "+FLAGS (\\Seen \\Answered)").await.unwrap();
    let _: Vec<Fetch> = stored.try_collect().await.unwrap();
    server.wait("support", "INBOX", |mails| mails[0].flags == "RS");
    session.uid_mv(uid.to_string(), "Archive").await.unwrap();
    server.wait_for("support", "Archive", "Subject: first");
    assert_eq!(server.mails("support", "INBOX"), []);
}

#[tokio::test]
#[ignore = "needs Dovecot and Exim: `tests/run` installs them"]
async fn exim_takes_mail_from_who_logs_in_and_delivers_it() {
    let server = MailServer::start();
    let Ports { smtp, smtps, submission, .. } = server.ports;
    let to_customer = |n: usize| {
        let raw = mail(&address("support"), &address("customer"), &format!("sent{n}"), "Hello");
        Message::new(address("support"), [address("customer")], raw)
    };
    for (n, (port, implicit)) in [(smtps, true), (submission, false), (smtp, false)].into_iter().enumerate() {
        let builder =
            SmtpClientBuilder::new_with_tls_connector("localhost".to_owned(), port, connector(&server));
        let builder = builder.implicit_tls(implicit).helo_host("localhost").timeout(PATIENCE);
        let builder = builder.credentials((address("support"), password("support")));
        builder.connect().await.unwrap().send(to_customer(n)).await.unwrap();
        let kept = server.wait_for("customer", "INBOX", &format!("Subject: sent{n}"));
        assert_eq!(kept.header("return-path"), Some(format!("<{}>", address("support"))));
        assert!(kept.header("received").unwrap().contains(MAIL_HOST));
    }
    // In clear, which is good enough on one machine.
    let clear =
        SmtpClientBuilder::new_with_tls_connector("localhost".to_owned(), submission, connector(&server));
    let clear = clear.helo_host("localhost");
    let mut nobody = clear.clone().connect_plain().await.unwrap();
    let refused = nobody.send(to_customer(9)).await.unwrap_err();
    assert!(refused.to_string().contains("Authentication required"), "{refused}");
    let wrong = clear.clone().credentials((address("support"), "wrong".to_owned()));
    assert!(wrong.connect_plain().await.is_err());
    let mut right =
        clear.credentials((address("support"), password("support"))).connect_plain().await.unwrap();
    right.send(to_customer(3)).await.unwrap();
    server.wait_for("customer", "INBOX", "Subject: sent3");
    assert_eq!(server.mails("customer", "INBOX").len(), 4);

    for (to, code) in [("reject", "550"), ("tempfail", "451"), ("someone@elsewhere", "550")] {
        let to = if to.contains('@') { format!("{to}.test") } else { address(to) };
        let raw = mail(&address("support"), &to, "no", "no");
        let refused = right.send(Message::new(address("support"), [to.clone()], raw)).await.unwrap_err();
        assert!(refused.to_string().contains(code), "{to}: {refused}");
        right.rset().await.unwrap();
    }
    let raw = mail(&address("support"), &address("bounce"), "lost", "lost");
    right.send(Message::new(address("support"), [address("bounce")], raw)).await.unwrap();
    let report = server.wait_for("support", "INBOX", "report-type=delivery-status");
    assert!(report.has("Final-Recipient: rfc822;bounce@example.test"), "{report:?}");

    // As another server would: no login, and to the user behind the plus.
    let to = "support+ticket7@example.test";
    server.send("dana@example.net", &[to], &mail("dana@example.net", to, "plus", "Hello"));
    let kept = server.wait_for("support", "INBOX", "Subject: plus");
    assert_eq!(kept.header("envelope-to").as_deref(), Some(to));
}

#[tokio::test]
#[ignore = "needs Dovecot and Exim: `tests/run` installs them"]
async fn mail_laid_into_a_folder_is_served_and_can_be_numbered_anew_over_a_restart() {
    let mut server = MailServer::start();
    let laid = |n: u64| Laid {
        at: 1_763_700_000 + n * 60,
        flags: if n.is_multiple_of(2) { "S".into() } else { String::new() },
        raw: mail("dana@example.net", "support@example.test", &format!("n{n}"), "Hello"),
    };
    server.lay("support", "INBOX", (0..300).map(laid));
    server.lay("support", "Clients.Old", (300..310).map(laid));
    let mut session = imap(&server, "support").await;
    let inbox = session.select("INBOX").await.unwrap();
    assert_eq!((inbox.exists, inbox.uid_next), (300, Some(301)));
    let seen = session.uid_search("SEEN").await.unwrap();
    assert_eq!(seen.len(), 150);
    let fetched =
        fetch(&mut session, "7", "(UID FLAGS INTERNALDATE BODY.PEEK[HEADER.FIELDS (SUBJECT)])").await;
    assert!(fetched[0].flags().any(|flag| flag == Flag::Seen));
    assert_eq!(fetched[0].internal_date().unwrap().timestamp(), 1_763_700_000 + 6 * 60);
    assert!(fetched[0].header().unwrap().starts_with(b"Subject: n6\r\n"));
    assert_eq!(session.select("Clients.Old").await.unwrap().exists, 10);

    let validity = inbox.uid_validity.unwrap();

    server.restart();
    // It may say goodbye; then the connection ends.
    soon(session.get_mut().read_to_end(&mut Vec::new())).await.unwrap();
    let mut session = imap(&server, "support").await;
    assert_eq!(session.select("INBOX").await.unwrap().uid_validity, Some(validity));
    session.logout().await.unwrap();

    server.stop_imap();
    assert!(TcpStream::connect(("127.0.0.1", server.ports.imap)).await.is_err());
    server.renumber("support", "INBOX");
    server.start_imap();
    server.deliver("support", &mail("dana@example.net", "support@example.test", "later", "Hello"));
    let inbox = imap(&server, "support").await.select("INBOX").await.unwrap();
    assert_ne!(inbox.uid_validity.unwrap(), validity);
    assert_eq!((inbox.exists, inbox.uid_next), (301, Some(302)));
}
