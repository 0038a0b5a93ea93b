//! One line of our JSON Lines: what it says, and why it cannot be understood.

use crate::domain::account::Channel;
use crate::domain::clock::Ms;
use crate::domain::contact::{Identity, IdentityKind, Party};
use crate::domain::conversation::Status;
use crate::domain::event::{ConversationFact, ConversationKey, MessageFact};
use crate::domain::facet::Facet;
use crate::domain::message::{Author, Direction, MessageKind};
use crate::domain::rev::{Rev, Stamped};
use crate::text::address;
use serde::Deserialize;
use std::borrow::Cow;

/// The last second that a calendar of four digits knows: 9999-12-31.
const LAST: i64 = 253_402_300_799;

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    conversation: Cow<'a, str>,
    #[serde(borrow)]
    channel: Cow<'a, str>,
    #[serde(borrow)]
    direction: Cow<'a, str>,
    #[serde(borrow, default)]
    from: Option<Address<'a>>,
    #[serde(borrow, default)]
    to: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    customer: Option<Customer<'a>>,
    #[serde(borrow, default)]
    subject: Option<Cow<'a, str>>,
    #[serde(borrow)]
    text: Cow<'a, str>,
    ts: serde_json::Number,
}

#[derive(Deserialize, Default)]
struct Address<'a> {
    #[serde(borrow, default)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    address: Option<Cow<'a, str>>,
}

#[derive(Deserialize, Default)]
struct Customer<'a> {
    #[serde(borrow, default)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    email: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    phone: Option<Cow<'a, str>>,
}

/// A line, understood.
pub(super) struct Message {
    /// The medium, and with it the account.
    pub channel: Channel,
    /// The subject, without what answers put before it.
    pub subject: Option<String>,
    /// The message. Its conversation's facets are not stated.
    pub fact: MessageFact,
}

/// Reads a line. Telephone numbers without a country code are read as people in `region` dial them.
pub(super) fn read(line: &[u8], region: Option<&str>) -> Result<Message, String> {
    let text = std::str::from_utf8(line).map_err(|e| format!("no UTF-8 at byte {}", e.valid_up_to() + 1))?;
    let line: Line<'_> = serde_json::from_str(text).map_err(|e| e.to_string())?;
    for (name, value) in [("id", &line.id), ("conversation", &line.conversation)] {
        if value.trim().is_empty() {
            return Err(format!("`{name}` is empty"));
        }
    }
    let channel: Channel =
        line.channel.parse().map_err(|e: crate::domain::account::UnknownWord| e.to_string())?;
    let direction = match line.direction.as_ref() {
        "in" | "inbound" => Direction::Inbound,
        "out" | "outbound" => Direction::Outbound,
        "note" => Direction::Note,
        other => return Err(format!("unknown direction \u{201c}{other}\u{201d}: use in, out or note")),
    };
    let sent_at = moment(&line.ts)?;
    let from = line.from.unwrap_or_default();
    let customer = line.customer.unwrap_or_default();
    let inbound = direction == Direction::Inbound;
    let (written, theirs) = party(channel, &customer, inbound, &from, line.to.as_deref(), region)?;
    let name = clean(customer.name.or(if inbound { from.name.clone() } else { None }));
    let author = if inbound {
        Author::contact(clean(from.name).or_else(|| name.clone()))
    } else {
        let email = from.address.as_deref().and_then(address::email).map(|e| e.folded);
        Author::agent(clean(from.name).or_else(|| email.clone()).unwrap_or_default(), email)
    };
    let ours = if inbound { line.to } else { from.address };
    let subject = line.subject.as_deref().map(without_answers).filter(|s| !s.is_empty()).map(str::to_owned);
    let rev = Rev::at(sent_at);
    let conversation = ConversationFact {
        key: ConversationKey(line.conversation.into_owned()),
        channel,
        party: Party { name, ..written },
        ours: ours.map(Cow::into_owned).unwrap_or_default(),
        theirs,
        facets: Vec::new(),
    };
    let fact = MessageFact {
        conversation,
        external_id: line.id.into_owned(),
        token: None,
        direction,
        kind: MessageKind::Text,
        author,
        text: line.text.into_owned(),
        sent_at,
        attachments: Vec::new(),
        metadata: serde_json::Value::Null,
        mail: None,
        delivery: None,
        history: true,
        rev,
    };
    Ok(Message { channel, subject, fact })
}

/// What a conversation's first line says of it.
pub(super) fn facets(subject: &Option<String>, rev: Rev, open: bool) -> Vec<Stamped<Facet>> {
    let mut out = Vec::new();
    if let Some(subject) = subject {
        out.push(Stamped { value: Facet::Subject { subject: subject.clone() }, rev });
    }
    if !open {
        out.push(Stamped { value: Facet::Status { status: Status::Resolved, until: None }, rev });
    }
    out
}

/// Seconds since 1970, whole or with a fraction, as UTC milliseconds.
fn moment(ts: &serde_json::Number) -> Result<Ms, String> {
    let at = match ts.as_i64() {
        Some(seconds) => seconds.checked_mul(1000),
        #[allow(
            clippy::cast_possible_truncation,
            reason = "a float out of range becomes the largest number, which is refused"
        )]
        None => ts.as_f64().map(|seconds| (seconds * 1000.0).round() as i64),
    };
    at.filter(|at| (-LAST * 1000..=LAST * 1000).contains(at))
        .ok_or_else(|| format!("`ts` is {ts}: expected seconds since 1970"))
}

/// The customer: the address that the medium proves is theirs, the other one is only what is said of them.
fn party(
    channel: Channel,
    customer: &Customer<'_>,
    inbound: bool,
    from: &Address<'_>,
    to: Option<&str>,
    region: Option<&str>,
) -> Result<(Party, String), String> {
    let wire = filled(if inbound { from.address.as_deref() } else { to }).map(bare);
    let (mail, phone) = (filled(customer.email.as_deref()), filled(customer.phone.as_deref()).map(bare));
    let (own, other) = match channel {
        Channel::Email => (mail.or(wire), phone),
        Channel::Sms | Channel::Whatsapp => (phone.or(wire), mail),
        // Elsewhere an address only names the customer: any will do.
        _ => match phone.or(wire) {
            Some(own) => (Some(own), mail),
            None => (mail, None),
        },
    };
    let Some(own) = own else {
        return Err("no address of the customer: expected `customer.email` or `customer.phone`".to_owned());
    };
    // WhatsApp writes numbers with their country and without a plus sign (`wa_id`).
    let abroad = |text: &str| {
        let is_bare = (8..=15).contains(&text.len()) && !text.starts_with('0');
        is_bare.then(|| address::vendor_phone(&format!("+{text}"))).flatten()
    };
    let known = |address: &str| match abroad(address).filter(|_| channel == Channel::Whatsapp) {
        Some(number) => Some(Identity::new(IdentityKind::Phone, number)),
        None => identity(address, region),
    };
    let said = |address: &str| known(address).or_else(|| opaque(address));
    let mut claims: Vec<Identity> = other.and_then(said).into_iter().collect();
    let (identity, theirs) = match (channel, known(own)) {
        // To an e-mail address one writes as it is written.
        (Channel::Email, Some(id)) if id.kind == IdentityKind::Email => (id, own.to_owned()),
        (Channel::Sms | Channel::Whatsapp, Some(id)) if id.kind == IdentityKind::Phone => {
            let number = id.value.clone();
            (id, number)
        }
        (Channel::Whatsapp, None) if is_user_id(own) => {
            (Identity::new(IdentityKind::Whatsapp, own), own.to_owned())
        }
        // A short code or a name: opaque, never given a region.
        (Channel::Sms, _) => (Identity::new(IdentityKind::Sender, own), own.to_owned()),
        // Elsewhere an address proves nothing: it names the customer on that medium alone.
        (_, said) => {
            claims.extend(said);
            (Identity::new(IdentityKind::Handle, format!("{channel}:{own}")), own.to_owned())
        }
    };
    Ok((Party { identities: vec![identity], name: None, claims, said: None }, theirs))
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// An address without the medium that may stand before it.
fn bare(address: &str) -> &str {
    Channel::before_address(address).map_or(address, |(_, bare)| bare)
}

/// An e-mail address, or a telephone number in any format in which it can be understood.
fn identity(text: &str, region: Option<&str>) -> Option<Identity> {
    if let Some(email) = address::email(text) {
        return Some(Identity::new(IdentityKind::Email, email.folded));
    }
    let number = address::vendor_phone(text).or_else(|| address::typed_phone(text, region))?;
    Some(Identity::new(IdentityKind::Phone, number))
}

/// What may be a number, and cannot be understood.
fn opaque(text: &str) -> Option<Identity> {
    text.contains(|c: char| c.is_numeric()).then(|| Identity::new(IdentityKind::Sender, text))
}

/// Whether it is WhatsApp's business-scoped id of a user: the country (ISO 3166, two letters), a dot, letters and digits.
fn is_user_id(text: &str) -> bool {
    text.split_once('.').is_some_and(|(country, id)| {
        country.len() == 2
            && country.bytes().all(|b| b.is_ascii_uppercase())
            && !id.is_empty()
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.')
    })
}

fn clean(text: Option<Cow<'_, str>>) -> Option<String> {
    text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty())
}

/// The subject without the marks of answering and forwarding, in the languages where they are common.
fn without_answers(subject: &str) -> &str {
    let mut rest = subject.trim();
    loop {
        let Some((mark, after)) = rest.split_once(':') else { return rest };
        let known = ["re", "aw", "sv", "vs", "antw", "rv", "fw", "fwd", "wg", "tr"];
        if !known.iter().any(|k| mark.trim().eq_ignore_ascii_case(k)) {
            return rest;
        }
        rest = after.trim_start();
    }
}
