//! What is wrong with the configuration: where, what, and what to write instead. All problems at once.

use crate::text::place::trouble;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Built in.
    Default,
    /// A file.
    File {
        /// Which.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
    },
    /// An environment variable.
    Env(String),
    /// A flag of the command line.
    Flag(&'static str),
}

impl Place {
    /// The place at a byte offset of a file's text.
    pub fn in_file(path: &Path, text: &str, offset: usize) -> Place {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        Place::File { path: path.to_owned(), line, column }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Default => f.write_str("built in"),
            Place::File { path, line, column } => write!(f, "{}:{line}:{column}", path.display()),
            Place::Env(name) => write!(f, "environment variable {name}"),
            Place::Flag(flag) => f.write_str(flag),
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What.
    pub what: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem with a hint.
    pub fn new(place: Place, what: impl Into<String>, hint: impl Into<String>) -> Problem {
        Problem { place, what: what.into(), hint: Some(hint.into()) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// What is written is wrong.
    #[error("{}", .0.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"))]
    Wrong(Vec<Problem>),
    /// A file or directory cannot be used.
    #[error("{}", trouble(tried, path, why))]
    Io {
        /// What was to be done with it: `read`, `make the directory`.
        tried: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        why: std::io::Error,
    },
    /// No home directory is known.
    #[error("no home directory is known on this machine: name a place with --home DIR or FRONTDESK_HOME")]
    Homeless,
    /// The change asked for makes no sense.
    #[error("{0}")]
    Refused(String),
    /// There is no such thing to change.
    #[error("{0}")]
    NotFound(String),
}

impl ConfigError {
    /// Wraps an I/O error with what was tried, and the path.
    pub fn io(tried: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> ConfigError {
        move |why| ConfigError::Io { tried, path: path.to_owned(), why }
    }
}
