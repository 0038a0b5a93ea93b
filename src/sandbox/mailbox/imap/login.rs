//! Who a client is: capabilities before and after, LOGIN and AUTHENTICATE.

use super::super::sasl::{Exchange, Next, by_password};
use super::words::Word;
use super::{Done, Session, bad, no};
use std::io;

const FAILED: &str = "[AUTHENTICATIONFAILED] Authentication failed.";

impl Session {
    /// What the server says of itself: how to log in before, what it can do after.
    pub(super) fn capabilities(&self) -> String {
        let is_login = |word: &str| word.starts_with("AUTH=") || word == "LOGINDISABLED";
        let is_early = |word: &str| matches!(word, "SASL-IR" | "LITERAL+" | "ID" | "ENABLE");
        let fits = |word: &&str| match self.user {
            None => is_login(word) || is_early(word),
            Some(_) => !is_login(word),
        };
        let words: Vec<&str> = self.conn.shared.options.imap.iter().filter(fits).collect();
        std::iter::once("IMAP4rev1").chain(words).collect::<Vec<_>>().join(" ")
    }

    fn let_in(&mut self, user: String) -> Done {
        self.user = Some(user);
        Ok(format!("[CAPABILITY {}] Logged in.", self.capabilities()))
    }

    pub(super) fn log_in(&mut self, user: &Word, password: &Word) -> Done {
        if self.has("LOGINDISABLED") {
            return no("[PRIVACYREQUIRED] No password is taken here.");
        }
        let (Some(user), Some(password)) = (user.text(), password.text()) else { return bad("What?") };
        match by_password(&self.conn.shared, &user, &password) {
            Next::In(user) => self.let_in(user),
            _ => no(FAILED),
        }
    }

    /// AUTHENTICATE, with an initial response (RFC 4959) or without.
    pub(super) async fn authenticate(&mut self, args: &[Word]) -> io::Result<Done> {
        let (mechanism, mut said) = match args {
            [mechanism] => (mechanism.atom(), None),
            [mechanism, first] if self.has("SASL-IR") => {
                (mechanism.atom(), first.bytes().map(<[u8]>::to_vec))
            }
            _ => return Ok(bad("Wrong words behind AUTHENTICATE.")),
        };
        let offered = mechanism.filter(|mechanism| self.has(&format!("AUTH={mechanism}")));
        let Some(mut exchange) = offered.as_deref().and_then(Exchange::new) else {
            return Ok(no("That mechanism is not offered."));
        };
        if self.user.is_some() {
            return Ok(bad("You are logged in."));
        }
        let mut challenge = exchange.first();
        loop {
            let answer = match said.take() {
                Some(said) => said,
                None => {
                    self.conn.write(format!("+ {challenge}\r\n").as_bytes()).await?;
                    match self.conn.line().await? {
                        Some(line) => line,
                        None => return Err(io::ErrorKind::UnexpectedEof.into()),
                    }
                }
            };
            if answer == b"*" {
                return Ok(bad("As you like."));
            }
            match exchange.heard(&self.conn.shared, &answer) {
                Next::Challenge(next) => challenge = next,
                Next::In(user) => return Ok(self.let_in(user)),
                Next::Refused => return Ok(no(FAILED)),
                Next::Nonsense => return Ok(bad("That is no answer.")),
            }
        }
    }
}
