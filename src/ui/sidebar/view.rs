//! Paints the sidebar.

use crate::domain::row::View;
use crate::text::{format, sanitize};
use crate::ui::effect::ListSource;
use crate::ui::model::{Focus, Model};
use crate::ui::paint::{Pen, cells};
use crate::ui::sidebar::{Entry, health_glyph, view_title};
use crate::ui::theme::Role;
use ratatui::layout::Rect;

/// Paints the pane.
pub(crate) fn draw(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let sidebar = &model.sidebar;
    let focused = model.focus == Focus::Sidebar && model.overlays.is_empty();
    let visible = sidebar.entries.iter().enumerate().skip(sidebar.top).take(usize::from(area.height));
    for (y, (index, entry)) in (area.y..).zip(visible) {
        let source = match entry {
            Entry::Gap => continue,
            Entry::View(view) => ListSource::View(view.clone()),
            Entry::Search(_, query) => ListSource::Query(query.clone()),
        };
        let row = Rect::new(area.x, y, area.width, 1);
        let is_listed = model.list.source == source;
        let is_current = if focused { index == sidebar.at } else { is_listed };
        if is_current {
            pen.ground(row, if focused { Role::Selected } else { Role::Marked });
            pen.glyph(area.x, y, "▌", if focused { Role::Accent } else { Role::Faint });
        }
        match entry {
            Entry::View(view) => draw_view(model, pen, row, view, is_current),
            Entry::Search(name, query) => draw_search(model, pen, row, (name, query), is_current),
            Entry::Gap => {}
        }
    }
}

/// A saved search: its name, and how many conversations it finds.
fn draw_search(model: &Model, pen: &mut Pen<'_>, row: Rect, (name, query): (&str, &str), is_current: bool) {
    let (x, y, end) = (row.x + 1, row.y, row.right().saturating_sub(1));
    if row.width > 4 {
        pen.text(x, y, 1, model.icons.search(), Role::Dim);
    }
    let number = match model.sidebar.found.get(query) {
        None | Some((0, false)) => String::new(),
        Some((count, more)) => format!("{count}{}", if *more { "+" } else { "" }),
    };
    let number_at = if number.is_empty() { end } else { pen.right(x + 2, end, y, &number, Role::Dim) };
    let role = if is_current { Role::Strong } else { Role::Text };
    pen.text(x + 2, y, number_at.saturating_sub(x + 3), name, role);
}

fn draw_view(model: &Model, pen: &mut Pen<'_>, row: Rect, view: &View, is_current: bool) {
    let (x, y, end) = (row.x + 1, row.y, row.right().saturating_sub(1));
    let (mut glyph, mut glyph_role, mut trouble) = (model.icons.view(view), Role::Dim, None);
    if let View::Account(id) = view
        && let Some(account) = model.sidebar.accounts.iter().find(|a| a.id == *id)
    {
        (glyph, glyph_role, trouble) = health_glyph(account.health);
    }
    if row.width > 4 {
        pen.text(x, y, 1, glyph, glyph_role);
    }
    let count = model.sidebar.count(view);
    let quiet = matches!(view, View::Snoozed | View::Resolved | View::Spam | View::Archived);
    let title = sanitize::line(&view_title(view, &model.sidebar.accounts)).into_owned();
    let (overdue, more) = model.sidebar.overdue();
    // A number is shortened before a name is cut.
    let room = end.saturating_sub(x + 3);
    let number = |mark: &str, number: u64| {
        let full = format!("{mark}{number}");
        if cells(&title) + cells(&full) <= room { full } else { format!("{mark}{}", format::count(number)) }
    };
    let (number, role) = match (count.unread, count.total) {
        _ if *view == View::Overdue && overdue > 0 => {
            (format!("{overdue}{}", if more { "+" } else { "" }), Role::Bad)
        }
        (0, 0) => (String::new(), Role::Dim),
        (0, _) if quiet => (String::new(), Role::Dim),
        (0, total) => (number("", total), Role::Dim),
        // The dot says "unread" without colour.
        (unread, _) => (number("●", unread), Role::Unread),
    };
    let title_role = match (is_current, count.unread > 0) {
        (true, _) => Role::Strong,
        (false, true) => Role::Text,
        (false, false) => Role::Text,
    };
    let number_at = if number.is_empty() { end } else { pen.right(x + 2, end, y, &number, role) };
    let room = number_at.saturating_sub(x + 3);
    let after = pen.text(x + 2, y, room, &title, title_role);
    if let Some(word) = trouble {
        let left = number_at.saturating_sub(after + 2);
        // The glyph says it as well: half a word would say no more.
        if left >= cells(word) {
            pen.text(after + 1, y, left, word, glyph_role);
        }
    }
}
