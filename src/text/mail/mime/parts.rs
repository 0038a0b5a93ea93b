//! The tree of a mail's parts (RFC 2046, section 5.1), by the lines that divide them.
//!
//! A multipart is divided by its own lines first, and what lies between is looked at after: whatever is missing within cannot
//! hide what is without. Depth and number are bounded, so that the whole takes time in proportion to the bytes.

use super::fields::{self, Fields};
use super::line;
use super::params::{self, Params};

/// Multiparts within one another; what lies deeper is kept in one piece.
pub const DEPTH: usize = 40;
/// Parts of a mail; what is left then is kept in one piece.
pub const PARTS: usize = 1000;

/// A part of a mail, or the mail as its own first part.
#[derive(Debug)]
pub struct Part<'a> {
    /// Its place, as IMAP counts (RFC 3501, section 6.4.5); empty for a multipart that is the mail itself.
    pub number: String,
    /// Its head.
    pub fields: Fields,
    /// `Content-Type`; the value is never empty.
    pub kind: Params,
    /// What is below its head, still encoded.
    pub body: &'a [u8],
    /// Its parts, if it is a multipart: places in the list.
    pub parts: Vec<usize>,
}

impl Part<'_> {
    /// `Content-Disposition`, where there is one.
    pub fn disposition(&self) -> Option<Params> {
        self.fields.get("content-disposition").map(params::read)
    }

    /// Whether it is of this type, or of any of a kind where it ends in a slash.
    pub fn is(&self, kind: &str) -> bool {
        if kind.ends_with('/') { self.kind.value.starts_with(kind) } else { self.kind.value == kind }
    }
}

/// All parts of a mail: the first is the mail itself, and its children come after each part.
#[derive(Debug)]
pub struct Tree<'a> {
    /// The parts. There is always one.
    pub list: Vec<Part<'a>>,
    /// What was wrong, in words.
    pub defects: Vec<&'static str>,
}

/// Takes a mail apart.
pub fn read(raw: &[u8]) -> Tree<'_> {
    let head = fields::of_mail(raw);
    let mut tree = Tree { list: Vec::new(), defects: head.defects };
    let mut kind = kind_of(&head.fields, "text/plain");
    // Some programs forget to say that there are parts.
    if !head.fields.has("content-type") && found_boundary(head.body).is_some() {
        kind.value = "multipart/mixed".into();
    }
    let is_named = head.fields.has("content-type");
    tree.add(Slice { number: String::new(), fields: head.fields, kind, body: head.body, depth: 0 });
    let kinds: Vec<&str> = tree.list.iter().map(|part| part.kind.value.as_str()).collect();
    if !is_named && kinds == ["multipart/mixed", "text/plain", "text/html"] {
        tree.list[0].kind.value = "multipart/alternative".into();
    }
    tree
}

/// A part before it is divided.
struct Slice<'a> {
    number: String,
    fields: Fields,
    kind: Params,
    body: &'a [u8],
    depth: usize,
}

impl<'a> Slice<'a> {
    fn new(bytes: &'a [u8], number: String, depth: usize, preset: &str) -> Self {
        let head = fields::of_part(bytes);
        let kind = kind_of(&head.fields, preset);
        Slice { number, kind, fields: head.fields, body: head.body, depth }
    }
}

/// A line that divides parts: where it begins with the line end before it, where it ends, whether it is the last.
#[derive(Debug, Clone, Copy)]
struct Divider {
    from: usize,
    to: usize,
    is_last: bool,
}

impl<'a> Tree<'a> {
    fn tell(&mut self, defect: &'static str) {
        if !self.defects.contains(&defect) {
            self.defects.push(defect);
        }
    }

    /// Adds a part and all that is within.
    fn add(&mut self, slice: Slice<'a>) -> usize {
        let dividers = self.dividers(&slice);
        let Slice { number, fields, mut kind, body, depth } = slice;
        let dividers = dividers.unwrap_or_else(|| {
            // Whatever it is, it is a file.
            kind.value = "application/octet-stream".into();
            Vec::new()
        });
        if kind.value.starts_with("multipart/") && dividers.is_empty() {
            // What says that it has parts and has none is text, or what its bytes look like.
            kind.value = if looks_like_html(body) { "text/html" } else { "text/plain" }.into();
        }
        let at = self.list.len();
        let is_single = number.is_empty() && dividers.is_empty();
        let shown = if is_single { "1".to_owned() } else { number.clone() };
        let preset = if kind.value == "multipart/digest" { "message/rfc822" } else { "text/plain" };
        let boundary = kind.get("boundary").map(str::to_owned);
        self.list.push(Part { number: shown, fields, kind, body, parts: Vec::new() });
        let pieces = self.pieces(body, &dividers);
        self.add_all(at, &pieces, &number, depth, preset, boundary.as_deref());
        at
    }

    /// Adds the pieces between dividers as parts of one.
    fn add_all(
        &mut self,
        parent: usize,
        pieces: &[(&'a [u8], bool)],
        number: &str,
        depth: usize,
        preset: &str,
        boundary: Option<&str>,
    ) {
        let mut at = 0;
        let mut count = 0;
        while let Some((bytes, _)) = pieces.get(at) {
            at += 1;
            count += 1;
            let number = if number.is_empty() { count.to_string() } else { format!("{number}.{count}") };
            let slice = Slice::new(bytes, number.clone(), depth + 1, preset);
            let is_twice = boundary.is_some() && slice.kind.get("boundary") == boundary;
            if !(is_twice && slice.kind.value.starts_with("multipart/") && slice.body.trim_ascii().is_empty())
            {
                let child = self.add(slice);
                self.list[parent].parts.push(child);
                continue;
            }
            // The boundary of the outer one was used again: what follows, up to the end of the inner one, is within it.
            self.tell("two of its parts are divided by the same line");
            let rest = &pieces[at..];
            let inner = rest.iter().position(|(_, is_last)| *is_last).map_or(rest.len(), |last| last + 1);
            let child = self.list.len();
            let Slice { fields, kind, body, .. } = slice;
            let preset = if kind.value == "multipart/digest" { "message/rfc822" } else { "text/plain" };
            self.list.push(Part { number: number.clone(), fields, kind, body, parts: Vec::new() });
            self.list[parent].parts.push(child);
            self.add_all(child, &rest[..inner], &number, depth + 1, preset, None);
            at += inner;
        }
    }

    /// What lies between the dividers, and whether the last divider ends it.
    fn pieces(&mut self, body: &'a [u8], dividers: &[Divider]) -> Vec<(&'a [u8], bool)> {
        let mut out = Vec::new();
        for (n, divider) in dividers.iter().enumerate() {
            if divider.is_last {
                // Behind the end there may be words for nobody; but a boundary that is used twice ends twice.
                continue;
            }
            let next = dividers.get(n + 1);
            let end = next.map_or(body.len(), |next| next.from.max(divider.to));
            if self.list.len() + out.len() >= PARTS {
                self.tell("it has too many parts: the rest of them is kept in one piece");
                out.push((&body[divider.to..], true));
                break;
            }
            if next.is_none() {
                self.tell("its last part has no end: it may be cut off");
            }
            out.push((&body[divider.to..end], next.is_none_or(|next| next.is_last)));
        }
        out
    }

    /// The lines that divide a multipart; empty for what is none. None where it lies too deep to be divided.
    fn dividers(&mut self, slice: &Slice<'a>) -> Option<Vec<Divider>> {
        if !slice.kind.value.starts_with("multipart/") {
            return Some(Vec::new());
        }
        if slice.depth >= DEPTH || self.list.len() >= PARTS {
            self.tell("its parts lie too deep within one another: the deepest are kept in one piece");
            return None;
        }
        let named = slice.kind.get("boundary").map(str::trim_end).filter(|boundary| !boundary.is_empty());
        let found = named.map(|boundary| divided_by(slice.body, boundary.as_bytes())).unwrap_or_default();
        if found.iter().any(|divider| !divider.is_last) {
            return Some(found);
        }
        let Some(boundary) = found_boundary(slice.body) else {
            self.tell("it says that it has parts and has none");
            return Some(Vec::new());
        };
        self.tell("its parts are divided by a line that it does not name");
        Some(divided_by(slice.body, boundary))
    }
}

/// The type that a head names, or the one that is meant without.
fn kind_of(fields: &Fields, preset: &str) -> Params {
    let mut kind = fields.get("content-type").map(params::read).unwrap_or_default();
    if kind.value == "text" {
        kind.value = "text/plain".into();
    }
    if !kind.value.contains('/') {
        // Of what is none, it is only known that it is no text.
        kind.value = if kind.value.is_empty() { preset } else { "application/octet-stream" }.into();
    }
    kind
}

/// All lines that consist of two hyphens and a boundary.
fn divided_by(body: &[u8], boundary: &[u8]) -> Vec<Divider> {
    let mut out = Vec::new();
    let mut rest = body;
    while !rest.is_empty() {
        let start = body.len() - rest.len();
        let (text, after) = line(rest);
        rest = after;
        let Some(tail) = text.strip_prefix(b"--").and_then(|text| text.strip_prefix(boundary)) else {
            continue;
        };
        let is_last = tail.starts_with(b"--");
        if !is_last && !tail.trim_ascii().is_empty() {
            continue;
        }
        // The line end before it belongs to it, not to the part (RFC 2046, section 5.1.1).
        let before = &body[..start];
        let before = before.strip_suffix(b"\n").map(|b| b.strip_suffix(b"\r").unwrap_or(b)).unwrap_or(before);
        out.push(Divider { from: before.len(), to: body.len() - rest.len(), is_last });
    }
    out
}

/// The boundary that a body shows without naming it: a line of two hyphens and more, with a field of a part's head below.
fn found_boundary(body: &[u8]) -> Option<&[u8]> {
    let mut rest = body;
    // It stands near the top: before it there is a line or two for old programs.
    for _ in 0..20 {
        let (text, after) = line(rest);
        if after.is_empty() {
            return None;
        }
        if let Some(boundary) = text.strip_prefix(b"--").map(<[u8]>::trim_ascii_end)
            && boundary.len() > 2
            && boundary.len() <= 200
            && line(after).0.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"content-"))
        {
            return Some(boundary);
        }
        rest = after;
    }
    None
}

/// Whether a text begins like HTML.
pub fn looks_like_html(body: &[u8]) -> bool {
    let start = body.trim_ascii_start();
    let start = &start[..start.len().min(15)];
    let start = String::from_utf8_lossy(start).to_ascii_lowercase();
    ["<!doctype html", "<html", "<head", "<body", "<div", "<table"].iter().any(|tag| start.starts_with(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Number, type and bytes of each part.
    fn shape(raw: &str) -> Vec<(String, String, String)> {
        let tree = read(raw.as_bytes());
        let one = |p: &Part<'_>| {
            let body =
                if p.parts.is_empty() { String::from_utf8_lossy(p.body).into_owned() } else { "-".into() };
            (p.number.clone(), p.kind.value.clone(), body)
        };
        tree.list.iter().map(one).collect()
    }

    fn want(list: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
        list.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect()
    }

    const MIXED: &str = "Content-Type: multipart/mixed; boundary=b\n\n";

    #[test]
    fn a_mail_without_parts_is_its_own() {
        assert_eq!(shape("Subject: a\n\nwords\n"), want(&[("1", "text/plain", "words\n")]));
        assert_eq!(shape(""), want(&[("1", "text/plain", "")]));
    }

    #[test]
    fn parts_are_counted_as_imap_does() {
        let raw = format!(
            "{MIXED}preamble\n--b\nContent-Type: multipart/alternative; boundary=\"b1\"\n\n--b1\n\nplain\n--b1\n\
             Content-Type: text/html\n\n<p>\n--b1--\n\n--b\nContent-Type: image/png\n\nx\n--b--\nepilogue\n"
        );
        assert_eq!(
            shape(&raw),
            want(&[
                ("", "multipart/mixed", "-"),
                ("1", "multipart/alternative", "-"),
                ("1.1", "text/plain", "plain"),
                ("1.2", "text/html", "<p>"),
                ("2", "image/png", "x"),
            ])
        );
        assert!(read(raw.as_bytes()).defects.is_empty());
    }

    #[test]
    fn what_is_not_closed_or_named_is_found() {
        // The inner one is not closed.
        let raw = format!(
            "{MIXED}--b\nContent-Type: multipart/alternative; boundary=i\n\n--i\n\nplain\n--b\n\nmore\n--b--\n"
        );
        assert_eq!(shape(&raw)[2..], want(&[("1.1", "text/plain", "plain"), ("2", "text/plain", "more")]));
        // Cut off.
        assert_eq!(shape(&format!("{MIXED}--b\n\nwor"))[1..], want(&[("1", "text/plain", "wor")]));
        // No boundary named, a wrong one, or not even the type.
        let parts = "--x1y\nContent-Type: text/html\n\n<p>\n--x1y--\n";
        for head in [
            "Content-Type: multipart/mixed\n\n",
            "Content-Type: multipart/mixed; boundary=other\n\n",
            "Subject: a\n\nThis is a multi-part message in MIME format.\n\n",
        ] {
            assert_eq!(shape(&format!("{head}{parts}"))[1..], want(&[("1", "text/html", "<p>")]), "{head}");
        }
        // No parts at all.
        assert_eq!(shape(&format!("{MIXED}just words")), want(&[("1", "text/plain", "just words")]));
        assert_eq!(shape(&format!("{MIXED}<html>")), want(&[("1", "text/html", "<html>")]));
        assert_eq!(shape(MIXED), want(&[("1", "text/plain", "")]));
    }

    #[test]
    fn a_line_that_only_begins_like_a_divider_is_none() {
        let raw = format!("{MIXED}--b\n\na\n--bc\n --b\nx--b\n--b \t\n\nb\n--b--");
        assert_eq!(
            shape(&raw)[1..],
            want(&[("1", "text/plain", "a\n--bc\n --b\nx--b"), ("2", "text/plain", "b")])
        );
    }

    #[test]
    fn a_boundary_that_is_used_twice_still_divides() {
        let raw = format!(
            "{MIXED}--b\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\nplain\n--b\nContent-Type: text/html\n\n\
             <p>\n--b--\n--b\nContent-Type: image/png\n\nx\n--b--\n"
        );
        assert_eq!(
            shape(&raw)[1..],
            want(&[
                ("1", "multipart/alternative", "-"),
                ("1.1", "text/plain", "plain"),
                ("1.2", "text/html", "<p>"),
                ("2", "image/png", "x"),
            ])
        );
    }

    #[test]
    fn depth_and_number_are_bounded() {
        let mut deep = String::new();
        for n in 0..5000 {
            deep.push_str(&format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n"));
        }
        let tree = read(deep.as_bytes());
        assert!(tree.list.len() <= DEPTH + 1, "{}", tree.list.len());
        assert!(tree.defects.iter().any(|d| d.contains("too deep")));
        let many = format!("{MIXED}{}--b--\n", "--b\n\nx\n".repeat(5000));
        let tree = read(many.as_bytes());
        assert!(tree.list.len() <= PARTS + 1, "{}", tree.list.len());
        let last = tree.list.last().unwrap();
        assert!(last.body.len() > 3000 * 8, "nothing is lost");
    }
}
