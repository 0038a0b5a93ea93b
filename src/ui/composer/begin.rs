//! Writing somewhere else than where one is: a conversation is begun, or the customer answered on another way.

use crate::domain::account::Channel;
use crate::domain::attachment::Written;
use crate::domain::command::{Action, ComposeMode, Performed};
use crate::domain::delivery::Delivery;
use crate::domain::ids::{AccountId, ConversationId, MessageId};
use crate::domain::mail::{Mailbox, Manner};
use crate::domain::reach::Way;
use crate::ui::composer::mail::Aim;
use crate::ui::effect::{Need, ThreadAt};
use crate::ui::model::{Focus, Model, Purpose};
use crate::ui::msg::Level;
use crate::ui::overlay::{Overlay, Picker};

/// Words on their way from one conversation to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Carried {
    /// From whose draft.
    pub(crate) from: ConversationId,
    pub(crate) written: Written,
    /// Whether they are that draft, and leave it; else they are of a message, which stays.
    pub(crate) is_draft: bool,
}

/// What a new conversation is begun on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Beginning {
    pub(crate) account: AccountId,
    pub(crate) account_name: String,
    pub(crate) channel: Channel,
}

impl Model {
    /// Opens the conversation with an address.
    pub(crate) fn begin_with(&mut self, at: &Beginning, to: String, carried: Option<Carried>) {
        let action = Action::Begin { account: at.account, channel: at.channel, to };
        self.perform(action, Purpose::Begin { carried, to: Vec::new() });
    }

    /// Begins a mail to all of these: its conversation is with the first.
    pub(crate) fn begin_mail(&mut self, at: &Beginning, to: Vec<Mailbox>) {
        let Some(first) = to.first() else { return };
        let action = Action::Begin { account: at.account, channel: at.channel, to: first.address.clone() };
        let to = if to.len() > 1 { to } else { Vec::new() };
        self.perform(action, Purpose::Begin { carried: None, to });
    }

    /// The conversation is there: what is to be said can be written.
    pub(crate) fn begun(&mut self, done: &Performed, carried: Option<Carried>, to: Vec<Mailbox>) {
        let Some(conversation) = done.conversation else { return };
        let before = self.list.selected;
        // What was typed on meanwhile goes along, too.
        let carried = match carried {
            Some(c) if c.is_draft => self.to_carry(c.from).filter(|now| now.is_draft),
            carried => carried,
        };
        self.write_in(conversation, carried);
        if done.changed {
            if let Some(composer) = &mut self.composer {
                composer.aim = Some(Aim { manner: Manner::New, about: None, to });
            }
            self.settle_head();
            self.fresh.insert(conversation, before);
        }
    }

    /// Shows the thread of a conversation, on the screen's list or not.
    pub(crate) fn go_to_thread(&mut self, conversation: ConversationId) {
        self.go_to_place(conversation, ThreadAt::Latest, None);
    }

    /// Goes to a message in its thread.
    pub(crate) fn go_to_message(&mut self, conversation: ConversationId, message: MessageId) {
        // Its id begins with its second.
        let sent_at = (message.0 >> MessageId::SLOT_BITS).saturating_mul(1000);
        self.go_to_place(conversation, ThreadAt::Around { sent_at, id: message }, Some(message));
    }

    fn go_to_place(&mut self, conversation: ConversationId, at: ThreadAt, message: Option<MessageId>) {
        self.leave_bare();
        self.close_composer();
        self.thread.wanted = Some(conversation);
        self.thread.stash = None;
        self.thread.jump = message.map(|id| (id, Vec::new()));
        self.thread.settle();
        self.focus = Focus::Thread;
        self.list.selected = Some(conversation);
        let limit = self.thread.limit();
        self.load(Need::Thread { conversation, at, limit });
        self.load(Need::Context { conversation });
    }

    /// Opens the composer in a conversation; words that come along are moved, not copied.
    fn write_in(&mut self, conversation: ConversationId, carried: Option<Carried>) {
        self.go_to_thread(conversation);
        self.compose(ComposeMode::Reply);
        let Some(carried) = carried.filter(|c| !c.written.is_blank() && c.from != conversation) else {
            return;
        };
        let now = self.now;
        if let Some(composer) = &mut self.composer {
            let before = if composer.is_blank() { "" } else { "\n" };
            composer.insert(&format!("{before}{}", carried.written.text), now);
            composer.enclose(carried.written.files, now);
        }
        if let Some(composer) = self.composer.as_mut().filter(|_| carried.is_draft) {
            composer.carried = Some(carried.from);
        }
        // What was begun here earlier comes before it, once that is known.
        self.restore_draft();
    }

    /// The words of a draft are in another conversation: first they are kept there, then they leave where they were.
    pub(super) fn moved_from(&mut self, from: ConversationId) {
        self.save_draft();
        let mode = ComposeMode::Reply;
        self.drafts.insert((from, mode), Written::default());
        self.began.remove(&from);
        let action = Action::Draft { conversation: from, mode, text: Written::default() };
        self.perform(action, Purpose::Quiet);
    }

    /// A conversation that was begun and in which nothing is said or typed is forgotten when one leaves it. Answers what was
    /// selected before.
    pub(crate) fn leave_bare(&mut self) -> Option<Option<ConversationId>> {
        let composer = self.composer.as_ref().filter(|c| c.is_blank() && c.sending.is_none())?;
        let conversation = composer.conversation;
        let before = self.fresh.remove(&conversation)?;
        self.save_draft();
        self.perform(Action::Abandon { conversation }, Purpose::Quiet);
        Some(before)
    }

    /// The other ways have come: they are chosen from, if they are still wanted.
    pub(crate) fn ways_came(&mut self, conversation: ConversationId, ways: Vec<Way>) {
        if self.asked_ways.take() != Some(conversation) || self.target() != Some(conversation) {
            return;
        }
        if ways.is_empty() {
            return self.say(Level::Warn, "no other account or address reaches this customer");
        }
        self.ways = ways;
        let picker = Picker::ways(self);
        self.overlays.push(Overlay::Picker(Box::new(picker)));
    }

    /// Goes on in another way with what was begun in a conversation.
    pub(crate) fn go_elsewhere(&mut self, from: ConversationId, way: &Way) {
        let carried = self.to_carry(from);
        match way.conversation {
            Some(conversation) => self.write_in(conversation, carried),
            None => {
                let at = Beginning {
                    account: way.account,
                    account_name: way.account_name.clone(),
                    channel: way.channel,
                };
                self.begin_with(&at, way.to.clone(), carried);
            }
        }
    }

    /// The draft of a conversation; where there is none, the words of the failed message that is pointed at.
    fn to_carry(&self, from: ConversationId) -> Option<Carried> {
        let typed = self.composer.as_ref().filter(|c| c.conversation == from && c.mode == ComposeMode::Reply);
        let stored = || self.context(from).and_then(|c| c.draft_reply.clone());
        let draft = match typed {
            Some(composer) => Some(composer.written()),
            None => self.drafts.get(&(from, ComposeMode::Reply)).cloned().or_else(stored),
        };
        if let Some(written) = draft.filter(|written| !written.is_blank()) {
            return Some(Carried { from, written, is_draft: true });
        }
        let failed = self.pointed_at(|m| m.delivery == Some(Delivery::Failed), "").ok()?;
        Some(Carried { from, written: failed.written(), is_draft: false })
    }
}
