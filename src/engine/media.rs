//! Fetches the files of messages soon after they come, before the provider's links die.

use crate::domain::clock::{Clock, Ms};
use crate::domain::failure::Failure;
use crate::engine::accounts::Accounts;
use crate::engine::intake::pause;
use crate::engine::write::Writes;
use crate::net::backoff::Backoff;
use crate::store::{AttachmentDue, Class, Store, StoreError};
use crate::text::sanitize::{file_name, mask};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tracing::{error, info, warn};

/// The largest file that is kept, in bytes.
pub const CAP: u64 = 64 * 1024 * 1024;
/// Tries before a file is given up (an agent can ask again).
const TRIES: u32 = 8;
/// After a change the next look at what is due waits so long.
const PACE: Duration = Duration::from_millis(200);
const BACKOFF: Backoff = Backoff { base: Duration::from_secs(2), max: Duration::from_secs(1800) };

/// The loop that fetches.
pub struct MediaFetcher {
    /// Where attachments are listed.
    pub store: Store,
    /// Where results go.
    pub writes: Writes,
    /// Who can fetch.
    pub accounts: Accounts,
    /// Told when something new is due.
    pub wake: Arc<Notify>,
    /// Tells of every change: an agent may ask for a file.
    pub changed: watch::Receiver<u64>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl MediaFetcher {
    /// Runs until `stop` says so.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut stopped = stop.clone();
        let mut changed = self.changed.clone();
        if self.accounts.wait_until_known(&mut stop).await {
            return;
        }
        while !*stop.borrow() {
            // A file that does not come must not hold the end: it is asked for again after the next start.
            let round = tokio::select! {
                round = self.round() => round,
                _ = stopped.wait_for(|s| *s) => return,
            };
            match round {
                Ok(0) => {
                    tokio::select! {
                        () = self.wake.notified() => {}
                        // Not at each of many changes: what is due is not that urgent.
                        _ = changed.changed() => tokio::time::sleep(PACE).await,
                        _ = stop.changed() => {}
                        () = tokio::time::sleep(Duration::from_secs(5)) => {}
                    }
                }
                Ok(_) => {}
                Err(e) => {
                    error!("files wait: {e}");
                    if pause(&mut stop, Duration::from_secs(2)).await {
                        return;
                    }
                }
            }
        }
    }

    async fn round(&self) -> Result<usize, StoreError> {
        let due = self.store.reader()?.attachments_due(self.clock.now(), 8)?;
        let count = due.len();
        for one in due {
            self.fetch(one).await?;
        }
        Ok(count)
    }

    async fn fetch(&self, due: AttachmentDue) -> Result<(), StoreError> {
        let id = due.id;
        let provider = self.accounts.by_id(due.account).and_then(|live| live.active().cloned());
        let Some(provider) = provider else {
            return self.later(&due, "the account is not connected", self.clock.now() + 60_000).await;
        };
        let media = match provider.fetch(&due.media, CAP).await {
            Ok(media) => media,
            Err(Failure::Rejected { reason, .. }) => {
                warn!("attachment {id} cannot be had: {}", mask(&reason.human));
                let why = reason.human;
                return self.writes.run(Class::Apply, move |t| t.attachment_failed(id, &why, None)).await;
            }
            Err(Failure::Unsupported) => {
                let why = "this provider's files cannot be fetched";
                return self.writes.run(Class::Apply, move |t| t.attachment_failed(id, why, None)).await;
            }
            Err(other) => {
                let jitter = (id.0 % 97) as f64 / 97.0;
                let wait = BACKOFF.delay(due.attempts + 1, jitter).as_millis();
                let at = self.clock.now().saturating_add(Ms::try_from(wait).unwrap_or(Ms::MAX / 4));
                return self.later(&due, &other.to_string(), at).await;
            }
        };
        let name = file_name(media.name.as_deref().unwrap_or(&due.name));
        let relative = format!("files/{}/{}-{name}", due.conversation, id);
        let size = media.bytes.len() as u64;
        if let Err(e) = keep(&self.store.dir().join(&relative), &media.bytes).await {
            error!("attachment {id} cannot be kept: {e}");
            return self.later(&due, &format!("it cannot be written: {e}"), self.clock.now() + 60_000).await;
        }
        info!("attachment {id}: {size} bytes");
        let mime = media.mime;
        self.writes
            .run(Class::Apply, move |t| {
                t.attachment_fetched(id, &relative, size, mime.as_deref(), Some(&name))
            })
            .await
    }

    async fn later(&self, due: &AttachmentDue, why: &str, at: Ms) -> Result<(), StoreError> {
        let (id, why) = (due.id, why.to_owned());
        let retry_at = (due.attempts + 1 < TRIES).then_some(at);
        self.writes.run(Class::Apply, move |t| t.attachment_failed(id, &why, retry_at)).await
    }
}

/// Writes a file whole: under another name first, so that no half of it is ever taken for the file.
async fn keep(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(dir) = path.parent() {
        let mut builder = tokio::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        builder.mode(0o700);
        builder.create(dir).await?;
    }
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let mut options = tokio::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    options.mode(0o600);
    let mut file = options.open(&part).await?;
    tokio::io::AsyncWriteExt::write_all(&mut file, bytes).await?;
    file.sync_all().await?;
    drop(file);
    tokio::fs::rename(&part, path).await
}
