//! The engine: intake, delivery, sync, listener, health.
