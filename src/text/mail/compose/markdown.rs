//! Markdown as HTML that every mail program shows alike: few elements, with their looks in them.

use super::html::{escape, verbatim};
use super::pictures::Pictures;
use crate::text::markdown::{self, Part, Piece};

const PARAGRAPH: &str = "margin:0 0 1em";
const LIST: &str = "margin:0 0 1em;padding-left:2em";
const QUOTE: &str = "margin:0 0 1em;border-left:2px solid #ccc;padding-left:1em";
const FENCED: &str =
    "margin:0 0 1em;padding:0.5em;border:1px solid #ccc;font-family:monospace;white-space:pre-wrap";

/// The HTML of what an agent wrote. Pictures that it shows are noted.
pub(super) fn html(source: &str, pictures: &mut Pictures<'_>) -> String {
    let mut out = String::with_capacity(source.len() * 2);
    let mut open: Vec<Part> = Vec::new();
    let mut begins_line = true;
    for (piece, range) in markdown::read(source) {
        let is_first = std::mem::take(&mut begins_line);
        match piece {
            Piece::Open(part) => {
                begins_line =
                    is_first || !matches!(part, Part::Bold | Part::Italic | Part::Strike | Part::Link(_));
                begin(&part, open.last(), &mut out);
                open.push(part);
            }
            Piece::Close => {
                if let Some(part) = open.pop() {
                    end(&part, &mut out);
                }
            }
            Piece::Text(text) if open.last() == Some(&Part::Fenced) => out.push_str(&verbatim(text)),
            Piece::Text(text) => escape(text, is_first, &mut out),
            Piece::Code(code) => {
                out.push_str("<code style=\"font-family:monospace\">");
                escape(&code, false, &mut out);
                out.push_str("</code>");
            }
            Piece::Break => {
                out.push_str("<br>\n");
                begins_line = true;
            }
            Piece::Rule => out.push_str("<hr>\n"),
            Piece::Image { alt, file } => match pictures.find(&file) {
                Some(at) => {
                    pictures.show(at);
                    let alt = if alt.is_empty() { pictures.name(at) } else { alt };
                    out.push_str(&picture(&format!("cid:{}", pictures.cid(at)), alt));
                }
                // Nothing is loaded for a mail of ours: a picture elsewhere is a link, one that is not there what was typed.
                None if file.starts_with("https://") || file.starts_with("http://") => {
                    out.push_str(&format!("<a href=\"{}\">", verbatim(&file)));
                    escape(if alt.is_empty() { &file } else { alt }, false, &mut out);
                    out.push_str("</a>");
                }
                None => escape(&source[range], false, &mut out),
            },
        }
    }
    out
}

/// What was typed, with the names of pictures where they were shown.
pub(super) fn text(source: &str, pictures: &Pictures<'_>) -> String {
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    for (piece, range) in markdown::read(source) {
        let Piece::Image { alt, file } = piece else { continue };
        let Some(name) = pictures.find(&file).map(|n| pictures.name(n)) else { continue };
        out.push_str(&source[at..range.start]);
        out.push_str(&if alt.trim().is_empty() { format!("[{name}]") } else { format!("[{alt}: {name}]") });
        at = range.end;
    }
    out.push_str(&source[at..]);
    out
}

/// A picture that is not wider than its window.
pub(super) fn picture(source: &str, alt: &str) -> String {
    format!("<img src=\"{}\" alt=\"{}\" style=\"max-width:100%\">", verbatim(source), verbatim(alt))
}

fn begin(part: &Part, around: Option<&Part>, out: &mut String) {
    if matches!(part, Part::List(_)) && around == Some(&Part::Item) {
        out.push('\n');
    }
    match part {
        Part::Paragraph => out.push_str(&format!("<p dir=\"auto\" style=\"{PARAGRAPH}\">")),
        Part::Heading(level) => {
            let size = match level {
                1 => "1.4em",
                2 => "1.2em",
                _ => "1em",
            };
            out.push_str(&format!("<h{level} dir=\"auto\" style=\"{PARAGRAPH};font-size:{size}\">"));
        }
        Part::Quote => out.push_str(&format!("<blockquote style=\"{QUOTE}\">\n")),
        Part::Fenced => out.push_str(&format!("<pre style=\"{FENCED}\">")),
        Part::List(None) => out.push_str(&format!("<ul style=\"{LIST}\">\n")),
        Part::List(Some(1)) => out.push_str(&format!("<ol style=\"{LIST}\">\n")),
        Part::List(Some(first)) => out.push_str(&format!("<ol start=\"{first}\" style=\"{LIST}\">\n")),
        Part::Item => out.push_str("<li dir=\"auto\">"),
        Part::Bold => out.push_str("<strong>"),
        Part::Italic => out.push_str("<em>"),
        Part::Strike => out.push_str("<s>"),
        Part::Link(to) => out.push_str(&format!("<a href=\"{}\">", verbatim(to))),
    }
}

fn end(part: &Part, out: &mut String) {
    match part {
        Part::Paragraph => out.push_str("</p>\n"),
        Part::Heading(level) => out.push_str(&format!("</h{level}>\n")),
        Part::Quote => out.push_str("</blockquote>\n"),
        Part::Fenced => out.push_str("</pre>\n"),
        Part::List(None) => out.push_str("</ul>\n"),
        Part::List(Some(_)) => out.push_str("</ol>\n"),
        Part::Item => out.push_str("</li>\n"),
        Part::Bold => out.push_str("</strong>"),
        Part::Italic => out.push_str("</em>"),
        Part::Strike => out.push_str("</s>"),
        Part::Link(_) => out.push_str("</a>"),
    }
}
