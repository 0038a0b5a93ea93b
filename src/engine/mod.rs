//! The engine: intake, delivery, sync, listener, health.

pub mod import;
