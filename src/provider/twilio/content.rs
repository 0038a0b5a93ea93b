//! What an inbound webhook says: its words, kind and files. Never blank: what has no words gets a placeholder by name.

use super::form::Form;
use crate::domain::message::{AttachmentFact, MediaRef, MessageKind};
use crate::text::sanitize;

/// More files than this in one message are not Twilio's.
const MAX_FILES: u16 = 30;

/// The files a webhook names.
pub fn files(form: &Form) -> Vec<AttachmentFact> {
    (0..MAX_FILES)
        .map_while(|n| {
            let url = form.filled(&format!("MediaUrl{n}"))?;
            Some(AttachmentFact {
                external_id: media_sid(&url),
                place: Some(n),
                name: None,
                mime: form.filled(&format!("MediaContentType{n}")),
                size: None,
                caption: None,
                media: Some(MediaRef(url)),
                path: None,
                on_demand: false,
            })
        })
        .collect()
}

/// The last segment of a file's URL: ME…, the same in webhook and list.
fn media_sid(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
    if last.is_empty() { url.to_owned() } else { last.to_owned() }
}

/// Kind and words of an inbound message.
pub fn of_form(form: &Form, files: &[AttachmentFact]) -> (MessageKind, String) {
    let body = form.get("Body").unwrap_or_default();
    let words = form.filled("Body");
    let kind = form.filled("MessageType").map(|t| t.trim().to_ascii_lowercase()).unwrap_or_default();
    let named = |name: &str, words: Option<String>| match words {
        Some(words) => format!("[{name}] {words}"),
        None => format!("[{name}]"),
    };
    match kind.as_str() {
        "location" => (MessageKind::Location, location(form)),
        _ if form.filled("Latitude").is_some() && form.filled("Longitude").is_some() => {
            (MessageKind::Location, location(form))
        }
        "button" | "list" | "interactive" => {
            let chosen = ["ButtonText", "ListTitle", "Body", "ButtonPayload", "ListId"];
            let name = if kind == "interactive" { "choice" } else { kind.as_str() };
            (MessageKind::Button, named(name, chosen.iter().find_map(|k| form.filled(k))))
        }
        _ if form.filled("ButtonPayload").is_some() || form.filled("ButtonText").is_some() => {
            let chosen = ["ButtonText", "Body", "ButtonPayload"];
            (MessageKind::Button, named("button", chosen.iter().find_map(|k| form.filled(k))))
        }
        "contacts" | "contact" => (MessageKind::ContactCard, named("contact card", words)),
        "sticker" => (MessageKind::Attachment, named("sticker", words)),
        "" | "text" | "image" | "audio" | "voice" | "video" | "document" | "file" => {
            plain(body, words.is_some(), !files.is_empty(), form.filled("NumMedia").as_deref())
        }
        other => (MessageKind::Unsupported, named(&name_of(other), words)),
    }
}

/// Kind and words of a message that is text and files; also of one from the list, which tells no more.
pub fn plain(body: String, says: bool, files: bool, num_media: Option<&str>) -> (MessageKind, String) {
    // Nothing that can be seen is nothing said.
    let says = says && !sanitize::clean(&body).trim().is_empty();
    let announced = num_media.is_some_and(|n| n.trim().parse::<u32>().is_ok_and(|n| n > 0));
    match (says, files) {
        (_, true) => (MessageKind::Attachment, body),
        // Deleted at the vendor: that there was one is not lost.
        (true, false) if announced => (MessageKind::Text, format!("{body}\n[file]")),
        (true, false) => (MessageKind::Text, body),
        (false, false) if announced => (MessageKind::Unsupported, "[file]".to_owned()),
        (false, false) => (MessageKind::Unsupported, "[message without text]".to_owned()),
    }
}

/// `[location] Label, Address (latitude, longitude)`, and the message's own words below it.
fn location(form: &Form) -> String {
    let names: Vec<String> = ["Label", "Address"].iter().filter_map(|k| form.filled(k)).collect();
    let mut text = "[location]".to_owned();
    if !names.is_empty() {
        text = format!("{text} {}", names.join(", "));
    }
    if let (Some(latitude), Some(longitude)) = (form.filled("Latitude"), form.filled("Longitude")) {
        text = format!("{text} ({}, {})", latitude.trim(), longitude.trim());
    }
    match form.filled("Body") {
        Some(body) => format!("{text}\n{body}"),
        None => text,
    }
}

/// A vendor's word, short and plain enough for a placeholder.
fn name_of(word: &str) -> String {
    let name: String =
        word.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).take(32).collect();
    let name = name.trim();
    if name.is_empty() { "message".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &str) -> (MessageKind, String) {
        let form = Form::parse(body.as_bytes());
        let files = files(&form);
        of_form(&form, &files)
    }

    #[test]
    fn nothing_is_ever_blank() {
        use MessageKind::*;
        for (form, kind, text) in [
            ("Body=hi", Text, "hi"),
            ("Body=&NumMedia=0", Unsupported, "[message without text]"),
            ("Body=+&NumMedia=0", Unsupported, "[message without text]"),
            ("Body=&NumMedia=2", Unsupported, "[file]"),
            ("Body=%E2%80%8B%E2%80%AE&NumMedia=0", Unsupported, "[message without text]"),
            ("Body=hi&NumMedia=1", Text, "hi\n[file]"),
            ("Body=&NumMedia=1&MediaUrl0=https://x/ME1", Attachment, ""),
            ("MessageType=sticker&MediaUrl0=https://x/ME1", Attachment, "[sticker]"),
            ("MessageType=contacts", ContactCard, "[contact card]"),
            ("MessageType=button&ButtonText=Track&ButtonPayload=t-1&Body=Track", Button, "[button] Track"),
            ("MessageType=button&ButtonPayload=t-1&Body=", Button, "[button] t-1"),
            ("MessageType=interactive&ListId=7&ListTitle=Blue", Button, "[choice] Blue"),
            ("MessageType=interactive", Button, "[choice]"),
            ("MessageType=reaction&Body=%F0%9F%91%8D", Unsupported, "[reaction] 👍"),
            ("MessageType=%1B%5Bm", Unsupported, "[m]"),
            ("MessageType=location&Latitude=1.5&Longitude=-2", Location, "[location] (1.5, -2)"),
            ("MessageType=location", Location, "[location]"),
            ("Latitude=1&Longitude=2&Label=Home&Body=here", Location, "[location] Home (1, 2)\nhere"),
        ] {
            assert_eq!(of(form), (kind, text.to_owned()), "{form}");
        }
    }

    #[test]
    fn files_are_known_by_their_sid() {
        let form = Form::parse(b"MediaUrl0=https%3A%2F%2Fa%2FMedia%2FME01&MediaContentType0=image%2Fpng&MediaUrl1=https%3A%2F%2Fa%2FME02%3Fx&MediaUrl3=https%3A%2F%2Fa%2FME04");
        let files = files(&form);
        let seen: Vec<_> = files.iter().map(|f| (f.external_id.as_str(), f.mime.as_deref())).collect();
        assert_eq!(seen, [("ME01", Some("image/png")), ("ME02", None)]);
    }
}
