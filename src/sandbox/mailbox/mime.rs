//! How a mail is built, as far as an IMAP server has to know it: parts, their heads, and the description of them.

/// Layers that are looked into.
const DEEPEST: usize = 20;

/// A part of a mail, or the mail itself.
pub(super) struct Part<'a> {
    /// Its head, with the empty line behind.
    pub head: &'a [u8],
    /// What follows.
    pub body: &'a [u8],
    kind: String,
    subtype: String,
    params: Vec<(String, String)>,
    /// The parts of a multipart.
    pub children: Vec<Part<'a>>,
}

/// Splits a head, with its empty line, from what follows.
pub(super) fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    let at = |end: &[u8]| bytes.windows(end.len()).position(|w| w == end).map(|at| at + end.len());
    let end = match (at(b"\r\n\r\n"), at(b"\n\n")) {
        (Some(one), Some(other)) => one.min(other),
        (one, other) => one.or(other).unwrap_or(bytes.len()),
    };
    bytes.split_at(end)
}

/// The lines of a head: names as written with their unfolded values.
pub(super) fn fields(head: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(head);
    let mut out: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        match line.split_once(':') {
            _ if line.starts_with([' ', '\t']) => {
                if let Some((_, value)) = out.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            }
            Some((name, value)) => out.push((name.trim().to_owned(), value.trim().to_owned())),
            None => {}
        }
    }
    out
}

/// The value of a field.
pub(super) fn field(head: &[u8], name: &str) -> Option<String> {
    fields(head).into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// A value with parameters: `text/plain; charset=utf-8`.
fn with_parameters(value: &str) -> (String, Vec<(String, String)>) {
    let mut parts = value.split(';');
    let first = parts.next().unwrap_or_default().trim().to_owned();
    let parameter = |part: &str| {
        let (key, value) = part.split_once('=')?;
        Some((key.trim().to_owned(), value.trim().trim_matches('"').to_owned()))
    };
    (first, parts.filter_map(parameter).collect())
}

/// Reads a mail or a part.
pub(super) fn read(bytes: &[u8], depth: usize) -> Part<'_> {
    let (head, body) = match bytes.strip_prefix(b"\r\n") {
        // A part without a head begins with the line that ends it.
        Some(body) => (&bytes[..0], body),
        None => split(bytes),
    };
    let (kind, params) = with_parameters(&field(head, "content-type").unwrap_or_default());
    let (kind, subtype) = match kind.split_once('/') {
        Some((kind, subtype)) => (kind.to_ascii_uppercase(), subtype.to_ascii_uppercase()),
        None => ("TEXT".to_owned(), "PLAIN".to_owned()),
    };
    let boundary = params.iter().find(|(key, _)| key.eq_ignore_ascii_case("boundary"));
    let children = match boundary {
        Some((_, boundary)) if kind == "MULTIPART" && depth < DEEPEST => {
            pieces(body, boundary).into_iter().map(|piece| read(piece, depth + 1)).collect()
        }
        _ => Vec::new(),
    };
    Part { head, body, kind, subtype, params, children }
}

/// What stands between the boundaries.
fn pieces<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let mark = format!("--{boundary}");
    let mut starts = Vec::new();
    let mut at = 0;
    for line in body.split_inclusive(|b| *b == b'\n') {
        if line.starts_with(mark.as_bytes()) {
            starts.push((at, at + line.len()));
        }
        at += line.len();
    }
    let trimmed =
        |piece: &'a [u8]| piece.strip_suffix(b"\r\n").or(piece.strip_suffix(b"\n")).unwrap_or(piece);
    starts.windows(2).filter_map(|w| Some(trimmed(body.get(w[0].1..w[1].0)?))).collect()
}

impl<'a> Part<'a> {
    /// The part of that path; a mail of one part is its own part 1.
    pub fn at(&self, path: &[usize]) -> Option<&Part<'a>> {
        match path {
            [] => Some(self),
            [1] if self.children.is_empty() => Some(self),
            [first, rest @ ..] => self.children.get(first.checked_sub(1)?)?.at(rest),
        }
    }

    /// The description (RFC 3501, section 7.4.2).
    pub fn structure(&self) -> String {
        if !self.children.is_empty() {
            let children: String = self.children.iter().map(Part::structure).collect();
            return format!("({children} \"{}\" {} NIL NIL NIL)", self.subtype, list(&self.params));
        }
        let of = |name: &str| field(self.head, name);
        let encoding = of("content-transfer-encoding").unwrap_or_else(|| "7BIT".to_owned());
        let lines = self.body.iter().filter(|b| **b == b'\n').count();
        let lines = if self.kind == "TEXT" { format!(" {lines}") } else { String::new() };
        let disposition = match of("content-disposition") {
            Some(value) => {
                let (how, params) = with_parameters(&value);
                format!("({} {})", quoted(&how), list(&params))
            }
            None => "NIL".to_owned(),
        };
        format!(
            "({} {} {} {} NIL {} {}{lines} NIL {disposition} NIL NIL)",
            quoted(&self.kind),
            quoted(&self.subtype),
            list(&self.params),
            of("content-id").map_or("NIL".to_owned(), |id| quoted(&id)),
            quoted(&encoding.to_ascii_uppercase()),
            self.body.len(),
        )
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn list(params: &[(String, String)]) -> String {
    if params.is_empty() {
        return "NIL".to_owned();
    }
    let all: Vec<String> =
        params.iter().map(|(k, v)| format!("{} {}", quoted(&k.to_ascii_uppercase()), quoted(v))).collect();
    format!("({})", all.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str = "Subject: x\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\n\r\nHello\r\n--b\r\n\
        Content-Type: image/png; name=\"a.png\"\r\nContent-Transfer-Encoding: base64\r\n\
        Content-Disposition: attachment; filename=\"a.png\"\r\n\r\nAAAA\r\n--b--\r\n";

    #[test]
    fn parts_are_found_and_described() {
        let mail = read(MAIL.as_bytes(), 0);
        assert_eq!(mail.at(&[1]).unwrap().body, b"Hello");
        assert_eq!(mail.at(&[2]).unwrap().body, b"AAAA");
        assert!(mail.at(&[3]).is_none());
        let told = mail.structure();
        assert!(told.starts_with("((\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 5 0 NIL NIL NIL NIL)"), "{told}");
        assert!(told.contains("\"BASE64\" 4 NIL (\"attachment\" (\"FILENAME\" \"a.png\"))"), "{told}");
        assert_eq!(read(b"A: b\r\n\r\nx", 0).at(&[1]).unwrap().body, b"x");
    }
}
