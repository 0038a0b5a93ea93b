//! The settings of a Twilio account: what they are called, what is legal, what they mean.

use super::address::Own;
use crate::domain::setting::{SettingSpec, WrongSetting};
use crate::net::http::is_loopback;
use crate::text::address::vendor_phone;
use std::collections::BTreeMap;
use std::time::Duration;
use url::Url;

/// How often is polled unless told otherwise, in seconds.
const POLL_SECONDS: u64 = 60;

/// What an account can be told.
pub const SPECS: &[SettingSpec] = &[
    SettingSpec::text("account_sid", "the account, AC and 32 hex digits, from the console's first page")
        .required(),
    SettingSpec::text(
        "from",
        "our number (+15557122661), short code or sender name (both SMS only); or messaging_service_sid",
    ),
    SettingSpec::text("messaging_service_sid", "the messaging service that sends, MG and 32 hex digits"),
    SettingSpec::text("region", "where the account's data live: us1 (default), ie1, au1, …, or edge.region"),
    SettingSpec::text("base_url", "instead of https://api.twilio.com, for tests; http on loopback only"),
    SettingSpec::number(
        "poll_seconds",
        "how often to ask for what no webhook told, seconds; default 60, 0 = never",
    ),
    SettingSpec::secret(
        "auth_token",
        "the account's auth token: logs in and checks the signatures of webhooks",
    ),
    SettingSpec::secret("auth_token_secondary", "the other auth token while tokens are rotated"),
    SettingSpec::secret("api_key", "an API key, SK…, to log in with instead of the auth token"),
    SettingSpec::secret("api_secret", "the secret of the API key"),
    SettingSpec::secret("webhook_shared_key", "the SharedKey, if webhooks are signed with one (HMAC-SHA256)"),
];

/// Twilio's regions, each with the edge that reaches it by default (from the vendor's helper libraries).
const REGIONS: [(&str, &str); 9] = [
    ("us1", "ashburn"),
    ("us2", "umatilla"),
    ("ie1", "dublin"),
    ("de1", "frankfurt"),
    ("au1", "sydney"),
    ("br1", "sao-paulo"),
    ("jp1", "tokyo"),
    ("jp2", "osaka"),
    ("sg1", "singapore"),
];

/// Checked settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// AC….
    pub account_sid: String,
    /// Our addresses.
    pub own: Own,
    /// Whether our address can only do WhatsApp (it was given as `whatsapp:+…`).
    pub whatsapp_only: bool,
    /// Where the API is, without a slash at the end.
    pub base: Url,
    /// Whether `base` is not Twilio itself.
    pub base_is_ours: bool,
    /// How often to poll.
    pub poll: Option<Duration>,
}

/// Whether an address of ours is a messaging service rather than a number.
pub fn is_service(address: &str) -> bool {
    let bare = address.strip_prefix("whatsapp:").unwrap_or(address);
    bare.len() > 2 && bare.starts_with("MG") && bare.bytes().skip(2).all(|b| b.is_ascii_hexdigit())
}

fn is_sid(sid: &str, prefix: &str) -> bool {
    let rest = sid.strip_prefix(prefix);
    rest.is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Reads settings and says what is wrong with them in words for a person.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse(settings: &BTreeMap<String, String>) -> Result<Settings, WrongSetting> {
    let wrong = |key: &str, human: &str| WrongSetting::new(key, human);
    let get = |key: &str| settings.get(key).map(|v| v.trim()).filter(|v| !v.is_empty());
    if let Some(odd) = settings.keys().find(|k| !SPECS.iter().any(|s| s.key == *k)) {
        let known: Vec<_> = SPECS.iter().filter(|s| !s.is_secret()).map(|s| s.key).collect();
        let human = format!("unknown setting \u{201c}{odd}\u{201d}: use {}", known.join(", "));
        return Err(WrongSetting::new(odd, human));
    }
    if let Some(secret) = SPECS.iter().find(|s| s.is_secret() && settings.contains_key(s.key)) {
        let human = format!("{} is a secret: give it with --secret, not with --set", secret.key);
        return Err(WrongSetting::new(secret.key, human));
    }
    let account_sid = get("account_sid")
        .ok_or_else(|| wrong("account_sid", "account_sid is missing (AC and 32 hex digits)"))?;
    if !is_sid(account_sid, "AC") {
        return Err(wrong(
            "account_sid",
            "account_sid must be AC and 32 hex digits, as on the first page of Twilio's console",
        ));
    }
    let given = get("from");
    let from = given.map(|f| f.strip_prefix("whatsapp:").unwrap_or(f));
    if let Some(from) = from.filter(|from| given != Some(*from) && vendor_phone(from).is_none()) {
        let human = format!(
            "from must be a number with country code behind whatsapp: (whatsapp:+15557122661), not \u{201c}{from}\u{201d}"
        );
        return Err(WrongSetting::new("from", human));
    }
    if let Some(from) = from.filter(|f| !is_sender(f)) {
        let human = format!(
            "from must be a number with country code (+15557122661), a short code or a sender name of up to 11 letters \
             and digits, not \u{201c}{from}\u{201d}"
        );
        return Err(WrongSetting::new("from", human));
    }
    let service = get("messaging_service_sid");
    if service.is_some_and(|s| !is_sid(s, "MG")) {
        return Err(wrong("messaging_service_sid", "messaging_service_sid must be MG and 32 hex digits"));
    }
    if from.is_none() && service.is_none() {
        return Err(wrong("messaging_service_sid", "either from or messaging_service_sid is needed"));
    }
    let poll = match get("poll_seconds") {
        None => POLL_SECONDS,
        Some(n) => n
            .parse()
            .ok()
            .filter(|n| *n <= 86_400)
            .ok_or_else(|| wrong("poll_seconds", "poll_seconds must be 0 to 86400"))?,
    };
    let region = region(get("region")).map_err(|human| WrongSetting::new("region", human))?;
    let base = match get("base_url") {
        Some(url) => base_url(url).map_err(|human| WrongSetting::new("base_url", human))?,
        None => Url::parse(&region).map_err(|_| wrong("region", "region makes no address"))?,
    };
    Ok(Settings {
        account_sid: account_sid.to_owned(),
        own: Own { from: from.map(str::to_owned), service: service.map(str::to_owned) },
        whatsapp_only: given != from,
        base,
        base_is_ours: get("base_url").is_some(),
        poll: (poll > 0).then(|| Duration::from_secs(poll)),
    })
}

fn is_sender(from: &str) -> bool {
    let short_code = (3..=8).contains(&from.len()) && from.bytes().all(|b| b.is_ascii_digit());
    let name = (1..=11).contains(&from.len())
        && from.bytes().all(|b| b.is_ascii_alphanumeric() || b" -_&+".contains(&b))
        && from.bytes().any(|b| b.is_ascii_alphabetic());
    vendor_phone(from).is_some() || short_code || name
}

fn base_url(url: &str) -> Result<Url, String> {
    let url = Url::parse(url).map_err(|e| format!("base_url is no URL: {e}"))?;
    if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
        return Err("base_url must be https (http only on this machine, like http://127.0.0.1:4010)".into());
    }
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err("base_url must have no user, query or fragment".into());
    }
    Ok(url)
}

/// The API's address in a region, `ie1` or `dublin.ie1`.
fn region(region: Option<&str>) -> Result<String, String> {
    let region = region.unwrap_or("us1").to_ascii_lowercase();
    let name = region.rsplit('.').next().unwrap_or_default();
    let Some((name, usual)) = REGIONS.iter().find(|(known, _)| *known == name) else {
        let known: Vec<_> = REGIONS.iter().map(|(r, _)| *r).collect();
        return Err(format!("unknown region \u{201c}{region}\u{201d}: use {}", known.join(", ")));
    };
    let edge = region.split_once('.').map_or(*usual, |(edge, _)| edge);
    if !edge.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') || edge.is_empty() {
        return Err(format!("region must be like ie1 or dublin.ie1, not \u{201c}{region}\u{201d}"));
    }
    Ok(if region == "us1" {
        "https://api.twilio.com".to_owned()
    } else {
        format!("https://api.{edge}.{name}.twilio.com")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SID: &str = "AC5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";

    fn with(more: &[(&str, &str)]) -> Result<Settings, WrongSetting> {
        let base = [("account_sid", SID), ("from", "+15557122661")];
        let all = base.iter().chain(more).map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        parse(&all.collect())
    }

    #[test]
    fn good_settings_are_understood() {
        let plain = with(&[]).unwrap();
        assert_eq!(plain.base.as_str(), "https://api.twilio.com/");
        assert_eq!(plain.poll, Some(Duration::from_secs(60)));
        assert!(!plain.whatsapp_only && !plain.base_is_ours);
        assert_eq!(with(&[("poll_seconds", "0")]).unwrap().poll, None);
        let ie = with(&[("region", "IE1")]).unwrap();
        assert_eq!(ie.base.as_str(), "https://api.dublin.ie1.twilio.com/");
        assert_eq!(
            with(&[("region", "ashburn.au1")]).unwrap().base.as_str(),
            "https://api.ashburn.au1.twilio.com/"
        );
        let wa = with(&[("from", "whatsapp:+15557122661")]).unwrap();
        assert!(wa.whatsapp_only);
        assert_eq!(wa.own.from.as_deref(), Some("+15557122661"));
        for from in ["24273", "ACME", "Acme Ltd"] {
            assert!(with(&[("from", from)]).is_ok(), "{from}");
        }
        for base in ["http://127.0.0.1:4010", "http://localhost:1/x", "https://twilio.test"] {
            assert!(with(&[("base_url", base)]).is_ok(), "{base}");
        }
    }

    #[test]
    fn each_error_says_what_to_do() {
        for (key, value, says) in [
            ("account_sid", "AC123", "32 hex"),
            ("account_sid", "AC5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5g", "32 hex"),
            ("account_sid", "", "missing"),
            ("from", "", "messaging_service_sid"),
            ("from", "0049 123", "country code"),
            ("from", "A name that is too long", "11"),
            ("from", "whatsapp:abc", "behind whatsapp:"),
            ("from", "whatsapp:24273", "behind whatsapp:"),
            ("messaging_service_sid", "MG1", "32 hex"),
            ("poll_seconds", "-1", "0 to 86400"),
            ("region", "moon1", "ie1"),
            ("region", "a/b.ie1", "dublin.ie1"),
            ("base_url", "http://example.com", "https"),
            ("base_url", "https://u@example.com", "user"),
            ("base_url", "nonsense", "URL"),
            ("form", "x", "from"),
            ("auth_token", "x", "--secret"),
        ] {
            let error = with(&[(key, value)]).unwrap_err();
            assert!(error.human.contains(says), "{key}={value}: {error}");
            // Without a number the other way to send is what is missing.
            let blamed = if (key, value) == ("from", "") { "messaging_service_sid" } else { key };
            assert_eq!(error.key, blamed, "{error}");
        }
    }

    #[test]
    fn services_are_told_from_names() {
        assert!(is_service("MG33333333333333333333333333333333"));
        assert!(is_service("whatsapp:MG1"));
        assert!(!is_service("MG") && !is_service("MGM Hotel") && !is_service("+1555"));
    }
}
