//! The screen: model, messages, update, views. Pure: no I/O, no clock, no async; [`app`](crate::app) runs it.
//!
//! The loop of `app`:
//!
//! 1. [`start`] makes the model and the first effects.
//! 2. For every batch of messages: first [`Msg::Tick`](msg::Msg::Tick) with the time, then each through [`update`];
//!    all effects are performed in order. `Changed` is one message however many commits there were.
//! 3. [`prepare`] with the terminal's size (it lays out and caches), then [`draw`] in one frame.
//! 4. Sleep until the next message or [`wake_at`], where `Tick` is sent and a frame drawn.

pub mod effect;
pub mod key;
pub mod msg;
pub mod startup;

pub use effect::{Effect, ListSource, Need, ThreadAt, Ticket};
pub use key::{Key, keys};
pub use msg::{Context, EngineState, EngineStatus, Found, Level, Loaded, Msg};
pub use startup::{Colors, RawBinding, Startup, ThemeChoice};

use crate::domain::clock::Ms;
use crate::domain::ids::AgentId;
use crate::domain::row::{AccountRow, View};
use ratatui::Frame;
use ratatui::layout::Size;

/// Everything that the screen knows.
#[derive(Debug)]
pub struct Model;

/// The model at start, and what to read first. Keys of the configuration that cannot be understood become warnings.
pub fn start(_startup: Startup) -> (Model, Vec<Effect>) {
    (Model, Vec::new())
}

/// Takes in a message and says what is to be done about it.
pub fn update(_model: &mut Model, _msg: Msg) -> Vec<Effect> {
    Vec::new()
}

/// Lays out for this size and fills the caches that [`draw`] reads. Cheap when nothing has changed.
pub fn prepare(_model: &mut Model, _size: Size) {}

/// Paints. Changes nothing.
pub fn draw(_model: &Model, _frame: &mut Frame<'_>) {}

/// The next moment at which the screen changes by itself (a countdown, the minute, a draft to be saved), UTC milliseconds.
pub fn wake_at(_model: &Model) -> Option<Ms> {
    None
}

/// The views whose counts the sidebar shows: the fixed ones, each medium that an account carries, each account, each label.
pub fn sidebar_views(_me: AgentId, _accounts: &[AccountRow], _labels: &[String]) -> Vec<View> {
    Vec::new()
}

/// Why keys of the configuration cannot be used, each with file and line.
pub fn key_errors(_keys: &[RawBinding]) -> Vec<String> {
    Vec::new()
}

/// The reference of all commands and their keys, as Markdown. Generated into `docs/`.
pub fn command_reference() -> String {
    String::new()
}
