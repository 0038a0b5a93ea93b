//! The shapes of Twilio's REST answers (OpenAPI document `twilio_api_v2010`). Any field may be null or missing.

use crate::domain::clock::Ms;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A message resource.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Message {
    /// SM… or MM….
    pub sid: Option<String>,
    /// The words.
    pub body: Option<String>,
    /// `inbound`, `outbound-api`, `outbound-call`, `outbound-reply`.
    pub direction: Option<String>,
    /// The sender; null while a service has not chosen one.
    pub from: Option<String>,
    /// The recipient.
    pub to: Option<String>,
    /// See [`super::map::delivery_of`].
    pub status: Option<String>,
    /// RFC 2822; null while queued.
    pub date_sent: Option<String>,
    /// RFC 2822.
    pub date_created: Option<String>,
    /// RFC 2822.
    pub date_updated: Option<String>,
    /// A number in words.
    pub num_media: Option<String>,
    /// A negative amount in words; null until it is known.
    pub price: Option<String>,
    /// ISO 4217.
    pub price_unit: Option<String>,
    /// A number by the document; some mocks write words.
    #[serde(deserialize_with = "number_or_words")]
    pub error_code: Option<String>,
    /// The vendor's words; may change at any time.
    pub error_message: Option<String>,
    /// MG…
    pub messaging_service_sid: Option<String>,
}

/// A page of messages.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct MessagePage {
    /// The messages, newest first, each as it came.
    pub messages: Vec<Value>,
    /// The path of the next page, to be followed verbatim.
    pub next_page_uri: Option<String>,
}

/// The list of a message's files.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct MediaPage {
    /// The files.
    pub media_list: Vec<MediaItem>,
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct MediaItem {
    /// ME…
    pub sid: Option<String>,
    /// Its media type.
    pub content_type: Option<String>,
    /// The path of its description; the file itself is there without `.json`.
    pub uri: Option<String>,
}

/// The account resource.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct AccountResource {
    /// What the owner calls it.
    pub friendly_name: Option<String>,
    /// `active`, `suspended` or `closed`.
    pub status: Option<String>,
}

fn number_or_words<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(d)? {
        Value::Number(n) => Some(n.to_string()),
        Value::String(s) if !s.is_empty() => Some(s),
        _ => None,
    })
}

/// An RFC 2822 date as UTC milliseconds.
pub fn date(words: Option<&str>) -> Option<Ms> {
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(words?.trim()).ok()?;
    Some(at.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_codes_as_they_come() {
        assert_eq!(date(Some("Fri, 20 Nov 2026 09:15:00 +0000")), Some(1_795_166_100_000));
        assert_eq!(date(Some("yesterday")), None);
        assert_eq!(date(None), None);
        let m: Message = serde_json::from_str(r#"{"error_code":30003,"price":null,"new":1}"#).unwrap();
        assert_eq!(m.error_code.as_deref(), Some("30003"));
        assert_eq!(serde_json::from_str::<Message>("{}").unwrap(), Message::default());
    }
}
