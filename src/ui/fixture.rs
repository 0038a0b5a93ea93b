//! Rows for tests, with fixed ids and times.

use crate::domain::account::{Channel, Health};
use crate::domain::capability::{
    AttachmentLimits, Capabilities, ChannelCapabilities, Formatting, Ownership, PushKind,
};
use crate::domain::conversation::{Priority, Status};
use crate::domain::ids::{AccountId, AgentId, ContactId, ConversationId, MessageId};
use crate::domain::message::{AuthorKind, Direction, MessageKind};
use crate::domain::row::{AccountRow, AgentRow, ConversationRow, MessageRow};
use crate::domain::setting::{SettingSpec, WrongSetting};
use crate::ui::msg::Context;
use crate::ui::setup::{Book, Card};
use crate::ui::startup::{Colors, Comfort, Startup};
use crate::ui::theme::Themes;
use jiff::tz::TimeZone;

/// Mon 16 Nov 2026, 14:32 UTC.
pub(crate) const NOW: i64 = 1_794_839_520_000;

pub(crate) fn me() -> AgentRow {
    AgentRow { id: AgentId(1), name: "Ana Sousa".into(), email: "ana@acme.example".into(), active: true }
}

pub(crate) fn startup() -> Startup {
    Startup {
        me: me(),
        workspace: "acme".into(),
        tz: TimeZone::UTC,
        now: NOW,
        themes: Themes::default(),
        colors: Colors::True,
        no_color: false,
        keys: Vec::new(),
        macros: Vec::new(),
        searches: Vec::new(),
        fields: Vec::new(),
        book: book(),
        first: false,
        undo_ms: 5_000,
        comfort: Comfort::default(),
        phone_region: None,
        confirm_patterns: Vec::new(),
        sla: crate::domain::sla::Sla::default(),
        later: Vec::new(),
    }
}

pub(crate) fn conversation(id: i64) -> ConversationRow {
    ConversationRow {
        id: ConversationId(id),
        account: AccountId(1),
        account_name: "support".into(),
        channel: Channel::Sms,
        external_id: format!("c{id}"),
        contact: ContactId(id),
        contact_name: format!("Customer {id}"),
        ours: "+3120000000".into(),
        theirs: format!("+3160000{id:04}"),
        subject: None,
        status: Status::Open,
        snoozed_until: None,
        priority: Priority::None,
        assignee: None,
        assignee_name: None,
        labels: Vec::new(),
        qualification: None,
        score: None,
        fields: Vec::new(),
        archived_at: None,
        muted: false,
        blocked: false,
        called: Vec::new(),
        unread: 0,
        waiting_since: None,
        due_at: None,
        last_message_at: Some(NOW - id * 60_000),
        last_inbound_at: Some(NOW - id * 60_000),
        preview: format!("message of {id}"),
        preview_direction: Some(Direction::Inbound),
        delivery: None,
        troubled: 0,
        draft: false,
        answered_at: None,
        answer_at: None,
    }
}

pub(crate) fn message(id: i64, direction: Direction, text: &str) -> MessageRow {
    MessageRow {
        id: MessageId(id),
        conversation: ConversationId(1),
        external_id: None,
        direction,
        kind: MessageKind::Text,
        author: if direction == Direction::Inbound { AuthorKind::Contact } else { AuthorKind::Agent },
        author_name: Some(if direction == Direction::Inbound { "Customer 1" } else { "Ana Sousa" }.into()),
        text: text.into(),
        sent_at: NOW - 3_600_000 + id * 60_000,
        delivery: None,
        reason: None,
        due_at: None,
        scheduled: false,
        op: None,
        seen: true,
        metadata: serde_json::Value::Null,
        given_up: false,
        attachments: Vec::new(),
        mail: None,
        revision: 1,
    }
}

pub(crate) fn account() -> AccountRow {
    AccountRow {
        id: AccountId(1),
        name: "support".into(),
        provider: "twilio".into(),
        channels: vec![Channel::Sms],
        health: Health::Ok,
        detail: String::new(),
        since: 0,
        capabilities: Some(Capabilities {
            channels: vec![ChannelCapabilities {
                channel: Channel::Sms,
                read_only: None,
                own: Vec::new(),
                house: Vec::new(),
                max_text: Some(1600),
                segments: true,
                reply_window: None,
                start: true,
                originals: false,
                attachments: AttachmentLimits::default(),
                typing: true,
                read_receipts: false,
                formatting: Formatting::None,
            }],
            status: Ownership::Local,
            assignee: Ownership::Local,
            labels: Ownership::Local,
            priority: Ownership::Local,
            notes: Ownership::Local,
            read_state: Ownership::Local,
            marks: Vec::new(),
            idempotent_send: false,
            push: PushKind::Webhook,
        }),
    }
}

pub(crate) fn context(id: i64) -> Context {
    Context {
        others: Vec::new(),
        row: conversation(id),
        account: account(),
        consent: None,
        contact: None,
        draft_reply: None,
        draft_about: None,
        draft_began: None,
        draft_note: None,
        draft_joined: Vec::new(),
        last_wrote: None,
    }
}

static SPECS: [SettingSpec; 6] = [
    SettingSpec::text("region", "where the data live"),
    SettingSpec::text("account_sid", "the account").required(),
    SettingSpec::secret("auth_token", "the token"),
    SettingSpec::secret("api_key", "a key to log in with instead"),
    SettingSpec::secret("api_secret", "another secret"),
    SettingSpec::number("poll_seconds", "how often, seconds"),
];

/// Two providers: one that asks for much, and one that asks for nothing.
pub(crate) fn book() -> Book {
    Book {
        providers: vec![
            Card {
                name: "far",
                summary: "a far end",
                media: &[Channel::Sms],
                settings: &SPECS,
                logins: &[&["auth_token"], &["api_key", "api_secret"]],
            },
            Card { name: "page", summary: "a page", media: &[Channel::Webchat], settings: &[], logins: &[] },
        ],
        check_name: |name| {
            if name.is_empty() || name.contains(' ') { Err("use letters".into()) } else { Ok(()) }
        },
        check: |_, settings| match settings.get("account_sid") {
            Some(sid) if !sid.starts_with("AC") => {
                Err(WrongSetting::new("account_sid", "account_sid begins with AC"))
            }
            _ => Ok(()),
        },
        media: |provider, _| {
            let media = if provider == "far" { Channel::Sms } else { Channel::Webchat };
            vec![media]
        },
        guide: |_, name, _, site| match &site.base {
            Some(base) => vec![format!("paste {base}/hooks/{name} at the provider")],
            None => vec!["the port is chosen at start".into()],
        },
    }
}
