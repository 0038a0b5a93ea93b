//! Integration tests.
mod architecture;
mod config;
mod text;
mod query;
