//! What is known of a customer: a pane at the right where there is room, a page above the panes elsewhere.

use crate::domain::row::ConversationRow;
use crate::text::format;
use crate::ui::list::view::priority;
use crate::ui::model::Model;
use crate::ui::msg::Context;
use crate::ui::overlay::Table;
use crate::ui::overlay::{Row, gap, title};
use crate::ui::paint::Pen;
use crate::ui::theme::Role;
use ratatui::layout::Rect;

/// Cells of the first column.
pub(crate) const COLUMN: u16 = 12;

/// All that is known of the customer of the open conversation.
pub(crate) fn rows(model: &Model) -> Vec<Row> {
    let Some(context) = &model.thread.context else {
        return vec![("nothing is selected".into(), Role::Dim, String::new(), Role::Dim)];
    };
    let row = &context.row;
    let mut rows = vec![title(&format::person(&row.contact_name, &row.theirs))];
    addresses(context, &mut rows);
    rows.push(gap());
    rows.push(title("Judgement"));
    judgement(model, row, &mut rows);
    if !context.others.is_empty() {
        rows.push(gap());
        rows.push(title(&format!("Elsewhere ({} goes there)", model.keymap.first_label("about.others"))));
        rows.extend(context.others.iter().map(|other| {
            let at = other.last_message_at.map_or_else(String::new, |at| format::age(at, model.now));
            let place = format!("{} {at}", model.icons.channel(other.channel));
            let words = format!("{} · {}", other.status.word(), other.preview);
            (place, Role::Dim, words, if other.unread > 0 { Role::Unread } else { Role::Text })
        }));
    }
    rows
}

fn addresses(context: &Context, rows: &mut Vec<Row>) {
    let identities = context.contact.as_ref().map(|c| c.identities.as_slice()).unwrap_or_default();
    for (identity, proved) in identities {
        let (words, role) = if *proved { ("proved", Role::Good) } else { ("only says so", Role::Warn) };
        rows.push((words.into(), role, identity.value.clone(), Role::Text));
    }
    if let Some(consent) = &context.consent {
        let role = if context.opted_out() { Role::Bad } else { Role::Good };
        let word = if context.opted_out() { "opted out" } else { "opted in" };
        rows.push((word.into(), role, consent.said.clone(), Role::Dim));
    }
}

fn judgement(model: &Model, row: &ConversationRow, rows: &mut Vec<Row>) {
    let before = rows.len();
    let mut say = |name: &str, value: String, role: Role| {
        rows.push((name.to_owned(), Role::Dim, value, role));
    };
    if let Some(q) = &row.qualification {
        let reason = q.reason.as_ref().map(|r| format!(": {r}")).unwrap_or_default();
        say("qualified", format!("{}{reason}", q.state.word()), Role::Good);
    }
    if let Some(score) = row.score {
        say("score", score.to_string(), Role::Text);
    }
    for (name, value) in &row.fields {
        say(name, value.clone(), Role::Text);
    }
    if let Some((word, role)) = priority(row.priority) {
        say("priority", word.into(), role);
    }
    if !row.labels.is_empty() {
        say("labels", row.labels.join(", "), Role::Accent);
    }
    for (is, word) in
        [(row.archived_at.is_some(), "archived"), (row.muted, "muted"), (row.blocked, "blocked")]
    {
        if is {
            say("is", word.into(), Role::Warn);
        }
    }
    if rows.len() == before {
        let key = model.keymap.first_label("qualify");
        rows.push(("none yet".into(), Role::Dim, format!("{key} judges"), Role::Dim));
    }
}

/// Paints the pane.
pub(crate) fn draw(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    Table::new(rows(model), COLUMN, inner.width).draw(pen, inner, 0);
}
