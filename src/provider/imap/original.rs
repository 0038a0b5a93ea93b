//! A mail that is passed on whole: its bytes, as they lie in the mailbox at the moment of sending.

use super::answer::Trouble;
use super::find::{find_everywhere, folders};
use super::lend::lend;
use super::session::Session;
use super::{Imap, MAX_FILES};
use crate::domain::failure::Failure;
use crate::domain::mail::Mail;
use crate::provider::mail::send::Attached;
use crate::text::format;
use crate::text::mail::compose::original;
use crate::text::mail::parse::parse;

/// Reads the mail that this one passes on, to go along as a file.
///
/// # Errors
/// [`Failure::Rejected`] where it is not there any more or too large; else as of any reading, and never [`Failure::Unknown`].
pub async fn original(imap: &Imap, mail: &Mail) -> Result<Attached, Failure> {
    let id = mail.about().unwrap_or_default();
    let mut lent = lend(imap, &imap.aside).await?;
    let mut result = read(imap, &mut lent.session, id).await;
    if lent.is_stale(&result) {
        lent = lent.renew().await?;
        result = read(imap, &mut lent.session, id).await;
    }
    let Some(bytes) = lent.give_back(result)? else {
        let human = "the mail that is passed on is not found in the mailbox any more: forward it with its words instead";
        return Err(Failure::rejected("gone".to_owned(), human));
    };
    if bytes.len() as u64 > MAX_FILES {
        let human = format!(
            "the mail that is passed on is larger than {}: forward it with its words instead",
            format::bytes(MAX_FILES)
        );
        return Err(Failure::rejected("too-large".to_owned(), human));
    }
    let subject = parse(head(&bytes)).mail.subject;
    Ok(Attached {
        name: original::name(&subject),
        mime: original::MEDIA_TYPE.into(),
        bytes,
        content_id: None,
    })
}

/// The whole mail of that id, and of one that is too large a byte more than fits; none where there is no such mail.
async fn read(imap: &Imap, session: &mut Session, id: &str) -> Result<Option<Vec<u8>>, Trouble> {
    let all = folders(imap, session).await?;
    let Some((_, uid)) = find_everywhere(imap, session, &all, id).await? else { return Ok(None) };
    let items = format!("(UID BODY.PEEK[]<0.{}>)", MAX_FILES + 1);
    let mut bytes = None;
    session
        .fetch(&uid.to_string(), &items, &mut |fetched| {
            if fetched.uid == Some(uid) {
                bytes = bytes.take().or(fetched.whole.map(<[u8]>::to_vec));
            }
        })
        .await?;
    Ok(bytes)
}

/// The head of a mail, to its empty line.
fn head(mail: &[u8]) -> &[u8] {
    let end = mail.windows(4).position(|w| w == b"\r\n\r\n").map_or(mail.len(), |at| at + 4);
    &mail[..end]
}
