//! `GET Messages.json`: filters, newest first, pages that can only be followed and not guessed.

use super::log::{Place, Record};
use super::wire::{self, API};
use super::{Shared, log::State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;
use std::ops::Bound;

/// A day in milliseconds.
const DAY: i64 = 86_400_000;

/// What a list asks for.
#[derive(Default)]
struct Query {
    to: Option<String>,
    from: Option<String>,
    /// First moment of `date_sent`, included (UTC milliseconds).
    since: Option<i64>,
    /// Last moment of `date_sent`, included.
    until: Option<i64>,
    page_size: usize,
    page: usize,
    token: Option<String>,
}

impl Query {
    /// Reads the query string; `None` for values that Twilio would refuse.
    fn read(text: &str) -> Option<Query> {
        let mut query = Query { page_size: 50, ..Query::default() };
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()).into_owned() {
            match name.as_str() {
                "To" => query.to = Some(value),
                "From" => query.from = Some(value),
                "DateSent" => {
                    let (first, last) = moment(&value)?;
                    query.since = Some(first);
                    query.until = Some(last);
                }
                "DateSent>" => query.since = Some(moment(&value)?.0),
                "DateSent<" => query.until = Some(moment(&value)?.1),
                "PageSize" => query.page_size = value.parse().ok()?,
                "Page" => query.page = value.parse().ok()?,
                "PageToken" => query.token = Some(value),
                _ => {}
            }
        }
        query.page_size = query.page_size.clamp(1, 1000);
        Some(query)
    }

    fn wants(&self, record: &Record) -> bool {
        let to = self.to.as_ref().is_none_or(|to| *to == record.to);
        let from = self.from.as_ref().is_none_or(|from| Some(from) == record.from.as_ref());
        // A message that has not left yet has no date to compare, so a filter by date misses it, as at Twilio.
        let dated = match (self.since, self.until) {
            (None, None) => true,
            (since, until) => record.sent.is_some_and(|sent| {
                since.is_none_or(|since| sent >= since) && until.is_none_or(|until| sent <= until)
            }),
        };
        to && from && dated
    }

    /// The address of a page with the same filters.
    fn uri(&self, account: &str, page: usize, token: Option<&str>) -> String {
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        if let Some(to) = &self.to {
            pairs.append_pair("To", to);
        }
        if let Some(from) = &self.from {
            pairs.append_pair("From", from);
        }
        let stamp =
            |at: i64| jiff::Timestamp::from_millisecond(at).map(|at| at.to_string()).unwrap_or_default();
        if let Some(since) = self.since {
            pairs.append_pair("DateSent>", &stamp(since));
        }
        if let Some(until) = self.until {
            pairs.append_pair("DateSent<", &stamp(until));
        }
        pairs.append_pair("PageSize", &self.page_size.to_string());
        pairs.append_pair("Page", &page.to_string());
        if let Some(token) = token {
            pairs.append_pair("PageToken", token);
        }
        format!("/{API}/Accounts/{account}/Messages.json?{}", pairs.finish())
    }
}

/// The first and last millisecond of a date, or of the second of a date-time (GMT).
fn moment(text: &str) -> Option<(i64, i64)> {
    if let Ok(date) = text.parse::<jiff::civil::Date>()
        && text.len() <= 10
    {
        let first = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond();
        return Some((first, first + DAY - 1));
    }
    let at = match text.parse::<jiff::Timestamp>() {
        Ok(at) => at,
        Err(_) => {
            text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp()
        }
    };
    Some((at.as_millisecond(), at.as_millisecond()))
}

/// Answers a list.
pub(super) fn page(shared: &Shared, query: &str) -> Response {
    let Some(query) = Query::read(query) else {
        return wire::error(400, 20001);
    };
    let account = &shared.options.account_sid;
    let state = shared.far.state();
    let below = match (&query.token, query.page) {
        (Some(token), _) => match token.strip_prefix("PA").and_then(|sid| state.places.get(sid)) {
            Some(place) => Bound::Excluded(*place),
            None => return wire::error(400, 20006),
        },
        (None, 0) => Bound::Unbounded,
        // Whoever makes up page numbers without a token gets nothing.
        (None, _) => return wire::error(400, 20006),
    };
    let (rows, more) = rows(&state, &query, below);
    let messages: Vec<_> = rows.iter().map(|record| wire::message(account, record)).collect();
    let last = rows.last().map(|record| format!("PA{}", record.sid));
    let next = last.filter(|_| more).map(|token| query.uri(account, query.page + 1, Some(&token)));
    let start = query.page * query.page_size;
    let body = json!({
        "messages": messages,
        "page": query.page,
        "page_size": query.page_size,
        "start": start,
        "end": (start + rows.len()).saturating_sub(1),
        "uri": query.uri(account, query.page, query.token.as_deref()),
        "first_page_uri": query.uri(account, 0, None),
        "next_page_uri": next,
        "previous_page_uri": null,
    });
    wire::json_answer(StatusCode::OK, &body)
}

/// The rows of one page, newest first, and whether there are more.
fn rows<'a>(state: &'a State, query: &Query, below: Bound<Place>) -> (Vec<&'a Record>, bool) {
    let mut found =
        state.log.range((Bound::Unbounded, below)).rev().map(|(_, record)| record).filter(|r| query.wants(r));
    let rows: Vec<&Record> = found.by_ref().take(query.page_size).collect();
    let more = found.next().is_some();
    (rows, more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_and_date_times_are_moments() {
        assert_eq!(moment("2023-08-24"), Some((1_692_835_200_000, 1_692_921_599_999)));
        assert_eq!(moment("2023-08-24T05:01:45Z"), Some((1_692_853_305_000, 1_692_853_305_000)));
        assert_eq!(moment("2023-08-24T05:01:45"), Some((1_692_853_305_000, 1_692_853_305_000)));
        assert_eq!(moment("yesterday"), None);
    }
}
