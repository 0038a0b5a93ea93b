//! The words of an IMAP command: atoms, strings and lists.

/// A word of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    /// As it stands, `BODY[HEADER.FIELDS (DATE)]<0.10>` included.
    Atom(String),
    /// A string, quoted or literal.
    Text(Vec<u8>),
    /// Words in brackets.
    List(Vec<Word>),
}

impl Word {
    /// The word as text, whichever way it was written.
    pub fn text(&self) -> String {
        match self {
            Word::Atom(text) => text.clone(),
            Word::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Word::List(_) => String::new(),
        }
    }

    /// The words of a list; a single word is a list of itself.
    pub fn list(&self) -> Vec<Word> {
        match self {
            Word::List(words) => words.clone(),
            other => vec![other.clone()],
        }
    }
}

/// A piece of a command as it was heard: text, or the bytes of a literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text without the announcement of a literal.
    Text(String),
    /// A literal.
    Literal(Vec<u8>),
}

/// The length that a line announces at its end: bytes, and whether they come without asking.
pub(super) fn announced(line: &[u8]) -> Option<(usize, bool, usize)> {
    let text = line.strip_suffix(b"}")?;
    let open = text.iter().rposition(|b| *b == b'{')?;
    let digits = text.get(open + 1..)?;
    let (digits, free) = match digits.strip_suffix(b"+") {
        Some(digits) => (digits, true),
        None => (digits, false),
    };
    let length = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((length, free, open))
}

/// The words of a command; none where it cannot be read.
pub(super) fn words(pieces: &[Piece]) -> Option<Vec<Word>> {
    let mut stack: Vec<Vec<Word>> = vec![Vec::new()];
    for piece in pieces {
        match piece {
            Piece::Literal(bytes) => stack.last_mut()?.push(Word::Text(bytes.clone())),
            Piece::Text(text) => read(text, &mut stack)?,
        }
    }
    let all = stack.pop()?;
    stack.is_empty().then_some(all)
}

fn read(text: &str, stack: &mut Vec<Vec<Word>>) -> Option<()> {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' => {}
            '(' => stack.push(Vec::new()),
            ')' => {
                let words = stack.pop()?;
                stack.last_mut()?.push(Word::List(words));
            }
            '"' => {
                let mut out = String::new();
                loop {
                    match chars.next()? {
                        '"' => break,
                        '\\' => out.push(chars.next()?),
                        c => out.push(c),
                    }
                }
                stack.last_mut()?.push(Word::Text(out.into_bytes()));
            }
            first => {
                let mut atom = String::from(first);
                let mut within = first == '[';
                while let Some(next) = chars.peek().copied() {
                    match next {
                        ' ' | '(' | ')' if !within => break,
                        '[' => within = true,
                        ']' => within = false,
                        _ => {}
                    }
                    atom.push(next);
                    chars.next();
                }
                stack.last_mut()?.push(Word::Atom(atom));
            }
        }
    }
    Some(())
}

/// The numbers of a set among those that are there; `*` is the last.
pub(super) fn numbers(set: &str, there: &[u32]) -> Vec<u32> {
    let last = there.last().copied().unwrap_or(0);
    let number = |text: &str| if text == "*" { Some(last) } else { text.parse().ok() };
    let mut ranges = Vec::new();
    for part in set.split(',') {
        let (from, to) = part.split_once(':').unwrap_or((part, part));
        if let (Some(from), Some(to)) = (number(from), number(to)) {
            ranges.push(if from <= to { (from, to) } else { (to, from) });
        }
    }
    there.iter().copied().filter(|n| ranges.iter().any(|(from, to)| (from..=to).contains(&n))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read() {
        let atom = |text: &str| Word::Atom(text.into());
        let text = "UID FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]<0.9>) \"a \\\"b\"";
        let got = words(&[Piece::Text(text.into()), Piece::Literal(b"x(".to_vec())]).unwrap();
        assert_eq!(
            got,
            [
                atom("UID"),
                atom("FETCH"),
                atom("1:*"),
                Word::List(vec![atom("UID"), atom("BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]<0.9>")]),
                Word::Text(b"a \"b".to_vec()),
                Word::Text(b"x(".to_vec()),
            ]
        );
        assert_eq!(words(&[Piece::Text("(a".into())]), None);
        assert_eq!(announced(b"APPEND x {12+}"), Some((12, true, 9)));
        assert_eq!(announced(b"NOOP"), None);
    }

    #[test]
    fn sets_name_what_is_there() {
        assert_eq!(numbers("2:4,9,*", &[1, 3, 4, 7]), [3, 4, 7]);
        assert_eq!(numbers("9:*", &[1, 3]), [3], "the last, though its number is smaller");
        assert!(numbers("1:*", &[]).is_empty());
    }
}
