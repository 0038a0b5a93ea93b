//! The HTTP client that all adapters share: timeouts, Retry-After, redaction, and failures by class.
//!
//! The class of a failure says what is known about its effect. What failed before a connection stood (refused, DNS, TLS,
//! connect time-out) did certainly nothing. What failed later may have been done, unless the method is a safe one
//! (RFC 9110, 9.2.1). Neither bodies nor credentials are ever logged, and of URLs only the masked path.

use crate::domain::clock::Ms;
use crate::domain::failure::Failure;
use crate::domain::secret::Secret;
use crate::text::sanitize;
use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;
use url::{Host, Url};

/// The most that is read of an answer, in bytes, unless the request says otherwise. Files go through
/// [`Http::download`](crate::net::download).
const MAX_ANSWER: usize = 16 << 20;
/// An idle connection is closed by us before servers commonly do it: a request sent into a closing connection is a doubt.
const IDLE: Duration = Duration::from_secs(20);
/// The longest Retry-After that is believed.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// How patient the client is, and how it calls itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpOptions {
    /// For DNS, TCP and TLS together.
    pub connect_timeout: Duration,
    /// For a whole exchange, unless the request says otherwise.
    pub total_timeout: Duration,
    /// The User-Agent.
    pub user_agent: String,
}

impl Default for HttpOptions {
    fn default() -> Self {
        HttpOptions {
            connect_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(30),
            user_agent: concat!("frontdesk/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// The HTTP client. Cheap to clone; connections are shared. Nothing is built before the first request.
#[derive(Debug, Clone)]
pub struct Http {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    options: HttpOptions,
    /// For the world: certificates by the platform's verifier, proxies from the environment.
    world: OnceCell<reqwest::Client>,
    /// For this machine, without TLS and proxy: no certificate store has to be read for it.
    loopback: OnceCell<reqwest::Client>,
}

/// A request method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Does something.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// Whether a repetition can do no harm.
    pub const fn is_safe(self) -> bool {
        matches!(self, Method::Get)
    }
}

/// Credentials of HTTP Basic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basic {
    /// The user.
    pub user: String,
    /// The password.
    pub password: Secret<String>,
}

/// What a request carries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Body {
    /// Nothing.
    #[default]
    None,
    /// `application/x-www-form-urlencoded`, in this order.
    Form(Vec<(String, String)>),
    /// `application/json`.
    Json(serde_json::Value),
    /// These very bytes, of this media type: where they are signed, or made by somebody else.
    Bytes(&'static str, Vec<u8>),
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where to. Plain http is refused unless it is this machine.
    pub url: Url,
    /// Credentials.
    pub auth: Option<Basic>,
    /// Further headers. Their values are never logged: credentials go there as well.
    pub headers: Vec<(&'static str, Secret<String>)>,
    /// The body.
    pub body: Body,
    /// For the whole exchange, if not the client's.
    pub timeout: Option<Duration>,
    /// The most that is read of the answer, in bytes.
    pub most: usize,
}

impl Request {
    /// A GET.
    pub fn get(url: Url) -> Request {
        Request::new(Method::Get, url, Body::None)
    }

    /// A POST of a form.
    pub fn form(url: Url, fields: Vec<(String, String)>) -> Request {
        Request::new(Method::Post, url, Body::Form(fields))
    }

    /// A request without credentials.
    pub fn new(method: Method, url: Url, body: Body) -> Request {
        Request { method, url, auth: None, headers: Vec::new(), body, timeout: None, most: MAX_ANSWER }
    }

    /// With a token that opens the door to whoever has it (RFC 6750).
    #[must_use]
    pub fn bearer(self, token: &Secret<String>) -> Request {
        let value = Secret::new(format!("Bearer {}", token.expose()));
        self.header("authorization", value)
    }

    /// With a further header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: Secret<String>) -> Request {
        self.headers.push((name, value));
        self
    }

    /// With credentials.
    #[must_use]
    pub fn auth(mut self, auth: Basic) -> Request {
        self.auth = Some(auth);
        self
    }
}

/// An answer, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Names in lower case with their values.
    pub headers: Vec<(String, String)>,
    /// The body, whole.
    pub body: Vec<u8>,
}

impl Response {
    /// The first value of a header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

impl Http {
    /// A client. No file is read and no connection made before the first request.
    ///
    /// # Errors
    /// [`Failure::Rejected`] if the User-Agent cannot be a header.
    pub fn new(options: HttpOptions) -> Result<Http, Failure> {
        if !options.user_agent.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            return Err(Failure::rejected(None, "the User-Agent must be printable ASCII"));
        }
        let inner = Inner { options, world: OnceCell::new(), loopback: OnceCell::new() };
        Ok(Http { inner: Arc::new(inner) })
    }

    /// Sends a request and reads the answer. Redirects are not followed; a status of any kind is an answer.
    ///
    /// # Errors
    /// [`Failure::Transient`] where it did certainly nothing or is safe to repeat, [`Failure::Unknown`] where the request
    /// may have been carried out, [`Failure::Rejected`] where it was never a request we would send.
    pub async fn send(&self, request: Request) -> Result<Response, Failure> {
        let Request { method, url, auth, headers, body, timeout, most } = request;
        let began = Instant::now();
        let shown = format!("{}{}", host(&url), sanitize::mask(url.path()));
        let client = self.client(&url).await?;
        let verb = match method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let host = host(&url);
        let mut builder = client.request(verb, url);
        if let Some(basic) = &auth {
            builder = builder.basic_auth(&basic.user, Some(basic.password.expose()));
        }
        for (name, value) in headers {
            let mut value = reqwest::header::HeaderValue::from_str(value.expose())
                .map_err(|_| Failure::rejected(None, format!("{name} has characters that no header has")))?;
            value.set_sensitive(true);
            builder = builder.header(name, value);
        }
        builder = match body {
            Body::None => builder,
            Body::Form(fields) => builder.form(&fields),
            Body::Json(value) => builder.json(&value),
            Body::Bytes(kind, bytes) => builder.header(reqwest::header::CONTENT_TYPE, kind).body(bytes),
        };
        if let Some(timeout) = timeout {
            builder = builder.timeout(timeout);
        }
        let outcome = match builder.send().await {
            Ok(answer) => read(answer, most).await.map_err(|e| classify(&e, &host, method.is_safe())),
            Err(error) => Err(classify(&error, &host, method.is_safe())),
        };
        let outcome =
            outcome.and_then(
                |(response, whole)| {
                    if whole { Ok(response) } else { Err(too_long(&host, most, method.is_safe())) }
                },
            );
        let took = began.elapsed().as_millis();
        match &outcome {
            Ok(response) => {
                tracing::debug!(target: "net", ?method, to = %shown, status = response.status, took_ms = took);
            }
            Err(failure) => {
                tracing::debug!(target: "net", ?method, to = %shown, failure = %sanitize::mask(&failure.to_string()), took_ms = took);
            }
        }
        outcome
    }

    /// The client for a URL; built when it is first needed, off the async threads.
    pub(super) async fn client(&self, url: &Url) -> Result<reqwest::Client, Failure> {
        let local = is_loopback(url);
        match url.scheme() {
            "https" => {}
            "http" if local => {}
            _ => {
                return Err(Failure::rejected(None, format!("refused to talk to {} without TLS", host(url))));
            }
        }
        let plain = url.scheme() == "http";
        let cell = if plain { &self.inner.loopback } else { &self.inner.world };
        let options = &self.inner.options;
        let client = cell
            .get_or_try_init(|| async move {
                let options = options.clone();
                let built = tokio::task::spawn_blocking(move || build(&options, plain)).await;
                match built {
                    Ok(Ok(client)) => Ok(client),
                    Ok(Err(error)) => Err(Failure::transient(format!("no HTTPS here: {}", cause(&error)))),
                    Err(_) => Err(Failure::transient("the program is ending")),
                }
            })
            .await?;
        Ok(client.clone())
    }
}

fn build(options: &HttpOptions, plain: bool) -> reqwest::Result<reqwest::Client> {
    // A second installation is refused, which means that there is one: what we want.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(options.user_agent.as_str())
        .connect_timeout(options.connect_timeout)
        .timeout(options.total_timeout)
        .pool_idle_timeout(IDLE)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false);
    if plain {
        let nobody = rustls::ClientConfig::builder()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        builder = builder.no_proxy().tls_backend_preconfigured(nobody);
    }
    builder.build()
}

async fn read(mut answer: reqwest::Response, most: usize) -> Result<(Response, bool), reqwest::Error> {
    let status = answer.status().as_u16();
    let headers = header_list(answer.headers());
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > most {
            return Ok((Response { status, headers, body: Vec::new() }, false));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((Response { status, headers, body }, true))
}

fn too_long(host: &str, most: usize, safe: bool) -> Failure {
    let human = format!("{host} answered with more than {} MiB", most >> 20);
    if safe { Failure::transient(human) } else { Failure::unknown(human) }
}

pub(super) fn header_list(headers: &reqwest::header::HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect()
}

pub(super) fn classify(error: &reqwest::Error, host: &str, safe: bool) -> Failure {
    let cause = cause(error);
    if error.is_builder() {
        Failure::rejected(None, format!("not a request: {cause}"))
    } else if error.is_connect() {
        Failure::transient(format!("could not reach {host}: {cause}"))
    } else if safe {
        Failure::transient(format!("no whole answer from {host}: {cause}"))
    } else {
        Failure::unknown(format!("no whole answer from {host} after the request had left: {cause}"))
    }
}

/// The innermost reason, without the URL that the outer layers print.
fn cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it took too long".to_owned();
    }
    let mut inner: &dyn std::error::Error = match error.source() {
        Some(source) => source,
        None => return "unknown reason".to_owned(),
    };
    while let Some(next) = inner.source() {
        inner = next;
    }
    sanitize::line(&inner.to_string()).into_owned()
}

/// The host of a URL, with the port where it is not the usual one.
pub(super) fn host(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => "nowhere".to_owned(),
    }
}

/// Whether a URL leads to this machine, by its spelling alone: no name is looked up.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// How long a server asks us to wait: seconds or an HTTP date (RFC 9110, 10.2.3), at most an hour.
///
/// Header names are in lower case; `now` is in UTC milliseconds.
pub fn retry_after(headers: &[(String, String)], now: Ms) -> Option<Duration> {
    let value = headers.iter().find(|(name, _)| name == "retry-after")?.1.trim();
    let wait = match value.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() && seconds >= 0.0 => {
            Duration::from_secs_f64(seconds.min(MAX_RETRY_AFTER.as_secs_f64()))
        }
        Ok(_) => return None,
        Err(_) => {
            let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
            Duration::from_millis(u64::try_from(at.as_millisecond().saturating_sub(now)).unwrap_or(0))
        }
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &str) -> Vec<(String, String)> {
        vec![("retry-after".to_owned(), value.to_owned())]
    }

    #[test]
    fn retry_after_in_seconds_or_as_a_date() {
        let now = 1_795_166_100_000; // Fri, 20 Nov 2026 09:15:00 GMT
        assert_eq!(retry_after(&headers("3"), now), Some(Duration::from_secs(3)));
        assert_eq!(retry_after(&headers("Fri, 20 Nov 2026 09:15:07 GMT"), now), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(&headers("Fri, 20 Nov 2026 09:14:00 GMT"), now), Some(Duration::ZERO));
        assert_eq!(retry_after(&headers("999999999"), now), Some(MAX_RETRY_AFTER));
        for odd in ["", "soon", "-1", "NaN"] {
            assert_eq!(retry_after(&headers(odd), now), None, "{odd}");
        }
        assert_eq!(retry_after(&[], now), None);
    }

    #[test]
    fn loopback_is_judged_by_spelling() {
        for (url, want) in [
            ("http://127.0.0.1:1/", true),
            ("http://127.8.8.8/", true),
            ("http://[::1]:80/", true),
            ("http://localhost/", true),
            ("http://localhost.example.com/", false),
            ("http://127.0.0.1.example.com/", false),
            ("http://10.0.0.1/", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), want, "{url}");
        }
    }

    #[tokio::test]
    async fn nothing_is_sent_to_the_world_without_tls() {
        let http = Http::new(HttpOptions::default()).unwrap();
        let failure = http.send(Request::get(Url::parse("http://example.com/").unwrap())).await.unwrap_err();
        assert!(matches!(failure, Failure::Rejected { .. }), "{failure:?}");
    }

    #[tokio::test]
    async fn a_failed_handshake_did_nothing_even_for_a_post() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                use tokio::io::AsyncWriteExt;
                let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            }
        });
        let http = Http::new(HttpOptions::default()).unwrap();
        let url = Url::parse(&format!("https://127.0.0.1:{port}/")).unwrap();
        let failure = http.send(Request::form(url, vec![])).await.unwrap_err();
        assert!(matches!(failure, Failure::Transient { .. }), "{failure:?}");
    }

    #[test]
    fn a_user_agent_must_be_a_header() {
        let options = HttpOptions { user_agent: "a\nb".into(), ..HttpOptions::default() };
        assert!(Http::new(options).is_err());
    }
}
