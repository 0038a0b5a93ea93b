//! Files of mails, fetched when somebody wants them: from the bytes of their mail, or one by one where these cannot be had. Addresses of
//! files are asked for anew each time, since they are good for an hour only.

use super::Resend;
use super::ask::{ask, is_id};
use super::settings::Settings;
use crate::domain::clock::Ms;
use crate::domain::failure::Failure;
use crate::domain::message::MediaRef;
use crate::provider::Media;
use crate::text::format;
use crate::text::mail::parse::parse;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

/// The most bytes of a mail that are read: more than any server takes.
const MOST: u64 = 64 << 20;
/// Where Resend keeps files. Its own pages call the addresses of raw mails CloudFront's.
const HOSTS: [&str; 3] = ["resend.com", "resend.app", "cloudfront.net"];

/// Where a file of a mail can be had. Kept as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The mail, by Resend's id.
    #[serde(rename = "m")]
    pub mail: String,
    /// The part of its bytes.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// The file, by Resend's id, where the bytes of the mail cannot be had.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

impl Place {
    /// A part of the bytes of a mail.
    pub fn part(mail: &str, part: &str) -> Place {
        Place { mail: mail.to_owned(), part: Some(part.to_owned()), file: None }
    }

    /// A file of a mail.
    pub fn file(mail: &str, file: &str) -> Place {
        Place { mail: mail.to_owned(), part: None, file: Some(file.to_owned()) }
    }

    /// The place as it is kept.
    pub fn media(&self) -> Option<MediaRef> {
        serde_json::to_string(self).ok().map(MediaRef)
    }
}

/// Fetches a file.
///
/// # Errors
/// [`Failure::Rejected`] where it is gone, too large or elsewhere; [`Failure::Transient`] for all that may pass.
pub async fn fetch(resend: &Resend, media: &MediaRef, cap: u64) -> Result<Media, Failure> {
    let odd = || Failure::rejected(None, "the place of the file cannot be read");
    let place: Place = serde_json::from_str(&media.0).map_err(|_| odd())?;
    if !is_id(&place.mail) {
        return Err(odd());
    }
    match (&place.part, &place.file) {
        (Some(part), _) => from_mail(resend, &place.mail, part, cap).await,
        (None, Some(file)) if is_id(file) => {
            let path = format!("/emails/receiving/{}/attachments/{file}", place.mail);
            // Only a moment to wait for would need the time.
            let told = ask(resend, &path, &[], Ms::MAX).await.map_err(gone)?;
            let url = address(&told["download_url"]).ok_or_else(odd)?;
            let file = download(resend, &url, cap).await?;
            let mime = told["content_type"].as_str().map(str::to_lowercase).or(file.mime);
            Ok(Media { bytes: file.bytes, mime, name: file.name })
        }
        _ => Err(odd()),
    }
}

async fn from_mail(resend: &Resend, mail: &str, part: &str, cap: u64) -> Result<Media, Failure> {
    let gone_now = || Failure::rejected("gone".to_owned(), "the mail with the file is gone");
    let told = ask(resend, &format!("/emails/receiving/{mail}"), &[("html_format", "cid")], Ms::MAX).await;
    let raw = raw(resend, &told.map_err(gone)?).await?.ok_or_else(gone_now)?;
    let file = parse(&raw).files.into_iter().find(|file| file.part == part).ok_or_else(gone_now)?;
    if file.bytes.len() as u64 > cap {
        let human = format!("the file is larger than {}", format::bytes(cap));
        return Err(Failure::rejected("too-large".to_owned(), human));
    }
    Ok(Media { bytes: file.bytes, mime: file.mime, name: file.name })
}

/// A mail that is not there any more is told as such.
fn gone(failure: Failure) -> Failure {
    match failure {
        Failure::Rejected { .. } => {
            Failure::rejected("gone".to_owned(), "Resend has the mail with the file no more")
        }
        other => other,
    }
}

/// The bytes of a mail, by what Resend tells of it; none where they cannot be had.
///
/// # Errors
/// See [`Http::download`](crate::net::http::Http::download).
pub async fn raw(resend: &Resend, told: &Value) -> Result<Option<Vec<u8>>, Failure> {
    let Some(url) = address(&told["raw"]["download_url"]) else { return Ok(None) };
    let file = download(resend, &url, MOST).await?;
    Ok((!file.bytes.is_empty()).then_some(file.bytes))
}

fn address(value: &Value) -> Option<Url> {
    Url::parse(value.as_str()?.trim()).ok()
}

async fn download(resend: &Resend, url: &Url, cap: u64) -> Result<crate::net::download::Download, Failure> {
    let settings = &resend.settings;
    // The address itself is the permission: our key goes nowhere but to the API.
    resend.http.download(url, &|url| is_store(url, settings), None, cap).await
}

/// Where files may be: at Resend, or at the far end that was configured.
fn is_store(url: &Url, settings: &Settings) -> bool {
    if settings.base_is_ours && url.origin() == settings.base.origin() {
        return true;
    }
    let host = url.host_str().unwrap_or_default();
    let below = |domain: &&str| host.strip_suffix(*domain).is_some_and(|rest| rest.ends_with('.'));
    url.scheme() == "https" && url.port().is_none() && url.username().is_empty() && HOSTS.iter().any(below)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn settings(base: Option<&str>) -> Settings {
        let mut map: BTreeMap<String, String> = BTreeMap::new();
        map.insert("from".into(), "support@example.com".into());
        if let Some(base) = base {
            map.insert("base_url".into(), base.into());
        }
        super::super::settings::parse(&map).unwrap()
    }

    #[test]
    fn files_come_from_resend_or_the_configured_far_end_only() {
        let (world, lab) = (settings(None), settings(Some("http://127.0.0.1:4010")));
        for (url, in_world, in_lab) in [
            ("https://inbound-cdn.resend.com/x?Signature=y", true, true),
            ("https://d111111abcdef8.cloudfront.net/x", true, true),
            ("http://inbound-cdn.resend.com/x", false, false),
            ("https://inbound-cdn.resend.com:8443/x", false, false),
            ("https://evilresend.com/x", false, false),
            ("https://resend.com.evil.example/x", false, false),
            ("https://u@cdn.resend.com/x", false, false),
            ("https://169.254.169.254/x", false, false),
            ("http://127.0.0.1:4010/x", false, true),
            ("http://127.0.0.1:4011/x", false, false),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!((is_store(&url, &world), is_store(&url, &lab)), (in_world, in_lab), "{url}");
        }
    }

    #[test]
    fn a_place_is_kept_as_text() {
        let part = Place::part("a-1", "1.2");
        assert_eq!(part.media(), Some(MediaRef(r#"{"m":"a-1","p":"1.2"}"#.into())));
        let kept: Place = serde_json::from_str(r#"{"m":"a-1","f":"b-2"}"#).unwrap();
        assert_eq!(kept, Place::file("a-1", "b-2"));
    }
}
