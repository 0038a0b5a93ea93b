//! Files of the agent's machine: directories are listed, and files copied into the workspace. On threads of their own, because a
//! directory may be at the end of a network.

use crate::app::workspace::Workspace;
use crate::domain::ids::AttachmentId;
use crate::ui::effect::AttachTo;
use crate::ui::msg::{FileEntry, Msg};
use std::path::{Path, PathBuf};

/// Entries of one directory that are listed at most.
const MOST: usize = 20_000;

/// A path as it is meant: a tilde at its beginning is the home directory.
pub fn expand(path: &str) -> PathBuf {
    let home = || directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_path_buf());
    match path.strip_prefix('~') {
        Some("") => home().unwrap_or_else(|| PathBuf::from(path)),
        Some(rest) if rest.starts_with('/') => {
            home().map_or_else(|| PathBuf::from(path), |home| home.join(rest.trim_start_matches('/')))
        }
        _ => PathBuf::from(path),
    }
}

/// Lists a directory and answers with what it holds.
pub(super) fn browse(dir: String, send: impl Fn(Msg) + Send + 'static) {
    std::thread::spawn(move || {
        let path = if dir.is_empty() { PathBuf::from(".") } else { expand(&dir) };
        let found = list(&path).map_err(|e| format!("{} cannot be read: {e}", path.display()));
        send(Msg::Browsed { dir, found });
    });
}

/// Directories first, then files, by name whatever the case.
fn list(dir: &Path) -> std::io::Result<Vec<FileEntry>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir)?.take(MOST) {
        let entry = entry?;
        // What is no text cannot be typed, and what leads nowhere cannot be attached.
        let (Ok(name), Ok(about)) = (entry.file_name().into_string(), std::fs::metadata(entry.path())) else {
            continue;
        };
        found.push(FileEntry { name, is_dir: about.is_dir(), size: about.len() });
    }
    found.sort_by_cached_key(|entry| (!entry.is_dir, entry.name.to_lowercase(), entry.name.clone()));
    Ok(found)
}

/// Copies files into the workspace, all of them or none.
pub(super) fn attach(
    workspace: &Workspace,
    to: AttachTo,
    paths: Vec<String>,
    pasted: Option<String>,
    send: impl Fn(Msg) + Send + 'static,
) {
    let store = workspace.store.clone();
    std::thread::spawn(move || {
        let copies = paths.iter().map(|path| store.keep(&expand(path)).map_err(|e| e.to_string()));
        let result = copies.collect();
        send(Msg::Attached { to, result, pasted });
    });
}

/// Copies files of messages into the files of ours, all of them or none.
pub(super) fn enclose(
    workspace: &Workspace,
    to: AttachTo,
    files: Vec<AttachmentId>,
    send: impl Fn(Msg) + Send + 'static,
) {
    let store = workspace.store.clone();
    std::thread::spawn(move || {
        let copy = |id: AttachmentId| {
            let found = store.reader().and_then(|r| r.attachment(id)).map_err(|e| e.to_string())?;
            let row = found.ok_or("there is no such file any more")?;
            let path = row.path.as_ref().ok_or_else(|| format!("{} is not here", row.name))?;
            // What it was called by who sent it, not by where it is kept.
            store.keep_as(&store.dir().join(path), &row.name).map_err(|e| e.to_string())
        };
        let result = files.into_iter().map(copy).collect();
        send(Msg::Attached { to, result, pasted: None });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_listed_with_what_can_be_entered_first() {
        let dir = tempfile::tempdir().unwrap();
        for file in ["b.txt", "A.txt", ".hidden"] {
            std::fs::write(dir.path().join(file), b"12").unwrap();
        }
        std::fs::create_dir(dir.path().join("zoo")).unwrap();
        let found = list(dir.path()).unwrap();
        let names: Vec<_> = found.iter().map(|e| (e.name.as_str(), e.is_dir)).collect();
        assert_eq!(names, [("zoo", true), (".hidden", false), ("A.txt", false), ("b.txt", false)]);
        assert_eq!(found[2].size, 2);
        assert!(list(&dir.path().join("none")).is_err());
    }

    #[test]
    fn a_tilde_is_home_only_at_the_beginning() {
        assert_eq!(expand("/a/~b"), PathBuf::from("/a/~b"));
        assert_eq!(expand("~other/x"), PathBuf::from("~other/x"));
        assert!(expand("~/x").is_absolute() && expand("~/x").ends_with("x"));
    }
}
