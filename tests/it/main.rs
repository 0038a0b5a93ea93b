//! Integration tests.
mod query;
mod text;

mod laws;
mod store;
