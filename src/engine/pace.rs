//! How applying makes room for pushes that wait for their answer. Pure.
//!
//! Whoever is answered waits for the transaction that is under way. A crowd is therefore let in first: all its pushes are on the disk,
//! nothing is lost, and what is applied together afterwards costs less. After [`HOLD`] both go on side by side, so that nobody's
//! message stays unseen because ever more come.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

/// Receipts read at once at least: a push waits for about a millisecond of it.
const LEAST: usize = 8;
/// Receipts read at once at most: enough to amortise a commit.
const MOST: usize = 48;
/// So many pushes at the door at one time are a crowd. Of still more, reading them off the network takes as long as applying a batch:
/// holding that back would save them little, and leave the writer with nothing to do.
const CROWD: RangeInclusive<usize> = 8..=32;
/// So long at most nothing is applied because of a crowd.
const HOLD: Duration = Duration::from_secs(2);

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Nothing: others go first.
    Wait,
    /// So many receipts are to be read and applied.
    Take(usize),
}

/// Remembers since when a crowd is let in first.
#[derive(Debug, Default)]
pub struct Pace {
    held: Option<Instant>,
}

impl Pace {
    /// Whose turn it is while so many pushes wait at the door.
    pub fn turn(&mut self, at_the_door: usize, now: Instant) -> Turn {
        if CROWD.contains(&at_the_door) {
            let since = *self.held.get_or_insert(now);
            if now.saturating_duration_since(since) < HOLD {
                return Turn::Wait;
            }
        }
        Turn::Take(size(at_the_door))
    }

    /// All that was waiting is applied: the next crowd may be let in first again.
    pub fn caught_up(&mut self) {
        self.held = None;
    }
}

/// How many receipts to read when so many pushes wait at the door. Applying has to keep up with them, and each of them waits for
/// what is applied meanwhile; where nobody waits, nobody is held up, and of very many each waits for the others anyway.
fn size(at_the_door: usize) -> usize {
    match at_the_door {
        0 => MOST,
        some if some > *CROWD.end() => MOST,
        some => (some / 2).clamp(LEAST, MOST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_is_not_held_up_for_long_and_nobody_is_left_behind() {
        assert_eq!(size(0), MOST, "nobody waits");
        assert_eq!(size(1), LEAST);
        assert_eq!(size(32), 16);
        assert_eq!(size(33), MOST);
        assert_eq!(size(usize::MAX / 4), MOST);
    }

    #[test]
    fn nothing_waits_for_few_or_for_very_many() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        for n in (0..8).chain(33..70) {
            assert_eq!(pace.turn(n, now), Turn::Take(size(n)));
        }
    }

    #[test]
    fn a_crowd_goes_first_but_not_for_ever() {
        let (mut pace, begun) = (Pace::default(), Instant::now());
        let at = |ms| begun + Duration::from_millis(ms);
        assert_eq!(pace.turn(16, at(0)), Turn::Wait);
        assert_eq!(pace.turn(16, at(1_999)), Turn::Wait);
        // A pause in between does not begin the time anew while something is left to apply.
        assert_eq!(pace.turn(0, at(1_000)), Turn::Take(MOST));
        assert_eq!(pace.turn(16, at(2_000)), Turn::Take(LEAST));
        assert_eq!(pace.turn(32, at(60_000)), Turn::Take(16));
        assert_eq!(pace.turn(64, at(60_000)), Turn::Take(MOST));
        pace.caught_up();
        assert_eq!(pace.turn(16, at(60_001)), Turn::Wait);
    }
}
