//! A workspace at rest.

use rusqlite::Connection;
use std::path::Path;
use std::time::Duration;

/// Waits until the writer has merged what an import left: benches begin on a file as it is after a quiet moment.
pub fn rest(workspace: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let db = Connection::open(workspace.join("frontdesk.db"))?;
    let version = || db.query_row("PRAGMA data_version", [], |r| r.get::<_, i64>(0));
    let mut last = version()?;
    loop {
        std::thread::sleep(Duration::from_millis(300));
        let now = version()?;
        if now == last {
            return Ok(());
        }
        last = now;
    }
}
