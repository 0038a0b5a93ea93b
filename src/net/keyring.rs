//! The keyring of the operating system. Answers at once or says why not; never hangs.

use crate::domain::secret::Secret;
use keyring_core::api::CredentialStoreApi;
use std::sync::mpsc;
use std::time::Duration;

/// How long connecting and reading may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long writing may take: a desktop may ask the user to unlock the keyring.
const PATIENCE_WITH_PROMPT: Duration = Duration::from_secs(30);

/// Why the keyring cannot be used, with its true cause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// There is none to ask.
    #[error("{0}")]
    Absent(String),
    /// It is locked, and nobody could be asked to unlock it.
    #[error("the keyring is locked and was not unlocked: {0}")]
    Locked(String),
    /// It did not answer in time.
    #[error("the keyring did not answer within {0} seconds: it may wait to be unlocked")]
    Silent(u64),
    /// It answered with something else.
    #[error("the keyring refused: {0}")]
    Refused(String),
}

/// The service under which a workspace's secrets are kept.
pub fn service(workspace: &str) -> String {
    format!("frontdesk/{workspace}")
}

/// The user under which one secret of a channel is kept.
pub fn user(channel: &str, key: &str) -> String {
    format!("{channel}/{key}")
}

/// Reads a secret; none if there is no such entry.
///
/// # Errors
/// [`KeyringError`] if the keyring cannot be asked.
pub fn get(service: &str, user: &str) -> Result<Option<Secret<String>>, KeyringError> {
    with_entry(PATIENCE, service, user, |entry| match entry.get_password() {
        Ok(password) => Ok(Some(Secret::new(password))),
        Err(keyring_core::Error::NoEntry) => Ok(None),
        Err(e) => Err(explain(&e)),
    })
}

/// Keeps a secret, in place of an older one.
///
/// # Errors
/// [`KeyringError`] if it could not be kept.
pub fn set(service: &str, user: &str, secret: &Secret<String>) -> Result<(), KeyringError> {
    let secret = secret.clone();
    with_entry(PATIENCE_WITH_PROMPT, service, user, move |entry| {
        entry.set_password(secret.expose()).map_err(|e| explain(&e))
    })
}

/// Forgets a secret; false if there was none.
///
/// # Errors
/// [`KeyringError`] if the keyring cannot be asked.
pub fn delete(service: &str, user: &str) -> Result<bool, KeyringError> {
    with_entry(PATIENCE_WITH_PROMPT, service, user, |entry| match entry.delete_credential() {
        Ok(()) => Ok(true),
        Err(keyring_core::Error::NoEntry) => Ok(false),
        Err(e) => Err(explain(&e)),
    })
}

/// Whether a keyring answers here.
///
/// # Errors
/// Why not.
pub fn probe() -> Result<(), KeyringError> {
    in_time(PATIENCE, || open().map(|_| ()))
}

fn with_entry<T: Send + 'static>(
    patience: Duration,
    service: &str,
    user: &str,
    job: impl FnOnce(&keyring_core::Entry) -> Result<T, KeyringError> + Send + 'static,
) -> Result<T, KeyringError> {
    let (service, user) = (service.to_owned(), user.to_owned());
    in_time(patience, move || {
        let entry = open()?.build(&service, &user, None).map_err(|e| explain(&e))?;
        job(&entry)
    })
}

/// Runs a blocking job on a thread of its own. One that never ends is left behind: nothing waits for it.
fn in_time<T: Send + 'static>(
    patience: Duration,
    job: impl FnOnce() -> Result<T, KeyringError> + Send + 'static,
) -> Result<T, KeyringError> {
    let (send, receive) = mpsc::sync_channel(1);
    let spawned = std::thread::Builder::new().name("keyring".into()).spawn(move || {
        // The receiver is gone when patience ended first.
        let _ = send.send(job());
    });
    if let Err(e) = spawned {
        return Err(KeyringError::Refused(format!("no thread could be started: {e}")));
    }
    match receive.recv_timeout(patience) {
        Ok(answer) => answer,
        Err(mpsc::RecvTimeoutError::Timeout) => Err(KeyringError::Silent(patience.as_secs())),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            Err(KeyringError::Refused("its thread ended without an answer".into()))
        }
    }
}

/// The Secret Service, over the session bus. Opened by itself, not as a default store: only so is the true cause told.
#[cfg(target_os = "linux")]
fn open() -> Result<std::sync::Arc<impl CredentialStoreApi>, KeyringError> {
    zbus_secret_service_keyring_store::Store::new().map_err(|e| explain(&e))
}

/// The user's keychain.
#[cfg(target_os = "macos")]
fn open() -> Result<std::sync::Arc<impl CredentialStoreApi>, KeyringError> {
    apple_native_keyring_store::keychain::Store::new().map_err(|e| explain(&e))
}

/// No keyring is known for this system.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn open() -> Result<std::sync::Arc<keyring_core::mock::Store>, KeyringError> {
    Err(KeyringError::Absent("no keyring is supported on this operating system".into()))
}

/// The cause in words. The kinds tell locked from broken; the words of D-Bus alone tell which part is missing.
fn explain(error: &keyring_core::Error) -> KeyringError {
    use keyring_core::Error;
    match error {
        Error::NoStorageAccess(cause) => KeyringError::Locked(innermost(cause.as_ref())),
        Error::PlatformFailure(cause) => {
            let cause = innermost(cause.as_ref());
            if cause.contains("ServiceUnknown") || cause.contains("org.freedesktop.secrets was not provided")
            {
                KeyringError::Absent(format!(
                    "no Secret Service (gnome-keyring, KWallet, KeePassXC) answers on the session bus: {cause}"
                ))
            } else if cfg!(target_os = "linux") && cause.contains("connect") {
                KeyringError::Absent(format!("there is no session bus to ask for a keyring: {cause}"))
            } else {
                KeyringError::Refused(cause)
            }
        }
        other => KeyringError::Refused(other.to_string()),
    }
}

/// The words of the deepest cause that says more than its wrapper, on one line.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let inner = cause.to_string();
        if !words.contains(&inner) {
            words = format!("{words}: {inner}");
        }
        next = cause.source();
    }
    crate::text::sanitize::line(&words).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(words: &str) -> KeyringError {
        explain(&keyring_core::Error::PlatformFailure(Box::new(std::io::Error::other(words.to_owned()))))
    }

    #[test]
    fn causes_are_told_in_words() {
        let absent = platform("org.freedesktop.DBus.Error.ServiceUnknown: The name is not there").to_string();
        assert!(absent.starts_with("no Secret Service"), "{absent}");
        let locked =
            explain(&keyring_core::Error::NoStorageAccess(Box::new(std::io::Error::other("dismissed"))));
        assert_eq!(locked, KeyringError::Locked("dismissed".into()));
        assert_eq!(platform("strange"), KeyringError::Refused("strange".into()));
    }

    #[test]
    fn a_keyring_that_hangs_is_left_behind() {
        let (_hold, never) = mpsc::channel::<()>();
        let answer = in_time(Duration::ZERO, move || {
            let _ = never.recv();
            Ok(())
        });
        assert_eq!(answer, Err(KeyringError::Silent(0)));
    }

    #[test]
    fn entries_are_named_per_workspace_and_channel() {
        assert_eq!(service("main"), "frontdesk/main");
        assert_eq!(user("support", "auth_token"), "support/auth_token");
    }
}
