//! What whoever looks after a mailbox should know although it works: folders that are not there, mails that cannot be read, copies that
//! could not be kept.

use super::Imap;
use crate::text::sanitize;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// What was noticed while the mailbox was read.
#[derive(Debug, Default)]
pub struct Noticed(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Folders of the settings that the server does not have.
    missing: Vec<String>,
    /// Mails that were passed over, by folder and number.
    passed: BTreeSet<(String, u32)>,
}

impl Noticed {
    /// These folders of the settings are not there, and no others.
    pub fn missing(&self, folders: Vec<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).missing = folders;
    }

    /// A mail cannot be read.
    pub fn passed_over(&self, folder: &str, uid: u32) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.passed.insert((folder.to_owned(), uid));
    }

    fn words(&self) -> Vec<String> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut words = Vec::new();
        for name in &inner.missing {
            let name = sanitize::line(name);
            words.push(format!("there is no folder \u{201c}{name}\u{201d}: see the setting folders"));
        }
        if let Some((folder, uid)) = inner.passed.first() {
            let folder = sanitize::line(folder);
            words.push(match inner.passed.len() {
                1 => format!("mail {uid} of {folder} cannot be read from the server, and is not shown here"),
                n => format!(
                    "{n} mails cannot be read from the server, and are not shown here (the first is {uid} of {folder})"
                ),
            });
        }
        words
    }
}

/// All of it, in words; none where all goes as it should.
pub fn of(imap: &Imap) -> Option<String> {
    let words: Vec<String> = imap.noticed.words().into_iter().chain(imap.owed.notice()).collect();
    (!words.is_empty()).then(|| words.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noticed_is_told_and_folders_that_come_back_are_not() {
        let noticed = Noticed::default();
        noticed.missing(vec!["Orders".into()]);
        assert_eq!(noticed.words(), ["there is no folder \u{201c}Orders\u{201d}: see the setting folders"]);
        noticed.missing(Vec::new());
        noticed.passed_over("INBOX", 7);
        noticed.passed_over("INBOX", 7);
        assert_eq!(
            noticed.words(),
            ["mail 7 of INBOX cannot be read from the server, and is not shown here"]
        );
        noticed.passed_over("INBOX", 9);
        assert!(noticed.words()[0].starts_with("2 mails cannot"), "{:?}", noticed.words());
    }
}
