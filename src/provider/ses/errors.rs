//! The refusals of Amazon SES, in words for a person, and the class of failure that an HTTP answer is (SES API v2 reference,
//! "SendEmail: Errors" and "Common Errors").

use super::settings::Settings;
use crate::domain::clock::Ms;
use crate::domain::delivery::Reason;
use crate::domain::failure::Failure;
use crate::net::http::{Response, retry_after};
use crate::provider::mail::bounce::short;
use serde_json::Value;

/// What an answer complains of.
struct Complaint {
    /// The name of the exception, bare: `MessageRejected`.
    kind: String,
    /// Theirs.
    words: Option<String>,
}

fn complaint(answer: &Response) -> Complaint {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = |key: &str| body[key].as_str().map(short).filter(|text| !text.is_empty());
    let kind =
        answer.header("x-amzn-errortype").map(short).or_else(|| text("__type")).or_else(|| text("code"));
    let kind = kind.unwrap_or_default();
    // `com.amazonaws.ses#MessageRejected:http://…`
    let kind = kind.rsplit('#').next().unwrap_or_default().split(':').next().unwrap_or_default().trim();
    let kind = kind.strip_suffix("Exception").unwrap_or(kind).to_owned();
    Complaint { kind, words: text("message").or_else(|| text("Message")) }
}

/// What an answer that is no success means. `safe`: the request only read.
pub fn failure(answer: &Response, settings: &Settings, now: Ms, safe: bool) -> Failure {
    let Complaint { kind, words } = complaint(answer);
    let with = |ours: &str| match &words {
        Some(theirs) => format!("{ours} (\u{201c}{theirs}\u{201d})"),
        None => ours.to_owned(),
    };
    let code = if kind.is_empty() { format!("http {}", answer.status) } else { kind.clone() };
    let rejected = |human: String, field: Option<&str>| Failure::Rejected {
        reason: Reason { code: Some(code.clone()), human },
        field: field.map(str::to_owned),
    };
    let again = |human: String| Failure::Transient { retry_after: retry_after(&answer.headers, now), human };
    if (400..500).contains(&answer.status) {
        if let Some(human) = login(&kind) {
            return Failure::Auth { human: with(human) };
        }
        match kind.as_str() {
            // SES drops such a mail and tries no delivery ("Errors related to the sending quotas").
            "TooManyRequests" | "Throttling" | "LimitExceeded" | "RequestLimitExceeded" => {
                return again(with("Amazon SES asks for patience: its limit of mails is reached"));
            }
            "MessageRejected" => {
                return rejected(
                    with(
                        "Amazon SES does not take the mail: an address is not verified, or it holds a virus",
                    ),
                    None,
                );
            }
            "MailFromDomainNotVerified" => {
                let human =
                    "our domain, or its MAIL FROM domain, is not verified at SES: Identities → the domain";
                return rejected(with(human), Some("from"));
            }
            "SendingPaused" => {
                return rejected(
                    with("sending is paused at Amazon SES, for the account or for its configuration set"),
                    None,
                );
            }
            "AccountSuspended" => {
                return rejected(
                    with("Amazon SES has suspended the account: it sends nothing any more"),
                    None,
                );
            }
            "NotFound" if settings.configuration_set.is_some() => {
                let human =
                    "there is no such configuration set in this region: check configuration_set and region";
                return rejected(with(human), Some("configuration_set"));
            }
            _ => {}
        }
    }
    match answer.status {
        401 | 403 => Failure::Auth { human: with("Amazon SES refuses the access key") },
        404 | 405 => {
            rejected("there is no Amazon SES at this address: check region and base_url".into(), None)
        }
        413 => {
            rejected("the mail is too large: Amazon SES takes 40 MB, files in base64 included".into(), None)
        }
        429 => again(with("Amazon SES asks for patience: too many requests")),
        400..=499 => rejected(with("Amazon SES refuses the mail"), None),
        500..=599 if safe => again(format!("Amazon SES has a problem ({})", answer.status)),
        500..=599 => Failure::unknown(format!(
            "Amazon SES answered with an error of its own ({}): it may have been sent",
            answer.status
        )),
        300..=399 => rejected("the address answered with a redirect: check region and base_url".into(), None),
        status if safe => Failure::transient(format!("an answer that is none of Amazon SES's ({status})")),
        status => Failure::unknown(format!(
            "an answer that is none of Amazon SES's ({status}): it may have been sent"
        )),
    }
}

/// What is wrong with the login, by the name of an exception, also one of S3; none where it is about something else.
pub fn login(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "UnrecognizedClient"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "MissingAuthenticationToken" => {
            "AWS does not know the access key: it is wrong, was removed, or its session_token is missing"
        }
        "SignatureDoesNotMatch" | "InvalidSignature" | "IncompleteSignature" | "RequestExpired" => {
            "AWS refuses the signature: secret_access_key is wrong, or the clock of this machine is"
        }
        "RequestTimeTooSkewed" => "AWS refuses the signature: the clock of this machine is wrong",
        "ExpiredToken" | "InvalidToken" => {
            "the temporary access key has expired: get a new one with its session_token"
        }
        "AccessDenied" | "NotAuthorized" | "AuthorizationError" => {
            "the access key may not do that: it needs the rights of docs/email.md"
        }
        "OptInRequired" | "SubscriptionRequired" => {
            "the AWS account is not signed up for this, or not in this region"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::settings;
    use super::*;
    use std::time::Duration;

    const NOW: Ms = 1_795_212_000_000;

    fn failed(status: u16, kind: &str, body: &str, safe: bool) -> Failure {
        let all =
            [("from", "support@example.com"), ("region", "eu-west-1"), ("configuration_set", "frontdesk")];
        let settings =
            settings::parse(&all.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect()).unwrap();
        let mut headers = vec![("retry-after".to_owned(), "3".to_owned())];
        if !kind.is_empty() {
            headers.push(("x-amzn-errortype".into(), kind.into()));
        }
        failure(&Response { status, headers, body: body.as_bytes().to_vec() }, &settings, NOW, safe)
    }

    #[test]
    fn classes_follow_the_name_of_the_exception() {
        for kind in ["TooManyRequestsException", "ThrottlingException", "LimitExceededException"] {
            for status in [400, 429] {
                match failed(status, kind, r#"{"message":"Maximum sending rate exceeded."}"#, false) {
                    Failure::Transient { retry_after, human } => {
                        assert_eq!(retry_after, Some(Duration::from_secs(3)));
                        assert!(human.contains("Maximum sending rate"), "{human}");
                    }
                    other => panic!("{kind}: {other:?}"),
                }
            }
        }
        for (status, kind) in [
            (403, "UnrecognizedClientException"),
            (403, "SignatureDoesNotMatch"),
            (403, "InvalidSignatureException:http://internal.amazon.com/coral/"),
            (400, "ExpiredTokenException"),
            (403, "AccessDeniedException"),
            (400, "com.amazon.coral.service#IncompleteSignatureException"),
            (403, ""),
            (401, "OfALaterYearException"),
        ] {
            assert!(matches!(failed(status, kind, "{}", false), Failure::Auth { .. }), "{kind}");
        }
        for (status, kind, says, field) in [
            (400, "MessageRejected", "not verified", None),
            (400, "MailFromDomainNotVerifiedException", "MAIL FROM", Some("from")),
            (400, "SendingPausedException", "paused", None),
            (400, "AccountSuspendedException", "suspended", None),
            (404, "NotFoundException", "configuration_set", Some("configuration_set")),
            (400, "BadRequestException", "refuses the mail", None),
            (413, "", "40 MB", None),
            (404, "", "base_url", None),
            (302, "", "redirect", None),
        ] {
            match failed(status, kind, r#"{"message":"x\u001b[31m"}"#, false) {
                Failure::Rejected { reason, field: of } => {
                    assert!(
                        reason.human.contains(says) && !reason.human.contains('\u{1b}'),
                        "{}",
                        reason.human
                    );
                    assert!(reason.code.is_some_and(|code| !code.contains("Exception")));
                    assert_eq!(of.as_deref(), field);
                }
                other => panic!("{kind}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_may_have_been_sent_is_a_doubt() {
        for (status, kind) in
            [(500, "InternalServiceErrorException"), (503, "ThrottlingException"), (200, ""), (201, "")]
        {
            assert!(matches!(failed(status, kind, "<html>", false), Failure::Unknown { .. }), "{status}");
            assert!(matches!(failed(status, kind, "<html>", true), Failure::Transient { .. }), "{status}");
        }
    }

    #[test]
    fn names_come_in_the_body_too() {
        let told = failed(
            400,
            "",
            r#"{"__type":"com.amazonaws.ses#MessageRejected","message":"Email address is not verified."}"#,
            false,
        );
        match told {
            Failure::Rejected { reason, .. } => {
                assert_eq!(reason.code.as_deref(), Some("MessageRejected"));
                assert!(
                    reason.human.ends_with("(\u{201c}Email address is not verified.\u{201d})"),
                    "{}",
                    reason.human
                );
            }
            other => panic!("{other:?}"),
        }
    }
}
