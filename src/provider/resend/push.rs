//! Sending: `POST /emails`. Our op is the idempotency key, so what has no answer is asked for again; Resend knows keys for a day.

use super::{Resend, errors, events};
use crate::domain::clock::Ms;
use crate::domain::delivery::{Delivery, DeliverySource};
use crate::domain::event::{DeliveryReport, Event, MessageRef};
use crate::domain::failure::Failure;
use crate::domain::mail::Mailbox;
use crate::domain::op::{Accepted, Op};
use crate::domain::secret::Secret;
use crate::net::http::{Body, Method, Request, Response};
use crate::provider::PushContext;
use crate::provider::mail::bounce::short;
use crate::provider::mail::send::{self, Ready};
use crate::text::sanitize;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Everybody in one list of recipients.
const MOST_RECIPIENTS: usize = 50;
/// A whole mail, as it is sent: files in base64.
pub const MOST_BYTES: u64 = 40 * 1_000_000;
/// For how long a repetition is certainly recognised, milliseconds: a day, with room for clocks that differ.
const KEY_HOLDS: Ms = 23 * 3_600_000;
/// Bytes above which a request may take its time, and that time.
const LARGE: (usize, Duration) = (512 * 1024, Duration::from_secs(120));

/// Does an op.
///
/// # Errors
/// Every class of [`Failure`]; see [`errors::failure`].
pub async fn push(resend: &Resend, op: &Op, ctx: &PushContext) -> Result<Accepted, Failure> {
    let settings = &resend.settings;
    let ready = send::ready(op, &settings.own, &settings.style, ctx).await?;
    // It was tried and perhaps done before a long sleep of this machine: it must not be done again on a guess.
    if ctx.now.saturating_sub(op.not_before) > KEY_HOLDS {
        let human = "it was due more than a day ago, and Resend would not notice if it was sent then: look there, then send it again";
        return Err(Failure::rejected(None, human));
    }
    let lists = [&ready.mail.to, &ready.mail.cc, &ready.mail.bcc];
    if let Some(list) = lists.iter().find(|list| list.len() > MOST_RECIPIENTS) {
        let human =
            format!("Resend sends one mail to {MOST_RECIPIENTS} people at most, not to {}", list.len());
        return Err(Failure::rejected(None, human));
    }
    if ready.size().div_ceil(3) * 4 > MOST_BYTES {
        return Err(Failure::rejected(None, "Resend takes mails of 40 MB at most, files in base64 included"));
    }
    let (id, token) = (ready.mail.name(), op.id.to_string());
    let body = serde_json::to_vec(&body(&ready, &token))
        .map_err(|e| Failure::rejected(None, format!("it cannot be written down: {e}")))?;
    drop(ready);
    let large = body.len() > LARGE.0;
    let mut request =
        Request::new(Method::Post, resend.url("/emails")?, Body::Bytes("application/json", body))
            .bearer(&resend.api_key)
            .header("idempotency-key", Secret::new(token));
    if large {
        request.timeout = Some(LARGE.1);
    }
    let answer = resend.http.send(request).await?;
    let said = said(&answer, ctx.now)?;
    let report = DeliveryReport {
        state: Delivery::Accepted,
        said,
        reason: None,
        price: None,
        at: ctx.now,
        source: DeliverySource::Answer,
    };
    let message = MessageRef::Token(op.id, Some(id));
    Ok(Accepted::State { events: vec![Event::Delivery { message, report }] })
}

/// What the answer says, where it is a yes.
fn said(answer: &Response, now: Ms) -> Result<String, Failure> {
    match answer.status {
        200..=299 => {
            let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let id = body["id"].as_str().ok_or_else(|| {
                Failure::unknown("Resend said yes in a way that cannot be read: it may have been sent")
            })?;
            Ok(format!("queued at Resend as {}", short(id)))
        }
        // The key is known with another content: the settings have changed since the first try, which was taken.
        409 if errors::told(&answer.body).0.as_deref() == Some("invalid_idempotent_request") => {
            Ok("queued at Resend before".to_owned())
        }
        _ => Err(errors::failure(answer, now, false)),
    }
}

fn body(ready: &Ready, token: &str) -> Value {
    let mail = &ready.mail;
    let list = |all: &[Mailbox]| all.iter().map(person).collect::<Vec<_>>();
    let mut headers = Map::new();
    headers.insert("Message-ID".into(), json!(format!("<{}>", mail.message_id)));
    for (name, ids) in [("In-Reply-To", &mail.in_reply_to), ("References", &mail.references)] {
        if !ids.is_empty() {
            let ids: Vec<String> = ids.iter().map(|id| format!("<{id}>")).collect();
            headers.insert(name.into(), json!(ids.join(" ")));
        }
    }
    let mut body = json!({
        "from": mail.from.as_ref().map(person),
        // Somebody has to be there, also where everybody is hidden.
        "to": if mail.to.is_empty() { mail.from.iter().map(person).collect() } else { list(&mail.to) },
        "subject": sanitize::line(mail.subject.trim()),
        "text": ready.text,
        "headers": headers,
        "tags": [{ "name": events::TOKEN, "value": token }],
    });
    if let Some(all) = body.as_object_mut() {
        for (key, people) in [("cc", &mail.cc), ("bcc", &mail.bcc), ("reply_to", &mail.reply_to)] {
            if !people.is_empty() {
                all.insert(key.into(), json!(list(people)));
            }
        }
        if let Some(html) = &ready.html {
            all.insert("html".into(), json!(html));
        }
        if !ready.files.is_empty() {
            let files = ready.files.iter().map(|file| {
                let mut part = json!({
                    "filename": file.name,
                    "content": STANDARD.encode(&file.bytes),
                    "content_type": file.mime,
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

/// An address as it stands in a header, with its name in quotation marks (RFC 5322, section 3.2.4).
fn person(one: &Mailbox) -> String {
    match one.name.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => {
            let name: String = sanitize::line(name).chars().filter(|c| !matches!(c, '"' | '\\')).collect();
            format!("\"{name}\" <{}>", one.address)
        }
        None => one.address.clone(),
    }
}
