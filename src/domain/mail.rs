//! Electronic mail: what a message of e-mail is besides its words, going out and coming in, and the names of its thread.

use crate::domain::clock::Ms;
use crate::domain::ids::{MessageId, OpId};
use serde::{Deserialize, Serialize};

/// Names in a chain of references that are kept: the first, and the newest of the others (RFC 5322 sets no bound, servers do).
pub const REFERENCES: usize = 20;

/// Names of other mails in a mail that count: far more than programs write.
const NAMES: usize = 50;

/// An address with the name of its owner (RFC 5322, section 3.4: `mailbox`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Mailbox {
    /// The display name, decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `local@domain`, as written.
    pub address: String,
}

impl Mailbox {
    /// An address without a name.
    pub fn bare(address: impl Into<String>) -> Mailbox {
        Mailbox { name: None, address: address.into() }
    }

    /// An address with the name of its owner.
    pub fn named(name: impl Into<String>, address: impl Into<String>) -> Mailbox {
        Mailbox { name: Some(name.into()), address: address.into() }
    }

    /// The name where one is known, else the address.
    pub fn shown(&self) -> &str {
        self.name.as_deref().map(str::trim).filter(|n| !n.is_empty()).unwrap_or(&self.address)
    }
}

/// What wrote a mail, where it was no person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Automatic {
    /// An answering machine: out of office, "we have received your mail" (RFC 3834).
    Reply,
    /// A mail server that tells what became of a mail (RFC 3464).
    Bounce,
    /// A program that tells that a mail was shown (RFC 8098).
    Receipt,
    /// A mailing list or a mass mailing (RFC 2369, RFC 2919, `Precedence`).
    Bulk,
    /// Some other program.
    Other,
}

/// What a mail is besides its words and its files. Message ids stand without angle brackets.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Mail {
    /// `Message-ID`; one is made up from the mail itself where it has none.
    pub message_id: String,
    /// `In-Reply-To`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_reply_to: Vec<String>,
    /// `References`, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    /// A token of ours that was found in an address it was sent to, or in its subject: see [`reply_token`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// `Subject`, decoded, as written.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// `From`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Mailbox>,
    /// `Reply-To`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reply_to: Vec<Mailbox>,
    /// `To`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<Mailbox>,
    /// `Cc`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<Mailbox>,
    /// `Bcc`: known only of what we send.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bcc: Vec<Mailbox>,
    /// What wrote it, where it was no person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automatic: Option<Automatic>,
    /// How it came to be, where it was written here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manner: Option<Manner>,
    /// Whether its words are HTML, where it is one of ours: they were given so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_html: bool,
    /// The HTML that came, as it came. It is never shown as HTML, and nothing is loaded for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
}

/// Where a mail's own date stands in the metadata of its message: UTC milliseconds, as its writer says. Where it has none the key is
/// absent.
pub const DATE: &str = "date";

impl Mail {
    /// All names under which this mail is known or that it names: mails that share one are of one conversation.
    pub fn thread_names(&self) -> Vec<String> {
        // The beginning of a chain and its end: who writes a thousand names is not looked up a thousand times.
        let first = self.references.iter().take(1);
        let last = self.references.iter().skip(1).rev().take(NAMES);
        let answered = self.in_reply_to.iter().take(NAMES);
        let ids = std::iter::once(&self.message_id).chain(answered).chain(first).chain(last);
        let mut names: Vec<String> = ids.filter(|id| !id.is_empty()).map(|id| mail_name(id)).collect();
        names.extend(self.token.as_deref().map(token_name));
        names.sort();
        names.dedup();
        names
    }

    /// Its own name in its thread.
    pub fn name(&self) -> String {
        mail_name(&self.message_id)
    }

    /// Whether it names no other mail: it can only be recognised as an answer by its subject.
    pub fn is_rootless(&self) -> bool {
        self.in_reply_to.is_empty() && self.references.is_empty() && self.token.is_none()
    }

    /// The name of the mail that began its thread, as far as this mail knows: of it the key of its conversation is made.
    pub fn root(&self) -> String {
        mail_name(self.references.first().or(self.in_reply_to.first()).unwrap_or(&self.message_id))
    }

    /// The message id of the mail that it answers or passes on, as far as it says so itself.
    pub fn about(&self) -> Option<&str> {
        let chain = match self.manner {
            Some(manner) if manner.is_forward() => &self.references,
            _ => &self.in_reply_to,
        };
        chain.last().map(String::as_str)
    }

    /// What an agent would say of it, to say it once more. Which message [`Mail::about`] names is the caller's to find.
    pub fn head(&self) -> MailHead {
        let seems = if self.in_reply_to.is_empty() { Manner::New } else { Manner::Reply };
        MailHead {
            manner: self.manner.unwrap_or(seems),
            about: None,
            subject: Some(self.subject.clone()),
            to: Some(self.to.clone()),
            cc: Some(self.cc.clone()),
            bcc: self.bcc.clone(),
            html: self.is_html,
            ..MailHead::default()
        }
    }

    /// The chain that an answer to this mail carries (RFC 5322, section 3.6.4), at most [`REFERENCES`] long.
    pub fn references_of_answer(&self) -> Vec<String> {
        let before = if self.references.is_empty() { &self.in_reply_to[..] } else { &self.references[..] };
        // In-Reply-To with several names says nothing of their order: then it is no chain.
        let before = if self.references.is_empty() && before.len() > 1 { &[] } else { before };
        let mut chain: Vec<String> = before.to_vec();
        chain.retain(|id| *id != self.message_id);
        chain.push(self.message_id.clone());
        if chain.len() > REFERENCES {
            chain.drain(1..=chain.len() - REFERENCES);
        }
        chain
    }
}

/// The name of a mail in its thread, by its message id. Ids are compared as they are, but for the case of the domain, which some
/// servers change.
pub fn mail_name(id: &str) -> String {
    match id.rsplit_once('@') {
        Some((left, domain)) => format!("{left}@{}", domain.to_lowercase()),
        None => id.to_owned(),
    }
}

/// The name of a thread by a reply token.
fn token_name(token: &str) -> String {
    format!("token:{}", token.to_lowercase())
}

/// What a reply token is made of: what is not easily taken for something else.
const DIGITS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Letters and digits of a reply token.
const TOKEN: usize = 16;

/// The token by which an answer to what an op sends is recognised although it names no mail: it stands behind the plus of the
/// address for answers (`support+TOKEN@`), or in the subject. Sixteen letters and digits of the op's random part: it cannot be guessed.
pub fn reply_token(op: OpId) -> String {
    let random = op.0.as_u128() & ((1 << 80) - 1);
    (0..TOKEN)
        .rev()
        .map(|at| char::from(DIGITS[usize::try_from((random >> (at * 5)) & 31).unwrap_or(0)]))
        .collect()
}

/// The reply token that a text is, in the form that [`reply_token`] makes; none if it is none. Servers change the case of addresses.
pub fn as_reply_token(text: &str) -> Option<String> {
    let token = text.to_ascii_lowercase();
    (token.len() == TOKEN && token.bytes().all(|b| DIGITS.contains(&b))).then_some(token)
}

/// The `Message-ID` of what an op sends, without brackets: it leads back to the op, wherever it comes from.
pub fn message_id(op: OpId, domain: &str) -> String {
    format!("fd.{}@{domain}", op.0.simple())
}

/// The op that a message id of ours names.
pub fn op_of(message_id: &str) -> Option<OpId> {
    let (left, _) = message_id.split_once('@')?;
    let hex = left.strip_prefix("fd.").filter(|hex| hex.len() == 32)?;
    uuid::Uuid::try_parse(hex).ok().map(OpId)
}

/// How a mail of ours came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    /// The first of a conversation.
    #[default]
    New,
    /// An answer to the sender.
    Reply,
    /// An answer to everybody.
    ReplyAll,
    /// A mail is passed on, its words below ours.
    Forward,
    /// A mail is passed on as a file (`message/rfc822`).
    ForwardAttached,
}

impl Manner {
    /// Whether it passes another mail on.
    pub const fn is_forward(self) -> bool {
        matches!(self, Manner::Forward | Manner::ForwardAttached)
    }

    /// Whether it answers another mail.
    pub const fn is_answer(self) -> bool {
        matches!(self, Manner::Reply | Manner::ReplyAll)
    }
}

/// What an agent says of a mail besides its words: part of a draft, and of what is asked to be sent. What is left empty is
/// filled in from the mail that is answered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct MailHead {
    /// How it came to be.
    #[serde(default)]
    pub manner: Manner,
    /// The message that is answered or passed on; none = the newest of the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<MessageId>,
    /// The subject; none = follows from the mail that is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// To whom; none = follows from the mail that is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Vec<Mailbox>>,
    /// Who gets a copy that everybody sees; none = follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cc: Option<Vec<Mailbox>>,
    /// Who gets such a copy besides those who follow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more_cc: Vec<Mailbox>,
    /// Who gets a copy that nobody sees.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bcc: Vec<Mailbox>,
    /// Whether the words are HTML already (`--html`), not text with marks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub html: bool,
}

impl MailHead {
    /// Whether an agent has said anything in it: to whom, or about what.
    pub fn is_said(&self) -> bool {
        let copies = self.cc.is_some() || !self.more_cc.is_empty() || !self.bcc.is_empty();
        self.subject.is_some() || self.to.is_some() || copies
    }

    /// Whether it is more than what follows by itself: something is said in it, or it passes a mail on.
    pub fn is_meant(&self) -> bool {
        self.is_said() || self.manner.is_forward()
    }

    /// What is said in it, in words, a line for each field.
    pub fn as_words(&self) -> String {
        let fields = [
            ("To", self.to.as_ref()),
            ("Cc", self.cc.as_ref()),
            ("Cc", Some(&self.more_cc)),
            ("Bcc", Some(&self.bcc)),
        ];
        let mut lines: Vec<String> = Vec::new();
        for (name, boxes) in fields {
            let all: Vec<&str> = boxes.into_iter().flatten().map(|one| one.address.as_str()).collect();
            if !all.is_empty() {
                lines.push(format!("{name}: {}", all.join(", ")));
            }
        }
        lines.extend(self.subject.as_ref().map(|subject| format!("Subject: {subject}")));
        lines.join("\n")
    }
}

/// Words of another mail that stand below ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quoted {
    /// Who wrote them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Mailbox>,
    /// To whom, for what is passed on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<Mailbox>,
    /// Who got a copy, for what is passed on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<Mailbox>,
    /// Its subject, for what is passed on.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// When, UTC milliseconds.
    pub at: Ms,
    /// The words, as text.
    pub text: String,
}

/// A mail of ours, complete: what an op sends. The adapter adds what belongs to its account: the name, the signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// Its head. `message_id` is ours ([`message_id`]); `from` is our address.
    pub mail: Mail,
    /// How it came to be.
    pub manner: Manner,
    /// What stands below our words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<Quoted>,
    /// Whether the words are HTML already, not text with marks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_html: bool,
}

impl Outgoing {
    /// Everybody who gets it, once each, in order.
    pub fn recipients(&self) -> Vec<&Mailbox> {
        let mut all: Vec<&Mailbox> = Vec::new();
        for one in self.mail.to.iter().chain(&self.mail.cc).chain(&self.mail.bcc) {
            if !all.iter().any(|known| known.address.eq_ignore_ascii_case(&one.address)) {
                all.push(one);
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn op(n: u128) -> OpId {
        OpId(uuid::Uuid::from_u128(n))
    }

    #[test]
    fn a_message_id_leads_back_to_its_op() {
        let id = message_id(op(0x0199_0000_0000_7000_8000_0000_0000_00ab), "example.com");
        assert_eq!(id, "fd.019900000000700080000000000000ab@example.com");
        assert_eq!(op_of(&id), Some(op(0x0199_0000_0000_7000_8000_0000_0000_00ab)));
        for foreign in
            ["", "fd.@x", "fd.0199@x", "CAF1x@mail.example.net", "fd.zz9900000000700080000000000000ab@x"]
        {
            assert_eq!(op_of(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn tokens_are_of_the_random_part() {
        let one = reply_token(op(0x0199_0000_0000_7000_8000_0000_0000_0001));
        assert_eq!(one.len(), 16);
        assert_eq!(one, reply_token(op(0xffff_0000_0000_7000_8000_0000_0000_0001)), "not of the time");
        assert_ne!(one, reply_token(op(0x0199_0000_0000_7000_8000_0000_0000_0002)));
        assert!(one.bytes().all(|b| b.is_ascii_alphanumeric() && !b"lo01".contains(&b)));
        assert_eq!(as_reply_token(&one.to_uppercase()), Some(one));
        for foreign in ["", "newsletter", "abcdefghabcdefgo", "abcdefghabcdefghi", "äbcdefghabcdefg"] {
            assert_eq!(as_reply_token(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn a_thread_has_the_names_of_all_its_mails() {
        let mail = Mail {
            message_id: "c@X.example".into(),
            in_reply_to: vec!["b@x.example".into()],
            references: vec!["a@x.example".into(), "b@X.EXAMPLE".into()],
            token: Some("ABC".into()),
            ..Mail::default()
        };
        assert_eq!(mail.thread_names(), ["a@x.example", "b@x.example", "c@x.example", "token:abc"]);
        assert_eq!(mail.root(), "a@x.example");
        assert!(!mail.is_rootless());
    }

    #[test]
    fn whoever_writes_a_thousand_names_is_taken_by_the_first_and_the_last() {
        let references = (0..1000).map(|n| format!("{n}@x")).collect();
        let names = Mail { message_id: "z@x".into(), references, ..Mail::default() }.thread_names();
        assert_eq!(names.len(), 2 + NAMES);
        assert!(["0@x", "950@x", "999@x", "z@x"].iter().all(|name| names.contains(&(*name).to_owned())));
    }

    #[test]
    fn the_chain_of_an_answer_keeps_its_beginning() {
        let mail = Mail {
            message_id: "z@x".into(),
            references: (0..40).map(|n| format!("{n}@x")).collect(),
            ..Mail::default()
        };
        let chain = mail.references_of_answer();
        assert_eq!(chain.len(), REFERENCES);
        assert_eq!((chain[0].as_str(), chain[1].as_str()), ("0@x", "22@x"));
        assert_eq!(chain.last().map(String::as_str), Some("z@x"));
        let only = Mail { message_id: "b@x".into(), in_reply_to: vec!["a@x".into()], ..Mail::default() };
        assert_eq!(only.references_of_answer(), ["a@x", "b@x"]);
        let odd = Mail {
            message_id: "c@x".into(),
            in_reply_to: vec!["a@x".into(), "b@x".into()],
            ..Mail::default()
        };
        assert_eq!(odd.references_of_answer(), ["c@x"]);
    }
}
