//! Waits until there is news in the inbox: told by the server where it can (IDLE, RFC 2177). Where it cannot, polls find them.
//!
//! The command is given again every few minutes: routers forget connections that are silent, and a server may end them after half an
//! hour. A connection that has died is noticed then at the latest.

use super::answer::Trouble;
use super::lend::lend;
use super::wire::Idle;
use super::{Imap, connect};
use crate::domain::failure::Failure;
use std::sync::atomic::Ordering;

/// Resolves when there may be news; never where the server cannot tell.
///
/// # Errors
/// When the connection that waits is lost: what came meanwhile is found by the next pull.
pub async fn watch(imap: &Imap) -> Result<(), Failure> {
    let heard = listen(imap).await;
    if heard.is_err() {
        // Until it is waited again, somebody has to ask more often.
        imap.tells.store(false, Ordering::Relaxed);
    }
    heard
}

async fn listen(imap: &Imap) -> Result<(), Failure> {
    let mut lent = lend(imap, &imap.waiting).await?;
    if !lent.session.caps.has("IDLE") {
        imap.tells.store(false, Ordering::Relaxed);
        lent.leave().await;
        return std::future::pending().await;
    }
    imap.tells.store(true, Ordering::Relaxed);
    let mut result = wait(imap, &mut lent.session).await;
    if lent.is_stale(&result) {
        lent = lent.renew().await?;
        result = wait(imap, &mut lent.session).await;
    }
    lent.give_back(result)
}

async fn wait(imap: &Imap, session: &mut super::session::Session) -> Result<(), Trouble> {
    let connect::Patience { idle, answer, .. } = imap.patience;
    let name = imap.settings.folders.first().map_or("INBOX", String::as_str);
    if session.opened().is_none_or(|open| open.name != name) {
        let open = session.open(name).await?;
        // What came before this folder was opened here is told to nobody.
        let seen = imap.seen.load(Ordering::Relaxed);
        if seen != 0 && seen != mark(open.validity, open.next) {
            return Ok(());
        }
    }
    loop {
        if session.idle(idle, answer).await? == Idle::News {
            return Ok(());
        }
    }
}

/// How far a folder has been seen, in one number.
pub fn mark(validity: u32, next: u32) -> u64 {
    (u64::from(validity) << 32) | u64::from(next)
}
