//! In which order the cells of a frame are written: those of one pen together, wherever they stand. To name a colour takes more bytes
//! than to go to a place, and a list and a thread side by side change colours several times in each row.

use crate::app::canvas::pen::{Pen, is_blank};
use ratatui::buffer::Cell;
use ratatui::layout::Position;
use ratatui::style::Color;
use std::ops::Range;

/// How a cell wants to be written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// Before all that are one cell wide: where a terminal takes it for wider than we do, what stands behind it is written over that.
    Unsure,
    /// With any pen of this ground.
    Blank(Color),
    With(Pen),
}

impl Look {
    fn of(cell: &Cell) -> Look {
        if narrow(cell.symbol()).is_none() {
            Look::Unsure
        } else if is_blank(cell) {
            Look::Blank(cell.bg)
        } else {
            Look::With(Pen::of(cell))
        }
    }

    /// How both are written, if they are written alike.
    fn and(self, other: Look) -> Option<Look> {
        match (self, other) {
            (Look::With(pen), Look::Blank(bg)) | (Look::Blank(bg), Look::With(pen)) => {
                pen.writes_blanks_on(bg).then_some(Look::With(pen))
            }
            _ => (self == other).then_some(self),
        }
    }
}

/// Neighbours in a row that are written alike.
struct Run {
    look: Look,
    cells: Range<usize>,
}

/// The cells of a frame, which come row by row, in the order in which they are written.
pub(super) fn by_pen<'c, 'a>(
    cells: &'c [(Position, &'a Cell)],
) -> impl Iterator<Item = &'c (Position, &'a Cell)> {
    let mut runs: Vec<Run> = Vec::new();
    let mut behind = None;
    for (i, (at, cell)) in cells.iter().enumerate() {
        let look = Look::of(cell);
        let last = runs.last_mut().filter(|_| behind == Some(*at));
        match last.and_then(|run| Some((run.look.and(look)?, run))) {
            Some((both, run)) => {
                run.look = both;
                run.cells.end = i + 1;
            }
            None => runs.push(Run { look, cells: i..i + 1 }),
        }
        behind = Some(Position { x: at.x + 1, y: at.y });
    }
    let mut pens: Vec<Pen> = Vec::new();
    for run in &runs {
        if let Look::With(pen) = run.look
            && !pens.contains(&pen)
        {
            pens.push(pen);
        }
    }
    let rank = |run: &Run| match run.look {
        Look::Unsure => 0,
        Look::With(pen) => 1 + place(&pens, |p| *p == pen),
        Look::Blank(bg) => 1 + place(&pens, |p| p.writes_blanks_on(bg)),
    };
    // Stable: within a pen row by row. Blanks on a ground that no letter stands on come last.
    runs.sort_by_cached_key(rank);
    runs.into_iter().flat_map(|run| &cells[run.cells])
}

/// Where the first of them stands; behind all of them if there is none.
fn place(pens: &[Pen], is: impl FnMut(&Pen) -> bool) -> usize {
    pens.iter().position(is).unwrap_or(pens.len())
}

/// The letter of a cell, if every terminal shows it in one: ASCII, single letters of Latin, Greek and Cyrillic, marks of punctuation, and
/// the lines and blocks that screens are drawn with. Emoji, combined and wide letters are not such: terminals disagree about them.
pub(super) fn narrow(symbol: &str) -> Option<char> {
    let mut chars = symbol.chars();
    let (Some(first), None) = (chars.next(), chars.next()) else { return None };
    matches!(first, ' '..='~' | '\u{a1}'..='\u{a8}' | '\u{aa}'..='\u{ac}' | '\u{af}'..='\u{24f}' | '\u{370}'..='\u{482}'
        | '\u{48a}'..='\u{52f}' | '\u{2010}'..='\u{2027}' | '\u{2500}'..='\u{259f}')
    .then_some(first)
}
