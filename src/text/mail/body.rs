//! Which parts of a mail are its words and which are files (RFC 2046, RFC 2183, RFC 2387), and the words themselves.

use super::mime::parts::{self, Part, Tree, looks_like_html};
use super::mime::{at_most, charset, transfer};
use super::parsed::Feature;
use super::plain::{self, Lines};
use super::{calendar, cms, features, html};

/// Longest text that is kept, in bytes. What is longer is kept whole as a file.
pub const TEXT: usize = 1 << 20;
/// Signatures within one another that are opened.
const SEALS: usize = 2;
/// A text with this many letters is not taken for a stand-in.
const STAND_IN: usize = 400;

/// What programs write into the plain text in place of the words, lower case.
const STAND_INS: &[&str] = &[
    "does not support html",
    "doesn't support html",
    "doesn\u{2019}t support html",
    "not support html",
    "no plain text",
    "no plain-text",
    "no text part",
    "without a plain text",
    "does not show html",
    "cannot display html",
    "can't display html",
    "unable to display html",
    "html-enabled",
    "html enabled",
    "html-compatible",
    "html compatible",
    "html capable",
    "view the html version",
    "view this email in html",
    "view this message in html",
    "is in html format",
    "this is an html",
    "to view this message",
    "to view this email",
    "view this email in your browser",
    "kein html",
    "html-f\u{e4}hig",
    "im html-format",
    "format html",
    "ne supporte pas",
    "no soporta html",
    "n\u{e3}o suporta html",
    "non supporta",
    "geen html",
    "html niet",
];

/// The words of a mail, and which of its parts are files.
#[derive(Debug, Default)]
pub(super) struct Body {
    /// The words.
    pub text: String,
    /// The HTML that came.
    pub html: Option<String>,
    /// The parts that are files: places in the tree, in order.
    pub files: Vec<usize>,
    /// What is there besides.
    pub features: Vec<Feature>,
    /// What was wrong.
    pub defects: Vec<&'static str>,
    /// Words were found: what has a name and comes later is a file.
    has_words: bool,
    /// Signatures that this lies within.
    seals: usize,
}

/// Words of a part.
#[derive(Debug, Default)]
struct Words {
    text: String,
    html: Option<String>,
}

/// Reads the words out of a tree.
pub(super) fn read(tree: &Tree<'_>) -> Body {
    let mut body = Body::default();
    let words = body.walk(tree, 0, false).unwrap_or_default();
    body.text = words.text;
    body.html = words.html;
    if let Some((feature, stripped)) = features::of_armour(&body.text) {
        body.note(feature);
        if let Some(stripped) = stripped {
            body.text = stripped;
        }
    }
    if body.text.len() > TEXT {
        body.tell("its text is very long: the whole of it is kept as a file");
        body.note(Feature::Cut { is_kept: true });
        body.text.truncate(at_most(&body.text, TEXT).len());
    }
    body
}

/// The characters of a part of text.
pub(super) fn characters(part: &Part<'_>) -> (String, bool) {
    let (bytes, fits) = transfer::decode(part.fields.get("content-transfer-encoding"), part.body);
    let named = part.kind.get("charset").map(str::to_owned);
    let named = named.or_else(|| if part.is("text/html") { named_within(&bytes) } else { None });
    (charset::decode(named.as_deref(), &bytes), fits)
}

/// The character set that HTML names in its head.
fn named_within(bytes: &[u8]) -> Option<String> {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(2048)]).to_ascii_lowercase();
    let (_, behind) = start.split_once("charset=")?;
    let end = behind.trim_start_matches(['"', '\'']);
    Some(end.split(['"', '\'', '>', ' ', ';', '/']).next().unwrap_or_default().to_owned())
        .filter(|name| !name.is_empty())
}

impl Body {
    fn tell(&mut self, defect: &'static str) {
        if !self.defects.contains(&defect) {
            self.defects.push(defect);
        }
    }

    fn note(&mut self, feature: Feature) {
        if !self.features.contains(&feature) {
            self.features.push(feature);
        }
    }

    /// The words of a part and of all within; its files are noted on the way. `as_words` where a name makes it no file.
    fn walk(&mut self, tree: &Tree<'_>, at: usize, as_words: bool) -> Option<Words> {
        let part = tree.list.get(at)?;
        if part.parts.is_empty() {
            return self.leaf(part, at, as_words);
        }
        if let Some(feature) = features::of_multipart(part) {
            self.note(feature);
        }
        match part.kind.value.as_str() {
            "multipart/alternative" => self.alternative(tree, part),
            "multipart/related" => self.related(tree, part),
            _ => self.mixed(tree, &part.parts),
        }
    }

    /// Parts one after another: all words, in order.
    fn mixed(&mut self, tree: &Tree<'_>, parts: &[usize]) -> Option<Words> {
        let mut out: Option<Words> = None;
        for at in parts {
            let Some(words) = self.walk(tree, *at, false) else { continue };
            match &mut out {
                None => out = Some(words),
                Some(out) => out.add(words),
            }
        }
        out
    }

    /// The same words in several forms, the richest last (RFC 2046, section 5.1.4).
    fn alternative(&mut self, tree: &Tree<'_>, part: &Part<'_>) -> Option<Words> {
        let (mut plain, mut rich): (Option<Words>, Option<Words>) = (None, None);
        for at in &part.parts {
            // Forms for clocks and for pages that are alive: nobody misses them.
            if tree.list[*at].is("text/x-amp-html") || tree.list[*at].is("text/watch-html") {
                continue;
            }
            let Some(words) = self.walk(tree, *at, true) else { continue };
            let slot = if words.html.is_some() { &mut rich } else { &mut plain };
            match slot {
                Some(first) if words.html.is_none() => first.add(words),
                _ => *slot = Some(words),
            }
        }
        match (plain, rich) {
            (Some(plain), Some(rich)) => Some(Words {
                text: if is_better(&rich, &plain.text) { rich.text } else { plain.text },
                html: rich.html,
            }),
            (plain, rich) => rich.or(plain),
        }
    }

    /// A page and what it shows (RFC 2387): the page is the words, all else are files.
    fn related(&mut self, tree: &Tree<'_>, part: &Part<'_>) -> Option<Words> {
        let start = part.kind.get("start").map(|id| id.trim_matches(['<', '>', ' ']));
        let is_start = |at: &&usize| {
            let id = tree.list[**at].fields.get("content-id").map(|id| id.trim_matches(['<', '>', ' ']));
            start.is_some() && id == start
        };
        let is_page = |at: &&usize| tree.list[**at].is("text/html") || tree.list[**at].is("multipart/");
        let root = part.parts.iter().find(is_start).or_else(|| part.parts.iter().find(is_page)).copied();
        let Some(root) = root else { return self.mixed(tree, &part.parts) };
        let mut out = None;
        for at in &part.parts {
            if *at == root {
                out = self.walk(tree, *at, true);
            } else if tree.list[*at].parts.is_empty() {
                self.file(&tree.list[*at], *at);
            } else if let Some(words) = self.walk(tree, *at, false) {
                out.get_or_insert_with(Words::default).add(words);
            }
        }
        out
    }

    /// A part without parts: words, or a file.
    fn leaf(&mut self, part: &Part<'_>, at: usize, as_words: bool) -> Option<Words> {
        if features::is_seal(part) || is_report(part) {
            return None;
        }
        let disposition = part.disposition();
        let is_attached = disposition.as_ref().is_some_and(|d| d.value == "attachment");
        let has_name =
            part.kind.get("name").is_some() || disposition.is_some_and(|d| d.get("filename").is_some());
        let is_text = matches!(
            part.kind.value.as_str(),
            "text/plain" | "text/html" | "text/enriched" | "text/richtext" | "text/markdown"
        );
        if part.kind.value.ends_with("pkcs7-mime") {
            return self.sealed(part, at);
        }
        // A text with a name is a file, unless nothing else can be the words.
        if !is_text || is_attached || (has_name && self.has_words && !as_words) {
            self.file(part, at);
            return None;
        }
        let (text, fits) = characters(part);
        if !fits {
            self.tell("a part of it is not encoded in the way that it says");
        }
        let is_html = part.is("text/html") || (!as_words && looks_like_html(text.as_bytes()));
        let words = if is_html {
            let kept = at_most(&text, html::LONGEST);
            if kept.len() < text.len() {
                self.tell("its HTML is very long: the whole of it is kept as a file");
                self.files.push(at);
            }
            Words { text: html::to_text(kept), html: Some(kept.to_owned()) }
        } else if part.is("text/enriched") || part.is("text/richtext") {
            // RFC 1896: two line ends are one, one is a blank.
            Words { text: html::to_text(&text.replace("\r\n", "\n").replace("\n\n", "<br>")), html: None }
        } else {
            let says = |name: &str, value: &str| {
                part.kind.get(name).is_some_and(|said| said.eq_ignore_ascii_case(value))
            };
            let lines = Lines { is_flowed: says("format", "flowed"), drops_blank: says("delsp", "yes") };
            Words { text: plain::to_text(&text, lines), html: None }
        };
        if words.text.len() > TEXT && self.files.last() != Some(&at) {
            self.files.push(at);
        }
        self.has_words |= !words.text.is_empty();
        Some(words)
    }

    /// Notes a file, and what it tells of the mail.
    fn file(&mut self, part: &Part<'_>, at: usize) {
        if features::is_seal(part) || is_report(part) {
            return;
        }
        if part.is("text/calendar") || part.is("application/ics") {
            self.calendar(part, at);
            return;
        }
        self.files.push(at);
    }

    /// A file of S/MIME. What is only signed can be read: its words lie within.
    fn sealed(&mut self, part: &Part<'_>, at: usize) -> Option<Words> {
        self.files.push(at);
        let (bytes, _) = transfer::decode(part.fields.get("content-transfer-encoding"), part.body);
        let feature = features::of_smime(part, &bytes)?;
        let inner =
            if feature == Feature::SmimeSigned && self.seals < SEALS { cms::content(&bytes) } else { None };
        self.note(feature);
        let inner = inner?;
        let tree = parts::read(&inner);
        let mut within = Body { seals: self.seals + 1, ..Body::default() };
        let words = within.walk(&tree, 0, true);
        if !within.files.is_empty() {
            self.tell("it has files that lie within its signature");
        }
        for feature in within.features {
            self.note(feature);
        }
        words
    }

    /// An invitation often comes twice, as one of the forms of the words and as a file: then it is one.
    fn calendar(&mut self, part: &Part<'_>, at: usize) {
        let (text, _) = characters(part);
        let Some(feature) = calendar::read(&text, part.kind.get("method")) else {
            self.files.push(at);
            return;
        };
        if !self.features.contains(&feature) {
            self.files.push(at);
            self.features.push(feature);
        }
    }
}

impl Words {
    fn add(&mut self, more: Words) {
        if !more.text.is_empty() {
            if !self.text.is_empty() {
                self.text.push_str("\n\n");
            }
            self.text.push_str(&more.text);
        }
        match (&mut self.html, more.html) {
            (Some(html), Some(more)) if html.len() + more.len() < html::LONGEST => {
                html.push('\n');
                html.push_str(&more);
            }
            (None, Some(more)) => self.html = Some(more),
            _ => {}
        }
    }
}

/// Whether a part is a report for programs: what it says is told otherwise.
fn is_report(part: &Part<'_>) -> bool {
    matches!(
        part.kind.value.as_str(),
        "message/delivery-status"
            | "message/global-delivery-status"
            | "message/disposition-notification"
            | "message/global-disposition-notification"
            | "text/rfc822-headers"
            | "message/global-headers"
    )
}

/// Whether the words of HTML are the real ones: the plain text is empty, or stands in for them, or is far shorter.
fn is_better(rich: &Words, plain: &str) -> bool {
    let told = letters(plain);
    if told == 0 {
        return !rich.text.is_empty();
    }
    let real = letters(&rich.text);
    let is_short = told < STAND_IN;
    let lower = if is_short { plain.to_lowercase() } else { String::new() };
    if is_short && STAND_INS.iter().any(|said| lower.contains(said)) {
        // However short the words are, an answer of one line is: unless they stand in the plain text as well.
        return real > 0 && !bare(plain).contains(&bare(&rich.text));
    }
    real > 5 * told && real - told > 300
}

/// Letters and digits alone, to see whether one text has what another one says.
fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Letters and digits of a text, those of addresses of the web left out.
fn letters(text: &str) -> usize {
    let words = text.split_whitespace().filter(|word| !word.contains("://"));
    words.map(|word| word.chars().filter(|c| c.is_alphanumeric()).count()).sum()
}

#[cfg(test)]
mod tests {
    use super::super::mime::parts;
    use super::*;

    fn body(raw: &str) -> Body {
        read(&parts::read(raw.as_bytes()))
    }

    fn alternative(plain: &str, html: &str) -> String {
        format!(
            "Content-Type: multipart/alternative; boundary=b\n\n--b\n\n{plain}\n--b\nContent-Type: text/html\n\n{html}\n--b--\n"
        )
    }

    #[test]
    fn plain_text_is_preferred_where_it_says_the_same() {
        let read = body(&alternative("Hello Ana", "<p>Hello <b>Ana</b></p>"));
        assert_eq!(
            (read.text.as_str(), read.html.as_deref()),
            ("Hello Ana", Some("<p>Hello <b>Ana</b></p>"))
        );
        for plain in ["", " \n", "Your client does not support HTML.", "Diese E-Mail ist im HTML-Format."] {
            let read =
                body(&alternative(plain, &format!("<p>Hello Ana, {}</p>", "all is well here, ".repeat(3))));
            assert!(read.text.starts_with("Hello Ana, all"), "{plain}: {}", read.text);
        }
        // An answer of one line is shorter than what stands in for it.
        for plain in [
            "This is an HTML message. Your e-mail client does not support HTML.",
            "[This message has no plain text part]",
        ] {
            assert_eq!(body(&alternative(plain, "<p>Yes, cancel 4711.</p>")).text, "Yes, cancel 4711.");
        }
        let asked = "It says: your program does not support HTML.";
        assert_eq!(body(&alternative(asked, "<b>does not support HTML</b>")).text, asked);
        let long = format!("<p>{}</p>", "many more words ".repeat(50));
        assert!(
            body(&alternative("See below https://x.example/aaaaaaaaaaaaaaaaaaaaaaaa", &long))
                .text
                .starts_with("many")
        );
        assert_eq!(body(&alternative("Short, and all.", "")).text, "Short, and all.");
    }

    #[test]
    fn html_names_its_own_set() {
        let raw = b"Content-Type: text/html\n\n<meta charset=\"windows-1251\"><p>\xcf\xf0\xe8\xe2\xe5\xf2";
        assert_eq!(read(&parts::read(raw)).text, "\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}");
    }

    #[test]
    fn a_text_with_a_name_is_a_file_unless_it_is_all_there_is() {
        let named = "Content-Type: text/plain; name=a.txt\n\n";
        let both =
            format!("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nwords\n--b\n{named}file\n--b--");
        let read = body(&both);
        assert_eq!((read.text.as_str(), &read.files[..]), ("words", &[2][..]));
        assert_eq!(body(&format!("{named}words")).text, "words");
        let attached = format!("Content-Disposition: attachment\n{named}file");
        assert_eq!((body(&attached).text.as_str(), body(&attached).files.len()), ("", 1));
    }

    #[test]
    fn a_very_long_text_is_also_a_file() {
        let read = body(&format!("Subject: x\n\n{}", "words words\n".repeat(TEXT / 10)));
        assert!(read.text.len() <= TEXT && read.text.len() > TEXT - 20);
        assert_eq!((&read.files[..], read.defects.len()), (&[0][..], 1));
    }
}
