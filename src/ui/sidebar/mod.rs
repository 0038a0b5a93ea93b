//! The pane of views, channels, accounts and labels.

mod state;
pub(crate) mod view;

pub(crate) use state::{Entry, Sidebar, health_glyph, health_word, view_title, views};
