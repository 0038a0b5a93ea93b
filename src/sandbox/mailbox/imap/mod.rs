//! The IMAP server (RFC 3501, with what [`Words::imap`](super::Words::imap) names): reads commands, performs them, answers.

mod change;
mod fetch;
mod folders;
mod login;
mod search;
mod told;
mod words;

use super::conn::Conn;
use super::faults::{Deed, Place};
use std::io;
use told::Open;
use words::{Word, literal_size, parse, show};

/// The longest literal that is taken.
const LONGEST: usize = 64 * 1024 * 1024;

/// Why something is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Refusal {
    No(String),
    Bad(String),
}

/// What a command comes to: the words behind `OK`, or why not.
type Done = Result<String, Refusal>;

fn no<T>(why: &str) -> Result<T, Refusal> {
    Err(Refusal::No(why.to_owned()))
}

fn bad<T>(why: &str) -> Result<T, Refusal> {
    Err(Refusal::Bad(why.to_owned()))
}

/// Who is on the other side, and what they know.
struct Session {
    conn: Conn,
    /// Who is logged in.
    user: Option<String>,
    /// The folder that is open.
    open: Option<Open>,
    /// Changes are counted for this client (RFC 7162).
    counts: bool,
    /// What is gone is told by number (RFC 7162).
    vanished: bool,
    /// The answer, as far as it is made.
    out: Vec<u8>,
}

/// Serves a connection to its end.
pub(super) async fn serve(conn: Conn) -> io::Result<()> {
    let (user, open, counts, vanished, out) = (None, None, false, false, Vec::new());
    let mut session = Session { conn, user, open, counts, vanished, out };
    if session.greet().await? {
        while let Some(raw) = session.read().await? {
            if !session.run(&raw).await? {
                break;
            }
        }
    }
    Ok(())
}

impl Session {
    fn has(&self, capability: &str) -> bool {
        self.conn.shared.options.imap.has(capability)
    }

    fn push(&mut self, line: &str) {
        self.out.extend_from_slice(line.as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    /// Sends what is made of the answer. False where the connection is to be closed.
    async fn flush(&mut self, deed: Option<&Deed>) -> io::Result<bool> {
        let out = std::mem::take(&mut self.out);
        self.conn.answer(&out, deed).await
    }

    async fn greet(&mut self) -> io::Result<bool> {
        let deed = self.conn.shared.change(|state| state.plans.take(|place| *place == Place::ImapGreeting));
        let greeting = format!("OK [CAPABILITY {}] Ready.", self.capabilities());
        match &deed {
            Some(Deed::CutBefore) => return Ok(false),
            Some(Deed::Silence) => std::future::pending().await,
            Some(Deed::Say(line) | Deed::SayAfter(line)) => {
                self.push(&format!("* {line}"));
                return Ok(self.flush(None).await? && line.starts_with("OK"));
            }
            _ => self.push(&format!("* {greeting}")),
        }
        self.flush(deed.as_ref()).await
    }

    /// The next command with its literals; none when the client has closed.
    async fn read(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut raw = Vec::new();
        loop {
            let Some(line) = self.conn.line().await? else { return Ok(None) };
            raw.extend_from_slice(&line);
            let Some((size, waits)) = literal_size(&line) else { return Ok(Some(raw)) };
            if size > LONGEST || (!waits && !self.has("LITERAL+")) {
                self.push("* BYE That literal is not taken.");
                self.flush(None).await?;
                return Ok(None);
            }
            if waits {
                self.conn.write(b"+ Go on\r\n").await?;
            }
            raw.extend_from_slice(b"\r\n");
            raw.extend(self.conn.bytes(size).await?);
        }
    }

    /// Performs a command and answers it. False where the connection is to be closed.
    async fn run(&mut self, raw: &[u8]) -> io::Result<bool> {
        let Some((tag, name, args)) = command(raw) else {
            let tag = raw.split(|byte| *byte == b' ').next().unwrap_or_default();
            let is_tag = !tag.is_empty() && tag.iter().all(u8::is_ascii_alphanumeric);
            let tag = if is_tag { String::from_utf8_lossy(tag).into_owned() } else { "*".to_owned() };
            self.push(&format!("{tag} BAD That is no command."));
            return self.flush(None).await;
        };
        self.conn.heard(match name.as_str() {
            "LOGIN" | "AUTHENTICATE" => format!("{name} {}", show(args.get(..1).unwrap_or_default())),
            _ if args.is_empty() => name.clone(),
            _ => format!("{name} {}", show(&args)),
        });
        let is_here = |place: &Place| match place {
            Place::Imap(word) => name == *word || name.rsplit(' ').next() == Some(*word),
            _ => false,
        };
        let deed = self.conn.shared.change(|state| state.plans.take(is_here));
        match &deed {
            Some(Deed::Say(line)) => {
                self.push(&format!("{tag} {line}"));
                return self.flush(None).await;
            }
            Some(Deed::CutBefore) => return Ok(false),
            Some(Deed::Silence) => std::future::pending().await,
            _ => {}
        }
        let done = match name.as_str() {
            "AUTHENTICATE" => self.authenticate(&args).await?,
            "IDLE" => self.idle(&args).await?,
            _ => self.perform(&name, &args),
        };
        let is_open = match (&done, name.as_str()) {
            (Ok(_), "LOGOUT") => false,
            // While the client counts by place, nothing moves (RFC 3501, section 7.4.1).
            (Ok(_), name) => self.tell(!matches!(name, "FETCH" | "STORE" | "SEARCH")),
            (Err(_), _) => true,
        };
        let answer = match (&deed, done) {
            (Some(Deed::SayAfter(line)), _) => line.clone(),
            (_, Ok(words)) => format!("OK {words}"),
            (_, Err(Refusal::No(why))) => format!("NO {why}"),
            (_, Err(Refusal::Bad(why))) => format!("BAD {why}"),
        };
        self.push(&format!("{tag} {answer}"));
        Ok(self.flush(deed.as_ref()).await? && is_open)
    }

    fn perform(&mut self, name: &str, args: &[Word]) -> Done {
        match (name, args) {
            ("CAPABILITY", []) => {
                self.push(&format!("* CAPABILITY {}", self.capabilities()));
                return Ok("Capabilities listed.".into());
            }
            ("NOOP", []) => return Ok("Nothing done.".into()),
            ("LOGOUT", []) => {
                self.push("* BYE Logging out.");
                return Ok("Logged out.".into());
            }
            ("ID", [_]) if self.has("ID") => {
                self.push("* ID (\"name\" \"sandbox\")");
                return Ok("Introduced.".into());
            }
            ("LOGIN", [user, password]) if self.user.is_none() => return self.log_in(user, password),
            _ => {}
        }
        if self.user.is_none() {
            return bad("Log in first.");
        }
        match (name, args) {
            ("ENABLE", [_, ..]) if self.has("ENABLE") => self.enable(args),
            ("NAMESPACE", []) if self.has("NAMESPACE") => {
                let delimiter = self.conn.shared.options.delimiter;
                self.push(&format!("* NAMESPACE ((\"\" \"{delimiter}\")) NIL NIL"));
                Ok("Namespaces listed.".into())
            }
            ("LIST", args) => self.list(args),
            ("LSUB", [reference, pattern]) => self.lsub(reference, pattern),
            ("SELECT" | "EXAMINE", [folder, rest @ ..]) => self.select(folder, rest, name == "SELECT"),
            ("STATUS", [folder, Word::List(items)]) => self.status(folder, items),
            ("CREATE", [folder]) => self.create(folder),
            ("DELETE", [folder]) => self.delete(folder),
            ("RENAME", [from, to]) => self.rename(from, to),
            ("SUBSCRIBE" | "UNSUBSCRIBE", [folder]) => self.subscribe(folder, name == "SUBSCRIBE"),
            ("APPEND", [folder, rest @ ..]) => self.append(folder, rest),
            _ if self.open.is_none() => bad("Unknown, or no folder is open."),
            ("CHECK", []) => Ok("Checked.".into()),
            ("CLOSE", []) => self.close(true),
            ("UNSELECT", []) if self.has("UNSELECT") => self.close(false),
            ("EXPUNGE", []) => self.expunge(None),
            ("UID EXPUNGE", [set]) if self.has("UIDPLUS") => self.expunge(Some(set)),
            ("FETCH" | "UID FETCH", [set, items, rest @ ..]) => self.fetch(set, items, rest, is_uid(name)),
            ("STORE" | "UID STORE", [set, rest @ ..]) => self.store(set, rest, is_uid(name)),
            ("SEARCH" | "UID SEARCH", [_, ..]) => self.search(args, is_uid(name)),
            ("COPY" | "UID COPY", [set, folder]) => self.copy(set, folder, is_uid(name), false),
            ("MOVE" | "UID MOVE", [set, folder]) if self.has("MOVE") => {
                self.copy(set, folder, is_uid(name), true)
            }
            _ => bad("Unknown command, or wrong words behind it."),
        }
    }

    fn enable(&mut self, args: &[Word]) -> Done {
        let mut enabled = String::new();
        for word in args.iter().filter_map(Word::atom) {
            match word.as_str() {
                "CONDSTORE" if self.has("CONDSTORE") => self.counts = true,
                "QRESYNC" if self.has("QRESYNC") => (self.counts, self.vanished) = (true, true),
                _ => continue,
            }
            enabled.push_str(&format!(" {word}"));
        }
        self.push(&format!("* ENABLED{enabled}"));
        Ok("Enabled.".into())
    }
}

fn is_uid(name: &str) -> bool {
    name.starts_with("UID ")
}

/// Tag, name and words of a command. `UID` belongs to the name.
fn command(raw: &[u8]) -> Option<(String, String, Vec<Word>)> {
    let mut words = parse(raw)?.into_iter();
    let Word::Atom(tag) = words.next()? else { return None };
    let mut name = words.next()?.atom()?;
    if name == "UID" {
        name = format!("UID {}", words.next()?.atom()?);
    }
    Some((tag, name, words.collect()))
}

/// Text as a string of the protocol, or `NIL`: in quotes where that is possible, else counted.
pub(super) fn string(text: Option<&[u8]>, out: &mut Vec<u8>) {
    match text {
        None => out.extend_from_slice(b"NIL"),
        Some(text) if text.len() < 1000 && text.iter().all(|byte| matches!(byte, 32..=126)) => {
            out.push(b'"');
            for byte in text {
                if matches!(byte, b'"' | b'\\') {
                    out.push(b'\\');
                }
                out.push(*byte);
            }
            out.push(b'"');
        }
        Some(text) => {
            out.extend_from_slice(format!("{{{}}}\r\n", text.len()).as_bytes());
            out.extend_from_slice(text);
        }
    }
}
