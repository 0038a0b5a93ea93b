//! Reads the tables of the desk: `[macros]`, `[fields]`, `[searches]`, `[spam.NAME]`.

use super::{Reader, entries, show};
use crate::config::desk::{Field, RawMacro, SavedSearch};
use crate::domain::account::Channel;
use crate::domain::query;
use crate::domain::spam::Rule;
use toml_edit::{Item, Key, TableLike};

/// A name of one word, as commands take it.
fn is_word(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// Texts of a list; none where it is something else.
fn texts(item: &Item) -> Option<Vec<String>> {
    item.as_array()?.iter().map(|v| v.as_str().map(str::to_owned)).collect()
}

impl Reader<'_> {
    pub(super) fn macros(&mut self, table: &dyn TableLike) {
        for (key, item) in entries(table) {
            let lines = texts(item).filter(|lines| !lines.is_empty());
            match lines {
                _ if !is_word(key.get()) => {
                    let what = format!("`{}` cannot name a macro", show(key.get()));
                    self.complain(key.span(), what, "use one word");
                }
                Some(lines) => {
                    let place = self.place(key.span());
                    self.out.desk.macros.push(RawMacro { name: key.get().to_owned(), lines, place });
                }
                None => {
                    let what = format!("the macro `{}` has to be a list of lines", show(key.get()));
                    let hint = format!("write {} = [\"label +vip\", \"assign me\"]", show(key.get()));
                    self.complain(item.span().or_else(|| key.span()), what, hint);
                }
            }
        }
    }

    pub(super) fn fields(&mut self, table: &dyn TableLike) {
        for (key, item) in entries(table) {
            let help = item.as_str().filter(|help| crate::text::sanitize::is_clean(help));
            match help.filter(|_| crate::text::sanitize::line(key.get()) == key.get()) {
                Some(help) => {
                    let (name, about) = (key.get().trim().to_owned(), help.to_owned());
                    let place = self.place(key.span());
                    self.out.desk.fields.push(Field { name, about, place });
                }
                None => {
                    let what = format!("the field `{}` has to be text in quotes", show(key.get()));
                    self.complain(key.span(), what, "write budget = \"what they can spend\"");
                }
            }
        }
    }

    pub(super) fn searches(&mut self, table: &dyn TableLike) {
        for (name, item) in entries(table) {
            let span = item.span().or_else(|| name.span());
            let (asked, key) = match item.as_table_like() {
                None => (item.as_str().map(str::to_owned), None),
                Some(search) => {
                    for (key, _) in entries(search).filter(|(k, _)| !matches!(k.get(), "query" | "key")) {
                        self.unknown(key, &format!(" in [searches.{}]", show(name.get())), &["query", "key"]);
                    }
                    let text = |key: &str| search.get(key).and_then(Item::as_str).map(str::to_owned);
                    (text("query"), text("key"))
                }
            };
            let Some(asked) = asked else {
                let what = format!("the search `{}` has no query", show(name.get()));
                self.complain(
                    span,
                    what,
                    "write \"VIP\" = \"label:vip\", or { query = \"label:vip\", key = \"g v\" }",
                );
                continue;
            };
            if let Err(e) = query::parse(&asked) {
                let what = format!("the search `{}`: {e}", show(name.get()));
                self.complain(span, what, "docs/reference/queries.md tells what can be asked");
                continue;
            }
            let place = self.place(name.span());
            self.out.desk.searches.push(SavedSearch {
                name: name.get().to_owned(),
                query: asked,
                key,
                place,
            });
        }
    }

    pub(super) fn spam(&mut self, table: &dyn TableLike) {
        for (name, item) in entries(table) {
            let Some(rule) = self.table(name, item, "[spam.NAME] with words, links, from or channels below")
            else {
                continue;
            };
            let rule = self.rule(name, rule);
            if rule.asks_for_nothing() {
                let what = format!("the rule `{}` would take everything for spam", show(name.get()));
                self.complain(name.span(), what, "say words = […], links = N or from = […]");
            }
            self.out.desk.spam.push(rule);
        }
    }

    fn rule(&mut self, name: &Key, table: &dyn TableLike) -> Rule {
        let mut rule = Rule { name: name.get().to_owned(), ..Rule::default() };
        for (key, item) in entries(table) {
            let span = item.span().or_else(|| key.span());
            let list = texts(item);
            match (key.get(), list) {
                ("words", Some(words)) => rule.words = words,
                ("from", Some(from)) => rule.from = from,
                ("channels", Some(list)) => {
                    for word in list {
                        match word.parse::<Channel>() {
                            Ok(channel) => rule.channels.push(channel),
                            Err(e) => self.complain(span.clone(), e.to_string(), "such as \"sms\""),
                        }
                    }
                }
                ("links", None) if item.as_integer().is_some() => {
                    let links = item.as_integer().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
                    match links {
                        Some(links) => rule.links = Some(links),
                        None => self.complain(span, "`links` takes a number from 1 on", "such as links = 3"),
                    }
                }
                ("words" | "from" | "channels", None) => {
                    let what = format!("`{}` has to be a list of texts", key.get());
                    self.complain(span, what, "write [\"…\", \"…\"]");
                }
                ("links", _) => self.complain(span, "`links` takes a number from 1 on", "such as links = 3"),
                _ => {
                    let known = ["words", "links", "from", "channels"];
                    self.unknown(key, &format!(" in [spam.{}]", show(name.get())), &known);
                }
            }
        }
        rule
    }
}
