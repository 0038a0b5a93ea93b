//! Sending: `POST /v2/email/outbound-emails` with the whole mail. There is no idempotency key, so what has no answer stays a doubt; our
//! token travels as a tag, and the first event proves what the answer could not.

use super::{Ses, errors, events};
use crate::domain::delivery::{Delivery, DeliverySource};
use crate::domain::event::{DeliveryReport, Event, MessageRef};
use crate::domain::failure::Failure;
use crate::domain::mail::Mailbox;
use crate::domain::op::{Accepted, Op};
use crate::net::http::{Body, Method, Request};
use crate::provider::PushContext;
use crate::provider::mail::send::{self, Ready};
use crate::text::sanitize;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Everybody who gets one mail (SES developer guide, "Service quotas").
const MOST_RECIPIENTS: usize = 50;
/// A whole mail as it travels: files in base64.
pub const MOST_BYTES: u64 = 40 * 1024 * 1024;
/// Bytes above which a request may take its time.
const LARGE: usize = 512 * 1024;
/// What it takes to carry a mail of the largest size over a slow line.
const PATIENCE: Duration = Duration::from_secs(120);

/// Does an op.
///
/// # Errors
/// Every class of [`Failure`]; see [`errors::failure`].
pub async fn push(ses: &Ses, op: &Op, ctx: &PushContext) -> Result<Accepted, Failure> {
    let settings = &ses.settings;
    let ready = send::ready(op, &settings.own, &settings.style, ctx).await?;
    let people = ready.recipients().count();
    if people > MOST_RECIPIENTS {
        let human = format!("Amazon SES sends one mail to {MOST_RECIPIENTS} people at most, not to {people}");
        return Err(Failure::rejected(None, human));
    }
    let raw = ready.bytes(ctx.now)?;
    if raw.len() as u64 > MOST_BYTES {
        return Err(Failure::rejected(
            None,
            "Amazon SES takes mails of 40 MB at most, files in base64 included",
        ));
    }
    let id = ready.mail.name();
    let body = body(&ready, &raw, &op.id.to_string(), settings.configuration_set.as_deref());
    let body = serde_json::to_vec(&body)
        .map_err(|e| Failure::rejected(None, format!("it cannot be written down: {e}")))?;
    drop((ready, raw));
    let large = body.len() > LARGE;
    let url = ses.at(settings.ses("/v2/email/outbound-emails"))?;
    let mut request = Request::new(Method::Post, url, Body::Bytes("application/json", body));
    if large {
        request.timeout = Some(PATIENCE);
    }
    let answer = ses.ask("ses", request).await?;
    let told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let theirs = told["MessageId"].as_str().map(str::trim).filter(|id| is_id(id));
    let (200, Some(theirs)) = (answer.status, theirs) else {
        return Err(errors::failure(&answer, settings, ctx.now, false));
    };
    let report = DeliveryReport {
        state: Delivery::Accepted,
        said: format!("taken by Amazon SES as {}", sanitize::line(theirs)),
        reason: None,
        missed: Vec::new(),
        price: None,
        at: ctx.now,
        source: DeliverySource::Answer,
    };
    // Whatever Message-ID we gave, the mail leaves with theirs, and answers name that one.
    let named =
        Event::MailNamed { mail: id.clone(), also: format!("{theirs}@{}", settings.carrier_domain()) };
    let message = MessageRef::Token(op.id, Some(id));
    Ok(Accepted::State { events: vec![named, Event::Delivery { message, report }] })
}

/// Whether a text can be half of a message id.
fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 200
        && text.bytes().all(|b| b.is_ascii_graphic() && !b"<>@".contains(&b))
}

/// What is asked for. Hidden recipients stand in the envelope alone.
fn body(ready: &Ready, raw: &[u8], token: &str, configuration_set: Option<&str>) -> Value {
    let mail = &ready.mail;
    let mut to = Map::new();
    for (key, list) in [("ToAddresses", &mail.to), ("CcAddresses", &mail.cc), ("BccAddresses", &mail.bcc)] {
        if !list.is_empty() {
            to.insert(key.into(), list.iter().map(|one: &Mailbox| json!(one.address)).collect());
        }
    }
    let mut body = json!({
        "Destination": to,
        "Content": { "Raw": { "Data": STANDARD.encode(raw) } },
        // Values of tags are letters, digits, - and _: an op's id is.
        "EmailTags": [{ "Name": events::TOKEN, "Value": token }],
    });
    if let (Some(set), Some(all)) = (configuration_set, body.as_object_mut()) {
        all.insert("ConfigurationSetName".into(), json!(set));
    }
    body
}
