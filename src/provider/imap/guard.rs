//! Stands between the connection and the reader of IMAP: lets nothing through that would take more memory or depth than a mail can need.
//!
//! A literal announces its length (`{123}` at the end of a line) and is made room for at once; brackets within brackets are read by
//! recursion. Both are the server's to choose, and nested brackets even the sender's of a mail (BODYSTRUCTURE).

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Longest line besides its literals: the numbers of some millions of mails.
const LONGEST_LINE: u64 = 32 << 20;
/// Brackets within each other.
const DEEPEST: u32 = 100;

/// A connection of which everything read is looked at.
#[derive(Debug)]
pub struct Guard<S> {
    inner: S,
    scan: Scan,
}

/// Where in a response the reading is.
#[derive(Debug)]
struct Scan {
    /// The largest literal that is let through.
    largest: u64,
    /// Bytes of a literal that are still to come.
    literal: u64,
    /// Bytes of the line so far.
    line: u64,
    /// How the line begins: four bytes tell what it is.
    begin: [u8; 5],
    quoted: bool,
    escaped: bool,
    depth: u32,
    /// A length in braces that is being read, or stands at the end so far.
    length: Length,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    None,
    Open(u64),
    Closed(u64),
    /// `{n}` and a carriage return.
    Ending(u64),
}

impl<S> Guard<S> {
    /// Guards a connection on which literals have at most so many bytes.
    pub fn new(inner: S, largest: u64) -> Guard<S> {
        Guard { inner, scan: Scan::new(largest) }
    }

    /// The connection.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The connection, unguarded.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl Scan {
    fn new(largest: u64) -> Scan {
        Scan {
            largest,
            literal: 0,
            line: 0,
            begin: [0; 5],
            quoted: false,
            escaped: false,
            depth: 0,
            length: Length::None,
        }
    }

    /// Whether the line is words for people (`* OK …`, `A1 NO …`, `+ …`): in these, braces and brackets mean nothing.
    fn is_words(&self) -> bool {
        match &self.begin {
            [b'*', b' ', rest @ ..] => {
                let word = rest.map(|b| b.to_ascii_uppercase());
                let two = word.starts_with(b"OK") || word.starts_with(b"NO");
                two && matches!(word[2], b' ' | b'\r' | 0) || [b"BAD", b"BYE", b"PRE"].contains(&&word)
            }
            _ => true,
        }
    }

    fn look(&mut self, bytes: &[u8]) -> io::Result<()> {
        let refused = |why: &str| Err(io::Error::new(io::ErrorKind::InvalidData, why.to_owned()));
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            if self.literal > 0 {
                let skipped = usize::try_from(self.literal).unwrap_or(usize::MAX).min(rest.len());
                self.literal -= skipped as u64;
                rest = &rest[skipped..];
                continue;
            }
            rest = after;
            if let Some(slot) = usize::try_from(self.line).ok().and_then(|at| self.begin.get_mut(at)) {
                *slot = byte;
            }
            self.line += 1;
            if self.line > LONGEST_LINE {
                return refused("the server sends a line without an end");
            }
            if byte == b'\n' {
                match self.length {
                    Length::Ending(length) if !self.is_words() => {
                        if length > self.largest {
                            return refused("the server sends more at once than a mail can have");
                        }
                        // The line goes on behind the literal.
                        self.literal = length;
                    }
                    _ => *self = Scan::new(self.largest),
                }
                self.length = Length::None;
                continue;
            }
            if self.quoted {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.quoted = false,
                    _ => {}
                }
                continue;
            }
            self.length = match (byte, self.length) {
                (b'{', _) => Length::Open(0),
                (b'0'..=b'9', Length::Open(n)) => {
                    Length::Open(n.saturating_mul(10).saturating_add(u64::from(byte - b'0')))
                }
                (b'}', Length::Open(n)) => Length::Closed(n),
                (b'\r', Length::Closed(n)) => Length::Ending(n),
                _ => Length::None,
            };
            match byte {
                b'"' => self.quoted = !self.is_words(),
                b'(' => {
                    self.depth += 1;
                    if self.depth > DEEPEST && !self.is_words() {
                        return refused("the server describes a mail of too many layers");
                    }
                }
                b')' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        let looked = self.scan.look(buf.filled().get(before..).unwrap_or_default());
        if looked.is_err() {
            buf.set_filled(before);
        }
        Poll::Ready(looked)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether it passes, in one piece and byte by byte.
    fn passes(text: &str) -> bool {
        let whole = Scan::new(1_000).look(text.as_bytes()).is_ok();
        let mut scan = Scan::new(1_000);
        let single = text.as_bytes().iter().all(|b| scan.look(&[*b]).is_ok());
        assert_eq!(whole, single, "{text:?}");
        whole
    }

    #[test]
    fn literals_have_a_bound_wherever_they_stand() {
        assert!(passes("* 1 FETCH (BODY[] {1000}\r\n"));
        assert!(!passes("* 1 FETCH (BODY[] {1001}\r\n"));
        assert!(!passes("* 1 FETCH (BODY[] {99999999999999999999999}\r\n"));
        // What is within a literal announces nothing; what follows it does.
        assert!(passes("* 1 FETCH (BODY[] {9}\r\n{99999}\r\n)\r\n"));
        assert!(!passes("* 1 FETCH (BODY[1] {2}\r\nab BODY[2] {5000}\r\n"));
        // Words for people and quoted strings announce nothing, and hide nothing.
        assert!(passes("* OK see {5000}\r\n"));
        assert!(!passes("* OK see {5000}\r\n* 1 FETCH (BODY[] {5000}\r\n"));
        assert!(passes("A1 NO {5000}\r\n") && passes("+ {5000}\r\n"));
        assert!(passes("* LIST () \"{5000}\" \"\\\"{5000}\"\r\n"));
    }

    #[test]
    fn layers_have_a_bound() {
        let deep = |n: usize| format!("* 1 FETCH (BODYSTRUCTURE {}{})\r\n", "(".repeat(n), ")".repeat(n));
        assert!(passes(&deep(90)));
        assert!(!passes(&deep(120)));
        assert!(passes(&format!("* OK {}\r\n", "(".repeat(300))));
        // Brackets in quoted strings are none.
        assert!(passes(&format!("* 1 FETCH (BODYSTRUCTURE (\"{}\"))\r\n", "(".repeat(300))));
    }
}
