//! The HTTP client: timeouts, Retry-After, redaction, failure classes.

/// The HTTP client that all adapters share.
#[derive(Debug, Clone)]
pub struct Http;
