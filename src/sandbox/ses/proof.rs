//! Whether a request is signed as AWS wants it (Signature Version 4), found out here independently of the adapter that signs.

use axum::http::{HeaderMap, Method, Uri};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// The login that requests must prove.
#[derive(Debug, Clone)]
pub struct Login {
    /// The id of the key.
    pub id: String,
    /// Its secret half.
    pub secret: String,
    /// The token that goes with it.
    pub session: Option<String>,
    /// The region.
    pub region: String,
}

/// How much a clock may be wrong, seconds.
const SKEW: i64 = 900;

/// The name of the exception where a request is not proved to come from who has the login.
pub(super) fn check(
    login: &Login,
    service: &str,
    now: i64,
    (method, uri, headers, body): (&Method, &Uri, &HeaderMap, &[u8]),
) -> Result<(), &'static str> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let proof = header("authorization").ok_or("MissingAuthenticationTokenException")?;
    let fields = proof.strip_prefix("AWS4-HMAC-SHA256 ").ok_or("IncompleteSignatureException")?;
    let field = |name: &str| {
        let mut all = fields.split(',').filter_map(|field| field.trim().split_once('='));
        all.find(|(key, _)| *key == name).map(|(_, value)| value).ok_or("IncompleteSignatureException")
    };
    let (credential, names, signature) = (field("Credential")?, field("SignedHeaders")?, field("Signature")?);
    let (id, scope) = credential.split_once('/').ok_or("IncompleteSignatureException")?;
    if id != login.id || header("x-amz-security-token") != login.session.as_deref() {
        return Err("UnrecognizedClientException");
    }
    let time = header("x-amz-date").ok_or("IncompleteSignatureException")?;
    let day = time.get(..8).unwrap_or_default();
    if scope != format!("{day}/{}/{service}/aws4_request", login.region) {
        return Err("SignatureDoesNotMatch");
    }
    let at = jiff::fmt::strtime::parse("%Y%m%dT%H%M%SZ", time).ok().and_then(|at| at.to_datetime().ok());
    let at =
        at.and_then(|at| at.to_zoned(jiff::tz::TimeZone::UTC).ok()).ok_or("IncompleteSignatureException")?;
    if (at.timestamp().as_second() - now / 1000).abs() > SKEW {
        return Err("RequestTimeTooSkewed");
    }
    let hash = hex(&Sha256::digest(body));
    if header("x-amz-content-sha256") != Some(&hash) {
        return Err("XAmzContentSHA256Mismatch");
    }
    let needed = ["host", "x-amz-content-sha256", "x-amz-date"];
    let signed: Vec<&str> = names.split(';').collect();
    if !needed.iter().all(|name| signed.contains(name)) || !signed.is_sorted() {
        return Err("SignatureDoesNotMatch");
    }
    let mut canonical = format!("{method}\n{}\n{}\n", uri.path(), query(uri.query().unwrap_or_default()));
    for name in &signed {
        canonical.push_str(&format!("{name}:{}\n", header(name).unwrap_or_default().trim()));
    }
    canonical.push_str(&format!("\n{names}\n{hash}"));
    let to_sign =
        format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
    let steps = [day, &login.region, service, "aws4_request", &to_sign];
    let made = steps.iter().fold(format!("AWS4{}", login.secret).into_bytes(), |key, step| mac(&key, step));
    if hex(&made) == signature { Ok(()) } else { Err("SignatureDoesNotMatch") }
}

/// A query in the order and spelling that is signed.
fn query(query: &str) -> String {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let mut pairs: Vec<String> =
        pairs.map(|pair| if pair.contains('=') { pair.to_owned() } else { format!("{pair}=") }).collect();
    pairs.sort();
    pairs.join("&")
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
