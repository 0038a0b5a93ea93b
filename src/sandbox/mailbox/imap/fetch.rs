//! FETCH (RFC 3501, section 6.4.5; CHANGEDSINCE and VANISHED of RFC 7162): what is asked for, and how it is told.

use super::super::mime::{Part, Section};
use super::super::state::Kept;
use super::folders::{existing, vanished};
use super::told::flags;
use super::words::Word;
use super::{Done, Refusal, Session, bad, string};
use crate::domain::clock::Ms;

/// What is asked for of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Uid,
    Flags,
    InternalDate,
    Size,
    Modseq,
    Envelope,
    /// `BODYSTRUCTURE`, or `BODY`, which tells less.
    Structure {
        extended: bool,
    },
    /// A piece of it. The label is how the answer names it.
    Piece {
        label: String,
        section: Section,
        range: Option<(usize, usize)>,
        peek: bool,
    },
}

fn items(word: &Word) -> Option<Vec<Item>> {
    use Item::{Envelope, Flags, InternalDate, Size, Structure};
    match word {
        Word::Atom(_) if word.is("ALL") => Some(vec![Flags, InternalDate, Size, Envelope]),
        Word::Atom(_) if word.is("FAST") => Some(vec![Flags, InternalDate, Size]),
        Word::Atom(_) if word.is("FULL") => {
            Some(vec![Flags, InternalDate, Size, Envelope, Structure { extended: false }])
        }
        Word::Atom(_) => Some(vec![item(word)?]),
        Word::List(words) => words.iter().map(item).collect(),
        Word::Text(_) => None,
    }
}

fn item(word: &Word) -> Option<Item> {
    let whole = |label: &str, section: Section, peek: bool| {
        Some(Item::Piece { label: label.to_owned(), section, range: None, peek })
    };
    let text = word.atom()?;
    match text.as_str() {
        "UID" => Some(Item::Uid),
        "FLAGS" => Some(Item::Flags),
        "INTERNALDATE" => Some(Item::InternalDate),
        "RFC822.SIZE" => Some(Item::Size),
        "MODSEQ" => Some(Item::Modseq),
        "ENVELOPE" => Some(Item::Envelope),
        "BODYSTRUCTURE" => Some(Item::Structure { extended: true }),
        "BODY" => Some(Item::Structure { extended: false }),
        "RFC822" => whole("RFC822", Section::parse("")?, false),
        "RFC822.HEADER" => whole("RFC822.HEADER", Section::parse("HEADER")?, true),
        "RFC822.TEXT" => whole("RFC822.TEXT", Section::parse("TEXT")?, false),
        _ => {
            let (rest, peek) = match text.strip_prefix("BODY.PEEK[") {
                Some(rest) => (rest, true),
                None => (text.strip_prefix("BODY[")?, false),
            };
            let (inner, range) = rest.rsplit_once(']')?;
            let range = match range {
                "" => None,
                _ => {
                    let (from, count) = range.strip_prefix('<')?.strip_suffix('>')?.split_once('.')?;
                    Some((from.parse().ok()?, count.parse().ok().filter(|count| *count > 0)?))
                }
            };
            let from = range.map(|(from, _)| format!("<{from}>")).unwrap_or_default();
            let label = format!("BODY[{inner}]{from}");
            Some(Item::Piece { label, section: Section::parse(inner)?, range, peek })
        }
    }
}

/// ` 1-Jul-1996 02:44:25 +0000`.
fn date_time(at: Ms) -> String {
    let at = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
    at.strftime("%e-%b-%Y %H:%M:%S +0000").to_string()
}

/// Writes what is asked for of a mail.
fn write(kept: &Kept, place: usize, items: &[Item], out: &mut Vec<u8>) {
    // Taken apart once, and only if that is needed.
    let mut taken = None;
    out.extend_from_slice(format!("* {} FETCH (", place + 1).as_bytes());
    for (n, item) in items.iter().enumerate() {
        if n > 0 {
            out.push(b' ');
        }
        let raw = &kept.raw;
        match item {
            Item::Uid => out.extend_from_slice(format!("UID {}", kept.uid).as_bytes()),
            Item::Flags => out.extend_from_slice(flags(kept).as_bytes()),
            Item::InternalDate => {
                out.extend_from_slice(format!("INTERNALDATE \"{}\"", date_time(kept.at)).as_bytes());
            }
            Item::Size => out.extend_from_slice(format!("RFC822.SIZE {}", raw.len()).as_bytes()),
            Item::Modseq => out.extend_from_slice(format!("MODSEQ ({})", kept.modseq).as_bytes()),
            Item::Envelope => {
                out.extend_from_slice(b"ENVELOPE ");
                taken.get_or_insert_with(|| Part::parse(raw)).envelope(raw, out);
            }
            Item::Structure { extended } => {
                out.extend_from_slice(if *extended { b"BODYSTRUCTURE " } else { b"BODY " });
                taken.get_or_insert_with(|| Part::parse(raw)).structure(raw, *extended, out);
            }
            Item::Piece { label, section, range, .. } => {
                let piece = taken.get_or_insert_with(|| Part::parse(raw)).piece(raw, section);
                let piece = piece.as_deref().map(|piece| match range {
                    Some((from, count)) => {
                        let from = (*from).min(piece.len());
                        &piece[from..from.saturating_add(*count).min(piece.len())]
                    }
                    None => piece,
                });
                out.extend_from_slice(label.as_bytes());
                out.push(b' ');
                string(piece, out);
            }
        }
    }
    out.extend_from_slice(b")\r\n");
}

/// What is said behind the items: changes since when, and whether what is gone is told too.
struct Since {
    modseq: Option<u64>,
    vanished: bool,
}

impl Session {
    fn since(&self, rest: &[Word]) -> Result<Since, Refusal> {
        let mut since = Since { modseq: None, vanished: false };
        let mut words = match rest {
            [] => [].iter(),
            [Word::List(words)] => words.iter(),
            _ => return bad("Wrong words behind FETCH."),
        };
        while let Some(word) = words.next() {
            if word.is("CHANGEDSINCE") && self.has("CONDSTORE") {
                let Some(number) = words.next().and_then(Word::number) else { return bad("Since when?") };
                since.modseq = Some(number);
            } else if word.is("VANISHED") && self.vanished {
                since.vanished = true;
            } else {
                return bad("Wrong words behind FETCH.");
            }
        }
        Ok(since)
    }

    pub(super) fn fetch(&mut self, set: &Word, asked: &Word, rest: &[Word], by_uid: bool) -> Done {
        let since = self.since(rest)?;
        let Some(mut items) = items(asked) else { return bad("What is to be fetched?") };
        if items.contains(&Item::Modseq) && !self.has("CONDSTORE") {
            return bad("Changes are not counted here.");
        }
        if by_uid && !items.contains(&Item::Uid) {
            items.insert(0, Item::Uid);
        }
        if since.modseq.is_some() && !items.contains(&Item::Modseq) {
            items.push(Item::Modseq);
        }
        self.counts |= items.contains(&Item::Modseq);
        let Some(open) = &mut self.open else { return bad("No folder is open.") };
        let places = open.places(set, by_uid)?;
        let reads = |item: &Item| matches!(item, Item::Piece { peek: false, .. });
        let marks = open.writable && items.iter().any(reads);
        let shared = self.conn.shared.clone();
        let mut state = shared.state();
        let folder = existing(&mut state, &open.name)?;
        if let (true, Some(modseq)) = (since.vanished, since.modseq) {
            let gone = vanished(folder, modseq, set);
            if !gone.is_empty() {
                self.out.extend_from_slice(format!("* VANISHED (EARLIER) {gone}\r\n").as_bytes());
            }
        }
        let mut marked = false;
        for place in places {
            let Some((uid, _)) = open.mails.get(place).copied() else { continue };
            let Some(kept) = folder.mails.get(&uid) else { continue };
            if since.modseq.is_some_and(|modseq| kept.modseq <= modseq) {
                continue;
            }
            let mut items = items.clone();
            if marks && !kept.has("\\Seen") {
                // The flag that this sets is told along.
                marked = true;
                if let Some(modseq) = folder.flag(uid, &["\\Seen".to_owned()], true) {
                    open.knows(uid, modseq);
                }
                if !items.contains(&Item::Flags) {
                    items.push(Item::Flags);
                }
            }
            let Some(kept) = folder.mails.get(&uid) else { continue };
            if items.contains(&Item::Flags) {
                open.knows(uid, kept.modseq);
            }
            write(kept, place, &items, &mut self.out);
        }
        drop(state);
        if marked {
            shared.bump();
        }
        Ok("Fetched.".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(raw: &str, asked: &str) -> String {
        let kept = Kept {
            uid: 7,
            flags: vec!["\\Seen".into()],
            at: 837_596_665_000,
            modseq: 9,
            raw: raw.as_bytes().into(),
        };
        let words = super::super::words::parse(format!("({asked})").as_bytes()).unwrap();
        let mut out = Vec::new();
        write(&kept, 0, &items(&words[0]).unwrap(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn items_are_told_as_they_were_asked_for() {
        let raw = "Subject: hi\r\nTo: a@example.net\r\n\r\nHello\r\n";
        assert_eq!(
            told(raw, "UID FLAGS INTERNALDATE RFC822.SIZE MODSEQ"),
            "* 1 FETCH (UID 7 FLAGS (\\Seen) INTERNALDATE \"17-Jul-1996 09:44:25 +0000\" RFC822.SIZE 41 MODSEQ (9))\r\n"
        );
        assert_eq!(told(raw, "BODY.PEEK[]"), format!("* 1 FETCH (BODY[] {{41}}\r\n{raw})\r\n"));
        assert_eq!(told(raw, "body.peek[text]<1.3>"), "* 1 FETCH (BODY[TEXT]<1> \"ell\")\r\n");
        assert_eq!(told(raw, "BODY[]<99.3>"), "* 1 FETCH (BODY[]<99> \"\")\r\n");
        assert_eq!(told(raw, "BODY[2]"), "* 1 FETCH (BODY[2] NIL)\r\n");
        assert_eq!(
            told(raw, "BODY.PEEK[HEADER.FIELDS (TO CC)]"),
            "* 1 FETCH (BODY[HEADER.FIELDS (TO CC)] {21}\r\nTo: a@example.net\r\n\r\n)\r\n"
        );
        assert_eq!(date_time(0), " 1-Jan-1970 00:00:00 +0000");
        let list = |text: &str| items(&super::super::words::parse(text.as_bytes()).unwrap()[0]);
        assert_eq!(list("FAST").unwrap().len(), 3);
        for bad in ["BODY[", "BODY[]<1>", "BODY[]<1.0>", "BODY[FOO]", "BODY[0]", "NOTHING", "(UID NOTHING)"] {
            assert_eq!(super::super::words::parse(bad.as_bytes()).and_then(|w| items(&w[0])), None, "{bad}");
        }
    }
}
