//! From an op to a mail that is ready to go: who gets it, what it says, what goes along. What carries it is the adapter's affair.

use crate::domain::attachment::is_own;
use crate::domain::clock::Ms;
use crate::domain::failure::Failure;
use crate::domain::ids::OpId;
use crate::domain::mail::{Mail, Mailbox, Manner, Outgoing, message_id, reply_token};
use crate::domain::message::AttachmentFact;
use crate::domain::op::{Op, OpBody};
use crate::provider::PushContext;
use crate::provider::mail::own::{Own, folded};
use crate::provider::mail::settings::Style;
use crate::text::mail::compose::body::{self, Body, Letter};
use crate::text::mail::compose::build::{FilePart, Identity, build};
use crate::text::mail::subject::with_token;
use crate::text::sanitize;
use jiff::tz::TimeZone;

/// What stands for a subject where there is none: carriers refuse an empty one.
const NO_SUBJECT: &str = "(no subject)";

/// A mail that is ready to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// Its head: from us, each recipient once.
    pub mail: Mail,
    /// How it came to be.
    pub manner: Manner,
    /// The words as text.
    pub text: String,
    /// The words as HTML.
    pub html: Option<String>,
    /// The files, in their order.
    pub files: Vec<Attached>,
    /// Whether it asks for a receipt once it was seen.
    pub asks_receipt: bool,
}

/// A file that goes along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub mime: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its `Content-ID`, without brackets, where the HTML shows it in its place.
    pub content_id: Option<String>,
}

impl Ready {
    /// Everybody who gets it.
    pub fn recipients(&self) -> impl Iterator<Item = &Mailbox> {
        self.mail.to.iter().chain(&self.mail.cc).chain(&self.mail.bcc)
    }

    /// Bytes of what it carries, before any encoding.
    pub fn size(&self) -> u64 {
        let words = self.text.len() + self.html.as_ref().map_or(0, String::len);
        let files: usize = self.files.iter().map(|file| file.bytes.len()).sum();
        u64::try_from(words + files).unwrap_or(u64::MAX)
    }

    /// Bytes of what it carries in base64.
    pub fn encoded(&self) -> u64 {
        self.size().div_ceil(3) * 4
    }

    /// The bytes that travel (RFC 5322, MIME). Hidden recipients stand nowhere in them.
    ///
    /// # Errors
    /// [`Failure::Rejected`] where it cannot be written.
    pub fn bytes(&self, date: Ms) -> Result<Vec<u8>, Failure> {
        let inline = |(at, file): (usize, &Attached)| Some((at, file.content_id.clone()?));
        let body = Body {
            text: self.text.clone(),
            html: self.html.clone().unwrap_or_default(),
            inline: self.files.iter().enumerate().filter_map(inline).collect(),
        };
        let identity = Identity {
            from: self.mail.from.clone().unwrap_or_default(),
            reply_to: self.mail.reply_to.first().cloned(),
        };
        let mut files = Vec::with_capacity(self.files.len());
        for Attached { name, mime, bytes, .. } in &self.files {
            files.push(FilePart { name, mime, bytes, cid: None });
        }
        let out = Outgoing { mail: self.mail.clone(), manner: self.manner, quoted: None, is_html: false };
        let asks: Vec<(&str, &str)> = match self.asks_receipt {
            // RFC 8098, section 2.1: it goes to where the mail came from, never to where its answers go.
            true => vec![("Disposition-Notification-To", identity.from.address.as_str())],
            false => Vec::new(),
        };
        build(&out, &body, &identity, &files, date, &asks).map_err(|e| Failure::rejected(None, e.to_string()))
    }
}

/// A subject with the mark by which an answer is known, where the account wants one.
pub fn marked(subject: &str, op: OpId, style: &Style) -> String {
    if style.subject_token { with_token(subject, &reply_token(op)) } else { subject.to_owned() }
}

/// The subject with which a mail leaves through a carrier that takes it apart from the mail: on one line, never empty.
pub fn subject(mail: &Mail) -> String {
    let subject = sanitize::line(mail.subject.trim());
    if subject.is_empty() { NO_SUBJECT.to_owned() } else { subject.into_owned() }
}

/// Message ids as they stand in a header (RFC 5322, section 3.6.4).
pub fn angled<'a>(ids: impl IntoIterator<Item = &'a String>) -> String {
    ids.into_iter().map(|id| format!("<{id}>")).collect::<Vec<_>>().join(" ")
}

/// Makes the mail that an op sends, in the style of its account.
///
/// # Errors
/// [`Failure::Unsupported`] for an op that says nothing, [`Failure::Rejected`] where there is nobody to send to, a file is gone, or
/// another mail is passed on whole: that is for [`ready_with`].
pub async fn ready(op: &Op, own: &Own, style: &Style, ctx: &PushContext) -> Result<Ready, Failure> {
    if let OpBody::Send { mail: Some(outgoing), .. } = &op.body
        && outgoing.manner == Manner::ForwardAttached
    {
        let human = "this account has no mail as it came: forward it with its words instead";
        return Err(Failure::rejected(None, human));
    }
    made(op, own, style, ctx, None).await
}

/// The same for a mail that passes another one on whole: with that one as its first file.
///
/// # Errors
/// As [`ready`].
pub async fn ready_with(
    op: &Op,
    own: &Own,
    style: &Style,
    ctx: &PushContext,
    original: Attached,
) -> Result<Ready, Failure> {
    made(op, own, style, ctx, Some(original)).await
}

async fn made(
    op: &Op,
    own: &Own,
    style: &Style,
    ctx: &PushContext,
    original: Option<Attached>,
) -> Result<Ready, Failure> {
    let OpBody::Send { text, attachments, mail, .. } = &op.body else { return Err(Failure::Unsupported) };
    let Some(outgoing) = mail else {
        return Err(Failure::rejected(None, "it has no recipients and no subject: write it again"));
    };
    let mut head = head(op, outgoing, own);
    head.subject = marked(&head.subject, op.id, style);
    if head.to.is_empty() && head.cc.is_empty() && head.bcc.is_empty() {
        return Err(Failure::rejected(None, "it has no recipient"));
    }
    let mut files = Vec::with_capacity(attachments.len() + 1);
    files.extend(original);
    for file in attachments {
        files.push(attached(file, ctx).await?);
    }
    let Body { text, html, inline } = words(text, outgoing, &head, style, &files);
    for (at, name) in inline {
        if let Some(file) = files.get_mut(at) {
            file.content_id = Some(name);
        }
    }
    let html = Some(html).filter(|html| !html.is_empty());
    let asks_receipt = style.asks_receipt;
    Ok(Ready { mail: head, manner: outgoing.manner, text, html, files, asks_receipt })
}

fn head(op: &Op, outgoing: &Outgoing, own: &Own) -> Mail {
    let mut mail = outgoing.mail.clone();
    if mail.message_id.is_empty() {
        mail.message_id = message_id(op.id, own.domain());
    }
    // With the name of the account; another address of ours only where it is one.
    let other = mail.from.take().filter(|from| own.also.contains(&folded(&from.address).unwrap_or_default()));
    mail.from = Some(match other {
        Some(from) => Mailbox { name: from.name.or_else(|| own.from.name.clone()), address: from.address },
        None => own.from.clone(),
    });
    if mail.reply_to.is_empty() {
        mail.reply_to.extend(own.reply_to(op.id));
    }
    let mut seen: Vec<String> = Vec::new();
    for list in [&mut mail.to, &mut mail.cc, &mut mail.bcc] {
        list.retain(|one| {
            let name = folded(&one.address).unwrap_or_else(|| one.address.to_lowercase());
            let new = !seen.contains(&name);
            seen.push(name);
            new
        });
    }
    mail
}

fn words(text: &str, outgoing: &Outgoing, head: &Mail, style: &Style, files: &[Attached]) -> Body {
    let named: Vec<body::Attached<'_>> =
        files.iter().map(|file| body::Attached { name: &file.name, mime: &file.mime }).collect();
    body::body(
        text,
        outgoing.is_html,
        &Letter {
            message_id: &head.message_id,
            manner: outgoing.manner,
            files: &named,
            signature: &style.signature,
            logo: style.logo.as_deref(),
            quoted: outgoing.quoted.as_ref(),
            quoting: style.quoting,
            zone: &TimeZone::system(),
        },
    )
}

async fn attached(file: &AttachmentFact, ctx: &PushContext) -> Result<Attached, Failure> {
    let name = file.name.clone().unwrap_or_else(|| "file".into());
    let path = file.path.as_deref().filter(|path| is_own(path));
    let path =
        path.ok_or_else(|| Failure::rejected(None, format!("{name} is not kept here: attach it again")))?;
    let bytes = tokio::fs::read(ctx.dir.join(path)).await.map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => {
            Failure::rejected(None, format!("{name} is no longer in the workspace: attach it again"))
        }
        _ => Failure::transient(format!("{name} cannot be read: {e}")),
    })?;
    let mime = file.mime.clone().unwrap_or_else(|| "application/octet-stream".into());
    Ok(Attached { name, mime, bytes, content_id: None })
}
