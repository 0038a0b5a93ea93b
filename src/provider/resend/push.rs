//! Sending: `POST /emails`. Its idempotency key is our token, so that a request which got no answer can be put once more at once: within a
//! day the same key is sent once (Resend, "Idempotency keys"). What has no answer then either stays a doubt: a machine may sleep for
//! longer than a day before the next try.

use super::{Resend, errors, events};
use crate::domain::clock::Ms;
use crate::domain::delivery::{Delivery, DeliverySource};
use crate::domain::event::{DeliveryReport, Event, MessageRef};
use crate::domain::failure::Failure;
use crate::domain::mail::Mailbox;
use crate::domain::op::{Accepted, Op};
use crate::domain::secret::Secret;
use crate::net::http::{Body, Method, Request};
use crate::provider::PushContext;
use crate::provider::mail::send::{self, Ready, angled};
use crate::provider::mail::settings::below;
use crate::text::mail::compose::build;
use crate::text::mail::mailboxes;
use crate::text::sanitize;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Everybody who gets one mail.
const MOST_RECIPIENTS: usize = 50;
/// A whole mail, as it is sent: files in base64.
pub const MOST_BYTES: u64 = 40 * 1000 * 1000;
/// Bytes above which a request may take its time.
const LARGE: usize = 512 * 1024;
/// What it takes to carry a mail of the largest size over a slow line.
const PATIENCE: Duration = Duration::from_secs(120);

/// Does an op.
///
/// # Errors
/// Every class of [`Failure`]; see [`errors::failure`].
pub async fn push(resend: &Resend, op: &Op, ctx: &PushContext) -> Result<Accepted, Failure> {
    let settings = &resend.settings;
    let ready = send::ready(op, &settings.own, &settings.style, ctx).await?;
    let people = ready.recipients().count();
    if people > MOST_RECIPIENTS {
        let human = format!("Resend sends one mail to {MOST_RECIPIENTS} people at most, not to {people}");
        return Err(Failure::rejected(None, human));
    }
    if ready.encoded() > MOST_BYTES {
        return Err(Failure::rejected(None, "Resend takes mails of 40 MB at most, files in base64 included"));
    }
    let name = ready.mail.name();
    let token = op.id.to_string();
    let body = serde_json::to_vec(&body(&ready, &token))
        .map_err(|e| Failure::rejected(None, format!("it cannot be written down: {e}")))?;
    drop(ready);
    let id = match once(resend, &token, &body, ctx.now).await {
        // Of the second answer only a yes counts: whatever else it is, the first request may have been carried out.
        Err(Failure::Unknown { human }) => {
            once(resend, &token, &body, ctx.now).await.map_err(|_| Failure::Unknown { human })?
        }
        other => other?,
    };
    resend.sends.put(&id, op.id, &name, ctx.now);
    let report = DeliveryReport {
        state: Delivery::Accepted,
        said: format!("queued at Resend as {}", sanitize::line(&id)),
        reason: None,
        missed: Vec::new(),
        price: None,
        at: ctx.now,
        source: DeliverySource::Answer,
    };
    let message = MessageRef::Token(op.id, Some(name));
    Ok(Accepted::State { events: vec![Event::Delivery { message, report }] })
}

/// Asks once. Answers with Resend's id of the mail.
async fn once(resend: &Resend, token: &str, body: &[u8], now: Ms) -> Result<String, Failure> {
    let url = below(&resend.settings.base, "/emails")
        .ok_or_else(|| Failure::rejected(None, "base_url makes no address"))?;
    let mut request = Request::new(Method::Post, url, Body::Bytes("application/json", body.to_vec()))
        .bearer(&resend.api_key)
        .header("idempotency-key", Secret::new(token.to_owned()));
    if body.len() > LARGE {
        request.timeout = Some(PATIENCE);
    }
    let answer = resend.http.send(request).await?;
    if !matches!(answer.status, 200 | 201) {
        return Err(errors::failure(&answer, now, false));
    }
    let told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let id = told["id"].as_str().map(str::trim).filter(|id| !id.is_empty() && id.len() <= 200);
    id.map(str::to_owned).ok_or_else(|| Failure::unknown("Resend's answer has no id: it may have been sent"))
}

/// What is asked for.
fn body(ready: &Ready, token: &str) -> Value {
    let mail = &ready.mail;
    let people = |list: &[Mailbox]| list.iter().map(person).collect::<Vec<_>>();
    let mut headers = Map::new();
    let answered = build::ids(&mail.in_reply_to);
    if !answered.is_empty() {
        headers.insert("In-Reply-To".into(), json!(angled(&answered)));
    }
    // Resend gives a mail its own Message-ID and keeps none of ours. So that answers name ours as well, it stands at the end of the chain.
    let chain = build::ids(&mail.references);
    headers.insert("References".into(), json!(angled(chain.iter().chain([&mail.message_id]))));
    let text = if ready.text.is_empty() { " " } else { ready.text.as_str() };
    let mut body = Map::new();
    body.insert("from".into(), json!(mail.from.as_ref().map(person)));
    // Somebody has to be there, also where everybody is hidden.
    let to = if mail.to.is_empty() { mail.from.iter().map(person).collect() } else { people(&mail.to) };
    body.insert("to".into(), json!(to));
    for (key, list) in [("cc", &mail.cc), ("bcc", &mail.bcc), ("reply_to", &mail.reply_to)] {
        if !list.is_empty() {
            body.insert(key.into(), json!(people(list)));
        }
    }
    body.insert("subject".into(), json!(send::subject(mail)));
    body.insert("text".into(), json!(text));
    if let Some(html) = &ready.html {
        body.insert("html".into(), json!(html));
    }
    body.insert("headers".into(), Value::Object(headers));
    body.insert("tags".into(), json!([{ "name": events::TOKEN, "value": token }]));
    if !ready.files.is_empty() {
        let files = ready.files.iter().map(|file| {
            let mut part = Map::new();
            part.insert("filename".into(), json!(file.name));
            part.insert("content".into(), json!(STANDARD.encode(&file.bytes)));
            part.insert("content_type".into(), json!(file.mime));
            if let Some(id) = &file.content_id {
                part.insert("content_id".into(), json!(id));
            }
            Value::Object(part)
        });
        body.insert("attachments".into(), files.collect());
    }
    Value::Object(body)
}

fn person(one: &Mailbox) -> String {
    mailboxes::line(std::slice::from_ref(one))
}
