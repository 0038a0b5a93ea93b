//! Integration tests.
mod text;

mod store;
