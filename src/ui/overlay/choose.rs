//! What happens when something is chosen, typed or confirmed.

use crate::domain::command::{Action, ComposeMode, set};
use crate::domain::conversation::{Qualification, QualificationState};
use crate::domain::facet::Owner;
use crate::domain::ids::ConversationId;
use crate::text::format;
use crate::ui::command::{go, message, triage};
use crate::ui::effect::{Effect, ListSource, Need, ThreadAt};
use crate::ui::model::{Focus, Model, Purpose};
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
            (Choice::Page(page), _) => self.overlays.push(Overlay::Page { page, top: 0 }),
            (Choice::Theme(at), _) => {
                self.themes.choose(*at);
                self.themed();
            }
            (_, None) => self.say(Level::Warn, "the conversation is gone"),
            (Choice::Owner(owner), Some(id)) => {
                let said = match owner {
                    None => "nobody's".to_owned(),
                    Some(Owner::Agent(email)) if *email == self.me.email => "yours".to_owned(),
                    Some(_) => format!("given to {}", item.label),
                };
                triage::assign(self, id, owner.clone(), &said);
            }
            (Choice::Priority(priority), Some(id)) => {
                let said = triage::naming(self, id, &format!("priority {priority}"));
                self.change(Action::Set { conversation: id, facet: set::priority(*priority) }, said);
            }
            (Choice::Label { name, on }, Some(id)) => {
                let said = format!("{} #{name}", if *on { "labelled" } else { "no longer" });
                let said = triage::naming(self, id, &said);
                self.change(Action::Set { conversation: id, facet: set::label(name.clone(), *on) }, said);
            }
            (Choice::Qualification(Some(QualificationState::Disqualified)), Some(id)) => {
                self.overlays.push(Overlay::Prompt(Prompt::new(PromptKind::Disqualify(id), "")));
            }
            (Choice::Qualification(state), Some(id)) => {
                self.qualify(id, state.map(|state| Qualification { state, reason: None }));
            }
            (Choice::Snooze(until), Some(id)) => {
                let until_when = until.map_or_else(
                    || "until they reply".to_owned(),
                    |at| format!("until {}", format::moment(at, self.now, &self.tz)),
                );
                let said = triage::naming(self, id, &format!("snoozed {until_when}"));
                self.change(Action::Set { conversation: id, facet: set::snooze(*until) }, said);
            }
            (Choice::QuickReply { id, text, open }, Some(conversation)) => {
                let is_open = self.composer.as_ref().is_some_and(|c| c.conversation == conversation);
                if !is_open {
                    if self.target() != Some(conversation) {
                        return self.say(Level::Warn, "another conversation is open now");
                    }
                    self.compose(ComposeMode::Reply);
                }
                let now = self.now;
                if let Some(composer) = &mut self.composer {
                    composer.insert(text, now);
                    composer.expect(open);
                }
                self.perform(Action::QuickReplyUsed { id: *id }, Purpose::Quiet);
                if !open.is_empty() {
                    self.say(Level::Warn, format!("still to fill in: {}", open.join(", ")));
                }
            }
        }
    }

    /// Another theme was chosen.
    pub(crate) fn themed(&mut self) {
        self.show_theme();
        let name = &self.themes.all()[self.themes.chosen()].name;
        self.say(Level::Info, format!("for good: theme = \"{name}\" in config.toml"));
    }

    fn qualify(&mut self, conversation: ConversationId, qualification: Option<Qualification>) {
        let word = qualification.as_ref().map_or("not judged", |q| q.state.word());
        let said = triage::naming(self, conversation, word);
        self.change(Action::Set { conversation, facet: set::qualification(qualification) }, said);
    }

    /// Takes in what was typed. The prompt is closed already.
    pub(crate) fn answer(&mut self, prompt: &Prompt) {
        let text = prompt.input.text().trim().to_owned();
        match prompt.kind {
            PromptKind::Filter if text.is_empty() => {
                go::source(self, ListSource::View(crate::domain::row::View::Open));
            }
            PromptKind::Filter => go::source(self, ListSource::Query(text)),
            PromptKind::SaveFile(id) => {
                let to = (!text.is_empty()).then_some(text);
                self.out.push(Effect::SaveAttachment { id, to });
            }
            PromptKind::Disqualify(id) => {
                let reason = (!text.is_empty()).then_some(text);
                self.qualify(id, Some(Qualification { state: QualificationState::Disqualified, reason }));
            }
        }
    }

    /// Does what was confirmed.
    pub(crate) fn confirmed(&mut self, confirm: Confirm) {
        self.perform(confirm.action, Purpose::Change { inverse: None, said: confirm.said });
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
        self.close_composer();
        self.thread.wanted = Some(row.conversation);
        self.thread.stash = None;
        self.thread.jump = row.message.map(|id| (id, Vec::new()));
        self.thread.settle();
        self.focus = Focus::Thread;
        self.list.selected = Some(row.conversation);
        let limit = self.thread.limit();
        self.load(Need::Thread { conversation: row.conversation, at: ThreadAt::Latest, limit });
        self.load(Need::Context { conversation: row.conversation });
    }
}
