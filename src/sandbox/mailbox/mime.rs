//! How a mail is built (RFC 2045, 2046), as far as IMAP tells it: ENVELOPE, BODYSTRUCTURE and pieces by number.

use super::imap::string;
use std::borrow::Cow;
use std::ops::Range;

/// How deep parts may be in parts; what is deeper is told as it lies there.
const DEEPEST: usize = 20;

/// A part of a mail, or all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// Its head, with the empty line that ends it.
    pub(super) head: Range<usize>,
    /// All behind.
    pub(super) body: Range<usize>,
    kind: (String, String),
    parameters: Vec<(String, String)>,
    inside: Inside,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Inside {
    Leaf,
    Parts(Vec<Part>),
    Mail(Box<Part>),
}

/// A piece that is asked for (RFC 3501, section 6.4.5): numbers, then which side of the part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    numbers: Vec<usize>,
    side: Side,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Side {
    Whole,
    Header,
    /// Some fields, or all others.
    Fields(Vec<String>, bool),
    Text,
    Mime,
}

impl Section {
    /// Reads what stands in the square brackets, in capitals.
    pub(super) fn parse(text: &str) -> Option<Section> {
        let mut numbers = Vec::new();
        let mut rest = text;
        while rest.starts_with(|c: char| c.is_ascii_digit()) {
            let (number, behind) = rest.split_once('.').unwrap_or((rest, ""));
            numbers.push(number.parse().ok().filter(|n| *n > 0)?);
            if behind.is_empty() && rest.ends_with('.') {
                return None;
            }
            rest = behind;
        }
        let side = match rest {
            "" => Side::Whole,
            "HEADER" => Side::Header,
            "TEXT" => Side::Text,
            "MIME" if !numbers.is_empty() => Side::Mime,
            _ => {
                let rest = rest.strip_prefix("HEADER.FIELDS")?;
                let (rest, others) = match rest.strip_prefix(".NOT") {
                    Some(rest) => (rest, true),
                    None => (rest, false),
                };
                let names = rest.trim().strip_prefix('(')?.strip_suffix(')')?;
                let names: Vec<String> = names.split_whitespace().map(str::to_owned).collect();
                if names.is_empty() {
                    return None;
                }
                Side::Fields(names, others)
            }
        };
        Some(Section { numbers, side })
    }
}

/// The lines of a range, with their ends.
fn lines(raw: &[u8], range: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut at = range.start;
    raw.get(range.clone()).unwrap_or_default().split_inclusive(|byte| *byte == b'\n').map(move |line| {
        let begin = at;
        at += line.len();
        begin..at
    })
}

fn bare(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The fields of a head, each with all its lines.
fn fields(raw: &[u8], head: &Range<usize>) -> Vec<(String, Range<usize>)> {
    let mut found: Vec<(String, Range<usize>)> = Vec::new();
    for line in lines(raw, head) {
        let text = bare(raw.get(line.clone()).unwrap_or_default());
        match (text.first(), found.last_mut()) {
            (None, _) => break,
            (Some(b' ' | b'\t'), Some((_, last))) => last.end = line.end,
            _ => {
                if let Some(colon) = text.iter().position(|byte| *byte == b':') {
                    let name = String::from_utf8_lossy(text.get(..colon).unwrap_or_default());
                    found.push((name.trim().to_owned(), line));
                }
            }
        }
    }
    found
}

/// The value of the first field of that name, unfolded.
pub(super) fn field<'a>(raw: &'a [u8], head: &Range<usize>, name: &str) -> Option<Cow<'a, str>> {
    let (_, range) = fields(raw, head).into_iter().find(|(own, _)| own.eq_ignore_ascii_case(name))?;
    let field = raw.get(range)?;
    let colon = field.iter().position(|byte| *byte == b':')?;
    let value = String::from_utf8_lossy(field.get(colon + 1..)?);
    let unfolded: String = value.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    Some(Cow::Owned(unfolded.trim().to_owned()))
}

/// What stands before the first `;`, and what is said behind each.
fn value_and_parameters(value: &str) -> (String, Vec<(String, String)>) {
    let (mut pieces, mut piece) = (Vec::new(), String::new());
    let (mut quoted, mut escaped) = (false, false);
    for c in value.chars() {
        match c {
            ';' if !quoted => pieces.push(std::mem::take(&mut piece)),
            _ => {
                quoted ^= c == '"' && !escaped;
                escaped = c == '\\' && !escaped && quoted;
                piece.push(c);
            }
        }
    }
    pieces.push(piece);
    let mut pieces = pieces.into_iter();
    let first = pieces.next().unwrap_or_default().trim().to_owned();
    let parameter = |piece: String| {
        let (name, value) = piece.split_once('=')?;
        Some((name.trim().to_ascii_lowercase(), unquoted(value.trim())))
    };
    (first, pieces.filter_map(parameter).collect())
}

fn unquoted(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else {
        return text.to_owned();
    };
    let mut out = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        out.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
    }
    out
}

impl Part {
    /// Takes a mail apart.
    pub(super) fn parse(raw: &[u8]) -> Part {
        Part::within(raw, 0..raw.len(), 0, ("text", "plain"))
    }

    fn within(raw: &[u8], range: Range<usize>, depth: usize, default: (&str, &str)) -> Part {
        let is_empty = |line: &Range<usize>| bare(raw.get(line.clone()).unwrap_or_default()).is_empty();
        let end = lines(raw, &range).find(is_empty).map_or(range.end, |line| line.end);
        let (head, body) = (range.start..end, end..range.end);
        let said = field(raw, &head, "Content-Type").map(|value| value_and_parameters(&value));
        let (kind, parameters) = said.unwrap_or_else(|| (format!("{}/{}", default.0, default.1), Vec::new()));
        let kind = match kind.split_once('/') {
            Some((major, minor)) => (major.trim().to_ascii_lowercase(), minor.trim().to_ascii_lowercase()),
            None => (default.0.to_owned(), default.1.to_owned()),
        };
        let inside = match (kind.0.as_str(), kind.1.as_str()) {
            _ if depth >= DEEPEST => Inside::Leaf,
            ("multipart", minor) => {
                let default = if minor == "digest" { ("message", "rfc822") } else { ("text", "plain") };
                let boundary = parameters.iter().find(|(name, _)| name == "boundary");
                let ranges = boundary.map(|(_, text)| split(raw, &body, text)).unwrap_or_default();
                let part = |range| Part::within(raw, range, depth + 1, default);
                let mut parts: Vec<Part> = ranges.into_iter().map(part).collect();
                if parts.is_empty() {
                    // One that has none is told to have an empty one.
                    parts.push(Part::within(raw, body.end..body.end, depth + 1, default));
                }
                Inside::Parts(parts)
            }
            ("message", "rfc822" | "global") => {
                let mail = Part::within(raw, body.clone(), depth + 1, ("text", "plain"));
                Inside::Mail(Box::new(mail))
            }
            _ => Inside::Leaf,
        };
        Part { head, body, kind, parameters, inside }
    }

    /// A piece of the mail that this is; none where there is no such part.
    pub(super) fn piece<'a>(&self, raw: &'a [u8], section: &Section) -> Option<Cow<'a, [u8]>> {
        let mut part = self;
        let (last, before) = match section.numbers.split_last() {
            Some((last, before)) => (Some(*last), before),
            None => (None, [].as_slice()),
        };
        for number in before {
            part = part.content().child(*number)?;
        }
        let chosen = match last {
            Some(number) => part.content().child(number)?,
            None => part,
        };
        // Head and text of a part are those of the mail in it.
        let mail = match (&chosen.inside, last) {
            (_, None) => Some(chosen),
            (Inside::Mail(mail), _) => Some(mail.as_ref()),
            _ => None,
        };
        let range = match &section.side {
            Side::Whole if last.is_none() => 0..raw.len(),
            Side::Whole => chosen.body.clone(),
            Side::Mime => chosen.head.clone(),
            Side::Header => mail?.head.clone(),
            Side::Text => mail?.body.clone(),
            Side::Fields(names, others) => return Some(Cow::Owned(mail?.some_fields(raw, names, *others))),
        };
        raw.get(range).map(Cow::Borrowed)
    }

    fn some_fields(&self, raw: &[u8], names: &[String], others: bool) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, range) in fields(raw, &self.head) {
            if names.iter().any(|wanted| wanted.eq_ignore_ascii_case(&name)) != others {
                out.extend_from_slice(raw.get(range).unwrap_or_default());
            }
        }
        out.extend_from_slice(b"\r\n");
        out
    }

    /// Where numbers go on: in the mail that a part holds.
    fn content(&self) -> &Part {
        match &self.inside {
            Inside::Mail(mail) => mail,
            _ => self,
        }
    }

    /// The part of that number; what has no parts is its own first one.
    fn child(&self, number: usize) -> Option<&Part> {
        match &self.inside {
            Inside::Parts(parts) => parts.get(number - 1),
            _ => (number == 1).then_some(self),
        }
    }

    /// Writes how the mail is built (RFC 3501, section 7.4.2).
    pub(super) fn structure(&self, raw: &[u8], extended: bool, out: &mut Vec<u8>) {
        let value = |name: &str| field(raw, &self.head, name);
        let text = |text: Option<&str>, out: &mut Vec<u8>| {
            out.push(b' ');
            string(text.map(str::as_bytes), out);
        };
        out.push(b'(');
        if let Inside::Parts(parts) = &self.inside {
            parts.iter().for_each(|part| part.structure(raw, extended, out));
            text(Some(&self.kind.1), out);
            if extended {
                out.push(b' ');
                list(&self.parameters, out);
            }
        } else {
            let body = raw.get(self.body.clone()).unwrap_or_default();
            string(Some(self.kind.0.as_bytes()), out);
            text(Some(&self.kind.1), out);
            out.push(b' ');
            match (self.kind.0.as_str(), self.parameters.is_empty()) {
                ("text", true) => out.extend_from_slice(b"(\"charset\" \"us-ascii\")"),
                _ => list(&self.parameters, out),
            }
            text(value("Content-ID").as_deref(), out);
            text(value("Content-Description").as_deref(), out);
            text(Some(value("Content-Transfer-Encoding").as_deref().unwrap_or("7bit")), out);
            out.extend_from_slice(format!(" {}", body.len()).as_bytes());
            let lines = body.split_inclusive(|byte| *byte == b'\n').count();
            if let Inside::Mail(mail) = &self.inside {
                out.push(b' ');
                mail.envelope(raw, out);
                out.push(b' ');
                mail.structure(raw, extended, out);
            }
            if self.kind.0 == "text" || matches!(self.inside, Inside::Mail(_)) {
                out.extend_from_slice(format!(" {lines}").as_bytes());
            }
            if extended {
                text(value("Content-MD5").as_deref(), out);
            }
        }
        if extended {
            match value("Content-Disposition").map(|value| value_and_parameters(&value)) {
                Some((kind, parameters)) => {
                    out.extend_from_slice(b" (");
                    string(Some(kind.as_bytes()), out);
                    out.push(b' ');
                    list(&parameters, out);
                    out.push(b')');
                }
                None => out.extend_from_slice(b" NIL"),
            }
            text(value("Content-Language").as_deref(), out);
            text(value("Content-Location").as_deref(), out);
        }
        out.push(b')');
    }

    /// Writes who wrote to whom about what (RFC 3501, section 7.4.2).
    pub(super) fn envelope(&self, raw: &[u8], out: &mut Vec<u8>) {
        let value = |name: &str| field(raw, &self.head, name);
        let text = |name: &str, out: &mut Vec<u8>| string(value(name).as_deref().map(str::as_bytes), out);
        out.push(b'(');
        text("Date", out);
        out.push(b' ');
        text("Subject", out);
        for name in ["From", "Sender", "Reply-To", "To", "Cc", "Bcc"] {
            out.push(b' ');
            let said = value(name).or_else(|| match name {
                "Sender" | "Reply-To" => value("From"),
                _ => None,
            });
            addresses(said.as_deref(), out);
        }
        for name in ["In-Reply-To", "Message-ID"] {
            out.push(b' ');
            text(name, out);
        }
        out.push(b')');
    }
}

/// Where the parts of a multipart are (RFC 2046, section 5.1.1).
fn split(raw: &[u8], body: &Range<usize>, boundary: &str) -> Vec<Range<usize>> {
    let mark = format!("--{boundary}");
    let (mut parts, mut begun): (Vec<Range<usize>>, Option<usize>) = (Vec::new(), None);
    // The line end before a boundary belongs to it.
    let end_before = |begin: usize, line: usize| {
        let text = raw.get(begin..line).unwrap_or_default();
        begin + bare(text).len()
    };
    for line in lines(raw, body) {
        let text = bare(raw.get(line.clone()).unwrap_or_default());
        let Some(rest) = text.strip_prefix(mark.as_bytes()) else { continue };
        let rest = rest.trim_ascii_end();
        if !matches!(rest, b"" | b"--") {
            continue;
        }
        if let Some(begin) = begun.take() {
            parts.push(begin..end_before(begin, line.start));
        }
        if rest == b"--" {
            return parts;
        }
        begun = Some(line.end);
    }
    // One that does not end ends with what it is in.
    parts.extend(begun.map(|begin| begin..body.end));
    parts
}

fn list(pairs: &[(String, String)], out: &mut Vec<u8>) {
    if pairs.is_empty() {
        return out.extend_from_slice(b"NIL");
    }
    for (n, (name, value)) in pairs.iter().enumerate() {
        out.push(if n == 0 { b'(' } else { b' ' });
        string(Some(name.as_bytes()), out);
        out.push(b' ');
        string(Some(value.as_bytes()), out);
    }
    out.push(b')');
}

/// Addresses as ENVELOPE tells them. Groups are told as having nobody.
fn addresses(said: Option<&str>, out: &mut Vec<u8>) {
    let (mut all, mut one) = (Vec::new(), String::new());
    let (mut quoted, mut escaped) = (false, false);
    for c in said.unwrap_or_default().chars() {
        match c {
            ',' if !quoted => all.push(std::mem::take(&mut one)),
            _ => {
                quoted ^= c == '"' && !escaped;
                escaped = c == '\\' && !escaped && quoted;
                one.push(c);
            }
        }
    }
    all.push(one);
    let mut written = Vec::new();
    for one in all {
        let (name, address) = match one.rsplit_once('<') {
            Some((name, address)) => (name.trim(), address.split('>').next().unwrap_or_default()),
            None => ("", one.trim()),
        };
        let Some((local, domain)) = address.rsplit_once('@') else { continue };
        written.push(b'(');
        let name = unquoted(name);
        string(Some(name.as_bytes()).filter(|name| !name.is_empty()), &mut written);
        written.extend_from_slice(b" NIL ");
        string(Some(local.as_bytes()), &mut written);
        written.push(b' ');
        string(Some(domain.as_bytes()), &mut written);
        written.push(b')');
    }
    if written.is_empty() {
        return out.extend_from_slice(b"NIL");
    }
    out.push(b'(');
    out.append(&mut written);
    out.push(b')');
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mail with an alternative, a file, and a mail that has a file.
    const NESTED: &str = "From: \"Vries, Dana\" <dana@example.net>\r\nTo: support@example.test\r\nSubject: hi\r\n\
Content-Type: multipart/mixed;\r\n boundary=\"b;1\"\r\n\r\nprologue\r\n--b;1\r\n\
Content-Type: multipart/alternative; boundary=b2\r\n\r\n--b2\r\n\r\nplain\r\n--b2\r\nContent-Type: text/html; charset=utf-8\r\n\
Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>html=\r\n</p>\r\n--b2--\r\n\r\n--b;1 \r\n\
Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"a \\\"b\\\".pdf\"\r\nContent-ID: <c@d>\r\n\r\nPDF\r\n--b;1\r\n\
Content-Type: message/rfc822\r\n\r\nSubject: inner\r\nContent-Type: text/plain\r\n\r\ninside\r\n\r\n--b;1--\r\nepilogue\r\n";

    fn piece(section: &str) -> Option<String> {
        let section = Section::parse(section).unwrap();
        let part = Part::parse(NESTED.as_bytes());
        part.piece(NESTED.as_bytes(), &section).map(|piece| String::from_utf8(piece.into_owned()).unwrap())
    }

    #[test]
    fn pieces_by_number() {
        for (section, want) in [
            ("1.1", "plain"),
            ("1.2", "<p>html=\r\n</p>"),
            ("1.1.MIME", "\r\n"),
            ("2", "PDF"),
            ("3", "Subject: inner\r\nContent-Type: text/plain\r\n\r\ninside\r\n"),
            ("3.HEADER", "Subject: inner\r\nContent-Type: text/plain\r\n\r\n"),
            ("3.HEADER.FIELDS (SUBJECT)", "Subject: inner\r\n\r\n"),
            ("3.TEXT", "inside\r\n"),
            ("3.1", "inside\r\n"),
            ("3.MIME", "Content-Type: message/rfc822\r\n\r\n"),
            ("HEADER.FIELDS.NOT (CONTENT-TYPE FROM TO)", "Subject: hi\r\n\r\n"),
        ] {
            assert_eq!(piece(section).as_deref(), Some(want), "{section}");
        }
        for none in ["4", "1.3", "2.2", "2.HEADER", "3.2", "1.1.1.2"] {
            assert_eq!(piece(none), None, "{none}");
        }
        assert_eq!(piece("").unwrap().len(), NESTED.len());
        assert!(piece("TEXT").unwrap().starts_with("prologue"));
        for bad in ["1.", "0", "1.0", "MIME", "1.FOO", "HEADER.FIELDS ()", "HEADER.FIELDS x"] {
            assert_eq!(Section::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn structure_and_envelope() {
        let part = Part::parse(NESTED.as_bytes());
        let mut out = Vec::new();
        part.structure(NESTED.as_bytes(), true, &mut out);
        let want = concat!(
            r#"((("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 5 1 NIL NIL NIL NIL)"#,
            r#"("text" "html" ("charset" "utf-8") NIL NIL "quoted-printable" 14 2 NIL NIL NIL NIL)"#,
            r#" "alternative" ("boundary" "b2") NIL NIL NIL)"#,
            r#"("application" "pdf" NIL "<c@d>" NIL "7bit" 3 NIL ("attachment" ("filename" "a \"b\".pdf")) NIL NIL)"#,
            r#"("message" "rfc822" NIL NIL NIL "7bit" 52 (NIL "inner" NIL NIL NIL NIL NIL NIL NIL NIL)"#,
            r#" ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 8 1 NIL NIL NIL NIL) 4 NIL NIL NIL NIL)"#,
            r#" "mixed" ("boundary" "b;1") NIL NIL NIL)"#,
        );
        assert_eq!(String::from_utf8(out).unwrap(), want);
        let mut out = Vec::new();
        part.envelope(NESTED.as_bytes(), &mut out);
        let dana = r#"(("Vries, Dana" NIL "dana" "example.net"))"#;
        let want = format!(
            r#"(NIL "hi" {dana} {dana} {dana} ((NIL NIL "support" "example.test")) NIL NIL NIL NIL)"#
        );
        assert_eq!(String::from_utf8(out).unwrap(), want);
    }

    #[test]
    fn what_is_broken_is_told_somehow() {
        for raw in [
            "",
            "\r\n",
            "no head",
            "Content-Type: multipart/mixed\r\n\r\nno boundary",
            "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nnever ends",
            "Content-Type: message/rfc822\r\n\r\n",
            "Content-Type: ;;=;\r\n\r\nx",
        ] {
            let part = Part::parse(raw.as_bytes());
            let mut out = Vec::new();
            part.structure(raw.as_bytes(), true, &mut out);
            part.envelope(raw.as_bytes(), &mut out);
            assert!(out.starts_with(b"("), "{raw:?}");
        }
        // A mail in a mail in a mail …
        let deep = "Content-Type: message/rfc822\r\n\r\n".repeat(5_000);
        let mut out = Vec::new();
        Part::parse(deep.as_bytes()).structure(deep.as_bytes(), true, &mut out);
        assert!(out.len() < 10_000);
    }
}
