//! The pane of conversations.

mod marks;
mod state;
pub(crate) mod view;

pub(crate) use marks::Marks;
pub(crate) use state::{Goto, List, ROW, Unread};
