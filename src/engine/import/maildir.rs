//! The mails of Maildirs, in the order in which they came: <https://cr.yp.to/proto/maildir.html>.

use crate::domain::clock::Ms;
use crate::engine::import::marks::Marks;
use crate::engine::import::mbox::LARGEST;
use std::cmp::Ordering;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A mail in a file of its own. Of a million of these all are in memory: they are small.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// When it came, seconds since 1970, as its name says.
    pub at: u64,
    /// Which folder it is in: its place in the list that was asked for.
    pub folder: u32,
    /// Whether no program has looked at it yet: it is in `new`.
    is_new: bool,
    name: Box<OsStr>,
}

impl Entry {
    /// Where it is.
    pub(super) fn path(&self, folder: &Path) -> PathBuf {
        folder.join(if self.is_new { "new" } else { "cur" }).join(&*self.name)
    }

    /// How it is marked.
    pub(super) fn marks(&self) -> Marks {
        if self.is_new { Marks::default() } else { Marks::of_name(&self.name.to_string_lossy()) }
    }

    /// When it came, UTC milliseconds. Some programs name files by other numbers: what is no time of mails is none.
    pub(super) fn came(&self) -> Option<Ms> {
        Ms::try_from(self.at).ok().filter(|at| (1..i64::from(u32::MAX)).contains(at)).map(|at| at * 1000)
    }
}

/// Adds the mails of a folder to a list.
///
/// # Errors
/// A directory cannot be read. One that is not there has no mails.
pub(super) fn list(folder: &Path, number: u32, into: &mut Vec<Entry>) -> io::Result<()> {
    for (part, is_new) in [("cur", false), ("new", true)] {
        let entries = match fs::read_dir(folder.join(part)) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            Err(e) => return Err(e),
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            if name.as_encoded_bytes().starts_with(b".") || !entry.file_type()?.is_file() {
                continue;
            }
            let digits = name.as_encoded_bytes().iter().take_while(|b| b.is_ascii_digit());
            let at = digits.fold(0u64, |n, b| n.saturating_mul(10).saturating_add(u64::from(b - b'0')));
            into.push(Entry { at, folder: number, is_new, name: name.into_boxed_os_str() });
        }
    }
    Ok(())
}

/// Puts a list into the order in which its mails came.
pub(super) fn sort(entries: &mut [Entry]) {
    let key = |entry: &Entry| (entry.at, entry.folder);
    entries.sort_unstable_by(|a, b| {
        key(a)
            .cmp(&key(b))
            .then_with(|| natural(a.name.as_encoded_bytes(), b.name.as_encoded_bytes()))
            .then_with(|| a.name.cmp(&b.name))
    });
}

/// The bytes of a mail. The error is in words.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let read = || -> io::Result<Option<Vec<u8>>> {
        let file = File::open(path)?;
        let size = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
        if size > LARGEST {
            return Ok(None);
        }
        let mut bytes = Vec::with_capacity(size + 1);
        file.take(LARGEST as u64 + 1).read_to_end(&mut bytes)?;
        Ok((bytes.len() <= LARGEST).then_some(bytes))
    };
    match read() {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(format!("larger than {} MB", LARGEST / 1024 / 1024)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            Err("another program has moved it meanwhile: import once more".to_owned())
        }
        Err(e) => Err(format!("it cannot be read: {e}")),
    }
}

/// Compares names by their numbers: `…_9.host` comes before `…_10.host`.
fn natural(mut a: &[u8], mut b: &[u8]) -> Ordering {
    loop {
        let digits = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
        let (one, other) = (digits(a), digits(b));
        let by_number = if one > 0 && other > 0 {
            let order = number(&a[..one]).cmp(&number(&b[..other]));
            (a, b) = (&a[one..], &b[other..]);
            order
        } else {
            match (a.split_first(), b.split_first()) {
                (Some((x, rest_a)), Some((y, rest_b))) => {
                    (a, b) = (rest_a, rest_b);
                    x.cmp(y)
                }
                (x, y) => return x.is_some().cmp(&y.is_some()),
            }
        };
        if by_number != Ordering::Equal {
            return by_number;
        }
    }
}

/// Digits in a form that is ordered as their number is.
fn number(digits: &[u8]) -> (usize, &[u8]) {
    let zeros = digits.iter().take_while(|b| **b == b'0').count();
    (digits.len() - zeros, &digits[zeros..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mails_come_in_the_order_of_their_names() {
        let dir = tempfile::tempdir().unwrap();
        let make = |path: &str| {
            let to = dir.path().join(path);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::write(to, path).unwrap();
        };
        for path in [
            "cur/1700000009.9_10.host:2,S",
            "cur/1700000009.9_9.host:2,",
            "new/1700000001.M1.host",
            "cur/odd",
            "cur/.hidden",
            "cur/sub/1",
            "tmp/1700000002.host",
        ] {
            make(path);
        }
        let mut all = Vec::new();
        list(dir.path(), 7, &mut all).unwrap();
        list(&dir.path().join("none"), 8, &mut all).unwrap();
        sort(&mut all);
        let names: Vec<_> = all.iter().map(|e| e.name.to_str().unwrap()).collect();
        assert_eq!(
            names,
            ["odd", "1700000001.M1.host", "1700000009.9_9.host:2,", "1700000009.9_10.host:2,S"]
        );
        assert_eq!((all[0].came(), all[1].came()), (None, Some(1_700_000_001_000)));
        assert_eq!(read(&all[1].path(dir.path())), Ok(b"new/1700000001.M1.host".to_vec()));
        assert!(all[3].marks().seen && !all[1].marks().seen);
        let gone = read(&dir.path().join("cur/gone")).unwrap_err();
        assert!(gone.contains("once more"), "{gone}");
        let large = dir.path().join("large");
        File::create(&large).unwrap().set_len(LARGEST as u64 + 1).unwrap();
        assert_eq!(read(&large), Err("larger than 64 MB".to_owned()));
    }

    #[test]
    fn numbers_within_names_are_numbers() {
        for (a, b) in [("a9", "a10"), ("a09b", "a9c"), ("a", "a1"), ("a1", "b"), ("1.10.x", "1.10.y")] {
            assert_eq!(natural(a.as_bytes(), b.as_bytes()), Ordering::Less, "{a} {b}");
            assert_eq!(natural(b.as_bytes(), a.as_bytes()), Ordering::Greater, "{a} {b}");
        }
        assert_eq!(natural(b"a007", b"a7"), Ordering::Equal);
    }
}
