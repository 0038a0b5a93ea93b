//! What large providers of mailboxes have published about their servers: found by the domain of an address, by who takes the mail of a
//! domain, or by a server that was named.

use super::settings::Security::{self, StartTls, Tls};

/// A server: host, port, security.
pub type Server = (&'static str, u16, Security);

/// Where a login name is the address without its domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Local {
    /// Nowhere.
    No,
    /// At the server that keeps the mail.
    Keeping,
    /// At both servers.
    Both,
}

/// A provider of mailboxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// What it is called.
    pub name: &'static str,
    /// Domains of its addresses; `yahoo.*` is all below that name.
    pub domains: &'static [&'static str],
    /// How the hosts end that take mail for domains which it serves.
    pub takes: &'static [&'static str],
    /// Where mail is kept.
    pub imap: Server,
    /// Where mail is sent.
    pub smtp: Server,
    /// Whether its server keeps what is sent by itself.
    pub saves_sent: bool,
    /// Where the login name is the address without its domain.
    pub local: Local,
    /// What to know about the password.
    pub hint: &'static str,
}

const fn known(
    name: &'static str,
    domains: &'static [&'static str],
    takes: &'static [&'static str],
    imap: Server,
    smtp: Server,
) -> Known {
    Known { name, domains, takes, imap, smtp, saves_sent: false, local: Local::No, hint: "" }
}

/// What is to be known at Zoho, wherever its servers are.
const ZOHO: &str = "at Zoho, IMAP has to be allowed first (Mail settings, Mail accounts, IMAP); with two-factor login it wants an app password";

/// Domains that look as if they were one of these and belong to others.
const OF_OTHERS: &[&str] = &["yahoo.co.jp"];

/// Every provider that is known. Servers and logins of public domains: Thunderbird's ISPDB, as of March 2026.
pub const ALL: &[Known] = &[
    Known {
        saves_sent: true,
        hint: "Google takes no ordinary password: make an app password (myaccount.google.com/apppasswords), or give an OAuth token",
        ..known(
            "Gmail",
            &["gmail.com", "googlemail.com"],
            &["google.com", "googlemail.com"],
            ("imap.gmail.com", 993, Tls),
            ("smtp.gmail.com", 465, Tls),
        )
    },
    Known {
        saves_sent: true,
        hint: "Microsoft takes no password at all any more: give an OAuth token (--secret-command token=…)",
        ..known(
            "Outlook",
            &["outlook.*", "hotmail.*", "live.*", "msn.com", "passport.com"],
            &[],
            ("outlook.office365.com", 993, Tls),
            ("smtp-mail.outlook.com", 587, StartTls),
        )
    },
    Known {
        saves_sent: true,
        hint: "Microsoft 365 takes no password at all any more: give an OAuth token (--secret-command token=…), and have SMTP AUTH \
               enabled for the mailbox",
        ..known(
            "Microsoft 365",
            &[],
            &["mail.protection.outlook.com", "mx.microsoft"],
            ("outlook.office365.com", 993, Tls),
            ("smtp.office365.com", 587, StartTls),
        )
    },
    Known {
        hint: "Yahoo wants an app password: Account security, Generate app password",
        ..known(
            "Yahoo",
            &["yahoo.*", "ymail.com", "rocketmail.com", "myyahoo.com"],
            &["yahoodns.net"],
            ("imap.mail.yahoo.com", 993, Tls),
            ("smtp.mail.yahoo.com", 465, Tls),
        )
    },
    Known {
        hint: "AOL wants an app password: Account security, Generate app password",
        ..known(
            "AOL",
            &["aol.*", "aim.com", "verizon.net"],
            &[],
            ("imap.aol.com", 993, Tls),
            ("smtp.aol.com", 465, Tls),
        )
    },
    Known {
        local: Local::Keeping,
        hint: "Apple wants an app-specific password: account.apple.com, Sign-In and Security",
        ..known(
            "iCloud",
            &["icloud.com", "me.com", "mac.com"],
            &["mail.icloud.com"],
            ("imap.mail.me.com", 993, Tls),
            ("smtp.mail.me.com", 587, StartTls),
        )
    },
    Known {
        hint: "Fastmail wants an app password: Settings, Privacy & Security, Manage app passwords",
        ..known(
            "Fastmail",
            &["fastmail.*", "sent.com", "messagingengine.com"],
            &["messagingengine.com"],
            ("imap.fastmail.com", 993, Tls),
            ("smtp.fastmail.com", 465, Tls),
        )
    },
    Known {
        hint: "at GMX, IMAP has to be allowed first: E-Mail, Settings, POP3 & IMAP",
        ..known(
            "GMX",
            &["gmx.net", "gmx.de", "gmx.at", "gmx.ch", "gmx.eu", "gmx.org", "gmx.info", "gmx.biz"],
            &["gmx.net"],
            ("imap.gmx.net", 993, Tls),
            ("mail.gmx.net", 465, Tls),
        )
    },
    Known {
        hint: "at GMX, IMAP has to be allowed first: E-mail, Settings, POP3 & IMAP",
        ..known(
            "GMX",
            &["gmx.com", "gmx.us", "gmx.co.uk", "gmx.fr", "gmx.es"],
            &[],
            ("imap.gmx.com", 993, Tls),
            ("mail.gmx.com", 465, Tls),
        )
    },
    Known {
        hint: "at WEB.DE, IMAP has to be allowed first: E-Mail, Einstellungen, POP3/IMAP Abruf",
        ..known(
            "WEB.DE",
            &["web.de", "email.de"],
            &["web.de"],
            ("imap.web.de", 993, Tls),
            ("smtp.web.de", 587, StartTls),
        )
    },
    known(
        "mail.com",
        &["mail.com", "email.com", "usa.com", "consultant.com", "engineer.com", "post.com"],
        &[],
        ("imap.mail.com", 993, Tls),
        ("smtp.mail.com", 587, StartTls),
    ),
    known(
        "mailbox.org",
        &["mailbox.org"],
        &["mailbox.org"],
        ("imap.mailbox.org", 993, Tls),
        ("smtp.mailbox.org", 465, Tls),
    ),
    known("Posteo", &["posteo.*"], &["posteo.de"], ("posteo.de", 993, Tls), ("posteo.de", 465, Tls)),
    Known {
        hint: "T-Online has a password of its own for e-mail programs: Kundencenter, Passw\u{f6}rter",
        ..known(
            "T-Online",
            &["t-online.de", "magenta.de"],
            &[],
            ("secureimap.t-online.de", 993, Tls),
            ("securesmtp.t-online.de", 465, Tls),
        )
    },
    Known {
        hint: ZOHO,
        ..known(
            "Zoho",
            &["zoho.com", "zohomail.com"],
            &[],
            ("imap.zoho.com", 993, Tls),
            ("smtp.zoho.com", 465, Tls),
        )
    },
    Known {
        hint: ZOHO,
        ..known(
            "Zoho",
            &["zoho.eu", "zohomail.eu"],
            &[],
            ("imap.zoho.eu", 993, Tls),
            ("smtp.zoho.eu", 465, Tls),
        )
    },
    // Whose domain is their own has other servers there.
    Known {
        hint: ZOHO,
        ..known("Zoho", &[], &["zoho.com"], ("imappro.zoho.com", 993, Tls), ("smtppro.zoho.com", 465, Tls))
    },
    Known {
        hint: ZOHO,
        ..known("Zoho", &[], &["zoho.eu"], ("imappro.zoho.eu", 993, Tls), ("smtppro.zoho.eu", 465, Tls))
    },
    Known {
        hint: ZOHO,
        ..known("Zoho", &[], &["zoho.in"], ("imappro.zoho.in", 993, Tls), ("smtppro.zoho.in", 465, Tls))
    },
    Known {
        hint: ZOHO,
        ..known(
            "Zoho",
            &[],
            &["zoho.com.au"],
            ("imappro.zoho.com.au", 993, Tls),
            ("smtppro.zoho.com.au", 465, Tls),
        )
    },
    Known {
        hint: "Proton is read through Proton Mail Bridge: it has to run on this machine, shows a password of its own, and its certificate \
               (Settings, Export TLS certificates) is to be named with ca_file",
        ..known(
            "Proton",
            &["proton.me", "protonmail.com", "protonmail.ch", "pm.me"],
            &["protonmail.ch"],
            ("127.0.0.1", 1143, StartTls),
            ("127.0.0.1", 1025, StartTls),
        )
    },
    Known {
        hint: "Yandex wants an app password, and mail clients have to be allowed: Settings, Mail clients",
        ..known(
            "Yandex",
            &["yandex.*", "ya.ru"],
            &["yandex.net", "yandex.ru"],
            ("imap.yandex.com", 993, Tls),
            ("smtp.yandex.com", 465, Tls),
        )
    },
    Known {
        hint: "Mail.ru wants a password for external applications: Security, Passwords for external applications",
        ..known(
            "Mail.ru",
            &["mail.ru", "inbox.ru", "list.ru", "bk.ru", "internet.ru"],
            &["mail.ru"],
            ("imap.mail.ru", 993, Tls),
            ("smtp.mail.ru", 465, Tls),
        )
    },
    known(
        "Orange",
        &["orange.fr", "wanadoo.fr"],
        &["orange.fr"],
        ("imap.orange.fr", 993, Tls),
        ("smtp.orange.fr", 465, Tls),
    ),
    Known {
        local: Local::Both,
        ..known("Free", &["free.fr"], &["free.fr"], ("imap.free.fr", 993, Tls), ("smtp.free.fr", 465, Tls))
    },
    Known {
        local: Local::Both,
        ..known(
            "La Poste",
            &["laposte.net"],
            &["laposte.net"],
            ("imap.laposte.net", 993, Tls),
            ("smtp.laposte.net", 465, Tls),
        )
    },
    known("SFR", &["sfr.fr", "neuf.fr"], &["sfr.fr"], ("imap.sfr.fr", 993, Tls), ("smtp.sfr.fr", 465, Tls)),
    known(
        "Libero",
        &["libero.it", "iol.it", "inwind.it"],
        &["libero.it"],
        ("imapmail.libero.it", 993, Tls),
        ("smtp.libero.it", 465, Tls),
    ),
    known(
        "Comcast",
        &["comcast.net"],
        &["comcast.net"],
        ("imap.comcast.net", 993, Tls),
        ("smtp.comcast.net", 465, Tls),
    ),
    Known {
        hint: "AT&T wants a secure mail key instead of the password: Profile, Sign-in info",
        ..known(
            "AT&T",
            &["att.net", "sbcglobal.net", "bellsouth.net"],
            &[],
            ("imap.mail.att.net", 993, Tls),
            ("smtp.mail.att.net", 465, Tls),
        )
    },
    known(
        "BT",
        &["btinternet.com"],
        &[],
        ("mail.btinternet.com", 993, Tls),
        ("mail.btinternet.com", 465, Tls),
    ),
    known(
        "Bluewin",
        &["bluewin.ch"],
        &["bluewin.ch"],
        ("imaps.bluewin.ch", 993, Tls),
        ("smtpauths.bluewin.ch", 465, Tls),
    ),
    known(
        "IONOS",
        &[],
        &["kundenserver.de", "ionos.de"],
        ("imap.ionos.de", 993, Tls),
        ("smtp.ionos.de", 465, Tls),
    ),
    known("IONOS", &[], &["ionos.com"], ("imap.ionos.com", 993, Tls), ("smtp.ionos.com", 465, Tls)),
    known("IONOS", &[], &["ionos.co.uk"], ("imap.ionos.co.uk", 993, Tls), ("smtp.ionos.co.uk", 465, Tls)),
    known("IONOS", &[], &["ionos.fr"], ("imap.ionos.fr", 993, Tls), ("smtp.ionos.fr", 465, Tls)),
    known("IONOS", &[], &["ionos.es"], ("imap.ionos.es", 993, Tls), ("smtp.ionos.es", 465, Tls)),
    known("Strato", &[], &["rzone.de"], ("imap.strato.de", 993, Tls), ("smtp.strato.de", 465, Tls)),
    known("OVH", &[], &["ovh.net"], ("ssl0.ovh.net", 993, Tls), ("ssl0.ovh.net", 465, Tls)),
    known("Gandi", &[], &["mail.gandi.net"], ("mail.gandi.net", 993, Tls), ("mail.gandi.net", 465, Tls)),
    known(
        "Infomaniak",
        &["ik.me", "etik.com"],
        &["infomaniak.ch"],
        ("mail.infomaniak.com", 993, Tls),
        ("mail.infomaniak.com", 465, Tls),
    ),
    known("Migadu", &[], &["migadu.com"], ("imap.migadu.com", 993, Tls), ("smtp.migadu.com", 465, Tls)),
    known(
        "Rackspace",
        &[],
        &["emailsrvr.com"],
        ("secure.emailsrvr.com", 993, Tls),
        ("secure.emailsrvr.com", 465, Tls),
    ),
    known(
        "GoDaddy",
        &[],
        &["secureserver.net"],
        ("imap.secureserver.net", 993, Tls),
        ("smtpout.secureserver.net", 465, Tls),
    ),
    known(
        "Private Email",
        &[],
        &["privateemail.com"],
        ("mail.privateemail.com", 993, Tls),
        ("mail.privateemail.com", 465, Tls),
    ),
    known("Titan", &[], &["titan.email"], ("imap.titan.email", 993, Tls), ("smtp.titan.email", 465, Tls)),
    known(
        "Hostinger",
        &[],
        &["hostinger.com"],
        ("imap.hostinger.com", 993, Tls),
        ("smtp.hostinger.com", 465, Tls),
    ),
];

/// The provider of addresses of a domain.
pub fn of_domain(domain: &str) -> Option<&'static Known> {
    let domain = domain.to_ascii_lowercase();
    let fits = |pattern: &&str| match pattern.strip_suffix('*') {
        // `yahoo.*`: yahoo.com and yahoo.co.uk, but not yahoo.example.com.
        Some(begin) => domain.strip_prefix(begin).is_some_and(|end| end.split('.').all(|l| l.len() <= 3)),
        None => domain == **pattern,
    };
    if OF_OTHERS.contains(&domain.as_str()) {
        return None;
    }
    ALL.iter().find(|known| known.domains.iter().any(fits))
}

/// The provider that takes mail with this host.
pub fn of_mail_host(host: &str) -> Option<&'static Known> {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let ends =
        |suffix: &&str| host.strip_suffix(*suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    ALL.iter().find(|known| known.takes.iter().any(ends))
}

/// The provider whose server this is.
pub fn of_server(host: &str) -> Option<&'static Known> {
    // An address of this machine is anybody's.
    let named = |server: &Server| server.0.eq_ignore_ascii_case(host) && !crate::net::tls::is_loopback(host);
    ALL.iter().find(|known| named(&known.imap) || named(&known.smtp))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_to_their_provider_and_no_other() {
        for (domain, name) in [
            ("gmail.com", Some("Gmail")),
            ("Yahoo.co.uk", Some("Yahoo")),
            ("yahoo.de", Some("Yahoo")),
            ("yahoo.co.jp", None),
            ("yahoo.example.com", None),
            ("notyahoo.com", None),
            ("hotmail.fr", Some("Outlook")),
            ("web.de", Some("WEB.DE")),
            ("pm.me", Some("Proton")),
            ("example.com", None),
        ] {
            assert_eq!(of_domain(domain).map(|k| k.name), name, "{domain}");
        }
        for (host, name) in [
            ("aspmx.l.google.com", Some("Gmail")),
            ("example-com.mail.protection.outlook.com.", Some("Microsoft 365")),
            ("in1-smtp.messagingengine.com", Some("Fastmail")),
            ("mx00.kundenserver.de", Some("IONOS")),
            ("mx01.ionos.co.uk", Some("IONOS")),
            ("mx2.zoho.eu", Some("Zoho")),
            ("evilgoogle.com", None),
            ("google.com.example.net", None),
        ] {
            assert_eq!(of_mail_host(host).map(|k| k.name), name, "{host}");
        }
        assert_eq!(of_server("IMAP.gmail.com").map(|k| k.saves_sent), Some(true));
        assert_eq!(of_server("127.0.0.1"), None);
        assert_eq!(of_mail_host("mx.zoho.com").map(|k| k.imap.0), Some("imappro.zoho.com"));
    }

    #[test]
    fn every_entry_can_be_connected_to_in_safety() {
        for known in ALL {
            assert!(!known.domains.is_empty() || !known.takes.is_empty(), "{}", known.name);
            for (host, port, security) in [known.imap, known.smtp] {
                let usual = match (security, port) {
                    (Tls, 993 | 465) | (StartTls, 587) => true,
                    _ => crate::net::tls::is_loopback(host),
                };
                assert!(usual, "{}: {host}:{port}", known.name);
            }
        }
    }
}
