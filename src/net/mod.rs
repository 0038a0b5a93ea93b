//! The network: HTTP client, rate limits, back-off, secrets.

pub mod backoff;
pub mod download;
pub mod http;
pub mod keyring;
pub mod secrets;
