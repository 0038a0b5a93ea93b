//! update() by example: keys in, effects out. Here the desk that the examples sit at.

mod about;
mod ahead;
mod answering;
mod attaching;
mod beginning;
mod commands;
mod desk_setup;
mod hands;
mod joined;
mod mail;
mod mouse;
mod notify;
mod orders;
mod reading;
mod reconfigure;
mod said;
mod screen;
mod sending;
mod setup;
mod tour;
mod triage;
mod writing;

use crate::domain::command::{Action, ComposeMode, Performed, set};
use crate::domain::contact::ConsentState;
use crate::domain::conversation::{Assignee, Priority, Qualification, QualificationState, Status};
use crate::domain::delivery::Delivery;
use crate::domain::facet::Owner;
use crate::domain::ids::{AgentId, ConversationId, MessageId, QuickReplyId};
use crate::domain::message::Direction;
use crate::domain::quick_reply::{QuickReply, QuickReplyRow};
use crate::domain::row::{ConsentRow, ConversationRow, MessageRow, SearchHit, View};
use crate::ui::fixture::{self, NOW};
use crate::ui::{
    Context, Effect, Focus, Found, ListSource, Loaded, Model, Mouse, MouseKind, Msg, Need, ThreadAt, draw,
    keys, prepare, start, update, wake_at,
};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;

/// A screen of 120×40 before a small store of three conversations.
pub(crate) struct Desk {
    pub(crate) model: Model,
    pub(crate) rows: Vec<ConversationRow>,
    pub(crate) messages: Vec<MessageRow>,
    pub(crate) context: Box<dyn Fn(i64) -> Context>,
    /// What was asked for besides reading.
    pub(crate) out: Vec<Effect>,
    pub(crate) loads: Vec<Need>,
}

impl Desk {
    fn new() -> Desk {
        Desk::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Desk)) -> Desk {
        let (model, effects) = start(fixture::startup());
        let mut desk = Desk {
            model,
            rows: (1..=3).map(fixture::conversation).collect(),
            messages: vec![fixture::message(10, Direction::Inbound, "hello")],
            context: Box::new(fixture::context),
            out: Vec::new(),
            loads: Vec::new(),
        };
        change(&mut desk);
        prepare(&mut desk.model, Size::new(120, 40));
        desk.perform(effects);
        desk.loads.clear();
        desk
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            let (Effect::Load(need) | Effect::LoadSoon(need)) = effect else {
                self.out.push(effect);
                continue;
            };
            self.loads.push(need.clone());
            let loaded = match need {
                Need::List { source, anchor, .. } => {
                    Loaded::List { source, anchor, rows: Ok(self.rows.clone()), above: false, below: false }
                }
                Need::Thread { conversation, at, .. } => {
                    let messages =
                        self.messages.iter().cloned().map(|m| MessageRow { conversation, ..m }).collect();
                    Loaded::Thread { conversation, at, messages, older: false, newer: false }
                }
                Need::Context { conversation } => {
                    let mut context = (self.context)(conversation.0);
                    if let Some(row) = self.rows.iter().find(|r| r.id == conversation) {
                        context.row = row.clone();
                    }
                    Loaded::Context(context)
                }
                _ => continue,
            };
            self.send(Msg::Loaded(Box::new(loaded)));
        }
    }

    fn send(&mut self, msg: Msg) {
        let effects = update(&mut self.model, msg);
        prepare(&mut self.model, Size::new(120, 40));
        self.perform(effects);
    }

    /// Types, and returns what was asked for besides reading.
    fn keys(&mut self, text: &str) -> Vec<Effect> {
        self.out.clear();
        for key in keys(text).unwrap() {
            self.send(Msg::Key(key));
        }
        std::mem::take(&mut self.out)
    }

    /// What is on a screen of this size.
    fn text(&mut self, width: u16, height: u16) -> String {
        prepare(&mut self.model, Size::new(width, height));
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(&self.model, frame)).unwrap();
        terminal.backend().to_string()
    }

    /// The words of the keys in the bottom line.
    fn hints(&self) -> Vec<&'static str> {
        self.model.hints.iter().map(|hint| hint.word).collect()
    }

    fn done(&mut self, ticket: u64, result: Result<Performed, String>) {
        self.send(Msg::Done { ticket, result });
    }
}

/// The actions among effects.
fn actions(effects: Vec<Effect>) -> Vec<Action> {
    effects
        .into_iter()
        .filter_map(|e| match e {
            Effect::Perform { action, .. } => Some(action),
            _ => None,
        })
        .collect()
}

fn id(n: i64) -> ConversationId {
    ConversationId(n)
}

fn status(n: i64, to: Status) -> Action {
    Action::Set { conversation: id(n), facet: set::status(to) }
}

fn reply(n: i64, text: &str) -> Action {
    Action::Reply { conversation: id(n), text: text.into(), undo_ms: 5_000, at: None }
}
