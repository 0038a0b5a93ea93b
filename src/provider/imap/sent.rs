//! Keeps a copy of what was sent in the folder for that, unless the server does, and marks what was answered. A failure here changes
//! nothing of the sending: what is owed then is tried again later, and the account says so ([`owed`](super::owed)).

use super::Imap;
use super::answer::Trouble;
use super::connect::found;
use super::find::folders;
use super::folders::Role;
use super::lend::lend;
use super::marks::show;
use super::owed::Debt;
use super::session::Session;
use super::settings::SaveSent;
use crate::domain::clock::Ms;
use crate::domain::failure::Failure;
use crate::domain::op::Mark;
use crate::text::sanitize::mask;
use std::time::Duration;

/// How long keeping a copy may take: the answer to the sending waits for it.
const LONGEST: Duration = Duration::from_secs(60);

/// Does what is to be done once a mail was sent, once more where it fails. Why it could not be done is the result; the mail has been
/// sent all the same.
///
/// # Errors
/// The reason, in words.
pub async fn after(imap: &Imap, sent: Debt) -> Result<(), String> {
    let mut last = String::new();
    for _ in 0..2 {
        match tokio::time::timeout(LONGEST, keep(imap, &sent)).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(failure)) => last = failure.to_string(),
            Err(_) => "it took too long".clone_into(&mut last),
        }
    }
    tracing::warn!(target: "imap", "a mail was sent, but no copy of it could be kept: {}", mask(&last));
    imap.owed.add(sent, &last);
    Err(last)
}

/// Tries again what is owed, through a connection that has nothing else to do. Answers whether the connection is still good.
pub async fn again(imap: &Imap, session: &mut Session, now: Ms) -> bool {
    while let Some(debt) = imap.owed.due(now) {
        let copy = match copies(imap).await {
            Ok(copy) => copy,
            Err(_) => return true,
        };
        match tokio::time::timeout(LONGEST, kept(imap, session, &debt, copy)).await {
            Ok(Ok(())) => imap.owed.settled(&debt.message_id),
            Ok(Err(trouble)) => {
                imap.owed.failed(trouble.words(), now);
                return !trouble.is_lost();
            }
            Err(_) => {
                imap.owed.failed("it took too long", now);
                return false;
            }
        }
    }
    true
}

/// Whether a copy is ours to keep.
async fn copies(imap: &Imap) -> Result<bool, Failure> {
    Ok(match imap.settings.save_sent {
        SaveSent::No => false,
        SaveSent::Yes => true,
        SaveSent::Auto => !found(imap).await?.saves_sent,
    })
}

async fn keep(imap: &Imap, sent: &Debt) -> Result<(), Failure> {
    let copy = copies(imap).await?;
    if !copy && !marks(imap, sent) {
        return Ok(());
    }
    let mut lent = lend(imap, &imap.aside).await?;
    let mut result = kept(imap, &mut lent.session, sent, copy).await;
    if lent.is_stale(&result) {
        lent = lent.renew().await?;
        result = kept(imap, &mut lent.session, sent, copy).await;
    }
    lent.give_back(result)
}

fn marks(imap: &Imap, sent: &Debt) -> bool {
    sent.answers.is_some() && imap.settings.marks.contains(&Mark::Answered)
}

async fn kept(imap: &Imap, session: &mut Session, sent: &Debt, copy: bool) -> Result<(), Trouble> {
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
        if session.find(&sent.message_id).await?.is_empty() {
            session.append(&folder, "\\Seen", sent.mail.clone()).await?;
        }
    }
    if let Some(answers) = sent.answers.clone().filter(|_| marks(imap, sent)) {
        show(imap, session, &[answers], Mark::Answered, true).await?;
    }
    Ok(())
}
