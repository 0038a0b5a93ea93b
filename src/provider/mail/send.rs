//! From an op to a mail that is ready to go: who gets it, what it says, what goes along. What carries it is the adapter's affair.

use crate::domain::attachment::is_own;
use crate::domain::failure::Failure;
use crate::domain::mail::{Mail, Mailbox, Outgoing, message_id};
use crate::domain::message::AttachmentFact;
use crate::domain::op::{Op, OpBody};
use crate::provider::PushContext;
use crate::provider::mail::own::{Own, folded};

/// A mail that is ready to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// Its head: from us, each recipient once.
    pub mail: Mail,
    /// The words as text.
    pub text: String,
    /// The words as HTML.
    pub html: Option<String>,
    /// The files, in their order.
    pub files: Vec<Attached>,
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
}

/// Makes the mail that an op sends. `signature` stands below the words.
///
/// # Errors
/// [`Failure::Unsupported`] for an op that says nothing, [`Failure::Rejected`] where there is nobody to send to or a file is gone.
pub async fn ready(op: &Op, own: &Own, signature: Option<&str>, ctx: &PushContext) -> Result<Ready, Failure> {
    let OpBody::Send { text, attachments, mail, .. } = &op.body else { return Err(Failure::Unsupported) };
    let Some(outgoing) = mail else {
        return Err(Failure::rejected(None, "it has no recipients and no subject: write it again"));
    };
    let head = head(op, outgoing, own);
    if head.to.is_empty() && head.cc.is_empty() && head.bcc.is_empty() {
        return Err(Failure::rejected(None, "it has no recipient"));
    }
    let (text, html) = words(text, outgoing, signature);
    let mut files = Vec::with_capacity(attachments.len());
    for file in attachments {
        files.push(attached(file, ctx).await?);
    }
    Ok(Ready { mail: head, text, html, files })
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

fn words(text: &str, _outgoing: &Outgoing, signature: Option<&str>) -> (String, Option<String>) {
    match signature {
        Some(signature) => (format!("{text}\n\n-- \n{signature}\n"), None),
        None => (text.to_owned(), None),
    }
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
    Ok(Attached { name, mime, bytes })
}
