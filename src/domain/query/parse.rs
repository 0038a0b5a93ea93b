//! Reads the search language.
//!
//! A token of letters and a colon is a filter. It stays a word where it can hardly have been meant as one: nothing follows
//! the colon (`re:`), a single letter stands before it (`c:`), it is a link (`https://`, `mailto:`, `tel:`), or an address
//! behind its medium (`whatsapp:+15550100123`).
//! Whatever stands in quotation marks is never a filter.

use super::values::{bound, expected, field, has, qualified, when, who, within, writer, yes_or_no};
use super::{Clause, Filter, KEYS, Query, QueryError, SoFar, What};
use crate::domain::account::Channel;

/// Reads a finished query.
///
/// # Errors
/// An unknown key (the message lists the known ones), a value its key does not take, an unclosed quotation.
pub fn parse(text: &str) -> Result<Query, QueryError> {
    Reader::new(text, false).query()
}

/// Reads a query that was typed for the screen: the last word, filters apart, counts as the beginning of one, and a
/// quotation may be open.
///
/// # Errors
/// As [`parse`].
pub fn parse_typing(text: &str) -> Result<Query, QueryError> {
    let SoFar { query, unclear } = parse_so_far(text);
    unclear.map_or(Ok(query), Err)
}

/// Reads as much as can be read of a query that is still being typed, as [`parse_typing`] does: filters that cannot be
/// read (yet) are passed over.
pub fn parse_so_far(text: &str) -> SoFar {
    let mut reader = Reader::new(text, true);
    // While it is being typed nothing is an error.
    let query = reader.query().unwrap_or_default();
    SoFar { query, unclear: reader.unclear }
}

/// Whether `text*`, written plainly, would be read as something else than the beginning of `text`.
pub(super) fn reads_otherwise(text: &str) -> bool {
    let plain = format!("{text}*");
    match parse(&plain) {
        Ok(again) => again.clauses != [Clause { negated: false, what: What::Prefix(text.to_owned()) }],
        Err(_) => true,
    }
}

struct Reader<'a> {
    rest: &'a str,
    typing: bool,
    /// The first filter that was passed over.
    unclear: Option<QueryError>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, typing: bool) -> Reader<'a> {
        Reader { rest: text, typing, unclear: None }
    }

    fn query(&mut self) -> Result<Query, QueryError> {
        let mut clauses: Vec<Clause> = Vec::new();
        let mut ends_with_filter = false;
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.is_empty() {
                if self.typing && ends_with_filter {
                    open_last_word(&mut clauses);
                }
                return Ok(Query { clauses });
            }
            if self.lone_minus() {
                self.pass(QueryError::LoneMinus)?;
                ends_with_filter = true;
                continue;
            }
            let negated = self.negation();
            let key = self.key();
            ends_with_filter = key.is_some();
            let what = match key {
                Some((key, after)) => {
                    self.rest = after;
                    self.filter(key)?.map(What::Filter)
                }
                None if self.rest.starts_with('"') => {
                    let phrase = self.phrase()?;
                    if phrase.is_none() && negated {
                        self.pass(QueryError::LoneMinus)?;
                    }
                    phrase
                }
                None => Some(self.word(negated)),
            };
            clauses.extend(what.map(|what| Clause { negated, what }));
        }
    }

    /// Passes over what cannot be read while it is being typed; else that is an error.
    fn pass(&mut self, error: QueryError) -> Result<(), QueryError> {
        if !self.typing {
            return Err(error);
        }
        self.unclear.get_or_insert(error);
        Ok(())
    }

    /// Takes a `-`, or several, with nothing behind: nothing can be found by it, and it would leave out nothing.
    fn lone_minus(&mut self) -> bool {
        let after = self.rest.trim_start_matches('-');
        let alone =
            after.len() < self.rest.len() && (after.is_empty() || after.starts_with(char::is_whitespace));
        if alone {
            self.rest = after;
        }
        alone
    }

    /// Takes a leading `-`.
    fn negation(&mut self) -> bool {
        let after = self.rest.strip_prefix('-');
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
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

    /// The key at this place, as written, and what follows its colon; nothing where a word stands.
    fn key(&self) -> Option<(&'a str, &'a str)> {
        let letters = self.rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(self.rest.len());
        let (key, after) = self.rest.split_at(letters);
        let after = after.strip_prefix(':')?;
        let plain_word = key.len() < 2
            || after.is_empty()
            || after.starts_with(char::is_whitespace)
            || after.starts_with("//")
            || ["mailto", "tel"].iter().any(|link| key.eq_ignore_ascii_case(link))
            || self.rest.split_whitespace().next().and_then(Channel::before_address).is_some();
        (known(key).is_some() || !plain_word).then_some((key, after))
    }

    /// Values up to the next blank: parts in quotation marks may hold blanks and commas.
    fn values(&mut self) -> Result<Vec<String>, QueryError> {
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
                list.push(text);
            }
            match self.rest.strip_prefix(',') {
                Some(after) => self.rest = after,
                None => return Ok(list),
            }
        }
    }

    fn filter(&mut self, written: &str) -> Result<Option<Filter>, QueryError> {
        let values = self.values()?;
        let Some(key) = known(written) else {
            self.pass(QueryError::UnknownKey { key: written.to_owned() })?;
            return Ok(None);
        };
        if values.is_empty() {
            self.pass(QueryError::NoValue { key, expected: expected(key) })?;
            return Ok(None);
        }
        Ok(match key {
            "channel" => self.each(key, &values, |v| v.parse().ok())?.map(Filter::Channel),
            "status" => self.each(key, &values, |v| v.parse().ok())?.map(Filter::Status),
            "priority" => self.each(key, &values, |v| v.parse().ok())?.map(Filter::Priority),
            "qualified" => self.each(key, &values, qualified)?.map(Filter::Qualified),
            "has" => self.each(key, &values, has)?.map(Filter::Has),
            "unread" => self.one(key, &values, yes_or_no)?.map(Filter::Unread),
            "archived" => self.one(key, &values, yes_or_no)?.map(Filter::Archived),
            "overdue" => self.one(key, &values, yes_or_no)?.map(Filter::Overdue),
            "due" => self.one(key, &values, within)?.map(Filter::Due),
            "score" => self.one(key, &values, bound)?.map(Filter::Score),
            "field" => self.each(key, &values, field)?.map(Filter::Field),
            "before" => self.one(key, &values, when)?.map(Filter::Before),
            "after" => self.one(key, &values, when)?.map(Filter::After),
            "assignee" => Some(Filter::Assignee(values.iter().map(|v| who(v)).collect())),
            "from" => Some(Filter::From(values.iter().map(|v| writer(v)).collect())),
            "account" => Some(Filter::Account(values)),
            "label" => Some(Filter::Label(values)),
            "contact" => Some(Filter::Contact(values)),
            _ => Some(Filter::Identity(values)),
        })
    }

    /// Reads every value; one that cannot be read yet is left out.
    fn each<T>(
        &mut self,
        key: &'static str,
        values: &[String],
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<Vec<T>>, QueryError> {
        let mut out = Vec::with_capacity(values.len());
        for value in values {
            match read(value) {
                Some(v) => out.push(v),
                None => {
                    let value = value.clone();
                    self.pass(QueryError::BadValue { key, value, expected: expected(key) })?;
                }
            }
        }
        Ok((!out.is_empty()).then_some(out))
    }

    /// Reads the value of a key that takes one alone.
    fn one<T>(
        &mut self,
        key: &'static str,
        values: &[String],
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, QueryError> {
        if values.len() > 1 {
            let expected = format!("only one of {}", expected(key));
            self.pass(QueryError::BadValue { key, value: values.join(","), expected })?;
            return Ok(None);
        }
        Ok(self.each(key, values, read)?.and_then(|mut list| list.pop()))
    }
}

/// The last word before filters is still a beginning: filters are often written behind it. An exclusion stays whole.
fn open_last_word(clauses: &mut [Clause]) {
    let last = clauses.iter_mut().rev().find(|c| !matches!(c.what, What::Filter(_)));
    if let Some(Clause { negated: false, what }) = last
        && let What::Word(word) = what
    {
        *what = What::Prefix(std::mem::take(word));
    }
}

/// The key that is written so.
fn known(written: &str) -> Option<&'static str> {
    KEYS.into_iter().find(|key| written.eq_ignore_ascii_case(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::query::Who;

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
        parse_so_far(text).query.clauses.into_iter().map(|c| c.what).collect()
    }

    #[test]
    fn words_prefixes_and_phrases() {
        assert_eq!(
            whats(" refund ord* \"my  order\" "),
            [word("refund"), prefix("ord"), phrase("my  order")]
        );
        assert_eq!(whats("\"my ord\"*"), [prefix("my ord")]);
        assert_eq!(whats("* \"\" 5\""), [word("*"), word("5\"")]);
        assert!(matches!(parse("say \"hello"), Err(QueryError::Unclosed(_))));
    }

    #[test]
    fn what_is_typed_last_is_a_beginning() {
        assert_eq!(typed("my ord"), [word("my"), prefix("ord")]);
        assert_eq!(typed("my ord "), [word("my"), word("ord")]);
        assert_eq!(typed("\"my ord"), [prefix("my ord")]);
        assert_eq!(typed("order -ref"), [word("order"), word("ref")]);
        assert!(parse_typing("\"").unwrap().is_empty());
    }

    #[test]
    fn the_last_word_is_a_beginning_before_filters_too() {
        let last = |text: &str| typed(text).into_iter().rev().find(|w| !matches!(w, What::Filter(_)));
        for text in
            ["my deliv channel:sms", "my deliv channel:sms ", "deliv channel:sms after:7d", "deliv has:att"]
        {
            assert_eq!(last(text), Some(prefix("deliv")), "{text}");
        }
        assert_eq!(typed("my deliv channel:sms")[0], word("my"), "only the last one");
        assert_eq!(typed("channel:sms deliv ")[1], word("deliv"), "a blank ends it");
        assert_eq!(last("my -deliv channel:sms"), Some(word("deliv")), "an exclusion stays whole");
        assert_eq!(last("\"my deliv\" channel:sms"), Some(phrase("my deliv")));
        assert_eq!(whats("deliv channel:sms")[0], word("deliv"), "a script says what it means");
    }

    #[test]
    fn what_cannot_be_read_yet_is_passed_over_and_said() {
        for (text, said) in [
            ("order has:att", "“has:att” is not understood yet: has: takes attachment"),
            (
                "order after:1dSTOP",
                "“after:1dSTOP” is not understood yet: after: takes a day (2026-11-20, today) or an age (3h, 7d)",
            ),
            ("order chan:sms", "“chan:” is not understood yet: did you mean channel:?"),
            (
                "order colour:red",
                "“colour:” is no filter; these are: channel: account: status: assignee: label: priority: qualified: score: field: \
                 unread: archived: overdue: due: from: contact: identity: before: after: has:",
            ),
            ("order status:", "status: takes open, pending, snoozed, resolved, spam"),
            (
                "order status:x",
                "“status:x” is not understood yet: status: takes open, pending, snoozed, resolved, spam",
            ),
            ("order unread:yes,no", "“unread:yes,no” is not understood yet: unread: takes yes, no"),
        ] {
            let SoFar { query, unclear } = parse_so_far(text);
            assert_eq!(query.clauses.len(), 1, "{text}: the rest counts");
            assert_eq!(unclear.unwrap().calm(), said, "{text}");
            assert!(parse_typing(text).is_err(), "{text}: it is no query yet");
        }
        let SoFar { query, unclear } = parse_so_far("status:open,pe order");
        assert_eq!(query.to_string(), "status:open order*");
        assert!(unclear.unwrap().calm().ends_with("takes pending"));
        assert_eq!(parse_so_far("order status:open").unclear, None);
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
            "archived:yes",
            "overdue:no",
            "due:<30m",
            "due:>2d",
            "score:>50",
            "score:<=5",
            "score:100",
            "field:budget",
            "field:budget=10k,deadline",
        ] {
            assert!(matches!(whats(good)[..], [What::Filter(_)]), "{good}");
        }
    }

    #[test]
    fn errors_say_what_would_be_right() {
        let says = |text: &str| parse(text).unwrap_err().to_string();
        let unknown = says("order colour:red");
        assert!(says("sms:hello").contains("channel:"), "a medium is no filter");
        assert!(KEYS.iter().all(|k| unknown.contains(&format!("{k}:"))), "{unknown}");
        assert!(says("status:closed").contains("resolved"));
        assert!(says("status:").contains("needs a value"));
        assert!(says("before:2026-02-30").contains("today"));
        assert!(says("after:soon").contains("7d"));
        assert!(says("unread:yes,no").contains("only one"));
        assert!(says("has:everything").contains("attachment"));
        for wrong in
            ["score:101", "score:>", "score:=>5", "score:-1", "field:=x", "due:1h", "due:<1y", "due:<soon"]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
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
            "whatsapp:+15550100123",
            "chat:ana@x.example",
            ":",
            "a-b:c",
        ] {
            assert_eq!(whats(text), [word(text)], "{text}");
        }
        assert_eq!(whats("\"status:open\""), [phrase("status:open")]);
        assert_eq!(whats("\"colour:red\""), [phrase("colour:red")]);
    }

    #[test]
    fn what_would_leave_out_nothing_is_a_mistake() {
        for text in ["-", "order - refund", "order -", "--", "-\"\"", "-\" \" order"] {
            assert_eq!(parse(text), Err(QueryError::LoneMinus), "{text}");
            let SoFar { query, unclear } = parse_so_far(text);
            assert_eq!(unclear, Some(QueryError::LoneMinus), "{text}: it is told while it is typed");
            assert!(query.clauses.iter().all(|c| !c.negated && c.what != word("-")), "{text}: {query}");
        }
        assert_eq!(typed("ord -"), [prefix("ord")], "what stands before it is still a beginning");
        assert!(parse("-status:").is_err());
    }

    #[test]
    fn negations() {
        let q = parse("-spam -\"two words\" -status:open --x").unwrap();
        assert!(q.clauses.iter().all(|c| c.negated));
        assert_eq!(q.clauses[3].what, word("-x"));
        assert_eq!(q.to_string(), "-spam -\"two words\" -status:open --x");
    }
}
