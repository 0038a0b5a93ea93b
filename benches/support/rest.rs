//! A workspace at rest, and warm.

use rusqlite::Connection;
use std::fs::File;
use std::path::Path;
use std::time::Duration;

/// Waits until the writer has merged what an import left, and reads the file once: benches begin as after a quiet moment.
pub fn rest(workspace: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let db = Connection::open(workspace.join("frontdesk.db"))?;
    let version = || db.query_row("PRAGMA data_version", [], |r| r.get::<_, i64>(0));
    let mut last = version()?;
    loop {
        std::thread::sleep(Duration::from_millis(300));
        let now = version()?;
        if now == last {
            break;
        }
        last = now;
    }
    // Both sides of a bench find the file in the system's cache, whoever reads it first.
    std::io::copy(&mut File::open(workspace.join("frontdesk.db"))?, &mut std::io::sink())?;
    Ok(())
}
