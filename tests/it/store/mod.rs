//! The store, from outside.

mod apart;
mod attachments;
mod away;
mod chosen;
mod due;
mod formats;
mod found;
mod joined;
pub mod kit;
pub mod mailbox;
mod mails;
mod messages;
mod pushed;
mod reach;
mod reading;
mod triage;
