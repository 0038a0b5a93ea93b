//! Addresses of mails as people type them in To, Cc and Bcc, and as they are written back (RFC 5322, section 3.4).

use crate::domain::mail::Mailbox;
use crate::text::address::{self, Email};
use crate::text::{sanitize, wrap};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Columns of a wrong address that a message repeats.
const TOLD: usize = 60;

/// A piece of what was typed that is nobody's address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct WrongMailbox {
    /// Where it stands in what was typed, in bytes.
    pub range: Range<usize>,
    /// What is wrong with it, fit for a screen.
    pub why: String,
}

/// Reads what a person typed: addresses, bare or behind a name (`Ana <ana@b.example>`), with commas, semicolons or line ends between
/// them. A name may stand in quotation marks, or in brackets behind the address, as old programs write it.
///
/// # Errors
/// The first piece that is no address, and why.
pub fn read(typed: &str) -> Result<Vec<Mailbox>, WrongMailbox> {
    let mut found = Vec::new();
    for piece in pieces(typed)? {
        let text = &typed[piece.clone()];
        let from = piece.start + text.len() - text.trim_start().len();
        if !text.trim().is_empty() {
            found.push(one(typed, from..from + text.trim().len())?);
        }
    }
    Ok(found)
}

/// Writes addresses so that [`read`] and every mail program understand them.
pub fn line(boxes: &[Mailbox]) -> String {
    boxes.iter().map(written).collect::<Vec<_>>().join(", ")
}

/// Reads what is still being typed: what is no address yet is kept as it stands, in the place of an address.
pub fn loosely(typed: &str) -> Vec<Mailbox> {
    let pieces = typed_pieces(typed).into_iter().map(|piece| sanitize::line(&typed[piece]).into_owned());
    let read = |piece: String| read(&piece).unwrap_or_else(|_| vec![Mailbox::bare(piece)]);
    pieces.filter(|piece| !piece.is_empty()).flat_map(read).collect()
}

/// Writes back what [`loosely`] has read, to be typed on.
pub fn as_typed(boxes: &[Mailbox]) -> String {
    let one = |one: &Mailbox| match bare(&one.address) {
        None if one.name.is_none() => sanitize::line(&one.address).into_owned(),
        _ => written(one),
    };
    boxes.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The piece of what is being typed that a place is in, without the blanks around it; whatever is wrong with it.
pub fn piece_at(typed: &str, at: usize) -> Range<usize> {
    let all = typed_pieces(typed);
    let piece = all.iter().find(|piece| at <= piece.end).or(all.last()).cloned().unwrap_or(0..0);
    let text = &typed[piece.clone()];
    let from = piece.start + text.len() - text.trim_start().len();
    from..from + text.trim().len()
}

/// Whether two addresses lead to the same place.
pub fn same(one: &str, other: &str) -> bool {
    folded(one) == folded(other)
}

/// The form of an address to compare by.
pub fn folded(address: &str) -> String {
    address::email(address).map_or_else(|| address.trim().to_lowercase(), |email| email.folded)
}

/// An address that has no name and no `mailto:` with it, in the forms to send to and to compare by.
pub fn bare(address: &str) -> Option<Email> {
    address::email(address).filter(|_| !address.contains(['<', '>', ':']))
}

/// Each address once, in order. A name that only a later one has is kept.
pub fn once(boxes: impl IntoIterator<Item = Mailbox>) -> Vec<Mailbox> {
    let mut kept: Vec<Mailbox> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for one in boxes {
        match places.entry(folded(&one.address)) {
            Entry::Occupied(at) => {
                let known = &mut kept[*at.get()];
                known.name = known.name.take().or(one.name);
            }
            Entry::Vacant(free) => {
                free.insert(kept.len());
                kept.push(one);
            }
        }
    }
    kept
}

/// Addresses among which others are looked up: hundreds take part in some mails, and each is brought into its form once.
#[derive(Debug, Default)]
pub struct Among(HashSet<String>);

impl Among {
    /// These.
    pub fn of<'a>(boxes: impl IntoIterator<Item = &'a Mailbox>) -> Among {
        Among(boxes.into_iter().map(|one| folded(&one.address)).collect())
    }

    /// Whether an address leads where one of them does.
    pub fn has(&self, address: &str) -> bool {
        self.0.contains(&folded(address))
    }
}

/// The addresses that are not ours.
pub fn without_own(boxes: &[Mailbox], is_own: impl Fn(&str) -> bool) -> Vec<Mailbox> {
    boxes.iter().filter(|one| !is_own(&one.address)).cloned().collect()
}

fn wrong<T>(range: Range<usize>, why: impl Into<String>) -> Result<T, WrongMailbox> {
    Err(WrongMailbox { range, why: why.into() })
}

/// The pieces between commas, semicolons and line ends that stand in no quotation marks and no brackets.
fn pieces(typed: &str) -> Result<Vec<Range<usize>>, WrongMailbox> {
    let mut found = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(c) = typed[at..].chars().next() {
        match c {
            ',' | ';' | '\n' | '\r' => {
                found.push(from..at);
                at += 1;
                from = at;
            }
            '"' | '(' | '<' => match closed(&typed[at..]) {
                Some(length) => at += length,
                None if c == '"' => {
                    return wrong(
                        at..at + 1,
                        "a quotation mark stands alone: a name needs one on either side",
                    );
                }
                None => return wrong(at..at + 1, format!("the bracket \u{201c}{c}\u{201d} is not closed")),
            },
            _ => at += c.len_utf8(),
        }
    }
    found.push(from..typed.len());
    Ok(found)
}

/// The pieces of what is being typed, between commas, semicolons and line ends outside of quotation marks. A quotation that is not
/// closed yet goes to the end.
pub fn typed_pieces(typed: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut from, mut quoted, mut escaped) = (0, false, false);
    for (at, c) in typed.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' | ';' | '\n' | '\r' if !quoted => {
                found.push(from..at);
                from = at + c.len_utf8();
            }
            _ => {}
        }
    }
    found.push(from..typed.len());
    found
}

/// How long what begins with a quotation mark or a bracket is, to the end of what closes it (RFC 5322, sections 3.2.2 and 3.2.4).
fn closed(text: &str) -> Option<usize> {
    let open = text.chars().next()?;
    let (mut depth, mut escaped) = (0_usize, false);
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        match (open, c) {
            _ if escaped => escaped = false,
            ('"' | '(', '\\') => escaped = true,
            ('"', '"') if at > 0 => return Some(end),
            ('<', '>') => return Some(end),
            ('(', '(') => depth += 1,
            ('(', ')') if depth == 1 => return Some(end),
            ('(', ')') => depth -= 1,
            _ => {}
        }
    }
    None
}

/// What stands in a pair of quotation marks or brackets, without what escapes.
fn content(enclosed: &str) -> String {
    let mut out = String::new();
    let mut escaped = false;
    for c in enclosed.get(1..enclosed.len() - 1).unwrap_or_default().chars() {
        if c == '\\' && !escaped {
            escaped = true;
        } else {
            out.push(c);
            escaped = false;
        }
    }
    out
}

/// Reads one piece, which is not empty.
fn one(typed: &str, piece: Range<usize>) -> Result<Mailbox, WrongMailbox> {
    let (mut name, mut remark) = (String::new(), None);
    let mut address = None;
    // What stands outside of marks and brackets: the address, where none stands in brackets.
    let mut bare: Option<Range<usize>> = None;
    let mut at = piece.start;
    while let Some(c) = typed[at..piece.end].chars().next() {
        let length = match c {
            '"' | '(' | '<' => closed(&typed[at..piece.end]).unwrap_or(piece.end - at),
            _ => c.len_utf8(),
        };
        let part = at..at + length;
        match c {
            '<' if address.is_some() => {
                return wrong(piece, "two addresses in one: a comma goes between them");
            }
            '<' => address = Some(at + 1..(at + length).saturating_sub(1).max(at + 1)),
            '(' => {
                remark = Some(content(&typed[part.clone()]));
                if address.is_none() {
                    name.push_str(&typed[part]);
                }
            }
            _ if address.is_some() && !c.is_whitespace() => {
                return wrong(at..piece.end, "words behind an address: a comma goes between two of them");
            }
            '"' => {
                name.push_str(&content(&typed[part.clone()]));
                bare = Some(bare.map_or(at, |b| b.start)..part.end);
            }
            _ => {
                name.push(c);
                if !c.is_whitespace() {
                    bare = Some(bare.map_or(at, |b| b.start)..part.end);
                }
            }
        }
        at += length;
    }
    let (range, name) = match address {
        Some(range) if name.trim().is_empty() => (range, remark),
        Some(range) => (range, Some(name)),
        None => (bare.unwrap_or(piece), remark),
    };
    let address = plain(typed, range)?;
    let name = name.map(|name| sanitize::line(&name).into_owned()).filter(|name| !name.is_empty());
    Ok(Mailbox { name, address })
}

/// The address at this place, as typed.
fn plain(typed: &str, range: Range<usize>) -> Result<String, WrongMailbox> {
    let text = typed[range.clone()].trim().trim_start_matches("mailto:");
    if bare(text).is_some() {
        return Ok(text.to_owned());
    }
    let shown = sanitize::line(text);
    let shown = wrap::truncate(&shown, TOLD);
    let why = match text.split_once('@') {
        _ if text.is_empty() => "an address is missing".to_owned(),
        None => format!("\u{201c}{shown}\u{201d} is no address: it has no @"),
        Some(("", _)) => format!("\u{201c}{shown}\u{201d} is no address: nothing stands before the @"),
        Some((_, "")) => format!("\u{201c}{shown}\u{201d} is no address: nothing stands behind the @"),
        Some((_, rest)) if rest.contains('@') => {
            format!("\u{201c}{shown}\u{201d} has more than one @: a comma goes between two addresses")
        }
        _ if text.contains(char::is_whitespace) => {
            format!("\u{201c}{shown}\u{201d} is no address: it has a blank in it")
        }
        Some((local, _)) if address::email(&format!("{local}@example.com")).is_none() => {
            format!("\u{201c}{shown}\u{201d} is no address: before the @ stands what no address has")
        }
        Some((_, domain)) => {
            let domain = sanitize::line(domain);
            let domain = wrap::truncate(&domain, TOLD);
            format!("\u{201c}{shown}\u{201d} is no address: {domain} is no domain")
        }
    };
    wrong(range, why)
}

/// Characters with a meaning of their own in a list of addresses (RFC 5322, section 3.2.3).
const SPECIAL: [char; 13] = ['(', ')', '<', '>', '[', ']', ':', ';', '@', '\\', ',', '.', '"'];

fn written(one: &Mailbox) -> String {
    let name = one.name.as_deref().map(sanitize::line).unwrap_or_default();
    // What is no address (a stranger's program wrote it) must not become two: in quotation marks it is read as what it is, wrong.
    let address = match bare(&one.address) {
        Some(_) => one.address.trim().to_owned(),
        None => quoted(&sanitize::line(&one.address)),
    };
    if name.is_empty() {
        return address;
    }
    let name = if name.contains(SPECIAL) { quoted(&name) } else { name.into_owned() };
    format!("{name} <{address}>")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(typed: &str) -> Vec<(Option<String>, String)> {
        read(typed).unwrap().into_iter().map(|one| (one.name, one.address)).collect()
    }

    #[test]
    fn addresses_are_read_as_people_type_them() {
        let named = |name: &str, address: &str| (Some(name.to_owned()), address.to_owned());
        let bare = |address: &str| (None, address.to_owned());
        for (typed, wanted) in [
            ("", vec![]),
            (" , ;\n", vec![]),
            ("a@b.example", vec![bare("a@b.example")]),
            ("a@b.example, c@d.example;e@f.example\n", {
                vec![bare("a@b.example"), bare("c@d.example"), bare("e@f.example")]
            }),
            ("Ana de Vries <Ana@B.example>", vec![named("Ana de Vries", "Ana@B.example")]),
            ("\"Vries, Ana\" <a@b.example>,c@d.example", {
                vec![named("Vries, Ana", "a@b.example"), bare("c@d.example")]
            }),
            (r#""Ana \"Annie\" B; \\o/" <a@b.example>"#, vec![named(r#"Ana "Annie" B; \o/"#, "a@b.example")]),
            ("Ana \"the first\" B <a@b.example>", vec![named("Ana the first B", "a@b.example")]),
            ("Ana (Sales, NL) <a@b.example>", vec![named("Ana (Sales, NL)", "a@b.example")]),
            ("a@b.example (Ana B)", vec![named("Ana B", "a@b.example")]),
            ("<a@b.example> (Ana B)", vec![named("Ana B", "a@b.example")]),
            ("Ana <a@b.example> (work)", vec![named("Ana", "a@b.example")]),
            ("< a@b.example >", vec![bare("a@b.example")]),
            ("mailto:a@b.example", vec![bare("a@b.example")]),
            ("Ana <mailto:a@b.example>", vec![named("Ana", "a@b.example")]),
            ("Jörg <j@bücher.example>", vec![named("Jörg", "j@bücher.example")]),
            ("O'Neil <o'neil+x@b.example>", vec![named("O'Neil", "o'neil+x@b.example")]),
            ("root@localhost", vec![bare("root@localhost")]),
            ("Ana\u{202e}\t B\u{1b}[31m <a@b.example>", vec![named("Ana B", "a@b.example")]),
        ] {
            assert_eq!(all(typed), wanted, "{typed:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_and_marked() {
        for (typed, marked, why) in [
            ("a@b.example, Bob", "Bob", "“Bob” is no address: it has no @"),
            ("Ana <>, a@b.example", "", "an address is missing"),
            ("@b.example", "@b.example", "“@b.example” is no address: nothing stands before the @"),
            ("ana@", "ana@", "“ana@” is no address: nothing stands behind the @"),
            ("a b@c.example", "a b@c.example", "“a b@c.example” is no address: it has a blank in it"),
            ("a@b.example c@d.example", "a@b.example c@d.example", {
                "“a@b.example c@d.example” has more than one @: a comma goes between two addresses"
            }),
            ("Ana <a@b..example>", "a@b..example", "“a@b..example” is no address: b..example is no domain"),
            ("a[1]@b.example", "a[1]@b.example", {
                "“a[1]@b.example” is no address: before the @ stands what no address has"
            }),
            ("Ana <a@b.example> Bob <c@d.example>", "Bob <c@d.example>", {
                "words behind an address: a comma goes between two of them"
            }),
            ("<a@b.example> <c@d.example>", "<a@b.example> <c@d.example>", {
                "two addresses in one: a comma goes between them"
            }),
            ("\"Ana <a@b.example>", "\"", {
                "a quotation mark stands alone: a name needs one on either side"
            }),
            ("c@d.example, Ana <a@b.example", "<", "the bracket “<” is not closed"),
            ("Ana (work <a@b.example>", "(", "the bracket “(” is not closed"),
        ] {
            let found = read(typed).unwrap_err();
            assert_eq!((&typed[found.range.clone()], found.to_string().as_str()), (marked, why), "{typed}");
        }
    }

    #[test]
    fn names_are_quoted_where_they_must_be() {
        for (name, written) in [
            ("Ana", "Ana <a@b.example>"),
            ("Jörg Müller", "Jörg Müller <a@b.example>"),
            ("Dr. Ana", "\"Dr. Ana\" <a@b.example>"),
            ("Vries, Ana", "\"Vries, Ana\" <a@b.example>"),
            ("a\"b\\c", "\"a\\\"b\\\\c\" <a@b.example>"),
            (" \u{7} ", "a@b.example"),
            ("Ana\r\nBcc: x@y.example", "\"Ana Bcc: x@y.example\" <a@b.example>"),
        ] {
            assert_eq!(line(&[Mailbox::named(name, "a@b.example")]), written);
        }
        let two = [Mailbox::bare("a@b.example"), Mailbox::named("C", "c@d.example")];
        assert_eq!(line(&two), "a@b.example, C <c@d.example>");
    }

    #[test]
    fn what_is_no_address_does_not_become_another() {
        for bad in
            ["a@b.example>, <c@d.example", "a@b.example, c@d.example", "x\r\nTo: c@d.example", "\"", ""]
        {
            let written = line(&[Mailbox::bare(bad), Mailbox::named("N", bad)]);
            assert!(read(&written).is_err(), "{written}");
        }
    }

    #[test]
    fn addresses_are_the_same_in_any_case_and_script() {
        assert!(same("Ana@Bücher.example", "ana@XN--BCHER-KVA.example"));
        assert!(!same("ana@b.example", "ana@c.example"));
        assert!(same(" No Address ", "no address"));
        let boxes = [
            Mailbox::bare("a@b.example"),
            Mailbox::bare("c@d.example"),
            Mailbox::named("Ana", "A@B.example"),
            Mailbox::named("Other", "a@b.example"),
        ];
        let kept = once(boxes.clone());
        assert_eq!(kept, [Mailbox::named("Ana", "a@b.example"), Mailbox::bare("c@d.example")]);
        let foreign = without_own(&boxes, |address| same(address, "a@b.example"));
        assert_eq!(foreign, [Mailbox::bare("c@d.example")]);
    }

    #[test]
    fn what_is_half_typed_is_kept_and_typed_on() {
        let typed = "Ana <a@b.example>, bo, \"Vries, A";
        let read = loosely(typed);
        assert_eq!(
            read,
            [Mailbox::named("Ana", "a@b.example"), Mailbox::bare("bo"), Mailbox::bare("\"Vries, A")]
        );
        assert_eq!(as_typed(&read), typed);
        for (typed, at, piece) in [
            ("ana, bo", 7, "bo"),
            ("ana, bo", 2, "ana"),
            ("ana, bo", 3, "ana"),
            ("ana, ", 5, ""),
            ("\"Vries, A\" <a@b>; x", 9, "\"Vries, A\" <a@b>"),
            ("", 0, ""),
        ] {
            assert_eq!(&typed[piece_at(typed, at)], piece, "{typed} at {at}");
        }
    }

    fn mailbox() -> impl Strategy<Value = Mailbox> {
        let address =
            ("[a-z0-9!#$%&'*+/=?^_`{|}~.é-]{1,12}", "([a-zé][a-z0-9é-]{0,6}[a-z0-9]\\.){0,2}[a-z]{2,4}");
        let name = proptest::option::of("[a-z \"(),.:;<>@\\\\\\[\\]é日\r\n\t]{0,12}");
        (name, address)
            .prop_map(|(name, (local, domain))| Mailbox { name, address: format!("{local}@{domain}") })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_it_was(boxes in proptest::collection::vec(mailbox(), 0..5)) {
            prop_assume!(boxes.iter().all(|one| address::email(&one.address).is_some()));
            let wanted: Vec<Mailbox> = boxes
                .iter()
                .map(|one| Mailbox {
                    name: one.name.as_deref().map(|n| sanitize::line(n).into_owned()).filter(|n| !n.is_empty()),
                    address: one.address.clone(),
                })
                .collect();
            let written = line(&boxes);
            prop_assert!(!written.contains(char::is_control));
            prop_assert_eq!(read(&written).unwrap(), wanted);
        }

        #[test]
        fn what_is_typed_on_stays_what_it_is(typed in "([a-z@<>()\",; \\\\\r\n\u{0}é日]|a@b.example){0,24}", at in 0..30usize) {
            let read = loosely(&typed);
            prop_assert_eq!(loosely(&as_typed(&read)), read);
            let at = (0..=at.min(typed.len())).rev().find(|at| typed.is_char_boundary(*at)).unwrap_or(0);
            prop_assert!(typed.get(piece_at(&typed, at)).is_some());
        }

        #[test]
        fn anything_typed_is_read_or_marked(typed in "([a-z@<>()\",; \\\\\r\n\u{0}é日]|a@b.example){0,24}") {
            match read(&typed) {
                Ok(boxes) => {
                    for one in &boxes {
                        prop_assert!(address::email(&one.address).is_some());
                        prop_assert!(!one.address.contains(char::is_whitespace));
                        prop_assert!(!one.name.iter().any(|n| n.contains(char::is_control)));
                    }
                    prop_assert_eq!(read(&line(&boxes)).unwrap(), boxes);
                }
                Err(wrong) => {
                    prop_assert!(typed.get(wrong.range.clone()).is_some(), "{:?}", wrong.range);
                    prop_assert!(!wrong.why.contains(char::is_control));
                }
            }
        }
    }
}
