//! What is imported goes to the writer in transactions, while more is read.

use crate::domain::account::{Channel, Health};
use crate::domain::capability::{Capabilities, ChannelCapabilities, PushKind};
use crate::domain::event::{Event, MessageFact};
use crate::domain::ids::{AccountId, ConversationId};
use crate::engine::import::{ImportError, ImportReport, Place, TOLD};
use crate::engine::lock;
use crate::store::{AccountSpec, Applied, Class, Store, StoreError};
use std::collections::{HashMap, HashSet};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// Messages of one transaction: its costs are shared, and the writer is held for some tenths of a second.
const CHUNK: usize = 4_000;
/// Their bytes, where they are large: all of them are in memory.
const HEAVY: usize = 16 * 1024 * 1024;
/// The same while another process runs the engine of this workspace, whose webhooks wait for the writer's lock meanwhile.
const CHUNK_BESIDE: usize = 500;
/// See there.
const HEAVY_BESIDE: usize = 2 * 1024 * 1024;
/// So long the lock is then left free between two transactions: longer than SQLite's usual pauses between two tries.
const PAUSE: Duration = Duration::from_millis(30);
/// After so many transactions we look again whether an engine runs.
const LOOK: u32 = 32;
/// Chunks that may be under way.
const AHEAD: usize = 1;

type Answer = Result<Vec<Applied>, StoreError>;

/// How many messages a transaction took, and what came of it.
type Answered = (usize, Answer);

/// An import under way.
pub(super) struct Batches<'a> {
    store: &'a Store,
    /// Conversations stay open.
    open: bool,
    accounts: HashMap<Channel, AccountId>,
    /// What the next transaction takes, by account.
    chunk: HashMap<AccountId, Vec<Event>>,
    waiting: usize,
    /// Bytes of what waits.
    weight: usize,
    /// There are mails: conversations that seemed to be two can turn out to be one.
    mails: bool,
    seen: HashSet<ConversationId>,
    under_way: usize,
    transactions: u32,
    /// Another process runs the engine.
    beside: bool,
    answers: (Sender<Answered>, Receiver<Answered>),
    /// What came of it up to now.
    pub report: ImportReport,
}

impl<'a> Batches<'a> {
    /// Nothing is written yet.
    pub(super) fn new(store: &'a Store, open: bool) -> Batches<'a> {
        Batches {
            store,
            open,
            accounts: HashMap::new(),
            chunk: HashMap::new(),
            waiting: 0,
            weight: 0,
            mails: false,
            seen: HashSet::new(),
            under_way: 0,
            transactions: 0,
            beside: lock::is_held(store.dir()),
            answers: channel(),
            report: ImportReport::default(),
        }
    }

    /// Whether all that was taken is on its way to the writer.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Something could not be understood.
    pub(super) fn bad(&mut self, place: Place, why: String) {
        self.report.bad += 1;
        if self.report.bad_places.len() < TOLD {
            self.report.bad_places.push((place, why));
        }
    }

    /// Takes a message for an account.
    pub(super) fn take(&mut self, account: AccountId, fact: Box<MessageFact>) -> Result<(), ImportError> {
        let html = fact.mail.as_ref().and_then(|mail| mail.html.as_ref()).map_or(0, String::len);
        self.weight += fact.text.len() + html;
        self.mails |= fact.mail.is_some();
        self.chunk.entry(account).or_default().push(Event::Message(fact));
        self.waiting += 1;
        let (most, heaviest) = if self.beside { (CHUNK_BESIDE, HEAVY_BESIDE) } else { (CHUNK, HEAVY) };
        if self.waiting >= most || self.weight >= heaviest { self.submit() } else { Ok(()) }
    }

    /// The account that history of a medium goes to.
    pub(super) fn account(&mut self, channel: Channel) -> Result<AccountId, ImportError> {
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
        let open = self.open;
        let id = self.store.writer().call(Class::Apply, move |tx| {
            let id = tx.account_upsert(&spec)?;
            // What is left open is to be worked on: unread, however old it is.
            if open {
                tx.account_since(id, 0)?;
            }
            tx.account_health(id, Health::Ok, "imported history", None)?;
            Ok(id)
        })?;
        self.accounts.insert(channel, id);
        Ok(id)
    }

    fn submit(&mut self) -> Result<(), ImportError> {
        self.weight = 0;
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

    /// Writes what waits, and waits until all of it is written.
    pub(super) fn finish(&mut self) -> Result<(), ImportError> {
        self.submit()?;
        while self.under_way > 0 {
            self.hear()?;
        }
        if self.mails {
            let seen = std::mem::take(&mut self.seen);
            self.seen = self.store.writer().call(Class::Apply, move |tx| {
                seen.into_iter().map(|conversation| tx.stays(conversation)).collect()
            })?;
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
