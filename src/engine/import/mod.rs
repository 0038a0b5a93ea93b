//! Files become events.
