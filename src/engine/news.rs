//! The connection over which a provider tells of news. It stands across pulls: to be begun anew it needs a login. One that is lost again
//! and again is begun ever more seldom; polls go on meanwhile.

use crate::domain::failure::Failure;
use crate::net::backoff::Backoff;
use crate::provider::Provider;
use crate::text::sanitize::mask;
use futures_util::future::BoxFuture;
use std::time::Duration;
use tokio::time::Instant;
use tracing::{info, warn};

const BACKOFF: Backoff = Backoff { base: Duration::from_secs(10), max: Duration::from_secs(900) };
/// A connection that has stood for longer was a good one.
const GOOD: Duration = Duration::from_secs(60);
/// Losses in a row that are worth a warning.
const OFTEN: u32 = 3;

/// What is heard of news over a connection that is held open for that.
pub(super) struct News<'a> {
    provider: &'a dyn Provider,
    /// The account's name.
    name: &'a str,
    waits: Option<BoxFuture<'a, Result<(), Failure>>>,
    begun: Instant,
    /// After a loss: until when it is left alone.
    rests: Option<Instant>,
    losses: u32,
}

impl<'a> News<'a> {
    /// For an account of that name. Connects when it is first listened to.
    pub fn new(provider: &'a dyn Provider, name: &'a str) -> News<'a> {
        let (waits, rests) = (None, None);
        News { provider, name, waits, begun: Instant::now(), rests, losses: 0 }
    }

    /// Ends when there may be news: the provider tells of it, or a connection was lost and what came meanwhile is to be asked for. Never
    /// where there is no such connection. What is waited for goes on where this is dropped.
    pub async fn heard(&mut self) {
        if self.rests.is_none() {
            let waits = match self.waits.take() {
                Some(waits) => waits,
                None => {
                    self.begun = Instant::now();
                    let Some(waits) = self.provider.watch() else { return std::future::pending().await };
                    waits
                }
            };
            let ended = self.waits.insert(waits).await;
            self.waits = None;
            match ended {
                Ok(()) => {
                    self.losses = 0;
                    return;
                }
                Err(failure) => self.lost(&failure),
            }
        }
        if let Some(until) = self.rests {
            tokio::time::sleep_until(until).await;
        }
        self.rests = None;
    }

    fn lost(&mut self, failure: &Failure) {
        if self.begun.elapsed() > GOOD {
            self.losses = 0;
        }
        self.losses = self.losses.saturating_add(1);
        let jitter = f64::from(self.losses % 10) / 10.0;
        let rest = BACKOFF.delay(self.losses, jitter);
        self.rests = Some(Instant::now() + rest);
        let (name, why, seconds) = (self.name, mask(&failure.to_string()), rest.as_secs());
        if self.losses == OFTEN {
            warn!(
                "\u{201c}{name}\u{201d}: the connection that waits for news is lost again and again: {why}"
            );
        } else {
            info!(
                "\u{201c}{name}\u{201d}: the connection that waits for news was lost, again in {seconds} s: {why}"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::capability::{Capabilities, PushKind};
    use crate::domain::clock::Ms;
    use crate::domain::op::{Accepted, Op};
    use crate::provider::{
        Cursor, DedupeKey, Ingest, Login, Malformed, Page, PushContext, RawPush, Reject, Scope,
    };
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Notify;

    /// A provider that tells of news when it is told to, or whose connections fail.
    #[derive(Default)]
    struct Far {
        connections: AtomicUsize,
        news: Notify,
        /// After how long connections are lost.
        lost: Mutex<Option<Duration>>,
    }

    impl Provider for Far {
        fn capabilities(&self) -> Capabilities {
            Capabilities::messages_only(Vec::new(), PushKind::Stream)
        }

        fn verify(&self, _: &RawPush) -> Result<DedupeKey, Reject> {
            Err(Reject::Foreign(String::new()))
        }

        fn ingest(&self, _: &RawPush) -> Result<Ingest, Malformed> {
            Ok(Ingest::default())
        }

        fn pull<'a>(&'a self, _: Cursor, _: Scope, _: Ms) -> BoxFuture<'a, Result<Page, Failure>> {
            Box::pin(async { Ok(Page::default()) })
        }

        fn push<'a>(&'a self, _: &'a Op, _: &'a PushContext) -> BoxFuture<'a, Result<Accepted, Failure>> {
            Box::pin(async { Err(Failure::Unsupported) })
        }

        fn probe<'a>(&'a self) -> BoxFuture<'a, Result<Login, Failure>> {
            Box::pin(async { Err(Failure::Unsupported) })
        }

        fn watch<'a>(&'a self) -> Option<BoxFuture<'a, Result<(), Failure>>> {
            Some(Box::pin(async {
                self.connections.fetch_add(1, Ordering::Relaxed);
                let lost = *self.lost.lock().unwrap();
                match lost {
                    Some(after) => {
                        tokio::time::sleep(after).await;
                        Err(Failure::transient("closed"))
                    }
                    None => {
                        self.news.notified().await;
                        Ok(())
                    }
                }
            }))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_stands_across_polls() {
        let far = Far::default();
        let mut news = News::new(&far, "desk");
        for _ in 0..50 {
            let poll = tokio::time::timeout(Duration::from_secs(300), news.heard()).await;
            assert!(poll.is_err(), "nothing was told");
        }
        far.news.notify_one();
        news.heard().await;
        assert_eq!(far.connections.load(Ordering::Relaxed), 1);
        assert!(tokio::time::timeout(Duration::from_secs(1), news.heard()).await.is_err());
        assert_eq!(far.connections.load(Ordering::Relaxed), 2, "the next one begins after that");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_lost_at_once_is_begun_ever_more_seldom() {
        let far = Far::default();
        *far.lost.lock().unwrap() = Some(Duration::ZERO);
        let mut news = News::new(&far, "desk");
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(24 * 3600) {
            // Polls come in between and change nothing.
            let _ = tokio::time::timeout(Duration::from_secs(60), news.heard()).await;
        }
        let times = far.connections.load(Ordering::Relaxed);
        assert!((96..=220).contains(&times), "{times} in a day");
        far.lost.lock().unwrap().take();
        far.news.notify_one();
        while news.losses > 0 {
            news.heard().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_stands_for_long_is_begun_again_soon() {
        let far = Far::default();
        *far.lost.lock().unwrap() = Some(Duration::from_secs(1800));
        let mut news = News::new(&far, "desk");
        for _ in 0..20 {
            let begun = Instant::now();
            news.heard().await;
            assert!(begun.elapsed() < Duration::from_secs(1800) + BACKOFF.base * 2);
        }
    }
}
