//! The far ends of the providers, in process, over loopback: for the demo, tests and benches.
//!
//! Nothing here shares code with the adapters: the wire shapes, the signing, the use of HTTP, IMAP and SMTP are its own,
//! so that one mistake cannot hide at both ends.

mod answer;
pub mod cast;
mod conn;
mod far;
pub mod history;
mod http;
pub mod letter;
pub mod mailbox;
pub mod random;
pub mod resend;
pub mod sendgrid;
pub mod ses;
pub mod twilio;
pub mod visitor;
