//! The settings of a Resend account: what they are called, what is legal, what they mean.

use crate::domain::setting::{SettingSpec, WrongSetting};
use crate::provider::mail::own::Own;
use crate::provider::mail::settings::{FROM, Given, LOGO, QUOTE, REPLY_DOMAIN, SIGNATURE, Style};
use std::collections::BTreeMap;
use std::time::Duration;
use url::Url;

/// Where the API is.
const BASE: &str = "https://api.resend.com/";
/// How often is polled unless told otherwise, in seconds.
const POLL_SECONDS: u64 = 60;

/// What an account can be told.
pub const SPECS: &[SettingSpec] = &[
    FROM.required(),
    REPLY_DOMAIN,
    SIGNATURE,
    LOGO,
    QUOTE,
    SettingSpec::number(
        "poll_seconds",
        "how often to ask for mails of which no webhook told, seconds; default 60, 0 = only when one tells of something, and once a day",
    ),
    SettingSpec::text("base_url", "instead of https://api.resend.com, for tests; http on loopback only"),
    SettingSpec::secret(
        "api_key",
        "an API key, re_…, with full access (one that may only send cannot read what comes in)",
    ),
    SettingSpec::secret(
        "webhook_secret",
        "the signing secret of the webhook, whsec_…: without it webhooks are refused",
    ),
];

/// Checked settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Who we are.
    pub own: Own,
    /// What every mail has besides its words.
    pub style: Style,
    /// Where the API is.
    pub base: Url,
    /// Whether that is not Resend itself.
    pub base_is_ours: bool,
    /// How often to poll.
    pub poll: Option<Duration>,
}

/// Reads settings and says what is wrong with them in words for a person.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse(settings: &BTreeMap<String, String>) -> Result<Settings, WrongSetting> {
    let given = Given::known(settings, SPECS)?;
    let from = given.from()?;
    let reply = given.reply(&from)?;
    let poll = match given.get("poll_seconds") {
        None => POLL_SECONDS,
        Some(n) => n
            .parse()
            .ok()
            .filter(|n| *n <= 86_400)
            .ok_or_else(|| WrongSetting::new("poll_seconds", "poll_seconds must be 0 to 86400"))?,
    };
    let ours = given.base_url()?;
    let base_is_ours = ours.is_some();
    let base = match ours {
        Some(base) => base,
        None => Url::parse(BASE).map_err(|_| WrongSetting::new("base_url", "base_url is missing"))?,
    };
    Ok(Settings {
        own: Own { from, also: Vec::new(), reply },
        style: given.style()?,
        base,
        base_is_ours,
        poll: (poll > 0).then(|| Duration::from_secs(poll)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(more: &[(&str, &str)]) -> Result<Settings, WrongSetting> {
        let base = [("from", "support@example.com")];
        parse(&base.iter().chain(more).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn good_settings_are_understood_and_each_error_says_what_to_do() {
        let plain = with(&[]).unwrap();
        assert_eq!((plain.base.as_str(), plain.poll), (BASE, Some(Duration::from_secs(60))));
        assert_eq!(with(&[("poll_seconds", "0")]).unwrap().poll, None);
        for (key, value, says) in [
            ("poll_seconds", "-1", "0 to 86400"),
            ("base_url", "http://example.com", "https"),
            ("api_key", "x", "--secret"),
            ("webhook_secret", "x", "--secret"),
            ("from", "x", "support@example.com"),
        ] {
            let error = with(&[(key, value)]).unwrap_err();
            assert!(error.human.contains(says), "{key}={value}: {error}");
            assert_eq!(error.key, key);
        }
    }
}
