//! How table rows become the domain's rows. Shared by readers and by actions, which ask the same things inside a transaction.

use crate::domain::account::{Channel, Health};
use crate::domain::attachment::Enclosure;
use crate::domain::clock::Ms;
use crate::domain::contact::ConsentState;
use crate::domain::conversation::{Assignee, Priority, Qualification, QualificationState, Status};
use crate::domain::delivery::{Delivery, Reason};
use crate::domain::ids::{
    AccountId, AgentId, AttachmentId, ContactId, ConversationId, MessageId, OpId, TeamId,
};
use crate::domain::mail::{Mail, MailHead};
use crate::domain::message::{AuthorKind, Direction, MessageKind};
use crate::domain::op::{Op, OpBody, OpState};
use crate::domain::row::{
    AccountRow, AttachmentRow, ConsentRow, ConversationRow, Fetch, MessageRow, bare_address,
};
use crate::store::derive::split_labels;
use crate::store::fold::uuid_blob;
use crate::store::mentions;
use rusqlite::types::Type;
use rusqlite::{Result, Row};

/// Everything a [`ConversationRow`] needs; a `WHERE` on `c` follows.
pub(in crate::store) const CONVERSATION: &str =
    "SELECT c.id, c.account_id, a.name, c.channel, c.external_id, c.contact_id, k.name, c.ours, c.theirs, c.subject, c.status,
            c.snoozed_until, c.priority, c.agent_id, c.team_id, g.name, t.name, c.labels, c.qualification,
            c.qualification_reason, c.unread, c.waiting_since, c.last_message_at, c.last_inbound_at, c.preview,
            c.preview_direction, c.preview_delivery, c.troubled, c.draft, c.score, c.fields, c.archived_at, c.muted,
            EXISTS (SELECT 1 FROM block b WHERE b.identity_id = c.identity_id), c.mentions, c.answered_at,
            (SELECT min(o.not_before) FROM op o WHERE o.conversation_id = c.id AND o.state < 6 AND o.state = 0
                AND o.scheduled_at = o.not_before)
     FROM conversation c JOIN account a ON a.id = c.account_id JOIN contact k ON k.id = c.contact_id
     LEFT JOIN agent g ON g.id = c.agent_id LEFT JOIN team t ON t.id = c.team_id";

/// Everything an [`AccountRow`] needs; a `WHERE` follows.
pub(in crate::store) const ACCOUNT: &str =
    "SELECT id, name, provider, channels, enabled, health, detail, since, capabilities FROM account";

/// The consent that counts for a conversation.
pub(in crate::store) const CONSENT_OF: &str = "SELECT n.state, n.at, n.said FROM conversation c
     JOIN consent n ON n.account_id = c.account_id AND n.identity_id = c.identity_id AND n.channel = c.channel
     WHERE c.id = ?1";

/// The consent of an address, where there is no conversation yet.
pub(in crate::store) const CONSENT_WITH: &str = "SELECT n.state, n.at, n.said FROM identity i
     JOIN consent n ON n.identity_id = i.id
     WHERE i.value = ?1 AND i.kind = ?2 AND n.account_id = ?3 AND n.channel = ?4";

/// Everything a [`MessageRow`] needs but its files; a `WHERE` on `m` follows.
pub(in crate::store) const MESSAGE: &str =
    "SELECT m.id, m.conversation_id, m.external_id, m.direction, m.kind, m.author_kind, m.author_name, m.text, m.sent_at,
            m.delivery, m.code, m.human, m.due_at, m.op_id, m.seen, m.metadata, m.revision,
            CASE WHEN m.author_name IS NULL AND m.author_kind = 0 THEN
              (SELECT k.name FROM conversation c JOIN contact k ON k.id = c.contact_id WHERE c.id = m.conversation_id) END,
            m.due_at IS NOT NULL AND (SELECT o.scheduled_at IS m.due_at FROM op o WHERE o.id = m.op_id) IS 1,
            (SELECT l.head FROM mail l WHERE l.message_id = m.id),
            CASE WHEN m.direction = 1 THEN
              (SELECT l.html FROM mail l WHERE l.message_id = m.id AND json_extract(l.head, '$.is_html')) END,
            m.given_up
     FROM message m";

/// Everything an op needs; a `WHERE` follows.
pub(in crate::store) const OP: &str =
    "SELECT id, account_id, conversation_id, message_id, body, created_at, not_before, state, attempts, seq, started_at, code,
            human
     FROM op";

/// A conversation, as it is shown; when it is due is not kept.
pub(in crate::store) fn conversation(r: &Row<'_>) -> Result<ConversationRow> {
    let theirs: String = r.get(8)?;
    let name: String = r.get(6)?;
    let agent: Option<i64> = r.get(13)?;
    let team: Option<i64> = r.get(14)?;
    let qualification: Option<i64> = r.get(18)?;
    let reason: Option<String> = r.get(19)?;
    let at: Ms = r.get(22)?;
    let count = |n: i64| u32::try_from(n).unwrap_or(0);
    Ok(ConversationRow {
        id: ConversationId(r.get(0)?),
        account: AccountId(r.get(1)?),
        account_name: r.get(2)?,
        channel: Channel::from_code(r.get(3)?),
        external_id: r.get(4)?,
        contact: ContactId(r.get(5)?),
        contact_name: if name.is_empty() { bare_address(&theirs).to_owned() } else { name },
        ours: r.get(7)?,
        theirs,
        subject: r.get(9)?,
        status: Status::from_code(r.get(10)?).unwrap_or(Status::Open),
        snoozed_until: r.get(11)?,
        priority: Priority::from_code(r.get(12)?).unwrap_or(Priority::None),
        assignee: match (agent, team) {
            (Some(agent), _) => Some(Assignee::Agent(AgentId(agent))),
            (None, Some(team)) => Some(Assignee::Team(TeamId(team))),
            (None, None) => None,
        },
        assignee_name: if agent.is_some() { r.get(15)? } else { r.get(16)? },
        labels: split_labels(r.get(17)?),
        qualification: qualification
            .and_then(QualificationState::from_code)
            .map(|state| Qualification { state, reason }),
        unread: count(r.get(20)?),
        waiting_since: r.get(21)?,
        due_at: None,
        last_message_at: Some(at).filter(|at| *at != 0),
        last_inbound_at: r.get(23)?,
        preview: r.get(24)?,
        preview_direction: r.get::<_, Option<i64>>(25)?.and_then(Direction::from_code),
        delivery: r.get::<_, Option<i64>>(26)?.and_then(Delivery::from_code),
        troubled: count(r.get(27)?),
        draft: r.get(28)?,
        score: r.get::<_, Option<i64>>(29)?.and_then(|score| u8::try_from(score).ok()),
        fields: fields(r.get(30)?)?,
        archived_at: r.get(31)?,
        muted: r.get(32)?,
        blocked: r.get(33)?,
        called: mentions::split(r.get(34)?)
            .into_iter()
            .filter(|(_, unseen)| *unseen)
            .map(|(agent, _)| AgentId(agent))
            .collect(),
        answered_at: r.get(35)?,
        answer_at: r.get(36)?,
    })
}

/// Free fields, sorted by name.
fn fields(joined: Option<String>) -> Result<Vec<(String, String)>> {
    let Some(joined) = joined else { return Ok(Vec::new()) };
    let fields: std::collections::BTreeMap<String, String> = json(30, &joined)?;
    Ok(fields.into_iter().collect())
}

/// An account.
pub(in crate::store) fn account(r: &Row<'_>) -> Result<AccountRow> {
    let enabled: bool = r.get(4)?;
    let health: String = r.get(5)?;
    let capabilities: Option<String> = r.get(8)?;
    Ok(AccountRow {
        id: AccountId(r.get(0)?),
        name: r.get(1)?,
        provider: r.get(2)?,
        channels: json(3, &r.get::<_, String>(3)?)?,
        health: if enabled { health.parse().unwrap_or(Health::Connecting) } else { Health::Disabled },
        detail: r.get(6)?,
        since: r.get(7)?,
        capabilities: capabilities.map(|c| json(8, &c)).transpose()?,
    })
}

/// A consent.
pub(in crate::store) fn consent(r: &Row<'_>) -> Result<ConsentRow> {
    Ok(ConsentRow {
        // An unknown state of a newer version: the cautious reading.
        state: ConsentState::from_code(r.get(0)?).unwrap_or(ConsentState::OptedOut),
        at: r.get(1)?,
        said: r.get(2)?,
    })
}

/// A message, without its files.
pub(in crate::store) fn message(r: &Row<'_>) -> Result<MessageRow> {
    let metadata: Option<String> = r.get(15)?;
    let contact: Option<String> = r.get(17)?;
    Ok(MessageRow {
        id: MessageId(r.get(0)?),
        conversation: ConversationId(r.get(1)?),
        external_id: r.get(2)?,
        direction: Direction::from_code(r.get(3)?).unwrap_or(Direction::Activity),
        kind: MessageKind::from_code(r.get(4)?).unwrap_or(MessageKind::Unsupported),
        author: AuthorKind::from_code(r.get(5)?).unwrap_or(AuthorKind::System),
        author_name: r.get::<_, Option<String>>(6)?.or(contact.filter(|n| !n.is_empty())),
        text: r.get(7)?,
        sent_at: r.get(8)?,
        delivery: r.get::<_, Option<i64>>(9)?.and_then(Delivery::from_code),
        reason: reason(r.get(10)?, r.get(11)?),
        due_at: r.get(12)?,
        scheduled: r.get(18)?,
        op: r.get::<_, Option<uuid_blob::Id>>(13)?.map(|id| id.0),
        seen: r.get::<_, i64>(14)? == 1,
        metadata: metadata.map(|m| json(15, &m)).transpose()?.unwrap_or(serde_json::Value::Null),
        given_up: r.get(21)?,
        attachments: Vec::new(),
        mail: mail(r)?,
        revision: r.get::<_, i64>(16)?.unsigned_abs(),
    })
}

/// What a message is besides, where it is a mail.
fn mail(r: &Row<'_>) -> Result<Option<Box<Mail>>> {
    let Some(head) = r.get::<_, Option<String>>(19)? else { return Ok(None) };
    Ok(Some(Box::new(Mail { html: r.get(20)?, ..json(19, &head)? })))
}

/// A file.
pub(in crate::store) fn attachment(r: &Row<'_>) -> Result<AttachmentRow> {
    let id: i64 = r.get(0)?;
    let mime: Option<String> = r.get(2)?;
    let name: String = r.get(1)?;
    Ok(AttachmentRow {
        id: AttachmentId(id),
        name: named(id, name, mime.as_deref()),
        mime,
        size: r.get::<_, Option<i64>>(3)?.and_then(|s| u64::try_from(s).ok()),
        caption: r.get(4)?,
        path: r.get(5)?,
        error: r.get(6)?,
        fetch: match (r.get::<_, bool>(7)?, r.get::<_, bool>(8)?) {
            (false, _) => Fetch::No,
            (true, true) => Fetch::Due,
            (true, false) => Fetch::OnDemand,
        },
    })
}

/// What an agent has said of a mail, of a column that keeps it.
pub(in crate::store) fn mail_head(r: &Row<'_>, at: usize) -> Result<Option<Box<MailHead>>> {
    let kept: Option<String> = r.get(at)?;
    kept.map(|kept| json(at, &kept)).transpose()
}

/// Files of ours, of a column that keeps them.
pub(in crate::store) fn enclosures(r: &Row<'_>, at: usize) -> Result<Vec<Enclosure>> {
    let kept: Option<String> = r.get(at)?;
    kept.map(|kept| json(at, &kept)).transpose().map(Option::unwrap_or_default)
}

/// The columns of [`attachment`].
pub(in crate::store) const ATTACHMENT: &str = "SELECT id, name, mime, size, caption, path, error, path IS NULL AND media IS NOT NULL, due_at IS NOT NULL, place FROM attachment";

/// A name for a file that came without one.
pub(in crate::store) fn named(id: i64, name: String, mime: Option<&str>) -> String {
    if !name.is_empty() {
        return name;
    }
    let subtype = mime
        .and_then(|m| m.split(';').next())
        .and_then(|m| m.split_once('/'))
        .map(|(_, sub)| sub.trim())
        .filter(|s| !s.is_empty() && s.len() <= 8 && s.chars().all(|c| c.is_ascii_alphanumeric()));
    match subtype {
        Some("jpeg") => format!("file-{id}.jpg"),
        Some("plain") => format!("file-{id}.txt"),
        Some(subtype) => format!("file-{id}.{}", subtype.to_lowercase()),
        None => format!("file-{id}"),
    }
}

/// An op with where it is.
pub(in crate::store) fn op(r: &Row<'_>) -> Result<super::ActiveOp> {
    let body: OpBody = json(4, &r.get::<_, String>(4)?)?;
    Ok(super::ActiveOp {
        op: Op {
            id: op_id(r, 0)?,
            account: AccountId(r.get(1)?),
            conversation: ConversationId(r.get(2)?),
            message: r.get::<_, Option<i64>>(3)?.map(MessageId),
            body,
            created_at: r.get(5)?,
            not_before: r.get(6)?,
        },
        state: OpState::from_code(r.get(7)?).unwrap_or(OpState::Parked),
        attempts: u32::try_from(r.get::<_, i64>(8)?).unwrap_or(u32::MAX),
        seq: r.get(9)?,
        started_at: r.get(10)?,
        reason: reason(r.get(11)?, r.get(12)?),
    })
}

/// An op's name.
pub(in crate::store) fn op_id(r: &Row<'_>, at: usize) -> Result<OpId> {
    Ok(r.get::<_, uuid_blob::Id>(at)?.0)
}

/// A reason of two columns.
pub(in crate::store) fn reason(code: Option<String>, human: Option<String>) -> Option<Reason> {
    match (code, human) {
        (None, None) => None,
        (code, human) => Some(Reason { code, human: human.unwrap_or_default() }),
    }
}

/// A JSON column.
pub(in crate::store) fn json<T: serde::de::DeserializeOwned>(at: usize, text: &str) -> Result<T> {
    serde_json::from_str(text)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(at, Type::Text, Box::new(e)))
}
