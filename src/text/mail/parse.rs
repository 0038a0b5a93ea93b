//! Reads a mail (RFC 5322, MIME).

use crate::domain::mail::{Mail, Mailbox};
use crate::text::mail::parsed::Parsed;
use mail_parser::{Address, HeaderValue, MessageParser};

/// Reads a mail. Never fails, never hangs, and takes memory in proportion to the bytes.
pub fn parse(raw: &[u8]) -> Parsed {
    let Some(message) = MessageParser::default().parse(raw) else { return Parsed::default() };
    let ids = |value: &HeaderValue<'_>| match value {
        HeaderValue::Text(id) => vec![id.to_string()],
        HeaderValue::TextList(ids) => ids.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    };
    let boxes = |value: Option<&Address<'_>>| -> Vec<Mailbox> {
        let all = value.map(Address::iter).into_iter().flatten();
        all.filter_map(|a| {
            Some(Mailbox {
                name: a.name.as_deref().map(str::to_owned),
                address: a.address.as_deref()?.to_owned(),
            })
        })
        .collect()
    };
    Parsed {
        mail: Mail {
            message_id: message.message_id().unwrap_or_default().to_owned(),
            in_reply_to: ids(message.in_reply_to()),
            references: ids(message.references()),
            subject: message.subject().unwrap_or_default().to_owned(),
            from: boxes(message.from()).into_iter().next(),
            reply_to: boxes(message.reply_to()),
            to: boxes(message.to()),
            cc: boxes(message.cc()),
            ..Mail::default()
        },
        text: message.body_text(0).unwrap_or_default().into_owned(),
        date: message.date().map(|d| d.to_timestamp() * 1000),
        ..Parsed::default()
    }
}
