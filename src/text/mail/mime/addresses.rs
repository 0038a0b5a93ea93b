//! Lists of addresses (RFC 5322, section 3.4), with groups, comments and routes, and as senders really write them: without
//! brackets, with commas in bare names, with a quotation mark too few, encoded as a whole.

use super::{at_most, tidy, words};
use crate::domain::mail::Mailbox;

/// Longest address, in bytes (RFC 5321, section 4.5.3.1, allows less).
const ADDRESS: usize = 512;
/// Longest name, in bytes.
const NAME: usize = 512;

/// The addresses of a value, in order. What has no address is left out, as are the names of groups. An address has an `@`
/// between two words, and neither blanks nor control characters.
pub fn read(value: &str) -> Vec<Mailbox> {
    let found = list(value);
    if found.is_empty() && value.contains("=?") {
        // Encoded as a whole, with the address within.
        return list(&words::decode(value));
    }
    found
}

/// A piece of an address.
#[derive(Debug)]
enum Piece<'a> {
    /// A word as it stands.
    Word(&'a str),
    /// What stood in quotation marks, unescaped. Whether it touches what comes next.
    Quoted(String, bool),
    /// What stood in angle brackets.
    Angle(&'a str),
    Comment(&'a str),
    /// `,` or `;`.
    End,
    /// `:`, behind the name of a group.
    Colon,
}

struct Reader<'a> {
    rest: &'a str,
    /// Nothing closes a quotation mark, or a parenthesis, any more: then it is a character like others. To know it keeps the
    /// whole linear, as nobody looks for the end twice.
    no_quote: bool,
    no_comment: bool,
    no_encoded: bool,
}

impl<'a> Iterator for Reader<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        loop {
            self.rest = self.rest.trim_start();
            let first = self.rest.chars().next()?;
            let after = &self.rest[first.len_utf8()..];
            match first {
                ',' | ';' => {
                    self.rest = after;
                    return Some(Piece::End);
                }
                ':' => {
                    self.rest = after;
                    return Some(Piece::Colon);
                }
                '"' => match (!self.no_quote).then(|| quoted(after)).flatten() {
                    Some((text, rest)) => {
                        self.rest = rest;
                        return Some(Piece::Quoted(text, rest.starts_with(['@', '.'])));
                    }
                    None => {
                        self.no_quote = true;
                        self.rest = after;
                    }
                },
                '(' => match (!self.no_comment).then(|| comment(after)).flatten() {
                    Some((text, rest)) => {
                        self.rest = rest;
                        return Some(Piece::Comment(text));
                    }
                    None => {
                        self.no_comment = true;
                        self.rest = after;
                    }
                },
                '<' => {
                    // Without its end it ends where the next begins.
                    let end = after.find(['>', '<']).unwrap_or(after.len());
                    let end = if after[end..].starts_with('>') {
                        end
                    } else {
                        after.find([',', ';', '<']).unwrap_or(after.len())
                    };
                    self.rest = after[end..].strip_prefix('>').unwrap_or(&after[end..]);
                    return Some(Piece::Angle(&after[..end]));
                }
                ')' | '>' => self.rest = after,
                _ => return Some(Piece::Word(self.word())),
            }
        }
    }
}

impl<'a> Reader<'a> {
    /// A word: up to a blank or a mark. Within square brackets (the address of a host) colons belong to it.
    fn word(&mut self) -> &'a str {
        // Marks within an encoded word are part of it, though they should have been encoded.
        if self.rest.starts_with("=?") && !self.no_encoded {
            match words::length(self.rest) {
                Some(length) => {
                    let (word, rest) = self.rest.split_at(length);
                    self.rest = rest;
                    return word;
                }
                None => self.no_encoded = true,
            }
        }
        let mut in_host = false;
        let mut before = ' ';
        let end = self.rest.char_indices().find(|(_, c)| {
            match c {
                // Only a host's brackets: "[Team] Anna: x" has a colon like others.
                '[' if before == '@' => in_host = true,
                ']' => in_host = false,
                _ => {}
            }
            before = *c;
            c.is_whitespace()
                || matches!(c, ',' | ';' | '<' | '>' | '(' | ')')
                || (*c == ':' && !in_host)
                || (*c == '"' && !self.no_quote)
        });
        let at = end.map_or(self.rest.len(), |(at, _)| at);
        let (word, rest) = self.rest.split_at(at);
        self.rest = rest;
        word
    }
}

/// What stands up to the next quotation mark, unescaped, and what is behind it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((out, &text[at + 1..])),
            '\\' => out.extend(chars.next().map(|(_, c)| c)),
            _ => out.push(c),
        }
    }
    None
}

/// What stands up to the parenthesis that closes this one, and what is behind it.
fn comment(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0usize;
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '(' => depth += 1,
            ')' if depth == 0 => return Some((&text[..at], &text[at + 1..])),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// One address on the way.
#[derive(Default)]
struct Open<'a> {
    /// The words of a name, or of an address without brackets.
    words: Vec<String>,
    /// The last word goes on without a blank.
    is_joined: bool,
    angle: Option<&'a str>,
    comment: Option<&'a str>,
    /// Words before a comma that had no address: "Doe, Jane <jane@example.com>".
    before: Vec<String>,
}

fn list(value: &str) -> Vec<Mailbox> {
    let mut out = Vec::new();
    let mut open = Open::default();
    let pieces = Reader { rest: value, no_quote: false, no_comment: false, no_encoded: false };
    for piece in pieces.chain([Piece::End]) {
        match piece {
            Piece::Word(word) => open.push(word.to_owned(), false),
            Piece::Quoted(text, true) if text.contains([' ', ',', '@']) => {
                open.push(format!("\"{text}\""), true)
            }
            Piece::Quoted(text, is_joined) => open.push(text, is_joined),
            Piece::Angle(inner) => {
                // "<a@x> <b@y>": a comma is missing.
                if open.angle.is_some_and(|angle| address(angle).is_some()) {
                    std::mem::take(&mut open).close(&mut out);
                }
                open.angle = Some(inner);
            }
            Piece::Comment(text) => open.comment = open.comment.or(Some(text)),
            Piece::Colon => open = Open::default(),
            Piece::End => {
                let closed = std::mem::take(&mut open);
                if closed.angle.is_none() && !closed.words.iter().any(|word| word.contains('@')) {
                    open.before = closed.before;
                    open.before.extend(closed.words);
                    // More is no name.
                    open.before.truncate(8);
                } else {
                    closed.close(&mut out);
                }
            }
        }
    }
    out
}

impl Open<'_> {
    fn push(&mut self, word: String, is_joined: bool) {
        let joins = |last: &String| {
            // Blanks around dots and the @ are an old form: "jdoe @ test . example".
            let goes_on = word.starts_with('@') || last.ends_with('@');
            self.is_joined
                || goes_on
                || (last.contains('@') && (word.starts_with('.') || last.ends_with('.')))
        };
        match self.words.last_mut().filter(|last| joins(last)) {
            Some(last) => last.push_str(&word),
            None => self.words.push(word),
        }
        self.is_joined = is_joined;
    }

    fn close(mut self, out: &mut Vec<Mailbox>) {
        let mut bare = None;
        let address = match self.angle.and_then(address) {
            Some(found) => Some(found),
            None => {
                // The last word that is an address; the others are a name.
                bare = self.words.iter().rposition(|word| address(word).is_some());
                bare.and_then(|at| address(&self.words[at]))
            }
        };
        let Some(address) = address else { return };
        if let Some(at) = bare {
            self.words.remove(at);
            self.words.retain(|word| word != "@");
        } else if !self.before.is_empty() {
            self.words.insert(0, format!("{},", self.before.join(" ")));
        }
        let name = self.words.join(" ");
        let name = if name.trim().is_empty() { self.comment.unwrap_or_default().to_owned() } else { name };
        out.push(Mailbox { name: name_of(&name, &address), address });
    }
}

/// A name as it is shown; none where it says nothing besides the address.
fn name_of(text: &str, address: &str) -> Option<String> {
    let name = tidy(&words::decode(text));
    let name = name.trim_matches('"').trim();
    let name = match name.strip_prefix('\'').and_then(|inner| inner.strip_suffix('\'')) {
        Some(inner) if !inner.is_empty() => inner,
        _ => name,
    };
    let name = at_most(name, NAME).trim();
    (!name.is_empty() && !name.eq_ignore_ascii_case(address)).then(|| name.to_owned())
}

/// An address from what stands in brackets, or from a word: without a route, blanks and what is no part of it.
fn address(text: &str) -> Option<String> {
    if text.len() > 4 * ADDRESS || !text.contains('@') {
        return None;
    }
    let decoded = if text.contains("=?") { words::decode(text) } else { text.to_owned() };
    let text = decoded.trim().trim_matches(['<', '>', '\'', ',', ';']);
    let text = match text.get(..7).filter(|start| start.eq_ignore_ascii_case("mailto:")) {
        Some(_) => &text[7..],
        None => text,
    };
    // An old route: <@one,@two:anna@example.com>.
    let text = if text.starts_with('@') { text.rsplit_once(':')?.1 } else { text };
    let (local, domain) = text.rsplit_once('@')?;
    let local = if local.trim_start().starts_with('"') { tidy(local) } else { without_blanks(local) };
    let domain = without_blanks(domain);
    let domain = domain.trim_matches(['.', '\'', '"', '`']);
    let local = local.trim();
    let is_sound = |part: &str| !part.is_empty() && !part.contains(['<', '>', ',', ';']);
    let is_plain = local.starts_with('"') || !local.contains(['@', '(', ')', ':', '"']);
    let fits = is_sound(domain) && !local.is_empty() && is_plain && local.len() + domain.len() < ADDRESS;
    // Blanks within a quoted local part are allowed, and of no use to anybody.
    (fits && !domain.contains(['(', ')', '"', '\\']) && !local.contains(' '))
        .then(|| format!("{local}@{domain}"))
}

fn without_blanks(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !c.is_control() && *c != '\u{feff}' && *c != '\u{200b}')
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &str) -> Vec<String> {
        let one = |m: Mailbox| match m.name {
            Some(name) => format!("{name} <{}>", m.address),
            None => m.address,
        };
        read(value).into_iter().map(one).collect()
    }

    #[test]
    fn addresses_of_the_rfc() {
        for (value, want) in [
            ("John Doe <jdoe@machine.example>", &["John Doe <jdoe@machine.example>"][..]),
            (
                "mary@x.test, jdoe@example.org, Who? <one@y.test>",
                &["mary@x.test", "jdoe@example.org", "Who? <one@y.test>"],
            ),
            (
                "<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
                &["boss@nil.test", "Giant; \"Big\" Box <sysservices@example.net>"],
            ),
            (
                "A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
                &["Ed Jones <c@a.test>", "joe@where.test", "John <jdoe@one.test>"],
            ),
            ("Undisclosed recipients:;", &[]),
            ("undisclosed-recipients: ;, anna@example.com", &["anna@example.com"]),
            ("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", &[]),
            ("jdoe@example.org (John (the) Doe)", &["John (the) Doe <jdoe@example.org>"]),
            ("<@one.test,@two.test:john@example.org>", &["john@example.org"]),
            ("\"Joe Q. Public\" <john.q.public@example.com>", &["Joe Q. Public <john.q.public@example.com>"]),
            ("\"very.odd\"@example.com", &["very.odd@example.com"]),
            ("a@[IPv6:2001:db8::1]", &["a@[IPv6:2001:db8::1]"]),
            ("=?utf-8?Q?J=C3=BCrgen?= =?utf-8?Q?_M?= <j@example.com>", &["J\u{fc}rgen M <j@example.com>"]),
            ("=?utf-8?Q?Doe=2C_Jane?= <j@example.com>", &["Doe, Jane <j@example.com>"]),
        ] {
            assert_eq!(shown(value), want, "{value}");
        }
    }

    #[test]
    fn addresses_that_break_the_rules() {
        for (value, want) in [
            ("Doe, Jane <jane@example.com>", &["Doe, Jane <jane@example.com>"][..]),
            (
                "Doe, Jane <jane@x.org>, Roe, Rick <rick@x.org>",
                &["Doe, Jane <jane@x.org>", "Roe, Rick <rick@x.org>"],
            ),
            ("anna@example.com; bob@example.com;", &["anna@example.com", "bob@example.com"]),
            ("Anna anna@example.com", &["Anna <anna@example.com>"]),
            ("anna@example.com <anna@example.com>", &["anna@example.com"]),
            ("'Anna' <anna@example.com>", &["Anna <anna@example.com>"]),
            ("\"'anna@example.com'\" <anna@example.com>", &["anna@example.com"]),
            ("<'anna@example.com'>", &["anna@example.com"]),
            ("Anna <mailto:anna@example.com>", &["Anna <anna@example.com>"]),
            ("Anna <<anna@example.com>>", &["Anna <anna@example.com>"]),
            ("Anna <anna@example.com", &["Anna <anna@example.com>"]),
            ("Anna <anna @ example.com>", &["Anna <anna@example.com>"]),
            ("Anna <anna@example.com.>", &["Anna <anna@example.com>"]),
            ("\"Anna <anna@example.com>", &["Anna <anna@example.com>"]),
            ("Anna (unclosed <anna@example.com>", &["Anna unclosed <anna@example.com>"]),
            ("<a@x.org> <b@x.org>", &["a@x.org", "b@x.org"]),
            ("=?utf-8?B?QW5uYSA8YW5uYUBleGFtcGxlLmNvbT4=?=", &["Anna <anna@example.com>"]),
            ("\"=?utf-8?Q?Ann=C3=A1?=\" <anna@example.com>", &["Ann\u{e1} <anna@example.com>"]),
            ("=?utf-8?Q?Anna_(sales),_Ltd?= <anna@example.com>", &["Anna (sales), Ltd <anna@example.com>"]),
            ("\"a b\"@example.com", &[]),
            ("MAILER-DAEMON", &[]),
            ("<>", &[]),
            ("Anna <>", &[]),
            ("", &[]),
            ("@", &[]),
            ("a@", &[]),
            (",,,;:<>()\"", &[]),
        ] {
            assert_eq!(shown(value), want, "{value}");
        }
    }

    #[test]
    fn what_is_read_can_be_shown_and_sent_to() {
        for value in ["a\u{0}b@c\r\nd", "\"a\u{7}\" <b\u{1}@c>", "x\u{200b}@y.org", "\"a b\"@c.org"] {
            for mailbox in read(value) {
                let all = format!("{}{}", mailbox.name.unwrap_or_default(), mailbox.address);
                assert!(!all.chars().any(char::is_control), "{value:?}");
                assert!(!mailbox.address.contains(char::is_whitespace), "{value:?}");
            }
        }
    }
}
