//! Resend's refusals, in words for a person, and the class of failure that an HTTP answer is (Resend, "Errors").

use crate::domain::clock::Ms;
use crate::domain::delivery::Reason;
use crate::domain::failure::Failure;
use crate::net::http::{Response, retry_after};
use crate::provider::mail::bounce::short;
use serde_json::Value;
use std::time::Duration;

/// The name of the refusal of a key that may only send.
pub const SENDING_ONLY: &str = "restricted_api_key";
/// The longest wait that is believed.
const MOST: Duration = Duration::from_secs(3_600);

/// The name of a refusal, and Resend's words.
pub fn complaint(body: &[u8]) -> (String, Option<String>) {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |key: &str| body[key].as_str().map(short).filter(|text| !text.is_empty());
    (text("name").unwrap_or_default(), text("message"))
}

/// What an answer that is no success means. `safe`: the request only read.
pub fn failure(answer: &Response, now: Ms, safe: bool) -> Failure {
    let (name, words) = complaint(&answer.body);
    let with = |ours: &str| match &words {
        Some(theirs) => format!("{ours} (\u{201c}{theirs}\u{201d})"),
        None => ours.to_owned(),
    };
    let code = if name.is_empty() { format!("http {}", answer.status) } else { name.clone() };
    let rejected = |human: String, field: Option<&str>| Failure::Rejected {
        reason: Reason { code: Some(code.clone()), human },
        field: field.map(str::to_owned),
    };
    // A wrong key is told under several statuses and names; of the questions, with that of a wrong field.
    let about_key = words.as_deref().is_some_and(|words| words.to_ascii_lowercase().contains("api key"));
    match (answer.status, name.as_str()) {
        (_, SENDING_ONLY) => Failure::Auth {
            human: "the API key may only send: give it Full access, or switch polling off (poll_seconds = 0)"
                .into(),
        },
        (401, _) | (400 | 403, "invalid_api_key" | "missing_api_key" | "suspended_api_key") => {
            Failure::Auth { human: with("Resend refuses the API key: it is wrong or was deleted") }
        }
        (400 | 403, _) if about_key => {
            Failure::Auth { human: with("Resend refuses the API key: it is wrong or was deleted") }
        }
        (403, _) => rejected(
            with(
                "Resend does not send from the address in `from`: its domain has to be verified there (Domains)",
            ),
            Some("from"),
        ),
        (404 | 405, _) => rejected(with("Resend has no such thing"), None),
        // What was asked for with this key before may have been sent, and this is something else or came too early.
        (409, _) => Failure::unknown(with("Resend knows this mail already: it may have been sent")),
        (413, _) => {
            rejected("the mail is too large: Resend takes 40 MB, files in base64 included".into(), None)
        }
        // Documented as not processed, and so safe to repeat.
        (429, "daily_quota_exceeded" | "monthly_quota_exceeded") => Failure::Transient {
            retry_after: Some(patience(answer, now).unwrap_or(MOST)),
            human: with("the mails of the plan at Resend are used up"),
        },
        (429, _) => Failure::Transient {
            retry_after: patience(answer, now),
            human: "Resend asks for patience: too many requests".into(),
        },
        (400..=499, _) => rejected(with("Resend refuses the mail"), words.as_deref().and_then(field)),
        (500..=599, _) if safe => Failure::Transient {
            retry_after: patience(answer, now),
            human: format!("Resend has a problem ({})", answer.status),
        },
        (500..=599, _) => Failure::unknown(format!(
            "Resend answered with an error of its own ({}): it may have been sent",
            answer.status
        )),
        (300..=399, _) => rejected("the address answered with a redirect: check base_url".into(), None),
        (status, _) if safe => Failure::transient(format!("an answer that is none of Resend's ({status})")),
        (status, _) => {
            Failure::unknown(format!("an answer that is none of Resend's ({status}): it may have been sent"))
        }
    }
}

/// How long Resend asks us to wait, in one way or the other.
pub fn patience(answer: &Response, now: Ms) -> Option<Duration> {
    retry_after(&answer.headers, now).or_else(|| {
        let reset: u64 = answer.header("ratelimit-reset")?.trim().parse().ok()?;
        Some(Duration::from_secs(reset).min(MOST))
    })
}

/// The field of ours that a refusal names in its words: "Invalid `to` field."
fn field(words: &str) -> Option<&'static str> {
    let mut named = words.split(['`', '\u{201c}', '\'', '"']).skip(1).step_by(2);
    named.find_map(|name| match name {
        "to" | "cc" | "bcc" => Some("to"),
        "from" => Some("from"),
        "subject" => Some("subject"),
        "text" | "html" => Some("text"),
        "attachments" => Some("attachments"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Ms = 1_795_212_000_000;

    fn answer(status: u16, headers: &[(&str, &str)], name: &str, message: &str) -> Response {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let body = json!({"statusCode": status, "name": name, "message": message}).to_string().into_bytes();
        Response { status, headers, body }
    }

    #[test]
    fn classes_follow_status_and_name() {
        for (status, name, message) in [
            (401, "missing_api_key", "Missing API Key"),
            (401, "validation_error", "API key is invalid"),
            (400, "validation_error", "API key is invalid"),
            (403, "invalid_api_key", "API key is invalid"),
            (401, "", ""),
        ] {
            let failure = failure(&answer(status, &[], name, message), NOW, true);
            assert!(
                matches!(&failure, Failure::Auth { human } if human.contains("wrong or was deleted")),
                "{failure:?}"
            );
        }
        let sending =
            answer(401, &[], "restricted_api_key", "This API key is restricted to only send emails");
        assert!(failure(&sending, NOW, true).to_string().contains("Full access"));
        let domain = answer(403, &[], "validation_error", "The example.org domain is not verified.");
        match failure(&domain, NOW, false) {
            Failure::Rejected { reason, field } => {
                assert_eq!(
                    (reason.code.as_deref(), field.as_deref()),
                    (Some("validation_error"), Some("from"))
                );
                assert!(reason.human.contains("is not verified"), "{}", reason.human);
            }
            other => panic!("{other:?}"),
        }
        let to =
            answer(422, &[], "validation_error", "Invalid `to` field. The email address needs to follow …");
        assert!(
            matches!(failure(&to, NOW, false), Failure::Rejected { field: Some(field), .. } if field == "to")
        );
        for name in ["invalid_idempotent_request", "concurrent_idempotent_requests"] {
            assert!(matches!(
                failure(&answer(409, &[], name, "Same …"), NOW, false),
                Failure::Unknown { .. }
            ));
        }
        for status in [404, 405, 413, 302, 451] {
            assert!(matches!(failure(&answer(status, &[], "", ""), NOW, false), Failure::Rejected { .. }));
        }
        for status in [500, 503, 200] {
            let odd = Response { body: b"<html>".to_vec(), ..answer(status, &[], "", "") };
            assert!(matches!(failure(&odd, NOW, false), Failure::Unknown { .. }));
            assert!(matches!(failure(&odd, NOW, true), Failure::Transient { .. }));
        }
    }

    #[test]
    fn patience_is_told_in_either_way() {
        let wait =
            |headers: &[(&str, &str)], name: &str| match failure(&answer(429, headers, name, ""), NOW, false)
            {
                Failure::Transient { retry_after, .. } => retry_after,
                other => panic!("{other:?}"),
            };
        assert_eq!(wait(&[("ratelimit-reset", "2")], "rate_limit_exceeded"), Some(Duration::from_secs(2)));
        assert_eq!(wait(&[("retry-after", "1"), ("ratelimit-reset", "9")], ""), Some(Duration::from_secs(1)));
        assert_eq!(wait(&[("ratelimit-reset", "soon")], ""), None);
        assert_eq!(wait(&[], "daily_quota_exceeded"), Some(MOST));
        assert_eq!(wait(&[], ""), None);
    }
}
