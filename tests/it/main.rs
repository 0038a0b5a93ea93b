//! Integration tests.
mod text;

mod screens;
mod ui_laws;
