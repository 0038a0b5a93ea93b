//! What a push wants done that no push can do itself: certificates to fetch, subscriptions to confirm, mails to read from the bucket.
//!
//! Nothing of it is kept on the disk, because nothing is lost with it: SNS comes again for a certificate, a confirmation can be asked for
//! again, and a mail in the bucket is found by the next look through it.

use super::Ses;
use crate::domain::failure::Failure;
use crate::net::http::Request;
use crate::text::sanitize;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tracing::{info, warn};
use url::Url;

/// Certificates that are waited for at once.
const CERTIFICATES: usize = 8;
/// Confirmations that wait at once.
const CONFIRMATIONS: usize = 8;
/// Mails that wait at once; what is more is found by the next look through the bucket.
const KEYS: usize = 10_000;
/// Tries of one confirmation.
const TRIES: u8 = 5;
/// Between two of them.
const PAUSE: Duration = Duration::from_secs(30);
/// The longest certificate, in bytes.
const LONGEST: u64 = 64 * 1024;

/// What is to be done.
#[derive(Debug, Default)]
pub struct Errands {
    waiting: Mutex<Waiting>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    certificates: VecDeque<Url>,
    confirmations: VecDeque<(Url, u8)>,
    keys: VecDeque<String>,
}

impl Errands {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has a certificate fetched.
    pub fn fetch(&self, certificate: Url) {
        let mut waiting = self.waiting();
        if waiting.certificates.len() < CERTIFICATES && !waiting.certificates.contains(&certificate) {
            waiting.certificates.push_back(certificate);
            self.news.notify_one();
        }
    }

    /// Has a subscription confirmed.
    pub fn confirm(&self, url: Url) {
        let mut waiting = self.waiting();
        if waiting.confirmations.len() < CONFIRMATIONS
            && waiting.confirmations.iter().all(|(one, _)| *one != url)
        {
            waiting.confirmations.push_back((url, 0));
            self.news.notify_one();
        }
    }

    /// Has a mail read from the bucket, at the next pull.
    pub fn read(&self, key: String) {
        let mut waiting = self.waiting();
        if waiting.keys.len() < KEYS && !waiting.keys.contains(&key) {
            waiting.keys.push_back(key);
        }
    }

    /// The next mail to read.
    pub fn next_key(&self) -> Option<String> {
        self.waiting().keys.pop_front()
    }

    /// Puts a mail back that could not be read.
    pub fn give_back(&self, key: String) {
        self.waiting().keys.push_front(key);
    }

    /// Whether mails wait to be read.
    pub fn has_keys(&self) -> bool {
        !self.waiting().keys.is_empty()
    }
}

/// Fetches and confirms what waits. Failures are logged: whoever asked comes again.
pub async fn run(ses: &Ses) {
    loop {
        let next = ses.errands.waiting().certificates.front().cloned();
        let Some(url) = next else { break };
        if let Err(failure) = fetch(ses, &url).await {
            warn!("the certificate of SNS could not be fetched: {failure}");
        }
        // Only now: what asks for it meanwhile does not have it fetched twice.
        ses.errands.waiting().certificates.retain(|one| *one != url);
    }
    let confirmations: Vec<Url> =
        ses.errands.waiting().confirmations.iter().map(|(url, _)| url.clone()).collect();
    for url in confirmations {
        let done = match confirm(ses, &url).await {
            Ok(()) => {
                info!("the subscription of a topic of SNS is confirmed");
                true
            }
            Err(failure) => {
                warn!("the subscription of a topic of SNS could not be confirmed: {failure}");
                false
            }
        };
        ses.errands.waiting().confirmations.retain_mut(|(one, tries)| {
            if *one == url {
                *tries += 1;
            }
            *one != url || !done && *tries < TRIES
        });
    }
}

async fn fetch(ses: &Ses, url: &Url) -> Result<(), Failure> {
    let file = ses.http.download(url, &|url| ses.settings.is_of_sns(url), None, LONGEST).await?;
    let kept = ses.certificates.keep(url, &file.bytes);
    kept.map_err(|why| Failure::rejected(None, sanitize::line(&why).into_owned()))
}

async fn confirm(ses: &Ses, url: &Url) -> Result<(), Failure> {
    let answer = ses.http.send(Request::get(url.clone())).await?;
    match answer.status {
        200 => Ok(()),
        status => Err(Failure::transient(format!("SNS answered {status}"))),
    }
}

/// Does what waits, and what comes, as long as it is let.
///
/// # Errors
/// Never: it does not end by itself.
pub async fn watch(ses: &Ses) -> Result<(), Failure> {
    loop {
        run(ses).await;
        let left = !ses.errands.waiting().confirmations.is_empty();
        tokio::select! {
            () = ses.errands.news.notified() => {}
            () = tokio::time::sleep(PAUSE), if left => {}
        }
    }
}
