//! Whether a webhook was signed by Twilio. Rules: Twilio's "Webhooks security" and its helper libraries (npm 6.2, PyPI 9.13).
//!
//! A form is signed over the URL and its decoded parameters, sorted; anything else over the URL alone, which then carries the
//! hash of the body in `bodySHA256`. The key is an auth token (HMAC-SHA1), during a rotation either of two, or a SharedKey
//! (HMAC-SHA256), which the settings header asks for and which, once configured, is the only one believed.

use super::form::Form;
use crate::provider::{RawPush, Reject};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

/// What signatures are checked with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Keys<'a> {
    /// Auth tokens: any of them may have signed.
    pub tokens: &'a [&'a str],
    /// The SharedKey; if there is one, auth tokens no longer count.
    pub shared: Option<&'a str>,
}

/// Whether the bytes that came are what Twilio signed.
///
/// # Errors
/// [`Reject::Signature`] if not; the words are for the log, never for the caller.
pub fn check(push: &RawPush, keys: &Keys<'_>) -> Result<(), Reject> {
    let wrong = |why: &str| Err(Reject::Signature(why.to_owned()));
    let Some(given) = push.header("x-twilio-signature") else { return wrong("there is none") };
    let Ok(given) = STANDARD.decode(given.trim()) else { return wrong("it is no base64") };
    let with_sha256 = match algorithm(push.header("x-twilio-webhooks-signature-settings")) {
        Some("HMAC_SHA256") => true,
        None | Some("HMAC_SHA1") => false,
        Some(_) => return wrong("an unknown algorithm"),
    };
    let signers: Vec<&str> = match (with_sha256, keys.shared) {
        (true, Some(shared)) => vec![shared],
        (true, None) => return wrong("it asks for a SharedKey and none is configured"),
        (false, Some(_)) => return wrong("a SharedKey is configured and it was not used"),
        (false, None) => keys.tokens.iter().copied().filter(|t| !t.is_empty()).collect(),
    };
    if signers.is_empty() {
        return wrong("no auth token is configured");
    }

    let suffix = if push.method == "GET" {
        Vec::new()
    } else if is_form(push) {
        sorted(&Form::parse(&push.body))
    } else if push.body.is_empty() || body_hash_matches(push) {
        Vec::new()
    } else {
        return wrong("the body has another hash than the URL says");
    };

    // Every variant is tried with every key, whatever matched before: the time taken tells nothing.
    let mut good = Choice::from(0);
    for url in variants(&push.url) {
        for key in &signers {
            let made = if with_sha256 {
                mac::<Hmac<Sha256>>(key, &url, &suffix)
            } else {
                mac::<Hmac<Sha1>>(key, &url, &suffix)
            };
            good |= made.as_slice().ct_eq(&given);
        }
    }
    if bool::from(good) {
        Ok(())
    } else {
        wrong("it was made with another key, for another URL or over another body")
    }
}

/// The signature a push to `url` carries when signed with `token`; for scripts and tests of the setup.
pub fn sign(token: &str, url: &str, form: &[u8]) -> String {
    STANDARD.encode(mac::<Hmac<Sha1>>(token, url, &sorted(&Form::parse(form))))
}

fn mac<M: Mac + KeyInit>(key: &str, url: &str, suffix: &[u8]) -> Vec<u8> {
    // HMAC takes a key of any length; an empty answer matches nothing.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key.as_bytes()) else { return Vec::new() };
    mac.update(url.as_bytes());
    mac.update(suffix);
    mac.finalize().into_bytes().to_vec()
}

fn is_form(push: &RawPush) -> bool {
    match push.header("content-type") {
        Some(kind) => {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        }
        None => !push.url.contains("bodySHA256="),
    }
}

/// The decoded parameters by key in byte order; of a repeated key each different value once, in byte order.
fn sorted(form: &Form) -> Vec<u8> {
    let mut fields: Vec<_> = form.raw().iter().collect();
    fields.sort();
    fields.dedup();
    fields.into_iter().flat_map(|(key, value)| key.iter().chain(value)).copied().collect()
}

fn body_hash_matches(push: &RawPush) -> bool {
    let query = push.url.split_once('?').map_or("", |(_, query)| query);
    let Some(wanted) = query.split('&').find_map(|pair| pair.strip_prefix("bodySHA256=")) else {
        return false;
    };
    let made: String = Sha256::digest(&push.body).iter().map(|b| format!("{b:02x}")).collect();
    bool::from(made.as_bytes().ct_eq(wanted.as_bytes()))
}

/// The algorithm that the settings header `key=…,algorithm=…` names.
fn algorithm(settings: Option<&str>) -> Option<&str> {
    settings?.split(',').find_map(|part| part.trim().strip_prefix("algorithm="))
}

/// The URL as configured, without its port, and with the standard port of its scheme: Twilio signs one of them.
fn variants(url: &str) -> Vec<String> {
    let url = url.split('#').next().unwrap_or_default();
    let mut out = vec![url.to_owned()];
    let Some((scheme, rest)) = url.split_once("://") else { return out };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host_from = authority.rfind('@').map_or(0, |at| at + 1);
    // An IPv6 address has colons of its own, within brackets.
    let after_brackets = authority.rfind(']').map_or(host_from, |at| at + 1);
    let colon = authority.get(after_brackets..).and_then(|s| s.find(':')).map(|at| after_brackets + at);
    let standard = if scheme.eq_ignore_ascii_case("https") { "443" } else { "80" };
    match colon {
        Some(colon) => out.push(format!("{scheme}://{}{path}", &authority[..colon])),
        None => out.push(format!("{scheme}://{authority}:{standard}{path}")),
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_come_and_go_but_not_those_of_ipv6_or_users() {
        assert_eq!(variants("https://a.b/x?y=1:2#f"), ["https://a.b/x?y=1:2", "https://a.b:443/x?y=1:2"]);
        assert_eq!(variants("http://a.b:8080"), ["http://a.b:8080", "http://a.b"]);
        assert_eq!(variants("http://u:p@a.b/"), ["http://u:p@a.b/", "http://u:p@a.b:80/"]);
        assert_eq!(variants("https://[::1]:8443/x"), ["https://[::1]:8443/x", "https://[::1]/x"]);
        assert_eq!(variants("https://[::1]/x"), ["https://[::1]/x", "https://[::1]:443/x"]);
        assert_eq!(variants("nonsense"), ["nonsense"]);
    }

    fn push(body: &[u8], token: &str) -> RawPush {
        let url = "https://inbox.example.com/hooks/support";
        RawPush {
            method: "POST".into(),
            url: url.into(),
            headers: vec![
                ("content-type".into(), "application/x-www-form-urlencoded".into()),
                ("x-twilio-signature".into(), sign(token, url, body)),
            ],
            body: body.to_vec(),
            received_at: 0,
        }
    }

    #[test]
    fn either_token_counts_during_a_rotation_and_no_other() {
        let keys = Keys { tokens: &["new", "old"], shared: None };
        assert!(check(&push(b"Body=x", "new"), &keys).is_ok());
        assert!(check(&push(b"Body=x", "old"), &keys).is_ok());
        assert!(check(&push(b"Body=x", "other"), &keys).is_err());
        assert!(check(&push(b"Body=x", ""), &Keys { tokens: &["", "new"], shared: None }).is_err());
        assert!(check(&push(b"Body=x", "new"), &Keys::default()).is_err());
    }

    #[test]
    fn a_header_cannot_downgrade_a_shared_key() {
        let keys = Keys { tokens: &["token"], shared: Some("shared") };
        assert!(check(&push(b"Body=x", "token"), &keys).is_err());
        assert!(check(&push(b"Body=x", "shared"), &keys).is_err());
        let mut odd = push(b"Body=x", "token");
        odd.headers.push(("x-twilio-webhooks-signature-settings".into(), "key=k,algorithm=NONE".into()));
        assert!(check(&odd, &Keys { tokens: &["token"], shared: None }).is_err());
    }

    #[test]
    fn bytes_that_are_no_utf8_are_signed_as_they_are() {
        let keys = Keys { tokens: &["token"], shared: None };
        assert!(check(&push(b"Body=%FF%FE", "token"), &keys).is_ok());
        let mut other = push(b"Body=%FF%FE", "token");
        other.body = b"Body=%FF%FD".to_vec();
        assert!(check(&other, &keys).is_err());
    }

    #[test]
    fn a_body_that_is_no_form_needs_its_hash_in_the_url() {
        let keys = Keys { tokens: &["token"], shared: None };
        let mut json = push(b"", "token");
        json.headers[0].1 = "application/json".into();
        assert!(check(&json, &keys).is_ok());
        json.body = b"{}".to_vec();
        assert!(check(&json, &keys).is_err());
    }
}
