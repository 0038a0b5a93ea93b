//! SEARCH (RFC 3501, section 6.4.4). Texts are looked for as they travel: nothing is decoded.

use super::super::mime::{Part, field};
use super::super::state::Kept;
use super::folders::existing;
use super::told::Open;
use super::words::{Set, Word};
use super::{Done, Refusal, Session, bad, no};

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Key {
    All,
    Flag(String, bool),
    Places(Set),
    Uids(Set),
    Field(String, String),
    Body(String),
    Text(String),
    /// Days since 1970: of the arrival, or of the `Date` field.
    Before {
        day: i64,
        sent: bool,
    },
    Since {
        day: i64,
        sent: bool,
    },
    Larger(u64),
    Smaller(u64),
    Modseq(u64),
    Not(Box<Key>),
    Or(Box<Key>, Box<Key>),
    And(Vec<Key>),
}

const DAY: i64 = 86_400_000;

/// Reads the words behind SEARCH.
struct Reader<'a> {
    words: std::slice::Iter<'a, Word>,
    open: &'a Open,
    depth: usize,
}

impl Reader<'_> {
    fn text(&mut self) -> Option<String> {
        self.words.next()?.text()
    }

    fn number(&mut self) -> Option<u64> {
        self.words.next()?.number()
    }

    fn day(&mut self) -> Option<i64> {
        let date = jiff::civil::Date::strptime("%d-%b-%Y", self.text()?).ok()?;
        let at = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(at.timestamp().as_millisecond().div_euclid(DAY))
    }

    fn all(&mut self) -> Option<Key> {
        let mut keys = Vec::new();
        while !self.words.as_slice().is_empty() {
            keys.push(self.key()?);
        }
        Some(Key::And(keys))
    }

    fn key(&mut self) -> Option<Key> {
        // Each level is a call of its own.
        if self.depth > 32 {
            return None;
        }
        let word = self.words.next()?;
        if let Word::List(words) = word {
            return Reader { words: words.iter(), open: self.open, depth: self.depth + 1 }.all();
        }
        let flag = |name: &str, on| Some(Key::Flag(format!("\\{name}"), on));
        let name = word.atom()?;
        match name.as_str() {
            "ALL" | "OLD" => Some(Key::All),
            // No mail is recent here.
            "NEW" | "RECENT" => Some(Key::Not(Box::new(Key::All))),
            "ANSWERED" | "DELETED" | "DRAFT" | "FLAGGED" | "SEEN" => flag(&name, true),
            "UNANSWERED" | "UNDELETED" | "UNDRAFT" | "UNFLAGGED" | "UNSEEN" => flag(name.get(2..)?, false),
            "KEYWORD" => Some(Key::Flag(self.text()?, true)),
            "UNKEYWORD" => Some(Key::Flag(self.text()?, false)),
            "UID" => {
                let largest = self.open.mails.last().map_or(1, |(uid, _)| *uid);
                Some(Key::Uids(Set::parse(&self.text()?, largest)?))
            }
            "FROM" | "TO" | "CC" | "BCC" | "SUBJECT" => Some(Key::Field(name, self.text()?)),
            "HEADER" => Some(Key::Field(self.text()?, self.text()?)),
            "BODY" => Some(Key::Body(self.text()?)),
            "TEXT" => Some(Key::Text(self.text()?)),
            "BEFORE" | "SENTBEFORE" => Some(Key::Before { day: self.day()?, sent: name.starts_with("SENT") }),
            "SINCE" | "SENTSINCE" => Some(Key::Since { day: self.day()?, sent: name.starts_with("SENT") }),
            "ON" | "SENTON" => {
                let (day, sent) = (self.day()?, name.starts_with("SENT"));
                Some(Key::And(vec![Key::Since { day, sent }, Key::Before { day: day + 1, sent }]))
            }
            "LARGER" => Some(Key::Larger(self.number()?)),
            "SMALLER" => Some(Key::Smaller(self.number()?)),
            "MODSEQ" => Some(Key::Modseq(self.number()?)),
            "NOT" | "OR" => {
                self.depth += 1;
                let first = Box::new(self.key()?);
                let key = match name.as_str() {
                    "NOT" => Key::Not(first),
                    _ => Key::Or(first, Box::new(self.key()?)),
                };
                self.depth -= 1;
                Some(key)
            }
            set => {
                let largest = u32::try_from(self.open.mails.len()).ok()?.max(1);
                Some(Key::Places(Set::parse(set, largest)?))
            }
        }
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    text.is_empty() || bytes.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text.as_bytes()))
}

fn day_of(kept: &Kept, sent: bool) -> Option<i64> {
    if !sent {
        return Some(kept.at.div_euclid(DAY));
    }
    let date = field(&kept.raw, &Part::parse(&kept.raw).head, "Date")?;
    let at = jiff::fmt::rfc2822::parse(date.trim()).ok()?;
    Some(at.timestamp().as_millisecond().div_euclid(DAY))
}

impl Key {
    fn fits(&self, kept: &Kept, place: u32) -> bool {
        let part = || Part::parse(&kept.raw);
        match self {
            Key::All => true,
            Key::Flag(flag, on) => kept.has(flag) == *on,
            Key::Places(set) => set.has(place),
            Key::Uids(set) => set.has(kept.uid),
            Key::Field(name, text) => {
                field(&kept.raw, &part().head, name).is_some_and(|value| holds(value.as_bytes(), text))
            }
            Key::Body(text) => kept.raw.get(part().body).is_some_and(|body| holds(body, text)),
            Key::Text(text) => holds(&kept.raw, text),
            Key::Before { day, sent } => day_of(kept, *sent).is_some_and(|own| own < *day),
            Key::Since { day, sent } => day_of(kept, *sent).is_some_and(|own| own >= *day),
            Key::Larger(size) => kept.raw.len() as u64 > *size,
            Key::Smaller(size) => (kept.raw.len() as u64) < *size,
            Key::Modseq(modseq) => kept.modseq >= *modseq,
            Key::Not(key) => !key.fits(kept, place),
            Key::Or(one, other) => one.fits(kept, place) || other.fits(kept, place),
            Key::And(keys) => keys.iter().all(|key| key.fits(kept, place)),
        }
    }
}

impl Session {
    pub(super) fn search(&mut self, args: &[Word], by_uid: bool) -> Done {
        let args = match args {
            [word, charset, rest @ ..] if word.is("CHARSET") => {
                match charset.text().map(|charset| charset.to_ascii_uppercase()).as_deref() {
                    Some("UTF-8" | "US-ASCII") => rest,
                    _ => return no("[BADCHARSET (US-ASCII UTF-8)] Not that one."),
                }
            }
            args => args,
        };
        let Some(open) = &self.open else { return bad("No folder is open.") };
        let key = Reader { words: args.iter(), open, depth: 0 }.all();
        let Some(key) = key.filter(|key| *key != Key::And(Vec::new())) else {
            return bad("What is looked for?");
        };
        let asks_modseq = args.iter().any(|word| word.is("MODSEQ"));
        if asks_modseq && !self.has("CONDSTORE") {
            return bad("Changes are not counted here.");
        }
        let shared = self.conn.shared.clone();
        let mut state = shared.state();
        let folder = existing(&mut state, &open.name)?;
        let (mut found, mut highest) = (String::new(), 0);
        for (n, (uid, _)) in open.mails.iter().enumerate() {
            let place = u32::try_from(n + 1).map_err(|_| Refusal::No("Too many.".into()))?;
            let Some(kept) = folder.mails.get(uid).filter(|kept| key.fits(kept, place)) else { continue };
            found.push_str(&format!(" {}", if by_uid { *uid } else { place }));
            highest = highest.max(kept.modseq);
        }
        if asks_modseq && !found.is_empty() {
            found.push_str(&format!(" (MODSEQ {highest})"));
        }
        self.push(&format!("* SEARCH{found}"));
        Ok("Searched.".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        let raw = "Subject: Where is\r\n my order\r\nDate: Mon, 16 Nov 2026 23:30:00 -0200\r\nMessage-ID: <a.b@example.net>\r\n\r\nHello\r\n";
        let kept = Kept {
            uid: 12,
            flags: vec!["\\Seen".into(), "vip".into()],
            // 2026-11-16 10:00 UTC.
            at: 1_794_823_200_000,
            modseq: 40,
            raw: raw.as_bytes().into(),
        };
        let mails = vec![(5, 1), (12, 40)];
        let open = Open { name: "INBOX".into(), validity: 1, writable: true, mails, last: 12 };
        let key = |text: &str| {
            let words = super::super::words::parse(text.as_bytes()).unwrap();
            Reader { words: words.iter(), open: &open, depth: 0 }.all()
        };
        for (text, fits) in [
            ("ALL", true),
            ("SEEN KEYWORD VIP", true),
            ("UNSEEN", false),
            ("NEW", false),
            ("2 UID 12", true),
            ("1", false),
            ("UID *", true),
            ("HEADER Message-ID a.B@example.net", true),
            ("HEADER Message-ID \"\"", true),
            ("HEADER List-Id \"\"", false),
            ("SUBJECT \"is my order\"", true),
            ("BODY hello TEXT subject", true),
            ("BODY subject", false),
            ("ON 16-Nov-2026 SINCE 16-Nov-2026 BEFORE 17-Nov-2026", true),
            ("SENTON 17-Nov-2026", true),
            ("SENTBEFORE 17-Nov-2026", false),
            ("LARGER 10 SMALLER 1000 MODSEQ 40", true),
            ("NOT (SEEN UNDELETED)", false),
            ("OR UNSEEN OR FLAGGED (SEEN)", true),
        ] {
            assert_eq!(key(text).unwrap().fits(&kept, 2), fits, "{text}");
        }
        for bad in ["SUBJECT", "ON tomorrow", "UID x", "NOT", "OR SEEN", "FOO"] {
            assert_eq!(key(bad), None, "{bad}");
        }
    }
}
