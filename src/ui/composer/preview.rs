//! How what is typed will look to the customer: its formatting, or the parts that an SMS is sent in.

use crate::domain::capability::ChannelCapabilities;
use crate::text::markup::{self, Look};
use crate::text::{sanitize, segments, wrap};
use crate::ui::paint::Pen;
use crate::ui::theme::Role;

/// How a piece of a line is painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Words as the customer sees them.
    Look(Look),
    /// What is said about them.
    Role(Role),
}

/// A line of the preview.
pub(crate) type Line = Vec<(String, Ink)>;

/// Columns before the words of a part.
const NUMBER: usize = 3;

/// The lines of a text on a medium, for a width; none where nothing is typed. What carries files goes in one piece.
pub(crate) fn lines(caps: &ChannelCapabilities, text: &str, has_files: bool, width: u16) -> Vec<Line> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let text = sanitize::clean(text);
    let width = usize::from(width).max(NUMBER + 1);
    if caps.segments && !has_files { parts(&text, width) } else { formatted(caps, &text, width) }
}

fn formatted(caps: &ChannelCapabilities, text: &str, width: usize) -> Vec<Line> {
    let found = markup::format(caps.formatting, text);
    let line = |range: std::ops::Range<usize>| {
        let mut line: Line = Vec::new();
        let mut at = range.start;
        for (piece, look) in &found.looks {
            let (from, to) = (piece.start.max(range.start), piece.end.min(range.end));
            if from < to {
                line.push((found.text[at..from].to_owned(), Ink::Look(Look::default())));
                line.push((found.text[from..to].to_owned(), Ink::Look(*look)));
                at = to;
            }
        }
        line.push((found.text[at..range.end].to_owned(), Ink::Look(Look::default())));
        line.retain(|(words, _)| !words.is_empty());
        line
    };
    wrap::wrap(&found.text, width).into_iter().map(line).collect()
}

/// Each part begins a line, with its number; what makes them short is marked.
fn parts(text: &str, width: usize) -> Vec<Line> {
    let mut out = Vec::new();
    for (n, part) in segments::parts(text).into_iter().enumerate() {
        let part = &text[part];
        for (at, range) in wrap::wrap(part, width - NUMBER).into_iter().enumerate() {
            let number = if at == 0 { format!("{:<NUMBER$}", n + 1) } else { " ".repeat(NUMBER) };
            let mut line: Line = vec![(number, Ink::Role(Role::Dim))];
            for c in part[range].chars() {
                let ink =
                    if segments::is_dear(c) { Ink::Role(Role::Match) } else { Ink::Look(Look::default()) };
                match line.last_mut() {
                    Some((words, before)) if *before == ink => words.push(c),
                    _ => line.push((c.to_string(), ink)),
                }
            }
            out.push(line);
        }
    }
    out
}

/// Paints a line.
pub(crate) fn draw(pen: &mut Pen<'_>, x: u16, y: u16, end: u16, line: &Line) {
    let mut at = x;
    for (words, ink) in line {
        let style = match ink {
            Ink::Look(look) => pen.theme.look(*look),
            Ink::Role(role) => pen.theme.style(*role),
        };
        at = pen.verbatim_in(at, y, end.saturating_sub(at), words, style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::Channel;
    use crate::domain::capability::Formatting;

    fn said(lines: &[Line]) -> Vec<String> {
        lines.iter().map(|line| line.iter().map(|(words, _)| words.as_str()).collect()).collect()
    }

    #[test]
    fn formatting_goes_over_the_ends_of_lines() {
        let caps = ChannelCapabilities {
            formatting: Formatting::Whatsapp,
            ..ChannelCapabilities::text_only(Channel::Whatsapp)
        };
        let found = lines(&caps, "hello *dear old friend* bye", false, 12);
        assert_eq!(said(&found), ["hello dear", "old friend", "bye"]);
        let bold = Ink::Look(Look { bold: true, ..Look::default() });
        assert_eq!(found[0][1], ("dear".to_owned(), bold));
        assert_eq!(found[1], [("old friend".to_owned(), bold)]);
        assert!(lines(&caps, " \n", false, 12).is_empty());
    }

    #[test]
    fn parts_of_an_sms_are_numbered_and_what_makes_them_short_is_marked() {
        let caps = ChannelCapabilities { segments: true, ..ChannelCapabilities::text_only(Channel::Sms) };
        let found = lines(&caps, &format!("\u{201c}{}", "a".repeat(70)), false, 43);
        assert_eq!(
            said(&found),
            [
                format!("1  \u{201c}{}", "a".repeat(39)),
                format!("   {}", "a".repeat(27)),
                format!("2  {}", "a".repeat(4)),
            ]
        );
        assert_eq!(found[0][1], ("\u{201c}".to_owned(), Ink::Role(Role::Match)));
        // An MMS has no parts.
        let found = lines(&caps, &format!("\u{201c}{}", "a".repeat(70)), true, 80);
        assert_eq!(said(&found), [format!("\u{201c}{}", "a".repeat(70))]);
    }
}
