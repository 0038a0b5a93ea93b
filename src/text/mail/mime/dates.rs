//! Dates of mails (RFC 5322, section 3.3, and its obsolete forms), and those that programs write instead.

use crate::domain::clock::Ms;
use jiff::civil::Date;

/// What is looked at of a date, in bytes.
const LONGEST: usize = 200;

/// Zones with a name (RFC 5322, section 4.3, and what is met besides), in minutes east of Greenwich. Single letters are no
/// zones one can trust (RFC 5322 says so itself): they count as Greenwich.
const ZONES: &[(&str, i64)] = &[
    ("ut", 0),
    ("utc", 0),
    ("gmt", 0),
    ("wet", 0),
    ("west", 60),
    ("bst", 60),
    ("met", 60),
    ("mez", 60),
    ("cet", 60),
    ("cest", 120),
    ("mest", 120),
    ("mesz", 120),
    ("eet", 120),
    ("eest", 180),
    ("msk", 180),
    ("ist", 330),
    ("hkt", 480),
    ("sgt", 480),
    ("awst", 480),
    ("jst", 540),
    ("kst", 540),
    ("aest", 600),
    ("aedt", 660),
    ("nzst", 720),
    ("nzdt", 780),
    ("adt", -180),
    ("ast", -240),
    ("edt", -240),
    ("est", -300),
    ("cdt", -300),
    ("cst", -360),
    ("mdt", -360),
    ("mst", -420),
    ("pdt", -420),
    ("pst", -480),
];

/// The first three letters of months, in English and where a neighbour differs.
const MONTHS: &[(&str, i8)] = &[
    ("jan", 1),
    ("feb", 2),
    ("mar", 3),
    ("mrz", 3),
    ("apr", 4),
    ("may", 5),
    ("mai", 5),
    ("mei", 5),
    ("jun", 6),
    ("jul", 7),
    ("aug", 8),
    ("sep", 9),
    ("oct", 10),
    ("okt", 10),
    ("nov", 11),
    ("dec", 12),
    ("dez", 12),
];

#[derive(Default)]
struct Read {
    day: Option<i8>,
    month: Option<i8>,
    year: Option<i16>,
    time: Option<(i64, i64, i64)>,
    is_afternoon: Option<bool>,
    east: Option<i64>,
}

/// A date, UTC milliseconds. None where it is none, or lies outside of the years that mail can be of.
pub fn read(value: &str) -> Option<Ms> {
    let value = super::at_most(value, LONGEST);
    let bare = without_comments(value);
    let mut found = Read::default();
    for token in bare.split(|c: char| c.is_whitespace() || c == ',').filter(|token| !token.is_empty()) {
        found.take(token);
    }
    found.finish()
}

/// The date of a `Received` (RFC 5321, section 4.4): behind its last semicolon.
pub fn of_received(value: &str) -> Option<Ms> {
    read(value.rsplit_once(';')?.1)
}

fn without_comments(text: &str) -> String {
    let mut depth = 0usize;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

impl Read {
    fn take(&mut self, token: &str) {
        let word = token.to_lowercase();
        if self.take_iso(&word) || self.take_time(&word) || self.take_zone(&word) || self.take_dashed(&word) {
            return;
        }
        if let Some(is_afternoon) = match word.as_str() {
            "am" => Some(false),
            "pm" => Some(true),
            _ => None,
        } {
            self.is_afternoon = Some(is_afternoon);
            return;
        }
        if self.month.is_none() {
            self.month = month(&word);
            if self.month.is_some() {
                return;
            }
        }
        self.take_number(word.trim_end_matches(['.', 't', 'h', 's', 'n', 'd', 'r']));
    }

    /// `2026-12-01`, alone or with its time behind a `T` (RFC 3339).
    fn take_iso(&mut self, word: &str) -> bool {
        let Some((date, rest)) = word.split_at_checked(10) else { return false };
        let fields: Vec<&str> = date.split('-').collect();
        let [year, month, day] = fields[..] else { return false };
        let (Ok(year), Ok(month), Ok(day)) = (year.parse(), month.parse(), day.parse()) else { return false };
        if year < 1000 {
            return false;
        }
        (self.year, self.month, self.day) = (Some(year), Some(month), Some(day));
        let Some(time) = rest.strip_prefix('t') else { return true };
        let end = time.find(['z', '+', '-']).unwrap_or(time.len());
        self.take_time(&time[..end]);
        self.take_zone(&time[end..]);
        true
    }

    /// `10:00`, `10:00:00`, `10:00:00.123`, with a zone right behind it in the worst case.
    fn take_time(&mut self, word: &str) -> bool {
        if self.time.is_some() || !word.starts_with(|c: char| c.is_ascii_digit()) || !word.contains(':') {
            return false;
        }
        let end = word.find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.')).unwrap_or(word.len());
        let mut fields =
            word[..end].split(':').map(|field| field.split('.').next().unwrap_or(field).parse::<i64>());
        let (Some(Ok(hour)), Some(Ok(minute))) = (fields.next(), fields.next()) else { return false };
        let second = fields.next().and_then(Result::ok).unwrap_or(0);
        self.time = Some((hour, minute, second));
        match &word[end..] {
            "am" => self.is_afternoon = Some(false),
            "pm" => self.is_afternoon = Some(true),
            zone => {
                self.take_zone(zone);
            }
        }
        true
    }

    /// `+0100`, `-08:00`, `GMT+1`, `CEST`.
    fn take_zone(&mut self, word: &str) -> bool {
        let letters = word.trim_end_matches(|c: char| !c.is_ascii_alphabetic());
        let named = match letters.len() {
            0 => Some(0),
            1 if letters != "t" => Some(0),
            _ => ZONES.iter().find(|(name, _)| *name == letters).map(|(_, east)| *east),
        };
        let (Some(named), false) = (named, word.is_empty()) else { return false };
        let offset = &word[letters.len()..];
        if offset.is_empty() {
            self.east = self.east.or(Some(named));
            return true;
        }
        let Some(east) = offset_minutes(offset) else { return false };
        // A date of ISO has been taken before; a bare "-5" or "+1" behind letters counts.
        self.east = Some(east);
        true
    }

    /// `01-Dec-2026`, `1-Dec-26`.
    fn take_dashed(&mut self, word: &str) -> bool {
        let fields: Vec<&str> = word.split(['-', '/']).collect();
        let [day, name, year] = fields[..] else { return false };
        let Some(month) = month(name) else { return false };
        self.month = Some(month);
        self.take_number(day);
        self.take_number(year);
        true
    }

    fn take_number(&mut self, digits: &str) {
        let Ok(number) = digits.parse::<i16>() else { return };
        if digits.len() <= 2 && self.day.is_none() {
            self.day = i8::try_from(number).ok();
        } else if self.year.is_none() {
            // RFC 5322, section 4.3.
            self.year = Some(match (digits.len(), number) {
                (..=2, ..50) => number + 2000,
                (..=3, _) => number + 1900,
                _ => number,
            });
        }
    }

    fn finish(self) -> Option<Ms> {
        let (mut hour, minute, second) = self.time.unwrap_or_default();
        match self.is_afternoon {
            Some(true) if hour < 12 => hour += 12,
            Some(false) if hour == 12 => hour = 0,
            _ => {}
        }
        // A leap second is the second before.
        let second = second.min(59);
        if !(0..24).contains(&hour) || !(0..60).contains(&minute) || second < 0 {
            return None;
        }
        let year = self.year.filter(|year| (1971..2200).contains(year))?;
        let date = Date::new(year, self.month?, self.day?).ok()?;
        let days = i64::from((date - Date::constant(1970, 1, 1)).get_days());
        let minutes = days * 24 * 60 + hour * 60 + minute - self.east.unwrap_or(0);
        Some((minutes * 60 + second) * 1000)
    }
}

fn month(word: &str) -> Option<i8> {
    let name = word.get(..3)?;
    let is_word = word.chars().all(|c| c.is_alphabetic() || c == '.');
    MONTHS.iter().find(|(known, _)| is_word && *known == name).map(|(_, month)| *month)
}

/// `+0100`, `+01:00`, `-8`, in minutes.
fn offset_minutes(text: &str) -> Option<i64> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let digits = digits.replace(':', "");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: i64 = digits.parse().ok()?;
    let (hours, minutes) = if digits.len() <= 2 { (number, 0) } else { (number / 100, number % 100) };
    (hours <= 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-12-01 10:00:00 UTC.
    const TEN: Ms = 1_796_119_200_000;

    #[test]
    fn dates_of_the_rfc_and_others() {
        for (value, want) in [
            ("Tue, 1 Dec 2026 10:00:00 +0000", TEN),
            ("Tue, 01 Dec 2026 11:00:00 +0100 (CET)", TEN),
            ("1 Dec 2026 10:00 GMT", TEN),
            ("Tue, 1 Dec 26 10:00:00 UT", TEN),
            ("Tue, 1 Dec 126 10:00:00 Z", TEN),
            ("Tue, 1 Dec 2026 05:00:00 EST", TEN),
            ("Tue, 1 Dec 2026 02:00:00 PST", TEN),
            ("Tue, 1 Dec 2026 11:00:00 CET", TEN),
            ("Tue, 1 Dec 2026 10:00:00", TEN),
            ("Tue Dec  1 10:00:00 2026", TEN),
            ("Tue Dec 1 10:00:00 UTC 2026", TEN),
            ("2026-12-01T10:00:00Z", TEN),
            ("2026-12-01T11:00:00.000+01:00", TEN),
            ("2026-12-01 10:00:00", TEN),
            ("1-Dec-2026 10:00:00 +0000", TEN),
            ("Tue, 1 Dec 2026 11:00:00 GMT+0100", TEN),
            ("Tue, 1 Dec 2026 11:00:00 GMT+01:00", TEN),
            ("Tuesday, December 1, 2026 10:00 AM", TEN),
            ("Tue, 1 Dec 2026 10:00:00 PM +1200", TEN),
            ("Tue, 1 Dec 2026 (a (nested) comment) 10:00:00 -0000", TEN),
            ("Tue, 1 Dec 2026 10:00:00 +0000 (UTC", TEN),
            ("Di, 1 Dez 2026 11:00:00 +0100", TEN),
            ("Tue, 1 Dec 2026 10:00:00.5 +0000", TEN),
            ("Tue, 1 Dec 2026 10:00:00 \"GMT\"".trim_end_matches("\"GMT\""), TEN),
            ("Sat, 31 Dec 2016 23:59:60 +0000", 1_483_228_799_000),
            ("Thu, 29 Feb 2024 00:00:00 +0000", 1_709_164_800_000),
            ("Mon, 05 Jan 98 00:00:00 GMT", 883_958_400_000),
        ] {
            assert_eq!(read(value), Some(want), "{value}");
        }
    }

    #[test]
    fn what_is_no_date() {
        for value in [
            "",
            "yesterday",
            "Tue, 32 Dec 2026 10:00:00 +0000",
            "Thu, 29 Feb 2023 00:00:00 +0000",
            "Tue, 1 Dec 2026 25:00:00 +0000",
            "Tue, 1 Dec 1900 10:00:00 +0000",
            "Tue, 1 Dec 99999999999 10:00:00 +0000",
            "1 Dec",
            "::::",
            "-:+",
        ] {
            assert_eq!(read(value), None, "{value}");
        }
    }

    #[test]
    fn the_date_of_a_received_is_behind_its_last_semicolon() {
        let value = "from a (b; c) by d with SMTP id e; Tue, 1 Dec 2026 10:00:00 +0000";
        assert_eq!(of_received(value), Some(TEN));
        assert_eq!(of_received("from a by b"), None);
    }
}
