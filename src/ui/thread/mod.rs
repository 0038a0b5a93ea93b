//! The pane of messages.

pub(crate) mod block;
mod mail;
mod state;
pub(crate) mod view;
pub(crate) mod words;

pub(crate) use state::{End, Thread};
