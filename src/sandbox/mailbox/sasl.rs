//! Logins: PLAIN (RFC 4616), LOGIN, XOAUTH2 (Google's and Microsoft's) and OAUTHBEARER (RFC 7628), the server's side.

use super::Shared;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A login that goes on.
#[derive(Debug)]
pub(super) struct Exchange {
    mechanism: Mechanism,
    user: Option<String>,
    refused: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mechanism {
    Plain,
    Login,
    Xoauth2,
    OauthBearer,
}

/// What comes next in a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// Base64 for the client, who answers.
    Challenge(String),
    /// Who it is.
    In(String),
    /// Nobody that is known.
    Refused,
    /// What was said cannot be read.
    Nonsense,
}

impl Exchange {
    /// Begins a login; none for a mechanism that is not known.
    pub(super) fn new(mechanism: &str) -> Option<Exchange> {
        let mechanism = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => Mechanism::Plain,
            "LOGIN" => Mechanism::Login,
            "XOAUTH2" => Mechanism::Xoauth2,
            "OAUTHBEARER" => Mechanism::OauthBearer,
            _ => return None,
        };
        Some(Exchange { mechanism, user: None, refused: false })
    }

    /// What the server says before the client has said anything.
    pub(super) fn first(&self) -> String {
        match self.mechanism {
            Mechanism::Login => STANDARD.encode("Username:"),
            _ => String::new(),
        }
    }

    /// What follows from what the client said, in base64.
    pub(super) fn heard(&mut self, shared: &Shared, said: &[u8]) -> Next {
        if self.refused {
            // Whatever is said now only ends it.
            return Next::Refused;
        }
        // A single `=` stands for nothing (RFC 4954, section 4).
        let said = if said == b"=" { b"".as_slice() } else { said };
        let Some(text) = STANDARD.decode(said).ok().and_then(|bytes| String::from_utf8(bytes).ok()) else {
            return Next::Nonsense;
        };
        match self.mechanism {
            Mechanism::Plain => {
                let mut parts = text.split('\0').skip(1);
                match (parts.next(), parts.next(), parts.next()) {
                    (Some(user), Some(password), None) => by_password(shared, user, password),
                    _ => Next::Nonsense,
                }
            }
            Mechanism::Login => match self.user.take() {
                None => {
                    self.user = Some(text);
                    Next::Challenge(STANDARD.encode("Password:"))
                }
                Some(user) => by_password(shared, &user, &text),
            },
            Mechanism::Xoauth2 | Mechanism::OauthBearer => self.by_token(shared, &text),
        }
    }

    fn by_token(&mut self, shared: &Shared, text: &str) -> Next {
        let mut fields = text.split('\u{1}');
        let Some(head) = fields.next() else { return Next::Nonsense };
        let user = match self.mechanism {
            Mechanism::Xoauth2 => head.strip_prefix("user="),
            _ => head.strip_prefix("n,a=").and_then(|rest| rest.strip_suffix(',')),
        };
        let token = fields.find_map(|field| field.strip_prefix("auth=Bearer "));
        let (Some(user), Some(token), true) = (user, token, text.ends_with("\u{1}\u{1}")) else {
            return Next::Nonsense;
        };
        if is_us(shared, user) && shared.state().token == token {
            return Next::In(user.to_owned());
        }
        self.refused = true;
        let why = match self.mechanism {
            Mechanism::Xoauth2 => {
                r#"{"status":"401","schemes":"bearer","scope":"https://mail.example.test/"}"#
            }
            _ => r#"{"status":"invalid_token"}"#,
        };
        Next::Challenge(STANDARD.encode(why))
    }
}

/// Checks a name and a password.
pub(super) fn by_password(shared: &Shared, user: &str, password: &str) -> Next {
    let is_right = is_us(shared, user) && shared.state().password == password;
    if is_right { Next::In(user.to_owned()) } else { Next::Refused }
}

fn is_us(shared: &Shared, user: &str) -> bool {
    user.eq_ignore_ascii_case(&shared.options.address)
}
