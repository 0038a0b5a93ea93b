//! Business hours: when somebody is there to answer, by days of the week and a time zone; and reckoning in them.

use crate::domain::clock::Ms;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use std::ops::Range;

/// The days of the week, from Monday on.
const WEEK: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];
/// Minutes of a day.
const DAY: u16 = 24 * 60;
/// So many days are looked through: more than any time that may be set takes.
const FAR: usize = 400;

/// A day of the week by its name or the first letters of it, three at least.
pub fn weekday(word: &str) -> Option<Weekday> {
    let found = WEEK.iter().find(|(name, _)| word.len() >= 3 && name.starts_with(word));
    found.map(|(_, day)| *day)
}

/// A time of day, `9:00`, in minutes from midnight.
pub fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute) = (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// Hours in which somebody answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusinessHours {
    name: String,
    /// From Monday on: spans in minutes from midnight, in order and apart.
    week: [Vec<Range<u16>>; 7],
    tz: TimeZone,
}

impl BusinessHours {
    /// Hours without any yet.
    pub fn new(name: &str, tz: TimeZone) -> BusinessHours {
        BusinessHours { name: name.to_owned(), week: Default::default(), tz }
    }

    /// Adds days with their times: `mon-fri` with `9:00-12:30, 13:00-17:30`.
    ///
    /// # Errors
    /// What is wrong with them, and what would be right.
    pub fn add(&mut self, days: &str, times: &str) -> Result<(), String> {
        let spans = spans(times)?;
        for day in range(days)? {
            if !self.week[day].is_empty() {
                return Err(format!("{} has its times already", WEEK[day].0));
            }
            self.week[day].clone_from(&spans);
        }
        Ok(())
    }

    /// What they are called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How long they are in a week, milliseconds.
    pub fn a_week(&self) -> Ms {
        self.week.iter().flatten().map(|span| Ms::from(span.end - span.start) * 60_000).sum()
    }

    /// The first moment at which so much of these hours has passed since `start`. One that never comes is the end of time.
    pub fn after(&self, start: Ms, length: Ms) -> Ms {
        let Some(mut date) = self.date(start) else { return Ms::MAX };
        let (mut at, mut left) = (start, length);
        for _ in 0..FAR {
            for (from, to) in self.spans_of(date) {
                let from = from.max(at);
                if to > from {
                    if left <= to - from {
                        return from + left;
                    }
                    left -= to - from;
                    at = to;
                }
            }
            let Ok(next) = date.tomorrow() else { return Ms::MAX };
            date = next;
        }
        Ms::MAX
    }

    /// The last moment since which so much of these hours has passed at `end`: what began by then is over by `end`.
    pub fn before(&self, end: Ms, length: Ms) -> Ms {
        let Some(mut date) = self.date(end) else { return end };
        let (mut at, mut left) = (end, length);
        for _ in 0..FAR {
            for (from, to) in self.spans_of(date).into_iter().rev() {
                let to = to.min(at);
                if to > from {
                    if left <= to - from {
                        return to - left;
                    }
                    left -= to - from;
                    at = from;
                }
            }
            let Ok(previous) = date.yesterday() else { return Ms::MIN };
            date = previous;
        }
        Ms::MIN
    }

    fn date(&self, at: Ms) -> Option<Date> {
        let at = Timestamp::from_millisecond(at).ok()?;
        Some(at.to_zoned(self.tz.clone()).date())
    }

    /// The hours of a day, in order and apart. Where a clock is put forward what does not exist is left out.
    fn spans_of(&self, date: Date) -> Vec<(Ms, Ms)> {
        let day = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
        let mut out: Vec<(Ms, Ms)> = Vec::with_capacity(self.week[day].len());
        for span in &self.week[day] {
            let (Some(from), Some(to)) = (self.instant(date, span.start), self.instant(date, span.end))
            else {
                continue;
            };
            let from = out.last().map_or(from, |(_, end)| from.max(*end));
            if from < to {
                out.push((from, to));
            }
        }
        out
    }

    fn instant(&self, date: Date, minute: u16) -> Option<Ms> {
        let date = if minute == DAY { date.tomorrow().ok()? } else { date };
        let (hour, minute) = (i8::try_from(minute % DAY / 60).ok()?, i8::try_from(minute % 60).ok()?);
        let at: Zoned =
            date.to_datetime(Time::new(hour, minute, 0, 0).ok()?).to_zoned(self.tz.clone()).ok()?;
        Some(at.timestamp().as_millisecond())
    }

    /// What they are, in words: `Mon–Fri 9:00–17:30, Sat 10:00–14:00 (Europe/Amsterdam)`.
    pub fn words(&self) -> String {
        let part = |(first, last): (usize, usize)| {
            let short = |n: usize| format!("{}{}", WEEK[n].0[..1].to_uppercase(), &WEEK[n].0[1..3]);
            let days =
                if last == first { short(first) } else { format!("{}\u{2013}{}", short(first), short(last)) };
            format!("{days} {}", self.times(first, "\u{2013}", " and "))
        };
        let parts: Vec<String> = self.alike().into_iter().map(part).collect();
        let zone = self.tz.iana_name().unwrap_or("this machine's time");
        format!("{} ({zone})", parts.join(", "))
    }

    /// What they are, as [`BusinessHours::add`] takes it: `mon-fri` with `9:00-17:30`.
    pub fn lines(&self) -> Vec<(String, String)> {
        let line = |(first, last): (usize, usize)| {
            let short = |n: usize| &WEEK[n].0[..3];
            let days =
                if last == first { short(first).into() } else { format!("{}-{}", short(first), short(last)) };
            (days, self.times(first, "-", ", "))
        };
        self.alike().into_iter().map(line).collect()
    }

    /// The name of their time zone; empty = it has none.
    pub fn zone(&self) -> &str {
        self.tz.iana_name().unwrap_or_default()
    }

    /// First and last of neighbouring days with the same times.
    fn alike(&self) -> Vec<(usize, usize)> {
        let mut out = Vec::new();
        let mut first = 0;
        while first < 7 {
            let same = self.week[first..].iter().take_while(|spans| **spans == self.week[first]).count();
            if !self.week[first].is_empty() {
                out.push((first, first + same - 1));
            }
            first += same;
        }
        out
    }

    fn times(&self, day: usize, to: &str, and: &str) -> String {
        let clock = |m: u16| format!("{}:{:02}", m / 60, m % 60);
        let times: Vec<String> =
            self.week[day].iter().map(|s| format!("{}{to}{}", clock(s.start), clock(s.end))).collect();
        times.join(and)
    }
}

/// The days of `mon-fri`, `sat` or `fri-mon`, Monday being 0.
fn range(text: &str) -> Result<Vec<usize>, String> {
    let text = text.trim().to_lowercase();
    let day = |word: &str| {
        let found = weekday(word.trim()).map(|day| usize::from(day.to_monday_zero_offset().unsigned_abs()));
        found.ok_or_else(|| format!("\u{201c}{}\u{201d} is no day: write mon, sat or mon-fri", word.trim()))
    };
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (day(first)?, day(last)?),
        None => (day(&text)?, day(&text)?),
    };
    Ok((0..=(last + 7 - first) % 7).map(|n| (first + n) % 7).collect())
}

/// The times of `9:00-12:30, 13:00-17:30`.
fn spans(text: &str) -> Result<Vec<Range<u16>>, String> {
    let mut out: Vec<Range<u16>> = Vec::new();
    for part in text.split(',') {
        let wrong = || format!("\u{201c}{}\u{201d} is no span of time: write 9:00-17:30", part.trim());
        let (from, to) = part.split_once('-').ok_or_else(wrong)?;
        let to = if to.trim() == "24:00" { Some(DAY) } else { minute(to) };
        let (from, to) = minute(from).zip(to).ok_or_else(wrong)?;
        if from >= to {
            return Err(format!(
                "\u{201c}{}\u{201d} ends before it begins: over midnight, end it at 24:00 and go on at 0:00 on the next day",
                part.trim()
            ));
        }
        if out.last().is_some_and(|before| before.end > from) {
            return Err(format!(
                "\u{201c}{}\u{201d} begins before the one before it ends: write them in order",
                part.trim()
            ));
        }
        out.push(from..to);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn office(zone: &str) -> BusinessHours {
        let tz = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let mut hours = BusinessHours::new("office", tz);
        hours.add("mon-fri", "9:00-12:30, 13:00-17:30").unwrap();
        hours.add("Sat", "10:00-14:00").unwrap();
        hours
    }

    fn at(text: &str) -> Ms {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    const HOUR: Ms = 3_600_000;

    #[test]
    fn time_runs_in_business_hours_only() {
        let hours = office("UTC");
        for (start, length, due) in [
            // Wednesday: in the middle of the day, over lunch, in the evening.
            ("2026-11-18T10:00:00Z", HOUR, "2026-11-18T11:00:00Z"),
            ("2026-11-18T12:00:00Z", HOUR, "2026-11-18T13:30:00Z"),
            ("2026-11-18T17:00:00Z", HOUR, "2026-11-19T09:30:00Z"),
            ("2026-11-18T16:30:00Z", HOUR, "2026-11-18T17:30:00Z"),
            // Saturday afternoon and Sunday count from Monday on.
            ("2026-11-21T13:30:00Z", HOUR, "2026-11-23T09:30:00Z"),
            ("2026-11-22T03:00:00Z", HOUR, "2026-11-23T10:00:00Z"),
        ] {
            assert_eq!(hours.after(at(start), length), at(due), "{start}");
        }
        assert_eq!(hours.a_week(), 44 * HOUR);
        assert_eq!(
            hours.words(),
            "Mon\u{2013}Fri 9:00\u{2013}12:30 and 13:00\u{2013}17:30, Sat 10:00\u{2013}14:00 (UTC)"
        );
    }

    #[test]
    fn a_day_that_loses_or_gains_an_hour_is_reckoned_as_it_passes() {
        let mut night = BusinessHours::new("night", TimeZone::get("Europe/Amsterdam").unwrap());
        night.add("mon-sun", "0:00-6:00").unwrap();
        // 29 March 2026: 02:00 is followed by 03:00, so that five hours pass until 6:00.
        assert_eq!(night.after(at("2026-03-28T23:00:00Z"), 5 * HOUR), at("2026-03-29T04:00:00Z"));
        // 25 October 2026: seven hours do.
        assert_eq!(night.after(at("2026-10-24T22:00:00Z"), 7 * HOUR), at("2026-10-25T05:00:00Z"));
    }

    #[test]
    fn what_cannot_be_hours_says_why() {
        let mut hours = BusinessHours::new("x", TimeZone::UTC);
        for (days, times, says) in [
            ("someday", "9:00-17:00", "no day"),
            ("mon", "9-17", "no span"),
            ("mon", "22:00-6:00", "24:00"),
            ("mon", "9:00-12:00, 11:00-13:00", "in order"),
            ("mon", "", "no span"),
        ] {
            assert!(hours.add(days, times).unwrap_err().contains(says), "{days} {times}");
        }
        hours.add("fri-mon", "0:00-24:00").unwrap();
        assert_eq!(hours.a_week(), 4 * 24 * HOUR);
        assert!(hours.add("sun", "9:00-10:00").unwrap_err().contains("already"));
    }

    proptest! {
        /// Half a year around both changes of the clock.
        #[test]
        fn due_times_keep_their_order_and_lie_in_business_hours(
            start in 1_772_000_000_000i64..1_795_000_000_000, later in 0i64..200 * HOUR, length in 1i64..80 * HOUR,
        ) {
            let hours = office("Europe/Amsterdam");
            let due = hours.after(start, length);
            prop_assert!(due >= start + length);
            prop_assert!(due <= hours.after(start + later, length), "earlier waiters are due earlier");
            let date = hours.date(due).unwrap();
            prop_assert!(hours.spans_of(date).iter().any(|(from, to)| *from < due && due <= *to));
        }

        #[test]
        fn what_is_due_by_a_moment_began_by_another(
            start in 1_772_000_000_000i64..1_795_000_000_000, end in 1_772_000_000_000i64..1_795_000_000_000,
            near in -30 * HOUR..30 * HOUR, length in 1i64..80 * HOUR,
        ) {
            let hours = office("Europe/Amsterdam");
            for end in [end, start + length + near, hours.after(start, length), hours.after(start, length) - 1] {
                prop_assert_eq!(hours.after(start, length) <= end, start <= hours.before(end, length));
            }
        }
    }
}
