//! Reads the times for answers: `[sla.NAME]` and `[hours.NAME]`.

use super::{Reader, entries, show};
use crate::domain::clock::Ms;
use crate::domain::hours::BusinessHours;
use crate::domain::query::{self, Query};
use crate::domain::sla::{self, Policy};
use crate::text::when;
use jiff::tz::TimeZone;
use std::ops::Range;
use std::sync::Arc;
use toml_edit::{Item, Key, TableLike};

/// The shortest and the longest time that may be set, milliseconds.
const SHORTEST: Ms = 60_000;
const LONGEST: Ms = 366 * 24 * 3_600_000;
/// A time may be as long as the business hours of so many weeks.
const WEEKS: Ms = 20;

impl Reader<'_> {
    /// Read before policies, wherever they stand: these name them.
    pub(super) fn hours(&mut self, table: &dyn TableLike) {
        for (name, item) in entries(table) {
            let example = "[hours.NAME] with mon-fri = \"9:00-17:30\" below";
            let Some(days) = self.table(name, item, example) else { continue };
            let zone = days.get("time_zone").map_or(Ok(TimeZone::system()), time_zone);
            let zone = match zone {
                Ok(zone) => zone,
                Err(why) => {
                    let span = days.get("time_zone").and_then(Item::span);
                    let what = format!("the hours `{}` have no time zone that is known", show(name.get()));
                    self.complain(span, what, why);
                    continue;
                }
            };
            let mut hours = BusinessHours::new(name.get(), zone);
            for (day, times) in entries(days).filter(|(key, _)| key.get() != "time_zone") {
                let added = match times.as_str() {
                    Some(times) => hours.add(day.get(), times),
                    None => Err("write its times in quotes: \"9:00-17:30\"".to_owned()),
                };
                if let Err(why) = added {
                    let what = format!("`{}` in [hours.{}]", show(day.get()), show(name.get()));
                    self.complain(times.span().or_else(|| day.span()), what, show(&why));
                }
            }
            if hours.a_week() == 0 {
                let what = format!("the hours `{}` have no day", show(name.get()));
                self.complain(name.span(), what, "write mon-fri = \"9:00-17:30\"");
            }
            let place = self.place(name.span());
            self.out.desk.hours.push((Arc::new(hours), place));
        }
    }

    pub(super) fn sla(&mut self, table: &dyn TableLike) {
        for (name, item) in entries(table) {
            let example = "[sla.NAME] with first_reply = \"30m\" below";
            let Some(policy) = self.table(name, item, example) else { continue };
            let policy = self.policy(name, policy);
            if policy.first_reply.is_none() && policy.next_reply.is_none() {
                let what = format!("`{}` in [sla] sets no time", show(name.get()));
                self.complain(name.span(), what, "say first_reply = \"30m\" or next_reply = \"2h\", or both");
            }
            let place = self.place(name.span());
            self.out.desk.policies.push((policy, place));
        }
        // One for everybody would hide all that stand behind it, such as those that Setup adds.
        self.out.desk.policies.sort_by_key(|(policy, _)| policy.applies.is_empty());
    }

    fn policy(&mut self, name: &Key, table: &dyn TableLike) -> Policy {
        let mut policy = Policy {
            name: name.get().to_owned(),
            applies: Query::default(),
            first_reply: None,
            next_reply: None,
            hours: None,
        };
        let within = format!(" in [sla.{}]", show(name.get()));
        if let Some(item) = table.get("hours") {
            let wanted = item.as_str().unwrap_or_default();
            let known = &self.out.desk.hours;
            policy.hours =
                known.iter().find(|(hours, _)| hours.name() == wanted).map(|(hours, _)| hours.clone());
            if policy.hours.is_none() {
                let known: Vec<&str> = known.iter().map(|(hours, _)| hours.name()).collect();
                let hint = match known.as_slice() {
                    [] => "name one of your own: [hours.NAME] with mon-fri = \"9:00-17:30\" below".to_owned(),
                    known => format!("there are: {}", show(&known.join(", "))),
                };
                self.complain(item.span(), format!("there are no hours `{}`{within}", show(wanted)), hint);
            }
        }
        for (key, item) in entries(table) {
            let span = item.span().or_else(|| key.span());
            match key.get() {
                "hours" => {}
                "for" => {
                    let asked = item.as_str().unwrap_or_default();
                    let read = query::parse(asked).map_err(|e| e.to_string());
                    match read.and_then(|query| sla::judged(&query).map(|()| query)) {
                        Ok(query) if !query.is_empty() => policy.applies = query,
                        Ok(_) => self.complain(
                            span,
                            format!("`for`{within} asks for nothing"),
                            "write for = \"label:vip\", or leave it away for all conversations",
                        ),
                        Err(why) => self.complain(span, format!("`for`{within}"), show(&why)),
                    }
                }
                "first_reply" => policy.first_reply = self.limit(key, item, span, &within, &policy),
                "next_reply" => policy.next_reply = self.limit(key, item, span, &within, &policy),
                _ => self.unknown(key, &within, &["for", "first_reply", "next_reply", "hours"]),
            }
        }
        policy
    }

    fn limit(
        &mut self,
        key: &Key,
        item: &Item,
        span: Option<Range<usize>>,
        within: &str,
        policy: &Policy,
    ) -> Option<Ms> {
        let longest = policy.hours.as_ref().map_or(LONGEST, |hours| hours.a_week() * WEEKS);
        let length = item.as_str().and_then(when::length);
        if length.is_none_or(|length| !(SHORTEST..=longest).contains(&length)) {
            let hint = match length {
                Some(length) if length > longest => "it would take weeks: write a shorter one",
                _ => "write a length of time in quotes: \"30m\", \"2h\", \"1d\"",
            };
            self.complain(span, format!("`{}`{within} is no time for an answer", key.get()), hint);
            return None;
        }
        length
    }
}

fn time_zone(item: &Item) -> Result<TimeZone, String> {
    let name = item.as_str().unwrap_or_default();
    TimeZone::get(name).map_err(|_| {
        "write a name of the IANA list: time_zone = \"Europe/Amsterdam\"; without it this machine's counts"
            .to_owned()
    })
}
