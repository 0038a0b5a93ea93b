//! Rules against spam: named, readable, and never silent. What one says is written into the thread.

use crate::domain::account::Channel;

/// A rule. It looks at the first message of somebody who has never been answered; all that it asks for must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    /// Its name, as the thread tells it.
    pub name: String,
    /// One of these is in the text or the subject, without regard to case.
    pub words: Vec<String>,
    /// So many links at least are in the text.
    pub links: Option<u32>,
    /// The address is one of these; `*` stands for anything at an end.
    pub from: Vec<String>,
    /// Only on these media; empty = on all.
    pub channels: Vec<Channel>,
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub struct Looked<'a> {
    /// The medium.
    pub channel: Channel,
    /// The address of who writes.
    pub from: &'a str,
    /// The subject, where there is one, and the text.
    pub text: &'a str,
}

impl Rule {
    /// Whether nothing but perhaps the medium is asked for: such a rule would take everything.
    pub fn asks_for_nothing(&self) -> bool {
        self.words.is_empty() && self.links.is_none() && self.from.is_empty()
    }

    /// Whether a message is what the rule describes.
    pub fn fits(&self, looked: &Looked<'_>) -> bool {
        if self.asks_for_nothing() {
            return false;
        }
        let text = looked.text.to_lowercase();
        (self.channels.is_empty() || self.channels.contains(&looked.channel))
            && (self.words.is_empty() || self.words.iter().any(|w| text.contains(&w.to_lowercase())))
            && self.links.is_none_or(|least| links(&text) >= least)
            && (self.from.is_empty() || self.from.iter().any(|p| is_like(p, looked.from)))
    }
}

/// The first rule that a message fits.
pub fn judge<'r>(rules: &'r [Rule], looked: &Looked<'_>) -> Option<&'r Rule> {
    rules.iter().find(|rule| rule.fits(looked))
}

/// Links in a text of lower case: each beginning of a web address that is not part of another.
fn links(text: &str) -> u32 {
    let begins = |word: &str| ["http://", "https://", "www."].iter().any(|start| word.contains(start));
    u32::try_from(text.split_whitespace().filter(|word| begins(word)).count()).unwrap_or(u32::MAX)
}

/// Whether an address is like a pattern with `*` at its beginning, its end, or both.
fn is_like(pattern: &str, address: &str) -> bool {
    let (pattern, address) = (pattern.to_lowercase(), address.to_lowercase());
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(_), Some(_)) => address.contains(pattern.trim_matches('*')),
        (Some(end), None) => address.ends_with(end),
        (None, Some(start)) => address.starts_with(start),
        (None, None) => address == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked<'a>(from: &'a str, text: &'a str) -> Looked<'a> {
        Looked { channel: Channel::Sms, from, text }
    }

    #[test]
    fn all_that_a_rule_asks_for_must_hold() {
        let rule = Rule {
            name: "coins".into(),
            words: vec!["Bitcoin".into(), "forex".into()],
            links: Some(2),
            from: vec!["+1900*".into(), "*@spam.example".into()],
            channels: vec![Channel::Sms],
        };
        let text = "BITCOIN for you: https://a.example www.b.example";
        assert!(rule.fits(&looked("+19005551234", text)));
        assert!(rule.fits(&looked("x@SPAM.example", text)));
        assert!(!rule.fits(&looked("+31600000001", text)));
        assert!(!rule.fits(&looked("+19005551234", "bitcoin https://a.example")));
        assert!(!rule.fits(&looked("+19005551234", "https://a.example https://b.example")));
        assert!(!rule.fits(&Looked { channel: Channel::Email, ..looked("+19005551234", text) }));
        assert_eq!(judge(&[Rule::default(), rule], &looked("+1900", text)).unwrap().name, "coins");
    }

    #[test]
    fn a_rule_that_asks_for_nothing_takes_nothing() {
        assert!(!Rule { channels: vec![Channel::Sms], ..Rule::default() }.fits(&looked("+1", "hello")));
        assert_eq!(judge(&[], &looked("+1", "hello")), None);
    }

    #[test]
    fn patterns_have_their_star_at_an_end() {
        for (pattern, address, is) in [
            ("a@x.example", "A@x.example", true),
            ("*@x.example", "b@x.example", true),
            ("*@x.example", "b@y.example", false),
            ("+1900*", "+19001", true),
            ("*900*", "+19001", true),
            ("+1900", "+19001", false),
        ] {
            assert_eq!(is_like(pattern, address), is, "{pattern} {address}");
        }
    }
}
