//! A mail's text taken apart: its own words, what it quotes, its signature. For a thread, which shows the first and folds the others.
//!
//! Nothing tells quotations apart for certain. The rules here prefer to show too much: a line is taken for history only where
//! several signs come together, and what was passed on stays, as nobody has read it before.

mod phrases;

use std::ops::Range;

/// Lines below a signature's mark; with more it is no signature.
const SIGNATURE: usize = 25;
/// Words below the line that a telephone adds; with more lines it is none.
const DEVICE: usize = 3;
/// Longest line above a quotation, in bytes.
const ATTRIBUTION: usize = 500;
/// Lines that the head of a quoted mail may take.
const HEAD: usize = 10;

/// What a piece of a mail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What its author wrote for this mail.
    Own,
    /// What stood in another mail, with the line that tells whose words they are.
    Quoted,
    /// What stands below every mail of its author.
    Signature,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub kind: Kind,
    /// Where it is, in bytes.
    pub range: Range<usize>,
}

/// Takes a text apart: whole lines, in order, without a gap.
pub fn split(text: &str) -> Vec<Piece> {
    let lines = lines(text);
    let mut kinds = vec![Kind::Own; lines.len()];
    let own = quote(&lines, &mut kinds);
    sign(&lines[..own], &mut kinds[..own]);
    let mut out: Vec<Piece> = Vec::new();
    for (line, kind) in lines.iter().zip(kinds) {
        match out.last_mut().filter(|piece| piece.kind == kind) {
            Some(piece) => piece.range.end = line.range.end,
            None => out.push(Piece { kind, range: line.range.clone() }),
        }
    }
    out
}

/// The own words alone, for a preview. Where there are none, all of the text.
pub fn own(text: &str) -> String {
    let mut out = String::new();
    for piece in split(text).into_iter().filter(|piece| piece.kind == Kind::Own) {
        let words = text.get(piece.range).unwrap_or_default().trim_end();
        let words = words.trim_start_matches('\n');
        if words.trim().is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push_str("\n\n");
        }
        out.push_str(words);
    }
    if out.is_empty() { text.trim().to_owned() } else { out }
}

#[derive(Debug)]
struct Line<'a> {
    /// With its end.
    range: Range<usize>,
    /// Without blanks around it.
    text: &'a str,
    /// Nothing stands before its first word.
    is_flush: bool,
}

impl Line<'_> {
    fn is_blank(&self) -> bool {
        self.text.is_empty()
    }

    /// A line that is quoted. ">From" is how mailboxes of old escape the word; a blank before the mark is how it is escaped.
    fn is_quoted(&self) -> bool {
        self.is_flush && self.text.starts_with('>') && !self.text.starts_with(">From ")
    }

    /// A line that is drawn.
    fn is_rule(&self) -> bool {
        self.text.len() >= 5
            && self.text.chars().all(|c| matches!(c, '_' | '-' | '=' | '*' | '\u{2500}' | '\u{2014}'))
    }
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut at = 0;
    text.split_inclusive('\n')
        .map(|line| {
            let range = at..at + line.len();
            at = range.end;
            // Marks of direction stand around lines of right-to-left mails.
            let bare = |c: char| {
                c.is_whitespace()
                    || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}')
            };
            Line { range, text: line.trim_matches(bare), is_flush: !line.starts_with([' ', '\t']) }
        })
        .collect()
}

/// Marks what is quoted. Answers how many lines are looked at further: what was passed on is own, to its end.
fn quote(lines: &[Line<'_>], kinds: &mut [Kind]) -> usize {
    let mut at = 0;
    let mut has_own = false;
    let mut last = lines.len();
    while let Some(line) = lines.get(at) {
        if is_marked(line, phrases::FORWARDED) {
            last = at;
            break;
        }
        if line.is_quoted() {
            kinds[at] = Kind::Quoted;
            at += 1;
            continue;
        }
        if begins_history(lines, at) {
            // Without a word above it the history is what the mail is about.
            if !has_own {
                last = at;
                break;
            }
            kinds[above(lines, at)..].fill(Kind::Quoted);
            break;
        }
        if let Some(end) = attribution(lines, at) {
            let next = lines[end..].iter().position(|line| !line.is_blank()).map(|next| end + next);
            match next {
                Some(next) if lines[next].is_quoted() => {
                    kinds[at..next].fill(Kind::Quoted);
                    at = next;
                    continue;
                }
                Some(_) if has_own && is_certain(lines, at..end) => {
                    kinds[at..].fill(Kind::Quoted);
                    break;
                }
                _ => {}
            }
        }
        has_own |= !line.is_blank();
        at += 1;
    }
    // Blank lines within a quotation.
    let mut from = None;
    for at in 0..lines.len() {
        if kinds[at] == Kind::Quoted {
            if let Some(from) = from.filter(|from| lines[*from..at].iter().all(Line::is_blank)) {
                kinds[from..at].fill(Kind::Quoted);
            }
            from = Some(at + 1);
        } else if !lines[at].is_blank() {
            from = None;
        }
    }
    last
}

/// Marks signatures: in each run of own lines, from its mark to its end.
fn sign(lines: &[Line<'_>], kinds: &mut [Kind]) {
    let mut end = lines.len();
    while end > 0 {
        if kinds[end - 1] != Kind::Own {
            end -= 1;
            continue;
        }
        let from = kinds[..end].iter().rposition(|kind| *kind != Kind::Own).map_or(0, |at| at + 1);
        let near = from.max(end.saturating_sub(SIGNATURE));
        let mark = (near..end).find(|at| begins_signature(lines, *at, end));
        if let Some(mark) = mark {
            kinds[mark..end].fill(Kind::Signature);
        }
        end = from;
    }
}

fn begins_signature(lines: &[Line<'_>], at: usize, end: usize) -> bool {
    let text = lines[at].text;
    // RFC 3676, section 4.3; the blank behind the hyphens is often lost.
    if text == "--" || text == "\u{2014}" {
        return true;
    }
    if text.len() > 120 {
        return false;
    }
    let lower = text.trim_start_matches(['(', '*', '_', '[']).to_lowercase();
    let is_device = phrases::DEVICES.iter().any(|device| lower.starts_with(device))
        || (lower.ends_with(" gesendet") && lower.starts_with("von "))
        || (lower.ends_with("\u{96c6}\u{304b}\u{3089}\u{9001}\u{4fe1}"));
    is_device && lines[at + 1..end].iter().filter(|line| !line.is_blank()).count() <= DEVICE
}

/// Whether a line is one of these phrases, between dashes or with a colon behind it.
fn is_marked(line: &Line<'_>, known: &[&str]) -> bool {
    let text = line.text;
    if text.len() > 200
        || !(text.starts_with(['-', '_', '=', '*', '>', '\u{2014}']) || text.ends_with([':', '\u{ff1a}']))
    {
        return false;
    }
    let bare = text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '-' | '_' | '=' | '*' | ':' | '\u{ff1a}' | '\u{2014}')
    });
    let lower = bare.to_lowercase();
    known.iter().any(|phrase| lower == *phrase || (lower.starts_with(phrase) && text.starts_with("--")))
}

/// Whether all below has been read before: a divider that says so, or the head of another mail.
fn begins_history(lines: &[Line<'_>], at: usize) -> bool {
    let line = &lines[at];
    if line.is_blank() {
        return false;
    }
    if line.text.starts_with('-') && is_marked(line, phrases::ORIGINAL) {
        return true;
    }
    if line.text.len() <= 200 {
        let lower = line.text.to_lowercase();
        if phrases::ABOVE.iter().any(|phrase| lower.contains(phrase)) {
            return true;
        }
    }
    is_head(lines, at)
}

/// Whether the head of a mail begins, as Outlook writes it into answers: "From", and below it two more of its lines.
fn is_head(lines: &[Line<'_>], at: usize) -> bool {
    if !label(lines[at].text).is_some_and(|label| phrases::FROM.contains(&label.as_str())) {
        return false;
    }
    let mut sent = 0;
    let mut others = 0;
    for line in lines[at + 1..].iter().take(HEAD).take_while(|line| !line.is_blank()) {
        let Some(label) = label(line.text) else { continue };
        if phrases::SENT.contains(&label.as_str()) {
            sent += 1;
        } else if phrases::TO.contains(&label.as_str()) {
            others += 1;
        }
    }
    if sent >= 1 && sent + others >= 2 {
        return true;
    }
    // All of it on one line.
    let text = super::mime::at_most(lines[at].text, 1000).to_lowercase();
    let has = |label: &&&str| label.len() > 3 && text.contains(&format!(" {label}:"));
    phrases::SENT.iter().filter(has).count() >= 2
}

/// What stands before the colon of a line, if that is a word or two.
fn label(text: &str) -> Option<String> {
    let near = super::mime::at_most(text, 60);
    let at = near.find([':', '\u{ff1a}'])?;
    let bare = near[..at].trim_matches(|c: char| c.is_whitespace() || c == '*' || c == '_');
    (!bare.is_empty() && bare.split_whitespace().count() <= 2).then(|| bare.to_lowercase())
}

/// The line that is drawn above a head belongs to it.
fn above(lines: &[Line<'_>], at: usize) -> usize {
    let mut from = at;
    while from > 0 && at - from < 3 && lines[from - 1].is_blank() {
        from -= 1;
    }
    if from > 0 && lines[from - 1].is_rule() { from - 1 } else { at }
}

/// The line above a quotation, "On … Ana wrote:", which may be broken over three: where it ends.
fn attribution(lines: &[Line<'_>], at: usize) -> Option<usize> {
    let first = lines.get(at)?.text;
    if first.is_empty() {
        return None;
    }
    let may_break = begins_attribution(first);
    let mut joined = String::new();
    for (n, line) in lines[at..].iter().take(3).enumerate() {
        if line.is_blank()
            || line.is_quoted()
            || joined.len() + line.text.len() > ATTRIBUTION
            || (n > 0 && !may_break)
        {
            return None;
        }
        if n > 0 {
            // The second line is one of its own.
            if begins_attribution(line.text) && ends_attribution(line.text) && names_writing(line.text) {
                return None;
            }
            joined.push(' ');
        }
        joined.push_str(line.text);
        if !ends_attribution(line.text) {
            continue;
        }
        let has_number = joined.bytes().any(|b| b.is_ascii_digit());
        let is_named = joined.contains('@') && joined.contains('<');
        let is_one =
            if names_writing(&joined) { has_number || is_named || may_break } else { has_number && is_named };
        return is_one.then_some(at + n + 1);
    }
    None
}

fn ends_attribution(text: &str) -> bool {
    text.trim_end_matches(['*', '_', ' ', '\u{200f}', '\u{200e}']).ends_with([':', '\u{ff1a}'])
}

fn names_writing(text: &str) -> bool {
    let lower = text.to_lowercase();
    phrases::WROTE.iter().any(|word| lower.contains(word))
}

/// Whether a line begins like one above a quotation: with a word for it, or with a date.
fn begins_attribution(text: &str) -> bool {
    let lower = super::mime::at_most(text, 40).to_lowercase();
    let has_number = lower.chars().take(14).any(|c| c.is_ascii_digit());
    phrases::BEGINS.iter().any(|word| lower.starts_with(word)) || has_number
}

/// Whether a line above a quotation can be believed although nothing below it is marked: it has a date, and a time or an address.
fn is_certain(lines: &[Line<'_>], range: Range<usize>) -> bool {
    let joined: String = lines[range].iter().map(|line| line.text).collect::<Vec<_>>().join(" ");
    let numbers: Vec<&str> = joined.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty()).collect();
    let has_year = numbers.iter().any(|n| n.len() == 4 && (n.starts_with("19") || n.starts_with("20")));
    let has_date = has_year || numbers.len() >= 3;
    let bytes = joined.as_bytes();
    let is_time =
        |w: &[u8]| w[0].is_ascii_digit() && matches!(w[1], b':' | b'.' | b'h') && w[2].is_ascii_digit();
    let has_time = bytes.windows(3).any(is_time);
    has_date && (joined.contains('@') || has_time) && names_writing(&joined)
}

#[cfg(test)]
mod tests;
