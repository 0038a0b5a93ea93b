//! The store, from outside.

mod apart;
mod formats;
pub mod kit;
mod messages;
mod triage;
