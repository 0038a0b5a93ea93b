//! HTML as a row of tags and texts, over the source once and without a tree: any nesting costs nothing.
//!
//! What a browser's parser repairs by moving elements about is left as it stands. Text comes out of it all the same, and a tree
//! by the rules may grow out of all proportion to its source (each paragraph takes over all open fonts of the one before).

use mail_parser::decoders::html::add_html_token;
use std::borrow::Cow;

/// Longest name of an element that is told apart.
const NAME: usize = 12;
/// Longest name of a character, with its marks.
const ENTITY: usize = 34;

/// The name of an element, lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name {
    bytes: [u8; NAME],
    length: usize,
}

impl Name {
    fn new(text: &str) -> Name {
        let mut bytes = [0; NAME];
        let length = text.len().min(NAME);
        for (to, from) in bytes.iter_mut().zip(text.bytes()) {
            *to = from.to_ascii_lowercase();
        }
        Name { bytes, length }
    }

    /// As a word.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

/// A tag that opens an element.
#[derive(Debug, Clone, Copy)]
pub struct Tag<'a> {
    /// Its name.
    pub name: Name,
    /// Its attributes as they are written.
    attributes: &'a str,
}

/// A piece of HTML.
#[derive(Debug, Clone, Copy)]
pub enum Token<'a> {
    /// Text, its entities not yet read.
    Text(&'a str),
    /// An element begins.
    Open(Tag<'a>),
    /// An element ends.
    Close(Name),
}

/// Takes HTML apart. Comments, declarations, and what is never shown (scripts, styles, titles) are left out.
pub struct Tokens<'a> {
    rest: &'a str,
    /// No comment ends any more.
    no_comment: bool,
    /// Quotation marks within tags do not come in pairs: they are characters like others.
    no_quotes: bool,
}

impl<'a> Tokens<'a> {
    /// The tokens of a text.
    pub fn new(html: &'a str) -> Tokens<'a> {
        Tokens { rest: html, no_comment: false, no_quotes: false }
    }

    fn text(&mut self, from: usize) -> Token<'a> {
        let end = self.rest[from..].find('<').map_or(self.rest.len(), |at| from + at);
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        Token::Text(text)
    }

    /// Passes over a comment or a declaration.
    fn skip(&mut self) {
        if let Some(inner) = self.rest.strip_prefix("<!--")
            && !self.no_comment
        {
            match inner.find("-->") {
                // `<!-->` and `<!--->` are comments already.
                _ if inner.starts_with('>') => self.rest = &inner[1..],
                _ if inner.starts_with("->") => self.rest = &inner[2..],
                Some(end) => self.rest = &inner[end + 3..],
                None => self.no_comment = true,
            }
            if !self.no_comment {
                return;
            }
        }
        // The conditions of Outlook, `<![if !mso]>`, are such as well: what they enclose stays.
        self.rest = self.rest.find('>').map_or("", |end| &self.rest[end + 1..]);
    }

    /// The attributes up to the end of a tag, and what is behind it. A quoted value may hold the mark that ends a tag.
    fn attributes(&mut self, text: &'a str) -> Option<(&'a str, &'a str)> {
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at).filter(|_| !self.no_quotes) {
            match byte {
                b'>' => return Some((&text[..at], &text[at + 1..])),
                b'=' => {
                    at += 1;
                    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
                        at += 1;
                    }
                    if let Some(quote @ (b'"' | b'\'')) = bytes.get(at) {
                        // Without a second mark the first is a character.
                        at += text[at + 1..].find(char::from(*quote)).map_or(0, |length| length + 1) + 1;
                    }
                }
                _ => at += 1,
            }
        }
        // A mark was closed by that of a later tag. From here on the first end counts, else each tag looks to the end in vain.
        self.no_quotes = true;
        text.find('>').map(|at| (&text[..at], &text[at + 1..]))
    }

    /// Passes over what is never shown, with the tag that ends it.
    fn skip_content(&mut self, name: Name) {
        let mut rest = self.rest;
        while let Some(at) = rest.find("</") {
            rest = &rest[at + 2..];
            if rest.get(..name.length).is_some_and(|start| start.eq_ignore_ascii_case(name.as_str())) {
                self.rest = rest.find('>').map_or("", |end| &rest[end + 1..]);
                return;
            }
        }
        self.rest = "";
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let Some(inner) = self.rest.strip_prefix('<') else { return Some(self.text(0)) };
            let is_close = inner.starts_with('/');
            let inner = inner.strip_prefix('/').unwrap_or(inner);
            match inner.bytes().next() {
                Some(b'!' | b'?') if !is_close => self.skip(),
                Some(first) if first.is_ascii_alphabetic() => {
                    let end = inner.find(|c: char| c.is_whitespace() || matches!(c, '/' | '>' | '<'));
                    let (word, after) = inner.split_at(end.unwrap_or(inner.len()));
                    let Some((attributes, rest)) = self.attributes(after) else {
                        // Nothing closes it, or anything behind it: all of it is text.
                        let text = self.rest;
                        self.rest = "";
                        return Some(Token::Text(text));
                    };
                    self.rest = rest;
                    let name = Name::new(word);
                    if is_close {
                        return Some(Token::Close(name));
                    }
                    if matches!(
                        name.as_str(),
                        "script"
                            | "style"
                            | "title"
                            | "textarea"
                            | "xmp"
                            | "iframe"
                            | "noembed"
                            | "noframes"
                            | "template"
                    ) {
                        self.skip_content(name);
                        continue;
                    }
                    return Some(Token::Open(Tag { name, attributes }));
                }
                // "a < b", or "</ >".
                _ => return Some(self.text(1)),
            }
        }
    }
}

impl Tag<'_> {
    /// The value of an attribute, by its lower-case name.
    pub fn attribute(&self, name: &str) -> Option<String> {
        let mut rest = self.attributes;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
            if rest.is_empty() {
                return None;
            }
            // A name has one character at least, even if that is the mark behind names.
            let ends = |(at, c): &(usize, char)| *at > 0 && (c.is_whitespace() || matches!(c, '=' | '/'));
            let end = rest.char_indices().find(ends).map_or(rest.len(), |(at, _)| at);
            let (word, after) = rest.split_at(end);
            let (value, after) = match after.trim_start().strip_prefix('=') {
                Some(value) => value_of(value.trim_start()),
                None => ("", after),
            };
            if word.eq_ignore_ascii_case(name) {
                return Some(characters(value).into_owned());
            }
            rest = after;
        }
    }

    /// Whether it ends where it begins.
    pub fn is_closed(&self) -> bool {
        self.attributes.ends_with('/')
    }

    /// Whether it has any attribute.
    pub fn has_attributes(&self) -> bool {
        !self.attributes.is_empty()
    }
}

fn value_of(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            return inner.split_once(quote).unwrap_or((inner, ""));
        }
    }
    text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))
}

/// Text with its entities read.
pub fn characters(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = entity(rest, &mut out);
        if length == 0 {
            out.push('&');
        }
        rest = &rest[length.max(1)..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Reads the entity at the beginning of a text: its length, 0 where there is none.
fn entity(text: &str, out: &mut String) -> usize {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || *b == b'#';
    let length = 1 + text.bytes().skip(1).take(ENTITY).take_while(is_part).count();
    let is_closed = text.as_bytes().get(length) == Some(&b';');
    let name = &text[1..length];
    if let Some(number) = name.strip_prefix('#') {
        let (digits, radix) = match number.strip_prefix(['x', 'X']) {
            Some(digits) => (digits, 16),
            None => (number, 10),
        };
        let Ok(code) = u32::from_str_radix(digits, radix) else { return 0 };
        out.extend(char::from_u32(western(code)));
        return length + usize::from(is_closed);
    }
    if is_closed {
        let from = out.len();
        add_html_token(out, &text.as_bytes()[..=length], false);
        if out[from..] != text[..=length] {
            return length + 1;
        }
        out.truncate(from);
        return 0;
    }
    // The oldest may lack their semicolon, though not within an address: "?a=1&lt=2".
    let known = [("nbsp", '\u{a0}'), ("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"')];
    let found = known.into_iter().find(|(known, _)| *known == name);
    match found.filter(|_| text.as_bytes().get(length) != Some(&b'=')) {
        Some((_, c)) => {
            out.push(c);
            length
        }
        None => 0,
    }
}

/// Numbers of control characters are meant for those of windows-1252 (the HTML standard, "numeric character reference end state").
const fn western(code: u32) -> u32 {
    const WESTERN: [u32; 32] = [
        0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152,
        0x8d, 0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122,
        0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178,
    ];
    if code >= 0x80 && code < 0xa0 { WESTERN[(code - 0x80) as usize] } else { code }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(html: &str) -> String {
        let one = |token| match token {
            Token::Text(text) => characters(text).into_owned(),
            Token::Open(tag) => format!("[{}]", tag.name.as_str()),
            Token::Close(name) => format!("[/{}]", name.as_str()),
        };
        Tokens::new(html).map(one).collect()
    }

    #[test]
    fn tags_and_texts() {
        for (html, want) in [
            ("<P Class=x>a<br/>b</p >", "[p]a[br]b[/p]"),
            ("a < b <3 </ c>", "a < b <3 </ c>"),
            ("a<!-- <b> --><i>c<!--> d <!---> e", "a[i]c d  e"),
            ("a<!-- never closed <b>c", "ac"),
            ("<!DOCTYPE html><![if !mso]>a<![endif]><?xml ?>", "a"),
            ("<style>p > a {}</style>x<SCRIPT>if (a<b) '</b>'</ScRipt >y", "xy"),
            ("<a title=\"a > b\" href='c>d'>e", "[a]e"),
            ("<a title=\"never closed>e <b>f", "[a]e [b]f"),
            ("<a href=x", "<a href=x"),
            ("a <b", "a <b"),
            ("<style>x", ""),
        ] {
            assert_eq!(shape(html), want, "{html}");
        }
    }

    #[test]
    fn attributes_in_any_dress() {
        let html = "<a HREF = \"x?a=1&amp;b=2&copy=3\" title='it&#39;s' disabled id=y/z alt=>";
        let Some(Token::Open(tag)) = Tokens::new(html).next() else { panic!("no tag") };
        assert_eq!(tag.attribute("href").as_deref(), Some("x?a=1&b=2&copy=3"));
        assert_eq!(tag.attribute("title").as_deref(), Some("it's"));
        assert_eq!(tag.attribute("disabled").as_deref(), Some(""));
        assert_eq!(tag.attribute("id").as_deref(), Some("y/z"));
        assert_eq!(tag.attribute("alt").as_deref(), Some(""));
        assert_eq!(tag.attribute("name"), None);
        assert!(tag.has_attributes());
    }

    #[test]
    fn entities() {
        for (text, want) in [
            ("&amp;&lt;&eacute;&hellip;", "&<\u{e9}\u{2026}"),
            ("&#233;&#xE9;&#146;&#x1F600;", "\u{e9}\u{e9}\u{2019}\u{1f600}"),
            ("&nbsp a &amp b&copy", "\u{a0} a & b&copy"),
            ("&nosuch; & &; &# &#x; &#9999999999;", "&nosuch; & &; &# &#x; &#9999999999;"),
            ("&amp;amp;", "&amp;"),
            ("AT&T", "AT&T"),
        ] {
            assert_eq!(characters(text), want, "{text}");
        }
    }
}
