//! Mails that come in: within a notice of SNS, as an object in the bucket, or handed over whole. Pure.
//!
//! What SES has found out about the sender proves that a mail which says to be ours is ours. A notice tells it beside the mail; in the
//! bucket it stands in headers that SES puts before all others and ends with `X-SES-RECEIPT`: what stands below came with the mail, and
//! anybody can write it.

use super::events::moment;
use super::settings::Settings;
use crate::domain::clock::Ms;
use crate::domain::delivery::DeliverySource;
use crate::domain::event::Event;
use crate::domain::message::MediaRef;
use crate::provider::mail::enclosed;
use crate::provider::mail::fact::{self, Taken};
use crate::provider::mail::own::Own;
use crate::provider::{Ingest, Malformed, RawPush};
use crate::text::address;
use crate::text::mail::parse::parse;
use crate::text::mail::parsed::{MailFile, Parsed};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Where headers of SES end, at most, in bytes.
const HEAD: usize = 16 * 1024;

/// A file of a mail in the bucket. Kept as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The name of the object.
    #[serde(rename = "k")]
    pub key: String,
    /// The part.
    #[serde(rename = "p")]
    pub part: String,
}

/// What a notice says that carries a mail.
///
/// # Errors
/// [`Malformed`] if the mail cannot be read.
pub fn notice(
    told: &Value,
    content: &str,
    settings: &Settings,
    received_at: Ms,
) -> Result<Ingest, Malformed> {
    let raw = decoded(content)?;
    let parsed = mail(&raw)?;
    let receipt = &told["receipt"];
    let arrived = moment(&receipt["timestamp"]).filter(|at| *at <= received_at).unwrap_or(received_at);
    let checks = Checks::told(told);
    let to: Vec<String> = list(&receipt["recipients"]);
    let taken = Taken {
        is_new: true,
        envelope_to: &to,
        envelope_from: checks.envelope_from.as_deref(),
        is_proved: checks.prove(&parsed, &settings.own),
        delivery: Some(enclosed::came_back(arrived, DeliverySource::Webhook)),
        more: checks.besides(),
        ..Taken::now(&settings.own, arrived, DeliverySource::Webhook)
    };
    Ok(enclosed::ingest(parsed, taken))
}

/// What a mail says that was handed over whole.
///
/// # Errors
/// [`Malformed`] if it is none.
pub fn forwarded(push: &RawPush, own: &Own) -> Result<Ingest, Malformed> {
    let parsed = mail(without_envelope_line(&push.body))?;
    let mut more = Map::new();
    more.insert("carrier".into(), json!("forwarded"));
    let taken = Taken {
        is_new: true,
        delivery: Some(enclosed::came_back(push.received_at, DeliverySource::Webhook)),
        more,
        ..Taken::now(own, push.received_at, DeliverySource::Webhook)
    };
    Ok(enclosed::ingest(parsed, taken))
}

/// What a mail says that lay in the bucket since `arrived`. Its files are fetched when somebody wants them.
///
/// # Errors
/// [`Malformed`] if it is none.
pub fn stored(
    raw: &[u8],
    key: &str,
    settings: &Settings,
    arrived: Ms,
    history: bool,
) -> Result<Vec<Event>, Malformed> {
    let parsed = mail(raw)?;
    let checks = Checks::written(raw);
    let media = |file: &MailFile| {
        let place = Place { key: key.to_owned(), part: file.part.clone() };
        serde_json::to_string(&place).ok().map(MediaRef)
    };
    let to: Vec<String> = checks.envelope_to.clone().into_iter().collect();
    let taken = Taken {
        is_new: true,
        envelope_to: &to,
        envelope_from: checks.envelope_from.as_deref(),
        is_proved: checks.prove(&parsed, &settings.own),
        history,
        delivery: Some(enclosed::came_back(arrived, DeliverySource::Pull)),
        more: checks.besides(),
        media: &media,
        ..Taken::now(&settings.own, arrived, DeliverySource::Pull)
    };
    Ok(fact::events(&parsed, taken))
}

/// Reads a mail that must be one: who wrote it is what no mail is without.
fn mail(raw: &[u8]) -> Result<Parsed, Malformed> {
    let parsed = parse(raw);
    let mail = &parsed.mail;
    let says_who = mail.from.is_some() || parsed.sender.is_some() || !mail.reply_to.is_empty();
    // Some programs leave out who writes; what has not even a subject or somebody to go to is no mail at all.
    if !says_who && mail.to.is_empty() && mail.subject.is_empty() {
        return Err(Malformed("not a mail: it has no head".into()));
    }
    Ok(parsed)
}

/// The bytes of a mail as a notice carries them. In base64 there is no colon, and in no head of a mail there is none.
fn decoded(content: &str) -> Result<Vec<u8>, Malformed> {
    if content.contains(':') {
        return Ok(content.as_bytes().to_vec());
    }
    let compact: String = content.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD
        .decode(compact)
        .map_err(|_| Malformed("the mail in the notice is neither text nor base64".into()))
}

/// A mail without the line that programs put before it (RFC 4155, appendix A): procmail and Postfix do.
fn without_envelope_line(raw: &[u8]) -> &[u8] {
    if !raw.starts_with(b"From ") {
        return raw;
    }
    raw.iter().position(|b| *b == b'\n').and_then(|end| raw.get(end + 1..)).unwrap_or_default()
}

/// What SES has found out, and between whom a mail went.
#[derive(Debug, Default)]
struct Checks {
    /// Each with its word: pass, fail, gray, `processing_failed`.
    verdicts: Vec<(&'static str, String)>,
    envelope_from: Option<String>,
    envelope_to: Option<String>,
}

impl Checks {
    /// As a notice tells it.
    fn told(told: &Value) -> Checks {
        let receipt = &told["receipt"];
        let verdict = |name: &'static str, key: &str| {
            Some((name, receipt[key]["status"].as_str()?.trim().to_ascii_lowercase()))
        };
        let all = [
            verdict("spf", "spfVerdict"),
            verdict("dkim", "dkimVerdict"),
            verdict("dmarc", "dmarcVerdict"),
            verdict("spam", "spamVerdict"),
            verdict("virus", "virusVerdict"),
        ];
        let from = told["mail"]["source"].as_str().map(str::to_owned);
        Checks { verdicts: all.into_iter().flatten().collect(), envelope_from: from, envelope_to: None }
    }

    /// As it is written above the mail.
    fn written(raw: &[u8]) -> Checks {
        let Some(fields) = fields_of_ses(raw) else { return Checks::default() };
        let field = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let mut verdicts = results(field("authentication-results").unwrap_or_default());
        for (name, header) in [("spam", "x-ses-spam-verdict"), ("virus", "x-ses-virus-verdict")] {
            verdicts.extend(field(header).map(|word| (name, word.trim().to_ascii_lowercase())));
        }
        let from = field("return-path").map(|path| path.trim().trim_matches(['<', '>']).to_owned());
        // `from … by … with SMTP id … for address; date`
        let received = field("received").unwrap_or_default();
        let to =
            received.split_once(" for ").map(|(_, rest)| rest.split([';', ' ']).next().unwrap_or_default());
        Checks {
            verdicts,
            envelope_from: from.filter(|from| !from.is_empty()),
            envelope_to: to.map(|to| to.trim_matches(['<', '>']).to_owned()).filter(|to| to.contains('@')),
        }
    }

    fn passes(&self, check: &str) -> bool {
        self.verdicts.iter().any(|(name, word)| *name == check && word == "pass")
    }

    /// Whether it is proved that a mail which says to be ours is from our domain. What DKIM found is told without the domain that signed.
    fn prove(&self, parsed: &Parsed, own: &Own) -> bool {
        let domain = |a: &str| address::email(a)?.kept.rsplit_once('@').map(|(_, domain)| domain.to_owned());
        let from = parsed.mail.from.as_ref().filter(|from| own.is_ours(&from.address));
        let Some(ours) = from.and_then(|from| domain(&from.address)) else { return false };
        let by_spf = self.passes("spf") && self.envelope_from.as_deref().and_then(domain) == Some(ours);
        by_spf || self.passes("dmarc")
    }

    /// For the metadata.
    fn besides(&self) -> Map<String, Value> {
        let mut all: Map<String, Value> =
            self.verdicts.iter().map(|(name, word)| ((*name).to_owned(), json!(word))).collect();
        all.insert("carrier".into(), json!("ses"));
        if let Some(from) = &self.envelope_from {
            all.insert("envelope_from".into(), json!(from));
        }
        all
    }
}

/// The headers that SES has put before a mail, unfolded, names in lower case; none where they have no end.
fn fields_of_ses(raw: &[u8]) -> Option<Vec<(String, String)>> {
    let head = String::from_utf8_lossy(raw.get(..HEAD).unwrap_or(raw)).into_owned();
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in head.lines() {
        if line.trim().is_empty() {
            return None;
        }
        if line.starts_with([' ', '\t']) {
            let (_, value) = fields.last_mut()?;
            value.push(' ');
            value.push_str(line.trim());
            continue;
        }
        let (name, value) = line.split_once(':')?;
        if name.eq_ignore_ascii_case("x-ses-receipt") {
            return Some(fields);
        }
        fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    None
}

/// The results of `Authentication-Results` (RFC 8601). The sender's words stand within; where these could pass for a result, none counts.
fn results(value: &str) -> Vec<(&'static str, String)> {
    let Some((_, results)) = value.split_once(';').filter(|(who, _)| who.trim() == "amazonses.com") else {
        return Vec::new();
    };
    if results.contains('"') {
        return Vec::new();
    }
    let mut out: Vec<(&'static str, String)> = Vec::new();
    for result in results.split(';') {
        let Some((check, word)) = result.split_whitespace().next().and_then(|first| first.split_once('='))
        else {
            continue;
        };
        let Some(check) = ["spf", "dkim", "dmarc"].into_iter().find(|known| *known == check) else {
            continue;
        };
        let word = word.to_ascii_lowercase();
        match out.iter_mut().find(|(known, _)| *known == check) {
            Some((_, before)) if *before != word => "fail".clone_into(before),
            Some(_) => {}
            None => out.push((check, word)),
        }
    }
    out
}

fn list(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|one| one.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::settings;
    use super::*;
    use crate::domain::message::Direction;

    const NOW: Ms = 1_795_166_100_000;
    const HEADS: &str = "Return-Path: <bounce@example.com>\r\nReceived: from mx.example.com (mx.example.com [192.0.2.1])\r\n \
        by inbound-smtp.eu-west-1.amazonaws.com with SMTP id x1\r\n for support+tag@parse.example.com;\r\n \
        Fri, 20 Nov 2026 09:14:00 +0000 (UTC)\r\nX-SES-Spam-Verdict: PASS\r\nX-SES-Virus-Verdict: GRAY\r\n";

    fn settings() -> Settings {
        let all = [("from", "Example <support@example.com>"), ("region", "eu-west-1")];
        settings::parse(&all.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect()).unwrap()
    }

    fn object(results: &str, forged: &str) -> Vec<u8> {
        let results =
            if results.is_empty() { String::new() } else { format!("Authentication-Results: {results}\r\n") };
        format!(
            "{HEADS}{results}X-SES-RECEIPT: AEFB\r\n{forged}From: Example <support@example.com>\r\nTo: dana@example.net\r\n\
             Message-ID: <1@example.com>\r\nSubject: x\r\n\r\nhello\r\n"
        )
        .into_bytes()
    }

    fn direction(raw: &[u8]) -> Direction {
        match stored(raw, "in/1", &settings(), NOW, false).unwrap().remove(0) {
            Event::Message(fact) => fact.direction,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_what_ses_has_written_proves_anything() {
        let good = "amazonses.com;\r\n spf=pass (spfCheck: x) client-ip=192.0.2.1; envelope-from=bounce@example.com; helo=mx;\r\n \
                    dkim=pass header.i=@example.com;\r\n dmarc=pass header.from=example.com;";
        assert_eq!(direction(&object(good, "")), Direction::Outbound);
        let spf =
            "amazonses.com; spf=pass (x) client-ip=192.0.2.1; envelope-from=bounce@example.com; dmarc=fail";
        assert_eq!(direction(&object(spf, "")), Direction::Outbound, "the envelope is of our domain");
        for odd in [
            "",
            "amazonses.com; spf=fail; dkim=pass header.i=@example.com; dmarc=none",
            "mx.example.net; dmarc=pass header.from=example.com",
            "amazonses.com; spf=none envelope-from=a; dmarc=pass@b.example; dmarc=fail",
            "amazonses.com; spf=none envelope-from=\"a; dmarc=pass x\"@b.example",
        ] {
            assert_eq!(direction(&object(odd, "")), Direction::Inbound, "{odd}");
            let forged = format!("Authentication-Results: {good}\r\nX-SES-RECEIPT: forged\r\n");
            assert_eq!(direction(&object(odd, &forged)), Direction::Inbound, "forged below: {odd}");
        }
        let bare = object("", "").split_off(HEADS.len() + "X-SES-RECEIPT: AEFB\r\n".len());
        assert_eq!(direction(&bare), Direction::Inbound);
    }

    #[test]
    fn between_whom_it_went_is_read_from_the_head() {
        let checks = Checks::written(&object("amazonses.com; spf=pass; dmarc=pass", ""));
        assert_eq!(checks.envelope_from.as_deref(), Some("bounce@example.com"));
        assert_eq!(checks.envelope_to.as_deref(), Some("support+tag@parse.example.com"));
        let words: Vec<_> = checks.verdicts.iter().map(|(name, word)| (*name, word.as_str())).collect();
        assert_eq!(words, [("spf", "pass"), ("dmarc", "pass"), ("spam", "pass"), ("virus", "gray")]);
    }

    #[test]
    fn a_mail_in_a_notice_is_text_or_base64() {
        let raw = b"From: dana@example.net\r\nSubject: x\r\n\r\nhello";
        assert_eq!(decoded(std::str::from_utf8(raw).unwrap()).unwrap(), raw);
        let coded = STANDARD.encode(raw);
        assert_eq!(decoded(&format!("{}\r\n{}\r\n", &coded[..20], &coded[20..])).unwrap(), raw);
        assert!(decoded("%%%").is_err());
        assert!(notice(&json!({}), "", &settings(), NOW).is_err());
    }

    #[test]
    fn what_is_handed_over_may_begin_with_an_envelope_line() {
        let push = |body: &[u8]| RawPush {
            method: "POST".into(),
            url: String::new(),
            headers: Vec::new(),
            body: body.to_vec(),
            received_at: NOW,
        };
        let own = settings().own;
        let told = forwarded(&push(b"From dana@example.net Fri Nov 20 09:14:00 2026\nFrom: dana@example.net\nSubject: x\n\nhello\n"), &own);
        let Event::Message(fact) = told.unwrap().events.remove(0) else { panic!("no message") };
        assert_eq!((fact.text.as_str(), fact.conversation.theirs.as_str()), ("hello", "dana@example.net"));
        for odd in [&b""[..], b"From x", b"hello", b"\xff\x00", b"{\"Type\": \"Notification\"}"] {
            assert!(forwarded(&push(odd), &own).is_err(), "{odd:?}");
        }
    }
}
