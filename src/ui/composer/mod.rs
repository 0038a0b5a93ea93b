//! The text field below a thread: bound to one conversation, and clear about who will read it.

mod begin;
mod draft;
mod expand;
mod face;
mod files;
pub(crate) mod head;
mod head_view;
mod joined;
mod mail;
mod preview;
mod send;
mod state;
pub(crate) mod view;

pub(crate) use begin::{Beginning, Carried};
pub(crate) use expand::{Asking, Insertion};
/// A name is cut to no fewer cells than this: it rather goes.
const NAME: u16 = 6;

pub(crate) use send::{Doubts, Sending, Then};

pub(crate) use state::{Composer, REST, attachable, refusal};
