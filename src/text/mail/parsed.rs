//! What a mail turned out to be, once read: its head, the words a person reads, its files, and what kind of thing it is.

use crate::domain::clock::Ms;
use crate::domain::mail::{Mail, Mailbox};
use crate::domain::message::MessageKind;

/// A mail that was read. Reading never fails: what cannot be understood is kept as text or as a file, and told in `defects`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parsed {
    /// Its head. `message_id` is never empty; without a `Message-ID` it is made of the mail's own bytes.
    pub mail: Mail,
    /// `Sender`, where somebody else has sent it for `From`.
    pub sender: Option<Mailbox>,
    /// The words, as text: of the plain part, or made of the HTML.
    pub text: String,
    /// `Date` (RFC 5322, section 3.3), UTC milliseconds; else the newest date of `Received`.
    pub date: Option<Ms>,
    /// Text, or what else it is ([`MessageKind::AutoReply`], [`MessageKind::Bounce`]).
    pub kind: Option<MessageKind>,
    /// Its files, in the order of its parts.
    pub files: Vec<MailFile>,
    /// What a mail server says of mails that were sent, where this is such a report (RFC 3464).
    pub bounces: Vec<BounceReport>,
    /// What is there besides: a signature, encryption, an invitation. Shown as a line in words.
    pub features: Vec<Feature>,
    /// Headers that are kept besides those of `mail`, by name in lower case: what explains how it came (list, precedence, …).
    pub headers: Vec<(String, String)>,
    /// What was wrong with it, in words for a person.
    pub defects: Vec<String>,
}

/// A file of a mail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MailFile {
    /// Its place among the parts, as IMAP counts them (RFC 3501, section 6.4.5): `2`, `1.3`. Unique within the mail.
    pub part: String,
    /// Its name, decoded (RFC 2047, RFC 2231), not yet fit for a file system.
    pub name: Option<String>,
    /// Its media type, lower case.
    pub mime: Option<String>,
    /// `Content-ID`, without brackets.
    pub content_id: Option<String>,
    /// Whether the HTML shows it in its place.
    pub is_inline: bool,
    /// Its bytes, decoded.
    pub bytes: Vec<u8>,
}

/// What a mail server says of one recipient of a mail (RFC 3464, section 2.3).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BounceReport {
    /// The `Message-ID` of the mail that it is about, without brackets, where the report carries it.
    pub message_id: Option<String>,
    /// `Final-Recipient`.
    pub recipient: Option<String>,
    /// `Action`: failed, delayed, delivered, relayed, expanded; of a receipt displayed, deleted and the like; lower case.
    pub action: String,
    /// `Status` (RFC 3463): 5.1.1.
    pub status: Option<String>,
    /// `Diagnostic-Code`, without its type.
    pub diagnostic: Option<String>,
}

/// What a mail has besides words and files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Feature {
    /// Its words are longer than what is shown of them.
    Cut {
        /// Whether the whole of them is among its files.
        is_kept: bool,
    },
    /// Signed with S/MIME (RFC 8551). The signature is not checked here.
    SmimeSigned,
    /// Encrypted with S/MIME: the words cannot be read here.
    SmimeEncrypted,
    /// Signed with OpenPGP (RFC 3156). The signature is not checked here.
    PgpSigned,
    /// Encrypted with OpenPGP: the words cannot be read here.
    PgpEncrypted,
    /// An invitation or an answer to one (RFC 5546).
    Calendar {
        /// `METHOD`: REQUEST, REPLY, CANCEL.
        method: String,
        /// `SUMMARY`.
        summary: Option<String>,
        /// `DTSTART`, in the zone that it was written in: "2026-12-01 10:00 Europe/Amsterdam".
        start: Option<String>,
        /// `DTEND`, likewise.
        end: Option<String>,
        /// `LOCATION`.
        place: Option<String>,
    },
}
