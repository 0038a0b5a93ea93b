//! The SMTP server: takes mails for anybody, and delivers those for the mailbox.

use super::faults::{SmtpFault, Step};
use super::imap::{bearer, decoded};
use super::line::Line;
use super::{Handed, Shared};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// Where a connection is.
struct Session {
    shared: Arc<Shared>,
    acceptor: Option<TlsAcceptor>,
    line: Line,
    secure: bool,
    logged_in: bool,
    from: Option<String>,
    to: Vec<String>,
}

/// How a step goes on.
enum Fate {
    /// As it should.
    Well,
    /// It is done, and then the connection ends, or is silent.
    Done { silent: bool },
    /// It was answered otherwise already.
    Answered,
}

/// Serves one connection.
pub(super) async fn connection(
    shared: Arc<Shared>,
    acceptor: Option<TlsAcceptor>,
    line: Line,
) -> io::Result<()> {
    let mut session =
        Session { shared, acceptor, line, secure: false, logged_in: false, from: None, to: Vec::new() };
    session.run().await
}

impl Session {
    async fn run(&mut self) -> io::Result<()> {
        if let Fate::Well = self.fate(Step::Greeting).await? {
            self.say(220, "mail.example.test ready").await?;
        }
        while let Some(line) = self.line.read().await? {
            let text = String::from_utf8_lossy(&line).into_owned();
            // Passwords are nobody's business, not even here.
            let shown =
                if text.to_ascii_uppercase().starts_with("AUTH") { "AUTH …" } else { text.as_str() };
            // Whether the next line was sent before this one was answered.
            let mark = if self.line.has_more() { "+" } else { "" };
            self.shared.far.state().happened.smtp.push(format!("{shown}{mark}"));
            self.shared.far.bump();
            if !self.command(&text).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn say(&mut self, code: u16, words: &str) -> io::Result<()> {
        self.line.write(format!("{code} {words}\r\n").as_bytes()).await
    }

    /// How a planned step goes.
    async fn fate(&mut self, step: Step) -> io::Result<Fate> {
        let fault = self.shared.far.state().smtp_fault(step);
        match fault {
            None => Ok(Fate::Well),
            Some(SmtpFault::Reply(code, words)) => {
                self.say(code, &words).await?;
                Ok(Fate::Answered)
            }
            Some(SmtpFault::Cut) => Err(io::Error::other("cut")),
            Some(SmtpFault::Silent) => {
                self.line.stay_silent().await?;
                Err(io::Error::other("left"))
            }
            Some(SmtpFault::CutDone) => Ok(Fate::Done { silent: false }),
            Some(SmtpFault::SilentDone) => Ok(Fate::Done { silent: true }),
        }
    }

    async fn command(&mut self, text: &str) -> io::Result<bool> {
        let upper = text.to_ascii_uppercase();
        let verb = upper.split([' ', ':']).next().unwrap_or_default();
        match verb {
            "EHLO" => {
                if let Fate::Well = self.fate(Step::Ehlo).await? {
                    self.ehlo().await?;
                }
            }
            "STARTTLS" => {
                if let Fate::Well = self.fate(Step::StartTls).await?
                    && let Some(acceptor) = self.acceptor.clone()
                {
                    self.say(220, "begin").await?;
                    let injected = self.shared.options.injected;
                    self.line.write(injected.as_bytes()).await?;
                    self.line.secure(&acceptor).await?;
                    self.secure = true;
                }
            }
            "AUTH" => {
                if let Fate::Well = self.fate(Step::Auth).await? {
                    self.auth(text).await?;
                }
            }
            "MAIL" => {
                if let Fate::Well = self.fate(Step::Mail).await? {
                    if self.logged_in {
                        self.from = address(text);
                        self.to.clear();
                        self.say(250, "2.1.0 ok").await?;
                    } else {
                        self.say(530, "5.7.0 log in first").await?;
                    }
                }
            }
            "RCPT" => {
                if let Fate::Well = self.fate(Step::Rcpt).await? {
                    match (address(text), &self.from) {
                        (Some(to), Some(_)) => {
                            self.to.push(to);
                            self.say(250, "2.1.5 ok").await?;
                        }
                        _ => self.say(503, "5.5.1 who sends?").await?,
                    }
                }
            }
            "DATA" => {
                if let Fate::Well = self.fate(Step::Data).await? {
                    if self.to.is_empty() {
                        self.say(503, "5.5.1 to whom?").await?;
                    } else {
                        self.say(354, "go on").await?;
                        return self.mail().await;
                    }
                }
            }
            "RSET" => {
                self.from = None;
                self.to.clear();
                self.say(250, "2.0.0 ok").await?;
            }
            "NOOP" => self.say(250, "2.0.0 ok").await?,
            "QUIT" => {
                self.say(221, "2.0.0 bye").await?;
                return Ok(false);
            }
            _ => self.say(500, "5.5.2 what").await?,
        }
        Ok(true)
    }

    async fn ehlo(&mut self) -> io::Result<()> {
        let options = &self.shared.options;
        let mut all = vec!["mail.example.test".to_owned()];
        if self.acceptor.is_some() && !self.secure {
            all.push("STARTTLS".to_owned());
        }
        if !options.mechanisms.is_empty() {
            all.push(format!("AUTH {}", options.mechanisms.join(" ")));
        }
        all.extend(options.smtp.iter().cloned());
        let last = all.len() - 1;
        let lines = all.iter().enumerate();
        let lines: String =
            lines.map(|(n, word)| format!("250{}{word}\r\n", if n == last { ' ' } else { '-' })).collect();
        self.line.write(lines.as_bytes()).await
    }

    async fn auth(&mut self, text: &str) -> io::Result<()> {
        let mut words = text.split(' ').skip(1);
        let mechanism = words.next().unwrap_or_default().to_ascii_uppercase();
        if !self.shared.options.mechanisms.iter().any(|known| *known == mechanism) {
            return self.say(504, "5.5.4 no such mechanism").await;
        }
        let first = match words.next() {
            Some(first) => first.to_owned(),
            None => self.challenge(if mechanism == "LOGIN" { "Username:" } else { "" }).await?,
        };
        let said = decoded(&first);
        let good = match mechanism.as_str() {
            "LOGIN" => {
                let password = self.challenge("Password:").await?;
                self.shared.is_login(&said, &decoded(&password))
            }
            "PLAIN" => {
                let mut parts = said.splitn(3, '\0').skip(1);
                let (user, password) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
                self.shared.is_login(user, password)
            }
            _ => {
                let (user, token) = bearer(&said);
                let good = self.shared.is_token(&user, &token);
                if !good {
                    self.challenge("{\"status\":\"401\"}").await?;
                }
                good
            }
        };
        self.logged_in = good;
        if good {
            self.say(235, "2.7.0 welcome").await
        } else {
            self.say(535, "5.7.8 Authentication failed").await
        }
    }

    async fn challenge(&mut self, words: &str) -> io::Result<String> {
        self.say(334, &STANDARD.encode(words)).await?;
        let line = self.line.read().await?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    /// Takes the mail, up to the final dot.
    async fn mail(&mut self) -> io::Result<bool> {
        let mut mail = Vec::new();
        let body = self.shared.far.state().smtp_fault(Step::Body);
        while let Some(line) = self.line.read().await? {
            match &body {
                Some(SmtpFault::Silent) => {
                    self.line.stay_silent().await?;
                    return Ok(false);
                }
                Some(_) => return Ok(false),
                None => {}
            }
            if line == b"." {
                return self.dot(mail).await;
            }
            mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            mail.extend_from_slice(b"\r\n");
        }
        Ok(false)
    }

    async fn dot(&mut self, mail: Vec<u8>) -> io::Result<bool> {
        let fate = self.fate(Step::Dot).await?;
        let (from, to) = (self.from.take().unwrap_or_default(), std::mem::take(&mut self.to));
        if let Fate::Answered = fate {
            return Ok(true);
        }
        let now = self.shared.now();
        {
            let mut state = self.shared.far.state();
            let ours = self.shared.options.address.to_lowercase();
            let (local, domain) = ours.split_once('@').unwrap_or((&ours, ""));
            let is_ours = |to: &str| {
                let to = to.to_lowercase();
                let (name, at) = to.split_once('@').unwrap_or((&to, ""));
                at == domain && name.split('+').next() == Some(local)
            };
            if to.iter().any(|to| is_ours(to)) {
                state.make("INBOX", "").add(&mail, &[], now);
            }
            if self.shared.options.saves_sent {
                state.make("Sent", "\\Sent").add(&mail, &["\\Seen"], now);
            }
            state.handed.push(Handed { from, to, mail });
        }
        self.shared.far.bump();
        match fate {
            Fate::Done { silent: true } => {
                self.line.stay_silent().await?;
                Ok(false)
            }
            Fate::Done { silent: false } => Ok(false),
            _ => {
                self.say(250, "2.0.0 queued as 4711").await?;
                Ok(true)
            }
        }
    }
}

/// The address between angle brackets.
fn address(text: &str) -> Option<String> {
    let (_, rest) = text.split_once('<')?;
    rest.split_once('>').map(|(address, _)| address.to_owned())
}
