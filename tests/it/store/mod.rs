//! The store, from outside.

mod apart;
mod formats;
mod found;
pub mod kit;
mod messages;
mod reading;
mod triage;
