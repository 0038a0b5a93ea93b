//! The head of a mail or of a part (RFC 5322, section 2.2): its fields, unfolded and in characters, and where its body begins.

use super::{charset, line};

/// Longest value that is read; the rest is cut off.
const LONGEST: usize = 256 * 1024;
/// Fields that are read; the rest is passed over.
const MOST: usize = 2000;
/// Longest name of a field.
const NAME: usize = 100;

/// Fields that no other text is likely to look like: behind a line that is none of a head, one of these shows that it goes on.
const KNOWN: &[&str] = &[
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "received",
    "mime-version",
    "content-type",
    "reply-to",
    "content-transfer-encoding",
    "return-path",
    "delivered-to",
    "in-reply-to",
    "references",
    "sender",
];

/// The fields of a head, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fields {
    /// Names in lower case with their values.
    list: Vec<(String, String)>,
}

impl Fields {
    /// The first value of a field that says anything, by its lower-case name.
    pub fn get<'a>(&'a self, name: &str) -> Option<&'a str> {
        self.all(name).find(|value| !value.is_empty())
    }

    /// All values of a field, in order.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.list.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether there is such a field, also an empty one.
    pub fn has(&self, name: &str) -> bool {
        self.list.iter().any(|(known, _)| known == name)
    }

    /// Whether there is none at all.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

/// A head, and what is below it.
#[derive(Debug, Default)]
pub struct Head<'a> {
    /// Its fields.
    pub fields: Fields,
    /// What is below.
    pub body: &'a [u8],
    /// What was wrong with it, in words.
    pub defects: Vec<&'static str>,
}

/// Reads the head of a mail. Before it there may be blank lines, and the line by which mailboxes of old divide their mails.
pub fn of_mail(raw: &[u8]) -> Head<'_> {
    let mut rest = raw.strip_prefix(b"\xef\xbb\xbf").unwrap_or(raw);
    loop {
        let (first, after) = line(rest);
        let is_blank = first.trim_ascii().is_empty();
        if (is_blank || first.starts_with(b"From ") || first.starts_with(b">From ")) && !after.is_empty() {
            rest = after;
        } else {
            return of_part(rest);
        }
    }
}

/// Reads the head of a part: it may be empty.
pub fn of_part(raw: &[u8]) -> Head<'_> {
    let mut read: Vec<(String, Vec<u8>)> = Vec::new();
    let mut defects: Vec<&'static str> = Vec::new();
    let mut tell = |defect: &'static str| {
        if !defects.contains(&defect) {
            defects.push(defect);
        }
    };
    let mut rest = raw;
    let mut body = &raw[raw.len()..];
    let mut is_passed_over = false;
    while !rest.is_empty() {
        let (text, after) = line(rest);
        if text.trim_ascii().is_empty() && (text.is_empty() || !goes_on(after)) {
            body = after;
            break;
        }
        if text.trim_ascii().is_empty() {
            // A fold of nothing.
        } else if text.starts_with(b" ") || text.starts_with(b"\t") {
            if let Some((_, value)) = read.last_mut().filter(|_| !is_passed_over) {
                if value.len() + text.len() <= LONGEST {
                    value.extend_from_slice(text);
                } else {
                    tell("a line of its head is too long: the rest of it was left out");
                }
            }
        } else if let Some((name, value)) = named(text) {
            is_passed_over = read.len() >= MOST;
            if is_passed_over {
                tell("its head has too many lines: the rest of them was left out");
            } else {
                let cut = &value[..value.len().min(LONGEST)];
                if cut.len() < value.len() {
                    tell("a line of its head is too long: the rest of it was left out");
                }
                read.push((name, cut.to_vec()));
            }
        } else if named(line(after).0).is_some_and(|(name, _)| KNOWN.contains(&name.as_str())) {
            tell("a line of its head is none");
            is_passed_over = true;
        } else {
            tell("no blank line between its head and its words");
            body = rest;
            break;
        }
        rest = after;
    }
    let hint = hint(&read);
    let list = read.into_iter().map(|(name, value)| (name, characters(&value, hint.as_deref()))).collect();
    Head { fields: Fields { list }, body, defects }
}

/// Whether a head goes on behind a line of nothing but blanks. Words may begin with "Note:", but hardly with `DKIM-Signature:`.
fn goes_on(after: &[u8]) -> bool {
    let next = line(after).0;
    let is_field = |name: &str| {
        let letters = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric());
        KNOWN.contains(&name) || (name.contains('-') && name.split('-').all(letters))
    };
    (next.starts_with(b" ") && !next.trim_ascii().is_empty())
        || named(next).is_some_and(|(name, _)| is_field(&name))
}

/// The name of a field in lower case, and its value.
fn named(text: &[u8]) -> Option<(String, &[u8])> {
    let at = text.iter().take(NAME + 1).position(|b| *b == b':')?;
    // Blanks before the colon are an old form (RFC 5322, section 4.5).
    let name = text[..at].trim_ascii_end();
    let value = &text[at + 1..];
    let is_name = !name.is_empty() && name.iter().all(|b| b.is_ascii_graphic());
    // "https://…" is no field.
    (is_name && !value.starts_with(b"//"))
        .then(|| (String::from_utf8_lossy(name).to_ascii_lowercase(), value.trim_ascii()))
}

/// The character set of the body, which bytes in the head that are not encoded are probably of as well.
fn hint(fields: &[(String, Vec<u8>)]) -> Option<String> {
    let (_, value) = fields.iter().find(|(name, _)| name == "content-type")?;
    super::params::read(&String::from_utf8_lossy(value)).get("charset").map(str::to_owned)
}

/// A value in characters, on one line.
fn characters(value: &[u8], hint: Option<&str>) -> String {
    // Japanese programs of old write escapes into the head as they are.
    let hint = hint.filter(|_| !value.is_ascii() || value.contains(&0x1b));
    let text = charset::decode(hint, value);
    let is_fine = |c: char| !c.is_control() && c != '\u{feff}';
    if text.chars().all(is_fine) {
        return text.trim().to_owned();
    }
    let blank = |c: char| match c {
        '\r' | '\n' | '\t' | '\u{b}' | '\u{c}' | '\u{85}' => Some(' '),
        _ => is_fine(c).then_some(c),
    };
    text.chars().filter_map(blank).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_unfolded() {
        let head = of_mail(b"From: a@b\r\nSubject: one\r\n two\r\n\tthree\r\nX : y\r\n\r\nbody\r\n");
        assert_eq!(head.fields.get("subject"), Some("one two three"));
        assert_eq!(head.fields.get("x"), Some("y"));
        assert_eq!((head.body, head.defects.len()), (&b"body\r\n"[..], 0));
    }

    #[test]
    fn heads_that_break_the_rules() {
        for (raw, subject, body) in [
            (&b"\n\nFrom x Mon Jan 1\nSubject: a\n\nb"[..], Some("a"), &b"b"[..]),
            (b"\xef\xbb\xbfSubject: a\n\nb", Some("a"), b"b"),
            (b"Subject: a\nHello there,\nhow are you?\n", Some("a"), b"Hello there,\nhow are you?\n"),
            (b"X-A: 1\ngarbage here\nSubject: a\n\nb", Some("a"), b"b"),
            (b"Subject: a\n  \nb", Some("a"), b"b"),
            (b"Subject: a\n \t\n b\n\nc", Some("a b"), b"c"),
            (b"Subject:\nSubject: a\n\nb", Some("a"), b"b"),
            (b"Subject: a", Some("a"), b""),
            (b"Just words.\nMore: words.\n", None, b"Just words.\nMore: words.\n"),
            (b"Subject: a\nhttps://example.com/x\n", Some("a"), b"https://example.com/x\n"),
            (b"Subject: a\0b\rc\n\nd", Some("ab c"), b"d"),
            (b"", None, b""),
            (b"\n", None, b""),
            (b":\n\na", None, b":\n\na"),
        ] {
            let head = of_mail(raw);
            assert_eq!((head.fields.get("subject"), head.body), (subject, body), "{}", raw.escape_ascii());
        }
    }

    #[test]
    fn bytes_that_are_not_encoded_are_of_the_body_s_set() {
        let head = of_mail(b"Subject: \xf0\xd2\xc9\nContent-Type: text/plain; charset=koi8-r\n\n");
        assert_eq!(head.fields.get("subject"), Some("\u{41f}\u{440}\u{438}"));
        assert_eq!(of_mail(b"Subject: caf\xe9\n\n").fields.get("subject"), Some("caf\u{e9}"));
        assert_eq!(of_mail("Subject: caf\u{e9}\n\n".as_bytes()).fields.get("subject"), Some("caf\u{e9}"));
        assert_eq!(
            of_mail(b"Subject: \x1b$BF|K\\\x1b(B\n\n").fields.get("subject"),
            Some("\u{65e5}\u{672c}")
        );
    }

    #[test]
    fn a_long_or_endless_head_is_cut() {
        let long = [b"Subject: ".to_vec(), vec![b'a'; LONGEST * 2], b"\nTo: x\n\nb".to_vec()].concat();
        let head = of_mail(&long);
        assert_eq!(head.fields.get("subject").map(str::len), Some(LONGEST));
        assert_eq!((head.fields.get("to"), head.body, head.defects.len()), (Some("x"), &b"b"[..], 1));
        let many = [b"X: y\n z\n".repeat(MOST * 2), b"\nb".to_vec()].concat();
        let head = of_mail(&many);
        assert_eq!((head.fields.all("x").count(), head.body), (MOST, &b"b"[..]));
    }
}
