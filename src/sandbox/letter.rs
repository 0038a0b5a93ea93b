//! A mail as a customer's program writes it: the words, the head, the files, and the whole of it as bytes (RFC 5322, RFC 2045).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A file of a mail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub mime: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// By what the HTML shows it in its place, without brackets.
    pub content_id: Option<String>,
}

/// A mail. Message ids stand without brackets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Letter {
    /// `Message-ID`; none is legal too.
    pub message_id: Option<String>,
    /// `From`, as it stands in the head.
    pub from: String,
    /// `To`, likewise.
    pub to: String,
    /// `Cc`, likewise.
    pub cc: Option<String>,
    /// `Subject`.
    pub subject: String,
    /// `Date` (RFC 5322), as it stands in the head.
    pub date: Option<String>,
    /// `In-Reply-To`.
    pub in_reply_to: Option<String>,
    /// `References`.
    pub references: Vec<String>,
    /// Further headers, each as it is.
    pub headers: Vec<(String, String)>,
    /// The words.
    pub text: Option<String>,
    /// The words as HTML.
    pub html: Option<String>,
    /// Files.
    pub files: Vec<File>,
    /// Whom the sender's server named, if not who stands in `from`.
    pub envelope_from: Option<String>,
    /// To whom it is delivered, if not to who stands in `to`.
    pub envelope_to: Vec<String>,
}

impl Letter {
    /// A mail with some words.
    pub fn new(message_id: &str, from: &str, to: &str, subject: &str, text: &str) -> Letter {
        Letter {
            message_id: Some(message_id.to_owned()),
            from: from.to_owned(),
            to: to.to_owned(),
            subject: subject.to_owned(),
            text: Some(text.to_owned()),
            ..Letter::default()
        }
    }

    /// Who the sender's server names.
    pub fn envelope_from(&self) -> String {
        self.envelope_from.clone().unwrap_or_else(|| bare(&self.from).to_owned())
    }

    /// To whom it is delivered.
    pub fn envelope_to(&self) -> Vec<String> {
        if self.envelope_to.is_empty() { vec![bare(&self.to).to_owned()] } else { self.envelope_to.clone() }
    }

    /// The header block with what is said of the body.
    pub fn head(&self) -> String {
        let mut head = String::from("Received: by mx.example.net with SMTP id x\n");
        let mut line = |name: &str, value: &str| head.push_str(&format!("{name}: {value}\n"));
        if let Some(date) = &self.date {
            line("Date", date);
        }
        line("From", &words(&self.from));
        line("To", &words(&self.to));
        if let Some(cc) = &self.cc {
            line("Cc", &words(cc));
        }
        line("Subject", &words(&self.subject));
        if let Some(id) = &self.message_id {
            line("Message-ID", &format!("<{id}>"));
        }
        if let Some(id) = &self.in_reply_to {
            line("In-Reply-To", &format!("<{id}>"));
        }
        if !self.references.is_empty() {
            let all: Vec<String> = self.references.iter().map(|id| format!("<{id}>")).collect();
            line("References", &all.join("\n "));
        }
        for (name, value) in &self.headers {
            line(name, value);
        }
        line("MIME-Version", "1.0");
        line("Content-Type", "multipart/mixed; boundary=\"--outer\"");
        head
    }

    /// The whole mail as it goes over the wire.
    pub fn raw(&self) -> Vec<u8> {
        let mut out = self.head();
        out.push_str("\n----outer\n");
        match (&self.text, &self.html) {
            (text, Some(html)) => {
                out.push_str("Content-Type: multipart/alternative; boundary=\"--inner\"\n");
                for (kind, words) in [("plain", text.as_deref().unwrap_or_default()), ("html", html.as_str())]
                {
                    out.push_str("\n----inner\n");
                    out.push_str(&part(&format!("text/{kind}; charset=utf-8"), "", words.as_bytes()));
                }
                out.push_str("\n----inner--\n");
            }
            (text, None) => {
                let words = text.as_deref().unwrap_or_default();
                out.push_str(&part("text/plain; charset=utf-8", "", words.as_bytes()));
            }
        }
        for file in &self.files {
            let place = if file.content_id.is_some() { "inline" } else { "attachment" };
            let mut more = format!("Content-Disposition: {place}; filename=\"{}\"\n", words(&file.name));
            if let Some(id) = &file.content_id {
                more.push_str(&format!("Content-ID: <{id}>\n"));
            }
            out.push_str("\n----outer\n");
            out.push_str(&part(&file.mime, &more, &file.bytes));
        }
        out.push_str("\n----outer--\n");
        out.replace('\n', "\r\n").into_bytes()
    }
}

/// A part in base64, 76 letters a line.
fn part(kind: &str, more: &str, bytes: &[u8]) -> String {
    let coded = STANDARD.encode(bytes);
    let lines: Vec<&str> =
        coded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap_or_default()).collect();
    format!("Content-Type: {kind}\n{more}Content-Transfer-Encoding: base64\n\n{}\n", lines.join("\n"))
}

/// A header value; words that are no ASCII in the form of RFC 2047.
fn words(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    match text.rsplit_once('<') {
        Some((name, address)) => format!("=?utf-8?B?{}?= <{address}", STANDARD.encode(name.trim())),
        None => format!("=?utf-8?B?{}?=", STANDARD.encode(text)),
    }
}

/// The address in `Name <a@b>`.
pub fn bare(mailbox: &str) -> &str {
    match mailbox.rsplit_once('<') {
        Some((_, address)) => address.trim_end_matches('>').trim(),
        None => mailbox.trim(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_becomes_a_mail() {
        let letter = Letter {
            references: vec!["a@x".into(), "b@x".into()],
            files: vec![File {
                name: "a.txt".into(),
                mime: "text/plain".into(),
                bytes: b"hi".to_vec(),
                content_id: None,
            }],
            ..Letter::new("c@x", "Däna <dana@example.net>", "support@example.com", "Grüße", "hello")
        };
        let raw = String::from_utf8(letter.raw()).unwrap();
        assert!(raw.contains("From: =?utf-8?B?RMOkbmE=?= <dana@example.net>\r\n"), "{raw}");
        assert!(raw.contains("References: <a@x>\r\n <b@x>\r\n"), "{raw}");
        assert!(raw.contains("Content-Disposition: attachment; filename=\"a.txt\"\r\n"), "{raw}");
        assert!(raw.contains("\r\n\r\naGVsbG8=\r\n"), "{raw}");
        assert_eq!(letter.envelope_from(), "dana@example.net");
        assert_eq!(letter.envelope_to(), ["support@example.com"]);
    }
}
