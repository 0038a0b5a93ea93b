//! What goes wrong at the far end, and when: told request by request, or by chance from the seed.

use crate::sandbox::random::Random;
use std::collections::VecDeque;
use std::time::Duration;

/// How one request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Answer {
    /// As it should be.
    #[default]
    Normal,
    /// Not done: 429 with code 20429 and, if given, `Retry-After` in seconds.
    TooMany {
        /// Seconds for the `Retry-After` header.
        retry_after: Option<u64>,
    },
    /// Not done: refused with this HTTP status and Twilio error code.
    Refused {
        /// The HTTP status.
        status: u16,
        /// Twilio's error code.
        code: u32,
    },
    /// Not done, answered with 500.
    ErrorBefore,
    /// Done, yet answered with 500.
    ErrorAfter,
    /// Not done, and the connection is closed without an answer.
    CutBefore,
    /// Done, and the connection is closed without an answer.
    CutAfter,
    /// Done, and answered after this long.
    Slow(Duration),
    /// Done, and answered only once [`release`](super::TwilioWorld::release) is called.
    Held,
}

/// What becomes of the status callbacks of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Callbacks {
    /// Each once, in order, after the answer.
    #[default]
    InOrder,
    /// None is made.
    Lost,
    /// Each is made twice.
    Twice,
    /// They arrive the last one first.
    Reversed,
    /// All of them are made before the request is answered.
    Early,
}

/// How the message itself fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Outcome {
    /// `sent`, then `delivered` (on WhatsApp also `read`).
    #[default]
    Delivered,
    /// `sent`, then `undelivered` with this error code, e.g. 30003.
    Undelivered(u32),
    /// `failed` with this error code, without ever being sent.
    Failed(u32),
    /// `sent`, and never anything more.
    Sent,
}

/// Everything that shall happen to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Plan {
    /// How it is answered.
    pub answer: Answer,
    /// What becomes of its callbacks; only for a send.
    pub callbacks: Callbacks,
    /// How the message fares; only for a send.
    pub outcome: Outcome,
}

impl From<Answer> for Plan {
    fn from(answer: Answer) -> Plan {
        Plan { answer, ..Plan::default() }
    }
}

impl From<Callbacks> for Plan {
    fn from(callbacks: Callbacks) -> Plan {
        Plan { callbacks, ..Plan::default() }
    }
}

impl From<Outcome> for Plan {
    fn from(outcome: Outcome) -> Plan {
        Plan { outcome, ..Plan::default() }
    }
}

/// How often something happens by chance, in sends of a thousand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rates {
    /// [`Answer::TooMany`], with a `Retry-After` of one to three seconds.
    pub too_many: u32,
    /// [`Answer::ErrorBefore`].
    pub error_before: u32,
    /// [`Answer::ErrorAfter`].
    pub error_after: u32,
    /// [`Answer::CutBefore`].
    pub cut_before: u32,
    /// [`Answer::CutAfter`].
    pub cut_after: u32,
    /// [`Answer::Slow`], a half to two seconds.
    pub slow: u32,
    /// [`Callbacks::Lost`].
    pub callbacks_lost: u32,
    /// [`Callbacks::Twice`].
    pub callbacks_twice: u32,
    /// [`Callbacks::Reversed`].
    pub callbacks_reversed: u32,
    /// [`Outcome::Undelivered`] with a code that such messages have in life.
    pub undelivered: u32,
}

/// The script: what was told first, then chance.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// One plan per coming send; when it is empty, chance decides.
    pub sends: VecDeque<Plan>,
    /// One plan per coming request that reads (list, message, media, account); then all is well.
    pub reads: VecDeque<Plan>,
    /// How often things happen to sends by chance.
    pub rates: Rates,
}

impl Faults {
    /// Nothing ever goes wrong.
    pub fn none() -> Faults {
        Faults::default()
    }

    /// The coming sends go as told, all others well.
    pub fn sends<P: Into<Plan>>(plans: impl IntoIterator<Item = P>) -> Faults {
        Faults { sends: plans.into_iter().map(Into::into).collect(), ..Faults::default() }
    }

    /// Now and then something, as in life: enough to be seen in a demo of a few minutes.
    pub fn lively() -> Faults {
        Faults {
            rates: Rates {
                too_many: 50,
                error_before: 15,
                error_after: 15,
                cut_before: 10,
                cut_after: 20,
                slow: 80,
                callbacks_lost: 15,
                callbacks_twice: 60,
                callbacks_reversed: 50,
                undelivered: 50,
            },
            ..Faults::default()
        }
    }

    /// Takes the plan of the next send.
    pub(super) fn next_send(&mut self, random: &mut Random) -> Plan {
        match self.sends.pop_front() {
            Some(plan) => plan,
            None => self.rates.draw(random),
        }
    }

    /// Takes the plan of the next reading request.
    pub(super) fn next_read(&mut self) -> Plan {
        self.reads.pop_front().unwrap_or_default()
    }
}

impl Rates {
    fn draw(&self, random: &mut Random) -> Plan {
        let mut plan = Plan::default();
        if *self == Rates::default() {
            return plan;
        }
        // One throw each, so that a changed rate of one kind does not shift the others of the same seed by much.
        let mut throw = u32::try_from(random.below(1000)).unwrap_or(0);
        let kinds = [
            (self.too_many, Answer::TooMany { retry_after: Some(random.between(1, 3)) }),
            (self.error_before, Answer::ErrorBefore),
            (self.error_after, Answer::ErrorAfter),
            (self.cut_before, Answer::CutBefore),
            (self.cut_after, Answer::CutAfter),
            (self.slow, Answer::Slow(random.millis(500, 2000))),
        ];
        for (rate, answer) in kinds {
            if throw < rate {
                plan.answer = answer;
                break;
            }
            throw -= rate;
        }
        let mut throw = u32::try_from(random.below(1000)).unwrap_or(0);
        for (rate, callbacks) in [
            (self.callbacks_lost, Callbacks::Lost),
            (self.callbacks_twice, Callbacks::Twice),
            (self.callbacks_reversed, Callbacks::Reversed),
        ] {
            if throw < rate {
                plan.callbacks = callbacks;
                break;
            }
            throw -= rate;
        }
        if random.per_mille(self.undelivered) {
            plan.outcome = Outcome::Undelivered(match random.below(4) {
                0 | 1 => 30003,
                2 => 30005,
                _ => 30008,
            });
        }
        plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_comes_first_and_chance_repeats() {
        let mut faults = Faults { sends: [Answer::CutAfter.into()].into(), ..Faults::lively() };
        let mut random = Random::new(7);
        assert_eq!(faults.next_send(&mut random).answer, Answer::CutAfter);
        let first: Vec<Plan> = (0..500).map(|_| faults.next_send(&mut random)).collect();
        let mut random = Random::new(7);
        let again: Vec<Plan> = (0..500).map(|_| faults.next_send(&mut random)).collect();
        assert_eq!(first, again);
        assert!(first.iter().any(|p| p.answer == Answer::CutAfter));
        assert!(first.iter().any(|p| p.callbacks == Callbacks::Twice));
        assert!(first.iter().any(|p| matches!(p.outcome, Outcome::Undelivered(_))));
        let well = first.iter().filter(|p| **p == Plan::default()).count();
        assert!(well > 250, "{well} of 500 go well");
    }
}
