//! Paints what lies above the panes.

use crate::domain::message::Direction;
use crate::text::{format, index, sanitize, wrap};
use crate::ui::model::Model;
use crate::ui::overlay::lines::{self, Row};
use crate::ui::overlay::{Choice, Overlay, Picker, PickerKind, Search};
use crate::ui::paint::{Pen, cells};
use crate::ui::sidebar::channel_glyph;
use crate::ui::theme::Role;
use ratatui::layout::Rect;

/// The frame of an overlay: a ground, a thin border, a title. Returns what is inside.
fn frame(pen: &mut Pen<'_>, area: Rect, title: &str, note: &str) -> Rect {
    pen.clear(area, Role::Overlay);
    if area.width < 4 || area.height < 3 {
        return area;
    }
    let (left, right, top, bottom) = (area.x, area.right() - 1, area.y, area.bottom() - 1);
    pen.rule(left, top, area.width);
    pen.rule(left, bottom, area.width);
    for y in top + 1..bottom {
        pen.glyph(left, y, "│", Role::Faint);
        pen.glyph(right, y, "│", Role::Faint);
    }
    for (x, y, corner) in [(left, top, "╭"), (right, top, "╮"), (left, bottom, "╰"), (right, bottom, "╯")]
    {
        pen.glyph(x, y, corner, Role::Faint);
    }
    let room = area.width - 4;
    let shown = format!(" {title} ");
    pen.clear(Rect::new(left + 2, top, cells(&shown).min(room), 1), Role::Overlay);
    pen.text(left + 3, top, room.saturating_sub(2), title, Role::Strong);
    if !note.is_empty() && cells(title) + cells(note) + 6 < room {
        let shown = cells(note) + 2;
        pen.clear(Rect::new(right - 2 - shown, top, shown, 1), Role::Overlay);
        pen.right(left + 2, right - 3, top, note, Role::Dim);
    }
    Rect::new(left + 2, top + 1, area.width - 4, area.height - 2)
}

/// A place in the middle, a little above it, no larger than what there is.
fn middle(body: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(body.width), height.min(body.height));
    Rect::new(body.x + (body.width - width) / 2, body.y + (body.height - height) / 3, width, height)
}

/// The place of the top overlay.
fn place(overlay: &Overlay, body: Rect) -> Rect {
    match overlay {
        Overlay::Picker(picker) => {
            let (width, rows) = match picker.kind {
                PickerKind::Commands => (72, 18),
                PickerKind::QuickReplies => (78, 20),
                PickerKind::Agents | PickerKind::Labels => (48, 14),
                PickerKind::Priority | PickerKind::Qualification => (56, 8),
                PickerKind::Files { .. } => (60, 10),
            };
            middle(body, width, rows)
        }
        Overlay::Search(_) => middle(body, 110, body.height.saturating_sub(1)),
        Overlay::Prompt(_) | Overlay::Confirm(_) => middle(body, 72, 4),
        Overlay::Help { .. } => middle(body, 96, body.height),
        Overlay::Status { .. } => middle(body, 90, body.height.saturating_sub(2)),
        Overlay::Outbox { rows, .. } => {
            let rows = rows.as_ref().map_or(1, Vec::len).clamp(3, 200) + 2;
            middle(body, 100, u16::try_from(rows).unwrap_or(u16::MAX))
        }
        Overlay::Delivery { steps, .. } => {
            let rows = steps.as_ref().map_or(1, Vec::len).saturating_mul(2).saturating_add(3);
            middle(body, 80, u16::try_from(rows).unwrap_or(u16::MAX).max(6))
        }
    }
}

/// Scrolls the lists of the top overlay so that their cursors are on screen, and keeps texts from leaving it.
pub(crate) fn prepare(model: &mut Model) {
    let body = model.layout.body;
    let Some(overlay) = model.overlays.last() else {
        return;
    };
    let rows = usize::from(place(overlay, body).height.saturating_sub(2));
    let most = match overlay {
        Overlay::Help { .. } => lines::help(model).len(),
        Overlay::Status { .. } => lines::status(model).len(),
        _ => 0,
    };
    let reveal = |at: usize, top: usize, page: usize| {
        let page = page.max(1);
        if at < top { at } else { top.max((at + 1).saturating_sub(page)) }
    };
    match model.overlays.last_mut() {
        Some(Overlay::Picker(p)) => p.top = reveal(p.at, p.top, list_rows(p.kind, rows)),
        Some(Overlay::Search(s)) => s.top = reveal(s.at, s.top, rows.saturating_sub(2) / 2),
        Some(Overlay::Help { top } | Overlay::Status { top }) => *top = (*top).min(most.saturating_sub(rows)),
        _ => {}
    }
}

/// Rows for the choices of a picker.
fn list_rows(kind: PickerKind, rows: usize) -> usize {
    match kind {
        PickerKind::QuickReplies if rows > 10 => (rows - 2) / 2,
        _ => rows.saturating_sub(1),
    }
}

/// Paints the top overlay.
pub(crate) fn draw(model: &Model, pen: &mut Pen<'_>) {
    let Some(overlay) = model.overlays.last() else {
        return;
    };
    let area = place(overlay, model.layout.body);
    if area.width == 0 || area.height == 0 {
        return;
    }
    match overlay {
        Overlay::Picker(picker) => draw_picker(pen, area, picker),
        Overlay::Search(search) => draw_search(model, pen, area, search),
        Overlay::Prompt(prompt) => {
            let (question, how) = prompt.question();
            let inner = frame(pen, area, question, "");
            prompt.input.draw(pen, inner.x, inner.y, inner.width);
            if inner.height > 1 {
                pen.text(inner.x, inner.y + 1, inner.width, how, Role::Dim);
            }
        }
        Overlay::Confirm(confirm) => {
            let inner = frame(pen, area, "Please confirm", "");
            pen.text(inner.x, inner.y, inner.width, &confirm.question, Role::Text);
            if inner.height > 1 {
                let keys = [("y", Role::Key), (" yes   ", Role::Dim), ("n", Role::Key), (" no", Role::Dim)];
                pen.pieces(inner.x, inner.y + 1, inner.width, &keys);
            }
        }
        Overlay::Help { top } => {
            let inner = frame(pen, area, "Keys", "j k to scroll");
            draw_rows(pen, inner, &lines::help(model), *top, 24);
        }
        Overlay::Status { top } => {
            let inner = frame(pen, area, "Engine and channels", "");
            draw_rows(pen, inner, &lines::status(model), *top, 22);
        }
        Overlay::Delivery { steps, .. } => {
            let inner = frame(pen, area, "Delivery", "");
            match steps {
                Some(steps) => draw_rows(pen, inner, &lines::delivery(model, steps), 0, 18),
                None => {
                    pen.text(inner.x, inner.y, inner.width, "reading…", Role::Dim);
                }
            }
        }
        Overlay::Outbox { rows, at } => draw_outbox(model, pen, area, rows.as_deref(), *at),
    }
}

/// Lines of two columns; the second is cut, the first is as wide as told.
fn draw_rows(pen: &mut Pen<'_>, area: Rect, rows: &[Row], top: usize, column: u16) {
    let column = column.min(area.width / 2);
    for (y, (left, left_role, right, right_role)) in (area.y..area.bottom()).zip(rows.iter().skip(top)) {
        if right.is_empty() {
            pen.text(area.x, y, area.width, left, *left_role);
            continue;
        }
        pen.text(area.x, y, column.saturating_sub(1), left, *left_role);
        pen.text(area.x + column, y, area.width - column, right, *right_role);
    }
}

fn draw_picker(pen: &mut Pen<'_>, area: Rect, picker: &Picker) {
    let note = match picker.kind {
        PickerKind::Priority => "0 … 4 choose at once".to_owned(),
        _ => format!("{} of {}", picker.shown.len(), picker.items.len()),
    };
    let inner = frame(pen, area, picker.title(), &note);
    if inner.height == 0 {
        return;
    }
    pen.text(inner.x, inner.y, 1, "›", Role::Accent);
    picker.input.draw(pen, inner.x + 2, inner.y, inner.width.saturating_sub(2));
    let rows = list_rows(picker.kind, usize::from(inner.height));
    for (slot, (item, positions)) in picker.shown.iter().skip(picker.top).take(rows).enumerate() {
        let y = inner.y + 1 + u16::try_from(slot).unwrap_or(0);
        if let Some(item) = picker.items.get(*item) {
            draw_item(
                pen,
                Rect::new(inner.x, y, inner.width, 1),
                item,
                positions,
                picker.top + slot == picker.at,
            );
        }
    }
    if picker.shown.is_empty() && inner.height > 1 {
        let words = match picker.kind {
            PickerKind::Labels => "No label yet: type a word and press Enter",
            PickerKind::QuickReplies if picker.items.is_empty() => {
                "No quick reply yet: frontdesk quick-reply add makes one"
            }
            _ => "Nothing fits",
        };
        pen.text(inner.x + 2, inner.y + 1, inner.width.saturating_sub(2), words, Role::Dim);
    }
    let preview = inner.y + 1 + u16::try_from(rows).unwrap_or(0);
    if picker.kind == PickerKind::QuickReplies
        && preview + 1 < inner.bottom()
        && let Some(Choice::QuickReply { text, .. }) = picker.chosen().map(|i| &i.choice)
    {
        pen.rule(inner.x, preview, inner.width);
        let clean = sanitize::clean(text);
        let lines = wrap::wrap(&clean, usize::from(inner.width).max(1));
        for (y, range) in (preview + 1..inner.bottom()).zip(lines) {
            pen.verbatim(inner.x, y, inner.width, &clean[range], Role::Dim);
        }
    }
}

fn draw_item(pen: &mut Pen<'_>, row: Rect, item: &super::Item, positions: &[u32], is_chosen: bool) {
    if is_chosen {
        pen.ground(row, Role::Selected);
        pen.text(row.x, row.y, 1, "▌", Role::Accent);
    }
    let mark = if item.is_current { "✓" } else { " " };
    pen.text(row.x + 1, row.y, 1, mark, Role::Good);
    let (detail, detail_role) = match &item.why {
        Some(why) => (why.as_str(), Role::Faint),
        None => (item.detail.as_str(), Role::Dim),
    };
    let x = row.x + 3;
    let half = row.width.saturating_sub(4).max(2) / 2;
    let detail_width = cells(&sanitize::line(detail)).min(half);
    let detail_at =
        pen.right(row.right().saturating_sub(detail_width), row.right(), row.y, detail, detail_role);
    let room = detail_at.saturating_sub(x + 1);
    let role = if item.why.is_some() { Role::Dim } else { item.role };
    let label = sanitize::line(&item.label);
    pen.text(x, row.y, room, &label, role);
    if label == item.label {
        for (at, c) in label.char_indices().enumerate().filter_map(|(n, (at, c))| {
            positions.contains(&u32::try_from(n).unwrap_or(u32::MAX)).then_some((at, c))
        }) {
            let before = cells(&label[..at]);
            if before + 1 < room {
                pen.text(x + before, row.y, 2, c.encode_utf8(&mut [0; 4]), Role::Match);
            }
        }
    }
}

fn draw_search(model: &Model, pen: &mut Pen<'_>, area: Rect, search: &Search) {
    let hits = &search.found.hits;
    let note = match (hits.len(), search.found.more, search.asked) {
        (_, _, true) => "searching…".to_owned(),
        (0, ..) => String::new(),
        (1, false, _) => "1 message".to_owned(),
        (count, false, _) => format!("{count} messages"),
        (count, true, _) => format!("{count}+ messages"),
    };
    let inner = frame(pen, area, "Search all messages", &note);
    if inner.height < 2 {
        return;
    }
    pen.text(inner.x, inner.y, 1, "/", Role::Accent);
    search.input.draw(pen, inner.x + 2, inner.y, inner.width.saturating_sub(2));
    let (x, mut y) = (inner.x, inner.y + 1);
    if let Some(error) = &search.error {
        pen.text(x, y, inner.width, &format!("✗ {error}"), Role::Bad);
        y += 1;
    } else if search.input.text().trim().is_empty() {
        for line in [
            "Words, beginnings of words and \u{201c}phrases\u{201d}; newest first.",
            "channel: account: status: assignee: label: priority: qualified: unread: from: contact:",
            "identity: before: after: has:attachment   a - before one turns it around",
        ] {
            y += 1;
            if y < inner.bottom() {
                pen.text(x, y, inner.width, line, Role::Dim);
            }
        }
        return;
    } else if hits.is_empty() {
        let words = if search.asked { "" } else { "Nothing found" };
        pen.text(x, y + 1, inner.width, words, Role::Dim);
        return;
    } else {
        pen.rule(x, y, inner.width);
        y += 1;
    }
    for (slot, hit) in hits.iter().enumerate().skip(search.top) {
        if y + 1 >= inner.bottom() {
            break;
        }
        let is_chosen = slot == search.at;
        if is_chosen {
            pen.ground(Rect::new(x, y, inner.width, 2), Role::Selected);
            pen.glyph(x, y, "▌", Role::Accent);
            pen.glyph(x, y + 1, "▌", Role::Accent);
        }
        let end = inner.right();
        let when = format!(
            "{} {}",
            format::day(hit.sent_at, model.now, &model.tz),
            format::clock(hit.sent_at, &model.tz)
        );
        let when_at = pen.right(x + 2, end, y, &when, Role::Dim);
        let way = match hit.direction {
            Direction::Inbound => "",
            Direction::Outbound => " ↩",
            Direction::Note => " note",
            Direction::Activity => " ·",
        };
        let medium = format!("{} {}", channel_glyph(hit.channel), hit.channel.title());
        let pieces = [
            (hit.contact_name.as_str(), Role::Strong),
            ("  ", Role::Dim),
            (medium.as_str(), Role::Dim),
            (way, Role::Note),
        ];
        pen.pieces(x + 2, y, when_at.saturating_sub(x + 3), &pieces);
        let room = inner.width.saturating_sub(2);
        let (snippet, found) = index::snippet(&hit.text, &search.found.terms, usize::from(room));
        pen.verbatim(x + 2, y + 1, room, &snippet, Role::Dim);
        for range in found {
            if snippet.is_char_boundary(range.start) && snippet.is_char_boundary(range.end) {
                let before = cells(&snippet[..range.start]);
                let left = room.saturating_sub(before);
                pen.verbatim(x + 2 + before, y + 1, left, &snippet[range], Role::Match);
            }
        }
        y += 2;
    }
}

fn draw_outbox(
    model: &Model,
    pen: &mut Pen<'_>,
    area: Rect,
    rows: Option<&[crate::domain::row::OutboxRow]>,
    at: usize,
) {
    let inner = frame(pen, area, "Outbox", "Enter goes to the message");
    let Some(rows) = rows else {
        pen.text(inner.x, inner.y, inner.width, "reading…", Role::Dim);
        return;
    };
    if rows.is_empty() {
        pen.text(inner.x, inner.y, inner.width, "Nothing waits: all is sent.", Role::Dim);
        return;
    }
    let top = (at + 1).saturating_sub(usize::from(inner.height));
    for (slot, (y, row)) in (inner.y..inner.bottom()).zip(rows.iter().skip(top)).enumerate() {
        if top + slot == at {
            pen.ground(Rect::new(inner.x, y, inner.width, 1), Role::Selected);
            pen.glyph(inner.x, y, "▌", Role::Accent);
        }
        let role = match row.state {
            crate::domain::op::OpState::Parked | crate::domain::op::OpState::Unknown => Role::Warn,
            crate::domain::op::OpState::Retrying => Role::Warn,
            _ => Role::Dim,
        };
        let who = model
            .row(row.conversation)
            .map_or_else(|| format!("conversation {}", row.conversation), |known| known.contact_name.clone());
        let why = row.reason.as_ref().map_or("", |r| r.human.as_str());
        let due = if row.not_before > model.now {
            format!("in {}", crate::ui::thread::words::span(row.not_before - model.now))
        } else {
            String::new()
        };
        let x = inner.x + 2;
        let end = inner.right();
        let due_at = if due.is_empty() { end } else { pen.right(x, end, y, &due, Role::Dim) };
        let room = due_at.saturating_sub(x + 1);
        pen.text(x, y, 9.min(room), row.state.word(), role);
        pen.text(x + 10, y, 6.min(room.saturating_sub(10)), row.kind, Role::Dim);
        let mut after = pen.text(x + 16, y, 26.min(room.saturating_sub(16)), &who, Role::Text);
        after = after.max(x + 16) + 2;
        pen.text(after, y, due_at.saturating_sub(after + 1), why, Role::Dim);
    }
}
