//! Reads the search language.
//!
//! A token of letters and a colon is a filter. It stays a word where it can hardly have been meant as one: nothing follows
//! the colon (`re:`), a single letter stands before it (`c:`), or it is a link (`https://`, `mailto:`, `tel:`).
//! Whatever stands in quotation marks is never a filter.

use super::{Clause, Filter, Has, KEYS, Qualified, Query, QueryError, What, When, Who, Writer};
use crate::domain::account::Channel;
use crate::domain::conversation::{Priority, QualificationState, Status};

/// Reads a finished query.
///
/// # Errors
/// An unknown key (the message lists the known ones), a value its key does not take, an unclosed quotation.
pub fn parse(text: &str) -> Result<Query, QueryError> {
    Reader { rest: text, typing: false }.query()
}

/// Reads a query that is still being typed: the last word counts as the beginning of one, a quotation may be open, and
/// a last filter whose value is not complete yet says nothing.
///
/// # Errors
/// As [`parse`], where more typing would not help.
pub fn parse_typing(text: &str) -> Result<Query, QueryError> {
    Reader { rest: text, typing: true }.query()
}

/// Whether `text*`, written plainly, would be read as something else than the beginning of `text`.
pub(super) fn reads_otherwise(text: &str) -> bool {
    let plain = format!("{text}*");
    match (Reader { rest: &plain, typing: false }.query()) {
        Ok(again) => again.clauses != [Clause { negated: false, what: What::Prefix(text.to_owned()) }],
        Err(_) => true,
    }
}

struct Reader<'a> {
    rest: &'a str,
    typing: bool,
}

/// A value of a filter, and whether the text ended with it.
struct Value {
    text: String,
    open: bool,
}

impl<'a> Reader<'a> {
    fn query(mut self) -> Result<Query, QueryError> {
        let mut clauses = Vec::new();
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.is_empty() {
                return Ok(Query { clauses });
            }
            let negated = self.negation();
            let what = if self.rest.starts_with('"') {
                self.phrase()?
            } else if let Some((key, after)) = self.key()? {
                self.rest = after;
                self.filter(key)?.map(What::Filter)
            } else {
                Some(self.word(negated))
            };
            clauses.extend(what.map(|what| Clause { negated, what }));
        }
    }

    /// Takes a leading `-` that has something to negate.
    fn negation(&mut self) -> bool {
        match self.rest.strip_prefix('-') {
            Some(after) if !after.is_empty() && !after.starts_with(char::is_whitespace) => {
                self.rest = after;
                true
            }
            _ => false,
        }
    }

    /// A quotation. Without letters in it, it asks for nothing.
    fn phrase(&mut self) -> Result<Option<What>, QueryError> {
        let inner = &self.rest[1..];
        let (text, closed) = match inner.split_once('"') {
            Some((text, after)) => {
                self.rest = after;
                (text, true)
            }
            None if self.typing => {
                self.rest = "";
                (inner, false)
            }
            None => return Err(QueryError::Unclosed(self.rest.to_owned())),
        };
        let star = match self.rest.strip_prefix('*') {
            Some(after) if closed => {
                self.rest = after;
                true
            }
            _ => false,
        };
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let goes_on = star || !closed;
        Ok(Some(if goes_on { What::Prefix(text.to_owned()) } else { What::Phrase(text.to_owned()) }))
    }

    fn word(&mut self, negated: bool) -> What {
        let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
        let (word, after) = self.rest.split_at(end);
        self.rest = after;
        match word.strip_suffix('*') {
            Some(start) if !start.is_empty() => What::Prefix(start.to_owned()),
            // An exclusion that is being typed would take away nearly everything with its first letter.
            _ if self.typing && after.is_empty() && !negated => What::Prefix(word.to_owned()),
            _ => What::Word(word.to_owned()),
        }
    }

    /// The known key at this place and what follows its colon; nothing where a word stands.
    fn key(&self) -> Result<Option<(&'static str, &'a str)>, QueryError> {
        let letters = self.rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(self.rest.len());
        let (key, after) = self.rest.split_at(letters);
        let Some(after) = after.strip_prefix(':') else { return Ok(None) };
        let lower = key.to_ascii_lowercase();
        if let Some(known) = KEYS.into_iter().find(|k| *k == lower) {
            return Ok(Some((known, after)));
        }
        let plain_word = key.len() < 2
            || after.is_empty()
            || after.starts_with(char::is_whitespace)
            || after.starts_with("//")
            || matches!(lower.as_str(), "mailto" | "tel");
        if plain_word { Ok(None) } else { Err(QueryError::UnknownKey { key: key.to_owned() }) }
    }

    /// Values up to the next blank: parts in quotation marks may hold blanks and commas.
    fn values(&mut self) -> Result<Vec<Value>, QueryError> {
        let mut list = Vec::new();
        let mut value = String::new();
        loop {
            let plain = self
                .rest
                .find(|c: char| c == '"' || c == ',' || c.is_whitespace())
                .unwrap_or(self.rest.len());
            value.push_str(&self.rest[..plain]);
            self.rest = &self.rest[plain..];
            if let Some(quoted) = self.rest.strip_prefix('"') {
                match quoted.split_once('"') {
                    Some((text, after)) => {
                        value.push_str(text);
                        self.rest = after;
                    }
                    None if self.typing => {
                        value.push_str(quoted);
                        self.rest = "";
                    }
                    None => return Err(QueryError::Unclosed(self.rest.to_owned())),
                }
                continue;
            }
            let text = std::mem::take(&mut value).trim().to_owned();
            if !text.is_empty() {
                list.push(Value { text, open: self.typing && self.rest.is_empty() });
            }
            match self.rest.strip_prefix(',') {
                Some(after) => self.rest = after,
                None => return Ok(list),
            }
        }
    }

    fn filter(&mut self, key: &'static str) -> Result<Option<Filter>, QueryError> {
        let values = self.values()?;
        if values.is_empty() {
            if self.typing && self.rest.is_empty() {
                return Ok(None);
            }
            return Err(QueryError::NoValue { key, expected: expected(key) });
        }
        let texts = || values.iter().map(|v| v.text.clone()).collect::<Vec<_>>();
        Ok(match key {
            "channel" => each(key, &values, |v| v.parse().ok())?.map(Filter::Channel),
            "status" => each(key, &values, |v| v.parse().ok())?.map(Filter::Status),
            "priority" => each(key, &values, |v| v.parse().ok())?.map(Filter::Priority),
            "qualified" => each(key, &values, qualified)?.map(Filter::Qualified),
            "has" => each(key, &values, has)?.map(Filter::Has),
            "unread" => one(key, &values, yes_or_no)?.map(Filter::Unread),
            "before" => one(key, &values, when)?.map(Filter::Before),
            "after" => one(key, &values, when)?.map(Filter::After),
            "assignee" => Some(Filter::Assignee(values.iter().map(|v| who(&v.text)).collect())),
            "from" => Some(Filter::From(values.iter().map(|v| writer(&v.text)).collect())),
            "account" => Some(Filter::Account(texts())),
            "label" => Some(Filter::Label(texts())),
            "contact" => Some(Filter::Contact(texts())),
            _ => Some(Filter::Identity(texts())),
        })
    }
}

/// Reads every value; one that is still being typed and may become something is left out.
fn each<T>(
    key: &'static str,
    values: &[Value],
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<Vec<T>>, QueryError> {
    let mut out = Vec::with_capacity(values.len());
    for value in values {
        match read(&value.text) {
            Some(v) => out.push(v),
            None if value.open && may_become(key, &value.text) => {}
            None => {
                let value = value.text.clone();
                return Err(QueryError::BadValue { key, value, expected: expected(key) });
            }
        }
    }
    Ok(if out.is_empty() { None } else { Some(out) })
}

/// Reads the value of a key that takes one alone.
fn one<T>(
    key: &'static str,
    values: &[Value],
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, QueryError> {
    if values.len() > 1 {
        let value = values.iter().map(|v| v.text.as_str()).collect::<Vec<_>>().join(",");
        return Err(QueryError::BadValue { key, value, expected: format!("only one of {}", expected(key)) });
    }
    Ok(each(key, values, read)?.and_then(|mut list| list.pop()))
}

/// The closed set of words that a key takes; empty for keys that take more.
fn words(key: &str) -> Vec<&'static str> {
    match key {
        "channel" => Channel::ALL.iter().map(|v| v.word()).collect(),
        "status" => Status::ALL.iter().map(|v| v.word()).collect(),
        "priority" => Priority::ALL.iter().map(|v| v.word()).collect(),
        "qualified" => {
            ["yes", "no"].into_iter().chain(QualificationState::ALL.iter().map(|v| v.word())).collect()
        }
        "unread" => vec!["yes", "no"],
        "has" => vec!["attachment", "note", "failed"],
        _ => Vec::new(),
    }
}

fn may_become(key: &str, text: &str) -> bool {
    if matches!(key, "before" | "after") {
        return true;
    }
    let lower = text.to_lowercase();
    words(key).iter().any(|w| w.starts_with(&lower))
}

/// What a key takes, in words.
fn expected(key: &str) -> String {
    let closed = words(key);
    if !closed.is_empty() {
        return closed.join(", ");
    }
    match key {
        "account" => "the name of an account",
        "assignee" => "me, none, or the name or e-mail of an agent",
        "label" => "the name of a label",
        "from" => "contact, agent, me, or part of a name",
        "contact" => "part of the name of a contact, or its id",
        "identity" => "an e-mail address, a telephone number or a handle",
        _ => "a day (2026-11-20, 2026-11, today, yesterday), an age (3h, 7d, 2w, 1y) or an RFC 3339 time",
    }
    .to_owned()
}

fn yes_or_no(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "yes" | "true" => Some(true),
        "no" | "false" => Some(false),
        _ => None,
    }
}

fn qualified(text: &str) -> Option<Qualified> {
    match yes_or_no(text) {
        Some(true) => Some(Qualified::Yes),
        Some(false) => Some(Qualified::No),
        None => text.parse().ok().map(Qualified::As),
    }
}

fn has(text: &str) -> Option<Has> {
    match text.to_lowercase().as_str() {
        "attachment" | "attachments" | "file" => Some(Has::Attachment),
        "note" | "notes" => Some(Has::Note),
        "failed" => Some(Has::Failed),
        _ => None,
    }
}

fn who(text: &str) -> Who {
    match text.to_lowercase().as_str() {
        "me" => Who::Me,
        "none" | "nobody" => Who::Nobody,
        _ => Who::Named(text.to_owned()),
    }
}

fn writer(text: &str) -> Writer {
    match text.to_lowercase().as_str() {
        "contact" | "customer" => Writer::Contact,
        "agent" => Writer::Agent,
        "me" => Writer::Me,
        _ => Writer::Named(text.to_owned()),
    }
}

/// The moments that the language knows; the same as what gives them their meaning.
fn when(text: &str) -> Option<When> {
    let lower = text.to_ascii_lowercase();
    let word = matches!(lower.as_str(), "now" | "today" | "yesterday" | "tomorrow");
    (word || is_age(&lower) || is_day(&lower) || text.parse::<jiff::Timestamp>().is_ok())
        .then(|| When(text.to_owned()))
}

fn is_age(text: &str) -> bool {
    text.strip_suffix(['m', 'h', 'd', 'w', 'y'])
        .is_some_and(|count| (1..=6).contains(&count.len()) && count.bytes().all(|b| b.is_ascii_digit()))
}

fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |s: &str, len: std::ops::RangeInclusive<usize>| {
        len.contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit())
    };
    let shape = digits(parts[0], 4..=4) && parts.len() <= 3 && parts[1..].iter().all(|p| digits(p, 1..=2));
    let number = |n: usize| parts.get(n).map_or(Ok(1), |p| p.parse::<i8>());
    shape
        && match (parts[0].parse(), number(1), number(2)) {
            (Ok(year), Ok(month), Ok(day)) => jiff::civil::Date::new(year, month, day).is_ok(),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> What {
        What::Word(text.to_owned())
    }
    fn prefix(text: &str) -> What {
        What::Prefix(text.to_owned())
    }
    fn phrase(text: &str) -> What {
        What::Phrase(text.to_owned())
    }
    fn whats(text: &str) -> Vec<What> {
        parse(text).unwrap().clauses.into_iter().map(|c| c.what).collect()
    }
    fn typed(text: &str) -> Vec<What> {
        parse_typing(text).unwrap().clauses.into_iter().map(|c| c.what).collect()
    }

    #[test]
    fn words_prefixes_and_phrases() {
        assert_eq!(
            whats(" refund ord* \"my  order\" "),
            [word("refund"), prefix("ord"), phrase("my  order")]
        );
        assert_eq!(whats("\"my ord\"*"), [prefix("my ord")]);
        assert_eq!(whats("* - \"\" 5\""), [word("*"), word("-"), word("5\"")]);
        assert!(matches!(parse("say \"hello"), Err(QueryError::Unclosed(_))));
    }

    #[test]
    fn what_is_typed_last_is_a_beginning() {
        assert_eq!(typed("my ord"), [word("my"), prefix("ord")]);
        assert_eq!(typed("my ord "), [word("my"), word("ord")]);
        assert_eq!(typed("\"my ord"), [prefix("my ord")]);
        assert_eq!(typed("order -ref"), [word("order"), word("ref")]);
        assert_eq!(typed("order status:"), [word("order")]);
        assert_eq!(typed("order status:op"), [word("order")]);
        assert_eq!(typed("order before:2026-"), [word("order")]);
        assert_eq!(typed("status:open,pe").len(), 1);
        assert!(parse_typing("status:x").is_err());
        assert!(parse_typing("status: open").is_err());
        assert!(parse_typing("colour:r").is_err());
        assert!(parse_typing("\"").unwrap().is_empty());
    }

    #[test]
    fn filters() {
        let q = parse("channel:SMS,chat -label:vip,\"big customer\" assignee:me,none,Ana@x.example").unwrap();
        assert_eq!(q.clauses[0].what, What::Filter(Filter::Channel(vec![Channel::Sms, Channel::Webchat])));
        assert!(q.clauses[1].negated);
        assert_eq!(
            q.clauses[1].what,
            What::Filter(Filter::Label(vec!["vip".to_owned(), "big customer".to_owned()]))
        );
        assert_eq!(
            q.clauses[2].what,
            What::Filter(Filter::Assignee(vec![
                Who::Me,
                Who::Nobody,
                Who::Named("Ana@x.example".to_owned())
            ]))
        );
        for good in [
            "before:2026-11-20",
            "after:7d",
            "before:2026",
            "after:yesterday",
            "before:2026-11-20T10:00:00Z",
            "qualified:yes",
            "qualified:lead,disqualified",
            "unread:no",
            "has:attachment,failed",
            "from:customer",
            "identity:+31612345678",
        ] {
            assert!(matches!(whats(good)[..], [What::Filter(_)]), "{good}");
        }
    }

    #[test]
    fn errors_say_what_would_be_right() {
        let says = |text: &str| parse(text).unwrap_err().to_string();
        let unknown = says("order colour:red");
        assert!(KEYS.iter().all(|k| unknown.contains(&format!("{k}:"))), "{unknown}");
        assert!(says("status:closed").contains("resolved"));
        assert!(says("status:").contains("needs a value"));
        assert!(says("before:2026-02-30").contains("today"));
        assert!(says("after:soon").contains("7d"));
        assert!(says("unread:yes,no").contains("only one"));
        assert!(says("has:everything").contains("attachment"));
    }

    #[test]
    fn what_looks_like_a_filter_and_is_none() {
        for text in [
            "http://x.example/a",
            "12:30",
            "re:",
            "Re:",
            "c:\\x",
            "mailto:a@b.example",
            "tel:+31",
            ":",
            "a-b:c",
        ] {
            assert_eq!(whats(text), [word(text)], "{text}");
        }
        assert_eq!(whats("\"status:open\""), [phrase("status:open")]);
        assert_eq!(whats("\"colour:red\""), [phrase("colour:red")]);
    }

    #[test]
    fn negations() {
        let q = parse("-spam -\"two words\" -status:open --x").unwrap();
        assert!(q.clauses.iter().all(|c| c.negated));
        assert_eq!(q.clauses[3].what, word("-x"));
        assert_eq!(q.to_string(), "-spam -\"two words\" -status:open --x");
    }
}
