//! Integration tests.
mod sandbox;
mod text;
