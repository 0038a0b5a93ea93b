//! Mails that come in by Inbound Parse (SendGrid, "Setting up the Inbound Parse Webhook"): raw, or taken apart into fields. Pure.
//!
//! What was taken apart is put together again: the header block as it was, and fields and files as parts below it. So one reader sees
//! every mail, whichever way it came, and a mail has the same files either way.

use super::form::{Form, Part};
use crate::domain::clock::Ms;
use crate::domain::delivery::{Delivery, DeliverySource};
use crate::domain::event::{DeliveryReport, Event};
use crate::provider::mail::fact::{self, Taken};
use crate::provider::mail::own::Own;
use crate::provider::{Enclosed, Ingest, Malformed, RawPush};
use crate::text::address;
use crate::text::mail::parse::parse;
use crate::text::mail::parsed::Parsed;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// How long a mail can be under way: servers try for five days (RFC 5321, section 4.5.4.1), SendGrid for three more.
const LONGEST_WAY: Ms = 8 * 24 * 3_600_000;
/// What stands as it is in a parameter of RFC 5987's form.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// What a push of a mail says.
///
/// # Errors
/// [`Malformed`] if there is no mail in it.
pub fn ingest(push: &RawPush, own: &Own) -> Result<Ingest, Malformed> {
    let form = Form::parse(push)?;
    let raw = ["email", "rawEmail"].iter().find_map(|field| form.bytes(field)).filter(|raw| !raw.is_empty());
    let mut parsed = match raw {
        Some(raw) => parse(raw),
        None if form.bytes("headers").is_some() || form.bytes("from").is_some() => parse(&together(&form)),
        None => {
            return Err(Malformed("neither a raw mail nor its headers: not a push of Inbound Parse".into()));
        }
    };
    let envelope = Envelope::of(&form);
    let checks = Checks { spf: form.filled("SPF"), dkim: form.filled("dkim") };
    let is_proved = checks.prove(&parsed, own, envelope.from.as_deref());
    let files: Vec<_> = parsed
        .files
        .iter_mut()
        .map(|file| (file.part.clone(), file.bytes.len(), std::mem::take(&mut file.bytes)))
        .collect();
    let delivery = DeliveryReport {
        state: Delivery::Accepted,
        said: "came back to us".into(),
        reason: None,
        price: None,
        at: push.received_at,
        source: DeliverySource::Webhook,
    };
    let taken = Taken {
        longest_way: Some(LONGEST_WAY),
        envelope_to: &envelope.to,
        envelope_from: envelope.from.as_deref(),
        is_proved,
        delivery: Some(delivery),
        more: besides(&form, &checks),
        ..Taken::now(own, push.received_at, DeliverySource::Webhook)
    };
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
    Ok(Ingest { events, files: enclosed })
}

/// Between whom a mail went: not always those of its head (hidden copies, lists, aliases).
struct Envelope {
    from: Option<String>,
    to: Vec<String>,
}

impl Envelope {
    fn of(form: &Form) -> Envelope {
        let told = form.json("envelope");
        let to = told["to"].as_array().into_iter().flatten();
        Envelope {
            from: told["from"].as_str().map(str::to_owned),
            to: to.filter_map(|to| to.as_str().map(str::to_owned)).collect(),
        }
    }
}

/// What SendGrid has found out about the sender.
struct Checks {
    /// One word: pass, fail, softfail, none.
    spf: Option<String>,
    /// `{@example.net : pass, @example.org : fail}`.
    dkim: Option<String>,
}

impl Checks {
    /// Whether it is proved that a mail which says to be ours is from our domain.
    fn prove(&self, parsed: &Parsed, own: &Own, envelope_from: Option<&str>) -> bool {
        let domain = |a: &str| address::email(a)?.kept.rsplit_once('@').map(|(_, domain)| domain.to_owned());
        let Some(from) = parsed.mail.from.as_ref().filter(|from| own.is_ours(&from.address)) else {
            return false;
        };
        let Some(ours) = domain(&from.address) else { return false };
        let passes = self.spf.as_deref().is_some_and(|word| word.trim().eq_ignore_ascii_case("pass"));
        let by_spf = passes && envelope_from.and_then(domain).as_ref() == Some(&ours);
        by_spf || self.dkim.as_deref().is_some_and(|list| is_signed(list, &ours))
    }
}

fn is_signed(list: &str, domain: &str) -> bool {
    list.trim_matches(['{', '}', ' ']).split(',').any(|entry| {
        let (who, result) = entry.split_once(':').unwrap_or_default();
        let who = who.trim().trim_start_matches('@');
        who.eq_ignore_ascii_case(domain) && result.trim().eq_ignore_ascii_case("pass")
    })
}

/// What was told besides the mail itself.
fn besides(form: &Form, checks: &Checks) -> Map<String, Value> {
    let mut all = Map::new();
    let mut tell = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            all.insert(key.to_owned(), value);
        }
    };
    tell("spf", checks.spf.as_ref().map(|word| json!(word.trim())));
    tell("dkim", checks.dkim.as_ref().map(|word| json!(word.trim())));
    for field in ["sender_ip", "spam_score"] {
        tell(field, form.filled(field).map(|word| json!(word.trim())));
    }
    tell("envelope", Some(form.json("envelope")).filter(|told| !told.is_null()));
    all
}

/// A mail out of its fields: what SendGrid had before it took it apart, as far as that can be known.
fn together(form: &Form) -> Vec<u8> {
    let head = form.text("headers").unwrap_or_default();
    let kind = unfolded(&head, "content-type").unwrap_or_default().to_ascii_lowercase();
    let mut out = Vec::new();
    for line in kept_lines(&head) {
        out.extend_from_slice(line.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    for (field, name) in [("from", "From"), ("to", "To"), ("cc", "Cc"), ("subject", "Subject")] {
        if unfolded(&head, name).is_none()
            && let Some(value) = form.filled(field)
        {
            // Not encoded: RFC 6532, which the reader knows.
            out.extend_from_slice(format!("{name}: {}\r\n", one_line(&value)).as_bytes());
        }
    }
    out.extend_from_slice(b"MIME-Version: 1.0\r\n");
    let boundary = boundary(form);
    let words = words(form, &boundary);
    let (shown, files) = files(form);
    let body = if shown.is_empty() { words } else { many("related", &boundary, words, shown) };
    // A report is only known as one by its type (RFC 6522).
    let report = kind.starts_with("multipart/report") && kind.contains("delivery-status");
    let outer = if report { "report; report-type=delivery-status" } else { "mixed" };
    let body = if files.is_empty() { body } else { many(outer, &boundary, body, files) };
    out.extend_from_slice(&body);
    out
}

/// The lines of a header block without what is said of the body: that has another form now.
fn kept_lines(head: &str) -> Vec<&str> {
    let mut kept = Vec::new();
    let mut keep = false;
    for line in head.lines().filter(|line| !line.trim().is_empty()) {
        if !line.starts_with([' ', '\t']) {
            let name = line.split(':').next().unwrap_or_default().trim().to_ascii_lowercase();
            keep = line.contains(':') && !name.starts_with("content-") && name != "mime-version";
        }
        if keep {
            kept.push(line);
        }
    }
    kept
}

/// The value of a header, on one line.
fn unfolded(head: &str, name: &str) -> Option<String> {
    let mut value: Option<String> = None;
    for line in head.lines() {
        match (&mut value, line.starts_with([' ', '\t'])) {
            (Some(value), true) => value.push_str(line),
            (Some(_), false) => break,
            (None, false) => {
                let (found, rest) = line.split_once(':').unwrap_or_default();
                value = found.trim().eq_ignore_ascii_case(name).then(|| rest.trim().to_owned());
            }
            (None, true) => {}
        }
    }
    value
}

fn one_line(text: &str) -> String {
    text.split(['\r', '\n']).map(str::trim).collect::<Vec<_>>().join(" ")
}

/// A line that does not stand in any part: it is made of all of them.
fn boundary(form: &Form) -> String {
    let mut sum = Sha256::new();
    for field in ["text", "html"] {
        sum.update(form.bytes(field).unwrap_or_default());
    }
    for file in &form.files {
        sum.update(&file.bytes);
    }
    sum.finalize().iter().take(16).map(|b| format!("{b:02x}")).collect()
}

/// The words: as text, as HTML, or as both.
fn words(form: &Form, boundary: &str) -> Vec<u8> {
    let part = |kind: &str, text: &str| {
        let head =
            format!("Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: binary\r\n\r\n");
        [head.as_bytes(), text.as_bytes()].concat()
    };
    let (text, html) = (form.filled("text"), form.filled("html"));
    match (&text, &html) {
        (Some(text), Some(html)) => {
            many("alternative", boundary, part("plain", text), vec![part("html", html)])
        }
        (None, Some(html)) => part("html", html),
        (text, None) => part("plain", text.as_deref().unwrap_or_default()),
    }
}

/// Several parts as one. The kind makes the boundaries of parts within parts differ.
fn many(kind: &str, boundary: &str, first: Vec<u8>, others: Vec<Vec<u8>>) -> Vec<u8> {
    let short: String = kind.chars().take_while(char::is_ascii_alphabetic).collect();
    let mut out = format!("Content-Type: multipart/{kind}; boundary=\"{short}-{boundary}\"\r\n").into_bytes();
    for part in std::iter::once(first).chain(others) {
        out.extend_from_slice(format!("\r\n--{short}-{boundary}\r\n").as_bytes());
        out.extend_from_slice(&part);
    }
    out.extend_from_slice(format!("\r\n--{short}-{boundary}--\r\n").as_bytes());
    out
}

/// The files as parts: those that the HTML shows in their place, and the others.
fn files(form: &Form) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let info = form.json("attachment-info");
    let ids = form.json("content-ids");
    let (mut shown, mut others) = (Vec::new(), Vec::new());
    for file in &form.files {
        let told = &info[&file.field];
        let by_id = || ids.as_object()?.iter().find(|(_, field)| **field == file.field.as_str());
        let id = told["content-id"].as_str().or_else(|| by_id().map(|(id, _)| id.as_str()));
        let list = if id.is_some() { &mut shown } else { &mut others };
        list.push(file_part(file, told, id));
    }
    (shown, others)
}

fn file_part(file: &Part, told: &Value, id: Option<&str>) -> Vec<u8> {
    let name = ["filename", "name"].iter().find_map(|key| told[*key].as_str()).or(file.name.as_deref());
    let mime = told["type"].as_str().or(file.mime.as_deref()).unwrap_or_default().to_ascii_lowercase();
    let token = |half: &str| {
        !half.is_empty() && half.bytes().all(|b| b.is_ascii_alphanumeric() || b"-+._".contains(&b))
    };
    let is_type = mime.split_once('/').is_some_and(|(kind, sub)| token(kind) && token(sub));
    // What is no part by itself cannot be read as one: there is no boundary.
    let mime =
        if is_type && !mime.starts_with("multipart/") { mime.as_str() } else { "application/octet-stream" };
    let mut head = format!("Content-Type: {mime}\r\nContent-Transfer-Encoding: binary\r\n");
    let place = if id.is_some() { "inline" } else { "attachment" };
    head.push_str(&format!("Content-Disposition: {place}"));
    if let Some(name) = name {
        head.push_str(&format!("; filename*=utf-8''{}", utf8_percent_encode(name, PLAIN)));
    }
    head.push_str("\r\n");
    if let Some(id) = id {
        let id: String = id.chars().filter(|c| !c.is_control() && !matches!(c, '<' | '>')).collect();
        head.push_str(&format!("Content-ID: <{id}>\r\n"));
    }
    head.push_str("\r\n");
    [head.as_bytes(), &file.bytes].concat()
}
