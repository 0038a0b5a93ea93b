//! Copies of what was sent that could not be put into the mailbox yet: they are tried again with later pulls, and the account says so
//! meanwhile. They live in memory alone. What is lost with it is only the copy there: the mail was sent, and stands in the store.

use crate::domain::clock::Ms;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Mails that are kept for it at most, and their bytes together.
const MOST: usize = 50;
const MOST_BYTES: usize = 64 << 20;
/// The wait after a second failure, milliseconds, doubled by each that follows, and the longest.
const FIRST: Ms = 60_000;
const LONGEST: Ms = 3_600_000;

/// A mail of which a copy is owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Debt {
    /// Its message id.
    pub message_id: String,
    /// The mail.
    pub mail: Vec<u8>,
    /// The message id of the mail that it answers.
    pub answers: Option<String>,
}

/// Everything that is owed.
#[derive(Debug, Default)]
pub struct Owed(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    debts: VecDeque<Debt>,
    /// Mails for which there was no room here.
    given_up: usize,
    /// Why the last try failed.
    why: String,
    failures: u32,
    /// Not tried again before, UTC milliseconds.
    due: Ms,
}

impl Owed {
    /// A copy could not be kept.
    pub fn add(&self, debt: Debt, why: &str) {
        let mut inner = self.lock();
        why.clone_into(&mut inner.why);
        inner.debts.push_back(debt);
        while inner.debts.len() > MOST || inner.debts.iter().map(|d| d.mail.len()).sum::<usize>() > MOST_BYTES
        {
            inner.debts.pop_front();
            inner.given_up += 1;
        }
    }

    /// What is to be tried now, the oldest.
    pub fn due(&self, now: Ms) -> Option<Debt> {
        let inner = self.lock();
        inner.debts.front().filter(|_| now >= inner.due).cloned()
    }

    /// It is kept now.
    pub fn settled(&self, message_id: &str) {
        let mut inner = self.lock();
        inner.debts.retain(|debt| debt.message_id != message_id);
        (inner.failures, inner.due) = (0, 0);
        if inner.debts.is_empty() {
            inner.given_up = 0;
        }
    }

    /// It failed again.
    pub fn failed(&self, why: &str, now: Ms) {
        let mut inner = self.lock();
        why.clone_into(&mut inner.why);
        let wait = FIRST.saturating_mul(1 << inner.failures.min(10)).min(LONGEST);
        inner.failures = inner.failures.saturating_add(1);
        inner.due = now.saturating_add(wait);
    }

    /// What whoever looks after the account should know.
    pub fn notice(&self) -> Option<String> {
        let inner = self.lock();
        let count = inner.debts.len() + inner.given_up;
        let mails = match count {
            0 => return None,
            1 => "1 mail was sent, but no copy of it".to_owned(),
            n => format!("{n} mails were sent, but no copies of them"),
        };
        let lost = match inner.given_up {
            0 => String::new(),
            n => format!("; {n} of them were too many to wait"),
        };
        Some(format!(
            "{mails} could be put into the folder of what was sent: {}; it is tried again{lost}",
            inner.why
        ))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn debt(id: &str, bytes: usize) -> Debt {
        Debt { message_id: id.to_owned(), mail: vec![b'x'; bytes], answers: None }
    }

    #[test]
    fn debts_are_told_tried_later_and_later_and_forgotten_once_they_are_settled() {
        let owed = Owed::default();
        assert_eq!((owed.notice(), owed.due(0)), (None, None));
        owed.add(debt("a", 1), "full");
        owed.add(debt("b", 1), "full");
        assert_eq!(owed.due(100), Some(debt("a", 1)), "the first time at once");
        owed.failed("still full", 100);
        assert_eq!((owed.due(100 + FIRST - 1), owed.due(100 + FIRST).is_some()), (None, true));
        owed.failed("still full", 100);
        assert_eq!(owed.due(100 + FIRST), None);
        let told = owed.notice().unwrap();
        assert!(told.starts_with("2 mails") && told.contains("still full"), "{told}");
        owed.settled("a");
        assert_eq!(owed.due(100), Some(debt("b", 1)));
        owed.settled("b");
        assert_eq!(owed.notice(), None);
    }

    #[test]
    fn what_waits_has_a_bound_and_what_is_given_up_is_told() {
        let owed = Owed::default();
        for n in 0..=MOST {
            owed.add(debt(&n.to_string(), 1), "full");
        }
        assert_eq!(owed.due(0).unwrap().message_id, "1");
        let told = owed.notice().unwrap();
        assert!(
            told.starts_with("51 mails") && told.ends_with("; 1 of them were too many to wait"),
            "{told}"
        );
        owed.add(debt("large", MOST_BYTES), "full");
        assert_eq!(owed.due(0).unwrap().message_id, "large");
    }
}
