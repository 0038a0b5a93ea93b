//! Connections that are kept between uses: taken, tried where they have rested, opened anew where they are dead, and given back.

use super::answer::Trouble;
use super::connect::{self, Patience};
use super::session::Session;
use super::{Imap, errors};
use crate::domain::failure::Failure;
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

/// How long a connection may take to answer whether it lives.
const LIVES: Duration = Duration::from_secs(10);

/// A connection that rests.
#[derive(Debug)]
pub struct Resting {
    session: Session,
    since: Instant,
}

/// A place where a connection rests.
pub type Slot = Mutex<Option<Resting>>;

/// A connection in use. Who drops it without giving it back leaves nothing behind: what it was in the middle of is unknown.
pub struct Lent<'a> {
    imap: &'a Imap,
    slot: MutexGuard<'a, Option<Resting>>,
    /// The connection.
    pub session: Session,
    /// Whether it was opened for this use.
    is_new: bool,
}

/// Takes the connection of a place, or opens one. One use at a time.
///
/// # Errors
/// As [`connect::open`].
pub async fn lend<'a>(imap: &'a Imap, slot: &'a Slot) -> Result<Lent<'a>, Failure> {
    let mut slot = slot.lock().await;
    if let Some(Resting { mut session, since }) = slot.take() {
        if since.elapsed() < imap.patience.rest {
            return Ok(Lent { imap, slot, session, is_new: false });
        }
        session.set_patience(LIVES);
        if session.noop().await.is_ok() {
            session.set_patience(imap.patience.answer);
            return Ok(Lent { imap, slot, session, is_new: false });
        }
    }
    let session = connect::open(imap).await?;
    Ok(Lent { imap, slot, session, is_new: true })
}

impl<'a> Lent<'a> {
    /// Whether it was opened for this use.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Ends the connection instead of giving it back.
    pub async fn leave(self) {
        self.session.leave().await;
    }

    /// Whether what came of a use may be the fault of a connection that had died before: then it is worth a second try.
    pub fn is_stale<T>(&self, result: &Result<T, Trouble>) -> bool {
        !self.is_new && matches!(result, Err(trouble) if trouble.is_lost())
    }

    /// The same with a connection that is new.
    ///
    /// # Errors
    /// As [`connect::open`].
    pub async fn renew(self) -> Result<Lent<'a>, Failure> {
        let session = connect::open(self.imap).await?;
        Ok(Lent { session, is_new: true, ..self })
    }

    /// Gives the connection back, if it can be used again, and the result in terms of the engine.
    ///
    /// # Errors
    /// What the trouble means.
    pub fn give_back<T>(mut self, result: Result<T, Trouble>) -> Result<T, Failure> {
        match result {
            Err(trouble) if trouble.is_lost() => Err(errors::failure(trouble)),
            other => {
                *self.slot = Some(Resting { session: self.session, since: Instant::now() });
                other.map_err(errors::failure)
            }
        }
    }

    /// How patient we are.
    pub fn patience(&self) -> Patience {
        self.imap.patience
    }
}
