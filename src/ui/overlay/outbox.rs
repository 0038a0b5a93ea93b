//! The outbox: what waits, for whom and until when, and below it in full why; and the keys for the row under the cursor.

use crate::domain::delivery::Delivery;
use crate::domain::op::OpState;
use crate::domain::row::OutboxRow;
use crate::text::format;
use crate::ui::command;
use crate::ui::key::Key;
use crate::ui::keymap::Lookup;
use crate::ui::model::{Focus, Model, Purpose};
use crate::ui::msg::Level;
use crate::ui::overlay::Overlay;
use crate::ui::overlay::view::frame;
use crate::ui::paint::{Pen, folded};
use crate::ui::theme::Role;
use crate::ui::thread::words;
use ratatui::layout::Rect;

/// Cells before a reason.
const INDENT: u16 = 12;

fn reason(row: &OutboxRow, width: u16) -> Vec<String> {
    row.why().map_or_else(Vec::new, |why| {
        let words = match row.reason.as_ref().and_then(|reason| reason.code.as_ref()) {
            Some(code) => format!("{why} ({code})"),
            None => why.to_owned(),
        };
        folded(&words, width.saturating_sub(INDENT).max(1), usize::MAX)
    })
}

/// How far the message of a row is, in the words of messages.
const fn delivery(state: OpState) -> Option<Delivery> {
    match state {
        OpState::Queued => Some(Delivery::Queued),
        OpState::Retrying => Some(Delivery::Retrying),
        OpState::Parked => Some(Delivery::Parked),
        OpState::Unknown => Some(Delivery::Unknown),
        OpState::Failed => Some(Delivery::Failed),
        _ => None,
    }
}

/// The commands that can be given for a row, with what they do there.
pub(crate) fn answers(row: &OutboxRow) -> &'static [(&'static str, &'static str)] {
    if row.message.is_none() {
        return &[];
    }
    words::waiting_answers(delivery(row.state))
}

impl Model {
    /// Takes a key that is for the row under the cursor: those of messages, as they are bound in the thread.
    pub(super) fn outbox_key(&mut self, key: Key) {
        let Some(Overlay::Outbox { rows: Some(rows), at }) = self.overlays.last() else {
            return self.global_key(key);
        };
        let id = match self.keymap.lookup(Focus::Thread, &[key]) {
            Lookup::Command(command) if command.id.starts_with("message.") => command.id,
            _ => return self.global_key(key),
        };
        let Some(row) = rows.get(*at).cloned() else { return };
        let (Some(message), Some(state)) = (row.message, delivery(row.state)) else {
            let why = if row.message.is_none() { "it is no message" } else { "it is being sent right now" };
            return self.say(Level::Warn, why);
        };
        if !answers(&row).iter().any(|(answer, _)| *answer == id) {
            let able: Vec<String> = answers(&row)
                .iter()
                .map(|(command, does)| format!("{} {does}", self.keymap.first_label(command)))
                .collect();
            return self.say(Level::Warn, format!("it is {}: {}", row.state.word(), able.join(", ")));
        }
        if id == "message.discard" {
            command::message::give_up(self, message, row.conversation, row.text.unwrap_or_default());
        } else if let Some((action, said)) = command::message::mending(id, message, state) {
            self.perform(action, Purpose::Change { inverse: Vec::new(), said: said.into() });
        }
    }
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

/// The row that stands so many lines below the top.
pub(super) fn row_at(rows: &[OutboxRow], at: usize, inner: Rect, below: usize) -> Option<usize> {
    let mut end = 0;
    rows.iter().enumerate().skip(first(rows, at, inner)).find_map(|(slot, row)| {
        end += 1 + reason(row, inner.width).len();
        (below < end).then_some(slot)
    })
}

/// Paints the outbox.
pub(super) fn draw(model: &Model, pen: &mut Pen<'_>, area: Rect, rows: Option<&[OutboxRow]>, at: usize) {
    let inner = frame(pen, area, "Outbox", "Enter goes to the message");
    let Some(rows) = rows else {
        pen.text(inner.x, inner.y, inner.width, "reading…", Role::Dim);
        return;
    };
    if rows.is_empty() {
        pen.text(inner.x, inner.y, inner.width, "Nothing waits.", Role::Dim);
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
    let due = match row.not_before - model.now {
        3_600_000.. => format::moment_within(row.not_before, model.now, &model.tz),
        left @ 1.. => format!("in {}", words::span(left)),
        _ => format!("since {}", format::moment_within(row.created_at, model.now, &model.tz)),
    };
    let (x, y, end) = (place.x + 2, place.y, place.right());
    let due_at = pen.right(x, end, y, &due, Role::Dim);
    let room = |at: u16| due_at.saturating_sub(at + 1);
    pen.text(x, y, 9.min(room(x)), row.state.word(), role);
    pen.text(x + 10, y, 6.min(room(x + 10)), row.kind, Role::Dim);
    let at = pen.text(x + 16, y, room(x + 16), &who, Role::Text);
    if let Some(text) = &row.text {
        pen.text(at + 2, y, room(at + 2), &text.in_short(), Role::Dim);
    }
}
