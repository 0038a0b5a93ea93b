//! Questions: one GET after another, at the pace that Resend allows.

use super::{Resend, errors};
use crate::domain::clock::Ms;
use crate::domain::failure::Failure;
use crate::net::http::{Request, Response};
use crate::provider::mail::settings::below;
use serde_json::Value;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// The longest that a question waits for its turn.
const LONGEST: Duration = Duration::from_secs(5);

/// When the next question may be put: a team has a few requests a second for all that it does.
#[derive(Debug, Default)]
pub struct Pace(Mutex<Option<Instant>>);

impl Pace {
    /// Waits for the turn of a question.
    async fn turn(&self) {
        let mut next = self.0.lock().await;
        if let Some(at) = next.take() {
            tokio::time::sleep_until(at).await;
        }
    }

    /// Hears from an answer whether the next one has to wait (Resend, "Rate limit").
    async fn hear(&self, answer: &Response) {
        *self.0.lock().await = rest(answer).map(|rest| Instant::now() + rest.min(LONGEST));
    }
}

/// How long the next question has to wait after an answer.
fn rest(answer: &Response) -> Option<Duration> {
    let is_spent = answer.header("ratelimit-remaining").is_some_and(|left| left.trim() == "0");
    // A moment would need the time; Resend tells seconds.
    if is_spent || answer.status == 429 { errors::patience(answer, Ms::MAX) } else { None }
}

/// The answer to a question, whatever its status.
///
/// # Errors
/// [`Failure::Transient`] where there was none.
pub async fn raw(resend: &Resend, path: &str, query: &[(&str, &str)]) -> Result<Response, Failure> {
    let mut url = below(&resend.settings.base, path)
        .ok_or_else(|| Failure::rejected(None, "base_url makes no address"))?;
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    resend.pace.turn().await;
    let answer = resend.http.send(Request::get(url).bearer(&resend.api_key)).await?;
    resend.pace.hear(&answer).await;
    Ok(answer)
}

/// What a question is answered with.
///
/// # Errors
/// Every class of [`Failure`] but [`Failure::Unknown`]; see [`errors::failure`].
pub async fn ask(resend: &Resend, path: &str, query: &[(&str, &str)], now: Ms) -> Result<Value, Failure> {
    let answer = raw(resend, path, query).await?;
    if answer.status != 200 {
        return Err(errors::failure(&answer, now, true));
    }
    serde_json::from_slice(&answer.body)
        .map_err(|e| Failure::transient(format!("Resend's answer cannot be read: {e}")))
}

/// Whether an id is one that can stand in a path.
pub fn is_id(id: &str) -> bool {
    (1..=100).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// A moment as Resend writes it, in any of its ways ("2025-10-09 14:37:40.951732+00"), UTC milliseconds.
pub fn moment(value: &Value) -> Option<Ms> {
    value.as_str()?.trim().parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

/// The addresses of a list, or the one that stands for a list.
pub fn addresses(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(all) => all.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn moments_are_read_in_every_form_that_is_documented() {
        for form in [
            "2026-11-20T09:15:00.000Z",
            "2026-11-20T09:15:00.000000+00:00",
            "2026-11-20 09:15:00.000000+00",
            "2026-11-20 09:15:00+00",
            "2026-11-20T10:15:00+01:00",
        ] {
            assert_eq!(moment(&json!(form)), Some(1_795_166_100_000), "{form}");
        }
        for odd in [json!("yesterday"), json!(5), json!(null), json!("")] {
            assert_eq!(moment(&odd), None, "{odd}");
        }
    }

    #[test]
    fn the_next_question_waits_once_all_are_spent() {
        let told = |status: u16, headers: &[(&str, &str)]| {
            let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            rest(&Response { status, headers, body: Vec::new() })
        };
        let second = Some(Duration::from_secs(1));
        assert_eq!(told(200, &[("ratelimit-remaining", "1"), ("ratelimit-reset", "1")]), None);
        assert_eq!(told(200, &[("ratelimit-remaining", "0"), ("ratelimit-reset", "1")]), second);
        assert_eq!(told(429, &[("retry-after", "1")]), second);
        assert_eq!(told(429, &[]), None);
        assert_eq!(told(200, &[("ratelimit-remaining", "0")]), None);
    }

    #[test]
    fn ids_stay_within_their_path() {
        assert!(is_id("37e4414c-5e25-4dbc-a071-43552a4bd53b"));
        for odd in ["", "..", "a/b", "a?b", "a b", "%2e", &"x".repeat(101)] {
            assert!(!is_id(odd), "{odd}");
        }
    }
}
