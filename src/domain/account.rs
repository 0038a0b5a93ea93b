//! Accounts, the media they carry, and how they are.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The medium a customer used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// Electronic mail.
    Email,
    /// WhatsApp, by whichever provider.
    Whatsapp,
    /// SMS and MMS.
    Sms,
    /// LinkedIn messages.
    Linkedin,
    /// Facebook Messenger.
    Messenger,
    /// Instagram direct messages.
    Instagram,
    /// Telegram.
    Telegram,
    /// Our own chat page.
    Webchat,
    /// Anything else.
    Other,
}

impl Channel {
    /// Every channel, in the order of the sidebar.
    pub const ALL: [Channel; 9] = [
        Channel::Email,
        Channel::Whatsapp,
        Channel::Sms,
        Channel::Linkedin,
        Channel::Messenger,
        Channel::Instagram,
        Channel::Telegram,
        Channel::Webchat,
        Channel::Other,
    ];

    /// The word used in files, arguments and queries.
    pub const fn word(self) -> &'static str {
        match self {
            Channel::Email => "email",
            Channel::Whatsapp => "whatsapp",
            Channel::Sms => "sms",
            Channel::Linkedin => "linkedin",
            Channel::Messenger => "messenger",
            Channel::Instagram => "instagram",
            Channel::Telegram => "telegram",
            Channel::Webchat => "webchat",
            Channel::Other => "other",
        }
    }

    /// The name shown to people.
    pub const fn title(self) -> &'static str {
        match self {
            Channel::Email => "E-mail",
            Channel::Whatsapp => "WhatsApp",
            Channel::Sms => "SMS",
            Channel::Linkedin => "LinkedIn",
            Channel::Messenger => "Messenger",
            Channel::Instagram => "Instagram",
            Channel::Telegram => "Telegram",
            Channel::Webchat => "Web chat",
            Channel::Other => "Other",
        }
    }

    /// The medium and the address of `whatsapp:+15550100123`: an address has a digit or an `@`. Nothing where no medium stands
    /// before one.
    pub fn before_address(text: &str) -> Option<(Channel, &str)> {
        let (medium, address) = text.split_once(':')?;
        let channel = medium.parse().ok()?;
        address.contains(|c: char| c.is_numeric() || c == '@').then_some((channel, address))
    }

    /// The small number under which the store keeps it. Never changes.
    pub const fn code(self) -> i64 {
        self as i64
    }

    /// The channel of a stored number; unknown numbers (a newer version's) are `Other`.
    pub fn from_code(code: i64) -> Channel {
        usize::try_from(code).ok().and_then(|i| Channel::ALL.get(i).copied()).unwrap_or(Channel::Other)
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Channel {
    type Err = UnknownWord;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let s = s.to_lowercase();
        let s = if s == "chat" { "webchat" } else { s.as_str() };
        Channel::ALL
            .into_iter()
            .find(|c| c.word() == s)
            .ok_or_else(|| UnknownWord::new("channel", s, Channel::ALL.map(Channel::word)))
    }
}

/// A word that is none of the known ones; says which are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} \u{201c}{word}\u{201d}: use one of {}", known.join(", "))]
pub struct UnknownWord {
    /// What kind of word was expected.
    pub what: &'static str,
    /// What was given.
    pub word: String,
    /// What would have been understood.
    pub known: Vec<&'static str>,
}

impl UnknownWord {
    /// An error for `word` where one of `known` was expected.
    pub fn new(what: &'static str, word: &str, known: impl IntoIterator<Item = &'static str>) -> Self {
        UnknownWord { what, word: word.to_owned(), known: known.into_iter().collect() }
    }
}

/// How an account is, in the words of `channel list`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// It works.
    Ok,
    /// Nothing known yet.
    Connecting,
    /// The credentials are refused or missing.
    NeedsLogin,
    /// The provider asks for patience, or something besides the messages does not go as it should.
    Limited,
    /// The last attempts failed.
    Failing,
    /// Switched off by the user.
    Disabled,
}

impl Health {
    /// The word used in files and output.
    pub const fn word(self) -> &'static str {
        match self {
            Health::Ok => "ok",
            Health::Connecting => "connecting",
            Health::NeedsLogin => "needs-login",
            Health::Limited => "limited",
            Health::Failing => "failing",
            Health::Disabled => "disabled",
        }
    }
}

impl FromStr for Health {
    type Err = UnknownWord;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        const ALL: [Health; 6] = [
            Health::Ok,
            Health::Connecting,
            Health::NeedsLogin,
            Health::Limited,
            Health::Failing,
            Health::Disabled,
        ];
        ALL.into_iter()
            .find(|h| h.word() == s)
            .ok_or_else(|| UnknownWord::new("health", s, ALL.map(Health::word)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channel_words_and_codes_come_back() {
        for c in Channel::ALL {
            assert_eq!(c.word().parse::<Channel>().unwrap(), c);
            assert_eq!(Channel::from_code(c.code()), c);
        }
        assert_eq!("chat".parse::<Channel>().unwrap(), Channel::Webchat);
        assert!("fax".parse::<Channel>().unwrap_err().to_string().contains("whatsapp"));
    }

    #[test]
    fn a_medium_stands_before_an_address_and_no_other_word() {
        let of = Channel::before_address;
        assert_eq!(of("whatsapp:+15550100123"), Some((Channel::Whatsapp, "+15550100123")));
        assert_eq!(of("WhatsApp:ES.1349"), Some((Channel::Whatsapp, "ES.1349")));
        assert_eq!(of("email:ana@x.example"), Some((Channel::Email, "ana@x.example")));
        for other in ["sms:hello", "whatsapp:", "fax:+1555", "+15550100123", "12:30", ""] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
