//! Mails that come in by Inbound Parse (SendGrid, "Setting up the Inbound Parse Webhook"): raw, or taken apart into fields. Pure.
//!
//! What was taken apart is put together again, so that a mail has the same words and files either way.

use super::form::{Form, Part};
use crate::domain::delivery::DeliverySource;
use crate::provider::mail::enclosed;
use crate::provider::mail::fact::Taken;
use crate::provider::mail::own::Own;
use crate::provider::mail::pieces::{Piece, Pieces};
use crate::provider::{Ingest, Malformed, RawPush};
use crate::text::address;
use crate::text::mail::parse::parse;
use crate::text::mail::parsed::Parsed;
use serde_json::{Map, Value, json};

/// What a push of a mail says.
///
/// # Errors
/// [`Malformed`] if there is no mail in it.
pub fn ingest(push: &RawPush, own: &Own) -> Result<Ingest, Malformed> {
    let form = Form::parse(push)?;
    let raw = ["email", "rawEmail"].iter().find_map(|field| form.bytes(field)).filter(|raw| !raw.is_empty());
    let parsed = match raw {
        Some(raw) => parse(raw),
        None if form.bytes("headers").is_some() || form.bytes("from").is_some() => {
            parse(&pieces(&form).together())
        }
        None => {
            return Err(Malformed("neither a raw mail nor its headers: not a push of Inbound Parse".into()));
        }
    };
    let envelope = Envelope::of(&form);
    let checks = Checks { spf: form.filled("SPF"), dkim: form.filled("dkim") };
    let is_proved = checks.prove(&parsed, own, envelope.from.as_deref());
    let taken = Taken {
        is_new: true,
        envelope_to: &envelope.to,
        envelope_from: envelope.from.as_deref(),
        is_proved,
        delivery: Some(enclosed::came_back(push.received_at, DeliverySource::Webhook)),
        more: besides(&form, &checks),
        ..Taken::now(own, push.received_at, DeliverySource::Webhook)
    };
    Ok(enclosed::ingest(parsed, taken))
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

/// What SendGrid had before it took the mail apart, as far as that can be known.
fn pieces(form: &Form) -> Pieces<'_> {
    let info = form.json("attachment-info");
    let ids = form.json("content-ids");
    let piece = |file: &'_ Part| {
        let told = &info[&file.field];
        let by_id = || ids.as_object()?.iter().find(|(_, field)| **field == file.field.as_str());
        let id = told["content-id"].as_str().or_else(|| by_id().map(|(id, _)| id.as_str()));
        let name = ["filename", "name"].iter().find_map(|key| told[*key].as_str()).or(file.name.as_deref());
        let mime = told["type"].as_str().or(file.mime.as_deref());
        (name.map(str::to_owned), mime.map(str::to_owned), id.map(str::to_owned))
    };
    let files = form.files.iter().map(|file| {
        let (name, mime, content_id) = piece(file);
        Piece { name, mime, content_id, bytes: &file.bytes }
    });
    let fields = [("from", "From"), ("to", "To"), ("cc", "Cc"), ("subject", "Subject")];
    Pieces {
        head: form.text("headers").unwrap_or_default(),
        more: fields.iter().filter_map(|(field, name)| Some((*name, form.filled(field)?))).collect(),
        text: form.filled("text"),
        html: form.filled("html"),
        files: files.collect(),
    }
}
