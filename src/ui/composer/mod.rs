//! The text field below a thread: bound to one conversation, and clear about who will read it.

mod face;
mod state;
pub(crate) mod view;

pub(crate) use state::{Composer, REST, refusal};
