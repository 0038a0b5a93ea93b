//! Finds the servers of a mailbox by its address. What the settings say always wins; for the rest are asked, in this order: what large
//! providers have published, the domain itself, who takes its mail, its services, and then the usual names are tried.
//!
//! Passwords go where this says, so nothing that could be forged on the way decides it alone: names from the name server count
//! only within the domain of the address, or where they lead to a provider that is known.

use super::autoconfig;
use super::settings::{Security, Settings, Wanted};
use super::table::{self, Known, Local};
use crate::net::dns::Dns;
use crate::net::http::Http;
use crate::net::tls::{self, Trust};
use std::time::Duration;
use url::Url;

/// How long one of the usual names is tried.
const TRY: Duration = Duration::from_secs(4);

/// A server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is secured.
    pub security: Security,
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{} ({})", self.host, self.port, self.security.word())
    }
}

/// Where a mailbox is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where mail is kept.
    pub imap: Endpoint,
    /// Where mail is sent.
    pub smtp: Endpoint,
    /// The login name where mail is kept.
    pub imap_user: String,
    /// The login name where mail is sent.
    pub smtp_user: String,
    /// Whether the server keeps what is sent by itself.
    pub saves_sent: bool,
    /// What to know about the password; empty = nothing.
    pub hint: &'static str,
}

/// What is asked.
pub struct Sources<'a> {
    /// Where descriptions are fetched with.
    pub http: &'a Http,
    /// Where they may be.
    pub places: Vec<Url>,
    /// The name servers.
    pub dns: Dns,
    /// Whose certificates are believed when names are tried.
    pub trust: &'a Trust,
}

/// One half of what was found: a server and the login name, where that was told.
type Half = Option<(Endpoint, Option<String>)>;

/// What was found so far, and what was asked in vain.
#[derive(Default)]
struct Search {
    imap: Half,
    smtp: Half,
    known: Option<&'static Known>,
    /// What each step has answered that found nothing, in their order.
    vain: Vec<String>,
    /// A host outside of the domain that its name server speaks of.
    outside: Option<String>,
}

impl Search {
    fn is_over(&self) -> bool {
        self.imap.is_some() && self.smtp.is_some()
    }

    fn publish(&mut self, known: &'static Known) {
        let half = |(host, port, security): table::Server| {
            Some((Endpoint { host: host.to_owned(), port, security }, None))
        };
        self.imap = half(known.imap);
        self.smtp = half(known.smtp);
        self.known = Some(known);
    }
}

/// Finds the servers.
///
/// # Errors
/// That there are none, what each step has answered, and what to do.
pub async fn find(settings: &Settings, sources: &Sources<'_>) -> Result<Found, String> {
    let domain = settings.domain();
    let mut search = Search::default();
    if settings.imap.host.is_none() || settings.smtp.host.is_none() {
        match table::of_domain(domain) {
            Some(known) => search.publish(known),
            None => described(settings, sources, &mut search).await,
        }
        if !search.is_over() {
            let answers = named(domain, sources, &mut search).await;
            if answers && !search.is_over() {
                services(domain, sources, &mut search).await;
            }
        }
        if search.imap.is_none() && settings.imap.host.is_none() {
            search.imap = usual(domain, IMAP, sources, &mut search.vain).await.map(|found| (found, None));
        }
        if search.smtp.is_none() && settings.smtp.host.is_none() {
            search.smtp = usual(domain, SMTP, sources, &mut search.vain).await.map(|found| (found, None));
        }
    }
    let Search { imap, smtp, known, vain, outside } = search;
    let missing = |what: &str, key: &str| {
        let also = match &outside {
            Some(host) => format!(
                " The name server speaks of {host}, which lies outside of the domain: if that is right, set {key}={host}"
            ),
            None => format!(" Name it with {key}"),
        };
        let vain = if vain.is_empty() { String::new() } else { format!(" ({})", vain.join("; ")) };
        format!("no server that {what} could be found for {domain}{vain}.{also}")
    };
    let (imap, imap_told) =
        filled(&settings.imap, imap, 993, 143).ok_or_else(|| missing("keeps the mail", "imap_host"))?;
    let (smtp, smtp_told) =
        filled(&settings.smtp, smtp, 465, 587).ok_or_else(|| missing("sends mail", "smtp_host"))?;
    // Who names the servers may have named those of a provider that is known.
    let known = known.or_else(|| table::of_server(&imap.host));
    let sends = table::of_server(&smtp.host);
    let address = settings.address().to_owned();
    let local = || address.rsplit_once('@').map_or(address.as_str(), |(local, _)| local).to_owned();
    let imap_user = match &settings.username {
        Some(name) => name.clone(),
        None if known.is_some_and(|k| k.local != Local::No && k.imap.0 == imap.host) => local(),
        None => imap_told.unwrap_or_else(|| address.clone()),
    };
    let smtp_user = settings.smtp_username.clone().or_else(|| settings.username.clone());
    let smtp_local = sends.filter(|sends| sends.local == Local::Both).map(|_| local());
    Ok(Found {
        smtp_user: smtp_user.or(smtp_local).or(smtp_told).unwrap_or_else(|| address.clone()),
        imap_user,
        saves_sent: sends.is_some_and(|known| known.saves_sent),
        hint: known.map_or("", |known| known.hint),
        imap,
        smtp,
    })
}

/// A server of which some may be given, and some may have been found.
fn filled(wanted: &Wanted, found: Half, tls: u16, starttls: u16) -> Option<(Endpoint, Option<String>)> {
    let port = |security: Security| if security == Security::Tls { tls } else { starttls };
    let (host, user, known) = match (&wanted.host, found) {
        (Some(host), found) => {
            // A name that was found for another host is not one for this.
            let user = found.filter(|(server, _)| server.host == *host).and_then(|(_, user)| user);
            (host.clone(), user, None)
        }
        (None, Some((server, user))) => (server.host, user, Some((server.port, server.security))),
        (None, None) => return None,
    };
    let usual = match wanted.port {
        Some(given) if given == starttls => Security::StartTls,
        _ => Security::Tls,
    };
    let security = wanted.security.or(known.map(|(_, security)| security)).unwrap_or(usual);
    let told = known.filter(|(_, told)| *told == security).map(|(port, _)| port);
    let port = wanted.port.or(told).unwrap_or_else(|| port(security));
    Some((Endpoint { host, port, security }, user))
}

/// What the domain says of itself.
async fn described(settings: &Settings, sources: &Sources<'_>, search: &mut Search) {
    match autoconfig::ask(sources.http, &sources.places, settings.address()).await {
        Ok(described) => {
            if described.imap.is_none() || described.smtp.is_none() {
                search.vain.push("its own description names one server only".to_owned());
            }
            (search.imap, search.smtp) = (described.imap, described.smtp);
        }
        Err(why) if why.is_empty() => {}
        Err(why) => search.vain.push(format!("its own description: {why}")),
    }
}

/// Who takes its mail, where that is a provider that is known. Answers whether name servers answer.
async fn named(domain: &str, sources: &Sources<'_>, search: &mut Search) -> bool {
    let Some(hosts) = sources.dns.mail_hosts(domain).await else {
        search.vain.push("no name server answers".to_owned());
        return false;
    };
    match hosts.iter().find_map(|host| table::of_mail_host(host)) {
        // Who describes servers of its own has its mail there, whoever takes it in.
        Some(known) if search.imap.is_none() && search.smtp.is_none() => search.publish(known),
        Some(_) => {}
        None => search.vain.push(match hosts.first() {
            Some(host) => format!("its mail is taken by {host}, of which nothing is known"),
            None => "nobody takes its mail (no MX)".to_owned(),
        }),
    }
    true
}

/// What the name server says of the domain's services (RFC 6186, RFC 8314).
async fn services(domain: &str, sources: &Sources<'_>, search: &mut Search) {
    let asked = [
        [("_imaps._tcp", Security::Tls), ("_imap._tcp", Security::StartTls)],
        [("_submissions._tcp", Security::Tls), ("_submission._tcp", Security::StartTls)],
    ];
    for (half, names) in [&mut search.imap, &mut search.smtp].into_iter().zip(asked) {
        for (name, security) in names {
            if half.is_some() {
                break;
            }
            let found = sources.dns.services(name, domain).await.unwrap_or_default();
            let Some(best) = found.into_iter().find(|service| service.port > 0) else { continue };
            if is_within(&best.host, domain) || table::of_server(&best.host).is_some() {
                *half = Some((Endpoint { host: best.host, port: best.port, security }, None));
            } else {
                search.outside.get_or_insert(best.host);
            }
        }
    }
    if !search.is_over() {
        search.vain.push("it names no services of its own (SRV)".to_owned());
    }
}

fn is_within(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Names before the domain, with port and security, that are usual.
type Usual = [(&'static str, u16, Security); 4];
const IMAP: Usual = [
    ("imap.", 993, Security::Tls),
    ("mail.", 993, Security::Tls),
    ("imap.", 143, Security::StartTls),
    ("mail.", 143, Security::StartTls),
];
const SMTP: Usual = [
    ("smtp.", 465, Security::Tls),
    ("mail.", 465, Security::Tls),
    ("smtp.", 587, Security::StartTls),
    ("mail.", 587, Security::StartTls),
];

/// The first of the usual names that answers, in safety where it can be seen at once.
async fn usual(
    domain: &str,
    names: Usual,
    sources: &Sources<'_>,
    vain: &mut Vec<String>,
) -> Option<Endpoint> {
    for (before, port, security) in names {
        let host = format!("{before}{domain}");
        let Ok(stream) = tls::connect(&host, port, TRY, TRY).await else { continue };
        if security == Security::Tls && stream.secure(&host, sources.trust, TRY).await.is_err() {
            continue;
        }
        return Some(Endpoint { host, port, security });
    }
    let [first, second, ..] = names;
    vain.push(format!("neither {}{domain} nor {}{domain} answers", first.0, second.0));
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::http::HttpOptions;
    use crate::provider::imap::settings;
    use std::collections::BTreeMap;

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        let map: BTreeMap<String, String> =
            pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        settings::parse(&map).unwrap()
    }

    async fn found(pairs: &[(&str, &str)]) -> Result<Found, String> {
        let http = Http::new(HttpOptions::default()).unwrap();
        let trust = Trust::load(None).unwrap();
        // Nobody is asked: what is found is found without.
        let sources = Sources { http: &http, places: Vec::new(), dns: Dns::at(Vec::new()), trust: &trust };
        find(&settings(pairs), &sources).await
    }

    #[tokio::test]
    async fn large_providers_need_no_question() {
        let gmail = found(&[("address", "example@gmail.com")]).await.unwrap();
        assert_eq!(gmail.imap.to_string(), "imap.gmail.com:993 (tls)");
        assert_eq!((gmail.imap_user.as_str(), gmail.saves_sent), ("example@gmail.com", true));
        assert!(gmail.hint.contains("app password"));
        let apple = found(&[("address", "example@icloud.com")]).await.unwrap();
        assert_eq!((apple.imap_user.as_str(), apple.smtp_user.as_str()), ("example", "example@icloud.com"));
        let post = found(&[("address", "example@laposte.net")]).await.unwrap();
        assert_eq!((post.imap_user.as_str(), post.smtp_user.as_str()), ("example", "example"));
        let named = found(&[("address", "example@icloud.com"), ("username", "other")]).await.unwrap();
        assert_eq!((named.imap_user.as_str(), named.smtp_user.as_str()), ("other", "other"));
    }

    #[tokio::test]
    async fn what_is_given_wins() {
        let own = found(&[
            ("address", "a@example.com"),
            ("imap_host", "localhost"),
            ("imap_port", "1143"),
            ("imap_security", "starttls"),
            ("smtp_host", "smtp.gmail.com"),
        ])
        .await
        .unwrap();
        assert_eq!(own.imap.to_string(), "localhost:1143 (starttls)");
        assert_eq!(own.smtp.to_string(), "smtp.gmail.com:465 (tls)");
        assert!(own.saves_sent, "it is the server that sends which keeps");
        let port = found(&[("address", "a@gmail.com"), ("smtp_port", "587")]).await.unwrap();
        assert_eq!(port.smtp.to_string(), "smtp.gmail.com:587 (starttls)");
        assert_eq!(port.imap.to_string(), "imap.gmail.com:993 (tls)");
        let starttls = found(&[("address", "a@gmail.com"), ("imap_security", "starttls")]).await.unwrap();
        assert_eq!(starttls.imap.to_string(), "imap.gmail.com:143 (starttls)");
    }

    #[tokio::test]
    async fn where_nothing_is_found_the_settings_are_named() {
        let told = found(&[("address", "a@nowhere.invalid")]).await.unwrap_err();
        let want = "no server that keeps the mail could be found for nowhere.invalid (no name server answers; neither \
                    imap.nowhere.invalid nor mail.nowhere.invalid answers; neither smtp.nowhere.invalid nor mail.nowhere.invalid \
                    answers). Name it with imap_host";
        assert_eq!(told, want);
    }

    #[test]
    fn hosts_within_a_domain() {
        assert!(is_within("mail.example.com", "example.com") && is_within("example.com", "example.com"));
        assert!(!is_within("mail.evil-example.com", "example.com"));
    }
}
