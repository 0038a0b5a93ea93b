//! Values with parameters: Content-Type (RFC 2045, section 5) and Content-Disposition (RFC 2183), with the continuations and
//! character sets of RFC 2231, and with what is written instead of them.

use super::transfer::unescape;
use super::{at_most, charset, tidy, words};

/// Parameters that are read; the rest is left out.
const MOST: usize = 400;
/// Longest value of a parameter, in bytes.
const LONGEST: usize = 4096;

/// A value and its parameters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Params {
    /// The value, lower case: `text/plain`, `attachment`.
    pub value: String,
    /// The parameters by name in lower case, decoded, each once.
    pub list: Vec<(String, String)>,
}

impl Params {
    /// A parameter, by its lower-case name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.list.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A piece of a parameter as it was written: `name*index*=value`.
struct Piece {
    name: String,
    index: Option<u32>,
    is_extended: bool,
    value: String,
}

/// Reads a value with parameters.
pub fn read(text: &str) -> Params {
    let text = text.trim_start();
    // Behind the value a semicolon is due; some forget it: "text/plain charset=utf-8".
    let end = text.find([';', ' ', '\t', '(']).unwrap_or(text.len());
    let mut out =
        Params { value: tidy(text[..end].trim_matches('"')).to_ascii_lowercase(), list: Vec::new() };
    let mut pieces = Vec::new();
    let mut rest = &text[end..];
    while pieces.len() < MOST {
        rest = without_comment(rest.trim_start_matches([';', ' ', '\t']));
        let Some((piece, after)) = piece(rest) else { break };
        pieces.extend(piece);
        rest = after;
    }
    join(pieces, &mut out.list);
    out
}

/// What is behind a comment in parentheses.
fn without_comment(text: &str) -> &str {
    match text.strip_prefix('(').and_then(|inner| inner.find(')').map(|end| &inner[end + 1..])) {
        Some(after) => after.trim_start_matches([';', ' ', '\t']),
        None => text,
    }
}

/// The next parameter, where it is one, and what is behind it. None at the end.
fn piece(text: &str) -> Option<(Option<Piece>, &str)> {
    if text.is_empty() {
        return None;
    }
    let Some(at) = text.find(['=', ';']).filter(|at| text[*at..].starts_with('=')) else {
        // A word without a value.
        return Some((None, text.find(';').map_or("", |at| &text[at + 1..])));
    };
    let (name, value) = (text[..at].trim(), text[at + 1..].trim_start());
    let (value, rest) = match value.strip_prefix('"') {
        Some(inner) => quoted(inner),
        None => {
            let end = value.find(';').unwrap_or(value.len());
            (value[..end].trim().to_owned(), &value[end..])
        }
    };
    let name = name.to_ascii_lowercase();
    let (name, is_extended) = match name.strip_suffix('*') {
        Some(name) => (name.to_owned(), true),
        None => (name, false),
    };
    let (name, index) = match name.rsplit_once('*').and_then(|(name, at)| Some((name, at.parse().ok()?))) {
        Some((name, index)) => (name.to_owned(), Some(index)),
        None => (name, None),
    };
    let value = at_most(&value, LONGEST).to_owned();
    Some((Some(Piece { name, index, is_extended, value }), rest))
}

/// What stands in quotation marks, and what is behind the second one. Only quotation marks and backslashes are taken as escaped:
/// some programs write paths with single backslashes.
fn quoted(text: &str) -> (String, &str) {
    let mut out = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (out, &text[at + 1..]),
            '\\' => match chars.next_if(|(_, next)| matches!(next, '"' | '\\')) {
                Some((_, next)) => out.push(next),
                None => out.push(c),
            },
            _ => out.push(c),
        }
    }
    (out, "")
}

/// Puts the pieces of each parameter together (RFC 2231, section 3).
fn join(mut pieces: Vec<Piece>, out: &mut Vec<(String, String)>) {
    // What is split or extended comes before what is not: who writes both writes the second for old programs.
    pieces.sort_by(|a, b| {
        let plain = |p: &Piece| p.index.is_none() && !p.is_extended;
        a.name.cmp(&b.name).then(plain(a).cmp(&plain(b))).then(a.index.cmp(&b.index))
    });
    let mut from = 0;
    while from < pieces.len() {
        let same = pieces[from..].iter().take_while(|p| p.name == pieces[from].name).count();
        let value = whole(&pieces[from..from + same]);
        if !pieces[from].name.is_empty() {
            out.push((std::mem::take(&mut pieces[from].name), value));
        }
        from += same;
    }
}

/// The value of all pieces of one parameter, in order.
fn whole(pieces: &[Piece]) -> String {
    let Some(first) = pieces.first() else { return String::new() };
    if first.index.is_none() && !first.is_extended {
        return tidy(&words::decode(&first.value));
    }
    let count =
        if first.index.is_none() { 1 } else { pieces.iter().take_while(|p| p.index.is_some()).count() };
    let pieces = &pieces[..count];
    if pieces.iter().all(|p| !p.is_extended) {
        let joined: String = pieces.iter().map(|p| p.value.as_str()).collect();
        return tidy(&words::decode(&joined));
    }
    let mut charset = None;
    let mut bytes = Vec::new();
    for (n, piece) in pieces.iter().enumerate() {
        let mut value = piece.value.as_str();
        // charset'language'value, in the first piece alone.
        if n == 0
            && piece.is_extended
            && let Some((set, (_, text))) =
                value.split_once('\'').and_then(|(a, b)| Some((a, b.split_once('\'')?)))
        {
            charset = Some(set);
            value = text;
        }
        if piece.is_extended {
            unescape(value.as_bytes(), b'%', &mut bytes);
        } else {
            bytes.extend_from_slice(value.as_bytes());
        }
        if bytes.len() > LONGEST {
            break;
        }
    }
    tidy(at_most(&charset::decode(charset, &bytes), LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<String> {
        let params = read(text);
        params.get("filename").or(params.get("name")).map(str::to_owned)
    }

    #[test]
    fn types_with_parameters() {
        let params = read("Text/HTML; Charset=\"UTF-8\"; format=flowed ; delsp=yes;");
        assert_eq!(params.value, "text/html");
        assert_eq!(params.get("charset"), Some("UTF-8"));
        assert_eq!((params.get("format"), params.get("delsp")), (Some("flowed"), Some("yes")));
        for (text, value, charset) in [
            ("text/plain charset=utf-8", "text/plain", Some("utf-8")),
            (
                "text/plain; (a comment) charset=us-ascii (Plain text)",
                "text/plain",
                Some("us-ascii (Plain text)"),
            ),
            ("text", "text", None),
            ("", "", None),
            ("; charset=x", "", Some("x")),
            ("text/plain; charset", "text/plain", None),
            ("text/plain; =x; charset = y", "text/plain", Some("y")),
            ("text/plain; charset=a; charset=b", "text/plain", Some("a")),
        ] {
            let params = read(text);
            assert_eq!((params.value.as_str(), params.get("charset")), (value, charset), "{text}");
        }
    }

    #[test]
    fn names_of_rfc_2231() {
        for (text, want) in [
            ("attachment; filename*=utf-8''caf%C3%A9.pdf", "caf\u{e9}.pdf"),
            ("attachment; filename*=\"UTF-8''caf%C3%A9.pdf\"", "caf\u{e9}.pdf"),
            ("attachment; filename*0=\"a long \"; filename*1=\"name.pdf\"", "a long name.pdf"),
            ("attachment; filename*1=\"name.pdf\"; filename*0=\"a long \"", "a long name.pdf"),
            // A character split over two pieces, and a set that is named once.
            ("attachment; filename*0*=utf-8'en'caf%C3; filename*1*=%A9; filename*2=.pdf", "caf\u{e9}.pdf"),
            ("attachment; filename*0*=iso-8859-1''caf; filename*1*=%E9.pdf", "caf\u{e9}.pdf"),
            ("attachment; filename=old.pdf; filename*=utf-8''new.pdf", "new.pdf"),
            ("attachment; filename*=plain%20name.pdf", "plain name.pdf"),
            ("attachment; filename*10=k; filename*9=j; filename*0=a", "ajk"),
        ] {
            assert_eq!(name(text).as_deref(), Some(want), "{text}");
        }
    }

    #[test]
    fn names_that_break_the_rules() {
        for (text, want) in [
            ("attachment; filename=my report.pdf", "my report.pdf"),
            ("attachment; filename=\"=?utf-8?Q?caf=C3=A9?=.pdf\"", "caf\u{e9}.pdf"),
            ("attachment; filename=\"=?utf-8?B?Y2Fm?= =?utf-8?B?w6k=?=\"", "caf\u{e9}"),
            ("attachment; filename=\"C:\\docs\\a.pdf\"", "C:\\docs\\a.pdf"),
            ("attachment; filename=\"a \\\"b\\\".pdf\"", "a \"b\".pdf"),
            ("attachment; filename=\"never closed.pdf", "never closed.pdf"),
            ("application/pdf; name=\"a;b.pdf\"", "a;b.pdf"),
        ] {
            assert_eq!(name(text).as_deref(), Some(want), "{text}");
        }
    }
}
