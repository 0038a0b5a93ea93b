//! What becomes of a change once the store has done it, or has refused it.

use crate::domain::attachment::Written;
use crate::domain::clock::Ms;
use crate::domain::command::{Action, ComposeMode, Performed};
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::order::Order;
use crate::text::format;
use crate::ui::command::{triage, undo};
use crate::ui::composer::{Sending, Then};
use crate::ui::effect::{Targets, Ticket, Work};
use crate::ui::model::{Back, Focus, Model, Purpose, Undo};
use crate::ui::msg::Level;
use crate::ui::thread::words;

impl Model {
    /// An action was performed, or refused with a reason.
    pub(super) fn on_done(&mut self, ticket: Ticket, result: Result<Performed, String>) {
        self.is_done(ticket, result);
        self.joined_after_all();
    }

    fn is_done(&mut self, ticket: Ticket, result: Result<Performed, String>) {
        let Some(purpose) = self.waiting.remove(&ticket) else {
            return;
        };
        match (purpose, result) {
            (Purpose::Quiet, Ok(_)) => {}
            (Purpose::Undone { conversation, said }, Ok(_)) => {
                // Who was triaged on would else do the next thing to the next customer.
                if let Some(id) = conversation.filter(|_| matches!(self.focus, Focus::List)) {
                    self.list.back_to(id);
                    self.load_list();
                }
                self.say(Level::Good, said);
            }
            (Purpose::Begin { carried, to }, Ok(done)) => self.begun(&done, carried, to),
            (Purpose::Fetch { file }, result) => self.fetch_asked(file, result.map(|_| ())),
            (
                Purpose::Quiet | Purpose::Change { .. } | Purpose::Undone { .. } | Purpose::Begin { .. },
                Err(why),
            ) => self.say(Level::Error, why),
            (Purpose::Change { inverse, said }, Ok(_)) => {
                if !inverse.is_empty() {
                    self.remember(Undo::Back(Back { actions: inverse, said: said.clone() }));
                }
                self.say(Level::Good, said);
            }
            (Purpose::Along { message, inverse, said }, Ok(_)) => self.done_along(message, inverse, said),
            (Purpose::Along { said, .. }, Err(why)) => {
                self.say(Level::Error, format!("the message is sent, but not \u{201c}{said}\u{201d}: {why}"));
            }
            (Purpose::TakeBack { conversation, mode, text, along }, Ok(_)) => {
                let what = words_of(&text);
                self.take_back(conversation, mode, text);
                if !along.is_empty() {
                    let said = undo::said(&along);
                    undo::take_along(self, along);
                    self.say(Level::Good, format!("taken back: {what} in the draft; {said} is undone"));
                }
            }
            (Purpose::TakeBack { along, .. }, Err(why)) => {
                let kept =
                    if along.is_empty() { String::new() } else { format!("; {} stays", undo::said(&along)) };
                self.undo.extend(along.into_iter().map(Undo::Back));
                self.say(Level::Error, format!("{why}{kept}"));
            }
            (Purpose::Send { conversation, mode, text, how }, Ok(done)) => {
                self.sent(conversation, mode, &text, true);
                let message = done.message;
                match mode {
                    ComposeMode::Reply => {
                        self.replied(conversation);
                        self.sent_reply(conversation, message, text, how.at);
                    }
                    ComposeMode::Note => {
                        if let Some(message) = message {
                            let along = Vec::new();
                            self.remember(Undo::Note { message, conversation, text, along });
                        }
                        self.say(Level::Good, "noted");
                    }
                }
                self.and_then(conversation, message, how);
            }
            (Purpose::Send { conversation, mode, text, .. }, Err(why)) => {
                self.sent(conversation, mode, &text, false);
                self.say(Level::Error, format!("not sent: {why}"));
            }
        }
    }

    /// An answer is stored: until when it can be taken back, and how.
    fn sent_reply(
        &mut self,
        conversation: ConversationId,
        message: Option<MessageId>,
        text: Written,
        at: Option<Ms>,
    ) {
        let soon = self.now.saturating_add(self.undo_ms);
        let scheduled = at.filter(|at| *at > soon);
        let until = scheduled.unwrap_or(soon);
        match message {
            Some(message) if until > self.now => {
                self.remember(Undo::Send { message, conversation, text, until, along: Vec::new() });
                let undo = self.keymap.first_label("undo");
                let when = match scheduled {
                    Some(at) => format!("scheduled for {}", format::moment_within(at, self.now, &self.tz)),
                    None => format!("sends in {}", words::span(self.undo_ms)),
                };
                self.say(Level::Good, format!("{when}: {undo} takes it back"));
            }
            _ => self.say(Level::Good, "on its way"),
        }
    }

    /// Does what was to be done once the message was stored.
    fn and_then(&mut self, conversation: ConversationId, message: Option<MessageId>, how: Sending) {
        match how.then {
            None => {}
            Some(Then::Order(order)) => self.follow_up(&order, conversation, message),
            // Who has gone elsewhere meanwhile, or has typed on, stays there.
            Some(Then::Next) if self.target() == Some(conversation) && self.composer.is_none() => {
                triage::go_on(self);
            }
            Some(Then::Next) => {}
        }
    }

    fn follow_up(&mut self, order: &Order, conversation: ConversationId, message: Option<MessageId>) {
        self.last_order = Some(order.clone());
        self.record(&order.to_string());
        let held = message.filter(|id| self.undo.iter_mut().any(|u| u.along_with(*id).is_some()));
        if self.row(conversation).is_none() {
            // Not on the screen any more: it is done all the same.
            let order = order.clone();
            let said = order.said();
            let (targets, at) = (Targets::One(conversation), self.now);
            return self.bulk_along(Work::Orders { orders: vec![order], targets, at }, said, held);
        }
        self.give_one(order, conversation, held);
    }

    /// What was done along with a send is taken back with it.
    pub(super) fn done_along(&mut self, sent: MessageId, inverse: Vec<Action>, done: String) {
        if inverse.is_empty() {
            return self.say(Level::Good, done);
        }
        let key = self.keymap.first_label("undo");
        let now = self.now;
        let held = self.undo.iter_mut().find_map(|u| u.along_with(sent));
        match held {
            Some((along, until)) => {
                along.push(Back { actions: inverse, said: done.clone() });
                let said = match until {
                    Some(until) => format!("sends in {}", words::span(until.saturating_sub(now))),
                    None => "noted".into(),
                };
                self.say(Level::Good, format!("{done} \u{b7} {said}: {key} takes both back"));
            }
            // The message was taken back before this was done.
            None => {
                let said = format!("undone: \u{201c}{done}\u{201d}");
                undo::take_back_all(self, inverse, said);
            }
        }
    }

    /// Words that were not sent become the draft again.
    fn take_back(&mut self, conversation: ConversationId, mode: ComposeMode, written: Written) {
        let what = words_of(&written);
        self.put_back(conversation, mode, written);
        self.say(Level::Good, format!("taken back: {what} in the draft"));
    }

    /// Puts what was written before what the draft has.
    pub(crate) fn put_back(&mut self, conversation: ConversationId, mode: ComposeMode, written: Written) {
        let now = self.now;
        if let Some(composer) =
            self.composer.as_mut().filter(|c| c.conversation == conversation && c.mode == mode)
        {
            let typed = composer.written();
            composer.rewrite(written.before(typed), now);
        } else {
            let stored = self.context(conversation).and_then(|c| match mode {
                ComposeMode::Reply => c.draft_reply.clone(),
                ComposeMode::Note => c.draft_note.clone(),
            });
            let kept = self.drafts.get(&(conversation, mode)).cloned().or(stored);
            let both = written.before(kept.unwrap_or_default());
            self.drafts.insert((conversation, mode), both.clone());
            self.perform(Action::Draft { conversation, mode, text: both }, Purpose::Quiet);
        }
    }
}

/// What comes back with something that was written: "the words are".
pub(crate) fn words_of(written: &Written) -> &'static str {
    match (written.text.trim().is_empty(), written.files.len()) {
        (_, 0) => "the words are",
        (true, 1) => "the file is",
        (true, _) => "the files are",
        (false, 1) => "the words and the file are",
        (false, _) => "the words and the files are",
    }
}
