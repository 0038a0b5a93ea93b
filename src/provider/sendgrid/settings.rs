//! The settings of a SendGrid account: what they are called, what is legal, what they mean.

use super::sign;
use crate::domain::setting::{SettingSpec, WrongSetting};
use crate::provider::mail::own::Own;
use crate::provider::mail::settings::{
    FROM, Given, LOGO, QUOTE, REPLY_DOMAIN, SIGNATURE, SUBJECT_TOKEN, Style,
};
use p256::ecdsa::VerifyingKey;
use std::collections::BTreeMap;
use url::Url;

/// Where the API is for everybody.
const GLOBAL: &str = "https://api.sendgrid.com/";
/// Where it is for subusers whose data stay in the EU.
const EU: &str = "https://api.eu.sendgrid.com/";

/// What an account can be told.
pub const SPECS: &[SettingSpec] = &[
    FROM.required(),
    SettingSpec::text(
        "verification_key",
        "the public key of the signed event webhook, from Settings → Mail Settings → Event Webhooks → Signature Verification",
    )
    .required(),
    SettingSpec::text(
        "parse_verification_key",
        "the public key of the security policy of Inbound Parse, if it is not the same",
    ),
    REPLY_DOMAIN,
    SIGNATURE,
    LOGO,
    QUOTE,
    SUBJECT_TOKEN,
    SettingSpec::text("region", "where the account's data live: global (default) or eu"),
    SettingSpec::text("base_url", "instead of https://api.sendgrid.com, for tests; http on loopback only"),
    SettingSpec::secret("api_key", "an API key, SG.…, with the permission Mail Send"),
];

/// Checked settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Who we are.
    pub own: Own,
    /// What signs events.
    pub events_key: VerifyingKey,
    /// What signs mails that come in.
    pub parse_key: VerifyingKey,
    /// How its mails look.
    pub style: Style,
    /// Where the API is.
    pub base: Url,
}

/// Reads settings and says what is wrong with them in words for a person.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse(settings: &BTreeMap<String, String>) -> Result<Settings, WrongSetting> {
    let given = Given::known(settings, SPECS)?;
    let from = given.from()?;
    let reply = given.reply(&from)?;
    let key = |name: &str| match given.get(name) {
        None => Ok(None),
        Some(text) => sign::key(text).map(Some).ok_or_else(|| {
            let human = format!(
                "{name} must be the public key as SendGrid shows it: one line that begins with MFkw, or PEM"
            );
            WrongSetting::new(name, human)
        }),
    };
    let events_key = key("verification_key")?.ok_or_else(|| {
        WrongSetting::new(
            "verification_key",
            "verification_key is missing: at SendGrid, switch Signature Verification of the event webhook on and copy its public key",
        )
    })?;
    let parse_key = key("parse_verification_key")?.unwrap_or(events_key);
    let region = match given.get("region").map(str::to_ascii_lowercase).as_deref() {
        None | Some("global") => GLOBAL,
        Some("eu") => EU,
        Some(_) => return Err(WrongSetting::new("region", "region must be global or eu")),
    };
    let base = match given.base_url()? {
        Some(base) => base,
        None => Url::parse(region).map_err(|_| WrongSetting::new("region", "region makes no address"))?,
    };
    Ok(Settings {
        own: Own { from, also: Vec::new(), reply },
        events_key,
        parse_key,
        style: given.style()?,
        base,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEuuxye2yOTaWhjYjR8Ci95WtGGLoGpeTZi0Bq1XrOD0XypMe3V917ObFuEWrPxA8CzKCya4K0cft0pjSoXwT1+w==";
    const OTHER: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEi0BffW2CiDoImBUMihzsq+geU0Pm5I43n1g4ZJhSmvjz5TeQkKJfSORgrRmYWAlTPy6TxQbxjmgnQoV7oSIOJw==";

    fn with(more: &[(&str, &str)]) -> Result<Settings, WrongSetting> {
        let base = [("from", "Example <support@example.com>"), ("verification_key", KEY)];
        parse(&base.iter().chain(more).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn good_settings_are_understood() {
        let plain = with(&[]).unwrap();
        assert_eq!(plain.base.as_str(), GLOBAL);
        assert_eq!(plain.events_key, plain.parse_key);
        let more = with(&[("region", "EU"), ("parse_verification_key", OTHER)]).unwrap();
        assert_eq!(more.base.as_str(), EU);
        assert_ne!(more.events_key, more.parse_key);
    }

    #[test]
    fn each_error_says_what_to_do() {
        for (key, value, says) in [
            ("from", "", "support@example.com"),
            ("verification_key", "", "Signature Verification"),
            ("verification_key", "abc", "MFkw"),
            ("parse_verification_key", "abc", "MFkw"),
            ("region", "moon", "global or eu"),
            ("base_url", "http://example.com", "https"),
            ("api_key", "x", "--secret"),
            ("verifcation_key", "x", "verification_key"),
        ] {
            let error = with(&[(key, value)]).unwrap_err();
            assert!(error.human.contains(says), "{key}={value}: {error}");
            assert_eq!(error.key, key);
        }
    }
}
