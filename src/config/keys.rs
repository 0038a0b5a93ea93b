//! The table of all scalar keys: drives reading, error messages, variable names and the reference.

use crate::config::names::check_name;
use crate::domain::notify::{Hours, How, Rule};
use std::net::SocketAddr;

/// What a scalar key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// A workspace's name.
    Name,
    /// An address with a port to listen on.
    Address,
    /// An http or https URL without query.
    Url,
    /// Words.
    Text,
    /// An e-mail address.
    Email,
    /// Whole seconds, up to an hour.
    Seconds,
    /// A two-letter region (ISO 3166-1).
    Region,
    /// Kinds of conversations, separated by commas.
    Kinds,
    /// Hours of the day.
    Hours,
    /// True or false.
    Switch,
    /// One of some words.
    Choice(&'static [&'static str]),
}

/// A scalar key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeySpec {
    /// Its dotted name in the file.
    pub key: &'static str,
    /// Its environment variable.
    pub env: &'static str,
    /// What it takes.
    pub kind: KeyKind,
    /// Its default, as words for the reference; empty = none.
    pub default: &'static str,
    /// What it is for.
    pub help: &'static str,
}

/// Every scalar key outside of agents, keys and channels.
pub const KEYS: &[KeySpec] = &[
    KeySpec {
        key: "default_workspace",
        env: "FRONTDESK_WORKSPACE",
        kind: KeyKind::Name,
        default: "main",
        help: "The workspace to use where `--workspace` does not say. Each workspace has its own directory, database, channels and keyring entries; nothing crosses.",
    },
    KeySpec {
        key: "listen",
        env: "FRONTDESK_LISTEN",
        kind: KeyKind::Address,
        default: "127.0.0.1:4747",
        help: "Where the listener for webhooks and the chat page waits. Port 0 takes a free one. Bind anything but loopback only behind a proxy that speaks TLS.",
    },
    KeySpec {
        key: "public_url",
        env: "FRONTDESK_PUBLIC_URL",
        kind: KeyKind::Url,
        default: "",
        help: "The address under which vendors and visitors reach the listener; it is part of what vendors sign. Without it: the listener's own address.",
    },
    KeySpec {
        key: "agent.name",
        env: "FRONTDESK_AGENT_NAME",
        kind: KeyKind::Text,
        default: "",
        help: "Your name, as customers see it on the chat page. Without it: your login name.",
    },
    KeySpec {
        key: "agent.email",
        env: "FRONTDESK_AGENT_EMAIL",
        kind: KeyKind::Email,
        default: "",
        help: "Your e-mail address, by which you are known across providers. Without it: your login name at `localhost`.",
    },
    KeySpec {
        key: "undo_seconds",
        env: "FRONTDESK_UNDO_SECONDS",
        kind: KeyKind::Seconds,
        default: "5",
        help: "For how many seconds a message sent on the screen can be taken back. 0 sends at once. Commands of the shell never wait.",
    },
    KeySpec {
        key: "theme",
        env: "FRONTDESK_THEME",
        kind: KeyKind::Name,
        default: "auto",
        help: "The colours: `graphite` and `harbor` (dark), `paper` and `linen` (light), `contrast` (high contrast), or one of your own. `auto` is `graphite`, or `paper` where the terminal says through COLORFGBG that its ground is light; `dark` and `light` are those two as well. `:theme` tries them on. NO_COLOR turns colours off.",
    },
    KeySpec {
        key: "icons",
        env: "FRONTDESK_ICONS",
        kind: KeyKind::Choice(&["plain", "nerd"]),
        default: "plain",
        help: "The glyphs for media, views and files: those of every font, or those of Nerd Fonts, which the terminal has to use then.",
    },
    KeySpec {
        key: "read_policy",
        env: "FRONTDESK_READ_POLICY",
        kind: KeyKind::Choice(&["on-open", "on-reply", "manual"]),
        default: "on-open",
        help: "What marks a conversation as read. `on-open`: opening it with Enter, and what arrives while its newest message is on screen; notes that call you by @name are then seen as well. `on-reply`: a reply. `manual`: only the key `U`. Moving about never does, nor does anything while the terminal has no focus (as far as it tells: in tmux that needs `set -g focus-events on`).",
    },
    KeySpec {
        key: "title",
        env: "FRONTDESK_TITLE",
        kind: KeyKind::Switch,
        default: "true",
        help: "Whether the terminal's title tells how many open conversations are unread: `(3) Frontdesk · main`. The old title is put back at the end by terminals that keep it.",
    },
    KeySpec {
        key: "notify.how",
        env: "FRONTDESK_NOTIFY_HOW",
        kind: KeyKind::Choice(How::WORDS),
        default: "osc9",
        help: "How you are called when a customer writes while you look elsewhere: the terminal has no focus, or the conversation is not on the screen. `osc9` and `osc777` ask the terminal (which of them it knows, its manual says; others pass over it; in tmux it needs `set -g allow-passthrough on`), `desktop` the desktop itself (Linux, over D-Bus; elsewhere the terminal), `bell` rings. What comes together is one call, no message is called for twice, and what was sent more than an hour ago is no news.",
    },
    KeySpec {
        key: "notify.views",
        env: "FRONTDESK_NOTIFY_VIEWS",
        kind: KeyKind::Kinds,
        default: "mine, unassigned, mentions",
        help: "For which conversations: any of `all`, `mine`, `unassigned`, `mentions` (a note that calls you by @name), `due` (a conversation of yours or nobody's is to be answered within ten minutes, and once more when it is overdue), `channel:WORD`, `account:NAME`, `label:NAME`, `team:NAME`, and `priority:WORD` (that or higher). Never for spam, nor for what is muted or blocked.",
    },
    KeySpec {
        key: "notify.quiet",
        env: "FRONTDESK_NOTIFY_QUIET",
        kind: KeyKind::Hours,
        default: "",
        help: "Hours at which nobody is called, such as `22:00-07:00`, by the clock of this machine.",
    },
    KeySpec {
        key: "notify.preview",
        env: "FRONTDESK_NOTIFY_PREVIEW",
        kind: KeyKind::Switch,
        default: "true",
        help: "Whether a call shows the words of the message, rather than only who has written.",
    },
    KeySpec {
        key: "log_level",
        env: "FRONTDESK_LOG_LEVEL",
        kind: KeyKind::Choice(&["error", "warn", "info", "debug", "trace"]),
        default: "info",
        help: "How much goes to the log file. Message texts and secrets never do; numbers and addresses are masked above `debug`. Each day (UTC) begins a new file, and so does a full one: at most 8 files of 8 MiB, then the oldest go.",
    },
    KeySpec {
        key: "phone_region",
        env: "FRONTDESK_PHONE_REGION",
        kind: KeyKind::Region,
        default: "",
        help: "The region (such as `NL`) in which telephone numbers typed without a country code are understood. Without it they have to begin with +.",
    },
];

/// The names of all scalar keys.
pub fn key_names() -> Vec<&'static str> {
    KEYS.iter().map(|k| k.key).collect()
}

/// The key of that dotted name.
pub fn key(name: &str) -> Option<&'static KeySpec> {
    KEYS.iter().find(|k| k.key == name)
}

impl KeySpec {
    /// Whether it stands in quotes in the file.
    pub const fn is_quoted(&self) -> bool {
        !matches!(self.kind, KeyKind::Seconds | KeyKind::Switch)
    }

    /// What it takes, in words.
    pub fn takes(&self) -> String {
        match self.kind {
            KeyKind::Name => "a name".into(),
            KeyKind::Address => "ADDRESS:PORT".into(),
            KeyKind::Url => "a URL".into(),
            KeyKind::Text => "text".into(),
            KeyKind::Email => "an e-mail address".into(),
            KeyKind::Seconds => "whole seconds, 0 to 3600".into(),
            KeyKind::Region => "two letters".into(),
            KeyKind::Kinds => "kinds of conversations".into(),
            KeyKind::Hours => "HH:MM-HH:MM".into(),
            KeyKind::Switch => "true | false".into(),
            KeyKind::Choice(words) => words.join(" | "),
        }
    }

    /// Whether `value` fits.
    ///
    /// # Errors
    /// What it takes instead.
    pub fn check(&self, value: &str) -> Result<(), String> {
        let fits = match self.kind {
            KeyKind::Name => return check_name(value),
            KeyKind::Address => value.parse::<SocketAddr>().is_ok(),
            KeyKind::Url => return check_url(value),
            KeyKind::Text => !value.trim().is_empty() && crate::text::sanitize::is_clean(value),
            KeyKind::Email => crate::text::address::email(value).is_some(),
            KeyKind::Seconds => value.parse::<u64>().is_ok_and(|s| s <= 3600),
            KeyKind::Region => value.len() == 2 && value.chars().all(|c| c.is_ascii_uppercase()),
            KeyKind::Kinds => return Rule::list(value).map(|_| ()),
            KeyKind::Hours => return value.parse::<Hours>().map(|_| ()),
            KeyKind::Switch => matches!(value, "true" | "false"),
            KeyKind::Choice(words) => words.contains(&value),
        };
        if fits { Ok(()) } else { Err(format!("takes {}", self.takes())) }
    }
}

/// Whether `value` can be a public base: http or https, a host, nothing after the path.
fn check_url(value: &str) -> Result<(), String> {
    let url =
        url::Url::parse(value).map_err(|e| format!("takes a URL such as https://desk.example.com: {e}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err("takes a URL that begins with https:// or http://".into());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("takes a URL without ? and #".into());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("takes a URL without a user and password".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_fits_its_own_kind() {
        for k in KEYS {
            if !k.default.is_empty() {
                assert_eq!(k.check(k.default), Ok(()), "{}", k.key);
            }
            assert!(!k.help.is_empty());
        }
    }

    #[test]
    fn variables_are_named_after_keys() {
        for k in KEYS {
            let name = k.key.strip_prefix("default_").unwrap_or(k.key);
            assert_eq!(k.env, format!("FRONTDESK_{}", name.replace('.', "_").to_uppercase()));
        }
    }

    #[test]
    fn values_are_checked_by_kind() {
        let check = |k: &str, v: &str| key(k).unwrap().check(v);
        assert!(check("listen", "127.0.0.1:0").is_ok());
        assert!(check("listen", "[::1]:80").is_ok());
        assert!(check("listen", "localhost").is_err());
        assert!(check("public_url", "https://desk.example.com/base").is_ok());
        assert!(check("public_url", "desk.example.com").is_err());
        assert!(check("public_url", "https://a:b@desk.example.com").is_err());
        assert!(check("undo_seconds", "3601").is_err());
        assert!(check("phone_region", "nl").is_err());
        assert!(check("theme", "dark").is_ok());
    }
}
