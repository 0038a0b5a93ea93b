//! Revisions: which of two statements about the same facet is the later one, whatever the order of their arrival.

use crate::domain::clock::Ms;
use serde::{Deserialize, Serialize};

/// The place of a statement in the history of one facet. The higher wins; equal revisions are decided by the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Rev {
    /// The provider's revision, or the time at the source in UTC milliseconds.
    pub at: i64,
    /// Decides between statements of the same moment, as the adapter documents (for instance pull over push).
    #[serde(default)]
    pub rank: u16,
}

impl Rev {
    /// A revision by time alone.
    pub const fn at(at: Ms) -> Rev {
        Rev { at, rank: 0 }
    }

    /// A revision for a local change made now that must win over `previous`, even when the clock has jumped backwards.
    pub fn next(now: Ms, previous: Option<Rev>) -> Rev {
        match previous {
            Some(prev) if prev.at >= now => Rev { at: prev.at.saturating_add(1), rank: 0 },
            _ => Rev::at(now),
        }
    }
}

/// A value with its revision: a last-writer-wins register whose merge is a join (commutative, associative, idempotent).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamped<T> {
    /// What is stated.
    pub value: T,
    /// When, in the history of the facet.
    pub rev: Rev,
}

impl<T: Ord> Stamped<T> {
    /// Whether this statement supersedes `other`.
    pub fn beats(&self, other: &Stamped<T>) -> bool {
        (self.rev, &self.value) > (other.rev, &other.value)
    }

    /// Takes `other` in. Answers whether anything changed.
    pub fn merge(&mut self, other: Stamped<T>) -> bool {
        let wins = other.beats(self);
        if wins {
            *self = other;
        }
        wins
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_change_wins_over_a_truth_from_the_future() {
        let truth = Rev { at: 5_000, rank: 7 };
        assert!(Rev::next(4_000, Some(truth)) > truth);
        assert_eq!(Rev::next(6_000, Some(truth)), Rev::at(6_000));
    }

    #[test]
    fn ties_break_by_value_in_either_order() {
        let a = Stamped { value: "a", rev: Rev::at(1) };
        let b = Stamped { value: "b", rev: Rev::at(1) };
        let (mut ab, mut ba) = (a.clone(), b.clone());
        ab.merge(b);
        ba.merge(a);
        assert_eq!(ab, ba);
    }
}
