//! Reads history from files into the store.
//!
//! The file is read and understood on other threads while the writer works on what came before. Memory stays flat: a few chunks are under
//! way at a time.

mod batch;
mod jsonl;
mod maildir;
mod mails;
mod marks;
mod mbox;
mod own;
mod tree;

pub use mails::import_mails;

use crate::engine::import::batch::Batches;
use crate::store::{Store, StoreError};
use std::collections::HashSet;
use std::fmt;
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};

/// The longest line that is read, in bytes.
const LINE: u64 = 32 * 1024 * 1024;
/// Bad places that are told; the others are only counted.
const TOLD: usize = 20;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Messages of any medium, one a line.
    JsonLines,
    /// Mails, one behind the other.
    Mbox,
    /// Mails, each in a file of its own.
    Maildir,
}

impl Format {
    /// What a file is that begins so; none = nothing that is known.
    pub fn of_file(begin: &[u8]) -> Option<Format> {
        let begin = begin.strip_prefix(b"\xef\xbb\xbf").unwrap_or(begin).trim_ascii_start();
        match begin {
            [b'F', b'r', b'o', b'm', b' ', ..] => Some(Format::Mbox),
            [] | [b'{', ..] => Some(Format::JsonLines),
            _ => None,
        }
    }
}

/// How to import.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportOptions {
    /// Conversations stay open and unread; without it they are resolved and read.
    pub open: bool,
    /// In which region (ISO 3166, two letters) telephone numbers without a country code were written. None = they stay as they are.
    pub region: Option<String>,
}

/// How to import mails.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MailOptions {
    /// Conversations stay open, and what nobody has read unread; without it they are resolved and read.
    pub open: bool,
    /// Which addresses are ours: what they wrote went out. None = it is guessed.
    pub own: Vec<String>,
    /// Spam and what was thrown away as well.
    pub all: bool,
    /// Files of mails are kept; without it they are only named.
    pub files: bool,
}

/// Where mails are.
pub enum Mails<'a> {
    /// An mbox, a Maildir, or a directory with some of them.
    Path(&'a Path),
    /// An mbox that can be read once.
    Reader(&'a mut dyn Read),
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Lines or mails read.
    pub lines: u64,
    /// How much is read, in bytes; where mails are files, in what they usually have.
    pub done: u64,
    /// How much there is; 0 = not known.
    pub total: u64,
    /// Messages in the store, known ones included.
    pub messages: u64,
}

/// Where something stands that could not be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A line, from 1.
    Line(usize),
    /// A file or directory.
    File(PathBuf),
    /// A place in a file, in bytes from its beginning.
    Offset(PathBuf, u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(number) => write!(f, "line {number}"),
            Place::File(path) => write!(f, "{}", path.display()),
            Place::Offset(path, at) => write!(f, "{}, byte {at}", path.display()),
        }
    }
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportReport {
    /// Lines read, empty ones not counted; or mails.
    pub lines: u64,
    /// Messages that were not known before.
    pub messages: u64,
    /// Messages that were.
    pub duplicates: u64,
    /// Conversations that were spoken of.
    pub conversations: u64,
    /// Files that were kept.
    pub files: u64,
    /// Mails that were not wanted: drafts, spam, what was thrown away.
    pub left_out: u64,
    /// Folders that were not wanted.
    pub folders_left_out: Vec<String>,
    /// Which addresses were taken as ours.
    pub own: Vec<String>,
    /// Whether that was only guessed.
    pub own_guessed: bool,
    /// Lines or mails that could not be understood.
    pub bad: u64,
    /// The first of these, and why.
    pub bad_places: Vec<(Place, String)>,
}

/// Why an import stopped. What was imported before stays; importing the file again goes on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// There is no folder of mails.
    #[error("{}", nothing(left_out))]
    Nothing {
        /// Folders that are not wanted.
        left_out: Vec<String>,
    },
    /// Nobody has said which addresses are ours, and nothing speaks for any.
    #[error("the mails do not tell which addresses are yours: name them with --own ADDRESS")]
    Own,
    /// The same of what cannot be read twice.
    #[error("standard input is read only once: name your own addresses with --own ADDRESS")]
    OwnOfStream,
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn nothing(left_out: &[String]) -> String {
    if left_out.is_empty() {
        "there are no mails: a Maildir (a directory with cur in it) or mbox files are needed".to_owned()
    } else {
        format!(
            "there are only folders that are left out ({}): --all takes spam and trash as well",
            left_out.join(", ")
        )
    }
}

/// Imports JSON Lines (docs/import.md) into accounts `import/<channel>`. A line that cannot be understood is reported and
/// passed over; a message that is there already is recognised by its id.
///
/// # Errors
/// A file that cannot be read, or a store that cannot be written.
pub fn import_jsonl(
    store: &Store,
    mut reader: impl BufRead,
    options: &ImportOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport, ImportError> {
    let mut batches = Batches::new(store, options.open);
    // Conversations whose facets this run has told, by account and key.
    let mut told = HashSet::new();
    let mut line = Vec::new();
    let mut number = 0usize;
    let mut now = Progress::default();
    loop {
        line.clear();
        let read = Read::take(&mut reader, LINE).read_until(b'\n', &mut line)? as u64;
        if read == 0 {
            break;
        }
        number += 1;
        now.done += read;
        if read == LINE && line.last() != Some(&b'\n') {
            now.done += skip_line(&mut reader)?;
            batches.bad(Place::Line(number), format!("longer than {} MB", LINE / 1024 / 1024));
            continue;
        }
        // Some programs put a byte-order mark before the first line.
        let line = if number == 1 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line) } else { &line[..] };
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        batches.report.lines += 1;
        match jsonl::read(line, options.region.as_deref()) {
            Ok(message) => {
                let account = batches.account(message.channel)?;
                let mut fact = message.fact;
                fact.history = !options.open;
                // A conversation's facets are told with its first message of a run: telling them with each would cost a third more.
                if told.insert((account, fact.conversation.key.0.clone())) {
                    fact.conversation.facets = jsonl::facets(&message.subject, fact.rev, options.open);
                }
                batches.take(account, Box::new(fact))?;
            }
            Err(why) => batches.bad(Place::Line(number), why),
        }
        if batches.is_empty() {
            now.lines = number as u64;
            now.messages = batches.report.messages + batches.report.duplicates;
            progress(now);
        }
    }
    batches.finish()?;
    now.lines = number as u64;
    now.messages = batches.report.messages + batches.report.duplicates;
    progress(now);
    Ok(batches.report)
}

fn skip_line(reader: &mut impl BufRead) -> std::io::Result<u64> {
    let mut skipped = 0;
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(skipped);
        }
        let end = buffer.iter().position(|b| *b == b'\n');
        let used = end.map_or(buffer.len(), |n| n + 1);
        reader.consume(used);
        skipped += used as u64;
        if end.is_some() {
            return Ok(skipped);
        }
    }
}

#[cfg(test)]
mod tests;
