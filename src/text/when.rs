//! Times that lie ahead, as people write them: for a snooze, and for what is to happen later.

use crate::domain::hours::weekday;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, SpanRelativeTo, Timestamp, Zoned};

/// When a day begins, where no time is said.
const MORNING: Time = Time::constant(9, 0, 0, 0);
/// When an evening begins.
const EVENING: Time = Time::constant(18, 0, 0, 0);

/// What can be written, for messages and help.
pub const FORMS: &str =
    "30m, 2h, 3d, 1w, 14:30, tonight, tomorrow, mon 9:00, next week, 2026-12-01 or an RFC 3339 time";

/// The instant (UTC milliseconds) that a text names, if it lies after `now_ms`: `30m`, `+2h`, `in 3d`, `1w`; a time of day (today,
/// or tomorrow if it is past); `today`, `tonight`, `tomorrow`, a day of the week (the next one), `next week` (its Monday) or a
/// date, each with a time behind it or else in the morning; or an RFC 3339 time.
pub fn ahead(text: &str, now_ms: i64, tz: &TimeZone) -> Option<i64> {
    let text = text.trim().to_lowercase();
    let now = Timestamp::from_millisecond(now_ms).ok()?.to_zoned(tz.clone());
    let then = after(&text, &now).or_else(|| on_a_day(&text, &now)).or_else(|| {
        let at: Timestamp = text.to_uppercase().parse().ok()?;
        Some(at.to_zoned(tz.clone()))
    })?;
    let then = then.timestamp().as_millisecond();
    (then > now_ms).then_some(then)
}

/// How long `30m`, `2 hours`, `1d` or `1w` is, in milliseconds; a day has 24 hours.
pub fn length(text: &str) -> Option<i64> {
    let span = span(&text.trim().to_lowercase())?;
    let whole = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    i64::try_from(whole.as_millis()).ok()
}

/// `+2h` and the like.
fn after(text: &str, now: &Zoned) -> Option<Zoned> {
    let text = text.strip_prefix("in ").or_else(|| text.strip_prefix('+')).unwrap_or(text).trim();
    now.checked_add(span(text)?).ok()
}

fn span(text: &str) -> Option<Span> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    let n = i64::from(number.parse::<u32>().ok()?);
    // More than the calendar has is no time, and no defect.
    let span = match unit.trim() {
        "m" | "min" | "minute" | "minutes" => Span::new().try_minutes(n),
        "h" | "hour" | "hours" => Span::new().try_hours(n),
        "d" | "day" | "days" => Span::new().try_days(n),
        "w" | "week" | "weeks" => Span::new().try_weeks(n),
        _ => return None,
    };
    span.ok()
}

/// A day, a time of day, or both.
fn on_a_day(text: &str, now: &Zoned) -> Option<Zoned> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let today = now.date();
    let (date, usual, rest) = match words.as_slice() {
        ["next", "week", rest @ ..] => (next(today, Weekday::Monday)?, MORNING, rest),
        ["tonight", rest @ ..] => (today, EVENING, rest),
        ["today", rest @ ..] => (today, EVENING, rest),
        ["tomorrow", rest @ ..] => (today.tomorrow().ok()?, MORNING, rest),
        [first, rest @ ..] => match day(first, today) {
            Some(date) => (date, MORNING, rest),
            None => {
                let at = join(today, time(first)?, now)?;
                let at = if at > *now { at } else { join(today.tomorrow().ok()?, at.time(), now)? };
                return rest.is_empty().then_some(at);
            }
        },
        [] => return None,
    };
    let at = match rest {
        [] => usual,
        ["at", one] | [one] => time(one)?,
        _ => return None,
    };
    join(date, at, now)
}

fn join(date: Date, time: Time, now: &Zoned) -> Option<Zoned> {
    date.to_datetime(time).to_zoned(now.time_zone().clone()).ok()
}

/// A day of the week, or a date.
fn day(word: &str, today: Date) -> Option<Date> {
    if let Some(weekday) = weekday(word) {
        return next(today, weekday);
    }
    (word.len() == 10).then(|| word.parse().ok())?
}

fn next(today: Date, weekday: Weekday) -> Option<Date> {
    today.nth_weekday(1, weekday).ok()
}

/// `9:00`, `14:30`, `9am`, `2:30pm`.
fn time(word: &str) -> Option<Time> {
    let (digits, noon) = match (word.strip_suffix("am"), word.strip_suffix("pm")) {
        (Some(digits), _) => (digits, Some(0)),
        (_, Some(digits)) => (digits, Some(12)),
        _ => (word, None),
    };
    let (hour, minute) = match digits.split_once(':') {
        Some((hour, minute)) if minute.len() == 2 => (hour, minute.parse().ok()?),
        Some(_) => return None,
        // A bare number is no time: it may be the beginning of one, or a day.
        None if noon.is_some() => (digits, 0),
        None => return None,
    };
    let hour: i8 = hour.parse().ok()?;
    let hour = match noon {
        Some(noon) if (1..=12).contains(&hour) => hour % 12 + noon,
        Some(_) => return None,
        None => hour,
    };
    Time::new(hour, minute, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::format;
    use proptest::prelude::*;

    /// Wednesday, 2026-11-18T11:06:40Z.
    const NOW: i64 = 1_795_000_000_000;

    #[test]
    fn what_people_write() {
        let ahead = |text: &str| ahead(text, NOW, &TimeZone::UTC).map(format::stamp);
        for (text, then) in [
            ("30m", "2026-11-18T11:36:40.000Z"),
            ("2h", "2026-11-18T13:06:40.000Z"),
            ("+7d", "2026-11-25T11:06:40.000Z"),
            ("in 2 weeks", "2026-12-02T11:06:40.000Z"),
            ("14:30", "2026-11-18T14:30:00.000Z"),
            ("9:00", "2026-11-19T09:00:00.000Z"),
            ("9am", "2026-11-19T09:00:00.000Z"),
            ("12pm", "2026-11-18T12:00:00.000Z"),
            ("tonight", "2026-11-18T18:00:00.000Z"),
            ("Tomorrow", "2026-11-19T09:00:00.000Z"),
            ("tomorrow at 2:30pm", "2026-11-19T14:30:00.000Z"),
            ("mon 9:00", "2026-11-23T09:00:00.000Z"),
            ("Wednesday", "2026-11-25T09:00:00.000Z"),
            ("next week", "2026-11-23T09:00:00.000Z"),
            ("next week 8:15", "2026-11-23T08:15:00.000Z"),
            ("2026-12-01", "2026-12-01T09:00:00.000Z"),
            ("2026-12-01 17:00", "2026-12-01T17:00:00.000Z"),
            ("2026-12-01T08:30:00Z", "2026-12-01T08:30:00.000Z"),
        ] {
            assert_eq!(ahead(text).as_deref(), Some(then), "{text}");
        }
        for bad in [
            "",
            "h",
            "0m",
            "yesterday",
            "2020-01-01",
            "99999999999h",
            "4000000000h",
            "4000000000d",
            "4000000000w",
            "é",
            "9",
            "25:00",
            "9:5",
            "13pm",
            "0am",
            "mo",
            "mon 9:00 sharp",
            "today 9:00",
            "+",
            "14:30 tomorrow",
        ] {
            assert_eq!(ahead(bad), None, "{bad}");
        }
    }

    #[test]
    fn lengths_of_time() {
        for (text, minutes) in [("30m", 30), ("2 Hours", 120), ("1d", 1440), ("1w", 10_080)] {
            assert_eq!(length(text), Some(minutes * 60_000), "{text}");
        }
        for bad in ["", "tomorrow", "+2h", "9", "h", "4000000000w"] {
            assert_eq!(length(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_day_is_a_day_of_the_zone() {
        // Tokyo has 20:06 already.
        let tokyo = TimeZone::get("Asia/Tokyo").unwrap_or_else(|_| TimeZone::fixed(jiff::tz::offset(9)));
        assert_eq!(
            ahead("tomorrow", NOW, &tokyo).map(format::stamp).as_deref(),
            Some("2026-11-19T00:00:00.000Z")
        );
    }

    proptest! {
        #[test]
        fn whatever_is_written_lies_ahead_or_is_nothing(text in "[a-z0-9:+ -]{0,16}|[0-9]{1,11}[mhdw]|\\PC{0,12}") {
            prop_assert!(ahead(&text, NOW, &TimeZone::UTC).is_none_or(|at| at > NOW));
        }
    }
}
