//! Sends a mail by SMTP (RFC 5321, submission by RFC 6409), and knows at every moment whether it can have been sent.
//!
//! Until the final dot begins to leave, nothing has been sent: a server that hears no dot has to forget the mail. From then on only its
//! answer tells. All recipients or none: who was refused is told before a word of the mail goes out.

use super::Imap;
use super::connect::{found, reach, secure};
use super::discover::{Endpoint, Found};
use super::errors::{self, Reply};
use super::sasl::{Key, Mechanism};
use super::settings::Security;
use crate::domain::failure::Failure;
use crate::net::tls::{Stream, is_loopback};
use crate::text::address;
use crate::text::format;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_send::SmtpClient;
use smtp_proto::{
    AUTH_LOGIN, AUTH_OAUTHBEARER, AUTH_PLAIN, AUTH_XOAUTH2, EXT_8BIT_MIME, EXT_AUTH, EXT_PIPELINING,
    EXT_SIZE, EXT_SMTP_UTF8, EXT_START_TLS,
};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// How we call ourselves: an address says nothing of this machine (RFC 5321, section 4.1.4, allows it to clients without a name).
const HERE: &str = "[127.0.0.1]";
/// Challenges of one login.
const CHALLENGES: usize = 4;

/// Who sends a mail, and to whom it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Where bounces go.
    pub from: String,
    /// Everybody who gets it.
    pub to: Vec<String>,
}

/// What a server can do, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Extensions {
    pipelining: bool,
    eight_bit: bool,
    utf8: bool,
    starttls: bool,
    auth: bool,
    mechanisms: u64,
    /// The largest mail; 0 = not told.
    size: usize,
    has_size: bool,
}

/// A connection that is ready to take a mail.
struct Line {
    client: SmtpClient<Stream>,
    can: Extensions,
}

/// Connects and logs in.
///
/// # Errors
/// With the step before the words. Nothing has been sent.
async fn open(imap: &Imap, found: &Found) -> Result<Line, Failure> {
    let server = &found.smtp;
    let step = |what: &str| format!("{what} {}:{}", server.host, server.port);
    let greet = step("greeting of");
    let stream = reach(imap, server).await?;
    let mut line = greeted(imap, stream, &greet, true).await?;
    if server.security == Security::StartTls {
        if !line.can.starttls {
            let human = "the server offers no STARTTLS at this port: try smtp_security=tls";
            return Err(errors::at(&step("STARTTLS with"), Failure::rejected(None, human)));
        }
        let reply = command(&mut line.client, "STARTTLS\r\n").await;
        let reply = reply.map_err(|human| errors::at(&step("STARTTLS with"), Failure::transient(human)))?;
        if reply.code != 220 {
            return Err(reply.failure(&step("STARTTLS with")));
        }
        // What came along with the answer was dropped by the reader: nobody knows who said it.
        let stream = secure(imap, server, line.client.stream).await?;
        line = greeted(imap, stream, &greet, false).await?;
    }
    let login = format!("logging in to {} as {}", server.host, found.smtp_user);
    if !line.can.auth && is_loopback(&server.host) {
        // A server of this machine's own may know us without.
        return Ok(line);
    }
    log_in(imap, &mut line, server, found).await.map_err(|failure| errors::at(&login, failure))?;
    Ok(line)
}

async fn greeted(imap: &Imap, stream: Stream, step: &str, speaks: bool) -> Result<Line, Failure> {
    let mut client = SmtpClient { stream, timeout: imap.patience.answer };
    let lost = |human: String| errors::at(step, Failure::transient(human));
    if speaks {
        let greeting = client.read().await.map(|r| reply_of(r.code, r.esc, r.message));
        let greeting = greeting.map_err(|e| lost(words(&e)))?;
        if !greeting.is_yes() {
            return Err(greeting.failure(step));
        }
    }
    match client.ehlo(HERE).await {
        Ok(ehlo) => {
            let has = |extension: u32| ehlo.has_capability(extension);
            let can = Extensions {
                pipelining: has(EXT_PIPELINING),
                eight_bit: has(EXT_8BIT_MIME),
                utf8: has(EXT_SMTP_UTF8),
                starttls: has(EXT_START_TLS),
                auth: has(EXT_AUTH) || ehlo.auth_mechanisms != 0,
                mechanisms: ehlo.auth_mechanisms,
                size: ehlo.size,
                has_size: has(EXT_SIZE),
            };
            Ok(Line { client, can })
        }
        Err(mail_send::Error::UnexpectedReply(r)) => Err(reply_of(r.code, r.esc, r.message).failure(step)),
        Err(e) => Err(lost(words(&e))),
    }
}

async fn log_in(imap: &Imap, line: &mut Line, server: &Endpoint, found: &Found) -> Result<(), Failure> {
    let key = imap.keys.current().await?;
    let offered = |mechanism: Mechanism| {
        let bit = match mechanism {
            Mechanism::Plain => AUTH_PLAIN,
            Mechanism::Login => AUTH_LOGIN,
            Mechanism::Xoauth2 => AUTH_XOAUTH2,
            Mechanism::OauthBearer => AUTH_OAUTHBEARER,
        };
        line.can.mechanisms & bit != 0
    };
    let Some(mechanism) = Mechanism::choose(&key, offered) else {
        let human = match key {
            Key::Password(_) => "the server takes no password at this port: it wants TLS first, or a token",
            Key::Token(_) => "the server takes no token (neither XOAUTH2 nor OAUTHBEARER is offered)",
        };
        return Err(Failure::Auth { human: errors::hinted(human, found.hint) });
    };
    let lost = |human: String| Failure::transient(human);
    let answers = mechanism.answers(&key, &found.smtp_user, &server.host, server.port);
    let mut left = answers.iter().map(|answer| STANDARD.encode(answer));
    let first = if mechanism.begins() { left.next() } else { None };
    let begin = match first {
        Some(first) => format!("AUTH {} {first}\r\n", mechanism.name()),
        None => format!("AUTH {}\r\n", mechanism.name()),
    };
    let mut reply = command(&mut line.client, &begin).await.map_err(lost)?;
    for _ in 0..CHALLENGES {
        if reply.code != 334 {
            break;
        }
        // A challenge that nothing was prepared for tells why it failed: an empty answer lets the server end it.
        let answer = left.next().unwrap_or_default();
        reply = command(&mut line.client, &format!("{answer}\r\n")).await.map_err(lost)?;
    }
    if reply.code == 235 {
        return Ok(());
    }
    imap.keys.refused();
    match reply.failure("refused") {
        Failure::Transient { retry_after, human } => Err(Failure::Transient { retry_after, human }),
        _ => Err(Failure::Auth { human: errors::hinted(&reply.line(), found.hint) }),
    }
}

/// Checks that mails could be sent: connected, secured, logged in.
///
/// # Errors
/// With the step before the words.
pub async fn probe(imap: &Imap) -> Result<(), Failure> {
    let found = found(imap).await?;
    let line = open(imap, &found).await.map_err(|failure| errors::at("SMTP", failure))?;
    leave(line);
    Ok(())
}

/// Sends a mail. Answers what the server said when it took it.
///
/// # Errors
/// [`Failure::Unknown`] only where the final dot has begun to leave; before that nothing has been sent.
pub async fn send(imap: &Imap, envelope: &Envelope, mail: &[u8]) -> Result<Reply, Failure> {
    let found = found(imap).await?;
    let _turn = imap.sending.acquire().await.map_err(|_| Failure::transient("the program is ending"))?;
    let mut line = open(imap, &found).await?;
    let lines = envelope_lines(envelope, mail, &line.can)?;
    let replies = ask(&mut line, &lines).await.map_err(Failure::transient)?;
    if let Some(failure) = refusal(envelope, &replies) {
        // The server forgets what was begun when the connection ends; to say so is polite.
        let _ = command(&mut line.client, "RSET\r\n").await;
        leave(line);
        return Err(failure);
    }
    let reply = command(&mut line.client, "DATA\r\n").await.map_err(Failure::transient)?;
    if reply.code != 354 {
        leave(line);
        return Err(reply.of_one("the server does not take the mail"));
    }
    let body = stuffed(mail);
    let stream = &mut line.client.stream;
    let written = async {
        stream.write_all(&body).await?;
        stream.flush().await
    };
    if let Err(e) = written.await {
        let why = crate::net::tls::plain(&e);
        return Err(Failure::transient(format!("the mail could not be handed over whole: {why}")));
    }
    // From here on it may have been sent.
    let doubt = |why: String| Failure::unknown(format!("{why}: the mail may have been sent"));
    line.client.stream.set_patience(imap.patience.verdict);
    let dot = async {
        line.client.stream.write_all(b".\r\n").await?;
        line.client.stream.flush().await
    };
    if let Err(e) = dot.await {
        return Err(doubt(crate::net::tls::plain(&e)));
    }
    let verdict = match line.client.read().await {
        Ok(r) => reply_of(r.code, r.esc, r.message),
        Err(e) => return Err(doubt(words(&e))),
    };
    leave(line);
    match verdict.code {
        200..=299 => Ok(verdict),
        400..=599 => Err(match verdict.of_one("the server does not take the mail") {
            // Who is logged in and hears that now is refused this very mail.
            Failure::Auth { human } => Failure::rejected(verdict.shown_code(), human),
            other => other,
        }),
        _ => Err(doubt(format!("the server answered {}", verdict.line()))),
    }
}

/// The commands before the mail itself.
fn envelope_lines(envelope: &Envelope, mail: &[u8], can: &Extensions) -> Result<Vec<String>, Failure> {
    if can.has_size && can.size > 0 && mail.len() > can.size {
        let (largest, size) = (format::bytes(can.size as u64), format::bytes(mail.len() as u64));
        let human = format!("the mail has {size}, and the server takes {largest} at most");
        return Err(Failure::rejected("size".to_owned(), human));
    }
    let from = path(&envelope.from)?;
    let to = envelope.to.iter().map(|to| path(to)).collect::<Result<Vec<_>, _>>()?;
    if to.is_empty() {
        return Err(Failure::rejected(None, "the mail has no recipient"));
    }
    let odd = std::iter::once(&from).chain(&to).find(|address| !address.is_ascii());
    if let (Some(odd), false) = (odd, can.utf8) {
        let human = format!("the server cannot send to {odd}: it takes no letters beyond ASCII (SMTPUTF8)");
        return Err(Failure::rejected(None, human));
    }
    let mut begin = format!("MAIL FROM:<{from}>");
    if can.has_size {
        begin.push_str(&format!(" SIZE={}", mail.len()));
    }
    if can.eight_bit && !mail.is_ascii() {
        begin.push_str(" BODY=8BITMIME");
    }
    if odd.is_some() {
        begin.push_str(" SMTPUTF8");
    }
    let recipients = to.iter().map(|to| format!("RCPT TO:<{to}>\r\n"));
    Ok(std::iter::once(format!("{begin}\r\n")).chain(recipients).collect())
}

/// An address as it stands in a command: nothing else can hide in it.
fn path(typed: &str) -> Result<String, Failure> {
    address::email(typed).map(|email| email.kept).ok_or_else(|| {
        let shown = crate::text::sanitize::line(typed);
        Failure::rejected(None, format!("\u{201c}{shown}\u{201d} is no address that mail can be sent to"))
    })
}

/// Asks line by line, or all at once where the server takes that (RFC 2920).
async fn ask(line: &mut Line, lines: &[String]) -> Result<Vec<Reply>, String> {
    if line.can.pipelining {
        let all = line.client.cmds(lines).await.map_err(|e| words(&e))?;
        return Ok(all.into_iter().map(|r| reply_of(r.code, r.esc, r.message)).collect());
    }
    let mut all = Vec::new();
    for one in lines {
        let reply = command(&mut line.client, one).await?;
        let is_yes = reply.is_yes();
        all.push(reply);
        // Without a sender no recipient is taken.
        if !is_yes && all.len() == 1 {
            break;
        }
    }
    Ok(all)
}

/// What became of the sender and the recipients, where one of them was refused.
fn refusal(envelope: &Envelope, replies: &[Reply]) -> Option<Failure> {
    let (first, others) = replies.split_first()?;
    if !first.is_yes() {
        return Some(first.failure(&format!("the server does not take mail from {}", envelope.from)));
    }
    let refused: Vec<(&String, &Reply)> =
        envelope.to.iter().zip(others).filter(|(_, reply)| !reply.is_yes()).collect();
    // What will never be goes before what may be later.
    let worst = refused.iter().max_by_key(|(_, reply)| reply.code >= 500)?;
    let same = refused.iter().filter(|(_, reply)| (reply.code >= 500) == (worst.1.code >= 500));
    let told: Vec<String> = same.map(|(to, reply)| format!("{to}: {}", reply.line())).collect();
    let human = format!("nothing was sent; the server does not take mail for {}", told.join("; "));
    Some(match worst.1.of_one("") {
        Failure::Transient { retry_after, .. } => Failure::Transient { retry_after, human },
        Failure::Later { after, .. } => Failure::Later { after, human },
        Failure::Auth { .. } => Failure::Auth { human },
        _ => Failure::Rejected {
            reason: crate::domain::delivery::Reason { code: Some(worst.1.shown_code()), human },
            field: Some("to".to_owned()),
        },
    })
}

/// The mail as it travels: lines end in CRLF and nothing else (RFC 5321, section 2.3.8), and no line of it is a dot alone
/// (section 4.5.2). The final dot is not there yet.
fn stuffed(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(mail.len() + mail.len() / 64 + 2);
    let mut begins = true;
    let mut bytes = mail.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' | b'\n' => {
                if byte == b'\r' && bytes.peek() == Some(&b'\n') {
                    bytes.next();
                }
                out.extend_from_slice(b"\r\n");
                begins = true;
            }
            _ => {
                if begins && byte == b'.' {
                    out.push(b'.');
                }
                out.push(byte);
                begins = false;
            }
        }
    }
    if !begins {
        out.extend_from_slice(b"\r\n");
    }
    out
}

async fn command(client: &mut SmtpClient<Stream>, line: &str) -> Result<Reply, String> {
    let answered = client.cmd(line.as_bytes()).await.map(|r| reply_of(r.code, r.esc, r.message));
    answered.map_err(|e| words(&e))
}

/// Says goodbye, which nobody waits for.
fn leave(mut line: Line) {
    tokio::spawn(async move {
        let said = line.client.cmd(b"QUIT\r\n");
        // Whether it is heard changes nothing.
        let _ = tokio::time::timeout(Duration::from_secs(2), said).await;
    });
}

fn reply_of(code: u16, status: [u8; 3], words: String) -> Reply {
    let [class, subject, detail] = status;
    let status = (class != 0).then(|| format!("{class}.{subject}.{detail}"));
    Reply { code, status, words }
}

/// What broke a conversation, in words.
fn words(e: &mail_send::Error) -> String {
    match e {
        mail_send::Error::Io(e) => crate::net::tls::plain(e),
        mail_send::Error::Timeout => "the server does not answer".into(),
        // The reader says the same of an end and of nonsense.
        mail_send::Error::UnparseableReply => "the server has closed the connection".into(),
        other => crate::text::sanitize::line(&other.to_string()).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Extensions = Extensions {
        pipelining: true,
        eight_bit: true,
        utf8: true,
        starttls: true,
        auth: true,
        mechanisms: 0,
        size: 100,
        has_size: true,
    };

    fn envelope(to: &[&str]) -> Envelope {
        Envelope { from: "support@example.com".into(), to: to.iter().map(|to| (*to).to_owned()).collect() }
    }

    fn reply(code: u16) -> Reply {
        Reply { code, status: None, words: "words".into() }
    }

    #[test]
    fn dots_and_line_ends() {
        for (mail, want) in [
            ("a\r\n.\r\nb", "a\r\n..\r\nb\r\n"),
            (".a\r\n", "..a\r\n"),
            ("a\n.\nb\r.\rc", "a\r\n..\r\nb\r\n..\r\nc\r\n"),
            ("a\r\n\r\n", "a\r\n\r\n"),
            ("", ""),
        ] {
            assert_eq!(String::from_utf8(stuffed(mail.as_bytes())).unwrap(), want, "{mail:?}");
        }
    }

    #[test]
    fn what_the_server_can_is_used_and_what_it_cannot_is_refused() {
        let lines = envelope_lines(&envelope(&["dana@example.net"]), "ä".as_bytes(), &ALL).unwrap();
        assert_eq!(
            lines,
            ["MAIL FROM:<support@example.com> SIZE=2 BODY=8BITMIME\r\n", "RCPT TO:<dana@example.net>\r\n"]
        );
        let odd = envelope_lines(&envelope(&["dänä@example.net"]), b"a", &ALL).unwrap();
        assert!(odd[0].ends_with("SIZE=1 SMTPUTF8\r\n"), "{odd:?}");
        let old = Extensions { utf8: false, has_size: false, ..ALL };
        let told = envelope_lines(&envelope(&["dänä@example.net"]), b"a", &old).unwrap_err();
        assert!(told.to_string().contains("SMTPUTF8"), "{told}");
        // A domain beyond ASCII needs nothing: it has another form.
        assert!(envelope_lines(&envelope(&["dana@exämple.net"]), b"a", &old).is_ok());
        assert!(envelope_lines(&envelope(&["dana@example.net"]), &[b'a'; 101], &ALL).is_err());
        for hostile in ["a@b.example>\r\nDATA\r\n", "", "a@b.example> BODY=x"] {
            assert!(envelope_lines(&envelope(&[hostile]), b"a", &ALL).is_err(), "{hostile:?}");
        }
    }

    #[test]
    fn one_refused_recipient_refuses_all_and_is_named() {
        let all = envelope(&["a@example.net", "b@example.net", "c@example.net"]);
        assert_eq!(refusal(&all, &[reply(250), reply(250), reply(250), reply(251)]), None);
        match refusal(&all, &[reply(250), reply(451), reply(550), reply(250)]) {
            Some(Failure::Rejected { reason, field }) => {
                assert!(reason.human.contains("b@example.net: 550"), "{reason:?}");
                assert!(!reason.human.contains("a@example.net"), "{reason:?}");
                assert_eq!((reason.code.as_deref(), field.as_deref()), (Some("550"), Some("to")));
            }
            other => panic!("{other:?}"),
        }
        let later = refusal(&all, &[reply(250), reply(451), reply(250), reply(250)]);
        assert!(matches!(later, Some(Failure::Later { .. })), "{later:?}");
        let shut = refusal(&all, &[reply(250), reply(421), reply(250), reply(250)]);
        assert!(matches!(shut, Some(Failure::Transient { .. })), "{shut:?}");
        let sender = refusal(&all, &[reply(553)]);
        assert!(
            matches!(&sender, Some(Failure::Rejected { reason, .. }) if reason.human.contains("support@"))
        );
    }
}
