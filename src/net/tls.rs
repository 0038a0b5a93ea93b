//! Sockets for protocols that are no HTTP: connecting, TLS, an end to all silence, and words for what went wrong.
//!
//! Certificates are judged by the platform's verifier, as those of [`http`](crate::net::http) are; a private authority can be
//! added. Nothing here ever goes on without TLS where TLS was asked for.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_platform_verifier::Verifier;
use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The least time that one of several addresses of a server is given.
const EACH_ADDRESS: Duration = Duration::from_secs(2);

/// Whose certificates are believed. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Trust(Arc<ClientConfig>);

impl Trust {
    /// Whom this machine believes, and those of a PEM file. Reads files: call it off the async threads.
    ///
    /// # Errors
    /// What is wrong with the file, or that this machine believes nobody.
    pub fn load(ca_file: Option<&Path>) -> Result<Trust, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut extra = Vec::new();
        if let Some(path) = ca_file {
            let shown = path.display();
            let read = CertificateDer::pem_file_iter(path)
                .map_err(|e| format!("the certificates of {shown} cannot be read: {e}"))?;
            for certificate in read {
                extra.push(
                    certificate.map_err(|e| format!("the certificates of {shown} cannot be read: {e}"))?,
                );
            }
            if extra.is_empty() {
                return Err(format!("{shown} holds no certificate (PEM, BEGIN CERTIFICATE)"));
            }
        }
        let verifier = Verifier::new_with_extra_roots(extra.clone(), provider.clone())
            .map_err(|e| format!("there is nobody whose certificates could be believed: {e}"))?;
        let verifier = Named { platform: verifier, named: extra };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| format!("no TLS here: {e}"))?
            // The platform's verifier is no less strict than the one it stands in for.
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(Trust(Arc::new(config)))
    }
}

/// The platform's verifier, and besides it the very certificates of the file: those that servers make for themselves are, as a rule,
/// both authority and server, and no verifier takes an authority for a server.
#[derive(Debug)]
struct Named {
    platform: Verifier,
    named: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Named {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let judged =
            self.platform.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        if judged.is_ok() || !self.named.iter().any(|named| named == end_entity) {
            return judged;
        }
        verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.platform.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.platform.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.platform.supported_verify_schemes()
    }
}

/// Whether a host is this machine, by its spelling alone: no name is looked up.
pub fn is_loopback(host: &str) -> bool {
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(ip) => ip.is_loopback(),
        Err(_) => {
            let name = host.to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
    }
}

/// A connection, with or without TLS, on which silence has an end.
#[derive(Debug)]
pub struct Stream {
    line: Line,
    /// The longest silence in the middle of reading or writing; none = for ever.
    patience: Option<Duration>,
    alarm: Option<Pin<Box<Sleep>>>,
}

#[derive(Debug)]
enum Line {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Connects to a server by name or address, one address of it after the other.
///
/// # Errors
/// Why none answered, in words.
pub async fn connect(host: &str, port: u16, patience: Duration, silence: Duration) -> Result<Stream, String> {
    let deadline = Instant::now() + patience;
    let bare = host.trim_matches(['[', ']']);
    let found = tokio::time::timeout_at(deadline, tokio::net::lookup_host((bare, port))).await;
    let addresses: Vec<_> = match found {
        Ok(Ok(found)) => found.collect(),
        Ok(Err(_)) => return Err(format!("there is no server of the name {host}")),
        Err(_) => return Err(format!("the name {host} could not be looked up in time")),
    };
    let mut why = format!("the name {host} leads to no address");
    for (n, address) in addresses.iter().enumerate() {
        // What is left is shared among those that are left: one dead address must not take all of it.
        let left = deadline.saturating_duration_since(Instant::now());
        let others = u32::try_from(addresses.len() - n).unwrap_or(u32::MAX);
        let share = (left / others).max(EACH_ADDRESS.min(left));
        match tokio::time::timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(socket)) => {
                // Small commands go out at once; where that cannot be had, they go out a little later.
                let _ = socket.set_nodelay(true);
                return Ok(Stream::new(Line::Plain(socket), silence));
            }
            Ok(Err(e)) if e.kind() == io::ErrorKind::ConnectionRefused => {
                why = format!("nobody listens at {host}:{port}");
            }
            Ok(Err(e)) => why = format!("{host}:{port} cannot be reached: {}", plain(&e)),
            Err(_) => why = format!("{host}:{port} does not answer"),
        }
    }
    Err(why)
}

impl Stream {
    fn new(line: Line, silence: Duration) -> Stream {
        Stream { line, patience: Some(silence), alarm: None }
    }

    /// Goes on with TLS. What has been read of the stream before must have been thrown away: whoever sits in between could
    /// have said it.
    ///
    /// # Errors
    /// Why not, in words.
    pub async fn secure(self, host: &str, trust: &Trust, patience: Duration) -> Result<Stream, String> {
        let silence = self.patience.unwrap_or(patience);
        let Line::Plain(socket) = self.line else { return Ok(self) };
        let bare = host.trim_matches(['[', ']']);
        let name = ServerName::try_from(bare.to_owned())
            .map_err(|_| format!("\u{201c}{host}\u{201d} cannot be the name of a server"))?;
        let shaken = TlsConnector::from(trust.0.clone()).connect(name, socket);
        match tokio::time::timeout(patience, shaken).await {
            Ok(Ok(stream)) => Ok(Stream::new(Line::Tls(Box::new(stream)), silence)),
            Ok(Err(e)) => Err(tls_words(host, &e)),
            Err(_) => Err(format!("{host} does not answer with TLS: is it the right port?")),
        }
    }

    /// Whether nobody in between can read along.
    pub fn is_secure(&self) -> bool {
        matches!(self.line, Line::Tls(_))
    }

    /// How long silence may last from now on.
    pub fn set_patience(&mut self, patience: Duration) {
        self.patience = Some(patience);
        self.alarm = None;
    }

    /// Takes note of what came of a poll: progress ends the silence, waiting may end it with an error.
    fn heard<T>(&mut self, cx: &mut Context<'_>, poll: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if poll.is_ready() {
            self.alarm = None;
            return poll;
        }
        let Some(patience) = self.patience else { return Poll::Pending };
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        ready!(alarm.as_mut().poll(cx));
        self.alarm = None;
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "no answer in time")))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let poll = match &mut self.line {
            Line::Plain(socket) => Pin::new(socket).poll_read(cx, buf),
            Line::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        };
        self.heard(cx, poll)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let poll = match &mut self.line {
            Line::Plain(socket) => Pin::new(socket).poll_write(cx, buf),
            Line::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        };
        self.heard(cx, poll)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let poll = match &mut self.line {
            Line::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Line::Tls(stream) => Pin::new(stream).poll_flush(cx),
        };
        self.heard(cx, poll)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let poll = match &mut self.line {
            Line::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Line::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        };
        self.heard(cx, poll)
    }
}

/// An error of a connection in words, without the numbers of the operating system.
pub fn plain(e: &io::Error) -> String {
    match e.kind() {
        io::ErrorKind::TimedOut => "it took too long".into(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
            "the connection was closed".into()
        }
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => "there is no way there".into(),
        _ => crate::text::sanitize::line(&e.to_string()).into_owned(),
    }
}

/// Why a handshake failed, for a person who has chosen host, port and kind of security.
fn tls_words(host: &str, e: &io::Error) -> String {
    let inner = e.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let unknown = || {
        format!(
            "the certificate of {host} is signed by nobody known here: name it, or its authority, with ca_file"
        )
    };
    match inner {
        Some(rustls::Error::InvalidCertificate(why)) => match why {
            CertificateError::UnknownIssuer => unknown(),
            // A server's own, that signs for itself.
            CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => unknown(),
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                format!("the certificate is not one of {host}: is the host right?")
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                format!("the certificate of {host} has expired")
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                format!("the certificate of {host} is not valid yet: is the clock of this machine right?")
            }
            other => {
                let why = crate::text::sanitize::line(&other.to_string()).into_owned();
                format!("the certificate of {host} is not believed: {why}")
            }
        },
        Some(rustls::Error::InvalidMessage(_)) => {
            format!("{host} answers without TLS at this port: try security starttls, or another port")
        }
        Some(rustls::Error::AlertReceived(AlertDescription::ProtocolVersion)) => {
            format!("{host} speaks only versions of TLS that are no longer safe")
        }
        Some(other) => format!("TLS with {host} failed: {}", crate::text::sanitize::line(&other.to_string())),
        None => format!("TLS with {host} failed: {}", plain(e)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn this_machine_is_known_by_its_spelling() {
        for (host, want) in [
            ("localhost", true),
            ("a.localhost", true),
            ("127.0.0.1", true),
            ("[::1]", true),
            ("::1", true),
            ("127.0.0.1.example.com", false),
            ("10.0.0.1", false),
            ("mail.example.com", false),
        ] {
            assert_eq!(is_loopback(host), want, "{host}");
        }
    }

    #[tokio::test]
    async fn what_fails_is_told_by_what_it_is() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let _ = socket.write_all(b"* OK ready\r\n").await;
                let mut bytes = [0; 64];
                let _ = socket.read(&mut bytes).await;
            }
        });
        let trust = Trust::load(None).unwrap();
        let stream = connect("127.0.0.1", port, LONG, LONG).await.unwrap();
        let told = stream.secure("127.0.0.1", &trust, LONG).await.unwrap_err();
        assert!(told.contains("without TLS"), "{told}");

        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let told = connect("127.0.0.1", gone, LONG, LONG).await.unwrap_err();
        assert_eq!(told, format!("nobody listens at 127.0.0.1:{gone}"));
        let told = connect("nowhere.invalid", 993, LONG, LONG).await.unwrap_err();
        assert!(told.contains("nowhere.invalid"), "{told}");
    }

    #[tokio::test]
    async fn silence_has_an_end_and_progress_begins_it_anew() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let far = tokio::spawn(async move { listener.accept().await.unwrap().0 });
        let mut stream = connect("127.0.0.1", port, LONG, LONG).await.unwrap();
        let mut far = far.await.unwrap();
        far.write_all(b"a").await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'a');
        stream.set_patience(Duration::from_millis(20));
        let end = stream.read_u8().await.unwrap_err();
        assert_eq!(end.kind(), io::ErrorKind::TimedOut);
        assert_eq!(plain(&end), "it took too long");
        // The silence is over, and the next one is measured from its own beginning.
        stream.set_patience(LONG);
        far.write_all(b"b").await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'b');
    }

    #[test]
    fn a_file_without_certificates_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ca.pem");
        std::fs::write(&path, "nothing").unwrap();
        let told = Trust::load(Some(&path)).unwrap_err();
        assert!(told.contains("no certificate"), "{told}");
        assert!(Trust::load(Some(&dir.path().join("none"))).is_err());
    }
}
