//! Messages from customers: they enter the log, and a signed webhook tells of them.

use super::log::{Direction, Pushed, Record, State, Status, StoredMedium};
use super::wire::{self, API};
use super::{TwilioWorld, sign};
use crate::domain::clock::Ms;
use crate::sandbox::random::Random;

/// Where inbound messages are reported.
#[derive(Debug, Clone)]
pub struct Hook {
    /// The address that is called.
    pub url: String,
    /// The address that Twilio believes it calls and therefore signs: another one behind a tunnel.
    pub signed_as: Option<String>,
}

impl<T: Into<String>> From<T> for Hook {
    fn from(url: T) -> Hook {
        Hook { url: url.into(), signed_as: None }
    }
}

/// A file that a customer sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Medium {
    /// Its MIME type.
    pub content_type: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// A place that a customer shares (WhatsApp).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Degrees north, as text.
    pub latitude: String,
    /// Degrees east, as text.
    pub longitude: String,
    /// Its postal address.
    pub address: String,
    /// Its name.
    pub label: String,
}

/// What becomes of the webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Push {
    /// It is made once and signed right.
    #[default]
    Signed,
    /// It is made twice.
    Twice,
    /// Its signature is wrong.
    BadSignature,
    /// It has no signature.
    Unsigned,
    /// It is never made: only the log has the message.
    Lost,
}

/// What an inbound message may have besides a text.
#[derive(Debug, Clone, Default)]
pub struct Extra {
    /// The name that a WhatsApp user shows.
    pub profile_name: Option<String>,
    /// Files.
    pub media: Vec<Medium>,
    /// A shared place.
    pub location: Option<Location>,
    /// Further parameters, as they are; a name that exists already is replaced.
    pub more: Vec<(String, String)>,
    /// When it was written, if not now (UTC milliseconds).
    pub at: Option<Ms>,
    /// What becomes of the webhook.
    pub push: Push,
}

/// The answer to a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Its `Content-Type`, or nothing.
    pub content_type: String,
    /// Its body.
    pub body: String,
}

/// An inbound message that was made.
#[derive(Debug, Clone)]
pub struct Inbound {
    /// Its `SM…` or `MM…`.
    pub sid: String,
    /// What the webhook was called with.
    pub params: Vec<(String, String)>,
    /// The answers; fewer than calls when some had none.
    pub answers: Vec<HookAnswer>,
}

/// What a customer may write alone to be left alone (Twilio, "Default keywords").
const STOP: [&str; 8] = ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"];
/// What lifts it.
const START: [&str; 3] = ["START", "YES", "UNSTOP"];

impl State {
    pub(super) fn store_medium(&mut self, message: &str, content_type: String, bytes: Vec<u8>) -> String {
        let (sid, serial) = self.fresh("ME");
        let mut own = Random::fork(self.seed, 0x7469_636b_0000 + serial);
        let ticket = format!("{:016x}{:016x}", own.bits(), own.bits());
        let medium = StoredMedium { sid: sid.clone(), content_type, bytes, ticket };
        self.media.entry(message.to_owned()).or_default().push(medium);
        sid
    }

    /// Twilio's own handling of the opt-out keywords of SMS. It answers by itself, and the answer is in the log.
    fn keyword(&mut self, from: &str, to: &str, body: &str, now: Ms) {
        let word = body.trim().to_ascii_uppercase();
        let pair = (from.to_owned(), to.to_owned());
        let answer = if STOP.contains(&word.as_str()) && self.opted_out.insert(pair.clone()) {
            "You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe."
        } else if START.contains(&word.as_str()) && self.opted_out.remove(&pair) {
            "You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe."
        } else {
            return;
        };
        let (sid, serial) = self.fresh("SM");
        self.insert(
            serial,
            Record {
                sid,
                from: Some(to.to_owned()),
                to: from.to_owned(),
                body: answer.to_owned(),
                direction: Direction::Reply,
                status: Status::Delivered,
                error_code: None,
                created: now,
                updated: now,
                sent: Some(now),
                segments: wire::segments(answer),
                num_media: 0,
                service: None,
            },
        );
    }
}

impl TwilioWorld {
    /// A customer writes: the message enters the log, and then the hook is called.
    /// `from` and `to` carry the prefix `whatsapp:` on WhatsApp.
    pub async fn inbound(&self, hook: &Hook, from: &str, to: &str, body: &str, extra: Extra) -> Inbound {
        let (sid, params) = self.enter(from, to, body, &extra);
        let answers = match extra.push {
            Push::Lost => Vec::new(),
            push => self.inbound_raw(hook, &params, push).await,
        };
        Inbound { sid, params, answers }
    }

    /// Calls the hook with just these parameters, signed as `push` says. The log does not change.
    pub async fn inbound_raw(&self, hook: &Hook, params: &[(String, String)], push: Push) -> Vec<HookAnswer> {
        let token = &self.shared.options.auth_token;
        let signed = hook.signed_as.as_deref().unwrap_or(&hook.url);
        let (signature, times) = match push {
            Push::Signed => (Some(sign::signature(token, signed, params)), 1),
            Push::Twice => (Some(sign::signature(token, signed, params)), 2),
            Push::BadSignature => (Some(sign::signature("another token", signed, params)), 1),
            Push::Unsigned => (None, 1),
            Push::Lost => (None, 0),
        };
        let sid = params.iter().find(|(name, _)| name == "MessageSid");
        let sid = sid.map(|(_, sid)| sid.clone()).unwrap_or_default();
        let mut answers = Vec::new();
        for _ in 0..times {
            let answer = self.shared.post(&hook.url, params, signature.as_deref()).await;
            self.shared.far.state().pushed.push(Pushed {
                sid: sid.clone(),
                status: "received".into(),
                url: hook.url.clone(),
                answer: answer.as_ref().map(|(status, _, _)| *status),
            });
            self.shared.far.bump();
            if let Some((status, content_type, body)) = answer {
                answers.push(HookAnswer { status, content_type, body });
            }
        }
        answers
    }

    /// Writes the message down and says with what the hook is to be called.
    fn enter(&self, from: &str, to: &str, body: &str, extra: &Extra) -> (String, Vec<(String, String)>) {
        let now = self.shared.now();
        let at = extra.at.unwrap_or(now);
        let account = &self.shared.options.account_sid;
        let mut state = self.shared.far.state();
        let (sid, serial) = state.fresh(if extra.media.is_empty() { "SM" } else { "MM" });
        let mut media = Vec::new();
        for medium in &extra.media {
            let stored = state.store_medium(&sid, medium.content_type.clone(), medium.bytes.clone());
            let url = format!("{}/{API}/Accounts/{account}/Messages/{sid}/Media/{stored}", self.shared.base);
            media.push((url, medium.content_type.clone()));
        }
        state.insert(
            serial,
            Record {
                sid: sid.clone(),
                from: Some(from.to_owned()),
                to: to.to_owned(),
                body: body.to_owned(),
                direction: Direction::Inbound,
                status: Status::Received,
                error_code: None,
                created: at,
                updated: at,
                sent: Some(at),
                segments: wire::segments(body),
                num_media: media.len(),
                service: None,
            },
        );
        let last = state.last_inbound.entry((from.to_owned(), to.to_owned())).or_insert(at);
        *last = at.max(*last);
        if !from.starts_with("whatsapp:") {
            state.keyword(from, to, body, now);
        }
        drop(state);
        self.shared.far.bump();
        let params = params(account, &sid, (from, to), body, &media, extra);
        (sid, params)
    }
}

/// The parameters of an inbound webhook.
fn params(
    account: &str,
    sid: &str,
    (from, to): (&str, &str),
    body: &str,
    media: &[(String, String)],
    extra: &Extra,
) -> Vec<(String, String)> {
    let mut params: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, value: &str| match params.iter_mut().find(|(known, _)| known == name) {
        Some((_, old)) => *old = value.to_owned(),
        None => params.push((name.to_owned(), value.to_owned())),
    };
    add("SmsMessageSid", sid);
    add("NumMedia", &media.len().to_string());
    if let Some(number) = from.strip_prefix("whatsapp:") {
        add("ProfileName", extra.profile_name.as_deref().unwrap_or_default());
        let kind = match media.first() {
            Some((_, kind)) => {
                let major = kind.split('/').next().unwrap_or_default();
                if matches!(major, "image" | "audio" | "video") { major } else { "document" }
            }
            None if extra.location.is_some() => "location",
            None => "text",
        };
        add("MessageType", kind);
        if let Some(digits) = number.strip_prefix('+') {
            add("WaId", digits);
        }
        add("ReferralNumMedia", "0");
    } else {
        for end in ["From", "To"] {
            add(&format!("{end}Country"), if from.starts_with("+1") { "US" } else { "" });
            for part in ["City", "State", "Zip"] {
                add(&format!("{end}{part}"), "");
            }
        }
    }
    add("SmsSid", sid);
    add("SmsStatus", "received");
    add("Body", body);
    add("To", to);
    add("NumSegments", &wire::segments(body).to_string());
    add("MessageSid", sid);
    add("AccountSid", account);
    add("From", from);
    for (i, (url, kind)) in media.iter().enumerate() {
        add(&format!("MediaContentType{i}"), kind);
        add(&format!("MediaUrl{i}"), url);
    }
    if let Some(place) = &extra.location {
        add("Latitude", &place.latitude);
        add("Longitude", &place.longitude);
        add("Address", &place.address);
        add("Label", &place.label);
    }
    add("ApiVersion", API);
    for (name, value) in &extra.more {
        add(name, value);
    }
    params
}
