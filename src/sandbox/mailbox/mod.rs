//! A far end that behaves as a mailbox does: IMAP to read it, SMTP to send from it. The handle, its options and what it did.
//!
//! Both listen on loopback ports in clear. It forgets nothing, fails on demand, and what was sent to its own address arrives.

mod conn;
pub mod faults;
mod imap;
mod mime;
mod report;
mod sasl;
mod smtp;
pub mod state;
mod utf7;

pub use faults::{Deed, Place};
pub use state::{Heard, Kept, Protocol, Sent};

use crate::domain::clock::{Clock, Ms, SystemClock};
use faults::Plans;
use state::State;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Words that a server says of itself: its capabilities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(Vec<String>);

impl Words {
    /// What this IMAP server can do at most.
    pub fn imap() -> Words {
        let words = [
            "AUTH=PLAIN",
            "AUTH=LOGIN",
            "AUTH=XOAUTH2",
            "AUTH=OAUTHBEARER",
            "SASL-IR",
            "LITERAL+",
            "ID",
            "ENABLE",
            "IDLE",
            "NAMESPACE",
            "UIDPLUS",
            "UNSELECT",
            "MOVE",
            "CONDSTORE",
            "QRESYNC",
            "SPECIAL-USE",
        ];
        Words(words.map(str::to_owned).to_vec())
    }

    /// What this SMTP server can do at most.
    pub fn smtp() -> Words {
        let words = [
            "PIPELINING",
            "8BITMIME",
            "SMTPUTF8",
            "ENHANCEDSTATUSCODES",
            "SIZE 20971520",
            "AUTH PLAIN LOGIN XOAUTH2 OAUTHBEARER",
        ];
        Words(words.map(str::to_owned).to_vec())
    }

    /// Without the capability of that name.
    #[must_use]
    pub fn without(mut self, name: &str) -> Words {
        self.0.retain(|word| !is_named(word, name));
        self
    }

    /// With that capability, in place of one of the same name.
    #[must_use]
    pub fn with(self, word: &str) -> Words {
        let name = word.split(' ').next().unwrap_or(word);
        let mut words = self.without(name);
        words.0.push(word.to_owned());
        words
    }

    /// Whether a capability is there.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|word| is_named(word, name))
    }

    /// What stands behind the name of a capability.
    fn value(&self, name: &str) -> Option<&str> {
        let word = self.0.iter().find(|word| is_named(word, name))?;
        Some(word.get(name.len()..).unwrap_or_default().trim())
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

fn is_named(word: &str, name: &str) -> bool {
    word.split(' ').next().is_some_and(|first| first.eq_ignore_ascii_case(name))
}

/// How a mailbox is set up.
#[derive(Clone)]
pub struct MailboxOptions {
    /// Its address, which is the login as well. `name+anything@domain` is it too.
    pub address: String,
    /// Its password.
    pub password: String,
    /// A token that XOAUTH2 and OAUTHBEARER take.
    pub token: String,
    /// Its folders beside INBOX, each with what it is for (`\Sent`) if that is said.
    pub folders: Vec<(String, Option<String>)>,
    /// What stands between the levels of a folder's name.
    pub delimiter: char,
    /// What the IMAP server says that it can do; it does nothing else.
    pub imap: Words,
    /// What the SMTP server says that it can do; it does nothing else.
    pub smtp: Words,
    /// What is sent is put into the folder for sent mail by the server, as some large providers do.
    pub keeps_sent: bool,
    /// The loopback ports; 0 takes a free one.
    pub imap_port: u16,
    /// As `imap_port`.
    pub smtp_port: u16,
    /// Its time.
    pub clock: Arc<dyn Clock>,
}

impl Default for MailboxOptions {
    /// `support@example.test` with the usual folders, empty, where nothing goes wrong.
    fn default() -> Self {
        let folders = ["Sent", "Drafts", "Trash", "Archive", "Junk"];
        MailboxOptions {
            address: "support@example.test".into(),
            password: "a password".into(),
            token: "ya29.a-token".into(),
            folders: folders.map(|name| (name.to_owned(), Some(format!("\\{name}")))).to_vec(),
            delimiter: '/',
            imap: Words::imap(),
            smtp: Words::smtp(),
            keeps_sent: false,
            imap_port: 0,
            smtp_port: 0,
            clock: Arc::new(SystemClock),
        }
    }
}

/// A running mailbox. It stops when the handle is dropped.
pub struct MailboxWorld {
    shared: Arc<Shared>,
}

/// What the handle and the connections share.
struct Shared {
    options: MailboxOptions,
    ports: (u16, u16),
    state: Mutex<State>,
    changed: watch::Sender<u64>,
    released: watch::Sender<u64>,
    cuts: watch::Sender<u64>,
    stop: watch::Sender<bool>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whoever waits that something was done.
    fn bump(&self) {
        self.changed.send_modify(|n| *n = n.wrapping_add(1));
    }

    /// Changes something and tells it.
    fn change<T>(&self, what: impl FnOnce(&mut State) -> T) -> T {
        let told = what(&mut self.state());
        self.bump();
        told
    }

    fn now(&self) -> Ms {
        self.options.clock.now()
    }

    /// Whether mail for that address is ours: our own, perhaps with something behind a plus.
    fn is_ours(&self, address: &str) -> bool {
        let split = |address: &str| address.rsplit_once('@').map(|(l, d)| (l.to_owned(), d.to_lowercase()));
        match (split(address), split(&self.options.address)) {
            (Some((local, domain)), Some((our, ours))) => {
                let plain = local.split('+').next().unwrap_or_default();
                domain == ours && plain.eq_ignore_ascii_case(&our)
            }
            _ => false,
        }
    }
}

/// A mail that is put into a folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Put {
    /// The mail.
    pub raw: Vec<u8>,
    /// Its flags: `\Seen`.
    pub flags: Vec<String>,
    /// When it came, UTC milliseconds; none is now.
    pub at: Option<Ms>,
}

impl From<Vec<u8>> for Put {
    fn from(raw: Vec<u8>) -> Put {
        Put { raw, ..Put::default() }
    }
}

impl From<&[u8]> for Put {
    fn from(raw: &[u8]) -> Put {
        raw.to_vec().into()
    }
}

impl From<&str> for Put {
    fn from(raw: &str) -> Put {
        raw.as_bytes().into()
    }
}

/// How many connections there were, and are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Connections {
    /// All that were accepted.
    pub ever: usize,
    /// Those that are open.
    pub now: usize,
    /// Those that wait for news (IDLE).
    pub idling: usize,
}

impl MailboxWorld {
    /// Starts both servers on 127.0.0.1. Needs a Tokio runtime, which it keeps using until it is dropped.
    ///
    /// # Errors
    /// When a port cannot be bound.
    pub async fn start(options: MailboxOptions) -> io::Result<MailboxWorld> {
        let listen = |port| TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let (imap, smtp) = (listen(options.imap_port).await?, listen(options.smtp_port).await?);
        let shared = Arc::new(Shared {
            ports: (imap.local_addr()?.port(), smtp.local_addr()?.port()),
            state: Mutex::new(State::new(&options)),
            changed: watch::Sender::new(0),
            released: watch::Sender::new(0),
            cuts: watch::Sender::new(0),
            stop: watch::Sender::new(false),
            options,
        });
        tokio::spawn(conn::serve(shared.clone(), imap, Protocol::Imap));
        tokio::spawn(conn::serve(shared.clone(), smtp, Protocol::Smtp));
        Ok(MailboxWorld { shared })
    }

    /// The port of IMAP on 127.0.0.1.
    pub fn imap_port(&self) -> u16 {
        self.shared.ports.0
    }

    /// The port of SMTP on 127.0.0.1.
    pub fn smtp_port(&self) -> u16 {
        self.shared.ports.1
    }

    /// Its address.
    pub fn address(&self) -> &str {
        &self.shared.options.address
    }

    /// From now on only this password opens it.
    pub fn set_password(&self, password: &str) {
        self.shared.change(|state| state.password = password.to_owned());
    }

    /// From now on only this token opens it.
    pub fn set_token(&self, token: &str) {
        self.shared.change(|state| state.token = token.to_owned());
    }

    /// The names of its folders.
    pub fn folders(&self) -> Vec<String> {
        self.shared.state().folders.keys().cloned().collect()
    }

    /// Makes a folder, unless it is there.
    pub fn create(&self, folder: &str) {
        self.shared.change(|state| state.create(folder, None));
    }

    /// Puts a mail into a folder, which is made if there is none. Answers its number.
    pub fn add(&self, folder: &str, mail: impl Into<Put>) -> u32 {
        let Put { raw, flags, at } = mail.into();
        let at = at.unwrap_or_else(|| self.shared.now());
        self.shared.change(|state| {
            state.create(folder, None);
            state.folder_mut(folder).map_or(0, |found| found.add(raw.into(), flags, at))
        })
    }

    /// What is in a folder, by number.
    pub fn mails(&self, folder: &str) -> Vec<Kept> {
        self.shared.state().folder(folder).map_or_else(Vec::new, |f| f.mails.values().cloned().collect())
    }

    /// Sets or takes away a flag, as another program of the same person does. False where there is no such mail.
    pub fn flag(&self, folder: &str, uid: u32, flag: &str, on: bool) -> bool {
        self.shared.change(|state| {
            state.folder_mut(folder).and_then(|found| found.flag(uid, &[flag.to_owned()], on)).is_some()
        })
    }

    /// Takes a mail out of a folder, as another program of the same person does. False where there is no such mail.
    pub fn remove(&self, folder: &str, uid: u32) -> bool {
        self.shared.change(|state| state.folder_mut(folder).and_then(|found| found.remove(uid)).is_some())
    }

    /// Moves a mail to another folder, as another program of the same person does. Answers its number there.
    pub fn move_to(&self, folder: &str, uid: u32, to: &str) -> Option<u32> {
        self.shared.change(|state| {
            state.create(to, None);
            let kept = state.folder_mut(folder)?.remove(uid)?;
            Some(state.folder_mut(to)?.add(kept.raw, kept.flags, kept.at))
        })
    }

    /// Numbers the mails of a folder anew, under another UIDVALIDITY. Whoever has it open loses the connection.
    pub fn renumber(&self, folder: &str) {
        self.shared.change(|state| {
            let validity = state.new_validity();
            if let Some(found) = state.folder_mut(folder) {
                found.renumber(validity);
            }
        });
    }

    /// UIDVALIDITY of a folder.
    pub fn validity(&self, folder: &str) -> Option<u32> {
        self.shared.state().folder(folder).map(|found| found.validity)
    }

    /// Every mail that was accepted, in order, whatever the client got to see of it.
    pub fn sent(&self) -> Vec<Sent> {
        self.shared.state().sent.clone()
    }

    /// Puts the report into INBOX that a mail could not be delivered (RFC 3464): `status` is like `5.1.1`, `words` what the other
    /// server said.
    pub fn bounce(&self, sent: &Sent, status: &str, words: &str) -> u32 {
        let report = report::bounce(sent, &self.shared.options.address, status, words, self.shared.now());
        self.add("INBOX", report)
    }

    /// Every command that was heard, in order, without what is secret in it.
    pub fn heard(&self) -> Vec<Heard> {
        self.shared.state().heard.clone()
    }

    /// How often a command was heard: `DATA`, `UID FETCH`.
    pub fn heard_times(&self, command: &str) -> usize {
        let is = |heard: &&Heard| {
            let rest = heard.line.get(command.len()..).unwrap_or("?");
            heard.line.get(..command.len()).is_some_and(|c| c.eq_ignore_ascii_case(command))
                && (rest.is_empty() || rest.starts_with([' ', ':']))
        };
        self.shared.state().heard.iter().filter(is).count()
    }

    /// How many connections of a kind there were, and are.
    pub fn connections(&self, protocol: Protocol) -> Connections {
        self.shared.state().connections.get(&protocol).copied().unwrap_or_default()
    }

    /// Cuts every connection there is.
    pub fn cut_all(&self) {
        self.shared.cuts.send_modify(|n| *n = n.wrapping_add(1));
    }

    /// Tells what becomes of the next time at this place that is not planned yet.
    pub fn plan(&self, place: Place, deed: Deed) {
        self.plan_times(1, place, deed);
    }

    /// Tells what becomes of the next so many times at this place.
    pub fn plan_times(&self, times: usize, place: Place, deed: Deed) {
        self.shared.change(|state| state.plans.add(times, place, deed));
    }

    /// How many plans wait to happen.
    pub fn planned(&self) -> usize {
        self.shared.state().plans.len()
    }

    /// Forgets what was planned and has not happened.
    pub fn forget_plans(&self) {
        self.shared.change(|state| state.plans = Plans::default());
    }

    /// Lets all that is held ([`Deed::Held`]) go. What is held later waits for the next time.
    pub fn release(&self) {
        self.shared.released.send_modify(|n| *n = n.wrapping_add(1));
    }

    /// How many answers are held back.
    pub fn held(&self) -> usize {
        self.shared.state().held
    }

    /// Ticks whenever something was done.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.shared.changed.subscribe()
    }

    /// Waits until `ready` holds. It has no time limit of its own.
    pub async fn until(&self, mut ready: impl FnMut(&MailboxWorld) -> bool) {
        let mut changed = self.changed();
        loop {
            changed.borrow_and_update();
            if ready(self) || changed.changed().await.is_err() {
                return;
            }
        }
    }
}

impl Drop for MailboxWorld {
    fn drop(&mut self) {
        self.shared.stop.send_replace(true);
    }
}
