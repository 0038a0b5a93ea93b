//! What Twilio's error codes and statuses mean: words for a person, and the class that decides what is done.
//!
//! Codes: <https://www.twilio.com/docs/api/errors>. The words say what happened and, where there is something, what to do.

use crate::domain::clock::Ms;
use crate::domain::delivery::Reason;
use crate::domain::failure::Failure;
use crate::net::http::{Response, retry_after};
use crate::text::sanitize;

/// The code of a recipient who has opted out.
pub const OPTED_OUT: &str = "21610";

/// What a code means, for those an agent meets.
pub fn words(code: &str) -> Option<&'static str> {
    Some(match code {
        "20003" => {
            "Twilio refuses the credentials: check account_sid and auth_token (or api_key and api_secret)"
        }
        "20404" => "Twilio knows no such thing",
        "20429" | "14107" => "too many requests at once",
        "21211" | "21217" | "21614" => "the number of the recipient is not one that can receive messages",
        "21212" | "21606" | "21603" => "the sender is not one of this account's numbers that can send",
        "21408" => "sending to this country is not enabled for the account",
        "21602" => "the message is empty",
        "21604" => "the recipient is missing",
        "21610" => "the customer has opted out (STOP); sending is possible again after they write START",
        "21612" => "this sender cannot reach this recipient",
        "21617" => "the text is longer than 1600 characters: shorten it or send it in parts",
        "21620" | "21623" => "Twilio cannot use the address of the file",
        "21703" => "the messaging service has no sender",
        "30001" => "Twilio's queue is full; try again later",
        "30002" => "the Twilio account is suspended",
        "30003" => "the handset is unreachable: switched off or out of range; try again later",
        "30004" => "blocked: the recipient, or the carrier, refuses messages",
        "30005" => "the number does not exist or is no longer in service",
        "30006" => "a landline, or a carrier that cannot be reached",
        "30007" => "the carrier filtered the message as unwanted",
        "30008" => "not delivered, for a reason the carrier does not tell",
        "30034" => "the sender is not registered for A2P 10DLC",
        "30450" => "stopped by Twilio's protection against SMS pumping",
        "63001" => "the channel refuses its credentials; look at the sender in the Twilio console",
        "63003" => "the address is not one of this channel",
        "63005" | "63013" => "the channel refuses the message for its content or policy",
        "63007" => "the sender is not set up for this channel",
        "63012" => "the channel had an internal error; try again later",
        "63015" => "the recipient has not joined the WhatsApp sandbox",
        "63016" => {
            "more than 24 hours since the customer's last message: WhatsApp takes only approved templates now"
        }
        "63017" | "63018" => "too fast for this sender; try again later",
        "63019" => "the file could not be fetched",
        "63021" => "the channel refuses the content",
        "63024" | "63032" => "this recipient cannot be written to on this channel",
        "63049" | "63050" | "63051" => "the customer does not want such messages on WhatsApp",
        _ => return None,
    })
}

/// A reason from a code and, for codes we have no words for, the vendor's own.
pub fn reason(code: Option<&str>, theirs: Option<&str>) -> Reason {
    let code = code.map(str::trim).filter(|c| !c.is_empty() && *c != "0");
    let theirs = theirs.map(|t| sanitize::line(t.trim()).into_owned()).filter(|t| !t.is_empty());
    let human = match (code.and_then(words), theirs) {
        (Some(words), _) => words.to_owned(),
        (None, Some(theirs)) => theirs,
        (None, None) => match code {
            Some(code) => format!("not delivered; Twilio's code {}", sanitize::line(code)),
            None => "not delivered, and Twilio gives no reason".to_owned(),
        },
    };
    Reason { code: code.map(|c| sanitize::line(c).into_owned()), human }
}

/// What an answer that is no success means. `safe`: the request only read.
pub fn failure(answer: &Response, now: Ms, safe: bool) -> Failure {
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = match &body["code"] {
        serde_json::Value::Number(n) => Some(n.to_string()),
        serde_json::Value::String(s) => Some(s.clone()),
        _ => None,
    };
    let theirs = ["message", "detail", "title"].iter().find_map(|k| body[*k].as_str());
    let said = reason(code.as_deref(), theirs);
    let told = code.is_some() || theirs.is_some();
    let human = |fallback: &str| if told { said.human.clone() } else { fallback.to_owned() };
    match (answer.status, code.as_deref()) {
        (401, _) | (403, Some("20003")) => {
            Failure::Auth { human: words("20003").unwrap_or("Twilio refuses the credentials").to_owned() }
        }
        // Documented as not processed, and so safe to repeat.
        (429, _) => Failure::Transient {
            retry_after: retry_after(&answer.headers, now),
            human: human("too many requests at once"),
        },
        (400..=499, _) => Failure::Rejected {
            reason: Reason {
                human: human(&format!("Twilio refuses the request ({})", answer.status)),
                code: said.code.clone().or_else(|| Some(format!("http {}", answer.status))),
            },
            field: code.as_deref().and_then(field).map(str::to_owned),
        },
        (500..=599, _) if safe => Failure::Transient {
            retry_after: retry_after(&answer.headers, now),
            human: format!("Twilio has a problem ({})", answer.status),
        },
        (500..=599, _) => Failure::unknown(format!(
            "Twilio answered with an error of its own ({}): it may have been sent",
            answer.status
        )),
        (300..=399, _) => Failure::rejected(
            Some(format!("http {}", answer.status)),
            "the address answered with a redirect: check region and base_url",
        ),
        (status, _) if safe => Failure::transient(format!("an answer that is none of Twilio's ({status})")),
        (status, _) => {
            Failure::unknown(format!("an answer that is none of Twilio's ({status}): it may have been sent"))
        }
    }
}

/// Which field of ours a code is about.
fn field(code: &str) -> Option<&'static str> {
    match code {
        "21211" | "21217" | "21614" | "21604" | "21610" | "21612" | "21408" => Some("to"),
        "21212" | "21603" | "21606" | "63007" => Some("from"),
        "21602" | "21617" => Some("text"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn answer(status: u16, body: &str) -> Response {
        Response { status, headers: vec![("retry-after".into(), "2".into())], body: body.as_bytes().to_vec() }
    }

    #[test]
    fn classes_follow_the_status() {
        let opted_out = answer(400, r#"{"code":21610,"message":"Attempt to send…","status":400}"#);
        match failure(&opted_out, 0, false) {
            Failure::Rejected { reason, field } => {
                assert_eq!(reason.code.as_deref(), Some("21610"));
                assert!(reason.human.contains("START"), "{}", reason.human);
                assert_eq!(field.as_deref(), Some("to"));
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(failure(&answer(401, r#"{"code":20003}"#), 0, false), Failure::Auth { .. }));
        match failure(&answer(429, "busy"), 0, false) {
            Failure::Transient { retry_after, .. } => assert_eq!(retry_after, Some(Duration::from_secs(2))),
            other => panic!("{other:?}"),
        }
        for status in [500, 502, 503, 504] {
            assert!(matches!(failure(&answer(status, "<html>"), 0, false), Failure::Unknown { .. }));
            assert!(matches!(failure(&answer(status, "<html>"), 0, true), Failure::Transient { .. }));
        }
        assert!(matches!(failure(&answer(302, ""), 0, false), Failure::Rejected { .. }));
        assert!(matches!(failure(&answer(422, r#"{"detail":"no To"}"#), 0, false), Failure::Rejected { .. }));
    }

    #[test]
    fn a_reason_always_says_something_and_never_controls_a_terminal() {
        assert!(reason(Some("30003"), Some("Unreachable")).human.contains("unreachable"));
        assert!(!reason(Some("99999"), Some("Odd\u{1b}[31m")).human.contains('\u{1b}'));
        assert_eq!(reason(Some("99999"), None).human, "not delivered; Twilio's code 99999");
        assert_eq!(reason(Some("0"), None).code, None);
    }
}
