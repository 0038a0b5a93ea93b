//! Integration tests.
mod text;
mod query;

mod store;
