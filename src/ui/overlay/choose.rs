//! What happens when something is chosen, typed or confirmed.

use crate::domain::conversation::QualificationState;
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::mail::Mailbox;
use crate::domain::order::{self, Order};
use crate::domain::quick_reply::QuickReplyRow;
use crate::domain::row::ConversationRow;
use crate::text::mail::mailboxes;
use crate::text::recipient;
use crate::ui::command::{go, message};
use crate::ui::composer::{Insertion, Sending, Then};
use crate::ui::effect::{ListSource, Need, Targets};
use crate::ui::model::{Model, Purpose};
use crate::ui::msg::Level;
use crate::ui::overlay::{Choice, Confirm, Item, Overlay, Picker, PickerKind, Prompt, PromptKind};

impl Model {
    /// Does what was chosen. The picker is closed already.
    pub(crate) fn choose(&mut self, picker: &Picker, item: &Item) {
        if let Some(why) = &item.why {
            return self.say(Level::Warn, format!("{}: {why}", item.label));
        }
        match (&item.choice, picker.target) {
            (Choice::Command(command), _) => self.run(command),
            (Choice::File(id), _) => {
                message::file(self, *id, picker.kind == PickerKind::Files { save: true });
            }
            (Choice::Enclosed(at), _) => self.detach_at(*at),
            (Choice::Conversation(id), _) => self.go_to_conversation(*id, None),
            (Choice::Page(page), _) => self.overlays.push(Overlay::Page { page, top: 0 }),
            (Choice::Theme(at), _) => {
                self.themes.choose(*at);
                self.themed();
            }
            (Choice::Line(line), _) => self.run_line(line),
            (Choice::Order(order), _) if picker.kind == PickerKind::SendAndSnooze => {
                self.send(Sending::and(Then::Order(order.clone())));
            }
            (Choice::SendAt(at), _) if *at <= self.now => {
                self.say(Level::Warn, "not sent: that time has passed meanwhile");
            }
            (Choice::SendAt(at), _) => self.send(Sending { at: Some(*at), ..Sending::default() }),
            (Choice::Order(order), _) => self.order_from(order.clone(), picker),
            (Choice::Disqualify, _) => self.ask_for(PromptKind::Disqualify, picker, ""),
            (Choice::Score, _) => {
                let now = row(self, picker).and_then(|r| r.score).map(|s| s.to_string()).unwrap_or_default();
                self.ask_for(PromptKind::Score, picker, &now);
            }
            (Choice::Field(name), _) => {
                let filled = row(self, picker).and_then(|r| r.fields.iter().find(|(key, _)| key == name));
                let now = filled.map(|(_, value)| value.clone()).unwrap_or_default();
                self.ask_for(|targets| PromptKind::Field(name.clone(), targets), picker, &now);
            }
            (Choice::Account(at), _) => {
                let picker = Picker::recipients(self, at.clone());
                self.overlays.push(Overlay::Picker(Box::new(picker)));
                self.ask_recipients();
            }
            (Choice::Mailboxes(all), _) => {
                if let Some(at) = &picker.beginning {
                    self.begin_mail(at, all.clone());
                }
            }
            (Choice::Recipient(to), _) => {
                let Some(at) = &picker.beginning else { return };
                match picker.before_sought() {
                    Ok(before) if before.is_empty() => self.begin_with(at, to.clone(), None),
                    Ok(mut all) => {
                        let known = self.recipients.iter().find(|one| one.identity.value == *to);
                        let name = known.map(|one| one.name.clone()).filter(|name| !name.trim().is_empty());
                        all.push(Mailbox { name, address: to.clone() });
                        self.begin_mail(at, mailboxes::once(all));
                    }
                    Err(why) => self.say(Level::Warn, why),
                }
            }
            (_, None) => self.say(Level::Warn, "the conversation is gone"),
            (Choice::Way(way), Some(from)) => self.go_elsewhere(from, way),
            (Choice::Emoji(emoji), Some(_)) => {
                let word = picker.word.clone().unwrap_or_default();
                self.put_emoji(emoji, &word);
            }
            (Choice::QuickReply { row, .. }, Some(conversation)) => {
                let QuickReplyRow { id, reply, .. } = row.as_ref().clone();
                let word = picker.word.clone();
                self.insert_quick_reply(Insertion { conversation, id, reply, word });
            }
        }
    }

    /// Gives an order to what the picker was opened for.
    fn order_from(&mut self, order: Order, picker: &Picker) {
        match &picker.targets {
            Some(targets) => self.give(order, targets.clone(), picker.opened()),
            None => self.say(Level::Warn, "the conversation is gone"),
        }
    }

    /// Asks for the words of an order to what the picker was opened for.
    fn ask_for(&mut self, kind: impl FnOnce(Targets) -> PromptKind, picker: &Picker, text: &str) {
        match &picker.targets {
            Some(targets) => {
                let prompt = Prompt { at: picker.opened(), ..Prompt::new(kind(targets.clone()), text) };
                self.ask_line(prompt);
            }
            None => self.say(Level::Warn, "the conversation is gone"),
        }
    }

    /// Takes in what was typed. The prompt is closed already.
    pub(crate) fn answer(&mut self, prompt: &Prompt) {
        let text = prompt.input.text().trim().to_owned();
        match prompt.kind.clone() {
            PromptKind::Filter if text.is_empty() => {
                go::source(self, ListSource::View(crate::domain::row::View::Open));
            }
            PromptKind::Filter => go::source(self, ListSource::Query(text)),
            PromptKind::SaveFile(id) => {
                let to = (!text.is_empty()).then_some(text);
                message::save(self, id, to);
            }
            PromptKind::Disqualify(_) if text.is_empty() => {
                self.say(Level::Warn, "say why it is disqualified: nothing was changed");
            }
            PromptKind::Disqualify(targets) => {
                self.give(
                    order::qualification(QualificationState::Disqualified, Some(text)),
                    targets,
                    prompt.at,
                );
            }
            PromptKind::Score(targets) => {
                let words = if text.is_empty() { "none" } else { &text };
                match format!("score {words}").parse::<Order>() {
                    Ok(order) => self.give(order, targets, prompt.at),
                    Err(e) => {
                        let again =
                            Prompt { at: prompt.at, ..Prompt::new(PromptKind::Score(targets), &text) };
                        self.overlays.push(Overlay::Prompt(again));
                        self.say(Level::Error, e.to_string());
                    }
                }
            }
            PromptKind::Field(name, targets) => {
                self.give(Order::Field(name, (!text.is_empty()).then_some(text)), targets, prompt.at);
            }
            PromptKind::NameMacro => self.keep_macro(text),
        }
    }

    /// Asks who fits what is typed in a picker of recipients.
    pub(crate) fn ask_recipients(&mut self) {
        if let Some(Overlay::Picker(picker)) = self.overlays.last()
            && let Some(kind) = picker.beginning.as_ref().and_then(|at| recipient::kind_of(at.channel))
        {
            let typed = picker.sought().to_owned();
            self.load(Need::Recipients { kind, typed });
        }
    }

    /// Does what was confirmed.
    pub(crate) fn confirmed(&mut self, confirm: Confirm) {
        self.perform(confirm.action, Purpose::Change { inverse: Vec::new(), said: confirm.said });
    }

    /// Goes to a waiting message.
    pub(crate) fn go_to_outbox(&mut self, at: usize) {
        let row = match self.overlays.last() {
            Some(Overlay::Outbox { rows: Some(rows), .. }) => rows.get(at).cloned(),
            _ => None,
        };
        let Some(row) = row else {
            return;
        };
        self.overlays.pop();
        self.go_to_conversation(row.conversation, row.message);
    }

    /// Opens a conversation, whether it is in the list or not.
    pub(crate) fn go_to_conversation(&mut self, id: ConversationId, message: Option<MessageId>) {
        match message {
            Some(message) => self.go_to_message(id, message),
            None => self.go_to_thread(id),
        }
    }
}

/// What is known of the conversation that a picker was opened for, where it is one.
fn row<'m>(model: &'m Model, picker: &Picker) -> Option<&'m ConversationRow> {
    match picker.targets {
        Some(Targets::One(id)) => model.row(id),
        _ => None,
    }
}
