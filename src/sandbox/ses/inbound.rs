//! Mails from customers, as SES hands them on: in a notice of the topic, or put into the bucket.

use super::bucket::Object;
use super::{Push, SesWorld, iso};
use crate::domain::clock::Ms;
use crate::sandbox::letter::Letter;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// How a mail comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Within the notice, as text.
    Notice,
    /// Within the notice, as base64.
    Coded,
    /// Into the bucket, and the topic tells of it.
    Bucket,
    /// Into the bucket, and nobody tells of it.
    Silent,
}

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    /// Itself.
    pub letter: Letter,
    /// How it comes.
    pub way: Way,
    /// What SES found by SPF, DKIM and DMARC: PASS, FAIL, GRAY.
    pub checks: [&'static str; 3],
    /// What becomes of the message that tells of it.
    pub push: Push,
}

impl From<Letter> for Inbound {
    fn from(letter: Letter) -> Inbound {
        Inbound { letter, way: Way::Coded, checks: ["PASS", "GRAY", "GRAY"], push: Push::Signed }
    }
}

impl SesWorld {
    /// A customer's mail reaches the MX. The status of each answer of the hook.
    pub async fn inbound(&self, inbound: &Inbound) -> Vec<Option<u16>> {
        let id = self.shared.id();
        let key = format!("{}{id}", self.shared.options.prefix);
        let raw = written(inbound);
        if matches!(inbound.way, Way::Bucket | Way::Silent) {
            let at = self.shared.options.clock.now();
            self.put(&key, Object { at, bytes: raw });
        }
        if inbound.way == Way::Silent {
            return Vec::new();
        }
        let Some(hook) = self.shared.far.state().hook.clone() else { return Vec::new() };
        let options = &self.shared.options;
        let told = notice(inbound, &id, Some((&options.bucket, &key)), &options.topic, options.clock.now());
        self.shared.publish(&hook, (&id, "Notification"), &told.to_string(), inbound.push).await
    }
}

/// A mail as SES keeps it: what it found out stands above.
pub fn written(inbound: &Inbound) -> Vec<u8> {
    let letter = &inbound.letter;
    let [spf, dkim, dmarc] = inbound.checks.map(str::to_lowercase);
    let to = letter.envelope_to().into_iter().next().unwrap_or_default();
    let head = format!(
        "Return-Path: <{from}>\r\nReceived: from mx.example.net (mx.example.net [192.0.2.25])\r\n by \
         inbound-smtp.eu-west-1.amazonaws.com with SMTP id x1\r\n for {to};\r\n Fri, 20 Nov 2026 09:15:00 +0000 (UTC)\r\n\
         X-SES-Spam-Verdict: PASS\r\nX-SES-Virus-Verdict: PASS\r\nAuthentication-Results: amazonses.com;\r\n spf={spf} \
         (spfCheck: x) client-ip=192.0.2.25; envelope-from={from}; helo=mx.example.net;\r\n dkim={dkim};\r\n \
         dmarc={dmarc};\r\nX-SES-RECEIPT: AEFBQUFB\r\n",
        from = letter.envelope_from(),
    );
    [head.into_bytes(), letter.raw()].concat()
}

/// What the topic tells of a mail.
pub fn notice(inbound: &Inbound, id: &str, object: Option<(&str, &str)>, topic: &str, at: Ms) -> Value {
    let letter = &inbound.letter;
    let raw = written(inbound);
    let [spf, dkim, dmarc] = inbound.checks;
    let action = match (inbound.way, object) {
        (Way::Bucket | Way::Silent, Some((bucket, key))) => {
            json!({"type": "S3", "topicArn": topic, "bucketName": bucket, "objectKeyPrefix": "", "objectKey": key})
        }
        (Way::Coded, _) => json!({"type": "SNS", "topicArn": topic, "encoding": "BASE64"}),
        _ => json!({"type": "SNS", "topicArn": topic, "encoding": "UTF8"}),
    };
    let mut told = json!({
        "notificationType": "Received",
        "receipt": {
            "timestamp": iso(at), "processingTimeMillis": 222, "recipients": letter.envelope_to(),
            "spamVerdict": {"status": "PASS"}, "virusVerdict": {"status": "PASS"}, "spfVerdict": {"status": spf},
            "dkimVerdict": {"status": dkim}, "dmarcVerdict": {"status": dmarc}, "action": action,
        },
        "mail": {
            "timestamp": iso(at), "source": letter.envelope_from(), "messageId": id,
            "destination": letter.envelope_to(), "headersTruncated": false, "headers": [],
            "commonHeaders": {"from": [letter.from], "to": [letter.to], "subject": letter.subject},
        },
    });
    match inbound.way {
        Way::Notice => told["content"] = json!(String::from_utf8_lossy(&raw)),
        Way::Coded => told["content"] = json!(STANDARD.encode(&raw)),
        Way::Bucket | Way::Silent => {}
    }
    told
}
