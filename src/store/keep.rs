//! Keeps files: those of ours, copied into the workspace when they are added, and those that came along with a message. All are named
//! by their content.

use crate::domain::attachment::{CAME, Enclosure, LARGEST, OWN, bytes};
use crate::store::Store;
use crate::store::error::StoreError;
use crate::text::file_kind;
use crate::text::sanitize::file_name;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

/// Why a file was not kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeepError {
    /// There is none.
    #[error("there is no file {0}")]
    Missing(String),
    /// It is not one that can be sent.
    #[error("{0}")]
    Refused(String),
    /// It cannot be read, or its copy not be written.
    #[error("{0}")]
    Io(String),
}

impl Store {
    /// Copies a file into the workspace. The same content under the same name is kept once.
    ///
    /// # Errors
    /// [`KeepError`], in words for a person.
    pub fn keep(&self, source: &Path) -> Result<Enclosure, KeepError> {
        self.keep_as(source, &source.file_name().unwrap_or_default().to_string_lossy())
    }

    /// The same under another name.
    ///
    /// # Errors
    /// [`KeepError`], in words for a person.
    pub fn keep_as(&self, source: &Path, name: &str) -> Result<Enclosure, KeepError> {
        let shown = source.display().to_string();
        let unreadable = |e: io::Error| match e.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => KeepError::Missing(shown.clone()),
            _ => KeepError::Io(format!("{shown} cannot be read: {e}")),
        };
        // Asked before it is opened: a pipe would wait for its writer.
        let about = fs::metadata(source).map_err(unreadable)?;
        if !about.is_file() {
            let what = if about.is_dir() { "is a directory" } else { "is no file" };
            return Err(KeepError::Refused(format!("{shown} {what}: attach a file")));
        }
        let name = file_name(name);
        let too_large = |size| {
            KeepError::Refused(format!("{name} is {}; at most {} are kept", bytes(size), bytes(LARGEST)))
        };
        if about.len() > LARGEST {
            return Err(too_large(about.len()));
        }
        let from = File::open(source).map_err(unreadable)?;
        let own = self.dir().join(OWN);
        let part = own.join(format!(".{}.part", uuid::Uuid::new_v4()));
        let copied = copy(from, &own, &part, LARGEST + 1);
        let kept = copied.and_then(|copied| match copied {
            // It has grown since it was asked for its size.
            Copied { size, .. } if size > LARGEST => Ok(Err(too_large(size))),
            Copied { size, hash, head } => {
                let path = format!("{OWN}{hash}/{name}");
                place(&part, &self.dir().join(&path))?;
                Ok(Ok(Enclosure {
                    mime: file_kind::mime(&name, &head).into(),
                    name: name.clone(),
                    size,
                    path,
                }))
            }
        });
        // Where it was moved away there is nothing left to remove.
        let _ = fs::remove_file(&part);
        kept.map_err(|e| KeepError::Io(format!("{name} cannot be kept: {e}")))?
    }

    /// Keeps a file that came along with a message. Answers where it is, relative to the workspace; it is safe on the disk by then.
    ///
    /// # Errors
    /// `Full` or `Io` where it cannot be written.
    pub fn keep_came(&self, name: &str, bytes: &[u8]) -> Result<String, StoreError> {
        let path = format!("{CAME}{}/{}", hex(&Sha256::digest(bytes)), file_name(name));
        let to = self.dir().join(&path);
        // The same file comes again and again (a logo), and a push that was not read to its end is read again.
        if fs::metadata(&to).is_ok_and(|there| there.len() == bytes.len() as u64) {
            return Ok(path);
        }
        let dir = self.dir().join(CAME);
        let part = dir.join(format!(".{}.part", uuid::Uuid::new_v4()));
        let kept = copy(bytes, &dir, &part, u64::MAX).and_then(|_| place(&part, &to));
        // Where it was moved away there is nothing left to remove.
        let _ = fs::remove_file(&part);
        match kept {
            Ok(()) => Ok(path),
            Err(e) if matches!(e.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => {
                Err(StoreError::Full)
            }
            Err(e) => Err(StoreError::Io(format!("a file cannot be kept: {e}"))),
        }
    }
}

struct Copied {
    size: u64,
    hash: String,
    head: Vec<u8>,
}

/// Copies this many bytes at most, and names the content.
fn copy(from: impl Read, dir: &Path, part: &Path, most: u64) -> io::Result<Copied> {
    private_dir(dir)?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut to = options.open(part)?;
    let (mut from, mut sum) = (from.take(most), Sha256::new());
    let (mut size, mut head) = (0u64, Vec::new());
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let read = from.read(&mut chunk)?;
        let Some(bytes) = chunk.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        sum.update(bytes);
        to.write_all(bytes)?;
        size += bytes.len() as u64;
        let room = file_kind::HEAD.saturating_sub(head.len()).min(bytes.len());
        head.extend_from_slice(&bytes[..room]);
    }
    to.sync_all()?;
    Ok(Copied { size, hash: hex(&sum.finalize()), head })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Moves what is whole to where it is looked for.
fn place(part: &Path, to: &Path) -> io::Result<()> {
    let Some(dir) = to.parent() else { return fs::rename(part, to) };
    private_dir(dir)?;
    fs::rename(part, to)?;
    // A name is on the disk once its directory is; that of the content may be new as well. What is said of the file is safe by then.
    #[cfg(unix)]
    for dir in dir.ancestors().take(2) {
        File::open(dir)?.sync_all()?;
    }
    Ok(())
}

fn private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::attachment::{is_came, is_own};
    use crate::domain::clock::ManualClock;
    use std::sync::Arc;

    #[test]
    fn what_is_kept_does_not_follow_the_original() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("w"), Arc::new(ManualClock::new(1))).unwrap();
        let original = dir.path().join("a b.png");
        fs::write(&original, b"\x89PNG\r\n\x1a\nfirst").unwrap();
        let kept = store.keep(&original).unwrap();
        assert_eq!((kept.name.as_str(), kept.mime.as_str(), kept.size), ("a b.png", "image/png", 13));
        assert!(is_own(&kept.path), "{}", kept.path);
        assert_eq!(store.keep(&original).unwrap(), kept, "once");
        fs::write(&original, b"second").unwrap();
        let other = store.keep(&original).unwrap();
        assert_ne!(other.path, kept.path);
        fs::remove_file(&original).unwrap();
        assert_eq!(fs::read(store.dir().join(&kept.path)).unwrap(), b"\x89PNG\r\n\x1a\nfirst");
        let left = fs::read_dir(store.dir().join(OWN)).unwrap();
        assert_eq!(left.count(), 2, "no part of a copy stays behind");
    }

    #[test]
    fn what_came_along_is_kept_once_under_a_name_that_leads_nowhere_else() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("w"), Arc::new(ManualClock::new(1))).unwrap();
        let path = store.keep_came("../../photo.jpg", b"content").unwrap();
        assert!(is_came(&path) && path.ends_with("/photo.jpg"), "{path}");
        assert_eq!(fs::read(store.dir().join(&path)).unwrap(), b"content");
        assert_eq!(store.keep_came("photo.jpg", b"content").unwrap(), path);
        assert_ne!(store.keep_came("photo.jpg", b"other").unwrap(), path);
        assert_eq!(fs::read_dir(store.dir().join(CAME)).unwrap().count(), 2, "no part stays behind");
        // Cut off by a crash of another kind: whole again.
        fs::write(store.dir().join(&path), b"cont").unwrap();
        store.keep_came("photo.jpg", b"content").unwrap();
        assert_eq!(fs::read(store.dir().join(&path)).unwrap(), b"content");
    }

    #[test]
    fn what_is_no_file_is_refused_in_words() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("w"), Arc::new(ManualClock::new(1))).unwrap();
        assert!(matches!(store.keep(&dir.path().join("none.png")), Err(KeepError::Missing(_))));
        let why = store.keep(dir.path()).unwrap_err().to_string();
        assert!(why.ends_with("is a directory: attach a file"), "{why}");
        let large = dir.path().join("large");
        File::create(&large).unwrap().set_len(100_000_000).unwrap();
        let why = store.keep(&large).unwrap_err().to_string();
        assert_eq!(why, "large is 100 MB; at most 67 MB are kept");
    }
}
