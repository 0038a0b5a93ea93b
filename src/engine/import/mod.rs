//! Reads history from files into the store.
//!
//! The file is read and understood on the caller's thread while the writer works on what came before. Memory stays flat:
//! a few chunks are under way at a time.

mod jsonl;

use crate::domain::account::Channel;
use crate::domain::capability::{Capabilities, ChannelCapabilities, PushKind};
use crate::domain::event::{Event, MessageFact};
use crate::domain::ids::{AccountId, ConversationId};
use crate::engine::lock;
use crate::store::{AccountSpec, Applied, Class, Store, StoreError};
use std::collections::{HashMap, HashSet};
use std::io::BufRead;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// Messages of one transaction: its costs are shared, and the writer is held for some tenths of a second.
const CHUNK: usize = 4_000;
/// The same while another process runs the engine of this workspace, whose webhooks wait for the writer's lock meanwhile.
const CHUNK_BESIDE: usize = 500;
/// So long the lock is then left free between two transactions: longer than SQLite's usual pauses between two tries.
const PAUSE: Duration = Duration::from_millis(30);
/// After so many transactions we look again whether an engine runs.
const LOOK: u32 = 32;
/// Chunks that may be under way.
const AHEAD: usize = 1;
/// The longest line that is read, in bytes.
const LINE: u64 = 32 * 1024 * 1024;
/// Bad lines that are told; the others are only counted.
const TOLD: usize = 20;

/// How to import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportOptions {
    /// Conversations stay open; without it they are resolved. Messages count as read either way.
    pub open: bool,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Lines read.
    pub lines: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Messages in the store, known ones included.
    pub messages: u64,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportReport {
    /// Lines read, empty ones not counted.
    pub lines: u64,
    /// Messages that were not known before.
    pub messages: u64,
    /// Messages that were.
    pub duplicates: u64,
    /// Conversations that were spoken of.
    pub conversations: u64,
    /// Lines that could not be understood.
    pub bad: u64,
    /// The first of these: their number (from 1), and why.
    pub bad_lines: Vec<(usize, String)>,
}

/// Why an import stopped. What was imported before stays; importing the file again goes on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Imports JSON Lines (docs/import.md) into accounts `import/<channel>`. A line that cannot be understood is reported and
/// passed over; a message that is there already is recognised by its id.
///
/// # Errors
/// A file that cannot be read, or a store that cannot be written.
pub fn import_jsonl(
    store: &Store,
    mut reader: impl BufRead,
    options: ImportOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport, ImportError> {
    let mut import = Import::new(store, options);
    let mut line = Vec::new();
    let mut number = 0usize;
    let mut now = Progress::default();
    loop {
        line.clear();
        let read = std::io::Read::take(&mut reader, LINE).read_until(b'\n', &mut line)? as u64;
        if read == 0 {
            break;
        }
        number += 1;
        now.bytes += read;
        if read == LINE && line.last() != Some(&b'\n') {
            now.bytes += skip_line(&mut reader)?;
            import.bad(number, format!("longer than {} MB", LINE / 1024 / 1024));
            continue;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        import.report.lines += 1;
        match jsonl::read(&line) {
            Ok(message) => import.take(message)?,
            Err(why) => import.bad(number, why),
        }
        if import.waiting == 0 {
            now.lines = number as u64;
            now.messages = import.report.messages + import.report.duplicates;
            progress(now);
        }
    }
    import.finish()?;
    now.lines = number as u64;
    now.messages = import.report.messages + import.report.duplicates;
    progress(now);
    Ok(import.report)
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

type Answer = Result<Vec<Applied>, StoreError>;

/// How many messages a transaction took, and what came of it.
type Answered = (usize, Answer);

struct Import<'a> {
    store: &'a Store,
    options: ImportOptions,
    accounts: HashMap<Channel, AccountId>,
    /// What the next transaction takes, by account.
    chunk: HashMap<AccountId, Vec<Event>>,
    waiting: usize,
    /// Conversations whose facets this run has told, by account and key.
    told: HashSet<(AccountId, String)>,
    seen: HashSet<ConversationId>,
    under_way: usize,
    transactions: u32,
    /// Another process runs the engine.
    beside: bool,
    answers: (Sender<Answered>, Receiver<Answered>),
    report: ImportReport,
}

impl<'a> Import<'a> {
    fn new(store: &'a Store, options: ImportOptions) -> Import<'a> {
        Import {
            store,
            options,
            accounts: HashMap::new(),
            chunk: HashMap::new(),
            waiting: 0,
            told: HashSet::new(),
            seen: HashSet::new(),
            under_way: 0,
            transactions: 0,
            beside: false,
            answers: channel(),
            report: ImportReport::default(),
        }
    }

    fn bad(&mut self, number: usize, why: String) {
        self.report.bad += 1;
        if self.report.bad_lines.len() < TOLD {
            self.report.bad_lines.push((number, why));
        }
    }

    fn take(&mut self, line: jsonl::Message) -> Result<(), ImportError> {
        let account = self.account(line.channel)?;
        let key = (account, line.fact.conversation.key.0.clone());
        let mut fact: MessageFact = line.fact;
        fact.history = !self.options.open;
        // A conversation's facets are told with its first message of a run: telling them with each would cost a third more.
        if self.told.insert(key) {
            fact.conversation.facets = jsonl::facets(&line.subject, fact.rev, self.options.open);
        }
        self.chunk.entry(account).or_default().push(Event::Message(Box::new(fact)));
        self.waiting += 1;
        if self.waiting >= if self.beside { CHUNK_BESIDE } else { CHUNK } {
            self.submit()?;
        }
        Ok(())
    }

    /// The account that history of a medium goes to.
    fn account(&mut self, channel: Channel) -> Result<AccountId, ImportError> {
        if let Some(id) = self.accounts.get(&channel) {
            return Ok(*id);
        }
        let spec = AccountSpec {
            name: format!("import/{channel}"),
            provider: "import".to_owned(),
            channels: vec![channel],
            enabled: true,
            capabilities: Some(read_only(channel)),
            from: Vec::new(),
        };
        let open = self.options.open;
        let id = self.store.writer().call(Class::Apply, move |tx| {
            let id = tx.account_upsert(&spec)?;
            // What is left open is to be worked on: unread, however old it is.
            if open {
                tx.account_since(id, 0)?;
            }
            tx.account_health(id, crate::domain::account::Health::Ok, "imported history")?;
            Ok(id)
        })?;
        self.accounts.insert(channel, id);
        Ok(id)
    }

    fn submit(&mut self) -> Result<(), ImportError> {
        if self.waiting == 0 {
            return Ok(());
        }
        while self.under_way >= AHEAD {
            self.hear()?;
        }
        if self.transactions.is_multiple_of(LOOK) {
            self.beside = lock::is_held(self.store.dir());
        }
        self.transactions = self.transactions.wrapping_add(1);
        if self.beside {
            std::thread::sleep(PAUSE);
        }
        let chunk = std::mem::take(&mut self.chunk);
        let count = std::mem::take(&mut self.waiting);
        let tell = self.answers.0.clone();
        self.store.writer().submit(
            Class::Apply,
            move |tx| {
                let mut out = Vec::with_capacity(chunk.len());
                for (account, events) in &chunk {
                    out.push(tx.apply(*account, events)?);
                }
                Ok(out)
            },
            move |answer| {
                // The importer has given up, if nobody listens.
                let _ = tell.send((count, answer));
            },
        );
        self.under_way += 1;
        Ok(())
    }

    /// Waits for the answer to one chunk.
    fn hear(&mut self) -> Result<(), ImportError> {
        let (count, answer) = self.answers.1.recv().map_err(|_| StoreError::Closed)?;
        self.under_way -= 1;
        let mut fresh = 0;
        for applied in answer? {
            fresh += applied.new_messages as u64;
            self.seen.extend(applied.conversations);
        }
        self.report.messages += fresh;
        self.report.duplicates += (count as u64).saturating_sub(fresh);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ImportError> {
        self.submit()?;
        while self.under_way > 0 {
            self.hear()?;
        }
        self.report.conversations = self.seen.len() as u64;
        Ok(())
    }
}

/// What can be done with imported history: everything but writing to the customer.
fn read_only(channel: Channel) -> Capabilities {
    let why = "This is imported history: no account is connected that could send. Write to the customer from a connected account.";
    let channel =
        ChannelCapabilities { read_only: Some(why.to_owned()), ..ChannelCapabilities::text_only(channel) };
    Capabilities::messages_only(vec![channel], PushKind::Local)
}

#[cfg(test)]
mod tests;
