//! Threads that the next key may ask for, read while nobody waits: moving through the list then shows them in the key's own frame.

use std::collections::HashMap;

use crate::domain::ids::ConversationId;
use crate::domain::row::MessageRow;
use crate::ui::effect::{Need, ThreadAt};
use crate::ui::model::{Focus, Model};
use crate::ui::msg::{Context, Loaded};

/// What was read ahead. Nothing in it is older than the last `Changed`.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    /// Counts the changes of the store: what was asked for before the last one is not used.
    generation: u64,
    ready: HashMap<ConversationId, Ready>,
    /// What was asked for last.
    asked: Vec<ConversationId>,
}

#[derive(Debug)]
struct Ready {
    messages: Vec<MessageRow>,
    older: bool,
    context: Context,
}

impl Ahead {
    /// The store has moved: what was read may be old.
    pub(crate) fn forget(&mut self) {
        self.generation += 1;
        self.ready.clear();
        self.asked.clear();
    }

    /// Takes one in.
    pub(crate) fn take(&mut self, generation: u64, messages: Vec<MessageRow>, older: bool, context: Context) {
        let id = context.row.id;
        if generation == self.generation && self.asked.contains(&id) {
            self.ready.insert(id, Ready { messages, older, context });
        }
    }
}

impl Model {
    /// Shows a conversation that was read ahead. Answers whether it was.
    pub(crate) fn show_ahead(&mut self, id: ConversationId) -> bool {
        self.ahead.asked.retain(|a| *a != id);
        let Some(Ready { messages, older, context }) = self.ahead.ready.remove(&id) else {
            return false;
        };
        self.on_loaded(Loaded::Context(context));
        self.on_loaded(Loaded::Thread {
            conversation: id,
            at: ThreadAt::Latest,
            messages,
            older,
            newer: false,
        });
        true
    }

    /// Asks for the threads around the selection: a row down and up, a screen down and up.
    pub(crate) fn look_ahead(&mut self) {
        let settled = self.focus == Focus::List && self.thread.wanted.is_none() && self.thread.loaded;
        if !settled || !self.overlays.is_empty() || self.layout.thread.is_none() {
            return;
        }
        // Threads of which the first look takes more are read when they are asked for.
        let (shown, limit) = (self.thread.conversation, self.thread.first_limit());
        let near: Vec<ConversationId> = self
            .list
            .neighbours()
            .into_iter()
            .filter(|id| Some(*id) != shown && self.first_limit(*id) == limit)
            .collect();
        if near.is_empty() || near.iter().all(|id| self.ahead.asked.contains(id)) {
            return;
        }
        self.ahead.ready.retain(|id, _| near.contains(id));
        let conversations: Vec<ConversationId> =
            near.iter().copied().filter(|id| !self.ahead.ready.contains_key(id)).collect();
        self.ahead.asked = near;
        if !conversations.is_empty() {
            let generation = self.ahead.generation;
            self.load_soon(Need::Ahead { generation, conversations, limit });
        }
    }
}
