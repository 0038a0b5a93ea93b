//! When to paint: at once after a key, else at most sixty times a second. Pure.

use std::time::{Duration, Instant};

/// The shortest time between two frames that no key asked for.
const GAP: Duration = Duration::from_micros(16_667);

/// Knows when the next frame may be painted.
#[derive(Debug, Default)]
pub struct FrameClock {
    last: Option<Instant>,
    wanted: bool,
    urgent: bool,
}

impl FrameClock {
    /// Something on the screen may have changed. `urgent`: a person waits for it.
    pub fn request(&mut self, urgent: bool) {
        self.wanted = true;
        self.urgent |= urgent;
    }

    /// When the next frame is due; none if nothing asks for one.
    pub fn due(&self, now: Instant) -> Option<Instant> {
        match (self.wanted, self.urgent, self.last) {
            (false, ..) => None,
            (true, true, _) | (true, _, None) => Some(now),
            (true, false, Some(last)) => Some((last + GAP).max(now)),
        }
    }

    /// A frame has been painted.
    pub fn painted(&mut self, now: Instant) {
        *self = FrameClock { last: Some(now), wanted: false, urgent: false };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_shown_at_once_and_the_rest_is_capped() {
        let t = Instant::now();
        let mut clock = FrameClock::default();
        assert_eq!(clock.due(t), None);
        clock.request(false);
        assert_eq!(clock.due(t), Some(t), "the first frame waits for nothing");
        clock.painted(t);
        assert_eq!(clock.due(t), None);
        clock.request(false);
        assert_eq!(clock.due(t + Duration::from_millis(1)), Some(t + GAP));
        assert_eq!(clock.due(t + Duration::from_secs(1)), Some(t + Duration::from_secs(1)));
        clock.request(true);
        let soon = t + Duration::from_millis(1);
        assert_eq!(clock.due(soon), Some(soon));
    }
}
