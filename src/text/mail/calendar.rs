//! Invitations (RFC 5545, RFC 5546): what one line tells of them. The file itself goes along as it is.

use super::mime::{at_most, tidy};
use super::parsed::Feature;

/// Longest value that is shown, in bytes.
const LONGEST: usize = 500;
/// What is looked at of a file, in bytes.
const FILE: usize = 1 << 20;

/// Reads a calendar: its first event or task. None where there is none.
pub fn read(text: &str, method: Option<&str>) -> Option<Feature> {
    let text = at_most(text, FILE);
    let mut method = method.map(str::to_owned);
    let (mut summary, mut start, mut end, mut place) = (None, None, None, None);
    // Parts within the event (alarms) have summaries of their own.
    let mut depth = 0usize;
    let mut is_found = false;
    for line in unfolded(text) {
        let Some((head, value)) = split(&line) else { continue };
        let mut fields = head.split(';');
        let name = fields.next().unwrap_or_default().to_ascii_uppercase();
        let parameter = |wanted: &str| {
            let mut all = fields.clone().filter_map(|field| field.split_once('='));
            all.find(|(name, _)| name.eq_ignore_ascii_case(wanted))
                .map(|(_, value)| value.trim_matches('"').to_owned())
        };
        match (name.as_str(), depth) {
            // What is no event (zones) is passed over as if it were not there.
            ("BEGIN", 0) => {
                is_found = value.eq_ignore_ascii_case("VEVENT") || value.eq_ignore_ascii_case("VTODO");
                depth = usize::from(is_found);
            }
            ("BEGIN", _) => depth += 1,
            ("END", 1) => break,
            ("END", _) => depth = depth.saturating_sub(1),
            ("METHOD", 0) => method = Some(value.to_owned()),
            ("SUMMARY", 1) => summary = words(value),
            ("LOCATION", 1) => place = words(value),
            ("DTSTART", 1) => start = time(value, parameter("TZID").as_deref()),
            ("DTEND" | "DUE", 1) => end = time(value, parameter("TZID").as_deref()),
            _ => {}
        }
    }
    let method = tidy(at_most(&method.unwrap_or_default(), 40)).to_ascii_uppercase();
    is_found.then_some(Feature::Calendar { method, summary, start, end, place })
}

/// The lines, folded ones in one piece (RFC 5545, section 3.1).
fn unfolded(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for line in text.lines() {
        match line.strip_prefix([' ', '\t']) {
            Some(more) => {
                if let Some(last) = out.last_mut() {
                    last.push_str(more);
                }
            }
            None => out.push(line.trim_end_matches('\r').to_owned()),
        }
    }
    out
}

/// A name with its parameters, and the value. A colon within quotation marks belongs to a parameter.
fn split(line: &str) -> Option<(&str, &str)> {
    let mut is_quoted = false;
    let at = line.find(|c: char| {
        is_quoted ^= c == '"';
        c == ':' && !is_quoted
    })?;
    Some((&line[..at], line[at + 1..].trim()))
}

/// Words without their escapes, on one line.
fn words(value: &str) -> Option<String> {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => out.push(' '),
                Some(c) => out.push(c),
                None => {}
            },
            _ => out.push(c),
        }
    }
    let out = at_most(&tidy(&out), LONGEST).to_owned();
    (!out.is_empty()).then_some(out)
}

/// A time as a person writes it, in the zone that it was written in: `20261201T100000` is "2026-12-01 10:00".
fn time(value: &str, zone: Option<&str>) -> Option<String> {
    let digits =
        |range: std::ops::Range<usize>| value.get(range).filter(|d| d.bytes().all(|b| b.is_ascii_digit()));
    let (Some(year), Some(month), Some(day)) = (digits(0..4), digits(4..6), digits(6..8)) else {
        return words(value);
    };
    let mut out = format!("{year}-{month}-{day}");
    if let (Some("T"), Some(hour), Some(minute)) = (value.get(8..9), digits(9..11), digits(11..13)) {
        out.push_str(&format!(" {hour}:{minute}"));
        if value.ends_with('Z') {
            out.push_str(" UTC");
        } else if let Some(zone) = zone.map(tidy).filter(|zone| !zone.is_empty()) {
            // Some programs put a path before the name of the zone.
            let zone = zone
                .strip_prefix('/')
                .and_then(|path| path.splitn(3, '/').nth(2))
                .unwrap_or(&zone)
                .to_owned();
            out.push(' ');
            out.push_str(at_most(&zone, 80));
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_is_read() {
        let text = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Amsterdam\r\nBEGIN:STANDARD\r\n\
            DTSTART:19701025T030000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nSUMMARY;LANGUAGE=en:Planning\\, week\r\n \
             \u{20}49\r\nDTSTART;TZID=\"Europe/Amsterdam\":20261201T100000\r\nDTEND;TZID=Europe/Amsterdam:20261201T110000\r\n\
            LOCATION:Room 4\\nsecond floor\r\nBEGIN:VALARM\r\nSUMMARY:Alarm\r\nEND:VALARM\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\n\
            SUMMARY:Other\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        let found = read(text, None);
        let want = Feature::Calendar {
            method: "REQUEST".into(),
            summary: Some("Planning, week 49".into()),
            start: Some("2026-12-01 10:00 Europe/Amsterdam".into()),
            end: Some("2026-12-01 11:00 Europe/Amsterdam".into()),
            place: Some("Room 4 second floor".into()),
        };
        assert_eq!(found, Some(want));
    }

    #[test]
    fn times_in_any_form() {
        for (value, zone, want) in [
            ("20261201T090000Z", None, Some("2026-12-01 09:00 UTC")),
            ("20261201", None, Some("2026-12-01")),
            ("20261201T090000", None, Some("2026-12-01 09:00")),
            ("20261201T0900", Some("/example.org/1/Europe/Paris"), Some("2026-12-01 09:00 Europe/Paris")),
            ("soon", None, Some("soon")),
            ("", None, None),
        ] {
            assert_eq!(time(value, zone).as_deref(), want, "{value}");
        }
    }

    #[test]
    fn what_is_no_calendar() {
        for text in ["", "BEGIN:VCALENDAR\nEND:VCALENDAR", "END:VEVENT", ":::", "BEGIN"] {
            assert_eq!(read(text, Some("REQUEST")), None, "{text}");
        }
        assert!(read("BEGIN:VEVENT", None).is_some(), "cut off");
    }
}
