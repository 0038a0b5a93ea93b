//! Gets secrets from where the configuration says they are kept. Asked once at the start of an account, never logged.

use crate::domain::secret::Secret;
use crate::domain::secret_source::SecretSource;
use crate::net::keyring::{self, KeyringError};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Longest secret, in bytes; a key file fits.
const LONGEST: u64 = 64 * 1024;
/// How long a command may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a secret could not be had. Never holds any of it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set.
    #[error("the environment variable {0} is not set")]
    NoVariable(String),
    /// The file cannot be read.
    #[error("the secret's file {} cannot be read: {why}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        why: std::io::Error,
    },
    /// Others may read the file.
    #[error("others can read the secret's file {0}: make it yours alone with `chmod 600 {0}`")]
    Open(String),
    /// The command did not deliver.
    #[error("the secret's command {0}")]
    Command(String),
    /// What was found is no secret.
    #[error("the secret is {0}")]
    Unfit(&'static str),
    /// The keyring has no such entry.
    #[error(
        "the keyring holds no entry {user} of {service}: store it with `frontdesk channel set {channel} --secret {key}`"
    )]
    NoEntry {
        /// The service.
        service: String,
        /// The user.
        user: String,
        /// The channel.
        channel: String,
        /// The secret's name.
        key: String,
    },
    /// The keyring cannot be asked.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
}

/// Gets the secret `key` of a channel. Blocks, at most for some seconds: call it off the event loop.
///
/// # Errors
/// [`SecretError`] says what to do.
pub fn resolve(
    source: &SecretSource,
    workspace: &str,
    channel: &str,
    key: &str,
) -> Result<Secret<String>, SecretError> {
    match source {
        SecretSource::Env(name) => match std::env::var(name) {
            Ok(value) => fit(value.into_bytes()),
            Err(_) => Err(SecretError::NoVariable(name.clone())),
        },
        SecretSource::File(path) => fit(read_file(path)?),
        SecretSource::Command(command) => fit(run(command, PATIENCE)?),
        SecretSource::Keyring => {
            let (service, user) = (keyring::service(workspace), keyring::user(channel, key));
            keyring::get(&service, &user)?.ok_or_else(|| SecretError::NoEntry {
                service,
                user,
                channel: channel.to_owned(),
                key: key.to_owned(),
            })
        }
    }
}

/// Takes the line end off and refuses what cannot be a secret.
fn fit(bytes: Vec<u8>) -> Result<Secret<String>, SecretError> {
    let text = String::from_utf8(bytes).map_err(|_| SecretError::Unfit("not UTF-8 text"))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(SecretError::Unfit("empty"));
    }
    if text.len() as u64 > LONGEST {
        return Err(SecretError::Unfit("longer than 64 KiB"));
    }
    Ok(Secret::new(text.to_owned()))
}

/// Whether the file of a secret is there, before its name is written down. Its content is not looked at.
///
/// # Errors
/// [`SecretError`] where it could not be used: others can read it.
pub fn check_file(path: &Path) -> Result<bool, SecretError> {
    match std::fs::metadata(path) {
        Ok(meta) => private(path, &meta).map(|()| true),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(why) => Err(SecretError::File { path: path.to_owned(), why }),
    }
}

fn private(path: &Path, meta: &std::fs::Metadata) -> Result<(), SecretError> {
    if meta.mode() & 0o077 == 0 { Ok(()) } else { Err(SecretError::Open(path.display().to_string())) }
}

fn read_file(path: &Path) -> Result<Vec<u8>, SecretError> {
    let wrap = |why| SecretError::File { path: path.to_owned(), why };
    let file = std::fs::File::open(path).map_err(wrap)?;
    // Asked of the open file, so that it cannot be exchanged in between.
    private(path, &file.metadata().map_err(wrap)?)?;
    let mut bytes = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(wrap)?;
    Ok(bytes)
}

fn run(command: &str, patience: Duration) -> Result<Vec<u8>, SecretError> {
    let failed = |what: String| SecretError::Command(what);
    let mut child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        // A group of its own: what it started ends with it.
        .process_group(0)
        .spawn()
        .map_err(|e| failed(format!("could not be started: {e}")))?;
    let Some(stdout) = child.stdout.take() else {
        return Err(failed("has no output".into()));
    };
    let (send, receive) = mpsc::sync_channel(1);
    let reader = std::thread::Builder::new().name("secret".into()).spawn(move || {
        let mut bytes = Vec::new();
        let read = stdout.take(LONGEST + 1).read_to_end(&mut bytes).map(|_| bytes);
        let _ = send.send(read);
    });
    let output = match reader {
        Ok(_) => receive.recv_timeout(patience),
        Err(e) => return Err(failed(format!("could not be read: {e}"))),
    };
    let Ok(output) = output else {
        if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = child.wait();
        return Err(failed(format!("did not end within {} seconds", patience.as_secs())));
    };
    let output = output.map_err(|e| failed(format!("could not be read: {e}")))?;
    let status = child.wait().map_err(|e| failed(format!("could not be waited for: {e}")))?;
    if !status.success() {
        return Err(failed(match status.code() {
            Some(code) => format!("ended with exit code {code}"),
            None => "was ended by a signal".into(),
        }));
    }
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn get(source: &SecretSource) -> Result<String, String> {
        resolve(source, "main", "support", "token").map(|s| s.expose().clone()).map_err(|e| e.to_string())
    }

    #[test]
    fn a_file_has_to_be_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        std::fs::write(&path, "hunter2\r\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let source = SecretSource::File(path.clone());
        let refused = get(&source).unwrap_err();
        assert!(refused.contains("chmod 600") && !refused.contains("hunter2"), "{refused}");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(get(&source).unwrap(), "hunter2");
        assert!(get(&SecretSource::File(dir.path().join("none"))).is_err());
    }

    #[test]
    fn a_command_delivers_or_says_why_not() {
        let run = |c: &str| get(&SecretSource::Command(c.into()));
        assert_eq!(run("printf 'a b\\n'").unwrap(), "a b");
        assert_eq!(run("true").unwrap_err(), "the secret is empty");
        assert_eq!(run("echo x; exit 3").unwrap_err(), "the secret's command ended with exit code 3");
    }

    #[test]
    fn a_command_that_never_ends_is_ended_with_its_children() {
        let told =
            super::run("cat /dev/zero >/dev/null & sleep 1000", Duration::ZERO).unwrap_err().to_string();
        assert!(told.contains("did not end"), "{told}");
    }

    #[test]
    fn a_variable_has_to_be_set() {
        let told = get(&SecretSource::Env("FRONTDESK_TEST_NEVER_SET".into())).unwrap_err();
        assert!(told.contains("FRONTDESK_TEST_NEVER_SET is not set"), "{told}");
    }
}
