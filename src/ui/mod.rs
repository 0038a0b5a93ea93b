//! The screen: model, messages, update, views. Pure: no I/O, no clock, no async; [`app`](crate::app) runs it.
//!
//! The loop of `app`:
//!
//! 1. [`start`] makes the model and the first effects.
//! 2. For every batch of messages: first [`Msg::Tick`] with the time, then each through [`update`]; all effects are
//!    performed in order. `Changed` is one message however many commits there were.
//! 3. [`prepare`] with the terminal's size (it lays out and caches), then [`draw`] in one frame.
//! 4. Sleep until the next message or [`wake_at`], where `Tick` is sent and a frame drawn.

mod about;
mod ahead;
pub mod command;
mod composer;
mod done;
mod draw;
mod due;
pub mod effect;
pub mod guide;
mod hints;
pub mod icons;
mod input;
pub mod key;
pub mod keymap;
mod layout;
mod list;
mod model;
mod mouse;
pub mod msg;
mod notify;
mod overlay;
mod paint;
pub mod reading;
mod reconfigure;
pub mod setup;
mod sidebar;
pub mod startup;
mod steps;
pub mod theme;
mod thread;
mod title;
mod tour;
mod update;
mod wanted;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

pub use command::command_reference;
pub use draw::{draw, prepare};
pub use effect::{AttachTo, Effect, ListSource, Need, ThreadAt, Ticket};
pub use key::{Key, keys};
pub use keymap::Keymap;
pub use model::{Focus, Model};
pub use msg::{Context, EngineState, EngineStatus, FileEntry, Found, Level, Loaded, Mouse, MouseKind, Msg};
pub use reading::ReadPolicy;
pub use startup::{Colors, Comfort, RawBinding, Startup};
pub use theme::{ThemeFile, Themes};
pub use update::{update, wake_at};

use crate::domain::ids::{AgentId, ConversationId};
use crate::domain::row::{AccountRow, View};

/// The model at start, and what to read first. Keys of the configuration that cannot be understood become a notice.
pub fn start(startup: Startup) -> (Model, Vec<Effect>) {
    let mut model = Model::new(startup);
    let effects = std::mem::take(&mut model.out);
    (model, effects)
}

/// The views whose counts the sidebar shows: the fixed ones, each medium that an account carries, each account, each label.
pub fn sidebar_views(me: AgentId, has_due: bool, accounts: &[AccountRow], labels: &[String]) -> Vec<View> {
    sidebar::views(me, has_due, accounts, labels)
}

/// Why keys of the configuration cannot be used, each with file and line.
pub fn key_errors(keys: &[RawBinding]) -> Vec<String> {
    Keymap::new(keys).1
}

/// What is wrong with macros of the configuration, each with its place.
pub fn macro_errors(macros: &[startup::Macro]) -> Vec<String> {
    command::give::macro_errors(macros)
}

impl Model {
    /// The conversation whose thread is shown.
    pub fn shown(&self) -> Option<ConversationId> {
        self.thread.conversation
    }

    /// The conversation that is selected in the list.
    pub fn selected(&self) -> Option<ConversationId> {
        self.list.selected
    }

    /// Which pane has the keys.
    pub fn focus(&self) -> Focus {
        self.focus
    }

    /// Whether the terminal has the focus, as far as it tells.
    pub fn is_attended(&self) -> bool {
        self.attended
    }

    /// Whether nothing is awaited from outside: no window, no answer to an action.
    pub fn is_idle(&self) -> bool {
        !self.list.asked && !self.thread.asked && self.thread.wanted.is_none() && self.waiting.is_empty()
    }

    /// Paints with a theme of the caller's: for tests and pictures.
    pub fn set_theme(&mut self, theme: theme::Theme) {
        self.theme = theme;
    }
}
