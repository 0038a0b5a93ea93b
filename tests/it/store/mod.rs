//! The store, from outside.

pub mod kit;
mod messages;
