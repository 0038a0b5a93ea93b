//! Words for numbers and times: sizes, ages, clocks, days, stamps; and the dates that people type into queries.

pub use crate::domain::attachment::bytes;
use crate::domain::row::bare_address;
use crate::text::{address, sanitize};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;
const YEAR: i64 = 365 * DAY;

/// A number in at most four cells: `9999`, `12k`, `999k`, `3M`.
pub fn count(number: u64) -> String {
    match number {
        ..10_000 => number.to_string(),
        10_000..1_000_000 => format!("{}k", number / 1_000),
        _ => format!("{}M", (number / 1_000_000).min(999)),
    }
}

/// What a person is called on the screen: the name, or where none is known (or none can be seen) the address. Telephone
/// numbers in groups.
pub fn person(name: &str, address: &str) -> String {
    let name = sanitize::line(name);
    let known = if name.is_empty() { sanitize::line(bare_address(address)) } else { name };
    address::grouped(&known).into_owned()
}

/// How long ago, in one short word: `now` (under a minute, or in the future), `2m`, `3h`, `5d`, `3w`, `2y`.
/// Both times are UTC milliseconds.
pub fn age(then_ms: i64, now_ms: i64) -> String {
    let past = now_ms.saturating_sub(then_ms);
    if past < MINUTE {
        return "now".to_owned();
    }
    let (size, unit) = match past {
        0..HOUR => (MINUTE, 'm'),
        HOUR..DAY => (HOUR, 'h'),
        DAY..WEEK => (DAY, 'd'),
        WEEK..YEAR => (WEEK, 'w'),
        _ => (YEAR, 'y'),
    };
    format!("{}{unit}", past / size)
}

/// The instant, at the ends of the calendar for what lies beyond.
fn timestamp(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

fn zoned(ms: i64, tz: &TimeZone) -> Zoned {
    timestamp(ms).to_zoned(tz.clone())
}

/// Time of day in the zone: `14:02`. The time is UTC milliseconds.
pub fn clock(ms: i64, tz: &TimeZone) -> String {
    let at = zoned(ms, tz);
    format!("{:02}:{:02}", at.hour(), at.minute())
}

/// Day in the zone: `Today`, `Yesterday`, `Tomorrow`, `Mon 16 Nov`, and with the year where it is another: `Tue 31 Dec 2024`.
/// Both times are UTC milliseconds.
pub fn day(ms: i64, now_ms: i64, tz: &TimeZone) -> String {
    let (then, today) = (zoned(ms, tz).date(), zoned(now_ms, tz).date());
    if then == today {
        return "Today".to_owned();
    }
    if then.tomorrow().is_ok_and(|next| next == today) {
        return "Yesterday".to_owned();
    }
    if today.tomorrow().is_ok_and(|next| next == then) {
        return "Tomorrow".to_owned();
    }
    let format = if then.year() == today.year() { "%a %-d %b" } else { "%a %-d %b %Y" };
    then.strftime(format).to_string()
}

/// Minute of the day in the zone, 0 at midnight. The time is UTC milliseconds.
pub fn minute_of_day(ms: i64, tz: &TimeZone) -> u16 {
    let at = zoned(ms, tz);
    u16::from(at.hour().unsigned_abs()) * 60 + u16::from(at.minute().unsigned_abs())
}

/// Day and time in the zone: `Today 14:32`, `Tomorrow 09:00`, `Mon 16 Nov 09:00`. Both times are UTC milliseconds.
pub fn moment(ms: i64, now_ms: i64, tz: &TimeZone) -> String {
    format!("{} {}", day(ms, now_ms, tz), clock(ms, tz))
}

/// The same in the middle of a sentence: `tomorrow 09:00`.
pub fn moment_within(ms: i64, now_ms: i64, tz: &TimeZone) -> String {
    let moment = moment(ms, now_ms, tz);
    match moment.split_once(' ') {
        Some((day @ ("Today" | "Yesterday" | "Tomorrow"), time)) => format!("{} {time}", day.to_lowercase()),
        _ => moment,
    }
}

/// RFC 3339 in UTC with milliseconds: `2026-11-20T22:07:05.972Z`. The time is UTC milliseconds.
pub fn stamp(ms: i64) -> String {
    format!("{:.3}", timestamp(ms))
}

/// The instant (UTC milliseconds) that `before:` and `after:` of the query language name: `2026-11-20`, `2026-11`,
/// `2026`, `today`, `yesterday` (each the start of its day in the zone), `now`, `30m`, `3h`, `7d`, `2w`, `1y`
/// (that long ago), or an RFC 3339 time. `None` for anything else.
pub fn parse_when(text: &str, now_ms: i64, tz: &TimeZone) -> Option<i64> {
    let text = text.trim();
    let today = || zoned(now_ms, tz).date();
    let start = |date: Date| {
        let midnight = date.to_zoned(tz.clone()).ok()?.start_of_day().ok()?;
        Some(midnight.timestamp().as_millisecond())
    };
    match text.to_ascii_lowercase().as_str() {
        "now" => return Some(now_ms),
        "today" => return start(today()),
        "yesterday" => return start(today().yesterday().ok()?),
        "tomorrow" => return start(today().tomorrow().ok()?),
        _ => {}
    }
    if let Some(at) = ago(text, now_ms, tz) {
        return Some(at);
    }
    match calendar(text) {
        Some(date) => start(date),
        None => text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond),
    }
}

/// `7d` and the like. Years follow the calendar, the rest is exact.
fn ago(text: &str, now_ms: i64, tz: &TimeZone) -> Option<i64> {
    let unit = text.chars().next_back()?.to_ascii_lowercase();
    let count = &text[..text.len() - unit.len_utf8()];
    if count.is_empty() || !count.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let count: i64 = count.parse().ok()?;
    let exact = |size: i64| now_ms.checked_sub(count.checked_mul(size)?);
    match unit {
        'm' => exact(MINUTE),
        'h' => exact(HOUR),
        'd' => exact(DAY),
        'w' => exact(WEEK),
        'y' => {
            let then = zoned(now_ms, tz).checked_sub(Span::new().try_years(count).ok()?).ok()?;
            Some(then.timestamp().as_millisecond())
        }
        _ => None,
    }
}

/// `2026-11-20`, `2026-11` or `2026`, the first day of it.
fn calendar(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let mut part = |length: std::ops::RangeInclusive<usize>| match parts.next() {
        Some(digits) if length.contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) => {
            Some(digits.parse::<i16>().ok())
        }
        Some(_) => Some(None),
        None => None,
    };
    let year = part(4..=4)??;
    let month = part(1..=2).unwrap_or(Some(1))?;
    let day = part(1..=2).unwrap_or(Some(1))?;
    if parts.next().is_some() {
        return None;
    }
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// One or two letters for a person: first and last word's first letters (`Anna de Vries` is `AV`); `#` for
/// a phone number, `?` for nothing.
pub fn initials(name: &str) -> String {
    let name = name.trim();
    if name.starts_with('+') || (!name.is_empty() && !name.chars().any(char::is_alphabetic)) {
        return if name.chars().any(char::is_numeric) { "#".to_owned() } else { "?".to_owned() };
    }
    // Of an address only what stands before the domain.
    let name = name.split_once('@').map_or(name, |(local, _)| local);
    let letter = |word: &str| word.chars().find(|c| c.is_alphanumeric());
    let mut letters = name.split(|c: char| c.is_whitespace() || matches!(c, '.' | '_')).filter_map(letter);
    let Some(first) = letters.next() else { return "?".to_owned() };
    let mut out: String = first.to_uppercase().collect();
    if let Some(last) = letters.next_back() {
        out.extend(last.to_uppercase());
    }
    out
}

/// The name to greet a person by: `Anna` of `Anna de Vries`, `Vries, Anna` or `Dr. Anna Vries`; empty where the name is an
/// address, a number or nothing.
pub fn first_name(name: &str) -> String {
    let name = name.trim();
    if name.contains('@') || !name.chars().any(char::is_alphabetic) {
        return String::new();
    }
    let given = match name.split_once(',') {
        Some((_, given)) if given.chars().any(char::is_alphabetic) => given,
        Some((family, _)) => family,
        None => name,
    };
    let is_title = |word: &str| {
        let word = word.trim_end_matches('.').to_lowercase();
        matches!(
            word.as_str(),
            "mr" | "mrs"
                | "ms"
                | "miss"
                | "mx"
                | "dr"
                | "prof"
                | "sir"
                | "herr"
                | "frau"
                | "mevr"
                | "dhr"
                | "mme"
                | "sr"
                | "sra"
        )
    };
    let mut words = given.split_whitespace().peekable();
    let mut word = words.next().unwrap_or_default();
    while is_title(word) {
        match words.next() {
            Some(next) => word = next,
            None => break,
        }
    }
    word.trim_matches(|c: char| !c.is_alphanumeric() && c != '.').to_owned()
}

/// The name that is called across the room: the first one, or all of what has none.
pub fn called(name: &str) -> String {
    let first = first_name(name);
    if first.is_empty() { name.to_owned() } else { first }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_stay_short() {
        for (number, shown) in
            [(0, "0"), (9_999, "9999"), (12_345, "12k"), (999_999, "999k"), (3_500_000, "3M")]
        {
            assert_eq!(count(number), shown);
        }
    }

    #[test]
    fn nobody_is_without_a_name() {
        assert_eq!(person("Anna de Vries", "+31612345678"), "Anna de Vries");
        assert_eq!(person("", "whatsapp:+31612345678"), "+31 612 345 678");
        assert_eq!(person("+31612345678", "whatsapp:+31612345678"), "+31 612 345 678");
        assert_eq!(person(" \u{202e}\u{200b} ", "Visitor d5b22da2"), "Visitor d5b22da2");
    }

    /// 2026-11-20T22:07:05.972Z, a Friday.
    const NOW: i64 = 1_795_212_425_972;

    fn utc() -> TimeZone {
        TimeZone::UTC
    }

    /// One hour east of Greenwich.
    fn east() -> TimeZone {
        TimeZone::fixed(jiff::tz::offset(1))
    }

    #[test]
    fn sizes() {
        for (count, wanted) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1 kB"),
            (1234, "1.2 kB"),
            (9_960, "10 kB"),
            (184_320, "184 kB"),
            (999_600, "1 MB"),
            (5_000_000, "5 MB"),
            (u64::MAX, "18 EB"),
        ] {
            assert_eq!(bytes(count), wanted);
        }
    }

    #[test]
    fn ages() {
        for (past, wanted) in [
            (-5 * DAY, "now"),
            (59_999, "now"),
            (MINUTE, "1m"),
            (59 * MINUTE, "59m"),
            (3 * HOUR, "3h"),
            (5 * DAY, "5d"),
            (3 * WEEK, "3w"),
            (2 * YEAR, "2y"),
        ] {
            assert_eq!(age(NOW - past, NOW), wanted);
        }
        assert_eq!(age(i64::MAX, i64::MIN), "now");
    }

    #[test]
    fn clocks_days_and_stamps() {
        assert_eq!(stamp(NOW), "2026-11-20T22:07:05.972Z");
        assert_eq!(stamp(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(clock(NOW, &utc()), "22:07");
        assert_eq!(clock(NOW, &east()), "23:07");
        assert_eq!(day(NOW - HOUR, NOW, &utc()), "Today");
        assert_eq!(day(NOW - DAY, NOW, &utc()), "Yesterday");
        assert_eq!(day(NOW - 4 * DAY, NOW, &utc()), "Mon 16 Nov");
        assert_eq!(day(NOW + 2 * HOUR, NOW, &utc()), "Tomorrow");
        assert_eq!(moment(NOW + 2 * DAY, NOW, &utc()), "Sun 22 Nov 22:07");
        assert_eq!(day(NOW - 18 * DAY, NOW, &utc()), "Mon 2 Nov");
        assert_eq!(day(1_735_600_000_000, NOW, &utc()), "Mon 30 Dec 2024");
        // Beyond the calendar: no panic.
        for ms in [i64::MIN, i64::MAX] {
            assert!(
                !stamp(ms).is_empty() && !day(ms, NOW, &east()).is_empty() && !clock(ms, &east()).is_empty()
            );
        }
    }

    #[test]
    fn when() {
        let stamped = |text: &str, tz: &TimeZone| parse_when(text, NOW, tz).map(stamp);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(stamped("2026-11-20", &utc()), some("2026-11-20T00:00:00.000Z"));
        assert_eq!(stamped("2026-11-20", &east()), some("2026-11-19T23:00:00.000Z"));
        assert_eq!(stamped("2026-11", &utc()), some("2026-11-01T00:00:00.000Z"));
        assert_eq!(stamped("2025", &utc()), some("2025-01-01T00:00:00.000Z"));
        assert_eq!(stamped("today", &utc()), some("2026-11-20T00:00:00.000Z"));
        assert_eq!(stamped("Yesterday", &utc()), some("2026-11-19T00:00:00.000Z"));
        assert_eq!(parse_when("7d", NOW, &utc()), Some(NOW - 7 * DAY));
        assert_eq!(parse_when("2w", NOW, &utc()), Some(NOW - 14 * DAY));
        assert_eq!(parse_when("3h", NOW, &utc()), Some(NOW - 3 * HOUR));
        assert_eq!(stamped("1y", &utc()), some("2025-11-20T22:07:05.972Z"));
        assert_eq!(stamped("2026-11-20T10:00:00+01:00", &utc()), some("2026-11-20T09:00:00.000Z"));
        for bad in [
            "",
            "d",
            "7",
            "7x",
            "-7d",
            "2026-13",
            "2026-02-30",
            "2026-1-1-1",
            "2026-",
            "soon",
            "99999999999999d",
            "9999999y",
            "é",
            "٧d",
        ] {
            assert_eq!(parse_when(bad, NOW, &utc()), None, "{bad}");
        }
    }

    #[test]
    fn names() {
        for (name, letters, first) in [
            ("Anna de Vries", "AV", "Anna"),
            ("Vries, Anna", "VA", "Anna"),
            ("Dr. Anna Smith", "DS", "Anna"),
            ("bob", "B", "bob"),
            ("王小明", "王", "王小明"),
            ("ana.b@example.com", "AB", ""),
            ("+31 6 123", "#", ""),
            ("", "?", ""),
            ("🙂", "?", ""),
        ] {
            assert_eq!((initials(name).as_str(), first_name(name).as_str()), (letters, first), "{name}");
        }
    }
}
