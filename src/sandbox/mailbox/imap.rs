//! The IMAP server: one connection, command by command.

use super::faults::ImapFault;
use super::items::{answer, items};
use super::line::Line;
use super::search;
use super::syntax::{Piece, Word, announced, numbers, words};
use super::{Folder, Shared};
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
    /// The open folder, and which mails of it the client knows, in their order.
    open: Option<(String, Vec<u32>)>,
    read_only: bool,
    /// Whether changes are told with their numbers, and what is gone by its number (RFC 7162).
    qresync: bool,
    /// What is written is cut after so many bytes.
    cut: Option<usize>,
    /// This item is left out of what is told of mails.
    without: Option<&'static str>,
    /// Bytes of mails are told as NIL.
    nil: bool,
}

/// What a command comes to.
type Outcome = io::Result<Result<String, String>>;

fn ok(text: &str) -> Outcome {
    Ok(Ok(text.to_owned()))
}

fn no(text: &str) -> Outcome {
    Ok(Err(text.to_owned()))
}

/// Serves one connection.
pub(super) async fn connection(
    shared: Arc<Shared>,
    acceptor: Option<TlsAcceptor>,
    line: Line,
) -> io::Result<()> {
    {
        let happened = &mut shared.far.state().happened;
        happened.connections += 1;
        happened.open += 1;
        happened.most = happened.most.max(happened.open);
    }
    // Also where the connection is hung up from outside.
    let _open = Open(shared.clone());
    let mut session = Session {
        shared,
        acceptor,
        line,
        secure: false,
        logged_in: false,
        open: None,
        read_only: false,
        qresync: false,
        cut: None,
        without: None,
        nil: false,
    };
    session.run().await
}

struct Open(Arc<Shared>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.far.state().happened.open -= 1;
        self.0.far.bump();
    }
}

impl Session {
    async fn run(&mut self) -> io::Result<()> {
        match self.fault("GREETING") {
            Some(ImapFault::Silent) => return self.line.stay_silent().await,
            Some(ImapFault::Bye(words)) => return self.say(&format!("* BYE {words}\r\n")).await,
            Some(ImapFault::Line(line)) => self.say(&format!("{line}\r\n")).await?,
            _ => {
                let caps = self.capabilities();
                self.say(&format!("* OK [CAPABILITY {caps}] ready\r\n")).await?;
            }
        }
        while let Some(first) = self.line.read().await? {
            let mut shown = String::from_utf8_lossy(&first).into_owned();
            let pieces = self.pieces(first).await?;
            // Passwords are nobody's business, not even here.
            if let Some((tag, _)) = shown.clone().split_once(" LOGIN ") {
                shown = format!("{tag} LOGIN …");
            }
            self.shared.far.state().happened.imap.push(shown);
            self.shared.far.bump();
            if !self.command(&pieces).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    fn fault(&self, verb: &str) -> Option<ImapFault> {
        self.shared.far.state().imap_fault(verb)
    }

    async fn say(&mut self, text: &str) -> io::Result<()> {
        self.write(text.as_bytes()).await
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.cut {
            Some(left) if bytes.len() >= *left => {
                let some = bytes.get(..*left).unwrap_or_default().to_vec();
                self.line.write(&some).await?;
                Err(io::Error::other("cut"))
            }
            Some(left) => {
                *left -= bytes.len();
                self.line.write(bytes).await
            }
            None => self.line.write(bytes).await,
        }
    }

    /// A command with its literals.
    async fn pieces(&mut self, first: Vec<u8>) -> io::Result<Vec<Piece>> {
        let (mut pieces, mut line) = (Vec::new(), first);
        while let Some((length, free, open)) = announced(&line) {
            if !free {
                self.say("+ go on\r\n").await?;
            }
            let text = String::from_utf8_lossy(line.get(..open).unwrap_or_default()).into_owned();
            pieces.push(Piece::Text(text));
            pieces.push(Piece::Literal(self.line.read_exact(length).await?));
            line = self.line.read().await?.unwrap_or_default();
        }
        pieces.push(Piece::Text(String::from_utf8_lossy(&line).into_owned()));
        Ok(pieces)
    }

    fn capabilities(&self) -> String {
        let options = &self.shared.options;
        let mut all = vec!["IMAP4rev1".to_owned()];
        if self.acceptor.is_some() && !self.secure {
            all.push("STARTTLS".to_owned());
        }
        all.extend(options.mechanisms.iter().map(|mechanism| format!("AUTH={mechanism}")));
        all.extend(options.imap.iter().map(|word| (*word).to_owned()));
        all.join(" ")
    }

    fn can(&self, word: &str) -> bool {
        self.shared.options.imap.contains(&word)
    }

    /// Answers a command. Whether the connection goes on.
    async fn command(&mut self, pieces: &[Piece]) -> io::Result<bool> {
        let Some(all) = words(pieces) else {
            self.say("* BAD what\r\n").await?;
            return Ok(true);
        };
        let mut all = all.into_iter();
        let tag = all.next().map(|word| word.text()).unwrap_or_default();
        let mut verb = all.next().map(|word| word.text().to_ascii_uppercase()).unwrap_or_default();
        if verb == "UID" {
            let second = all.next().map(|word| word.text().to_ascii_uppercase()).unwrap_or_default();
            verb = format!("UID {second}");
        }
        let args: Vec<Word> = all.collect();
        let mut garbled = false;
        match self.fault(&verb) {
            Some(ImapFault::No(words)) => {
                self.say(&format!("{tag} NO {words}\r\n")).await?;
                return Ok(true);
            }
            Some(ImapFault::Bad) => {
                self.say(&format!("{tag} BAD what\r\n")).await?;
                return Ok(true);
            }
            Some(ImapFault::Bye(words)) => {
                self.say(&format!("* BYE {words}\r\n")).await?;
                return Ok(false);
            }
            Some(ImapFault::Silent) => {
                self.line.stay_silent().await?;
                return Ok(false);
            }
            Some(ImapFault::Line(line)) => self.say(&format!("{line}\r\n")).await?,
            Some(ImapFault::Cut(after)) => self.cut = Some(after),
            Some(ImapFault::Garbled) => garbled = true,
            Some(ImapFault::Without(item)) => self.without = Some(item),
            Some(ImapFault::Nil) => self.nil = true,
            None => {}
        }
        if garbled {
            self.say("* NONSENSE\r\n").await?;
        }
        let outcome = self.perform(&verb, &args, &tag).await?;
        // What others did meanwhile is told before the end, but not where numbers would lose their meaning.
        if !matches!(verb.as_str(), "FETCH" | "STORE" | "SEARCH" | "STARTTLS") {
            self.tell_changes().await?;
        }
        match outcome {
            Ok(words) => self.say(&format!("{tag} OK {words}\r\n")).await?,
            Err(words) if words == "BAD" => self.say(&format!("{tag} BAD what\r\n")).await?,
            Err(words) => self.say(&format!("{tag} NO {words}\r\n")).await?,
        }
        (self.cut, self.without, self.nil) = (None, None, false);
        if verb == "STARTTLS" {
            let injected = self.shared.options.injected;
            self.say(injected).await?;
            if let Some(acceptor) = self.acceptor.clone() {
                self.line.secure(&acceptor).await?;
                self.secure = true;
            }
        }
        Ok(verb != "LOGOUT")
    }

    async fn perform(&mut self, verb: &str, args: &[Word], tag: &str) -> Outcome {
        let text = |at: usize| args.get(at).map(Word::text).unwrap_or_default();
        match verb {
            "CAPABILITY" => {
                let caps = self.capabilities();
                self.say(&format!("* CAPABILITY {caps}\r\n")).await?;
                ok("done")
            }
            "NOOP" => ok("done"),
            "LOGOUT" => {
                self.say("* BYE until then\r\n").await?;
                ok("done")
            }
            "ID" if self.can("ID") => {
                self.say("* ID NIL\r\n").await?;
                ok("done")
            }
            "STARTTLS" if self.acceptor.is_some() && !self.secure => ok("begin"),
            "LOGIN" if self.can("LOGINDISABLED") => no("[PRIVACYREQUIRED] not so"),
            "LOGIN" => {
                let good = self.shared.is_login(&text(0), &text(1));
                self.login(good)
            }
            "AUTHENTICATE" => self.authenticate(&text(0).to_ascii_uppercase(), args.get(1)).await,
            _ if !self.logged_in => no("log in first"),
            "ENABLE" if self.can("ENABLE") => {
                self.qresync |= args.iter().any(|word| word.text().eq_ignore_ascii_case("QRESYNC"));
                self.say("* ENABLED QRESYNC\r\n").await?;
                ok("done")
            }
            "SELECT" | "EXAMINE" => self.select(&text(0), verb == "EXAMINE").await,
            "STATUS" => self.status(&text(0), &args.get(1).map(Word::list).unwrap_or_default()).await,
            "LIST" => self.list(args).await,
            "CREATE" => {
                let mut state = self.shared.far.state();
                if state.folders.contains_key(&text(0)) {
                    return no("[ALREADYEXISTS] it is there");
                }
                state.make(&text(0), "");
                ok("done")
            }
            "SUBSCRIBE" => {
                self.shared.far.state().subscribed.insert(text(0));
                ok("done")
            }
            "APPEND" => self.append(args),
            "IDLE" if self.can("IDLE") => self.idle(tag).await,
            _ if self.open.is_none() => Ok(Err("BAD".into())),
            "FETCH" => {
                let Some((name, known)) = self.open.clone() else { return no("nothing is open") };
                let at: Vec<u32> = (1..=u32::try_from(known.len()).unwrap_or(0)).collect();
                let wanted = numbers(&text(0), &at).into_iter();
                let uids: Vec<u32> = wanted
                    .filter_map(|n| known.get(usize::try_from(n).ok()?.checked_sub(1)?).copied())
                    .collect();
                self.fetch(&name, &uids, args.get(1), None).await
            }
            "UID FETCH" => self.uid_fetch(args).await,
            "UID SEARCH" => {
                let found = self.folder(|folder| search::find(folder.mails(), args)).flatten();
                let Some(found) = found else { return Ok(Err("BAD".into())) };
                let found: Vec<String> = found.iter().map(ToString::to_string).collect();
                self.say(&format!("* SEARCH {}\r\n", found.join(" ")).replace("SEARCH \r", "SEARCH\r"))
                    .await?;
                ok("done")
            }
            _ if self.read_only => no("[READ-ONLY] it can only be read"),
            "UID STORE" => self.store(args).await,
            "UID MOVE" if self.can("MOVE") => self.transfer(args, true).await,
            "UID COPY" => self.transfer(args, false).await,
            "UID EXPUNGE" if self.can("UIDPLUS") => {
                let set = text(0);
                self.change(|folder| {
                    let there: Vec<u32> = folder.mails().iter().map(|m| m.uid).collect();
                    let wanted = numbers(&set, &there);
                    let marked = folder.mails().iter().filter(|m| m.flags.contains("\\Deleted"));
                    let going: Vec<u32> = marked.map(|m| m.uid).filter(|uid| wanted.contains(uid)).collect();
                    folder.take(&going);
                });
                ok("done")
            }
            _ => Ok(Err("BAD".into())),
        }
    }

    fn login(&mut self, good: bool) -> Outcome {
        self.logged_in = good;
        if good {
            Ok(Ok(format!("[CAPABILITY {}] welcome", self.capabilities())))
        } else {
            no("[AUTHENTICATIONFAILED] Authentication failed.")
        }
    }

    async fn authenticate(&mut self, mechanism: &str, first: Option<&Word>) -> Outcome {
        if !self.shared.options.mechanisms.contains(&mechanism) {
            return no("no such mechanism");
        }
        let mut said = match first {
            Some(word) if self.can("SASL-IR") => word.text(),
            Some(_) => return Ok(Err("BAD".into())),
            None => self.challenge("").await?,
        };
        if mechanism == "LOGIN" {
            let password = self.challenge("Password:").await?;
            let good = self.shared.is_login(&decoded(&said), &decoded(&password));
            return self.login(good);
        }
        if said == "=" {
            said.clear();
        }
        let text = decoded(&said);
        let good = match mechanism {
            "PLAIN" => {
                let mut parts = text.splitn(3, '\0').skip(1);
                let (user, password) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
                self.shared.is_login(user, password)
            }
            _ => {
                let (user, token) = bearer(&text);
                self.shared.is_token(&user, &token)
            }
        };
        if !good && mechanism != "PLAIN" {
            // Why not, which the client has to take note of before the refusal.
            self.challenge("{\"status\":\"401\"}").await?;
        }
        self.login(good)
    }

    async fn challenge(&mut self, words: &str) -> io::Result<String> {
        self.say(&format!("+ {}\r\n", STANDARD.encode(words))).await?;
        let line = self.line.read().await?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    /// Looks into the open folder.
    pub(super) fn folder<R>(&self, look: impl FnOnce(&Folder) -> R) -> Option<R> {
        let (name, _) = self.open.as_ref()?;
        self.shared.far.state().folders.get(name).map(look)
    }

    /// Changes the open folder.
    fn change(&self, change: impl FnOnce(&mut Folder)) {
        if let Some((name, _)) = &self.open
            && let Some(folder) = self.shared.far.state().folders.get_mut(name)
        {
            change(folder);
        }
        self.shared.far.bump();
    }
}

/// Base64 as text.
pub(super) fn decoded(text: &str) -> String {
    let bytes = STANDARD.decode(text.trim()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// User and token of XOAUTH2 and OAUTHBEARER.
pub(super) fn bearer(text: &str) -> (String, String) {
    let (mut user, mut token) = (String::new(), String::new());
    for part in text.split(['\u{1}', ',']) {
        if let Some(name) = part.strip_prefix("user=").or(part.strip_prefix("a=")) {
            user = name.replace("=2C", ",").replace("=3D", "=");
        }
        if let Some(bearer) = part.strip_prefix("auth=Bearer ") {
            token = bearer.to_owned();
        }
    }
    (user, token)
}

mod commands;
