//! From settings to a mailbox that is open, step by step; what fails says at which step it did.

use super::answer::{Caps, Trouble};
use super::command::Command;
use super::discover::{Endpoint, Found, Sources, find};
use super::sasl::{Key, Mechanism};
use super::session::Session;
use super::settings::Security;
use super::wire::Wire;
use super::{Imap, autoconfig, errors};
use crate::domain::failure::Failure;
use crate::net::dns::Dns;
use crate::net::tls::{self, Stream, Trust};
use std::time::Duration;

/// How patient we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// With looking up and connecting, and with TLS.
    pub connect: Duration,
    /// With silence in the middle of something.
    pub answer: Duration,
    /// With the answer to a mail that is handed over whole (RFC 5321, section 4.5.3.2.6, asks for ten minutes).
    pub verdict: Duration,
    /// Between two commands while waiting for news: routers forget connections that are silent for longer.
    pub idle: Duration,
    /// A connection that has rested for longer is asked whether it lives before it is relied on.
    pub rest: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience {
            connect: Duration::from_secs(15),
            answer: Duration::from_secs(60),
            verdict: Duration::from_secs(600),
            idle: Duration::from_secs(9 * 60),
            rest: Duration::from_secs(30),
        }
    }
}

/// Whose certificates are believed; read once.
pub async fn trust(imap: &Imap) -> Result<&Trust, Failure> {
    imap.trust
        .get_or_try_init(|| async {
            let ca_file = imap.settings.ca_file.clone();
            let loaded = tokio::task::spawn_blocking(move || Trust::load(ca_file.as_deref())).await;
            match loaded {
                Ok(loaded) => loaded.map_err(|human| Failure::rejected(None, human)),
                Err(_) => Err(Failure::transient("the program is ending")),
            }
        })
        .await
}

/// Where the mailbox is; found once.
///
/// # Errors
/// That no server could be found, and what to do.
pub async fn found(imap: &Imap) -> Result<Found, Failure> {
    let mut slot = imap.found.lock().await;
    if let Some(found) = slot.as_ref() {
        return Ok(found.clone());
    }
    let settings = &imap.settings;
    let sources = Sources {
        http: &imap.http,
        places: autoconfig::places(settings.address(), settings.domain()),
        dns: Dns::of_system(),
        trust: trust(imap).await?,
    };
    // The network may be away, so this may succeed later.
    let found = find(settings, &sources).await.map_err(Failure::transient);
    let found = found.map_err(|failure| errors::at("looking for the servers", failure))?;
    tracing::info!(target: "imap", imap = %found.imap, smtp = %found.smtp, "the servers of a mailbox");
    *slot = Some(found.clone());
    Ok(found)
}

/// Connects, and secures the connection where that is done from the first byte.
///
/// # Errors
/// With the step before the words.
pub async fn reach(imap: &Imap, server: &Endpoint) -> Result<Stream, Failure> {
    let Patience { connect, answer, .. } = imap.patience;
    let reached = tls::connect(&server.host, server.port, connect, answer).await;
    let stream = match reached {
        Ok(stream) => stream,
        Err(human) => {
            // What was found may not hold any longer.
            *imap.found.lock().await = None;
            let step = format!("connecting to {}:{}", server.host, server.port);
            return Err(errors::at(&step, Failure::transient(human)));
        }
    };
    match server.security {
        Security::Tls => secure(imap, server, stream).await,
        Security::Plain if !tls::is_loopback(&server.host) => {
            Err(Failure::rejected(None, format!("{} is not spoken to without TLS", server.host)))
        }
        Security::StartTls | Security::Plain => Ok(stream),
    }
}

/// Goes on with TLS.
///
/// # Errors
/// With the step before the words.
pub async fn secure(imap: &Imap, server: &Endpoint, stream: Stream) -> Result<Stream, Failure> {
    let shaken = stream.secure(&server.host, trust(imap).await?, imap.patience.connect).await;
    shaken.map_err(|human| errors::at(&format!("TLS with {}", server.host), Failure::transient(human)))
}

/// Opens the mailbox: connected, secured, logged in.
///
/// # Errors
/// With the step before the words.
pub async fn open(imap: &Imap) -> Result<Session, Failure> {
    let found = found(imap).await?;
    let server = &found.imap;
    let step = |name: &str| format!("{name} {}:{}", server.host, server.port);
    let greet = step("greeting of");
    let lost = |step: &str, trouble: Trouble| errors::at(step, errors::failure(trouble));
    let stream = reach(imap, server).await?;
    let mut wire = Wire::new(stream);
    let (mut caps, mut logged_in) = wire.greeting().await.map_err(|trouble| lost(&greet, trouble))?;
    if server.security == Security::StartTls {
        if logged_in {
            // Whoever sits in between would keep us from TLS so (RFC 9051, section 6.2.1).
            let human = "the server is open without a login and before TLS: that is not believed";
            return Err(errors::at(&greet, Failure::rejected(None, human)));
        }
        let known = match caps.take() {
            Some(caps) => caps,
            None => ask_caps(&mut wire).await.map_err(|trouble| lost(&greet, trouble))?,
        };
        if !known.has("STARTTLS") {
            let human = "the server offers no STARTTLS at this port: try imap_security=tls";
            return Err(errors::at(&step("STARTTLS with"), Failure::rejected(None, human)));
        }
        let started = wire.run(&Command::new("STARTTLS"), &mut |_| ()).await;
        started.map_err(|trouble| lost(&step("STARTTLS with"), trouble))?;
        // All that was said before counts for nothing.
        wire = Wire::new(secure(imap, server, wire.into_stream()).await?);
        logged_in = false;
    }
    let mut caps = match caps {
        Some(caps) => caps,
        None => ask_caps(&mut wire).await.map_err(|trouble| lost(&greet, trouble))?,
    };
    if !logged_in {
        wire.learn(&caps);
        let login = format!("logging in to {} as {}", server.host, found.imap_user);
        let told = log_in(imap, &mut wire, &caps, &found).await;
        caps = match told.map_err(|failure| errors::at(&login, failure))? {
            Some(caps) => caps,
            None => ask_caps(&mut wire).await.map_err(|trouble| lost(&login, trouble))?,
        };
    }
    let mut session = Session::new(wire, caps);
    session.begin().await.map_err(|trouble| lost(&greet, trouble))?;
    Ok(session)
}

async fn ask_caps(wire: &mut Wire) -> Result<Caps, Trouble> {
    let done = wire.run(&Command::new("CAPABILITY"), &mut |_| ()).await?;
    Ok(done.caps.unwrap_or_default())
}

/// Logs in. Answers what the server can do then, if it says so.
async fn log_in(imap: &Imap, wire: &mut Wire, caps: &Caps, found: &Found) -> Result<Option<Caps>, Failure> {
    let key = imap.keys.current().await?;
    let (server, user) = (&found.imap, found.imap_user.as_str());
    let refused = |trouble: Trouble| {
        imap.keys.refused();
        errors::login(trouble, found.hint)
    };
    let offered = |mechanism: Mechanism| caps.has(&format!("AUTH={}", mechanism.name()));
    if let Some(mechanism) = Mechanism::choose(&key, offered) {
        let answers = mechanism.answers(&key, user, &server.host, server.port);
        let at_once = caps.has("SASL-IR") && mechanism.begins();
        let told = wire.authenticate(mechanism.name(), &answers, at_once).await;
        match (told, &key) {
            (Ok(done), _) => return Ok(done.caps),
            // Offered and not understood: there is the older way still.
            (Err(Trouble::Bad(_)), Key::Password(_)) if !caps.has("LOGINDISABLED") => {}
            (Err(trouble), _) => return Err(refused(trouble)),
        }
    }
    let Key::Password(password) = &key else {
        let human = "the server takes no token (neither XOAUTH2 nor OAUTHBEARER is offered): give a password";
        return Err(Failure::Auth { human: errors::hinted(human, found.hint) });
    };
    if caps.has("LOGINDISABLED") {
        let human = "the server takes no password (LOGINDISABLED): it wants TLS first, or a token";
        return Err(Failure::Auth { human: errors::hinted(human, found.hint) });
    }
    let command = Command::new("LOGIN").string(user).string(password.expose());
    wire.run(&command, &mut |_| ()).await.map(|done| done.caps).map_err(refused)
}
