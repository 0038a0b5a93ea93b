//! Mails that came in: the list of Resend's Receiving API, newest first, and each mail whole (Resend, "Retrieve received email").
//!
//! A cursor knows the newest mail that was read before, and, while a page is being read, how far down the list that is. A mail is read
//! at a time, and what was read is kept when a later one cannot be had: the next page begins behind it.

use super::{Resend, errors, events};
use crate::domain::clock::Ms;
use crate::domain::delivery::DeliverySource;
use crate::domain::event::Event;
use crate::domain::failure::Failure;
use crate::domain::message::MediaRef;
use crate::net::http::Request;
use crate::provider::mail::fact::{self, Taken};
use crate::provider::mail::pieces::Pieces;
use crate::provider::{Cursor, Media, Page, Scope};
use crate::text::mail::parse::parse;
use crate::text::mail::parsed::{MailFile, Parsed};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::Url;

/// Mails of one page: few, since each takes two more requests and those are counted.
const PAGE: usize = 10;
/// The largest mail that is read, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;
/// How much older than the newest that was read a mail may be without being known, milliseconds. A list whose known mail is gone ends there.
const OVERLAP: Ms = 24 * 3_600_000;

/// How far the list was read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Place {
    /// The newest mail of the last time that the list was read to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    known: Option<Mark>,
    /// The newest mail of this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    newest: Option<Mark>,
    /// Behind which mail it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    id: String,
    at: Ms,
}

/// Asks for news.
///
/// # Errors
/// Those of reading.
pub async fn pull(resend: &Resend, cursor: Cursor, scope: Scope, now: Ms) -> Result<Page, Failure> {
    match scope {
        Scope::Recent | Scope::Since => list(resend, cursor, now).await,
        // A send in doubt is repeated with its key, and tells of itself by webhook.
        Scope::Object(_) | Scope::Lookup(_) => Ok(Page { cursor, ..Page::default() }),
    }
}

async fn list(resend: &Resend, cursor: Cursor, now: Ms) -> Result<Page, Failure> {
    let mut place: Place =
        cursor.0.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let mut url = resend.url("/emails/receiving")?;
    url.query_pairs_mut().append_pair("limit", &PAGE.to_string());
    if let Some(after) = &place.after {
        url.query_pairs_mut().append_pair("after", after);
    }
    let told = get(resend, url, now).await?;
    let listed = told["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    let more = told["has_more"].as_bool().unwrap_or(false);
    let (mut events, mut done) = (Vec::new(), !more || listed.is_empty());
    for entry in listed {
        // What has no id cannot be asked for, and is none of what is documented.
        let Some(id) = entry["id"].as_str() else { continue };
        let at = events::time(&entry["created_at"]).unwrap_or(now);
        if place.known.as_ref().is_some_and(|known| known.id == id || at < known.at - OVERLAP) {
            done = true;
            break;
        }
        match mail(resend, id, now).await {
            Ok(told) => events.push(told),
            // It is gone: nothing is told of it, and it does not stand in the way of others.
            Err(Failure::Rejected { .. }) => {}
            Err(failure) if events.is_empty() => return Err(failure),
            // What was read is kept; the next page tells of the trouble, if it lasts.
            Err(_) => {
                done = false;
                break;
            }
        }
        place.newest.get_or_insert_with(|| Mark { id: id.to_owned(), at });
        place.after = Some(id.to_owned());
    }
    if done {
        let known = place.newest.or(place.known);
        place = Place { known, ..Place::default() };
    }
    let next = serde_json::to_string(&place).ok();
    // In the order in which they came.
    let events = events.into_iter().rev().flatten().collect();
    Ok(Page { events, cursor: Cursor(next), more: !done, ..Page::default() })
}

/// A mail that came in, as facts.
async fn mail(resend: &Resend, id: &str, now: Ms) -> Result<Vec<Event>, Failure> {
    let told = described(resend, id, now).await?;
    let parsed = match raw(resend, &told).await? {
        Some(bytes) => parse(&bytes),
        None => pieced(&told),
    };
    let arrived = events::time(&told["created_at"]).unwrap_or(now);
    let list = |key: &str| {
        let all = told[key].as_array().into_iter().flatten().filter_map(Value::as_str);
        all.map(str::to_owned).collect::<Vec<_>>()
    };
    let envelope_to = list("to");
    let mut more = Map::new();
    more.insert("resend_id".into(), json!(id));
    let media = |file: &MailFile| Some(MediaRef(format!("{id}#{}", file.part)));
    let taken = Taken {
        longest_way: Some(fact::LONGEST_WAY),
        envelope_to: &envelope_to,
        more,
        media: &media,
        ..Taken::now(&resend.settings.own, arrived, DeliverySource::Pull)
    };
    let mut events = fact::events(&parsed, taken);
    if let Some(Event::Message(message)) = events.first_mut() {
        // Mails are kept there for a while only.
        message.attachments.iter_mut().for_each(|file| file.on_demand = false);
    }
    Ok(events)
}

async fn described(resend: &Resend, id: &str, now: Ms) -> Result<Value, Failure> {
    let mut url = resend.url("/emails/receiving")?;
    url.path_segments_mut().map_err(|()| Failure::rejected(None, "base_url makes no address"))?.push(id);
    url.query_pairs_mut().append_pair("html_format", "cid");
    get(resend, url, now).await
}

/// The whole mail; none where there is no such thing of it.
async fn raw(resend: &Resend, told: &Value) -> Result<Option<Vec<u8>>, Failure> {
    let Some(url) = told["raw"]["download_url"].as_str() else { return Ok(None) };
    let url = Url::parse(url).map_err(|_| Failure::transient("Resend tells of a mail at no address"))?;
    let settings = &resend.settings;
    let allow =
        |url: &Url| (settings.base_is_ours && url.origin() == settings.base.origin()) || is_store(url);
    // The address itself is the permission: the key stays here.
    match resend.http.download(&url, &allow, None, LARGEST).await {
        Ok(file) => Ok(Some(file.bytes)),
        // It is gone, or larger than what is kept: what is left of it is told all the same.
        Err(Failure::Rejected { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}

/// Where Resend keeps mails.
fn is_store(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let below = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    url.scheme() == "https" && url.port().is_none() && (below("resend.com") || below("cloudfront.net"))
}

/// A mail of which only the description is left.
fn pieced(told: &Value) -> Parsed {
    let text = |key: &str| told[key].as_str().map(str::to_owned).filter(|text| !text.trim().is_empty());
    let list = |key: &str| {
        let all: Vec<&str> = told[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        (!all.is_empty()).then(|| all.join(", "))
    };
    let head = told["headers"].as_object().into_iter().flatten().filter_map(|(name, value)| {
        let value = value.as_str()?.split(['\r', '\n']).collect::<Vec<_>>().join(" ");
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b':');
        is_name.then(|| format!("{name}: {value}\n"))
    });
    let mut more: Vec<(&'static str, String)> = Vec::new();
    more.extend(text("from").map(|from| ("From", from)));
    more.extend(list("to").map(|to| ("To", to)));
    more.extend(list("cc").map(|cc| ("Cc", cc)));
    more.extend(list("reply_to").map(|to| ("Reply-To", to)));
    more.extend(text("subject").map(|subject| ("Subject", subject)));
    more.extend(text("message_id").map(|id| ("Message-ID", id)));
    let pieces =
        Pieces { head: head.collect(), more, text: text("text"), html: text("html"), files: Vec::new() };
    let mut parsed = parse(&pieces.together());
    if told["attachments"].as_array().is_some_and(|files| !files.is_empty()) {
        parsed.defects.push("Resend has its words only: the files are gone".into());
    }
    parsed
}

/// Fetches a file of a mail: the mail is read again for it.
///
/// # Errors
/// Those of reading; [`Failure::Rejected`] where there is no such file.
pub async fn fetch(resend: &Resend, media: &MediaRef, cap: u64) -> Result<Media, Failure> {
    let gone = || Failure::rejected(None, "Resend has the file no more");
    let (id, part) = media.0.split_once('#').ok_or_else(gone)?;
    if !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Err(gone());
    }
    let told = described(resend, id, Ms::MAX).await?;
    let bytes = raw(resend, &told).await?.ok_or_else(gone)?;
    let file = parse(&bytes).files.into_iter().find(|file| file.part == part).ok_or_else(gone)?;
    if file.bytes.len() as u64 > cap {
        return Err(Failure::rejected(None, "the file is larger than what is kept"));
    }
    Ok(Media { bytes: file.bytes, mime: file.mime, name: file.name })
}

/// Reads something.
///
/// # Errors
/// See [`errors::failure`].
pub async fn get(resend: &Resend, url: Url, now: Ms) -> Result<Value, Failure> {
    let answer = resend.http.send(Request::get(url).bearer(&resend.api_key)).await?;
    if answer.status != 200 {
        return Err(errors::failure(&answer, now, true));
    }
    serde_json::from_slice(&answer.body)
        .map_err(|_| Failure::transient("Resend answered with something that cannot be read"))
}
