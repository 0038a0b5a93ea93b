//! Drafts: kept while one types, brought back, and forgotten once they are sent.

use crate::domain::attachment::Written;
use crate::domain::command::{Action, ComposeMode};
use crate::domain::ids::{ConversationId, MessageId};
use crate::ui::composer::state::{Composer, area_of};
use crate::ui::model::{Focus, Model, Purpose};
use crate::ui::msg::Level;
use crate::ui::thread::End;

impl Model {
    /// Gives the open composer the stored draft, once its context is there.
    pub(crate) fn restore_draft(&mut self) {
        let Some(mut composer) = self.composer.take() else {
            return;
        };
        if let Some(context) = self.context(composer.conversation) {
            let stored = match composer.mode {
                ComposeMode::Reply => context.draft_reply.as_ref(),
                ComposeMode::Note => context.draft_note.as_ref(),
            };
            // Where this session has typed, its own words count.
            let known = self.drafts.contains_key(&(composer.conversation, composer.mode));
            let stored = stored.filter(|written| !known && !written.is_nothing());
            if let (ComposeMode::Reply, false, Some(_), Some(began)) =
                (composer.mode, composer.restored, stored, context.draft_began)
            {
                composer.since = Some((began, MessageId(i64::MAX)));
            }
            composer.restore(stored, self.now);
        }
        let carried = composer.carried.take_if(|_| composer.restored);
        let is_restored = composer.restored;
        self.composer = Some(composer);
        if is_restored {
            self.adopt();
        }
        self.settle_head();
        if let Some(from) = carried {
            self.moved_from(from);
        }
    }

    /// Keeps what is typed, if it is not kept yet.
    pub(crate) fn save_draft(&mut self) {
        let Some(action) = self.composer.as_mut().and_then(Composer::unsaved) else {
            return;
        };
        if let Action::Draft { conversation, mode, text } = &action {
            self.drafts.insert((*conversation, *mode), text.clone());
            let since = self.composer.as_ref().and_then(|c| c.since);
            match (mode, since) {
                (ComposeMode::Reply, _) if text.is_nothing() => {
                    self.began.remove(conversation);
                }
                (ComposeMode::Reply, Some(since)) => {
                    self.began.entry(*conversation).or_insert(since);
                }
                _ => {}
            }
        }
        self.perform(action, Purpose::Quiet);
    }

    /// Closes the composer; what is typed is kept.
    pub(crate) fn close_composer(&mut self) {
        self.save_draft();
        self.stop_typing();
        if self.composer.take().is_some() && self.focus == Focus::Composer {
            self.focus = Focus::Thread;
        }
    }

    /// Takes in what `$EDITOR` made of a draft: it belongs to the conversation whose words were given to it, wherever one is by now.
    pub(crate) fn edited_elsewhere(&mut self, conversation: ConversationId, mode: ComposeMode, text: &str) {
        let now = self.now;
        let is_it = |c: &&mut Composer| (c.conversation, c.mode) == (conversation, mode);
        if let Some(composer) = self.composer.as_mut().filter(is_it) {
            composer.set(text, now);
            return self.save_draft();
        }
        // The editor had the words alone: files stay with them.
        let draft = self.drafts.entry((conversation, mode)).or_default();
        text.clone_into(&mut draft.text);
        let text = draft.clone();
        self.perform(Action::Draft { conversation, mode, text }, Purpose::Quiet);
        self.say(Level::Info, "what you wrote is a draft of the conversation it was for");
    }

    /// A send has ended: the words go only now, and only those that were sent.
    pub(crate) fn sent(
        &mut self,
        conversation: ConversationId,
        mode: ComposeMode,
        written: &Written,
        ok: bool,
    ) {
        let now = self.now;
        if ok {
            self.fresh.remove(&conversation);
        }
        if ok && mode == ComposeMode::Reply {
            self.began.remove(&conversation);
        }
        let is_open =
            self.composer.as_ref().is_some_and(|c| c.conversation == conversation && c.mode == mode);
        if !is_open {
            if !ok {
                self.drafts.insert((conversation, mode), written.clone());
                self.perform(Action::Draft { conversation, mode, text: written.clone() }, Purpose::Quiet);
            } else if self
                .drafts
                .get(&(conversation, mode))
                .is_some_and(|d| (&d.text, &d.files) == (&written.text, &written.files))
            {
                self.drafts.insert((conversation, mode), Written::default());
            }
            return;
        }
        let Some(composer) = &mut self.composer else {
            return;
        };
        composer.sending = None;
        if !ok {
            composer.touch(now);
            return;
        }
        composer.saved = Written::default();
        composer.accepted.clear();
        self.drafts.insert((conversation, mode), Written::default());
        let typed = composer.text();
        let text = typed.strip_prefix(&written.text).unwrap_or(&typed).trim_start_matches('\n').to_owned();
        // What was added while it was being stored did not go along.
        let files = composer.files.split_off(written.files.len().min(composer.files.len()));
        let rest = Written { text, files, mail: None };
        if rest.is_blank() {
            composer.area = area_of("");
            composer.files.clear();
            composer.head = None;
            composer.dirty = None;
            self.thread.clear_unread(&self.tz);
            self.go_in_thread(End::Newest);
            self.close_composer();
        } else {
            composer.rewrite(rest, now);
        }
    }
}
