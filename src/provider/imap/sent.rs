//! Keeps a copy of what was sent in the folder for that, unless the server does, and marks what was answered. A failure here changes
//! nothing of the sending.

use super::Imap;
use super::answer::Trouble;
use super::connect::found;
use super::find::folders;
use super::folders::Role;
use super::lend::lend;
use super::marks::show;
use super::session::Session;
use super::settings::SaveSent;
use crate::domain::failure::Failure;
use crate::domain::op::Mark;
use crate::text::sanitize::mask;
use std::time::Duration;

/// How long keeping a copy may take: the answer to the sending waits for it.
const LONGEST: Duration = Duration::from_secs(60);

/// What is to be done once a mail was sent.
pub struct Sent<'a> {
    /// Its message id.
    pub message_id: &'a str,
    /// The mail.
    pub mail: &'a [u8],
    /// The message id of the mail that it answers.
    pub answers: Option<&'a str>,
}

/// Does it, once more where it fails, and never tells the caller: the mail has been sent.
pub async fn after(imap: &Imap, sent: &Sent<'_>) {
    for attempt in 0..2 {
        let done = tokio::time::timeout(LONGEST, keep(imap, sent)).await;
        let why = match done {
            Ok(Ok(())) => return,
            Ok(Err(failure)) => failure.to_string(),
            Err(_) => "it took too long".to_owned(),
        };
        if attempt > 0 {
            tracing::warn!(target: "imap", "a mail was sent, but no copy of it could be kept: {}", mask(&why));
        }
    }
}

async fn keep(imap: &Imap, sent: &Sent<'_>) -> Result<(), Failure> {
    let found = found(imap).await?;
    let copy = match imap.settings.save_sent {
        SaveSent::No => false,
        SaveSent::Yes => true,
        SaveSent::Auto => !found.saves_sent,
    };
    let answers = sent.answers.filter(|_| imap.settings.marks.contains(&Mark::Answered));
    if !copy && answers.is_none() {
        return Ok(());
    }
    let mut lent = lend(imap, &imap.aside).await?;
    let mut result = kept(imap, &mut lent.session, sent, copy, answers).await;
    if lent.is_stale(&result) {
        lent = lent.renew().await?;
        result = kept(imap, &mut lent.session, sent, copy, answers).await;
    }
    lent.give_back(result)
}

async fn kept(
    imap: &Imap,
    session: &mut Session,
    sent: &Sent<'_>,
    copy: bool,
    answers: Option<&str>,
) -> Result<(), Trouble> {
    if copy {
        let all = folders(imap, session).await?;
        let folder = match all.of(Role::Sent) {
            Some(folder) => folder,
            None => {
                let name = all.to_make(Role::Sent);
                session.create(&name).await?;
                *imap.folders.lock().await = None;
                name
            }
        };
        session.open(&folder).await?;
        // The server may have kept it already, or an attempt before this one.
        if session.find(sent.message_id).await?.is_empty() {
            session.append(&folder, "\\Seen", sent.mail.to_vec()).await?;
        }
    }
    if let Some(answers) = answers {
        show(imap, session, &[answers.to_owned()], Mark::Answered, true).await?;
    }
    Ok(())
}
