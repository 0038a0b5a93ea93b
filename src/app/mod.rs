//! The composition root: the loop, the effects, the terminal, start-up.
//!
//! [`tui`] is the screen, [`serve`] the engine alone, [`demo`] both over a throw-away workspace with a cast of customers.

pub mod accounts;
pub mod error;
pub mod frames;
pub mod host;
pub mod input;
pub mod logs;
pub mod serve;
pub mod terminal;
pub mod workspace;

pub use error::AppError;
