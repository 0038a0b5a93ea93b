//! A command as it is sent: words as they are, strings of any characters, and bytes.

/// A command, piece by piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command(pub(super) Vec<Piece>);

/// A piece of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Words.
    Text(String),
    /// Bytes, announced by their number.
    Literal(Vec<u8>),
}

impl Command {
    /// A command that begins so.
    pub fn new(text: impl Into<String>) -> Command {
        Command(vec![Piece::Text(text.into())])
    }

    /// With these words, as they are.
    #[must_use]
    pub fn word(mut self, text: &str) -> Command {
        match self.0.last_mut() {
            Some(Piece::Text(so_far)) => {
                so_far.push(' ');
                so_far.push_str(text);
            }
            _ => self.0.push(Piece::Text(format!(" {text}"))),
        }
        self
    }

    /// With a string of any characters.
    #[must_use]
    pub fn string(self, text: &str) -> Command {
        // Quoted strings are printable ASCII (RFC 3501, section 9).
        if text.len() < 1000 && text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
            return self.word(&format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")));
        }
        self.literal(text.as_bytes().to_vec())
    }

    /// With bytes.
    #[must_use]
    pub fn literal(mut self, bytes: Vec<u8>) -> Command {
        self.0.push(Piece::Literal(bytes));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_carry_any_text() {
        let command = Command::new("LOGIN").string("a\\\"b").string("pä");
        let want = vec![Piece::Text("LOGIN \"a\\\\\\\"b\"".into()), Piece::Literal("pä".as_bytes().to_vec())];
        assert_eq!(command.0, want);
    }
}
