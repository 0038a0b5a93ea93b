//! Paints what lies above the panes.

use crate::text::{sanitize, wrap};
use crate::ui::composer::{Asking, Doubts};
use crate::ui::model::Model;
use crate::ui::overlay::{Choice, Overlay, Picker, PickerKind, Prompt, browse, canned, found, lines, outbox};
use crate::ui::paint::{Pen, cells, folded};
use crate::ui::setup;
use crate::ui::theme::Role;
use ratatui::layout::{Position, Rect};

/// Lines that one reason or question takes at most.
const REASON: usize = 4;

/// The frame of an overlay: a ground, a thin border, a title. Returns what is inside.
pub(crate) fn frame(pen: &mut Pen<'_>, area: Rect, title: &str, note: &str) -> Rect {
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

/// The width of the top overlay.
fn width(overlay: &Overlay, body: Rect) -> u16 {
    let width = match overlay {
        Overlay::Picker(picker) => match picker.kind {
            PickerKind::Commands | PickerKind::Macros | PickerKind::Others => 72,
            PickerKind::QuickReplies => 78,
            PickerKind::Agents | PickerKind::Labels | PickerKind::Emoji => 48,
            PickerKind::Priority
            | PickerKind::Qualification
            | PickerKind::Snooze
            | PickerKind::Themes
            | PickerKind::Pages
            | PickerKind::Later
            | PickerKind::SendAndSnooze => 56,
            PickerKind::Files { .. } | PickerKind::Enclosed => 60,
            PickerKind::Account | PickerKind::Recipient | PickerKind::Way => 96,
        },
        Overlay::Search(_) => 110,
        Overlay::Prompt(_)
        | Overlay::Browse(_)
        | Overlay::Confirm(_)
        | Overlay::Asking(_)
        | Overlay::Doubts(_) => 72,
        Overlay::Setup(_) => body.width,
        Overlay::Help(_) | Overlay::Page { .. } => 96,
        Overlay::Status { .. } => 90,
        Overlay::About { .. } => 72,
        Overlay::Outbox { .. } | Overlay::Canned(_) => 100,
        Overlay::Delivery { .. } => 80,
    };
    width.min(body.width)
}

/// The place of the top overlay.
pub(super) fn place(model: &Model, overlay: &Overlay) -> Rect {
    let body = model.layout.body;
    let width = width(overlay, body);
    let rows = |count: usize| u16::try_from(count).unwrap_or(u16::MAX).saturating_add(2);
    let height = match overlay {
        Overlay::Picker(picker) => match picker.kind {
            PickerKind::Commands | PickerKind::Macros | PickerKind::Others => 18,
            PickerKind::QuickReplies => 20,
            PickerKind::Agents | PickerKind::Labels | PickerKind::Emoji => 14,
            PickerKind::Priority => 8,
            PickerKind::Qualification => rows(picker.items.len() + 1),
            PickerKind::Snooze
            | PickerKind::Later
            | PickerKind::SendAndSnooze
            | PickerKind::Themes
            | PickerKind::Pages => 12,
            PickerKind::Files { .. } | PickerKind::Enclosed | PickerKind::Account | PickerKind::Way => 12,
            PickerKind::Recipient => 14,
        },
        Overlay::Search(_) => body.height.saturating_sub(1),
        Overlay::Prompt(prompt) => rows(1 + how(prompt, inside(width)).len()),
        Overlay::Confirm(_) => 4,
        Overlay::Browse(_) => 14,
        Overlay::Asking(asking) => rows(1 + question(asking, inside(width)).len()),
        Overlay::Doubts(doubts) => rows(1 + reasons(doubts, inside(width)).len()),
        Overlay::Help(_) | Overlay::Page { .. } | Overlay::Setup(_) => body.height,
        Overlay::About { .. } => rows(text_lines(model, overlay, width).max(3)),
        Overlay::Status { .. } | Overlay::Canned(_) => body.height.saturating_sub(2),
        Overlay::Outbox { rows: found, .. } => {
            rows(found.as_ref().map_or(1, |found| outbox::lines(found, inside(width))).max(3))
        }
        Overlay::Delivery { .. } => rows(text_lines(model, overlay, width).max(4)),
    };
    middle(body, width, height)
}

/// Lines of the text of an overlay, if it is one.
fn text_lines(model: &Model, overlay: &Overlay, width: u16) -> usize {
    lines::of(model, overlay, inside(width)).map_or(0, |table| table.rows.len())
}

/// The width inside the frame of an overlay.
const fn inside(width: u16) -> u16 {
    width.saturating_sub(4)
}

/// Scrolls the lists of the top overlay so that their cursors are on screen, and keeps texts from leaving it.
pub(crate) fn prepare(model: &mut Model) {
    let Some(overlay) = model.overlays.last() else {
        return;
    };
    let area = place(model, overlay);
    let rows = usize::from(area.height.saturating_sub(2));
    let most = text_lines(model, overlay, area.width);
    let reveal = |at: usize, top: usize, page: usize| {
        let page = page.max(1);
        if at < top { at } else { top.max((at + 1).saturating_sub(page)) }
    };
    match model.overlays.last_mut() {
        Some(Overlay::Picker(p)) => p.top = reveal(p.at, p.top, list_rows(p, rows, inside(area.width))),
        Some(Overlay::Search(s)) => {
            let said = found::said(s, inside(area.width)).len();
            s.top = reveal(s.at, s.top, rows.saturating_sub(2 + said) / 2);
        }
        Some(Overlay::Browse(b)) => b.top = reveal(b.at(), b.top, rows.saturating_sub(1)),
        Some(Overlay::Canned(list)) => {
            list.at = list.at.min(model.quick_replies.len().saturating_sub(1));
            list.top = reveal(list.at, list.top, canned::page(rows));
        }
        Some(Overlay::Help(help)) => help.top = help.top.min(most.saturating_sub(help.room(rows))),
        Some(Overlay::Status { top } | Overlay::About { top } | Overlay::Page { top, .. }) => {
            *top = (*top).min(most.saturating_sub(rows))
        }
        _ => {}
    }
}

/// Rows for the choices of a picker.
pub(super) fn list_rows(picker: &Picker, rows: usize, width: u16) -> usize {
    match picker.kind {
        PickerKind::QuickReplies if rows > 10 => (rows - 2) / 2,
        _ => {
            let told = told_whole(picker, width).len();
            rows.saturating_sub(if told == 0 { 1 } else { told + 2 })
        }
    }
}

/// The choice under the cursor in full, where its row has no room for it.
fn told_whole(picker: &Picker, width: u16) -> Vec<String> {
    // Quick replies are shown below the list anyway.
    let Some(item) = picker.chosen().filter(|_| picker.kind != PickerKind::QuickReplies) else {
        return Vec::new();
    };
    let detail = sanitize::line(item.why.as_ref().unwrap_or(&item.detail)).into_owned();
    let label = sanitize::line(&item.label);
    if cells(&label).saturating_add(cells(&detail)) <= width.saturating_sub(5) {
        return Vec::new();
    }
    let between = if detail.is_empty() { "" } else { " \u{b7} " };
    folded(&format!("{label}{between}{detail}"), width.max(8), REASON)
}

/// Paints the top overlay.
pub(crate) fn draw(model: &Model, pen: &mut Pen<'_>) {
    let Some(overlay) = model.overlays.last() else {
        return;
    };
    let area = place(model, overlay);
    if area.width == 0 || area.height == 0 {
        return;
    }
    // It fills the body: what lies above it is about it.
    if let [.., Overlay::Setup(setup), _] = model.overlays.as_slice() {
        setup::view::draw(model, pen, setup);
    }
    match overlay {
        Overlay::Picker(picker) => draw_picker(pen, area, picker),
        Overlay::Search(search) => found::draw(model, pen, area, search),
        Overlay::Prompt(prompt) => {
            let inner = frame(pen, area, prompt.question().0, "");
            prompt.input.draw(pen, inner.x, inner.y, inner.width);
            for (y, line) in (inner.y + 1..inner.bottom()).zip(how(prompt, inner.width)) {
                pen.text(inner.x, y, inner.width, &line, Role::Dim);
            }
        }
        Overlay::Confirm(confirm) => {
            let inner = frame(pen, area, "Please confirm", "");
            pen.text(inner.x, inner.y, inner.width, &confirm.question, Role::Text);
            draw_yes_or_no(pen, inner, 1);
        }
        Overlay::Asking(asking) => draw_asking(pen, area, asking),
        Overlay::Doubts(doubts) => {
            let inner = frame(pen, area, "Send it all the same?", "");
            let lines = reasons(doubts, inner.width);
            for (y, line) in (inner.y..inner.bottom().saturating_sub(1)).zip(&lines) {
                pen.text(inner.x, y, inner.width, line, Role::Warn);
            }
            draw_yes_or_no(pen, inner, inner.height.saturating_sub(1));
        }
        Overlay::Setup(setup) => setup::view::draw(model, pen, setup),
        Overlay::Help(help) => help.draw(model, pen, area),
        Overlay::About { top } => draw_text(model, pen, area, overlay, ("About the customer", ""), *top),
        Overlay::Page { page, top } => {
            draw_text(model, pen, area, overlay, (page.title(), "j k to scroll"), *top);
        }
        Overlay::Status { top } => draw_text(model, pen, area, overlay, ("Engine and channels", ""), *top),
        Overlay::Delivery { .. } => {
            // Where not all has room, the newest is what one wants to know.
            let lines = text_lines(model, overlay, area.width);
            let top = lines.saturating_sub(usize::from(area.height.saturating_sub(2)));
            draw_text(model, pen, area, overlay, ("Delivery", ""), top);
        }
        Overlay::Browse(browse) => browse::draw(pen, area, browse),
        Overlay::Canned(list) => canned::draw(model, pen, area, list),
        Overlay::Outbox { rows, at } => outbox::draw(model, pen, area, rows.as_deref(), *at),
    }
}

/// How the line of a prompt is typed.
fn how(prompt: &Prompt, width: u16) -> Vec<String> {
    folded(prompt.question().1, width.max(8), REASON)
}

/// The answers to a question: the key, and the words behind it.
const ANSWERS: [(char, &str); 2] = [('y', " yes   "), ('n', " no")];

/// The keys of a question, so many lines below its top.
fn draw_yes_or_no(pen: &mut Pen<'_>, inner: Rect, below: u16) {
    if below < inner.height {
        let keys = ANSWERS.map(|(key, words)| [(key.to_string(), Role::Key), (words.to_owned(), Role::Dim)]);
        let pieces: Vec<(&str, Role)> =
            keys.iter().flatten().map(|(text, role)| (text.as_str(), *role)).collect();
        pen.pieces(inner.x, inner.y + below, inner.width, &pieces);
    }
}

/// The key of the answer that stands at a place.
pub(super) fn yes_or_no_at(inner: Rect, below: u16, spot: Position) -> Option<char> {
    let mut x = inner.x;
    ANSWERS.into_iter().find_map(|(key, words)| {
        let end = x + 1 + cells(words.trim_end());
        let is_hit = spot.y == inner.y + below && (x..end).contains(&spot.x);
        x += 1 + cells(words);
        is_hit.then_some(key)
    })
}

/// Why one should look twice.
fn reasons(doubts: &Doubts, width: u16) -> Vec<String> {
    doubts.all.iter().flat_map(|doubt| folded(&doubt.words(), width.max(8), doubt.most_lines())).collect()
}

/// What is asked, and how to answer.
fn question(asking: &Asking, width: u16) -> Vec<String> {
    [asking.question(), asking.how()]
        .into_iter()
        .flat_map(|text| folded(text, width.max(8), REASON))
        .collect()
}

fn draw_asking(pen: &mut Pen<'_>, area: Rect, asking: &Asking) {
    let count = asking.questions.len();
    let note = if count > 1 { format!("{} of {count}", asking.answers.len() + 1) } else { String::new() };
    let inner = frame(pen, area, &asking.insertion.reply.shortcut, &note);
    let asked = folded(asking.question(), inner.width.max(8), REASON);
    let mut y = inner.y;
    for line in &asked {
        pen.text(inner.x, y, inner.width, line, Role::Text);
        y = (y + 1).min(inner.bottom().saturating_sub(1));
    }
    if inner.height > 0 {
        asking.input.draw(pen, inner.x, y, inner.width);
    }
    let how = folded(asking.how(), inner.width.max(8), REASON);
    for (y, line) in (y + 1..inner.bottom()).zip(&how) {
        pen.text(inner.x, y, inner.width, line, Role::Dim);
    }
}

/// A text of two columns from a line on.
fn draw_text(
    model: &Model,
    pen: &mut Pen<'_>,
    area: Rect,
    overlay: &Overlay,
    (title, note): (&str, &str),
    top: usize,
) {
    let inner = frame(pen, area, title, note);
    let Some(table) = lines::of(model, overlay, inside(area.width)) else {
        pen.text(inner.x, inner.y, inner.width, "reading…", Role::Dim);
        return;
    };
    table.draw(pen, inner, top);
}

fn draw_picker(pen: &mut Pen<'_>, area: Rect, picker: &Picker) {
    let note = match picker.kind {
        PickerKind::Priority => "0 … 4 choose at once".to_owned(),
        PickerKind::Snooze | PickerKind::Later | PickerKind::SendAndSnooze => {
            "or type: 2h, mon 9:00, 2026-12-01".to_owned()
        }
        PickerKind::Recipient => "a name, or an address".to_owned(),
        _ => format!("{} of {}", picker.shown.len(), picker.items.len()),
    };
    let inner = frame(pen, area, &picker.title(), &note);
    if inner.height == 0 {
        return;
    }
    pen.text(inner.x, inner.y, 1, "›", Role::Accent);
    picker.input.draw(pen, inner.x + 2, inner.y, inner.width.saturating_sub(2));
    let rows = list_rows(picker, usize::from(inner.height), inner.width);
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
            PickerKind::Snooze | PickerKind::Later | PickerKind::SendAndSnooze => {
                "No time ahead: write 2h, +7d, 14:30, tomorrow, mon 9:00"
            }
            PickerKind::Labels => "No label yet: type a word and press Enter",
            PickerKind::QuickReplies if picker.items.is_empty() => {
                "No quick reply yet: the command quick-replies makes one"
            }
            PickerKind::Recipient => "Nobody of that name is known: type an address",
            PickerKind::Account if picker.items.is_empty() => {
                "No account yet: `frontdesk channel add` makes one"
            }
            _ => "Nothing fits",
        };
        pen.text(inner.x + 2, inner.y + 1, inner.width.saturating_sub(2), words, Role::Dim);
    }
    let preview = inner.y + 1 + u16::try_from(rows).unwrap_or(0);
    let told = told_whole(picker, inner.width);
    if !told.is_empty() && preview < inner.bottom() {
        pen.rule(inner.x, preview, inner.width);
        for (y, line) in (preview + 1..inner.bottom()).zip(&told) {
            pen.text(inner.x, y, inner.width, line, Role::Text);
        }
    }
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
        Some(why) => (why.as_str(), Role::Dim),
        None => (item.detail.as_str(), Role::Dim),
    };
    let x = row.x + 3;
    let label = sanitize::line(&item.label);
    // Beside a short name there is more than half a line for what is said about it.
    let rest = row.width.saturating_sub(5);
    let most = rest.saturating_sub(cells(&label)).max(rest / 2);
    let detail_width = cells(&sanitize::line(detail)).min(most);
    let detail_at =
        pen.right(row.right().saturating_sub(detail_width), row.right(), row.y, detail, detail_role);
    let room = detail_at.saturating_sub(x + 1);
    let role = if item.why.is_some() { Role::Dim } else { item.role };
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
