//! What becomes of a message after it was accepted, and the status callbacks that tell of it.

use super::faults::{Callbacks, Outcome};
use super::log::{Pushed, Status};
use super::wire;
use super::{Shared, sign};
use crate::sandbox::random::Random;
use std::sync::Arc;
use std::time::Duration;

/// What is laid down for one message.
pub(super) struct Life {
    pub(super) sid: String,
    pub(super) serial: u64,
    pub(super) callback: Option<String>,
    pub(super) callbacks: Callbacks,
    pub(super) outcome: Outcome,
}

/// A status to come, the pause before it, and the error that goes with it.
type Step = (Status, Duration, Option<u32>);

/// Leads a message through its statuses. Ends early when the world ends.
pub(super) async fn progress(shared: Arc<Shared>, life: Life) {
    let mut random = Random::fork(shared.options.seed, 0x0070_726f + life.serial);
    let whatsapp =
        shared.far.state().record(&life.sid).is_some_and(|record| record.to.starts_with("whatsapp:"));
    let mut outcome = life.outcome;
    if !fetch_media(&shared, &life.sid).await {
        outcome = Outcome::Failed(if whatsapp { 63019 } else { 12300 });
    }
    let mut told = Vec::new();
    for (status, pause, error) in steps(outcome, whatsapp, &mut random) {
        if !shared.wait(pause).await {
            return;
        }
        advance(&shared, &life.sid, status, error);
        let form = params(&shared, &life.sid, status, error);
        match life.callbacks {
            Callbacks::Lost => {}
            Callbacks::Reversed => told.insert(0, (status, form)),
            Callbacks::InOrder | Callbacks::Early => tell(&shared, &life, status, &form).await,
            Callbacks::Twice => {
                tell(&shared, &life, status, &form).await;
                tell(&shared, &life, status, &form).await;
            }
        }
    }
    for (status, form) in told {
        tell(&shared, &life, status, &form).await;
    }
}

/// The way a message goes, at the natural pace of a good network.
fn steps(outcome: Outcome, whatsapp: bool, random: &mut Random) -> Vec<Step> {
    let mut steps = vec![(Status::Queued, random.millis(60, 160), None)];
    if let Outcome::Failed(code) = outcome {
        steps.push((Status::Failed, random.millis(300, 900), Some(code)));
        return steps;
    }
    steps.push((Status::Sent, random.millis(300, 900), None));
    match outcome {
        Outcome::Delivered => {
            steps.push((Status::Delivered, random.millis(600, 2200), None));
            if whatsapp {
                steps.push((Status::Read, random.millis(1500, 5000), None));
            }
        }
        Outcome::Undelivered(code) => {
            steps.push((Status::Undelivered, random.millis(1500, 4000), Some(code)))
        }
        Outcome::Sent | Outcome::Failed(_) => {}
    }
    steps
}

/// Brings the log up to date.
fn advance(shared: &Shared, sid: &str, status: Status, error: Option<u32>) {
    let now = shared.now();
    let mut state = shared.far.state();
    let sender = shared.options.numbers.clone();
    if let Some(record) = state.record_mut(sid) {
        record.status = status;
        record.error_code = error;
        record.updated = now;
        if record.from.is_none() {
            // Now the messaging service has chosen: the first sender of the recipient's channel.
            let whatsapp = record.to.starts_with("whatsapp:");
            record.from = sender.into_iter().find(|number| number.starts_with("whatsapp:") == whatsapp);
            record.segments = wire::segments(&record.body);
        }
        if status == Status::Sent {
            record.sent = Some(now);
        }
    }
    if status == Status::Delivered
        && let Some(sent) = state.sent.iter().rev().find(|sent| sent.sid == sid)
    {
        let _ = shared.delivered.send(sent.clone());
    }
    drop(state);
    shared.far.bump();
}

/// The parameters of one callback.
fn params(shared: &Shared, sid: &str, status: Status, error: Option<u32>) -> Vec<(String, String)> {
    let state = shared.far.state();
    let Some(record) = state.record(sid) else { return Vec::new() };
    let word = wire::status_word(status);
    let mut params: Vec<(&str, String)> = vec![
        ("SmsSid", sid.into()),
        ("SmsStatus", word.into()),
        ("MessageStatus", word.into()),
        ("To", record.to.clone()),
        ("MessageSid", sid.into()),
        ("AccountSid", shared.options.account_sid.clone()),
        ("From", record.from.clone().unwrap_or_default()),
        ("ApiVersion", wire::API.into()),
    ];
    if let Some(service) = &record.service {
        params.push(("MessagingServiceSid", service.clone()));
    }
    if let Some(code) = error {
        params.push(("ErrorCode", code.to_string()));
        params.push(("ErrorMessage", wire::explain(code).into()));
    }
    if let Some(number) = record.to.strip_prefix("whatsapp:") {
        let hidden = number.get(..number.len().saturating_sub(3)).unwrap_or_default();
        params.push(("ChannelPrefix", "whatsapp".into()));
        params.push(("ChannelToAddress", format!("whatsapp:{hidden}XXX")));
        params.push(("ChannelInstallSid", "XE00000000000000000000000000000001".into()));
        if status == Status::Read {
            params.push(("EventType", "READ".into()));
        }
    } else if matches!(status, Status::Delivered | Status::Undelivered) {
        params.push(("RawDlrDoneDate", wire::receipt_date(record.updated)));
    }
    params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Makes one callback and writes down how it went.
async fn tell(shared: &Shared, life: &Life, status: Status, params: &[(String, String)]) {
    let Some(url) = &life.callback else { return };
    let signature = sign::signature(&shared.options.auth_token, url, params);
    let answer = shared.post(url, params, Some(&signature)).await.map(|(answer, _, _)| answer);
    let word = wire::status_word(status).to_owned();
    shared.far.state().pushed.push(Pushed { sid: life.sid.clone(), status: word, url: url.clone(), answer });
    shared.far.bump();
}

impl Shared {
    /// Posts a webhook form; the status, content type and body of the answer, or none without an answer.
    /// As Twilio does by default, it tries once more if it could not connect, and only then.
    pub(super) async fn post(
        &self,
        url: &str,
        params: &[(String, String)],
        signature: Option<&str>,
    ) -> Option<(u16, String, String)> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let mut request = self
                .client
                .post(url)
                .header("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
                .header("User-Agent", "TwilioProxy/1.1")
                .body(sign::form(params));
            if let Some(signature) = signature {
                request = request.header("X-Twilio-Signature", signature);
            }
            match request.send().await {
                Ok(answer) => {
                    let status = answer.status().as_u16();
                    let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok());
                    let kind = kind.unwrap_or_default().to_owned();
                    return Some((status, kind, answer.text().await.unwrap_or_default()));
                }
                Err(failure) if failure.is_connect() && attempts == 1 => {}
                Err(_) => return None,
            }
        }
    }
}

/// Fetches the files of an outgoing message, as Twilio must before it can send them on.
async fn fetch_media(shared: &Shared, sid: &str) -> bool {
    let urls = {
        let state = shared.far.state();
        state.sent.iter().rev().find(|sent| sent.sid == sid).map(|sent| sent.media_urls.clone())
    };
    for url in urls.unwrap_or_default() {
        let Ok(answer) = shared.client.get(&url).send().await else { return false };
        if !answer.status().is_success() || !answer.headers().contains_key("content-type") {
            return false;
        }
        let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok());
        let content_type = kind.unwrap_or_default().to_owned();
        let Ok(bytes) = answer.bytes().await else { return false };
        shared.far.state().store_medium(sid, content_type, bytes.to_vec());
    }
    true
}
