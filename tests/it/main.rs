//! Integration tests: one binary, a module a subject.

mod architecture;
mod config;
mod crash;
mod end_to_end;
mod journeys;
mod query;
mod sandbox;
mod support;
mod text;
mod webchat;
//! Integration tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

mod conformance;
mod far_end;
mod text;
mod twilio;
mod twilio_contract;
mod twilio_pull;
