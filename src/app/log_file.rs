//! The files of the log: a new one with each day (UTC) and whenever one is full. The oldest go, so that a log never fills a disk.
//!
//! Several processes may write at once: each appends whole lines to the newest file, and none is ever renamed.

use crate::domain::clock::{Clock, Ms};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A log in a directory.
pub struct LogFiles {
    dir: PathBuf,
    clock: Arc<dyn Clock>,
    /// A file is full with this many bytes.
    largest: u64,
    /// So many files are kept.
    keep: usize,
    open: (Name, File),
}

/// What a file is called after: the day, and how many were full on it before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    day: String,
    number: u32,
}

impl Name {
    fn of(day: String, number: u32) -> Name {
        Name { day, number }
    }

    /// Reads a file's name; none = it is not of the log.
    fn read(name: &str) -> Option<Name> {
        let inner = name.strip_prefix("frontdesk.")?.strip_suffix(".log")?;
        let (day, number) = match inner.split_once('.') {
            None => (inner, 0),
            Some((day, number)) => (day, number.parse().ok()?),
        };
        day.parse::<jiff::civil::Date>().ok()?;
        Some(Name::of(day.to_owned(), number))
    }

    fn path(&self, dir: &Path) -> PathBuf {
        let Name { day, number } = self;
        dir.join(if *number == 0 {
            format!("frontdesk.{day}.log")
        } else {
            format!("frontdesk.{day}.{number}.log")
        })
    }
}

impl LogFiles {
    /// Goes on with the newest file of today, or begins one.
    ///
    /// # Errors
    /// When the directory cannot be read, or the file not be opened.
    pub fn open(dir: &Path, clock: Arc<dyn Clock>, largest: u64, keep: usize) -> io::Result<LogFiles> {
        let today = day(clock.now());
        let newest = all(dir)?.into_iter().filter(|name| name.day == today).max();
        let name = newest.unwrap_or(Name::of(today, 0));
        let file = append(&name.path(dir))?;
        let log = LogFiles { dir: dir.to_owned(), clock, largest, keep, open: (name, file) };
        log.clear()?;
        Ok(log)
    }

    /// Sees to it that what comes has a file to go to.
    fn turn(&mut self, coming: usize) -> io::Result<()> {
        let today = day(self.clock.now());
        loop {
            let (name, file) = &self.open;
            // Asked of the file: others write to it as well.
            let length = file.metadata()?.len();
            let full = length > 0 && length.saturating_add(coming as u64) > self.largest;
            let next = match (name.day == today, full) {
                (true, false) => return Ok(()),
                (true, true) => Name::of(today.clone(), name.number.saturating_add(1)),
                (false, _) => Name::of(today.clone(), 0),
            };
            let file = append(&next.path(&self.dir))?;
            self.open = (next, file);
            self.clear()?;
        }
    }

    /// Removes all but the newest files, by their names. The one in use stays: a clock may have been set back.
    fn clear(&self) -> io::Result<()> {
        let mut names = all(&self.dir)?;
        names.sort();
        for name in names.iter().rev().skip(self.keep).filter(|name| **name != self.open.0) {
            match std::fs::remove_file(name.path(&self.dir)) {
                // Another process was faster.
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                result => result?,
            }
        }
        Ok(())
    }
}

impl Write for LogFiles {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.turn(bytes.len())?;
        // In one piece: lines of several processes do not mix.
        self.open.1.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.open.1.flush()
    }
}

/// The files of the log in a directory.
fn all(dir: &Path) -> io::Result<Vec<Name>> {
    let entries = std::fs::read_dir(dir)?;
    Ok(entries.filter_map(|e| Name::read(e.ok()?.file_name().to_str()?)).collect())
}

fn append(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

/// The day in UTC.
fn day(now: Ms) -> String {
    let at = jiff::Timestamp::from_millisecond(now).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::ManualClock;

    /// 2026-11-18T11:06:40Z.
    const NOW: Ms = 1_795_000_000_000;
    const DAY: Ms = 86_400_000;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_day_or_a_full_file_begins_a_new_one_and_the_oldest_go() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(NOW));
        std::fs::write(dir.path().join("notes.txt"), "not ours").unwrap();
        std::fs::write(dir.path().join("frontdesk.2020-01-01.log"), "of a former version").unwrap();
        let mut log = LogFiles::open(dir.path(), clock.clone(), 20, 3).unwrap();
        let mut other = LogFiles::open(dir.path(), clock.clone(), 20, 3).unwrap();
        log.write_all(b"eight...").unwrap();
        other.write_all(b"sixteen.").unwrap();
        log.write_all(b"too many").unwrap();
        assert_eq!(
            names(dir.path()),
            [
                "frontdesk.2020-01-01.log",
                "frontdesk.2026-11-18.1.log",
                "frontdesk.2026-11-18.log",
                "notes.txt"
            ]
        );
        let text = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
        assert_eq!(text("frontdesk.2026-11-18.log"), "eight...sixteen.");
        assert_eq!(text("frontdesk.2026-11-18.1.log"), "too many");
        other.write_all(b"the same").unwrap();
        assert_eq!(text("frontdesk.2026-11-18.1.log"), "too manythe same", "the other one follows");
        log.write_all(b"longer than a file may be").unwrap();
        assert_eq!(text("frontdesk.2026-11-18.2.log"), "longer than a file may be", "never cut");
        clock.set(NOW + DAY);
        log.write_all(b"tomorrow").unwrap();
        assert_eq!(
            names(dir.path()),
            [
                "frontdesk.2026-11-18.1.log",
                "frontdesk.2026-11-18.2.log",
                "frontdesk.2026-11-19.log",
                "notes.txt"
            ]
        );
        drop(log);
        let mut again = LogFiles::open(dir.path(), clock, 20, 3).unwrap();
        again.write_all(b" again").unwrap();
        assert_eq!(text("frontdesk.2026-11-19.log"), "tomorrow again");
    }

    #[test]
    fn the_reference_says_how_large_the_log_gets() {
        let help = crate::config::keys::key("log_level").unwrap().help;
        let (keep, largest) = (crate::app::logs::KEEP, crate::app::logs::LARGEST / 1024 / 1024);
        assert!(help.contains(&format!("{keep} files of {largest} MiB")), "{help}");
    }
}
