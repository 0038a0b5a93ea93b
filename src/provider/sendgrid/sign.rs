//! Whether a webhook was signed by SendGrid: ECDSA on P-256 over the timestamp and the very bytes of the body, for events and for
//! mails that come in alike (SendGrid, "Event Webhook security features" and "Inbound Parse security policies").
//!
//! How old a signature may be is not said anywhere, and pushes are repeated for days: an old one is no reason to refuse. What is
//! repeated is recognised by what it says.

use crate::provider::{RawPush, Reject};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::pkcs8::DecodePublicKey;
use sha2::{Digest, Sha256};

/// The header of the signature: base64 of its ASN.1 form.
const SIGNATURE: &str = "x-twilio-email-event-webhook-signature";
/// The header of the time of the signature, seconds.
const TIMESTAMP: &str = "x-twilio-email-event-webhook-timestamp";
/// Digits of a time, with room for some thousand years.
const DIGITS: usize = 12;

/// The key of what SendGrid signs, as the console shows it: base64 of its SubjectPublicKeyInfo, with or without the lines of PEM.
pub fn key(text: &str) -> Option<VerifyingKey> {
    let inner: String = text.lines().filter(|line| !line.trim_start().starts_with("-----")).collect();
    let inner = inner.replace("\\n", "");
    let compact: String = inner.chars().filter(|c| !c.is_whitespace()).collect();
    VerifyingKey::from_public_key_der(&STANDARD.decode(compact).ok()?).ok()
}

/// The signature and the time that a push bears.
fn borne(push: &RawPush) -> Result<(Signature, &str), Reject> {
    let wrong = |why: &str| Reject::Signature(why.to_owned());
    let given = push.header(SIGNATURE).ok_or_else(|| {
        wrong("there is none: signature verification is off at SendGrid, or the Parse setting has no security policy")
    })?;
    let time = push.header(TIMESTAMP).ok_or_else(|| wrong("its time is missing"))?;
    if time.is_empty() || time.len() > DIGITS || !time.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong("its time is none"));
    }
    let der = STANDARD.decode(given.trim()).map_err(|_| wrong("it is no base64"))?;
    let signature = Signature::from_der(&der).map_err(|_| wrong("it is no signature"))?;
    Ok((signature, time))
}

/// Whether a push bears what a signed one bears.
///
/// # Errors
/// [`Reject::Signature`] if not.
pub fn look(push: &RawPush) -> Result<(), Reject> {
    borne(push).map(|_| ())
}

/// Whether the bytes that came are what the owner of `key` signed.
///
/// # Errors
/// [`Reject::Signature`] if not; the words are for the log, never for the caller.
pub fn check(push: &RawPush, key: &VerifyingKey) -> Result<(), Reject> {
    let (signature, time) = borne(push)?;
    let hash = Sha256::new().chain_update(time).chain_update(&push.body).finalize();
    key.verify_prehash(&hash, &signature)
        .map_err(|_| Reject::Signature("it was made with another key or over another body".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEuuxye2yOTaWhjYjR8Ci95WtGGLoGpeTZi0Bq1XrOD0XypMe3V917ObFuEWrPxA8CzKCya4K0cft0pjSoXwT1+w==";

    #[test]
    fn a_key_is_known_in_every_form_in_which_it_is_shown() {
        let bare = key(KEY).unwrap();
        let pem =
            format!("-----BEGIN PUBLIC KEY-----\n{}\n{}\n-----END PUBLIC KEY-----\n", &KEY[..64], &KEY[64..]);
        assert_eq!(key(&pem), Some(bare));
        assert_eq!(key(&format!(" {KEY}\n")), Some(bare));
        for odd in ["", "key", "-----BEGIN PUBLIC KEY-----", &KEY[..60], "TUZr"] {
            assert_eq!(key(odd), None, "{odd}");
        }
    }

    #[test]
    fn what_cannot_be_a_signature_is_seen_without_the_body() {
        let with = |headers: &[(&str, &str)]| RawPush {
            method: "POST".into(),
            url: "https://inbox.example.com/hooks/mail/events".into(),
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            body: Vec::new(),
            received_at: 0,
        };
        let good = "MEUCIQDbK2L3Mm5/QXIcX3WEmwfmHEq1S3iMel/mWgmNq4yIfgIgTAuX0Pupu877tLp2xD+TfYLcD1Il2npHwo0e0AlH2CE=";
        assert!(look(&with(&[(SIGNATURE, good), (TIMESTAMP, "1795212010")])).is_ok());
        for (signature, time) in [
            ("", "1795212010"),
            ("bm90IGEgc2lnbmF0dXJl", "1795212010"),
            ("%", "1795212010"),
            (good, ""),
            (good, "soon"),
            (good, "17952120101795212010"),
        ] {
            assert!(look(&with(&[(SIGNATURE, signature), (TIMESTAMP, time)])).is_err(), "{signature} {time}");
        }
        assert!(look(&with(&[(SIGNATURE, good)])).is_err());
        assert!(look(&with(&[])).is_err());
    }
}
