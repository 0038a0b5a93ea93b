//! Signatures of requests to AWS (AWS General Reference, "Signature Version 4"). Pure.

use crate::domain::clock::Ms;
use crate::domain::secret::Secret;
use crate::net::http::{Body, Method, Request};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

/// What stands as it is in a query (RFC 3986, section 2.3).
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// And in a path.
const PATH: &AsciiSet = &QUERY.remove(b'/');

/// An access key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// Its id.
    pub id: String,
    /// Its secret half.
    pub secret: Secret<String>,
    /// The token of a temporary one.
    pub session: Option<Secret<String>>,
}

/// To whom a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'a> {
    /// `eu-west-1`.
    pub region: &'a str,
    /// `ses`, `s3`.
    pub service: &'a str,
}

/// A path or the name of an object as it stands in an address.
pub fn in_path(text: &str) -> String {
    utf8_percent_encode(text, PATH).to_string()
}

/// A query, as it is sent and signed: sorted, and encoded in the one way that both ends agree on.
pub fn query(pairs: &[(&str, &str)]) -> String {
    let encode = |text: &str| utf8_percent_encode(text, QUERY).to_string();
    let mut all: Vec<(String, String)> = pairs.iter().map(|(k, v)| (encode(k), encode(v))).collect();
    all.sort();
    let all: Vec<String> = all.iter().map(|(k, v)| format!("{k}={v}")).collect();
    all.join("&")
}

/// The request with a signature of that moment (UTC milliseconds). Its query must come from [`query`].
pub fn signed(request: Request, key: &AccessKey, target: Target<'_>, now: Ms) -> Request {
    let body: &[u8] = match &request.body {
        Body::Bytes(_, bytes) => bytes,
        _ => &[],
    };
    let hash = hex(&Sha256::digest(body));
    let time = time(now);
    let host = match (request.url.host_str(), request.url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (host, _) => host.unwrap_or_default().to_owned(),
    };
    let mut headers =
        vec![("host", host), ("x-amz-content-sha256", hash.clone()), ("x-amz-date", time.clone())];
    if let Body::Bytes(kind, _) = &request.body {
        headers.push(("content-type", (*kind).to_owned()));
    }
    if let Some(session) = &key.session {
        headers.push(("x-amz-security-token", session.expose().clone()));
    }
    let asked = Asked {
        method: match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        },
        path: request.url.path(),
        query: request.url.query().unwrap_or_default(),
        headers: &mut headers,
        hash: &hash,
    };
    let proof = authorization(asked, key, target, &time);
    let mut request = request
        .header("x-amz-content-sha256", Secret::new(hash))
        .header("x-amz-date", Secret::new(time))
        .header("authorization", Secret::new(proof));
    if let Some(session) = &key.session {
        request = request.header("x-amz-security-token", session.clone());
    }
    request
}

/// What is signed of a request.
struct Asked<'a> {
    method: &'a str,
    /// As it stands in the address.
    path: &'a str,
    query: &'a str,
    /// Names in lower case.
    headers: &'a mut Vec<(&'static str, String)>,
    /// SHA-256 of the body, in hexadecimal.
    hash: &'a str,
}

/// The header `Authorization`.
fn authorization(asked: Asked<'_>, key: &AccessKey, target: Target<'_>, time: &str) -> String {
    let Asked { method, path, query, headers, hash } = asked;
    headers.sort();
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let path = if path.is_empty() { "/" } else { path };
    let canonical = format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{hash}");
    let day = time.get(..8).unwrap_or_default();
    let scope = format!("{day}/{}/{}/aws4_request", target.region, target.service);
    let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let mut last = format!("AWS4{}", key.secret.expose()).into_bytes();
    for part in [day, target.region, target.service, "aws4_request", to_sign.as_str()] {
        last = hmac(&last, part.as_bytes());
    }
    format!("AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={}", key.id, hex(&last))
}

/// `20261120T091500Z`.
fn time(now: Ms) -> String {
    let now = Timestamp::from_millisecond(now).unwrap_or(Timestamp::UNIX_EPOCH);
    now.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    // A key of any length is one.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// Bytes in hexadecimal, lower case.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn key(secret: &str, id: &str) -> AccessKey {
        AccessKey { id: id.into(), secret: Secret::new(secret.into()), session: None }
    }

    fn signature(asked: Asked<'_>, key: &AccessKey, target: Target<'_>, time: &str) -> String {
        authorization(asked, key, target, time).rsplit_once("Signature=").unwrap().1.to_owned()
    }

    #[test]
    fn the_known_answers_of_the_test_suite() {
        // AWS Signature Version 4 test suite: get-vanilla, get-vanilla-query-order-key-case, post-vanilla.
        let key = key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "AKIDEXAMPLE");
        let target = Target { region: "us-east-1", service: "service" };
        for (method, query, want) in [
            ("GET", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            (
                "GET",
                "Param1=value1&Param2=value2",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            ("POST", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        ] {
            let mut headers = vec![
                ("x-amz-date", "20150830T123600Z".to_owned()),
                ("host", "example.amazonaws.com".to_owned()),
            ];
            let asked = Asked { method, path: "/", query, headers: &mut headers, hash: EMPTY };
            assert_eq!(signature(asked, &key, target, "20150830T123600Z"), want, "{method} {query}");
        }
    }

    #[test]
    fn the_known_answers_of_s3() {
        // Amazon S3 API Reference, "Signature Calculations for the Authorization Header": GET Object, GET Bucket (List Objects).
        let key = key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "AKIAIOSFODNN7EXAMPLE");
        let target = Target { region: "us-east-1", service: "s3" };
        let time = "20130524T000000Z";
        let base = || {
            vec![
                ("host", "examplebucket.s3.amazonaws.com".to_owned()),
                ("x-amz-content-sha256", EMPTY.to_owned()),
                ("x-amz-date", time.to_owned()),
            ]
        };
        let mut headers = base();
        headers.push(("range", "bytes=0-9".to_owned()));
        let asked = Asked { method: "GET", path: "/test.txt", query: "", headers: &mut headers, hash: EMPTY };
        let want = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
        assert_eq!(signature(asked, &key, target, time), want);
        let query = query(&[("prefix", "J"), ("max-keys", "2")]);
        let asked = Asked { method: "GET", path: "/", query: &query, headers: &mut base(), hash: EMPTY };
        let want = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7";
        assert_eq!(signature(asked, &key, target, time), want);
    }

    #[test]
    fn a_request_carries_what_was_signed() {
        let mut key = key("secret", "AKIA1");
        key.session = Some(Secret::new("token".into()));
        let url = Url::parse("http://127.0.0.1:4010/v2/email/outbound-emails").unwrap();
        let request = Request::new(Method::Post, url, Body::Bytes("application/json", b"{}".to_vec()));
        let request =
            signed(request, &key, Target { region: "eu-west-1", service: "ses" }, 1_795_166_100_000);
        let header = |name: &str| {
            request
                .headers
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| v.expose().clone())
                .unwrap_or_default()
        };
        assert_eq!(header("x-amz-date"), "20261120T091500Z");
        assert_eq!(header("x-amz-security-token"), "token");
        let proof = header("authorization");
        assert!(
            proof.starts_with("AWS4-HMAC-SHA256 Credential=AKIA1/20261120/eu-west-1/ses/aws4_request, "),
            "{proof}"
        );
        let names = "SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token, ";
        assert!(proof.contains(names), "{proof}");
        assert!(!format!("{request:?}").contains("secret\""), "nothing shows the secret");
    }

    #[test]
    fn queries_and_names_are_encoded_in_one_way() {
        assert_eq!(
            query(&[("prefix", "a b/ü+"), ("list-type", "2")]),
            "list-type=2&prefix=a%20b%2F%C3%BC%2B"
        );
        assert_eq!(in_path("in/ü b~"), "in/%C3%BC%20b~");
    }
}
