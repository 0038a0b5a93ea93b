//! The JSON that commands print. A public format: fields are only ever added. Ids are strings, times RFC 3339, absent is null.

use crate::app::channel::Shown;
use crate::config::ChannelConfig;
use crate::domain::account::Channel;
use crate::domain::clock::Ms;
use crate::domain::command::Performed;
use crate::domain::conversation::Assignee;
use crate::domain::mail::{Mail, Mailbox};
use crate::domain::quick_reply::{QuickReply, QuickReplyRow};
use crate::domain::row::{
    AgentRow, AttachmentRow, ConversationRow, MessageRow, OutboxRow, ReceiptRow, SearchHit, TeamRow,
};
use crate::text::format::stamp;
use serde::Serialize;
use std::path::Path;

/// A customer.
#[derive(Debug, Serialize)]
pub struct ContactShape {
    id: String,
    name: String,
}

/// A conversation: a line of `list`, the head of `show`.
#[derive(Debug, Serialize)]
pub struct ConversationShape {
    id: String,
    channel: &'static str,
    account: String,
    external_id: String,
    contact: ContactShape,
    address: String,
    subject: Option<String>,
    status: &'static str,
    snoozed_until: Option<String>,
    priority: &'static str,
    /// An agent's e-mail or `team:NAME`: what `assign` takes.
    assignee: Option<String>,
    labels: Vec<String>,
    qualification: Option<&'static str>,
    qualification_reason: Option<String>,
    score: Option<u8>,
    fields: std::collections::BTreeMap<String, String>,
    archived_at: Option<String>,
    muted: bool,
    blocked: bool,
    unread: u32,
    waiting_since: Option<String>,
    /// Until when the customer is to be answered.
    due_at: Option<String>,
    last_message_at: Option<String>,
    answer_at: Option<String>,
    preview: String,
    draft: bool,
    troubled: u32,
}

/// Names of those who can be given a conversation.
pub struct People {
    /// All agents.
    pub agents: Vec<AgentRow>,
    /// All teams.
    pub teams: Vec<TeamRow>,
}

impl People {
    /// What `assign` takes for this assignee.
    pub fn argument(&self, row: &ConversationRow) -> Option<String> {
        let email = |id| self.agents.iter().find(|a| a.id == id).map(|a| a.email.clone());
        let team = |id| self.teams.iter().find(|t| t.id == id).map(|t| format!("team:{}", t.name));
        let known = match row.assignee? {
            Assignee::Agent(id) => email(id),
            Assignee::Team(id) => team(id),
        };
        known.or_else(|| row.assignee_name.clone())
    }
}

impl ConversationShape {
    /// The shape of a row.
    pub fn new(row: &ConversationRow, people: &People) -> ConversationShape {
        ConversationShape {
            id: row.id.to_string(),
            channel: row.channel.word(),
            account: row.account_name.clone(),
            external_id: row.external_id.clone(),
            contact: ContactShape { id: row.contact.to_string(), name: row.contact_name.clone() },
            address: row.theirs.clone(),
            subject: row.subject.clone(),
            status: row.status.word(),
            snoozed_until: row.snoozed_until.map(stamp),
            priority: row.priority.word(),
            assignee: people.argument(row),
            labels: row.labels.clone(),
            qualification: row.qualification.as_ref().map(|q| q.state.word()),
            qualification_reason: row.qualification.as_ref().and_then(|q| q.reason.clone()),
            score: row.score,
            fields: row.fields.iter().cloned().collect(),
            archived_at: row.archived_at.map(stamp),
            muted: row.muted,
            blocked: row.blocked,
            unread: row.unread,
            waiting_since: row.waiting_since.map(stamp),
            due_at: row.due_at.map(stamp),
            last_message_at: row.last_message_at.map(stamp),
            answer_at: row.answer_at.map(stamp),
            preview: row.preview.clone(),
            draft: row.draft,
            troubled: row.troubled,
        }
    }
}

#[derive(Debug, Serialize)]
struct AuthorShape {
    kind: &'static str,
    name: Option<String>,
}

#[derive(Debug, Serialize)]
struct ErrorShape {
    code: Option<String>,
    human: String,
}

#[derive(Debug, Serialize)]
struct AttachmentShape {
    id: String,
    name: String,
    mime: Option<String>,
    size: Option<u64>,
    caption: Option<String>,
    /// Where it is on this machine, once fetched.
    path: Option<String>,
    error: Option<String>,
}

/// A message of `show`.
#[derive(Debug, Serialize)]
pub struct MessageShape {
    id: String,
    external_id: Option<String>,
    kind: &'static str,
    direction: &'static str,
    author: AuthorShape,
    text: String,
    sent_at: String,
    delivery: Option<&'static str>,
    error: Option<ErrorShape>,
    due_at: Option<String>,
    metadata: serde_json::Value,
    attachments: Vec<AttachmentShape>,
    /// Of mails: the sender with its name, the subject, and addresses.
    from: Option<MailboxShape>,
    subject: Option<String>,
    to: Option<Vec<String>>,
    cc: Option<Vec<String>>,
    bcc: Option<Vec<String>>,
    /// Where there is any: the HTML that came.
    html: Option<String>,
}

#[derive(Debug, Serialize)]
struct MailboxShape {
    name: Option<String>,
    address: String,
}

impl MessageShape {
    /// The shape of a row of the workspace in `dir`, with the HTML of a mail.
    pub fn new(row: &MessageRow, html: Option<String>, dir: &Path) -> MessageShape {
        let mail = row.mail.as_deref();
        let addresses = |of: fn(&Mail) -> &Vec<Mailbox>| {
            mail.map(|mail| of(mail).iter().map(|one| one.address.clone()).collect())
        };
        MessageShape {
            id: row.id.to_string(),
            external_id: row.external_id.clone(),
            kind: row.kind.word(),
            direction: row.direction.word(),
            author: AuthorShape { kind: row.author.word(), name: row.author_name.clone() },
            text: row.text.clone(),
            sent_at: stamp(row.sent_at),
            delivery: row.delivery.map(|d| d.word()),
            error: row.reason.as_ref().map(|r| ErrorShape { code: r.code.clone(), human: r.human.clone() }),
            due_at: row.due_at.map(stamp),
            metadata: row.metadata.clone(),
            attachments: row.attachments.iter().map(|a| attachment(a, dir)).collect(),
            from: mail
                .and_then(|mail| mail.from.clone())
                .map(|from| MailboxShape { name: from.name, address: from.address }),
            subject: mail.map(|mail| mail.subject.clone()),
            to: addresses(|mail| &mail.to),
            cc: addresses(|mail| &mail.cc),
            bcc: addresses(|mail| &mail.bcc),
            html,
        }
    }
}

fn attachment(row: &AttachmentRow, dir: &Path) -> AttachmentShape {
    AttachmentShape {
        id: row.id.to_string(),
        name: row.name.clone(),
        mime: row.mime.clone(),
        size: row.size,
        caption: row.caption.clone(),
        path: row.path.as_ref().map(|p| dir.join(p).to_string_lossy().into_owned()),
        error: row.error.clone(),
    }
}

/// `show`: one object.
#[derive(Debug, Serialize)]
pub struct ShowShape {
    /// The conversation's own fields.
    #[serde(flatten)]
    pub conversation: ConversationShape,
    /// Its messages, oldest first.
    pub messages: Vec<MessageShape>,
}

/// A line of `search`.
#[derive(Debug, Serialize)]
pub struct HitShape {
    conversation: String,
    message: String,
    channel: &'static str,
    contact: ContactShape,
    direction: &'static str,
    sent_at: String,
    snippet: String,
}

impl HitShape {
    /// The shape of a hit with its snippet.
    pub fn new(hit: &SearchHit, snippet: String) -> HitShape {
        HitShape {
            conversation: hit.conversation.to_string(),
            message: hit.message.to_string(),
            channel: hit.channel.word(),
            contact: ContactShape { id: hit.contact.to_string(), name: hit.contact_name.clone() },
            direction: hit.direction.word(),
            sent_at: stamp(hit.sent_at),
            snippet,
        }
    }
}

/// What a change did.
#[derive(Debug, Serialize)]
pub struct PerformedShape {
    op: Option<String>,
    message: Option<String>,
    conversation: Option<String>,
    delivery: Option<&'static str>,
    changed: bool,
}

impl PerformedShape {
    /// The shape of what was done.
    pub fn new(done: &Performed) -> PerformedShape {
        PerformedShape {
            op: done.op.map(|o| o.to_string()),
            message: done.message.map(|m| m.to_string()),
            conversation: done.conversation.map(|c| c.to_string()),
            delivery: done.delivery.map(|d| d.word()),
            changed: done.changed,
        }
    }
}

/// A line of `outbox`.
#[derive(Debug, Serialize)]
pub struct OutboxShape {
    op: String,
    message: Option<String>,
    conversation: String,
    kind: &'static str,
    state: &'static str,
    reason: Option<String>,
    code: Option<String>,
    attempts: u32,
    not_before: String,
}

impl OutboxShape {
    /// The shape of a row.
    pub fn new(row: &OutboxRow) -> OutboxShape {
        OutboxShape {
            op: row.op.to_string(),
            message: row.message.map(|m| m.to_string()),
            conversation: row.conversation.to_string(),
            kind: row.kind,
            state: row.state.word(),
            reason: row.why().map(str::to_owned),
            code: row.reason.as_ref().and_then(|r| r.code.clone()),
            attempts: row.attempts,
            not_before: stamp(row.not_before),
        }
    }
}

/// A line of `channel list`.
#[derive(Debug, Serialize)]
pub struct ChannelShape {
    /// Its name.
    pub name: String,
    /// Its provider.
    pub provider: String,
    /// The media it carries.
    pub channels: Vec<&'static str>,
    /// How it is.
    pub status: &'static str,
    /// What there is to say about that.
    pub detail: Option<String>,
    /// Where its hook lies.
    pub webhook_url: Option<String>,
    /// The page for visitors.
    pub page_url: Option<String>,
}

impl ChannelShape {
    /// What is true of a channel.
    pub fn new(channel: &ChannelConfig, shown: Shown) -> ChannelShape {
        ChannelShape {
            name: channel.name.clone(),
            provider: channel.provider.clone(),
            channels: shown.media.iter().map(|c| c.word()).collect(),
            status: shown.health.word(),
            detail: shown.detail,
            webhook_url: shown.webhook_url,
            page_url: shown.page_url,
        }
    }
}

/// A line of `quick-reply list`.
#[derive(Debug, Serialize)]
pub struct QuickReplyShape {
    shortcut: String,
    channel: Option<&'static str>,
    language: Option<String>,
    slot: Option<u8>,
    title: String,
    body: String,
    files: Vec<String>,
    uses: u64,
}

impl QuickReplyShape {
    /// The shape of a row.
    pub fn new(row: &QuickReplyRow) -> QuickReplyShape {
        let reply = row.reply.clone();
        QuickReplyShape {
            shortcut: reply.shortcut,
            channel: reply.channel.map(Channel::word),
            language: reply.language,
            slot: reply.slot,
            title: reply.title,
            body: reply.body,
            files: reply.files.into_iter().map(|file| file.name).collect(),
            uses: row.uses,
        }
    }
}

/// A line of `quick-reply import`.
#[derive(Debug, Serialize)]
pub struct ImportedShape {
    shortcut: String,
    channel: Option<&'static str>,
    language: Option<String>,
    outcome: &'static str,
}

impl ImportedShape {
    /// What becomes of a quick reply.
    pub fn new(reply: &QuickReply, outcome: &'static str) -> ImportedShape {
        let channel = reply.channel.map(Channel::word);
        ImportedShape { shortcut: reply.shortcut.clone(), channel, language: reply.language.clone(), outcome }
    }
}

/// A line of `webhooks list`.
#[derive(Debug, Serialize)]
pub struct ReceiptShape {
    id: String,
    account: String,
    received_at: String,
    state: &'static str,
    error: Option<String>,
    dedupe_key: String,
    size: u64,
}

impl ReceiptShape {
    /// The shape of a row.
    pub fn new(row: &ReceiptRow) -> ReceiptShape {
        ReceiptShape {
            id: row.id.to_string(),
            account: row.account_name.clone(),
            received_at: stamp(row.received_at),
            state: row.state,
            error: row.error.clone(),
            dedupe_key: row.dedupe_key.clone(),
            size: row.size,
        }
    }
}

/// A line of `workspace list`.
#[derive(Debug, Serialize)]
pub struct WorkspaceShape {
    /// Its name.
    pub name: String,
    /// Whether commands use it where `--workspace` does not say.
    pub selected: bool,
    /// Where it is.
    pub directory: String,
    /// Its channels.
    pub channels: usize,
}

/// A line of `doctor`.
#[derive(Debug, Serialize)]
pub struct CheckShape {
    /// What was looked at.
    pub check: String,
    /// `ok`, `note` or `problem`.
    pub status: &'static str,
    /// What was found, and what to do.
    pub detail: String,
}

/// How long ago, for people.
pub fn ago(then: Option<Ms>, now: Ms) -> String {
    then.map(|t| crate::text::format::age(t, now)).unwrap_or_default()
}
