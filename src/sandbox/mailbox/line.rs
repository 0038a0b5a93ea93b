//! A connection of a far end that is spoken line by line, with TLS from the middle of it on if wanted.

use futures_util::future::BoxFuture;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Longest line and longest literal, in bytes.
const LONGEST: u64 = 64 << 20;

/// A connection.
pub(super) struct Line {
    stream: BufReader<Either>,
    /// The beginning of a line whose reading was broken off.
    begun: Vec<u8>,
}

enum Either {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// Between the two.
    Nothing,
}

/// Takes connections until it is told to stop; all end when somebody hangs up.
pub(super) async fn serve<F: Future<Output = io::Result<()>> + Send + 'static>(
    listener: TcpListener,
    mut over: BoxFuture<'static, ()>,
    hang_up: watch::Sender<u64>,
    each: impl Fn(Line) -> F,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut over => return,
        };
        let Ok((socket, _)) = accepted else { continue };
        // Small answers go out at once; where that cannot be had, they go out a little later.
        let _ = socket.set_nodelay(true);
        let mut hung_up = hang_up.subscribe();
        let connection = each(Line { stream: BufReader::new(Either::Plain(socket)), begun: Vec::new() });
        tokio::spawn(async move {
            tokio::select! {
                // A client that is gone is no trouble of ours.
                _ = connection => {}
                _ = hung_up.changed() => {}
            }
        });
    }
}

impl Line {
    /// The next line, without its end; none at the end of the connection. May be broken off and begun again.
    pub async fn read(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut bounded = (&mut self.stream).take(LONGEST);
        bounded.read_until(b'\n', &mut self.begun).await?;
        let mut line = std::mem::take(&mut self.begun);
        if !line.ends_with(b"\n") {
            return Ok(None);
        }
        while line.ends_with(b"\n") || line.ends_with(b"\r") {
            line.pop();
        }
        Ok(Some(line))
    }

    /// So many bytes.
    pub async fn read_exact(&mut self, length: usize) -> io::Result<Vec<u8>> {
        if length as u64 > LONGEST {
            return Err(io::Error::other("a literal that is too long"));
        }
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).await?;
        Ok(bytes)
    }

    /// Whether the other end has said more already.
    pub fn has_more(&self) -> bool {
        !self.stream.buffer().is_empty()
    }

    /// Says something.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes).await?;
        self.stream.get_mut().flush().await
    }

    /// Goes on with TLS. What was said before and not yet heard is dropped.
    pub async fn secure(&mut self, acceptor: &TlsAcceptor) -> io::Result<()> {
        let before = std::mem::replace(self.stream.get_mut(), Either::Nothing);
        let after = match before {
            Either::Plain(socket) => Either::Tls(Box::new(acceptor.accept(socket).await?)),
            other => other,
        };
        self.stream = BufReader::new(after);
        Ok(())
    }

    /// Stays silent until the other end hangs up.
    pub async fn stay_silent(&mut self) -> io::Result<()> {
        let mut bytes = [0; 4096];
        while self.stream.read(&mut bytes).await? > 0 {}
        Ok(())
    }
}

impl AsyncRead for Either {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Either::Plain(socket) => Pin::new(socket).poll_read(cx, buf),
            Either::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
            Either::Nothing => Poll::Ready(Ok(())),
        }
    }
}

impl AsyncWrite for Either {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Either::Plain(socket) => Pin::new(socket).poll_write(cx, buf),
            Either::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
            Either::Nothing => Poll::Ready(Ok(buf.len())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Either::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Either::Tls(stream) => Pin::new(stream).poll_flush(cx),
            Either::Nothing => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Either::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Either::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
            Either::Nothing => Poll::Ready(Ok(())),
        }
    }
}
