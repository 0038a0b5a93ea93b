//! What Amazon SNS posts: its envelope, what of it is signed, and whether it may be believed (SNS developer guide, "Parsing message
//! formats" and "Verifying the signatures of Amazon SNS messages"). Pure.
//!
//! Anybody can have SNS sign messages of a topic of their own. So a good signature proves nothing without one of the topics that the
//! settings name.

use super::settings::Settings;
use crate::provider::{RawPush, Reject};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use url::Url;

/// The largest message, in bytes: 256 KB of words, twice that as JSON within JSON.
const LARGEST: usize = 1024 * 1024;
/// The header of what it is.
const KIND: &str = "x-amz-sns-message-type";
/// The header that tells that there is neither envelope nor signature.
const RAW: &str = "x-amz-sns-rawdelivery";

/// An envelope.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Envelope {
    /// `Notification`, `SubscriptionConfirmation`, `UnsubscribeConfirmation`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// The same however often it is sent.
    pub message_id: String,
    /// Whose topic.
    pub topic_arn: String,
    /// Told by some.
    pub subject: Option<String>,
    /// What was published.
    pub message: String,
    /// When, as it stands.
    pub timestamp: String,
    /// `1` or `2`.
    pub signature_version: String,
    /// Base64.
    pub signature: String,
    /// Where the certificate of the signature is.
    #[serde(rename = "SigningCertURL")]
    pub signing_cert_url: String,
    /// What confirms the subscription.
    #[serde(rename = "SubscribeURL")]
    pub subscribe_url: Option<String>,
    /// What stands in there.
    pub token: Option<String>,
}

/// How a message was hashed for its signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// Version 1.
    Sha1,
    /// Version 2.
    Sha256,
}

/// An envelope that may be genuine, with what proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Itself.
    pub envelope: Envelope,
    /// Where its certificate is: an address of SNS.
    pub certificate: Url,
    /// How it was hashed.
    pub hash: Hash,
    /// The signature.
    pub signature: Vec<u8>,
}

impl Envelope {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn read(body: &[u8]) -> Result<Envelope, String> {
        serde_json::from_slice(body).map_err(|e| format!("not a message of SNS: {e}"))
    }

    /// What is signed: names and values of some fields, sorted, each on a line of its own.
    pub fn to_sign(&self) -> String {
        let confirms = self.kind != "Notification";
        let fields = [
            ("Message", Some(&self.message)),
            ("MessageId", Some(&self.message_id)),
            ("Subject", self.subject.as_ref().filter(|_| !confirms)),
            ("SubscribeURL", self.subscribe_url.as_ref().filter(|_| confirms)),
            ("Timestamp", Some(&self.timestamp)),
            ("Token", self.token.as_ref().filter(|_| confirms)),
            ("TopicArn", Some(&self.topic_arn)),
            ("Type", Some(&self.kind)),
        ];
        fields.iter().filter_map(|(name, value)| Some(format!("{name}\n{}\n", (*value)?))).collect()
    }

    /// Where the subscription is confirmed, where this asks for that and the address is one of SNS.
    pub fn confirmation(&self, settings: &Settings) -> Option<Url> {
        if self.kind != "SubscriptionConfirmation" {
            return None;
        }
        let url = Url::parse(self.subscribe_url.as_deref()?).ok()?;
        let confirms =
            url.query_pairs().any(|(key, value)| key == "Action" && value == "ConfirmSubscription");
        (confirms && settings.is_of_sns(&url)).then_some(url)
    }
}

/// Whether a push bears what one of SNS bears, by its head.
///
/// # Errors
/// [`Reject`] if not.
pub fn look(head: &RawPush, settings: &Settings) -> Result<(), Reject> {
    let wrong = |why: &str| Err(Reject::Signature(why.to_owned()));
    if settings.topics.is_empty() {
        return wrong("no topic is believed: set topic_arn");
    }
    if head.header(RAW).is_some_and(|raw| raw.trim() == "true") {
        return wrong("raw message delivery carries no signature: switch it off for the subscription");
    }
    if head.header(KIND).is_none() {
        return wrong("it has no message type of SNS");
    }
    let length = head.header("content-length").and_then(|n| n.trim().parse::<usize>().ok());
    if length.is_some_and(|length| length > LARGEST) {
        return wrong("no message of SNS is that long");
    }
    Ok(())
}

/// Takes a push as a claim that is still to be proved by its certificate.
///
/// # Errors
/// [`Reject::Signature`] where no certificate could prove it.
pub fn claim(push: &RawPush, settings: &Settings) -> Result<Claim, Reject> {
    look(push, settings)?;
    let wrong = |why: &str| Reject::Signature(why.to_owned());
    if push.body.len() > LARGEST {
        return Err(wrong("no message of SNS is that long"));
    }
    let envelope = Envelope::read(&push.body).map_err(Reject::Signature)?;
    if push.header(KIND) != Some(envelope.kind.as_str()) {
        return Err(wrong("head and body differ in what it is"));
    }
    if !settings.topics.contains(&envelope.topic_arn) {
        return Err(wrong("it is of a topic that topic_arn does not name"));
    }
    let hash = match envelope.signature_version.as_str() {
        "1" => Hash::Sha1,
        "2" => Hash::Sha256,
        _ => return Err(wrong("its signature has a version that is not known")),
    };
    let certificate = Url::parse(&envelope.signing_cert_url).ok();
    let certificate = certificate
        .filter(|url| settings.is_of_sns(url) && url.path().ends_with(".pem") && url.query().is_none())
        .ok_or_else(|| wrong("its certificate is not at an address of SNS"))?;
    let signature =
        STANDARD.decode(envelope.signature.trim()).map_err(|_| wrong("its signature is no base64"))?;
    Ok(Claim { envelope, certificate, hash, signature })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(kind: &str, subject: Option<&str>) -> Envelope {
        let body = serde_json::json!({
            "Type": kind, "MessageId": "m", "TopicArn": "t", "Subject": subject, "Message": "a\nb", "Timestamp": "s",
            "SignatureVersion": "1", "Signature": "", "SigningCertURL": "c", "SubscribeURL": "u", "Token": "k",
        });
        Envelope::read(body.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn each_kind_signs_its_own_fields() {
        let told = envelope("Notification", Some("x")).to_sign();
        assert_eq!(
            told,
            "Message\na\nb\nMessageId\nm\nSubject\nx\nTimestamp\ns\nTopicArn\nt\nType\nNotification\n"
        );
        let bare = envelope("Notification", None).to_sign();
        assert!(!bare.contains("Subject"), "{bare}");
        for kind in ["SubscriptionConfirmation", "UnsubscribeConfirmation"] {
            let told = envelope(kind, Some("x")).to_sign();
            let want = format!(
                "Message\na\nb\nMessageId\nm\nSubscribeURL\nu\nTimestamp\ns\nToken\nk\nTopicArn\nt\nType\n{kind}\n"
            );
            assert_eq!(told, want);
        }
    }
}
