//! How long to wait before the next attempt: exponential, capped, with jitter. Pure.

use std::time::Duration;

/// An exponential back-off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The longest wait after the first failure.
    pub base: Duration,
    /// The longest wait ever.
    pub max: Duration,
}

impl Backoff {
    /// The wait after the failed attempt number `attempt` (the first is 1; 0 counts as 1).
    ///
    /// `jitter` lies in 0..=1 and is clamped to it: the wait is between half of the full step and the whole of it, so that
    /// many clients that failed together do not come back together, and none comes back at once.
    pub fn delay(&self, attempt: u32, jitter: f64) -> Duration {
        let doublings = attempt.saturating_sub(1).min(31);
        let full = self.base.saturating_mul(1 << doublings).min(self.max);
        let jitter = if jitter.is_finite() { jitter.clamp(0.0, 1.0) } else { 1.0 };
        full.mul_f64(0.5 + 0.5 * jitter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const B: Backoff = Backoff { base: Duration::from_secs(1), max: Duration::from_secs(60) };

    #[test]
    fn it_doubles_up_to_the_cap() {
        let full: Vec<u64> = (0..9).map(|n| B.delay(n, 1.0).as_secs()).collect();
        assert_eq!(full, [1, 1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(B.delay(u32::MAX, 1.0), Duration::from_secs(60));
    }

    #[test]
    fn jitter_halves_at_most() {
        assert_eq!(B.delay(3, 0.0), Duration::from_secs(2));
        assert_eq!(B.delay(3, 0.5), Duration::from_secs(3));
        for odd in [-1.0, 7.0, f64::NAN, f64::INFINITY] {
            let d = B.delay(3, odd);
            assert!(d >= Duration::from_secs(2) && d <= Duration::from_secs(4), "{odd}: {d:?}");
        }
    }
}
