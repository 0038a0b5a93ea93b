//! Integration tests.
mod text;
mod query;

mod laws;
mod store;
