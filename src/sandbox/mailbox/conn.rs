//! A connection: lines and bytes in, bytes out, faults on the way, and an end whenever the world wants one.

use super::faults::Deed;
use super::state::{Heard, Protocol};
use super::{Shared, imap, smtp};
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// The longest line that is read; a longer one ends the connection.
const LONGEST: usize = 64 * 1024;

/// Accepts connections until the world ends.
pub(super) async fn serve(shared: Arc<Shared>, listener: TcpListener, protocol: Protocol) {
    let mut stop = shared.stop.subscribe();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        // What accepting fails by, a client that went away meanwhile, does not concern the next one.
        if let Ok((stream, _)) = accepted {
            tokio::spawn(run(shared.clone(), stream, protocol));
        }
    }
}

async fn run(shared: Arc<Shared>, stream: TcpStream, protocol: Protocol) {
    let (mut stop, mut cuts) = (shared.stop.subscribe(), shared.cuts.subscribe());
    let id = shared.change(|state| {
        let counts = state.connections.entry(protocol).or_default();
        counts.ever += 1;
        counts.now += 1;
        counts.ever as u64
    });
    let _ = stream.set_nodelay(true);
    let (from, to) = stream.into_split();
    let (reader, partial) = (BufReader::new(from), Vec::new());
    let conn = Conn { shared: shared.clone(), protocol, id, reader, partial, to };
    let served = async {
        match protocol {
            Protocol::Imap => imap::serve(conn).await,
            Protocol::Smtp => smtp::serve(conn).await,
        }
    };
    tokio::select! {
        // A connection that broke is at its end as one that was closed.
        _ = served => {}
        _ = stop.wait_for(|stop| *stop) => {}
        _ = cuts.changed() => {}
    }
    shared.change(|state| state.connections.entry(protocol).or_default().now -= 1);
}

/// The far end's side of a connection.
pub(super) struct Conn {
    pub(super) shared: Arc<Shared>,
    protocol: Protocol,
    id: u64,
    reader: BufReader<OwnedReadHalf>,
    /// What came of a line that is not complete.
    partial: Vec<u8>,
    to: OwnedWriteHalf,
}

impl Conn {
    /// The next line, without its end; none when the client has closed. Can be given up in the middle and called again.
    pub(super) async fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let bytes = self.reader.fill_buf().await?;
            if bytes.is_empty() {
                return Ok(None);
            }
            let end = bytes.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
            let took = end.unwrap_or(bytes.len());
            self.partial.extend_from_slice(&bytes[..took]);
            self.reader.consume(took);
            if end.is_some() {
                let mut line = std::mem::take(&mut self.partial);
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(Some(line));
            }
            if self.partial.len() > LONGEST {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
    }

    /// As [`Conn::line`], with its end: `\r\n`, or what was sent in its place.
    pub(super) async fn raw_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let read = (&mut self.reader).take(LONGEST as u64).read_until(b'\n', &mut line).await?;
        Ok((read > 0).then_some(line))
    }

    /// So many bytes.
    pub(super) async fn bytes(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.reader.read_exact(&mut bytes).await?;
        Ok(bytes)
    }

    /// Whether the client has said more than was read: it did not wait for an answer.
    pub(super) fn has_more(&self) -> bool {
        !self.reader.buffer().is_empty()
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.to.write_all(bytes).await?;
        self.to.flush().await
    }

    /// Remembers a command.
    pub(super) fn heard(&self, line: String) {
        let heard = Heard { protocol: self.protocol, connection: self.id, line };
        self.shared.change(|state| state.heard.push(heard));
    }

    /// Gives an answer to something that was done, as it was planned. False where the connection is to be closed.
    pub(super) async fn answer(&mut self, answer: &[u8], deed: Option<&Deed>) -> io::Result<bool> {
        match deed {
            Some(Deed::CutAfter) => Ok(false),
            Some(Deed::CutWithin(bytes)) => {
                self.write(&answer[..answer.len().min(*bytes)]).await?;
                Ok(false)
            }
            Some(Deed::Held) => {
                self.hold().await;
                self.write(answer).await?;
                Ok(true)
            }
            _ => {
                self.write(answer).await?;
                Ok(true)
            }
        }
    }

    /// Waits until what is held is let go.
    async fn hold(&self) {
        /// Counts one that is held, as long as it is.
        struct Held(Arc<Shared>);
        impl Drop for Held {
            fn drop(&mut self) {
                self.0.change(|state| state.held -= 1);
            }
        }
        let mut released = self.shared.released.subscribe();
        self.shared.change(|state| state.held += 1);
        let _held = Held(self.shared.clone());
        // The sender lives as long as the world.
        let _ = released.changed().await;
    }
}
