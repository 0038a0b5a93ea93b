//! Mails that came in and cannot be read: they are passed over so that others are not held up, and whoever looks after the account is told.

use std::sync::{Mutex, PoisonError};

/// What was passed over since the program runs.
#[derive(Debug, Default)]
pub struct Passed(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    count: usize,
    why: String,
}

impl Passed {
    /// One more, for this reason, which is fit to be shown.
    pub fn over(&self, why: &str) {
        tracing::warn!("a mail is passed over: {why}");
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.count += 1;
        why.clone_into(&mut inner.why);
    }

    /// What is to be known of it; none where all could be read.
    pub fn notice(&self) -> Option<String> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let why = &inner.why;
        match inner.count {
            0 => None,
            1 => Some(format!("1 mail could not be read and is not shown here: {why}")),
            n => Some(format!("{n} mails could not be read and are not shown here; the last one: {why}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_passed_over_is_told() {
        let passed = Passed::default();
        assert_eq!(passed.notice(), None);
        passed.over("it is encrypted");
        assert_eq!(
            passed.notice().as_deref(),
            Some("1 mail could not be read and is not shown here: it is encrypted")
        );
        passed.over("it is too large");
        let told = passed.notice().unwrap();
        assert!(told.starts_with("2 mails") && told.ends_with("it is too large"), "{told}");
    }
}
