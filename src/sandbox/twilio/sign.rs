//! Twilio's webhook signature, made here as Twilio makes it, independently of the adapter that checks it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};
use std::collections::{BTreeMap, BTreeSet};

/// The block size of SHA-1 in bytes (FIPS 180-4).
const BLOCK: usize = 64;

/// `X-Twilio-Signature` of a form POST: base64 of HMAC-SHA1, keyed by the auth token, over the URL as it is configured
/// at Twilio (with its query, without a fragment) followed by every parameter, sorted by name in byte order, name then value.
/// A name that comes several times counts each of its distinct values once, sorted.
/// (Twilio, "Webhooks security"; the repeated-name rule is the one of its SDKs' validators.)
pub fn signature(auth_token: &str, url: &str, params: &[(String, String)]) -> String {
    let mut sorted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, value) in params {
        sorted.entry(name).or_default().insert(value);
    }
    let mut text = String::from(url.split('#').next().unwrap_or(url));
    for (name, values) in sorted {
        for value in values {
            text.push_str(name);
            text.push_str(value);
        }
    }
    STANDARD.encode(hmac_sha1(auth_token.as_bytes(), text.as_bytes()))
}

/// HMAC with SHA-1 as RFC 2104 defines it.
fn hmac_sha1(key: &[u8], message: &[u8]) -> [u8; 20] {
    let mut block = [0_u8; BLOCK];
    if key.len() > BLOCK {
        for (slot, byte) in block.iter_mut().zip(Sha1::digest(key)) {
            *slot = byte;
        }
    } else {
        for (slot, byte) in block.iter_mut().zip(key) {
            *slot = *byte;
        }
    }
    let inner = Sha1::new().chain_update(block.map(|b| b ^ 0x36)).chain_update(message).finalize();
    Sha1::new().chain_update(block.map(|b| b ^ 0x5c)).chain_update(inner).finalize().into()
}

/// A form body, and nothing else: the names and values of `application/x-www-form-urlencoded` (WHATWG URL, section 5).
pub fn form(params: &[(String, String)]) -> String {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in params {
        body.append_pair(name, value);
    }
    body.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn hmac_gives_the_answers_of_rfc_2202() {
        assert_eq!(hex(&hmac_sha1(&[0x0b; 20], b"Hi There")), "b617318655057264e28bc0b6fb378c8ef146be00");
        assert_eq!(
            hex(&hmac_sha1(b"Jefe", b"what do ya want for nothing?")),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        );
        assert_eq!(
            hex(&hmac_sha1(&[0xaa; 80], b"Test Using Larger Than Block-Size Key - Hash Key First")),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112"
        );
    }
}
