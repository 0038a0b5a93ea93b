//! Fetching a file: only from allowed hosts, credentials to the first address alone, never more than the cap.

use crate::domain::failure::Failure;
use crate::net::http::{Basic, Http, classify, host};
use percent_encoding::percent_decode_str;
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION};
use url::Url;

/// Redirects that are followed before we give up.
const MAX_HOPS: usize = 5;

/// A fetched file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// Its bytes, within the cap.
    pub bytes: Vec<u8>,
    /// Its media type, as the server says.
    pub mime: Option<String>,
    /// Its name, as the server says. Foreign text.
    pub name: Option<String>,
}

impl Http {
    /// Fetches a file of at most `cap` bytes. `allow` judges the first address and that of every redirect; `auth` goes to
    /// the first address only, whatever the redirects say.
    ///
    /// # Errors
    /// [`Failure::Rejected`] if it is not allowed, gone or too large, [`Failure::Auth`] if the credentials are refused,
    /// [`Failure::Transient`] for all that may pass.
    pub async fn download(
        &self,
        url: &Url,
        allow: &(dyn Fn(&Url) -> bool + Sync),
        auth: Option<&Basic>,
        cap: u64,
    ) -> Result<Download, Failure> {
        let mut url = url.clone();
        for hop in 0..=MAX_HOPS {
            if !allow(&url) {
                return Err(Failure::rejected(None, format!("files are not fetched from {}", host(&url))));
            }
            let mut builder = self.client(&url).await?.get(url.clone());
            if let (0, Some(basic)) = (hop, auth) {
                builder = builder.basic_auth(&basic.user, Some(basic.password.expose()));
            }
            let answer = builder.send().await.map_err(|e| classify(&e, &host(&url), true))?;
            match answer.status().as_u16() {
                200 => return collect(answer, &host(&url), cap).await,
                301 | 302 | 303 | 307 | 308 => {
                    let next = answer.headers().get(LOCATION).and_then(|l| l.to_str().ok());
                    let next = next.and_then(|l| url.join(l).ok());
                    url = next.ok_or_else(|| Failure::rejected(None, "a redirect to nowhere"))?;
                }
                401 => {
                    return Err(Failure::Auth { human: format!("{} refuses our credentials", host(&url)) });
                }
                status @ (408 | 425 | 429 | 500..=599) => {
                    let headers = crate::net::http::header_list(answer.headers());
                    let now = i64::try_from(
                        std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_millis(),
                    );
                    return Err(Failure::Transient {
                        retry_after: crate::net::http::retry_after(&headers, now.unwrap_or(i64::MAX)),
                        human: format!("{} answered {status}", host(&url)),
                    });
                }
                status => {
                    let human = match status {
                        404 | 410 => format!("{} has the file no more", host(&url)),
                        _ => format!("{} refuses the file ({status})", host(&url)),
                    };
                    return Err(Failure::rejected(Some(status.to_string()), human));
                }
            }
        }
        Err(Failure::rejected(None, "too many redirects"))
    }
}

async fn collect(mut answer: reqwest::Response, host: &str, cap: u64) -> Result<Download, Failure> {
    let too_large = || {
        let code = Some("too-large".to_owned());
        Failure::rejected(code, format!("the file is larger than {}", crate::text::format::bytes(cap)))
    };
    if answer.content_length().is_some_and(|length| length > cap) {
        return Err(too_large());
    }
    let text = |name| answer.headers().get(name).map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    let mime = text(CONTENT_TYPE).map(|m| m.split(';').next().unwrap_or_default().trim().to_lowercase());
    let name = text(CONTENT_DISPOSITION).as_deref().and_then(file_name);
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|e| classify(&e, host, true))? {
        if (bytes.len() as u64).saturating_add(chunk.len() as u64) > cap {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Download { bytes, mime: mime.filter(|m| !m.is_empty()), name })
}

/// The file name of a Content-Disposition (RFC 6266): the extended form if it is UTF-8, else the plain one.
fn file_name(disposition: &str) -> Option<String> {
    let mut plain = None;
    for (key, value) in parameters(disposition) {
        match key.as_str() {
            "filename*" => {
                let mut parts = value.splitn(3, '\'');
                let charset = parts.next().unwrap_or_default();
                if let (true, Some(coded)) = (charset.eq_ignore_ascii_case("utf-8"), parts.nth(1))
                    && let Ok(name) = percent_decode_str(coded).decode_utf8()
                    && !name.is_empty()
                {
                    return Some(name.into_owned());
                }
            }
            "filename" if !value.is_empty() => plain = Some(value),
            _ => {}
        }
    }
    plain
}

/// The parameters of a header, with semicolons and escapes inside quotes respected.
fn parameters(header: &str) -> Vec<(String, String)> {
    let (mut out, mut part, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    let mut push = |part: &mut String| {
        if let Some((key, value)) = part.split_once('=') {
            out.push((key.trim().to_lowercase(), value.trim().to_owned()));
        }
        part.clear();
    };
    for c in header.chars() {
        match c {
            c if escaped => {
                part.push(c);
                escaped = false;
            }
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ';' if !quoted => push(&mut part),
            c => part.push(c),
        }
    }
    push(&mut part);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_of_dispositions() {
        for (header, want) in [
            ("attachment; filename=\"a;b \\\"c\\\".jpg\"", Some("a;b \"c\".jpg")),
            ("inline; filename=plain.pdf", Some("plain.pdf")),
            ("attachment; filename=x; filename*=UTF-8''na%C3%AFve%20%E2%9C%93.txt", Some("naïve ✓.txt")),
            ("attachment; filename*=latin1''x%E9; filename=safe", Some("safe")),
            ("attachment", None),
            ("attachment; filename=\"\"", None),
        ] {
            assert_eq!(file_name(header).as_deref(), want, "{header}");
        }
    }
}
