//! One mail that came in: asked for by its id, read from its own bytes, and where these cannot be had put together from what Resend has
//! taken apart (Resend, "Retrieve received email").

use super::Resend;
use super::ask::{addresses, ask};
use super::fetch::{self, Place as FilePlace};
use crate::domain::clock::Ms;
use crate::domain::delivery::{Delivery, DeliverySource};
use crate::domain::event::{DeliveryReport, Event};
use crate::domain::failure::Failure;
use crate::domain::message::{AttachmentFact, MessageKind};
use crate::provider::mail::fact::{self, Taken};
use crate::provider::mail::pieces::Pieces;
use crate::text::mail::parse::parse;
use crate::text::mail::parsed::{MailFile, Parsed};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tracing::debug;

/// How often the bytes of a mail are asked for in vain before it is put together from its pieces.
const TRIES: u32 = 3;
/// Mails whose bytes were asked for in vain that are remembered.
const REMEMBERED: usize = 100;

/// How often the bytes of mails could not be had: one that never comes must not hold up all that are behind it.
#[derive(Debug, Default)]
pub struct Tries(Mutex<HashMap<String, u32>>);

impl Tries {
    /// It was in vain again. Answers whether it is to be tried once more.
    fn again(&self, id: &str) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REMEMBERED && !all.contains_key(id) {
            all.clear();
        }
        let tries = all.entry(id.to_owned()).or_default();
        *tries += 1;
        *tries < TRIES
    }
}

/// When a mail came, and since when mail is no history.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// When it came, UTC milliseconds.
    pub arrived: Ms,
    /// What came before counts as seen, UTC milliseconds.
    pub history_before: Ms,
    /// Now, UTC milliseconds.
    pub now: Ms,
}

/// What the mail of that id says.
///
/// # Errors
/// Every class of [`Failure`] but [`Failure::Unknown`].
pub async fn events(resend: &Resend, id: &str, moment: Moment) -> Result<Vec<Event>, Failure> {
    // Pictures stay where they are: as part of the HTML they would make it many times as long.
    let told = ask(resend, &format!("/emails/receiving/{id}"), &[("html_format", "cid")], moment.now).await?;
    let raw = match fetch::raw(resend, &told).await {
        Ok(raw) => raw,
        Err(Failure::Rejected { reason, .. }) => {
            debug!("the bytes of a mail cannot be had: {}", reason.human);
            None
        }
        Err(failure) if resend.tries.again(id) => return Err(failure),
        Err(failure) => {
            debug!("the bytes of a mail do not come: {failure}");
            None
        }
    };
    let envelope_to = addresses(&told["received_for"]);
    let mut more = Map::new();
    more.insert("resend_id".into(), json!(id));
    let part = |file: &MailFile| FilePlace::part(id, &file.part).media();
    let taken = Taken {
        is_new: true,
        envelope_to: &envelope_to,
        history: moment.arrived < moment.history_before,
        delivery: Some(DeliveryReport {
            state: Delivery::Accepted,
            said: "came back to us".into(),
            reason: None,
            missed: Vec::new(),
            price: None,
            at: moment.arrived,
            source: DeliverySource::Pull,
        }),
        more,
        media: &part,
        ..Taken::now(&resend.settings.own, moment.arrived.min(moment.now), DeliverySource::Pull)
    };
    match raw {
        Some(raw) => Ok(fact::events(&parse(&raw), taken)),
        None => Ok(apart(id, &told, taken)),
    }
}

/// What a mail says of which only the pieces can be had. Its files can be had one by one.
fn apart(id: &str, told: &Value, taken: Taken<'_>) -> Vec<Event> {
    let parsed = together(told);
    let mut events = fact::events(&parsed, taken);
    if let Some(Event::Message(message)) = events.first_mut() {
        let files = told["attachments"]
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
            .filter_map(|(at, file)| attachment(id, at, file));
        message.attachments = files.collect();
        if !message.attachments.is_empty() && message.kind == MessageKind::Text {
            message.kind = MessageKind::Attachment;
        }
    }
    events
}

fn together(told: &Value) -> Parsed {
    let text = |key: &str| told[key].as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
    let mut head = String::new();
    for (name, value) in told["headers"].as_object().into_iter().flatten() {
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b':');
        let values = addresses(value);
        for value in values.iter().filter(|_| is_name) {
            let value = value.split(['\r', '\n']).map(str::trim).collect::<Vec<_>>().join(" ");
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    let list = |key: &str| addresses(&told[key]).join(", ");
    let pieces = Pieces {
        head,
        more: vec![
            ("From", text("from").unwrap_or_default()),
            ("To", list("to")),
            ("Cc", list("cc")),
            ("Reply-To", list("reply_to")),
            ("Subject", text("subject").unwrap_or_default()),
            ("Message-ID", text("message_id").unwrap_or_default()),
        ],
        text: text("text"),
        html: text("html"),
        files: Vec::new(),
    };
    parse(&pieces.together())
}

fn attachment(id: &str, at: usize, file: &Value) -> Option<AttachmentFact> {
    let text =
        |key: &str| file[key].as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let own = text("id")?;
    let media = FilePlace::file(id, &own).media();
    Some(AttachmentFact {
        external_id: own,
        place: u16::try_from(at).ok(),
        name: text("filename"),
        mime: text("content_type").map(|mime| mime.to_lowercase()),
        size: file["size"].as_u64(),
        caption: None,
        on_demand: media.is_some(),
        media,
        path: None,
    })
}
