//! Svix' webhook signature, made here as Svix makes it, independently of the adapter that checks it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// The secret of a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(Vec<u8>);

impl Key {
    /// The secret that belongs to a seed and a purpose; the same ones give the same secret.
    pub fn of(seed: u64, purpose: &str) -> Key {
        let hash = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(purpose).finalize();
        Key(hash.iter().copied().take(24).collect())
    }

    /// The secret, as the dashboard shows it.
    pub fn shown(&self) -> String {
        format!("whsec_{}", STANDARD.encode(&self.0))
    }

    /// The value of `svix-signature` for a push.
    pub fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let signed = [format!("{id}.{seconds}.").as_bytes(), body].concat();
        // HMAC takes a key of any length.
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        format!("v1,{}", STANDARD.encode(mac.chain_update(signed).finalize().into_bytes()))
    }
}
