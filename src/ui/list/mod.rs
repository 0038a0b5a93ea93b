//! The pane of conversations.

mod state;
pub(crate) mod view;

pub(crate) use state::{Goto, List, ROW, Unread};
