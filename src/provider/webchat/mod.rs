//! Web chat: our own channel. Truth is local.
