//! What the far end remembers: its message log, media, opt-outs, and a record of everything it did.

use super::faults::Faults;
use crate::domain::clock::Ms;
use crate::sandbox::random::Random;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From a customer.
    Inbound,
    /// Sent through the REST API.
    Api,
    /// Twilio's own answer to STOP or START.
    Reply,
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Taken, the sender is not chosen yet.
    Accepted,
    /// Waits to go out.
    Queued,
    /// With the carrier.
    Sent,
    /// On the handset.
    Delivered,
    /// Seen (WhatsApp).
    Read,
    /// The carrier could not.
    Undelivered,
    /// Never went out.
    Failed,
    /// Inbound.
    Received,
}

/// A line of the message log.
#[derive(Debug, Clone)]
pub struct Record {
    /// `SM…` or `MM…`.
    pub sid: String,
    /// The sender; none while a messaging service has not chosen one.
    pub from: Option<String>,
    /// The recipient.
    pub to: String,
    /// The text.
    pub body: String,
    /// Which way it went.
    pub direction: Direction,
    /// Where it stands.
    pub status: Status,
    /// Why it failed.
    pub error_code: Option<u32>,
    /// UTC milliseconds.
    pub created: Ms,
    /// UTC milliseconds.
    pub updated: Ms,
    /// When it left (UTC milliseconds); none while queued.
    pub sent: Option<Ms>,
    /// Parts that it is billed for; 0 while no sender is chosen.
    pub segments: usize,
    /// How many files it carries.
    pub num_media: usize,
    /// The messaging service, if one was named.
    pub service: Option<String>,
}

/// One message that was accepted from the REST API: the work was done, whatever the client got to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// `SM…` or `MM…`.
    pub sid: String,
    /// The recipient.
    pub to: String,
    /// The sender, or the messaging service's id.
    pub from: String,
    /// The text.
    pub body: String,
    /// URLs of its media.
    pub media_urls: Vec<String>,
    /// The template, if one was used, and its variables.
    pub content: Option<(String, String)>,
    /// Where its status was to be reported.
    pub status_callback: Option<String>,
    /// When (UTC milliseconds).
    pub at: Ms,
}

/// One webhook that was made, for a status or an inbound message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The message it is about.
    pub sid: String,
    /// `received` for an inbound message, else the status.
    pub status: String,
    /// The URL it went to.
    pub url: String,
    /// The HTTP status of the answer; none if there was no answer.
    pub answer: Option<u16>,
}

/// How many requests came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Requests {
    /// All.
    pub total: u64,
    /// `POST Messages.json`, refused ones included.
    pub sends: u64,
    /// `GET Messages.json`.
    pub lists: u64,
    /// Requests with wrong or missing credentials.
    pub unauthorized: u64,
    /// Typing indicators, by the inbound message they answer.
    pub typing: u64,
}

/// A file that a customer sent.
#[derive(Debug, Clone)]
pub(super) struct StoredMedium {
    pub(super) sid: String,
    pub(super) content_type: String,
    pub(super) bytes: Vec<u8>,
    /// The unguessable part of the address that the content redirects to.
    pub(super) ticket: String,
}

/// Log order: time of creation, then order of arrival.
pub(super) type Place = (Ms, u64);

/// Everything behind the one lock of a world.
pub(super) struct State {
    pub(super) seed: u64,
    pub(super) random: Random,
    pub(super) serial: u64,
    pub(super) log: BTreeMap<Place, Record>,
    pub(super) places: HashMap<String, Place>,
    pub(super) media: HashMap<String, Vec<StoredMedium>>,
    /// (customer, our number) pairs that may not be written to.
    pub(super) opted_out: HashSet<(String, String)>,
    /// When each (customer, our number) last wrote to us.
    pub(super) last_inbound: HashMap<(String, String), Ms>,
    pub(super) faults: Faults,
    pub(super) sent: Vec<Sent>,
    pub(super) pushed: Vec<Pushed>,
    pub(super) requests: Requests,
}

impl State {
    pub(super) fn new(seed: u64, faults: Faults) -> State {
        State {
            seed,
            random: Random::fork(seed, 1),
            serial: 0,
            log: BTreeMap::new(),
            places: HashMap::new(),
            media: HashMap::new(),
            opted_out: HashSet::new(),
            last_inbound: HashMap::new(),
            faults,
            sent: Vec::new(),
            pushed: Vec::new(),
            requests: Requests::default(),
        }
    }

    /// A new sid with this prefix; the same ones in the same order for the same seed.
    pub(super) fn fresh(&mut self, prefix: &str) -> (String, u64) {
        self.serial += 1;
        let mut own = Random::fork(self.seed, 1000 + self.serial);
        (format!("{prefix}{:016x}{:016x}", own.bits(), own.bits()), self.serial)
    }

    /// Puts a message into the log.
    pub(super) fn insert(&mut self, serial: u64, record: Record) {
        let place = (record.created, serial);
        self.places.insert(record.sid.clone(), place);
        self.log.insert(place, record);
    }

    pub(super) fn record(&self, sid: &str) -> Option<&Record> {
        self.log.get(self.places.get(sid)?)
    }

    pub(super) fn record_mut(&mut self, sid: &str) -> Option<&mut Record> {
        self.log.get_mut(self.places.get(sid)?)
    }
}
