//! The words of help, engine status and delivery history.

use crate::domain::account::Health;
use crate::domain::row::DeliveryStep;
use crate::text::format;
use crate::ui::about;
use crate::ui::guide::{Page, Piece};
use crate::ui::model::Model;
use crate::ui::msg::EngineState;
use crate::ui::overlay::Overlay;
use crate::ui::paint::{Pen, folded};
use crate::ui::sidebar::health_glyph;
use crate::ui::theme::Role;
use ratatui::layout::Rect;

/// A line of two columns.
pub(crate) type Row = (String, Role, String, Role);

/// A line that heads others.
pub(crate) fn title(text: &str) -> Row {
    (text.to_owned(), Role::Strong, String::new(), Role::Text)
}

/// An empty line.
pub(crate) fn gap() -> Row {
    (String::new(), Role::Text, String::new(), Role::Text)
}

/// A text of two columns, folded to a width.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Table {
    /// Cells of the first column.
    pub(super) column: u16,
    pub(super) rows: Vec<Row>,
}

impl Table {
    /// The first column as wide as told, but at most half of it all; the second takes the rest.
    pub(crate) fn new(rows: Vec<Row>, column: u16, width: u16) -> Table {
        let column = column.min(width / 2);
        Table { column, rows: rows.into_iter().flat_map(|row| fold(row, column, width)).collect() }
    }

    /// Paints it from a line on.
    pub(crate) fn draw(&self, pen: &mut Pen<'_>, area: Rect, top: usize) {
        for (y, (left, left_role, right, right_role)) in
            (area.y..area.bottom()).zip(self.rows.iter().skip(top))
        {
            let wide = if right.is_empty() { area.width } else { self.column };
            pen.text(area.x, y, wide, left, *left_role);
            let x = area.x + self.column;
            pen.text(x, y, area.right().saturating_sub(x), right, *right_role);
        }
    }
}

/// The text of help, engine status or delivery for this width. None for what is no text, or has not come.
pub(super) fn of(model: &Model, overlay: &Overlay, width: u16) -> Option<Table> {
    match overlay {
        Overlay::Help(help) => Some(help.table(model, width)),
        Overlay::About { .. } => Some(Table::new(about::rows(model), about::COLUMN, width)),
        Overlay::Page { page: shown, .. } => Some(Table::new(page(model, shown), 26, width)),
        Overlay::Status { .. } => Some(Table::new(status(model), 22, width)),
        Overlay::Delivery { steps: Some(steps), .. } => Some(Table::new(delivery(model, steps), 18, width)),
        _ => None,
    }
}

/// A row as the lines that it takes.
fn fold((left, left_role, right, right_role): Row, column: u16, width: u16) -> Vec<Row> {
    if right.is_empty() {
        let lines = folded(&left, width, usize::MAX).into_iter();
        return lines.map(|line| (line, left_role, String::new(), right_role)).collect();
    }
    let mut left = folded(&left, column.saturating_sub(1), usize::MAX).into_iter();
    let mut right = folded(&right, width.saturating_sub(column), usize::MAX).into_iter();
    let count = left.len().max(right.len());
    let line = |_| (left.next().unwrap_or_default(), left_role, right.next().unwrap_or_default(), right_role);
    (0..count).map(line).collect()
}

/// A help page.
fn page(model: &Model, page: &Page) -> Vec<Row> {
    let rows = page.pieces(&model.keymap).into_iter().map(|piece| match piece {
        Piece::Gap => gap(),
        Piece::Title(words) => title(&words),
        Piece::Words(words) => (words, Role::Text, String::new(), Role::Text),
        Piece::Entry(what, about) => (what, Role::Key, about, Role::Text),
    });
    rows.collect()
}

/// The engine, its addresses, the accounts, and what is wrong.
fn status(model: &Model) -> Vec<Row> {
    let status = &model.status;
    let mut rows = vec![title("Engine")];
    let (word, role) = match status.engine {
        EngineState::Starting => ("starting", Role::Dim),
        EngineState::Here => ("runs in this program", Role::Good),
        EngineState::Elsewhere => ("runs in another program on this machine", Role::Good),
        EngineState::Offline => ("not running: what is sent waits in the outbox", Role::Warn),
    };
    rows.push(("engine".into(), Role::Dim, word.into(), role));
    if let Some(listening) = &status.listening {
        rows.push(("webhooks at".into(), Role::Dim, listening.clone(), Role::Text));
    }
    for (name, url) in &status.chat {
        rows.push((format!("chat page {name}"), Role::Dim, url.clone(), Role::Accent));
    }
    rows.push(gap());
    rows.push(title("Accounts"));
    if model.sidebar.accounts.is_empty() {
        let key = model.keymap.first_label("setup");
        rows.push(("none".into(), Role::Dim, format!("{key} connects one"), Role::Dim));
    }
    for account in &model.sidebar.accounts {
        let (glyph, role, word) = health_glyph(account.health);
        let word = word.unwrap_or(if account.health == Health::Ok { "ok" } else { "" });
        let media: Vec<_> = account.channels.iter().map(|c| c.title()).collect();
        // The cause comes right behind the word.
        let detail = if account.detail.is_empty() { String::new() } else { format!(": {}", account.detail) };
        let about = format!("{glyph} {word}{detail} · {} · {}", account.provider, media.join(", "));
        rows.push((account.name.clone(), Role::Text, about, role));
    }
    if !status.warnings.is_empty() || !model.mistakes.is_empty() {
        rows.push(gap());
        rows.push(title("Warnings"));
        rows.extend(
            status
                .warnings
                .iter()
                .chain(&model.mistakes)
                .map(|w| ("!".into(), Role::Warn, w.clone(), Role::Text)),
        );
    }
    if !model.later.is_empty() {
        rows.push(gap());
        rows.push(title("At the next start"));
        rows.extend(model.later.iter().map(|l| ("·".into(), Role::Dim, l.clone(), Role::Text)));
    }
    rows
}

/// How a message has travelled.
fn delivery(model: &Model, steps: &[DeliveryStep]) -> Vec<Row> {
    let mut rows = Vec::new();
    for step in steps {
        let when =
            format!("{} {}", format::day(step.at, model.now, &model.tz), format::clock(step.at, &model.tz));
        let mut words = format!("{} · by {}", step.state, step.source);
        if !step.said.is_empty() && step.said != step.state.word() {
            words.push_str(&format!(" · \u{201c}{}\u{201d}", step.said));
        }
        if let Some(price) = &step.price {
            words.push_str(&format!(" · {price}"));
        }
        rows.push((when, Role::Dim, words, Role::Text));
        if let Some(reason) = &step.reason {
            let code = reason.code.as_ref().map_or(String::new(), |c| format!(" ({c})"));
            rows.push((String::new(), Role::Dim, format!("{}{code}", reason.human), Role::Warn));
        }
    }
    if rows.is_empty() {
        rows.push(("nothing is known yet".into(), Role::Dim, String::new(), Role::Dim));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::delivery::{Delivery, DeliverySource, Reason};
    use crate::domain::ids::MessageId;
    use crate::ui::command;
    use crate::ui::fixture;
    use crate::ui::overlay::Help;
    use crate::ui::paint::cells;

    fn model() -> Model {
        crate::ui::start(fixture::startup()).0
    }

    /// Both columns, each put together again; nothing stands over.
    fn joined(table: &Table, width: u16) -> (String, String) {
        for (left, _, right, _) in &table.rows {
            let wide = if right.is_empty() { width } else { table.column - 1 };
            assert!(cells(left) <= wide && cells(right) <= width - table.column, "{left} | {right}");
        }
        let column = |which: fn(&Row) -> &str| {
            table.rows.iter().map(which).filter(|piece| !piece.is_empty()).collect::<Vec<_>>().join(" ")
        };
        (column(|row| &row.0), column(|row| &row.2))
    }

    #[test]
    fn help_is_told_whole_at_every_width() {
        let model = model();
        for width in [36, 76, 92] {
            let table = Help::new(&model).table(&model, width);
            let (keys, words) = joined(&table, width);
            for line in command::sheet(&model.keymap) {
                assert!(words.contains(line.help()), "{width}: {}", line.help());
            }
            assert!(keys.contains("Alt-Enter, Ctrl-J, Shift-Enter"), "{width}: {keys}");
        }
    }

    #[test]
    fn reasons_are_told_whole() {
        let mut model = model();
        let cause = "the provider asks for patience because too many messages were sent within one second";
        let step = DeliveryStep {
            state: Delivery::Failed,
            at: fixture::NOW,
            source: DeliverySource::Webhook,
            said: "undelivered".into(),
            reason: Some(Reason::ours(cause)),
            price: None,
        };
        let delivery = Overlay::Delivery { message: MessageId(1), steps: Some(vec![step]) };
        assert!(joined(&of(&model, &delivery, 40).unwrap(), 40).1.contains(cause));
        let limited = crate::domain::row::AccountRow {
            health: Health::Limited,
            detail: format!("{cause}; sending is paused for 30 s, then tried again"),
            ..fixture::account()
        };
        model.sidebar.accounts = vec![limited];
        let (_, words) = joined(&of(&model, &Overlay::Status { top: 0 }, 40).unwrap(), 40);
        assert!(words.contains(&format!("limited: {cause}; sending is paused")), "{words}");
    }
}
