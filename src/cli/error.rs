//! Why a command did not do what was asked, with the exit code that scripts see.

use crate::app::AppError;
use crate::app::api::{KeepError, StoreError};
use crate::config::{ConfigError, Place};
use std::process::ExitCode;

/// The exit codes besides 0 (done).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It went wrong.
    Failure = 1,
    /// It was asked for in a way that makes no sense.
    Usage = 2,
    /// There is no such thing.
    NotFound = 3,
    /// It is not allowed here and now.
    Refused = 4,
    /// The database or a lock.
    Store = 5,
    /// `--wait` ran out.
    WaitRanOut = 6,
}

/// Why a command did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CliError {
    /// What scripts see.
    pub exit: Exit,
    /// What people see.
    pub message: String,
    /// Nobody reads the output any more: end without a word, as every filter does.
    pub quiet: bool,
}

impl CliError {
    /// An error of one kind.
    pub fn new(exit: Exit, message: impl Into<String>) -> CliError {
        CliError { exit, message: message.into(), quiet: false }
    }

    /// It went wrong.
    pub fn failure(message: impl Into<String>) -> CliError {
        CliError::new(Exit::Failure, message)
    }

    /// It was asked for in a way that makes no sense.
    pub fn usage(message: impl Into<String>) -> CliError {
        CliError::new(Exit::Usage, message)
    }

    /// There is no such thing.
    pub fn not_found(message: impl Into<String>) -> CliError {
        CliError::new(Exit::NotFound, message)
    }

    /// It is not allowed here and now.
    pub fn refused(message: impl Into<String>) -> CliError {
        CliError::new(Exit::Refused, message)
    }

    /// The process's exit code.
    pub fn code(&self) -> ExitCode {
        if self.quiet { ExitCode::SUCCESS } else { ExitCode::from(self.exit as u8) }
    }
}

impl From<StoreError> for CliError {
    fn from(e: StoreError) -> Self {
        let exit = match &e {
            StoreError::NotFound(_) => Exit::NotFound,
            StoreError::Refused(_) => Exit::Refused,
            _ => Exit::Store,
        };
        CliError::new(exit, e.to_string())
    }
}

impl From<KeepError> for CliError {
    fn from(e: KeepError) -> Self {
        let exit = match &e {
            KeepError::Missing(_) => Exit::NotFound,
            KeepError::Refused(_) => Exit::Refused,
            KeepError::Io(_) => Exit::Failure,
        };
        CliError::new(exit, e.to_string())
    }
}

impl From<AppError> for CliError {
    fn from(e: AppError) -> Self {
        match e {
            AppError::Store(e) => e.into(),
            AppError::Held(_) => CliError::new(Exit::Store, e.to_string()),
            AppError::NoTerminal => CliError::usage(e.to_string()),
            _ => CliError::failure(e.to_string()),
        }
    }
}

impl From<ConfigError> for CliError {
    fn from(e: ConfigError) -> Self {
        let exit = match &e {
            ConfigError::Wrong(all) if all.iter().all(|p| matches!(p.place, Place::Flag(_))) => Exit::Usage,
            ConfigError::Refused(_) => Exit::Refused,
            ConfigError::NotFound(_) => Exit::NotFound,
            ConfigError::Wrong(_) | ConfigError::Io { .. } | ConfigError::Homeless => Exit::Failure,
        };
        CliError::new(exit, e.to_string())
    }
}

impl From<std::io::Error> for CliError {
    fn from(e: std::io::Error) -> Self {
        let quiet = e.kind() == std::io::ErrorKind::BrokenPipe;
        CliError { quiet, ..CliError::failure(e.to_string()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_exit_code() {
        let code = |e: CliError| e.exit as u8;
        assert_eq!(code(StoreError::NotFound("conversation").into()), 3);
        assert_eq!(code(StoreError::Refused("no".into()).into()), 4);
        assert_eq!(code(StoreError::Busy.into()), 5);
        assert_eq!(code(AppError::Held("main".into()).into()), 5);
        assert_eq!(code(ConfigError::NotFound("x".into()).into()), 3);
        assert_eq!(code(ConfigError::Homeless.into()), 1);
        assert!(CliError::from(std::io::Error::from(std::io::ErrorKind::BrokenPipe)).quiet);
    }
}
