//! The bytes of a mail that leaves (RFC 5322, MIME): what every mail server takes, whatever it can.
//!
//! All is of seven bits but for addresses that cannot be written so (RFC 6532): a mail that is not ASCII needs a server with
//! SMTPUTF8. The same mail has the same bytes whenever it is made.

use super::body::Body;
use super::outgoing;
use crate::domain::clock::Ms;
use crate::domain::mail::{Mailbox, Outgoing};
use crate::text::mail::mailboxes;
use crate::text::sanitize;
use base64::Engine as _;
use mail_builder::MessageBuilder;
use mail_builder::headers::HeaderType;
use mail_builder::headers::address::Address;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::date::Date;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;
use mail_builder::mime::{BodyPart, MimePart};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// Longest line that a server must take, without its end (RFC 5322, section 2.1.1).
const LONGEST_LINE: usize = 998;
/// Longest word that may stand alone in a line of a header.
const LONGEST_WORD: usize = 900;
/// Bytes that a line of base64 carries: 76 characters (RFC 2045, section 6.8).
const ROW: usize = 57;
const UNKNOWN: &str = "application/octet-stream";

/// In whose name a mail goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `From`.
    pub from: Mailbox,
    /// `Reply-To`: where answers go, if not there.
    pub reply_to: Option<Mailbox>,
}

/// A file that goes along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilePart<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its media type. A whole mail is `message/rfc822`.
    pub mime: &'a str,
    /// Its content.
    pub bytes: &'a [u8],
    /// `Content-ID`, where the HTML shows it and [`Body::inline`] does not say so.
    pub cid: Option<&'a str>,
}

/// Why there is no such mail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unbuildable {
    /// Nobody can be written to so.
    #[error("\u{201c}{0}\u{201d} is no address that a mail can be sent to: correct it")]
    Address(String),
    /// A header that cannot be written, or is not to be given so.
    #[error("the header \u{201c}{0}\u{201d} cannot be written so")]
    Header(String),
}

/// Makes the mail. `Bcc` is no part of it; `extra` are headers besides those that follow from the rest.
///
/// # Errors
/// An address or a header that cannot be written. Nothing is left out or altered silently.
pub fn build(
    mail: &Outgoing,
    body: &Body,
    identity: &Identity,
    files: &[FilePart<'_>],
    date: Ms,
    extra: &[(&str, &str)],
) -> Result<Vec<u8>, Unbuildable> {
    let head = &mail.mail;
    if ids(std::slice::from_ref(&head.message_id)).is_empty() {
        return Err(Unbuildable::Header("Message-ID".into()));
    }
    let mut message = MessageBuilder::new().from(addresses(std::slice::from_ref(&identity.from))?);
    if let Some(reply_to) = &identity.reply_to {
        message = message.reply_to(addresses(std::slice::from_ref(reply_to))?);
    }
    message = match (head.to.as_slice(), head.cc.as_slice()) {
        // A mail that goes to hidden recipients alone; without any To it looks like junk (RFC 5322, section 3.6.3).
        ([], []) => message.header("To", Raw::new("undisclosed-recipients:;")),
        ([], _) => message,
        (to, _) => message.to(addresses(to)?),
    };
    if !head.cc.is_empty() {
        message = message.cc(addresses(&head.cc)?);
    }
    message = message
        .subject(Text::new(unstructured(&head.subject)))
        .date(Date::new(date.div_euclid(1000)))
        .message_id(MessageId::new(head.message_id.as_str()));
    for (name, chain) in [("In-Reply-To", &head.in_reply_to), ("References", &head.references)] {
        let chain = ids(chain);
        if !chain.is_empty() {
            message = message.header(name, MessageId::new_list(chain.into_iter()));
        }
    }
    for (name, value) in extra {
        message = message.header((*name).to_owned(), further(name, value)?);
    }
    let message = message.header("MIME-Version", Raw::new("1.0")).body(content(mail, body, files));
    let mut out = Vec::new();
    message.serialize(&mut out);
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    Ok(out)
}

/// The parts: what is said in two ways, with the pictures that the second shows, and the files.
fn content<'a>(mail: &Outgoing, body: &'a Body, files: &'a [FilePart<'a>]) -> MimePart<'a> {
    let cid = |at: usize| {
        let shown = body.inline.iter().find(|(shown, _)| *shown == at).map(|(_, cid)| cid.as_str());
        shown.or(files.get(at).and_then(|file| file.cid)).filter(|_| !body.html.is_empty())
    };
    let (mut inline, mut attached) = (Vec::new(), Vec::new());
    for (at, file) in files.iter().enumerate() {
        match cid(at).map(|cid| ids(&[cid.to_owned()])) {
            Some(cid) if !cid.is_empty() => inline.push(part(file, cid.into_iter().next())),
            _ => attached.push(part(file, None)),
        }
    }
    let id = &mail.mail.message_id;
    let mut said = MimePart::new("text/plain", crlf(&body.text));
    if !body.html.is_empty() {
        let mut html = MimePart::new("text/html", crlf(&body.html));
        if !inline.is_empty() {
            // RFC 2387: the first part is what is shown, its type is named.
            let kind = ContentType::new("multipart/related").attribute("type", "text/html");
            inline.insert(0, html);
            html = multipart(kind, id, inline);
        }
        said = multipart(ContentType::new("multipart/alternative"), id, vec![said, html]);
    }
    if attached.is_empty() {
        return said;
    }
    attached.insert(0, said);
    multipart(ContentType::new("multipart/mixed"), id, attached)
}

/// Parts with a line between that occurs in none of them: it has what neither base64 nor quoted-printable writes (RFC 2045,
/// section 6.7), and a hash of the id of the mail, which nobody has seen before it was made.
fn multipart<'a>(kind: ContentType<'a>, message_id: &str, parts: Vec<MimePart<'a>>) -> MimePart<'a> {
    let mut boundary = String::from("=_");
    for byte in Sha256::digest(format!("{} {message_id}", kind.c_type)).iter().take(16) {
        // Writing to a String cannot fail.
        let _ = write!(boundary, "{byte:02x}");
    }
    MimePart::new(kind.attribute("boundary", boundary), parts)
}

fn part<'a>(file: &FilePart<'a>, cid: Option<String>) -> MimePart<'a> {
    let name = one_line(file.name);
    let mut mime = media_type(file.mime);
    let mail = (mime == "message/rfc822").then(|| seven_bits(file.bytes)).flatten();
    if mail.is_none() && mime.starts_with("message/") {
        // A mail within a mail may not be encoded (RFC 2046, section 5.2.1): one of eight bits goes as a file.
        mime = UNKNOWN.to_owned();
    }
    let mut kind = ContentType::new(mime);
    if kind.is_text() && std::str::from_utf8(file.bytes).is_ok() {
        kind = kind.attribute("charset", "utf-8");
    }
    let mut disposition = ContentType::new(if cid.is_some() { "inline" } else { "attachment" });
    if !name.is_empty() {
        // Old programs look for the name at the type.
        kind = kind.attribute("name", name.clone());
        disposition = disposition.attribute("filename", name);
    }
    let (encoding, bytes) = match mail {
        Some(mail) => ("7bit", mail),
        None => ("base64", rows(file.bytes)),
    };
    let mut part =
        MimePart::new(kind, BodyPart::Binary(bytes.into())).header("Content-Disposition", disposition);
    if let Some(cid) = cid {
        part = part.cid(cid);
    }
    part.transfer_encoding(encoding)
}

/// Base64 in lines.
fn rows(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / ROW * 78 + 80);
    for row in bytes.chunks(ROW) {
        out.extend_from_slice(base64::engine::general_purpose::STANDARD.encode(row).as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// A mail with the line ends of mails, if it is one that every server takes as it is.
fn seven_bits(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 32);
    let whole = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    for line in whole.split(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let is_fit =
            line.len() <= LONGEST_LINE && line.iter().all(|b| b.is_ascii() && !matches!(b, 0 | b'\r'));
        if !is_fit {
            return None;
        }
        out.extend_from_slice(line);
        out.extend_from_slice(b"\r\n");
    }
    Some(out)
}

fn media_type(mime: &str) -> String {
    // RFC 2045, section 5.1: token.
    let is_token = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
    };
    let bare = mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match bare.split_once('/') {
        Some((kind, of)) if is_token(kind) && is_token(of) && bare.len() < 128 && kind != "multipart" => bare,
        _ => UNKNOWN.to_owned(),
    }
}

fn addresses(boxes: &[Mailbox]) -> Result<Address<'static>, Unbuildable> {
    let one = |one: &Mailbox| {
        let address = mailboxes::bare(&one.address)
            .ok_or_else(|| Unbuildable::Address(sanitize::line(&one.address).into_owned()))?;
        let name = one.name.as_deref().map(unstructured).filter(|name| !name.is_empty());
        Ok(Address::new_address(name, address.kept))
    };
    Ok(Address::new_list(boxes.iter().map(one).collect::<Result<Vec<_>, _>>()?))
}

/// Ids of mails that can be written (RFC 5322, section 3.6.4). What others made up and nobody can write is no link to anything.
pub fn ids(ids: &[String]) -> Vec<String> {
    let fits = |id: &&String| {
        (1..=LONGEST_WORD).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>'))
    };
    ids.iter().filter(fits).cloned().collect()
}

/// Text of one line: a header of ours never has a second.
fn one_line(text: &str) -> String {
    outgoing(text)
        .split(['\n', '\t'])
        .map(str::trim)
        .filter(|piece| !piece.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Text for a subject or a name. What looks encoded (RFC 2047) would be decoded at the other end: a blank at its end makes the
/// builder encode it.
fn unstructured(text: &str) -> String {
    let text = one_line(text);
    if text.contains("=?") { format!("{text} ") } else { text }
}

/// Headers that follow from the rest, or tell what is nobody's business.
const OURS: [&str; 15] = [
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "bcc",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "mime-version",
    "resent-bcc",
    "return-path",
    "received",
];

fn further(name: &str, value: &str) -> Result<HeaderType<'static>, Unbuildable> {
    let wrong = || Unbuildable::Header(sanitize::line(name).into_owned());
    let lower = name.to_ascii_lowercase();
    // RFC 5322, section 3.6.8: a name is of visible characters without the colon.
    let is_name = (1..=70).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic() && b != b':');
    if !is_name || OURS.contains(&lower.as_str()) || lower.starts_with("content-") {
        return Err(wrong());
    }
    let value = one_line(value);
    if !value.is_ascii() {
        return Ok(Text::new(unstructured(&value)).into());
    }
    if value.split(' ').any(|word| word.len() > LONGEST_WORD) {
        return Err(wrong());
    }
    Ok(Raw::new(value).into())
}

fn crlf(text: &str) -> String {
    outgoing(text).replace('\n', "\r\n")
}

#[cfg(test)]
mod tests;
