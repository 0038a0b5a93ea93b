//! Plain text of mails (RFC 2046, section 4.1.3), and paragraphs that were broken for the way (RFC 3676, `format=flowed`).

/// Blank lines in a row that stay.
const BLANKS: usize = 2;
/// The line above a signature (RFC 3676, section 4.3). Its blank at the end is part of it.
pub(crate) const SIGNATURE: &str = "-- ";

/// How the lines of a text are to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lines {
    /// A blank at the end of a line says that its paragraph goes on.
    pub is_flowed: bool,
    /// That blank is no part of the text (`delsp=yes`).
    pub drops_blank: bool,
}

/// A text with line ends of one kind, without blanks at their ends, without characters that only a terminal understands, and
/// with its paragraphs in one piece.
pub fn to_text(text: &str, lines: Lines) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blanks = 0;
    // The paragraph that goes on, and how deep it is quoted.
    let mut open: Option<(usize, String)> = None;
    for line in ends(text).split('\n') {
        if !lines.is_flowed {
            push(&mut out, line, &mut blanks);
            continue;
        }
        let depth = line.bytes().take_while(|b| *b == b'>').count();
        let words = &line[depth..];
        let words = match words.strip_prefix(' ') {
            // What is no quotation shall not look like one: its blank stays.
            Some(bare) if depth > 0 || !bare.starts_with('>') => bare,
            _ => words,
        };
        let goes_on = words.ends_with(' ') && words != SIGNATURE;
        // A blank line is one, whatever the line before says.
        if words.is_empty() || words == SIGNATURE || open.as_ref().is_some_and(|(of, _)| *of != depth) {
            close(&mut open, &mut out, &mut blanks);
        }
        let kept = if goes_on && lines.drops_blank { &words[..words.len() - 1] } else { words };
        match &mut open {
            Some((_, paragraph)) => paragraph.push_str(kept),
            None => open = Some((depth, kept.to_owned())),
        }
        if !goes_on {
            close(&mut open, &mut out, &mut blanks);
        }
    }
    close(&mut open, &mut out, &mut blanks);
    out.truncate(out.trim_end().len());
    out
}

fn close(open: &mut Option<(usize, String)>, out: &mut String, blanks: &mut usize) {
    let Some((depth, paragraph)) = open.take() else { return };
    if depth == 0 {
        push(out, &paragraph, blanks);
    } else {
        push(out, &format!("{} {paragraph}", ">".repeat(depth)), blanks);
    }
}

fn push(out: &mut String, line: &str, blanks: &mut usize) {
    let line = if line == SIGNATURE { line } else { line.trim_end() };
    if line.is_empty() {
        *blanks += 1;
        return;
    }
    if !out.is_empty() {
        for _ in 0..=(*blanks).min(BLANKS) {
            out.push('\n');
        }
    }
    *blanks = 0;
    out.push_str(line);
}

/// The text with `\n` for every line end, and without control characters but for tabs.
fn ends(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                // "\r\r\n" comes from programs that add what is there.
                while chars.next_if_eq(&'\r').is_some() {}
                chars.next_if_eq(&'\n');
                out.push('\n');
            }
            '\n' | '\t' => out.push(c),
            '\u{c}' | '\u{b}' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            _ if c.is_control() || c == '\u{feff}' => {}
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(text: &str) -> String {
        to_text(text, Lines::default())
    }

    #[test]
    fn line_ends_and_blanks() {
        for (text, want) in [
            ("a\r\nb\rc\nd\r\r\ne", "a\nb\nc\nd\ne"),
            ("\n\n a \n\n\n\n\nb\t \n\n", " a\n\n\nb"),
            ("a\u{0}b\u{1b}[31mc\u{feff}", "ab[31mc"),
            ("words\n-- \nAna\n", "words\n-- \nAna"),
            ("page\u{c}page", "page\npage"),
            ("", ""),
        ] {
            assert_eq!(fixed(text), want, "{text:?}");
        }
    }

    #[test]
    fn flowed_paragraphs() {
        let flowed = Lines { is_flowed: true, drops_blank: false };
        for (text, want) in [
            ("one \ntwo\nthree", "one two\nthree"),
            ("> one \n> two\n>> deep \n> not", "> one two\n>> deep\n> not"),
            (" >no quote\n From here", " >no quote\nFrom here"),
            ("a \n-- \nAna", "a\n-- \nAna"),
            ("ends with \n", "ends with"),
            ("a \n\nb", "a\n\nb"),
        ] {
            assert_eq!(to_text(text, flowed), want, "{text:?}");
        }
        let joined = Lines { is_flowed: true, drops_blank: true };
        assert_eq!(to_text("\u{65e5} \n\u{672c}", joined), "\u{65e5}\u{672c}");
    }
}
