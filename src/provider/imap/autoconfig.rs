//! What a domain says of its own mail servers: `config-v1.1.xml`, as Thunderbird introduced it (draft-ietf-mailmaint-autoconfig). Only
//! what comes by HTTPS from the domain itself is asked for.

use super::discover::Endpoint;
use super::settings::Security;
use crate::domain::failure::Failure;
use crate::net::http::{Http, is_loopback};
use quick_xml::Reader;
use quick_xml::events::Event;
use std::time::Duration;
use url::Url;

/// Longest description, in bytes.
const LONGEST: u64 = 64 * 1024;
/// How long a domain is waited for.
const PATIENCE: Duration = Duration::from_secs(8);
/// Elements within each other at most.
const DEEPEST: usize = 16;

/// What a domain says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Described {
    /// Where mail is kept, with the login name.
    pub imap: Option<(Endpoint, Option<String>)>,
    /// Where mail is sent, likewise.
    pub smtp: Option<(Endpoint, Option<String>)>,
}

/// The places where a domain may describe its servers, in the order in which they count.
pub fn places(address: &str, domain: &str) -> Vec<Url> {
    let mut first = format!("https://autoconfig.{domain}/mail/config-v1.1.xml");
    if let Ok(mut url) = Url::parse(&first) {
        url.query_pairs_mut().append_pair("emailaddress", address);
        first = url.into();
    }
    let second = format!("https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml");
    [first, second].iter().filter_map(|url| Url::parse(url).ok()).collect()
}

/// Asks these places, and takes the first description that says anything.
///
/// # Errors
/// Why there is none, place by place.
pub async fn ask(http: &Http, places: &[Url], address: &str) -> Result<Described, String> {
    let asked = places.iter().map(|url| async move {
        match fetch(http, url).await {
            Ok(text) => read(&text, address)
                .ok_or_else(|| format!("{} describes no servers", url.host_str().unwrap_or_default())),
            Err(failure) => Err(failure.to_string()),
        }
    });
    let mut why = Vec::new();
    for answer in futures_util::future::join_all(asked).await {
        match answer {
            Ok(described) => return Ok(described),
            Err(words) => why.push(words),
        }
    }
    Err(why.join(", "))
}

async fn fetch(http: &Http, url: &Url) -> Result<String, Failure> {
    // A domain may point to whoever runs its mail, but only in safety.
    let allow = |url: &Url| url.scheme() == "https" || is_loopback(url);
    let file = tokio::time::timeout(PATIENCE, http.download(url, &allow, None, LONGEST)).await;
    match file {
        Ok(Ok(file)) => Ok(String::from_utf8_lossy(&file.bytes).into_owned()),
        Ok(Err(failure)) => Err(failure),
        Err(_) => Err(Failure::transient("it took too long")),
    }
}

/// A server while it is read.
#[derive(Default)]
struct Half {
    kind: String,
    host: String,
    port: String,
    socket: String,
    user: String,
}

/// Reads a description; none where it is none, or names no server that can be used in safety.
pub fn read(text: &str, address: &str) -> Option<Described> {
    let mut reader = Reader::from_str(text);
    let mut path: Vec<String> = Vec::new();
    let mut half: Option<Half> = None;
    let mut found = Described::default();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
                if name == "incomingServer" || name == "outgoingServer" {
                    let kind = start.attributes().flatten().find(|a| a.key.as_ref() == b"type");
                    let kind = kind.map(|a| String::from_utf8_lossy(&a.value).to_ascii_lowercase());
                    half = Some(Half { kind: kind.unwrap_or_default(), ..Half::default() });
                }
                path.push(name);
                if path.len() > DEEPEST {
                    return None;
                }
            }
            Event::Text(words) => {
                let (Some(half), Some(name)) = (&mut half, path.last()) else { continue };
                let slot = match name.as_str() {
                    "hostname" => &mut half.host,
                    "port" => &mut half.port,
                    "socketType" => &mut half.socket,
                    "username" => &mut half.user,
                    _ => continue,
                };
                slot.push_str(words.decode().ok()?.trim());
            }
            Event::End(_) => {
                let name = path.pop()?;
                let (incoming, outgoing) = (name == "incomingServer", name == "outgoingServer");
                if !incoming && !outgoing {
                    continue;
                }
                let Some(half) = half.take() else { continue };
                let slot = match half.kind.as_str() {
                    "imap" if incoming => &mut found.imap,
                    "smtp" if outgoing => &mut found.smtp,
                    _ => continue,
                };
                let Some((server, user)) = whole(&half, address) else { continue };
                // They stand in the order in which they are preferred; TLS from the first byte is, all the same.
                let better = match slot {
                    None => true,
                    Some((known, _)) => {
                        known.security == Security::StartTls && server.security == Security::Tls
                    }
                };
                if better {
                    *slot = Some((server, user));
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    (found.imap.is_some() || found.smtp.is_some()).then_some(found)
}

fn whole(half: &Half, address: &str) -> Option<(Endpoint, Option<String>)> {
    let security = match half.socket.to_ascii_uppercase().as_str() {
        "SSL" | "TLS" => Security::Tls,
        "STARTTLS" => Security::StartTls,
        // Open to everybody on the way.
        _ => return None,
    };
    let host = url::Host::parse(&filled(&half.host, address)).ok()?.to_string();
    let port = half.port.parse().ok().filter(|port| *port > 0)?;
    let user = filled(&half.user, address);
    let fits = !user.is_empty() && !user.contains('%') && !user.chars().any(char::is_control);
    Some((Endpoint { host, port, security }, fits.then_some(user)))
}

fn filled(text: &str, address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    text.replace("%EMAILADDRESS%", address)
        .replace("%EMAILLOCALPART%", local)
        .replace("%EMAILDOMAIN%", domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1"><emailProvider id="example.com">
  <domain>example.com</domain><displayName>Example &amp; Co</displayName>
  <incomingServer type="pop3"><hostname>pop.example.com</hostname><port>995</port><socketType>SSL</socketType></incomingServer>
  <incomingServer type="imap"><hostname>mail.%EMAILDOMAIN%</hostname><port>143</port><socketType>STARTTLS</socketType>
    <username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></incomingServer>
  <incomingServer type="imap"><hostname>imap.example.com</hostname><port>993</port><socketType>SSL</socketType>
    <username>%EMAILLOCALPART%</username><authentication>OAuth2</authentication></incomingServer>
  <outgoingServer type="smtp"><hostname>open.example.com</hostname><port>25</port><socketType>plain</socketType></outgoingServer>
  <outgoingServer type="smtp"><hostname>smtp.example.com</hostname><port>587</port><socketType>STARTTLS</socketType>
    <username>%EMAILADDRESS%</username></outgoingServer>
</emailProvider></clientConfig>"#;

    #[test]
    fn the_safest_servers_are_taken() {
        let found = read(XML, "support@example.com").unwrap();
        let imap = Endpoint { host: "imap.example.com".into(), port: 993, security: Security::Tls };
        let smtp = Endpoint { host: "smtp.example.com".into(), port: 587, security: Security::StartTls };
        assert_eq!(found.imap, Some((imap, Some("support".into()))));
        assert_eq!(found.smtp, Some((smtp, Some("support@example.com".into()))));
    }

    #[test]
    fn what_is_no_description_says_nothing() {
        let deep = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
        let open = XML.replace("SSL", "plain").replace("STARTTLS", "plain");
        for odd in ["", "<html><body>Not found", "<clientConfig/>", &deep, &open, "<a></b>"] {
            assert_eq!(read(odd, "a@b.example"), None, "{odd}");
        }
        let odd_host = XML.replace("imap.example.com", "imap example").replace("mail.%EMAILDOMAIN%", "");
        assert_eq!(read(&odd_host, "a@b.example").unwrap().imap, None);
    }

    #[test]
    fn the_domain_itself_is_asked_and_in_safety() {
        let places = places("a+b@example.com", "example.com");
        let all: Vec<&str> = places.iter().map(Url::as_str).collect();
        assert_eq!(
            all,
            [
                "https://autoconfig.example.com/mail/config-v1.1.xml?emailaddress=a%2Bb%40example.com",
                "https://example.com/.well-known/autoconfig/mail/config-v1.1.xml",
            ]
        );
    }
}
