//! Integration tests.
mod text;
mod query;
