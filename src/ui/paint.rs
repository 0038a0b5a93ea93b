//! Puts words into cells. The one way from a string to the screen: what passes here is sanitised, cut and clipped.

use crate::text::{sanitize, wrap};
use crate::ui::theme::{Role, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// A buffer with a theme.
pub(crate) struct Pen<'a> {
    pub(crate) buf: &'a mut Buffer,
    pub(crate) theme: &'a Theme,
}

impl Pen<'_> {
    /// Writes one line of at most `width` cells, cut with an ellipsis. Returns the column behind it.
    pub(crate) fn text(&mut self, x: u16, y: u16, width: u16, text: &str, role: Role) -> u16 {
        self.styled(x, y, width, text, self.theme.style(role))
    }

    /// As [`Pen::text`], right-aligned to end before column `end`, not going left of `from`. Returns its first column.
    pub(crate) fn right(&mut self, from: u16, end: u16, y: u16, text: &str, role: Role) -> u16 {
        let room = end.saturating_sub(from);
        let line = sanitize::line(text);
        let cut = wrap::truncate(&line, usize::from(room));
        let x = end.saturating_sub(cells(&cut));
        self.text(x, y, room, &cut, role);
        x
    }

    /// As [`Pen::text`] with a style of its own.
    pub(crate) fn styled(&mut self, x: u16, y: u16, width: u16, text: &str, style: Style) -> u16 {
        let width = width.min(self.buf.area.right().saturating_sub(x));
        if width == 0 || y < self.buf.area.y || y >= self.buf.area.bottom() || x < self.buf.area.x {
            return x;
        }
        let line = sanitize::line(text);
        let cut = wrap::truncate(&line, usize::from(width));
        self.write(x, y, width, &cut, style)
    }

    /// As [`Pen::text`] for what is already clean and whose blanks are to stay (indented lines of a message).
    pub(crate) fn verbatim(&mut self, x: u16, y: u16, width: u16, text: &str, role: Role) -> u16 {
        self.verbatim_in(x, y, width, text, self.theme.style(role))
    }

    /// The same with a style of its own.
    pub(crate) fn verbatim_in(&mut self, x: u16, y: u16, width: u16, text: &str, style: Style) -> u16 {
        let width = width.min(self.buf.area.right().saturating_sub(x));
        if width == 0 || y < self.buf.area.y || y >= self.buf.area.bottom() || x < self.buf.area.x {
            return x;
        }
        self.write(x, y, width, text, style)
    }

    /// Writes what is clean from (`x`, `y`), which is in the buffer, as far as `width` cells go. Returns the column behind it.
    fn write(&mut self, x: u16, y: u16, width: u16, text: &str, style: Style) -> u16 {
        if !wrap::is_plain(text) {
            return self.buf.set_stringn(x, y, text, usize::from(width), style).0;
        }
        // Nearly everything on a screen: a letter a cell, and nothing to measure.
        let mut end = x;
        for letter in text.bytes().take(usize::from(width)) {
            self.buf[(end, y)].set_char(char::from(letter)).set_style(style);
            end += 1;
        }
        end
    }

    /// Several pieces after one another. Returns the column behind the last.
    pub(crate) fn pieces(&mut self, x: u16, y: u16, width: u16, pieces: &[(&str, Role)]) -> u16 {
        let end = x.saturating_add(width);
        let mut at = x;
        for (text, role) in pieces {
            // Blanks at the ends of a piece are spacing and stay.
            let lead = blanks(text.len() - text.trim_start_matches(' ').len());
            let trail = blanks(text.len() - text.trim_end_matches(' ').len());
            at = at.saturating_add(lead).min(end);
            at = self.text(at, y, end.saturating_sub(at), text.trim(), *role);
            if !text.trim().is_empty() {
                at = at.saturating_add(trail).min(end);
            }
        }
        at
    }

    /// Lays a ground under an area, keeping what is written.
    pub(crate) fn ground(&mut self, area: Rect, role: Role) {
        let style = self.theme.style(role);
        self.buf.set_style(area, style);
    }

    /// Empties an area and lays a ground.
    pub(crate) fn clear(&mut self, area: Rect, role: Role) {
        let area = area.intersection(self.buf.area);
        for y in area.top()..area.bottom() {
            // The right half of a wide character cannot be painted over while the left half stays.
            if let Some(left) = area.x.checked_sub(1)
                && let Some(cell) = self.buf.cell_mut((left, y))
                && wrap::width(cell.symbol()) > 1
            {
                cell.set_symbol(" ");
            }
            for x in area.left()..area.right() {
                if let Some(cell) = self.buf.cell_mut((x, y)) {
                    cell.reset();
                    cell.set_style(self.theme.ground());
                }
            }
        }
        self.ground(area, role);
    }

    /// A horizontal hair line.
    pub(crate) fn rule(&mut self, x: u16, y: u16, width: u16) {
        let style = self.theme.style(Role::Faint);
        for x in x..x.saturating_add(width) {
            if let Some(cell) = self.buf.cell_mut((x, y)) {
                cell.set_symbol("─").set_style(style);
            }
        }
    }

    /// A horizontal hair line that joins the vertical one at its left.
    pub(crate) fn rule_joined(&mut self, x: u16, y: u16, width: u16) {
        self.rule(x, y, width);
        if let Some(left) = x.checked_sub(1) {
            self.glyph(left, y, "├", Role::Faint);
        }
    }

    /// One glyph of the frame.
    pub(crate) fn glyph(&mut self, x: u16, y: u16, glyph: &str, role: Role) {
        let style = self.theme.style(role);
        if let Some(cell) = self.buf.cell_mut((x, y)) {
            cell.set_symbol(glyph).set_style(style);
        }
    }
}

/// Words folded to lines of this width, sanitised; at most so many lines, the last of them with an ellipsis if more would follow.
pub(crate) fn folded(text: &str, width: u16, most: usize) -> Vec<String> {
    let clean = sanitize::line(text);
    let width = usize::from(width);
    let ranges = wrap::wrap(&clean, width);
    let lines = ranges.iter().take(most).enumerate().map(|(at, range)| {
        let rest = if at + 1 == most { &clean[range.start..] } else { &clean[range.clone()] };
        wrap::truncate(rest, width).into_owned()
    });
    lines.collect()
}

/// Cells of a line as a column count.
pub(crate) fn cells(text: &str) -> u16 {
    u16::try_from(wrap::width(text)).unwrap_or(u16::MAX)
}

fn blanks(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}
