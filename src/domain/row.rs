//! What readers get: rows as they are shown, already rebased. The store fills them, the screen and the command line show them.

use crate::domain::account::{Channel, Health};
use crate::domain::attachment::{Enclosure, Written};
use crate::domain::clock::Ms;
use crate::domain::contact::{ConsentState, Identity};
use crate::domain::conversation::{Assignee, Priority, Qualification, Status};
use crate::domain::delivery::{Delivery, DeliverySource, Reason};
use crate::domain::ids::{
    AccountId, AgentId, AttachmentId, ContactId, ConversationId, MessageId, OpId, ReceiptId, TeamId,
};
use crate::domain::mail::Mail;
use crate::domain::message::{AuthorKind, Direction, MessageKind};
use crate::domain::op::OpState;

/// A fixed view: indexed, windowed, counted by the writer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum View {
    /// Open and mine.
    Mine(AgentId),
    /// Open and nobody's.
    Unassigned,
    /// Open.
    Open,
    /// Open, the customer waits; longest first.
    Waiting,
    /// Open, the customer should have had an answer; first due first. Found by the clock: the writer keeps no count of it.
    Overdue,
    /// Pending.
    Pending,
    /// Snoozed.
    Snoozed,
    /// Resolved.
    Resolved,
    /// Spam.
    Spam,
    /// Put away.
    Archived,
    /// In whose notes this agent is called.
    Mentions(AgentId),
    /// Open, of one medium.
    Channel(Channel),
    /// Open, of one account.
    Account(AccountId),
    /// Open, with a label.
    Label(String),
}

impl View {
    /// The key under which the writer keeps this view's count.
    pub fn key(&self) -> String {
        match self {
            View::Mine(agent) => format!("mine:{agent}"),
            View::Unassigned => "unassigned".into(),
            View::Open => "open".into(),
            View::Waiting => "waiting".into(),
            View::Overdue => "overdue".into(),
            View::Pending => "pending".into(),
            View::Snoozed => "snoozed".into(),
            View::Resolved => "resolved".into(),
            View::Spam => "spam".into(),
            View::Archived => "archived".into(),
            View::Mentions(agent) => format!("mentions:{agent}"),
            View::Channel(c) => format!("channel:{c}"),
            View::Account(a) => format!("account:{a}"),
            View::Label(l) => format!("label:{l}"),
        }
    }
}

/// How many conversations a view holds, and how many of them have something unseen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ViewCount {
    /// Conversations.
    pub total: u64,
    /// Of these, with unseen messages.
    pub unread: u64,
}

/// The place of a row in a list, for keyset paging: the sort time and the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListKey {
    /// `last_message_at`, `waiting_since` in the Waiting view, `due_at` among what is overdue.
    pub at: Ms,
    /// Decides between equal times.
    pub id: ConversationId,
}

/// An address without the prefix of its medium, as it stands for somebody whose name is not known.
pub fn bare_address(address: &str) -> &str {
    address.strip_prefix("whatsapp:").unwrap_or(address)
}

/// A row of a conversation list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationRow {
    /// Its id.
    pub id: ConversationId,
    /// The account it is on.
    pub account: AccountId,
    /// That account's name.
    pub account_name: String,
    /// The medium.
    pub channel: Channel,
    /// Its key at the account.
    pub external_id: String,
    /// The customer.
    pub contact: ContactId,
    /// Their name, or their address where no name is known.
    pub contact_name: String,
    /// Our address.
    pub ours: String,
    /// Their address.
    pub theirs: String,
    /// The subject, where the channel has one.
    pub subject: Option<String>,
    /// The effective status.
    pub status: Status,
    /// When a snooze ends.
    pub snoozed_until: Option<Ms>,
    /// The priority.
    pub priority: Priority,
    /// Whose it is.
    pub assignee: Option<Assignee>,
    /// That agent's or team's name.
    pub assignee_name: Option<String>,
    /// Labels, sorted.
    pub labels: Vec<String>,
    /// The qualification.
    pub qualification: Option<Qualification>,
    /// What the customer is worth, 0 to 100.
    pub score: Option<u8>,
    /// Free fields of the qualification with their values, sorted by name.
    pub fields: Vec<(String, String)>,
    /// Since when it is put away.
    pub archived_at: Option<Ms>,
    /// Whether it is muted.
    pub muted: bool,
    /// Whether the customer's address is blocked.
    pub blocked: bool,
    /// Who is called by a note and has not seen it.
    pub called: Vec<AgentId>,
    /// Unseen inbound messages.
    pub unread: u32,
    /// Since when the customer waits for an answer.
    pub waiting_since: Option<Ms>,
    /// Until when the customer is to be answered, by the policies of the configuration.
    pub due_at: Option<Ms>,
    /// When the newest message (inbound, outbound or note; none that was taken back) was sent.
    pub last_message_at: Option<Ms>,
    /// When the customer last wrote; opens reply windows.
    pub last_inbound_at: Option<Ms>,
    /// When our newest answer was said: a public message that is neither known to have stayed here nor waits for its time.
    pub answered_at: Option<Ms>,
    /// When the next answer leaves that an agent has scheduled.
    pub answer_at: Option<Ms>,
    /// The first words of the newest message.
    pub preview: String,
    /// Which way the newest message went.
    pub preview_direction: Option<Direction>,
    /// How far the newest outbound message is, if it is the newest one.
    pub delivery: Option<Delivery>,
    /// Outbound messages that need the agent: failed, parked or unknown.
    pub troubled: u32,
    /// Whether a draft waits.
    pub draft: bool,
}

impl ConversationRow {
    /// The customer's name; none where their address stands for it.
    pub fn known_name(&self) -> Option<&str> {
        (self.contact_name != bare_address(&self.theirs)).then_some(self.contact_name.as_str())
    }

    /// Whether something unseen calls for somebody: what is muted or blocked does not.
    pub const fn calls(&self) -> bool {
        self.unread > 0 && !self.muted && !self.blocked
    }
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentRow {
    /// Its id.
    pub id: AttachmentId,
    /// Its name, already fit for a file system.
    pub name: String,
    /// Its media type.
    pub mime: Option<String>,
    /// Its size in bytes, once known.
    pub size: Option<u64>,
    /// Words that belong to it.
    pub caption: Option<String>,
    /// Where it is kept, relative to the workspace, once fetched.
    pub path: Option<String>,
    /// Why it could not be fetched.
    pub error: Option<String>,
    /// Whether it can be fetched, or is about to be.
    pub fetch: Fetch,
}

/// Whether a file that is not here can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fetch {
    /// It is here, or there is nowhere to fetch it.
    #[default]
    No,
    /// It is fetched when somebody asks for it.
    OnDemand,
    /// It is being fetched, or will be.
    Due,
}

/// A message that has come in and that nobody has seen, or a note that may call the agent; with its conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArrivalRow {
    /// Its id.
    pub message: MessageId,
    /// The words, as they came: not yet sanitised.
    pub text: String,
    /// A colleague's note, in a conversation where a note calls this agent.
    pub is_note: bool,
    /// Where it is.
    pub conversation: ConversationRow,
}

/// A message of a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// Its id.
    pub id: MessageId,
    /// Where it is.
    pub conversation: ConversationId,
    /// The provider's id, once known.
    pub external_id: Option<String>,
    /// Which way it went.
    pub direction: Direction,
    /// What it is made of.
    pub kind: MessageKind,
    /// What kind of author.
    pub author: AuthorKind,
    /// The author's name.
    pub author_name: Option<String>,
    /// The words, as they came: not yet sanitised.
    pub text: String,
    /// When it was sent.
    pub sent_at: Ms,
    /// How far it is, for outbound messages.
    pub delivery: Option<Delivery>,
    /// Why it is failed, parked, retrying or unknown.
    pub reason: Option<Reason>,
    /// When the engine will act on it (undo window, schedule, retry).
    pub due_at: Option<Ms>,
    /// Whether an agent has chosen that moment.
    pub scheduled: bool,
    /// The op that sends it, while one does.
    pub op: Option<OpId>,
    /// Whether an agent has seen it (inbound).
    pub seen: bool,
    /// What the provider said besides. A JSON object or null.
    pub metadata: serde_json::Value,
    /// An agent has answered for its failure: given up, or sent again as another message.
    pub given_up: bool,
    /// Its files.
    pub attachments: Vec<AttachmentRow>,
    /// What it is besides, where it is a mail; without its HTML, but for one of ours whose words were given so.
    pub mail: Option<Box<Mail>>,
    /// Grows with every change of the row: layouts are cached by it.
    pub revision: u64,
}

impl MessageRow {
    /// What was written in it, as it would be written again.
    pub fn written(&self) -> Written {
        let given = self.mail.as_ref().filter(|mail| mail.is_html).and_then(|mail| mail.html.as_ref());
        Written {
            text: given.unwrap_or(&self.text).clone(),
            files: self.attachments.iter().filter_map(Enclosure::of_row).collect(),
            mail: self.mail.as_ref().map(|mail| Box::new(mail.head())),
        }
    }
}

/// One step of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryStep {
    /// How far it was then.
    pub state: Delivery,
    /// When, UTC milliseconds.
    pub at: Ms,
    /// How we heard.
    pub source: DeliverySource,
    /// The provider's word.
    pub said: String,
    /// Why.
    pub reason: Option<Reason>,
    /// What it cost.
    pub price: Option<String>,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Its id.
    pub id: AccountId,
    /// Its name: `channel NAME`.
    pub name: String,
    /// Its provider.
    pub provider: String,
    /// The media it carries.
    pub channels: Vec<Channel>,
    /// How it is.
    pub health: Health,
    /// What there is to say about that.
    pub detail: String,
    /// When it was connected, UTC milliseconds: what was sent before is history.
    pub since: Ms,
    /// What can be done with it.
    pub capabilities: Option<crate::domain::capability::Capabilities>,
}

/// An agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentRow {
    /// Their id.
    pub id: AgentId,
    /// Their name.
    pub name: String,
    /// Their e-mail, lower case.
    pub email: String,
    /// Whether they still answer.
    pub active: bool,
}

/// A team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamRow {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    pub name: String,
}

/// A contact with all that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRow {
    /// Their id.
    pub id: ContactId,
    /// Their name.
    pub name: String,
    /// Their addresses; `true` = proved by the channel, `false` = only claimed.
    pub identities: Vec<(Identity, bool)>,
    /// Their other conversations, newest first.
    pub conversations: Vec<ConversationId>,
}

/// A consent, as the composer needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRow {
    /// May we?
    pub state: ConsentState,
    /// Since when.
    pub at: Ms,
    /// Who or what said so.
    pub said: String,
}

/// An op in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// The op.
    pub op: OpId,
    /// The message that shows it.
    pub message: Option<MessageId>,
    /// Where.
    pub conversation: ConversationId,
    /// The customer's name; empty when it is not known.
    pub contact_name: String,
    /// The customer's address there.
    pub theirs: String,
    /// "send", "set", "read".
    pub kind: &'static str,
    /// What is sent.
    pub text: Option<Written>,
    /// Where it is.
    pub state: OpState,
    /// Why it is not further.
    pub reason: Option<Reason>,
    /// What it waits for besides its time: its account, or the message before it.
    pub held: Option<String>,
    /// Requests made so far.
    pub attempts: u32,
    /// When it was asked for.
    pub created_at: Ms,
    /// When it is due.
    pub not_before: Ms,
}

impl OutboxRow {
    /// Why it is where it is, in words; what it waits for is told where nothing worse is.
    pub fn why(&self) -> Option<&str> {
        let told =
            self.reason.as_ref().map(|reason| reason.human.as_str()).filter(|why| !why.trim().is_empty());
        told.or(self.held.as_deref())
    }
}

/// A found message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchHit {
    /// Where.
    pub conversation: ConversationId,
    /// Which.
    pub message: MessageId,
    /// The medium.
    pub channel: Channel,
    /// The customer.
    pub contact: ContactId,
    /// Their name.
    pub contact_name: String,
    /// Which way it went.
    pub direction: Direction,
    /// When it was sent.
    pub sent_at: Ms,
    /// Its whole text, not yet sanitised.
    pub text: String,
}

/// A stored webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptRow {
    /// Its id.
    pub id: ReceiptId,
    /// Whose hook.
    pub account: AccountId,
    /// That account's name.
    pub account_name: String,
    /// When it came.
    pub received_at: Ms,
    /// `waiting`, `done` or `quarantined`.
    pub state: &'static str,
    /// Why it could not be read.
    pub error: Option<String>,
    /// The dedupe key.
    pub dedupe_key: String,
    /// Size of the body in bytes; 0 once dropped.
    pub size: u64,
}
