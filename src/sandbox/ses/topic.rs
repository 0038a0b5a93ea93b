//! The topic: messages of SNS, signed with a key of its own, and posted again where they are not taken.

use super::Shared;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The certificate with which messages are signed, in PEM.
pub const CERTIFICATE: &str = include_str!("certificate.pem");
/// The key of that certificate, in PEM. It opens nothing.
const KEY: &str = include_str!("key.pem");
/// Where the certificate is.
pub const PLACE: &str = "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem";
/// Attempts to deliver one message.
const ATTEMPTS: usize = 200;
/// Between two of them.
const PAUSE: Duration = Duration::from_millis(25);

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Push {
    /// It is made once and signed right.
    #[default]
    Signed,
    /// It is posted twice, as after a lost answer.
    Twice,
    /// Its signature is of other words.
    BadSignature,
    /// It has no signature.
    Unsigned,
    /// It is of somebody else's topic, and signed right.
    OtherTopic,
    /// Its certificate is said to be at an address that is none of SNS.
    OtherPlace,
    /// Without envelope and signature ("raw message delivery").
    Raw,
}

/// Signs messages (version 2: SHA-256).
pub struct Signer(RsaKeyPair);

impl Signer {
    /// The one that has the key of [`CERTIFICATE`].
    pub fn new() -> Option<Signer> {
        let inner: String = KEY.lines().filter(|line| !line.starts_with("-----")).collect();
        RsaKeyPair::from_pkcs8(&STANDARD.decode(inner).ok()?).ok().map(Signer)
    }

    /// The signature of some words.
    pub fn sign(&self, words: &str) -> String {
        let mut out = vec![0; self.0.public().modulus_len()];
        match self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), words.as_bytes(), &mut out) {
            Ok(()) => STANDARD.encode(out),
            Err(_) => String::new(),
        }
    }

    /// A whole message, signed; `base` is the far end, where its certificate is.
    pub fn message(
        &self,
        base: &str,
        topic: &str,
        id: &str,
        kind: &str,
        message: &str,
    ) -> Map<String, Value> {
        let mut all = Map::new();
        let mut set = |key: &str, value: String| {
            all.insert(key.to_owned(), json!(value));
        };
        set("Type", kind.to_owned());
        set("MessageId", id.to_owned());
        set("TopicArn", topic.to_owned());
        set("Message", message.to_owned());
        set("Timestamp", "2026-11-20T09:15:00.655Z".into());
        set("SignatureVersion", "2".into());
        set("SigningCertURL", format!("{base}{PLACE}"));
        let names: &[&str] = if kind == "Notification" {
            set("Subject", "Amazon SES Email Event Notification".into());
            set("UnsubscribeURL", format!("{base}/?Action=Unsubscribe"));
            &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
        } else {
            let token = format!("token-{id}");
            set("SubscribeURL", format!("{base}/?Action=ConfirmSubscription&TopicArn={topic}&Token={token}"));
            set("Token", token);
            &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
        };
        let mut words = String::new();
        for name in names {
            words.push_str(&format!(
                "{name}\n{}\n",
                all.get(*name).and_then(Value::as_str).unwrap_or_default()
            ));
        }
        all.insert("Signature".into(), json!(self.sign(&words)));
        all
    }
}

impl Shared {
    /// Posts a message to where it is wanted, until it is taken or refused for good. The status of each last answer.
    pub(super) async fn publish(
        &self,
        url: &str,
        (id, kind): (&str, &str),
        message: &str,
        push: Push,
    ) -> Vec<Option<u16>> {
        let other = "arn:aws:sns:eu-west-1:999999999999:theirs";
        let topic = if push == Push::OtherTopic { other } else { &self.options.topic };
        let mut envelope = self.signer.message(&self.base, topic, id, kind, message);
        match push {
            Push::BadSignature => {
                envelope.insert("Message".into(), json!(format!("{message} ")));
            }
            Push::Unsigned => {
                envelope.remove("Signature");
            }
            Push::OtherPlace => {
                let place = self.base.replacen("127.0.0.1", "127.0.0.2", 1) + PLACE;
                envelope.insert("SigningCertURL".into(), json!(place));
            }
            Push::Signed | Push::Twice | Push::OtherTopic | Push::Raw => {}
        }
        let is_raw = push == Push::Raw;
        let body = if is_raw { message.to_owned() } else { Value::Object(envelope).to_string() };
        let times = if push == Push::Twice { 2 } else { 1 };
        let mut answers = Vec::new();
        for _ in 0..times {
            answers.push(self.deliver(url, (id, kind, topic), &body, is_raw).await);
        }
        answers
    }

    async fn deliver(
        &self,
        url: &str,
        (id, kind, topic): (&str, &str, &str),
        body: &str,
        is_raw: bool,
    ) -> Option<u16> {
        let mut last = None;
        for _ in 0..ATTEMPTS {
            let mut request = self
                .client
                .post(url)
                .header("Content-Type", "text/plain; charset=UTF-8")
                .header("User-Agent", "Amazon Simple Notification Service Agent")
                .header("x-amz-sns-message-type", kind)
                .header("x-amz-sns-message-id", id)
                .header("x-amz-sns-topic-arn", topic)
                .body(body.to_owned());
            if is_raw {
                request = request.header("x-amz-sns-rawdelivery", "true");
            }
            last = request.send().await.ok().map(|answer| answer.status().as_u16());
            // What a client did wrong is not repeated.
            if last.is_some_and(|status| status < 500 && status != 429) {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        last
    }
}
