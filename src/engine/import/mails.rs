//! Reads mails from mbox files and Maildirs into the account `import/email`.
//!
//! One thread finds the mails, others read what they say, the writer applies what came before. No more than some dozens of mails are in
//! memory, and of a Maildir the names of its files.

use crate::domain::account::Channel;
use crate::domain::clock::Ms;
use crate::domain::conversation::Status;
use crate::domain::delivery::DeliverySource;
use crate::domain::event::{Event, MessageFact};
use crate::domain::facet::Facet;
use crate::domain::ids::AccountId;
use crate::domain::rev::{Rev, Stamped};
use crate::engine::import::batch::Batches;
use crate::engine::import::maildir::{self, Entry};
use crate::engine::import::marks::{self, Marks};
use crate::engine::import::mbox::{Mbox, Piece};
use crate::engine::import::own::{self, Guess};
use crate::engine::import::tree::{Folder, INBOX, Tree};
use crate::engine::import::{ImportError, ImportReport, MailOptions, Mails, Place, Progress};
use crate::provider::mail::fact::{self, Taken};
use crate::provider::mail::own::Own;
use crate::store::{Store, StoreError};
use crate::text::mail::folder::Role;
use crate::text::mail::parse::parse;
use serde_json::{Map, json};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvError, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

/// Mails that are handed over at once.
const BATCH: usize = 64;
/// Their bytes, where they are large.
const BATCH_BYTES: usize = 1024 * 1024;
/// Batches that may wait for each thread.
const WAITING: usize = 4;
/// More threads than this would wait for the writer.
const READERS: usize = 4;
/// What a file of a Maildir counts in the progress, in bytes: to ask each for its size would take as long as to read it.
const USUAL: u64 = 4096;
/// Places in an mbox at which is looked for who we are.
const PLACES: u64 = 10;
/// The label of what somebody wanted to find again.
const FLAGGED: &str = "flagged";

/// A mail that is to be read.
struct Raw {
    place: Place,
    /// Its place in the list of folders.
    folder: usize,
    /// When it came, as its file says.
    at: Option<Ms>,
    /// How it is marked; none = its head says.
    marks: Option<Marks>,
    body: Body,
}

enum Body {
    File(PathBuf),
    Bytes(Vec<u8>),
}

/// What became of a mail.
enum Done {
    /// It says this. So many files of it are kept.
    Message(Box<MessageFact>, u64),
    /// It is not wanted.
    LeftOut,
    /// It cannot be read.
    Bad(Place, String),
    /// Nothing can be kept any more.
    Stop(StoreError),
}

/// Mails on their way to a thread, and the way back.
struct Job {
    mails: Vec<Raw>,
    back: SyncSender<Vec<Done>>,
}

/// What all threads know.
struct Shared<'a> {
    store: &'a Store,
    own: Own,
    folders: &'a [Folder],
    options: &'a MailOptions,
    now: Ms,
}

/// Imports mails (docs/import.md). A mail that cannot be read is reported and passed over; one that is there already is
/// recognised by its `Message-ID`.
///
/// # Errors
/// Nothing is there, or it does not say who we are; a file that cannot be read, or a store that cannot be written.
pub fn import_mails(
    store: &Store,
    source: Mails<'_>,
    options: &MailOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport, ImportError> {
    let mut batches = Batches::new(store, options.open);
    let (tree, reader) = match source {
        Mails::Path(path) => (Tree::find(path, options.all)?, None),
        Mails::Reader(reader) => (Tree::stream(), Some(reader)),
    };
    if tree.folders.is_empty() {
        return Err(ImportError::Nothing { left_out: tree.left_out });
    }
    for (path, why) in tree.troubles {
        batches.bad(Place::File(path), why);
    }
    batches.report.folders_left_out = tree.left_out;
    let mut entries = Vec::new();
    for (number, folder) in (0..).zip(&tree.folders) {
        if folder.size.is_none()
            && let Err(e) = maildir::list(&folder.path, number, &mut entries)
        {
            batches.bad(Place::File(folder.path.clone()), format!("it cannot be read: {e}"));
        }
    }
    maildir::sort(&mut entries);
    let addresses = match (options.own.as_slice(), &reader) {
        ([], Some(_)) => return Err(ImportError::OwnOfStream),
        ([], None) => guess(&tree.folders, &entries),
        (own, _) => own.to_vec(),
    };
    if addresses.is_empty() {
        return Err(ImportError::Own);
    }
    batches.report.own_guessed = options.own.is_empty();
    let shared = Shared {
        store,
        own: own::own(&addresses),
        folders: &tree.folders,
        options,
        now: store.clock().now(),
    };
    batches.report.own = addresses;
    let account = batches.account(Channel::Email)?;
    let total = tree.folders.iter().filter_map(|f| f.size).sum::<u64>() + USUAL * entries.len() as u64;
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() - 1).clamp(1, READERS);
    let (work, jobs) = sync_channel::<Job>(1);
    let jobs = Mutex::new(jobs);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| shared.work(&jobs));
        }
        let mut feed = Feed {
            batches: &mut batches,
            account,
            work: Some(work),
            mails: Vec::new(),
            bytes: 0,
            passed: 0,
            waiting: VecDeque::new(),
            most: threads * WAITING,
            now: Progress { total, ..Progress::default() },
            progress,
        };
        feed.entries(&entries, &tree.folders)?;
        match reader {
            Some(reader) => feed.mbox(Mbox::new(reader), Path::new("-"), 0)?,
            None => feed.mboxes(&tree.folders)?,
        }
        feed.finish()
    })?;
    Ok(batches.report)
}

/// Hands mails to the threads, and takes what they say to the writer, in the order in which it found them.
struct Feed<'a, 'b> {
    batches: &'a mut Batches<'b>,
    account: AccountId,
    /// The way to the threads, which end when it does.
    work: Option<SyncSender<Job>>,
    /// The next batch, and its bytes.
    mails: Vec<Raw>,
    bytes: usize,
    /// What it counts in the progress.
    passed: u64,
    /// Batches that threads are at.
    waiting: VecDeque<(u64, Receiver<Vec<Done>>)>,
    most: usize,
    now: Progress,
    progress: &'a mut dyn FnMut(Progress),
}

impl Feed<'_, '_> {
    fn entries(&mut self, entries: &[Entry], folders: &[Folder]) -> Result<(), ImportError> {
        for entry in entries {
            let folder = entry.folder as usize;
            let Some(path) = folders.get(folder).map(|f| entry.path(&f.path)) else { continue };
            self.passed += USUAL;
            self.take(Raw {
                place: Place::File(path.clone()),
                folder,
                at: entry.came(),
                marks: Some(entry.marks()),
                body: Body::File(path),
            })?;
        }
        Ok(())
    }

    fn mboxes(&mut self, folders: &[Folder]) -> Result<(), ImportError> {
        for (number, folder) in folders.iter().enumerate().filter(|(_, folder)| folder.size.is_some()) {
            match File::open(&folder.path) {
                Ok(file) => self.mbox(Mbox::new(file), &folder.path, number)?,
                Err(e) if folders.len() == 1 => return Err(e.into()),
                Err(e) => {
                    self.batches.bad(Place::File(folder.path.clone()), format!("it cannot be read: {e}"));
                }
            }
        }
        Ok(())
    }

    fn mbox(&mut self, mut mbox: Mbox<impl Read>, path: &Path, folder: usize) -> Result<(), ImportError> {
        let mut before = 0;
        while let Some(piece) = mbox.next()? {
            self.passed += mbox.offset() - before;
            before = mbox.offset();
            match piece {
                Piece::Bad { offset, why } => {
                    self.now.lines += 1;
                    self.batches.report.lines += 1;
                    self.batches.bad(Place::Offset(path.to_owned(), offset), why);
                }
                Piece::Mail { offset, at, bytes } => {
                    let place = Place::Offset(path.to_owned(), offset);
                    self.take(Raw { place, folder, at, marks: None, body: Body::Bytes(bytes) })?;
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, mail: Raw) -> Result<(), ImportError> {
        if let Body::Bytes(bytes) = &mail.body {
            self.bytes += bytes.len();
        }
        self.mails.push(mail);
        if self.mails.len() < BATCH && self.bytes < BATCH_BYTES { Ok(()) } else { self.hand_over() }
    }

    fn hand_over(&mut self) -> Result<(), ImportError> {
        if self.waiting.len() >= self.most {
            self.hear()?;
        }
        let (back, answer) = sync_channel(1);
        let mails = std::mem::take(&mut self.mails);
        self.bytes = 0;
        self.waiting.push_back((std::mem::take(&mut self.passed), answer));
        // Threads only end after this way to them has.
        let sent = self.work.as_ref().is_some_and(|work| work.send(Job { mails, back }).is_ok());
        if sent { Ok(()) } else { Err(StoreError::Closed.into()) }
    }

    /// Takes in what a thread has read.
    fn hear(&mut self) -> Result<(), ImportError> {
        let Some((passed, answer)) = self.waiting.pop_front() else { return Ok(()) };
        for done in answer.recv().map_err(|RecvError| StoreError::Closed)? {
            self.now.lines += 1;
            self.batches.report.lines += 1;
            match done {
                Done::Message(fact, files) => {
                    self.batches.report.files += files;
                    self.batches.take(self.account, fact)?;
                }
                Done::LeftOut => self.batches.report.left_out += 1,
                Done::Bad(place, why) => self.batches.bad(place, why),
                Done::Stop(why) => return Err(why.into()),
            }
        }
        self.now.done += passed;
        self.tell();
        Ok(())
    }

    fn tell(&mut self) {
        self.now.messages = self.batches.report.messages + self.batches.report.duplicates;
        (self.progress)(self.now);
    }

    fn finish(&mut self) -> Result<(), ImportError> {
        self.hand_over()?;
        self.work = None;
        while !self.waiting.is_empty() {
            self.hear()?;
        }
        self.batches.finish()?;
        self.tell();
        Ok(())
    }
}

impl Shared<'_> {
    /// Reads mails until there are no more.
    fn work(&self, jobs: &Mutex<Receiver<Job>>) {
        loop {
            // Held while it waits: the others wait for it instead.
            let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(Job { mails, back }) = job else { return };
            let done = mails.into_iter().map(|mail| self.read(mail)).collect();
            // The importer has given up, if nobody listens.
            let _ = back.send(done);
        }
    }

    fn read(&self, raw: Raw) -> Done {
        let Raw { place, folder, at, marks, body } = raw;
        let bytes = match body {
            Body::Bytes(bytes) => bytes,
            Body::File(path) => match maildir::read(&path) {
                Ok(bytes) => bytes,
                Err(why) => return Done::Bad(place, why),
            },
        };
        if !marks::is_mail(&bytes) {
            let why =
                if bytes.trim_ascii().is_empty() { "it is empty" } else { "it is no mail: it has no head" };
            return Done::Bad(place, why.to_owned());
        }
        let marks = marks.unwrap_or_else(|| Marks::of_head(&bytes));
        if marks.draft || marks.foreign || ((marks.deleted || marks.junk) && !self.options.all) {
            return Done::LeftOut;
        }
        // A mail that shows a defect of ours must not keep all others out.
        match catch_unwind(AssertUnwindSafe(|| self.message(&bytes, folder, at, marks))) {
            Ok(Ok((fact, files))) => Done::Message(fact, files),
            Ok(Err(why)) => Done::Stop(why),
            Err(_) => Done::Bad(place, "it shows a defect of Frontdesk: please report it".to_owned()),
        }
    }

    /// What a mail says, and how many of its files are kept.
    fn message(
        &self,
        bytes: &[u8],
        folder: usize,
        at: Option<Ms>,
        marks: Marks,
    ) -> Result<(Box<MessageFact>, u64), StoreError> {
        let parsed = parse(bytes);
        let can_be = |at: &Ms| (1..=self.now).contains(at);
        let arrived = parsed.date.filter(can_be).or(at.filter(can_be)).unwrap_or(self.now);
        let mut more = Map::new();
        if let Some(folder) = self.folders.get(folder).filter(|folder| folder.name != INBOX) {
            more.insert("folder".into(), json!(folder.name));
        }
        if marks.answered {
            more.insert("answered".into(), json!(true));
        }
        let taken = Taken {
            is_sent: marks.sent
                || self.folders.get(folder).is_some_and(|folder| folder.role == Some(Role::Sent)),
            // Anybody can write our address above what they send us. What was delivered nowhere, none but we have put there.
            is_proved: !marks::is_delivered(bytes),
            history: !self.options.open || marks.seen,
            more,
            ..Taken::now(&self.own, arrived, DeliverySource::Pull)
        };
        // What servers said of mails of ours that did not arrive is over: it stands in the thread, and calls nobody.
        let message = fact::events(&parsed, taken).into_iter().find_map(|event| match event {
            Event::Message(fact) => Some(fact),
            _ => None,
        });
        let mut fact = message.ok_or_else(|| StoreError::Defect("a mail without a message".into()))?;
        let facets = &mut fact.conversation.facets;
        // The least revision: whatever anybody did in the meantime counts more.
        let rev = Rev::at(0);
        if !self.options.open {
            facets.push(Stamped { value: Facet::Status { status: Status::Resolved, until: None }, rev });
        }
        if marks.flagged {
            facets.push(Stamped { value: Facet::Label { name: FLAGGED.into(), on: true }, rev });
        }
        let mut kept = 0;
        if self.options.files {
            for file in &mut fact.attachments {
                let Some(came) = parsed.files.iter().find(|f| f.part == file.external_id) else { continue };
                file.path =
                    Some(self.store.keep_came(came.name.as_deref().unwrap_or_default(), &came.bytes)?);
                kept += 1;
            }
        }
        Ok((fact, kept))
    }
}

/// Who we are, by some mails from everywhere.
fn guess(folders: &[Folder], entries: &[Entry]) -> Vec<String> {
    let mut guess = Guess::default();
    let is_sent = |entry: &Entry| {
        folders.get(entry.folder as usize).is_some_and(|folder| folder.role == Some(Role::Sent))
    };
    let (sent, others): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| is_sent(entry));
    for (entries, is_sent) in [(sent, true), (others, false)] {
        let step = entries.len().div_ceil(own::LOOK).max(1);
        for entry in entries.into_iter().step_by(step) {
            let path = folders.get(entry.folder as usize).map(|folder| entry.path(&folder.path));
            if let Some(Ok(bytes)) = path.map(|path| maildir::read(&path)) {
                guess.look(&bytes, is_sent);
            }
        }
    }
    for folder in folders {
        if let Some(size) = folder.size {
            // What cannot be read is told when it is imported.
            let _ = look(folder, size, &mut guess);
        }
    }
    guess.addresses()
}

/// Looks at mails at some places of an mbox.
fn look(folder: &Folder, size: u64, guess: &mut Guess) -> std::io::Result<()> {
    let few = own::LOOK / PLACES as usize;
    let mut passed = 0;
    for place in 0..PLACES {
        let offset = size / PLACES * place;
        // Small files are read through at once.
        if offset < passed {
            continue;
        }
        let mut file = File::open(&folder.path)?;
        file.seek(SeekFrom::Start(offset))?;
        let mut mbox = Mbox::from(file, offset);
        let mut mails = 0;
        while mails < few
            && let Some(piece) = mbox.next()?
        {
            if let Piece::Mail { bytes, .. } = piece {
                let is_sent = folder.role == Some(Role::Sent) || Marks::of_head(&bytes).sent;
                guess.look(&bytes, is_sent);
                mails += 1;
            }
            passed = mbox.offset();
        }
    }
    Ok(())
}
