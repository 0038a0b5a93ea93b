//! Which web pages may talk to a chat: the page itself, and the origins that the account's setting names.

use std::collections::BTreeSet;
use url::Url;

/// The origins that a setting allows, besides the chat page itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(BTreeSet<String>);

/// What is known of where a request comes from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Source<'a> {
    /// The `Origin` header.
    pub origin: Option<&'a str>,
    /// The `Host` header.
    pub host: Option<&'a str>,
    /// The `Sec-Fetch-Site` header, which no page can forge.
    pub fetch_site: Option<&'a str>,
}

/// What follows for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// No page of another origin is involved.
    Same,
    /// A page of this allowed origin asks: the answer has to name it (CORS).
    Allowed(String),
    /// Another page's.
    Refused,
}

impl Origins {
    /// Reads the setting: origins separated by commas.
    ///
    /// # Errors
    /// Which entry is none, in words for a person.
    pub fn parse(setting: &str) -> Result<Origins, String> {
        let mut all = BTreeSet::new();
        for entry in setting.split(',').map(str::trim).filter(|e| !e.is_empty()) {
            all.insert(crate::provider::webchat::origin(entry)?);
        }
        Ok(Origins(all))
    }

    /// Whether a request may be answered.
    pub fn judge(&self, source: Source<'_>) -> Verdict {
        let Some(origin) = source.origin else { return Verdict::Same };
        if source.fetch_site == Some("same-origin") {
            return Verdict::Same;
        }
        let Ok(url) = Url::parse(origin) else { return Verdict::Refused };
        let plain = url.origin().ascii_serialization();
        if self.0.contains(&plain) {
            return Verdict::Allowed(origin.to_owned());
        }
        let same = source.host.is_some_and(|host| {
            matches!(url.scheme(), "http" | "https")
                && authority(&url).eq_ignore_ascii_case(strip_port(host, url.scheme()))
        });
        if same { Verdict::Same } else { Verdict::Refused }
    }

    /// The value of `frame-ancestors`: who may show the page in a frame.
    pub fn frame_ancestors(&self) -> String {
        self.0.iter().fold("'self'".to_owned(), |all, origin| all + " " + origin)
    }
}

fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// A `Host` header without the scheme's own port, which browsers leave out and some proxies add.
fn strip_port<'a>(host: &'a str, scheme: &str) -> &'a str {
    let default = if scheme == "https" { ":443" } else { ":80" };
    host.strip_suffix(default).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from<'a>(origin: &'a str, host: &'a str) -> Source<'a> {
        Source { origin: Some(origin), host: Some(host), fetch_site: None }
    }

    #[test]
    fn the_page_itself_and_the_list_may_and_nobody_else() {
        let o = Origins::parse("https://www.example.com, http://localhost:8000 ,https://BÜCHER.example/")
            .unwrap();
        assert_eq!(o.judge(Source::default()), Verdict::Same, "no browser, or a same-origin GET");
        assert_eq!(o.judge(from("http://127.0.0.1:4000", "127.0.0.1:4000")), Verdict::Same);
        assert_eq!(o.judge(from("https://chat.example.com", "chat.example.com:443")), Verdict::Same);
        assert_eq!(
            o.judge(from("https://www.example.com", "x")),
            Verdict::Allowed("https://www.example.com".into())
        );
        assert!(matches!(o.judge(from("https://xn--bcher-kva.example", "x")), Verdict::Allowed(_)));
        for foreign in [
            "https://evil.example",
            "http://www.example.com",
            "https://www.example.com:8443",
            "https://www.example.com.evil.example",
            "null",
            "",
            "file://x",
        ] {
            assert_eq!(o.judge(from(foreign, "x")), Verdict::Refused, "{foreign}");
        }
        assert_eq!(o.judge(from("http://127.0.0.1:4001", "127.0.0.1:4000")), Verdict::Refused);
    }

    #[test]
    fn a_browser_that_says_same_origin_is_believed_behind_a_proxy_that_rewrites_host() {
        let s =
            Source { fetch_site: Some("same-origin"), ..from("https://chat.example.com", "127.0.0.1:4000") };
        assert_eq!(Origins::default().judge(s), Verdict::Same);
        let s = Source { fetch_site: Some("cross-site"), ..s };
        assert_eq!(Origins::default().judge(s), Verdict::Refused);
    }

    #[test]
    fn frames_follow_the_same_list() {
        assert_eq!(Origins::default().frame_ancestors(), "'self'");
        assert_eq!(
            Origins::parse("https://b.example,https://a.example").unwrap().frame_ancestors(),
            "'self' https://a.example https://b.example"
        );
    }
}
