//! The SMTP server (RFC 5321, RFC 6409): takes mails from who is logged in, and is strict where servers of the world are.

use super::conn::Conn;
use super::faults::{Deed, Place};
use super::report;
use super::sasl::{Exchange, Next};
use super::state::{Sent, State};
use std::io;

/// Bytes in a line of a mail (RFC 5322, section 2.1.1), its end not counted.
const LINE: usize = 998;

/// What has been said of the next mail, and by whom.
#[derive(Default)]
struct Session {
    greeted: bool,
    login: Option<String>,
    from: Option<(String, Vec<String>)>,
    to: Vec<String>,
}

/// What comes after a command.
enum Flow {
    Answer(String),
    /// The mail itself comes.
    Mail,
    Login(String, Option<Vec<u8>>),
    Quit,
}

fn answer(text: &str) -> Flow {
    Flow::Answer(text.to_owned())
}

/// Serves a connection to its end.
pub(super) async fn serve(mut conn: Conn) -> io::Result<()> {
    let mut session = Session::default();
    let deed = plan(&conn, |place| *place == Place::SmtpGreeting);
    if !reply(&mut conn, deed, |_| "220 mail.example.test ESMTP sandbox".into()).await? {
        return Ok(());
    }
    while let Some(line) = conn.line().await? {
        let Ok(line) = String::from_utf8(line) else {
            conn.write(b"500 5.5.2 That is no text\r\n").await?;
            continue;
        };
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let verb = verb.to_ascii_uppercase();
        conn.heard(if verb == "AUTH" {
            format!("AUTH {}", rest.split(' ').next().unwrap_or_default())
        } else {
            line.clone()
        });
        // Who does not wait for answers has to be told before that this is all right (RFC 2920).
        if conn.has_more() && (verb == "DATA" || !conn.shared.options.smtp.has("PIPELINING")) {
            conn.write(b"554 5.5.0 You did not wait for the answer\r\n").await?;
            return Ok(());
        }
        let recipient = path(rest, "TO:").map(|(address, _)| address);
        let deed = plan(&conn, |place| match place {
            Place::Smtp(word) => verb == *word,
            Place::Rcpt(address) => verb == "RCPT" && recipient.as_ref().is_some_and(|to| same(to, address)),
            _ => false,
        });
        let does =
            |deed: &Option<Deed>| !matches!(deed, Some(Deed::Say(_) | Deed::CutBefore | Deed::Silence));
        let flow = if does(&deed) { session.command(&conn, &verb, rest) } else { answer("") };
        let goes_on = match flow {
            Flow::Answer(text) => reply(&mut conn, deed, |_| text).await?,
            Flow::Quit => reply(&mut conn, deed, |_| "221 2.0.0 Bye".into()).await? && false,
            Flow::Login(mechanism, first) => {
                let text = session.log_in(&mut conn, &mechanism, first).await?;
                reply(&mut conn, deed, |_| text).await?
            }
            Flow::Mail => {
                reply(&mut conn, deed, |_| "354 Go on, and end with a dot".into()).await?
                    && session.mail(&mut conn).await?
            }
        };
        if !goes_on {
            break;
        }
    }
    Ok(())
}

/// What is planned for a place.
fn plan(conn: &Conn, is_here: impl Fn(&Place) -> bool) -> Option<Deed> {
    conn.shared.change(|state| state.plans.take(is_here))
}

/// Does something and answers, as it was planned. False where the connection is to be closed.
async fn reply(conn: &mut Conn, deed: Option<Deed>, what: impl FnOnce(&Conn) -> String) -> io::Result<bool> {
    let text = match &deed {
        Some(Deed::CutBefore) => return Ok(false),
        Some(Deed::Silence) => std::future::pending().await,
        Some(Deed::Say(text)) => text.clone(),
        Some(Deed::SayAfter(text)) => {
            what(conn);
            text.clone()
        }
        _ => what(conn),
    };
    // 421 is the last word of a server (RFC 5321, section 3.8).
    let goes_on = conn.answer(format!("{text}\r\n").as_bytes(), deed.as_ref()).await?;
    Ok(goes_on && !text.starts_with("421"))
}

/// The address between `FROM:<` or `TO:<` and `>`, and what is said behind.
fn path(rest: &str, before: &str) -> Option<(String, Vec<String>)> {
    let (word, rest) = rest.split_at_checked(before.len())?;
    let rest = rest.trim_start().strip_prefix('<').filter(|_| word.eq_ignore_ascii_case(before))?;
    let (address, behind) = rest.split_once('>')?;
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || c == '<';
    if address.contains(is_odd) || !(behind.is_empty() || behind.starts_with(' ')) {
        return None;
    }
    Some((address.to_owned(), behind.split_whitespace().map(str::to_owned).collect()))
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

impl Session {
    fn forget(&mut self) {
        self.from = None;
        self.to.clear();
    }

    fn command(&mut self, conn: &Conn, verb: &str, rest: &str) -> Flow {
        let can = &conn.shared.options.smtp;
        match verb {
            "EHLO" => {
                self.forget();
                self.greeted = true;
                let words: Vec<&str> = std::iter::once("mail.example.test").chain(can.iter()).collect();
                let last = words.len() - 1;
                let line =
                    |(n, word): (usize, &&str)| format!("250{}{word}", if n == last { ' ' } else { '-' });
                Flow::Answer(words.iter().enumerate().map(line).collect::<Vec<_>>().join("\r\n"))
            }
            "HELO" => {
                self.forget();
                self.greeted = true;
                answer("250 mail.example.test")
            }
            "NOOP" => answer("250 2.0.0 Nothing done"),
            "RSET" => {
                self.forget();
                answer("250 2.0.0 Forgotten")
            }
            "QUIT" => Flow::Quit,
            _ if !self.greeted => answer("503 5.5.1 Say EHLO first"),
            "AUTH" if self.login.is_some() => answer("503 5.5.1 You are logged in"),
            "AUTH" => {
                let (mechanism, first) = match rest.split_once(' ') {
                    Some((mechanism, first)) => (mechanism, Some(first.as_bytes().to_vec())),
                    None => (rest, None),
                };
                let mut offered = can.value("AUTH").unwrap_or_default().split(' ');
                match offered.any(|word| same(word, mechanism)) {
                    true => Flow::Login(mechanism.to_owned(), first),
                    false => answer("504 5.5.4 That mechanism is not offered"),
                }
            }
            _ if self.login.is_none() && can.has("AUTH") => answer("530 5.7.0 Log in first"),
            "MAIL" => self.sender(conn, rest),
            "RCPT" => self.recipient(rest),
            "DATA" if self.from.is_none() => answer("503 5.5.1 Say MAIL first"),
            "DATA" if self.to.is_empty() => answer("554 5.5.1 Nobody takes it"),
            "DATA" if !rest.is_empty() => answer("501 5.5.4 Nothing belongs behind DATA"),
            "DATA" => Flow::Mail,
            _ => answer("500 5.5.1 Unknown"),
        }
    }

    fn sender(&mut self, conn: &Conn, rest: &str) -> Flow {
        let can = &conn.shared.options.smtp;
        let Some((from, parameters)) = path(rest, "FROM:") else {
            return answer("501 5.5.4 That is no sender");
        };
        if self.from.is_some() {
            return answer("503 5.5.1 One is begun");
        }
        for parameter in &parameters {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let known = match name.to_ascii_uppercase().as_str() {
                "SIZE" if can.has("SIZE") => match (value.parse::<usize>(), limit(conn)) {
                    (Ok(size), Some(most)) if size > most => {
                        return answer("552 5.3.4 The mail is too large");
                    }
                    (size, _) => size.is_ok(),
                },
                "BODY" => same(value, "7BIT") || (same(value, "8BITMIME") && can.has("8BITMIME")),
                "SMTPUTF8" => value.is_empty() && can.has("SMTPUTF8"),
                _ => false,
            };
            if !known {
                return answer("555 5.5.4 That is not understood");
            }
        }
        if !from.is_ascii() && !parameters.iter().any(|parameter| same(parameter, "SMTPUTF8")) {
            return answer("553 5.6.7 Such an address needs SMTPUTF8");
        }
        self.from = Some((from, parameters));
        answer("250 2.1.0 Go on")
    }

    fn recipient(&mut self, rest: &str) -> Flow {
        let Some((_, parameters)) = &self.from else { return answer("503 5.5.1 Say MAIL first") };
        let Some((to, _)) = path(rest, "TO:").filter(|(to, _)| to.contains('@')) else {
            return answer("501 5.5.4 That is no recipient");
        };
        if !to.is_ascii() && !parameters.iter().any(|parameter| same(parameter, "SMTPUTF8")) {
            return answer("553 5.6.7 Such an address needs SMTPUTF8");
        }
        self.to.push(to);
        answer("250 2.1.5 Go on")
    }

    async fn log_in(
        &mut self,
        conn: &mut Conn,
        mechanism: &str,
        mut said: Option<Vec<u8>>,
    ) -> io::Result<String> {
        let Some(mut exchange) = Exchange::new(mechanism) else {
            return Ok("504 5.5.4 That mechanism is not offered".into());
        };
        let mut challenge = exchange.first();
        loop {
            let heard = match said.take() {
                Some(said) => said,
                None => {
                    conn.write(format!("334 {challenge}\r\n").as_bytes()).await?;
                    conn.line().await?.ok_or(io::ErrorKind::UnexpectedEof)?
                }
            };
            if heard == b"*" {
                return Ok("501 5.7.0 As you like".into());
            }
            match exchange.heard(&conn.shared, &heard) {
                Next::Challenge(next) => challenge = next,
                Next::In(user) => {
                    self.login = Some(user);
                    return Ok("235 2.7.0 Logged in".into());
                }
                Next::Refused => return Ok("535 5.7.8 Authentication failed".into()),
                Next::Nonsense => return Ok("501 5.5.2 That is no answer".into()),
            }
        }
    }

    /// Takes the mail itself. False where the connection is to be closed.
    async fn mail(&mut self, conn: &mut Conn) -> io::Result<bool> {
        let (mut raw, mut wrong) = (Vec::new(), None);
        loop {
            if conn.shared.state().plans.within().is_some_and(|bytes| raw.len() >= bytes) {
                match plan(conn, |place| matches!(place, Place::Within(_))) {
                    Some(Deed::Silence) => std::future::pending().await,
                    _ => return Ok(false),
                }
            }
            let Some(line) = conn.raw_line().await? else { return Ok(false) };
            if line == b".\r\n" {
                break;
            }
            match line.strip_suffix(b"\r\n") {
                Some(text) if text.contains(&b'\r') => wrong = Some("550 5.6.11 A bare CR"),
                Some(text) if text.len() > LINE => wrong = Some("550 5.6.0 A line is too long"),
                Some(_) => {}
                // Others take it for the end of a line, and so a mail can hide in a mail.
                None => wrong = Some("550 5.6.11 A bare LF"),
            }
            raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
        let deed = plan(conn, |place| *place == Place::Dot);
        if limit(conn).is_some_and(|most| raw.len() > most) {
            wrong = Some("552 5.3.4 The mail is too large");
        }
        let (from, parameters) = self.from.take().unwrap_or_default();
        let (to, login) = (std::mem::take(&mut self.to), self.login.clone());
        let at = conn.shared.now();
        let sent = Sent { from, parameters, to, raw: raw.into(), login, at };
        reply(conn, deed, |conn| match wrong {
            Some(wrong) => wrong.to_owned(),
            None => take(conn, sent),
        })
        .await
    }
}

/// How large a mail may be.
fn limit(conn: &Conn) -> Option<usize> {
    conn.shared.options.smtp.value("SIZE")?.parse().ok().filter(|size| *size > 0)
}

/// Accepts a mail: it is kept, and where it is for us it arrives.
fn take(conn: &Conn, sent: Sent) -> String {
    let shared = &conn.shared;
    let arrives = sent.to.iter().find(|to| shared.is_ours(to)).cloned();
    let number = shared.change(|state| {
        if let Some(to) = arrives {
            let head = format!(
                "Return-Path: <{}>\r\nDelivered-To: {to}\r\n\
                 Received: from localhost by mail.example.test with ESMTP; {}\r\n",
                sent.from,
                report::date(sent.at)
            );
            let raw = [head.as_bytes(), &sent.raw].concat();
            put(state, "INBOX", raw, &[], sent.at);
        }
        if shared.options.keeps_sent {
            let is_sent = |special: &Option<String>| special.as_deref() == Some("\\Sent");
            let folder = state.folders.iter().find(|(_, folder)| is_sent(&folder.special));
            if let Some(name) = folder.map(|(name, _)| name.clone()) {
                put(state, &name, sent.raw.to_vec(), &["\\Seen"], sent.at);
            }
        }
        state.sent.push(sent);
        state.sent.len()
    });
    format!("250 2.0.0 Taken as {number}")
}

fn put(state: &mut State, folder: &str, raw: Vec<u8>, flags: &[&str], at: crate::domain::clock::Ms) {
    let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
    if let Some(folder) = state.folder_mut(folder) {
        folder.add(raw.into(), flags, at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        assert_eq!(path("FROM:<>", "FROM:"), Some((String::new(), vec![])));
        assert_eq!(
            path("from:<a@b.example> SIZE=7 SMTPUTF8", "FROM:"),
            Some(("a@b.example".into(), vec!["SIZE=7".into(), "SMTPUTF8".into()]))
        );
        for bad in ["FROM", "FROM:a@b", "TO:<a@b>", "FROM:<a@b", "FROM:<a b>", "FROM:<a@b>x", "ä"] {
            assert_eq!(path(bad, "FROM:"), None, "{bad}");
        }
    }
}
