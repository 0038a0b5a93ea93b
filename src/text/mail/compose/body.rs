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
