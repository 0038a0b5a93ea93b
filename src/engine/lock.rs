//! One engine per workspace: whoever holds the lock on `engine.lock` performs ops.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

/// The lock of a workspace, held while this lives. The kernel frees it with the process, however that ends.
#[derive(Debug)]
pub struct EngineLock {
    _file: File,
}

/// The lock file of a workspace directory.
pub fn path(workspace: &Path) -> PathBuf {
    workspace.join("engine.lock")
}

/// Tries to become the engine of a workspace. `None` if another process is.
///
/// # Errors
/// When the lock file cannot be made or locked at all.
pub fn try_acquire(workspace: &Path) -> io::Result<Option<EngineLock>> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path(workspace))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(e)) => return Err(e),
    }
    // For people who look: the kernel's lock is what counts, not this number.
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())?;
    Ok(Some(EngineLock { _file: file }))
}

/// Whether some process is the engine of a workspace now.
pub fn is_held(workspace: &Path) -> bool {
    match OpenOptions::new().read(true).write(true).open(path(workspace)) {
        Ok(file) => matches!(file.try_lock(), Err(TryLockError::WouldBlock)),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!is_held(dir.path()));
        let first = try_acquire(dir.path()).unwrap();
        assert!(first.is_some());
        assert!(is_held(dir.path()));
        assert!(try_acquire(dir.path()).unwrap().is_none());
        drop(first);
        assert!(try_acquire(dir.path()).unwrap().is_some());
    }
}
