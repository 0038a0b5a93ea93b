//! The settings of a Resend account: what they are called, what is legal, what they mean.

use crate::domain::setting::{SettingSpec, WrongSetting};
use crate::provider::mail::own::{Own, folded};
use crate::provider::mail::settings::{
    FROM, Given, LOGO, QUOTE, REPLY_DOMAIN, SIGNATURE, SUBJECT_TOKEN, Style,
};
use crate::text::address;
use std::collections::BTreeMap;
use std::time::Duration;
use url::Url;

/// Where the API is.
const HOME: &str = "https://api.resend.com/";
/// How often is asked unless told otherwise.
const POLL: Duration = Duration::from_secs(60);

/// What an account can be told.
pub const SPECS: &[SettingSpec] = &[
    FROM.required(),
    REPLY_DOMAIN,
    SettingSpec::text(
        "receives",
        "the addresses and domains whose mail comes in here, with commas between them; all mail that Resend receives for the team, \
         where nothing is said",
    ),
    SIGNATURE,
    LOGO,
    QUOTE,
    SUBJECT_TOKEN,
    SettingSpec::text("base_url", "instead of https://api.resend.com, for tests; http on loopback only"),
    SettingSpec::number(
        "poll_seconds",
        "how often to ask for mail that no webhook told of, seconds; default 60, 0 = never",
    ),
    SettingSpec::secret(
        "api_key",
        "an API key, re_…, with Full access (Sending access is enough where no mail comes in)",
    ),
    SettingSpec::secret(
        "webhook_secret",
        "the signing secret of the webhook, whsec_…; without it webhooks are refused",
    ),
];

/// Checked settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Who we are.
    pub own: Own,
    /// Whose mail comes in.
    pub receives: Receives,
    /// How its mails look.
    pub style: Style,
    /// Where the API is.
    pub base: Url,
    /// Whether `base` is not Resend itself.
    pub base_is_ours: bool,
    /// How often to ask.
    pub poll: Option<Duration>,
}

/// Whose mail comes in: a team at Resend has one inbox for all its domains.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Receives {
    /// Addresses, folded for matching.
    pub addresses: Vec<String>,
    /// Domains, in lower case.
    pub domains: Vec<String>,
}

impl Receives {
    /// Whether a mail to these comes in here.
    pub fn is_for_us<'a>(&self, mut recipients: impl Iterator<Item = &'a str>) -> bool {
        if self.addresses.is_empty() && self.domains.is_empty() {
            return true;
        }
        recipients.any(|to| {
            let Some(to) = folded(to) else { return false };
            let (local, domain) = to.rsplit_once('@').unwrap_or_default();
            // What stands behind a plus is for the owner of the address.
            let bare = format!("{}@{domain}", local.split('+').next().unwrap_or(local));
            self.domains.iter().any(|ours| ours == domain)
                || self.addresses.iter().any(|ours| *ours == to || *ours == bare)
        })
    }
}

/// Reads settings and says what is wrong with them in words for a person.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse(settings: &BTreeMap<String, String>) -> Result<Settings, WrongSetting> {
    let given = Given::known(settings, SPECS)?;
    let from = given.from()?;
    let reply = given.reply(&from)?;
    let mut receives = receives(&given)?;
    let also = receives.addresses.clone();
    if !(receives.addresses.is_empty() && receives.domains.is_empty()) {
        // Answers come to where they were asked to.
        receives
            .domains
            .extend(reply.as_deref().and_then(|to| to.rsplit_once('@')).map(|(_, domain)| domain.to_owned()));
    }
    let given_base = given.base_url()?;
    let base_is_ours = given_base.is_some();
    let base = match given_base {
        Some(base) => base,
        None => {
            Url::parse(HOME).map_err(|_| WrongSetting::new("base_url", "there is no address of Resend"))?
        }
    };
    Ok(Settings {
        own: Own { from, also, reply },
        receives,
        style: given.style()?,
        base,
        base_is_ours,
        poll: given.poll(POLL)?,
    })
}

fn receives(given: &Given<'_>) -> Result<Receives, WrongSetting> {
    let mut receives = Receives::default();
    let pieces = given.get("receives").unwrap_or_default().split([',', ';']);
    for piece in pieces.map(str::trim).filter(|piece| !piece.is_empty()) {
        let whole = if piece.contains('@') { piece.to_owned() } else { format!("x@{piece}") };
        let email = address::email(&whole).filter(|email| email.folded.contains('.'));
        let email = email.ok_or_else(|| {
            let human = format!(
                "receives must be addresses and domains (support@example.com, example.org), and \u{201c}{piece}\u{201d} is neither"
            );
            WrongSetting::new("receives", human)
        })?;
        match (piece.contains('@'), email.folded.rsplit_once('@')) {
            (false, Some((_, domain))) => receives.domains.push(domain.to_owned()),
            _ => receives.addresses.push(email.folded),
        }
    }
    Ok(receives)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(more: &[(&str, &str)]) -> Result<Settings, WrongSetting> {
        let base = [("from", "Example <support@example.com>")];
        parse(&base.iter().chain(more).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn good_settings_are_understood() {
        let plain = with(&[]).unwrap();
        assert_eq!((plain.base.as_str(), plain.base_is_ours), (HOME, false));
        assert_eq!(plain.poll, Some(Duration::from_secs(60)));
        let more = with(&[("poll_seconds", "0"), ("base_url", "http://127.0.0.1:4010")]).unwrap();
        assert_eq!((more.poll, more.base_is_ours), (None, true));
    }

    #[test]
    fn whose_mail_comes_in_can_be_said() {
        let all = with(&[]).unwrap().receives;
        assert!(all.is_for_us(["anybody@example.org"].into_iter()) && all.is_for_us(std::iter::empty()));
        let some =
            with(&[("receives", "Support@Example.com, example.org"), ("reply_domain", "in.example.com")])
                .unwrap();
        assert_eq!(some.own.also, ["support@example.com"]);
        for (to, ours) in [
            ("SUPPORT@example.com", true),
            ("Support <support+x@example.com>", true),
            ("sales@example.com", false),
            ("anybody@example.org", true),
            ("anybody@sub.example.org", false),
            ("support+abc@in.example.com", true),
            ("", false),
        ] {
            assert_eq!(some.receives.is_for_us([to].into_iter()), ours, "{to}");
        }
    }

    #[test]
    fn each_error_says_what_to_do() {
        for (key, value, says) in [
            ("from", "", "support@example.com"),
            ("receives", "support", "example.org"),
            ("receives", "a b@example.com", "neither"),
            ("poll_seconds", "often", "0 to 86400"),
            ("base_url", "http://example.com", "https"),
            ("api_key", "x", "--secret"),
            ("webhook_secret", "x", "--secret"),
            ("recieves", "x", "receives"),
        ] {
            let error = with(&[(key, value)]).unwrap_err();
            assert!(error.human.contains(says), "{key}={value}: {error}");
            assert_eq!(error.key, key);
        }
    }
}
