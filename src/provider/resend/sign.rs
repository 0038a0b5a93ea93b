//! Whether a webhook was signed by Resend, which has Svix send them: HMAC-SHA256 over the id, the time and the very bytes of the body
//! (Svix, "Verifying webhooks manually"; Resend, "Verify webhooks requests").
//!
//! Each attempt has a time of its own and is signed anew, so a push whose time is far from ours is none of these attempts.

use crate::domain::clock::Ms;
use crate::domain::secret::Secret;
use crate::provider::{RawPush, Reject};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What stands before the secret of a webhook.
const PREFIX: &str = "whsec_";
/// How far the time of a push may be from ours (Svix' own libraries: five minutes), milliseconds.
const TOLERANCE: Ms = 5 * 60_000;
/// Signatures of one push that are looked at: while a secret is changed there are two.
const SIGNATURES: usize = 8;
/// Longest id, in bytes.
const LONGEST_ID: usize = 256;
/// Digits of a time, with room for some thousand years.
const DIGITS: usize = 12;

/// The secret of a webhook, as the dashboard shows it, turned into the key that signs.
pub fn key(text: &str) -> Option<Secret<Vec<u8>>> {
    let text = text.trim();
    let bytes = STANDARD.decode(text.strip_prefix(PREFIX).unwrap_or(text)).ok()?;
    (!bytes.is_empty()).then(|| Secret::new(bytes))
}

/// What a signed push bears.
struct Borne<'a> {
    id: &'a str,
    time: &'a str,
    signatures: Vec<Vec<u8>>,
}

fn borne(push: &RawPush) -> Result<Borne<'_>, Reject> {
    let wrong = |why: &str| Reject::Signature(why.to_owned());
    // Svix lets its customers call them so as well.
    let header = |name: &str| {
        let plain = push.header(&format!("svix-{name}"));
        plain.or_else(|| push.header(&format!("webhook-{name}")))
    };
    let id =
        header("id").map(str::trim).filter(|id| !id.is_empty()).ok_or_else(|| wrong("its id is missing"))?;
    if id.len() > LONGEST_ID || !id.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(wrong("its id is none"));
    }
    let time = header("timestamp").map(str::trim).ok_or_else(|| wrong("its time is missing"))?;
    if time.is_empty() || time.len() > DIGITS || !time.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong("its time is none"));
    }
    let given = header("signature").ok_or_else(|| wrong("there is none"))?;
    // Other versions are for other kinds of keys.
    let signatures = given.split_ascii_whitespace().filter_map(|one| one.strip_prefix("v1,"));
    let signatures: Vec<_> =
        signatures.take(SIGNATURES).filter_map(|one| STANDARD.decode(one).ok()).collect();
    if signatures.is_empty() {
        return Err(wrong("it is none of version 1"));
    }
    Ok(Borne { id, time, signatures })
}

/// Whether a push bears what a signed one bears.
///
/// # Errors
/// [`Reject::Signature`] if not.
pub fn look(push: &RawPush) -> Result<(), Reject> {
    borne(push).map(|_| ())
}

/// Whether the bytes that came are what the owner of `key` signed just now. Answers with the id of the push, which all its attempts share.
///
/// # Errors
/// [`Reject::Signature`] if not; the words are for the log, never for the caller.
pub fn check(push: &RawPush, key: &Secret<Vec<u8>>) -> Result<String, Reject> {
    let wrong = |why: &str| Reject::Signature(why.to_owned());
    let Borne { id, time, signatures } = borne(push)?;
    let at = time.parse::<Ms>().unwrap_or_default().saturating_mul(1000);
    if push.received_at.saturating_sub(at).abs() > TOLERANCE {
        return Err(wrong("its time is minutes away from ours: is the clock of this machine right?"));
    }
    let mac = Hmac::<Sha256>::new_from_slice(key.expose()).map_err(|_| wrong("the key cannot be used"))?;
    let mac =
        mac.chain_update(id).chain_update(".").chain_update(time).chain_update(".").chain_update(&push.body);
    // Every signature is compared, whatever matched before: the time taken tells nothing.
    let good = signatures.iter().fold(false, |good, one| good | mac.clone().verify_slice(one).is_ok());
    if good { Ok(id.to_owned()) } else { Err(wrong("it was made with another secret or over another body")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_with_and_without_its_prefix() {
        let bare = key("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        assert_eq!(bare.expose().len(), 24);
        assert_eq!(key(" whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap().expose(), bare.expose());
        for odd in ["", "whsec_", "whsec_%", "re_123"] {
            assert!(key(odd).is_none(), "{odd}");
        }
    }

    #[test]
    fn what_cannot_be_a_signature_is_seen_without_the_body() {
        let with = |id: &str, time: &str, signature: &str| RawPush {
            method: "POST".into(),
            url: "https://inbox.example.com/hooks/mail/events".into(),
            headers: [("svix-id", id), ("svix-timestamp", time), ("svix-signature", signature)]
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect(),
            body: Vec::new(),
            received_at: 0,
        };
        let good = "v1a,xyz v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert!(look(&with("msg_1", "1614265330", good)).is_ok());
        for (id, time, signature) in [
            ("", "1614265330", good),
            ("msg\u{7f}", "1614265330", good),
            ("msg_1", "", good),
            ("msg_1", "soon", good),
            ("msg_1", "16142653301614265330", good),
            ("msg_1", "1614265330", ""),
            ("msg_1", "1614265330", "v1,%"),
            ("msg_1", "1614265330", "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ] {
            assert!(look(&with(id, time, signature)).is_err(), "{id} {time} {signature}");
        }
    }
}
