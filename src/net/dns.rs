//! Questions to the name server that the operating system does not ask for us: services (SRV, RFC 2782) and who takes the mail of
//! a domain (MX, RFC 5321 section 5.1). One question, one answer (RFC 1035); nothing is kept.
//!
//! Answers are not signed: whoever sits in between can make them up. They may say where to look, never whom to trust.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

/// How long one name server is waited for, and how often each is asked.
const PATIENCE: Duration = Duration::from_secs(2);
const TRIES: usize = 2;
/// Name servers that are asked.
const SERVERS: usize = 3;
/// Longest answer over UDP without an extension (RFC 1035, section 2.3.4).
const DATAGRAM: usize = 512;
/// Hops that a compressed name may take: more is a loop.
const HOPS: usize = 16;

const MX: u16 = 15;
const SRV: u16 = 33;
const INTERNET: u16 = 1;

/// A service of a domain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Service {
    /// The lower goes first.
    pub priority: u16,
    /// Among equals, how much of the load goes there.
    pub weight: u16,
    /// Its port.
    pub port: u16,
    /// Its host, lower case, without the dot at its end.
    pub host: String,
}

/// Asks name servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dns(Vec<SocketAddr>);

impl Dns {
    /// The name servers of this machine. Reads a file of a few lines.
    pub fn of_system() -> Dns {
        Dns(servers(&std::fs::read_to_string(Path::new("/etc/resolv.conf")).unwrap_or_default()))
    }

    /// These name servers.
    pub fn at(servers: Vec<SocketAddr>) -> Dns {
        Dns(servers)
    }

    /// The hosts of a service (`_imaps._tcp`) of a domain, the best first; empty where there is no such service, none where no name
    /// server answers.
    pub async fn services(&self, service: &str, domain: &str) -> Option<Vec<Service>> {
        let mut found: Vec<Service> = self
            .ask(&format!("{service}.{domain}"), SRV)
            .await?
            .into_iter()
            .filter_map(|(message, at, length)| read_service(&message, at, length))
            // A single dot says that the service is decidedly not offered (RFC 2782).
            .filter(|service| !service.host.is_empty())
            .collect();
        found.sort_by(|a, b| (a.priority, b.weight, &a.host).cmp(&(b.priority, a.weight, &b.host)));
        Some(found)
    }

    /// The hosts that take the mail of a domain, the best first; none where no name server answers.
    pub async fn mail_hosts(&self, domain: &str) -> Option<Vec<String>> {
        let mut found: Vec<(u16, String)> = self
            .ask(domain, MX)
            .await?
            .into_iter()
            .filter_map(|(message, at, _)| Some((number(&message, at)?, name(&message, at + 2)?.0)))
            .filter(|(_, host)| !host.is_empty())
            .collect();
        found.sort();
        Some(found.into_iter().map(|(_, host)| host).collect())
    }

    /// The records of one kind: each as the whole message with the place and length of its data. None where no server answers.
    async fn ask(&self, domain: &str, kind: u16) -> Option<Vec<(Vec<u8>, usize, usize)>> {
        for _ in 0..TRIES {
            for server in self.0.iter().take(SERVERS) {
                let id = uuid::Uuid::new_v4().as_fields().1;
                let Some(question) = question(id, domain, kind) else { return Some(Vec::new()) };
                let asked = tokio::time::timeout(PATIENCE, exchange(*server, &question)).await;
                if let Ok(Some(message)) = asked
                    && let Some(places) = records(&message, &question, kind)
                {
                    let all = places.into_iter().map(|(at, length)| (message.clone(), at, length));
                    return Some(all.collect());
                }
            }
        }
        None
    }
}

/// The addresses of `nameserver` lines.
fn servers(text: &str) -> Vec<SocketAddr> {
    let address = |line: &str| {
        let mut words = line.split_whitespace();
        if words.next() != Some("nameserver") {
            return None;
        }
        let word = words.next()?;
        // A zone (`fe80::1%eth0`) says which network: std takes it as a number only.
        let ip: IpAddr = word.split('%').next()?.parse().ok()?;
        Some(SocketAddr::new(ip, 53))
    };
    text.lines().filter_map(address).collect()
}

async fn exchange(server: SocketAddr, question: &[u8]) -> Option<Vec<u8>> {
    let here = if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(here).await.ok()?;
    // Connected: datagrams from elsewhere are not seen.
    socket.connect(server).await.ok()?;
    socket.send(question).await.ok()?;
    let mut answer = vec![0; DATAGRAM * 8];
    loop {
        let length = socket.recv(&mut answer).await.ok()?;
        let message = &answer[..length];
        if !is_answer(message, question) {
            continue;
        }
        let is_cut = message.get(2).is_some_and(|flags| flags & 0x02 != 0);
        return if is_cut { over_tcp(server, question).await } else { Some(message.to_vec()) };
    }
}

async fn over_tcp(server: SocketAddr, question: &[u8]) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await.ok()?;
    let mut framed = u16::try_from(question.len()).ok()?.to_be_bytes().to_vec();
    framed.extend_from_slice(question);
    stream.write_all(&framed).await.ok()?;
    let length = usize::from(stream.read_u16().await.ok()?);
    let mut message = vec![0; length];
    stream.read_exact(&mut message).await.ok()?;
    is_answer(&message, question).then_some(message)
}

/// A question as bytes; none for what cannot be a name.
fn question(id: u16, domain: &str, kind: u16) -> Option<Vec<u8>> {
    let mut out = id.to_be_bytes().to_vec();
    // Recursion desired, one question.
    out.extend_from_slice(&[0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in domain.trim_end_matches('.').split('.') {
        let length = u8::try_from(label.len()).ok().filter(|length| (1..64).contains(length))?;
        out.push(length);
        out.extend(label.bytes().map(|b| b.to_ascii_lowercase()));
    }
    out.push(0);
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&INTERNET.to_be_bytes());
    (out.len() <= 12 + 255 + 4).then_some(out)
}

/// Whether a message answers that question: its number, and the question itself.
fn is_answer(message: &[u8], question: &[u8]) -> bool {
    let same_id = message.get(..2) == question.get(..2);
    let is_response = message.get(2).is_some_and(|flags| flags & 0x80 != 0);
    let asked = message.get(12..question.len()).map(<[u8]>::to_ascii_lowercase);
    same_id && is_response && asked.as_deref() == question.get(12..)
}

/// Where the data of the answers of one kind lie; none where the server could not answer at all.
fn records(message: &[u8], question: &[u8], kind: u16) -> Option<Vec<(usize, usize)>> {
    // No error, or no such name: both are answers (RFC 1035, section 4.1.1).
    let code = message.get(3)? & 0x0f;
    if code != 0 && code != 3 {
        return None;
    }
    let count = number(message, 6)?;
    let mut at = question.len();
    let mut found = Vec::new();
    for _ in 0..count {
        at = name(message, at)?.1;
        let of = number(message, at)?;
        let length = usize::from(number(message, at + 8)?);
        at += 10;
        if at + length > message.len() {
            return None;
        }
        if of == kind {
            found.push((at, length));
        }
        at += length;
    }
    Some(found)
}

fn read_service(message: &[u8], at: usize, length: usize) -> Option<Service> {
    if length < 7 {
        return None;
    }
    Some(Service {
        priority: number(message, at)?,
        weight: number(message, at + 2)?,
        port: number(message, at + 4)?,
        host: name(message, at + 6)?.0,
    })
}

fn number(message: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*message.get(at)?, *message.get(at + 1)?]))
}

/// A name, perhaps compressed (RFC 1035, section 4.1.4), and where it ends. Only what can be a host's name is one.
fn name(message: &[u8], from: usize) -> Option<(String, usize)> {
    let (mut at, mut end, mut hops, mut out) = (from, None, 0, String::new());
    loop {
        let length = *message.get(at)?;
        match length {
            0 => return Some((out, end.unwrap_or(at + 1))),
            1..=63 => {
                let label = message.get(at + 1..at + 1 + usize::from(length))?;
                if !label.iter().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(b)) {
                    return None;
                }
                if !out.is_empty() {
                    out.push('.');
                }
                out.extend(label.iter().map(|b| char::from(b.to_ascii_lowercase())));
                if out.len() > 253 {
                    return None;
                }
                at += 1 + usize::from(length);
            }
            0xc0.. => {
                end.get_or_insert(at + 2);
                at = usize::from(number(message, at)? & 0x3fff);
                hops += 1;
                if hops > HOPS {
                    return None;
                }
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer to a question: its header, the question, then records whose names point at the question's.
    fn answer(question: &[u8], kind: u16, data: &[&[u8]]) -> Vec<u8> {
        let mut out = question.to_vec();
        out[2..4].copy_from_slice(&[0x81, 0x80]);
        out[7] = u8::try_from(data.len()).unwrap();
        for data in data {
            out.extend_from_slice(&[0xc0, 12]);
            out.extend_from_slice(&kind.to_be_bytes());
            out.extend_from_slice(&[0, 1, 0, 0, 0, 60]);
            out.extend_from_slice(&u16::try_from(data.len()).unwrap().to_be_bytes());
            out.extend_from_slice(data);
        }
        out
    }

    async fn server(answers: impl Fn(&[u8]) -> Vec<u8> + Send + 'static) -> Dns {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        tokio::spawn(async move {
            let mut bytes = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut bytes).await {
                // Somebody else's answer comes first and is not taken.
                let mut forged = answers(&bytes[..length]);
                forged[0] ^= 0xff;
                let _ = socket.send_to(&forged, from).await;
                let _ = socket.send_to(&answers(&bytes[..length]), from).await;
            }
        });
        Dns::at(vec![address])
    }

    #[tokio::test]
    async fn services_come_the_best_first() {
        // `example.com` stands in the question behind `_imaps` and `_tcp`: the hosts' names end there.
        let dns = server(|question| {
            let host = |name: &[u8], priority: u8, weight: u8| {
                let mut data = vec![0, priority, 0, weight, 0x03, 0xe1];
                data.push(u8::try_from(name.len()).unwrap());
                data.extend_from_slice(name);
                data.extend_from_slice(&[0xc0, 12 + 7 + 5]);
                data
            };
            let (a, b, c) = (host(b"Late", 20, 0), host(b"mail", 10, 1), host(b"big", 10, 9));
            answer(question, SRV, &[&a, &b, &c, &[0, 0, 0, 0, 0, 0, 0]])
        })
        .await;
        let found = dns.services("_imaps._tcp", "Example.com").await.unwrap();
        let hosts: Vec<_> = found.iter().map(|s| (s.host.as_str(), s.port)).collect();
        assert_eq!(hosts, [("big.example.com", 993), ("mail.example.com", 993), ("late.example.com", 993)]);
    }

    #[tokio::test]
    async fn mail_hosts_and_domains_that_are_not_there() {
        let dns = server(|question| {
            if question.windows(7).any(|w| w == b"nowhere") {
                let mut out = answer(question, MX, &[]);
                out[3] = 0x83;
                return out;
            }
            answer(question, MX, &[&[0, 20, 1, b'b', 0xc0, 12], &[0, 10, 1, b'a', 0xc0, 12]])
        })
        .await;
        assert_eq!(dns.mail_hosts("example.com").await.unwrap(), ["a.example.com", "b.example.com"]);
        assert_eq!(dns.mail_hosts("nowhere.example").await, Some(Vec::new()));
        assert_eq!(dns.mail_hosts("not a..name").await, Some(Vec::new()));
        assert_eq!(Dns::at(Vec::new()).mail_hosts("example.com").await, None, "nobody was asked");
    }

    #[test]
    fn nonsense_is_no_answer() {
        let asked = question(7, "example.com", MX).unwrap();
        let good = answer(&asked, MX, &[&[0, 10, 0xc0, 12]]);
        assert!(is_answer(&good, &asked));
        for cut in 0..good.len() {
            let _ = records(&good[..cut], &asked, MX);
            let _ = name(&good[..cut], 12);
        }
        // A name that points at itself.
        let at = u8::try_from(asked.len()).unwrap();
        let mut turning = asked.clone();
        turning.extend_from_slice(&[0xc0, at]);
        assert_eq!(name(&turning, asked.len()), None);
        assert_eq!(
            servers("# x\nnameserver 9.9.9.9\nnameserver fe80::1%eth0\nsearch a\nnameserver x").len(),
            2
        );
    }
}
