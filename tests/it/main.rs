//! Integration tests.
mod architecture;
mod config;
mod query;
mod text;
mod webchat;
