//! Where "now" comes from: passed in, so that tests own the time.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// UTC milliseconds since 1970-01-01.
pub type Ms = i64;

/// A source of the current time.
pub trait Clock: Send + Sync {
    /// Now, in UTC milliseconds.
    fn now(&self) -> Ms;
}

/// The machine's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Ms {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX),
        }
    }
}

/// A clock that stands still until it is told otherwise.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows `now`.
    pub fn new(now: Ms) -> Self {
        ManualClock(AtomicI64::new(now))
    }

    /// Sets the time, forwards or backwards.
    pub fn set(&self, now: Ms) {
        self.0.store(now, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Ms {
        self.0.load(Ordering::SeqCst)
    }
}

/// A clock that follows the machine's but never runs backwards: when the machine's clock is set back, time goes on from where it
/// was, so that nothing that is due waits for the lost hours.
#[derive(Debug)]
pub struct SteadyClock {
    started: std::time::Instant,
    origin: AtomicI64,
    latest: AtomicI64,
}

impl Default for SteadyClock {
    fn default() -> Self {
        let origin = SystemClock.now();
        SteadyClock {
            started: std::time::Instant::now(),
            origin: AtomicI64::new(origin),
            latest: AtomicI64::new(origin),
        }
    }
}

/// A clock set back by more than this between two runs is believed: the time before was the wrong one. A day, in milliseconds.
const SET_BACK: Ms = 24 * 3_600_000;

impl SteadyClock {
    /// Goes on from `seen`, a moment that an earlier run has written down, where the machine's clock was set back since by a day at
    /// most. Time passes from there at its usual pace, so that order and timers hold.
    pub fn resume(&self, seen: Ms) {
        self.resume_at(seen, self.started.elapsed(), SystemClock.now());
    }

    fn resume_at(&self, seen: Ms, elapsed: std::time::Duration, machine: Ms) {
        let now = self.advance(elapsed, machine);
        if seen > now && seen - now <= SET_BACK {
            // From the origin, not from now: the machine may be a little ahead of what has passed here.
            let passed = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
            self.origin.fetch_max(seen.saturating_sub(passed), Ordering::SeqCst);
        }
    }

    fn advance(&self, elapsed: std::time::Duration, machine: Ms) -> Ms {
        let passed = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
        let now = self.origin.load(Ordering::SeqCst).saturating_add(passed).max(machine);
        // Set ahead for a moment and back again, time goes on from where it was as well: it must not stand still.
        self.origin.fetch_max(now.saturating_sub(passed), Ordering::SeqCst);
        self.latest.fetch_max(now, Ordering::SeqCst).max(now)
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Ms {
        self.advance(self.started.elapsed(), SystemClock.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_steady_clock_never_runs_backwards() {
        let clock = SteadyClock::default();
        let o = clock.origin.load(Ordering::SeqCst);
        assert_eq!(clock.advance(Duration::from_secs(1), o + 1_000), o + 1_000);
        assert_eq!(clock.advance(Duration::from_secs(2), o - 3_600_000), o + 2_000, "set back an hour");
        assert_eq!(
            clock.advance(Duration::from_secs(3), o + 3_600_000),
            o + 3_600_000,
            "woken after an hour"
        );
        assert_eq!(
            clock.advance(Duration::from_secs(4), o + 4_000),
            o + 3_601_000,
            "set back after that: it goes on"
        );
    }

    #[test]
    fn a_steady_clock_goes_on_where_the_last_run_was() {
        let clock = SteadyClock::default();
        let hour = clock.now() + 3_600_000;
        clock.resume(hour);
        assert!((hour..hour + 60_000).contains(&clock.now()));
        // The machine's clock is a little ahead of what has passed here: that is not lost from the moment that was seen.
        let ahead = SteadyClock::default();
        let (o, second) = (ahead.origin.load(Ordering::SeqCst), Duration::from_secs(1));
        ahead.resume_at(o + 3_600_000, second, o + 1_700);
        assert_eq!(ahead.advance(second, o + 1_700), o + 3_600_000);
        // Neither the past nor a wild future moves it.
        clock.resume(0);
        clock.resume(hour + 30 * SET_BACK);
        assert!((hour..hour + 60_000).contains(&clock.now()));
    }
}
