//! Integration tests.
mod text;
