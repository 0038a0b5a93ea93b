//! The network: HTTP client, rate limits, back-off, secrets.

pub mod http;
pub mod secret;
