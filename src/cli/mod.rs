//! The sub-commands: every command that a key can do, a script can do.
