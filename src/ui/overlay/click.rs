//! Clicks on what lies above the panes: a row is gone to, the row under the cursor does what Enter does; a question is answered
//! by a click on its key.

use crate::ui::key::{Code, Key};
use crate::ui::model::Model;
use crate::ui::overlay::view::{list_rows, place, yes_or_no_at};
use crate::ui::overlay::{Overlay, canned, found, outbox};
use ratatui::layout::{Margin, Position, Rect};

/// What a click means.
enum Hit {
    /// The row of a list, and the one that the cursor is on.
    Row { at: usize, cursor: usize },
    /// A key.
    Key(Key),
}

impl Model {
    /// Takes in a click on the top overlay. Beside it nothing happens: what is typed is not lost by a slip of the hand.
    pub(crate) fn overlay_click(&mut self, spot: Position) {
        match hit(self, spot) {
            Some(Hit::Row { at, cursor }) if at == cursor => self.on_key(Key::plain(Code::Enter)),
            Some(Hit::Row { at, cursor }) => {
                let key = if at > cursor { Code::Down } else { Code::Up };
                (0..at.abs_diff(cursor)).for_each(|_| self.on_key(Key::plain(key)));
            }
            Some(Hit::Key(key)) => self.on_key(key),
            None => {}
        }
    }
}

fn hit(model: &Model, spot: Position) -> Option<Hit> {
    let overlay = model.overlays.last()?;
    let area = place(model, overlay);
    let inner = area.inner(Margin::new(2, 1));
    if !inner.contains(spot) {
        return None;
    }
    let below = usize::from(spot.y - inner.y);
    let row = |at: Option<usize>, count: usize, cursor: usize| {
        at.filter(|at| *at < count).map(|at| Hit::Row { at, cursor })
    };
    match overlay {
        Overlay::Picker(picker) => {
            let rows = list_rows(picker, usize::from(inner.height), inner.width);
            let at = below.checked_sub(1).filter(|slot| *slot < rows).map(|slot| picker.top + slot);
            row(at, picker.shown.len(), picker.at)
        }
        Overlay::Search(search) => {
            let at = found::hit_at(search, inner, below);
            row(at, search.found.hits.len(), search.at)
        }
        Overlay::Browse(browse) => {
            row(below.checked_sub(1).map(|slot| browse.top + slot), browse.fitting().count(), browse.at())
        }
        Overlay::Canned(list) => {
            let rows = canned::page(usize::from(inner.height));
            let at = Some(list.top + below).filter(|_| below < rows);
            row(at, model.quick_replies.len(), list.at)
        }
        Overlay::Outbox { rows: Some(rows), at: cursor } => {
            row(outbox::row_at(rows, *cursor, inner, below), rows.len(), *cursor)
        }
        Overlay::Confirm(_) => question(inner, 1, spot),
        Overlay::Doubts(_) => question(inner, inner.height.saturating_sub(1), spot),
        _ => None,
    }
}

/// The key of an answer to a question.
fn question(inner: Rect, below: u16, spot: Position) -> Option<Hit> {
    let letter = yes_or_no_at(inner, below, spot)?;
    Some(Hit::Key(Key::plain(Code::Char(letter))))
}
