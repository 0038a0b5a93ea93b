//! The bucket: which mails lie there, and each of them (Amazon S3 API reference, "ListObjectsV2", "GetObject", "Error responses").

use super::{Ses, errors, sigv4};
use crate::domain::clock::Ms;
use crate::domain::failure::Failure;
use crate::net::http::{Request, Response, retry_after};
use crate::provider::mail::bounce::short;
use jiff::Timestamp;
use quick_xml::Reader;
use quick_xml::events::Event;

/// The largest mail that SES takes in, with room for what it puts before it, in bytes.
pub const LARGEST: usize = 42 * 1024 * 1024;
/// Elements within each other at most.
const DEEPEST: usize = 16;
/// Bytes above which a mail may take its time.
const LARGE: u64 = 4 * 1024 * 1024;
/// What it takes to carry a mail of the largest size over a slow line.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(120);

/// An object as the list has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Object {
    /// Its name.
    pub key: String,
    /// When it was put there, UTC milliseconds.
    pub at: Ms,
    /// Bytes.
    pub size: u64,
}

/// A part of the list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listed {
    /// The objects.
    pub objects: Vec<Object>,
    /// Where the next part begins.
    pub next: Option<String>,
}

/// An object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Got {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// When it was put there, where that is told.
    pub at: Option<Ms>,
}

/// A part of the list of all objects that may be mails of ours.
///
/// # Errors
/// Every class of [`Failure`] but a doubt.
pub async fn list(
    ses: &Ses,
    bucket: &str,
    prefix: &str,
    from: Option<&str>,
    now: Ms,
) -> Result<Listed, Failure> {
    let mut query = vec![("list-type", "2")];
    if !prefix.is_empty() {
        query.push(("prefix", prefix));
    }
    query.extend(from.map(|from| ("continuation-token", from)));
    let mut url = ses.at(ses.settings.s3(&format!("/{bucket}")))?;
    url.set_query(Some(&sigv4::query(&query)));
    let answer = ses.ask("s3", Request::get(url)).await?;
    if answer.status != 200 {
        return Err(failure(&answer, now));
    }
    read(&answer.body).ok_or_else(|| Failure::transient("an answer that is none of S3's"))
}

/// An object; none where there is none any more.
///
/// # Errors
/// Every class of [`Failure`] but a doubt.
pub async fn get(
    ses: &Ses,
    bucket: &str,
    key: &str,
    size: Option<u64>,
    now: Ms,
) -> Result<Option<Got>, Failure> {
    let path = format!("/{bucket}/{}", sigv4::in_path(key));
    let url = ses.at(ses.settings.s3(&path))?;
    // Names with `..` would lead elsewhere, since addresses are tidied.
    if !url.path().ends_with(&path) {
        return Err(Failure::rejected(None, "the name of the object makes no address"));
    }
    let mut request = Request::get(url);
    request.most = LARGEST;
    if size.is_none_or(|size| size > LARGE) {
        request.timeout = Some(PATIENCE);
    }
    let answer = ses.ask("s3", request).await?;
    match answer.status {
        200 => {
            let at = answer.header("last-modified").and_then(|at| {
                jiff::fmt::rfc2822::DateTimeParser::new()
                    .parse_timestamp(at)
                    .ok()
                    .map(Timestamp::as_millisecond)
            });
            Ok(Some(Got { bytes: answer.body, at }))
        }
        404 if complaint(&answer.body).0 != "NoSuchBucket" => Ok(None),
        _ => Err(failure(&answer, now)),
    }
}

/// What an answer of S3 that is no success means. Nothing but reading was asked for.
fn failure(answer: &Response, now: Ms) -> Failure {
    let (code, words) = complaint(&answer.body);
    let with = |ours: &str| match words.as_deref().filter(|words| !words.is_empty()) {
        Some(theirs) => format!("{ours} (\u{201c}{theirs}\u{201d})"),
        None => ours.to_owned(),
    };
    let wait = retry_after(&answer.headers, now);
    let said = if code.is_empty() { format!("http {}", answer.status) } else { code.clone() };
    if let Some(human) = errors::login(&code).filter(|_| answer.status < 500) {
        return Failure::Auth { human: with(&format!("the bucket cannot be read: {human}")) };
    }
    match answer.status {
        401 | 403 => Failure::Auth {
            human: with("S3 refuses the access key: it needs s3:ListBucket and s3:GetObject"),
        },
        404 => Failure::rejected(said, with("there is no such bucket: check bucket and region")),
        301 | 307 | 400
            if matches!(
                code.as_str(),
                "PermanentRedirect" | "AuthorizationHeaderMalformed" | "TemporaryRedirect"
            ) =>
        {
            Failure::rejected(said, with("the bucket is in another region than SES: check region"))
        }
        429 | 500..=599 => {
            Failure::Transient { retry_after: wait, human: format!("S3 has a problem ({})", answer.status) }
        }
        _ => Failure::rejected(said, with("S3 refuses to read the bucket")),
    }
}

/// The code and the words of a refusal.
fn complaint(body: &[u8]) -> (String, Option<String>) {
    let (mut code, mut words) = (String::new(), None);
    walk(body, |path, text| match path {
        ["Error", "Code"] => code = short(&text),
        ["Error", "Message"] => words = Some(short(&text)),
        _ => {}
    });
    let bare = code.strip_suffix("Exception").unwrap_or(&code).to_owned();
    (bare, words)
}

/// Reads a part of a list; none where it is none.
fn read(body: &[u8]) -> Option<Listed> {
    let (mut listed, mut is_cut, mut next) = (Listed::default(), false, None);
    let whole = walk(body, |path, text| match path {
        ["ListBucketResult", "IsTruncated"] => is_cut = text == "true",
        ["ListBucketResult", "NextContinuationToken"] => next = Some(text),
        ["ListBucketResult", "Contents"] => listed.objects.push(Object::default()),
        ["ListBucketResult", "Contents", field] => {
            let Some(object) = listed.objects.last_mut() else { return };
            match *field {
                "Key" => object.key = text,
                "LastModified" => object.at = text.parse::<Timestamp>().map_or(0, Timestamp::as_millisecond),
                "Size" => object.size = text.parse().unwrap_or(0),
                _ => {}
            }
        }
        _ => {}
    });
    if !whole || is_cut != next.is_some() {
        return None;
    }
    listed.next = next;
    Some(listed)
}

/// Walks through an XML document: an element is told of when it begins (without words) if it has children, and with its words when it
/// ends. Answers whether there was one, whole.
fn walk(body: &[u8], mut tell: impl FnMut(&[&str], String)) -> bool {
    let text = String::from_utf8_lossy(body);
    let mut reader = Reader::from_str(&text);
    let (mut path, mut words, mut seen): (Vec<String>, String, bool) = (Vec::new(), String::new(), false);
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                path.push(String::from_utf8_lossy(start.local_name().as_ref()).into_owned());
                if path.len() > DEEPEST {
                    return false;
                }
                seen = true;
                words.clear();
                if path.last().is_some_and(|name| name == "Contents") {
                    tell(&borrowed(&path), String::new());
                }
            }
            Ok(Event::Text(part)) => match part.decode() {
                Ok(part) => words.push_str(&part),
                Err(_) => return false,
            },
            Ok(Event::GeneralRef(name)) => match resolved(&name) {
                Some(c) => words.push(c),
                None => return false,
            },
            Ok(Event::End(_)) => {
                if path.last().is_some_and(|name| name != "Contents") {
                    tell(&borrowed(&path), std::mem::take(&mut words));
                }
                path.pop();
                words.clear();
            }
            Ok(Event::Eof) => return seen && path.is_empty(),
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

fn borrowed(path: &[String]) -> Vec<&str> {
    path.iter().map(String::as_str).collect()
}

/// The character that a reference stands for (XML 1.0, section 4.6 and 4.1).
fn resolved(name: &quick_xml::events::BytesRef<'_>) -> Option<char> {
    if let Ok(Some(c)) = name.resolve_char_ref() {
        return Some(c);
    }
    Some(match name.decode().ok()?.as_ref() {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_with_its_odd_names() {
        let body = br#"<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>example-mail</Name><Prefix>in/</Prefix><KeyCount>2</KeyCount>
<MaxKeys>1000</MaxKeys><IsTruncated>true</IsTruncated><NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=</NextContinuationToken>
<Contents><Key>in/a&amp;b&#65;</Key><LastModified>2026-11-20T09:14:00.000Z</LastModified><ETag>&quot;x&quot;</ETag><Size>434234</Size><StorageClass>STANDARD</StorageClass></Contents>
<Contents><Key>in/</Key><LastModified>2026-11-20T09:15:00Z</LastModified><Size>0</Size></Contents></ListBucketResult>"#;
        let listed = read(body).unwrap();
        assert_eq!(listed.next.as_deref(), Some("1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM="));
        let first = Object { key: "in/a&bA".into(), at: 1_795_166_040_000, size: 434_234 };
        assert_eq!(listed.objects, [first, Object { key: "in/".into(), at: 1_795_166_100_000, size: 0 }]);
        let empty = br#"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"#;
        assert_eq!(read(empty), Some(Listed::default()));
    }

    #[test]
    fn what_is_no_whole_list_is_none() {
        for odd in [
            &b""[..],
            b"{}",
            b"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
            b"<ListBucketResult><Contents><Key>a",
            b"<ListBucketResult>&evil;</ListBucketResult>",
            b"\xff\xfe",
        ] {
            assert_eq!(read(odd), None, "{}", String::from_utf8_lossy(odd));
        }
        let deep = "<a>".repeat(50_000);
        assert_eq!(read(deep.as_bytes()), None);
    }

    #[test]
    fn refusals_have_classes() {
        let failed = |status: u16, code: &str| {
            let body = format!("<Error><Code>{code}</Code><Message>x</Message></Error>").into_bytes();
            failure(&Response { status, headers: vec![("retry-after".into(), "7".into())], body }, 0)
        };
        for (status, code) in
            [(403, "AccessDenied"), (403, "InvalidAccessKeyId"), (403, "Odd"), (400, "ExpiredToken")]
        {
            assert!(matches!(failed(status, code), Failure::Auth { .. }), "{code}");
        }
        for (status, code, says) in [
            (404, "NoSuchBucket", "no such bucket"),
            (301, "PermanentRedirect", "region"),
            (400, "Odd", "refuses"),
        ] {
            let told = failed(status, code);
            assert!(
                matches!(&told, Failure::Rejected { reason, .. } if reason.human.contains(says)),
                "{told:?}"
            );
        }
        let wait = Some(std::time::Duration::from_secs(7));
        assert!(
            matches!(failed(503, "SlowDown"), Failure::Transient { retry_after, .. } if retry_after == wait)
        );
    }
}
