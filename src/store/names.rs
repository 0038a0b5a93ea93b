//! What a conversation is found by besides its messages: subject, name, addresses; of mails also who else takes part, the subjects of
//! later ones, and the names of files.

use crate::domain::account::Channel;
use crate::domain::ids::ConversationId;
use crate::domain::mail::Mail;
use crate::store::error::StoreError;
use crate::store::tx::Tx;
use crate::text::address;
use crate::text::mail::{mailboxes, subject};
use rusqlite::{Connection, params};
use std::collections::{BTreeSet, HashSet};

/// The words of a conversation's entry in the index of names, in the form of the index.
pub(super) fn of(conn: &Connection, conversation: i64) -> Result<String, StoreError> {
    Ok(crate::text::index::index_form(&words(conn, conversation)?).into_owned())
}

/// The words of a conversation's entry in the index of names.
pub(super) fn words(conn: &Connection, conversation: i64) -> rusqlite::Result<String> {
    let (subject, theirs, ours, name, contact, channel): (Option<String>, String, String, String, i64, i64) = conn
        .prepare_cached(
            "SELECT c.subject, c.theirs, c.ours, k.name, k.id, c.channel FROM conversation c JOIN contact k ON k.id = c.contact_id
             WHERE c.id = ?1",
        )?
        .query_row(params![conversation], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?, r.get(5)?)))?;
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
    if channel == Channel::Email.code() {
        push_of_mails(conn, conversation, &ours, &mut words)?;
    }
    Ok(words)
}

/// Words of mails of a conversation at most: a list's thread has thousands of writers.
const OF_MAILS: i64 = 300;

/// The words of the mails of a conversation that are not there yet. Our own address is in all of them, and finds nothing.
fn push_of_mails(
    conn: &Connection,
    conversation: i64,
    ours: &str,
    words: &mut String,
) -> rusqlite::Result<()> {
    let known: HashSet<String> = words.lines().chain([ours]).map(str::to_lowercase).collect();
    let mut more = conn
        .prepare_cached("SELECT words FROM mail_word WHERE conversation_id = ?1 ORDER BY words LIMIT ?2")?;
    let mut rows = more.query(params![conversation, OF_MAILS])?;
    while let Some(row) = rows.next()? {
        let value = row.get_ref(0)?.as_str().unwrap_or_default();
        if !known.contains(&value.to_lowercase()) {
            words.push('\n');
            words.push_str(value);
        }
    }
    Ok(())
}

impl Tx<'_> {
    /// A mail of a conversation makes it found by who takes part in it, by its subject, and by what its files are called.
    pub(super) fn mail_words<'a>(
        &mut self,
        conversation: ConversationId,
        mail: &Mail,
        files: impl Iterator<Item = &'a str>,
    ) -> Result<(), StoreError> {
        let boxes = mail.from.iter().chain(&mail.reply_to).chain(&mail.to).chain(&mail.cc).chain(&mail.bcc);
        let mut all: BTreeSet<String> = BTreeSet::new();
        for one in boxes.take(MOST_BOXES) {
            all.insert(mailboxes::folded(&one.address));
            all.extend(one.name.as_deref().map(|name| name.trim().to_owned()));
        }
        all.insert(subject::base(&mail.subject));
        all.extend(files.map(str::to_owned));
        let mut is_new = false;
        for words in all.iter().filter(|words| !words.is_empty()) {
            is_new |= self.exec(
                "INSERT OR IGNORE INTO mail_word(conversation_id, words) VALUES (?1, ?2)",
                params![conversation.0, words],
            )? > 0;
        }
        if is_new {
            self.index_names(conversation.0, true);
        }
        Ok(())
    }
}

/// Addresses of one mail that are kept to be found by.
const MOST_BOXES: usize = 100;

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
