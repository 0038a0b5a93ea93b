//! The far ends of the providers, in process, over loopback HTTP: for the demo, tests and benches.
//!
//! Nothing here shares code with the adapters: the wire shapes, the signing and the HTTP use are its own,
//! so that one mistake cannot hide at both ends.

pub mod cast;
mod conn;
pub mod history;
mod http;
pub mod letter;
pub mod mailbox;
pub mod random;
pub mod sendgrid;
pub mod twilio;
pub mod visitor;
