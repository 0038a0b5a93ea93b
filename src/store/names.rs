//! What a conversation is found by besides its messages: subject, name, addresses.

use crate::store::error::StoreError;
use crate::text::address;
use rusqlite::{Connection, params};

/// The words of a conversation's entry in the index of names, in the form of the index.
pub(super) fn of(conn: &Connection, conversation: i64) -> Result<String, StoreError> {
    Ok(crate::text::index::index_form(&words(conn, conversation)?).into_owned())
}

/// The words of a conversation's entry in the index of names.
pub(super) fn words(conn: &Connection, conversation: i64) -> rusqlite::Result<String> {
    let (subject, theirs, name, contact): (Option<String>, String, String, i64) = conn
        .prepare_cached(
            "SELECT c.subject, c.theirs, k.name, k.id FROM conversation c JOIN contact k ON k.id = c.contact_id
             WHERE c.id = ?1",
        )?
        .query_row(params![conversation], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))?;
    let mut words = subject.unwrap_or_default();
    words.push('\n');
    words.push_str(&name);
    let mut numbers = Vec::new();
    push_address(&theirs, &mut words, &mut numbers);
    let mut more = conn.prepare_cached(
        "SELECT value FROM identity WHERE contact_id = ?1 UNION SELECT value FROM claim WHERE contact_id = ?1",
    )?;
    let mut rows = more.query(params![contact])?;
    while let Some(row) = rows.next()? {
        let value = row.get_ref(0)?.as_str().unwrap_or_default();
        if value != theirs {
            push_address(value, &mut words, &mut numbers);
        }
    }
    Ok(words)
}

/// An address; a telephone number also as digits alone, and without the one, two or three of its country, as it is typed at
/// home; each number once.
fn push_address(value: &str, words: &mut String, numbers: &mut Vec<String>) {
    words.push('\n');
    words.push_str(value);
    let Some(digits) = address::number_in(value).filter(|digits| !numbers.contains(digits)) else { return };
    // Most are written as digits in a row, which the index takes for one word.
    let in_a_row = value.rsplit([':', '+']).next() == Some(digits.as_str());
    for country in usize::from(in_a_row)..=3 {
        words.push(' ');
        words.push_str(&digits[country..]);
    }
    numbers.push(digits);
}
