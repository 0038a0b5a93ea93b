//! Takes the mails out of an mbox (RFC 4155), whoever wrote it: each begins with a line `From sender date`.
//!
//! Lines of a mail that begin so were written with a `>` before them: with another one before each that has some (mboxrd), or only
//! before those that had none (mboxo, mboxcl); one is taken off again. Where `Content-Length` is there and leads to the next mail or to
//! the end (mboxcl, mboxcl2) it is believed; such files may have the lines as they were.

use crate::domain::clock::Ms;
use jiff::civil;
use std::io::{ErrorKind, Read, Result};
use std::ops::Range;

/// The largest mail that is read, in bytes.
pub(super) const LARGEST: usize = 64 * 1024 * 1024;
/// Bytes read at once.
const READ: usize = 256 * 1024;
/// What every mail begins with.
const FROM: &[u8] = b"From ";
/// The longest line that may begin a mail.
const LONGEST: usize = 1000;

/// What stands in an mbox, in its order.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A mail.
    Mail {
        /// Where its `From ` line begins, in bytes.
        offset: u64,
        /// When it came, as that line says.
        at: Option<Ms>,
        /// As it came: its head, a blank line, its body.
        bytes: Vec<u8>,
    },
    /// What is none, or too large to be read.
    Bad {
        /// Where it begins.
        offset: u64,
        /// Why, in words.
        why: String,
    },
}

/// Reads an mbox piece by piece. No more than one mail is in memory.
pub(super) struct Mbox<R> {
    input: R,
    buffer: Vec<u8>,
    /// What is read of the buffer.
    start: usize,
    /// Where that is in the file.
    offset: u64,
    ended: bool,
    /// The largest mail that is read.
    largest: usize,
}

/// How a search for the end of a mail went.
struct End {
    /// The end of its lines, and the beginning of what follows.
    at: usize,
    /// Whether its lines are as they were: no `>` was put before them.
    verbatim: bool,
}

impl<R: Read> Mbox<R> {
    /// Reads from the beginning of a file.
    pub(super) fn new(input: R) -> Mbox<R> {
        Mbox::from(input, 0)
    }

    /// Reads from somewhere in a file: what stands before the first mail there is told as bad.
    pub(super) fn from(input: R, offset: u64) -> Mbox<R> {
        Mbox { input, buffer: Vec::new(), start: 0, offset, ended: false, largest: LARGEST }
    }

    /// How far it is read, in bytes.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The next piece.
    pub(super) fn next(&mut self) -> Result<Option<Piece>> {
        if self.offset == 0 && self.has(3)? && self.rest().starts_with(b"\xef\xbb\xbf") {
            self.take(3);
        }
        while let Some(line) = self.line(0)? {
            if !is_blank(&self.rest()[line.clone()]) {
                break;
            }
            self.take(line.end);
        }
        let offset = self.offset;
        let Some(first) = self.line(0)? else { return Ok(None) };
        let Some(from) = FromLine::read(&self.rest()[first.clone()]) else {
            self.skip()?;
            let why = "it does not begin with a line \u{201c}From sender date\u{201d}".to_owned();
            return Ok(Some(Piece::Bad { offset, why }));
        };
        self.take(first.end);
        let Some(end) = self.end()? else {
            self.skip()?;
            let why = format!("larger than {} MB", self.largest / 1024 / 1024);
            return Ok(Some(Piece::Bad { offset, why }));
        };
        let bytes = mail(&self.rest()[..end.at], end.verbatim);
        self.take(end.at);
        Ok(Some(Piece::Mail { offset, at: from.at, bytes }))
    }

    /// Where the mail that begins here ends; none = beyond the largest.
    fn end(&mut self) -> Result<Option<End>> {
        let mut at = 0;
        let mut blank = false;
        let mut in_head = true;
        let mut length = None;
        while let Some(line) = self.line(at)? {
            if line.start >= self.largest {
                return Ok(None);
            }
            let text = &self.rest()[line.clone()];
            if text.starts_with(FROM) && FromLine::read(text).is_some_and(|from| blank || from.is_strict) {
                return Ok(Some(End { at: line.start, verbatim: false }));
            }
            blank = is_blank(text);
            if in_head && blank {
                in_head = false;
                if let Some(end) = self.by_length(line.end, length)? {
                    return Ok(Some(end));
                }
            } else if in_head && length.is_none() {
                length = content_length(text);
            }
            at = line.end;
        }
        Ok(Some(End { at, verbatim: false }))
    }

    /// The end that `Content-Length` says, if there is one.
    fn by_length(&mut self, body: usize, length: Option<usize>) -> Result<Option<End>> {
        let Some(end) = length.and_then(|length| body.checked_add(length)).filter(|end| *end <= self.largest)
        else {
            return Ok(None);
        };
        if !self.has(end)? || !self.follows(end)? {
            return Ok(None);
        }
        let verbatim = lines(&self.rest()[body..end]).any(|line| line.starts_with(FROM));
        Ok(Some(End { at: end, verbatim }))
    }

    /// Whether a mail begins here, or the file ends, behind blank lines.
    fn follows(&mut self, mut at: usize) -> Result<bool> {
        for _ in 0..3 {
            let Some(line) = self.line(at)? else { return Ok(true) };
            let text = &self.rest()[line.clone()];
            if !is_blank(text) {
                return Ok(FromLine::read(text).is_some());
            }
            at = line.end;
        }
        Ok(false)
    }

    /// Passes over what is here, up to where a mail begins.
    fn skip(&mut self) -> Result<()> {
        let mut blank = false;
        while let Some(line) = self.line(0)? {
            let text = &self.rest()[line.clone()];
            if text.starts_with(FROM) && FromLine::read(text).is_some_and(|from| blank || from.is_strict) {
                return Ok(());
            }
            blank = is_blank(text);
            self.take(line.end);
        }
        Ok(())
    }

    fn rest(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    fn take(&mut self, count: usize) {
        self.start += count;
        self.offset += count as u64;
    }

    /// The line that begins so far behind what is read, with its end; one that is longer than [`LONGEST`] is given in parts of at
    /// least that. None at the end of the file.
    fn line(&mut self, from: usize) -> Result<Option<Range<usize>>> {
        let mut looked = from;
        loop {
            if let Some(end) = self.rest().get(looked..).and_then(newline) {
                return Ok(Some(from..looked + end + 1));
            }
            looked = self.rest().len().max(from);
            if looked - from > READ || !self.fill()? {
                return Ok((looked > from).then_some(from..looked));
            }
        }
    }

    /// Whether so many bytes follow.
    fn has(&mut self, count: usize) -> Result<bool> {
        while self.rest().len() < count {
            if !self.fill()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads on. False at the end.
    fn fill(&mut self) -> Result<bool> {
        if self.ended {
            return Ok(false);
        }
        if self.start >= READ {
            self.buffer.drain(..self.start);
            self.start = 0;
            // What one large mail has taken is given back.
            if self.buffer.capacity() > 8 * READ && self.buffer.len() < READ {
                self.buffer.shrink_to(2 * READ);
            }
        }
        let there = self.buffer.len();
        self.buffer.resize(there + READ, 0);
        let mut end = there;
        while end < self.buffer.len() {
            match self.input.read(&mut self.buffer[end..]) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(read) => end += read,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        self.buffer.truncate(end);
        Ok(end > there)
    }
}

fn newline(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|b| *b == b'\n')
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|b| *b == b'\n')
}

fn is_blank(line: &[u8]) -> bool {
    matches!(line, b"\n" | b"\r\n")
}

fn content_length(line: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let name = line.get(..NAME.len())?;
    let value = name.eq_ignore_ascii_case(NAME).then(|| &line[NAME.len()..])?;
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

/// A mail as it was, of its lines in the file.
fn mail(mut lines_of_it: &[u8], verbatim: bool) -> Vec<u8> {
    // Old programs repeat the line of the envelope behind it.
    while let Some(line) = lines(lines_of_it).next()
        && line.starts_with(b">From ")
    {
        lines_of_it = &lines_of_it[line.len()..];
    }
    // One blank line belongs to the file, not to the mail.
    for end in [&b"\r\n\r\n"[..], b"\n\n"] {
        if lines_of_it.ends_with(end) {
            lines_of_it = &lines_of_it[..lines_of_it.len() - end.len() / 2];
            break;
        }
    }
    if verbatim || !lines_of_it.windows(2).any(|pair| pair == b"\n>") {
        return lines_of_it.to_vec();
    }
    let mut bytes = Vec::with_capacity(lines_of_it.len());
    for line in lines(lines_of_it) {
        let marks = line.iter().take_while(|b| **b == b'>').count();
        let quoted = marks > 0 && line[marks..].starts_with(FROM);
        bytes.extend_from_slice(&line[usize::from(quoted)..]);
    }
    bytes
}

/// A line that begins a mail.
struct FromLine {
    at: Option<Ms>,
    /// It is as RFC 4155 wants it (or with a zone): no blank line has to stand before it.
    is_strict: bool,
}

impl FromLine {
    /// None where it is none: words of a mail can begin so as well, but have no date.
    fn read(line: &[u8]) -> Option<FromLine> {
        let line = line.strip_prefix(FROM).filter(|rest| rest.len() < LONGEST)?;
        let line = String::from_utf8_lossy(line);
        let words: Vec<&str> = line.split_whitespace().collect();
        // `Www Mmm dd hh:mm:ss yyyy`, with a zone before or behind the year; before it the sender, which may have blanks.
        let dates = words.windows(5).enumerate().rev();
        let strict = dates.filter_map(|(at, date)| Some((at, asctime(date, &words[at + 4..])?))).next();
        if let Some((before, at)) = strict {
            return Some(FromLine { at: Some(at), is_strict: before > 0 });
        }
        let has_time = words.iter().any(|word| time(word).is_some());
        let is_year =
            |word: &&str| word.len() == 4 && word.parse().is_ok_and(|year: i16| (1970..2200).contains(&year));
        let is_date = |word: &&str| word.len() == 10 && word.parse::<civil::Date>().is_ok();
        let has_day = words.iter().any(|word| is_year(word) || is_date(word));
        (has_time && has_day).then_some(FromLine { at: None, is_strict: false })
    }
}

/// The moment of a date in the form of C's `asctime`; `end` begins at its fifth word.
fn asctime(date: &[&str], end: &[&str]) -> Option<Ms> {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let &[day_of_week, month, day, clock, _] = date else { return None };
    if !DAYS.iter().any(|d| d.eq_ignore_ascii_case(day_of_week.trim_end_matches(','))) {
        return None;
    }
    let month = MONTHS.iter().position(|m| m.eq_ignore_ascii_case(month))? + 1;
    let (hour, minute, second) = time(clock)?;
    let mut year = None;
    let mut east = 0;
    for word in end.iter().take(3) {
        match (word.as_bytes(), word.parse::<i16>()) {
            ([b'+' | b'-', _, _, _, _], Ok(zone)) => east = i64::from(zone / 100 * 60 + zone % 100),
            (_, Ok(number)) if word.len() == 4 && year.is_none() => year = Some(number),
            (letters, Err(_)) if letters.iter().all(u8::is_ascii_alphabetic) => {}
            _ => return None,
        }
    }
    if end.len() > 3 {
        return None;
    }
    let date = civil::Date::new(year?, i8::try_from(month).ok()?, day.parse().ok()?).ok()?;
    let local = date.at(hour, minute, second, 0).to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(local.timestamp().as_millisecond() - east * 60_000)
}

/// `hh:mm` or `hh:mm:ss`.
fn time(word: &str) -> Option<(i8, i8, i8)> {
    let mut parts = word.split(':');
    let two =
        |part: Option<&str>| part.filter(|p| matches!(p.len(), 1 | 2)).and_then(|p| p.parse::<i8>().ok());
    let (hour, minute) = (two(parts.next())?, two(parts.next())?);
    let second = match parts.next() {
        None => 0,
        // A second more, now and then.
        part => two(part)?.min(59),
    };
    ((0..24).contains(&hour) && (0..60).contains(&minute) && second >= 0 && parts.next().is_none())
        .then_some((hour, minute, second))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(text: &[u8]) -> Vec<Piece> {
        let mut mbox = Mbox::new(text);
        let mut out = Vec::new();
        while let Some(piece) = mbox.next().unwrap() {
            out.push(piece);
        }
        assert_eq!(mbox.offset(), text.len() as u64);
        out
    }

    fn mails(text: &str) -> Vec<String> {
        let told = |piece| match piece {
            Piece::Mail { bytes, .. } => String::from_utf8(bytes).unwrap(),
            Piece::Bad { offset, why } => format!("bad at {offset}: {why}"),
        };
        all(text.as_bytes()).into_iter().map(told).collect()
    }

    const LINE: &str = "From ana@x.example Thu Nov 16 10:00:00 2023\n";

    #[test]
    fn mails_are_told_apart_by_their_first_lines() {
        let text = format!(
            "{LINE}Subject: one\n\nHello\nFrom here to there it is far.\n\nFrom now on, no more.\n\n{LINE}Subject: two\n\nBye\n"
        );
        assert_eq!(
            mails(&text),
            [
                "Subject: one\n\nHello\nFrom here to there it is far.\n\nFrom now on, no more.\n",
                "Subject: two\n\nBye\n"
            ]
        );
        let Piece::Mail { offset, at, .. } = &all(text.as_bytes())[1] else { panic!() };
        assert_eq!((*offset as usize, *at), (text.rfind(LINE).unwrap(), Some(1_700_128_800_000)));
        assert!(mails("").is_empty() && mails("\n\n").is_empty());
    }

    #[test]
    fn first_lines_of_many_programs_are_understood() {
        let noon = Some(1_700_128_800_000);
        for (line, at) in [
            ("From ana@x.example Thu Nov 16 10:00:00 2023", noon),
            ("From - Thu Nov 16 10:00:00 2023", noon),
            ("From 1782737282@xxx Thu Nov 16 12:00:00 +0200 2023", noon),
            ("From ana at x.example  Thu Nov 16 10:00:00 UTC 2023", noon),
            ("From ana@x.example Thu Nov 16 11:00:00 2023 +0100", noon),
            ("From ???@??? Thu Nov 16 10:00 2023", noon),
            ("From ana@x.example  Thu Nov  16 10:00:00 2023 remote from mx", None),
            ("From ana@x.example 2023-11-16 10:00:00", None),
        ] {
            let read = FromLine::read(line.as_bytes()).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(read.at, at, "{line}");
        }
        for words in [
            "From what I hear, 2023 was good",
            "From 10:00 on we are there",
            "From ",
            "From Thursday to Sunday",
            "from ana Thu Nov 16 10:00:00 2023",
        ] {
            assert!(FromLine::read(words.as_bytes()).is_none(), "{words}");
        }
    }

    #[test]
    fn one_mark_is_taken_off_lines_that_were_marked() {
        let text = format!("{LINE}Subject: x\n\n>From me\n>>From you\n> From us\n>Fro\n");
        assert_eq!(mails(&text), ["Subject: x\n\nFrom me\n>From you\n> From us\n>Fro\n"]);
    }

    #[test]
    fn a_length_that_leads_to_the_next_mail_is_believed_and_another_is_not() {
        let body = "Hello\n\nFrom ana@x.example Thu Nov 16 10:00:00 2023\nSubject: within\n\n>From me\n";
        let length = body.len();
        let text = format!("{LINE}Content-Length: {length}\n\n{body}\n{LINE}Subject: two\n\nBye\n");
        let found = mails(&text);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].ends_with(body), "as it was: {found:?}");
        for wrong in [0, 3, length + 20, 999_999_999_999, usize::MAX] {
            let text = format!("{LINE}Content-Length: {wrong}\n\n{body}\n{LINE}Subject: two\n\nBye\n");
            let found = mails(&text);
            assert_eq!(found.len(), 3, "{wrong}: {found:?}");
            assert!(found[1].starts_with("Subject: within\n\nFrom me"), "{found:?}");
        }
        let last = format!("{LINE}content-length: 4\n\nBye\n");
        assert_eq!(mails(&last), ["content-length: 4\n\nBye\n"]);
    }

    #[test]
    fn lines_may_end_as_on_other_systems() {
        let text =
            format!("{LINE}Subject: one\n\nHello\n\n{LINE}Subject: two\n\nBye\n").replace('\n', "\r\n");
        assert_eq!(mails(&text), ["Subject: one\r\n\r\nHello\r\n", "Subject: two\r\n\r\nBye\r\n"]);
        let marked =
            format!("\u{feff}\n{LINE}>From y Mon Nov 16 10:00:00 2023 remote from x\nSubject: one\n\nHello");
        assert_eq!(mails(&marked), ["Subject: one\n\nHello"]);
    }

    #[test]
    fn a_missing_blank_line_is_forgiven_where_the_first_line_is_beyond_doubt() {
        let text = format!("{LINE}Subject: one\n\nHello\n{LINE}Subject: two\n\nBye\n");
        assert_eq!(mails(&text).len(), 2);
    }

    #[test]
    fn what_is_no_mail_is_told_and_passed_over() {
        let text = format!("words\nmore words\n\n{LINE}Subject: one\n\nHello\n");
        let found = mails(&text);
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("bad at 0: "), "{found:?}");
    }

    #[test]
    fn a_mail_beyond_measure_is_passed_over_and_the_next_one_is_found() {
        const LARGE: usize = 2 * 1024 * 1024;
        // Some lines are longer than what is read at once.
        let long = format!("{}\n", "x".repeat(READ + 1)).repeat(2 * LARGE / READ);
        let text = format!("{LINE}\n{long}\n{LINE}Subject: next\n\nHello\n");
        let mut mbox = Mbox { largest: LARGE, ..Mbox::new(text.as_bytes()) };
        let Some(Piece::Bad { offset: 0, why }) = mbox.next().unwrap() else { panic!() };
        assert_eq!(why, "larger than 2 MB");
        let Some(Piece::Mail { bytes, .. }) = mbox.next().unwrap() else { panic!() };
        assert_eq!(bytes, b"Subject: next\n\nHello\n");
        assert!(mbox.next().unwrap().is_none());
        assert!(mbox.buffer.capacity() < 3 * LARGE, "{}", mbox.buffer.capacity());
    }

    /// Writes as mboxrd does.
    fn written(mails: &[Vec<String>]) -> String {
        let mut out = String::new();
        for mail in mails {
            out.push_str(LINE);
            for line in mail {
                if line.trim_start_matches('>').starts_with("From ") {
                    out.push('>');
                }
                out.push_str(line);
                out.push('\n');
            }
            out.push('\n');
        }
        out
    }

    /// Gives its bytes in pieces of any size.
    struct Pieces<'a>(&'a [u8], Vec<usize>);
    impl Read for Pieces<'_> {
        fn read(&mut self, out: &mut [u8]) -> Result<usize> {
            let most = self.1.pop().unwrap_or(usize::MAX).min(self.0.len()).min(out.len());
            let (now, later) = self.0.split_at(most);
            out[..most].copy_from_slice(now);
            self.0 = later;
            Ok(most)
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(
            mails in proptest::collection::vec(
                proptest::collection::vec("(>{0,3}From (me|x Thu Nov 16 10:00:00 2023)|[ -~]{0,20}|)", 0..8), 0..6),
            sizes in proptest::collection::vec(1..30usize, 0..100),
        ) {
            // A mail has a head that says more than nothing, and no length of its own.
            let mails: Vec<Vec<String>> = mails.into_iter()
                .map(|lines| ["Subject: x".to_owned(), String::new()].into_iter().chain(lines).collect())
                .collect();
            let text = written(&mails);
            let mut mbox = Mbox::new(Pieces(text.as_bytes(), sizes));
            let mut back = Vec::new();
            while let Some(piece) = mbox.next().unwrap() {
                let Piece::Mail { bytes, .. } = piece else { panic!("{piece:?}") };
                back.push(String::from_utf8(bytes).unwrap());
            }
            let wanted: Vec<String> = mails.iter().map(|m| format!("{}\n", m.join("\n"))).collect();
            prop_assert_eq!(back, wanted);
        }

        #[test]
        fn nothing_is_so_broken_that_it_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400), from in any::<bool>()) {
            let mut text = if from { LINE.as_bytes().to_vec() } else { Vec::new() };
            text.extend(bytes);
            all(&text);
        }
    }
}
