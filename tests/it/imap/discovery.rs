//! Finding the servers of an address: what the domain describes, who takes its mail, its services; each step against servers of ours,
//! and what is found is opened.

use super::login::{CERTIFICATE, tls};
use super::*;
use frontdesk::net::dns::Dns;
use frontdesk::net::tls::Trust;
use frontdesk::provider::imap::discover::{Found, Sources, find};
use frontdesk::provider::imap::settings;
use std::collections::BTreeMap;
use std::sync::Mutex;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, UdpSocket};
use url::Url;

const MX: u16 = 15;
const SRV: u16 = 33;

/// A name server, and what it was asked.
struct Names {
    dns: Dns,
    asked: Arc<Mutex<Vec<String>>>,
}

/// A record: the name, its kind, and the host that it names; a service with its port.
type Record = (&'static str, u16, &'static str, u16);

/// A name as it travels.
fn labels(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for label in name.split('.').filter(|label| !label.is_empty()) {
        out.push(u8::try_from(label.len()).unwrap());
        out.extend_from_slice(label.as_bytes());
    }
    out.push(0);
    out
}

/// The answer of somebody who knows these records and nothing else (RFC 1035).
fn answer(question: &[u8], records: &[Record]) -> (String, Vec<u8>) {
    let kind = u16::from_be_bytes([question[question.len() - 4], question[question.len() - 3]]);
    let fitting: Vec<&Record> =
        records.iter().filter(|r| r.1 == kind && question[12..question.len() - 4] == labels(r.0)).collect();
    let mut out = question.to_vec();
    // An answer; recursion desired and available; no error, or no such name.
    out[2..4].copy_from_slice(&[0x81, if fitting.is_empty() { 0x83 } else { 0x80 }]);
    out[7] = u8::try_from(fitting.len()).unwrap();
    for (n, (_, kind, host, port)) in fitting.into_iter().enumerate() {
        let preference = u16::try_from(10 * n).unwrap().to_be_bytes();
        let mut data = preference.to_vec();
        if *kind == SRV {
            data.extend_from_slice(&[0, 0]);
            data.extend_from_slice(&port.to_be_bytes());
        }
        data.extend(labels(host));
        out.extend_from_slice(&[0xc0, 12]);
        out.extend_from_slice(&kind.to_be_bytes());
        out.extend_from_slice(&[0, 1, 0, 0, 0, 60]);
        out.extend_from_slice(&u16::try_from(data.len()).unwrap().to_be_bytes());
        out.extend(data);
    }
    let name = String::from_utf8_lossy(&question[12..question.len() - 5]);
    (name.replace(|c: char| c.is_control(), ".").trim_matches('.').to_owned(), out)
}

impl Names {
    async fn know(records: &'static [Record]) -> Names {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let dns = Dns::at(vec![socket.local_addr().unwrap()]);
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let heard = asked.clone();
        tokio::spawn(async move {
            let mut bytes = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut bytes).await {
                let (name, answer) = answer(&bytes[..length], records);
                heard.lock().unwrap().push(name);
                let _ = socket.send_to(&answer, from).await;
            }
        });
        Names { dns, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// A web server whose pages are these: path, status, text. Answers where descriptions may be: `/first` and `/second`.
async fn pages(pages: Vec<(&'static str, u16, String)>) -> Vec<Url> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (reader, mut writer) = socket.split();
            let mut lines = BufReader::new(reader).lines();
            let first = lines.next_line().await.ok().flatten().unwrap_or_default();
            while lines.next_line().await.is_ok_and(|line| line.is_some_and(|line| !line.is_empty())) {}
            let path = first.split(' ').nth(1).unwrap_or_default();
            let page = pages.iter().find(|(known, ..)| *known == path);
            let (status, text) = page.map_or((404, ""), |(_, status, text)| (*status, text.as_str()));
            let answer = format!(
                "HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
                text.len()
            );
            let _ = writer.write_all(answer.as_bytes()).await;
        }
    });
    ["first", "second"].map(|path| Url::parse(&format!("http://127.0.0.1:{port}/{path}")).unwrap()).to_vec()
}

/// A description: kind, host, port, kind of security.
fn description(servers: &[(&str, &str, u16, &str)]) -> String {
    let server = |(kind, host, port, socket): &(&str, &str, u16, &str)| {
        let way = if *kind == "smtp" { "outgoingServer" } else { "incomingServer" };
        format!(
            "<{way} type=\"{kind}\"><hostname>{host}</hostname><port>{port}</port><socketType>{socket}</socketType>\
             <username>%EMAILADDRESS%</username></{way}>"
        )
    };
    let all: String = servers.iter().map(server).collect();
    format!("<clientConfig version=\"1.1\"><emailProvider id=\"x\">{all}</emailProvider></clientConfig>")
}

async fn search(address: &str, places: Vec<Url>, names: &Names) -> Result<Found, String> {
    let settings = settings::parse(&BTreeMap::from([("address".to_owned(), address.to_owned())])).unwrap();
    let (http, trust) = (http(), Trust::load(None).unwrap());
    find(&settings, &Sources { http: &http, places, dns: names.dns.clone(), trust: &trust }).await
}

fn servers(found: &Found) -> (String, String) {
    (found.imap.to_string(), found.smtp.to_string())
}

#[tokio::test]
async fn what_the_domain_describes_goes_before_all_names() {
    let names = Names::know(&[("example.test", MX, "aspmx.l.google.com", 0)]).await;
    let good = description(&[
        ("pop3", "pop.example.test", 995, "SSL"),
        ("imap", "mail.example.test", 993, "SSL"),
        ("smtp", "mail.example.test", 587, "STARTTLS"),
    ]);
    // The first place has nothing, the second has it.
    let places = pages(vec![("/second", 200, good)]).await;
    let found = search("support@example.test", places, &names).await.unwrap();
    let want = ("mail.example.test:993 (tls)".to_owned(), "mail.example.test:587 (starttls)".to_owned());
    assert_eq!(servers(&found), want);
    assert_eq!((found.imap_user.as_str(), found.hint), ("support@example.test", ""));
    assert_eq!(names.asked(), [""; 0]);
    // A provider that is known is not asked about at all.
    let known = search("support@gmail.com", Vec::new(), &names).await.unwrap();
    assert_eq!(known.imap.host, "imap.gmail.com");
    assert_eq!(names.asked(), [""; 0]);
}

#[tokio::test]
async fn where_it_describes_nothing_who_takes_its_mail_tells() {
    let names = Names::know(&[
        ("example.test", MX, "filter.example.net", 0),
        ("example.test", MX, "aspmx.l.google.com", 0),
    ])
    .await;
    let odd =
        description(&[("pop3", "pop.example.test", 995, "SSL"), ("imap", "open.example.test", 143, "plain")]);
    let places = pages(vec![("/first", 200, odd), ("/second", 500, String::new())]).await;
    let found = search("support@example.test", places, &names).await.unwrap();
    assert_eq!(servers(&found), ("imap.gmail.com:993 (tls)".into(), "smtp.gmail.com:465 (tls)".into()));
    assert!(found.saves_sent && found.hint.contains("app password"), "{found:?}");
    assert_eq!(names.asked(), ["example.test"]);
}

#[tokio::test]
async fn services_count_within_the_domain_or_where_they_lead_to_a_known_provider() {
    let own = Names::know(&[
        ("example.test", MX, "mx.example.test", 0),
        ("_imaps._tcp.example.test", SRV, "mail.example.test", 994),
        ("_submission._tcp.example.test", SRV, "mail.example.test", 587),
    ])
    .await;
    let found = search("support@example.test", pages(Vec::new()).await, &own).await.unwrap();
    let want = ("mail.example.test:994 (tls)".to_owned(), "mail.example.test:587 (starttls)".to_owned());
    assert_eq!(servers(&found), want);
    let asked = ["example.test", "_imaps._tcp.example.test", "_submissions._tcp.example.test"];
    assert_eq!(own.asked()[..3], asked);

    // What the domain describes of itself stays, and only the rest is looked for.
    let half = description(&[("imap", "imap.example.test", 993, "SSL")]);
    let found = search("support@example.test", pages(vec![("/first", 200, half)]).await, &own).await.unwrap();
    assert_eq!(servers(&found).0, "imap.example.test:993 (tls)");
    assert_eq!(servers(&found).1, "mail.example.test:587 (starttls)");

    let known = Names::know(&[
        ("_imaps._tcp.example.test", SRV, "imap.fastmail.com", 993),
        ("_submissions._tcp.example.test", SRV, "smtp.fastmail.com", 465),
    ])
    .await;
    let found = search("support@example.test", pages(Vec::new()).await, &known).await.unwrap();
    assert_eq!(servers(&found), ("imap.fastmail.com:993 (tls)".into(), "smtp.fastmail.com:465 (tls)".into()));
    assert!(found.hint.contains("app password"), "{found:?}");
}

#[tokio::test]
async fn what_each_step_answered_in_vain_is_told() {
    let outside = Names::know(&[
        ("example.invalid", MX, "mx.hoster.example", 0),
        ("_imaps._tcp.example.invalid", SRV, "imap.hoster.example", 993),
    ])
    .await;
    let places = pages(vec![("/first", 200, "<html>no".into()), ("/second", 503, String::new())]).await;
    let told = search("support@example.invalid", places, &outside).await.unwrap_err();
    for part in [
        "no server that keeps the mail could be found for example.invalid (",
        "its own description: 127.0.0.1 describes no servers, ",
        "answered 503; its mail is taken by mx.hoster.example, of which nothing is known; ",
        "it names no services of its own (SRV); neither imap.example.invalid nor mail.example.invalid answers; ",
        "The name server speaks of imap.hoster.example, which lies outside of the domain: if that is right, set \
         imap_host=imap.hoster.example",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    let nothing = Names::know(&[]).await;
    let told = search("support@example.invalid", pages(Vec::new()).await, &nothing).await.unwrap_err();
    assert!(
        told.contains("nobody takes its mail (no MX)") && told.ends_with("Name it with imap_host"),
        "{told}"
    );
}

#[tokio::test]
async fn what_was_found_is_opened() {
    let world = MailboxWorld::start(MailboxOptions { tls: Some(tls()), ..options() }).await.unwrap();
    let names = Names::know(&[]).await;
    let own = description(&[
        ("imap", "127.0.0.1", world.imap().port(), "STARTTLS"),
        ("smtp", "127.0.0.1", world.smtp().port(), "STARTTLS"),
    ]);
    let found = search(OURS, pages(vec![("/first", 200, own)]).await, &names).await.unwrap();
    let (imap_port, smtp_port) = (found.imap.port.to_string(), found.smtp.port.to_string());
    let mut setup = setup(&world, &[("ca_file", CERTIFICATE)]);
    for (key, value) in [
        ("imap_host", found.imap.host.as_str()),
        ("imap_port", &imap_port),
        ("imap_security", found.imap.security.word()),
        ("smtp_host", &found.smtp.host),
        ("smtp_port", &smtp_port),
        ("smtp_security", found.smtp.security.word()),
        ("username", &found.imap_user),
    ] {
        setup.settings.insert(key.into(), value.into());
    }
    assert_eq!(provider(&setup, PATIENT).probe().await.map(|login| login.who), Ok(OURS.to_owned()));
    assert!(world.happened().imap.iter().any(|line| line.contains("STARTTLS")));
}
