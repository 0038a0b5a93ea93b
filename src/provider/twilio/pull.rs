//! Asking: the list of messages, single messages, their files, and the search for a send whose fate is unknown.
//!
//! The list is filtered by `DateSent>`; a message that is queued has no such date and comes with a later pull, so every pull
//! goes back a day beyond the newest date seen. What is told twice is recognised by its SID. The cursor also holds the next
//! page, so that an interrupted first pull goes on where it was.

use super::address::on_channel;
use super::{Twilio, errors, map, wire};
use crate::domain::clock::Ms;
use crate::domain::event::ConversationKey;
use crate::domain::event::Event;
use crate::domain::failure::Failure;
use crate::domain::message::{AttachmentFact, MediaRef};
use crate::domain::op::{Op, OpBody};
use crate::net::http::Request;
use crate::provider::{Cursor, Page, Scope};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use url::Url;

const DAY: Ms = 86_400_000;
/// How far back the first pull goes.
const FIRST: Ms = 30 * DAY;
/// Of the first pull, what is older than this counts as seen.
const FRESH: Ms = DAY;
/// Messages in a page; the vendor allows 1000.
const PAGE_SIZE: &str = "200";
/// Pages of one pull: a guard against a list that never ends.
const MAX_PAGES: u32 = 500;
/// Pages that are read to find one send.
const LOOKUP_PAGES: u32 = 5;
/// How much earlier than the op, by the vendor's clock, its message may have been made.
const LOOKUP_SLACK: Ms = 2 * 60_000;
/// What a trial account puts before every text.
const TRIAL: &str = "Sent from your Twilio trial account - ";

/// Where a pull is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Place {
    /// The first day asked for, UTC milliseconds.
    since: Ms,
    /// The newest date seen in this pull or before.
    newest: Option<Ms>,
    /// The next page, if we are in the middle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// Pages read so far.
    #[serde(default)]
    pages: u32,
    /// Sent before this counts as seen: set while the first pull goes on.
    #[serde(default)]
    history_before: Ms,
}

impl Place {
    fn first(now: Ms) -> Place {
        Place { since: now - FIRST, history_before: now - FRESH, ..Place::default() }
    }

    fn of(cursor: &Cursor) -> Option<Place> {
        serde_json::from_str(cursor.0.as_deref()?).ok()
    }

    fn cursor(&self) -> Cursor {
        Cursor(serde_json::to_string(self).ok())
    }

    /// Where the next pull begins.
    fn done(&self) -> Place {
        let since = self.newest.map_or(self.since, |newest| newest - DAY);
        Place { since, newest: self.newest, ..Place::default() }
    }
}

/// Asks for what `scope` says.
///
/// # Errors
/// [`Failure`] without [`Failure::Unknown`]: nothing here does anything.
pub async fn pull(twilio: &Twilio, cursor: Cursor, scope: Scope, now: Ms) -> Result<Page, Failure> {
    match scope {
        Scope::Recent => {
            let place = Place::of(&cursor).filter(|p| p.next.is_some());
            list(twilio, place.unwrap_or_else(|| Place::first(now)), now).await
        }
        Scope::Since => list(twilio, Place::of(&cursor).unwrap_or_else(|| Place::first(now)), now).await,
        Scope::Object(sid) => object(twilio, cursor, &sid, now).await,
        Scope::Lookup(op) => lookup(twilio, cursor, &op, now).await,
    }
}

async fn list(twilio: &Twilio, mut place: Place, now: Ms) -> Result<Page, Failure> {
    let first = first_page(twilio, place.since)?;
    let (mut url, resumed) = match &place.next {
        Some(next) => (twilio.follow(next)?, true),
        None => (first.clone(), false),
    };
    let page: wire::MessagePage = match get(twilio, url.clone(), now).await {
        // The token of a page does not live for ever. Beginning again loses nothing.
        Err(Failure::Rejected { .. }) if resumed => {
            place.next = None;
            place.pages = 0;
            url = first;
            get(twilio, url.clone(), now).await?
        }
        other => other?,
    };

    let mut events = Vec::new();
    let mut covered = BTreeSet::new();
    // Newest first on the wire; told in the order in which it happened.
    for raw in page.messages.iter().rev() {
        let message = match serde_json::from_value::<wire::Message>(raw.clone()) {
            Ok(message) => message,
            Err(error) => {
                tracing::warn!(target: "twilio", %error, "an entry of the list cannot be read");
                continue;
            }
        };
        place.newest = place.newest.max(map::sent_at(&message));
        events.extend(told(twilio, raw, &message, None, place.history_before, now).await?);
    }
    for event in &events {
        if let Event::Message(fact) = event {
            covered.insert(fact.conversation.key.clone());
        }
    }
    place.pages += 1;
    let next = page.next_page_uri.filter(|n| !n.is_empty());
    let turns = next.as_deref().map(|n| twilio.follow(n)).transpose()?.is_some_and(|n| n == url);
    if next.is_some() && (turns || place.pages >= MAX_PAGES) {
        tracing::warn!(target: "twilio", pages = place.pages, "the list of messages does not end: stopped");
    }
    place.next = next.filter(|_| !turns && place.pages < MAX_PAGES);
    let more = place.next.is_some();
    let place = if more { place } else { place.done() };
    Ok(Page {
        events,
        cursor: place.cursor(),
        more,
        covered: covered.into_iter().collect::<Vec<ConversationKey>>(),
        progress: None,
    })
}

fn first_page(twilio: &Twilio, since: Ms) -> Result<Url, Failure> {
    let day = jiff::Timestamp::from_millisecond(since)
        .map(|t| t.strftime("%Y-%m-%d").to_string())
        .map_err(|_| Failure::rejected(None, "the clock is far off"))?;
    let mut url = twilio.url("Messages.json")?;
    url.query_pairs_mut().append_pair("DateSent>", &day).append_pair("PageSize", PAGE_SIZE);
    Ok(url)
}

/// What an entry says, its files included; nothing if it is another number's.
async fn told(
    twilio: &Twilio,
    raw: &serde_json::Value,
    message: &wire::Message,
    token: Option<crate::domain::ids::OpId>,
    history_before: Ms,
    now: Ms,
) -> Result<Vec<Event>, Failure> {
    let inbound = map::is_inbound(message);
    let ours = if inbound { &message.to } else { &message.from };
    let own = &twilio.settings.own;
    if !own.concerns(ours.as_deref(), message.messaging_service_sid.as_deref(), inbound) {
        return Ok(Vec::new());
    }
    let (files, whole) = files(twilio, message, now).await?;
    Ok(map::entry(raw, message, files, map::Taken { own, now, history_before, token, whole }))
}

/// The files of a message, and whether these are all. One whose files cannot be had holds back no other message, and is asked for
/// again with the next pull.
async fn files(
    twilio: &Twilio,
    message: &wire::Message,
    now: Ms,
) -> Result<(Vec<AttachmentFact>, bool), Failure> {
    let count = message.num_media.as_deref().and_then(|n| n.trim().parse::<usize>().ok()).unwrap_or(0);
    let Some(sid) = message.sid.as_deref().filter(|sid| count > 0 && is_name(sid)) else {
        return Ok((Vec::new(), true));
    };
    if let Some(known) = twilio.files.get(sid) {
        return Ok((known, true));
    }
    let url = twilio.url(&format!("Messages/{sid}/Media.json"))?;
    let page: wire::MediaPage = match get(twilio, url, now).await {
        Ok(page) => page,
        Err(patience @ (Failure::Auth { .. } | Failure::Transient { retry_after: Some(_), .. })) => {
            return Err(patience);
        }
        // Deleted at the vendor, or trouble with this one: the message is told without.
        Err(other) => {
            tracing::debug!("the files of a message cannot be listed: {other}");
            return Ok((Vec::new(), false));
        }
    };
    let mut files = Vec::new();
    for item in page.media_list {
        let Some(media) = item.sid.filter(|sid| is_name(sid)) else { continue };
        let path = match item.uri.as_deref().and_then(|uri| uri.strip_suffix(".json")) {
            Some(path) => twilio.follow(path)?,
            None => twilio.url(&format!("Messages/{sid}/Media/{media}"))?,
        };
        files.push(AttachmentFact {
            external_id: media,
            // The list has an order of its own, whichever; the webhook tells the message's.
            place: None,
            name: None,
            mime: item.content_type,
            size: None,
            caption: None,
            media: Some(MediaRef(path.into())),
            path: None,
            on_demand: false,
        });
    }
    let whole = files.len() >= count;
    if whole {
        twilio.files.put(sid, files.clone());
    }
    Ok((files, whole))
}

async fn object(twilio: &Twilio, cursor: Cursor, sid: &str, now: Ms) -> Result<Page, Failure> {
    if !is_name(sid) {
        return Err(Failure::rejected(None, "not an id of Twilio's"));
    }
    let raw: serde_json::Value = match get(twilio, twilio.url(&format!("Messages/{sid}.json"))?, now).await {
        Ok(raw) => raw,
        Err(Failure::Rejected { reason, .. })
            if matches!(reason.code.as_deref(), Some("20404" | "http 404")) =>
        {
            return Ok(Page { cursor, ..Page::default() });
        }
        Err(other) => return Err(other),
    };
    let message: wire::Message = serde_json::from_value(raw.clone()).unwrap_or_default();
    let (files, whole) = files(twilio, &message, now).await?;
    let taken = map::Taken { own: &twilio.settings.own, now, history_before: Ms::MIN, token: None, whole };
    Ok(Page { events: map::entry(&raw, &message, files, taken), cursor, ..Page::default() })
}

/// Looks for a send by recipient, text and time. Exactly one that fits is taken for it; with none, or two, or where the
/// list is too long to be sure, nothing is said: it stays unknown.
async fn lookup(twilio: &Twilio, cursor: Cursor, op: &Op, now: Ms) -> Result<Page, Failure> {
    let OpBody::Send { channel, to, text, attachments, .. } = &op.body else {
        return Err(Failure::Unsupported);
    };
    let nothing = Page { cursor, ..Page::default() };
    let to = on_channel(*channel, to);
    // What was scheduled may have been written days before it could leave.
    let from = op.created_at.max(op.not_before) - LOOKUP_SLACK;
    let mut url = twilio.url("Messages.json")?;
    // Without a date: what is still queued has none and would be left out.
    url.query_pairs_mut().append_pair("To", &to).append_pair("PageSize", PAGE_SIZE);
    let mut found = Vec::new();
    for _ in 0..LOOKUP_PAGES {
        let page: wire::MessagePage = get(twilio, url.clone(), now).await?;
        let mut past = page.messages.is_empty();
        for raw in page.messages {
            let Ok(message) = serde_json::from_value::<wire::Message>(raw.clone()) else { continue };
            let made = wire::date(message.date_created.as_deref()).or_else(|| map::sent_at(&message));
            past |= made.is_some_and(|made| made < from);
            let ours = twilio.settings.own.concerns(
                message.from.as_deref(),
                message.messaging_service_sid.as_deref(),
                false,
            );
            let fits = !map::is_inbound(&message)
                && ours
                && message.to.as_deref() == Some(to.as_str())
                && made.is_some_and(|made| made >= from)
                && same_text(message.body.as_deref().unwrap_or_default(), text)
                && message.num_media.as_deref().and_then(|n| n.parse().ok()).unwrap_or(0)
                    == attachments.len();
            let seen = found.iter().any(|(_, m): &(_, wire::Message)| m.sid == message.sid);
            // One to one: what is known to be another op's is not this one's.
            let sid = message.sid.as_deref().unwrap_or_default();
            let taken = twilio.sends.get(sid).is_some_and(|whose| whose != op.id);
            if fits && !sid.is_empty() && !seen && !taken {
                found.push((raw, message));
            }
        }
        let next = page.next_page_uri.filter(|n| !n.is_empty());
        let next = next.map(|n| twilio.follow(&n)).transpose()?.filter(|n| *n != url);
        match next {
            Some(next) if !past => url = next,
            _ => {
                let [(raw, message)] = found.as_slice() else { return Ok(nothing) };
                let events = told(twilio, raw, message, Some(op.id), Ms::MIN, now).await?;
                twilio.sends.put(message.sid.as_deref().unwrap_or_default(), op.id);
                return Ok(Page { events, ..nothing });
            }
        }
    }
    Ok(nothing)
}

fn same_text(theirs: &str, ours: &str) -> bool {
    let theirs = theirs.trim_end();
    let ours = ours.trim_end();
    theirs == ours || theirs.strip_prefix(TRIAL) == Some(ours)
}

/// Whether it can stand in a path as it is.
fn is_name(sid: &str) -> bool {
    !sid.is_empty() && sid.len() <= 64 && sid.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Reads one resource.
pub async fn get<T: DeserializeOwned>(twilio: &Twilio, url: Url, now: Ms) -> Result<T, Failure> {
    let answer = twilio.http.send(Request::get(url).auth(twilio.auth.clone())).await?;
    if answer.status != 200 {
        return Err(errors::failure(&answer, now, true));
    }
    serde_json::from_slice(&answer.body)
        .map_err(|error| Failure::transient(format!("Twilio's answer cannot be read: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finished_pull_begins_again_a_day_earlier() {
        let mut place = Place::first(100 * DAY);
        assert_eq!((place.since, place.history_before), (70 * DAY, 99 * DAY));
        assert_eq!(place.done().since, 70 * DAY);
        place.newest = Some(95 * DAY);
        place.next = Some("/x".into());
        place.pages = 3;
        let done = place.done();
        assert_eq!((done.since, done.next.clone(), done.pages, done.history_before), (94 * DAY, None, 0, 0));
        assert_eq!(Place::of(&done.cursor()), Some(done));
        assert_eq!(Place::of(&Cursor(Some("nonsense".into()))), None);
    }

    #[test]
    fn texts_are_compared_as_sent() {
        assert!(same_text("Hi\n", "Hi"));
        assert!(same_text("Sent from your Twilio trial account - Hi", "Hi"));
        assert!(!same_text("Hi", "hi"));
        assert!(!same_text("Hi there", "Hi"));
    }
}
