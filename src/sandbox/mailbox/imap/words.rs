//! What a client says, taken apart: atoms, strings, literals and lists (RFC 3501, section 9), and sets of numbers.

use std::ops::RangeInclusive;

/// A word of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    /// As it stands there.
    Atom(String),
    /// In quotes, or counted.
    Text(Vec<u8>),
    /// In brackets.
    List(Vec<Word>),
}

impl Word {
    /// An atom, in capitals.
    pub(super) fn atom(&self) -> Option<String> {
        match self {
            Word::Atom(atom) => Some(atom.to_ascii_uppercase()),
            _ => None,
        }
    }

    /// Whether it is this atom.
    pub(super) fn is(&self, atom: &str) -> bool {
        matches!(self, Word::Atom(own) if own.eq_ignore_ascii_case(atom))
    }

    /// An atom or a text, as bytes.
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        match self {
            Word::Atom(atom) => Some(atom.as_bytes()),
            Word::Text(text) => Some(text),
            Word::List(_) => None,
        }
    }

    /// An atom or a text.
    pub(super) fn text(&self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }

    /// A list's words.
    pub(super) fn list(&self) -> Option<&[Word]> {
        match self {
            Word::List(words) => Some(words),
            _ => None,
        }
    }

    /// A number.
    pub(super) fn number(&self) -> Option<u64> {
        match self {
            Word::Atom(atom) => atom.parse().ok(),
            _ => None,
        }
    }
}

/// Takes a command apart, literals included; none where it is not one.
pub(super) fn parse(raw: &[u8]) -> Option<Vec<Word>> {
    let mut reader = Reader { raw, at: 0 };
    let words = reader.words(0)?;
    (reader.at == raw.len()).then_some(words)
}

/// How deep lists may be.
const DEEPEST: usize = 16;

struct Reader<'a> {
    raw: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.raw.get(self.at).copied()
    }

    fn words(&mut self, depth: usize) -> Option<Vec<Word>> {
        let mut words = Vec::new();
        loop {
            match self.peek() {
                None if depth == 0 => return Some(words),
                Some(b')') if depth > 0 => {
                    self.at += 1;
                    return Some(words);
                }
                Some(b' ') if !words.is_empty() => self.at += 1,
                Some(b'(') if depth < DEEPEST => {
                    self.at += 1;
                    words.push(Word::List(self.words(depth + 1)?));
                }
                Some(b'"') => words.push(Word::Text(self.quoted()?)),
                Some(b'{') => words.push(Word::Text(self.literal()?)),
                Some(33..=126) => words.push(Word::Atom(self.word()?)),
                _ => return None,
            }
        }
    }

    fn quoted(&mut self) -> Option<Vec<u8>> {
        self.at += 1;
        let mut text = Vec::new();
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'"' => return Some(text),
                b'\\' => {
                    let next = self.peek().filter(|next| matches!(next, b'"' | b'\\'))?;
                    self.at += 1;
                    text.push(next);
                }
                b'\r' | b'\n' | 0 => return None,
                other => text.push(other),
            }
        }
    }

    fn literal(&mut self) -> Option<Vec<u8>> {
        let rest = self.raw.get(self.at..)?;
        let line = rest.windows(2).position(|two| two == b"\r\n")?;
        let (size, _) = literal_size(rest.get(..line)?)?;
        let begin = self.at + line + 2;
        let text = self.raw.get(begin..begin.checked_add(size)?)?.to_vec();
        self.at = begin + size;
        Some(text)
    }

    /// An atom; what stands in square brackets belongs to it, blanks included.
    fn word(&mut self) -> Option<String> {
        let mut inside = false;
        let begin = self.at;
        while let Some(byte) = self.peek() {
            match byte {
                b'[' => inside = true,
                b']' => inside = false,
                b' ' | b'(' | b')' if inside => {}
                b' ' | b'(' | b')' | b'"' => break,
                33..=126 => {}
                _ => return None,
            }
            self.at += 1;
        }
        String::from_utf8(self.raw.get(begin..self.at)?.to_vec()).ok()
    }
}

/// The size of a literal that a line ends with, and whether the client waits for a word of ours before it sends it.
pub(super) fn literal_size(line: &[u8]) -> Option<(usize, bool)> {
    let inner = line.strip_suffix(b"}")?;
    let begin = inner.iter().rposition(|byte| *byte == b'{')? + 1;
    let inner = std::str::from_utf8(inner.get(begin..)?).ok()?;
    let digits = inner.strip_suffix('+').unwrap_or(inner);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some((digits.parse().ok()?, digits.len() == inner.len()))
}

/// Words as they are shown: what is long is only counted.
pub(super) fn show(words: &[Word]) -> String {
    let one = |word: &Word| match word {
        Word::Atom(atom) => atom.clone(),
        Word::Text(text) if text.len() > 200 => format!("{{{}}}", text.len()),
        Word::Text(text) => format!("\"{}\"", String::from_utf8_lossy(text)),
        Word::List(words) => format!("({})", show(words)),
    };
    words.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// Numbers that a client means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Set(Vec<RangeInclusive<u32>>);

impl Set {
    /// Reads `1:3,7,9:*`, where `*` is the largest that there is.
    pub(super) fn parse(text: &str, largest: u32) -> Option<Set> {
        let one = |text: &str| match text {
            "*" => Some(largest),
            _ => text.parse().ok().filter(|n| *n > 0),
        };
        let range = |text: &str| {
            let (from, to) = text.split_once(':').unwrap_or((text, text));
            let (from, to) = (one(from)?, one(to)?);
            Some(from.min(to)..=from.max(to))
        };
        text.split(',').map(range).collect::<Option<Vec<_>>>().map(Set)
    }

    pub(super) fn has(&self, number: u32) -> bool {
        self.0.iter().any(|range| range.contains(&number))
    }
}

/// Numbers as a set, those that follow one another as a range.
pub(super) fn set_of(numbers: impl IntoIterator<Item = u32>) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let range = |(from, to): &(u32, u32)| {
        if from == to { from.to_string() } else { format!("{from}:{to}") }
    };
    ranges.iter().map(range).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_taken_apart() {
        let raw = b"a1 UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (Subject To)]<0.10>) \"x \\\"y\\\"\" {3}\r\na)b \\Seen";
        let words = parse(raw).unwrap();
        assert_eq!(
            show(&words),
            "a1 UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (Subject To)]<0.10>) \"x \"y\"\" \"a)b\" \\Seen"
        );
        assert_eq!(words[4].list().unwrap().len(), 2);
        assert_eq!(parse(b"a LIST \"\" *").unwrap()[2], Word::Text(Vec::new()));
        assert_eq!(parse(b"a X (()())").unwrap()[2].list().unwrap().len(), 2);
        for bad in [b"a (b".as_slice(), b"a b)", b"a \"b", b"a {5}\r\nb", b"a \x01", b" a", b"a \"\\n\""] {
            assert_eq!(parse(bad), None, "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn literals_and_sets() {
        assert_eq!(literal_size(b"a APPEND x {12}"), Some((12, true)));
        assert_eq!(literal_size(b"a APPEND x {12+}"), Some((12, false)));
        for no in [b"a {}".as_slice(), b"a {x}", b"a {12", b"a 12}"] {
            assert_eq!(literal_size(no), None);
        }
        let set = Set::parse("2,9:7,20:*", 12).unwrap();
        let inside: Vec<u32> = (1..30).filter(|n| set.has(*n)).collect();
        assert_eq!(set_of(inside), "2,7:9,12:20");
        for bad in ["", "0", "1:", "a", "1,,2"] {
            assert_eq!(Set::parse(bad, 5), None, "{bad}");
        }
    }
}
