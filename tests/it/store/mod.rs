//! The store, from outside.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod apart;
mod formats;
mod found;
pub mod kit;
mod messages;
mod triage;
