//! The settings of a mailbox: what they are called, what is legal, what they mean.

use crate::domain::mail::Mailbox;
use crate::domain::op::Mark;
use crate::domain::setting::{SettingSpec, WrongSetting};
use crate::net::tls::is_loopback;
use crate::provider::mail::own::{Own, folded};
use crate::provider::mail::settings::{Given, LOGO, QUOTE, READ_RECEIPTS, SIGNATURE, SUBJECT_TOKEN, Style};
use crate::text::address;
use crate::text::sanitize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// How often is asked where the server does not tell by itself, in seconds.
const POLL_SECONDS: u64 = 60;

/// What an account can be told.
pub const SPECS: &[SettingSpec] = &[
    SettingSpec::text("address", "our address, support@example.com; servers are found by it").required(),
    SettingSpec::text("name", "the name that customers see as the sender"),
    SettingSpec::text("username", "the login name of both servers; default the address"),
    SettingSpec::text("smtp_username", "the login name of the server for sending, if it is another one"),
    SettingSpec::text("imap_host", "the server that keeps the mail; default found by the address"),
    SettingSpec::number("imap_port", "its port; default 993, with starttls 143"),
    SettingSpec::text("imap_security", "tls, starttls, or plain (this machine only); default tls"),
    SettingSpec::text("smtp_host", "the server that sends; default found by the address"),
    SettingSpec::number("smtp_port", "its port; default 465, with starttls 587"),
    SettingSpec::text("smtp_security", "tls, starttls, or plain (this machine only); default tls"),
    SettingSpec::text("ca_file", "a PEM file with an authority that is believed besides those of the system"),
    SettingSpec::text("folders", "folders whose mail is support, separated by commas; default INBOX"),
    SettingSpec::text("junk", "yes: the junk folder is read too, as spam; default no"),
    SettingSpec::text("sent_folder", "the folder of what was sent; default as the server says"),
    SettingSpec::text("archive_folder", "where archived mail goes; default as the server says"),
    SettingSpec::text("junk_folder", "where spam goes; default as the server says"),
    SettingSpec::text("trash_folder", "where deleted mail goes; default as the server says"),
    SettingSpec::text(
        "save_sent",
        "auto, yes or no: keep a copy of what is sent; default auto, unless the server does",
    ),
    SettingSpec::text(
        "marks",
        "what other programs shall see of our work: seen, answered, archived, spam, or none; with deleted, what is archived goes to the trash there; default all but deleted",
    ),
    SettingSpec::text("aliases", "further addresses of ours, separated by commas"),
    SettingSpec::text(
        "plus",
        "yes: answers go to support+token@…, by which they are known even without their headers; the server must deliver such addresses",
    ),
    SIGNATURE,
    LOGO,
    QUOTE,
    READ_RECEIPTS,
    SUBJECT_TOKEN,
    SettingSpec::number("since_days", "how many days of old mail are read at first; default all"),
    SettingSpec::number(
        "poll_seconds",
        "how often to ask where the server does not tell by itself; default 60",
    ),
    SettingSpec::secret(
        "password",
        "the password of the mailbox; large providers want one made for this program",
    ),
    SettingSpec::secret(
        "token",
        "instead: an OAuth access token, as a rule what a command prints (--secret-command)",
    ),
];

/// How a connection is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// TLS after a command.
    StartTls,
    /// Not at all: within this machine.
    Plain,
}

impl Security {
    /// The word of the setting.
    pub const fn word(self) -> &'static str {
        match self {
            Security::Tls => "tls",
            Security::StartTls => "starttls",
            Security::Plain => "plain",
        }
    }
}

/// What is said of a server; the rest is found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Its name or address.
    pub host: Option<String>,
    /// Its port.
    pub port: Option<u16>,
    /// How the connection is secured.
    pub security: Option<Security>,
}

/// Whether a copy of what is sent is kept by us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaveSent {
    /// Unless the server does.
    Auto,
    /// In any case.
    Yes,
    /// Never.
    No,
}

/// Folders that have a name of their own in the settings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Named {
    /// What was sent.
    pub sent: Option<String>,
    /// What is put away.
    pub archive: Option<String>,
    /// Spam.
    pub junk: Option<String>,
    /// What is thrown away.
    pub trash: Option<String>,
}

/// Checked settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Who we are.
    pub own: Own,
    /// The login name, if it is not the address.
    pub username: Option<String>,
    /// The login name for sending, if it is another one.
    pub smtp_username: Option<String>,
    /// Where mail is kept.
    pub imap: Wanted,
    /// Where mail is sent.
    pub smtp: Wanted,
    /// Whose certificates are believed besides.
    pub ca_file: Option<PathBuf>,
    /// Folders that are read.
    pub folders: Vec<String>,
    /// Folders that were named.
    pub named: Named,
    /// Whether junk is read.
    pub junk: bool,
    /// Whether what is sent is kept.
    pub save_sent: SaveSent,
    /// What is written back.
    pub marks: Vec<Mark>,
    /// How its mails look.
    pub style: Style,
    /// How many days of old mail are read.
    pub since_days: Option<u32>,
    /// How often to ask.
    pub poll: Duration,
}

impl Settings {
    /// Our address.
    pub fn address(&self) -> &str {
        &self.own.from.address
    }

    /// Its domain.
    pub fn domain(&self) -> &str {
        self.own.domain()
    }
}

/// Reads settings and says what is wrong with them in words for a person.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse(settings: &BTreeMap<String, String>) -> Result<Settings, WrongSetting> {
    let given = Given::known(settings, SPECS)?;
    let own = own(&given)?;
    let words = |key: &str| given.get(key).map(str::to_owned);
    let folders = list(given.get("folders"));
    let named = Named {
        sent: words("sent_folder"),
        archive: words("archive_folder"),
        junk: words("junk_folder"),
        trash: words("trash_folder"),
    };
    let all = folders.iter().map(|f| ("folders", f)).chain(
        [
            ("sent_folder", &named.sent),
            ("archive_folder", &named.archive),
            ("junk_folder", &named.junk),
            ("trash_folder", &named.trash),
        ]
        .into_iter()
        .filter_map(|(key, name)| Some((key, name.as_ref()?))),
    );
    for (key, name) in all {
        if name.chars().any(char::is_control) {
            return Err(WrongSetting::new(key, format!("{key} holds characters that no folder has")));
        }
    }
    let (username, smtp_username) = (words("username"), words("smtp_username"));
    for (key, name) in [("username", &username), ("smtp_username", &smtp_username)] {
        if name.as_ref().is_some_and(|name| name.chars().any(char::is_control)) {
            return Err(WrongSetting::new(key, format!("{key} holds characters that no name has")));
        }
    }
    Ok(Settings {
        own,
        username,
        smtp_username,
        imap: wanted(&given, "imap", [(993, Security::Tls), (143, Security::StartTls)])?,
        smtp: wanted(&given, "smtp", [(465, Security::Tls), (587, Security::StartTls)])?,
        ca_file: given.get("ca_file").map(PathBuf::from),
        folders: if folders.is_empty() { vec!["INBOX".into()] } else { folders },
        named,
        junk: given.is_on("junk")?,
        save_sent: match given.get("save_sent").map(str::to_ascii_lowercase).as_deref() {
            None | Some("auto") => SaveSent::Auto,
            Some("yes") => SaveSent::Yes,
            Some("no") => SaveSent::No,
            Some(_) => return Err(WrongSetting::new("save_sent", "save_sent must be auto, yes or no")),
        },
        marks: marks(given.get("marks"))?,
        style: given.style()?,
        since_days: match number(&given, "since_days", 1..=36_500)? {
            0 => None,
            days => u32::try_from(days).ok(),
        },
        poll: Duration::from_secs(match number(&given, "poll_seconds", 5..=86_400)? {
            0 => POLL_SECONDS,
            seconds => seconds,
        }),
    })
}

fn own(given: &Given<'_>) -> Result<Own, WrongSetting> {
    let wrong = |key: &str, human: String| WrongSetting::new(key, human);
    let typed = given.get("address").ok_or_else(|| {
        wrong("address", "address is missing: the address of the mailbox (support@example.com)".into())
    })?;
    let bare = !typed.contains('<');
    let email = address::email(typed).filter(|_| bare).ok_or_else(|| {
        wrong("address", format!("address must be like support@example.com, not \u{201c}{typed}\u{201d}"))
    })?;
    let mut also = Vec::new();
    for alias in list(given.get("aliases")) {
        let Some(alias) = folded(&alias) else {
            return Err(wrong(
                "aliases",
                format!(
                    "aliases must be addresses, separated by commas, and \u{201c}{alias}\u{201d} is none"
                ),
            ));
        };
        also.push(alias);
    }
    let reply = if given.is_on("plus")? {
        let plain = email.folded.split('@').next().map_or(0, str::len) <= 64 - 17;
        if email.folded.contains('+') || !plain {
            return Err(wrong(
                "plus",
                "plus needs an address without a plus, of 47 characters at most".into(),
            ));
        }
        Some(email.folded.clone())
    } else {
        None
    };
    let name = given.get("name").map(|name| sanitize::line(name).into_owned());
    Ok(Own { from: Mailbox { name, address: email.kept }, also, reply })
}

fn list(text: Option<&str>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for word in text.unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty()) {
        // INBOX is the one name whose case does not matter (RFC 3501, section 5.1).
        let word = if word.eq_ignore_ascii_case("inbox") { "INBOX" } else { word };
        if !all.iter().any(|known| known == word) {
            all.push(word.to_owned());
        }
    }
    all
}

fn wanted(given: &Given<'_>, of: &str, usual: [(u16, Security); 2]) -> Result<Wanted, WrongSetting> {
    let key = |what: &str| format!("{of}_{what}");
    let (host_key, port_key, security_key) = (key("host"), key("port"), key("security"));
    let host = match given.get(&host_key) {
        None => None,
        Some(typed) => {
            let host = url::Host::parse(typed).map_err(|_| {
                let human = format!(
                    "{host_key} must be the name of a server (mail.example.com), not \u{201c}{typed}\u{201d}"
                );
                WrongSetting::new(&host_key, human)
            })?;
            Some(host.to_string())
        }
    };
    let port = match given.get(&port_key) {
        None => None,
        Some(typed) => Some(typed.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
            WrongSetting::new(&port_key, format!("{port_key} must be a number from 1 to 65535"))
        })?),
    };
    let security = match given.get(&security_key).map(str::to_ascii_lowercase).as_deref() {
        // A port that everybody uses in one way says which.
        None => usual.iter().find(|(usual, _)| Some(*usual) == port).map(|(_, security)| *security),
        Some("tls") => Some(Security::Tls),
        Some("starttls") => Some(Security::StartTls),
        Some("plain") => Some(Security::Plain),
        Some(_) => {
            let human = format!("{security_key} must be tls, starttls or plain");
            return Err(WrongSetting::new(&security_key, human));
        }
    };
    if security == Some(Security::Plain) && !host.as_deref().is_some_and(is_loopback) {
        let human = format!(
            "{security_key} is plain, and {host_key} is not this machine: passwords and mail would be open to everybody on the way. \
             Use tls or starttls"
        );
        return Err(WrongSetting::new(&security_key, human));
    }
    Ok(Wanted { host, port, security })
}

/// Nothing is 0.
fn number(given: &Given<'_>, key: &str, within: std::ops::RangeInclusive<u64>) -> Result<u64, WrongSetting> {
    let Some(typed) = given.get(key) else { return Ok(0) };
    typed.parse().ok().filter(|n| within.contains(n)).ok_or_else(|| {
        WrongSetting::new(key, format!("{key} must be {} to {}", within.start(), within.end()))
    })
}

fn marks(given: Option<&str>) -> Result<Vec<Mark>, WrongSetting> {
    let Some(given) = given else {
        return Ok(Mark::ALL.into_iter().filter(|mark| *mark != Mark::Deleted).collect());
    };
    if given.eq_ignore_ascii_case("none") {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    for word in given.split(',').map(|word| word.trim().to_ascii_lowercase()).filter(|w| !w.is_empty()) {
        let Some(mark) = Mark::ALL.into_iter().find(|mark| mark.word() == word) else {
            let known = Mark::ALL.map(Mark::word).join(", ");
            let human = format!("marks must be some of {known}, or none, not \u{201c}{word}\u{201d}");
            return Err(WrongSetting::new("marks", human));
        };
        if !all.contains(&mark) {
            all.push(mark);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Result<Settings, WrongSetting> {
        let mut map = BTreeMap::from([("address".to_owned(), "Support@Example.com".to_owned())]);
        map.extend(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        parse(&map)
    }

    #[test]
    fn an_address_is_enough() {
        let settings = with(&[]).unwrap();
        assert_eq!((settings.address(), settings.domain()), ("Support@example.com", "example.com"));
        assert_eq!(settings.folders, ["INBOX"]);
        assert_eq!(settings.marks, [Mark::Seen, Mark::Answered, Mark::Archived, Mark::Spam]);
        assert_eq!((settings.imap, settings.smtp), (Wanted::default(), Wanted::default()));
        assert_eq!((settings.poll, settings.since_days), (Duration::from_secs(60), None));
        assert_eq!(settings.own.reply, None);
    }

    #[test]
    fn what_is_given_is_understood() {
        let settings = with(&[
            ("name", "Example"),
            ("imap_host", "Mail.Example.com"),
            ("imap_port", "143"),
            ("smtp_host", "127.0.0.1"),
            ("smtp_security", "plain"),
            ("folders", "inbox, Support/Orders,INBOX"),
            ("marks", "seen"),
            ("aliases", "Hello@example.com"),
            ("plus", "yes"),
            ("save_sent", "no"),
            ("since_days", "30"),
        ])
        .unwrap();
        let imap = Wanted {
            host: Some("mail.example.com".into()),
            port: Some(143),
            security: Some(Security::StartTls),
        };
        assert_eq!(settings.imap, imap, "port 143 means STARTTLS");
        assert_eq!(settings.smtp.security, Some(Security::Plain));
        assert_eq!(settings.folders, ["INBOX", "Support/Orders"]);
        assert_eq!(settings.marks, [Mark::Seen]);
        assert_eq!(settings.own.also, ["hello@example.com"]);
        assert_eq!(settings.own.reply.as_deref(), Some("support@example.com"));
        assert_eq!((settings.save_sent, settings.since_days), (SaveSent::No, Some(30)));
        assert_eq!(with(&[("marks", "none")]).unwrap().marks, []);
        assert!(
            with(&[("imap_host", "::1"), ("imap_security", "plain")]).is_err(),
            "an address needs brackets"
        );
        assert!(with(&[("imap_host", "[::1]"), ("imap_security", "plain")]).is_ok());
    }

    #[test]
    fn each_error_says_what_to_do() {
        for (key, value, says) in [
            ("address", "", "support@example.com"),
            ("address", "support", "support@example.com"),
            ("address", "Example <support@example.com>", "not"),
            ("imap_host", "not a host", "mail.example.com"),
            ("imap_port", "0", "1 to 65535"),
            ("smtp_port", "x", "1 to 65535"),
            ("imap_security", "ssl", "tls, starttls or plain"),
            ("imap_security", "plain", "tls or starttls"),
            ("smtp_security", "plain", "tls or starttls"),
            ("save_sent", "maybe", "auto, yes or no"),
            ("junk", "maybe", "yes or no"),
            ("marks", "seen, read", "answered"),
            ("aliases", "hello", "addresses"),
            ("plus", "maybe", "yes or no"),
            ("since_days", "0", "1 to 36500"),
            ("poll_seconds", "1", "5 to 86400"),
            ("folders", "a\u{7}", "no folder"),
            ("host", "x", "imap_host"),
            ("password", "x", "--secret"),
        ] {
            let error = with(&[(key, value)]).unwrap_err();
            assert!(error.human.contains(says), "{key}={value}: {error}");
            assert_eq!(error.key, key, "{error}");
        }
        let far = with(&[("imap_host", "mail.example.com"), ("imap_security", "plain")]).unwrap_err();
        assert_eq!(far.key, "imap_security");
    }
}
