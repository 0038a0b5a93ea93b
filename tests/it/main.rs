//! Integration tests.
mod text;

mod laws;
mod store;
