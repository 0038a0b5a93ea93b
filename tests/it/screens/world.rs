//! A small support desk with fixed ids and times.

use super::views::is_in;
use frontdesk::domain::account::{Channel, Health};
use frontdesk::domain::capability::{
    AttachmentLimits, Capabilities, ChannelCapabilities, Formatting, Ownership, PushKind,
};
use frontdesk::domain::contact::{ConsentState, Identity, IdentityKind};
use frontdesk::domain::conversation::{Assignee, Priority, Qualification, QualificationState, Status};
use frontdesk::domain::delivery::Delivery;
use frontdesk::domain::ids::{
    AccountId, AgentId, AttachmentId, ContactId, ConversationId, MessageId, QuickReplyId,
};
use frontdesk::domain::message::{AuthorKind, Direction, MessageKind};
use frontdesk::domain::query::{SoFar, What, parse_so_far};
use frontdesk::domain::quick_reply::{QuickReply, QuickReplyRow};
use frontdesk::domain::reach::{Recipient, Way};
use frontdesk::domain::row::{
    AccountRow, AgentRow, AttachmentRow, ConsentRow, ContactRow, ConversationRow, DeliveryStep, ListKey,
    MessageRow, OutboxRow, SearchHit, ViewCount,
};
use frontdesk::text::index::Term;
use frontdesk::ui::{self, Context, EngineState, EngineStatus, Found, ListSource, Loaded, Need};

/// Mon 16 Nov 2026, 14:32 UTC.
pub const NOW: i64 = 1_794_839_520_000;
pub const MIN: i64 = 60_000;
const HOUR: i64 = 60 * MIN;

/// What the store would answer.
#[derive(Debug, Clone, Default)]
pub struct World {
    pub accounts: Vec<AccountRow>,
    pub labels: Vec<String>,
    pub rows: Vec<ConversationRow>,
    pub messages: Vec<MessageRow>,
    pub consents: Vec<(ConversationId, ConsentRow)>,
    pub drafts: Vec<(ConversationId, String)>,
    pub quick_replies: Vec<QuickReplyRow>,
    pub outbox: Vec<OutboxRow>,
    pub ways: Vec<Way>,
    pub steps: Vec<DeliveryStep>,
    pub status: EngineStatus,
}

pub fn account(id: i64, name: &str, provider: &str, channel: Channel, health: Health) -> AccountRow {
    let whatsapp = channel == Channel::Whatsapp;
    AccountRow {
        id: AccountId(id),
        name: name.into(),
        provider: provider.into(),
        channels: vec![channel],
        health,
        detail: if health == Health::NeedsLogin { "auth_token is refused".into() } else { String::new() },
        since: 0,
        capabilities: Some(Capabilities {
            channels: vec![ChannelCapabilities {
                channel,
                read_only: None,
                own: Vec::new(),
                house: Vec::new(),
                max_text: Some(1600),
                segments: channel == Channel::Sms,
                reply_window: whatsapp.then_some(24 * HOUR),
                start: !whatsapp,
                originals: channel == Channel::Email,
                attachments: AttachmentLimits::default(),
                typing: channel == Channel::Webchat,
                read_receipts: true,
                formatting: match channel {
                    Channel::Whatsapp => Formatting::Whatsapp,
                    Channel::Webchat => Formatting::Links,
                    _ => Formatting::None,
                },
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

pub fn conversation(
    id: i64,
    name: &str,
    channel: Channel,
    account: &str,
    age: i64,
    preview: &str,
) -> ConversationRow {
    ConversationRow {
        id: ConversationId(id),
        account: AccountId(match channel {
            Channel::Whatsapp => 1,
            Channel::Sms => 2,
            _ => 3,
        }),
        account_name: account.into(),
        channel,
        external_id: format!("x{id}"),
        contact: ContactId(id),
        contact_name: name.into(),
        ours: "+31201234567".into(),
        theirs: format!("+316123{id:05}"),
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
        last_message_at: Some(NOW - age),
        last_inbound_at: Some(NOW - age),
        preview: preview.into(),
        preview_direction: Some(Direction::Inbound),
        delivery: None,
        troubled: 0,
        draft: false,
        answered_at: None,
        answer_at: None,
    }
}

pub fn message(
    conversation: i64,
    id: i64,
    direction: Direction,
    who: &str,
    ago: i64,
    text: &str,
) -> MessageRow {
    MessageRow {
        id: MessageId(id),
        conversation: ConversationId(conversation),
        external_id: None,
        direction,
        kind: MessageKind::Text,
        author: match direction {
            Direction::Inbound => AuthorKind::Contact,
            Direction::Activity => AuthorKind::System,
            Direction::Outbound | Direction::Note => AuthorKind::Agent,
        },
        author_name: Some(who.into()),
        text: text.into(),
        sent_at: NOW - ago,
        delivery: (direction == Direction::Outbound).then_some(Delivery::Read),
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

pub fn agents() -> Vec<AgentRow> {
    [(1, "Ana Sousa", "ana"), (2, "Tom Baker", "tom"), (3, "Yuki Mori", "yuki")]
        .map(|(id, name, mail)| AgentRow {
            id: AgentId(id),
            name: name.into(),
            email: format!("{mail}@acme.example"),
            active: true,
        })
        .into()
}

impl World {
    /// A workspace in which nothing is connected yet.
    pub fn empty() -> World {
        World::default()
    }

    /// An ordinary afternoon.
    pub fn busy() -> World {
        let mut world = World {
            accounts: vec![
                account(1, "support-nl", "twilio", Channel::Whatsapp, Health::Ok),
                account(2, "hotline", "twilio", Channel::Sms, Health::Ok),
                account(3, "site", "webchat", Channel::Webchat, Health::Ok),
            ],
            labels: vec!["billing".into(), "delivery".into(), "vip".into()],
            status: EngineStatus {
                engine: EngineState::Here,
                listening: Some("http://127.0.0.1:8080".into()),
                chat: vec![("site".into(), "http://127.0.0.1:8080/chat/site".into())],
                warnings: Vec::new(),
            },
            ..World::default()
        };
        let mut anna = conversation(
            1,
            "Anna de Vries",
            Channel::Whatsapp,
            "support-nl",
            2 * MIN,
            "Hi! Where is my order #1234? It should have come on Friday.",
        );
        anna.unread = 2;
        anna.priority = Priority::Urgent;
        anna.labels = vec!["delivery".into(), "vip".into()];
        anna.assignee = Some(Assignee::Agent(AgentId(1)));
        anna.assignee_name = Some("Ana Sousa".into());
        anna.waiting_since = Some(NOW - 2 * MIN);
        let mut bob =
            conversation(2, "Bob Chen", Channel::Sms, "hotline", 12 * MIN, "Your refund is on its way.");
        bob.preview_direction = Some(Direction::Outbound);
        bob.delivery = Some(Delivery::Retrying);
        let mut maria = conversation(3, "Maria Okafor", Channel::Sms, "hotline", 64 * MIN, "STOP");
        maria.qualification = Some(Qualification { state: QualificationState::Lead, reason: None });
        world.consents.push((
            ConversationId(3),
            ConsentRow { state: ConsentState::OptedOut, at: NOW - 64 * MIN, said: "STOP".into() },
        ));
        let mut visitor = conversation(4, "Visitor 3f2c", Channel::Webchat, "site", 3 * HOUR, "ok, thanks!");
        visitor.draft = true;
        world.drafts.push((ConversationId(4), "You are welcome, have a".into()));
        let mut li = conversation(
            5,
            "李小龙",
            Channel::Whatsapp,
            "support-nl",
            5 * HOUR,
            "我的订单在哪里？请尽快回复。",
        );
        li.unread = 1;
        let mut noura = conversation(
            6,
            "نورة العتيبي",
            Channel::Whatsapp,
            "support-nl",
            26 * HOUR,
            "مرحبا، متى يصل طلبي؟",
        );
        noura.priority = Priority::Low;
        let mut zoe = conversation(
            7,
            "Zoë 👩‍🚀 Kowalczyk-Brzęczyszczykiewicz",
            Channel::Webchat,
            "site",
            50 * HOUR,
            "👍🏽👍🏽",
        );
        zoe.preview_direction = Some(Direction::Note);
        zoe.preview = "Courier says: lost. Offer a replacement.".into();
        zoe.assignee = Some(Assignee::Agent(AgentId(2)));
        zoe.assignee_name = Some("Tom Baker".into());
        let mut plain = Vec::new();
        for n in 8..=30 {
            let text = format!("Question number {n} about the invoice of last month");
            let mut row =
                conversation(n, &format!("Customer {n}"), Channel::Sms, "hotline", n * 9 * HOUR, &text);
            if n % 5 == 0 {
                row.preview_direction = Some(Direction::Outbound);
                row.delivery = Some(Delivery::Delivered);
            }
            plain.push(row);
        }
        world.rows = vec![anna, bob, maria, visitor, li, noura, zoe];
        world.rows.extend(plain);
        world.messages = anna_thread();
        let mut stop = message(3, 301, Direction::Inbound, "Maria Okafor", 64 * MIN, "STOP");
        stop.kind = MessageKind::OptOut;
        world.messages.push(stop);
        let mut line =
            message(3, 302, Direction::Activity, "Maria Okafor", 64 * MIN, "opted out of SMS by STOP");
        line.author = AuthorKind::Contact;
        world.messages.push(line);
        world.messages.push(message(2, 201, Direction::Inbound, "Bob Chen", 30 * MIN, "Where is my refund?"));
        world.messages.push(message(4, 401, Direction::Inbound, "Visitor 3f2c", 3 * HOUR, "ok, thanks!"));
        world.quick_replies = vec![
            QuickReplyRow {
                id: QuickReplyId(1),
                reply: QuickReply { shortcut: "hello".into(),
                title: "Greeting".into(),
                body: "Hi {{contact.first_name|there}}, this is {{agent.first_name}} of {{account.name}}."
                    .into(), channel: None, language: None, slot: None, files: Vec::new() },
                uses: 12,
            },
            QuickReplyRow {
                id: QuickReplyId(2),
                reply: QuickReply { shortcut: "late".into(),
                title: "Parcel is late".into(),
                body:
                    "I am sorry that your parcel {{?tracking number}} is late.\nI will ask the courier now."
                        .into(), channel: None, language: None, slot: None, files: Vec::new() },
                uses: 40,
            },
        ];
        world
    }

    fn context(&self, id: ConversationId) -> Option<Context> {
        let row = self.rows.iter().find(|r| r.id == id)?.clone();
        let others = |row: &ConversationRow| {
            self.rows.iter().filter(|r| r.contact == row.contact && r.id != row.id).cloned().collect()
        };
        Some(Context {
            others: others(&row),
            last_wrote: None,
            account: self.accounts.iter().find(|a| a.id == row.account)?.clone(),
            consent: self.consents.iter().find(|c| c.0 == id).map(|c| c.1.clone()),
            contact: Some(ContactRow {
                id: row.contact,
                name: row.contact_name.clone(),
                identities: vec![(
                    Identity::new(
                        if row.theirs.contains('@') { IdentityKind::Email } else { IdentityKind::Phone },
                        row.theirs.clone(),
                    ),
                    true,
                )],
                conversations: Vec::new(),
            }),
            draft_about: None,
            draft_began: None,
            draft_reply: self.drafts.iter().find(|d| d.0 == id).map(|d| d.1.clone().into()),
            draft_note: None,
            draft_joined: Vec::new(),
            row,
        })
    }

    /// What the store answers to a need.
    pub fn answer(&self, need: &Need) -> Option<Loaded> {
        Some(match need {
            Need::Sidebar => Loaded::Sidebar {
                accounts: self.accounts.clone(),
                labels: self.labels.clone(),
                counts: ui::sidebar_views(AgentId(1), self.has_due(), &self.accounts, &self.labels)
                    .into_iter()
                    .map(|v| {
                        let rows: Vec<_> = self.rows.iter().filter(|r| is_in(r, &v)).collect();
                        let unread = rows.iter().filter(|r| r.unread > 0).count() as u64;
                        (v, ViewCount { total: rows.len() as u64, unread })
                    })
                    .collect(),
            },
            Need::List { source, anchor, limit } => {
                let rows = self.rows.iter().filter(|r| match source {
                    ListSource::View(view) => is_in(r, view),
                    ListSource::Query(query) => r.contact_name.contains(query.as_str()),
                    ListSource::All => true,
                });
                Loaded::List {
                    source: source.clone(),
                    anchor: *anchor,
                    rows: Ok(rows.take(*limit).cloned().collect()),
                    above: false,
                    below: false,
                }
            }
            Need::Thread { conversation, at, .. } => Loaded::Thread {
                conversation: *conversation,
                at: *at,
                messages: self.messages.iter().filter(|m| m.conversation == *conversation).cloned().collect(),
                older: false,
                newer: false,
            },
            Need::Context { conversation } => Loaded::Context(self.context(*conversation)?),
            Need::Search { ticket, text, .. } => Loaded::Search { ticket: *ticket, found: self.find(text) },
            Need::Unread { source, .. } => {
                let row = self.rows.iter().find(|r| r.unread > 0);
                let key = |r: &ConversationRow| ListKey { at: r.last_message_at.unwrap_or(0), id: r.id };
                Loaded::Unread { source: source.clone(), found: row.map(key) }
            }
            Need::Files { files } => {
                let all = self.messages.iter().flat_map(|m| &m.attachments);
                Loaded::Files(all.filter(|row| files.contains(&row.id)).cloned().collect())
            }
            // Each thread is asked for when it is needed.
            Need::Ahead { .. } | Need::Arrivals { .. } | Need::Due { .. } => return None,
            Need::Searches { queries } => {
                Loaded::Searches(queries.iter().map(|q| (q.clone(), self.count(q), false)).collect())
            }
            Need::Outbox => Loaded::Outbox(self.outbox.clone()),
            Need::QuickReplies => Loaded::QuickReplies(self.quick_replies.clone()),
            Need::Recipients { kind, typed } => Loaded::Recipients {
                typed: typed.clone(),
                found: self
                    .rows
                    .iter()
                    .filter(|r| r.contact_name.contains(typed.as_str()))
                    .filter(|r| r.theirs.contains('@') == (*kind == IdentityKind::Email))
                    .filter(|r| r.theirs.starts_with('+') || r.theirs.contains('@'))
                    .map(|r| Recipient {
                        name: r.contact_name.clone(),
                        identity: Identity::new(*kind, r.theirs.clone()),
                    })
                    .collect(),
            },
            Need::Ways { conversation } => {
                Loaded::Ways { conversation: *conversation, ways: self.ways.clone() }
            }
            Need::Agents => Loaded::Agents { agents: agents(), teams: Vec::new() },
            Need::Labels => Loaded::Labels(self.labels.clone()),
            Need::Delivery { message } => Loaded::Delivery { message: *message, steps: self.steps.clone() },
        })
    }

    fn find(&self, text: &str) -> Found {
        let SoFar { query, unclear } = parse_so_far(text);
        let words: Vec<String> = query
            .clauses
            .iter()
            .filter_map(|clause| match &clause.what {
                What::Word(word) | What::Prefix(word) | What::Phrase(word) => Some(word.to_lowercase()),
                What::Filter(_) => None,
            })
            .collect();
        let fits = |text: &str| !words.is_empty() && words.iter().all(|w| text.to_lowercase().contains(w));
        let hits = self.messages.iter().rev().filter(|m| fits(&m.text));
        let hits = hits.filter_map(|m| {
            let row = self.rows.iter().find(|r| r.id == m.conversation)?;
            Some(SearchHit {
                conversation: m.conversation,
                message: m.id,
                channel: row.channel,
                contact: row.contact,
                contact_name: row.contact_name.clone(),
                direction: m.direction,
                sent_at: m.sent_at,
                text: m.text.clone(),
            })
        });
        let terms = words.iter().map(|word| Term::Prefix(word.clone())).collect();
        Found { hits: hits.collect(), terms, unclear, ..Found::default() }
    }
}

fn anna_thread() -> Vec<MessageRow> {
    let anna = "Anna de Vries";
    let mut out = vec![
        message(
            1,
            101,
            Direction::Inbound,
            anna,
            74 * HOUR,
            "Hello, I have ordered a pair of shoes yesterday. Can you tell me when they will be delivered? I shall be away from home from Thursday on.",
        ),
        message(
            1,
            102,
            Direction::Outbound,
            "Tom Baker",
            73 * HOUR,
            "Hi Anna, they left our warehouse this morning and should be with you on Friday at the latest.",
        ),
        message(1, 103, Direction::Activity, "system", 72 * HOUR, "Tom Baker resolved the conversation"),
        message(
            1,
            104,
            Direction::Inbound,
            anna,
            30 * MIN,
            "Hi! Where is my order #1234?\nIt should have come on Friday.",
        ),
        message(1, 105, Direction::Outbound, "Ana Sousa", 28 * MIN, "I am checking with the courier now."),
        message(
            1,
            106,
            Direction::Note,
            "Tom Baker",
            20 * MIN,
            "Courier says: lost. Offer a replacement, and a voucher of 10 € if she is cross.",
        ),
        message(1, 107, Direction::Inbound, anna, 3 * MIN, "This is what the tracking page says 😕"),
        message(1, 108, Direction::Inbound, anna, 2 * MIN, "Hello??"),
    ];
    out[6].attachments.push(AttachmentRow {
        id: AttachmentId(1),
        name: "IMG_2041.jpg".into(),
        mime: Some("image/jpeg".into()),
        size: Some(184_320),
        caption: None,
        path: Some("files/1".into()),
        error: None,
        fetch: Default::default(),
    });
    out[6].seen = false;
    out[7].seen = false;
    out
}
