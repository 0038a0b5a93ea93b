//! The engine: intake, delivery, sync, listener, health. One per workspace: whoever holds the workspace's lock.

pub mod accounts;
pub mod bus;
pub mod inbox;
pub mod lanes;
