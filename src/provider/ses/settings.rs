//! The settings of an Amazon SES account: what they are called, what is legal, what they mean.

use crate::domain::setting::{SettingSpec, WrongSetting};
use crate::net::http::is_loopback;
use crate::provider::mail::own::Own;
use crate::provider::mail::settings::{
    FROM, Given, LOGO, QUOTE, READ_RECEIPTS, REPLY_DOMAIN, SIGNATURE, SUBJECT_TOKEN, Style, below,
};
use std::collections::BTreeMap;
use std::time::Duration;
use url::Url;

/// How often the bucket is looked through where nothing is said.
const POLL: Duration = Duration::from_secs(300);
/// The shortest pause between two looks: each reads the whole list.
const SHORTEST: Duration = Duration::from_secs(30);

/// What an account can be told.
pub const SPECS: &[SettingSpec] = &[
    FROM.required(),
    SettingSpec::text("region", "the AWS region in which SES sends and receives: eu-west-1").required(),
    SettingSpec::text(
        "configuration_set",
        "the configuration set whose events are published: without one SES tells nothing of what becomes of a mail",
    ),
    SettingSpec::text(
        "topic_arn",
        "the SNS topic that calls the hook: arn:aws:sns:REGION:ACCOUNT:NAME; several with commas",
    ),
    SettingSpec::text("bucket", "the S3 bucket into which SES puts mail that comes in"),
    SettingSpec::text("prefix", "what the names of its mails there begin with: support/"),
    SettingSpec::number(
        "poll_seconds",
        "how often the bucket is looked through for mail that nobody has told of: 300 (default), 0 = never",
    ),
    REPLY_DOMAIN,
    SIGNATURE,
    LOGO,
    QUOTE,
    SUBJECT_TOKEN,
    READ_RECEIPTS,
    SettingSpec::text("base_url", "instead of all addresses of AWS, for tests; http on loopback only"),
    SettingSpec::secret("access_key_id", "the id of an access key of IAM: AKIA…"),
    SettingSpec::secret("secret_access_key", "its secret half"),
    SettingSpec::secret("session_token", "the token that goes with temporary keys (ASIA…)"),
    SettingSpec::secret(
        "forward_token",
        "what opens the hook /raw for mails that are handed over whole: at least 16 letters",
    ),
];

/// Where mail lies that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// What the names of our mails in it begin with; may be empty.
    pub prefix: String,
    /// How often it is looked through; none = only what a hook tells of is read.
    pub poll: Option<Duration>,
}

/// Checked settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Who we are.
    pub own: Own,
    /// How its mails look.
    pub style: Style,
    /// The region.
    pub region: String,
    /// Whose events are published.
    pub configuration_set: Option<String>,
    /// Which topics are believed.
    pub topics: Vec<String>,
    /// Where mail lies.
    pub bucket: Option<Bucket>,
    /// The far end of a test, in place of all of AWS.
    pub base: Option<Url>,
}

impl Settings {
    /// An address of SES's own interface.
    pub fn ses(&self, path: &str) -> Option<Url> {
        self.at(&format!("https://email.{}.{}/", self.region, self.world()), path)
    }

    /// An address of S3. The bucket stands in the path, since names with dots have no certificate of their own.
    pub fn s3(&self, path: &str) -> Option<Url> {
        self.at(&format!("https://s3.{}.{}/", self.region, self.world()), path)
    }

    fn at(&self, host: &str, path: &str) -> Option<Url> {
        match &self.base {
            Some(base) => below(base, path),
            None => below(&Url::parse(host).ok()?, path),
        }
    }

    /// The domain of AWS in this part of the world.
    fn world(&self) -> &'static str {
        if self.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
    }

    /// What stands behind the `@` of the message ids that SES gives: it replaces ours (SES developer guide, "Header fields").
    pub fn carrier_domain(&self) -> String {
        let host = if self.region == "us-east-1" { "email" } else { self.region.as_str() };
        format!("{host}.amazonses.com")
    }

    /// Whether SNS itself speaks at an address: only there certificates and confirmations are fetched.
    pub fn is_of_sns(&self, url: &Url) -> bool {
        if let Some(base) = self.base.as_ref().filter(|base| is_loopback(base)) {
            return url.as_str().starts_with(base.as_str());
        }
        let host = url.host_str().unwrap_or_default();
        let host = host.strip_suffix(".cn").unwrap_or(host);
        let region = host.strip_prefix("sns.").and_then(|host| host.strip_suffix(".amazonaws.com"));
        let plain = url.port().is_none() && url.username().is_empty() && url.password().is_none();
        url.scheme() == "https" && plain && region.is_some_and(is_region)
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
    let region = given.get("region").map(str::to_ascii_lowercase).ok_or_else(|| {
        WrongSetting::new("region", "region is missing: the AWS region in which SES is set up (eu-west-1)")
    })?;
    if !is_region(&region) {
        return Err(WrongSetting::new(
            "region",
            format!("region must look like eu-west-1, not \u{201c}{region}\u{201d}"),
        ));
    }
    let configuration_set = given.get("configuration_set").map(str::to_owned);
    if let Some(set) = configuration_set.as_deref().filter(|set| !is_name(set, 64)) {
        let human = format!(
            "configuration_set must be a name of letters, digits, - and _, not \u{201c}{set}\u{201d}"
        );
        return Err(WrongSetting::new("configuration_set", human));
    }
    Ok(Settings {
        own: Own { from, also: Vec::new(), reply },
        style: given.style()?,
        region,
        configuration_set,
        topics: topics(&given)?,
        bucket: bucket(&given)?,
        base: given.base_url()?,
    })
}

fn topics(given: &Given<'_>) -> Result<Vec<String>, WrongSetting> {
    let all = given.get("topic_arn").unwrap_or_default().split(',').map(str::trim);
    let all: Vec<String> = all.filter(|arn| !arn.is_empty()).map(str::to_owned).collect();
    match all.iter().find(|arn| !is_topic(arn)) {
        Some(odd) => {
            let human = format!(
                "topic_arn must be the ARN of an SNS topic (arn:aws:sns:eu-west-1:123456789012:mail), not \u{201c}{odd}\u{201d}"
            );
            Err(WrongSetting::new("topic_arn", human))
        }
        None => Ok(all),
    }
}

fn bucket(given: &Given<'_>) -> Result<Option<Bucket>, WrongSetting> {
    let poll = given.poll(POLL)?.map(|poll| poll.max(SHORTEST));
    let prefix = given.get("prefix").unwrap_or_default().to_owned();
    let Some(name) = given.get("bucket") else {
        if let Some(key) = ["prefix", "poll_seconds"].into_iter().find(|key| given.get(key).is_some()) {
            return Err(WrongSetting::new(
                key,
                format!("{key} says nothing without bucket: name the S3 bucket"),
            ));
        }
        return Ok(None);
    };
    // S3 user guide, "Bucket naming rules".
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let inner = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.');
    let is_bucket = (3..=63).contains(&name.len())
        && inner
        && ends(name.chars().next())
        && ends(name.chars().next_back())
        && !name.contains("..");
    if !is_bucket {
        let human = format!(
            "bucket must be the name of an S3 bucket alone (example-mail), not \u{201c}{name}\u{201d}"
        );
        return Err(WrongSetting::new("bucket", human));
    }
    Ok(Some(Bucket { name: name.to_owned(), prefix, poll }))
}

/// Whether a word is built like the name of a region: `eu-west-1`, `us-gov-west-1`.
fn is_region(word: &str) -> bool {
    let parts: Vec<&str> = word.split('-').collect();
    let Some((number, names)) = parts.split_last() else { return false };
    let letters = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    (2..=4).contains(&names.len())
        && names.iter().all(letters)
        && !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
}

fn is_name(word: &str, longest: usize) -> bool {
    !word.is_empty()
        && word.len() <= longest
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn is_topic(arn: &str) -> bool {
    let parts: Vec<&str> = arn.split(':').collect();
    let [arn, partition, service, region, account, name] = parts.as_slice() else { return false };
    *arn == "arn"
        && partition.starts_with("aws")
        && *service == "sns"
        && is_region(region)
        && account.len() == 12
        && account.bytes().all(|b| b.is_ascii_digit())
        && is_name(name.strip_suffix(".fifo").unwrap_or(name), 256)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:mail";

    fn with(more: &[(&str, &str)]) -> Result<Settings, WrongSetting> {
        let base = [("from", "Example <support@example.com>"), ("region", "eu-west-1")];
        parse(&base.iter().chain(more).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn good_settings_are_understood() {
        let plain = with(&[]).unwrap();
        assert_eq!(
            plain.ses("/v2/email/account").unwrap().as_str(),
            "https://email.eu-west-1.amazonaws.com/v2/email/account"
        );
        assert_eq!((plain.bucket, plain.topics.len()), (None, 0));
        let more = with(&[
            ("bucket", "example-mail"),
            ("prefix", "support/"),
            ("topic_arn", &format!("{TOPIC}, arn:aws-cn:sns:cn-north-1:123456789012:x_Y-1")),
            ("configuration_set", "frontdesk"),
        ]);
        let more = more.unwrap();
        assert_eq!(more.topics.len(), 2);
        assert_eq!(
            more.s3("/example-mail").unwrap().as_str(),
            "https://s3.eu-west-1.amazonaws.com/example-mail"
        );
        let bucket = more.bucket.unwrap();
        assert_eq!((bucket.prefix.as_str(), bucket.poll), ("support/", Some(Duration::from_secs(300))));
        let often = with(&[("bucket", "example-mail"), ("poll_seconds", "1")]).unwrap();
        assert_eq!(often.bucket.unwrap().poll, Some(SHORTEST));
        let never = with(&[("bucket", "example-mail"), ("poll_seconds", "0")]).unwrap();
        assert_eq!(never.bucket.unwrap().poll, None);
        let china = with(&[("region", "cn-north-1")]).unwrap();
        assert_eq!(china.ses("/x").unwrap().as_str(), "https://email.cn-north-1.amazonaws.com.cn/x");
    }

    #[test]
    fn ids_of_the_carrier_have_its_domain() {
        assert_eq!(with(&[]).unwrap().carrier_domain(), "eu-west-1.amazonses.com");
        assert_eq!(with(&[("region", "us-east-1")]).unwrap().carrier_domain(), "email.amazonses.com");
    }

    #[test]
    fn only_sns_itself_is_asked_for_certificates() {
        let world = with(&[]).unwrap();
        let asks = |settings: &Settings, url: &str| Url::parse(url).is_ok_and(|url| settings.is_of_sns(&url));
        for good in [
            "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
            "https://sns.us-gov-west-1.amazonaws.com/x.pem",
            "https://sns.cn-north-1.amazonaws.com.cn/x.pem",
        ] {
            assert!(asks(&world, good), "{good}");
        }
        for bad in [
            "http://sns.eu-west-1.amazonaws.com/x.pem",
            "https://sns.eu-west-1.amazonaws.com:8443/x.pem",
            "https://sns.eu-west-1.amazonaws.com@evil.example/x.pem",
            "https://u@sns.eu-west-1.amazonaws.com/x.pem",
            "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem",
            "https://sns.evil.example/x.pem",
            "https://sns.a.b-c-1.amazonaws.com/x.pem",
            "https://s3.eu-west-1.amazonaws.com/x.pem",
            "https://evil.example/sns.eu-west-1.amazonaws.com/x.pem",
            "https://sns..amazonaws.com/x.pem",
            "http://127.0.0.1:4010/x.pem",
        ] {
            assert!(!asks(&world, bad), "{bad}");
        }
        let test = with(&[("base_url", "http://127.0.0.1:4010")]).unwrap();
        assert!(asks(&test, "http://127.0.0.1:4010/x.pem"));
        assert!(!asks(&test, "http://127.0.0.1:40100/x.pem"));
        let elsewhere = with(&[("base_url", "https://aws.example.com")]).unwrap();
        assert!(!asks(&elsewhere, "https://aws.example.com/x.pem"), "only a test far end stands in for SNS");
    }

    #[test]
    fn each_error_says_what_to_do() {
        for (key, value, says) in [
            ("from", "", "support@example.com"),
            ("region", "", "eu-west-1"),
            ("region", "europe", "eu-west-1"),
            ("region", "eu-west-1.evil.example", "eu-west-1"),
            ("topic_arn", "mail", "arn:aws:sns"),
            ("topic_arn", "arn:aws:sqs:eu-west-1:123456789012:mail", "arn:aws:sns"),
            ("bucket", "s3://example-mail", "example-mail"),
            ("bucket", "UPPER", "example-mail"),
            ("prefix", "support/", "without bucket"),
            ("poll_seconds", "often", "0 to 86400"),
            ("configuration_set", "a b", "letters"),
            ("base_url", "http://example.com", "https"),
            ("secret_access_key", "x", "--secret"),
            ("topic", "x", "topic_arn"),
        ] {
            let error = with(&[(key, value)]).unwrap_err();
            assert!(error.human.contains(says), "{key}={value}: {error}");
            assert_eq!(error.key, key);
        }
    }
}
