//! Integration tests: one binary, a module a subject.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "helpers of tests fail as tests do, and say why; clippy.toml speaks of test functions alone"
)]

mod answering;
mod architecture;
mod attachments;
mod browser;
mod cli;
mod config;
mod conformance;
mod crash;
mod dependencies;
mod desktop;
mod end_to_end;
mod far_end;
mod guards;
mod hold;
mod imap;
mod import;
mod journeys;
mod keyring;
mod mail_corpus;
mod mail_formatting;
mod query;
mod real;
mod resend;
mod resend_journey;
mod resend_pull;
mod sandbox;
mod sendgrid;
mod sendgrid_contract;
mod sendgrid_journey;
mod ses;
mod ses_bucket;
mod ses_journey;
mod setup_journey;
mod support;
mod text;
mod triage_journey;
mod twilio;
mod twilio_contract;
mod twilio_pull;
mod webchat;

mod laws;
mod store;

mod screens;
mod ui_laws;
