//! What can go wrong with a workspace's database, in words that say what to do.

use std::path::PathBuf;

/// A failure of the store. Nothing is ever half written: the transaction is the unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another process has held the write lock for longer than the busy timeout.
    #[error("the database is busy: another program has been writing for too long; try again")]
    Busy,
    /// The disk (or the quota) is full.
    #[error("the disk is full: nothing was written; make room and try again")]
    Full,
    /// The file or its directory cannot be written.
    #[error(
        "the database {} cannot be written: check the owner and the permissions of the file and its directory, or choose another place with --home DIR",
        path.display()
    )]
    ReadOnly {
        /// Which file.
        path: PathBuf,
    },
    /// The file is damaged, or no database of ours.
    #[error("the database {} cannot be read ({detail}): keep the file, and restore a backup or move it away to begin anew", path.display())]
    Corrupt {
        /// Which file.
        path: PathBuf,
        /// What SQLite says.
        detail: String,
    },
    /// The file was written by a newer Frontdesk.
    #[error(
        "the database was written by a newer Frontdesk (form {found}, this program knows {known}): install the newer version"
    )]
    Newer {
        /// The form of the file.
        found: i64,
        /// The newest form this program knows.
        known: i64,
    },
    /// Another process runs the engine of this workspace.
    #[error("another Frontdesk runs this workspace's engine")]
    Locked,
    /// There is no such thing.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// It is not allowed here and now, for this reason.
    #[error("{0}")]
    Refused(String),
    /// The store was closed.
    #[error("the database is closed")]
    Closed,
    /// The operating system refuses.
    #[error("the database cannot be used: {0}")]
    Io(String),
    /// The database refuses a statement or a value.
    #[error("the database refuses ({code}): {message}")]
    Sqlite {
        /// SQLite's extended result code.
        code: i32,
        /// SQLite's words.
        message: String,
    },
    /// A defect of this program: stored or given data that cannot be.
    #[error("internal error in the store: {0}")]
    Defect(String),
}

impl StoreError {
    /// Whether the same job would fail again with a healthy database: it is about what was to be written, not about where.
    pub fn is_about_the_data(&self) -> bool {
        match self {
            StoreError::NotFound(_)
            | StoreError::Refused(_)
            | StoreError::Sqlite { .. }
            | StoreError::Defect(_) => true,
            StoreError::Busy
            | StoreError::Full
            | StoreError::ReadOnly { .. }
            | StoreError::Corrupt { .. }
            | StoreError::Newer { .. }
            | StoreError::Locked
            | StoreError::Closed
            | StoreError::Io(_) => false,
        }
    }

    /// Whether the question was broken off because nobody wants its answer any more.
    pub fn is_interrupted(&self) -> bool {
        matches!(self, StoreError::Sqlite { code: rusqlite::ffi::SQLITE_INTERRUPT, .. })
    }

    /// The same error, naming the file it is about.
    pub(super) fn about(self, file: &std::path::Path) -> StoreError {
        match self {
            StoreError::ReadOnly { .. } => StoreError::ReadOnly { path: file.to_owned() },
            StoreError::Corrupt { detail, .. } => StoreError::Corrupt { path: file.to_owned(), detail },
            other => other,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(e: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let rusqlite::Error::SqliteFailure(code, message) = &e else {
            return StoreError::Defect(e.to_string());
        };
        let words = message.clone().unwrap_or_else(|| code.to_string());
        match code.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy,
            ErrorCode::DiskFull => StoreError::Full,
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => {
                StoreError::ReadOnly { path: PathBuf::new() }
            }
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                StoreError::Corrupt { path: PathBuf::new(), detail: words }
            }
            ErrorCode::CannotOpen | ErrorCode::SystemIoFailure | ErrorCode::OutOfMemory => {
                StoreError::Io(words)
            }
            _ => StoreError::Sqlite { code: code.extended_code, message: words },
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(e: serde_json::Error) -> Self {
        StoreError::Defect(format!("JSON: {e}"))
    }
}
