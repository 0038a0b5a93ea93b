//! The users' mail as files (Maildir++): read, written without a server's help, renumbered.

use super::{MailServer, PATIENCE};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// A mail as it lies in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub path: PathBuf,
    /// Letters behind `:2,`: `S` seen, `R` answered, `T` deleted, `D` draft, `F` flagged.
    pub flags: String,
    pub raw: Vec<u8>,
}

impl Kept {
    /// The value of the first field of that name in its head, unfolded.
    pub fn header(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.raw);
        let mut found: Option<String> = None;
        for line in text.lines().take_while(|line| !line.is_empty()) {
            match (&mut found, line.split_once(':')) {
                (Some(value), _) if line.starts_with([' ', '\t']) => {
                    value.push(' ');
                    value.push_str(line.trim());
                }
                (Some(_), _) => break,
                (None, Some((n, value))) if n.eq_ignore_ascii_case(name) => {
                    found = Some(value.trim().to_owned())
                }
                _ => {}
            }
        }
        found
    }

    /// Whether that text is anywhere in it.
    pub fn has(&self, text: &str) -> bool {
        self.raw.windows(text.len()).any(|bytes| bytes == text.as_bytes())
    }
}

/// A mail to be laid into a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Laid {
    /// When it came, in seconds since 1970: the server numbers what it finds by that, and tells it as INTERNALDATE.
    pub at: u64,
    /// As [`Kept::flags`], sorted; empty for a mail that nobody has seen.
    pub flags: String,
    pub raw: Vec<u8>,
}

impl MailServer {
    /// The directory of a user's folder; levels of its name are separated by `.`.
    pub fn maildir(&self, user: &str, folder: &str) -> PathBuf {
        let home = self.path().join("mail").join(user).join("Maildir");
        if folder.eq_ignore_ascii_case("INBOX") { home } else { home.join(format!(".{folder}")) }
    }

    /// The mails of a folder, by their file names: the older ones first.
    pub fn mails(&self, user: &str, folder: &str) -> Vec<Kept> {
        let dir = self.maildir(user, folder);
        let mut all: Vec<Kept> =
            ["new", "cur"].iter().flat_map(|part| files(&dir.join(part))).filter_map(read).collect();
        all.sort_by_cached_key(|mail| mail.path.file_name().map(std::ffi::OsStr::to_owned));
        all
    }

    /// Waits until the mails of a folder are as asked for, and answers them.
    #[track_caller]
    pub fn wait(&self, user: &str, folder: &str, fit: impl Fn(&[Kept]) -> bool) -> Vec<Kept> {
        let begun = Instant::now();
        loop {
            let mails = self.mails(user, folder);
            if fit(&mails) {
                return mails;
            }
            if begun.elapsed() > PATIENCE {
                let heads = mails.iter().map(|mail| (mail.header("Subject"), &mail.flags));
                panic!("{user}, {folder}: {:?}\n{}", heads.collect::<Vec<_>>(), self.logs());
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }

    /// Waits for a mail with that text, which may be alone or among others, and answers it.
    #[track_caller]
    pub fn wait_for(&self, user: &str, folder: &str, text: &str) -> Kept {
        let mails = self.wait(user, folder, |mails| mails.iter().any(|mail| mail.has(text)));
        mails.into_iter().find(|mail| mail.has(text)).unwrap()
    }

    /// Lays mails into a folder as files, without a server. Several thousand take less than a second.
    pub fn lay(&self, user: &str, folder: &str, mails: impl IntoIterator<Item = Laid>) {
        let dir = self.maildir(user, folder);
        for part in ["tmp", "new", "cur"] {
            std::fs::create_dir_all(dir.join(part)).unwrap();
        }
        if !folder.eq_ignore_ascii_case("INBOX") {
            std::fs::write(dir.join("maildirfolder"), "").unwrap();
        }
        let count = std::fs::read_dir(dir.join("cur")).unwrap().count();
        for (n, Laid { at, flags, raw }) in mails.into_iter().enumerate() {
            // What is between the dots makes it unique, the size spares the server a look.
            let name = format!("{at}.M{:06}P1.laid,S={}:2,{flags}", count + n, raw.len());
            // First beside, then with a new name: a server that looks never sees half a mail.
            let beside = dir.join("tmp").join(&name);
            std::fs::write(&beside, &raw).unwrap();
            let file = std::fs::File::options().write(true).open(&beside).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(at)).unwrap();
            std::os::unix::fs::chown(&beside, Some(self.owner.uid), Some(self.owner.gid)).unwrap();
            std::fs::rename(&beside, dir.join("cur").join(&name)).unwrap();
        }
        // The user's home and what is above the folder were made here too, perhaps.
        self.give(&self.path().join("mail").join(user));
        for made in [self.maildir(user, "INBOX"), dir] {
            self.give(&made);
            for entry in std::fs::read_dir(&made).unwrap() {
                self.give(&entry.unwrap().path());
            }
        }
    }

    /// Makes the server forget how it numbered a folder: UIDVALIDITY changes and the mails are numbered anew. Sessions that have
    /// the folder open are not told, as after a mailbox was put back from a backup.
    pub fn renumber(&self, user: &str, folder: &str) {
        let mut forgotten = 0;
        for path in files(&self.maildir(user, folder)) {
            let name = path.file_name().unwrap().to_string_lossy();
            if name == "dovecot-uidlist" || name.starts_with("dovecot.index") {
                std::fs::remove_file(path).unwrap();
                forgotten += 1;
            }
        }
        assert!(forgotten > 0, "{folder} of {user} had no numbers yet");
    }

    /// A file that we made becomes the servers'.
    pub(super) fn give(&self, path: &Path) {
        std::os::unix::fs::chown(path, Some(self.owner.uid), Some(self.owner.gid)).unwrap();
    }
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect()
}

/// A mail, if it is still where it was: the server moves them from `new` to `cur`, and renames them with their flags.
fn read(path: PathBuf) -> Option<Kept> {
    let raw = std::fs::read(&path).ok()?;
    let flags = path.file_name()?.to_str()?.rsplit_once(":2,").map(|(_, flags)| flags.to_owned());
    Some(Kept { flags: flags.unwrap_or_default(), raw, path })
}
