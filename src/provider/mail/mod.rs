//! What all adapters of e-mail share: who we are, how a mail that was read becomes facts, and how what an agent says becomes a mail.
//!
//! An adapter fetches or is called with a mail, has `text::mail::parse` read it, and gives the result to [`fact::events`]; what is
//! to be sent it takes from [`send`]. Only how bytes come and go is its own.

pub mod bounce;
pub mod enclosed;
pub mod fact;
pub mod own;
pub mod passed;
pub mod pieces;
pub mod send;
pub mod settings;
mod whose;
