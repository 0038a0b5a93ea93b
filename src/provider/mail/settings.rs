//! The settings that accounts of e-mail have in common: what is legal, and what it means.

use crate::domain::mail::Mailbox;
use crate::domain::setting::{SettingSpec, WrongSetting};
use crate::net::http::is_loopback;
use crate::text::address;
use crate::text::mail::compose::quote::Quoting;
use crate::text::sanitize;
use std::collections::BTreeMap;
use std::time::Duration;
use url::Url;

/// From whom mails go out.
pub const FROM: SettingSpec = SettingSpec::text(
    "from",
    "our address, with a name if wanted: support@example.com, Example <support@example.com>",
);
/// Where answers go.
pub const REPLY_DOMAIN: SettingSpec = SettingSpec::text(
    "reply_domain",
    "the domain that takes answers (parse.example.com): each mail then carries an answer address of its own, by which an answer \
     is known even without its headers",
);
/// What stands below what agents write.
pub const SIGNATURE: SettingSpec =
    SettingSpec::text("signature", "what stands below every mail, with marks if wanted; \\n begins a line");
/// A picture below that.
pub const LOGO: SettingSpec =
    SettingSpec::text("logo", "the address of a picture below the signature: https://example.com/logo.png");
/// Where the mail that is answered stands.
pub const QUOTE: SettingSpec =
    SettingSpec::text("quote", "where the words that are answered stand: below (default), above, none");

/// Whether recipients are asked to confirm that they have seen a mail.
pub const READ_RECEIPTS: SettingSpec = SettingSpec::text(
    "read_receipts",
    "yes: each mail asks its recipients for a receipt once they have seen it; default no",
);
/// Whether answers are recognised by their subject.
pub const SUBJECT_TOKEN: SettingSpec = SettingSpec::text(
    "subject_token",
    "yes puts a mark behind each subject ([#abcdefghabcdefgh]), by which an answer is known even without its headers",
);

/// How mails of an account look besides what agents write.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Style {
    /// What stands below every mail, with marks; empty = nothing.
    pub signature: String,
    /// Where the picture below that is.
    pub logo: Option<String>,
    /// Where the words that are answered stand.
    pub quoting: Quoting,
    /// Whether each mail asks for a receipt (RFC 8098). Recipients decide whether they give one.
    pub asks_receipt: bool,
    /// Whether a mark stands behind each subject, by which an answer is known.
    pub subject_token: bool,
}

/// The settings that are filled in, without blanks around them.
pub struct Given<'a>(&'a BTreeMap<String, String>);

impl<'a> Given<'a> {
    /// Settings of which every one is known and none is a secret.
    ///
    /// # Errors
    /// The first that is not so.
    pub fn known(
        settings: &'a BTreeMap<String, String>,
        specs: &[SettingSpec],
    ) -> Result<Given<'a>, WrongSetting> {
        for key in settings.keys() {
            match specs.iter().find(|spec| spec.key == key) {
                None => {
                    let known: Vec<_> = specs.iter().filter(|s| !s.is_secret()).map(|s| s.key).collect();
                    let human = format!("unknown setting \u{201c}{key}\u{201d}: use {}", known.join(", "));
                    return Err(WrongSetting::new(key, human));
                }
                Some(spec) if spec.is_secret() => {
                    let human = format!("{key} is a secret: give it with --secret, not with --set");
                    return Err(WrongSetting::new(key, human));
                }
                Some(_) => {}
            }
        }
        Ok(Given(settings))
    }

    /// A setting, if it says anything.
    pub fn get(&self, key: &str) -> Option<&'a str> {
        self.0.get(key).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// Who we are. What is missing or wrong is said.
    ///
    /// # Errors
    /// As said.
    pub fn from(&self) -> Result<Mailbox, WrongSetting> {
        let given = self.get("from").ok_or_else(|| {
            WrongSetting::new(
                "from",
                "from is missing: the address that mails are sent from (support@example.com)",
            )
        })?;
        mailbox(given).ok_or_else(|| {
            let human = format!(
                "from must be an address, or a name and an address (Example <support@example.com>), not \u{201c}{given}\u{201d}"
            );
            WrongSetting::new("from", human)
        })
    }

    /// The address that answers go to, without a token: that of `from` on the domain of answers.
    ///
    /// # Errors
    /// Where it is no domain.
    pub fn reply(&self, from: &Mailbox) -> Result<Option<String>, WrongSetting> {
        let Some(given) = self.get("reply_domain") else { return Ok(None) };
        let ours = from.address.rsplit_once('@').map_or("support", |(local, _)| local);
        let ours = ours.split('+').next().unwrap_or(ours);
        // Who gives a whole address means its first half as well.
        let whole = if given.contains('@') { given.to_owned() } else { format!("{ours}@{given}") };
        let folded = address::email(&whole).map(|email| email.folded).filter(|f| f.contains('.'));
        // The token takes sixteen letters and a plus, and the half has 64 at most (RFC 5321, section 4.5.3.1.1).
        let fits = |address: &String| address.split('@').next().is_some_and(|local| local.len() <= 64 - 17);
        folded.filter(fits).map(Some).ok_or_else(|| {
            let human = format!(
                "reply_domain must be the domain whose mail comes in here (parse.example.com), not \u{201c}{given}\u{201d}"
            );
            WrongSetting::new("reply_domain", human)
        })
    }

    /// How its mails look.
    ///
    /// # Errors
    /// A picture that is nowhere, or a word that says nothing.
    pub fn style(&self) -> Result<Style, WrongSetting> {
        let signature = self.get("signature").map(|lines| lines.replace("\\n", "\n")).unwrap_or_default();
        let logo = self.get("logo").map(str::to_owned);
        let is_address = |given: &&str| Url::parse(given).is_ok_and(|url| url.scheme() == "https");
        if let Some(given) = logo.as_deref().filter(|given| !is_address(given)) {
            let human = format!("logo must be the https address of a picture, not \u{201c}{given}\u{201d}");
            return Err(WrongSetting::new("logo", human));
        }
        let word = self.get("quote").unwrap_or(Quoting::WORDS[0]);
        let quoting = Quoting::from_word(word).ok_or_else(|| {
            let words = Quoting::WORDS.join(", ");
            WrongSetting::new("quote", format!("quote must be one of {words}, not \u{201c}{word}\u{201d}"))
        })?;
        let signature = sanitize::clean(signature.trim()).into_owned();
        let subject_token = self.is_on("subject_token")?;
        Ok(Style { signature, logo, quoting, asks_receipt: self.is_on("read_receipts")?, subject_token })
    }

    /// Where the provider's API is, if not where it is for everybody.
    ///
    /// # Errors
    /// Where that is no address to which secrets may go.
    pub fn base_url(&self) -> Result<Option<Url>, WrongSetting> {
        let Some(given) = self.get("base_url") else { return Ok(None) };
        let wrong = |human: &str| WrongSetting::new("base_url", human);
        let url = Url::parse(given).map_err(|e| wrong(&format!("base_url is no URL: {e}")))?;
        if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
            return Err(wrong(
                "base_url must be https (http only on this machine, like http://127.0.0.1:4010)",
            ));
        }
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
            return Err(wrong("base_url must have no user, query or fragment"));
        }
        Ok(Some(url))
    }

    /// How often to ask for news by `poll_seconds`, of which 0 says never.
    ///
    /// # Errors
    /// Where it is no number of seconds within a day.
    pub fn poll(&self, usual: Duration) -> Result<Option<Duration>, WrongSetting> {
        let Some(given) = self.get("poll_seconds") else { return Ok(Some(usual)) };
        let seconds: Option<u64> = given.parse().ok().filter(|seconds| *seconds <= 86_400);
        let seconds = seconds.ok_or_else(|| {
            WrongSetting::new(
                "poll_seconds",
                format!("poll_seconds must be 0 to 86400, not \u{201c}{given}\u{201d}"),
            )
        })?;
        Ok((seconds > 0).then(|| Duration::from_secs(seconds)))
    }

    /// Whether a setting says yes.
    ///
    /// # Errors
    /// Where it says neither yes nor no.
    pub fn is_on(&self, key: &str) -> Result<bool, WrongSetting> {
        match self.get(key).map(str::to_ascii_lowercase).as_deref() {
            None | Some("no" | "false" | "0" | "off") => Ok(false),
            Some("yes" | "true" | "1" | "on") => Ok(true),
            Some(_) => Err(WrongSetting::new(key, format!("{key} must be yes or no"))),
        }
    }
}

/// An address with the name before it, as a person writes it.
pub fn mailbox(given: &str) -> Option<Mailbox> {
    let address = address::email(given)?.kept;
    let name = given.rsplit_once('<').map(|(name, _)| name.trim().trim_matches('"').trim());
    let name = name.filter(|name| !name.is_empty()).map(|name| sanitize::line(name).into_owned());
    Some(Mailbox { name, address })
}

/// A path below an address.
pub fn below(base: &Url, path: &str) -> Option<Url> {
    Url::parse(&format!("{}{path}", base.as_str().trim_end_matches('/'))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPECS: &[SettingSpec] = &[
        FROM,
        REPLY_DOMAIN,
        SIGNATURE,
        LOGO,
        QUOTE,
        SUBJECT_TOKEN,
        SettingSpec::text("base_url", ""),
        SettingSpec::secret("api_key", ""),
    ];

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn good_settings_are_understood() {
        let map = map(&[
            ("from", " \"Example, Inc.\" <Support+x@Example.com> "),
            ("reply_domain", "Parse.Example.com"),
            ("signature", "Best regards\\nExample"),
        ]);
        let given = Given::known(&map, SPECS).unwrap();
        let from = given.from().unwrap();
        assert_eq!(from, Mailbox::named("Example, Inc.", "Support+x@example.com"));
        assert_eq!(given.reply(&from).unwrap().as_deref(), Some("support@parse.example.com"));
        let style = given.style().unwrap();
        assert_eq!(
            (style.signature.as_str(), style.logo, style.quoting),
            ("Best regards\nExample", None, Quoting::Below)
        );
        assert_eq!(mailbox("a@b.example"), Some(Mailbox::bare("a@b.example")));
    }

    #[test]
    fn each_error_says_what_to_do() {
        for (key, value, says) in [
            ("from", "", "missing"),
            ("from", "support", "Example <support@example.com>"),
            ("reply_domain", "not a domain", "parse.example.com"),
            ("reply_domain", "localhost", "parse.example.com"),
            ("base_url", "http://example.com", "https"),
            ("base_url", "https://u@example.com", "user"),
            ("form", "x", "signature"),
            ("logo", "http://example.com/x.png", "https"),
            ("logo", "logo.png", "https"),
            ("quote", "beside", "below, above, none"),
            ("subject_token", "perhaps", "yes or no"),
            ("api_key", "x", "--secret"),
        ] {
            let mut all = map(&[("from", "support@example.com")]);
            all.insert(key.into(), value.into());
            let parsed = Given::known(&all, SPECS).and_then(|given| {
                let from = given.from()?;
                given.reply(&from)?;
                given.style()?;
                given.base_url()
            });
            let error = parsed.unwrap_err();
            assert!(error.human.contains(says), "{key}={value}: {error}");
            assert_eq!(error.key, key);
        }
    }
}
