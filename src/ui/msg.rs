//! What the screen hears: everything that can happen to it, as data.

use crate::domain::account::Channel;
use crate::domain::attachment::{Enclosure, Written};
use crate::domain::clock::Ms;
use crate::domain::command::{Action, ComposeMode, Performed};
use crate::domain::contact::ConsentState;
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::query::QueryError;
use crate::domain::quick_reply::QuickReplyRow;
use crate::domain::reach::{Recipient, Way};
use crate::domain::row::{
    AccountRow, AgentRow, ArrivalRow, AttachmentRow, ConsentRow, ContactRow, ConversationRow, DeliveryStep,
    ListKey, MessageRow, OutboxRow, SearchHit, TeamRow, View, ViewCount,
};
use crate::domain::signal::Signal;
use crate::text::index::Term;
use crate::ui::effect::{AttachTo, ListSource, ThreadAt, Ticket};
use crate::ui::key::Key;
use crate::ui::setup::Answer;
use crate::ui::startup::Startup;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// The mouse did something.
    Mouse(Mouse),
    /// Text was pasted (bracketed paste). Never a command, never a send.
    Paste(String),
    /// The terminal has another size. The next `prepare` gets it too; this only asks for what now fits.
    Resize(u16, u16),
    /// The terminal gained or lost the focus.
    Focus(bool),
    /// It is now this time. The loop sends it before every batch of other messages and when [`wake_at`](crate::ui::wake_at) says.
    Tick(Ms),
    /// What a [`Need`](crate::ui::effect::Need) asked for.
    Loaded(Box<Loaded>),
    /// A [`Need`](crate::ui::effect::Need) could not be met. The words say why; the screen keeps what it has.
    LoadFailed(String),
    /// The store has moved: what is on screen may be old.
    Changed,
    /// An action was performed, or refused with a reason.
    Done {
        /// The ticket of the effect.
        ticket: Ticket,
        /// What was done, or why not.
        result: Result<Performed, String>,
    },
    /// How far a [`Work`](crate::ui::effect::Work) is.
    Bulk {
        /// The ticket of the effect.
        ticket: Ticket,
        /// How far.
        progress: BulkProgress,
    },
    /// What Setup has asked for.
    Setup {
        /// The ticket of the effect.
        ticket: Ticket,
        /// What became of it.
        answer: Answer,
    },
    /// Something passing: typing.
    Signal(Signal),
    /// `$EDITOR` has ended; none = its text is not wanted.
    Edited(Option<String>),
    /// A directory was listed.
    Browsed {
        /// As it was asked for.
        dir: String,
        /// What it holds, directories first, or why it cannot be listed.
        found: Result<Vec<FileEntry>, String>,
    },
    /// Files were copied into the workspace.
    Attached {
        /// What they go along with.
        to: AttachTo,
        /// The files, or why one could not be copied.
        result: Result<Vec<Enclosure>, String>,
        /// The pasted text that they were read from.
        pasted: Option<String>,
    },
    /// Something to say in the status line.
    Notice(Level, String),
    /// How the engine is.
    Status(EngineStatus),
    /// The configuration has changed: how the screen would start now.
    Configured(Box<Startup>),
    /// The configuration cannot be used: why, a line each, with file and line. What was good before still holds.
    Misconfigured(Vec<String>),
}

/// A file or directory of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// Its name, as it is: not yet sanitised.
    pub name: String,
    /// It is a directory, or leads to one.
    pub is_dir: bool,
    /// Its size in bytes.
    pub size: u64,
}

/// How far a change of many conversations is.
#[derive(Debug, Clone, PartialEq)]
pub enum BulkProgress {
    /// So many of so many are done.
    Going {
        /// Done.
        done: usize,
        /// In all.
        total: usize,
    },
    /// It has ended.
    Over {
        /// Conversations that changed.
        changed: usize,
        /// Conversations that stayed as they were, because they were so already.
        same: usize,
        /// What takes it back, conversation by conversation.
        undo: Vec<Vec<Action>>,
        /// How many could not be changed, and why the first could not.
        refused: Option<(usize, String)>,
    },
}

/// How loud a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Good to know.
    Info,
    /// Done.
    Good,
    /// Look at it.
    Warn,
    /// It did not work.
    Error,
}

/// What the mouse did, in cells from the top left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mouse {
    /// What.
    pub kind: MouseKind,
    /// Column.
    pub x: u16,
    /// Row.
    pub y: u16,
}

/// The parts of a mouse that we use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MouseKind {
    /// The left button went down.
    Click,
    /// The wheel went up.
    ScrollUp,
    /// The wheel went down.
    ScrollDown,
}

/// How the engine is, seen from this screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EngineStatus {
    /// Who runs the engine of this workspace.
    pub engine: EngineState,
    /// The address at which webhooks are taken, if somebody listens.
    pub listening: Option<String>,
    /// The chat pages: account name and URL.
    pub chat: Vec<(String, String)>,
    /// What is wrong: "port 8080 is in use", "twilio does not answer". Shown, counted, listed in full on demand.
    pub warnings: Vec<String>,
}

/// Who runs the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum EngineState {
    /// Not known yet.
    #[default]
    Starting,
    /// This process.
    Here,
    /// Another process on this machine.
    Elsewhere,
    /// Nobody: what is sent waits.
    Offline,
}

/// What was asked for, as rows that are ready to be shown. Mirrors [`Need`](crate::ui::effect::Need).
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "it travels in a box: see `Msg::Loaded`")]
pub enum Loaded {
    /// Accounts, labels, and the counts of [`sidebar_views`](crate::ui::sidebar_views).
    Sidebar {
        /// All accounts.
        accounts: Vec<AccountRow>,
        /// All labels in use, sorted.
        labels: Vec<String>,
        /// Each view with its count.
        counts: Vec<(View, ViewCount)>,
    },
    /// A window of a list.
    List {
        /// Of what.
        source: ListSource,
        /// Around which place it was asked for.
        anchor: Option<ListKey>,
        /// The rows in the order of the list, or why the query is not understood.
        rows: Result<Vec<ConversationRow>, String>,
        /// Whether there are rows before the first.
        above: bool,
        /// Whether there are rows after the last.
        below: bool,
    },
    /// A window of a thread.
    Thread {
        /// Of which conversation.
        conversation: ConversationId,
        /// Which window it is.
        at: ThreadAt,
        /// Ascending by (time, id).
        messages: Vec<MessageRow>,
        /// Whether there are messages before the first.
        older: bool,
        /// Whether there are messages after the last.
        newer: bool,
    },
    /// All that a thread's header and composer need.
    Context(Context),
    /// A conversation whose thread or context was asked for is part of another one by now.
    Joined {
        /// The one that was asked for.
        gone: ConversationId,
        /// What the header and the composer of the other need.
        context: Context,
    },
    /// A thread that may be asked for next.
    Ahead {
        /// As asked.
        generation: u64,
        /// Its newest messages, ascending by (time, id).
        messages: Vec<MessageRow>,
        /// Whether there are messages before the first.
        older: bool,
        /// What its header and composer need.
        context: Context,
    },
    /// What was found.
    Search {
        /// The ticket of the question: answers to old ones are dropped.
        ticket: Ticket,
        /// Newest first.
        found: Found,
    },
    /// What has come in and nobody has seen, oldest first.
    Arrivals(Vec<ArrivalRow>),
    /// Who is due from one moment to another, first due first.
    Due(Vec<ConversationRow>),
    /// How many conversations queries find; `true` = there are more.
    Searches(Vec<(String, u64, bool)>),
    /// What waits to be done.
    Outbox(Vec<OutboxRow>),
    /// The next unread conversation of a list.
    Unread {
        /// Of what.
        source: ListSource,
        /// Its place; none = there is none.
        found: Option<ListKey>,
    },
    /// All quick replies.
    QuickReplies(Vec<QuickReplyRow>),
    /// People who can be written to.
    Recipients {
        /// As it was typed.
        typed: String,
        /// Those whose name or address contains it.
        found: Vec<Recipient>,
    },
    /// Files of messages, as they are now.
    Files(Vec<AttachmentRow>),
    /// The other ways on which a customer can be reached, best first.
    Ways {
        /// From where it was asked.
        conversation: ConversationId,
        /// The ways.
        ways: Vec<Way>,
    },
    /// Who can be given work.
    Agents {
        /// All agents, the inactive too.
        agents: Vec<AgentRow>,
        /// All teams.
        teams: Vec<TeamRow>,
    },
    /// All labels in use, sorted.
    Labels(Vec<String>),
    /// The delivery history of a message, oldest first.
    Delivery {
        /// Which message.
        message: MessageId,
        /// Its steps.
        steps: Vec<DeliveryStep>,
    },
}

/// Everything about one conversation besides its messages.
#[derive(Debug, Clone, PartialEq)]
pub struct Context {
    /// The conversation.
    pub row: ConversationRow,
    /// Its account, with what can be done there.
    pub account: AccountRow,
    /// What the customer has said about being written to.
    pub consent: Option<ConsentRow>,
    /// The customer.
    pub contact: Option<ContactRow>,
    /// Their other conversations, newest first.
    pub others: Vec<ConversationRow>,
    /// What was being typed to the customer.
    pub draft_reply: Option<Written>,
    /// The mail that is answered or passed on by it.
    pub draft_about: Option<Box<MessageRow>>,
    /// When that was begun.
    pub draft_began: Option<Ms>,
    /// What was being typed as a note.
    pub draft_note: Option<Written>,
    /// What was being typed in conversations that are part of this one by now.
    pub draft_joined: Vec<(ConversationId, ComposeMode, Written)>,
    /// The medium on which the customer last wrote, if that was in another conversation.
    pub last_wrote: Option<Channel>,
}

impl Context {
    /// Whether the customer has opted out.
    pub fn opted_out(&self) -> bool {
        self.consent.as_ref().is_some_and(|c| c.state == ConsentState::OptedOut)
    }
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// The messages, newest first.
    pub hits: Vec<SearchHit>,
    /// The words that were looked for, for highlighting (the filters left out).
    pub terms: Vec<Term>,
    /// Whether there are more than these.
    pub more: bool,
    /// Whether the search is still running and this is only its beginning.
    pub partial: bool,
    /// The first filter that is not understood (yet): it was passed over.
    pub unclear: Option<QueryError>,
}
