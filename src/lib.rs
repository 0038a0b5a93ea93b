//! Frontdesk: the unified support inbox that lives in the terminal.
//!
//! The map of the crate, bottom up. Who may import whom is tested in `tests/it/architecture.rs`.
//!
//! * [`domain`]: the vocabulary. Pure.
//! * [`text`]: what is done to words: sanitising, wrapping, counting, finding. Pure.
//! * [`store`]: SQLite; one writer thread, query-only readers.
//! * [`net`]: the HTTP client, rate limits, back-off, secrets.
//! * [`provider`]: the trait, the registry and one folder per vendor.
//! * [`engine`]: intake, delivery, sync, the listener, and the visitor's side of web chat.
//! * [`sandbox`]: the far ends of the providers and a cast of customers, over loopback.
//! * [`config`]: defaults, file, environment and flags.
//! * [`ui`]: model, messages, update and views of the screen. Pure.
//! * [`app`]: the composition root: the loop, the effects, the terminal.
//! * [`cli`]: the sub-commands.

pub mod app;
pub mod cli;
pub mod config;
pub mod domain;
pub mod engine;
pub mod net;
pub mod provider;
pub mod sandbox;
pub mod store;
pub mod text;
pub mod ui;
