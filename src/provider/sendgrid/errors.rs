//! SendGrid's refusals, in words for a person, and the class of failure that an HTTP answer is (SendGrid, "Mail Send errors").

use crate::domain::clock::Ms;
use crate::domain::delivery::Reason;
use crate::domain::failure::Failure;
use crate::net::http::{Response, retry_after};
use crate::provider::mail::bounce::short;
use serde_json::Value;
use std::time::Duration;

/// The longest wait that is believed.
const MOST: Duration = Duration::from_secs(3_600);

/// The first thing that an answer complains of: words, and the field they are about.
fn complaint(body: &[u8]) -> (Option<String>, Option<String>) {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let first = &body["errors"][0];
    let words = first["message"].as_str().map(short).filter(|words| !words.is_empty());
    // A field that is none is told as null, or as the word.
    let field = first["field"].as_str().filter(|field| !field.is_empty() && *field != "null").map(short);
    (words, field)
}

/// What an answer that is no success means. `safe`: the request only read.
pub fn failure(answer: &Response, now: Ms, safe: bool) -> Failure {
    let (words, field) = complaint(&answer.body);
    let with = |ours: &str| match &words {
        Some(theirs) => format!("{ours} (\u{201c}{theirs}\u{201d})"),
        None => ours.to_owned(),
    };
    let rejected = |human: String, field: Option<&str>| Failure::Rejected {
        reason: Reason { code: Some(format!("http {}", answer.status)), human },
        field: field.map(str::to_owned),
    };
    match answer.status {
        401 => Failure::Auth {
            human: with(
                "SendGrid refuses the API key: it is wrong or was revoked, or the plan's mails are used up",
            ),
        },
        // The address of the sender is named; a key that may not send is not.
        403 if field.as_deref().is_some_and(|field| field.starts_with("from")) => rejected(
            with("the address in `from` is not verified at SendGrid: Settings → Sender Authentication"),
            Some("from"),
        ),
        403 => {
            Failure::Auth { human: with("the API key may not do that: it needs the permission Mail Send") }
        }
        404 | 405 => rejected("there is no SendGrid at this address: check base_url".into(), None),
        413 => rejected("the mail is too large: SendGrid takes 30 MB, files in base64 included".into(), None),
        // Documented as not processed, and so safe to repeat.
        429 => Failure::Transient {
            retry_after: patience(answer, now),
            human: "SendGrid asks for patience: too many requests".into(),
        },
        400..=499 => rejected(with("SendGrid refuses the mail"), field.as_deref().and_then(ours)),
        500..=599 if safe => Failure::Transient {
            retry_after: patience(answer, now),
            human: format!("SendGrid has a problem ({})", answer.status),
        },
        500..=599 => Failure::unknown(format!(
            "SendGrid answered with an error of its own ({}): it may have been sent",
            answer.status
        )),
        300..=399 => rejected("the address answered with a redirect: check region and base_url".into(), None),
        status if safe => Failure::transient(format!("an answer that is none of SendGrid's ({status})")),
        status => Failure::unknown(format!(
            "an answer that is none of SendGrid's ({status}): it may have been sent"
        )),
    }
}

/// How long SendGrid asks us to wait: until the moment in `X-RateLimit-Reset`, seconds since 1970.
fn patience(answer: &Response, now: Ms) -> Option<Duration> {
    retry_after(&answer.headers, now).or_else(|| {
        let reset: Ms = answer.header("x-ratelimit-reset")?.trim().parse().ok()?;
        let wait = reset.checked_mul(1000)?.saturating_sub(now);
        Some(Duration::from_millis(u64::try_from(wait).unwrap_or(0)).min(MOST))
    })
}

/// The field of ours that a field of theirs is (`personalizations.0.to.0.email`).
fn ours(field: &str) -> Option<&'static str> {
    let mut parts = field.split('.').filter(|part| part.parse::<u32>().is_err());
    match parts.find(|part| *part != "personalizations")? {
        "to" | "cc" | "bcc" => Some("to"),
        "from" => Some("from"),
        "subject" => Some("subject"),
        "content" => Some("text"),
        "attachments" => Some("attachments"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Ms = 1_795_212_000_000;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Response { status, headers, body: body.as_bytes().to_vec() }
    }

    #[test]
    fn classes_follow_status_and_field() {
        let sender = r#"{"errors":[{"message":"The from address does not match a verified Sender Identity.","field":"from","help":null}]}"#;
        match failure(&answer(403, &[], sender), NOW, false) {
            Failure::Rejected { reason, field } => {
                assert_eq!((reason.code.as_deref(), field.as_deref()), (Some("http 403"), Some("from")));
                assert!(reason.human.contains("Sender Authentication"), "{}", reason.human);
            }
            other => panic!("{other:?}"),
        }
        let scope = r#"{"errors":[{"field":"null","message":"access forbidden"}]}"#;
        assert!(matches!(failure(&answer(403, &[], scope), NOW, false), Failure::Auth { .. }));
        assert!(matches!(failure(&answer(401, &[], ""), NOW, false), Failure::Auth { .. }));
        let to = r#"{"errors":[{"message":"Does not contain a valid address.","field":"personalizations.0.to.0.email"}]}"#;
        match failure(&answer(400, &[], to), NOW, false) {
            Failure::Rejected { reason, field } => {
                assert_eq!(field.as_deref(), Some("to"));
                assert_eq!(
                    reason.human,
                    "SendGrid refuses the mail (\u{201c}Does not contain a valid address.\u{201d})"
                );
            }
            other => panic!("{other:?}"),
        }
        for status in [404, 405, 413, 302] {
            assert!(matches!(failure(&answer(status, &[], ""), NOW, false), Failure::Rejected { .. }));
        }
        for status in [500, 503, 200] {
            assert!(matches!(failure(&answer(status, &[], "<html>"), NOW, false), Failure::Unknown { .. }));
            assert!(matches!(failure(&answer(status, &[], "<html>"), NOW, true), Failure::Transient { .. }));
        }
    }

    #[test]
    fn patience_is_told_as_a_moment() {
        let wait = |headers: &[(&str, &str)]| match failure(&answer(429, headers, ""), NOW, false) {
            Failure::Transient { retry_after, .. } => retry_after,
            other => panic!("{other:?}"),
        };
        assert_eq!(wait(&[("x-ratelimit-reset", "1795212060")]), Some(Duration::from_secs(60)));
        assert_eq!(wait(&[("x-ratelimit-reset", "1795211000")]), Some(Duration::ZERO));
        assert_eq!(wait(&[("x-ratelimit-reset", "9223372036854775807")]), None);
        assert_eq!(
            wait(&[("retry-after", "3"), ("x-ratelimit-reset", "1795212060")]),
            Some(Duration::from_secs(3))
        );
        assert_eq!(wait(&[]), None);
    }
}
