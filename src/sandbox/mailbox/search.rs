//! Which mails fit the words of a search.

use super::folder::Stored;
use super::mime;
use super::syntax::{Word, numbers};

/// The numbers of the mails that fit all words; none where a word is not understood.
pub(super) fn find(mails: &[Stored], words: &[Word]) -> Option<Vec<u32>> {
    let there: Vec<u32> = mails.iter().map(|mail| mail.uid).collect();
    let mut fitting: Vec<&Stored> = mails.iter().collect();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.text().to_ascii_uppercase().as_str() {
            "ALL" => {}
            "UID" => {
                let wanted = numbers(&words.next()?.text(), &there);
                fitting.retain(|mail| wanted.contains(&mail.uid));
            }
            "SINCE" => {
                let since = day(&words.next()?.text())?;
                fitting.retain(|mail| mail.at >= since);
            }
            "HEADER" => {
                let (name, part) = (words.next()?.text(), words.next()?.text().to_lowercase());
                fitting.retain(|mail| {
                    let (head, _) = mime::split(&mail.bytes);
                    mime::field(head, &name).is_some_and(|value| value.to_lowercase().contains(&part))
                });
            }
            _ => return None,
        }
    }
    Some(fitting.into_iter().map(|mail| mail.uid).collect())
}

/// The beginning of a day, `1-Feb-2026`, UTC milliseconds.
fn day(text: &str) -> Option<i64> {
    let day = jiff::fmt::strtime::parse("%d-%b-%Y", text).ok()?.to_date().ok()?;
    Some(day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
}
