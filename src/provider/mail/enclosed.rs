//! A mail that was pushed to us whole: its facts, and its files, which come along. Pure.

use crate::domain::clock::Ms;
use crate::domain::delivery::{Delivery, DeliverySource};
use crate::domain::event::{DeliveryReport, Event};
use crate::provider::mail::fact::{self, Taken};
use crate::provider::{Enclosed, Ingest};
use crate::text::mail::parsed::Parsed;

/// What a mail says, with its files.
pub fn ingest(mut parsed: Parsed, taken: Taken<'_>) -> Ingest {
    let files: Vec<_> = parsed
        .files
        .iter_mut()
        .map(|file| (file.part.clone(), file.bytes.len(), std::mem::take(&mut file.bytes)))
        .collect();
    let mut events = fact::events(&parsed, taken);
    let mut enclosed = Vec::new();
    if let Some(Event::Message(message)) = events.first_mut() {
        for (attachment, size, bytes) in files {
            if let Some(fact) = message.attachments.iter_mut().find(|a| a.external_id == attachment) {
                fact.size = Some(size as u64);
            }
            enclosed.push(Enclosed { message: message.external_id.clone(), attachment, bytes });
        }
    }
    Ingest { events, files: enclosed, ..Ingest::default() }
}

/// How far a mail of ours is that comes in here: it has left.
pub fn came_back(at: Ms, source: DeliverySource) -> DeliveryReport {
    DeliveryReport {
        state: Delivery::Accepted,
        said: "came back to us".into(),
        reason: None,
        missed: Vec::new(),
        price: None,
        at,
        source,
    }
}
