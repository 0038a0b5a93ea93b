//! HTML of mails to text that reads well: paragraphs, lists, tables, quotations and links, without what is not to be seen.
//! Nothing is ever loaded: no image, no style sheet, no frame.
//!
//! The source is gone over once, element by element, without building a tree ([`token`]): time and memory follow the length of
//! the source, whatever its nesting.

mod flow;
mod table;
mod token;

use flow::Flow;
use std::collections::HashSet;
use table::Table;
use token::{Name, Tag, Token, Tokens, characters};

/// Longest HTML that is read, in bytes; the rest is left out.
pub const LONGEST: usize = 2 << 20;
/// Longest text that is made, in bytes.
const TEXT: usize = 4 << 20;
/// Tables within one another whose rows are told apart: each copies the text of those within.
const TABLES: usize = 6;
/// Longest `Content-ID` that is looked for.
const ID: usize = 512;
/// Longest description of an image.
const ALT: usize = 200;

/// HTML as text. Paragraphs are not wrapped. The text has at most 24 times the bytes of the HTML (marks of quotations and lists before
/// each short line), and never more than 4 MiB.
pub fn to_text(html: &str) -> String {
    let html = super::mime::at_most(html, LONGEST);
    let text = Renderer::default().run(html);
    if !text.is_empty() {
        return text;
    }
    // All was hidden: an element that hides was not closed. Better what was not to be seen than nothing.
    Renderer { shows_hidden: true, ..Renderer::default() }.run(html)
}

/// The parts that HTML shows in its place, by their `Content-ID` (RFC 2392).
pub fn shown_parts(html: &str) -> HashSet<String> {
    let bytes = html.as_bytes();
    let mut out = HashSet::new();
    let mut at = 0;
    while let Some(colon) = bytes[at..].iter().position(|b| *b == b':') {
        at += colon + 1;
        if !bytes[..at].last_chunk::<4>().is_some_and(|word| word.eq_ignore_ascii_case(b"cid:")) {
            continue;
        }
        let near = &bytes[at..bytes.len().min(at + ID)];
        let end = near.iter().position(|b| b.is_ascii_whitespace() || b"\"'<>)".contains(b));
        let mut whole = Vec::new();
        super::mime::transfer::unescape(&near[..end.unwrap_or(near.len())], b'%', &mut whole);
        out.insert(characters(&String::from_utf8_lossy(&whole)).into_owned());
    }
    out
}

/// An element that is not shown, until it ends.
#[derive(Debug)]
struct Hidden {
    name: Name,
    /// Elements of this name that are open.
    depth: usize,
    /// Tables within a cell, lists within an entry: what ends there ends nothing out here.
    within: usize,
}

#[derive(Debug, Default)]
struct Renderer {
    /// The text, and above it those of the cells that are open.
    flow: Flow,
    cells: Vec<Flow>,
    /// The tables that are open, and whether a cell of each is.
    tables: Vec<(Table, bool)>,
    /// Tables that are open and too deep.
    deep: usize,
    hidden: Option<Hidden>,
    shows_hidden: bool,
}

impl Renderer {
    fn run(mut self, html: &str) -> String {
        let mut written = 0;
        for token in Tokens::new(html) {
            match token {
                Token::Text(text) if self.hidden.is_none() => {
                    let text = characters(text);
                    let before = self.flow().len();
                    self.flow().text(&text);
                    written += self.flow().len().saturating_sub(before);
                    if written > TEXT {
                        break;
                    }
                }
                Token::Text(_) => {}
                Token::Open(tag) => {
                    if self.is_hidden_still(tag.name, true) {
                        continue;
                    }
                    if is_hidden(&tag) && !self.shows_hidden {
                        if !is_void(tag.name.as_str()) {
                            self.hidden = Some(Hidden { name: tag.name, depth: 1, within: 0 });
                            self.before_hidden(tag.name.as_str());
                        }
                        continue;
                    }
                    self.open(&tag);
                }
                Token::Close(name) => {
                    if !self.is_hidden_still(name, false) {
                        self.close(name.as_str());
                    }
                }
            }
        }
        while !self.tables.is_empty() {
            self.close_table();
        }
        let text = self.flow.finish();
        super::mime::at_most(&text, TEXT).to_owned()
    }

    /// Where words go now.
    fn flow(&mut self) -> &mut Flow {
        self.cells.last_mut().unwrap_or(&mut self.flow)
    }

    /// A hidden cell is still a cell, and a hidden block still begins a line.
    fn before_hidden(&mut self, name: &str) {
        match name {
            "td" | "th" if self.deep == 0 && !self.tables.is_empty() => {
                self.close_cell();
                if let Some((table, _)) = self.tables.last_mut() {
                    table.cell(String::new());
                }
            }
            "tr" if self.deep == 0 => self.end_row(),
            _ if is_block(name) => self.flow().end_line(1),
            _ => {}
        }
    }

    /// Follows a hidden element. `true` while what comes is within it, or ends it.
    fn is_hidden_still(&mut self, name: Name, opens: bool) -> bool {
        let Some(hidden) = &mut self.hidden else { return false };
        let word = name.as_str();
        let container = match hidden.name.as_str() {
            "td" | "th" | "tr" => word == "table",
            "li" => matches!(word, "ul" | "ol"),
            _ => false,
        };
        if container && opens {
            hidden.within += 1;
        }
        let is_within = hidden.within > 0;
        if container && !opens {
            hidden.within = hidden.within.saturating_sub(1);
        }
        if is_within {
            return true;
        }
        // Elements may end without a tag of their own: when something begins or ends that cannot be within them.
        let is_row = matches!(word, "tr" | "tbody" | "thead" | "tfoot" | "table");
        let is_own = name == hidden.name;
        let is_over = match hidden.name.as_str() {
            "td" | "th" => (is_row || matches!(word, "td" | "th")) && (opens || !is_own),
            "tr" => is_row && (opens || !is_own),
            "li" => (opens && is_own) || container,
            "p" => opens && is_block(word),
            _ => false,
        };
        if is_own && !is_over {
            hidden.depth = if opens { hidden.depth + 1 } else { hidden.depth.saturating_sub(1) };
        }
        let is_closed = hidden.depth == 0;
        if is_over || is_closed {
            self.hidden = None;
        }
        !is_over
    }

    fn open(&mut self, tag: &Tag<'_>) {
        let name = tag.name;
        match name.as_str() {
            "br" => self.flow().line_end(),
            "hr" => {
                self.flow().end_line(1);
                self.flow().text("----------");
                self.flow().end_line(1);
            }
            "p" => {
                let lines = if is_tight(tag) { 1 } else { 2 };
                self.flow().end_line(lines);
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.flow().end_line(2),
            "blockquote" => {
                if is_indent(tag) {
                    self.flow().end_line(1);
                } else {
                    self.flow().open_quote();
                }
            }
            "pre" | "listing" => self.flow().open_kept(),
            "ul" | "menu" | "dir" => self.flow().open_list(None),
            "ol" => {
                let first = tag.attribute("start").and_then(|start| start.trim().parse().ok()).unwrap_or(1);
                self.flow().open_list(Some(first));
            }
            "li" => self.flow().open_entry(),
            "a" => match tag.attribute("href") {
                Some(address) => self.flow().open_link(address.trim()),
                None => self.flow().close_link(),
            },
            "img" | "area" => self.image(tag),
            "table" => self.open_table(),
            "tr" if self.deep == 0 => self.end_row(),
            "td" | "th" if self.deep == 0 && !self.tables.is_empty() => {
                self.close_cell();
                if let Some((_, is_open)) = self.tables.last_mut() {
                    *is_open = true;
                    self.cells.push(Flow::default());
                }
            }
            "select" | "object" | "audio" | "video" | "svg" | "canvas"
                if !tag.is_closed() && !self.shows_hidden =>
            {
                self.hidden = Some(Hidden { name, depth: 1, within: 0 });
            }
            word if is_block(word) => self.flow().end_line(1),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            // A browser reads `</br>` and `</p>` without their beginnings so.
            "br" => self.flow().line_end(),
            "p" => self.flow().end_line(1),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.flow().end_line(2),
            "blockquote" => self.flow().close_quote(),
            "pre" | "listing" => self.flow().close_kept(),
            "ul" | "ol" | "menu" | "dir" => self.flow().close_list(),
            "a" => self.flow().close_link(),
            "table" => self.close_table(),
            "tr" if self.deep == 0 => self.end_row(),
            "td" | "th" if self.deep == 0 => self.close_cell(),
            word if is_block(word) => self.flow().end_line(1),
            _ => {}
        }
    }

    fn open_table(&mut self) {
        if self.deep > 0 || self.tables.len() >= TABLES {
            self.deep += 1;
            self.flow().end_line(1);
        } else {
            self.flow().end_line(1);
            self.tables.push((Table::default(), false));
        }
    }

    fn close_cell(&mut self) {
        if let Some((table, is_open)) = self.tables.last_mut().filter(|(_, is_open)| *is_open)
            && let Some(flow) = self.cells.pop()
        {
            *is_open = false;
            table.cell(flow.finish());
        }
    }

    fn end_row(&mut self) {
        self.close_cell();
        match self.tables.last_mut() {
            Some((table, _)) => table.end_row(),
            None => self.flow().end_line(1),
        }
    }

    fn close_table(&mut self) {
        if self.deep > 0 {
            self.deep -= 1;
            self.flow().end_line(1);
            return;
        }
        self.close_cell();
        if let Some((table, _)) = self.tables.pop() {
            table.write(self.flow());
        }
    }

    /// An image is what it is described as. One that describes itself by a sign alone is that sign.
    fn image(&mut self, tag: &Tag<'_>) {
        let size = |name| {
            tag.attribute(name).and_then(|size| size.trim().trim_end_matches("px").parse::<u32>().ok())
        };
        if size("width").is_some_and(|width| width <= 1) || size("height").is_some_and(|height| height <= 1) {
            return;
        }
        let alt = super::mime::tidy(&tag.attribute("alt").unwrap_or_default());
        let alt = super::mime::at_most(&alt, ALT);
        if alt.is_empty() {
            return;
        }
        let shown = if alt.chars().any(char::is_alphanumeric) { format!("[{alt}]") } else { alt.to_owned() };
        self.flow().text(&shown);
    }
}

/// Whether an element says of itself that it is not to be seen. Letters of size 0 say nothing: pages are laid out with them.
fn is_hidden(tag: &Tag<'_>) -> bool {
    if !tag.has_attributes() {
        return false;
    }
    if tag.attribute("hidden").is_some() {
        return true;
    }
    let Some(style) = tag.attribute("style") else { return false };
    let style: String = style.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    let rules: Vec<(&str, &str)> = style.split(';').filter_map(|rule| rule.split_once(':')).collect();
    let has = |name: &str, value: &str| {
        rules.iter().any(|(known, said)| *known == name && said.trim_end_matches("!important") == value)
    };
    let is_flat = ["0", "0px", "1px"].iter().any(|height| has("max-height", height) || has("height", height));
    has("display", "none")
        || has("visibility", "hidden")
        || ["0", "0.0", "0%"].iter().any(|opacity| has("opacity", opacity))
        || (is_flat && has("overflow", "hidden"))
}

/// Whether a paragraph has no space around it (Outlook's all have none).
fn is_tight(tag: &Tag<'_>) -> bool {
    if !tag.has_attributes() {
        return false;
    }
    if tag.attribute("class").is_some_and(|class| class.contains("Mso")) {
        return true;
    }
    let style = tag.attribute("style").unwrap_or_default().to_ascii_lowercase();
    let (mut above, mut below) = (false, false);
    for (name, value) in style.split(';').filter_map(|rule| rule.split_once(':')) {
        let sizes: Vec<&str> = value.split_whitespace().collect();
        match name.trim() {
            // Above, to the sides, below: what is left out follows the one across.
            "margin" => {
                above = sizes.first().is_some_and(|size| is_zero(size));
                below = sizes.get(2).or(sizes.first()).is_some_and(|size| is_zero(size));
            }
            "margin-top" => above = is_zero(value),
            "margin-bottom" => below = is_zero(value),
            _ => {}
        }
    }
    above && below
}

/// Whether a length is nothing: `0`, `0px`, and Outlook's `.0001pt`.
fn is_zero(size: &str) -> bool {
    let size = size.trim();
    let end = size.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(size.len());
    size[..end].parse::<f64>().is_ok_and(|length| length < 0.01)
}

/// Whether a quotation is only moved to the right (as Gmail does with it).
fn is_indent(tag: &Tag<'_>) -> bool {
    if !tag.has_attributes() || tag.attribute("cite").is_some() || tag.attribute("type").is_some() {
        return false;
    }
    let is_quote = tag.attribute("class").is_some_and(|class| class.contains("quote"));
    let style = tag.attribute("style").unwrap_or_default().to_ascii_lowercase().replace(' ', "");
    !is_quote && style.contains("border:none") && !style.contains("border-left:")
}

fn is_void(name: &str) -> bool {
    matches!(
        name,
        "br" | "img"
            | "hr"
            | "input"
            | "meta"
            | "link"
            | "base"
            | "area"
            | "col"
            | "embed"
            | "source"
            | "wbr"
            | "param"
    )
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "caption"
            | "center"
            | "dd"
            | "details"
            | "dialog"
            | "dir"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hgroup"
            | "hr"
            | "html"
            | "legend"
            | "li"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "optgroup"
            | "option"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "td"
            | "tfoot"
            | "th"
            | "thead"
            | "tr"
            | "ul"
    )
}

#[cfg(test)]
mod tests;
