//! The store, from outside.

mod kit;
mod messages;
