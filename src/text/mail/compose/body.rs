//! The words of a mail in the two ways in which it carries them: as text and as HTML, with signature, logo and history.

pub use super::pictures::Attached;

use super::html::verbatim;
use super::pictures::Pictures;
use super::quote::{self, Quoting};
use super::{given, markdown, outgoing};
use crate::domain::mail::{Manner, Quoted};
use crate::text::mail::html;
use crate::text::markup;
use jiff::tz::TimeZone;

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    /// As text, what was typed.
    pub text: String,
    /// As HTML, a whole document; empty = there is none.
    pub html: String,
    /// Which of the files the HTML shows in its place, with their `Content-ID`.
    pub inline: Vec<(usize, String)>,
}

/// What a mail has besides its words.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    /// Its `Message-ID`, without brackets: names of pictures are made of it.
    pub message_id: &'a str,
    /// How it came to be.
    pub manner: Manner,
    /// Files that go along.
    pub files: &'a [Attached<'a>],
    /// The signature, with marks; empty = none.
    pub signature: &'a str,
    /// Where the picture below the signature is: `https://…`, or `cid:…` of a file.
    pub logo: Option<&'a str>,
    /// What is answered or passed on.
    pub quoted: Option<&'a Quoted>,
    /// Where that stands.
    pub quoting: Quoting,
    /// In which zone its time is told.
    pub zone: &'a TimeZone,
}

/// Makes the body of a mail out of what an agent wrote: text with marks, or HTML.
pub fn body(words: &str, is_html: bool, letter: &Letter<'_>) -> Body {
    let mut pictures = Pictures::new(letter.files, letter.message_id);
    let words = outgoing(words);
    let (html, text) = if is_html {
        let html = given::html(&words, &mut pictures);
        let text = html::to_text(&html);
        (html, text)
    } else {
        // An empty line before and behind is of no use; blanks before the first word may be.
        let words = words.trim_end().trim_start_matches('\n');
        (markdown::html(words, &mut pictures), markdown::text(words, &pictures))
    };
    let signature = outgoing(letter.signature);
    let signature = signature.trim();
    let mut parts = Parts::default();
    let above = letter.quoting == Quoting::Above && !letter.manner.is_forward();
    if above {
        parts.history(letter);
    }
    parts.add(text, html);
    let mut html =
        if signature.is_empty() { String::new() } else { markdown::html(signature, &mut pictures) };
    if let Some(logo) = letter.logo.filter(|logo| logo.starts_with("https://") || logo.starts_with("cid:")) {
        html.push_str(&format!("<p style=\"margin:0 0 1em\">{}</p>\n", markdown::picture(logo, "")));
    }
    if !html.is_empty() {
        // The line by which programs know that a signature follows (RFC 3676, section 4.3).
        let text = if signature.is_empty() {
            String::new()
        } else {
            format!("-- \n{}", markdown::text(signature, &pictures))
        };
        parts.add(text, format!("<div>\n{html}</div>\n"));
    }
    if !above {
        parts.history(letter);
    }
    let text = if parts.text.is_empty() { String::new() } else { format!("{}\n", parts.text) };
    Body { text, html: document(&parts.html), inline: pictures.shown() }
}

/// What an agent wrote for who sees neither marks nor HTML: without marks, and with the addresses of links behind their words.
pub fn plain(words: &str) -> String {
    markup::spelled(&outgoing(words))
}

#[derive(Default)]
struct Parts {
    text: String,
    html: String,
}

impl Parts {
    fn add(&mut self, text: String, html: String) {
        let text = text.trim_end();
        if !text.is_empty() {
            if !self.text.is_empty() {
                self.text.push_str("\n\n");
            }
            self.text.push_str(text);
        }
        self.html.push_str(&html);
    }

    fn history(&mut self, letter: &Letter<'_>) {
        let Some(quoted) = letter.quoted else { return };
        if letter.manner.is_forward() || letter.quoting != Quoting::None {
            let html = quote::html(quoted, letter.manner, letter.zone);
            self.add(quote::text(quoted, letter.manner, letter.zone), html);
        }
    }
}

/// A document for mail programs: they take looks from the elements alone, and colours from the reader.
fn document(body: &str) -> String {
    const LOOKS: &str = "font-family:Helvetica,Arial,sans-serif;font-size:14px;line-height:1.5";
    format!(
        "<!DOCTYPE html>\n<html>\n<head><meta charset=\"utf-8\"></head>\n<body>\n<div style=\"{}\">\n{body}</div>\n</body>\n</html>\n",
        verbatim(LOOKS)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::capability::Formatting;
    use crate::text::markdown::Piece;
    use proptest::prelude::*;

    fn made(words: &str, is_html: bool) -> Body {
        let letter = Letter {
            message_id: "fd.01@acme.example",
            manner: Manner::Reply,
            files: &[Attached { name: "a.png", mime: "image/png" }],
            signature: "",
            logo: None,
            quoted: None,
            quoting: Quoting::Below,
            zone: &TimeZone::UTC,
        };
        body(words, is_html, &letter)
    }

    /// The elements of HTML, and its words.
    fn taken_apart(html: &str) -> (Vec<&str>, String) {
        let (mut elements, mut words) = (Vec::new(), String::new());
        for piece in html.split_inclusive('>') {
            let (text, element) = piece.split_once('<').unwrap_or((piece, ""));
            words.push_str(text);
            elements.push(element);
        }
        elements.retain(|element| !element.is_empty());
        let words =
            words.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
        (elements, words.replace("&amp;", "&"))
    }

    #[test]
    fn nothing_makes_nothing() {
        let found = made(" \n", false);
        assert_eq!((found.text.as_str(), found.inline.len()), ("", 0));
    }

    #[test]
    fn what_a_template_hides_or_loads_goes() {
        let given = "<p style=\"background-image:url(https://t.example/x);color:red;display:none\">a</p>\
            <svg onload=x><a href=\"jAvAsCrIpT:x\">b</a></svg><base href=\"https://t.example\"><link rel=stylesheet href=\"https://t.example/x\">\
            <meta http-equiv=refresh content=\"0;url=https://t.example\"><object data=x></object><video src=\"https://t.example/v\"></video>";
        let html = made(given, true).html;
        for gone in [
            "t.example",
            "display",
            "avascript",
            "onload",
            "<svg",
            "<base",
            "<link",
            "refresh",
            "<object",
            "<video",
        ] {
            assert!(!html.to_lowercase().contains(gone), "{gone}: {html}");
        }
    }

    proptest! {
        #[test]
        fn html_is_whole_harmless_and_what_the_preview_shows(
            words in "([*_~`>#\\- \n]|\\\\|```|\n\n|    |[a-z]|b1|é|日|[()<!=:&\"]|\\[|\\]|1\\. |https?://|x@y\\.zz|&lt;|<br>|<script>|</div>|\\]\\(https://q\\)|\\]\\(javascript:q\\)){0,40}",
        ) {
            let found = made(&words, false);
            let (elements, html) = taken_apart(&found.html);
            let mut open = Vec::new();
            for element in elements {
                let element = element.trim_end_matches('>');
                let name = element.trim_start_matches('/').split(' ').next().unwrap_or_default();
                let known = [
                    "!DOCTYPE", "html", "head", "meta", "body", "div", "p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote",
                    "pre", "ul", "ol", "li", "strong", "em", "s", "code", "a", "br", "hr",
                ];
                prop_assert!(known.contains(&name), "{} in {}", element, found.html);
                let leads = element.split_once("href=\"").map(|(_, to)| to);
                let is_harmless = |to: &str| ["http", "https", "mailto"].contains(&to.split(':').next().unwrap_or_default().to_lowercase().as_str());
                prop_assert!(leads.is_none_or(is_harmless) && !element.contains(" on"), "{}", element);
                match (element.starts_with('/'), name) {
                    (_, "!DOCTYPE" | "meta" | "br" | "hr") => {}
                    (true, _) => prop_assert_eq!(open.pop(), Some(name)),
                    (false, _) => open.push(name),
                }
            }
            prop_assert!(open.is_empty());
            // The preview does not know what is attached: of a picture that is nowhere it shows the words, and the mail what was typed.
            let is_nowhere = |piece: &Piece<'_>| matches!(piece, Piece::Image { file, .. } if !file.starts_with("http"));
            if crate::text::markdown::read(&words).iter().any(|(piece, _)| is_nowhere(piece)) {
                return Ok(());
            }
            let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>();
            let preview = markup::format(Formatting::Markdown, words.trim_end().trim_start_matches('\n')).text;
            prop_assert_eq!(letters(&html), letters(&preview));
            prop_assert_eq!(found.text.trim(), words.trim());
        }
    }
}
