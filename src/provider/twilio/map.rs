//! From Twilio's words to ours: webhooks and list entries become events. Pure.
//!
//! # Which statement about a message wins
//! A webhook carries no time, so its message is dated by its arrival; the list has `date_sent`. So the list outranks the
//! webhook of a plain SMS ([`PUSHED`] < [`PULLED`]). But the list knows nothing of places, buttons, names, user ids and
//! referrals, so a webhook that tells more than the list can outranks it in turn ([`PUSHED_MORE`]). An inbound message never
//! changes, so its revisions differ by rank alone; an outbound one is ordered by `date_updated`.
//!
//! Consent is ordered by time: of arrival for a webhook, of `date_sent` in the list.

use super::address::{Own, conversation, identity, split};
use super::consent::{Wish, wish};
use super::content;
use super::errors;
use super::form::Form;
use super::wire;
use crate::domain::account::Channel;
use crate::domain::clock::Ms;
use crate::domain::contact::ConsentState;
use crate::domain::delivery::{Delivery, DeliverySource, Reason};
use crate::domain::event::{ConversationFact, DeliveryReport, Event, MessageFact, MessageRef};
use crate::domain::ids::OpId;
use crate::domain::message::{AttachmentFact, Author, Direction, MessageKind};
use crate::domain::rev::{Rev, Stamped};
use crate::provider::{Ingest, Malformed, RawPush};
use serde_json::{Map, Value};

/// The rank of an entry of the list whose files could not all be had: it tells less than the webhook.
pub const PULLED_IN_PART: u16 = 0;
/// The rank of a webhook that says no more than the list.
pub const PUSHED: u16 = 1;
/// The rank of an entry of the list.
pub const PULLED: u16 = 2;
/// The rank of a webhook that says more than the list can.
pub const PUSHED_MORE: u16 = 3;

/// The parameters of a push: of the body, or of the query for a hook that is configured as GET.
pub fn parameters(push: &RawPush) -> Form {
    if push.method == "GET" {
        return Form::parse(query(&push.url).as_bytes());
    }
    Form::parse(&push.body)
}

fn query(url: &str) -> &str {
    let url = url.split('#').next().unwrap_or_default();
    url.split_once('?').map_or("", |(_, query)| query)
}

/// Our token, if the push came to an address that carries it.
pub fn token(url: &str) -> Option<OpId> {
    Form::parse(query(url).as_bytes()).get("op")?.parse().ok()
}

/// The message a push is about.
pub fn sid(form: &Form) -> Option<String> {
    ["MessageSid", "SmsSid", "SmsMessageSid"].iter().find_map(|k| form.filled(k))
}

/// The vendor's word about a message that we sent; none for a message that came in.
pub fn callback_status(form: &Form) -> Option<String> {
    let word = form.filled("MessageStatus").or_else(|| form.filled("SmsStatus"))?;
    let word = word.trim().to_ascii_lowercase();
    (!matches!(word.as_str(), "received" | "receiving")).then_some(word)
}

/// What a genuine push says.
///
/// # Errors
/// [`Malformed`] if it is not about a message.
pub fn webhook(push: &RawPush, own: &Own) -> Result<Ingest, Malformed> {
    if push.header("content-type").is_some_and(|t| t.to_ascii_lowercase().contains("json")) {
        return Err(Malformed("a JSON event (Event Streams): this hook reads messaging webhooks".into()));
    }
    let form = parameters(push);
    let sid = sid(&form).ok_or_else(|| Malformed("no MessageSid: not a messaging webhook".into()))?;
    let events = match callback_status(&form) {
        Some(word) => callback(push, &form, sid, word),
        None => inbound(push, &form, sid, own)?,
    };
    Ok(Ingest { events, ..Ingest::default() })
}

fn callback(push: &RawPush, form: &Form, sid: String, word: String) -> Vec<Event> {
    let code = form.filled("ErrorCode");
    let theirs = form.filled("ErrorMessage");
    let report =
        report(&word, code.as_deref(), theirs.as_deref(), None, push.received_at, DeliverySource::Webhook);
    let refused = report.state == Delivery::Failed && code.as_deref() == Some(errors::OPTED_OUT);
    let message = match token(&push.url) {
        Some(op) => MessageRef::Token(op, Some(sid)),
        None => MessageRef::External(sid),
    };
    let mut events = vec![Event::Delivery { message, report }];
    if let (true, Some(to)) = (refused, form.filled("To")) {
        events.push(opted_out(&to, push.received_at));
    }
    events
}

fn inbound(push: &RawPush, form: &Form, sid: String, own: &Own) -> Result<Vec<Event>, Malformed> {
    let theirs = form.filled("From").ok_or_else(|| Malformed("a message without From".into()))?;
    let (channel, _) = split(&theirs);
    let to = form.filled("To");
    let name = form.filled("ProfileName");
    let user_id = form.filled("ExternalUserId").filter(|_| channel == Channel::Whatsapp);
    let conversation =
        conversation(own.side(channel, to.as_deref()), &theirs, user_id.as_deref(), name.clone());
    let attachments = content::files(form);
    let (kind, text) = content::of_form(form, &attachments);
    let says = form.get("Body").unwrap_or_default();
    let wish = wish(channel, form.filled("OptOutType").as_deref(), &says);
    let kind = if wish.is_some() { MessageKind::OptOut } else { kind };
    let plain = matches!(kind, MessageKind::Text | MessageKind::Attachment) && channel == Channel::Sms;
    let rank = if plain { PUSHED } else { PUSHED_MORE };
    let consent = wish.and_then(|w| consent(&conversation, w, &says, push.received_at));
    let fact = MessageFact {
        conversation,
        external_id: sid,
        token: None,
        direction: Direction::Inbound,
        kind,
        author: Author::contact(name),
        metadata: besides(form.to_json(), &text),
        text,
        sent_at: push.received_at,
        attachments,
        mail: None,
        delivery: None,
        history: false,
        rev: Rev { at: 0, rank },
    };
    Ok(with_consent(fact, consent))
}

/// What Twilio told besides what has a column of its own: the words (unless we show others in their place) and the ids.
fn besides(mut told: Map<String, Value>, text: &str) -> Value {
    told.retain(|key, value| match key.as_str() {
        "Body" | "body" => value.as_str() != Some(text),
        "MessageSid" | "SmsMessageSid" | "SmsSid" | "AccountSid" | "sid" | "account_sid" => false,
        // Where the API has the message and its files: made of the ids.
        "uri" | "subresource_uris" => false,
        _ => true,
    });
    Value::Object(told)
}

/// A message, and what it means for whether we may write: for who answers next that stands in the thread as well. That line is told
/// under an id made of the message's, so that it is there once however often and in whichever order pushes and pulls tell it.
fn with_consent(message: MessageFact, consent: Option<Event>) -> Vec<Event> {
    let line = match &consent {
        Some(Event::Consent { channel, state, said, .. }) => Some(MessageFact {
            conversation: message.conversation.clone(),
            external_id: format!("{}:consent", message.external_id),
            direction: Direction::Activity,
            kind: MessageKind::Activity,
            author: message.author.clone(),
            text: chose(state.value, *channel, said),
            metadata: Value::Null,
            attachments: Vec::new(),
            ..message.clone()
        }),
        _ => None,
    };
    let mut events = vec![Event::Message(Box::new(message))];
    events.extend(line.map(|line| Event::Message(Box::new(line))));
    events.extend(consent);
    events
}

/// What a customer did with a word, said behind their name.
fn chose(state: ConsentState, channel: Channel, said: &str) -> String {
    let what = match state {
        ConsentState::OptedOut => format!("opted out of {}", channel.title()),
        ConsentState::OptedIn => format!("opted in to {} again", channel.title()),
    };
    if said.is_empty() { what } else { format!("{what} by {said}") }
}

fn consent(conversation: &ConversationFact, wish: Wish, says: &str, at: Ms) -> Option<Event> {
    Some(Event::Consent {
        identity: conversation.party.identities.first()?.clone(),
        channel: conversation.channel,
        state: Stamped { value: wish.state()?, rev: Rev::at(at) },
        said: says.trim().to_owned(),
    })
}

/// The customer at this address has opted out: Twilio said so by refusing to send.
pub fn opted_out(to: &str, at: Ms) -> Event {
    Event::Consent {
        identity: identity(to),
        channel: split(to).0,
        state: Stamped { value: ConsentState::OptedOut, rev: Rev::at(at) },
        said: errors::OPTED_OUT.to_owned(),
    }
}

/// What the vendor's word for a state means. A word of a newer API means that Twilio has the message.
pub fn delivery_of(word: &str) -> Option<Delivery> {
    Some(match word {
        "accepted" | "scheduled" | "queued" | "sending" | "sent" => Delivery::Accepted,
        "delivered" | "partially_delivered" => Delivery::Delivered,
        "read" => Delivery::Read,
        // Cancelled is our own word for what never left here; this one did, and did not arrive.
        "undelivered" | "failed" | "canceled" => Delivery::Failed,
        _ => return None,
    })
}

/// A statement about a delivery from the vendor's words.
pub fn report(
    word: &str,
    code: Option<&str>,
    theirs: Option<&str>,
    price: Option<String>,
    at: Ms,
    source: DeliverySource,
) -> DeliveryReport {
    let code = code.filter(|c| !c.is_empty() && *c != "0");
    let state = delivery_of(word).unwrap_or(match code {
        Some(_) => Delivery::Failed,
        None => Delivery::Accepted,
    });
    let reason = (state == Delivery::Failed).then(|| match (word, code) {
        ("canceled", None) => Reason::ours("canceled at Twilio before it was sent"),
        _ => errors::reason(code, theirs),
    });
    DeliveryReport { state, said: word.to_owned(), reason, missed: Vec::new(), price, at, source }
}

/// The report that an entry of the list, or the answer to a send, makes about its message.
pub fn report_of(message: &wire::Message, at: Ms, source: DeliverySource) -> Option<DeliveryReport> {
    let word = message.status.as_deref()?.trim().to_ascii_lowercase();
    let code = message.error_code.as_deref();
    Some(report(&word, code, message.error_message.as_deref(), price(message), at, source))
}

/// Twilio writes costs as negative amounts.
fn price(message: &wire::Message) -> Option<String> {
    let amount = message.price.as_deref()?.trim().trim_start_matches('-');
    if amount.is_empty() {
        return None;
    }
    let unit = message.price_unit.as_deref().map(|u| u.trim().to_uppercase()).unwrap_or_default();
    Some(format!("{amount} {unit}").trim().to_owned())
}

/// How an entry of the list is to be taken.
#[derive(Debug, Clone, Copy)]
pub struct Taken<'a> {
    /// Our addresses.
    pub own: &'a Own,
    /// Now, UTC milliseconds: the date of what has none.
    pub now: Ms,
    /// What was sent before this moment counts as seen.
    pub history_before: Ms,
    /// The op whose message this is known to be.
    pub token: Option<OpId>,
    /// Whether all of its files are told.
    pub whole: bool,
}

/// When an entry of the list was sent, as far as it says.
pub fn sent_at(message: &wire::Message) -> Option<Ms> {
    wire::date(message.date_sent.as_deref()).or_else(|| wire::date(message.date_created.as_deref()))
}

/// Whether an entry of the list came in.
pub fn is_inbound(message: &wire::Message) -> bool {
    message.direction.as_deref() == Some("inbound")
}

/// What an entry of the list says. Nothing, if it has no id or no other side.
pub fn entry(
    raw: &Value,
    message: &wire::Message,
    attachments: Vec<AttachmentFact>,
    taken: Taken<'_>,
) -> Vec<Event> {
    let inbound = is_inbound(message);
    let (theirs, ours) = if inbound { (&message.from, &message.to) } else { (&message.to, &message.from) };
    let (Some(sid), Some(theirs)) = (&message.sid, theirs.as_deref().filter(|t| !t.is_empty())) else {
        return Vec::new();
    };
    let (channel, _) = split(theirs);
    let conversation = conversation(taken.own.side(channel, ours.as_deref()), theirs, None, None);
    let body = message.body.clone().unwrap_or_default();
    let says = !body.trim().is_empty();
    // What we sent stays as we wrote it.
    let announced = message.num_media.as_deref().filter(|_| inbound || !says);
    let (kind, text) = content::plain(body.clone(), says, !attachments.is_empty(), announced);
    let at = sent_at(message).unwrap_or(taken.now);
    let updated = wire::date(message.date_updated.as_deref()).unwrap_or(at);
    let wish = if inbound { wish(channel, None, &body) } else { None };
    let consent = wish.and_then(|w| consent(&conversation, w, &body, at));
    let delivery = if inbound { None } else { report_of(message, updated.max(at), DeliverySource::Pull) };
    let refused = delivery.as_ref().is_some_and(|d| d.state == Delivery::Failed)
        && message.error_code.as_deref() == Some(errors::OPTED_OUT);
    let fact = MessageFact {
        conversation,
        external_id: sid.clone(),
        token: taken.token,
        direction: if inbound { Direction::Inbound } else { Direction::Outbound },
        kind: if wish.is_some() { MessageKind::OptOut } else { kind },
        author: if inbound { Author::contact(None) } else { Author::system() },
        metadata: besides(raw.as_object().cloned().unwrap_or_default(), &text),
        text,
        sent_at: at,
        attachments,
        mail: None,
        delivery,
        history: at < taken.history_before,
        rev: Rev {
            at: if inbound { 0 } else { updated },
            rank: if taken.whole { PULLED } else { PULLED_IN_PART },
        },
    };
    let mut events = with_consent(fact, consent);
    if refused {
        events.push(opted_out(theirs, updated));
    }
    events
}
