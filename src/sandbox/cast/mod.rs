//! The customers of the demo: they write, wait, lose patience, and react, over the same interfaces as everybody.

mod mail;
pub mod mind;
pub mod people;
pub mod photo;
pub mod phrases;
mod voice;

use crate::sandbox::mailbox::MailboxWorld;
use crate::sandbox::twilio::{Hook, TwilioWorld};
use mind::{Mind, Utterance};
use people::{PEOPLE, Person};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;
use url::Url;
use voice::Voice;

/// What a performance needs.
#[derive(Clone)]
pub struct CastOptions {
    /// The same seed says the same at the same pace.
    pub seed: u64,
    /// Divides all pauses; 0 leaves them out (then nobody comes back with a second story).
    pub speed: f64,
    /// The far end whose customers write SMS and WhatsApp.
    pub twilio: Arc<TwilioWorld>,
    /// The webhook for their messages.
    pub twilio_hook: Url,
    /// The webhook for WhatsApp, where it is an account of its own.
    pub whatsapp_hook: Option<Url>,
    /// The server of our mailbox, to which others write mails.
    pub mailbox: Arc<MailboxWorld>,
    /// `…/chat/NAME`.
    pub chat_base: Url,
    /// Turns true when the performance is to end.
    pub stop: watch::Receiver<bool>,
}

/// The cast.
#[derive(Debug, Clone, Copy)]
pub struct Cast;

impl Cast {
    /// Lets everybody loose. The task ends after `stop` turned true (or its sender is gone).
    pub fn run(options: CastOptions) -> JoinHandle<()> {
        tokio::spawn(async move {
            let mut people = JoinSet::new();
            for (i, person) in PEOPLE.iter().enumerate() {
                people.spawn(perform(options.clone(), *person, i as u64));
            }
            let mut stop = options.stop.clone();
            let _ = stop.wait_for(|stop| *stop).await;
            people.shutdown().await;
        })
    }
}

impl CastOptions {
    /// A pause at the pace of this performance.
    fn paced(&self, natural: Duration) -> Duration {
        if self.speed <= 0.0 { Duration::ZERO } else { natural.div_f64(self.speed.clamp(0.001, 10_000.0)) }
    }

    fn sms_hook(&self) -> Hook {
        Hook::from(self.twilio_hook.as_str())
    }

    fn whatsapp_hook(&self) -> Hook {
        Hook::from(self.whatsapp_hook.as_ref().unwrap_or(&self.twilio_hook).as_str())
    }
}

/// When a person turns up: three within the first second, then one every nine seconds or so.
fn arrival(person: u64, random: &mut crate::sandbox::random::Random) -> Duration {
    match person {
        0 => random.millis(20, 150),
        1 | 2 => random.millis(200, 800),
        later => random.millis(4000, 8000) + Duration::from_secs(9 * (later - 3)),
    }
}

/// One person's part, until it is aborted.
async fn perform(options: CastOptions, person: Person, branch: u64) {
    let mut random = crate::sandbox::random::Random::fork(options.seed, 0x636f_6d65 + branch);
    let mut mind = Mind::new(person, options.seed, branch);
    pause(options.paced(arrival(branch, &mut random))).await;
    let mut voice = Voice::find(&options, person, random).await;
    let mut queue: VecDeque<Utterance> = mind.opening().into();
    let mut due = next_due(&options, &queue, &mut mind);
    loop {
        tokio::select! {
            heard = voice.hear() => {
                let answers = mind.hears(&heard);
                let idle = queue.is_empty();
                queue.extend(answers);
                if idle {
                    due = next_due(&options, &queue, &mut mind);
                }
            }
            () = until(due) => {
                let said = match queue.pop_front() {
                    Some(said) => Some(said),
                    None => mind.ignored().or_else(|| mind.later()),
                };
                if let Some(said) = said {
                    voice.say(&options, &said).await;
                }
                due = next_due(&options, &queue, &mut mind);
            }
        }
    }
}

/// When the person will do something unasked.
fn next_due(options: &CastOptions, queue: &VecDeque<Utterance>, mind: &mut Mind) -> Option<Instant> {
    let natural = match queue.front() {
        Some(said) => Some(said.after),
        None => match mind.patience() {
            Some(patience) => Some(patience),
            // Without pauses there would be no end to second stories.
            None if options.speed <= 0.0 => None,
            None => mind.absence(),
        },
    };
    natural.map(|natural| Instant::now() + options.paced(natural))
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

async fn pause(length: Duration) {
    if !length.is_zero() {
        tokio::time::sleep(length).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::random::Random;

    #[test]
    fn three_write_at_once_and_the_others_trickle_in() {
        for seed in 0..50 {
            let mut come: Vec<Duration> =
                (0..PEOPLE.len() as u64).map(|i| arrival(i, &mut Random::fork(seed, i))).collect();
            assert!(come.iter().take(3).all(|at| *at < Duration::from_secs(1)));
            come.drain(..3);
            assert!(come.is_sorted() && come.iter().all(|at| *at > Duration::from_secs(3)));
            assert!(come.iter().all(|at| *at < Duration::from_secs(100)));
        }
    }
}
