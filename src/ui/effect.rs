//! What the screen wants done: data, performed by `app` alone.

use crate::domain::change::Change;
use crate::domain::clock::Ms;
use crate::domain::command::{Action, ComposeMode};
use crate::domain::contact::IdentityKind;
use crate::domain::ids::{AttachmentId, ConversationId, MessageId, QuickReplyId};
use crate::domain::notify::How;
use crate::domain::order::Order;
use crate::domain::quick_reply::QuickReply;
use crate::domain::row::{ListKey, View};
use crate::ui::setup::Ask;

/// Names one request, so that its answer is recognised and a late one dropped.
pub type Ticket = u64;

/// Something to be done outside of the screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Read something; answered by [`Msg::Loaded`](crate::ui::msg::Msg::Loaded). Of two needs of one kind only the later counts.
    Load(Need),
    /// The same for what is not on screen yet: it is read after what somebody waits for, and no frame waits for it.
    LoadSoon(Need),
    /// Change something; answered by [`Msg::Done`](crate::ui::msg::Msg::Done).
    Perform {
        /// Returned with the answer.
        ticket: Ticket,
        /// What to do.
        action: Action,
    },
    /// Change many conversations, some at a time; answered by [`Msg::Bulk`](crate::ui::msg::Msg::Bulk) as it goes on.
    Bulk {
        /// Returned with the answers.
        ticket: Ticket,
        /// What to do.
        work: Work,
    },
    /// What Setup asks for; answered by [`Msg::Setup`](crate::ui::msg::Msg::Setup).
    Setup {
        /// Returned with the answer.
        ticket: Ticket,
        /// What.
        ask: Ask,
    },
    /// Change the configuration's file, in the order in which it is asked for; answered by [`Msg::Setup`](crate::ui::msg::Msg::Setup).
    Configure {
        /// Returned with the answer.
        ticket: Ticket,
        /// What: all of it or nothing.
        changes: Vec<Change>,
    },
    /// Tell colleagues, and where the medium has it the customer, that we type or have stopped.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// Started or stopped.
        on: bool,
    },
    /// Open a file with the system's program.
    OpenAttachment(AttachmentId),
    /// Copy a file out of the workspace.
    SaveAttachment {
        /// Which.
        id: AttachmentId,
        /// Where to; none = the download directory, under its own name.
        to: Option<String>,
    },
    /// List a directory; answered by [`Msg::Browsed`](crate::ui::msg::Msg::Browsed).
    Browse {
        /// As typed: empty for the current one, `~` for the home directory.
        dir: String,
    },
    /// Copy files into the workspace, all of them or none; answered by [`Msg::Attached`](crate::ui::msg::Msg::Attached).
    Attach {
        /// What they go along with.
        to: AttachTo,
        /// Their paths, as typed.
        paths: Vec<String>,
        /// The pasted text that they were read from. Returned with the answer.
        pasted: Option<String>,
    },
    /// Copy files of messages into the files of ours; answered by [`Msg::Attached`](crate::ui::msg::Msg::Attached).
    Enclose {
        /// What they go along with.
        to: AttachTo,
        /// Which.
        files: Vec<AttachmentId>,
    },
    /// Hand the terminal to `$EDITOR` with this text; answered by [`Msg::Edited`](crate::ui::msg::Msg::Edited).
    EditExternally(String),
    /// Put a text on the clipboard (OSC 52).
    Copy(String),
    /// Give the terminal back to the shell (Ctrl-Z) until we are called again.
    Suspend,
    /// Clear the terminal and paint everything anew.
    Redraw,
    /// Leave.
    Quit,
    /// Ring.
    Beep,
    /// The tour has been seen: it does not begin by itself any more.
    TourDone,
    /// Call the agent, who looks elsewhere. Both texts are clean and one line.
    Notify {
        /// How.
        how: How,
        /// Who has written.
        title: String,
        /// What.
        text: String,
    },
}

/// What files go along with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttachTo {
    /// What is being written.
    Draft {
        /// Where.
        conversation: ConversationId,
        /// Reply or note.
        mode: ComposeMode,
    },
    /// A quick reply, which is kept with them.
    QuickReply {
        /// Which; none = a new one.
        id: Option<QuickReplyId>,
        /// The rest of it.
        reply: QuickReply,
    },
}

/// Something that many conversations are changed by.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// Orders for each of them, one after another.
    Orders {
        /// What.
        orders: Vec<Order>,
        /// To whom.
        targets: Targets,
        /// When it was decided. What customers wrote later nobody has seen: such conversations are not put aside.
        at: Ms,
    },
    /// What takes such a work back, conversation by conversation.
    Undo(Vec<Vec<Action>>),
}

/// What an order is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Targets {
    /// One conversation.
    One(ConversationId),
    /// These.
    These(Vec<ConversationId>),
    /// All that a list holds, on the screen or not.
    Matching(ListSource),
    /// All that have a label, wherever they are.
    Labelled(String),
}

/// Something to be read.
#[derive(Debug, Clone, PartialEq)]
pub enum Need {
    /// Accounts, labels, counts.
    Sidebar,
    /// A window of a list.
    List {
        /// Of what.
        source: ListSource,
        /// None = from the top. Else the window that has this place (a row that is or was there) about in its middle:
        /// up to `limit / 2` rows before it, and the rest from it on, itself included.
        anchor: Option<ListKey>,
        /// How many rows at most.
        limit: usize,
    },
    /// The next conversation of a list that has something unread, around the end of the list.
    Unread {
        /// Of what.
        source: ListSource,
        /// From here on, itself left out; none = from the beginning (or the end) of the list.
        from: Option<ListKey>,
        /// Down the list, or up.
        forward: bool,
    },
    /// A window of a thread.
    Thread {
        /// Of which conversation.
        conversation: ConversationId,
        /// Which window.
        at: ThreadAt,
        /// How many messages at most.
        limit: usize,
    },
    /// A conversation with its account, consent, contact and drafts.
    Context {
        /// Which.
        conversation: ConversationId,
    },
    /// The newest messages and the context of threads that may be asked for next: each is answered by itself, when nothing that
    /// somebody waits for is to be read.
    Ahead {
        /// Returned with the answers.
        generation: u64,
        /// Which.
        conversations: Vec<ConversationId>,
        /// How many messages of each at most.
        limit: usize,
    },
    /// Messages that match a query. Only the newest ticket counts: an older search may be interrupted.
    Search {
        /// Returned with the answer.
        ticket: Ticket,
        /// As typed.
        text: String,
        /// How many hits at most.
        limit: usize,
    },
    /// What has come in since a moment and nobody has seen.
    Arrivals {
        /// The moment, UTC milliseconds.
        since: Ms,
        /// How many messages at most.
        limit: usize,
    },
    /// Who is due from one moment to another.
    Due {
        /// From then on, UTC milliseconds.
        since: Ms,
        /// Up to then.
        until: Ms,
        /// How many conversations at most.
        limit: usize,
    },
    /// How many conversations each of these queries finds.
    Searches {
        /// As configured.
        queries: Vec<String>,
    },
    /// What waits to be done.
    Outbox,
    /// All quick replies.
    QuickReplies,
    /// People with an address of a kind whose name or address contains what is typed.
    Recipients {
        /// What kind of address.
        kind: IdentityKind,
        /// What is typed.
        typed: String,
    },
    /// How files of messages are.
    Files {
        /// Which.
        files: Vec<AttachmentId>,
    },
    /// The other ways on which the customer of a conversation can be reached.
    Ways {
        /// Which.
        conversation: ConversationId,
    },
    /// Agents and teams.
    Agents,
    /// All labels.
    Labels,
    /// The delivery history of a message.
    Delivery {
        /// Which.
        message: MessageId,
    },
}

/// What a list lists.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ListSource {
    /// A fixed view.
    View(View),
    /// Conversations that match a query.
    Query(String),
    /// Everything but spam and archived.
    All,
}

/// Which window of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ThreadAt {
    /// The newest messages.
    Latest,
    /// Up to `limit / 2` messages before this place and the rest from it on, the message itself included.
    Around {
        /// When that message was sent.
        sent_at: Ms,
        /// Its id.
        id: MessageId,
    },
}
