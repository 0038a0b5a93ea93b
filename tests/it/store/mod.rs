//! The store, from outside.

mod apart;
mod attachments;
mod away;
mod due;
mod formats;
mod found;
pub mod kit;
pub mod mailbox;
mod mails;
mod messages;
mod pushed;
mod reach;
mod reading;
mod triage;
