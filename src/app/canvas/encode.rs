//! Cells as the bytes that a terminal reads (ECMA-48), as few of them as will do: they travel over ssh, and each one delays the last.

use crate::app::canvas::order::{by_pen, narrow};
use crate::app::canvas::pen::Pen;
use ratatui::buffer::Cell;
use ratatui::layout::Position;
use std::fmt::Write;

/// What the terminal shows, letter by letter, as far as it is known and may be written again.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// By row and column; none = not known, or not one cell wide for sure.
    rows: Vec<Vec<Option<Letter>>>,
}

/// A letter and the pen that it was written with.
type Letter = (char, Pen);

impl Shown {
    /// The terminal was cleared, resized or lent.
    pub(super) fn forget(&mut self) {
        self.rows.clear();
    }

    fn at(&self, x: u16, y: u16) -> Option<Letter> {
        *self.rows.get(usize::from(y))?.get(usize::from(x))?
    }

    fn put(&mut self, at: Position, letter: Option<Letter>) {
        let (x, y) = (usize::from(at.x), usize::from(at.y));
        if self.rows.len() <= y {
            self.rows.resize(y + 1, Vec::new());
        }
        let row = &mut self.rows[y];
        if row.len() <= x {
            row.resize(x + 1, None);
        }
        row[x] = letter;
        // What is not one cell wide for sure may have run over its neighbour.
        if letter.is_none()
            && let Some(next) = row.get_mut(x + 1)
        {
            *next = None;
        }
    }

    /// Appends changed cells, which come row by row, to `out`. The pen is plain before and after.
    pub(super) fn encode<'a>(
        &mut self,
        out: &mut String,
        content: impl Iterator<Item = (u16, u16, &'a Cell)>,
    ) {
        let mut pen = Pen::default();
        let mut at = Cursor::Unknown;
        let cells: Vec<(Position, &Cell)> = content.map(|(x, y, cell)| (Position { x, y }, cell)).collect();
        for &(to, cell) in by_pen(&cells) {
            self.move_to(out, &pen, at, to);
            pen.turn_into(pen.next(cell), out);
            out.push_str(cell.symbol());
            let letter = narrow(cell.symbol()).map(|letter| (letter, Pen::of(cell)));
            at = match letter {
                Some(_) => Cursor::At(Position { x: to.x + 1, ..to }),
                None => Cursor::Beyond(to),
            };
            self.put(to, letter);
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
            let letter = |x| self.at(x, to.y).filter(|(c, of)| pen.writes_alike(*c, of)).map(|(c, _)| c);
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ratatui::buffer::{Buffer, CellWidth};
    use ratatui::layout::Rect;
    use ratatui::style::{Color, Modifier, Style};
    use std::collections::BTreeSet;

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
    fn a_colour_is_named_once_wherever_it_stands() {
        let (red, blue) = (Style::new().fg(Color::Red), Style::new().fg(Color::Blue));
        let out = encoded(
            &mut Shown::default(),
            &[
                (0, 0, cell("◎", blue)),
                (1, 0, cell("a", red)),
                (2, 0, cell("b", blue)),
                (3, 0, cell(" ", red)),
                (7, 1, cell(" ", Style::new())),
                (0, 2, cell("c", red)),
            ],
        );
        let (first, reds, blues) =
            ("\x1b[1;1H\x1b[34m◎", "\x1b[2G\x1b[31ma\x1b[2;8H \x1b[3;1Hc", "\x1b[1;3H\x1b[34mb ");
        assert_eq!(
            out,
            format!("{first}{reds}{blues}\x1b[m"),
            "what may be wider than it should be goes first"
        );
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
    fn what_stood_under_a_wide_letter_is_never_written_again() {
        let plain = Style::new();
        let of = |x: u16, symbol: &str| (x, 0, cell(symbol, plain));
        let mut shown = Shown::default();
        encoded(&mut shown, &[of(0, "a"), of(1, "y"), of(2, "b")]);
        encoded(&mut shown, &[of(0, "配")]);
        // The second half of the wide letter is blank now, and nothing is said of it.
        assert_eq!(encoded(&mut shown, &[of(0, "x"), of(2, "z")]), "\x1b[1;1Hx\x1b[Cz");
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
        let any = (color.clone(), color, modifier).prop_map(|(fg, bg, modifiers)| {
            let all = modifiers.into_iter().fold(Modifier::empty(), Modifier::union);
            Style::new().fg(fg).bg(bg).add_modifier(all)
        });
        // As without colours: then everything is written with one pen.
        prop_oneof![1 => any, 1 => Just(Style::new().fg(Color::Reset).bg(Color::Reset))]
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

    /// A screen full of words: of letters that are narrow, wide, and of a width that terminals disagree about.
    fn screen() -> impl Strategy<Value = Buffer> {
        let word = ((0..COLUMNS, 0..ROWS), "[a-z ─é◎配]{1,9}", style());
        prop::collection::vec(word, 0..12).prop_map(|words| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, COLUMNS, ROWS));
            for ((x, y), word, style) in words {
                buffer.set_string(x, y, word, style);
                for (x, y) in wide(&buffer).collect::<Vec<_>>() {
                    buffer[(x + 1, y)].reset();
                }
            }
            buffer
        })
    }

    /// Where letters of two cells stand.
    fn wide(buffer: &Buffer) -> impl Iterator<Item = (u16, u16)> {
        places().filter(|at| buffer[*at].cell_width() > 1)
    }

    fn places() -> impl Iterator<Item = (u16, u16)> {
        (0..ROWS).flat_map(|y| (0..COLUMNS).map(move |x| (x, y)))
    }

    const COLUMNS: u16 = 14;
    const ROWS: u16 = 4;

    proptest! {
        /// Whatever is painted, frame after frame, an emulator shows the same.
        #[test]
        fn an_emulator_shows_what_was_painted(frames in prop::collection::vec(screen(), 1..5)) {
            let mut parser = vt100::Parser::new(ROWS.try_into().unwrap(), COLUMNS.try_into().unwrap(), 0);
            let mut shown = Shown::default();
            let mut before = Buffer::empty(Rect::new(0, 0, COLUMNS, ROWS));
            // Second halves of wide letters that are gone, of which nothing was said: their ground is the terminal's business.
            let mut unsaid = BTreeSet::new();
            for frame in frames {
                let mut out = String::new();
                shown.encode(&mut out, before.diff_iter(&frame));
                parser.process(out.as_bytes());
                let said: BTreeSet<_> = before.diff_iter(&frame).map(|(x, y, _)| (x, y)).collect();
                unsaid.extend(wide(&before).map(|(x, y)| (x + 1, y)));
                unsaid.retain(|at| !said.contains(at));
                for (x, y) in places() {
                    let (cell, there) = (&frame[(x, y)], parser.screen().cell(y, x).unwrap());
                    if there.is_wide_continuation() {
                        continue;
                    }
                    prop_assert_eq!(if there.contents().is_empty() { " " } else { there.contents() }, cell.symbol());
                    if !unsaid.contains(&(x, y)) {
                        prop_assert_eq!(there.bgcolor(), seen(cell.bg));
                    }
                    let visible = Modifier::UNDERLINED.union(Modifier::REVERSED);
                    if cell.symbol() != " " || cell.modifier.intersects(visible) {
                        prop_assert_eq!(there.underline(), cell.modifier.contains(Modifier::UNDERLINED));
                        prop_assert_eq!(there.inverse(), cell.modifier.contains(Modifier::REVERSED));
                        prop_assert_eq!(there.fgcolor(), seen(cell.fg));
                        prop_assert_eq!(there.bold(), cell.modifier.contains(Modifier::BOLD));
                        prop_assert_eq!(there.italic(), cell.modifier.contains(Modifier::ITALIC));
                    } else if !unsaid.contains(&(x, y)) {
                        prop_assert!(!there.underline() && !there.inverse());
                    }
                }
                before = frame;
            }
        }
    }
}
