//! Logins by token at Dovecot, which asks an endpoint of ours whether a token is good (RFC 7662): with both mechanisms, and when the
//! token has expired.

use super::desk::Desk;
use super::proxy::Proxy;
use super::server::{MailServer, Tokens, address};
use crate::imap::{PATIENT, http, ids, pull_all};
use crate::support::{until, write_private};
use frontdesk::domain::failure::Failure;
use frontdesk::domain::secret::Secret;
use frontdesk::provider::imap::Imap;
use frontdesk::provider::{Again, Cursor, Provider, Scope, Setup};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Who says whether a token is good.
struct Issuer {
    port: u16,
    /// The tokens that are good, all of them the user `support`'s.
    good: Arc<Mutex<Vec<String>>>,
}

impl Issuer {
    fn start(good: &[&str]) -> Issuer {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let good = Arc::new(Mutex::new(good.iter().map(|token| (*token).to_owned()).collect::<Vec<_>>()));
        let known = good.clone();
        // It ends with the program of the tests.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let known = known.clone();
                std::thread::spawn(move || answer(&stream, &known));
            }
        });
        Issuer { port, good }
    }

    fn only(&self, token: &str) {
        *self.good.lock().unwrap() = vec![token.to_owned()];
    }

    fn server(&self, mechanisms: &'static str) -> MailServer {
        let url = format!("http://127.0.0.1:{}/introspect", self.port);
        MailServer::start_with(Some(Tokens { url, mechanisms }))
    }
}

/// Answers question after question of one connection.
fn answer(stream: &TcpStream, good: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    let mut token = String::new();
    loop {
        let mut line = String::new();
        match reader.read_line(&mut line) {
            Ok(n) if n > 0 => {}
            _ => return,
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("authorization")
        {
            value.trim().trim_start_matches("Bearer ").clone_into(&mut token);
        }
        if !line.trim().is_empty() {
            continue;
        }
        let is_good = good.lock().unwrap().contains(&token);
        let (status, body) = match is_good {
            true => ("200 OK", format!(r#"{{"active":true,"email":"{}"}}"#, address("support"))),
            false => ("401 Unauthorized", r#"{"active":false}"#.to_owned()),
        };
        let length = body.len();
        let mut stream = stream;
        let answer = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// An account that logs in with these tokens, one after the other.
fn by_token(server: &MailServer, tokens: &[&str]) -> Imap {
    let mut setup = Setup { name: "support".into(), ..Setup::default() };
    let port = server.ports.imap.to_string();
    let ours = address("support");
    for (key, value) in [
        ("address", ours.as_str()),
        ("imap_host", "127.0.0.1"),
        ("imap_port", port.as_str()),
        ("imap_security", "plain"),
        ("smtp_host", "127.0.0.1"),
        ("smtp_security", "plain"),
    ] {
        setup.settings.insert(key.into(), value.into());
    }
    let (first, rest) = tokens.split_first().unwrap();
    setup.secrets.insert("token".into(), Secret::new((*first).to_owned()));
    let rest: Mutex<Vec<String>> = Mutex::new(rest.iter().rev().map(|t| (*t).to_owned()).collect());
    setup.again = Again::new(move |_| {
        rest.lock().unwrap().pop().map(Secret::new).ok_or_else(|| "there is no other token".to_owned())
    });
    Imap::new(&setup, &http(), PATIENT).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Dovecot and Exim: `tests/run` installs them"]
async fn dovecot_takes_a_token_by_either_mechanism_and_a_fresh_one_after_it_refused() {
    for mechanisms in ["xoauth2", "oauthbearer", "xoauth2 oauthbearer"] {
        let issuer = Issuer::start(&["good"]);
        let server = issuer.server(mechanisms);
        server
            .deliver("support", b"From: <dana@example.net>\r\nMessage-ID: <1@example.net>\r\n\r\nHello\r\n");
        let imap = by_token(&server, &["good"]);
        let (events, _) = pull_all(&imap, &Cursor::default()).await;
        assert_eq!(ids(&events), ["1@example.net"], "{mechanisms}");
        // The first has expired meanwhile: it is refused in the mechanism's own way, and the next login asks for another.
        let late = by_token(&server, &["expired", "good"]);
        let refused = late.pull(Cursor::default(), Scope::Recent, 0).await;
        assert!(matches!(refused, Err(Failure::Auth { .. })), "{mechanisms}: {refused:?}");
        assert_eq!(ids(&pull_all(&late, &Cursor::default()).await.0), ["1@example.net"], "{mechanisms}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Dovecot and Exim: `tests/run` installs them"]
async fn the_program_asks_its_command_for_another_token_when_the_old_one_has_expired() {
    let issuer = Issuer::start(&["first"]);
    let server = issuer.server("xoauth2 oauthbearer");
    let proxy = Proxy::to(server.ports.imap).await;
    let home = crate::support::Home::empty();
    let token = home.path().join("token");
    write_private(&token, "first\n");
    let command = format!("token = {{ command = \"cat {}\" }}", token.display());
    let desk = Desk::with(server, home, proxy.port(), &command);
    desk.server.deliver("support", &Desk::mail("1").raw());
    until("the first mail", || (desk.conversations().len() == 1).then_some(()));
    // An hour later the connections are cut, and the old token is worth nothing: the command prints another.
    issuer.only("second");
    write_private(&token, "second\n");
    proxy.cut_all();
    desk.server.deliver("support", &Desk::mail("2").raw());
    until("the second mail", || (desk.conversations().len() == 2).then_some(()));
    assert_eq!(desk.channel()["status"], "ok");
    // Where it prints the old one again, the account says so.
    issuer.only("third");
    proxy.cut_all();
    until("the login is refused", || (desk.channel()["status"] == "needs-login").then_some(()));
}
