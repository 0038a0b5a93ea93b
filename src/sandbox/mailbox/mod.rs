//! A far end that behaves as the mail server of one mailbox does: IMAP for what lies there, SMTP for what is sent, on loopback ports.
//!
//! Enough of both for a careful client, with faults on demand: at each step it can refuse, fall silent, or hang up.

pub mod faults;
mod folder;
mod imap;
mod items;
mod line;
mod mime;
mod search;
mod smtp;
mod syntax;

pub use faults::{ImapFault, SmtpFault, Step};
pub use folder::Folder;

use crate::domain::clock::{Clock, Ms, SystemClock};
use crate::sandbox::far::{self, Far};
use folder::Stored;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// How a mailbox is set up.
#[derive(Clone)]
pub struct MailboxOptions {
    /// Its address: the login name, and where mail is delivered.
    pub address: String,
    /// Its password.
    pub password: String,
    /// Access tokens that are taken.
    pub tokens: Vec<String>,
    /// What the IMAP server says that it can, besides `IMAP4rev1` and the logins.
    pub imap: Vec<&'static str>,
    /// The logins that both servers offer.
    pub mechanisms: Vec<&'static str>,
    /// What the SMTP server says that it can, besides the logins.
    pub smtp: Vec<String>,
    /// Its folders, with what each is for (`\Sent`); the inbox is there in any case.
    pub folders: Vec<(&'static str, &'static str)>,
    /// Whether what is sent is put into the folder of what was sent.
    pub saves_sent: bool,
    /// TLS from the first byte, and after STARTTLS.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// What is sent along with the answer to STARTTLS, before TLS: what somebody in between would put there.
    pub injected: &'static str,
    /// Its time.
    pub clock: Arc<dyn Clock>,
}

impl Default for MailboxOptions {
    /// A mailbox of a modern server where nothing goes wrong.
    fn default() -> Self {
        MailboxOptions {
            address: "support@example.test".into(),
            password: "a \"good\" password".into(),
            tokens: Vec::new(),
            imap: vec![
                "SASL-IR",
                "LITERAL+",
                "ID",
                "ENABLE",
                "IDLE",
                "CONDSTORE",
                "QRESYNC",
                "UIDPLUS",
                "MOVE",
                "SPECIAL-USE",
            ],
            mechanisms: vec!["PLAIN"],
            smtp: ["PIPELINING", "SIZE 40000000", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
                .map(str::to_owned)
                .to_vec(),
            folders: vec![
                ("Sent", "\\Sent"),
                ("Archive", "\\Archive"),
                ("Junk", "\\Junk"),
                ("Trash", "\\Trash"),
            ],
            saves_sent: false,
            tls: None,
            injected: "",
            clock: Arc::new(SystemClock),
        }
    }
}

/// A mail that was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// `MAIL FROM`.
    pub from: String,
    /// `RCPT TO`, in order.
    pub to: Vec<String>,
    /// The mail, without what the transport adds.
    pub mail: Vec<u8>,
}

/// What happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Happened {
    /// Every line that the IMAP server heard, without literals.
    pub imap: Vec<String>,
    /// Every line that the SMTP server heard, without mails.
    pub smtp: Vec<String>,
    /// IMAP connections so far.
    pub connections: usize,
    /// IMAP connections that are open.
    pub open: usize,
    /// The most that were open at once.
    pub most: usize,
}

/// What is changed under the lock.
struct State {
    pub(self) folders: BTreeMap<String, Folder>,
    pub(self) subscribed: BTreeSet<String>,
    pub(self) handed: Vec<Handed>,
    pub(self) happened: Happened,
    pub(self) imap_faults: VecDeque<(String, ImapFault)>,
    pub(self) smtp_faults: VecDeque<(Step, SmtpFault)>,
    validity: u32,
}

impl State {
    /// A folder of that name, made where there is none.
    pub(self) fn make(&mut self, name: &str, special: &str) -> &mut Folder {
        let validity = self.validity;
        self.folders.entry(name.to_owned()).or_insert_with(|| Folder::new(validity, special))
    }

    /// What goes wrong with the next command of that name.
    pub(self) fn imap_fault(&mut self, verb: &str) -> Option<ImapFault> {
        let at = self.imap_faults.iter().position(|(planned, _)| planned == verb)?;
        self.imap_faults.remove(at).map(|(_, fault)| fault)
    }

    /// What goes wrong at that step.
    pub(self) fn smtp_fault(&mut self, step: Step) -> Option<SmtpFault> {
        let at = self.smtp_faults.iter().position(|(planned, _)| *planned == step)?;
        self.smtp_faults.remove(at).map(|(_, fault)| fault)
    }
}

/// What both servers share.
struct Shared {
    pub(self) options: MailboxOptions,
    pub(self) far: Far<State>,
    /// Hangs up on everybody who is connected.
    hang_up: watch::Sender<u64>,
}

impl Shared {
    pub(self) fn now(&self) -> Ms {
        self.options.clock.now()
    }

    /// Whether these are the words of a login.
    pub(self) fn is_login(&self, user: &str, password: &str) -> bool {
        user.eq_ignore_ascii_case(&self.options.address) && password == self.options.password
    }

    /// Whether this token opens the mailbox.
    pub(self) fn is_token(&self, user: &str, token: &str) -> bool {
        user.eq_ignore_ascii_case(&self.options.address) && self.options.tokens.iter().any(|t| t == token)
    }
}

/// A running mail server. It stops when the handle is dropped.
pub struct MailboxWorld {
    shared: Arc<Shared>,
    imap: SocketAddr,
    smtp: SocketAddr,
}

impl MailboxWorld {
    /// Starts the servers on 127.0.0.1. Needs a Tokio runtime, which it keeps using until it is dropped.
    ///
    /// # Errors
    /// When a port cannot be bound.
    pub async fn start(options: MailboxOptions) -> io::Result<MailboxWorld> {
        let acceptor = options.tls.clone().map(TlsAcceptor::from);
        let mut state = State {
            folders: BTreeMap::new(),
            subscribed: BTreeSet::new(),
            handed: Vec::new(),
            happened: Happened::default(),
            imap_faults: VecDeque::new(),
            smtp_faults: VecDeque::new(),
            validity: 1_000,
        };
        state.make("INBOX", "");
        for (name, special) in &options.folders {
            state.make(name, special);
        }
        let shared = Arc::new(Shared { options, far: Far::new(state), hang_up: watch::Sender::new(0) });
        let ((imap, imap_at), (smtp, smtp_at)) = (far::bind(0).await?, far::bind(0).await?);
        let world = MailboxWorld { shared: shared.clone(), imap: imap_at, smtp: smtp_at };
        let (one, other) = (shared.clone(), acceptor.clone());
        tokio::spawn(line::serve(imap, shared.far.over(), shared.hang_up.clone(), move |line| {
            imap::connection(one.clone(), other.clone(), line)
        }));
        let one = shared.clone();
        tokio::spawn(line::serve(smtp, shared.far.over(), shared.hang_up.clone(), move |line| {
            smtp::connection(one.clone(), acceptor.clone(), line)
        }));
        Ok(world)
    }

    /// Its address.
    pub fn address(&self) -> &str {
        &self.shared.options.address
    }

    /// Its password.
    pub fn password(&self) -> &str {
        &self.shared.options.password
    }

    /// Where IMAP is spoken.
    pub fn imap(&self) -> SocketAddr {
        self.imap
    }

    /// Where SMTP is spoken.
    pub fn smtp(&self) -> SocketAddr {
        self.smtp
    }

    /// A mail comes into a folder, with these flags, as of now. Answers its number.
    pub fn deliver(&self, folder: &str, mail: &[u8], flags: &[&str]) -> u32 {
        self.deliver_at(folder, mail, flags, self.shared.now())
    }

    /// A mail comes into a folder as of then.
    pub fn deliver_at(&self, folder: &str, mail: &[u8], flags: &[&str], at: Ms) -> u32 {
        let uid = self.shared.far.state().make(folder, "").add(mail, flags, at);
        self.shared.far.bump();
        uid
    }

    /// Somebody else sets a flag of a mail, or takes it away.
    pub fn flag(&self, folder: &str, uid: u32, flag: &str, on: bool) {
        if let Some(folder) = self.shared.far.state().folders.get_mut(folder) {
            folder.flag(&[uid], &[flag.to_owned()], on);
        }
        self.shared.far.bump();
    }

    /// Somebody else removes a mail.
    pub fn remove(&self, folder: &str, uid: u32) {
        if let Some(folder) = self.shared.far.state().folders.get_mut(folder) {
            folder.take(&[uid]);
        }
        self.shared.far.bump();
    }

    /// A folder counts its mails anew, as after a repair: another validity, other numbers.
    pub fn recount(&self, folder: &str) {
        if let Some(folder) = self.shared.far.state().folders.get_mut(folder) {
            folder.recount();
        }
        self.hang_up();
    }

    /// The mails of a folder, oldest first: number, flags, bytes.
    pub fn mails(&self, folder: &str) -> Vec<(u32, BTreeSet<String>, Vec<u8>)> {
        let state = self.shared.far.state();
        let mails = state.folders.get(folder).map(Folder::mails).unwrap_or_default();
        mails.iter().map(|m: &Stored| (m.uid, m.flags.clone(), m.bytes.to_vec())).collect()
    }

    /// Every mail that was handed over and taken, in order.
    pub fn handed(&self) -> Vec<Handed> {
        self.shared.far.state().handed.clone()
    }

    /// What happened so far.
    pub fn happened(&self) -> Happened {
        self.shared.far.state().happened.clone()
    }

    /// Tells how the next unplanned IMAP command of that name goes (`UID FETCH`; `GREETING` before all commands).
    pub fn plan_imap(&self, verb: &str, fault: ImapFault) {
        self.shared.far.state().imap_faults.push_back((verb.to_owned(), fault));
    }

    /// Tells how the next unplanned step of a sending goes.
    pub fn plan_smtp(&self, step: Step, fault: SmtpFault) {
        self.shared.far.state().smtp_faults.push_back((step, fault));
    }

    /// Hangs up on everybody who is connected.
    pub fn hang_up(&self) {
        self.shared.hang_up.send_modify(|n| *n = n.wrapping_add(1));
    }

    /// Waits until `ready` holds. It has no time limit of its own.
    pub async fn until(&self, mut ready: impl FnMut(&MailboxWorld) -> bool) {
        self.shared.far.until(|| ready(self)).await;
    }
}

impl Drop for MailboxWorld {
    fn drop(&mut self) {
        self.shared.far.end();
        self.hang_up();
    }
}
