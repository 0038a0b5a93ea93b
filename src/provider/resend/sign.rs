//! Whether a webhook was signed by Resend, which has Svix sign them (Svix, "Verifying webhooks manually"): HMAC-SHA256 over the id, the
//! time and the body. During a rotation there are several signatures; one that fits is enough.
//!
//! How old one may be is not looked at: what is repeated has the same id, and is recognised by it.

use crate::provider::{DedupeKey, RawPush, Reject};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// What a secret begins with, as it is shown.
const PREFIX: &str = "whsec_";
/// Signatures that are looked at.
const MOST: usize = 16;

/// The key in a secret as it is shown.
pub fn key(secret: &str) -> Option<Vec<u8>> {
    let coded = secret.trim();
    let coded = coded.strip_prefix(PREFIX).unwrap_or(coded);
    STANDARD.decode(coded).ok().filter(|key| !key.is_empty())
}

/// Whether the bytes that came are what the owner of `key` signed. Answers with the name under which they are repeated.
///
/// # Errors
/// [`Reject::Signature`] if not; the words are for the log, never for the caller.
pub fn check(push: &RawPush, key: &[u8]) -> Result<DedupeKey, Reject> {
    let wrong = |why: &str| Reject::Signature(why.to_owned());
    // Some customers of Svix have the headers under a neutral name.
    let header =
        |name: &str| push.header(&format!("svix-{name}")).or_else(|| push.header(&format!("webhook-{name}")));
    let (Some(id), Some(time), Some(given)) = (header("id"), header("timestamp"), header("signature")) else {
        return Err(wrong("id, time or signature are missing"));
    };
    let mut mac =
        <Hmac<Sha256> as KeyInit>::new_from_slice(key).map_err(|_| wrong("the secret is no key"))?;
    for part in [id.as_bytes(), b".", time.as_bytes(), b".", &push.body] {
        mac.update(part);
    }
    let made = mac.finalize().into_bytes();
    // All are compared, whatever fitted before: the time taken tells nothing.
    let mut good = Choice::from(0);
    for one in given.split(' ').filter_map(|one| one.strip_prefix("v1,")).take(MOST) {
        if let Ok(one) = STANDARD.decode(one.trim()) {
            good |= made.as_slice().ct_eq(&one);
        }
    }
    if bool::from(good) {
        Ok(DedupeKey(format!("svix:{id}")))
    } else {
        Err(wrong("it was made with another secret or over another body"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Svix's own documentation.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn push(signature: &str, body: &str) -> RawPush {
        let headers = [
            ("svix-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("svix-timestamp", "1614265330"),
            ("svix-signature", signature),
        ];
        RawPush {
            method: "POST".into(),
            url: String::new(),
            headers: headers.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec(),
            body: body.as_bytes().to_vec(),
            received_at: 0,
        }
    }

    #[test]
    fn the_published_example_is_genuine_and_nothing_near_it_is() {
        let key = key(SECRET).unwrap();
        let body = "{\"test\": 2432232314}";
        let good = check(&push(SIGNATURE, body), &key).unwrap();
        assert_eq!(good.0, "svix:msg_p5jXN8AQM9LWM0D4loKWxJek");
        assert!(check(&push(&format!("v1,AAAA v2,x {SIGNATURE}"), body), &key).is_ok(), "one of several");
        assert!(check(&push(SIGNATURE, "{\"test\": 2432232315}"), &key).is_err());
        assert!(check(&push(SIGNATURE, body), b"another").is_err());
        for odd in [
            "",
            "v1,",
            "v1,%",
            "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ] {
            assert!(check(&push(odd, body), &key).is_err(), "{odd}");
        }
        let mut late = push(SIGNATURE, body);
        late.headers[1].1 = "1614265331".into();
        assert!(check(&late, &key).is_err());
    }

    #[test]
    fn a_secret_is_base_64_with_or_without_its_prefix() {
        assert_eq!(key("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), key(SECRET));
        assert_eq!((key(""), key("whsec_"), key("whsec_%")), (None, None, None));
    }
}
