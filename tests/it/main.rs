//! Integration tests.
mod conformance;
mod far_end;
mod text;
mod twilio;
mod twilio_contract;
