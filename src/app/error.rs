//! Why the program cannot go on, in words for the person who started it.

use crate::store::StoreError;

/// Why the program cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The store.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// Another process is the engine of this workspace.
    #[error(
        "another Frontdesk already runs the engine of workspace \u{201c}{0}\u{201d}: stop it first, or use the commands, which work beside it"
    )]
    Held(String),
    /// The listener's port.
    #[error(
        "cannot listen on {address}: {why}. Choose another with `--listen ADDR:PORT` or `listen` in the configuration"
    )]
    Listen {
        /// What was to be bound.
        address: String,
        /// Why not.
        why: String,
    },
    /// Something of the operating system.
    #[error("{what}: {why}")]
    Io {
        /// What was tried.
        what: String,
        /// What it said.
        why: std::io::Error,
    },
    /// It needs a terminal.
    #[error("the screen needs a terminal: use the commands (`frontdesk help`) in scripts")]
    NoTerminal,
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
}

impl AppError {
    /// An error of the operating system.
    pub fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> AppError {
        let what = what.into();
        move |why| AppError::Io { what, why }
    }
}
