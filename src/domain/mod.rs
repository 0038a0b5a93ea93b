//! The vocabulary of Frontdesk: pure types and rules, without I/O, time source or screen.
//!
//! Everything else may import this module; it imports nothing of ours.

pub mod account;
pub mod attachment;
pub mod availability;
pub mod capability;
pub mod change;
pub mod clock;
pub mod command;
pub mod contact;
pub mod conversation;
pub mod delivery;
pub mod event;
pub mod facet;
pub mod failure;
pub mod hours;
pub mod ids;
pub mod mail;
pub mod message;
pub mod notify;
pub mod op;
pub mod order;
pub mod query;
pub mod quick_reply;
pub mod reach;
pub mod rebase;
pub mod rev;
pub mod row;
pub mod secret;
pub mod secret_source;
pub mod setting;
pub mod signal;
pub mod sla;
pub mod spam;
