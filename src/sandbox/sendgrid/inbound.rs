//! Mails from customers, as Inbound Parse posts them: raw, or taken apart into fields.

use super::{Push, SendGridWorld};
use crate::sandbox::letter::Letter;
use serde_json::{Map, Value, json};

/// How a mail is posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    /// The mail.
    pub letter: Letter,
    /// Whether the whole of it is posted ("POST the raw, full MIME message").
    pub is_raw: bool,
    /// What SendGrid has found out by SPF.
    pub spf: String,
    /// And by DKIM.
    pub dkim: String,
    /// The charset in which the text is posted, with its bytes, where that is not UTF-8.
    pub charset: Option<(String, Vec<u8>)>,
    /// What becomes of the webhook.
    pub push: Push,
}

impl From<Letter> for Inbound {
    fn from(letter: Letter) -> Inbound {
        Inbound {
            letter,
            is_raw: true,
            spf: "pass".into(),
            dkim: "none".into(),
            charset: None,
            push: Push::Signed,
        }
    }
}

impl SendGridWorld {
    /// A customer's mail reaches the MX: the hook is called. The status of each answer.
    pub async fn inbound(&self, hook: &str, inbound: &Inbound) -> Vec<Option<u16>> {
        let (kind, body) = body(inbound);
        let times = if inbound.push == Push::Twice { 2 } else { 1 };
        let mut answers = Vec::new();
        for _ in 0..times {
            let key = &self.shared.parse_key;
            answers.push(self.shared.post(hook, &kind, body.clone(), key, inbound.push).await);
        }
        answers
    }
}

/// The body of a push, and its type.
pub fn body(inbound: &Inbound) -> (String, Vec<u8>) {
    let letter = &inbound.letter;
    let boundary = "xYzZY";
    let mut out: Vec<u8> = Vec::new();
    let mut part = |name: &str, file: Option<(&str, &str)>, value: &[u8]| {
        let head = match file {
            Some((filename, mime)) => format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{filename}\"\r\n\
                 Content-Type: {mime}\r\n\r\n"
            ),
            None => format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n"),
        };
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(value);
        out.extend_from_slice(b"\r\n");
    };
    let mut charsets = Map::new();
    for name in ["to", "from", "subject", "cc", "html", "text"] {
        charsets.insert(name.into(), json!("UTF-8"));
    }
    if !inbound.is_raw {
        part("headers", None, letter.head().as_bytes());
        if let Some(html) = &letter.html {
            part("html", None, html.as_bytes());
        }
        match (&inbound.charset, &letter.text) {
            (Some((charset, bytes)), _) => {
                charsets.insert("text".into(), json!(charset));
                part("text", None, bytes);
            }
            (None, Some(text)) => part("text", None, text.as_bytes()),
            (None, None) => {}
        }
        if !letter.files.is_empty() {
            let (mut info, mut ids) = (Map::new(), Map::new());
            for (n, file) in letter.files.iter().enumerate() {
                let field = format!("attachment{}", n + 1);
                let mut told = json!({"filename": file.name, "name": file.name, "type": file.mime});
                if let Some(id) = &file.content_id {
                    told["content-id"] = json!(id);
                    ids.insert(id.clone(), json!(field));
                }
                info.insert(field, told);
            }
            part("attachments", None, letter.files.len().to_string().as_bytes());
            part("attachment-info", None, Value::Object(info).to_string().as_bytes());
            if !ids.is_empty() {
                part("content-ids", None, Value::Object(ids).to_string().as_bytes());
            }
        }
    }
    part("from", None, letter.from.as_bytes());
    part("to", None, letter.to.as_bytes());
    if let Some(cc) = &letter.cc {
        part("cc", None, cc.as_bytes());
    }
    part("subject", None, letter.subject.as_bytes());
    let envelope = json!({"to": letter.envelope_to(), "from": letter.envelope_from()});
    part("envelope", None, envelope.to_string().as_bytes());
    part("sender_ip", None, b"192.0.2.25");
    part("SPF", None, inbound.spf.as_bytes());
    part("dkim", None, inbound.dkim.as_bytes());
    part("charsets", None, Value::Object(charsets).to_string().as_bytes());
    if inbound.is_raw {
        part("email", None, &letter.raw());
    } else {
        for (n, file) in letter.files.iter().enumerate() {
            part(&format!("attachment{}", n + 1), Some((&file.name, &file.mime)), &file.bytes);
        }
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), out)
}
