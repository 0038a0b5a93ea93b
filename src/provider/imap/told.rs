//! From a mail as it lies in its folder to facts: what the folder and the flags add to what the mail itself says.

use super::Imap;
use super::fetch::Place as FilePlace;
use super::fetched::Flags;
use super::folders::Role;
use super::known::Spot;
use crate::domain::account::Channel;
use crate::domain::clock::Ms;
use crate::domain::conversation::Status;
use crate::domain::delivery::{Delivery, DeliverySource};
use crate::domain::event::{
    ConversationFact, ConversationKey, DeliveryReport, Event, MessageFact, MessageRef,
};
use crate::domain::facet::Facet;
use crate::domain::mail::Mail;
use crate::domain::message::{Direction, MediaRef};
use crate::domain::rev::{Rev, Stamped};
use crate::provider::mail::fact::{self, Taken};
use crate::text::mail::parse::parse;
use crate::text::mail::parsed::{Feature, MailFile, Parsed};
use crate::text::sanitize;
use serde_json::{Map, json};
use std::collections::HashMap;
use std::sync::Arc;

/// A conversation of which nothing is newer than this was over before the account was connected.
const OVER: Ms = 30 * 86_400_000;
/// Ranks of what is said of a conversation by its first mails.
const IS_OVER: u16 = 0;
const IS_ALIVE: u16 = 1;
const BY_FOLDER: u16 = 2;

/// A folder that is read, and what its mail is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Its name.
    pub name: Arc<str>,
    /// What it is for; none = for mail that comes in.
    pub role: Option<Role>,
    /// Whether it shows every mail (Gmail), those that we sent among them.
    pub shows_all: bool,
}

/// A mail as it lies in its folder.
pub struct Lying<'a> {
    /// In which folder.
    pub reading: &'a Reading,
    /// What numbers count in there.
    pub validity: u32,
    /// Its number.
    pub uid: u32,
    /// Its flags.
    pub flags: Flags,
    /// When it came there, UTC milliseconds.
    pub arrived: Ms,
    /// Its bytes, or the beginning of them.
    pub raw: &'a [u8],
    /// What else is known of it, where its bytes are not all of it.
    pub large: Option<Large>,
}

impl Lying<'_> {
    /// Whether it was not sent, or is thrown away.
    fn is_nothing(&self) -> bool {
        self.flags.draft || self.flags.deleted
    }
}

/// What is known of a mail of which only the words were read. Nothing, where the server did not say how it is built: then it was read at
/// its beginning.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Large {
    /// Bytes of its parts, by their numbers.
    pub sizes: HashMap<String, u64>,
    /// Parts of which not all the words were read: their numbers and media types.
    pub cut: Vec<(String, String)>,
}

impl Large {
    /// Says what is missing, and where the whole can be had.
    fn complete(&self, parsed: &mut Parsed) {
        let is_described = !self.sizes.is_empty();
        for (number, mime) in &self.cut {
            if parsed.files.iter().all(|file| file.part != *number) {
                let name = if mime == "text/html" { "text.html" } else { "text.txt" };
                let (part, name, mime) = (number.clone(), Some(name.to_owned()), Some(mime.clone()));
                parsed.files.push(MailFile { part, name, mime, ..MailFile::default() });
            }
        }
        let is_cut = !is_described || !self.cut.is_empty();
        let is_told = parsed.features.iter().any(|feature| matches!(feature, Feature::Cut { .. }));
        if is_cut && !is_told {
            parsed.features.push(Feature::Cut { is_kept: is_described });
        }
    }
}

/// When, and in what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Now: when the pull began, UTC milliseconds.
    pub now: Ms,
    /// When the account was connected, UTC milliseconds.
    pub connected: Ms,
    /// Whether the mail may be known already: then that it is unseen is no news.
    pub again: bool,
}

/// What a mail says. Nothing, where it was not sent or is thrown away.
pub fn events(imap: &Imap, lying: Lying<'_>, moment: Moment) -> Vec<Event> {
    if lying.is_nothing() {
        return Vec::new();
    }
    let mut parsed = parse(lying.raw);
    if let Some(large) = &lying.large {
        large.complete(&mut parsed);
    }
    told(imap, &lying, &parsed, moment)
}

/// What is told of a mail that cannot be read: whose it is by its head, where at least that could be had.
pub fn unread(imap: &Imap, lying: Lying<'_>, moment: Moment) -> Vec<Event> {
    if lying.is_nothing() {
        return Vec::new();
    }
    let Reading { name, .. } = lying.reading;
    let mut parsed = match lying.raw.trim_ascii() {
        // Its place names it.
        [] => parse(format!("Comments: {name:?} {} {}\r\n\r\n", lying.validity, lying.uid).as_bytes()),
        _ => parse(lying.raw),
    };
    parsed.text = format!(
        "This mail could not be read. It lies in the folder \u{201c}{}\u{201d} of the mailbox: open it there with another mail program.",
        sanitize::line(name)
    );
    (parsed.files, parsed.features, parsed.mail.html) = Default::default();
    let mut events = told(imap, &lying, &parsed, moment);
    for event in &mut events {
        if let Event::Message(fact) = event {
            // Once it can be read, that counts.
            fact.rev.at -= 1;
        }
    }
    events
}

fn told(imap: &Imap, lying: &Lying<'_>, parsed: &Parsed, moment: Moment) -> Vec<Event> {
    let own = &imap.settings.own;
    let is_sent = lying.reading.role == Some(Role::Sent);
    let is_old = lying.arrived < moment.connected;
    let put_away = matches!(lying.reading.role, Some(Role::Sent | Role::Archive));
    let id = parsed.mail.message_id.clone();
    let whole = lying.large.as_ref().is_none_or(|large| large.sizes.is_empty());
    let media = |file: &MailFile| -> Option<MediaRef> {
        let place = FilePlace {
            folder: lying.reading.name.to_string(),
            validity: lying.validity,
            uid: lying.uid,
            part: file.part.clone(),
            message_id: id.clone(),
            whole,
        };
        place.media()
    };
    let mut more = Map::new();
    more.insert("folder".into(), json!(&*lying.reading.name));
    let report = DeliveryReport {
        state: Delivery::Accepted,
        said: "in the folder of what was sent".into(),
        reason: None,
        missed: Vec::new(),
        price: None,
        at: lying.arrived,
        source: DeliverySource::Pull,
    };
    // The server tells whole seconds. It came at some moment of this one: an answer of the same second belongs below what it answers.
    let arrived = if is_old { lying.arrived } else { lying.arrived.saturating_add(999) };
    let taken = Taken {
        is_sent,
        is_proved: lying.reading.shows_all,
        // What was there before us may be as old as it says.
        is_new: !is_old,
        history: is_old && (lying.flags.seen || put_away),
        delivery: is_sent.then_some(report),
        more,
        media: &media,
        ..Taken::now(own, arrived.min(moment.now), DeliverySource::Pull)
    };
    let mut events = fact::events(parsed, taken);
    let is_outbound =
        |event: &Event| matches!(event, Event::Message(fact) if fact.direction == Direction::Outbound);
    if lying.reading.shows_all && events.iter().any(is_outbound) {
        // What we sent is told by the folder for that.
        return Vec::new();
    }
    let mut seen = Vec::new();
    for event in &mut events {
        let Event::Message(fact) = event else { continue };
        // Of what the server says alone: whenever it is read again, it stands in the same order to what was read before.
        fact.rev.at = -lying.arrived.min(moment.now);
        if let Some(large) = &lying.large {
            for file in &mut fact.attachments {
                file.size = large.sizes.get(&file.external_id).copied();
            }
        }
        let status = match lying.reading.role {
            Some(Role::Junk) => Some(Status::Spam),
            Some(Role::Archive) => Some(Status::Resolved),
            _ => None,
        };
        fact.conversation.facets.extend(status.map(|status| at_the_beginning(status, BY_FOLDER)));
        if !is_sent {
            let spot = Spot { folder: lying.reading.name.clone(), validity: lying.validity, uid: lying.uid };
            imap.known.put(&fact.external_id, spot);
        }
        if fact.direction == Direction::Inbound {
            seen.extend(first_seen(fact, lying.flags, lying.arrived, moment));
        }
    }
    events.extend(seen);
    events
}

/// A status that holds only until anybody says something else. Of several the higher rank counts, in whichever order they are read:
/// where a mail lies says more than how old it is, and one mail that is not over keeps its whole thread open.
fn at_the_beginning(status: Status, rank: u16) -> Stamped<Facet> {
    Stamped { value: Facet::Status { status, until: None }, rev: Rev { at: 0, rank } }
}

/// Whether a mail that is read for the first time was seen. That it was not says little: it holds since the mail came, no longer.
fn first_seen(fact: &MessageFact, flags: Flags, arrived: Ms, moment: Moment) -> Option<Event> {
    if moment.again && !flags.seen {
        return None;
    }
    let at = if flags.seen { moment.now } else { arrived };
    Some(seen(&fact.external_id, flags.seen, at))
}

/// That a mail is seen or not, as its flag says.
pub fn seen(external_id: &str, value: bool, at: Ms) -> Event {
    Event::Seen {
        message: MessageRef::External(external_id.to_owned()),
        // What the server says goes before what was said here in the same moment.
        state: Stamped { value, rev: Rev { at, rank: 1 } },
    }
}

/// The name of a mail that came in, by the lines of its head that name it; none where they do not.
pub fn name_of(head: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(head);
    if !text.to_ascii_lowercase().contains("message-id:") {
        return None;
    }
    let mail: Mail = parse(head).mail;
    (!mail.message_id.is_empty()).then(|| fact::external_id(&mail, true))
}

/// Says of every mail whether it was over before the account was connected, so that a first sync does not open all that ever was. Each
/// is judged alone: pages, restarts and the order in which they are read change nothing.
pub fn close_what_is_over(events: &mut [Event], now: Ms) {
    for event in events {
        let Event::Message(fact) = event else { continue };
        if has_status(&fact.conversation) {
            continue;
        }
        let is_recent = fact.sent_at >= now.saturating_sub(OVER);
        let status = match (fact.history, is_recent) {
            (true, false) => at_the_beginning(Status::Resolved, IS_OVER),
            (true, true) => at_the_beginning(Status::Open, IS_ALIVE),
            (false, _) if fact.direction == Direction::Inbound => at_the_beginning(Status::Open, IS_ALIVE),
            // What we write since opens nothing.
            (false, _) => continue,
        };
        fact.conversation.facets.push(status);
    }
}

fn has_status(conversation: &ConversationFact) -> bool {
    conversation.facets.iter().any(|facet| matches!(facet.value, Facet::Status { .. }))
}

/// The conversation that a first mail to an address begins.
pub fn conversation_with(imap: &Imap, channel: Channel, to: &str) -> Option<ConversationFact> {
    if channel != Channel::Email {
        return None;
    }
    let email = crate::text::address::email(to)?;
    Some(ConversationFact {
        key: ConversationKey(format!("mail:to:{}", email.folded)),
        channel,
        party: crate::domain::contact::Party {
            identities: vec![fact::identity(&email.folded)],
            name: None,
            claims: Vec::new(),
            said: None,
        },
        ours: imap.settings.address().to_owned(),
        theirs: email.kept,
        facets: Vec::new(),
    })
}
