//! What of a mail is its writer's own, and what is quoted history or a signature.

use std::ops::Range;

/// What a piece of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The writer's own words.
    Own,
    /// Words of earlier mails.
    Quoted,
    /// Who the writer is.
    Signature,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub kind: Kind,
    /// Where it stands, in bytes.
    pub range: Range<usize>,
}

/// The pieces of a text, in order and without gaps.
pub fn split(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_end_matches(['\n', '\r']);
        let range = at..at + line.len();
        at = range.end;
        let before = pieces.last().map(|p| p.kind);
        let kind = if before == Some(Kind::Signature) || trimmed == "-- " {
            Kind::Signature
        } else if trimmed.starts_with('>')
            || trimmed.ends_with("wrote:")
            || (trimmed.trim().is_empty() && before == Some(Kind::Quoted))
        {
            Kind::Quoted
        } else {
            Kind::Own
        };
        match pieces.last_mut() {
            Some(last) if last.kind == kind => last.range.end = range.end,
            _ => pieces.push(Piece { kind, range }),
        }
    }
    pieces
}

/// The writer's own words.
pub fn own(text: &str) -> String {
    let own = split(text).into_iter().filter(|piece| piece.kind == Kind::Own);
    own.map(|piece| &text[piece.range]).collect::<String>().trim().to_owned()
}
