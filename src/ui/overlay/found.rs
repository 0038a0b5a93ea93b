//! Paints the search: what is typed, what of it is not understood, and what was found.

use crate::domain::message::Direction;
use crate::domain::row::SearchHit;
use crate::text::{format, index};
use crate::ui::model::Model;
use crate::ui::overlay::Search;
use crate::ui::overlay::view::frame;
use crate::ui::paint::{Pen, cells, folded};
use crate::ui::theme::Role;
use ratatui::layout::Rect;

/// Lines that the calm word about what is not understood takes at most.
const CALM: usize = 3;
/// Lines that the full error takes at most.
const FULL: usize = 6;

/// What of the query is not understood: calmly while it is typed, in full once Enter was pressed on nothing.
pub(super) fn said(search: &Search, width: u16) -> Vec<String> {
    match &search.found.unclear {
        None => Vec::new(),
        Some(unclear) if search.insists => folded(&format!("✗ {unclear}"), width, FULL),
        Some(unclear) => folded(&unclear.calm(), width, CALM),
    }
}

/// Paints the search.
pub(super) fn draw(model: &Model, pen: &mut Pen<'_>, area: Rect, search: &Search) {
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
    let role = if search.insists { Role::Bad } else { Role::Dim };
    for line in said(search, inner.width) {
        if y < inner.bottom() {
            pen.text(x, y, inner.width, &line, role);
            y += 1;
        }
    }
    if search.input.text().trim().is_empty() {
        return draw_help(pen, Rect::new(x, y + 1, inner.width, inner.bottom().saturating_sub(y + 1)));
    }
    if hits.is_empty() {
        if !search.asked && search.found.unclear.is_none() && y + 1 < inner.bottom() {
            pen.text(x, y + 1, inner.width, "Nothing found", Role::Dim);
        }
        return;
    }
    pen.rule(x, y, inner.width);
    y += 1;
    for (slot, hit) in hits.iter().enumerate().skip(search.top) {
        if y + 1 >= inner.bottom() {
            break;
        }
        let place = Rect::new(x, y, inner.width, 2);
        if slot == search.at {
            pen.ground(place, Role::Selected);
            pen.glyph(x, y, "▌", Role::Accent);
            pen.glyph(x, y + 1, "▌", Role::Accent);
        }
        draw_hit(model, pen, place, search, hit);
        y += 2;
    }
}

/// The hit that stands so many lines below the top.
pub(super) fn hit_at(search: &Search, inner: Rect, below: usize) -> Option<usize> {
    // The field, what is not understood, the line.
    let first = 2 + said(search, inner.width).len();
    let slot = below.checked_sub(first)? / 2;
    (first + slot * 2 + 1 < usize::from(inner.height)).then_some(search.top + slot)
}

/// What one can type.
fn draw_help(pen: &mut Pen<'_>, area: Rect) {
    let lines = [
        "Words, beginnings of words and \u{201c}phrases\u{201d}; newest first.",
        "channel: account: status: assignee: label: priority: qualified: unread: from: contact:",
        "identity: before: after: has:attachment   a - before one turns it around",
    ];
    let lines = lines.iter().flat_map(|line| folded(line, area.width, 2));
    for (y, line) in (area.y..area.bottom()).zip(lines) {
        pen.text(area.x, y, area.width, &line, Role::Dim);
    }
}

/// Who and when, then the place in the text.
fn draw_hit(model: &Model, pen: &mut Pen<'_>, place: Rect, search: &Search, hit: &SearchHit) {
    let (x, y) = (place.x, place.y);
    let day = format::day(hit.sent_at, model.now, &model.tz);
    let when = format!("{day} {}", format::clock(hit.sent_at, &model.tz));
    let when_at = pen.right(x + 2, place.right(), y, &when, Role::Dim);
    let way = match hit.direction {
        Direction::Inbound => "",
        Direction::Outbound => " ↩",
        Direction::Note => " note",
        Direction::Activity => " ·",
    };
    let who = format::person(&hit.contact_name, "");
    let medium = format!("{} {}", model.icons.channel(hit.channel), hit.channel.title());
    let pieces =
        [(who.as_str(), Role::Strong), ("  ", Role::Dim), (medium.as_str(), Role::Dim), (way, Role::Note)];
    pen.pieces(x + 2, y, when_at.saturating_sub(x + 3), &pieces);
    let room = place.width.saturating_sub(2);
    let (snippet, found) = index::snippet(&hit.text, &search.found.terms, usize::from(room));
    pen.verbatim(x + 2, y + 1, room, &snippet, Role::Dim);
    for range in found {
        if snippet.is_char_boundary(range.start) && snippet.is_char_boundary(range.end) {
            let before = cells(&snippet[..range.start]);
            let left = room.saturating_sub(before);
            pen.verbatim(x + 2 + before, y + 1, left, &snippet[range], Role::Match);
        }
    }
}
