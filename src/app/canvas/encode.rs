//! Cells as the bytes that a terminal reads (ECMA-48), as few of them as will do: they travel over ssh, and each one delays the last.
//!
//! The named sixteen colours leave as SGR 30–37 and 90–97, which terminals of sixteen colours understand.

use ratatui::buffer::Cell;
use ratatui::layout::Position;
use ratatui::style::{Color, Modifier};
use std::fmt::Write;

/// What the terminal's pen is set to. A frame begins and ends with a plain one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pen {
    fg: Color,
    bg: Color,
    underline: Color,
    modifier: Modifier,
}

impl Default for Pen {
    fn default() -> Pen {
        Pen { fg: Color::Reset, bg: Color::Reset, underline: Color::Reset, modifier: Modifier::empty() }
    }
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

/// What the terminal shows, cell by cell, as far as it is known.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// By row and column; none = not known.
    rows: Vec<Vec<Option<Cell>>>,
}

impl Shown {
    /// The terminal was cleared, resized or lent.
    pub(super) fn forget(&mut self) {
        self.rows.clear();
    }

    fn at(&self, x: u16, y: u16) -> Option<&Cell> {
        self.rows.get(usize::from(y))?.get(usize::from(x))?.as_ref()
    }

    fn put(&mut self, at: Position, cell: &Cell) {
        let (x, y) = (usize::from(at.x), usize::from(at.y));
        if self.rows.len() <= y {
            self.rows.resize(y + 1, Vec::new());
        }
        let row = &mut self.rows[y];
        if row.len() <= x {
            row.resize(x + 1, None);
        }
        row[x] = Some(cell.clone());
    }

    /// Appends changed cells to `out`. The pen is plain before and after.
    pub(super) fn encode<'a>(
        &mut self,
        out: &mut String,
        content: impl Iterator<Item = (u16, u16, &'a Cell)>,
    ) {
        let mut pen = Pen::default();
        let mut at = Cursor::Unknown;
        for (x, y, cell) in content {
            let to = Position { x, y };
            self.move_to(out, &pen, at, to);
            set(out, &mut pen, cell);
            out.push_str(cell.symbol());
            let behind = Position { x: x + 1, y };
            at = if is_one_wide(cell.symbol()) { Cursor::At(behind) } else { Cursor::Beyond(to) };
            self.put(to, cell);
        }
        if pen != Pen::default() {
            out.push_str("\x1b[m");
        }
    }

    /// Moves the cursor: over a few letters by writing them again where that is shorter, else by the distance, else to the place.
    // Writing into a String cannot fail: its results are dropped.
    fn move_to(&self, out: &mut String, pen: &Pen, from: Cursor, to: Position) {
        let from = match from {
            Cursor::At(from) if from.y == to.y && from.x <= to.x => from,
            // Somewhere in this row: there is room for it behind what was written, so that nothing has run over its end.
            Cursor::Beyond(last) if last.y == to.y && last.x < to.x => {
                let _ = write!(out, "\x1b[{}G", to.x + 1);
                return;
            }
            _ => {
                let _ = write!(out, "\x1b[{};{}H", to.y + 1, to.x + 1);
                return;
            }
        };
        let gap = to.x - from.x;
        if gap <= GAP {
            let letter = |x| self.at(x, to.y).and_then(|cell| written_alike(cell, pen));
            if let Some(same) = (from.x..to.x).map(letter).collect::<Option<String>>() {
                return out.push_str(&same);
            }
        }
        match gap {
            0 => {}
            1 => out.push_str("\x1b[C"),
            by => {
                let _ = write!(out, "\x1b[{by}C");
            }
        }
    }
}

/// Where the terminal's cursor is.
#[derive(Debug, Clone, Copy)]
enum Cursor {
    /// Not known.
    Unknown,
    At(Position),
    /// Behind what stands there: terminals disagree about how wide that is.
    Beyond(Position),
}

/// Up to so many letters are written again: the sequence that goes over them is as long.
const GAP: u16 = 4;

/// Whether every terminal shows this in one cell: ASCII, single letters of Latin, Greek and Cyrillic, marks of punctuation, and
/// the lines and blocks that screens are drawn with. Emoji, combined and wide letters are not: terminals disagree about them.
fn is_one_wide(symbol: &str) -> bool {
    let mut chars = symbol.chars();
    let (Some(first), None) = (chars.next(), chars.next()) else { return false };
    matches!(first, ' '..='~' | '\u{a1}'..='\u{a8}' | '\u{aa}'..='\u{ac}' | '\u{af}'..='\u{24f}' | '\u{370}'..='\u{482}'
        | '\u{48a}'..='\u{52f}' | '\u{2010}'..='\u{2027}' | '\u{2500}'..='\u{259f}')
}

/// The letter of a cell, if this pen would write it as it is.
fn written_alike<'a>(cell: &'a Cell, pen: &Pen) -> Option<&'a str> {
    (is_one_wide(cell.symbol()) && wanted(cell, pen) == *pen).then(|| cell.symbol())
}

/// The pen for a cell, if it is this one now.
fn wanted(cell: &Cell, pen: &Pen) -> Pen {
    if cell.symbol() == " " && !(cell.modifier | pen.modifier).intersects(ON_BLANKS) {
        // Nobody sees which colour or weight a blank is written in.
        return Pen { bg: cell.bg, ..*pen };
    }
    Pen { fg: cell.fg, bg: cell.bg, underline: cell.underline_color, modifier: cell.modifier }
}

fn set(out: &mut String, pen: &mut Pen, cell: &Cell) {
    let wanted = wanted(cell, pen);
    if wanted == *pen {
        return;
    }
    let mut sgr = Sgr { out, open: false };
    let gone = pen.modifier - wanted.modifier;
    let mut kept = pen.modifier - gone;
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
    if wanted.fg != pen.fg {
        sgr.color(wanted.fg, 30);
    }
    if wanted.bg != pen.bg {
        sgr.color(wanted.bg, 40);
    }
    if wanted.underline != pen.underline {
        sgr.color(wanted.underline, 50);
    }
    sgr.end();
    *pen = wanted;
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ratatui::style::Style;

    fn encoded(shown: &mut Shown, content: &[(u16, u16, Cell)]) -> String {
        let mut out = String::new();
        shown.encode(&mut out, content.iter().map(|(x, y, c)| (*x, *y, c)));
        out
    }

    fn cell(symbol: &str, style: Style) -> Cell {
        let mut cell = Cell::default();
        cell.set_symbol(symbol).set_style(style);
        cell
    }

    #[test]
    fn old_terminals_get_their_sixteen_colours() {
        let red = cell("a", Style::new().fg(Color::Red).bg(Color::Black));
        let bright = cell("b", Style::new().fg(Color::LightBlue).bg(Color::DarkGray));
        assert_eq!(
            encoded(&mut Shown::default(), &[(0, 0, red), (1, 0, bright)]),
            "\x1b[1;1H\x1b[31;40ma\x1b[94;100mb\x1b[m",
            "no 38;5;N"
        );
    }

    #[test]
    fn only_what_differs_is_said() {
        let one = Style::new().fg(Color::Indexed(253)).bg(Color::Indexed(234));
        let bold = one.add_modifier(Modifier::BOLD);
        let out = encoded(
            &mut Shown::default(),
            &[
                (4, 2, cell("a", bold)),
                (5, 2, cell(" ", one)),
                (6, 2, cell("b", bold)),
                (9, 2, cell("c", one)),
                (9, 3, cell("d", one)),
            ],
        );
        assert_eq!(out, "\x1b[3;5H\x1b[1;38;5;253;48;5;234ma b\x1b[2C\x1b[22mc\x1b[4;10Hd\x1b[m");
    }

    #[test]
    fn a_few_letters_are_written_again_rather_than_jumped_over() {
        let plain = Style::new();
        let mut shown = Shown::default();
        let word = |w: &str| -> Vec<(u16, u16, Cell)> {
            w.chars().zip(0..).map(|(c, x)| (x, 0, cell(&c.to_string(), plain))).collect()
        };
        encoded(&mut shown, &word("where is it"));
        let (first, last) = (word("there")[0].clone(), (10, 0, cell("s", plain)));
        assert_eq!(
            encoded(&mut shown, &[first.clone(), (2, 0, cell("E", plain)), last]),
            "\x1b[1;1HthE\x1b[7Cs"
        );
        // Not where the pen would write them otherwise, and not after the terminal was lent.
        let bold = cell("X", plain.add_modifier(Modifier::BOLD));
        assert!(encoded(&mut shown, &[(0, 0, bold), (2, 0, cell("y", plain))]).contains("X\x1b[C"));
        shown.forget();
        assert_eq!(encoded(&mut shown, &[first, (2, 0, cell("e", plain))]), "\x1b[1;1Ht\x1b[Ce");
    }

    #[test]
    fn lines_and_letters_of_one_cell_run_on() {
        let plain = Style::new();
        let line: Vec<(u16, u16, Cell)> =
            "─│é…Ж".chars().zip(0..).map(|(c, x)| (x, 0, cell(&c.to_string(), plain))).collect();
        assert_eq!(encoded(&mut Shown::default(), &line), "\x1b[1;1H─│é…Ж");
        for wide in ["©", "®", "e\u{301}", "↩", "\u{ad}", "‼"] {
            let out = encoded(&mut Shown::default(), &[(0, 0, cell(wide, plain)), (1, 0, cell("x", plain))]);
            assert!(out.ends_with("\x1b[2Gx"), "{wide:?}: {out:?}");
        }
    }

    #[test]
    fn after_a_wide_letter_the_place_is_said_again() {
        let plain = Style::new();
        assert_eq!(
            encoded(&mut Shown::default(), &[(0, 0, cell("配", plain)), (2, 0, cell("x", plain))]),
            "\x1b[1;1H配\x1b[3Gx"
        );
        // In the next row as well.
        assert_eq!(
            encoded(&mut Shown::default(), &[(0, 0, cell("配", plain)), (2, 1, cell("x", plain))]),
            "\x1b[1;1H配\x1b[2;3Hx"
        );
    }

    fn style() -> impl Strategy<Value = Style> {
        let color = prop_oneof![
            Just(Color::Reset),
            Just(Color::Red),
            Just(Color::LightCyan),
            (0u8..=255).prop_map(Color::Indexed),
            (0u8..=255, 0u8..=255, 0u8..=255).prop_map(|(r, g, b)| Color::Rgb(r, g, b)),
        ];
        // What the emulator of the test can tell apart.
        let modifier = prop::sample::subsequence(
            vec![Modifier::BOLD, Modifier::ITALIC, Modifier::UNDERLINED, Modifier::REVERSED],
            0..4,
        );
        (color.clone(), color, modifier).prop_map(|(fg, bg, modifiers)| {
            let all = modifiers.into_iter().fold(Modifier::empty(), Modifier::union);
            Style::new().fg(fg).bg(bg).add_modifier(all)
        })
    }

    fn seen(color: Color) -> vt100::Color {
        match color {
            Color::Red => vt100::Color::Idx(1),
            Color::LightCyan => vt100::Color::Idx(14),
            Color::Indexed(n) => vt100::Color::Idx(n),
            Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
            _ => vt100::Color::Default,
        }
    }

    proptest! {
        /// Whatever is painted, frame after frame, an emulator shows the same.
        #[test]
        fn an_emulator_shows_what_was_painted(
            frames in prop::collection::vec(
                prop::collection::btree_map((0u16..4, 0u16..12), ("[a-z ─é]", style()), 1..30), 1..5),
        ) {
            let mut parser = vt100::Parser::new(4.try_into().unwrap(), 12.try_into().unwrap(), 0);
            let mut screen = std::collections::BTreeMap::new();
            let mut shown = Shown::default();
            for frame in frames {
                let content: Vec<(u16, u16, Cell)> =
                    frame.into_iter().map(|((y, x), (s, style))| (x, y, cell(&s, style))).collect();
                parser.process(encoded(&mut shown, &content).as_bytes());
                for (x, y, c) in content {
                    screen.insert((y, x), c);
                }
            }
            for ((y, x), cell) in screen {
                let there = parser.screen().cell(y, x).unwrap();
                prop_assert_eq!(if there.contents().is_empty() { " " } else { there.contents() }, cell.symbol());
                prop_assert_eq!(there.bgcolor(), seen(cell.bg));
                let visible = Modifier::UNDERLINED.union(Modifier::REVERSED);
                prop_assert_eq!(there.underline(), cell.modifier.contains(Modifier::UNDERLINED));
                prop_assert_eq!(there.inverse(), cell.modifier.contains(Modifier::REVERSED));
                if cell.symbol() != " " || cell.modifier.intersects(visible) {
                    prop_assert_eq!(there.fgcolor(), seen(cell.fg));
                    prop_assert_eq!(there.bold(), cell.modifier.contains(Modifier::BOLD));
                    prop_assert_eq!(there.italic(), cell.modifier.contains(Modifier::ITALIC));
                }
            }
        }
    }
}
