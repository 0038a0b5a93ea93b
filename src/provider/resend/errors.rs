//! Resend's refusals, in words for a person, and the class of failure that an HTTP answer is (Resend, "Errors").

use crate::domain::clock::Ms;
use crate::domain::delivery::Reason;
use crate::domain::failure::Failure;
use crate::net::http::{Response, retry_after};
use crate::provider::mail::bounce::short;
use serde_json::Value;

/// Resend's name for what is wrong, and its words.
pub fn told(body: &[u8]) -> (Option<String>, Option<String>) {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |key: &str| body[key].as_str().map(short).filter(|text| !text.is_empty());
    (text("name"), text("message"))
}

/// What an answer that is no success means. `safe`: the request only read.
pub fn failure(answer: &Response, now: Ms, safe: bool) -> Failure {
    let (name, words) = told(&answer.body);
    let with = |ours: &str| match &words {
        Some(theirs) => format!("{ours} (\u{201c}{theirs}\u{201d})"),
        None => ours.to_owned(),
    };
    let rejected = |human: String, field: Option<&str>| Failure::Rejected {
        reason: Reason {
            code: Some(name.clone().unwrap_or_else(|| format!("http {}", answer.status))),
            human,
        },
        field: field.map(str::to_owned),
    };
    match (answer.status, name.as_deref()) {
        (401, Some("restricted_api_key")) => Failure::Auth {
            human: "this API key may only send: reading what comes in needs one with full access".into(),
        },
        (401, _) | (403, Some("invalid_api_key" | "missing_api_key")) => {
            Failure::Auth { human: with("Resend refuses the API key") }
        }
        (403, _) => {
            rejected(with("Resend does not send from this address: verify its domain there"), Some("from"))
        }
        (409, Some("concurrent_idempotent_requests")) => {
            Failure::transient("Resend is still busy with the same mail")
        }
        // Documented as not processed, and so safe to repeat.
        (429, Some("daily_quota_exceeded" | "monthly_quota_exceeded")) => Failure::Transient {
            retry_after: retry_after(&answer.headers, now).or(Some(std::time::Duration::from_secs(3_600))),
            human: "the mails of Resend's plan are used up".into(),
        },
        (429, _) => Failure::Transient {
            retry_after: retry_after(&answer.headers, now),
            human: "Resend asks for patience: too many requests".into(),
        },
        (404 | 405, _) => rejected(with("there is no such thing at Resend: check base_url"), None),
        (400..=499, _) => rejected(with("Resend refuses it"), None),
        (500..=599, _) if safe => Failure::Transient {
            retry_after: retry_after(&answer.headers, now),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn class(status: u16, name: &str, safe: bool) -> Failure {
        let body = format!(r#"{{"statusCode":{status},"name":"{name}","message":"their words"}}"#);
        failure(&Response { status, headers: Vec::new(), body: body.into_bytes() }, 0, safe)
    }

    #[test]
    fn classes_follow_status_and_name() {
        assert!(matches!(class(401, "restricted_api_key", false), Failure::Auth { .. }));
        assert!(matches!(class(403, "invalid_api_key", false), Failure::Auth { .. }));
        match class(403, "validation_error", false) {
            Failure::Rejected { reason, field } => {
                assert_eq!(field.as_deref(), Some("from"));
                assert_eq!(reason.code.as_deref(), Some("validation_error"));
                assert!(reason.human.ends_with("(\u{201c}their words\u{201d})"), "{}", reason.human);
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(class(422, "invalid_attachment", false), Failure::Rejected { .. }));
        assert!(matches!(class(409, "concurrent_idempotent_requests", false), Failure::Transient { .. }));
        assert!(matches!(class(429, "rate_limit_exceeded", false), Failure::Transient { .. }));
        assert!(matches!(class(500, "application_error", false), Failure::Unknown { .. }));
        assert!(matches!(class(500, "application_error", true), Failure::Transient { .. }));
        assert!(matches!(class(302, "", false), Failure::Rejected { .. }));
    }
}
