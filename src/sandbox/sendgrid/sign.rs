//! SendGrid's webhook signature, made here as SendGrid makes it, independently of the adapter that checks it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{DerSignature, SigningKey};
use sha2::{Digest, Sha256};

/// What stands before the point in a SubjectPublicKeyInfo of a key on P-256 (RFC 5480, section 2).
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A pair of keys.
#[derive(Clone)]
pub struct Key(SigningKey);

impl Key {
    /// The key that belongs to a seed and a purpose; the same ones give the same key.
    pub fn of(seed: u64, purpose: &str) -> Option<Key> {
        let scalar = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(purpose).finalize();
        SigningKey::from_slice(&scalar).ok().map(Key)
    }

    /// The public half, as the console shows it.
    pub fn public(&self) -> String {
        let point = self.0.verifying_key().to_sec1_point(false);
        STANDARD.encode([&SPKI, point.as_bytes()].concat())
    }

    /// The signature of a body at a time.
    pub fn sign(&self, time: &str, body: &[u8]) -> String {
        let signature: DerSignature = self.0.sign(&[time.as_bytes(), body].concat());
        STANDARD.encode(signature.as_bytes())
    }
}
