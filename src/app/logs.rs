//! The log: to files, rotated daily, never to the screen.

use crate::app::AppError;
use std::path::Path;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;

/// How many days of log are kept.
const DAYS: usize = 7;

/// Opens the log in `dir` at `level`. It is written until the guard is dropped.
///
/// # Errors
/// When the directory or the file cannot be made.
pub fn open(dir: &Path, level: &str) -> Result<WorkerGuard, AppError> {
    crate::config::paths::private_dir(dir).map_err(|e| AppError::Other(e.to_string()))?;
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("frontdesk")
        .filename_suffix("log")
        .max_log_files(DAYS)
        .build(dir)
        .map_err(|e| AppError::Other(format!("the log in {} cannot be opened: {e}", dir.display())))?;
    let (writer, guard) = tracing_appender::non_blocking(appender);
    let filter = EnvFilter::try_new(format!("warn,frontdesk={level},net={level},twilio={level}"))
        .unwrap_or_else(|_| EnvFilter::new("info"));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(writer);
    // A second call in one process (a test) keeps the first log.
    let _ = subscriber.try_init();
    Ok(guard)
}
