//! What we log in with, as it is now: access tokens live for an hour, so one is asked for anew at every login.

use super::sasl::Key;
use crate::domain::failure::Failure;
use crate::domain::secret::Secret;
use crate::provider::{Again, Setup};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};

/// The secrets of a mailbox.
#[derive(Debug)]
pub struct Keys {
    /// Whether it is a token that we log in with.
    by_token: bool,
    last: Mutex<Secret<String>>,
    again: Again,
    /// Whether the last one is not to be used again without asking: it was used, or refused.
    stale: AtomicBool,
}

impl Keys {
    /// The secrets of an account; a token goes before a password.
    ///
    /// # Errors
    /// [`Failure::Auth`] where there is neither.
    pub fn of(setup: &Setup) -> Result<Keys, Failure> {
        let secret = |key: &str| setup.secrets.get(key).filter(|secret| !secret.expose().is_empty()).cloned();
        let (by_token, first) = match (secret("token"), secret("password")) {
            (Some(token), _) => (true, token),
            (None, Some(password)) => (false, password),
            (None, None) => {
                let human = "no credentials: password is missing (or token)".to_owned();
                return Err(Failure::Auth { human });
            }
        };
        Ok(Keys {
            by_token,
            last: Mutex::new(first),
            again: setup.again.clone(),
            stale: AtomicBool::new(false),
        })
    }

    /// The key to log in with now.
    ///
    /// # Errors
    /// [`Failure::Auth`] where it cannot be had.
    pub async fn current(&self) -> Result<Key, Failure> {
        // The first has just been asked for when the account was built.
        if self.stale.swap(self.by_token, Ordering::Relaxed) {
            let (again, name) = (self.again.clone(), if self.by_token { "token" } else { "password" });
            // Commands and keyrings take their time.
            let asked = tokio::task::spawn_blocking(move || again.ask(name)).await;
            match asked {
                Ok(Some(Ok(secret))) => {
                    *self.last.lock().unwrap_or_else(PoisonError::into_inner) = secret;
                }
                Ok(Some(Err(why))) => {
                    self.stale.store(true, Ordering::Relaxed);
                    return Err(Failure::Auth { human: format!("{name}: {why}") });
                }
                // Nobody can be asked: what was given once has to do.
                Ok(None) => {}
                Err(_) => return Err(Failure::transient("the program is ending")),
            }
        }
        let secret = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(if self.by_token { Key::Token(secret) } else { Key::Password(secret) })
    }

    /// The key was refused: it is asked for anew before it is used again.
    pub fn refused(&self) {
        self.stale.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::sync::atomic::AtomicU32;

    fn setup(key: &str, again: Again) -> Setup {
        let secrets = BTreeMap::from([(key.to_owned(), Secret::new("first".to_owned()))]);
        Setup { secrets, again, ..Setup::default() }
    }

    fn counting() -> Again {
        let count = AtomicU32::new(0);
        Again::new(move |name| {
            let n = count.fetch_add(1, Ordering::Relaxed);
            if n < 2 { Ok(Secret::new(format!("{name} {n}"))) } else { Err("the command ended".into()) }
        })
    }

    fn value(key: Result<Key, Failure>) -> String {
        match key {
            Ok(Key::Token(secret)) => format!("token {}", secret.expose()),
            Ok(Key::Password(secret)) => format!("password {}", secret.expose()),
            Err(failure) => failure.to_string(),
        }
    }

    #[tokio::test]
    async fn a_token_is_asked_for_at_every_login() {
        let keys = Keys::of(&setup("token", counting())).unwrap();
        assert_eq!(value(keys.current().await), "token first");
        assert_eq!(value(keys.current().await), "token token 0");
        assert_eq!(value(keys.current().await), "token token 1");
        assert_eq!(value(keys.current().await), "token: the command ended");
    }

    #[tokio::test]
    async fn a_password_is_asked_for_after_it_was_refused() {
        let keys = Keys::of(&setup("password", counting())).unwrap();
        assert_eq!(value(keys.current().await), "password first");
        assert_eq!(value(keys.current().await), "password first");
        keys.refused();
        assert_eq!(value(keys.current().await), "password password 0");
        assert_eq!(value(keys.current().await), "password password 0");
        let alone = Keys::of(&setup("password", Again::default())).unwrap();
        alone.refused();
        assert_eq!(value(alone.current().await), "password first");
        assert!(Keys::of(&Setup::default()).is_err());
    }
}
