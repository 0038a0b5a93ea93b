//! Paints the outbox: what waits, for whom and until when, and below it in full why.

use crate::domain::op::OpState;
use crate::domain::row::OutboxRow;
use crate::text::format;
use crate::ui::model::Model;
use crate::ui::overlay::view::frame;
use crate::ui::paint::{Pen, folded};
use crate::ui::theme::Role;
use crate::ui::thread::words;
use ratatui::layout::Rect;

/// Cells before a reason.
const INDENT: u16 = 12;

fn reason(row: &OutboxRow, width: u16) -> Vec<String> {
    let reason = row.reason.as_ref().filter(|reason| !reason.human.trim().is_empty());
    reason.map_or_else(Vec::new, |reason| {
        let words = match &reason.code {
            Some(code) => format!("{} ({code})", reason.human),
            None => reason.human.clone(),
        };
        folded(&words, width.saturating_sub(INDENT).max(1), usize::MAX)
    })
}

/// How many lines the rows take in this width.
pub(super) fn lines(rows: &[OutboxRow], width: u16) -> usize {
    rows.iter().map(|row| 1 + reason(row, width).len()).sum()
}

/// The first row on screen, so that the one under the cursor is there as a whole.
fn first(rows: &[OutboxRow], at: usize, inner: Rect) -> usize {
    let mut room = usize::from(inner.height);
    let mut top = at;
    for (slot, row) in rows.iter().enumerate().take(at + 1).rev() {
        let lines = 1 + reason(row, inner.width).len();
        if lines > room {
            break;
        }
        room -= lines;
        top = slot;
    }
    top
}

/// Paints the outbox.
pub(super) fn draw(model: &Model, pen: &mut Pen<'_>, area: Rect, rows: Option<&[OutboxRow]>, at: usize) {
    let inner = frame(pen, area, "Outbox", "Enter goes to the message");
    let Some(rows) = rows else {
        pen.text(inner.x, inner.y, inner.width, "reading…", Role::Dim);
        return;
    };
    if rows.is_empty() {
        pen.text(inner.x, inner.y, inner.width, "Nothing waits: all is sent.", Role::Dim);
        return;
    }
    let mut y = inner.y;
    for (slot, row) in rows.iter().enumerate().skip(first(rows, at, inner)) {
        let why = reason(row, inner.width);
        let lines = u16::try_from(1 + why.len()).unwrap_or(u16::MAX).min(inner.bottom().saturating_sub(y));
        if lines == 0 {
            break;
        }
        let place = Rect::new(inner.x, y, inner.width, lines);
        if slot == at {
            pen.ground(place, Role::Selected);
            (place.top()..place.bottom()).for_each(|y| pen.glyph(place.x, y, "▌", Role::Accent));
        }
        draw_row(model, pen, place, row);
        for (y, line) in (place.y + 1..place.bottom()).zip(&why) {
            pen.text(place.x + INDENT, y, place.width.saturating_sub(INDENT), line, Role::Dim);
        }
        y += lines;
    }
}

/// How far, what, for whom, when.
fn draw_row(model: &Model, pen: &mut Pen<'_>, place: Rect, row: &OutboxRow) {
    let role = match row.state {
        OpState::Parked | OpState::Unknown | OpState::Retrying => Role::Warn,
        _ => Role::Dim,
    };
    let who = format::person(&row.contact_name, &row.theirs);
    let due = if row.not_before > model.now {
        format!("in {}", words::span(row.not_before - model.now))
    } else {
        String::new()
    };
    let (x, y, end) = (place.x + 2, place.y, place.right());
    let due_at = if due.is_empty() { end } else { pen.right(x, end, y, &due, Role::Dim) };
    let room = |at: u16| due_at.saturating_sub(at + 1);
    pen.text(x, y, 9.min(room(x)), row.state.word(), role);
    pen.text(x + 10, y, 6.min(room(x + 10)), row.kind, Role::Dim);
    let at = pen.text(x + 16, y, room(x + 16), &who, Role::Text);
    if let Some(text) = &row.text {
        pen.text(at + 2, y, room(at + 2), text, Role::Dim);
    }
}
