//! The HTTP client of the far ends: loopback only, no proxy, no redirects.

use std::time::Duration;

/// A client for the webhooks and the web-chat API of a Frontdesk on this machine.
///
/// It trusts no certificate authority at all: a far end of the sandbox has no business outside of loopback.
///
/// # Errors
/// When the client cannot be built.
pub(crate) fn client(timeout: Option<Duration>) -> Result<reqwest::Client, reqwest::Error> {
    // reqwest is built without a provider of its own and would panic if none is installed. Whoever was first wins.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .no_proxy()
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .tls_certs_only(std::iter::empty());
    if let Some(timeout) = timeout {
        builder = builder.timeout(timeout);
    }
    builder.build()
}
