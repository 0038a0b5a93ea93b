//! Sending: `POST /v3/mail/send`. There is no idempotency key, so what has no answer stays a doubt; our token travels in a custom
//! argument and in the message id, and the first event proves what the answer could not.

use super::{SendGrid, errors, events};
use crate::domain::delivery::{Delivery, DeliverySource};
use crate::domain::event::{DeliveryReport, Event, MessageRef};
use crate::domain::failure::Failure;
use crate::domain::mail::Mailbox;
use crate::domain::op::{Accepted, Op};
use crate::net::http::{Body, Method, Request};
use crate::provider::PushContext;
use crate::provider::mail::send::{self, Ready, angled};
use crate::text::mail::compose::build;
use crate::text::sanitize;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Everybody who gets one mail.
const MOST_RECIPIENTS: usize = 1_000;
/// A whole mail, as it is sent: files in base64.
pub const MOST_BYTES: u64 = 30 * 1024 * 1024;
/// Bytes above which a request may take its time.
const LARGE: usize = 512 * 1024;
/// What it takes to carry a mail of the largest size over a slow line.
const PATIENCE: Duration = Duration::from_secs(120);

/// Does an op.
///
/// # Errors
/// Every class of [`Failure`]; see [`errors::failure`].
pub async fn push(sendgrid: &SendGrid, op: &Op, ctx: &PushContext) -> Result<Accepted, Failure> {
    let settings = &sendgrid.settings;
    let ready = send::ready(op, &settings.own, &settings.style, ctx).await?;
    let people = ready.recipients().count();
    if people > MOST_RECIPIENTS {
        let human = format!("SendGrid sends one mail to {MOST_RECIPIENTS} people at most, not to {people}");
        return Err(Failure::rejected(None, human));
    }
    if ready.encoded() > MOST_BYTES {
        return Err(Failure::rejected(
            None,
            "SendGrid takes mails of 30 MB at most, files in base64 included",
        ));
    }
    let id = ready.mail.name();
    let body = serde_json::to_vec(&body(&ready, &op.id.to_string()))
        .map_err(|e| Failure::rejected(None, format!("it cannot be written down: {e}")))?;
    drop(ready);
    let large = body.len() > LARGE;
    let mut request =
        Request::new(Method::Post, sendgrid.url("/v3/mail/send")?, Body::Bytes("application/json", body))
            .bearer(&sendgrid.api_key);
    if large {
        request.timeout = Some(PATIENCE);
    }
    let answer = sendgrid.http.send(request).await?;
    if answer.status != 202 {
        return Err(errors::failure(&answer, ctx.now, false));
    }
    let said = match answer.header("x-message-id") {
        Some(theirs) => format!("queued at SendGrid as {}", sanitize::line(theirs)),
        None => "queued at SendGrid".to_owned(),
    };
    let report = DeliveryReport {
        state: Delivery::Accepted,
        said,
        reason: None,
        missed: Vec::new(),
        price: None,
        at: ctx.now,
        source: DeliverySource::Answer,
    };
    let message = MessageRef::Token(op.id, Some(id));
    Ok(Accepted::State { events: vec![Event::Delivery { message, report }] })
}

/// What is asked for.
fn body(ready: &Ready, token: &str) -> Value {
    let mail = &ready.mail;
    let mut to = Map::new();
    for (key, list) in [("to", &mail.to), ("cc", &mail.cc), ("bcc", &mail.bcc)] {
        if !list.is_empty() {
            to.insert(key.into(), list.iter().map(person).collect());
        }
    }
    // Somebody has to be there, also where everybody is hidden.
    if mail.to.is_empty() {
        to.insert("to".into(), mail.from.iter().map(person).collect());
    }
    to.insert("custom_args".into(), json!({ events::TOKEN: token }));
    let mut headers = Map::new();
    headers.insert("Message-ID".into(), json!(angled([&mail.message_id])));
    for (name, ids) in [("In-Reply-To", &mail.in_reply_to), ("References", &mail.references)] {
        let ids = build::ids(ids);
        if !ids.is_empty() {
            headers.insert(name.into(), json!(angled(&ids)));
        }
    }
    let text = if ready.text.is_empty() { " " } else { ready.text.as_str() };
    let mut content = vec![json!({ "type": "text/plain", "value": text })];
    content.extend(ready.html.iter().map(|html| json!({ "type": "text/html", "value": html })));
    let off = json!({ "enable": false });
    let mut body = json!({
        "personalizations": [to],
        "from": mail.from.as_ref().map(person),
        "subject": send::subject(mail),
        "content": content,
        "headers": headers,
        // They would change links and words, and answers to customers are not to be watched.
        "tracking_settings": { "click_tracking": off, "open_tracking": off, "subscription_tracking": off },
    });
    if let Some(all) = body.as_object_mut() {
        if let Some(reply) = mail.reply_to.first() {
            all.insert("reply_to".into(), person(reply));
        }
        if !ready.files.is_empty() {
            let files = ready.files.iter().map(|file| {
                let mut part = json!({
                    "content": STANDARD.encode(&file.bytes),
                    "type": file.mime,
                    "filename": file.name,
                    "disposition": if file.content_id.is_some() { "inline" } else { "attachment" },
                });
                if let (Some(id), Some(part)) = (&file.content_id, part.as_object_mut()) {
                    part.insert("content_id".into(), json!(id));
                }
                part
            });
            all.insert("attachments".into(), files.collect());
        }
    }
    body
}

fn person(one: &Mailbox) -> Value {
    match one.name.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => json!({ "email": one.address, "name": sanitize::line(name) }),
        None => json!({ "email": one.address }),
    }
}
