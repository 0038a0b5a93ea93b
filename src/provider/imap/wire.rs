//! One IMAP connection: commands go out, answers come back whole, and nothing that breaks off is ever taken for an end.
//!
//! `async-imap` frames and reads the answers; commands are written here. Its own commands take the end of a connection for the end of
//! an answer, and a refusal for an empty one: with either a mail would be lost.

use super::answer::{Caps, Done, Trouble, caps_of, ended, said};
use super::command::{Command, Piece};
use super::guard::Guard;
use crate::net::tls::{Stream, plain};
use async_imap::Client;
use async_imap::imap_proto::{MailboxDatum, Response, Status};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt;
use std::io;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// The largest literal that is read, in bytes: a file of the largest mail that servers take, as it travels.
pub const LARGEST: u64 = 160 << 20;
/// Challenges of one login.
const CHALLENGES: usize = 8;

/// What is done with each answer that belongs to no command by name.
pub type Each<'a> = &'a mut (dyn FnMut(&Response<'_>) + Send);

/// What came while waiting for news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idle {
    /// Something has changed.
    News,
    /// Nothing in all the time.
    Quiet,
}

/// How far a command is.
enum Step {
    /// The server waits for more.
    Leave,
    /// It has ended well.
    Ended(Done),
}

/// A connection.
#[derive(Debug)]
pub struct Wire {
    client: Client<Guard<Stream>>,
    tags: u32,
    /// How the server said goodbye.
    goodbye: Option<String>,
    /// Whether literals need no leave (RFC 7888).
    free_literals: bool,
    /// Whether the open folder has changed while something else was asked, and nobody has been told.
    untold: bool,
}

impl Wire {
    /// A connection on which the server speaks first, or was told to begin anew.
    pub fn new(stream: Stream) -> Wire {
        let client = Client::new(Guard::new(stream, LARGEST));
        Wire { client, tags: 0, goodbye: None, free_literals: false, untold: false }
    }

    /// The connection itself. What was read of it and not yet taken is dropped: nobody knows who said it.
    pub fn into_stream(self) -> Stream {
        self.client.into_inner().into_inner()
    }

    /// How long silence may last in the middle of something.
    pub fn set_patience(&mut self, patience: Duration) {
        self.client.get_mut().get_mut().set_patience(patience);
    }

    /// Takes note of what the server can do.
    pub fn learn(&mut self, caps: &Caps) {
        self.free_literals = caps.has("LITERAL+");
    }

    /// The server's first words: what it can do, if it says so, and whether we are logged in already.
    ///
    /// # Errors
    /// [`Trouble`] where it does not greet.
    pub async fn greeting(&mut self) -> Result<(Option<Caps>, bool), Trouble> {
        self.next(|first| match first {
            Response::Data { status: Status::Ok, outcome } => Ok((caps_of(outcome), false)),
            Response::Data { status: Status::PreAuth, outcome } => Ok((caps_of(outcome), true)),
            Response::Data { outcome, .. } => Err(Trouble::Lost(said(outcome))),
            _ => Err(Trouble::Unreadable("it is no IMAP server that answers there".into())),
        })
        .await?
    }

    /// Sends a command and takes its answer to the end.
    ///
    /// # Errors
    /// [`Trouble`]; after a loss the connection is to be dropped.
    pub async fn run(&mut self, command: &Command, each: Each<'_>) -> Result<Done, Trouble> {
        let tag = self.tag();
        let mut line = format!("{tag} ").into_bytes();
        for piece in &command.0 {
            match piece {
                Piece::Text(text) => line.extend_from_slice(text.as_bytes()),
                Piece::Literal(bytes) => {
                    let free = if self.free_literals { "+" } else { "" };
                    line.extend_from_slice(format!(" {{{}{free}}}\r\n", bytes.len()).as_bytes());
                    if !self.free_literals {
                        self.write(&line).await?;
                        line.clear();
                        self.leave(&tag, each).await?;
                    }
                    line.extend_from_slice(bytes);
                }
            }
        }
        line.extend_from_slice(b"\r\n");
        self.write(&line).await?;
        self.finish(&tag, each).await
    }

    /// Logs in by a mechanism (RFC 3501, section 6.2.2): `answers` are given to the server's challenges in turn. The first goes along
    /// with the command where the server takes that (RFC 4959).
    ///
    /// # Errors
    /// As [`Wire::run`].
    pub async fn authenticate(
        &mut self,
        mechanism: &str,
        answers: &[Vec<u8>],
        at_once: bool,
    ) -> Result<Done, Trouble> {
        let tag = self.tag();
        let mut left = answers.iter();
        let mut line = format!("{tag} AUTHENTICATE {mechanism}");
        if at_once && let Some(first) = left.next() {
            line.push(' ');
            // Nothing is written as `=`, so that it is something.
            line.push_str(&if first.is_empty() { "=".to_owned() } else { STANDARD.encode(first) });
        }
        line.push_str("\r\n");
        self.write(line.as_bytes()).await?;
        for _ in 0..CHALLENGES {
            match self.step(&tag, &mut |_| ()).await? {
                Step::Leave => {}
                Step::Ended(done) => return Ok(done),
            }
            // A challenge that nothing was prepared for tells why it failed: an empty answer lets the server end it.
            let answer = left.next().map(|answer| STANDARD.encode(answer)).unwrap_or_default();
            self.write(format!("{answer}\r\n").as_bytes()).await?;
        }
        Err(Trouble::Lost("the login does not come to an end".into()))
    }

    /// What has been told of the open folder up to now is known.
    pub fn caught_up(&mut self) {
        self.untold = false;
    }

    /// Waits for news of the open folder (RFC 2177), at most so long. What was told in passing, at the end of another command or of the
    /// last wait, is news as well: it is not told again.
    ///
    /// # Errors
    /// As [`Wire::run`].
    pub async fn idle(&mut self, longest: Duration, patience: Duration) -> Result<Idle, Trouble> {
        if std::mem::take(&mut self.untold) {
            return Ok(Idle::News);
        }
        let tag = self.tag();
        self.write(format!("{tag} IDLE\r\n").as_bytes()).await?;
        self.leave(&tag, &mut |_| ()).await?;
        // Silence is what is waited for; the clock is ours meanwhile.
        self.set_patience(longest + patience);
        let deadline = tokio::time::Instant::now() + longest;
        while !self.untold {
            // Anything else is "Still here", and the like.
            let Ok(news) = tokio::time::timeout_at(deadline, self.next(is_news)).await else { break };
            self.untold |= news?;
        }
        self.set_patience(patience);
        self.write(b"DONE\r\n").await?;
        self.finish(&tag, &mut |_| ()).await?;
        Ok(if std::mem::take(&mut self.untold) { Idle::News } else { Idle::Quiet })
    }

    fn tag(&mut self) -> String {
        self.tags = self.tags.wrapping_add(1);
        format!("F{}", self.tags)
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        let stream = self.client.get_mut();
        let written = async {
            stream.write_all(bytes).await?;
            stream.flush().await
        };
        written.await.map_err(|e| self.lost(&e))
    }

    /// Waits until the server gives leave to go on.
    async fn leave(&mut self, tag: &str, each: Each<'_>) -> Result<(), Trouble> {
        match self.step(tag, each).await? {
            Step::Leave => Ok(()),
            Step::Ended(_) => Err(Trouble::Lost("the server ends what has not begun".into())),
        }
    }

    async fn finish(&mut self, tag: &str, each: Each<'_>) -> Result<Done, Trouble> {
        match self.step(tag, each).await? {
            Step::Ended(done) => Ok(done),
            Step::Leave => Err(Trouble::Lost("the server asks for what was not announced".into())),
        }
    }

    /// Takes answers until the command has ended, or may go on.
    async fn step(&mut self, tag: &str, each: Each<'_>) -> Result<Step, Trouble> {
        let (mut caps, mut untold) = (None, false);
        loop {
            let step = self
                .next(|response| match response {
                    Response::Continue(_) => Some(Ok(Step::Leave)),
                    Response::Done { tag: of, status, outcome } if of.0 == tag => {
                        Some(ended(status, outcome).map(Step::Ended))
                    }
                    // A server that answers what was not asked cannot be followed any longer.
                    Response::Done { .. } => {
                        Some(Err(Trouble::Lost("the server answers something else".into())))
                    }
                    Response::Capabilities(list) => {
                        caps = Some(Caps::of(list));
                        None
                    }
                    other => {
                        untold |= is_news(other);
                        each(other);
                        None
                    }
                })
                .await?;
            self.untold |= untold;
            match step {
                Some(Ok(Step::Ended(done))) => {
                    return Ok(Step::Ended(Done { caps: done.caps.or(caps), ..done }));
                }
                Some(other) => return other,
                None => {}
            }
        }
    }

    /// Takes the next answer.
    async fn next<R>(&mut self, take: impl FnOnce(&Response<'_>) -> R) -> Result<R, Trouble> {
        // The reader unwraps what a server may leave out (a date that is NIL): that must not take the program along.
        match AssertUnwindSafe(self.client.read_response()).catch_unwind().await {
            Ok(Ok(Some(response))) => {
                if let Response::Data { status: Status::Bye, outcome } = response.parsed() {
                    self.goodbye = Some(said(outcome));
                }
                Ok(take(response.parsed()))
            }
            Ok(Ok(None)) => Err(Trouble::Lost(
                self.goodbye.take().unwrap_or_else(|| "the server has closed the connection".into()),
            )),
            Ok(Err(e)) => Err(self.lost(&e)),
            Err(_) => Err(Trouble::Unreadable("the server's answer cannot be read".into())),
        }
    }

    fn lost(&mut self, e: &io::Error) -> Trouble {
        if let Some(goodbye) = self.goodbye.take() {
            return Trouble::Lost(goodbye);
        }
        match e.kind() {
            // The words of the reader hold what it could not read: mail, perhaps.
            io::ErrorKind::Other => Trouble::Unreadable("the server's answer cannot be read".into()),
            io::ErrorKind::InvalidData => Trouble::Unreadable(plain(e)),
            _ => Trouble::Lost(plain(e)),
        }
    }
}

/// Whether something in the open folder has changed.
fn is_news(response: &Response<'_>) -> bool {
    matches!(
        response,
        Response::MailboxData(MailboxDatum::Exists(_))
            | Response::Expunge(_)
            | Response::Vanished { .. }
            | Response::Fetch(..)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::tls;
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    const LONG: Duration = Duration::from_secs(20);

    /// A server that says `answers` in turn, one for each line it hears, and then closes; and a connection to it.
    async fn wire(answers: &'static [&'static str]) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            for answer in answers {
                let mut heard = Vec::new();
                while !heard.ends_with(b"\r\n") {
                    match socket.read_u8().await {
                        Ok(byte) => heard.push(byte),
                        Err(_) => return,
                    }
                }
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        });
        Wire::new(tls::connect("127.0.0.1", port, LONG, LONG).await.unwrap())
    }

    async fn run(wire: &mut Wire, command: &str) -> Result<usize, Trouble> {
        let mut count = 0;
        wire.run(&Command::new(command), &mut |_| count += 1).await.map(|_| count)
    }

    #[tokio::test]
    async fn an_answer_that_breaks_off_is_no_answer() {
        let mut wire = wire(&["* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 2 BODY[] {100}\r\nabc"]).await;
        let told = run(&mut wire, "UID FETCH 1:2 (BODY.PEEK[])").await.unwrap_err();
        assert!(matches!(told, Trouble::Lost(_)), "{told:?}");
        let mut wire = wire_after_bye().await;
        let told = run(&mut wire, "NOOP").await.unwrap_err();
        assert_eq!(told, Trouble::Lost("Too many connections".into()));
    }

    async fn wire_after_bye() -> Wire {
        wire(&["* BYE Too many connections\r\n"]).await
    }

    #[tokio::test]
    async fn refusals_have_a_code_and_words() {
        let mut wire = wire(&[
            "* 1 EXISTS\r\nF1 OK [READ-ONLY] done\r\n",
            "F2 NO [AUTHENTICATIONFAILED] Wrong\u{1b}[31m password\r\n",
            "F3 BAD what\r\n",
            "F4 OK\r\n",
            "F9 OK done\r\n",
        ])
        .await;
        let mut count = 0;
        let done = wire.run(&Command::new("SELECT").string("a \"b\""), &mut |_| count += 1).await.unwrap();
        assert!(done.read_only && count == 1);
        let no = run(&mut wire, "X").await.unwrap_err();
        assert!(matches!(&no, Trouble::No { code: Some(code), .. } if code == "AUTHENTICATIONFAILED"));
        assert!(!no.words().contains('\u{1b}') && !no.is_lost(), "{no:?}");
        assert_eq!(run(&mut wire, "X").await, Err(Trouble::Bad("what".into())));
        assert_eq!(run(&mut wire, "X").await, Ok(0));
        assert!(run(&mut wire, "X").await.unwrap_err().is_lost(), "somebody else's answer");
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_told_without_its_words() {
        for answer in ["* 1 FETCH (INTERNALDATE NIL)\r\n", "* OK [ALERT]\u{e9}\r\n", "* NONSENSE secret\r\n"]
        {
            let answers: &'static [&'static str] = Box::leak(Box::new([answer]));
            let mut wire = wire(answers).await;
            let told = run(&mut wire, "X").await.unwrap_err();
            assert!(matches!(told, Trouble::Unreadable(_)), "{answer}: {told:?}");
            assert!(!told.words().contains("secret"), "{told:?}");
        }
    }

    #[tokio::test]
    async fn still_here_is_no_news() {
        let mut wire = wire(&["+ idling\r\n* OK Still here\r\n* 4 EXISTS\r\n", "F1 OK done\r\n"]).await;
        assert_eq!(wire.idle(LONG, LONG).await, Ok(Idle::News));
        let mut quiet = wire_that_idles().await;
        assert_eq!(quiet.idle(Duration::from_millis(10), LONG).await, Ok(Idle::Quiet));
    }

    #[tokio::test]
    async fn what_is_told_in_passing_is_news_of_the_next_wait() {
        let mut wire = wire(&[
            "* 1 EXISTS\r\nF1 OK opened\r\n",
            "* 2 EXISTS\r\nF2 OK done\r\n",
            "+ idling\r\n",
            "* 3 EXISTS\r\nF3 OK done\r\n",
            "+ idling\r\n",
            "F4 OK done\r\n",
        ])
        .await;
        run(&mut wire, "SELECT INBOX").await.unwrap();
        wire.caught_up();
        run(&mut wire, "NOOP").await.unwrap();
        assert_eq!(wire.idle(LONG, LONG).await, Ok(Idle::News));
        // Told only as the wait ends.
        assert_eq!(wire.idle(Duration::from_millis(10), LONG).await, Ok(Idle::News));
        assert_eq!(wire.idle(Duration::from_millis(10), LONG).await, Ok(Idle::Quiet));
    }

    async fn wire_that_idles() -> Wire {
        wire(&["+ idling\r\n* OK Still here\r\n", "F1 OK done\r\n"]).await
    }
}
