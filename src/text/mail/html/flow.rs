//! Lines of text on the way: blanks are run together, line ends kept back until words follow, quotations and lists marked.

use std::borrow::Cow;

/// Quotations within one another that are marked; deeper ones look like these.
const QUOTES: usize = 5;
/// Lists within one another that are indented.
const LISTS: usize = 4;
/// Line ends in a row within what is laid out already.
const BLANKS: usize = 3;
/// Longest address that is shown behind the words of its link, in bytes.
const ADDRESS: usize = 2000;

#[derive(Debug)]
struct Link {
    /// Where it leads.
    address: String,
    /// Where its words begin.
    from: usize,
}

#[derive(Debug)]
struct List {
    /// The number of the next entry; none = not numbered.
    next: Option<u32>,
}

/// Text that grows.
#[derive(Debug, Default)]
pub struct Flow {
    out: String,
    /// Line ends that are due before the next word.
    breaks: usize,
    /// A blank is due before the next word.
    space: bool,
    /// A joiner that is written only between two characters.
    joiner: Option<char>,
    /// Quotations that are open, and were at the last line.
    quotes: usize,
    last_quotes: usize,
    /// Elements that are open whose blanks are kept.
    kept: usize,
    /// Such an element has just begun: a line end right behind its tag is none.
    is_new_kept: bool,
    lists: Vec<List>,
    /// The mark of a list's entry that has no words yet.
    mark: Option<String>,
    link: Option<Link>,
    /// Nothing but blanks stood since the last line end, and one of them was meant to stand.
    is_blank_line: bool,
}

impl Flow {
    /// The next word begins a line; with two, below a blank one.
    pub fn end_line(&mut self, lines: usize) {
        if self.is_blank_line {
            self.is_blank_line = false;
            self.breaks = self.breaks.max(2);
        }
        self.breaks = self.breaks.max(lines);
        self.space = false;
        self.joiner = None;
    }

    /// A line end that is meant.
    pub fn line_end(&mut self) {
        self.is_blank_line = false;
        self.breaks = (self.breaks + 1).min(2);
        self.space = false;
        self.joiner = None;
    }

    pub fn open_quote(&mut self) {
        self.end_line(1);
        self.quotes += 1;
    }

    pub fn close_quote(&mut self) {
        self.end_line(1);
        self.quotes = self.quotes.saturating_sub(1);
    }

    pub fn open_kept(&mut self) {
        self.end_line(2);
        self.kept += 1;
        self.is_new_kept = true;
    }

    pub fn close_kept(&mut self) {
        self.kept = self.kept.saturating_sub(1);
        self.breaks = self.breaks.min(1);
        self.end_line(2);
    }

    pub fn open_list(&mut self, first: Option<u32>) {
        self.end_line(if self.lists.is_empty() { 2 } else { 1 });
        self.lists.push(List { next: first });
    }

    pub fn close_list(&mut self) {
        self.lists.pop();
        self.mark = None;
        self.end_line(if self.lists.is_empty() { 2 } else { 1 });
    }

    pub fn open_entry(&mut self) {
        self.end_line(1);
        let next = self.lists.last_mut().and_then(|list| list.next.as_mut());
        self.mark = Some(match next {
            Some(number) => {
                let mark = format!("{number}. ");
                *number = number.saturating_add(1);
                mark
            }
            None => "- ".to_owned(),
        });
    }

    pub fn open_link(&mut self, address: &str) {
        self.close_link();
        let address: String = address.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
        self.link = Some(Link { address, from: self.out.len() });
    }

    /// Behind the words of a link stands where it leads, unless they say so themselves.
    pub fn close_link(&mut self) {
        let Some(link) = self.link.take() else { return };
        let words = self.out.get(link.from..).unwrap_or_default().trim();
        if !words.is_empty()
            && let Some(shown) = shown_address(words, &link.address)
        {
            self.out.push_str(" (");
            self.out.push_str(&shown);
            self.out.push(')');
        }
    }

    /// Adds words.
    pub fn text(&mut self, text: &str) {
        let text = match text.trim_start_matches('\r').strip_prefix('\n').filter(|_| self.is_new_kept) {
            Some(text) => text,
            None => text,
        };
        self.is_new_kept = false;
        for c in text.chars() {
            match c {
                '\n' if self.kept > 0 => self.breaks = (self.breaks + 1).min(BLANKS),
                '\r' => {}
                ' ' | '\t' if self.kept > 0 => {
                    self.begin();
                    self.out.push(c);
                }
                // What is put in to be invisible: the soft hyphen, joiners of nothing, spaces without width.
                '\u{ad}' | '\u{34f}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{180e}' => {}
                '\u{200c}' | '\u{200d}' => self.joiner = Some(c),
                _ if c.is_whitespace() => {
                    // A blank that is not to be broken stands for a blank line where it stands alone.
                    let stands_alone = c == '\u{a0}' && (self.breaks > 0 || self.out.is_empty());
                    self.is_blank_line |= stands_alone;
                    self.space = true;
                    self.joiner = None;
                }
                _ if c.is_control() => {}
                _ => {
                    self.begin();
                    self.out.push(c);
                }
            }
        }
    }

    /// Adds lines that are laid out already.
    pub fn lines(&mut self, text: &str) {
        for line in text.lines() {
            if line.is_empty() {
                self.end_line(2);
            } else {
                self.begin();
                self.out.push_str(line);
                self.end_line(1);
            }
        }
    }

    /// Writes what is due before a character.
    fn begin(&mut self) {
        self.is_blank_line = false;
        if self.breaks == 0 && !self.out.is_empty() {
            if self.space {
                self.out.push(' ');
            } else if let Some(joiner) = self.joiner.filter(|_| !self.out.ends_with(' ')) {
                self.out.push(joiner);
            }
            self.space = false;
            self.joiner = None;
            return;
        }
        // The words of a link begin behind the marks.
        let is_new_link = self.link.as_ref().is_some_and(|link| link.from >= self.out.len());
        let quotes = self.quotes.min(QUOTES);
        if !self.out.is_empty() {
            while self.out.ends_with(' ') {
                self.out.pop();
            }
            for _ in 1..self.breaks {
                self.out.push('\n');
                // A blank line between two quoted ones is quoted.
                let between = quotes.min(self.last_quotes);
                self.out.push_str("> ".repeat(between).trim_end());
            }
            self.out.push('\n');
        }
        for _ in 0..quotes {
            self.out.push_str("> ");
        }
        self.last_quotes = quotes;
        let depth = self.lists.len().min(LISTS);
        for _ in 1..depth {
            self.out.push_str("  ");
        }
        match self.mark.take() {
            Some(mark) => self.out.push_str(&mark),
            None if depth > 0 => self.out.push_str("  "),
            None => {}
        }
        if let Some(link) = self.link.as_mut().filter(|_| is_new_link) {
            link.from = self.out.len();
        }
        self.breaks = 0;
        self.space = false;
        self.joiner = None;
    }

    /// What has been written.
    pub fn finish(mut self) -> String {
        self.close_link();
        self.out.truncate(self.out.trim_end().len());
        self.out
    }

    /// How much has been written, in bytes.
    pub fn len(&self) -> usize {
        self.out.len()
    }
}

/// What is shown of where a link leads; none where its words say so, or where it leads nowhere.
fn shown_address<'a>(words: &str, address: &'a str) -> Option<Cow<'a, str>> {
    let start = address.get(..16).unwrap_or(address).to_ascii_lowercase();
    if address.is_empty() || address.starts_with('#') || address.len() > ADDRESS {
        return None;
    }
    for scheme in ["mailto:", "tel:", "sms:", "callto:"] {
        if start.starts_with(scheme) {
            let target = address[scheme.len()..].split('?').next().unwrap_or_default();
            let squeezed = |text: &str| -> String {
                text.chars()
                    .filter(|c| c.is_alphanumeric() || *c == '@')
                    .flat_map(char::to_lowercase)
                    .collect()
            };
            let is_said = target.is_empty() || squeezed(words).contains(&squeezed(target));
            return (!is_said).then_some(Cow::Borrowed(target));
        }
    }
    if !["http://", "https://", "ftp://", "www.", "//"].iter().any(|known| start.starts_with(known)) {
        return None;
    }
    (bare_address(words) != bare_address(address)).then_some(Cow::Borrowed(address))
}

/// An address without what is often left out of it when it is written down.
fn bare_address(text: &str) -> String {
    let text = text.trim().to_lowercase();
    let text = text.strip_prefix("https:").or(text.strip_prefix("http:")).unwrap_or(&text);
    let text = text.strip_prefix("//").unwrap_or(text);
    let text = text.strip_prefix("www.").unwrap_or(text);
    text.trim_end_matches('/').to_owned()
}
