//! What a message of SNS says: what became of a mail, a mail that came in, where one lies, or nothing at all. Pure but for what it has
//! done later.

use super::errands::Errands;
use super::settings::Settings;
use super::sns::Envelope;
use super::{events, inbound};
use crate::provider::{Ingest, Malformed, RawPush};
use crate::text::sanitize;
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// What SES says once when it is connected to a topic: words, not JSON.
const CONNECTED: &str = "Successfully validated SNS topic";

/// What a push of SNS says.
///
/// # Errors
/// [`Malformed`] where it cannot be understood.
pub fn ingest(push: &RawPush, settings: &Settings, errands: &Errands) -> Result<Ingest, Malformed> {
    let envelope = Envelope::read(&push.body).map_err(Malformed)?;
    match envelope.kind.as_str() {
        "Notification" => {}
        "SubscriptionConfirmation" => {
            let url = envelope.confirmation(settings);
            let url = url.ok_or_else(|| {
                Malformed("what confirms the subscription is not at an address of SNS".into())
            })?;
            errands.confirm(url);
            return Ok(Ingest { pull: true, ..Ingest::default() });
        }
        // Somebody has taken the subscription away: it is theirs to give it back.
        "UnsubscribeConfirmation" => return Ok(Ingest::default()),
        other => return Err(Malformed(format!("a kind of message that is not known: {other}"))),
    }
    if envelope.message.starts_with(CONNECTED) {
        return Ok(Ingest::default());
    }
    let told: Value = serde_json::from_str(&envelope.message)
        .map_err(|e| Malformed(format!("the message is not one of SES: {e}")))?;
    if told["Event"] == "s3:TestEvent" || told["notificationType"] == "AmazonSnsSubscriptionSucceeded" {
        return Ok(Ingest::default());
    }
    if let Some(records) = told["Records"].as_array() {
        return Ok(hints(records.iter().filter_map(created), settings, errands));
    }
    if told["notificationType"] == "Received" {
        return received(&told, push, settings, errands);
    }
    if !told["eventType"].is_string() && !told["notificationType"].is_string() {
        return Err(Malformed("the message is none of SES: it has no type".into()));
    }
    Ok(Ingest { events: events::statements(&told, settings, push.received_at), ..Ingest::default() })
}

/// A mail that came in: it is in the message, or it lies in the bucket.
fn received(
    told: &Value,
    push: &RawPush,
    settings: &Settings,
    errands: &Errands,
) -> Result<Ingest, Malformed> {
    if let Some(content) = told["content"].as_str() {
        return inbound::notice(told, content, settings, push.received_at);
    }
    let action = &told["receipt"]["action"];
    match (action["type"].as_str(), action["bucketName"].as_str(), action["objectKey"].as_str()) {
        (Some("S3"), Some(bucket), Some(_)) if settings.bucket.is_none() => Err(Malformed(format!(
            "the mail lies in the bucket {}: name it in the setting bucket, then replay this",
            sanitize::line(bucket)
        ))),
        (Some("S3"), Some(bucket), Some(key)) => {
            Ok(hints(std::iter::once((bucket.to_owned(), key.to_owned())), settings, errands))
        }
        // Other actions (a bounce, a stop, a program) only tell that they were taken.
        _ => Ok(Ingest::default()),
    }
}

/// An object that was put into a bucket, as S3 itself tells it (Amazon S3 user guide, "Event message structure").
fn created(record: &Value) -> Option<(String, String)> {
    let is_new = record["eventName"].as_str().is_some_and(|name| name.starts_with("ObjectCreated:"));
    let s3 = &record["s3"];
    let key = s3["object"]["key"].as_str()?.replace('+', " ");
    let key = percent_decode_str(&key).decode_utf8().ok()?.into_owned();
    is_new.then_some((s3["bucket"]["name"].as_str()?.to_owned(), key))
}

/// Has objects read that are ours.
fn hints(objects: impl Iterator<Item = (String, String)>, settings: &Settings, errands: &Errands) -> Ingest {
    let Some(ours) = &settings.bucket else { return Ingest::default() };
    let mut pull = false;
    for (bucket, key) in objects {
        if bucket == ours.name && key.starts_with(&ours.prefix) {
            errands.read(key);
            pull = true;
        }
    }
    Ingest { pull, ..Ingest::default() }
}
