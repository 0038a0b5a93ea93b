//! Integration tests.
mod architecture;
mod cli;
mod config;
mod dependencies;
mod keyring;
mod text;
