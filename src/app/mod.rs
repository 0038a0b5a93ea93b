//! The composition root: the loop, the effects, the terminal, start-up.
//!
//! [`tui`] is the screen, [`serve`] the engine alone, [`demo`] both over a throw-away workspace with a cast of customers.

pub mod accounts;
pub mod api;
pub mod bulk;
mod call;
pub mod canvas;
pub mod channel;
pub mod demo;
pub mod effects;
pub mod error;
pub mod files;
pub mod frames;
pub mod host;
pub mod input;
pub mod loader;
mod log_file;
pub mod logs;
pub mod macros;
pub mod probe;
pub mod reload;
mod scribe;
pub mod serve;
pub mod setup;
pub mod startup;
pub mod station;
pub mod terminal;
pub mod tui;
pub mod workspace;

pub use error::AppError;
