//! Where everything lives: all together under a home, or in the platform's directories.

use crate::config::error::ConfigError;
use std::path::{Path, PathBuf};

/// The places of the configuration, the workspaces and the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The configuration file.
    pub config_file: PathBuf,
    /// The directory of the workspaces.
    pub data: PathBuf,
    /// The directory of the log files.
    pub log: PathBuf,
    /// The directory of what the program remembers of its agent's habits.
    pub state: PathBuf,
}

impl Paths {
    /// Everything under one directory: `config.toml`, `data/W/`, `log/`, `state/`.
    pub fn at_home(home: &Path) -> Paths {
        Paths {
            config_file: home.join("config.toml"),
            data: home.join("data"),
            log: home.join("log"),
            state: home.join("state"),
        }
    }

    /// The platform's directories for configuration, data and state (XDG on Linux, `~/Library` on macOS).
    ///
    /// # Errors
    /// [`ConfigError::Homeless`] if the user has no home directory.
    pub fn of_platform() -> Result<Paths, ConfigError> {
        let dirs = directories::ProjectDirs::from("", "", "frontdesk").ok_or(ConfigError::Homeless)?;
        Ok(Paths {
            config_file: dirs.config_dir().join("config.toml"),
            data: dirs.data_dir().join("data"),
            log: dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).join("log"),
            state: dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).join("state"),
        })
    }

    /// Stands where the tour has been seen.
    pub fn tour_seen(&self) -> PathBuf {
        self.state.join("tour-seen")
    }

    /// The directory of themes of one's own: `NAME.toml`.
    pub fn themes(&self) -> PathBuf {
        self.config_file.with_file_name("themes")
    }

    /// The directory of a workspace: `frontdesk.db`, `files/`, `engine.lock`, `engine.sock`.
    pub fn workspace(&self, name: &str) -> PathBuf {
        self.data.join(name)
    }

    /// The workspaces that have a directory, sorted.
    ///
    /// # Errors
    /// [`ConfigError::Io`] if the directory exists and cannot be read.
    pub fn workspaces(&self) -> Result<Vec<String>, ConfigError> {
        let entries = match std::fs::read_dir(&self.data) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(ConfigError::io("read the directory", &self.data)(e)),
        };
        let mut names: Vec<String> = entries
            .filter_map(Result::ok)
            .filter(|e| e.path().is_dir())
            .filter_map(|e| e.file_name().into_string().ok())
            .filter(|n| crate::config::names::check_name(n).is_ok())
            .collect();
        names.sort();
        Ok(names)
    }
}

/// Makes a directory that only its owner can enter, with its parents.
///
/// # Errors
/// [`ConfigError::Io`] if it cannot be made.
pub fn private_dir(path: &Path) -> Result<(), ConfigError> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(ConfigError::io("make the directory", path))
}
