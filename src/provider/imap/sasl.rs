//! What is said to log in, the same for both protocols: by password (PLAIN, RFC 4616) or by token (XOAUTH2 as Google and Microsoft
//! describe it; OAUTHBEARER, RFC 7628).

use crate::domain::secret::Secret;

/// What we log in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// A password.
    Password(Secret<String>),
    /// An OAuth access token.
    Token(Secret<String>),
}

/// A mechanism that we speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// Name and password at once.
    Plain,
    /// Name and password one after the other; never standardised, and still all that some servers offer.
    Login,
    /// A token, as Google's first draft.
    Xoauth2,
    /// A token, as the standard.
    OauthBearer,
}

impl Mechanism {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Mechanism::Plain => "PLAIN",
            Mechanism::Login => "LOGIN",
            Mechanism::Xoauth2 => "XOAUTH2",
            Mechanism::OauthBearer => "OAUTHBEARER",
        }
    }

    /// The mechanism to use, if the server offers one that fits the key.
    pub fn choose(key: &Key, offered: impl Fn(Mechanism) -> bool) -> Option<Mechanism> {
        let fitting = match key {
            Key::Password(_) => [Mechanism::Plain, Mechanism::Login],
            Key::Token(_) => [Mechanism::Xoauth2, Mechanism::OauthBearer],
        };
        fitting.into_iter().find(|mechanism| offered(*mechanism))
    }

    /// Whether the first answer can go along with the command: the server speaks first otherwise.
    pub const fn begins(self) -> bool {
        !matches!(self, Mechanism::Login)
    }

    /// What is answered to the server's challenges, in turn.
    pub fn answers(self, key: &Key, user: &str, host: &str, port: u16) -> Vec<Vec<u8>> {
        let (Key::Password(secret) | Key::Token(secret)) = key;
        let secret = secret.expose();
        match self {
            Mechanism::Plain => vec![format!("\0{user}\0{secret}").into_bytes()],
            Mechanism::Login => vec![user.as_bytes().to_vec(), secret.as_bytes().to_vec()],
            Mechanism::Xoauth2 => {
                vec![format!("user={user}\u{1}auth=Bearer {secret}\u{1}\u{1}").into_bytes()]
            }
            Mechanism::OauthBearer => {
                // A name in the header of GS2 (RFC 5801, section 4).
                let name = user.replace('=', "=3D").replace(',', "=2C");
                let said =
                    format!("n,a={name},\u{1}host={host}\u{1}port={port}\u{1}auth=Bearer {secret}\u{1}\u{1}");
                // The second ends a refusal (RFC 7628, section 3.2.3).
                vec![said.into_bytes(), vec![1]]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mechanism_in_its_own_words() {
        let password = Key::Password(Secret::new("p".into()));
        let token = Key::Token(Secret::new("t".into()));
        let said = |m: Mechanism, key: &Key| m.answers(key, "a,b@x", "mail.example.com", 993);
        assert_eq!(said(Mechanism::Plain, &password), [b"\0a,b@x\0p".to_vec()]);
        assert_eq!(said(Mechanism::Login, &password), [b"a,b@x".to_vec(), b"p".to_vec()]);
        assert_eq!(said(Mechanism::Xoauth2, &token), [b"user=a,b@x\x01auth=Bearer t\x01\x01".to_vec()]);
        assert_eq!(
            said(Mechanism::OauthBearer, &token)[0],
            b"n,a=a=2Cb@x,\x01host=mail.example.com\x01port=993\x01auth=Bearer t\x01\x01"
        );
        assert_eq!(Mechanism::choose(&password, |_| true), Some(Mechanism::Plain));
        assert_eq!(Mechanism::choose(&token, |m| m == Mechanism::OauthBearer), Some(Mechanism::OauthBearer));
        assert_eq!(Mechanism::choose(&password, |m| m == Mechanism::Xoauth2), None, "a password is no token");
    }
}
