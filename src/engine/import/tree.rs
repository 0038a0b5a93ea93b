//! Which folders of mails a file or a directory holds: mbox files, Maildirs, and trees of both.
//!
//! A Maildir is a directory with `cur` in it; its sub-folders lie beside that, as `.Name` with dots between the parts of a path
//! (Maildir++), or as directories within directories. Links are not followed: they may lead in circles.

use crate::text::mail::folder::{Role, role};
use crate::text::mail::utf7;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// How deep directories are looked into.
const DEEP: usize = 24;
/// What the main folder of a Maildir is called.
pub(super) const INBOX: &str = "INBOX";

/// A folder of mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folder {
    /// Its file or directory.
    pub path: PathBuf,
    /// Its name, parts with `/` between them.
    pub name: String,
    /// What it is for.
    pub role: Option<Role>,
    /// Of an mbox, its size in bytes; a Maildir has none.
    pub size: Option<u64>,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// The folders, in the order of their names.
    pub folders: Vec<Folder>,
    /// Names of folders that are not wanted.
    pub left_out: Vec<String>,
    /// What could not be looked into, and why.
    pub troubles: Vec<(PathBuf, String)>,
}

impl Tree {
    /// Looks into a file or a directory. Folders of spam and of what was thrown away are only wanted with `all`, drafts never; a
    /// file that is named itself always.
    ///
    /// # Errors
    /// What is named cannot be read.
    pub(super) fn find(path: &Path, all: bool) -> io::Result<Tree> {
        let mut tree = Tree::default();
        let about = fs::metadata(path)?;
        if about.is_dir() {
            fs::read_dir(path)?;
            tree.walk(path, "", all, 0);
        } else {
            let name = mbox_name(path);
            let role = role(&name);
            tree.folders.push(Folder { path: path.to_owned(), name, role, size: Some(about.len()) });
        }
        tree.folders.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
        tree.left_out.sort();
        Ok(tree)
    }

    /// One mbox that is read as it comes.
    pub(super) fn stream() -> Tree {
        let folder = Folder { path: PathBuf::new(), name: INBOX.to_owned(), role: None, size: Some(0) };
        Tree { folders: vec![folder], ..Tree::default() }
    }

    fn walk(&mut self, dir: &Path, name: &str, all: bool, depth: usize) {
        let entries = match fs::read_dir(dir).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
            Ok(entries) => entries,
            Err(e) => return self.troubles.push((dir.to_owned(), e.to_string())),
        };
        if entries.iter().any(|entry| entry.file_name() == "cur" && is_dir(entry)) {
            let name = if name.is_empty() { INBOX } else { name };
            self.add(dir, name.to_owned(), None, all);
        }
        for entry in entries {
            let (path, file) = (entry.path(), entry.file_name());
            if is_dir(&entry) {
                let below = below(name, &file);
                // Other programs keep things of their own in hidden directories.
                let is_hidden = file.as_encoded_bytes().starts_with(b".");
                let is_part = matches!(file.as_encoded_bytes(), b"cur" | b"new" | b"tmp");
                if !is_part && depth < DEEP && (!is_hidden || path.join("cur").is_dir()) {
                    self.walk(&path, &below, all, depth + 1);
                }
            } else if is_mbox(&entry) {
                let name = if name.is_empty() || file != "mbox" {
                    join(name, &mbox_name(&path))
                } else {
                    // Apple Mail exports `Name.mbox/mbox`.
                    name.trim_end_matches(".mbox").to_owned()
                };
                let size = entry.metadata().map(|about| about.len()).unwrap_or(0);
                self.add(&path, name, Some(size), all);
            }
        }
    }

    fn add(&mut self, path: &Path, name: String, size: Option<u64>, all: bool) {
        let role = role(&name);
        match role {
            Some(Role::Drafts) => self.left_out.push(name),
            Some(Role::Junk | Role::Trash) if !all => self.left_out.push(name),
            _ => self.folders.push(Folder { path: path.to_owned(), name, role, size }),
        }
    }
}

fn is_dir(entry: &fs::DirEntry) -> bool {
    entry.file_type().is_ok_and(|kind| kind.is_dir())
}

/// The name of a directory's folder below another.
fn below(name: &str, file: &OsStr) -> String {
    let file = file.to_string_lossy();
    let part = match file.strip_prefix('.') {
        Some(path) => utf7::decode(path).replace('.', "/"),
        // Thunderbird keeps the sub-folders of `Name` in `Name.sbd`.
        None => utf7::decode(file.strip_suffix(".sbd").unwrap_or(&file)),
    };
    join(name, &part)
}

fn join(name: &str, part: &str) -> String {
    if name.is_empty() { part.to_owned() } else { format!("{name}/{part}") }
}

fn mbox_name(path: &Path) -> String {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    utf7::decode(file.strip_suffix(".mbox").or(file.strip_suffix(".mbx")).unwrap_or(&file))
}

/// Whether a file of a directory is an mbox. What is no plain file is not opened: a pipe would wait for its writer.
fn is_mbox(entry: &fs::DirEntry) -> bool {
    let begins = || -> io::Result<bool> {
        let mut first = [0; 5];
        File::open(entry.path())?.read_exact(&mut first)?;
        Ok(&first == b"From ")
    };
    entry.file_type().is_ok_and(|kind| kind.is_file()) && begins().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(make: &[&str], all: bool) -> (Vec<String>, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        for path in make {
            let to = dir.path().join(path);
            fs::create_dir_all(if path.ends_with('/') { &to } else { to.parent().unwrap() }).unwrap();
            if !path.ends_with('/') {
                fs::write(to, "From x Thu Nov 16 10:00:00 2023\n").unwrap();
            }
        }
        let found = Tree::find(dir.path(), all).unwrap();
        assert!(found.troubles.is_empty(), "{:?}", found.troubles);
        let told = |f: Folder| format!("{}{}", f.name, if f.size.is_some() { " (mbox)" } else { "" });
        (found.folders.into_iter().map(told).collect(), found.left_out)
    }

    #[test]
    fn folders_of_a_maildir() {
        let make = [
            "cur/",
            "new/",
            "tmp/",
            ".Sent/cur/",
            ".Archive.2020/cur/",
            ".Entw&APw-rfe/cur/",
            ".Trash.Old/cur/",
            ".Junk/cur/",
            ".notmuch/xapian/",
            "cur/1:2,S",
        ];
        let (found, left_out) = tree(&make, false);
        assert_eq!(found, ["Archive/2020", "INBOX", "Sent"]);
        assert_eq!(left_out, ["Entwürfe", "Junk", "Trash/Old"]);
        assert_eq!(tree(&make, true).0, ["Archive/2020", "INBOX", "Junk", "Sent", "Trash/Old"]);
    }

    #[test]
    fn folders_within_folders_and_files() {
        let make = [
            "acme/INBOX/cur/",
            "acme/Sent Items/cur/",
            "acme/Deleted Items/cur/",
            "Local Folders/Inbox",
            "Local Folders/Inbox.sbd/Orders",
            "Local Folders/Trash",
            "Export/Kunden.mbox/mbox",
            "Takeout/Mail/All.mbox",
            "notes/",
        ];
        let (found, left_out) = tree(&make, false);
        assert_eq!(
            found,
            [
                "Export/Kunden (mbox)",
                "Local Folders/Inbox (mbox)",
                "Local Folders/Inbox/Orders (mbox)",
                "Takeout/Mail/All (mbox)",
                "acme/INBOX",
                "acme/Sent Items",
            ]
        );
        assert_eq!(left_out, ["Local Folders/Trash", "acme/Deleted Items"]);
    }

    #[test]
    fn a_file_that_is_named_is_wanted_whatever_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("Trash.mbox");
        fs::write(&file, "x").unwrap();
        assert_eq!(Tree::find(&file, false).unwrap().folders[0].name, "Trash");
        assert!(Tree::find(&dir.path().join("none"), false).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed_and_pipes_not_opened() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("cur")).unwrap();
        std::os::unix::fs::symlink(dir.path(), dir.path().join("again")).unwrap();
        let pipe = std::process::Command::new("mkfifo").arg(dir.path().join("pipe")).status();
        assert!(pipe.unwrap().success());
        assert_eq!(Tree::find(dir.path(), false).unwrap().folders.len(), 1);
    }
}
