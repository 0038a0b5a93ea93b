//! Lowers what a person invokes to ops and local changes, the same for key, command line and macro.
