//! Files that are wanted and not here yet: asked for, and gone on with by itself once they are here.

use crate::domain::command::{Action, ComposeMode};
use crate::domain::ids::{AttachmentId, ConversationId};
use crate::domain::row::{AttachmentRow, Fetch};
use crate::ui::effect::{AttachTo, Effect, Need};
use crate::ui::model::{Model, Purpose};
use crate::ui::msg::{EngineState, Level};

/// A file that is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) file: AttachmentId,
    pub(crate) name: String,
    pub(crate) what_for: For,
}

/// What becomes of a file once it is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum For {
    /// It is opened, if its thread is still shown.
    Open { conversation: ConversationId },
    /// It is copied out.
    Save { to: Option<String> },
    /// It goes along with what is written there.
    Enclose { conversation: ConversationId },
}

impl Model {
    /// Has a file fetched, to go on with it then.
    pub(crate) fn want(&mut self, file: &AttachmentRow, what_for: For) {
        let (id, name) = (file.id, file.name.clone());
        self.wanted.retain(|w| (w.file, &w.what_for) != (id, &what_for));
        self.wanted.push(Wanted { file: id, name: name.clone(), what_for });
        self.perform(Action::Fetch { attachment: id }, Purpose::Fetch { file: id });
        let is_alone = matches!(self.status.engine, EngineState::Offline);
        let then = if is_alone { "asked for: it comes once the engine runs" } else { "being fetched" };
        self.say(Level::Info, format!("{name} is {then}"));
    }

    /// The names of files that are waited for to go along with what is written in a conversation.
    pub(crate) fn awaited(&self, conversation: ConversationId) -> Vec<&Wanted> {
        let goes = For::Enclose { conversation };
        self.wanted.iter().filter(|w| w.what_for == goes).collect()
    }

    /// A file is not waited for any more.
    pub(crate) fn forgo(&mut self, file: AttachmentId, conversation: ConversationId) {
        let goes = For::Enclose { conversation };
        self.wanted.retain(|w| w.file != file || w.what_for != goes);
    }

    /// Looks whether what is waited for is here.
    pub(crate) fn look_for_wanted(&mut self) {
        let mut files: Vec<AttachmentId> = self.wanted.iter().map(|w| w.file).collect();
        files.sort();
        files.dedup();
        if !files.is_empty() {
            self.load_soon(Need::Files { files });
        }
    }

    /// A file was asked for, or could not be.
    pub(crate) fn fetch_asked(&mut self, file: AttachmentId, result: Result<(), String>) {
        match result {
            Ok(()) => self.look_for_wanted(),
            Err(why) => {
                self.wanted.retain(|w| w.file != file);
                self.say(Level::Error, why);
            }
        }
    }

    /// How the files are that are waited for: goes on with those that are here.
    pub(crate) fn files_came(&mut self, rows: &[AttachmentRow]) {
        let mut along: Vec<(ConversationId, AttachmentId)> = Vec::new();
        for wanted in std::mem::take(&mut self.wanted) {
            let Some(row) = rows.iter().find(|row| row.id == wanted.file) else {
                // It was asked for later than these were read.
                self.wanted.push(wanted);
                continue;
            };
            let name = &row.name;
            match (&row.path, &row.error, wanted.what_for.clone()) {
                (Some(_), _, For::Open { conversation })
                    if self.thread.conversation == Some(conversation) =>
                {
                    self.out.push(Effect::OpenAttachment(row.id));
                }
                (Some(_), _, For::Open { .. }) => self.say(Level::Good, format!("{name} is here now")),
                (Some(_), _, For::Save { to }) => self.out.push(Effect::SaveAttachment { id: row.id, to }),
                (Some(_), _, For::Enclose { conversation }) => along.push((conversation, row.id)),
                (None, Some(why), _) if row.fetch != Fetch::Due => {
                    self.say(Level::Error, format!("{name} could not be fetched: {why}"));
                }
                (None, None, _) if row.fetch == Fetch::No => {
                    self.say(Level::Error, format!("{name} cannot be fetched any more"));
                }
                (None, ..) => self.wanted.push(wanted),
            }
        }
        let mode = ComposeMode::Reply;
        for (conversation, file) in along {
            if let Some(composer) = self.composer.as_mut().filter(|c| c.is_of(conversation, mode)) {
                composer.copying += 1;
            }
            self.out.push(Effect::Enclose { to: AttachTo::Draft { conversation, mode }, files: vec![file] });
        }
    }
}
