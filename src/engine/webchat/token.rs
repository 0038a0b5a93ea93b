//! Visitor tokens: unguessable, bound to one account, and checked without looking anything up.
//!
//! A token is base64url(random ‖ HMAC-SHA256(key of the account, random)). The visitor is known everywhere else by
//! SHA-256(random) alone, so that neither the database nor a log can be turned back into a token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

const RANDOM: usize = 32;
const MAC: usize = 32;
/// Said before the random part, so that the account's key can never be made to sign anything else.
const PURPOSE: &[u8] = b"frontdesk web chat visitor 1:";

/// The key of one account, under which its tokens are made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// A new key from the system's random source.
    pub fn fresh() -> Key {
        Key(random())
    }

    /// The form in which the store keeps it.
    pub fn hex(&self) -> String {
        hex(&self.0)
    }

    /// The key of a stored form.
    pub fn from_hex(text: &str) -> Option<Key> {
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        let mut key = [0; 32];
        for (i, byte) in key.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
        }
        Some(Key(key))
    }
}

/// A visitor, by the hash of the random part of their token: 64 hex digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Visitor(String);

impl Visitor {
    /// The whole hash: identity value and conversation key.
    pub fn hash(&self) -> &str {
        &self.0
    }

    /// What the visitor's page and the agent's screen call them.
    pub fn short(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }
}

/// Makes a token for a new visitor.
pub fn mint(key: &Key) -> (String, Visitor) {
    let random: [u8; RANDOM] = random();
    let mut bytes = random.to_vec();
    bytes.extend_from_slice(&mac(key, &random));
    (URL_SAFE_NO_PAD.encode(bytes), visitor_of(&random))
}

/// Whose token it is, if it is one of this account. Takes the same time wherever a wrong one differs.
pub fn check(key: &Key, token: &str) -> Option<Visitor> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    if bytes.len() != RANDOM + MAC {
        return None;
    }
    let (random, claimed) = bytes.split_at(RANDOM);
    bool::from(mac(key, random).as_slice().ct_eq(claimed)).then(|| visitor_of(random))
}

fn mac(key: &Key, random: &[u8]) -> Vec<u8> {
    seal(key, PURPOSE, random)
}

/// Seals bytes for one purpose: HMAC-SHA256 under the key.
pub(in crate::engine) fn seal(key: &Key, purpose: &[u8], bytes: &[u8]) -> Vec<u8> {
    // HMAC takes keys of any length (RFC 2104), so the error cannot happen; an empty MAC matches nothing.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key.0) else { return Vec::new() };
    mac.update(purpose);
    mac.update(bytes);
    mac.finalize().into_bytes().to_vec()
}

fn visitor_of(random: &[u8]) -> Visitor {
    Visitor(hex(&Sha256::digest(random)))
}

/// 32 bytes with 244 random bits: two version 4 UUIDs, which come from the system's random source.
fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    let (a, b) = bytes.split_at_mut(16);
    a.copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    b.copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    bytes
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{b:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_visitor_and_no_other_account_takes_it() {
        let (ours, theirs) = (Key::fresh(), Key::fresh());
        let (token, visitor) = mint(&ours);
        assert_eq!(check(&ours, &token), Some(visitor.clone()));
        assert_eq!(check(&theirs, &token), None);
        assert_eq!(visitor.hash().len(), 64);
        assert!(!token.contains(visitor.short()));
        assert_ne!(mint(&ours).0, token);
    }

    #[test]
    fn any_changed_or_cut_token_is_refused() {
        let key = Key::fresh();
        let (token, _) = mint(&key);
        let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for i in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[i] ^= 1;
            assert_eq!(check(&key, &URL_SAFE_NO_PAD.encode(bad)), None, "byte {i}");
        }
        for bad in ["", "x", "ü", &token[1..], &format!("{token}A"), &URL_SAFE_NO_PAD.encode([0; 32])] {
            assert_eq!(check(&key, bad), None, "{bad}");
        }
    }

    #[test]
    fn keys_come_back_from_the_store_and_do_not_print() {
        let key = Key::fresh();
        assert_eq!(Key::from_hex(&key.hex()), Some(key));
        assert_eq!(Key::from_hex("00"), None);
        assert_eq!(Key::from_hex(&"zz".repeat(32)), None);
        assert_eq!(format!("{key:?}"), "Key(…)");
    }
}
