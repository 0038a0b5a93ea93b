//! One frame: `prepare` lays out and caches, `draw` only paints.

use crate::domain::row::View;
use crate::text::format;
use crate::ui::layout::Layout;
use crate::ui::model::{Focus, Model};
use crate::ui::msg::EngineState;
use crate::ui::overlay::Overlay;
use crate::ui::paint::{Pen, cells};
use crate::ui::theme::Role;
use crate::ui::{about, hints, list, overlay, sidebar, thread, tour};
use ratatui::Frame;
use ratatui::layout::{Rect, Size};

/// Lays out for this size and fills the caches that [`draw`] reads. Cheap when nothing has changed.
pub fn prepare(model: &mut Model, size: Size) {
    model.size = size;
    let closed_at = model.layout.closed_at;
    let layout = Layout::new(size, model.focus, model.sidebar_shown, model.about_shown);
    model.layout = Layout { closed_at, ..layout };
    if let Some(area) = model.layout.sidebar {
        let page = usize::from(area.height).max(1);
        if model.sidebar.page != page {
            model.sidebar.page = page;
            model.sidebar.top = 0;
        }
        model.sidebar.reveal();
    }
    if let Some(area) = model.layout.list {
        let page = usize::from(area.height / list::ROW).max(1);
        if model.list.page != page {
            if model.list.index < page {
                model.list.top = 0;
            }
            model.list.page = page;
            model.list.reveal();
        }
    }
    if let Some(area) = model.layout.thread {
        thread::view::prepare(model, area);
    }
    overlay::view::prepare(model);
    hints::prepare(model);
}

/// Paints. Changes nothing.
pub fn draw(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    frame.buffer_mut().set_style(area, model.theme.ground());
    let mut pen = Pen { buf: frame.buffer_mut(), theme: &model.theme };
    let layout = &model.layout;
    if let Some(area) = layout.header {
        draw_header(model, &mut pen, area);
        draw_lines(&mut pen, layout, area.width);
        draw_chat(model, &mut pen, layout.body.bottom(), area.width);
    }
    if let Some(area) = layout.sidebar {
        sidebar::view::draw(model, &mut pen, area);
    }
    if let Some(area) = layout.list {
        list::view::draw(model, &mut pen, area);
    }
    if layout.thread.is_some() {
        thread::view::draw(model, &mut pen);
    }
    if let Some(area) = layout.about {
        about::draw(model, &mut pen, area);
    }
    for x in &layout.lines {
        for y in layout.body.top()..layout.body.bottom() {
            let at = |x: u16| pen.buf.cell((x, y)).map(|cell| cell.symbol().to_owned());
            // A line across ends at this one, or begins at it.
            let glyph = match (x.checked_sub(1).and_then(at).as_deref(), at(*x).as_deref()) {
                (_, None | Some("├")) => continue,
                (Some("─"), _) => "┤",
                _ => "│",
            };
            pen.glyph(*x, y, glyph, Role::Faint);
        }
    }
    tour::draw(model, &mut pen);
    overlay::view::draw(model, &mut pen);
    if let Some(area) = layout.bar {
        hints::draw(model, &mut pen, area);
    }
}

/// The hair lines above and below the panes, joined with those between them.
fn draw_lines(pen: &mut Pen<'_>, layout: &Layout, width: u16) {
    let (above, below) = (layout.body.top().saturating_sub(1), layout.body.bottom());
    pen.rule(0, above, width);
    pen.rule(0, below, width);
    for x in &layout.lines {
        pen.glyph(*x, above, "┬", Role::Faint);
        pen.glyph(*x, below, "┴", Role::Faint);
    }
}

/// Where a customer can be played: the first chat page, on the lower hair line.
fn draw_chat(model: &Model, pen: &mut Pen<'_>, y: u16, width: u16) {
    let Some((_, url)) = model.status.chat.first() else {
        return;
    };
    let more = model.status.chat.len() - 1;
    let more = if more > 0 { format!(" +{more}") } else { String::new() };
    let words = format!("chat page {url}{more}");
    let wide = cells(&words) + 2;
    if wide + 4 <= width {
        let place = Rect::new(width - wide - 2, y, wide, 1);
        pen.clear(place, Role::Text);
        pen.text(place.x + 1, y, wide, &words, Role::Dim);
    }
}

/// Program, workspace, what is listed; counts; engine, agent, time.
fn draw_header(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let (y, end) = (area.y, area.right().saturating_sub(1));
    let clock = format::clock(model.now, &model.tz);
    let me = format::called(&model.me.name);
    let problems = model.problems();
    let (engine, engine_role) = match (model.status.engine, problems) {
        (EngineState::Starting, _) => ("◌ starting".to_owned(), Role::Dim),
        (EngineState::Offline, _) => ("○ offline".to_owned(), Role::Warn),
        (EngineState::Here | EngineState::Elsewhere, 0) => ("● live".to_owned(), Role::Good),
        (EngineState::Here | EngineState::Elsewhere, 1) => ("! 1 problem".to_owned(), Role::Warn),
        (EngineState::Here | EngineState::Elsewhere, n) => (format!("! {n} problems"), Role::Warn),
    };
    let mut at = pen.right(area.x, end, y, &clock, Role::Text).saturating_sub(2);
    if area.width >= 60 {
        at = pen.right(area.x, at, y, &me, Role::Dim).saturating_sub(2);
    }
    at = pen.right(area.x, at, y, &engine, engine_role).saturating_sub(2);
    let pieces = [("frontdesk", Role::Strong), (" · ", Role::Faint), (model.workspace.as_str(), Role::Text)];
    let mut x = pen.pieces(area.x + 1, y, at.saturating_sub(area.x + 1), &pieces) + 2;
    let alone = model.layout.lines.is_empty();
    let setup = model.overlays.iter().any(|overlay| matches!(overlay, Overlay::Setup(_)));
    let title = if setup { "Setup".to_owned() } else { list::view::title(model) };
    if setup || model.focus != Focus::Sidebar || !alone {
        let room = at.saturating_sub(x);
        x = pen.pieces(x, y, room, &[("› ", Role::Faint), (title.as_str(), Role::Accent)]) + 4;
    }
    let count = |view: View| model.sidebar.count(&view).total;
    let (overdue, more) = model.sidebar.overdue();
    let overdue = (overdue > 0).then_some((overdue, more, "overdue", Role::Bad));
    let mut counts = vec![
        (count(View::Open), false, "open", Role::Text),
        (count(View::Waiting), false, "waiting", Role::Text),
    ];
    counts.extend(overdue);
    let shown = |number: u64, more: bool| format!("{number}{}", if more { "+" } else { "" });
    let wide: u16 = counts.iter().map(|(n, more, word, _)| cells(&shown(*n, *more)) + cells(word) + 4).sum();
    // Who is overdue waits as well: that is told first.
    if counts.len() > 2 && wide > at.saturating_sub(x) + 3 {
        counts.remove(1);
    }
    for (number, more, word, role) in counts {
        let shown = shown(number, more);
        if cells(&shown) + cells(word) < at.saturating_sub(x) {
            x = pen.pieces(
                x,
                y,
                at.saturating_sub(x),
                &[(shown.as_str(), role), (" ", role), (word, Role::Dim)],
            ) + 3;
        }
    }
}

impl Model {
    /// How many things are wrong with the engine and the accounts.
    pub(crate) fn problems(&self) -> usize {
        self.mistakes.len()
            + self.status.warnings.len()
            + self.sidebar.accounts.iter().filter(|a| is_ill(a.health)).count()
    }
}

const fn is_ill(health: crate::domain::account::Health) -> bool {
    use crate::domain::account::Health;
    matches!(health, Health::NeedsLogin | Health::Failing)
}
