//! The network: HTTP client, sockets with TLS, names, rate limits, back-off, secrets.

pub mod backoff;
pub mod dns;
pub mod download;
pub mod http;
pub mod keyring;
pub mod secrets;
pub mod tls;
