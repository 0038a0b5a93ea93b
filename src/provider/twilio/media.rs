//! Files of messages: where they may be fetched from.

use super::Twilio;
use super::settings::Settings;
use crate::domain::failure::Failure;
use crate::domain::message::MediaRef;
use crate::provider::Media;
use url::Url;

/// Fetches a file.
///
/// # Errors
/// See [`Http::download`](crate::net::http::Http::download).
pub async fn fetch(twilio: &Twilio, media: &MediaRef, cap: u64) -> Result<Media, Failure> {
    let url =
        Url::parse(&media.0).map_err(|_| Failure::rejected(None, "the address of the file is no URL"))?;
    let settings = &twilio.settings;
    if !is_api(&url, settings) {
        return Err(Failure::rejected(None, "the file is not at Twilio: it is not fetched"));
    }
    let allow = |url: &Url| is_api(url, settings) || is_store(url);
    let file = twilio.http.download(&url, &allow, Some(&twilio.auth), cap).await?;
    Ok(Media { bytes: file.bytes, mime: file.mime, name: file.name })
}

/// Where a file may be asked for with our credentials: Twilio itself, or the far end that was configured.
fn is_api(url: &Url, settings: &Settings) -> bool {
    (settings.base_is_ours && url.origin() == settings.base.origin()) || is_host(url, &["twilio.com"])
}

/// Where Twilio sends us on to, without credentials.
fn is_store(url: &Url) -> bool {
    is_host(url, &["twilio.com", "twiliocdn.com"])
        || (url.host_str() == Some("s3-external-1.amazonaws.com") && is_plain_https(url))
}

fn is_host(url: &Url, domains: &[&str]) -> bool {
    let host = url.host_str().unwrap_or_default();
    let below = |domain: &&str| host.strip_suffix(*domain).is_some_and(|rest| rest.ends_with('.'));
    is_plain_https(url) && domains.iter().any(below)
}

fn is_plain_https(url: &Url) -> bool {
    url.scheme() == "https" && url.port().is_none() && url.username().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn settings(base: Option<&str>) -> Settings {
        let mut map: BTreeMap<String, String> = BTreeMap::new();
        map.insert("account_sid".into(), "AC5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e".into());
        map.insert("from".into(), "+15557122661".into());
        if let Some(base) = base {
            map.insert("base_url".into(), base.into());
        }
        super::super::settings::parse(&map).unwrap()
    }

    #[test]
    fn files_come_from_twilio_or_the_configured_far_end_only() {
        let (world, lab) = (settings(None), settings(Some("http://127.0.0.1:4010")));
        for (url, in_world, in_lab) in [
            ("https://api.twilio.com/x", true, true),
            ("https://mcs.us1.twilio.com/x", true, true),
            ("http://api.twilio.com/x", false, false),
            ("https://api.twilio.com:8443/x", false, false),
            ("https://eviltwilio.com/x", false, false),
            ("https://twilio.com.evil.example/x", false, false),
            ("https://u@api.twilio.com/x", false, false),
            ("http://127.0.0.1:4010/x", false, true),
            ("http://127.0.0.1:4011/x", false, false),
            ("https://169.254.169.254/x", false, false),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!((is_api(&url, &world), is_api(&url, &lab)), (in_world, in_lab), "{url}");
        }
        for (url, want) in [
            ("https://media.twiliocdn.com/x", true),
            ("https://s3-external-1.amazonaws.com/media.twiliocdn.com/x", true),
            ("https://other.s3.amazonaws.com/x", false),
            ("https://twiliocdn.com.example/x", false),
        ] {
            assert_eq!(is_store(&Url::parse(url).unwrap()), want, "{url}");
        }
    }
}
