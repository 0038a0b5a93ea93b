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
