//! The log: to files, never to the screen.

use crate::app::AppError;
use crate::app::log_file::LogFiles;
use crate::domain::clock::SystemClock;
use std::path::Path;
use std::sync::Arc;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;

/// How many files are kept: with quiet days, a week.
pub(crate) const KEEP: usize = 8;
/// A file is full with this many bytes.
pub(crate) const LARGEST: u64 = 8 * 1024 * 1024;

/// Opens the log in `dir` at `level`. It is written until the guard is dropped.
///
/// # Errors
/// When the directory or the file cannot be made.
pub fn open(dir: &Path, level: &str) -> Result<WorkerGuard, AppError> {
    crate::config::paths::private_dir(dir).map_err(|e| AppError::Other(e.to_string()))?;
    let files = LogFiles::open(dir, Arc::new(SystemClock), LARGEST, KEEP)
        .map_err(|e| AppError::Other(format!("the log in {} cannot be opened: {e}", dir.display())))?;
    let (writer, guard) = tracing_appender::non_blocking(files);
    let filter = EnvFilter::try_new(format!("warn,frontdesk={level},net={level},twilio={level}"))
        .unwrap_or_else(|_| EnvFilter::new("info"));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(writer);
    // A second call in one process (a test) keeps the first log.
    let _ = subscriber.try_init();
    Ok(guard)
}
