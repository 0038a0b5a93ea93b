//! Where a secret is kept: what the configuration names and the network layer resolves.

use crate::domain::secret::Secret;
use std::path::PathBuf;

/// Where a secret is kept. Never the secret itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretSource {
    /// In an environment variable of that name.
    Env(String),
    /// In a file that only its owner can read.
    File(PathBuf),
    /// It is what a shell command prints.
    Command(String),
    /// In the keyring of the operating system.
    Keyring,
}

impl SecretSource {
    /// The words that name a source in the configuration.
    pub const WORDS: [&'static str; 4] = ["env", "file", "command", "keyring"];
}

/// A secret as somebody gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretGiven {
    /// Itself: it goes into the keyring.
    Itself(Secret<String>),
    /// Only where it is kept.
    Elsewhere(SecretSource),
}
