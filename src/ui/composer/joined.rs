//! A conversation turns out to be part of another one while it is on the screen: what is open moves along, and drafts of both
//! become one as soon as both are seen. No typed word is lost by that, and none is doubled.

use crate::domain::attachment::Written;
use crate::domain::command::{Action, ComposeMode};
use crate::domain::ids::ConversationId;
use crate::ui::composer::state::Composer;
use crate::ui::effect::{Need, ThreadAt};
use crate::ui::model::{Model, Purpose, Undo};
use crate::ui::msg::{Context, Level};
use crate::ui::overlay::Overlay;
use crate::ui::wanted::For;
use ratatui_textarea::{CursorMove, DataCursor};

impl Composer {
    /// Puts something before or behind what is written. The cursor stays on its letter.
    fn add(&mut self, other: Written, is_before: bool, now: i64) {
        let DataCursor(row, column) = self.area.cursor();
        let typed = self.written();
        let (lines, is_wordless) = (self.area.lines().len(), typed.text.trim().is_empty());
        self.rewrite(if is_before { other.before(typed) } else { typed.before(other) }, now);
        if is_wordless {
            return;
        }
        let above = if is_before { self.area.lines().len().saturating_sub(lines) } else { 0 };
        let place = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        self.area.move_cursor(CursorMove::Jump(place(row + above), place(column)));
    }
}

impl Model {
    /// `gone` is part of the conversation of this context by now.
    pub(crate) fn joined(&mut self, gone: ConversationId, context: Context) {
        let into = context.row.id;
        // What is on its way out or in first arrives where it was begun.
        let is_busy = |c: &Composer| c.conversation == gone && (c.sending.is_some() || c.copying > 0);
        if self.composer.as_ref().is_some_and(is_busy) {
            self.put_off = Some(Box::new((gone, context)));
            return;
        }
        let is_open = self.thread.conversation == Some(gone);
        self.rename(gone, into);
        let limit = self.first_limit(into);
        if is_open {
            self.thread.conversation = Some(into);
            self.thread.context = Some(context);
            if let Some(need) = self.thread.refresh() {
                self.load(need);
            }
            self.say(Level::Info, "this conversation is part of another one now, with all that is in it");
        } else if self.thread.wanted == Some(gone) {
            self.thread.wanted = Some(into).filter(|id| self.thread.conversation != Some(*id));
            if self.thread.wanted.is_some() {
                self.thread.stash = Some(context);
                self.load(Need::Thread { conversation: into, at: ThreadAt::Latest, limit });
            }
        }
        self.rebind(gone, into);
        self.restore_draft();
    }

    /// Takes in what was put off until something had arrived.
    pub(crate) fn joined_after_all(&mut self) {
        if let Some(put_off) = self.put_off.take() {
            let (gone, context) = *put_off;
            self.joined(gone, context);
        }
    }

    /// All that names a conversation names another one from now on.
    fn rename(&mut self, gone: ConversationId, into: ConversationId) {
        let rename = |id: &mut ConversationId| {
            if *id == gone {
                *id = into;
            }
        };
        self.list.selected.iter_mut().for_each(rename);
        self.edited.iter_mut().for_each(|(id, _)| rename(id));
        self.opened.iter_mut().for_each(|opened| rename(&mut opened.conversation));
        for step in &mut self.undo {
            match step {
                Undo::Send { conversation, .. }
                | Undo::Words { conversation, .. }
                | Undo::Note { conversation, .. } => rename(conversation),
                Undo::Back(_) | Undo::Many { .. } => {}
            }
        }
        for purpose in self.waiting.values_mut() {
            match purpose {
                Purpose::Send { conversation, .. } | Purpose::TakeBack { conversation, .. } => {
                    rename(conversation);
                }
                Purpose::Undone { conversation, .. } => conversation.iter_mut().for_each(rename),
                _ => {}
            }
        }
        for wanted in &mut self.wanted {
            if let For::Open { conversation } | For::Enclose { conversation } = &mut wanted.what_for {
                rename(conversation);
            }
        }
        for overlay in &mut self.overlays {
            if let Overlay::Doubts(doubts) = overlay {
                rename(&mut doubts.conversation);
            }
        }
        if let Some(owner) = self.known_owners.remove(&gone) {
            self.known_owners.insert(into, owner);
        }
        if let Some(since) = self.began.remove(&gone) {
            let earlier = self.began.get(&into).map_or(since, |known| since.min(*known));
            self.began.insert(into, earlier);
        }
        self.fresh.remove(&gone);
    }

    /// The open composer goes on in the other conversation, behind what was begun there.
    fn rebind(&mut self, gone: ConversationId, into: ConversationId) {
        // What is not open stands in the store, under the name that it was written under.
        for mode in [ComposeMode::Reply, ComposeMode::Note] {
            self.drafts.remove(&(gone, mode));
        }
        let now = self.now;
        let Some(mut composer) = self.composer.take_if(|c| c.conversation == gone) else { return };
        let mode = composer.mode;
        let stored = self.context(into).and_then(|context| match mode {
            ComposeMode::Reply => context.draft_reply.clone(),
            ComposeMode::Note => context.draft_note.clone(),
        });
        let own = self.drafts.get(&(into, mode)).cloned().or(stored);
        composer.conversation = into;
        composer.saved = own.clone().unwrap_or_default();
        composer.restored = true;
        if let Some(own) = own.filter(|own| !own.is_nothing()) {
            composer.add(own, true, now);
        }
        self.composer = Some(composer);
        self.taken_over(&[gone], mode);
    }

    /// Takes what was being written in conversations that are part of this one by now into the open composer.
    pub(super) fn adopt(&mut self) {
        let now = self.now;
        let Some(mut composer) = self.composer.take() else { return };
        let mode = composer.mode;
        let parts = self.context(composer.conversation).map_or(&[][..], |context| &context.draft_joined);
        let is_new = |from: ConversationId, of: ComposeMode| {
            of == mode && !self.adopted.contains(&(from, of)) && composer.sending.is_none()
        };
        let new: Vec<(ConversationId, Written)> = parts
            .iter()
            .filter(|(from, of, written)| is_new(*from, *of) && !written.is_nothing())
            .map(|(from, _, written)| (*from, written.clone()))
            .collect();
        let left: Vec<_> = parts.iter().map(|(from, of, _)| (*from, *of)).collect();
        // What the store has cleared may be written anew by another screen.
        self.adopted.retain(|known| left.contains(known));
        let from: Vec<ConversationId> = new.iter().map(|(from, _)| *from).collect();
        for (_, written) in new {
            composer.add(written, false, now);
        }
        self.composer = Some(composer);
        if !from.is_empty() {
            self.taken_over(&from, mode);
            self.say(
                Level::Info,
                "what was begun in a conversation that is part of this one now stands in the draft",
            );
        }
    }

    /// The open composer has the words of these: they are kept there first, and then leave where they were.
    fn taken_over(&mut self, from: &[ConversationId], mode: ComposeMode) {
        self.save_draft();
        for from in from {
            self.adopted.insert((*from, mode));
            let nothing = Action::Draft { conversation: *from, mode, text: Written::default() };
            self.perform(nothing, Purpose::Quiet);
        }
    }
}
