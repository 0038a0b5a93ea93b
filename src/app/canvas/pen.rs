//! What the terminal's pen is set to, and how it is set (SGR, ECMA-48 8.3.117): only what changes is said.
//!
//! The named sixteen colours leave as SGR 30–37 and 90–97, which terminals of sixteen colours understand.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};
use std::fmt::Write;

/// What the terminal's pen is set to. A frame begins and ends with a plain one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pen {
    fg: Color,
    bg: Color,
    underline: Color,
    modifier: Modifier,
}

/// Attributes that show on a blank.
const ON_BLANKS: Modifier =
    Modifier::REVERSED.union(Modifier::UNDERLINED).union(Modifier::CROSSED_OUT).union(Modifier::SLOW_BLINK);
/// Attributes with the parameter that switches each on, and the one that switches it off.
const SWITCHES: [(Modifier, u8, u8); 9] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::RAPID_BLINK, 6, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

impl Default for Pen {
    fn default() -> Pen {
        Pen::of_blanks(Color::Reset)
    }
}

impl Pen {
    /// The pen that a cell is written with.
    pub(super) fn of(cell: &Cell) -> Pen {
        Pen { fg: cell.fg, bg: cell.bg, underline: cell.underline_color, modifier: cell.modifier }
    }

    /// One that writes blanks on this ground.
    pub(super) fn of_blanks(bg: Color) -> Pen {
        Pen { fg: Color::Reset, bg, underline: Color::Reset, modifier: Modifier::empty() }
    }

    /// Whether it writes blanks on this ground that look like any other's.
    pub(super) fn writes_blanks_on(&self, bg: Color) -> bool {
        self.bg == bg && !self.modifier.intersects(ON_BLANKS)
    }

    /// Whether what it writes looks as if that one had written it.
    pub(super) fn writes_alike(&self, letter: char, other: &Pen) -> bool {
        self == other
            || letter == ' ' && !other.modifier.intersects(ON_BLANKS) && self.writes_blanks_on(other.bg)
    }

    /// The pen for a cell, if it is this one now.
    pub(super) fn next(&self, cell: &Cell) -> Pen {
        if is_blank(cell) && !self.modifier.intersects(ON_BLANKS) {
            // Nobody sees which colour or weight a blank is written in.
            return Pen { bg: cell.bg, ..*self };
        }
        Pen::of(cell)
    }

    /// Becomes another one, and appends what makes the terminal's the same.
    pub(super) fn turn_into(&mut self, wanted: Pen, out: &mut String) {
        if wanted == *self {
            return;
        }
        let mut sgr = Sgr { out, open: false };
        let gone = self.modifier - wanted.modifier;
        let mut kept = self.modifier - gone;
        for (modifier, _, off) in SWITCHES {
            if gone.contains(modifier) {
                sgr.number(off);
                // Bold and dim go together, as do both ways of blinking: who stays is switched on again.
                for (other, _, same) in SWITCHES {
                    if same == off {
                        kept -= other;
                    }
                }
            }
        }
        for (modifier, on, _) in SWITCHES {
            if (wanted.modifier - kept).contains(modifier) {
                sgr.number(on);
            }
        }
        if wanted.fg != self.fg {
            sgr.color(wanted.fg, 30);
        }
        if wanted.bg != self.bg {
            sgr.color(wanted.bg, 40);
        }
        if wanted.underline != self.underline {
            sgr.color(wanted.underline, 50);
        }
        sgr.end();
        *self = wanted;
    }
}

/// Whether a cell shows nothing but its ground.
pub(super) fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && !cell.modifier.intersects(ON_BLANKS)
}

/// One "select graphic rendition" in the making.
struct Sgr<'a> {
    out: &'a mut String,
    open: bool,
}

impl Sgr<'_> {
    fn number(&mut self, n: u8) {
        self.out.push_str(if self.open { ";" } else { "\x1b[" });
        self.open = true;
        let _ = write!(self.out, "{n}");
    }

    /// `base` is 30 for the foreground, 40 for the background, 50 for underlines.
    fn color(&mut self, color: Color, base: u8) {
        let named = match color {
            Color::Reset => return self.number(base + 9),
            Color::Rgb(r, g, b) => {
                for n in [base + 8, 2, r, g, b] {
                    self.number(n);
                }
                return;
            }
            Color::Indexed(n) => return self.indexed(n, base),
            Color::Black => 0,
            Color::Red => 1,
            Color::Green => 2,
            Color::Yellow => 3,
            Color::Blue => 4,
            Color::Magenta => 5,
            Color::Cyan => 6,
            Color::Gray => 7,
            Color::DarkGray => 8,
            Color::LightRed => 9,
            Color::LightGreen => 10,
            Color::LightYellow => 11,
            Color::LightBlue => 12,
            Color::LightMagenta => 13,
            Color::LightCyan => 14,
            Color::White => 15,
        };
        match (named, base) {
            // Underlines have no short form.
            (_, 50) => self.indexed(named, base),
            (0..8, _) => self.number(base + named),
            _ => self.number(base + 60 + named - 8),
        }
    }

    fn indexed(&mut self, n: u8, base: u8) {
        for n in [base + 8, 5, n] {
            self.number(n);
        }
    }

    fn end(self) {
        if self.open {
            self.out.push('m');
        }
    }
}
