//! What refusals of mail servers mean: the class that decides what is done, and words that name the step and what to do.
//!
//! Codes: RFC 5530 (IMAP), RFC 5321 section 4.2 and RFC 3463 (SMTP).

use super::answer::Trouble;
use crate::domain::delivery::Reason;
use crate::domain::failure::Failure;
use crate::provider::mail::bounce::short;
use std::time::Duration;

/// How long a server that has had enough of us is left alone.
const PATIENCE: Duration = Duration::from_secs(60);

/// A failure with the step at which it happened before its words.
pub fn at(step: &str, failure: Failure) -> Failure {
    let named = |human: String| format!("{step}: {human}");
    match failure {
        Failure::Transient { retry_after, human } => Failure::Transient { retry_after, human: named(human) },
        Failure::Later { after, human } => Failure::Later { after, human: named(human) },
        Failure::Auth { human } => Failure::Auth { human: named(human) },
        Failure::Rejected { reason, field } => {
            Failure::Rejected { reason: Reason { human: named(reason.human), ..reason }, field }
        }
        Failure::Unknown { human } => Failure::Unknown { human: named(human) },
        Failure::Unsupported => Failure::Unsupported,
    }
}

/// What a trouble means while something is read or changed.
pub fn failure(trouble: Trouble) -> Failure {
    match trouble {
        Trouble::Lost(human) | Trouble::Unreadable(human) => Failure::transient(human),
        Trouble::Bad(words) => {
            Failure::rejected("BAD".to_owned(), format!("the server does not understand it: {words}"))
        }
        Trouble::No { code, words } => match code.as_deref() {
            Some("AUTHENTICATIONFAILED" | "AUTHORIZATIONFAILED" | "EXPIRED" | "PRIVACYREQUIRED") => {
                Failure::Auth { human: words }
            }
            Some("UNAVAILABLE" | "SERVERBUG" | "CORRUPTION") => Failure::transient(words),
            Some("LIMIT" | "THROTTLED" | "OVERQUOTA" | "INUSE") => {
                Failure::Transient { retry_after: Some(PATIENCE), human: words }
            }
            _ if is_busy(&words) => Failure::Transient { retry_after: Some(PATIENCE), human: words },
            _ => Failure::rejected(code, words),
        },
    }
}

/// Whether a trouble would be the same the next time.
pub fn is_refusal(trouble: &Trouble) -> bool {
    matches!(failure(trouble.clone()), Failure::Rejected { .. })
}

/// What a trouble means at the login: a refusal without a reason is one of the password.
pub fn login(trouble: Trouble, hint: &str) -> Failure {
    match failure(trouble) {
        Failure::Rejected { reason, .. } => Failure::Auth { human: hinted(&reason.human, hint) },
        Failure::Auth { human } => Failure::Auth { human: hinted(&human, hint) },
        other => other,
    }
}

/// Words with what is to be known of the provider's passwords behind them.
pub fn hinted(words: &str, hint: &str) -> String {
    if hint.is_empty() { words.to_owned() } else { format!("{words} ({hint})") }
}

/// Whether a server without codes says that it has had enough of us for now.
fn is_busy(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    ["too many", "throttle", "try again later", "temporarily", "rate limit"].iter().any(|w| words.contains(w))
}

/// A reply of a server that sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Three digits.
    pub code: u16,
    /// The enhanced status (RFC 3463), if it has one.
    pub status: Option<String>,
    /// Its words.
    pub words: String,
}

impl Reply {
    /// Whether it says yes.
    pub fn is_yes(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// Its code as it is shown: `550 5.1.1`.
    pub fn shown_code(&self) -> String {
        match &self.status {
            Some(status) => format!("{} {status}", self.code),
            None => self.code.to_string(),
        }
    }

    /// The reply on one line.
    pub fn line(&self) -> String {
        short(&format!("{} {}", self.shown_code(), self.words))
    }

    /// What a refusal of one mail, or of one of its recipients, means: that it may be taken later says nothing of other mails (a server
    /// that does not know the sender yet lets him come again). Who is shut out altogether hears 421 (RFC 5321, section 3.8).
    pub fn of_one(&self, step: &str) -> Failure {
        match self.failure(step) {
            Failure::Transient { human, .. } if self.code != 421 => Failure::Later { after: PATIENCE, human },
            other => other,
        }
    }

    /// What a refusal means, before anything was sent.
    pub fn failure(&self, step: &str) -> Failure {
        let human = format!("{step}: {}", self.line());
        match self.code {
            // RFC 4954, section 6, and what servers say that want a login first.
            530 | 534 | 535 | 538 => Failure::Auth { human },
            400..=499 => Failure::Transient { retry_after: is_busy(&self.words).then_some(PATIENCE), human },
            _ => Failure::rejected(self.shown_code(), human),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn no(code: Option<&str>, words: &str) -> Trouble {
        Trouble::No { code: code.map(str::to_owned), words: words.to_owned() }
    }

    #[test]
    fn classes_follow_codes() {
        for (trouble, class) in [
            (no(Some("AUTHENTICATIONFAILED"), "no"), "auth"),
            (no(Some("UNAVAILABLE"), "later"), "transient"),
            (no(Some("LIMIT"), "slow down"), "limited"),
            (no(Some("ALERT"), "Too many simultaneous connections. (Failure)"), "limited"),
            (no(Some("NONEXISTENT"), "no such folder"), "rejected"),
            (no(None, "odd"), "rejected"),
            (Trouble::Lost("closed".into()), "transient"),
            (Trouble::Bad("what".into()), "rejected"),
        ] {
            let got = match failure(trouble.clone()) {
                Failure::Auth { .. } => "auth",
                Failure::Transient { retry_after: Some(_), .. } => "limited",
                Failure::Transient { .. } => "transient",
                Failure::Rejected { .. } => "rejected",
                _ => "other",
            };
            assert_eq!(got, class, "{trouble:?}");
        }
    }

    #[test]
    fn a_refused_login_tells_what_helps() {
        let Failure::Auth { human } = login(no(Some("ALERT"), "Invalid credentials"), "make an app password")
        else {
            panic!()
        };
        assert_eq!(human, "Invalid credentials (make an app password)");
        assert!(matches!(login(Trouble::Lost("x".into()), ""), Failure::Transient { .. }));
        assert!(matches!(login(no(None, "Too many connections"), ""), Failure::Transient { .. }));
    }

    #[test]
    fn replies_of_servers_that_send() {
        let reply = |code, words: &str| Reply { code, status: Some("5.7.1".into()), words: words.into() };
        assert!(matches!(reply(535, "no").failure("login"), Failure::Auth { .. }));
        assert!(matches!(reply(421, "busy").failure("x"), Failure::Transient { retry_after: None, .. }));
        assert!(matches!(reply(421, "busy").of_one("x"), Failure::Transient { .. }));
        assert!(matches!(reply(451, "try again later").of_one("x"), Failure::Later { .. }));
        match reply(550, "No such\r\nuser\u{1b}").failure("a@b.example") {
            Failure::Rejected { reason, .. } => {
                assert_eq!(reason.code.as_deref(), Some("550 5.7.1"));
                assert_eq!(reason.human, "a@b.example: 550 5.7.1 No such user");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_step_stands_before_the_words() {
        let Failure::Transient { human, .. } = at("connecting", Failure::transient("closed")) else {
            panic!()
        };
        assert_eq!(human, "connecting: closed");
    }
}
